-- What operations send, beside the formulas of tests/bench/traffic_formulas.lua.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/bench/?.lua;" .. package.path

local formulas = require "traffic_formulas"
local mb = require "moonbear"
local session = require "spec.session"

describe("traffic", function()
  it("is no more than the formulas say, and none on one rank", function()
    local rows <const>, keys <const> = 10000, 500
    local t = session.operands(rows * mb.size(), keys, keys)
    for _, operation in ipairs(session.operations) do
      local name, run = table.unpack(operation)
      local before = mb.core.traffic()
      run(t)
      local bytes = mb.core.traffic() - before
      local bound = mb.size() == 1 and 0 or
        formulas.value(formulas.of[name], { ranks = mb.size(), rows = rows, keys = keys })
      assert.is_true(bytes <= 1.05 * bound, ("%s: %d bytes, not %d"):format(name, bytes, bound))
    end
  end)
end)
