-- What is computed along the rows of groups, and windows that move along columns.
local beside = require "spec.beside_pandas"
local helper = require "spec.helper"
local mb = require "moonbear"
local rolling = require "moonbear.rolling"

local raises, rows_of = helper.assert_raises, helper.rows_of

teardown(helper.clean)

local function by_key(f) return f:group_by "key" end

-- {name, pandas' expression, ours}
local cases = {
  { "cumcount", "df.groupby('key').cumcount()", function(f) return by_key(f):cumcount() end },
  { "shift", "df.groupby('key').v.shift()", function(f) return by_key(f):shift "v" end },
  { "shift back", "df.groupby('key').word.shift(-2)", function(f) return by_key(f):shift("word", -2) end },
  { "shift fill", "df.groupby('key').v.shift(1, fill_value=7)", function(f) return by_key(f):shift("v", 1, 7) end },
  { "shift far", "df.groupby('key').x.shift(5)", function(f) return by_key(f):shift("x", 5) end },
  { "shift far back", "df.groupby('key').y.shift(-7, fill_value=0.5)",
    function(f) return by_key(f):shift("y", -7, 0.5) end },
  { "shift out", "df.groupby('key').v.shift(90)", function(f) return by_key(f):shift("v", 90) end },
  { "cumsum ints", "df.groupby('key').v.cumsum()", function(f) return by_key(f):cumsum "v" end },
  { "cumprod ints", "(df.v % 3).groupby(df.key).cumprod()",
    function(f) return by_key(f):cumprod(f.v % 3) end },
  { "diff", "df.groupby('key').x.diff()", function(f) return by_key(f):diff "x" end },
  { "diff 2", "df.groupby('key').v.diff(2)", function(f) return by_key(f):diff("v", 2) end },
  { "pct_change", "df.groupby('key').y.pct_change()", function(f) return by_key(f):pct_change "y" end },
  { "cumsum", "df.groupby('key').v.cumsum()", function(f) return by_key(f):cumsum "v" end },
  { "cumsum floats", "df.groupby('key').x.cumsum()", function(f) return by_key(f):cumsum "x" end },
  { "cumprod", "df.groupby('key').x.cumprod()", function(f) return by_key(f):cumprod "x" end },
  { "cummin", "df.groupby('key').x.cummin()", function(f) return by_key(f):cummin "x" end },
  { "cummax", "df.groupby('key').v.cummax()", function(f) return by_key(f):cummax "v" end },
  { "ffill", "df.groupby('key').x.ffill()", function(f) return by_key(f):ffill "x" end },
  { "ffill text", "df.groupby('key').word.ffill()", function(f) return by_key(f):ffill "word" end },
  { "tail", "df.groupby('key').tail(2)", function(f) return by_key(f):tail(2) end },
  { "unique", "df[['key', 'v']].drop_duplicates().sort_values(['key', 'v'])",
    function(f) return by_key(f):unique "v" end },
  { "filter", "df[df.groupby('key').v.transform('size') > 8]", function(f) return by_key(f):filter "size > 8" end },
  { "filter rows", "df[df.y > df.groupby('key').y.transform('mean')]",
    function(f) return by_key(f):filter "y > mean(y)" end },
  { "transform", "df.y / df.groupby('key').y.transform('sum')",
    function(f) return by_key(f):transform "y / sum(y)" end },
  { "several aggregates", "df.groupby('key').y.agg(y_max='max', y_mean='mean', y_q10=lambda c: c.quantile(.1), "
    .. "y_q99_9=lambda c: c.quantile(.999)).reset_index()", function(f)
      return by_key(f):agg { { "y", "y", { "max", "mean" } }, { "y", "y", "quantile", { 0.1, 0.999 } } }
    end },
}

for _, method in ipairs { "average", "min", "max", "first", "dense" } do
  for _, ascending in ipairs { true, false } do
    for _, pct in ipairs { ascending, false } do
      local o = { method = method, ascending = ascending, pct = pct }
      local options = ("method='%s', ascending=%s, pct=%s"):format(method, ascending and "True" or "False",
        pct and "True" or "False")
      cases[#cases + 1] = { "rank " .. options, ("df.groupby('key').x.rank(%s)"):format(options),
        function(f) return by_key(f):rank("x", o) end }
    end
  end
end

for _, name in ipairs { "sum", "mean", "min", "max", "std", "var", "count" } do
  local ddof = (name == "std" or name == "var") and "ddof=0" or ""
  local function add(what, call, of)
    cases[#cases + 1] = { name .. " " .. what, ("%s.%s(%s)"):format(call, name, ddof), of }
  end
  for _, n in ipairs { 2, 97 } do
    add("of " .. n, ("df.y.rolling(%d)"):format(n), function(f) return f.y:rolling(n, name) end)
  end
  for _, n in ipairs { 1, 7 } do
    add("of gaps, " .. n, ("df.x.rolling(%d, min_periods=1)"):format(n),
      function(f) return f.x:rolling(n, name, { min_periods = 1 }) end)
    add("of groups, " .. n, ("df.groupby('key').x.rolling(%d, min_periods=1)"):format(n),
      function(f)
        local rows = mb.frame { { "key", f.key }, { "r", by_key(f):rolling("x", n, name, { min_periods = 1 }) } }
        return rows:sort_by "key".r
      end)
  end
  add("of groups, 10s", "df.set_index('at').groupby('key').x.rolling('10s')", function(f)
    local found = by_key(f):rolling("x", "10s", name, { on = "at" })
    return mb.frame { { "key", f.key }, { "r", found } }:sort_by "key".r
  end)
  add("of integers", "df.v.rolling(3)", function(f) return f.v:rolling(3, name) end)
  add("of 10s", "df.set_index('at').x.rolling('10s')", function(f) return f.x:rolling("10s", name, { on = f.at }) end)
end

-- pandas counts rows that are missing towards the least number of values of a count.
for _, case in ipairs(cases) do
  if case[1]:find "^count of gaps" or case[1]:find "^count of groups" then
    case[2] = case[2]:gsub("min_periods=1", "min_periods=0")
  end
end

describe("along the rows of groups, and of windows", function()
  it("things are as pandas has them", function() beside.check(beside.frame(97), cases) end)

  it("floats have the same bits on any number of ranks", function()
    local f = mb.frame { { "key", mb.random(3000, { high = 5, seed = 1 }) }, { "y", mb.normal(3000, { seed = 2 }) } }
    local rows, keys = f.y:to_table(), f.key:to_table()
    local window = f.y:rolling(5, "sum"):to_table()
    -- The last rows of a block of 5, added from its end, and the first ones of the next.
    for i = 5, 3000, 371 do
      local block = i - (i - 1) % 5
      local last, first = 0.0, 0.0
      for k = block - 1, i - 4, -1 do last = last + rows[k] end
      for k = block, i do first = first + rows[k] end
      assert.equal(last + first, window[i])
    end
    local sums, sofar = by_key(f):cumsum "y":to_table(), {}
    for i, got in ipairs(sums) do
      sofar[keys[i]] = (sofar[keys[i]] or 0) + rows[i]
      assert.is_true(math.abs(sofar[keys[i]] - got) < 1e-9)
    end
    -- The sum of a group's rows so far is that which the group of these has.
    local some = f:slice(1, 777)
    local groups, last = by_key(some), {}
    for i = 1, 777 do last[keys[i]] = sums[i] end
    local whole = groups:sum "y":to_table()
    for i, key in ipairs(groups:keys():to_table()) do assert.equal(whole[i], last[key]) end
  end)

  it("few rows are enough", function()
    local one = mb.frame { a = { 5 }, b = { 2.5 } }
    local none = one:slice(1, 0)
    local g, e = one:group_by "a", none:group_by "a"
    for _, name in ipairs { "cumsum", "cumprod", "cummin", "cummax", "ffill" } do
      assert.same({ 2.5 }, g[name](g, "b"):to_table())
      assert.same({}, e[name](e, "b"):to_table())
    end
    assert.same({ 0 }, g:cumcount():to_table())
    assert.same({ "null" }, rows_of(g:diff "b"))
    assert.same({ 1.0 }, g:rank "b":to_table())
    assert.same({}, e:rank "b":to_table())
    assert.same({}, e:rolling("b", 3, "mean", { min_periods = 1 }):to_table())
    assert.same({ 2.5 }, one.b:rolling(1, "sum"):to_table())
    assert.same({}, none.b:rolling(3, "std", { min_periods = 1 }):to_table())
    assert.equal(0, #e:tail(3))
    assert.equal(0, #e:unique "b")
    assert.equal(0, #e:filter "size > 0")
  end)

  it("windows of every type of number have means", function()
    local c = mb.column { 1, 2, 4 }
    assert.same({ 1.0, 1.5, 3.0 }, c:as "uint":rolling(2, "mean", { min_periods = 1 }):to_table())
    assert.same({ 0.5, 1.0 }, mb.column { true, false, true, true }:rolling(2, "mean")[{ 2, 4 }]:to_table())
    assert.equal("uint", c:as "uint":rolling(2, "sum"):type())
    assert.equal("text", mb.column { "b", "a" }:rolling(2, "min"):type())
  end)

  it("windows forget what has left them", function()
    local c = mb.column { 1.0, 0 / 0, 2.0, 1e300, 3.0, 4.0 }
    local sums = c:rolling(2, "sum"):to_table()
    assert.equal(7.0, sums[6])
    assert.is_true(sums[2] ~= sums[2] and sums[3] ~= sums[3])
    assert.equal(0.25, c:rolling(2, "var")[6])
  end)

  -- Rows before a rank's own, however they are spread, and windows that begin far ahead of them.
  it("what is n rows before, or in windows, is found on other ranks", function()
    local n = 300
    local whole = mb.frame { { "key", mb.random(n, { high = 9, seed = 4 }) },
      { "v", mb.random(n, { low = -50, high = 50, seed = 5 }) }, { "t", mb.time_of(mb.range(1, n) // 3) } }
    local keep = (mb.range(1, n):le(200) | mb.range(1, n):gt(290)):eval()
    for _, f in ipairs { whole, whole:where(keep), whole:slice(1, 3) } do
      local keys, v, t = f.key:to_table(), f.v:to_table(), (f.t - mb.time(0)):total_seconds():to_table()
      local g = f:group_by "key"
      for _, k in ipairs { 1, 3, 70, 1000, -1, -4, math.mininteger } do
        local got, rows = g:shift("v", k, 99):to_table(), {}
        for i = 1, #keys do
          rows[keys[i]] = rows[keys[i]] or {}
          table.insert(rows[keys[i]], i)
        end
        for _, list in pairs(rows) do
          for at, i in ipairs(list) do
            local other = list[at - k]
            assert.equal(other and v[other] or 99, got[i])
          end
        end
      end
      for _, span in ipairs { 1, 20, 1000 } do
        local sums = g:rolling("v", span .. "s", "sum", { on = "t" }):to_table()
        local most = f.v:rolling(span .. "s", "max", { on = f.t }):to_table()
        for i = 1, #keys do
          local sum, max = 0, v[i]
          for k = i, 1, -1 do
            if t[k] <= t[i] - span then break end
            if keys[k] == keys[i] then sum = sum + v[k] end
            max = math.max(max, v[k])
          end
          assert.equal(sum, sums[i])
          assert.equal(max, most[i])
        end
      end
      for _, rows in ipairs { 2, 64, 199 } do
        local sums = f.v:rolling(rows, "sum", { min_periods = 1 }):to_table()
        for i = 1, #keys do
          local sum = 0
          for k = math.max(1, i - rows + 1), i do sum = sum + v[k] end
          assert.equal(sum, sums[i])
        end
      end
    end
  end)

  -- Windows of so many rows are put together of halves, which takes another way than few rows do.
  it("windows that are larger than a rank should get rows for are as others", function()
    local n = 40
    local f = mb.frame { { "key", mb.random(n, { high = 2, seed = 4 }) }, { "t", mb.time_of(mb.range(1, n) // 3) },
      { "v", mb.random(n, { low = -50, high = 50, seed = 5 }) } }
    f.x = mb.where(f.v:gt(30), mb.null, f.v):eval()
    local g, usual = f:group_by "key", rolling.most_rows
    local function windows()
      local found = {}
      for _, name in ipairs { "sum", "min", "std", "count" } do
        found[#found + 1] = rows_of(f.x:rolling("9s", name, { on = f.t, min_periods = 3 }))
        found[#found + 1] = rows_of(g:rolling("x", "5s", name, { on = "t" }))
      end
      found[#found + 1] = rows_of(f.v:rolling("1000s", "mean", { on = f.t }))
      found[#found + 1] = rows_of(g:rolling("v", 7, "max"))
      return found
    end
    local expected = windows()
    rolling.most_rows = 4
    local ok, found = pcall(windows)
    local down = f[mb.range(n, 1, -1)]
    local refused, message = pcall(down.v.rolling, down.v, "9s", "sum", { on = down.t })
    rolling.most_rows = usual
    assert(ok, found)
    for i, rows in ipairs(expected) do
      for k, row in ipairs(rows) do
        local a, b = tonumber(row), tonumber(found[i][k])
        assert.is_true(row == found[i][k] or a and b and math.abs(a - b) < 1e-9)
      end
    end
    assert.is_false(refused)
    assert.matches("the times of 'on' descend at row 3; sort by them first", message, 1, true)
  end)

  it("times that descend are refused", function()
    local f = mb.frame { { "k", mb.column { 1, 2, 1, 2 } }, { "v", mb.column { 3, 4, 5, 6 } },
      { "t", mb.time_of(mb.column { 5, 3, 6, 4 }) } }
    assert.same({ 3, 4, 8, 10 }, f:group_by "k":rolling("v", "1h", "sum", { on = "t" }):to_table())
    raises("the times of 'on' descend at row 2; sort by them first", f.v.rolling, f.v, "1h", "sum", { on = f.t })
    local g = f[mb.column { 4, 3, 2, 1 }]:group_by "k"
    raises("descend at row 2 in the order of groups", g.rolling, g, "v", "1h", "sum", { on = "t" })
  end)

  it("what makes no sense is refused", function()
    local f = mb.frame { { "k", mb.column { 1, 1, 2 } }, { "v", mb.column { 3, 4, 5 } },
      { "w", mb.column { "a", "b", "c" } } }
    local g, v = f:group_by "k", f.v
    raises("a window of 5 rows is larger than the data, 3 rows; {min_periods = 1}", v.rolling, v, 5, "sum")
    raises("a window of 5 rows is larger", g.rolling, g, "v", 5, "sum")
    raises("a number of rows of at least 1, or a duration", v.rolling, v, 0, "sum")
    raises("'sum', 'mean', 'min', 'max', 'std', 'var' or 'count' expected, got the string 'avg'", v.rolling, v, 2,
      "avg")
    raises("'mean' takes numbers, got a text column", f.w.rolling, f.w, 2, "mean")
    raises("at most the window's 2 rows", v.rolling, v, 2, "sum", { min_periods = 3 })
    raises("a time column, by which rows ascend", v.rolling, v, "1h", "sum")
    raises("'on' goes with a window that is a duration", v.rolling, v, 2, "sum", { on = v })
    raises("a time column, by which rows ascend", g.rolling, g, "v", "1h", "sum")
    raises("a time column, by which rows ascend", g.rolling, g, "v", "1h", "sum", { on = "v" })
    raises("there is no column 'nowhere'", g.rolling, g, "v", "1h", "sum", { on = "nowhere" })
    raises("cumsum of groups takes numbers, got a text column", g.cumsum, g, "w")
    raises("'average', 'min', 'max', 'first' or 'dense'", g.rank, g, "v", { method = "mean" })
    raises("the grouping has 3 rows, the column 2", g.shift, g, mb.column { 1, 2 })
    raises("there is no column 'z'", g.cumsum, g, "z")
    raises("a number of rows expected", g.shift, g, "v", 0.5)
    raises("the condition must give a bool column", g.filter, g, "v + 1")
    raises("takes a grouping of a frame", function() mb.group_by(v):filter "size > 1" end)
    raises("the expression has no column", g.transform, g, "1 + 1")
    raises("agg: 'b_sums' is 'sums', not an aggregation", g.agg, g, { b = { "v", { "max", "sums" } } })
    raises("number from 0 to 1", g.agg, g, { b = { "v", "quantile", { 0.5, 2 } } })
  end)
end)

describe("expressions", function()
  local f = mb.frame { v = { 1, 2, 3, 4 }, w = { "a", mb.null, "b", "a" } }

  it("know reductions of whole columns", function()
    assert.same({ 3, 4 }, f:where "v > mean(v)".v:to_table())
    assert.same({ 4 }, f:where "v == v:max()".v:to_table())
    assert.same({ 1.0 }, f("sum(v) / $n", { n = 10 }) == 1.0 and { 1.0 })
    assert.equal(3, f "count(w)")
    assert.equal(3.25, f "quantile(v, 0.75)")
    assert.same({ 4 }, f:where "w == max(w) or v == max(v)":where "v > 3".v:to_table())
    raises("'mean' takes a column, got a number", f, "mean(1)")
    raises("'means'", f, "means(v)")
  end)

  it("know `not in`, `is missing` and `is not missing`", function()
    assert.same({ 2, 3 }, f:where "v not in {1, 4}".v:to_table())
    assert.same({ 2 }, f:where "w is missing".v:to_table())
    assert.same({ 1, 3, 4 }, f:where "w is not missing".v:to_table())
    assert.same({ 2 }, f:where "w is null and v + 1 is not null".v:to_table())
    assert.same({ 1, 2, 4 }, f:where "w is missing or w not in {'b'}".v:to_table())
    assert.same({ 3 }, f:where("not (v not in $some)", { some = { 3 } }).v:to_table())
    raises("expected 'missing' or 'not missing'", f, "w is 3")
    raises("expected 'in'", f, "w not 3")
    raises("comparisons do not chain", f, "v < 3 is missing")
  end)

  it("of scans refuse reductions, which need all rows", function()
    local s = require "spec.streams".of(f, 2)
    raises("'mean' is of all rows", s, "v > mean(v)")
    assert.same({ 2 }, s:where "w is missing".v:collect():to_table())
  end)
end)
