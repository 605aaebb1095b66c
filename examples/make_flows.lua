-- Writes flows in the format of LANL's netflow: moonbear make_flows.lua FILE [N [SEED]]
--
-- The skew is that of real traffic: a few ports take most of it, some servers most of the rest, and
-- days have their hours. The same seed gives the same flows.

local mb = require "moonbear"

local path, n, seed = arg[1], tonumber(arg[2] or 1e6), tonumber(arg[3] or 7)
if not path or not n or not seed then
  io.stderr:write "usage: moonbear make_flows.lua FILE [N [SEED]]\n"
  os.exit(2)
end
n = math.floor(n)

local DAY, DAYS, DEVICES, PORTS = 86400, 2, 60000, 65536
local HEAVY = { -- port, share of the flows
  { 53, .24 }, { 443, .15 }, { 80, .11 }, { 514, .07 }, { 389, .06 }, { 427, .05 }, { 88, .045 },
  { 161, .04 }, { 445, .035 }, { 123, .02 }, { 137, .015 }, { 138, .01 }, { 22, .008 },
  { 3128, .006 }, { 8080, .005 }, { 135, .005 }, { 1433, .004 },
}
local SERVERS = { "ActiveDirectory", "EnterpriseAppServer", "Mail", "VPN", "VScanner" }

-- The numbers below `count`, in an order that looks random.
local function scatter(i, count)
  return (i * 48271 + 12345) % count
end

local function device_names()
  local names = {}
  for i = 0, DEVICES - 1 do
    local number = scatter(i, 1000003) % 1000000
    names[i] = (i % 5 == 3 and "IP%06d" or "Comp%06d"):format(number)
  end
  for i, name in ipairs(SERVERS) do names[i * 3] = name end
  return names
end

local function port_names()
  local names = {}
  for port = 0, PORTS - 1 do names[port] = (port < 1024 and "%d" or "Port%05d"):format(port) end
  return names
end

local random, floor, exp = math.random, math.floor, math.exp

-- A number below `count`, the small ones more often: about as 1 / (number + 1).
local function skewed(count)
  return floor(count ^ random()) - 1
end

local function heavy_port()
  local share = random()
  for _, heavy in ipairs(HEAVY) do
    share = share - heavy[2]
    if share < 0 then return heavy[1] end
  end
  return scatter(skewed(PORTS), PORTS)
end

local function source_port()
  local kind = random()
  if kind < .02 then return random(0, PORTS - 1) end
  if kind < .06 then return heavy_port() end -- an answer
  return kind < .3 and random(49152, PORTS - 1) or random(32768, 60999)
end

local function long_tailed(none, most)
  if random() < none then return 0 end
  return floor(math.min(exp(9 * random() ^ 2 + random()), most))
end

-- The second at which flow i begins: more at noon than at night.
local function start_of(i)
  local t = i / n * DAYS
  return DAY + floor((t - .1 * math.sin(2 * math.pi * t)) * DAY)
end

local function write_flows()
  math.randomseed(seed)
  local devices, ports, lines = device_names(), port_names(), {}
  local line = "%d,%d,%s,%s,%d,%s,%s,%d,%d,%d,%d\n"
  local file = assert(io.open(path, "w"))
  for i = 1, n do
    local protocol = random()
    local sent, got = long_tailed(.1, 1e7), long_tailed(.3, 1e7)
    lines[#lines + 1] = line:format(start_of(i - 1), long_tailed(.35, DAY),
      devices[skewed(DEVICES)], devices[DEVICES - 1 - skewed(DEVICES)],
      protocol < .68 and 6 or protocol < .98 and 17 or 1,
      ports[source_port()], ports[heavy_port()], sent, got,
      sent * random(46, 1400), got * random(46, 1400))
    if #lines == 4096 or i == n then
      assert(file:write(table.concat(lines)))
      lines = {}
    end
  end
  assert(file:close())
end

mb.on_rank(0, write_flows)
print(("%s: %d flows"):format(path, n))
