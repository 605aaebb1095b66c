-- Writing HDF5: what goes out comes back, and is to h5py and pandas what they expect.
local core = require "moonbear.core"
local mb = require "moonbear"
local frames = require "spec.frames"
local helper = require "spec.helper"

local path <const> = helper.path
local assert_same_column <const> = helper.assert_same_column

teardown(helper.clean)

describe("to_hdf", function()
  for _, n in ipairs { 0, 1, 2, 7, 5000 } do
    it(("gives back all of %d rows"):format(n), function()
      local f = frames.of_all_types(n)
      for what, opts in pairs { plain = {}, gzip = { gzip = true }, chunks = { gzip = 1, chunk_rows = 100 } } do
        f:to_hdf(path "all.h5", opts)
        helper.assert_same_frame(f, mb.read_hdf(path "all.h5", f:columns()), what)
        for _, dataset in ipairs(mb.ls_hdf(path "all.h5")) do
          assert.equal(f:column(dataset.name):type(), dataset.type, dataset.name)
          assert.equal(n, dataset.rows)
        end
        assert.equal(#f:columns(), #mb.ls_hdf(path "all.h5"))
      end
    end)
  end

  it("writes more than a piece, and rows of ragged layouts, shuffled and pending", function()
    local n = 300007
    local f = mb.frame { { "a", mb.range(1, n) }, { "b", mb.random(n, { seed = 3, high = 1000 }) } }
    f.t = (f.b % 90):as "text"
    f.s = f.a:as("text", { dictionary = false })
    f.m = f.b:put(f.b:lt(10), mb.null)
    local kept = f[f.b:lt(500) & f.a:gt(n // 3)]
    kept.p = kept.a * 2 - 7
    local mixed = kept[kept.a:argsort { descending = true }]
    for _, opts in ipairs { {}, { gzip = 1 } } do
      for _, one in ipairs { kept, mixed } do
        one:to_hdf(path "ragged.h5", opts)
        local got = mb.read_hdf(path "ragged.h5", one:columns())
        for name, column in one:each() do
          local back = got:column(name)
          assert.equal(column:is_missing():sum(), back:is_missing():sum(), name)
          assert.is_true(back:eq(column):all(), name)
        end
      end
    end
  end)

  it("is read by h5py and pandas as numbers and strings", function()
    local f = frames.of_all_types(1000)
    f:to_hdf(path "h5py.h5", { gzip = 6, attrs = { title = "flows ü", rows = 1000, rate = 0.5, good = true } })
    f:to_hdf(path "plain.h5")
    f.tiny:to_hdf(path "plain.h5", "more/tiny", { mode = "a", attrs = { unit = "s" } })
    local answer = path "answer.h5"
    local printed = helper.python_output([[
import sys, h5py, numpy, pandas
for name in sys.argv[1:3]:
    f = h5py.File(name, "r")
    print(f["tiny"].dtype, f["small"].dtype, f["wide"].dtype, f["based"].dtype, f["uint"].dtype,
          f["single"].dtype, f["flag"].dtype, f["few"].dtype.kind, h5py.check_string_dtype(f["varying"].dtype).length,
          f["v4"].dtype, f["v6"].dtype.kind, f["flags"].dtype, f["start"].attrs["moonbear_unit"].decode(),
          f["group/deep/er"].shape, h5py.check_string_dtype(f["few"].dtype).encoding)
    frame = pandas.DataFrame({k: f[k][:] for k in ["tiny", "small", "double"]})
    print(frame["tiny"].sum(), frame["small"].sum(), len(set(f["many"].asstr()[:])), f["varying"].asstr()[0][:3])
a = h5py.File(sys.argv[1], "r").attrs
print(a["title"].decode() if isinstance(a["title"], bytes) else a["title"], a["rows"], a["rate"], a["good"])
f = h5py.File(sys.argv[2], "r")
print((f["more/tiny"][:] == f["tiny"][:]).all(), f["more/tiny"].attrs["unit"])
with h5py.File(sys.argv[3], "w") as out:  # the raw values, as h5py has them
    for k in ["tiny", "small", "wide", "based", "uint", "single", "double", "few", "many", "varying", "v6"]:
        out[k] = f[k][:]
]], path "h5py.h5", path "plain.h5", answer)
    local line = "uint8 int16 int64 int64 uint8 float64 bool S None uint32 S uint8 s (1000,) utf-8\n"
    local first = f.varying[1] == mb.null and "" or f.varying[1]:sub(1, 3)
    local sums = ("%d %d %d %s\n"):format(f.tiny:sum(), f.small:sum(), f.many:nunique(), first)
    assert.equal(line .. sums .. line .. sums .. "flows ü 1000 0.5 True\nTrue b's'\n", printed)
    for _, dataset in ipairs(mb.ls_hdf(answer)) do
      local wanted, got = f:column(dataset.name), mb.read_hdf(answer, dataset.name)
      local there = ~wanted:is_missing()
      if wanted:type() == "ip" then got = got[there]:as "ip" else got = got[there]:as(wanted:type()) end
      assert_same_column(wanted[there], got, dataset.name)
    end
  end)

  it("adds datasets, replaces them, and appends rows", function()
    local f, file = frames.of_all_types(50), path "changed.h5"
    f:to_hdf(file, { columns = { "tiny", "few" } })
    f.small:to_hdf(file, "g/small", { mode = "a" })
    f.wide:to_hdf(file, "tiny", { mode = "r+", gzip = true })
    assert_same_column(f.wide, mb.read_hdf(file, "tiny"), "tiny")
    assert_same_column(f.small, mb.read_hdf(file, "g/small"), "small")
    assert_same_column(f.few, mb.read_hdf(file, "few"), "few")
    f.tiny:to_hdf(file, "tiny", { mode = "r+" })
    assert_same_column(f.tiny, mb.read_hdf(file, "tiny"), "tiny, without missing rows")
    mb.frame { { "tiny", f.wide }, { "few", f.many } }:to_hdf(file, { mode = "r+", append = true })
    assert_same_column(mb.concat { f.tiny, f.wide }, mb.read_hdf(file, "tiny"), "longer")
    assert_same_column(mb.concat { f.few, f.many }, mb.read_hdf(file, "few"), "longer text")
    f.few:to_hdf(path "new.h5", "few", { mode = "a" })
    assert_same_column(f.few, mb.read_hdf(path "new.h5", "few"), "made by a")
  end)

  it("appends to datasets that keep their attributes and stay compressed", function()
    local file = path "kept.h5"
    helper.python_output([[
import h5py, sys, numpy as np
with h5py.File(sys.argv[1], "w") as f:
    d = f.create_dataset("packed", data=[1, 2], compression="gzip")
    d.attrs["names"], d.attrs["unit"], d.attrs["grid"], d.attrs["itself"] = ["a", "bc"], "m", np.eye(2), d.ref
    f["plain"] = [1.5]
    f["plain"].attrs["isBool"] = 1
]], file)
    mb.range(3, 5):to_hdf(file, "packed", { mode = "r+", append = true, attrs = { unit = "km" } })
    mb.column({ 2.5 }):to_hdf(file, "plain", { mode = "r+", append = true })
    assert.same({ 1, 2, 3, 4, 5 }, mb.read_hdf(file, "packed"):to_table())
    assert.same({ 1.5, 2.5 }, mb.read_hdf(file, "plain"):to_table())
    assert.same({ names = { "a", "bc" }, unit = "km", grid = { 1.0, 0.0, 0.0, 1.0 }, moonbear_type = "int" },
      mb.attrs(file, "packed"))
    assert.same({ moonbear_type = "float" }, mb.attrs(file, "plain"))
    assert.truthy(mb.ls_hdf(file)[1].compression:find "gzip")
    assert.is_nil(mb.ls_hdf(file)[2].compression)
    mb.range(6, 6):to_hdf(file, "packed", { mode = "r+", append = true, gzip = false })
    assert.is_nil(mb.ls_hdf(file)[1].compression)
    mb.range(6, 6):to_hdf(file, "packed", { mode = "r+" })
    assert.same({ moonbear_type = "int" }, mb.attrs(file, "packed"))
  end)

  it("reads files of several writes as one, and refuses types that differ", function()
    local f, g = frames.of_all_types(20), frames.of_all_types(30)
    f:to_hdf(path "part1.h5")
    g:to_hdf(path "part2.h5")
    local both = mb.read_hdf(path "part?.h5", f:columns())
    for name, column in f:each() do
      assert_same_column(mb.concat { column, g:column(name) }, both:column(name), name)
    end
    g.start:to_hdf(path "part2.h5", "tiny", { mode = "r+" })
    helper.assert_raises("dataset 'tiny' is int in", mb.read_hdf, path "part?.h5", "tiny")
    g.tiny:to_hdf(path "part2.h5", "start", { mode = "r+" })
    helper.assert_raises("their types, units or flags differ", mb.read_hdf, path "part?.h5", "start")
  end)

  it("refuses what cannot be, and leaves the file", function()
    local f, file = frames.of_all_types(3), path "kept.h5"
    f.tiny:to_hdf(file, "tiny")
    local before = helper.read_file(file)
    local function refuses(part, call, ...) helper.assert_raises(part, call, ...) end
    local function named(name) return f.tiny:to_hdf(file, name) end
    refuses("it is empty", named, "")
    refuses("x...' cannot be the name of a dataset: it has more than 4000 bytes", named, ("x"):rep(4001))
    refuses("'/' stands between", named, "/a")
    refuses("'/' stands between", named, "a//b")
    refuses("name no group", named, "a/../b")
    refuses("is kept for", named, "_moonbear/x")
    refuses("zero byte", named, "a\0b")
    refuses("bad argument #2 to 'to_hdf' (string expected, got 3)", function() f.tiny:to_hdf(file, 3) end)
    refuses("bad argument #1 to 'to_hdf' (string expected, got nil)", function() f:to_hdf() end)
    refuses("'to_hdf' has no option 'mod'; did you mean 'mode'?", function() f:to_hdf(file, { mod = "w" }) end)
    refuses("('w', 'a' or 'r+' expected", function() f:to_hdf(file, { mode = "x" }) end)
    refuses("a level from 1 to 9", function() f:to_hdf(file, { gzip = 10 }) end)
    refuses("chunk_rows says nothing", function() f:to_hdf(file, { chunk_rows = 10 }) end)
    refuses("a number from 1 to 2^24", function() f:to_hdf(file, { gzip = 1, chunk_rows = 0 }) end)
    for name, write in pairs { to_hdf = f.to_hdf, to_csv = f.to_csv, to_parquet = f.to_parquet } do
      refuses(("bad argument #1 to '%s': the path is empty"):format(name), function() write(f, "") end)
    end
    refuses("bad argument #1 to 'save': the path is empty", function() mb.save("", {}) end)
    refuses("append = true}: the file must be there", function() f:to_hdf(file, { append = true }) end)
    refuses("there is no column 'nope'", function() f:to_hdf(file, { columns = { "nope" } }) end)
    refuses("'tiny' is there twice", function() f:to_hdf(file, { columns = { "tiny", "tiny" } }) end)
    refuses("must be a number, a boolean or a string", function() f:to_hdf(file, { attrs = { x = {} } }) end)
    refuses("moonbear's own", function() f:to_hdf(file, { attrs = { moonbear_type = "int" } }) end)
    refuses("{mode = 'r+'} replaces it", function() f.tiny:to_hdf(file, "tiny", { mode = "a" }) end)
    refuses("'tiny' is there, and not a group", function() f.tiny:to_hdf(file, "tiny/x", { mode = "a" }) end)
    refuses("cannot be a dataset and the group of", function()
      mb.frame { { "a", f.tiny }, { "a/b", f.tiny } }:to_hdf(file)
    end)
    refuses("No such file", function() f:to_hdf(path "none.h5", { mode = "r+" }) end)
    refuses("No such file", function() f:to_hdf(path "none/x.h5") end)
    refuses("not a regular file", function() f:to_hdf(helper.folder()) end)
    refuses("end in a zero byte", function() mb.column { "a\0" }:to_hdf(file, "t") end)
    assert.equal(before, helper.read_file(file))
    helper.write_file(path "text.h5", "a,b\n1,2\n")
    refuses("not an HDF5 file", function() f:to_hdf(path "text.h5", { mode = "a" }) end)
    assert.equal("a,b\n1,2\n", helper.read_file(path "text.h5"))
    assert.equal("", helper.shell(("ls -A %s | grep part$"):format(helper.folder())))
  end)

  it("fails on all ranks where one fails, and writes nothing", function()
    local file = path "one.h5"
    local f = mb.frame { { "a", mb.range(1, 1000) }, { "t", mb.column { "x" }[mb.full(1000, 1)] } }
    f.a:to_hdf(file, "a")
    local before = helper.read_file(file)
    for _, gzip in ipairs { true, false } do
      local at, ok, message = 0
      repeat
        at = at + 1
        core.inject_fault(at % mb.size(), at, at % 2 == 0 and "step" or "for good")
        ok, message = pcall(f.to_hdf, f, file, { gzip = gzip })
        core.inject_fault(-1, 0)
        -- A step that fails after the rename leaves the new file.
        if not ok and helper.read_file(file) ~= before then
          assert.truthy(message:find("a test makes this step fail", 1, true), message)
          ok = true
        end
        if ok then
          assert.equal(1000, #mb.read_hdf(file, "t"))
          before = helper.read_file(file)
        end
      until ok and at > 60
    end
  end)
end)

-- Limits the files that every rank may write, in bytes.
local function limit_files(most)
  local ranks = {}
  for rank = 0, mb.size() - 1 do
    ranks[#ranks + 1] = mb.on_rank(rank, function() return io.open "/proc/self/stat":read "n" end)
  end
  os.execute(("for rank in %s; do prlimit --pid $rank --fsize=%s:; done"):format(table.concat(ranks, " "), most))
end

describe("to_hdf on a full disk", function()
  it("raises wherever there is no room, and leaves the file", function()
    local n, file = 10000, path "full.h5"
    local f = mb.frame { { "a", mb.random(n, { seed = 1 }) }, { "t", (mb.range(1, n) % 1000):as "text" },
      { "v", mb.range(1, n):as("text", { dictionary = false }) .. ("x"):rep(100) } }
    f.w = mb.where(f.a:lt(1 << 62), f.t, f.v .. ("y"):rep(3000))
    for _, gzip in ipairs { false, true } do
      f:to_hdf(file, { gzip = gzip })
      local size = #helper.read_file(file)
      mb.range(1, 3):to_hdf(file, "a")
      local before = helper.read_file(file)
      for mode, names in pairs { w = { "a", "t", "v", "w" }, a = { "t", "v", "w" } } do
        local points = mb.size() == 1 and 25 or 9 -- each costs processes of all ranks
        for i = 0, points - 1 do
          limit_files((size - 4096) * i // points + 1)
          local ok, message = pcall(f.to_hdf, f, file, { gzip = gzip, mode = mode, columns = names })
          limit_files "unlimited"
          if ok and mode == "a" then break end
          assert.is_false(ok)
          assert.truthy(message:find("full.h5: cannot write: File too large", 1, true), message)
          assert.equal(before, helper.read_file(file))
        end
        mb.range(1, 3):to_hdf(file, "a")
        before = helper.read_file(file)
      end
      assert.equal("", helper.shell(("ls -A %s | grep part$"):format(helper.folder())))
    end
  end)
end)

-- Jobs of their own, which are killed.
describe("a file that is written", helper.once(function()
  local script = [[
    local mb = require "moonbear"
    local n = 100000
    local f = mb.frame { { "a", mb.random(n, { seed = 1 }) }, { "t", (mb.range(1, n) % 1000):as "text" },
      { "v", mb.range(1, n):as("text", { dictionary = false }) } }
    io.open("begun", "w"):close()
    for i = 1, tonumber(arg[3]) do f:to_hdf(arg[1], { gzip = arg[2] == "gzip" and 1 or nil }) end
  ]]

  it("is the old one or the new one when the writer is killed", function()
    helper.write_file(path "job.lua", script)
    local file = path "killed.h5"
    mb.range(1, 3):to_hdf(file, "a")
    -- One shell kills at any moment of a fifth of a second, while the file is written again and again.
    local out = helper.shell(([[
      cd %s
      i=0
      while [ $i -lt 40 ]; do
        rm -f begun
        %s job.lua %s $([ $((i %% 2)) = 0 ] && echo gzip || echo plain) 1000 2>/dev/null & pid=$!
        while [ ! -e begun ] && kill -0 $pid; do sleep 0.01; done
        sleep $(printf 0.%%02d $((i / 2 * 7 %% 20)))
        kill -9 $pid
        wait $pid 2>/dev/null
        i=$((i + 1))
      done
      ls -A | grep -c part$
    ]]):format(helper.folder(), helper.quote(helper.program), file))
    assert.equal("0", (out:gsub("%s", "")))
    local rows = #mb.read_hdf(file, "a")
    assert.is_true(rows == 3 or rows == 100000)
  end)
end))
