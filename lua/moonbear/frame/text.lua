-- How a frame prints: a table of its first and last rows.

local cells = require "moonbear.frame.cells"
local lines = require "moonbear.frame.lines"

local width_of <const>, GAP <const> = lines.width_of, lines.GAP

-- The columns that a width has room for, with the numbers of the rows before them, and how many of
-- the frame they are: from both ends, since what is dropped is in the middle. Rows are read of no
-- other columns.
local function fitting(frame, ranges, width, style)
  local names, left, right = frame:columns(), { cells.numbers(ranges) }, {}
  local ellipsis = cells.ellipsis(ranges)
  local room, from, to = width - width_of(left[1]), 1, #names
  while from <= to do
    local is_left = #left - 1 <= #right
    local name = names[is_left and from or to]
    local list = cells.column(name, frame:column(name), ranges, style)
    local rest = from < to and GAP + width_of(ellipsis) or 0
    if #left == 1 then cells.cut(list, room - GAP - rest) end -- it is shown in any case
    room = room - GAP - width_of(list)
    if room < rest and #left > 1 then break end
    if is_left then
      left[#left + 1], from = list, from + 1
    else
      table.insert(right, 1, list)
      to = to - 1
    end
  end
  local shown = #names - (to - from + 1)
  if from <= to then left[#left + 1] = ellipsis end
  return table.move(right, 1, #right, #left + 1, left), shown
end

local text = {}

---The first and last rows of a frame as a table. Of columns that a width has no room for, those in
---the middle are left out. Collective, as reading elements of columns is.
---@param frame moonbear.Frame
---@param width? integer as wide as it gets unless told
---@param most? integer rows shown, 10 unless told
---@param style? moonbear.Style
---@return string
function text.of_frame(frame, width, most, style)
  local all = #frame:columns()
  local columns, shown = fitting(frame, cells.ranges(#frame, most), width or math.huge, style)
  local list, summary = lines.beside(columns), cells.summary(#frame, all)
  list[#list + 1] = shown < all and ("%s (%d shown)"):format(summary, shown) or summary
  return table.concat(list, "\n")
end

---The first and last rows of a column below each other, beside their numbers. Collective.
---@param column moonbear.Column
---@param most integer rows shown
---@param style? moonbear.Style
---@return string
function text.of_column(column, most, style)
  local ranges = cells.ranges(#column, most)
  local list = lines.beside { cells.numbers(ranges), cells.column("", column, ranges, style) }
  table.remove(list, 1) -- it has no name
  list[#list + 1] = cells.summary(#column)
  return table.concat(list, "\n")
end

return text
