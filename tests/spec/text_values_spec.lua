-- Columns of text against plain Lua: order, counts, groups, joins, sets, choices and rows that move,
-- for strings of all bytes, by either storage.
local helper = require "spec.helper"
local mb = require "moonbear"

local NULL <const> = mb.null

-- Whether a comes before b by bytes; Lua's own < asks the locale.
local function before(a, b)
  local i, n = 1, math.min(#a, #b)
  while i <= n and a:byte(i) == b:byte(i) do i = i + 1 end
  return (a:byte(i) or -1) < (b:byte(i) or -1)
end

-- Alphabets that strings are made of.
local pieces = { "", "a", "b", "ab", "é", "日本", "\0", "\xff", "\x7f", "\x80", "Z", " ", "\u{10FFFF}", "\u{FFFD}" }

local function word(random, most)
  local parts = {}
  for i = 1, random(0, most) do parts[i] = pieces[random(1, #pieces)] end
  return table.concat(parts)
end

-- Rows of n strings of each kind.
local kinds = {
  ["random ones"] = function(n, random)
    local rows = {}
    for i = 1, n do rows[i] = word(random, 3) end
    return rows
  end,
  ["with missing rows"] = function(n, random)
    local rows = {}
    for i = 1, n do rows[i] = random(0, 2) == 0 and NULL or word(random, 2) end
    return rows
  end,
  ["all equal"] = function(n)
    local rows = {}
    for i = 1, n do rows[i] = "same" end
    return rows
  end,
  ["all different"] = function(n, random)
    local rows = {}
    for i = 1, n do rows[i] = word(random, 4) .. ("%05d"):format(n - i) end
    return rows
  end,
  ["all empty or missing"] = function(n)
    local rows = {}
    for i = 1, n do rows[i] = i % 2 == 0 and "" or NULL end
    return rows
  end,
  ["all missing"] = function(n)
    local rows = {}
    for i = 1, n do rows[i] = NULL end
    return rows
  end,
  ["prefixes of one"] = function(n)
    local rows = {}
    for i = 1, n do rows[i] = ("x"):rep(i * 7 % (n + 1)) end
    return rows
  end,
}

-- How columns are stored: as the engine chooses, and with their strings spread over the ranks.
local storages = {
  ["as chosen"] = function(rows) return mb.column(rows, "text") end,
  spread = function(rows) return mb.column(rows, "text"):as("text", { dictionary = false }) end,
}

-- --- Answers of plain Lua.

local function sorted_positions(rows, descending)
  local order = {}
  for i = 1, #rows do order[i] = i end
  table.sort(order, function(i, j)
    local a, b = rows[i], rows[j]
    if a == NULL or b == NULL then
      if a == b then return i < j end
      return b == NULL
    end
    if a == b then return i < j end
    if descending then return before(b, a) end
    return before(a, b)
  end)
  return order
end

local function picked(rows, order)
  local list = {}
  for i, row in ipairs(order) do list[i] = rows[row] end
  return list
end

local function present(rows)
  local list = {}
  for _, row in ipairs(rows) do
    if row ~= NULL then list[#list + 1] = row end
  end
  return list
end

-- The distinct strings in order, and how often each is there.
local function counted(rows)
  local list, counts = {}, {}
  for _, row in ipairs(picked(rows, sorted_positions(rows))) do
    if row ~= NULL and row == list[#list] then
      counts[#list] = counts[#list] + 1
    elseif row ~= NULL then
      list[#list + 1], counts[#list + 1] = row, 1
    end
  end
  return list, counts
end

local function map(rows, f)
  local list = {}
  for i, row in ipairs(rows) do
    list[i] = NULL
    if row ~= NULL then
      local value = f(row, i)
      if value ~= nil then list[i] = value end
    end
  end
  return list
end

local function set_of(rows)
  local set = {}
  for _, row in ipairs(rows) do
    if row ~= NULL then set[row] = true end
  end
  return set
end

local function same(expected, column, what)
  local got = column:to_table()
  assert.equal(#expected, #got, what)
  for i = 1, #expected do
    if expected[i] ~= got[i] then
      error(("%s, row %d: %s instead of %s"):format(what, i, mb.core.quoted(tostring(got[i])),
        mb.core.quoted(tostring(expected[i]))))
    end
  end
end

-- --- Checks: of rows a and b of one length, as columns of one storage.

local checks = {}

function checks.rows(a, _, c)
  same(a, c, "to_table")
  for _, i in ipairs { 1, #a // 2, #a } do
    if i > 0 and i <= #a then
      local expected = a[i]
      if expected == NULL then expected = nil end
      assert.equal(expected, c[i])
    end
  end
  assert.equal("text", c:type())
  same(map(a, function(row) return #row end), c:len(), "len")
  local missing = {}
  for i, row in ipairs(a) do missing[i] = row == NULL end
  same(missing, c:is_missing(), "is_missing")
  same(present(a), c:drop_missing(), "drop_missing")
end

function checks.order(a, _, c)
  for _, descending in ipairs { false, true } do
    local order = sorted_positions(a, descending)
    same(picked(a, order), c:sort { descending = descending }, "sort")
    same(order, c:argsort { descending = descending }, "argsort")
    assert.is_true(c:sort { descending = descending }:is_sorted { descending = descending })
  end
  local rank = {}
  for place, row in ipairs(sorted_positions(a)) do rank[row] = a[row] == NULL and NULL or place end
  same(rank, c:rank { method = "first" }, "rank")
  -- Among other keys: a number before it, and one behind.
  local small, order = {}, {}
  for i = 1, #a do small[i], order[i] = i * 7 % 3, i end
  local place = {}
  for i, row in ipairs(sorted_positions(a, true)) do place[row] = i end
  for i, row in ipairs(sorted_positions(a, true)) do -- equal strings have one place
    local prior = i > 1 and sorted_positions(a, true)[i - 1]
    if prior and a[prior] == a[row] then place[row] = place[prior] end
  end
  table.sort(order, function(i, j)
    if small[i] ~= small[j] then return small[i] < small[j] end
    if place[i] ~= place[j] then return place[i] < place[j] end
    return i > j
  end)
  local keys = { mb.column(small, "int"), c, mb.range(1, #a) }
  same(order, mb.argsort(keys, { descending = { false, true, true } }), "argsort of three keys")
  local f = mb.frame { { "k", keys[1] }, { "c", c }, { "i", keys[3] } }
  same(order, f:sort_by("k", "-c", "-i").i, "sort_by")
end

function checks.extremes(a, _, c)
  local list = present(a)
  local order = sorted_positions(a)
  if #list == 0 then
    helper.assert_raises("min of no values", c.min, c)
    helper.assert_raises("argmax of no values", c.argmax, c)
  else
    local first, last = a[order[1]], a[order[#list]]
    assert.equal(first, c:min())
    assert.equal(last, c:max())
    assert.equal(order[1], c:argmin())
    local at = #list
    while at > 1 and a[order[at - 1]] == last do at = at - 1 end
    assert.equal(order[at], c:argmax())
    assert.same({ min = first, max = last }, c:stats { "min", "max" })
  end
  for _, k in ipairs { 0, 1, 3 } do
    local largest = sorted_positions(a, true)
    local values, positions = c:topk(k)
    local n = math.min(k, #list)
    same(table.move(picked(a, largest), 1, n, 1, {}), values, "topk")
    same(table.move(largest, 1, n, 1, {}), positions, "topk")
    same(table.move(picked(a, order), 1, n, 1, {}), (c:bottomk(k)), "bottomk")
  end
  local least, most = nil, nil
  same(map(a, function(row)
    if not least or before(row, least) then least = row end
    return least
  end), c:cummin(), "cummin")
  same(map(a, function(row)
    if not most or before(most, row) then most = row end
    return most
  end), c:cummax(), "cummax")
end

function checks.counts(a, _, c)
  local list, counts = counted(a)
  same(list, c:unique(), "unique")
  assert.equal(#list, c:nunique())
  local keys, numbers = c:value_counts()
  same(list, keys, "value_counts")
  same(counts, numbers, "value_counts")
end

function checks.groups(a, b, c, d)
  local list, counts = counted(a)
  local missing = #a - #present(a)
  if missing > 0 then list[#list + 1], counts[#counts + 1] = NULL, missing end
  local g = mb.group_by(c)
  same(list, g:keys(), "keys")
  same(counts, g:size(), "size")
  local group = {}
  for i, key in ipairs(list) do group[key] = i end
  local expected = { min = {}, max = {}, first = {}, last = {}, count = {}, nunique = {} }
  local seen = {}
  for i = 1, #list do
    for _, column in pairs(expected) do column[i] = NULL end
    expected.count[i], expected.nunique[i], seen[i] = 0, 0, {}
  end
  for i, key in ipairs(a) do
    local at, value = group[key], b[i]
    if value ~= NULL then
      local e = expected
      if e.min[at] == NULL or before(value, e.min[at]) then e.min[at] = value end
      if e.max[at] == NULL or before(e.max[at], value) then e.max[at] = value end
      if e.first[at] == NULL then e.first[at] = value end
      e.last[at], e.count[at] = value, e.count[at] + 1
      if not seen[at][value] then e.nunique[at] = e.nunique[at] + 1 end
      seen[at][value] = true
    end
  end
  for name, column in pairs(expected) do same(column, g[name](g, d), name .. " of groups") end
  same(a, g:broadcast(mb.column(list, "text")), "broadcast")
  -- By two keys.
  local parity = {}
  for i = 1, #a do parity[i] = i % 2 end
  local pairs_of, sizes, names = {}, {}, {}
  for i, key in ipairs(a) do
    local at = group[key] * 2 + parity[i]
    if not sizes[at] then pairs_of[#pairs_of + 1] = at end
    sizes[at], names[at] = (sizes[at] or 0) + 1, key
  end
  table.sort(pairs_of)
  local two = mb.group_by { c, mb.column(parity, "int") }
  same(picked(names, pairs_of), (two:keys()), "keys of two")
  same(picked(sizes, pairs_of), two:size(), "sizes of two")
end

function checks.sets(a, b, c, d)
  local in_a, in_b = set_of(a), set_of(b)
  local all = {}
  for _, row in ipairs(present(a)) do all[#all + 1] = row end
  for _, row in ipairs(present(b)) do all[#all + 1] = row end
  local distinct = counted(all)
  local function where(f)
    local list = {}
    for _, row in ipairs(distinct) do
      if f(in_a[row], in_b[row]) then list[#list + 1] = row end
    end
    return list
  end
  same(where(function(x, y) return x and y end), mb.intersect(c, d), "intersect")
  same(where(function() return true end), mb.union(c, d), "union")
  same(where(function(x, y) return x and not y end), mb.difference(c, d), "difference")
  same(where(function(x, y) return (x and not y) or (y and not x) end), mb.symmetric_difference(c, d),
    "symmetric_difference")
  same(map(a, function(row) return in_b[row] == true end), c:isin(d), "isin")
  local list = table.move(present(b), 1, math.min(3, #present(b)), 1, { "nowhere", "" })
  local in_list = set_of(list)
  same(map(a, function(row) return in_list[row] == true end), c:isin(list), "isin of a list")
  local first = {}
  for i = #b, 1, -1 do
    if b[i] ~= NULL then first[b[i]] = i end
  end
  same(map(a, function(row) return first[row] end), d:find(c), "find")
  local keys = counted(b)
  local key_column, values = d:unique(), {}
  for i, key in ipairs(keys) do values[i] = key .. "!" end
  same(map(a, function(row) return in_b[row] and row .. "!" or "none" end),
    key_column:lookup(mb.column(values, "text"), c, { default = "none" }), "lookup")
  local place = {}
  for _, row in ipairs(present(a)) do
    local below = 0
    for _, key in ipairs(keys) do
      if before(key, row) then below = below + 1 end
    end
    place[row] = below + 1
  end
  same(map(a, function(row) return place[row] end), key_column:searchsorted(c), "searchsorted")
  if #present(a) > 0 then
    local row = present(a)[1]
    assert.equal(place[row], key_column:searchsorted(row))
    assert.equal(place[row] + (in_b[row] and 1 or 0), key_column:searchsorted(row, "right"))
  end
end

local comparisons = {
  eq = function(a, b) return a == b end, ne = function(a, b) return a ~= b end,
  lt = function(a, b) return before(a, b) end, le = function(a, b) return not before(b, a) end,
  gt = function(a, b) return before(b, a) end, ge = function(a, b) return not before(a, b) end,
}

function checks.comparisons(a, b, c, d)
  local strings = { "", "a", "same", "nowhere", "\0", "\xff\xff\xff", "日", a[1], a[#a] }
  for name, f in pairs(comparisons) do
    same(map(a, function(row, i)
      if b[i] == NULL then return nil end
      return f(row, b[i])
    end), c[name](c, d), name .. " of columns")
    for _, string in pairs(strings) do
      if string ~= NULL then
        same(map(a, function(row) return f(row, string) end), c[name](c, string), name .. " " .. mb.core.quoted(string))
      end
    end
  end
  same(map(a, function(row) return not before(row, "a") and not before("b", row) end), c:between("a", "b"), "between")
  same(map(a, function(row) return before(row, "b") and row or "b" end), c:minimum("b"), "minimum")
  same(map(a, function(row, i)
    if b[i] == NULL then return nil end
    return before(row, b[i]) and b[i] or row
  end), c:maximum(d), "maximum")
end

function checks.choices(a, b, c, d)
  local mask = mb.range(1, #a) % 3
  local function chosen(f)
    local list = {}
    for i = 1, #a do list[i] = f(i) end
    return list
  end
  local third = mask:eq(0)
  same(chosen(function(i) return i % 3 == 0 and a[i] or b[i] end), third:where(c, d), "where")
  same(chosen(function(i) return i % 3 == 0 and a[i] or "new" end), third:where(c, "new"), "where a string")
  same(chosen(function(i) return i % 3 == 0 and "x" or "y" end), mb.where(third, "x", "y"), "where of strings")
  same(chosen(function(i) return i % 3 == 0 and a[i] or NULL end), third:where(c, NULL), "where null")
  same(chosen(function(i) return a[i] == NULL and "none" or a[i] end), c:fill "none", "fill")
  same(chosen(function(i) return a[i] == NULL and b[i] or a[i] end), c:fill(d), "fill of a column")
  same(chosen(function(i) return i % 3 == 0 and "put" or a[i] end), c:put(third, "put"), "put a string")
  same(chosen(function(i) return i % 3 == 0 and NULL or a[i] end), c:put(third, NULL), "put null")
  same(chosen(function(i) return i % 3 == 0 and b[i] or a[i] end), c:put(third, d[third]), "put by mask")
  local half = {}
  for i = 1, #a // 2 do half[i] = #a + 1 - i end
  local at = mb.column(half, "int")
  same(chosen(function(i) return i > #a - #half and b[i] or a[i] end), c:put(at, d[at]), "put at positions")
  same(chosen(function(i) return i > #a - #half and "p" or a[i] end), c:put(at, "p"), "put a string at positions")
end

function checks.moves(a, b, c, d)
  local both = table.move(b, 1, #b, #a + 1, table.move(a, 1, #a, 1, {}))
  same(both, mb.concat { c, d }, "concat")
  local reversed = {}
  for i = 1, #a do reversed[i] = a[#a + 1 - i] end
  same(reversed, c:reverse(), "reverse")
  same(table.move(a, 2, math.max(#a - 1, 1), 1, {}), c:slice(2, math.max(#a - 1, 1)), "slice")
  local shifted = table.move(a, 1, math.max(#a - 1, 0), 2, #a > 0 and { "s" } or {})
  same(shifted, c:shift(1, "s"), "shift")
  local positions, expected = {}, {}
  for i = 1, #a do
    positions[i] = i * 5 % #a + 1
    expected[i] = a[positions[i]]
    if i % 4 == 0 then positions[i], expected[i] = NULL, NULL end
  end
  same(expected, c[mb.column(positions, "int")], "gather")
  local odd = {}
  for i = 1, #a, 2 do odd[#odd + 1] = a[i] end
  same(odd, c[(mb.range(1, #a) % 2):eq(1)], "filter")
  local twice = {}
  for i = 1, #a do twice[2 * i - 1], twice[2 * i] = a[i], a[i] end
  same(twice, c:repeat_by(2), "repeat_by")
end

function checks.joins(a, b, c, d)
  local left = mb.frame { { "k", c }, { "i", mb.range(1, #a) } }
  local right = mb.frame { { "k", d }, { "j", mb.range(1, #b) }, { "s", d } }
  local keys, is, js, strings = {}, {}, {}, {}
  local all = { k = {}, i = {}, j = {} }
  for i, key in ipairs(a) do
    local found = false
    for j, other in ipairs(b) do
      if key ~= NULL and key == other then
        keys[#keys + 1], is[#is + 1], js[#js + 1], strings[#strings + 1] = key, i, j, other
        table.insert(all.k, key)
        table.insert(all.i, i)
        table.insert(all.j, j)
        found = true
      end
    end
    if not found then
      table.insert(all.k, key)
      table.insert(all.i, i)
      table.insert(all.j, NULL)
    end
  end
  local inner = left:join(right, { on = "k" })
  same(keys, inner.k, "join")
  same(is, inner.i, "join")
  same(js, inner.j, "join")
  same(strings, inner.s, "join")
  local outer = left:join(right, { on = "k", how = "left" })
  for name, rows in pairs(all) do same(rows, outer:column(name), "left join") end
  local in_b = set_of(b)
  local semi = {}
  for i, key in ipairs(a) do
    if in_b[key] then semi[#semi + 1] = i end
  end
  same(semi, left:join(right, { on = "k", how = "semi" }).i, "semi join")
end

describe("text of", function()
  for kind, rows_of in pairs(kinds) do
    for storage, column_of in pairs(storages) do
      it(kind .. ", " .. storage, function()
        for _, n in ipairs { 0, 1, 2, 3, 60 } do
          local random = helper.random(n + #kind)
          local a, b = rows_of(n, random), kinds["with missing rows"](n, random)
          local c, d = column_of(a), mb.column(b, "text")
          for name, check in pairs(checks) do
            local ok, message = pcall(check, a, b, c, d)
            if not ok then error(("%s of %d rows: %s"):format(name, n, tostring(message)), 0) end
          end
        end
      end)
    end
  end
end)

describe("text", function()
  it("is in the order of Python's sorted(key=str.encode)", helper.once(function()
    local answer = helper.python_output [[
import random
random.seed(6)
def char():
    while True:
        code = random.randrange(random.choice([0x80, 0x800, 0x10000, 0x110000]))
        if not 0xd800 <= code < 0xe000: return chr(code)
words = [''.join(char() for _ in range(random.randrange(5))) for _ in range(3000)]
hexed = lambda w: w.encode().hex() or '-'
print(*map(hexed, words))
print(*map(hexed, sorted(words, key=str.encode)))
print(*map(hexed, sorted(set(words), key=str.encode)))
]]
    local lines = {}
    for line in answer:gmatch "[^\n]+" do
      local list = {}
      for hexadecimal in line:gmatch "%S+" do
        local function byte(x) return string.char(tonumber(x, 16)) end
        list[#list + 1] = hexadecimal == "-" and "" or hexadecimal:gsub("%x%x", byte)
      end
      lines[#lines + 1] = list
    end
    for _, column_of in pairs(storages) do
      local c = column_of(lines[1])
      same(lines[2], c:sort(), "sort")
      same(lines[2], c[c:argsort()], "argsort")
      same(lines[3], c:unique(), "unique")
      same(lines[3], mb.group_by(c):keys(), "keys")
      assert.equal(lines[2][1], c:min())
      assert.equal(lines[2][#lines[2]], c:max())
    end
  end))

  it("may be several arguments at once", function()
    for _, column_of in pairs(storages) do
      local function c() return column_of { "b", "a", "c", "b" } end
      local v = c()
      same({ 2, 1, 4, 3 }, mb.argsort { v, v }, "argsort")
      v = c()
      same({ 3, 1, 4, 2 }, mb.argsort({ v, v }, { descending = { true, false } }), "argsort")
      v = c()
      same({ "a", "b", "c" }, (mb.group_by { v, v }:keys()), "keys")
      v = column_of { "b", "a", "c" }
      same({ "b", "a", "c" }, v:lookup(v, v), "lookup")
      v = c()
      same({ true, true, true, true }, v:eq(v), "eq")
      same({ true, true, true, true }, c():le(v), "le")
      v = c()
      same({ "a", "b", "c" }, mb.union(v, v), "union")
      v = c()
      same({ true, true, true, true }, v:isin(v), "isin")
      v = c()
      local g = mb.group_by(mb.column { 1, 1, 2, 2 })
      local folded = mb.core.group_aggregate(g._handle, { "first", "min", "last", "max" }, { v, v, v, v })
      for i, rows in ipairs { { "b", "c" }, { "a", "b" }, { "a", "b" }, { "b", "c" } } do
        same(rows, folded[i], "folds")
      end
      v = column_of { "b", "a", "c" }
      local f = mb.frame { { "k", v }, { "l", v } }
      same({ "b", "a", "c" }, f:join(f, { on = { "k", "l" } }).l, "join")
    end
  end)

  it("of long strings is whole", function()
    local long = { ("x"):rep(1 << 20), ("x"):rep((1 << 20) - 1) .. "y", "", ("\0"):rep(70000) }
    local c = mb.column(long)
    same({ "", long[4], long[1], long[2] }, c:sort(), "sort")
    same({ 1 << 20, 1 << 20, 0, 70000 }, c:len(), "len")
    assert.equal(long[2], c:max())
    same({ false, true, false, false }, c:eq(long[2]), "eq")
  end)

  it("of many different strings is what it is of few", function()
    local n = 70001
    local numbers = mb.range(1, n) * 7919 % n
    local c = numbers:as "text"
    assert.equal(n, c:nunique())
    assert.equal(n, c:as "int":eq(numbers):sum())
    assert.equal("0", c:min())
    assert.equal("9999", c:max())
    assert.is_true(c:sort():is_sorted())
    assert.equal(n, c:sort():as "int":sort():eq(mb.range(0, n - 1)):sum())
    assert.equal(1, c:eq("777"):sum())
    assert.equal(n, c:isin(c:reverse()):sum())
    local reversed = mb.frame { { "k", c:reverse() }, { "x", mb.range(1, n) } }
    assert.equal(n, #mb.frame({ { "k", c } }):join(reversed, { on = "k" }))
  end)
end)
