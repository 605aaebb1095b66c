-- Writing Arkouda's layout: its objects, as a reader of that layout alone finds them.
local mb = require "moonbear"
local helper = require "spec.helper"

local path <const> = helper.path
local null <const> = mb.null

teardown(helper.clean)

-- What each type of column is in Arkouda.
local kinds <const> = { i = "pdarray int64", u = "pdarray uint64", x = "pdarray float64",
  single = "pdarray float64", b = "pdarray bool", s = "Strings", far = "Strings", c = "Categorical",
  t = "Datetime int64", d = "Timedelta int64", ip = "IPv4 uint64" }

-- A value as the reader prints it.
local function show(value)
  if value == null then return "null" end
  if type(value) == "string" then
    return "'" .. value:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
  end
  if type(value) == "boolean" then return value and "True" or "False" end
  if math.type(value) == "float" then return ("%.17g"):format(value) end
  return tostring(value)
end

-- A frame of n rows with a column of every type that Arkouda has, and the lines that a reader prints.
local function frame_of(n)
  local lists, random = {}, helper.random(n + 3)
  for name in pairs(kinds) do lists[name] = {} end
  for i = 1, n do
    local word = random(0, 1 << 40)
    lists.i[i], lists.u[i] = (word % 300 - 100) << 20 * (i % 3), word % 50
    lists.x[i], lists.single[i], lists.b[i] = word / 7, word % 64 / 4, word % 3 == 0
    lists.s[i] = ({ "", "ünï", "tcp", ("x"):rep(40) })[word % 4 + 1]
    lists.far[i] = ("%x"):format(word)
    lists.c[i] = i == 2 and null or i == 1 and "red" or ({ "red", null, "green", "" })[word % 4 + 1]
    lists.t[i], lists.d[i] = word % 7 == 0 and null or 1700000000 + word % 1000, word % 5 == 0 and null or word % 90
    lists.ip[i] = ("10.0.%d.%d"):format(word % 250, word % 4)
  end
  local function column(name, type) return mb.column(lists[name], type) end
  local f = mb.frame { { "i", column("i", "int") }, { "u", column("u", "uint") }, { "x", column("x", "float") },
    { "single", column("single", "float") }, { "b", column("b", "bool") }, { "s", column("s", "text") },
    { "far", column("far", "text"):as("text", { dictionary = false }) }, { "c", column("c", "text") },
    { "t", column("t", "int"):as("time", { unit = "s" }) }, { "d", column("d", "int"):as("duration", { unit = "ms" }) },
    { "ip", column("ip", "ip") } }
  for i = 1, n do
    local a, b = lists.ip[i]:match "10%.0%.(%d+)%.(%d+)"
    lists.ip[i] = 10 << 24 | tonumber(a) << 8 | tonumber(b)
    lists.t[i] = lists.t[i] == null and math.mininteger or lists.t[i] * 1000000000
    lists.d[i] = lists.d[i] == null and math.mininteger or lists.d[i] * 1000000
  end
  local lines, names = {}, f:columns()
  table.sort(names)
  for _, name in ipairs(names) do
    local words = { name, name == "c" and n < 2 and "Strings" or kinds[name] }
    for i = 1, n do words[#words + 1] = show(lists[name][i]) end
    lines[#lines + 1] = table.concat(words, " ") .. "\n"
  end
  return f, table.concat(lines)
end

-- Files of ranks, in their order.
local function rank_files(stem)
  local files = {}
  for i = 1, mb.size() do files[i] = path(("%s_LOCALE%04d.h5"):format(stem, i - 1)) end
  return table.unpack(files)
end

local function assert_read(f, file)
  local got = mb.read_hdf(file, f:columns())
  for name, column in f:each() do
    assert.equal(column:type(), got:column(name):type(), name)
    local back = got:column(name)
    assert.is_true(column:is_missing():eq(back:is_missing()):all(), name)
    assert.is_true(back:eq(column):all(), name)
  end
end

describe("Arkouda's layout", function()
  for _, n in ipairs { 0, 1, 2, 400 } do
    it(("has %d rows in one file and in files of ranks, to a reader of its own"):format(n), function()
      local f, lines = frame_of(n)
      f:to_hdf(path "one.h5", { layout = "arkouda" })
      assert_read(f, path "one.h5")
      f:to_hdf(path "many.h5", { layout = "arkouda", files = "rank" })
      assert.equal(lines .. lines, helper.data_output("read_arkouda.py", path "one.h5", "--", rank_files "many"))
      assert_read(f, path "many.h5")
      assert_read(f, path "many_LOCALE*.h5")
    end)
  end

  it("has rows of ragged layouts, shuffled and pending, and strings of other ranks", function()
    local n = 3011
    local f = mb.frame { { "a", mb.range(1, n) }, { "b", mb.random(n, { seed = 3, high = 1000 }) } }
    f.t = (f.b % 90):as "text"
    f.s = f.a:as("text", { dictionary = false })
    f.long = f.s .. ("y"):rep(300)
    f.m = f.t:put(f.b:lt(10), null)
    local kept = f[f.b:lt(500) & f.a:gt(n // 3)]
    kept.p = kept.a * 2 - 7
    local mixed = kept[kept.a:argsort { descending = true }]
    for _, files in ipairs { "one", "rank" } do
      for _, it in ipairs { kept, mixed } do
        it:to_hdf(path "ragged.h5", { layout = "arkouda", files = files })
        assert_read(it, path "ragged.h5")
        os.remove(path "ragged.h5")
      end
    end
  end)

  it("adds objects to a file, with attributes", function()
    local f = frame_of(5)
    f:to_hdf(path "more.h5", { layout = "arkouda", columns = { "i", "s" }, attrs = { title = "flows" } })
    f.c:to_hdf(path "more.h5", "kind", { mode = "a", layout = "arkouda", attrs = { of = "c" } })
    assert.equal("flows", mb.attrs(path "more.h5").title)
    assert.equal("c", mb.attrs(path "more.h5", "kind").of)
    assert.equal(4, mb.attrs(path "more.h5", "kind").ObjType)
    assert_read(mb.frame { { "i", f.i }, { "s", f.s }, { "kind", f.c } }, path "more.h5")
    for _, name in ipairs { "i", "s", "kind" } do
      helper.assert_raises("there is an object '" .. name .. "' already", function()
        f.i:to_hdf(path "more.h5", name, { mode = "a", layout = "arkouda" })
      end)
    end
    assert_read(mb.frame { { "i", f.i }, { "s", f.s }, { "kind", f.c } }, path "more.h5")
  end)

  it("is that of Arkouda's own files", function()
    local corpus = helper.corpus "arkouda"
    if not corpus then return end
    mb.column { "one", "two", "three" }:to_hdf(path "strings.h5", "strings_array", { layout = "arkouda" })
    mb.range(1, 50):to_hdf(path "array.h5", "array", { layout = "arkouda" })
    local printed = helper.python_output([[
import sys, h5py
def structure(file, marks):
    names = []
    file.visititems(lambda name, it: names.append((name, getattr(it, "dtype", None), getattr(it, "chunks", None))))
    names = [it for it in names if it[0] != "_arkouda_metadata"]
    types = []
    for name in ["arkouda_version", "file_version"]:
        low = file[marks].attrs.get_id(name)
        text = low.get_type() if name == "arkouda_version" else None
        types.append((low.shape, text.get_strpad() if text else low.dtype, text and text.get_cset()))
    return names, types
for theirs, ours, object in [("Legacy_String.hdf5", "strings.h5", "strings_array"),
                             ("array_v1_LOCALE0000.hdf5", "array.h5", "array")]:
    a = structure(h5py.File(sys.argv[1] + "/" + theirs), "_arkouda_metadata")
    b = structure(h5py.File(sys.argv[2] + "/" + ours), object)
    print(a == b, "" if a == b else (a, b))
]], corpus, helper.folder())
    assert.equal("True \nTrue \n", printed)
  end)

  it("refuses what Arkouda has not, and leaves the file", function()
    local f, file = frame_of(3), path "kept.h5"
    f.i:to_hdf(file, "i", { layout = "arkouda" })
    local before = helper.read_file(file)
    local function refuses(parts, column, name, opts)
      opts = opts or {}
      opts.layout = "arkouda"
      helper.assert_raises(parts, function() column:to_hdf(file, name or "x", opts) end)
    end
    local gaps = f.i:put(f.i:eq(f.i[1]), null)
    refuses({ "column 'x' has missing rows", "c:fill(0)" }, gaps)
    refuses("column 'x' has missing rows", mb.column({ 0.5, null }, "float"))
    refuses("column 'x' has missing rows", mb.column({ true, null }, "bool"))
    refuses("column 'x' has missing rows", mb.column({ "10.0.0.1", null }, "ip"))
    refuses({ "strings 'N/A'", "c:fill('')" }, mb.column { "N/A", null })
    refuses({ "column 'x' has addresses of version 6", "c:as 'text'" }, mb.column({ "::1" }, "ip"))
    refuses({ "column 'x' is flags", "c:as 'int'" }, mb.flags(mb.range(1, 3)))
    refuses({ "strings with zero bytes", "mb.save" }, mb.column { "a\0b" })
    refuses("beyond what time counts in ns", mb.column({ "3024-02-01" }, "time"))
    refuses("'a/b' cannot be the name of an object of Arkouda", f.i, "a/b")
    refuses("replaces no object of Arkouda's", f.i, "i", { mode = "r+" })
    refuses("has no 'gzip' in Arkouda's layout", f.i, "i", { gzip = true })
    refuses("attribute 'ObjType' is Arkouda's own", f.i, "i", { attrs = { ObjType = 3 } })
    helper.assert_raises("('moonbear' or 'arkouda' expected", function() f.i:to_hdf(file, "i", { layout = "x" }) end)
    helper.assert_raises({ "no layout 'arkouda'", "scan:collect()" }, function()
      mb.scan_hdf(file):to_hdf(path "scanned", { layout = "arkouda" })
    end)
    assert.equal(before, helper.read_file(file))
    assert.equal("", helper.shell(("ls -A %s | grep part$"):format(helper.folder())))
  end)
end)
