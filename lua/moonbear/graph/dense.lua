-- Where graphs are dense: cores and triangles.

local core = require "moonbear.core"
local mb = require "moonbear"
local edges = require "moonbear.graph.edges"

local dense = {}

---The core number of each node: the largest k for which it is in a part of the graph where all
---nodes have k neighbours there; a frame of nodes, in order, and cores. Directions, edges that are
---there twice and those of a node to itself do not count. Each rank takes nodes of its own away,
---those of the least degree first, and tells the others how far cores may reach, until no bound
---is too high, in the algorithm of Montresor, De Pellegrini and Miorandi (2013). Each rank has 24
---bytes for each node. Collective. Raises when types or lengths differ.
---@param src moonbear.Column
---@param dst moonbear.Column
---@return moonbear.Frame
function dense.kcore(src, dst)
  local all = edges.of("kcore", src, dst)
  local simple = edges.undirected(all)
  return mb.frame { { "node", all.nodes },
    { "core", core.cores(simple.from, simple.to, #all.nodes) } }
end

-- Edges from the end with fewer neighbours to the other, in order: none has many that begin in it.
local function oriented(simple)
  local degree = edges.count(simple, simple.from)
  local a, b = degree[simple.from], degree[simple.to]
  local up = (a:lt(b) | (a:eq(b) & simple.from:lt(simple.to))):eval()
  return simple.from[up], simple.to[up]
end

---Triangles: a frame of nodes, in order, and of how many triangles each is a corner; their sum is
---three times the number of all. Directions, edges that are there twice and those of a node to
---itself do not count. Edges are directed to the end with more neighbours; then the followers of a
---node are looked for among those of each of them, in the forward algorithm of Schank and Wagner
---(2005). Each rank has 21 bytes for each node. Collective. Raises when types or lengths differ.
---@param src moonbear.Column
---@param dst moonbear.Column
---@return moonbear.Frame
function dense.triangles(src, dst)
  local all = edges.of("triangles", src, dst)
  local n = #all.nodes
  local from, to = oriented(edges.undirected(all))
  local corners = core.triangles(from, to, n)
  return mb.frame { { "node", all.nodes }, { "triangles", corners } }
end

return dense
