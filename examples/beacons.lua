-- Which beacons are found among ordinary flows, and what else is taken for one:
--   moonbear -n 2 beacons.lua [FLOWS [SEED]]

local mb = require "moonbear"
local netflow = require "moonbear.netflow"
local planted = dofile((arg[0]:match "^.*/" or "") .. "planted.lua")

local n, seed = tonumber(arg[1] or 300000), tonumber(arg[2] or 7)
local SOURCES <const> = 20
local background = planted.background(n, seed)

print(("%d flows, and %d beacons of each strength, jitter at most 0.15:"):format(n, SOURCES))
for _, period in ipairs { 60, 3600 } do
  for _, delay in ipairs { 0, 0.1, 0.3, 0.5, 1 } do
    for _, lost in ipairs { 0, 0.2 } do
      local beacons = planted.beacons(SOURCES, period, delay, lost, seed + 99)
      local flows = netflow.flows(mb.concat { background, beacons })
      local found = netflow.beacons(flows, { fewest = 12, jitter = 0.15 }).src:unique()
      local line = "every %4d s, delayed by up to %3d %%, %2d %% lost  precision %.2f, recall %.2f"
      print(line:format(period, 100 * delay, 100 * lost,
        planted.precision_and_recall(found, 20000, SOURCES)))
    end
  end
end
