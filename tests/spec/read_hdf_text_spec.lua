-- Reading HDF5's strings, against the bytes that h5py and Python's struct wrote.
local mb = require "moonbear"
local helper = require "spec.helper"

local path <const> = helper.path
local expected

setup(function()
  helper.data_output("make_text_hdf.py", helper.folder())
  expected = dofile(path "expected.lua")
end)

teardown(helper.clean)

local function assert_texts(wanted, column, what)
  assert.equal("text", column:type(), what)
  helper.assert_values(wanted, column, what)
end

-- Rows of the files part_0.h5, ...
local function parts()
  local texts, numbers = {}, {}
  for i, n in ipairs { 3, 0, 11, 1, 6 } do
    for k = 0, n - 1 do
      texts[#texts + 1] = ("row %d of %d"):format(k, i - 1)
      numbers[#numbers + 1] = k + 100 * (i - 1)
    end
  end
  return texts, numbers
end

describe("read_hdf of strings", function()
  it("reads every padding, charset and layout", function()
    assert.is_true(#expected > 60)
    for _, case in ipairs(expected) do
      assert_texts(case.values, mb.read_hdf(path(case.file), case.name),
        case.file .. " " .. case.name)
    end
  end)

  it("reads what is longer than a piece or has long chunks, beside numbers", function()
    local names = { "fixed", "gzip", "number", "one_chunk", "variable", "variable_gzip" }
    local frame = mb.read_hdf(path "long.h5")
    assert.same(names, frame:columns())
    assert.equal(200003, #frame)
    for name, column in frame:each() do
      local values = column:to_table()
      helper.check_once(function()
        for i = 1, #values do
          local wanted = name == "number" and i - 1 or
            "Comp" .. (i - 1) * (i - 1) * 7919 % 1000
          if values[i] ~= wanted then return ("row %d is %s"):format(i, values[i]) end
        end
      end, name)
    end
  end)

  it("strings files together whose strings are stored differently", function()
    local texts, numbers = parts()
    local frame = mb.read_hdf(path "part_?.h5", { "number", "text", "rate" })
    assert.same({ "number", "text", "rate" }, frame:columns())
    assert_texts(texts, frame.text, "text")
    assert.same(numbers, frame.number:to_table())
    local last = mb.read_hdf({ path "part_4.h5", path "part_0.h5" }, "text")
    assert.equal("row 0 of 4", last[1])
    assert.equal("row 2 of 0", last[-1])
    assert.equal(0, #mb.read_hdf(path "part_1.h5", "text"))
  end)

  it("gives columns that filter, sort and join as text does", function()
    local frame = mb.read_hdf(path "part_?.h5", { "text", "number" })
    local found = frame:where(frame.text:startswith "row 1 ")
    assert.same({ 1, 201, 401 }, found.number:to_table())
    local texts = parts()
    table.sort(texts)
    assert_texts(texts, frame.text:sort(), "sorted")
  end)

  it("reads what pandas and numpy write", function()
    local frame = mb.read_hdf(path "pandas.h5", { "host", "kinds", "n", "user" })
    assert.equal(500, #frame)
    local values, counts = frame.kinds:value_counts()
    assert.same({ "a", "bb" }, values:to_table())
    assert.same({ 250, 250 }, counts:to_table())
  end)

  it("lists text", function()
    local types = {}
    for _, dataset in ipairs(mb.ls_hdf(path "part_0.h5")) do
      types[#types + 1] = dataset.name .. " " .. dataset.type .. " " .. dataset.rows
    end
    assert.same({ "mixed text 3", "number int 3", "rate float 3", "text text 3" }, types)
  end)

  it("refuses files that have text and numbers of a name", function()
    for _, options in ipairs { { types = "same" }, { types = "widen" } } do
      helper.assert_raises("dataset 'mixed' is text in " .. path "part_0.h5" .. " and int in "
        .. path "part_2.h5" .. ": no type has the values of both without loss",
        mb.read_hdf, path "part_?.h5", "mixed", options)
    end
  end)

  it("is tried again on all ranks for want of memory on one", function()
    local texts = parts()
    for rank, n in helper.failures(40, 3) do
      mb.core.inject_fault(rank, n)
      local frame = mb.read_hdf(path "part_?.h5", { "text", "number" })
      mb.core.inject_fault(rank, 0)
      assert_texts(texts, frame.text, "part_?.h5")
      frame:close()
    end
    local compact = mb.read_hdf(path "variable.h5", "compact"):to_table()
    for n = 1, 90 do -- strings that HDF5 reads
      mb.core.inject_fault(mb.size() - 1, n)
      local column <close> = mb.read_hdf(path "variable.h5", "compact")
      mb.core.inject_fault(mb.size() - 1, 0)
      assert_texts(compact, column, "compact")
    end
    mb.core.inject_fault(mb.size() - 1, 9)
    local column = mb.read_hdf(path "small.h5", "data")
    mb.core.inject_fault(mb.size() - 1, 0)
    assert.equal(("y"):rep(5000000), column[5])
  end)

  it("tells of the dataset for which there is no memory, and leaves all as it was", function()
    local core = mb.core
    local before = mb.read_hdf(path "part_?.h5", "text")
    for _, name in ipairs { "contiguous", "gzip" } do
      collectgarbage()
      core.trim()
      local live, _, _, budget = core.memory(true)
      core.limit_memory(live + 3000000)
      local ok, message = pcall(mb.read_hdf, path "variable.h5", name)
      core.limit_memory(budget)
      assert.is_false(ok)
      assert.truthy(message:find("variable.h5: dataset '" .. name .. "': out of memory: ", 1, true),
        message)
      assert.equal("a", mb.read_hdf(path "variable.h5", name)[2])
    end
    assert_texts(parts(), before, "before")
  end)

  it("tells which row of a damaged file has no string", function()
    for _, name in ipairs { "signature", "collection", "small_collection", "object" } do
      helper.assert_raises(name .. ".h5: dataset 'text' is damaged: row ", mb.read_hdf,
        path(name .. ".h5"), "text")
    end
    for _, name in ipairs { "length", "number", "address" } do
      helper.assert_raises(name .. ".h5: dataset 'text' is damaged: row 1 refers to a string that "
        .. "is not there", mb.read_hdf, path(name .. ".h5"), "text")
    end
    assert.is_false(pcall(mb.read_hdf, path "cut.h5", "text"))
  end)
end)
