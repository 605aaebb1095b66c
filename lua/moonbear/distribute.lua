-- How values are distributed: quantiles and histograms.

local check = require "moonbear.check"
local core = require "moonbear.core"
local options = require "moonbear.options"
local blame, is_column = check.blame, check.is_column

local distribute, methods = {}, core.column_methods

function methods.quantile(column, q, opts)
  local o = options.check("quantile", opts, { skipna = false })
  if type(q) == "table" then return core.quantiles(column, "quantile", q, o.skipna) end
  if type(q) ~= "number" then
    blame("quantile: a number from 0 to 1, or a list of these expected, got %s", check.describe(q))
  end
  return core.quantiles(column, "quantile", { q }, o.skipna)[1]
end

function methods.median(column, opts)
  local o = options.check("median", opts, { skipna = false })
  return core.quantiles(column, "median", { 0.5 }, o.skipna)[1]
end

-- What the engine takes for a dimension: {column, bins, low, high}.
local function axis(name, column, bins, range)
  if not is_column(column) then
    blame("%s: a column expected, got %s", name, check.describe(column))
  elseif math.type(bins) ~= "integer" then
    blame("%s: the number of bins must be an integer, got %s", name, tostring(bins))
  elseif not range then
    return { column, bins }
  elseif type(range) ~= "table" or type(range[1]) ~= "number" or type(range[2]) ~= "number" then
    blame("%s: the range must be {low, high}", name)
  end
  return { column, bins, range[1], range[2] }
end

function methods.histogram(column, opts)
  local o = options.check("histogram", opts, { bins = 10, range = false })
  local counts, edges = core.histogram("histogram", axis("histogram", column, o.bins, o.range))
  return core.column(counts, "int"), core.column(edges, "float")
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
---@return moonbear.Column a_edges float, one more than bins
---@return moonbear.Column b_edges float
function distribute.histogram2d(a, b, opts)
  local o = options.check("histogram2d", opts, { bins = 10, range = {} })
  local a_bins, b_bins = each_of(o.bins, function(x) return type(x) ~= "table" end)
  local a_range, b_range = each_of(o.range, function(x) return type(x) ~= "table" end)
  local counts, a_edges, b_edges = core.histogram("histogram2d",
    axis("histogram2d", a, a_bins, a_range), axis("histogram2d", b, b_bins, b_range))
  return core.column(counts, "int"), core.column(a_edges, "float"), core.column(b_edges, "float")
end

return distribute
