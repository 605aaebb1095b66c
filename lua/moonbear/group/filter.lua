-- Rows chosen and computed by what their groups have, in expression strings.

local check = require "moonbear.check"
local expression = require "moonbear.expression"
local group = require "moonbear.group"
local blame = check.blame

local Grouping <const> = group.methods

-- The columns of a grouping's frame by name, and `size`, unless a column has that name.
local function variables_of(self, name)
  local frame = self._frame
  if not frame then
    blame("%s takes a grouping of a frame, as frame:group_by(\"name\"); of columns write "
      .. "g:broadcast(g:size()):gt(10)", name)
  end
  local variables = {}
  for column_name, column in frame:each() do variables[column_name] = column end
  return setmetatable(variables, { __index = function(_, key)
    return key == "size" and self:broadcast(self:size()) or nil
  end })
end

-- The value of an expression of a grouping's frame, where reductions are of a row's group.
local function evaluate(self, name, code, params)
  local variables = variables_of(self, name)
  if type(code) ~= "string" then check.argument(1, name, "expression", code) end
  local function reduce(method, x, ...) return self:broadcast(Grouping[method](self, x, ...)) end
  return (expression.evaluate(code, variables, params, self._frame:columns(), reduce))
end

---A column of an expression of a frame's columns, in which `sum(x)`, `mean(x)`, `min(x)`,
---`count(x)` and other reductions are those of each row's group, and `size` is the number of its
---rows: `flows:group_by("srcIP"):transform("srcBytes / sum(srcBytes)")`. Collective. Raises as
---expressions do, and for a grouping of columns without a frame.
---@param code string
---@param params? table<string, any> what `$name` stands for
---@return moonbear.Column
function Grouping:transform(code, params)
  local result = evaluate(self, "transform", code, params)
  if not check.is_column(result) then
    blame("transform: the expression has no column, and gives %s", check.show(result))
  end
  return result
end

---The rows where a condition is true that may ask for their groups, as `transform` has it: a new
---frame. `flows:group_by("srcIP"):filter("size > 10 and sum(srcBytes) > 1e6")` has the rows of
---groups that are large, and `filter("srcBytes > mean(srcBytes)")` large rows of all groups.
---Collective. Raises when the expression gives no bool column.
---@param condition string
---@param params? table<string, any> what `$name` stands for
---@return moonbear.Frame
function Grouping:filter(condition, params)
  local mask = evaluate(self, "filter", condition, params)
  if not check.is_column(mask) or mask:type() ~= "bool" then
    blame("filter: the condition must give a bool column, got %s", check.show(mask))
  end
  return self._frame:where(mask)
end
