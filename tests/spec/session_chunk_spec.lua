-- Chunks as they are typed: when one is complete, and what it gives.
local chunk = require "moonbear.session.chunk"
local helper = require "spec.helper"
local lexer = require "moonbear.lexer"

describe("a chunk is", function()
  local function all(status, texts)
    for text, indent in pairs(texts) do
      local found, blanks = chunk.status(text)
      assert.equal(status, found, text)
      assert.equal(indent, blanks, text)
    end
  end

  it("complete", function()
    for _, text in ipairs {
      "", "  \n ", "-- a comment", "1 + 1", "1, 2", "x = 5", "print 'a'", "=1", " = f(x)", "goto_x",
      "for i = 1, 3 do\n  print(i)\nend", "[==[ ]] ]==]", "return 5", "::label:: x = 1", "-- [[ \nx",
      ":time x:sum()", ":mem", "?c.sum", " ??word", "'a\\\nb'", "f{\n1,\n}", "function() end", "f{}:g[[x]]",
    } do
      assert.equal("complete", (chunk.status(text)), text)
    end
  end)

  it("incomplete, with an indent of two blanks for each line that opens", function()
    all("incomplete", {
      ["for i = 1, 3 do"] = "  ", ["for i = 1, 3 do\n  if i then"] = "    ",
      ["if a then\n  b()\nelse"] = "  ", ["if a then\n  b()\nelseif c then"] = "  ",
      ["x = {"] = "  ", ["f({"] = "  ", ["f({\n  a = {"] = "    ", ["f({\n  1,\n}"] = "  ",
      ["1 +"] = "", ["x ="] = "", ["repeat"] = "  ", ["local function f(a)"] = "  ",
      ["return function()"] = "  ", ["=f("] = "  ", ["x = [[a"] = "", ["--[==[ ]]"] = "",
      ["while true do -- do"] = "  ", ["if x == 'then' then"] = "  ", ["a:b"] = "", ["'a\\"] = "",
      ["for i = 1, 3 do print(i) end repeat"] = "  ", ["flows:where("] = "  ", ["f(a,\n  b"] = "  ",
    })
  end)

  it("invalid", function()
    all("invalid", { ["x = = 1"] = "", ["'abc"] = "", ["print('abc"] = "", ["end"] = "", ["1 2"] = "",
      ["f(1 2)"] = "", ["break"] = "", ["goto x"] = "", ["for do"] = "", ["x = 1 1"] = "",
      ["a $ b"] = "", ["if x then end end"] = "" })
  end)
end)

describe("a chunk compiles to", function()
  it("what it returns", function()
    assert.same({ 3, 4 }, { chunk.compile "1 + 2, 4" () })
    assert.same({ 5 }, { chunk.compile "=5" () })
    assert.same({}, { chunk.compile "local x = 5" () })
    assert.same({ 6 }, { chunk.compile "local x = 5 return x + 1" () })
    assert.same({}, { chunk.compile "" () })
  end)

  it("what an expression below statements gives", function()
    assert.same({ 6 }, { chunk.compile "local x = 5\nx + 1" () })
    assert.same({ 6, 7 }, { chunk.compile "local x = {\n6, 7 }\ntable.unpack(x)\n\n" () })
    assert.same({ 3 }, { chunk.compile "local x = [[\nabc]]\n-- its length\n#x\n  + 0" () })
    assert.same({}, { chunk.compile "local function f() return print end\n(f)\n(type)(1)" () })
    assert.same({}, { chunk.compile "local x = 5\nif x then\nx = math.abs(x)\nend" () })
    assert.same({ 4 }, { chunk.compile "local x = 4\nreturn\nx" () })
    assert.same({}, { chunk.compile "local x = 4\n;(type)(x)" () })
    assert.equal("complete", (chunk.status "x = 1\nx"))
    local _, message = pcall(chunk.compile("local x\n\nx.y", "=cell"))
    assert.equal("cell:3: attempt to index a nil value (local 'x')", message)
  end)

  it("the message of what is wrong with it as statements", function()
    assert.same({ false, "cell:1: unexpected symbol near '='" },
      { pcall(chunk.compile, "x = = 1", "=cell") })
    helper.assert_raises("near <eof>", chunk.compile, "for")
  end)

  it("what a traceback knows by its lines", function()
    local env = { f = function() return debug.traceback "" end }
    for code, line in pairs { ["f()"] = 1, ["local x\nf()"] = 2, ["f() -- f"] = 1 } do
      local traceback = chunk.compile(code, "=cell", env)()
      assert.truthy(traceback:find(("cell:%d: in "):format(line), 1, true), traceback)
    end
  end)

  it("what sees other globals", function()
    local env = { x = 5 }
    assert.equal(5, chunk.compile("x", "=cell", env)())
    chunk.compile("y = x + 1", "=cell", env)()
    assert.equal(6, env.y)
  end)
end)

describe("the tokens of Lua", function()
  local function texts(code)
    local list = {}
    for i, token in ipairs(lexer.tokens(code)) do
      list[i] = token.kind:sub(1, 2) .. (token.open and "+" or "") .. " " .. token.text
    end
    return list
  end

  it("are names, numbers, strings, comments and symbols", function()
    assert.same({ "na local", "na x_1", "sy =", "nu 0x1Fp-3", "sy ..", "st 'a\\'b'", "co --c" },
      { table.unpack(texts "local x_1 = 0x1Fp-3 .. 'a\\'b' --c\n", 1, 7) })
    assert.same({ "nu 1e+5", "sy +", "nu .5", "sy ...", "sy ::", "sy //", "sy <", "sy ~=" },
      texts "1e+5+.5 ...::// < ~=")
    assert.same({ "st [=[ ]] ]=]", "co --[[ \n ]]", "na x" }, texts "[=[ ]] ]=] --[[ \n ]]x")
    assert.same({ "st 'a\\z  \n b'", "st \"\"", "st 'open", "na y" }, texts "'a\\z  \n b'\"\"'open\ny")
  end)

  it("may be open at the end", function()
    assert.same({ "st+ 'a" }, texts "'a")
    assert.same({ "st+ [[a\n" }, texts "[[a\n")
    assert.same({ "co+ --[=[ ]]" }, texts "--[=[ ]]")
    assert.same({ "co+ -- a" }, texts "-- a")
    assert.same({}, texts "")
  end)
end)
