-- Expression strings: `frame "dstPort == 80 and srcBytes > 1e6"`.
--
-- The grammar and the priorities are those of Lua's expressions, with `x in {80, 443}` as one more
-- comparison, `$name` for a value of the script, functions by their names, methods of columns that
-- work row by row, as `host:startswith("svc-")`, with tables of options, and `` `id.resp_p` `` or
-- col"id.resp_p" for columns whose names Lua cannot spell. Where other languages read a text in
-- another way, as "a == 1 & b == 2", it is an error. A parsed expression is a tree of Lua
-- functions, the nodes: each takes a scope and gives the value of its part, a column or a scalar.
-- Operators on columns make pending columns, as they do in a script.

local core = require "moonbear.core"
local functions = require "moonbear.expression.functions"
local names = require "moonbear.names"
local operators = require "moonbear.expression.operators"
local reductions = require "moonbear.expression.reductions"
local strings = require "moonbear.expression.strings"
local tokens = require "moonbear.expression.tokens"
local check = require "moonbear.check"

---What an expression is evaluated with.
---@class moonbear.Scope
---@field text string
---@field variables table<string, any> what names stand for
---@field names? string[] these names as messages list them
---@field params table<string, any> what `$name`s stand for
---@field reduce? fun(name: string, ...: any): any what `mean(x)` and its like give
---@field token moonbear.Token where an error belongs that is raised now

local constants = { ["true"] = true, ["false"] = false, null = core.null }

-- Raises an error that belongs to a token.
local function fail(scope, token, message, ...)
  scope.token = token
  error(message:format(...))
end

