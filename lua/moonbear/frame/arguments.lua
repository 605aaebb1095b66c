-- What methods of frames and of scans take: names, pairs of names and columns, numbers of rows.

local check = require "moonbear.check"
local blame, describe = check.blame, check.describe

local arguments = {}

-- Rows of `head`, `tail` and `show`, unless told.
local FEW_ROWS <const> = 5

---Names that are passed one by one, or in a list. Not collective.
---@param ... string|string[]
---@return string[]
function arguments.listed(...)
  local list = { ... }
  return type(list[1]) == "table" and list[1] or list
end

---What a script lists by name, as {name, it} pairs: a list of these in its order, and other tables
---sorted by name. Not collective.
---@param given table
---@param function_name string
---@return table[]
---@return boolean # whether a list was given
function arguments.ordered_pairs(given, function_name)
  if type(given) ~= "table" or check.class(given) then
    blame("bad argument #1 to '%s' (table of columns expected, got %s)", function_name,
      describe(given))
  end
  local list = {}
  for i, pair in ipairs(given) do
    if type(pair) ~= "table" then
      blame("number %d of the list must be a {name, column} pair, got %s", i, describe(pair))
    end
    list[i] = pair
  end
  if #list > 0 then return list, true end
  for name, it in pairs(given) do list[#list + 1] = { name, it } end
  table.sort(list, function(a, b) return tostring(a[1]) < tostring(b[1]) end)
  return list, false
end

---Raises for what cannot be the name of a column. Not collective.
---@param name any
function arguments.check_name(name)
  if type(name) ~= "string" then
    blame("the name of a column must be a string, got %s", describe(name))
  end
end

---The names of some columns of a frame: all, a name, or a list of names, each of them once. Raises
---for what is no name, and when there is no such column. Not collective.
---@param frame moonbear.Frame
---@param name string of the function
---@param subset any
---@return string[]
function arguments.chosen(frame, name, subset)
  if subset == nil or type(subset) == "table" and next(subset) == nil then
    return frame:columns()
  end
  local names = check.distinct(subset, 1, name)
  for _, column in ipairs(names) do frame:column(column) end
  return names
end

---A number of rows, 5 unless told. Not collective.
---@param name string of the function
---@param n any
---@return integer
function arguments.count(name, n)
  if n == nil then return FEW_ROWS end
  if math.type(n) == "integer" and n >= 0 then return n end
  check.argument(1, name, "a number of rows", n)
end

return arguments
