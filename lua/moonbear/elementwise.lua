-- Element-wise functions that are made of others. Like those of the engine they take columns and
-- scalars, are methods of columns too, and build expressions that run fused with what uses them.

local check = require "moonbear.check"
local core = require "moonbear.core"
local options = require "moonbear.options"
local public = require "moonbear.public"

local is_column, m = check.is_column, core.math

local elementwise = {}

local round_half_even <const>, hash_two <const>, choose <const> = m.round, m.hash, m.where

local is_number <const> = check.is_number

-- Raises for what is no operand of arithmetic.
local function check_operand(number, name, x)
  if is_column(x) or check.is_quantity(x) then return end
  error(("bad argument #%d to '%s' (column or number expected, got %s)"):format(number, name,
    check.show(x)))
end

-- Raises for what is no angle: a column of times has none.
local function check_angle(name, x)
  check_operand(1, name, x)
  local kind = check.moment_kind(x)
  if kind then
    error(("bad argument #1 to '%s' (column or number expected, got a %s)"):format(name, kind))
  end
end

-- Whether a value has the rows of an integer or bool column, or is such a scalar.
local function is_whole(x)
  if is_column(x) then return x:type() ~= "float" end
  return math.type(x) == "integer" or type(x) == "boolean" or core.is_uint(x)
end

-- Whether it is an integer, or has integers or bools.
local function has_tens(x)
  if not is_column(x) then return math.type(x) == "integer" end
  local kind = x:type()
  return kind == "int" or kind == "uint" or kind == "bool"
end

-- Integers rounded to multiples of a power of ten, half to even.
local function round_whole(x, digits)
  if digits > 18 then return x - x end -- half of a step is more than any integer
  local step = math.tointeger(10 ^ digits)
  if not is_column(x) then
    local below, rest = x // step, x % step
    local up = 2 * rest > step or 2 * rest == step and below % 2 == 1
    return (up and below + 1 or below) * step
  end
  if x:type() == "bool" then x = x:as "int" end
  local below, half = x // step, step // 2
  local rest = x - below * step
  local up = m.gt(rest, half) | (m.eq(rest, half) & m.eq(below % 2, 1))
  return (below + choose(up, 1, 0):as(x:type())) * step
end

---Rounded to so many decimals (0 unless told): the floats nearest to the decimal numbers that are
---nearest to the values, half to even, as Python's `round` gives; below 0 to tens, hundreds and so
---on. Integers stay integers.
function elementwise.round(x, decimals)
  check_operand(1, "round", x)
  decimals = decimals or 0
  if math.type(decimals) ~= "integer" then
    error(("bad argument #2 to 'round' (integer expected, got %s)"):format(check.show(decimals)))
  elseif decimals < 0 and has_tens(x) then
    return round_whole(x, -decimals)
  elseif decimals == 0 or is_whole(x) then
    return round_half_even(x)
  end
  return core.round(x, decimals)
end

---x limited to lo .. hi; either may be nil.
function elementwise.clip(x, lo, hi)
  if lo ~= nil then x = m.maximum(x, lo) end
  if hi ~= nil then x = m.minimum(x, hi) end
  return x
end

-- Whether both are true: bool columns or booleans.
local function both(a, b)
  if is_column(a) and is_column(b) then return a & b end
  if is_column(b) then a, b = b, a end
  if is_column(a) then return choose(a, b, false) end
  return a and b
end

---Whether lo <= x <= hi.
function elementwise.between(x, lo, hi)
  return both(m.ge(x, lo), m.le(x, hi))
end

-- Whether x equals one of list[first .. last]; halved, so that the expression stays shallow.
local function equals_one(x, list, first, last)
  if first == last then
    local value = list[first]
    if value ~= value then return m.isnan(x) end
    return m.eq(x, value)
  end
  local middle = (first + last) // 2
  local left, right = equals_one(x, list, first, middle), equals_one(x, list, middle + 1, last)
  if type(left) == "boolean" then return left or right end
  return left | right
end

-- Lists up to this long are compared with one by one.
local SHORT_LIST <const> = 16

