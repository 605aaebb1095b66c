-- Files that are changed or replaced while they are read, and what reading keeps of them meanwhile.
local helper = require "spec.helper"
local mb = require "moonbear"

local path <const> = helper.path

local function make(name, value, rows)
  mb.frame { x = mb.full(rows, value), y = mb.full(rows, value * 0.5) }:to_hdf(path(name))
end

teardown(helper.clean)

describe("a scan", function()
  before_each(function()
    for i = 1, 3 do make(("part%d.h5"):format(i), i, 1000) end
  end)

  local function scanned() return mb.scan_hdf(path "part?.h5", { "x", "y" }) end

  it("reads files that are as they were", function()
    local scan = scanned()
    assert.equal(6000, scan.x:sum())
    assert.equal(3000.0, scan.y:sum())
  end)

  it("of a file that was replaced raises, also by one of as many rows", function()
    for _, rows in ipairs { 1000, 900, 0 } do
      local scan = scanned()
      make("part2.h5", 7, rows)
      helper.assert_raises("part2.h5: the file was changed since it was first looked at: "
        .. "make the scan anew", function() return scan.x:sum() end)
      assert.equal(4000 + 7 * rows, scanned().x:sum())
    end
  end)

  it("of a file that was written to raises", function()
    local scan = scanned()
    helper.python_output([[
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as f: f['x'][3] = 77]], path "part1.h5")
    helper.assert_raises("part1.h5: the file was changed", function() return scan.x:sum() end)
  end)

  it("of a file that is gone, or another thing, raises", function()
    local scan = scanned()
    helper.shell("rm " .. path "part3.h5")
    helper.assert_raises("part3.h5", function() return scan.x:sum() end)
    helper.shell(("mkdir %s && cp %s %s/a.h5 && cp %s %s/b.h5"):format(path "part3.h5",
      path "part1.h5", path "part3.h5", path "part1.h5", path "part3.h5"))
    helper.assert_raises("part", function() return scan.x:sum() end)
    helper.shell("rm -r " .. path "part3.h5")
  end)
end)

describe("a file that is replaced again and again", function()
  it("is read as it was at one moment, or refused", function()
    local others = { 1, 2 }
    for _, value in ipairs(others) do make(("new%d"):format(value), value, 5000) end
    local stop <const> = path "stop"
    local command = ([[cd %s; n=1; while [ ! -e stop ]; do
      n=$((3 - n)); cp new$n now && mv now file.h5; cp new$n now && mv now file2.h5; done]]):format(
      helper.folder())
    helper.shell(("cp %s %s; cp %s %s"):format(path "new1", path "file.h5", path "new1",
      path "file2.h5"))
    local process = assert(io.popen(command))
    local whole = { [5000] = true, [10000] = true }
    local ok, problem = pcall(function()
      for _ = 1, 15 do
        local read, result = pcall(mb.read_hdf, path "file.h5", { "x", "y" })
        if read then
          assert.is_true(whole[result.x:sum()], tostring(result.x:sum()))
          assert.equal(result.x:sum() / 2, result.y:sum())
        else
          assert.matches("file.h5: .*changed", tostring(result))
        end
      end
    end)
    helper.write_file(stop, "")
    process:close()
    if not ok then error(problem, 0) end
  end)
end)

