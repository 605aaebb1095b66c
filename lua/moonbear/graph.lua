-- Graphs whose edges are two columns: `local graph = require "moonbear.graph"`. Nodes are the
-- values of both; results are frames of the nodes in order and what is found of each, the same on
-- any number of ranks.

local mb = require "moonbear"
local edges = require "moonbear.graph.edges"
local names = require "moonbear.names"
local public = require "moonbear.public"

local graph = {}

---How many other nodes each node has an edge to (out_degree), from (in_degree), and to or from
---(degree); an edge that is there twice counts once, and one of a node to itself for the first two
---only. A frame in the order of the nodes. Collective. Raises when types or lengths differ.
---@param src moonbear.Column
---@param dst moonbear.Column
---@return moonbear.Frame
function graph.degrees(src, dst)
  local all = edges.of("degrees", src, dst)
  local directed, simple = edges.distinct(all), edges.undirected(all)
  return mb.frame { { "node", all.nodes }, { "out_degree", edges.count(all, directed.from) },
    { "in_degree", edges.count(all, directed.to) }, { "degree", edges.count(all, simple.from) } }
end

for _, file in ipairs { "components", "ranks", "levels", "dense", "communities" } do
  for name, it in pairs(require("moonbear.graph." .. file)) do graph[name] = it end
end

public.seal(graph)

return names.told_by(graph, "graph")
