-- Parquet files and SQL through DuckDB, beside what DuckDB itself writes of them as text.
local helper = require "spec.helper"
local mb = require "moonbear"

local rows_of, raises = helper.rows_of, helper.assert_raises

local path_of <const> = helper.path

-- Writes a Parquet file of a query; returns its path.
local function write(name, query, options)
  local path = path_of(name)
  mb.sql(("copy (%s) to '%s' (format parquet%s)"):format(query, path, options or ""))
  return path
end

local function lines_of(path)
  local lines = {}
  for line in helper.read_file(path):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

-- How DuckDB writes the values of a type, so that Lua reads them, and how it does.
local as_text = {
  bool = { "%s::varchar", function(text) return text == "true" end },
  int = { "%s::varchar", math.tointeger },
  uint = { "%s::varchar", function(text) return math.tointeger(mb.column({ mb.uint(text) }, "uint")[1]) end },
  float = { "%s::double::varchar", function(text)
    return text:find "nan$" and "nan" or text:find "inf$" and (text == "inf" and math.huge or -math.huge)
      or tonumber(text) + 0.0
  end },
  text = { "hex(%s::varchar)", function(text)
    return (text:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end))
  end },
  time = { "epoch_us(%s)::varchar", math.tointeger },
  duration = { "(%s - time '00:00')::varchar" },
}

local function plain(kind, value)
  if value == mb.null then return "null" end
  return kind == "float" and value ~= value and "nan" or value
end

-- Rows as DuckDB writes them.
local function told_rows(file, column, kind, nature)
  local out = path_of "told.csv"
  local how = as_text[kind]
  local cast = nature == "blob" and "hex(%s)" or nature == "timestamp_ns" and "epoch_ns(%s)" or how[1]
  mb.sql(("copy (select %s as x from read_parquet('%s')) to '%s' (format csv, header false, nullstr 'null')")
    :format(cast:format('"' .. column:gsub('"', '""') .. '"'), file, out))
  local rows = {}
  for i, line in ipairs(lines_of(out)) do
    local text = line:gsub('^"(.*)"$', "%1")
    rows[i] = text == "null" and "null" or how[2](text)
  end
  os.remove(out)
  return rows
end

local function nature_of(file, column)
  local types = mb.sql(("describe select * from read_parquet('%s')"):format(file))
  for i = 1, #types do
    if types.column_name[i] == column then return types.column_type[i]:lower() end
  end
end

