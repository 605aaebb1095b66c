-- Reductions of one column and of two, against plain loops and numpy on the same values.
local helper = require "spec.helper"
local mb = require "moonbear"
local core = mb.core

local mini, maxi = math.mininteger, math.maxinteger
local inf, nan = 1 / 0, 0 / 0
local null = mb.null

local NAMES = { "sum", "prod", "min", "max", "argmin", "argmax", "any", "all", "count_nonzero",
  "mean", "var", "std", "skew" }

local function is_nan(x) return x ~= x end

-- Values are equal: of one kind of number, NaN like NaN, floats but for rounding.
local function alike(a, b)
  if math.type(a) ~= "float" or math.type(b) ~= "float" then
    return math.type(a) == math.type(b) and a == b
  end
  if is_nan(a) or is_nan(b) then return is_nan(a) and is_nan(b) end
  return a == b or math.abs(a - b) <= 1e-9 * math.max(math.abs(a), math.abs(b))
end

local function check(expected, got, what)
  if not alike(expected, got) then
    error(("%s: expected %s, got %s"):format(what, tostring(expected), tostring(got)), 2)
  end
end

local function number(v)
  if type(v) == "boolean" then return v and 1 or 0 end
  return v
end

-- Neumaier's compensated sum of f(x) over a list: right to the last bit or so.
local function sum_of(list, f)
  local sum, lost = 0.0, 0.0
  for _, x in ipairs(list) do
    local term = f(x)
    local next = sum + term
    lost = lost + (math.abs(sum) >= math.abs(term) and sum - next + term or term - next + sum)
    sum = next
  end
  return is_nan(lost) and sum or sum + lost
end

-- Whether x comes before y: of uints by their bits.
local function below(x, y, unsigned)
  if unsigned then return math.ult(x, y) end
  return number(x) < number(y)
end

-- The statistics of a list of values, as plain loops have them. Sums of integers must fit.
local function loops(rows, kind, options)
  local s = { sum = 0, prod = 1, any = false, all = true, count_nonzero = 0 }
  local floats, n = {}, 0
  if kind == "float" then s.prod = 1.0 end
  for i, v in ipairs(rows) do
    if v ~= null and not (options.skipna and is_nan(v)) then
      local x = number(v)
      n = n + 1
      floats[n] = kind == "uint" and x < 0 and x + 2.0 ^ 64 or x + 0.0
      s.prod = s.prod * x
      if kind ~= "float" then s.sum = s.sum + x end
      if x ~= 0 then s.any, s.count_nonzero = true, s.count_nonzero + 1 else s.all = false end
      if s.argmin == nil or is_nan(v) and not is_nan(s.min) or below(v, s.min, kind == "uint") then
        s.min, s.argmin = v, i
      end
      if s.argmax == nil or is_nan(v) and not is_nan(s.max) or below(s.max, v, kind == "uint") then
        s.max, s.argmax = v, i
      end
    end
  end
  local total = sum_of(floats, function(x) return x end)
  if kind == "float" then s.sum = total end
  s.mean = total / n
  -- The mean is rounded: what it is off by is taken out again.
  local off = sum_of(floats, function(x) return x - s.mean end) / n
  local square = sum_of(floats, function(x) return (x - s.mean) ^ 2 end) - n * off ^ 2
  local cube = sum_of(floats, function(x) return (x - s.mean - off) ^ 3 end)
  local degrees = n - (options.ddof or 0)
  s.var = n > 0 and degrees > 0 and square / degrees or nan
  s.std = s.var ^ 0.5
  s.skew = cube / n / (square / n) ^ 1.5
  return s
end

