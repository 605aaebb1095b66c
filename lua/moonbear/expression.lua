-- Expression strings: `frame "dstPort == 80 and srcBytes > 1e6"`.
--
-- The grammar and the priorities are those of Lua's expressions, with `x in {80, 443}` as one more
-- comparison, `$name` for a value of the script, and functions by their names. A parsed expression
-- is a tree of Lua functions, the nodes: each takes a scope and gives the value of its part, a
-- column or a scalar. Operators on columns make pending columns, as they do in a script.

local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"
local operators = require "moonbear.expression.operators"
local tokens = require "moonbear.expression.tokens"
local check = require "moonbear.check"

---What an expression is evaluated with.
---@class moonbear.Scope
---@field text string
---@field variables table<string, any> what names stand for
---@field names? string[] these names as messages list them
---@field params table<string, any> what `$name`s stand for
---@field token moonbear.Token where an error belongs that is raised now

local constants = { ["true"] = true, ["false"] = false, null = core.null }

-- Raises an error that belongs to a token.
local function fail(scope, token, message, ...)
  scope.token = token
  error(message:format(...))
end

local function fail_unknown(scope, token, kind, names)
  local known = #names == 0 and "nothing" or table.concat(names, ", ")
  fail(scope, token, "there is no %s '%s'; there is %s", kind, token.text, known)
end

