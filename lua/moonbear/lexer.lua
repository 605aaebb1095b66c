-- The tokens of Lua code, also of code that is not finished or not right.

local lexer = {}

---@class moonbear.LuaToken
---@field kind "name"|"number"|"string"|"comment"|"symbol"
---@field text string as it is written
---@field at integer where it begins
---@field open? boolean the code ends before a string or a comment does

-- Symbols of several characters.
local symbols = {}
for symbol in ("... << >> // == ~= <= >= :: .."):gmatch "%S+" do symbols[symbol] = true end

---The end of something that begins with a long bracket, `[[` or `[==[`; nil when it is open. Not
---collective.
---@param code string
---@param at integer where it begins
---@param level string the `=` between its brackets
---@return integer?
function lexer.end_of_long(code, at, level)
  local _, last = code:find("]" .. level .. "]", at, true)
  return last
end

---The last character of a string in quotes that begins at a place, the end of the line or of the
---code where there is no other quote; and which of these it is. Not collective.
---@param code string
---@param at integer
---@return integer last
---@return "quote"|"line"|"code"
function lexer.end_of_quoted(code, at)
  local stops, i = '[\\\n' .. code:sub(at, at) .. "]", at + 1
  while true do
    i = code:find(stops, i)
    local c = i and code:sub(i, i)
    if not c then return #code, "code" end
    if c == "\n" then return i - 1, "line" end
    if c ~= "\\" then return i, "quote" end
    i = code:match("^z%s*()", i + 1) or i + 2
  end
end

local function long(code, at, kind, level)
  local last = lexer.end_of_long(code, at, level)
  return kind, last or #code, not last
end

-- The kind of the token at a place, its last character, and whether it is open.
local function scan(code, at)
  local first = code:sub(at, at)
  if first:find "[%a_]" then return "name", code:match("^[%w_]+()", at) - 1 end
  if code:find("^%.?%d", at) then
    local last = code:match("^0[xX][%x.]*[pP][+-]?[%w_]*()", at) or
      code:match("^%.?[%d.]*[eE][+-]?[%w_]*()", at) or code:match("^%.?%d[%w_.]*()", at)
    return "number", last - 1
  end
  if first == '"' or first == "'" then
    local last, stop = lexer.end_of_quoted(code, at)
    return "string", last, stop == "code"
  end
  local level = code:match("^%-%-%[(=*)%[", at)
  if level then return long(code, at, "comment", level) end
  if code:find("^%-%-", at) then
    local last = code:match("^[^\n]*()", at) - 1
    return "comment", last, last == #code
  end
  level = code:match("^%[(=*)%[", at)
  if level then return long(code, at, "string", level) end
  for last = at + 2, at + 1, -1 do
    if last <= #code and symbols[code:sub(at, last)] then return "symbol", last end
  end
  return "symbol", at
end

---The tokens of a text, comments too. Not collective.
---@param code string
---@return moonbear.LuaToken[]
function lexer.tokens(code)
  local tokens, at = {}, code:match "^%s*()"
  while at <= #code do
    local kind, last, open = scan(code, at)
    tokens[#tokens + 1] = { kind = kind, text = code:sub(at, last), at = at, open = open or nil }
    at = code:match("^%s*()", last + 1)
  end
  return tokens
end

---Words that are no names. Not collective.
lexer.keywords = {}
for word in ("and break do else elseif end false for function goto if in local nil not or " ..
  "repeat return then true until while"):gmatch "%a+" do
  lexer.keywords[word] = true
end

return lexer
