-- The tests' own machinery: a test that fails on one rank fails, and its message is told.
local helper = require "spec.helper"

local failing = [[
describe("sample", function()
  local mb = require "moonbear"
  it("passes", function() assert.equal(1, 1) end)
  local last = mb.rank() == mb.size() - 1
  it("fails on the last rank", function() assert.equal(0, last and 1 or 0) end)
  it("raises", function() error("raised by all") end)
  it("waits", function() pending("later") end)
end)
]]

describe("the runner", helper.once(function()
  for nranks = 1, 3 do
    it("reports failures of any rank, on " .. nranks, function()
      local folder = helper.tmpdir()
      os.execute(("cp %s/tests/*.lua %s && mkdir %s/spec"):format(helper.root, folder, folder))
      helper.write_file(folder .. "/spec/sample_spec.lua", failing)
      local status, out = helper.run(nranks, nil, { script = folder .. "/run.lua" })
      helper.clean()
      assert.equal(1, status)
      assert.truthy(out:find("FAIL sample fails on the last rank", 1, true))
      assert.truthy(out:find("[rank " .. nranks - 1 .. "] ", 1, true))
      assert.truthy(out:find("FAIL sample raises", 1, true))
      assert.truthy(out:find("raised by all", 1, true))
      assert.truthy(out:find("1 pending", 1, true))
      assert.truthy(out:find("\n1 passed, 2 failed\n$"))
    end)
  end

  it("names the file that ran when nothing is heard any more", function()
    local folder = helper.tmpdir()
    os.execute(("mkdir -p %s/tests/spec && cp %s/tests/*.lua %s/tests/run-all %s/tests"):format(folder,
      helper.root, helper.root, folder))
    helper.write_file(folder .. "/tests/spec/a_spec.lua", "it('passes', function() end)")
    helper.write_file(folder .. "/tests/spec/b_spec.lua", "it('hangs', function() while true do end end)")
    local build = helper.program:match "^(.*)/bin/[^/]*$"
    local status, out = helper.execute(("%s/tests/run-all %s spec:2 spec:1"):format(folder,
      helper.quote(build)), { env = { TEST_LIMIT = 15 } })
    helper.clean()
    assert.equal(1, status)
    for n = 1, 2 do
      local specs = ("specs, %d ranks: "):format(n)
      assert.truthy(out:find(specs .. "a_spec: 1 in ", 1, true), out)
      assert.truthy(out:find("FAILED " .. specs .. "nothing was heard for 15 s, in b_spec", 1, true), out)
    end
    assert.truthy(out:find("\n0 passed, 2 failed\n$"), out)
  end)
end))
