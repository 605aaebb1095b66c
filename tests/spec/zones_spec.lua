-- Rows that scans do not read, since a filter cannot match them: results are those of frames in
-- memory, whatever is known of the files.
local core = require "moonbear.core"
local bounds = require "moonbear.stream.bounds"
local helper = require "spec.helper"
local mb = require "moonbear"
local scans = require "moonbear.stream.scan"
local zones = require "moonbear.hdf.zones"

local path <const> = helper.path
local fewest <const> = zones.fewest

setup(function() zones.fewest = 8 end)

teardown(function()
  zones.fewest = fewest
  helper.clean()
end)

local function die(seed)
  local random = helper.random(seed)
  return function(low, high)
    if not high then low, high = 1, low end
    return random(low, high)
  end
end

-- In which zones a scan can have rows; nil: in all.
local function possible(scan)
  local it = scans.inside(scan)
  return bounds.possible({ it.columns[it.names[1]]._make }, it.source)
end

-- How many of the zones of a scan are read, and of how many.
local function read_of(scan)
  local list, n = possible(scan), #scans.inside(scan).source.zones.ends
  if not list then return n, n end
  local some = 0
  for _, is_read in ipairs(list) do some = some + (is_read and 1 or 0) end
  return some, n
end

local NULL <const>, NAN <const> = mb.null, 0 / 0

-- Columns of every type with zones, and some without, in stretches near each other.
local function make_frame(random, n, base)
  local lists = { i = {}, u = {}, f = {}, g = {}, t = {}, d = {}, a = {}, s = {}, b = {} }
  local level = base
  for k = 1, n do
    if random(10) == 1 then level = level + random(-20, 40) end
    local value = level + random(0, 9)
    lists.i[k] = random(15) == 1 and NULL or value
    lists.u[k] = value + 1000
    lists.f[k] = random(9) == 1 and NAN or random(9) == 1 and NULL or value / 4
    lists.g[k] = random(40) == 1 and (random(2) == 1 and 1 / 0 or -1 / 0) or value / 2 + 0.125
    lists.t[k], lists.d[k] = value, value * 10
    lists.a[k] = 167772160 + value
    lists.s[k], lists.b[k] = "s" .. value % 7, value % 3 == 0
  end
  for k = 17, math.min(24, n) do lists.i[k], lists.f[k] = NULL, NAN end -- a zone of nothing
  local function column(name, type) return core.column(lists[name], type) end
  return mb.frame {
    { "i", column("i", "int") }, { "u", column("u", "int"):as "uint" }, { "f", column("f", "float") },
    { "g", column("g", "float") }, { "t", column("t", "int"):as("time", { unit = "s" }) },
    { "d", column("d", "int"):as("duration", { unit = "ms" }) },
    { "a", column("a", "int"):as "ip" }, { "s", column("s", "text") }, { "b", column("b", "bool") },
  }
end

