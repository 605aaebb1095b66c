-- LANL's netflow: the format of its lines, and the names of its devices.
--
-- A device's name is a prefix and a number ("Comp364445"), and its id is (code << 20) ~ number,
-- with a code of 16 bits for each prefix. csv2hdf keeps the prefixes of a file with its columns,
-- and how many digits their numbers have; `mb.read_hdf` learns them, and names can be had back from
-- ids.

local check = require "moonbear.check"
local core = require "moonbear.core"
local public = require "moonbear.public"

local lanl = {}

---The fields of a line, as hdflow names them, with the converters that read them.
lanl.format = {
  { "start", "int" },
  { "duration", "int" },
  { "srcIP", "device" },
  { "dstIP", "device" },
  { "proto", "int" },
  { "srcPort", "port" },
  { "dstPort", "port" },
  { "srcPkts", "int" },
  { "dstPkts", "int" },
  { "srcBytes", "int" },
  { "dstBytes", "int" },
}

---The same with the names of devices as text.
lanl.text_format = {}
for i, field in ipairs(lanl.format) do
  lanl.text_format[i] = field[2] == "device" and { field[1], "text:24" } or field
end

---The fields of an event of LANL's host logs, lines of JSON that have some of them each.
lanl.host_format = { json = true, { "Time", "int" }, { "EventID", "int" }, { "LogHost", "text" },
  { "LogonType", "int" } }
for name in ([[LogonTypeDescription UserName DomainName LogonID SubjectUserName SubjectDomainName
    SubjectLogonID Status Source ServiceName Destination AuthenticationPackage FailureReason
    ProcessName ProcessID ParentProcessName ParentProcessID]]):gmatch "%S+" do
  table.insert(lanl.host_format, { name, "text" })
end

local NUMBER_BITS = 20
local COMP, IP = 21036, 5022
local WIDEST = 64 -- more than any number has digits

-- Prefixes by code: {name =, bare = bool, lowest =, highest = widths of its numbers, clash = name}.
local prefixes = {}

local function learn(name, code, lowest, highest)
  local entry = prefixes[code]
  if not entry or entry.assumed then
    entry = { name = name, bare = false, numbered = false, lowest = 0, highest = WIDEST }
    prefixes[code] = entry
  end
  if entry.name ~= name then
    entry.clash = name
  elseif not lowest then
    entry.bare = true
  else
    entry.numbered = true
    entry.lowest = math.max(entry.lowest, lowest)
    entry.highest = math.min(entry.highest, highest)
  end
end

---Learns prefixes as csv2hdf stores them in the attribute `device_prefixes`: "Comp:21036:6" (the
---prefix, its code, the digits of its numbers), "Comp:21036:1-6" (any width of these prints them),
---"Mail:40123:-" (the prefix alone is a name).
---@param list string[]
function lanl.learn_prefixes(list)
  if type(list) ~= "table" or check.class(list) then
    check.argument(1, "learn_prefixes", "list of strings", list)
  end
  for i, text in ipairs(list) do
    local name, code, lowest, highest = core.device_prefix(text)
    if not name then
      check.blame("bad argument #1 to 'learn_prefixes' (number %d is '%s', not like "
        .. "'Comp:21036:6')", i, tostring(text))
    end
    learn(name, code, lowest, highest)
  end
end

-- What LANL's own files have, until a file tells otherwise.
for name, code in pairs { Comp = COMP, IP = IP } do
  learn(name, code, 6, 6)
  prefixes[code].assumed = true
end

-- The code of a prefix: that of its 32-bit FNV-1a hash with its halves combined, past taken ones.
local function code_of(prefix)
  if prefix == "Comp" then return COMP end
  if prefix == "IP" then return IP end
  local hash = 2166136261
  for i = 1, #prefix do
    hash = ((hash ~ prefix:byte(i)) * 16777619) & 0xffffffff
  end
  local code = (hash ~ hash >> 16) & 0xffff
  while code == 0 or code == COMP or code == IP do code = code + 1 & 0xffff end
  return code
end

---The id of a device's name, as csv2hdf computes it.
---@param name string
---@return integer
function lanl.device_id(name)
  if type(name) ~= "string" or name == "" then
    check.argument(1, "device_id", "a name", name)
  end
  local prefix, digits = name:match "^(.-)(%d*)$"
  local number = digits == "" and 0 or tonumber(digits)
  if number >= 1 << NUMBER_BITS then
    check.blame("device_id: '%s' has a number of 2^20 or more", name)
  end
  return code_of(prefix) << NUMBER_BITS ~ math.tointeger(number)
end

---The name of a device from its id: exactly as it stood in the file that was read.
---
---Raises when no file was read that has the prefix of this id.
---@param id integer
---@return string
function lanl.device_name(id)
  if math.type(id) ~= "integer" then
    check.argument(1, "device_name", "an integer", id)
  end
  local code, number = id >> NUMBER_BITS, id & (1 << NUMBER_BITS) - 1
  local entry = prefixes[code]
  if not entry or number > 0 and not entry.numbered then
    check.blame("device_name: no name is known for %d (prefix code %d); read the file that "
      .. "it comes from with mb.read_hdf, or give its device_prefixes to lanl.learn_prefixes", id,
      code)
  end
  if entry.clash then
    check.blame("device_name: prefix code %d is that of '%s' in one file and of '%s' in another",
      code, entry.name, entry.clash)
  end
  if number == 0 and entry.bare then return entry.name end
  if entry.lowest > entry.highest then
    check.blame("device_name: the files that were read disagree in how many digits numbers of '%s' "
      .. "have", entry.name)
  end
  return ("%s%0" .. entry.highest .. "d"):format(entry.name, number)
end

public.seal(lanl)

return lanl
