-- Scans, whose columns come piece by piece: against the same of frames in memory, which have tests
-- of their own, and plain Lua.
local helper = require "spec.helper"
local mb = require "moonbear"
local streams = require "spec.streams"

local null = mb.null

teardown(helper.clean)

local function flows(n)
  local v = mb.random(n, { low = -1000, high = 1000, seed = 2 })
  local x = mb.normal(n, { seed = 3 })
  return mb.frame {
    { "k", mb.random(n, { low = 1, high = 20, seed = 1 }) },
    { "v", v },
    { "x", x },
    { "u", mb.random(n, { low = mb.uint "0", high = mb.uint "18446744073709551615", seed = 8 }) },
    { "m", mb.where(v:gt(700), null, v) },
    { "f", mb.where(v:gt(900), 0 / 0, x) },
    { "host", mb.choice({ "a", "b", "", "dd" }, n, { seed = 4 }) },
    { "t", mb.time_of(mb.random(n, { low = 0, high = 100000, seed = 5 })) },
    { "b", v:gt(0) },
  }
end

local f = flows(1500)
local s = streams.of(f, 600)

local function rows_of(x)
  if type(x) == "number" and x ~= x then return "nan" end
  local class = getmetatable(x) and getmetatable(x).__name
  if class == "moonbear.column" then
    local list = x:to_table()
    for i = 1, #list do list[i] = rows_of(list[i]) end
    return { x:type(), list }
  elseif class == "moonbear.frame" then
    local list = {}
    for name, column in x:each() do list[#list + 1] = { name, rows_of(column) } end
    return list
  elseif type(x) == "table" and not class then
    local list = {}
    for i, inner in ipairs(x) do list[i] = rows_of(inner) end
    return list
  end
  return x
end

-- Whether two results are equal, floats but for the rounding of another order of summation.
local function near(a, b)
  if type(a) == "table" and type(b) == "table" and not getmetatable(a) then
    if #a ~= #b then return false end
    for i = 1, #a do
      if not near(a[i], b[i]) then return false end
    end
    return true
  elseif math.type(a) == "float" and math.type(b) == "float" then
    return a == b or math.abs(a - b) <= 1e-10 * math.max(math.abs(b), 1e-3)
  end
  return rawequal(a, b) or a == b
end

local function same(expected, got, what)
  local a, b = rows_of(expected), rows_of(got)
  if near(b, a) then return end
  assert.same(a, b, what) -- shows both
  error("not near: " .. tostring(what))
end

local function both(f_result, what)
  local expected = table.pack(pcall(f_result, f))
  local got = table.pack(pcall(f_result, s))
  assert.equal(expected[1], got[1], ("%s: %s, %s"):format(what, expected[2], got[2]))
  if not expected[1] then return end
  assert.equal(expected.n, got.n, what)
  for i = 2, expected.n do same(expected[i], got[i], what) end
end

local REDUCTIONS <const> = {
  "sum", "prod", "min", "max", "argmin", "argmax", "mean", "var", "std", "skew", "any", "all",
  "count_nonzero", "nunique", "median",
}

describe("a column of a scan", function()
  for _, method in ipairs(REDUCTIONS) do
    it("has " .. method, function()
      for _, name in ipairs(f:columns()) do
        both(function(t) return t[name][method](t[name]) end, name .. ":" .. method)
      end
      both(function(t) return t.f[method](t.f, { skipna = true }) end, "skipna " .. method)
    end)
  end

  it("has options of reductions", function()
    both(function(t) return t.x:var { ddof = 1 } end, "var")
    both(function(t) return t.m:std { ddof = 2 } end, "std")
    both(function(t) return t.v:stats { "sum", "mean", "argmax", "std" }.mean end, "stats")
  end)

  it("has quantiles, exact also where a sample does not hold all rows", function()
    for _, name in ipairs { "v", "x", "m", "t", "k" } do
      both(function(t) return t[name]:quantile(0.3) end, name)
      local list = f[name]:quantile { 0, 0.01, 0.5, 0.99, 1 }
      local got = s[name]:quantile { 0, 0.01, 0.5, 0.99, 1 }
      for i = 1, 5 do same(list[i], got[i], name) end
    end
    local distribute = require "moonbear.stream.distribute"
    local before = distribute.sample
    distribute.sample = 64
    for _, name in ipairs { "v", "x", "m", "t", "k" } do
      both(function(t) return t[name]:median() end, name .. " by a sample")
      both(function(t) return t[name]:quantile(0.99) end, name .. " by a sample")
    end
    local up = mb.range(1, 3000)
    same(1500.5, streams.of(mb.frame { v = up * up // up }, 100).v:median())
    distribute.sample = before
  end)

  it("counts values", function()
    for _, name in ipairs { "k", "m", "f", "host", "t", "b" } do
      both(function(t) return t[name]:value_counts() end, name)
      both(function(t) return t[name]:unique() end, name)
    end
  end)

  it("has histograms", function()
    for _, name in ipairs { "k", "v", "m", "x", "t" } do
      both(function(t) return t[name]:histogram { bins = 7 } end, name)
    end
    both(function(t) return t.t:histogram { bins = "6h" } end, "time")
    both(function(t) return t.v:histogram { range = { 0, 10 } } end, "range")
  end)

  it("has the best rows", function()
    for _, name in ipairs { "v", "m", "f", "t" } do
      both(function(t) return t[name]:topk(5) end, name)
      both(function(t) return t[name]:bottomk(1000) end, name)
    end
  end)

  it("works row by row", function()
    both(function(t) return (t.v + t.k * 2 - 1):sum() end, "operators")
    both(function(t) return (t.v // 3 % 5 ~ t.k):sum() end, "integers")
    both(function(t) return (-t.x ^ 2 / t.k):sum() end, "floats")
    both(function(t) return (t.b & ~t.m:gt(3) | t.host:eq "a"):sum() end, "logic")
    both(function(t) return (t.host .. "-" .. t.host:upper()):value_counts() end, "text")
    both(function(t) return t.t:floor("1h"):value_counts() end, "times")
    both(function(t) return t.k:isin { 3, 5 }:sum() end, "isin")
    both(function(t) return t.k:isin(mb.range(4, 7)):sum() end, "isin a column")
    both(function(t) return t.m:fill(0):sum() end, "fill")
    both(function(t) return t.v:as("float"):sum() end, "as")
    both(function(t) return mb.where(t.b, t.v, t.k):sum() end, "where")
    both(function(t) return t.v:between(-5, 5):sum() end, "between")
    both(function(t) return t "v * 2 + len(host)":sum() end, "an expression")
    both(function(t) return t("v > $a and host == 'a'", { a = 3 }):sum() end, "parameters")
    both(function(t) return t.v[t.b]:sum() end, "a filter")
  end)

  it("tells its type and length", function()
    assert.equal("time", s.t:type())
    assert.equal("float", (s.v / 2):type())
    assert.equal(1500, #s.v)
    assert.equal("float column of a scan", tostring(s.x))
  end)
end)

describe("a scan", function()
  it("filters, adds, selects and drops", function()
    both(function(t) return #t:where "v > 500 and host == 'a'" end, "rows")
    both(function(t) return t:where(t.b):where("k < 5").x:sum() end, "filters")
    both(function(t) return t:where(t.b & t.k:lt(5)).t:max() end, "a filter")
    both(function(t) return t[t.b].v:sum() end, "an index")
    both(function(t) return t:with { z = "v + k" }.z:sum() end, "with")
    both(function(t) return t:with { { "z", "v" }, { "y", "z + 1" } }.y:sum() end, "with a list")
    both(function(t) return t:with { v = t.k }.v:sum() end, "replaced")
    assert.same({ "v", "k" }, s:select("v", "k"):columns())
    assert.same({ "v", "k" }, s:drop("x", "u", "m", "f", "host", "t", "b"):select("v", "k"):columns())
  end)

  it("joins a frame in memory", function()
    local r = mb.frame { { "k", mb.column { 1, 3, 3, 40 } }, { "z", mb.column { 7, 8, 9, 10 } } }
    for _, how in ipairs { "inner", "left", "semi", "anti" } do
      both(function(t) return #t:join(r, { on = "k", how = how }) end, how)
      both(function(t)
        local joined = t:join(r, { on = "k", how = how })
        local counted = joined:where "v > 0"
        if how == "inner" or how == "left" then return counted.z:sum(), counted.x:sum() end
        return counted.x:sum()
      end, how)
    end
  end)

  it("joins by keys of one name where rows of the frame come at the end", function()
    local other = mb.frame { { "key", mb.column { 1, 2 } } }
    helper.assert_raises("take 'on'", s.join, s, other, { left_on = "k", right_on = "key", how = "right" })
  end)

  it("joins with the rows of a frame that no row matches at the end", function()
    local r = mb.frame { { "k", mb.column { 40, 3, 3, null, 40, 1 } }, { "v", mb.column { 7, 8, null, 10, 11, 12 } },
      { "host", mb.column { "a", "b", "zz", "a", "dd", null } } }
    for _, how in ipairs { "right", "outer" } do
      for _, on in ipairs { "k", "host", { "k", "host" }, { "host" } } do
        for _, filter in ipairs { "v > -2000", "v > 990", "v > 2000" } do
          both(function(t)
            local joined = t:where(filter):join(r, { on = on, how = how, suffix = "_r" })
            return t == f and joined or joined:collect()
          end, how .. filter)
        end
      end
      local joined = s:join(r, { on = "k", how = how })
      local wanted = f:join(r, { on = "k", how = how })
      same(#wanted, #joined)
      same(wanted.k:sum(), joined.k:sum(), "the keys alone")
      same(wanted.host_right:nunique(), joined.host_right:nunique())
      same(wanted:group_by("host"):agg { n = "size", m = { "v_right", "median" } },
        joined:group_by("host"):agg { n = "size", m = { "v_right", "median" } })
      same(wanted:where "v_right > 7", joined:where("v_right > 7"):collect())
      same(wanted.x:quantile(0.3), joined.x:quantile(0.3)) -- two passes
      same(wanted:head(3), joined:head(3))
      joined:to_hdf(helper.path "joined.h5")
      same(wanted, mb.read_hdf(helper.path "joined.h5", wanted:columns()))
      local got = mb.collect { n = { joined.v, "sum" }, m = { joined:where "k == 40".host_right, "nunique" } }
      same(wanted.v:sum(), got.n)
      same(wanted:where("k == 40").host_right:nunique(), got.m)
      both(function(t) return #t:where("v > 2000"):join(r:where "k == 7", { on = "k", how = how }) end, "none")
    end
  end)

  it("gives its rows", function()
    local wanted = f:where "v > 900"
    same(wanted, s:where("v > 900"):collect(), "collect")
    same(wanted:head(3), s:where("v > 900"):head(3), "head")
    same(f:head(), s:head(), "head of 5")
    for _, method in ipairs { "topk", "bottomk" } do
      for _, opts in ipairs { {}, { by = "host" } } do
        same(f[method](f, "v", 3, opts), s[method](s, "v", 3, opts), method)
        local some, none = s:where "v > 900", s:where "v > 1e9"
        same(wanted[method](wanted, "v", 4, opts), some[method](some, "v", 4, opts), method .. " of some")
        same(f:head(0), none[method](none, "v", 4, opts), method .. " of none")
      end
    end
    same(f.v, s.v:collect(), "a column")
    same(f:where(f.v:gt(2000)), s:where("v > 2000"):collect(), "none")
  end)

  it("reads no more than it needs", function()
    local t, reads = streams.counted(f, 100)
    t:head(150)
    assert.equal(2, reads.n)
    assert.equal(1500, #t)
    assert.equal(2, reads.n)
  end)

  it("changes pieces by a function", function()
    same(f:with { z = f.v * 2 }.z:sum(),
      s:map(function(rows) return rows:with { z = rows.v * 2 } end).z:sum())
  end)

  it("groups as frames do", function()
    local asked = {
      { "n", "size" }, { "c", "m", "count" }, { "s", "v", "sum" }, { "mean", "x", "mean" },
      { "sd", "m", "std", { ddof = 1 } }, { "var", "x", "var" }, { "first", "host", "first" },
      { "last", "m", "last" }, { "most", "m", "max" }, { "early", "t", "min" }, { "any", "b", "any" },
      { "all", "b", "all" }, { "bits", "k", "bit_or" }, { "p", "b", "sum" },
      { "hosts", "host", "nunique" }, { "values", "m", "nunique" }, { "at", "x", "argmin" },
      { "high", "m", "argmax" }, { "word", "host", "argmax" }, { "half", "x", "median" },
      { "low", "m", "quantile", 0.1 }, { "when", "t", "median" }, { "ninth", "x", "quantile", 0.9 },
      { "often", "m", "mode" }, { "whose", "host", "mode" }, { "mean2", "v", "mean" },
    }
    for _, keys in ipairs { { "k" }, { "host", "k" }, { "m" }, { "t" } } do
      both(function(t) return t:group_by(keys):agg(asked) end, table.concat(keys, ", "))
    end
    both(function(t) return t:group_by(t.t:floor "1h"):agg { n = "size", s = { "v", "sum" } } end,
      "a column")
    both(function(t) return t:group_by("k"):agg { s = { "v * 2", "sum" }, u = { t.x, "max" } } end,
      "expressions")
    both(function(t) return t:group_by("k"):agg { n = { "host", "nunique" } } end, "nunique alone")
    both(function(t) return t:group_by("k"):agg { q = { "x", "median" } } end, "a median alone")
    both(function(t)
      return t:where("v > 500"):group_by("host"):agg { at = { "v", "argmax" }, m = { "k", "mode" } }
    end, "of some rows")
    for _, keys in ipairs { { "host" }, { "k", "m" } } do
      both(function(t) return t:group_by(keys):size() end, "size")
      local wanted = { f:group_by(keys):keys() }
      same(wanted, { s:group_by(keys):keys() }, "keys")
      local r = mb.collect { keys = { s:group_by(keys), "keys" }, n = { s:group_by(keys), "size" } }
      same(#keys == 1 and wanted[1] or wanted, r.keys, "keys of a pass")
      same(f:group_by(keys):size(), r.n, "size of a pass")
    end
  end)

  it("groups of many keys merge as they come", function()
    local n = 300000
    local big = mb.frame { { "key", mb.range(1, n) * 7919 % 150001 }, { "v", mb.range(1, n) } }
    local asked = { { "s", "v", "sum" }, { "n", "size" }, { "x", "v", "mean" } }
    same(big:group_by("key"):agg(asked):head(1000),
      streams.of(big, 40000):group_by("key"):agg(asked):head(1000), "many")
  end)

  it("computes several results in one pass", function()
    local t, reads = streams.counted(f, 1000)
    local r = mb.collect {
      sum = { t.v, "sum" }, groups = { t:group_by "host", "agg", { n = "size" } },
      counts = { t.k, "value_counts" }, rows = { t:where "v > 990", "collect" },
      head = { t, "head", 2 },
    }
    assert.equal(2, reads.n)
    same(f.v:sum(), r.sum)
    same(f:group_by("host"):agg { n = "size" }, r.groups)
    same(select(2, f.k:value_counts()), r.counts[2])
    same(f:where "v > 990", r.rows)
    same(f:head(2), r.head)
    r = mb.collect { q = { t.x, "quantile", 0.25 }, h = { t.v, "histogram" }, m = { t.v, "max" } }
    same(f.x:quantile(0.25), r.q)
    same(f.v:histogram(), r.h[1])
    same(f.v:max(), r.m)
  end)

  it("may be a frame in memory", function()
    both(function(t) return t:where "v > 500":collect() end, "rows")
    both(function(t) return t.v:collect() end, "a column")
    both(function(t) return t:collect():columns() end, "names")
    assert.equal(f, f:collect())
    both(function(t)
      local r = mb.collect { sum = { t.v, "sum" }, groups = { t:group_by "host", "agg", { n = "size" } },
        counts = { t.k, "value_counts" }, rows = { t:where "v > 990", "collect" }, head = { t, "head", 2 },
        n = { t:group_by "k", "size" } }
      return { r.sum, r.groups, r.counts, r.rows, r.head, r.n }
    end, "several results")
    same(f.v:sum(), mb.collect { a = { f.v, "sum" }, b = { s.v, "max" } }.a)
    helper.assert_raises("'a' must be {column, \"sum\"}", mb.collect, { a = { f.v, "summ" } })
  end)

  it("has no rows, or one piece", function()
    for _, n in ipairs { 0, 1, 5 } do
      local small = flows(n)
      local t = streams.of(small, 3)
      same(small.v:sum(), t.v:sum())
      same(small.host:nunique(), t.host:nunique())
      same(small:group_by("k"):agg { s = { "v", "sum" } }, t:group_by("k"):agg { s = { "v", "sum" } })
      same(small, t:collect())
      same(small.x:quantile(0.5), t.x:quantile(0.5))
      same(small.x:mean(), t.x:mean())
      assert.equal(n > 0, (pcall(t.v.max, t.v)))
      for _, name in ipairs { "mean", "std", "var", "skew", "median" } do
        assert.equal(n == 0 and "nan" or tostring(small.x[name](small.x)), tostring(t.x[name](t.x)), name)
      end
    end
    local none = streams.of(f:where "v > 5000", 3)
    for _, name in ipairs { "min", "max", "argmin", "argmax" } do
      for column in ("v u t"):gmatch "%S+" do
        helper.assert_raises(name .. " of no values", none[column][name], none[column])
      end
    end
  end)

  it("streams each method of frames and columns, or says what to do", function()
    local frame = require "moonbear.frame"
    local group = require "moonbear.group"
    local streamed = { columns = 0, frames = 0, groups = 0 }
    local function look(what, methods, object, refusal)
      for name in pairs(methods) do
        local ok, problem = pcall(function() return object[name] end)
        if ok then streamed[what] = streamed[what] + 1 else assert.truthy(problem:find(refusal), problem) end
      end
    end
    look("columns", mb.core.column_methods, s.v, "'[%w_]+' of a scan does not stream.*collect%(%)")
    look("frames", frame.methods, s, "'[%w_]+' of a scan does not stream.*collect%(%)")
    look("groups", group.methods, s:group_by "k", "have agg{...}, keys%(%) and size%(%)")
    assert.is_true(streamed.columns > 100 and streamed.frames > 10 and streamed.groups == 3)
  end)

  it("refuses functions of columns in memory, and says what to do", function()
    for _, name in ipairs { "argsort", "concat", "column", "difference", "group_by", "intersect", "most_common",
      "time_of", "union" } do
      local message = helper.message_of(mb[name], s.v)
      assert.truthy(message:find(":collect() brings", 1, true), message)
    end
  end)

  it("says what does not stream, and what to do", function()
    local function fails(pattern, g, ...)
      local ok, problem = pcall(g, ...)
      assert.is_false(ok)
      assert.truthy(tostring(problem):find(pattern), tostring(problem))
    end
    fails("'cumsum' of a scan does not stream.*collect", function() return s.v:cumsum() end)
    fails("'sort_by' of a scan does not stream", function() return s:sort_by "v" end)
    fails("did you mean 'host'", function() return s:column "hots" end)
    fails("there is no column 'q'", function() return s "v + q" end)
    fails("of different rows", function() return s.v + s:where("v > 3").v end)
    fails("column in memory", function() return s.v + f.v end)
    fails("row 22 .*of rows 1 to 600", function() return (s.v // (s.k - f.k[22])):sum() end)
    fails("takes no text", function() return s.host:sum() end)
    fails("different scans", function()
      return mb.collect { a = { s.v, "sum" }, b = { streams.of(f, 10).v, "sum" } }
    end)
    fails("collect: 'a' must be", function() return mb.collect { a = { s.v, "cumsum" } } end)
    fails("join: the right frame has no column 'v'", function()
      return s:join(f:select "k", { on = "v", how = "right" })
    end)
    fails("have agg", function() return s:group_by("k"):sum "v" end)
    fails("a scan does not change", function() s.v = s.k end)
    fails("the name of a column must be a string, got a number", function()
      return s:with { { 1, "v" } }
    end)
    fails("number 1 of the list must be a {name, column} pair", function() return s:with { "v" } end)
    for _, n in ipairs { -1, 2.5, "x" } do
      fails("bad argument #1 to 'head' %(a number of rows expected", function() return s:head(n) end)
      fails("bad argument #1 to 'head' %(a number of rows expected", function() return s.v:head(n) end)
    end
  end)

  it("frees what its pieces took", function()
    local t = streams.of(f, 100)
    collectgarbage()
    local before = mb.core.memory()
    t:group_by("k"):agg { s = { "v + k", "sum" } }
    t.x:quantile(0.5)
    collectgarbage()
    assert.is_true(mb.core.memory() <= before + 65536)
  end)
end)
