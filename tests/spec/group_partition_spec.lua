-- Groups that are found by a partition of the rows, against those of numbered rows, which
-- group_spec compares with loops.
local helper = require "spec.helper"
local match = require "spec.match"
local mb = require "moonbear"

local null, nan = mb.null, 0 / 0

local function group_by(keys, way)
  local grouping = mb.group_by(keys)
  mb.core.group_way(grouping._handle, way)
  return grouping
end

-- Asserts that two columns have the same rows.
local function same(expected, column, what)
  assert.equal(expected:type(), column:type(), what)
  assert.equal(#expected, #column, what)
  local alike = expected:eq(column)
  if expected:type() == "float" then alike = alike | (expected:isnan() & column:isnan()) end
  local missing = expected:is_missing()
  assert.equal(0, (missing ~ column:is_missing()):sum(), what)
  assert.equal(0, (~alike & ~missing):sum(), what)
end

local function random(n, low, high, seed)
  return mb.random(n, { low = low, high = high, seed = seed })
end

local function asked(n)
  local i = random(n, -1000, 1000, 31)
  local x = i * 2.0 ^ (random(n, -40, 40, 32) * 1.0)
  local holes = mb.where((random(n, 0, 9, 33)):eq(0), null, i)
  return {
    { "size", "size" }, { "sum", i, "sum" }, { "floats", x, "sum" }, { "mean", holes, "mean" },
    { "count", holes, "count" }, { "last", holes, "last" }, { "argmax", x, "argmax" },
    { "any", holes:gt(500), "any" },
  }
end

local function check(keys, n, what)
  local list = asked(n)
  local expected = group_by(keys, "numbered"):agg(list)
  local got = group_by(keys, "partitioned"):agg(list)
  assert.same(expected:columns(), got:columns())
  for _, name in ipairs(expected:columns()) do
    same(expected:column(name), got:column(name), what .. " " .. name)
  end
  assert.equal(n, got.size:sum(), what)
end

describe("groups by a partition", function()
  local n = 30000
  local few, many = random(n, 0, 99, 1), random(n, 0, 1 << 40, 2)

  it("are those of numbered rows", function()
    local rows = mb.range(1, n)
    local holes = mb.where((few % 7):eq(0), null, many)
    local floats = mb.where((few % 5):eq(0), nan, many * 1e-9)
    for what, keys in pairs {
      constant = mb.full(n, 7),
      few = few,
      many = many,
      all = random(n, math.mininteger, math.maxinteger, 3),
      holes = holes,
      floats = floats,
      single = floats:as("float") * 0.5,
      sorted = rows,
      ["falling runs"] = -(rows // 100),
      half = mb.where((rows % 2):eq(0), 1 << 35, many),
      ["two heavy"] = mb.where((few % 5):lt(4), (few % 5) // 2, many),
      ["few far apart"] = { few * 1000003, many % 97 * 900001 },
      ["with missing"] = { mb.where((few % 7):eq(0), null, few * (1 << 33)), floats, few:gt(50) },
      ["too wide"] = { random(n, math.mininteger, math.maxinteger, 4), many },
      uints = { (few * (1 << 40)):as("uint"), many:as("uint") },
      ragged = many[few:gt(20)],
    } do
      local length = type(keys) == "table" and #keys[1] or #keys
      check(keys, length, what)
    end
  end)

  it("split buckets that leave the cache", function()
    local length = 600000
    local base = random(length, 0, 200000, 5)
    local clustered = mb.where((base % 2):eq(0), base, base + (1 << 50))
    check(clustered, length, "clustered")
    check({ base // 3, clustered:as("float") }, length, "clustered floats")
  end)

  it("take values of another layout", function()
    local rows = mb.range(1, n // 3 * 4)
    local chosen = rows:le(n // 3 * 2) | (rows % 2):eq(0)
    check(random(#rows, 0, 1 << 40, 6)[chosen], n, "another layout")
  end)

  it("are kept: keys, sizes and their number", function()
    local grouping = group_by(many % 5000, "partitioned")
    local sums = grouping:sum(few)
    local keys, size = grouping:keys(), grouping:size()
    assert.equal(#sums, #grouping)
    assert.equal(#sums, #keys)
    assert.equal(n, size:sum())
    same(group_by(many % 5000, "numbered"):size(), size, "sizes")
    -- What needs the groups of rows goes on with the same ones.
    same(keys, grouping:first(many % 5000), "first")
    same(many % 5000, grouping:broadcast(keys), "broadcast")
    same(sums, grouping:sum(few), "again")
    same(keys, grouping:keys(), "keys")
  end)

  it("refuse sums that do not fit", function()
    local c = mb.where(many:eq(many:max()), math.maxinteger, 1)
    local twice = mb.concat { many, many }
    local grouping = group_by(twice, "partitioned")
    local _, message = pcall(grouping.sum, grouping, mb.concat { c, c })
    assert.truthy(tostring(message):find("sum: that of group " .. #grouping .. " does not fit"))
    same(grouping:size(), grouping:sum(mb.full(2 * n, 1)), "afterwards")
    -- Of several groups the first one by its key is named.
    local large = mb.where((few % 30):eq(7), math.maxinteger, 1)
    for _, way in ipairs { "numbered", "partitioned" } do
      local by_few = group_by(few, way)
      assert.error_matches(function() by_few:sum(large) end, "sum: that of group 8 does not fit")
    end
  end)

  it("are found again when memory fails", function()
    local rows = { 5, 1, null, 1, 9, 9, 5, 5 }
    for i = 9, 64 do rows[i] = 1 end
    local a = mb.column(rows)
    local b = mb.range(1, #a) * 0.5
    for rank, k in helper.failures(60) do
      local grouping = group_by({ a, a * (1 << 40) }, "partitioned")
      mb.core.inject_fault(rank, k)
      local sums = grouping:sum(b)
      mb.core.inject_fault(rank, 0)
      match.same({ 64 * 65 / 4 - 15.0, 8.0, 5.5, 1.5 }, sums)
      match.same({ 1, 5, 9, null }, (grouping:keys()))
    end
  end)
end)

describe("groups by a partition", helper.once(function()
  it("have the same bits on any number of ranks", function()
    local script = [[
      local mb = require "moonbear"
      local n = 20000
      local k = mb.random(n, { low = 0, high = 3000, seed = 1 })
      k = mb.where((k % 2):eq(0), 4000, k)
      local x = k * 2.0 ^ (mb.random(n, { low = -50, high = 50, seed = 2 }) * 1.0)
      local g = mb.group_by { k, k * (1 << 45) }
      mb.core.group_way(g._handle, "partitioned")
      local s, m = g:sum(x), g:mean(x)
      for i, v in ipairs(s:to_table()) do print(("%a %a"):format(v, m[i])) end]]
    local _, one = helper.run(1, script)
    assert.truthy(#one > 5000)
    for ranks = 2, 4 do
      local _, out = helper.run(ranks, script)
      assert.equal(one, out)
    end
  end)
end))
