-- What expression strings may call: what works row by row, and nothing else.

local check = require "moonbear.check"
local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"
local names = require "moonbear.names"

local functions = {}

---The element-wise functions, of columns and scalars, by their names.
---@type table<string, function>
functions.of_values = {}
for name, f in pairs(elementwise) do functions.of_values[name] = f end
functions.of_values.isin = nil -- `in` is it
function functions.of_values.where(condition, a, b)
  if type(condition) ~= "boolean" then return (elementwise.where(condition, a, b)) end
  if condition then return a end
  return b
end

-- Methods of columns of one type, which take scalars beside them.
local of_type = {}
for _, operation in ipairs(core.operations()) do
  if operation.by_row then of_type[operation.name] = true end
end

---Names that may be called: as f(x), or as x:f(). Not collective.
---@return string[]
function functions.names()
  local list = names.of(functions.of_values)
  for name in pairs(of_type) do list[#list + 1] = name end
  table.sort(list)
  return list
end

---Whether it is the name of a method that works row by row. Not collective.
---@param name string
---@return boolean
function functions.has_method(name)
  return functions.of_values[name] ~= nil or of_type[name] == true
end

---The function that a name stands for, as f(x, ...); nil when there is none. Not collective.
---@param name string
---@return function?
function functions.named(name)
  if functions.of_values[name] then return functions.of_values[name] end
  return of_type[name] and function(x, ...) return (functions.call_method(name, x, ...)) end or nil
end

---What the method of a column, or of a scalar, gives. Collective where the method is.
---@param name string of one that there is
---@param x any
---@param ... any
---@return any
function functions.call_method(name, x, ...)
  local f = functions.of_values[name]
  if not check.is_column(x) and f then return (f(x, ...)) end
  if not check.is_column(x) then
    error(("'%s' is a method of columns, got %s"):format(name, check.describe(x)))
  end
  return (x[name](x, ...)) -- no tail call: it blames its caller
end

return functions
