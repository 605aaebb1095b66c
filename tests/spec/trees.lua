-- Random expressions: trees of operations over columns and scalars, whose nodes may be shared; as
-- columns, as text, and as rows by the oracle.
local edges = require "spec.edges"
local oracle = require "spec.oracle"
local walk = require "spec.walk"

local trees = {}

-- Whether an operation may find a row that it has no result for.
local function may_fail(operation, types, result)
  local name, option = operation.name, operation.option
  if name == "floordiv" or name == "mod" then return result ~= "float" and not option.zero end
  return name == "as" and not option.wrap and (result == "int" or result == "uint")
    and types[1] ~= "bool" and types[1] ~= result
end

-- For each type, the operations that give it, each with the types of operands that do.
local function find_producers()
  local producers = {}
  for _, type in ipairs(oracle.types) do producers[type] = {} end
  for _, operation in ipairs(walk.operations) do
    local cases = {}
    for _, types in ipairs(edges.combinations(oracle.types, operation.arity)) do
      local result = oracle.type(operation.name, types, operation.option)
      if result and operation.way ~= "math" and not may_fail(operation, types, result) then
        cases[result] = cases[result] or {}
        table.insert(cases[result], types)
      end
    end
    for result, list in pairs(cases) do
      table.insert(producers[result], { operation = operation, cases = list })
    end
  end
  return producers
end

local producers = find_producers()

-- Which operand decides what type a scalar in a place has; nil where there can be no scalar. Bounds
-- of clip meet one after the other, so their types would depend on each other's.
local function companion(operation, types, place)
  if operation.way == "where" then return ({ nil, 3, 2 })[place] end
  if operation.name == "clip" and (types[1] ~= types[2] or types[1] ~= types[3]) then return nil end
  if operation.way == "operator" and operation.arity == 2 then return 3 - place end
  return place > 1 and 1 or nil
end

local Generator = {}
Generator.__index = Generator

-- A generator of expressions. `leaves` is a list of nodes {name =, type =, column =, rows =}.
function trees.generator(random, leaves)
  local by_type, made = {}, {}
  for _, type in ipairs(oracle.types) do by_type[type], made[type] = {}, {} end
  for _, leaf in ipairs(leaves) do table.insert(by_type[leaf.type], leaf) end
  return setmetatable({ random = random, leaves = by_type, made = made, columns = {}, steps = {} },
    Generator)
end

