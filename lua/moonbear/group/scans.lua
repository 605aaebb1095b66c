-- What is computed along the rows of each group: counts, sums so far, rows before, ranks, windows.
--
-- Rows are put in the order of their groups, by a sort of the groups' numbers that is kept. There
-- each group is a segment, and what is found goes back to the rows' own places.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local group = require "moonbear.group"
local options = require "moonbear.options"
local rolling = require "moonbear.rolling"
local blame = check.blame

local Grouping <const> = group.methods

local where <const> = core.math.where

---Rows in the order of their groups.
---@class moonbear.GroupOrder
---@field rows moonbear.Column their positions
---@field numbers moonbear.Column of their groups
---@field starts moonbear.Column of each group: the rows of groups before it
---@field before moonbear.Column rows of the same group that are before each
---@field after moonbear.Column and those behind it
---@field most integer rows of the largest group

-- The order of a grouping's rows, which it keeps.
local function order_of(self)
  local known = rawget(self, "_order")
  if known then return known end
  local sizes, n = self:size(), #self._by
  local numbers = core.repeat_positions(sizes)
  local starts = sizes:cumsum { exclusive = true }
  local before = (core.range(0, n - 1, 1) - starts[numbers]):eval()
  self._order = {
    rows = core.argsort { self:broadcast(core.range(1, #self, 1)) },
    numbers = numbers, starts = starts, before = before,
    after = (sizes[numbers] - before - 1):eval(), most = n > 0 and sizes:max() or 0,
  }
  return self._order
end

-- The column that a method is of, which has a row for each of the grouping.
local function column_of(self, what, name)
  local column = group.column_of(self, what, name)
  if #column ~= #self._by then
    blame("%s of groups: the lengths differ: the grouping has %d rows, the column %d", name,
      #self._by, #column)
  end
  return column
end

-- What is found in the order of the groups, at the rows' own places.
local function put_back(order, found) return found:put(order.rows, found) end

---How many rows of its group are before each row: 0 for the first one. Collective.
---@return moonbear.Column # int
function Grouping:cumcount()
  local order = order_of(self)
  return put_back(order, order.before)
end

-- The value of the row n before, or behind where n is below 0, of the same group; else `fill`.
local function shifted(order, values, n, fill)
  local has = n >= 0 and order.before:ge(n) or order.after:ge(-n)
  return where(has, values:shift(n), fill)
end

local function check_offset(name, n)
  if n == nil then return 1 end
  if math.type(n) ~= "integer" then check.argument(2, name, "a number of rows", n) end
  return n
end

---The value of the row n before in the same group, or of the row behind where n is below 0;
---missing, or `fill`, where there is none. Collective.
---@param column moonbear.Column|string
---@param n? integer 1 unless told
---@param fill? number|boolean|string
---@return moonbear.Column
function Grouping:shift(column, n, fill)
  local values, order = column_of(self, column, "shift"), order_of(self)
  n = check_offset("shift", n)
  if fill == nil then fill = core.null end
  return put_back(order, shifted(order, values[order.rows], n, fill))
end

---What each row has more than the row n before in the same group; missing where there is none.
---Collective.
---@param column moonbear.Column|string of numbers, times or durations
---@param n? integer 1 unless told
---@return moonbear.Column
function Grouping:diff(column, n)
  local values, order = column_of(self, column, "diff")[order_of(self).rows], order_of(self)
  local earlier = shifted(order, values, check_offset("diff", n), core.null)
  return put_back(order, (values - earlier):eval())
end

---By which share each row is more than the row n before in the same group: 0.5 is half as much
---again. Missing where there is none. Collective.
---@param column moonbear.Column|string of numbers
---@param n? integer 1 unless told
---@return moonbear.Column # float
function Grouping:pct_change(column, n)
  local values, order = column_of(self, column, "pct_change")[order_of(self).rows], order_of(self)
  local earlier = shifted(order, values, check_offset("pct_change", n), core.null)
  return put_back(order, (values / earlier - 1):eval())
end

-- Of two values the one that is there, or what f makes of both.
local function chosen_by(f)
  return function(a, b)
    return f(where(a:is_missing(), b, a), where(b:is_missing(), a, b))
  end
end

-- How values are combined along the rows, and what stands for a missing one.
local merges = {
  cumsum = { function(a, b) return a + b end, 0 },
  cumprod = { function(a, b) return a * b end, 1 },
  cummin = { chosen_by(core.math.minimum) },
  cummax = { chosen_by(core.math.maximum) },
}

-- Integers so far: all rows so far, less those of groups before. Sums wrap, so this is exact.
local function sums_of_integers(order, values)
  local sums = values:cumsum()
  local others = (sums - values)[order.starts + 1]
  return sums - others[order.numbers]
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

-- Rows of each group so far, combined; missing ones stay missing and add nothing.
local function scan(self, what, name)
  local values, order = column_of(self, what, name), order_of(self)
  local folds = name == "cumsum" or name == "cumprod"
  if folds and not check.is_numeric(values) then
    blame("%s of groups takes numbers, got %s", name, check.describe(values))
  end
  values = values[order.rows]
  if folds and values:type() == "bool" then values = values:as "int" end
  local merge, nothing = table.unpack(merges[name])
  local found = nothing and values:fill(nothing):eval() or values
  if name == "cumsum" and values:type() ~= "float" then
    found = sums_of_integers(order, found)
  else
    found = scanned(order, found, merge)
  end
  return put_back(order, where(values:is_missing(), core.null, found):eval())
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
function Grouping:ffill(column)
  local values, order = column_of(self, column, "ffill")[order_of(self).rows], order_of(self)
  local rows = core.range(1, #values, 1)
  local from = where(values:is_missing(), 0, rows):cummax()
  local inside = from:ge(rows - order.before)
  return put_back(order, values[where(inside, from, core.null)])
end

---What is computed of each row and those before it in the same group, as `column:rolling` does of a
---column: by windows of so many rows. Collective.
---
---    flows.usual = flows:group_by("srcIP"):rolling("srcBytes", 10, "mean", { min_periods = 1 })
---@param column moonbear.Column|string
---@param window integer rows
---@param name "sum"|"mean"|"min"|"max"|"std"|"var"|"count"
---@param opts? {min_periods: integer?, ddof: number?} the window's rows; 0
---@return moonbear.Column
function Grouping:rolling(column, window, name, opts)
  local values, order = column_of(self, column, "rolling"), order_of(self)
  return put_back(order, rolling.of(values[order.rows], window, name, opts, order.before))
end

-- Runs of equal values within groups, in whose order rows are: the number of each row's run, where
-- runs begin, and how many rows they have.
local function runs_of(numbers, values)
  local n = #numbers
  local same = numbers:eq(numbers:shift(1)) & (values:eq(values:shift(1))
    | (values:is_missing() & values:shift(1):is_missing()))
  local begins = (~same:fill(false)):eval()
  local starts = core.range(1, n, 1)[begins]
  return begins:cumsum(), starts, (starts:shift(-1):fill(n + 1) - starts):eval()
end

-- The ranks of rows that are in order, by what equal ones have: of the number of a row's run, how
-- many rows runs have, and how many of the group are before them.
local methods = {
  first = function(order) return order.before + 1 end,
  min = function(_, run, _, first) return first[run] + 1 end,
  max = function(_, run, sizes, first) return (first + sizes)[run] end,
  average = function(_, run, sizes, first) return (first + (sizes + 1) / 2)[run] end,
  dense = function(order, run) return run - run[order.starts + 1][order.numbers] + 1 end,
}

-- The ranks of values in the order of groups, and within these in their own.
local function ranks_of(order, values, method)
  local run, starts, sizes = runs_of(order.numbers, values)
  local rank = methods[method](order, run, sizes, order.before[starts])
  return where(values:is_missing(), core.null, rank):eval()
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
  local o = options.check("rank", opts, { method = { "any", "average" },
    ascending = { "boolean", true }, pct = { "boolean", false } })
  if not methods[o.method] then
    options.blame("rank", "method", "'average', 'min', 'max', 'first' or 'dense'", o.method)
  end
  local values, order = column_of(self, column, "rank"), order_of(self)
  if values:type() == "float" then values = where(values:isnan(), core.null, values) end
  local by_group = self:broadcast(core.range(1, #self, 1))
  local rows = core.argsort({ by_group, values }, { descending = { false, not o.ascending } })
  values = values[rows]
  local rank = ranks_of(order, values, o.method)
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
  local order = order_of(self)
  local mask = put_back(order, order.after:lt(n):eval())
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


