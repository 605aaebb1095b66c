-- Beacons: flows that come at regular intervals.

local mb = require "moonbear"
local clock = require "moonbear.netflow.clock"
local common = require "moonbear.netflow.common"
local options = require "moonbear.options"
local runs = require "moonbear.netflow.runs"

local beacons = {}

-- Of each group of runs the median interval and the median deviation from it, in seconds.
local function intervals(run)
  local gap = mb.where(run.follows, run.start - run.start:shift(1), mb.null):eval()
  local g <close> = mb.group_by(run.group)
  local period = g:median(gap)
  local off = (gap - g:broadcast(period)):abs()
  local found = g:agg { { "flows", "size" }, { "deviation", off, "median" },
    { "since", run.start, "min" }, { "till", run.start, "max" },
    { "first_row", run.rows, "first" }, { "last_row", run.rows, "last" } }
  return found:with { period = period }
end

-- What is said of beacons, under the names of their keys.
local function described(found, run, by, starts)
  local columns = {}
  for i, name in ipairs(by) do columns[i] = { name, run.keys[i][found.key] } end
  for _, name in ipairs { "flows", "period", "jitter", "coverage" } do
    columns[#columns + 1] = { name, found:column(name) }
  end
  columns[#columns + 1] = { "first_seen", starts[found.first_row] }
  columns[#columns + 1] = { "last_seen", starts[found.last_row] }
  return mb.frame(columns)
end

---@class moonbear.BeaconOptions
---@field by? string|string[] whose flows; {"src", "dst", "dst_port"} unless told
---@field fewest? integer flows of a beacon; 10 unless told
---@field shortest? number|string|moonbear.duration the shortest period; "10s" unless told
---@field jitter? number the largest jitter; 0.2 unless told

---Pairs of hosts whose flows come at regular intervals, as those of a program that calls home. The
---period is the median time between the starts of consecutive flows, in seconds; the jitter is the
---median deviation of these times from it, as a share of it: 0 of a clock, about a quarter of the
---span of random delays, 0.7 of flows at random. A few that are lost or added do not change them.
---The coverage is the number of flows by that which the period makes between the first and the
---last. Least jitter first. Collective.
---@param flows moonbear.Frame
---@param opts? moonbear.BeaconOptions
---@return moonbear.Frame
function beacons.beacons(flows, opts)
  local o = options.check("beacons", opts, { by = { "any", { "src", "dst", "dst_port" } },
    fewest = { "integer", 10 }, shortest = { "any", "10s" }, jitter = { "number", 0.2 } })
  local by = options.strings("beacons", "by", o.by)
  local shortest = clock.span("beacons", "shortest", o.shortest)
  common.need("beacons", flows, "start", table.unpack(by))
  local run = runs.of(flows, by, math.max(o.fewest, 2))
  local found = intervals(run):where("period >= $shortest", { shortest = shortest })
    :with { { "jitter", "deviation / period" },
      { "coverage", "flows / ((till - since) / period + 1)" } }
    :where("jitter <= $most", { most = o.jitter })
  return described(found, run, by, flows.start):sort_by "jitter"
end

return beacons
