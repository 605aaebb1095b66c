-- What an operation costs where there is next to no data: the price of lockstep, dispatch and Lua.
-- Prints lines of a name and the seconds of one operation on ten rows, with a tab between.

local mb = require "moonbear"
local core = mb.core

local OPERATIONS = 2000

local ints = mb.range(1, 10):eval()
local floats = (ints / 4):eval()

local measured = {
  { "small.ints", function() return ints:sum() end },
  { "small.floats", function() return floats:sum() end },
  { "small.fused", function() return ((floats + ints) * floats):sum() end },
}

for _, entry in ipairs(measured) do
  local name, operation = table.unpack(entry)
  operation()
  core.barrier()
  local start = core.now()
  for _ = 1, OPERATIONS do operation() end
  local seconds = (core.now() - start) / OPERATIONS
  print(("%s\t%.4g"):format(name, mb.on_rank(0, function() return seconds end)))
end
