-- Columns of scans: operations row by row are kept as recipes, results are computed by a pass.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local core = require "moonbear.core"
local fold = require "moonbear.stream.fold"
local functions = require "moonbear.expression.functions"
local pass = require "moonbear.stream.pass"
local public = require "moonbear.public"
local recipe = require "moonbear.stream.recipe"
local blame = check.blame
require "moonbear.stream.distribute"
require "moonbear.stream.groups"

---A column of a scan: pending, until a result is asked for.
---@class moonbear.ScanColumn
local ScanColumn = {}
local column_meta = { __name = "moonbear.scancolumn" }

local function is_column(x) return getmetatable(x) == column_meta end

-- The filters that rows have passed; nil where there is none.
local function filters_of(rows)
  if not is_column(rows) then return rows.filters end
  local filters = rawget(rows, "_filters")
  if not filters then
    filters = { rows._make, table.unpack(filters_of(rows._rows) or {}) }
    rows._filters = filters
  end
  return filters
end

-- A pending column; `rows` is the same object for columns of the same rows. It is made of no rows
-- at once, which tells its type, and raises for what is wrong.
local function new_column(source, rows, it)
  local sample = recipe.make(it, source.nothing)
  it.filters = filters_of(rows)
  return setmetatable({ _source = source, _rows = rows, _make = it, _sample = sample },
    column_meta)
end

-- The rows of a column in a piece.
local function value(column, piece) return recipe.make(column._make, piece) end

local function needs_of(list)
  local recipes = {}
  for i, it in ipairs(list) do recipes[i] = it._make end
  return recipe.needs_of(recipes)
end

-- A pending column of f, row by row, of columns of a scan and other values.
local function combine(f, ...)
  local given, columns = table.pack(...), {}
  for i = 1, given.n do
    if is_column(given[i]) then columns[#columns + 1] = given[i] end
    if check.is_column(given[i]) then
      blame("a column in memory does not go with one of a scan, whose rows come piece by piece")
    end
  end
  local first = columns[1]
  for _, other in ipairs(columns) do
    if other._rows ~= first._rows then
      blame("these columns are of different rows: filter a scan as a whole, by scan:where(...)")
    end
  end
  return new_column(first._source, first._rows, recipe.new(needs_of(columns), function(piece)
    local values = { n = given.n }
    for i = 1, given.n do
      if is_column(given[i]) then values[i] = value(given[i], piece) else values[i] = given[i] end
    end
    return (f(table.unpack(values, 1, values.n)))
  end))
end

local no_stream <const> = "'%s' of a scan does not stream: it needs all rows at once; "
  .. "scan:collect() brings those that are left into memory"

-- A method that works row by row.
local function by_row(name)
  return function(self, ...)
    return combine(function(x, ...) return (x[name](x, ...)) end, self, ...)
  end
end

-- The rows that are among those of a list, or of a column in memory.
local function isin(self, list)
  return combine(function(x) return x:isin(list) end, self)
end

-- Raises for arguments that a method does not take, by calling it with no rows; that these have no
-- result, as of min, is no error.
local function try(sample, name, ...)
  local ok, problem = pcall(sample[name], sample, ...)
  if not ok and not tostring(problem):find "no value" then error(problem, 0) end
end

-- The fold of a method that gives a result, and its source; nil for others.
local function fold_of(column, method, ...)
  local of = fold.of_method[method]
  if not of then return nil end
  try(column._sample, method, ...)
  return of(column._make, ...), column._source
end

-- A method whose result is of all rows.
local function of_all(name)
  return function(self, ...) return pass.run(fold_of(self, name, ...)) end
end

---The type of the column, as of one in memory. Not collective.
---@return string
function ScanColumn:type() return self._sample:type() end

---All rows as a column in memory. Collective.
---@return moonbear.Column
function ScanColumn:collect()
  return pass.run(fold.rows(self._make), self._source)
end

local made = { isin = public.wrap("isin", isin, "scancolumn", 1) } -- methods by their names

-- Whether columns of scans have a method of columns.
local function has(name)
  return made[name] ~= nil or functions.has(name) or fold.of_method[name] ~= nil
end

-- The rows where a bool column of the same rows is true.
local function filtered(column, mask)
  if mask:type() ~= "bool" then blame("a column of a scan is indexed by a bool column of it") end
  local result = combine(function(x, m) return x[m] end, column, mask)
  result._rows = mask
  result._make.filters = filters_of(mask)
  return result
end

function column_meta.__index(self, key)
  local method = ScanColumn[key]
  if method then return method end
  if is_column(key) then return filtered(self, key) end
  if type(key) ~= "string" then
    blame("a column of a scan is indexed by a bool column of it, got %s; :head(n) has its first "
      .. "rows, and :collect() brings all into memory", check.describe(key))
  end
  if made[key] then return made[key] end
  if has(key) then
    local f = fold.of_method[key] and of_all(key) or by_row(key)
    made[key] = public.wrap(key, f, "scancolumn", 1)
    return made[key]
  end
  if core.column_methods[key] then blame(no_stream, key) end
  core.no_method(key)
end

---The first rows, 5 unless told, as a column in memory. Collective; reads no more than it needs.
---@param n? integer
---@return moonbear.Column
function ScanColumn:head(n)
  return pass.run(fold.rows(self._make, arguments.count("head", n)), self._source)
end

local operators = {
  __add = function(a, b) return a + b end, __sub = function(a, b) return a - b end,
  __mul = function(a, b) return a * b end, __div = function(a, b) return a / b end,
  __idiv = function(a, b) return a // b end, __mod = function(a, b) return a % b end,
  __pow = function(a, b) return a ^ b end, __band = function(a, b) return a & b end,
  __bor = function(a, b) return a | b end, __bxor = function(a, b) return a ~ b end,
  __shl = function(a, b) return a << b end, __shr = function(a, b) return a >> b end,
  __concat = function(a, b) return a .. b end,
}
for event, f in pairs(operators) do
  column_meta[event] = function(a, b) return combine(f, a, b) end
end
function column_meta.__unm(a) return combine(function(x) return -x end, a) end
function column_meta.__bnot(a) return combine(function(x) return ~x end, a) end

function column_meta.__len(self)
  return pass.run(fold.count(self._make), self._source)
end

function column_meta.__tostring(self)
  return ("%s column of a scan"):format(self:type())
end

-- Row by row a where a bool column of a scan is true, else b.
local function where(condition, a, b) return combine(core.math.where, condition, a, b) end

return {
  is_column = is_column, new = new_column, value = value, needs_of = needs_of, where = where,
  fold = fold_of, filters_of = filters_of, no_stream = no_stream, has = has, methods = ScanColumn,
}
