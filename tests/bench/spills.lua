-- A join of ROWS by ROWS integers in a limit of memory, beside DuckDB in the same: prints lines of
-- a name and seconds, with a tab between. MOONBEAR_MEMORY and MOONBEAR_TMPDIR are set.
--   moonbear join.lua ROWS FOLDER

local mb = require "moonbear"
local core = mb.core

local rows, dir = tonumber(arg[1]), arg[2]

local function path(side) return ("%s/join.%s.parquet"):format(dir, side) end

-- Each key comes once on both sides, in an order of its own.
local function make()
  for side, factor in pairs { a = 7919, b = 104729 } do
    mb.sql(("copy (select (range * %d) %% %d as k, range as v from range(%d)) to '%s'"):format(factor, rows,
      rows, path(side)))
  end
end

local function join_ours()
  local a <close> = mb.read_parquet(path "a")
  local b <close> = mb.read_parquet(path "b")
  local both <close> = a:join(b, { on = "k", suffix = "_b" })
  return (both.v ~ both.v_b):max()
end

local function join_theirs()
  return mb.sql(([[select max(xor(a.v, b.v))::bigint as s from '%s' a join '%s' b using (k)]]):format(path "a",
    path "b")).s[1]
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
  assert(measure("join.moonbear", join_ours) == measure("join.duckdb", join_theirs))
  for _, side in ipairs { "a", "b" } do os.remove(path(side)) end
end
