-- Functions of text by patterns and separators, against Python's re and str, by tables that it
-- makes; and strings put together.
local helper = require "spec.helper"
local mb = require "moonbear"
local text_tables = require "spec.text_tables"

local raises = helper.assert_raises

local value_of <const> = text_tables.value_of

local function list_of(text, separator)
  local list = {}
  for word in (text .. separator):gmatch("(.-)%" .. separator) do list[#list + 1] = word end
  return list
end

local function values_of(words)
  local list = {}
  for i, word in ipairs(words) do list[i] = value_of(word) end
  return list
end

-- What a case gives of a row: a value, several columns, or pieces as rows.
local values = {
  search = function(c, p) return c:search(p) end,
  match = function(c, p) return c:match(p) end,
  fullmatch = function(c, p) return c:fullmatch(p) end,
  ["replace"] = function(c, p, t) return c:replace(p, t) end,
  ["replace once"] = function(c, p, t) return c:replace(p, t, { n = 1 }) end,
  ["replace regex"] = function(c, p, t) return c:replace(p, t, { regex = true }) end,
  ["replace regex twice"] = function(c, p, t) return c:replace(p, t, { regex = true, n = 2 }) end,
}
local several = {
  extract = function(c, p) return c:extract(p) end,
  columns = function(c, s) return c:split(s, { columns = 3 }) end,
  partition = function(c, s) return c:partition(s) end,
  ["partition second"] = function(c, s) return c:partition(s, { n = 2 }) end,
  ["partition right"] = function(c, s) return c:partition(s, { right = true }) end,
  ["partition second right"] = function(c, s) return c:partition(s, { n = 2, right = true }) end,
}
local long = {
  find_all = function(c, p) return c:find_all(p) end,
  split = function(c, s) return c:split(s) end,
  ["split twice"] = function(c, s) return c:split(s, { n = 2 }) end,
  ["split space"] = function(c) return c:split() end,
  ["split space once"] = function(c) return c:split(nil, { n = 1 }) end,
  ["split regex"] = function(c, p) return c:split(p, { regex = true }) end,
  ["split regex once"] = function(c, p) return c:split(p, { regex = true, n = 1 }) end,
}

local function check_values(column, words, what)
  for i, value in ipairs(column:to_table()) do
    if value ~= value_of(words[i]) then
      error(("%s, row %d: %q expected, got %q"):format(what, i, tostring(value_of(words[i])),
        tostring(value)))
    end
  end
  assert.equal(#words, #column, what)
end

local function check_several(columns, words, what)
  local lists = {}
  for i, word in ipairs(words) do
    local list = word == "-" and {} or list_of(word, ",")
    for k = 1, #columns do
      lists[k] = lists[k] or {}
      lists[k][i] = list[k] or "-"
    end
    assert.is_true(#list == 0 or #list == #columns, what)
  end
  for k, column in ipairs(columns) do check_values(column, lists[k], what .. ", " .. k) end
end

local function check_long(pieces, rows, words, what)
  local expected, of = {}, {}
  for i, word in ipairs(words) do
    for _, piece in ipairs(word == "-" and {} or word == "" and {} or list_of(word, ",")) do
      expected[#expected + 1], of[#of + 1] = piece, i
    end
  end
  check_values(pieces, expected, what)
  assert.same(of, rows:to_table(), what)
end

describe("patterns", function()
  it("find what Python's re and str find", function()
    local lines = list_of(text_tables.output("patterns", 7):gsub("\n$", ""), "\n")
    local column, tried
    local function try(name, words)
      local given = table.remove(words, 1)
      local arguments = given == "" and {} or values_of(list_of(given, "|"))
      local what = name .. " " .. table.concat(arguments, " ")
      if name == "rows" then
        column, tried = mb.column(values_of(words), "text"), {}
      elseif values[name] then
        check_values(values[name](column, table.unpack(arguments)), words, what)
      elseif several[name] then
        check_several({ several[name](column, table.unpack(arguments)) }, words, what)
      else
        local pieces, rows = assert(long[name], name)(column, table.unpack(arguments))
        check_long(pieces, rows, words, what)
      end
      tried[name] = true
    end
    for i, line in ipairs(lines) do -- not all again on several ranks, where each takes longer
      local words = list_of(line, "\t")
      local name = table.remove(words, 1)
      if i == 1 or mb.size() == 1 or i % 5 == 0 or not tried[name] then try(name, words) end
    end
    for _, list in ipairs { values, several, long } do
      for name in pairs(list) do assert.truthy(tried[name], name) end
    end
  end)

  it("have bytes that are no UTF-8 match nothing, and stay", function()
    local c = mb.column({ "a\xffb", "\xff", "\xe2\x82", "ab", "é\xffé" }, "text")
    assert.same({ true, false, false, true, false }, c:search "[ab]":to_table())
    assert.same({ false, false, false, true, false }, c:search "ab":to_table())
    assert.same({ false, false, false, true, false }, c:fullmatch ".*":to_table())
    assert.same({ "-\xff-", "\xff", "\xe2\x82", "--", "-\xff-" },
      c:replace(".", "-", { regex = true }):to_table())
    assert.same({ "a-b", "-", "\xe2\x82", "ab", "é-é" }, c:replace("\xff", "-"):to_table())
    assert.same({ "a", "b", "", "", "\xe2\x82", "ab", "é", "é" }, (c:split "\xff"):to_table())
    local zero = mb.column({ "a\0b" }, "text")
    assert.same({ true }, zero:search "\0b":to_table())
    assert.same({ "a", "b" }, (zero:split "\0"):to_table())
  end)

  it("tell empty strings from missing ones", function()
    local c = mb.column({ "", mb.null, "," }, "text")
    local pieces, rows = c:split ","
    assert.same({ { "", "", "" }, { 1, 3, 3 } }, { pieces:to_table(), rows:to_table() })
    local first, second = c:partition ","
    assert.same({ { "", mb.null, "" }, { mb.null, mb.null, "" } },
      { first:to_table(), second:to_table() })
    assert.same({ "", mb.null, mb.null }, (c:extract "^()$"):to_table())
    assert.same({}, (mb.column({}, "text"):find_all "."):to_table())
    assert.same({}, (mb.column({ mb.null, mb.null }, "text"):split()):to_table())
  end)

  it("that do not compile are refused, with the place", function()
    local c = mb.column({ "a" }, "text")
    raises("the pattern '(a' does not compile: missing closing parenthesis, at byte 3", c.search, c, "(a")
    raises("extract: the pattern '[' does not compile: missing terminating ] for character class",
      c.extract, c, "[")
    raises([[the pattern "a\xFF" does not compile: UTF-8 error]], c.match, c, "a\xff")
    raises([[the pattern "\x00(" does not compile: missing closing parenthesis, at byte 3]], c.match, c, "\0(")
    raises("the pattern '(" .. ("é"):rep(29) .. "…' does not compile", c.match, c, "(" .. ("é"):rep(80))
    raises("extract: the pattern has no groups", c.extract, c, "a")
    raises("the replacement has '\\2', and the pattern 1 group", c.replace, c, "(a)", "\\2", { regex = true })
    raises("the replacement has '\\g<b>', and the pattern 1 group, none of this name", c.replace, c,
      "(?<a>a)", "\\g<b>", { regex = true })
    raises("the replacement has '\\q'", c.replace, c, "a", "\\q", { regex = true })
    raises("the replacement has '\\'", c.replace, c, "a", "a\\", { regex = true })
    assert.same({ "\\2" }, c:replace("a", "\\2"):to_table())
  end)

  it("that take too long are refused, with the row, unless no row has such a string", function()
    local slow = ("a"):rep(40) .. "b"
    local rows = {}
    for i = 1, 50 do rows[i] = "x" .. i end
    rows[33], rows[44] = slow, slow
    local c = mb.column(rows, "text")
    local said = "row 33 needs more than 10000000 steps of the pattern '(a+)+$' (the match limit)"
    raises(said, c.search, c, "(a+)+$")
    raises(said, c.replace, c, "(a+)+$", "", { regex = true })
    raises(said, c.find_all, c, "(a+)+$")
    raises(said, c.split, c, "(a+)+$", { regex = true })
    raises(said, c.extract, c, "(a+)+$")
    local others = c[c:ne(slow)]
    assert.is_false(others:search "(a+)+$":any())
    assert.equal(48, #others:split("(a+)+$", { regex = true }))
    assert.is_true(c:search "a+b":any())
  end)

  it("that fail are refused, with the row and what PCRE2 says", function()
    local c = mb.column({ "", mb.null, "b", "ab" }, "text")
    local said = "the pattern '(?R)?ab' fails in row 4: nested recursion at the same subject position"
    raises(said, c.search, c, "(?R)?ab")
    raises(said, c.find_all, c, "(?R)?ab")
    raises("in row 3: nested recursion", c.replace, c:slice(2), "(?R)?ab", "", { regex = true })
    local many = mb.range(1, 2000):as "text"
    raises("'(?R)?1' fails for more than 64 strings, such as \"1", many.search, many, "(?R)?1")
  end)

  it("go through long strings", function()
    local long_string = ("ab "):rep(1 << 18)
    local c = mb.column({ long_string, "b" }, "text")
    local pieces, of = c:find_all "a(?=b)"
    assert.equal(1 << 18, #pieces)
    assert.equal(1, of:max())
    assert.equal((1 << 18) + 1, #c:split())
    assert.same({ 1 << 19, 1 }, c:replace(" ", ""):len():to_table())
    assert.same({ true, false }, c:fullmatch "(?:ab )*+":to_table())
    assert.same({ true, false }, c:search "(?:(a)(b) )+$":to_table())
  end)
end)

describe("strings", function()
  it("are put together by .., row by row", function()
    local rows, random = {}, helper.random(3)
    local words = { "", "a", "\xff", "é", mb.null, "host-17", "b\0c" }
    for c = 1, 2 do
      rows[c] = {}
      for i = 1, 500 do rows[c][i] = words[random(1, #words)] end
    end
    local a, b = mb.column(rows[1], "text"), mb.column(rows[2], "text")
    local joined, around, three = {}, {}, {}
    for i = 1, 500 do
      local x, y = rows[1][i], rows[2][i]
      local whole = x ~= mb.null and y ~= mb.null
      joined[i] = whole and x .. y or mb.null
      three[i] = whole and x .. ", " .. y .. ", " .. x or mb.null
      around[i] = x ~= mb.null and "<" .. x .. 5 or mb.null
    end
    assert.same(joined, (a .. b):to_table())
    assert.same(around, ("<" .. a .. 5):to_table())
    assert.same(three, mb.join_text({ a, b, a }, ", "):to_table())
    assert.same(rows[1], mb.join_text({ a }, "-"):to_table())
    local mask = b:ne "a"
    assert.same((a .. b)[mask]:to_table(), (a[mask] .. b[mask]):to_table())
    assert.same((a .. b):reverse():to_table(), (a:reverse() .. b:reverse()):to_table())
    assert.same({}, (mb.column({}, "text") .. mb.column({}, "text")):to_table())
  end)

  it("of which there are many are put together and cut, wherever their rows lie", function()
    local n <const> = 9000
    local numbers = mb.random(n, { high = 1 << 50, seed = 5 })
    local function spread(column) return column:as "text":as("text", { dictionary = false }) end
    local c, d = spread(numbers), spread(numbers * 3)
    assert.equal("plain", c:info().storage)
    local order = mb.random(n, { low = 1, high = n, seed = 6 })
    local x, y = numbers:to_table(), (numbers * 3):to_table()
    local at = order:to_table()
    local function check(made, f)
      local rows = made:to_table()
      for i = 1, n do
        if rows[i] ~= f(x[at[i]], y[at[i]], x[i]) then
          error(("row %d: %s, got %s"):format(i, f(x[at[i]], y[at[i]], x[i]), rows[i]))
        end
      end
    end
    local cc, dd = c[order], d[order]
    check(cc .. dd, function(a, b) return a .. b end)
    check(mb.join_text({ cc, c, dd, mb.full(n, 7):as "text" }, "-"), function(a, b, first)
      return a .. "-" .. first .. "-" .. b .. "-7"
    end)
    check("<" .. dd .. ">", function(_, b) return "<" .. b .. ">" end)
    check(cc:reverse_text(), function(a) return tostring(a):reverse() end)
    check(cc:replace("[0-3]", "_", { regex = true }), function(a) return (tostring(a):gsub("[0-3]", "_")) end)
    check(cc:search "77", function(a) return tostring(a):find "77" ~= nil end)
    local first, last = cc:extract "^(.)(?:.*(.))?$"
    check(first, function(a) return tostring(a):sub(1, 1) end)
    check(last, function(a) return a > 9 and tostring(a):sub(-1) or mb.null end)
    local pieces, rows = cc:split "7"
    local expected, of = {}, {}
    for i = 1, n do
      for piece in (x[at[i]] .. "7"):gmatch "(.-)7" do
        expected[#expected + 1], of[#of + 1] = piece, i
      end
    end
    assert.same(of, rows:to_table())
    assert.same(expected, pieces:to_table())
  end)

  it("are refused beside what is no text", function()
    local c = mb.column({ "a", "b" }, "text")
    raises(".. joins text, not an int column; cast it by :as(\"text\")", function() return c .. c:len() end)
    raises(".. joins text, not a float column", function() return mb.column { 0.5 } .. "x" end)
    raises("not mb.null; c:fill(s)", function() return c .. mb.null end)
    raises("not a table", function() return {} .. c end)
    raises("not a nil", function() return c .. nil end)
    raises("the lengths differ", function() return c .. mb.column({ "a" }, "text") end)
    raises("join_text: column 2 is an int column", mb.join_text, { c, c:len() }, "")
    raises("split: the separator is empty", c.split, c, "")
    raises("partition: the separator is empty", c.partition, c, "")
    raises("n is below 1", c.partition, c, "a", { n = 0 })
    raises("columns is below 1", c.split, c, "a", { columns = 0 })
    raises("1000 is the most", c.split, c, "a", { columns = 1001 })
    raises("n is below 0", c.replace, c, "a", "b", { n = -1 })
    raises("{regex = true} needs a pattern", c.split, c, nil, { regex = true })
  end)
end)
