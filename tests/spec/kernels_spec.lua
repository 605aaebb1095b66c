-- Registered kernels, beside plain loops: what they compute, on any number of ranks, how rows go
-- missing and fail, and shared objects that are no good. tests/spec/data/kernels.c has the kernels;
-- tests/unit/bind/kernels_test.c registers some from C.
local complete = require "moonbear.session.complete"
local docs = require "moonbear.session.docs"
local help = require "moonbear.session.help"
local helper = require "spec.helper"
local mb = require "moonbear"

local core, assert_raises = mb.core, helper.assert_raises
local folder = helper.kernels ""

-- What a function gives at last, and how often it failed before: where its first two steps fail, on
-- one rank after another, and then an allocation and all after it, a later one each time.
local function walk(f)
  local faults, result = 0, nil
  for i = 1, 200 do
    local ok
    core.inject_fault(i % mb.size(), i < 3 and i or i - 2, i < 3 and "step" or "for good")
    ok, result = pcall(f)
    core.inject_fault(i % mb.size(), 0)
    if ok then break end
    local told = result:find "out of memory" or result:find "a test makes this step fail"
    if not told then error(result) end
    faults = faults + 1
  end
  return result, faults
end

local names, faults = walk(function() return mb.load_kernels(folder .. "all.so") end)

-- Other specs look at what there is without them.
teardown(function()
  helper.clean()
  for _, kernel in ipairs(core.kernels()) do
    core.column_methods[kernel.name], mb.math[kernel.name] = nil, nil
  end
end)

local function floats(n) return helper.values_of("float", n) end

