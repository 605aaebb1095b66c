-- The script environment over several ranks: effects once, one answer for all.
local mb = require "moonbear"
local helper = require "spec.helper"

local last = mb.size() - 1

-- Each rank's value of something.
local function on_each_rank(f)
  local all = {}
  for rank = 0, last do all[rank + 1] = mb.on_rank(rank, f) end
  return all
end

-- Asserts that all ranks have the same value, and returns it.
local function same(value)
  local all = on_each_rank(function() return value end)
  for rank = 1, last do assert.same(all[1], all[rank + 1]) end
  return value
end

local function message_of(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  return same(message)
end

local function contains(text, part)
  assert.truthy(text:find(part, 1, true), ("%q is not in %q"):format(part, text))
end

describe("the outside world", function()
  local folder
  before_each(function() folder = helper.tmpdir() end)
  after_each(helper.clean)

  it("sees each effect once", function()
    local log = folder .. "/log"
    os.execute("echo executed >>" .. log)
    local pipe = io.popen("cat >>" .. log, "w")
    pipe:write "piped\n"
    pipe:close()
    local file = io.open(log, "a")
    file:write "written\n"
    file:close()
    assert.equal("executed\npiped\nwritten\n", same(helper.read_file(log)))
    assert.is_true(same(os.rename(log, log .. "2")))
    assert.is_true(same(os.remove(log .. "2")))
  end)

  it("answers all ranks alike", function()
    same { os.time(), os.clock(), os.date(), os.getenv "PMI_RANK" or false, os.tmpname() }
    same(helper.shell "echo $$")
    same { math.random(1 << 60), math.random() }
    math.randomseed()
    same(math.random(1 << 60))
  end)

  it("is read back as it was written", function()
    local name, lines = folder .. "/lines", {}
    local file = io.open(name, "w+")
    local random = helper.random(3)
    for i = 1, 5000 do
      lines[i] = ("x"):rep(random(0, 60))
      file:write(lines[i], "\n")
    end
    file:seek "set"
    local i = 0
    for line in file:lines() do
      i = i + 1
      if lines[i] ~= line then error("line " .. i) end
    end
    assert.equal(5000, same(i))
    file:close()
  end)

  it("lets one rank write outside lockstep, and only rank 0's text counts", function()
    local name = folder .. "/ranks"
    local file = io.open(name, "w")
    file:write("from rank ", mb.rank(), "\n")
    if mb.rank() == 0 then file:write "more\n" end
    file:close()
    assert.equal("from rank 0\nmore\n", helper.read_file(name))
  end)

  it("reports failed writes to all, at flush and close", function()
    local file = io.open("/dev/full", "w")
    assert.equal(file, file:write "lost")
    assert.same({ nil, "No space left on device", 28 }, same { file:flush() })
    assert.equal(file, file:write "lost")
    assert.same({ nil, "No space left on device", 28 }, same { file:close() })
    assert.equal("closed file", io.type(file))
    file = io.open("/dev/full", "w")
    assert.equal(file, file:write(("x"):rep(1000000)))
    assert.same({ nil, "No space left on device", 28 }, same { file:flush() })
    assert.same({ true }, same { file:close() })
  end)

  it("closes what the collector finds without communicating", function()
    local name = folder .. "/collected"
    local function drop() io.open(name, "w"):write "dropped" end
    drop()
    if mb.rank() == last then collectgarbage() end
    same "between"
    collectgarbage()
    assert.equal("dropped", helper.read_file(name))
  end)

  it("keeps a read-write file's place when it is collected", function()
    local name = helper.write_file(folder .. "/place", "0123456789")
    local function drop()
      local file = io.open(name, "r+")
      assert(file:read(3) == "012")
      file:seek "cur"
      file:write "ABC"
    end
    drop()
    collectgarbage()
    assert.equal("012ABC6789", helper.read_file(name))
  end)

  it("names a rank that reads by itself", function()
    if mb.size() == 1 then return end
    local file = io.open(helper.write_file(folder .. "/big", ("x\n"):rep(100000)))
    local ok, message = pcall(function()
      if mb.rank() == 0 then file:read "a" else os.time() end
    end)
    assert.is_false(ok)
    contains(message, "the ranks diverged: rank 0 called read from a file at ")
    contains(message, "called os.time at ")
    file:close()
  end)

  it("tells files apart", function()
    if mb.size() == 1 then return end
    local a, b = helper.write_file(folder .. "/a", "a"), helper.write_file(folder .. "/b", "b")
    local files = { io.open(a), io.open(b) }
    local ok, message = pcall(function() files[mb.rank() == 0 and 1 or 2]:read() end)
    assert.is_false(ok)
    contains(message, "'" .. a .. "'")
    contains(message, "'" .. b .. "'")
    for _, file in ipairs(files) do file:close() end
  end)

  it("does things once also when the telling of it runs out of memory", function()
    local log = folder .. "/log"
    mb.core.inject_fault(last, 1)
    local ok = pcall(os.execute, "echo executed >>" .. log)
    mb.core.inject_fault(last, 0)
    assert.is_true(ok) -- also where rank 0 itself had no room for the answer
    assert.equal("executed\n", helper.read_file(log))
  end)

  it("names a rank that requires by itself", function()
    if mb.size() == 1 then return end
    local ok, message = pcall(function()
      require(mb.rank() == 0 and "string" or "table")
    end)
    assert.is_false(ok)
    contains(message, "'string'")
    contains(message, "'table'")
  end)

  it("answers a coroutine, and a message handler", function()
    local resume = coroutine.wrap(function() coroutine.yield(os.time() > 0) end)
    assert.is_true(same(resume()))
    local _, text = xpcall(error, function() return helper.shell "echo handled" end)
    assert.equal("handled\n", same(text))
  end)

  it("refuses a finaliser on all ranks alike, with the reason", function()
    local problem
    local function drop()
      setmetatable({}, { __gc = function() problem = select(2, pcall(os.time)) end })
    end
    drop()
    collectgarbage()
    contains(problem, "in a finaliser (__gc)")
  end)
end)

describe("pairs", function()
  it("visits keys in order", function()
    local inf = math.huge
    local ordered = { -inf, math.mininteger, -2.5, -1, 0, 1, 2.5, 3, 2 ^ 53, math.maxinteger,
      0x1p63, 1e300, inf, "", "A", "a", "a\0b", "b", "\xff", false, true }
    for seed = 1, 20 do
      local random, t, shuffled = helper.random(seed), {}, { table.unpack(ordered) }
      for i = #shuffled, 2, -1 do
        local j = random(1, i)
        shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
      end
      for i, key in ipairs(shuffled) do t[key] = i end
      local got = {}
      for key, value in pairs(t) do
        assert(shuffled[value] == key)
        got[#got + 1] = key
      end
      assert.equal(#ordered, #got)
      for i, key in ipairs(ordered) do assert(rawequal(key, got[i]) or key == got[i], i) end
    end
  end)

  it("is alike for large tables, whatever their history", function()
    local random, t, n = helper.random(11), {}, 0
    for _ = 1, 20000 do
      local key = random(1, 2) == 1 and random(-3000, 3000) or "k" .. random(1, 3000)
      t[key] = random(1, 3) > 1 or nil
    end
    local text = {}
    for key in pairs(t) do
      n = n + 1
      text[n] = tostring(key)
    end
    local count = 0
    for _ in next, t do count = count + 1 end
    assert.equal(count, same(n))
    same(table.concat(text, " "))
  end)

  it("skips what was removed and sees new values", function()
    local t, got = { a = 1, b = 2, c = 3, d = 4, [1] = 0 }, {}
    for key, value in pairs(t) do
      got[#got + 1] = key .. "=" .. value
      if key == "a" then t.a, t.b, t.d = nil, nil, "new" end
    end
    assert.equal("1=0 a=1 c=3 d=new", same(table.concat(got, " ")))
  end)

  it("gives an iterator that can start anywhere", function()
    local t = { x = 1, y = 2, z = 3 }
    local visit, state, control = pairs(t)
    assert.equal(t, state)
    assert.is_nil(control)
    assert.equal("x", (visit(t)))
    assert.equal("z", (visit(t, "y")))
    assert.equal("x", (visit(t, nil)))
    assert.is_nil(visit(t, "z"))
    assert.is_false(pcall(visit, t, "none"))
  end)

  it("visits keys without an order last, each once", function()
    local t, seen, n = { text = 0 }, {}, 0
    for i = 1, 300 do t[{}], t[function() return i end] = i, i end
    for key in pairs(t) do
      n = n + 1
      if n == 1 then assert.equal("text", key) end
      assert.is_nil(seen[key])
      seen[key] = true
    end
    assert.equal(601, n)
  end)
end)

describe("mb.on_rank", function()
  it("gives one rank's results to all", function()
    for rank = 0, last do
      assert.equal(rank, mb.on_rank(rank, mb.rank))
      local results = table.pack(mb.on_rank(rank, function(a, b)
        return a + b, nil, { x = { 1, 2.5 }, [3] = "s", [true] = false }, "a\0b", 1.5, -1, nil
      end, 2, 3))
      assert.same({ 5, nil, { x = { 1, 2.5 }, [3] = "s", [true] = false }, "a\0b", 1.5, -1, nil,
        n = 7 }, results)
      assert.equal("integer", math.type(results[1]))
      assert.equal(0, select("#", mb.on_rank(rank, function() end)))
      local long = ("long"):rep(100000)
      assert.equal(long, mb.on_rank(rank, string.rep, "long", 100000))
    end
  end)

  it("raises its error on all", function()
    for rank = 0, last do
      contains(message_of(mb.on_rank, rank, function() error "deliberate" end), "deliberate")
      local ok, object = pcall(mb.on_rank, rank, function() error { code = rank } end)
      assert.is_false(ok)
      assert.equal(rank, object.code)
      assert.same({ false, nil }, { pcall(mb.on_rank, rank, error) })
    end
  end)

  it("refuses what cannot travel", function()
    contains(message_of(mb.on_rank, last, function() return print end),
      "a function cannot go to other ranks")
    contains(message_of(mb.on_rank, last, function()
      local t = {}
      t.t = t
      return t
    end), "nested too deeply, or in itself")
    contains(message_of(mb.on_rank, last + 1, print), ("ranks are 0 to %d"):format(last))
    contains(message_of(mb.on_rank, -1, print), "bad argument #1")
    contains(message_of(mb.on_rank, 0), "bad argument #2")
  end)

  it("refuses operations, os.exit, unloaded modules and files of all", function()
    local file = io.tmpfile()
    local function refused(f, why) contains(message_of(mb.on_rank, last, f), why) end
    refused(function() mb.on_rank(0, print) end, "mb.on_rank cannot begin inside mb.on_rank")
    refused(function() mb.core.barrier() end, "cannot begin inside another one")
    refused(function() os.exit(0) end, "not for one rank alone")
    refused(function() require "no.such.module" end, "require it outside mb.on_rank")
    refused(function() file:read() end, "opened outside mb.on_rank")
    refused(function() file:write "x" end, "opened outside mb.on_rank")
    refused(function() file:close() end, "opened outside mb.on_rank")
    refused(function() return file:lines()() end, "opened outside mb.on_rank")
    refused(function() return io.read() end, "opened outside mb.on_rank")
    assert.is_true(mb.on_rank(last, function() return require "string" == string end))
    assert.is_true(file:close())
  end)

  it("opens files and programs where it runs", function()
    local folder = helper.tmpdir()
    local name = folder .. "/own"
    local result = mb.on_rank(last, function()
      local file = io.open(name, "w")
      file:write("rank ", mb.rank(), "\n")
      file:close()
      return io.lines(name)() .. io.popen "echo child":read()
    end)
    assert.equal(("rank %dchild"):format(last), result)
    assert.equal(("rank %d\n"):format(last), helper.read_file(name))
    helper.clean()
  end)

  it("leaves the generator of the others alone", function()
    math.randomseed(5)
    local expected = { math.random(), math.random(1000) }
    math.randomseed(5)
    local first = math.random()
    local drawn = mb.on_rank(last, function()
      math.randomseed(5)
      return math.random()
    end)
    assert.equal(first, drawn)
    assert.same(expected, same { first, math.random(1000) })
  end)
end)

describe("output", helper.once(function()
  teardown(helper.clean)

  it("is printed once, in order, and by the rank that is alone", function()
    for nranks = 1, 3 do
      local _, out, err = helper.run(nranks, [[
        local mb = require "moonbear"
        print("a", 1)
        io.write "b "
        io.stdout:write "c\n"
        io.stderr:write "error\n"
        io.flush()
        mb.on_rank(mb.size() - 1, function() print "alone" io.write "written\n" end)
        warn "@on"
        warn "warned"
      ]])
      assert.equal("a\t1\nb c\nalone\nwritten\n", out)
      assert.equal("error\nLua warning: warned\n", err)
    end
  end)

  it("that cannot be written is reported by flush", function()
    local status, _, err = helper.execute(("sh -c '%s -e \"%s\" >/dev/full'"):format(helper.program,
      [[local a = io.write([=[x]=]) == io.stdout; io.stderr:write(tostring(a), io.flush() or 0)]]))
    assert.equal("true0", err)
    assert.equal(0, status)
  end)
end))

describe("programs that a script starts", helper.once(function()
  it("may be jobs of MPI", function()
    for nranks = 1, 2 do
      local status, out, err = helper.run(nranks, [[
        local mb = require "moonbear"
        local job = io.popen(arg[1] .. [=[ -n 3 -e 'print(require "moonbear".range(1, 4):sum())']=])
        print(job:read "a", job:close())
        print(mb.size(), mb.range(1, 10):sum())
      ]], { args = { helper.program } })
      assert.equal("", err)
      assert.equal(("10\n\ttrue\texit\t0\n%d\t55\n"):format(nranks), out)
      assert.equal(0, status)
    end
  end)
end))

describe("standard input", helper.once(function()
  teardown(helper.clean)
  it("can be longer than a pipe holds, with moonbear -n", function()
    local status, out = helper.run(nil, [[
      local n, size = 0, 0
      for line in io.lines() do n, size = n + 1, size + #line end
      print(n, size, io.read())
    ]], { flags = { "-n", "3" }, stdin = ("a line of text\n"):rep(50000) })
    assert.equal("50000\t700000\tnil\n", out)
    assert.equal(0, status)
  end)
end))

describe("a stock lua5.4", helper.once(function()
  teardown(helper.clean)
  it("has the same environment from require on", function()
    local folder = helper.tmpdir()
    local script = helper.write_file(folder .. "/script.lua", [[
      local early = io.stdout
      local mb = require "moonbear"
      print(mb.size(), math.random(1 << 60) == mb.on_rank(0, function() return 0 end))
      early:write "once\n"
      print(io.read(), io.open(arg[0]):read "l" ~= nil)
    ]])
    local build = helper.program:match "^(.*)/bin/"
    local preload = ""
    if build:find "/asan$" then
      preload = "env LD_PRELOAD=" .. helper.shell "gcc -print-file-name=libasan.so":gsub("%s", " ")
    end
    local status, out = helper.execute(("%s %s lua5.4 %s"):format(helper.launch(2), preload, script), {
      stdin = "a line\n",
      env = {
        LUA_PATH = helper.root .. "/lua/?.lua;" .. helper.root .. "/lua/?/init.lua;;",
        LUA_CPATH = build .. "/lib/lua/5.4/?.so;;",
      },
    })
    assert.equal("2\tfalse\nonce\na line\ttrue\n", out)
    assert.equal(0, status)
  end)
end))

describe("the prompt", helper.once(function()
  it("shares its input with the chunks", function()
    local input = table.concat({
      "1 + 1", "x = io.read()", "a line for the chunk", "x, #x", "for i = 1, 2 do", "print(i)",
      "end", "=x:upper()", "error 'oops'", "io.read('n', 'L')", "42 rest", "_PROMPT = 'mb> '",
      "debug.debug()", "print 'in debug'", "cont", "os.getenv 'HOME' ~= nil",
    }, "\n")
    for nranks = 1, 3 do
      local status, out, err = helper.run(nranks, nil, { stdin = input })
      assert.equal(0, status)
      assert.equal(table.concat {
        "2\na line for the chunk\t20\n1\n2\nA LINE FOR THE CHUNK\n",
        "42\t rest\n\nin debug\ntrue\n",
      }, out)
      contains(err, "stdin:1: oops")
    end
  end)
end))

describe("a locale with a decimal comma", helper.once(function()
  it("is not that of columns", function()
    local folder = helper.tmpdir()
    local made = os.execute(("localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 2>/dev/null"):format(folder))
    if made then -- where Debian's package locales is installed
      local code, out, err = helper.run(1, [[
        local mb = require "moonbear"
        local c = mb.column { 1.5, 5, -2.25e300 }
        local f = mb.frame { { "x", c } }
        print(os.setlocale "", ("%.1f"):format(0.5), c, c:gt(1.25))
        print(f, f "x * 0.5", mb.column({ 1 }):as "float" + 0.1)
        os.setlocale "C"
        print(f)]], { env = { LOCPATH = folder, LC_ALL = "de_DE.UTF-8" } })
      assert.equal(0, code, err)
      contains(out, "de_DE.UTF-8\t0,5\tarray([1.5, 5.0, -2.25e+300])")
      contains(out, "array([0.75, 2.5, -1.125e+300])\tarray([1.1])")
      local _, frames = out:gsub("1%s+1%.5\n2%s+5%.0\n3%s+%-2%.25e%+300\n3 rows", "")
      assert.equal(2, frames, out)
    end
    helper.clean()
  end)
end))

describe("a precompiled chunk", helper.once(function()
  it("may follow a first line that begins with #", function()
    local folder = helper.tmpdir()
    local code, out, err = helper.run(1, ([[
      local path = %q
      local file = io.open(path, "wb")
      file:write("#!/usr/bin/moonbear\n", string.dump(function(...) return "chunk", ... end))
      file:close()
      print(assert(loadfile(path))(7), dofile(path), loadfile(path, "t"))]]):format(folder .. "/c.luac"))
    assert.equal(0, code, err)
    contains(out, "chunk\tchunk\tnil\t")
    helper.clean()
  end)
end))

describe("a name with a zero byte", function()
  it("is refused, and not cut", function()
    for _, f in ipairs { io.open, io.popen, io.lines, io.input, io.output } do
      helper.assert_raises("a name with a zero byte", f, "/dev/null\0" .. mb.rank())
    end
    helper.assert_raises("zero byte", mb.read_hdf, { "x.h5\0a" }, { "a" })
    helper.assert_raises("zero byte", mb.read_hdf, { "x.h5" }, { "a\0b" })
  end)
end)
