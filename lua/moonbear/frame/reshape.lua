-- Long frames made wide, and wide ones long.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local group = require "moonbear.group"
local move = require "moonbear.move"
local options = require "moonbear.options"
local blame = check.blame

local Frame <const> = frame.methods

-- Columns that a pivot makes, unless told.
local MOST_COLUMNS <const> = 1000

-- The names that an option lists; none of what is nil.
local function names_of(self, name, option, given)
  if given == nil then return {} end
  local list = options.strings(name, option, given)
  for _, column in ipairs(list) do self:column(column) end
  return list
end

-- What a pivot is asked for.
local function pivot_options(self, given)
  local o = options.check("pivot", given, { index = { "any" }, columns = { "string" },
    values = { "any" }, agg = { "string" }, fill = { "any" }, limit = { "integer", MOST_COLUMNS } })
  local index = names_of(self, "pivot", "index", o.index)
  local values = names_of(self, "pivot", "values", o.values)
  if #index == 0 then options.blame("pivot", "index", "the names of columns", o.index) end
  if not o.columns then options.blame("pivot", "columns", "the name of a column", o.columns) end
  local width = self:column(o.columns):nunique()
  if width > o.limit then
    blame("pivot: '%s' has %d values, which would be as many columns; {limit = %d} allows them",
      o.columns, width, width)
  end
  if #values == 0 and o.agg ~= "size" then
    options.blame("pivot", "values", "the names of columns, or {agg = \"size\"}", o.values)
  end
  return index, values, o
end

-- The cells of a pivot: a frame of the keys of rows and columns, and of what is in the cell.
local function cells_of(self, index, values, o)
  local rows = self:where(~self:column(o.columns):is_missing())
  local g <close> = rows:group_by(table.move(index, 1, #index, 2, { o.columns }))
  if not o.agg and #g < #rows then
    blame("pivot: some cells have several rows; say what becomes of them, as {agg = \"sum\"}")
  end
  local keys, cells = { g:keys() }, {}
  if o.agg == "size" then
    cells[1] = g:size()
  else
    local asked = {}
    for i, name in ipairs(values) do asked[i] = { "value " .. i, name, o.agg or "first" } end
    local found = g:agg(asked)
    for i in ipairs(values) do cells[i] = found:column("value " .. i) end
  end
  return keys, cells
end

-- For each row of each column of the result, one after another, the cell that it has.
local function places_of(by_row, distinct, columns)
  local height = #by_row
  local numbers = by_row:broadcast(core.range(1, height, 1))
  local places = ((distinct:find(columns) - 1) * height + numbers):eval()
  local none = core.math.where(core.full(height * #distinct, false), 1, core.null)
  return none:put(places, core.range(1, #places, 1))
end

-- What the columns of a pivot are called, by the values that they are of.
local function titles_of(distinct, value)
  local titles = {}
  for i, title in ipairs(distinct:as("text"):to_table()) do
    titles[i] = value and ("%s_%s"):format(value, title) or title
  end
  return titles
end

---@class moonbear.PivotOptions
---@field index string|string[] the columns that rows are of
---@field columns string the column whose values become columns
---@field values? string|string[] the columns that cells have; not with `agg = "size"`
---@field agg? string an aggregation of groups; without one each cell must have one row
---@field fill? any what stands in cells without rows, which else are missing
---@field limit? integer the most columns that it may make: 1,000 unless told

---A wide frame of a long one: a row for each set of values of the columns `index`, ascending, and a
---column for each value of the column `columns`, with what `agg` makes of `values` there. Columns
---are called as their values are printed, where `values` is a list `NAME_VALUE`. Rows whose
---`columns` is missing are left out. Groups the rows; the result is held three times. Collective.
---Raises when there is no such column, when cells have several rows and there is no `agg`, and for
---more columns than `limit`.
---
---    print(flows:pivot { index = "srcIP", columns = "proto", values = "srcBytes", agg = "sum" })
---@param opts moonbear.PivotOptions
---@return moonbear.Frame
function Frame:pivot(opts)
  local index, values, o = pivot_options(self, opts)
  local keys, cells = cells_of(self, index, values, o)
  local distinct = keys[1]:unique()
  local by_row <close> = group.group_by(table.move(keys, 2, #keys, 1, {}))
  local at, height = places_of(by_row, distinct, keys[1]), #by_row
  local result = {}
  for i, key in ipairs { by_row:keys() } do result[i] = { index[i], key } end
  for v, cell in ipairs(cells) do
    local all = cell[at]
    if o.fill ~= nil then all = all:fill(o.fill) end
    for c, title in ipairs(titles_of(distinct, type(o.values) == "table" and values[v])) do
      result[#result + 1] = { title, all:slice((c - 1) * height + 1, c * height) }
    end
  end
  return frame.new(result)
end

-- Raises where columns that become rows of one column are of types that do not meet.
local function check_alike(self, values)
  local first, kind = values[1], self:column(values[1]):type()
  for _, name in ipairs(values) do
    local other = self:column(name):type()
    local as_float = kind == "int" and other == "float" or kind == "float" and other == "int"
    if other ~= kind and not as_float then
      blame("melt: '%s' is %s and '%s' is %s, which one column cannot hold; say which columns "
        .. "become rows, by 'value_vars', or cast one of them, by :as", first, kind, name, other)
    end
  end
end

---@class moonbear.MeltOptions
---@field id_vars? string|string[] columns that each row keeps
---@field value_vars? string|string[] those that become rows: all others unless told
---@field var_name? string "variable"
---@field value_name? string "value"

---A long frame of a wide one: for each of the columns `value_vars` all rows, with the columns
---`id_vars`, the name of the column as `variable`, and its `value`. Where ints meet floats values
---are floats. Collective. Raises when there is no such column, and when types differ.
---
---    print(flows:melt { id_vars = "srcIP", value_vars = { "srcBytes", "dstBytes" } })
---@param opts? moonbear.MeltOptions
---@return moonbear.Frame
function Frame:melt(opts)
  local o = options.check("melt", opts, { id_vars = { "any" }, value_vars = { "any" },
    var_name = { "string", "variable" }, value_name = { "string", "value" } })
  local ids, values = names_of(self, "melt", "id_vars", o.id_vars), o.value_vars
  if values == nil then values = self:drop(ids):columns() end
  values = names_of(self, "melt", "value_vars", values)
  if #values == 0 then blame("melt: there are no columns that become rows") end
  check_alike(self, values)
  local n, parts, list = #self, {}, {}
  for i, name in ipairs(values) do
    parts[i] = frame.new { { o.var_name, core.full(n, name) }, { o.value_name, self:column(name) } }
  end
  local long = move.concat(parts)
  local rows = core.range(0, n * #values - 1, 1) % math.max(n, 1) + 1
  for i, name in ipairs(ids) do list[i] = { name, self:column(name)[rows] } end
  for name, column in long:each() do list[#list + 1] = { name, column } end
  return frame.new(list)
end
