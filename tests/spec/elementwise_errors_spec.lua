-- What element-wise operations refuse, what fails while rows are computed, and ranks that do not ask
-- for the same.
local edges = require "spec.edges"
local helper = require "spec.helper"
local mb = require "moonbear"

local mini, null = math.mininteger, mb.null
local mend = "a:eq(b)" -- what is named where Lua's own comparison was used

local function raises(f, ...)
  local ok, message = pcall(f)
  assert.is_false(ok)
  for _, part in ipairs { ... } do
    assert.truthy(message:find(part, 1, true), ("no %q in: %s"):format(part, message))
  end
  return message
end

-- The line of the caller, as errors name it.
local function here()
  local info = debug.getinfo(2, "Sl")
  return ("%s:%d"):format(info.short_src:match "[^/]*$", info.currentline)
end

describe("element-wise operations refuse", function()
  local int, float, bool = mb.column { 1, 2, 3 }, mb.column { 1.5, 2.5, 0.5 }, mb.column { true, false, true }
  local uint = mb.column({ 1, 2, 3 }, "uint")

  it("an int with a uint, naming the casts", function()
    for _, f in ipairs {
      function() return int + uint end, function() return uint - int end,
      function() return int * uint end, function() return int // uint end,
      function() return uint % int end, function() return int / uint end,
      function() return int & uint end, function() return int:minimum(uint) end,
      function() return mb.where(bool, int, uint) end, function() return int:fill(uint) end,
      function() return mb.math.maximum(uint, int) end,
    } do
      local message = raises(f, "int", "uint")
      assert.truthy(message:find(':as("int")', 1, true) or message:find(':as("uint")', 1, true), message)
    end
  end)

  it("bits of what is no integer", function()
    raises(function() return float & int end, "&", "float")
    raises(function() return float << 1 end, "<<", "float")
    raises(function() return 1 >> float end, ">>", "float")
    raises(function() return ~float end, "~", "float")
    raises(function() return int | 1.5 end, "no integer representation")
    raises(function() return bool & int end, "&", "bool", "int")
    raises(function() return float:popcount() end, "popcount", "float")
    raises(function() return float:rotl(3) end, "rotl", "float")
  end)

  it("other lengths, naming both", function()
    local other = mb.column { 1, 2 }
    for _, f in ipairs {
      function() return int + other end, function() return int:atan2(other) end,
      function() return mb.where(bool, int, other) end, function() return other:fill(int) end,
      function() return mb.where(bool, other, 1) end, function() return int:clip(other, 5) end,
    } do
      raises(f, "lengths differ", "3", "2")
    end
  end)

  it("what is no column and no number", function()
    for _, f in ipairs {
      function() return int + "x" end, function() return int * nil end,
      function() return {} - int end, function() return int:minimum {} end,
      function() return mb.math.sqrt "x" end, function() return mb.where(bool, int) end,
      function() return mb.where(int, 1, 2) end, function() return int:as "int32" end,
      function() return int:isin(5) end, function() return int:isin { "x" } end,
      function() return int:between(1) end, function() return float:round "x" end,
      function() return int:floordiv(2, { zeros = 1 }) end, function() return int:as() end,
      function() return int:as("int", { wrap = 5, wraps = true }) end,
    } do
      raises(f)
    end
  end)

  it("a boolean where a column should be, naming the mend", function()
    for _, f in ipairs {
      function() return int + (int == 80) end, function() return (int == 80) * int end,
      function() return int:minimum(int == 80) end, function() return mb.where(int == 80, 1, 2) end,
      function() return mb.where(bool, int, int == 80) end, function() return int:fill(int == 80) end,
      function() return float:pow(int == 80) end, function() return mb.math.sqrt(int == 80) end,
      function() return int:isin { int == 80 } end, function() return int:between(int == 80, 1) end,
    } do
      raises(f, mend)
    end
  end)

  it("a comparison with a missing value, naming is_missing", function()
    raises(function() return int:eq(null) end, "is_missing")
    raises(function() return int:ne(null) end, "is_missing")
  end)

  it("a closed column", function()
    local closed = mb.column { 1, 2, 3 }
    closed:close()
    raises(function() return int + closed end, "closed column")
    raises(function() return closed:sqrt() end, "closed column")
  end)
end)

