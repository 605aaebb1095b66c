-- What operations cost on a million rows, as the page on performance tells by orders of magnitude:
--   moonbear -n 2 costs.lua [ROWS [SECONDS]]
-- Prints the milliseconds of each in ascending order: the best of as many rounds as so many seconds
-- have room for, of 3 at least and 100 at most.

local mb = require "moonbear"

local now = mb.core.now
local n, seconds = math.tointeger(tonumber(arg[1] or 1000000)), tonumber(arg[2] or 1)
local folder = mb.on_rank(0, function()
  local name = os.tmpname()
  os.remove(name)
  return name
end)

local function integers(high, seed) return mb.random(n, { high = high, seed = seed }):eval() end

local port, host, peer = integers(5000, 1), integers(60000, 2), integers(60000, 3)
local bytes, packets, wide = integers(1 << 30, 4), integers(1000, 5), integers(1 << 62, 6)
local million, at, start = integers(1000000, 7), (integers(n - 1, 8) + 1):eval(), mb.range(1, n):eval()
local ratio, few = mb.uniform(n, { seed = 9 }):eval(), mb.choice({ "web1", "web2", "db1" }, n, { seed = 10 }):eval()
local names = ("host-" .. start:as "text" .. ".example.org"):eval()
local flows = mb.frame { { "host", host }, { "peer", peer }, { "port", port }, { "bytes", bytes },
  { "packets", packets } }
local few_flows = flows:head(n // 100)
local small = mb.frame { { "port", mb.range(0, 5000):eval() }, { "kind", (mb.range(0, 5000) % 7):eval() } }
local set, mask = mb.random(10000, { high = 1 << 62, seed = 11 }):eval(), port:eq(443)

flows:to_hdf(folder .. ".h5", { gzip = false })
flows:to_hdf(folder .. ".gz.h5", { gzip = 1 })
flows:to_csv(folder .. ".csv")
mb.on_rank(0, function()
  local csv, json = assert(io.open(folder .. ".csv")), assert(io.open(folder .. ".jsonl", "w"))
  csv:read()
  for line in csv:lines() do
    json:write((line:gsub("^(%d+),(%d+),(%d+),(%d+),(%d+)$",
      '{"host": %1, "peer": %2, "port": %3, "bytes": %4, "packets": %5}')), "\n")
  end
  json:close()
end)

local function all(frame)
  for _, column in frame:each() do column:eval() end
end

local cases = {
  { "a slice", function() return bytes:slice(10, n - 10) end },
  { "select", function() return flows:select("host", "port") end },
  { "with, not asked for", function() return flows:with { rate = "bytes / packets" } end },
  { "topk(10)", function() return bytes:topk(10) end },
  { "a comparison and its sum", function() return port:eq(443):sum() end },
  { "a + b * 2.5", function() return (bytes + packets * 2.5):eval() end },
  { "the sum of an expression of four columns", function() return ((bytes + packets) * port / (host + 1)):sum() end },
  { "quantile{0.5, 0.99}", function() return bytes:quantile { 0.5, 0.99 } end },
  { "value_counts of 5,000", function() return port:value_counts() end },
  { "value_counts of a million", function() return million:value_counts() end },
  { "group_by of 5,000: a sum", function() return mb.group_by(port):sum(bytes):eval() end },
  { "group_by of a million: a mean", function() return mb.group_by(million):mean(ratio):eval() end },
  { "group_by of pairs of hosts: sizes", function() return mb.group_by { host, peer }:size():eval() end },
  { "cumsum", function() return bytes:cumsum():eval() end },
  { "text of few: eq and its sum", function() return few:eq("web1"):sum() end },
  { "text of few: value_counts", function() return few:value_counts() end },
  { "where, five columns", function() all(flows:where(mask)) end },
  { "isin of ten thousand", function() return wide:isin(set):sum() end },
  { "join with 5,000 rows", function() all(flows:join(small, { on = "port" })) end },
  { "sort", function() return wide:sort():eval() end },
  { "argsort", function() return wide:argsort():eval() end },
  { "sort_by, five columns", function() all(flows:sort_by("port", "-bytes")) end },
  { "c[positions] at random", function() return bytes[at]:eval() end },
  { "rolling mean", function() return ratio:rolling(7, "mean"):eval() end },
  { "strings that differ: contains", function() return names:contains("99"):sum() end },
  { "strings that differ: a regular expression", function() return names:match("9[0-4]\\."):sum() end },
  { "strings that differ: partition", function() return names:partition(".") end },
  { "strings that differ: sort", function() return names:sort():eval() end },
  { "read_hdf, five columns", function() all(mb.read_hdf(folder .. ".h5")) end },
  { "read_hdf, five columns, gzip", function() all(mb.read_hdf(folder .. ".gz.h5")) end },
  { "read_csv, five columns", function() all(mb.read_csv(folder .. ".csv")) end },
  { "read_jsonl, five columns", function() all(mb.read_jsonl(folder .. ".jsonl")) end },
  { "frame:map, a hundredth of the rows", function()
    return few_flows:map(function(row) return row.bytes / (row.packets + 1) end):eval()
  end },
}

-- The least seconds of an operation; rank 0 tells when it was often enough.
local function least_of(operation)
  local least, rounds, first = math.huge, 0, now()
  repeat
    mb.core.barrier()
    local began = now()
    operation()
    mb.core.barrier()
    least, rounds = math.min(least, now() - began), rounds + 1
    local over = rounds >= 100 or rounds >= 3 and now() - first > seconds
  until mb.on_rank(0, function() return over end)
  return least
end

local best = {}
for _, case in ipairs(cases) do
  local least = least_of(case[2])
  best[#best + 1] = { case[1], mb.on_rank(0, function() return least * 1000 end) }
end
table.sort(best, function(a, b) return a[2] < b[2] end)
for _, it in ipairs(best) do print(("%8.3f\t%s"):format(it[2], it[1])) end
mb.on_rank(0, function()
  for _, ending in ipairs { ".h5", ".gz.h5", ".csv", ".jsonl" } do os.remove(folder .. ending) end
end)
