-- Functions of text by its characters, against Python's str, by tables that it makes.
local helper = require "spec.helper"
local mb = require "moonbear"
local text_tables = require "spec.text_tables"

local unhex <const>, value_of <const> = text_tables.unhex, text_tables.value_of

-- {name: list of results}, with the names in order.
local function read_table(text)
  local made, names = {}, {}
  for line in text:gmatch "[^\n]+" do
    local name, rest = line:match "^([^\t]*)\t?(.*)$"
    made[name], names[#names + 1] = {}, name
    for word in rest:gmatch "[^\t]+" do table.insert(made[name], value_of(word)) end
  end
  return made, names
end

local cases = {
  ["strip of"] = function(c) return c:strip "x\u{e9} \xff" end,
  ["lstrip of"] = function(c) return c:lstrip "aA" end,
  ["rstrip of"] = function(c) return c:rstrip "\u{e9}x" end,
  ["strip of none"] = function(c) return c:strip "" end,
  ["pad"] = function(c) return c:pad(9) end,
  ["pad right"] = function(c) return c:pad(7, { side = "right", fill = "\u{e9}" }) end,
  ["pad both"] = function(c) return c:pad(8, { side = "both", fill = "*" }) end,
  ["pad both odd"] = function(c) return c:pad(7, { side = "both", fill = "*" }) end,
  ["repeat"] = function(c) return c:repeat_text(3) end,
  ["repeat none"] = function(c) return c:repeat_text(0) end,
  ["reverse"] = function(c) return c:reverse_text() end,
  ["slice"] = function(c) return c:slice_text(2, 4) end,
  ["slice end"] = function(c) return c:slice_text(-3) end,
  ["slice step"] = function(c) return c:slice_text(1, -1, 2) end,
  ["slice back"] = function(c) return c:slice_text(-1, 1, -2) end,
  ["slice outside"] = function(c) return c:slice_text(11) end,
  ["slice middle"] = function(c) return c:slice_text(2, -2) end,
}
for name in ([[ulen strip lstrip rstrip isempty isalpha isalnum isdigit isspace islower isupper istitle
  isascii lower upper title]]):gmatch "%S+" do
  cases[name] = function(c) return c[name](c) end
end

local function assert_rows(expected, column, rows, name)
  local got = column:to_table()
  assert.equal(#expected, #got, name)
  for i, value in ipairs(expected) do
    if value ~= got[i] then
      error(("%s of %q: %q expected, got %q"):format(name, tostring(rows[i]), tostring(value),
        tostring(got[i])))
    end
  end
end

describe("functions of text", function()
  it("give what Python's str gives", function()
    for seed = 1, 3 do
      local tables, names = read_table(text_tables.output("strings", seed))
      local rows = tables.rows
      local c = mb.column(rows, "text")
      for i = 2, #names do
        local f = assert(cases[names[i]], names[i])
        assert_rows(tables[names[i]], f(c), rows, names[i])
      end
      for name in pairs(cases) do assert.truthy(tables[name], name) end
    end
  end)

  it("keep rows in their places, and take filtered ones", function()
    local c = mb.column({ "b ", mb.null, "A", "é", "b " }, "text")
    local kept = c[c:ne "A"]
    assert.same({ "B ", "É", "B " }, kept:upper():to_table())
    assert.same({ "b", "é", "b" }, kept:strip():to_table())
    assert.same({ 2, 1, 2 }, kept:ulen():to_table())
    assert.same({ mb.null, true }, c:slice(2, 3):isalpha():to_table())
    assert.same({}, mb.column({}, "text"):title():to_table())
    assert.same({ mb.null, mb.null },
      mb.column({ mb.null, mb.null }, "text"):repeat_text(7):to_table())
  end)

  it("code names of hosts as IDNA does", function()
    local tables = read_table(text_tables.output "hosts")
    local c = mb.column(tables.names, "text")
    assert.same(tables.encoded, c:encode():to_table())
    assert.same(tables.names, c:encode():decode "idna":to_table())
    local odd = mb.column({ "BÜCHER.example", "faß.de", "", mb.null, "_dmarc.x.de", "日本語。JP", "x.y." }, "text")
    assert.same({ "xn--bcher-kva.example", "xn--fa-hia.de", "", mb.null, "_dmarc.x.de",
      "xn--wgv71a119e.jp", "x.y." }, odd:encode():to_table())
    local none = mb.column({ "a.de", "a\0b", "x\xff", ("a"):rep(64), ("a."):rep(1000), "☃.net" }, "text")
    helper.assert_raises([[row 2 is "a\x00b", no name of hosts by IDNA]], none.encode, none)
    helper.assert_raises([[row 2 is "a\x00b", no name of hosts by IDNA]], none.decode, none, "idna")
    assert.same({ "a.de", mb.null, mb.null, mb.null, mb.null, mb.null },
      none:encode("idna", { errors = "missing" }):to_table())
    assert.same({ "a.de" }, none[none:eq "a.de"]:encode():to_table())
    helper.assert_raises("'idna', the only encoding, expected, got the string 'ascii'", c.encode, c, "ascii")
    helper.assert_raises("'raise' or 'missing' expected", c.encode, c, nil, { errors = 5 })
  end)

  it("refuse what makes no sense", function()
    local c = mb.column({ "a", "bc" }, "text")
    local raises = helper.assert_raises
    raises("n is below 0", c.repeat_text, c, -1)
    raises("repeat_text", c.repeat_text, c, math.maxinteger)
    raises("the step is 0", c.slice_text, c, 1, 2, 0)
    raises("bad option 'fill' of 'pad' (one character expected, got 'ab')", c.pad, c, 5, { fill = "ab" })
    raises("bad option 'fill' of 'pad' (one character expected, got '')", c.pad, c, 5, { fill = "" })
    raises("'left', 'right' or 'both' expected, got the string 'up'", c.pad, c, 5, { side = "up" })
    raises("text column expected, got an int column", c.lower, mb.column { 1 })
  end)
end)

describe("characters", helper.once(function()
  local lines = {}
  for line in text_tables.output("characters"):gmatch "[^\n]+" do
    local name, rest = line:match "^(%S+) ?(.*)$"
    lines[name] = rest
  end

  local function each_code(name, f)
    for first, last in lines[name]:gmatch "(%d+)-(%d+)" do
      for code = tonumber(first), tonumber(last) do f(code) end
    end
  end

  local codes, rows = {}, {}
  each_code("assigned", function(code)
    codes[#codes + 1], rows[#rows + 1] = code, utf8.char(code)
  end)
  local c = mb.column(rows, "text")

  local function assert_same(expected, got, name)
    for i, value in ipairs(got) do
      if value ~= expected[i] then
        error(("%s of U+%04X: %s expected"):format(name, codes[i], tostring(expected[i])))
      end
    end
  end

  for name in ("isalpha isalnum isdigit isspace islower isupper istitle isascii"):gmatch "%S+" do
    it("are " .. name .. " as Python's, each that is assigned", function()
      local is, expected = {}, {}
      each_code(name, function(code) is[code] = true end)
      for i, code in ipairs(codes) do expected[i] = is[code] or false end
      assert_same(expected, c[name](c):to_table(), name)
    end)
  end

  for name in ("lower upper title"):gmatch "%S+" do
    it("have the " .. name .. " case of Python's, each that is assigned", function()
      local made, expected = {}, {}
      for code, hex in lines[name]:gmatch "(%d+):(%x+)" do made[tonumber(code)] = unhex(hex) end
      for i, code in ipairs(codes) do expected[i] = made[code] or rows[i] end
      assert_same(expected, c[name](c):to_table(), name)
    end)
  end
end))
