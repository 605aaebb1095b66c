-- What users of other languages write, and Lua refuses: the message says what to write instead.
local helper = require "spec.helper"
local mb = require "moonbear"

-- What ends a script with an error.
local function fails(code, said, options)
  local status, _, err = helper.run(nil, code, options)
  assert.equal(1, status, code)
  assert.truthy(err:find(said, 1, true), code .. ": " .. err)
end

describe("a script's errors", helper.once(function()
  it("of syntax tell what Lua writes", function()
    for code, said in pairs {
      ["if a != b then end"] = "'then' expected near '!'; Lua writes ~= for != and not for !",
      ["x = !y"] = "near '!'; Lua writes ~= for != and not for !",
      ["x = a && b"] = "near '&'; Lua writes and for &&",
      ["x = a || b"] = "near '|'; Lua writes or for ||",
      ["x = c[1:10]"] = "']' expected near ':'; rows from first to last are column:slice(first, last)",
      ["x += 1"] = "syntax error near '+'; Lua has no +=",
      ["while x < 3: y = x end"] = "'do' expected near ':'; Lua writes for ... do ... end",
    } do
      fails(code .. "\n", said)
    end
  end)

  it("of globals that there are not name the nearest", function()
    local start = "mb = require 'moonbear'\nflows = mb.range(1, 3)\n"
    for code, said in pairs {
      ["print(flws:sum())"] = "(global 'flws'); did you mean 'flows'?",
      ["read_hdf('x')"] = "(global 'read_hdf'); write mb.read_hdf",
      ["raed_hdf('x')"] = "(global 'raed_hdf'); did you mean 'mb.read_hdf'?",
      ["print(len(flows))"] = "(global 'len'); Lua writes #x",
      ["prnt(1)"] = "did you mean 'print'?",
      ["table.concat(1)"] = "table expected, got number",
    } do
      fails(start .. code .. "\n", said)
    end
  end)
end))

describe("Lua's functions that a column is given to", function()
  local c, f = mb.range(1, 3), mb.frame { a = mb.range(1, 3) }

  it("say what to write", function()
    for said, g in pairs {
      ["a column cannot be iterated; c:to_table() gives its rows as a table"] = function() ipairs(c) end,
      ["for row in frame:rows() do visits the rows of a frame"] = function() ipairs(f) end,
      ["of a column it is c:max(), of two a:maximum(b)"] = function() math.max(c) end,
      ["of a column it is c:min(), of two a:minimum(b)"] = function() math.min(1, c) end,
    } do
      helper.assert_raises(said, g)
      helper.assert_raises("mends_spec.lua:", g)
    end
  end)

  it("are Lua's for anything else", function()
    assert.equal(3, math.max(1, 3, 2))
    assert.equal("integer", math.type(math.min(2, 1.5 * 2)))
    helper.assert_raises("bad argument #1 to 'max' (value expected)", function() math.max() end)
    local sum = 0
    for i, x in ipairs(setmetatable({ 10, 20 }, { __index = function(_, i) return i == 3 and 30 or nil end })) do
      sum = sum + i * x
    end
    assert.equal(140, sum)
  end)
end)
