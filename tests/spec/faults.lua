-- Every operation of a session, with a fault at each allocation and at each step of one rank: it
-- gives the same error on all ranks and leaves its operands as they were, or goes on as if nothing
-- had happened. Prints what did otherwise, and how many faults were met:
--   moonbear faults.lua ROWS [SHARE]
-- After the n-th allocation or step the next to fail is that SHARE of n later; a third unless told.
-- A script of its own: after memory has run out Lua's garbage is collected, much of it under busted.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/../?.lua;" .. package.path

local mb = require "moonbear"
local operations = require "spec.operations"
local session = require "spec.session"

local core = mb.core

local ALL <const> = -1 -- ranks
local share = tonumber(arg[2] or 1 / 3)

-- Calls a fault off, on one rank or all; whether it was met.
local function is_met(rank)
  local met = false
  for r = rank == ALL and 0 or rank, rank == ALL and mb.size() - 1 or rank do
    met = mb.on_rank(r, function()
      local allocations, steps = core.inject_fault(r, 0)
      return allocations <= 1 and steps == 0
    end) or met
  end
  return met
end

local function check_error(message)
  for rank = 0, mb.size() - 1 do
    local other = mb.on_rank(rank, function() return message end)
    if other ~= message then error(("other ranks say: %s; and not: %s"):format(message, other)) end
  end
  -- What an expression string asks for fails with the string below, as other errors in it do.
  if message:find ": expression, column %d+: " then message = message:match "^[^\n]*" end
  if message:find("\n", 1, true) or not (message:find("on rank %d+: .*out of memory: ") or
    message:find("a test makes this step fail on rank", 1, true)) then
    error("an error of another kind: " .. message)
  end
end

local function check_results(expected, ...)
  local found = session.fingerprint(...)
  if found ~= expected then error(("%s, and not %s"):format(found, expected)) end
end

-- Runs an operation with each allocation or step failing, on one rank after another or on all.
-- Results, whose fingerprints take operations themselves, are looked at now and then only.
local function walk(run, t, expected, kind, everywhere)
  local n, faults = 1, 0
  while true do
    local rank = everywhere and ALL or n % mb.size()
    core.inject_fault(rank, n, kind)
    local results = table.pack(pcall(run, t))
    if not is_met(rank) then break end
    faults = faults + 1
    if results[1] then
      check_results(expected, table.unpack(results, 2, results.n))
    else
      check_error(results[2])
      if faults % 5 == 1 then check_results(expected, run(t)) end
    end
    n = n + 1 + math.floor(n * (everywhere and 1.5 * share or share))
  end
  check_results(expected, run(t))
  return faults
end

-- What else makes columns: of tables and scalars, of expressions, of some rows.
local function bools(n)
  local rows = {}
  for i = 1, n do rows[i] = i % 3 == 0 end
  rows[n // 2] = mb.null
  return rows
end

local others = {
  { "a column of bools", function(t) return mb.column(bools(#t.key)) end },
  { "a column of ints", function() return mb.column { 7, 300, 70000, -1, mb.null, 1 << 40 } end },
  { "a column of floats", function() return mb.column { 0.5, 1, mb.null } end },
  { "an expression", function(t) return ((t.key + 1) * t.other - t.wide):eval() end },
  { "an expression string", function(t) return t.frame "key * 2 + value > 7 and other < 5" end },
  { "a pending column, again and again", function(t)
    local c = t.key * 3 + t.other
    return c:sum(), (c + 1):max(), c:sum(), c[1], c:slice(2, 5), tostring(c), c:sort()
  end },
  { "a filter", function(t) return t.wide[t.flag], t.frame:where "key > 3" end },
  { "a choice", function(t) return mb.where(t.flag, t.key, mb.null), t.key:clip(2, 90) end },
  { "lists of values", function(t)
    return t.key:isin { 1, 4, 900 }, t.wide[{ 1, -1, 2 }], t.wide:put({ 1, 2 }, 5)
  end },
  { "tables", function(t) return #t.key:to_table(), t.frame:head(3), tostring(t.frame) end },
  { "scans", function(t) return t.value:cumsum(), t.key:cummax(), t.key:diff() end },
  { "reductions", function(t)
    return t.value:sum(), t.value:std(), t.key:prod(), t.value:skew(), t.key:argmax(),
      t.value:corr(t.key)
  end },
  { "text that is spread", function(t)
    local c = t.wide:as("text", { dictionary = false })
    local sorted = c:sort()
    return sorted, c:upper(), sorted:lower(), c:contains "1", c:eq "5", c:min(), sorted[1],
      mb.concat { c, t.key:as "text" }, c:as("text", { dictionary = true }),
      c:reverse():as("text", { dictionary = true })
  end },
  { "text that is matched", function(t)
    local c, d = t.wide:as("text", { dictionary = false }), t.key:as("text", { dictionary = false })
    local keys = mb.frame { { "c", c:reverse() }, { "i", t.key } }
    return c:isin(d), d:find(c), d:unique():lookup(mb.range(1, #d:unique()), c), mb.where(t.flag, c, d),
      c:fill "none", keys:join(mb.frame { { "c", d }, { "j", t.other } }, { on = "c" }).j
  end },
  { "groups by a partition", function(t)
    local g <close> = mb.group_by { t.key, t.other }
    core.group_way(g._handle, "partitioned")
    return g:sum(t.value), g:size(), #g, g:broadcast(g:max(t.wide))
  end },
  { "quantiles of groups that ranks share", function(t)
    local g <close> = mb.group_by(t.key:gt(0))
    return g:agg { { "middle", t.value, "median" }, { "sum", t.value, "sum" } }
  end },
  { "strings that are spread over the ranks", function(t)
    local c = t.key:as "text":as("text", { dictionary = false })
    local pieces, rows = c:reverse():split "1"
    return c .. c:reverse(), pieces, rows, c:upper(), c:replace("[12]", "<\\0>", { regex = true }), c:sort(),
      c:extract "(.)(.)?"
  end },
  { "groups asked for one thing after another", function(t)
    local g <close> = mb.group_by(t.wide)
    core.group_way(g._handle, "partitioned")
    return #g, g:keys(), g:size(), g:median(t.value), g:head(1)
  end },
}

local t = session.operands(tonumber(arg[1]), 30, 20)
local faults, wrong = 0, 0
table.move(others, 1, #others, #operations.all + 1, operations.all)
for _, operation in ipairs(operations.all) do
  local name, run = table.unpack(operation)
  local expected = session.fingerprint(run(t))
  for _, kind in ipairs { "once", "for good", "step", "once on all ranks" } do
    local everywhere = kind:find "all" ~= nil
    local ok, result = pcall(walk, run, t, expected, everywhere and "once" or kind, everywhere)
    if ok then
      faults = faults + result
    else
      wrong = wrong + 1
      print(("%s, %s: %s"):format(name, kind, result))
    end
  end
end
require "spec.helper".clean()
print(("%d operations met %d faults, %d wrongly"):format(#operations.all, faults, wrong))
