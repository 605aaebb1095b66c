-- Sessions of flows, and flows beside what hosts say of themselves.

local mb = require "moonbear"
local clock = require "moonbear.netflow.clock"
local check = require "moonbear.check"
local common = require "moonbear.netflow.common"
local frames = require "moonbear.frame"
local options = require "moonbear.options"
local runs = require "moonbear.netflow.runs"

local sessions = {}

-- The latest end of the rows of a group so far: with the groups one after another on one scale,
-- none reaches into the next.
local function ends_so_far(run, ends)
  if #ends == 0 then return ends end
  local first = run.start:min() or 0
  local length = (ends:max() or 0) - first + 1
  return (ends - first + run.group * length):cummax() - run.group * length + first
end

-- The number of the session of each row of runs, where one begins after a pause.
local function number(run, ends, pause)
  local last = ends_so_far(run, ends):shift(1)
  local goes_on = run.follows & (run.start - last):le(pause):fill(true)
  return (~goes_on):cumsum():eval()
end

---Sessions: flows with the same src and dst, or the same values of other columns, of which each
---begins not more than `pause` after all before it have ended (or begun, where flows have no
---duration). Of each session its flows, bytes, packets, and when its first and last flow began; in
---the order of the columns and times. The second result is the number of each flow's session, a row
---of the first. Missing durations count as 0. Collective.
---
---    local table_of, number = netflow.sessions(flows, { pause = "30min" })
---@param flows moonbear.Frame
---@param opts? {pause: number|string|moonbear.duration?, by: (string|string[])?} seconds or a
---duration; "30min" and {"src", "dst"} unless told
---@return moonbear.Frame
---@return moonbear.Column # int
function sessions.sessions(flows, opts)
  local o = options.check("sessions", opts,
    { pause = { "any", "30min" }, by = { "any", { "src", "dst" } } })
  local by = options.strings("sessions", "by", o.by)
  local pause = clock.span("sessions", "pause", o.pause)
  common.need("sessions", flows, "start", table.unpack(by))
  local run, ends = runs.of(flows, by, 1), nil
  if common.has(flows, "duration") then
    ends = run.start + clock.seconds(flows.duration)[run.rows]:fill(0)
  end
  local numbers = number(run, ends or run.start, pause)
  numbers = mb.full(#flows, 0):put(run.rows, numbers)
  local keys = {}
  for i, name in ipairs(by) do keys[i] = { name, name, "first" } end
  table.move(common.totals, 1, #common.totals, #keys + 1, keys)
  local found = common.aggregate(flows:with { session = numbers }, { "session" }, keys)
  return found, numbers
end

---@class moonbear.MatchOptions
---@field host string the column of events that names the host, of the type of src
---@field time string the column of events that has their times, of the type of start
---@field side? "src"|"dst" whose events; "src" unless told
---@field within? number|string|moonbear.duration before the flow; "5min" unless told

---Flows beside the last event that their host has told of before them, as a logon or the start of a
---process: the flows that begin not more than `within` after such an event, with the event's
---columns (under the suffix "_event" where flows have one of that name; its time is start_event).
---Collective.
---
---    netflow.match_events(flows, wls, { host = "LogHost", time = "Time" })
---@param flows moonbear.Frame
---@param events moonbear.Frame
---@param opts moonbear.MatchOptions
---@return moonbear.Frame
function sessions.match_events(flows, events, opts)
  local o = options.check("match_events", opts, { host = { "string" }, time = { "string" },
    side = { "string", "src" }, within = { "any", "5min" } })
  common.need("match_events", flows, "start")
  for _, option in ipairs { "host", "time" } do
    if not o[option] then options.blame("match_events", option, "a column's name", nil) end
  end
  if o.side ~= "src" and o.side ~= "dst" then
    options.blame("match_events", "side", "'src' or 'dst'", o.side)
  end
  local within = clock.span("match_events", "within", o.within)
  common.need("match_events", flows, o.side)
  if not frames.is_frame(events) then check.argument(2, "match_events", "frame", events) end
  local renamed = { { o.side, events:column(o.host) }, { "start", events:column(o.time) } }
  for name, column in events:each() do
    if name ~= o.host and name ~= o.time then renamed[#renamed + 1] = { name, column } end
  end
  local matched = flows:join_asof(mb.frame(renamed),
    { on = "start", by = o.side, suffix = "_event" })
  local ago = clock.seconds(matched.start) - clock.seconds(matched:column "start_event")
  return matched:where(ago:le(within):fill(false))
end

return sessions
