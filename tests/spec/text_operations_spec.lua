-- Every operation works on columns of text, or refuses them by name, with what to write instead: what
-- works is listed here, so that none does by chance. What it gives is told by other specs.
local callables = require "spec.callables"
local check = require "moonbear.check"
local helper = require "spec.helper"
local mb = require "moonbear"
local operations = require "spec.operations"
local session = require "spec.session"

local t = session.operands(60, 7, 40)

local function set(words)
  local names = {}
  for word in words:gmatch "%S+" do names[word] = true end
  return names
end

-- Operations that take text where they take numbers, without a type of their own, by what they are
-- called: of all their columns that may be text.
local works = set [[
  min max argmin argmax stats value_counts unique nunique rank sort argsort is_sorted topk bottomk
  cummin cummax core.most_common core.argsort core.searchsorted core.union core.intersect
  core.difference core.symmetric_difference core.isin core.find_last find lookup find_interval core.join core.join_words
  core.gather core.filter slice core.concat shift put eval to_table core.tostring core.texts core.element
  core.group_by core.group_aggregate core.group_top core.group_broadcast core.unite core.text_of core.flags
]]

-- Whose arguments are no columns of values: positions, counts, masks and what engines hold.
local function is_value(column) return check.is_column(column) and column:type() ~= "bool" end

-- The arguments with the columns of numbers at some places as text, each counted by a number that
-- goes up; nil when there are fewer than `which`. 0 means all.
local function with_text(arguments, which, storage)
  local seen, made = 0, nil
  local function replaced(value)
    if is_value(value) and value:type() ~= "text" then
      seen = seen + 1
      if which == 0 or seen == which then
        made = true
        return value:as("text", storage)
      end
    elseif type(value) == "table" and check.class(value) == nil then
      local copy = {}
      for key, inner in pairs(value) do copy[key] = replaced(inner) end
      return copy
    end
    return value
  end
  local list = { n = arguments.n }
  for i = 1, arguments.n do list[i] = replaced(arguments[i]) end
  return made and list
end

-- A message is a sentence that names the type and what to do, or what is expected.
local function is_refusal(message)
  return type(message) == "string" and message:find("text", 1, true) and not message:find("\n", 1, true)
    and not message:find("[moonbear", 1, true) and #message < 400
        and (message:find(":as", 1, true) or message:find("expected", 1, true)
      or message:find("numbers are an int", 1, true) or message:find("not by one of type text", 1, true)
      or message:find("does not go into a text column; write it in quotes", 1, true))
end

local function try(operation, arguments)
  return pcall(operation.call, table.unpack(arguments, 1, arguments.n))
end

describe("text", function()
  local function tries(storage)
    for _, operation in ipairs(operations.list) do
      local which, arguments = 0, table.pack(operation.of(t))
      local text = with_text(arguments, 0, storage)
      while text do
        local ok, message = try(operation, text)
        local told = ("%s, %s: %s"):format(operation.key, which == 0 and "all" or which, tostring(message))
        local of_type = operation.arguments[1] and operation.arguments[1].type == "text"
        if ok then
          assert.truthy(works[operation.key] or of_type, told .. ": is it right?")
        elseif which == 0 and works[operation.key] then
          -- Positions and counts among the arguments are no values; and what was sorted is so no more.
          assert.truthy(is_refusal(message) or message:find("not in ascending order", 1, true)
            or message:find("more than once", 1, true) or message:find("overlap", 1, true)
            or message:find("int column", 1, true) or message:find("ends before", 1, true), told)
        else
          assert.truthy(is_refusal(message) or message:find("int column", 1, true), told)
        end
        which = which + 1
        text = with_text(arguments, which, storage)
      end
    end
  end

  it("is taken by every operation, or refused by name", function() tries() end)

  it("whose strings are spread over the ranks is, too", function() tries { dictionary = false } end)

  it("is taken by every element-wise function, or refused by name", function()
    local takes = set "eq ne lt le gt ge minimum maximum hash where is_missing fill between clip as"
    for _, callable in ipairs(callables.list) do
      local name = callable.key:match "^Column:(.*)"
      if callables.elementwise[callable.key] and name then
        local arguments = table.pack(callable.of(t))
        local which, text = 0, with_text(arguments, 0)
        while text do
          local ok, message = try(callable, text)
          if name == "as" and not ok then message = message:gsub("has no option 'wrap'", "text :as") end
          local told = ("%s, %s: %s"):format(callable.key, which == 0 and "all" or which, tostring(message))
          if ok then assert.truthy(takes[name], told .. ": is it right?") else
            assert.truthy(is_refusal(message), told)
          end
          which = which + 1
          text = with_text(arguments, which)
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
    helper.assert_raises("row 1 is a number in a column of type text", mb.column, { 1 }, "text")
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
