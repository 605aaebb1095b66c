-- Frames: named columns of equal length, in order.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local core = require "moonbear.core"
local expression = require "moonbear.expression"
local join = require "moonbear.frame.join"
local names = require "moonbear.names"
local options = require "moonbear.options"
local reductions = require "moonbear.expression.reductions"
local text = require "moonbear.frame.text"
local blame, describe, is_column = check.blame, check.describe, check.is_column
local listed, ordered_pairs = arguments.listed, arguments.ordered_pairs

---A table of named columns. `frame.name` is a column, unless a method has that name: then
---`frame:column("name")` reaches it. `frame.name = column` puts a column of as many rows in its
---place, or adds one at the end; `frame.name = nil` takes one away. `frame "a + b > $c"`, with an
---optional table {c = ...}, is the value of an expression of its columns. `#frame` is the number of
---rows, `frame[positions]` has the rows at positions, as of a column, `pairs(frame)` visits names
---and columns in order, `tostring(frame)` shows some of the first and last rows.
---@class moonbear.Frame
---@field [string] moonbear.Column
---@overload fun(text: string, params?: table): moonbear.Column
local Frame = {}

local meta = { __name = "moonbear.frame" }

-- Keys that no script has: what a frame holds does not hide its columns.
local NAMES, COLUMNS = {}, {}

local function is_frame(x)
  return getmetatable(x) == meta
end

-- What a value is meant to be that stands in for a column.
local meant_by = {
  boolean = " (compare columns by :eq, :ne, :lt, :le, :gt, :ge)",
  number = " (mb.full(n, x) repeats a number)",
  string = " (frame:with and frame \"a + b\" take expressions)",
}

-- What it is instead of the column that it should be.
local function describe_wrong(x)
  return describe(x) .. (meant_by[check.class(x) or type(x)] or "")
end

-- An empty frame, to be filled by `put`.
local function empty()
  return setmetatable({ [NAMES] = {}, [COLUMNS] = {} }, meta)
end

local function remove(frame, name)
  local all, columns = frame[NAMES], frame[COLUMNS]
  if not columns[name] then return end
  columns[name] = nil
  for i, other in ipairs(all) do
    if other == name then return table.remove(all, i) end
  end
end

