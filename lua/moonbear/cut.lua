-- Values put into bins: of given edges, of equal width, or of equal numbers of rows.

local check = require "moonbear.check"
local core = require "moonbear.core"
local options = require "moonbear.options"
local time = require "moonbear.time"
local blame = check.blame

local Column <const> = core.column_methods

-- A number as an edge is called by.
local function printed(edge)
  if math.type(edge) == "integer" then return ("%d"):format(edge) end
  if type(edge) == "number" then return ("%.6g"):format(edge) end
  return tostring(edge)
end

-- "(0, 10]", or "[0, 10)".
local function labels_of(edges, right)
  local labels = {}
  for i = 1, #edges - 1 do
    local inside = printed(edges[i]) .. ", " .. printed(edges[i + 1])
    labels[i] = right and ("(%s]"):format(inside) or ("[%s)"):format(inside)
  end
  return labels
end

-- The labels of bins: those given, as many as there are, or what the edges are; nil for numbers.
local function wanted_labels(name, given, edges, right)
  if given == false then return nil end
  if given == nil then return labels_of(edges, right) end
  local labels = options.strings(name, "labels", given)
  if #labels ~= #edges - 1 then
    options.blame(name, "labels", ("%d labels, one for each bin,"):format(#edges - 1), #labels)
  end
  return labels
end

local function check_edges(name, edges)
  for i = 2, #edges do
    local ascends = edges[i - 1] < edges[i] -- NaN does not
    if not ascends then
      blame("%s: the edges must ascend; number %d does not", name, i)
    end
  end
end

-- The number of the bin of each row, from 1 on; missing outside.
local function numbers_of(column, edges, right, lowest)
  local kind = time.is_counted(column) and column:type() or "float"
  local rows, list = kind == "float" and column:as "float" or column, core.column(edges, kind)
  local found = list:searchsorted(rows, right and "left" or "right") - 1
  if lowest then
    found = right and core.math.where(rows:eq(edges[1]), 1, found)
      or core.math.where(rows:eq(edges[#edges]), #edges - 1, found)
  end
  return core.math.where(found:between(1, #edges - 1), found, core.null)
end

local function binned(column, edges, labels, right, lowest)
  local numbers = numbers_of(column, edges, right, lowest)
  return labels and core.column(labels, "text")[numbers] or numbers:eval()
end

-- Edges of bins of equal width that hold all values, as pandas makes them.
local function equal_edges(column, n, right)
  local floats = column:as("float"):drop_missing()
  if floats:isnan():any() then floats = floats[~floats:isnan()] end
  if #floats == 0 then
    blame("cut: there are no values to make edges of; give edges, as {0, 10, 100}")
  end
  local low, high = floats:min(), floats:max()
  if low == -math.huge or high == math.huge then
    blame("cut: the values have infinities; give edges, as {0, 10, 100}")
  end
  local edges, wide = {}, low < high
  if not wide then
    local off = low == 0 and 0.001 or 0.001 * math.abs(low)
    low, high = low - off, high + off
  end
  for i = 0, n do edges[i + 1] = i == n and high or low + i * ((high - low) / n) end
  local more = wide and (high - low) * 0.001 or 0
  if right then edges[1] = edges[1] - more else edges[n + 1] = edges[n + 1] + more end
  return edges
end

local MOST_BINS <const> = 1000000

local function check_count(name, n)
  if n > MOST_BINS then blame("%s makes at most %d bins, got %d", name, MOST_BINS, n) end
end

local function check_values(name, column)
  if not check.is_numeric(column) and not time.is_counted(column) then
    blame("%s takes numbers, times or durations, got %s", name, check.describe(column))
  end
end

function Column:cut(bins, opts)
  local o = options.check("cut", opts, { labels = { "any" }, right = { "boolean", true },
    include_lowest = { "boolean", false } })
  check_values("cut", self)
  local edges = bins
  if math.type(bins) == "integer" and bins > 0 and check.is_numeric(self) then
    check_count("cut", bins)
    edges = equal_edges(self, bins, o.right)
  elseif type(bins) ~= "table" or check.class(bins) or #bins < 2 then
    check.argument(1, "cut", "a number of bins, or a list of edges,", bins)
  end
  if time.is_counted(self) then edges = core.column(edges, self:type()):to_table() end
  for i, edge in ipairs(edges) do
    if check.is_numeric(self) and not check.is_number(edge) then
      blame("cut: edge %d must be a number, got %s", i, check.show(edge))
    end
  end
  check_edges("cut", edges)
  local labels = wanted_labels("cut", o.labels, edges, o.right)
  return binned(self, edges, labels, o.right, o.include_lowest)
end

-- Quantiles that are edges: of so many equal parts, or those listed.
local function quantiles_of(q)
  if math.type(q) == "integer" and q > 0 then
    check_count("qcut", q)
    local list = {}
    for i = 0, q do list[i + 1] = i / q end
    return list
  elseif type(q) ~= "table" or check.class(q) or #q < 2 then
    check.argument(1, "qcut", "a number of bins, or a list of quantiles,", q)
  end
  return q
end

function Column:qcut(q, opts)
  local o = options.check("qcut", opts, { labels = { "any" }, duplicates = { "string", "raise" } })
  if o.duplicates ~= "raise" and o.duplicates ~= "drop" then
    options.blame("qcut", "duplicates", "'raise' or 'drop'", o.duplicates)
  end
  if not check.is_numeric(self) then blame("qcut takes numbers, got %s", check.describe(self)) end
  local list = quantiles_of(q)
  list.skipna = true
  local found, edges = self:quantile(list), {}
  for i, edge in ipairs(found) do
    if i == 1 or edge ~= found[i - 1] then edges[#edges + 1] = edge end
  end
  if #edges < #found and o.duplicates == "raise" then
    blame("qcut: %d of the %d edges are alike; {duplicates = \"drop\"} makes fewer bins",
      #found - #edges + 1, #found)
  end
  if #edges < 2 or edges[1] ~= edges[1] then -- no bins, as of values that are alike
    return core.math.where(core.full(#self, false), o.labels == false and 1 or "", core.null)
  end
  return binned(self, edges, wanted_labels("qcut", o.labels, edges, true), true, true)
end

function Column:mode()
  local values, counts = self:value_counts()
  if #values == 0 then return nil end
  return values[counts:argmax()]
end
