-- What sorting costs by how the keys are spread: sorts and argsorts of the same number of integers.
-- Prints lines of a name and the seconds of one sort, with a tab between.

local mb = require "moonbear"
local core = mb.core

local ROWS, REPEATS = tonumber(arg[1]) or 20000000, 3

local any = core.random(ROWS, math.mininteger, math.maxinteger, 1):eval()
local few = core.random(ROWS, 0, 9, 2):eval()
local sorted = any:sort()

local keys = {
  { "random", any },
  { "sorted", sorted },
  { "reversed", sorted:reverse():eval() },
  { "constant", (few * 0 + 5):eval() },
  { "few", few },
  { "wide", (few * (1 << 57) + 12345):eval() }, -- few values that are far apart
  { "ports", core.random(ROWS, 0, 65535, 3):eval() },
  { "skewed", mb.where(core.random(ROWS, 0, 1, 4):eq(0), 42, any):eval() },
}

-- The least seconds that f(column) takes rank 0.
local function least_seconds(f, column)
  local least = math.huge
  for _ = 0, REPEATS do
    core.barrier()
    local start = core.now()
    local result = f(column)
    core.barrier()
    least = math.min(least, core.now() - start)
    result:close()
  end
  return mb.on_rank(0, function() return least end)
end

for _, entry in ipairs(keys) do
  local name, column = table.unpack(entry)
  for _, operation in ipairs { "sort", "argsort" } do
    local seconds = least_seconds(column[operation], column)
    print(("%s.%s\t%.4g"):format(operation, name, seconds))
  end
end