-- Adds a column, or replaces the one of that name.
local function put(frame, name, column)
  local all, columns = frame[NAMES], frame[COLUMNS]
  arguments.check_name(name)
  if type(column) == "table" and not check.class(column) then column = core.column(column) end
  if not is_column(column) then
    blame("'%s' must be a column, got %s", name, describe_wrong(column))
  end
  local first = all[1]
  if first and #column ~= #columns[first] then
    blame("the columns of a frame must have the same length: '%s' has %s and '%s' has %d",
      first, check.plural(#columns[first], "row"), name, #column)
  end
  if not columns[name] then all[#all + 1] = name end
  columns[name] = column
end

-- Columns of rows, which are tables of values by name: a list of {name, list} pairs.
local function columns_of_rows(rows)
  local lists, list = {}, {}
  for i, row in ipairs(rows) do
    if type(row) ~= "table" or check.class(row) then
      blame("row %d of the frame must be a table of values by name, got %s", i, describe(row))
    end
    for name, value in pairs(row) do
      arguments.check_name(name)
      lists[name] = lists[name] or {}
      lists[name][i] = value
    end
  end
  for name, values in pairs(lists) do
    for i = 1, #rows do
      if values[i] == nil then values[i] = core.null end
    end
    list[#list + 1] = { name, values }
  end
  return list
end

-- Whether it is a list of rows, rather than of pairs or of columns by name.
local function is_of_rows(columns)
  local first = type(columns) == "table" and not check.class(columns) and columns[1]
  if type(first) ~= "table" or check.class(first) then return false end
  return first[1] == nil and type(next(first)) == "string"
end

---Makes a frame of columns: a list of `{name, column}` pairs, in this order, or a table of columns
---by name, which are sorted by name. A table of values stands for a column, as `mb.column` makes
---it: `mb.frame{port = {80, 443}, name = {"http", "https"}}`. A list of rows, tables of values by
---name, is taken too; what a row lacks is missing.
---
---Not collective, but for tables of values. Raises when a name comes twice, when something is not a
---column, and when lengths differ.
---@param columns table
---@return moonbear.Frame
local function new(columns)
  if is_of_rows(columns) then columns = columns_of_rows(columns) end
  local frame = empty()
  for _, pair in ipairs(ordered_pairs(columns, "frame")) do
    local name, column = pair[1], pair[2]
    if frame[COLUMNS][name] then blame("two columns are called '%s'", name) end
    put(frame, name, column)
  end
  return frame
end

-- A frame of the same names with what f makes of each column.
local function map(frame, f)
  local result = empty()
  for name, column in frame:each() do put(result, name, f(column)) end
  return result
end

---The column of that name. Not collective. Raises when there is none, and lists what there is.
---@param name string
---@return moonbear.Column
function Frame:column(name)
  local column = self[COLUMNS][name]
  if not column then
    blame("there is no column '%s'%s", check.name(name),
      names.mend("named", check.name(name), self[NAMES]))
  end
  return column
end

---The names of the columns, in order, as a new list. Not collective.
---@return string[]
function Frame:columns()
  return table.move(self[NAMES], 1, #self[NAMES], 1, {})
end

---The frame itself, whose rows are in memory: those of a scan are brought there. So a script for a
---scan runs on a frame, too. Not collective.
---@return moonbear.Frame
function Frame:collect() return self end

---Visits the columns in order: `for name, column in frame:each() do`. Not collective.
---@return fun(): string?, moonbear.Column?
function Frame:each()
  local i, all, columns = 0, self[NAMES], self[COLUMNS]
  return function()
    i = i + 1
    return all[i], columns[all[i]]
  end
end

---Frees the memory of all columns at once, instead of when they are collected. Closing twice does
---no harm. Not collective.
function Frame:close()
  for _, column in self:each() do column:close() end
end

local function evaluate(frame, code, params)
  return expression.evaluate(code, frame[COLUMNS], params, frame[NAMES], reductions.of_column)
end

---The rows where a condition is true, of every column: a new frame. The condition is a bool column,
---or an expression of the columns, as the frame is called with. Collective. Raises when it is not
---bool, or of another length.
---@param condition string|moonbear.Column
---@param params? table what `$name` stands for
---@return moonbear.Frame
function Frame:where(condition, params)
  local mask = condition
  if type(mask) == "string" then mask = evaluate(self, mask, params) end
  if not is_column(mask) or mask:type() ~= "bool" then
    blame("'where' takes a bool column or an expression that gives one, got %s",
      describe_wrong(mask))
  elseif #mask ~= #self then
    blame("where: the lengths differ: %s, and a mask of %d", check.plural(#self, "row"), #mask)
  end
  return map(self, function(column) return column[mask] end)
end

---A new frame with columns added, or put in the place of those of the same name: a table of columns
---and expressions by name, added in the order of their names, or a list of `{name, column}` pairs.
---Expressions in a table see the columns of this frame, those in a list also what was added before
---them; a scalar is repeated in all rows. Not collective. Raises as `mb.frame` does.
---@param columns table
---@param params? table what `$name` stands for
---@return moonbear.Frame
function Frame:with(columns, params)
  local result = map(self, function(column) return column end)
  local list, is_list = ordered_pairs(columns, "with")
  for _, pair in ipairs(list) do
    local column = pair[2]
    if type(column) == "string" then
      column = (is_list and result or self)(column, params)
      if not is_column(column) then column = core.full(#self, column) end
    end
    put(result, pair[1], column)
  end
  return result
end

---A new frame of some columns, in the order of the names: `frame:select("a", "b")`, or a list. Not
---collective. Raises when there is no such column.
---@param ... string|string[]
---@return moonbear.Frame
function Frame:select(...)
  local result = empty()
  for _, name in ipairs(listed(...)) do put(result, name, self:column(name)) end
  return result
end

---A new frame without some columns: `frame:drop("a", "b")`, or a list. Not collective. Raises when
---there is no such column.
---@param ... string|string[]
---@return moonbear.Frame
function Frame:drop(...)
  local result = map(self, function(column) return column end)
  for _, name in ipairs(listed(...)) do
    self:column(name)
    remove(result, name)
  end
  return result
end

---@class moonbear.JoinOptions
---@field on? string|string[] the columns that the key is made of
---@field left_on? string|string[] those of this frame, where the other has other names
---@field right_on? string|string[] and those of the other, in the same order
---@field how? "inner"|"left"|"right"|"outer"|"semi"|"anti" inner unless told
---@field suffix? string "_right" unless told

---The rows of this frame beside those of another that have the same key: a new frame of the columns
---of both, those that the key is made of once, by their names in this frame. Rows are in the order
---of this frame, then of the other. Missing keys are equal to none; all NaN are one. `how` says
---what becomes of rows without partner: `inner` leaves them out; `left` keeps those of this frame,
---with missing rows beside them; `right` those of the other, at the end; `outer` both. `semi` and
---`anti` give the rows of this frame alone that have, or do not have, a partner. Columns of the
---other whose names this frame has get the suffix.
---
---Keys of several columns, up to 16, become one number: 8 bytes a row of both, at most, for each
---64 bits of them. The other's keys are on every rank when they are few, up to 65,536 or a rank's
---share of the rows, else dealt out by their hashes. Where one of them is there twice the other's
---rows are sorted by their keys, so that one which many rows have loads no rank; nor does it where
---the result is built. The size of the result is known before it is made. Peak memory: 33 to 145
---bytes a row of the other (on every rank, or on one), 8 to 24 bytes a row of this frame, two
---positions for each row, and the result; no positions where no key of the other is there twice.
---Collective. Raises when there is no such column or the types of keys differ, and when the result
---would not fit the memory, saying how large it would be.
---@param other moonbear.Frame
---@param opts moonbear.JoinOptions
---@return moonbear.Frame
function Frame:join(other, opts)
  if not is_frame(other) then
    blame("bad argument #1 to 'join' (frame expected, got %s)", describe(other))
  end
  return join.equal(new, self, other, opts)
end

---The rows of this frame, each beside the last row of another whose time is not later: a new frame
---of the columns of both. With `by` only rows that are equal there pair. `on` names the column of
---times in both, of any type; rows need not be sorted by it; of rows with the same time the last
---counts. Rows without partner, or with a missing time or key, or NaN for a time, have missing rows
---beside them. Columns of the other whose names this frame has get the suffix: its time too.
---
---Keys and times become one number, by which the other's rows are sorted: on every rank while they
---are few, up to 65,536 or a rank's share of the rows, else dealt out by their order. Peak memory:
---72 bytes a row of the other (on every rank, or on one), three columns of this frame's length, and
---the result. Collective. Raises when there is no such column or types differ.
---@param other moonbear.Frame
---@param opts {on: string, by: (string|string[])?, suffix: string?} "_right" unless told
---@return moonbear.Frame
function Frame:join_asof(other, opts)
  if not is_frame(other) then
    blame("bad argument #1 to 'join_asof' (frame expected, got %s)", describe(other))
  end
  return join.asof(new, self, other, opts)
end

---The first rows, 5 unless told, as a new frame. Collective.
---@param n? integer
---@return moonbear.Frame
function Frame:head(n)
  n = arguments.count("head", n)
  return map(self, function(column) return column:slice(1, n) end)
end

---The last rows, 5 unless told, as a new frame. Collective.
---@param n? integer
---@return moonbear.Frame
function Frame:tail(n)
  n = arguments.count("tail", n)
  return map(self, function(column) return column:slice(math.max(#column - n, 0) + 1) end)
end

-- Rows that `show` prints, unless told.
local MANY_ROWS <const> = 50

-- How `show` is told to print numbers.
local function style_of(opts)
  local style = options.check("show", opts, { decimals = { "integer" }, thousands = { "boolean" } })
  local decimals = style.decimals
  if decimals and (decimals < 0 or decimals > 17) then
    options.blame("show", "decimals", "a number from 0 to 17", decimals)
  end
  return style
end

---Prints rows: all, or of more than n the first and the last ones. `{thousands = true}` sets commas
---between thousands, `{decimals = 2}` rounds floats. Collective.
---@param n? integer 50 unless told
---@param opts? {thousands: boolean?, decimals: integer?}
function Frame:show(n, opts)
  if n ~= nil then arguments.count("show", n) end
  print(text.of_frame(self, core.width, n or MANY_ROWS, style_of(opts)))
end

---Prints rows below each other, beside their numbers: all, or of more than n the first and the last
---ones; numbers as `frame:show` has them. Collective.
---@param n? integer 50 unless told
---@param opts? {thousands: boolean?, decimals: integer?}
function core.column_methods:show(n, opts)
  if n ~= nil then arguments.count("show", n) end
  print(text.of_column(self, n or MANY_ROWS, style_of(opts)))
end

-- The rows at positions, an int column or a table of integers, or where a bool column is true.
local function rows_of(frame, which)
  if is_column(which) and which:type() == "bool" then return frame:where(which) end
  local all, columns = frame[NAMES], {}
  if #all == 0 then blame("a frame without columns has no rows to choose") end
  for i, name in ipairs(all) do columns[i] = frame[COLUMNS][name] end
  local result = empty()
  for i, column in ipairs(core.gather(columns, which)) do put(result, all[i], column) end
  return result
end

local direction_mend = "descending order is a minus before the name, as sort_by(\"-%s\")"

-- What a key of sort_by names: "port", or "-port" for descending order.
local function sort_key(frame, key, before)
  local columns = frame[COLUMNS]
  if type(key) ~= "string" then
    blame("sort_by: a key is the name of a column, got %s; " .. direction_mend, describe(key),
      before)
  elseif not columns[key] and (key:find "^desc" or key:find "^asc") then
    blame("sort_by: there is no column '%s'; " .. direction_mend, key, before)
  end
  local down = not columns[key] and key:sub(1, 1) == "-"
  return frame:column(down and key:sub(2) or key), down
end

---The rows in order of columns, the first one first: `frame:sort_by("dstPort", "-start")`. A `-`
---before a name means descending order. NaN and then missing rows come last; equal rows stay in row
---order. Collective. Raises for names that there are not.
---@param ... string|string[] from 1 to 8 names, or a list
---@return moonbear.Frame
function Frame:sort_by(...)
  local keys, directions = {}, {}
  local list = listed(...)
  for i, key in ipairs(list) do
    local before = list[i - 1] or self[NAMES][1] or "name"
    keys[i], directions[i] = sort_key(self, key, type(before) == "string" and before or "name")
  end
  if #keys == 0 then blame("sort_by takes the name of a column, or of several") end
  return rows_of(self, core.argsort(keys, { descending = directions }))
end

-- Raises for what a frame does not have: a column, or for a call a method.
local function fail_unknown(frame, key)
  if type(key) == "boolean" then
    blame("a frame is indexed by a bool column, got %s", core.boolean_mend)
  elseif type(key) ~= "string" then
    blame("a frame is indexed by a name, by positions or by a bool column, got %s; frame:row(i) is "
      .. "a row", check.show(key))
  end
  local methods, columns = names.of(Frame), frame[NAMES]
  if check.calls_method(key) or names.is_foreign("frame", key) then
    blame("a frame has no method '%s'%s", key, names.mend("frame", key, methods))
  end
  local near = names.nearest(key, columns) or names.nearest(key, methods)
  blame("this frame has no column or method '%s'; %sit has %s", key,
    near and ("did you mean '%s'? "):format(near) or "",
    #columns == 0 and "no columns" or "columns " .. names.list(columns))
end

-- Raises for names where positions are expected.
local function fail_names(list)
  local words = {}
  for i, name in ipairs(list) do words[i] = core.quoted(tostring(name)) end
  blame("a frame is indexed by a name, by positions or by a bool column; the columns of several "
    .. "names are frame:select(%s)", table.concat(words, ", "))
end

function meta.__index(frame, key)
  local method = Frame[key]
  if method then return method end
  local column = frame[COLUMNS][key]
  if column then return column end
  if type(key) == "table" and type(rawget(key, 1)) == "string" then fail_names(key) end
  if is_column(key) or type(key) == "table" then return rows_of(frame, key) end
  fail_unknown(frame, key)
end

function meta.__newindex(frame, name, column)
  if column == nil then remove(frame, name) else put(frame, name, column) end
end

function meta.__call(frame, code, params, ...)
  if select("#", ...) > 0 then
    blame("frame \"...\" takes a string and a table of values, and no more")
  end
  local quoted = type(code) == "string" and code:match "^%s*([\"'].*[\"'])%s*$"
  if quoted and not quoted:find "[^%w_\"', .]" then
    blame("frame[[...]] is an expression, and [[ ]] a string; the columns of several names are "
      .. "frame:select(%s)", quoted)
  end
  return evaluate(frame, code, params)
end

function meta.__len(frame)
  local name = frame[NAMES][1]
  return name and #frame[COLUMNS][name] or 0
end

function meta.__pairs(frame)
  return Frame.each(frame)
end

meta.__close = Frame.close

-- Collective, as reading elements of columns is.
function meta.__tostring(frame)
  return text.of_frame(frame)
end

return { new = new, is_frame = is_frame, methods = Frame }
