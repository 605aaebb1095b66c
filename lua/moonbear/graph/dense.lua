-- Where graphs are dense: cores and triangles.

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
  local degree, core, k = many, mb.full(#many, 0), 0
  local node, most = mb.range(1, #many), #many
  while #many > 0 do
    local least = mb.where(degree:ge(0), degree, most):min()
    if least == most then break end -- a degree is below the number of nodes
    k = math.max(k, least)
    local nodes = node[degree:between(0, k)]
    core = core:put(nodes, k):eval()
    degree = take_away(degree, nodes, first, many, simple.to)
  end
  return mb.frame { { "node", all.nodes }, { "core", core } }
end

-- Edges from the end with fewer neighbours to the other, in order: none has many that begin in it.
local function oriented(simple)
  local degree = edges.count(simple, simple.from)
  local a, b = degree[simple.from], degree[simple.to]
  local up = (a:lt(b) | (a:eq(b) & simple.from:lt(simple.to))):eval()
  return simple.from[up], simple.to[up]
end

-- Pairs of neighbours that are looked at together.
local MOST_AT_ONCE <const> = 1 << 24

-- Calls f(first, last) for edges in order, with at most so many wedges together, or one edge.
local function in_pieces(after, f)
  local sums, n, first, before = after:cumsum():eval(), #after, 1, 0
  while first <= n do
    local last = sums:searchsorted(before + MOST_AT_ONCE, "right") - 1
    last = math.min(math.max(last, first), n)
    f(first, last)
    first, before = last + 1, sums[last]
  end
end

---Triangles: a frame of nodes, in order, and of how many triangles each is a corner; their sum is
---three times the number of all. Directions, edges that are there twice and those of a node to
---itself do not count. Edges are directed to the end with more neighbours; then two edges from one
---node are a triangle where a third joins their ends. These pairs are looked at 16 million at a
---time. Collective. Raises when types or lengths differ.
---@param src moonbear.Column
---@param dst moonbear.Column
---@return moonbear.Frame
function dense.triangles(src, dst)
  local all = edges.of("triangles", src, dst)
  local n = #all.nodes
  local from, to = oriented(edges.undirected(all))
  local words = edges.pack(all, from:minimum(to), from:maximum(to)):eval()
  local g <close> = mb.group_by(from)
  local row = mb.range(1, #from)
  local after = (g:broadcast(g:max(row)) - row):eval()
  local corners = mb.full(n, 0)
  in_pieces(after, function(first, last)
    local other, of = edges.expand(mb.range(first + 1, last + 1), after:slice(first, last))
    local edge = of + (first - 1)
    local b, c = to[edge], to[other] -- b is below c, as edges are in order
    local is = edges.pack(all, b, c):isin(words):eval()
    local node, times = mb.concat { from[edge[is]], b[is], c[is] }:value_counts()
    corners = corners:put(node, corners[node] + times):eval()
  end)
  return mb.frame { { "node", all.nodes }, { "triangles", corners } }
end

return dense
