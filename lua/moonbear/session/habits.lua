-- What users of Python and SQL type at a prompt by habit: what to write instead, by the words of a
-- text that Lua's parser refuses. Nothing here is collective.

local lexer = require "moonbear.lexer"

local habits = {}

local library = 'mb is there already; netflow = require "moonbear.netflow" loads a library'
local query = 'of frames it is frame:where "port == 80"; mb.sql asks DuckDB, of files'

-- First words of a line that a name follows; those below, in capitals, too.
local statements = {
  import = library, from = library, select = query,
  def = "Lua writes function f(x) return x end",
  print = "Lua writes print(x)",
  del = "Lua writes x = nil",
}

-- Words that a name follows, anywhere.
local anywhere = {
  lambda = "Lua writes function(x) return x + 1 end",
  elif = "Lua writes elseif ... then",
}

-- First words of lines that end in a colon.
local blocks = {
  ["for"] = "Lua writes for ... do ... end", ["while"] = "Lua writes while ... do ... end",
  ["if"] = "Lua writes if ... then ... end", ["else"] = "Lua writes else ... end",
  elif = anywhere.elif, def = statements.def,
}

local function tokens_of(code)
  local tokens = {}
  for _, token in ipairs(lexer.tokens(code)) do
    if token.kind ~= "comment" then tokens[#tokens + 1] = token end
  end
  return tokens
end

local function is_name(token)
  return token and token.kind == "name" and not lexer.keywords[token.text]
end

-- Whether a token is apart from the one before it, or there is none.
local function apart(before, token)
  return not token or token.at > before.at + #before.text
end

-- What stands before a token on its line.
local function before(code, token)
  return code:sub(1, token.at - 1):match "[^\n]*$"
end

---What to write in place of a block of Python, as `for x in y:`; nil where there is none.
---@param code string
---@return string?
function habits.block(code)
  local tokens = tokens_of(code)
  for i, token in ipairs(tokens) do
    if token.text == ":" and apart(token, tokens[i + 1]) then
      local mend = blocks[before(code, token):match "^%s*([%a_]+)"]
      if mend then return mend end
    end
  end
end

local function word_mend(code)
  local tokens = tokens_of(code)
  for i, token in ipairs(tokens) do
    local after = tokens[i + 1]
    if token.kind == "name" and (is_name(after) or after and after.text == "*") then
      local first = not before(code, token):find "%S"
      local mend = anywhere[token.text] or first and statements[token.text:lower()]
      if mend then return mend end
    end
  end
  if tokens[1] and tokens[1].text == "#" and apart(tokens[1], tokens[2]) then
    return "comments begin with --"
  end
end

---A message about a text that does not compile, with what to write instead where that is known.
---@param code string
---@param message string
---@return string
function habits.mended(code, message)
  local mend = habits.block(code) or word_mend(code)
  return mend and ("%s; %s"):format(message, mend) or message
end

return habits
