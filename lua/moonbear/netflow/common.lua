-- What the functions of the library ask of flows, and how they sum them up.

local check = require "moonbear.check"
local frames = require "moonbear.frame"
local blame = check.blame

local common = {}

---Whether flows have a column. Not collective.
---@param of moonbear.Frame
---@param name string
---@return boolean
function common.has(of, name)
  for other in of:each() do
    if other == name then return true end
  end
  return false
end

---Raises for what are no flows with some columns. Not collective.
---@param name string of the function
---@param of any
---@param ... string
function common.need(name, of, ...)
  if not frames.is_frame(of) then check.argument(1, name, "frame of flows", of) end
  for _, column in ipairs { ... } do
    if not common.has(of, column) then
      blame("%s: the flows have no column '%s', as netflow.flows(frame, names) calls them; "
        .. "they have %s", name, column, table.concat(of:columns(), ", "))
    end
  end
end

---The results of a grouping of flows that can be had: of a list as `Grouping:agg` takes it, those
---whose columns the flows have. Collective.
---@param of moonbear.Frame
---@param keys string[]
---@param list table[]
---@return moonbear.Frame
function common.aggregate(of, keys, list)
  local asked = {}
  for _, it in ipairs(list) do
    if it[2] == "size" or common.has(of, it[2]) then asked[#asked + 1] = it end
  end
  return of:group_by(keys):agg(asked)
end

---What all summaries of flows have. Not to be changed.
common.totals = { { "flows", "size" }, { "bytes", "bytes", "sum" },
  { "packets", "packets", "sum" }, { "first_seen", "start", "min" },
  { "last_seen", "start", "max" } }

---The first rows of a frame in descending order of a column: all, or k. Equal rows stay in order.
---Collective.
---@param of moonbear.Frame
---@param by string
---@param k? integer
---@return moonbear.Frame
function common.top(of, by, k)
  if not k then return of:sort_by("-" .. by) end
  local _, rows = of:column(by):topk(k)
  return of[rows]
end

return common
