-- Pictures as scripts of gnuplot. Plain Lua, alike on all ranks: nothing here is collective.
--
-- All text is in single quotes, in which gnuplot replaces nothing, and numbers are written whole.

local axes = require "moonbear.plot.axes"
local marks = require "moonbear.plot.marks"

local script = {}

---@class moonbear.PictureTarget
---@field kind "png"|"svg"|"pdf"|"sixel"|"text"
---@field width integer pixels, of text characters
---@field height integer

local PIXELS_OF_INCH <const> = 96

-- How each terminal of gnuplot is set up, for a width and a height.
local terminals = {
  png = "pngcairo noenhanced size %d,%d font 'sans,10' background rgb 'white'",
  svg = "svg noenhanced size %d,%d font 'sans-serif,13' background rgb 'white' name 'moonbear'",
  sixel = "sixelgd noenhanced size %d,%d font 'DejaVuSans,10' background rgb 'white' truecolor",
  pdf = "pdfcairo noenhanced size %.3fin,%.3fin font 'sans,10' background rgb 'white'",
  text = "dumb noenhanced nofeed size %d,%d mono",
}

---A text as gnuplot takes it.
---@param text string
---@return string
local function quoted(text)
  return "'" .. text:gsub("%c", " "):gsub("'", "''") .. "'"
end

local function terminal_of(target)
  local width, height = target.width, target.height
  if target.kind == "pdf" then width, height = width / PIXELS_OF_INCH, height / PIXELS_OF_INCH end
  return "set terminal " .. terminals[target.kind]:format(width, height)
end

