-- What pictures are made of: named columns as columns of numbers, and groups of their rows.

local arguments = require "moonbear.frame.arguments"
local axes = require "moonbear.plot.axes"
local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local options = require "moonbear.options"

local series = {}

---@class moonbear.Series
---@field name? string
---@field column moonbear.Column
---@field kind? "number"|"time" what its values are

local NUMBERS <const> = { int = true, float = true }
local MOST_SERIES <const>, MOST_PANELS <const> = 8, 9

-- A column as ints or floats, and what kind of values these are: times count seconds since 1970.
local function numbers(plot, it)
  local column = it.column
  local kind = column:type()
  if NUMBERS[kind] then return column, "number" end
  if kind == "bool" then return column:as "int", "number" end
  if kind == "uint" or kind == "flags" then return column:as "float", "number" end
  if kind == "duration" then return column:total_seconds(), "number" end
  if kind == "time" then return (column - core.time(0)):total_seconds(), "time" end
  check.blame("%s: %s is a column of type %s, which has no place on an axis of numbers; "
    .. "mb.plot.bar draws how often its values occur", plot,
    it.name and ("'%s'"):format(it.name) or "it", kind)
end

---A column that a picture is made of, as series. Raises for what is no column.
---@param plot string the name of the function
---@param argument integer
---@param column any
---@return moonbear.Column
function series.column(plot, argument, column)
  if not check.is_column(column) then check.argument(argument, plot, "column", column) end
  return column
end

