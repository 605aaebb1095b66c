-- What all kinds of pictures have in common: their options, their axes, and how they are put
-- together.

local axes = require "moonbear.plot.axes"
local check = require "moonbear.check"
local options = require "moonbear.options"
local picture = require "moonbear.plot.picture"
local script = require "moonbear.plot.script"

local build = {}

local MORE <const> = 150 -- pixels of height for another row of pictures
local WIDTH <const>, HEIGHT <const>, LEAST <const>, MOST <const> = 800, 500, 100, 10000

local common = {
  file = { "string" }, title = { "string" }, xlabel = { "string" }, ylabel = { "string" },
  log = { "string", "" }, by = { "any" }, width = { "integer", WIDTH },
  height = { "integer" },
}

---The options of a picture, with what all have and `log` as a set of letters. Raises for those that
---it does not have.
---@param plot string the name of the function
---@param given? table
---@param own? table as options.check takes it; false takes a common one away
---@param letters? string the axes that may be logarithmic; "xy" unless told
---@return table
function build.options(plot, given, own, letters)
  local known = {}
  for name, it in pairs(common) do known[name] = it end
  for name, it in pairs(own or {}) do known[name] = it or nil end
  local o = options.check(plot, given, known)
  letters = letters or "xy"
  local log = {}
  for letter in (o.log or ""):gmatch "." do
    if not letters:find(letter, 1, true) then
      local expected = ("letters of '%s', the axes that are logarithmic,"):format(letters)
      options.blame(plot, "log", expected, o.log)
    end
    log[letter] = true
  end
  o.log, o.plot = log, plot
  for _, name in ipairs { "width", "height" } do
    if o[name] and (o[name] < LEAST or o[name] > MOST) then
      options.blame(plot, name, ("pixels from %d to %d"):format(LEAST, MOST), o[name])
    end
  end
  return o
end

---An axis, with the label that was given or one that suits.
---@param o table options
---@param letter "x"|"y"
---@param axis moonbear.Axis
---@param label? string
---@return moonbear.Axis
function build.axis(o, letter, axis, label)
  axis.log = o.log[letter] and axis.kind ~= "words" or nil
  if axis.log and axis.kind == "time" then
    check.blame("%s: an axis of times is not logarithmic", o.plot)
  end
  axis.label = o[letter .. "label"] or label or axis.kind == "time" and "time (UTC)" or nil
  return axis
end

---Rows that were left out of or put together in a picture.
---@param notes string[]
---@param note? string
function build.note(notes, note)
  if not note then return end
  for _, other in ipairs(notes) do if other == note then return end end
  notes[#notes + 1] = note
end

---A note of values that a logarithmic axis leaves out.
---@param notes string[]
---@param left_out integer
---@param name? string of what has them, where there are several
function build.note_left_out(notes, left_out, name)
  if left_out == 0 then return end
  local of = name and " of " .. name or ""
  build.note(notes, left_out == 1 and ("1 value%s at 0 or below is not shown"):format(of)
    or ("%s values%s at 0 or below are not shown"):format(axes.grouped(left_out), of))
end

---The least and greatest of what rows have at some places; what is not finite, or not above 0 where
---told, does not count. nil where nothing does.
---@param panels table[]
---@param places integer[]
---@param log? boolean
---@return number?
---@return number?
function build.extent(panels, places, log)
  local least, most = math.huge, -math.huge
  for _, panel in ipairs(panels) do
    for _, mark in ipairs(panel.marks) do
      for _, row in ipairs(mark.rows) do
        for _, place in ipairs(places) do
          local x = row[place]
          if x == x and x < math.huge and x > -math.huge and not (log and x <= 0) then
            least, most = math.min(least, x), math.max(most, x)
          end
        end
      end
    end
  end
  if least <= most then return least, most end
end

---Fits an axis around what rows have at some places. Raises where nothing can be shown.
---@param data moonbear.PictureData
---@param axis moonbear.Axis
---@param places integer[]
---@param tight? boolean
function build.fit(data, axis, places, tight)
  local least, most = build.extent(data.panels, places, axis.log)
  if not least and axis.kind ~= "words" then
    check.blame("%s: there is nothing to draw: no row has a value %s", data.plot, axis.log
      and "above 0, as a logarithmic axis needs" or "that is not missing or NaN")
  end
  axes.fit(axis, least, most, tight)
end

---A picture of what was prepared, saved where the options say so. Collective if it is saved.
---@param o table
---@param data moonbear.PictureData
---@return moonbear.Picture
function build.finish(o, data)
  local _, down = script.layout(#data.panels, o.width, script.LEAST_PANEL)
  data.title, data.width = o.title, o.width
  data.height = o.height or math.min(HEIGHT + MORE * (down - 1), MOST)
  local result = picture.new(data)
  if o.file then result:save(o.file) end
  return result
end

return build
