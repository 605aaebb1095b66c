-- Faults of memory and of steps, in every operation of a session: see faults.lua.
local helper = require "spec.helper"

describe("faults", helper.once(function()
  -- Few rows take other ways than many.
  for _, case in ipairs { { 2, 40, 1 / 3 }, { 3, 5000, 1 } } do
    local ranks, rows, share = table.unpack(case)
    it(("are met on %d ranks, with %d rows"):format(ranks, rows), function()
      local status, out, err = helper.run(ranks, nil,
        { script = helper.root .. "/tests/spec/faults.lua", args = { rows, share } })
      assert.equal(0, status, out .. err)
      local met = out:match "operations met (%d+) faults, 0 wrongly\n$"
      assert.is_true(tonumber(met or 0) > 1000, out .. err)
    end)
  end
end))
