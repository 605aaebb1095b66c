-- Operations that the memory budget has no room for: an error before they start, on all ranks alike,
-- after which everything is as it was.
local mb = require "moonbear"
local session = require "spec.session"

local ROWS <const> = 6000
local core = mb.core

-- Of all ranks, what f returns on each.
local function on_all(f)
  local all = {}
  for rank = 0, mb.size() - 1 do all[rank + 1] = mb.on_rank(rank, f) end
  return all
end

local function most(list)
  return math.max(table.unpack(list))
end

-- The most that an operation takes on any rank, beside what is there already; and its results.
local function measure(run, t)
  collectgarbage()
  core.trim()
  local before = core.memory(true)
  local results = session.fingerprint(run(t))
  local _, _, peak = core.memory()
  return most(on_all(function() return peak - before end)), results
end

local function with_room(bytes, f, ...)
  collectgarbage()
  core.trim()
  local live, _, _, budget = core.memory(true)
  core.limit_memory(live + bytes)
  local ok, result = pcall(f, ...)
  local _, _, peak = core.memory()
  core.limit_memory(budget)
  return ok, result, peak - live
end

local function check_message(name, message)
  for _, other in ipairs(on_all(function() return message end)) do assert.equal(message, other) end
  local rank = tonumber(message:match " on rank (%d+): out of memory: ")
  assert.truthy(rank and rank < mb.size(), name .. ": " .. message)
  assert.truthy(message:find("; use more ranks, close columns, raise MOONBEAR_MEMORY, or let MOONBEAR_TMPDIR be ",
    1, true), message)
  assert.falsy(message:find("\n", 1, true), message)
end

describe("the memory budget", function()
  local t = session.operands(ROWS, 500, 500)

  for _, operation in ipairs(session.operations) do
    local name, run = table.unpack(operation)
    it("has room for " .. name .. ", or gives an error", function()
      local peak, expected = measure(run, t)
      local failures = 0
      for _, part in ipairs { 0.7, 0.2 } do
        local ok, result = with_room(peak * part // 1, function()
          return session.fingerprint(run(t))
        end)
        if ok then
          assert.equal(expected, result)
        else
          failures = failures + 1
          check_message(name, result)
        end
      end
      assert.is_true(failures > 0 or peak < 20000)
      assert.equal(expected, session.fingerprint(run(t)))
    end)
  end

  local large = session.operands(50000 * mb.size(), 1000, 1000)
  for name, run in pairs {
    sort = function(c) return c.wide:sort() end,
    argsort = function(c) return c.wide:argsort() end,
    gather = function(c) return c.value[c.at] end,
    put = function(c) return c.value:put(c.at, c.value) end,
    concat = function(c) return mb.concat { c.wide, c.wide } end,
    shift = function(c) return c.wide:shift(1) end,
    histogram2d = function(c)
      return mb.histogram2d(c.value, c.wide, { bins = { 1000, 100 } })
    end,
  } do
    it("is asked before anything large is allocated by " .. name, function()
      local peak = measure(run, large)
      local ok, message, taken = with_room(peak * 0.4 // 1, run, large)
      assert.is_false(ok)
      check_message(name, message)
      assert.truthy(message:find("MB are needed", 1, true), message)
      local rank = tonumber(message:match " on rank (%d+)")
      local most_taken = mb.on_rank(rank, function() return taken end)
      assert.is_true(most_taken <= 0.3 * peak, ("%s: %d of %d"):format(message, most_taken, peak))
    end)
  end

  it("counts what the pool keeps as free", function()
    local rows = 400000 * mb.size()
    local wide = mb.random(rows, { seed = 1 }):eval()
    local kept = wide:argsort()
    kept:close()
    collectgarbage()
    local live, pooled, _, budget = core.memory(true)
    assert.is_true(pooled > 1000000)
    core.limit_memory(live + 34 * 400000)
    local ok, result = pcall(wide.argsort, wide)
    core.limit_memory(budget)
    assert.is_true(ok, ok or result)
  end)

  it("says how large a join would have been, and where", function()
    local many = mb.frame { { "k", mb.full(2000000, 1) } }
    local ok, message = pcall(many.join, many, many, { on = "k" })
    assert.is_false(ok)
    check_message("join", message)
    assert.truthy(message:find("the result would have 4000000000000 rows", 1, true), message)
  end)
end)
