-- What did programs send after they had started? moonbear -n 2 host_events.lua [FLOWS [SEED]]
-- Host events name programs, flows do not: each flow is matched with the last start of a program on
-- its host, not more than two minutes before.

local mb = require "moonbear"
local netflow = require "moonbear.netflow"
local office = dofile((arg[0]:match "^.*/" or "") .. "office.lua")

local n, seed = tonumber(arg[1] or 300000), tonumber(arg[2] or 7)
local uploads = office.planted { source = 12, count = 30, pace = 3600, sent = 20000000,
  start = office.first_day + mb.duration "9h" }
local flows = netflow.flows(mb.concat { office.flows(n, seed), uploads })

-- Programs start at random, one of them on one host alone, a minute before each upload.
local starts = n // 20
local second = mb.random(starts, { low = 0, high = 7 * 86400, seed = seed + 50 })
local host = mb.choice(flows.src:unique(), starts, { seed = seed + 51 })
local usual = mb.frame { { "at", office.first_day + second:as("duration", { unit = "s" }) },
  { "host", host },
  { "program", mb.choice({ "browser", "mail", "editor", "update" }, starts,
    { seed = seed + 52 }) } }
local odd = mb.frame { { "at", uploads.start - mb.duration "1min" }, { "host", uploads.src },
  { "program", mb.full(#uploads, "backup.tmp") } }
local events = mb.concat { usual, odd }

local matched = netflow.match_events(flows, events, { host = "host", time = "at", within = "2min" })
print(("%d of %d flows began within two minutes of a program's start"):format(#matched, #flows))

-- Programs that send much a flow are few.
print(matched:group_by("program"):agg { { "flows", "size" }, { "hosts", "src", "nunique" },
  { "median", "src_bytes", "median" } }:sort_by "-median")
