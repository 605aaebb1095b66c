-- Functions and modules at a prompt: by their names, as their addresses tell nothing.

local core = require "moonbear.core"
local frame = require "moonbear.frame"
local group = require "moonbear.group"
local layout = require "moonbear.session.layout"
local names = require "moonbear.names"

local tables = { -- what is written before the name of a function, and where it is found
  { "column:", core.column_methods }, { "frame:", frame.methods }, { "grouping:", group.methods },
}

-- How scripts write the modules that are not loaded under the name of their last part.
local written = { ["moonbear"] = "mb", ["moonbear.plot"] = "mb.plot",
  ["moonbear.elementwise"] = "mb.math" }

-- What a script calls a module of moonbear; nil for other values.
local function module_name(value)
  for path, module in next, package.loaded do
    if rawequal(module, value) and path:find "^moonbear%f[.\0]" then
      return written[path] or path:match "[%w_]+$"
    end
  end
end

-- The name of a function of moonbear; nil for others.
local function function_name(f)
  for _, it in ipairs(tables) do
    for name, method in next, it[2] do
      if method == f then return it[1] .. name end
    end
  end
  for path, module in next, package.loaded do
    if type(module) == "table" and path:find "^moonbear%f[.\0]" then
      for name, member in next, module do
        if member == f then return (written[path] or path:match "[%w_]+$") .. "." .. name end
      end
    end
  end
end

---What is shown of a function or a module of moonbear; nil for other values. Not collective.
---@param value any
---@param width? integer of the terminal; 80 unless told
---@return string?
local function named(value, width)
  if type(value) == "function" then
    local name = function_name(value)
    return name and ("%s is a function: ?%s tells of it"):format(name, name)
  end
  local name = type(value) == "table" and module_name(value)
  if not name then return nil end
  local lines = { ("%s has, and ?%s.NAME tells of each:"):format(name, name) }
  layout.wrap(lines, table.concat(names.of(value), ", "), width or 80)
  return table.concat(lines, "\n")
end

return named
