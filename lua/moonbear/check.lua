-- Looking at what a script passes, and blaming its line for what is wrong.

local core = require "moonbear.core"

local getinfo = debug.getinfo -- a script may take `debug` away

local check = {}

---Whether it is a column. Not collective.
---@param x any
---@return boolean
function check.is_column(x)
  local metatable = getmetatable(x)
  return type(metatable) == "table" and metatable.__name == "moonbear.column"
end

---Whether it is mb.null, a missing check. Not collective.
---@param x any
---@return boolean
function check.is_null(x)
  return rawequal(x, core.null) -- columns refuse ==
end

---Whether it is a number: one of Lua's, or a result of mb.uint. Not collective.
---@param x any
---@return boolean
function check.is_number(x)
  return type(x) == "number" or core.is_uint(x)
end

---What it is, in words: "an int column", "a number", "null". Not collective.
---@param x any
---@return string
function check.describe(x)
  if x == nil then return "nil" end
  if check.is_null(x) then return "null" end
  if core.is_uint(x) then return "a uint" end
  local name = check.is_column(x) and x:type() .. " column" or type(x)
  return (name:find "^[aeiou]" and "an " or "a ") .. name
end

---The innermost line outside moonbear's own files as the beginning of a message, "script.lua:9: ";
---empty when there is none. Not collective.
---@return string
function check.site()
  local level = 2
  repeat
    local info = getinfo(level, "Sl")
    level = level + 1
    if info and info.currentline > 0 and not info.source:find("^=%[moonbear") then
      return ("%s:%d: "):format(info.short_src, info.currentline)
    end
  until not info
  return ""
end

---Raises an error that the script's line is to blame for. Not collective.
---@param message string as string.format takes it, with its arguments
---@param ... any
function check.blame(message, ...)
  error(check.site() .. message:format(...), 0)
end

return check
