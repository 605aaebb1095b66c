-- Concatenation, repetition, slices backwards, samples and shuffles, against plain Lua.
local helper = require "spec.helper"
local mb = require "moonbear"

local null, values_of = mb.null, helper.values_of

local function joined(...)
  local result = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #result + 1, result) end
  return result
end

-- Rows of one rank alone, of a pending filter.
local function ragged(n, first, last)
  local all = mb.range(1, n)
  return (all * 7 % 1000)[all:between(first, last)]
end

-- Ranks 0, 1, ... fail to allocate, one after another; f is repeated and must do the same.
local function with_faults(f)
  for rank, n in helper.failures(18) do
    mb.core.inject_fault(rank, n)
    f()
    mb.core.inject_fault(rank, 0)
  end
end

describe("mb.concat", function()
  it("puts columns of every type one after another", function()
    for _, type in ipairs { "bool", "int", "uint", "float" } do
      for _, gaps in ipairs { false, true } do
        local a, b = values_of(type, 10, gaps), values_of(type, 1, false)
        local c = values_of(type, 3000, gaps)
        local result = mb.concat { mb.column(a, type), mb.column({}, type), mb.column(b, type),
          mb.column(c, type) }
        assert.equal(type, result:type())
        assert.same(joined(a, b, c), result:to_table())
      end
    end
  end)

  it("takes ragged and pending columns, and levels them", function()
    local a, b = ragged(4000, 1, 900), ragged(4000, 3500, 4000)
    local result = mb.concat { a, b, a + 5000, b }
    assert.same(joined(a:to_table(), b:to_table(), (a + 5000):to_table(), b:to_table()),
      result:to_table())
    local rows = result:info().rows
    for r = 2, #rows do assert.truthy(math.abs(rows[r] - rows[1]) <= 1) end
  end)

  it("stores integers as narrow as all allow", function()
    assert.equal(1, mb.concat { mb.column { 1, 2 }, mb.column { 255 } }:info().width)
    assert.equal(2, mb.concat { mb.column { 1, 2 }, mb.column { 257 } }:info().width)
    local extremes = { math.mininteger, math.maxinteger, -1 }
    assert.same(joined({ 7 }, extremes),
      mb.concat { mb.column { 7 }, mb.column(extremes) }:to_table())
  end)

  it("joins one column, and none of rows", function()
    assert.same({ 1, 2, 3 }, mb.concat { mb.column { 1, 2, 3 } }:to_table())
    assert.equal(0, #mb.concat { mb.column {}, mb.column {} })
  end)

  it("joins frames by the names of their columns", function()
    local a = mb.frame { { "x", mb.range(1, 3) }, { "y", mb.full(3, 0.5) } }
    local b = mb.frame { { "y", mb.full(2, 1.5) }, { "x", mb.range(8, 9) } }
    local both = mb.concat { a, b }
    assert.same({ "x", "y" }, both:columns())
    assert.same({ 1, 2, 3, 8, 9 }, both.x:to_table())
    assert.same({ 0.5, 0.5, 0.5, 1.5, 1.5 }, both.y:to_table())
  end)

  it("refuses what does not go together", function()
    local a = mb.frame { x = mb.range(1, 3) }
    local b = mb.frame { x = mb.column { "a" } }
    assert.error_matches(function() mb.concat { a, b } end, "'x' is int in number 1 and text in number 2")
    assert.error_matches(function() mb.concat { a, a.x } end, "number 2 is an int column")
    assert.error_matches(function() mb.concat { a.x, a } end, "number 2 must be a column")
    assert.error_matches(function() mb.concat { a.x, mb.column { 1.5 } } end, "the types differ")
    assert.error_matches(function() mb.concat {} end, "list of columns or of frames expected")
    assert.error_matches(function() mb.concat(a.x) end, "list of columns or of frames expected")
  end)

  it("survives faults", function()
    local a, b = mb.column(values_of("int", 50, true)), mb.column(values_of("int", 9, false))
    local expected = joined(a:to_table(), b:to_table())
    with_faults(function() assert.same(expected, mb.concat { a, b }:to_table()) end)
  end)
end)

describe("slices backwards", function()
  -- As Lua's own for loop visits the rows that there are.
  local function backwards(rows, first, last, step)
    local result, n = {}, #rows
    first = first < 0 and math.max(n + first + 1, 0) or math.min(first, n)
    last = math.max(last < 0 and n + last + 1 or last, 1)
    for i = first, last, step do result[#result + 1] = rows[i] end
    return result
  end

  it("visit rows as a loop does", function()
    local rows = values_of("float", 37, true)
    local c = mb.column(rows, "float")
    for _, first in ipairs { 37, 36, 100, 1, 2, 0, -1, -5, -37, -38 } do
      for _, last in ipairs { 1, 5, 37, 0, -1, -20, -100, 40 } do
        for _, step in ipairs { -1, -3, -36, -37, -1000, math.mininteger } do
          assert.same(backwards(rows, first, last, step), c:slice(first, last, step):to_table())
        end
      end
    end
    assert.same(backwards(rows, 30, 1, -2), c:slice(30, nil, -2):to_table())
    assert.error_matches(function() c:slice(1, 2, 0) end, "the step is 0")
    assert.equal(0, #mb.column {}:slice(1, 1, -1))
  end)

  it("reverse", function()
    for _, rows in ipairs { {}, { 5 }, { 1, 2 }, values_of("int", 6001, true) } do
      local reversed = {}
      for i = #rows, 1, -1 do reversed[#reversed + 1] = rows[i] end
      assert.same(reversed, mb.column(rows):reverse():to_table())
    end
    local c = ragged(20000, 1, 5000)
    assert.equal(0, c:reverse():reverse():ne(c):sum())
    local sorted = mb.range(1, 20000):reverse()
    assert.same({ 20000, 1 }, { sorted[1], sorted[-1] })
  end)
end)

describe("repeat_by", function()
  local function repeated(rows, times)
    local result = {}
    for i, row in ipairs(rows) do
      local n = type(times) == "table" and times[i] or times
      for _ = 1, rawequal(n, null) and 0 or n do result[#result + 1] = row end
    end
    return result
  end

  it("repeats rows a number of times", function()
    for _, rows in ipairs { {}, { true, false }, values_of("float", 700, true) } do
      local c = mb.column(rows)
      for _, n in ipairs { 0, 1, 2, 13 } do
        assert.same(repeated(rows, n), c:repeat_by(n):to_table())
      end
    end
  end)

  it("repeats rows as a column says, however uneven", function()
    local random = helper.random(3)
    local rows, even, heavy, gaps = values_of("uint", 1500, true), {}, {}, {}
    for i = 1, #rows do
      even[i] = random(0, 3)
      heavy[i] = i == 700 and 9000 or i == #rows and 4000 or 0
      gaps[i] = random(1, 3) == 1 and null or random(0, 9)
    end
    local c = mb.column(rows, "uint")
    for _, times in ipairs { even, heavy, gaps } do
      assert.same(repeated(rows, times), c:repeat_by(mb.column(times)):to_table())
    end
    local levelled = c:repeat_by(mb.column(heavy)):info().rows
    for r = 2, #levelled do assert.truthy(math.abs(levelled[r] - levelled[1]) <= 1) end
    assert.equal(0, #c:repeat_by(mb.full(#rows, 0)))
    assert.equal(0, #mb.column {}:repeat_by(mb.column({}, "int")))
  end)

  it("takes ragged numbers", function()
    local times = ragged(5000, 100, 700) % 5
    local c = mb.range(1, #times)
    assert.same(repeated(c:to_table(), times:to_table()), c:repeat_by(times):to_table())
  end)

  it("refuses what is no number of times", function()
    local c = mb.range(1, 5)
    assert.error_matches(function() c:repeat_by(mb.column { 1, 2, -3, 0, -1 }) end, "-3 times, at row 3")
    assert.error_matches(function() c:repeat_by(-1) end, "at least 0")
    assert.error_matches(function() c:repeat_by(1.5) end, "at least 0")
    assert.error_matches(function() c:repeat_by(mb.column { 1 }) end, "the lengths differ: 5 rows, and 1")
    assert.error_matches(function() c:repeat_by(c:as "float") end, "type float")
    assert.error_matches(function() c:repeat_by(math.maxinteger) end, "too many rows")
    assert.error_matches(function() c:repeat_by(mb.full(5, math.maxinteger)) end, "too many rows")
  end)

  it("survives faults", function()
    local c, times = mb.column(values_of("int", 40, true)), mb.range(1, 40) % 4
    local expected = repeated(c:to_table(), times:to_table())
    with_faults(function() assert.same(expected, c:repeat_by(times):to_table()) end)
  end)
end)

describe("samples and shuffles", function()
  -- On any number of ranks; of another language.
  local function is_permutation(positions)
    local seen = {}
    for _, position in ipairs(positions) do
      if seen[position] or position < 1 or position > #positions then return false end
      seen[position] = true
    end
    return true
  end

  it("have every row once", function()
    for _, n in ipairs { 0, 1, 2, 3, 100, 4096, 4097, 5000, 8192, 8193, 20000 } do
      local shuffled = mb.range(1, n):shuffle(5):to_table()
      assert.equal(n, #shuffled)
      assert.truthy(is_permutation(shuffled), n)
    end
  end)

  -- The chi-square of rows by where they go, in tenths; 81 degrees of freedom, mean 81.
  it("spread rows evenly", function()
    local n, cells = 20000, {}
    for i, row in ipairs(mb.range(0, n - 1):shuffle(77):to_table()) do
      local cell = (i - 1) * 10 // n * 10 + row * 10 // n
      cells[cell] = (cells[cell] or 0) + 1
    end
    local chi = 0
    for cell = 0, 99 do chi = chi + ((cells[cell] or 0) - n / 100) ^ 2 / (n / 100) end
    assert.truthy(chi > 40 and chi < 135, chi)
  end)

  it("draw all orders of few rows equally often", function()
    local seen, different = {}, 0
    for seed = 1, 600 do
      local order = table.concat(mb.range(1, 3):shuffle(seed):to_table())
      if not seen[order] then different = different + 1 end
      seen[order] = (seen[order] or 0) + 1
    end
    assert.equal(6, different)
    for order, count in pairs(seen) do assert.truthy(count > 60 and count < 145, order) end
  end)

  it("depend on the seed alone", function()
    local script = [[
      local mb = require "moonbear"
      for _, n in ipairs { 10, 5000 } do
        local c = mb.range(1, n)
        print(c:shuffle(9):slice(1, 20), c:sample(7, { seed = 4 }),
          c:sample(7, { seed = 4, replace = true }), (mb.core.permutation(n, n, 1) * mb.range(1, n) % 1009):sum())
      end]]
    if mb.size() > 1 then return end
    local _, alone = helper.run(1, script)
    for nranks = 2, 4 do assert.equal(alone, (select(2, helper.run(nranks, script)))) end
    assert.truthy(#alone > 100, alone)
  end)

  it("shuffle columns of one length alike", function()
    local a = mb.random(6000, { seed = 2, high = 1000 })
    assert.equal(0, (a + 1):shuffle(3):ne(a:shuffle(3) + 1):sum())
    assert.truthy(a:shuffle(3):ne(a:shuffle(4)):sum() > 5000)
    assert.equal(a:sum(), a:shuffle():sum())
  end)

  it("sample without and with replacement", function()
    local c = mb.range(1, 5000)
    local some = c:sample(5000, { seed = 1 }):to_table()
    assert.truthy(is_permutation(some))
    assert.same({ table.unpack(some, 1, 40) }, c:sample(40, { seed = 1 }):to_table())
    local many = mb.column { 7, 8 }:sample(3000, { seed = 1, replace = true })
    local sevens = many:eq(7):sum()
    assert.truthy(sevens > 1350 and sevens < 1650, sevens)
    assert.same(some, c:sample(nil, { seed = 1, frac = 5000 / #c }):to_table())
    assert.equal(0, #c:sample(0))
    assert.equal(0, #mb.column {}:sample(0, { replace = true }))
  end)

  it("refuse more rows than there are", function()
    local c = mb.range(1, 5)
    assert.error_matches(function() c:sample(6) end, "6 rows of a column of 5 rows")
    assert.error_matches(function() mb.column {}:sample(1, { replace = true }) end, "has none")
    assert.error_matches(function() c:sample(-1) end, "a number of rows expected")
    assert.error_matches(function() c:sample(1, { seed = "x" }) end,
      "bad option 'seed' of 'sample' %(an integer expected, got the string 'x'%)")
    assert.error_matches(function() c:sample(1, { speed = 1 }) end, "no option 'speed'")
    assert.error_matches(function() c:shuffle(1.5) end, "bad argument #1 to 'shuffle' %(an integer, the seed, expected")
  end)

  it("survive faults", function()
    local c = mb.range(1, 5000):eval()
    local expected = c:shuffle(3):sum()
    with_faults(function() assert.equal(expected, c:shuffle(3):sum()) end)
  end)
end)