-- A column of rows that stand where a filter has left them, and its rows.
local function ragged(n)
  local all = mb.range(1, 3 * n)
  local kept = all[(all * 7 % 11):lt(4) | all:gt(2 * n)]
  return kept, kept:to_table(#kept)
end

describe("a kernel", function()
  it("computes row by row, whatever the length", function()
    for _, n in ipairs { 0, 1, 2, 3, 255, 256, 257, 1000, 5000 } do
      local a, b = floats(n), floats(n)
      local got = mb.column(a, "float"):muladd(mb.column(b, "float"), 0.5)
      local wanted = {}
      for i = 1, n do wanted[i] = a[i] * b[i] + 0.5 end
      local rows = got:to_table(n)
      for i = 1, n do helper.assert_exact(wanted[i], rows[i], i) end
      assert.equal("float", got:type())
    end
  end)

  it("takes columns of narrow types, bools, and scalars of all types", function()
    local ints = mb.column { 1, -2, 3, 100000 }
    local flags = mb.column { true, false, true, true }
    local big = mb.column({ 1, 2, 3, mb.uint "18446744073709551615" }, "uint")
    assert.same({ 3, -1, 9, 100000 + 100000 + 18446744073709551615.0 },
      ints:mixed(ints, big, flags):to_table())
    assert.same({ 1.5, -1, 3.5, 100000.5 }, (ints + 0.5):mixed(0, 0, flags):to_table())
    assert.same({ 4, 1, 6, 100003 }, ints:mixed(flags * 0 + 1, mb.uint(2), true):to_table())
    assert.same({ false, false, false, true }, big:top_bit():to_table())
    assert.equal(1, big:top_bit():sum())
    assert.same({ 2, -1, 4, 100001 }, ints:successor():to_table())
    assert.same({ 2, 1, 2, 2 }, flags:successor():to_table())
    assert.equal(math.mininteger, mb.column { math.maxinteger }:successor()[1])
  end)

  it("is told the number of its first row, in any layout", function()
    local kept, rows = ragged(2000)
    local got = kept:row_number():to_table(#kept)
    for i = 1, #rows do assert.equal(i - 1, got[i]) end
  end)

  it("goes with operators, filters, and other layouts", function()
    local kept, rows = ragged(1500)
    local got = ((kept + 1):muladd(2, kept) * 2):to_table(#kept)
    for i, x in ipairs(rows) do assert.equal(((x + 1) * 2.0 + x) * 2, got[i]) end
    local other = mb.range(1, #kept)
    got = kept:muladd(other, 1):to_table(#kept)
    for i, x in ipairs(rows) do assert.equal(x * i + 1.0, got[i]) end
    assert.equal(#rows, #kept[kept:muladd(0, 1):eq(1)])
  end)

  it("gives a value of scalars alone", function()
    assert.equal(7.0, mb.math.muladd(2, 3, 1))
    assert.equal(8, mb.math.successor(7))
    assert.equal(mb.null, mb.math.successor(mb.null))
    assert.is_true(mb.math.top_bit(mb.uint "9223372036854775808"))
  end)

  it("is a function of expressions, frames and scans of files", function()
    local f = mb.frame { { "a", mb.column { 1, 2, 3 } }, { "b", mb.column { 4, 5, 6 } } }
    assert.same({ 5.0, 11.0, 19.0 }, f "muladd(a, b, 1)":to_table())
    assert.same({ 5.0, 11.0, 19.0 }, f "a:muladd(b, 1)":to_table())
    assert.equal(2, #f:where "muladd(a, b, 1) > 5")
    assert.equal(7.0, mb.expr "muladd(2, 3, 1)")
    local path = helper.path "rows.h5"
    f:to_hdf(path)
    local scan = mb.scan_hdf(path)
    assert.equal(35.0, scan.a:muladd(scan.b, 1):sum())
    assert.equal(2, #scan:where "muladd(a, b, 1) > 5")
    assert_raises("'plain_sum' of a scan does not stream", function() return scan.a:plain_sum() end)
    assert_raises("'plain_sum' is of whole columns", function() return f "plain_sum(a)" end)
  end)

  it("has a line in the plan, with its name", function()
    local lines = core.explain(mb.column { 1, 2 }:muladd(2, 3))
    assert.truthy(lines:find("muladd(#1, #2, #3): float", 1, true), lines)
  end)
end)

describe("missing rows", function()
  local gaps = mb.column { 4, mb.null, -9, mb.null, 16 }

  it("are missing in the result", function()
    assert.same({ 5, mb.null, -8, mb.null, 17 }, gaps:successor():to_table())
    assert.same({ 16.0, mb.null, mb.null, mb.null, mb.null },
      gaps:muladd(mb.column { 4, 5, mb.null, 7, mb.null }, 0):to_table())
    assert.same({ mb.null, mb.null, mb.null, mb.null, mb.null }, gaps:muladd(mb.null, 1):to_table())
  end)

  it("are the kernel's business where it says so", function()
    assert.same({ 4, 0, -9, 0, 16 }, gaps:or_zero():to_table())
    assert.same({ 0, 1, 2, 3, 4 }, gaps:row_number():to_table())
  end)

  it("are made by a kernel", function()
    assert.same({ 2.0, mb.null, mb.null, mb.null, 4.0 }, gaps:square_root():to_table())
    local n = 3000
    local roots = mb.range(1, n) * mb.where((mb.range(1, n) % 3):eq(0), -1, 1)
    assert.equal(n - n // 3, n - roots:square_root():is_missing():sum())
  end)

  it("are no reason to fail", function()
    local x = mb.where(mb.range(1, 900):gt(600), mb.null, 1.0)
    assert.equal(600.0, x:careful():sum())
    assert.same({ 4.0, mb.null }, mb.column { 4, mb.null }:careful():to_table())
  end)
end)

describe("a failure", function()
  it("names the kernel, the row and the line of the expression", function()
    local x = mb.where(mb.range(1, 3000):eq(2345), -1, 1)
    local y = x:careful()
    local line = debug.getinfo(1, "l").currentline - 1
    assert_raises({ "careful: a value is below 0 at row 2345",
      "; the expression was built at ", ("kernels_spec.lua:%d"):format(line) }, y.sum, y)
    assert_raises("careful: a value is below 0 at row 1", function() return mb.math.careful(-3) end)
    assert_raises("mute failed with status 42", function() return x:mute():sum() end)
    assert.equal(3000, x:abs():careful():sum())
  end)

  it("tells rows that are written beyond the block, and inputs that are changed", function()
    for _, n in ipairs { 1, 255, 256, 300, 3000 } do
      local x = mb.full(n, 1.5) + mb.range(1, n)
      assert_raises("overrun wrote out of its block: it may write", function() return x:overrun():sum() end)
      assert_raises("underrun wrote out of its block", function() return x:underrun():sum() end)
      assert_raises("scribble wrote to its inputs at rows", function() return x:scribble():sum() end)
      assert.equal(1.5 * n + n * (n + 1) // 2, x:sum())
    end
  end)

  it("tells what does not go together", function()
    local x, y = mb.column { 1.5, 2 }, mb.column { 1, 2, 3 }
    assert_raises({ "successor is int64(int64), and no float column is its int64", ':as("int")' },
      function() return (x:successor()) end)
    assert_raises("mixed is double(double, int64, uint64, bool), and no int column is its uint64",
      function() return (y:mixed(y, y, true)) end)
    assert_raises("muladd: the lengths differ", function() return (x:muladd(y, 1)) end)
    assert_raises({ "takes no text columns" }, function() return (mb.column { "a" }:muladd(1, 2)) end)
    assert_raises("takes no time columns", function()
      return (mb.column({ "2024-01-01" }, "time"):successor())
    end)
    for value, told in pairs {
      [2.5] = "a column or a value of int64 expected, got 2.5", ["a"] = "column or number expected, got string",
    } do
      assert_raises({ "bad argument #1 to 'successor'", told }, function() return mb.math.successor(value) end)
    end
    assert_raises("a column or a value of bool expected, got 1", function() return (y:mixed(1, mb.uint(1), 1)) end)
    assert_raises("'muladd' takes at most 2 arguments, got 3", function() return (x:muladd(1, 2, 3)) end)
    assert_raises("bad argument #2 to 'muladd'", function() return mb.math.muladd(1) end)
    assert_raises("is a method: call it with a colon", function() return x.muladd(1, 2, 3) end)
    local closed = mb.column { 1 }
    closed:close()
    assert_raises("closed", function() return mb.math.successor(closed) end)
  end)
end)

-- Sums of blocks of 4,096 rows, joined in a binary tree.
local function tree_sum(values, first, blocks)
  if blocks == 0 then return 0.0 end
  if blocks == 1 then
    local sum = 0.0
    for i = first + 1, math.min(first + 4096, #values) do
      if values[i] ~= mb.null then sum = sum + values[i] end
    end
    return sum
  end
  local left = 1
  while 2 * left < blocks do left = 2 * left end
  return tree_sum(values, first, left) + tree_sum(values, first + 4096 * left, blocks - left)
end

local function blocks_of(n) return (n + 4095) // 4096 end

describe("a reduction", function()
  it("has the same bits on any number of ranks", function()
    for _, n in ipairs { 0, 1, 2, 3, 4095, 4096, 4097, 9000, 20000, 33000 } do
      local values = floats(n)
      local column = mb.column(values, "float")
      helper.assert_exact(tree_sum(values, 0, blocks_of(n)), column:plain_sum(), n)
      helper.assert_exact(tree_sum(values, 0, blocks_of(n)), (column * 1):plain_sum(), n)
    end
  end)

  it("leaves missing rows out, in any layout", function()
    local n = 12000
    local column = mb.range(1, n) / 7
    local gaps = mb.where((mb.range(1, n) % 5):eq(2), mb.null, column)
    local values = gaps:to_table(n)
    helper.assert_exact(tree_sum(values, 0, blocks_of(n)), gaps:plain_sum())
    local chosen = gaps[mb.range(1, n):gt(n // 2) | (mb.range(1, n) % 4):eq(0)]
    values = chosen:to_table(n)
    helper.assert_exact(tree_sum(values, 0, blocks_of(#values)), chosen:plain_sum())
    assert.equal(0.0, mb.full(5000, 1)[mb.full(5000, false)]:plain_sum())
    local none = mb.where(mb.full(5000, true), mb.null, 1.0)
    assert.equal(0.0, none:plain_sum())
  end)

  it("folds rows in their order", function()
    for _, n in ipairs { 0, 1, 5, 4096, 10000 } do
      local hash = 0
      for i = 1, n do
        if i % 3 ~= 0 then hash = hash * 0x9e3779b97f4a7c15 + (i * i) * 2 + (i % 2 == 0 and 1 or 0) end
      end
      local rows = mb.range(1, n)
      local even = mb.where((rows % 3):eq(0), mb.null, (rows % 2):eq(0))
      assert.equal(hash, (rows * rows):ordered(even))
    end
  end)

  it("takes scalars, and may have no result", function()
    local x = mb.column { 1, 2, 3, mb.null }
    assert.equal(2.0, x:weighted(0.5))
    assert.equal(2.5, x:weighted(mb.column { 0, 1, 1, 1 }))
    assert.is_nil(x:weighted(0))
    assert.is_nil(x:weighted(mb.null))
    assert_raises("bad argument #1 to 'weighted'", function() return x:weighted() end)
    assert_raises("weighted: the lengths differ: 4 and 2 rows", function()
      return x:weighted(mb.column { 1, 2 })
    end)
    assert_raises("takes no text columns", function() return mb.column { "a" }:plain_sum() end)
    assert.is_nil(rawget(mb.math, "plain_sum"))
  end)

  it("is whole, or fails, where memory or a step does", function()
    local column = mb.range(1, 9000) * 0.5
    local sum, met = walk(function() return column:plain_sum() end)
    assert.equal(9000 * 9001 / 4, sum)
    assert.is_true(met > 5)
  end)

  it("tells what is written out of a state or a result, and inputs that are changed", function()
    for _, n in ipairs { 1, 300, 4096, 10000 } do
      local x = mb.full(n, 1.5) + mb.range(1, n)
      assert_raises("fold_overrun wrote out of its state of 8 bytes, in fold", x.fold_overrun, x)
      assert_raises("merge_underrun wrote out of its state of 8 bytes, in merge", x.merge_underrun, x)
      assert_raises("finish_overrun wrote out of its result, which is one value of double", x.finish_overrun, x)
      assert_raises("fold_scribble wrote to its inputs at rows", x.fold_scribble, x)
    end
    assert.equal(6, mb.column { 1, 2, 3 }:plain_sum())
  end)

  it("tells what its kernel says", function()
    local x = mb.where(mb.range(1, 9000):eq(8888), -12345, 1)
    assert_raises("plain_sum: it is -12345 at row 8888", x.plain_sum, x)
    assert_raises("plain_sum: it is -12345", function() return mb.column { mb.null, -12345 }:plain_sum() end)
    assert_raises("endless: there is no end", function() return mb.column { 1 }:endless() end)
    if mb.size() > 1 then
      assert_raises("of_process: ranks have got different results", function()
        return mb.column { 1 }:of_process()
      end)
    end
    assert.equal(3.0, mb.column { 1, 2 }:plain_sum())
  end)
end)

describe("load_kernels", function()
  it("gives the names, and once more the same", function()
    assert.is_true(faults > 10)
    assert.equal("muladd successor mixed", table.concat(names, " ", 1, 3))
    assert.same(names, mb.load_kernels(folder .. "all.so"))
    assert.same(names, mb.load_kernels(folder .. "../kernels/all.so"))
    assert.same({ "haversine", "entropy" }, mb.load_kernels(folder .. "example.so"))
    assert.equal(2.0, mb.full(4, 8):entropy())
    assert.is_nil(mb.full(4, 0):entropy())
    assert_raises("entropy: a count is below 0 at row 2", function()
      return mb.column { 1, -1 }:entropy()
    end)
    local quarter = mb.math.haversine(0, 0, 0, 90)
    assert.is_true(math.abs(quarter - 6371.0088 * math.pi / 2) < 1e-9)
  end)

  it("refuses what is no library of kernels", function()
    for name, told in pairs {
      ["nosuch.so"] = { "load_kernels: ", "nosuch.so", "No such file" },
      ["bare.so"] = { "bare.so has no function moonbear_kernels" },
      ["clash.so"] = { "kernel 'cumsum' needs another name: columns have a method of that name" },
      ["wrong.so"] = { "wrong.so: 'float(double)' is no signature for kernel 'bad_kernel'", "double" },
    } do
      assert_raises(told, mb.load_kernels, folder .. name)
    end
    local text = helper.write_file(helper.path "text.so", "no library")
    assert_raises({ "load_kernels: ", "text.so: " }, mb.load_kernels, text)
    assert_raises("load_kernels: ./nosuch.so: ", mb.load_kernels, "nosuch.so")
    assert_raises("string expected", mb.load_kernels, 5)
    assert.is_nil(rawget(core.column_methods, "fine_kernel"))
    assert.is_nil(rawget(mb.math, "fine_kernel"))
    assert.equal(6, mb.column { 1, 2, 3 }:cumsum()[3])
  end)

  it("fails on all ranks where it does on one, or where ranks get different kernels", function()
    if mb.size() == 1 then
      assert.same({}, mb.load_kernels(folder .. "failing.so"))
      return
    end
    local message = helper.message_of(mb.load_kernels, folder .. "failing.so")
    local told = "rank 1, one of 1 that fail: load_kernels: moonbear_kernels of "
    assert.truthy(message:find(told, 1, true), message)
    assert.truthy(message:find("has returned 7", 1, true), message)
    assert_raises("ranks have loaded different kernels", mb.load_kernels, folder .. "divergent.so")
    local path = folder .. (mb.rank() == 0 and "all.so" or "example.so")
    assert_raises("the ranks diverged", mb.load_kernels, path)
  end)
end)

describe("help and completion", function()
  local env = { mb = mb, column = mb.column { 1, 2 } }

  it("tell what a kernel takes and what was said of it", function()
    for _, name in ipairs { "column:muladd", "mb.math.muladd", "muladd" } do
      local text = mb.on_rank(0, function() return help.text(name, env, 80) end)
      for _, part in ipairs { name == "mb.math.muladd" and "mb.math.muladd(a, b, c)" or "muladd(b, c)",
        "The sum of the product of the first two and the third.",
        "A kernel in C: double(double, double, double)" } do
        assert.truthy(text:find(part, 1, true), text)
      end
    end
    mb.on_rank(0, function()
      assert.equal("()", docs.named "Column:plain_sum".arguments)
      assert.equal("double", docs.named "Column:plain_sum".returns[1].type)
    end)
  end)

  it("know the names", function()
    local found = mb.on_rank(0, function()
      local code = "column:mula"
      return complete(code, #code, env).matches
    end)
    assert.same({ "muladd" }, found)
  end)
end)
