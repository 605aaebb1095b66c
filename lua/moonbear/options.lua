-- Tables of options, as the last argument of functions: one way to read them, and one phrasing of
-- what is wrong with them (src/bind/column/argument.c has the same for C).

local check = require "moonbear.check"
local core = require "moonbear.core"
local names = require "moonbear.names"

local options = {}

-- Whether a value is of a kind, and what the kind is in words.
local kinds = {
  any = { function() return true end },
  boolean = { function(x) return type(x) == "boolean" end, "true or false" },
  integer = { function(x)
    return type(x) == "number" and math.tointeger(x) ~= nil or core.is_uint(x)
  end, "an integer" },
  number = { check.is_number, "a number" },
  string = { function(x) return type(x) == "string" end, "a string" },
}

---Raises for the value of an option. Not collective.
---@param name string of the function
---@param option string
---@param expected string in words
---@param got any
function options.blame(name, option, expected, got)
  check.blame("bad option '%s' of '%s' (%s expected, got %s)", option, name, expected,
    check.show(got))
end

---A list of strings from an option that may be one string. Not collective.
---@param name string of the function
---@param option string
---@param value any
---@return string[]
function options.strings(name, option, value)
  local list, wrong = check.string_list(value)
  if wrong then check.blame("bad option '%s' of '%s' (%s)", option, name, wrong) end
  return list or options.blame(name, option, "a string or a list of strings", value)
end

local function blame_unknown(name, option, known)
  check.blame("'%s' has no option '%s'%s", name, check.name(option),
    names.mend("option", check.name(option), known))
end

---The options with their defaults. Raises for what is no table, for a name that the function does
---not know and for a value of another kind. Not collective.
---@param name string of the function
---@param given? table
---@param known table<string, any[]> every option that there is: its kind ("any", "boolean",
---"integer", "number", "string") and its default
---@return table
function options.check(name, given, known)
  local result = {}
  for option, it in pairs(known) do result[option] = it[2] end
  if given == nil then return result end
  local list = names.of(known)
  if type(given) ~= "table" or check.class(given) then
    local example = known.on and "on" or list[1]
    check.blame("bad options to '%s' (a table expected, as {%s = ...}, got %s)", name, example,
      check.show(given))
  end
  for option, value in pairs(given) do
    if not known[option] then blame_unknown(name, option, list) end
    local kind = kinds[known[option][1]]
    if not kind[1](value) then options.blame(name, option, kind[2], value) end
    result[option] = value
  end
  return result
end

return options
