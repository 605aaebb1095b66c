-- The best rows of columns, columns in order, and places in them, against plain Lua.
local helper = require "spec.helper"
local mb = require "moonbear"
local ordering = require "spec.ordering"

local null = mb.null
local KINDS, each_kind = ordering.kinds, ordering.each_kind
local expected_order, difference, picked = ordering.expected, ordering.difference, ordering.picked

-- The positions of the k best rows that are numbers.
local function expected_best(rows, kind, k, largest)
  local best = {}
  for _, row in ipairs(expected_order { { rows, kind, largest } }) do
    if #best == k or rows[row] == null or rows[row] ~= rows[row] then break end
    best[#best + 1] = row
  end
  return best
end

local function check_best(column, k, name)
  local rows = column:to_table()
  for _, method in ipairs { "topk", "bottomk" } do
    local expected = expected_best(rows, column:type(), k, method == "topk")
    local values, positions = column[method](column, k)
    local said = ("%s %s(%d)"):format(name, method, k)
    assert.is_nil(difference(expected, positions:to_table()), said)
    assert.is_nil(difference(picked(rows, expected), values:to_table()), said)
    assert.equal(column:type(), values:type())
  end
end

describe("topk and bottomk", function()
  it("give the best rows of every kind", function()
    each_kind(function(name, make)
      local c = make(3000)
      for _, k in ipairs { 0, 1, 10, 2999 } do check_best(c, k, name) end
    end)
  end)

  it("give all rows when there are fewer", function()
    for _, kind in ipairs { "few", "float with NaN", "missing" } do
      for _, n in ipairs { 0, 1, 3 } do check_best(KINDS[kind](n), 5, kind .. n) end
    end
  end)

  it("sort where k is large", function()
    for _, kind in ipairs { "wide", "float with NaN", "missing floats", "missing, all bits", "few" } do
      check_best(KINDS[kind](9000), 8000, kind)
    end
    check_best(KINDS["missing, all bits"](6000), 3, "65 bits")
  end)

  it("skip blocks by their bounds", function()
    local n = 1000000
    local c = mb.where(mb.range(1, n):mod(99991):eq(7), mb.range(1, n), mb.range(1, n):mod(5)):eval()
    local values, positions = c:topk(3)
    assert.same({ 999917, 899926, 799935 }, values:to_table())
    assert.same({ 999917, 899926, 799935 }, positions:to_table())
    assert.same({ 5, 10, 15 }, select(2, c:bottomk(3)):to_table())
    local up = mb.range(1, n) * 0.5
    assert.same({ n, n - 1 }, select(2, up:topk(2)):to_table())
    assert.same({ 1, 2 }, select(2, mb.full(n, 3):eval():topk(2)):to_table())
  end)

  it("take ragged columns", function()
    local c = mb.random(20000, { high = 500, seed = 3 })
    check_best(c[c:gt(100) & mb.range(1, 20000):gt(15000)], 20, "ragged")
  end)

  it("refuse numbers below 0, and leave the column when memory runs out", function()
    local c = KINDS.ports(5000):eval()
    assert.error_matches(function() c:topk(-1) end, "k is below 0")
    local expected = c:topk(9):to_table()
    for rank, n in helper.failures(12) do
      mb.core.inject_fault(rank, n)
      assert.same(expected, (c:topk(9)):to_table())
      mb.core.inject_fault(rank, 0)
    end
  end)
end)

describe("is_sorted", function()
  it("says whether sort would change anything", function()
    each_kind(function(name, make)
      for _, n in ipairs { 0, 1, 2, 4000 } do
        if n > 0 or not name:find "falling" then
          local c = make(n)
          local rows = c:to_table()
          for _, descending in ipairs { false, true } do
            local in_order = true
            for i, row in ipairs(expected_order { { rows, c:type(), descending } }) do
              in_order = in_order and i == row
            end
            assert.equal(in_order, c:is_sorted { descending = descending }, name .. n)
            assert.is_true(c:sort { descending = descending }:is_sorted { descending = descending })
          end
        end
      end
    end)
  end)

  it("sees one row out of place, wherever it is", function()
    for row = 2, 50 do
      local c = mb.where(mb.range(1, 50):eq(row), 0, mb.range(1, 50))
      assert.is_false(c:is_sorted())
    end
  end)
end)

-- Where a value belongs: before the first row that is not below it, or is above it.
local function expected_place(rows, value, after)
  for i, row in ipairs(rows) do
    local row_class, class = row ~= row and 2 or 1, value ~= value and 2 or 1
    if row == null or row_class > class then return i end
    if row_class == class and class == 1 and (row > value or row == value and not after) then
      return i
    end
    if row_class == 2 and class == 2 and not after then return i end
  end
  return #rows + 1
end

describe("searchsorted", function()
  local function check(column, values, name)
    local rows, wanted = column:to_table(), values:to_table()
    for _, side in ipairs { "left", "right" } do
      local expected = {}
      for i, value in ipairs(wanted) do
        expected[i] = value == null and null or expected_place(rows, value, side == "right")
      end
      assert.is_nil(difference(expected, column:searchsorted(values, side):to_table()), name .. side)
    end
  end

  it("gives the place of each value", function()
    for _, n in ipairs { 0, 1, 5, 700 } do
      for _, kind in ipairs { "few", "ports", "float", "float with NaN", "missing floats", "missing" } do
        check(KINDS[kind](n):sort(), KINDS[kind](300), kind .. n)
      end
    end
    local c = mb.column { 1, 1, 3, null }
    check(c, mb.column({ 0, 1, 2, 3, 4, null, math.maxinteger }, "int"), "ends")
  end)

  it("asks the ranks that have the rows of a long column", function()
    local n = 200000
    local c = (mb.range(1, n) // 3 * 2):eval()
    local values = mb.range(-5, 2 * n // 3 + 5, 7)
    local row = (values + 1) // 2 -- rows of pair r are 3r .. 3r + 2
    local left = mb.math.clip(row * 3, 1, n + 1)
    assert.equal(0, c:searchsorted(values):ne(left):sum())
    local right = mb.math.clip((values // 2 + 1) * 3, 1, n + 1)
    assert.equal(0, c:searchsorted(values, "right"):ne(right):sum())
    local few = c[mb.range(1, n):gt(n - 70000)]
    assert.equal(0, (few:searchsorted(few, "right") - few:searchsorted(few)):eq(0):sum())
  end)

  it("takes scalars and lists", function()
    local c = mb.column { 10, 20, 20, 30 }
    assert.equal(2, c:searchsorted(20))
    assert.equal(4, c:searchsorted(20, "right"))
    assert.same({ 1, 5 }, c:searchsorted({ 5, 99 }):to_table())
    assert.equal(2, mb.column({ false, true }):searchsorted(true))
  end)

  it("refuses columns out of order, other types and other sides", function()
    local c = mb.column { 2, 1 }
    assert.error_matches(function() c:searchsorted(1) end, "not in ascending order")
    local d = mb.column { 1, 2 }
    assert.error_matches(function() d:searchsorted(mb.column { 1.5 }) end,
      "an int column and a float column do not go together")
    assert.error_matches(function() d:searchsorted(1, "middle") end,
      "#2 to 'searchsorted' %('left' or 'right' expected")
    assert.error_matches(function() d:searchsorted "1" end, "column, list or scalar expected")
  end)
end)
