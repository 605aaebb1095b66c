-- What is measured, by the names that peers know: for each operation the columns that are in memory
-- before it, and what it does with these and the folder of the data. It returns a number that every
-- peer must find too.

local lanl = require "moonbear.lanl"
local files = require "files"
local hosts = require "hosts"
local mb = require "moonbear"
local moments = require "moments"
local texts = require "texts"
local core = mb.core

local operations = {}

local FIVE = { "start", "srcIP", "dstIP", "dstPort", "dstBytes" }

-- The four paths of a pattern with %d.
local function numbered(dir, pattern)
  local paths = {}
  for i = 0, 3 do paths[#paths + 1] = dir .. "/" .. pattern:format(i) end
  return paths
end

local function load_five(pattern)
  return function(_, dir)
    local flows <close> = mb.read_hdf(numbered(dir, pattern), FIVE)
    return #flows
  end
end

-- As csv2hdf does it.
local function convert(_, dir)
  local outputs = numbered(dir, "moonbear.out.%d.h5")
  local job <close> = core.csv_open(lanl.format, numbered(dir, "flows.%d.csv"), outputs)
  repeat local _, _, over = job:batch() until over
  local rows = 0
  for i = 1, #outputs do rows = rows + job:report(i) end
  return rows
end

local function count_values(name)
  return function(columns)
    return #columns[name]:value_counts()
  end
end

local function top_ports(columns)
  local ports, counts = columns.dstPort:value_counts()
  local _, most = mb.most_common(ports, counts, 10)()
  return most
end

-- The row whose position is in the middle of an order.
local function middle(column, order)
  local positions <close> = order
  return column[positions[#column // 2 + 1]]
end

local function order_of(name)
  return function(columns) return middle(columns[name], columns[name]:argsort()) end
end

local function sorted_numbers(columns)
  local sorted <close> = columns.r:sort()
  return sorted[#sorted // 2 + 1]
end

local function order_by_port(columns)
  return middle(columns.start, mb.argsort { columns.dstPort, columns.start })
end

local function top_ten(columns)
  local values <close> = columns.dstBytes:topk(10)
  return values[#values]
end

local function web_flows(columns)
  local web = columns.dstPort:eq(443)
  local kept = 0
  for _, name in ipairs(FIVE) do
    local chosen <close> = columns[name][web]:eval()
    kept = #chosen
  end
  return kept
end

local function bytes_a_packet(c)
  local bytes = (c.srcBytes + c.dstBytes) * c.proto:eq(6)
  return (bytes / (c.srcPkts + c.dstPkts + 1)):sum()
end

local function scaled(columns)
  local result <close> = (columns.a + columns.b * 2.5):eval()
  return result[1]
end

local function fused(columns)
  return ((columns.a + columns.b) * columns.a):sum()
end

local function five_statistics(columns)
  local s = columns.a:stats { "sum", "min", "max", "mean", "std" }
  return s.sum + s.min + s.max + s.mean + s.std
end

local function running_sum(columns)
  local sums <close> = columns.a:cumsum()
  return sums[-1]
end

local function statistic(name)
  return { needs = { "a" }, run = function(columns) return columns.a[name](columns.a) end }
end

local function is_in(name)
  return function(columns)
    local found <close> = columns.r:isin(columns[name]):eval()
    return found:sum()
  end
end

-- The largest group, where devices have groups.
local function join_groups(columns)
  local flows = mb.frame { { "ip", columns.srcIP } }
  local devices = mb.frame { { "ip", columns.devip }, { "group", columns.devgrp } }
  local joined <close> = flows:join(devices, { on = "ip" }).group
  local _, counts = joined:value_counts()
  return counts:max()
end

-- The largest sum of a port's bytes.
local function bytes_by_port(columns)
  local g <close> = mb.group_by(columns.dstPort)
  return g:sum(columns.dstBytes):max()
end

-- How many pairs there are, and the largest sum of their bytes.
local function bytes_by_pair(columns)
  local g <close> = mb.group_by { columns.srcIP, columns.dstIP }
  local pairs_of <close> = g:agg {
    { "flows", "size" }, { "bytes", columns.dstBytes, "sum" },
  }
  return #pairs_of + pairs_of.bytes:max() + pairs_of.flows:max()
end

local function mean_by_key(columns)
  local g <close> = mb.group_by(columns.k)
  return g:mean(columns.a):max()
end

local function gathered(columns)
  local taken <close> = columns.a[columns.i]
  return taken[1]
end

local function quantiles(columns)
  local q = columns.dstBytes:quantile { 0.5, 0.99 }
  return q[1] + q[2]
end

local function fullest_bin(columns)
  return columns.start:histogram { bins = 1000 }:max()
end

-- The names of the devices of up to ten million flows.
local function names_of(ids)
  local some <close> = ids:slice(1, math.min(#ids, 10000000))
  return (mb.where((some >> 20):eq(21036), "Comp", "IP") .. (some & 0xfffff):as "text"):eval()
end

-- Columns of a file of their own; not every set of data has all of them.
local others = { a = true, b = true, i = true, k = true, r = true, set10k = true,
  set1m = true, devip = true, devgrp = true }

-- Columns that are computed from another.
local computed = {
  low32 = { "r", function(r) return (r & 0xffffffff):eval() end },
  k34 = { "k", function(k) return (k & 0x3ffffffff):eval() end },
  names = { "srcIP", names_of },
}

-- Reads the columns that operations need; those that are not there are left out.
function operations.read_columns(dir, names)
  local columns = {}
  for _, name in ipairs(names) do
    if computed[name] then
      local from, make = table.unpack(computed[name])
      local source <close> = operations.read_columns(dir, { from })[from]
      columns[name] = source and make(source)
    elseif hosts.names[name] then
      columns[name] = mb.read_hdf(dir .. "/hosts.h5", name)
    elseif moments.names[name] then
      columns[name] = moments.read(dir, name)
    elseif not others[name] then
      columns[name] = mb.read_hdf(numbered(dir, "flows.%d.h5"), name)
    else
      local there, column = pcall(mb.read_hdf, dir .. "/aux.h5", name)
      -- Positions there count from 0.
      if there and name == "i" then column = (column + 1):eval() end
      columns[name] = there and column or nil
    end
  end
  return columns
end

operations.known = {
  L1 = { needs = {}, run = load_five "flows.%d.h5" },
  L2 = { needs = {}, run = load_five "flows_gz.%d.h5" },
  L4 = { needs = {}, run = convert },
  S1 = { needs = { "dstPort" }, run = function(columns) return columns.dstPort:eq(80):sum() end },
  S2 = { needs = { "srcPort" }, run = count_values "srcPort" },
  S2b = { needs = { "srcPort" }, run = count_values "srcPort" },
  S3 = { needs = { "dstPort" }, run = top_ports },
  S4 = { needs = { "srcIP" }, run = function(columns) return #columns.srcIP:unique() end },
  S5 = { needs = { "k34" }, run = count_values "k34" },
  X2a = { needs = { "r", "set10k" }, run = is_in "set10k" },
  X2b = { needs = { "r", "set1m" }, run = is_in "set1m" },
  ST1 = { needs = { "names" }, run = count_values "names" },
  ST2 = { needs = { "names" }, run = function(columns)
    return columns.names:contains("1234"):sum()
  end },
  ST3 = { needs = { "names" }, run = function(columns)
    return columns.names:startswith("IP"):sum()
  end },
  J1 = { needs = { "srcIP", "devip", "devgrp" }, run = join_groups },
  O1 = { needs = { "r" }, run = order_of "r" },
  O1b = { needs = { "low32" }, run = order_of "low32" },
  O2 = { needs = { "r" }, run = sorted_numbers },
  O3 = { needs = { "dstPort", "start" }, run = order_by_port },
  T1 = { needs = { "dstBytes" }, run = top_ten },
  F1 = { needs = FIVE, run = web_flows },
  F2 = { needs = { "srcBytes", "dstBytes", "proto", "srcPkts", "dstPkts" }, run = bytes_a_packet },
  G1 = { needs = { "dstPort", "dstBytes" }, run = bytes_by_port },
  G2 = { needs = { "srcIP", "dstIP", "dstBytes" }, run = bytes_by_pair },
  G3 = { needs = { "k", "a" }, run = mean_by_key },
  X1 = { needs = { "a", "i" }, run = gathered },
  Q1 = { needs = { "dstBytes" }, run = quantiles },
  H1 = { needs = { "start" }, run = fullest_bin },
  E0 = { needs = { "a", "b" }, run = fused },
  E1 = { needs = { "a", "b" }, run = scaled },
  E2 = { needs = { "a" }, run = five_statistics },
  E3 = { needs = { "a" }, run = running_sum },
  R1 = statistic "sum",
  R2 = statistic "min",
  R3 = statistic "max",
}

for name, operation in pairs(files.known) do operations.known[name] = operation end
for name, operation in pairs(hosts.known) do operations.known[name] = operation end
for name, operation in pairs(moments.known) do operations.known[name] = operation end
for name, operation in pairs(texts.known) do operations.known[name] = operation end

return operations
