-- Scalars beside uint columns: each is the number that the script wrote, wherever one is taken.
-- Answers are plain Lua's, by the places of a few rows in their order.
local mb = require "moonbear"
local helper = require "spec.helper"

local null = mb.null
local top = mb.uint "18446744073709551615" -- 2^64 - 1

-- Rows and their order: by sign of the bits, then unsigned.
local rows = { 0, 5, 20, math.maxinteger, math.mininteger, -2, -1 }
local function column() return mb.column(rows, "uint") end

-- What a scalar is: below all rows, above all rows, or as the row at a place.
local scalars = {
  { -1, below = true }, { math.mininteger, below = true }, { -0.5, below = true },
  { -math.huge, below = true }, { -1e300, below = true },
  { 5, at = 2 }, { 5.0, at = 2 }, { mb.uint "5", at = 2 }, { mb.uint "0x14", at = 3 },
  { math.maxinteger, at = 4 }, { 2.0 ^ 63, at = 5 }, { mb.uint(2.0 ^ 63), at = 5 },
  { mb.uint "0xfffffffffffffffe", at = 6 }, { top, at = 7 }, { mb.uint(-1), at = 7 },
  { 2.0 ^ 64, above = true }, { 1e300, above = true }, { math.huge, above = true },
}

-- The order of row i and a scalar: below 0, 0, above 0.
local function order(i, scalar)
  if scalar.below then return 1 elseif scalar.above then return -1 end
  return i - scalar.at
end

local function map(f)
  local list = {}
  for i = 1, #rows do list[i] = f(i) end
  return list
end

local comparisons = {
  eq = function(o) return o == 0 end, ne = function(o) return o ~= 0 end,
  lt = function(o) return o < 0 end, le = function(o) return o <= 0 end,
  gt = function(o) return o > 0 end, ge = function(o) return o >= 0 end,
}
local symbols = { eq = "==", ne = "~=", lt = "<", le = "<=", gt = ">", ge = ">=" }

local function raises(message, f, ...)
  local ok, got = pcall(f, ...)
  assert.is_false(ok)
  assert.truthy(got:find(message, 1, true), got)
end

describe("mb.uint", function()
  it("is of digits, floats and the bits of integers, and nothing else", function()
    assert.equal("18446744073709551615", tostring(top))
    for _, other in ipairs { mb.uint "0xffffffffffffffff", mb.uint "0XFFFFFFFFFFFFFFFF", mb.uint(-1),
      mb.uint(top), mb.uint(column()[7]) } do
      assert.truthy(top == other)
    end
    assert.equal("9223372036854775808", tostring(mb.uint(2.0 ^ 63)))
    assert.equal("7", tostring(mb.uint "007"))
    assert.falsy(top == mb.uint "7")
    for _, bad in ipairs { "", "x", "1x", "0x", "-1", "+1", " 1", "1.0", "18446744073709551616",
      "0x10000000000000000", "1\0", 0.5, -1.0, 2.0 ^ 64, 0 / 0, true, {}, null } do
      raises("uint: a whole number from 0 to 18446744073709551615 expected", mb.uint, bad)
    end
  end)
end)

