-- Where values are, how often, and which rows frames have in common: of columns with their options,
-- and of rows of several columns, against loops in plain Lua.
local helper = require "spec.helper"
local mb = require "moonbear"

local raises, rows_of = helper.assert_raises, helper.rows_of

teardown(helper.clean)

local null <const> = mb.null

-- A value, or a row of values, as a key: missing ones are alike, as NaN are.
local function key_of(...)
  local words = {}
  for i, value in ipairs { ... } do
    words[i] = value == null and "null" or value ~= value and "nan" or value == 0 and "0"
      or type(value) .. ":" .. tostring(value)
  end
  return table.concat(words, " ")
end

-- Rows of few values: ints, floats with NaN, text; some are missing.
local function lists_of(n, seed)
  local random, lists = helper.random(seed), { int = {}, float = {}, text = {}, bool = {} }
  for i = 1, n do
    local function or_missing(value) return random(0, 6) == 0 and null or value end
    lists.int[i] = or_missing(random(-3, 3))
    lists.float[i] = or_missing(random(0, 5) == 0 and 0 / 0 or random(-3, 3) / 2)
    lists.text[i] = or_missing(("abcd"):sub(random(1, 4), random(1, 4)))
    lists.bool[i] = or_missing(random(0, 1) == 1)
  end
  return lists
end

