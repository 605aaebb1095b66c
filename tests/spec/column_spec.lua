-- Columns: constructors, elements, slices, tables, printing; against tables of plain Lua.
local helper = require "spec.helper"
local mb = require "moonbear"

local mini, maxi = math.mininteger, math.maxinteger
local nan = 0 / 0

local function same(expected, column)
  assert.equal(#expected, #column)
  assert.same(expected, column:to_table(maxi))
end

describe("mb.column", function()
  it("holds rows of each type, from none to more than there are ranks", function()
    for _, rows in ipairs { {}, { 1 }, { 1, 2 }, { 5, -3, 9, 9, 0, 7, 300 }, { mini, maxi, 0 },
      { true }, { true, false, false, true, true }, { 1.5, -0.25, 1e300 }, { 1, 2.5 } } do
      same(rows, mb.column(rows))
    end
  end)

  it("takes the type from the rows or the caller", function()
    assert.equal("int", mb.column { 1, 2 }:type())
    assert.equal("float", mb.column { 1, 2.0 }:type())
    assert.equal("bool", mb.column { true }:type())
    assert.equal("float", mb.column {}:type())
    assert.equal("uint", mb.column({ 1, 2 }, "uint"):type())
    assert.equal("float", mb.column({ 1, 2 }, "float"):type())
    same({ 1.0, 2.0 }, mb.column({ 1, 2 }, "float"))
    same({ 1, 2 }, mb.column({ 1.0, 2.0 }, "int"))
  end)

  it("stores integers as narrow as they allow", function()
    local function width(...) return mb.column { ... }:info().width end
    assert.equal(1, width(0, 255))
    assert.equal(2, width(0, 256))
    assert.equal(2, width(0, 65535))
    assert.equal(4, width(0, 65536))
    assert.equal(4, width(1 << 40, (1 << 40) + (1 << 32) - 1))
    assert.equal(8, width(0, 1 << 32))
    assert.equal(1, width(mini, mini + 255))
    assert.equal(1, width(maxi, maxi - 255))
    assert.equal(8, width(mini, maxi))
    same({ mini, mini + 255, mini + 7 }, mb.column { mini, mini + 255, mini + 7 })
    same({ maxi, maxi - 255 }, mb.column { maxi, maxi - 255 })
    same({ -1, -200, -100 }, mb.column { -1, -200, -100 })
  end)

  it("knows missing rows", function()
    local rows = { 1, mb.null, 3, mb.null, mb.null, 6 }
    local c = mb.column(rows)
    same(rows, c)
    assert.equal("int", c:type())
    assert.equal(3, c:info().missing)
    assert.is_nil(c[2])
    assert.equal(3, c[3])
    same({ mb.null, mb.null }, mb.column { mb.null, mb.null })
    same({ mb.null, true }, mb.column { mb.null, true })
    same({ 2.5, mb.null }, mb.column { 2.5, mb.null })
  end)

  it("raises for rows that no column holds, naming them", function()
    assert.error_matches(function() mb.column { 1, "2" } end, "row 2 is a string")
    assert.error_matches(function() mb.column { 1, true } end, "row 2 is a boolean")
    assert.error_matches(function() mb.column { true, 1 } end, "row 2 is a number")
    assert.error_matches(function() mb.column({ 1, 2.5 }, "int") end, "row 2 is 2.5, not an integer")
    assert.error_matches(function() mb.column({ 1 }, "int32") end, "no type 'int32'")
    assert.error_matches(function() mb.column(5) end, "table expected, got number")
  end)
end)

describe("mb.range", function()
  it("has both ends", function()
    same({ 1, 2, 3, 4, 5 }, mb.range(1, 5))
    same({ 2, 5, 8 }, mb.range(2, 10, 3))
    same({ 3, 1, -1 }, mb.range(3, -2, -2))
    same({ 7 }, mb.range(7, 7))
    assert.equal(0, #mb.range(2, 1))
    assert.equal(0, #mb.range(1, 2, -1))
    same({ mini, -1, maxi - 1 }, mb.range(mini, maxi, maxi))
    same({ maxi - 1, maxi }, mb.range(maxi - 1, maxi))
    assert.error_matches(function() mb.range(1, 2, 0) end, "the step is 0")
    assert.error_matches(function() mb.range(mini, maxi) end, "too many rows")
  end)
end)

describe("mb.full", function()
  it("repeats a value", function()
    same({ 7, 7, 7 }, mb.full(3, 7))
    same({ true, true }, mb.full(2, true))
    same({ 2.5 }, mb.full(1, 2.5))
    assert.equal(0, #mb.full(0, 1))
    assert.error_matches(function() mb.full(-1, 1) end, "not a number of rows")
    same({ "x", "x" }, mb.full(2, "x"))
    same({ "a\0b" }, mb.full(1, "a\0b"))
    assert.equal(0, #mb.full(0, "x"))
    assert.error_matches(function() mb.full(1, {}) end, "number expected")
  end)
end)

describe("mb.random", function()
  it("is a function of seed and row, within both ends", function()
    local c = mb.random(20000, { low = -3, high = 3, seed = 11 })
    local rows, seen = c:to_table(), {}
    for _, v in ipairs(rows) do seen[v] = (seen[v] or 0) + 1 end
    for v = -3, 3 do assert.truthy(math.abs(seen[v] - 20000 / 7) < 400, v) end
    assert.same(rows, mb.random(20000, { low = -3, high = 3, seed = 11 }):to_table())
    local other = mb.random(20000, { low = -3, high = 3, seed = 12 }):to_table()
    assert.not_same(rows, other)
    assert.same({ table.unpack(rows, 1, 100) },
      mb.random(100, { low = -3, high = 3, seed = 11 }):to_table())
    same({ 4, 4 }, mb.random(2, { low = 4, high = 4, seed = 1 }))
    assert.equal(3, #mb.random(3, { low = mini, high = maxi, seed = 1 }))
    assert.error_matches(function() mb.random(2, { low = 2, high = 1 }) end, "high is below low")
    assert.error_matches(function() mb.random(2, { size = 1 }) end, "no option 'size'")
  end)
end)

describe("c[i]", function()
  it("reads rows from either end", function()
    local c = mb.range(101, 5100)
    assert.equal(101, c[1])
    assert.equal(1124, c[1024])
    assert.equal(1125, c[1025])
    assert.equal(5100, c[-1])
    assert.equal(101, c[-5000])
    assert.equal(103, c[3.0])
    for i = 1, 5000, 137 do assert.equal(100 + i, c[i]) end
    for _, i in ipairs { 0, 5001, -5001 } do
      assert.error_matches(function() return c[i] end, "row %-?" .. math.abs(i) .. " of a column of 5000 rows")
    end
  end)

  it("raises for what is no row", function()
    local c = mb.column { 1, 2 }
    assert.error_matches(function() return c[1.5] end, "row number or a bool column")
    assert.error_matches(function() return c[mb.column { 1.0, 2.0 }] end, "bool column")
    assert.error_matches(function() return c[mb.column { true }] end, "lengths differ")
    assert.error_matches(function() c[1] = 2 end, "cannot be changed")
    assert.error_matches(function() for _ in pairs(c) do end end, "to_table")
    assert.error_matches(function() for _ in c do end end, "to_table")
  end)
end)

describe("c:slice", function()
  local rows = {}
  for i = 1, 1000 do rows[i] = i * i % 977 end
  local function expected(first, last, step)
    local t = {}
    for i = first, last, step or 1 do t[#t + 1] = rows[i] end
    return t
  end

  it("takes rows as string.sub does, with a step", function()
    local c = mb.column(rows)
    same(expected(1, 1000), c:slice(1))
    same(expected(10, 20), c:slice(10, 20))
    same(expected(991, 1000), c:slice(-10))
    same(expected(1, 5), c:slice(-2000, 5))
    same(expected(1, 1000, 7), c:slice(1, -1, 7))
    same(expected(500, 502, 1000), c:slice(500, 502, 1000))
    same(expected(3, 900, 250), c:slice(3, 900, 250))
    same({}, c:slice(20, 10))
    same({}, c:slice(1001))
    same(expected(1000, 1000), c:slice(1000, 5000))
    same(expected(1, 1), c:slice(1, maxi, maxi))
    assert.error_matches(function() c:slice(1, 2, 0) end, "step")
  end)

  it("takes slices of slices and of missing rows", function()
    local c = mb.column { 1, mb.null, 3, 4, mb.null, 6, 7 }
    same({ mb.null, 3, 4, mb.null, 6 }, c:slice(2, 6))
    same({ mb.null, 4, 6 }, c:slice(2, 6, 2))
    same({ 4, mb.null }, c:slice(2, 6):slice(3, 4))
    assert.equal(0, c:slice(3, 4):info().missing)
  end)

  it("is levelled where one rank would hold it all", function()
    local c = mb.range(1, 2000000):slice(1, 400000)
    local most = 0
    for _, n in ipairs(c:info().rows) do most = math.max(most, n) end
    assert.truthy(most <= 1.5 * 400000 / mb.size() + 1)
    assert.equal(400000 * 400001 // 2, c:sum())
    assert.equal(399999, c[-2])
  end)
end)

describe("c[mask]", function()
  it("keeps the rows where the mask is true", function()
    local random, rows, kept, bools = helper.random(5), {}, {}, {}
    for i = 1, 3000 do
      rows[i], bools[i] = random(-1000, 1000), random(0, 4) == 0
      if bools[i] then kept[#kept + 1] = rows[i] end
    end
    local c, mask = mb.column(rows), mb.column(bools)
    same(kept, c[mask])
    same(rows, c[mb.full(3000, true)])
    same({}, c[mb.full(3000, false)])
    local twice = {}
    for _, v in ipairs(kept) do if v > 0 then twice[#twice + 1] = v end end
    local once = c[mask]
    same(twice, once[once:gt(0)])
    assert.equal(#twice, #once[once:gt(0)])
  end)

  it("drops rows where the mask is missing, and keeps missing ones", function()
    local c = mb.column { 1, mb.null, 3, mb.null }
    same({ 1, mb.null }, c[mb.column { true, true, mb.null, false }])
  end)

  it("leaves rows where they are, and levels what is skewed", function()
    local c = mb.range(1, 800000)
    local head = c[c:le(300000)]
    assert.equal(300000, #head)
    for _, n in ipairs(head:info().rows) do assert.truthy(n <= 1.5 * 300000 / mb.size() + 1) end
    local tail = mb.range(1, 800000):slice(1)[c:le(300000)]
    assert.equal(300000, tail:eq(head):sum())
    assert.equal(300000, #tail:unique())
    assert.equal(300000 * 300001 // 2, head:sum())
    same({ 1, 100001, 200001 }, head:slice(1, -1, 100000))
  end)

  it("works between columns that lie differently", function()
    local c = mb.range(1, 1000)
    local a, b = c[c:le(500)], c[c:gt(500)]
    assert.equal(500, a:lt(b):sum())
    assert.equal(0, a:eq(b):sum())
    same({ 500 }, a[b:eq(1000)])
  end)
end)

describe("tostring", function()
  it("is the notebook's", function()
    assert.equal("array([])", tostring(mb.column {}))
    assert.equal("array([1, -2, null])", tostring(mb.column { 1, -2, mb.null }))
    assert.equal("array([true, false])", tostring(mb.column { true, false }))
    assert.equal("array([1.0, 0.1, -0.0, inf, -inf, nan, 1e+300])",
      tostring(mb.column { 1.0, 0.1, -0.0, 1 / 0, -1 / 0, nan, 1e300 }))
    assert.equal("array([18446744073709551615])", tostring(mb.column({ -1 }, "uint")))
    assert.equal("array([1, 2, 3, ..., 99, 100, 101])", tostring(mb.range(1, 101)))
    assert.truthy(tostring(mb.range(1, 100)):find("50, 51, 52", 1, true))
  end)
end)

describe("a column", function()
  it("is closed once and for all", function()
    local c = mb.column { 1, 2 }
    c:close()
    c:close()
    assert.equal("closed column", tostring(c))
    assert.error_matches(function() c:sum() end, "a closed column")
    do
      local d <close> = mb.column { 1 }
      c = d
    end
    assert.error_matches(function() return #c end, "a closed column")
  end)

  it("gives its table up to a limit", function()
    assert.error_matches(function() mb.range(1, 11):to_table(10) end, "more than the limit of 10")
    assert.equal(10, #mb.range(1, 10):to_table(10))
  end)

  it("frees what Lua no longer holds, without being asked", function()
    local before = mb.core.memory()
    for i = 1, 300 do mb.range(i, i + 1000000):slice(1, -1, 2) end
    local live = mb.core.memory()
    assert.truthy(live - before < 100e6 / mb.size() + 50e6, live - before)
  end)

  it("raises when there is no memory, keeps its data and goes on", function()
    local c = mb.range(1, 1000):slice(1, -1, 2)
    assert.error_matches(function() mb.range(1, 1 << 50):slice(1, -1, 2) end, "out of memory")
    assert.equal(250000, c:sum())
    for rank, n in helper.failures(6) do
      mb.core.inject_fault(rank, n)
      assert.equal(250000, c:sum())
      assert.equal(500, #c:unique())
      mb.core.inject_fault(rank, 0)
      local fresh = c:slice(1)
      mb.core.inject_fault(rank, n)
      assert.equal(13, fresh[7])
      assert.equal(500, #fresh:to_table())
      assert.equal("array([1, 3, 5, ..., 995, 997, 999])", tostring(fresh))
      assert.equal(6, mb.column { 1, 2, 3 }:sum())
      for key in mb.most_common(mb.column { 4 }, mb.column { 9 }) do assert.equal(4, key) end
      mb.core.inject_fault(rank, 0)
    end
  end)
end)

describe("a boolean where a column should be", function()
  local c = mb.column { 80, 443 }
  local mends = { "a:eq(b)" }
  it("names the mend in every form", function()
    for _, mend in ipairs(mends) do
      for _, f in ipairs {
        function() return (c == 80):sum() end, function() return c[c == 80] end,
        function() return c:eq(c == 80) end, function() return c < 80 end,
        function() return 80 <= c end, function() return c > c end,
        function() return c == mb.column { 1, 2 } end, function() return c ~= mb.column { 1, 2 } end,
        function() return c:eq(80) & (c == 80) end, function() return mb.most_common(c == 1, c, 1) end,
        function() return (c ~= 80)[1] end } do
        local ok, message = pcall(f)
        assert.falsy(ok)
        assert.truthy(message:find(mend, 1, true), message)
      end
    end
  end)
end)
