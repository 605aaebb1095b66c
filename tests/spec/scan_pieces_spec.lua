-- Pieces of scans: what is kept of files from one to the next, and how many rows they have.
local helper = require "spec.helper"
local mb = require "moonbear"
local pieces = require "moonbear.pieces"
local streams = require "spec.streams"

local path <const>, core <const> = helper.path, mb.core

local NAMES <const> = { "i", "f", "one", "gz", "s", "v", "b", "e" }

-- Rows of the k-th file, in plain Lua: `i` has a type of its own in each.
local function rows_of(k)
  local rows = {}
  for n = 1, k == 4 and 0 or 60 + 7 * k do
    rows[n] = { i = n * k % 120, f = (n + k) / 4, one = n - 1000 * k, gz = n * n * k, s = "s" .. n % 9,
      v = ("v"):rep(n % 13), b = n % 3 == k % 3, e = n % 3 }
  end
  return rows
end

setup(function()
  helper.python_output([[
import h5py, numpy as np, sys
for k in range(1, 7):
    n = np.arange(1, (0 if k == 4 else 60 + 7 * k) + 1)
    some = len(n) > 0
    with h5py.File('%s/p%d.h5' % (sys.argv[1], k), 'w') as f:
        f['i'] = (n * k % 120).astype(['i1', '>i4', 'u2', 'i8', 'u1', 'i8'][k - 1])
        f['f'] = (n + k) / 4
        f.create_dataset('one', data=n - 1000 * k, compression='gzip', chunks=(200,), maxshape=(None,))
        f.create_dataset('gz', data=n * n * k, compression='gzip', chunks=(17,), maxshape=(None,))
        f['s'] = np.array(['s%d' % (j % 9) for j in n], dtype='S4')
        f.create_dataset('v', data=['v' * (j % 13) for j in n], dtype=h5py.string_dtype())
        f['b'] = n % 3 == k % 3
        f.create_dataset('e', data=n % 3, dtype=h5py.enum_dtype({'a': 0, 'b': 1, 'c': 2}, 'i2'))
]], helper.folder())
end)
teardown(helper.clean)

-- With pieces of so many rows, a power of two.
local function with_pieces(rows, f, ...)
  local fewest, most = pieces.fewest, pieces.most
  pieces.fewest, pieces.most = rows, rows
  local ok, problem = pcall(f, ...)
  pieces.fewest, pieces.most = fewest, most
  if not ok then error(problem, 0) end
end

-- All rows of some files, by name.
local function expected(files)
  local all = {}
  for _, name in ipairs(NAMES) do all[name] = {} end
  for _, k in ipairs(files) do
    for _, row in ipairs(rows_of(k)) do
      for _, name in ipairs(NAMES) do table.insert(all[name], row[name]) end
    end
  end
  return all
end

local function check_rows(scan, all, names)
  local got = scan:select(names):collect()
  for _, name in ipairs(names) do assert.same(all[name], got:column(name):to_table(), name) end
end

