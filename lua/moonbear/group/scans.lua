-- What is computed along the rows of each group: counts, sums so far, rows before, ranks, windows.
--
-- Most of it is computed where rows are, with a state for each group. For windows and products of
-- floats rows are put in the order of their groups, by a sort of the groups' numbers that is kept.
-- There each group is a segment, and what is found goes back to the rows' own places. Ranks sort
-- the rows by group and value.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local group = require "moonbear.group"
local ranks = require "moonbear.ranks"
local rolling = require "moonbear.rolling"
local blame = check.blame

local Grouping <const> = group.methods

local where <const> = core.math.where

---Rows in the order of their groups.
---@class moonbear.GroupOrder
---@field numbers moonbear.Column of their groups
---@field starts moonbear.Column of each group: the rows of groups before it
---@field before moonbear.Column rows of the same group that are before each
---@field most integer rows of the largest group

-- The order of a grouping's rows, which it keeps.
local function order_of(self)
  local known = rawget(self, "_order")
  if known then return known end
  local sizes, n = self:size(), #self._by
  local numbers = core.repeat_positions(sizes)
  local starts = sizes:cumsum { exclusive = true }
  self._order = {
    numbers = numbers, starts = starts, most = n > 0 and sizes:max() or 0,
    before = (core.range(0, n - 1, 1) - starts[numbers]):eval(),
  }
  return self._order
end

