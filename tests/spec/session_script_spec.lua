-- What was typed at a prompt, saved as a script: it prints what the prompt showed.
local chunk = require "moonbear.session.chunk"
local helper = require "spec.helper"
local script = require "moonbear.session.script"

-- Globals of a script, and what it prints there.
local function world()
  local printed = {}
  local env = setmetatable({}, { __index = _G })
  function env.print(...)
    local words = table.pack(...)
    for i = 1, words.n do words[i] = tostring(words[i]) end
    printed[#printed + 1] = table.concat(words, "\t")
  end
  return env, printed
end

-- Runs codes as a prompt does: what it prints and shows, and the chunks as a session's host has them.
local function type_in(codes)
  local env, printed = world()
  local chunks = {}
  for i, code in ipairs(codes) do
    local ok, f = pcall(chunk.compile, code, "=stdin", env)
    local values = table.pack(ok, f)
    if ok then values = table.pack(pcall(f)) end
    chunks[i] = { code = code, status = values[1] and "ok" or "error",
      shown = values[1] and values.n > 1 }
    if chunks[i].shown then env.print(table.unpack(values, 2, values.n)) end
  end
  return printed, chunks, env
end

local function run(text)
  local env, printed = world()
  local f, problem = load(text, "=saved", "t", env)
  assert(f, problem and problem .. "\n" .. text)
  f()
  return printed, env
end

local function assert_same_output(codes)
  local expected, chunks = type_in(codes)
  assert.same(expected, (run(script(chunks))), script(chunks))
end

local function saved(code, status, shown)
  local text = script { { code = code, status = status or "ok", shown = shown or false } }
  return (text:gsub('^mb = require "moonbear"\n', ""))
end

describe("a saved session", function()
  it("prints the values of expressions", function()
    assert.equal("print(1 + 1)\n", saved("1 + 1", "ok", true))
    assert_same_output { "x = 5", "x", "x, nil, 'a'", "=x + 1", " = x", "nil", "x -- five", "x\n+ 1",
      "print(x)", "tostring(x)", "(function() end)()", "=(function() end)()", "-- only words", "",
      "y = 1\nx + y", "for i = 1, 2 do\n  print(i)\nend\n'done'", "'a\\\nb'", "[[\n1]]", "#'abc'",
      "(x)", "x;", "print 'a'; print 'b'", "print 'a' print 'b'" }
  end)

  it("keeps each chunk to itself", function()
    assert_same_output { "x = 1", "local x = 2; print(x)", "x", "local function f() return 7 end return f()",
      "f", "return x", "return", "if x then return 3 end print 'not reached'", "x + 1",
      "do return end", "goto over; x = 9; ::over::", "::over:: print(x)", "::over:: x",
      "function f() return 'global' end", "f()", "t = setmetatable({}, { __close = print })",
      "do local c <const> = 1 print(c) end", "while true do local x = 1 break end", "print(...)",
      "f = print", "(f or g)(1)", "('a'):rep(2)", "repeat local i = 1 until i", "(f)(2)",
      "if x then local y = 1 elseif f then return 2 else return 3 end", "g = function() return end x" }
    local many = {}
    for i = 1, 300 do many[i] = ("local a%d = %d; sum = (sum or 0) + a%d"):format(i, i, i) end
    many[301] = "sum"
    assert_same_output(many)
  end)

  it("does what its commands did, without their words", function()
    local codes = { ":time x = 4", ":time x + 1", ":mem", "?print", "print?", ":who", ":nosuch",
      " : time local y = 1", ":time", ":quit" }
    local chunks = {}
    for i, code in ipairs(codes) do
      chunks[i] = { code = code, status = "ok", shown = code == ":time x + 1" }
    end
    local printed, env = run(script(chunks))
    assert.same({ "5" }, printed)
    assert.equal(4, env.x)
    local path = helper.write_file(helper.tmpdir() .. "/it's a \"file\".lua", "return 6 * 7")
    assert.equal("42", (run(saved(":load " .. path, "ok", true)))[1])
    helper.clean()
  end)

  it("has what failed as comments", function()
    assert.equal("-- failed:\n-- error 'x'\n-- y = 2\n", saved("error 'x'\ny = 2", "error"))
    assert.equal("-- interrupted:\n-- while true do end\n", saved("while true do end", "interrupted"))
    assert.equal("-- not finished:\n-- f()\n", saved("f()", "running"))
    assert.equal("-- failed:\n-- x = = 1\n", saved("x = = 1", "error"))
    assert.equal("-- failed:\n-- nosuch()\n", saved(":time nosuch()", "error"))
    assert.equal("", saved(":nosuch", "error"))
    assert.equal("-- failed:\n-- ]]\n-- --[[\n-- x\n", saved("]]\r\n--[[\rx", "error"))
    assert_same_output { "x = 1", "nosuch()", "= = 2", "x", "x.y.z", "'after'" }
  end)
end)
