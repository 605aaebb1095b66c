-- Set operations: the distinct values of two columns, or the distinct rows of two frames.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local move = require "moonbear.move"
local blame = check.blame

local sets = {}

-- Which rows are in a set, by where they are: 1 for the first frame, 2 for the second, 3 for both.
local chosen = {
  intersect = function(sides) return sides:eq(3) end,
  union = function(sides) return sides:gt(0) end,
  difference = function(sides) return sides:eq(1) end,
  symmetric_difference = function(sides) return sides:ne(3) end,
}

-- The types of a frame's columns, by their names.
local function types_of(it)
  local types = {}
  for name, column in it:each() do types[name] = column:type() end
  return types
end

-- Raises where a frame has a column that the other one lacks.
local function check_has(name, which, types, other)
  for _, column in ipairs(other:columns()) do
    if not types[column] then
      blame("%s: the %s frame has no column '%s'; frame:select chooses columns", name, which,
        column)
    end
  end
end

-- The names of the columns of two frames. Raises when the second one is no frame, or has other
-- columns.
local function check_alike(name, a, b)
  if not frame.is_frame(b) then check.argument(2, name, "frame, as the first one,", b) end
  local types, columns = types_of(a), a:columns()
  check_has(name, "first", types, b)
  check_has(name, "second", types_of(b), a)
  for column, other in b:each() do
    if other:type() ~= types[column] then
      blame("%s: '%s' is %s in the first frame and %s in the second; cast one of them, by :as",
        name, column, types[column], other:type())
    end
  end
  if #columns == 0 then blame("%s: the frames have no columns", name) end
  return columns
end

-- The distinct rows of two frames that are in a set, in ascending order.
local function of_rows(name, a, b)
  local columns = check_alike(name, a, b)
  local both = move.concat { a, b:select(columns) }
  local sides = core.math.where(core.range(1, #both, 1):le(#a), 1, 2)
  local g <close> = both:group_by(columns)
  local mask, list = chosen[name](g:bit_or(sides)), {}
  for i, key in ipairs { g:keys() } do list[i] = { columns[i], key } end
  return frame.new(list):where(mask)
end

local function of(name, a, b)
  if frame.is_frame(a) then return of_rows(name, a, b) end
  return core[name](a, b)
end

---The distinct values that both columns have, in ascending order, or the distinct rows that both
---frames have. As in all set operations columns are of one type, missing values are passed over,
---all NaN are one value, the last, and -0.0 equals 0.0. Frames have the same columns, of the same
---types; a missing value equals another one there, as in SQL. Each rank finds the distinct values
---of its own rows, then each goes to one rank. Peak memory: that of `unique` of both columns, and
---64 bytes a distinct value of a rank; rows of frames are grouped. Collective. Raises when types
---differ, and when one frame lacks a column.
---@generic T: moonbear.Column|moonbear.Frame
---@param a T
---@param b T
---@return T
function sets.intersect(a, b) return of("intersect", a, b) end

---The distinct values of two columns together, or the distinct rows of two frames, in ascending
---order; as `mb.intersect` otherwise. Collective.
---@generic T: moonbear.Column|moonbear.Frame
---@param a T
---@param b T
---@return T
function sets.union(a, b) return of("union", a, b) end

---The distinct values of a, or rows of frames, that b does not have, in ascending order; as
---`mb.intersect` otherwise. Collective.
---@generic T: moonbear.Column|moonbear.Frame
---@param a T
---@param b T
---@return T
function sets.difference(a, b) return of("difference", a, b) end

---The distinct values that one of two columns has and the other has not, or such rows of two
---frames, in ascending order; as `mb.intersect` otherwise. Collective.
---@generic T: moonbear.Column|moonbear.Frame
---@param a T
---@param b T
---@return T
function sets.symmetric_difference(a, b) return of("symmetric_difference", a, b) end

return sets
