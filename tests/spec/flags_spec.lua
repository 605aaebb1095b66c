-- Columns of flags, beside plain Lua.
local helper = require "spec.helper"
local mb = require "moonbear"

local assert_raises, rows_of = helper.assert_raises, helper.rows_of
local LETTERS <const> = "FSRPAUEC"

-- What flags print as, of letters.
local function text_of(word)
  local list, beyond = {}, word & ~0xff
  for bit = 7, 0, -1 do
    list[#list + 1] = word >> bit & 1 == 1 and LETTERS:sub(bit + 1, bit + 1) or "."
  end
  return table.concat(list) .. (beyond ~= 0 and ("+0x%x"):format(beyond) or "")
end

local random = helper.random(3)
local words = {}
for i = 1, 400 do
  words[i] = i % 11 == 0 and mb.null or i % 37 == 0 and random(0, 1 << 20) or random(0, 255)
end

-- What a function makes of each row; missing ones stay.
local function each(f)
  local list = {}
  for i, word in ipairs(words) do
    if word == mb.null then list[i] = "null" else list[i] = f(word) end
  end
  return list
end

local flags = mb.flags(mb.column(words), LETTERS)

describe("flags", function()
  it("print as letters, and are read from them", function()
    assert.equal("flags", flags:type())
    local texts = flags:as "text"
    assert.same(each(text_of), rows_of(texts))
    assert.same(each(function(w) return w end), rows_of(texts:as "flags"))
    assert.same(each(function(w) return w end), rows_of(mb.flags(texts)))
    assert.same({ 18, 18, 18, 18, 0, 0x112 },
      rows_of(mb.flags(mb.column { "SA", "...A..S.", " 18 ", "0x12", ".", "A+0x102" })))
    local bad = mb.column { "S", "SX", "" }
    assert_raises([[row 2 is "SX", no flags]], mb.flags, bad)
    assert.same({ 2, "null", "null" }, rows_of(bad:as("flags", { errors = "missing" })))
    assert.same({ 2, 4, 4 }, rows_of(bad:as("flags", { errors = "R" })))
  end)

  it("have words for names", function()
    local named = mb.flags(mb.column { 0, 1, 6, 9 }, { "SYN", "ACK", "FIN" })
    assert.equal("array([-, SYN, ACK|FIN, SYN+0x8])", tostring(named))
    assert.same({ 0, 1, 6, 9 }, rows_of(mb.flags(named:as "text", { "SYN", "ACK", "FIN" })))
    assert.same({ 3 }, rows_of(mb.flags(mb.column { "ACK,SYN" }, { "SYN", "ACK", "FIN" })))
    assert.same({ false, false, true, false }, rows_of(named:has "ACK|FIN"))
    assert.same({ false, true, false, false }, rows_of(named:eq "SYN"))
  end)

  it("are tested", function()
    for text, mask in pairs { S = 2, SA = 18, [".AP..F"] = 25, ["."] = 0, ["0x81"] = 0x81 } do
      local all = each(function(w) return w & mask == mask end)
      assert.same(all, rows_of(flags:has(text)), text)
      assert.same(all, rows_of(flags:all_of(mask)), text)
      assert.same(each(function(w) return w & mask ~= 0 end), rows_of(flags:any_of(text)), text)
      assert.same(each(function(w) return w == mask end), rows_of(flags:eq(text)), text)
    end
    local frame = mb.frame { { "flags", flags }, { "n", mb.range(1, #flags) } }
    assert.equal(flags:has "SA":sum(), #frame:where "flags:has('SA')")
    assert_raises("'Q' names no flags of the column, which has CEUAPRSF", flags.has, flags, "Q")
    assert_raises("names of flags, or an integer expected", flags.has, flags, 1.5)
    assert_raises("flags column expected", mb.range(1, 3).has, mb.range(1, 3), "S")
  end)

  it("stay flags where rows move and bits change", function()
    local list = {}
    for _, word in ipairs(words) do if word ~= mb.null then list[#list + 1] = word end end
    table.sort(list)
    local sorted = flags:sort()
    assert.equal("flags", sorted:type())
    assert.same(list, rows_of(sorted[mb.range(1, #list)]))
    for name, column in pairs {
      ["|"] = flags | 2, ["&"] = flags & "SA", ["~"] = flags ~ flags, where = mb.where(flags:has "S", flags, "A"),
      concat = mb.concat { flags, flags }, fill = flags:fill "S", unique = flags:unique(),
      max = mb.column({ "S" }, "flags"), gather = flags[mb.column { 1, 2 }], put = flags:put(flags:has "S", "R"),
      group = mb.group_by(flags):keys(), bit_or = mb.group_by(flags):bit_or(flags),
    } do
      assert.equal("flags", column:type(), name)
    end
    assert.same(each(function(w) return w | 2 end), rows_of(flags | 2))
    assert.same(each(function(w) return w & 18 end), rows_of(flags & "SA"))
    assert.equal(list[#list], flags:max())
    assert.same(each(function(w) return w end), rows_of(flags:as "int"))
  end)

  it("with the same names go together, and others do not", function()
    local c = mb.column { 1, 2 }
    local ab, again = mb.flags(c, "AB"), mb.flags(c, { "A", "B" })
    assert.same({ 1, 2, 1, 2 }, rows_of(mb.concat { ab, again }))
    assert.same({ true, true }, rows_of(ab:eq(again)))
    assert.same({ 1, 2 }, rows_of(mb.flags(ab, "BA")))
    local message = "flags whose names differ do not go together"
    assert_raises(message, mb.concat, { ab, mb.flags(c, "BA") })
    assert_raises(message, ab.isin, ab, mb.flags(c, "BA"))
    assert_raises("flags", ab.eq, ab, mb.flags(c, "BA"))
    assert_raises("flags", function() return ab | mb.flags(c, "BA") end)
  end)

  it("refuse what has no meaning", function()
    assert_raises("takes no flags columns", function() return flags + 1 end)
    assert_raises("takes no flags columns", flags.sum, flags)
    assert_raises("takes no flags columns", flags.mean, flags)
    assert_raises("int, uint or text column expected", mb.flags, mb.column { 1.5 })
    assert_raises("two flags are called 'F'", mb.flags, mb.column { 1 }, "FF")
    assert_raises("names no flag", mb.flags, mb.column { 1 }, "F.")
    assert_raises("1 to 64 names, not 0", mb.flags, mb.column { 1 }, "")
    assert_raises("1 to 64 names, not 65", mb.flags, mb.column { 1 }, ("x"):rep(65))
    assert_raises("at most 200 bytes", mb.flags, mb.column { 1 }, { ("x"):rep(201) })
    assert_raises("name 2 is a number", mb.flags, mb.column { 1 }, { "A", 2 })
    assert_raises("does not fit", function() return mb.flags(mb.column { -1 }):to_table() end)
    assert_raises("'Q' is no flags", flags.eq, flags, "Q")
  end)

  it("print in frames", function()
    local text = tostring(mb.frame { { "flags", mb.flags(mb.column { 18, 27 }) },
      { "own", mb.flags(mb.column { 1, 2 }, { "IN", "OUT" }) } })
    assert.truthy(text:find("1  ...A..S.     IN", 1, true), text)
    assert.truthy(text:find("2  ...AP.SF    OUT", 1, true), text)
  end)
end)
