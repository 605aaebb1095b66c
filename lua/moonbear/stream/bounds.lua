-- Which stretches of files a filter can match: its mask is made once of bounds in place of values.
--
-- Bounds pass for a column wherever a recipe is made of one. They have a column without rows, which
-- tells types and raises for what is wrong; the least and the greatest value of each stretch, where
-- these are known; and of bools in which stretches there can be a true one, and a false one. What
-- is not known is nil, or missing, and can be anything. Whatever has no rule here gives bounds that
-- are not known.

local check = require "moonbear.check"
local core = require "moonbear.core"
local recipe = require "moonbear.stream.recipe"
local where = core.math.where

---@class moonbear.Bounds
---@field sample moonbear.Column without rows
---@field low? moonbear.Column
---@field high? moonbear.Column
---@field yes? moonbear.Column where a row can be true; of bools
---@field no? moonbear.Column where a row can be false

local bounds = {}

local meta = { __name = "moonbear.column" } -- so that expressions take them

local function is_bounds(x) return getmetatable(x) == meta end

local function new(sample, known)
  known = known or {}
  return setmetatable({ sample = sample, low = known.low, high = known.high, yes = known.yes,
    no = known.no }, meta)
end

local function field(x, name) return rawget(x, name) end

-- The ends of the values of an operand, which for a scalar are it; nil where they are not known.
local function ends(x)
  if is_bounds(x) then return field(x, "low"), field(x, "high") end
  if x == nil or type(x) == "table" or check.is_column(x) or check.is_null(x) or x ~= x then
    return nil
  end
  return x, x
end

-- Kleene's logic of what can be: nil can.
local function both(a, b)
  if a == nil then return b elseif b == nil then return a end
  return a & b
end

local function either(a, b)
  if a == nil or b == nil then return nil end
  return a | b
end

local function has_nan(x) return is_bounds(x) and field(x, "sample"):type() == "float" end

-- Where two ranges have values in common.
local function meet(x, y)
  local low, high = ends(x)
  local least, most = ends(y)
  if low == nil or least == nil or not is_bounds(x) then return nil end
  return low:le(most) & high:ge(least)
end

-- Of x less than y, say: can be so where the least x is less than the greatest y, and can be not
-- so where its greatest is not less than the least y, or where there are NaN.
local function comparison(so, not_so, upwards)
  return function(x, y)
    local low, high = ends(x)
    local least, most = ends(y)
    if low == nil or least == nil then return nil end
    if not upwards then low, high, least, most = high, low, most, least end
    return { yes = low[so](low, most),
      no = not (has_nan(x) or has_nan(y)) and high[not_so](high, least) or nil }
  end
end

-- Integers whose sums do not wrap.
local LARGEST <const> = 2.0 ^ 61

-- Bounds of a result, missing where they are NaN.
local function proven(low, high)
  if low:type() == "float" then
    local known = ~low:isnan() & ~high:isnan()
    return { low = where(known, low, core.null), high = where(known, high, core.null) }
  end
  return { low = low, high = high }
end

local function is_small(x)
  if type(x) == "number" then return math.abs(x + 0.0) < LARGEST end
  local kind = x:type()
  if kind == "float" or kind == "time" or kind == "duration" then return true end
  if kind ~= "int" then return false end
  return (x:lt(1 << 61) & x:gt(-(1 << 61))):fill(true):all()
end

-- Times raise for what goes beyond their type; integers wrap.
local function sum(sign)
  return function(x, y)
    local low, high = ends(x)
    local least, most = ends(y)
    if low == nil or least == nil then return nil end
    for _, it in ipairs { low, high, least, most } do
      if type(it) ~= "userdata" and type(it) ~= "number" and not check.is_column(it)
        or (type(it) == "number" or check.is_column(it)) and not is_small(it) then
        return nil
      end
    end
    if sign < 0 then return proven(low - most, high - least) end
    return proven(low + least, high + most)
  end
end

local rules = {
  lt = comparison("lt", "ge", true), le = comparison("le", "gt", true),
  gt = comparison("gt", "le", false), ge = comparison("ge", "lt", false),
  eq = function(x, y) return { yes = meet(x, y) } end,
  ne = function(x, y) return { no = meet(x, y) } end,
}

function rules.between(x, least, most)
  local low, high = ends(x)
  if low == nil or ends(least) == nil or ends(most) == nil or is_bounds(least) or is_bounds(most)
  then
    return nil
  end
  return { yes = low:le(most) & high:ge(least) }
end

