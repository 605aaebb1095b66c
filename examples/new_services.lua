-- Which hosts use a service for the first time? moonbear -n 2 new_services.lua [FLOWS [SEED]]
-- The week until Friday is the baseline. On Friday a workstation begins to log in to servers.

local mb = require "moonbear"
local netflow = require "moonbear.netflow"
local office = dofile((arg[0]:match "^.*/" or "") .. "office.lua")

local n, seed = tonumber(arg[1] or 300000), tonumber(arg[2] or 7)
local logins = office.planted { source = 42, count = 24, pace = 600, port = 22,
  dst = function(number) return office.servers(number % 12) end,
  start = office.first_day + mb.duration "106h" }
local flows = netflow.flows(mb.concat { office.flows(n, seed), logins })

local friday = office.first_day + mb.duration "4d"
local before = flows:where(flows.start:lt(friday))
local since = flows:where(flows.start:ge(friday))
print(("%d flows before Friday, %d since"):format(#before, #since))

-- A port that nobody has used before is rare: it is worth a look by itself.
print "new ports:"
print(netflow.new(since, before, "dst_port"))

-- A port that is new for a host is more frequent. Those with most flows come first.
local changes = netflow.new(since, before, { "src", "dst_port" })
print(("%d hosts use a port for the first time; most often:"):format(changes.src:nunique()))
print(changes:sort_by("-flows", "src"):head(3):select("src", "dst_port", "flows"))

-- Peers that are new, and those that were met at most twice.
print("new pairs of hosts:", #netflow.new(since, before, { "src", "dst" }),
  "rare ones:", #netflow.rare(since, before, { "src", "dst" }, { most = 2 }))
