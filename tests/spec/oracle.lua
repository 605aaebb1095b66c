-- What element-wise operators and functions mean, on single values in plain Lua. Specs compare the
-- engine with it; nothing here asks the engine.
--
-- A value goes with a type: a boolean is a bool, an integer an int or (by its bits) a uint, a float
-- a float; oracle.null is a missing one.
local mb = require "moonbear"
local reference = require "spec.reference"

local function set(names)
  local members = {}
  for name in names:gmatch "%S+" do members[name] = true end
  return members
end

local arithmetic = set "add sub mul div floordiv mod pow atan2"
local bitwise = set "band bor bxor shl shr rotl rotr"

local oracle = { null = mb.null, types = { "bool", "int", "uint", "float" } }
local null = mb.null
local two63, two64 = 2.0 ^ 63, 2.0 ^ 64

-- A uint as a float, to nearest: beyond int's range halved first, with the bit that is lost kept
-- below the rounding.
local function uint_to_float(u)
  if u >= 0 then return u + 0.0 end
  return ((u >> 1 | u & 1) + 0.0) * 2.0
end

-- A value in a type that has room for its own.
local function convert(value, from, to)
  if from == to then return value end
  if from == "bool" then
    local one = to == "float" and 1.0 or 1
    return value and one or one - one
  end
  return from == "uint" and uint_to_float(value) or value + 0.0
end

-- The type in which two meet for arithmetic; nil where they do not.
local function join(a, b)
  if a == "float" or b == "float" then return "float" end
  if a == "bool" then a = b == "uint" and "uint" or "int" end
  if b == "bool" then b = a end
  return a == b and a or nil
end

-- The same, but that two bools stay bool.
local function meet(a, b) return a == "bool" and b == "bool" and "bool" or join(a, b) end

local wraps, as_floats = set "add sub mul", set "div pow atan2"
local compares = set "eq ne lt le gt ge between isin"

-- The type that a scalar has as an operand beside a column, and its value: "boolean" where it may
-- not be one, as most likely a comparison by Lua's own operators; "fraction" where only integers may,
-- "negative" where only uints may.
function oracle.scalar(name, value, column_type)
  local calculates = arithmetic[name] or bitwise[name]
  if type(value) == "boolean" then
    return column_type == "bool" and not calculates and "bool" or "boolean", value
  end
  if math.type(value) == "float" then
    if not bitwise[name] then return "float", value end
    local high = column_type == "uint" and value >= two63 and value < two64
    value = math.tointeger(high and value - two64 or value)
    if not value then return "fraction" end
    if high then return "uint", value end
  end
  if column_type ~= "uint" or compares[name] then return "int", value end
  if value >= 0 or wraps[name] or bitwise[name] then return "uint", value end
  if as_floats[name] then return "float", value + 0.0 end
  if name == "maximum" then return "uint", 0 end
  return "negative"
end

local function unsigned_floordiv(a, b)
  if b < 0 then return math.ult(a, b) and 0 or 1 end
  if a >= 0 then return a // b end
  local q = (a >> 1) // b << 1
  return math.ult(a - q * b, b) and q or q + 1
end

-- Compares values exactly, whatever their types: below 0, 0 or above 0; nil when one is NaN.
local function compare(a, a_type, b, b_type)
  if a_type == "bool" then a, a_type = a and 1 or 0, "int" end
  if b_type == "bool" then b, b_type = b and 1 or 0, "int" end
  if a ~= a or b ~= b then return nil end
  local function sign(less, equal) return less and -1 or equal and 0 or 1 end
  local a_large, b_large = a_type == "uint" and a < 0, b_type == "uint" and b < 0
  if a_large and b_large then return sign(a < b, a == b) end
  if a_large then
    if b_type ~= "float" or b < two63 then return 1 end
    if b >= two64 then return -1 end
    local rest = math.tointeger(b - two63) | math.mininteger
    return sign(a < rest, a == rest)
  end
  if b_large then return -compare(b, b_type, a, a_type) end
  return sign(a < b, a == b)
end

