-- moonbear.netflow beside plain Lua, in several types of columns and layouts.
local docs = require "moonbear.session.docs"
local geo = require "moonbear.geo"
local graph = require "moonbear.graph"
local helper = require "spec.helper"
local mb = require "moonbear"
local netflow = require "moonbear.netflow"
local traffic = require "spec.netflow"

local oracle, assert_raises = traffic.oracle, helper.assert_raises

local TOTALS <const> = { "flows", "bytes", "packets", "first_seen", "last_seen" }
local SCAN <const> = { "targets", "windows", "flows", "first_seen", "last_seen" }

local function names(keys, more)
  return table.move(more, 1, #more, #keys + 1, table.move(keys, 1, #keys, 1, {}))
end

local function first_rows(list, k) return table.move(list, 1, math.min(k, #list), 1, {}) end

-- Checks that a frame has these columns, first, and the rows of a list.
local function check(list, columns, frame, what)
  assert.same(traffic.lines_of(list, columns), traffic.lines(frame, columns), what)
end

-- Each function of the flows of a list, beside the oracle.
local cases = {}

function cases.profiles(list, flows)
  for name, keys in pairs { ports = { "dst_port" }, protocols = { "proto" }, services = { "proto", "dst_port" } } do
    local found = oracle.totals(list, keys)
    for _, group in ipairs(found) do
      group.clients, group.servers = oracle.distinct(group.list, "src"), oracle.distinct(group.list, "dst")
      group.share = group.flows / #list
    end
    oracle.descending(found, "flows")
    local columns = names(keys, { "flows", "clients", "servers", "bytes", "packets", "first_seen", "last_seen",
      "share" })
    check(found, columns, netflow[name](flows), name)
    check(first_rows(found, 2), columns, netflow[name](flows, { k = 2 }), name)
  end
end

function cases.hosts(list, flows)
  local by_host = {}
  for role, ends in pairs { client = { "src", "dst" }, server = { "dst", "src" } } do
    for _, group in ipairs(oracle.totals(list, { ends[1] })) do
      local id = group[ends[1]]
      local host = by_host[id] or setmetatable({ host = id }, { __index = function() return 0 end })
      host[role .. "_flows"], host[role .. "_peers"] = group.flows, oracle.distinct(group.list, ends[2])
      host[role .. "_ports"] = oracle.distinct(group.list, "dst_port")
      host[role .. "_sent"] = group[ends[1] .. "_bytes"]
      host[role .. "_received"] = group[ends[2] .. "_bytes"]
      by_host[id] = host
    end
  end
  local found = {}
  for id = 1, 100 do found[#found + 1] = by_host[id] end
  check(found, netflow.hosts(flows):columns(), netflow.hosts(flows), "hosts")
  assert.equal(11, #netflow.hosts(flows):columns())
end

function cases.talkers(list, flows)
  local twice = {}
  for _, side in ipairs { "src", "dst" } do
    for _, flow in ipairs(list) do
      twice[#twice + 1] = setmetatable({ host = flow[side] }, { __index = flow })
    end
  end
  for _, by in ipairs { "flows", "bytes", "packets", "duration" } do
    for side, of in pairs { src = { list, "src" }, dst = { list, "dst" }, pair = { list, "src", "dst" },
      both = { twice, "host" } } do
      local keys = { of[2], of[3] }
      local found = oracle.descending(oracle.totals(of[1], keys), by)
      check(first_rows(found, 7), names(keys, TOTALS), netflow.talkers(flows, { by = by, side = side, k = 7 }),
        by .. " of " .. side)
    end
  end
end

function cases.large_flows(list, flows)
  for _, by in ipairs { "bytes", "packets", "duration" } do
    local sorted = oracle.descending(first_rows(list, #list), by)
    check(first_rows(sorted, 12), { "src", "dst", "start", by }, netflow.largest(flows, { by = by, k = 12 }))
  end
  local limits, unusual = {}, {}
  for _, group in ipairs(oracle.groups(list, { "dst_port" })) do
    local values = {}
    for i, flow in ipairs(group.list) do values[i] = flow.bytes end
    limits[group.dst_port] = #values >= 5 and oracle.quantile(values, 0.9) or math.huge
  end
  for _, flow in ipairs(list) do
    if flow.bytes > limits[flow.dst_port] then unusual[#unusual + 1] = flow end
  end
  check(unusual, { "src", "dst", "start", "bytes" }, netflow.unusual(flows, { quantile = 0.9, fewest = 5 }))
end

function cases.asymmetry(list, flows)
  local found = {}
  for _, group in ipairs(oracle.totals(list, { "src" })) do
    group.sent, group.received = group.src_bytes, group.dst_bytes
    group.ratio = group.sent / math.max(group.received, 1)
    if group.sent >= 5e5 then found[#found + 1] = group end
  end
  oracle.descending(found, "ratio")
  check(found, { "src", "flows", "sent", "received", "ratio" }, netflow.asymmetry(flows, { least = 5e5 }))
end

function cases.over_time(list, flows)
  local hours = {}
  for i, flow in ipairs(list) do
    hours[i] = setmetatable({ start = flow.start // 3600 * 3600 }, { __index = flow })
  end
  for _, by in ipairs { {}, { "dst_port" } } do
    local keys = names({ "start" }, by)
    check(oracle.totals(hours, keys), names(keys, { "flows", "bytes", "packets" }),
      netflow.over_time(flows, { every = "1h", by = by }))
  end
end

function cases.peers(list, flows)
  check(oracle.totals(list, { "src", "dst" }), names({ "src", "dst" }, TOTALS), netflow.pairs(flows))
  local found = {}
  for id = 1, 100 do
    local node, out, into, all = { node = id, degree = 0 }, {}, {}, {}
    for _, flow in ipairs(list) do
      if flow.src == id then out[flow.dst], all[flow.dst] = true, true end
      if flow.dst == id then into[flow.src], all[flow.src] = true, true end
    end
    local function size(set)
      local n = 0
      for _ in pairs(set) do n = n + 1 end
      return n
    end
    node.out_degree, node.in_degree = size(out), size(into)
    all[id] = nil
    node.degree = size(all)
    if node.out_degree + node.in_degree > 0 then found[#found + 1] = node end
  end
  check(found, { "node", "out_degree", "in_degree", "degree" }, netflow.degrees(flows))
end

function cases.new_and_rare(list, flows)
  local half = #list // 2
  local before, after = first_rows(list, half), table.move(list, half + 1, #list, 1, {})
  for _, keys in ipairs { { "dst_port" }, { "src", "dst" }, { "src", "dst", "dst_port" } } do
    local found, new, counts = {}, {}, {}
    for _, group in ipairs(oracle.groups(before, keys)) do counts[group.word] = #group.list end
    for _, group in ipairs(oracle.totals(after, keys)) do
      group.before = counts[group.word] or 0
      if group.before <= 2 then found[#found + 1] = group end
      if group.before == 0 then new[#new + 1] = group end
    end
    local today, baseline = flows:tail(#list - half), flows:head(half)
    check(new, names(keys, TOTALS), netflow.new(today, baseline, keys))
    check(found, names(names(keys, TOTALS), { "before" }), netflow.rare(today, baseline, keys, { most = 2 }))
  end
end

function cases.scans(list, flows)
  for name, it in pairs { vertical_scans = { "dst", "dst_port" }, horizontal_scans = { "dst_port", "dst" } } do
    local keys = { "src", it[1] }
    local silent = {}
    for _, flow in ipairs(list) do if flow.dst_packets == 0 then silent[#silent + 1] = flow end end
    check(oracle.scans(list, keys, it[2], 4, 3600), names(keys, SCAN),
      netflow[name](flows, { least = 4, window = 3600 }), name)
    check(oracle.scans(silent, keys, it[2], 2, 3600), names(keys, SCAN),
      netflow[name](flows, { least = 2, window = mb.duration "1h", unanswered = true }), name)
  end
  for most, silent in pairs { [4] = 0, [8] = 0.5, [100] = 0.55 } do
    check(oracle.slow_scans(list, 15, 1800, most, silent), { "src", "targets", "once", "silent", "flows",
      "first_seen", "last_seen", "fastest" }, netflow.slow_scans(flows, { least = 15, window = "30min",
      fastest = most, once = 0.6, silent = silent }))
  end
end

function cases.beacons(list, flows)
  for _, keys in ipairs { { "src", "dst", "dst_port" }, { "src" } } do
    for _, jitter in ipairs { 0.1, 1 } do
      check(oracle.beacons(list, keys, 4, 10, jitter), names(keys, { "flows", "period", "jitter", "coverage",
        "first_seen", "last_seen" }), netflow.beacons(flows, { by = keys, fewest = 4, jitter = jitter }))
    end
  end
end

function cases.sides(list, flows)
  local answers, counts = oracle.servers(list), { [true] = 0, [false] = 0, null = 0 }
  for _, answer in ipairs(answers) do counts[answer] = counts[answer] + 1 end
  assert.same(answers, helper.rows_of(netflow.dst_is_server(flows)))
  assert.same({ dst = counts[true], src = counts[false], neither = counts.null }, netflow.sides(flows))
  check(oracle.orient(list), flows:columns(), netflow.orient(flows))
end

function cases.join_directions(list, flows)
  local joined = netflow.join_directions(flows, { within = 4000 })
  check(oracle.join_directions(list, 4000), { "start", "duration", "src", "dst", "src_port", "dst_port",
    "src_packets", "dst_packets", "src_bytes", "dst_bytes" }, joined)
end

function cases.sessions(list, flows)
  for _, keys in ipairs { { "src", "dst" }, { "src" } } do
    local found, numbers = oracle.sessions(list, keys, 300)
    local table_of, number = netflow.sessions(flows, { pause = "5min", by = keys })
    check(found, names(names({ "session" }, keys), TOTALS), table_of)
    local wanted = {}
    for i, flow in ipairs(list) do wanted[i] = numbers[flow] end
    assert.same(wanted, number:to_table())
  end
end

function cases.match_events(list, flows)
  local random, events, rows = helper.random(5), {}, {}
  for i = 1, 60 do
    events[i] = { host = random(1, 14), time = random(0, 20000), id = i }
    rows[i] = setmetatable({ src = events[i].host, dst = 1, start = events[i].time }, { __index = function()
      return 0
    end })
  end
  local types = { flows.src:type(), flows.start:type() }
  local of_events = traffic.frame(rows, types[1], types[2])
  local frame = mb.frame { { "Host", of_events.src }, { "Time", of_events.start }, { "id", mb.range(1, 60) } }
  check(oracle.match_events(list, events, 500), { "start", "src", "start_event", "id" },
    netflow.match_events(flows, frame, { host = "Host", time = "Time", within = 500 }))
end

local in_order = {}
for name in pairs(cases) do in_order[#in_order + 1] = name end
table.sort(in_order)

describe("netflow", function()
  for _, it_is in ipairs { { 250, "int", "int" }, { 90, "ip", "time", true }, { 3, "text", "float" },
    { 0, "ip", "time" } } do
    local n, host, time, is_ragged = table.unpack(it_is)
    local what = ("of %d flows of %s and %s%s"):format(n, host, time, is_ragged and ", on one rank" or "")
    it(what .. " answers as plain Lua does", function()
      local list = traffic.traffic(n, 3)
      local flows = traffic.frame(list, host, time, is_ragged)
      for _, name in ipairs(in_order) do cases[name](list, flows) end
    end)
  end

  it("has traffic by subnet", function()
    local list = traffic.traffic(120, 9)
    for _, flow in ipairs(list) do flow.network = flow.src // 10 end
    local found = oracle.descending(oracle.totals(list, { "network" }), "bytes")
    local nets = netflow.by_subnet(traffic.frame(list, "ip", "int"))
    for i, group in ipairs(found) do
      assert.equal(("10.0.%d.0"):format(group.network), nets.network[i])
      assert.equal(group.bytes, nets.bytes[i])
    end
    assert.equal(#found, #nets)
    assert.equal(1, #netflow.by_subnet(traffic.frame(list, "ip", "int"), { bits = 16, side = "dst" }))
  end)

  it("counts what leaves networks only", function()
    local flows = netflow.flows(mb.frame { { "src", mb.column { "10.1.1.1", "10.1.1.2", "8.8.8.8" }:as "ip" },
      { "dst", mb.column { "8.8.8.8", "10.1.1.1", "10.1.1.1" }:as "ip" },
      { "src_bytes", mb.column { 500, 700, 900 } }, { "dst_bytes", mb.column { 5, 7, 0 } } })
    local out = netflow.asymmetry(flows, { inside = "10.0.0.0/8", least = 100 })
    assert.same({ "10.1.1.1" }, out.src:to_table())
    assert.same({ 100.0 }, out.ratio:to_table())
    assert.equal(3, #netflow.asymmetry(flows, { least = 0 }))
  end)
end)

describe("netflow.flows", function()
  local function frame_of(columns)
    local list = {}
    for i, name in ipairs(columns) do list[i] = { name, mb.column { i, 2 * i } } end
    return mb.frame(list)
  end

  it("knows the names of LANL, nfdump, Zeek and Suricata", function()
    for _, map in pairs(netflow.names) do
      local columns = { "other" }
      for _, name in pairs(map) do columns[#columns + 1] = type(name) == "table" and name[1] or name end
      local frame = frame_of(columns)
      for _, flows in ipairs { netflow.flows(frame), netflow.flows(frame, map) } do
        for role, name in pairs(map) do
          local first = type(name) == "table" and name[1] or name
          assert.same(frame:column(first):to_table(), flows:column(role):to_table())
        end
        assert.same(frame.other:to_table(), flows.other:to_table())
        assert.equal(14, #flows:columns())
      end
    end
  end)

  it("takes other names, and lists of them", function()
    local frame = frame_of { "from", "to", "when", "size" }
    local flows = netflow.flows(frame, { src = "from", dst = { "target", "to" }, start = "when",
      src_bytes = "size" })
    assert.same({ "start", "src", "dst", "src_bytes", "bytes" }, flows:columns())
    assert.same(flows:columns(), netflow.flows(flows):columns())
    assert_raises("there is no column 'form'; did you mean 'from'?", netflow.flows, frame, { src = "form" })
    assert_raises("'source' is not what a column of flows can be", netflow.flows, frame, { source = "from" })
    assert_raises("bad argument #1 to 'flows' (frame expected", netflow.flows, 5)
    assert_raises("the name of 'src' must be a string", netflow.flows, frame, { src = 5 })
  end)

  it("makes times of text", function()
    local flows = netflow.flows(mb.frame { { "src_ip", mb.column { 1, 2 } }, { "dest_ip", mb.column { 1, 2 } },
      { "flow.start", mb.column { "2017-04-07T22:24:37.251547+0100", "2017-04-07T22:24:38+0000" } } })
    assert.equal("time", flows.start:type())
    assert.equal("2017-04-07T21:24:37.251547Z", tostring(flows.start[1]))
  end)

  it("is what functions miss columns of", function()
    local flows = netflow.flows(frame_of { "src", "dst" })
    assert_raises("beacons: the flows have no column 'start'", netflow.beacons, flows)
    assert_raises("talkers: the flows have no column 'bytes'", netflow.talkers, flows, { by = "bytes" })
    assert.same({ "src", "dst", "flows" }, netflow.pairs(flows):columns())
    assert_raises("'src' is an int column and has no networks", netflow.by_subnet, flows)
  end)
end)

describe("functions of netflow", function()
  it("refuse what they do not take, in the script's line", function()
    local flows = traffic.frame(traffic.traffic(20, 1), "int", "int")
    for name, f in pairs(netflow) do
      if type(f) == "function" then
        assert_raises({ ".lua:", "bad argument #1 to '" .. name .. "' (frame" }, f, 5)
      end
    end
    assert_raises("'beacons' has no option 'fewst'; did you mean 'fewest'?", netflow.beacons, flows, { fewst = 3 })
    assert_raises("netflow has no function 'becons'; did you mean 'beacons'?", function() return netflow.becons end)
    assert_raises("string or list of strings expected, got a table with names", netflow.new, flows, flows,
      { by = "src" })
    assert_raises("bad option 'window' of 'vertical_scans'", netflow.vertical_scans, flows, { window = "soon" })
    assert_raises("bad option 'window' of 'slow_scans'", netflow.slow_scans, flows, { window = 0 })
    assert_raises("bad option 'by' of 'talkers'", netflow.talkers, flows, { by = "speed" })
    assert_raises("bad option 'side' of 'talkers'", netflow.talkers, flows, { side = "left" })
    assert_raises("bad option 'quantile' of 'unusual'", netflow.unusual, flows, { quantile = 2 })
    assert_raises("bad option 'host' of 'match_events'", netflow.match_events, flows, flows)
    assert_raises("bad argument #2 to 'match_events'", netflow.match_events, flows, 5, { host = "a", time = "b" })
    assert_raises("bad argument #3 to 'new'", netflow.new, flows, flows, 5)
    assert_raises("'inside' needs addresses", netflow.asymmetry, flows, { inside = "10.0.0.0/8" })
    assert_raises("takes at most 2 arguments", netflow.ports, flows, {}, 1)
  end)

  it("are documented, as those of graph and geo, with their options", helper.once(function()
    for library, functions in pairs { netflow = netflow, graph = graph, geo = geo } do
      for name, f in pairs(functions) do
        local doc = docs.named(library .. "." .. name)
        if type(f) == "function" then
          assert.truthy(doc and #doc.text > 0 and #doc.params > 0, name)
          local takes_options = doc.params[#doc.params].name == "opts"
          assert.equal(takes_options, #docs.options(doc) > 0, name)
        end
      end
    end
  end))

  it("tell a rank that calls another one, and go on", function()
    if mb.size() == 1 then return end
    local flows = traffic.frame(traffic.traffic(50, 1), "int", "int")
    local wanted = traffic.lines(netflow.beacons(flows, { fewest = 3, jitter = 1 }))
    local other = mb.rank() == mb.size() - 1
    local ok, message = pcall(other and netflow.vertical_scans or netflow.beacons, flows)
    mb.core.forget_divergence()
    assert.is_false(ok)
    assert.truthy(message:find("the ranks diverged", 1, true), message)
    assert.same(wanted, traffic.lines(netflow.beacons(flows, { fewest = 3, jitter = 1 })))
  end)

  it("fail on all ranks when a step fails on one, and go on", function()
    local flows = traffic.frame(traffic.traffic(200, 1), "int", "int")
    local function run() return traffic.lines((netflow.sessions(flows))) end
    local wanted, failed = run(), 0
    for n = 1, 200, 13 do
      local rank = n % mb.size()
      mb.core.inject_fault(rank, n, "step")
      local ok, result = pcall(run)
      mb.on_rank(rank, function() mb.core.inject_fault(rank, 0) end)
      if ok then
        assert.same(wanted, result)
      else
        failed = failed + 1
        assert.truthy(result:find("a test makes this step fail on rank " .. rank, 1, true), result)
      end
    end
    assert.is_true(failed > 0)
    assert.same(wanted, run())
  end)
end)
