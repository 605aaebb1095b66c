-- Pictures of values beside each other: lines, points, values over time, bars, tables.

local axes = require "moonbear.plot.axes"
local build = require "moonbear.plot.build"
local check = require "moonbear.check"
local core = require "moonbear.core"
local group = require "moonbear.group"
local options = require "moonbear.options"
local series = require "moonbear.plot.series"

local lines = {}

local MOST_POINTS <const>, MOST_ON_LINE <const>, STRETCHES <const> = 20000, 5000, 1000
local SEED <const> = 20240229 -- of samples, the same in each run

local function rows_of(x, y)
  local rows, xs, ys = {}, series.values(x), series.values(y)
  for i, at in ipairs(xs) do rows[i] = { at, ys[i] } end
  return rows
end

-- The least and greatest y in stretches of x, as points from one to the other: what a line over all
-- rows covers.
local function envelope(x, y)
  local good = core.math.where(~x:is_missing() & ~y:is_missing(), true, false)
  if x:type() == "float" then good = good & x:isfinite():fill(false) end
  if y:type() == "float" then good = good & y:isfinite():fill(false) end
  x, y = x[good], y[good]
  if #x == 0 then return {} end
  local ends = x:stats { "min", "max" }
  local width = math.max((ends.max - ends.min) / STRETCHES, 1e-300)
  local stretch = ((x - ends.min) / width):floor():minimum(STRETCHES - 1) -- of the last x, too
  local g <close> = group.group_by(stretch:as "int")
  local found, points = g:agg { { "first", y, "first" }, { "low", y, "min" }, { "high", y, "max" },
    { "last", y, "last" } }, {}
  for i, name in ipairs(found:columns()) do points[i] = found:column(name):to_table() end
  local rows = {}
  for i, key in ipairs(points[1]) do
    local at = ends.min + (key + 0.5) * width
    for k = 2, #points do rows[#rows + 1] = { at, points[k][i] } end
  end
  return rows
end

-- Rows for a mark of many points: those of a sample, which is the same for all series.
local function sampled(o, x, y, notes)
  local rows, most = #x, o.most
  if rows <= most then return rows_of(x, y) end
  local at = core.permutation(rows, most, SEED)
  build.note(notes, ("%s of %s points, drawn at random"):format(axes.grouped(most),
    axes.grouped(rows)))
  return rows_of(x[at], y[at])
end

local function on_line(_, x, y, notes)
  local rows = #x
  if rows <= MOST_ON_LINE then return rows_of(x, y) end
  build.note(notes, ("the least and greatest of %s points in %s stretches"):format(
    axes.grouped(rows), axes.grouped(STRETCHES)))
  return envelope(x, y)
end

