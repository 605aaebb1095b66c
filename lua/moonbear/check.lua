-- Looking at what a script passes, and blaming its line for what is wrong.

local core = require "moonbear.core"

local getinfo = debug.getinfo -- a script may take `debug` away

local check = {}

---Which of moonbear's own objects it is; nil for others. Not collective.
---@param x any
---@return string? # as "column", "frame", "time"
function check.class(x)
  local metatable = getmetatable(x)
  local name = type(metatable) == "table" and rawget(metatable, "__name")
  return type(name) == "string" and name:match "^moonbear%.(%l+)$" or nil
end

---Whether it is a column. Not collective.
---@param x any
---@return boolean
function check.is_column(x)
  local metatable = getmetatable(x)
  return type(metatable) == "table" and metatable.__name == "moonbear.column"
end

---Whether it is a column whose values were given up by `close`. Not collective.
---@param x any
---@return boolean
function check.is_closed(x)
  return check.is_column(x) and not pcall(x.type, x)
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

-- Types that say all about their columns' values, which no string stands for.
local plain = { bool = true, int = true, uint = true, float = true }

---Whether it is a column beside whose values a script may write strings: of text, or of a type that
---reads its values from strings. Not collective.
---@param x any
---@return boolean
function check.takes_strings(x)
  return check.is_column(x) and not plain[x:type()]
end

---Whether it is a column of numbers, of which bools are some. Not collective.
---@param x any
---@return boolean
function check.is_numeric(x)
  return check.is_column(x) and plain[x:type()] ~= nil
end

---"time" or "duration": of a column its type, of a scalar what it is. Not collective.
---@param x any
---@return "time"|"duration"|nil
function check.moment_kind(x)
  if check.is_column(x) then return core.unit_of(x) and x:type() end
  return core.moment_kind(x)
end

---Whether it is a scalar that arithmetic takes: a number, a time or a duration. Not collective.
---@param x any
---@return boolean
function check.is_quantity(x)
  return check.is_number(x) or core.moment_kind(x) ~= nil
end

---What it is, in words: "an int column", "a number", "null". Not collective.
---@param x any
---@return string
function check.describe(x)
  if x == nil then return "nil" end
  if check.is_null(x) then return "null" end
  if core.is_uint(x) then return "a uint" end
  if check.is_closed(x) then return "a closed column" end
  local class = check.class(x)
  if class and class:find "^scan%l" then return ("a %s of a scan"):format(class:sub(5)) end
  local name = class == "column" and x:type() .. " column" or class or type(x)
  return (name:find "^[aeio]" and "an " or "a ") .. name
end

---What it is, or its value where that is short: "the string 'desc'", "3". Not collective.
---@param x any
---@return string
function check.show(x)
  if type(x) == "string" and #x <= 40 then return ("the string '%s'"):format(x) end
  if type(x) == "number" then return tostring(x) end
  return check.describe(x)
end

---A name in a message: what is no string in words. Not collective.
---@param x any
---@return string
function check.name(x)
  return type(x) == "string" and x or tostring(x)
end

-- What is known of the innermost line outside moonbear's own files; nil when there is none.
local function script_line()
  local level = 2
  repeat
    local info = getinfo(level, "Sl")
    level = level + 1
    if info and info.currentline > 0 and not info.source:find("^=%[moonbear") then return info end
  until not info
end

---The innermost line outside moonbear's own files as the beginning of a message, "script.lua:9: ";
---empty when there is none. Not collective.
---@return string
function check.site()
  local info = script_line()
  return info and ("%s:%d: "):format(info.short_src, info.currentline) or ""
end

---Whether the script's line calls a method of this name, as `x:name()`: a look at its text, since
---Lua tells no difference between `x.name` and `x:name()`. Not collective.
---@param name string
---@return boolean
function check.calls_method(name)
  local info = script_line()
  local text, number = info and core.sources[info.source] or "", 0
  for line in text:gmatch "[^\n]*" do
    number = number + 1
    if number == info.currentline then return line:find(":%s*" .. name .. "%f[^%w_]") ~= nil end
  end
  return false
end

---"1 row", "2 rows". Not collective.
---@param n integer
---@param word string
---@return string
function check.plural(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

---Raises an error that the script's line is to blame for. Not collective.
---@param message string as string.format takes it, with its arguments
---@param ... any
function check.blame(message, ...)
  -- Names may have any bytes; a message is one line.
  error(check.site() .. (message:format(...):gsub("%c", "?")), 0)
end

---Raises an error for an argument of the running function, counted as its caller does: without the
---object of a method. Not collective.
---@param number integer
---@param name string of the function
---@param expected string in words
---@param got any
---@param mend? string what to write instead, as the end of the message
function check.argument(number, name, expected, got, mend)
  local reason = type(got) == "boolean" and core.boolean_mend or check.show(got)
  if not expected:find "column" then reason = check.show(got) end
  check.blame("bad argument #%d to '%s' (%s expected, got %s)%s", number, name, expected, reason,
    mend or "")
end

---Raises unless the first argument of the running function is a path. Not collective.
---@param name string of the function
---@param path any
function check.path(name, path)
  if type(path) ~= "string" then check.argument(1, name, "string", path) end
  if path == "" then check.blame("bad argument #1 to '%s': the path is empty", name) end
end

---A list of strings from a value that may be one string; nil for others, and for a list of others
---also what is wrong with it. Not collective.
---@param value any
---@return string[]?
---@return string?
function check.string_list(value)
  if type(value) == "string" then return { value } end
  if type(value) ~= "table" or check.class(value) then return nil end
  for i = 1, #value do
    if type(value[i]) ~= "string" then
      return nil, ("number %d of the list must be a string, got %s"):format(i,
        check.describe(value[i]))
    end
  end
  return value
end

---A list of strings, of one at least, from an argument that may be one string. Not collective.
---@param value any
---@param argument integer
---@param name string of the function
---@return string[]
function check.strings(value, argument, name)
  local list, wrong = check.string_list(value)
  if list and #list == 0 then
    wrong = next(list) == nil and "the list is empty"
      or "string or list of strings expected, got a table with names"
  end
  if wrong then check.blame("bad argument #%d to '%s' (%s)", argument, name, wrong) end
  return list or check.argument(argument, name, "string or list of strings", value)
end

---A list of strings, each of which is there once. Not collective.
---@param value any
---@param argument integer
---@param name string of the function
---@return string[]
function check.distinct(value, argument, name)
  local list, seen = check.strings(value, argument, name), {}
  for _, string in ipairs(list) do
    if seen[string] then
      check.blame("bad argument #%d to '%s' ('%s' is there twice)", argument, name, string)
    end
    seen[string] = true
  end
  return list
end

return check
