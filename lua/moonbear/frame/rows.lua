-- Rows of frames as tables of Lua: one of them, one after another, all at once, and functions of
-- them.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local blame = check.blame

local Frame <const> = frame.methods

---A row as a table of values by the names of the columns; a missing one is `mb.null`. Collective.
---Raises when there is no such row.
---@param i integer from 1 on, or from -1 at the end
---@return table<string, boolean|number|userdata>
function Frame:row(i)
  local n = #self
  if math.type(i) ~= "integer" then check.argument(1, "row", "the number of a row", i) end
  if i == 0 or i > n or i < -n then
    blame("row %d of a frame of %s (rows count from 1, or from -1 at the end)", i,
      check.plural(n, "row"))
  end
  local row = {}
  for name, column in self:each() do
    local value = column[i]
    if value == nil then value = core.null end
    row[name] = value
  end
  return row
end

-- Rows of all columns that an iteration reads at once.
local BLOCK <const> = 1024

-- How many rows are visited of those that there are.
local function limited(name, rows, limit)
  return limit == nil and rows or math.min(arguments.count(name, limit), rows)
end

-- Visits the first n rows.
local function each_row(self, n)
  local i, block = 0, {}
  return function()
    if i == n then return nil end
    local place = i % BLOCK + 1
    if place == 1 then
      for name, column in self:each() do
        block[name] = column:slice(i + 1, math.min(i + BLOCK, n)):to_table()
      end
    end
    i = i + 1
    local row = {}
    for name, values in next, block do row[name] = values[place] end
    return row
  end
end

---Visits the rows, or the first ones of many, each as a table of values by name, as `frame:row`
---gives: `for row in frame:rows(100) do`. Every rank visits all of them: it is for few. Collective
---at every 1,024th row.
---@param limit? integer all rows unless told
---@return fun(): table<string, boolean|number|userdata>?
function Frame:rows(limit)
  return each_row(self, limited("rows", #self, limit))
end

---The rows, or the first ones of many, as a list of tables of values by name, which `mb.frame`
---takes back. Missing values are `mb.null`. Every rank has all of them: it is for few. Collective.
---@param limit? integer all rows unless told
---@return table<string, boolean|number|string|userdata>[]
function Frame:to_lua(limit)
  local list = {}
  for row in each_row(self, limited("to_lua", #self, limit)) do list[#list + 1] = row end
  return list
end

-- The columns of what a function gave for each row, a value or a table by name.
local function columns_of(results)
  if type(results[1]) ~= "table" or check.class(results[1]) then return core.column(results) end
  return frame.new(results)
end

---What a function of a row gives, for each row: a column of its values, or a frame where it gives
---tables of values by name. The row is a table of values by name; nil is a missing value. The
---function runs on every rank for all rows, at some microseconds each, and what it gives is held by
---every rank: it is for the rare step that has no operation, on some thousand rows. Expressions of
---columns, as in `frame:with{total = "a + b"}`, are a hundred times as fast. Collective.
---
---    print(frame:map(function(row) return row.name:reverse() .. row.port end))
---@param f fun(row: table<string, any>): any
---@return moonbear.Column|moonbear.Frame
function Frame:map(f)
  if not frame.is_frame(self) then
    blame("'map' is a method: call it with a colon, frame:map(...)")
  end
  if type(f) ~= "function" then check.argument(1, "map", "function", f) end
  local results = {}
  for row in each_row(self, #self) do
    local value = f(row)
    if value == nil then value = core.null end
    results[#results + 1] = value
  end
  return columns_of(results)
end