-- A list of few scalars.
function rules.isin(x, list)
  local low = ends(x)
  if low == nil or type(list) ~= "table" or check.class(list) or #list == 0 or #list > 64 then
    return nil
  end
  local yes
  for i, value in ipairs(list) do
    local one = meet(x, value)
    if one == nil then return nil end
    yes = i == 1 and one or either(yes, one)
  end
  return { yes = yes }
end

-- Methods that keep the order of values, with any arguments but columns.
for _, name in ipairs { "floor", "ceil", "trunc", "round" } do
  rules[name] = function(x, ...)
    local low, high = ends(x)
    for _, argument in ipairs { ... } do
      if check.is_column(argument) then return nil end
    end
    if low == nil then return nil end
    return { low = low[name](low, ...), high = high[name](high, ...) }
  end
end

local function is_truth(x) return is_bounds(x) and field(x, "sample"):type() == "bool" end

local operators = {
  __add = { function(a, b) return a + b end, sum(1) },
  __sub = { function(a, b) return a - b end, sum(-1) },
  __mul = { function(a, b) return a * b end }, __div = { function(a, b) return a / b end },
  __idiv = { function(a, b) return a // b end, function(x, y)
    local low, high = ends(x)
    if low == nil or not is_bounds(x) or math.type(y) ~= "integer" or y <= 0
      or low:type() ~= "int" then
      return nil
    end
    return { low = low // y, high = high // y }
  end },
  __mod = { function(a, b) return a % b end }, __pow = { function(a, b) return a ^ b end },
  __band = { function(a, b) return a & b end, function(x, y)
    if not is_truth(x) or not is_truth(y) then return nil end
    return { yes = both(field(x, "yes"), field(y, "yes")),
      no = either(field(x, "no"), field(y, "no")) }
  end },
  __bor = { function(a, b) return a | b end, function(x, y)
    if not is_truth(x) or not is_truth(y) then return nil end
    return { yes = either(field(x, "yes"), field(y, "yes")),
      no = both(field(x, "no"), field(y, "no")) }
  end },
  __bxor = { function(a, b) return a ~ b end }, __shl = { function(a, b) return a << b end },
  __shr = { function(a, b) return a >> b end }, __concat = { function(a, b) return a .. b end },
  __unm = { function(a) return -a end },
  __bnot = { function(a) return ~a end, function(x)
    return is_truth(x) and { yes = field(x, "no"), no = field(x, "yes") } or nil
  end },
}

-- What f gives of the samples, the first of its results with what a rule knows of it.
local function apply(f, rule, ...)
  local given = table.pack(...)
  for i = 1, given.n do
    if is_bounds(given[i]) then given[i] = field(given[i], "sample") end
  end
  local results = table.pack(f(table.unpack(given, 1, given.n)))
  for i = 1, results.n do
    if check.is_column(results[i]) then
      results[i] = new(results[i], i == 1 and rule and rule(...) or nil)
    end
  end
  return table.unpack(results, 1, results.n)
end

for event, it in pairs(operators) do
  meta[event] = function(a, b)
    if event == "__unm" or event == "__bnot" then return apply(it[1], it[2], a) end
    return apply(it[1], it[2], a, b)
  end
end

function meta.__index(self, key)
  if is_bounds(key) then return self end -- some of its rows
  if key == "type" then return function() return field(self, "sample"):type() end end
  return function(_, ...)
    return apply(function(x, ...) return x[key](x, ...) end, rules[key], self, ...)
  end
end

-- Where rows can pass a filter; nil: anywhere.
local function passes(filter, piece)
  local ok, mask = pcall(recipe.make, filter, piece)
  return ok and is_truth(mask) and field(mask, "yes") or nil
end

-- A piece of the bounds of all stretches.
local function piece_of(source)
  local frame, known = {}, {}
  function frame.column(_, name)
    local sample = source.empty:column(name)
    known[name] = known[name] or new(sample, source.zones.bounds(name, sample:type()))
    return known[name]
  end
  return { frame = frame, made = {}, bounds = true }
end

---In which zones of a source there can be rows that recipes look at, by the filters that these have
---passed; nil when in all. Collective.
---@param recipes moonbear.Recipe[]
---@param source moonbear.Source
---@return boolean[]?
function bounds.possible(recipes, source)
  if not source.zones or #source.zones.ends == 0 or #recipes == 0 then return nil end
  local piece, seen, possible = piece_of(source), {}, nil
  for _, it in ipairs(recipes) do
    if not it.filters then return nil end
    if not seen[it.filters] then
      local all
      for _, filter in ipairs(it.filters) do all = both(all, passes(filter, piece)) end
      if not all then return nil end
      possible = next(seen) and either(possible, all) or all
      seen[it.filters] = true
    end
  end
  return possible:fill(true):to_table()
end

return bounds
