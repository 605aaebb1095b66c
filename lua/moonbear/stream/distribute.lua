-- How values are distributed, piece by piece: histograms and exact quantiles.

local core = require "moonbear.core"
local fold = require "moonbear.stream.fold"
local recipe = require "moonbear.stream.recipe"
local time = require "moonbear.time"

-- --- Histograms: of a range that is told one pass, else one for the range before.

local function with_range(of, opts)
  local counts, edges
  return fold.of_column(of, function(column)
    local more, at = column:histogram(opts)
    counts, edges = counts and (counts + more):eval() or more, at
  end, function() return counts, edges end)
end

-- The range of a histogram of all values: of a width whole bins.
local function range_of(column, bins)
  local low, high = column:min(), column:max()
  if type(bins) ~= "number" and time.is_counted(column) then
    return { low:floor(bins), high:floor(bins) + core.duration(bins) }
  end
  return { low, high }
end

function fold.of_method.histogram(of, opts)
  local bins = opts and opts.bins
  if opts and opts.range then return with_range(of, opts) end
  local finite, least, first = recipe.derived(of, function(column)
    return column[fold.valid(column, true)]
  end), {}, nil
  return fold.of_column(finite, function(column)
    first = first or column:slice(1, 0)
    if #column == 0 then return end
    least[#least + 1], least[#least + 2] = column:min(), column:max()
  end, function() return first:histogram(opts) end, function()
    if #least == 0 then return nil end
    local range = range_of(core.column(least, first:type()), bins)
    return with_range(of, { bins = bins, range = range })
  end)
end

-- --- Quantiles: a sample of the first pass says between which values each is; the second counts
-- what is below, and the values that are between. Where a sample has misled, once more.

local distribute = {
  sample = 1 << 20, -- rows of all pieces, or up to twice as many; tests take fewer
}

-- Ranks of a sample to either side of one in which a quantile is all but surely: five deviations of
-- a rank of so many rows drawn at random, as a part of them.
local function slack_of(rows) return 2.5 / math.sqrt(rows) end

-- Every so-and-so-many-th row, so that pieces give no more than a share of the sample.
local function thinned(column, step)
  if step <= 1 then return column end
  return column[core.range(1, #column, step)]
end

-- What is between two values of a column, both included; nil is no bound.
local function within(column, low, high)
  local mask
  if low ~= nil then mask = column:ge(low) end
  if high ~= nil then
    local below = column:le(high)
    mask = mask and mask & below or below
  end
  return mask and column[mask] or column
end

-- Counts what is below a value, and the values from there to another one.
local function bracket(of, low, high)
  local below = 0
  local inside = recipe.derived(of, function(column) return within(column, low, high) end)
  local counts = fold.of_method.value_counts(inside)
  return {
    recipes = { of, table.unpack(counts.recipes) },
    add = function(piece)
      if low ~= nil then below = below + recipe.make(of, piece):lt(low):sum() end
      counts.add(piece)
    end,
    result = function()
      local keys, numbers = counts.result()
      return { below = below, keys = keys, ends = numbers:cumsum() }
    end,
  }
end

-- The value of a rank, from 0 on, of a bracket; nil when it is not in there.
local function value_at(found, rank)
  local within_bracket = rank - found.below
  local n = #found.ends
  if within_bracket < 0 or n == 0 or within_bracket >= found.ends[-1] then return nil end
  return found.keys[found.ends:searchsorted(within_bracket + 1)]
end

local function interpolated(a, b, part)
  if part == 0 or a == b then return a + 0.0 end
  return a + (b - a) * part
end

-- The ranks beside a quantile of n values.
local function ranks_of(q, n)
  local place = q * (n - 1)
  local rank = math.floor(place)
  return math.tointeger(rank), math.tointeger(math.min(rank + 1, n - 1)), place - rank
end

-- Between which values of a sample in order a quantile is; nil is no bound.
local function bounds_of(sample, q, slack)
  local n = #sample
  if n == 0 or slack >= 1 then return nil, nil end
  local first, last = math.floor((q - slack) * n), math.ceil((q + slack) * n) + 1
  return first >= 1 and sample[first] or nil, last <= n and sample[last] or nil
end

-- A fold that finds quantiles of n values by a sample.
local function search(values, sample, list, n, slack)
  local parts = {}
  for i, q in ipairs(list) do
    parts[i] = bracket(values, bounds_of(sample, q, slack))
  end
  local all, found, results = fold.all(parts), nil, {}
  return {
    recipes = all.recipes,
    add = all.add,
    after = function()
      found = all.result()
      for i, q in ipairs(list) do
        local low, high, part = ranks_of(q, n)
        local a, b = value_at(found[i], low), value_at(found[i], high)
        if a == nil or b == nil then return search(values, sample, list, n, slack * 8) end
        results[i] = interpolated(a, b, part)
      end
      return nil
    end,
    result = function() return results end,
  }
end

-- Valid values as numbers: times as ticks since the least of the first ones.
local function numbers_of(of)
  local base, unit
  local numbers = recipe.derived(of, function(column)
    local known = column:drop_missing()
    if not time.is_counted(known) then return known end
    if not base and #known > 0 then base = known:min() end
    local since = known - (base or core[known:type()](0))
    unit = core.unit_of(since)
    return since:as "int"
  end)
  return numbers, function(x)
    if not unit then return fold.unsigned(x) end
    if x ~= x then return nil end
    return (time.durations_of(core.column({ x }, "float"), unit) + base)[1]
  end
end

local function quantiles(of, list, skipna)
  local numbers, as_moment = numbers_of(of)
  local values = recipe.derived(numbers, function(column)
    return column:type() == "float" and column[~column:isnan()] or column
  end)
  local n, nans, sample, kept, step = 0, 0, nil, {}, 1
  return {
    recipes = { values },
    add = function(piece)
      local column = recipe.make(values, piece)
      nans = nans + #recipe.make(numbers, piece) - #column
      n = n + #column
      kept[#kept + 1] = core.concat { thinned(column, step) }
      local all = #kept > 1 and core.concat(kept) or kept[1]
      while #all > 2 * distribute.sample do
        all, step = thinned(all, 2):eval(), step * 2
      end
      kept = { all }
    end,
    after = function()
      if n == 0 or nans > 0 and not skipna then return nil end
      sample = kept[1]:sort()
      if step == 1 then return nil end -- it is all
      return fold.with(search(values, sample, list, n, slack_of(#sample)), function(results)
        for i, x in ipairs(results) do results[i] = as_moment(x) end
        return results
      end)
    end,
    result = function()
      local known = sample and sample:quantile(list)
      local results = {}
      for i in ipairs(list) do results[i] = as_moment(known and known[i] or 0 / 0) end
      return results
    end,
  }
end

function fold.of_method.quantile(of, q, options)
  local list = type(q) == "table" and q or { q }
  local all = quantiles(of, list, options and options.skipna)
  if type(q) == "table" then return all end
  return fold.with(all, function(results) return results[1] end)
end

function fold.of_method.median(of, options) return fold.of_method.quantile(of, 0.5, options) end

return distribute