local function check_all(c, rows, kind, options, what)
  local expected = loops(rows, kind, options)
  local names = { skipna = options.skipna, ddof = options.ddof }
  for _, name in ipairs(NAMES) do
    local own = { skipna = options.skipna, ddof = (name == "var" or name == "std") and options.ddof or nil }
    if expected[name] == nil then
      assert.error_matches(function() c[name](c, own) end, name .. " of no values %(" .. kind)
    else
      names[#names + 1] = name
      check(expected[name], c[name](c, own), what .. " " .. name)
    end
  end
  local together = c:stats(names)
  for _, name in ipairs(names) do check(expected[name], together[name], what .. " stats " .. name) end
  return together
end

-- Lists of values of each type and storage width, with rows that a mask will take out again.
local random = helper.random(5)
local draws = {
  { "bool", "bools", function() return random(0, 2) == 0 end },
  { "int", "bytes", function() return random(0, 255) end },
  { "int", "bytes below zero", function() return random(-100, 100) end },
  { "int", "shorts", function() return random(0, 65535) end },
  { "int", "shorts from a base", function() return (1 << 40) + random(0, 65535) end },
  { "int", "words", function() return random(0, (1 << 32) - 1) end },
  { "int", "longs", function() return random(0, 1 << 50) - (1 << 49) end },
  { "int", "equal", function() return -7 end },
  { "uint", "small uints", function() return random(0, 9) end },
  { "uint", "uints from a base", function() return (1 << 50) + random(0, 99) end },
  { "float", "floats", function() return random(-1000, 1000) / 16 end },
  { "float", "floats with NaN", function() return random(0, 99) == 0 and nan or random(-50, 50) / 4 end },
  { "float", "zeros", function() return random(0, 1) == 0 and 0.0 or -0.0 end },
}
local SIZES = { 0, 1, 2, 3, 100, 5000 }

local function list(draw, n, sparse)
  local rows = {}
  for i = 1, n do rows[i] = sparse and random(0, 3) == 0 and null or draw() end
  return rows
end

describe("reductions", function()
  for _, entry in ipairs(draws) do
    local kind, name, draw = table.unpack(entry)
    it("match loops: " .. name, function()
      for _, n in ipairs(SIZES) do
        for _, sparse in ipairs { false, true } do
          local rows = list(draw, n, sparse)
          local c, what = mb.column(rows, kind), ("%s %d %s"):format(name, n, sparse)
          check_all(c, rows, kind, {}, what)
          check_all(c, rows, kind, { skipna = true, ddof = 1 }, what .. " skipna")
        end
      end
    end)
  end
end)

describe("reductions of uints and the ends of types", function()
  it("take bits as unsigned", function()
    local c = mb.column({ 5, -1, mini, 0 }, "uint")
    assert.same({ min = 0, max = -1, argmin = 4, argmax = 2, count_nonzero = 3 },
      c:stats { "min", "max", "argmin", "argmax", "count_nonzero" })
    assert.equal(2.0 ^ 63, mb.column({ mini, mini }, "uint"):mean())
    check(2.0 ^ 126, mb.column({ 0, -1 }, "uint"):var(), "var")
  end)

  it("sum in 128 bits, and raise for what does not fit", function()
    assert.equal(maxi, mb.column { maxi, maxi, -maxi }:sum())
    assert.error_matches(function() mb.column { maxi, 1 }:sum() end, "sum: about 9.22337e%+18 does not fit an int")
    assert.error_matches(function() mb.column { mini, -1 }:stats { "max", "sum" } end, "does not fit an int")
    assert.equal(-1, mb.column({ maxi, maxi, 1 }, "uint"):sum())
    assert.error_matches(function() mb.column({ -1, 1 }, "uint"):sum() end, "does not fit a uint")
  end)

  it("multiply modulo 2^64", function()
    assert.equal(mini * 3, mb.column { mini, 3 }:prod())
    assert.equal(maxi * maxi * 7, mb.column { maxi, maxi, 7 }:prod())
    assert.equal(-1 * 5, mb.column({ -1, 5 }, "uint"):prod())
  end)

  it("keep variances of large values, and find none in equal ones", function()
    local near = {}
    for i = 1, 6000 do near[i] = (1 << 52) + i % 2 end
    check(0.25, mb.column(near):var(), "var")
    check(1500 / 5999, mb.column(near):cov(mb.column(near)), "cov")
    check(-1.0, mb.column(near):corr(-mb.column(near)), "corr")
    for i = 1, 6000 do near[i] = 1e9 + i % 2 end
    check(0.25, mb.column(near):var(), "var")
    for i = 1, 6000 do near[i] = 0.1 end
    assert.equal(0.0, mb.column(near):var())
    assert.truthy(is_nan(mb.column(near):skew()))
    assert.truthy(is_nan(mb.column(near):corr(mb.range(1, 6000))))
  end)

  it("know no correlation where squares are beyond floats", function()
    local far, rising = mb.column { 1e200, 2e200, 3e200 }, mb.column { 1.0, 2.0, 3.0 }
    assert.truthy(is_nan(far:corr(rising)))
    assert.truthy(is_nan(rising:corr(far)))
    check(1.0, (far * 1e-200):corr(rising), "corr")
  end)
end)

describe("positions and bounds", function()
  it("are of the first of equal values, zeros of both signs among them", function()
    assert.same({ argmin = 2, argmax = 1 }, mb.column { 0.5, 0.0, -0.0, 0.5 }:stats { "argmin", "argmax" })
    assert.same({ argmin = 2, argmax = 1 }, mb.column { 0.5, -0.0, 0.0, 0.5 }:stats { "argmin", "argmax" })
    assert.equal(3, mb.column { true, true, false, false }:argmin())
    assert.equal(-inf, 1 / mb.column { 0.0, -0.0, 0.0 }:min())
    assert.equal(inf, 1 / mb.column { -0.0, 0.0, -0.0 }:max())
    assert.equal(-inf, 1 / mb.column { -1.0, -0.0 }:max())
    assert.equal(inf, 1 / mb.column { 1.0, 0.0 }:min())
  end)

  it("give way to the first NaN, unless those are left out", function()
    local c = mb.column { 1.0, nan, -inf, inf, nan, null }
    assert.equal(2, c:argmin())
    assert.equal(2, c:argmax())
    assert.truthy(is_nan(c:min()) and is_nan(c:max()))
    assert.same({ argmin = 3, argmax = 4, min = -inf, max = inf, any = true, all = true,
      count_nonzero = 3 }, c:stats { "argmin", "argmax", "min", "max", "any", "all", "count_nonzero",
      skipna = true })
    local none = mb.column { nan, null, nan }
    assert.error_matches(function() none:argmax { skipna = true } end, "argmax of no values")
    assert.error_matches(function() none:min { skipna = true } end, "min of no values")
    assert.equal(1, none:argmax())
    assert.equal(0.0, none:sum { skipna = true })
    assert.equal(1.0, none:prod { skipna = true })
    assert.equal(false, none:any { skipna = true })
    assert.equal(true, none:all { skipna = true })
  end)

  it("are found in the block of any row", function()
    for _, n in ipairs { 4096, 4097, 8192, 20000 } do
      for _, at in ipairs { 1, 2, 4095, 4096, 4097, 8191, 8193, n } do
        if at <= n then
          local rows = {}
          for i = 1, n do rows[i] = i % 7 == 3 and i ~= at and null or 5.5 end
          rows[at] = -1.5
          assert.equal(at, mb.column(rows):argmin())
          rows[at] = nan
          assert.equal(at, mb.column(rows):argmax())
          for i = 1, n do rows[i] = rows[i] == 5.5 and 5 or rows[i] end
          rows[at] = 9
          assert.equal(at, mb.column(rows):argmax())
        end
      end
    end
    assert.equal(30000, mb.range(30000, 1, -1):argmin())
    assert.equal(30000, (mb.range(30000, 1, -1) / 2):argmin())
  end)
end)

describe("reductions of pending and ragged columns", function()
  local n = 20000
  local x, y = {}, {}
  for i = 1, n do x[i], y[i] = random(-500, 500), random(1, 100) / 8 end

  it("match loops on what expressions give", function()
    local a, b = mb.column(x), mb.column(y)
    local sums, signs = {}, {}
    for i = 1, n do sums[i], signs[i] = x[i] + y[i], x[i] > 0 end
    check_all(a + b, sums, "float", {}, "a + b")
    check_all(a:gt(0), signs, "bool", {}, "a > 0")
    local both = a + b
    assert.equal(both:sum(), both:sum())
    assert.same(both:stats { "sum", "std" }, (a + b):stats { "sum", "std" })
    assert.same(b:stats { "sum", "std", "skew" }, (b * 1.0):stats { "sum", "std", "skew" })
    assert.equal(b:cov(a), (b * 1.0):cov(a + 0))
  end)

  it("match loops on what a mask leaves, also on few ranks", function()
    local a, b = mb.column(x), mb.column(y)
    for _, mask in ipairs { a:gt(100), mb.range(1, n):le(5000), mb.range(1, n):gt(n - 3), a:gt(1000) } do
      local kept, there = {}, mask:to_table()
      for i = 1, n do if there[i] then kept[#kept + 1] = y[i] end end
      check_all(b[mask], kept, "float", {}, "b[mask]")
    end
  end)
end)

-- The statistics of two lists, of the rows where both have a value.
local function loops_of_two(a, b, ddof, skipna)
  local xs, ys, n = {}, {}, 0
  for i = 1, #a do
    local there = a[i] ~= null and b[i] ~= null
    if there and not (skipna and (is_nan(a[i]) or is_nan(b[i]))) then
      n = n + 1
      xs[n], ys[n] = number(a[i]), number(b[i])
    end
  end
  local function over_rows(f)
    local terms = {}
    for i = 1, n do terms[i] = f(xs[i], ys[i]) + 0.0 end
    return sum_of(terms, function(t) return t end)
  end
  local dot = 0
  for i = 1, n do dot = dot + xs[i] * ys[i] end
  local mean_x = over_rows(function(u) return u end) / n
  local mean_y = over_rows(function(_, v) return v end) / n
  local cross = over_rows(function(u, v) return (u - mean_x) * (v - mean_y) end)
  local spread = over_rows(function(u) return (u - mean_x) ^ 2 end) ^ 0.5 *
    over_rows(function(_, v) return (v - mean_y) ^ 2 end) ^ 0.5
  local float = over_rows(function(u, v) return u * v end)
  return dot, float, n > ddof and cross / (n - ddof) or nan,
    cross / spread
end

describe("reductions of two columns", function()
  local function check_two(a, b, kind_a, kind_b, skipna, what)
    local dot, float, cov, corr = loops_of_two(a, b, 1, skipna)
    local x, y = mb.column(a, kind_a), mb.column(b, kind_b)
    local is_float = kind_a == "float" or kind_b == "float"
    check(is_float and float or dot, x:dot(y, { skipna = skipna }), what .. " dot")
    check(cov, x:cov(y, { skipna = skipna, ddof = 1 }), what .. " cov")
    check(corr, x:corr(y, { skipna = skipna }), what .. " corr")
  end

  local kinds = {
    { "bool", function() return random(0, 1) == 1 end },
    { "int", function() return random(-300, 300) end },
    { "int", function() return random(0, 1 << 24) end },
    { "uint", function() return (1 << 25) + random(0, 200) end },
    { "float", function() return random(-80, 80) / 32 + 100 end },
    { "float", function() return random(0, 200) == 0 and nan or random(-9, 9) / 2 end },
  }

  it("match loops for all types", function()
    for i, left in ipairs(kinds) do
      for j, right in ipairs(kinds) do
        if not (left[1] == "int" and right[1] == "uint" or left[1] == "uint" and right[1] == "int") then
          for _, n in ipairs { 0, 1, 2, 200, 5000 } do
            for _, sparse in ipairs { false, true } do
              local a, b = list(left[2], n, sparse), list(right[2], n, sparse)
              check_two(a, b, left[1], right[1], sparse, ("%d %d %d %s"):format(i, j, n, sparse))
            end
          end
        end
      end
    end
  end)

  it("give the type of a sum", function()
    local i, u = mb.column { 1, 2 }, mb.column({ -1, 1 }, "uint")
    assert.equal("integer", math.type(i:dot(i)))
    assert.equal(1, mb.column { true, true }:dot(mb.column { true, false }))
    assert.equal("float", math.type(i:dot(mb.column { 1.0, 2.0 })))
    assert.equal(1, u:dot(mb.column({ 0, 1 }, "uint")))
    assert.equal(-1, u:dot(mb.column { true, false }))
  end)

  it("add products of integers exactly, and raise for what does not fit", function()
    local a = mb.column { maxi, maxi, 3 }
    assert.equal(15, a:dot(mb.column { maxi, -maxi, 5 }))
    assert.equal(mini, mb.column { mini, 1 }:dot(mb.column { 1, 0 }))
    assert.error_matches(function() a:dot(a) end, "dot: about 1.70141e%+38 does not fit an int")
    assert.error_matches(function() mb.column { mini }:dot(mb.column { -1 }) end, "does not fit an int")
    assert.error_matches(function() mb.column({ -1, -1 }, "uint"):dot(mb.column({ 1, 1 }, "uint")) end,
      "does not fit a uint")
    local many = {}
    for i = 1, 16 do many[i] = mini end -- 2^130 in all, which is 0 modulo 2^128
    assert.error_matches(function() mb.column(many):dot(mb.column(many)) end, "dot: about 1.36113e%+39")
    for i = 1, 16 do many[i] = 1 << 62 end
    assert.error_matches(function() mb.column(many, "uint"):dot(mb.column(many, "uint")) end,
      "dot: about 3.40282e%+38")
  end)

  it("take operands that are pending, laid out otherwise, or one and the same", function()
    local n = 10000
    local r = mb.range(1, n)
    local even = (r % 2):eq(0)
    local half = mb.range(1, n // 2)
    assert.equal(r[even]:dot(r[even]), 4 * half:dot(half))
    assert.equal(r[even]:dot(half), 2 * half:dot(half))
    check(1.0, half:corr(r[even]), "corr")
    check(-1.0, half:corr(-r[even]), "corr")
    local low = mb.range(1, n)[r:le(n // 2)] -- on the first ranks
    assert.equal(low:dot(half), half:dot(low))
    assert.equal(low:cov(half), half:cov(half))
    check(half:var { ddof = 1 }, half:cov(half), "cov")
  end)
end)

describe("reductions and numpy", helper.once(function()
  it("agree on floats of many sizes", function()
    local draw = helper.random(8)
    local n = 20000
    local x, y, text = {}, {}, {}
    for i = 1, n do
      x[i] = (draw(0, 1 << 52) - (1 << 51)) * 2.0 ^ draw(-70, -20)
      y[i] = x[i] * 0.3 + draw(-1000, 1000) * 2.0 ^ -8
      text[i] = ("%a %a"):format(x[i], y[i])
    end
    local dir = helper.tmpdir()
    local path = helper.write_file(dir .. "/rows", table.concat(text, "\n"))
    local out = helper.python_output([[
import math, sys
import numpy as np
rows = [[float.fromhex(w) for w in line.split()] for line in open(sys.argv[1])]
x, y = np.array(rows).T
d = (x - math.fsum(x) / len(x)).astype(np.longdouble)
skew = (d ** 3).mean() / (d ** 2).mean() ** 1.5
for v in (math.fsum(x), math.fsum(np.abs(x)), np.mean(x), np.var(x), np.std(x, ddof=1), skew,
          x.min(), x.max(), np.argmin(x) + 1, np.argmax(x) + 1, np.count_nonzero(x),
          math.fsum(x * y), np.cov(x, y)[0, 1], np.corrcoef(x, y)[0, 1]):
    print(float(v).hex())
]], path)
    local numpy = {}
    for line in out:gmatch "%S+" do numpy[#numpy + 1] = tonumber(line) end
    helper.clean()
    local a, b = mb.column(x), mb.column(y)
    local s = a:stats { "sum", "mean", "var", "skew", "min", "max", "argmin", "argmax",
      "count_nonzero" }
    assert.truthy(math.abs(s.sum - numpy[1]) <= 2.0 ^ -53 * 20 * numpy[2])
    check(numpy[3], s.mean, "mean")
    check(numpy[4], s.var, "var")
    check(numpy[5], a:std { ddof = 1 }, "std")
    check(numpy[6], s.skew, "skew")
    assert.equal(numpy[7], s.min)
    assert.equal(numpy[8], s.max)
    assert.equal(numpy[9], s.argmin)
    assert.equal(numpy[10], s.argmax)
    assert.equal(numpy[11], s.count_nonzero)
    check(numpy[12], a:dot(b), "dot")
    check(numpy[13], a:cov(b), "cov")
    check(numpy[14], a:corr(b), "corr")
  end)
end))

describe("float reductions", helper.once(function()
  it("have the same bits on any number of ranks and any instruction set", function()
    local script = [[
      local mb = require "moonbear"
      local state, n = 12345, 30011
      local x, y, k = {}, {}, {}
      for i = 1, n do
        state = state * 6364136223846793005 + 1442695040888963407
        x[i] = (state >> 11) * 2.0 ^ ((state >> 3 & 127) - 100) * (i % 2 == 0 and 1 or -1)
        y[i] = i % 11 == 0 and mb.null or i % 501 == 0 and 0 / 0 or (state >> 20 & 0xffff) / 3
        k[i] = (1 << 40) + (state >> 30 & 0xffffff)
      end
      local function show(v) return math.type(v) == "float" and ("%a"):format(v) or tostring(v) end
      local names = { "sum", "prod", "min", "max", "argmin", "argmax", "mean", "var", "std", "skew" }
      local function print_all(c)
        local t = {}
        for _, options in ipairs { {}, { skipna = true, ddof = 1 } } do
          local wanted = table.move(names, 1, #names, 1, { table.unpack(names) })
          wanted.skipna, wanted.ddof = options.skipna, options.ddof
          local s = c:stats(wanted)
          for _, name in ipairs(names) do t[#t + 1] = show(s[name]) end
        end
        print(table.concat(t, " "))
      end
      local a, b, c = mb.column(x), mb.column(y), mb.column(k)
      local late = mb.range(1, n):gt(4099)
      for _, column in ipairs { a, b, a[late], b[late], a * b, (a * b)[late], a:abs():sqrt() } do
        print_all(column)
      end
      print(show(c:var()), show(c:skew()), show(c[late]:std()))
      for _, pair in ipairs { { a, b }, { b, c }, { c, a }, { a[late], b[late] } } do
        for _, name in ipairs { "dot", "cov", "corr" } do
          print(name, show(pair[1][name](pair[1], pair[2])),
            show(pair[1][name](pair[1], pair[2], { skipna = true })))
        end
      end]]
    local first
    for _, case in ipairs { { 1, "base" }, { 1, "avx2" }, { 1, "avx512" }, { 2, "avx512" }, { 3, "base" },
      { 4, "avx2" } } do
      local n, isa = case[1], case[2]
      local code, out, err = helper.run(n, script, {
        env = { MOONBEAR_ISA = isa, MOONBEAR_NODE_SIZE = 2 } }) -- so many ranks to a machine
      assert.equal(0, code, err)
      first = first or out
      assert.equal(first, out)
    end
    local _, lines = first:gsub("\n", "")
    assert.equal(20, lines)
  end)
end))

describe("options of reductions", function()
  local c = mb.column { 1.0, 2.0, nan, 4.0 }

  it("are skipna and ddof", function()
    assert.equal(7.0, c:sum { skipna = true })
    assert.truthy(is_nan(c:sum { skipna = false }))
    check(7 / 3, mb.column { 1, 2, 4 }:var { ddof = 1 }, "ddof 1")
    check(14 / 9 * 3 / 2.5, mb.column { 1, 2, 4 }:var { ddof = 0.5 }, "ddof 0.5")
    for _, ddof in ipairs { 3, 4, 100 } do
      assert.truthy(is_nan(mb.column { 1, 2, 4 }:std { ddof = ddof }))
      assert.truthy(is_nan(mb.column { 1, 2, 4 }:cov(mb.column { 1, 2, 4 }, { ddof = ddof })))
    end
    assert.truthy(is_nan(mb.column({}, "float"):var { ddof = -1 }))
  end)

  it("raise when they are others", function()
    assert.error_matches(function() c:sum { ddof = 1 } end, "'sum' has no option 'ddof'; it has skipna")
    assert.error_matches(function() c:std { dof = 1 } end,
      "'std' has no option 'dof'; did you mean 'ddof'%? it has skipna, ddof")
    assert.error_matches(function() c:sum { skipna = 1 } end,
      "bad option 'skipna' of 'sum' %(true or false expected, got 1%)")
    assert.error_matches(function() c:var { ddof = "1" } end,
      "'ddof' of 'var' %(a number expected, got the string '1'%)")
    assert.error_matches(function() c:min(1) end,
      "bad options to 'min' %(a table expected, as {skipna = ...}, got number%)")
    assert.error_matches(function() c:corr(c, { ddof = 1 }) end, "'corr' has no option 'ddof'")
  end)

  it("of stats may be median and nunique too", function()
    local few = mb.column { 4, 1, 1, 2, mb.null }
    assert.same({ median = 1.5, nunique = 3, max = 4 }, few:stats { "max", "median", "nunique" })
    assert.same({ median = 1.5 }, few:stats { "median" })
    local with_nan = mb.column { 1.0, 0 / 0, 4.0 }
    assert.same({ median = 2.5, sum = 5.0 }, with_nan:stats { "median", "sum", skipna = true })
  end)

  it("stand beside the names of stats", function()
    assert.same({ sum = 7.0, max = 4.0 }, c:stats { "sum", "max", skipna = true })
    assert.error_matches(function() c:stats { "sum", "nuniqe" } end,
      "'stats' has no statistic 'nuniqe'; did you mean 'nunique'%?")
    assert.error_matches(function() c:stats { "avg" } end, "no statistic 'avg'; write 'mean'")
    assert.error_matches(function() c:stats { "sum", 3 } end, "'stats' has no statistic '3'")
    assert.error_matches(function() c:stats {} end, "'stats' takes names of statistics")
    assert.error_matches(function() c:stats { "sum", skip = true } end, "'stats' has no option 'skip'")
    assert.error_matches(function() c:stats() end, "#1 to .stats. %(list of names")
  end)

  it("go with columns of one length and types that can be multiplied", function()
    local d = mb.column { 1, 2 }
    for _, name in ipairs { "dot", "cov", "corr" } do
      assert.error_matches(function() c[name](c, d) end,
        name .. ": the lengths differ: float column of 4 rows and int column of 2 rows")
      assert.error_matches(function() c[name](c, 1) end, "column expected, got number")
    end
    assert.error_matches(function() d:dot(mb.column({ 1, 2 }, "uint")) end,
      'dot: an int and a uint do not go together.*cast one with :as%("int"%) or :as%("uint"%)')
  end)
end)

describe("reductions in lockstep", function()
  it("go on after memory ran out on one rank", function()
    local x = mb.column { 1.5, 2.5, null, 4.0, nan }
    local k = mb.range(1, 10000)
    local calls = {
      function() return x:sum { skipna = true } end,
      function() return k:std() end,
      function() return (k % 7 + 0.5):argmax() end,
      function() return (k * 2):dot(k) end,
      function() return k[(k % 3):eq(0)]:cov(k[(k % 3):eq(1)]:slice(1, 3333)) end,
      function() return k:stats({ "prod", "sum", "argmin", "std" }).std end,
    }
    for i, call in ipairs(calls) do
      local expected = call()
      for rank, nth in helper.failures(12) do
        core.inject_fault(rank, nth)
        assert.equal(expected, call(), ("call %d, allocation %d"):format(i, nth))
        core.inject_fault(rank, 0)
      end
    end
  end)
end)

describe("reductions where ranks disagree", helper.once(function()
  it("tell the option or the names that differ", function()
    local start = 'local mb = require "moonbear"\nlocal c, r = mb.column{1.5, 2, 3}, mb.rank()\n'
    for _, case in ipairs {
      { "c:sum{skipna = r == 1}", "rank 1 called sum at", "skipna" },
      { "c:std{ddof = r == 1 and 1 or 0}", "rank 1 called std at", "ddof: 1" },
      { "c:stats{'sum', r == 1 and 'min' or 'max'}", "rank 1 called stats at", "statistics: sum, min" },
      { "if r == 1 then c:cov(c) else c:dot(c) end", "rank 1 called cov at" },
    } do
      local code, out, err = helper.run(3, start .. case[1])
      assert.equal(1, code, out .. err)
      for i = 2, #case do assert.truthy(err:find(case[i], 1, true), err) end
    end
  end)
end))
