-- Lua's libraries mean what they meant: the same programs under stock lua5.4 and on 1 to 4 ranks.
local helper = require "spec.helper"

local input = "first\n 12 0x10 rest\nab\ncd\nlast without end"

-- What differs between runs: addresses, and the name of the program.
local function comparable(text)
  return (text:gsub("0x%x%x%x%x+", "0x"):gsub("%f[%w]lua5%.4: ", "moonbear: "))
end

local function run_stock(script)
  local folder = helper.tmpdir()
  local status, out, err = helper.execute(("lua5.4 '%s' '%s'"):format(script, folder),
    { stdin = input })
  return status, comparable(out:gsub(folder, "FOLDER")), comparable(err:gsub(folder, "FOLDER"))
end

local function run_ranks(nranks, script)
  local folder = helper.tmpdir()
  local status, out, err = helper.run(nranks, nil,
    { script = script, args = { folder }, stdin = input })
  return status, comparable(out:gsub(folder, "FOLDER")), comparable(err:gsub(folder, "FOLDER"))
end

describe("as under stock lua5.4:", helper.once(function()
  teardown(helper.clean)
  local programs = { "formats", "seek", "lines", "handles", "outside", "modules", "language",
    "coroutines" }
  for _, program in ipairs(programs) do
    local script = helper.root .. "/tests/spec/data/stock/" .. program .. ".lua"
    local status, out, err
    it(program .. " runs", function()
      status, out, err = run_stock(script)
      assert.truthy(#out > 100)
    end)
    for nranks = 1, 4 do
      it(program .. ", on " .. nranks, function()
        local own_status, own_out, own_err = run_ranks(nranks, script)
        assert.equal(out, own_out)
        assert.equal(status, own_status)
        -- The traceback of the uncaught error goes through other C functions.
        assert.equal(err:gsub("\nstack traceback.*", ""), own_err:gsub("\nstack traceback.*", ""))
      end)
    end
  end
end))
