-- Methods of columns that are made of others.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local options = require "moonbear.options"

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

---The distinct values in ascending order; with options also where each is first, the numbers of the
---rows' values among them, and how often each occurs, in this order. Collective.
---@param column moonbear.Column
---@param opts? {first: boolean?, inverse: boolean?, counts: boolean?}
---@return moonbear.Column values
---@return moonbear.Column ... int
function rows.unique(column, opts)
  local o = options.check("unique", opts, { first = { "boolean" }, inverse = { "boolean" },
    counts = { "boolean" } })
  local values, counts
  if o.counts then values, counts = column:value_counts() else values = core.unique(column) end
  local results = { values }
  if o.first then results[#results + 1] = core.find(column, values) end
  if o.inverse then results[#results + 1] = core.find(values, column) end
  results[#results + 1] = counts
  return table.unpack(results)
end

-- The positions of all rows of `keys` that equal a row of a column, and the number of that row.
local function find_all(keys, column)
  local left = frame.new { { "key", column }, { "row", core.range(1, #column, 1) } }
  local right = frame.new { { "key", keys }, { "position", core.range(1, #keys, 1) } }
  local found = left:join(right, { on = "key" })
  return found:column "position", found:column "row"
end

---For each row of a column the position of the first row of this one that equals it, missing where
---none does; with `{all = true}` the positions of all rows that do, and the row of the column that
---each is of. Collective.
---@param keys moonbear.Column
---@param column moonbear.Column
---@param opts? {all: boolean?}
---@return moonbear.Column
---@return moonbear.Column?
function rows.find(keys, column, opts)
  local all = options.check("find", opts, { all = { "boolean" } }).all
  if not check.is_column(column) then check.argument(1, "find", "column", column) end
  if all then return find_all(keys, column) end
  return core.find(keys, column)
end

---The column itself, which is in memory: columns of scans are brought there. Not collective.
---@param column moonbear.Column
---@return moonbear.Column
function rows.collect(column) return column end

for name, f in pairs(rows) do core.column_methods[name] = f end

return rows
