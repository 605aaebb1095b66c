-- HDF5 files whose datasets lead to others: virtual ones, links, groups; and files in use.
local mb = require "moonbear"
local helper = require "spec.helper"

local path <const> = helper.path

-- Reads a dataset of own.h5.
local function own(name) return mb.read_hdf(path "own.h5", name) end

setup(function()
  helper.data_output("make_linked_hdf.py", helper.folder())
end)

teardown(helper.clean)

describe("a virtual dataset", function()
  it("over its own file is read, however the file is named", function()
    for _, name in ipairs { "named", "dot", "absolute", "moved" } do
      assert.equal(3435, own(name):sum(), name)
    end
  end)

  it("over virtual ones, and one that grows, is read", function()
    assert.equal(3435 + 45, own "nested":sum())
    assert.equal(435, own "growing":sum())
  end)

  it("is read while its file is open already", function()
    local both = mb.read_hdf({ path "own.h5", path "own.h5" }, { "named", "base", "back" })
    for _, column in both:each() do assert.equal(2 * 3435, column:sum()) end
  end)

  it("of a missing source raises, and names it", function()
    for name, part in pairs {
      no_file = "'base' in 'gone.h5' is missing: there is no such file",
      no_dataset = "'gone' in 'own.h5' is missing: the file has no such dataset",
      short = "'base' in 'own.h5' has another size",
      circle = "in a circle",
      not_hdf = "text.csv: this is not an HDF5 file",
    } do
      helper.assert_raises(part, own, name)
      helper.assert_raises("own.h5: dataset '" .. name .. "' is virtual", own, name)
    end
    helper.assert_raises("in a circle", mb.read_hdf, path "growing.h5", "circle")
    helper.assert_raises("in a circle", mb.read_hdf, path "growing.h5")
  end)
end)

describe("an external link", function()
  it("back to its own file is followed", function()
    assert.equal(3435, own "back":sum())
    assert.equal(3435, own "away":sum())
    assert.equal(3435, mb.read_hdf(path "other.h5", "home"):sum())
  end)

  it("to a group is followed in a path", function()
    assert.equal(12, mb.read_hdf(path "groups.h5", "z/far_group/x"):sum())
  end)
end)

describe("groups", function()
  local names = { "a/b/text", "a/b/y", "a/x", "top", "z/far", "z/linked" }

  it("are listed by paths, each once, in spite of circles", function()
    local listed = {}
    for i, dataset in ipairs(mb.ls_hdf(path "groups.h5")) do listed[i] = dataset.name end
    assert.same(names, listed)
    assert.same({ { name = ("g/"):rep(200) .. "x", type = "int", rows = 3, shape = { 3 }, kind = "column" } },
      mb.ls_hdf(path "deep.h5"))
  end)

  it("are read by paths", function()
    assert.equal(12, mb.read_hdf(path "groups.h5", "a/x"):sum())
    assert.equal(3.0, mb.read_hdf(path "groups.h5", { "/a/again/b/y" }):column "/a/again/b/y":sum())
    assert.equal(3, mb.read_hdf(path "deep.h5"):column(("g/"):rep(200) .. "x"):sum())
  end)

  it("are told of where a name is missing", function()
    helper.assert_raises("no dataset 'y'; there is a/b/text, a/b/y, a/x, top, z/far, z/linked",
      mb.read_hdf, path "groups.h5", "y")
    assert.equal("text", mb.read_hdf(path "groups.h5", "a/b/text"):type())
    helper.assert_raises("link to '/nowhere'", mb.read_hdf, path "groups.h5", "z/dangling")
    helper.assert_raises("dataset 'a/b/text' has 2 rows and 'a/b/y' has 4: the columns of a frame " ..
      "must have the same number", mb.read_hdf, path "groups.h5")
  end)
end)

describe("MATLAB's files", function()
  local function of(name) return mb.read_hdf(path "matlab.h5", name) end

  it("have empty matrices of no rows", function()
    for class, kind in pairs { double = "float", single = "float", int8 = "int", uint64 = "uint",
      logical = "bool" } do
      assert.equal(0, #of(class), class)
      assert.equal(kind, of(class):type(), class)
    end
    helper.assert_raises("'char' is empty, and of a type that is not read", of, "char")
    assert.equal(2, #of "full")
  end)

  it("have bools", function()
    assert.same({ true, false, true }, of "mask":to_table())
  end)
end)

describe("a file in use", function()
  -- Runs f while a Python process has done `text` and waits.
  local function beside(text, f)
    local flag = path "ready"
    local command = ("%s -c %s"):format(helper.python, helper.quote(
      "import sys, h5py, os\nos.chdir(sys.argv[1])\n" .. text
      .. "\nopen('ready', 'w').close()\nsys.stdin.read()"))
    local process = assert(io.popen(command .. " " .. helper.quote(helper.folder()), "w"))
    helper.shell(("while [ ! -e %s ]; do sleep 0.01; done"):format(flag))
    local ok, message = pcall(f)
    process:close()
    os.remove(flag)
    if not ok then error(message, 0) end
  end

  it("by a writer is refused, and the writer told of", function()
    beside("file = h5py.File('other.h5', 'r+')", function()
      helper.assert_raises("other.h5: another program has this file open for writing",
        mb.read_hdf, path "other.h5", "x")
    end)
    assert.equal(45, mb.read_hdf(path "other.h5", "x"):sum())
  end)

  it("by readers is read", function()
    beside("file = h5py.File('other.h5', 'r')", function()
      assert.equal(45, mb.read_hdf(path "other.h5", "x"):sum())
    end)
  end)

  it("by one that appends to it (SWMR) is read", function()
    beside([[
file = h5py.File('swmr.h5', 'w', libver='latest')
data = file.create_dataset('x', data=range(100), maxshape=(None,), chunks=(10,))
file.swmr_mode = True
data.resize((110,))
data[100:] = 1
file.flush()]], function()
      assert.equal(4960, mb.read_hdf(path "swmr.h5", "x"):sum())
    end)
  end)

  it("may be no file at all", function()
    helper.shell(("mkfifo %s/pipe"):format(helper.folder()))
    helper.assert_raises("a device or a pipe", mb.read_hdf, path "pipe", "x")
    helper.assert_raises("it is text: mb.read_csv reads CSV", mb.read_hdf, path "text.csv", "x")
    helper.shell(("gzip -k %s"):format(path "text.csv"))
    helper.assert_raises("compressed by gzip: if it holds CSV, mb.read_csv reads it", mb.read_hdf,
      path "text.csv.gz", "x")
    helper.write_file(path "t.parquet", "PAR1....")
    helper.assert_raises("a Parquet file: mb.read_parquet reads it", mb.ls_hdf, path "t.parquet")
  end)
end)
