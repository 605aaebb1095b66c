-- Intervals that hold values, against loops in plain Lua.
local helper = require "spec.helper"
local match = require "spec.match"
local mb = require "moonbear"

local nan, null = 0 / 0, mb.null
local mini, maxi = math.mininteger, math.maxinteger

local function at_most(type)
  if type == "uint" then return function(a, b) return not math.ult(b, a) end end
  return function(a, b) return a <= b end
end

local function expected(starts, ends, rows, type)
  local le, found = at_most(type), {}
  for i, v in ipairs(rows) do
    found[i] = null
    for k, start in ipairs(starts) do
      if not rawequal(v, null) and not rawequal(start, null) and not rawequal(ends[k], null) and
        le(start, v) and le(v, ends[k]) then
        found[i] = k
      end
    end
  end
  return found
end

local function check(starts, ends, rows, type, form)
  local found = match.column(starts, type, form):find_interval(match.column(ends, type, form + 1),
    match.column(rows, type, form + 2))
  match.same(expected(starts, ends, rows, type), found, "int")
end

-- n intervals of which some touch and some hold one value, shuffled, and rows in and beside them.
local function random_intervals(n, type, seed)
  local random, make = helper.random(seed), type == "float" and 0.5 or 1
  local list, at = {}, type == "uint" and 5 or -500
  for i = 1, n do
    local start = at + random(1, 30)
    at = start + random(0, 3) * random(0, 20)
    list[i] = { start * make, at * make }
  end
  for i = n, 2, -1 do
    local k = random(1, i)
    list[i], list[k] = list[k], list[i]
  end
  local starts, ends, rows = {}, {}, {}
  for i, pair in ipairs(list) do starts[i], ends[i] = pair[1], pair[2] end
  for i = 1, 400 do rows[i] = random(type == "uint" and 0 or -600, at + 50) * make end
  for i = 1, n do rows[#rows + 1], rows[#rows + 2] = starts[i], ends[i] end
  rows[7] = null
  return starts, ends, rows
end

describe("starts:find_interval", function()
  for _, type in ipairs { "int", "uint", "float" } do
    it("matches loops for intervals of " .. type, function()
      for form, n in ipairs { 1, 2, 3, 17, 100 } do
        local starts, ends, rows = random_intervals(n, type, form)
        check(starts, ends, rows, type, form)
      end
      local starts, ends, rows = random_intervals(30, type, 9)
      starts[4], ends[9], ends[4] = null, null, null
      check(starts, ends, rows, type, 1)
      check({}, {}, rows, type, 1)
      check(starts, ends, {}, type, 2)
    end)
  end

  it("takes the extremes of each type", function()
    check({ mini, 0, maxi }, { -5, 0, maxi }, { mini, -5, -4, 0, 1, maxi - 1, maxi }, "int", 1)
    check({ mini }, { maxi }, { mini, 0, maxi }, "int", 1)
    check({ 0, mini, -1 }, { 4, mini + 7, -1 }, { 0, 4, 5, mini, mini + 8, -2, -1, maxi }, "uint", 1)
    check({ -1 / 0, 1.0, 5.0 }, { -1e300, 1.0, 1 / 0 },
      { -1 / 0, -1e301, -1e299, 0.5, 1.0, 1.5, 5.0, 1e308, 1 / 0, nan, null }, "float", 1)
    check({ -0.0 }, { 0.0 }, { 0.0, -0.0, 2.0 ^ -1074 }, "float", 1)
  end)

  it("matches arithmetic for many intervals and rows", function()
    local starts = mb.range(0, 99999) * 1000
    local rows = mb.random(200000, { low = -5000, high = 100001000, seed = 4 })
    local found = starts:find_interval(starts + 499, rows)
    local inside = rows:between(0, 99999999) & (rows % 1000):lt(500)
    assert.equal(inside:sum(), found:is_missing():eq(false):sum())
    assert.equal(200000, found:fill(0):eq(mb.where(inside, rows // 1000 + 1, 0)):sum())
  end)

  it("deals out many intervals, also those that a rank's share ends within", function()
    local n = 100000
    local starts = (n - mb.range(1, n)) * 1000
    for _, part in ipairs { { low = -9, high = n * 1000 + 9 }, { low = 49990000, high = 50010000 } } do
      local rows = mb.random(2000, { low = part.low, high = part.high, seed = 6 })
      local inside = rows:between(0, n * 1000 - 1) & (rows % 1000):lt(900)
      for _, type in ipairs { "int", "float" } do
        local found = starts:as(type):find_interval((starts + 899):as(type), rows:as(type))
        assert.equal(2000, found:fill(0):eq(mb.where(inside, n - rows // 1000, 0)):sum())
      end
    end
    local wide = mb.column { -3, 77, n * 1000 * 1000 }
    match.same({ null, n, null }, starts:find_interval(starts + 999, wide))
    assert.error_matches(function() starts:find_interval(starts + 1000, wide) end,
      "the intervals at rows %d+ and %d+ overlap")
    for rank, k in helper.failures(40, 3) do
      mb.core.inject_fault(rank, k)
      match.same({ null, n, null }, starts:find_interval(starts + 999, wide))
      mb.core.inject_fault(rank, 0)
    end
  end)

  it("finds ports of services and addresses of networks", function()
    local networks = mb.column { 10 << 24, 192 << 24 | 168 << 16 }
    local last = networks + mb.column { (1 << 24) - 1, (1 << 16) - 1 }
    match.same({ 1, 2, null }, networks:find_interval(last,
      mb.column { 10 << 24 | 77, 192 << 24 | 168 << 16 | 1, 8 << 24 }))
  end)

  it("refuses intervals that overlap, or end before they start", function()
    local c = mb.column { 1 }
    local function find(starts, ends, column)
      return function() mb.column(starts):find_interval(mb.column(ends), column or c) end
    end
    for _, case in ipairs {
      { find({ 1, 10, 5 }, { 5, 20, 7 }), "the intervals at rows 1 and 3 overlap" },
      { find({ 9, 1, 20 }, { 12, 9, 20 }), "the intervals at rows 1 and 2 overlap" },
      { find({ 1, 1 }, { 5, 5 }), "the intervals at rows 1 and 2 overlap" },
      { find({ 1, 7, 9 }, { 5, 6, 9 }), "the interval at row 2 ends before it starts" },
      { find({ 1.0 }, { nan }, mb.column { 1.0 }), "the interval at row 1 ends at NaN" },
      { find({ nan }, { 1.0 }, mb.column { 1.0 }), "the interval at row 1 ends before it starts" },
      { find({ 1, 2 }, { 5 }), "the lengths differ: 2 starts and 1 end" },
      { find({ 1 }, { 5.5 }), "find_interval: an int column and a float column" },
      { find({ 1 }, { 5 }, mb.column { 1.5 }), "find_interval: an int column and a float column" },
      { find({ true }, { true }, mb.column { true }), "not bools" },
      { find({ 1 }, { 5 }, 7), "column expected, got number" },
    } do
      assert.error_matches(case[1], case[2])
    end
    match.same({ 1 }, mb.column { 1 }:find_interval(mb.column { 1 }, c))
  end)

  it("is mended when memory runs out, or it is told on all ranks", function()
    local starts, ends = mb.column { 10, 1 }, mb.column { 20, 5 }
    for rank, n in helper.failures(24) do
      mb.core.inject_fault(rank, n)
      match.same({ 2, null, 1 }, starts:find_interval(ends, mb.column { 4, 7, 20 }))
      mb.core.inject_fault(rank, 0)
    end
  end)
end)

describe("intervals of ranks that disagree", helper.once(function()
  it("raise one error on all", function()
    local code, out, err = helper.run(3, [[
      local mb = require "moonbear"
      local a, b = mb.column { 1, 3 }, mb.column { 2, 5 }
      local ok, message = pcall(function()
        if mb.rank() == 1 then return a:find_interval(b, a) else return a:find_interval(b, b) end
      end)
      print(ok, message)
      print(a:find_interval(b, a):sum())]])
    assert.equal(1, code, out .. err)
    assert.truthy(out:find("^false\t.*the ranks diverged.*rank 1.*\n3\n$"), out .. err)
  end)
end))
