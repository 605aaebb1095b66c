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

-- n rows of a type, edge values or such as 1, 2, 4 or 8 bytes hold, some of them missing if told.
local function draw_rows(random, type, n, sparse)
  local rows, span = {}, ({ 0, 1 << 7, 1 << 15, 1 << 31, 1 << 40 })[random(1, 5)]
  local low = type == "uint" and 0 or -span
  for i = 1, n do
    local value = edges.all[type][random(1, #edges.all[type])]
    if span > 0 and type ~= "bool" then
      value = random(low, span - 1)
      if type == "float" then value = value / 8 end
    end
    rows[i] = sparse and random(1, 4) == 1 and null or value
  end
  return rows
end

-- Columns that are functions of the row number.
local function formulas(random, n)
  local first, step, value = random(-300, 300), random(1, 5), random(-5, 5)
  local sequence, constants, truths = {}, {}, {}
  for i = 1, n do sequence[i], constants[i], truths[i] = first + (i - 1) * step, value / 2, true end
  local last = first + (n - 1) * step
  return {
    { name = "range", type = "int", rows = sequence, column = mb.range(first, last, step) },
    { name = "full", type = "float", rows = constants, column = mb.full(n, value / 2) },
    { name = "always", type = "bool", rows = truths, column = mb.full(n, true) },
  }
end

-- Three columns of each type, and some that are formulas.
local function draw_leaves(random, n)
  local leaves = formulas(random, n)
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

local most = mb.size() == 1 and 8 or 3 -- generators to a test; steps of more ranks take longer

describe("random expressions", function()
  for _, n in ipairs { 0, 1, 2, 3, 40, 41 } do
    it(("are the same fused, stepwise and as text, on %d rows"):format(n), function()
      for seed = 1, n < 40 and 2 or most do check_expressions(seed * 100 + n, 20, n) end
    end)
  end

  it("are the same on more rows than a block has", function()
    check_expressions(7, 12, 2500)
  end)

  it("are the same over filtered columns", function()
    for seed = 1, most do
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
