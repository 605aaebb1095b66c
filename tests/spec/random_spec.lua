-- Random columns: functions of seed and row, distributed as they should be.
local helper = require "spec.helper"
local mb = require "moonbear"

local N <const> = 40000

local KINDS <const> = {
  uniform = function(n, seed) return mb.uniform(n, { low = -2, high = 5, seed = seed }) end,
  normal = function(n, seed) return mb.normal(n, { mean = 10, std = 2, seed = seed }) end,
  lognormal = function(n, seed) return mb.lognormal(n, { mean = 1, std = 0.5, seed = seed }) end,
  exponential = function(n, seed) return mb.exponential(n, { scale = 3, seed = seed }) end,
  poisson = function(n, seed) return mb.poisson(n, { lam = 7.5, seed = seed }) end,
  choice = function(n, seed)
    return mb.choice({ 5, 6, 7 }, n, { weights = { 1, 2, 3 }, seed = seed })
  end,
}

-- Whether values are near: within 5 standard errors, say.
local function near(expected, found, error)
  assert.truthy(math.abs(found - expected) <= error, ("%g, not %g"):format(found, expected))
end

local function moments(c)
  local mean = c:mean()
  local apart = c - mean
  return mean, math.sqrt((apart * apart):mean())
end

describe("random columns", function()
  it("are functions of seed and row alone", function()
    for name, kind in pairs(KINDS) do
      local many = kind(N, 3)
      assert.same(kind(100, 3):to_table(), many:slice(1, 100):to_table(), name)
      assert.equal(0, many:ne(kind(N, 3)):sum(), name)
      assert.truthy(many:ne(kind(N, 4)):sum() > N / 3, name)
      assert.equal(0, #kind(0, 1))
      assert.equal(1, #kind(1, 1))
    end
  end)

  it("are the same on all ranks and instruction sets", function()
    if mb.size() > 1 then return end
    local script = [[
      local mb = require "moonbear"
      for _, kind in ipairs { "uniform", "normal", "lognormal", "exponential", "poisson" } do
        local c = mb[kind](5000, { seed = 11 })
        print(kind, c:sum(), ("%a"):format(c[4321]))
      end
      print(mb.choice(mb.range(1, 9), 6000, { seed = 2 }):sum(),
        mb.choice(mb.range(1, 9), 6000, { seed = 2, weights = mb.range(1, 9) }):sum())]]
    local status, expected = helper.run(1, script)
    assert.equal(0, status)
    for nranks = 2, 4 do assert.equal(expected, (select(2, helper.run(nranks, script)))) end
    for _, isa in ipairs { "base", "avx2" } do
      local _, out = helper.run(2, script, { env = { MOONBEAR_ISA = isa } })
      assert.equal(expected, out)
    end
  end)

  it("are distributed as they should be", function()
    local mean, std = moments(KINDS.uniform(N, 1))
    near(1.5, mean, 5 * 7 / math.sqrt(12 * N))
    near(7 / math.sqrt(12), std, 0.03)
    mean, std = moments(KINDS.normal(N, 1))
    near(10, mean, 5 * 2 / math.sqrt(N))
    near(2, std, 5 * 2 / math.sqrt(2 * N))
    mean, std = moments(KINDS.exponential(N, 1))
    near(3, mean, 5 * 3 / math.sqrt(N))
    near(3, std, 0.15)
    mean, std = moments(KINDS.lognormal(N, 1):log())
    near(1, mean, 5 * 0.5 / math.sqrt(N))
    near(0.5, std, 0.01)
    mean, std = moments(KINDS.poisson(N, 1))
    near(7.5, mean, 5 * math.sqrt(7.5 / N))
    near(math.sqrt(7.5), std, 0.06)
  end)

  it("have the quantiles of a normal distribution", function()
    local c = mb.normal(N, { seed = 6 })
    for z, p in pairs { [-3] = 0.00135, [-2] = 0.02275, [-1] = 0.15866, [0] = 0.5, [1] = 0.84134,
      [2.5] = 0.99379 } do
      near(p, c:le(z):mean(), 5 * math.sqrt(p * (1 - p) / N))
    end
    local x = c - c:mean()
    local next_one = x:slice(2)
    near(0, (x:slice(1, -2) * next_one):mean(), 5 / math.sqrt(N)) -- rows do not follow each other
  end)

  it("stay in their ranges", function()
    local u = KINDS.uniform(N, 9)
    assert.truthy(u:min() >= -2 and u:max() < 5)
    assert.truthy(mb.exponential(N, { seed = 1 }):min() >= 0)
    assert.truthy(KINDS.lognormal(N, 1):min() > 0)
    assert.equal(0, mb.normal(100, { std = 0, mean = 4 }):ne(4.0):sum())
    assert.equal("float", mb.uniform(3):type())
  end)

  it("count by Poisson's law", function()
    for _, lam in ipairs { 0.3, 4, 30.25 } do
      local c = mb.poisson(N, { lam = lam, seed = 8 })
      assert.equal("int", c:type())
      local p = math.exp(-lam)
      for k = 0, 40 do
        near(p, c:eq(k):mean(), 5 * math.sqrt(p / N) + 1e-4)
        p = p * lam / (k + 1)
      end
    end
    assert.equal(0, mb.poisson(100, { lam = 0 }):sum())
    local mean, std = moments(mb.poisson(N, { lam = 1e6, seed = 1 }))
    near(1e6, mean, 5 * 1000 / math.sqrt(N))
    near(1000, std, 5 * 1000 / math.sqrt(2 * N))
  end)

  it("choose values, by weights", function()
    local c = mb.choice(mb.column { 1.5, mb.null, 2.5 }, N, { seed = 2 })
    for _, share in ipairs { c:eq(1.5):fill(false):mean(), c:is_missing():mean() } do
      near(1 / 3, share, 0.012)
    end
    local weights = { 0, 1, 0, 2.5, 0.5, 0 }
    for _, given in ipairs { weights, mb.column(weights) } do
      local drawn = mb.choice({ 1, 2, 3, 4, 5, 6 }, N, { weights = given, seed = 5 })
      for i, weight in ipairs(weights) do near(weight / 4, drawn:eq(i):mean(), 0.0125) end
      assert.equal(0, (drawn:eq(1) | drawn:eq(3) | drawn:eq(6)):sum())
    end
    assert.same({ true, true }, mb.choice({ true }, 2):to_table())
    assert.equal(0, #mb.choice({}, 0))
  end)

  it("refuse what makes no sense", function()
    local calls = {
      { "low", function() mb.uniform(5, { low = 2, high = 1 }) end },
      { "bad option 'low' of 'uniform' %(a number expected, got the string 'x'%)",
        function() mb.uniform(5, { low = "x" }) end },
      { "'std' of 'normal' %(a finite number of at least 0 expected, got %-1%)",
        function() mb.normal(5, { std = -1 }) end },
      { "'std' of 'lognormal'", function() mb.lognormal(5, { std = 0 / 0 }) end },
      { "'scale' of 'exponential'", function() mb.exponential(5, { scale = math.huge }) end },
      { "'lam' of 'poisson' %(a number from 0 to 1e9 expected", function() mb.poisson(5, { lam = 2e9 }) end },
      { "'seed' of 'normal' %(an integer expected, got 1.5%)", function() mb.normal(5, { seed = 1.5 }) end },
      { "no option 'mu'", function() mb.normal(5, { mu = 1 }) end },
      { "not a number of rows", function() mb.normal(-1) end },
      { "'weights' of 'choice' %(2 numbers, one for each value expected, got 1",
        function() mb.choice({ 1, 2 }, 5, { weights = { 1 } }) end },
      { "weight 2 must be", function() mb.choice({ 1, 2 }, 5, { weights = { 1, -1 } }) end },
      { "add up to 0", function() mb.choice({ 1, 2 }, 5, { weights = { 0, 0 } }) end },
      { "no values to choose from", function() mb.choice({}, 5) end },
      { "column or table of values expected, got 5", function() mb.choice(5, 5) end },
    }
    for _, call in ipairs(calls) do assert.error_matches(call[2], call[1]) end
  end)
end)
