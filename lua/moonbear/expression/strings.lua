-- Strings of expressions, which are written as in Lua: in either quotes, with its escapes.

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

---What a string says that is written in quotes; nil, and where the fault is, for an escape that Lua
---does not have. Not collective.
---@param literal string with its quotes
---@return string?
---@return integer? at
function strings.value(literal)
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
