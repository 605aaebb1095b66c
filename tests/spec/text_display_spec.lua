-- How text is shown: in quotes, as Lua would write it, cut to cells of a terminal.
local core = require("moonbear").core
local helper = require "spec.helper"
local frame_text = require "moonbear.frame.text"
local mb = require "moonbear"
local show = require "moonbear.session.show"

local NULL <const> = mb.null

local CELLS <const> = 40 -- of a column

-- Characters with the marks upon them, and the cells that they take.
local clusters = {
  { "a", 1 }, { "Z", 1 }, { " ", 1 }, { "é", 1 }, { "e\u{301}", 1 }, { "日", 2 }, { "한", 2 }, { "ａ", 2 },
  { "😀", 2 }, { "q\u{323}\u{307}", 1 }, { "ж", 1 }, { "א", 1 }, { "\u{1F468}\u{200D}\u{1F469}", 4 },
  { "👍\u{1F3FD}", 4 }, { "\n", 2, "\\n" }, { '"', 2, '\\"' }, { "\\", 2, "\\\\" }, { "\0", 4, "\\x00" },
  { "\x1b", 4, "\\x1B" }, { "\x7f", 4, "\\x7F" }, { "\xff", 4, "\\xFF" }, { "\xc0", 4, "\\xC0" },
  { "\u{85}", 6, "\\u{85}" }, { "\u{200B}", 8, "\\u{200B}" }, { "\u{202E}", 8, "\\u{202E}" },
  { "\u{1F1E9}\u{1F1EA}", 2 }, { "\u{E000}", 8, "\\u{E000}" },
}

