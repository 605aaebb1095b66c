-- Connected components, by contraction: each node joins its least neighbour, trees become nodes.

local mb = require "moonbear"
local edges = require "moonbear.graph.edges"

local components = {}

-- The parent of each of n nodes: its least neighbour, or itself. Two that chose each other are a
-- tree with the lower one as its root; longer circles there cannot be.
local function parents(n, from, to)
  local g <close> = mb.group_by(from)
  local node = mb.range(1, n)
  local parent = node:put(g:keys(), g:min(to)):eval()
  return mb.where(parent[parent]:eq(node) & node:lt(parent), node, parent):eval()
end

-- The root of each node's tree.
local function roots(parent)
  while true do
    local above = parent[parent]
    if above:eq(parent):all() then return parent end
    parent = above
  end
end

-- A number for each node that is the same for those which edges connect, whatever their directions:
-- that of one of them.
local function labels(of)
  local n, label = #of.nodes, mb.range(1, #of.nodes):eval()
  local from, to = mb.concat { of.from, of.to }, mb.concat { of.to, of.from }
  while true do
    local apart = from:ne(to):eval()
    from, to = from[apart], to[apart]
    if #from == 0 then return label end
    local root = roots(parents(n, from, to))
    label, from, to = root[label], root[from], root[to]
  end
end

---Connected components: a frame of nodes, in order, and the number of the component of each, from 1
---on in the order of their first nodes. Directions do not count. In each round every node joins its
---least neighbour, and the trees that arise become the nodes of the next: so many rounds as the
---logarithm of the nodes at most. Collective. Raises when types or lengths differ.
---
---    local parts = graph.components(flows.src, flows.dst)
---    print(parts.component:nunique())
---@param src moonbear.Column
---@param dst moonbear.Column
---@return moonbear.Frame
function components.components(src, dst)
  local all = edges.of("components", src, dst)
  return mb.frame { { "node", all.nodes },
    { "component", edges.renumber(labels(all)) } }
end

return components
