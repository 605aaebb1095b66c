-- A join, a group-by and a sort of ROWS rows in a limit of memory, beside DuckDB in the same: prints
-- lines of a name and seconds, with a tab between. MOONBEAR_MEMORY and MOONBEAR_TMPDIR are set.
--   moonbear spills.lua ROWS FOLDER

local mb = require "moonbear"
local core = mb.core

local rows, dir = tonumber(arg[1]), arg[2]

local function path(side) return ("%s/spills.%s.parquet"):format(dir, side) end

-- Each key comes once on both sides, in an order of its own.
local function make()
  for side, factor in pairs { a = 7919, b = 104729 } do
    mb.sql(("copy (select (range * %d) %% %d as k, range as v from range(%d)) to '%s'"):format(factor, rows,
      rows, path(side)))
  end
end

local function query(form)
  return mb.sql((form:gsub("$(%l)", function(side) return "'" .. path(side) .. "'" end))).s[1]
end

local ours, theirs = {}, {}

function ours.join()
  local a <close> = mb.read_parquet(path "a")
  local b <close> = mb.read_parquet(path "b")
  local both <close> = a:join(b, { on = "k", suffix = "_b" })
  return (both.v ~ both.v_b):max()
end

function theirs.join()
  return query "select max(xor(a.v, b.v))::bigint as s from $a a join $b b using (k)"
end

function ours.group()
  local a <close> = mb.read_parquet(path "a")
  local sums <close> = a:group_by("k"):agg { s = { "v", "sum" } }
  return (sums.k ~ sums.s):max()
end

function theirs.group()
  return query "select max(xor(k, t))::bigint as s from (select k, sum(v)::bigint as t from $a group by k)"
end

function ours.sort()
  local a <close> = mb.read_parquet(path "a")
  local sorted <close> = a:sort_by "k"
  return sorted.v[#sorted // 3]
end

function theirs.sort()
  mb.sql(("create table sorted as select * from '%s' order by k"):format(path "a"))
  local v = query(("select v as s from sorted limit 1 offset %d"):format(rows // 3 - 1))
  mb.sql "drop table sorted"
  return v
end

local function measure(name, f)
  core.barrier()
  local start = core.now()
  local ok, found = pcall(f)
  print(("%s\t%.4g"):format(name, ok and core.now() - start or -1))
  if not ok then io.stderr:write(tostring(found), "\n") end
  return found
end

if pcall(mb.sql, "select 1") then
  make()
  mb.sql(("set memory_limit = '%siB'"):format(os.getenv "MOONBEAR_MEMORY"))
  mb.sql(("set temp_directory = '%s'"):format(os.getenv "MOONBEAR_TMPDIR"))
  for _, what in ipairs { "join", "group", "sort" } do
    local found, expected = measure(what .. ".moonbear", ours[what]), measure(what .. ".duckdb", theirs[what])
    if type(expected) == "number" then assert(found == expected, what) end
  end
  for _, side in ipairs { "a", "b" } do os.remove(path(side)) end
end
