-- What is drawn in a picture: its rows of numbers as gnuplot reads them, and how it looks. Nothing
-- here is collective.
--
-- A mark is a table with `kind`, `rows` (lists of numbers) and for some a `label`:
--   boxes    {from, to, count}: bars of a histogram
--   line     {x, y}: joined points; NaN leaves a gap
--   points   {x, y}
--   cells    {x from, x to, y from, y to, value}: coloured by the value
--   bars     {value, from, to}: bars that begin at 0 and go to the right, between two heights
--   candles  {place, low, first quartile, median, third quartile, high}

local marks = {}

---@class moonbear.Mark
---@field kind "boxes"|"line"|"points"|"cells"|"bars"|"candles"
---@field rows number[][]
---@field label? string

-- Okabe and Ito's colours, which the colour-blind can tell apart.
local COLORS <const> = { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
  "#000000", "#999999" }

-- From nothing to much, where there are no colours.
local RAMP <const> = { ".", ":", "-", "=", "+", "*", "%", "#", "@" }

local MANY_POINTS <const> = 2000

local function words_of(row, format)
  local words = {}
  for i, x in ipairs(row) do words[i] = x ~= x and "NaN" or format:format(x) end
  return table.concat(words, " ")
end

-- The middle of two places on an axis.
local function middle(axis, from, to)
  return axis.log and math.sqrt(from * to) or (from + to) / 2
end

-- Which of so many equal parts of an axis a value is in, from 0.
local function part_of(axis, value, parts)
  local low, high = axis.low, axis.high
  if axis.log then low, high, value = math.log(low), math.log(high), math.log(value) end
  local part = (value - low) / (high - low) * parts // 1
  return math.tointeger(math.max(0, math.min(parts - 1, part)))
end

local function middle_of_part(axis, part, parts)
  local low, high = axis.low, axis.high
  if axis.log then low, high = math.log(low), math.log(high) end
  local at = low + (high - low) * (part + 0.5) / parts
  return axis.log and math.exp(at) or at
end

