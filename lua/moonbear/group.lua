-- Groupings: rows with the same keys, and what is computed of each group.

local asked_for = require "moonbear.group.asked"
local check = require "moonbear.check"
local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"
local frame = require "moonbear.frame"
local name_list = require "moonbear.names"
local options = require "moonbear.options"
local time = require "moonbear.time"
local blame, is_column = check.blame, check.is_column

---Rows with the same keys. Groups come in ascending order of their keys, lexicographically where
---there are several; NaN is one key, the last, and missing keys make one group after it; -0.0 is
---0.0. `#g` is the number of groups.
---
---Aggregations are columns with a row for each group. Where a method takes a column, a grouping of
---a frame also takes the name of one of its columns, or an expression of them. Missing values are
---passed over; a group that has none but these has the sum 0, the product 1, a mean, variance and
---standard deviation of NaN, `any` false, `all` true, all bits set for `bit_and`, and is missing
---where a value is chosen. All are collective, and raise when lengths differ.
---
---A grouping looks at its rows when something asks for its groups. Where a sample of the keys says
---that there are no more than some 2^16 groups, each rank numbers its rows by their groups,
---computes its own groups in tables of 8 to 32 bytes a group, and sends these to the ranks that own
---them; at its peak a rank holds such a table three times, for the groups that its rows are in.
---Where there are more, each aggregation sends the rows, with the values that it needs, to the
---ranks that own their groups, which fold them in cache: several are best asked for at once, by
---`agg`. At its peak a rank holds these rows, as they are stored, and the results twice. Keys,
---sizes and the number of groups are known after the first aggregation.
---@class moonbear.Grouping
---@operator len: integer
local Grouping = {}
Grouping.__name = "moonbear.grouping"

-- What to write for `grouping.name:sum()`, where the frame has a column of the name.
local function of_column(of_frame, name)
  for other in of_frame:each() do
    if other == name then
      return ("; of the column write grouping:sum(%q), or grouping:agg{x = {%q, \"sum\"}}")
        :format(name, name)
    end
  end
end

function Grouping:__index(key)
  local value = rawget(Grouping, key)
  if value ~= nil or type(key) ~= "string" or key:find "^_" then return value end
  local of_frame = rawget(self, "_frame")
  local mend = of_frame and of_column(of_frame, key)
  if mend then blame("a grouping has no field '%s'%s", key, mend) end
  blame("a grouping has no method '%s'%s", key,
    name_list.mend("grouping", key, name_list.of(Grouping)))
end

local MOST_AT_ONCE <const> = 16 -- aggregations of a pass
local FEWEST_OF <const> = 8 -- one row in so many at most is searched for; else sorted

local function new(columns, names, of_frame)
  return setmetatable({ _handle = core.group_by(columns), _names = names, _frame = of_frame,
    _by = columns[1] }, Grouping)
end

---Groups rows by a column, or by a list of columns of one length. Rows are not looked at before
---something asks for groups. To number rows each column is made small numbers in the order of its
---values: by a table where their range is small, by hashing while they are few, else by a sort of
---this rank's rows; then the ranks number their keys together. Peak memory of that: up to 20 bytes
---a row of a rank, and 40 for each of its groups and columns; of these a grouping keeps 2 or 4 a
---row and 12 a group, but of one column of a small range the column instead of the rows' numbers.
---Raises when the lengths differ.
---@param keys moonbear.Column|moonbear.Column[]
---@return moonbear.Grouping
local function group_by(keys)
  local columns = is_column(keys) and { keys } or keys
  if type(columns) ~= "table" or frame.is_frame(columns) or #columns == 0 then
    check.argument(1, "group_by", "column or list of columns", keys)
  end
  local names = #columns == 1 and { "key" } or {}
  for i, column in ipairs(columns) do
    if not is_column(column) then
      blame("group_by: key %d must be a column, got %s%s", i, check.show(column),
        type(column) == "string" and "; a frame groups by names: frame:group_by(...)" or "")
    end
    names[i] = names[i] or "key" .. i
  end
  return new(columns, names)
end

