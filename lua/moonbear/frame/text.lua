-- How a frame prints: a table of its first and last rows.

local core = require "moonbear.core"

-- Rows shown of a long frame: so many at each end.
local SHOWN_ROWS <const> = 5

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

---The first and last rows of a frame as a table. Collective, as reading elements of columns is.
---@param frame moonbear.Frame
---@return string
local function text_of(frame)
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

return text_of
