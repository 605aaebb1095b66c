-- Arkouda's notebook "Exploratory Analysis of Netflow", cell by cell, on every rank:
-- moonbear -n 2 port_counts.lua FILES... (patterns will do)

local mb = require "moonbear"
local files = #arg > 0 and { table.unpack(arg) } or "flows*.hdf"
print(mb.size() .. " ranks")

for _, dataset in ipairs(mb.ls_hdf(files)) do print(dataset.name, dataset.type, dataset.rows) end

local flows = mb.time("load", mb.read_hdf, files,
  { "srcIP", "dstIP", "srcPort", "dstPort", "start" })
print(flows)

-- How much of it is web traffic?
print("from port 80", mb.time("==, sum", function() return flows.srcPort:eq(80):sum() end))
print("to port 80", mb.time("==, sum", function() return flows.dstPort:eq(80):sum() end))

-- Which ports are used most?
for _, name in ipairs { "dstPort", "srcPort" } do
  local ports, counts = mb.time("value_counts", flows[name].value_counts, flows[name])
  print(#ports .. " values of " .. name .. "; the top ten:")
  for port, n in mb.most_common(ports, counts, 10) do print(port, n) end
  print("share of well-known ports", flows[name]:lt(1024):sum() / #flows)
end
