-- PageRank, by power iteration.

local check = require "moonbear.check"
local mb = require "moonbear"
local edges = require "moonbear.graph.edges"
local options = require "moonbear.options"

local ranks = {}

-- The weight of each distinct edge: 1, or the sum of those given.
local function weighted(of, weights)
  if not weights then
    local distinct = edges.distinct(of)
    return distinct.from, distinct.to, mb.full(#distinct.from, 1.0)
  end
  local g <close> = mb.group_by { of.from, of.to }
  local from, to = g:keys()
  return from, to, g:sum(weights):as "float"
end

-- Sums by node, 0 of those that have none.
local function sums(grouping, numbers, values, n)
  return mb.full(n, 0.0):put(numbers, grouping:sum(values)):eval()
end

-- The ranks after one more step.
local function step(rank, graph, damping)
  local n = #rank
  local flowing = mb.where(graph.has_out, rank / graph.out, 0.0):eval()
  local got = sums(graph.by_to, graph.targets, flowing[graph.from] * graph.weight, n)
  local lost = mb.where(graph.has_out, 0.0, rank):sum()
  return ((got + lost / n) * damping + (1 - damping) / n):eval()
end

local function prepare(of, weights)
  local from, to, weight = weighted(of, weights)
  local by_from <close> = mb.group_by(from)
  local out = sums(by_from, by_from:keys(), weight, #of.nodes)
  local by_to = mb.group_by(to)
  return { from = from, weight = weight, by_to = by_to, targets = by_to:keys(), out = out,
    has_out = out:gt(0):eval() }
end

-- The weights of the edges that count.
local function check_weights(weights, src, kept)
  if weights == nil then return nil end
  if not check.is_numeric(weights) or #weights ~= #src then
    options.blame("pagerank", "weights", "a column with a number for each edge", weights)
  elseif weights:lt(0):any() then
    check.blame("pagerank: the weights of edges must not be below 0")
  end
  return kept and weights[kept] or weights
end

---@class moonbear.PageRankOptions
---@field damping? number from 0 to 1; 0.85 unless told
---@field tolerance? number 1e-6 unless told
---@field iterations? integer 100 unless told
---@field weights? moonbear.Column a number for each edge

---PageRank: a frame of nodes, in order, and the share of time that a walk along edges spends in
---each, which goes on with the probability `damping` and else begins anew anywhere, as it does in
---nodes without edges to others. An edge counts once, or by the sum of its weights. Ends when the
---changes of a step add up to less than `tolerance` for each node, as networkx does, or after
---`iterations` steps. The same bits on any number of ranks. Collective. Raises when types or
---lengths differ, and for weights below 0.
---@param src moonbear.Column
---@param dst moonbear.Column
---@param opts? moonbear.PageRankOptions
---@return moonbear.Frame
function ranks.pagerank(src, dst, opts)
  local o = options.check("pagerank", opts, { damping = { "number", 0.85 },
    tolerance = { "number", 1e-6 }, iterations = { "integer", 100 }, weights = { "any" } })
  if not (o.damping >= 0 and o.damping <= 1) then
    options.blame("pagerank", "damping", "a number from 0 to 1", o.damping)
  end
  local all = edges.of("pagerank", src, dst)
  local weights = check_weights(o.weights, src, all.kept)
  local n = #all.nodes
  local rank = mb.full(n, 1 / n)
  if n > 0 then
    local graph = prepare(all, weights)
    for _ = 1, o.iterations do
      local before = rank
      rank = step(rank, graph, o.damping)
      if (rank - before):abs():sum() < n * o.tolerance then break end
    end
    graph.by_to:close()
  end
  return mb.frame { { "node", all.nodes }, { "rank", rank } }
end

return ranks
