-- What collector.c does with flows: `alerts` is called each second with the columns of those that
-- came in it, on all ranks. It keeps them for ten seconds, and tells once of each source that tries
-- a port of many hosts, or many ports of one, and of each pair of hosts that moves much.
local mb = require "moonbear"
local netflow = require "moonbear.netflow"

local KEPT <const> = 10 -- calls
local TARGETS <const> = 25 -- hosts or ports that are a scan
local MUCH <const> = 1e9 -- bytes

local recent = {} -- frames of flows, the oldest first
local told = {}

-- Prints an alert that has not been printed; 1 if it is new.
local function alert(...)
  local text = ("%s %s %s"):format(...)
  if told[text] then return 0 end
  told[text] = true
  print("alert: " .. text)
  return 1
end

-- The flows of the last seconds, with those of this one.
local function remember(flows)
  recent[#recent + 1] = flows
  if #recent > KEPT then table.remove(recent, 1) end
  return mb.concat(recent)
end

-- Called by collector.c; gives the number of new alerts.
function alerts(start, duration, src, dst, -- luacheck: ignore 111
    proto, src_port, dst_port, packets, bytes)
  local flows = remember(mb.frame {
    { "start", start }, { "duration", duration }, { "src", src:as "ip" }, { "dst", dst:as "ip" },
    { "proto", proto }, { "src_port", src_port }, { "dst_port", dst_port },
    { "packets", packets }, { "bytes", bytes } })
  local new = 0
  for scan in netflow.horizontal_scans(flows, { least = TARGETS }):rows() do
    new = new + alert(scan.src, "tries many hosts at port", scan.dst_port)
  end
  for scan in netflow.vertical_scans(flows, { least = TARGETS }):rows() do
    new = new + alert(scan.src, "tries many ports of", scan.dst)
  end
  local pairs_of = flows:group_by("src", "dst"):agg { bytes = { "bytes", "sum" } }
  for pair in pairs_of:where("bytes >= $much", { much = MUCH }):rows() do
    new = new + alert(pair.src, "sends much to", pair.dst)
  end
  return new
end
