-- Joins of frames, against nested loops in plain Lua.
local helper = require "spec.helper"
local match = require "spec.match"
local mb = require "moonbear"

local nan, null = 0 / 0, mb.null

local function is_null(v) return rawequal(v, null) end

-- Rows of a table as {name = list} become lists of what each row has.
local function key_of(t, on, i)
  local parts = {}
  for k, name in ipairs(on) do
    local v = t[name][i]
    if is_null(v) then return nil end
    parts[k] = tostring(match.key(v))
  end
  return table.concat(parts, "|")
end

local function length(t)
  local _, rows = next(t)
  return #rows
end

-- Pairs of row numbers, nil for none, as a join has them.
local function paired(left, right, on, how)
  local list, used, of_key = {}, {}, {}
  for j = 1, length(right) do
    local key = key_of(right, on, j)
    if key then
      of_key[key] = of_key[key] or {}
      table.insert(of_key[key], j)
    end
  end
  for i = 1, length(left) do
    local key = key_of(left, on, i)
    local partners = key and of_key[key] or {}
    if how == "semi" or how == "anti" then
      if (#partners > 0) == (how == "semi") then list[#list + 1] = { i } end
    else
      for _, j in ipairs(partners) do
        list[#list + 1] = { i, j }
        used[j] = true
      end
      if #partners == 0 and (how == "left" or how == "outer") then list[#list + 1] = { i } end
    end
  end
  if how == "right" or how == "outer" then
    for j = 1, length(right) do
      if not used[j] then list[#list + 1] = { nil, j } end
    end
  end
  return list
end

local function column_of(rows, list, side)
  local result = {}
  for i, pair in ipairs(list) do
    local at = pair[side]
    if at then result[i] = rows[at] else result[i] = null end
  end
  return result
end

local kinds = { "inner", "left", "right", "outer", "semi", "anti" }

-- Asserts that joining tables of rows gives what the loops give. `types` are those of the columns.
local function check(left, right, on, types, form)
  local function frame(t, names)
    local columns = {}
    for i, name in ipairs(names) do
      columns[i] = { name, match.column(t[name], types[name] or "int", form) }
    end
    return mb.frame(columns)
  end
  local left_names, right_names = { table.unpack(on) }, { table.unpack(on) }
  left_names[#left_names + 1], right_names[#right_names + 1] = "v", "v"
  right_names[#right_names + 1] = "w"
  local a, b = frame(left, left_names), frame(right, right_names)
  for _, how in ipairs(kinds) do
    local list = paired(left, right, on, how)
    local result = a:join(b, { on = #on == 1 and on[1] or on, how = how, suffix = "2" })
    assert.equal(#list, #result)
    for _, name in ipairs(on) do
      local keys, others = column_of(left[name], list, 1), column_of(right[name], list, 2)
      for i, pair in ipairs(list) do if not pair[1] then keys[i] = others[i] end end
      match.same(keys, result:column(name), types[name] or "int")
    end
    match.same(column_of(left.v, list, 1), result.v, "int")
    if how ~= "semi" and how ~= "anti" then
      match.same(column_of(right.v, list, 2), result.v2, "int")
      match.same(column_of(right.w, list, 2), result.w, "float")
      assert.same({ table.unpack(on) }, { table.unpack(result:columns(), 1, #on) })
    else
      assert.equal(#left_names, #result:columns())
    end
  end
end

local function numbers(n, f)
  local rows = {}
  for i = 1, n do rows[i] = f(i) end
  return rows
end

-- A table with keys from a list, some of them missing.
local function table_of(keys, n, random, gaps)
  local t = { v = numbers(n, function(i) return i * 10 end),
    w = numbers(n, function(i) return i % 5 == 0 and null or i / 2 end) }
  for name, values in pairs(keys) do
    t[name] = numbers(n, function()
      if gaps and random(1, 9) == 1 then return null end
      return values[random(1, #values)]
    end)
  end
  return t
end

local function unique_keys(values)
  local n = #values
  return { k = values, v = numbers(n, function(i) return -i end),
    w = numbers(n, function(i) return i / 4 end) }
end

local some = {
  int = { 5, -7, 0, 1 << 40, math.mininteger, math.maxinteger, 6, 9 },
  uint = { 5, -7, 0, 1 << 40, math.mininteger, math.maxinteger },
  float = { 0.0, 1.5, nan, -1 / 0, 2.0 ^ 60, -2.25 },
  bool = { true, false },
}

describe("frame:join", function()
  for _, type in ipairs(match.types) do
    it("matches loops for keys of " .. type .. ", in all kinds", function()
      local random, types = helper.random(11), { k = type, w = "float" }
      local values = some[type]
      local half = table.move(values, 1, (#values + 1) // 2, 1, {})
      check(table_of({ k = values }, 40, random, true), table_of({ k = half }, 17, random, true),
        { "k" }, types, 1)
      check(table_of({ k = values }, 30, random, true), unique_keys(half), { "k" }, types, 2)
      check(table_of({ k = half }, 3, random), unique_keys(values), { "k" }, types, 3)
    end)
  end

  it("matches loops for tables without rows, with one, and without partners", function()
    local random, types = helper.random(12), { w = "float" }
    local none, one = table_of({ k = { 1 } }, 0, random), table_of({ k = { 1 } }, 1, random)
    local other = table_of({ k = { 2 } }, 6, random)
    check(none, none, { "k" }, types, 1)
    check(none, other, { "k" }, types, 1)
    check(other, none, { "k" }, types, 2)
    check(one, one, { "k" }, types, 1)
    check(one, other, { "k" }, types, 3)
    check(other, other, { "k" }, types, 2)
  end)

  it("matches loops for several keys", function()
    local random = helper.random(13)
    local keys = { k = some.int, l = { 3, 4, 5 }, m = some.float, u = some.uint, b = some.bool }
    local types = { m = "float", u = "uint", b = "bool", w = "float" }
    for form, on in ipairs { { "k", "l" }, { "l", "b" }, { "l", "m", "b" }, { "k", "u", "l" } } do
      local chosen = {}
      for _, name in ipairs(on) do chosen[name] = keys[name] end
      check(table_of(chosen, 50, random, true), table_of(chosen, 40, random, true), on, types, form)
    end
  end)

  it("matches no row by a key that is missing in every row", function()
    local random = helper.random(15)
    local chosen = { k = { 1, 2 }, l = { null }, m = { 3 } }
    local types = { l = "int", w = "float" }
    for form, on in ipairs { { "k", "l" }, { "l", "k" }, { "l", "m" }, { "l" }, { "k", "l", "m" } } do
      local left, right = table_of(chosen, 12, random), table_of(chosen, 9, random)
      check(left, right, on, types, form)
      right.l[4] = 5
      check(left, right, on, types, form)
    end
  end)

  it("matches loops for keys of more bits than fit, however many there are", function()
    local random, wide, names = helper.random(14), {}, {}
    for i = 1, 7 do
      names[i] = "k" .. i
      wide[names[i]] = { math.mininteger + i, math.maxinteger - i, i }
    end
    local left = table_of(wide, 60, random, true)
    local right = { v = numbers(20, function(i) return -i end),
      w = numbers(20, function(i) return i / 8 end) }
    for _, name in ipairs(names) do right[name] = table.move(left[name], 11, 30, 1, {}) end
    check(left, right, names, { w = "float" }, 1)
    check(left, right, { "k1", "k2" }, { w = "float" }, 2)
    local many, frame = {}, {}
    for i = 1, 17 do many[i], frame[i] = "c" .. i, { "c" .. i, mb.column { i } } end
    assert.error_matches(function() mb.frame(frame):join(mb.frame(frame), { on = many }) end,
      "join takes 1 to 16 keys, not 17")
  end)

  it("deals out many keys of the right, some of them there twice", function()
    local n = 70000
    local keys = mb.random(n, { low = 0, high = 1 << 44, seed = 21 })
    local right = mb.frame { { "k", mb.concat { keys, keys:slice(1, 1000) } },
      { "w", mb.range(1, n + 1000) } }
    local rows = keys:slice(1, 2000):to_table()
    local asked = numbers(900, function(i) return i % 3 == 0 and rows[7] or rows[i * 2] end)
    asked[10], asked[20] = null, 1
    local left = mb.frame { { "k", mb.column(asked) } }
    local first, expected = {}, {}
    for i, v in ipairs(rows) do first[v] = i end
    for _, v in ipairs(asked) do
      local at = not is_null(v) and first[v]
      if at then
        expected[#expected + 1] = at
        if at <= 1000 then expected[#expected + 1] = n + at end
      end
    end
    match.same(expected, left:join(right, { on = "k" }).w)
    assert.equal(898, #left:join(right, { on = "k", how = "semi" }))
    assert.equal(#expected + 2, #left:join(right, { on = "k", how = "left" }))
    local unique = mb.frame { { "k", keys }, { "w", mb.range(1, n) } }
    assert.equal(898, #left:join(unique, { on = "k" }))
    assert.equal(#expected, #left:join(right, { on = "k", how = "outer" })
      - 2 - #right:join(left, { on = "k", how = "anti" }))
  end)

  it("deals out the rows of a key that half of the right has", function()
    local n, list = 150000, {}
    local keys = mb.where((mb.range(1, n) % 2):eq(0), 7, mb.range(1, n) * 10)
    local right = mb.frame { { "k", keys }, { "w", mb.range(1, n) } }
    local left = mb.frame { { "k", mb.column { 30, 7, null, 5, 7, 50 } },
      { "v", mb.column { 1, 2, 3, 4, 5, 6 } } }
    local function add(v, first, last, step)
      for w = first, last, step do list[#list + 1] = { v, w } end
    end
    add(1, 3, 3, 1)
    add(2, 2, n, 2)
    add(5, 2, n, 2)
    add(6, 5, 5, 1)
    local joined = left:join(right, { on = "k" })
    assert.equal(#list, #joined)
    local vs, ws = joined.v:to_table(), joined.w:to_table()
    for i, pair in ipairs(list) do
      if vs[i] ~= pair[1] or ws[i] ~= pair[2] then
        error(("row %d: %s %s, not %d %d"):format(i, vs[i], ws[i], pair[1], pair[2]))
      end
    end
    for _, rows in ipairs(joined.w:info().rows) do
      assert.truthy(rows <= #list // mb.size() + 1)
    end
    assert.equal(#list + 2, #left:join(right, { on = "k", how = "left" }))
    assert.equal(#list + n // 2 - 2, #left:join(right, { on = "k", how = "right" }))
    local same = mb.frame { { "k", mb.full(n, 7) }, { "w", mb.range(1, n) } }
    assert.equal(n * (n + 1), left:join(same, { on = "k" }).w:sum())
  end)

  it("pairs many rows of few keys", function()
    local left = mb.frame { { "k", mb.range(1, 3000) % 10 }, { "a", mb.range(1, 3000) } }
    local right = mb.frame { { "k", mb.range(1, 100) % 20 }, { "b", mb.range(1, 100) } }
    local result = left:join(right, { on = "k" })
    assert.equal(15000, #result)
    assert.equal(15000, (result.a % 10):eq(result.b % 20):sum())
    assert.equal(0, (result.a:slice(1, -2):gt(result.a:slice(2))):sum())
    assert.equal(3000 * 3001 // 2 * 5, result.a:sum())
  end)

  it("takes a single column of the right, of each type", function()
    local left = mb.frame { { "k", mb.column { 3, 1, null, 2, 1 } } }
    for type, values in pairs {
      int = { 7, -8, 1 << 50 }, uint = { 7, 8, -1 }, float = { 0.5, nan, -0.0 },
      bool = { true, false, true },
    } do
      local right = mb.frame { { "k", mb.column { 1, 2, 9 } }, { "w", mb.column(values, type) } }
      local one, two = values[1], values[2]
      match.same({ one, two, one }, left:join(right, { on = "k" }).w, type)
      match.same({ 1, 2, 1 }, left:join(right, { on = "k" }).k, "int")
      match.same({ null, one, null, two, one },
        left:join(right, { on = "k", how = "left" }).w, type)
      match.same({ one, two, one, values[3] }, left:join(right, { on = "k", how = "right" }).w, type)
    end
    local gaps = mb.frame { { "k", mb.column { 1, 2 } }, { "w", mb.column { null, 5 } } }
    match.same({ null, 5, null }, left:join(gaps, { on = "k" }).w, "int")
    local twice = mb.frame { { "k", mb.column { 1, 2, 1 } }, { "w", mb.column { 4, 5, 6 } } }
    match.same({ 4, 6, 5, 4, 6 }, left:join(twice, { on = "k" }).w, "int")
  end)

  it("gives columns of its own, also where each row of the left has one partner", function()
    for _, how in ipairs { "inner", "left" } do
      local f = mb.frame { k = mb.column { 1, 2, 3 }, s = mb.column { "a", "b", "c" } }
      local g = mb.frame { k = mb.column { 3, 2, 1 }, v = mb.column { 7, 8, 9 }, w = mb.column { 4, 5, 6 } }
      f:join(g, { on = "k", how = how }):close()
      f:join(g:select("k", "v"), { on = "k", how = how }):close()
      f:join_asof(g:sort_by "k", { on = "k" }):close()
      assert.same({ 1, 2, 3 }, f.k:to_table())
      assert.same({ "a", "b", "c" }, f.s:to_table())
      assert.same({ 7, 8, 9 }, g.v:to_table())
    end
  end)

  it("says how large a result would be that does not fit", function()
    local many = mb.frame { { "k", mb.full(2000000, 1) } }
    assert.error_matches(function() many:join(many, { on = "k" }) end,
      "would have 4000000000000 rows, %d[%d.e+]* GB in all")
    local columns, core = { { "k", mb.range(1, 10) } }, mb.core
    for i = 1, 50 do columns[i + 1] = { "c" .. i, (mb.range(1, 10) * 1.5):eval() } end
    local wide, rows = mb.frame(columns), mb.frame { { "k", mb.range(1, 100000) % 20 + 1 } }
    rows.k:eval()
    local live, _, _, budget = core.memory(true)
    core.limit_memory(live + (10 << 20) // mb.size())
    local ok, message = pcall(rows.join, rows, wide, { on = "k" })
    core.limit_memory(budget)
    assert.falsy(ok)
    assert.truthy(message:find("would have 50000 rows, 0.02 GB in all", 1, true), message)
    assert.equal(50000, #rows:join(wide, { on = "k" }))
    assert.equal(2, #mb.frame { { "k", mb.column { 1, 2 } } }:join(many:head(1),
      { on = "k", how = "left" }))
  end)

  it("refuses what does not go together", function()
    local a = mb.frame { { "k", mb.column { 1 } }, { "x", mb.column { 1 } },
      { "x_right", mb.column { 1 } } }
    local b = mb.frame { { "k", mb.column { 1.5 } }, { "x", mb.column { 1 } } }
    for _, case in ipairs {
      { function() a:join(b, { on = "k" }) end, "'k' is an int column on the left and a float" },
      { function() a:join(a, { on = "y" }) end, "no column 'y'" },
      { function() a:join(a, { on = {} }) end, "'on' of 'join' %(a column's name or a list of names expected" },
      { function() a:join(a) end, "'on' of 'join' %(a column's name or a list of names expected" },
      { function() a:join(a, { on = "k", how = "full" }) end,
        "'how' of 'join' %('outer' for a full join, or 'inner', 'left" },
      { function() a:join(a, { on = "k", suffix = 1 }) end, "'suffix' of 'join' %(a string expected, got 1%)" },
      { function() a:join(b, { on = "x", suffix = "" }) end, "choose another suffix" },
      { function() a:join(a, { on = "k", keys = 1 }) end, "no option 'keys'" },
      { function() a:join(5, { on = "k" }) end, "frame expected, got a number" },
    } do
      assert.error_matches(case[1], case[2])
    end
    assert.same({ "k", "x", "x_right", "xb" },
      a:join(a:select("k", "x"), { on = "k", suffix = "b" }):columns())
  end)

  it("is mended when memory runs out, or it is told on all ranks", function()
    local left = mb.frame { { "k", mb.column { 1, 2, 3, 1 } } }
    local twice = mb.frame { { "k", mb.column { 1, 1, 3 } }, { "w", mb.column { 7, 8, 9 } } }
    local wide = { math.mininteger, math.maxinteger, 0, 5 }
    left.l, left.m = mb.column(wide), mb.column(wide)
    local three = mb.frame { { "m", left.l:reverse() }, { "l", left.l:reverse() },
      { "k", left.k:reverse() }, { "w", mb.range(1, 4) } }
    for rank, n in helper.failures(60, 2) do
      mb.core.inject_fault(rank, n)
      match.same({ 7, 8, null, 9, 7, 8 }, left:join(twice, { on = "k", how = "left" }).w)
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, n)
      match.same({ 4, 3, 2, 1 }, left:join(three, { on = { "k", "l", "m" } }).w)
      mb.core.inject_fault(rank, 0)
      mb.core.inject_fault(rank, n)
      match.same({ 1, 3, 1 }, left:join(twice:tail(2), { on = "k" }).k)
      mb.core.inject_fault(rank, 0)
    end
  end)
end)

describe("joins of ranks that disagree", helper.once(function()
  it("raise one error on all", function()
    for _, pair in ipairs {
      { "f:join(g, {on = 'k'})", "g:join(f, {on = 'k'})" },
      { "f:join(g, {on = 'k'})", "f:join(g, {on = 'k', how = 'left'})" },
      { "f:join(g, {on = {'k', 'l'}})", "f:join(g, {on = {'l', 'k'}})" },
      { "f:join(g, {on = {'k', 'l'}})", "f:join(g, {on = 'k'})" },
    } do
      local code, out, err = helper.run(3, ([[
        local mb = require "moonbear"
        local f = mb.frame { k = mb.column { 1, 2 }, l = mb.column { 3, 4 } }
        local g = mb.frame { k = mb.column { 2, 3 }, l = mb.column { 4, 4 } }
        local ok, message = pcall(function()
          if mb.rank() == 1 then return %s else return %s end
        end)
        print(ok, message)
        print(#f:join(g, { on = "k" }))]]):format(pair[1], pair[2]))
      assert.equal(1, code, out .. err)
      assert.truthy(out:find("^false\t.*the ranks diverged.*rank 1.*\n1\n$"), out .. err)
    end
  end)
end))