local function random_clusters(random, most)
  local list = {}
  for i = 1, random(0, most) do list[i] = clusters[random(1, #clusters)] end
  return list
end

local function text_of(list)
  local parts = {}
  for i, cluster in ipairs(list) do parts[i] = cluster[1] end
  return table.concat(parts)
end

-- What a column shows: as many clusters as fit, with an ellipsis where these are not all.
local function shown_of(list)
  local parts, cells = {}, 0
  for i, cluster in ipairs(list) do
    cells = cells + cluster[2]
    parts[i] = cluster[3] or cluster[1]
  end
  if cells + 2 <= CELLS then return '"' .. table.concat(parts) .. '"' end
  local kept, used = {}, 2
  for i, cluster in ipairs(list) do
    used = used + cluster[2]
    if used + 1 > CELLS then break end
    kept[i] = parts[i]
  end
  return '"' .. table.concat(kept) .. '…"'
end

describe("a text column shows", function()
  it("its rows in quotes", function()
    assert.equal('array(["a", "", null, "null"])', tostring(mb.column { "a", "", NULL, "null" }))
    assert.equal("array([])", tostring(mb.column({}, "text")))
    assert.equal('array(["tab\\there", "\\"it\'s\\"", "C:\\\\x"])',
      tostring(mb.column { "tab\there", "\"it's\"", "C:\\x" }))
    assert.equal('array(["zoë", "日本", "bad\\xFF\\x00"])', tostring(mb.column { "zoë", "日本", "bad\xff\0" }))
  end)

  it("as much of a row as there are cells", function()
    local random, texts, expected = helper.random(3), {}, {}
    for i = 1, 400 do
      local list = random_clusters(random, 45)
      texts[i], expected[i] = text_of(list), shown_of(list)
    end
    local got = core.texts(mb.column(texts))
    for i = 1, #texts do
      assert.equal(expected[i], got[i])
      assert.truthy(core.cells(got[i]) <= CELLS)
      assert.truthy(utf8.len(got[i]), "a character is cut")
    end
  end)

  it("rows of exactly the cells that there are", function()
    for n = CELLS - 4, CELLS do
      local text = ("x"):rep(n)
      local expected = n + 2 <= CELLS and text or ("x"):rep(CELLS - 3) .. "…"
      assert.same({ '"' .. expected .. '"' }, (core.texts(mb.column { text })))
    end
    local wide = ("日"):rep(CELLS // 2)
    assert.same({ '"' .. ("日"):rep(18) .. '…"' }, (core.texts(mb.column { wide })))
    assert.same({ '"' .. ("日"):rep(19) .. '"' }, (core.texts(mb.column { ("日"):rep(19) })))
    assert.same({ '"' .. ("e\u{301}"):rep(38) .. '"' }, (core.texts(mb.column { ("e\u{301}"):rep(38) })))
    assert.same({ '"' .. ("e\u{301}"):rep(37) .. '…"' }, (core.texts(mb.column { ("e\u{301}"):rep(39) })))
    assert.same({ '"…"' }, (core.texts(mb.column { "e" .. ("\u{301}"):rep(1000) })))
  end)

  it("no more of a long row than that", function()
    local c = mb.column { ("x"):rep(1 << 20), ("日"):rep(1 << 18), "short" }
    local f = mb.frame { { "c", c }, { "n", mb.range(1, 3) } }
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    for _ = 1, 10 do
      assert.truthy(#tostring(c) < 200)
      assert.truthy(#tostring(f) < 400)
      assert.truthy(#show.html(f) < 1200)
    end
    local more = collectgarbage "count" - before
    collectgarbage "restart"
    assert.truthy(more < 512, more .. " KB")
  end)

  it("words from the left, numbers to the right", function()
    local f = mb.frame { { "host", mb.column { "a", "日本語", NULL } }, { "n", mb.column { 1, 22, 333 } },
      { "user", mb.column { "xyz", "", "e\u{301}" } } }
    assert.equal(table.concat({
      "   host        n  user",
      "   text      int  text",
      '1  "a"         1  "xyz"',
      '2  "日本語"   22  ""',
      '3  null      333  "e\u{301}"',
      "3 rows, 3 columns",
    }, "\n"), tostring(f))
  end)

  it("in terminals that are narrower than it", function()
    local rows = { ("x"):rep(50), ("日本"):rep(20), "short", ("\27[31m"):rep(9), ("e\u{301}"):rep(60), NULL, "\xff…" }
    local c = mb.column(rows)
    local f = mb.frame { { "host", c }, { "n", mb.range(1, #c) }, { "user", c } }
    for _, width in ipairs { 20, 24, 30, 33 } do
      for line in frame_text.of_frame(f, width):gmatch "[^\n]+" do
        if not line:find "columns" then assert(core.cells(line) <= width, line) end
      end
    end
    assert.equal(table.concat({
      "   host",
      "   text",
      '1  "xxxxxxxxxxx…"',
      '2  "日本日本日…"',
      '3  "short"',
      '4  "\\x1B[31m…"',
      '5  "' .. ("e\u{301}"):rep(11) .. '…"',
      "6  null",
      '7  "\\xFF…"',
      "7 rows, 1 column",
    }, "\n"), frame_text.of_frame(mb.frame { { "host", c } }, 17))
  end)

  it("in the middle of a long frame", function()
    local texts = {}
    for i = 1, 30 do texts[i] = ("host%d"):format(i) end
    local lines = {}
    for line in tostring(mb.frame { { "h", mb.column(texts) } }):gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal('  5  "host5"', lines[7])
    assert.equal("...  ...", lines[8])
    assert.equal(' 26  "host26"', lines[9])
  end)

  it("itself in notebooks", function()
    local html = show.html(mb.frame { { "host", mb.column { "<a>&b", NULL } }, { "n", mb.column { 1, 2 } } })
    local left = ' style="text-align: left; white-space: pre"'
    assert.truthy(html:find("<th" .. left .. ">host</th><th>n</th>", 1, true), html)
    assert.truthy(html:find("<th" .. left .. ">text</th><th>int</th>", 1, true), html)
    assert.truthy(html:find("<td" .. left .. ">&quot;&lt;a&gt;&amp;b&quot;</td><td>1</td>", 1, true), html)
    assert.truthy(html:find("<td" .. left .. ">null</td><td>2</td>", 1, true), html)
    assert.truthy(show.html(mb.column { "x" }):find("&quot;x&quot;", 1, true))
  end)

  it("itself below each other", function()
    local printed, old = {}, print
    rawset(_G, "print", function(text) printed[#printed + 1] = text end)
    local ok, message = pcall(function() mb.column({ "a", "日" }):show() end)
    rawset(_G, "print", old)
    assert(ok, message)
    assert.equal('   text\n1  "a"\n2  "日"\n2 rows', printed[1])
  end)
end)

describe("a string is quoted", function()
  it("so that Lua reads it back", helper.once(function()
    local random = helper.random(9)
    for _ = 1, 1000 do
      local text = text_of(random_clusters(random, 30))
      if random(0, 1) == 0 then
        local bytes = {}
        for i = 1, random(0, 40) do bytes[i] = string.char(random(0, 255)) end
        text = table.concat(bytes)
      end
      local quoted = core.quoted(text)
      assert.equal(text, load("return " .. quoted)())
      assert.truthy(utf8.len(quoted), "it is no UTF-8")
      assert.is_nil(quoted:find "%c")
    end
  end))

  it("in tables, too", function()
    assert.equal('{"a", "日\\n\\xFF"}', show.text(80, { "a", "日\n\xff" }))
    assert.equal([["\xE6\x97\xC0\x80\xED\xA0\x80"]], core.quoted "\xe6\x97\xc0\x80\xed\xa0\x80")
    assert.equal('{["a b"] = "\\"x\\""}', show.text(80, { ["a b"] = '"x"' }))
  end)

  -- Python has another library for Unicode's tables.
  it("by what Python says is printable and wide", helper.once(function()
    local answers = helper.python_output [[
import random, unicodedata
random.seed(4)
for code in list(range(0x20, 0x500)) + random.sample(range(0x500, 0x30000), 6000):
    c = chr(code)
    category = unicodedata.category(c)
    if category in ('Cn', 'Cs'): continue
    width = -1 # where terminals differ
    if category in ('Mn', 'Me') and not unicodedata.decomposition(c): width = 0
    if category[0] in 'LN': width = 2 if unicodedata.east_asian_width(c) in 'WF' else 1
    if 0x1160 <= code < 0x1200 or 0xd7b0 <= code < 0xd800 or code in (0x1734, 0x115f): width = -1 # parts of syllables
    print(code, int(c.isprintable()), width)
]]
    local n = 0
    for code, printable, width in answers:gmatch "(%d+) (%d) (%-?%d)" do
      local c = utf8.char(math.tointeger(code))
      local plain = '"' .. c .. '"'
      if c ~= '"' and c ~= "\\" and c ~= "\u{200C}" and c ~= "\u{200D}" then
        assert.equal(printable == "1", core.quoted(c) == plain, ("U+%04X"):format(code))
      end
      if width ~= "-1" then assert.equal(math.tointeger(width), core.cells(c), ("U+%04X"):format(code)) end
      n = n + 1
    end
    assert.truthy(n > 3000)
  end))
end)
