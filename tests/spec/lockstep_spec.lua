-- Ranks made to diverge: each gets one error that names ranks, operations and lines; none hangs.
local helper = require "spec.helper"

-- Runs a script on 3 ranks; checks the status and that standard error has each of the texts.
local function fails(text, status, ...)
  local code, out, err = helper.run(3, text)
  assert.equal(status, code, out .. err)
  for _, part in ipairs { ... } do
    assert.truthy(err:find(part, 1, true), ("no %q in %s"):format(part, err))
  end
  return out, err
end

local start = 'local mb = require "moonbear"\nlocal c, d = mb.column{1, 2, 3}, mb.column{4, 5, 6}\n'

describe("lockstep", helper.once(function()
  it("tells another operation", function()
    fails(start .. "if mb.rank() == 1 then\n c:min()\nelse\n c:sum()\nend", 1,
      "the ranks diverged", "ranks 0,2 called sum at", ":6", "rank 1 called min at", ":4",
      "mb.on_rank")
  end)

  it("tells another argument", function()
    fails(start .. "local n = mb.rank() == 2 and 2 or 3\nprint(c:slice(1, n))", 1,
      "the ranks diverged", "rank 2", "slice")
  end)

  it("tells another column of the same type and length", function()
    fails(start .. "local x = mb.rank() == 0 and c or d\nprint(x:sum())", 1,
      "rank 0 called sum", "ranks 1-2 called sum", "int column of 3 rows")
  end)

  it("tells other contents of a table", function()
    fails('local mb = require "moonbear"\nprint(mb.column{1, mb.rank()}:sum())', 1,
      "the ranks diverged", "column at", "2 int rows")
  end)

  it("tells another pending expression", function()
    fails(start .. "print(c:eq(mb.rank() == 1 and 2 or 3):sum())", 1, "rank 1 called sum")
  end)

  it("tells other positions, quantiles, bins and seeds", function()
    local odd = "local one = mb.rank() == 1\n"
    for call, told in pairs {
      ["c[{one and 1 or 2}]"] = "rank 1 called column",
      ["c[one and d or c]"] = "rank 1 called gather",
      ["c:slice(3, one and 2 or 1, -1)"] = "rank 1 called slice",
      ["mb.concat{c, one and c or d}"] = "rank 1 called concat",
      ["c:repeat_by(one and c or d)"] = "rank 1 called repeat_by",
      ["c:shuffle(mb.rank() == 1 and 1 or 2)"] = "rank 1 called permutation",
      ["c:quantile(one and 0.5 or 0.6)"] = "rank 1 called quantile",
      ["c:histogram{bins = one and 5 or 6}"] = "rank 1 called histogram",
      ["c:digitize{one and 5 or 6}"] = "rank 1 called digitize",
    } do
      fails(start .. odd .. "print(" .. call .. ")", 1, "the ranks diverged", told)
    end
  end)

  it("tells another line", function()
    fails(start .. "if mb.rank() == 0 then\n c:sum()\nelse\n c:sum()\nend", 1,
      "rank 0 called sum at", ":4", "ranks 1-2 called sum at", ":6")
  end)

  it("tells another number of turns of a loop", function()
    fails(start .. "for _ = 1, 3 + mb.rank() // 2 do c:sum() end", 1,
      "rank 2 called sum at", "ranks 0-1 ended the script")
  end)

  it("tells an early return", function()
    fails(start .. "if mb.rank() == 1 then return end\nc:sum()", 1,
      "rank 1 ended the script", "ranks 0,2 called sum at")
  end)

  it("tells an error on one rank, and prints it once", function()
    local _, err = fails(start .. 'if mb.rank() == 1 then error("boom") end\nc:sum()', 1,
      "rank 1 ended with an error", "boom", "ranks 0,2 called sum at")
    local _, times = err:gsub("boom%)", "")
    assert.equal(1, times, err)
    assert.falsy(err:find("the ranks diverged", 1, true), err)
  end)

  it("reports an error of one rank that others do not meet", function()
    local _, err = fails('local mb = require "moonbear"\nif mb.rank() == 1 then error("boom") end', 1,
      "moonbear: rank 1: ", "boom", "stack traceback")
    assert.falsy(err:find("diverge", 1, true))
  end)

  it("prints an error of all ranks once", function()
    local _, err = fails('error("boom")', 1, "boom")
    local _, times = err:gsub("boom", "")
    assert.equal(1, times, err)
  end)

  it("is caught by pcall on every rank, and goes on", function()
    local code, out, err = helper.run(3, start .. [[
      local ok, message = pcall(function()
        if mb.rank() == 1 then return c:min() end
        return c:sum()
      end)
      local all = {}
      for r = 0, 2 do all[r + 1] = mb.on_rank(r, function() return tostring(ok) .. message end) end
      print(all[1] == all[2] and all[2] == all[3], all[1])
      print(c:sum())]])
    assert.equal(1, code)
    assert.truthy(out:find("^true\tfalse.*the ranks diverged"), out .. err)
    assert.truthy(out:find("\n6\n$"), out)
    assert.truthy(err:find("the run failed", 1, true), err)
  end)

  it("agrees on os.exit", function()
    assert.equal(5, (helper.run(3, "os.exit(5)")))
    assert.equal(0, (helper.run(3, "os.exit(true, true)")))
    assert.equal(1, (helper.run(3, "os.exit(false)")))
    fails(start .. "if mb.rank() == 2 then os.exit(7) end\nc:sum()", 1,
      "rank 2 called os.exit(7) at", "ranks 0-1 called sum at")
  end)

  it("refuses operations in a finaliser", function()
    local code, out = helper.run(2, start .. [[
      local caught
      do setmetatable({}, {__gc = function() caught = select(2, pcall(c.sum, c)) end}) end
      collectgarbage() collectgarbage()
      print(caught)
      print(c:sum())]])
    assert.equal(0, code)
    assert.truthy(out:find("in a finaliser (__gc)", 1, true), out)
    assert.truthy(out:find("\n6\n$"), out)
  end)

  it("works in coroutines", function()
    local code, out = helper.run(3, start .. [[
      local co = coroutine.wrap(function() coroutine.yield(c:sum()) coroutine.yield(d:sum()) end)
      print(co(), co())]])
    assert.equal(0, code)
    assert.equal("6\t15\n", out)
    fails(start .. "local co = coroutine.wrap(function()\n if mb.rank() == 0 then c:sum() end\n" ..
      " d:sum() end)\nco()", 1, "rank 0 called sum at", "ranks 1-2 called sum at")
  end)

  it("refuses operations inside on_rank, on all ranks alike", function()
    local code, out = helper.run(3, start .. [[
      print(pcall(mb.on_rank, 1, function() return c:sum() end))
      print(c:sum())]])
    assert.equal(0, code)
    assert.truthy(out:find("^false\t.*sum.*cannot begin inside"), out)
    assert.truthy(out:find("\n6\n$"), out)
  end)

  it("shares the failure of one rank inside an operation", function()
    for rank = 0, 2 do
      local code, out = helper.run(3, start .. ([[
        local core = mb.core
        local x = mb.range(1, 100000)
        core.inject_fault(%d, 1)
        print(#x:value_counts(), x:sum())
        core.inject_fault(%d, 1)
        collectgarbage()]]):format(rank, rank))
      assert.equal(0, code, out) -- memory that ran out is collected, and the operation repeated
      assert.equal("100000\t5000050000\n", out)
    end
  end)

  it("raises on all ranks when the memory does not suffice, and goes on", function()
    local code, out, err = helper.run(3, start .. [[
      local wide = mb.random(3000000, { low = 0, high = math.maxinteger, seed = 1 })
      for _, name in ipairs { "value_counts", "unique", "sort", "max" } do
        local ok, message = pcall(wide[name], wide)
        local said = {}
        for r = 0, 2 do
          said[r + 1] = mb.on_rank(r, function() return tostring(ok) .. tostring(message) end)
        end
        print(ok, said[1] == said[2] and said[2] == said[3], tostring(message):match "out of memory")
      end
      print(c:sum(), #c:unique())]], { env = { MOONBEAR_MEMORY = "24M" } })
    assert.equal(0, code, err)
    local failure = "false\ttrue\tout of memory\n"
    assert.equal(failure .. failure .. failure .. "true\ttrue\tnil\n6\t3\n", out)
  end)

  it("is interrupted by a signal, on every rank, with status 130", function()
    for _, name in ipairs { "INT", "USR1" } do
      local code, _, err = helper.run(2, start .. ([[
        mb.on_rank(0, function() os.execute("(sleep 0.3; kill -%s $PPID) &") end)
        mb.on_rank(1, function() os.execute("(sleep 0.3; kill -%s $PPID) &") end)
        while true do end]]):format(name, name))
      assert.equal(130, code, err)
      assert.truthy(err:find("interrupted", 1, true), err)
    end
  end)

  it("ends a script that swallows a thousand such errors", function()
    fails(start .. "while true do pcall(function()\n if mb.rank() == 1 then c:min() else c:sum() end" ..
      "\nend) end", 1, "a thousand times", "the first time: the ranks diverged")
  end)

  it("says after the end that the run has ended", function()
    local code, out, err = helper.run(2, start .. [[
      keep = setmetatable({}, {__gc = function()
        mb.on_rank = nil
        print(pcall(c.sum, c))
      end})]])
    assert.equal(0, code, err)
    assert.truthy(out:find("finaliser", 1, true) or out:find("has ended", 1, true), out)
  end)

  it("names a rank that does not arrive, and where it was last", function()
    local code, _, err = helper.run(3, start .. [[
      c:sum()
      if mb.rank() == 2 then while true do end end
      c:max()]], { env = { MOONBEAR_WAIT = 0.5, MOONBEAR_DEADLINE = 4 } })
    assert.truthy(code ~= 0 and code ~= 124, err)
    assert.truthy(err:find("rank 0 has waited 0.5 s in max at", 1, true), err)
    assert.truthy(err:find("for rank 2 (last in sum at", 1, true), err)
    assert.truthy(err:find("interrupted", 1, true), err)
  end)

  it("names it also when ranks are on several machines", function()
    local code, _, err = helper.run(4, start .. [[
      if mb.rank() == 3 then while true do end end
      c:max()]], { env = { MOONBEAR_WAIT = 0.5, MOONBEAR_DEADLINE = 4, MOONBEAR_NODE_SIZE = 2 } })
    assert.truthy(code ~= 0 and code ~= 124, err)
    assert.truthy(err:find("rank 3", 1, true), err)
  end)

  it("ends the job when a rank is killed", function()
    local code, _, err = helper.run(nil, start .. [[
      mb.on_rank(1, function() os.execute("kill -9 $PPID") end)
      c:sum()]], { flags = { "-n", "3" } })
    assert.truthy(code ~= 0 and code ~= 124, err)
    assert.truthy(err:find("kill", 1, true) or err:find("Kill", 1, true), err)
  end)

  it("tells of a killed rank only where one was", function()
    local code, out, err = helper.run(nil, [[
      print(os.execute("test -z \"$MOONBEAR_REPORT_FD\""))
      local mb = require "moonbear"
      while true do pcall(function()
        if mb.rank() == 1 then mb.column{1}:min() else mb.column{1}:sum() end
      end) end]], { flags = { "-n", "3" } })
    assert.equal(1, code, err)
    assert.equal("true\texit\t0\n", out)
    assert.truthy(err:find("a thousand times", 1, true), err)
    assert.falsy(err:find("was killed", 1, true), err)
  end)

  it("goes on at a prompt after a chunk that diverged", function()
    local code, out, err = helper.execute(helper.launch(3) .. " " .. helper.quote(helper.program), {
      stdin = 'mb = require "moonbear"\nif mb.rank() == 1 then mb.column{1}:sum() end\n' ..
        "mb.column{1, 2}:sum()\n" })
    assert.equal(0, code, err)
    assert.truthy(err:find("the ranks diverged", 1, true), err)
    assert.truthy(err:find("variables may now differ", 1, true), err)
    assert.equal("3\n", out)
  end)
end))
