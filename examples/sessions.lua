-- How long do people stay, and do they come at night? moonbear -n 2 sessions.lua [FLOWS [SEED]]
-- Flows of a workstation with pauses of less than half an hour between them are one session.

local netflow = require "moonbear.netflow"
local office = dofile((arg[0]:match "^.*/" or "") .. "office.lua")

local n, seed = tonumber(arg[1] or 300000), tonumber(arg[2] or 7)
local flows = netflow.flows(office.flows(n, seed))

local sessions, number = netflow.sessions(flows, { pause = "30min", by = "src" })
sessions = sessions:with { { "length", "last_seen - first_seen" } }
print(("%d flows are %d sessions of %d workstations"):format(#flows, #sessions,
  sessions.src:nunique()))
print("median length", sessions.length:median(), "longest", sessions.length:max())

-- Sessions at night are few; those with many flows are no people.
local night = sessions:where "first_seen:hour() < 6"
print(("%d sessions begin at night; the largest:"):format(#night))
print(night:topk("flows", 3):select("src", "flows", "bytes", "length"))

-- Each flow knows its session: what is asked first, when one begins?
local first = flows:with { session = number }:sort_by("session", "start")
  :drop_duplicates { "session" }
print(first:value_counts("dst_port"):head(3))
