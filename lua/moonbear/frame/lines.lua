-- Lists of cells set beside each other, each as a column of text.

local core = require "moonbear.core"

local lines = {}

---Blanks between two columns.
lines.GAP = 2

---A text without characters of control, which would disturb a terminal: "\10" stands for one. Not
---collective.
---@param text string
---@return string
function lines.printable(text)
  return (text:gsub("%c", function(c) return ("\\%d"):format(c:byte()) end))
end

---The width of a text in a terminal, where some characters take two cells and others none. Not
---collective.
---@param text string
---@return integer
local width_of_text <const> = core.cells

---The width of the widest cell. Not collective.
---@param list string[]
---@return integer
function lines.width_of(list)
  local width = 0
  for _, cell in ipairs(list) do width = math.max(width, width_of_text(cell)) end
  return width
end

---The lines of text of lists of one length, whose cells end below each other; of lists with the
---field `left` they begin there. Not collective.
---@param columns moonbear.Cells[]
---@return string[]
function lines.beside(columns)
  local list, widths = {}, {}
  for c, cells in ipairs(columns) do widths[c] = lines.width_of(cells) end
  for line = 1, #columns[1] do
    local words = {}
    for c, cells in ipairs(columns) do
      local blank = (" "):rep(widths[c] - width_of_text(cells[line]))
      words[c] = cells.left and cells[line] .. blank or blank .. cells[line]
    end
    list[line] = table.concat(words, (" "):rep(lines.GAP)):gsub(" +$", "")
  end
  return list
end

return lines