describe("zones of a dataset", function()
  it("are what h5py finds in the file", function()
    local random = die(7)
    make_frame(random, 61, 50):to_hdf(path "one.h5")
    local out = helper.python_output([==[
import sys, h5py, numpy as np
with h5py.File(sys.argv[1]) as file:
    for name in sorted(file['_moonbear/zones']):
        zones = file['_moonbear/zones/' + name][:].reshape(-1, 2)
        values = file[name][:].astype(float)
        missing = '_moonbear/missing/' + name
        if missing in file: values[file[missing][:]] = np.nan
        assert len(zones) == 8, (name, zones)
        for k, (low, high) in enumerate(zones):
            some = values[8 * k:8 * k + 8]
            some = some[~np.isnan(some)]
            if len(some): assert low == some.min() and high == some.max(), (name, k, low, high, some)
            else: assert not low <= high, (name, k, low, high)
        print(name, end=' ')]==], path "one.h5")
    assert.equal("a d f g i t u ", out)
    local names = {}
    for i, it in ipairs(mb.ls_hdf(path "one.h5")) do names[i] = it.name end
    assert.equal("a b d f g i s t u", table.concat(names, " "))
  end)

  it("say which rows a filter cannot match", function()
    mb.frame { k = mb.range(1, 800), x = mb.range(1, 800) / 2, t = mb.range(1, 800):as("time",
      { unit = "s" }), text = mb.range(1, 800):as "text" }:to_hdf(path "sorted.h5")
    local scan = mb.scan_hdf(path "sorted.h5")
    for filter, wanted in pairs {
      ["k > 792"] = 1, ["k >= 792"] = 2, ["k < 9"] = 1, ["k == 100"] = 1, ["k > 800"] = 0,
      ["k in {1, 100, 700}"] = 3, ["k:between(90, 97)"] = 2, ["not (k > 16)"] = 2,
      ["k < 9 or k > 792"] = 2, ["k > 100 and k < 105"] = 1, ["x > 396 and text == '5'"] = 1,
      ["x > 396 or text == '5'"] = 100, ["k + 1 > 793"] = 1, ["k // 8 == 50"] = 2, ["k ~= 5"] = 100,
      ["not (x > 4)"] = 100, ["t >= '1970-01-01 00:13:13'"] = 1, ["k % 8 == 0"] = 100,
      ["x - k > 0"] = 0, ["1 < k and 17 > k"] = 2, ["k < x"] = 1, ["t:floor('1min') == '1970-01-01'"] = 8,
    } do
      local some, all = read_of(scan:where(filter))
      assert.equal(100, all)
      assert.is_true(wanted == some or filter == "k < x" or filter == "x - k > 0",
        ("%s: %d of %d"):format(filter, some, all))
    end
    assert.equal(1, (read_of(scan:where "k > 100":where "k < 105")))
    assert.equal(1, (read_of(scan:where(scan.k:gt(100) & scan.k:lt(105)))))
    assert.equal(100, (read_of(scan)))
    assert.equal(100, (read_of(scan:where "k > 100":map(function(rows) return rows end))))
    local small = mb.frame { k = mb.range(1, 800), other = mb.range(1, 800) * 2 }
    assert.equal(1, (read_of(scan:where "k > 792":join(small, { on = "k" }))))
  end)

  it("give what frames in memory give", function()
    local random = die(11)
    local frames = {}
    for k = 1, 4 do
      frames[k] = make_frame(random, ({ 61, 5, 200, 96 })[k], 60 * k)
      frames[k]:to_hdf(path(("part%d.h5"):format(k)), { gzip = k % 2 == 0, mode = "w" })
    end
    local paths = {}
    for k = 1, 4 do paths[k] = path(("part%d.h5"):format(k)) end
    local resident = mb.read_hdf(paths)
    local scan = mb.scan_hdf(paths)
    local comparisons <const> = { "<", "<=", ">", ">=", "==", "~=" }
    local scaled <const> = { i = 1, u = 1, f = 0.25, g = 0.5, t = 1, d = 1, a = 1 }
    local params
    local function term()
      local names = { "i", "u", "f", "g", "t", "d", "a" }
      local name, value = names[random(#names)], random(40, 420)
      local kind = random(12)
      if name == "t" then value = mb.time(("1970-01-01 00:%02d:%02d"):format(value // 60, value % 60))
      elseif name == "d" then value = mb.duration(value * 10 .. "ms")
      elseif name == "a" then value = "10.0." .. value // 256 .. "." .. value % 256
      else value = value * scaled[name] + (name == "u" and 1000 or 0) end
      if name ~= "a" and name ~= "t" and name ~= "d" then
        if kind == 1 then return ("%s + %s > %s"):format(name, "i", value) end
        if kind == 2 then return ("i - %s %s 3"):format(name == "u" and "f" or name, "<") end
        if kind == 3 and name == "i" then return ("i // 7 == %d"):format(value // 7) end
        if kind == 4 then return ("%s in {%s, %s}"):format(name, value, value + 11) end
        if kind == 5 then return ("%s:between(%s, %s)"):format(name, value, value + 20) end
        if kind == 6 then return "is_missing(i)" end
        if kind == 7 then return "isnan(f)" end
        if kind == 8 then return "b" end
        if kind == 9 then return "s == 's3'" end
      end
      params["p" .. #params] = value
      params[#params + 1] = true
      return ("%s %s $p%d"):format(name, comparisons[random(#comparisons)], #params - 1)
    end
    local function filter(depth)
      local kind = depth > 0 and random(5) or 0
      if kind == 1 then return ("(%s and %s)"):format(filter(depth - 1), filter(depth - 1)) end
      if kind == 2 then return ("(%s or %s)"):format(filter(depth - 1), filter(depth - 1)) end
      if kind == 3 then return ("not (%s)"):format(filter(depth - 1)) end
      return term()
    end
    local skipped = 0
    for _ = 1, 30 do
      params = {}
      local text = filter(3)
      local of = {}
      for key, value in pairs(params) do if type(key) == "string" then of[key] = value end end
      local ok, wanted = pcall(resident.where, resident, text, of)
      if ok then
        local some = scan:where(text, of)
        local read, all = read_of(some)
        skipped = skipped + (all - read)
        local got = mb.collect { rows = { some, "collect" }, n = { some.u, "sum" },
          all = random(2) == 1 and { scan.u, "sum" } or { some.u, "count_nonzero" } }
        helper.assert_same_frame(wanted, got.rows, text)
        assert.equal(tostring(wanted.u:sum()), tostring(got.n), text)
      end
    end
    assert.is_true(skipped > 50, tostring(skipped))
  end)

  it("of nothing that matches give results of no rows", function()
    local none = mb.scan_hdf(path "sorted.h5"):where "k > 1000"
    assert.equal(0, (read_of(none)))
    assert.equal(0, #none)
    assert.equal(0, none.k:sum())
    assert.equal(0, #none:collect())
    assert.equal(0, #none.x:value_counts())
    assert.equal(0, #none:group_by("k"):agg { n = "size" })
    helper.assert_raises("no value", function() return none.k:min() end)
    none:to_csv(path "none.csv")
    assert.equal("k,t,text,x\n", helper.read_file(path "none.csv"):gsub('"', ""))
    assert.equal(0, #none:head(3))
  end)
end)

describe("zones of a file that changed", function()
  local function write(options)
    mb.frame { k = mb.range(1, 80) }:to_hdf(path "k.h5", options)
  end

  local function check(zones_read, sum)
    local some = mb.scan_hdf(path "k.h5"):where "k > 72"
    assert.equal(zones_read, (read_of(some)))
    assert.equal(sum, some.k:sum())
  end

  it("are left out when another program wrote to it, for good", function()
    write()
    check(1, 612)
    helper.python_output([[
import sys, h5py
with h5py.File(sys.argv[1], 'r+') as file: file['k'][3] = 100]], path "k.h5")
    check(1, 712)
    assert.equal(1, select(2, read_of(mb.scan_hdf(path "k.h5"))))
    mb.range(1, 80):to_hdf(path "k.h5", "other", { mode = "a" })
    check(10, 712) -- nothing is known of it any more, but of the other one
    assert.equal(1, (read_of(mb.scan_hdf(path "k.h5"):where "other > 72")))
  end)

  it("are written to what another program has made", function()
    helper.python_output([[
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'w') as file: file['k'] = np.arange(1, 81)]], path "k.h5")
    check(1, 612)
    mb.range(81, 160):to_hdf(path "k.h5", "other", { mode = "a" })
    check(10, 612)
    assert.equal(2, (read_of(mb.scan_hdf(path "k.h5"):where "other > 150")))
    mb.frame { k = mb.range(81, 160) }:to_hdf(path "k.h5", { mode = "r+", append = true })
    assert.equal(2, (read_of(mb.scan_hdf(path "k.h5", { "k" }):where "k > 150")))
    assert.equal(12880, mb.scan_hdf(path "k.h5", "k").k:sum())
  end)

  it("are in snapshots", function()
    local k = mb.range(1, 80)
    mb.save(path "snap.h5", { flows = mb.frame { { "k", k }, { "at", mb.time_of(k) }, { "w", (k % 7):as "text" } },
      short = mb.range(1, 30), same = k })
    local scan = mb.scan_hdf(path "snap.h5", { "flows/k", "flows/at" })
    local some = scan:where(scan:column "flows/k":gt(72))
    assert.equal(1, (read_of(some)))
    assert.equal(612, some:column "flows/k":sum())
    assert.equal(4, (read_of(scan:where(scan:column "flows/at":lt(mb.time(31))))))
    local loaded = mb.load(path "snap.h5")
    assert.equal(loaded.flows.k, loaded.same)
    assert.equal(465, loaded.short:sum())
    helper.python_output([[
import sys, h5py
with h5py.File(sys.argv[1], 'r+') as file: file['flows/k'][3] = 100]], path "snap.h5")
    scan = mb.scan_hdf(path "snap.h5", { "flows/k" })
    assert.equal(712, scan:where(scan:column "flows/k":gt(72)):column "flows/k":sum())
  end)

  it("are kept when moonbear adds to it, and made anew of what it replaces", function()
    write { gzip = true }
    mb.range(101, 180):to_hdf(path "k.h5", "other", { mode = "a" })
    check(1, 612)
    assert.equal(3, (read_of(mb.scan_hdf(path "k.h5"):where "other > 160")))
    mb.range(81, 160):to_hdf(path "k.h5", "k", { mode = "r+" })
    check(10, 9640)
    mb.frame { k = mb.range(1, 80) }:to_hdf(path "k.h5", { mode = "r+", append = true })
    assert.equal(20, select(2, read_of(mb.scan_hdf(path "k.h5", "k"))))
    local appended = mb.scan_hdf(path "k.h5", "k"):where "k < 9"
    assert.equal(1, (read_of(appended)))
    assert.equal(36, appended.k:sum())
    mb.range(1, 80):as("text"):to_hdf(path "k.h5", "k", { mode = "r+" })
    assert.equal(1, #mb.scan_hdf(path "k.h5", { "k" }):where "k == '7'")
  end)

  it("go with a dataset that is replaced by one of none", function()
    local rows = mb.range(1, 80)
    for _, other in ipairs { rows:gt(40), (rows % 5):as "text",
      mb.concat { mb.column({ "::1" }, "ip"), rows:slice(2, -1):as "ip" }, rows:slice(1, 5) } do
      write()
      other:to_hdf(path "k.h5", "k", { mode = "r+" })
      local scan, resident = mb.scan_hdf(path "k.h5"), mb.read_hdf(path "k.h5")
      local value = other[3]
      local all = #scans.inside(scan).source.zones.ends
      assert.equal(all, (read_of(scan:where("k == $v", { v = value }))))
      assert.equal(#resident:where("k == $v", { v = value }), #scan:where("k == $v", { v = value }))
    end
  end)

  it("are lost with its time", function()
    write()
    helper.shell(("cp -p %s %s; cp %s %s"):format(path "k.h5", path "kept.h5", path "k.h5",
      path "lost.h5"))
    assert.equal(1, (read_of(mb.scan_hdf(path "kept.h5"):where "k > 72")))
    assert.equal(1, select(2, read_of(mb.scan_hdf(path "lost.h5"):where "k > 72")))
    local both = mb.scan_hdf({ path "lost.h5", path "kept.h5", path "lost.h5" }):where "k > 72"
    assert.equal(3, (read_of(both)))
    assert.equal(3 * 612, both.k:sum())
  end)

  it("do not go with columns that are converted", function()
    write()
    local scan = mb.scan_hdf(path "k.h5", { "k" }, { as = { k = "text" } })
    assert.equal(1, #scan:where "k == '7'")
  end)
end)
