-- Random expressions: as one pending graph, with each step evaluated by itself, as text, and by the
-- oracle, all give the same rows.
local edges = require "spec.edges"
local helper = require "spec.helper"
local mb = require "moonbear"
local oracle = require "spec.oracle"
local trees = require "spec.trees"
local walk = require "spec.walk"

local null = mb.null
local forms = { "stored", "pending", "masked", "late", "early" }

-- n rows of a type: edge values and others, some of them missing if told.
local function draw_rows(random, type, n, sparse)
  local rows, narrow = {}, random(0, 1) == 0
  for i = 1, n do
    local value = edges.all[type][random(1, #edges.all[type])]
    if narrow and type ~= "bool" then
      value = random(0, 200) - (type == "uint" and 0 or 100)
      if type == "float" then value = value / 8 end
    end
    rows[i] = sparse and random(1, 4) == 1 and null or value
  end
  return rows
end

-- Three columns of each type.
local function draw_leaves(random, n)
  local leaves = {}
  for _, type in ipairs(oracle.types) do
    for i = 1, 3 do
      local rows = draw_rows(random, type, n, i == 3)
      leaves[#leaves + 1] = { name = type:sub(1, 1) .. i, type = type, rows = rows,
        column = edges.forms[forms[random(1, #forms)]](rows, type) }
    end
  end
  return leaves
end

-- What reductions give of rows; nothing where they have none or integers overflow.
local function reduced(type, rows)
  local low, high, sum, wide, exact
  for _, value in ipairs(rows) do
    if value ~= null then
      local x = value == true and 1 or value == false and 0 or value
      local smaller, larger = x < (low or x), x > (high or x)
      if type == "uint" then
        smaller, larger = math.ult(x, low or x), math.ult(high or x, x)
      end
      if not low or smaller or x ~= x then low = low ~= low and low or x end
      if not high or larger or x ~= x then high = high ~= high and high or x end
      sum, wide = (sum or 0) + x, (wide or 0.0) + oracle.float(value, type)
    end
  end
  exact = type ~= "float" and wide and math.abs(wide) < 2.0 ^ 62
  return low, high, exact and sum
end

-- The same of a pending graph.
local function check_reductions(generator, node, label)
  local low, high, sum = reduced(node.type, node.rows)
  local column = generator:fresh(node)
  if sum then assert.equal(sum, column:sum(), label) end
  if node.type == "bool" or not low then return end
  local least, most = generator:fresh(node):min(), generator:fresh(node):max()
  assert.truthy(least == low or low ~= low and least ~= least, label)
  assert.truthy(most == high or high ~= high and most ~= most, label)
end

-- The rows that a pending mask chooses, of a pending column.
local function check_filter(generator, mask, node, label)
  local expected = {}
  for row, chosen in ipairs(mask.rows) do
    if chosen == true then expected[#expected + 1] = node.rows[row] end
  end
  local kept = generator:fresh(node)[generator:fresh(mask)]
  walk.check_column(kept, node.type, expected, {}, label)
end

-- One expression in all ways, and as the argument of operations.
local function check_expression(generator, node, n)
  local fused, text, variables = generator:fused(node), generator:text(node)
  generator:stepwise(node, n)
  walk.check_column(fused, node.type, node.rows, {}, "fused " .. text)
  walk.check_column(mb.expr(text, variables), node.type, node.rows, {}, text)
  check_reductions(generator, node, text)
end

-- So many expressions over leaves of n rows.
local function check_expressions(seed, count, n)
  local random = helper.random(seed)
  local generator = trees.generator(random, draw_leaves(random, n))
  local mask
  for i = 1, count do
    local type = oracle.types[(i - 1) % #oracle.types + 1]
    local node = generator:tree(type, random(1, 6))
    check_expression(generator, node, n)
    if mask then check_filter(generator, mask, node, "filtered") end
    if type == "bool" then mask = node end
  end
end

describe("random expressions", function()
  for _, n in ipairs { 0, 1, 2, 3, 40, 41 } do
    it(("are the same fused, stepwise and as text, on %d rows"):format(n), function()
      for seed = 1, n < 40 and 2 or 8 do check_expressions(seed * 100 + n, 20, n) end
    end)
  end

  it("are the same on more rows than a block has", function()
    check_expressions(7, 12, 2500)
  end)

  it("are the same over filtered columns", function()
    for seed = 1, 6 do
      local random, n = helper.random(seed + 1000), 300
      local leaves = draw_leaves(random, n)
      local masks = trees.generator(random, leaves)
      local mask = masks:tree("bool", 3)
      masks:stepwise(mask, n)
      local kept = {}
      for _, leaf in ipairs(leaves) do
        local rows = {}
        for row, value in ipairs(leaf.rows) do
          if mask.rows[row] == true then rows[#rows + 1] = value end
        end
        kept[#kept + 1] = { name = leaf.name, type = leaf.type, rows = rows,
          column = leaf.column[masks:fused(mask)] }
      end
      local m = #kept[1].rows
      local generator = trees.generator(random, kept)
      for _, type in ipairs(oracle.types) do
        check_expression(generator, generator:tree(type, 4), m)
      end
    end
  end)
end)

-- Plain Lua on rows, beside the same on a column.
local function both(column, rows, f)
  local results = {}
  for i, value in ipairs(rows) do results[i] = f(value) end
  return f(column), results
end

describe("expressions", function()
  local rows = {}
  for i = 1, 1300 do rows[i] = i * 37 % 1009 - 500 end

  it("may be deep", function()
    local deep, expected = both(mb.column(rows), rows, function(x)
      local y = x
      for i = 1, 500 do y = (y ~ i) * 3 - x end
      return y
    end)
    assert.same(expected, deep:to_table())
    assert.equal(expected[77], deep[77])
  end)

  it("may be wide", function()
    local function sum(x, from, to)
      if from == to then return x * from end
      local middle = (from + to) // 2
      return sum(x, from, middle) + sum(x, middle + 1, to) // 2
    end
    local wide, expected = both(mb.column(rows), rows, function(x) return sum(x, 1, 600) end)
    assert.same(expected, wide:to_table())
  end)

  it("evaluate what is shared once", function()
    local doubled, expected = both(mb.column(rows), rows, function(x)
      for _ = 1, 60 do x = x + x - (x >> 1) end
      return x
    end)
    assert.same(expected, doubled:to_table()) -- 3^60 evaluations otherwise
  end)

  it("keep the values that a second operation asks for", function()
    local c = mb.column(rows) * 3 + 1
    assert.is_true(c:info().pending)
    local first = c:sum()
    local d = c - 1
    assert.equal(first - #rows, d:sum())
    assert.equal(first, c:sum())
    assert.is_false(c:info().pending)
    assert.equal(3 * rows[1300] + 1, c[-1])
    assert.equal(first - #rows, d:sum())
  end)

  it("are given their values by eval", function()
    local c = mb.column(rows) // 7
    local same = c:eval()
    assert.is_false(c:info().pending)
    assert.equal(rows[13] // 7, c[13])
    assert.equal(rows[13] // 7, same[13])
    assert.equal(c:sum(), c:eval():sum())
  end)

  it("are released without recursion", function()
    local x = mb.column(rows)
    for _ = 1, 40 do
      local y = x
      for i = 1, 200 do y = y + i end
    end
    collectgarbage()
    assert.equal(#rows, #x)
  end)
end)
