-- When does the office use which service? moonbear -n 2 traffic.lua [FOLDER [FLOWS [SEED]]]
-- Pictures are drawn by gnuplot (apt-get install gnuplot-nox).

local mb = require "moonbear"
local netflow = require "moonbear.netflow"
local office = dofile((arg[0]:match "^.*/" or "") .. "office.lua")

local folder, n, seed = arg[1] or ".", tonumber(arg[2] or 300000), tonumber(arg[3] or 7)
local flows = netflow.flows(office.flows(n, seed))

-- The busiest hours, and what they were busy with.
local hours = netflow.over_time(flows, { every = "1h" })
print "the busiest hours:"
print(hours:topk("bytes", 3))
print "services:"
print(netflow.services(flows, { k = 5 }):select("dst_port", "service", "flows", "clients", "bytes"))

-- A picture of the week, and one of each hour of each day.
mb.plot.time_series(flows.start, { sent = flows.src_bytes, received = flows.dst_bytes },
  { every = "1h", title = "Bytes an hour", file = folder .. "/week.png" })
mb.plot.heatmap(flows.start:hour(), flows.start:weekday(), flows.bytes,
  { agg = "sum", xlabel = "hour", ylabel = "day", title = "Bytes", file = folder .. "/hours.png" })

-- In a terminal.
print(mb.plot.time_series(flows.start, nil, { every = "1h", title = "Flows an hour" }):text(72, 12))
