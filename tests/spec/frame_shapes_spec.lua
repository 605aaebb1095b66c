-- Long frames made wide and wide ones long, values put into bins, and frames as Markdown and HTML.
local beside = require "spec.beside_pandas"
local helper = require "spec.helper"
local mb = require "moonbear"

local raises, rows_of = helper.assert_raises, helper.rows_of

teardown(helper.clean)

-- {name, pandas' expression, ours}
local cases = {
  { "pivot", "df.pivot_table(index='key', columns='word', values='v', aggfunc='sum').reset_index()",
    function(f) return f:pivot { index = "key", columns = "word", values = "v", agg = "sum" } end },
  { "pivot fill", "df.pivot_table(index=['key', 'v'], columns='word', values='y', aggfunc='max', fill_value=-1)"
    .. ".reset_index().sort_values(['key', 'v'])",
    function(f)
      return f:dropna "word":pivot { index = { "key", "v" }, columns = "word", values = "y", agg = "max", fill = -1 }
    end },
  { "pivot size", "pd.crosstab(df.word, df.key).reset_index()", function(f)
      return f:dropna "word":pivot { index = "word", columns = "key", agg = "size", fill = 0 }
    end },
  { "melt", "df.melt(id_vars=['key', 'word'], value_vars=['v', 'x'])",
    function(f) return f:melt { id_vars = { "key", "word" }, value_vars = { "v", "x" } } end },
  { "melt names", "df[['key', 'x', 'y']].melt(id_vars='key', var_name='what', value_name='much')",
    function(f) return f:select("key", "x", "y"):melt { id_vars = "key", var_name = "what", value_name = "much" } end },
  { "cut", "pd.cut(df.v, [-40, -10, 0, 25], labels=['a', 'b', 'c']).astype(object)",
    function(f) return f.v:cut({ -40, -10, 0, 25 }, { labels = { "a", "b", "c" } }) end },
  { "cut lowest", "pd.cut(df.v, [-40, -10, 0, 25], include_lowest=True, labels=False) + 1",
    function(f) return f.v:cut({ -40, -10, 0, 25 }, { labels = false, include_lowest = true }) end },
  { "cut left", "pd.cut(df.v, [-40, -10, 0, 40], right=False, labels=False) + 1",
    function(f) return f.v:cut({ -40, -10, 0, 40 }, { labels = false, right = false }) end },
  { "cut labels", "pd.cut(df.v, [-40, 0, 40]).astype(str).replace('nan', None)",
    function(f) return f.v:cut { -40, 0, 40 } end },
  { "cut equal", "pd.cut(df.x, 5, labels=False) + 1", function(f) return f.x:cut(5, { labels = false }) end },
  { "cut equal left", "pd.cut(df.y, 4, labels=False, right=False) + 1",
    function(f) return f.y:cut(4, { labels = false, right = false }) end },
  { "qcut", "pd.qcut(df.y, 4, labels=False) + 1", function(f) return f.y:qcut(4, { labels = false }) end },
  { "qcut list", "pd.qcut(df.x, [0, .1, .9, 1], labels=['low', 'mid', 'high']).astype(object)",
    function(f) return f.x:qcut({ 0, 0.1, 0.9, 1 }, { labels = { "low", "mid", "high" } }) end },
  { "qcut drop", "pd.qcut(df.key, 10, labels=False, duplicates='drop') + 1",
    function(f) return f.key:qcut(10, { labels = false, duplicates = "drop" }) end },
  { "pct_change", "df.y.pct_change(2)", function(f) return f.y:pct_change(2) end },
  { "factorize", "pd.factorize(df.word, sort=True)[0] + 1",
    function(f) return (f.word:factorize()):fill(0) end },
  { "histogram", "np.histogram(df.v, [-40, -7, 0, 13, 40])[0]",
    function(f) return (f.v:histogram { bins = { -40, -7, 0, 13, 40 } }) end },
  { "histogram inside", "np.histogram(df.x.dropna(), [-1, 0.5, 1])[0]",
    function(f) return (f.x:histogram { bins = { -1, 0.5, 1 } }) end },
  { "round to tens", "df.v.astype(float).round(-1)", function(f) return f.v:round(-1) end },
  { "round to hundreds", "(df.v * 25).astype(float).round(-2)", function(f) return (f.v * 25):round(-2) end },
}

describe("shapes of frames beside pandas", function()
  it("are the same", function() beside.check(beside.frame(97), cases) end)
end)

describe("shapes of frames", function()
  local f = mb.frame { { "k", mb.column { 1, 1, 2 } }, { "c", mb.column { "p", "q", "p" } },
    { "v", mb.column { 5, 6, 7 } }, { "w", mb.column { 0.5, 1.5, 2.5 } } }

  it("are wide without an aggregation where cells have one row", function()
    local wide = f:pivot { index = "k", columns = "c", values = "v" }
    assert.same({ "k", "p", "q" }, wide:columns())
    assert.same({ { 1, 2 }, { 5, 7 }, { 6, "null" } }, { rows_of(wide.k), rows_of(wide.p), rows_of(wide.q) })
    local two = f:pivot { index = "k", columns = "c", values = { "v", "w" } }
    assert.same({ "k", "v_p", "v_q", "w_p", "w_q" }, two:columns())
    assert.equal(0, #f:slice(1, 0):pivot { index = "k", columns = "c", values = "v" })
    assert.same({ "k", "v" }, f:pivot { index = "k", columns = "c", values = "v" }
      :melt { id_vars = "k" }:rename { variable = "c", value = "v" }:select("k", "v"):columns())
  end)

  it("refuse what makes no sense", function()
    local long = mb.frame { k = mb.range(1, 2000), c = mb.range(1, 2000), v = mb.range(1, 2000) }
    raises("'c' has 2000 values, which would be as many columns; {limit = 2000} allows them", long.pivot, long,
      { index = "k", columns = "c", values = "v" })
    raises("some cells have several rows; say what becomes of them, as {agg = \"sum\"}", f.pivot, f,
      { index = "c", columns = "c", values = "v" })
    raises("'sums', not an aggregation", f.pivot, f, { index = "k", columns = "c", values = "v", agg = "sums" })
    raises("there is no column 'z'", f.pivot, f, { index = "z", columns = "c", values = "v" })
    raises("bad option 'index'", f.pivot, f, { columns = "c", values = "v" })
    raises("bad option 'values'", f.pivot, f, { index = "k", columns = "c" })
    raises("is text and 'v' is int, which one column cannot hold; say which columns become rows", f.melt, f,
      { id_vars = "k", value_vars = { "c", "v" } })
    raises("no columns that become rows", f.melt, f, { id_vars = f:columns() })
    raises("there is no column 'z'", f.melt, f, { id_vars = "z" })
    raises("the edges must ascend; number 2 does not", f.v.cut, f.v, { 2, 1 })
    raises("2 labels, one for each bin, expected", f.v.cut, f.v, { 1, 2, 3 }, { labels = { "a" } })
    raises("a number of bins, or a list of edges", f.v.cut, f.v, "a")
    raises("cut takes numbers, times or durations, got a text column", f.c.cut, f.c, 3)
    raises("there are no values to make edges of", function() f:slice(1, 0).v:cut(3) end)
    raises("of the 5 edges are alike", function() f.k:qcut(4) end)
    raises("'range' goes with a number of bins", f.v.histogram, f.v, { bins = { 1, 2 }, range = { 1, 2 } })
    raises("two edges at least", f.v.histogram, f.v, { bins = { 1 } })
  end)

  it("have no bins of values that are alike, or of none", function()
    assert.same({ "null", "null" }, rows_of(mb.full(2, 3):qcut(2, { duplicates = "drop" })))
    assert.same({ "null" }, rows_of(mb.column { 0 / 0 }:qcut(2, { labels = false })))
    assert.same({}, mb.column({}, "int"):qcut(4):to_table())
  end)

  it("have bins of times", function()
    local at = mb.column({ "2024-01-01", "2024-01-02", "2024-01-04" }, "time")
    local edges = { mb.time "2024-01-01", mb.time "2024-01-02", mb.time "2024-01-05" }
    assert.same({ 1, 1, 2 }, at:cut(edges, { labels = false, include_lowest = true }):to_table())
    assert.same({ "null", "a", "b" }, rows_of(at:cut(edges, { labels = { "a", "b" } })))
    assert.same({ 1, 2 }, at:histogram { bins = edges }:to_table())
  end)

  it("round integers to tens, half to even", function()
    assert.same({ 20, 20, 40, -20, 0, 10, -10 }, mb.column { 15, 25, 35, -15, 5, 6, -6 }:round(-1):to_table())
    assert.same({ 0 }, mb.column { math.maxinteger }:round(-30):to_table())
    assert.same({ 20, -20 }, { mb.math.round(15, -1), mb.math.round(-25, -1) })
    assert.equal("uint", mb.column { 15 }:as "uint":round(-1):type())
    assert.equal("int", mb.column { 15 }:round(-1):type())
    raises("round takes no text columns", function() mb.column({ "a" }):round(-1) end)
  end)

  it("have modes", function()
    assert.equal(2, mb.column { 3, 2, 2, 3, 1 }:mode())
    assert.equal("b", mb.column { "b", mb.null, mb.null, "b", "a" }:mode())
    assert.is_nil(mb.column({}, "int"):mode())
  end)

  it("are printed with separators of thousands and decimals", function()
    local printed
    local function shown(x, ...)
      local print = _G.print
      _G.print = function(text) printed = text end
      x:show(...)
      _G.print = print
      return printed
    end
    local g = mb.frame { { "n", mb.column { 1234567, -999, mb.null } }, { "x", mb.column { 1234.5678, -0.125, 1e9 } } }
    assert.equal("           n                 x\n         int             float\n1  1,234,567          1,234.57"
      .. "\n2       -999             -0.12\n3       null  1,000,000,000.00\n3 rows, 2 columns",
      shown(g, nil, { thousands = true, decimals = 2 }))
    assert.equal("       int\n1  1234567\n2     -999\n3     null\n3 rows", shown(g.n))
    assert.equal("         int\n1  1,234,567\n2       -999\n3       null\n3 rows", shown(g.n, 5, { thousands = true }))
    raises("a number from 0 to 17", g.show, g, 5, { decimals = -1 })
    raises("did you mean 'thousands'", g.show, g, 5, { thousand = true })
  end)

  it("are written as Markdown and HTML", function()
    local g = mb.frame { { "name", mb.column { "a|b", "<c>", mb.null } }, { "n", mb.column { 1, 20, 300 } } }
    assert.equal("| name | n |\n| --- | ---: |\n| a\\|b | 1 |\n| <c> | 20 |\n| null | 300 |\n", g:to_markdown())
    assert.equal("| name | n |\n| --- | ---: |\n| a\\|b | 1 |\n| ... | ... |\n| null | 300 |\n", g:to_markdown(2))
    local html = g:to_html(2)
    assert.truthy(html:find('<td style="text-align: left">a|b</td>', 1, true))
    assert.truthy(html:find("<thead>\n<tr><th", 1, true))
    assert.falsy(html:find("<c>", 1, true))
    assert.truthy(g:to_html():find("&lt;c&gt;", 1, true))
    assert.equal("", mb.frame {}:to_markdown())
  end)
end)

describe("frames that are joined by keys of two names", function()
  local left = mb.frame { { "src", mb.column { "a", "b", mb.null, "c" } }, { "n", mb.column { 1, 2, 3, 4 } } }
  local right = mb.frame { { "ip", mb.column { "b", "c", "d" } }, { "n", mb.column { 2, 5, 6 } } }

  local function joined(how)
    local rows = {}
    for name, column in left:join(right, { left_on = "src", right_on = "ip", how = how }):each() do
      rows[name] = rows_of(column)
    end
    return rows
  end

  it("keep the name of the left", function()
    assert.same({ src = { "b", "c" }, n = { 2, 4 }, n_right = { 2, 5 } }, joined "inner")
    assert.same({ src = { "a", "b", "null", "c" }, n = { 1, 2, 3, 4 }, n_right = { "null", 2, "null", 5 } },
      joined "left")
    assert.same({ src = { "b", "c", "d" }, n = { 2, 4, "null" }, n_right = { 2, 5, 6 } }, joined "right")
    assert.same({ src = { "a", "b", "null", "c", "d" }, n = { 1, 2, 3, 4, "null" },
      n_right = { "null", 2, "null", 5, 6 } }, joined "outer")
    assert.same({ src = { "b", "c" }, n = { 2, 4 } }, joined "semi")
    assert.same({ src = { "a", "null" }, n = { 1, 3 } }, joined "anti")
    assert.same({ 2 }, left:join(right, { left_on = { "src", "n" }, right_on = { "ip", "n" } }).n:to_table())
  end)

  it("tell which rows are there", function()
    assert.same({ false, true, false, true }, left:isin(right, { left_on = "src", right_on = "ip" }):to_table())
    assert.same({ false, true, false, false },
      left:isin(right, { left_on = { "src", "n" }, right_on = { "ip", "n" } }):to_table())
    assert.same({ false, true, false, false }, left:isin(right:rename { ip = "src" }):to_table())
    assert.same({ false, true, false, false }, left:isin(right, { on = "n" }):to_table())
  end)

  it("refuse what makes no sense", function()
    raises("give 'on', or 'left_on' and 'right_on'", left.join, left, right, { on = "n", left_on = "n" })
    raises("'left_on' has 2 names and 'right_on' has 1", left.join, left, right,
      { left_on = { "src", "n" }, right_on = "ip" })
    raises("'src' is a text column on the left and an int column on the right, 'n',", left.join, left, right,
      { left_on = "src", right_on = "n" })
    raises("bad option 'right_on'", left.join, left, right, { left_on = "src" })
    raises("the right frame has no column 'src'", left.join, left, right, { on = "src" })
    raises("the right frame has no column 'ib'; did you mean 'ip'", left.isin, left, right,
      { left_on = "src", right_on = "ib" })
    raises("frame expected", left.isin, left, right.n)
  end)
end)

describe("columns", function()
  it("have first and last rows", function()
    local c = mb.range(1, 9)
    assert.same({ 1, 2, 3, 4, 5 }, c:head():to_table())
    assert.same({ 8, 9 }, c:tail(2):to_table())
    assert.same({}, c:tail(0):to_table())
    assert.equal(9, #c:tail(100))
  end)
end)
