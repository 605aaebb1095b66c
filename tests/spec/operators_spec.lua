-- Comparisons, logic, reductions and counting, against loops of plain Lua on the same values.
local edges = require "spec.edges"
local helper = require "spec.helper"
local mb = require "moonbear"

local mini, maxi = math.mininteger, math.maxinteger
local inf, nan = 1 / 0, 0 / 0
local null = mb.null

local comparisons = {
  eq = function(a, b) return a == b end,
  ne = function(a, b) return a ~= b end,
  lt = function(a, b) return a < b end,
  le = function(a, b) return a <= b end,
  gt = function(a, b) return a > b end,
  ge = function(a, b) return a >= b end,
}

-- Rows of each storage: widths 1, 2, 4, 8 with and without base, floats, bools as numbers.
local samples = {
  int1 = { 0, 1, 255, 7, 128 },
  int1_base = { -100, -1, 100, 0, 7 },
  int2 = { 0, 65535, 256, 7, 80 },
  int2_base = { 1 << 40, (1 << 40) + 65535, (1 << 40) + 7, (1 << 40) + 1, (1 << 40) + 256 },
  int4 = { 0, (1 << 32) - 1, 65536, 7, 80 },
  int8 = { mini, maxi, 0, -1, 1 << 53 },
  int8_odd = { (1 << 53) + 1, maxi - 1, mini + 1, 1, 80 },
  float = { 0.5, -0.0, inf, -inf, nan },
  float_whole = { 80.0, 2.0 ^ 53, -2.0 ^ 63, 2.0 ^ 63, 255.0 },
}

local function compared(op, a, b)
  local t = {}
  for i, x in ipairs(a) do
    local y = b
    if type(b) == "table" then y = b[i] end
    if x == null or y == null then t[i] = null else t[i] = comparisons[op](x, y) end
  end
  return t
end

describe("comparisons", function()
  it("of columns are exact between all types and widths", function()
    for name_a, a in pairs(samples) do
      for name_b, b in pairs(samples) do
        local x, y = mb.column(a), mb.column(b)
        for op in pairs(comparisons) do
          assert.same(compared(op, a, b), x[op](x, y):to_table(), name_a .. " " .. op .. " " .. name_b)
        end
      end
    end
  end)

  it("with scalars are exact on the stored width", function()
    local scalars = { 0, 1, -1, 7, 80, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32, 1 << 40,
      mini, maxi, 1 << 53, (1 << 53) + 1, 0.5, -0.5, -0.0, 80.5, 2.0 ^ 53, 2.0 ^ 63, -2.0 ^ 63,
      -2.0 ^ 64, 2.0 ^ 64, inf, -inf, nan, 254.5, -100.5, (1 << 40) + 0.5 }
    for name, a in pairs(samples) do
      local x = mb.column(a)
      for _, s in ipairs(scalars) do
        for op in pairs(comparisons) do
          assert.same(compared(op, a, s), x[op](x, s):to_table(),
            name .. " " .. op .. " " .. tostring(s))
        end
      end
    end
  end)

  it("of uints are unsigned", function()
    local a, b = { 0, 1, -1, mini, maxi }, { -1, 1, 1, maxi, mini }
    local x, y = mb.column(a, "uint"), mb.column(b, "uint")
    local ult = {}
    for i = 1, 5 do ult[i] = math.ult(a[i], b[i]) end
    assert.same(ult, x:lt(y):to_table())
    assert.same({ false, false, true, false, false }, x:eq(mb.uint(-1)):to_table())
    assert.same({ false, false, true, true, false }, x:gt(maxi):to_table())
    assert.same({ false, false, true, false, false }, x:gt(2.0 ^ 63):to_table())
    local i = mb.column { 0, -1, -1, mini, maxi }
    assert.same({ true, false, false, false, true }, x:eq(i):to_table())
    assert.same({ false, true, true, true, false }, i:lt(x):to_table())
  end)

  it("of bools order false before true", function()
    local x, y = mb.column { true, false, true }, mb.column { false, true, true }
    assert.same({ false, true, false }, x:lt(y):to_table())
    assert.same({ true, false, true }, x:eq(true):to_table())
    assert.same({ false, true, false }, x:ne(true):to_table())
  end)

  it("are missing where a value is", function()
    local a, b = { 1, null, 3, null }, { 1, 2, null, null }
    assert.same({ true, null, null, null }, mb.column(a):eq(mb.column(b)):to_table())
    assert.same({ false, null, true, null }, mb.column(a):gt(1):to_table())
    assert.equal(1, mb.column(a):gt(1):sum())
  end)

  it("raise for lengths and types that do not go together", function()
    local c = mb.column { 1, 2 }
    assert.error_matches(function() c:eq(mb.column { 1 }) end, "lengths differ: int column of 2 rows")
    assert.error_matches(function() c:eq("x") end, "column or number expected, got string")
    assert.error_matches(function() c:eq(nil) end, "column or number expected")
    local f = mb.column { 1.5, 2 }
    assert.error_matches(function() return c & f end,
      "& takes bool columns or integer columns, got int column of 2 rows, float column of 2 rows")
    assert.error_matches(function() return c:eq(1) & 1 end,
      "& takes bool columns or integer columns, got bool column of 2 rows, int scalar")
    assert.error_matches(function() return ~f end, "takes bool columns or integer columns")
  end)
end)

