-- Groups of scans.

local check = require "moonbear.check"
local column = require "moonbear.stream.column"
local fold = require "moonbear.stream.fold"
local frame = require "moonbear.frame"
local group = require "moonbear.group"
local groups = require "moonbear.stream.groups"
local pass = require "moonbear.stream.pass"
local scan = require "moonbear.stream.scan"
local blame, inside = check.blame, scan.inside

---Rows of a scan with the same keys. Aggregations are computed in one pass over the files, by those
---of each piece; memory is taken by the groups, not by the rows.
---@class moonbear.ScanGrouping
local ScanGrouping = {}
local meta = { __name = "moonbear.scangrouping" }

local grouping = { methods = ScanGrouping }

-- A column of a scan: itself, or of a name or an expression.
local function column_of(self, what, name)
  if column.is_column(what) and what._rows == inside(self).rows then return what end
  if type(what) == "string" then
    return inside(self).columns[what] or scan.expression(self, what)
  end
  check.argument(1, name, "column of the scan, its name or an expression", what)
end

---Groups the rows by some of the columns, as `frame:group_by` does. Not collective.
---@param ... string|moonbear.ScanColumn
---@return moonbear.ScanGrouping
function scan.methods:group_by(...)
  local keys, list, titles = {}, { ... }, {}
  if type(list[1]) == "table" and not column.is_column(list[1]) then list = list[1] end
  if #list == 0 then blame("'group_by' takes the names of columns, got none") end
  for i, key in ipairs(list) do
    local is_column = column.is_column(key)
    keys[i] = is_column and column_of(self, key, "group_by") or self:column(key)
    titles[i] = is_column and (#list == 1 and "key" or "key" .. i) or key
  end
  return setmetatable({ _scan = self, _keys = keys, _titles = titles }, meta)
end

-- What is asked, of columns of no rows.
local function of_samples(x)
  if column.is_column(x) then return x._sample end
  if type(x) ~= "table" or check.class(x) then return x end
  local result = {}
  for key, value in pairs(x) do result[key] = of_samples(value) end
  return result
end

-- Raises for what is wrong with what is asked: a frame of no rows is asked it.
local function try(self, asked)
  local it, columns = inside(self._scan), {}
  for i, name in ipairs(it.names) do columns[i] = { name, it.columns[name]._sample } end
  frame.new(columns):group_by(of_samples(self._keys)):agg(of_samples(asked))
end

-- The fold of what is asked, with what f makes of the columns of keys and the results.
local function fold_of(self, list, f)
  local keys = {}
  for i, key in ipairs(self._keys) do keys[i] = key._make end
  return fold.with(groups.fold(keys, list), f)
end

local function agg_fold(self, asked)
  try(self, asked)
  local list, titles = {}, {}
  for i, it in ipairs(group.asked(asked)) do
    local of = it.of ~= nil and column_of(self._scan, it.of, it.aggregation)
    list[i] = { aggregation = it.aggregation, of = of and of._make, argument = it.argument }
    titles[i] = it.as
  end
  return fold_of(self, list, function(columns, results)
    local named = {}
    for i, name in ipairs(self._titles) do named[i] = { name, columns[i] } end
    for i, result in ipairs(results) do named[#named + 1] = { titles[i], result } end
    return frame.new(named)
  end)
end

---The fold of a method that gives a result, and its source; nil for others. Not collective.
---@param self moonbear.ScanGrouping
---@param method string
---@param asked any
---@return moonbear.Fold?, moonbear.Source?
function grouping.fold(self, method, asked)
  local source = inside(self._scan).source
  if method == "keys" then
    return fold_of(self, {}, function(columns) return table.unpack(columns) end), source
  end
  if method == "size" then
    local function sizes(_, results) return results[1] end
    return fold_of(self, { { aggregation = "size" } }, sizes), source
  end
  if method == "agg" then return agg_fold(self, asked), source end
end

---Several aggregations, as `grouping:agg` of a frame's groups, in one pass over the files.
---`nunique` and `mode` take memory for the different values of each group. Medians and quantiles
---keep the keys and the values of all rows, stored as narrow as in memory, and select among them at
---the end: where these do not fit, set `MOONBEAR_TMPDIR`, or filter rows first. `argmin` and
---`argmax` are numbers of the rows of the scan. Collective.
---@param asked table
---@return moonbear.Frame
function ScanGrouping:agg(asked)
  return pass.run(grouping.fold(self, "agg", asked))
end

---The keys of the groups, as `grouping:keys` of a frame's groups: a column for each key. Reads the
---files, and so does `size`: `agg { n = "size" }` gives both at once. Collective.
---@return moonbear.Column ...
function ScanGrouping:keys() return pass.run(grouping.fold(self, "keys")) end

---How many rows each group has, in the order of the keys. Collective.
---@return moonbear.Column # int
function ScanGrouping:size() return pass.run(grouping.fold(self, "size")) end

---Whether it is a grouping of a scan. Not collective.
---@param x any
---@return boolean
function grouping.is_grouping(x) return getmetatable(x) == meta end

function meta.__index(self, key)
  if ScanGrouping[key] then return ScanGrouping[key] end
  blame("groups of a scan have agg{...}, keys() and size(), not '%s': write "
    .. "scan:group_by(%s):agg{name = {column, \"%s\"}}", check.name(key),
    table.concat(self._titles, ", "), check.name(key))
end

return grouping
