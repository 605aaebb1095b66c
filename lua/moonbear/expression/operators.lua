-- The operators of expression strings: how tightly they bind, what they take, what they do. On
-- scalars they are Lua's own; with a column they work element by element.

local check = require "moonbear.check"
local core = require "moonbear.core"
local describe, is_column, where = check.describe, check.is_column, core.math.where

---@class moonbear.Operator
---@field left integer how tightly it binds what stands on its left
---@field right integer the same on its right; less than `left` when it groups to the right
---@field apply fun(a: any, b: any): any
---@field decided_by? boolean the left operand for which the right one is not looked at
---@field compares? boolean it gives a boolean
---@field name string as it is written
---@field of_bits? boolean it binds tighter than comparisons, and less tightly in other languages

local function is_numeric(x) return check.is_quantity(x) or is_column(x) end

local function is_truth(x)
  return type(x) == "boolean" or is_column(x) and x:type() == "bool"
end

-- Whether it is a string that stands for a value of the other operand's type.
local function is_written(x, other)
  return type(x) == "string" and check.takes_strings(other)
end

-- What to write instead of a string beside something else.
local function mend_of_string(x, other)
  local number = type(x) == "string" and tonumber(x)
  if number then return (" (write %s without quotes)"):format(x:match "^%s*(.-)%s*$") end
  return type(other) == "string" and mend_of_string(other) or ""
end

local function check_numeric(name, x, other)
  if is_numeric(x) or is_written(x, other) then return end
  local mend = type(x) == "string" and mend_of_string(x) or ""
  if name == "+" and type(x) == "string" and mend == "" then mend = " ('..' joins text)" end
  error(("'%s' takes columns and numbers, got %s%s"):format(name, describe(x), mend))
end

local function check_truth(name, x)
  if not is_truth(x) then
    local mend = name == "not" and " (it binds tighter than '==': write not (a == b))" or ""
    error(("'%s' takes bool columns and booleans, got %s%s"):format(name, describe(x), mend))
  end
end

local function check_comparable(name, a, b)
  local strings = type(a) == "string" and type(b) == "string"
  if is_numeric(a) and is_numeric(b) or is_truth(a) and is_truth(b) or strings then return end
  if is_written(a, b) or is_written(b, a) then return end
  local null = check.is_null(a) or check.is_null(b)
  local mend = null and " (is_missing(x) finds missing values)" or mend_of_string(a, b)
  error(("'%s' cannot compare %s with %s%s"):format(name, describe(a), describe(b), mend))
end

local function arithmetic(name, apply)
  return function(a, b)
    check_numeric(name, a, b)
    check_numeric(name, b, a)
    return apply(a, b)
  end
end

-- Of a boolean on the left that has not decided the result is what is on the right, and of one on
-- the right that does not decide what is on the left.
local function logic(name, decided_by, apply)
  return function(a, b)
    check_truth(name, a)
    check_truth(name, b)
    if type(a) == "boolean" then return b end
    if is_column(b) then return apply(a, b) end
    return b == decided_by and where(a:is_missing(), b, b) or a
  end
end

-- What comparisons say of two strings, by their bytes.
local function compare_strings(method, a, b)
  local i, shorter = 1, math.min(#a, #b)
  while i <= shorter and a:byte(i) == b:byte(i) do i = i + 1 end
  return core.math[method](a:byte(i) or -1, b:byte(i) or -1)
end

-- Methods of the left column, or of the right one the other way round.
local function comparison(name, method, flipped)
  return function(a, b)
    check_comparable(name, a, b)
    if is_column(a) then return a[method](a, b) end
    if is_column(b) then return b[flipped](b, a) end
    if type(a) == "string" then return compare_strings(method, a, b) end
    return core.math[method](a, b)
  end
end

local equal <const> = comparison("in", "eq", "eq")

local function is_in(x, list)
  if is_column(x) then return (x:isin(list)) end -- no tail call: it blames its caller
  for _, y in ipairs(list) do
    if equal(x, y) then return true end
  end
  return false
end

-- What can be joined: strings, numbers, and columns, which say what they take.
local function join(a, b)
  for _, x in ipairs { a, b } do
    if not is_numeric(x) and type(x) ~= "string" then
      error(("'..' joins text columns, strings and numbers, got %s"):format(describe(x)))
    end
  end
  return a .. b
end

local apply = {
  ["or"] = logic("or", true, function(a, b) return a | b end),
  ["and"] = logic("and", false, function(a, b) return a & b end),
  ["<"] = comparison("<", "lt", "gt"),
  [">"] = comparison(">", "gt", "lt"),
  ["<="] = comparison("<=", "le", "ge"),
  [">="] = comparison(">=", "ge", "le"),
  ["=="] = comparison("==", "eq", "eq"),
  ["~="] = comparison("~=", "ne", "ne"),
  ["in"] = is_in,
  ["|"] = arithmetic("|", function(a, b) return a | b end),
  ["~"] = arithmetic("~", function(a, b) return a ~ b end),
  ["&"] = arithmetic("&", function(a, b) return a & b end),
  ["<<"] = arithmetic("<<", function(a, b) return a << b end),
  [">>"] = arithmetic(">>", function(a, b) return a >> b end),
  [".."] = join,
  ["+"] = arithmetic("+", function(a, b) return a + b end),
  ["-"] = arithmetic("-", function(a, b) return a - b end),
  ["*"] = arithmetic("*", function(a, b) return a * b end),
  ["/"] = arithmetic("/", function(a, b) return a / b end),
  ["//"] = arithmetic("//", function(a, b) return a // b end),
  ["%"] = arithmetic("%", function(a, b) return a % b end),
  ["^"] = arithmetic("^", function(a, b) return a ^ b end),
}

-- From the loosest to the tightest, as in Lua's manual, without the unary ones.
local UNARY <const> = 11
local levels = {
  { "or" }, { "and" }, { "<", ">", "<=", ">=", "~=", "==", "in" }, { "|" }, { "~" }, { "&" },
  { "<<", ">>" }, { ".." }, { "+", "-" }, { "*", "/", "//", "%" }, [UNARY + 1] = { "^" },
}
local groups_right = { [".."] = true, ["^"] = true }
local compares = { ["~="] = true, ["=="] = true, ["<"] = true, [">"] = true, ["<="] = true,
  [">="] = true, ["in"] = true }
local of_bits = { ["&"] = true, ["|"] = true, ["~"] = true }

---@type table<string, moonbear.Operator>
local binary = {}
for level, names in pairs(levels) do
  for _, name in ipairs(names) do
    binary[name] = {
      left = 2 * level,
      right = groups_right[name] and 2 * level - 1 or 2 * level,
      apply = apply[name],
      name = name,
      compares = compares[name],
      of_bits = of_bits[name],
    }
  end
end
binary["and"].decided_by, binary["or"].decided_by = false, true

---@type table<string, fun(x: any): any>
local unary = {
  ["not"] = function(x)
    check_truth("not", x)
    if is_column(x) then return ~x end
    return not x
  end,
  ["-"] = function(x)
    check_numeric("-", x)
    return -x
  end,
  ["~"] = function(x)
    check_numeric("~", x)
    return ~x
  end,
  ["#"] = function(x)
    if not is_column(x) then error(("'#' takes columns, got %s"):format(describe(x))) end
    return #x
  end,
}

return { binary = binary, unary = unary, unary_binds = 2 * UNARY }