-- A key of a frame's groups, which is a name or a column, and what it is called.
local function key_of(self, key, i, n)
  if not is_column(key) then return self:column(key), key end
  if #key ~= #self then
    blame("group_by: the lengths differ: key %d has %s, and the frame %d", i,
      check.plural(#key, "row"), #self)
  end
  return key, n == 1 and "key" or "key" .. i
end

---Groups the rows of a frame by some of its columns: `frame:group_by("srcIP", "dstIP")`, or by
---columns of its length, which are called `key`, or `key1`, `key2` where there are several:
---`frame:group_by(frame.start:floor("1h"))`; or by a list of these. Raises when there is no such
---column.
---@param ... string|moonbear.Column|(string|moonbear.Column)[]
---@return moonbear.Grouping
function frame.methods:group_by(...)
  local keys = { ... }
  if type(keys[1]) == "table" then keys = keys[1] end
  if #keys == 0 then blame("'group_by' takes the names of columns, got none") end
  local columns, names = {}, {}
  for i, key in ipairs(keys) do columns[i], names[i] = key_of(self, key, i, #keys) end
  return new(columns, names, self)
end

-- The column that an aggregation is of.
local function column_of(self, what, name)
  local of_frame = self._frame
  if type(what) == "string" and of_frame then
    for other in of_frame:each() do
      if other == what then return of_frame:column(what) end
    end
    what = of_frame(what)
  end
  if is_column(what) then return what end
  local mend = name == "count" and what == nil and "; g:size() counts all rows" or ""
  check.argument(1, name, of_frame and "column, its name or an expression" or "column", what, mend)
end

-- Aggregations that the engine computes, in one pass.
local primitive = {
  size = true, count = true, sum = true, mean = true, prod = true, min = true, max = true,
  argmin = true, argmax = true, first = true, last = true, any = true, all = true, bit_and = true,
  bit_or = true, bit_xor = true, quantile = true, median = true,
}

local function aggregate(self, name, what)
  local column = column_of(self, what, name)
  return core.group_aggregate(self._handle, { name }, { column })[1]
end

function Grouping:__len()
  return core.group_count(self._handle)
end

local function keys_of(self)
  self._keys = self._keys or core.group_keys(self._handle)
  return self._keys
end

---The keys of the groups: a column for each key. Collective until they are known.
---@return moonbear.Column ...
function Grouping:keys()
  return table.unpack(keys_of(self))
end

---How many rows each group has. Collective.
---@return moonbear.Column # int
function Grouping:size()
  return core.group_aggregate(self._handle, { "size" }, {})[1]
end

---How many rows are not missing.
---@param column moonbear.Column|string
---@return moonbear.Column # int
function Grouping:count(column) return aggregate(self, "count", column) end

---The sums: of floats with the same bits on any number of ranks. No value loses more than 2^-60 of
---the largest magnitude in its group, and what is left is added exactly. Raises when a sum of
---integers does not fit, and for groups of floats with more than 2^33 rows.
---@param column moonbear.Column|string
---@return moonbear.Column # int for bool
function Grouping:sum(column) return aggregate(self, "sum", column) end

---The means: the sums, as exact, divided by the number of values.
---@param column moonbear.Column|string
---@return moonbear.Column # float; of times and durations their type
function Grouping:mean(column) return aggregate(self, "mean", column) end

---The products: of integers they wrap; of floats they have the same bits on any number of ranks,
---within 2^-53, and 2^-63 for each factor.
---@param column moonbear.Column|string
---@return moonbear.Column # int for bool
function Grouping:prod(column) return aggregate(self, "prod", column) end

---The smallest value; NaN where there is one.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:min(column) return aggregate(self, "min", column) end

---The largest value; NaN where there is one.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:max(column) return aggregate(self, "max", column) end

---The first row, counted over all groups, of the smallest value or of a NaN.
---@param column moonbear.Column|string
---@return moonbear.Column # int
function Grouping:argmin(column) return aggregate(self, "argmin", column) end

---The first row, counted over all groups, of the largest value or of a NaN.
---@param column moonbear.Column|string
---@return moonbear.Column # int
function Grouping:argmax(column) return aggregate(self, "argmax", column) end

---The value of the first row that is not missing.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:first(column) return aggregate(self, "first", column) end

---The value of the last row that is not missing.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:last(column) return aggregate(self, "last", column) end

---Whether any value is true, or not zero (NaN is true).
---@param column moonbear.Column|string
---@return moonbear.Column # bool
function Grouping:any(column) return aggregate(self, "any", column) end

---Whether every value is true, or not zero.
---@param column moonbear.Column|string
---@return moonbear.Column # bool
function Grouping:all(column) return aggregate(self, "all", column) end

---The bits that all values have. Raises for columns of bools and floats.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:bit_and(column) return aggregate(self, "bit_and", column) end

---The bits that any value has. Raises for columns of bools and floats.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:bit_or(column) return aggregate(self, "bit_or", column) end

---The bits that an odd number of values has. Raises for columns of bools and floats.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:bit_xor(column) return aggregate(self, "bit_xor", column) end

---The value of its group in each row: `flows.bytes / g:broadcast(g:sum(flows.bytes))`. Takes a
---column with a row for each group. Peak memory: 24 bytes for each group of a rank's rows, beside
---the result. Collective.
---@param column moonbear.Column
---@return moonbear.Column
function Grouping:broadcast(column)
  return core.group_broadcast(self._handle, column)
end

---The first n rows of each group: of a grouping of a frame a frame, else a bool column that is true
---for these rows. Collective.
---@param n integer
---@return moonbear.Frame|moonbear.Column
function Grouping:head(n)
  local mask = core.group_head(self._handle, n)
  return self._frame and self._frame:where(mask) or mask
end

-- As Grouping:topk, of values in the order of their groups, best first: where there are many.
local function top_by_sort(self, column, k, largest)
  local usable = ~column:is_missing()
  if column:type() == "float" then usable = usable & ~column:isnan() end
  local rows = core.range(1, #column, 1)[usable]
  local numbers = self:broadcast(core.range(1, #self, 1))[usable]
  local order = core.argsort({ numbers, column[usable] }, { descending = { false, largest } })
  local by_group <close> = group_by(numbers[order])
  local best = order[by_group:head(k)]
  local positions = rows[best]
  return column[positions], positions, numbers[best]
end

local function top(self, name, what, k, largest)
  local column = column_of(self, what, name)
  if math.type(k) ~= "integer" then check.argument(2, name, "integer", k) end
  if k < 0 then blame("%s: k is below 0: %d", name, k) end
  local rows = #self._by
  if #column ~= rows then
    blame("%s of groups: the lengths differ: the grouping has %s, the column %d", name,
      check.plural(rows, "row"), #column)
  end
  if #self > 0 and k > rows // (FEWEST_OF * #self) then
    return top_by_sort(self, column, k, largest)
  end
  local values, positions, counts = core.group_top(self._handle, column, k, largest)
  return values, positions, core.repeat_positions(counts)
end

---The k largest values of each group, in the order of the groups and largest first, their
---positions, and the number of the group that each is of, as in
---`values, positions, numbers = g:topk("srcBytes", 2)`; equal ones by position. `keys[numbers]` are
---the keys, of each column of `g:keys()`, and `frame[positions]` the rows. NaN and missing values
---are left out, and a group of fewer has fewer. Each rank keeps the best of its rows of each group
---in heaps, and sends these to the ranks that own the groups; where there are more of these than an
---eighth of the rows, values are sorted within the groups. Peak memory: 32 bytes for each of k
---values of each group that a rank has rows of, and 4 a row; of a sort 24 bytes a row more.
---Collective.
---@param column moonbear.Column|string
---@param k integer
---@return moonbear.Column values of the column's type
---@return moonbear.Column positions int
---@return moonbear.Column numbers int
function Grouping:topk(column, k) return top(self, "topk", column, k, true) end

---As `topk`: the k smallest values of each group, smallest first.
---@param column moonbear.Column|string
---@param k integer
---@return moonbear.Column values of the column's type
---@return moonbear.Column positions int
---@return moonbear.Column numbers int
function Grouping:bottomk(column, k) return top(self, "bottomk", column, k, false) end

-- What a function of floats gives for the ticks of times or durations since the least of them;
-- their unit, and the least.
local function of_ticks(column, f)
  local none = column:is_missing():all()
  local zero = column:type() == "time" and core.time(0) or core.duration(0)
  local base = none and zero or column:min()
  local ticks, unit = time.ticks_since(column, base)
  return f(ticks), unit, base
end

---The variances: of the differences to the mean of the group, in a second pass over the rows; NaN
---where there are no more values than ddof. Collective.
---@param column moonbear.Column|string
---@param opts? {ddof: number?} 0 unless told
---@return moonbear.Column # float
function Grouping:var(column, opts)
  local ddof = options.check("var", opts, { ddof = { "number", 0 } }).ddof
  column = column_of(self, column, "var")
  if time.is_counted(column) then
    check.blame("var takes no %s columns; std gives a duration", column:type())
  end
  local off = (column - self:broadcast(self:mean(column))):eval()
  local sums = core.group_aggregate(self._handle, { "sum", "sum", "count" },
    { off * off, off, off })
  local squares, rest, count = sums[1], sums[2], sums[3]
  -- What the rounding of the mean adds is taken off again.
  local mass = (squares - rest * rest / count):maximum(0.0)
  return elementwise.where(count:gt(ddof), mass / (count - ddof), 0 / 0)
end

---The standard deviations: the square roots of the variances. Collective.
---@param column moonbear.Column|string
---@param opts? {ddof: number?} 0 unless told
---@return moonbear.Column # float; of times and durations a duration
function Grouping:std(column, opts)
  column = column_of(self, column, "std")
  if not time.is_counted(column) then return self:var(column, opts):sqrt() end
  local deviations, unit = of_ticks(column, function(ticks) return self:std(ticks, opts) end)
  return time.durations_of(deviations, unit)
end

-- The distinct values of each group in order, how often each occurs there, and both grouped by the
-- groups' numbers.
local function distinct_values(self, column)
  local numbers = self:broadcast(core.range(1, #self, 1))
  local there = ~column:is_missing()
  local pairs_of <close> = group_by { numbers[there], column[there] }
  local groups, values = pairs_of:keys()
  return { values = values, counts = pairs_of:size(), by_group = group_by(groups) }
end

-- A column with a row for each group, which has those of `results` where there are values.
local function spread(distinct, base, results)
  local groups = distinct.by_group:keys()
  return base:put(groups, results)
end

---How many distinct values there are, missing ones not counted; all NaN are one. Groups the rows by
---group and value. Collective.
---@param column moonbear.Column|string
---@return moonbear.Column # int
function Grouping:nunique(column)
  local distinct = distinct_values(self, column_of(self, column, "nunique"))
  return spread(distinct, core.full(#self, 0), distinct.by_group:size())
end

---The value that occurs most often, the smallest of such ones. Groups the rows by group and value.
---Collective.
---@param column moonbear.Column|string
---@return moonbear.Column
function Grouping:mode(column)
  column = column_of(self, column, "mode")
  local distinct = distinct_values(self, column)
  local by_group, counts = distinct.by_group, distinct.counts
  local most = counts:eq(by_group:broadcast(by_group:max(counts)))
  local modes = by_group:first(elementwise.where(most, distinct.values, core.null))
  return spread(distinct, self:first(column), modes)
end

local function check_quantile(q)
  if type(q) ~= "number" or not (q >= 0 and q <= 1) then
    check.argument(2, "quantile", "number from 0 to 1", q)
  end
end

---The quantiles of q, from 0 to 1, linear between the two nearest values; NaN where there is one or
---no value. Brings the values of each group together, by a partition of the rows, and selects among
---them; of a group that has more rows than a rank's share, by counts of all ranks. Peak memory:
---twice the values, as they are stored, and 4 or 8 bytes a row. Collective.
---@param column moonbear.Column|string
---@param q number
---@return moonbear.Column # float; of times and durations their type
function Grouping:quantile(column, q)
  check_quantile(q)
  column = column_of(self, column, "quantile")
  if time.is_counted(column) then
    local function of_floats(ticks) return self:quantile(ticks, q) end
    local quantiles, unit, base = of_ticks(column, of_floats)
    return time.durations_of(quantiles, unit) + base
  end
  return core.group_aggregate(self._handle, { "quantile" }, { column }, { q })[1]
end

---The medians: the quantiles of 0.5. Collective.
---@param column moonbear.Column|string
---@return moonbear.Column # float; of times and durations their type
function Grouping:median(column)
  return self:quantile(column_of(self, column, "median"), 0.5)
end

-- Aggregations that take passes of their own, and those that take an argument.
local of_own = { var = true, std = true, nunique = true, mode = true }
local with_argument = { var = true, std = true, quantile = true }

local function is_aggregation(name)
  return type(name) == "string" and (primitive[name] or of_own[name] or false)
end

-- A column of the frame, for an example: the one of that name, or the first that is no key.
local function example(self, name)
  local first
  local keys = table.concat(self._names, "\n") .. "\n"
  if not self._frame then return "column" end
  for other in self._frame:each() do
    if other == name then return ('"%s"'):format(name) end
    if not first and not keys:find(other .. "\n", 1, true) then first = other end
  end
  return ('"%s"'):format(first or self._names[1])
end

-- Raises for what is no aggregation, and says how one is written.
local function fail_asked(self, it)
  local name, of = it.aggregation, it.of
  if name == nil and is_aggregation(of) then
    blame("agg: '%s' of no column; write %s = {%s, \"%s\"}", of, check.name(it.as),
      example(self, it.as), of)
  elseif type(name) ~= "string" then
    blame("agg: '%s' must be {column, aggregation}, as {\"bytes\", \"sum\"}, got %s",
      check.name(it.as), check.show(name == nil and of or name))
  end
  local known = name_list.of(of_own)
  for other in pairs(primitive) do known[#known + 1] = other end
  table.sort(known)
  blame("agg: '%s' is '%s', not an aggregation of groups%s", check.name(it.as), name,
    name_list.mend("aggregation", name, known))
end

local function has_column(self, name)
  for other in self._frame and self._frame:each() or next, {} do
    if other == name then return true end
  end
  return false
end

local function check_asked(self, list)
  for _, it in ipairs(list) do
    local name = it.aggregation
    if not is_aggregation(name) then fail_asked(self, it) end
    if primitive[it.of] and not has_column(self, it.of) then
      blame("agg: '%s' must be {column, aggregation}, got {\"%s\", \"%s\"}; each aggregation has a "
        .. "name of its own", check.name(it.as), it.of, name)
    end
    if it.argument ~= nil and not with_argument[name] then
      blame("agg: '%s' takes no argument, and '%s' gives it %s", name, check.name(it.as),
        check.show(it.argument))
    end
    if name == "quantile" then check_quantile(it.argument) end
    if name ~= "size" then it.of = column_of(self, it.of, name) end
  end
end

-- Whether the engine computes it, together with others: quantiles of times are made of ticks.
local function is_of_engine(it)
  local name = it.aggregation
  local is_quantile = name == "quantile" or name == "median"
  return primitive[name] and not (is_quantile and time.is_counted(it.of))
end

-- Those that the engine computes, so many at a time.
local function in_passes(self, list, results)
  local names, columns, arguments, asked = {}, {}, {}, {}
  for i, it in ipairs(list) do
    if is_of_engine(it) then
      local name = it.aggregation
      names[#names + 1] = name == "median" and "quantile" or name
      columns[#names] = it.of or false
      arguments[#names] = it.argument or 0.5
      asked[#asked + 1] = i
    end
    if #names == MOST_AT_ONCE or (i == #list and #names > 0) then
      for k, column in ipairs(core.group_aggregate(self._handle, names, columns, arguments)) do
        results[asked[k]] = column
      end
      names, columns, arguments, asked = {}, {}, {}, {}
    end
  end
end

---Several aggregations, in one pass over the rows: a frame of the keys and of these, as in
---`g:agg { bytes = { "srcBytes", "sum" }, flows = "size" }`, in the order of their names; or of a
---list, `{ { "bytes", "srcBytes", "sum" }, { "flows", "size" } }`, in its order, whose members may
---also be `{ "bytes", { "srcBytes", "sum" } }`. The keys of a grouping of columns are called `key`,
---or `key1`, `key2`, ... All methods of a grouping that take a column can be asked for, also with
---their argument: `{ "srcBytes", "quantile", 0.9 }`, `{ "bytes", "std", { ddof = 1 } }`. var, std,
---nunique and mode take passes of their own, as do medians and quantiles of times and durations;
---those of numbers take one for all. Collective.
---Raises for other names, and when two columns would have one name.
---@param asked table
---@return moonbear.Frame
function Grouping:agg(asked)
  local list, results, columns = asked_for.ordered(asked), {}, {}
  check_asked(self, list)
  in_passes(self, list, results)
  for i, key in ipairs(keys_of(self)) do columns[i] = { self._names[i], key } end
  for i, it in ipairs(list) do
    local column = results[i] or Grouping[it.aggregation](self, it.of, it.argument)
    columns[#columns + 1] = { it.as, column }
  end
  return frame.new(columns)
end

---Frees the memory of the grouping at once, instead of when it is collected; keys that were asked
---for stay. Closing twice does no harm. Not collective.
function Grouping:close()
  core.group_close(self._handle)
  self._order, self._rows_in_order = nil, nil
end

Grouping.__close = Grouping.close

function Grouping:__tostring()
  return ("grouping by %s: %s"):format(table.concat(self._names, ", "),
    check.plural(#self, "group"))
end

return { group_by = group_by, methods = Grouping, asked = asked_for.ordered, column_of = column_of }
