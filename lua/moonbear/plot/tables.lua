-- Pictures by values that have no scale: bars, tables of two columns, degrees of graphs.

local axes = require "moonbear.plot.axes"
local build = require "moonbear.plot.build"
local check = require "moonbear.check"
local core = require "moonbear.core"
local group = require "moonbear.group"
local options = require "moonbear.options"
local series = require "moonbear.plot.series"

local tables = {}

local MOST_BARS <const>, MOST_WORDS <const> = 100, 100

-- Keys without what has no name, and the mask that leaves it out.
local function named_rows(plot, column)
  if #column == 0 then
    check.blame("%s: there is nothing to draw: the column has no rows", plot)
  end
  local good = ~column:is_missing()
  if not good:any() then
    check.blame("%s: there is nothing to draw: %s missing", plot, #column == 1
      and "the only row is" or ("all %s rows are"):format(axes.grouped(#column)))
  end
  return good
end

-- The largest groups by their first value: words and values of each series, and how many there are.
local function largest(g, columns, top)
  local keys, words, values = g:keys(), {}, {}
  local found, at = columns[1]:topk(math.min(top, #columns[1]))
  if #found < math.min(top, #keys) then at = core.range(1, math.min(top, #keys), 1) end
  for i, key in ipairs(keys[at]:to_table()) do
    words[i] = series.word(keys:type() == "uint" and core.uint(key) or key)
  end
  for i, column in ipairs(columns) do values[i] = series.values(column[at]) end
  return words, values, #keys
end

-- Bars at 1, 2, ... from the top, those of several series beside each other.
local function bars_of(values, number, count)
  local rows, thick = {}, 0.8 / count
  for i, value in ipairs(values) do
    local from = #values + 1 - i + 0.4 - number * thick
    rows[i] = { value == value and value or 0, from + thick * 0.04, from + thick * 0.96 }
  end
  return rows
end

local function reversed(list)
  local result = {}
  for i, it in ipairs(list) do result[#list + 1 - i] = it end
  return result
end

local AGGREGATIONS <const> = { "count", "first", "last", "max", "mean", "median", "min", "nunique",
  "std", "sum" }

local function check_agg(o)
  for _, name in ipairs(AGGREGATIONS) do if name == o.agg then return end end
  options.blame(o.plot, "agg", "one of " .. table.concat(AGGREGATIONS, ", "), o.agg)
end

-- The values of each label: of the columns, or how many rows there are.
local function grouped(o, labels, list)
  local good = named_rows(o.plot, labels)
  local g = group.group_by(labels[good])
  if not list then return g, { g:size() } end
  local columns = {}
  for i, it in ipairs(list) do columns[i] = g[o.agg](g, it.column[good]) end
  return g, columns
end

---See mb.plot.bar.
function tables.bar(o, labels, values)
  series.column(o.plot, 1, labels)
  check_agg(o)
  if o.top < 1 or o.top > MOST_BARS then
    options.blame(o.plot, "top", ("a number of bars from 1 to %d"):format(MOST_BARS), o.top)
  end
  local list = values ~= nil and series.of(o.plot, 2, values, nil, #labels) or nil
  local g, columns = grouped(o, labels, list)
  local words, found, distinct = largest(g, columns, o.top)
  local marks, notes = {}, {}
  for i, numbers in ipairs(found) do
    marks[i] = { kind = "bars", rows = bars_of(numbers, i, #found), label = list and list[i].name }
  end
  if distinct > #words then
    build.note(notes, ("the %d largest of %s"):format(#words, axes.grouped(distinct)))
  end
  local named = list and #list == 1 and list[1].name
  local x = build.axis(o, "x", { from_zero = not o.log.x }, not list and "rows" or named or nil)
  local y = build.axis(o, "y", { kind = "words", words = reversed(words) })
  local data = { plot = o.plot, panels = { { marks = marks } }, x = x, y = y, notes = notes }
  build.fit(data, x, { 1 })
  build.fit(data, y, {})
  return build.finish(o, data)
end

-- The words of an axis, and the number of each key.
local function places_of(o, keys, argument)
  local distinct = keys:unique()
  if #distinct > MOST_WORDS then
    check.blame("%s: column #%d has %s different values, and may have %d (mb.plot.hist2d counts "
      .. "numbers in bins)", o.plot, argument, axes.grouped(#distinct), MOST_WORDS)
  end
  local words = {}
  for i, value in ipairs(distinct:to_table()) do
    words[i] = series.word(keys:type() == "uint" and core.uint(value) or value)
  end
  return words, distinct:find(keys):to_table()
end

---See mb.plot.heatmap.
function tables.heatmap(o, x, y, values)
  series.column(o.plot, 1, x)
  series.column(o.plot, 2, y)
  check_agg(o)
  if #x ~= #y then
    check.blame("%s: the lengths differ: %s, and a column of %d", o.plot,
      check.plural(#x, "row"), #y)
  end
  local good = named_rows(o.plot, x) & named_rows(o.plot, y)
  local list = values ~= nil and series.of(o.plot, 3, values, nil, #x) or nil
  if list and #list > 1 then check.blame("%s: the values are one column, got %d", o.plot, #list) end
  local g <close> = group.group_by { x[good], y[good] }
  local first, second = g:keys()
  local numbers = series.values(list and g[o.agg](g, list[1].column[good]) or g:size())
  local x_words, across = places_of(o, first, 1)
  local y_words, down = places_of(o, second, 2)
  local rows = {}
  for i, value in ipairs(numbers) do
    if value == value then
      rows[#rows + 1] = { across[i] - 0.5, across[i] + 0.5, down[i] - 0.5, down[i] + 0.5, value }
    end
  end
  local data = { plot = o.plot, panels = { { marks = { { kind = "cells", rows = rows } } } },
    x = build.axis(o, "x", { kind = "words", words = x_words }),
    y = build.axis(o, "y", { kind = "words", words = y_words }),
    z = { label = not list and "rows" or list[1].name or o.agg, log = o.log.z }, notes = {} }
  build.fit(data, data.x, {})
  build.fit(data, data.y, {})
  build.fit(data, data.z, { 5 }, true)
  return build.finish(o, data)
end

-- How many nodes have each degree: rows {degree, nodes}. Edges that come several times count once,
-- unless told.
local function degrees_of(from, to, distinct)
  if distinct then from = group.group_by { from, to }:keys() end
  local _, numbers = from:value_counts()
  local degrees, nodes = numbers:value_counts()
  local rows = {}
  nodes = nodes:to_table()
  for i, degree in ipairs(degrees:to_table()) do rows[i] = { degree, nodes[i] } end
  return rows
end

---See mb.plot.graph_degrees.
function tables.graph_degrees(o, from, to)
  series.column(o.plot, 1, from)
  series.column(o.plot, 2, to)
  if #from ~= #to then
    check.blame("%s: the lengths differ: %s, and a column of %d", o.plot,
      check.plural(#from, "row"), #to)
  end
  local good = named_rows(o.plot, from) & named_rows(o.plot, to)
  from, to = from[good], to[good]
  if #from == 0 then
    check.blame("%s: there is nothing to draw: no row has both ends of an edge", o.plot)
  end
  local marks = {
    { kind = "points", rows = degrees_of(from, to, o.distinct), label = "out" },
    { kind = "points", rows = degrees_of(to, from, o.distinct), label = "in" },
  }
  local data = { plot = o.plot, panels = { { marks = marks } }, notes = {},
    x = build.axis(o, "x", {}, o.distinct and "degree (different neighbours)" or "degree (edges)"),
    y = build.axis(o, "y", {}, "nodes") }
  build.fit(data, data.x, { 1 })
  build.fit(data, data.y, { 2 })
  return build.finish(o, data)
end

return tables
