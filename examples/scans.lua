-- Which scans are found among ordinary flows, and what else is taken for one:
--   moonbear -n 2 scans.lua [FLOWS [SEED]]

local mb = require "moonbear"
local netflow = require "moonbear.netflow"
local planted = dofile((arg[0]:match "^.*/" or "") .. "planted.lua")

local n, seed = tonumber(arg[1] or 300000), tonumber(arg[2] or 7)
local SOURCES <const> = 20
local background = planted.background(n, seed)

-- Scans of a number of targets, how long they take, and how they are looked for.
local function try(kind, targets, pace, find)
  local shape = kind == "slow" and "horizontal" or kind
  local scans = planted.scans(shape, SOURCES, targets, pace, seed + 99)
  local flows = netflow.flows(mb.concat { background, scans })
  local found = find(flows).src:unique()
  local precision, recall = planted.precision_and_recall(found, 10000, SOURCES)
  print(("%-10s  %4d targets, one in %4d s  precision %.2f, recall %.2f"):format(kind, targets,
    pace, precision, recall))
end

print(("%d flows, and %d scans of each strength:"):format(n, SOURCES))
for _, targets in ipairs { 10, 20, 30, 100, 300 } do
  try("vertical", targets, 1, function(flows)
    return netflow.vertical_scans(flows, { least = 20, window = "10min", unanswered = true })
  end)
end
for _, targets in ipairs { 10, 20, 30, 100, 300 } do
  try("horizontal", targets, 1, function(flows)
    return netflow.horizontal_scans(flows, { least = 20, window = "10min", unanswered = true })
  end)
end
for _, pace in ipairs { 200, 600, 1200, 1800 } do
  try("slow", 80000 // pace, pace, function(flows)
    return netflow.slow_scans(flows, { least = 40, window = "1h", fastest = 20, silent = 0.5 })
  end)
end