describe("a scalar beside a uint column is the number that was written", function()
  for _, scalar in ipairs(scalars) do
    local x = scalar[1]
    local name = tostring(x)

    it("in comparisons: " .. name, function()
      local u = column()
      for op, holds in pairs(comparisons) do
        local expected = map(function(i) return holds(order(i, scalar)) end)
        assert.same(expected, u[op](u, x):to_table())
        assert.same(expected, (u - 0)[op](u - 0, x):to_table())
        assert.same(expected, mb.expr("u " .. symbols[op] .. " $x", { u = u }, { x = x }):to_table())
      end
      assert.same(map(function(i) return order(i, scalar) >= 0 end), u:between(x, top):to_table())
      assert.same(map(function(i) return order(i, scalar) <= 0 end), u:between(-7, x):to_table())
      local long = { x }
      for k = 1, 40 do long[k + 1] = k + 100 end
      for _, list in ipairs { { x }, { x, 1.5 }, long } do
        assert.same(map(function(i) return order(i, scalar) == 0 end), u:isin(list):to_table())
      end
    end)

    it("among sorted rows and edges: " .. name, function()
      local u = column()
      local below, upto = 0, 0
      for i = 1, #rows do
        if order(i, scalar) < 0 then below = below + 1 end
        if order(i, scalar) <= 0 then upto = upto + 1 end
      end
      assert.equal(below + 1, u:searchsorted(x))
      assert.equal(upto + 1, u:searchsorted(x, "right"))
      assert.same({ below + 1, null, 1 }, u:searchsorted({ x, null, -3 }):to_table())
      assert.same({ upto + 1, #rows + 1 }, u:searchsorted({ x, 1e30 }, "right"):to_table())
      assert.same(map(function(i) return order(i, scalar) >= 0 and 1 or 0 end), u:digitize { x }:to_table())
    end)

    it("that is to stand among the rows: " .. name, function()
      local u = column()
      local mask = mb.column { true, false, false, false, false, false, false }
      local value = scalar.at and rows[scalar.at]
      for _, try in ipairs {
        function() return u:put(mask, x)[1] end, function() return u:put({ 1 }, x)[1] end,
        function() return u:shift(1, x)[1] end,
        function() return u:lookup(u, mb.column({ 4 }, "uint"), { default = x })[1] end,
      } do
        if value then
          assert.equal(value, try())
        else
          raises("does not go into a uint column", try)
        end
      end
    end)
  end

  it("in operators and functions", function()
    local u = mb.column({ 0, 5, 20 }, "uint")
    local big = mb.column({ -1, 1 << 63 }, "uint")
    assert.same({ 0, 5, 10 }, u:clip(-1, 10):to_table())
    assert.same({ 0, 5, 20 }, u:maximum(-1):to_table())
    assert.same({ 0, 5, 7 }, u:minimum(mb.uint "7"):to_table())
    assert.same({ -1, -1, -1 }, u:maximum(top):to_table())
    assert.equal("uint", u:clip(-1, top):type())
    assert.same({ -0.0, -2.5, -10.0 }, (u / -2):to_table())
    assert.same({ 0.0, -0.2, -0.05 }, { 0.0, (-1 / u):to_table()[2], (-1 / u):to_table()[3] })
    assert.same({ 0.0, 0.2, 0.05 }, { 0.0, (u ^ -1)[2], (u ^ -1)[3] })
    assert.equal(math.atan(5, -1), u:atan2(-1)[2])
    assert.same({ 0, 5, 20 }, (u - top - 1):to_table()) -- modulo 2^64
    assert.same({ -1, 4, 19 }, (u + -1):to_table())
    assert.same({ 0, 5, 20 }, (u & -1):to_table())
    assert.same({ 0, 2, 10 }, (u << -1):to_table())
    assert.same({ 1, 0 }, (big // mb.uint "0xffffffffffffffff"):to_table())
    assert.same({ 0, 1 << 63 }, (big % top):to_table())
    for _, try in ipairs {
      function() return u:minimum(-1) end, function() return u // -2 end, function() return u % -2 end,
      function() return -2 // u end, function() return u:fill(-1) end,
      function() return mb.where(u:gt(5), u, -1) end, function() return u:clip(nil, -1) end,
      function() return u:floordiv(u, { zero = -1 }) end,
    } do
      raises('is no uint; cast the column by :as("int")', try)
    end
    assert.same({ -1, 5, 20 }, u:put({ 1 }, null):fill(top):to_table())
    assert.same({ -1, -1, 20 }, mb.where(u:gt(5), u, top):to_table())
    assert.same({ -1, 1, 1 }, u:floordiv(u, { zero = top }):to_table())
    assert.same({ 9, 9, 9 }, u:floordiv(mb.uint "0", { zero = 9 }):to_table())
  end)

  it("in int and float columns", function()
    local i, f = mb.column { -1, 5 }, mb.column { -1.0, 2.0 ^ 64 }
    assert.same({ true, true }, i:lt(top):to_table())
    assert.same({ false, false }, i:eq(top):to_table())
    assert.same({ -1, 5 }, i:minimum(top):to_table())
    assert.same({ false, true }, f:gt(top):to_table())
    assert.same({ 0, 0 }, i:digitize { top }:to_table())
    assert.same({ 0, 1 }, f:digitize { top }:to_table())
    assert.same({ -1, 5 }, (i & top):to_table())
    assert.same({ 3, 6 }, { i:searchsorted(top), (mb.range(1, 5)):searchsorted(5, "right") })
    raises('is no int; cast the column by :as("uint")', function() return i + top end)
    raises('is no int; cast the column by :as("uint")', function() return i:maximum(top) end)
    raises("put: 18446744073709551615 does not go into an int column", i.put, i, { 1 }, top)
    assert.equal(7, i:put({ 1 }, 7.0)[1])
  end)

  it("in constructors", function()
    local full = mb.full(3, top)
    assert.equal("uint", full:type())
    assert.equal("array([18446744073709551615, 18446744073709551615, 18446744073709551615])", tostring(full))
    local c = mb.column { 1, top, null }
    assert.equal("uint", c:type())
    assert.same({ 1, -1, null }, c:to_table())
    assert.equal("float", mb.column({ 1, top, 0.5 }):type())
    assert.same({ 1 << 63 }, mb.column({ 2.0 ^ 63 }, "uint"):to_table())
    raises("row 2 is -1, not a uint", mb.column, { top, -1 })
    raises("row 1 is 18446744073709551615, not an integer", mb.column, { top }, "int")
    raises("row 1 is -1.0, not a uint", mb.column, { -1.0 }, "uint")
    local r = mb.random(1000, { low = mb.uint "0xfffffffffffffff0", high = top, seed = 3 })
    assert.equal("uint", r:type())
    assert.same({ -16, -1 }, { r:min(), r:max() })
    assert.truthy(mb.random(1000, { low = 0, high = top, seed = 3 }):gt(2.0 ^ 63):any())
    raises("a bound below 0 beside a uint", mb.random, 3, { low = -1, high = top })
    raises("high is below low", mb.random, 3, { low = top, high = mb.uint "5" })
  end)

  it("in expression strings", function()
    local u = column()
    local variables = { u = u }
    assert.same({ false, false, false, false, false, false, true },
      mb.expr("u == 18446744073709551615", variables):to_table())
    assert.equal(7, mb.expr("u > -1 and u < 18446744073709551616", variables):count_nonzero())
    assert.equal(2, mb.expr("u in {-1, 18446744073709551614, $top}", variables, { top = top }):count_nonzero())
    assert.equal(-1, mb.expr("maximum(u, $top)", variables, { top = top })[1])
    assert.is_true(mb.expr("$top > 5", {}, { top = top }))
    raises("is no uint", mb.expr, "u // -2", variables)
  end)

  it("on any number of rows, stored in any width", function()
    local random = helper.random(12)
    for _, span in ipairs { 200, 60000, 1 << 31, 1 << 52 } do
      local t = {}
      for k = 1, 300 do t[k] = random(0, span) end
      local u = mb.column(t, "uint"):eval()
      for _, x in ipairs { -1, -0.5, t[7], t[7] + 0.5, span + 0.5, 2.0 ^ 63, top } do
        local above = 0
        for _, v in ipairs(t) do if type(x) == "number" and v > x then above = above + 1 end end
        assert.equal(above, u:gt(x):count_nonzero())
        assert.equal(300 - above, u:le(x):count_nonzero())
      end
    end
  end)
end)
