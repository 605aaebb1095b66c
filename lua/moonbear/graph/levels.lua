-- Breadth-first search: how many edges away nodes are.

local check = require "moonbear.check"
local mb = require "moonbear"
local edges = require "moonbear.graph.edges"
local options = require "moonbear.options"

local levels = {}

-- The edges that a search follows.
local function directed(all, is_directed)
  if is_directed then return all.from, all.to end
  return mb.concat { all.from, all.to }, mb.concat { all.to, all.from }
end

-- The numbers of the nodes where a search begins: a value, a list or a column of them.
local function starts(name, all, from)
  local given = check.is_column(from) and from
    or mb.column(type(from) == "table" and from or { from }, all.nodes:type())
  local at = all.nodes:find(given)
  local lacking = at:is_missing()
  if lacking:any() then
    check.blame("%s: the node %s is in none of the edges", name, tostring(given[lacking][1]))
  end
  return at:unique()
end

-- The level of each node, 0 of the starts and missing where none leads to: edges are followed while
-- their ends are new. `is_done` is asked before each step.
local function search(n, from, to, begin, is_done)
  local level, depth = mb.full(n, -1):put(begin, 0):eval(), 0
  while not is_done(level) do
    local unseen = level[to]:lt(0):eval()
    from, to = from[unseen], to[unseen]
    local reached = to[level[from]:eq(depth)]
    if #reached == 0 then break end
    depth = depth + 1
    level = level:put(reached:unique(), depth):eval()
  end
  return mb.where(level:ge(0), level, mb.null)
end

---How many edges lead to each node, at least, from a node or the nearest of several: a frame of
---nodes, in order, and levels, which are 0 where the search begins and missing where no edges lead.
---With `directed` edges lead from src to dst only. A pass over the edges that are left for each
---level. Collective. Raises when types or lengths differ, and for nodes that no edge has.
---
---    graph.levels(flows.src, flows.dst, { from = 22058209181 })
---@param src moonbear.Column
---@param dst moonbear.Column
---@param opts {from: any, directed: boolean?} a node, or a list or a column of nodes; not directed
---unless told
---@return moonbear.Frame
function levels.levels(src, dst, opts)
  local o = options.check("levels", opts, { from = { "any" }, directed = { "boolean", false } })
  local all = edges.of("levels", src, dst)
  if o.from == nil then options.blame("levels", "from", "a node", nil) end
  local begin = starts("levels", all, o.from)
  local from, to = directed(all, o.directed)
  local level = search(#all.nodes, from, to, begin, function() return false end)
  return mb.frame { { "node", all.nodes }, { "level", level } }
end

---How many edges are on a shortest way from one node to another; nil where there is none.
---Collective. Raises when types or lengths differ, and for nodes that no edge has.
---@param src moonbear.Column
---@param dst moonbear.Column
---@param opts {from: any, to: any, directed: boolean?} nodes; not directed unless told
---@return integer?
function levels.hops(src, dst, opts)
  local o = options.check("hops", opts,
    { from = { "any" }, to = { "any" }, directed = { "boolean", false } })
  local all = edges.of("hops", src, dst)
  for _, option in ipairs { "from", "to" } do
    if o[option] == nil then options.blame("hops", option, "a node", nil) end
  end
  local begin, goal = starts("hops", all, o.from), starts("hops", all, o.to)
  local from, to = directed(all, o.directed)
  local level = search(#all.nodes, from, to, begin, function(level)
    return level[goal]:ge(0):any()
  end)
  local found = level[goal]:drop_missing()
  return #found > 0 and found:min() or nil
end

return levels
