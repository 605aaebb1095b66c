-- Every operation of a session, over and over, on more ranks than there are cores: what each gives,
-- by its name. Any number of ranks prints the same:
--   moonbear soak.lua ROWS ROUNDS [PATTERN]
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../?.lua;" .. package.path

local session = require "spec.session"

local rows, rounds, pattern = tonumber(arg[1]), tonumber(arg[2]), arg[3] or ""
local t = session.operands(rows, rows // 10, rows // 20)
local counts = 0
table.sort(session.operations, function(a, b) return a[1] < b[1] end) -- `pairs` made some
for _, operation in ipairs(session.operations) do
  local name, run = table.unpack(operation)
  if name:find(pattern) then
    local first = session.fingerprint(run(t))
    for _ = 2, rounds do assert(session.fingerprint(run(t)) == first, name) end
    print(name .. ": " .. first)
    counts = counts + rounds
  end
end
print(counts .. " operations ran")
