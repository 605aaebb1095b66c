-- What scans write piece by piece, beside the frame itself: HDF5 and Parquet; text is in to_csv_spec.
local helper = require "spec.helper"
local mb = require "moonbear"
local pieces = require "moonbear.pieces"
local streams = require "spec.streams"
local zones = require "moonbear.hdf.zones"

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
      if write == "to_parquet" then
        raises("would be a file: leave", function() scan[write](scan, path .. ending) end)
      end
      raises("cannot write", function() scan[write](scan, path .. "/nowhere/x") end)
      raises("and no empty folder", function() scan[write](scan, helper.folder()) end)
      raises("has no columns", function() scan:select {} [write](scan:select {}, path) end)
      assert.equal("", helper.shell("ls " .. helper.folder() .. " | grep -E '_fails|part' || true"))
    end)
  end

  it("to_hdf says what it has not", function()
    local scan = streams.of(frame_of(10), 3)
    for _, options in ipairs { { mode = "a" }, { mode = "r+", append = true } } do
      raises("would be a folder", function() scan:to_hdf(helper.path "none", options) end)
    end
    raises("takes no 'files'", function() scan:to_hdf(helper.path "none.h5", { files = "rank" }) end)
    raises("no layout 'arkouda'", function() scan:to_hdf(helper.path "none.h5", { layout = "arkouda" }) end)
    scan:select("x"):to_hdf(helper.path "seen")
    assert.equal("45\n", helper.python_output(
      "import h5py, glob, sys; print(sum(int(h5py.File(p)['x'][:].sum()) for p in glob.glob(sys.argv[1] + '/*')))",
      helper.path "seen"))
  end)
end)

