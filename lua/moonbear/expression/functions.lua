-- What expression strings may call: what works row by row, and the times and durations that stand
-- beside columns.

local check = require "moonbear.check"
local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"
local names = require "moonbear.names"

local functions = {}

-- Functions that are others here, or none of columns.
local own = { time = core.time, duration = core.duration }

function own.where(condition, a, b)
  if type(condition) ~= "boolean" then return (elementwise.where(condition, a, b)) end
  if condition then return a end
  return b
end

-- The function of columns and scalars that a name stands for. Looked up when it is called, since
-- types add to what functions take.
local function of_values(name)
  return own[name] or elementwise[name]
end

-- Methods of columns of one type, which take scalars beside them: those of the engine, and parts of
-- times. Some give several columns: none of them has a place in an expression, but all may be its
-- value.
local of_type = { extract = true, partition = true, split = true, quarter = true, isoyear = true,
  is_leap_year = true, days_in_month = true }
for _, operation in ipairs(core.operations()) do
  if operation.by_row then of_type[operation.name] = true end
end

---Names that may be called: as f(x), or as x:f(). Not collective.
---@return string[]
function functions.names()
  local known, list = {}, {}
  for _, name in ipairs(names.of(elementwise)) do known[name] = true end
  for _, given in ipairs { own, of_type } do
    for name in pairs(given) do known[name] = true end
  end
  for name in pairs(known) do list[#list + 1] = name end
  table.sort(list)
  return list
end

---Whether it is the name of a function or method that works row by row. Not collective.
---@param name string
---@return boolean
function functions.has(name)
  return of_values(name) ~= nil or of_type[name] == true
end

-- The method of a column; of scalars the function of the name.
local function call_method(name, x, ...)
  local f = of_values(name)
  if check.is_column(x) then
    local results = table.pack(x[name](x, ...)) -- no tail call: it blames its caller
    return table.unpack(results, 1, results.n)
  end
  if f then return (f(x, ...)) end
  error(("'%s' is a method of columns, got %s"):format(name, check.describe(x)))
end

---What f(...) gives, for a name that there is. Collective where the function is.
---@param name string
---@param ... any
---@return any ...
function functions.call(name, ...)
  local f = of_values(name)
  if f then return (f(...)) end
  return call_method(name, ...)
end

---What x:f(...) gives. Collective where the method is.
---@param name string
---@param x any
---@param ... any
---@return any ...
function functions.call_method(name, x, ...) return call_method(name, x, ...) end

return functions
