-- Frames: named columns of equal length, in order.

local core = require "moonbear.core"

---A table of named columns. `frame.name` is a column, unless a method has that name: then
---`frame:column("name")` reaches it. `#frame` is the number of rows, `pairs(frame)` visits names
---and columns in order, `tostring(frame)` shows the first and last rows. A frame cannot be
---changed.
---@class moonbear.Frame
---@field [string] moonbear.Column
local Frame = {}

local meta = { __name = "moonbear.frame" }

-- Keys that no script has: what a frame holds does not hide its columns.
local NAMES, COLUMNS = {}, {}

-- Rows shown of a long frame: so many at each end.
local SHOWN_ROWS <const> = 5

local function is_column(value)
  local metatable = getmetatable(value)
  return type(metatable) == "table" and metatable.__name == "moonbear.column"
end

local function is_frame(value)
  return getmetatable(value) == meta
end

local function describe_names(names)
  if #names == 0 then return "no columns" end
  return (#names == 1 and "column " or "columns ") .. table.concat(names, ", ")
end

local function check_pair(name, column)
  if type(name) ~= "string" then
    error(("the name of a column must be a string, got %s"):format(type(name)), 4)
  elseif not is_column(column) then
    local mend = type(column) == "boolean" and " (compare columns by :eq, :ne, :lt, :le, :gt, :ge)"
    error(("'%s' must be a column, got %s%s"):format(name, type(column), mend or ""), 4)
  end
end

-- A frame of checked parts.
local function build(names, columns)
  local first = names[1]
  for _, name in ipairs(names) do
    if #columns[name] ~= #columns[first] then
      error(("the columns of a frame must have the same length: '%s' has %d rows and '%s' has %d")
        :format(first, #columns[first], name, #columns[name]), 3)
    end
  end
  return setmetatable({ [NAMES] = names, [COLUMNS] = columns }, meta)
end

---Makes a frame of columns: a list of `{name, column}` pairs, in this order, or a table of columns
---by name, which are sorted by name.
---
---Not collective, but for columns whose length is still unknown. Raises when a name comes twice,
---when something is not a column, and when lengths differ.
---@param columns table
---@return moonbear.Frame
local function new(columns)
  if type(columns) ~= "table" or is_frame(columns) then
    error(("bad argument #1 to 'frame' (table of columns expected, got %s)")
      :format(is_frame(columns) and "a frame" or type(columns)), 2)
  end
  local names, by_name = {}, {}
  local function add(name, column)
    check_pair(name, column)
    if by_name[name] then error(("two columns are called '%s'"):format(name), 3) end
    names[#names + 1], by_name[name] = name, column
  end
  if #columns > 0 then
    for i, pair in ipairs(columns) do
      if type(pair) ~= "table" then
        error(("number %d of the list must be a {name, column} pair, got %s")
          :format(i, type(pair)), 2)
      end
      add(pair[1], pair[2])
    end
  else
    for name, column in pairs(columns) do add(name, column) end
    table.sort(names)
  end
  return build(names, by_name)
end

---The column of that name. Not collective. Raises when there is none, and lists what there is.
---@param name string
---@return moonbear.Column
function Frame:column(name)
  local column = self[COLUMNS][name]
  if not column then
    error(("there is no column '%s'; there is %s")
      :format(tostring(name), describe_names(self[NAMES])), 2)
  end
  return column
end

---The names of the columns, in order, as a new list. Not collective.
---@return string[]
function Frame:columns()
  return table.move(self[NAMES], 1, #self[NAMES], 1, {})
end

---Visits the columns in order: `for name, column in frame:each() do`. Not collective.
---@return fun(): string?, moonbear.Column?
function Frame:each()
  local i, names, columns = 0, self[NAMES], self[COLUMNS]
  return function()
    i = i + 1
    return names[i], columns[names[i]]
  end
end

---Frees the memory of all columns at once, instead of when they are collected. Closing twice does
---no harm. Not collective.
function Frame:close()
  for _, column in self:each() do column:close() end
end

function meta.__index(frame, key)
  local method = Frame[key]
  if method then return method end
  local column = frame[COLUMNS][key]
  if column then return column end
  error(("this frame has no column or method '%s'; it has %s")
    :format(tostring(key), describe_names(frame[NAMES])), 2)
end

function meta.__newindex(_, key)
  error(("cannot set '%s': a frame cannot be changed; make a new one with mb.frame")
    :format(tostring(key)), 2)
end

function meta.__len(frame)
  local name = frame[NAMES][1]
  return name and #frame[COLUMNS][name] or 0
end

function meta.__pairs(frame)
  return Frame.each(frame)
end

meta.__close = Frame.close

-- The rows that are shown, as one range or two.
local function shown_ranges(rows)
  if rows == 0 then return {} end
  if rows <= 2 * SHOWN_ROWS then return { { 1, rows } } end
  return { { 1, SHOWN_ROWS }, { rows - SHOWN_ROWS + 1, rows } }
end

-- The cells below each other in one column of the table: two lines of heading, and for each range
-- of rows what cell(row, values) says of it.
local function cells_of(name, type_name, ranges, values_of, cell)
  local cells = { name, type_name }
  for i, range in ipairs(ranges) do
    if i > 1 then cells[#cells + 1] = "..." end
    local first, last = range[1], range[2]
    local values = values_of(first, last)
    for row = first, last do cells[#cells + 1] = cell(row, values[row - first + 1]) end
  end
  return cells
end

local function number_cells(ranges)
  local function none() return {} end
  return cells_of("", "", ranges, none, function(row) return tostring(row) end)
end

local function column_cells(name, column, ranges)
  local type_name = column:type()
  local function values_of(first, last) return column:slice(first, last):to_table() end
  local function cell(_, value) return core.format(type_name, value) end
  return cells_of(name, type_name, ranges, values_of, cell)
end

local function width_of(cells)
  local width = 0
  for _, cell in ipairs(cells) do width = math.max(width, utf8.len(cell) or #cell) end
  return width
end

local function plural(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

-- Collective, as reading elements of columns is.
function meta.__tostring(frame)
  local rows = #frame
  local ranges = shown_ranges(rows)
  local columns = { number_cells(ranges) }
  for name, column in frame:each() do columns[#columns + 1] = column_cells(name, column, ranges) end
  local lines, widths = {}, {}
  for c, cells in ipairs(columns) do widths[c] = width_of(cells) end
  for line = 1, #columns[1] do
    local words = {}
    for c, cells in ipairs(columns) do
      local padding = widths[c] - (utf8.len(cells[line]) or #cells[line])
      words[c] = (" "):rep(padding) .. cells[line]
    end
    lines[line] = table.concat(words, "  ")
  end
  lines[#lines + 1] = plural(rows, "row") .. ", " .. plural(#columns - 1, "column")
  return table.concat(lines, "\n")
end

return { new = new, is_frame = is_frame, is_column = is_column }
