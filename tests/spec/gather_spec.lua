-- Rows at positions, against plain Lua.
local helper = require "spec.helper"
local mb = require "moonbear"

local null, values_of = mb.null, helper.values_of

local function positions_of(n, rows, gaps)
  local random, positions = helper.random(n * 31 + rows), {}
  for i = 1, n do
    positions[i] = random(1, rows)
    if random(1, 3) == 1 then positions[i] = positions[i] - rows - 1 end
    if gaps and random(1, 7) == 1 then positions[i] = null end
  end
  return positions
end

local function picked(rows, positions)
  local result = {}
  for i, position in ipairs(positions) do
    if rawequal(position, null) then
      result[i] = null
    else
      result[i] = rows[position > 0 and position or #rows + 1 + position]
    end
  end
  return result
end

local TYPES <const> = { "bool", "int", "uint", "float" }

describe("c[positions]", function()
  -- Few rows beside the positions are brought to all ranks; of many, ranks ask each other.
  for _, sizes in ipairs { { 1, 7 }, { 3, 100 }, { 50, 2 }, { 4500, 3000 }, { 9000, 9000 } } do
    local n, count = sizes[1], sizes[2]
    it(("takes %d of %d rows of every type"):format(count, n), function()
      for _, type in ipairs(TYPES) do
        for _, gaps in ipairs { false, true } do
          local rows, positions = values_of(type, n, gaps), positions_of(count, n, gaps)
          local c = mb.column(rows, type)
          local taken = c[mb.column(positions, "int")]
          assert.equal(type, taken:type())
          assert.same(picked(rows, positions), taken:to_table())
          assert.same(taken:to_table(), c[positions]:to_table())
        end
      end
    end)
  end

  it("keeps the storage, and is laid out as the positions", function()
    local c = (mb.range(1, 20000) + 1000000000000):eval()
    local p = mb.random(9000, { low = 1, high = 20000, seed = 4 })
    p = p[p:gt(10000)]
    local taken = c[p]
    assert.equal(2, taken:info().width)
    assert.same(p:info().rows, taken:info().rows)
    assert.equal(0, taken:ne(p + 1000000000000):sum())
  end)

  it("takes rows of ragged columns, all on one rank, and of pending ones", function()
    local random = mb.random(30000, { low = -1000, high = 1000, seed = 8 })
    local first = mb.range(1, 30000)
    for _, mask in ipairs { first:le(6000), first:gt(24000), (first % 7):eq(0), first:eq(12345) } do
      local ragged = random[mask]
      local rows = ragged:to_table()
      local positions = positions_of(5000, #rows)
      assert.same(picked(rows, positions), ragged[positions]:to_table())
      assert.same(picked(rows, positions), (ragged + 0)[mb.column(positions) + 0]:to_table())
    end
  end)

  it("takes one row many times, and from owners in turn", function()
    local c = mb.range(1, 10000):eval()
    assert.equal(40000 * 9999, c[mb.full(40000, 9999)]:sum())
    assert.equal(3000 * 9999, c[mb.full(3000, -2)]:sum())
    local back = c[mb.range(10000, 1, -1)]
    assert.equal(0, back:ne(mb.range(10000, 1, -1)):sum())
    assert.equal(0, back[mb.range(-1, -10000, -1)]:ne(c):sum())
  end)

  it("asks for many rows, of one rank or of all", function()
    local n, count = 2500000, 2200000
    local c = mb.range(1, n) / 4
    for _, last in ipairs { n, n // mb.size(), n // mb.size() // 8 } do
      local p = mb.random(count, { low = 1, high = last, seed = last })
      assert.equal(0, c[p]:ne(p / 4):sum())
      assert.equal(0, c[p - (n + 1)]:ne(p / 4):sum())
    end
  end)

  it("takes rows in order, close together and far apart", function()
    local n = 100000
    local c = (mb.range(1, n) * 3):eval()
    for _, step in ipairs { 1, 2, 50 } do
      for _, first in ipairs { 1, n - 20000 } do
        local p = mb.range(first, n, step)
        assert.equal(0, c[p]:ne(p * 3):sum())
        local twice = mb.range(0, 2 * #p - 1) // 2 * step + first
        assert.equal(0, c[twice:eval()]:ne(twice * 3):sum())
      end
    end
    local own = mb.range(1, n)[mb.range(1, n):gt(n // 2)]:eval()
    assert.equal(0, c[own]:ne(own * 3):sum())
  end)

  it("takes nothing of nothing", function()
    local none = mb.column({}, "float")
    assert.equal(0, #none[{}])
    assert.equal("float", none[{}]:type())
    assert.equal(0, #mb.range(1, 10)[{}])
    assert.same({ null, null }, none[{ null, null }]:to_table())
    assert.error_matches(function() return none[{ 1 }] end, "position 1, at row 1, of a column of 0")
  end)

  it("names the first position that is out of range", function()
    local c = mb.range(1, 5000)
    local p = mb.range(1, 9000) % 5000 + 1
    for _, bad in ipairs { 0, 5001, -5001, math.maxinteger, math.mininteger } do
      for _, row in ipairs { 1, 4444, 9000 } do
        local wrong = mb.where(mb.range(1, 9000):ge(row), bad, p)
        assert.error_matches(function() return c[wrong] end,
          ("position %d, at row %d, of a column of 5000 rows"):format(bad, row), 1, true)
      end
    end
    assert.equal(5000, c[{ -1 }][1])
    assert.error_matches(function() return c[mb.column { 1.0 }] end, "got one of type float")
    assert.error_matches(function() return c[{ 1.5 }] end, "row 1")
  end)

  it("knows that rows in order stay in order", function()
    local c = mb.range(1, 100000, 3):eval()
    local kept = c[mb.range(1, #c, 2)]
    assert.equal(0, kept:ne(c:slice(1, -1, 2)):sum())
    assert.equal(0, c[mb.range(1, #c)]:ne(c):sum())
  end)

  it("raises on all ranks alike when memory runs out, and leaves what it was given", function()
    local c, p = mb.column(values_of("int", 5000, true)), mb.range(5000, 1, -1):eval()
    local expected = picked(c:to_table(), p:to_table())
    for rank, n in helper.failures(25) do
      mb.core.inject_fault(rank, n)
      assert.same(expected[1], (c[p][1]) or null)
      mb.core.inject_fault(rank, 0)
    end
    assert.same(expected, c[p]:to_table())
    assert.error_matches(function() return c[mb.full(1 << 45, 1)] end, "out of memory")
    assert.same(expected, c[p]:to_table())
  end)
end)

describe("frame[positions]", function()
  it("takes rows of all columns at once", function()
    local n, columns = 6000, {}
    for i, type in ipairs(TYPES) do
      columns[i] = { type, mb.column(values_of(type, n, i % 2 == 0), type) }
    end
    local filtered = mb.range(1, 2 * n)
    columns[5] = { "ragged", filtered[filtered:gt(n)] }
    local frame, positions = mb.frame(columns), positions_of(5000, n, true)
    local taken = frame[positions]
    assert.same(frame:columns(), taken:columns())
    for name, column in frame:each() do
      assert.same(picked(column:to_table(), positions), taken:column(name):to_table(), name)
    end
    assert.same(taken.int:to_table(), frame[mb.column(positions)].int:to_table())
    assert.same(frame:where(frame.bool).int:to_table(), frame[frame.bool].int:to_table())
  end)

  it("refuses what are no positions", function()
    local frame = mb.frame { a = mb.range(1, 3) }
    assert.error_matches(function() return frame[{ 4 }] end, "position 4, at row 1")
    assert.error_matches(function() return frame[mb.column { 1.5 }] end, "int column")
    assert.error_matches(function() return mb.frame {} [{ 1 }] end, "without columns")
  end)
end)
