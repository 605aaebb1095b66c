-- Scans: sources that try many ports or many hosts.

local mb = require "moonbear"
local clock = require "moonbear.netflow.clock"
local common = require "moonbear.netflow.common"
local options = require "moonbear.options"

local scans = {}

-- A list with one more.
local function and_also(list, last)
  local longer = table.move(list, 1, #list, 1, {})
  longer[#longer + 1] = last
  return longer
end

-- The flows that scans may be among: all, or those without an answer.
local function candidates(name, flows, unanswered)
  if not unanswered then return flows end
  common.need(name, flows, "dst_packets")
  return flows:where "dst_packets == 0"
end

-- What has many distinct values of a column within a span of time: of each combination of keys the
-- largest number in a span, how many spans have that many, their flows and when they began.
local function spread(name, flows, keys, counted, opts)
  local o = options.check(name, opts, { least = { "integer", 25 }, window = { "any", "10min" },
    unanswered = { "boolean", false } })
  local seconds = clock.span(name, "window", o.window)
  common.need(name, flows, "src", "dst", "dst_port", "start")
  local in_spans = candidates(name, flows, o.unanswered)
  in_spans = in_spans:with { window = clock.floor(in_spans.start, seconds) }
  local spans = and_also(keys, "window")
  local targets = in_spans:group_by(and_also(spans, counted)):agg { { "flows", "size" },
    { "first_seen", "start", "min" }, { "last_seen", "start", "max" } }
  local busy = targets:group_by(spans):agg { { "targets", "size" }, { "flows", "flows", "sum" },
    { "first_seen", "first_seen", "min" }, { "last_seen", "last_seen", "max" } }
  local found = busy:where("targets >= $least", { least = o.least }):group_by(keys):agg {
    { "targets", "targets", "max" }, { "windows", "size" }, { "flows", "flows", "sum" },
    { "first_seen", "first_seen", "min" }, { "last_seen", "last_seen", "max" } }
  return common.top(found, "targets")
end

---@class moonbear.ScanOptions
---@field least? integer distinct targets within a window from which it is a scan; 25 unless told
---@field window? number|string|moonbear.duration seconds or a duration; "10min" unless told
---@field unanswered? boolean only flows to which nothing came back (dst_packets is 0); false unless
---told

---Vertical scans: pairs of src and dst with many ports of dst within a window of time. Of each the
---largest number of ports in a window (targets), the number of such windows, their flows, and when
---the first and last of these began; most targets first. Windows begin at multiples of their
---length. Orient the flows before, where src and dst do not tell who asked. Collective.
---@param flows moonbear.Frame
---@param opts? moonbear.ScanOptions
---@return moonbear.Frame
function scans.vertical_scans(flows, opts)
  return spread("vertical_scans", flows, { "src", "dst" }, "dst_port", opts)
end

---Horizontal scans: sources that try a port of many hosts within a window of time, as
---`vertical_scans`: of each src and dst_port the largest number of hosts in a window (targets).
---Collective.
---@param flows moonbear.Frame
---@param opts? moonbear.ScanOptions
---@return moonbear.Frame
function scans.horizontal_scans(flows, opts)
  return spread("horizontal_scans", flows, { "src", "dst_port" }, "dst", opts)
end

-- Of each source, how many targets it has, the shares of these that got one flow and that never
-- answered, and the most that it met for the first time within one window.
local function paces(targets, seconds)
  local fastest = targets:with { window = clock.floor(targets.first_seen, seconds) }
    :group_by("src", "window"):agg { met = "size" }
    :group_by("src"):agg { fastest = { "met", "max" } }
  local marked = targets:with { single = "flows == 1" }
  if common.has(targets, "answers") then marked = marked:with { mute = "answers == 0" } end
  local found = common.aggregate(marked, { "src" }, { { "targets", "size" },
    { "once", "single", "mean" }, { "silent", "mute", "mean" }, { "flows", "flows", "sum" },
    { "first_seen", "first_seen", "min" }, { "last_seen", "last_seen", "max" } })
  return found:join(fastest, { on = "src" })
end

---@class moonbear.SlowScanOptions
---@field least? integer targets; 50 unless told
---@field window? number|string|moonbear.duration seconds or a duration; "1h" unless told
---@field fastest? integer the most new targets in a window; 10 unless told
---@field once? number the least share of targets with one flow; 0.8 unless told
---@field silent? number the least share of targets from which nothing came back; 0 unless told

---Slow scans: sources that try many targets (hosts and ports) once each, few at a time. Of each the
---targets, the share of them that got one flow (once), the share from which nothing came back
---(silent, where flows have dst_packets), the flows, when the first and last began, and the most
---targets that were met within one window (fastest); most targets first. Clients of many servers
---look much the same, but for the answers. Collective.
---@param flows moonbear.Frame
---@param opts? moonbear.SlowScanOptions
---@return moonbear.Frame
function scans.slow_scans(flows, opts)
  local o = options.check("slow_scans", opts, { least = { "integer", 50 },
    window = { "any", "1h" }, fastest = { "integer", 10 }, once = { "number", 0.8 },
    silent = { "number", 0 } })
  local seconds = clock.span("slow_scans", "window", o.window)
  common.need("slow_scans", flows, "src", "dst", "dst_port", "start")
  if o.silent > 0 then common.need("slow_scans", flows, "dst_packets") end
  local targets = common.aggregate(flows, { "src", "dst", "dst_port" }, { { "flows", "size" },
    { "answers", "dst_packets", "sum" }, { "first_seen", "start", "min" },
    { "last_seen", "start", "max" } })
  local many <close> = mb.group_by(targets.src)
  targets = targets:where(many:broadcast(many:size()):ge(o.least))
  local found = paces(targets, seconds):where(
    "targets >= $least and once >= $once and fastest <= $fastest", o)
  if o.silent > 0 then found = found:where("silent >= $silent", o) end
  return common.top(found, "targets")
end

return scans
