-- What a frame shows of itself: the first and last rows of its columns, as text.

local core = require "moonbear.core"
local lines = require "moonbear.frame.lines"

-- Rows shown of a long frame, unless told.
local SHOWN_ROWS <const> = 10

local cells = {}

---What is shown below each other: a heading, the type, and a cell for each row.
---@alias moonbear.Cells string[]

---The rows that are shown of so many, as one range or two: `{first, last}`. Not collective.
---@param rows integer
---@param most? integer rows shown, half of them at each end: 10 unless told
---@return integer[][]
function cells.ranges(rows, most)
  most = most or SHOWN_ROWS
  if rows == 0 or most == 0 then return {} end
  if rows <= most then return { { 1, rows } } end
  if most == 1 then return { { 1, 1 } } end
  return { { 1, (most + 1) // 2 }, { rows - most // 2 + 1, rows } }
end

-- Two lines of heading, and for each range of rows what cell(row, values) says of it.
local function cells_of(name, type_name, ranges, values_of, cell)
  local list = { name, type_name }
  for i, range in ipairs(ranges) do
    if i > 1 then list[#list + 1] = "..." end
    local first, last = range[1], range[2]
    local values = values_of(first, last)
    for row = first, last do list[#list + 1] = cell(row, values[row - first + 1]) end
  end
  return list
end

---The numbers of the rows. Not collective.
---@param ranges integer[][]
---@return moonbear.Cells
function cells.numbers(ranges)
  local function none() return {} end
  return cells_of("", "", ranges, none, function(row) return tostring(row) end)
end

---Of columns that are left out. Not collective.
---@param ranges integer[][]
---@return moonbear.Cells
function cells.ellipsis(ranges)
  local function none() return {} end
  return cells_of("...", "", ranges, none, function() return "..." end)
end

---Of a column, by its name. Collective, as reading elements of columns is.
---@param name string
---@param column moonbear.Column
---@param ranges integer[][]
---@return moonbear.Cells
function cells.column(name, column, ranges)
  local type_name = column:type()
  local function values_of(first, last) return column:slice(first, last):to_table() end
  local function cell(_, value)
    if type(value) == "string" then return lines.printable(value) end
    return core.format(type_name, value)
  end
  return cells_of(lines.printable(name), type_name, ranges, values_of, cell)
end

---"10 rows, 1 column"; of a column alone "10 rows". Not collective.
---@param rows integer
---@param columns? integer
---@return string
function cells.summary(rows, columns)
  local function plural(n, word) return ("%d %s%s"):format(n, word, n == 1 and "" or "s") end
  return plural(rows, "row") .. (columns and ", " .. plural(columns, "column") or "")
end

return cells
