-- moonbear as one of several systems that are asked for the same operations:
--   moonbear peer.lua DIR OPERATION,... REPEATS SECONDS | moonbear peer.lua version
--
-- For each operation that it knows: one warm-up, then up to REPEATS repeats, at least one, and no
-- more once SECONDS were spent. Prints a line of operation, check value, peak MB of all ranks,
-- seconds of each repeat with commas between; and between these fields, tabs.

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path

local mb = require "moonbear"
local operations = require "operations"
local resident = require "resident"
local core = mb.core

-- The result of f(...) and the seconds that it took rank 0, which all ranks know then.
local function time(f, ...)
  core.barrier()
  local start = core.now()
  local result = f(...)
  core.barrier()
  local seconds = core.now() - start
  return result, mb.on_rank(0, function() return seconds end)
end

local function measure(operation, columns, dir, repeats, budget)
  local _, spent = time(operation.run, columns, dir)
  local times = {}
  while true do
    local check, seconds = time(operation.run, columns, dir)
    times[#times + 1] = ("%.6f"):format(seconds)
    spent = spent + seconds
    if #times >= repeats or spent >= budget then return check, table.concat(times, ",") end
  end
end

local function wanted_operations(list)
  local names, needs, seen = {}, {}, {}
  for name in list:gmatch "[^,]+" do
    local operation = operations.known[name]
    if operation then names[#names + 1] = name end
    for _, column in ipairs(operation and operation.needs or {}) do
      if not seen[column] then needs[#needs + 1] = column end
      seen[column] = true
    end
  end
  return names, needs
end

local function has_columns(operation, columns)
  for _, name in ipairs(operation.needs) do
    if not columns[name] then return false end
  end
  return true
end

local function run(dir, list, repeats, budget)
  local names, needs = wanted_operations(list)
  local columns = operations.read_columns(dir, needs)
  for _, name in ipairs(names) do
    local operation = operations.known[name]
    if has_columns(operation, columns) then
      collectgarbage()
      core.trim()
      resident.forget_peak()
      local ok, check, times = pcall(measure, operation, columns, dir, repeats, budget)
      if not ok then check, times = "error: " .. tostring(check):match("[^\n]*"):sub(1, 100), "" end
      print(("%s\t%s\t%d\t%s"):format(name, check, resident.kib "VmHWM" // 1024, times))
    end
  end
end

if arg[1] == "version" then
  local header <close> = assert(io.open(here .. "/../../src/moonbear.h"))
  local version = header:read("a"):match 'MOONBEAR_VERSION%s+"(.-)"'
  print(("moonbear %s, ranks: %d, %s"):format(version, mb.size(), core.isa()))
elseif #arg == 4 then
  run(arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4]))
else
  io.stderr:write "usage: moonbear peer.lua DIR OPERATION,... REPEATS SECONDS\n"
  os.exit(2)
end
