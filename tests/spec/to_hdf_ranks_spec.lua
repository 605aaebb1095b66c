-- Writing HDF5 into a file of each rank, and reading these as one.
local core = require "moonbear.core"
local mb = require "moonbear"
local frames = require "spec.frames"
local helper = require "spec.helper"

local path <const> = helper.path

teardown(helper.clean)

-- The file of a rank, counted from 0.
local function file_of(stem, rank) return path(("%s_LOCALE%04d.h5"):format(stem, rank)) end

-- What the files of a stem are called, and what is in them.
local function contents(stem)
  local list = {}
  for name in helper.shell(("ls -A %s | grep '^%s_'"):format(helper.folder(), stem)):gmatch "%S+" do
    list[#list + 1] = name .. "\n" .. helper.read_file(path(name))
  end
  return table.concat(list, "\n"), #list
end

describe("files of ranks", function()
  for _, n in ipairs { 0, 1, 700 } do
    it(("give back all of %d rows, under one name and by a pattern"):format(n), function()
      local f = frames.of_all_types(n)
      for what, opts in pairs { plain = {}, chunks = { gzip = 1, chunk_rows = 100 } } do
        opts.files = "rank"
        f:to_hdf(path "all.h5", opts)
        helper.assert_same_frame(f, mb.read_hdf(path "all.h5", f:columns()), what)
        helper.assert_same_column(f.varying, mb.read_hdf(path "all_LOCALE*.h5", "varying"), what)
        assert.equal(mb.size(), select(2, contents "all"))
      end
    end)
  end

  it("have each rank's rows, to h5py and with attributes", function()
    local n = 997
    local f = mb.frame { { "a", mb.range(1, n) } }
    f.t = "é" .. (f.a % 10):as "text"
    f.long = (f.a % 7):as "text" .. ("z"):rep(80)
    f.long = f.a:eq(5):where(("w"):rep(30000), f.long)
    local kept = f[(f.a % 3):ne(0)]
    kept.other = kept.a[mb.range(#kept, 1, -1)] -- of another layout
    for _, gzip in ipairs { false, 5 } do
      kept:to_hdf(path "rows.h5", { files = "rank", gzip = gzip, attrs = { title = "kept" } })
      local words = {}
      for rank = 0, mb.size() - 1 do words[rank + 1] = file_of("rows", rank) end
      local printed = helper.python_output([=[
import sys, h5py
files = [h5py.File(name, "r") for name in sys.argv[1:]]
def all(name): return [v for f in files for v in f[name][:]]
print(all("a") == [i for i in range(1, 998) if i % 3], all("other") == all("a")[::-1])
print([v.decode() for v in all("t")] == ["é%d" % (i % 10) for i in all("a")])
print([v.decode() for v in all("long")] == ["w" * 30000 if i == 5 else str(i % 7) + "z" * 80 for i in all("a")])
print({f.attrs["title"] for f in files}, {len({len(f[k]) for k in f}) for f in files})
]=], table.unpack(words))
      assert.equal("True True\nTrue\nTrue\n{b'kept'} {1}\n", printed)
    end
  end)

  it("are those of the last writer, however many ranks it had", function()
    for rank = 0, 6 do mb.range(1, 3):to_hdf(file_of("wide", rank), "x") end
    os.execute(("touch %s.4000001.part %s.4000001.part"):format(file_of("wide", 0), file_of("wide", 9)))
    mb.range(1, 50):to_hdf(path "wide.h5", "x", { files = "rank" })
    assert.equal(mb.size(), select(2, contents "wide"))
    mb.range(1, 3):to_hdf(path "wide_LOCALE0000_old.h5", "x") -- is none of them
    assert.equal(50, #mb.read_hdf(path "wide.h5", "x"))
  end)

  it("are not read where only some got their names", function()
    local before, after, rest = file_of("mixed", 0), file_of("mixed", mb.size()), path "rest.h5"
    mb.range(1, 9):to_hdf(path "mixed.h5", "x", { files = "rank" })
    os.execute(("cp %s %s"):format(before, rest))
    mb.range(1, 30):to_hdf(path "mixed.h5", "x", { files = "rank" })
    mb.range(1, 20):to_hdf(path "other.h5", "x", { files = "rank" })
    assert.equal(50, #mb.read_hdf({ path "mixed_LOCALE*", path "other_LOCALE*" }, "x"))
    os.execute(("cp %s %s"):format(rest, after))
    helper.assert_raises({ after .. " was not written together with", "their writer ended" }, mb.read_hdf,
      path "mixed.h5", "x")
    assert.is_true(#mb.read_hdf(after, "x") < 10)
  end)

  it("stay as they were where one rank fails", function()
    local f = mb.frame { { "a", mb.range(1, 1000) }, { "t", mb.column { "x" }[mb.full(1000, 1)] } }
    f.a:to_hdf(path "one.h5", "a", { files = "rank" })
    local before = contents "one"
    for _, opts in ipairs { { gzip = true }, { layout = "arkouda" } } do
      opts.files = "rank"
      local at, ok, message = 0
      repeat
        at = at + 1
        core.inject_fault(at % mb.size(), at, at % 2 == 0 and "step" or "for good")
        ok, message = pcall(f.to_hdf, f, path "one.h5", opts)
        core.inject_fault(-1, 0)
        if not ok and contents "one" ~= before then -- a step that fails after the renames
          assert.truthy(message:find("a test makes this step fail", 1, true), message)
          ok = true
        end
        if ok then
          assert.equal(1000, #mb.read_hdf(path "one.h5", "t"))
          before = contents "one"
        end
      until ok and at > 24
    end
    -- The last rank's file cannot be written.
    local last = file_of("one", mb.size() - 1)
    os.execute(("rm %s; mkdir %s"):format(last, last))
    helper.assert_raises({ ("one_LOCALE%04d.h5: cannot write"):format(mb.size() - 1), "not a regular file" },
      f.to_hdf, f, path "one.h5", { files = "rank" })
    os.execute("rmdir " .. last)
    assert.equal(mb.size() - 1, select(2, contents "one"))
    assert.equal("", helper.shell(("ls -A %s | grep part$"):format(helper.folder())))
  end)

  it("are refused where they cannot be", function()
    local f = mb.frame { { "a", mb.range(1, 3) } }
    local function refuses(part, opts)
      opts.files = opts.files or "rank"
      helper.assert_raises(part, f.to_hdf, f, path "refused.h5", opts)
    end
    refuses("('one' or 'rank' expected", { files = "many" })
    for _, mode in ipairs { "a", "r+" } do refuses("writes files of ranks anew, with {mode = 'w'}", { mode = mode }) end
    f:to_hdf(path "refused.h5")
    refuses("refused.h5: is there, and would be read instead of the files of ranks", {})
    assert.equal(0, select(2, contents "refused"))
  end)
end)
