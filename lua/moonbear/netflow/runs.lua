-- Rows of groups one after another, in order of time: what looks at consecutive flows begins here.

local mb = require "moonbear"
local clock = require "moonbear.netflow.clock"

local runs = {}

---The rows of groups with at least `fewest` of them, group by group, each in order of start.
---@class moonbear.Runs
---@field rows moonbear.Column their positions in the flows
---@field group moonbear.Column the number of the group of each, ascending
---@field start moonbear.Column seconds
---@field keys moonbear.Column[] of the groups, by number
---@field follows moonbear.Column whether the row before is of the same group

---Groups flows by columns. Missing keys are one group, as in all groupings. Collective.
---@param flows moonbear.Frame
---@param keys (string|moonbear.Column)[]
---@param fewest integer
---@return moonbear.Runs
function runs.of(flows, keys, fewest)
  local g <close> = flows:group_by(keys)
  local group, rows = g:broadcast(mb.range(1, #g)), mb.range(1, #flows)
  local start = clock.seconds(flows.start)
  if fewest > 1 then
    local many = g:broadcast(g:size()):ge(fewest)
    group, rows, start = group[many], rows[many], start[many]
  end
  local order = mb.argsort { group, start }
  group = group[order]
  return { rows = rows[order], group = group, start = start[order], keys = { g:keys() },
    follows = group:eq(group:shift(1)):fill(false) }
end

return runs
