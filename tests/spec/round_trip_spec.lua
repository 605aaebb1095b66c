-- What we write, as h5diff, h5py, pandas and DuckDB have it.
local mb = require "moonbear"
local frames = require "spec.frames"
local helper = require "spec.helper"

local path <const> = helper.path

teardown(helper.clean)

-- What h5diff finds different, in values, types or attributes.
local function h5diff(a, b, options)
  local status, out, err = helper.execute(("h5diff %s '%s' '%s'"):format(options or "", path(a), path(b)))
  assert.equal("0 ", status .. " " .. out .. err)
end

describe("files of to_hdf", function()
  it("are the same to h5diff, compressed, after a round trip, and as h5py writes their values", function()
    local f = frames.of_all_types(300)
    f:to_hdf(path "plain.h5")
    f:to_hdf(path "gzip.h5", { gzip = 1, chunk_rows = 100 })
    mb.read_hdf(path "gzip.h5", f:columns()):to_hdf(path "again.h5")
    for i, name in ipairs(f:columns()) do
      f:column(name):to_hdf(path "added.h5", name, { mode = i == 1 and "w" or "a" })
    end
    for _, other in ipairs { "gzip.h5", "again.h5", "added.h5" } do h5diff("plain.h5", other) end
    helper.python_output([[
import sys, h5py
with h5py.File(sys.argv[1]) as ours, h5py.File(sys.argv[2], "w") as theirs:
    def copy(name, it):
        if isinstance(it, h5py.Dataset):
            theirs.create_dataset(name, data=it[:], dtype=it.dtype)
            for key, value in it.attrs.items():
                theirs[name].attrs[key] = value
    ours.visititems(copy)
]], path "plain.h5", path "h5py.h5")
    h5diff("plain.h5", "h5py.h5", "-N")
    local other = f.tiny + 1
    other:to_hdf(path "gzip.h5", "tiny", { mode = "r+" })
    assert.equal(1, (helper.execute(("h5diff -q '%s' '%s'"):format(path "plain.h5", path "gzip.h5"))))
  end)

  it("are the same to h5diff when a snapshot is loaded and saved", function()
    local f = frames.of_all_types(50)
    mb.save(path "first.h5", { f = f, n = 3 })
    mb.save(path "second.h5", mb.load(path "first.h5"))
    h5diff("first.h5", "second.h5")
  end)
end)

-- Columns that CSV and Parquet have as they are.
local function plain_frame(n)
  local random, list = helper.random(n), { a = {}, x = {}, t = {}, b = {}, at = {} }
  local words = { "plain", "a,b", 'quo"te', "two\nlines", "ünï", " blanks ", "x" }
  for i = 1, n do
    local word = random(0, 1 << 40)
    list.a[i], list.x[i] = word - (1 << 39), word % 9 == 0 and mb.null or word / 8
    list.t[i], list.b[i] = words[word % #words + 1], word % 2 == 0
    list.at[i] = ("2024-02-%02dT10:%02d:00"):format(word % 28 + 1, word % 60)
  end
  return mb.frame { { "a", mb.column(list.a) }, { "x", mb.column(list.x, "float") }, { "t", mb.column(list.t) },
    { "b", mb.column(list.b) }, { "at", mb.column(list.at, "time") } }
end

describe("files of to_csv", function()
  it("have the same values to pandas and DuckDB", function()
    local f = plain_frame(500)
    f:to_csv(path "all.csv")
    f:to_csv(path "all.csv.gz", { gzip = true })
    -- What pandas reads of both, as Parquet cannot be: as HDF5.
    helper.python_output([[
import sys, h5py, pandas
for name in sys.argv[1:3]:
    f = pandas.read_csv(name, parse_dates=["at"], float_precision="round_trip")
    assert [str(t) for t in f.dtypes][:2] == ["int64", "float64"], f.dtypes
    with h5py.File(name + ".h5", "w") as out:
        out["a"], out["x"], out["b"] = f.a.values, f.x.values, f.b.values
        out["at"] = f["at"].dt.tz_localize(None).values.astype("datetime64[s]").astype("i8")
        out["t"] = [t.encode() for t in f.t]
]], path "all.csv", path "all.csv.gz")
    for _, name in ipairs { "all.csv", "all.csv.gz" } do
      local got = mb.read_hdf(path(name .. ".h5"), { "a", "x", "t", "b", "at" })
      helper.assert_same_column(f.a, got.a, "a")
      helper.assert_same_column(f.x, got.x:put(got.x:isnan(), mb.null), "x")
      helper.assert_same_column(f.t, got.t, "t")
      helper.assert_same_column(f.b, got.b, "b")
      helper.assert_same_column(f.at:as("int", { unit = "s" }), got.at, "at")
      if helper.has_duckdb() then
        local duck = mb.sql(('select a, x, t, b, epoch("at")::bigint as "at" from read_csv(\'%s\')'):format(path(name)))
        helper.assert_same_frame(f:with { at = f.at:as("int", { unit = "s" }) }, duck, name)
      end
    end
  end)
end)

describe("files of to_parquet", function()
  if not helper.has_duckdb() then return end

  it("have the same values to DuckDB", function()
    local f = plain_frame(500)
    f:to_parquet(path "all.parquet")
    f:to_parquet(path "parts")
    for _, name in ipairs { "all.parquet", "parts/*.parquet" } do
      local duck = mb.sql(('select a, x, t, b, epoch("at")::bigint as "at" from \'%s\''):format(path(name)))
      helper.assert_same_frame(f:with { at = f.at:as("int", { unit = "s" }) }, duck, name)
    end
  end)
end)
