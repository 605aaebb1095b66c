-- Text gives the same however its strings are held: by a dictionary on every rank, or spread over the
-- ranks, sorted or as they came.
local helper = require "spec.helper"
local mb = require "moonbear"
local ordering = require "spec.ordering"

-- Strings by their bytes: few and many, equal prefixes of every length, bytes of every value.
local function strings_of(case)
  local rows, random = {}, helper.random(7)
  local alphabet <const> = { "a", "b", "\0", "\xff", "é", "aaaaaaaa", "aaaaaaaab" }
  for i = 1, case.n do
    local parts = {}
    for p = 1, random(0, case.longest) do parts[p] = alphabet[random(1, #alphabet)] end
    rows[i] = random(0, 8) == 0 and case.missing and mb.null or table.concat(parts)
  end
  return rows
end

local cases = {
  { "no rows", n = 0, longest = 0 },
  { "one row", n = 1, longest = 3 },
  { "two rows", n = 2, longest = 4, missing = true },
  { "few strings", n = 300, longest = 1, missing = true },
  { "many strings", n = 700, longest = 9, missing = true },
  { "long strings", n = 40, longest = 400 },
}

-- What is done with a column and one that has others of its strings.
local actions = {
  sort = function(c) return c:sort() end,
  ["sort, descending"] = function(c) return c:sort { descending = true } end,
  argsort = function(c) return c:argsort() end,
  rank = function(c) return c:rank() end,
  unique = function(c) return c:unique() end,
  value_counts = function(c) return c:value_counts() end,
  topk = function(c) return c:topk(3) end,
  ["min and max"] = function(c) return #c > 0 and { c:min(), c:max() } or {} end,
  ["cumulative largest"] = function(c) return c:fill "":cummax() end,
  nunique = function(c) return { c:nunique() } end,
  group = function(c)
    local g <close> = mb.group_by(c)
    return g:keys(), g:size()
  end,
  ["equal to a string"] = function(c) return c:eq "aa" end,
  ["before a string"] = function(c) return c:lt "aaaaaaaaa" end,
  ["compared with columns"] = function(c, d)
    local e = c:shift(1, "a")
    return c:eq(e), c:lt(e), c:ge(e), c:minimum(e), d:eq(d:shift(-1))
  end,
  concat = function(c, d) return mb.concat { c, d, c } end,
  lengths = function(c, d)
    local n, m = (c .. "bbb"):len(), d:len()
    return n:unique(), n:value_counts(), n:isin { 4, 12 }, n:isin(m), mb.union(n, m), m:unique():find(n),
      mb.group_by(n):size()
  end,
  isin = function(c, d) return c:isin(d), c:isin { "a", "b" } end,
  find = function(c, d) return d:unique():find(c) end,
  sets = function(c, d) return mb.union(c, d), mb.intersect(c, d), mb.difference(c, d) end,
  choices = function(c)
    return mb.where(c:eq "a", "x", c), mb.where(c:contains "a", c, mb.null),
      mb.where(c:contains "b", c, c:reverse())
  end,
  ["rows that go elsewhere"] = function(c)
    return c:reverse(), c:slice(2, 9), c:shift(1), c[c:contains "a"], c[c:argsort()], c:drop_missing()
  end,
  fill = function(c) return c:fill "none" end,
  put = function(c) return c:put(c:eq "a", "put"), #c > 2 and c:put({ 1, 3 }, c:slice(2, 3)) or c end,
  ["functions of strings"] = function(c)
    return c:len(), c:upper(), c:contains "ab", c:count_of "a", c:find_in "b", c:endswith "a"
  end,
  ["functions of characters"] = function(c)
    return c:ulen(), c:title(), c:strip "ab", c:pad(5, { fill = "é" }), c:repeat_text(2), c:reverse_text(),
      c:slice_text(2, -2), c:isalpha(), c:isempty(), c:isascii(), c:encode(nil, { errors = "missing" })
  end,
  patterns = function(c)
    local first, second = c:extract "(a+)(b)?"
    return c:search "ab|^$", c:fullmatch "[ab]*", c:replace("a", "\0"),
      c:replace("(a)b", "[\\1]", { regex = true, n = 2 }), first, second
  end,
  pieces = function(c)
    local all, rows = c:split "b"
    local found, of = c:find_all "a+"
    local one, two = c:split("a", { columns = 2 })
    local before, behind = c:reverse():partition("a", { right = true })
    return all, rows, found, of, one, two, before, behind
  end,
  ["put together"] = function(c, d)
    local e = c:reverse()
    return c .. "-", 7 .. c, c .. e, e:sort() .. c, mb.join_text({ c, e, c:shift(1, "x") }, "-"), d .. d
  end,
  ["functions after a sort"] = function(c)
    local s = c:sort()
    return s:upper(), s:len(), s:upper():sort(), s:reverse():contains "a"
  end,
  hash = function(c) return c:hash() >> 11 end,
  join = function(c, d)
    local left = mb.frame { { "k", c }, { "i", mb.range(1, #c) } }
    local right = mb.frame { { "k", d:unique() }, { "j", mb.range(1, #d:unique()) } }
    local joined = left:join(right, { on = "k" }):sort_by { "i", "j" }
    return joined.k, joined.i, joined.j
  end,
  elements = function(c) return { c[1], c[-1], c[(#c + 1) // 2] } end,
  ["texts"] = function(c) return { tostring(c), tostring(mb.frame { { "c", c } }) } end,
}

local names = {}
for name in pairs(actions) do names[#names + 1] = name end
table.sort(names) -- the same order on all ranks

-- All that an action gives, as tables.
local function plain(...)
  local list = table.pack(...)
  for i = 1, list.n do
    local value = list[i]
    if type(value) == "userdata" and value.to_table then list[i] = value:to_table() end
  end
  return list
end


describe("text, however it is held,", function()
  for _, case in ipairs(cases) do
    local rows = strings_of(case)
    local other = strings_of { n = case.n // 2 + 1, longest = 2 }
    it("gives the same for " .. case[1], function()
      for _, name in ipairs(names) do
        local action = actions[name]
        if case.n > 0 or name ~= "elements" then
          local d = mb.column(other, "text")
          local expected = plain(action(mb.column(rows, "text"), d))
          local spread = mb.column(rows, "text"):as("text", { dictionary = false })
          assert.equal("plain", spread:info().storage)
          assert.same(expected, plain(action(spread, d)), name)
          local d_spread = d:as("text", { dictionary = false })
          spread = mb.column(rows, "text"):as("text", { dictionary = false })
          assert.same(expected, plain(action(spread, d_spread)), name .. ", both spread")
          if case.missing then -- the other one alone
            assert.same(expected, plain(action(mb.column(rows, "text"), d_spread)), name .. ", the other")
          end
        end
      end
    end)
  end

  it("is by a dictionary while its strings come again", function()
    local c = (mb.range(1, 1000) % 10):as "text"
    assert.equal("dictionary", c:info().storage)
    assert.equal(10, c:info().strings)
    local d = mb.range(1, 300000):as "text"
    assert.equal("plain", d:info().storage)
    assert.equal("dictionary", (mb.range(1, 300000) // 30000):as("text"):info().storage)
    assert.equal("dictionary", d:as("text", { dictionary = true }):info().storage)
    helper.assert_raises("at most 1048576 different strings, of 33554432 bytes in all; without "
      .. "{dictionary = true}", function() mb.range(1, 1100000):as("text", { dictionary = true }) end)
  end)

  it("has lengths that are counted as other numbers are", function()
    local lengths = mb.column { "abcdef", "uvwxyz", "abc", "abcdef" }:as("text", { dictionary = false }):len()
    assert.same({ 3, 6 }, lengths:unique():to_table())
    local values, counts = lengths:value_counts()
    assert.same({ { 3, 6 }, { 1, 3 } }, { values:to_table(), counts:to_table() })
  end)

  -- On one rank their strings are there; on several, levelled rows have those of other ranks.
  it("is a dictionary of the strings that its rows have, wherever they are", function()
    local all = mb.range(1, 1100000):as "text"
    for _, few in ipairs { all[all:startswith "77"], all:slice(-3), all:reverse():slice(1, 20000, 7) } do
      local held = few:as("text", { dictionary = true })
      assert.equal("dictionary", held:info().storage)
      assert.equal(#few, held:info().strings)
      assert.equal(#few, held:eq(few):sum())
    end
  end)

  it("is sorted where it is spread", function()
    local n <const> = 150000
    local rows = {}
    for i = 1, n do rows[i] = tostring((i * 7919) % n) end
    local c = mb.column(rows)
    assert.equal("plain", c:info().storage)
    assert.equal(n, c:nunique())
    assert.same({ "0", "99999" }, { c:min(), c:max() })
    local g <close> = mb.group_by(mb.concat { c, c })
    assert.same({ 2, 2 }, { g:size():min(), g:size():max() })
    local sorted, keys = c:sort():to_table(), g:keys():to_table()
    helper.check_once(function()
      table.sort(rows)
      return ordering.difference(rows, sorted) or ordering.difference(rows, keys)
    end)
    assert.equal(n // 2, c:isin(c:sort():slice(1, n // 2)):sum())
  end)
end)