describe("a scan in one HDF5 file", function()
  local fewest, most, least_zone = pieces.fewest, pieces.most, zones.fewest
  local path <const> = helper.path

  setup(function() pieces.fewest, pieces.most, zones.fewest = 32, 48, 8 end)
  teardown(function()
    pieces.fewest, pieces.most, zones.fewest = fewest, most, least_zone
    helper.clean()
  end)

  -- What is in the folder but these files, which are gone then.
  local function left(...)
    for _, name in ipairs { ... } do os.remove(path(name)) end
    return helper.shell("ls -A " .. helper.folder())
  end

  it("is the file of the frame, byte for byte", function()
    local frame = frame_of(200)
    for _, rows in ipairs { 30, 1000 } do
      for _, condition in ipairs { "x >= 0", "x > 150 and x % 2 == 1", "x < 0" } do
        local options = { attrs = { made = "by a scan", rows = 7 } }
        streams.of(frame, rows):where(condition):to_hdf(path "scan.h5", options)
        -- what is known of a filtered column may be loose
        streams.of(frame, rows):where(condition):collect():to_hdf(path "frame.h5", options)
        check_same(frame:where(condition), mb.read_hdf(path "scan.h5"))
        local same = helper.shell(("cmp -s %s %s && echo same || h5diff %s %s && echo alike"):format(
          path "scan.h5", path "frame.h5", path "scan.h5", path "frame.h5"))
        assert.is_true(same:find "alike" ~= nil, same)
      end
    end
    assert.equal("", left("scan.h5", "frame.h5"))
  end)

  it("is compressed in chunks that pieces do not end", function()
    local frame = frame_of(200)
    for _, chunk in ipairs { 7, 300 } do
      local options = { gzip = true, chunk_rows = chunk }
      streams.of(frame, 30):to_hdf(path "scan.hdf", options)
      frame:to_hdf(path "frame.hdf", options)
      check_same(frame, mb.read_hdf(path "scan.hdf"))
      assert.equal("", helper.shell(("h5diff %s %s"):format(path "scan.hdf", path "frame.hdf")))
      local some = mb.scan_hdf(path "scan.hdf"):where "x > 190"
      assert.equal(9, #some)
    end
    assert.equal("", left("scan.hdf", "frame.hdf"))
  end)

  it("gets cells that have the values of all pieces", function()
    local x = mb.range(1, 150)
    local frame = mb.frame {
      { "a", mb.where(x:lt(140), x, -x) }, { "b", mb.where(x:lt(140), x, x * 1000000) },
      { "c", mb.where(x:gt(20), x, 1 << 62) }, { "d", mb.where(x:eq(130), "a longer string", "t") },
      { "e", mb.where(x:eq(131), ("z"):rep(5000), "t") }, { "g", mb.where(x:eq(149), mb.null, x / 2) },
      { "h", mb.where(x:lt(35), mb.null, "all of the first piece are missing") },
      { "i", mb.where(x:gt(60), "10.0.0.1", "::1"):as "ip" }, { "j", mb.where(x:gt(0), mb.null, x) },
      { "k/in/a group", x:as "duration" }, { "l[1]", mb.flags(x % 64, "FSRPAU") }, { "m.n", x:gt(40) },
    }
    streams.of(frame, 30):to_hdf(path "scan.h5")
    frame:to_hdf(path "frame.h5")
    check_same(frame, mb.read_hdf(path "scan.h5", frame:columns()))
    assert.equal("", helper.shell(("h5diff %s %s"):format(path "scan.h5", path "frame.h5")))
    local function types_of(name) -- addresses as text take what the longest may take
      return helper.shell(("h5dump -pH -d a -d b -d c -d d -d e -d g -d h -d j %s | grep -E 'STD|IEEE|STRSIZE'")
        :format(path(name)))
    end
    assert.equal(types_of "frame.h5", types_of "scan.h5")
    assert.equal("", left("scan.h5", "frame.h5"))
  end)

  it("is added to another, replaces datasets, and follows their rows", function()
    local frame = frame_of(100):drop("long")
    frame:select("x", "word", "gaps"):to_hdf(path "scan.h5")
    local scan = streams.of(frame, 30)
    raises("already", function() scan:to_hdf(path "scan.h5", { mode = "a" }) end)
    scan:drop("x", "word", "gaps"):to_hdf(path "scan.h5", { mode = "a", attrs = { n = 1 } })
    check_same(frame, mb.read_hdf(path "scan.h5", frame:columns()))
    scan:where("x >= 50"):to_hdf(path "scan.h5", { mode = "r+", columns = { "x", "at" } })
    check_same(frame:where "x >= 50":select("x", "at"), mb.read_hdf(path "scan.h5", { "x", "at" }))
    assert.equal(49, #mb.scan_hdf(path "scan.h5", "x"):where "x > 50")
    frame:to_hdf(path "scan.h5", { attrs = { n = 2 } })
    scan:to_hdf(path "scan.h5", { mode = "r+", append = true })
    check_same(mb.concat { frame, frame }, mb.read_hdf(path "scan.h5", frame:columns()))
    assert.equal(2, mb.attrs(path "scan.h5").n)
    raises("other", function()
      scan:with { other = "x" }:to_hdf(path "scan.h5", { mode = "r+", append = true })
    end)
    assert.equal("", left("scan.h5"))
  end)

  it("leaves the file that was there where it fails", function()
    local frame, fail = frame_of(100), nil
    local scan = streams.of(frame, 30):map(function(rows)
      if fail == "last" and #rows == 10 then error "the last piece fails" end
      if fail == "type" and #rows == 10 then return rows:with { x = "x / 2" } end
      return rows
    end)
    mb.range(1, 3):to_hdf(path "old.h5", "old")
    fail = "last"
    raises("the last piece fails", function() scan:to_hdf(path "old.h5") end)
    fail = "type"
    raises("column 'x' is int in some pieces, and float in others", function() scan:to_hdf(path "old.h5") end)
    fail = nil
    raises("zero byte", function()
      streams.of(frame:with { z = mb.where(frame.x:eq(70), "a\0", "b") }, 30):to_hdf(path "old.h5")
    end)
    raises("cannot be the name of a dataset", function()
      streams.of(mb.frame { { "a//b", mb.range(1, 100) } }, 30):to_hdf(path "old.h5")
    end)
    raises("a list of names expected", function() scan:to_hdf(path "old.h5", { columns = "x" }) end)
    raises("there is no column 'y'", function() scan:to_hdf(path "old.h5", { columns = { "y" } }) end)
    raises("has no columns", function() scan:select {} :to_hdf(path "old.h5") end)
    raises("cannot write", function() scan:to_hdf(path "nowhere/x.h5") end)
    assert.equal("old.h5\n", helper.shell("ls -A " .. helper.folder()))
    assert.equal(6, mb.read_hdf(path "old.h5", "old"):sum())
    scan:to_hdf(path "old.h5")
    assert.equal(4950, mb.read_hdf(path "old.h5", "x"):sum())
    assert.equal("", left("old.h5"))
  end)

  it("is made of text and of Parquet", function()
    local frame = frame_of(150):drop("six")
    frame:to_csv(path "rows.csv")
    frame:to_hdf(path "all.h5")
    mb.scan_hdf(path "all.h5"):to_hdf(path "all.h5", { gzip = true }) -- onto itself
    check_same(frame, mb.read_hdf(path "all.h5", frame:columns()))
    mb.scan_csv(path "rows.csv"):to_hdf(path "csv.h5")
    local wanted = mb.read_csv(path "rows.csv")
    check_same(wanted, mb.read_hdf(path "csv.h5", wanted:columns()))
    if helper.has_duckdb() then
      frame:to_parquet(path "rows.parquet")
      mb.scan_parquet(path "rows.parquet"):to_hdf(path "parquet.h5")
      wanted = mb.read_parquet(path "rows.parquet")
      check_same(wanted, mb.read_hdf(path "parquet.h5", wanted:columns()))
    end
    assert.equal("", left("rows.csv", "all.h5", "csv.h5", "rows.parquet", "parquet.h5"))
  end)

  it("without rows is scanned again and again", function()
    helper.write_file(path "none.csv", "k,x\n")
    local scan = mb.scan_csv(path "none.csv", { types = { k = "text", x = "float" } })
    for _ = 1, 2 do
      assert.equal(0.0, scan.x:sum())
      assert.equal(0, #scan:collect())
      scan:to_csv(path "again.csv")
      assert.equal(0, #mb.read_csv(path "again.csv"))
    end
    left("none.csv", "again.csv")
  end)
end)
