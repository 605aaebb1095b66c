-- The examples print the same on any number of ranks, and what numpy finds.
local helper = require "spec.helper"

local in_numpy = [[
import sys, h5py, numpy as np
f = {name: d[:] for name, d in h5py.File(sys.argv[1]).items()}
size, packets = f["srcBytes"] + f["dstBytes"], f["srcPkts"] + f["dstPkts"]
density = size / np.maximum(packets, 1)
heavy = (density > density.mean() + density.std()) & (size > 100e3)
print("bytes a packet: %.1f on average, deviating by %.1f, at most %.1f"
      % (density.mean(), density.std(), density.max()))
print("%d of %d flows are heavy; the first of them" % (heavy.sum(), len(size)))
web, names = np.isin(f["dstPort"], [80, 443, 8080]), f["dstPort"] == 53
print("web\t%d\nnames\t%d\nother\t%d" % (size[heavy & web].sum(), size[heavy & names].sum(),
                                         size[heavy & ~web & ~names].sum()))
]]

local devices_in_python = [=[
import csv, sys, collections
rows = list(csv.reader(open(sys.argv[1])))
for at, name in ((2, "srcIP"), (3, "dstIP")):
    counts = collections.Counter(row[at] for row in rows)
    print("%d names in %s; the top five:" % (len(counts), name))
    for device, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]:
        print("%s\t%d" % (device, n))
print("from unnamed addresses\t%d" % sum(row[2].startswith("IP") for row in rows))
print("from servers\t%d" % sum(row[2] in ("ActiveDirectory", "Mail", "VPN") for row in rows))
print("to numbers with 1234\t%d" % sum("1234" in row[3] for row in rows))
sent, flows = collections.Counter(), collections.Counter()
for row in rows:
    sent[row[2], row[3]] += int(row[9])
    flows[row[2], row[3]] += 1
for pair, most in sorted(sent.items(), key=lambda item: (-item[1], item[0]))[:3]:
    print(*pair, flows[pair], most)
]=]

