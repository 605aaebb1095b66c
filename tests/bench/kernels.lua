-- Registered kernels beside what is built in: prints lines of a name and the seconds of a pass over
-- ten million rows, with a tab between, "kernels.NAME" of the kernel and "builtin.NAME".
--   moonbear kernels.lua KERNELS.so

local mb = require "moonbear"
local core = mb.core

mb.load_kernels(arg[1])

local ROWS <const>, ROUNDS <const> = 10000000, 9

local a, b, c = mb.uniform(ROWS, { seed = 1 }):eval(), mb.uniform(ROWS, { seed = 2 }):eval(),
  mb.uniform(ROWS, { seed = 3 }):eval()
local ints = (mb.random(ROWS, { high = 1 << 40, seed = 4 }) * 1):eval()

local function stored(f)
  return function() f():eval():close() end
end

local measured = {
  { "muladd", function() return (a * b + c):sum() end, function() return a:muladd(b, c):sum() end },
  { "muladd_stored", stored(function() return a * b + c end), stored(function() return a:muladd(b, c) end) },
  { "add_integers", function() return (ints + 1):max() end, function() return ints:successor():max() end },
  { "sqrt_stored", stored(function() return mb.math.sqrt(a) end), stored(function() return a:square_root() end) },
  { "sum", function() return a:sum() end, function() return a:plain_sum() end },
}

local function seconds_of(f)
  core.barrier()
  local start = core.now()
  f()
  return core.now() - start
end

-- In turns, so that both meet what else the machine does; the least of the rounds.
for _, entry in ipairs(measured) do
  local name, builtin, kernel = table.unpack(entry)
  local best, best_kernel = math.huge, math.huge
  for _ = 0, ROUNDS do
    best = math.min(best, seconds_of(builtin))
    best_kernel = math.min(best_kernel, seconds_of(kernel))
  end
  print(("builtin.%s\t%.4g"):format(name, best))
  print(("kernels.%s\t%.4g"):format(name, best_kernel))
end
