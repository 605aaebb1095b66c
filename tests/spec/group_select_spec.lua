-- Quantiles of groups, and their largest and smallest values, against plain Lua.
local groups = require "spec.groups"
local mb = require "moonbear"
local ordering = require "spec.ordering"

local null, nan, inf = mb.null, 0 / 0, math.huge

local function random(n, low, high, seed)
  return mb.random(n, { low = low, high = high, seed = seed })
end

local function number(v)
  if type(v) == "boolean" then return v and 1 or 0 end
  return v
end

-- The quantile of a list as numpy computes it.
local function quantile(rows, q)
  local list = {}
  for _, v in ipairs(rows) do
    if not rawequal(v, null) then list[#list + 1] = number(v) + 0.0 end
    if v ~= v then return nan end
  end
  table.sort(list)
  if #list == 0 then return nan end
  local place = q * (#list - 1)
  local low = list[math.floor(place) + 1]
  local high, part = list[math.ceil(place) + 1], place - math.floor(place)
  if low == high or part == 0 then return low end
  local apart = high - low
  if apart - apart ~= 0 then return low * (1 - part) + high * part end
  return part < 0.5 and low + apart * part or high - apart * (1 - part)
end

local function same(expected, column, what)
  local got = column:to_table()
  assert.equal(#expected, #got, what)
  for i, v in ipairs(expected) do
    if groups.word(v) ~= groups.word(got[i]) then
      error(("%s: row %d is %s, expected %s"):format(what, i, got[i], v))
    end
  end
end

local function rows_of(list, rows)
  local of = {}
  for i, group in ipairs(list) do
    of[i] = {}
    for k, row in ipairs(group.rows) do of[i][k] = rows[row] end
  end
  return of
end

local function check_quantiles(keys, column, what)
  local list = groups.of({ keys:to_table() }, { keys:type() })
  local of = rows_of(list, column:to_table())
  for _, way in ipairs { "numbered", "partitioned" } do
    local g <close> = mb.group_by(keys)
    mb.core.group_way(g._handle, way)
    for _, q in ipairs { 0.1, 0.5, 1 } do
      local expected = {}
      for i, rows in ipairs(of) do expected[i] = quantile(rows, q) end
      local got = g:quantile(column, q)
      assert.equal("float", got:type())
      same(expected, got, ("%s, quantile %s of %s groups"):format(what, q, way))
    end
  end
end

-- Columns of n rows, by what they are.
local function columns_of(n)
  local i = random(n, -500, 500, 5)
  local x = i * 2.0 ^ (random(n, -30, 30, 6) * 1.0)
  local holes = random(n, 0, 5, 7)
  return {
    ints = i, floats = x, few = random(n, 0, 3, 8), one = mb.full(n, 7),
    bools = i:gt(100), uints = (i + 500):as "uint", wide = i * 1000000007 * 8000,
    missing = mb.where(holes:le(2), null, i),
    ["floats with NaN"] = mb.where(random(n, 0, n // 3, 9):eq(1), nan, x),
    infinities = mb.where(holes:eq(0), inf, mb.where(holes:eq(1), -inf, x)),
    zeros = mb.where(holes:le(3), mb.where(holes:eq(1), -0.0, 0.0), x),
    ["all missing"] = mb.where(holes:ge(0), null, x),
  }
end

describe("quantiles of groups", function()
  it("are those of plain Lua", function()
    for _, n in ipairs { 1, 40, 1500 } do
      local keys = {
        one = mb.full(n, 3), few = random(n, 0, 4, 1), some = random(n, 0, 150, 2),
        distinct = mb.range(1, n), apart = random(n, 0, 9, 3) * (1 << 50),
      }
      local columns = columns_of(n)
      for what, column in pairs(columns) do
        check_quantiles(keys.few, column, ("%d rows of %s"):format(n, what))
      end
      for of_keys, by in pairs(keys) do
        check_quantiles(by, columns.missing, ("%d rows by %s"):format(n, of_keys))
        check_quantiles(by, columns.floats, ("%d rows by %s"):format(n, of_keys))
      end
    end
  end)

  it("are found in large groups beside small ones", function()
    local n = 60000
    local keys = mb.where(random(n, 0, 9, 1):lt(7), 5, random(n, 0, 1000, 2))
    check_quantiles(keys, columns_of(n).floats, "a skewed key")
    check_quantiles(keys // 500, columns_of(n).missing, "skewed keys")
    check_quantiles(mb.range(1, n) // 20000, columns_of(n)["floats with NaN"], "keys in order")
  end)

  it("come with other aggregations, in the order asked for", function()
    local n = 5000
    local f = mb.frame { { "k", random(n, 0, 60, 1) }, { "x", columns_of(n).floats },
      { "i", columns_of(n).missing } }
    for _, way in ipairs { "numbered", "partitioned" } do
      local g = f:group_by "k"
      mb.core.group_way(g._handle, way)
      local all = g:agg { { "a", "x", "median" }, { "n", "size" }, { "b", "i", "quantile", 0.9 },
        { "s", "x", "sum" }, { "c", "x", "quantile", 0.25 }, { "m", "i", "mean" } }
      assert.same({ "k", "a", "n", "b", "s", "c", "m" }, all:columns())
      local other = f:group_by "k"
      same(other:median("x"):to_table(), all.a, "median")
      same(other:size():to_table(), all.n, "size")
      same(other:quantile("i", 0.9):to_table(), all.b, "quantile of ints")
      same(other:sum("x"):to_table(), all.s, "sum")
      same(other:quantile("x", 0.25):to_table(), all.c, "another quantile")
      same(other:mean("i"):to_table(), all.m, "mean")
    end
  end)

  it("are of several keys", function()
    local n = 4000
    local a, b = random(n, 0, 1 << 40, 1) % 7 * (1 << 50), random(n, 0, 5, 2) * 1e-300
    local list = groups.of({ a:to_table(), b:to_table() }, { "int", "float" })
    local x = columns_of(n).floats
    local expected = {}
    for i, rows in ipairs(rows_of(list, x:to_table())) do expected[i] = quantile(rows, 0.5) end
    same(expected, mb.group_by({ a, b }):median(x), "two keys")
  end)

  it("of no rows are no rows", function()
    local none = mb.range(1, 0)
    assert.equal(0, #mb.group_by(none):median(none))
  end)

  it("refuse other numbers", function()
    local g = mb.group_by(mb.range(1, 5))
    for _, q in ipairs { -0.1, 1.5, nan, "half" } do
      assert.error_matches(function() g:quantile(mb.range(1, 5), q) end, "number from 0 to 1")
      assert.error_matches(function() g:agg { a = { mb.range(1, 5), "quantile", q } } end,
        "number from 0 to 1")
    end
    assert.error_matches(function() g:median(mb.range(1, 4)) end, "lengths differ")
    assert.error_matches(function() g:agg { a = { mb.range(1, 5), "median", 0.5 } } end,
      "takes no argument")
  end)
end)

-- The rows of the k best values of each group, and the groups' numbers.
local function best_of(list, rows, kind, k, largest)
  local best, numbers = {}, {}
  for i, group in ipairs(list) do
    local values, taken = {}, 0
    for j, row in ipairs(group.rows) do values[j] = rows[row] end
    for _, j in ipairs(ordering.expected { { values, kind, largest } }) do
      if taken == k or rawequal(values[j], null) or values[j] ~= values[j] then break end
      best[#best + 1], numbers[#numbers + 1] = group.rows[j], i
      taken = taken + 1
    end
  end
  return best, numbers
end

local function check_best(keys, column, k, what)
  local rows = column:to_table()
  local list = groups.of({ keys:to_table() }, { keys:type() })
  local g <close> = mb.group_by(keys)
  for _, name in ipairs { "topk", "bottomk" } do
    local best, of = best_of(list, rows, column:type(), k, name == "topk")
    local values, positions, numbers = g[name](g, column, k)
    local said = ("%s %s %d"):format(what, name, k)
    assert.is_nil(ordering.difference(best, positions:to_table()), said .. " positions")
    assert.is_nil(ordering.difference(of, numbers:to_table()), said .. " groups")
    assert.is_nil(ordering.difference(ordering.picked(rows, best), values:to_table()), said)
    assert.equal(column:type(), values:type())
  end
end

describe("the best values of groups", function()
  it("are those of plain Lua", function()
    ordering.each_kind(function(name, make)
      local c = make(2000)
      for _, k in ipairs { 0, 2, 1999 } do
        check_best(random(2000, 0, 6, 1), c, k, name .. " of few groups")
      end
    end)
  end)

  it("of few rows", function()
    for _, n in ipairs { 1, 2, 9 } do
      for what, column in pairs(columns_of(n)) do
        check_best(random(n, 0, 2, 1), column, 1, what)
        check_best(random(n, 0, 2, 1), column, 3, what)
      end
    end
    local none = mb.range(1, 0)
    for _, column in ipairs { mb.group_by(none):topk(none, 2) } do assert.equal(0, #column) end
    assert.equal(3, select("#", mb.group_by(none):topk(none, 2)))
  end)

  it("are the same searched for and sorted", function()
    local n = 30000
    local keys, x = random(n, 0, 300, 1), columns_of(n)["floats with NaN"]
    check_best(keys, x, 12, "searched for")
    check_best(keys, x, 13, "sorted")
  end)

  it("take what a frame calls columns", function()
    local f = mb.frame { { "k", mb.column { 1, 2, 1, 1 } }, { "x", mb.column { 5, 6, 9, 7 } } }
    local values, positions, numbers = f:group_by("k"):topk("x", 2)
    assert.same({ { 9, 7, 6 }, { 3, 4, 2 }, { 1, 1, 2 } },
      { values:to_table(), positions:to_table(), numbers:to_table() })
    assert.same({ -9, -7, -6 }, (f:group_by("k"):bottomk("-x", 2)):to_table())
  end)

  it("refuse what is wrong", function()
    local g = mb.group_by(mb.range(1, 5))
    local c = mb.range(1, 5)
    assert.error_matches(function() g:topk(c, -1) end, "topk: k is below 0: %-1")
    assert.error_matches(function() g:bottomk(c, 1.5) end, "bad argument #2 to 'bottomk'")
    assert.error_matches(function() g:topk(c) end, "bad argument #2 to 'topk'")
    assert.error_matches(function() g:topk(mb.range(1, 4), 1) end, "topk of groups: the lengths differ")
    assert.error_matches(function() g:topk(mb.range(1, 4), 5) end, "lengths differ")
    assert.error_matches(function() g:topk(7, 1) end, "bad argument #1 to 'topk'")
  end)
end)
