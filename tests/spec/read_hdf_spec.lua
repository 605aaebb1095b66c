-- Reading HDF5: everything that h5py can write and we take, against what h5py reads back.
local mb = require "moonbear"
local helper = require "spec.helper"

local path <const>, assert_values <const> = helper.path, helper.assert_values
local expected

setup(function()
  helper.data_output("make_hdf.py", helper.folder())
  expected = dofile(path "expected.lua")
end)

teardown(helper.clean)

-- Asserts that reading raises, and that its message has every one of the given parts.
local function assert_refused(parts, ...) helper.assert_raises(parts, mb.read_hdf, ...) end

local function row(i)
  return i * i * 7919 % 1000003
end

describe("read_hdf", function()
  it("reads every type and layout as h5py does", function()
    helper.assert_datasets(expected)
  end)

  it("reads what is longer than a piece or has long chunks", function()
    local names = { "be4", "be8_gzip", "checked", "le4", "le8", "one_chunk", "scaled",
      "small_chunks" }
    local frame = mb.read_hdf(path "long.h5", names)
    assert.same(names, frame:columns())
    assert.equal(200003, #frame)
    for name, column in frame:each() do
      local values = column:to_table()
      for i = 1, #values do
        if values[i] ~= row(i - 1) then error(("%s: row %d is %s"):format(name, i, values[i])) end
      end
    end
  end)

  it("strings files together in the order of their names", function()
    local wanted = {}
    for i, n in ipairs { 3, 0, 11, 1, 6 } do
      for k = 0, n - 1 do wanted[#wanted + 1] = 100 * (i - 1) + k end
    end
    assert_values(wanted, mb.read_hdf(path "part_*.h5", "a"), "part_*.h5")
    assert_values(wanted, mb.read_hdf({ path "part_[0-2].h5", path "part_[34].h5" }, "a"), "two")
  end)

  it("keeps the order of a list", function()
    local column = mb.read_hdf({ path "part_4.h5", path "part_0.h5", path "part_3.h5" }, "a")
    assert_values({ 400, 401, 402, 403, 404, 405, 0, 1, 2, 300 }, column, "list")
    local twice = mb.read_hdf({ path "part_0.h5", path "part_0.h5" }, "a")
    assert_values({ 0, 1, 2, 0, 1, 2 }, twice, "twice")
  end)

  it("takes a file whose name looks like a pattern", function()
    os.rename(path "part_0.h5", path "part[1].h5")
    local column = mb.read_hdf(path "part[1].h5", "a")
    os.rename(path "part[1].h5", path "part_0.h5")
    assert_values({ 0, 1, 2 }, column, "part[1].h5")
  end)

  it("joins integers and floats of different widths", function()
    local wanted, floats = {}, {}
    for _, n in ipairs { 3, 0, 11, 1, 6 } do
      for k = 0, n - 1 do
        wanted[#wanted + 1], floats[#floats + 1] = k, k + 0.0
      end
    end
    assert_values(wanted, mb.read_hdf(path "part_*.h5", "size"), "size")
    assert_values(floats, mb.read_hdf(path "part_*.h5", "width"), "width")
  end)

  it("reads Arkouda's files", function()
    local mask, old, size, array, words = {}, {}, {}, {}, {}
    for i = 0, 11 do
      words[i + 1] = i % 4 == 0 and "" or "w" .. i
      array[i + 1], mask[i + 1], old[i + 1] = i, i % 2 == 1, i % 3 == 0
      size[i + 1] = math.mininteger + i
    end
    local frame = mb.read_hdf(path "ark_LOCALE*.hdf5")
    assert.same({ "array", "mask", "old_mask", "size", "strings_array" }, frame:columns())
    assert.same(words, frame.strings_array:to_table())
    assert.equal("uint", frame:column "size":type())
    assert_values(array, frame.array, "array")
    assert_values(mask, frame.mask, "mask")
    assert_values(old, frame.old_mask, "old_mask")
    assert_values(size, frame:column "size", "size")
  end)

  it("reads empty datasets", function()
    local frame = mb.read_hdf(path "empty.h5")
    assert.same({ "f", "i", "z" }, frame:columns())
    assert.equal(0, #frame)
    for name, kind in pairs { f = "float", i = "int", z = "uint" } do
      assert.equal(kind, frame:column(name):type())
      assert.same({}, frame:column(name):to_table())
    end
  end)

  it("stores integers as narrow as they are", function()
    assert.equal(4, mb.read_hdf(path "long.h5", "le8"):info().width)
    assert.equal(1, mb.read_hdf(path "fill.h5", "grown"):info().width)
    assert.equal(4, mb.read_hdf(path "part_1.h5", "b"):info().width)
    assert.equal(8, mb.read_hdf(path "part_*.h5", "width"):info().width)
  end)

  it("gives a column for a name and a frame for a list", function()
    assert.equal("int", mb.read_hdf(path "far.h5", "data"):type())
    assert.same({ "data" }, mb.read_hdf(path "far.h5", { "data" }):columns())
    assert.same({ "data", "packed" }, mb.read_hdf(path "far.h5"):columns())
  end)
end)

describe("read_hdf refuses", function()
  it("files that are not there or not HDF5", function()
    assert_refused({ path "absent.h5", "No such file" }, path "absent.h5", "x")
    assert_refused({ path "absent*.h5", "no file matches" }, path "absent*.h5", "x")
    assert_refused({ "/dev/null", "device" }, "/dev/null", "x")
    assert_refused({ path "text.h5", "not an HDF5 file" }, path "text.h5", "x")
    assert_refused({ path "nothing.h5", "not an HDF5 file" }, path "nothing.h5", "x")
    assert_refused({ path "absent.h5" },
      { path "part_0.h5", path "absent.h5", path "text.h5" }, "a")
  end)

  it("datasets that are not there, and lists what is", function()
    assert_refused({ path "far.h5", "'nope'", "data, packed" }, path "far.h5", "nope")
    assert_refused({ path "part_3.h5", "'sometimes'" }, path "part_*.h5", { "a", "sometimes" })
    assert_refused({ path "unreadable.h5", "'group'", "not a dataset" },
      path "unreadable.h5", "group")
    for _, name in ipairs { "dangling", "dangling_outer" } do
      assert_refused({ path "links.h5", "'" .. name .. "'", "link" }, path "links.h5", name)
    end
  end)

  it("what has more dimensions or is of another class", function()
    for name, why in pairs {
      cube = "more than two dimensions", lists = "lists of varying length", odd = "compound",
      ["odd.lists"] = "lists of varying length", opaque = "opaque", references = "references",
      unknown = "(number 32099)", ["fine.x"] = "has no such part", ["fine[1]"] = "has no such part",
    } do
      assert_refused({ path "unreadable.h5", "'" .. name .. "'", why }, path "unreadable.h5", name)
    end
    assert_refused({ path "compounds.h5", "no dataset" }, path "compounds.h5")
  end)

  it("files that disagree", function()
    assert_refused({ "'class'", path "part_0.h5", "int", path "part_3.h5", "float" },
      path "part_*.h5", "class", { types = "same" })
    assert_refused({ "'sign'", path "part_0.h5", "int", path "part_4.h5", "uint" },
      path "part_*.h5", "sign")
    assert_refused({ "mb.concat", "'widen'" }, path "part_*.h5", "sign", { types = "same" })
    assert_refused({ "'class'", "float" }, path "part_*.h5", "class", { types = "same" })
    assert_refused({ path "ragged.h5", "'a'", "3 rows", "'b'", "4" }, path "ragged.h5")
  end)

  it("damaged files", function()
    assert_refused({ path "corrupt.h5", "'x'", "row 701 on", "inflate" }, path "corrupt.h5", "x")
    assert_refused({ path "corrupt.h5", "'checked'", "Fletcher32" }, path "corrupt.h5", "checked")
    assert_refused({ path "cut.h5", "truncated" }, path "cut.h5", "x")
    assert_refused({ path "short.h5", "'x', at byte ", "cut short" }, path "short.h5", "x")
  end)

  it("arguments that make no sense", function()
    assert_refused({ "bad argument #1 to 'read_hdf'", "nil" }, nil, "x")
    assert_refused({ "bad argument #1 to 'read_hdf'", "empty" }, {}, "x")
    assert_refused({ "bad argument #1 to 'read_hdf'", "number 2", "boolean" }, { "a", true }, "x")
    assert_refused({ "bad argument #2 to 'read_hdf'", "got 5" }, path "far.h5", 5)
    assert_refused({ "bad argument #2 to 'read_hdf'", "empty" }, path "far.h5", {})
    assert_refused({ "bad argument #2 to 'read_hdf'", "twice" }, path "far.h5", { "data", "data" })
    local message = "'read_hdf' takes paths, names and options"
    helper.assert_raises(message, mb.read_hdf, path "part_0.h5", "a", "b")
    helper.assert_raises("at most 3 arguments, got 4", mb.read_hdf, path "part_0.h5", "a", {}, "b")
    helper.assert_raises("'ls_hdf' takes at most 1 argument, got 2", mb.ls_hdf, path "part_0.h5", "a")
    helper.assert_raises("bad option 'types' of 'read_hdf'", mb.read_hdf, path "part_0.h5", "a",
      { types = "wider" })
    helper.assert_raises("no option 'type'", mb.read_hdf, path "part_0.h5", "a", { type = "widen" })
  end)
end)

describe("read_hdf{types = 'widen'}", function()
  local values

  setup(function()
    values = load(helper.python_output([[
import h5py, numpy as np, os, sys
os.chdir(sys.argv[1])
print("return {")
for code in ("?", "i1", "u1", "i4", "u4", "i8", "u8", "f4", "f8"):
    dtype = np.dtype(code)
    if code == "?":
        data = np.array([True, False])
    elif dtype.kind == "f":
        data = np.array([0.1, -np.inf, np.nan], dtype)
    else:
        data = np.array([np.iinfo(dtype).min, 7, np.iinfo(dtype).max], dtype)
    with h5py.File("type_%s.h5" % code.replace("?", "b1"), "w") as file:
        file.create_dataset("x", data=data, chunks=(2,) if code in ("i4", "f4") else None)
    print('["%s"] = {%s},' % (code.replace("?", "b1"), ", ".join(
        "0x%x" % (int(v) & (2**64 - 1)) if dtype.kind in "iub" else
        "0/0" if np.isnan(v) else "-1/0" if np.isinf(v) else float(v).hex() for v in data)))
print("}")
]], helper.folder()))()
  end)

  local function read(codes)
    local files = {}
    for i, code in ipairs(codes) do files[i] = path("type_" .. code .. ".h5") end
    return mb.read_hdf(files, "x", { types = "widen" })
  end

  it("gives a type that has every value of each", function()
    for _, case in ipairs {
      { "int", "b1", "i1" }, { "int", "i8", "b1", "u4" }, { "uint", "u8", "b1" },
      { "uint", "u4", "u8", "u1" }, { "uint", "b1", "u1", "u8" }, { "float", "f4", "b1" },
      { "float", "i4", "f8" }, { "float", "f4", "u4", "i1" }, { "float", "b1", "u1", "f8", "f4" },
      { "int", "i4", "i8" }, { "float", "i4", "b1", "f4", "f4" },
    } do
      local kind, codes, wanted = case[1], { table.unpack(case, 2) }, {}
      for _, code in ipairs(codes) do
        for _, value in ipairs(values[code]) do
          wanted[#wanted + 1] = kind == "float" and value + 0.0 or value
        end
      end
      local column, what = read(codes), table.concat(codes, " ")
      assert.equal(kind, column:type(), what)
      assert_values(wanted, column, what)
    end
    assert.equal(4, read { "f4", "b1" }:info().width)
    assert.equal(8, read { "f4", "u1" }:info().width)
    assert.equal("bool", read { "b1", "b1" }:type())
  end)

  it("raises where there is none, and names the files", function()
    for _, pair in ipairs { { "i1", "u8" }, { "u8", "i8" }, { "i8", "f8" }, { "f4", "u8" },
      { "b1", "i4", "u8" } } do
      local files = {}
      for i, code in ipairs(pair) do files[i] = path("type_" .. code .. ".h5") end
      assert_refused({ files[#files], files[#files - 1], "without loss", "mb.concat" }, files, "x",
        { types = "widen" })
    end
  end)
end)

describe("a failed reading", function()
  -- Files of ours that rank 0, the parent of its shell, has open.
  local function open_files()
    return tonumber(helper.shell(("ls -l /proc/$PPID/fd | grep -c '%s/'"):format(helper.folder())))
  end

  it("leaves no file open and the session alive", function()
    local far <close> = assert(io.open(path "far.h5", "rb"))
    assert.truthy(far)
    assert.equal(1, open_files())
    for _ = 1, 3 do
      for _, case in ipairs {
        { "corrupt.h5", "x" }, { "cut.h5", "x" }, { "links.h5", "dangling_outer" },
        { "unreadable.h5", "odd" }, { "ragged.h5" }, { "far.h5", "nope" },
      } do
        assert.is_false((pcall(mb.read_hdf, path(case[1]), case[2])))
      end
      assert.equal(50, #mb.read_hdf(path "links.h5", "outer"))
    end
    assert.equal(1, open_files())
  end)

  it("for want of memory on one rank is tried again on all", function()
    for rank, n in helper.failures(24) do
      mb.core.inject_fault(rank, n)
      local frame = mb.read_hdf(path "part_*.h5", { "a", "b" })
      mb.core.inject_fault(rank, 0)
      assert.equal(405, frame.a:to_table()[21])
      frame:close()
    end
  end)
end)

describe("ls_hdf", function()
  it("lists what read_hdf takes", function()
    local function names(file)
      local list = {}
      for i, it in ipairs(mb.ls_hdf(path(file))) do
        list[i] = it.name .. " " .. it.type .. " " .. it.rows
      end
      return table.concat(list, ", ")
    end
    assert.equal("array int 5, mask bool 5, old_mask bool 5, size uint 5, strings_array text 5",
      names "ark_LOCALE*.hdf5")
    assert.equal("fine int 3, unknown int 20", names "unreadable.h5")
    assert.same({ name = "checked", type = "int", rows = 1000, shape = { 1000 }, kind = "column",
      compression = "fletcher32" }, mb.ls_hdf(path "corrupt.h5")[1])
    assert.same({}, mb.ls_hdf(path "compounds.h5"))
    assert.has_error(function() mb.ls_hdf(path "absent.h5") end)
    assert.has_error(function() mb.ls_hdf(nil) end)
  end)
end)

describe("the attribute device_prefixes", function()
  local lanl = require "moonbear.lanl"
  local id = 4711 << 20 ~ 15

  it("makes names known again", function()
    assert.has_error(function() lanl.device_name(id) end)
    assert.equal(3, #mb.read_hdf(path "attributes.h5", "plain"))
    assert.has_error(function() lanl.device_name(id) end)
    mb.read_hdf({ path "far.h5", path "attributes.h5" }, "data")
    assert.equal("Host0015", lanl.device_name(id))
    assert.equal("Mail", lanl.device_name(4712 << 20))
  end)

  it("is gathered from all files, as a list of any kind of string", function()
    local paths = { path "attributes.h5", path "far.h5", path "attributes.h5" }
    local function strings(attribute)
      return (select(2, mb.core.read_hdf(paths, { "data" }, attribute)))
    end
    assert.same({ "Host:4711:4", "Mail:4712:-" }, strings "device_prefixes")
    assert.same({ "one", "two words" }, strings "words")
    assert.same({ "near", "alone" }, select(2, mb.core.read_hdf({ path "far.h5",
      path "attributes.h5" }, { "data" }, "single")))
    assert.same({}, strings "number")
    assert.same({}, strings "nowhere")
  end)

  it("is refused where it is none of csv2hdf's, naming file and dataset", function()
    local refused = {}
    for _, dataset in ipairs(mb.ls_hdf(path "foreign.h5")) do
      local message = helper.message_of(mb.read_hdf, path "foreign.h5", dataset.name)
      local text = message:match(("/foreign.h5: the attribute 'device_prefixes' of dataset '%s' is damaged "
        .. "or another program's: it has '(.*)'; delete it"):format(dataset.name))
      assert.truthy(text, message)
      assert.is_nil(message:find "\n")
      refused[text] = true
    end
    assert.is_true(refused["A:1:-6"] and refused["some?lines"] and refused[""])
    for text in pairs(refused) do
      helper.assert_raises("number 2 is '" .. text .. "', not like", lanl.learn_prefixes,
        { "Host:4711:4", text })
    end
    assert.equal("Host0015", lanl.device_name(id))
  end)
end)
