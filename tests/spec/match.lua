-- What the specs of matching share: inputs of every kind, and keys as plain Lua has them.
local assert = require "luassert"
local helper = require "spec.helper"
local mb = require "moonbear"

local match = {}

local null, nan = mb.null, 0 / 0
local mini, maxi = math.mininteger, math.maxinteger

-- What stands for a value among the keys of a Lua table: all NaN are one, and -0.0 is 0.0.
function match.key(v)
  if v ~= v then return "nan" end
  if math.type(v) == "float" then return v == 0 and 0.0 or v end
  return v
end

local function below(type)
  return function(a, b)
    if a ~= a or b ~= b then return a == a and b ~= b end
    if type == "bool" then return not a and b end
    if type == "uint" then return math.ult(a, b) end
    return a < b
  end
end

-- The distinct values of rows in ascending order, and how often each occurs.
function match.distinct(rows, type)
  local counts, values, ns = {}, {}, {}
  for _, v in ipairs(rows) do
    if not rawequal(v, null) then
      local key = match.key(v)
      if not counts[key] then values[#values + 1] = v == 0 and type == "float" and 0.0 or v end
      counts[key] = (counts[key] or 0) + 1
    end
  end
  table.sort(values, below(type))
  for i, v in ipairs(values) do ns[i] = counts[match.key(v)] end
  return values, ns
end

-- How a row shows: NaN is not equal to itself, and other types and signs of zero must show.
local function shown(v)
  if v ~= v then return "nan" end
  return math.type(v) == "float" and ("%a"):format(v) or tostring(v)
end

-- Asserts that a column has these rows, and this type.
function match.same(expected, column, type)
  local rows = column:to_table()
  local same = #rows == #expected
  for i = 1, #rows do same = same and helper.identical(expected[i], rows[i]) end
  if not same then
    local a, b = {}, {}
    for i, v in ipairs(expected) do a[i] = shown(v) end
    for i, v in ipairs(rows) do b[i] = shown(v) end
    assert.same(a, b)
  end
  if type then assert.equal(type, column:type()) end
end

local extremes = {
  int = { 0, 1, -1, mini, maxi, mini + 1, maxi - 1, 5 },
  uint = { 0, 1, -1, mini, maxi, -2, 7 },
  float = { 0.0, -0.0, nan, 1 / 0, -1 / 0, 1.5, -1.5, 2.0 ^ -1074, 1e308, 2.0 ^ 53 },
  bool = { true, false },
}

local function fill(n, f)
  local rows = {}
  for i = 1, n do rows[i] = f(i) end
  return rows
end

local makers = {
  int = function(v) return v end,
  uint = function(v) return v end,
  float = function(v) return v / 4 end,
  bool = function(v) return v % 2 == 0 end,
}

-- Rows of a type of several kinds: a list of lists.
function match.inputs(type, seed)
  local random, make = helper.random(seed), makers[type]
  local low = type == "uint" and 0 or -1
  local list = {
    {},
    { make(6), make(3) },
    fill(100, function() return make(4) end),
    fill(9, function() return null end),
    fill(600, function() return make(random(0, 12)) end),
    fill(600, function(i) return make(i % 2 == 0 and 3 or random(0, 1000)) end),
    fill(500, make),
    fill(700, function() return make(random(low * 1000000, 1000000)) end),
    fill(500, function() return make(random(low * (1 << 40), 1 << 40) // 1) end),
    fill(400, function(i) return i % 3 == 0 and null or make(random(0, 50)) end),
    fill(120, function() return extremes[type][random(1, #extremes[type])] end),
  }
  return list
end

-- A column of these rows, in forms that lie and are stored differently.
match.forms = {
  plain = function(rows, type) return mb.column(rows, type) end,
  -- Filtered, so that most rows are on the first ranks.
  ragged = function(rows, type)
    local twice, mask = {}, {}
    for _, v in ipairs(rows) do twice[#twice + 1], mask[#mask + 1] = v, true end
    for _, v in ipairs(rows) do twice[#twice + 1], mask[#mask + 1] = v, false end
    return mb.column(twice, type)[mb.column(mask, "bool")]
  end,
  -- Not yet evaluated.
  pending = function(rows, type)
    local c = mb.column(rows, type)
    return mb.where(c:is_missing(), null, c)
  end,
}

local names = { "plain", "ragged", "pending" }

-- A column of these rows in one of the forms, chosen by a number.
function match.column(rows, type, number)
  return match.forms[names[number % #names + 1]](rows, type)
end

match.types = { "int", "uint", "float", "bool" }

return match
