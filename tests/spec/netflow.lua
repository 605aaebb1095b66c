-- What the functions of moonbear.netflow mean, in plain Lua over lists of flows; and such flows, in
-- several types of columns and layouts. Nothing in `oracle` asks the engine.
local helper = require "spec.helper"
local mb = require "moonbear"

local netflow = {}

-- Flows of n rows: some answered, some scans, beacons and missing numbers among them.
function netflow.traffic(n, seed)
  local random, list = helper.random(seed), {}
  local ports = { 53, 80, 443, 445, 22 }
  for i = 1, n do
    local kind = random(1, 10)
    local flow = { src = random(1, 12), dst = random(8, 25), dst_port = ports[random(1, 5)],
      src_port = random(40000, 40020), start = random(0, 20000) }
    if kind == 1 then flow.src, flow.dst, flow.dst_port = 30, 31, random(1, 40) end
    if kind == 2 then flow.src, flow.dst, flow.dst_port = 32, random(1, 40), 445 end
    if kind == 3 then
      flow.src, flow.dst, flow.dst_port = 33, 34, 443
      flow.start = i // 10 * 600 + random(0, 20)
    end
    if kind == 4 then flow.src_port, flow.dst_port = flow.dst_port, flow.src_port end
    flow.proto = random(1, 4) == 1 and 17 or 6
    flow.duration = random(0, 3) == 0 and random(0, 900) or random(0, 5)
    flow.src_packets, flow.dst_packets = random(1, 20), random(0, 2) * random(0, 10)
    flow.src_bytes = random(0, 7) == 0 and mb.null or random(40, 200000)
    flow.dst_bytes = flow.dst_packets * 100
    flow.bytes = (flow.src_bytes == mb.null and 0 or flow.src_bytes) + flow.dst_bytes
    flow.packets = flow.src_packets + flow.dst_packets
    list[i] = flow
  end
  return list
end

local COLUMNS <const> = { "start", "duration", "src", "dst", "proto", "src_port", "dst_port", "src_packets",
  "dst_packets", "src_bytes", "dst_bytes" }

