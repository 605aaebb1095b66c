-- What is asked of text and snapshots, beside files.lua: quoted and compressed text, text of floats,
-- snapshots. Names that end in "b" are DuckDB's part, which need its library.

local mb = require "moonbear"

local FIVE <const> = { "start", "srcIP", "dstIP", "dstPort", "dstBytes" }

local texts = {
  ---Operations, by name.
  known = {},
}

local function add(name, needs, run) texts.known[name] = { needs = needs, run = run } end

-- A sum that DuckDB finds over a table of what a query gives.
local function sum_of(column, query)
  mb.sql("create or replace table read as " .. query)
  local sum = mb.sql(("select sum(%s)::bigint as s from read"):format(column)).s[1]
  mb.sql "drop table read"
  return sum
end

add("C4", {}, function(_, dir)
  local flows <close> = mb.read_csv(dir .. "/quoted.csv")
  return flows.bytes:sum()
end)
add("C4b", {}, function(_, dir)
  return sum_of("bytes", ("select * from read_csv('%s/quoted.csv')"):format(dir))
end)

-- A tenth of the rows as text: floats of all digits, and of two decimals.
local function write_floats(columns, dir)
  local n = #columns.a // 10
  local a = columns.a:slice(1, n)
  mb.frame { { "a", a }, { "b", columns.b:slice(1, n) }, { "c", mb.math.floor(a * 1e4) / 100 } }
    :to_csv(dir .. "/moonbear.out.csv")
  return n
end
add("C5", { "a", "b" }, write_floats)
add("C5b", { "a", "b" }, function(columns, dir)
  local n = #columns.a // 10
  mb.sql(([[copy (select random() as a, random() as b, floor(random() * 1e4) / 100 as c from range(%d))
    to '%s/moonbear.out.csv']]):format(n, dir))
  return n
end)

-- The bytes of all flows that a compressed file has.
for name, ending in pairs { Z1 = "gz", Z2 = "bz2", Z3 = "zst" } do
  add(name, {}, function(_, dir)
    local bytes <close> = mb.read_csv(dir .. "/quoted.csv." .. ending, { columns = { "bytes" } })
    return bytes.bytes:sum()
  end)
end

add("K1", FIVE, function(columns, dir)
  local five = {}
  for _, name in ipairs(FIVE) do five[name] = columns[name] end
  mb.save(dir .. "/moonbear.out.snapshot.h5", five)
  return #columns.start
end)
add("K2", FIVE, function(_, dir)
  local five = mb.load(dir .. "/moonbear.out.snapshot.h5")
  local n = #five.start
  for _, name in ipairs(FIVE) do five[name]:close() end
  return n
end)

return texts
