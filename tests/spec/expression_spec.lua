-- Expression strings: the same text is given to Lua, with the values of each row.
local helper = require "spec.helper"
local mb = require "moonbear"

local assert_raises = helper.assert_raises

local null, nan, inf = mb.null, 0 / 0, 1 / 0

-- Rows of the columns that expressions are made of, without zero where a divisor comes from.
local function make_rows(n)
  local random = helper.random(11)
  local rows = { i = {}, j = {}, k = {}, x = {}, y = {}, p = {}, q = {} }
  local floats = { 0.5, -1.5, 2.0, 1e300, -0.0, inf, nan, 7.25 }
  for row = 1, n do
    rows.i[row], rows.j[row] = random(-9, 9), random(0, 300)
    rows.k[row] = random(1, 7) * (random(0, 1) * 2 - 1)
    rows.x[row], rows.y[row] = floats[random(1, #floats)], random(-40, 40) / 4
    rows.p[row], rows.q[row] = random(0, 1) == 0, random(0, 2) == 0
  end
  return rows
end

local types = { i = "int", j = "int", k = "int", x = "float", y = "float", p = "bool", q = "bool" }

local function make_columns(rows)
  local columns = {}
  for name, values in pairs(rows) do columns[name] = mb.column(values, types[name]) end
  return columns
end

local params = { n = 3, f = 2.5, yes = true }

local functions = {
  abs = math.abs,
  minimum = math.min,
  where = function(condition, a, b) if condition then return a end return b end,
  between = function(x, low, high) return low <= x and x <= high end,
  contains = function(x, list)
    for _, y in ipairs(list) do if x == y then return true end end
    return false
  end,
}

-- The value of an expression in each row, as Lua has it.
local function by_lua(text, rows, n)
  local names, values = setmetatable({}, { __index = functions }), {}
  local f = assert(load("return " .. text, text, "t", names))
  for name, value in pairs(params) do names[name] = value end
  for row = 1, n do
    for name, column in pairs(rows) do names[name] = column[row] end
    values[row] = f()
  end
  return values
end

-- All NaN alike, zeros by their sign, integers apart from floats; floats to what a last bit is off.
local function shown(value)
  if math.type(value) ~= "float" then return tostring(value) end
  return value ~= value and "nan" or ("%.14g float"):format(value)
end

local function assert_same_rows(expected, got, text)
  local all = {}
  if type(got) == "userdata" then got = got:to_table() end
  for row, value in ipairs(expected) do
    local it = got
    if type(got) == "table" then it = got[row] end
    if shown(value) ~= shown(it) then
      all[#all + 1] = ("row %d: %s, not %s"):format(row, shown(it), shown(value))
    end
  end
  assert(#all == 0, text .. "\n" .. table.concat(all, "\n"))
end

-- Random expressions as trees: {binds, text for us, text for Lua}.
local ATOM, POWER, UNARY, FACTOR, TERM, SHIFT, AND_BITS, XOR_BITS, OR_BITS, COMPARISON, AND, OR =
  12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1

local function bracketed(tree, least, random)
  if tree.binds >= least and random(1, 6) > 1 then return tree.ours, tree.luas end
  return "(" .. tree.ours .. ")", "(" .. tree.luas .. ")"
end

-- Comparisons, and `&`, `|` and `~`, stand in parentheses beside a comparison.
local function infix(random, binds, operator, a, b)
  local space = random(0, 2) > 0 and " " or "\n"
  local compares = binds == COMPARISON
  local ours_a, luas_a = bracketed(a, binds == POWER and ATOM or compares and SHIFT or binds, random)
  local ours_b, luas_b = bracketed(b, binds == POWER and UNARY or compares and SHIFT or binds + 1,
    random)
  return { binds = binds, ours = ours_a .. " " .. operator .. space .. ours_b,
    luas = luas_a .. " " .. operator .. " " .. luas_b }
end

local function prefixed(random, operator, a)
  local ours, luas = bracketed(a, UNARY, random)
  return { binds = UNARY, ours = operator .. " " .. ours, luas = operator .. " " .. luas }
end

local function called(name, ...)
  local ours, luas = {}, {}
  for i, tree in ipairs { ... } do ours[i], luas[i] = tree.ours, tree.luas end
  return { binds = ATOM, ours = ("%s(%s)"):format(name, table.concat(ours, ",")),
    luas = ("%s(%s)"):format(name, table.concat(luas, ",")) }
end

local function pick(random, list) return list[random(1, #list)] end

local leaves = {
  int = { "i", "j", "k", "7", "0x1F", "$n", "-1", "(1 << 62)" },
  float = { "x", "y", ".5", "1e2", "0x.8p3", "$f", "3." },
  bool = { "p", "q", "true", "false", "$yes" },
}

local function leaf(random, kind)
  local text = pick(random, leaves[kind])
  local binds = text:find "^-" and UNARY or ATOM
  return { binds = binds, ours = text, luas = (text:gsub("%$", "")) }
end

local integer_operators = { ["|"] = OR_BITS, ["~"] = XOR_BITS, ["&"] = AND_BITS, ["<<"] = SHIFT,
  [">>"] = SHIFT, ["+"] = TERM, ["-"] = TERM, ["*"] = FACTOR }
local float_operators = { ["+"] = TERM, ["-"] = TERM, ["*"] = FACTOR, ["/"] = FACTOR,
  ["//"] = FACTOR, ["%"] = FACTOR }
local integer_names = { "|", "~", "&", "<<", ">>", "+", "-", "*" }
local float_names = { "+", "-", "*", "/", "//", "%" }
local comparison_names = { "==", "~=", "<", "<=", ">", ">=" }

local grow

local grown = {
  int = function(random, depth)
    local way = random(1, 10)
    if way == 1 then return prefixed(random, pick(random, { "-", "~" }), grow(random, "int", depth)) end
    if way == 3 then return called("abs", grow(random, "int", depth)) end
    if way == 4 then
      return called("where", grow(random, "bool", depth), grow(random, "int", depth),
        grow(random, "int", depth))
    end
    if way == 2 then
      return infix(random, FACTOR, pick(random, { "//", "%" }), grow(random, "int", depth),
        pick(random, { { binds = ATOM, ours = "k", luas = "k" }, { binds = ATOM, ours = "3", luas = "3" } }))
    end
    local name = pick(random, integer_names)
    return infix(random, integer_operators[name], name, grow(random, "int", depth),
      grow(random, "int", depth))
  end,
  float = function(random, depth)
    local way = random(1, 8)
    if way == 1 then return prefixed(random, "-", grow(random, "float", depth)) end
    if way == 2 then
      return infix(random, POWER, "^", leaf(random, pick(random, { "int", "float" })),
        { binds = ATOM, ours = "2", luas = "2" })
    end
    local name = pick(random, float_names)
    return infix(random, float_operators[name], name, grow(random, "float", depth),
      grow(random, pick(random, { "int", "float" }), depth))
  end,
  bool = function(random, depth)
    local way = random(1, 7)
    if way == 5 then
      return called("between", grow(random, "int", depth), grow(random, "int", depth), leaf(random, "int"))
    end
    if way == 1 then return prefixed(random, "not", grow(random, "bool", depth)) end
    if way <= 3 then
      local name = pick(random, { "and", "or" })
      return infix(random, name == "and" and AND or OR, name, grow(random, "bool", depth),
        grow(random, "bool", depth))
    end
    if way == 4 then
      local ours, luas = bracketed(grow(random, "int", depth), SHIFT, random)
      return { binds = COMPARISON, ours = ours .. " in {2, -3, $n + 1}",
        luas = "contains(" .. luas .. ", {2, -3, n + 1})" }
    end
    local a = grow(random, pick(random, { "int", "float" }), depth)
    local b = grow(random, pick(random, { "int", "float" }), depth)
    return infix(random, COMPARISON, pick(random, comparison_names), a, b)
  end,
}

function grow(random, kind, depth)
  if depth == 0 or random(1, 5) == 1 then return leaf(random, kind) end
  return grown[kind](random, depth - 1)
end

describe("expression strings", function()
  local n <const> = 23
  local rows, columns

  setup(function()
    rows = make_rows(n)
    columns = make_columns(rows)
  end)

  local function check(text, luas)
    luas = luas or (text:gsub("%$", ""))
    assert_same_rows(by_lua(luas, rows, n), mb.expr(text, columns, params), text)
  end

  it("have the priorities of Lua", function()
    for _, text in ipairs {
      "-i^2", "2^-3^2 * i", "-i^-2", "2^3^2 - j", "-2^2", "- -i", "not not p", "~-i", "-~i",
      "i + j * k", "i * j + k", "(i + j) * k", "i - j - k", "j // 3 // 2", "j % 5 * 2", "-j % 5",
      "i + j << 2", "1 << i & 7 + j", "i | j & k ~ 3", "i ~ j | k", "(i & 6) == 2",
      "i + 1 == j", "(i < j) == p", "(p == q) == true", "not p == q", "not (i == j)", "-i < j",
      "p or q and i == 3", "(p or q) and i == 3", "i == 3 or i == 4 and j > 5 or p", "not p and q",
      "i // k * k + i % k == i", "x / 2 ^ 2", "y * -1", "2 - -i", "i --[[no]]", "-- first\ni -- last",
      "i < 3 and x > 0 or not q", "j & 0xff << 1", "i/k", "7 // 2.", "j >> 1 + 1",
    } do check(text) end
  end)

  it("take the numerals of Lua", function()
    for _, text in ipairs { "0", "007", "0xA", "0Xa", "3.0", "3.1416", ".5", "5.", "314.16e-2",
      "0.31416E1", "34e+1", "0x0.1E", "0xA23p-4", "0X1.921FB54442D18P+1", "0xffffffffffffffff",
      "9223372036854775807", "9223372036854775808", "1e400", "0x1e+1", "1e2-1", "3-1" } do
      check(text)
    end
    for _, text in ipairs { "3x", "0x", "1e", "1..2", "0x1p", "1e5e+3", "3_0", "0xg", "1.2.3" } do
      assert.is_nil((load("return " .. text)))
      assert_raises("column 1: malformed number", mb.expr, text)
    end
  end)

  it("follow Lua whatever the expression", function()
    local random = helper.random(5)
    for round = 1, 150 do
      local tree = grow(random, pick(random, { "int", "float", "bool" }), round % 5)
      check(tree.ours, tree.luas)
    end
  end)

  it("of scalars are scalars", function()
    local random = helper.random(8)
    for round = 1, 100 do
      local tree = grow(random, pick(random, { "int", "float", "bool" }), round % 4)
      for row = 1, 3 do
        local scalars = {}
        for name, values in pairs(rows) do scalars[name] = values[row] end
        local ok, got = pcall(mb.expr, tree.ours, scalars, params)
        assert(ok, got)
        assert.equal(shown(by_lua(tree.luas, rows, row)[row]), shown(got), tree.ours)
      end
    end
    assert.is_false(mb.expr("$no and 1 // 0 > 1", {}, { no = false }))
    assert.is_true(mb.expr("$yes or 1 // 0 > 1", {}, params))
  end)

  it("have in as a comparison", function()
    check("i in {1, -2, 3}", "contains(i, {1, -2, 3})")
    check("i + 1 in {1, $n}", "contains(i + 1, {1, n})")
    check("p and i in {1, 2} or q", "p and contains(i, {1, 2}) or q")
    check("not (i in {1})", "not contains(i, {1})")
    check("(i in {1, 2}) == p", "contains(i, {1, 2}) == p")
    check("(i | 1) in {3}", "contains(i | 1, {3})")
    check("i in {}", "contains(i, {})")
    assert_same_rows(by_lua("contains(i, {4, 5})", rows, n),
      mb.expr("i in $list", columns, { list = { 4, 5 } }), "i in $list")
    assert.is_true(mb.expr "5 in {4, 2 + 3}")
    assert.is_false(mb.expr("$n in $list", {}, { n = 1, list = {} }))
  end)

  it("take names that Lua cannot spell in backquotes or quotes", function()
    local odd = { ["id.resp_p"] = columns.i, ["größe"] = columns.j, ["2nd"] = columns.k,
      ["end"] = columns.x, ["a `b`"] = columns.y, ["not"] = columns.p, col = columns.q }
    local function same(luas, text)
      assert_same_rows(by_lua(luas, rows, n), mb.expr(text, odd, params), text)
    end
    same("i > 3 and j < 200", "`id.resp_p` > 3 and `größe`<200")
    same("i + j * k", "col\"id.resp_p\" + col('größe') * col ( \"2nd\" )")
    same("-k", "-`2nd`")
    same("x > 0 or y > 0", "end > 0 or col'a `b`' > 0")
    same("not p and q", "not `not` and col")
    same("q", "col and `col`")
    for name, column in pairs(odd) do assert.equal(column, mb.expr(name, odd)) end
    local frame = mb.frame(odd)
    local function bytes() return frame:where("`2nd` > 0 and col"):column("id.resp_p"):to_table() end
    assert.same(columns.i[mb.expr("k > 0 and q", columns)]:to_table(), bytes())
    assert.equal(columns.i, frame:with { b = "id.resp_p" }.b)
    assert.same({ "2nd", "größe" }, frame:select("2nd", "größe"):columns())
    assert.same(columns.k:sort { descending = true }:to_table(),
      frame:sort_by("-2nd"):column("2nd"):to_table())
    local by = frame:group_by "größe"
    assert.same(mb.group_by(columns.j):sum(columns.i):to_table(), by:sum("id.resp_p"):to_table())
    assert.same(mb.group_by(columns.j):sum(columns.i * 2):to_table(),
      by:agg { s = { "`id.resp_p` * 2", "sum" } }.s:to_table())
    assert.same(columns.p:sum(), #frame:where("not"))
  end)

  it("compare scalars on the left the other way round", function()
    for _, text in ipairs { "2 < i", "2 <= i", "2 > i", "2 >= i", "2 == i", "2 ~= i", "$n < i",
      "true == p", "2.5 > x" } do
      check(text)
    end
  end)

  it("find columns before constants, and functions before parentheses alone", function()
    local c, d = mb.column { 1, 2 }, mb.column { -3, 4 }
    local variables = { abs = c, ["end"] = d, null = c, ["true"] = d, ["function"] = c }
    for name, column in pairs(variables) do assert.equal(column, mb.expr(name, variables)) end
    assert.same({ true, false }, mb.expr("abs == 1", variables):to_table())
    assert_raises("there is no function 'end'", mb.expr, "end (1)", variables)
  end)

  it("have missing values where a column has", function()
    local c = mb.column { 1, null, 3 }
    assert.same({ true, null, false }, mb.expr("c == 1", { c = c }):to_table())
    assert.same({ false, null, true }, mb.expr("not (1 == c)", { c = c }):to_table())
    assert.same({ 2, null, 6 }, mb.expr("c + c", { c = c }):to_table())
    assert.same({ false, true, false }, mb.expr("is_missing(c)", { c = c }):to_table())
    assert.same({ 1, 0, 3 }, mb.expr("fill(c, 0)", { c = c }):to_table())
  end)

  it("work on any number of rows", function()
    for _, rows_of in ipairs { 0, 1, 2, 100, 1300 } do
      local few = make_rows(rows_of)
      local text = "i * j > 3 and not p or x < y"
      assert_same_rows(by_lua(text, few, rows_of), mb.expr(text, make_columns(few)), text)
      assert.equal(rows_of, #mb.expr(text, make_columns(few)))
    end
  end)

  it("are the same on second use, and with other columns", function()
    for i = 1, 3 do
      assert.same({ i == 1, i == 2, i == 3 },
        mb.expr("c == $i", { c = mb.column { 1, 2, 3 } }, { i = i }):to_table())
      collectgarbage()
    end
    assert.equal(7, mb.expr("c + 1", { c = 6 }))
  end)

  it("go as deep as they are long", function()
    local text = ("("):rep(150) .. "i" .. (")"):rep(150) .. (" + 1"):rep(1000)
    check(text)
  end)

  it("count the rows of a column", function()
    assert.equal(n, mb.expr("#i", columns))
    check("i + #j * #k", "i + 23 * 23")
  end)
end)

describe("functions in expression strings", function()
  local c, f = mb.column { -2, 0, 7 }, mb.column { -2.5, 0.5, 7.25 }

  it("are those of mb.math, and of columns", function()
    local columns = { c = c, f = f }
    for text, expected in pairs {
      ["abs(c) + 1"] = { 3, 1, 8 },
      ["minimum(c, 1)"] = { -2, 0, 1 },
      ["maximum(f, c)"] = { -2.0, 0.5, 7.25 },
      ["round(f, 1)"] = { -2.5, 0.5, 7.2 },
      ["where(c > 0, c, -1)"] = { -1, -1, 7 },
      ["where(f < 0, 0.5, f)"] = { 0.5, 0.5, 7.25 },
      ["between(c, 0, 7)"] = { false, true, true },
      ["clip(c, -1, 5)"] = { -1, 0, 5 },
      ['as(f, "int")'] = { -2, 0, 7 },
      ["as(c, 'float') / 2"] = { -1.0, 0.0, 3.5 },
      ["floor(abs(f)) // 1"] = { 2.0, 0.0, 7.0 },
      ["2 * sqrt(c * c)"] = { 4.0, 0.0, 14.0 },
    } do
      assert.same(expected, mb.expr(text, columns):to_table(), text)
    end
    assert.same(c:hash():to_table(), mb.expr("hash(c)", columns):to_table())
    assert.equal(3, mb.expr "abs(-3)")
    assert.equal(2.0, mb.expr "sqrt(4)")
  end)

  it("are all that mb.math has", function()
    local values = { c = mb.column { -2, 1, 7 }, p = mb.column { true, false, true }, ["2"] = 2 }
    for name, apply in pairs(mb.math) do
      local special = name == "isin" or name == "as" -- `in`, and a string is its argument
      local worked = special
      for _, words in ipairs { { "c" }, { "c", "c" }, { "c", "2" }, { "p", "c", "2" } } do
        local arguments = {}
        for i, word in ipairs(words) do arguments[i] = values[word] end
        local ok, expected = pcall(apply, table.unpack(arguments))
        if ok and not special then
          local text = ("%s(%s)"):format(name, table.concat(words, ", "))
          worked = true
          assert_same_rows(expected:to_table(), mb.expr(text, values), text)
        end
      end
      assert.truthy(worked, name)
    end
  end)
end)
