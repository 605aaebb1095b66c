-- Changing rows, and moving them, against loops of plain Lua on the same values.
local helper = require "spec.helper"
local mb = require "moonbear"

local mini, maxi = math.mininteger, math.maxinteger
local inf, nan = 1 / 0, 0 / 0
local null = mb.null

local random = helper.random(11)

-- A generator of rows for each type, some of them far from the others.
local generators = {
  bool = function() return random(0, 1) == 1 end,
  int = function() return ({ 7, 255, -1, 70000, mini, maxi, random(-9, 9) })[random(1, 7)] end,
  uint = function() return ({ 0, 1, 300, -1, mini, random(0, 9) })[random(1, 6)] end,
  float = function() return ({ 0.5, -0.0, inf, -inf, 1e300, random(0, 9) / 4 })[random(1, 6)] end,
}
-- A value of a type as a script writes it beside a column.
local function as_written(value, type)
  return type == "uint" and value ~= null and mb.uint(value) or value
end

local small = {
  bool = generators.bool,
  int = function() return random(0, 9) end,
  uint = function() return random(0, 9) end,
  float = function() return random(0, 9) / 4 end,
}
local types = { "bool", "int", "uint", "float" }

local function make(n, row, sparse)
  local t = {}
  for i = 1, n do t[i] = sparse and random(0, 3) == 0 and null or row() end
  return t
end

