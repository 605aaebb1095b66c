-- The warning for masks that are combined with Lua's own `and`, `or` and `not`.
local helper = require "spec.helper"

local function warnings(text)
  local _, _, err = helper.run(2, "local function unused(a, b, mb)\n" .. text .. "\nend")
  local lines = {}
  for line, word in err:gmatch ":(%d+): warning: `(%a+)`" do lines[#lines + 1] = line .. " " .. word end
  return lines, err
end

describe("masks combined as booleans", helper.once(function()
  it("are warned of, once, with the line", function()
    for text, expected in pairs {
      ["return a:eq(1) and b:eq(2)"] = "2 and",
      ["return a:eq(1)\n  or b"] = "3 or",
      ["return b or a:ge(1)"] = "2 or",
      ["return not a:lt(b:sum())"] = "2 not",
      ["return not (a:lt(b))"] = "2 not",
      ["return (a:eq(1)) and b"] = "2 and",
      ["return b and a.x['y']:eq(1)"] = "2 and",
      ["--[[ and\n]] return b and a.x[1]:eq(1)"] = "3 and",
      ["return --[=[ ]] ]=] [==[ ]] ]==] .. '\\'' and a:eq(1)"] = "2 and",
      ["return b and a:ne(f('(', 1))"] = "2 and",
    } do
      local found, err = warnings(text)
      assert.same({ expected }, found, text .. "\n" .. err)
    end
  end)

  it("are not seen elsewhere", function()
    for _, text in ipairs {
      "return a:eq(1) & b:eq(2)", "return a:eq(1):sum() > 1 and b", "return a and b or not b",
      "-- a:eq(1) and b", "--[==[ a:eq(1) and ]] b ]==] return a", "return 'a:eq(1) and b'",
      "return [[a:eq(1) and b]] .. '\\' and a:eq(1)'", "if a:any() and b:all() then return end",
      "return a 'x == 1 and not (y == 2)' and b", "return a:where [[x == 1 or b:eq(1)]]",
      "return a.eq(1) and b", "return a and f(b:eq(1))", "return a and { b:eq(1) }",
    } do
      local found, err = warnings(text)
      assert.same({}, found, text .. "\n" .. err)
    end
  end)
end))

describe("Python's constants", helper.once(function()
  it("are warned of, as they are nil", function()
    for text, expected in pairs {
      ["return a:sort { descending = True }"] = "2 True", ["return a, None"] = "2 None", ["return\nFalse"] = "3 False",
    } do
      assert.same({ expected }, (warnings(text)), text)
    end
  end)

  it("are not where they are something", function()
    for _, text in ipairs { "local True = true", "return a.True", "return { None = 1 }", "return 'True'",
      "-- None", "return Trues" } do
      assert.same({}, (warnings(text)), text)
    end
  end)
end))
