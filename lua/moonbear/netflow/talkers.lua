-- Who talks most, and the largest and longest flows.

local check = require "moonbear.check"
local mb = require "moonbear"
local common = require "moonbear.netflow.common"
local options = require "moonbear.options"

local talkers = {}

-- Columns of flows by the ends that talk: sources, destinations, both, or pairs.
local KEYS <const> = { src = { "src" }, dst = { "dst" }, pair = { "src", "dst" } }

local MEASURES <const> = { flows = true, bytes = true, packets = true, duration = true }

local function measure(name, flows, by, flows_too)
  if not MEASURES[by] or by == "flows" and not flows_too then
    options.blame(name, "by", flows_too and "'flows', 'bytes', 'packets' or 'duration'"
      or "'bytes', 'packets' or 'duration'", by)
  end
  if by ~= "flows" then common.need(name, flows, by) end
  return by
end

-- Summaries of hosts as sources and as destinations, together. Sums of either side are few, so that
-- no flow is copied.
local function of_hosts(flows, list)
  local sides = {}
  for i, side in ipairs { "src", "dst" } do
    sides[i] = common.aggregate(flows, { side }, list):rename { [side] = "host" }
  end
  local again = {}
  for i, it in ipairs(list) do
    again[i] = { it[1], it[1], it[2] == "size" and "sum" or it[3] }
  end
  return common.aggregate(mb.concat(sides), { "host" }, again)
end

---@class moonbear.TalkerOptions
---@field by? "flows"|"bytes"|"packets"|"duration" what counts; flows unless told
---@field side? "both"|"src"|"dst"|"pair" whose flows: of hosts on either side unless told
---@field k? integer 10 unless told

---The k hosts, or pairs of them, with most flows, bytes, packets or time: their flows, bytes,
---packets, and when the first and the last flow began, largest first. Of `side` "both" a host has
---the flows of which it is either end. Collective.
---@param flows moonbear.Frame
---@param opts? moonbear.TalkerOptions
---@return moonbear.Frame
function talkers.talkers(flows, opts)
  local o = options.check("talkers", opts, { by = { "string", "flows" },
    side = { "string", "both" }, k = { "integer", 10 } })
  common.need("talkers", flows, "src", "dst")
  measure("talkers", flows, o.by, true)
  local keys = KEYS[o.side]
  if not keys and o.side ~= "both" then
    options.blame("talkers", "side", "'both', 'src', 'dst' or 'pair'", o.side)
  end
  local list = table.move(common.totals, 1, #common.totals, 1, {})
  if o.by == "duration" then list[#list + 1] = { "duration", "duration", "sum" } end
  local found = keys and common.aggregate(flows, keys, list) or of_hosts(flows, list)
  return common.top(found, o.by, o.k)
end

---The k flows with most bytes or packets, or the longest: rows of the flows, largest first.
---Collective.
---@param flows moonbear.Frame
---@param opts? {by: string?, k: integer?} "bytes" and 10 unless told
---@return moonbear.Frame
function talkers.largest(flows, opts)
  local o = options.check("largest", opts, { by = { "string", "bytes" }, k = { "integer", 10 } })
  common.need("largest", flows)
  return common.top(flows, measure("largest", flows, o.by, false), o.k)
end

---@class moonbear.UnusualOptions
---@field by? "bytes"|"packets"|"duration" "bytes" unless told
---@field among? string|string[] the columns by which flows are alike; "dst_port" unless told
---@field quantile? number above which flows are unusual; 0.999 unless told
---@field fewest? integer flows that a group needs; 100 unless told

---The flows that are heavy or long for their kind: those above a quantile of bytes, packets or
---durations among the flows with the same port of the server, or other columns. Groups of few flows
---have no such rows. Rows of the flows, in their order. Collective.
---@param flows moonbear.Frame
---@param opts? moonbear.UnusualOptions
---@return moonbear.Frame
function talkers.unusual(flows, opts)
  local o = options.check("unusual", opts, { by = { "string", "bytes" },
    among = { "any", "dst_port" }, quantile = { "number", 0.999 }, fewest = { "integer", 100 } })
  local among = options.strings("unusual", "among", o.among)
  if not (o.quantile >= 0 and o.quantile <= 1) then
    options.blame("unusual", "quantile", "a number from 0 to 1", o.quantile)
  end
  common.need("unusual", flows, table.unpack(among))
  local column = flows:column(measure("unusual", flows, o.by, false))
  local g <close> = flows:group_by(among)
  local known = g:agg { { "flows", "size" }, { "limit", column, "quantile", o.quantile } }
  local limit = mb.where(known.flows:ge(o.fewest), known.limit, mb.null)
  return flows:where(column:gt(g:broadcast(limit)):fill(false))
end

---How much more hosts send than they get: of each src, or of other columns, the flows, the bytes
---sent and received, and their ratio (what is received counts as 1 byte at least), largest first.
---Hosts that send less than `least` bytes are left out. With `inside`, blocks as "10.0.0.0/8", only
---flows from there to elsewhere count. Orient the flows first. Collective.
---@param flows moonbear.Frame
---@param opts? {by: (string|string[])?, least: number?, inside: (string|string[])?} "src" and 1e6
---bytes unless told
---@return moonbear.Frame
function talkers.asymmetry(flows, opts)
  local o = options.check("asymmetry", opts,
    { by = { "any", "src" }, least = { "number", 1e6 }, inside = { "any" } })
  local by = options.strings("asymmetry", "by", o.by)
  common.need("asymmetry", flows, "src_bytes", "dst_bytes", table.unpack(by))
  if o.inside ~= nil then
    common.need("asymmetry", flows, "src", "dst")
    local blocks = options.strings("asymmetry", "inside", o.inside)
    if flows.src:type() ~= "ip" or flows.dst:type() ~= "ip" then
      check.blame("asymmetry: 'inside' needs addresses, and src is %s; cast them, by :as \"ip\"",
        check.describe(flows.src))
    end
    flows = flows:where(flows.src:in_network(blocks) & ~flows.dst:in_network(blocks))
  end
  local hosts = flows:group_by(by):agg { { "flows", "size" }, { "sent", "src_bytes", "sum" },
    { "received", "dst_bytes", "sum" } }
  hosts = hosts:where(hosts.sent:ge(o.least))
  return common.top(hosts:with { ratio = "sent / maximum(received, 1)" }, "ratio")
end

return talkers
