-- Frames: named columns in order.
local helper = require "spec.helper"
local mb = require "moonbear"

local assert_raises = helper.assert_raises

describe("a frame", function()
  local a, b, frame

  before_each(function()
    a, b = mb.column { 10, 20, 30 }, mb.column { 0.5, 1.5, -2 }
    frame = mb.frame { { "zeta", a }, { "alpha", b } }
  end)

  it("keeps the order of a list of pairs and sorts a table by name", function()
    assert.same({ "zeta", "alpha" }, frame:columns())
    assert.same({ "alpha", "zeta" }, mb.frame { zeta = a, alpha = b }:columns())
  end)

  it("gives columns by name", function()
    assert.equal(a, frame.zeta)
    assert.equal(b, frame:column "alpha")
    assert.equal(3, #frame)
  end)

  it("visits columns in order", function()
    local seen = {}
    for name, column in frame:each() do seen[#seen + 1] = { name, column } end
    assert.same({ { "zeta", a }, { "alpha", b } }, seen)
    seen = {}
    for name in pairs(frame) do seen[#seen + 1] = name end
    assert.same({ "zeta", "alpha" }, seen)
  end)

  it("lets methods win over names", function()
    local shadowed = mb.frame { { "column", a }, { "each", b } }
    assert.equal("function", type(shadowed.column))
    assert.equal(a, shadowed:column "column")
  end)

  it("lists what there is when a name is unknown", function()
    assert_raises("'beta'", function() return frame.beta end)
    assert_raises("zeta, alpha", function() return frame.beta end)
    assert_raises("zeta, alpha", frame.column, frame, "beta")
    assert_raises("no columns", function() return mb.frame({}).x end)
  end)

  it("does not change with the list of its names", function()
    local names = frame:columns()
    names[1] = "other"
    assert.same({ "zeta", "alpha" }, frame:columns())
  end)

  it("takes columns, and has them replaced and removed", function()
    local c = mb.column { true, false, true }
    frame.beta, frame.zeta = c, b
    assert.same({ "zeta", "alpha", "beta" }, frame:columns())
    assert.equal(b, frame.zeta)
    assert.equal(c, frame.beta)
    frame.alpha = nil
    frame.nothing = nil
    assert.same({ "zeta", "beta" }, frame:columns())
    assert_raises("'alpha'", function() return frame.alpha end)
    frame.alpha = a
    assert.same({ "zeta", "beta", "alpha" }, frame:columns())
    frame.where = c
    assert.equal(c, frame:column "where")
    frame.where, frame.zeta, frame.beta, frame.alpha = nil, nil, nil, nil
    frame.short = mb.column { 1 }
    assert.equal(1, #frame)
  end)

  it("refuses columns that do not fit", function()
    assert_raises("'zeta' has 3 rows and 'beta' has 2",
      function() frame.beta = mb.column { 1, 2 } end)
    assert_raises("'zeta' has 3 rows and 'zeta' has 2",
      function() frame.zeta = mb.column { 1, 2 } end)
    assert_raises("'beta' must be a column, got a number", function() frame.beta = 5 end)
    assert_raises(":eq", function() frame.beta = true end)
    assert_raises("must be a string, got a number", function() frame[1] = a end)
    assert.same({ "zeta", "alpha" }, frame:columns())
    assert.equal(a, frame.zeta)
  end)

  it("refuses what does not fit together", function()
    assert_raises("two columns are called 'x'", function() mb.frame { { "x", a }, { "x", b } } end)
    assert_raises("'x' has 3 rows and 'y' has 2",
      function() mb.frame { { "x", a }, { "y", mb.column { 1, 2 } } } end)
    assert_raises("'x' must be a column, got a number", function() mb.frame { x = 5 } end)
    assert_raises(":eq", function() mb.frame { x = true } end)
    assert_raises("number 1", function() mb.frame { a, b } end)
    assert_raises("must be a string", function() mb.frame { { 1, a } } end)
    assert_raises("bad argument #1 to 'frame'", mb.frame, nil)
    assert_raises("bad argument #1 to 'frame'", mb.frame, frame)
  end)

  it("frees its columns when closed", function()
    frame:close()
    frame:close()
    assert.has_error(function() return a:sum() end)
    do
      local other <close> = mb.frame { x = mb.range(1, 10) }
      a = other.x
    end
    assert.has_error(function() return a:sum() end)
  end)
end)

local function rows_of(frame)
  local rows = {}
  for name, column in frame:each() do rows[name] = column:to_table() end
  return rows
end

-- Columns of n rows, and the same as tables.
local function make(n)
  local rows = { id = {}, share = {}, odd = {} }
  for i = 1, n do
    rows.id[i] = i % 7 == 3 and mb.null or i
    rows.share[i] = i / 4
    rows.odd[i] = i % 2 == 1
  end
  return mb.frame { { "id", mb.column(rows.id, "int") }, { "share", mb.column(rows.share, "float") },
    { "odd", mb.column(rows.odd, "bool") } }, rows
end

local function filtered(rows, keeps)
  local result = {}
  for name in pairs(rows) do result[name] = {} end
  for i = 1, #rows.id do
    if keeps(rows.id[i], rows.share[i], rows.odd[i]) then
      for name, values in pairs(rows) do table.insert(result[name], values[i]) end
    end
  end
  return result
end

describe("rows of a frame", function()
  it("are chosen by expressions and masks", function()
    for _, n in ipairs { 0, 1, 2, 5, 1000 } do
      local frame, rows = make(n)
      local function keeps(id, _, odd) return odd and id ~= mb.null and id > 4 end
      local expected = filtered(rows, keeps)
      for _, few in ipairs {
        frame:where "odd and id > 4", frame:where(frame "odd and id > 4"),
        frame:where(frame.odd & frame.id:gt(4)), frame:where("odd and id > $least", { least = 4 }),
        frame:where("odd"):where "id > 4",
      } do
        assert.same({ "id", "share", "odd" }, few:columns())
        assert.equal(#expected.id, #few)
        assert.same(expected, rows_of(few))
      end
      assert.same(rows, rows_of(frame))
      assert.equal(0, #frame:where "share < 0")
      assert.equal(n, #frame:where "share > 0")
    end
  end)

  it("that are chosen can be computed with", function()
    local frame, rows = make(100)
    local few = frame:where "share >= 10"
    local expected = filtered(rows, function(_, share) return share >= 10 end)
    expected = filtered(expected, function(id, share) return id ~= mb.null and id < 70 and share < 15 end)
    assert.same(expected, rows_of(few:where(few.id:lt(70) & few "share < 15")))
    assert.equal(#expected.id, few("id < 70 and share < 15"):sum())
  end)

  it("are not chosen by anything else", function()
    local frame = make(3)
    local function raises(part, ...)
      assert_raises(part, frame.where, frame, ...)
    end
    raises("'where' takes a bool column or an expression that gives one, got an int column", "id")
    raises("got a float column", frame.share)
    raises("got a boolean", "1 == 1")
    raises("got a boolean (compare columns by :eq", true)
    raises("got nil")
    raises("got a table", {})
    raises("where: the lengths differ: 3 rows, and a mask of 2", mb.column { true, false })
    raises("there is no column 'x'; there is id, share, odd", "x > 1")
    raises("'$least'", "id > $least")
    assert_raises("an expression is a string, got a number", frame, 5)
    assert_raises("the values of $names are a table, got a number", frame, "id > $a", 5)
  end)

  it("at the ends are head and tail", function()
    for _, n in ipairs { 0, 1, 4, 5, 6, 30 } do
      local frame, rows = make(n)
      for _, few in ipairs { 0, 1, 3, 5, 100 } do
        local head, tail, i = rows_of(frame:head(few)), rows_of(frame:tail(few)), 0
        i = 0
        assert.same(filtered(rows, function() i = i + 1 return i <= few end), head)
        i = 0
        assert.same(filtered(rows, function() i = i + 1 return i > n - few end), tail)
      end
      assert.equal(math.min(5, n), #frame:head())
      assert.equal(math.min(5, n), #frame:tail())
    end
    assert_raises("bad argument #1 to 'head' (a number of rows expected, got -1)",
      function() make(3):head(-1) end)
    assert_raises("bad argument #1 to 'tail'", function() make(3):tail "x" end)
  end)
end)

describe("columns of a frame", function()
  it("are added by with, sorted by name, and seen as they were", function()
    local frame, rows = make(10)
    local more = frame:with { share = "odd", big = "share > 1", again = frame.id, all = "true" }
    assert.same({ "id", "share", "odd", "again", "all", "big" }, more:columns())
    local expected = { id = rows.id, share = rows.odd, odd = rows.odd, again = rows.id, big = {}, all = {} }
    for i = 1, 10 do expected.big[i], expected.all[i] = rows.share[i] > 1, true end
    assert.same(expected, rows_of(more))
    assert.same({ "id", "share", "odd" }, frame:columns())
    assert.same(rows, rows_of(frame))
  end)

  it("are added by with in the order of a list, one after the other", function()
    local frame = make(3)
    local more = frame:with({ { "z", "share > $least" }, { "a", "not z" }, { "z", "a" } }, { least = 0.5 })
    assert.same({ "id", "share", "odd", "z", "a" }, more:columns())
    assert.same({ true, true, false }, more.a:to_table())
    assert.same({ true, true, false }, more.z:to_table())
  end)

  it("are not added by with when they do not fit", function()
    local frame = make(3)
    local function raises(part, ...)
      assert_raises(part, frame.with, frame, ...)
    end
    raises("bad argument #1 to 'with' (table of columns expected, got nil)")
    raises("bad argument #1 to 'with' (table of columns expected, got a frame)", frame)
    raises("'x' must be a column, got a number", { x = 1 })
    raises(":eq", { x = false })
    raises("'id' has 3 rows and 'x' has 1", { x = mb.column { 1 } })
    raises("number 2 of the list must be a {name, column} pair, got a string", { { "x", "id" }, "y" })
    raises("expression, column 4: there is no column 'x'", { y = "id+x" })
    raises("there is no column 'z'", { y = "id", z = "z == 1" })
  end)

  it("are selected and dropped", function()
    local frame = make(3)
    assert.same({ "odd", "id" }, frame:select("odd", "id"):columns())
    assert.same({ "odd" }, frame:select { "odd" }:columns())
    assert.equal(frame.odd, frame:select("odd").odd)
    assert.same({ "share" }, frame:drop("odd", "id"):columns())
    assert.same({ "id", "share" }, frame:drop { "odd" }:columns())
    assert.same({ "id", "share", "odd" }, frame:drop():columns())
    assert.equal(0, #frame:drop { "odd", "id", "share" })
    assert_raises("there is no column 'x'; there is id, share, odd", frame.select, frame, "x")
    assert_raises("there is no column 'length'; there is id, share, odd", frame.select, frame, "length")
    assert_raises("there is no column 'x'", frame.drop, frame, "id", "x")
  end)
end)

describe("a frame's text", function()
  it("shows short frames whole", function()
    local frame = mb.frame {
      { "port", mb.column { 80, 443, 65535 } }, { "share", mb.column { 0.5, 1.5, -2.0 } },
      { "web", mb.column { true, true, false } },
    }
    assert.equal(table.concat({
      "    port  share    web",
      "     int  float   bool",
      "1     80    0.5   true",
      "2    443    1.5   true",
      "3  65535   -2.0  false",
      "3 rows, 3 columns",
    }, "\n"), tostring(frame))
  end)

  it("shows both ends of long ones", function()
    assert.equal(table.concat({
      "       n",
      "     int",
      "  1    1", "  2    2", "  3    3", "  4    4", "  5    5",
      "...  ...",
      " 99   99", "100  100", "101  101", "102  102", "103  103",
      "103 rows, 1 column",
    }, "\n"), tostring(mb.frame { n = mb.range(1, 103) }))
  end)

  it("shows all of ten rows", function()
    local text = tostring(mb.frame { n = mb.range(1, 10) })
    assert.is_nil(text:find("...", 1, true))
    assert.equal(13, select(2, text:gsub("\n", "\n")) + 1)
  end)

  it("shows missing and empty", function()
    local text = tostring(mb.frame { n = mb.column { 1, mb.null, 3 } })
    assert.truthy(text:find("\n2  null\n"))
    assert.truthy(tostring(mb.frame {}):find("0 rows, 0 columns"))
  end)

  it("shows unsigned integers as such", function()
    local text = tostring(mb.frame { n = mb.column({ 5, -1 }, "uint") })
    assert.truthy(text:find("18446744073709551615", 1, true))
  end)
end)

describe("rows of frames", function()
  local f = mb.frame { { "b", mb.range(1, 3000) * 2 }, { "a", mb.where(mb.range(1, 3000):eq(2), mb.null, 0.5) } }

  it("are tables by name", function()
    assert.same({ b = 2, a = 0.5 }, f:row(1))
    assert.same({ b = 4, a = mb.null }, f:row(2))
    assert.same({ b = 6000, a = 0.5 }, f:row(-1))
    assert_raises("row 3001 of a frame of 3000 rows", f.row, f, 3001)
    assert_raises("row 0 of a frame", f.row, f, 0)
    assert_raises("bad argument #1 to 'row' (the number of a row expected, got the string '1')", f.row, f, "1")
  end)

  it("are visited in order", function()
    local n = 0
    for row in f:rows() do
      n = n + 1
      assert(row.b == 2 * n and (n == 2 and row.a == mb.null or row.a == 0.5), n)
    end
    assert.equal(3000, n)
    for _ in mb.frame {}:rows() do n = 0 end
    for _ in f:head(0):rows() do n = 0 end
    assert.equal(3000, n)
  end)

  local function printed(text)
    local status, out, err = helper.run(nil, "mb = require 'moonbear'\n" .. text)
    assert.equal(0, status, err)
    return out
  end

  it("are shown, as many as told", helper.once(function()
    local code = "c = mb.range(1, 60)\nf = mb.frame { a = c }\n"
    assert.equal("       a\n     int\n  1    1\n  2    2\n...  ...\n 60   60\n60 rows, 1 column\n",
      printed(code .. "f:show(3)"))
    assert.equal("     int\n  1    1\n  2    2\n...  ...\n 59   59\n 60   60\n60 rows\n",
      printed(code .. "c:show(4)"))
    local _, lines = printed(code .. "f:show(60)"):gsub("\n", "")
    assert.equal(63, lines)
    _, lines = printed(code .. "f:show()"):gsub("\n", "")
    assert.equal(54, lines)
  end))
end)

describe("names that a frame does not have", function()
  local f = mb.frame { dstPort = mb.range(1, 3), srcPort = mb.range(1, 3) }
  local function fails(said, g) assert_raises(said, g) end

  it("name the nearest, methods where one is called", function()
    fails("no column or method 'dstport'; did you mean 'dstPort'? it has columns dstPort, srcPort",
      function() return f.dstport end)
    fails("a frame has no method 'haed'; did you mean 'head'?", function() return f:haed() end)
    fails("a frame has no method 'frobnicate'; it has across, bfill, bottomk", function() return f:frobnicate() end)
    fails("it has columns dstPort, srcPort", function() return f.frobnicate end)
    fails("a frame has no method 'groupby'; write frame:group_by(\"name\")", function() return f:groupby() end)
    fails("a frame has no method 'to_excel'; write frame:to_csv(path), to_hdf or to_parquet",
      function() return f.to_excel end)
    fails("frame:row(i) is a row", function() return f[1] end)
    fails("sort_by: there is no column 'desc'; descending order is a minus before the name, as sort_by(\"-dstPort\")",
      function() return f:sort_by("dstPort", "desc") end)
    fails("descending order is a minus", function() return f:sort_by("dstPort", { descending = true }) end)
    fails("join: the left frame has no column 'srcport'; did you mean 'srcPort'?",
      function() return f:join(f, { on = "srcport" }) end)
    fails("join: the right frame has no column 'srcPort'; there is dstPort",
      function() return f:join(f:drop "srcPort", { on = "srcPort" }) end)
  end)

  it("are told of columns, groupings and the module too", function()
    local c, g = f.dstPort, f:group_by "dstPort"
    fails("a column has no method 'summ'; did you mean 'sum'?", function() return c:summ() end)
    fails("a column has no method 'frobnicate'; at a prompt ?Column lists them", function() return c.frobnicate end)
    fails("a column has no method 'astype'; write c:as", function() return c:astype "int" end)
    fails("a column has no method 'strftime'; write c:format", function() return c:strftime "%Y" end)
    fails("a column has no method 'lag'; write c:shift(n)", function() return c:lag(1) end)
    fails("'sum'; this is a method of columns, as frame.name:sum(); of each row write frame:across(\"sum\")",
      function() return f:sum() end)
    fails("a grouping has no method 'nth'; write g:head(n)", function() return g:nth(1) end)
    fails('write frame:group_by(c:floor("1h"))', function() return c:resample "1h" end)
    fails("there is no type 'datetime'; write 'time'", function() return c:as "datetime" end)
    fails("write mb.time", function() return mb.to_datetime "2024-02-29" end)
    fails("a grouping has no method 'average'; write g:mean(c)", function() return g:average() end)
    fails("a grouping has no method 'medain'; did you mean 'median'?", function() return g.medain end)
    fails("moonbear has no function 'read_hfd'; did you mean 'read_hdf'?", function() return mb.read_hfd end)
    fails("moonbear has no function 'arange'; write mb.range", function() return mb.arange(5) end)
    fails("g:size() counts all rows", function() return g:count() end)
    fails("agg: 'sum' of no column; write srcPort = {\"srcPort\", \"sum\"}",
      function() return g:agg { srcPort = "sum" } end)
    fails("agg: 'sum' of no column; write bytes = {\"srcPort\", \"sum\"}",
      function() return g:agg { bytes = "sum" } end)
    fails("agg: 'x' is 'average', not an aggregation of groups; write 'mean'",
      function() return g:agg { x = { "srcPort", "average" } } end)
    fails("agg: 'x' is 'qantile', not an aggregation of groups; did you mean 'quantile'?",
      function() return g:agg { x = { "srcPort", "qantile", 0.5 } } end)
    fails("agg: 'x' must be {column, aggregation}, got {\"sum\", \"mean\"}; each aggregation has a name",
      function() return g:agg { x = { "sum", "mean" } } end)
    fails("this is a method of columns, as column:mean()", function() return mb.mean(c) end)
    fails("'isin' takes one list of values, as {80, 443}", function() return c:isin(80, 443) end)
    fails("a frame is indexed by a bool column, got a boolean (Lua's own ==", function() return f[c == 80] end)
    fails("'rank' is of whole columns; pass what it gives, as $rank with {rank = column:rank()}",
      function() return f:where "srcPort > rank(srcPort)" end)
    fails("bad options to 'join' (a table expected, as {on = ...}, got the string 'dstPort')",
      function() return f:join(f, "dstPort") end)
    fails("agg: 'sum' takes no argument, and 'x' gives it 3",
      function() return g:agg { x = { "srcPort", "sum", 3 } } end)
    fails("bad argument #2 to 'quantile' (number from 0 to 1 expected, got nil)",
      function() return g:agg { x = { "srcPort", "quantile" } } end)
  end)

  it("stand for what agg computes with arguments", function()
    local k, v = mb.column { 1, 1, 1, 2, 2 }, mb.column { 1, 2, 4, 7, 7 }
    local g = mb.frame { k = k, v = v }:group_by "k"
    local all = g:agg { { "median", "v", "median" }, { "q", "v", "quantile", 0.75 }, { "n", "v", "nunique" },
      { "mode", "v", "mode" }, { "std", "v", "std", { ddof = 1 } }, { "size", "size" } }
    assert.same({ "k", "median", "q", "n", "mode", "std", "size" }, all:columns())
    assert.same({ 2.0, 7.0 }, all.median:to_table())
    assert.same({ 3.0, 7.0 }, all.q:to_table())
    assert.same({ 3, 1 }, all.n:to_table())
    assert.same({ 1, 7 }, all.mode:to_table())
    assert.near((7 / 3) ^ 0.5, all.std[1], 1e-12)
    assert.same({ 3, 2 }, all.size:to_table())
    assert.same(all.q:to_table(), g:agg { q = { "v", "quantile", 0.75 } }.q:to_table())
  end)
end)
