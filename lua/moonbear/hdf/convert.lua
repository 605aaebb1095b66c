-- What columns of structures become, once their numbers are read.

local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"

local convert = {}

local NOT_A_TIME <const> = math.mininteger -- as numpy marks it
local DAYS_BEFORE_1970 <const> = 719163
local DAY <const> = 86400

local function without_marks(column)
  return elementwise.where(column:eq(NOT_A_TIME), core.null, column)
end

---Times of nanoseconds since 1970; numpy's NaT is missing. Not collective.
---@param column moonbear.Column int
---@return moonbear.Column
function convert.time(column) return core.time_of(without_marks(column), { unit = "ns" }) end

---Durations of nanoseconds, likewise. Not collective.
---@param column moonbear.Column int
---@return moonbear.Column
function convert.duration(column)
  return without_marks(column):as("duration", { unit = "ns" })
end

---Times of days that are counted as Python's dates are: 1 is the first of the year 1. Not
---collective.
---@param column moonbear.Column int
---@return moonbear.Column
function convert.date(column)
  return core.time_of((column - DAYS_BEFORE_1970) * DAY, { unit = "s" })
end

---Addresses of integers. Not collective.
---@param column moonbear.Column
---@return moonbear.Column
function convert.ip(column) return column:as "ip" end

---The number of the file that each row is from, from 1, by what core.read_hdf tells of files; and
---the paths of these. Collective.
---@param starts string[] paths and first rows in turn
---@param rows integer
---@return moonbear.Column
---@return string[]
function convert.file_numbers(starts, rows)
  local paths, at, steps, n = {}, {}, {}, 0
  for i = 1, #starts, 2 do
    local first = math.tointeger(starts[i + 1])
    paths[#paths + 1] = starts[i]
    -- Files without rows begin where others do, or behind the last row.
    if first <= rows then
      if at[n] == first then
        steps[n] = steps[n] + 1
      else
        n = n + 1
        at[n], steps[n] = first, 1
      end
    end
  end
  if rows == 0 then return core.full(0, 1), paths end
  local marks = core.full(rows, 0):put(core.column(at, "int"), core.column(steps, "int"))
  return marks:cumsum(), paths
end

---What the codes of a column stand for, by a column of labels; negative ones are missing.
---Collective.
---@param codes moonbear.Column int, from 0
---@param labels moonbear.Column
---@return moonbear.Column
function convert.labels(codes, labels)
  if #labels == 0 then return elementwise.where(codes:ge(0), core.null, core.null) end
  local missing = codes:lt(0)
  local values = labels[elementwise.where(missing, 0, codes) + 1]
  return elementwise.where(missing, core.null, values)
end

return convert
