-- What pages take for given: the files and variables of their examples, made by a function of each.
local geo = require "moonbear.geo"
local mb = require "moonbear"
local mmdb = require "spec.mmdb"

local preludes = { duckdb = pcall(mb.sql, "select 1") }

-- Flows as LANL has them, some of them heavy, between a few hosts; starts are seconds of two days.
local function flows_of(n, seed)
  local function from(low, high, step)
    seed = seed + 1
    return mb.random(n, { low = low, high = high, seed = seed }) * (step or 1)
  end
  local function one_of(values)
    seed = seed + 1
    return mb.choice(values, n, { seed = seed })
  end
  local hosts = { 22058209181, 22058391981, 22058010144, 22057900217, 22058003240, 22057951111 }
  return mb.frame { { "start", from(86400, 259199):sort() }, { "duration", from(0, 600) },
    { "srcIP", one_of(hosts) }, { "dstIP", one_of(hosts) }, { "proto", one_of { 6, 6, 6, 17 } },
    { "srcPort", mb.where(from(0, 99):lt(3), 80, from(32768, 60999)) },
    { "dstPort", one_of { 53, 80, 443, 443, 22, 8080 } },
    { "srcPkts", from(1, 50) }, { "dstPkts", from(0, 50) },
    { "srcBytes", from(1, 40) ^ 4 }, { "dstBytes", from(0, 1000000) } }
    :with { srcBytes = "srcBytes:as('int')" }
end

