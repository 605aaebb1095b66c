-- Pictures of how values are distributed: histograms of one or two columns, cumulated shares and
-- boxes.

local axes = require "moonbear.plot.axes"
local bins = require "moonbear.plot.bins"
local build = require "moonbear.plot.build"
local check = require "moonbear.check"
local series = require "moonbear.plot.series"

local counts = {}

-- Series without the rows that an axis cannot show, and notes of what is left out.
local function cleaned(o, list, notes)
  local columns = {}
  for i, it in ipairs(list) do
    local left_out
    columns[i], left_out = series.clean(o.plot, it.column, o.log.x)
    build.note_left_out(notes, left_out, #list > 1 and it.name or nil)
  end
  return columns
end

-- The rows of a histogram as bars, or as the line over them.
local function bars_of(edges, numbers)
  local rows = {}
  for i, n in ipairs(numbers) do rows[i] = { edges[i], edges[i + 1], n } end
  return rows
end

local function outline_of(edges, numbers)
  local rows = { { edges[1], 0 } }
  for i, n in ipairs(numbers) do
    rows[#rows + 1] = { edges[i], n }
    rows[#rows + 1] = { edges[i + 1], n }
  end
  rows[#rows + 1] = { edges[#edges], 0 }
  return rows
end

-- A series' column again, of the rows of a group that its axis can show.
local function of_group(o, group, column)
  local rows = group.rows(column)
  if rows:type() == "float" then rows = rows[rows:isfinite()] else rows = rows:drop_missing() end
  return o.log.x and rows[rows:gt(0)] or rows
end

---See mb.plot.hist.
function counts.hist(o, what)
  local list, by = series.of(o.plot, 1, what, o.by)
  local notes, panels = {}, {}
  local columns = cleaned(o, list, notes)
  local x = build.axis(o, "x", { kind = list[1].kind }, #list == 1 and list[1].name or nil)
  local edges, by_logs = bins.edges(columns, { plot = o.plot, bins = o.bins, range = o.range,
    log = x.log, kind = x.kind })
  local groups, note = series.groups(o.plot, by)
  build.note(notes, note)
  for g, group in ipairs(groups) do
    local marks = {}
    for i, column in ipairs(columns) do
      if by then column = of_group(o, group, list[i].column) end
      local numbers = bins.counts(column, edges, by_logs)
      marks[i] = #list == 1 and { kind = "boxes", rows = bars_of(edges, numbers) }
        or { kind = "line", rows = outline_of(edges, numbers), label = list[i].name }
    end
    panels[g] = { title = group.name, marks = marks }
  end
  local y = build.axis(o, "y", { from_zero = true }, "rows")
  local data = { plot = o.plot, panels = panels, x = x, y = y, notes = notes }
  axes.fit(x, edges[1], edges[#edges], true)
  if y.log then y.low = 0.8 end
  local _, most = build.extent(panels, { #list == 1 and 3 or 2 })
  axes.fit(y, 0.8, math.max(most, 1))
  return build.finish(o, data)
end

-- Both columns in the rows where an axis can show both.
local function shown_pairs(o, columns, notes)
  local mask
  for i, column in ipairs(columns) do
    local log = o.log[i == 1 and "x" or "y"]
    local clean, left_out = series.clean(o.plot, column, log)
    build.note_left_out(notes, left_out, i == 1 and "x" or "y")
    if #clean < #column then
      local good = column:type() == "float" and column:isfinite() or ~column:is_missing()
      if log then good = good & column:gt(0):fill(false) end
      mask = mask and mask & good or good
    end
  end
  if not mask then return columns[1], columns[2] end
  local x, y = columns[1][mask], columns[2][mask]
  if #x == 0 then
    check.blame("%s: there is nothing to draw: no row has a value in both columns", o.plot)
  end
  return x, y
end

-- Numbers of bins along x and y, or nil.
local function bins_of_axes(o)
  local given = o.bins
  if type(given) == "table" and not check.class(given) and type(given[1]) ~= "table" then
    return given[1], given[2]
  end
  return given, given
end

local MOST_CELLS <const> = 40000

local function cells_of(edges, numbers)
  local rows, down = {}, #edges[2] - 1
  for i, n in ipairs(numbers) do
    if n > 0 then
      local column, line = (i - 1) // down + 1, (i - 1) % down + 1
      rows[#rows + 1] = { edges[1][column], edges[1][column + 1], edges[2][line],
        edges[2][line + 1], n }
    end
  end
  return rows
end

-- Even or geometric edges for an axis of pairs.
local function edges_of_pairs(o, column, axis, number)
  if axis.log and not number then number = 50 end
  local edges = bins.edges({ column }, { plot = o.plot, bins = number, log = axis.log,
    kind = axis.kind })
  if not axis.log then return edges end
  local low, high = column:min(), column:max()
  if low == high then low, high = low / 2, high * 2 end
  local even = {}
  for i = 0, number do even[i + 1] = low * (high / low) ^ (i / number) end
  return even
end

---See mb.plot.hist2d.
function counts.hist2d(o, x, y)
  local one = series.of(o.plot, 1, series.column(o.plot, 1, x))[1]
  local other = series.of(o.plot, 2, series.column(o.plot, 2, y), nil, #x)[1]
  local notes = {}
  local a, b = shown_pairs(o, { one.column, other.column }, notes)
  local x_axis = build.axis(o, "x", { kind = one.kind })
  local y_axis = build.axis(o, "y", { kind = other.kind })
  local x_bins, y_bins = bins_of_axes(o)
  local edges = { edges_of_pairs(o, a, x_axis, x_bins), edges_of_pairs(o, b, y_axis, y_bins) }
  if (#edges[1] - 1) * (#edges[2] - 1) > MOST_CELLS then
    check.blame("%s: %d by %d bins are more than %d, the most of a picture", o.plot, #edges[1] - 1,
      #edges[2] - 1, MOST_CELLS)
  end
  local numbers = bins.pairs(a, b, { log = { x_axis.log, y_axis.log }, edges = edges })
  local rows = cells_of(edges, numbers)
  local data = { plot = o.plot, panels = { { marks = { { kind = "cells", rows = rows } } } },
    x = x_axis, y = y_axis, z = { label = "rows", log = o.log.z }, notes = notes }
  axes.fit(x_axis, edges[1][1], edges[1][#edges[1]], true)
  axes.fit(y_axis, edges[2][1], edges[2][#edges[2]], true)
  build.fit(data, data.z, { 5 }, true)
  return build.finish(o, data)
end

local FEW_ROWS <const>, SHARES <const> = 2000, 190

-- Points of the cumulated share of a column: of few rows all, else quantiles, close at both ends.
local function shares_of(column)
  local rows, n = {}, #column
  if n <= FEW_ROWS then
    local values = column:sort():to_table()
    rows[1] = { values[1], 0 }
    for i, value in ipairs(values) do
      rows[#rows + 1] = { value, (i - 1) / n }
      rows[#rows + 1] = { value, i / n }
    end
    return rows
  end
  local shares = { 0, 0.0001, 0.001 }
  for i = 1, SHARES - 1 do shares[#shares + 1] = i / SHARES end
  for _, share in ipairs { 0.999, 0.9999, 1 } do shares[#shares + 1] = share end
  for i, value in ipairs(column:quantile(shares)) do rows[i] = { value, shares[i] } end
  return rows
end

---See mb.plot.ecdf.
function counts.ecdf(o, what)
  local list, by = series.of(o.plot, 1, what, o.by)
  local notes, panels = {}, {}
  local columns = cleaned(o, list, notes)
  local groups, note = series.groups(o.plot, by)
  build.note(notes, note)
  for _, group in ipairs(groups) do
    local marks = {}
    for i, column in ipairs(columns) do
      if by then column = of_group(o, group, list[i].column) end
      if #column > 0 then
        marks[#marks + 1] = { kind = "line", rows = shares_of(column), label = list[i].name }
      end
    end
    if #marks > 0 then panels[#panels + 1] = { title = group.name, marks = marks } end
  end
  local x = build.axis(o, "x", { kind = list[1].kind }, #list == 1 and list[1].name or nil)
  local y = build.axis(o, "y", { low = 0, high = 1 }, "share of rows")
  if y.log then y.low = 1e-4 end
  local data = { plot = o.plot, panels = panels, x = x, y = y, notes = notes }
  build.fit(data, x, { 1 })
  return build.finish(o, data)
end

local MOST_BOXES <const>, FENCE <const> = 20, 1.5
local QUARTILES <const> = { 0.25, 0.5, 0.75 }

-- The box of a column: quartiles, and the last values within 1.5 times their distance.
local function box_of(place, column)
  local q = column:quantile(QUARTILES)
  local fence = FENCE * (q[3] - q[1])
  local inside = column[column:between(q[1] - fence, q[3] + fence)]
  local ends = inside:stats { "min", "max" }
  return { place, ends.min, q[1], q[2], q[3], ends.max }, #column - #inside
end

-- The columns that get a box each, and their names.
local function boxed(o, list, by, notes)
  if not by then
    local words = {}
    for i, it in ipairs(list) do words[i] = it.name or "" end
    return cleaned(o, list, notes), words
  end
  if #list > 1 then check.blame("%s: groups are of one column, got %d", o.plot, #list) end
  local values, _, distinct = series.frequent(by, MOST_BOXES)
  local columns, words = {}, {}
  for _, value in ipairs(values) do
    local column = of_group(o, { rows = function(c) return c[series.is_value(by, value)] end },
      list[1].column)
    if #column > 0 then
      columns[#columns + 1], words[#words + 1] = column, series.word(value)
    end
  end
  if distinct > #values then
    build.note(notes, ("the %d largest of %s groups"):format(#values, axes.grouped(distinct)))
  end
  return columns, words
end

---See mb.plot.box.
function counts.box(o, what)
  local list, by = series.of(o.plot, 1, what, o.by)
  local notes, rows, beyond = {}, {}, 0
  o.log.x = o.log.y -- of values, which is the axis that stands
  if by then series.clean(o.plot, list[1].column, o.log.y) end
  local columns, words = boxed(o, list, by, notes)
  for i, column in ipairs(columns) do
    local outside
    rows[i], outside = box_of(i, column)
    beyond = beyond + outside
  end
  if beyond > 0 then
    build.note(notes, ("%s %s beyond the whiskers"):format(axes.grouped(beyond),
      beyond == 1 and "value" or "values"))
  end
  local x = build.axis(o, "x", { kind = "words", words = words })
  local y = build.axis(o, "y", { kind = list[1].kind }, #list == 1 and list[1].name or nil)
  local data = { plot = o.plot, panels = { { marks = { { kind = "candles", rows = rows } } } },
    x = x, y = y, notes = notes }
  build.fit(data, x, {})
  build.fit(data, y, { 2, 6 })
  return build.finish(o, data)
end

return counts
