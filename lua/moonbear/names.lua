-- Names that there are not: the nearest ones that there are, and what users of pandas and numpy
-- look for under another name.

local check = require "moonbear.check"
local core = require "moonbear.core"
local foreign = require "moonbear.names.foreign"

local names = {}

-- Letters that must change, go, come or trade places with the next one to make one word of another:
-- the optimal string alignment distance.
local function distance(a, b)
  local before, row = nil, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local next_row = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      next_row[j] = math.min(row[j - 1] + (same and 0 or 1), row[j] + 1, next_row[j - 1] + 1)
      if before and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        next_row[j] = math.min(next_row[j], before[j - 2] + 1)
      end
    end
    before, row = row, next_row
  end
  return row[#b]
end

---How far a name is from another one: below 1 when they differ in case and underscores alone. Not
---collective.
---@param name string
---@param other string
---@return number
function names.distance(name, other)
  local a, b = name:lower():gsub("_", ""), other:lower():gsub("_", "")
  if a == b then return 0.5 end
  local first = a:byte() == b:byte() and 0 or 0.25 -- the first letter is seldom wrong
  return distance(a, b) + first
end

---The nearest of some names, the first of the alphabet where several are; nil when none is near.
---Not collective.
---@param name string
---@param known string[]
---@return string?
function names.nearest(name, known)
  local best, least
  local limit = #name < 3 and 1 or math.max(1.25, #name / 3)
  for _, other in ipairs(known) do
    local d = names.distance(name, other)
    if d <= limit and (not least or d < least or d == least and other < best) then
      best, least = other, d
    end
  end
  return best
end

-- Names listed in a message.
local MOST_LISTED <const> = 40

-- Names that are listed beside the nearest.
local FEW <const> = 12

-- How a list of names begins, by their kind, unless it is "there is".
local has = { option = "it has ", statistic = "it has ", aggregation = "groups have ",
  frame = "it has " }

---Names one after another, the first ones of many. Not collective.
---@param known string[]
---@return string
function names.list(known)
  if #known <= MOST_LISTED then return table.concat(known, ", ") end
  return ("%s, ... (%d in all)"):format(table.concat(known, ", ", 1, MOST_LISTED), #known)
end

---The keys of a table that are strings and do not begin with an underscore, sorted. Not collective.
---@param t table
---@return string[]
function names.of(t)
  local list = {}
  for key in next, t do
    if type(key) == "string" and key:sub(1, 1) ~= "_" then list[#list + 1] = key end
  end
  table.sort(list)
  return list
end

---Whether a name is one that others have for something. Not collective.
---@param kind string
---@param name string
---@return boolean
function names.is_foreign(kind, name)
  return foreign[kind] ~= nil and foreign[kind][name] ~= nil
end

---What to write instead of a name that there is not, as the end of a message: what a foreign name
---is called here, else the nearest one and what there is. Not collective.
---@param kind string of the name, a key of the foreign ones, or "named" for what has the names that
---scripts and files gave, which are nobody's words
---@param name string
---@param known string[]
---@return string
function names.mend(kind, name, known)
  local advice = foreign[kind] and foreign[kind][name]
  if advice then return "; " .. advice:gsub("NAME", name) end
  local near, there = names.nearest(name, known), ""
  if #known > 0 and (#known <= FEW or not near) then
    there = (has[kind] or "there is ") .. names.list(known)
  end
  if near then return ("; did you mean '%s'? %s"):format(near, there):match "^(.-) ?$" end
  return there == "" and "" or "; " .. there
end

core.mend = names.mend -- for C

---Lets a module raise for functions that it does not have, with the nearest one. Not collective.
---@param module table
---@param called string what scripts call it
---@return table module
function names.told_by(module, called)
  return setmetatable(module, {
    __index = function(_, name)
      if type(name) ~= "string" then return nil end
      check.blame("%s has no function '%s'%s", called, name,
        names.mend(called, name, names.of(module)))
    end,
  })
end

---Raises for a method of columns that there is not. Not collective.
---@param name string
function core.no_method(name)
  local methods = names.of(core.column_methods)
  local known = names.nearest(name, methods) or names.is_foreign("column", name)
  check.blame("a column has no method '%s'%s", name, known and names.mend("column", name, methods)
    or "; at a prompt ?Column lists them")
end

return names
