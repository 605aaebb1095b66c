-- Reading HDF5: datasets with several columns, scalars and attributes, many files, and options,
-- against what h5py writes.
local mb = require "moonbear"
local helper = require "spec.helper"

local path <const>, assert_values <const> = helper.path, helper.assert_values
local expected

setup(function()
  expected = load(helper.data_output("make_hdf_parts.py", helper.folder()))()
end)

teardown(helper.clean)

local function assert_refused(parts, ...) helper.assert_raises(parts, mb.read_hdf, ...) end

describe("read_hdf", function()
  it("reads members, entries and columns as h5py does", function()
    helper.assert_datasets(expected)
  end)

  it("gives a frame of a dataset with several columns", function()
    local names = { "a", "s", "b", "v", "in.x", "in.y.z", "list[1]", "list[2]", "list[3]",
      "grid[1]", "grid[2]", "grid[3]", "grid[4]", "flag", "w" }
    local frame = mb.read_hdf(path "compounds.h5", "group/gzip")
    assert.same(names, frame:columns())
    assert.equal(1003, #frame)
    frame = mb.read_hdf(path "compounds.h5", { "group/gzip", "group/lzf.a" })
    assert.equal(16, #frame:columns())
    assert.is_true(frame:column "group/gzip.a":eq(frame:column "group/lzf.a"):all())
    assert.same({ "plain[1]", "plain[2]", "plain[3]", "plain[4]", "plain[5]", "plain[6]",
      "plain[7]" }, mb.read_hdf(path "matrices.h5", "plain"):columns())
    assert.same({ "pairs.n[1]", "pairs.n[2]" },
      mb.read_hdf(path "compounds.h5", { "pairs" }):columns())
  end)

  it("names what a dataset has not", function()
    for name, why in pairs {
      ["group/gzip.q"] = "has no such member", ["group/gzip.a[1]"] = "has no such part",
      ["group/gzip.list[4]"] = "no such entry", ["group/gzip.list[0]"] = "no such entry",
      ["group/gzip.in"] = "compound", ["group/gzip.list"] = "arrays", ["alone[2]"] = "no such column",
    } do
      assert_refused({ "'" .. name .. "'", why }, path "compounds.h5", name)
    end
  end)

  it("takes folders, which have files by their endings", function()
    assert_values({ 0, 1, 2, 30, 31, 32, 33, 0, 1 }, mb.read_hdf(path "many", "x"), "many")
    assert_values({ 0, 1, 2, 30, 31, 32, 33, 0, 1 }, mb.read_hdf({ path "many/" }, "x"), "many/")
    assert_refused("no file in this folder", path "none", "x")
  end)

  it("widens what files differ in", function()
    local frame = mb.read_hdf(path "many")
    assert.equal("int", frame.x:type())
    assert.same({ "0", "1", "2", "0000", "1111", "2222", "0000", "00000", "11111" },
      frame.s:to_table())
    assert_refused("'widen'", path "many", "x", { types = "same" })
  end)
end)

describe("read_hdf's options", function()
  it("rows = {first, last} reads these, over all files", function()
    local all = mb.read_hdf(path "many"):column "t":to_table()
    local ranges = { { 1, 9 }, { 3, 5 }, { 4, 4 }, { 8, -1 }, { -3, -1 }, { -100, 2 }, { 9, 100 }, { 5, 4 },
      { 10, 12 }, { -20, -15 } }
    for _, range in ipairs(ranges) do
      local first, last = range[1], range[2]
      if first < 0 then first = math.max(1, first + 10) end
      if last < 0 then last = last + 10 end
      local wanted, words = {}, mb.read_hdf(path "many", "s", { rows = range })
      for i = math.max(first, 1), math.min(last, 9) do wanted[#wanted + 1] = all[i] end
      assert_values(wanted, mb.read_hdf(path "many", "t", { rows = range }), first .. ".." .. last)
      assert.equal(#wanted, #words)
    end
    local rows = mb.read_hdf(path "compounds.h5", "group/gzip", { rows = { 95, 205 } })
    assert.is_true(rows.a:eq(mb.read_hdf(path "compounds.h5", "group/gzip.a"):slice(95, 205)):all())
    assert.is_true(rows.w:eq(mb.read_hdf(path "compounds.h5", "group/lzf.w"):slice(95, 205)):all())
    for _, wrong in ipairs { 5, { 0, 3 }, { 1.5, 2 }, { "a", 2 }, { 1, 0 }, mb.frame {} } do
      assert_refused("bad option 'rows' of 'read_hdf' ({first, last}", path "many", "t", { rows = wrong })
    end
  end)

  it("tag names the file of each row", function()
    local function files(opts)
      local list = {}
      local frame = mb.read_hdf(path "many", { "t" }, opts)
      for i, file in ipairs(frame.file:to_table()) do list[i] = file:match "f(%d)%.%w+$" end
      return #frame .. ":" .. table.concat(list)
    end
    assert.equal("9:000333344", files { tag = "file" })
    assert.equal("3:033", files { tag = "file", rows = { 3, 5 } })
    assert.equal("0:", files { tag = "file", rows = { 20, 30 } })
    local column = mb.read_hdf({ path "many/f4.h5", path "many/f0.h5" }, "t", { tag = "from" })
    assert.same({ "t", "from" }, column:columns())
    assert.equal(path "many/f4.h5", column.from[1])
    assert_refused("a name that no column has", path "many", { "t" }, { tag = "t" })
  end)

  it("columns are names", function()
    assert.same({ "t", "x" }, mb.read_hdf(path "many", nil, { columns = { "t", "x" } }):columns())
    assert.equal(9, #mb.read_hdf(path "many", nil, { columns = "t" }))
    assert_refused("not both", path "many", "t", { columns = "x" })
  end)

  it("as converts columns by name", function()
    local frame = mb.read_hdf(path "many", { "t", "x", "s" }, { as = {
      t = { "time", unit = "ms" }, x = "float", s = "int" } })
    assert.equal("time float int", frame.t:type() .. " " .. frame.x:type() .. " " .. frame.s:type())
    assert.equal(mb.time(1, "s"), frame.t[2])
    local from = mb.read_hdf(path "many", "t", { as = { t = { "time", epoch = "2024-01-01" } } })
    assert.equal(mb.time "2024-01-01T00:16:40", from[2])
    assert.equal(mb.duration "1000s", mb.read_hdf(path "many", "t", { as = { t = "duration" } })[2])
    assert_refused("names of columns", path "many", "t", { as = { q = "time" } })
    assert_refused("a table of types", path "many", "t", { as = "time" })
    assert_refused("types by column", path "many", "t", { as = { t = 5 } })
  end)

  it("enums = 'text' gives names", function()
    local frame = mb.read_hdf(path "others.h5", { "little", "big" }, { enums = "text" })
    assert.same({ "GREEN", "RED", "BLUE", "GREEN" }, frame.little:to_table())
    assert.same({ "GREEN", "RED", "BLUE", "GREEN" }, frame.big:to_table())
    assert.same({ "RED", "BLUE" }, mb.read_hdf(path "others.h5", "big", { enums = "text",
      rows = { 2, 3 } }):to_table())
    assert.same({ false, true }, mb.read_hdf(path "compounds.h5", "group/lzf.flag", { enums = "text" })
      :unique():to_table())
    assert_refused("'int' or 'text'", path "others.h5", "big", { enums = "name" })
  end)

  it("on_error = 'skip' leaves bad files out and says which", function()
    local names = { "x", "y" }
    local script = helper.write_file(path "skip.lua", ([[
      local mb = require "moonbear"
      local frame = mb.read_hdf(%q, { "x", "y" }, { on_error = "skip", tag = "file" })
      print(#frame, frame.x:sum(), frame.file:value_counts())
    ]]):format(path "bad"))
    local status, out, err = helper.execute(("%s '%s' '%s'"):format(helper.launch(2), helper.program, script))
    assert.equal(0, status, err)
    assert.equal("200", out:match "^%S+")
    assert.equal(tostring(4950 + 4950 + 30000), out:match "^%S+%s+(%S+)")
    local skipped = {}
    for file in err:gmatch "skipped a file: [^\n]-/(b%d)%.h5" do skipped[#skipped + 1] = file end
    table.sort(skipped)
    assert.equal("b1 b2 b4 b5", table.concat(skipped, " "))
    assert_refused("/b", path "bad", names)
    assert_refused("none of the files", { path "bad/b1.h5", path "bad/b5.h5" }, names, { on_error = "skip" })
    assert_refused("'raise' or 'skip'", path "bad", names, { on_error = "ignore" })
  end)
end)

describe("attrs", function()
  it("gives numbers, booleans, strings and lists of them", function()
    assert.same({ text = "x", words = { "a", "bé" }, n = 7, list = { 0, 1, 2 }, half = 0.5, big = -1,
      yes = true, flags = { true, false }, none = {}, fixed = "fix", grid = { 0, 1, 2, 3 } },
      mb.attrs(path "others.h5"))
    assert.same({ unit = "m" }, mb.attrs(path "others.h5", "scalar"))
    assert.same({}, mb.attrs(path "many", "x"))
  end)

  it("raises for what is not there", function()
    helper.assert_raises("there is no 'q' to have attributes", mb.attrs, path "others.h5", "q")
    helper.assert_raises("No such file", mb.attrs, path "q.h5")
    helper.assert_raises("bad argument #1 to 'attrs'", mb.attrs, 5)
    helper.assert_raises("bad argument #2 to 'attrs'", mb.attrs, path "others.h5", {})
  end)
end)

describe("ls_hdf", function()
  it("tells kinds, shapes and filters", function()
    local told = {}
    for _, file in ipairs { "compounds.h5", "matrices.h5", "others.h5", "matlab.mat" } do
      for _, it in ipairs(mb.ls_hdf(path(file))) do told[file .. " " .. it.name] = it end
    end
    assert.same({ name = "group/gzip.in.y.z", type = "int", rows = 1003, shape = { 1003 },
      kind = "part", of = "group/gzip", compression = "shuffle gzip" },
      told["compounds.h5 group/gzip.in.y.z"])
    assert.same({ name = "lzf[7]", type = "int", rows = 1003, shape = { 1003, 7 }, kind = "part",
      of = "lzf", compression = "shuffle lzf" }, told["matrices.h5 lzf[7]"])
    assert.same({ name = "scalar", type = "float", rows = 1, shape = {}, kind = "scalar" },
      told["others.h5 scalar"])
    assert.same({ 1, 50 }, told["matlab.mat column"].shape)
  end)
end)
