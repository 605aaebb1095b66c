-- What runs along a column or along the rows of its groups, in seconds, beside DuckDB's window functions in turns:
--   MOONBEAR_DUCKDB=... moonbear -n 2 along.lua [ROWS [ROUNDS [STEM]]]
-- STEM.parquet and STEM.h5 get the rows, for along_peer.js and along_peer.py, which ask Polars and pandas the same.
-- `few` has 8 groups, `many` a million. DuckDB makes a table, whose rows it need not put back in order.

local mb = require "moonbear"

local n, rounds = tonumber(arg[1] or 1e7) // 1 | 0, tonumber(arg[2] or 3)
local stem = arg[3] or os.tmpname()

local rows = mb.frame {
  i = mb.range(1, n), few = mb.random(n, { high = 8, seed = 1 }),
  many = mb.random(n, { high = 1000000, seed = 2 }) * 17179, x = mb.uniform(n, { seed = 3 }),
}
for _, column in rows:each() do column:eval() end
rows:to_parquet(stem .. ".parquet")
if arg[3] then rows:to_hdf(stem .. ".h5") end
local has_duckdb = pcall(mb.sql, "set threads = " .. mb.size())
if has_duckdb then mb.sql(("create table rows as select * from '%s.parquet'"):format(stem)) end
if not arg[3] then os.remove(stem .. ".parquet") end

-- {name, what moonbear does, the window function of DuckDB}
local cases = {
  { "lag", function(of) return of:shift "x" end, "lag(x) over (partition by KEY order by i)" },
  { "rolling", function(of) return of:rolling("x", 10, "mean") end,
    "avg(x) over (partition by KEY order by i rows 9 preceding)" },
  { "cumsum", function(of) return of:cumsum "x" end, "sum(x) over (partition by KEY order by i)" },
  { "rank", function(of) return of:rank("x", { method = "min" }) end, "rank() over (partition by KEY order by x)" },
}

-- Seconds of rank 0 for a function whose result is a column.
local function seconds_of(f, ...)
  mb.core.barrier()
  local began = mb.core.now()
  local result = f(...)
  if result then result:eval() end
  mb.core.barrier()
  local seconds = mb.core.now() - began
  if result then result:close() end
  return mb.on_rank(0, function() return seconds end)
end

local function by(key, ask)
  local groups <close> = rows:group_by(key)
  return ask(groups)
end

local function measure(name, f, query)
  local ours, theirs = math.huge, math.huge
  for _ = 1, rounds do
    ours = math.min(ours, seconds_of(f))
    if has_duckdb then
      theirs = math.min(theirs, seconds_of(function()
        mb.sql(("create or replace temp table result as select %s as r from rows"):format(query))
      end))
    end
  end
  print(("along.%s\t%.3f"):format(name, ours))
  if has_duckdb then print(("duckdb.%s\t%.3f"):format(name, theirs)) end
end

for _, key in ipairs { "few", "many" } do
  for _, case in ipairs(cases) do
    measure(case[1] .. " " .. key, function() return by(key, case[2]) end, (case[3]:gsub("KEY", key)))
  end
end
for _, how in ipairs { "mean", "max", "std" } do
  local function window(f, rows_before) return ("%s(x) over (order by i rows %d preceding)"):format(f, rows_before) end
  local f = ({ mean = "avg", max = "max", std = "stddev_pop" })[how]
  measure(how .. " of 1000", function() return rows.x:rolling(1000, how) end, window(f, 999))
end
