-- Which side of a flow is the server, and joining records of both directions.

local mb = require "moonbear"
local clock = require "moonbear.netflow.clock"
local common = require "moonbear.netflow.common"
local options = require "moonbear.options"
local runs = require "moonbear.netflow.runs"

local sides = {}

-- How many flows have each of their ports, on either side.
local function popularity(flows)
  local ports, counts = mb.concat { flows.src_port, flows.dst_port }:value_counts()
  return ports:lookup(counts, flows.src_port), ports:lookup(counts, flows.dst_port)
end

---Whether dst is the server of a flow and src its client, by the data: the server's port is the one
---that more flows have, on either side, since clients take a new one for each flow; of two that are
---as frequent the lower one. Missing where both ports are the same, or one is missing or 0.
---Collective.
---@param flows moonbear.Frame
---@return moonbear.Column # bool
function sides.dst_is_server(flows)
  common.need("dst_is_server", flows, "src_port", "dst_port")
  local src, dst = flows.src_port, flows.dst_port
  local of_src, of_dst = popularity(flows)
  local yes = of_dst:gt(of_src) | (of_dst:eq(of_src) & dst:lt(src))
  return mb.where(src:ne(dst) & src:gt(0) & dst:gt(0), yes, mb.null)
end

---How many flows have their server in dst, in src, or cannot tell: whether src and dst mean
---anything in these data. Collective.
---@param flows moonbear.Frame
---@return {dst: integer, src: integer, neither: integer}
function sides.sides(flows)
  common.need("sides", flows, "src_port", "dst_port")
  local dst = sides.dst_is_server(flows)
  local yes, told = dst:sum(), #dst - dst:is_missing():sum()
  return { dst = yes, src = told - yes, neither = #dst - told }
end

-- The columns of one direction and those of the other.
local PAIRS <const> = { { "src", "dst" }, { "src_port", "dst_port" },
  { "src_bytes", "dst_bytes" }, { "src_packets", "dst_packets" } }

-- The flows with both sides exchanged where a mask says so.
local function swap(flows, mask)
  local swapped = {}
  for _, pair in ipairs(PAIRS) do
    if common.has(flows, pair[1]) and common.has(flows, pair[2]) then
      local a, b = flows:column(pair[1]), flows:column(pair[2])
      swapped[pair[1]], swapped[pair[2]] = mb.where(mask, b, a), mb.where(mask, a, b)
    end
  end
  return flows:with(swapped)
end

---The flows with the client in src and the server in dst: where `dst_is_server` says false,
---address, port, bytes and packets of both sides are exchanged. Collective.
---@param flows moonbear.Frame
---@return moonbear.Frame
function sides.orient(flows)
  common.need("orient", flows, "src", "dst", "src_port", "dst_port")
  return swap(flows, ~sides.dst_is_server(flows):fill(true))
end

-- The ends of flows one way round: those of a direction and of its reverse are the same.
local function conversation(flows)
  local src, dst = flows.src, flows.dst
  local back = (src:gt(dst) | (src:eq(dst) & flows.src_port:gt(flows.dst_port))):fill(false):eval()
  local turned = swap(flows, back)
  local keys = { turned.src, turned.dst, turned.src_port, turned.dst_port }
  if common.has(flows, "proto") then keys[5] = flows.proto end
  return keys, back
end

-- Which rows answer the one before: of consecutive rows of opposite directions the second, fourth
-- ...
local function answers(run, back, within)
  local near = (run.start - run.start:shift(1)):le(within):fill(false)
  local linked = run.follows & near & back:ne(back:shift(1)):fill(false)
  local chain, row = (~linked):cumsum(), mb.range(1, #linked)
  local g <close> = mb.group_by(chain)
  return ((row - g:broadcast(g:min(row))) % 2):eq(1):eval()
end

-- Rows with what the row after them adds, where that answers them.
local function add_answers(rows, answered)
  local added = {}
  local function next_one(name)
    return mb.where(answered, rows:column(name):shift(-1), 0):fill(0)
  end
  for _, what in ipairs { "bytes", "packets" } do
    local sent, got = "src_" .. what, "dst_" .. what
    if common.has(rows, sent) and common.has(rows, got) then
      added[sent] = rows:column(sent):fill(0) + next_one(got)
      added[got] = rows:column(got):fill(0) + next_one(sent)
      added[what] = added[sent] + added[got]
    elseif common.has(rows, sent) then
      added[sent], added[got] = rows:column(sent), next_one(sent)
      added[what] = added[sent]:fill(0) + added[got]
    end
  end
  if common.has(rows, "duration") then
    local own = clock.seconds(rows.duration)
    local later = (clock.seconds(rows.start) + own):shift(-1) - clock.seconds(rows.start)
    added.duration = mb.where(answered, own:maximum(later), own):fill(own)
  end
  return rows:with(added)
end

---Joins records of one direction each, as routers export them, to flows of both: two records of the
---same two addresses, ports and protocol in opposite directions, of which one begins not more than
---`within` after the other, become one, which the first began. src and what it sent are the
---first's; dst_bytes and dst_packets are what the second sent, duration lasts, in seconds, to the
---later end. What has no partner stays. Rows keep the order of their first records. Collective.
---@param flows moonbear.Frame
---@param opts? {within: number|string|moonbear.duration?} seconds or a duration; "1min" unless told
---@return moonbear.Frame
function sides.join_directions(flows, opts)
  local o = options.check("join_directions", opts, { within = { "any", "1min" } })
  local within = clock.span("join_directions", "within", o.within)
  common.need("join_directions", flows, "src", "dst", "src_port", "dst_port", "start")
  local keys, back = conversation(flows)
  local run = runs.of(flows, keys, 1)
  local second = answers(run, back[run.rows], within)
  local joined = add_answers(flows[run.rows], second:shift(-1):fill(false))
  local firsts = run.rows[~second]
  return joined:where(~second)[firsts:argsort()]
end

return sides