local sources_in_python = [=[
import csv, sys, collections, statistics
rows = list(csv.reader(open(sys.argv[1])))
sent, flows, ports = collections.Counter(), collections.Counter(), collections.defaultdict(set)
for row in rows:
    sent[row[2]] += int(row[9])
    flows[row[2]] += 1
    ports[row[2]].add(row[6])
limit = statistics.mean(sent.values()) + 3 * statistics.pstdev(sent.values())
large = sorted((s for s in sent if sent[s] > limit), key=lambda s: (-sent[s], s))
theirs = [row for row in rows if sent[row[2]] > limit]
print("%d flows of %d sources; much is more than %.1f bytes" % (len(rows), len(sent), limit))
print("%d of %d sources send %d of %d flows" % (len(large), len(sent), len(theirs), len(rows)))
def number(port):
    return int(port[4:] if port.startswith("Port") else port)
def most(values, text, k):
    for value, n in sorted(collections.Counter(values).items(), key=lambda i: (-i[1], i[0]))[:k]:
        print("%s %d\t%d" % (text, value, n))
most((number(row[6]) for row in theirs), "to port", 3)
most((int(row[0]) // 86400 for row in theirs), "on day", 10)
print("srcIP,flows,bytes,ports")
for s in large:
    print(s, flows[s], sent[s], len(ports[s]), sep=",")
]=]

-- Distances from Paris, and the cities beside them, nearest first.
local cities_in_python = [=[
from math import radians, sin, cos, asin, sqrt
cities = {"Athens": (37.98, 23.73), "Berlin": (52.52, 13.40), "Lisbon": (38.72, -9.14),
          "Oslo": (59.91, 10.75), "Rome": (41.90, 12.50), "Vienna": (48.21, 16.37)}
def distance(lat, lon):
    h = (sin(radians(48.86 - lat) / 2) ** 2
         + cos(radians(lat)) * cos(radians(48.86)) * sin(radians(2.35 - lon) / 2) ** 2)
    return 2 * 6371.0088 * asin(sqrt(h))
far = sorted((distance(*place), name) for name, place in cities.items())
for km, name in far:
    print(name, "%.1f" % km)
print(sum(km < 1000 for km, _ in far), "3.000 bits")
]=]

describe("examples", helper.once(function()
  local flows, texts, csv

  setup(function()
    local folder = helper.tmpdir()
    csv = folder .. "/flows.csv"
    local made = helper.run(nil, nil, { script = helper.root .. "/examples/make_flows.lua",
      args = { csv, 20000 } })
    assert.equal(0, made)
    local csv2hdf = helper.program:gsub("moonbear$", "csv2hdf")
    assert.equal(0, (helper.execute(("'%s' --format=lanl --outdir '%s' '%s'"):format(csv2hdf, folder, csv))))
    flows = folder .. "/flows.hdf"
    assert.equal(0, (helper.execute(("'%s' --format=lanl_text --extension=.text.hdf '%s'"):format(
      csv2hdf, csv))))
    texts = folder .. "/flows.text.hdf"
  end)

  teardown(helper.clean)

  it("find the heavy flows", function()
    local expected = helper.python_output(in_numpy, flows)
    for nranks = 1, 4 do
      local status, out, err = helper.run(nranks, nil,
        { script = helper.root .. "/examples/heavy_flows.lua", args = { flows } })
      assert.equal(0, status, err)
      local shown
      out, shown = out:gsub("\n *srcIP .-\n%d+ rows, 5 columns\n", "\n")
      assert.equal(1, shown)
      assert.equal(expected, out)
    end
  end)

  it("count devices by their names", function()
    local expected = helper.python_output(devices_in_python, csv)
    for nranks = 1, 3 do
      local status, out, err = helper.run(nranks, nil,
        { script = helper.root .. "/examples/device_counts.lua", args = { texts } })
      assert.equal(0, status, err)
      out = out:gsub("^ *srcIP .-\n%d+ rows, 5 columns\n", "")
      local counts, pairs_of = out:match "^(.*\n) +srcIP [^\n]+\n[^\n]+\n(.*)\n3 rows, 4 columns\n$"
      pairs_of = pairs_of:gsub("^%d+ +", ""):gsub("\n%d+ +", "\n"):gsub('"', ""):gsub(" +", " ")
      assert.equal(expected, counts .. pairs_of .. "\n")
    end
  end)

  it("save what they have found, and go on from it on other ranks", function()
    local expected = helper.python_output(sources_in_python, csv)
    local folder = helper.tmpdir()
    local function example(nranks, name, ...)
      local status, out, err = helper.run(nranks, nil,
        { script = helper.root .. "/examples/" .. name, args = { ... } })
      assert.equal(0, status, err)
      return out
    end
    for saving, loading in ipairs { 3, 1, 2 } do
      local snapshot, table_of = folder .. "/day" .. saving, folder .. "/large.csv"
      local told = example(saving, "save_sources.lua", snapshot, texts)
      told = told .. example(loading, "load_sources.lua", snapshot, table_of)
      assert.equal(expected, told .. helper.read_file(table_of))
    end
  end)

  it("draw pictures", function()
    local folder = helper.tmpdir()
    local status, out, err = helper.run(2, nil,
      { script = helper.root .. "/examples/pictures.lua", args = { folder, flows } })
    assert.equal("0", status .. err)
    assert.truthy(out:find "Flows by port" and out:find "443 %+%-|%*%*%*", out)
    for name, start in pairs { ["bytes.png"] = "\137PNG", ["traffic.svg"] = "<?xml", ["ports.png"] = "\137PNG",
      ["peers.pdf"] = "%PDF" } do
      assert.equal(start, helper.read_file(folder .. "/" .. name):sub(1, #start))
    end
  end)

  it("bring kernels of their own", function()
    local expected = helper.python_output(cities_in_python)
    for nranks = 1, 3 do
      local status, out, err = helper.run(nranks, nil, { script = helper.root .. "/examples/embed/kernels.lua",
        args = { helper.kernels "example.so" } })
      assert.equal(0, status, err)
      local told = {}
      for name, km in out:gmatch '"(%a+)"[^\n]- ([%d.]+)\n' do told[#told + 1] = name .. " " .. km .. "\n" end
      told[#told + 1] = out:match "of Paris:\t(%d+)" .. " " .. out:match "entropy: (.*)"
      assert.equal(expected, table.concat(told))
    end
  end)

  it("count ports alike, whatever devices are", function()
    local told = {}
    for i, path in ipairs { flows, texts } do
      local status, out, err = helper.run(2, nil,
        { script = helper.root .. "/examples/port_counts.lua", args = { path } })
      assert.equal(0, status, err)
      told[i] = out:match "\nfrom port 80.*":gsub("%d+%.%d+ s\n", "\n")
    end
    assert.equal(told[1], told[2])
  end)

  it("find planted scans and beacons, strong ones all", function()
    for name, strong in pairs { scans = { " 300 targets", " 100 targets", "  66 targets" },
      beacons = { "0 s, delayed by up to   0 %,  0 % lost", "60 s, delayed by up to  30 %, 20 % lost" } } do
      local told
      for nranks = 1, 2 do
        local status, out, err = helper.run(nranks, nil,
          { script = helper.root .. "/examples/" .. name .. ".lua", args = { 20000 } })
        assert.equal(0, status, err)
        assert.equal(told or out, out)
        told = out
      end
      for _, what in ipairs(strong) do
        local lines = 0
        for line in told:gmatch "[^\n]+" do
          if line:find(what, 1, true) then
            lines = lines + 1
            assert.truthy(line:find("precision 1.00, recall 1.00", 1, true), line)
          end
        end
        assert.is_true(lines > 0, what)
      end
    end
  end)

  -- Scripts that make their own data, one after another in one run: their names and arguments.
  local asking = { { "exfiltration" }, { "new_services" }, { "who_talks" }, { "sessions" }, { "host_events" },
    { "leases" }, { "traffic", "FOLDER" }, { "larger_than_memory", "FOLDER" } }

  it("ask a week of an office's flows, and find what was planted", function()
    local folder, told = helper.tmpdir(), nil
    local script = {}
    for _, example in ipairs(asking) do
      local path = ("%s/examples/%s.lua"):format(helper.root, example[1])
      script[#script + 1] = ("print('== %s') arg = {[0] = %q, %s 5000} dofile(arg[0])"):format(example[1], path,
        example[2] and ("%q,"):format(folder) or "")
    end
    for _, nranks in ipairs { 1, 3 } do
      local status, out, err = helper.run(nranks, table.concat(script, "\n"))
      assert.equal("0", status .. err)
      assert.equal(told or out, out)
      told = out
    end
    for _, line in ipairs { "\n1  +10%.1%.0%.78 +%d+  60%d+ ", "\n1  52%.0%.27%.89 +120  6000000000\n",
      "\n1 +22     24  19200 ", '"backup.tmp" +%d+ +1  20000000%.0\n', " leases, 0 flows without an owner",
      "\n1  10%.2%.0%.1 +0 +%d+ ", "parts:\t1\n", "\n5000 flows are %d+ sessions of", "Flows an hour",
      "\n4998 flows in 7 files\n" } do
      assert.truthy(told:find(line), line)
    end
    local total = helper.python_output([[
import sys, glob, h5py
files = [h5py.File(name) for name in glob.glob(sys.argv[1] + "/day*.h5")]
web = [(f["src_bytes"][:] + f["dst_bytes"][:])[(f["dst_port"][:] == 80) | (f["dst_port"][:] == 443)].sum()
       for f in files]
print("the web: %d bytes" % sum(web))]], folder)
    assert.truthy(told:find("\n" .. total:gsub("\n", ","), 1, true), total)
    for _, picture in ipairs { "week.png", "hours.png" } do
      assert.equal("\137PNG", helper.read_file(folder .. "/" .. picture):sub(1, 4))
    end
  end)
end))
