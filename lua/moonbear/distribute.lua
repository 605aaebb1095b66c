-- How values are distributed: quantiles and histograms.

local check = require "moonbear.check"
local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"
local options = require "moonbear.options"
local time = require "moonbear.time"
local blame, is_column, is_number = check.blame, check.is_column, check.is_number

local distribute, methods = {}, core.column_methods

-- Statistics that are not of the engine's one pass.
local of_own = {
  median = function(column, skipna) return column:median { skipna = skipna } end,
  nunique = function(column) return column:nunique() end,
}

local engine_stats <const> = methods.stats

function methods.stats(column, wanted)
  if type(wanted) ~= "table" or check.class(wanted) then
    check.argument(1, "stats", 'list of names, as {"sum", "max"},', wanted)
  end
  local rest, own = {}, {}
  for option, value in pairs(wanted) do
    if math.type(option) ~= "integer" then rest[option] = value end
  end
  for _, name in ipairs(wanted) do
    if of_own[name] then own[#own + 1] = name else rest[#rest + 1] = name end
  end
  local results = (#rest > 0 or #own == 0) and engine_stats(column, rest) or {}
  for _, name in ipairs(own) do results[name] = of_own[name](column, rest.skipna) end
  return results
end

-- What the engine takes for a dimension: {column, bins, low, high}.
local function axis(name, column, bins, range)
  if not is_column(column) then
    blame("%s: a column expected, got %s", name, check.describe(column))
  elseif math.type(bins) ~= "integer" then
    options.blame(name, "bins", "an integer", bins)
  elseif not range then
    return { column, bins }
  elseif type(range) ~= "table" or not is_number(range[1]) or not is_number(range[2]) then
    options.blame(name, "range", "{low, high}", range)
  end
  return { column, bins, range[1], range[2] }
end

-- Edges as a column: floats, or integers of the type of the values.
local function column_of(edges, values)
  return core.column(edges, math.type(edges[1]) == "integer" and values:type() or "float")
end

-- The ends of a range of times or durations: those given, or the least and largest value, on
-- multiples of the step where there is one.
local function ends_of(column, range, step)
  local kind = column:type()
  local low, high = column:min(), column:max()
  if range then low, high = core[kind](range[1]), core[kind](range[2]) end
  if not step then return low, high == low and high + core.duration "1s" or high end
  return low:floor(step), range and high:ceil(step) or high:floor(step) + core.duration(step)
end

-- Counts times or durations since the lower end, in bins of a number or a width.
local function histogram_of_times(column, bins, range)
  local step = math.type(bins) ~= "integer" and bins or nil
  if range ~= nil and (type(range) ~= "table" or range[1] == nil or range[2] == nil) then
    options.blame("histogram", "range", "{low, high}", range)
  end
  local low, high = ends_of(column, range, step)
  if low >= high then blame("histogram: the range must be {low, high} with low below high") end
  if step then bins = ((high - low) // core.duration(step)) end
  local since = column - low + (high - high) -- in the finest unit
  local unit = core.unit_of(since)
  local span = (high - low):count(unit)
  local counts, edges = core.histogram { since:as "int", bins, 0, span }
  local numbers = core.column(edges, math.type(edges[1]) == "integer" and "int" or "float")
  return core.column(counts, "int"), numbers:as("duration", { unit = unit }) + low
end

-- The bins of values between edges, from 1 on; the last one has its upper edge, too. Which values
-- are in one.
local function numbers_of(column, edges)
  local last = #edges - 1
  local numbers = elementwise.where(column:eq(edges[#edges]), last, column:digitize(edges))
  return numbers, numbers:between(1, last):fill(false)
end

-- Counts values between edges of a script's own.
local function histogram_of_edges(column, edges, range)
  if range ~= nil then blame("histogram: 'range' goes with a number of bins, not with edges") end
  if #edges < 2 then
    options.blame("histogram", "bins", "a number, or two edges at least", #edges)
  end
  local last = #edges - 1
  local numbers, inside = numbers_of(column, edges)
  local counts = core.histogram { numbers[inside], last, 1, last + 1 }
  local kind = time.is_counted(column) and column:type()
  return core.column(counts, "int"), kind and core.column(edges, kind) or core.column(edges)
end

function methods.histogram(column, opts)
  local o = options.check("histogram", opts, { bins = { "any", 10 }, range = { "any" } })
  if type(o.bins) == "table" and not check.class(o.bins) then
    return histogram_of_edges(column, o.bins, o.range)
  end
  if time.is_counted(column) then return histogram_of_times(column, o.bins, o.range) end
  local counts, edges = core.histogram(axis("histogram", column, o.bins, o.range))
  return core.column(counts, "int"), column_of(edges, column)
end

local engine_digitize <const> = methods.digitize

-- Of times or durations, as integers of the finest unit.
function methods.digitize(column, edges)
  if not time.is_counted(column) or type(edges) ~= "table" then
    return engine_digitize(column, edges)
  end
  local ticks = core.column(edges, column:type())
  local finest = time.finer(core.unit_of(ticks), core.unit_of(column))
  return engine_digitize(column:as("int", { unit = finest }),
    ticks:as("int", { unit = finest }):to_table())
end

-- One for both dimensions, or one for each.
local function each_of(given, single)
  if single(given) then return given, given end
  return given[1], given[2]
end

---Counts rows by two columns in bins of equal width, as `c:histogram` does by one; the counts of
---row i and column j of bins are at (i - 1) * bins[2] + j. Collective. Raises when lengths differ.
---@param a moonbear.Column
---@param b moonbear.Column
---@param opts? {bins: integer|integer[], range: number[][]} 10; for both or each: {20, 30};
---{{low, high}, {low, high}}, the least and largest values unless told
---@return moonbear.Column counts int, bins[1] * bins[2] rows
---@return moonbear.Column a_edges one more than bins, as those of `c:histogram`
---@return moonbear.Column b_edges
function distribute.histogram2d(a, b, opts)
  local o = options.check("histogram2d", opts, { bins = { "any", 10 }, range = { "any", {} } })
  local a_bins, b_bins = each_of(o.bins, function(x) return type(x) ~= "table" end)
  local a_range, b_range = each_of(o.range, function(x) return type(x) ~= "table" end)
  local counts, a_edges, b_edges = core.histogram2d(
    axis("histogram2d", a, a_bins, a_range), axis("histogram2d", b, b_bins, b_range))
  return core.column(counts, "int"), column_of(a_edges, a), column_of(b_edges, b)
end

-- Raises for what is no list of columns of one length.
local function check_columns(name, columns)
  if type(columns) ~= "table" or check.class(columns) or #columns == 0 then
    check.argument(1, name, "list of columns", columns)
  end
  for i, column in ipairs(columns) do
    if not is_column(column) then
      blame("%s: number %d of the list must be a column, got %s", name, i, check.describe(column))
    elseif #column ~= #columns[1] then
      blame("%s: the lengths differ: number 1 has %s, and number %d has %d", name,
        check.plural(#columns[1], "row"), i, #column)
    end
  end
end

-- The bins and the range of a dimension of several.
local function of_dimension(o, i)
  local bins = type(o.bins) == "table" and o.bins[i] or o.bins
  if math.type(bins) ~= "integer" then
    options.blame("histogramdd", "bins", "a number, or one for each column", bins)
  end
  return bins, o.range[i]
end

---Counts rows by several columns in bins of equal width, as `mb.histogram2d` does by two: the
---counts of bins in the order of all dimensions, the last one fastest, and the edges of each.
---Collective. Raises when lengths differ.
---
---    local counts, edges = mb.histogramdd({ a, b, c }, { bins = { 10, 20, 5 } })
---@param columns moonbear.Column[]
---@param opts? {bins: integer|integer[], range: number[][]} 10; for all or each: {20, 30, 5};
---{{low, high}, ...}, the least and largest values unless told
---@return moonbear.Column counts int
---@return moonbear.Column[] edges
function distribute.histogramdd(columns, opts)
  local o = options.check("histogramdd", opts, { bins = { "any", 10 }, range = { "any", {} } })
  check_columns("histogramdd", columns)
  if type(o.range) ~= "table" then
    options.blame("histogramdd", "range", "a list of {low, high}", o.range)
  end
  local cells, inside, total, edges = 0, nil, 1, {}
  for i, column in ipairs(columns) do
    local bins, range = of_dimension(o, i)
    edges[i] = select(2, column:histogram { bins = bins, range = range })
    local numbers, is_in = numbers_of(column, edges[i]:to_table())
    cells, total = cells * bins + (numbers - 1), total * bins
    inside = inside and inside & is_in or is_in
  end
  return core.column(core.histogram { cells[inside], total, 0, total }, "int"), edges
end

return distribute
