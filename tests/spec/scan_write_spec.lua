-- What scans write piece by piece, beside the frame itself: HDF5 and Parquet; text is in to_csv_spec.
local helper = require "spec.helper"
local mb = require "moonbear"
local streams = require "spec.streams"

local rows_of, raises = helper.rows_of, helper.assert_raises

local function frame_of(n)
  local x = mb.range(0, n - 1)
  return mb.frame { { "x", x }, { "wide", x * 40000 }, { "u", x:as "uint" + mb.uint "18446744073709000000" },
    { "f", x / 7 }, { "b", (x % 3):eq(0) }, { "word", "ü" .. (x % 10):as "text" },
    { "long", ("x"):rep(90) .. x:as "text" },
    { "each", x:as("text", { dictionary = false }) }, { "at", mb.time_of(x, { unit = "ms" }) },
    { "took", mb.time_of(x, { unit = "ms" }) - mb.time(0) }, { "from", (x + 167772160):as "ip" },
    { "six", mb.where(x:lt(n // 2), "10.0.0.1", "2001:db8::1"):as "ip" },
    { "gaps", mb.where(x:gt(n // 2) & (x % 5):eq(2), mb.null, x) },
    { "holes", mb.where((x % 7):eq(2), mb.null, "t") } }
end

local function check_same(expected, found)
  assert.equal(#expected, #found)
  for name, column in expected:each() do
    local other = found:column(name)
    assert.equal(column:type(), other:type(), name)
    assert.equal(mb.core.unit_of(column), mb.core.unit_of(other), name)
    assert.same(rows_of(column), rows_of(other), name)
  end
end

describe("a scan", function()
  teardown(helper.clean)

  local kinds = { { "to_hdf", mb.read_hdf, mb.scan_hdf, {}, { gzip = true, attrs = { made = "by a scan" } }, ".h5" } }
  if helper.has_duckdb() then
    kinds[2] = { "to_parquet", mb.read_parquet, mb.scan_parquet, {}, { compression = "snappy" }, ".parquet" }
  end

  for _, kind in ipairs(kinds) do
    local write, read, scan_of, ending = kind[1], kind[2], kind[3], kind[6]

    it(write .. " writes a folder that is read as one", function()
      local frame, made = frame_of(200), 0
      for _, rows in ipairs { 70, 1000 } do
        for o = 4, 5 do
          for _, condition in ipairs { "x >= 0", "x > 150 and x % 2 == 1", "x < 0" } do
            made = made + 1
            local path = helper.path(write .. made)
            local scan = streams.of(frame, rows):where(condition)
            scan[write](scan, path .. "/", kind[o])
            local expected = frame:where(condition)
            check_same(expected, read(path))
            assert.equal(expected.x:sum(), scan_of(path, "x").x:sum())
          end
        end
      end
    end)

    it(write .. " leaves nothing where it fails", function()
      local frame, fail = frame_of(100), false
      local scan = streams.counted(frame, 30):map(function(rows)
        if fail and #rows == 10 then error "the last piece fails" end
        return rows
      end)
      fail = true
      local path = helper.path(write .. "_fails")
      raises("the last piece fails", function() scan[write](scan, path) end)
      fail = false
      raises("no option 'compresion'", function() scan[write](scan, path, { compresion = 1 }) end)
      raises("would be a file: leave", function() scan[write](scan, path .. ending) end)
      raises("cannot write", function() scan[write](scan, path .. "/nowhere/x") end)
      raises("and no empty folder", function() scan[write](scan, helper.folder()) end)
      raises("has no columns", function() scan:select {} [write](scan:select {}, path) end)
      assert.equal("", helper.shell("ls " .. helper.folder() .. " | grep -E '_fails|part' || true"))
    end)
  end

  it("to_hdf says what it has not", function()
    local scan = streams.of(frame_of(10), 3)
    for _, options in ipairs { { mode = "a" }, { mode = "r+", append = true }, { files = "rank" } } do
      raises("takes no 'mode' and no 'files'", function() scan:to_hdf(helper.path "none", options) end)
    end
    scan:select("x"):to_hdf(helper.path "seen")
    assert.equal("45\n", helper.python_output(
      "import h5py, glob, sys; print(sum(int(h5py.File(p)['x'][:].sum()) for p in glob.glob(sys.argv[1] + '/*')))",
      helper.path "seen"))
  end)
end)
