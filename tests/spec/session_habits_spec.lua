-- What users of Python and SQL type by habit: the message tells what to write instead.
local chunk = require "moonbear.session.chunk"
local helper = require "spec.helper"
local mb = require "moonbear"
local show = require "moonbear.session.show"
local warn = require "moonbear.session.compared"

local flows = mb.frame { dstPort = mb.column { 80, 443 }, name = mb.column { "a", "b" } }

describe("a line that Lua refuses", helper.once(function()
  local function mended(code)
    local ok, message = pcall(chunk.compile, code, "=line")
    assert.is_false(ok, code)
    return message:match "; (.*)$"
  end

  it("of another language is told in Lua", function()
    local library = 'mb is there already; netflow = require "moonbear.netflow" loads a library'
    for code, said in pairs {
      ["import pandas as pd"] = library, ["from math import log"] = library, ["x = 1\nimport re"] = library,
      ["print x"] = "Lua writes print(x)", ["def f(x): return x"] = "Lua writes function f(x) return x end",
      ["c:map(lambda x: x + 1)"] = "Lua writes function(x) return x + 1 end",
      ["SELECT * FROM flows"] = 'of frames it is frame:where "port == 80"; mb.sql asks DuckDB, of files',
      ["select a from b"] = 'of frames it is frame:where "port == 80"; mb.sql asks DuckDB, of files',
      ["for i in x:"] = "Lua writes for ... do ... end", ["if x == 3: print(x)"] = "Lua writes if ... then ... end",
      ["# two words"] = "comments begin with --", ["del x"] = "Lua writes x = nil",
    } do
      assert.equal(said, mended(code), code)
    end
  end)

  it("is as the parser says it where nothing is known", function()
    for _, code in ipairs { "x = = 1", "f(1 2)", "t.import x", "import = = 2", "x: y", "-- import pandas\n1 2" } do
      assert.is_nil(mended(code), code)
    end
  end)

  it("is not waited for to go on where it is a block of Python", function()
    for _, code in ipairs { "for i in range(3): print(i)", "for i in range(3):", "while x: y()", "def f(x):" } do
      assert.equal("invalid", (chunk.status(code)), code)
    end
    for _, code in ipairs { "for a in x:each() do", "if x:f() then", "if a == 'b: c' then", "flows:", "x = {a:b" } do
      assert.equal("incomplete", (chunk.status(code)), code)
    end
  end)
end))

describe("columns that are compared by Lua's own operators", helper.once(function()
  local function warnings(code)
    local said, stderr = {}, io.stderr
    rawset(io, "stderr", { write = function(_, text) said[#said + 1] = text end })
    local ok, problem = pcall(warn, code, "=[7]", { flows = flows, port = flows.dstPort, mb = mb, n = 3 })
    rawset(io, "stderr", stderr)
    assert.is_true(ok, problem)
    return table.concat(said)
  end

  it("are warned of at a prompt", function()
    assert.equal("moonbear: [7]: warning: `==` asks whether the column itself is 443; flows.dstPort:eq(443) " ..
      "compares its rows\n", warnings "flows.dstPort == 443")
    assert.truthy(warnings "print(flows['name'] ~= 'a')":find("flows['name']:ne('a') compares", 1, true))
    assert.truthy(warnings "port:abs() == 1":find("port:abs():eq(1)", 1, true))
  end)

  it("and what is no column is not", function()
    for _, code in ipairs { "#port == 2", "port[1] == 80", "port:sum() == 3", "n == 3", "port == flows.name",
      "-- port == 3", "x = 'port == 3'", "nothing == 3", "==", "port ==", "mb.size() == 2" } do
      assert.equal("", warnings(code), code)
    end
  end)
end))

describe("functions and modules are shown", function()
  it("by their names", function()
    assert.equal("frame:columns is a function: ?frame:columns tells of it", show.text(80, flows.columns))
    assert.equal("column:sum is a function: ?column:sum tells of it", show.text(80, flows.dstPort.sum))
    assert.equal("mb.plot.hist is a function: ?mb.plot.hist tells of it", show.text(80, mb.plot.hist))
    assert.equal("{function, a = 1}", show.text(80, { print, a = 1 }))
    assert.equal("mb.plot has, and ?mb.plot.NAME tells of each:\nbar, box, ecdf,",
      show.text(80, mb.plot):match "^.-ecdf,")
    for line in show.text(50, mb):gmatch "[^\n]+" do assert.truthy(#line <= 50, line) end
    assert.truthy(show.text(80, print):find "^function: ")
  end)
end)

describe("lists of names", function()
  it("in brackets say how columns are chosen", function()
    local said = 'the columns of several names are frame:select("dstPort", "name")'
    helper.assert_raises(said, function() return flows[{ "dstPort", "name" }] end)
    helper.assert_raises(said, function() return flows[["dstPort", "name"]] end)
    assert.equal("b", flows[{ 2 }].name[1])
    assert.equal(2, flows [["a" == name or name == "b"]]:sum())
  end)
end)
