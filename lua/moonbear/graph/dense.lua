-- Where graphs are dense: cores and triangles.

local core = require "moonbear.core"
local mb = require "moonbear"
local edges = require "moonbear.graph.edges"

local dense = {}

local GONE <const> = -1 -- the degree of a node that was taken away

-- The degrees after some nodes are taken away: each neighbour that is left loses one for each. The
-- edges of a node are `many` from `first` on.
local function take_away(degree, nodes, first, many, to)
  local position = edges.expand(first[nodes], many[nodes])
  local met, times = to[position]:value_counts()
  local left = degree:put(nodes, GONE)
  local now = left[met]
  return left:put(met, mb.where(now:ge(0), now - times, GONE)):eval()
end

---The core number of each node: the largest k for which it is in a part of the graph where all
---nodes have k neighbours there; a frame of nodes, in order, and cores. Directions, edges that are
---there twice and those of a node to itself do not count. Nodes of the least degree are taken away,
---with their edges, until none is left: each round passes over the nodes, and over the edges of
---those that it takes. Collective. Raises when types or lengths differ.
---@param src moonbear.Column
---@param dst moonbear.Column
---@return moonbear.Frame
function dense.kcore(src, dst)
  local all = edges.of("kcore", src, dst)
  local simple = edges.undirected(all)
  local many = edges.count(all, simple.from)
  local first = (many:cumsum { exclusive = true } + 1):eval()
  local degree, cores, k = many, mb.full(#many, 0), 0
  local node, most = mb.range(1, #many), #many
  while #many > 0 do
    local least = mb.where(degree:ge(0), degree, most):min()
    if least == most then break end -- a degree is below the number of nodes
    k = math.max(k, least)
    local nodes = node[degree:between(0, k)]
    cores = cores:put(nodes, k):eval()
    degree = take_away(degree, nodes, first, many, simple.to)
  end
  return mb.frame { { "node", all.nodes }, { "core", cores } }
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
