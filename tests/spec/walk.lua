-- Asks the engine for element-wise operations, and compares what it gives with the oracle.
local assert = require "luassert"
local mb = require "moonbear"
local oracle = require "spec.oracle"
local reference = require "spec.reference"

local walk = {}

local operators = {
  add = function(a, b) return a + b end, sub = function(a, b) return a - b end,
  mul = function(a, b) return a * b end, div = function(a, b) return a / b end,
  floordiv = function(a, b) return a // b end, mod = function(a, b) return a % b end,
  pow = function(a, b) return a ^ b end, band = function(a, b) return a & b end,
  bor = function(a, b) return a | b end, bxor = function(a, b) return a ~ b end,
  shl = function(a, b) return a << b end, shr = function(a, b) return a >> b end,
  unm = function(a) return -a end, bnot = function(a) return ~a end,
}

-- The arguments that follow the operands.
local trailing = {
  as = function(option) return option.to, option.wrap and { wrap = true } or nil end,
  round = function(option) return option.decimals end,
  isin = function(option) return option.list end,
  floordiv = function(option) return { zero = option.zero } end,
  mod = function(option) return { zero = option.zero } end,
}

-- The operands, and what follows them.
function walk.arguments(name, option, operands)
  if not trailing[name] then return table.unpack(operands) end
  local all = { table.unpack(operands) }
  all[#all + 1], all[#all + 2] = trailing[name](option)
  return table.unpack(all)
end

local ways = {
  operator = function(name, _, operands) return operators[name](table.unpack(operands)) end,
  method = function(name, option, operands)
    return operands[1][name](walk.arguments(name, option, operands))
  end,
  math = function(name, option, operands)
    return mb.math[name](walk.arguments(name, option, operands))
  end,
  where = function(_, _, operands) return mb.where(table.unpack(operands)) end,
}

-- Each operation in each way that it is offered, with options to try:
-- {name =, way =, option =, arity =}.
walk.operations = {}

local function offer(way, names, options)
  for name in names:gmatch "%S+" do
    for _, option in ipairs(options or { {} }) do
      table.insert(walk.operations, { name = name, way = way, option = option,
        arity = oracle.operations[name].arity })
    end
  end
end

local of_one = "abs sign floor ceil trunc sqrt isnan isinf isfinite popcount clz ctz parity "
  .. table.concat(reference.of_one, " ")

offer("operator", "add sub mul div floordiv mod pow band bor bxor shl shr unm bnot")
offer("method", "eq ne lt le gt ge minimum maximum pow atan2 clip between fill rotl rotr is_missing")
offer("method", of_one)
offer("method", "floordiv mod", { { zero = 0 }, { zero = 7 } })
offer("method", "round", { {}, { decimals = 0 }, { decimals = 1 }, { decimals = -1 } })
offer("method", "as", { { to = "bool" }, { to = "int" }, { to = "uint" }, { to = "float" },
  { to = "int", wrap = true }, { to = "uint", wrap = true } })
offer("method", "isin", { { list = {} }, { list = { 0 } }, { list = { 1, 10, -1, 2.5, 2.0 ^ 63 } } })
offer("math", "minimum maximum pow atan2 clip rotl rotr round")
offer("math", of_one)
offer("where", "where")

-- A list of distinct floats: floats:add(values, type) adds what values of a type come to.
function walk.floats()
  local seen = {}
  local function add(floats, values, type)
    for _, value in ipairs(type == "boolean" and {} or values) do
      local x = oracle.float(value, type)
      local at = ("%a"):format(x)
      if not seen[at] then floats[#floats + 1], seen[at] = x, true end
    end
  end
  return setmetatable({}, { __index = { add = add } })
end

-- Gives a function that says whether a case's turn has come: every case's on one rank; on more, where
-- each costs agreements of all ranks, one case in k. MOONBEAR_TEST_ALL=1 takes all of them.
function walk.turns(k)
  local count = mb.size()
  if count == 1 or os.getenv "MOONBEAR_TEST_ALL" then k = 1 end
  return function()
    count = count + 1
    return count % k == 0
  end
end

-- "add of int, float", with the option; without types for the operation as such.
function walk.describe(operation, types)
  local words = { operation.way, operation.name }
  for name, value in pairs(operation.option) do
    if type(value) == "table" then value = #value .. " values" end
    words[#words + 1] = ("%s=%s"):format(name, value)
  end
  if types then words[#words + 1] = "of " .. table.concat(types, ", ") end
  return table.concat(words, " ")
end

-- The engine's result for operands, columns or scalars.
function walk.ask(operation, operands)
  return ways[operation.way](operation.name, operation.option, operands)
end

-- The oracle's results for rows of operands, a list for each, and the rows where it has none.
function walk.expected(operation, types, operands)
  local expected, faulty, values = {}, {}, {}
  local name, option, value_of = operation.name, operation.option, oracle.value
  for row = 1, #operands[1] do
    for i = 1, #operands do values[i] = operands[i][row] end
    local value = value_of(name, types, option, table.unpack(values))
    expected[row] = value
    if value == nil then faulty[#faulty + 1] = row end
  end
  return expected, faulty
end

local function show_row(operands, row)
  local words = {}
  for i, rows in ipairs(operands) do words[i] = oracle.show(rows[row]) end
  return table.concat(words, ", ")
end

local function tell(label) return type(label) == "function" and label() or label end

-- Fails at the first row of a column that is not as expected. The expected rows repeat; `operands`
-- has the rows that they come from. The label is a text, or a function that gives it.
function walk.check_column(column, type, expected, operands, label)
  if column:type() ~= type then assert.equal(type, column:type(), tell(label)) end
  local got, period, agree = column:to_table(), #expected, oracle.agree
  for row = 1, #got do
    local place = (row - 1) % period + 1
    if not agree(expected[place], got[row]) then
      error(("%s: row %d: of %s: expected %s, got %s"):format(tell(label), row,
        show_row(operands, place), oracle.show(expected[place]), oracle.show(got[row])), 2)
    end
  end
end

-- Asks for an operation that no column can be made for: an error at once, naming an operand's type,
-- or what else is wrong.
local function check_refused(operation, types, operands, label)
  local ok, message = pcall(walk.ask, operation, operands)
  assert.is_false(ok, label)
  local named = message:find("no integer representation", 1, true) or message:find("decimals", 1, true)
  for _, type in ipairs(types) do named = named or message:find(type, 1, true) end
  assert.truthy(named, label .. ": " .. message)
end

-- A result that cannot be had is an error wherever it is asked for, naming the first such row.
local function check_fault(operation, operands, row, label)
  local pending = walk.ask(operation, operands)
  for _ = 1, 2 do
    local ok, message = pcall(pending.to_table, pending)
    assert.is_false(ok, label)
    assert.truthy(message:find(("row %d%%f[%%D]"):format(row)), label .. ": " .. message)
  end
end

-- Checks an operation on operands that have these types and rows, whether it gives a column, is
-- refused, or fails at a row. Returns the rows at which it fails.
function walk.check(operation, types, operands, rows, label)
  label = walk.describe(operation, types) .. ", " .. label
  local result = oracle.type(operation.name, types, operation.option)
  if not result then
    check_refused(operation, types, operands, label)
    return {}
  end
  local expected, faulty = walk.expected(operation, types, rows)
  if #faulty > 0 then
    check_fault(operation, operands, faulty[1], label)
  else
    walk.check_column(walk.ask(operation, operands), result, expected, rows, label)
  end
  return faulty
end

-- The same for a column with a scalar at a place among the operands.
function walk.check_scalar(operation, type, column, rows, scalar, place)
  local types, operands, all_rows = { type }, { column }, { rows }
  local scalar_type, value = oracle.scalar(operation.name, scalar, type)
  local scalars = {}
  for row = 1, #rows do scalars[row] = value end
  table.insert(types, place, scalar_type)
  table.insert(operands, place, scalar)
  table.insert(all_rows, place, scalars)
  return walk.check(operation, types, operands, all_rows, "scalar " .. oracle.show(scalar))
end

return walk