-- The positions of rows in that order, which the grouping keeps too.
local function rows_in_order(self)
  local rows = rawget(self, "_rows_in_order")
  if not rows then
    rows = core.argsort { self:broadcast(core.range(1, #self, 1)) }
    self._rows_in_order = rows
  end
  return rows
end

-- The column that a method is of, which has a row for each of the grouping.
local function column_of(self, what, name)
  local column = group.column_of(self, what, name)
  if #column ~= #self._by then
    blame("%s of groups: the lengths differ: the grouping has %s, the column %d", name,
      check.plural(#self._by, "row"), #column)
  end
  return column
end

-- What is found in the order of the groups, at the rows' own places.
local function put_back(rows, found) return found:put(rows, found) end

-- Scans of groups, as the engine numbers them.
local SCANS <const> = { cumcount = 0, cumsum = 1, cumprod = 2, cummin = 3, cummax = 4, ffill = 5 }

local function scan_of(self, name, values)
  return core.group_scan(self._handle, SCANS[name], values)
end

---How many rows of its group are before each row: 0 for the first one. Collective.
---@return moonbear.Column # int
function Grouping:cumcount() return scan_of(self, "cumcount") end

-- The value of the row n before in the same group, or behind where n is below 0; else `fill`.
local function shifted(self, values, name, n, fill)
  if n ~= nil and math.type(n) ~= "integer" then
    check.argument(2, name, "a number of rows", n)
  elseif n == 0 then
    return values
  end
  return core.group_shift(self._handle, values, n or 1, fill)
end

---The value of the row n before in the same group, or of the row behind where n is below 0;
---missing, or `fill`, where there is none. Collective.
---@param column moonbear.Column|string
---@param n? integer 1 unless told
---@param fill? number|boolean|string
---@return moonbear.Column
function Grouping:shift(column, n, fill)
  return shifted(self, column_of(self, column, "shift"), "shift", n, fill)
end

---What each row has more than the row n before in the same group; missing where there is none.
---Collective.
---@param column moonbear.Column|string of numbers, times or durations
---@param n? integer 1 unless told
---@return moonbear.Column
function Grouping:diff(column, n)
  local values = column_of(self, column, "diff")
  return (values - shifted(self, values, "diff", n)):eval()
end

---By which share each row is more than the row n before in the same group: 0.5 is half as much
---again. Missing where there is none. Collective.
---@param column moonbear.Column|string of numbers
---@param n? integer 1 unless told
---@return moonbear.Column # float
function Grouping:pct_change(column, n)
  local values = column_of(self, column, "pct_change")
  return (values / shifted(self, values, "pct_change", n) - 1):eval()
end

-- All rows of a group up to each, by doubling: 2, 4, 8, ... rows at a time.
local function scanned(order, values, merge)
  local k = 1
  while k < order.most do
    values = where(order.before:ge(k), merge(values, values:shift(k)), values):eval()
    k = 2 * k
  end
  return values
end

-- Products of floats, which are put in order, so that they are multiplied in one order on any
-- number of ranks.
local function products(self, values)
  local order, rows = order_of(self), rows_in_order(self)
  values = values[rows]
  local found = scanned(order, values:fill(1.0):eval(), function(a, b) return a * b end)
  return put_back(rows, where(values:is_missing(), core.null, found):eval())
end

-- Rows of each group so far, combined; missing ones stay missing and add nothing.
local function scan(self, what, name)
  local values = column_of(self, what, name)
  local folds = name == "cumsum" or name == "cumprod"
  if folds and not check.is_numeric(values) then
    blame("%s of groups takes numbers, got %s", name, check.describe(values))
  elseif name == "cumprod" and values:type() == "float" then
    return products(self, values)
  end
  return scan_of(self, name, values)
end

---The sums of each row and the rows of its group before it. A missing row stays missing and adds
---nothing; sums of integers wrap; those of floats have the same bits on any number of ranks.
---Collective.
---@param column moonbear.Column|string of numbers
---@return moonbear.Column # int for bool
function Grouping:cumsum(column) return scan(self, column, "cumsum") end

---The products of each row and the rows of its group before it; as `cumsum` otherwise. Collective.
---@param column moonbear.Column|string of numbers
---@return moonbear.Column # int for bool
function Grouping:cumprod(column) return scan(self, column, "cumprod") end

---The least value of each row and the rows of its group before it. A missing row stays missing; a
---NaN stays from its row on. Collective.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:cummin(column) return scan(self, column, "cummin") end

---The largest value of each row and the rows of its group before it; as `cummin` otherwise.
---Collective.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:cummax(column) return scan(self, column, "cummax") end

---The column with the last value of the same group in the place of missing ones; before the first
---value they stay missing. Collective.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:ffill(column) return scan_of(self, "ffill", column_of(self, column, "ffill")) end

---What is computed of each row and those before it in the same group, as `column:rolling` does of a
---column: by windows of so many rows, or of a duration, by times that ascend within each group.
---Collective.
---
---    flows.usual = flows:group_by("srcIP"):rolling("srcBytes", 10, "mean", { min_periods = 1 })
---    flows.lately = flows:group_by("srcIP"):rolling("srcBytes", "60s", "sum", { on = "start" })
---@param column moonbear.Column|string
---@param window integer|string|moonbear.duration rows, or a duration
---@param name "sum"|"mean"|"min"|"max"|"std"|"var"|"count"
---@param opts? {min_periods: integer?, ddof: number?, on: moonbear.Column|string|nil} the window's
---rows (1 for durations, 0 for counts), 0
---@return moonbear.Column
function Grouping:rolling(column, window, name, opts)
  local values = column_of(self, column, "rolling")
  local order, rows = order_of(self), rows_in_order(self)
  local o = opts
  if type(opts) == "table" and opts.on ~= nil then
    o = {}
    for key, value in pairs(opts) do o[key] = value end
    o.on = column_of(self, opts.on, "rolling")[rows]
  end
  return put_back(rows, rolling.of(values[rows], window, name, o, order.before))
end

---The place of each row among those of its group, in the order of a column, as pandas has it: from
---1 on. Of equal rows `method` says what they get: the "average" of their places, the least ("min")
---or largest ("max"), places in row order ("first"), or places that count distinct values
---("dense"). With `{ascending = false}` the largest is first; with `{pct = true}` places are shares
---of the group's values. Missing values and NaN have none. Sorts the rows. Collective.
---@param column moonbear.Column|string
---@param opts? {method: string?, ascending: boolean?, pct: boolean?} "average", true, false
---@return moonbear.Column # float for "average" and shares, else int
function Grouping:rank(column, opts)
  local o = ranks.options(opts)
  local values, order = ranks.ranked(column_of(self, column, "rank")), order_of(self)
  local by_group = self:broadcast(core.range(1, #self, 1))
  local rows = core.argsort({ by_group, values }, { descending = { false, not o.ascending } })
  values = values[rows]
  local rank = ranks.of_ordered(order, values, o.method)
  if o.pct then
    local by_number <close> = group.group_by(order.numbers)
    local most = o.method == "dense" and by_number:max(rank) or by_number:count(values)
    rank = (rank / most[order.numbers]):eval()
  end
  return rank:put(rows, rank)
end

---The last n rows of each group: of a grouping of a frame a frame, else a bool column that is true
---for these rows. Collective.
---@param n integer
---@return moonbear.Frame|moonbear.Column
function Grouping:tail(n)
  if math.type(n) ~= "integer" or n < 0 then check.argument(1, "tail", "a number of rows", n) end
  local mask = self:cumcount():ge(self:broadcast(self:size() - n)):eval()
  return self._frame and self._frame:where(mask) or mask
end

---The distinct values of a column in each group: a frame of the keys and of the values, ascending
---within a group, with a row for each. Missing values are left out, all NaN are one. Collective.
---@param column moonbear.Column|string
---@return moonbear.Frame
function Grouping:unique(column)
  local values = column_of(self, column, "unique")
  local there = ~values:is_missing()
  local numbers = self:broadcast(core.range(1, #self, 1))
  local pairs_of <close> = group.group_by { numbers[there], values[there] }
  local groups, distinct = pairs_of:keys()
  local list = {}
  for i, key in ipairs { self:keys() } do list[i] = { self._names[i], key[groups] } end
  local name = type(column) == "string" and column or "value"
  list[#list + 1] = { name, distinct }
  return frame.new(list)
end


