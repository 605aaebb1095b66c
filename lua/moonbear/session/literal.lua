-- Tables as a prompt shows them: their contents, as Lua would write them.

local cells = require "moonbear.frame.cells"
local check = require "moonbear.check"
local core = require "moonbear.core"
local lexer = require "moonbear.lexer"

local getmetatable = debug.getmetatable -- a script's own is not asked

-- Tables in tables, entries shown of one as a whole, and of a longer list at each end.
local DEEPEST <const>, MOST <const>, ENDS <const> = 4, 100, 5

-- Whether it is a table of a script, not an object of one.
local function is_plain(value)
  return type(value) == "table" and getmetatable(value) == nil
end

local words_of -- as below

local function value_of(value, depth)
  if type(value) == "string" then return core.quoted(value) end
  if type(value) == "function" then return "function" end
  if check.class(value) == "frame" then
    return ("frame(%s)"):format(cells.summary(#value, #value:columns()))
  elseif not is_plain(value) then
    return tostring(value)
  elseif depth == DEEPEST then
    return next(value) == nil and "{}" or "{...}"
  end
  return "{" .. table.concat(words_of(value, depth + 1), ", ") .. "}"
end

local function key_of(key)
  local is_name = type(key) == "string" and key:find "^[%a_][%w_]*$" and not lexer.keywords[key]
  return is_name and key or ("[%s]"):format(value_of(key, DEEPEST))
end

-- The entries of a table: those of the list in it, then the others.
function words_of(values, depth)
  local n, words = #values, {}
  for i = 1, n do
    if n <= MOST or i <= ENDS or i > n - ENDS then
      words[#words + 1] = value_of(values[i], depth)
    elseif i == ENDS + 1 then
      words[#words + 1] = "..."
    end
  end
  local more = 0
  for key, value in pairs(values) do
    if math.type(key) ~= "integer" or key < 1 or key > n then
      more = more + 1
      if more <= MOST then
        words[#words + 1] = ("%s = %s"):format(key_of(key), value_of(value, depth))
      end
    end
  end
  if more > MOST then words[#words + 1] = ("... (%d more)"):format(more - MOST) end
  return words
end

---The contents of a table without a metatable, in one line where that fits, else a line an entry;
---nil for other values. Collective when it holds columns.
---@param value any
---@param width? integer of the terminal; 80 unless told
---@return string?
local function literal(value, width)
  if not is_plain(value) then return nil end
  local words = words_of(value, 1)
  local text = "{" .. table.concat(words, ", ") .. "}"
  local fits = core.cells(text) <= (width or 80) and not text:find "\n"
  -- Numbers wrap well; names do not.
  if fits or #value > 0 and type(value[1]) ~= "table" and type(value[1]) ~= "string" then
    return text
  end
  return "{\n  " .. table.concat(words, ",\n  ") .. "\n}"
end

return literal
