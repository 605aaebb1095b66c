-- Windows that move along a column: what is computed of each row and some rows before it.
--
-- The engine does it for windows that are not larger than rows of a rank should be: a rank gets the
-- rows of windows that begin before its own. Larger ones are combined by doubling: the results of
-- 2, 4, 8, ... rows are those of half as many, beside the same shifted, and a window is put
-- together of them by the bits of its length. Nothing is ever subtracted, so a NaN or a large value
-- leaves a window without a trace, and rows are added in an order that depends on the window alone.
-- Which way is taken depends on the largest window, not on how rows are spread.

local check = require "moonbear.check"
local core = require "moonbear.core"
local options = require "moonbear.options"
local blame = check.blame

local where <const> = core.math.where

-- Numbers of folds, as the engine has them.
local FOLDS <const> = { sum = 0, mean = 1, min = 2, max = 3, var = 4, std = 5, count = 6 }

local rolling = {
  ---Rows of a window that the engine takes, at most; a rank gets twice as many.
  most_rows = 1 << 20,
}

-- How two windows make one: lists of columns, the later rows first.

local function add(a, b) return { a[1] + b[1] } end

-- Of a and b the one that is there, or what f makes of both.
local function chosen_by(f)
  return function(a, b)
    local x, y = a[1], b[1]
    return { f(where(x:is_missing(), y, x), where(y:is_missing(), x, y)) }
  end
end

-- Counts, means and sums of squared deviations (Chan, Golub and LeVeque, 1979).
local function add_moments(a, b)
  local n = a[1] + b[1]
  local share = where(n:gt(0), b[1] / n, 0.0)
  local off = b[2] - a[2]
  return { n, a[2] + off * share, a[3] + b[3] + off * off * a[1] * share }
end

-- Of each statistic: the columns that a window of one row has, and how windows are combined.
local function sums_of(values)
  if values:type() == "bool" then values = values:as "int" end
  return { values:fill(values:type() == "float" and 0.0 or 0) }, add
end

