-- Matching: isin, lookup and find, against loops in plain Lua.
local helper = require "spec.helper"
local match = require "spec.match"
local mb = require "moonbear"

local nan, null = 0 / 0, mb.null

-- The first position of each key among rows that are there.
local function first_positions(rows)
  local first = {}
  for i, v in ipairs(rows) do
    if not rawequal(v, null) and not first[match.key(v)] then first[match.key(v)] = i end
  end
  return first
end

-- f of the position of each row among the keys (nil when it is none); missing rows stay so.
local function map(rows, first, f)
  local results = {}
  for i, v in ipairs(rows) do
    if rawequal(v, null) then results[i] = null else results[i] = f(first[match.key(v)]) end
  end
  return results
end

local function position_or_null(i) return i or null end

-- The distinct rows, in the order in which they come; missing ones all.
local function without_repeats(rows)
  local first, kept = first_positions(rows), {}
  for i, v in ipairs(rows) do
    if rawequal(v, null) or first[match.key(v)] == i then kept[#kept + 1] = v end
  end
  return kept
end

describe("isin and find", function()
  for _, type in ipairs(match.types) do
    it("match loops for inputs of " .. type, function()
      local inputs, others = match.inputs(type, 4), match.inputs(type, 5)
      for i, rows in ipairs(inputs) do
        local set = others[(i * 5) % #others + 1]
        local first = first_positions(set)
        local a, b = match.column(rows, type, i), match.column(set, type, i // 3)
        match.same(map(rows, first, function(at) return at ~= nil end), a:isin(b), "bool")
        match.same(map(rows, first, position_or_null), b:find(a), "int")
        assert.same(a:info().rows, a:isin(b):info().rows)
      end
    end)
  end
end)

describe("isin with a list", function()
  it("gives the same, be it long or short", function()
    for _, type in ipairs { "int", "uint", "float" } do
      for i, rows in ipairs(match.inputs(type, 6)) do
        local long = { 0, 1, -1, 2.5, 3.0, 7, nan, 1 / 0, 2.0 ^ 63, 2.0 ^ 53, 2 ^ 53 + 1 | 0, 12,
          math.mininteger, math.maxinteger, -2.0 ^ 63, 500, 501, 502, 2.0 ^ 64 }
        local short, c = table.move(long, 1, 10, 1, {}), match.column(rows, type, i)
        local rest = table.move(long, 11, #long, 1, {})
        match.same((c:isin(short) | c:isin(rest)):to_table(), c:isin(long), "bool")
      end
    end
  end)

  it("refuses what is no value, long or short", function()
    local c, list = mb.column { 1, 2 }, {}
    for i = 1, 50 do list[i] = i end
    match.same({ true, true }, c:isin(list))
    list[40] = "x"
    assert.error_matches(function() c:isin(list) end, "isin: .*number expected, got string")
    list[40] = null
    assert.error_matches(function() c:isin(list) end, "is_missing")
    assert.error_matches(function() c:isin(5) end, "column or table of values expected, got 5")
    assert.error_matches(function() c:isin(mb.column { 1.5 }) end,
      "isin: an int column and a float column")
  end)
end)

describe("keys:lookup", function()
  local keys = { 10, 20, null, 1 << 60, -5 }
  local c = { 20, 10, 5, null, -5, 1 << 60, 20 }

  it("gives the value at each key, missing where there is none, or the default", function()
    for type, values in pairs {
      int = { 7, null, 8, -9, 1 << 50 }, uint = { 7, null, 8, -9, 1 << 50 },
      float = { 0.5, null, 8.0, nan, -0.0 }, bool = { true, null, true, false, true },
    } do
      local default = ({ int = -1, uint = -1, float = 2.5, bool = false })[type]
      local given = type == "uint" and mb.uint(default) or default
      local function expected(absent)
        return map(c, first_positions(keys), function(i)
          if i then return values[i] end
          return absent
        end)
      end
      for form = 1, 3 do
        local k, v = match.column(keys, "int", form), match.column(values, type, form + 1)
        local x = match.column(c, "int", form)
        match.same(expected(null), k:lookup(v, x), type)
        match.same(expected(default), k:lookup(v, x, { default = given }), type)
        match.same(expected(null), k:lookup(v, x, { default = null }), type)
      end
    end
    match.same({ 3.0, 1.5 }, mb.column { 1 }:lookup(mb.column { 1.5 }, mb.column { 2, 1 },
      { default = 3 }), "float")
  end)

  for _, type in ipairs(match.types) do
    it("matches loops for keys of " .. type, function()
      local inputs, others = match.inputs(type, 7), match.inputs(type, 8)
      for i, rows in ipairs(inputs) do
        local distinct, values = without_repeats(others[(i * 5) % #others + 1]), {}
        for k = 1, #distinct do values[k] = k % 7 == 0 and null or k * k end
        match.same(map(rows, first_positions(distinct), function(at)
          if at then return values[at] end
          return -1
        end), match.column(distinct, type, i):lookup(match.column(values, "int", i + 1),
          match.column(rows, type, i // 3), { default = -1 }), "int")
      end
    end)
  end

  it("gives values that are close together, far apart, or at an end of their range", function()
    local mini, maxi = math.mininteger, math.maxinteger
    for _, values in ipairs {
      { maxi, mini, 0, -1 }, { maxi, maxi - 1, maxi - 7, maxi }, { mini, mini + 3, mini, mini },
      { -1, 0, 1, -2 }, { 5, 5, 5, 5 }, { 0, 1 << 61, 1, 2 }, { 0, 1 << 62, 1, 2 },
    } do
      for _, wide in ipairs { 1, 1 << 20, 1 << 50 } do
        local some = { 7 * wide, -wide, 0, 3 * wide }
        for _, type in ipairs { "int", "uint" } do
          local x, v = mb.column { 0, 3 * wide, wide, -wide, 7 * wide, 0 }, mb.column(values, type)
          match.same({ values[3], values[4], null, values[2], values[1], values[3] },
            mb.column(some):lookup(v, x), type)
        end
      end
    end
  end)

  it("refuses keys that are there twice, naming one", function()
    local two = mb.column { 1, 2 }
    for _, case in ipairs {
      { { 4, 9, 4 }, "int", "key 4 is" }, { { -1, -1 }, "uint", "key 18446744073709551615 is" },
      { { 0.0, 1.5, -0.0 }, "float", "key 0 is" }, { { nan, 1.0, nan }, "float", "key nan is" },
      { { true, true }, "bool", "key true is" },
    } do
      local k = mb.column(case[1], case[2])
      assert.error_matches(function() k:lookup(mb.range(1, #k), k) end,
        "lookup: the " .. case[3] .. " there more than once")
      assert.equal(1, k:find(k)[1])
    end
    match.same({ 2 }, two:lookup(two, mb.column { 2 }))
  end)

  it("refuses what does not go together", function()
    local int, two = mb.column { 1 }, mb.column { 1, 2 }
    for _, case in ipairs {
      { function() int:lookup(two, int) end, "lookup: the lengths differ: 1 key and 2 values" },
      { function() int:lookup(int, mb.column { 1.5 }) end, "lookup: an int column and a float" },
      { function() int:find(mb.column { true }) end, "find: an int column and a bool column" },
      { function() int:lookup(int, int, { default = 1.5 }) end, "lookup: default: 1.5 does not go into an int column" },
      { function() int:lookup(int, int, { fill = 1 }) end, "'lookup' has no option 'fill'; it has default" },
      { function() int:lookup(5, int) end, "column expected, got number" },
      { function() int:find(int == 80) end, "a:eq" },
    } do
      assert.error_matches(case[1], case[2])
    end
  end)
end)

-- More keys than every rank holds when there are few rows to look up.
describe("many keys", function()
  local n = 70000
  local keys = mb.random(n, { low = -(1 << 50), high = 1 << 50, seed = 3 })
  local rows = keys:to_table()

  it("are found wherever they lie, also those that half of all rows ask for", function()
    local asked, expected, found = {}, {}, {}
    for i = 1, 3000 do
      local at = i % 2 == 0 and 69999 or i * 23 % n + 1
      asked[i], expected[i], found[i] = rows[at], at, true
      if i % 5 == 0 then asked[i], expected[i], found[i] = rows[at] + 1, null, false end
      if i % 11 == 0 then asked[i], expected[i], found[i] = null, null, null end
    end
    for form = 1, 3 do
      local c = match.column(asked, "int", form)
      match.same(expected, keys:find(c), "int")
      match.same(found, c:isin(keys), "bool")
      match.same(map(asked, first_positions(rows), function(at) return at and at / 2 or -1.0 end),
        keys:lookup(mb.range(1, n) / 2, c, { default = -1 }), "float")
    end
    assert.equal(0, #keys:find(mb.column({}, "int")))
  end)

  it("are found among floats and uints", function()
    local floats, uints = keys / 8, keys:as("uint", { wrap = true })
    assert.equal(1000, floats:find(floats:slice(1, 1000)):eq(mb.range(1, 1000)):sum())
    assert.equal(500, uints:slice(501, 1000):isin(uints):sum())
    assert.equal(0, (uints:slice(501, 1000) + 1):isin(uints):sum())
  end)

  it("have their first position when they repeat, also when most rows are one", function()
    local both = mb.where(mb.range(1, 2 * n):gt(n), mb.full(2 * n, rows[5]),
      mb.random(2 * n, { low = -(1 << 50), high = 1 << 50, seed = 3 }))
    match.same({ 5, n, null }, both:find(mb.column { rows[5], rows[n], rows[n] + 1 }))
    assert.error_matches(function() both:lookup(both, mb.column { 1 }) end,
      ("the key %d is there more than once"):format(rows[5]))
  end)

  -- Strings of numbers are found where these are: in few and in many others, which repeat, in those
  -- that a filter has left, and where they have moved between ranks.
  it("of text are found as the numbers that they say are", function()
    local many = mb.concat { keys:slice(25001, n), mb.random(40000, { low = 0, high = 1 << 50, seed = 4 }),
      keys:slice(1, 500), keys:slice(301, 800) }
    local odd = (mb.range(1, #many) % 2):eq(1)
    local text, texts = keys:as "text", many:as "text"
    local cases = {
      { keys, text }, { many, texts }, { many[odd], texts[odd] }, { many:reverse(), texts:reverse() },
      { many:slice(3, 9), texts:slice(3, 9) }, { mb.where(odd, many, mb.null), mb.where(odd, texts, mb.null) },
      { many:slice(1, 0), texts:slice(1, 0) }, { keys[text:argsort()], text:sort() },
    }
    for _, a in ipairs(cases) do
      for _, b in ipairs(cases) do
        local found, present = a[2]:find(b[2]), b[2]:isin(a[2])
        assert.is_true(found:fill(0):eq(a[1]:find(b[1]):fill(0)):all())
        assert.is_true(present:fill(false):eq(b[1]:isin(a[1]):fill(false)):all())
        assert.equal(b[1]:isin(a[1]):info().missing, present:info().missing)
      end
    end
    match.same(keys:lookup(mb.range(1, n), many, { default = 7 }):to_table(),
      text:lookup(mb.range(1, n), texts, { default = 7 }), "int")
    assert.error_matches(function() texts:lookup(many, mb.column { "1" }) end,
      "lookup: a key is there more than once")
  end)

  it("are mended when memory runs out, or it is told on all ranks", function()
    local c = keys:slice(1, 2000)
    for rank, k in helper.failures(40, 3) do
      mb.core.inject_fault(rank, k)
      assert.equal(2000, c:isin(keys):sum())
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, k)
      assert.equal(2001000, keys:find(c):sum())
      mb.core.inject_fault(rank, 0)
    end
    local text = keys:as "text"
    local texts = text:reverse()
    for rank, k in helper.failures(64, 9) do
      mb.core.inject_fault(rank, k)
      assert.equal(n, texts:isin(text):sum())
      mb.core.inject_fault(rank, 0)
    end
  end)
end)

describe("matching", function()
  it("many values of a long column in a table of bits, of words and of pairs", function()
    local random = mb.random(200000, { low = -50000, high = 50000, seed = 5 })
    for _, scale in ipairs { 1, 1 << 20, (1 << 45) + 1 } do
      local c, set = random * scale, mb.range(-20000, 20000) * scale
      local inside = random:between(-20000, 20000)
      assert.equal(200000, c:isin(set):eq(inside):sum())
      local at = set:find(c)
      assert.equal(inside:sum(), (~at:is_missing()):sum())
      assert.equal(0, (at:fill(0) - (random + 20001) * inside):ne(0):sum())
      local extremes = mb.column { math.mininteger, math.maxinteger, 0 }
      assert.equal(random:eq(0):sum(), c:isin(extremes):sum())
      match.same({ 3 }, extremes:find(mb.column { 0 }))
    end
  end)

  -- Multiples of the inverse of a well-known multiplier: all in one place of tables that use it.
  it("keys that were made to collide, in any table", function()
    local golden <const> = 0x9e3779b97f4a7c15
    local inverse = golden
    for _ = 1, 6 do inverse = inverse * (2 - golden * inverse) end
    for _, n in ipairs { 3000, 40000 } do
      local number = mb.range(1, n)
      local c = (number * inverse):eval()
      local f = mb.frame { { "k", c }, { "v", number } }
      assert.equal(n, c:nunique())
      assert.equal(n, #mb.group_by(c))
      assert.equal(n, c:isin(c):sum())
      assert.equal(0, c:isin(c + 1):sum())
      assert.is_true(c:find(c):eq(number):all())
      assert.is_true(f:join(f, { on = "k" }).v:eq(number):all())
    end
  end)

  it("is mended when memory runs out, or it is told on all ranks", function()
    local keys, values = mb.column { 10, 20, 30 }, mb.column { 1, 2, null }
    local asked = mb.column { 30, 20, 5, 10 }
    for rank, n in helper.failures(20) do
      mb.core.inject_fault(rank, n)
      match.same({ true, true, false, true }, asked:isin(keys))
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, n)
      match.same({ null, 2, 0, 1 }, keys:lookup(values, asked, { default = 0 }))
      mb.core.inject_fault(rank, 0)
    end
  end)

  it("raises when the memory does not suffice, and goes on", function()
    local vast = mb.random(1 << 45, { seed = 1 })
    local few = mb.column { 1, 2 }
    assert.error_matches(function() vast:isin(few) end, "out of memory")
    assert.error_matches(function() few:isin(vast) end, "out of memory")
    assert.error_matches(function() vast:find(few) end, "out of memory")
    match.same({ 1, 2 }, few:find(few))
  end)

  it("works on ranks without rows, and on all rows of one rank", function()
    local c = mb.range(1, 1000)
    local tail = c[c:gt(990)]
    match.same({ 1, null, 10 }, tail:find(mb.column { 991, 5, 1000 }))
    assert.equal(10, c:isin(tail):sum())
    assert.equal(10, tail:isin(c):sum())
    match.same({}, c:find(c[c:gt(1000)]))
    match.same({ null, null }, c[c:gt(1000)]:find(mb.column { 1, 2 }))
  end)
end)

describe("matching of ranks that disagree", helper.once(function()
  it("raises one error on all", function()
    for _, pair in ipairs {
      { "a:isin(b)", "b:isin(a)" }, { "a:find(b)", "a:isin(b)" },
      { "a:lookup(b, a)", "a:lookup(b, b)" },
      { "a:lookup(b, a, {default = 1})", "a:lookup(b, a, {default = 2})" },
      { "a:lookup(b, a, {default = 0})", "a:lookup(b, a)" },
    } do
      local code, out, err = helper.run(3, ([[
        local mb = require "moonbear"
        local a, b = mb.column { 1, 2 }, mb.column { 4, 5 }
        local ok, message = pcall(function()
          if mb.rank() == 1 then return %s else return %s end
        end)
        print(ok, message)
        print(a:isin(a):sum())]]):format(pair[1], pair[2]))
      assert.equal(1, code, out .. err)
      assert.truthy(out:find("^false\t.*the ranks diverged.*rank 1.*\n2\n$"), out .. err)
    end
  end)
end))
