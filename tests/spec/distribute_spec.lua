-- Quantiles, histograms and bins, against plain Lua and numpy.
local helper = require "spec.helper"
local mb = require "moonbear"

local null, huge, nan = mb.null, math.huge, 0 / 0

local function ragged(column, first, last)
  return column[mb.range(1, #column):between(first, last)]
end

local function with_faults(most, f)
  for rank, n in helper.failures(most) do
    mb.core.inject_fault(rank, n)
    f()
    mb.core.inject_fault(rank, 0)
  end
end

describe("quantiles", function()
  local Q <const> = { 0, 0.01, 0.25, 0.5, 0.5, 0.77, 0.99, 1 }

  local function is_there(x) return not rawequal(x, null) end

  -- By sorting.
  local function sorted_quantiles(rows, list)
    local values, result = {}, {}
    for _, x in ipairs(rows) do if is_there(x) then values[#values + 1] = x + 0.0 end end
    table.sort(values)
    for i, q in ipairs(list) do
      local place = q * (#values - 1)
      local low = math.floor(place)
      local a, b, part = values[low + 1], values[math.min(low + 2, #values)], place - low
      result[i] = a == b and a or part < 0.5 and a + (b - a) * part or b - (b - a) * (1 - part)
    end
    return result
  end

  -- 70000 rows are more than are sorted at once.
  for _, n in ipairs { 1, 2, 3, 10, 1000, 70000 } do
    it(("are exact of %d values"):format(n), function()
      local random = helper.random(n)
      local ints, floats, skewed, gaps = {}, {}, {}, {}
      for i = 1, n do
        local word = random(0, (1 << 50) - 1)
        ints[i] = word - (1 << 49)
        floats[i] = (word - (1 << 49)) / 1e7
        skewed[i] = word % 3 == 0 and 1.0 + word % 1000 * 2.0 ^ -52 or 1.0
        gaps[i] = i > 1 and word % 2 == 0 and null or word % 5
      end
      local many = {}
      for k = 0, 99 do many[k + 1] = (k * 37 % 100) / 99 end
      for _, rows in ipairs { ints, floats, skewed, gaps } do
        local expected = sorted_quantiles(rows, Q)
        assert.same(expected, mb.column(rows):quantile(Q))
        assert.same(sorted_quantiles(rows, many), mb.column(rows):quantile(many))
        assert.equal(expected[4], mb.column(rows):median())
        assert.equal(expected[7], (mb.column(rows) + 0):quantile(0.99))
      end
    end)
  end

  it("find heavy values and neighbours of many rows", function()
    local n = 300000
    local i = mb.range(1, n)
    local half = mb.where((i % 2):eq(0), 5, i):eval()
    assert.equal(5.0, half:median())
    assert.equal(5.0, mb.full(n, 5):median())
    assert.equal(n / 2 + 0.5, i:median())
    -- All but a few in one bin: words differ in their lowest bits alone. The rows have 292 of each
    -- of the remainders 0 to 3, and 293 of each up to 992.
    local close = mb.where(i:le(3), 1e300, (i % 1024):as "float" * 2.0 ^ -52 + 1)
    assert.equal(1e300, close:quantile(1))
    assert.equal(1 + 511 * 2.0 ^ -52, close:slice(4):quantile(0.5))
    assert.same({ 1.0, 9.0 }, mb.where(i:le(n // 2), 1.0, 9.0):quantile { 0.3, 0.7 })
    assert.equal(n - 1000.0, ragged(i, n - 2000, n):median())
  end)

  it("find many at once, of values that a sample does not show", function()
    local n = 280000
    local i = mb.range(0, n - 1)
    -- One rank has all of the middle; and a value that few rows have is between two heavy ones.
    local shapes = {
      { i, function(k) return k end },
      { (i * 7919 % n):eval() // 2 * 3, function(k) return k // 2 * 3 end },
      { mb.where(i:lt(n // 2), 0, mb.where(i:eq(n // 2), 7, 9)),
        function(k) return k < n // 2 and 0 or k == n // 2 and 7 or 9 end },
      { mb.where(i:lt(n - 3), 2, i) * 1e10, function(k) return (k < n - 3 and 2 or k) * 1e10 end },
    }
    local list = {}
    for k = 0, 20 do list[#list + 1] = k / 20 end
    for number, shape in ipairs(shapes) do
      local column, at = shape[1]:eval(), shape[2]
      local function expected(q)
        local place = q * (n - 1)
        local low = math.floor(place)
        local a, b = at(low) + 0.0, at(math.min(low + 1, n - 1)) + 0.0
        local part = place - low
        return part < 0.5 and a + (b - a) * part or b - (b - a) * (1 - part)
      end
      for _, count in ipairs { 3, 6, 7, #list } do
        local chosen = table.move(list, #list - count + 1, #list, 1, {})
        for k, x in ipairs(column:quantile(chosen)) do
          assert.equal(expected(chosen[k]), x, number .. " " .. chosen[k])
        end
      end
    end
  end)

  it("find values of 4-byte offsets from any base", function()
    local n = 270001
    for _, base in ipairs { 0, 1 << 40, -(1 << 40) } do
      local c = (mb.range(0, n - 1):shuffle(3) * 12500 + base):eval()
      local gaps = mb.where((c // 12500 % 3):eq(base // 12500 % 3), mb.null, c):eval()
      assert.equal(4, c:info().width)
      local list, expected = { 0, 0.1, 0.25, 0.5, 0.999, 1 }, {}
      for k = 0, 50 do list[#list + 1] = k / 50 end
      for i, q in ipairs(list) do expected[i] = q * (n - 1) * 12500 + base end
      for i, x in ipairs(c:quantile(list)) do
        assert.truthy(math.abs(x - expected[i]) <= 1, list[i])
      end
      assert.truthy(math.abs(gaps:median() - expected[4]) <= 12500)
      local part = c[c:ge(expected[3])]:eval() -- its bounds are those of all rows
      assert.equal(expected[3] + 101250 * 12500, part:median())
    end
  end)

  it("take every type and its extremes", function()
    local first, last = math.mininteger, math.maxinteger
    assert.equal(first + 0.0, mb.column { first, 0, last }:quantile(0))
    assert.equal(last + 0.0, mb.column { first, 0, last }:quantile(1))
    assert.equal(2.0 ^ 64, mb.column({ -1, 0 }, "uint"):quantile(1))
    assert.equal(2.0 ^ 63, mb.column({ -1, 1 << 63, 0 }, "uint"):median())
    assert.equal(0.5, mb.column { true, false }:median())
    assert.same({ -huge, 3.0, huge }, mb.column { huge, 3.0, -huge }:quantile { 0, 0.5, 1 })
    assert.equal(huge, mb.column { huge, huge }:median())
  end)

  it("propagate NaN unless told to leave it out", function()
    for _, copies in ipairs { 1, 30000, 60000 } do
      local c = mb.column { 1.0, nan, 3.0, null, -nan }:repeat_by(copies)
      local median = c:median()
      assert.truthy(median ~= median)
      assert.equal(2.0, c:median { skipna = true })
      assert.same({ 1.0, 3.0 }, c:quantile({ 0, 1 }, { skipna = true }))
      local nothing = mb.full(copies, nan):median { skipna = true }
      assert.truthy(nothing ~= nothing)
    end
    for _, none in ipairs { mb.column {}, mb.column({}, "int"), mb.column { null, null } } do
      local median = none:median()
      assert.truthy(median ~= median)
    end
    assert.same({}, mb.column { 1 }:quantile {})
  end)

  it("are those of numpy", function()
    if mb.size() > 2 then return end
    local c = mb.random(100003, { seed = 5, high = 1 << 40 })
    local rows = {}
    for i, x in ipairs(((c / 7):slice(1, 1003)):to_table()) do rows[i] = ("%.17g"):format(x) end
    local list = { 0, 0.1, 1 / 3, 0.5, 0.9, 0.999, 1 }
    local out = helper.python_output([[
import sys, numpy
x = numpy.array(sys.argv[1].split(), dtype=float)
q = numpy.array(sys.argv[2].split(), dtype=float)
print(" ".join("%.17g" % v for v in numpy.quantile(x, q)))]], table.concat(rows, " "),
      ("%.17g "):rep(#list):format(table.unpack(list)))
    local expected = {}
    for word in out:gmatch "%S+" do expected[#expected + 1] = tonumber(word) end
    local found = (c / 7):slice(1, 1003):quantile(list)
    for i, x in ipairs(expected) do
      assert.truthy(math.abs(found[i] - x) <= math.abs(x) * 1e-15, list[i])
    end
  end)

  it("lie between values that are further apart than any float", function()
    local most = 1.7976931348623157e308
    for _, case in ipairs {
      { { 1.0, 2.0, huge, huge }, { [0] = 1.0, 1.75, huge, huge, huge } },
      { { 2.5, huge }, { [0] = 2.5, huge, huge, huge, huge } },
      { { -huge, 2.5 }, { [0] = -huge, -huge, -huge, -huge, 2.5 } },
      { { -1e308, 1e308 }, { [0] = -1e308, -5e307, 0.0, 5e307, 1e308 } },
      { { -most, -1.0, 1.0, most }, { [0] = -most, -most / 4, 0.0, most / 4, most } },
      { { -huge, -huge, huge, huge }, { [0] = -huge, -huge, nan, huge, huge } },
      { { 5e-324, 5e-324, 1.5e-323 }, { [0] = 5e-324, 5e-324, 5e-324, 1e-323, 1.5e-323 } },
    } do
      local rows, expected = case[1], case[2]
      local c = mb.column(rows)
      local groups = mb.group_by((mb.range(1, 3 * #rows) - 1) // #rows)
      local thrice = mb.concat { c, c, c }
      for i = 0, 4 do
        for _, got in ipairs { c:quantile(i / 4), groups:quantile(thrice, i / 4)[2] } do
          assert.truthy(got == expected[i] or got ~= got and expected[i] ~= expected[i],
            ("%s at %d/4: %s"):format(table.concat(rows, " "), i, got))
        end
      end
    end
  end)

  it("are found for as many as are asked", function()
    local n, list, expected = 1 << 14, {}, {}
    for i = 0, n do list[i + 1], expected[i + 1] = (i * 7919 % (n + 1)) / n, i * 7919 % (n + 1) + 0.0 end
    assert.same(expected, mb.range(0, n):quantile(list))
  end)

  it("refuse what is no quantile", function()
    local c = mb.column { 1, 2 }
    for _, q in ipairs { -0.1, 1.1, nan } do
      assert.error_matches(function() c:quantile(q) end, "from 0 to 1")
    end
    assert.error_matches(function() c:quantile() end, "number from 0 to 1")
    assert.error_matches(function() c:quantile { "x" } end, "number expected")
    assert.error_matches(function() c:median { skip = true } end, "no option 'skip'")
  end)

  it("survive faults", function()
    local few, many = mb.column { 3, 1, 2 }, mb.random(270000, { seed = 1 }):eval()
    local expected = many:median()
    with_faults(9, function()
      assert.equal(2.0, few:median())
      assert.equal(expected, many:median())
    end)
  end)
end)

describe("histogram", function()
  -- The bin of a value, by its edges.
  local function bin_of(x, edges)
    if not (x >= edges[1] and x <= edges[#edges]) then return nil end
    for i = 1, #edges - 2 do
      if x < edges[i + 1] then return i end
    end
    return #edges - 1
  end

  local function edges_of(low, high, bins)
    local edges = {}
    for i = 0, bins - 1 do edges[i + 1] = low + i * ((high - low) / bins) end
    edges[bins + 1] = high
    return edges
  end

  local function counted(rows, edges)
    local counts = {}
    for i = 1, #edges - 1 do counts[i] = 0 end
    for _, x in ipairs(rows) do
      local bin = not rawequal(x, null) and bin_of(x + 0.0, edges)
      if bin then counts[bin] = counts[bin] + 1 end
    end
    return counts
  end

  it("counts values between edges", function()
    local random = helper.random(4)
    local rows = {}
    for i = 1, 4000 do
      local word = random(-500, 1700)
      rows[i] = word % 11 == 0 and null or word % 13 == 0 and nan + 0.0 or word / 10
    end
    for _, bins in ipairs { 1, 3, 10, 1000 } do
      local counts, edges = mb.column(rows):histogram { bins = bins, range = { 0, 100 } }
      assert.same(edges_of(0.0, 100.0, bins), edges:to_table())
      assert.same(counted(rows, edges:to_table()), counts:to_table())
      assert.equal("int", counts:type())
    end
    local _, edges = mb.column(rows):histogram { bins = 7 }
    assert.equal(7 + 1, #edges)
    assert.equal(-50.0, edges[1])
    assert.equal(170.0, edges[-1])
  end)

  it("closes the last bin, and those at rounding edges are on their side", function()
    local rows = {}
    for i = 0, 60 do rows[i + 1] = i * 0.1 end
    for i = 0, 60 do rows[i + 62] = i / 10 end
    for _, bins in ipairs { 3, 6, 20, 60 } do
      local counts, edges = mb.column(rows):histogram { bins = bins, range = { 0, 6 } }
      assert.same(counted(rows, edges:to_table()), counts:to_table())
      assert.equal(6.0, edges[-1])
    end
    local counts = mb.column { 0, 1, 2, 2, 3 }:histogram { bins = 2, range = { 0, 2 } }
    assert.same({ 1, 3 }, counts:to_table())
  end)

  it("finds the range of ints, bools, one value and none", function()
    local counts, edges = mb.range(1, 10):histogram { bins = 3 }
    assert.same({ 3, 3, 4 }, counts:to_table())
    assert.same({ 1.0, 4.0, 7.0, 10.0 }, edges:to_table())
    counts, edges = mb.column { 5, 5 }:histogram { bins = 1 }
    assert.same({ { 2 }, { 4.5, 5.5 } }, { counts:to_table(), edges:to_table() })
    counts, edges = mb.column { null, nan }:histogram { bins = 2 }
    assert.same({ { 0, 0 }, { 0.0, 0.5, 1.0 } }, { counts:to_table(), edges:to_table() })
    assert.same({ 1, 2 }, mb.column { true, false, true }:histogram { bins = 2 }:to_table())
    assert.equal(10, #mb.column {}:histogram())
    local part = ragged(mb.range(1, 9000), 100, 199)
    assert.same({ 50, 50 }, part:histogram { bins = 2 }:to_table())
    local counts_here, edges_here = part:eval():histogram { bins = 2 }
    assert.same({ { 50, 50 }, { 100.0, 149.5, 199.0 } },
      { counts_here:to_table(), edges_here:to_table() })
    local gaps = mb.where((part % 2):eq(0), part, null):eval()
    assert.same({ 25, 25 }, gaps:histogram { bins = 2, range = { 100, 199 } }:to_table())
    local wide = mb.column { math.mininteger, 0, math.maxinteger }
    assert.same({ 1, 2 }, wide:histogram { bins = 2 }:to_table())
  end)

  -- The counts of numpy, of each of the lines of `cases`: bins, low, high, then values.
  local function counts_of_numpy(cases)
    local out = helper.python_output([[
import sys, numpy
for line in sys.argv[1].split(";"):
    bins, low, high, *values = line.split()
    ends = None if low == "none" else (float(low), float(high))
    counts = numpy.histogram(numpy.array(values, dtype="int64"), int(bins), ends)[0]
    print(" ".join(str(n) for n in counts))]], table.concat(cases, ";"))
    local counts = {}
    for line in out:gmatch "[^\n]+" do
      counts[#counts + 1] = {}
      for n in line:gmatch "%d+" do table.insert(counts[#counts], math.tointeger(n)) end
    end
    return counts
  end

  it("has numpy's bins of integers of any width", function()
    local random, cases, columns = helper.random(7), {}, {}
    local settings = {
      { base = 0, span = 200, bins = 10 },
      { base = -70, span = 140, bins = 7, range = { -0.3, 0.4 } },
      { base = 1000, span = 60000, bins = 300 },
      { base = -5, span = 10, bins = 100, range = { -0.7, 2.1 } },
      { base = 86400, span = 172799, bins = 1000 },
      { base = 1 << 40, span = 4000000000, bins = 1000 },
      { base = -(1 << 40), span = 1000000, bins = 33, range = { -(2.0 ^ 40), 10 - 2.0 ^ 40 } },
      { base = 0, span = 100000, bins = 9, range = { -50, 100 } },
      { base = 0, span = 70000, bins = 5, range = { 70001, 80000 } },
      { base = 3, span = 99999, bins = 3000 },
      { base = 0, span = 58, bins = 14 }, -- edge 7 is rounded up from 29, and 29 left of it
      { base = 70000, span = 464, bins = 14, range = { 70000, 70464 } },
      { base = 0, span = 100000, bins = 14, range = { 0, 116 } },
    }
    for _, at in ipairs(settings) do
      local rows = {}
      for i = 1, 300 do rows[i] = at.base + random(0, at.span) end
      for i = 1, 20 do rows[#rows + 1] = at.base + at.span * i // 20 end
      rows[#rows + 1] = at.base
      local sorted = table.move(rows, 1, #rows, 1, {})
      table.sort(sorted)
      local ends = at.range and ("%.17g %.17g"):format(at.range[1], at.range[2]) or "none none"
      cases[#cases + 1] = ("%d %s %s"):format(at.bins, ends, table.concat(rows, " "))
      columns[#cases] = { mb.column(rows), mb.column(sorted), mb.column(sorted):reverse() }
    end
    for i, expected in ipairs(counts_of_numpy(cases)) do
      local at = settings[i]
      for _, c in ipairs(columns[i]) do
        assert.same(expected, c:histogram { bins = at.bins, range = at.range }:to_table())
        local gaps = mb.where((mb.range(1, 2 * #c) % 2):eq(0), c:repeat_by(2), null):eval()
        local counts = gaps:histogram { bins = at.bins, range = at.range }
        assert.same(expected, counts:to_table())
        local a, b = c, mb.full(#c, 0.5)
        counts = mb.histogram2d(a, b, { bins = { at.bins, 1 }, range = { at.range, { 0, 1 } } })
        assert.same(expected, counts:to_table())
      end
    end
  end)

  -- Cases that Python's fractions answer: values|edges, floats as hexadecimal ones. Edges are exact
  -- quotients where these and the values are integers, else near them; counts are by the edges.
  local exact_counts = [[
import sys
from fractions import Fraction
def number(word): return Fraction(float.fromhex(word) if "x" in word else int(word))
for line in sys.argv[1].split(";"):
    values, edges = ([number(w) for w in part.split()] for part in line.split("|"))
    low, high, bins = min(values), max(values), len(edges) - 1
    for i, edge in enumerate(edges):
        exact = low + (high - low) * i / bins
        near = (abs(exact) + high - low) / 2 ** 50 + Fraction(1, 2 ** 1072)
        assert abs(edge - exact) <= near if "x" in line else edge == exact, (line, i)
    assert edges[0] <= low and edges[-1] >= high and sorted(set(edges)) == edges
    counts = [0] * bins
    for value in values:
        at = sum(edge <= value for edge in edges) - 1
        counts[min(at, bins - 1)] += 1
    print(*counts)
]]

  it("is exact of values far from zero, far apart or close together", function()
    local mini, maxi, stamp <const> = math.mininteger, math.maxinteger, 1771234567000000000
    local random, cases, words = helper.random(3), {}, {}
    local function add(kind, bins, values)
      for _ = 1, 150 do values[#values + 1] = values[(random(0, 1 << 30) % #values) + 1] end
      cases[#cases + 1] = { kind, bins, values }
    end
    local function between(low, span, n, scale)
      local values = { low, low + span }
      for i = 3, n do values[i] = low + random(0, 1 << 30) * (scale or 1) % (span + 1) end
      return values
    end
    add("int", 10, { stamp, stamp + 100, stamp + 900, stamp + 1000 })
    add("int", 5, between(stamp, 1000000, 200))
    add("int", 7, between(stamp, 86400 * 10 ^ 9 // 1 | 0, 200, 80000))
    add("int", 1000, between(stamp, 3600 * 10 ^ 9 // 1 | 0, 500, 3400))
    add("int", 20, between(1 << 60, 5000, 300))
    add("int", 16, between(-(1 << 62), 1 << 30, 300))
    add("int", 3, { mini, -1, 0, 1, maxi })
    add("int", 2, { mini, -1, 0, 1, maxi })
    add("int", 255, { mini, mini + 1, -1 << 53, 0, 1 << 53, maxi - 1, maxi })
    add("int", 100, between(-(1 << 53), 200, 300))
    add("uint", 3, { 0, 5, -1, -2, mini, maxi })
    add("uint", 15, { -1, -16, -3, -8 })
    add("uint", 4, { 0, 5, -1 })
    add("float", 4, { -1.7e308, 0.0, 1.7e308, 5e-324, -5e-324 })
    add("float", 7, { -1.7976931348623157e308, -1e300, 0.0, 1e308, 1.7976931348623157e308 })
    add("float", 4, { 1e-308, 1.25e-308, 1.5e-308, 1.9e-308, 2e-308 })
    add("float", 10, { 5e-324, 1e-322, 5e-323, 2.2e-322 })
    add("float", 2, { 1.0, 1.0000000000000002, 1.0000000000000004 })
    add("float", 5, { 1e15, 1e15 + 0.125, 1e15 + 1, 1e15 + 0.875, 1e15 + 2 })
    for i, case in ipairs(cases) do
      local kind, bins, values = table.unpack(case)
      local c = mb.column(values, kind)
      local counts, edges = c:histogram { bins = bins }
      case.counts = { counts:to_table() }
      for _, other in ipairs { c:sort(), c + 0, mb.concat { c, c }[mb.range(1, 2 * #c):gt(#c)] } do
        table.insert(case.counts, (other:histogram { bins = bins }):to_table())
      end
      local plane = mb.histogram2d(c, mb.full(#c, 0.5), { bins = { bins, 1 } })
      table.insert(case.counts, plane:to_table())
      local function show(x, type)
        if type == "float" then return ("%a"):format(x) end
        return type == "uint" and tostring(mb.uint(x)) or ("%d"):format(x)
      end
      local shown = { {}, {} }
      for k, x in ipairs(values) do shown[1][k] = show(x, kind) end
      for k, x in ipairs(edges:to_table()) do shown[2][k] = show(x, edges:type()) end
      words[i] = table.concat(shown[1], " ") .. "|" .. table.concat(shown[2], " ")
      assert.truthy(edges:type() == "float" or edges:type() == kind)
    end
    local i = 0
    for line in helper.python_output(exact_counts, table.concat(words, ";")):gmatch "[^\n]+" do
      i = i + 1
      for way, counts in ipairs(cases[i].counts) do
        assert.equal(line, table.concat(counts, " "), ("case %d, way %d"):format(i, way))
      end
    end
    assert.equal(#cases, i)
  end)

  it("takes a range of any numbers", function()
    local u, i = mb.column({ 0, 5, -1, 1 << 63 }, "uint"), mb.column { math.mininteger, -3, 7 }
    local top = mb.uint "18446744073709551615"
    assert.same({ 2, 1, 1 }, (u:histogram { bins = 3, range = { 0, top } }):to_table())
    assert.same({ 0, 2 }, (u:histogram { bins = 2, range = { -8, 8 } }):to_table())
    assert.same({ 0, 0, 1 }, (u:histogram { bins = 3, range = { mb.uint(-16), top } }):to_table())
    assert.same({ 2, 0 }, (i:histogram { bins = 2, range = { -2.0 ^ 62, top } }):to_table())
    assert.same({ 0, 0 }, (i:histogram { bins = 2, range = { 2.0 ^ 63, 2.0 ^ 64 } }):to_table())
    assert.same({ 0, 0 }, (u:histogram { bins = 2, range = { -20, -10 } }):to_table())
    assert.same({ 0 }, (mb.column { (1 << 53) + 1 }:histogram { bins = 1, range = { 0, 1 << 53 } }):to_table())
    assert.same({ 1, 1 }, (mb.column { -1e308, 1e308 }:histogram { bins = 2, range = { -1.7e308, 1.7e308 } })
      :to_table())
  end)

  it("raises where floats cannot tell the edges apart", function()
    local stamp = 1771234567000000000
    for _, c in ipairs { mb.column { stamp, stamp, stamp }, mb.column { stamp, stamp + 1001 },
      mb.column { 1.0, 1.0000000000000002 }, mb.column { 1e300 }, mb.column { 5e-324, 1e-323 } } do
      assert.error_matches(function() c:histogram() end, "floats cannot tell apart the edges of 10 bins")
      assert.error_matches(function() mb.histogram2d(mb.full(#c, 1), c) end, "cannot tell apart")
    end
    assert.error_matches(function() mb.column { stamp, stamp + 1001 }:histogram() end,
      "from 1771234567000000000 to 1771234567000001001; take a number of bins that divides the range")
  end)

  it("counts two columns together", function()
    local n = 2000
    local a, b = mb.random(n, { seed = 1, high = 99 }), mb.random(n, { seed = 2, high = 49 }) / 2
    local x, y = a:to_table(), b:to_table()
    local counts, a_edges, b_edges = mb.histogram2d(a, b, { bins = { 5, 4 } })
    local expected = {}
    for i = 1, 20 do expected[i] = 0 end
    for i = 1, n do
      local cell = (bin_of(x[i] + 0.0, a_edges:to_table()) - 1) * 4 +
        bin_of(y[i], b_edges:to_table())
      expected[cell] = expected[cell] + 1
    end
    assert.same(expected, counts:to_table())
    counts = mb.histogram2d(a, b, { bins = 2, range = { { 0, 10 }, { 0, 5 } } })
    assert.equal((a:le(10) & b:le(5)):sum(), counts:sum())
    local first = mb.range(1, 4 * n)
    assert.equal(n, mb.histogram2d(a, first[first:le(n)]):sum())
  end)

  it("refuses what is no histogram", function()
    local c = mb.column { 1, 2 }
    assert.error_matches(function() c:histogram { bins = 0 } end, "0 bins; there may be 1 to")
    assert.error_matches(function() c:histogram { bins = 1 << 30 } end, "there may be 1 to")
    assert.error_matches(function() c:histogram { bins = 1.5 } end,
      "'bins' of 'histogram' %(an integer expected, got 1.5%)")
    assert.error_matches(function() c:histogram { range = { 2, 1 } } end, "low below high")
    assert.error_matches(function() c:histogram { range = { nan, 1 } } end, "low below high")
    assert.error_matches(function() c:histogram { range = 5 } end, "{low, high} expected, got 5")
    assert.error_matches(function() c:histogram { bin = 5 } end, "no option 'bin'")
    assert.error_matches(function() mb.column { 1, huge }:histogram() end, "infinities")
    assert.error_matches(function() mb.histogram2d(c, mb.column { 1 }) end, "the lengths differ")
    assert.error_matches(function() mb.histogram2d(c, 5) end, "a column expected, got a number")
    assert.equal(1, mb.column { 1, huge }:histogram { range = { 0, 2 } }:sum())
  end)

  it("survives faults", function()
    local c = mb.column { 1, 2, 3, 4 }
    with_faults(8, function()
      assert.same({ 2, 2 }, c:histogram { bins = 2 }:to_table())
    end)
  end)
end)

describe("digitize", function()
  local function number_of(x, edges)
    local n = 0
    for _, edge in ipairs(edges) do n = n + ((x >= edge or x ~= x) and 1 or 0) end
    return n
  end

  local function check(rows, edges, type)
    local expected = {}
    for i, x in ipairs(rows) do
      expected[i] = rawequal(x, null) and null or
        number_of(type == "bool" and (x and 1 or 0) or x, edges)
    end
    assert.same(expected, mb.column(rows, type):digitize(edges):to_table())
  end

  it("counts edges that are not above", function()
    local edges = { -huge, -2.5, -1, 0, 0, 0.5, 3, 1e300, huge }
    check({ -7.0, -2.5, -1, -0.0, 0.0, 0.4, 0.5, 2.9, 3, 1e301, huge, -huge, nan, null }, edges)
    check({ -7, -3, -2, -1, 0, 1, 2, 3, 4, math.mininteger, math.maxinteger, null }, edges)
    check({ true, false, null }, { -1, 0, 0.5, 1, 1.5, 2 }, "bool")
    check({ 5, 6 }, {})
    check({ 5, 6, 7 }, { 6 })
    check({}, { 1, 2 })
  end)

  it("is exact between ints and floats", function()
    local big = 1 << 53
    check({ big, big + 1, big + 2, math.maxinteger }, { big + 0.0, big + 1, big + 2.0, 2.0 ^ 63 })
    check({ big + 0.0, big + 2.0, 2.0 ^ 63 }, { big, big + 1, math.maxinteger })
    check({ math.mininteger, math.mininteger + 1 }, { -2.0 ^ 63, math.mininteger + 1 })
    local words = mb.column({ 1, 1 << 62, 1 << 63, -1 }, "uint")
    local edges = { -1.5, 2.0 ^ 62, 2.0 ^ 63, 2.0 ^ 64 }
    assert.same({ 1, 2, 3, 3 }, words:digitize(edges):to_table())
  end)

  it("takes pending and ragged columns of many rows", function()
    local c = mb.range(1, 20000)
    local part = c[c:gt(15000)] * 2
    local edges = {}
    for i = 1, 100 do edges[i] = 30000 + 100 * i end
    local expected = mb.where(part:lt(30100), 0, ((part - 30000) // 100):minimum(100))
    assert.equal(0, part:digitize(edges):ne(expected):sum())
  end)

  it("refuses edges that do not ascend", function()
    local c = mb.column { 1, 2 }
    assert.error_matches(function() c:digitize { 2, 1 } end, "must ascend; number 2 does not")
    assert.error_matches(function() c:digitize { nan } end, "must ascend")
    assert.error_matches(function() c:digitize { 1, "x" } end, "edge 2 is a string")
    assert.error_matches(function() c:digitize() end, "table expected")
  end)

  it("survives faults", function()
    local c = mb.column { 1, 2, 3, null }
    with_faults(8, function()
      assert.same({ 0, 1, 1, null }, c:digitize { 1.5 }:to_table())
    end)
  end)
end)