-- Lines or points of series over x.
local function over_x(o, x, y, kind, prepare)
  series.column(o.plot, 1, x)
  local one = series.of(o.plot, 1, x)[1]
  local list, by = series.of(o.plot, 2, y, o.by, #x)
  if #x == 0 then
    check.blame("%s: there is nothing to draw: the columns have no rows", o.plot)
  end
  local notes, panels = {}, {}
  local groups, note = series.groups(o.plot, by)
  build.note(notes, note)
  for g, its in ipairs(groups) do
    local marks = {}
    for i, it in ipairs(list) do
      local rows = prepare(o, its.rows(one.column), its.rows(it.column), notes)
      marks[i] = { kind = kind, rows = rows, label = it.name }
    end
    panels[g] = { title = its.name, marks = marks }
  end
  local x_axis = build.axis(o, "x", { kind = one.kind })
  local y_axis = build.axis(o, "y", { kind = list[1].kind }, #list == 1 and list[1].name or nil)
  local data = { plot = o.plot, panels = panels, x = x_axis, y = y_axis, notes = notes }
  build.fit(data, x_axis, { 1 }, kind == "line")
  build.fit(data, y_axis, { 2 })
  return build.finish(o, data)
end

---See mb.plot.line.
function lines.line(o, x, y) return over_x(o, x, y, "line", on_line) end

---See mb.plot.scatter.
function lines.scatter(o, x, y)
  if o.most < 1 or o.most > 1000000 then
    options.blame(o.plot, "most", "a number of points from 1 to 1,000,000", o.most)
  end
  return over_x(o, x, y, "points", sampled)
end

lines.MOST_POINTS = MOST_POINTS

local MOST_STEPS <const>, USUAL_STEPS <const> = 20000, 200
local ZERO_WITHOUT_ROWS <const> = { sum = true, count = true, size = true }

-- "3600s" of seconds, as durations are written.
local function duration_of(seconds)
  if seconds >= 1 then return core.duration(("%ds"):format(seconds // 1)) end
  return core.duration(("%dns"):format(math.max(1, seconds * 1e9 // 1)))
end

-- Seconds since 1970 of a column of times.
local function seconds_of(times)
  return (times - core.time(0)):total_seconds()
end

-- The width of steps: as told, or one that suits the times; and in seconds, where its length is
-- fixed.
local function step_of(o, times)
  local every = o.every
  if every == nil then
    local found = times:stats { "min", "max" }
    local span = (found.max - found.min):count "ns" / 1e9
    local seconds = span > 0 and axes.nice_time(span / USUAL_STEPS) or 1
    return duration_of(seconds), seconds
  end
  if type(every) ~= "string" and core.moment_kind(every) ~= "duration" then
    options.blame(o.plot, "every", "a duration, as '5min' or '1d',", every)
  end
  if type(every) == "string" and every:find "^%s*%d+%s*[moqy][oy]?%s*$" and
      not every:find "m%s*$" then
    return every
  end
  return every, core.duration(every):count "ns" / 1e9
end

-- Puts rows between others where no time fell into a step.
local function with_gaps(rows, step, value)
  if not step or #rows < 2 then return rows end
  if (rows[#rows][1] - rows[1][1]) / step > MOST_STEPS * 10 then return rows end
  local filled = {}
  for i, row in ipairs(rows) do
    local before = rows[i - 1]
    if before then
      for k = 1, (row[1] - before[1]) / step + 0.5 - 1 do
        filled[#filled + 1] = { before[1] + k * step, value }
      end
    end
    filled[#filled + 1] = row
  end
  return filled
end

-- What a series has in each step of time: rows {seconds, value}.
local function stepped(o, steps, column, step)
  local g <close> = group.group_by(steps)
  local values = column and g[o.agg](g, column) or g:size()
  local rows = {}
  local at, numbers = seconds_of(g:keys()):to_table(), series.values(values)
  for i, second in ipairs(at) do
    if not check.is_null(second) then rows[#rows + 1] = { second, numbers[i] } end
  end
  return with_gaps(rows, step, (not column or ZERO_WITHOUT_ROWS[o.agg]) and 0 or 0 / 0)
end

local AGGREGATIONS <const> = { "count", "max", "mean", "median", "min", "nunique", "std", "sum" }

-- Times, and the series beside them; without values one series of how many rows there are.
local function timed(o, times, values)
  series.column(o.plot, 1, times)
  if times:type() ~= "time" then
    check.argument(1, o.plot, "column of times", times, " (mb.time_of makes times of numbers)")
  end
  local known = false
  for _, name in ipairs(AGGREGATIONS) do known = known or name == o.agg end
  if not known then
    options.blame(o.plot, "agg", "one of " .. table.concat(AGGREGATIONS, ", "), o.agg)
  end
  if values ~= nil then return series.of(o.plot, 2, values, o.by, #times) end
  local _, by = series.of(o.plot, 1, times, o.by)
  return { {} }, by
end

---See mb.plot.time_series.
function lines.time_series(o, times, values)
  local list, by = timed(o, times, values)
  series.clean(o.plot, seconds_of(times))
  local every, step = step_of(o, times)
  local steps = times:floor(every)
  local distinct = steps:nunique()
  if distinct > MOST_STEPS then
    check.blame("%s: %s steps of time are more than %s, the most of a picture; a longer 'every' "
      .. "makes fewer", o.plot, axes.grouped(distinct), axes.grouped(MOST_STEPS))
  end
  local notes, panels = { "each step is " .. tostring(every) }, {}
  local groups, note = series.groups(o.plot, by)
  build.note(notes, note)
  for g, its in ipairs(groups) do
    local marks = {}
    for i, it in ipairs(list) do
      local column = it.column and its.rows(it.column)
      local rows = stepped(o, its.rows(steps), column, step)
      marks[i] = { kind = "line", label = it.name, rows = rows }
    end
    panels[g] = { title = its.name, marks = marks }
  end
  local x = build.axis(o, "x", { kind = "time" })
  local named = #list == 1 and list[1].name
  local y = build.axis(o, "y", { from_zero = not values or o.agg == "sum" },
    not values and "rows" or named and ("%s (%s)"):format(named, o.agg) or o.agg)
  local data = { plot = o.plot, panels = panels, x = x, y = y, notes = notes }
  build.fit(data, x, { 1 }, true)
  if y.from_zero then y.from_zero = not y.log end
  build.fit(data, y, { 2 })
  return build.finish(o, data)
end

return lines