local function shade(z, value)
  local low, high = z.low, z.high
  if z.log then low, high, value = math.log(low), math.log(high), math.log(value) end
  local share = high > low and (value - low) / (high - low) or 1
  return RAMP[math.max(1, math.min(#RAMP, 1 + (share * #RAMP) // 1)) // 1]
end

-- Places on an axis closer than characters, so that each of these meets one.
local FINER <const> = 2

-- The places of an axis with so many characters that are in a stretch of it, or its middle.
local function places_within(axis, from, to, count)
  count = count * FINER
  local first, last = part_of(axis, from, count), part_of(axis, to, count)
  local places = {}
  for part = first, last do
    local at = middle_of_part(axis, part, count)
    if at >= from and at < to then places[#places + 1] = at end
  end
  if #places == 0 then places[1] = middle(axis, from, to) end
  return places
end

-- Cells as characters, the greatest values over others.
local function characters(mark, picture, target)
  local lines, sorted = {}, table.move(mark.rows, 1, #mark.rows, 1, {})
  table.sort(sorted, function(a, b) return a[5] < b[5] end)
  for _, row in ipairs(sorted) do
    local letter = shade(picture.z, row[5])
    local across = places_within(picture.x, row[1], row[2], target.width)
    for _, y in ipairs(places_within(picture.y, row[3], row[4], target.height)) do
      for _, x in ipairs(across) do
        lines[#lines + 1] = ("%.9g %.9g %s"):format(x, y, letter)
      end
    end
  end
  return table.concat(lines, "\n")
end

-- Bars of a histogram as lines of characters.
local function columns_of_text(row, picture, target)
  local lines = {}
  for i, x in ipairs(places_within(picture.x, row[1], row[2], target.width)) do
    lines[i] = ("%.9g %.17g"):format(x, row[3])
  end
  return table.concat(lines, "\n")
end

-- A row as gnuplot's style takes it.
local rows = {}

function rows.boxes(row, picture)
  local x, y = picture.x, picture.y
  return { middle(x, row[1], row[2]), row[3], row[1], row[2], y.log and y.low or 0, row[3] }
end

-- A bit of the next cell, which is drawn over it: else there would be a seam.
local SEAM <const> = 0.04

function rows.cells(row, picture)
  local x, y = picture.x, picture.y
  local right, top = row[2] + (row[2] - row[1]) * SEAM, row[4] + (row[4] - row[3]) * SEAM
  return { middle(x, row[1], row[2]), middle(y, row[3], row[4]), row[1], math.min(right, x.high),
    row[3], math.min(top, y.high), row[5] }
end

function rows.bars(row, picture)
  local start = picture.x.log and picture.x.low or 0
  return { row[1], (row[2] + row[3]) / 2, math.min(start, row[1]), math.max(start, row[1]), row[2],
    row[3] }
end

function rows.candles(row)
  return { row[1], row[3], row[2], row[6], row[5], row[4] }
end

-- A bar as a line of characters.
local function bar_of_text(row, picture)
  local start = picture.x.log and picture.x.low or 0
  local at = (row[2] + row[3]) / 2
  return ("%.17g %.17g\n%.17g %.17g\n"):format(start, at, row[1], at)
end

-- Whether a row can be seen: none can at 0 on a logarithmic axis.
local function is_seen(mark, row, picture)
  if mark.kind == "boxes" then return row[3] > 0 end
  if mark.kind == "line" or mark.kind == "points" then
    return not (picture.x.log and row[1] <= 0 or picture.y.log and row[2] <= 0)
  end
  return not (mark.kind == "bars" and picture.x.log and row[1] <= 0)
end

-- Whether a line passes through a row alone, between others that have no value: it would not show.
local function is_alone(lines, i)
  local function has_value(row) return row and row[2] == row[2] end
  return has_value(lines[i]) and not has_value(lines[i - 1]) and not has_value(lines[i + 1])
end

local function has_lone_rows(mark)
  for i in ipairs(mark.rows) do
    if mark.kind == "line" and is_alone(mark.rows, i) then return true end
  end
  return false
end

---The rows of a mark as lines of numbers.
---@param mark moonbear.Mark
---@param picture moonbear.PictureData
---@param target moonbear.PictureTarget
---@return string
function marks.data(mark, picture, target)
  local text = target.kind == "text"
  if text and mark.kind == "cells" then return characters(mark, picture, target) end
  local lines, shape = {}, rows[mark.kind]
  for i, row in ipairs(mark.rows) do
    if is_seen(mark, row, picture) then
      if mark.kind == "line" then
        local alone = is_alone(mark.rows, i) and row[2] or 0 / 0
        lines[#lines + 1] = words_of({ row[1], row[2], alone }, "%.17g")
      elseif text and mark.kind == "bars" then
        lines[#lines + 1] = bar_of_text(row, picture)
      elseif text and mark.kind == "boxes" then
        lines[#lines + 1] = columns_of_text(row, picture, target)
      else
        lines[#lines + 1] = words_of(shape and shape(row, picture) or row, "%.17g")
      end
    elseif mark.kind == "line" then
      lines[#lines + 1] = words_of({ row[1], 0 / 0, 0 / 0 }, "%.17g")
    end
  end
  if #lines == 0 then lines[1] = "NaN NaN NaN NaN NaN NaN NaN" end
  return table.concat(lines, "\n")
end

-- Styles in characters.
local of_text = {
  boxes = "using 1:2 with impulses",
  line = "using 1:2 with lines",
  points = "using 1:2 with points",
  cells = "using 1:2:3 with labels",
  bars = "using 1:2 with lines",
  candles = "using 1:2:3:4:5 with candlesticks whiskerbars 0.5",
}

-- Styles in colours.
local styles = {
  boxes = "using 1:2:3:4:5:6 with boxxyerror fillstyle solid 0.85 noborder fillcolor rgb '%s'",
  line = "using 1:2 with lines linewidth 1.8 linecolor rgb '%s'",
  points = "using 1:2 with points pointtype 7 pointsize %.2g linecolor rgb '%s'",
  cells = "using 1:2:3:4:5:6:7 with boxxyerror fillstyle solid 1 noborder fillcolor palette",
  bars = "using 1:2:3:4:5:6 with boxxyerror fillstyle solid 0.85 noborder fillcolor rgb '%s'",
}

local LONE <const> = "using 1:3 with points pointtype 7 pointsize 0.45 linecolor rgb '%s'"

---How a mark is drawn, as gnuplot has it behind the data: a list, of two for what is drawn twice.
---@param mark moonbear.Mark
---@param number integer of the mark, which has its colour
---@param target moonbear.PictureTarget
---@return string[]
function marks.styles(mark, number, target)
  local color = COLORS[(number - 1) % #COLORS + 1]
  if target.kind == "text" then
    if mark.kind == "points" then return { of_text.points .. (" pointtype %d"):format(number) } end
    return { of_text[mark.kind], mark.kind == "candles" and "using 1:6 with points pointtype 13"
      or has_lone_rows(mark) and "using 1:3 with points" }
  elseif mark.kind == "points" then
    local many = #mark.rows > MANY_POINTS
    -- gnuplot's own transparency, which sixels have not.
    local clear = target.kind ~= "sixel" and (many and "#b0" or "#60") or "#"
    return { styles.points:format(many and 0.25 or 0.55, clear .. color:sub(2)) }
  elseif mark.kind == "candles" then
    return { ("using 1:2:3:4:5 with candlesticks whiskerbars 0.5 linewidth 1.2 linecolor rgb '%s' "
      .. "fillstyle solid 0.3 border rgb '%s'"):format(color, color),
      ("using 1:6:6:6:6 with candlesticks linewidth 2.5 linecolor rgb '%s'"):format(color) }
  end
  return { styles[mark.kind]:format(color), has_lone_rows(mark) and LONE:format(color) or nil }
end

return marks
