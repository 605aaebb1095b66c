-- What is typed, as chunks of Lua: whether one is complete, and what it compiles to.

local habits = require "moonbear.session.habits"
local lexer = require "moonbear.lexer"

local chunk = {}

local opens = { ["("] = true, ["["] = true, ["{"] = true, ["do"] = true, ["then"] = true,
  ["else"] = true, ["repeat"] = true, ["function"] = true }
local closes = { [")"] = true, ["]"] = true, ["}"] = true, ["end"] = true, ["until"] = true,
  ["else"] = true, ["elseif"] = true }

---Whether it is a command, as `:mem`, a notebook's `%mem` or `%%mem`, `?c.sum` or `c.sum?`, and not
---Lua. Not collective.
---@param code string
---@return boolean
function chunk.is_command(code)
  if code:find "^%s*:" then return not code:find "^%s*::" end
  if code:find "^%s*%%%%?[%w_]" then return true end
  return code:find "^%s*%?" ~= nil or code:find "^%s*[%a_][%w_.:]*%?+%s*$" ~= nil
end

-- `=x` is what `return x` is.
local function without_prefix(code)
  return (code:gsub("^%s*=", "return ", 1))
end

-- An expression without blanks behind it, and the `;` that `return x;` may have.
local function without_end(text)
  return text:match "^.*[^;%s]" or ""
end

---The statements of a chunk, and the expression below them whose values it gives: the whole chunk,
---what follows a `=`, or last lines that are an expression by themselves and begin with what cannot
---go on with the statement above; nil for other chunks. Not collective.
---@param code string
---@return string above
---@return string? expression
function chunk.split(code)
  local whole = code:match "^%s*=(.*)" or code
  if load("return " .. whole, "=stdin", "t") then return "", without_end(whole) end
  for at = #code, 1, -1 do
    if code:find("^\n[%w_#]", at) then
      local above, below = code:sub(1, at), code:sub(at + 1)
      if load("return " .. below) and load(above .. "return " .. below) then
        return above, without_end(below)
      end
    end
  end
  return code
end

-- The function of statements and an expression, which returns its values, but not by a tail call,
-- of which a traceback does not know.
local function load_returning(above, expression, name, env)
  local text = above .. "return (function(...) return ... end)(" .. expression
  return load(text .. ")", name, "t", env) or load(text .. "\n)", name, "t", env)
end

-- The function of a chunk, or what is wrong with the text as an expression and as statements.
local function try(code, name, env)
  local above, expression = chunk.split(code)
  if expression then return load_returning(above, expression, name, env) end
  local _, problem = load("return " .. code, name, "t", env)
  local f, other = load(without_prefix(code), name, "t", env)
  return f, problem, other
end

---The function of a chunk: of an expression, or several with commas, which it returns, or of
---statements; a last line, or lines, that are an expression by themselves give their values. Raises
---what is wrong with it. Not collective.
---@param code string
---@param name? string of the chunk, as `load` takes it
---@param env? table the globals
---@return function
function chunk.compile(code, name, env)
  local f, _, problem = try(code, name or "=stdin", env or _G)
  return f or error(habits.mended(code, problem), 0)
end

local function at_end(problem)
  return problem and problem:find "<eof>$" ~= nil
end

-- Two blanks for each line that opens what is not closed yet; none within a string or a comment.
local function indent_of(code)
  local lines, line, at = {}, 1, 1
  for _, token in ipairs(lexer.tokens(code)) do
    if token.open and token.kind ~= "comment" then return "" end
    line = line + select(2, code:sub(at, token.at - 1):gsub("\n", ""))
    at = token.at
    if closes[token.text] then lines[#lines] = nil end
    if opens[token.text] then lines[#lines + 1] = line end
  end
  local depth = 0
  for i, first in ipairs(lines) do
    if first ~= lines[i - 1] then depth = depth + 1 end
  end
  return ("  "):rep(depth)
end

---Whether more lines are needed, and how far the next one is indented. Not collective.
---@param code string
---@return "complete"|"incomplete"|"invalid"
---@return string indent blanks; none unless it is incomplete
function chunk.status(code)
  if chunk.is_command(code) then return "complete", "" end
  -- With the end of the line a string in quotes cannot go on, unless it says so.
  local f, problem, other = try(code .. "\n", "=stdin", _G)
  if f then return "complete", "" end
  if not (at_end(problem) or at_end(other)) or habits.block(code) then return "invalid", "" end
  return "incomplete", indent_of(code)
end

return chunk
