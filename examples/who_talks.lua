-- Who talks to whom, as a graph: moonbear -n 2 who_talks.lua [FLOWS [SEED]]

local graph = require "moonbear.graph"
local netflow = require "moonbear.netflow"
local office = dofile((arg[0]:match "^.*/" or "") .. "office.lua")

local n, seed = tonumber(arg[1] or 300000), tonumber(arg[2] or 7)
local flows = netflow.flows(office.flows(n, seed))

-- An edge for each pair of hosts, with its number of flows. Only pairs within the office count.
local edges = netflow.pairs(flows):where "dst:in_network('10.0.0.0/8')"
local from, to = edges.src, edges.dst
print(("%d pairs of %d clients and %d servers"):format(#edges, from:nunique(), to:nunique()))

-- Servers are what many hosts need: by clients, and by rank, which counts the weight of flows.
print "most clients:"
print(netflow.degrees(flows:where "dst:in_network('10.0.0.0/8')"):topk("in_degree", 3))
print "highest rank:"
print(graph.pagerank(from, to, { weights = edges.flows }):topk("rank", 3))

-- Is it one network, and how close is it? Its core are hosts with at least k neighbours among
-- themselves.
print("parts:", graph.components(from, to).component:nunique())
print("largest core:", graph.kcore(from, to).core:max())
local clients = from:unique()
print("hops between the first and the last client:",
  graph.hops(from, to, { from = clients[1], to = clients[-1] }))
