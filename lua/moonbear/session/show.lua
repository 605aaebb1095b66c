-- How the values of a chunk are shown: as text for a terminal, as HTML for a notebook.

local cells = require "moonbear.frame.cells"
local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local frame_text = require("moonbear.frame.text").of_frame
local literal = require "moonbear.session.literal"
local named = require "moonbear.session.named"

local getmetatable = debug.getmetatable -- a script's own is not asked

local show = {}

-- Entries of a table, and columns of a frame, that HTML shows.
local MOST_ENTRIES <const>, MOST_COLUMNS <const> = 20, 40

---The values as `print` tells them, frames as tables that fit a width, tables by their contents;
---nil when there are none. Collective.
---@param width? integer of the terminal
---@param ... any
---@return string?
function show.text(width, ...)
  local values = table.pack(...)
  if values.n == 0 then return nil end
  local words, gap = {}, "\t"
  for i = 1, values.n do
    local value = values[i]
    words[i] = frame.is_frame(value) and frame_text(value, width) or named(value, width)
      or literal(value, width) or tostring(value)
    if words[i]:find "\n" then gap = "\n" end
  end
  return table.concat(words, gap)
end

local LETTERS <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

---Bytes as letters, by RFC 4648. Not collective.
---@param bytes string
---@return string
function show.base64(bytes)
  local letters = {}
  for i = 1, 64 do letters[i - 1] = LETTERS:sub(i, i) end
  local parts = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local word = a << 16 | (b or 0) << 8 | (c or 0)
    parts[#parts + 1] = letters[word >> 18] .. letters[word >> 12 & 63]
      .. (b and letters[word >> 6 & 63] or "=") .. (c and letters[word & 63] or "=")
  end
  return table.concat(parts)
end

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escape(text)
  return (text:gsub('[&<>"]', escapes))
end

-- A line of a table: the first cell is a heading, or all are. Notebooks let cells end below each
-- other, unless told.
local function row(words, all_headings, left)
  local parts = {}
  for i, word in ipairs(words) do
    local tag = (i == 1 or all_headings) and "th" or "td"
    local style = left and left[i] and ' style="text-align: left; white-space: pre"' or ""
    parts[i] = ("<%s%s>%s</%s>"):format(tag, style, escape(word), tag)
  end
  return "<tr>" .. table.concat(parts) .. "</tr>"
end

local function html_table(head, body, foot)
  return ("<table>\n<thead>\n%s\n</thead>\n<tbody>\n%s\n</tbody>\n</table>\n<p>%s</p>"):format(
    table.concat(head, "\n"), table.concat(body, "\n"), escape(foot))
end

-- Lists of cells beside each other, the first two lines of which are headings.
local function html_of_cells(columns, foot)
  local lines, left = {}, {}
  for c, list in ipairs(columns) do left[c] = list.left end
  for line = 1, #columns[1] do
    local words = {}
    for c, list in ipairs(columns) do words[c] = list[line] end
    lines[line] = row(words, line <= 2, left)
  end
  return html_table({ lines[1], lines[2] }, table.move(lines, 3, #lines, 1, {}), foot)
end

local function html_of_frame(of)
  local names, ranges = of:columns(), cells.ranges(#of)
  local columns, foot = { cells.numbers(ranges) }, cells.summary(#of, #names)
  local dropped = #names - MOST_COLUMNS
  for i, name in ipairs(names) do
    if dropped > 0 and i == MOST_COLUMNS // 2 + 1 then
      columns[#columns + 1] = cells.ellipsis(ranges)
    elseif dropped <= 0 or i <= MOST_COLUMNS // 2 or i > #names - MOST_COLUMNS // 2 then
      columns[#columns + 1] = cells.column(name, of:column(name), ranges)
    end
  end
  if dropped > 0 then foot = ("%s (%d shown)"):format(foot, MOST_COLUMNS) end
  return html_of_cells(columns, foot)
end

local function html_of_column(column)
  local ranges = cells.ranges(#column)
  return html_of_cells({ cells.numbers(ranges), cells.column("", column, ranges) },
    cells.summary(#column, 1))
end

local plain = { ["nil"] = true, boolean = true, number = true, string = true }

-- A table of few plain values, by key; nil for others.
local function html_of_table(values)
  if getmetatable(values) ~= nil then return nil end
  local body = {}
  for key, value in pairs(values) do
    if #body == MOST_ENTRIES or not plain[type(key)] or not plain[type(value)] then return nil end
    body[#body + 1] = row { tostring(key), tostring(value) }
  end
  if #body == 0 then return nil end
  return html_table({ row({ "", "value" }, true) }, body, ("%d %s"):format(#body,
    #body == 1 and "entry" or "entries"))
end

local function is_closed(column)
  return not pcall(core.column_methods.type, column)
end

---HTML of a frame, a column or a small table of plain values, when it is the only value; nil for
---others, which are shown as text. Collective.
---@param ... any
---@return string?
function show.html(...)
  local value = ...
  if select("#", ...) ~= 1 then return nil end
  if frame.is_frame(value) then return html_of_frame(value) end
  if check.is_column(value) then return not is_closed(value) and html_of_column(value) or nil end
  return type(value) == "table" and html_of_table(value) or nil
end

return show
