-- Files that other programs write when the tests run, with the values that they were told to write.
-- (What h5py, pandas' stores, Python's csv and json modules and Arkouda's layouts have: see the
-- specs of the readers.)
local helper = require "spec.helper"
local mb = require "moonbear"

local path <const> = helper.path

teardown(helper.clean)

-- Columns of known rows: integers, floats, texts that need quotes, gaps.
local ROWS <const> = 2500
local TEXTS <const> = { "plain", "a,b", 'with "quotes"', "two\nlines", "é€", " spaces " }

local function expected()
  local rows = { i = {}, f = {}, t = {}, gaps = {}, at = {} }
  for i = 1, ROWS do
    rows.i[i], rows.f[i], rows.t[i] = (i - 1) * 7919 - 1000000, (i - 1) / 8, TEXTS[(i - 1) % #TEXTS + 1]
    rows.gaps[i] = (i - 1) % 3 == 1 and "null" or i - 1
    rows.at[i] = ("2024-02-28T%02d:%02d:00Z"):format((i - 1) // 60 % 24, (i - 1) % 60)
  end
  return rows
end

local function check(frame, what)
  local rows = expected()
  for _, name in ipairs { "i", "f", "t", "gaps", "at" } do
    local got = helper.rows_of(frame:column(name))
    if name == "at" then
      for i, value in ipairs(got) do got[i] = tostring(value) end
    end
    helper.assert_values(rows[name], got, what .. ", " .. name)
  end
end

-- The same columns by DuckDB.
local QUERY <const> = [[select range * 7919 - 1000000 as i, range / 8 as f,
  ['plain', 'a,b', 'with "quotes"', 'two' || chr(10) || 'lines', 'é€', ' spaces '][range % 6 + 1] as t,
  if(range % 3 = 1, null, range) as gaps,
  strftime(timestamp '2024-02-28' + interval 1 minute * (range % 1440), '%Y-%m-%dT%H:%M:%SZ') as at
  from range(2500)]]

describe("files of DuckDB", function()
  if not helper.has_duckdb() then return end

  local function copy(name, options, query)
    local file = path(name)
    mb.sql(("copy (%s) to '%s' (%s)"):format(query or QUERY, file, options))
    return file
  end

  it("are read as CSV", function()
    for name, options in pairs {
      ["duck.csv"] = "format csv", ["duck.csv.gz"] = "format csv, compression gzip",
      ["duck.csv.zst"] = "format csv, compression zstd", ["all.csv"] = "format csv, force_quote *",
    } do
      check(mb.read_csv(copy(name, options)), name)
    end
    check(mb.read_csv(copy("duck.tsv", [[format csv, delimiter '\t', nullstr 'NA', quote '''']]),
      { sep = "\t", quote = "'", na = "NA" }), "duck.tsv")
    check(mb.scan_csv(path "duck.csv"):collect(), "a scan")
  end)

  it("are read as JSON lines", function()
    check(mb.read_jsonl(copy("duck.json", "format json"), { types = { at = "time" } }), "duck.json")
    check(mb.read_jsonl(copy("duck.json.gz", "format json, compression gzip")), "duck.json.gz")
  end)

  it("are read as Parquet", function()
    local query = QUERY:gsub("strftime%((.-), '%%Y.-'%)", "%1")
    for _, compression in ipairs { "uncompressed", "snappy", "gzip", "zstd", "lz4_raw", "brotli" } do
      for _, version in ipairs { "v1", "v2" } do
        local file = copy(compression .. version .. ".parquet",
          ("format parquet, compression %s, parquet_version %s, row_group_size 2048"):format(compression, version),
          query)
        check(mb.read_parquet(file), file)
      end
    end
    check(mb.scan_parquet(path "zstdv2.parquet"):collect(), "a scan")
  end)
end)

describe("files of pandas", function()
  setup(function()
    helper.python_output([==[
import sys
import pandas as pd
rows = range(2500)
texts = ["plain", "a,b", 'with "quotes"', "two\nlines", "\u00e9\u20ac", " spaces "]
frame = pd.DataFrame({"i": [i * 7919 - 1000000 for i in rows], "f": [i / 8 for i in rows],
    "t": [texts[i % 6] for i in rows],
    "gaps": pd.array([None if i % 3 == 1 else i for i in rows], "Int64"),
    "at": pd.to_datetime("2024-02-28") + pd.to_timedelta([i % 1440 for i in rows], "min")})
folder = sys.argv[1] + "/pandas."
for ending in ("csv", "csv.gz", "csv.bz2", "csv.xz"):
    frame.to_csv(folder + ending, index=False)
frame.to_csv(folder + "crlf", index=False, lineterminator="\r\n", na_rep="NA",
             encoding="utf-8-sig")
frame.to_csv(folder + "de", index=False, sep=";", decimal=",", doublequote=False, escapechar="\\")
frame.to_json(folder + "json", orient="records", lines=True, date_format="iso")
frame.to_json(folder + "ms.json.gz", orient="records", lines=True, force_ascii=False)
]==], helper.folder())
  end)

  it("are read as CSV", function()
    for _, ending in ipairs { "csv", "csv.gz", "csv.bz2", "csv.xz" } do
      check(mb.read_csv(path("pandas." .. ending)), ending)
    end
    check(mb.read_csv(path "pandas.crlf", { na = "NA" }), "CR LF")
    check(mb.read_csv(path "pandas.de", { sep = ";", decimal = ",", escape = "\\" }), "semicolons")
  end)

  it("are read as JSON lines", function()
    check(mb.read_jsonl(path "pandas.json"), "json")
    check(mb.read_jsonl(path "pandas.ms.json.gz", { types = { at = { "time", unit = "ms" } } }), "json.gz")
  end)
end)

describe("files of nfdump", function()
  if helper.shell "command -v nfdump nfpcapd" == "" then
    io.stderr:write "moonbear: no nfdump here: its files are not tested\n"
    return
  end

  it("have the flows of known packets", function()
    helper.data_output("make_pcap.py", path "packets.pcap")
    mb.on_rank(0, function()
      os.execute(("cd %s && mkdir flows && nfpcapd -r packets.pcap -w flows -t 300 >log 2>&1"):format(helper.folder()))
      os.execute(("cd %s && nfdump -R flows -o csv -O tstart >flows.csv"):format(helper.folder()))
      os.execute(("cd %s && nfdump -R flows -o csv 'port 1' >none.csv"):format(helper.folder()))
    end)
    local flows = mb.read_nfdump(path "flows.csv")
    local function shown(name)
      local list = helper.rows_of(flows:column(name))
      for i, value in ipairs(list) do list[i] = tostring(value) end
      return table.concat(list, " ")
    end
    assert.equal("10.0.0.1 10.0.0.2 10.0.0.1 192.168.7.9 10.0.0.1", shown "sa")
    assert.equal("10.0.0.2 10.0.0.1 192.168.7.9 10.0.0.1 192.168.7.9", shown "da")
    assert.equal("40000 443 5353 0 0", shown "sp")
    assert.equal("443 40000 53 2048 769", shown "dp")
    assert.equal("TCP TCP UDP ICMP ICMP", shown "pr")
    assert.equal("...AP.S. ...A..S. ........ ........ ........", shown "flg")
    assert.equal("3 1 1 1 1", shown "ipkt")
    assert.equal("420 40 1028 84 56", shown "ibyt")
    assert.equal("1.0 0.0 0.0 0.0 0.0", shown "td")
    assert.same({ "time", "time" }, { flows.ts:type(), flows.te:type() })
    assert.equal(0, #mb.read_nfdump(path "none.csv"))
    assert.same(flows:columns(), mb.read_nfdump(path "none.csv"):columns())
  end)
end)

describe("public HDF5 files of Arkouda", function()
  it("have the values that h5py reads", function()
    local corpus = helper.corpus "arkouda"
    if not corpus then return end
    local cases = load(helper.python_output([==[
import h5py, sys, os
print("return {")
def literal(x):
    if isinstance(x, bytes): return '"' + "".join("\\x%02x" % b for b in x) + '"'
    return float(x).hex() if isinstance(x, float) else str(x).lower()
def add(file, name, values):
    print("{ %r, %r, { %s } }," % (file, name, ", ".join(literal(x) for x in values)))
for file in sorted(os.listdir(sys.argv[1])):
    if "hdf5" not in file: continue
    with h5py.File(sys.argv[1] + "/" + file) as h:
        def visit(name, thing):
            if isinstance(thing, h5py.Group) and "values" in thing:
                add(file, name, thing["values"][:].tobytes().split(b"\0")[:-1])
            elif isinstance(thing, h5py.Dataset) and "values" not in thing.parent:
                add(file, name, thing[:].tolist())
        h.visititems(visit)
print("}")
]==], corpus))()
    assert.is_true(#cases >= 4)
    for _, case in ipairs(cases) do
      local file, name, values = table.unpack(case)
      helper.assert_values(values, mb.read_hdf(corpus .. "/" .. file, name), file .. ", " .. name)
    end
  end)
end)