-- A column of the rows whose layout is that of a filter.
local function ragged(rows, kind)
  local whole = mb.column(rows, kind)
  return mb.concat { whole, whole }[mb.range(1, 2 * #rows):le(#rows)]
end

local function each_list(f)
  for seed, n in ipairs { 0, 1, 2, 40 } do
    for kind, rows in pairs(lists_of(n, seed)) do
      for _, make in ipairs { mb.column, ragged } do f(rows, kind, make) end
    end
  end
end

describe("c:unique", function()
  it("tells where values are first, their numbers and how often they occur", function()
    each_list(function(rows, kind, make)
      local c = make(rows, kind)
      local values, first, numbers, counts = c:unique { first = true, inverse = true, counts = true }
      helper.assert_same_column(c:unique(), values, kind)
      local place, firsts, times, inverse = {}, {}, {}, {}
      for i, value in ipairs(values:to_table()) do place[key_of(value)] = i end
      for i, row in ipairs(rows) do
        local at = place[key_of(row)]
        inverse[i] = at or "null"
        if at then firsts[at], times[at] = firsts[at] or i, (times[at] or 0) + 1 end
      end
      assert.same({ firsts, inverse, times }, { rows_of(first), rows_of(numbers), rows_of(counts) })
      assert.same(times, rows_of(select(2, c:unique { counts = true })))
      assert.same(inverse, rows_of(select(2, c:unique { inverse = true })))
    end)
    raises("has no option 'count'; did you mean 'counts'", function() return mb.range(1, 2):unique { count = true } end)
  end)
end)

describe("keys:find", function()
  it("finds all rows that are equal", function()
    each_list(function(rows, kind, make)
      local wanted, positions, numbers = lists_of(17, 9)[kind], {}, {}
      for number, value in ipairs(wanted) do
        for i, row in ipairs(rows) do
          if value ~= null and key_of(row) == key_of(value) then
            positions[#positions + 1], numbers[#numbers + 1] = i, number
          end
        end
      end
      local found, of = make(rows, kind):find(mb.column(wanted, kind), { all = true })
      assert.same({ positions, numbers }, { rows_of(found), rows_of(of) })
    end)
    local c = mb.column { 5, 7, 5 }
    assert.same({ 1, "null" }, rows_of(c:find(mb.column { 5, 6 })))
    raises("bad argument #1 to 'find' (column expected, got 5)", function() return c:find(5) end)
    raises("an int column and a text column do not go together", function() return c:find(mb.column { "a" }) end)
    raises("has no option 'every'", function() return c:find(c, { every = true }) end)
  end)
end)

-- A frame of two columns, and its rows as keys.
local function rows_frame(n, seed)
  local lists, keys = lists_of(n, seed), {}
  for i = 1, n do keys[i] = key_of(lists.int[i], lists.text[i]) end
  return mb.frame { { "n", mb.column(lists.int, "int") }, { "t", mb.column(lists.text, "text") } }, keys
end

local function keys_of(frame)
  local keys = {}
  for row in frame:rows() do keys[#keys + 1] = key_of(row.n, row.t) end
  return keys
end

describe("frame:unique", function()
  it("tells where rows are first, their numbers and how often they occur", function()
    for seed, n in ipairs { 0, 1, 30 } do
      local f, keys = rows_frame(n, seed)
      local rows, first, numbers, counts = f:unique { first = true, inverse = true, counts = true }
      local place, firsts, times, inverse = {}, {}, {}, {}
      for i, key in ipairs(keys_of(rows)) do place[key] = i end
      for i, key in ipairs(keys) do
        local at = place[key]
        inverse[i], firsts[at], times[at] = at, firsts[at] or i, (times[at] or 0) + 1
      end
      assert.same({ firsts, inverse, times }, { rows_of(first), rows_of(numbers), rows_of(counts) })
      assert.same(f.n:unique { counts = true }:to_table(), f:unique("n", { counts = true }):dropna().n:to_table())
    end
  end)
end)

local SETS <const> = {
  intersect = function(a, b) return a and b end, union = function(a, b) return a or b end,
  difference = function(a, b) return a and not b end, symmetric_difference = function(a, b) return a ~= b end,
}

describe("set operations of frames", function()
  it("have the rows that loops find, in ascending order", function()
    for seed, sizes in ipairs { { 0, 0 }, { 0, 5 }, { 1, 1 }, { 20, 30 }, { 45, 3 } } do
      local a, a_keys = rows_frame(sizes[1], seed)
      local b, b_keys = rows_frame(sizes[2], seed + 10)
      local here, there = {}, {}
      for _, key in ipairs(a_keys) do here[key] = true end
      for _, key in ipairs(b_keys) do there[key] = true end
      for name, keeps in pairs(SETS) do
        local expected = {}
        for _, key in ipairs(keys_of(mb.concat { a, b }:unique())) do
          if keeps(here[key] or false, there[key] or false) then expected[#expected + 1] = key end
        end
        assert.same(expected, keys_of(mb[name](a, b:select("t", "n"))), name)
      end
    end
  end)

  it("refuse frames of other columns", function()
    local a = mb.frame { { "x", { 1 } }, { "t", { "a" } } }
    raises("union: the second frame has no column 't'", mb.union, a, a:select "x")
    raises("union: the first frame has no column 'z'", mb.union, a, a:with { z = a.x })
    raises("difference: 'x' is int in the first frame and float in the second", mb.difference, a,
      a:with { x = { 0.5 } })
    raises("bad argument #2 to 'intersect' (frame, as the first one, expected, got an int column)", mb.intersect,
      a, a.x)
    raises("the frames have no columns", mb.union, mb.frame {}, mb.frame {})
    raises("column expected", mb.union, a.x, a)
  end)
end)

describe("frame:find_interval", function()
  -- Whether a row is not behind another one, column by column.
  local function at_most(a, b)
    for i = 1, #a do
      if a[i] ~= b[i] then return a[i] < b[i] end
    end
    return true
  end

  local function frame_of(rows, kinds)
    local list = {}
    for i, kind in ipairs(kinds) do
      local values = {}
      for k, row in ipairs(rows) do values[k] = row[i] end
      list[i] = { "c" .. i, mb.column(values, kind) }
    end
    return mb.frame(list)
  end

  it("matches loops over leases of names by time", function()
    local random = helper.random(5)
    for _, n in ipairs { 0, 1, 3, 40 } do
      local starts, ends, rows, clock = {}, {}, {}, {}
      for i = 1, n do
        local name = ("abc"):sub(random(1, 3)):sub(1, 1)
        local from = (clock[name] or 0) + random(1, 3)
        clock[name] = from + random(0, 4)
        starts[i], ends[i] = { name, from * 0.5 }, { name, clock[name] * 0.5 }
      end
      for i = 1, 90 do rows[i] = { ("abcd"):sub(random(1, 4)):sub(1, 1), random(0, 120) * 0.25 } end
      rows[1], rows[2] = { "a", 0 / 0 }, { null, 1.0 }
      local expected = {}
      for i, row in ipairs(rows) do
        expected[i] = "null"
        for k = 1, i > 2 and n or 0 do
          if at_most(starts[k], row) and at_most(row, ends[k]) then expected[i] = k end
        end
      end
      local kinds = { "text", "float" }
      local found = frame_of(starts, kinds):find_interval(frame_of(ends, kinds), frame_of(rows, kinds))
      assert.same(expected, rows_of(found))
    end
  end)

  it("refuses frames of other columns, and intervals that overlap", function()
    local a = mb.frame { x = { 1, 2 }, y = { 1, 1 } }
    raises("bad argument #1 to 'find_interval' (frame expected", a.find_interval, a, 5, a)
    raises("bad argument #2 to 'find_interval' (frame expected", a.find_interval, a, a, a.x)
    raises("the frame of starts has 2 columns, and argument #2 has 1", a.find_interval, a, a, a:select "x")
    raises("column 1, 'x', is float in argument #1 and int in the frame of starts", a.find_interval, a,
      a:with { x = { 0.5, 1.5 } }, a)
    raises("overlap", a.find_interval, a, mb.frame { x = { 2, 2 }, y = { 5, 1 } }, a)
  end)
end)
