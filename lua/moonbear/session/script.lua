-- What was typed at a prompt as a script that does the same: its chunks are parts of one program
-- now, share its scope, and nobody shows their values.

local chunk = require "moonbear.session.chunk"
local lexer = require "moonbear.lexer"

---@class moonbear.Chunk
---@field code string as it was typed
---@field status string "ok", "error", "interrupted" or "running"
---@field shown boolean whether it gave values, which were shown

local opens = { ["function"] = true, ["do"] = true, ["then"] = true, ["repeat"] = true,
  ["else"] = true }
local closes = { ["end"] = true, ["until"] = true, ["else"] = true, ["elseif"] = true }

-- Which words stand in the chunk itself, in no block of it (`local`, `::`), and whether it returns
-- from where it is, in no function of it.
local function own_words(code)
  local words, blocks, returns, functions = {}, {}, false, 0
  for _, token in ipairs(lexer.tokens(code)) do
    local word = token.kind ~= "string" and token.kind ~= "comment" and token.text or ""
    if closes[word] and table.remove(blocks) == "function" then functions = functions - 1 end
    if #blocks == 0 then words[word] = true end
    if word == "return" and functions == 0 then returns = true end
    if opens[word] then blocks[#blocks + 1] = word end
    if word == "function" then functions = functions + 1 end
  end
  return words, returns
end

-- A call of a function with arguments, which may end in a comment.
local function call(name, arguments)
  local text = ("%s(%s)"):format(name, arguments)
  return load(text) and text or ("%s(%s\n)"):format(name, arguments)
end

-- A chunk of Lua as statements that may stand in a script.
local function statements(code, shown)
  local above, expression = chunk.split(code)
  if expression and (shown or not load(code)) then
    code = shown and call("print", expression) or call("local _ = select", "1, " .. expression)
    code = above .. code
  end
  local words, returns = own_words(code)
  if returns then
    code = ("(function(...)\n%s\nend)(...)"):format(code)
    return ";" .. (shown and call("print", code) or code)
  end
  if words["local"] or words["::"] then code = ("do\n%s\nend"):format(code) end
  return code:find "^%s*%(" and ";" .. code or code
end

-- A command that does something to the session, as Lua; nil for others.
local function of_command(code)
  local name, rest = code:match "^%s*[:%%]%%?%s*([%w_]*)%s*(.-)%s*$"
  if name == "time" then return rest end
  if name == "load" then return ("dofile(%q)"):format(rest) end
end

local function commented(why, code)
  return ("-- %s:\n-- %s"):format(why, (code:gsub("\n", "\n-- ")))
end

local WHY <const> = { error = "failed", interrupted = "interrupted", running = "not finished" }

---The script of chunks; those that failed are comments. Not collective.
---@param chunks moonbear.Chunk[]
---@return string
local function script(chunks)
  local parts = { 'mb = require "moonbear"' }
  for _, it in ipairs(chunks) do
    local code, why = it.code:gsub("\r\n?", "\n"), WHY[it.status]
    if chunk.is_command(code) then code = of_command(code) end
    if code then
      local text = not why and statements(code, it.shown)
      if not (text and load(text)) then text = commented(why or "no part of a script", code) end
      parts[#parts + 1] = text
    end
  end
  parts[#parts + 1] = ""
  return table.concat(parts, "\n")
end

return script