local function sorted_names(t)
  local names = {}
  for name in pairs(t) do names[#names + 1] = tostring(name) end
  table.sort(names)
  return names
end

-- Functions by their names.
local functions = {}
for name, f in pairs(elementwise) do functions[name] = f end
functions.isin = nil -- `in` is it
function functions.where(condition, a, b)
  if type(condition) ~= "boolean" then return (elementwise.where(condition, a, b)) end
  if condition then return a end
  return b
end

-- Nodes of what stands for itself.

local function constant(x)
  return function() return x end
end

local function check_kind(scope, token, x)
  local kind = type(x)
  if check.is_number(x) or kind == "boolean" then return x end
  if check.is_null(x) or check.is_column(x) then return x end
  fail(scope, token, "'%s' is %s; columns, numbers and booleans make sense here", token.text,
    check.describe(x))
end

local function variable(token)
  local name = token.text
  return function(scope)
    local x = scope.variables[name]
    if x == nil then x = constants[name] end
    if x == nil and name == "nil" then
      fail(scope, token, "there is no nil; a missing value is null")
    elseif x == nil then
      fail_unknown(scope, token, "column", scope.names or sorted_names(scope.variables))
    end
    return check_kind(scope, token, x)
  end
end

local function parameter(token)
  local name = token.text:sub(2)
  return function(scope)
    local x = scope.params[name]
    if x == nil and next(scope.params) == nil then
      fail(scope, token, "there is no value for '%s': pass a table, as {%s = 80}", token.text, name)
    elseif x == nil then
      fail_unknown(scope, token, "value for", sorted_names(scope.params))
    end
    return x
  end
end

-- The parser looks at one token. Its methods take the tokens of one part, and give its node.
local Parser = {}
Parser.__index = Parser

function Parser:advance()
  local token = self.token
  self.token = tokens.read(self.scope.text, token.at + #token.text)
  return token
end

-- Takes this symbol, if it is there.
function Parser:accept(symbol)
  return self.token.symbol == symbol and self:advance()
end

function Parser:unexpected(expected)
  local token, scope = self.token, self.scope
  if token.symbol == '"' or token.symbol == "'" then fail(scope, token, "unfinished string") end
  local what = token.kind == "end" and "end" or ("'%s'"):format(token.text)
  local meant = tokens.foreign[token.symbol]
  fail(scope, token, "unexpected %s, %s", what,
    meant and ("write '%s'"):format(meant) or "expected " .. expected)
end

-- One or more of something, with commas between them, up to a bracket.
function Parser:sequence(item, closing)
  local nodes = {}
  repeat nodes[#nodes + 1] = item(self) until not self:accept ","
  if not self:accept(closing) then
    self:unexpected(("an operator, ',' or '%s'"):format(closing))
  end
  return nodes
end

local function evaluate_all(nodes, scope)
  local values = {}
  for i, node in ipairs(nodes) do values[i] = node(scope) end
  return values
end

function Parser:argument()
  if self.token.kind ~= "string" then return self:expression() end
  return constant(self:advance().text:sub(2, -2))
end

function Parser:call(name)
  local f = functions[name.text]
  if not f then fail_unknown(self.scope, name, "function", sorted_names(functions)) end
  self:advance()
  local arguments = self:sequence(Parser.argument, ")")
  return function(scope)
    local values = evaluate_all(arguments, scope)
    scope.token = name
    return (f(table.unpack(values))) -- no tail call: f blames its caller
  end
end

-- What stands on the right of `in`: {80, 443}, or $name for a table.
function Parser:list()
  if self.token.kind ~= "param" then
    if not self:accept "{" then self:unexpected "'{'" end
    local items = self:accept "}" and {} or self:sequence(Parser.expression, "}")
    return function(scope) return evaluate_all(items, scope) end
  end
  local token = self:advance()
  local node = parameter(token)
  return function(scope)
    local list = node(scope)
    if type(list) ~= "table" then
      fail(scope, token, "'in' takes a list, got %s", check.describe(list))
    end
    return list
  end
end

function Parser:primary()
  local token = self.token
  if token.kind == "name" then
    self:advance()
    return self.token.symbol == "(" and self:call(token) or variable(token)
  elseif token.kind == "number" then
    local x = tokens.number(token.text)
    if not x then fail(self.scope, token, "malformed number '%s'", token.text) end
    self:advance()
    return constant(x)
  elseif token.kind == "param" then
    local node = parameter(self:advance())
    return function(scope) return check_kind(scope, token, node(scope)) end
  elseif token.kind == "string" then
    fail(self.scope, token, "a string can only be an argument, as in as(x, \"int\")")
  elseif not self:accept "(" then
    self:unexpected "a value"
  end
  local node = self:expression()
  if not self:accept ")" then self:unexpected "an operator or ')'" end
  return node
end

function Parser:unary()
  local apply = operators.unary[self.token.symbol]
  if not apply then return self:primary() end
  local token = self:advance()
  local operand = self:expression(operators.unary_binds)
  return function(scope)
    local x = operand(scope)
    scope.token = token
    return apply(x)
  end
end

local function binary_node(token, operator, a, b)
  return function(scope)
    local x = a(scope)
    if x == operator.decided_by then return x end
    local y = b(scope)
    scope.token = token
    return operator.apply(x, y)
  end
end

-- An expression of operators that bind tighter than a limit, by precedence climbing.
---@param limit? integer none unless told
function Parser:expression(limit)
  local node = self:unary()
  local before -- the operator that made the node
  while true do
    local token = self.token
    local operator = operators.binary[token.symbol]
    if not operator or operator.left <= (limit or 0) then return node end
    if operator.orders and before and before.compares then
      fail(self.scope, token, "comparisons do not chain; join two of them by 'and'")
    end
    self:advance()
    local right = token.symbol == "in" and self:list() or self:expression(operator.right)
    node, before = binary_node(token, operator, node, right), operator
  end
end

local parsed = setmetatable({}, { __mode = "v" }) -- nodes by their texts

local function parse(scope)
  local node = parsed[scope.text]
  if node then return node end
  local parser = setmetatable({ scope = scope, token = tokens.read(scope.text, 1) }, Parser)
  node = parser:expression()
  if parser.token.kind ~= "end" then parser:unexpected "an operator" end
  parsed[scope.text] = node
  return node
end

-- A message of Lua's or of a binding in the words of an expression: these have no names for our
-- locals, know functions by the name in the text, and compare by operators.
local function in_words(message, token)
  local name = token.text:gsub("%%", "%%%%")
  return (message:gsub(" %(local '%w+'%)", ""):gsub(" %(Lua's own .-:ge%)", "")
    :gsub("^bad argument #(%d+) to '[^']*'", "bad argument #%1 to '" .. name .. "'"))
end

-- An error of ours, or of an operator, is told with its place; one of lockstep stays as it is.
local function retell(problem, scope)
  local site = check.site()
  if type(problem) ~= "string" or not scope.token then return problem end
  local message = problem:match "^%[moonbear[^%]]*%]:%d+: (.*)"
  if not message and problem:sub(1, #site) == site then message = problem:sub(#site + 1) end
  if not message then return problem end
  return site .. tokens.locate(in_words(message, scope.token), scope.text, scope.token.at)
end

local expression = {}

---The value of an expression: a column, or a scalar when it is made of scalars alone. Not
---collective, but for `#`, and where a graph of pending columns has become deep. Raises for faults
---of the text and of operands, with their place.
---@param text string
---@param variables table<string, any> columns and scalars by name
---@param params? table<string, any> values of `$name`
---@param names? string[] the names of variables as messages list them; sorted unless told
---@return moonbear.Column|number|boolean
function expression.evaluate(text, variables, params, names)
  if type(text) ~= "string" then
    check.blame("an expression is a string, got %s", check.describe(text))
  elseif params ~= nil and type(params) ~= "table" then
    check.blame("the values of $names are a table, got %s", check.describe(params))
  end
  local scope = { text = text, variables = variables, names = names, params = params or {} }
  local ok, result = pcall(function() return parse(scope)(scope) end)
  if not ok then error(retell(result, scope), 0) end
  return result
end

return expression
