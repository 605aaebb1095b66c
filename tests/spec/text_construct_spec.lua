-- Columns of text from scalars, tables and random choices, and text that fills what is missing,
-- against plain Lua.
local mb = require "moonbear"
local helper = require "spec.helper"

local NULL <const> = {}

-- The rows of a table as mb.column takes them.
local function rows_of(list)
  local rows = {}
  for i, value in ipairs(list) do rows[i] = value == NULL and mb.null or value end
  return rows
end

local function assert_rows(wanted, column)
  assert.equal("text", column:type())
  assert.equal(#wanted, #column)
  for i, got in ipairs(column:to_table()) do
    if got == mb.null then got = NULL end
    assert.equal(wanted[i], got)
  end
end

-- Rows of any kind: empty, with zeros, not UTF-8, missing, often the same.
local odd = { "", "a", "a\0b", "\xff\xfe", NULL, "grün", ("x"):rep(300), " ", NULL, "\n" }

local function many(n)
  local list = {}
  for i = 1, n do list[i] = i % 7 == 3 and NULL or odd[i * i % #odd + 1] end
  return list
end

describe("text", function()
  it("is made of tables, with rows that are missing", function()
    for _, n in ipairs { 0, 1, 2, 10, 5000 } do
      local list = many(n)
      local column = mb.column(rows_of(list), "text")
      assert_rows(list, column)
      local missing = 0
      for _, value in ipairs(list) do missing = missing + (value == NULL and 1 or 0) end
      assert.equal(missing, column:is_missing():sum())
    end
    assert_rows({ NULL, NULL }, mb.column({ mb.null, mb.null }, "text"))
    helper.assert_raises("row 2 is a number", mb.column, { "a", 1 })
    helper.assert_raises("row 1 is a number", mb.column, { 1 }, "text")
  end)

  it("is one string in mb.full", function()
    for _, value in ipairs { "", "web", "a\0b", "\xff" } do
      assert_rows({ value, value, value }, mb.full(3, value))
    end
    assert.equal(0, #mb.full(0, "web"))
    assert.equal(1000000, mb.full(1000000, "web"):eq("web"):sum())
    assert_rows({ "web", "x" }, mb.concat { mb.full(1, "web"), mb.column { "x" } })
  end)

  it("is chosen by the numbers that choose", function()
    local list = { "a", "", "c\0", "\xff", "a" }
    local numbers = mb.choice(mb.range(1, 5), 1000, { seed = 11 }):to_table()
    local wanted = {}
    for i, number in ipairs(numbers) do wanted[i] = list[number] end
    assert_rows(wanted, mb.choice(list, 1000, { seed = 11 }))
    assert_rows(wanted, mb.choice(mb.column(list), 1000, { seed = 11 }))
  end)

  it("fills what is missing", function()
    local list, filled, beside = many(3000), {}, {}
    for i, value in ipairs(list) do
      filled[i] = value == NULL and "none" or value
      beside[i] = value == NULL and "row " .. i or value
    end
    local column = mb.column(rows_of(list), "text")
    assert_rows(filled, column:fill "none")
    local others = {}
    for i = 1, #list do others[i] = "row " .. i end
    assert_rows(beside, column:fill(mb.column(others)))
    assert_rows(filled, mb.column(filled):fill "other")
    helper.assert_raises("text", column.fill, column, 1)
  end)

  it("comes and goes in the rows of frames", function()
    local list = many(500)
    local frame = mb.frame { { "t", mb.column(rows_of(list), "text") }, { "n", mb.range(1, 500) } }
    for i, row in ipairs { frame:row(3), frame:row(-1) } do
      assert.equal(i == 1 and 3 or 500, row.n)
    end
    assert_rows(list, frame.t)
    local found = frame:where(frame.t:eq "a\0b")
    local wanted = {}
    for i, value in ipairs(list) do if value == "a\0b" then wanted[#wanted + 1] = i end end
    assert.same(wanted, found.n:to_table())
  end)
end)
