-- The tokens of expression strings, which are Lua's, with `$name` and `in`.

local core = require "moonbear.core"
local lexer = require "moonbear.lexer"
local operators = require "moonbear.expression.operators"

---@class moonbear.Token
---@field kind "name"|"number"|"param"|"string"|"symbol"|"end"
---@field text string
---@field name? string what a name stands for: in backquotes it may be any text
---@field at integer where it begins
---@field symbol? string the text of an operator, be it a word, or of punctuation

local tokens = {}

local words = { ["and"] = true, ["or"] = true, ["not"] = true, ["in"] = true }

---What others write, and what Lua has for it.
tokens.foreign = {
  ["="] = "==", ["!="] = "~=", ["&&"] = "and", ["||"] = "or", ["!"] = "not", ["**"] = "^",
}

-- As much as Lua takes for one numeral, well-formed or not.
local function match_numeral(text, at)
  return text:find("^%.?%d", at) and (text:match("^0[xX][%x.]*[pP][+-]?[%w_.]*", at)
    or text:match("^0[xX][%w_.]*", at) or text:match("^[%d.]+[eE][+-]?[%w_.]*", at)
    or text:match("^[%w_.]+", at))
end

---The number of a numeral: Lua's, but a `mb.uint` of a whole number below 2^64 that neither Lua's
---integers nor its floats have. Nil when it is malformed.
---@param text string
---@return number|moonbear.uint?
function tokens.number(text)
  local number = tonumber(text)
  if math.type(number) ~= "float" or not text:find "^%d+$" then return number end
  local ok, whole = pcall(core.uint, text)
  return ok and core.math.ne(whole, number) and whole or number
end

-- A string in quotes or in long brackets, as it is written; nil when it does not end.
local function match_string(text, at)
  local level = text:match("^%[(=*)%[", at)
  if level then
    local last = lexer.end_of_long(text, at, level)
    return last and text:sub(at, last)
  end
  if not text:find("^[\"']", at) then return nil end
  local last, stop = lexer.end_of_quoted(text, at)
  return stop == "quote" and text:sub(at, last) or nil
end

local function match_symbol(text, at)
  local two = text:sub(at, at + 1)
  if operators.binary[two] or tokens.foreign[two] then return two end
  return text:match("^" .. utf8.charpattern, at) or text:sub(at, at)
end

---Whether a token of a text is the beginning of a string that does not end.
---@param token moonbear.Token
---@param text string
---@return boolean
function tokens.opens_string(token, text)
  local symbol = token.symbol
  return symbol == '"' or symbol == "'" or symbol == "[" and text:find("^%[=*%[", token.at) ~= nil
end

---The first token at a place of a text or behind it. Blanks and comments are passed over.
---@param text string
---@param at integer
---@return moonbear.Token
function tokens.read(text, at)
  at = text:match("^%s*()", at)
  while text:find("^%-%-", at) do at = text:match("^[^\n]*%s*()", at) end
  if at > #text then return { kind = "end", text = "end", at = at } end
  local function token(kind, characters)
    return characters and { kind = kind, text = characters, at = at }
  end
  local word = text:match("^[%a_][%w_]*", at)
  if word and not words[word] then return token("name", word) end
  local quoted = text:match("^`[^`\n]+`", at)
  if quoted then return { kind = "name", text = quoted, name = quoted:sub(2, -2), at = at } end
  local symbol = word or match_symbol(text, at)
  return token("number", match_numeral(text, at))
    or token("param", text:match("^$[%a_][%w_]*", at))
    or token("string", match_string(text, at))
    or { kind = "symbol", text = symbol, at = at, symbol = symbol }
end

-- Characters shown of a long line, and how many of them before the fault.
local SHOWN <const>, BEFORE <const> = 100, 70

---A message with its place in a text:
---
---    expression, column 9: unexpected 'x', expected an operator
---      dstPort x 80
---              ^
---@param message string
---@param text string
---@param at integer
---@return string
function tokens.locate(message, text, at)
  local before = text:sub(1, at - 1)
  local _, lines = before:gsub("\n", "")
  local line = lines > 0 and ("line %d, "):format(lines + 1) or ""
  local column = #before:match("[^\n]*$"):gsub("[\x80-\xBF]", "") + 1
  local margin = before:match("[^\n]*$"):sub(-BEFORE)
  local shown = text:sub(at - #margin, at - #margin + SHOWN - 1):match "[^\n]*"
  local blank = margin:gsub("[\x80-\xBF]", ""):gsub("[^\t]", " ")
  return ("expression, %scolumn %d: %s\n  %s\n  %s^"):format(line, column, message, shown, blank)
end

return tokens
