-- Pictures: what was prepared of columns, to be shown and saved in any form.

local check = require "moonbear.check"
local core = require "moonbear.core"
local gnuplot = require "moonbear.plot.gnuplot"
local names = require "moonbear.names"
local script = require "moonbear.plot.script"

---@class moonbear.PictureData
---@field plot string the name of the function
---@field panels {title: string?, marks: moonbear.Mark[]}[]
---@field x moonbear.Axis
---@field y moonbear.Axis
---@field z? moonbear.Axis of colours
---@field title? string
---@field notes string[] what was left out or put together
---@field width integer pixels
---@field height integer

---What a function of `mb.plot` gives. At a prompt it shows itself, in a notebook as an image, in a
---terminal as sixels where it has them and else in characters; `tostring(picture)` are these.
---@class moonbear.Picture
local Picture = {}

local meta = { __name = "moonbear.picture" }

local DATA = {} -- a key that no script has

local KINDS <const> = { png = "png", svg = "svg", pdf = "pdf", txt = "text", text = "text",
  six = "sixel", sixel = "sixel" }

local WIDTH <const>, HEIGHT <const>, LEAST_WIDTH <const>, LEAST_HEIGHT <const> = 79, 24, 30, 10
local MOST_WIDTH <const>, MOST_HEIGHT <const> = 110, 30 -- unless told

-- What stands below a picture in characters.
local function with_notes(text, notes)
  text = text:gsub("^\n+", ""):gsub("[ \n]+\n", "\n"):gsub("%s+$", "")
  return #notes > 0 and ("%s\n%s"):format(text, table.concat(notes, "; ")) or text
end

local function characters(width, height)
  return {
    kind = "text", width = width or math.min(core.width or WIDTH, MOST_WIDTH),
    height = height or math.min((core.height or HEIGHT) - 3, MOST_HEIGHT),
  }
end

local function text_of(data, width, height)
  local target = characters(width, height)
  target.width = math.max(target.width, LEAST_WIDTH)
  target.height = math.max(target.height, LEAST_HEIGHT)
  return with_notes(gnuplot.draw(script.of(data, target)), data.notes)
end

local function target_of(data, kind)
  return { kind = kind, width = data.width, height = data.height }
end

local function count(name, argument, value, least)
  if value == nil or math.type(value) == "integer" and value >= least and value <= 1000 then
    return value
  end
  check.argument(argument, name, ("a number of characters from %d to 1000"):format(least), value)
end

---The picture in characters. Collective. Raises where gnuplot is missing, naming its package.
---@param width? integer characters; those of the terminal unless told
---@param height? integer lines
---@return string
function Picture:text(width, height)
  return text_of(self[DATA], count("text", 1, width, LEAST_WIDTH),
    count("text", 2, height, LEAST_HEIGHT))
end

---Writes the picture to a file, by the end of its name: `.png`, `.svg`, `.pdf`, `.six` (sixels) or
---`.txt`. The file is there as a whole or as it was. Collective. Raises for other ends, where the
---file cannot be written, and where gnuplot is missing, naming its package.
---@param path string
---@return moonbear.Picture # itself
function Picture:save(path)
  if type(path) ~= "string" then check.argument(1, "save", "path", path) end
  local ending = path:match "%.([^./]+)$" or ""
  local kind = KINDS[ending:lower()]
  if not kind or path:find "\0" then
    check.blame("save: '%s' does not end with .png, .svg, .pdf, .txt or .six, by which a picture "
      .. "knows what to be", path)
  end
  local data = self[DATA]
  if kind == "text" then
    gnuplot.save(path, nil, text_of(data, WIDTH, HEIGHT) .. "\n")
  else
    gnuplot.save(path, script.of(data, target_of(data, kind)))
  end
  return self
end

---Shows the picture now: in a notebook as an image, elsewhere it is printed in characters.
---Collective. Raises as `picture:text` does.
function Picture:show()
  if not core.display then return print(text_of(self[DATA])) end
  core.display(self)
end

meta.__index = function(_, name)
  local method = Picture[name]
  if method or type(name) ~= "string" then return method end
  local known = names.of(Picture)
  check.blame("a picture has no method '%s'%s", name, names.mend("picture", name, known))
end

function meta.__tostring(self) return text_of(self[DATA]) end

local picture = { methods = Picture }

---A picture of what was prepared.
---@param data moonbear.PictureData
---@return moonbear.Picture
function picture.new(data)
  return setmetatable({ [DATA] = data }, meta)
end

---Whether it is a picture. Not collective.
---@param x any
---@return boolean
function picture.is_picture(x)
  return debug.getmetatable(x) == meta
end

---What was prepared, which tests look at. Not collective.
---@param self moonbear.Picture
---@return moonbear.PictureData
function picture.data(self) return self[DATA] end

---What stands for the picture where an image is beside it. Not collective.
---@param self moonbear.Picture
---@return string
function picture.describe(self)
  local data = self[DATA]
  return ("picture(%s%s)"):format(data.plot, data.title and ": " .. data.title or "")
end

---The bytes of an image. Collective. Raises where gnuplot is missing.
---@param self moonbear.Picture
---@param kind "png"|"svg"|"sixel"
---@return string
function picture.image(self, kind)
  return gnuplot.draw(script.of(self[DATA], target_of(self[DATA], kind)))
end

return picture