-- How hosts and times are written: as numbers, or as what is in the order of these numbers.
local hosts = {
  int = function(id) return id end,
  text = function(id) return ("host%03d"):format(id) end,
  ip = function(id) return ("10.0.%d.%d"):format(id // 10, id) end,
}
local times = {
  int = function(column) return column end,
  float = function(column) return column + 0.0 end,
  time = function(column) return mb.time_of(column) end,
}

-- The rows of a column, all on one rank.
local function gathered(column)
  local filler = mb.column({ mb.null }, column:type())[mb.full(50 * mb.size(), 1):eval()]
  local all = mb.concat { filler, column }
  return all[mb.range(1, #all):gt(#filler)]
end

-- A frame of a list of flows, with hosts and times of some types.
function netflow.frame(list, host, time, is_ragged)
  local columns = {}
  for i, name in ipairs(COLUMNS) do
    local is_host, rows = name == "src" or name == "dst", {}
    for k, flow in ipairs(list) do rows[k] = is_host and hosts[host](flow[name]) or flow[name] end
    local column = mb.column(rows, is_host and host or "int")
    if name == "start" then column = times[time](column) end
    columns[i] = { name, is_ragged and gathered(column) or column }
  end
  return require("moonbear.netflow").flows(mb.frame(columns))
end

-- A value as the number that it was made of.
local function plain(value)
  if value == mb.null then return "null" end
  if type(value) == "string" then return math.tointeger(tonumber(value:match "%d+$")) end
  if type(value) == "userdata" then return value:epoch "s" end
  return value
end

local function line_of(values)
  for i, value in ipairs(values) do
    if type(value) == "number" then value = ("%.9g"):format(value) end
    values[i] = tostring(value)
  end
  return table.concat(values, " ")
end

-- The rows of a frame, a line each, in the order of its columns or of the names.
function netflow.lines(frame, names)
  local lists, lines = {}, {}
  for i, name in ipairs(names or frame:columns()) do lists[i] = frame:column(name):to_table() end
  for row = 1, #frame do
    local values = {}
    for i, list in ipairs(lists) do values[i] = plain(list[row]) end
    lines[row] = line_of(values)
  end
  return lines
end

-- The same of a list of tables.
function netflow.lines_of(list, names)
  local lines = {}
  for i, row in ipairs(list) do
    local values = {}
    for k, name in ipairs(names) do values[k] = plain(row[name]) end
    lines[i] = line_of(values)
  end
  return lines
end

local oracle = {}
netflow.oracle = oracle

-- Groups of flows by columns, in the order of these: {keys..., flows = list}.
function oracle.groups(list, keys)
  local by_key, groups = {}, {}
  for _, flow in ipairs(list) do
    local words = {}
    for i, key in ipairs(keys) do words[i] = ("%012d"):format(flow[key]) end
    local word = table.concat(words, " ")
    local group = by_key[word]
    if not group then
      group = { list = {}, word = word }
      for _, key in ipairs(keys) do group[key] = flow[key] end
      by_key[word], groups[#groups + 1] = group, group
    end
    group.list[#group.list + 1] = flow
  end
  table.sort(groups, function(a, b) return a.word < b.word end)
  return groups
end

function oracle.sum(list, name)
  local sum = 0
  for _, flow in ipairs(list) do
    if flow[name] ~= mb.null then sum = sum + flow[name] end
  end
  return sum
end

function oracle.extremes(list, name)
  local least, most = math.huge, -math.huge
  for _, flow in ipairs(list) do least, most = math.min(least, flow[name]), math.max(most, flow[name]) end
  return least, most
end

function oracle.distinct(list, ...)
  local seen, n = {}, 0
  for _, flow in ipairs(list) do
    local words = {}
    for i, name in ipairs { ... } do words[i] = flow[name] end
    local word = table.concat(words, " ")
    if not seen[word] then seen[word], n = true, n + 1 end
  end
  return n
end

-- A stable sort, largest first.
function oracle.descending(list, name)
  local places = {}
  for i, row in ipairs(list) do places[row] = i end
  table.sort(list, function(a, b)
    if a[name] ~= b[name] then return a[name] > b[name] end
    return places[a] < places[b]
  end)
  return list
end

-- Flows, bytes, packets, first_seen and last_seen of groups.
function oracle.totals(list, keys)
  local groups = oracle.groups(list, keys)
  for _, group in ipairs(groups) do
    group.flows = #group.list
    for _, name in ipairs { "bytes", "packets", "duration", "src_bytes", "dst_bytes" } do
      group[name] = oracle.sum(group.list, name)
    end
    group.first_seen, group.last_seen = oracle.extremes(group.list, "start")
  end
  return groups
end

-- Linear between the two nearest values.
function oracle.quantile(values, q)
  table.sort(values)
  local at = 1 + (#values - 1) * q
  local low = math.floor(at)
  local above = values[math.min(low + 1, #values)]
  return values[low] + (above - values[low]) * (at - low)
end

function oracle.scans(list, keys, counted, least, window)
  local windows, found = {}, {}
  for _, flow in ipairs(list) do
    local copy = setmetatable({ window = flow.start // window }, { __index = flow })
    windows[#windows + 1] = copy
  end
  local with_window = { keys[1], keys[2], "window" }
  local busy = {}
  for _, group in ipairs(oracle.totals(windows, with_window)) do
    group.targets = oracle.distinct(group.list, counted)
    if group.targets >= least then busy[#busy + 1] = group end
  end
  for _, group in ipairs(oracle.groups(busy, keys)) do
    group.windows, group.flows = #group.list, oracle.sum(group.list, "flows")
    group.targets = select(2, oracle.extremes(group.list, "targets"))
    group.first_seen = oracle.extremes(group.list, "first_seen")
    group.last_seen = select(2, oracle.extremes(group.list, "last_seen"))
    found[#found + 1] = group
  end
  return oracle.descending(found, "targets")
end

function oracle.slow_scans(list, least, window, fastest, silent)
  local found = {}
  for _, group in ipairs(oracle.totals(list, { "src" })) do
    local targets = oracle.totals(group.list, { "dst", "dst_port" })
    local singles, silent_ones, met = 0, 0, {}
    group.targets, group.fastest = #targets, 0
    for _, target in ipairs(targets) do
      local place = target.first_seen // window
      if target.flows == 1 then singles = singles + 1 end
      if oracle.sum(target.list, "dst_packets") == 0 then silent_ones = silent_ones + 1 end
      met[place] = (met[place] or 0) + 1
      group.fastest = math.max(group.fastest, met[place])
    end
    group.once, group.silent = singles / #targets, silent_ones / #targets
    local is_slow = #targets >= least and group.fastest <= fastest and group.once >= 0.6
    if is_slow and group.silent >= silent then found[#found + 1] = group end
  end
  return oracle.descending(found, "targets")
end

-- The flows of a group in order of start, equal ones in row order.
local function in_time(list)
  local places, sorted = {}, {}
  for i, flow in ipairs(list) do places[flow], sorted[i] = i, flow end
  table.sort(sorted, function(a, b)
    if a.start ~= b.start then return a.start < b.start end
    return places[a] < places[b]
  end)
  return sorted
end

function oracle.beacons(list, keys, fewest, shortest, jitter)
  local found = {}
  for _, group in ipairs(oracle.totals(list, keys)) do
    local flows, gaps, off = in_time(group.list), {}, {}
    for i = 2, #flows do gaps[i - 1] = flows[i].start - flows[i - 1].start end
    if #flows >= fewest then
      group.period = oracle.quantile(gaps, 0.5)
      for i, gap in ipairs(gaps) do off[i] = math.abs(gap - group.period) end
      group.jitter = oracle.quantile(off, 0.5) / group.period
      group.coverage = #flows / ((flows[#flows].start - flows[1].start) / group.period + 1)
      if group.period >= shortest and group.jitter <= jitter then found[#found + 1] = group end
    end
  end
  for i, group in ipairs(found) do group.calm, group.place = -group.jitter, i end
  return oracle.descending(found, "calm")
end

function oracle.sessions(list, keys, pause)
  local found, numbers = {}, {}
  for _, group in ipairs(oracle.groups(list, keys)) do
    local last, session
    for _, flow in ipairs(in_time(group.list)) do
      if not last or flow.start - last > pause then
        session = { list = {}, session = #found + 1 }
        for _, key in ipairs(keys) do session[key] = group[key] end
        found[#found + 1], last = session, nil
      end
      session.list[#session.list + 1] = flow
      last = math.max(last or -math.huge, flow.start + flow.duration)
      numbers[flow] = session.session
    end
  end
  for _, session in ipairs(found) do
    session.flows = #session.list
    session.bytes, session.packets = oracle.sum(session.list, "bytes"), oracle.sum(session.list, "packets")
    session.first_seen, session.last_seen = oracle.extremes(session.list, "start")
  end
  return found, numbers
end

-- true, false or "null" for each flow: whether dst is the server.
function oracle.servers(list)
  local counts, answers = {}, {}
  for _, flow in ipairs(list) do
    counts[flow.src_port] = (counts[flow.src_port] or 0) + 1
    counts[flow.dst_port] = (counts[flow.dst_port] or 0) + 1
  end
  for i, flow in ipairs(list) do
    local src, dst = counts[flow.src_port], counts[flow.dst_port]
    answers[i] = dst > src or (dst == src and flow.dst_port < flow.src_port)
    if flow.src_port == flow.dst_port then answers[i] = "null" end
  end
  return answers
end

local SWAPPED <const> = { src = "dst", src_port = "dst_port", src_bytes = "dst_bytes",
  src_packets = "dst_packets" }

function oracle.orient(list)
  local result = {}
  for i, is_server in ipairs(oracle.servers(list)) do
    local flow = {}
    for name, value in pairs(list[i]) do flow[name] = value end
    for a, b in pairs(SWAPPED) do
      if is_server == false then flow[a], flow[b] = flow[b], flow[a] end
    end
    result[i] = flow
  end
  return result
end

local function zero(value) return value == mb.null and 0 or value end

-- One after another in time: a flow answers the one before of its conversation, when that is open.
function oracle.join_directions(list, within)
  local open, result, places = {}, {}, {}
  for i, flow in ipairs(list) do places[flow] = i end
  for _, flow in ipairs(in_time(list)) do
    local ends = { ("%03d %05d"):format(flow.src, flow.src_port), ("%03d %05d"):format(flow.dst, flow.dst_port) }
    local back = flow.src > flow.dst or flow.src == flow.dst and flow.src_port > flow.dst_port
    local key = (back and ends[2] .. ends[1] or ends[1] .. ends[2]) .. " " .. flow.proto
    local first = open[key]
    if first and first.back ~= back and flow.start - first.start <= within then
      for a, b in pairs { src_bytes = "dst_bytes", src_packets = "dst_packets" } do
        first[a], first[b] = zero(first[a]) + zero(flow[b]), zero(first[b]) + zero(flow[a])
      end
      first.duration = math.max(first.duration, flow.start + flow.duration - first.start)
      open[key] = nil
    else
      local copy = { back = back, place = -places[flow] }
      for name, value in pairs(flow) do copy[name] = value end
      copy.src_bytes = zero(copy.src_bytes)
      open[key], result[#result + 1] = copy, copy
    end
  end
  return oracle.descending(result, "place")
end

-- The last event of each flow's host that is not later, of equal ones the last row.
function oracle.match_events(list, events, within)
  local result = {}
  for _, flow in ipairs(list) do
    local best
    for _, event in ipairs(events) do
      local fits = event.host == flow.src and event.time <= flow.start
      if fits and (not best or event.time >= best.time) then best = event end
    end
    if best and flow.start - best.time <= within then
      result[#result + 1] = { start = flow.start, src = flow.src, start_event = best.time, id = best.id }
    end
  end
  return result
end

return netflow
