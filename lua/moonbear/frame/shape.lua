-- Frames in other shapes: columns renamed and reordered, rows chosen by place or by chance.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local move = require "moonbear.move"
local blame = check.blame

local Frame <const> = frame.methods

---A new frame with other names for some columns: `frame:rename{srcBytes = "bytes"}`. Not
---collective. Raises when there is no such column, and when two columns would have one name.
---@param names table<string, string> new names by old ones
---@return moonbear.Frame
function Frame:rename(names)
  if type(names) ~= "table" or check.class(names) then
    check.argument(1, "rename", "table of new names by old ones", names)
  end
  for old, new in pairs(names) do
    self:column(old)
    if type(new) ~= "string" then
      blame("rename: the new name of '%s' must be a string, got %s", old, check.describe(new))
    end
  end
  local list = {}
  for name, column in self:each() do list[#list + 1] = { names[name] or name, column } end
  return frame.new(list)
end

---A new frame with some columns first, in the order of the names, and the others behind them:
---`frame:reorder("start", "srcIP")`, or a list. Not collective. Raises when there is no such
---column.
---@param ... string|string[]
---@return moonbear.Frame
function Frame:reorder(...)
  local list, first = {}, {}
  for _, name in ipairs(arguments.listed(...)) do
    local column = self:column(name)
    if first[name] then blame("reorder: '%s' is there twice", name) end
    first[name] = true
    list[#list + 1] = { name, column }
  end
  for name, column in self:each() do
    if not first[name] then list[#list + 1] = { name, column } end
  end
  return frame.new(list)
end

---Rows first to last, both included, as `column:slice` takes them: a new frame. Negative numbers
---count from the end; a step below 0 goes backwards. Collective.
---@param first integer
---@param last? integer the last row unless told
---@param step? integer 1 unless told
---@return moonbear.Frame
function Frame:slice(first, last, step)
  local list = {}
  for name, column in self:each() do
    list[#list + 1] = { name, column:slice(first, last, step) }
  end
  return frame.new(list)
end

---So many rows, or a share `frac` of them, in random order, a function of the seed alone: a new
---frame. Without a seed one is drawn from `math.random`. Collective. Raises when there are fewer
---rows, unless they are taken again.
---
---    print(flows:sample(5), flows:sample(nil, { frac = 0.01, seed = 1 }):describe())
---@param n? integer
---@param opts? {seed: integer?, replace: boolean?, frac: number?} drawn; false
---@return moonbear.Frame
function Frame:sample(n, opts)
  local rows, o = #self
  n, o = move.sampled(n, opts, rows)
  if n > rows and (rows == 0 or not o.replace) then
    blame("sample: %s of a frame of %s%s", check.plural(n, "row"), check.plural(rows, "row"),
      rows > 0 and " ({replace = true} takes rows again)" or "")
  end
  if #self:columns() == 0 then return frame.new {} end
  return self[core.range(1, rows, 1):sample(n, { seed = o.seed, replace = o.replace })]
end