describe("logic", function()
  it("is Kleene's: missing only where a value that is missing could decide", function()
    local a = { true, true, true, false, false, false, null, null, null }
    local b = { true, false, null, true, false, null, true, false, null }
    local both = { true, false, null, false, false, false, null, false, null }
    local either = { true, true, true, true, false, null, true, null, null }
    local differ = { false, true, null, true, false, null, null, null, null }
    local function check(x, y, n)
      local function rows(t) return edges.repeated(t, n) end
      assert.same(rows(both), (x & y):to_table())
      assert.same(rows(either), (x | y):to_table())
      assert.same(rows(differ), (x ~ y):to_table())
      assert.same(rows { false, false, false, true, true, true, null, null, null }, (~x):to_table())
      for _, op in ipairs { "and", "or" } do
        assert.same(rows(op == "and" and both or either),
          mb.expr("a " .. op .. " b", { a = x, b = y }):to_table())
      end
      -- De Morgan's laws, fused; and as filters.
      assert.is_true((~(x & y)):fill(false):eq((~x | ~y):fill(false)):all())
      assert.equal(#(x & y):drop_missing(), n - (x & y):is_missing():sum())
      assert.equal((x | y):sum(), #x[x | y])
    end
    for _, n in ipairs { 9, 63, 64, 65, 257, 1025 } do
      local x, y = edges.repeated(a, n), edges.repeated(b, n)
      for _, form in pairs(edges.forms) do check(form(x, "bool"), form(y, "bool"), n) end
    end
    local x = mb.column { true, false, null }
    for text, expected in pairs {
      ["x and true"] = { true, false, null }, ["x and false"] = { false, false, false },
      ["x or true"] = { true, true, true }, ["x or false"] = { true, false, null },
      ["true and x"] = { true, false, null }, ["false or x"] = { true, false, null },
    } do assert.same(expected, mb.expr(text, { x = x }):to_table()) end
    local i = mb.column { 6, 0, null }
    assert.same({ 2, 0, null }, (i & 3):to_table()) -- of bits nothing is known
    assert.same({ 0, 0, null }, (i & mb.full(3, 0)):to_table())
  end)

  it("stays right when masks are used twice and graphs grow deep", function()
    local c = mb.range(1, 1000)
    local mask = c:gt(0)
    for i = 1, 300 do mask = mask & c:ne(i * 3) end
    assert.equal(1000 - 300, mask:sum())
    assert.equal(1000 - 300, mask:sum())
    assert.equal(300, (~mask):sum())
    assert.equal(700, #c[mask])
  end)
end)

-- Columns of every kind of data with the rows they were made of.
local function inputs()
  local random = helper.random(3)
  local kinds = {
    few = function() return random(0, 9) end,
    ports = function() return random(0, 99999) end,
    negative = function() return random(-40000, 100) end,
    addresses = function() return (random(0, 1) == 0 and 21036 or 18768) << 20 ~ random(0, 900) end,
    wide = function() return random(0, maxi) ~ (random(0, 1) << 63) end,
    constant = function() return -7 end,
    bools = function() return random(0, 2) == 0 end,
  }
  local list = {}
  for name, draw in pairs(kinds) do
    for _, n in ipairs { 0, 1, 2, 3, 100, 5000 } do
      local rows, sparse = {}, {}
      for i = 1, n do
        rows[i] = draw()
        sparse[i] = random(0, 3) == 0 and null or rows[i]
      end
      list[#list + 1] = { name = name .. " " .. n, rows = rows, type = name == "bools" and "bool" or "int" }
      list[#list + 1] = { name = name .. " sparse " .. n, rows = sparse,
        type = name == "bools" and "bool" or "int" }
    end
  end
  return list
end

local function present(rows)
  local t = {}
  for _, v in ipairs(rows) do if v ~= null then t[#t + 1] = v end end
  return t
end

local function number(v)
  if type(v) == "boolean" then return v and 1 or 0 end
  return v
end

describe("reductions of integers and bools", function()
  for _, input in ipairs(inputs()) do
    it("match loops: " .. input.name, function()
      local c, values = mb.column(input.rows, input.type), present(input.rows)
      local sum, low, high, any, all = 0, nil, nil, false, true
      local wide = 0.0
      for _, v in ipairs(values) do
        local x = number(v)
        sum, wide = sum + x, wide + x
        if not low or x < number(low) then low = v end
        if not high or x > number(high) then high = v end
        if x ~= 0 then any = true else all = false end
      end
      if math.abs(wide) < 2.0 ^ 62 then
        assert.equal(sum, c:sum())
        if #values > 0 then assert.equal(sum / #values, c:mean()) end
      end
      assert.equal(any, c:any())
      assert.equal(all, c:all())
      if #values > 0 then
        assert.equal(low, c:min())
        assert.equal(high, c:max())
      else
        assert.error_matches(function() c:min() end, "min of no values")
        assert.error_matches(function() c:max() end, "max of no values")
        assert.equal(0, c:sum())
        assert.truthy(c:mean() ~= c:mean())
      end
    end)
  end

  it("raise on overflow, and only then", function()
    assert.error_matches(function() mb.column { maxi, 1 }:sum() end, "does not fit an int")
    assert.error_matches(function() mb.column { mini, -1 }:sum() end, "does not fit an int")
    assert.equal(maxi, mb.column { maxi, 1, -1 }:sum())
    assert.equal(-1, mb.column({ maxi, maxi, 1 }, "uint"):sum())
    assert.error_matches(function() mb.column({ -1, 1 }, "uint"):sum() end, "does not fit a uint")
    assert.equal(2.0 ^ 63, mb.column { maxi, maxi, maxi }:mean())
    assert.equal(2.0 ^ 64, mb.column({ -1, -1 }, "uint"):mean())
    assert.equal(-1, mb.column({ 5, -1 }, "uint"):max())
    assert.equal(5, mb.column({ 5, -1 }, "uint"):min())
  end)
end)

describe("reductions of floats", function()
  it("know NaN, infinities and missing values", function()
    local c = mb.column { 1.5, nan, 3.0 }
    assert.truthy(c:sum() ~= c:sum())
    assert.truthy(c:min() ~= c:min())
    assert.truthy(c:max() ~= c:max())
    assert.truthy(c:mean() ~= c:mean())
    assert.equal(true, c:any())
    assert.equal(inf, mb.column { 1.0, inf }:sum())
    assert.equal(-inf, mb.column { 1.0, -inf }:min())
    assert.equal(0.0, mb.column({}, "float"):sum())
    assert.equal(4.5, mb.column { 1.5, null, 3.0 }:sum())
    assert.equal(2.25, mb.column { 1.5, null, 3.0 }:mean())
    assert.equal(1.5, mb.column { 1.5, null, 3.0 }:min())
    assert.equal(false, mb.column { 0.0, -0.0 }:any())
    assert.equal(false, mb.column { 1.0, 0.0 }:all())
    assert.error_matches(function() mb.column({}, "float"):max() end, "max of no values")
  end)

  it("have the same bits however the rows are spread", function()
    local random, rows = helper.random(9), {}
    for i = 1, 30000 do rows[i] = (random(0, 1 << 52) - (1 << 51)) * 2.0 ^ random(-60, 60) end
    local whole = mb.column(rows)
    local sum = whole:sum()
    local exact = 0.0
    local err = 0.0
    for _, v in ipairs(rows) do -- Neumaier's compensated sum
      local t = exact + v
      err = err + (math.abs(exact) >= math.abs(v) and (exact - t) + v or (v - t) + exact)
      exact = t
    end
    local size = 0.0
    for _, v in ipairs(rows) do size = size + math.abs(v) end
    assert.truthy(math.abs(sum - (exact + err)) <= size * 2.0 ^ -53 * 20)
    local padded = {}
    for i = 1, 30000 do padded[i] = rows[i] end
    for i = 1, 50000 do padded[30000 + i] = 0.5 end
    local ragged = mb.column(padded)[mb.range(1, 80000):le(30000)]
    assert.equal(30000, #ragged)
    assert.equal(sum, ragged:sum())
  end)
end)

describe("float sums", helper.once(function()
  it("have the same bits on any number of ranks and any instruction set", function()
    local script = [[
      local mb = require "moonbear"
      local rows, state = {}, 12345
      for i = 1, 50001 do
        state = state * 6364136223846793005 + 1442695040888963407
        rows[i] = (state >> 11) * 2.0 ^ ((state >> 3 & 127) - 100) * (i % 2 == 0 and 1 or -1)
      end
      local c = mb.column(rows)
      print(("%a %a"):format(c:sum(), c:mean()))
      local d = c[mb.range(1, 50001):gt(7)]
      print(("%a"):format(d:sum()))]]
    local first
    for _, case in ipairs { { 1, "base" }, { 1, "avx2" }, { 1, "avx512" }, { 2, "avx512" }, { 3, "base" },
      { 5, "avx2" } } do
      local code, out, err = helper.run(case[1], script, { env = { MOONBEAR_ISA = case[2] } })
      assert.equal(0, code, err)
      first = first or out
      assert.equal(first, out)
    end
  end)
end))

describe("value_counts", function()
  local function counted(values)
    local counts, keys = {}, {}
    for _, v in ipairs(values) do
      if not counts[v] then keys[#keys + 1] = v end
      counts[v] = (counts[v] or 0) + 1
    end
    table.sort(keys, function(a, b) return number(a) < number(b) end)
    local ns = {}
    for i, k in ipairs(keys) do ns[i] = counts[k] end
    return keys, ns
  end

  for _, input in ipairs(inputs()) do
    it("matches a loop: " .. input.name, function()
      local keys, ns = mb.column(input.rows, input.type):value_counts()
      local expected_keys, expected_ns = counted(present(input.rows))
      assert.same(expected_keys, keys:to_table())
      assert.same(expected_ns, ns:to_table())
      assert.equal(input.type, keys:type())
      assert.equal("int", ns:type())
      assert.same(expected_keys, mb.column(input.rows, input.type):unique():to_table())
    end)
  end

  it("orders uints unsigned", function()
    local keys, ns = mb.column({ -1, 3, -1, 0, mini }, "uint"):value_counts()
    assert.same({ 0, 3, mini, -1 }, keys:to_table())
    assert.same({ 1, 1, 1, 2 }, ns:to_table())
    assert.equal("uint", keys:type())
  end)

  it("counts many distinct values, in cache and past it", function()
    for _, high in ipairs { 1 << 20, 1 << 33, maxi } do
      local c = mb.random(600000, { low = 1, high = high, seed = 4 })
      local keys, ns = c:value_counts()
      assert.equal(600000, ns:sum())
      local values, ks, counts = c:to_table(), keys:to_table(), ns:to_table()
      helper.check_once(function()
        local seen, distinct = {}, 0
        for _, v in ipairs(values) do
          if not seen[v] then distinct = distinct + 1 end
          seen[v] = (seen[v] or 0) + 1
        end
        if distinct ~= #ks then return ("%d keys and not %d"):format(#ks, distinct) end
        for i = 1, #ks do
          if seen[ks[i]] ~= counts[i] then return ("key %d: %s and not %s"):format(ks[i], counts[i], seen[ks[i]]) end
          if i > 1 and ks[i] <= ks[i - 1] then return "keys do not ascend" end
        end
      end)
    end
  end)

  it("works on filtered and pending columns", function()
    local c = mb.random(10000, { low = 1, high = 50, seed = 2 })
    local keys, ns = c[c:gt(25)]:value_counts()
    assert.equal(25, #keys)
    assert.equal(c:gt(25):sum(), ns:sum())
    local bools, counts = c:gt(25):value_counts()
    assert.same({ false, true }, bools:to_table())
    assert.equal(10000, counts:sum())
  end)

  it("levels a result that would lie on few ranks", function()
    local r = mb.range(1, 2000000)
    local keys, ns = r[r:le(1200000) | r:eq(2000000)]:value_counts()
    assert.equal(1200001, #keys)
    assert.equal(1200000 * 1200001 // 2 + 2000000, keys:sum())
    assert.equal(1200001, ns:sum())
    assert.equal(2000000, keys[-1])
    assert.equal(1200000, keys[-2])
    for _, c in ipairs { keys, ns } do
      for _, n in ipairs(c:info().rows) do assert.truthy(n <= 1.5 * 1200001 / mb.size() + 1) end
    end
  end)
end)

describe("mb.most_common", function()
  it("gives the largest counts first, equal ones by key", function()
    local keys, counts = mb.column { 1, 2, 3, 4, 5 }, mb.column { 7, 9, 7, 1, 9 }
    local function pairs_of(k)
      local t = {}
      for key, n in mb.most_common(keys, counts, k) do t[#t + 1] = { key, n } end
      return t
    end
    assert.same({ { 2, 9 }, { 5, 9 }, { 1, 7 } }, pairs_of(3))
    assert.same({}, pairs_of(0))
    assert.same({ { 2, 9 }, { 5, 9 }, { 1, 7 }, { 3, 7 }, { 4, 1 } }, pairs_of(100))
    assert.equal(5, #pairs_of(math.maxinteger))
    assert.error_matches(function() mb.most_common(keys, mb.column { 1 }, 1) end, "lengths differ")
    assert.error_matches(function() pairs_of(-1) end, "k is below 0")
  end)

  it("matches a sort of all counts", function()
    local keys, counts = mb.random(100000, { low = 1, high = 30000, seed = 6 }):value_counts()
    local ks, ns, order = keys:to_table(), counts:to_table(), {}
    for i = 1, #ks do order[i] = i end
    table.sort(order, function(a, b)
      if ns[a] ~= ns[b] then return ns[a] > ns[b] end
      return ks[a] < ks[b]
    end)
    local i = 0
    for key, n in mb.most_common(keys, counts, 500) do
      i = i + 1
      assert.equal(ks[order[i]], key)
      assert.equal(ns[order[i]], n)
    end
    assert.equal(500, i)
  end)
end)

describe("graphs that change while they are compiled", function()
  it("keep what their steps need of a column that gets its values meanwhile", function()
    local random = helper.random(5)
    local rows = {}
    for i = 1, 700 do rows[i] = random(0, 4) == 0 and null or random(1, 9) end
    local a, all = mb.column(rows), mb.column(rows):fill(1):gt(0)
    local chosen = mb.where(a:gt(4), a, null)
    local sum = chosen + chosen[all] + (chosen * 2)[chosen:fill(1):gt(0)] + chosen
    for i, x in ipairs(rows) do rows[i] = x ~= null and x > 4 and 5 * x or null end
    assert.same(rows, sum:to_table())
    local ones = mb.full(700, 1)
    assert.equal(1400, (ones + ones[all]):sum())
    assert.error_matches(function()
      local quotient = a // (a - a)
      return (quotient + quotient[all] + (quotient * 2)[quotient:is_missing()]):sum()
    end, "'n//0' at row")
  end)
end)

describe("integers stored from a base of many bits", function()
  it("become the doubles that Lua makes of them", function()
    for _, base in ipairs { 1 << 60, -(1 << 60), (1 << 53) - 7, -(1 << 53) } do
      local rows, doubles = {}, {}
      for i = 1, 600 do
        rows[i] = base + i * 3
        doubles[i] = rows[i] + 0.0
      end
      local c = mb.column(rows)
      assert.same(doubles, (c * 1.0):to_table())
      assert.same(doubles, c:as("float"):to_table())
    end
  end)
end)