describe("a scan in pieces", function()
  local all = expected { 1, 2, 3, 4, 5, 6 }

  it("has the rows of its files, pass after pass", function()
    for _, rows in ipairs { 64, 1024 } do
      with_pieces(rows, function()
        local scan = mb.scan_hdf(path "p?.h5", NAMES)
        for _, names in ipairs { NAMES, { "gz", "i" }, { "v", "one", "f" } } do
          check_rows(scan, all, names)
        end
        local total, odd = 0, 0
        for n, i in ipairs(all.i) do
          total = total + i
          if all.b[n] then odd = odd + all.gz[n] end
        end
        local sums = mb.collect { i = { scan.i, "sum" }, gz = { scan:where("b").gz, "sum" } }
        assert.same({ i = total, gz = odd }, sums)
      end)
    end
  end)

  it("has enumerations as text, and parts of what it knows", function()
    with_pieces(32, function()
      local scan = mb.scan_hdf(path "p?.h5", { "e", "s" }, { enums = "text" })
      local words = {}
      for n, e in ipairs(all.e) do words[n] = ("abc"):sub(e + 1, e + 1) end
      for _ = 1, 2 do check_rows(scan, { e = words, s = all.s }, { "e", "s" }) end
    end)
  end)

  it("leaves out what is no file at all, and what it cannot read", function()
    helper.write_file(path "p35.h5", "nothing")
    with_pieces(64, function()
      local scan = mb.scan_hdf(path "p*.h5", NAMES, { on_error = "skip" })
      for _ = 1, 2 do check_rows(scan, all, { "i", "v", "gz" }) end
    end)
    helper.shell("rm " .. path "p35.h5")
  end)

  it("of files that change between its passes or its pieces is refused", function()
    local changes = { -- the first one gives another time
      passes = { "touch %s", "cp %s %s.now && mv %s.now %s", "truncate -s 100 %s", "rm %s" },
      pieces = { "cp %s %s.now && mv %s.now %s", "printf x >> %s" },
    }
    helper.shell(("cp %s %s"):format(path "p5.h5", path "p5.old"))
    for between, list in pairs(changes) do
      for _, change in ipairs(list) do
        with_pieces(64, function()
          local scan = mb.scan_hdf(path "p?.h5", { "i", "gz" })
          local command, seen = change:gsub("%%s", path "p5.h5"), 0
          if between == "passes" then
            assert.equal(#all.i, #scan:collect())
            helper.shell(command)
          end
          helper.assert_raises("p5.h5", function()
            return scan:map(function(f)
              seen = seen + #f
              if between == "pieces" and seen == 64 then helper.shell(command) end
              return f
            end).i:sum()
          end)
          helper.shell(("cp %s %s"):format(path "p5.old", path "p5.h5"))
        end)
      end
    end
    check_rows(mb.scan_hdf(path "p?.h5", { "i", "gz" }), all, { "i", "gz" })
  end)

  it("is right, or fails on all ranks, when memory or a step fails on one", function()
    with_pieces(128, function()
      local scan = mb.scan_hdf(path "p?.h5", { "i", "one", "s" })
      local total = 0
      for _, i in ipairs(all.i) do total = total + i end
      for _, kind in ipairs { "once", "step" } do
        for rank, n in helper.failures(60, 4) do
          core.inject_fault(rank, n, kind)
          local ok, got = pcall(function() return scan.i:sum() end)
          core.inject_fault(rank, 0)
          for r = 0, mb.size() - 1 do assert.equal(ok, mb.on_rank(r, function() return ok end)) end
          if ok then assert.equal(total, got) end
        end
        check_rows(scan, all, { "i", "one", "s" })
      end
    end)
  end)
end)

describe("many files", function()
  it("are read again as they were", function()
    local n, sum = 60, 0
    helper.shell(("mkdir %s"):format(path "many"))
    for k = 1, n do sum = sum + k * (k % 5) end
    helper.python_output([[
import h5py, numpy as np, sys
for k in range(1, 61):
    with h5py.File('%s/%03d.h5' % (sys.argv[1], k), 'w') as f: f['x'] = np.full(k % 5, k)]], path "many")
    with_pieces(32, function()
      local scan = mb.scan_hdf(path "many", "x")
      for _ = 1, 2 do assert.equal(sum, scan.x:sum()) end
    end)
  end)
end)

-- The rows of the pieces in which a scan of a frame reads it, when f makes of each what takes
-- memory.
local function sizes_of(frame, f)
  local scan = streams.of(frame)
  local sizes = {}
  scan:map(function(piece)
    if #piece > 0 then sizes[#sizes + 1] = #piece end
    return f(piece)
  end).x:sum()
  return sizes
end

describe("the rows of pieces", function()
  local ROWS <const> = 400000

  -- With a budget of so many bytes beside what is there, on each rank.
  local function with_budget(bytes, f)
    local fewest, most = pieces.fewest, pieces.most
    collectgarbage()
    core.trim()
    local live, _, _, budget = core.memory(true)
    core.limit_memory(live + bytes)
    pieces.fewest = 1000
    local ok, problem = pcall(f)
    local _, _, peak = core.memory()
    core.limit_memory(budget)
    pieces.fewest, pieces.most = fewest, most
    if not ok then error(problem, 0) end
    return peak - live
  end

  it("grow where results take little, and stay within the budget", function()
    local frame = mb.frame { x = mb.range(1, ROWS):eval() }
    local room = 4 << 20
    with_budget(room, function()
      local sizes = sizes_of(frame, function(piece) return piece end)
      assert.is_true(#sizes > 2)
      for i = 2, #sizes - 1 do
        assert.equal(0, sizes[i] % sizes[i - 1])
        assert.is_true(sizes[i] <= 16 * sizes[i - 1])
      end
      assert.is_true(sizes[#sizes - 1] >= 2 * sizes[1])
      assert.is_true(sizes[#sizes - 1] * 4 <= room) -- of 4 bytes each
    end)
  end)

  it("shrink where they take much", function()
    local frame = mb.frame { x = mb.range(1, ROWS):eval() }
    with_budget(16 << 20, function()
      pieces.most = 16384
      local seen = 0
      local sizes = sizes_of(frame, function(piece)
        seen = seen + #piece
        if seen > ROWS // 3 then mb.full((6 << 20) // 8 * mb.size(), 1.5):eval():close() end
        return piece
      end)
      assert.equal(16384, sizes[1])
      local last = sizes[#sizes - 1]
      assert.is_true(last < 2000 and last >= 1000, last)
    end)
  end)
end)
