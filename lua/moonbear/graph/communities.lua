-- Communities, by label propagation.

local mb = require "moonbear"
local edges = require "moonbear.graph.edges"
local options = require "moonbear.options"

local communities = {}

-- Nodes change in two turns, one half of them in each, since all at once may go to and fro for
-- ever: which turn a node has looks random, and is the same in each round.
local function turn(numbers) return (numbers * 2654435761 >> 16) & 1 end

-- The edges from the nodes of a turn, grouped by these; a node is a neighbour of its own.
local function of_turn(simple, n, which)
  local node = mb.range(1, n)
  local from, to = mb.concat { simple.from, node }, mb.concat { simple.to, node }
  local mine = turn(from):eq(which):eval()
  local by_from = mb.group_by(from[mine])
  return { by_from = by_from, to = to[mine], nodes = by_from:keys() }
end

-- Labels after a turn: each node has the one that most of its neighbours have, the least of these.
local function step(label, half)
  return label:put(half.nodes, half.by_from:mode(label[half.to])):eval()
end

---Communities by label propagation: a frame of nodes, in order, and the number of the community of
---each, from 1 on in the order of their first nodes. At first each node has a label of its own; in
---a round one half of the nodes and then the other take the label that most of their neighbours and
---themselves have, the least of several. Ends when none changes, or after `iterations` rounds.
---Directions, edges that are there twice and those of a node to itself do not count. The same on
---any number of ranks. Collective. Raises when types or lengths differ.
---@param src moonbear.Column
---@param dst moonbear.Column
---@param opts? {iterations: integer?} 30 unless told
---@return moonbear.Frame
function communities.communities(src, dst, opts)
  local o = options.check("communities", opts, { iterations = { "integer", 30 } })
  local all = edges.of("communities", src, dst)
  local n, simple = #all.nodes, edges.undirected(all)
  local label, halves = mb.range(1, n):eval(), { of_turn(simple, n, 0), of_turn(simple, n, 1) }
  for _ = 1, o.iterations do
    local before = label
    for _, half in ipairs(halves) do label = step(label, half) end
    if label:eq(before):all() then break end
  end
  for _, half in ipairs(halves) do half.by_from:close() end
  return mb.frame { { "node", all.nodes }, { "community", edges.renumber(label) } }
end

return communities