local function fail_unknown(scope, token, kind, known)
  local name = token.name or token.text
  local near = names.nearest(name, known)
  fail(scope, token, "there is no %s '%s'; %sthere is %s", kind, name,
    near and ("did you mean '%s'? "):format(near) or "",
    #known == 0 and "nothing" or names.list(known))
end

-- How a name is written that stands in the text as it is, though Lua cannot spell it; nil when
-- there is none.
local function mend_of_name(scope)
  local mend
  for name in pairs(scope.variables) do
    local spelt = type(name) ~= "string" or name:find "^[%a_][%w_]*$"
    local stands = not spelt and scope.text:find(name, 1, true)
    if stands and (not mend or name < mend) then mend = name end
  end
  return mend and (mend:find "`" and "write col\"%s\"" or "write `%s`, in backquotes"):format(mend)
end

local function sorted_names(t)
  local list = {}
  for name in pairs(t) do list[#list + 1] = tostring(name) end
  table.sort(list)
  return list
end

-- Nodes of what stands for itself.

local function constant(x)
  return function() return x end
end

local function is_value(x)
  local kind = type(x)
  return check.is_quantity(x) or kind == "boolean" or kind == "string" or check.is_null(x)
    or check.is_column(x)
end

local function check_kind(scope, token, x)
  if is_value(x) then return x end
  fail(scope, token, "'%s' is %s; columns, numbers, booleans and strings make sense here",
    token.text, check.describe(x))
end

local function variable(token)
  local name = token.name or token.text
  return function(scope)
    local x = scope.variables[name]
    if x == nil and not token.name then x = constants[name] end
    if x == nil and name == "nil" then
      fail(scope, token, "there is no nil; a missing value is null")
    elseif x == nil then
      local mend = mend_of_name(scope)
      if mend then fail(scope, token, "there is no column '%s'; %s", name, mend) end
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
  if tokens.opens_string(token, scope.text) then fail(scope, token, "unfinished string") end
  if token.symbol == "`" then fail(scope, token, "unfinished name in backquotes") end
  local what = token.kind == "end" and "end" or ("'%s'"):format(token.text)
  local meant, mend = tokens.foreign[token.symbol], mend_of_name(scope)
  fail(scope, token, "unexpected %s, %s", what,
    meant and ("write '%s'"):format(meant) or mend or "expected " .. expected)
end

-- One or more of something, with commas between them, up to a bracket. Tables may have a comma
-- before theirs, as in Lua.
function Parser:sequence(item, closing)
  local nodes = {}
  repeat
    nodes[#nodes + 1] = item(self)
    local more = self:accept ","
  until not more or closing == "}" and self.token.symbol == "}"
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

-- What a string says.
function Parser:string()
  local token = self:advance()
  local value, fault = strings.value(token.text)
  if value then return value end
  local at = token.at + fault - 1
  fail(self.scope, { at = at, text = token.text }, "Lua has no such escape; a backslash is '\\\\'")
end

-- col"name" or col("name"), behind `col`; nil when it is a column of that name itself.
function Parser:column(token)
  local bracket = self:accept "("
  if self.token.kind ~= "string" then
    return bracket and self:unexpected "the name of a column in quotes"
  end
  local name = self:string()
  if bracket and not self:accept ")" then self:unexpected "')'" end
  return variable { kind = "name", text = token.text, name = name, at = token.at }
end

-- Raises for a name of nothing that can be called.
local function check_callable(scope, name, kind)
  if functions.has(name.text) or reductions.has(name.text) then return end
  if core.column_methods[name.text] then
    fail(scope, name, "'%s' is of whole columns; pass what it gives, as $%s with {%s = "
      .. "column:%s()}", name.text, name.text, name.text, name.text)
  end
  fail_unknown(scope, name, kind, functions.names())
end

-- One value of a table, {80, zone = "UTC"}, and the name that it has there.
function Parser:field()
  local token = self.token
  local named = token.kind == "name" and not token.name
    and tokens.read(self.scope.text, token.at + #token.text).symbol == "="
  if not named then return { node = self:expression() } end
  self:advance()
  self:advance()
  return { name = token.text, node = self:expression() }
end

-- A table of options or of values, behind its bracket.
function Parser:table()
  local fields = self:accept "}" and {} or self:sequence(Parser.field, "}")
  return function(scope)
    local values = {}
    for _, field in ipairs(fields) do values[field.name or #values + 1] = field.node(scope) end
    return values
  end
end

function Parser:argument()
  return self:accept "{" and self:table() or self:expression()
end

-- What is passed to a function or a method: in parentheses, or one string or table without.
function Parser:arguments(least)
  if self.token.kind == "string" then return { constant(self:string()) } end
  if self:accept "{" then return { self:table() } end
  if not self:accept "(" then self:unexpected "'('" end
  if least == 0 and self:accept ")" then return {} end
  return self:sequence(Parser.argument, ")")
end

-- What a call has given, to whatever it is a part of. Of several columns none has a place in an
-- expression; they may be its value.
local function given(scope, node, name, ...)
  if select("#", ...) <= 1 or scope.whole == node then return ... end
  local mend = name.text == "extract" and ", one for each group; write (?: ) for all others"
    or "; only by itself a string may have all of them for its value"
  fail(scope, name, "'%s' gives %d columns%s", name.text, select("#", ...), mend)
end

-- What `mean(x)` and its like give: of the whole column x, or as the scope has it.
local function reduced(scope, name, ...)
  scope.token = name
  if scope.reduce then return (scope.reduce(name.text, ...)) end
  fail(scope, name, "'%s' is of all rows, which are not here at once; pass what it gives, as $%s",
    name.text, name.text)
end

function Parser:call(name)
  check_callable(self.scope, name, "function")
  local arguments = self:arguments(1)
  local reduces = not functions.has(name.text)
  local function node(scope)
    local values = evaluate_all(arguments, scope)
    scope.token = name
    if reduces then return reduced(scope, name, table.unpack(values)) end
    return given(scope, node, name, functions.call(name.text, table.unpack(values)))
  end
  return node
end

-- x:name(...), behind the colon: of a column its method, of a scalar the function.
function Parser:method(object)
  local name = self.token
  if name.kind ~= "name" or name.name then self:unexpected "the name of a method" end
  check_callable(self.scope, name, "method")
  self:advance()
  local arguments = self:arguments(0)
  local reduces = not functions.has(name.text)
  local function node(scope)
    local x, values = object(scope), evaluate_all(arguments, scope)
    scope.token = name
    if reduces then return reduced(scope, name, x, table.unpack(values)) end
    return given(scope, node, name, functions.call_method(name.text, x, table.unpack(values)))
  end
  return node
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

function Parser:number()
  local token = self.token
  local x = tokens.number(token.text)
  if not x then
    local mend = mend_of_name(self.scope)
    fail(self.scope, token, "malformed number '%s'%s", token.text, mend and "; " .. mend or "")
  end
  self:advance()
  return constant(x)
end

-- What may have methods: a name, a call, `$name`, or something in parentheses.
function Parser:prefix()
  local token = self.token
  if token.kind == "name" then
    self:advance()
    local named = token.text == "col" and self:column(token)
    if named then return named end
    local passed = self.token.kind == "string" and functions.has(token.text)
    return (passed or self.token.symbol == "(") and self:call(token) or variable(token)
  elseif token.kind == "param" then
    local node = parameter(self:advance())
    return function(scope) return check_kind(scope, token, node(scope)) end
  elseif not self:accept "(" then
    self:unexpected "a value"
  end
  local node = self:expression()
  if not self:accept ")" then self:unexpected "an operator or ')'" end
  return node
end

function Parser:primary()
  if self.token.kind == "number" then return self:number() end
  if self.token.kind == "string" then return constant(self:string()) end
  local node = self:prefix()
  while self:accept ":" do node = self:method(node) end
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

-- Raises where a comparison is not between what it seems to be. Lua reads `a == 1 & b == 2` as
-- `(a == (1 & b)) == 2`, since `&`, `|` and `~` bind tighter than comparisons there.
function Parser:check_comparison(token, left, right)
  local bits = left and left.of_bits and left or right and right.of_bits and right
  if bits then
    fail(self.scope, token, "'%s' binds tighter than '%s' here: write 'and', 'or', or parentheses",
      bits.name, token.text)
  elseif left and left.compares then
    fail(self.scope, token, "comparisons do not chain: write 'and', 'or', or parentheses")
  end
end

-- `x not in {80, 443}`, `x is missing` and `x is not missing`, behind x: the node; nil for others.
function Parser:test(node, before)
  local token = self.token
  local is = token.kind == "name" and token.text == "is"
  if not is and token.symbol ~= "not" then return nil end
  self:check_comparison(token, before)
  self:advance()
  local negated, test = not is or self:accept "not"
  if is then
    local what = self.token.text
    if what ~= "missing" and what ~= "null" then self:unexpected "'missing' or 'not missing'" end
    self:advance()
    test = function(scope)
      local x = node(scope)
      scope.token = token
      return functions.call("is_missing", x)
    end
  else
    if not self:accept "in" then self:unexpected "'in'" end
    test = binary_node(token, operators.binary["in"], node, self:list())
  end
  if not negated then return test end
  return function(scope) return operators.unary["not"](test(scope)) end
end

-- An expression of operators that bind tighter than a limit, by precedence climbing; and the
-- operator that made it, if one did that stands in no parentheses.
---@param limit? integer none unless told
function Parser:expression(limit)
  local node = self:unary()
  local before
  while true do
    local token = self.token
    local tested = operators.binary["in"].left > (limit or 0) and self:test(node, before)
    if tested then node, before, token = tested, operators.binary["in"], self.token end
    local operator = operators.binary[token.symbol]
    if not operator or operator.left <= (limit or 0) then return node, before end
    self:advance()
    local right, within
    if token.symbol == "in" then right = self:list() else
      right, within = self:expression(operator.right)
    end
    if operator.compares then self:check_comparison(token, before, within) end
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

---The value of an expression: a column, or a scalar when it is made of scalars alone; a call alone
---may give several. A text that is the name of a variable as a whole, whatever letters it has, is
---that variable. Not collective, but for `#`, where it looks into text, and where a graph of
---pending columns has become deep. Raises for faults of the text and of operands, with their place.
---@param text string
---@param variables table<string, any> columns and scalars by name
---@param params? table<string, any> values of `$name`
---@param list? string[] the names of variables as messages list them; sorted unless told
---@param reduce? fun(name: string, ...: any): any what `mean(x)` and others give
---@return moonbear.Column|number|boolean|string ...
function expression.evaluate(text, variables, params, list, reduce)
  if type(text) ~= "string" then
    check.blame("an expression is a string, got %s", check.describe(text))
  elseif params ~= nil and type(params) ~= "table" then
    check.blame("the values of $names are a table, got %s", check.describe(params))
  end
  if is_value(variables[text]) then return variables[text] end -- whatever letters it has
  local scope = { text = text, variables = variables, names = list, params = params or {},
    reduce = reduce }
  local results = table.pack(pcall(function()
    scope.whole = parse(scope)
    return scope.whole(scope)
  end))
  if not results[1] then error(retell(results[2], scope), 0) end
  return table.unpack(results, 2, results.n)
end

return expression