local function found_rows(column, kind, nature)
  if kind == "time" then
    return rows_of((column - mb.time(0)) // mb.duration(nature == "timestamp_ns" and "1ns" or "1us"))
  end
  local list = column:to_table()
  for i, value in ipairs(list) do list[i] = plain(kind, value) end
  return list
end

-- Compares all columns of a file that are read with what DuckDB says; returns how many.
local function compare(file)
  local compared = 0
  local ok, columns = pcall(mb.ls_parquet, file)
  if not ok then
    assert.is_nil(columns:find("\n", 1, true), columns)
    assert.truthy(columns:find(file, 1, true), columns)
    return 0
  end
  for _, column in ipairs(columns) do
    local kind = column.type
    local read, result = pcall(mb.read_parquet, file, column.name)
    local told = file .. ", " .. column.name .. ": " .. tostring(result)
    if not as_text[kind] then
      assert.is_false(read, told)
      assert.truthy(result:find("which is not read", 1, true), told)
    elseif kind ~= "duration" then
      local nature = nature_of(file, column.name)
      local known, expected = pcall(told_rows, file, column.name, kind, nature)
      assert.equal(known, read, told .. " " .. tostring(expected))
      if not read then
        assert.is_nil(result:find("\n", 1, true), told)
        assert.truthy(result:find(file, 1, true), told)
      else
        assert.equal(column.rows, #result, told)
        assert.same(expected, found_rows(result, kind, nature), told)
        compared = compared + 1
      end
    end
  end
  return compared
end

describe("public Parquet files", function()
  if not helper.has_duckdb() then return end
  teardown(helper.clean)

  for _, name in ipairs { "parquet", "parquet-bad" } do
    local corpus = helper.corpus(name)
    if corpus then
      for file in helper.shell("ls -1 '" .. corpus .. "'"):gmatch "[^\n]+%.parquet" do
        it("are read right, refused by name or an error: " .. name .. "/" .. file, function()
          compare(corpus .. "/" .. file)
        end)
      end
    end
  end
end)

-- Rows of all types, by a number of rows.
local ALL <const> = [[select range::tinyint as i1, (range * 3)::int as i4, (range - 5) * 1000000007 as i8,
  range::utinyint as u1, (18446744073709551615 - range)::ubigint as u8, range / 7 as f8,
  (range / 8)::float as f4, range %% 3 = 0 as b, 'row ' || range as t, ('\xFF\x00' || range)::blob as bytes,
  timestamp '2024-02-29 12:00:00' + interval 1 second * range as at, (date '1969-12-31' + range::int) as day,
  make_timestamp_ns(1700000000123456789 + range) as fine, (range / 4)::decimal(9, 2) as d, range::decimal(18) as w,
  time '00:00:01' + interval 1 minute * range as clock,
  (case range %% 3 when 0 then 'tcp' when 1 then 'udp' else 'icmp' end)::enum('tcp', 'udp', 'icmp') as proto,
  if(range %% 4 = 1, null, range) as gaps, if(range %% 5 = 2, null, 'x' || range %% 7) as holes
  from range(%d)]]

describe("mb.read_parquet", function()
  if not helper.has_duckdb() then return end
  local files = {}
  setup(function()
    files.all = write("all.parquet", ALL:format(100))
    os.execute("mkdir " .. path_of "dir")
    for i = 0, 2 do
      files[i] = write("dir/" .. i .. ".parquet",
        ("select range + %d as x, 'f%d' as t from range(5000)"):format(5000 * i, i), ", row_group_size 2048")
    end
  end)
  teardown(helper.clean)

  it("reads values of every type", function()
    assert.equal(18, compare(files.all))
    local f = mb.read_parquet(files.all)
    assert.same({ "i1", "i4", "i8", "u1", "u8", "f8", "f4", "b", "t", "bytes", "at", "day", "fine", "d", "w",
      "clock", "proto", "gaps", "holes" }, f:columns())
    local types = {}
    for i, name in ipairs(f:columns()) do types[i] = f[name]:type() end
    assert.same({ "int", "int", "int", "int", "uint", "float", "float", "bool", "text", "text", "time", "time",
      "time", "float", "int", "duration", "text", "int", "text" }, types)
    assert.equal("2024-02-29T12:01:39Z", tostring(f.at[100]))
    assert.equal("1969-12-31T00:00:00Z", tostring(f.day[1]))
    assert.equal("1h39min1s", tostring(f.clock[100]))
    assert.equal(24.75, f.d[100])
    assert.equal(99, f.w[100])
    assert.equal("\xff\x007", f.bytes[8])
    assert.same({ "tcp", "udp", "icmp" }, f.proto:slice(1, 3):to_table())
    assert.is_nil(f.gaps[2])
  end)

  it("reads the rows of files in their order, evenly split", function()
    for _, paths in ipairs { path_of "dir", path_of "dir/*.parquet", { files[0], files[1], files[2] } } do
      local f = mb.read_parquet(paths, { "t", "x" })
      assert.equal(15000, #f)
      assert.is_true((f.x - mb.range(0, 14999)):eq(0):all())
      assert.equal(5000, f.t:eq "f1":sum())
    end
    assert.equal(5000, mb.read_parquet({ files[2], files[0] }, "x")[5001] + 5000)
  end)

  it("reads some rows", function()
    for _, rows in ipairs { { 1, -1 }, { 1, 1 }, { 2048, 2049 }, { 4999, 5002 }, { -3, -1 }, { 7000, 14000 },
      { 15001, -1 }, { 9, 3 }, { -20000, 2 } } do
      local x = mb.read_parquet(path_of "dir", "x", { rows = rows })
      local first, last = rows[1], rows[2]
      first = first < 0 and math.max(1, 15001 + first) or first
      last = math.min(last < 0 and 15001 + last or last, 15000)
      assert.equal(math.max(0, last - first + 1), #x)
      if #x > 0 then assert.is_true((x - mb.range(first - 1, last - 1)):eq(0):all()) end
    end
  end)

  it("reads the rows where a condition is true", function()
    local f = mb.read_parquet(path_of "dir", { "x", "t" }, { where = "x % 1000 = 7 or x > 14996 -- so" })
    local expected = {}
    for x = 7, 14999, 1000 do expected[#expected + 1] = x end
    for x = 14997, 14999 do expected[#expected + 1] = x end
    assert.same(expected, f.x:to_table())
    assert.equal("f2", f.t[-1])
    assert.equal(0, #mb.read_parquet(path_of "dir", "x", { where = "x < 0" }))
    local some = mb.read_parquet(path_of "dir", "x", { where = "x % 2 = 0", rows = { 2, 11 } })
    assert.same({ 2, 4, 6, 8, 10 }, some:to_table())
  end)

  it("reads files without rows, and of one row group", function()
    local none = write("none.parquet", "select 1 as x, 'a' as t from range(0)")
    local f = mb.read_parquet(none)
    assert.equal(0, #f)
    assert.equal("text", f.t:type())
    local one = write("one.parquet", "select range as x from range(100000)")
    assert.is_true((mb.read_parquet({ none, one, none }, "x") - mb.range(0, 99999)):eq(0):all())
  end)

  it("reads floats of two widths as the wider one", function()
    local a, b = write("w4.parquet", "select 0.5::float as x"), write("w8.parquet", "select 0.1::double as x")
    assert.same({ 0.5, 0.1 }, mb.read_parquet({ a, b }, "x"):to_table())
  end)

  it("takes names and paths as they are", function()
    local path = write("a [b]*''.parquet", [[select 1 as "a ""b""", 2 as "select"]])
    path = path:gsub("''", "'")
    local f = mb.read_parquet(path)
    assert.same({ 'a "b"', "select" }, f:columns())
    raises("there is no column 'Select'; there are", mb.read_parquet, path, "Select")
  end)

  it("refuses what it does not read, and says why", function()
    local nested = write("nested.parquet", "select 1 as x, [1, 2] as l, {'a': 1} as s, map {'k': 1} as m")
    for name, kind in pairs { l = "list", s = "struct", m = "map" } do
      raises(("column '%s' has values of type %s, which is not read"):format(name, kind), mb.read_parquet,
        nested, name)
    end
    raises("mb.sql(\"select unnest(x)", mb.read_parquet, nested)
    assert.equal("list", mb.ls_parquet(nested)[2].type)
    assert.equal(1, mb.read_parquet(nested, "x")[1])
    raises("column 'x' is text, and in", mb.read_parquet, { nested, write("text.parquet", "select 'a' as x") }, "x")
    raises("of another unit", mb.read_parquet, { write("us.parquet", "select timestamp '2020-01-01' as x"),
      write("ns.parquet", "select timestamp_ns '2020-01-01' as x") }, "x")
    local infinite = write("infinite.parquet", "select 1 as x, timestamp 'infinity' as at")
    raises("row 1 of column 'at' is infinite", mb.read_parquet, infinite, "at")
    raises("no file *.parquet in this folder", mb.read_parquet, helper.tmpdir(), "x")
    raises("no-such.parquet", mb.read_parquet, path_of "no-such.parquet", "x")
    raises("no file matches", mb.read_parquet, path_of "no-*.parquet", "x")
    raises("bad option 'rows' of 'read_parquet' ({first, last}", mb.read_parquet, nested, "x", { rows = 3 })
    raises("bad option 'where'", mb.read_parquet, nested, "x", { where = 3 })
    raises("'x' is there twice", mb.read_parquet, nested, { "x", "x" })
    raises("Referenced column \"nix\"", mb.read_parquet, nested, "x", { where = "nix = 1" })
    local csv = helper.write_file(path_of "x.csv", ("a,b\n1,2\n"):rep(99))
    raises("No magic bytes", mb.read_parquet, csv, "a")
    assert.equal(100, #mb.read_parquet(files.all))
  end)

  it("gives errors for files that are damaged, or right values", function()
    local whole = helper.read_file(files[0])
    local random, bad = helper.random(11), path_of "bad.parquet"
    local wrong = 0
    for i = 1, 60 do
      local at = random(1, #whole)
      local text = i % 2 == 0 and whole:sub(1, at - 1)
        or whole:sub(1, at - 1) .. string.char(whole:byte(at) ~ 1 << random(0, 7)) .. whole:sub(at + 1)
      helper.write_file(bad, text)
      local ok, message = pcall(mb.read_parquet, bad)
      if not ok then
        wrong = wrong + 1
        assert.is_nil(message:find("\n", 1, true), message)
        assert.truthy(message:find(bad, 1, true), message)
      end
    end
    assert.is_true(wrong >= 30)
    assert.equal(5000, #mb.read_parquet(files[0]))
  end)
end)

describe("frame:to_parquet", function()
  if not helper.has_duckdb() then return end
  teardown(helper.clean)

  local function frame_of(n)
    local x = mb.range(0, n - 1)
    return mb.frame { { "x", x }, { "u", mb.math.where(x:ge(0), x, 0):as "uint" + mb.uint "18446744073709000000" },
      { "f", x / 7 }, { "b", (x % 3):eq(0) }, { "t", "ü" .. (x % 100):as "text" },
      { "each", (x * 7919 % math.max(n, 1)):as("text", { dictionary = false }) },
      { "at", mb.time_of(x, { unit = "s" }) }, { "ms", mb.time_of(x, { unit = "ms" }) },
      { "us", mb.time_of(x, { unit = "us" }) }, { "ns", mb.time_of(x - 5, { unit = "ns" }) },
      { "long one=", mb.time_of(x, { unit = "ms" }) - mb.time(0) }, { "a", (x % 256 + 167772160):as "ip" },
      { "six", ("2001:db8::" .. (x % 10):as "text"):as "ip" },
      { "gaps", mb.where((x % 5):eq(2), mb.null, x) }, { "holes", mb.where((x % 7):eq(2), mb.null, x:as "text") },
      { "none", mb.where(x:ge(0), mb.null, x) } }
  end

  local function check_same(expected, found)
    assert.same(expected:columns(), found:columns())
    for name, column in pairs(expected) do
      local other = found:column(name)
      assert.equal(column:type(), other:type(), name)
      assert.equal(mb.core.unit_of(column), mb.core.unit_of(other), name)
      assert.equal(#column, #other, name)
      assert.equal(0, column:is_missing():ne(other:is_missing()):sum(), name)
      assert.equal(#column - column:is_missing():sum(), column:eq(other):sum(), name)
    end
  end

  it("writes files and folders that read back as the same columns", function()
    for i, n in ipairs { 0, 1, 5000, 130000 } do
      local f = frame_of(n)
      for j, compression in ipairs { "zstd", "none" } do
        local path = path_of(("%d-%d"):format(i, j))
        f:to_parquet(path .. ".parquet", { compression = compression })
        check_same(f, mb.read_parquet(path .. ".parquet"))
        f:to_parquet(path .. "/", { compression = compression })
        check_same(f, mb.read_parquet(path))
        local parts = tonumber(helper.shell("ls -1 " .. path .. " | wc -l"))
        assert.equal(mb.size(), parts)
      end
    end
    assert.equal("", helper.shell("find " .. helper.folder() .. " -name '*.part'"))
  end)

  it("reads them back piece by piece, as scans", function()
    local n = 3000
    local f = frame_of(n)
    f:head(1000):to_parquet(path_of "scan0.parquet")
    f:head(0):to_parquet(path_of "scan1.parquet")
    f:tail(n - 1000):to_parquet(path_of "scan2.parquet")
    local files = { path_of "scan0.parquet", path_of "scan1.parquet", path_of "scan2.parquet" }
    for _, rows in ipairs { 300, 1000, 1700, n } do
      local source = require("moonbear.parquet").source(files)
      source.piece_rows = rows
      local s = require("moonbear.stream.scan").new(source)
      assert.equal(n, #s)
      check_same(f, s:collect())
      check_same(f:where "f > 100":select("a", "f", "t"), s:where "f > 100":select("a", "f", "t"):collect())
      local r = mb.collect { sum = { s.x, "sum" }, texts = { s.t, "nunique" }, late = { s.ns, "max" } }
      assert.same({ n * (n - 1) // 2, 100, tostring(f.ns:max()) }, { r.sum, r.texts, tostring(r.late) })
    end
    local some = mb.scan_parquet(path_of "scan?.parquet", { "at", "x" })
    assert.same({ "at", "x" }, some:columns())
    assert.equal(2999, some.x:max())
    assert.equal("scan of 3000 rows in 3 files: at time, x int", tostring(some))
    assert.equal(0, #mb.scan_parquet(path_of "scan1.parquet"):collect())
    assert.equal(0, mb.scan_parquet(path_of "scan1.parquet", "x").x:sum())
    raises("there is no column 'y'", mb.scan_parquet, files, { "y" })
    raises("no file matches this pattern", mb.scan_parquet, path_of "none*.parquet")
  end)

  it("writes rows in their order, wherever they are, in pieces", function()
    local n = 1500000
    local x = mb.range(0, n - 1)
    local f = mb.frame { { "x", x }, { "t", x:as("text", { dictionary = false }) } }
    f = f:where "x % 3 == 0"
    f = f[f.x:argsort { descending = true }]
    f:to_parquet(path_of "turned.parquet")
    check_same(f, mb.read_parquet(path_of "turned.parquet"))
    local few = f:where "x < 10"
    few:to_parquet(path_of "few")
    check_same(few, mb.read_parquet(path_of "few"))
  end)

  it("writes what DuckDB reads as the values that they are", function()
    local path = path_of "told.parquet"
    frame_of(3):to_parquet(path)
    local row = mb.sql(([[select concat_ws('|', x, u, f, b, t, "each", "at", ms, us, ns, "long one=", a, six,
      gaps, none) as s from '%s' where x = 2]]):format(path)).s[1]
    assert.equal("2|18446744073709000002|0.2857142857142857|false|ü2|1|1970-01-01 00:00:02|1970-01-01 00:00:00.002|"
      .. "1970-01-01 00:00:00.000002|1969-12-31 23:59:59.999999997|2|10.0.0.2|2001:db8::2", row)
    local types = mb.sql(("describe from '%s'"):format(path)).column_type:to_table()
    assert.equal("BIGINT UBIGINT DOUBLE BOOLEAN VARCHAR VARCHAR", table.concat(types, " ", 1, 6))
  end)

  it("replaces a file when the new one is complete, and leaves it else", function()
    local path = path_of "kept.parquet"
    mb.frame { x = mb.range(1, 10) }:to_parquet(path)
    mb.frame { x = mb.range(1, 20) }:to_parquet(path)
    assert.equal(20, #mb.read_parquet(path))
    raises("row 15 of column 't' is not UTF-8", function()
      mb.frame { t = mb.where(mb.range(1, 20):eq(15), "\xff", "a") }:to_parquet(path)
    end)
    raises("row 15 of column 't' is not UTF-8", function()
      mb.frame { t = mb.where(mb.range(1, 20):eq(15), "\xff", "a") }:to_parquet(path_of "kept")
    end)
    assert.equal(20, #mb.read_parquet(path))
    assert.equal("", helper.shell("find " .. helper.folder() .. " -name '*.part' -o -name kept"))
    raises("cannot write: No such file or directory", function()
      mb.frame { x = mb.range(1, 10) }:to_parquet(path_of "nowhere/x.parquet")
    end)
    raises("and no empty folder", function() mb.frame { x = mb.range(1, 10) }:to_parquet(helper.folder()) end)
    raises("bad option 'compression' of 'to_parquet'", function()
      mb.frame { x = mb.range(1, 10) }:to_parquet(path, { compression = "zip" })
    end)
    raises("the frame has no columns", function() mb.frame {}:to_parquet(path) end)
  end)
end)

describe("mb.sql", function()
  if not helper.has_duckdb() then return end
  teardown(helper.clean)

  it("gives rows as a frame, few and many", function()
    for _, n in ipairs { 0, 1, 3000, 500000 } do
      local f = mb.sql("select range as x, 't' || range % 100 as t, if(range % 2 = 0, null, range / 2) as h "
        .. "from range($n)", { n = n })
      assert.equal(n, #f)
      assert.is_true((f.x - mb.range(0, n - 1)):eq(0):all())
      if n > 200 then
        assert.equal(n // 2, f.h:is_missing():sum())
        assert.equal("t42", f.t[43])
        assert.equal(100, f.t:nunique())
      end
    end
  end)

  it("gives values of every type", function()
    local f = mb.sql [[select 7::hugeint as h, sum(x) as s, uuid '00112233-4455-6677-8899-aabbccddeeff' as u,
      interval '2 days 3 seconds' as i, timestamptz '2024-01-01 00:00:00+02' as z, timetz '12:00:00+03' as tz,
      null as n, 123456789012345678901234567890.125::decimal(38, 3) as d, 7::uhugeint as w, 'é' as t, '' as e
      from range(10) t(x)]]
    assert.equal(45, f.s[1])
    assert.equal("00112233-4455-6677-8899-aabbccddeeff", f.u[1])
    assert.equal("2d3s", tostring(f.i[1]))
    assert.equal("2023-12-31T22:00:00Z", tostring(f.z[1]))
    assert.equal("9h", tostring(f.tz[1]))
    assert.same({ "null" }, rows_of(f.n))
    assert.equal(123456789012345678901234567890.125, f.d[1])
    assert.equal(7, f.w[1])
    assert.equal("é", f.t[1])
    assert.equal("", f.e[1])
    assert.equal(7, f.h[1])
  end)

  it("takes values by place and by name", function()
    local at, long = mb.time "2024-05-06T07:08:09.123456789Z", mb.duration "1h30min"
    local f = mb.sql("select ? as a, ? as b, ? as c, ? as d, ? as e, ? as f, ? as g, ? as h",
      { 7, 2.5, "it's", true, mb.uint "18446744073709551615", at, long, mb.null })
    local row = f:row(1)
    assert.same({ 7, 2.5, "it's", true, -1 }, { row.a, row.b, row.c, row.d, row.e })
    assert.equal("uint", f.e:type())
    assert.is_true(row.f == at and row.g == long)
    assert.same({ "null" }, rows_of(f.h))
    assert.same({ 3, 1 }, { table.unpack(mb.sql("select $b::bigint as x union all select $a::bigint",
      { a = 1, b = 3 }).x:to_table()) })
    raises("no place $c for a value", mb.sql, "select $a as x", { c = 1 })
    raises("has 1 places for values", mb.sql, "select ? as x", { 1, 2 })
    raises("Values were not provided", mb.sql, "select ? as x")
    raises("a value of a statement is a column", mb.sql, "select ? as x", { mb.range(1, 3) })
    raises("not UTF-8", mb.sql, "select ? as x", { "\xff" })
    raises("bad argument #2 to 'sql'", mb.sql, "select 1", "x")
    raises("bad argument #1 to 'sql'", mb.sql, 3)
  end)

  it("keeps tables, and tells how many rows a statement changed", function()
    assert.is_nil(mb.sql "create or replace table kept as select range as x from range(10)")
    assert.equal(4, mb.sql("delete from kept where x < ?", { 4 }))
    assert.equal(2, mb.sql "insert into kept values (100), (200)")
    assert.equal(339, mb.sql("select sum(x) as s from kept").s[1])
    assert.is_nil(mb.sql "drop table kept")
  end)

  it("says what is wrong in one line, and goes on", function()
    raises("DuckDB: Parser Error: syntax error at or near \"selec\"", mb.sql, "selec 1")
    raises("does not exist", mb.sql, "select * from nowhere")
    raises("No files found that match the pattern", mb.sql, "select * from 'nowhere.parquet'")
    raises("column 'x' of the result has values of type list", mb.sql, "select [1] as x")
    raises("two columns of the result are called 'a'", mb.sql, "select 1 as a, 2 as a")
    raises("row 1 of column 'x' has more than 64 bits", mb.sql,
      "select 18446744073709551616::hugeint as x")
    raises("has months", mb.sql, "select interval 1 month as x")
    raises("multiple statements", mb.sql, "select 1; select 2")
    raises("Could not convert string", mb.sql,
      "select cast(if(range = 400000, 'a', '1') as int) as x from range(500000)")
    assert.equal(1, mb.sql("select 1 as x").x[1])
  end)

  it("gives one error where ranks run different statements", function()
    if mb.size() == 1 then return end
    local rank = mb.on_rank(0, function() return 0 end)
    assert.equal(0, rank)
    local status, _, err = helper.run(2, [[local mb = require "moonbear"
      mb.sql("select " .. mb.rank() .. " as x")]])
    assert.not_equal(0, status)
    assert.truthy(err:find("the ranks diverged", 1, true), err)
  end)
end)

describe("DuckDB's library", helper.once(function()
  local script = [[local mb = require "moonbear"
    print(select(2, pcall(mb.sql, "select 1 as x")))
    print(select(2, pcall(mb.ls_parquet, "x.parquet")))
    print(select(2, pcall(mb.read_parquet, "x.parquet", "x")))
    print(mb.range(1, 3):sum())]]
  local function told(library)
    local status, out, err = helper.run(2, script, { env = { MOONBEAR_DUCKDB = library } })
    assert.equal(0, status, err)
    assert.equal("6", out:match "([^\n]*)\n$")
    return out
  end

  it("is asked for where it is not there", function()
    local _, n = told("/nowhere/libduckdb.so"):gsub("need DuckDB's C library, libduckdb%.so, which cannot be opened"
      .. "[^\n]*@duckdb/node%-bindings%-linux%-x64, and let MOONBEAR_DUCKDB be its path, which is now", "")
    assert.equal(3, n)
  end)

  it("must have all functions", function()
    assert.truthy(told("libc.so.6"):find("libc.so.6 has no function duckdb_create_config: it is no DuckDB, or one "
      .. "older", 1, true))
  end)

  it("is left when the user interrupts", function()
    if not helper.has_duckdb() then return end
    local command = helper.launch(2) .. " " .. helper.quote(helper.program)
    local status, out, err = helper.execute(command, { timeout = 120,
      env = { MOONBEAR_DUCKDB = os.getenv "MOONBEAR_DUCKDB" or "libduckdb.so" }, stdin = [[
mb, pids = require "moonbear", ""
function pid() local p <close> = io.popen "echo $PPID" return p:read() end
for rank = 0, mb.size() - 1 do pids = pids .. " " .. mb.on_rank(rank, pid) end
function soon() os.execute("(sleep 0.5; kill -USR1" .. pids .. ") >/dev/null 2>&1 &") end
long = "select sum(hash(a.range * b.range) % 7) as x from range(10000000) a, range(100000) b"
soon() mb.sql(long)
soon() mb.sql("select hash(a.range * b.range) as x from range(10000000) a, range(10000000) b where x % 1000000007 = 3")
print("then", mb.sql("select 40 + 2 as x").x[1])
]] })
    assert.equal(0, status, out .. err)
    assert.equal(2, select(2, (out .. err):gsub("interrupted", "")), out .. err)
    assert.truthy(out:find "then%s+42", out)
  end)
end))
