-- Names of LANL's devices and the integers that stand for them.
local mb = require "moonbear"
local lanl = require "moonbear.lanl"
local helper = require "spec.helper"

local path <const> = helper.path

teardown(helper.clean)

local names = {
  "Comp364445", "Comp000123", "Comp000001", "IP398513", "Mail", "VPN7", "VPN", "VPN1048575",
  "EnterpriseAppServer", "EnterpriseAppServer01", "EnterpriseAppServer02", "ActiveDirectory",
  "a:b:12", "tail0fox3", "7", "1048575", "Ünïcode4",
}

-- Writes a file with these names as sources and destinations, and reads the sources back.
local function round_trip(name, list)
  local lines = {}
  for i, source in ipairs(list) do
    lines[i] = ("1,2,%s,%s,6,Port1,2,3,4,5,6\n"):format(source, list[#list + 1 - i])
  end
  local output = path(name)
  helper.convert_csv(lanl.format, helper.write_file(output .. ".csv", table.concat(lines)), output)
  return mb.read_hdf(output, "srcIP")
end

describe("lanl", function()
  it("computes the notebook's own ids", function()
    assert.equal(22058209181, lanl.device_id "Comp364445")
    assert.equal(22058391981, lanl.device_id "Comp547245")
    assert.equal(5022 << 20 | 398513, lanl.device_id "IP398513")
  end)

  it("gives other prefixes the code of a fixed hash", function()
    local text = helper.python_output([[
import sys
for name in sys.argv[1:]:
    prefix = name.rstrip("0123456789")
    code = {"Comp": 21036, "IP": 5022}.get(prefix, 0)
    if not code:
        code = 2166136261
        for byte in prefix.encode():
            code = (code ^ byte) * 16777619 % 2**32
        code = (code ^ code >> 16) % 2**16
        while code in (0, 21036, 5022):
            code = (code + 1) % 2**16
    print(code * 2**20 + int(name[len(prefix):] or 0))
]], table.unpack(names))
    local i = 0
    for id in text:gmatch "%d+" do
      i = i + 1
      assert.equal(math.tointeger(tonumber(id)), lanl.device_id(names[i]))
    end
    assert.equal(#names, i)
  end)

  it("knows LANL's own names without a file", function()
    assert.equal("Comp364445", lanl.device_name(22058209181))
    assert.equal("IP000007", lanl.device_name(5022 << 20 | 7))
  end)

  it("refuses ids of prefixes that no file has told", function()
    local ok, message = pcall(lanl.device_name, lanl.device_id "Unheard17")
    assert.is_false(ok)
    assert.truthy(message:find("mb.read_hdf", 1, true), message)
    assert.has_error(function() lanl.device_name(1.5) end)
    assert.has_error(function() lanl.device_id "Comp1048576" end)
    assert.has_error(function() lanl.device_id "" end)
  end)

  it("turns ids back into the names of the files that were read", function()
    local column = round_trip("names.hdf", names)
    for i, name in ipairs(names) do
      assert.equal(lanl.device_id(name), column[i])
      assert.equal(name, lanl.device_name(column[i]))
    end
  end)

  it("learns from several files at once", function()
    round_trip("a.hdf", { "Left017", "Both123" })
    round_trip("b.hdf", { "Right1", "Right12", "Both012" })
    local column = mb.read_hdf({ path "a.hdf", path "b.hdf" }, "srcIP")
    for i, name in ipairs { "Left017", "Both123", "Right1", "Right12", "Both012" } do
      assert.equal(name, lanl.device_name(column[i]))
    end
  end)

  it("does not guess when files disagree", function()
    round_trip("c.hdf", { "Odd01" })
    round_trip("d.hdf", { "Odd1" })
    mb.read_hdf(path "*d.hdf", "srcIP")
    local ok, message = pcall(lanl.device_name, lanl.device_id "Odd1")
    assert.is_false(ok)
    assert.truthy(message:find("disagree", 1, true), message)
  end)
end)
