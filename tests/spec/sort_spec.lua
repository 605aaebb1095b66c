-- Sorting, against table.sort on the same rows.
local helper = require "spec.helper"
local mb = require "moonbear"
local ordering = require "spec.ordering"

local null = mb.null
local KINDS, each_kind = ordering.kinds, ordering.each_kind
local expected_order, difference, picked = ordering.expected, ordering.difference, ordering.picked

local function even(column)
  local low, high = math.maxinteger, 0
  for _, n in ipairs(column:info().rows) do low, high = math.min(low, n), math.max(high, n) end
  return high - low <= 1
end

local function check_sorts(column, name)
  local rows, type = column:to_table(), column:type()
  for _, descending in ipairs { false, true } do
    local said = name .. (descending and ", descending" or "")
    local positions = column:argsort { descending = descending }
    local sorted = column:sort { descending = descending }
    assert.same({ "int", type }, { positions:type(), sorted:type() })
    assert.is_true(even(positions) and even(sorted), said)
    local at, values = positions:to_table(), sorted:to_table()
    helper.check_once(function()
      local order = expected_order { { rows, type, descending } }
      return difference(order, at) or difference(picked(rows, order), values)
    end, said)
  end
  assert.is_nil(difference(rows, column:to_table()), name)
end

describe("sort and argsort", function()
  it("order rows of every kind as table.sort does", function()
    each_kind(function(name, make) check_sorts(make(4500), name) end)
  end)

  it("order few rows, one and none", function()
    each_kind(function(name, make)
      for _, n in ipairs { 0, 1, 2, 5, 100 } do
        if n > 0 or not name:find "falling" then check_sorts(make(n), name .. " " .. n) end
      end
    end)
  end)

  it("order rows that a filter has left unevenly, and files of 4-byte floats", function()
    local n = 20000
    local few = mb.range(1, n):gt(n - 4500)
    check_sorts(mb.random(n, { low = math.mininteger, seed = 20 })[few], "ragged")
    check_sorts((mb.range(n, 1, -1) // 3)[few], "ragged, falling")
    check_sorts(mb.range(1, n)[few], "ragged, ascending")
    local path = helper.tmpdir() .. "/f.hdf"
    helper.python_output([[if True:
      import h5py, numpy as np, sys
      x = np.random.default_rng(1).normal(size=4500).astype("f4")
      x[::9] = np.nan; x[::7] = -np.inf; x[::5] = 0; x[1::50] = -0.0
      h5py.File(sys.argv[1], "w")["x"] = x]], path)
    check_sorts(mb.read_hdf(path, "x"), "4-byte floats")
    helper.clean()
  end)

  it("store positions in 4 bytes and values as they were", function()
    local c = mb.random(9000, { high = 50000, seed = 21 }):eval()
    assert.equal(4, c:argsort():info().width)
    assert.equal(2, c:sort():info().width)
  end)

  it("sort pending columns, and leave these pending no longer than needed", function()
    local c = mb.random(5000, { high = 1 << 40, seed = 22 })
    check_sorts(c * 3 - 7, "pending")
  end)

  it("agree with numpy on a million rows", helper.once(function()
    local path = helper.tmpdir() .. "/m.hdf"
    helper.python_output([[if True:
      import h5py, numpy as np, sys
      g = np.random.default_rng(2)
      f = h5py.File(sys.argv[1], "w")
      n = 1000000
      ports, any = g.zipf(1.3, n) % 65536, g.integers(0, 99999, n)
      columns = dict(wide=g.integers(-2**63, 2**63, n), ports=ports,
                     few=g.integers(-5, 5, n) * 2**60 + 3, half=np.where(any % 2, any << 40, 80),
                     lognormal=g.lognormal(5, 3, n), times=np.sort(g.integers(0, 5000, n))[::-1])
      for name, x in columns.items():
        f[name] = x
        f[name + ".order"] = np.argsort(x, kind="stable") + 1
      f["any"], f["both"] = any, np.lexsort((any, ports)) + 1]], path)
    for _, name in ipairs { "wide", "ports", "few", "half", "lognormal", "times" } do
      local x, order = mb.read_hdf(path, name), mb.read_hdf(path, name .. ".order")
      assert.equal(0, x:argsort():ne(order):sum(), name)
      assert.equal(0, x:sort():ne(x[order]):sum(), name)
    end
    local f = mb.read_hdf(path, { "ports", "any", "both" })
    assert.equal(0, mb.argsort({ f.ports, f.any }):ne(f.both):sum())
    helper.clean()
  end))

  it("refuse what is no option", function()
    local c = mb.range(1, 10)
    assert.error_matches(function() c:sort { ascending = true } end,
      "'sort' has no option 'ascending'; did you mean 'descending'")
    assert.error_matches(function() c:argsort(true) end, "table expected")
  end)
end)

describe("mb.argsort", function()
  local function check(keys, descending, name)
    local list = {}
    for i, key in ipairs(keys) do list[i] = { key:to_table(), key:type(), descending[i] } end
    local positions = mb.argsort(keys, { descending = descending }):to_table()
    helper.check_once(function() return difference(expected_order(list), positions) end, name)
  end

  it("orders by several keys, each in its direction", function()
    for _, n in ipairs { 0, 3, 4500 } do
      local port, start = mb.random(n, { high = 9, seed = 1 }), mb.range(1, n) // 5
      local float = KINDS["float with NaN"](n)
      for _, directions in ipairs { { false, false }, { true, false }, { false, true }, { true, true } } do
        check({ port, start }, directions, "start in order")
        check({ port, float }, directions, "float")
        check({ KINDS.missing(n):mod(5), start }, directions, "missing")
      end
      check({ port, port, float, KINDS.bool(n) }, { true, false, false, true }, "four")
    end
  end)

  it("orders by keys that do not fit a word", function()
    for _, n in ipairs { 2, 200, 4500 } do
      local few = mb.random(n, { high = 4, seed = 2 })
      local wide, float = KINDS.wide(n), KINDS.float(n)
      check({ few, wide }, { false, true }, "one more bit")
      check({ wide // (1 << 61), float, few, wide }, { true, false, true, true }, "three words")
      check({ KINDS["missing, all bits"](n), few }, { true, false }, "65 bits")
      check({ few, KINDS["missing, all bits"](n) }, { true, false }, "65 bits")
    end
  end)

  it("brings keys of other layouts together", function()
    local n = 9000
    local kept = mb.range(1, 2 * n)
    check({ mb.random(n, { high = 3, seed = 3 }), kept[kept:gt(n)]:mod(100) }, { false, true }, "ragged")
  end)

  it("takes one direction for all keys, and refuses others", function()
    local a, b = mb.column { 1, 1, 2 }, mb.column { 5, 6, 7 }
    assert.same({ 3, 2, 1 }, mb.argsort({ a, b }, { descending = true }):to_table())
    assert.same({ 1, 2, 3 }, mb.argsort({ a, b }):to_table())
    assert.error_matches(function() mb.argsort({ a, b }, { descending = { true } }) end,
      "2 keys and 1 directions")
    assert.error_matches(function() mb.argsort({ a, mb.range(1, 4) }) end,
      "the lengths differ: key 1 has 3 rows and key 2 has 4")
    assert.error_matches(function() mb.argsort {} end, "list of columns expected")
    assert.error_matches(function() mb.argsort { a, 1 } end, "key 2 must be a column")
    assert.error_matches(function() mb.argsort { a, a, a, a, a, a, a, a, a } end, "1 to 8 keys")
  end)
end)

describe("frame:sort_by", function()
  it("orders all columns by some", function()
    local n = 5000
    local f = mb.frame {
      { "port", mb.random(n, { high = 20, seed = 1 }) },
      { "start", mb.random(n, { high = 99, seed = 2 }) * 0.5 },
      { "row", mb.range(1, n) },
    }
    local sorted = f:sort_by("port", "-start")
    assert.same({ "port", "start", "row" }, sorted:columns())
    local order = expected_order {
      { f.port:to_table(), "int", false }, { f.start:to_table(), "float", true },
    }
    assert.is_nil(difference(order, sorted:column("row"):to_table()))
    assert.is_nil(difference(picked(f.start:to_table(), order), sorted.start:to_table()))
    assert.error_matches(function() f:sort_by("-stop") end, "no column 'stop'")
    assert.error_matches(function() f:sort_by() end, "takes the name of a column")
    assert.error_matches(function() f:sort_by(f.port) end,
      "a key is the name of a column, got an int column; descending order is a minus")
  end)

  it("takes a column for itself whose name begins with a dash", function()
    local f = mb.frame { { "-a", mb.column { 2, 1 } }, { "a", mb.column { 1, 2 } } }
    assert.same({ 2, 1 }, f:sort_by("-a").a:to_table())
    assert.same({ 1, 2 }, f:sort_by("a").a:to_table())
  end)
end)

describe("rank", function()
  it("gives the place of each row", function()
    each_kind(function(name, make)
      if name:find "all bits" then return end
      local c = make(4300)
      local rows, type, ranks = c:to_table(), c:type(), c:rank { method = "first" }:to_table()
      helper.check_once(function()
        local expected = {}
        for place, row in ipairs(expected_order { { rows, type, false } }) do
          expected[row] = (rows[row] == null or rows[row] ~= rows[row]) and null or place
        end
        return difference(expected, ranks)
      end, name)
    end)
    assert.same({ 2, 3, 1 }, mb.column({ 5, 5, 4 }):rank { method = "first" }:to_table())
    assert.same({ 2.5, 2.5, 1.0 }, mb.column({ 5, 5, 4 }):rank():to_table())
    local none = mb.range(1, 0):rank()
    assert.same({ 0, "float" }, { #none, none:type() })
  end)

  -- How many values are below each, how many equal it, and how many different ones are below.
  local function counted(rows, i, descending)
    local below, equal, before, distinct, seen = 0, 0, 0, 0, {}
    for k, row in ipairs(rows) do
      if row ~= null and row == row then
        local is_below = row < rows[i]
        if descending then is_below = rows[i] < row end
        if is_below then
          below = below + 1
          if not seen[row] then distinct = distinct + 1 end
          seen[row] = true
        elseif row == rows[i] then
          equal = equal + 1
          if k <= i then before = before + 1 end
        end
      end
    end
    return below, equal, before, distinct
  end

  -- The rank by loops.
  local function rank_of(rows, i, o)
    if rows[i] == null or rows[i] ~= rows[i] then return null end
    local below, equal, before, distinct = counted(rows, i, not o.ascending)
    local rank = ({ average = below + (equal + 1) / 2, min = below + 1, max = below + equal,
      first = below + before, dense = distinct + 1 })[o.method]
    if not o.pct then return rank end
    local all, values = 0, {}
    for _, row in ipairs(rows) do
      if row ~= null and row == row and (o.method ~= "dense" or not values[row]) then all = all + 1 end
      if row == row then values[row] = true end
    end
    return rank / all
  end

  it("gives equal rows what is asked for", function()
    local random, lists = helper.random(29), { {}, { 7 }, { null }, { 0 / 0 }, { 0.0, -0.0, 0 / 0, null, -1 / 0 } }
    for _, n in ipairs { 3, 12, 70 } do
      local ints, floats, texts = {}, {}, {}
      for i = 1, n do
        ints[i] = random(0, 5) == 0 and null or random(-4, 4)
        floats[i] = random(0, 5) == 0 and 0 / 0 or random(-4, 4) / 2
        texts[i] = ("abc"):sub(random(1, 3), 3)
      end
      for _, rows in ipairs { ints, floats, texts } do lists[#lists + 1] = rows end
    end
    for number, rows in ipairs(lists) do
      local whole = mb.column(rows)
      local ragged = mb.concat { whole, whole }[mb.range(1, 2 * #rows):le(#rows)]
      for _, method in ipairs { "average", "min", "max", "first", "dense" } do
        for _, ascending in ipairs { true, false } do
          for _, pct in ipairs { false, true } do
            local o, expected = { method = method, ascending = ascending, pct = pct }, {}
            for i = 1, #rows do expected[i] = rank_of(rows, i, o) end
            local told = ("%d: %s %s %s"):format(number, method, ascending, pct)
            assert.is_nil(difference(expected, (pct and ragged or whole):rank(o):to_table()), told)
          end
        end
      end
    end
  end)

  it("refuses other methods", function()
    helper.assert_raises("'average', 'min', 'max', 'first' or 'dense'", function()
      return mb.column({ 1 }):rank { method = "mean" }
    end)
    helper.assert_raises("has no option 'descending'", function()
      return mb.column({ 1 }):rank { descending = true }
    end)
  end)
end)

describe("sorting", function()
  it("fails on all ranks alike when memory runs out, and leaves what it was given", function()
    local c = KINDS["half of one key"](4500):eval()
    local expected = c:sort():to_table()
    for rank, n in helper.failures(25) do
      mb.core.inject_fault(rank, n) -- memory that ran out is collected, and the operation repeated
      assert.is_nil(difference(expected, c:sort():to_table()))
      mb.core.inject_fault(rank, n)
      assert.is_nil(difference(expected, c[c:argsort()]:to_table()))
      mb.core.inject_fault(rank, 0)
    end
    local other = mb.random(4500, { high = 3, seed = 1 }):eval()
    local order = mb.argsort({ other, c }):to_table()
    for n = 1, 60 do
      mb.core.inject_fault(mb.size() - 1, n)
      assert.is_nil(difference(order, mb.argsort({ other, c }):to_table()))
      mb.core.inject_fault(0, 0)
    end
  end)

  it("raises on all ranks when one of them sorts otherwise", function()
    if mb.size() == 1 then return end
    local c = mb.random(9000, { seed = 1 }):eval()
    local down = mb.rank() == 1
    assert.error_matches(function() c:sort { descending = down } end, "descending")
    assert.equal(9000, #c:sort())
  end)
end)
