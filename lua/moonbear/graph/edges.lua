-- Edges of graphs as numbers of nodes.

local check = require "moonbear.check"
local mb = require "moonbear"
local blame, is_column = check.blame, check.is_column

local edges = {}

---Nodes in order, and edges as their numbers from 1 on.
---@class moonbear.Edges
---@field nodes moonbear.Column
---@field from moonbear.Column int
---@field to moonbear.Column int
---@field kept? moonbear.Column which rows are edges, where not all are

local function check_ends(name, src, dst)
  if not is_column(src) then check.argument(1, name, "column", src) end
  if not is_column(dst) then check.argument(2, name, "column", dst) end
  if src:type() ~= dst:type() then
    blame("%s: the ends of edges are of different types, %s and %s; cast one of them, by :as", name,
      check.describe(src), check.describe(dst))
  elseif #src ~= #dst then
    blame("%s: the lengths differ: %d and %d", name, #src, #dst)
  end
end

---Edges from columns of both ends. Those of which an end is missing are left out. Collective.
---@param name string of the function
---@param src moonbear.Column
---@param dst moonbear.Column
---@return moonbear.Edges
function edges.of(name, src, dst)
  check_ends(name, src, dst)
  local whole = ~(src:is_missing() | dst:is_missing())
  local kept = not whole:all() and whole or nil
  if kept then src, dst = src[kept], dst[kept] end
  local nodes = mb.union(src, dst)
  return { nodes = nodes, from = nodes:find(src), to = nodes:find(dst), kept = kept }
end

-- Bits that hold the numbers of n nodes.
local function bits(n)
  local many = 1
  while n >> many ~= 0 do many = many + 1 end
  return many
end

---Edges in one word each, in the order of their ends. Not collective.
---@param of moonbear.Edges
---@param from moonbear.Column
---@param to moonbear.Column
---@return moonbear.Column
function edges.pack(of, from, to)
  return (from << bits(#of.nodes)) | to
end

-- The edges of words, each once, in order: by a sort, since few words are there twice.
local function unpack(of, words)
  words = words:sort()
  words = words[words:ne(words:shift(1)):fill(true)]
  local many = bits(#of.nodes)
  return { nodes = of.nodes, from = (words >> many):eval(), to = (words & (1 << many) - 1):eval() }
end

---Each edge once, in the order of its ends. Collective.
---@param of moonbear.Edges
---@return moonbear.Edges
function edges.distinct(of)
  return unpack(of, edges.pack(of, of.from, of.to))
end

---The graph without directions: each edge once each way, in the order of its ends, and none from a
---node to itself. Collective.
---@param of moonbear.Edges
---@return moonbear.Edges
function edges.undirected(of)
  local other = of.from:ne(of.to)
  local from, to = of.from[other], of.to[other]
  return unpack(of, mb.concat { edges.pack(of, from, to), edges.pack(of, to, from) })
end

---How often each node is among numbers of nodes. Collective.
---@param of moonbear.Edges
---@param numbers moonbear.Column
---@return moonbear.Column
function edges.count(of, numbers)
  local present, counts = numbers:value_counts()
  return mb.full(#of.nodes, 0):put(present, counts):eval()
end

---The integers from `first` on, so many for each row of both columns, one after another; and the
---number of the row that each is of. Collective.
---@param first moonbear.Column int
---@param many moonbear.Column int
---@return moonbear.Column
---@return moonbear.Column
function edges.expand(first, many)
  many = many:eval()
  local row = mb.range(1, #many):repeat_by(many)
  local before = (first - many:cumsum { exclusive = true }):eval()
  return before[row] + mb.range(0, #row - 1), row
end

---Numbers of groups of nodes, from 1 on in the order of their first nodes, of any numbers that are
---the same for the nodes of a group. Collective.
---@param labels moonbear.Column
---@return moonbear.Column
function edges.renumber(labels)
  local g <close> = mb.group_by(labels)
  local first = g:broadcast(g:min(mb.range(1, #labels)))
  return first:unique():find(first)
end

return edges
