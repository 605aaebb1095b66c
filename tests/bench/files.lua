-- What is asked of files: writing HDF5 and CSV, reading CSV, JSON and Parquet, scans. A write ends when the
-- file is on the disk.

local mb = require "moonbear"

local FIVE <const> = { "start", "srcIP", "dstIP", "dstPort", "dstBytes" }
local FLOW <const> = { "start", "duration", "srcIP", "dstIP", "proto", "srcPort", "dstPort",
  "srcPkts", "dstPkts", "srcBytes", "dstBytes" }

local files = {
  ---Operations, by name.
  known = {},
}

local function add(name, needs, run) files.known[name] = { needs = needs, run = run } end

-- The five columns, or the rows of one of ten parts of them.
local function five_of(columns, parts)
  local list = {}
  for i, name in ipairs(FIVE) do
    list[i] = { name, columns[name]:slice(1, #columns[name] // parts) }
  end
  return mb.frame(list)
end

local function write(options)
  return function(columns, dir)
    five_of(columns, 1):to_hdf(dir .. "/moonbear.out.w.h5", options)
    return #columns.start
  end
end

add("W1", FIVE, write {})
add("W2", FIVE, write { gzip = 1 })

add("C1", {}, function(_, dir)
  local flows <close> = mb.read_csv(dir .. "/flows.?.csv", { header = false, names = FLOW })
  return flows.dstBytes:sum()
end)
add("C2", FIVE, function(columns, dir)
  local some = five_of(columns, 10)
  some:to_csv(dir .. "/moonbear.out.csv")
  return #some
end)

add("C3", {}, function(_, dir)
  local flows <close> = mb.read_jsonl(dir .. "/flows.?.json")
  return flows.dstBytes:sum()
end)

-- These need DuckDB's library.
add("C1b", {}, function(_, dir)
  mb.sql(("create or replace table flows as select * from read_csv('%s/flows.?.csv')"):format(dir))
  local sum = mb.sql "select sum(column10)::bigint as s from flows".s[1]
  mb.sql "drop table flows"
  return sum
end)
add("C3b", {}, function(_, dir)
  mb.sql(("create or replace table flows as select * from read_ndjson('%s/flows.?.json')"):format(dir))
  local sum = mb.sql "select sum(dstBytes)::bigint as s from flows".s[1]
  mb.sql "drop table flows"
  return sum
end)
add("P1", {}, function(_, dir)
  local flows <close> = mb.read_parquet(dir .. "/flows.parquet", FIVE)
  return #flows
end)
add("P1b", {}, function(_, dir)
  mb.sql(("create or replace table flows as select %s from '%s/flows.parquet'"):format(
    table.concat(FIVE, ", "), dir))
  local rows = mb.sql "select count(*) as n from flows".n[1]
  mb.sql "drop table flows"
  return rows
end)

add("M1", {}, function(_, dir)
  local x <close> = mb.read_hdf(dir .. "/small/*.h5", "x")
  return x:sum()
end)

add("N1", {}, function(_, dir)
  local flows <close> = mb.read_hdf(dir .. "/flows.?.h5", FIVE)
  local sum = 0
  for _, name in ipairs(FIVE) do sum = sum + flows[name]:sum() end
  return sum
end)
local function sums_by_scan(_, dir)
  local flows, parts, sum = mb.scan_hdf(dir .. "/flows.?.h5", FIVE), {}, 0
  for _, name in ipairs(FIVE) do parts[name] = { flows[name], "sum" } end
  local sums = mb.collect(parts)
  for _, name in ipairs(FIVE) do sum = sum + sums[name] end
  return sum
end
add("N1b", {}, sums_by_scan)
add("N1c", {}, sums_by_scan) -- with less memory

return files
