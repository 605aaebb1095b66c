-- Distinct values and set operations, against loops in plain Lua.
local helper = require "spec.helper"
local match = require "spec.match"
local mb = require "moonbear"

local nan, null = 0 / 0, mb.null

describe("unique, nunique and value_counts", function()
  for _, type in ipairs(match.types) do
    it("match a loop for every form of " .. type, function()
      for i, rows in ipairs(match.inputs(type, 1)) do
        local values, ns = match.distinct(rows, type)
        local keys, counts = match.column(rows, type, i):value_counts()
        match.same(values, keys, type)
        match.same(ns, counts, "int")
        match.same(values, match.column(rows, type, i + 1):unique(), type)
        assert.equal(#values, match.column(rows, type, i + 2):nunique())
      end
    end)
  end

  it("take all NaN for one value, the last, and -0.0 for 0.0", function()
    local c = mb.column { nan, -0.0, 3.5, -nan, 0.0, null, 1 / 0, -1 / 0 }
    local keys, counts = c:value_counts()
    match.same({ -1 / 0, 0.0, 3.5, 1 / 0, nan }, keys, "float")
    match.same({ 1, 2, 1, 1, 2 }, counts)
    assert.equal(5, c:nunique())
    local most = {}
    for key, n in mb.most_common(keys, counts, 3) do most[#most + 1] = { tostring(key), n } end
    assert.same({ { "0.0", 2 }, { tostring(nan), 2 }, { "-inf", 1 } },
      { most[1], { most[2][1]:gsub("^%-?nan", tostring(nan)) .. "", most[2][2] }, most[3] })
  end)

  it("count many floats, past the cache", function()
    local c = mb.random(300000, { low = 0, high = 1 << 40, seed = 8 }) / 1024
    local seen, distinct = {}, 0
    for _, v in ipairs(c:to_table()) do
      if not seen[v] then distinct = distinct + 1 end
      seen[v] = true
    end
    local keys, counts = c:value_counts()
    assert.equal(distinct, #keys)
    assert.equal(distinct, c:nunique())
    assert.equal(300000, counts:sum())
    assert.equal(#keys - 1, keys:slice(1, -2):lt(keys:slice(2)):sum())
  end)

  it("find the values of a wide range, that a bit each stands for", function()
    local n = 60000
    for _, case in ipairs {
      { "int", -40000, 40000 }, { "int", math.mininteger, math.mininteger + 70000 }, { "int", -65536, 0 },
      { "uint", math.maxinteger - 30000, math.maxinteger }, { "uint", 1 << 40, (1 << 40) + 200000 },
    } do
      local type, low, high = table.unpack(case)
      local c = mb.random(n, { low = low, high = high, seed = 6 }):as(type)
      if type == "uint" then c = c + (mb.range(1, n) % 2 * 40000):as "uint" end
      for _, column in ipairs { c, c[c:gt(c:min())], mb.where((mb.range(1, n) % 7):eq(0), mb.null, c) } do
        local seen, values = {}, {}
        for _, v in ipairs(column:to_table()) do
          if v ~= null and not seen[v] then values[#values + 1] = v end
          seen[v] = true
        end
        table.sort(values, type == "uint" and math.ult or nil)
        match.same(values, column:unique(), type)
        assert.equal(#values, column:nunique())
      end
    end
  end)

  it("take floats of 4 bytes", function()
    local path = helper.tmpdir() .. "/f.h5"
    helper.python_output(([[
import h5py, numpy
with h5py.File("%s", "w") as f:
  f["x"] = numpy.array([0.1, 0.5, -0.0, 0.1, numpy.nan, 0.0, numpy.nan], "float32")
]]):format(path))
    local keys, counts = mb.read_hdf(path, "x"):value_counts()
    match.same({ 0.0, 0x1.99999ap-4, 0.5, nan }, keys, "float")
    match.same({ 2, 2, 1, 2 }, counts)
    helper.clean()
  end)
end)

local operations = {
  intersect = function(a, b) return a and b end,
  union = function(a, b) return a or b end,
  difference = function(a, b) return a and not b end,
  symmetric_difference = function(a, b) return a ~= b end,
}

-- The set operation on rows, by loops.
local function expected(operation, a, b, type)
  local in_a, in_b, both, chosen = {}, {}, {}, {}
  for _, v in ipairs(a) do both[#both + 1], in_a[match.key(v)] = v, true end
  for _, v in ipairs(b) do both[#both + 1], in_b[match.key(v)] = v, true end
  for _, v in ipairs(both) do
    local key = match.key(v)
    if operations[operation](in_a[key] or false, in_b[key] or false) then
      chosen[#chosen + 1] = v
    end
  end
  return (match.distinct(chosen, type))
end

describe("set operations", function()
  for _, type in ipairs(match.types) do
    it("match loops for inputs of " .. type, function()
      local inputs, others = match.inputs(type, 2), match.inputs(type, 3)
      for i, a in ipairs(inputs) do
        local b, form = others[(i * 5) % #others + 1], i
        for name in pairs(operations) do
          form = form + 1
          match.same(expected(name, a, b, type),
            mb[name](match.column(a, type, form), match.column(b, type, form // 3)), type)
        end
      end
    end)
  end

  it("work on many values", function()
    local a = mb.random(200000, { low = -(1 << 40), high = 1 << 40, seed = 1 })
    local b = mb.random(200000, { low = -(1 << 40), high = 1 << 40, seed = 2 })
    local half = a:slice(1, 100000)
    local other = mb.union(half, b)
    assert.equal(half:nunique() + b:nunique() - #mb.intersect(half, b), #other)
    assert.equal(half:nunique() + #mb.intersect(b, mb.difference(a, half)),
      #mb.intersect(a, other))
    assert.equal(a:nunique() - #mb.intersect(a, other), #mb.difference(a, other))
    assert.equal(#mb.difference(a, b) + #mb.difference(b, a), #mb.symmetric_difference(a, b))
  end)

  it("refuse columns of different types, naming the casts", function()
    local int, float = mb.column { 1 }, mb.column { 1.0 }
    for name in pairs(operations) do
      assert.error_matches(function() local _ = mb[name](int, float) end,
        name .. ": an int column and a float column .*:as%(\"int\"%)")
      assert.error_matches(function() mb[name](int, 5) end, "column expected, got number")
    end
  end)

  it("mend a want of memory, or tell it on all ranks", function()
    local a = mb.column { 5, 1, 3, 1, 9 }
    local x, y = mb.column { 2.5, 1.5, nan }, mb.column { nan, 1.5 }
    for rank, n in helper.failures(16) do
      mb.core.inject_fault(rank, n)
      match.same({ 1, 3, 5, 9 }, a:unique())
      assert.equal(4, a:nunique())
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, n)
      match.same({ 2.5 }, mb.difference(x, y))
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, n)
      match.same({ 1.5, nan }, mb.intersect(x, y))
      mb.core.inject_fault(rank, 0)
    end
  end)

  it("raise when the memory does not suffice, and go on", function()
    local a = mb.random(1 << 45, { seed = 1 })
    assert.error_matches(function() mb.union(a, a) end, "out of memory")
    match.same({ 1, 2 }, mb.union(mb.column { 1 }, mb.column { 2 }))
  end)
end)

describe("set operations of ranks that disagree", helper.once(function()
  it("raise one error on all", function()
    for _, pair in ipairs {
      { "mb.union(a, b)", "mb.intersect(a, b)" }, { "mb.union(a, b)", "mb.union(b, a)" },
      { "a:nunique()", "a:unique()" }, { "a:nunique()", "b:nunique()" },
    } do
      local code, out, err = helper.run(3, ([[
        local mb = require "moonbear"
        local a, b = mb.column { 1, 2 }, mb.column { 4, 5 }
        local ok, message = pcall(function()
          if mb.rank() == 1 then return %s else return %s end
        end)
        print(ok, message)
        print(#mb.union(a, b))]]):format(pair[1], pair[2]))
      assert.equal(1, code, out .. err)
      assert.truthy(out:find("^false\t.*the ranks diverged.*rank 1.*\n4\n$"), out .. err)
    end
  end)
end))
