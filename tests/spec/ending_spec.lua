-- How a run ends: with one status on every rank, told of what went wrong, and whatever hangs.
local helper = require "spec.helper"

local root = helper.root
-- The folder of the build: of programs, and of the module for stock Lua.
local build = helper.program:match "^(.*)/bin/[^/]*$"

-- Runs a chunk under stock lua5.4, on ranks or without mpiexec.
local function stock(nranks, chunk, options)
  options = options or {}
  options.env = options.env or {}
  options.env.LUA_PATH = ("%s/lua/?.lua;%s/lua/?/init.lua"):format(root, root)
  options.env.LUA_CPATH = build .. "/lib/lua/5.4/?.so"
  local launcher = nranks and helper.launch(nranks) or ""
  return helper.execute(("%s lua5.4 -e %s"):format(launcher, helper.quote(chunk)), options)
end

-- The sanitizers' libraries would have to come before all others in a stock Lua.
local plain = build:match "[^/]*$" ~= "asan"

-- Runs a chunk on ranks whose launcher does not see that one was killed: a shell stays in its place.
local function unwatched(nranks, chunk, options)
  local shell = [["$0" -e "$1"; status=$?; [ $status = 137 ] && exec sleep 600; exit $status]]
  return helper.execute(("%s sh -c %s %s %s"):format(helper.launch(nranks), helper.quote(shell),
    helper.quote(helper.program), helper.quote(chunk)), options)
end

local start = 'local mb = require "moonbear" local c = mb.column{1, 2, 3} '
local part = start .. [[pcall(function() if mb.rank() == 1 then c:sum() else c:max() end end) ]]

describe("the end of a run", helper.once(function()
  teardown(helper.clean)
  local it_plain = plain and it or function() end

  it("names the one rank that failed, whichever it is", function()
    for rank = 0, 2 do
      local code, _, err = helper.run(3,
        start .. ('if mb.rank() == %d then error("boom") end'):format(rank))
      assert.equal(1, code, err)
      assert.truthy(err:find(("moonbear: rank %d: "):format(rank), 1, true), err)
    end
  end)

  it("names one of several that failed, and none when all did", function()
    local _, _, err = helper.run(3, start .. 'if mb.rank() > 0 then error("boom") end')
    assert.truthy(err:find("moonbear: rank 1, one of 2 that failed: ", 1, true), err)
    _, _, err = helper.run(3, 'error("boom", 0)')
    assert.truthy(err:find("^moonbear: boom\n"), err)
  end)

  it("tells of a rank that failed while the others went on", function()
    for _, go_on in ipairs { "c:sum()", "pcall(c.sum, c)" } do
      local code, _, err = helper.run(3, start .. 'if mb.rank() == 0 then error("boom") end ' .. go_on)
      assert.equal(1, code, err)
      local _, times = err:gsub("rank 0 ended with an error %(.-boom%); ranks 1%-2 called sum", "")
      assert.equal(1, times, err)
    end
  end)

  it("comes when the process of a rank has ended, whoever waits for whatever", function()
    local function check(rank, last, chunk, node_size)
      local code, _, err = unwatched(3, start .. chunk,
        { timeout = 120, env = { MOONBEAR_NODE_SIZE = node_size } })
      assert.equal(1, code, err)
      local told = "moonbear: rank %d on [^\n]*: its process has ended %%(last in %s at "
      assert.equal(1, select(2, err:gsub(told:format(rank, last), "")), err)
    end
    check(0, "os.execute", "os.execute 'kill -9 $PPID'", 2)
    check(1, "mb.on_rank%(1%)", "mb.on_rank(1, os.execute, 'kill -9 $PPID')")
    check(2, "sum", [[
      mb.on_rank(2, function() KEPT = io.popen "sleep 0.5; kill -9 $PPID" end)
      while true do c:sum() end]])
  end)

  it("ignores os.exit in a finaliser of one rank after it", function()
    for rank = 0, 1 do
      local code, out, err = helper.run(2, start .. ([[
        if mb.rank() == %d then
          KEPT = setmetatable({}, { __gc = function() os.exit(7) end })
        end
        print(c:sum())]]):format(rank), { timeout = 20 })
      assert.equal(0, code, err)
      assert.equal("6\n", out)
    end
  end)

  it_plain("is the same under stock lua5.4", function()
    for nranks = 1, 2 do
      assert.equal(0, (stock(nranks, start .. "c:sum()")))
      assert.equal(0, (stock(nranks, start .. "os.exit(0, true)")))
      assert.equal(3, (stock(nranks, start .. "os.exit(3, true)")))
      assert.equal(4, (stock(nranks, start .. "os.exit(4)")))
      assert.equal(nranks > 1 and 1 or 0, (stock(nranks, start .. part .. "os.exit(0, true)")))
    end
    assert.equal(0, (stock(nil, start .. "os.exit(0, true)")))
  end)

  it_plain("has a status that is not 0 under stock lua5.4 after a divergence that was caught", function()
    local code, _, err = stock(2, part)
    assert.equal(1, code, err)
    assert.truthy(err:find("the run failed: the ranks diverged: rank 0 called max", 1, true), err)
  end)

  it_plain("survives finalisers under stock lua5.4 that come after it", function()
    local code, out, err = stock(2, [[
      BEFORE = setmetatable({}, { __gc = function() MB.rank() end })
      LEAVES = setmetatable({}, { __gc = function() os.exit(3) end })
      MB = require "moonbear"
      print(MB.range(1, 3):sum())]], { timeout = 20 })
    assert.equal(0, code, err)
    assert.equal("6\n", out)
  end)

  it_plain("comes though a late rank catches no signal under stock lua5.4", function()
    local code, _, err = stock(2, start .. [[
      local now = mb.core.now()
      while mb.rank() == 1 and mb.core.now() < now + 3 do end
      print(pcall(c.sum, c))
      c:sum()]], { env = { MOONBEAR_DEADLINE = 2 } })
    assert.equal(1, code, err)
    assert.truthy(err:find("interrupted", 1, true), err)
  end)

  it_plain("comes though MPI_Finalize hangs, with the agreed status", function()
    local folder = helper.tmpdir()
    helper.write_file(folder .. "/hang.c",
      "#include <unistd.h>\nint MPI_Finalize(void) { for (;;) pause(); }\n")
    local library = folder .. "/hang.so"
    assert.equal(0, (helper.execute(("cc -shared -fPIC -o %s %s/hang.c"):format(library, folder))))
    local options = { env = { LD_PRELOAD = library } }
    local code, out, err = helper.run(nil, "print 'done' os.exit(5)",
      { env = options.env, flags = { "-n", "3" } })
    assert.equal(5, code, err)
    assert.equal("done\n", out)
    assert.equal("", err)
    assert.equal(0, (helper.run(2, "print 'done'", options)))
    assert.equal(0, (stock(2, start, options)))
  end)
end))
