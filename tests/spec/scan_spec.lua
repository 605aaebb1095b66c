-- Scans and shifts, against loops of plain Lua on the same values.
local helper = require "spec.helper"
local mb = require "moonbear"

local mini, maxi = math.mininteger, math.maxinteger
local inf, nan = 1 / 0, 0 / 0
local null = mb.null

local function add(a, b) return a + b end
local function multiply(a, b) return a * b end

-- The smaller or larger one, the first of equals; NaN stays.
local function smaller(before)
  return function(a, b)
    if a ~= a then return a end
    return (b ~= b or before(b, a)) and b or a
  end
end

local signed = { smaller(function(a, b) return a < b end), smaller(function(a, b) return a > b end) }
local unsigned = { smaller(math.ult), smaller(function(a, b) return math.ult(b, a) end) }

-- What a scan is of rows of a type: what combines two values, and what an exclusive one begins with.
local function rule(name, type)
  local extremes = type == "uint" and unsigned or signed
  local one, zero = type == "float" and 1.0 or 1, type == "float" and 0.0 or 0
  return table.unpack(({
    cumsum = { add, zero },
    cumprod = { multiply, one },
    cummin = { extremes[1], null },
    cummax = { extremes[2], null },
  })[name])
end

local names = { "cumsum", "cumprod", "cummin", "cummax" }

local function number(v)
  if type(v) == "boolean" then return v and 1 or 0 end
  return v
end

local function scanned(rows, name, type, exclusive)
  local combine, sofar = rule(name, type)
  local t, any = {}, exclusive and sofar ~= null
  for i, v in ipairs(rows) do
    if v == null then
      t[i] = null
    else
      local next = any and combine(sofar, number(v)) or number(v)
      t[i] = exclusive and sofar or next
      sofar, any = next, true
    end
  end
  if type == "bool" and (name == "cummin" or name == "cummax") then
    for i, v in ipairs(t) do if v ~= null then t[i] = v == 1 end end
  end
  return t
end

local function result_type(name, type)
  if type == "bool" and (name == "cumsum" or name == "cumprod") then return "int" end
  return type
end

