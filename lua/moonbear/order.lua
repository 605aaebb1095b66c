-- Orders by several columns.

local check = require "moonbear.check"
local core = require "moonbear.core"
local blame, describe, is_column = check.blame, check.describe, check.is_column

local order = {}

---The positions that put rows in the order of several columns, the first one first:
---`mb.argsort({port, start}, {descending = {false, true}})`. NaN and then missing rows come last,
---in both directions; equal rows stay in row order. An int column. Collective. Raises when lengths
---differ.
---@param columns moonbear.Column[] from 1 to 8 of one length
---@param opts? {descending: boolean|boolean[]|nil} false; one for all keys or one for each
---@return moonbear.Column
function order.argsort(columns, opts) return core.argsort(columns, opts) end

-- For each number of a list the least value of a column's type that is not below it, or with
-- `after` is above it: the rows before that one are those below the number, or not above it. Where
-- the type has no such value all rows are: says which these numbers are, if there are any.
local function bounds(list, kind, after)
  local rows, beyond, any = {}, {}, false
  for i = 1, #list do
    local value = list[i]
    if check.is_number(value) then value = core.sorted_bound(value, kind, after) end
    beyond[i], rows[i] = value == nil, value == nil and 0 or value
    any = any or beyond[i]
  end
  return core.column(rows, kind), any and core.column(beyond, "bool")
end

-- Where scalars belong in a column, whatever their types.
local function search_list(column, list, after)
  local kind = column:type()
  local written = kind == "text" or check.takes_strings(column) and type(list[1]) == "string"
  if kind == "bool" or check.moment_kind(column) or written then
    return core.searchsorted(column, core.column(list, kind), after)
  end
  local values, beyond = bounds(list, kind, after)
  local found = core.searchsorted(column, values, false)
  if not beyond then return found end
  return core.math.where(beyond, #column - column:is_missing():count_nonzero() + 1, found)
end

---The position, from 1 on, where each of some values belongs in a column in ascending order: before
---the rows that equal it ("left"), or after them ("right"). An int column, missing where a value
---is; of a scalar an integer. Few rows are brought to all ranks; of many each rank searches its
---own. Peak memory: 8 bytes a row, and 25 a value. Collective. Raises when the column is not in
---order, and when a column of values is of another type; scalars of any type are compared exactly.
---@param values moonbear.Column|table|number|boolean|string
---@param side? "left"|"right" "left" unless told
---@return moonbear.Column|integer
function core.column_methods:searchsorted(values, side)
  if side ~= nil and side ~= "left" and side ~= "right" then
    check.argument(2, "searchsorted", "'left' or 'right'", side)
  end
  local after <const> = side == "right"
  if is_column(values) then return core.searchsorted(self, values, after) end
  if type(values) == "table" then return search_list(self, values, after) end
  local written = type(values) == "string" and check.takes_strings(self)
  if not check.is_quantity(values) and type(values) ~= "boolean" and not written then
    blame("bad argument #1 to 'searchsorted' (column, list or scalar expected, got %s)",
      describe(values))
  end
  return search_list(self, { values }, after)[1]
end

return order
