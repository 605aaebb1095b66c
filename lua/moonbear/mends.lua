-- What to write instead, where an error of Lua itself ends a script or a line of a prompt: Lua's
-- messages tell what is wrong of Lua, not what a user of other languages or of columns meant.

local core = require "moonbear.core"
local names = require "moonbear.names"

-- A global that is nil: one of another name, or a function of mb.
local function of_global(name)
  local mb = package.loaded.moonbear
  local functions, globals = type(mb) == "table" and names.of(mb) or {}, names.of(_G)
  for _, known in ipairs(functions) do
    if known == name then return ("write mb.%s"):format(name) end
  end
  if names.is_foreign("global", name) then return names.mend("global", name, {}):sub(3) end
  local near = names.nearest(name, globals)
  if near then return ("did you mean '%s'?"):format(near) end
  near = names.nearest(name, functions)
  return near and ("did you mean 'mb.%s'?"):format(near)
end

-- A function of Lua's that was given a column.
local function of_column(name)
  if core.column_methods[name] then return ("of a column it is column:%s()"):format(name) end
  return "column:to_table() has the rows of a column as a table"
end

-- What to do about the first line of a message; nil where nothing is known.
local function mend_of(message)
  local name = message:match "nil value %(global '([^']*)'%)$"
  if name then return of_global(name) end
  name = message:match "bad argument #%d+ to '([^']*)' %(.* got moonbear%.column%)$"
  if name then return of_column(name) end
end

local mended_syntax <const> = core.mended

---An error message with what to write instead, where that is known. Not collective.
---@param message string
---@return string
function core.mended(message)
  local first, rest = message:match "^([^\n]*)(.*)$"
  local mend = mend_of(first)
  return mend and ("%s; %s%s"):format(first, mend, rest) or mended_syntax(message)
end

---What a name may have been meant for that no global has; nil when nothing is near. Not collective.
---@param name string
---@return string?
return of_global