-- Whether the rows of a column are among a list of numbers or strings: as a column of its type.
local function is_among(x, list)
  local kind, rows = x:type(), {}
  local counts <const> = check.moment_kind(x) ~= nil -- in units
  for i = 1, #list do
    local value = list[i]
    local written = type(value) == "string" and check.takes_strings(x)
    if counts then m.eq(x, value) end -- raises for others
    local fits = counts or written or is_number(value) and kind ~= "text"
    if not fits then return m.eq(x, value) end -- raises
    rows[#rows + 1] = (counts or written) and value or core.convert(value, kind)
  end
  return core.isin(x, core.column(rows, kind))
end

-- Whether a list is looked up rather than compared with one by one.
local function is_looked_up(x, list)
  if not is_column(x) or x:type() == "bool" then return false end
  return #list > SHORT_LIST or type(list[1]) == "string"
end

---Whether x is one of a list of scalars, or among the rows of a column. Long lists and columns are
---looked up in a table on every rank, or dealt out to the ranks.
function elementwise.isin(x, list, ...)
  if select("#", ...) > 0 then error("'isin' takes one list of values, as {80, 443}") end
  if is_column(list) then return core.isin(x, list) end
  if type(list) ~= "table" then
    error(("bad argument #2 to 'isin' (column or table of values expected, got %s)"):format(
      check.show(list)))
  elseif #list == 0 then
    return m.lt(x, x) -- nothing is
  elseif is_looked_up(x, list) then
    return is_among(x, list)
  end
  return equals_one(x, list, 1, #list)
end

-- The quotient of numbers, with `fill` where the divisor is zero, which is replaced there: it would
-- be an error.
local function divide_or_fill(operator, a, b, fill)
  if is_column(b) then
    local zero = m.eq(b, 0)
    local quotient = operator(a, choose(zero, b:type() ~= "bool" and 1 or true, b))
    return choose(is_column(a) and zero & ~m.is_missing(a) or zero, fill, quotient)
  elseif not is_number(b) or m.ne(b, 0) then
    return operator(a, b)
  end
  local one = core.is_uint(b) and 1 or b + 1
  return is_column(a) and choose(m.is_missing(a), operator(a, one), fill) or fill
end

local function divide(name, operator, a, b, opts)
  local zero = options.check(name, opts, { zero = { "any" } }).zero
  check_operand(1, name, a)
  check_operand(2, name, b)
  if zero == nil then return operator(a, b) end
  return divide_or_fill(operator, a, b, zero)
end

---a // b; options {zero = v} give rows with a divisor of 0 a value, mb.null for none.
function elementwise.floordiv(a, b, opts)
  return divide("floordiv", function(x, y) return x // y end, a, b, opts)
end

---a % b, with the options of floordiv.
function elementwise.mod(a, b, opts)
  return divide("mod", function(x, y) return x % y end, a, b, opts)
end

---Radians to degrees.
function elementwise.degrees(x)
  check_angle("degrees", x)
  return x * (180.0 / math.pi)
end

---Degrees to radians.
function elementwise.radians(x)
  check_angle("radians", x)
  return x * (math.pi / 180.0)
end

---1 where an odd number of bits is set, else 0.
function elementwise.parity(x) return m.popcount(x) & 1 end

---A 64-bit hash of a value, or of the values of several columns in a row; a uint. Equal values of a
---type have equal hashes.
function elementwise.hash(x, ...)
  local hash = hash_two(0, x)
  for _, next in ipairs { ... } do hash = hash_two(hash, next) end
  return hash
end

---a where a condition is true, else b.
function elementwise.where(condition, a, b)
  local columns = is_column(a) or is_column(b)
  local strings = type(a) == "string" or type(b) == "string"
  if strings and not columns and is_column(condition) then -- there is none whose type they take
    if type(a) == "string" then a = core.full(#condition, a) else b = core.full(#condition, b) end
  end
  return choose(condition, a, b)
end

---x, and v where x is missing.
function elementwise.fill(x, v) return choose(m.is_missing(x), v, x) end

for name, f in pairs(elementwise) do
  m[name], core.column_methods[name] = public.wrap(name, f), public.wrap(name, f, "column", 1)
end

---The rows that are not missing. Collective.
function core.column_methods.drop_missing(column) return column[~column:is_missing()] end

return m
