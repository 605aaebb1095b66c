-- The operations of a session on many flows, beside what pandas and numpy make of the same.
-- On 2 and 3 ranks only: Python takes most of the time.
local helper = require "spec.helper"
local mb = require "moonbear"

local ROWS <const> = helper.sanitized and 200000 or 1000000

if mb.size() ~= 2 and mb.size() ~= 3 then return end

describe("on many flows", function()
  local folder = helper.tmpdir()
  local path = folder .. "/answers.h5"
  local flows, gaps, times, at, starts, ends, devices, events

  setup(function()
    helper.data_output("pandas_answers.py", path, ROWS)
    flows = mb.read_hdf(path, { "srcIP", "dstIP", "dstPort", "srcPort", "start", "bytes", "proto",
      "hour", "wide", "rate" })
    gaps, times, at = mb.read_hdf(path, "gaps"), mb.read_hdf(path, "times"), mb.read_hdf(path, "at")
    starts, ends = mb.read_hdf(path, "starts"), mb.read_hdf(path, "ends")
    local function table_of(name, columns)
      local list = {}
      for i, column in ipairs(columns) do
        list[i] = { column, mb.read_hdf(path, name .. "/" .. column) }
      end
      return mb.frame(list)
    end
    devices = table_of("devices", { "srcIP", "group" })
    events = table_of("events", { "proto", "start", "event" })
  end)

  teardown(helper.clean)

  -- How many rows differ: floats by more than rounding, where not both are NaN.
  local function differences(got, expected)
    if got:type() ~= "float" then return got:as "int":ne(expected:as "int"):fill(true):sum() end
    local near = (got - expected):abs():le(expected:abs() * 1e-9 + 1e-300)
    return (~(near | got:eq(expected) | (got:isnan() & expected:isnan()))):fill(true):sum()
  end

  local function check(name, got)
    if type(got) == "table" then got = mb.column(got, "float") end
    local expected <close> = mb.read_hdf(path, "answer/" .. name)
    assert.equal(#expected, #got, name)
    local ok, there = pcall(mb.read_hdf, path, "answer/" .. name .. " there")
    if not ok then
      assert.equal(0, differences(got, expected), name)
      return
    end
    there = there:ne(0)
    assert.equal(0, got:is_missing():eq(there):sum(), name .. ": rows that are missing")
    assert.equal(0, differences(got[there], expected[there]), name)
  end

  it("orders rows", function()
    check("sort", flows.wide:sort())
    check("sort descending", flows.bytes:sort { descending = true })
    check("argsort", flows.dstPort:argsort())
    check("argsort descending", flows.bytes:argsort { descending = true })
    check("argsort gaps", gaps:argsort())
    local three = mb.argsort({ flows.dstPort, flows.start, flows.srcIP },
      { descending = { false, true, false } })
    check("argsort three", three)
    local sorted <close> = flows:sort_by("dstPort", "-start", "srcIP")
    assert.equal(0, differences(sorted.wide, flows.wide[three]))
    assert.is_true(flows.wide:sort():is_sorted())
    local values, positions = flows.bytes:topk(1000)
    check("topk", values)
    check("topk positions", positions)
    check("bottomk positions", select(2, flows.rate:bottomk(500)))
    check("rank", gaps:rank { method = "first" })
    local rising = flows.bytes:sort()
    check("searchsorted", rising:searchsorted(flows.start))
    check("searchsorted right", rising:searchsorted(flows.start, "right"))
  end)

  for name, keys in pairs { port = { "dstPort" }, pair = { "srcIP", "proto" } } do
    it("groups rows by " .. table.concat(keys, " and "), function()
      local g <close> = flows:group_by(keys)
      for i, column in ipairs { g:keys() } do check(("%s keys %d"):format(name, i), column) end
      check(name .. " size", g:size())
      for _, how in ipairs { "sum", "mean", "min", "max", "first", "last", "median", "count",
        "nunique", "prod" } do
        check(name .. " " .. how, g[how](g, "bytes"))
      end
      for _, how in ipairs { "sum", "mean", "min", "max", "median" } do
        check(name .. " rate " .. how, g[how](g, "rate"))
      end
      for _, how in ipairs { "bit_and", "bit_or", "bit_xor" } do
        check(name .. " " .. how, g[how](g, "wide"))
      end
      local odd = flows "start % 5 == 0"
      check(name .. " any", g:any(odd))
      check(name .. " all", g:all(odd))
      check(name .. " argmin", g:argmin "bytes")
      check(name .. " argmax", g:argmax "rate")
      check(name .. " mode", g:mode "hour")
      check(name .. " quantile", g:quantile("rate", 0.9))
      check(name .. " broadcast", g:broadcast(g:sum "bytes"))
      local at_once = g:agg { { "n", "size" }, { "bytes", "bytes", "sum" }, { "top", "rate", "max" } }
      check(name .. " size", at_once.n)
      check(name .. " sum", at_once.bytes)
      check(name .. " rate max", at_once.top)
      local heads <close> = g:head(2)
      local chosen = mb.read_hdf(path, "answer/" .. name .. " head"):ne(0)
      assert.equal(0, differences(heads.wide, flows.wide[chosen]))
    end)
  end

  -- The rounding of the mean and of the differences shows where they nearly cancel.
  it("finds the spread of groups", function()
    for name, keys in pairs { port = { "dstPort" }, pair = { "srcIP", "proto" } } do
      local g <close> = flows:group_by(keys)
      local size = g:max "rate" ^ 2
      for _, how in ipairs { "var", "std" } do
        local expected <close> = mb.read_hdf(path, ("answer/%s %s"):format(name, how))
        local off = (g[how](g, "rate") - expected):abs()
        local allowed = how == "var" and size * 1e-12 or expected * 1e-9 + size:sqrt() * 1e-6
        assert.equal(0, off:gt(allowed + 1e-300):sum(), name .. " " .. how)
      end
    end
  end)

  it("matches values", function()
    check("isin", flows.srcIP:isin(devices.srcIP))
    check("isin many", flows.srcIP:isin(flows.dstIP:slice(1, ROWS // 2)))
    for _, name in ipairs { "intersect", "union", "difference", "symmetric_difference" } do
      check(name, mb[name](flows.srcIP, devices.srcIP))
    end
    check("unique", flows.bytes:unique())
    local values, counts = flows.srcPort:value_counts()
    check("value_counts keys", values)
    check("value_counts", counts)
    check("find", devices.srcIP:find(flows.srcIP))
    check("find_interval", starts:find_interval(ends, flows.srcIP))
    local g <close> = devices:group_by "srcIP"
    local ip, group = g:keys(), g:first "group"
    check("lookup", ip:lookup(group, flows.srcIP))
    check("lookup default", ip:lookup(group, flows.srcIP, { default = -7 }))
  end)

  it("joins frames", function()
    local left = flows:select("srcIP", "bytes")
    for _, how in ipairs { "inner", "left", "right", "outer" } do
      local joined <close> = left:join(devices, { on = "srcIP", how = how })
      for _, name in ipairs { "srcIP", "bytes", "group" } do
        check(("join %s %s"):format(how, name), joined:column(name))
      end
    end
    for _, how in ipairs { "semi", "anti" } do
      check("join " .. how, left:join(devices, { on = "srcIP", how = how }).bytes)
    end
    local timed = flows:select("start", "proto")
    check("asof", timed:join_asof(events:select("start", "event"), { on = "start" }).event)
    check("asof by", timed:join_asof(events, { on = "start", by = "proto" }).event)
  end)

  it("moves rows", function()
    check("gather", flows.wide[at])
    check("put", flows.wide:put(at, flows.start))
    check("concat", mb.concat { flows.srcIP, devices.srcIP })
    check("repeat_by", flows.start:repeat_by(times))
    check("reverse", flows.wide:reverse())
    check("slice", flows.wide:slice(-2, 12, -7))
    check("shift", flows.start:shift(1000))
    check("diff", flows.start:diff(-3))
    local shuffled <close> = flows.wide:shuffle(3)
    assert.equal(0, differences(shuffled:sort(), flows.wide:sort()))
  end)

  it("tells how values are distributed", function()
    local q = { 0, 0.1, 0.5, 0.99, 1 }
    check("quantile", flows.wide:quantile(q))
    check("quantile rate", flows.rate:quantile(q))
    check("quantile gaps", gaps:quantile(q, { skipna = true }))
    local counts, edges = flows.rate:histogram { bins = 1000 }
    check("histogram", counts)
    check("histogram edges", edges)
    check("histogram range", (flows.srcPort:histogram { bins = 77, range = { 2000, 30000 } }))
    check("histogram2d", (mb.histogram2d(flows.srcPort, flows.rate, { bins = { 20, 30 } })))
    local cuts = { 0, 1, 80, 443, 1024.5, 40000 }
    local bins = flows.dstPort:digitize(cuts)
    check("digitize", bins)
    check("cut", mb.where(bins:between(1, #cuts - 1), bins - 1, -1))
  end)
end)
