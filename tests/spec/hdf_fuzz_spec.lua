-- A few of the files of tests/fuzz/hdf, of a fixed seed, on 1 and 2 ranks.
local helper = require "spec.helper"

describe("read_hdf", helper.once(function()
  -- What the command prints.
  local function fuzz(options)
    local status, out, err = helper.execute(("'%s/tests/fuzz/hdf' --seed 3 --build '%s' %s")
      :format(helper.root, helper.program:match "^(.*)/bin/", options), { timeout = 300 })
    assert.equal(0, status, out .. err)
    return out
  end

  it("survives damaged files, and reads them alike each time", function()
    fuzz "--count 24"
  end)

  it("reads random types, layouts and filters as h5py does", function()
    assert.equal("48 datasets, 0 wrong\n48 datasets, 0 wrong\n", fuzz "--whole --count 4")
  end)
end))
