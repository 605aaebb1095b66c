-- Profiles of ports, protocols, services and hosts.

local mb = require "moonbear"
local common = require "moonbear.netflow.common"
local options = require "moonbear.options"

local profiles = {}

---Names of services by port: {[53] = "dns", ...}, to be changed and added to.
---@type table<integer, string>
profiles.service_names = {
  [20] = "ftp-data", [21] = "ftp", [22] = "ssh", [23] = "telnet", [25] = "smtp", [53] = "dns",
  [67] = "dhcp", [68] = "dhcp", [69] = "tftp", [80] = "http", [88] = "kerberos", [110] = "pop3",
  [111] = "rpcbind", [123] = "ntp", [135] = "msrpc", [137] = "netbios-ns", [138] = "netbios-dgm",
  [139] = "netbios-ssn", [143] = "imap", [161] = "snmp", [162] = "snmptrap", [389] = "ldap",
  [427] = "slp", [443] = "https", [445] = "smb", [514] = "syslog", [587] = "submission",
  [636] = "ldaps", [993] = "imaps", [995] = "pop3s", [1433] = "mssql", [1521] = "oracle",
  [3128] = "squid", [3268] = "ldap-gc", [3306] = "mysql", [3389] = "rdp", [5060] = "sip",
  [5353] = "mdns", [5432] = "postgresql", [5900] = "vnc", [6379] = "redis", [8080] = "http-alt",
  [8443] = "https-alt", [9200] = "elasticsearch", [27017] = "mongodb",
}

local PROFILE <const> = { { "flows", "size" }, { "clients", "src", "nunique" },
  { "servers", "dst", "nunique" }, { "bytes", "bytes", "sum" }, { "packets", "packets", "sum" },
  { "first_seen", "start", "min" }, { "last_seen", "start", "max" } }

-- The profile of flows by some columns, with the share of all flows, most flows first.
local function profile(name, flows, keys, opts)
  local o = options.check(name, opts, { k = { "integer" } })
  common.need(name, flows, table.unpack(keys))
  local found = common.aggregate(flows, keys, PROFILE)
  found = found:with { share = found.flows / math.max(#flows, 1) }
  return common.top(found, "flows", o.k)
end

---Servers' ports: flows, clients, servers, bytes, packets, when the first and last flow began, and
---the share of all flows; most flows first. Orient the flows before, where src and dst do not tell
---clients from servers. Collective.
---@param flows moonbear.Frame
---@param opts? {k: integer?} how many; all unless told
---@return moonbear.Frame
function profiles.ports(flows, opts)
  return profile("ports", flows, { "dst_port" }, opts)
end

---Protocols, as `ports`. Collective.
---@param flows moonbear.Frame
---@param opts? {k: integer?} how many; all unless told
---@return moonbear.Frame
function profiles.protocols(flows, opts)
  return profile("protocols", flows, { "proto" }, opts)
end

-- The names of services beside ports; missing where there is none.
local function names_of(ports)
  local numbers, names = {}, {}
  for port, name in pairs(profiles.service_names) do
    numbers[#numbers + 1], names[#names + 1] = port, name
  end
  return mb.column(numbers, "int"):lookup(mb.column(names, "text"), ports:as "int")
end

---Services, which are protocols and ports: as `ports`, with the name of the port's service by
---`netflow.service_names`, missing where there is none. Collective.
---@param flows moonbear.Frame
---@param opts? {k: integer?} how many; all unless told
---@return moonbear.Frame
function profiles.services(flows, opts)
  local found = profile("services", flows, { "proto", "dst_port" }, opts)
  return found:with { service = names_of(found.dst_port) }
end

-- One side's part of the profiles of hosts, under names of its own.
local function of_side(flows, side, other, as)
  local found = common.aggregate(flows, { side }, { { as .. "_flows", "size" },
    { as .. "_peers", other, "nunique" }, { as .. "_ports", "dst_port", "nunique" },
    { as .. "_sent", side .. "_bytes", "sum" }, { as .. "_received", other .. "_bytes", "sum" } })
  local columns = {}
  for name, column in found:each() do
    columns[#columns + 1] = { name == side and "host" or name, column }
  end
  return mb.frame(columns)
end

---Hosts as clients (src) and as servers (dst): flows, peers, ports of services, and bytes sent and
---received in each role, 0 where they have none; in the order of the hosts. Collective.
---@param flows moonbear.Frame
---@return moonbear.Frame
function profiles.hosts(flows)
  common.need("hosts", flows, "src", "dst")
  local found = of_side(flows, "src", "dst", "client")
    :join(of_side(flows, "dst", "src", "server"), { on = "host", how = "outer" })
  local filled = {}
  for name, column in found:each() do
    filled[#filled + 1] = { name, name == "host" and column or column:fill(0) }
  end
  return mb.frame(filled):sort_by "host"
end

return profiles
