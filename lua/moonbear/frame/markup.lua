-- Frames as tables of Markdown and HTML.

local arguments = require "moonbear.frame.arguments"
local cells = require "moonbear.frame.cells"
local frame = require "moonbear.frame"
local strings = require "moonbear.expression.strings"

local Frame <const> = frame.methods

-- Rows of a table, unless told.
local MANY_ROWS <const> = 50

-- The columns that are written, each as a list of its name, its type and cells; text without
-- quotes.
local function lists_of(self, name, n)
  local ranges = cells.ranges(#self, n == nil and MANY_ROWS or arguments.count(name, n))
  local lists = {}
  for title, column in self:each() do
    local list = cells.column(title, column, ranges)
    for i = 3, #list do
      if list[i]:find '^"' then list[i] = strings.value(list[i]) end
    end
    lists[#lists + 1] = list
  end
  return lists
end

-- Each line of lists that are beside each other, as `f` makes it of its cells.
local function each_line(lists, first, f)
  local lines = {}
  for i = first, lists[1] and #lists[1] or 0 do
    local words = {}
    for c, list in ipairs(lists) do words[c] = list[i] end
    lines[#lines + 1] = f(words)
  end
  return lines
end

local function in_markdown(words)
  for i, word in ipairs(words) do
    words[i] = word:gsub("[\\|]", "\\%0"):gsub("\n", "<br>")
  end
  return "| " .. table.concat(words, " | ") .. " |"
end

---The rows as a table of Markdown, as GitHub shows it: all, or of more than n the first and the
---last ones. Collective.
---@param n? integer 50 unless told
---@return string
function Frame:to_markdown(n)
  local lists, rules = lists_of(self, "to_markdown", n), {}
  if #lists == 0 then return "" end
  for i, list in ipairs(lists) do rules[i] = list.left and "---" or "---:" end
  local lines = each_line(lists, 3, in_markdown)
  local heading = {}
  for i, list in ipairs(lists) do heading[i] = list[1] end
  table.insert(lines, 1, in_markdown(heading))
  table.insert(lines, 2, in_markdown(rules))
  return table.concat(lines, "\n") .. "\n"
end

local ENTITIES <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escaped(text) return (text:gsub('[&<>"]', ENTITIES)) end

---The rows as a table of HTML: all, or of more than n the first and the last ones, below the names
---and types of the columns. Collective.
---@param n? integer 50 unless told
---@return string
function Frame:to_html(n)
  local lists = lists_of(self, "to_html", n)
  local function row_of(kind)
    return function(words)
      local parts = {}
      for i, word in ipairs(words) do
        local side = lists[i].left and "left" or "right"
        parts[i] = ('<%s style="text-align: %s">%s</%s>'):format(kind, side, escaped(word), kind)
      end
      return "<tr>" .. table.concat(parts) .. "</tr>"
    end
  end
  local heading, types = {}, {}
  for i, list in ipairs(lists) do heading[i], types[i] = list[1], list[2] end
  local lines = each_line(lists, 3, row_of "td")
  local head = row_of "th"(heading) .. "\n" .. row_of "th"(types)
  return ("<table>\n<thead>\n%s\n</thead>\n<tbody>\n%s\n</tbody>\n</table>\n"):format(head,
    table.concat(lines, "\n"))
end

