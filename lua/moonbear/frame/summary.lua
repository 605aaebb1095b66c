-- What a frame is like: statistics of its columns, their memory, and its best rows.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local options = require "moonbear.options"
local blame = check.blame

local Frame <const> = frame.methods

local on_rank <const> = core.on_rank -- which later is mb.on_rank alone

local NUMBERS <const> = { int = true, uint = true, float = true }
local STATISTICS <const> = { "count", "mean", "std", "min", "25%", "50%", "75%", "max" }
local QUARTILES <const> = { 0.25, 0.5, 0.75 }

-- The statistics of a column of numbers, in their order.
local function statistics_of(column)
  local present = column:drop_missing()
  local count = #present
  if count == 0 then
    local none = core.null
    return { 0.0, none, none, none, none, none, none, none }
  end
  local floats = present:as "float"
  local s, q = floats:stats { "mean", "std", "min", "max" }, floats:quantile(QUARTILES)
  return { count + 0.0, s.mean, s.std, s.min, q[1], q[2], q[3], s.max }
end

-- The statistics of a column of other values.
local function summary_of(column)
  local values, counts = column:value_counts()
  local most = #values > 0 and counts:argmax()
  return { tostring(#column - column:is_missing():sum()), tostring(#values),
    most and values:slice(most, most):as("text")[1] or core.null,
    most and tostring(counts[most]) or core.null }
end

---Statistics of the columns of numbers: a frame with a row for each of `count`, `mean`, `std`,
---`min`, `25%`, `50%`, `75%` and `max`, which `statistic` names, and a float column for each of
---them. Missing values are left out; `std` divides by the number of values, as `column:std` does. A
---frame without numbers, or the frame of `frame:select` of other columns, has `count`, `unique`,
---`top` and `freq` of each, as text. Collective.
---@return moonbear.Frame
function Frame:describe()
  local numbers, others = {}, {}
  for name, column in self:each() do
    local list = NUMBERS[column:type()] and numbers or others
    list[#list + 1] = { name, column }
  end
  local names, of, kind = STATISTICS, statistics_of, "float"
  if #numbers == 0 then
    names, of, kind = { "count", "unique", "top", "freq" }, summary_of, "text"
  end
  local result = { { "statistic", core.column(names, "text") } }
  for _, it in ipairs(#numbers > 0 and numbers or others) do
    result[#result + 1] = { it[1], core.column(of(it[2]), kind) }
  end
  return frame.new(result)
end

function core.column_methods:describe() return frame.new { { "value", self } }:describe() end

-- The bytes of columns on all ranks.
local function bytes_of(columns)
  local totals = {}
  for i in ipairs(columns) do totals[i] = 0 end
  for rank = 0, core.size() - 1 do
    local here = on_rank(rank, function()
      local list = {}
      for i, column in ipairs(columns) do list[i] = column:info().bytes end
      return list
    end)
    for i, bytes in ipairs(here) do totals[i] = totals[i] + bytes end
  end
  return totals
end

---What the columns are and take: a frame of their `name`, `type`, `bytes` on all ranks, and number
---of `missing` rows; their sum is `frame:memory().bytes:sum()`. Columns that wait to be
---computed are computed first. Collective.
---@return moonbear.Frame
function Frame:memory()
  local names, types, columns, missing = {}, {}, {}, {}
  for name, column in self:each() do
    names[#names + 1], types[#types + 1] = name, column:type()
    columns[#columns + 1], missing[#missing + 1] = column:eval(), column:is_missing():sum()
  end
  return frame.new { { "name", core.column(names, "text") }, { "type", core.column(types, "text") },
    { "bytes", core.column(bytes_of(columns), "int") }, { "missing", core.column(missing, "int") } }
end

-- The rows of the best values of a column, of all rows or of each group.
local function best(self, method, name, k, opts)
  local o = options.check(method, opts, { by = { "any" } })
  local column = self:column(name)
  if math.type(k) ~= "integer" or k < 0 then check.argument(2, method, "a number of rows", k) end
  if o.by == nil then return self[select(2, column[method](column, k))] end
  local by = options.strings(method, "by", o.by)
  if #by == 0 then options.blame(method, "by", "the names of columns", o.by) end
  local g <close> = self:group_by(by)
  return self[select(2, g[method](g, column, k))]
end

---The rows with the k largest values of a column, largest first: a new frame; equal ones in row
---order. With `by`, a name or a list of names, those of each group, in the order of the groups. NaN
---and missing values are left out. Collective. Raises when there is no such column.
---
---    print(flows:topk("srcBytes", 3, { by = "srcIP" }))
---@param name string
---@param k integer
---@param opts? {by: string|string[]|nil}
---@return moonbear.Frame
function Frame:topk(name, k, opts) return best(self, "topk", name, k, opts) end

---The rows with the k smallest values of a column, smallest first; as `topk` otherwise. Collective.
---@param name string
---@param k integer
---@param opts? {by: string|string[]|nil}
---@return moonbear.Frame
function Frame:bottomk(name, k, opts) return best(self, "bottomk", name, k, opts) end

---The correlations (Pearson's) of all pairs of columns of numbers, of the rows where neither is
---missing: a frame with a row for each of them, which `name` tells, and a float column for each.
---Collective. Raises when there are no columns of numbers.
---@param names? string|string[] all columns of numbers unless told
---@return moonbear.Frame
function Frame:corr(names)
  local list, columns = {}, {}
  for _, name in ipairs(arguments.chosen(self, "corr", names)) do
    local column = self:column(name)
    if NUMBERS[column:type()] then
      list[#list + 1], columns[#columns + 1] = name, column
    elseif names then
      blame("corr: '%s' is %s; numbers have correlations", name, check.describe(column))
    end
  end
  if #list == 0 then blame("corr: the frame has no columns of numbers") end
  local rows = {}
  for i in ipairs(list) do rows[i] = {} end
  for i, a in ipairs(columns) do
    for k = i, #columns do
      local r = a:corr(columns[k])
      if i == k and r == r then r = 1.0 end
      rows[i][k], rows[k][i] = r, r
    end
  end
  local result = { { "name", core.column(list, "text") } }
  for i, name in ipairs(list) do result[i + 1] = { name, core.column(rows[i], "float") } end
  return frame.new(result)
end
