-- Intervals of rows of several columns, which compare one after another as the letters of words do.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local group = require "moonbear.group"
local blame = check.blame

local Frame <const> = frame.methods

-- The columns of a frame in order. Raises for what is no frame, or has others than the first one.
local function columns_of(it, number, first)
  if not frame.is_frame(it) then check.argument(number, "find_interval", "frame", it) end
  local list = {}
  for name, column in it:each() do
    list[#list + 1] = column
    local like = first and first[#list]
    if like and like:type() ~= column:type() then
      blame("find_interval: column %d, '%s', is %s in argument #%d and %s in the frame of starts; "
        .. "cast one of them, by :as", #list, name, column:type(), number, like:type())
    end
  end
  if #list == 0 or first and #list ~= #first then
    blame("find_interval: the frame of starts has %d columns, and argument #%d has %d",
      first and #first or 0, number, #list)
  end
  return list
end

-- Whether a row has a value in a column: NaN is none.
local function lacks(column)
  local missing = column:is_missing()
  return column:type() == "float" and missing | column:isnan():fill(false) or missing
end

-- Numbers of rows in the order of all of them; missing where a value is.
local function numbered(columns)
  local missing
  for _, column in ipairs(columns) do
    missing = missing and missing | lacks(column) or lacks(column)
  end
  local g <close> = group.group_by(columns)
  return core.math.where(missing, core.null, g:broadcast(core.range(1, #g, 1))):eval()
end

---For each row of a frame the position of the interval that holds it, where this frame has the
---starts of intervals and another their ends, both included, as `column:find_interval` has it. Rows
---of several columns compare one after another, by their order and not by their names: the first
---column that differs decides. So leases of addresses are found by address and time. An int
---column, missing where no interval holds the row; NaN is in none. Groups the rows of all three.
---Collective. Raises for intervals that overlap or end before they start, and when numbers of
---columns, their types or lengths differ.
---
---    local at = leases:select("ip", "from"):find_interval(leases:select("ip", "to"),
---      flows:select("srcIP", "start"))
---@param ends moonbear.Frame
---@param rows moonbear.Frame
---@return moonbear.Column # int
function Frame:find_interval(ends, rows)
  local starts = columns_of(self, 0)
  local others, wanted = columns_of(ends, 1, starts), columns_of(rows, 2, starts)
  local all = {}
  for i, column in ipairs(starts) do all[i] = core.concat { column, others[i], wanted[i] } end
  local numbers, n, m = numbered(all), #self, #ends
  return numbers:slice(1, n):find_interval(numbers:slice(n + 1, n + m), numbers:slice(n + m + 1))
end