local function check_same(expected, column, what)
  local got = column:to_table()
  assert.equal(#expected, #got, what)
  for i = 1, #expected do
    if expected[i] ~= got[i] then assert.equal(expected[i], got[i], ("%s: row %d"):format(what, i)) end
  end
end

-- Lengths, and columns of a length that are laid out in several ways.
local lengths = { 0, 1, 2, 5, 40, 700 }

local function ragged(rows, type)
  local padded = { table.unpack(rows) }
  for i = 1, 2 * #rows do padded[#rows + i] = rows[1] end
  return mb.column(padded, type)[mb.range(1, #padded):le(#rows)]
end

local function each_column(body)
  for _, type in ipairs(types) do
    for _, n in ipairs(lengths) do
      for _, sparse in ipairs { false, true } do
        local rows = make(n, small[type], sparse)
        local what = ("%d %s%s"):format(n, sparse and "sparse " or "", type)
        body(type, rows, mb.column(rows, type), what)
        if n > 0 then body(type, rows, ragged(rows, type), what .. " ragged") end
      end
    end
  end
end

describe("put by a mask", function()
  local function masks(n)
    local list = { {}, {}, make(n, generators.bool), make(n, generators.bool, true) }
    for i = 1, n do list[1][i], list[2][i] = false, true end
    return list
  end

  it("sets a scalar, as a loop does", function()
    each_column(function(type, rows, column, what)
      for _, chosen in ipairs(masks(#rows)) do
        for _, value in ipairs { generators[type](), null } do
          local expected = { table.unpack(rows) }
          for i, yes in ipairs(chosen) do if yes == true then expected[i] = value end end
          local changed = column:put(mb.column(chosen, "bool"), as_written(value, type))
          assert.equal(type, changed:type())
          check_same(expected, changed, what)
        end
      end
      check_same(rows, column, "the original")
    end)
  end)

  it("deals out the rows of a column, as a loop does", function()
    each_column(function(type, rows, column, what)
      for _, chosen in ipairs(masks(#rows)) do
        local expected, values = { table.unpack(rows) }, {}
        for i, yes in ipairs(chosen) do
          if yes == true then
            values[#values + 1] = random(0, 4) == 0 and null or generators[type]()
            expected[i] = values[#values]
          end
        end
        local mask, news = mb.column(chosen, "bool"), mb.column(values, type)
        check_same(expected, column:put(mask, news), what)
        check_same(values, news, "the values")
      end
      check_same(rows, column, "the original")
    end)
  end)

  it("takes pending operands, and gives one for a scalar", function()
    local c = mb.range(1, 1000)
    local changed = (c + 1):put(c:gt(990), 0)
    assert.truthy(changed:info().pending)
    assert.equal(1000 * 1001 // 2 + 1000 - 10 * 996 - 5, changed:sum())
    local dealt = (c * 2):put((c % 2):eq(0), mb.range(1, 500) * 3)
    local expected = 0
    for i = 1, 1000 do expected = expected + (i % 2 == 0 and i // 2 * 3 or i * 2) end
    assert.equal(expected, dealt:sum())
  end)
end)

describe("put by positions", function()
  it("sets rows in order, as a loop does", function()
    each_column(function(type, rows, column, what)
      local n = #rows
      for _, count in ipairs(n == 0 and { 0 } or { 0, 1, 3, 2 * n }) do
        local positions, values = {}, {}
        for k = 1, count do
          positions[k] = random(1, n)
          if random(0, 1) == 1 then positions[k] = positions[k] - n - 1 end
          values[k] = random(0, 4) == 0 and null or generators[type]()
        end
        local scalar = count % 2 == 0 and generators[type]() or null
        local one, dealt = { table.unpack(rows) }, { table.unpack(rows) }
        for k, position in ipairs(positions) do
          local row = position > 0 and position or n + 1 + position
          one[row], dealt[row] = scalar, values[k]
        end
        check_same(one, column:put(positions, as_written(scalar, type)), what .. ", a scalar")
        local at = mb.column(positions, "int")
        check_same(dealt, column:put(at, mb.column(values, type)), what .. ", values")
      end
      check_same(rows, column, "the original")
    end)
  end)

  it("lets the last of several values for a row stay, on whatever ranks they are", function()
    local n = 20000
    local expected, at, values = {}, {}, {}
    for i = 1, 50 do expected[i] = 0 end
    for k = 1, n do at[k], values[k] = random(1, 50), k end
    for k = 1, n do expected[at[k]] = values[k] end
    check_same(expected, mb.full(50, 0):put(at, mb.column(values)), "many values")
  end)

  it("takes pending and filtered operands", function()
    local c = mb.range(1, 1000)
    local at = c[c:le(300)] * 3
    local changed = (c * 1):put(at, c[c:gt(700)] * 10)
    local expected = 0
    for i = 1, 1000 do
      expected = expected + (i % 3 == 0 and i <= 900 and (700 + i // 3) * 10 or i)
    end
    assert.equal(expected, changed:sum())
  end)

  it("puts many values, the last for a row, spread over all rows or crowded", function()
    local n, count = 2300000, 300000
    local zeros, order = mb.full(n, 0.0), mb.range(1, count)
    for _, last in ipairs { n, 1000 } do
      local p = mb.random(count, { low = 1, high = last, seed = last }):eval()
      local written = zeros:put(p, order):eval()
      local writer = written[p]:as "int"
      assert.equal(count, writer:ge(order):sum())
      assert.equal(0, p[writer]:ne(p):sum())
      assert.equal(p:nunique(), written:gt(0):sum())
      assert.equal(p:nunique(), zeros:put(p, 1):sum())
      assert.equal(p:nunique(), zeros:put(p - (n + 1), null):is_missing():sum())
    end
  end)

  it("names the first position that is wrong", function()
    local c = mb.range(1, 1000)
    assert.error_matches(function() c:put({ 1, 2, 1001, 2000 }, 0) end,
      "put: position 1001, at row 3, of a column of 1000 rows")
    assert.error_matches(function() c:put({ 0 }, 0) end, "position 0, at row 1,")
    assert.error_matches(function() c:put({ -1001 }, 0) end, "position %-1001, at row 1,")
    assert.error_matches(function() c:put({ mini }, 0) end, "position %-9223%d+, at row 1,")
    assert.error_matches(function() c:put({ maxi }, 0) end, "position 9223%d+, at row 1,")
    assert.error_matches(function() mb.column({}, "int"):put({ 1 }, 0) end, "of a column of 0 rows")
    local many = mb.where(mb.range(1, 5000):ge(1234), 2000, 5)
    assert.error_matches(function() c:put(many, 0) end, "position 2000, at row 1234,")
    assert.error_matches(function() c:put(mb.column { 1, null, 5000 }, 0) end, "position at row 2 is missing")
    assert.error_matches(function() c:put({ 1, 2.5 }, 0) end, "positions%[2%] is a number, not an integer")
    assert.equal(500500, c:sum())
  end)
end)

describe("put", function()
  it("keeps the type, and takes what fits it", function()
    local i, u = mb.column { 1, 2, 3 }, mb.column({ 1, 2, 3 }, "uint")
    local f, b = mb.column { 1.5, 2.5, 3.5 }, mb.column { true, false, true }
    local mask = mb.column { true, false, true }
    assert.same({ 7.0, 2.5, 7.0 }, f:put(mask, 7):to_table())
    assert.same({ 1.5, 8.0, 9.0 }, f:put({ 2, 3 }, mb.column { 8, 9 }):to_table())
    assert.same({ 8.0, 2.5, 2.0 ^ 64 }, f:put(mask, mb.column({ 8, -1 }, "uint")):to_table())
    assert.equal("float", f:put({ 1 }, 7):type())
    for _, where in ipairs { mask, { 1, 2 } } do
      assert.error_matches(function() i:put(where, 2.5) end,
        'put: 2.5 does not go into an int column; cast the column by :as%("float"%)')
      assert.error_matches(function() i:put(where, mb.full(2, 0.5)) end, 'cast the column by :as%("float"%)')
      assert.error_matches(function() i:put(where, mb.full(2, 1):as "uint") end, 'cast the values by :as%("int"%)')
      assert.error_matches(function() u:put(where, mb.full(2, 1)) end, 'cast the values by :as%("uint"%)')
      assert.error_matches(function() i:put(where, mb.full(2, true)) end, 'cast the values by :as%("int"%)')
      assert.error_matches(function() b:put(where, 1) end, 'cast the column by :as%("int"%)')
      assert.error_matches(function() i:put(where, true) end, "got a boolean")
      assert.error_matches(function() i:put(where, nil) end, "column or number expected")
      assert.error_matches(function() i:put(where, "1") end, "column or number expected, got string")
    end
    assert.error_matches(function() i:put(1, 2) end, "column expected")
    assert.error_matches(function() i:put(f, 2) end, "by a bool column or by an int column of positions")
    assert.error_matches(function() i:put(u, 2) end, "not by one of type uint")
  end)

  it("raises when lengths do not go together", function()
    local c, mask = mb.range(1, 10), mb.range(1, 10):gt(4)
    assert.error_matches(function() c:put(mb.full(9, true), 1) end,
      "lengths differ: 9 rows of the mask, and 10 rows of the column")
    assert.error_matches(function() c:put({ 1, 2 }, mb.column { 1, 2, 3 }) end,
      "lengths differ: 2 positions, and 3 values")
    assert.error_matches(function() c:put(mask, mb.range(1, 5)) end,
      "the mask has 6 true rows, and there are 5 values")
    assert.equal(55, c:sum())
  end)

  it("widens what is stored only as far as it must", function()
    local c = mb.range(0, 200):eval()
    assert.equal(1, c:info().width)
    assert.equal(1, c:put({ 1 }, 255):info().width)
    assert.equal(2, c:put({ 1 }, 256):info().width)
    assert.equal(8, c:put({ 1 }, mini):info().width)
    assert.equal(2, c:put({ 1, 2 }, mb.column { 1, 1000 }):info().width)
    assert.equal(-5, c:put({ 3, 1 }, -5):min())
    assert.equal(0, c:put({ 1 }, 7):put({ 1 }, null):fill(0):min())
    assert.equal(1, c:shift(3, 0):info().width)
    assert.equal(4, c:shift(3, 70000):info().width)
  end)

  it("gives frames their columns", function()
    local f = mb.frame { a = mb.range(1, 5) }
    f.a = f.a:put(f.a:gt(3), 0)
    assert.same({ 1, 2, 3, 0, 0 }, f.a:to_table())
  end)
end)

describe("shift and diff", function()
  it("match loops", function()
    each_column(function(type, rows, column, what)
      local n = #rows
      for _, by in ipairs { 0, 1, -1, 2, n - 1, n, -n, n + 3, maxi, mini } do
        for _, fill in ipairs { false, null, generators[type](), small[type]() } do
          if fill == false and type ~= "bool" then fill = nil end
          local expected = {}
          for i = 1, n do
            local source = math.abs(by // 2) > n and 0 or i - by
            expected[i] = rows[source]
            if source < 1 or source > n then expected[i] = fill == nil and null or fill end
          end
          local shifted = column:shift(by, fill and as_written(fill, type) or fill)
          assert.equal(type, shifted:type())
          check_same(expected, shifted, ("%s by %d"):format(what, by))
        end
      end
      check_same(rows, column, "the original")
    end)
    each_column(function(type, rows, column, what)
      for _, by in ipairs { 1, 2, -1, #rows + 1 } do
        local expected = {}
        for i, v in ipairs(rows) do
          local before = rows[i - by]
          if type == "bool" and v ~= null then v = v and 1 or 0 end
          if type == "bool" and before ~= null and before ~= nil then before = before and 1 or 0 end
          expected[i] = (v == null or before == null or before == nil) and null or v - before
        end
        check_same(expected, column:diff(by), ("%s, difference by %d"):format(what, by))
      end
    end)
  end)

  it("take what they are given, and refuse the rest", function()
    local c = mb.column { 10, 20, 40 }
    assert.same({ null, 10, 20 }, c:diff():to_table())
    assert.same({ null, 10, 20 }, c:shift(1):to_table())
    assert.same({ 1.0, 2.0, 7.0 }, mb.column { 2.0, 7.0, 8.0 }:shift(1, 1):to_table())
    assert.error_matches(function() c:shift(1, 0.5) end, 'shift: 0.5 does not go into an int column; .*:as%("float"%)')
    assert.error_matches(function() c:shift(1, true) end, "got a boolean")
    assert.error_matches(function() c:shift(1, c) end, "column or number expected")
    assert.error_matches(function() c:shift() end, "number expected")
    assert.error_matches(function() c:shift(0.5) end, "no integer representation")
    local x = mb.range(1, 1000)
    assert.equal(999 * 1000 // 2, (x + 0):shift(1):sum())
    assert.same({ null, 996, 997, 998, 999 }, x[x:gt(995)]:shift(1):to_table())
    local moved = mb.column { nan, 1.0 }:shift(1)
    assert.equal(nil, moved[1])
    assert.truthy(moved[2] ~= moved[2])
  end)
end)

describe("put on several ranks", helper.once(function()
  it("tells when the ranks diverged", function()
    for _, call in ipairs { "c:put({ mb.rank() + 1 }, 7)", "c:put({ 1 }, mb.rank())",
      "c:put({ 1 }, mb.rank() == 1 and mb.null or 5)", "c:put(mask, mb.rank() == 1 and c or d)",
      "c:put(mask, mb.rank()):sum()" } do
      local code, _, err = helper.run(3, [[
        local mb = require "moonbear"
        local c, d = mb.column { 1, 2, 3 }, mb.column { 4, 5, 6 }
        local mask = mb.column { true, true, true }
        local _ = ]] .. call)
      assert.equal(1, code, call)
      assert.truthy(err:find("the ranks diverged", 1, true), err)
    end
  end)

  it("leaves all as it was when memory runs out, at each allocation", function()
    local code, out, err = helper.run(3, [[
      local mb = require "moonbear"
      local c = mb.where((mb.range(1, 900) % 7):eq(0), mb.null, mb.range(1, 900)):eval()
      local mask, at = (mb.range(1, 900) % 3):eq(0):eval(), mb.range(1, 300):eval()
      local values = (mb.range(1, 300) * 1000):eval()
      local function all()
        return { c:put(mask, values)[3], c:put(at, values)[5], c:put(at, mb.null)[302],
          c:put({ 1, 2, 1 }, values:slice(1, 3))[1] }
      end
      for rank = 0, 2 do
        for k = 1, 60 do
          mb.core.inject_fault(rank, k)
          local got = table.concat(all(), " ")
          if got ~= "1000 5000 302 3000" then print(rank, k, got) end
          mb.core.inject_fault(rank, 0)
        end
      end
      print(c:sum(), mask:sum(), at:sum(), values:sum())]])
    assert.equal(0, code, err)
    local sum = 0
    for i = 1, 900 do if i % 7 ~= 0 then sum = sum + i end end
    assert.equal(("%d\t300\t45150\t45150000\n"):format(sum), out)
  end)

  it("raises on all ranks when the memory does not suffice, and goes on", function()
    local code, out, err = helper.run(3, [[
      local mb = require "moonbear"
      local c = mb.random(2000000, { low = 0, high = math.maxinteger, seed = 1 }):eval()
      local at = mb.range(1, 2000000):eval()
      for _, call in ipairs { function() return c:put(at, c) end, function() return c:put(at, 1) end,
        function() return c:put(c:ge(0), c) end } do
        local ok, message = pcall(call)
        local said = {}
        for r = 0, 2 do said[r + 1] = mb.on_rank(r, function() return tostring(ok) .. tostring(message) end) end
        print(ok, said[1] == said[2] and said[2] == said[3], tostring(message):match "out of memory")
      end
      print(c:max() > 0, #c:slice(1, 10))]], { env = { MOONBEAR_MEMORY = "44M" } })
    assert.equal(0, code, err)
    assert.equal(("false\ttrue\tout of memory\n"):rep(3) .. "true\t10\n", out)
  end)
end))
