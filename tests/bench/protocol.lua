-- The protocol by which systems are asked for the same operations:
--   PROGRAM DIR OPERATION,... REPEATS SECONDS | PROGRAM version
--
-- For each operation that it knows: one warm-up, then up to REPEATS repeats, at least one, and no
-- more once SECONDS were spent. Prints a line of operation, check value, peak MB of all ranks,
-- seconds of each repeat with commas between; and between these fields, tabs.

local mb = require "moonbear"
local resident = require "resident"
local core = mb.core

local protocol = {}

-- The result of f(...) and the seconds that it took rank 0, which all ranks know then.
local function time(f, ...)
  core.barrier()
  local start = core.now()
  local result = f(...)
  core.barrier()
  local seconds = core.now() - start
  return result, mb.on_rank(0, function() return seconds end)
end

local function measure(operation, data, dir, repeats, budget)
  local result, spent = time(operation.run, data, dir)
  local check = operation.check and operation.check(result) or nil
  local times = {}
  while true do
    local value, seconds = time(operation.run, data, dir, result)
    result = value
    times[#times + 1] = ("%.6f"):format(seconds)
    spent = spent + seconds
    if #times >= repeats or spent >= budget then
      return check or result, table.concat(times, ",")
    end
  end
end

-- The names of a list that are known, and what they need, each once.
local function wanted_operations(known, list)
  local names, needs, seen = {}, {}, {}
  for name in list:gmatch "[^,]+" do
    local operation = known[name]
    if operation then names[#names + 1] = name end
    for _, need in ipairs(operation and operation.needs or {}) do
      if not seen[need] then needs[#needs + 1] = need end
      seen[need] = true
    end
  end
  return names, needs
end

local function has_all(operation, data)
  for _, need in ipairs(operation.needs) do
    if not data[need] then return false end
  end
  return true
end

local function run(known, read, dir, list, repeats, budget)
  local names, needs = wanted_operations(known, list)
  local data = read(dir, needs)
  for _, name in ipairs(names) do
    local operation = known[name]
    if has_all(operation, data) then
      collectgarbage()
      core.trim()
      resident.forget_peak()
      local ok, check, times = pcall(measure, operation, data, dir, repeats, budget)
      if not ok then check, times = "error: " .. tostring(check):match("[^\n]*"):sub(1, 100), "" end
      print(("%s\t%s\t%d\t%s"):format(name, check, resident.kib "VmHWM" // 1024, times))
    end
  end
end

---Answers what the command line asks for. An operation has `needs`, a list of names, and `run`, a
---function of what `read` has made of these, of the folder and of its last result, if `check` is
---given, a function of the first result; else `run` returns the value to check.
---@param known table operations by name
---@param read fun(dir: string, needs: string[]): table
function protocol.serve(known, read)
  local here = arg[0]:match("^(.*)/[^/]*$") or "."
  if arg[1] == "version" then
    local header <close> = assert(io.open(here .. "/../../src/moonbear.h"))
    local version = header:read("a"):match 'MOONBEAR_VERSION%s+"(.-)"'
    print(("moonbear %s, ranks: %d, %s"):format(version, mb.size(), core.isa()))
  elseif #arg == 4 then
    run(known, read, arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4]))
  else
    io.stderr:write(("usage: moonbear %s DIR OPERATION,... REPEATS SECONDS\n"):format(arg[0]))
    os.exit(2)
  end
end

return protocol