-- Whether two tables have the same values; NaN as NaN, and 0 and -0.0 apart.
local function check_same(expected, got, what)
  assert.equal(#expected, #got, what)
  for i = 1, #expected do
    local a, b = expected[i], got[i]
    if a ~= a then
      assert.truthy(b ~= b, ("%s: row %d is %s, not NaN"):format(what, i, b))
    elseif a ~= b or math.type(a) ~= math.type(b) or a == 0 and 1 / a ~= 1 / b then
      assert.equal(a, b, ("%s: row %d"):format(what, i))
      assert.equal(("%a"):format(a), ("%a"):format(b), ("%s: row %d"):format(what, i))
    end
  end
end

local function check(column, rows, type, what)
  for _, name in ipairs(names) do
    for _, exclusive in ipairs { false, true } do
      local got = column[name](column, { exclusive = exclusive })
      local label = ("%s%s of %s"):format(exclusive and "exclusive " or "", name, what)
      assert.equal(result_type(name, type), got:type(), label)
      check_same(scanned(rows, name, type, exclusive), got:to_table(), label)
    end
  end
end

-- Generators of a row.
local random = helper.random(7)
local kinds = {
  { "small ints", "int", function() return random(-3, 3) end },
  { "ints that grow", "int", function(i) return i end },
  { "ints that wrap", "int", function() return random(0, maxi - 1) - (maxi // 2) end },
  { "ends of int", "int", function() return ({ mini, maxi, -1, 1 })[random(1, 4)] end },
  { "uints", "uint", function() return ({ -1, 0, 1, mini, maxi, 7 })[random(1, 6)] end },
  { "bools", "bool", function() return random(0, 4) > 0 end },
  { "all-equal ints", "int", function() return 1 end },
}

local function make(n, row, sparse)
  local t = {}
  for i = 1, n do t[i] = sparse and random(0, 2) == 0 and null or row(i) end
  return t
end

describe("scans of integers and bools", function()
  for _, kind in ipairs(kinds) do
    local name, type, row = table.unpack(kind)
    it("match loops: " .. name, function()
      for _, n in ipairs { 0, 1, 2, 3, 10, 300 } do
        for _, sparse in ipairs { false, true } do
          local rows = make(n, row, sparse)
          check(mb.column(rows, type), rows, type, ("%d %s"):format(n, name))
        end
      end
    end)
  end

  it("go on from block to block", function()
    local rows = make(40000, function() return random(-1000, 1000) end, true)
    local column = mb.column(rows)
    for _, name in ipairs { "cumsum", "cummax" } do
      check_same(scanned(rows, name, "int"), column[name](column):to_table(1e6), name)
    end
  end)

  it("are stored as narrow as their values allow", function()
    assert.equal(1, mb.full(200, true):cumsum():info().width)
    assert.equal(2, mb.full(300, true):cumsum():info().width)
    assert.equal(4, mb.range(1, 1000):cumsum():info().width)
    assert.equal(2, mb.range(1, 1000):cummax():info().width)
    assert.equal(8, mb.range(1, 1000):cumprod():info().width)
    assert.equal(2, mb.range(-500, -1):cummax():info().width)
  end)

  it("skip rows that are missing, wherever the first value is", function()
    for first = 1, 9 do
      local rows = {}
      for i = 1, 9 do rows[i] = i < first and null or 10 - i end
      check(mb.column(rows, "int"), rows, "int", "first at " .. first)
    end
    local none = { null, null, null, null }
    for _, type in ipairs { "bool", "int", "uint", "float" } do
      check(mb.column(none, type), none, type, "nothing but missing " .. type)
    end
  end)
end)

-- A scan of floats in exact arithmetic: sums of whole numbers below 2^53, products of powers of 2.
describe("scans of floats", function()
  it("are exact where the values allow", function()
    for _, n in ipairs { 0, 1, 2, 3, 7, 8, 9, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 20000 } do
      local rows = make(n, function() return random(-1000, 1000) + 0.0 end, n % 2 == 1)
      local column = mb.column(rows, "float")
      for _, name in ipairs { "cumsum", "cummin", "cummax" } do
        for _, exclusive in ipairs { false, true } do
          check_same(scanned(rows, name, "float", exclusive),
            column[name](column, { exclusive = exclusive }):to_table(), ("%d %s"):format(n, name))
        end
      end
      local powers = make(n, function(i) return i % 2 == 0 and -2.0 or 0.5 end, n % 2 == 1)
      for _, exclusive in ipairs { false, true } do
        check_same(scanned(powers, "cumprod", "float", exclusive),
          mb.column(powers, "float"):cumprod { exclusive = exclusive }:to_table(), n .. " powers")
      end
    end
  end)

  it("print NaN of either sign alike", function()
    local column = mb.column { 0 / 0, -(0 / 0) }
    assert.equal("nan nan", ("%s %g"):format(column[1], column[2]))
    assert.equal("array([nan, nan])", tostring(column))
    assert.equal("nan nan", table.concat(column:as "text":to_table(), " "))
  end)

  it("know NaN, infinities and zeros of both signs", function()
    for _, rows in ipairs { { 1.0, nan, 2.0, -inf }, { inf, 1.0, -inf, 1.0 }, { -0.0, -0.0, 0.0, -0.0 },
      { 0.0, -0.0 }, { nan }, { 1e308, 1e308, -1e308 }, { 5e-324, 0.5, 2.0 }, { null, nan, null, 1.0 } } do
      check(mb.column(rows, "float"), rows, "float", "special values")
    end
    local rows = make(10000, function(i) return i == 9000 and nan or 1.0 end)
    for _, name in ipairs(names) do
      local column = mb.column(rows)
      check_same(scanned(rows, name, "float"), column[name](column):to_table(), name)
    end
  end)

  it("are as accurate as pairwise sums", function()
    local rows = make(30000, function()
      return (random(0, 1 << 52) - (1 << 51)) * 2.0 ^ random(-60, 60)
    end)
    local sums = mb.column(rows):cumsum():to_table()
    local exact, rest, size = 0.0, 0.0, 0.0
    for i, v in ipairs(rows) do -- Neumaier's compensated sum
      local t = exact + v
      rest = rest + (math.abs(exact) >= math.abs(v) and (exact - t) + v or (v - t) + exact)
      exact, size = t, size + math.abs(v)
      if math.abs(sums[i] - (exact + rest)) > size * 2.0 ^ -53 * 33 then
        assert.equal(exact + rest, sums[i], "row " .. i)
      end
    end
  end)

  it("never step down where no value is negative", function()
    local c = mb.random(200000, { low = 0, high = 1 << 50, seed = 3 }):as "float" / 3.0
    local rare = mb.where((mb.range(1, 200000) % 13):eq(0), c, 0.0)
    for _, column in ipairs { c, rare, c * c * c } do
      local last, down = -inf, 0
      for _, v in ipairs(column:cumsum():to_table()) do
        if v < last then down = down + 1 end
        last = v
      end
      assert.equal(0, down)
    end
  end)

  it("exclusive are the inclusive ones a row later", function()
    local c = mb.random(50000, { low = 1, high = 1 << 50, seed = 3 }):as "float" / 7.0
    local sums, before = c:cumsum():to_table(), c:cumsum { exclusive = true }:to_table()
    for i = 2, #sums do
      if before[i] ~= sums[i - 1] then assert.equal(sums[i - 1], before[i], "row " .. i) end
    end
    assert.equal(0.0, before[1])
  end)

  it("have the same bits however the rows are spread", function()
    local rows = make(30000, function()
      return (random(0, 1 << 52) - (1 << 51)) * 2.0 ^ random(-60, 60)
    end, true)
    local padded = { table.unpack(rows, 1, 30000) }
    for i = 1, 50000 do padded[30000 + i] = 0.5 end
    local whole, ragged = mb.column(rows), mb.column(padded)[mb.range(1, 80000):le(30000)]
    for _, name in ipairs(names) do
      for _, exclusive in ipairs { false, true } do
        local options = { exclusive = exclusive }
        check_same(whole[name](whole, options):to_table(), ragged[name](ragged, options):to_table(), name)
      end
    end
  end)
end)

describe("scans", function()
  it("take pending, filtered, sliced and scanned columns", function()
    local c = mb.random(20000, { low = -50, high = 50, seed = 2 })
    local rows = c:to_table()
    local kept, doubled, tail = {}, {}, {}
    for i, v in ipairs(rows) do
      if v > 25 then kept[#kept + 1] = v end
      doubled[i] = v * 2.0
      if i > 15000 then tail[#tail + 1] = v end
    end
    check_same(scanned(kept, "cumsum", "int"), c[c:gt(25)]:cumsum():to_table(), "filtered")
    check_same(scanned(doubled, "cumsum", "float"), (c * 2.0):cumsum():to_table(), "pending")
    check_same(scanned(tail, "cumsum", "int"), c:slice(15001):cumsum():to_table(), "sliced")
    local twice = scanned(scanned(rows, "cumsum", "int"), "cumsum", "int")
    check_same(twice, c:cumsum():cumsum():to_table(), "scanned")
    check_same(rows, c:to_table(), "the operand")
  end)

  it("refuse options that they do not have", function()
    local c = mb.column { 1, 2 }
    assert.error_matches(function() c:cumsum { inclusive = true } end,
      "'cumsum' has no option 'inclusive'; did you mean 'exclusive'%? it has exclusive")
    assert.error_matches(function() c:cummax { exclusive = 1 } end,
      "bad option 'exclusive' of 'cummax' %(true or false expected, got 1%)")
    assert.error_matches(function() c:cumprod(true) end, "table expected")
    assert.error_matches(function() c.cumsum(true) end, "call it with a colon")
  end)
end)

describe("scans on several ranks", helper.once(function()
  it("have the same bits on any number of them and any instruction set", function()
    local script = [[
      local mb = require "moonbear"
      local rows, state = {}, 12345
      for i = 1, 20001 do
        state = state * 6364136223846793005 + 1442695040888963407
        rows[i] = (state >> 11) * 2.0 ^ ((state >> 3 & 127) - 100) * (i % 2 == 0 and 1 or -1)
      end
      local c = mb.column(rows)
      local function tell(column)
        local hash = 0
        for _, v in ipairs(column:to_table()) do hash = hash * 31 + string.unpack("j", string.pack("n", v)) end
        print(hash)
      end
      for _, exclusive in ipairs { false, true } do
        tell(c:cumsum { exclusive = exclusive })
        tell(c[mb.range(1, 20001):gt(7)]:cumsum { exclusive = exclusive })
        tell((c / 1e60 + 1):cumprod { exclusive = exclusive })
      end]]
    local first
    for _, run in ipairs { { 1, "base" }, { 1, "avx2" }, { 1, "avx512" }, { 2, "avx512" }, { 3, "base" },
      { 4, "avx2" }, { 5, "avx512" } } do
      local code, out, err = helper.run(run[1], script, { env = { MOONBEAR_ISA = run[2] } })
      assert.equal(0, code, err)
      first = first or out
      assert.equal(first, out)
    end
  end)

  it("go on over blocks of blocks", function()
    local script = [[
      local mb = require "moonbear"
      local n, third = 27000000, 1 / 3
      local sums = mb.full(n, third):cumsum()
      for _, i in ipairs { 4096, 1 << 24, (1 << 24) + 1, 18000001, n } do
        assert(math.abs(sums[i] - i * third) <= i * third * 2.0 ^ -53 * 34)
      end
      print((sums:hash() & 0xffffffff):sum(), sums:diff():lt(0):any())]]
    local _, alone = helper.run(1, script)
    local code, out, err = helper.run(3, script)
    assert.equal(0, code, err)
    assert.equal(alone, out)
    assert.truthy(out:find "\tfalse\n$", out)
  end)

  it("tell when the ranks diverged", function()
    for _, call in ipairs { "c:cumsum { exclusive = mb.rank() == 1 }", "(mb.rank() == 1 and c or d):cumsum()",
      "c[mb.rank() == 1 and 'cummin' or 'cummax'](c)", "c:shift(mb.rank())",
      "c:shift(1, mb.rank() == 1 and 5 or nil)" } do
      local code, _, err = helper.run(3, [[
        local mb = require "moonbear"
        local c, d = mb.column { 1, 2, 3 }, mb.column { 4, 5, 6 }
        local _ = ]] .. call)
      assert.equal(1, code, call)
      assert.truthy(err:find("the ranks diverged", 1, true), err)
    end
  end)

  it("leave all as it was when memory runs out, at each allocation", function()
    local script = [[
      local mb = require "moonbear"
      local rows = {}
      for i = 1, 9000 do rows[i] = i % 7 == 0 and mb.null or i * 0.5 end
      local c, i = mb.column(rows), mb.range(1, 9000):eval()
      local function all()
        return { c:cumsum()[-2], c:cumprod()[3], c:cummax { exclusive = true }[-2], i:cumsum()[-1],
          i:shift(3, 70000)[5], c:shift(-2)[1] }
      end
      local expected = table.concat(all(), " ")
      for rank = 0, 2 do
        for k = 1, 60 do
          mb.core.inject_fault(rank, k)
          local got = table.concat(all(), " ")
          if got ~= expected then print(rank, k, got) end
          mb.core.inject_fault(rank, 0)
        end
      end
      print(expected, c:max(), i:sum())]]
    local code, out, err = helper.run(3, script)
    assert.equal(0, code, err)
    local sum, last = 0.0, 0.0
    for i = 1, 9000 do
      if i % 7 ~= 0 and i < 9000 then sum = sum + i * 0.5 end
      if i % 7 ~= 0 and i < 8999 then last = i * 0.5 end
    end
    assert.equal(("%.1f 0.75 %.1f %d 2 1.5\t4500.0\t40504500\n"):format(sum, last, 4500 * 9001), out)
  end)

  it("raise on all ranks when the memory does not suffice, and go on", function()
    local code, out, err = helper.run(3, [[
      local mb = require "moonbear"
      local c = mb.random(2000000, { low = 0, high = 1 << 50, seed = 1 }):as "float":eval()
      for _, name in ipairs { "cumsum", "cummin", "shift" } do
        local ok, message = pcall(c[name], c, name == "shift" and 1 or nil)
        local said = {}
        for r = 0, 2 do said[r + 1] = mb.on_rank(r, function() return tostring(ok) .. tostring(message) end) end
        print(ok, said[1] == said[2] and said[2] == said[3], tostring(message):match "out of memory")
      end
      print(c:max() > 0)]], { env = { MOONBEAR_MEMORY = "30M" } })
    assert.equal(0, code, err)
    assert.equal(("false\ttrue\tout of memory\n"):rep(3) .. "true\n", out)
  end)
end))
