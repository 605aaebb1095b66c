-- Who carries data out of the office? moonbear -n 2 exfiltration.lua [FLOWS [SEED]]
-- Workstations fetch far more than they send. One here sends 6 GB to a host outside, in two nights.

local mb = require "moonbear"
local netflow = require "moonbear.netflow"
local office = dofile((arg[0]:match "^.*/" or "") .. "office.lua")

local n, seed = tonumber(arg[1] or 300000), tonumber(arg[2] or 7)
local nights = {}
for night = 1, 2 do
  nights[night] = office.planted { source = 77, count = 60, pace = 120, sent = 50000000,
    start = office.first_day + mb.duration(("%dh"):format(24 * night + 2)) }
end
local flows = netflow.flows(mb.concat { office.flows(n, seed), nights[1], nights[2] })

-- What was sent to the world beside what came from there, by workstation.
local senders = netflow.asymmetry(flows, { inside = "10.0.0.0/8", least = 1e6 })
print(("%d of %d workstations sent more than 1 MB; most beside what they got:")
  :format(#senders, flows.src:nunique()))
print(senders:head(3))

-- Where to, and when?
local suspect = senders.src[1]
local theirs = flows:where("src == $suspect and not dst:in_network('10.0.0.0/8')",
  { suspect = tostring(suspect) })
print("where to:")
print(theirs:group_by("dst"):agg { { "flows", "size" }, { "sent", "src_bytes", "sum" } }
  :topk("sent", 2))
print("when:")
print(theirs:group_by(theirs.start:floor "1h"):agg { sent = { "src_bytes", "sum" } }
  :topk("sent", 4))
