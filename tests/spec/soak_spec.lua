-- More ranks than there are cores: see soak.lua; tests/soak runs it at length.
local helper = require "spec.helper"

describe("many ranks on few cores", helper.once(function()
  local script = helper.root .. "/tests/spec/soak.lua"
  local function run(nranks, ...)
    local status, out, err = helper.run(nranks, nil,
      { script = script, args = { ... }, timeout = 600, env = { MOONBEAR_DEADLINE = 200 } })
    assert.equal(0, status, out .. err)
    return out
  end

  it("come to the end of exchanges, with what one rank finds", function()
    for _, name in ipairs { "^sort$", "^value_counts of many$" } do
      assert.equal(run(1, 20000, 3, name), run(24, 20000, 3, name))
    end
  end)
end))
