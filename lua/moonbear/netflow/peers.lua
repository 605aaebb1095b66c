-- Who talks to whom, and what was not there before.

local check = require "moonbear.check"
local common = require "moonbear.netflow.common"
local graph = require "moonbear.graph"
local options = require "moonbear.options"

local peers = {}

---Who talks to whom: of each pair of src and dst the flows, bytes, packets, and when the first and
---last began; in the order of src and dst. The edges of a graph, with weights. Collective.
---@param flows moonbear.Frame
---@return moonbear.Frame
function peers.pairs(flows)
  common.need("pairs", flows, "src", "dst")
  return common.aggregate(flows, { "src", "dst" }, common.totals)
end

---How many peers each host has: those that it talks to (out_degree), that talk to it (in_degree),
---and both together, each once (degree); in the order of the hosts, called node. Collective.
---@param flows moonbear.Frame
---@return moonbear.Frame
function peers.degrees(flows)
  common.need("degrees", flows, "src", "dst")
  local pair <close> = flows:group_by("src", "dst")
  return graph.degrees(pair:keys())
end

-- Flows by keys that are rare in the flows of another time.
local function rare(name, flows, baseline, keys, most)
  common.need(name, flows)
  keys = check.strings(keys, 3, name)
  common.need(name, flows, table.unpack(keys))
  common.need(name, baseline, table.unpack(keys))
  local found = common.aggregate(flows, keys, common.totals)
  local before = baseline:group_by(keys):agg { before = "size" }
  found = found:join(before, { on = keys, how = "left" })
  return found:with { before = found.before:fill(0) }:where("before <= $most", { most = most })
end

---What flows have that those of a baseline period do not: values of columns, as "dst_port", or
---combinations, as {"src", "dst"}, with their flows, bytes, packets and when they were first and
---last seen; in the order of the columns. Collective.
---
---    netflow.new(today, last_week, { "src", "dst_port" })     -- services new for a host
---@param flows moonbear.Frame
---@param baseline moonbear.Frame
---@param keys string|string[]
---@return moonbear.Frame
function peers.new(flows, baseline, keys)
  return rare("new", flows, baseline, keys, 0):drop "before"
end

---As `new`, with what the baseline has at most so many flows of: their number there is called
---before. Collective.
---@param flows moonbear.Frame
---@param baseline moonbear.Frame
---@param keys string|string[]
---@param opts? {most: integer?} 3 unless told
---@return moonbear.Frame
function peers.rare(flows, baseline, keys, opts)
  local o = options.check("rare", opts, { most = { "integer", 3 } })
  return rare("rare", flows, baseline, keys, o.most)
end

return peers