describe("a fault in a row", function()
  local rows, divisors = {}, {}
  for i = 1, 3000 do rows[i], divisors[i] = i, i % 7 + 1 end
  divisors[1700], divisors[2900] = 0, 0
  local a, b = mb.column(rows), mb.column(divisors)

  it("is told where the result is asked for, with its line and first row", function()
    local site = here(); local quotient = a // b
    local rest_site = here(); local rest = (a % b):sqrt() + 1
    for _ = 1, 2 do
      raises(function() return quotient:sum() end, "//", "row 1700", site)
      raises(function() return quotient:to_table() end, "//", "row 1700", site)
      raises(function() return quotient:eval() end, "//", "row 1700", site)
      raises(function() return (quotient * 2):max() end, "//", "row 1700", site)
      raises(function() return a[quotient:gt(1)] end, "//", "row 1700", site)
      raises(function() return rest:mean() end, "%", "row 1700", rest_site)
    end
    assert.equal(3000 * 3001 // 2, a:sum())
    assert.equal(0, b:min())
  end)

  it("counts the rows of a filtered column", function()
    local late = a:gt(1500)
    raises(function() return (a[late] // b[late]):sum() end, "row 200")
    assert.equal(1500, #a[late])
  end)

  it("does not happen in a missing row", function()
    local hidden = mb.where(b:ne(0), b, null)
    local quotients = (a // hidden):to_table()
    assert.equal(null, quotients[1700])
    assert.equal(1699 // (1699 % 7 + 1), quotients[1699])
    assert.equal(2998, (a % hidden):is_missing():eq(false):sum())
    local none = mb.where(a:lt(0), a, null)
    assert.equal(3000, (none // b):is_missing():sum())
    assert.equal(0, (none // 0):is_missing():eq(false):sum())
  end)

  it("is one of every division of integers by zero", function()
    for _, type in ipairs { "int", "uint", "bool" } do
      local c = mb.column(type == "bool" and { true, false } or { 5, 6 }, type)
      raises(function() return (c // 0):to_table() end, "//", "row 1")
      raises(function() return (c % 0):to_table() end, "%", "row 1")
      raises(function() return (7 // (c - c)):to_table() end, "//", "row 1")
    end
    assert.same({ 1 / 0, -1 / 0 }, (mb.column { 2.0, -2.0 } // 0):to_table())
  end)

  it("is one of a cast of what does not fit", function()
    local inf = 1 / 0
    for _, case in ipairs {
      { { 1.0, 2.5, 0 / 0 }, "float", "int", 3 }, { { 1.0, inf }, "float", "int", 2 },
      { { 2.0 ^ 63 }, "float", "int", 1 }, { { -1.0 }, "float", "uint", 1 },
      { { 0.0, 2.0 ^ 64 }, "float", "uint", 2 }, { { 5, -1 }, "int", "uint", 2 },
      { { mini }, "uint", "int", 1 },
    } do
      local site = here(); local cast = mb.column(case[1], case[2]):as(case[3])
      raises(function() return cast:to_table() end, "as", "row " .. case[4], site)
    end
    assert.same({ -0x8000000000000000 }, mb.column { -2.0 ^ 63 }:as("int"):to_table())
    assert.same({ 0 }, mb.column { -0.5 }:as("uint"):to_table())
  end)

  it("is the same error on all ranks, wherever the row lies", function()
    for _, place in ipairs { 1, 1000, 1500, 2999, 3000 } do
      local mask = mb.range(1, 3000):eq(place)
      local divisor = mb.where(mask, 0, 5)
      local ok, message = pcall(function() return (a // divisor):sum() end)
      assert.is_false(ok)
      assert.truthy(message:find(("row %d%%f[%%D]"):format(place)), message)
      for rank = 0, mb.size() - 1 do
        assert.equal(mb.on_rank(rank, function() return message end), message)
      end
      assert.equal(3000 * 3001 // 2, a:sum())
      assert.equal(5 * 2999, divisor:sum())
    end
  end)
end)

describe("a want of memory", function()
  it("while expressions get their values is mended, or told on all ranks", function()
    local rows = {}
    for i = 1, 2000 do rows[i] = i end
    local a, b = mb.column(rows), edges.forms.early(rows, "int")
    local function work()
      local c = (a + b) * 2
      local sum, low = c:sum(), c:min()
      local kept = c[c:gt(4)]:eval()
      return sum, low, #kept, (kept / 2):max(), c:as("float"):sqrt():eval()[2]
    end
    local expected = { work() }
    assert.same({ 4002000 * 2, 4, 1999, 4000.0, math.sqrt(8.0) }, expected)
    for rank, n in helper.failures(24) do
      mb.core.inject_fault(rank, n)
      assert.same(expected, { work() })
      mb.core.inject_fault(rank, 0)
    end
  end)

  it("leaves the operands as they are", function()
    local a = mb.range(1, 1 << 45)
    raises(function() return (a * 2 + 1):eval() end, "out of memory")
    assert.equal(1 << 45, #a)
    local c = mb.column { 1, 2 } + 1
    assert.equal(5, c:sum())
  end)
end)

describe("ranks that ask for other expressions", helper.once(function()
  it("are told of another operator, operand, scalar, option and order", function()
    local code, out, err = helper.run(3, [[
      local mb = require "moonbear"
      local a, b = mb.column { 1, 2, 3 }, mb.column { 4, 5, 6 }
      local function part_ways(one, other)
        local mine = mb.rank() == 1 and other or one
        local ok, message = pcall(mine.sum, mine)
        local same = true
        for rank = 0, 2 do
          same = same and mb.on_rank(rank, function() return message end) == message
        end
        print(ok, same, message:match "the ranks diverged.*rank 1" and (a + b):sum())
      end
      part_ways(a + b, a - b)
      part_ways(a + b, a + a)
      part_ways(a + 1, a + 2)
      part_ways(a + 1, a + 1.0)
      part_ways(a - b, b - a)
      part_ways(a:floordiv(b, { zero = 1 }), a:floordiv(b, { zero = 2 }))
      part_ways((a / b):round(1), (a / b):round(2))
      part_ways((a / b):as "int", (a / b):as("int", { wrap = true }))
      part_ways(a:isin { 1, 2 }, a:isin { 1, 3 })
      part_ways(mb.where(a:gt(1), a, b), mb.where(a:gt(1), b, a))
      part_ways((a + b) * 2, a + b * 2)
      part_ways(a:minimum(b), a:maximum(b))]])
    assert.equal(1, code, out .. err)
    assert.equal(("false\ttrue\t21\n"):rep(12), out)
  end)
end))
