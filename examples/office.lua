-- A week of an office's flows, for the examples: 400 workstations in 10.1.0.0/16 ask a few servers
-- in 10.2.0.0/24 and the world. Work is done by day; nights and the week's end are quiet. All rows
-- are functions of the seed.

local mb = require "moonbear"

local office = { first_day = mb.time "2026-03-02" } -- a Monday

local WORKSTATIONS <const>, SERVERS <const>, WORLD <const> = 0x0A010001, 0x0A020001, 0x34000001

-- Columns of n random rows, of one seed after another.
local function generator(n, seed)
  local rows = {}
  local function options(more)
    seed = seed + 1
    more.seed = seed
    return more
  end
  function rows.from(low, high) return mb.random(n, options { low = low, high = high }) end
  function rows.of(values, weights) return mb.choice(values, n, options { weights = weights }) end
  -- Whole numbers below `count`, the small ones more often.
  function rows.skewed(count)
    return ((mb.uniform(n, options {}) * math.log(count)):exp() - 1):as "int"
  end
  -- Numbers of bytes about a median, some much larger.
  function rows.bytes(median)
    return mb.lognormal(n, options { mean = math.log(median), std = 1.5 }):as "int" + 40
  end
  return rows
end

local function hours_of_work()
  local weights = {}
  for hour = 0, 23 do weights[hour + 1] = hour >= 8 and hour < 18 and 10 or 1 end
  return weights
end

-- When flows begin: by day, but for a few.
local function starts(rows)
  local hours = {}
  for hour = 0, 23 do hours[hour + 1] = hour end
  local day = rows.of({ 0, 1, 2, 3, 4, 5, 6 }, { 10, 10, 10, 10, 9, 1, 1 })
  local second = day * 86400 + rows.of(hours, hours_of_work()) * 3600 + rows.from(0, 3599)
  return office.first_day + second:as("duration", { unit = "s" })
end

---The address of workstation, server or outside host number i, counted from 0.
function office.workstation(i) return mb.column { WORKSTATIONS + i }:as "ip"[1] end
function office.server(i) return mb.column { SERVERS + i }:as "ip"[1] end
function office.outside(i) return mb.column { WORLD + i }:as "ip"[1] end

---n ordinary flows, in the order of time.
function office.flows(n, seed)
  local rows = generator(n, seed)
  local port = rows.of({ 443, 53, 80, 445, 389, 88, 123 }, { 40, 25, 10, 10, 7, 5, 3 })
  local inside = ~port:isin { 443, 80 }
  local sent, got = rows.bytes(1500), rows.bytes(8000)
  return mb.frame { { "start", starts(rows) }, { "duration", rows.skewed(600) },
    { "src", (WORKSTATIONS + rows.skewed(400)):as "ip" },
    { "dst", mb.where(inside, SERVERS + rows.skewed(12), WORLD + rows.skewed(3000)):as "ip" },
    { "proto", mb.where(port:isin { 53, 123 }, 17, 6) },
    { "src_port", rows.from(32768, 60999) }, { "dst_port", port },
    { "src_packets", sent // 900 + 1 }, { "dst_packets", got // 900 + 1 },
    { "src_bytes", sent }, { "dst_bytes", got } }:sort_by "start"
end

---Flows of one kind that do not belong there: `count` of them from workstation `source` to `dst`,
---one every `pace` seconds from `start` on, with so many bytes sent and received.
function office.planted(opts)
  local n = opts.count
  local number = mb.range(0, n - 1)
  local sent, got = mb.full(n, opts.sent or 400), mb.full(n, opts.got or 400)
  return mb.frame {
    { "start", opts.start + (number * opts.pace):as("duration", { unit = "s" }) },
    { "duration", mb.full(n, opts.pace // 2) },
    { "src", mb.full(n, WORKSTATIONS + opts.source):as "ip" },
    { "dst", opts.dst and opts.dst(number) or mb.full(n, WORLD + 7000):as "ip" },
    { "proto", mb.full(n, 6) }, { "src_port", number % 20000 + 40000 },
    { "dst_port", mb.full(n, opts.port or 443) },
    { "src_packets", sent // 900 + 1 }, { "dst_packets", got // 900 + 1 },
    { "src_bytes", sent }, { "dst_bytes", got } }
end

---Numbers of servers as their addresses.
function office.servers(numbers) return (numbers + SERVERS):as "ip" end

return office
