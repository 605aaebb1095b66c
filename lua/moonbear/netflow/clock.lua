-- Times of flows, which may be times or numbers of seconds, and spans that options give.

local check = require "moonbear.check"
local mb = require "moonbear"
local options = require "moonbear.options"

local clock = {}

---A column of times or durations in seconds; numbers are seconds already. Not collective.
---@param column moonbear.Column
---@return moonbear.Column
function clock.seconds(column)
  local kind = column:type()
  if kind == "time" then return (column - mb.time(0)):total_seconds() end
  return kind == "duration" and column:total_seconds() or column
end

---The seconds of an option: a number, a duration, or the text of one, as "5min". Not collective.
---@param name string of the function
---@param option string
---@param value any
---@return number
function clock.span(name, option, value)
  local seconds = value
  if type(value) == "string" then
    local ok, duration = pcall(mb.duration, value)
    seconds = ok and duration:total_seconds()
  elseif check.moment_kind(value) == "duration" and not check.is_column(value) then
    seconds = value:total_seconds()
  end
  if type(seconds) ~= "number" or not (seconds > 0 and seconds < math.huge) then
    options.blame(name, option, "a number of seconds above 0 or a duration as \"5min\"", value)
  end
  return math.tointeger(seconds) or seconds
end

---The beginnings of the spans of so many seconds that times are in, of their type. Not collective.
---@param column moonbear.Column
---@param seconds number
---@return moonbear.Column
function clock.floor(column, seconds)
  if column:type() ~= "time" then return column // seconds * seconds end
  return column:floor(mb.duration(math.floor(seconds * 1e9 + 0.5), "ns"))
end

return clock
