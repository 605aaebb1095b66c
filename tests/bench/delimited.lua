-- Reading and writing delimited text, in seconds, beside DuckDB: moonbear delimited.lua DIR OUT [ROUNDS]
-- DIR has flows.?.csv and quoted.csv; OUT is a folder in memory, as peers do not bring their files to a disk.
-- delimited_peer.js, .R and .py ask Polars, data.table and pandas the same.

local mb = require "moonbear"
local core = mb.core

local dir, out, rounds = arg[1], arg[2] .. "/moonbear.out.csv", tonumber(arg[3] or 3)
local flows_path, quoted_path = dir .. "/flows.?.csv", dir .. "/quoted.csv"

local function measure(name, f)
  local best = math.huge
  for _ = 1, rounds do
    core.barrier()
    local start = core.now()
    f()
    core.barrier()
    best = math.min(best, core.now() - start)
  end
  print(("%s\t%.3f"):format(name, best))
end

local flows, quoted = mb.read_csv(flows_path, { header = false }), mb.read_csv(quoted_path)
measure("delimited.read flows", function() mb.read_csv(flows_path, { header = false }):close() end)
measure("delimited.read quoted", function() mb.read_csv(quoted_path):close() end)
measure("delimited.write flows", function() flows:to_csv(out) end)
measure("delimited.write quoted", function() quoted:to_csv(out) end)

if pcall(mb.sql, "set threads = " .. mb.size()) then
  local function sql(form, ...) mb.sql(form:format(...)) end
  measure("duckdb.read flows", function() sql("create or replace table f as from read_csv('%s')", flows_path) end)
  measure("duckdb.read quoted", function() sql("create or replace table q as from read_csv('%s')", quoted_path) end)
  measure("duckdb.write flows", function() sql("copy f to '%s'", out) end)
  measure("duckdb.write quoted", function() sql("copy q to '%s'", out) end)
end
mb.on_rank(0, function() return os.remove(out) end)
