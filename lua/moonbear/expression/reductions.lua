-- What expression strings may call of whole columns: "bytes > mean(bytes)".

local check = require "moonbear.check"

local reductions = {}

local NAMES <const> = { sum = true, prod = true, mean = true, min = true, max = true, var = true,
  std = true, median = true, quantile = true, nunique = true, count = true, any = true, all = true }

---Whether it is the name of a reduction. Not collective.
---@param name string
---@return boolean
function reductions.has(name) return NAMES[name] == true end

---What a reduction of a column gives: a scalar. Collective. Raises for what is no column.
---@param name string
---@param column any
---@param ... any its arguments
---@return any
function reductions.of_column(name, column, ...)
  if not check.is_column(column) then
    error(("'%s' takes a column, got %s"):format(name, check.describe(column)))
  end
  if name == "count" then return #column - column:is_missing():sum() end
  return (column[name](column, ...))
end

return reductions
