-- Strings of expressions, which are written as in Lua: in either quotes, with its escapes, or in
-- long brackets, without.

local strings = {}

local meanings = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v",
  ["\\"] = "\\", ['"'] = '"', ["'"] = "'", ["\n"] = "\n" }

-- What an escape means, from the character behind its backslash on, and where it has ended; nil
-- when it is none of Lua's.
local function meaning_of(literal, at)
  local character = literal:sub(at, at)
  if meanings[character] then return meanings[character], at + 1 end
  if character == "z" then return "", literal:match("^%s*()", at + 1) end
  local hexadecimal = literal:match("^x(%x%x)", at)
  if hexadecimal then return string.char(tonumber(hexadecimal, 16)), at + 3 end
  local decimal = literal:match("^%d%d?%d?", at)
  if decimal and tonumber(decimal) < 256 then
    return string.char(tonumber(decimal)), at + #decimal
  end
  local code = literal:match("^u{(%x+)}", at)
  if code and #code <= 8 and tonumber(code, 16) < 1 << 31 then
    return utf8.char(tonumber(code, 16)), at + #code + 3
  end
end

-- What stands in long brackets: without an end of line that comes first; the others are "\n",
-- whichever of the four that Lua knows they are.
local function value_of_long(literal)
  local text, lines, at = literal:match "^%[=*%[(.*)%]=*%]$", {}, 1
  while true do
    local ends = text:find("[\r\n]", at)
    lines[#lines + 1] = text:sub(at, (ends or 0) - 1)
    if not ends then break end
    at = ends + ((text:find("^\r\n", ends) or text:find("^\n\r", ends)) and 2 or 1)
  end
  if lines[1] == "" and #lines > 1 then table.remove(lines, 1) end
  return table.concat(lines, "\n")
end

---What a string says that is written in quotes or in long brackets; nil, and where the fault is,
---for an escape that Lua does not have. Not collective.
---@param literal string with its quotes or brackets
---@return string?
---@return integer? at
function strings.value(literal)
  if literal:find "^%[" then return value_of_long(literal) end
  local parts, at = {}, 2
  while true do
    local escape = literal:find("\\", at, true)
    parts[#parts + 1] = literal:sub(at, (escape or #literal) - 1)
    if not escape then return table.concat(parts) end
    local meaning, past = meaning_of(literal, escape + 1)
    if not meaning then return nil, escape end
    parts[#parts + 1], at = meaning, past
  end
end

return strings
