-- What functions of moonbear.netflow take, beside the same questions to DuckDB in SQL, in turns:
--   MOONBEAR_DUCKDB=... moonbear -n 2 netflow.lua [FLOWS [ROUNDS]]
-- DuckDB has a thread for each rank and makes a table of what it finds. Prints the best of the rounds.

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../../examples/?.lua;" .. package.path

local mb = require "moonbear"
local netflow = require "moonbear.netflow"
local planted = require "planted"

local n, rounds = tonumber(arg[1] or 5e6), tonumber(arg[2] or 3)

local function numbers(count, high, seed) return mb.random(count, { high = high, seed = seed }) end

-- Flows in memory, and as a table of DuckDB's.
local function prepare()
  local rows = mb.concat { planted.background(n, 7), planted.scans("vertical", 20, 300, 1, 5),
    planted.beacons(20, 600, 0.1, 0, 6) }
  local all = #rows
  rows = rows:with { duration = numbers(all, 600, 1), proto = mb.where(rows.dst_port:eq(53), 17, 6),
    src_packets = numbers(all, 100, 2), src_bytes = numbers(all, 1e6, 3), dst_bytes = numbers(all, 1e6, 4) }
  local path = os.tmpname() .. ".parquet"
  rows:to_parquet(path)
  mb.sql("set threads = " .. mb.size())
  mb.sql(("create table flows as select *, src_bytes + dst_bytes as bytes, src_packets + dst_packets as packets "
    .. "from '%s'"):format(path))
  os.remove(path)
  local flows = netflow.flows(rows)
  for _, column in flows:each() do column:eval() end
  return flows
end

-- {name, what moonbear does, what DuckDB is asked}
local cases = {
  { "ports", netflow.ports, [[select dst_port, count(*) as flows, count(distinct src), count(distinct dst),
    sum(bytes), sum(packets), min(start), max(start) from flows group by 1 order by flows desc]] },
  { "talkers by bytes", function(f) return netflow.talkers(f, { by = "bytes" }) end,
    [[with h as (select src as host, * from flows union all select dst as host, * from flows)
    select host, count(*), sum(bytes) as b, sum(packets), min(start), max(start) from h group by 1
    order by b desc limit 10]] },
  { "unusual", netflow.unusual, [[select f.* from flows f join (select dst_port, count(*) as n,
    quantile_cont(bytes, 0.999) as q from flows group by 1) using (dst_port) where n >= 100 and bytes > q]] },
  { "asymmetry", netflow.asymmetry, [[select src, count(*), sum(src_bytes) as s, sum(dst_bytes) as r,
    s / greatest(r, 1) as ratio from flows group by 1 having s >= 1e6 order by ratio desc]] },
  { "over_time", netflow.over_time, [[select start // 3600 * 3600, count(*), sum(bytes), sum(packets) from flows
    group by 1 order by 1]] },
  { "pairs", netflow.pairs, [[select src, dst, count(*), sum(bytes), sum(packets), min(start), max(start)
    from flows group by 1, 2 order by 1, 2]] },
  { "degrees", netflow.degrees, [[with e as (select distinct src, dst from flows), b as (select src as node,
    dst as peer, 1 as o, 0 as i from e union all select dst, src, 0, 1 from e)
    select node, sum(o), sum(i), count(distinct peer) from b group by 1 order by 1]] },
  { "new pairs", function(f)
    return netflow.new(f:where "start >= 43200", f:where "start < 43200", { "src", "dst" })
  end, [[select src, dst, count(*), sum(bytes), sum(packets), min(start), max(start) from flows f where
    start >= 43200 and not exists (select 1 from flows b where b.start < 43200 and b.src = f.src and b.dst = f.dst)
    group by 1, 2 order by 1, 2]] },
  { "vertical_scans", netflow.vertical_scans, [[select src, dst, max(t) as most, count(*), sum(f) from (select src,
    dst, start // 600, count(distinct dst_port) as t, count(*) as f from flows group by 1, 2, 3 having t >= 25)
    group by 1, 2 order by most desc]] },
  { "horizontal_scans", netflow.horizontal_scans, [[select src, dst_port, max(t) as most, count(*), sum(f)
    from (select src, dst_port, start // 600, count(distinct dst) as t, count(*) as f from flows group by 1, 2, 3
    having t >= 25) group by 1, 2 order by most desc]] },
  { "slow_scans", netflow.slow_scans, [[with t as (select src, dst, dst_port, count(*) as f, min(start) as s,
    sum(dst_packets) as a from flows group by 1, 2, 3), w as (select src, max(c) as fastest from (select src,
    s // 3600, count(*) as c from t group by 1, 2) group by 1) select src, count(*) as n, avg((f = 1)::int) as once,
    avg((a = 0)::int), sum(f), any_value(fastest) as most from t join w using (src) group by 1
    having n >= 50 and once >= 0.8 and most <= 10 order by n desc]] },
  { "beacons", netflow.beacons, [[with g as (select src, dst, dst_port, start - lag(start) over (partition by src,
    dst, dst_port order by start) as gap from flows), m as (select src, dst, dst_port, count(*) as n,
    median(gap) as p from g group by 1, 2, 3 having n >= 10), d as (select src, dst, dst_port, any_value(n) as n,
    any_value(p) as p, median(abs(gap - p)) as j from g join m using (src, dst, dst_port) group by 1, 2, 3)
    select *, j / p as jitter from d where p >= 10 and jitter <= 0.2 order by jitter]] },
  { "orient", netflow.orient, [[with c as (select p, count(*) as n from (select src_port as p from flows union all
    select dst_port from flows) group by 1), o as (select f.*, b.n < a.n or b.n = a.n and dst_port > src_port as turn
    from flows f join c a on a.p = src_port join c b on b.p = dst_port)
    select start, if(turn, dst, src) as src, if(turn, src, dst) as dst, if(turn, dst_port, src_port) as src_port,
    if(turn, src_port, dst_port) as dst_port, if(turn, dst_bytes, src_bytes) as src_bytes,
    if(turn, src_bytes, dst_bytes) as dst_bytes from o]] },
  { "sessions", netflow.sessions, [[with o as (select *, max(start + duration) over (partition by src, dst
    order by start rows between unbounded preceding and 1 preceding) as e from flows), s as (select *, sum(case when
    e is null or start - e > 1800 then 1 else 0 end) over (order by src, dst, start rows unbounded preceding) as number
    from o) select number, any_value(src), any_value(dst), count(*), sum(bytes), sum(packets), min(start), max(start)
    from s group by 1 order by 1]] },
}

-- Seconds since the machine started, as rank 0 sees them.
local function now()
  local file = assert(io.open("/proc/uptime"))
  local seconds = file:read "n"
  file:close()
  return seconds
end

local function seconds_of(f, ...)
  local before = now()
  local result = f(...)
  if result then
    for _, column in result:each() do column:eval() end
  end
  return now() - before
end

local flows = prepare()
print(("%d flows, %d ranks; seconds:"):format(#flows, mb.size()))
for _, case in ipairs(cases) do
  local name, ask, query = table.unpack(case)
  local ours, theirs = math.huge, math.huge
  for _ = 1, rounds do
    ours = math.min(ours, seconds_of(ask, flows))
    theirs = math.min(theirs, seconds_of(mb.sql, "create or replace temp table result as " .. query))
  end
  print(("%-18s %7.2f  DuckDB %7.2f  %5.1f times"):format(name, ours, theirs, theirs / math.max(ours, 0.01)))
end
