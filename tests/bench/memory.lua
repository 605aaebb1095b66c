-- What operations take beside their inputs: moonbear memory.lua DIR OPERATION,...
-- Prints a line of operation, MB of the columns that it reads and of those that it makes, and MB that
-- its peak of resident memory is above what was resident before, of all ranks together; with tabs
-- between.

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path

local mb = require "moonbear"
local operations = require "operations"
local resident = require "resident"
local core = mb.core

-- Bytes that a row of the results has.
local MADE <const> = { O1 = 4, O1b = 4, O2 = 8, O3 = 4, X1 = 8, J1 = 2, X2a = 1, X2b = 1 }

local function measure(name, operation, columns, dir)
  local read, rows = 0, 0
  for _, needed in ipairs(operation.needs) do
    local column = columns[needed]
    read = read + resident.sum_over_ranks(function() return column:info().bytes end)
    rows = math.max(rows, #column)
  end
  collectgarbage()
  core.trim()
  resident.forget_peak()
  local before = resident.kib("VmRSS")
  operation.run(columns, dir)
  local extra = resident.kib("VmHWM") - before
  print(("%s\t%.0f\t%.0f\t%.0f"):format(name, read / 1e6, (MADE[name] or 0) * rows / 1e6,
    extra * 1024 / 1e6))
end

if #arg ~= 2 then
  io.stderr:write "usage: moonbear memory.lua DIR OPERATION,...\n"
  os.exit(2)
end
for name in arg[2]:gmatch "[^,]+" do
  local operation = operations.known[name]
  local columns = operations.read_columns(arg[1], operation.needs)
  local complete = true
  for _, needed in ipairs(operation.needs) do complete = complete and columns[needed] ~= nil end
  if complete then measure(name, operation, columns, arg[1]) end
end
