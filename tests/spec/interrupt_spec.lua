-- An interrupt ends what runs, wherever it runs Lua code, and a prompt goes on with all that is kept.
local helper = require "spec.helper"

-- soon(): the signal comes to every rank in a moment.
local prelude = [[
mb, pids = require "moonbear", ""
function pid() local p <close> = io.popen "echo $PPID" return p:read() end
for rank = 0, mb.size() - 1 do pids = pids .. " " .. mb.on_rank(rank, pid) end
function soon() os.execute("(sleep 0.05; kill -USR1" .. pids .. ") >/dev/null 2>&1 &") end
]]

-- What a prompt says to these chunks.
local function at_prompt(nranks, chunks)
  local command = ("%s %s"):format(helper.launch(nranks), helper.quote(helper.program))
  local lines = prelude .. table.concat(chunks, "\n") .. "\n"
  local code, out, err = helper.execute(command, { stdin = lines })
  assert.equal(0, code, out .. err)
  return out, err
end

local function count(text, part)
  return select(2, text:gsub(part, ""))
end

local endless = {
  "while true do end",
  "coroutine.wrap(function() while true do end end)()",
  -- a coroutine of a coroutine
  [[coroutine.wrap(function()
      local inner = coroutine.create(function() while true do end end)
      coroutine.resume(inner)
    end)()]],
  [[while true do
      for _ in coroutine.wrap(function() for i = 1, 9 do coroutine.yield(i) end end) do end
    end]],
  "while true do pcall(function() while true do end end) end",
  "xpcall(function() while true do end end, function(m) return m end) while true do end",
  -- under pcall in a coroutine, and again there
  [[do
      local function forever() while true do end end
      coroutine.wrap(function() while true do pcall(forever) end end)()
    end]],
  [[do
      local function forever() while true do end end
      while true do coroutine.resume(coroutine.create(forever)) end
    end]],
  [[while true do
      pcall(coroutine.wrap(function() while true do end end))
      pcall(function() while true do end end)
    end]],
  -- C calls Lua
  [[coroutine.wrap(function()
      table.sort({ 1, 2, 3 }, function() while true do end end)
    end)()]],
  -- a to-be-closed variable of a coroutine that is closed
  [[do
      local co = coroutine.create(function()
        local _ <close> = setmetatable({}, { __close = function() while true do end end })
        coroutine.yield()
      end)
      coroutine.resume(co)
      coroutine.close(co)
      while true do end
    end]],
  "while true do pcall(function() mb.column{1, 2, 3}:sum() end) end",
}

describe("an interrupt", helper.once(function()
  for nranks = 1, 3, 2 do
    it("ends every endless loop and leaves a prompt, on ranks " .. nranks, function()
      local chunks = {}
      for i, text in ipairs(endless) do
        chunks[#chunks + 1] = "soon() " .. text .. " print 'past'"
        chunks[#chunks + 1] = ("print('alive', %d, mb.column{1, 2, 3}:sum())"):format(i)
      end
      local out, err = at_prompt(nranks, chunks)
      for i in ipairs(endless) do
        assert.truthy(out:find(("alive\t%d\t6\n"):format(i), 1, true), out .. err)
      end
      assert.falsy(out:find "past", out)
      -- One report each; a coroutine's errors are told within that of the loop.
      assert.equal(#endless, count(err, "%f[^\n\0]moonbear: stdin"), err)
    end)
  end

  -- Processor time, which other programs of the machine leave alone: half a second and more each.
  it("ends reads and writes of text in their midst, and no file is left", function()
    local path = os.tmpname()
    for nranks = 1, 2 do
      local out, err = at_prompt(nranks, {
        ("path = %q"):format(path),
        "f = mb.frame{a = mb.random(1000000, {seed = 1}), b = mb.random(1000000, {seed = 2})}",
        "f:to_csv(path .. '.csv', {gzip = 6})",
        "began = os.clock() f:to_csv(path .. '.csv', {gzip = 6}) writes = os.clock() - began",
        "began = os.clock() g = mb.read_csv(path .. '.csv') reads = os.clock() - began",
        "began = os.clock() soon() f:to_csv(path .. '.gz', {gzip = 6})",
        "print(os.clock() - began < 0.7 * writes or 'ended only then, written')",
        "began = os.clock() soon() h = mb.read_csv(path .. '.csv')",
        "print(os.clock() - began < 0.7 * reads or 'ended only then, read')",
        "print(h, #g, io.popen('ls ' .. path .. '*'):read 'a' == path .. '\\n' .. path .. '.csv\\n')",
      })
      helper.execute("rm -f " .. path .. ".*")
      assert.equal("true\ntrue\nnil\t1000000\ttrue\n", out, err)
      assert.equal(2, count(err, "interrupted"), err)
    end
    os.remove(path)
  end)

  it("ends a script with status 130, also one that hears of it by an operation", function()
    local code, _, err = helper.run(2, [[
      local mb = require "moonbear"
      mb.on_rank(1, function() os.execute("(sleep 0.1; kill -USR1 $PPID) >/dev/null 2>&1 &") end)
      local c = mb.column{1, 2, 3}
      while true do pcall(function() c:sum() end) end]])
    assert.equal(130, code, err)
    assert.truthy(err:find("interrupted", 1, true), err)
  end)

  it("leaves coroutines that were waiting as they are", function()
    local out = at_prompt(2, {
      "co = coroutine.wrap(function() for i = 1, 9 do coroutine.yield(i * 11) end end)",
      "co()",
      "soon() while true do co() co = co end",
      "co = coroutine.wrap(function() for i = 1, 9 do coroutine.yield(i * 11) end end)",
      "co()",
      "soon() while true do end",
      "co()",
    })
    assert.equal("11\n11\n22\n", out)
  end)

  it("leaves a hook of the script", function()
    local out = at_prompt(1, {
      "debug.sethook(function() hooked = (hooked or 0) + 1 end, '', 1000)",
      "soon() while true do end",
      "select('#', debug.gethook()), (select(3, debug.gethook()))",
      "seen = hooked for i = 1, 100000 do end print(hooked > seen)",
    })
    assert.equal("3\t1000\ntrue\n", out)
  end)
end))
