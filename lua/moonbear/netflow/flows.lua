-- Flows under the names that the library works with.

local check = require "moonbear.check"
local frames = require "moonbear.frame"
local mb = require "moonbear"
local mend = require("moonbear.names").mend
local ready = require "moonbear.netflow.names"
local blame = check.blame

local flows = {}

-- What a column of flows can be, in the order of the columns.
local ROLES <const> = { "start", "duration", "src", "dst", "proto", "src_port", "dst_port",
  "src_packets", "dst_packets", "src_bytes", "dst_bytes" }

local known_roles = {}
for _, role in ipairs(ROLES) do known_roles[role] = true end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- The one of some names that a frame's columns have.
local function present(columns, names)
  for _, name in ipairs(type(names) == "table" and names or { names }) do
    if columns[name] then return name end
  end
end

-- The ready map of which a frame has most columns.
local function guess(columns)
  local best, most
  for name, map in pairs(ready) do
    local n = 0
    for _, column in pairs(map) do n = n + (present(columns, column) and 1 or 0) end
    if n > 0 and (not most or n > most) then best, most = name, n end
  end
  return ready[best] or {}
end

local function check_map(map, columns, frame)
  for role, names in pairs(map) do
    if not known_roles[role] then
      blame("flows: '%s' is not what a column of flows can be%s", check.name(role),
        mend("named", check.name(role), ROLES))
    end
    local list, wrong = check.string_list(names)
    if not list then
      blame("flows: the name of '%s' must be a string or a list of strings%s", role,
        wrong and "; " .. wrong or ", got " .. check.show(names))
    end
  end
  for _, role in ipairs { "src", "dst" } do
    if map[role] and not present(columns, map[role]) then
      local first = type(map[role]) == "table" and map[role][1] or map[role]
      blame("flows: there is no column '%s'%s", first, mend("named", first, frame:columns()))
    end
  end
end

-- The sum of the columns of both directions, of which a missing row counts as 0.
local function of_both(columns, what)
  local sent, got = columns["src_" .. what], columns["dst_" .. what]
  if sent and got then return sent:fill(0) + got:fill(0) end
  return sent or got
end

-- Starts may be text, as in JSON.
local function as_time(column)
  return column:type() == "text" and column:as "time" or column
end

---The flows of a frame under the names that all functions of the library take: start, duration,
---src, dst, proto, src_port, dst_port, src_packets, dst_packets, src_bytes and dst_bytes, as far as
---the frame has them; bytes and packets, of both directions together, where a missing number counts
---as 0; and the frame's other columns, under their names. `names` tells what the frame calls them,
---as `netflow.names.lanl`, `.nfdump`, `.zeek` and `.suricata` do; a name may be a list, of which
---the first that there is counts. Without it, it is the one of these that fits best. Starts are
---times, or numbers of seconds; text becomes times. Columns are not copied.
---
---    local flows = netflow.flows(mb.read_zeek "conn.log", netflow.names.zeek)
---
---Collective where starts are text. Raises for what is no frame, and when there is no column of the
---name that src or dst is said to have.
---@param frame moonbear.Frame
---@param names? table<string, string|string[]>
---@return moonbear.Frame
function flows.flows(frame, names)
  if not frames.is_frame(frame) then check.argument(1, "flows", "frame", frame) end
  if names ~= nil and (type(names) ~= "table" or check.class(names)) then
    check.argument(2, "flows", "table of names", names)
  end
  local columns = set_of(frame:columns())
  local map = names or columns.src and columns.dst and {} or guess(columns)
  check_map(map, columns, frame)
  local result, by_role, taken = {}, {}, {}
  for _, role in ipairs(ROLES) do
    local name = present(columns, map[role] or role)
    if name then
      local column = frame:column(name)
      by_role[role] = role == "start" and as_time(column) or column
      result[#result + 1], taken[name], taken[role] = { role, by_role[role] }, true, true
    end
  end
  for _, what in ipairs { "bytes", "packets" } do
    local total = of_both(by_role, what)
    if total then result[#result + 1], taken[what] = { what, total }, true end
  end
  for name, column in frame:each() do
    if not taken[name] then result[#result + 1] = { name, column } end
  end
  return mb.frame(result)
end

return flows
