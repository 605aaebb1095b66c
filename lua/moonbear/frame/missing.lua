-- Missing values of frames: rows that have them are dropped, or they are filled.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local options = require "moonbear.options"

local Frame <const>, Column <const> = frame.methods, core.column_methods

local where <const> = core.math.where

-- Which rows lack a value: missing ones, and NaN where that counts.
local function lacks(column, nan)
  local missing = column:is_missing()
  if nan and column:type() == "float" then return missing | column:isnan():fill(false) end
  return missing
end

-- How many of some values, which are all rows or columns, must be there.
local function least_of(o, all)
  if o.thresh then return o.thresh end
  return o.how == "all" and math.min(all, 1) or all
end

-- The rows that have enough values in some columns.
local function drop_rows(self, names, o)
  local present
  for _, name in ipairs(names) do
    local has = (~lacks(self:column(name), o.nan)):as "int"
    present = present and present + has or has
  end
  return present and self:where(present:ge(least_of(o, #names))) or self
end

-- The columns that have enough values, of those that may be dropped.
local function drop_columns(self, names, o)
  local dropped = {}
  for _, name in ipairs(names) do
    local present = #self - lacks(self:column(name), o.nan):sum()
    if present < least_of(o, #self) then dropped[#dropped + 1] = name end
  end
  return self:drop(dropped)
end

-- What `dropna` takes.
local function drop_options(opts)
  local o = options.check("dropna", opts, { how = { "any" }, thresh = { "integer" },
    axis = { "any", "rows" }, nan = { "boolean", false } })
  if o.how ~= nil and o.how ~= "any" and o.how ~= "all" then
    options.blame("dropna", "how", "'any' or 'all'", o.how)
  elseif o.axis ~= "rows" and o.axis ~= "columns" then
    options.blame("dropna", "axis", "'rows' or 'columns'", o.axis)
  elseif o.how and o.thresh then
    check.blame("dropna: give 'how' or 'thresh', and not both")
  end
  return o
end

---The rows that have a value in all of some columns: a new frame. With `{how = "all"}` those that
---have a value in one of them at least, with `{thresh = 2}` in two. `{axis = "columns"}` drops
---columns instead, of those named: which lack a value, which have none, or fewer than `thresh`. NaN
---is a value here; `{nan = true}` takes it for missing, as pandas does. Collective. Raises when
---there is no such column.
---@param subset? string|string[] all columns unless told
---@param opts? {how: "any"|"all"|nil, thresh: integer?, axis: "rows"|"columns"|nil, nan: boolean?}
---"any", none, "rows", false
---@return moonbear.Frame
function Frame:dropna(subset, opts)
  local o, names = drop_options(opts), arguments.chosen(self, "dropna", subset)
  return (o.axis == "rows" and drop_rows or drop_columns)(self, names, o)
end

-- Whether a value goes where values of a column are missing.
local function fits(column, value)
  local kind = column:type()
  if type(value) == "string" then return kind == "text" end
  if type(value) == "boolean" then return kind == "bool" end
  local moment = core.moment_kind(value)
  if moment then return kind == moment end
  if core.is_uint(value) then return kind == "uint" or kind == "float" end
  return kind == "float" or math.type(value) == "integer" and (kind == "int" or kind == "uint")
end

-- Whether it is one value rather than a table of them.
local function is_scalar(value)
  return type(value) == "string" or type(value) == "boolean" or check.is_quantity(value)
end

local NUMBERS <const> = { int = true, uint = true, float = true }
local NO_NUMBERS <const> = { text = true, time = true, duration = true, ip = true }

-- Raises for a number where there are none, and for text among numbers.
local function check_filler(column, name, value)
  local kind = column:type()
  if check.is_number(value) and NO_NUMBERS[kind] or type(value) == "string" and NUMBERS[kind] then
    check.blame("fillna: '%s' is %s %s column, which cannot hold %s", name,
      kind:find "^[aiu]" and kind ~= "uint" and "an" or "a", kind, check.show(value))
  end
end

---A new frame with values in the place of missing ones: a table of values by the names of columns,
---`frame:fillna{bytes = 0, user = "?"}`, or one value for all columns that can hold it: a number
---for numbers, a string for text. NaN stays. Not collective. Raises when there is no such column,
---and for values that do not go with it.
---@param value table<string, any>|number|string|boolean|userdata
---@return moonbear.Frame
function Frame:fillna(value)
  local by_name = type(value) == "table" and not check.class(value)
  if not by_name and not is_scalar(value) then
    check.argument(1, "fillna", "a value, or a table of values by names of columns", value)
  end
  for name in pairs(by_name and value or {}) do self:column(name) end
  local list = {}
  for name, column in self:each() do
    local filler = value
    if by_name then
      filler = value[name]
      check_filler(column, name, filler)
    elseif not fits(column, value) then
      filler = nil
    end
    list[#list + 1] = { name, filler == nil and column or column:fill(filler) }
  end
  return frame.new(list)
end

-- The positions that rows take their values from: the last one before, or first one behind, that
-- has a value; missing where there is none within the limit.
local function sources(column, limit, backwards)
  local n, has = #column, ~column:is_missing()
  local rows = core.range(1, n, 1)
  local from
  if backwards then
    from = where(has, rows, n + 1):reverse():cummin():reverse()
  else
    from = where(has, rows, 0):cummax()
  end
  local none = backwards and from:eq(n + 1) or from:eq(0)
  if limit then none = none | (from - rows):abs():gt(limit) end
  return where(none, core.null, from)
end

local function check_limit(name, limit)
  if limit ~= nil and (math.type(limit) ~= "integer" or limit < 1) then
    check.argument(1, name, "a number of rows of at least 1", limit)
  end
end

function Column:ffill(limit)
  check_limit("ffill", limit)
  return self[sources(self, limit, false)]
end

function Column:bfill(limit)
  check_limit("bfill", limit)
  return self[sources(self, limit, true)]
end

-- A frame with some of its columns as a method has them.
local function filled(self, name, subset)
  local wanted, list = {}, {}
  for _, chosen in ipairs(arguments.chosen(self, name, subset)) do wanted[chosen] = true end
  for other, column in self:each() do
    list[#list + 1] = { other, wanted[other] and column[name](column) or column }
  end
  return frame.new(list)
end

---A new frame in which missing values of some columns, or of all, are the last ones before them;
---those before the first value stay missing. Collective. Raises when there is no such column.
---@param subset? string|string[] all columns unless told
---@return moonbear.Frame
function Frame:ffill(subset) return filled(self, "ffill", subset) end

---A new frame in which missing values of some columns, or of all, are the next ones behind them.
---Collective. Raises when there is no such column.
---@param subset? string|string[] all columns unless told
---@return moonbear.Frame
function Frame:bfill(subset) return filled(self, "bfill", subset) end


