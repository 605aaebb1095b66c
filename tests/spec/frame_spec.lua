-- Frames: named columns in order.
local mb = require "moonbear"

local function message_of(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok, "nothing was raised")
  return tostring(message)
end

local function assert_raises(part, f, ...)
  local message = message_of(f, ...)
  assert(message:find(part, 1, true), ("'%s' is not in: %s"):format(part, message))
end

describe("a frame", function()
  local a, b, frame

  before_each(function()
    a, b = mb.column { 10, 20, 30 }, mb.column { 0.5, 1.5, -2 }
    frame = mb.frame { { "zeta", a }, { "alpha", b } }
  end)

  it("keeps the order of a list of pairs and sorts a table by name", function()
    assert.same({ "zeta", "alpha" }, frame:columns())
    assert.same({ "alpha", "zeta" }, mb.frame { zeta = a, alpha = b }:columns())
  end)

  it("gives columns by name", function()
    assert.equal(a, frame.zeta)
    assert.equal(b, frame:column "alpha")
    assert.equal(3, #frame)
  end)

  it("visits columns in order", function()
    local seen = {}
    for name, column in frame:each() do seen[#seen + 1] = { name, column } end
    assert.same({ { "zeta", a }, { "alpha", b } }, seen)
    seen = {}
    for name in pairs(frame) do seen[#seen + 1] = name end
    assert.same({ "zeta", "alpha" }, seen)
  end)

  it("lets methods win over names", function()
    local shadowed = mb.frame { { "column", a }, { "each", b } }
    assert.equal("function", type(shadowed.column))
    assert.equal(a, shadowed:column "column")
  end)

  it("lists what there is when a name is unknown", function()
    assert_raises("'beta'", function() return frame.beta end)
    assert_raises("zeta, alpha", function() return frame.beta end)
    assert_raises("zeta, alpha", frame.column, frame, "beta")
    assert_raises("no columns", function() return mb.frame({}).x end)
  end)

  it("cannot be changed", function()
    assert_raises("'beta'", function() frame.beta = a end)
    local names = frame:columns()
    names[1] = "other"
    assert.same({ "zeta", "alpha" }, frame:columns())
  end)

  it("refuses what does not fit together", function()
    assert_raises("two columns are called 'x'", function() mb.frame { { "x", a }, { "x", b } } end)
    assert_raises("'x' has 3 rows and 'y' has 2",
      function() mb.frame { { "x", a }, { "y", mb.column { 1, 2 } } } end)
    assert_raises("'x' must be a column, got number", function() mb.frame { x = 5 } end)
    assert_raises(":eq", function() mb.frame { x = true } end)
    assert_raises("number 1", function() mb.frame { a, b } end)
    assert_raises("must be a string", function() mb.frame { { 1, a } } end)
    assert_raises("bad argument #1 to 'frame'", mb.frame, nil)
    assert_raises("bad argument #1 to 'frame'", mb.frame, frame)
  end)

  it("frees its columns when closed", function()
    frame:close()
    frame:close()
    assert.has_error(function() return a:sum() end)
    do
      local other <close> = mb.frame { x = mb.range(1, 10) }
      a = other.x
    end
    assert.has_error(function() return a:sum() end)
  end)
end)

describe("a frame's text", function()
  it("shows short frames whole", function()
    local frame = mb.frame {
      { "port", mb.column { 80, 443, 65535 } }, { "share", mb.column { 0.5, 1.5, -2.0 } },
      { "web", mb.column { true, true, false } },
    }
    assert.equal(table.concat({
      "    port  share    web",
      "     int  float   bool",
      "1     80    0.5   true",
      "2    443    1.5   true",
      "3  65535   -2.0  false",
      "3 rows, 3 columns",
    }, "\n"), tostring(frame))
  end)

  it("shows both ends of long ones", function()
    assert.equal(table.concat({
      "       n",
      "     int",
      "  1    1", "  2    2", "  3    3", "  4    4", "  5    5",
      "...  ...",
      " 99   99", "100  100", "101  101", "102  102", "103  103",
      "103 rows, 1 column",
    }, "\n"), tostring(mb.frame { n = mb.range(1, 103) }))
  end)

  it("shows all of ten rows", function()
    local text = tostring(mb.frame { n = mb.range(1, 10) })
    assert.is_nil(text:find("...", 1, true))
    assert.equal(13, select(2, text:gsub("\n", "\n")) + 1)
  end)

  it("shows missing and empty", function()
    local text = tostring(mb.frame { n = mb.column { 1, mb.null, 3 } })
    assert.truthy(text:find("\n2  null\n"))
    assert.truthy(tostring(mb.frame {}):find("0 rows, 0 columns"))
  end)

  it("shows unsigned integers as such", function()
    local text = tostring(mb.frame { n = mb.column({ 5, -1 }, "uint") })
    assert.truthy(text:find("18446744073709551615", 1, true))
  end)
end)
