-- Groupings, against loops in plain Lua, and pandas.
local groups = require "spec.groups"
local helper = require "spec.helper"
local match = require "spec.match"
local mb = require "moonbear"

local nan, null, inf = 0 / 0, mb.null, 1 / 0

-- Asserts that a column has these rows; floats but for rounding when told.
local function same(expected, column, what, nearly)
  local rows = column:to_table()
  assert.equal(#expected, #rows, what)
  for i, v in ipairs(expected) do
    local got = rows[i]
    local near = nearly and math.type(v) == "float" and math.type(got) == "float" and
      math.abs(v - got) <= 1e-12 * math.abs(v)
    if not near and groups.word(v) ~= groups.word(got) then
      error(("%s: row %d: expected %s, got %s"):format(what, i, tostring(v), tostring(got)), 2)
    end
  end
end

-- Groupings whose groups are found in one way; few rows are numbered, whatever is wanted.
local function group_by(keys, way)
  local grouping = mb.group_by(keys)
  mb.core.group_way(grouping._handle, way)
  return grouping
end

-- Asserts the keys and sizes of a grouping.
local function check_keys(list, grouping, types, what)
  assert.equal(#list, #grouping, what)
  local sizes = {}
  for k, column in ipairs { grouping:keys() } do
    local expected = {}
    for i, group in ipairs(list) do expected[i], sizes[i] = group.keys[k], #group.rows end
    same(expected, column, what .. " key " .. k)
    assert.equal(types[k], column:type())
  end
  same(sizes, grouping:size(), what .. " size")
end

-- n values of a type; sums of them are exact.
local function some_values(n, type, seed)
  local random, list = helper.random(seed), {}
  for i = 1, n do
    local v = random(-20, 20)
    if type == "uint" then v = math.abs(v) end
    if type == "float" then v = v / 8 end
    if type == "bool" then v = v > 0 end
    list[i] = random(1, 7) == 1 and null or v
  end
  if type == "float" and n > 40 then list[7], list[23], list[31] = nan, inf, -0.0 end
  return list
end

for _, way in ipairs { "numbered", "partitioned" } do
describe("group_by " .. way, function()
  for _, type in ipairs(match.types) do
    it("groups every form of " .. type, function()
      for i, rows in ipairs(match.inputs(type, 11)) do
        local list = groups.of({ rows }, { type })
        local grouping = group_by(match.column(rows, type, i), way)
        check_keys(list, grouping, { type }, type .. " " .. i)
        local numbers = {}
        for g, group in ipairs(list) do
          for _, row in ipairs(group.rows) do numbers[row] = g end
        end
        same(numbers, grouping:broadcast(mb.range(1, #list)), type .. " numbers " .. i)
      end
    end)
  end

  it("groups by several keys, lexicographically", function()
    local cases = { { "int", "float" }, { "bool", "uint" }, { "float", "bool", "int" },
      { "uint", "uint", "float", "bool" } }
    for c, types in ipairs(cases) do
      for i = 1, 11 do
        local rows, columns, n = {}, {}, nil
        for k, type in ipairs(types) do
          rows[k] = match.inputs(type, 3 * c + k)[(i + k) % 11 + 1]
          n = math.min(n or #rows[k], #rows[k])
        end
        for k, type in ipairs(types) do
          rows[k] = table.move(rows[k], 1, n, 1, {})
          columns[k] = match.column(rows[k], type, i + k)
        end
        check_keys(groups.of(rows, types), group_by(columns, way), types, c .. "." .. i)
      end
    end
  end)

  it("sorts keys of which there are many", function()
    local n = 150000
    for _, high in ipairs { 1 << 28, 1 << 40, math.maxinteger } do
      local keys = mb.random(n, { low = -high // 2, high = high // 2, seed = 5 })
      keys = mb.where((keys % 97):ne(0), keys, null)
      local grouping = group_by(keys, way)
      local rows, found, sizes = keys:to_table(), grouping:keys():to_table(), grouping:size():to_table()
      assert.equal(#found, #grouping)
      helper.check_once(function()
        local counts, distinct, missing = {}, 0, 0
        for _, v in ipairs(rows) do
          if rawequal(v, null) then
            missing = missing + 1
          else
            if not counts[v] then distinct = distinct + 1 end
            counts[v] = (counts[v] or 0) + 1
          end
        end
        if #found ~= distinct + 1 or sizes[#sizes] ~= missing then
          return ("%d groups, %d missing rows"):format(#found, sizes[#sizes])
        end
        for i = 1, distinct do
          if counts[found[i]] ~= sizes[i] or i > 1 and found[i - 1] >= found[i] then return "group " .. i end
        end
      end)
      local back, missing = grouping:broadcast(grouping:keys()), sizes[#sizes]
      assert.equal(n - missing, back:eq(keys):sum())
      assert.equal(missing, back:is_missing():sum())
    end
  end)

  it("keeps no rank from its share when a key is heavy, or all rows are on one rank", function()
    local n = 60000
    local spread = mb.random(n, { low = 0, high = 1 << 34, seed = 3 })
    local heavy = mb.where((mb.range(1, n) % 2):eq(0), 80, spread)
    local grouping = group_by(heavy, way)
    assert.equal(n // 2, grouping:size():max())
    assert.equal(n, grouping:size():sum())
    local few = heavy[mb.range(1, n):le(50)]
    assert.equal(26, #group_by(few, way))
  end)

  it("takes 4-byte floats", function()
    local path = helper.tmpdir() .. "/f.h5"
    helper.python_output(([[
import h5py, numpy
with h5py.File("%s", "w") as f:
  f["x"] = numpy.array([0.1, 0.5, -0.0, 0.1, numpy.nan, 0.0, numpy.nan], "float32")
]]):format(path))
    local x = mb.read_hdf(path, "x")
    local grouping = group_by(x, way)
    match.same({ 0.0, 0x1.99999ap-4, 0.5, nan }, grouping:keys(), "float")
    match.same({ 0.0, 0x1.99999ap-3, 0.5, nan }, grouping:sum(x), "float")
    match.same({ -0.0, 0x1.99999ap-4, 0.5, nan }, grouping:first(x), "float")
    match.same({ 0x1.99999ap-4, 0.5, 0.0, 0x1.99999ap-4, nan, 0.0, nan },
      grouping:broadcast(grouping:max(x)), "float")
    helper.clean()
  end)
end)
end

describe("aggregations", function()
  for _, case in ipairs(match.types) do for _, way in ipairs { "numbered", "partitioned" } do
    local type = case
    it("of " .. type .. " match loops, " .. way, function()
      for i, n in ipairs { 0, 1, 2, 3, 100, 700 } do
        local keys, rows = {}, some_values(n, type, i)
        local random = helper.random(i)
        for row = 1, n do keys[row] = random(1, 9) == 1 and null or random(1, n // 20 + 2) end
        if n == 3 then rows = { null, null, null } end
        local list = groups.of({ keys }, { "int" })
        local grouping = group_by(match.column(keys, "int", i), way)
        for k, name in ipairs(groups.names(type)) do
          local column = match.column(rows, type, i + k)
          local finite = rows
          if name == "var" then
            column = mb.column(rows, type)
            if type == "float" then
              column = mb.where(column:isfinite(), column, null)
              finite = column:to_table()
            end
          end
          same(groups.aggregate(list, name, finite, type), grouping[name](grouping, column),
            ("%s of %d %s"):format(name, n, type),
            name == "var" or name == "mean" or name == "prod")
        end
      end
    end)
  end end

  it("take keys and values of any width, from any base", function()
    local n, random = 500, helper.random(12)
    local function some(low, span, gaps)
      local rows = {}
      for i = 1, n do
        rows[i] = gaps and random(1, 9) == 1 and null or low + random(0, 99) * (span // 99)
      end
      return rows
    end
    local values = {}
    for i, span in ipairs { 99, 60000, 4000000000, 1 << 40 } do
      values[2 * i - 1] = some(0, span)
      values[2 * i] = some((i - 3) * (1 << 44), span, i > 2)
    end
    local lows = { 0, -50, 40000, (1 << 40) + 3 }
    for i, span in ipairs { 99, 990, 2475, 99000 } do
      for k, low in ipairs(lows) do
        local keys, rows = some(low, span, k > 2), values[(i + k) % #values + 1]
        local list = groups.of({ keys }, { "int" })
        local key, column = match.column(keys, "int", i), match.column(rows, "int", k)
        if k == 3 then key = mb.concat { key, mb.column { low + 2 * span } }:slice(1, n) end
        local grouping = mb.group_by(key)
        check_keys(list, grouping, { "int" }, i .. "." .. k)
        for _, name in ipairs { "sum", "count", "mean", "last" } do
          same(groups.aggregate(list, name, rows, "int"), grouping[name](grouping, column),
            ("%s %d.%d"):format(name, i, k), name == "mean")
        end
        same(keys, grouping:broadcast(grouping:keys()), "broadcast")
      end
    end
  end)

  it("give the types that their names say", function()
    local grouping = mb.group_by(mb.column { 1, 1, 2 })
    local results = {
      sum = { bool = "int" }, mean = { bool = "float", int = "float", uint = "float" },
      prod = { bool = "int" },
    }
    for _, name in ipairs { "any", "all" } do
      results[name] = { int = "bool", uint = "bool", float = "bool" }
    end
    for _, name in ipairs { "count", "argmin", "argmax", "nunique" } do
      results[name] = { bool = "int", uint = "int", float = "int" }
    end
    for _, name in ipairs { "median", "var", "std" } do
      results[name] = { bool = "float", int = "float", uint = "float" }
    end
    for _, type in ipairs(match.types) do
      local column = mb.column({ 1, 0, 1 }, "int"):as(type)
      for _, name in ipairs(groups.names(type)) do
        local expected = results[name] and results[name][type] or type
        assert.equal(expected, grouping[name](grouping, column):type(), name .. " of " .. type)
      end
    end
  end)

  it("take uints above the ints for what they are", function()
    local grouping = mb.group_by(mb.column { 1, 1, 2, 2 })
    local c = mb.column({ -1, 5, -3, -2 }, "uint")
    match.same({ 5, -3 }, grouping:min(c), "uint")
    match.same({ -1, -2 }, grouping:max(c), "uint")
    match.same({ 0x1p63, 0x1p64 }, grouping:mean(c), "float")
    match.same({ 2, 3 }, grouping:argmin(c))
    match.same({ 5 & -1, -4 }, grouping:bit_and(c), "uint")
  end)

  it("add integers in 128 bits and refuse sums that do not fit", function()
    local grouping = mb.group_by(mb.column { 1, 2, 1, 2, 1 })
    local c = mb.column { math.maxinteger, 1, math.maxinteger, 2, math.mininteger }
    match.same({ math.maxinteger - 1, 3 }, grouping:sum(c))
    match.same({ (math.maxinteger - 1) / 3, 1.5 }, grouping:mean(c), "float")
    assert.error_matches(function() grouping:sum(c:as("uint", { wrap = true })) end,
      "sum: that of group 1 does not fit a uint; sum the column :as")
    local large = mb.where(c:gt(3), c, math.maxinteger)
    assert.error_matches(function() grouping:sum(large) end,
      "sum: that of group 1 does not fit an int")
  end)

  it("give std, quantiles and heads", function()
    local grouping = mb.group_by(mb.column { 3, 1, 3, 1, 3, 3, 2 })
    local c = mb.column { 1, 2, 3, 4, 5, 9, null }
    same({ 1.0, nan, 2.9580398915498 }, grouping:std(c):round(13), "std")
    same({ 1.0, nan, 2.9580398915498 }, (grouping:var(c) ^ 0.5):round(13), "var")
    same({ 2.0, nan, 35 / 3 }, grouping:var(c, { ddof = 1 }), "ddof", true)
    same({ 2.5, nan, 2.5 }, grouping:quantile(c, 0.25), "quarter")
    same({ 4.0, nan, 9.0 }, grouping:quantile(c, 1), "largest")
    same({ true, true, true, true, false, false, true }, grouping:head(2), "head")
    same({ false, false, false, false, false, false, false }, grouping:head(0), "no head")
    assert.error_matches(function() grouping:quantile(c, 1.5) end, "number from 0 to 1")
    assert.error_matches(function() grouping:var(c, { dof = 1 }) end, "no option 'dof'")
  end)

  it("have no variance where values are equal", function()
    local grouping = mb.group_by(mb.range(1, 900) % 7)
    assert.equal(0.0, grouping:var(mb.full(900, 0.1)):max())
  end)
end)

describe("sums and products of floats", function()
  -- Values of all magnitudes, in groups of some hundred.
  local script = [[
    local mb = require "moonbear"
    local r = mb.random(20000, { low = -(1 << 52), high = 1 << 52, seed = 9 })
    local e = mb.random(20000, { low = -30, high = 30, seed = 10 })
    local x = r * mb.where((e % 3):eq(0), 1.0, 2.0 ^ (e * 1.0))
    local g = mb.group_by(mb.random(20000, { low = 1, high = 50, seed = 11 }))
    local sums, means = g:sum(x):to_table(), g:mean(x):to_table()
    local stds, products = g:std(x):to_table(), g:prod(x / (1 << 51)):to_table()
    for i = 1, #sums do
      print(("%a %a %a %a"):format(sums[i], means[i], stds[i], products[i]))
    end]]

  it("have the same bits on any number of ranks", function()
    if mb.size() > 1 then return end -- starts its own
    local _, one = helper.run(1, script)
    assert.truthy(#one > 500)
    for n = 2, 4 do
      local _, out = helper.run(n, script)
      assert.equal(one, out)
    end
  end)

  it("are right to the last bit or two", function()
    local n = 5000
    local r = mb.random(n, { low = -(1 << 52), high = 1 << 52, seed = 9 })
    local x = r * 2.0 ^ (mb.random(n, { low = -30, high = 30, seed = 10 }) * 1.0)
    local key = mb.random(n, { low = 1, high = 20, seed = 11 })
    local list = groups.of({ key:to_table() }, { "int" })
    local rows, sums, lines = x:to_table(), mb.group_by(key):sum(x):to_table(), {}
    for i, group in ipairs(list) do
      local words = {}
      for k, row in ipairs(group.rows) do words[k] = ("%a"):format(rows[row]) end
      lines[i] = table.concat(words, " ")
    end
    local path = helper.write_file(helper.tmpdir() .. "/x", table.concat(lines, "\n") .. "\n")
    local out = helper.python_output([[
import sys, math
for line in open(sys.argv[1]):
  print(math.fsum(float.fromhex(x) for x in line.split()).hex())]], path)
    local i = 0
    for word in out:gmatch "%S+" do
      i = i + 1
      local exact = tonumber(word)
      assert.truthy(math.abs(exact - sums[i]) <= math.abs(exact) * 2.0 ^ -52, word)
    end
    assert.equal(#sums, i)
    helper.clean()
  end)

  it("are right to the last bit or two in products", function()
    local n = 3000
    local x = mb.random(n, { low = -(1 << 52), high = 1 << 52, seed = 3 }) / (1 << 51) + 0.1
    local key = mb.random(n, { low = 1, high = 20, seed = 4 })
    local list = groups.of({ key:to_table() }, { "int" })
    local rows, lines = x:to_table(), {}
    local products = mb.group_by(key):prod(x):to_table()
    for i, group in ipairs(list) do
      local words = { ("%a"):format(products[i]) }
      for k, row in ipairs(group.rows) do words[k + 1] = ("%a"):format(rows[row]) end
      lines[i] = table.concat(words, " ")
    end
    local path = helper.write_file(helper.tmpdir() .. "/x", table.concat(lines, "\n") .. "\n")
    assert.equal("20 0", (helper.python_output([[
import sys, math
from fractions import Fraction
right = wrong = 0
for line in open(sys.argv[1]):
  got, *factors = [Fraction(float.fromhex(x)) for x in line.split()]
  near = abs(got / math.prod(factors) - 1) <= Fraction(2) ** -52
  right, wrong = right + near, wrong + (not near)
print(right, wrong)]], path):gsub("%s+$", "")))
    helper.clean()
  end)

  it("multiply exactly where the product is exact, and beyond all exponents on the way", function()
    local tiny, huge = 2.0 ^ -1074, 0x1.fffffffffffffp1023
    local cases = {
      { { 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0, 29.0, 31.0, 37.0, 41.0, 43.0 },
        6541380665835015.0 },
      { { huge, huge, tiny, tiny }, huge * (huge * tiny) * tiny }, { { huge, 2.0 }, inf },
      { { huge }, huge }, { { tiny }, tiny }, { { tiny, -0.25 }, -0.0 }, { { -3.0, 1 / 8 }, -3 / 8 },
      { { inf, -1.0 }, -inf }, { { inf, 0.0 }, nan }, { { nan, 0.0 }, nan }, { { -0.0, 5.0 }, -0.0 },
      { { -0.0, -1.0 }, 0.0 }, { { -inf, -inf }, inf }, { { 1.1 }, 1.1 }, { { 1e-300, 1e300 }, 1.0 },
    }
    local keys, values, expected = {}, {}, {}
    for i, case in ipairs(cases) do
      expected[i] = case[2]
      for _, v in ipairs(case[1]) do keys[#keys + 1], values[#values + 1] = i, v end
    end
    for round = 1, 2 do
      same(expected, mb.group_by(mb.column(keys)):prod(mb.column(values)), "prod " .. round)
      for k = 1, #keys // 2 do -- the other way round
        keys[k], keys[#keys + 1 - k] = keys[#keys + 1 - k], keys[k]
        values[k], values[#keys + 1 - k] = values[#keys + 1 - k], values[k]
      end
    end
  end)

  it("know infinities, NaN, the smallest and the largest numbers", function()
    local tiny, huge = 2.0 ^ -1074, 0x1.fffffffffffffp1023
    local cases = {
      { { inf, 1.0 }, inf }, { { inf, -inf }, nan }, { { -inf, 5.0 }, -inf }, { { nan, 1.0 }, nan },
      { { tiny, tiny }, 2 * tiny }, { { huge, huge }, inf }, { { huge, huge, -huge }, huge },
      { { huge, 1.0, -huge }, 0.0 }, { { 1.0, 2.0 ^ -52, -1.0 }, 2.0 ^ -52 }, { { -0.0 }, 0.0 },
      { { 0x1p-1022, -tiny }, 0x1p-1022 - tiny },
    }
    local keys, values, expected = {}, {}, {}
    for i, case in ipairs(cases) do
      expected[i] = case[2]
      for _, v in ipairs(case[1]) do keys[#keys + 1], values[#values + 1] = i, v end
    end
    same(expected, mb.group_by(mb.column(keys)):sum(mb.column(values)), "sum")
    match.same({ huge }, mb.group_by(mb.column { 1, 1 }):mean(mb.column { huge, huge }))
  end)
end)

describe("groupings of frames", function()
  local flows = mb.frame {
    { "port", mb.column { 80, 443, 80, 22, 80 } }, { "proto", mb.column { 6, 6, 17, 6, 6 } },
    { "bytes", mb.column { 10, 20, 30, 40, 50 } },
  }

  it("aggregate several columns at once", function()
    local summary = flows:group_by("port"):agg {
      total = { "bytes", "sum" }, flows = "size", most = { "bytes * 2", "max" },
      middle = { flows.bytes, "median" },
    }
    assert.same({ "port", "flows", "middle", "most", "total" }, summary:columns())
    match.same({ 22, 80, 443 }, summary.port)
    match.same({ 1, 3, 1 }, summary.flows)
    match.same({ 40.0, 30.0, 20.0 }, summary.middle)
    match.same({ 80, 100, 40 }, summary.most)
    match.same({ 40, 90, 20 }, summary.total)
  end)

  it("take pairs of a name and what it is", function()
    local summary = flows:group_by("port"):agg { { "total", { "bytes", "sum" } }, { "n", "size" },
      { "bytes", { "bytes", { "min", "max" } } } }
    assert.same({ "port", "total", "n", "bytes_min", "bytes_max" }, summary:columns())
    match.same({ 40, 90, 20 }, summary.total)
    match.same({ 40, 50, 20 }, summary.bytes_max)
  end)

  it("keep the order of a list, and take more than a pass computes", function()
    local list = {}
    for i = 1, 40 do list[i] = { "c" .. i, "bytes + " .. i, "min" } end
    list[41] = { "n", "size" }
    local summary = flows:group_by { "port", "proto" }:agg(list)
    assert.equal("c40", summary:columns()[42])
    match.same({ 62, 32, 52, 42 }, summary.c22)
    match.same({ 1, 2, 1, 1 }, summary.n)
  end)

  it("give the first rows of each group as a frame", function()
    local first = flows:group_by("port"):head(1)
    match.same({ 80, 443, 22 }, first.port)
    match.same({ 10, 20, 40 }, first.bytes)
  end)

  it("refuse what they cannot do", function()
    local grouping = flows:group_by "port"
    for _, case in ipairs {
      { function() flows:group_by "por" end, "there is no column 'por'; did you mean 'port'" },
      { function() flows:group_by() end, "takes the names of columns, got none" },
      { function() mb.group_by(5) end, "column or list of columns expected, got 5" },
      { function() mb.group_by {} end, "column or list of columns expected" },
      { function() mb.group_by { flows.port, 3 } end, "key 2 must be a column, got 3" },
      { function() mb.group_by { flows.port, mb.range(1, 4) } end,
        "the lengths differ: key 1 has 5 rows and key 2 has 4" },
      { function() grouping:sum(mb.range(1, 4)) end,
        "sum of groups: the lengths differ: the grouping has 5 rows, the column 4" },
      { function() grouping:broadcast(mb.range(1, 5)) end, "there are 3 groups, and 5 rows" },
      { function() grouping:sum(5) end, "bad argument #1 to 'sum' %(column, its name or an expression expected" },
      { function() grouping:bit_or(flows.bytes * 0.5) end, "takes int and uint columns, not float" },
      { function() grouping:agg { x = { "bytes", "total" } } end,
        "'x' is 'total', not an aggregation" },
      { function() grouping:agg { port = "size" } end, "two columns are called 'port'" },
      { function() grouping:agg "size" end, "table of aggregations by name expected" },
      { function() return grouping.bytes end, 'of the column write grouping:sum%("bytes"%)' },
      { function() grouping:head(-1) end, "-1 row of each group" },
    } do
      assert.error_matches(case[1], case[2])
    end
    grouping:close()
    grouping:close()
    assert.error_matches(function() grouping:size() end, "the grouping is closed")
    match.same({ 22, 80, 443 }, (grouping:keys()))
  end)
end)

describe("groupings in little memory", function()
  it("mend a failed allocation", function()
    local a, b = mb.column { 5, 1, null, 1, 9 }, mb.column { 2.5, 1.5, nan, 1.5, 2 }
    for rank, n in helper.failures(40, 3) do
      mb.core.inject_fault(rank, n)
      local grouping = mb.group_by { a, b }
      match.same({ 1.5, 2.5, 2.0, nan }, (select(2, grouping:keys())))
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, n)
      match.same({ 3.0, 2.5, 2.0, nan }, grouping:sum(b))
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, n)
      match.same({ 2, 1, 5, 3 }, grouping:argmin(b))
      match.same({ 1.5, 2.5, 2.0, nan }, select(2, grouping:keys()))
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, n)
      match.same({ 2, 1, 1, 1, 3 }, grouping:broadcast(mb.column { 1, 2, 3, 1 }))
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, n)
      match.same({ true, true, true, false, true }, grouping:head(1))
      mb.core.inject_fault(rank, 0)
    end
  end)

  it("raise one error when the memory does not suffice, and go on", function()
    assert.error_matches(function() mb.group_by(mb.random(1 << 45, { seed = 1 })):keys() end,
      "out of memory")
    match.same({ 1, 2 }, (mb.group_by(mb.column { 2, 1 }):keys()))
  end)
end)

describe("groupings of ranks that disagree", helper.once(function()
  it("raise one error on all", function()
    for _, pair in ipairs {
      { "#mb.group_by(a)", "#mb.group_by(b)" },
      { "mb.group_by(a):keys()", "mb.group_by { a, b }:keys()" },
      { "g:sum(a)", "g:sum(b)" }, { "g:sum(a)", "g:mean(a)" }, { "g:sum(a)", "h:sum(a)" },
      { "g:head(1)", "g:head(2)" }, { "g:broadcast(a)", "h:broadcast(a)" },
      { "g:agg { n = 'size' }", "g:agg { n = { a, 'sum' } }" },
    } do
      local code, out, err = helper.run(3, ([[
        local mb = require "moonbear"
        local a, b = mb.column { 1, 2 }, mb.column { 4, 5 }
        local g, h = mb.group_by(a), mb.group_by(b)
        local ok, message = pcall(function()
          if mb.rank() == 1 then return %s else return %s end
        end)
        print(ok, message)
        print(#g:sum(b))]]):format(pair[1], pair[2]))
      assert.equal(1, code, out .. err)
      assert.truthy(out:find("^false\t.*the ranks diverged.*rank 1.*\n2\n$"), out .. err)
    end
  end)
end))

describe("a million rows", helper.once(function()
  it("are grouped as pandas does", function()
    local path = helper.tmpdir() .. "/m.h5"
    local out = helper.python_output(([[
import h5py, numpy, pandas
r = numpy.random.default_rng(1)
n = 1000000
d = {"a": r.integers(0, 300, n), "b": r.integers(-2**40, 2**40, n) // 2**28, "x": r.normal(size=n),
     "v": r.integers(-1000, 1000, n)}
with h5py.File("%s", "w") as f:
  for k, v in d.items(): f[k] = v
g = pandas.DataFrame(d).groupby(["a", "b"])
s = g.agg(n=("v", "size"), total=("v", "sum"), least=("v", "min"), x=("x", "mean"),
          spread=("x", "std"), middle=("v", "median"), kinds=("v", "nunique")).reset_index()
s["spread"] = s["spread"].fillna(0)
w = numpy.arange(1, len(s) + 1)
for c in s.columns: print(float((s[c].astype(float) * (w %% 1009)).sum()).hex())
print(len(s))]]):format(path))
    local f = mb.frame { { "a", mb.read_hdf(path, "a") } }
    for _, name in ipairs { "b", "x", "v" } do f[name] = mb.read_hdf(path, name) end
    local g = f:group_by("a", "b")
    local s = g:agg { { "n", "size" }, { "total", "v", "sum" }, { "least", "v", "min" },
      { "x", "x", "mean" }, { "spread", "x", "std" }, { "middle", "v", "median" },
      { "kinds", "v", "nunique" } }
    local spread = g:std("x", { ddof = 1 })
    s.spread = mb.where(spread:isnan(), 0.0, spread)
    local weight, words = mb.range(1, #s) % 1009, {}
    for word in out:gmatch "%S+" do words[#words + 1] = tonumber(word) end
    assert.equal(words[#words], #s)
    for i, name in ipairs(s:columns()) do
      local got = (s[name] * 1.0 * weight):sum()
      assert.truthy(math.abs(got - words[i]) <= 1e-9 * math.abs(words[i]), name)
    end
    helper.clean()
  end)
end))
