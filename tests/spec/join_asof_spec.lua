-- Joins with the last row that is not later, against loops in plain Lua.
local helper = require "spec.helper"
local match = require "spec.match"
local mb = require "moonbear"

local nan, null = 0 / 0, mb.null

local function there(v) return not rawequal(v, null) and v == v end

local function not_above(a, b, type)
  if type == "uint" then return not math.ult(b, a) end
  return a <= b
end

-- Which row of the right goes with each row of the left, or nil.
local function partner(left, right, i, by, type)
  local best
  for _, name in ipairs(by) do
    if rawequal(left[name][i], null) then return nil end
  end
  for j = 1, #right.t do
    local ok = there(left.t[i]) and there(right.t[j]) and not_above(right.t[j], left.t[i], type)
    for _, name in ipairs(by) do
      ok = ok and not rawequal(right[name][j], null)
        and match.key(left[name][i]) == match.key(right[name][j])
    end
    if ok and (not best or not_above(right.t[best], right.t[j], type)) then best = j end
  end
  return best
end

local function check(left, right, by, types, form)
  local function frame(t, extra)
    local columns = {}
    for _, name in ipairs { "t", table.unpack(by) } do
      columns[#columns + 1] = { name, match.column(t[name], types[name] or "int", form) }
    end
    columns[#columns + 1] = { extra, match.column(t[extra], "int", form + 1) }
    return mb.frame(columns)
  end
  local names = #by > 0 and (#by == 1 and by[1] or by) or nil
  local result = frame(left, "v"):join_asof(frame(right, "w"), { on = "t", by = names })
  local w, t = {}, {}
  for i = 1, #left.t do
    local j = partner(left, right, i, by, types.t or "int")
    if j then w[i], t[i] = right.w[j], right.t[j] else w[i], t[i] = null, null end
  end
  match.same(w, result.w, "int")
  match.same(t, result.t_right, types.t or "int")
  match.same(left.v, result.v, "int")
  match.same(left.t, result.t, types.t or "int")
end

local function numbers(n, f)
  local rows = {}
  for i = 1, n do rows[i] = f(i) end
  return rows
end

local function table_of(n, random, time, keys)
  local t = { t = numbers(n, time), v = numbers(n, function(i) return i end),
    w = numbers(n, function(i) return i % 6 == 0 and null or -i end) }
  for name, values in pairs(keys) do
    t[name] = numbers(n, function()
      return random(1, 12) == 1 and null or values[random(1, #values)]
    end)
  end
  return t
end

describe("frame:join_asof", function()
  local keys = { k = { 1, 2, 1 << 60 }, f = { 0.0, nan, 2.5 }, b = { true, false } }
  for _, type in ipairs { "int", "uint", "float" } do
    it("matches loops for times of " .. type, function()
      local random = helper.random(31)
      local function time()
        if random(1, 10) == 1 then return null end
        if type == "float" then return random(1, 15) == 1 and nan or random(-20, 20) / 2 end
        if random(1, 10) == 1 then return math.mininteger end
        return random(type == "int" and -30 or 0, 30)
      end
      local types = { t = type, f = "float", b = "bool" }
      for form, by in ipairs { {}, { "k" }, { "k", "f" }, { "b", "k" } } do
        local chosen = {}
        for _, name in ipairs(by) do chosen[name] = keys[name] end
        check(table_of(60, random, time, chosen), table_of(50, random, time, chosen), by, types, form)
        check(table_of(9, random, time, chosen), table_of(1, random, time, chosen), by, types, form)
        check(table_of(4, random, time, chosen), table_of(0, random, time, chosen), by, types, form)
        check(table_of(0, random, time, chosen), table_of(3, random, time, chosen), by, types, form)
      end
    end)
  end

  it("finds nothing by a key or a time that is missing in every row", function()
    local random = helper.random(32)
    local function time() return random(1, 9) end
    local function never() return null end
    for form, by in ipairs { { "k" }, { "k", "l" }, { "l" } } do
      local chosen = { k = { null }, l = { 1, 2 } }
      for name in pairs(chosen) do if not table.concat(by):find(name) then chosen[name] = nil end end
      local types = { t = "int", k = "int" }
      check(table_of(20, random, time, chosen), table_of(15, random, time, chosen), by, types, form)
      check(table_of(20, random, never, chosen), table_of(15, random, never, chosen), by, types, form)
      check(table_of(20, random, time, chosen), table_of(15, random, never, chosen), by, types, form)
    end
    check(table_of(9, random, never, {}), table_of(9, random, never, {}), {}, { t = "int" }, 1)
  end)

  it("deals out many rows of the other", function()
    local n = 100000
    local right = mb.frame { { "t", (mb.range(1, n) * 7919 % n) * 10 }, { "k", mb.range(1, n) % 3 },
      { "w", mb.range(1, n) * 7919 % n } }
    local left = mb.frame { { "t", mb.random(1500, { low = -20, high = n * 10, seed = 3 }) } }
    local expected = mb.where(left.t:lt(0), null, (left.t // 10):minimum(n - 1))
    local found = left:join_asof(right, { on = "t" }).w
    assert.equal(expected:is_missing():sum(), found:is_missing():sum())
    assert.equal((~expected:is_missing()):sum(), found:eq(expected):fill(false):sum())
    left.k = mb.full(1500, 2)
    local keyed = left:join_asof(right:where "k == 2", { on = "t" }).w
    local by = left:join_asof(right, { on = "t", by = "k" }).w
    assert.equal(0, keyed:fill(-1):ne(by:fill(-1)):sum())
  end)

  it("refuses what does not go together", function()
    local a, b = mb.frame { { "t", mb.column { 1 } } }, mb.frame { { "t", mb.column { 1.5 } } }
    for _, case in ipairs {
      { function() a:join_asof(b, { on = "t" }) end, "join_asof: 't' is an int column on the left" },
      { function() a:join_asof(a, { on = "x" }) end, "no column 'x'" },
      { function() a:join_asof(a) end, "'on' of 'join_asof' %(a column's name expected, got nil" },
      { function() a:join_asof(a, { on = "t", by = {} }) end, "'by' of 'join_asof' %(a column's name or a list" },
      { function() a:join_asof(a, { on = "t", suffix = "" }) end, "choose another suffix" },
      { function() a:join_asof(a, { on = "t", near = 1 }) end, "no option 'near'" },
      { function() a:join_asof(5, { on = "t" }) end, "frame expected, got a number" },
    } do
      assert.error_matches(case[1], case[2])
    end
  end)

  it("is mended when memory runs out, or it is told on all ranks", function()
    local left = mb.frame { { "t", mb.column { 5, 1, 9 } }, { "k", mb.column { 1, 1, 2 } } }
    local right = mb.frame { { "t", mb.column { 4, 2, 8 } }, { "k", mb.column { 1, 1, 2 } },
      { "w", mb.column { 7, 8, 9 } } }
    for rank, n in helper.failures(40, 3) do
      mb.core.inject_fault(rank, n)
      match.same({ 7, null, 9 }, left:join_asof(right, { on = "t", by = "k" }).w)
      mb.core.inject_fault(rank, 0)
    end
  end)
end)
