-- Every operation of a session on odd inputs: none or one row, fewer than ranks, all rows on one
-- rank; and what each refuses, in one sentence that names what is wrong.
local helper = require "spec.helper"
local mb = require "moonbear"
local operations = require "spec.operations"
local session = require "spec.session"

teardown(helper.clean)

-- The rows of a column, all on one rank, or spread unevenly: `before` rows of others before them.
local function moved(column, before, after)
  local filler = mb.column({ mb.null }, column:type())
  local function rows(n) return filler[mb.full(n, 1):eval()] end
  local n = #column
  local at = mb.range(1, before + n + after)
  return mb.concat { rows(before), column, rows(after) }[at:between(before + 1, before + n)]
end

-- The operands with other layouts.
local function relaid(t, before, after)
  return session.with_columns(t, function(c) return moved(c, before, after) end,
    function(c) return moved(c, after, before) end)
end

local function is_sentence(message)
  return type(message) == "string" and not message:find("\n", 1, true)
    and not message:find("%[moonbear") and not message:find "assert" and #message < 300
end

describe("odd inputs", function()
  for _, rows in ipairs { 0, 1, 2, 5 } do
    local t = session.operands(rows, 3, rows)
    local all_here = relaid(t, 0, 40 * mb.size())
    local all_there = relaid(t, 40 * mb.size(), 0)
    it(("of %d rows go through every operation, wherever they lie"):format(rows), function()
      for _, operation in ipairs(operations.all) do
        local name, run = table.unpack(operation)
        local expected = session.outcome(run, t)
        assert.equal(expected, session.outcome(run, all_here), name)
        assert.equal(expected, session.outcome(run, all_there), name)
        assert.falsy(expected:find "^error" and not (rows == 0 and is_sentence(expected)),
          name .. ": " .. expected)
      end
    end)
  end

  it("of many rows on one rank give what evenly laid ones give", function()
    local t = session.operands(5000, 40, 300)
    local uneven = relaid(t, 6000 * (mb.size() - 1), 0)
    for _, operation in ipairs(operations.all) do
      local name, run = table.unpack(operation)
      assert.equal(session.outcome(run, t), session.outcome(run, uneven), name)
    end
  end)

  it("of no rows give empty results of the right types", function()
    local none = session.operands(0, 3, 0)
    assert.same({}, none.wide:sort():to_table())
    assert.same({}, none.wide:argsort():to_table())
    assert.equal(0, #mb.group_by(none.key))
    assert.same({}, mb.group_by(none.key):mean(none.value):to_table())
    assert.same({}, none.wide:unique():to_table())
    assert.equal(0, none.wide:nunique())
    assert.equal("bool", none.wide:isin(none.many):type())
    assert.equal(0, #none.frame:join(none.right_frame, { on = "key", how = "outer" }))
    assert.same({ 0, 0 }, { #none.value:topk(3), #none.value:histogram { bins = 2 } - 2 })
    local median = none.value:median()
    assert.is_true(median ~= median)
    assert.is_true(none.wide:is_sorted())
  end)

  it("of one row give that row", function()
    local one = mb.column { 7 }
    for name, result in pairs {
      sort = one:sort(), argsort = one:argsort(), rank = one:rank(), unique = one:unique(),
      reverse = one:reverse(), shuffle = one:shuffle(1), size = mb.group_by(one):size(),
      first = mb.group_by(one):first(one), topk = one:topk(5), union = mb.union(one, one),
      find = one:find(one), searchsorted = one:searchsorted { 7 }, sample = one:sample(1),
    } do
      local rows = result:to_table()
      assert.equal(1, #rows, name)
      assert.is_true(rows[1] == 7 or rows[1] == 1, name)
    end
    assert.equal(7.0, one:median())
    assert.same({ 7.0, 7.0 }, one:quantile { 0, 1 })
  end)
end)

-- {what a script does, what the error says}
local a, b, x = mb.column { 1, 2 }, mb.column { 1, 2, 3 }, mb.column { 0.5, 1.5 }
local f = mb.frame { { "a", a }, { "x", x } }
local g = mb.group_by(a)
local refused = {
  { function() return a[b] end, "position 3, at row 3, of a column of 2 rows" },
  { function() return a[{ 1, -3, 9 }] end, "position -3, at row 2, of a column of 2 rows" },
  { function() return a[0] end, "row 0 of a column of 2 rows" },
  { function() return f[{ 4 }] end, "position 4, at row 1, of a column of 2 rows" },
  { function() return a:put({ 1, 3, 5 }, 1) end, "position 3, at row 2, of a column of 2 rows" },
  { function() return a:put({ 1 }, b) end, "1 positions, and 3 values" },
  { function() return a:put(a:eq(1), b) end, "the mask has 1 true row, and there are 3 values" },
  { function() return mb.column { 1, 2, 1 }:lookup(b, a) end, "the key 1 is there more than once" },
  { function() return a:lookup(b, a) end, "2 keys and 3 values" },
  { function() return x:find(a) end, "a float column and an int column do not go together" },
  { function() return a:isin(x) end, "isin: an int column and a float column do not go together" },
  { function() return mb.union(a, a:eq(1)) end, "an int column and a bool column" },
  { function() return mb.argsort { a, b } end, "the lengths differ: key 1 has 2 rows and key 2 has 3" },
  { function() return mb.group_by { a, b } end, "key 1 has 2 rows and key 2 has 3" },
  { function() return g:sum(b) end, "the grouping has 2 rows, the column 3" },
  { function() return g:broadcast(b) end, "there are 2 groups, and 3 rows" },
  { function() return g:quantile(a, 2) end, "number from 0 to 1 expected, got 2" },
  { function() return g:head(-1) end, "head: -1 row of each group" },
  { function() return f:group_by "c" end, "there is no column 'c'" },
  { function() return f:group_by("a"):agg { y = { "x", "sums" } } end, "'sums', not an aggregation" },
  { function() return a:topk(-1) end, "k is below 0" },
  { function() return a:sample(3) end, "3 rows of a column of 2 rows" },
  { function() return mb.column({}, "int"):sample(1) end, "a column that has none" },
  { function() return a:repeat_by(b) end, "2 rows, and 3 numbers" },
  { function() return a:repeat_by(mb.column { 1, -1 }) end, "-1 times, at row 2" },
  { function() return a:slice(1, 2, 0) end, "the step is 0" },
  { function() return mb.concat { a, x } end, "the types differ: int, and float in number 2" },
  { function() return a:find_interval(b, a) end, "2 starts and 3 ends" },
  { function() return b:find_interval(b - 1, a) end, "the interval at row 1 ends before it starts" },
  { function() return b:find_interval(b + 1, a) end, "the intervals at rows 1 and 2 overlap" },
  { function() return a:reverse():searchsorted(1) end, "is not in ascending order" },
  { function() return a:searchsorted(x) end, "searchsorted: an int column and a float column do not go together" },
  { function() return a:quantile(1.5) end, "a quantile is from 0 to 1, got 1.5" },
  { function() return a:histogram { bins = 0 } end, "0 bins; there may be 1 to 16777216" },
  { function() return a:histogram { range = { 2, 1 } } end, "with low below high" },
  { function() return (x / 0):histogram {} end, "the values have infinities" },
  { function() return mb.histogram2d(a, b) end, "the lengths differ: 2 rows, and 3" },
  { function() return mb.histogram2d(mb.column { 1 }, b) end, "the lengths differ: 1 row, and 3" },
  { function() return mb.column({ 1 })[2] end, "row 2 of a column of 1 row " },
  { function() return a:digitize { 2, 1 } end, "the edges must ascend; number 2 does not" },
  { function() return mb.choice(a, 2, { weights = { 1 } }) end,
    "'weights' of 'choice' (2 numbers, one for each value expected, got 1" },
  { function() return mb.poisson(2, { lam = -1 }) end, "a number from 0 to 1e9 expected, got -1" },
  { function() return f:sort_by "c" end, "there is no column 'c'" },
  { function() return f:join(f:drop("a"), { on = "a" }) end, "join: the right frame has no column 'a'; there is x" },
  { function() return f:join(f, { on = "a", how = "cross" }) end, "'inner', 'left', 'right', 'outer'" },
  { function() return f:join_asof(f:with { a = "x" }, { on = "a" }) end, "'a' is an int column" },
}

describe("what operations refuse", function()
  it("is said in one sentence, with the script's line", function()
    for i, case in ipairs(refused) do
      local ok, message = pcall(case[1])
      assert.is_false(ok, ("case %d: %s"):format(i, case[2]))
      assert.truthy(message:find(case[2], 1, true), message)
      assert.truthy(is_sentence(message), message)
      assert.truthy(message:find "odd_inputs_spec.lua:%d+: " or message:find "^bad argument", message)
    end
  end)
end)

describe("wrong fields of records", function()
  local paths = { csv = { helper.write_file(helper.path "fields.csv", "1,2\n") },
    json = { helper.write_file(helper.path "fields.json", '{"a":1,"b":2}\n') } }
  local forms = {
    csv = { sep = ",", quote = '"', decimal = ".", na = { "" }, header = 0, bad = 0 },
    json = { bad = 0, fields = { "a", "b" }, learns = true },
  }
  local reads = { csv = mb.core.csv_read, json = mb.core.jsonl_read }
  local function field(n, unit) return { field = n, kind = "int", unit = unit or 0 } end

  for kind, read in pairs(reads) do
    it("are refused: " .. kind, function()
      local columns = read(paths[kind], { "a", "b" }, forms[kind], false, 2, { field(1), field(2) })
      assert.same({ 1, 2 }, { columns[1][1], columns[2][1] })
      for _, wrong in ipairs { 0, 3, -1, math.maxinteger, math.mininteger } do
        helper.assert_raises("column 2 is of field " .. wrong .. " of 2", read, paths[kind], { "a", "b" },
          forms[kind], false, 2, { field(1), field(wrong) })
      end
      for _, wrong in ipairs { -1, 4, 1000 } do
        helper.assert_raises("column 1 has no such unit", read, paths[kind], { "a", "b" }, forms[kind], false, 2,
          { field(1, wrong), field(2) })
      end
    end)
  end

  it("are refused where JSON has another number of them", function()
    for _, given in ipairs { { 1, 2, 2 }, { 2, 1, 1 }, { 2, 3, 3 }, { 2, 2, 1 }, { 2, 1, 2 } } do
      local names, list, asked = {}, {}, {}
      for i = 1, given[1] do asked[i] = ("ab"):sub(i, i) end
      for i = 1, given[3] do names[i], list[i] = "c" .. i, field(i) end
      helper.assert_raises(("the form has %d fields, of %d, and there are %d columns"):format(table.unpack(given)),
        reads.json, paths.json, names, { bad = 0, fields = asked, learns = true }, false, given[2], list)
    end
    helper.assert_raises("column 1 is of field 2 of 2", reads.json, paths.json, { "a", "b" }, forms.json, false, 2,
      { field(2), field(1) })
  end)
end)
