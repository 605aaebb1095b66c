-- What is asked of names that are all different, which no dictionary holds: see make_hosts.py.
--
-- A column keeps the order of its strings once an operation has asked for it, and would be quicker
-- ever after: each run has columns that have none.

local mb = require "moonbear"

local hosts = {
  ---The columns of hosts.h5.
  names = { host = true, other = true, value = true },
  ---Operations, by name.
  known = {},
}

-- The same strings, without an order.
local function fresh(column) return column:slice(1, -1) end

local function add(name, needs, run) hosts.known[name] = { needs = needs, run = run } end

local function counted(make)
  return function(t)
    local found <close> = make(t.host):eval()
    return found:sum()
  end
end

add("PT1", { "host" }, function(t)
  local sorted <close> = fresh(t.host):sort():eval()
  return sorted[1]
end)
add("PT2", { "host", "value" }, function(t)
  local g <close> = mb.group_by(fresh(t.host))
  local keys <close> = g:keys()
  local sums <close> = g:sum(t.value)
  return #keys + sums:sum()
end)
add("PT3", { "host" }, function(t)
  local different <close> = fresh(t.host):unique()
  return #different
end)
add("PT4", { "host", "value", "other" }, function(t)
  local left = mb.frame { { "host", fresh(t.host) }, { "value", t.value } }
  local right = mb.frame { { "host", fresh(t.other) } }
  local joined = left:join(right, { on = "host" })
  local host <close> = joined.host:eval()
  local value <close> = joined.value:eval()
  return #host + value:sum()
end)
add("PT5", { "host" }, counted(function(host) return host:contains "1234" end))
add("PT6", { "host" }, counted(function(host) return host:search [[0\d*1\.dept[1-3]\.]] end))
add("PT7", { "host" }, function(t)
  local upper <close> = t.host:upper():eval()
  return upper[1]
end)
add("PT8", { "host" }, function(t)
  local first, rest = t.host:split(".", { columns = 2 })
  local a <close> = first:eval()
  local b <close> = rest:eval()
  return a[1] .. b[1]
end)
add("PT9", { "host" }, counted(function(host) return host:eq "host-0001234.dept34.example.com" end))

return hosts
