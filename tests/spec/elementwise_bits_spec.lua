-- Float functions feeding reductions: the same bits on any number of ranks and any instruction set.
local helper = require "spec.helper"

local script = [[
  local mb = require "moonbear"
  local rows, small, whole, state = {}, {}, {}, 12345
  for i = 1, 3001 do
    state = state * 6364136223846793005 + 1442695040888963407
    small[i] = (state >> 11) * 2.0 ^ -53 * 2.0 - 1.0
    rows[i] = small[i] * 2.0 ^ ((state >> 3 & 63) - 50)
    whole[i] = state >> 40
  end
  local x, s, w = mb.column(rows), mb.column(small), mb.column(whole)
  local function tell(name, c)
    print(name, ("%a %a %a %a %a"):format(c:sum(), c:mean(), c:min(), c:max(), c:std()))
    local bits = 0
    for _, value in ipairs(c:to_table()) do bits = bits * 31 + string.unpack("<i8", ("<d"):pack(value)) end
    print(name, bits)
  end
  -- Where they are defined, and finite.
  local domains = {
    { "cbrt sin cos tan atan degrees radians floor round abs sign", x },
    { "exp expm1 sinh cosh tanh", x:clip(-700, 700) },
    { "sqrt log log2 log10 log1p", x:abs() + 2.0 ^ -40 },
    { "asin acos log1p expm1 sin tan sinh", s * 0.999 },
  }
  for _, domain in ipairs(domains) do
    for name in domain[1]:gmatch "%S+" do tell(name, mb.math[name](domain[2])) end
  end
  for _, name in ipairs { "exp", "expm1", "sinh", "cosh" } do -- as large as may be
    local most = (name == "sinh" or name == "cosh") and 710.47586 or 709.782712893
    tell(name, mb.math[name](most - s:abs() * 2) * 2.0 ^ -100)
  end
  tell("pow", (s:abs() + 0.5):pow(x:clip(-200, 200)))
  tell("^", (w + 1) ^ s)
  tell("atan2", x:atan2(s))
  tell("expression", (x * s + w / (w + 1)):abs():sqrt() - s % 0.3)
  local kept = x[s:gt(-0.5)]
  tell("filtered", (kept * 3 - 1):sin():maximum(-kept))
]]

describe("float functions", helper.once(function()
  it("have the same bits on any number of ranks and any instruction set", function()
    local first
    for _, case in ipairs { { 1, "base" }, { 1, "avx2" }, { 1, "avx512" }, { 2, "avx512" }, { 3, "base" },
      { 4, "avx2" } } do
      local n, isa = case[1], case[2]
      local code, out, err = helper.run(n, script, { env = { MOONBEAR_ISA = isa } })
      assert.equal(0, code, err)
      first = first or out
      assert.equal(first, out, ("%d ranks, %s"):format(n, isa))
    end
  end)
end))
