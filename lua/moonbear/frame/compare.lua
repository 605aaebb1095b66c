-- Frames compared: whether they are alike, where they differ, and which rows one has of another.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local join = require "moonbear.frame.join"
local move = require "moonbear.move"
local options = require "moonbear.options"
local blame = check.blame

local Frame <const> = frame.methods

local function check_frame(name, other)
  if not frame.is_frame(other) then check.argument(1, name, "frame", other) end
end

-- Which rows of two columns of one type differ: missing ones are alike, as NaN are.
local function differences(a, b)
  local both = ~(a:is_missing() | b:is_missing())
  local unlike = a:ne(b):fill(false)
  if a:type() == "float" then unlike = unlike & ~(a:isnan() & b:isnan()):fill(false) end
  return (both & unlike) | (a:is_missing() ~ b:is_missing())
end

-- Whether two frames have the same names in the same order, and columns of the same types.
local function same_columns(a, b)
  local names, others = a:columns(), b:columns()
  if #names ~= #others or #a ~= #b then return false end
  for i, name in ipairs(names) do
    if others[i] ~= name or a:column(name):type() ~= b:column(name):type() then return false end
  end
  return true
end

---Whether another frame has the same columns, of the same types and in the same order, with the
---same values; missing values equal each other here, as do NaN. Collective. `frame:compare(other)`
---tells where they differ.
---@param other moonbear.Frame
---@return boolean
function Frame:equals(other)
  check_frame("equals", other)
  if not same_columns(self, other) then return false end
  for name, column in self:each() do
    if differences(column, other:column(name)):any() then return false end
  end
  return true
end

-- Raises for frames that cannot be compared row by row.
local function check_comparable(self, other)
  if #self ~= #other then
    blame("compare: the lengths differ: %s, and %d in the other frame",
      check.plural(#self, "row"), #other)
  end
  for name, column in self:each() do
    local type, other_type = column:type(), other:column(name):type()
    if type ~= other_type then
      blame("compare: '%s' is %s here and %s in the other frame; cast one of them, by :as", name,
        type, other_type)
    end
  end
end

-- The first differing rows of a column, as a frame of their positions and of both values.
local function first_differences(name, a, b, limit)
  local rows = core.range(1, #a, 1)[differences(a, b)]:slice(1, limit)
  return frame.new { { "position", rows }, { "name", core.full(#rows, name) },
    { "left", a[rows]:as "text" }, { "right", b[rows]:as "text" } }
end

---Where another frame of as many rows differs, in columns of the same names: a frame of the row's
---`position`, the column's `name`, and the values `left` and `right` as text, in row order; the
---first 10 differences of each column unless told, and no more than these in all. Missing values
---equal each other, as do NaN. Collective. Raises when lengths or types differ, and when the other
---lacks a column.
---
---    print(before:compare(after, { limit = 20 }))
---@param other moonbear.Frame
---@param opts? {limit: integer?} 10
---@return moonbear.Frame
function Frame:compare(other, opts)
  check_frame("compare", other)
  local limit = options.check("compare", opts, { limit = { "integer", 10 } }).limit
  if limit < 0 then options.blame("compare", "limit", "a number of rows", limit) end
  check_comparable(self, other)
  local parts = {}
  for name, column in self:each() do
    parts[#parts + 1] = first_differences(name, column, other:column(name), limit)
  end
  if #parts == 0 then blame("compare: the frame has no columns") end
  return move.concat(parts):sort_by("position"):slice(1, limit)
end

---Which rows have a key that a row of another frame has: a bool column, which a filter of both
---frames, a set of rows without another, and the like are made of. The key is made of all columns
---of the other frame, or of those of `on`, or of `left_on` here and `right_on` there. Missing keys
---are equal to none. Peak memory as of `frame:join`. Collective. Raises when there is no such
---column and when types differ.
---
---    print(flows:where(~flows:isin(known, { on = { "srcIP", "dstIP" } })))
---@param other moonbear.Frame
---@param opts? {on: string|string[]?, left_on: string|string[]?, right_on: string|string[]?}
---@return moonbear.Column
function Frame:isin(other, opts)
  check_frame("isin", other)
  return join.isin(self, other, opts)
end
