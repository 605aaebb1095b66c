-- Every operation of a session, with a fault at each allocation and at each step of one rank: it
-- gives the same error on all ranks and leaves its operands as they were, or goes on as if nothing
-- had happened. Prints what did otherwise, and how many faults were met:
--   moonbear faults.lua ROWS
-- A script of its own: after memory has run out Lua's garbage is collected, much of it under busted.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../?.lua;" .. package.path

local mb = require "moonbear"
local session = require "spec.session"

local core = mb.core

-- Calls a fault off; whether it was met.
local function is_met(rank)
  return mb.on_rank(rank, function()
    local allocations, steps = core.inject_fault(rank, 0)
    return allocations <= 1 and steps == 0
  end)
end

local function check_error(message)
  for rank = 0, mb.size() - 1 do
    local other = mb.on_rank(rank, function() return message end)
    if other ~= message then error(("other ranks say: %s; and not: %s"):format(message, other)) end
  end
  if message:find("\n", 1, true) or not (message:find("on rank %d+: out of memory: ") or
    message:find("a test makes this step fail on rank", 1, true)) then
    error("an error of another kind: " .. message)
  end
end

local function check_results(expected, ...)
  local found = session.fingerprint(...)
  if found ~= expected then error(("%s, and not %s"):format(found, expected)) end
end

-- Runs an operation with each allocation or step failing, on one rank after another. Results, whose
-- fingerprints take operations themselves, are looked at now and then only.
local function walk(run, t, expected, kind)
  local n, faults = 1, 0
  while true do
    local rank = n % mb.size()
    core.inject_fault(rank, n, kind)
    local results = table.pack(pcall(run, t))
    if not is_met(rank) then break end
    faults = faults + 1
    if results[1] then
      check_results(expected, table.unpack(results, 2, results.n))
    else
      check_error(results[2])
      if faults % 5 == 1 then check_results(expected, run(t)) end
    end
    n = n + 1 + n // 16
  end
  check_results(expected, run(t))
  return faults
end

local t = session.operands(tonumber(arg[1]), 30, 20)
local faults, wrong = 0, 0
for _, operation in ipairs(session.operations) do
  local name, run = table.unpack(operation)
  local expected = session.fingerprint(run(t))
  for _, kind in ipairs { "once", "for good", "step" } do
    local ok, result = pcall(walk, run, t, expected, kind)
    if ok then
      faults = faults + result
    else
      wrong = wrong + 1
      print(("%s, %s: %s"):format(name, kind, result))
    end
  end
end
print(("%d operations met %d faults, %d wrongly"):format(#session.operations, faults, wrong))
