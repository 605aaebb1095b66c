-- Reading what pandas stores, in its formats `fixed` and `table`, against what pandas reads back.
local mb = require "moonbear"
local helper = require "spec.helper"

local path, expected

setup(function()
  path = helper.tmpdir() .. "/store.h5"
  expected = load(helper.python_output([==[
import sys, warnings
import numpy as np, pandas as pd
warnings.simplefilter("ignore")
rng = np.random.default_rng(3)
n = 1000
frame = pd.DataFrame({
    "i": rng.integers(-2**40, 2**40, n), "f": rng.normal(size=n), "j": rng.integers(0, 9, n),
    "u": rng.integers(0, 200, n).astype("u1"), "g": rng.normal(size=n).astype("f4"),
    "b": rng.integers(0, 2, n) == 1, "t": pd.date_range("2024-01-01", periods=n, freq="37min"),
    "d": pd.to_timedelta(rng.integers(0, 10**15, n)),
    "s": ["w%d" % (i % 13) + "\u00e9" * (i % 3) for i in range(n)]},
    index=pd.date_range("2023-01-01", periods=n, name="when"))
frame.loc[frame.index[5], ["t", "s", "f", "d"]] = None
plain = frame.drop(columns="s")
several = pd.MultiIndex.from_tuples([("a", 1), ("b", 2), ("b", 3)], names=["k", "l"])
small = pd.DataFrame({"x": [1.5, 2.5, 3.5]}, index=several)
with pd.HDFStore(sys.argv[1], "w") as store:
    store.put("fixed", plain)
    store.put("in/fixed", plain.reset_index(drop=True))
    store.put("pickled", frame[["s", "i"]])
    store.put("words", pd.DataFrame({"x": [1, 2]}, index=["p", "qq"]))
    store.put("table", frame, format="table", min_itemsize=20)
    store.put("columns", frame, format="table", data_columns=["i", "s", "t"])
    store.put("packed", plain, format="table", complib="zlib", complevel=5)
    store.put("blosc", plain, format="table", complib="blosc", complevel=5)
    store.put("series", frame["f"])
    store.put("times", frame["t"], format="table")
    store.put("category", pd.DataFrame({"c": pd.Categorical(["x", None, "y", "x"])}), format="table")
    store.put("levels", small)
    store.put("level_table", small, format="table")
    nothing = {"x": np.zeros(0), "k": np.zeros(0, "u1"), "b": np.zeros(0, bool),
               "t": pd.to_datetime([]), "s": pd.to_timedelta([])}
    store.put("empty", pd.DataFrame(nothing, index=pd.date_range("2024-01-01", periods=0)))
    store.put("empty_series", pd.Series(np.zeros(0, "f4"), name="v"))
    store.put("bare", pd.DataFrame(index=pd.date_range("2024-01-01", periods=3)))
    store.put("nothing", pd.DataFrame())
    days = pd.date_range("2024-01-01", periods=3)
    for form in ("fixed", "table"):
        for kind, index in {"periods": days.to_period("M"), "zones": days.tz_localize("Europe/Berlin"),
                            "hours": pd.to_timedelta([1, 2, 3], unit="h"), "bools": [True, False, True]}.items():
            store.put(kind + "_" + form, pd.DataFrame({"v": [1, 2, 3]}, index=index), format=form)
    for form in ("fixed", "table"):
        store.put("dates_" + form, pd.DataFrame({"v": [1, 2, 3]}, index=list(days.date)), format=form)
    store.put("dates_blosc", pd.DataFrame({"v": [1, 2, 3]}, index=list(days.date)), format="table",
              complib="blosc", complevel=5)
    zones = pd.DataFrame({"t": days, "z": days.tz_localize("Europe/Berlin"), "v": [1, 2, 3]})
    store.put("zones_columns", zones, format="table", data_columns=["t", "z"])
    store.put("zones_blocks", zones, format="table")
    store.put("no", pd.DataFrame({("a", "b"): [1]}))
    names = ["\u00e9", "a\u00efb", "\u4e2d", "\U0001f43b", "a\\b"]
    for form in ("fixed", "table"):
        store.put("names_" + form, pd.DataFrame([[1, 2, 3, 4, 5]], columns=names), format=form)
def literal(value):
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return "0/0" if isinstance(value, float) else "false"
    if isinstance(value, (pd.Timestamp, pd.Timedelta)):
        return str(value.value)
    if isinstance(value, bool):
        return "'%s'" % value
    if isinstance(value, str):
        return '"' + "".join("\\x%02x" % byte for byte in value.encode()) + '"'
    return float(value).hex() if isinstance(value, float) else repr(value)
print("return {")
for key in ("fixed", "in/fixed", "words", "table", "columns", "packed", "blosc", "series", "times",
            "category", "levels", "level_table"):
    data = pd.read_hdf(sys.argv[1], key)
    data = (data.to_frame() if isinstance(data, pd.Series) else data).reset_index()
    print('["%s"] = {' % key)
    for name in data:
        values = [None if x is pd.NaT else x for x in data[name].astype(object)]
        if name == "s" or name == "c":
            values = [None if isinstance(x, float) else x for x in values]
        print('%s = {%s},' % (name, ", ".join(map(literal, values))))
    print("},")
print("}")
]==], path))()
end)

teardown(helper.clean)

-- A value as the list above has it.
local function plain(value, kind)
  if value == nil then return false end
  if kind == "time" then return value:epoch "ns" end
  if kind == "duration" then return value:count "ns" end
  if kind == "bool" then return value and "True" or "False" end
  return value
end

