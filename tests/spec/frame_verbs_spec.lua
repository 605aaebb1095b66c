-- Verbs of frames: made of tables, renamed, sampled, without duplicates or missing values, compared.
local beside = require "spec.beside_pandas"
local helper = require "spec.helper"
local mb = require "moonbear"

local raises, rows_of = helper.assert_raises, helper.rows_of

teardown(helper.clean)

local function of(frame)
  local rows = {}
  for name, column in frame:each() do rows[name] = rows_of(column) end
  return rows
end

describe("frames of tables", function()
  it("have a column for each list", function()
    local f = mb.frame { a = { 1, 2, 3 }, b = { "x", mb.null, "z" }, c = mb.range(1, 3) }
    assert.same({ "a", "b", "c" }, f:columns())
    assert.same({ a = { 1, 2, 3 }, b = { "x", "null", "z" }, c = { 1, 2, 3 } }, of(f))
    f.d = { true, false, true }
    assert.same({ true, false, true }, f.d:to_table())
    assert.same({ 2.5, 3.5, 4.5 }, f:with { e = { 2.5, 3.5, 4.5 } }.e:to_table())
    assert.same({ "z", "a" }, mb.frame { { "z", { 1 } }, { "a", { 2 } } }:columns())
  end)

  it("have rows of tables by name", function()
    local f = mb.frame { { port = 80, name = "http" }, { port = 443 }, { up = true } }
    assert.same({ port = { 80, 443, "null" }, name = { "http", "null", "null" }, up = { "null", "null", true } },
      of(f))
    assert.same(of(f), of(mb.frame(f:to_lua())))
  end)

  it("refuse what does not fit", function()
    raises("'a' has 2 rows and 'b' has 1", mb.frame, { a = { 1, 2 }, b = { 1 } })
    raises("row 2 of the frame must be a table", mb.frame, { { a = 1 }, 5 })
    raises("number 1 of the list must be a {name, column} pair", mb.frame, { 5 })
    raises("two columns are called 'a'", mb.frame, { { "a", { 1 } }, { "a", { 2 } } })
  end)
end)

