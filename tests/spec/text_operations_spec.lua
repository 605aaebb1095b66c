-- Every operation works on columns of text, or refuses them by name, with what to write instead: what
-- works is listed here, so that none does by chance. What it gives is told by other specs.
local callables = require "spec.callables"
local helper = require "spec.helper"
local mb = require "moonbear"
local operations = require "spec.operations"
local retyped = require "spec.retyped"
local session = require "spec.session"

teardown(helper.clean)

local t = session.operands(60, 7, 40)

-- Operations that take text where they take numbers, without a type of their own: of all their
-- columns that may be text.
local works = retyped.set(retyped.OPERATIONS .. " core.unite core.flags")

-- Positions, counts, masks and what engines hold are no columns of values.
local function may_be_text(column) return column:type() ~= "bool" and column:type() ~= "text" end

-- A message is a sentence that names the type and what to do, or what is expected.
local function is_refusal(message)
  return retyped.is_refusal(message, { "text" }, { ":as", "expected", "numbers are an int",
    "not by one of type text", "does not go into a text column; write it in quotes" })
end

local function try(operation, arguments)
  return pcall(operation.call, table.unpack(arguments, 1, arguments.n))
end

describe("text", function()
  local function tries(storage)
    local function as_text(column) return column:as("text", storage) end
    for _, operation in ipairs(operations.list) do
      local of_type = operation.arguments[1] and operation.arguments[1].type == "text"
      for which, text in retyped.each(table.pack(operation.of(t)), may_be_text, as_text) do
        local ok, message = try(operation, text)
        local told = ("%s, %s: %s"):format(operation.key, which, tostring(message))
        if ok then
          assert.truthy(works[operation.key] or of_type, told .. ": is it right?")
        elseif which == "all" and works[operation.key] then
          assert.truthy(is_refusal(message) or retyped.is_other(message), told)
        else
          assert.truthy(is_refusal(message) or message:find("int column", 1, true), told)
        end
      end
    end
  end

  it("is taken by every operation, or refused by name", function() tries() end)

  it("whose strings are spread over the ranks is, too", function() tries { dictionary = false } end)

  it("is taken by every element-wise function, or refused by name", function()
    local takes = retyped.set(retyped.FUNCTIONS)
    local function as_text(column) return column:as "text" end
    for _, callable in ipairs(callables.list) do
      local name = callable.key:match "^Column:(.*)"
      if callables.elementwise[callable.key] and name then
        for which, text in retyped.each(table.pack(callable.of(t)), may_be_text, as_text) do
          local ok, message = try(callable, text)
          if name == "as" and not ok then message = message:gsub("has no option 'wrap'", "text :as") end
          local told = ("%s, %s: %s"):format(callable.key, which, tostring(message))
          if ok then assert.truthy(takes[name], told .. ": is it right?") else
            assert.truthy(is_refusal(message), told)
          end
        end
      end
    end
  end)

  it("is refused by Lua's operators, but for ..", function()
    local c = mb.column { "1", "2" }
    for name, f in pairs {
      add = function(x) return x + 1 end, sub = function(x) return 1 - x end, mul = function(x) return x * x end,
      div = function(x) return x / 2 end, idiv = function(x) return x // 2 end, mod = function(x) return x % 2 end,
      pow = function(x) return x ^ 2 end, unm = function(x) return -x end, band = function(x) return x & 1 end,
      bor = function(x) return x | 1 end, bxor = function(x) return x ~ 1 end, bnot = function(x) return ~x end,
      shl = function(x) return x << 1 end, shr = function(x) return x >> 1 end,
      columns = function(x) return x + mb.column { 1, 2 } end,
    } do
      local message = helper.message_of(f, c)
      local mend = 'takes no text columns (cast those that have numbers with :as("int") or :as("float"))'
      assert(message:find(mend, 1, true), name .. ": " .. message)
      assert.equal(2, #f(c:as "int"):to_table(), name) -- the mend is true
    end
    helper.assert_raises("takes no text columns", function() return c + "a" end)
  end)

  it("is refused by what folds numbers, whatever the way to it", function()
    local c, n = mb.column { "a", "b", "a" }, mb.column { 1, 1, 2 }
    local mend = "takes no text columns (cast those that have numbers with"
    for _, name in ipairs { "sum", "prod", "mean", "var", "std", "skew", "any", "all", "count_nonzero", "median",
      "cumsum", "cumprod", "diff" } do
      helper.assert_raises(mend, c[name], c)
    end
    helper.assert_raises(mend, c.quantile, c, 0.5)
    helper.assert_raises(mend, c.digitize, c, { 1 })
    helper.assert_raises(mend, c.histogram, c, { bins = 3 })
    helper.assert_raises(mend, c.histogram, c, { bins = 3, range = { 0, 1 } })
    helper.assert_raises(mend, mb.histogram2d, n, c, { bins = { 2, 2 } })
    helper.assert_raises(mend, c.dot, c, n)
    helper.assert_raises(mend, n.corr, n, c)
    for _, name in ipairs { "sum", "min", "median" } do
      local ok, message = pcall(c.stats, c, { "max", name })
      assert.equal(name == "min", ok, tostring(message))
    end
    local g = mb.group_by(n)
    for _, name in ipairs { "sum", "prod", "mean", "any", "all", "bit_and", "bit_or", "bit_xor", "var", "std" } do
      helper.assert_raises(mend, g[name], g, c)
    end
    local f = mb.frame { n = n, c = c }
    for _, name in ipairs { "sum", "mean", "any" } do
      helper.assert_raises(mend, function() return f:group_by("n"):agg { x = { "c", name } } end)
    end
  end)

  it("takes strings where it takes values, and no numbers", function()
    local c, n = mb.column { "a", "b", mb.null }, mb.column { 1, 2, 3 }
    local mask = n:gt(1)
    local quotes = "5 does not go into a text column; write it in quotes"
    helper.assert_raises(quotes, c.put, c, mask, 5)
    helper.assert_raises(quotes, c.shift, c, 1, 5)
    helper.assert_raises(quotes, mb.column { 1 }.lookup, mb.column { 1 }, mb.column { "x" }, n, { default = 5 })
    helper.assert_raises("where takes text beside text only", c.fill, c, 5)
    helper.assert_raises("where takes text beside text only", mask.where, mask, c, 5)
    helper.assert_raises("where takes text beside text only", mask.where, mask, c, n)
    helper.assert_raises("eq takes text beside text only", c.eq, c, 5)
    helper.assert_raises("lt takes text beside text only", c.lt, c, n)
    helper.assert_raises("column or number expected, got string", n.eq, n, "5")
    helper.assert_raises("column or number expected, got string", n.put, n, mask, "5")
    helper.assert_raises("does not go into", n.put, n, mb.column { 1, 2 }, mb.column { "7", "8" })
    helper.assert_raises("does not go into", c.put, c, mb.column { 1, 2 }, mb.column { 7, 8 })
    helper.assert_raises("row 2 is a number, and rows before it are not", mb.column, { "a", 1 })
    helper.assert_raises("row 1 is a number in a column of type text; leave the type out and cast the column "
      .. 'by :as("text")', mb.column, { 1 }, "text")
    helper.assert_raises("row 1 is a string in a column of type int", mb.column, { "a" }, "int")
    helper.assert_raises("the types differ: text, and int in number 2", mb.concat, { c, n })
    helper.assert_raises("do not go together", c.isin, c, n)
    helper.assert_raises("do not go together", mb.union, c, n)
    helper.assert_raises("cast one of them, by :as", mb.frame({ k = c }).join, mb.frame { k = c }, mb.frame { k = n },
      { on = "k" })
    helper.assert_raises("a column is indexed by a bool column, or by positions in an int column, got one of type text",
      function() return n[c] end)
  end)
end)

describe("ranks that differ in a string", helper.once(function()
  local start = 'local mb = require "moonbear"\nlocal c, r = mb.column{"x", "y"}, mb.rank()\n'
  for _, text in ipairs {
    'print(c:eq(r == 1 and "p" or "q"):sum())', 'print(c:eq(r == 1 and "x" or "y"):sum())',
    'print(c:contains(r == 1 and "p" or "q"):sum())', 'print(c:fill(r == 1 and "p" or "q"):nunique())',
    'print(c:put(c:eq"x", r == 1 and "p" or "q"))', 'print(c:shift(1, r == 1 and "p" or "q"))',
    'print(mb.full(3, r == 1 and "p" or "q"):nunique())', 'print(c:isin{r == 1 and "p" or "q"})',
    'print(mb.column{"a", r == 1 and "p" or "q"})',
    'print(mb.expr("c == $s", {c = c}, {s = r == 1 and "p" or "q"}):sum())',
  } do
    it("are told of: " .. text, function()
      local code, out, err = helper.run(2, start .. text)
      assert.equal(1, code, out .. err)
      assert.truthy(err:find("the ranks diverged", 1, true), err)
      assert.truthy(err:find("rank 1 called", 1, true), err)
    end)
  end
end))
