-- Traffic over time and by subnet.

local check = require "moonbear.check"
local clock = require "moonbear.netflow.clock"
local common = require "moonbear.netflow.common"
local options = require "moonbear.options"

local traffic = {}

-- Flows, bytes and packets.
local SUMS <const> = table.move(common.totals, 1, 3, 1, {})

---Flows, bytes and packets of each span of time, and of each value of the columns `by`: a frame
---with the beginnings of spans as start, in order. Spans without flows are not in it. Collective.
---
---    netflow.over_time(flows, { every = "1h", by = "dst_port" })
---@param flows moonbear.Frame
---@param opts? {every: number|string|moonbear.duration?, by: (string|string[])?} seconds or a
---duration; "1h" unless told
---@return moonbear.Frame
function traffic.over_time(flows, opts)
  local o = options.check("over_time", opts, { every = { "any", "1h" }, by = { "any" } })
  local every = clock.span("over_time", "every", o.every)
  local by = o.by ~= nil and options.strings("over_time", "by", o.by) or {}
  common.need("over_time", flows, "start", table.unpack(by))
  local spans = flows:with { start = clock.floor(flows.start, every) }
  return common.aggregate(spans, { "start", table.unpack(by) }, SUMS)
end

---Flows, bytes and packets by the networks that addresses are in, of so many bits: of src or of
---dst, most bytes first (most flows, where there are no bytes). Collective.
---@param flows moonbear.Frame
---@param opts? {side: "src"|"dst"?, bits: integer?, v6: integer?} "src", 24, and 64 of IPv6 unless
---told
---@return moonbear.Frame
function traffic.by_subnet(flows, opts)
  local o = options.check("by_subnet", opts, { side = { "string", "src" },
    bits = { "integer", 24 }, v6 = { "integer", 64 } })
  if o.side ~= "src" and o.side ~= "dst" then
    options.blame("by_subnet", "side", "'src' or 'dst'", o.side)
  end
  common.need("by_subnet", flows, o.side)
  local column = flows:column(o.side)
  if column:type() ~= "ip" then
    check.blame("by_subnet: '%s' is %s and has no networks; cast it, by :as \"ip\"", o.side,
      check.describe(column))
  end
  local networks = flows:with { network = column:network(o.bits, { v6 = o.v6 }) }
  local found = common.aggregate(networks, { "network" }, SUMS)
  return common.top(found, common.has(found, "bytes") and "bytes" or "flows")
end

return traffic
