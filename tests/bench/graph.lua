-- What functions of moonbear.graph take on an RMAT graph, in seconds, best of the rounds:
--   moonbear -n 2 graph.lua [EDGES [ROUNDS [FILE]]]
-- FILE gets the edges as HDF5, for graph_peer.py, which asks igraph the same.
-- RMAT: Chakrabarti, Zhan and Faloutsos 2004, with the shares of Graph500: 0.57, 0.19, 0.19, 0.05.

local graph = require "moonbear.graph"
local mb = require "moonbear"

local n, rounds, file = tonumber(arg[1] or 2e6) // 1 | 0, tonumber(arg[2] or 3), arg[3]

-- One quarter of the matrix for each bit, of 16 edges a node.
local function rmat(edges)
  local bits, from, to = math.max(1, math.floor(math.log(edges / 16, 2) + 0.5)), mb.full(edges, 0), mb.full(edges, 0)
  for bit = 1, bits do
    local u = mb.uniform(edges, { seed = bit })
    from = (from * 2 + u:ge(0.76):as "int"):eval()
    to = (to * 2 + ((u:ge(0.57) & u:lt(0.76)) | u:ge(0.95)):as "int"):eval()
  end
  return from, to
end

local from, to = rmat(n)
if file then mb.frame({ from = from, to = to }):to_hdf(file) end

for _, name in ipairs { "components", "kcore", "triangles", "pagerank", "levels", "communities" } do
  local best, options = math.huge, name == "levels" and { from = from[1] } or nil
  for _ = 1, rounds do
    local began = mb.core.now()
    graph[name](from, to, options)
    best = math.min(best, mb.core.now() - began)
  end
  print(("graph.%s\t%.3f"):format(name, best))
end
