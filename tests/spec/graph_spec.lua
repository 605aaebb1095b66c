-- moonbear.graph beside plain Lua, on small graphs of several shapes, types and layouts.
local graph = require "moonbear.graph"
local helper = require "spec.helper"
local mb = require "moonbear"

local assert_raises = helper.assert_raises

-- Edges as a list of pairs of numbers.
local function random_graph(nodes, edges, seed)
  local random, list = helper.random(seed), {}
  for i = 1, edges do
    local a = random(1, nodes)
    list[i] = { a, random(0, 3) == 0 and random(1, nodes) or math.min(nodes, a + random(0, 3)) }
  end
  return list
end

local function path(n)
  local list = {}
  for i = 1, n - 1 do list[i] = { (i * 7) % n + 1, ((i + 1) * 7) % n + 1 } end
  return list
end

local function star(n)
  local list = {}
  for i = 1, n do list[i] = { i, n + 1 } end
  return list
end

local function clique(n)
  local list = {}
  for i = 1, n do
    for k = i + 1, n do list[#list + 1] = { i, k } end
  end
  return list
end

-- Nodes in order, and the neighbours of each: forwards, and in both directions without itself.
local function adjacency(list)
  local seen, nodes, out, both = {}, {}, {}, {}
  for _, edge in ipairs(list) do
    for _, node in ipairs(edge) do
      if not seen[node] then
        seen[node], nodes[#nodes + 1] = true, node
        out[node], both[node] = {}, {}
      end
    end
    local a, b = edge[1], edge[2]
    out[a][b] = true
    if a ~= b then both[a][b], both[b][a] = true, true end
  end
  table.sort(nodes)
  return nodes, out, both
end

local function size(set)
  local n = 0
  for _ in pairs(set) do n = n + 1 end
  return n
end

-- Levels from a list of nodes along neighbours.
local function levels_in(neighbours, from)
  local level, queue = {}, {}
  for _, node in ipairs(from) do
    if not level[node] then level[node], queue[#queue + 1] = 0, node end
  end
  local i = 1
  while queue[i] do
    for other in pairs(neighbours[queue[i]]) do
      if not level[other] then level[other], queue[#queue + 1] = level[queue[i]] + 1, other end
    end
    i = i + 1
  end
  return level
end

-- Numbers of groups in the order of their first nodes.
local function renumbered(nodes, label)
  local numbers, n, result = {}, 0, {}
  for i, node in ipairs(nodes) do
    if not numbers[label[node]] then n, numbers[label[node]] = n + 1, n + 1 end
    result[i] = numbers[label[node]]
  end
  return result
end

local function of_nodes(nodes, values, default)
  local list = {}
  for i, node in ipairs(nodes) do list[i] = values[node] or default end
  return list
end

-- What each function gives, by plain Lua: lists in the order of nodes.
local oracle = {}

function oracle.components(nodes, _, both)
  local label = {}
  for _, node in ipairs(nodes) do
    if not label[node] then
      for other in pairs(levels_in(both, { node })) do label[other] = node end
    end
  end
  return renumbered(nodes, label)
end

function oracle.cores(nodes, _, both)
  local core, left, k = {}, {}, 0
  for _, node in ipairs(nodes) do left[node] = size(both[node]) end
  while next(left) do
    local least
    for node, degree in pairs(left) do
      if not least or degree < left[least] then least = node end
    end
    k = math.max(k, left[least])
    core[least], left[least] = k, nil
    for other in pairs(both[least]) do
      if left[other] then left[other] = left[other] - 1 end
    end
  end
  return of_nodes(nodes, core)
end

function oracle.triangles(nodes, _, both)
  local corners = {}
  for _, a in ipairs(nodes) do
    corners[a] = 0
    for b in pairs(both[a]) do
      for c in pairs(both[b]) do
        if b < c and both[a][c] then corners[a] = corners[a] + 1 end
      end
    end
  end
  return of_nodes(nodes, corners)
end

-- As networkx has it.
function oracle.pagerank(nodes, out, damping, tolerance, weight)
  local n, rank, outs = #nodes, {}, {}
  for _, node in ipairs(nodes) do
    rank[node], outs[node] = 1 / n, 0
    for other in pairs(out[node]) do outs[node] = outs[node] + weight(node, other) end
  end
  for _ = 1, 100 do
    local new, lost, changed = {}, 0, 0
    for _, node in ipairs(nodes) do if outs[node] == 0 then lost = lost + rank[node] end end
    for _, node in ipairs(nodes) do new[node] = (1 - damping) / n + damping * lost / n end
    for _, node in ipairs(nodes) do
      for other in pairs(out[node]) do
        if outs[node] > 0 then
          new[other] = new[other] + damping * rank[node] / outs[node] * weight(node, other)
        end
      end
    end
    for _, node in ipairs(nodes) do changed = changed + math.abs(new[node] - rank[node]) end
    rank = new
    if changed < n * tolerance then break end
  end
  return of_nodes(nodes, rank)
end

function oracle.communities(nodes, _, both)
  local label, changed = {}, true
  for i, node in ipairs(nodes) do label[node] = i end
  while changed do
    changed = false
    for turn = 0, 1 do
      local new = {}
      for i, node in ipairs(nodes) do
        local counts, best = { [label[node]] = 1 }, nil
        for other in pairs(both[node]) do counts[label[other]] = (counts[label[other]] or 0) + 1 end
        for of, count in pairs(counts) do
          if not best or count > counts[best] or (count == counts[best] and of < best) then best = of end
        end
        new[node] = (i * 2654435761 >> 16) & 1 == turn and best or label[node]
      end
      for _, node in ipairs(nodes) do changed = changed or new[node] ~= label[node] end
      label = new
    end
  end
  return renumbered(nodes, label)
end

-- Both ends of edges as columns of a type.
local function columns_of(list, type)
  local ends = { {}, {} }
  for i, edge in ipairs(list) do
    for k = 1, 2 do ends[k][i] = type == "text" and ("n%04d"):format(edge[k]) or edge[k] end
  end
  return mb.column(ends[1], type), mb.column(ends[2], type)
end

-- The rows of a column, all on one rank.
local function gathered(column)
  local rows = mb.concat { column, column[mb.full(#column > 0 and 50 * mb.size() or 0, 1):eval()] }
  return rows[mb.range(1, #rows):le(#column)]
end

local function near(wanted, got)
  assert.equal(#wanted, #got)
  for i, value in ipairs(wanted) do assert.is_true(math.abs(value - got[i]) < 1e-9) end
end

local function check(list, type, is_ragged)
  local nodes, out, both = adjacency(list)
  local src, dst = columns_of(list, type)
  if is_ragged then src, dst = gathered(src), gathered(dst) end
  local found, degrees = {}, graph.degrees(src, dst)
  for name, f in pairs { component = graph.components, core = graph.kcore, triangles = graph.triangles,
    community = graph.communities, rank = graph.pagerank } do
    local frame = f(src, dst)
    assert.same({ "node", name }, frame:columns())
    helper.assert_same_column(degrees.node, frame.node, name)
    found[name] = frame:column(name):to_table()
  end
  local into, outs, all = {}, {}, {}
  for i, node in ipairs(nodes) do
    into[i], outs[i], all[i] = 0, size(out[node]), size(both[node])
    for _, other in ipairs(nodes) do if out[other][node] then into[i] = into[i] + 1 end end
  end
  assert.same({ outs, into, all },
    { degrees.out_degree:to_table(), degrees.in_degree:to_table(), degrees.degree:to_table() })
  assert.same(oracle.components(nodes, out, both), found.component)
  assert.same(oracle.cores(nodes, out, both), found.core)
  assert.same(oracle.triangles(nodes, out, both), found.triangles)
  assert.same(oracle.communities(nodes, out, both), found.community)
  near(oracle.pagerank(nodes, out, 0.85, 1e-6, function() return 1 end), found.rank)
  if #nodes == 0 then return end
  local first, last = degrees.node[1], degrees.node[-1]
  for is_directed, neighbours in pairs { [false] = both, [true] = out } do
    local level = levels_in(neighbours, { nodes[1] })
    local frame = graph.levels(src, dst, { from = first, directed = is_directed })
    assert.same(of_nodes(nodes, level, "null"), helper.rows_of(frame.level))
    assert.equal(level[nodes[#nodes]], graph.hops(src, dst, { from = first, to = last, directed = is_directed }))
    local several = levels_in(neighbours, { nodes[1], nodes[#nodes] })
    frame = graph.levels(src, dst, { from = { first, last }, directed = is_directed })
    assert.same(of_nodes(nodes, several, "null"), helper.rows_of(frame.level))
  end
end

describe("graph", function()
  for what, it_is in pairs {
    ["at random"] = { random_graph(40, 90, 1), "int" }, ["of text"] = { random_graph(30, 60, 2), "text" },
    ["all on one rank"] = { random_graph(25, 70, 3), "int", true }, ["a path"] = { path(23), "uint" },
    ["a star"] = { star(12), "int" }, ["a clique"] = { clique(7), "int" },
    ["one edge"] = { { { 5, 9 } }, "int" }, ["a node to itself"] = { { { 4, 4 }, { 4, 4 } }, "int" },
    ["no edges"] = { {}, "int" },
  } do
    it("answers as plain Lua does: " .. what, function() check(table.unpack(it_is)) end)
  end

  it("of more edges than one piece of lists has, where each node is in many triangles", function()
    local n = 420
    local a = mb.range(0, n * n - 1)
    local from, to = (a // n):eval(), (a % n):eval()
    local keep = (from + to) % 7 -- a clique without some edges has more kinds of lists
    local whole = graph.triangles(from, to).triangles
    assert.equal((n - 1) * (n - 2) // 2, whole:min())
    assert.equal((n - 1) * (n - 2) // 2, whole:max())
    local some = graph.triangles(from[keep:ne(3)], to[keep:ne(3)]).triangles:to_table()
    local function linked(x, y) return (x + y) % 7 ~= 3 end
    local expected = {} -- of nodes by what they leave by 7, of which there are 60 each
    for r = 0, 6 do
      local count = 0
      for s = 0, 6 do
        for t = 0, 6 do
          if linked(r, s) and linked(r, t) and linked(s, t) then
            local others, thirds = 60 - (s == r and 1 or 0), 60 - (t == r and 1 or 0) - (t == s and 1 or 0)
            count = count + others * thirds
          end
        end
      end
      expected[r] = count // 2
    end
    for node = 0, n - 1 do assert.equal(expected[node % 7], some[node + 1], node) end
  end)

  it("finds cores where ranks need each other: along paths, in cliques behind a hub", function()
    local function cores_of(list)
      local frame, nodes, _, both = graph.kcore(columns_of(list, "int")), adjacency(list)
      assert.same(nodes, frame.node:to_table())
      assert.same(oracle.cores(nodes, nil, both), frame.core:to_table())
    end
    local random, list, order = helper.random(4), {}, {}
    for i = 1, 400 do table.insert(order, random(1, i), i) end
    for i = 1, #order - 1 do list[i] = { order[i], order[i + 1] } end
    cores_of(list) -- each end of the path is taken away at a time
    for i = 1, #order do list[#list + 1] = { order[i], order[i % 150 + 1] } end
    cores_of(list)
    for k = 2, 14 do -- in cliques of several sizes, which hang together, behind a hub of all
      for a = 1, k do
        for b = 1, a do list[#list + 1] = { 1000 * k + a, 1000 * k + b } end
        list[#list + 1] = { 1000 * k + a, 7 }
      end
      list[#list + 1] = { 1000 * k + 1, 1000 * k + 1001 }
    end
    list[#list + 1] = { 5000000, 5000000 } -- has no neighbour but itself
    cores_of(list)
  end)

  it("refuses edges of cores and triangles that are none, or out of order", function()
    local core = mb.core
    for name, f in pairs { cores = core.cores, triangles = core.triangles } do
      for _, ends in ipairs { { { 2, 1 }, { 1, 2 } }, { { 1, 2 }, { 2, 3 } }, { { 0, 1 }, { 1, 2 } },
        { { 1, mb.null }, { 2, 1 } } } do
        local from = gathered(mb.column(ends[1], "int"))
        assert_raises(name .. ": an edge is none of nodes from 1 to 2, or out of order", f, from,
          mb.column(ends[2], "int"), 2)
      end
      assert_raises(name .. ": more than 4294967294 nodes", f, mb.column({}, "int"), mb.column({}, "int"), 1 << 32)
    end
  end)

  it("leaves out edges of which an end is missing", function()
    local src, dst = mb.column { 1, mb.null, 2, 3 }, mb.column { 2, 3, mb.null, 1 }
    assert.same({ 1, 2, 3 }, graph.degrees(src, dst).node:to_table())
    assert.same({ 2, 1, 1 }, graph.degrees(src, dst).degree:to_table())
    local weighted = graph.pagerank(src, dst, { weights = mb.column { 1, 5, 5, 1 } })
    helper.assert_same_column(graph.pagerank(src, dst).rank, weighted.rank, "rank")
  end)

  it("takes weights of edges, which add up", function()
    local list, weights = { { 1, 2 }, { 1, 3 }, { 1, 2 }, { 2, 1 }, { 3, 4 } }, { 1, 2, 3, 0.5, 0 }
    local nodes, out = adjacency(list)
    local sums = { [1] = { [2] = 4, [3] = 2 }, [2] = { [1] = 0.5 }, [3] = { [4] = 0 } }
    local src, dst = columns_of(list, "int")
    local found = graph.pagerank(src, dst, { weights = mb.column(weights), damping = 0.5, tolerance = 1e-12 })
    near(oracle.pagerank(nodes, out, 0.5, 1e-12, function(a, b) return sums[a][b] end), found.rank:to_table())
  end)

  it("refuses what it does not take, in the script's line", function()
    local src, dst = columns_of(clique(3), "int")
    for name, f in pairs(graph) do
      assert_raises({ ".lua:", "bad argument #1 to '" .. name .. "' (column" }, f, 5, dst)
      assert_raises("bad argument #2 to '" .. name .. "' (column", f, src, "x")
      assert_raises(name .. ": the lengths differ: 3 and 2", f, src, dst:slice(1, 2))
      assert_raises(name .. ": the ends of edges are of different types, an int column and a text column", f, src,
        dst:as "text")
    end
    assert_raises("levels: the node 9 is in none of the edges", graph.levels, src, dst, { from = 9 })
    assert_raises("bad option 'from' of 'levels'", graph.levels, src, dst)
    assert_raises("bad option 'to' of 'hops'", graph.hops, src, dst, { from = 1 })
    assert_raises("'pagerank' has no option 'dumping'; did you mean 'damping'?", graph.pagerank, src, dst,
      { dumping = 1 })
    assert_raises("bad option 'damping' of 'pagerank'", graph.pagerank, src, dst, { damping = 2 })
    assert_raises("bad option 'weights' of 'pagerank'", graph.pagerank, src, dst, { weights = src:slice(1, 2) })
    assert_raises("must not be below 0", graph.pagerank, src, dst, { weights = src - 2 })
  end)

  it("tells a rank that calls another function, and goes on", function()
    if mb.size() == 1 then return end
    local src, dst = columns_of(random_graph(20, 40, 8), "int")
    local wanted = graph.kcore(src, dst).core:to_table()
    local ok, message = pcall(mb.rank() == 0 and graph.kcore or graph.components, src, dst)
    mb.core.forget_divergence()
    assert.is_false(ok)
    assert.truthy(message:find("the ranks diverged", 1, true), message)
    assert.same(wanted, graph.kcore(src, dst).core:to_table())
  end)
end)
