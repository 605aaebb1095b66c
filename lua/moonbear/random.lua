-- Random columns. Each value is a function of the seed and its row, with the same bits on any
-- number of ranks and any instruction set: they are expressions of random integers and of functions
-- that have this property.

local check = require "moonbear.check"
local core = require "moonbear.core"
local options = require "moonbear.options"
local blame, is_column = check.blame, check.is_column

local random = {}

-- The options with a seed, drawn where none is given, and numbers.
local function check_options(name, given, defaults)
  local known = { seed = { "integer" } }
  for option, default in pairs(defaults) do
    known[option] = { type(default) == "number" and "number" or "any", default }
  end
  local o = options.check(name, given, known)
  o.seed = o.seed or math.random(0)
  return o
end

local function check_spread(name, option, value)
  if not (value >= 0 and value < math.huge) then
    options.blame(name, option, "a finite number of at least 0", value)
  end
end

-- n multiples of 2^-53 from 0 on, below 1.
local function fractions(n, seed)
  return core.random(n, 0, (1 << 53) - 1, seed):as "float" * 2.0 ^ -53
end

---n floats evenly distributed from `low` on, below `high` (which rounding may give). Without a seed
---one is drawn from `math.random`, as for all random columns. Not collective.
---@param n integer
---@param opts? {low: number?, high: number?, seed: integer?} 0, 1 and a drawn one
---@return moonbear.Column # float
function random.uniform(n, opts)
  local o = check_options("uniform", opts, { low = 0, high = 1 })
  check_spread("uniform", "high - low", o.high - o.low)
  return fractions(n, o.seed) * (o.high - o.low + 0.0) + (o.low + 0.0)
end

-- Standard normal: Box, Muller: A Note on the Generation of Random Normal Deviates (1958).
local function deviates(n, seed)
  local angles = fractions(n, (seed ~ 0x6a09e667f3bcc908) * 0x5851f42d4c957f2d + 1)
  return ((-fractions(n, seed)):log1p() * -2.0):sqrt() * (angles * (2 * math.pi)):cos()
end

---n floats of a normal distribution. Not collective.
---@param n integer
---@param opts? {mean: number?, std: number?, seed: integer?} 0, 1 and a drawn one
---@return moonbear.Column # float
function random.normal(n, opts)
  local o = check_options("normal", opts, { mean = 0, std = 1 })
  check_spread("normal", "std", o.std)
  return deviates(n, o.seed) * (o.std + 0.0) + (o.mean + 0.0)
end

---n floats whose logarithms are of a normal distribution. Not collective.
---@param n integer
---@param opts? {mean: number?, std: number?, seed: integer?} of the logarithms: 0, 1; a drawn one
---@return moonbear.Column # float
function random.lognormal(n, opts)
  local o = check_options("lognormal", opts, { mean = 0, std = 1 })
  check_spread("lognormal", "std", o.std)
  return (deviates(n, o.seed) * (o.std + 0.0) + (o.mean + 0.0)):exp()
end

---n floats of an exponential distribution, from 0 on. Not collective.
---@param n integer
---@param opts? {scale: number?, seed: integer?} the mean: 1; a drawn one
---@return moonbear.Column # float
function random.exponential(n, opts)
  local o = check_options("exponential", opts, { scale = 1 })
  check_spread("exponential", "scale", o.scale)
  return (-fractions(n, o.seed)):log1p() * -(o.scale + 0.0)
end

-- How likely k = first, first + 1, ... are in a Poisson distribution, in proportion to the
-- likeliest: a list, without what is out of reach of 53 random bits.
local function poisson_weights(lam)
  local NEGLIGIBLE <const> = 1e-20
  local mode = lam // 1 | 0
  local below, above = {}, { 1.0 }
  local weight, k = 1.0, mode
  while k > 0 and weight > NEGLIGIBLE do
    weight = weight * k / lam
    below[#below + 1] = weight
    k = k - 1
  end
  local first = k
  weight, k = 1.0, mode
  while weight > NEGLIGIBLE do
    k = k + 1
    weight = weight * lam / k
    above[#above + 1] = weight
  end
  local weights = {}
  for i = #below, 1, -1 do weights[#weights + 1] = below[i] end
  return table.move(above, 1, #above, #weights + 1, weights), first
end

-- n numbers from 0 to #weights - 1, by their weights.
local function draw_weighted(n, weights, seed)
  local total, sum, edges = 0.0, 0.0, {}
  for _, weight in ipairs(weights) do total = total + weight end
  for i = 1, #weights - 1 do
    sum = sum + weights[i]
    edges[i] = math.min(sum / total, 1.0)
  end
  return fractions(n, seed):digitize(edges)
end

---n ints of a Poisson distribution. Collective.
---@param n integer
---@param opts? {lam: number?, seed: integer?} the mean, at most 1e9: 1; a drawn one
---@return moonbear.Column # int
function random.poisson(n, opts)
  local o = check_options("poisson", opts, { lam = 1 })
  if not (o.lam >= 0 and o.lam <= 1e9) then
    options.blame("poisson", "lam", "a number from 0 to 1e9", o.lam)
  end
  local weights, first = poisson_weights(o.lam)
  return draw_weighted(n, weights, o.seed) + first
end

local function check_weights(weights, n)
  if is_column(weights) then weights = weights:to_table() end
  if type(weights) ~= "table" or #weights ~= n then
    options.blame("choice", "weights", ("%d numbers, one for each value"):format(n),
      type(weights) == "table" and #weights or weights)
  end
  local total = 0.0
  for i, weight in ipairs(weights) do
    if type(weight) ~= "number" or not (weight >= 0 and weight < math.huge) then
      blame("choice: weight %d must be a number of at least 0, got %s", i, tostring(weight))
    end
    total = total + weight
  end
  if not (total > 0 and total < math.huge) then
    blame("choice: the weights add up to %s", tostring(total))
  end
  return weights
end

---n rows of a column, or values of a table, each drawn from all of them, by weights if these are
---given: a table or a column of as many numbers. Collective.
---@param values moonbear.Column|table
---@param n integer
---@param opts? {weights: number[]|moonbear.Column, seed: integer?}
---@return moonbear.Column
function random.choice(values, n, opts)
  local o = check_options("choice", opts, { weights = false })
  if type(values) == "table" then values = core.column(values) end
  if not is_column(values) then
    check.argument(1, "choice", "column or table of values", values)
  elseif #values == 0 and n ~= 0 then
    blame("choice: there are no values to choose from")
  elseif not o.weights then
    return values[core.random(n, 1, math.max(#values, 1), o.seed):eval()]
  end
  return values[draw_weighted(n, check_weights(o.weights, #values), o.seed) + 1]
end

return random
