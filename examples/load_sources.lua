-- Goes on from what save_sources.lua has kept: moonbear -n 2 load_sources.lua SNAPSHOT [TABLE.csv]

local mb = require "moonbear"
local snapshot, csv = arg[1], arg[2]
if not snapshot then
  io.stderr:write "usage: moonbear load_sources.lua SNAPSHOT [TABLE.csv]\n"
  os.exit(2)
end

local day = mb.load(snapshot)
local large = day.sources:where("bytes > $limit", { limit = day.limit })
  :sort_by("-bytes", "srcIP")
local theirs = day.flows[day.flows.srcIP:isin(large.srcIP)]
print(("%d of %d sources send %d of %d flows"):format(#large, #day.sources, #theirs, #day.flows))

-- Where and when do they send?
local ports, counts = theirs.dstPort:value_counts()
for port, n in mb.most_common(ports, counts, 3) do print("to port " .. port, n) end
local days, flows = (theirs.start // 86400):value_counts()
for d, n in mb.most_common(days, flows) do print("on day " .. d, n) end

-- Results for other tools.
if csv then large:to_csv(csv) end
