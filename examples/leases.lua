-- Whose address was it? moonbear -n 2 leases.lua [FLOWS [SEED]]
-- Addresses change hands. A flow has the address, a log of leases says who got it, and when: the
-- last lease of that address before the flow counts.

local mb = require "moonbear"
local office = dofile((arg[0]:match "^.*/" or "") .. "office.lua")

local n, seed = tonumber(arg[1] or 300000), tonumber(arg[2] or 7)
local flows = office.flows(n, seed)

-- Each address is given to another machine each morning.
local addresses = flows.src:unique()
local count = #addresses
local row = mb.range(0, 7 * count - 1)
local day, place = row // count, row % count
local leases = mb.frame { { "start", office.first_day + day * mb.duration "1d" },
  { "src", addresses[place + 1] },
  { "machine", "pc" .. ((place * 7 + day * 13) % count):as "text" } }

local owned = flows:join_asof(leases, { on = "start", by = "src" })
print(("%d addresses, %d leases, %d flows without an owner"):format(count, #leases,
  owned.machine:is_missing():sum()))

-- By address and by machine the heaviest users differ.
print(owned:group_by("src"):agg { bytes = { "src_bytes", "sum" } }:topk("bytes", 2))
print(owned:group_by("machine"):agg { { "bytes", "src_bytes", "sum" },
  { "addresses", "src", "nunique" } }:topk("bytes", 2))
