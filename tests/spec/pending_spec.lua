-- Pending columns: graphs of any shape, when they get their values, and what becomes of failures in
-- the midst of them.
local edges = require "spec.edges"
local helper = require "spec.helper"
local mb = require "moonbear"

local null = mb.null

-- Plain Lua on rows, beside the same on a column.
local function both(column, rows, f)
  local results = {}
  for i, value in ipairs(rows) do results[i] = f(value) end
  return f(column), results
end

describe("pending columns", function()
  local rows = {}
  for i = 1, 1300 do rows[i] = i * 37 % 1009 - 500 end

  it("may be deep", function()
    local deep, expected = both(mb.column(rows), rows, function(x)
      local y = x
      for i = 1, 500 do y = (y ~ i) * 3 - x end
      return y
    end)
    assert.same(expected, deep:to_table())
    assert.equal(expected[77], deep[77])
  end)

  it("may be wide", function()
    local function sum(x, from, to)
      if from == to then return x * from end
      local middle = (from + to) // 2
      return sum(x, from, middle) + sum(x, middle + 1, to) // 2
    end
    local wide, expected = both(mb.column(rows), rows, function(x) return sum(x, 1, 600) end)
    assert.same(expected, wide:to_table())
  end)

  it("evaluate what is shared once", function()
    local doubled, expected = both(mb.column(rows), rows, function(x)
      for _ = 1, 60 do x = x + x - (x >> 1) end
      return x
    end)
    assert.same(expected, doubled:to_table()) -- 3^60 evaluations otherwise
  end)

  it("keep the values that a second operation asks for", function()
    local c = mb.column(rows) * 3 + 1
    assert.is_true(c:info().pending)
    local first = c:sum()
    local d = c - 1
    assert.equal(first - #rows, d:sum())
    assert.equal(first, c:sum())
    assert.is_false(c:info().pending)
    assert.equal(3 * rows[1300] + 1, c[-1])
    assert.equal(first - #rows, d:sum())
  end)

  it("compute the rows that are looked at, until those are many", function()
    local c = mb.range(1, 1 << 33)
    assert.equal("array([1, 2, 3, ..., 8589934590, 8589934591, 8589934592])", tostring(c))
    assert.equal("array([3, 5, 7, ..., 17179869181, 17179869183, 17179869185])", tostring(c * 2 + 1))
    assert.equal(10, (c + c)[5])
    assert.equal(1 << 33, c[-1])
    assert.equal("a\nint\n", tostring(mb.frame { a = c }):gsub("[^%a\n]", ""):sub(1, 6))
    local d = mb.column(rows) * 3
    local half = mb.where(mb.range(1, #rows):lt(700), d, 1 // (mb.range(1, #rows) - 900))
    assert.equal(("array([%d, %d, %d, ..., 0, 0, 0])"):format(3 * rows[1], 3 * rows[2], 3 * rows[3]),
      tostring(half)) -- the row that fails is not among them
    assert.is_true(d:info().pending)
    assert.error_matches(function() return half:sum() end, "at row 900 ")
    for i = 1, #rows do assert.equal(3 * rows[i], d[i]) end
    assert.is_false(d:info().pending)
  end)

  it("are given their values by eval", function()
    local c = mb.column(rows) // 7
    local same = c:eval()
    assert.is_false(c:info().pending)
    assert.equal(rows[13] // 7, c[13])
    assert.equal(rows[13] // 7, same[13])
    assert.equal(c:sum(), c:eval():sum())
  end)

  it("are released without recursion", function()
    local x = mb.column(rows)
    for _ = 1, 40 do
      local y = x
      for i = 1, 200 do y = y + i end
    end
    collectgarbage()
    assert.equal(#rows, #x)
  end)

  it("of filtered columns are laid out as these", function()
    local c = mb.column(rows)
    local low, high = c[c:lt(0)], c[c:ge(0)]
    local n = math.min(#low, #high)
    local together = low:slice(1, n) * 2 + high:slice(1, n)
    local lows, highs, expected = low:to_table(), high:to_table(), {}
    for i = 1, n do expected[i] = lows[i] * 2 + highs[i] end
    assert.same(expected, together:to_table())
    assert.same((c + 1)[c:lt(0)]:to_table(), (low + 1):to_table())
    assert.equal(0, #(low * 3)[low:gt(0)])
    assert.same({}, ((low * 3)[low:gt(0)] + 1):to_table())
  end)

  it("may be made of scalars alone", function()
    local seven = mb.full(5, 3) + mb.full(5, 4)
    assert.same({ 7, 7, 7, 7, 7 }, seven:to_table())
    assert.equal(35, seven:sum())
    assert.same({ 8.5, 8.5, 8.5, 8.5, 8.5 }, (seven + 1.5):to_table())
    assert.same({ null, null }, mb.where(mb.full(2, true), null, 1):to_table())
  end)

  it("are explained, and stay pending", function()
    local explained = mb.core.explain -- what mb.explain prints
    local c = mb.column(rows)
    local d = c * c + 1
    local text = explained((d:sqrt() + d):gt(3))
    for _, part in ipairs { "bool", "pending", "int column", "sqrt", "%+", "%*", "gt" } do
      assert.truthy(text:find(part), part .. " in " .. text)
    end
    assert.is_nil(text:find "%*.*%*") -- what is shared stands there once
    assert.is_true(d:info().pending)
    d:eval()
    assert.is_nil(explained(d:sqrt()):find "%*")
    assert.is_nil(explained(d):find "pending")
  end)
end)

describe("a failure inside a graph", function()
  local numbers, divisors = {}, {}
  for i = 1, 900 do numbers[i], divisors[i] = i, i % 5 + 1 end
  divisors[611] = 0
  local a, b = mb.column(numbers), mb.column(divisors)
  local other = edges.forms.early(numbers, "int")

  it("is the same on all ranks, wherever it is met", function()
    local quotient = a // b
    for _, use in ipairs {
      function() return (quotient + 1):sum() end, -- fused
      function() return (quotient * 2):sum() end, -- another operation that asks for it
      function() return (quotient + other):sum() end, -- in another layout
      function() return (other - quotient):max() end,
      function() return mb.where(quotient:gt(3), a, b):to_table() end,
      function() return a[quotient:gt(2)]:sum() end, -- in a mask
      function() return quotient[a:gt(600)]:eval() end, -- in filtered rows
      function() return #a[quotient:eq(1)] end,
      function() return quotient[611] end,
      function() return quotient[600] end, -- in the same block of rows
      function() return quotient:value_counts() end,
      function() return quotient:slice(600, 620):sum() end,
      function() return mb.frame { q = quotient, a = a } "q > a":any() end,
    } do
      local ok, message = pcall(use)
      assert.is_false(ok)
      assert.truthy(message:find("at row 611 ", 1, true), message)
      for rank = 0, mb.size() - 1 do
        assert.equal(mb.on_rank(rank, function() return message end), message)
      end
    end
    assert.equal(450 * 901, a:sum())
    assert.equal(2 * 450 * 901, (a + other):sum())
    assert.equal(900, #a[b:ge(0)])
    assert.equal(121, a:floordiv(b, { zero = 0 })[609])
  end)

  it("leaves what was computed before", function()
    local before = a * 2
    before:eval()
    assert.is_false(pcall(function() return (before // b):eval() end))
    assert.equal(1800, before[-1])
    assert.equal(900 * 901, before:sum())
  end)
end)

describe("expressions in little memory", helper.once(function()
  it("are computed again where they do not fit, however often", function()
    for n = 1, 3 do
      local code, out, err = helper.run(n, [[
        local mb = require "moonbear"
        local c = mb.range(1, 3000000) * 2 + 1
        for _ = 1, 3 do print(c:sum(), c:max(), c[7], c:info().pending) end
        local d = c / 2
        for _ = 1, 3 do print(d:sum(), (d + c):min(), #c[c:lt(1000)]) end
        local small = mb.range(1, 3000) * 2
        print(small:sum(), small:sum(), small:info().pending)]], { env = { MOONBEAR_MEMORY = "6M" } })
      assert.equal(0, code, err)
      assert.equal(("9000006000000\t6000001\t15\ttrue\n"):rep(3)
        .. ("4500003000000.0\t4.5\t499\n"):rep(3) .. "9003000\t9003000\tfalse\n", out)
    end
  end)

  it("are computed without any, or fail on all ranks and leave their operands", function()
    for n = 1, 3 do
      local code, out, err = helper.run(n, [[
        local mb = require "moonbear"
        local c = mb.range(1, 600000):eval()
        local function alike(f)
          local ok, message = pcall(f)
          local all = true
          for rank = 0, mb.size() - 1 do
            all = all and message == mb.on_rank(rank, function() return message end)
          end
          print(ok, all, ok and message or message:match "out of memory")
        end
        for _ = 1, 2 do
          alike(function() return ((c * 1.5 + c) / 2):max() end)
          alike(function() return #((c * 1.5 + c):sqrt():eval()) end)
          alike(function() return #c[(c / 2):gt(1.0)]:sqrt():eval() end)
        end
        print(c:sum(), c[-1])]], { env = { MOONBEAR_MEMORY = "6M" } })
      assert.equal(0, code, err)
      local turn = "true\ttrue\t750000.0\nfalse\ttrue\tout of memory\nfalse\ttrue\tout of memory\n"
      assert.equal(turn .. turn .. "180000300000\t600000\n", out)
    end
  end)
end))