local function write_file(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

local made = false

-- The folder flows/, of two days, as HDF5 and as CSV.
local function make_flows()
  if made then return end
  made = true
  os.execute "mkdir -p flows proxy eve"
  for day = 1, 2 do
    local flows = flows_of(1000, 100 * day)
    flows:to_hdf(("flows/day%d.hdf"):format(day))
    flows:to_csv(("flows/day%d.csv"):format(day))
  end
end

preludes["README.md"] = function(environment)
  make_flows()
  environment.a, environment.b = mb.column { 1, 2, 1 }, mb.column { 1, 2, 3 }
  environment.frame = mb.frame { a = environment.a, b = environment.b }
end

preludes["docs/guide/groups.md"] = function(environment)
  environment.flows = flows_of(1000, 1)
end

preludes["docs/guide/writing-files.md"] = preludes["docs/guide/groups.md"]
preludes["docs/guide/larger-than-memory.md"] = make_flows

-- MaxMind's databases, of two networks.
local function write_geo()
  local function network(place, as, organization)
    return { country = { iso_code = place[1] }, city = { names = { en = place[2] } },
      subdivisions = { { iso_code = place[3] } }, autonomous_system_number = mmdb.typed("uint32", as),
      autonomous_system_organization = organization }
  end
  local bytes = mmdb.bytes({ { "\192\0\2\0", 24, network({ "DE", "Jena", "TH" }, 64500, "Example Net") },
    { "\198\51\100\0", 24, network({ "CA", "Ottawa", "ON" }, 64501, "Other") } }, { version = 4 })
  write_file("GeoLite2-ASN.mmdb", bytes)
  write_file("GeoLite2-City.mmdb", bytes)
end

preludes["docs/guide/netflow.md"] = function()
  make_flows()
  write_geo()
  write_file("conn.log", "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n"
    .. "#unset_field\t-\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto"
    .. "\torig_bytes\tresp_bytes\n#types\ttime\taddr\tport\taddr\tport\tenum\tcount\tcount\n"
    .. "1709208000.5\t10.0.0.1\t40000\t192.0.2.7\t443\ttcp\t500\t90000\n"
    .. "1709208001.5\t10.0.0.2\t40001\t192.0.2.9\t443\ttcp\t700\t80000\n"
    .. "1709208002.5\t10.0.0.1\t40002\t198.51.100.4\t53\tudp\t60\t200\n")
  write_file("GeoLite2-ASN-Blocks-IPv4.csv", "network,autonomous_system_number,"
    .. "autonomous_system_organization\n192.0.2.0/24,64500,Example Net\n198.51.100.0/24,64501,Other\n")
  return (pcall(geo.open, "GeoLite2-ASN.mmdb")) -- where moonbear was built with libmaxminddb
end

preludes["docs/guide/reading-files.md"] = function()
  make_flows()
  for day = 1, 2 do
    mb.read_hdf(("flows/day%d.hdf"):format(day)):to_hdf(("flows/day%d.h5"):format(day))
  end
  os.execute [[/usr/bin/python3 -c 'import warnings, pandas as pd; warnings.simplefilter("ignore")
pd.DataFrame({"degrees": range(100000)}).to_hdf("stores.h5", key="weather")']]
  local log = mb.frame { host = { "example.ru", "example.com", "example.ru", "example.ru" },
    user = { "ann", "bob", "bob", "ann" }, bytes = { 2000000, 5, 1500000, 3000000 } }
  log:to_hdf "proxy/monday.h5"
  mb.frame { user = { "ann", "bob" }, start = { 1, 2 } }:to_hdf("run.h5",
    { layout = "arkouda", files = "rank" })
  write_file("proxy/monday.csv", "at;host;status;zip\n1500000000000;web1;200;01234\n"
    .. "1500000000250;web2;503;04321\n1500000001000;web2;500;99999\n")
  write_file("eve/monday.json", [[
{"timestamp": "2024-02-29T12:00:00", "src_ip": "10.0.0.1", "dest_port": 22, "alert": {"signature": "SSH scan"}}
{"timestamp": "2024-02-29T12:00:01", "src_ip": "10.0.0.2", "dest_port": 80, "alert": {"signature": "SQL in URL"}}
{"timestamp": "2024-02-29T12:00:02", "src_ip": "10.0.0.1", "dest_port": 22, "alert": {"signature": "SSH scan"}}
]])
  return preludes.duckdb -- of which the last block is
end

-- The files that its tables read.
preludes["docs/from-pandas.md"] = function()
  local frame = mb.frame { a = { 1, 2, 3 }, b = { 4, 5, 6 } }
  frame:to_csv "x.csv"
  frame.a:to_hdf("x.h5", "key")
  write_file("x.json", '{"a": 1, "b": "x"}\n')
  if preludes.duckdb then mb.sql "copy (select 1 as a) to 'x.parquet'" end
end

preludes["docs/guide/in-your-program.md"] = function(environment)
  local page <close> = assert(io.open(arg[1] .. "/docs/guide/in-your-program.md"))
  local source = page:read("a"):match "```c\n(#include <math.h>\n.-)```"
  write_file("hypotenuse.c", source)
  assert(os.execute("cc -O1 -fPIC -shared -I" .. arg[1] .. "/src hypotenuse.c -lm -o hypotenuse.so"))
  environment.f = mb.frame { a = { 3, 5 }, b = { 4, 12 } }
end

-- What the expressions of tables may name: a set for each type that `c` may have.
function preludes.columns()
  local sets = {}
  local n = 20
  local numbers = mb.random(n, { low = 0, high = 9, seed = 3 })
  local texts = mb.column { "a.b", "c.d x", "e", "f.g" }
  local times = mb.time_of(mb.range(1, n) * 1800, { unit = "s" })
  local frame = mb.frame { { "a", numbers }, { "b", mb.range(1, n) }, { "c", numbers * 2 },
    { "k", mb.range(1, n) }, { "t", mb.range(1, n) } }
  for i, column in ipairs { numbers, texts, times } do
    if i == 3 then frame = frame:with { t = times } end
    sets[i] = setmetatable({ mb = mb, c = column, d = i == 1 and numbers + 1 or column, f = frame,
      h = frame:drop("c"), g = frame:group_by "a", a = numbers, b = numbers + 1, x = frame.a,
      m = column:eq(column[1]), positions = mb.column { 2, 1 }, n = 10,
      keys = mb.range(0, 9), values = mb.range(10, 19), t = texts,
      at = times, starts = mb.column { 0, 5 },
      ends = mb.column { 4, 9 } }, { __index = _G })
  end
  return sets
end

return preludes