describe("many small files", function()
  local kinds <const> = {
    plain = "", big_endian = "", chunked = ", chunks=(50,), maxshape=(None,)",
    gzip = ", chunks=(64,), maxshape=(None,), "
      .. "compression='gzip', shuffle=True, fletcher32=True", short = "",
    lzf = ", chunks=(43,), maxshape=(None,), compression='lzf'",
  }

  setup(function()
    local lines = { "import h5py, numpy as np, os, sys", "os.chdir(sys.argv[1])" }
    for kind, options in pairs(kinds) do
      lines[#lines + 1] = ([[
for i in range(9):
    n = 40 + i if %q != 'short' else i %% 3
    with h5py.File('%s%%d.h5' %% i, 'w', userblock_size=512 if i == 4 else 0) as f:
        t = np.dtype('>i4') if %q == 'big_endian' else np.dtype('i8' if i %% 2 else 'u2')
        f.create_dataset('a', data=(np.arange(n) * (i + 1)).astype(t)%s)
        f.create_dataset('b', data=np.arange(n) / 4 %s)
        f.create_dataset('s', data=np.array(['%%d' %% (k %% 5) for k in range(n)], dtype='S3')%s)
        f.create_dataset('v', data=['v%%d' %% (k %% 3) for k in range(n)],
            dtype=h5py.string_dtype())]]):format(kind, kind, kind, options, options, options)
    end
    helper.python_output(table.concat(lines, "\n"), helper.folder())
  end)

  it("give the same rows however they are stored", function()
    for kind in pairs(kinds) do
      local a, b, s = {}, {}, {}
      for i = 0, 8 do
        for k = 0, (kind == "short" and i % 3 or 40 + i) - 1 do
          a[#a + 1], b[#b + 1], s[#s + 1] = k * (i + 1), k / 4, ("%d"):format(k % 5)
        end
      end
      local got = mb.read_hdf(path(kind .. "?.h5"), { "a", "v", "b", "s" })
      assert.same(a, got.a:to_table(), kind)
      assert.same(b, got.b:to_table(), kind)
      assert.same(s, got.s:to_table(), kind)
      assert.equal(#a, #got.v)
      assert.same(a, mb.read_hdf(path(kind .. "?.h5"), "a"):to_table(), kind)
    end
  end)

  it("are read in part, and without those that are bad", function()
    helper.write_file(path "plain5x.h5", "nothing")
    local good, all = {}, mb.read_hdf(path "plain?.h5", "a")
    for i = 0, 8 do good[#good + 1] = path(("plain%d.h5"):format(i)) end
    assert.same(all:slice(30, 300):to_table(),
      mb.read_hdf(good, { "a" }, { rows = { 30, 300 } }).a:to_table())
    table.insert(good, 3, path "plain5x.h5")
    assert.same(all:to_table(), mb.read_hdf(good, { "a", "s" }, { on_error = "skip" }).a:to_table())
  end)
end)

describe("parts of a dataset", function()
  it("are read together, in any order and among others", function()
    helper.python_output([[
import h5py, numpy as np, sys
n = 997
t = np.zeros(n, dtype=[('i', '>i4'), ('s', 'S5'), ('b', '?'), ('f', 'f4'), ('v', 'u8', (2,))])
k = np.arange(n)
t['i'], t['s'], t['b'], t['f'] = k * 3, [b'%d' % (j % 11) for j in k], k % 3 == 0, k / 2
t['v'][:, 0], t['v'][:, 1] = k, k + 1
m = np.arange(n * 5).reshape(n, 5)
with h5py.File(sys.argv[1], 'w') as f:
    for name, rows in (('small', 10), ('large', 2000), ('odd', 97)):
        o = dict(chunks=(rows,) if rows < n else (n,), compression='gzip', shuffle=True)
        f.create_dataset('t' + name, data=t, **o)
        f.create_dataset('m' + name, data=m.astype('>i2' if rows == 97 else 'i8'),
            chunks=(min(rows, n), 5 if rows == 10 else 2), compression='gzip')
    f['plain'] = k
    f.attrs['x'] = 1]], path "parts.h5")
    for _, kind in ipairs { "small", "large", "odd" } do
      local t, m = "t" .. kind, "m" .. kind
      local got = mb.read_hdf(path "parts.h5", { m .. "[4]", t .. ".f", "plain", t .. ".s",
        m .. "[1]", t .. ".i", t .. ".v[2]", m .. "[5]", t .. ".b", m .. "[2]" })
      local wanted = { plain = {} }
      for k = 1, 997 do
        local function set(name, value)
          wanted[name] = wanted[name] or {}
          wanted[name][k] = value
        end
        set("plain", k - 1)
        set(t .. ".f", (k - 1) / 2)
        set(t .. ".s", ("%d"):format((k - 1) % 11))
        set(t .. ".i", (k - 1) * 3)
        set(t .. ".v[2]", k)
        set(t .. ".b", (k - 1) % 3 == 0)
        for _, column in ipairs { 1, 2, 4, 5 } do
          set(("%s[%d]"):format(m, column), (k - 1) * 5 + column - 1)
        end
      end
      for name, column in got:each() do assert.same(wanted[name], column:to_table(), name) end
    end
  end)
end)
