-- What is wrong with an expression string is said with its place, and blamed on the script's line.
local helper = require "spec.helper"
local mb = require "moonbear"

local message_of, assert_raises = helper.message_of, helper.assert_raises

describe("errors in expression strings", function()
  local columns = {
    dstPort = mb.column { 80, 443, 80 }, x = mb.column { 0.5, 1.5, 2.5 },
    web = mb.column { true, false, true }, two = mb.column { 1, 2 },
    u = mb.column({ 1, 2, 3 }, "uint"),
  }

  -- The message that belongs to the place of the mark @, around what it says.
  local function frame_of(marked)
    local before, after = marked:match "^(.-)@(.*)$"
    local _, newlines = before:gsub("\n", "")
    local margin = before:match "[^\n]*$"
    local line = newlines > 0 and ("line %d, "):format(newlines + 1) or ""
    return ("expression, %scolumn %d: "):format(line, #margin + 1),
      ("\n  %s%s\n  %s^"):format(margin, after:match "^[^\n]*", margin:gsub("[^\t]", " "))
  end

  local function check(marked, said, given)
    local ok, message = pcall(function()
      local result = mb.expr(marked:gsub("@", ""), columns, given)
      return result
    end)
    assert.is_false(ok, marked)
    local start, finish = frame_of(marked)
    local _, last = message:find("^tests/spec/expression_errors_spec.lua:%d+: ")
    assert(last, message)
    assert.equal(start, message:sub(last + 1, last + #start))
    assert.equal(finish, message:sub(-#finish))
    message = message:sub(last + #start + 1, -#finish - 1)
    assert(message:find(said, 1, true), ("%s: '%s' is not in: %s"):format(marked, said, message))
    assert.is_nil(message:find("%(local") or message:find("moonbear", 1, true), message)
  end

  it("of the text point at the place", function()
    check("dstPort @x 80", "unexpected 'x', expected an operator")
    check("dstPort == @", "unexpected end, expected a value")
    check("@", "unexpected end, expected a value")
    check("dstPort == @)", "unexpected ')', expected a value")
    check("dstPort == 80@)", "unexpected ')', expected an operator")
    check("(dstPort == 80@", "unexpected end, expected an operator or ')'")
    check("(dstPort @, 80)", "unexpected ',', expected an operator or ')'")
    check("abs(dstPort@", "unexpected end, expected an operator, ',' or ')'")
    check("abs(dstPort, @)", "unexpected ')', expected a value")
    check("dstPort in {80, 443@", "unexpected end, expected an operator, ',' or '}'")
    check("dstPort in @80", "unexpected '80', expected '{'")
    check("dstPort not @{80}", "unexpected '{', expected 'in'")
    check("dstPort is @80", "unexpected '80', expected 'missing' or 'not missing'")
    check("@and x", "unexpected 'and', expected a value")
    check("dstPort @{80}", "unexpected '{', expected an operator")
    check("flows@.dstPort == 80", "unexpected '.', expected an operator")
    check("x:@cumsum() > 1",
      "'cumsum' is of whole columns; pass what it gives, as $cumsum with {cumsum = column:cumsum()}")
    check("x:@", "unexpected end, expected the name of a method")
    check("x:@5", "unexpected '5', expected the name of a method")
    check("x:abs@", "unexpected end, expected '('")
    check("x:abs(@", "unexpected end, expected a value")
    check("5@:abs()", "unexpected ':', expected an operator")
    check("'a'@:len()", "unexpected ':', expected an operator")
    check("dstPort == 80@;", "unexpected ';', expected an operator")
    check("dstPort @é 80", "unexpected 'é', expected an operator")
    check("dstPort == @$", "unexpected '$', expected a value")
    check("as(x, @'int)", "unfinished string")
    check("web == @'80", "unfinished string")
    check("web == @'80\n'", "unfinished string")
    check("web == @'80\\'", "unfinished string")
    check("web == 'a\\n@\\q'", "Lua has no such escape; a backslash is '\\\\'")
    check("web == '@\\300'", "Lua has no such escape")
    check("web == '@\\x5g'", "Lua has no such escape")
    check("web == '@\\u{80000000}'", "Lua has no such escape")
    check("x + @3x", "malformed number '3x'")
    check("0 < dstPort @< 100", "comparisons do not chain")
    check("dstPort in {1} @in {2}", "comparisons do not chain: write 'and', 'or', or parentheses")
    check("web == web @== web", "comparisons do not chain")
    check("dstPort < 5 @== web", "comparisons do not chain")
    check("dstPort @== 80 & u == 6", "'&' binds tighter than '==' here: write 'and', 'or', or parentheses")
    check("web | dstPort @> 80", "'|' binds tighter than '>' here")
    check("dstPort @~= 80 ~ u", "'~' binds tighter than '~=' here")
    check("dstPort & 1 + 1 @in {2}", "'&' binds tighter than 'in' here")
    check("@frobnicate(x)", "there is no function 'frobnicate'; there is abs, acos")
    check("x > 0 and\n  dstPort @x 80\n and web", "unexpected 'x', expected an operator")
  end)

  it("of long texts show what is around", function()
    local message = message_of(mb.expr, ("x + "):rep(100) .. "x x" .. (" + x"):rep(100), columns)
    local _, first, second = message:match "^.*column 403: ([^\n]*)\n([^\n]*)\n([^\n]*)$"
    assert.truthy(#first < 120, message)
    assert.equal("x + x x + x", first:sub(#second - 6, #second + 4))
  end)

  it("of an invalid character point at it", function()
    local message = message_of(mb.expr, "x \xff 80", columns)
    assert.truthy(message:find("column 3: unexpected '\xff', expected an operator", 1, true), message)
  end)

  it("know what is written elsewhere", function()
    check("dstPort @= 80", "unexpected '=', write '=='")
    check("dstPort @!= 80", "unexpected '!=', write '~='")
    check("web @&& web", "unexpected '&&', write 'and'")
    check("web @|| web", "unexpected '||', write 'or'")
    check("@!web", "unexpected '!', write 'not'")
    check("x @** 2", "unexpected '**', write '^'")
  end)

  it("of names list what there is", function()
    check("dstPort == @dstport",
      "there is no column 'dstport'; did you mean 'dstPort'? there is dstPort, two, u, web, x")
    check("x > 0 and\n\tdstPort == @y\n  or web", "there is no column 'y'")
    check("dstPort == @nil", "there is no nil; a missing value is null")
    check("dstPort == @$port", "there is no value for '$port': pass a table, as {port = 80}")
    check("dstPort == @$port", "there is no value for '$port'; there is a, b", { a = 1, b = 2 })
    assert_raises("there is no column 'x'; there is nothing", mb.expr, "x")
  end)

  it("of names that Lua cannot spell say how they are written", function()
    local odd = { ["id.resp_p"] = columns.dstPort, ["größe"] = columns.x, ["2nd"] = columns.x,
      ["a`b"] = columns.x, plain = columns.x }
    for text, said in pairs {
      ["id.resp_p == 80"] = "unexpected '.', write `id.resp_p`, in backquotes",
      ["plain > 1 and größe > 2"] = "write `größe`, in backquotes",
      ["2nd + 1"] = "malformed number '2nd'; write `2nd`, in backquotes",
      ["a`b > 1"] = "unfinished name in backquotes",
      ["`id.resp_p > 1"] = "unfinished name in backquotes",
      ["`id.resp` > 1"] = "there is no column 'id.resp'; did you mean 'id.resp_p'?",
      ["col'nope' > 1"] = "there is no column 'nope'; there is 2nd",
      ["col(5) > 1"] = "unexpected '5', expected the name of a column in quotes",
    } do
      assert_raises(said, mb.expr, text, odd)
    end
  end)

  it("of values say what they are", function()
    check("dstPort == @$text", "'$text' is a function; columns, numbers, booleans and strings make sense here",
      { text = print })
    check("dstPort == @$list", "'$list' is a table;", { list = {} })
    check("dstPort in @$port", "'in' takes a list, got a number", { port = 80 })
    check("dstPort @== true", "'==' cannot compare an int column with a boolean")
    check("web and x @< true", "'<' cannot compare a float column with a boolean")
    check("dstPort @== null", "'==' cannot compare an int column with null (is_missing(x)")
    check("1 @== true", "'==' cannot compare a number with a boolean")
    check("@not dstPort == 80", "'not' takes bool columns and booleans, got an int column (it binds")
    check("dstPort == 80 @or 443", "'or' takes bool columns and booleans, got a number")
    check("x @and web", "'and' takes bool columns and booleans, got a float column")
    check("dstPort @.. null", "'..' joins text columns, strings and numbers, got null")
    check("dstPort @== '80'", "'==' cannot compare an int column with a string (write 80 without quotes)")
    check("dstPort @< $port", "'<' cannot compare an int column with a string", { port = "http" })
    check("x @+ 'a'", "'+' takes columns and numbers, got a string ('..' joins text)")
    check("'a' @< 5", "'<' cannot compare a string with a number")
    check("dstPort @+ true", "'+' takes columns and numbers, got a boolean")
    check("1 + @-null", "'-' takes columns and numbers, got null")
    check("@#3", "'#' takes columns, got a number")
    check("1 + @sqrt('4')", "bad argument #1 to 'sqrt' (column or number expected, got string)")
    check("@minimum(x)", "bad argument #2 to 'minimum'")
    check("2 * @pow(x, true)", "bad argument #2 to 'pow' (column expected, got a boolean)")
    check("x > @round(x, 1.5)", "bad argument #2 to 'round'")
    assert_raises("'x' is a table; columns, numbers, booleans and strings make sense here",
      mb.expr, "x", { x = {} })
  end)

  it("of operands point at the operator", function()
    check("web and dstPort @== two", "lengths differ: int column of 3 rows, int column of 2 rows")
    check("1 + dstPort @* two", "lengths differ")
    check("x * 2 > 0 and dstPort + 1 @+ u > 2", ":as(")
    check("(1 @// 0) + x", "zero")
    check("(1 @% 0) + x", "n%0")
    check("1 @| 1.5", "number has no integer representation")
    check("1 + @as(x, 'integer')", "bad argument #2 to 'as'")
    check("1 + @where(x, 1, 2)", "where takes a bool column as its condition, got float column")
    check("1 + sqrt(@)", "unexpected ')', expected a value")
  end)

  it("name the script's line, however deep", function()
    local frame = mb.frame { x = columns.x }
    local function line() return debug.getinfo(2, "l").currentline end
    for _, f in ipairs {
      function() local here, _ = line(), mb.expr "x +" return _, here end,
      function() local here, _ = line(), frame "x +" return _, here end,
      function() local here, _ = line(), frame:where "x +" return _, here end,
      function() local here, _ = line(), frame:with { y = "x +" } return _, here end,
      function() local here, _ = line(), frame:where "x + 1" return _, here end,
      function() local here, _ = line(), mb.expr(5) return _, here end,
      function() local here, _ = line(), frame("x", 5) return _, here end,
      function() local here, _ = line(), mb.expr("x", 5) return _, here end,
    } do
      local where = debug.getinfo(f, "S")
      local message = message_of(f)
      assert.equal(("%s:%d:"):format(where.short_src, where.linedefined), message:match "^[^:]*:%d+:")
    end
  end)
end)

describe("expression strings and ranks that disagree", helper.once(function()
  local start = 'local mb = require "moonbear"\nlocal c, d = mb.column{1, 2, 3}, mb.column{4, 5, 6}\n' ..
    "local frame = mb.frame { c = c, d = d }\nlocal r = mb.rank()\n"

  local function fails(text, ...)
    local code, out, err = helper.run(3, start .. text)
    assert.equal(1, code, out .. err)
    for _, part in ipairs { "the ranks diverged", ... } do
      assert.truthy(err:find(part, 1, true), ("no %q in %s"):format(part, err))
    end
  end

  it("are told of at the next operation", function()
    fails("if r == 1 then print((frame 'c == 2'):sum()) end", "rank 1 called sum at", ":5",
      "ranks 0,2 ended the script")
    fails("print(mb.expr('c == $r', { c = c }, { r = r }):sum())", "called sum at")
    fails("print(mb.expr(r == 2 and 'c < d' or 'd < c', { c = c, d = d }):sum())",
      "rank 2 called sum")
    fails("print(#frame:where(r == 0 and 'c == 2' or 'c ~= 2'))", "rank 0 called filter at", ":5")
    fails("if r == 2 then frame = frame:where 'c == 2' end\nprint(frame.c:sum())",
      "rank 2 called filter at", ":5", "ranks 0-1 called sum at")
    fails("print(pcall(mb.expr, r == 0 and 'c x' or 'c'))\nif r == 0 then c:sum() end c:min()",
      "rank 0 called sum")
  end)

  it("do not matter before an operation", function()
    local code, out, err = helper.run(3, start ..
      "if r == 1 then mb.expr('c == 2 and d > 1', frame) end\nprint(c:sum())")
    assert.equal(0, code, err)
    assert.equal("6\n", out)
  end)
end))
