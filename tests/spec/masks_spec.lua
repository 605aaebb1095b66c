-- The warning for masks that are combined with Lua's own `and`, `or` and `not`.
local helper = require "spec.helper"

-- The lines and words that the texts of a list are warned of, each in a file that one run loads.
local function warnings(texts)
  local folder, found = helper.tmpdir(), {}
  for i, text in ipairs(texts) do
    helper.write_file(("%s/%d.lua"):format(folder, i), "local function unused(a, b, mb)\n" .. text .. "\nend")
    found[i] = {}
  end
  local status, _, err = helper.run(2, ("for i = 1, %d do assert(loadfile(('%s/%%d.lua'):format(i))) end")
    :format(#texts, folder))
  assert.equal(0, status, err)
  for i, line, word in err:gmatch "/(%d+)%.lua:(%d+): warning: `(%a+)`" do
    table.insert(found[tonumber(i)], line .. " " .. word)
  end
  return found
end

-- Checks that each text of a list of pairs is warned of, once, with its line and word.
local function assert_warned(cases)
  local texts = {}
  for i, case in ipairs(cases) do texts[i] = case[1] end
  for i, found in ipairs(warnings(texts)) do assert.same({ cases[i][2] }, found, texts[i]) end
end

local function assert_silent(texts)
  for i, found in ipairs(warnings(texts)) do assert.same({}, found, texts[i]) end
end

describe("masks combined as booleans", helper.once(function()
  teardown(helper.clean)

  it("are warned of, once, with the line", function()
    assert_warned {
      { "return a:eq(1) and b:eq(2)", "2 and" },
      { "return a:eq(1)\n  or b", "3 or" },
      { "return b or a:ge(1)", "2 or" },
      { "return not a:lt(b:sum())", "2 not" },
      { "return not (a:lt(b))", "2 not" },
      { "return (a:eq(1)) and b", "2 and" },
      { "return b and a.x['y']:eq(1)", "2 and" },
      { "--[[ and\n]] return b and a.x[1]:eq(1)", "3 and" },
      { "return --[=[ ]] ]=] [==[ ]] ]==] .. '\\'' and a:eq(1)", "2 and" },
      { "return b and a:ne(f('(', 1))", "2 and" },
    }
    local _, _, err = helper.run(2, "local function unused(a, b)\nreturn a:eq(1) and b:eq(2)\nend")
    assert.equal(1, select(2, err:gsub(":2: warning: `and` cannot combine masks", "")), err)
  end)

  it("are not seen elsewhere", function()
    assert_silent {
      "return a:eq(1) & b:eq(2)", "return a:eq(1):sum() > 1 and b", "return a and b or not b",
      "-- a:eq(1) and b", "--[==[ a:eq(1) and ]] b ]==] return a", "return 'a:eq(1) and b'",
      "return [[a:eq(1) and b]] .. '\\' and a:eq(1)'", "if a:any() and b:all() then return end",
      "return a 'x == 1 and not (y == 2)' and b", "return a:where [[x == 1 or b:eq(1)]]",
      "return a.eq(1) and b", "return a and f(b:eq(1))", "return a and { b:eq(1) }",
    }
  end)
end))

describe("Python's constants", helper.once(function()
  teardown(helper.clean)

  it("are warned of, as they are nil", function()
    assert_warned {
      { "return a:sort { descending = True }", "2 True" }, { "return a, None", "2 None" },
      { "return\nFalse", "3 False" },
    }
  end)

  it("are not where they are something", function()
    assert_silent { "local True = true", "return a.True", "return { None = 1 }", "return 'True'",
      "-- None", "return Trues" }
  end)
end))