-- The columns of an argument with their names: a column, a table of them by name, pairs or a frame.
local function listed(plot, argument, what)
  if check.is_column(what) then return { { column = what } } end
  local list = {}
  if frame.is_frame(what) then
    for name, column in frame.methods.each(what) do
      list[#list + 1] = { name = name, column = column }
    end
    return list
  end
  if type(what) ~= "table" or check.class(what) then
    check.argument(argument, plot, "column, table of columns by name or frame", what)
  end
  for _, pair in ipairs((arguments.ordered_pairs(what, plot))) do
    if not check.is_column(pair[2]) then
      check.blame("%s: '%s' must be a column, got %s; options are the last argument, behind all "
        .. "columns (nil where there are none)", plot, check.name(pair[1]), check.describe(pair[2]))
    end
    list[#list + 1] = { name = pair[1], column = pair[2] }
  end
  return list
end

-- The column that rows are grouped by, which may be one of a frame; it is no series then.
local function find_by(plot, what, list, by)
  if by == nil or check.is_column(by) then return by end
  if type(by) ~= "string" or not frame.is_frame(what) then
    options.blame(plot, "by", frame.is_frame(what) and "a column or the name of one" or "a column",
      by)
  end
  local column = what:column(by)
  for i, it in ipairs(list) do
    if it.name == by then table.remove(list, i) break end
  end
  return column
end

---The series of an argument, as columns of numbers, and the column that rows are grouped by.
---Raises for other arguments, and for columns that are no numbers.
---@param plot string
---@param argument integer
---@param what any a column, a table of columns by name, pairs of names and columns, or a frame
---@param by any a column, or the name of one of the frame
---@param rows? integer that all must have; those of the first unless told
---@return moonbear.Series[]
---@return moonbear.Column? by
function series.of(plot, argument, what, by, rows)
  local list = listed(plot, argument, what)
  local groups = find_by(plot, what, list, by)
  if #list == 0 then check.blame("%s: there is no column to draw", plot) end
  if #list > MOST_SERIES then
    check.blame("%s: %d columns in one picture, which may have %d; frame:select chooses some", plot,
      #list, MOST_SERIES)
  end
  rows = rows or groups and #groups
  for _, it in ipairs(list) do
    if rows and #it.column ~= rows then
      check.blame("%s: the lengths differ: %s, and %s of %d", plot,
        check.plural(rows, "row"),
        it.name and ("'%s'"):format(it.name) or "a column", #it.column)
    end
    it.column, it.kind = numbers(plot, it)
    if it.kind ~= list[1].kind then
      check.blame("%s: '%s' is a column of %ss and '%s' is not; they have no axis in common", plot,
        list[1].kind == "time" and list[1].name or it.name, "time",
        list[1].kind == "time" and it.name or list[1].name)
    end
  end
  return list, groups
end

---The rows of a column that a scale can show: neither missing, NaN nor infinite, and above 0 where
---the scale is logarithmic. Raises where none is left, and says why.
---@param plot string
---@param column moonbear.Column int or float
---@param log? boolean
---@return moonbear.Column
---@return integer left_out how many a logarithmic scale leaves out
function series.clean(plot, column, log)
  local rows, left_out = #column, 0
  if rows == 0 then
    check.blame("%s: there is nothing to draw: the column has no rows", plot)
  end
  if column:type() == "float" then
    local good = column:isfinite()
    if good:sum() < rows then column = column[good] end
  else
    column = column:drop_missing()
  end
  local kept = #column
  if kept == 0 then
    check.blame("%s: there is nothing to draw: %s missing or NaN (c:fill(0) puts a value in the "
      .. "place of missing rows)", plot, rows == 1 and "the only row is"
      or ("all %s rows are"):format(axes.grouped(rows)))
  end
  if log and column:min() <= 0 then
    column = column[column:gt(0)]
    left_out = kept - #column
    if #column == 0 then
      check.blame("%s: there is nothing to draw: a logarithmic axis shows values above 0, and "
        .. "there is none (without 'log' they are shown)", plot)
    end
  end
  return column, left_out
end

---What a value says on an axis or above a picture: without what a terminal cannot show, and not
---longer than fits.
---@param value any
---@return string
function series.word(value)
  local text = tostring(value)
  if math.type(value) == "float" and value == math.floor(value) then
    text = ("%.15g"):format(value)
  end
  text = text:gsub("%c", "?")
  local last = utf8.len(text) and utf8.len(text) > 28 and utf8.offset(text, 28)
  return last and text:sub(1, last - 1) .. "…" or text
end

---The most frequent values of a column, and how many there are; ties by their order. Collective.
---@param column moonbear.Column
---@param most integer
---@return any[] values
---@return integer[] counts
---@return integer distinct
function series.frequent(column, most)
  local keys, counts = column:value_counts()
  local values, numbers_of = core.most_common(keys, counts, most)
  if column:type() == "uint" then
    for i, value in ipairs(values) do values[i] = core.uint(value) end
  end
  return values, numbers_of, #keys
end

---The values of a column of numbers, missing ones as NaN. Collective.
---@param column moonbear.Column
---@return number[]
function series.values(column)
  local list = column:to_table()
  for i, value in ipairs(list) do if check.is_null(value) then list[i] = 0 / 0 end end
  return list
end

---Where a column has a value, NaN and all.
---@param column moonbear.Column
---@param value any as series.frequent gives it
---@return moonbear.Column bool
function series.is_value(column, value)
  if value ~= value then return column:isnan() end
  return column:eq(value)
end

---The groups of rows that get a picture each: the largest ones by the values of a column. Without
---one a single group without a name. Collective.
---@param plot string
---@param by? moonbear.Column
---@return {name: string?, rows: (fun(column: moonbear.Column): moonbear.Column)}[]
---@return string? note where groups are left out
function series.groups(plot, by)
  if not by then return { { rows = function(column) return column end } } end
  local values, _, distinct = series.frequent(by, MOST_PANELS)
  if #values == 0 then
    check.blame("%s: there is nothing to draw: 'by' has no values", plot)
  end
  local groups = {}
  for i, value in ipairs(values) do
    local mask = series.is_value(by, value)
    groups[i] = { name = series.word(value), rows = function(column) return column[mask] end }
  end
  return groups, distinct > #values and ("the %d largest of %s groups"):format(#values,
    axes.grouped(distinct)) or nil
end

return series
