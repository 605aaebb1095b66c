-- What a value is, in a line or a few, without running any code of the session or communicating.

local check = require "moonbear.check"
local layout = require "moonbear.session.layout"
local printable = require "moonbear.frame.lines".printable
local resolve = require "moonbear.session.resolve"

-- Names listed of what has many.
local MOST_NAMES <const> = 100

-- What is said of an object, by its class: lines are added.
local of_class = {}

-- In a few words what a column is.
local function describe_column(column)
  local ok, info = pcall(column.info, column)
  if not ok then return "a closed column" end
  local kind = (info.type:find "^[aeio]" and "an " or "a ") .. info.type
  local text = ("%s column of %s"):format(kind, check.plural(#column, "row"))
  if info.pending then return text .. ", pending" end
  text = ("%s, %s each"):format(text, check.plural(info.width, "byte"))
  return info.missing > 0 and ("%s, %d missing"):format(text, info.missing) or text
end

function of_class.Column(lines, name, column, width)
  layout.wrap(lines, ("%s: %s"):format(name, describe_column(column)), width, 2)
end

function of_class.Frame(lines, name, frame, width)
  local items, columns = {}, resolve.columns(resolve.thing(frame))
  local names = frame:columns()
  layout.wrap(lines, ("%s: a frame of %s and %s"):format(name, check.plural(#frame, "row"),
    check.plural(#names, "column")), width, 2)
  for i = 1, math.min(#names, MOST_NAMES) do
    items[i] = { printable(names[i]), describe_column(columns[names[i]]) }
  end
  layout.items(lines, items, width)
end

function of_class.Grouping(lines, name, grouping, width)
  -- How many groups there are may not be known yet, and to find out takes all ranks.
  layout.wrap(lines, ("%s: a grouping by %s"):format(name,
    table.concat(rawget(grouping, "_names"), ", ")), width, 2)
end

local function add_table(lines, name, value, width)
  local names, n = {}, 0
  for key in next, value do
    n = n + 1
    if type(key) == "string" and #names < MOST_NAMES then names[#names + 1] = printable(key) end
  end
  table.sort(names)
  local text = ("%s: a table of %d %s"):format(name, n, n == 1 and "entry" or "entries")
  if #names > 0 then text = text .. ": " .. table.concat(names, ", ") end
  layout.wrap(lines, text, width, 2)
end

-- What a value of Lua is, without asking it.
local function add_value(lines, name, value, width)
  local kind = type(value)
  if kind == "table" then
    add_table(lines, name, value, width)
  elseif kind == "string" then
    lines[#lines + 1] = ("%s: a string of %s"):format(name, check.plural(#value, "byte"))
  elseif kind == "number" or kind == "boolean" then
    lines[#lines + 1] = ("%s: a %s, %s"):format(name, kind, value)
  else
    lines[#lines + 1] = ("%s: a %s"):format(name, kind)
  end
end

---Adds lines that say what a value is. Not collective.
---@param lines string[]
---@param name string what it is called
---@param thing moonbear.Thing whose value is known
---@param width integer
local function describe(lines, name, thing, width)
  local add = of_class[thing.class] or add_value
  add(lines, name, thing.value, width)
end

return describe
