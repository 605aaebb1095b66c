-- Pictures of flows: moonbear -n 2 pictures.lua FOLDER FILES...
-- They are drawn by gnuplot (apt-get install gnuplot-nox).

local mb = require "moonbear"
local folder = arg[1] or "."
local files = #arg > 1 and { table.unpack(arg, 2) } or "flows*.hdf"

local flows = mb.read_hdf(files, { "start", "srcIP", "dstIP", "dstPort", "srcBytes", "dstBytes" })
flows.start = mb.time_of(flows.start)
flows.bytes = flows.srcBytes + flows.dstBytes

-- Rows are counted where they are; only the counts are drawn.
local large = mb.plot.hist(flows.bytes, { log = "xy", title = "Bytes of a flow", xlabel = "bytes" })
large:save(folder .. "/bytes.png")

-- Several columns share axes, and have names.
mb.plot.time_series(flows.start, { sent = flows.srcBytes, received = flows.dstBytes },
  { every = "1h", title = "Bytes an hour", file = folder .. "/traffic.svg" })

-- A small picture for each of the most frequent ports.
mb.plot.ecdf(flows.bytes, { by = flows.dstPort, log = "x", title = "Bytes of a flow, by port",
  file = folder .. "/ports.png" })

mb.plot.graph_degrees(flows.srcIP, flows.dstIP, { title = "How many peers devices have",
  file = folder .. "/peers.pdf" })

-- In a terminal pictures are characters.
print(mb.plot.bar(flows.dstPort, nil, { top = 8, title = "Flows by port" }):text(60, 14))