local function moments_of(values)
  local has = ~values:is_missing()
  return { has:as "float", values:as("float"):fill(0.0), core.full(#values, 0.0) }, add_moments
end

local begin = {
  sum = sums_of,
  mean = function(values) return sums_of(values:as "float") end, -- sums of integers may wrap
  count = function(values) return { (~values:is_missing()):as "int" }, add end,
  min = function(values) return { values }, chosen_by(core.math.minimum) end,
  max = function(values) return { values }, chosen_by(core.math.maximum) end,
  var = moments_of,
  std = moments_of,
}

-- Windows `a`, with `b` of the rows k before them, where there are k rows before.
local function beside(a, b, k, before, merge)
  local has, shifted, result = before:ge(k), {}, {}
  for i, column in ipairs(b) do shifted[i] = column:shift(k) end
  for i, column in ipairs(merge(a, shifted)) do
    result[i] = where(has, column, a[i]):eval()
  end
  return result
end

-- Windows of n rows, or of as many as there are.
local function fixed(single, n, before, merge)
  local power, k, whole, covered = single, 1, nil, 0
  while true do
    if n & k ~= 0 then
      whole = whole and beside(whole, power, covered, before, merge) or power
      covered = covered + k
    end
    if 2 * k > n then return whole end
    power, k = beside(power, power, k, before, merge), 2 * k
  end
end

-- The result of the columns of windows, and of how many values these have.
local function finish(name, columns, count, ddof)
  if name == "mean" then return columns[1] / count end
  if name ~= "var" and name ~= "std" then return columns[1] end
  local variance = where(columns[1]:gt(ddof), columns[3] / (columns[1] - ddof), core.null)
  return name == "std" and variance:sqrt() or variance
end

-- The result, missing where there are fewer values than it needs.
local function finished(name, columns, counts, o)
  local result = finish(name, columns, counts, o.ddof)
  if name == "count" or o.min_periods == 0 and name == "sum" then return result:eval() end
  return where(counts:ge(math.max(o.min_periods, 1)), result, core.null):eval()
end

-- What large windows of rows have.
local function doubled(values, name, window, o, before)
  before = before or core.range(0, #values - 1, 1)
  local counts = name ~= "count"
    and fixed({ (~values:is_missing()):as "int" }, window, before, add)[1]
  local single, merge = begin[name](values)
  return finished(name, fixed(single, window, before, merge), counts, o)
end

-- --- Large windows of a span.

-- Whether a row and the one so many before it, in its segment, are in one window.
local function reaches(times, far, span, before)
  local apart = times:as "int" - times:shift(far):as "int"
  return (before:ge(far) & apart:ge(0) & apart:lt(span)):fill(false) -- below 0: beyond 64 bits
end

-- Raises where times descend within a segment.
local function check_ascending(times, before, grouped)
  local down = (times:lt(times:shift(1)) & before:ge(1)):fill(false)
  if not down:any() then return end
  blame("rolling: the times of 'on' descend at row %d%s; sort by them first",
    core.range(1, #times, 1)[down]:min(), grouped and " in the order of groups" or "")
end

-- How many rows before each are in its window: by halving steps, each as far as it stays there.
local function find_reach(times, span, before)
  local n, covered, ticks = #times, core.full(#times, 0), times:as "int"
  local rows, step = core.range(1, n, 1), 1
  while 2 * step < n do step = 2 * step end
  while step > 0 do
    local far = (covered + step):eval()
    local has = before:ge(far)
    local apart = ticks - ticks[where(has, rows - far, rows):eval()]
    covered = where(has & apart:ge(0) & apart:lt(span), far, covered):eval()
    step = step // 2
  end
  return covered
end

-- What stands for a window of no rows: a fold that changes nothing.
local function nothing_of(name, columns)
  local none = {}
  for i, column in ipairs(columns) do
    local neutral = column:type() == "float" and 0.0 or 0
    if name == "min" or name == "max" then neutral = core.null end
    none[i] = where(core.full(#column, false), column, neutral)
  end
  return none
end

-- Windows of so many rows each, of which `lengths` is a column.
local function varying(single, name, lengths, before, merge)
  local n, power, k, whole = #lengths, single, 1, nothing_of(name, single)
  local covered, rows = core.full(n, 0), core.range(1, n, 1)
  local most = n > 0 and lengths:max() or 0
  while k <= most do
    local has = (lengths & k):gt(0):eval()
    local from, earlier = where(has, rows - covered, rows):eval(), {}
    for i, column in ipairs(power) do earlier[i] = column[from] end
    for i, column in ipairs(merge(whole, earlier)) do
      whole[i] = where(has, column, whole[i]):eval()
    end
    covered = (covered + (lengths & k)):eval()
    if 2 * k <= most then power = beside(power, power, k, before, merge) end
    k = 2 * k
  end
  return whole
end

-- What large windows of a span have.
local function spanned(values, name, asked, o, before)
  local lengths = (find_reach(asked.times, asked.span, before) + 1):eval()
  local single, merge = begin[name](values)
  local counts = lengths
  if values:is_missing():any() then
    counts = varying({ (~values:is_missing()):as "int" }, "sum", lengths, before, add)[1]
  end
  return finished(name, varying(single, name, lengths, before, merge), counts, o)
end

-- What windows of so many rows have, or of a span of so many ticks.
local function moved(values, name, window, o, before)
  local of_none = name == "count" or o.min_periods == 0 and name == "sum"
  local least = of_none and 0 or math.max(o.min_periods, 1)
  return core.rolling(values, before, window.times, FOLDS[name], window.rows or 0,
    window.span or 0, least, o.ddof + 0.0)
end

local function check_statistic(name, values)
  if not begin[name] then
    check.argument(2, "rolling", "'sum', 'mean', 'min', 'max', 'std', 'var' or 'count'", name)
  end
  local any = name == "count" or name == "min" or name == "max"
  if not any and not check.is_numeric(values) then
    blame("rolling: '%s' takes numbers, got %s", name, check.describe(values))
  end
end

local KNOWN <const> = { min_periods = { "integer" }, ddof = { "number", 0 }, on = { "any" } }

-- The options, with the window's rows for the least number of values unless told.
local function options_of(window, name, given)
  local o = options.check("rolling", given, KNOWN)
  local of_rows = math.type(window) == "integer"
  if o.min_periods == nil then o.min_periods = of_rows and name ~= "count" and window or 1 end
  if o.min_periods < 0 then
    options.blame("rolling", "min_periods", "a number of at least 0", o.min_periods)
  elseif of_rows and o.min_periods > window then
    options.blame("rolling", "min_periods", "at most the window's " .. check.plural(window, "row"),
      o.min_periods)
  end
  return o
end

-- The ticks of a duration in the unit of times: of a part of a tick one.
local function ticks_of(window, times)
  local span = core.duration(window)
  if span <= core.duration(0) then check.argument(1, "rolling", "a duration above 0", window) end
  return -core.moment_count(-span, core.unit_of(times))
end

local function check_times(values, times)
  if not check.is_column(times) or times:type() ~= "time" then
    options.blame("rolling", "on", "a time column, by which rows ascend", times)
  elseif #times ~= #values then
    blame("rolling: the lengths differ: %s, and %s", check.plural(#values, "row"),
      check.plural(#times, "time"))
  elseif times:is_missing():any() then
    blame("rolling: the times of 'on' have missing rows")
  end
end

---Raises for what is no window, and for one that has more rows than there are. Not collective.
---@param window any
---@param rows integer
---@param opts table? as they were given
local function check_window(window, rows, opts)
  if type(window) == "string" or core.moment_kind(window) == "duration" then return end
  if math.type(window) ~= "integer" or window < 1 then
    check.argument(1, "rolling", "a number of rows of at least 1, or a duration,", window)
  elseif window > rows and not (type(opts) == "table" and opts.min_periods) then
    blame("rolling: a window of %s is larger than the data, %s; {min_periods = 1} takes "
      .. "windows that are cut off", check.plural(window, "row"), check.plural(rows, "row"))
  end
end

---What is computed of each row and those before it, as `column:rolling` says; of rows that are in
---order of segments, with how many rows of its segment are before each. Collective.
---@param values moonbear.Column
---@param window integer|string|moonbear.duration
---@param name string
---@param opts? table
---@param before? moonbear.Column
---@return moonbear.Column
function rolling.of(values, window, name, opts, before)
  check_window(window, #values, opts)
  check_statistic(name, values)
  local o = options_of(window, name, opts)
  local asked = { rows = window }
  if math.type(window) ~= "integer" then
    check_times(values, o.on)
    asked = { times = o.on, span = ticks_of(window, o.on) }
    if #values > rolling.most_rows then
      local rows = before or core.range(0, #values - 1, 1)
      if reaches(o.on, rolling.most_rows, asked.span, rows):any() then
        check_ascending(o.on, rows, before)
        return spanned(values, name, asked, o, rows)
      end
    end
  elseif o.on ~= nil then
    blame("rolling: 'on' goes with a window that is a duration, as \"1h\"")
  elseif window > rolling.most_rows then
    return doubled(values, name, window, o, before)
  end
  return moved(values, name, asked, o, before)
end

function core.column_methods:rolling(window, name, opts)
  return rolling.of(self, window, name, opts)
end

return rolling
