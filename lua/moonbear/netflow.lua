-- Questions that are asked of records of network flows, as Lua over frames: to use, and to read as
-- examples. `local netflow = require "moonbear.netflow"`; `netflow.flows` comes first.

local names = require "moonbear.names"
local public = require "moonbear.public"

local netflow = { names = require "moonbear.netflow.names" }

for _, file in ipairs { "profiles", "talkers", "traffic", "peers", "scans", "beacons", "sides",
  "sessions" } do
  for name, it in pairs(require("moonbear.netflow." .. file)) do netflow[name] = it end
end
netflow.flows = require("moonbear.netflow.flows").flows

public.seal(netflow)

return names.told_by(netflow, "netflow")
