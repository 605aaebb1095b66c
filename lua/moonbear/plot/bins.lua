-- Rows counted in bins: what the ranks make of columns of any length before it is drawn. Columns
-- are ints or floats without missing rows, NaN and infinities (see series.clean). All functions of
-- columns are collective.

local axes = require "moonbear.plot.axes"
local check = require "moonbear.check"
local core = require "moonbear.core"
local options = require "moonbear.options"

local bins = {}

local MOST_BINS <const> = 10000
local LARGE <const>, LARGEST <const> = 2 ^ 60, 1.7e308

-- Bins of a picture where nothing says how many.
local USUAL <const>, FEWEST <const> = 60, 10

---How many bins suit so many rows.
---@param rows integer
---@return integer
function bins.suitable(rows)
  return math.max(FEWEST, math.min(USUAL, math.ceil(2 * rows ^ (1 / 3))))
end

-- first, first + step, ... up to the first one above last, as floats may be too coarse for it.
local function multiples(first, step, last)
  local edges = { first }
  repeat
    edges[#edges + 1] = first + #edges * step
  until edges[#edges] > last or #edges > MOST_BINS
  if edges[#edges] <= last then edges = { first, math.max(last, first) + math.abs(last) } end
  return edges
end

local LEAST_WIDTH <const> = 1e-300

-- Edges at round numbers around all values; of integers whole ones.
local function round_edges(low, high, wanted, kind, integers)
  local width = high / wanted - low / wanted
  if width <= LEAST_WIDTH then
    width = kind == "time" and 1 or integers and 1 or math.max(math.abs(low) * 1e-3, 1e-3)
  end
  local step = kind == "time" and axes.nice_time(width) or axes.nice(width)
  if integers then
    step = math.max(1, math.tointeger(step // 1))
    return multiples(low // step * step, step, high)
  end
  return multiples(math.floor(low / step) * step, step, high)
end

---Bins of equal width of the logarithms of values, by which they are counted: a search among the
---edges takes several times as long.
---@class moonbear.Exponents
---@field low number the logarithm of the first edge
---@field high number
---@field count integer
---@field into integer[] the bin of a picture that each belongs to
---@field whole boolean whether the edges are whole, rounded, so that half of one is added to values
---@field clip boolean whether the first and the last edge are values

local LARGEST_WHOLE <const> = 1e14 -- half of one more has another logarithm
local CLOSE <const> = 1e-12 -- logarithms may be so far from those of edges

-- Whole edges of bins of integers, each once, from the last one on that is not above the least.
local function rounded(edges, low)
  local whole, into = {}, {}
  for i, edge in ipairs(edges) do
    local at = math.tointeger((edge + 0.5) // 1)
    if at ~= whole[#whole] then
      if #whole == 1 and at <= low then whole[1] = nil end
      whole[#whole + 1] = at
    end
    into[i] = #whole
  end
  if #whole == 1 then whole[2] = whole[1] + 1 end
  for i, bin in ipairs(into) do into[i] = math.min(bin, #whole - 1) end
  return whole, into
end

-- Edges at equal ratios, exactly so many or about; of integers the nearest whole ones.
local function ratio_edges(low, high, wanted, exact, integers)
  local edges, first, each = {}, math.log(low, 10), wanted / math.log(high / low, 10)
  if exact then
    for i = 0, wanted do edges[i + 1] = low * (high / low) ^ (i / wanted) end
    edges[1], edges[wanted + 1] = low, high
  else
    each = math.max(1, math.min(10, wanted // math.max(1, math.log(high / low, 10)) // 1))
    local i = math.floor(first * each)
    if 10.0 ^ (i / each) > low then i = i - 1 end
    first = i / each
    repeat
      edges[#edges + 1] = 10.0 ^ (i / each)
      i = i + 1
    until edges[#edges] > high + (integers and 0.5 or 0)
  end
  local count, whole = #edges - 1, integers and high < LARGEST_WHOLE
  local last = exact and math.log(high, 10) or first + count / each
  local nudge = (whole or exact) and 0 or CLOSE -- for values that are edges, as 1000
  local by = { low = first - nudge, high = last - nudge, count = count, whole = whole,
    clip = exact }
  if whole then edges, by.into = rounded(edges, low) end
  return edges, by
end

local function check_edges(plot, edges)
  local wrong = #edges < 2 or #edges > MOST_BINS
  for i, edge in ipairs(edges) do
    wrong = wrong or type(edge) ~= "number" or edge ~= edge or i > 1 and edge <= edges[i - 1]
  end
  if wrong then
    options.blame(plot, "bins", "a number of bins or ascending edges, as {0, 10, 100}", edges)
  end
end

---@class moonbear.BinsWanted
---@field plot string the name of the function
---@field bins? integer|number[] a number of bins of equal width, or edges
---@field range? number[] the first and the last edge
---@field log? boolean bins of equal ratio
---@field kind? "number"|"time"

-- The least and the greatest value of columns, or the ends of a range.
local function ends_of(columns, wanted)
  local low, high = math.huge, -math.huge
  for _, column in ipairs(columns) do
    local found = column:stats { "min", "max" }
    low, high = math.min(low, found.min), math.max(high, found.max)
  end
  local range = wanted.range
  if not range then return low, high end
  local ok = type(range) == "table" and type(range[1]) == "number" and type(range[2]) == "number"
  ok = ok and range[2] - range[1] > 0 and range[2] - range[1] < math.huge
  if not ok or wanted.log and range[1] <= 0 then
    options.blame(wanted.plot, "range", wanted.log and "{low, high} above 0, with low below high"
      or "{low, high}, with low below high", range)
  end
  return range[1], range[2]
end

---The edges of bins that suit columns, and the bins of logarithms by which these are counted, where
---there are such.
---@param columns moonbear.Column[]
---@param wanted moonbear.BinsWanted
---@return number[]
---@return moonbear.Exponents?
function bins.edges(columns, wanted)
  local number = wanted.bins
  if type(number) == "table" and not check.class(number) then
    check_edges(wanted.plot, number)
    return number
  elseif number ~= nil and (math.type(number) ~= "integer" or number < 1 or number > MOST_BINS) then
    options.blame(wanted.plot, "bins", "a number of bins or ascending edges, as {0, 10, 100}",
      number)
  end
  local rows, integers = 0, true
  for _, column in ipairs(columns) do
    rows, integers = math.max(rows, #column), integers and column:type() == "int"
  end
  local low, high = ends_of(columns, wanted)
  if low < -LARGE or high > LARGE then -- too large for edges that are integers
    integers, low, high = false, low + 0.0, high + 0.0
    if high / 4 - low / 4 > LARGEST / 4 then
      check.blame("%s: values from %g to %g have no bins; 'range' chooses some", wanted.plot, low,
        high)
    end
  end
  if wanted.log then
    local edges, by = ratio_edges(low, high, number or bins.suitable(rows),
      number ~= nil and low < high, integers)
    return edges, not wanted.range and by or nil
  elseif not number then
    return round_edges(low, high, bins.suitable(rows), wanted.kind, integers)
  end
  if low == high then low, high = low - 0.5, high + 0.5 end -- as numpy has it
  local edges = {}
  for i = 0, number do edges[i + 1] = low + (high - low) * (i / number) end
  edges[number + 1] = high
  return edges
end

-- Whether edges are at equal distances, so that the engine need not search among them.
local function are_even(edges)
  local step = (edges[#edges] - edges[1]) / (#edges - 1)
  for i, edge in ipairs(edges) do
    if edge ~= edges[1] + (i - 1) * step then return false end
  end
  return true
end

-- The same by logarithms.
local function counts_by(column, edges, by)
  local logs = (by.whole and column + 0.5 or column):log10()
  if by.clip then logs = logs:clip(by.low, by.high) end
  local found = logs:histogram { bins = by.count, range = { by.low, by.high } }:to_table()
  if not by.into then return found end
  local counts = {}
  for i = 1, #edges - 1 do counts[i] = 0 end
  for i, n in ipairs(found) do counts[by.into[i]] = counts[by.into[i]] + n end
  return counts
end

---How many rows are in each bin: from an edge on, below the next one; the last edge belongs to the
---last bin. By logarithms a float within 1e-12 of an edge may be counted beside it.
---@param column moonbear.Column
---@param edges number[]
---@param by? moonbear.Exponents
---@return integer[]
function bins.counts(column, edges, by)
  if by then return counts_by(column, edges, by) end
  if #column > 0 and are_even(edges) then
    return (column:histogram { bins = #edges - 1, range = { edges[1], edges[#edges] } }):to_table()
  end
  local counts, last = {}, #edges - 1
  for i = 1, last do counts[i] = 0 end
  local places, numbers = column:digitize(edges):value_counts()
  numbers = numbers:to_table()
  for i, place in ipairs(places:to_table()) do
    if place >= 1 and place <= last then counts[place] = numbers[i] end
  end
  counts[last] = counts[last] + column:eq(edges[#edges]):sum()
  return counts
end

-- The exponents of values above 0, which have bins of equal width where these have equal ratios.
local function exponents(column, log)
  return log and column:log10() or column
end

---Counts pairs of values in bins of equal width, of logarithms where told.
---@param x moonbear.Column
---@param y moonbear.Column
---@param wanted {bins: integer[], log: boolean[], edges: number[][]} of x and of y; edges at equal
---distances, or ratios
---@return integer[] counts by x, then y
function bins.pairs(x, y, wanted)
  local range = {}
  for i, edges in ipairs(wanted.edges) do
    local low, high = edges[1], edges[#edges]
    range[i] = wanted.log[i] and { math.log(low, 10), math.log(high, 10) } or { low, high }
  end
  local counts = core.histogram2d(
    { exponents(x, wanted.log[1]), #wanted.edges[1] - 1, range[1][1], range[1][2] },
    { exponents(y, wanted.log[2]), #wanted.edges[2] - 1, range[2][1], range[2][2] })
  return counts
end

return bins
