-- Methods of columns that are made of others.

local check = require "moonbear.check"
local core = require "moonbear.core"

local rows = {}

local put <const> = core.column_methods.put

-- A table of positions as a column.
local function positions(list)
  for i = 1, #list do
    if math.type(list[i]) ~= "integer" then
      check.blame("put: positions[%d] is %s, not an integer", i, check.describe(list[i]))
    end
  end
  return core.column(list, "int")
end

---The column with other values in some rows: where a bool column is true, or those that an int
---column or a table of positions says. Collective, but for a mask and a scalar.
---@param column moonbear.Column
---@param where moonbear.Column|integer[]
---@param value moonbear.Column|number|boolean|userdata a scalar, `mb.null`, or a value for each row
---@return moonbear.Column
function rows.put(column, where, value)
  if type(where) == "table" then where = positions(where) end
  return put(column, where, value)
end

---What each row has more than the row n before it (1 unless told); missing where there is none.
---Collective.
---@param column moonbear.Column
---@param n? integer
---@return moonbear.Column
function rows.diff(column, n)
  return column - column:shift(n or 1)
end

---By which share each row is more than the row n before it (1 unless told): 0.5 is half as much
---again. Missing where there is none. Collective.
---@param column moonbear.Column
---@param n? integer
---@return moonbear.Column # float
function rows.pct_change(column, n)
  return column / column:shift(n or 1) - 1
end

---The numbers of the values of rows among the distinct ones, from 1 on and missing where rows are,
---and these in ascending order. Collective.
---@param column moonbear.Column
---@return moonbear.Column numbers int
---@return moonbear.Column values
function rows.factorize(column)
  local values = column:unique()
  return values:find(column), values
end

for name, f in pairs(rows) do core.column_methods[name] = f end

return rows
