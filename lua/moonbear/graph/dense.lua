-- Where graphs are dense: cores and triangles.

local mb = require "moonbear"
local edges = require "moonbear.graph.edges"

local dense = {}

-- The degree of each of n nodes, by the edges that are left.
local function degrees(n, from)
  local present, counts = from:value_counts()
  return mb.full(n, 0):put(present, counts):eval(), counts
end

---The core number of each node: the largest k for which it is in a part of the graph where all
---nodes have k neighbours there; a frame of nodes, in order, and cores. Directions, edges that are
---there twice and those of a node to itself do not count. Nodes of the least degree are taken away,
---with their edges, until none is left: a pass over the edges that are left for each round.
---Collective. Raises when types or lengths differ.
---@param src moonbear.Column
---@param dst moonbear.Column
---@return moonbear.Frame
function dense.kcore(src, dst)
  local all = edges.of("kcore", src, dst)
  local simple = edges.undirected(all)
  local n, from, to = #all.nodes, simple.from, simple.to
  local core, k = mb.full(n, 0), 0
  while #from > 0 do
    local degree, counts = degrees(n, from)
    k = math.max(k, counts:min())
    core = mb.where(degree:gt(0), k, core):eval() -- at least: all that are left are in the k-core
    local stays = degree:gt(k):eval()
    local left = (stays[from] & stays[to]):eval()
    from, to = from[left], to[left]
  end
  return mb.frame { { "node", all.nodes }, { "core", core } }
end

-- Edges from the end with fewer neighbours to the other, in order: none has many that begin in it.
local function oriented(simple, n)
  local degree = degrees(n, simple.from)
  local a, b = degree[simple.from], degree[simple.to]
  local up = (a:lt(b) | (a:eq(b) & simple.from:lt(simple.to))):eval()
  return simple.from[up], simple.to[up]
end

-- Pairs of neighbours that are looked at together.
local MOST_AT_ONCE <const> = 1 << 24

-- Pairs of edges that begin in one node, of which the first is one of the edges first to last: the
-- positions of both.
local function wedges(after, first, last)
  local edge = mb.range(first, last)
  local many = after:slice(first, last)
  local edges_of = edge:repeat_by(many)
  local place = mb.range(1, #edges_of) - many:cumsum { exclusive = true }:repeat_by(many)
  return edges_of, edges_of + place
end

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
  local from, to = oriented(edges.undirected(all), n)
  local words = ((from:minimum(to) << 32) | from:maximum(to)):eval()
  local g <close> = mb.group_by(from)
  local row = mb.range(1, #from)
  local after = (g:broadcast(g:max(row)) - row):eval()
  local corners = mb.full(n, 0)
  in_pieces(after, function(first, last)
    local edge, other = wedges(after, first, last)
    local b, c = to[edge], to[other] -- b is below c, as edges are in order
    local is = ((b << 32) | c):isin(words):eval()
    local node, times = mb.concat { from[edge[is]], b[is], c[is] }:value_counts()
    corners = corners:put(node, corners[node] + times):eval()
  end)
  return mb.frame { { "node", all.nodes }, { "triangles", corners } }
end

return dense
