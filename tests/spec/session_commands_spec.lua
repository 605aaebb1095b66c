-- Commands of a prompt: run by all ranks, printed once.
local commands = require "moonbear.session.commands"
local helper = require "spec.helper"
local mb = require "moonbear"

local env = setmetatable({}, { __index = _G })

-- What a command prints, and the values that it gives.
local function run(code)
  local printed = {}
  local real = print
  rawset(_G, "print", function(...)
    local words = table.pack(...)
    for i = 1, words.n do words[i] = tostring(words[i]) end
    printed[#printed + 1] = table.concat(words, "\t")
  end)
  local results = table.pack(pcall(commands.parse(code, 80, env)))
  rawset(_G, "print", real)
  if not results[1] then error(results[2], 0) end
  return table.concat(printed, "\n"), table.unpack(results, 2, results.n)
end

local function words_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local words = {}
    for word in line:gmatch "%S+" do words[#words + 1] = word end
    lines[#lines + 1] = words
  end
  return lines
end

describe("commands", function()
  it("are not Lua", function()
    for _, code in ipairs { "x", "", "::label::", "a:b()", "-- :mem", "'?'", "f(x)?", "x = y?" } do
      assert.is_nil(commands.parse(code, 80, env), code)
    end
  end)

  it("list themselves", function()
    local text = run ":help"
    for name in pairs(commands.described ":") do
      assert.truthy(text:find("\n  :" .. name .. " ", 1, true), name)
    end
    assert.falsy(text:find("%", 1, true), text)
    assert.equal(text, (run "?"))
    assert.equal(text, (run " : help "))
  end)

  it("are written with % in notebooks", function()
    local text = run "%help"
    for _, name in ipairs { "help", "load FILE", "mem", "ranks", "time EXPRESSION", "who" } do
      assert.truthy(text:find("\n  %" .. name .. "  ", 1, true), name)
    end
    assert.truthy(text:find("%ranks  *where each rank runs; with a number, starts the session again"))
    for _, name in ipairs { "quit", "save", "detach" } do
      assert.falsy(text:find("%" .. name .. " ", 1, true), text)
      helper.assert_raises("there is no command '%" .. name .. "'", run, "%" .. name)
    end
    assert.falsy(text:find "\n *:", text)
    assert.equal(text, (run " %%help"))
    assert.same({ 3 }, { select(2, run "%time 1 + 2") })
    assert.same({ 3 }, { select(2, run "%%time\n1 + 2") })
    helper.assert_raises("'%tiem'; the nearest is '%time', and '%help' lists all", run, "%tiem x")
    helper.assert_raises("%load takes the name of a file", run, "%load")
    helper.assert_raises("%time takes an expression", run, "%time")
    for _, code in ipairs { "x % y", "-- %mem", "% x", "%", "'%mem'" } do
      assert.is_nil(commands.parse(code, 80, env), code)
    end
  end)

  it("measure a chunk and give its values", function()
    local text, a, b = run ":time require 'moonbear'.column { 1, 2 }:sum(), 5"
    assert.truthy(text:find "^%d+%.%d%d%d s$", text)
    assert.same({ 3, 5 }, { a, b })
    assert.equal(1, select("#", run ":time local x = 1"))
    local start = mb.core.now()
    env.wait = function() local t = mb.core.now() while mb.core.now() < t + 0.001 do end end
    text = run ":time for i = 1, 50 do wait() end"
    assert.truthy(tonumber(text:match "^%S+") >= 0.05, text)
    assert.truthy(tonumber(text:match "^%S+") <= mb.core.now() - start + 0.001, text)
    env.wait = nil
    helper.assert_raises("time:1:", run, ":time 1 +")
    helper.assert_raises("takes an expression", run, ":time")
    helper.assert_raises("boom", run, ":time error 'boom'")
  end)

  it("tell of memory and ranks, a line each", function()
    local held = mb.full(1000000, 1):cumsum()
    local lines = words_of(run ":mem")
    assert.same({ "rank", "live", "MB", "pooled", "most", "budget", "on", "disk", "of", "Lua" }, lines[1])
    local live = 0
    for rank = 0, mb.size() - 1 do
      assert.equal(tostring(rank), lines[rank + 2][1])
      assert.equal(7, #lines[rank + 2])
      live = live + tonumber(lines[rank + 2][2])
    end
    assert.truthy(live >= held:info().width * 1000000 / 2 ^ 20 - 0.1 * mb.size(), live)
    lines = words_of(run ":ranks")
    assert.equal(mb.size() + 1, #lines)
    for rank = 0, mb.size() - 1 do
      local process = helper.shell("cat /proc/" .. lines[rank + 2][3] .. "/comm")
      assert.equal("moonbear\n", process)
      assert.equal(helper.shell "hostname", lines[rank + 2][2] .. "\n")
      assert.truthy(tonumber(lines[rank + 2][4]) > 1)
    end
  end)

  it("tell which globals hold columns", function()
    assert.equal("no global holds a column or a frame", (run ":who"))
    env.b = mb.full(4000000, 1.5):cumsum()
    env.a = mb.range(1, 10)
    env.f = mb.frame { x = env.b, y = env.b }
    env.g = mb.column { 1 }
    env.g:close()
    env.empty = mb.frame {}
    env.other, env[5] = "text", env.a
    env.hostile = setmetatable({}, { __index = error, __len = error, __eq = error })
    local lines = words_of(run ":who")
    assert.same({ "name", "type", "rows", "MB" }, lines[1])
    assert.same({ "a", "int,", "pending", "10", "0.0" }, lines[2])
    assert.same({ "b", "float", "4000000", lines[3][4] }, lines[3])
    assert.same({ "empty", "frame", "of", "0", "0", "0.0" }, lines[4])
    assert.same({ "f", "frame", "of", "2", "4000000", lines[5][6] }, lines[5])
    local bytes = tonumber(lines[3][4]) * 2 ^ 20
    assert.truthy(bytes >= 4000000 * 8 and bytes < 4000000 * 8 * 1.5, bytes)
    assert.equal(tonumber(lines[3][4]) * 2, tonumber(lines[5][6]))
    assert.same({ "g", "closed", "0", "0.0" }, lines[6])
    assert.equal(6, #lines)
    for name in pairs(env) do env[name] = nil end
  end)

  it("load a file into the session", function()
    local folder = helper.tmpdir()
    local path = helper.write_file(folder .. "/a file.lua", "loaded = 7 return loaded + 1, 'x'")
    local text, a, b = run(":load " .. path)
    assert.same({ "", 8, "x", 7 }, { text, a, b, env.loaded })
    assert.is_nil(rawget(_G, "loaded"))
    helper.assert_raises("cannot open /nonexistent", run, ":load /nonexistent")
    helper.assert_raises("name of a file", run, ":load")
    helper.write_file(path, "x = = 1")
    helper.assert_raises(path .. ":1: unexpected symbol", run, ":load " .. path)
    helper.clean()
  end)

  it("help", function()
    assert.truthy((run "?mb.range"):find("mb.range(first, last, [step])", 1, true))
    assert.truthy((run "??cumsum"):find("Column:cumsum", 1, true))
    assert.equal((run "?mb.range"), (run "mb.range?"))
    assert.equal((run "??cumsum"), (run " cumsum?? "))
    assert.equal("nothing is known of 'zzz', try '??zzz'", (run "?zzz"))
    assert.equal("nothing is known of 'zzz'", (run "??zzz"))
    env.mine = mb.column { 1, 2 }
    assert.truthy((run "?mine"):find "^mine: an int column of 2 rows")
    env.mine = nil
  end)

  it("name the nearest when they are not known", function()
    for wrong, meant in pairs { [":tiem x"] = ":time", [":w"] = ":who", [":memory"] = ":mem",
      [":rank"] = ":ranks", [":laod f"] = ":load" } do
      helper.assert_raises("nearest is '" .. meant .. "'", run, wrong)
    end
    helper.assert_raises("no command ':'", run, ":")
    helper.assert_raises(":quit is up to", run, ":quit")
    helper.assert_raises(":save is up to", run, ":save x")
  end)
end)
