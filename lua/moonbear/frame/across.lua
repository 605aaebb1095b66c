-- What is computed of the values of each row, across the columns of a frame.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local elementwise = require "moonbear.elementwise"
local frame = require "moonbear.frame"
local blame = check.blame

local Frame <const> = frame.methods

local where <const> = elementwise.where

-- Columns first .. last combined two by two, by halves, so that the expression stays shallow.
local function combined(columns, f, first, last)
  if first == last then return columns[first] end
  local middle = (first + last) // 2
  return f(combined(columns, f, first, middle), combined(columns, f, middle + 1, last))
end

-- What f makes of each column.
local function each(columns, f)
  local list = {}
  for i, column in ipairs(columns) do list[i] = f(column) end
  return list
end

local function plus(a, b) return a + b end
local function times(a, b) return a * b end

-- One of two values, or the one that is there.
local function chosen_by(choose)
  return function(a, b)
    return where(a:is_missing(), b, where(b:is_missing(), a, choose(a, b)))
  end
end

-- Numbers, of which bools are some, as ints or as floats.
local function number(column) return column:type() == "bool" and column:as "int" or column end

local function truth(column) return column:type() == "bool" and column or column:ne(0) end

-- Where ints meet floats, all as floats.
local function alike(columns)
  local kinds = {}
  for _, column in ipairs(columns) do kinds[column:type()] = true end
  if not kinds.float or next(kinds, next(kinds)) == nil then return columns end
  return each(columns, function(column) return column:as "float" end)
end

-- {how columns are combined, what is made of each before that, whether they are numbers or bools}
local folds = {
  sum = { plus, function(column) return number(column):fill(0) end },
  prod = { times, function(column) return number(column):fill(1) end },
  min = { chosen_by(function(a, b) return a:minimum(b) end), number },
  max = { chosen_by(function(a, b) return a:maximum(b) end), number },
  any = { function(a, b) return a | b end, function(column) return truth(column):fill(false) end },
  all = { function(a, b) return a & b end, function(column) return truth(column):fill(true) end },
  count = { plus, function(column) return (~column:is_missing()):as "int" end, true },
}

local function fold(columns, name)
  local it = folds[name]
  local parts = each(columns, it[2])
  if name == "min" or name == "max" then parts = alike(parts) end
  return combined(parts, it[1], 1, #parts)
end

-- The columns that are combined: those named, or all that the function takes.
local function columns_of(self, name, subset)
  local takes_all = folds[name] and folds[name][3]
  local list = {}
  for _, chosen in ipairs(arguments.chosen(self, "across", subset)) do
    local column = self:column(chosen)
    if takes_all or check.is_numeric(column) then
      list[#list + 1] = column
    elseif subset ~= nil then
      blame("across: '%s' takes numbers and bools, and '%s' is %s", name, chosen,
        check.describe(column))
    end
  end
  if #list == 0 then blame("across: the frame has no columns of numbers or bools") end
  return list
end

---What a function makes of the values of each row in some columns: a column, as pandas'
---`df.sum(axis=1)`. `sum`, `prod`, `mean`, `min`, `max` are of numbers, of which bools are some;
---`any` and `all` are true where a value is, or all are, true or not zero; `count` is how many
---values there are, of any type. Missing values are passed over: of none the sum is 0, the product
---1, the mean NaN, and the least and largest value are missing. NaN stays. Where ints meet floats
---values are floats. Not collective. Raises when there is no such column, and for columns of other
---types.
---
---    flows.bytes = flows:across("sum", { "srcBytes", "dstBytes" })
---@param name "sum"|"prod"|"mean"|"min"|"max"|"any"|"all"|"count"
---@param subset? string|string[] all columns that the function takes unless told
---@return moonbear.Column
function Frame:across(name, subset)
  if not folds[name] and name ~= "mean" then
    check.argument(1, "across", "'sum', 'mean', 'min', 'max', 'prod', 'any', 'all' or 'count'",
      name)
  end
  local columns = columns_of(self, name, subset)
  if name == "mean" then return fold(columns, "sum") / fold(columns, "count") end
  return fold(columns, name)
end
