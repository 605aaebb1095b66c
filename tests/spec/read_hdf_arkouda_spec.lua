-- Reading what Arkouda writes, in its present layout and in older ones.
local mb = require "moonbear"
local helper = require "spec.helper"

local path <const> = helper.path

setup(function()
  helper.data_output("make_arkouda.py", helper.folder())
end)

teardown(helper.clean)

local function values(file, name, ...) return mb.read_hdf(path(file), name, ...):to_table() end

local null = mb.null

local function texts(column)
  local list = {}
  for i = 1, #column do list[i] = tostring(column[i]) end
  return table.concat(list, " ")
end

describe("Arkouda's objects", function()
  it("are columns of their types", function()
    local frame = mb.read_hdf(path "single.hdf5", { "i", "u", "f", "b", "s", "c", "t", "d", "ip",
      "big" })
    local kinds = {}
    for _, column in frame:each() do kinds[#kinds + 1] = column:type() end
    assert.equal("int uint float bool text text time duration ip uint", table.concat(kinds, " "))
    assert.same({ "one", "", "éé", ("x"):rep(300), "one", "z" }, frame.s:to_table())
    assert.same({ "red", "green", null, "red", "green", "green" }, frame.c:to_table())
    assert.equal(mb.time(1, "s"), frame.t[2])
    assert.is_nil(frame.t[3])
    assert.equal(mb.duration "5s", frame.d[6])
    assert.equal("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6", texts(frame.ip))
    assert.is_true(frame.big:eq(frame.u):all())
    assert.same({ 0, 0.25, 0.5, 0.75, 1, 1.25 }, frame.f:to_table())
  end)

  it("are refused by name where no type has their values", function()
    for name, why in pairs { bigger = "more than 64 bits", seg = "'seg.segments'",
      grouping = "'grouping/KEY_0'" } do
      helper.assert_raises({ "'" .. name .. "'", why }, mb.read_hdf, path "single.hdf5", name)
    end
  end)

  it("are offsets and values where they are lists", function()
    assert.same({ 0, 2, 2 }, values("single.hdf5", "seg.segments"))
    assert.same({ 1, 2, 3 }, values("single.hdf5", "seg.values"))
    assert.same({ 0, 0, 1, 3, 3, 4, 6, 6, 7 }, values("run_LOCALE*.hdf5", "seg.segments"))
    assert.same({ 3, 3, 4, 6 }, values("run_LOCALE*.hdf5", "seg.segments", { rows = { 4, 7 } }))
    assert.same({ 1, 2, 2, 4, 5, 5, 7, 8, 8 }, values("run_LOCALE*.hdf5", "seg.values"))
  end)

  it("are frames, with the index first", function()
    local frame = mb.read_hdf(path "frame.hdf5", "df")
    assert.same({ "Index", "at", "kind", "name", "zahl" }, frame:columns())
    assert.same({ 0, 10, 20 }, frame:column "Index":to_table())
    assert.same({ "b", "a", "b" }, frame.kind:to_table())
    assert.equal("time", frame.at:type())
    local index = mb.read_hdf(path "frame.hdf5", "index")
    assert.same({ "IDX_0", "IDX_1", "IDX_2", "IDX_3", "IDX_4", "IDX_5", "IDX_6", "IDX_7", "IDX_8",
      "IDX_9", "IDX_10" }, index:columns())
    assert.same({ 10, 11, 12 }, index.IDX_10:to_table())
    assert.same({ "b", "a", "b" }, values("frame.hdf5", "df/kind"))
  end)

  it("are listed", function()
    local list = {}
    for i, it in ipairs(mb.ls_hdf(path "single.hdf5")) do list[i] = it.name .. ":" .. it.type end
    assert.equal("b:bool big:uint bigger:uint c:text d:duration f:float i:int ip:ip s:text "
      .. "seg.segments:int seg.values:int t:time u:uint", table.concat(list, " "))
    for i, it in ipairs(mb.ls_hdf(path "frame.hdf5")) do list[i] = it.name end
    assert.equal("df/Index df/at df/kind df/name df/zahl index/IDX_0",
      table.concat(list, " ", 1, 6))
  end)
end)

describe("a run on several locales", function()
  it("is found by the name that its files share", function()
    assert.same({ 0, 1, 2, 3, 4, 5, 6, 7, 8 }, values("run.hdf5", "i"))
    assert.same({ "w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8" }, values("run.hdf5", "s"))
    assert.same({ "w3", "w4" }, values("run.hdf5", "s", { rows = { 4, 5 } }))
    assert.same({ 0, 1, 2, 3, 4 }, values("old", "array"))
  end)

  it("has codes for the categories of all files", function()
    local wanted = { "c0", "c1", "c2", null, "c0", "c1", "c2", null, "c0" }
    assert.same(wanted, values("run.hdf5", "c"))
    assert.same({ null, "c0" }, values("run.hdf5", "c", { rows = { 8, 9 } }))
  end)

  it("is another thing than files each with its own categories", function()
    assert.same({ "x0", "y0", "x0", "x1", "y1", "x1" }, values("apart*.hdf5", "c"))
    assert.same({ "x0", "x1", "y1" }, values("apart*.hdf5", "c", { rows = { 3, 5 } }))
  end)
end)

describe("older layouts", function()
  it("have strings without marks or segments, and groups of booleans", function()
    assert.same({ "one", "two", "" }, values("words.hdf5", "with"))
    assert.same({ "one", "", "three" }, values("words.hdf5", "without"))
    assert.same({ "", "three" }, values("words.hdf5", "without", { rows = { 2, 3 } }))
    assert.same({ true, false, true }, values("words.hdf5", "flag"))
    assert.same({ true, false }, values("words.hdf5", "byte"))
  end)

  it("are told when they are damaged", function()
    for name, why in pairs { s = "impossible place", t = "without an end", u = "another type" } do
      helper.assert_raises({ "'" .. name .. "'", why }, mb.read_hdf, path "damaged.hdf5", name)
    end
  end)

  it("of Arkouda's own tests are read", function()
    local corpus = helper.corpus "arkouda"
    if not corpus then return end
    assert.equal("int", mb.read_hdf(corpus .. "/array_v0_LOCALE0000.hdf5"):column "array":type())
    for _, file in ipairs { "array_v1.hdf5", "Legacy_String.hdf5", "sample.hdf5" } do
      for _, it in ipairs(mb.ls_hdf(corpus .. "/" .. file)) do
        assert.equal(it.rows, #mb.read_hdf(corpus .. "/" .. file, it.name))
      end
    end
  end)
end)