local function floor(x) return x // 1.0 end
local function ceil(x) return -(-x // 1.0) end
local function trunc(x) return x < 0 and ceil(x) or floor(x) end

-- To the nearest whole number, halves to the even one; a zero keeps the sign.
local function nearest(x)
  if x ~= x or math.abs(x) >= 2.0 ^ 52 then return x end
  local below = floor(x)
  local rest = x - below
  if rest > 0.5 or rest == 0.5 and below % 2 == 1 then below = below + 1.0 end
  return below == 0 and x * 0.0 or below
end

local operations = {}

-- Each is {arity =, type = function(types...): the result's, or nil where it raises; value =
-- function(result type, types, option, values...): the result, or nil and the reason}; also
-- on_missing = true when it takes missing values, approximate = true when results have a tolerance.
oracle.operations = operations

local function define(names, arity, type_of, value_of)
  for name in names:gmatch "%S+" do
    operations[name] = { arity = arity, type = type_of, value = value_of(name) }
  end
end

-- Both operands in the type they meet in. Unsigned ones by another function where there is one.
local function binary(name, f, unsigned, type_of)
  operations[name] = { arity = 2, type = type_of or join, value = function(t, types, option, a, b)
    a, b = convert(a, types[1], t), convert(b, types[2], t)
    if t == "uint" and unsigned then return unsigned(a, b, option) end
    return f(a, b, option)
  end }
end

-- What is divided by zero is the option's, if there is one; else it is an error for integers, and
-- as IEEE says for floats.
local function by_nonzero(f)
  return function(a, b, option)
    if b == 0 and option.zero then return math.type(b) == "float" and option.zero + 0.0 or option.zero end
    if b ~= 0 or math.type(b) == "float" then return f(a, b) end
    return nil, "zero"
  end
end

local function ordered(f)
  return function(a, b)
    if a ~= a or b ~= b then return 0 / 0 end
    if type(a) == "boolean" then return f(a and 1 or 0, b and 1 or 0) == 1 end
    return f(a, b)
  end
end

-- Of equal ones the second.
local function lesser(a, b) return a < b and a or b end
local function greater(a, b) return a > b and a or b end

binary("add", function(a, b) return a + b end)
binary("sub", function(a, b) return a - b end)
binary("mul", function(a, b) return a * b end)
binary("floordiv", by_nonzero(function(a, b) return a // b end), by_nonzero(unsigned_floordiv))
binary("mod", by_nonzero(function(a, b) return a % b end),
  by_nonzero(function(a, b) return a - unsigned_floordiv(a, b) * b end))
binary("minimum", ordered(lesser), function(a, b) return math.ult(a, b) and a or b end, meet)
binary("maximum", ordered(greater), function(a, b) return math.ult(a, b) and b or a end, meet)

local function to_float(a, b) return join(a, b or a) and "float" end

operations.div = { arity = 2, type = to_float, value = function(_, types, _, a, b)
  return convert(a, types[1], "float") / convert(b, types[2], "float")
end }

-- Logic on bools, bits of integers of one type.
local function logic_type(a, b)
  if a == "float" or b == "float" or (a == "bool") ~= ((b or a) == "bool") then return nil end
  return meet(a, b or a)
end

-- Integers of one type, with bools as ints.
local function integer_type(a, b)
  local t = join(a, b or a)
  return t ~= "float" and t or nil
end

-- Kleene's logic: false decides a conjunction, true a disjunction, whatever the other operand is.
local function kleene(a, b, decides)
  if a == decides or b == decides then return decides end
  if a == null or b == null then return null end
  return not decides
end

define("band bor bxor", 2, logic_type, function(name)
  local bits = { band = function(a, b) return a & b end, bor = function(a, b) return a | b end,
    bxor = function(a, b) return a ~ b end }
  return function(t, _, _, a, b)
    if t == "bool" and name ~= "bxor" then return kleene(a, b, name == "bor") end
    if a == null or b == null then return null end
    if t == "bool" then return a ~= b end
    return bits[name](a, b)
  end
end)
for _, name in ipairs { "band", "bor", "bxor" } do operations[name].on_missing = true end

-- Shifts and rotations take the bits of the distance as Lua does: a negative one goes the other way.
local function distance(name, f)
  binary(name, f, nil, integer_type)
end

local function rotate(a, n) return a << (n & 63) | a >> (64 - (n & 63)) end

distance("shl", function(a, n) return a << n end)
distance("shr", function(a, n) return a >> n end)
distance("rotl", rotate)
distance("rotr", function(a, n) return rotate(a, -n) end)

operations.bnot = { arity = 1, type = logic_type, value = function(t, _, _, a)
  if t == "bool" then return not a end
  return ~a
end }

define("popcount clz ctz parity", 1,
  function(a) return integer_type(a) and "int" end, function(name)
    return function(_, types, _, a)
      if types[1] == "bool" then a = a and 1 or 0 end
      local ones, first, last = 0, 64, 64
      for bit = 0, 63 do
        if a >> bit & 1 == 1 then
          ones, last, first = ones + 1, 63 - bit, math.min(first, bit)
        end
      end
      return ({ popcount = ones, clz = last, ctz = first, parity = ones & 1 })[name]
    end
  end)

define("eq ne lt le gt ge", 2, function() return "bool" end, function(name)
  local holds = {
    eq = function(order) return order == 0 end, lt = function(order) return order and order < 0 end,
    le = function(order) return order and order <= 0 end,
    gt = function(order) return order and order > 0 end,
    ge = function(order) return order and order >= 0 end,
    ne = function(order) return order ~= 0 end,
  }
  return function(_, types, _, a, b)
    return holds[name](compare(a, types[1], b, types[2])) or false
  end
end)

operations.between = { arity = 3, on_missing = true, type = function() return "bool" end,
  value = function(_, types, _, a, low, high)
    if a == null then return null end
    local from = low ~= null and (compare(a, types[1], low, types[2]) or -1)
    local to = high ~= null and (compare(a, types[1], high, types[3]) or 1)
    return kleene(from and from >= 0 or not from and null, to and to <= 0 or not to and null, false)
  end }

-- option.list: scalars.
operations.isin = { arity = 1, type = function() return "bool" end,
  value = function(_, types, option, a)
    for _, x in ipairs(option.list) do
      if compare(a, types[1], x, (oracle.scalar("eq", x, types[1]))) == 0 then return true end
    end
    return false
  end }

-- Operations on one number that keep its type; a bool is taken as an int.
local function numeric(a) return a == "bool" and "int" or a end

local function unary(name, integer, float, unsigned)
  operations[name] = { arity = 1, type = numeric, value = function(t, types, option, a)
    a = convert(a, types[1], t)
    local f = t == "float" and float or t == "uint" and unsigned or integer
    return f(a, option)
  end }
end

local function itself(a) return a end
local function negative(a) return -a end

unary("unm", negative, negative)
unary("abs", function(a) return a < 0 and -a or a end, math.abs, itself)
unary("sign", function(a) return a > 0 and 1 or a < 0 and -1 or 0 end,
  function(a) return a > 0 and 1.0 or a < 0 and -1.0 or a end,
  function(a) return a == 0 and 0 or 1 end)
unary("floor", itself, floor)
unary("ceil", itself, ceil)
unary("trunc", itself, trunc)
-- A text of digits without some of them at the end, half to even; of a carry one digit more.
local function shorten(digits, kept)
  local rest, odd = digits:sub(kept + 1), digits:sub(1, kept):find "[13579]$"
  local up = rest:find "^[6-9]" or rest:find "^5.*[1-9]" or rest:find "^50*$" and odd
  digits = digits:sub(1, kept)
  if not up then return digits end
  local nines = digits:match "9*$"
  local head = digits:sub(1, #digits - #nines)
  local last = head == "" and "1" or tostring(tonumber(head:sub(-1)) + 1 | 0)
  return head:sub(1, -2) .. last .. ("0"):rep(#nines)
end

-- option.decimals: from -1 to 1; of floats by all decimal digits.
local function to_tens(divide)
  return function(a, option)
    if (option.decimals or 0) >= 0 then return a end
    local below = divide(a, 10)
    local rest = a - below * 10
    local up = rest > 5 or rest == 5 and below % 2 == 1
    return (up and below + 1 or below) * 10
  end
end

unary("round", to_tens(function(a, b) return a // b end), function(a, option)
  local decimals = option.decimals or 0
  if decimals == 0 then return nearest(a) end
  if a ~= a or math.abs(a) == math.huge then return a end
  local whole, fraction = ("%.99f"):format(math.abs(a)):match "(%d+)%.(%d+)"
  local digits = "0" .. whole .. fraction
  local short = shorten(digits, 1 + #whole + decimals)
  local result = tonumber(short .. "e" .. -decimals) + 0.0
  return (a < 0 or 1 / a < 0) and -result or result
end, to_tens(unsigned_floordiv))

define("isnan isinf isfinite", 1, function() return "bool" end, function(name)
  return function(_, types, _, a)
    if types[1] ~= "float" then return name == "isfinite" end
    if name == "isnan" then return a ~= a end
    return (math.abs(a) == math.huge) == (name == "isinf") and (a == a)
  end
end)

operations.sqrt = { arity = 1, type = function() return "float" end,
  value = function(_, types, _, a) return math.sqrt(convert(a, types[1], "float")) end }

-- A float cut to a whole number, modulo 2^64.
local function wrapped(x)
  if x ~= x or math.abs(x) == math.huge then return 0 end
  x = math.fmod(x, two64)
  if x >= two63 then x = x - two64 elseif x < -two63 then x = x + two64 end
  return math.tointeger(trunc(x))
end

-- option.to: the type; option.wrap: integers modulo 2^64 in place of errors.
operations.as = { arity = 1, type = function(_, option) return option.to end,
  value = function(t, types, option, a)
    local from = types[1]
    if t == "bool" then return from == "bool" and a or from ~= "bool" and a ~= 0 end
    if t == "float" or from == "bool" or from == t then return convert(a, from, t) end
    if option.wrap then return from == "float" and wrapped(a) or a end
    if from ~= "float" then
      if a < 0 then return nil, "range" end
      return a
    end
    local whole = trunc(a)
    local low, high = t == "int" and -two63 or 0.0, t == "int" and two63 or two64
    if not (whole >= low and whole < high) then return nil, "range" end
    return wrapped(whole)
  end }

-- Operations that look at missing values.
operations.is_missing = { arity = 1, on_missing = true, type = function() return "bool" end,
  value = function(_, _, _, a) return a == null end }

local function converted_or_null(value, from, to)
  if value == null then return null end
  return convert(value, from, to)
end

operations.fill = { arity = 2, on_missing = true, type = meet,
  value = function(t, types, _, a, b)
    if a == null then return converted_or_null(b, types[2], t) end
    return convert(a, types[1], t)
  end }

operations.where = { arity = 3, on_missing = true,
  type = function(condition, a, b) return condition == "bool" and meet(a, b) or nil end,
  value = function(t, types, _, condition, a, b)
    if condition == null then return null end
    if condition then return converted_or_null(a, types[2], t) end
    return converted_or_null(b, types[3], t)
  end }

operations.clip = { arity = 3, type = function(a, low, high)
  local t = meet(a, low)
  return t and meet(t, high)
end, value = function(t, types, _, a, low, high)
  local all = { t, t }
  a, low, high = convert(a, types[1], t), convert(low, types[2], t), convert(high, types[3], t)
  return operations.minimum.value(t, all, {}, operations.maximum.value(t, all, {}, a, low), high)
end }

-- Functions whose results have a tolerance.
local function approximate(name)
  return function(_, types, _, a, b)
    return reference.value(name, convert(a, types[1], "float"),
      b ~= nil and convert(b, types[2], "float") or nil)
  end
end

define(table.concat(reference.of_one, " "), 1, to_float, approximate)
define(table.concat(reference.of_two, " "), 2, to_float, approximate)
for _, names in ipairs { reference.of_one, reference.of_two } do
  for _, name in ipairs(names) do operations[name].approximate = true end
end

-- A value as a float.
function oracle.float(value, type) return convert(value, type, "float") end

-- The type of a result, or nil when the operation raises for these types. The option is the operation's.
function oracle.type(name, types, option)
  for _, type in ipairs(types) do
    if type == "boolean" or type == "fraction" or type == "negative" then return nil end
  end
  local operation = operations[name]
  if name == "as" then return operation.type(types[1], option) end
  return operation.type(table.unpack(types))
end

-- The result for values of these types: a value, oracle.null, a reference, or nil and the reason
-- why it raises: "zero" or "range".
function oracle.value(name, types, option, ...)
  local operation = operations[name]
  if not operation.on_missing then
    for i = 1, operation.arity do
      if (select(i, ...)) == null then return null end
    end
  end
  return operation.value(oracle.type(name, types, option), types, option, ...)
end

-- Whether a result is the expected one: the same bits, any NaN for a NaN; or close to a reference.
function oracle.agree(expected, got)
  if expected == got then
    if math.type(expected) ~= math.type(got) then return false end
    return expected ~= 0 or math.type(got) == "integer" or 1 / expected == 1 / got
  end
  if type(expected) == "table" then return reference.close(expected, got) end
  return expected ~= expected and got ~= got
end

-- A value as messages show it.
function oracle.show(value)
  if type(value) == "table" then return ("about %.17g"):format(value.near) end
  if math.type(value) == "float" then return ("%.17g (%a)"):format(value, value) end
  return tostring(value)
end

return oracle
