-- The examples print the same on any number of ranks, and what numpy finds.
local helper = require "spec.helper"

local in_numpy = [[
import sys, h5py, numpy as np
f = {name: d[:] for name, d in h5py.File(sys.argv[1]).items()}
size, packets = f["srcBytes"] + f["dstBytes"], f["srcPkts"] + f["dstPkts"]
density = size / np.maximum(packets, 1)
heavy = (density > density.mean() + density.std()) & (size > 100e3)
print("bytes a packet: %.1f on average, deviating by %.1f, at most %.1f"
      % (density.mean(), density.std(), density.max()))
print("%d of %d flows are heavy; the first of them" % (heavy.sum(), len(size)))
web, names = np.isin(f["dstPort"], [80, 443, 8080]), f["dstPort"] == 53
print("web\t%d\nnames\t%d\nother\t%d" % (size[heavy & web].sum(), size[heavy & names].sum(),
                                         size[heavy & ~web & ~names].sum()))
]]

describe("examples", helper.once(function()
  local flows

  setup(function()
    local folder = helper.tmpdir()
    local csv = folder .. "/flows.csv"
    local made = helper.run(nil, nil, { script = helper.root .. "/examples/make_flows.lua",
      args = { csv, 20000 } })
    assert.equal(0, made)
    local csv2hdf = helper.program:gsub("moonbear$", "csv2hdf")
    assert.equal(0, (helper.execute(("'%s' --format=lanl --outdir '%s' '%s'"):format(csv2hdf, folder, csv))))
    flows = folder .. "/flows.hdf"
  end)

  teardown(helper.clean)

  it("find the heavy flows", function()
    local expected = helper.python_output(in_numpy, flows)
    for nranks = 1, 4 do
      local status, out, err = helper.run(nranks, nil,
        { script = helper.root .. "/examples/heavy_flows.lua", args = { flows } })
      assert.equal(0, status, err)
      local shown
      out, shown = out:gsub("\n *srcIP .-\n%d+ rows, 5 columns\n", "\n")
      assert.equal(1, shown)
      assert.equal(expected, out)
    end
  end)
end))
