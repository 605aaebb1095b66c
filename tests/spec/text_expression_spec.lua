-- Text in expression strings: literals, comparisons, lists and methods, against plain Lua.
local helper = require "spec.helper"
local mb = require "moonbear"

local NULL <const> = mb.null

-- Strings that are prefixes of others, empty, of other scripts, and no UTF-8.
local pool = { "", "a", "ab", "abc", "svc-1", "svc-", "svc", "é", "日本", "\0", "a\0b", "\xff", "it's", 'q"' }

local function rows_of(n, seed)
  local random, hosts, users, ports = helper.random(seed), {}, {}, {}
  for i = 1, n do
    local pick = random(0, #pool)
    hosts[i] = pick == 0 and NULL or pool[pick]
    users[i] = pool[random(1, #pool)]
    ports[i] = random(1, 5)
  end
  return hosts, users, ports
end

-- What f gives for each row, missing where the host is.
local function expected(hosts, users, ports, f)
  local rows = {}
  for i, host in ipairs(hosts) do
    rows[i] = NULL
    if host ~= NULL then
      local value = f(host, users[i], ports[i])
      if value ~= nil then rows[i] = value end
    end
  end
  return rows
end

local function starts(text, with) return text:sub(1, #with) == with end
local function has(text, part) return text:find(part, 1, true) ~= nil end

-- {text of an expression, what it says of a row}
local cases = {
  { "host == 'a'", function(h) return h == "a" end },
  { 'host == "a"', function(h) return h == "a" end },
  { "'a' == host", function(h) return h == "a" end },
  { "host ~= 'nowhere'", function() return true end },
  { "host == 'it\\'s'", function(h) return h == "it's" end },
  { "host == \"it's\"", function(h) return h == "it's" end },
  { "host == 'q\"'", function(h) return h == 'q"' end },
  { "host == '\\0'", function(h) return h == "\0" end },
  { "host == 'a\\x00\\98'", function(h) return h == "a\0b" end },
  { "host == '\\u{E9}'", function(h) return h == "é" end },
  { "host == 'é'", function(h) return h == "é" end },
  { "host == 'a\\z  \n  bc'", function(h) return h == "abc" end },
  { "host < 'b'", function(h, _, _) return h:byte() == nil or h:byte() < 98 end },
  { "host >= 'svc-'", function(h) return h == "svc-" or h == "svc-1" or (h:byte() or 0) > 115 end },
  { "'b' > host", function(h) return h:byte() == nil or h:byte() < 98 end },
  { "host == user", function(h, u) return h == u end },
  { "host == 'a' or user:startswith('svc-') and port < 3",
    function(h, u, p) return h == "a" or starts(u, "svc-") and p < 3 end },
  { "not host:contains 'c' and port > 1", function(h, _, p) return not has(h, "c") and p > 1 end },
  { "not (host:contains('c') and port > 1)",
    function(h, _, p) return not (has(h, "c") and p > 1) end },
  { "host in {'a', 'ab', 'nowhere'}", function(h) return h == "a" or h == "ab" end },
  { "host in $list", function(h) return h == "a" or h == "" end },
  { "host in {'a'} and port in {1, 2}", function(h, _, p) return h == "a" and p <= 2 end },
  { "host == $name", function(h) return h == "ab" end },
  { "host:endswith('c')", function(h) return h:sub(-1) == "c" end },
  { "host:endswith($name)", function(h) return h:sub(-2) == "ab" end },
  { "contains(host, 'b')", function(h) return has(h, "b") end },
  { "host:count_of('c') + 1", function(h) return select(2, h:gsub("c", "")) + 1 end },
  { "-host:len() * 2", function(h) return -#h * 2 end },
  { "(host):len():abs() // 2", function(h) return #h // 2 end },
  { "host:find_in 'c'", function(h) return (h:find("c", 1, true)) end },
  { "host:fill('none'):len() + port", function(h, _, p) return #h + p end },
  { "where(port > 2, host, 'low')", function(h, _, p) return p > 2 and h or "low" end },
  { "host:maximum('b')", function(h) return (h:byte() or 0) >= 98 and h or "b" end },
  { "`host` == 'a'", function(h) return h == "a" end },
  { "col\"host\":len()", function(h) return #h end },
  { "host .. '!' == 'a!'", function(h) return h == "a" end },
  { "'<' .. host .. '>'", function(h) return "<" .. h .. ">" end },
  { "host .. ':' .. port:as('text')", function(h, _, p) return h .. ":" .. p end },
  { "host .. user == 'ab'", function(h, u) return h .. u == "ab" end },
  { "host .. 1 + 2 .. '!'", function(h) return h .. 1 + 2 .. "!" end },
  { "host:upper():startswith('SVC')", function(h) return starts(h, "svc") end },
  { "host:replace('svc', 'x'):len()", function(h) return #(h:gsub("svc", "x")) end },
  { "host:search('^svc-\\\\d$')", function(h) return h == "svc-1" end },
  { "host:search [[^svc-\\d$]] and port > 0", function(h) return h == "svc-1" end },
  { "host == [==[\nit's]==]", function(h) return h == "it's" end },
  { "host:replace('s?v', 'x', {regex = true})", function(h) return (h:gsub("s?v", "x")) end },
  { "host:replace('s', $name, {n = 1,})", function(h) return (h:gsub("s", "ab", 1)) end },
  { "host:pad(3, {side = 'right', fill = '.'})",
    function(h) return h .. ("."):rep(3 - #h:gsub("[\x80-\xBF]", "")) end },
  { "host:as('int', {errors = -1 - 2}) + port", function(_, _, p) return p - 3 end },
  { "host:extract('([a-c]+)'):fill('-') == 'abc'", function(h) return h:match "[a-c]+" == "abc" end },
  { "host:isin{'a', 'ab'}", function(h) return h == "a" or h == "ab" end },
  { "host:isin({'a', $name,}) or port == 1", function(h, _, p) return h == "a" or h == "ab" or p == 1 end },
  { "(host .. 1):startswith [[a]]", function(h) return starts(h, "a") end },
  { "(port * 1):as('text') == '3'", function(_, _, p) return p == 3 end },
}

describe("text in expression strings", function()
  for _, n in ipairs { 0, 1, 2, 7, -40, 300 } do
    it("is what plain Lua says of " .. n .. " rows", function()
      local spread = n < 0 and { dictionary = false } or nil
      local hosts, users, ports = rows_of(math.abs(n), n + 1)
      local frame = mb.frame { host = mb.column(hosts, "text"):as("text", spread), user = mb.column(users, "text"),
        port = mb.column(ports, "int") }
      local given = { list = { "a", "", "nowhere" }, name = "ab" }
      for _, case in ipairs(cases) do
        local list = expected(hosts, users, ports, case[2])
        local got = frame(case[1], given):to_table()
        for i, value in ipairs(list) do
          -- What does not look at the host, or fills it, is there where the host is missing.
          if hosts[i] ~= NULL then assert.equal(value, got[i], case[1] .. ", row " .. i) end
        end
        assert.equal(#list, #got)
      end
    end)
  end

  it("is missing where a host is", function()
    local frame = mb.frame { host = mb.column({ NULL, "a" }, "text"), port = mb.column { 1, 2 } }
    for _, text in ipairs { "host == 'a'", "host in {'a'}", "host:len() > 0", "host:contains ''" } do
      assert.same({ NULL, true }, frame(text):to_table(), text)
    end
    assert.same({ 4, 1 }, frame("host:fill('none'):len()"):to_table())
    assert.same({ 1, 1 }, frame("host:is_missing():where('?', host):len()"):to_table())
  end)

  it("filters and makes columns of frames", function()
    local frame = mb.frame { { "host", mb.column { "a", "b", "a" } }, { "n", mb.column { 1, 2, 3 } } }
    local filtered = frame:where "host == 'a' and n > 1"
    assert.same({ "a" }, filtered.host:to_table())
    local with = frame:with { { "is_a", "host == 'a'" }, { "size", "host:len()" } }
    assert.same({ true, false, true }, with.is_a:to_table())
    assert.same({ 1, 1, 1 }, with.size:to_table())
    assert.same({ 4, 2 }, frame:group_by("host"):sum("n"):to_table())
  end)

  it("compares strings alone, by their bytes", function()
    for _, case in ipairs {
      { "'a' == 'a'", true }, { "'a' == 'b'", false }, { "'a' ~= 'b'", true }, { "'' < 'a'", true },
      { "'a' < 'ab'", true }, { "'Z' < 'a'", true }, { "'z' < 'é'", true }, { "'b' >= 'ab'", true },
      { "'a' in {'b', 'a'}", true }, { "'a' in {}", false }, { "'a' .. 'b' == 'ab'", true },
      { "'a' .. 1 .. 2 == 'a12'", true }, { "$x == 'a'", true },
    } do
      assert.equal(case[2], mb.expr(case[1], {}, { x = "a" }), case[1])
    end
    assert.equal("it's", mb.expr "'it\\'s'")
    assert.equal("a\n\t\\\u{1F600}", mb.expr [['a\n\t\\\u{1F600}']])
    assert.equal("x", mb.expr("s", { s = "x" }))
  end)

  -- Lua itself is the answer, for literals that it has, too.
  it("reads literals as Lua does", function()
    local random = helper.random(5)
    local pieces = { "a", "'", '"', "\\\\", "\\n", "\\t", "\\r", "\\a", "\\b", "\\f", "\\v", "\\'", '\\"',
      "\\065", "\\0", "\\9z", "\\x41", "\\xfF", "\\u{48}", "\\u{20AC}", "\\u{7FFFFFFF}", "\\z \t ", "\\\n",
      " ", "é", "--", "[[", "\\q", "\\999", "\\xg", "\\u{}", "\\u{80000000}", "\n" }
    local read = 0
    for _ = 1, 600 do
      local parts = {}
      for i = 1, random(0, 6) do parts[i] = pieces[random(1, #pieces)] end
      local quote = random(0, 1) == 0 and "'" or '"'
      local literal = quote .. table.concat(parts) .. quote
      local chunk = load("return " .. literal, "=literal", "t", {})
      local ok, value = pcall(mb.expr, literal)
      -- What Lua reads as several tokens may be an expression here, and is none of this test's.
      if chunk and not literal:sub(2, -2):gsub("\\.", ""):find(quote, 1, true) then
        assert.is_true(ok, literal)
        assert.equal(chunk(), value, literal)
        read = read + 1
      elseif not chunk then
        assert.is_false(ok, literal)
      end
    end
    assert.truthy(read > 100)
  end)

  it("reads long brackets as Lua does", function()
    local random = helper.random(8)
    local pieces = { "a", "'", "\n", "\r", "\r\n", "\n\r", "\\n", "]", "]=", "[[", "é", " " }
    for _ = 1, 300 do
      local level, parts = ("="):rep(random(0, 2)), {}
      for i = 1, random(0, 6) do parts[i] = pieces[random(1, #pieces)] end
      local literal = ("[%s[%s]%s]"):format(level, table.concat(parts), level)
      local chunk = load("return " .. literal, "=literal", "t", {})
      if chunk then assert.equal(chunk(), mb.expr(literal), literal) end
    end
  end)

  it("passes tables of options, of values and of both kinds of brackets", function()
    local c = mb.column { "2024-02-29 12:00", "x" }
    local frame = mb.frame { c = c, at = c:as("time", { errors = "missing" }) }
    assert.same({ 13, NULL }, frame("at:hour{zone = 'Europe/Berlin'}"):to_table())
    assert.same({ 13, NULL }, frame("hour(at, {zone = $zone})", { zone = "Europe/Berlin" }):to_table())
    assert.same({ true, NULL }, frame("at + duration('1h') > time '2024-02-29 12:30'"):to_table())
    assert.same({ true, NULL }, frame("at - duration '1h' == '2024-02-29 11:00'"):to_table())
    assert.same({ NULL, 5 }, mb.expr("n:as('int', {errors = 'missing'})", { n = mb.column { "a", "5" } }):to_table())
    assert.same({ false, true }, mb.expr("ip:in_network({'10.0.0.0/8', '::1/128'})",
      { ip = mb.column({ "1.1.1.1", "::1" }, "ip") }):to_table())
  end)

  it("takes a long list", function()
    local list, words = {}, {}
    for i = 1, 100 do list[i] = ("h%d"):format(i * 2) end
    for i = 1, 300 do words[i] = ("h%d"):format(i) end
    local got = mb.expr("x in $list", { x = mb.column(words) }, { list = list }):to_table()
    for i = 1, 300 do assert.equal(i % 2 == 0 and i <= 200, got[i]) end
  end)
end)

describe("text in expression strings raises", function()
  local frame = mb.frame { host = mb.column { "a", "b" }, port = mb.column { 80, 443 } }

  local function check(said, text, given)
    local message = helper.message_of(frame, text, given)
    assert(message:find(said, 1, true), ("%s: '%s' is not in: %s"):format(text, said, message))
    assert(message:find("expression, column", 1, true), message)
    assert.is_nil(message:find("[moonbear", 1, true), message)
  end

  it("for what does not go together, with the mend", function()
    check("eq takes text beside text only (cast the other with :as(\"text\")", "host == 5")
    check("eq takes text beside text only", "host == port")
    check("eq takes text beside text only", "host in {'a', 5}")
    check("column or number expected, got string", "port in {80, 'a'}")
    check("'==' cannot compare a text column with null (is_missing(x) finds", "host == null")
    check("'==' cannot compare a text column with a boolean", "host == true")
    check("+ takes no text columns (cast those that have numbers with :as(\"int\")", "host + 1")
    check("- takes no text columns", "-host")
    check("'and' takes bool columns and booleans, got a text column", "host and port > 1")
  end)

  it("for methods that there are not, with the nearest", function()
    check("there is no method 'startwith'; did you mean 'startswith'?", "host:startwith('a')")
    check("there is no function 'lenn'; did you mean 'len'?", "lenn(host)")
    check("'unique' is of whole columns", "host:unique()")
    check("'to_table' is of whole columns", "host:to_table()")
    check("'close' is of whole columns", "host:close()")
    check("there is no method '__gc'", "host:__gc()")
    check("'len' is a method of columns, got a string", "$x:len()", { x = "a" })
    check("bad argument #1 to 'contains' (string expected, got 5)", "host:contains(5)")
    check("bad argument #1 to 'contains' (string expected, got a text column)", "host:contains(host)")
    check("'contains'", "host:contains('a', 'b')")
    check("'replace' has no option 'regexp'", "host:replace('a', 'b', {regexp = true})")
    check("'extract' gives 2 columns, one for each group; write (?: )", "host:extract('(a)(b)?'):len()")
    check("'split' gives 2 columns; only by itself", "host:split('.', {columns = 2}) == 'a'")
    check("'partition' gives 2 columns; only by itself", "'a' == partition(host, '.')")
    check("'find_all' is of whole columns", "host:find_all('x')")
    check("unfinished string", "host:search [[a]")
    check("unfinished string", "host == [==[a]]")
    check("unexpected '[', expected an operator", "host[1]")
    check("expected an operator, ',' or '}'", "host:pad(3, {side = 'left'")
    check("unexpected '=', write '=='", "host in {a = 'b'}")
    check("there is no column 'left'", "host:pad(3, {side = left})")
    check("text column expected, got an int column", "port:contains('8')")
  end)

  it("as a condition that is none", function()
    helper.assert_raises("'where' takes a bool column or an expression that gives one", frame.where, frame, "'a'")
    helper.assert_raises("'where' takes a bool column or an expression that gives one", frame.where, frame, "host")
  end)
end)

describe("a call alone in an expression string", function()
  it("gives all columns that it has", function()
    local c = mb.column { "a.b.c", mb.null, "x" }
    local f = mb.frame { host = c }
    local function same(columns, ...)
      local got = table.pack(...)
      assert.equal(#columns, got.n)
      for i, column in ipairs(columns) do
        assert.same(helper.rows_of(column), helper.rows_of(got[i]))
      end
    end
    local partition = "host:partition('.', {right = true})"
    same({ c:partition(".", { right = true }) }, f(partition))
    same({ c:partition(".", { right = true }) }, mb.expr(partition, { host = c }))
    same({ c:split(".", { n = 1 }) }, f "host:split('.', {n = 1})")
    same({ c:split(".", { columns = 3 }) }, f "split(host, '.', {columns = 3})")
    same({ c:split(".", { columns = 1 }) .. "!" }, f "host:split('.', {columns = 1}) .. '!'")
    same({ c:extract "(.)(b)?" }, f "host:extract [[(.)(b)?]]")
  end)
end)

-- Nothing of a script's or of Lua's is within reach of a string.
describe("expression strings call", function()
  it("what works row by row, and nothing else", helper.once(function()
    local functions = require "moonbear.expression.functions"
    local whole = { "sum", "sort", "unique", "to_table", "show", "close", "eval", "slice", "put", "lookup" }
    for _, name in ipairs(whole) do assert.is_false(functions.has(name), name) end
    local c = mb.column { 1, 2 }
    for _, name in ipairs(functions.names()) do
      assert.truthy(c.as and mb.core.column_methods[name] or mb.math[name] or mb[name], name)
    end
  end))
end)