---How many of several pictures are beside each other, and how many below.
---@param count integer
---@param width integer
---@param least integer of one
---@return integer across
---@return integer down
function script.layout(count, width, least)
  local across = math.min(count, math.max(1, width // least), count <= 3 and 3 or
    math.ceil(math.sqrt(count)))
  return across, math.ceil(count / across)
end

---The least width of one of several pictures, in pixels.
script.LEAST_PANEL = 240

local LEAST_PANEL_OF_TEXT <const>, LEAST_LINES <const> = 38, 13

-- The lines that set up an axis: scale, range and ticks.
local function axis_lines(lines, letter, axis, wanted, width)
  if axis.log then lines[#lines + 1] = ("set logscale %s 10"):format(letter) end
  lines[#lines + 1] = ("set %srange [%.17g:%.17g]"):format(letter, axis.low, axis.high)
  local ticks, labels = axes.ticks(axis, wanted)
  local words, every = {}, 1
  if width and axis.words then -- in characters, over which nothing may be written
    local longest = 0
    for _, word in ipairs(labels) do longest = math.max(longest, utf8.len(word) or #word) end
    every = math.ceil(#labels * (longest + 1) / width)
  end
  for i, at in ipairs(ticks) do
    local label = (i - 1) % every == 0 and labels[i] or ""
    words[i] = ("%s %.17g"):format(quoted(label), at)
  end
  lines[#lines + 1] = ("set %stics (%s)"):format(letter, table.concat(words, ", "))
end

-- How many ticks have room on so many pixels, or characters.
local function room(size, each)
  return math.max(2, size // each)
end

-- Whether the words of an axis have no room beside each other.
local function are_long(words, width)
  local longest = 0
  for _, word in ipairs(words or {}) do longest = math.max(longest, utf8.len(word) or #word) end
  return words and #words * (longest + 2) * 8 > width
end

local STYLE <const> = [[
set border 3 linecolor rgb '#888888'
set tics nomirror out textcolor rgb '#333333'
set grid xtics ytics linetype 1 linecolor rgb '#e4e4e4' linewidth 0.8
set style fill solid 1 noborder
set boxwidth 0.5
set palette defined (0 '#440154', 1 '#46327e', 2 '#365c8d', 3 '#277f8e', 4 '#1fa187', \
  5 '#4ac16d', 6 '#a0da39', 7 '#fde725')
set colorbox noborder]]

-- Whether any picture has more than one thing that has a name.
local function needs_key(picture)
  for _, panel in ipairs(picture.panels) do
    if #panel.marks > 1 and panel.marks[1].label then return true end
  end
  return false
end

local function set_up(picture, target, across, down)
  local text = target.kind == "text"
  local lines = { "set encoding utf8", terminal_of(target) }
  lines[#lines + 1] = text and "set border 3\nset tics nomirror out" or STYLE
  lines[#lines + 1] = needs_key(picture)
    and "set key tmargin center horizontal noautotitle" .. (text and "" or " samplen 1.5")
    or "set key noautotitle off"
  lines[#lines + 1] = "set datafile missing '?'"
  local width, height = target.width // across, target.height // down
  axis_lines(lines, "x", picture.x, text and room(width - 10, 11) or room(width - 60, 85),
    text and width - 10 or nil)
  axis_lines(lines, "y", picture.y, room(height, text and 4 or 55))
  if are_long(picture.x.words, width) and not text then
    lines[#lines + 1] = "set xtics rotate by -40 left"
  elseif #picture.notes > 0 and not text then -- room for these
    lines[#lines + 1] = "set bmargin " .. ((picture.x.label or "") ~= "" and 5 or 4)
  end
  if picture.z and not text then
    axis_lines(lines, "cb", picture.z, room(height, 55))
  end
  return lines
end

-- What a picture says below itself, on the last of several.
local function caption(picture, target)
  if target.kind == "text" or #picture.notes == 0 then return nil end
  return ("set label 99 %s at screen 0.99,0.015 right textcolor rgb '#777777'"):format(
    quoted(table.concat(picture.notes, "; ")))
end

local function label_line(letter, text)
  return text and text ~= "" and ("set %slabel %s"):format(letter, quoted(text))
    or ("unset %slabel"):format(letter)
end

-- In characters gnuplot writes the half of a label over the words of the ticks.
local function beside_ticks(lines, axis, target)
  local label, longest = axis.label or "", 0
  local _, words = axes.ticks(axis, room(target.height, 4))
  for _, word in ipairs(words) do longest = math.max(longest, utf8.len(word) or #word) end
  local n = utf8.len(label) or #label
  if n == 0 or n > target.width // 3 then return end
  lines[#lines + 1] = ("set lmargin %d\nset ylabel offset %d,0"):format(n + longest + 6,
    -((n + 1) // 2))
end

-- The lines of one picture among several, whose number counts from 0.
local function panel_lines(lines, picture, target, panel, place)
  local number, across, count = place.number, place.across, #picture.panels
  lines[#lines + 1] = panel.title and "set title " .. quoted(panel.title) or "unset title"
  local is_low = number + across >= count
  lines[#lines + 1] = label_line("x", is_low and picture.x.label)
  local is_left = number % across == 0 and not (target.kind == "text" and count > 1)
  lines[#lines + 1] = label_line("y", is_left and picture.y.label)
  if target.kind == "text" and is_left then beside_ticks(lines, picture.y, target) end
  if picture.z then lines[#lines + 1] = label_line("cb", picture.z.label) end
  if number == count - 1 then lines[#lines + 1] = caption(picture, target) end
  local clauses = {}
  for i, mark in ipairs(panel.marks) do
    local name = ("$d%d_%d"):format(number, i)
    lines[#lines + 1] = ("%s << EOD\n%s\nEOD"):format(name, marks.data(mark, picture, target))
    local title_of = mark.label and " title " .. quoted(mark.label) or ""
    local styles = marks.styles(mark, i, target)
    clauses[#clauses + 1] = ("%s %s%s"):format(name, styles[1], title_of)
    if styles[2] then clauses[#clauses + 1] = name .. " " .. styles[2] end
  end
  lines[#lines + 1] = "plot " .. table.concat(clauses, ", ")
end

---The script of gnuplot that writes a picture to standard output.
---@param picture moonbear.PictureData
---@param target moonbear.PictureTarget
---@return string
function script.of(picture, target)
  local count = #picture.panels
  local text = target.kind == "text"
  local across, down = script.layout(count, target.width,
    text and LEAST_PANEL_OF_TEXT or script.LEAST_PANEL)
  if text then
    -- A line for each bar of each word, and some for what is around them.
    local bars = #picture.panels[1].marks
    local words = picture.y.words and math.ceil(#picture.y.words * bars * 1.15) + 7 or 0
    target = { kind = "text", width = target.width,
      height = math.max(target.height, words, down > 1 and LEAST_LINES * down or 0) }
  end
  local lines = set_up(picture, target, across, down)
  -- Also of one picture: so its title is above the key.
  local title = picture.title and " title " .. quoted(picture.title) or ""
  if title ~= "" and not text then title = title .. " font ',13'" end
  lines[#lines + 1] = ("set multiplot layout %d,%d%s"):format(down, across, title)
  for i, panel in ipairs(picture.panels) do
    panel_lines(lines, picture, target, panel, { number = i - 1, across = across })
  end
  lines[#lines + 1] = "unset multiplot\n"
  return table.concat(lines, "\n")
end

return script
