-- A look at a line before it runs: Lua's `==` and `~=` ask whether a column itself is a number or a
-- string, which none is, and tell no column of it. Other comparisons raise.

local core = require "moonbear.core"
local lexer = require "moonbear.lexer"
local resolve = require "moonbear.session.resolve"

local methods = { ["=="] = "eq", ["~="] = "ne" }

-- The column that ends before a token, as it is written; nil when there is another thing.
local function column_before(code, tokens, i, env)
  local thing, first = resolve.ending_at(tokens, i - 1, env)
  local before = tokens[first - 1]
  if not thing or thing.class ~= "Column" or before and before.text == "#" then return nil end
  return (code:sub(tokens[first].at, tokens[i].at - 1):gsub("%s+$", ""))
end

---Warns on rank 0 of columns that are compared with a number or a string by `==` or `~=`.
---@param code string
---@param name string of the chunk
---@param env table the globals
local function warn(code, name, env)
  if core.rank() ~= 0 or not code:find "[=~]=" then return end
  local tokens = lexer.tokens(code)
  for i, token in ipairs(tokens) do
    local method, other = methods[token.text], tokens[i + 1]
    if method and other and (other.kind == "number" or other.kind == "string") then
      local column = column_before(code, tokens, i, env)
      if column then
        local message = "moonbear: %s: warning: `%s` asks whether the column itself is %s; " ..
          "%s:%s(%s) compares its rows\n"
        io.stderr:write(message:format(name:gsub("^[@=]", "", 1), token.text, other.text, column,
          method, other.text))
      end
    end
  end
end

return warn
