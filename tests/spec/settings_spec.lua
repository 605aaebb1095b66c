-- Settings by environment variables: what is written as it should is taken, and nothing else is.
local helper = require "spec.helper"

local function budget(memory)
  return helper.run(nil, 'print((select(4, require("moonbear.core").memory())))',
    { env = { MOONBEAR_MEMORY = memory } })
end

describe("settings", helper.once(function()
  it("are told when they are wrong, once, on any number of ranks", function()
    for name, values in pairs {
      MEMORY = { "half", "-5M", "0", "0%", "101%", "50", "8 X", "1e9", "8GBB", "nan", "inf", "8,5G", "1.2.3G", "." },
      WAIT = { "soon", "0", "-1", "inf", "30s", "0x10" }, DEADLINE = { "never", "-1", "nan" },
      ISA = { "sse", "AVX2" }, NODE_SIZE = { "0", "1.5", "two", "-1" },
    } do
      for i, value in ipairs(values) do
        local code, out, err = helper.run(i == 1 and 2 or nil, "print(1)",
          { env = { ["MOONBEAR_" .. name] = value } })
        assert.truthy(code ~= 0, value)
        assert.equal("", out)
        local start = ("moonbear: cannot start: MOONBEAR_%s is '%s'; it is written "):format(name, value)
        assert.equal(start, err:sub(1, #start))
        assert.equal(1, select(2, err:gsub("it is written", "")), err)
      end
    end
  end)

  it("that there are not are told, too", function()
    local code, _, err = helper.run(nil, "print(1)", { env = { MOONBEAR_MEM = "1G" } })
    assert.truthy(code ~= 0 and err:find("MOONBEAR_MEM is no setting of moonbear", 1, true), err)
  end)

  it("of memory are sizes as people write them", function()
    for text, bytes in pairs {
      ["8G"] = 8 << 30, ["8 GB"] = 8 << 30, ["8GiB"] = 8 << 30, ["100 MB"] = 100 << 20, ["100m"] = 100 << 20,
      ["1.5G"] = 3 << 29, ["2097152"] = 2 << 20, ["4096 kB"] = 4 << 20, ["1T"] = 1 << 40,
    } do
      local code, out, err = budget(text)
      assert.same({ 0, bytes }, { code, tonumber(out) }, err)
    end
    local _, half = budget "50%"
    local _, all = budget "100%"
    assert.truthy(math.abs(2 * half / all - 1) < 0.5, half .. all) -- others use memory meanwhile
  end)

  it("that are empty are none", function()
    local code, out = helper.run(nil, "print(1)", { env = { MOONBEAR_MEMORY = "", MOONBEAR_WAIT = "" } })
    assert.same({ 0, "1\n" }, { code, out })
  end)
end))

describe("a launcher of whose processes MPI does not know", helper.once(function()
  it("is refused, by one of them", function()
    for _, names in ipairs { { "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "srun --mpi=pmi2" },
      { "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "mpiexec.hydra" } } do
      for number = 0, 1 do
        local code, out, err = helper.run(nil, "print(1)",
          { env = { [names[1]] = 2, [names[2]] = number } })
        assert.truthy(code ~= 0)
        assert.equal("", out)
        assert.equal(number == 0, err:find(names[3], 1, true) ~= nil, err)
      end
      local code, out = helper.run(2, "print(os.getenv '" .. names[1] .. "')", { env = { [names[1]] = 2 } })
      assert.same({ 0, "nil\n" }, { code, out })
    end
  end)
end))