function Generator:pick(list) return list[self.random(1, #list)] end

-- A scalar operand that has a type beside a column; nil when what was drawn has another.
function Generator:scalar(operation, type, beside)
  local value = self:pick(edges.some[type == "uint" and "int" or type])
  local own, meant = oracle.scalar(operation.name, value, beside)
  return own == type and (meant == value or value ~= value) and { scalar = value, type = type } or nil
end

-- An expression of a type, with so many operations one below the other at most.
function Generator:tree(type, depth)
  local made = self.made[type]
  if depth == 0 or self.random(1, 8) == 1 then return self:pick(self.leaves[type]) end
  if #made > 0 and self.random(1, 6) == 1 then return self:pick(made) end
  local producer = self:pick(producers[type])
  local types = self:pick(producer.cases)
  local operation = producer.operation
  local node = { operation = operation, types = types, type = type, operands = {} }
  local lone = self.random(1, operation.arity) -- the only one that may be a scalar
  for i, operand_type in ipairs(types) do
    local other = i == lone and self.random(1, 3) == 1 and companion(operation, types, i)
    node.operands[i] = other and self:scalar(operation, operand_type, types[other])
      or self:tree(operand_type, depth - 1)
  end
  made[#made + 1] = node
  return node
end

-- The column of an expression; `made` has the columns of nodes, `note` is called with each node as
-- it gets its own.
local function build(node, made, note)
  if node.scalar ~= nil then return node.scalar end
  if node.column then return node.column end
  if not made[node] then
    local operands = {}
    for i, operand in ipairs(node.operands) do operands[i] = build(operand, made, note) end
    made[node] = walk.ask(node.operation, operands)
    if note then note(node, made[node]) end
  end
  return made[node]
end

-- One pending graph, whose nodes other expressions of the generator may have evaluated.
function Generator:fused(node) return build(node, self.columns) end

-- One pending graph that nobody has asked for.
function Generator.fresh(_, node) return build(node, {}) end

local function rows_of(node, n)
  if node.scalar == nil then return node.rows end
  local rows = {}
  for i = 1, n do rows[i] = node.scalar end
  return rows
end

-- Each node has its values before it is used; they are checked, and kept as the node's rows. What
-- the oracle knows within a tolerance is taken as it is.
function Generator:stepwise(node, n)
  return build(node, self.steps, function(step, column)
    column:eval()
    assert(not column:info().pending)
    local rows = {}
    for i, operand in ipairs(step.operands) do rows[i] = rows_of(operand, n) end
    if oracle.operations[step.operation.name].approximate then
      step.rows = column:to_table()
    else
      step.rows = walk.expected(step.operation, step.types, rows)
      walk.check_column(column, step.type, step.rows, rows, walk.describe(step.operation, step.types))
    end
  end)
end

-- Text. Levels are Lua's, from the loosest to the tightest; a left operand needs `left` at least.
local PRIMARY <const> = 13
local symbols = {
  eq = { "==", 3 }, ne = { "~=", 3 }, lt = { "<", 3 }, le = { "<=", 3 }, gt = { ">", 3 },
  ge = { ">=", 3 }, bor = { "|", 4 }, bxor = { "~", 5 }, band = { "&", 6 }, shl = { "<<", 7 },
  shr = { ">>", 7 }, add = { "+", 9 }, sub = { "-", 9 }, mul = { "*", 10 }, div = { "/", 10 },
  floordiv = { "//", 10 }, mod = { "%", 10 }, unm = { "-", 11 }, bnot = { "~", 11 },
  pow = { "^", 12 },
}
local logical = { bor = { "or", 1 }, band = { "and", 2 }, bxor = { "~=", 3 }, bnot = { "not", 11 } }

local function literal(value)
  if type(value) == "boolean" then return tostring(value), PRIMARY end
  if value ~= value then return "(0/0)", PRIMARY end
  if value == math.mininteger and math.type(value) == "integer" then
    return "0x8000000000000000", PRIMARY
  end
  local text = math.type(value) == "integer" and tostring(value) or ("%.17g"):format(value)
  if math.abs(value) == math.huge then text = value < 0 and "-1e999" or "1e999" end
  if math.type(value) == "float" and not text:find "[.e]" then text = text .. ".0" end
  return text, text:find "^-" and 11 or PRIMARY
end

local function has_boolean(node)
  for _, operand in ipairs(node.operands) do
    if type(operand.scalar) == "boolean" then return true end
  end
  return false
end

-- Operations that text has no words for stand in it as names of columns.
local function has_words(operation)
  return operation.option.zero == nil and not operation.option.wrap
end

local Writer = {}
Writer.__index = Writer

function Writer:operand(node, level)
  local text, own = self:node(node)
  return own < level and "(" .. text .. ")" or text
end

function Writer:infix(node, symbol, level)
  local a, b = node.operands[1], node.operands[2]
  if not b then return symbol .. " " .. self:operand(a, level), level end
  if type(a.scalar) == "boolean" and level < 3 then a, b = b, a end -- it would decide by itself
  if level == 3 then -- beside operators of bits a comparison needs parentheses
    return ("%s %s %s"):format(self:operand(a, 7), symbol, self:operand(b, 7)), level
  end
  local chained = level == 12
  return ("%s %s %s"):format(self:operand(a, chained and level + 1 or level), symbol,
    self:operand(b, level + 1)), level
end

function Writer:call(node)
  local words, operation = {}, node.operation
  for i, operand in ipairs(node.operands) do words[i] = self:operand(operand, 0) end
  if operation.option.to then words[#words + 1] = ("%q"):format(operation.option.to) end
  if operation.option.decimals then words[#words + 1] = operation.option.decimals end
  return ("%s(%s)"):format(operation.name, table.concat(words, ", ")), PRIMARY
end

function Writer:membership(node)
  local words = {}
  for i, value in ipairs(node.operation.option.list) do words[i] = literal(value) end
  return ("%s in {%s}"):format(self:operand(node.operands[1], 7), table.concat(words, ", ")), 3
end

function Writer:named(node)
  local name = node.name
  if not name then
    self.count = self.count + 1
    name = "x" .. self.count
  end
  self.variables[name] = build(node, self.columns)
  return name, PRIMARY
end

-- The text of a node, and the level of its outermost operator.
function Writer:node(node)
  if node.scalar ~= nil then return literal(node.scalar) end
  local operation = node.operation
  if not operation or not has_words(operation) then return self:named(node) end
  if operation.name == "isin" then return self:membership(node) end
  local words = node.types[1] == "bool" and (has_boolean(node) or self.random(1, 2) == 1)
  local symbol = words and logical[operation.name] or symbols[operation.name]
  if not symbol or operation.way == "method" and operation.name == "pow" then
    return self:call(node)
  end
  return self:infix(node, symbol[1], symbol[2])
end

-- The text of an expression, and the columns that its names stand for.
function Generator:text(node)
  local writer = setmetatable({ random = self.random, count = 0, variables = {},
    columns = self.columns }, Writer)
  return (writer:node(node)), writer.variables
end

return trees
