-- Tables of rows of text and of what Python makes of them, as data/text_tables.py prints them.
local helper = require "spec.helper"
local mb = require "moonbear"

local text_tables = {}

---What the program prints of a kind of table.
function text_tables.output(...) return helper.data_output("text_tables.py", ...) end

---Bytes that are written in hexadecimal digits.
function text_tables.unhex(hex)
  return (hex:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))
end

---A value of a table: =hex, a number, a boolean, or - for a missing one.
function text_tables.value_of(word)
  if word == "-" then return mb.null end
  if word:sub(1, 1) == "=" then return text_tables.unhex(word:sub(2)) end
  if word == "true" or word == "false" then return word == "true" end
  return (assert(math.tointeger(word), word))
end

return text_tables
