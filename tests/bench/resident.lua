-- Resident memory of all ranks together. Every function is for all ranks alike.

local mb = require "moonbear"

local resident = {}

---The sum over the ranks of what a function returns on each, one after another.
---@param f fun(): number
---@return number
function resident.sum_over_ranks(f)
  local sum = 0
  for rank = 0, mb.size() - 1 do sum = sum + mb.on_rank(rank, f) end
  return sum
end

---From here on, the peak counts anew.
function resident.forget_peak()
  resident.sum_over_ranks(function()
    local file <close> = assert(io.open("/proc/self/clear_refs", "w"))
    assert(file:write "5")
    return 0
  end)
end

---KiB now ("VmRSS"), or at the peak ("VmHWM").
---@param field string
---@return integer
function resident.kib(field)
  return resident.sum_over_ranks(function()
    local file <close> = assert(io.open "/proc/self/status")
    return tonumber(file:read("a"):match(field .. ":%s*(%d+)"))
  end)
end

return resident