describe("verbs of frames", function()
  local f
  before_each(function()
    f = mb.frame { { "a", mb.column { 3, 1, 2 } }, { "b", mb.column { "x", "y", "x" } }, { "c", mb.range(7, 9) } }
  end)

  it("rename and reorder columns", function()
    assert.same({ "z", "b", "c" }, f:rename { a = "z" }:columns())
    assert.same({ "b", "a", "c" }, f:rename { a = "b", b = "a" }:columns())
    assert.same({ "c", "a", "b" }, f:reorder "c":columns())
    assert.same({ "c", "b", "a" }, f:reorder { "c", "b" }:columns())
    assert.same({ 3, 1, 2 }, f:rename { a = "z" }.z:to_table())
    raises("there is no column 'q'", f.rename, f, { q = "z" })
    raises("two columns are called 'b'", f.rename, f, { a = "b" })
    raises("'c' is there twice", f.reorder, f, "c", "c")
    raises("there is no column 'B'; did you mean 'b'", f.reorder, f, "B")
  end)

  it("slice and sample rows", function()
    assert.same({ a = { 1, 2 }, b = { "y", "x" }, c = { 8, 9 } }, of(f:slice(2, 3)))
    assert.same({ 2, 3 }, f:slice(-1, 1, -2).a:to_table())
    local s = f:sample(3, { seed = 5 })
    for row in s:rows() do assert.equal(({ 7, 8, 9 })[({ [3] = 1, [1] = 2, [2] = 3 })[row.a]], row.c) end
    assert.equal(10, #f:sample(10, { seed = 1, replace = true }))
    assert.equal(0, #f:slice(1, 0):sample(0))
    assert.same(f:sample(2, { seed = 5 }):to_lua(), f:sample(nil, { frac = 0.6, seed = 5 }):to_lua()) -- 1.8 rows
    assert.equal(6, #f:sample(nil, { frac = 2, replace = true }))
    assert.equal(0, #f:slice(1, 0):sample(nil, { frac = 1 }))
    raises("4 rows of a frame of 3 rows", f.sample, f, nil, { frac = 1.2 })
    raises("4 rows of a frame of 3 rows ({replace = true}", f.sample, f, 4)
    raises("1 row of a frame of 0 rows", f.sample, f:slice(1, 0), 1, { replace = true })
    raises("'frac' of 'sample' (a share of at least 0", f.sample, f, nil, { frac = -0.1 })
    raises("'frac' of 'sample' (a share of at least 0", f.sample, f, nil, { frac = 0 / 0 })
    raises("or 'frac', not both", f.sample, f, 1, { frac = 0.5 })
    raises("has no option 'sed'", f.sample, f, 1, { sed = 1 })
  end)

  it("give rows as tables of Lua", function()
    local seen = {}
    for row in f:rows(2) do seen[#seen + 1] = row end
    assert.same({ { a = 3, b = "x", c = 7 }, { a = 1, b = "y", c = 8 } }, seen)
    assert.same(seen, f:to_lua(2))
    assert.equal(3, #f:to_lua())
    assert.same({}, f:to_lua(0))
    assert.same({ 10, 9, 11 }, f:map(function(row) return row.a + row.c end):to_table())
    assert.same({ p = { 6, 2, 4 }, q = { "x", "y", "x" } },
      of(f:map(function(row) return { p = row.a * 2, q = row.b } end)))
    assert.same({ "null", 1, "null" }, rows_of(f:map(function(row) return row.b == "y" and 1 or nil end)))
    raises("function expected", f.map, f, "a")
    raises("oops", f.map, f, function() error "oops" end)
  end)

  it("tell what columns take", function()
    local m = mb.frame { a = mb.range(1, 1000):eval(), b = mb.full(1000, 0.5):eval() }:memory()
    assert.same({ "a", "b" }, m.name:to_table())
    assert.same({ "int", "float" }, m.type:to_table())
    assert.is_true(m.bytes[2] >= 1000)
    assert.same({ 0, 0 }, m.missing:to_table())
  end)

  it("concatenate by name", function()
    local g = mb.frame { a = { 0.5 }, d = { "new" } }
    assert.same({ a = { 3.0, 1.0, 2.0, 0.5 }, b = { "x", "y", "x", "null" }, c = { 7, 8, 9, "null" },
      d = { "null", "null", "null", "new" } }, of(mb.concat { f, g }))
    assert.same({ a = { 0.5, 3.0, 1.0, 2.0 } }, of(mb.concat({ g, f }, { join = "inner" })))
    assert.same(of(f), of(mb.concat { f:slice(1, 1), f:slice(2, 0), f:slice(2, 3) }))
    raises("column 'b' is text in number 1 and int in number 2", mb.concat, { f, mb.frame { b = { 1 } } })
    raises("'outer' or 'inner' expected", mb.concat, { f, f }, { join = "left" })
  end)

  it("tell where frames differ", function()
    local g = f:with { a = { 3, 5, 6 }, b = { "x", "y", mb.null } }
    assert.is_true(f:equals(f:with {}))
    assert.is_false(f:equals(g))
    assert.is_false(f:equals(f:reorder "c"))
    assert.is_false(f:equals(f:slice(1, 2)))
    assert.same({ position = { 2, 3, 3 }, name = { "a", "a", "b" }, left = { "1", "2", "x" },
      right = { "5", "6", "null" } }, of(f:compare(g)))
    assert.same({ 2 }, f:compare(g, { limit = 1 }).position:to_table())
    assert.equal(0, #f:compare(f))
    local nan = mb.frame { x = { 0 / 0, 1.0, mb.null } }
    assert.is_true(nan:equals(nan:with {}))
    assert.equal(0, #nan:compare(nan:with {}))
    assert.equal(1, #nan:compare(nan:fillna(2)))
    raises("the lengths differ: 3 rows, and 2", f.compare, f, f:slice(1, 2))
    raises("'a' is int here and text", f.compare, f, f:with { a = { "p", "q", "r" } })
    raises("frame expected", f.equals, f, f.a)
  end)

  it("refuse what there is not", function()
    raises("did you mean 'b'", f.drop_duplicates, f, "bb")
    raises("'first', 'last' or false", f.drop_duplicates, f, "b", { keep = "any" })
    raises("'any' or 'all'", f.dropna, f, nil, { how = "some" })
    raises("there is no column 'q'", f.fillna, f, { q = 1 })
    local words = mb.frame { word = { "a" }, v = { 1 } }
    raises("fillna: 'word' is a text column, which cannot hold 0", words.fillna, words, { word = 0 })
    raises("fillna: 'v' is an int column, which cannot hold the string '?'", words.fillna, words, { v = "?" })
    raises("there is no column 'q'", f.topk, f, "q", 1)
    raises("there is no column 'q'", f.topk, f, "a", 1, { by = "q" })
    raises("a number of rows", f.topk, f, "a", -1)
    raises("two columns are called 'count'", function() f:rename { b = "count" }:value_counts "count" end)
    raises("numbers have correlations", f.corr, f, { "a", "b" })
    raises("no columns of numbers", f.corr, f:select "b")
  end)

  it("take frames without rows", function()
    local none = f:slice(1, 0)
    for _, g in ipairs { none:unique(), none:drop_duplicates(), none:dropna(), none:ffill(), none:topk("a", 2),
      none:value_counts "b", none:rename { a = "z" }, none:reorder "c", mb.concat { none, none } } do
      assert.equal(0, #g)
    end
    assert.same({ 0, "null" }, { none:describe().a[1], none:describe().a[2] or "null" })
    assert.same({}, none:to_lua())
    assert.same({ 0, 0 }, { #none:across "sum", #none:across("max", "a") })
    assert.equal(3, #none:dropna(nil, { axis = "columns" }):columns())
    assert.same({ 0, 0 }, { mb.histogramdd({ none.a, none.c }, { bins = { 1, 2 } })[1], #none:unique { "a" } })
  end)

  it("describe columns", function()
    helper.assert_same_frame(f:select "a":describe():rename { a = "value" }, f.a:describe(), "of numbers")
    helper.assert_same_frame(f:select "b":describe():rename { b = "value" }, f.b:describe(), "of text")
  end)

  it("combine values across columns", function()
    local g = mb.frame { { "i", mb.column({ 1, mb.null, 3, mb.null }, "int") },
      { "x", mb.column { 0.5, 2.0, 0 / 0, mb.null } }, { "b", mb.column({ true, false, mb.null, mb.null }, "bool") },
      { "t", mb.column({ "a", mb.null, "b", mb.null }, "text") } }
    assert.same({ 2, 0, 3, 0 }, g:across("sum", { "i", "b" }):to_table())
    assert.same({ 1, 0, 3, "null" }, rows_of(g:across("max", { "i", "b" })))
    assert.same({ 0.5, 2.0 }, g:across("min", { "i", "x" }):slice(1, 2):to_table())
    assert.is_true(g:across("min", { "i", "x" }):isnan()[3])
    assert.same({ 4, 2, 3, 0 }, (g:across "count" + g:across("count", "b") - g:across("count", "b")):to_table())
    assert.same({ true, true, true, false }, g:across "any":to_table())
    assert.same({ true, false, true, true }, g:across "all":to_table())
    local mean = g:across "mean":to_table()
    assert.is_true(mean[2] == 1.0 and mean[4] ~= mean[4])
    raises("'sum' takes numbers and bools, and 't' is a text column", g.across, g, "sum", "t")
    raises("the frame has no columns of numbers or bools", g.across, g:select "t", "sum")
    raises("'sum', 'mean', 'min'", g.across, g, "median")
    raises("there is no column 'z'", g.across, g, "sum", "z")
  end)

  it("refuse what dropna and histogramdd do not take", function()
    raises("give 'how' or 'thresh', and not both", f.dropna, f, nil, { how = "any", thresh = 1 })
    raises("'rows' or 'columns' expected", f.dropna, f, nil, { axis = 1 })
    raises("list of columns expected", mb.histogramdd, f.a)
    raises("number 1 has 3 rows, and number 2 has 1", mb.histogramdd, { f.a, mb.column { 1 } })
    raises("number 2 of the list must be a column, got a number", mb.histogramdd, { f.a, 1 })
    raises("a number, or one for each column", mb.histogramdd, { f.a, f.c }, { bins = { 3 } })
  end)
end)

-- {name, pandas' expression, ours}
local cases = {
  { "unique", "df[['key', 'v']].drop_duplicates().sort_values(['key', 'v'])",
    function(f) return f:unique("key", "v") end },
  { "drop_duplicates", "df.drop_duplicates(['key', 'word'])",
    function(f) return f:drop_duplicates { "key", "word" } end },
  { "drop_duplicates last", "df.drop_duplicates('word', keep='last')",
    function(f) return f:drop_duplicates("word", { keep = "last" }) end },
  { "drop_duplicates none", "df.drop_duplicates(['key', 'v'], keep=False)",
    function(f) return f:drop_duplicates({ "key", "v" }, { keep = false }) end },
  { "duplicated", "df.duplicated(['x'])", function(f) return f:duplicated "x" end },
  { "duplicated last", "df.duplicated(['x'], keep='last')",
    function(f) return f:duplicated("x", { keep = "last" }) end },
  { "value_counts", "df[['key']].value_counts().rename('count').reset_index()"
    .. ".sort_values(['count', 'key'], ascending=[False, True]).assign(share=lambda d: d['count'] / len(df))",
    function(f) return f:value_counts "key" end },
  { "value_counts of two", "df[['key', 'word']].value_counts().rename('count').reset_index().sort_values("
    .. "['count', 'key', 'word'], ascending=[False, True, True]).assign(share=lambda d: d['count'] / d['count'].sum())",
    function(f) return f:value_counts { "key", "word" } end },
  { "dropna", "df.dropna()", function(f) return f:dropna() end },
  { "dropna of one", "df.dropna(subset='x')", function(f) return f:dropna "x" end },
  { "dropna all", "df.dropna(subset=['x', 'word'], how='all')",
    function(f) return f:dropna({ "x", "word" }, { how = "all" }) end },
  { "dropna thresh", "df.dropna(subset=['x', 'word', 'v'], thresh=2)",
    function(f) return f:dropna({ "x", "word", "v" }, { thresh = 2 }) end },
  { "dropna columns", "df.dropna(axis=1)", function(f) return f:dropna(nil, { axis = "columns" }) end },
  { "dropna columns by thresh", "df.dropna(axis=1, thresh=int(df.x.count()) + 1)", function(f)
    return f:dropna(nil, { axis = "columns", thresh = #f.x:drop_missing() + 1 })
  end },
  { "across any", "(df[['v', 'key']] - 5).ne(0).any(axis=1)",
    function(f) return f:with { v = "v - 5", key = "key - 5" }:across("any", { "v", "key" }) end },
  { "across all", "(df[['v', 'key']] - 5).ne(0).all(axis=1)",
    function(f) return f:with { v = "v - 5", key = "key - 5" }:across("all", { "v", "key" }) end },
  { "histogramdd", "np.histogramdd(df[['v', 'y', 'key']].to_numpy(), bins=[3, 4, 2])[0].ravel().astype(int)",
    function(f) return (mb.histogramdd({ f.v, f.y, f.key }, { bins = { 3, 4, 2 } })) end },
  { "histogramdd in a range",
    "np.histogramdd(df[['v', 'y']].to_numpy(), bins=3, range=[[-10, 10], [0, 20]])[0].ravel().astype(int)",
    function(f) return (mb.histogramdd({ f.v, f.y }, { bins = 3, range = { { -10, 10 }, { 0, 20 } } })) end },
  { "fillna", "df.fillna({'x': -1.5, 'word': 'none'})", function(f) return f:fillna { x = -1.5, word = "none" } end },
  { "ffill", "df.ffill()", function(f) return f:ffill() end },
  { "bfill", "df.bfill()", function(f) return f:bfill() end },
  { "ffill limit", "df.x.ffill(limit=1)", function(f) return f.x:ffill(1) end },
  { "bfill limit", "df.x.bfill(limit=1)", function(f) return f.x:bfill(1) end },
  { "describe", "pd.concat([pd.Series(['count', 'mean', 'std', 'min', '25%', '50%', '75%', 'max'], "
    .. "name='statistic'), df[['v', 'x']].agg(['count', 'mean', 'std', 'min', lambda c: c.quantile(.25), 'median', "
    .. "lambda c: c.quantile(.75), 'max']).reset_index(drop=True)], axis=1).assign(v=lambda d: d.v.where(d.index != 2,"
    .. " df.v.std(ddof=0)), x=lambda d: d.x.where(d.index != 2, df.x.std(ddof=0)))",
    function(f) return f:select("v", "x"):describe() end },
  { "topk", "df.nlargest(5, 'y', keep='first')", function(f) return f:topk("y", 5) end },
  { "bottomk by", "df.sort_values(['key', 'v'], kind='stable').groupby('key').head(2)",
    function(f) return f:bottomk("v", 2, { by = "key" }) end },
  { "corr", "df[['v', 'x', 'y']].corr().rename_axis('name').reset_index()",
    function(f) return f:corr { "v", "x", "y" } end },
}

for _, method in ipairs { "average", "min", "max", "first", "dense" } do
  for _, ascending in ipairs { true, false } do
    for _, pct in ipairs { false, true } do
      local o = { method = method, ascending = ascending, pct = pct }
      local options = ("method='%s', ascending=%s, pct=%s"):format(method, ascending and "True" or "False",
        pct and "True" or "False")
      cases[#cases + 1] = { "rank " .. options, ("df.x.rank(%s)"):format(options),
        function(f) return f.x:rank(o) end }
    end
  end
end

for _, name in ipairs { "sum", "prod", "mean", "min", "max", "count" } do
  cases[#cases + 1] = { "across " .. name, ("df[['v', 'x', 'key']].%s(axis=1)"):format(name),
    function(f) return f:across(name, { "v", "x", "key" }) end }
end

-- The times some years to and fro.
local MOVED <const> = "(df['at'] + pd.to_timedelta(df.v * 31, unit='D')).dt."
local function moved(f) return f.at + (f.v * (31 * 86400)):as "duration" end

for name, expression in pairs { quarter = "quarter", days_in_month = "days_in_month", isoyear = "isocalendar().year",
  is_leap_year = "is_leap_year" } do
  cases[#cases + 1] = { name, MOVED .. expression, function(f) return moved(f)[name](moved(f)) end }
end

describe("verbs of frames beside pandas", function()
  it("give the same", function() beside.check(beside.frame(97), cases) end)
end)