describe("pandas' stores", function()
  it("are frames, as pandas reads them", function()
    if not helper.plugins then expected.blosc = nil end
    for key, columns in pairs(expected) do
      local frame = mb.read_hdf(path, key)
      for name, wanted in pairs(columns) do
        local column = frame:column(name)
        local got, kind = {}, column:type()
        for i = 1, #column do got[i] = plain(column[i], kind) end
        helper.assert_values(wanted, got, key .. " " .. name)
        columns[name] = nil
      end
    end
  end)

  it("are read by the names of columns, and some of the rows", function()
    local frame = mb.read_hdf(path, { "fixed/t", "table/s", "columns/when" }, { rows = { 4, 8 } })
    assert.same({ "fixed/t", "table/s", "columns/when" }, frame:columns())
    assert.same({ 5, "time", "text" }, { #frame, frame:column "fixed/t":type(),
      frame:column "table/s":type() })
    assert.is_nil(frame:column "table/s"[3])
  end)

  it("have columns of any names", function()
    for _, form in ipairs { "fixed", "table" } do
      assert.same({ "index", "é", "aïb", "中", "🐻", "a\\b" }, mb.read_hdf(path, "names_" .. form):columns())
    end
  end)

  it("have no rows where pandas has none", function()
    local frame = mb.read_hdf(path, "empty")
    assert.equal(0, #frame)
    local types = {}
    for i, name in ipairs(frame:columns()) do types[i] = name .. " " .. frame:column(name):type() end
    assert.same({ "index time", "x float", "k int", "b bool", "t time", "s duration" }, types)
    assert.equal(0, #mb.read_hdf(path, "empty_series").v)
    assert.equal(0, #mb.read_hdf(path, "empty/t"))
  end)

  it("have indices of any kind that pandas writes", function()
    local function index(key)
      local list = mb.read_hdf(path, key).index:to_table()
      for i, value in ipairs(list) do list[i] = type(value) == "userdata" and tostring(value) or value end
      return list
    end
    local days <const> = { "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z" }
    for _, form in ipairs { "fixed", "table" } do
      assert.same({ 648, 648, 648 }, index("periods_" .. form)) -- months since 1970
      assert.same({ "2023-12-31T23:00:00Z", "2024-01-01T23:00:00Z", "2024-01-02T23:00:00Z" }, index("zones_" .. form))
      assert.same({ "1h", "2h", "3h" }, index("hours_" .. form))
      assert.same({ true, false, true }, index("bools_" .. form))
    end
    for _, form in ipairs { "fixed", "table", helper.plugins and "blosc" or nil } do
      assert.same(days, index("dates_" .. form))
    end
    for _, form in ipairs { "columns", "blocks" } do
      local frame = mb.read_hdf(path, "zones_" .. form)
      assert.same({ "index", "t", "z", "v" }, frame:columns())
      assert.is_true(frame.t:eq(mb.column(days):as "time"):all())
      assert.is_true((frame.t - frame.z):eq(mb.column({ "1h", "1h", "1h" }):as "duration"):all())
    end
    assert.same(days, index "bare")
    assert.same({ "index" }, mb.read_hdf(path, "bare"):columns())
    helper.assert_raises("'nothing' is a frame of pandas without rows and columns", mb.read_hdf, path, "nothing")
  end)

  it("are listed by columns", function()
    local list = {}
    for _, it in ipairs(mb.ls_hdf(path)) do list[it.name] = it end
    assert.equal("time", list["table/when"].type)
    assert.equal("text", list["category/c"].type)
    assert.equal("table", list["table/f"].of)
    assert.truthy(list["blosc/f"].compression:find "blosc")
    assert.is_nil(list["pickled/s"])
    assert.is_nil(list["table/table.index"])
  end)

  it("are told of members that are not read", function()
    local file = path:gsub("[^/]*$", "members.h5")
    helper.python_output([[
import sys, tables
class Row(tables.IsDescription):
    a, seconds, parts = tables.Int32Col(), tables.Time32Col(), tables.Time64Col()
with tables.open_file(sys.argv[1], "w") as file:
    table = file.create_table("/", "table", Row)
    table.append([(1, 0.5, -5), (2, 1.5, 1700000000)])
    for name, library in ("plain", None), ("zlib", "zlib"), ("blosc", "blosc"):
        filters = tables.Filters(complevel=5 if library else 0, complib=library or "zlib")
        file.create_carray("/", name, tables.Time32Atom(), (2,), filters=filters)[:] = [-5, 1700000000]
]], file)
    for _, name in ipairs { "table.seconds", "plain", "zlib", helper.plugins and "blosc" or nil } do
      assert.same({ -5, 1700000000 }, mb.read_hdf(file, name):to_table())
    end
    helper.assert_raises("time class that are not its times of 32 bits", mb.read_hdf, file, "table.parts")
    local script = helper.write_file(file .. ".lua", ([[
      local mb = require "moonbear"
      print(table.concat(mb.read_hdf(%q, "table"):columns(), " "))
    ]]):format(file))
    local status, out, err = helper.execute(("%s '%s' '%s'"):format(helper.launch(2), helper.program, script))
    assert.equal(0, status, err)
    assert.equal("a seconds\n", out)
    assert.truthy(err:find "left out a column: [^\n]*dataset 'table.parts' holds values of HDF5's time class[^\n;]*\n")
    assert.is_nil(err:find "left out.*left out")
  end)

  it("are refused by name where they have Python's objects", function()
    helper.assert_raises("Python objects, which only pandas can read, in 's'", mb.read_hdf, path, "pickled")
    helper.assert_raises("Python objects, which only pandas can read, in 's'", mb.read_hdf, path, "pickled/s")
    assert.equal(1000, #mb.read_hdf(path, "pickled/i"))
    helper.assert_raises("several frames; name one, as 'bare'", mb.read_hdf, path)
    helper.assert_raises("names of columns in several levels", mb.read_hdf, path, "no")
  end)
end)
