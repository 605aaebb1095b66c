-- What a frame shows of itself: the first and last rows of its columns, as text.

local core = require "moonbear.core"
local lines = require "moonbear.frame.lines"
local strings = require "moonbear.expression.strings"

-- Rows shown of a long frame, unless told.
local SHOWN_ROWS <const> = 10

local check = require "moonbear.check"

local cells = {}

---What is shown below each other: a heading, the type, and a cell for each row.
---@class moonbear.Cells: string[]
---@field left? boolean they begin below each other, as words do, and do not end so, as numbers do

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

-- Two lines of heading, and the cells of each range of rows.
local function cells_of(name, type_name, ranges, cells_between)
  local list = { name, type_name }
  for i, range in ipairs(ranges) do
    if i > 1 then list[#list + 1] = "..." end
    local more, left = cells_between(range[1], range[2])
    table.move(more, 1, #more, #list + 1, list)
    list.left = left
  end
  return list
end

local function repeated(text)
  return function(first, last)
    local list = {}
    for row = first, last do list[#list + 1] = text or tostring(row) end
    return list
  end
end

---The numbers of the rows. Not collective.
---@param ranges integer[][]
---@return moonbear.Cells
function cells.numbers(ranges)
  return cells_of("", "", ranges, repeated(nil))
end

---Of columns that are left out. Not collective.
---@param ranges integer[][]
---@return moonbear.Cells
function cells.ellipsis(ranges)
  return cells_of("...", "", ranges, repeated "...")
end

-- Times with as many digits as the one of them that has most, so that they stand below each other.
local function align(list)
  local most = 0
  for _, cell in ipairs(list) do most = math.max(most, #(cell:match "%.(%d+)Z$" or "")) end
  for i = 3, most > 0 and #list or 0 do
    local digits = list[i]:match "%.(%d+)Z$" or ""
    local zeros = (digits == "" and "." or "") .. ("0"):rep(most - #digits) .. "Z"
    if list[i]:find "Z$" and #digits < most then list[i] = list[i]:sub(1, -2) .. zeros end
  end
  return list
end

-- "12,345.5" of "12345.5".
local function with_thousands(cell)
  local sign, digits, rest = cell:match "^(%-?)(%d+)(.*)$"
  if not digits then return cell end
  return sign .. digits:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "") .. rest
end

local NUMBERS <const> = { int = true, uint = true, float = true }

-- Cells of numbers as a style has them: floats with so many decimals, separators of thousands.
local function restyle(list, type_name, style)
  for i = 3, #list do
    local number = type_name == "float" and style.decimals and tonumber(list[i])
    if number then list[i] = ("%%.%df"):format(style.decimals):format(number) end
    if style.thousands then list[i] = with_thousands(list[i]) end
  end
  return list
end

---How numbers are shown.
---@class moonbear.Style
---@field decimals? integer of floats
---@field thousands? boolean

---Of a column, by its name. Collective, as reading elements of columns is.
---@param name string
---@param column moonbear.Column
---@param ranges integer[][]
---@param style? moonbear.Style
---@return moonbear.Cells
function cells.column(name, column, ranges, style)
  local type_name = column:type()
  local list = cells_of(lines.printable(name), type_name, ranges, function(first, last)
    return core.texts(column:slice(first, last))
  end)
  if style and NUMBERS[type_name] then return restyle(list, type_name, style) end
  return type_name == "time" and align(list) or list
end

---Cuts strings to a width, of at least 8 cells; what is no string stays. Not collective.
---@param list moonbear.Cells of a column
---@param width number
function cells.cut(list, width)
  width = math.max(width, 8)
  for i = 3, #list do
    local is_wide = list[i]:find '^"' and core.cells(list[i]) > width
    if is_wide then list[i] = core.quoted(strings.value(list[i]), width) end
  end
end

---"10 rows, 1 column"; of a column alone "10 rows". Not collective.
---@param rows integer
---@param columns? integer
---@return string
function cells.summary(rows, columns)
  return check.plural(rows, "row")
    .. (columns and ", " .. check.plural(columns, "column") or "")
end

return cells
