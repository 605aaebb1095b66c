-- Which devices talk most, by their names: moonbear -n 2 device_counts.lua FILES...
-- The files have names as text: csv2hdf --format=lanl_text makes such files.

local mb = require "moonbear"
local files = #arg > 0 and { table.unpack(arg) } or "flows*.hdf"
local flows = mb.read_hdf(files, { "srcIP", "dstIP", "dstPort", "srcBytes", "dstBytes" })
print(flows)

for _, name in ipairs { "srcIP", "dstIP" } do
  local devices, counts = flows[name]:value_counts()
  print(#devices .. " names in " .. name .. "; the top five:")
  for device, n in mb.most_common(devices, counts, 5) do print(device, n) end
end

-- Names are looked at once each, however many rows have them.
print("from unnamed addresses", flows.srcIP:startswith "IP":sum())
print("from servers", flows.srcIP:isin { "ActiveDirectory", "Mail", "VPN" }:sum())
print("to numbers with 1234", flows.dstIP:contains "1234":sum())

-- Who sent most to whom?
local pairs_of = flows:group_by { "srcIP", "dstIP" }
  :agg { { "flows", "size" }, { "sent", "srcBytes", "sum" } }
print(pairs_of:sort_by("-sent", "srcIP", "dstIP"):head(3))
