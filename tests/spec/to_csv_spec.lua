-- Frames as delimited text, beside what Python's csv module and pandas read of it.
local helper = require "spec.helper"
local mb = require "moonbear"

-- The fields of a file by Python's csv module: a line of hexadecimal fields for each.
local function fields_of(path, sep)
  local out = helper.python_output([[
import csv, gzip, sys
opened = (gzip.open if sys.argv[1].endswith(".gz") else open)(sys.argv[1], "rt", newline="", encoding="utf-8")
for row in csv.reader(opened, delimiter=sys.argv[2]): print(",".join(f.encode().hex() for f in row))
]], path, sep or ",")
  local rows = {}
  for line in out:gmatch "([^\n]*)\n" do
    local row = {}
    for field in (line .. ","):gmatch "(%x*)," do
      row[#row + 1] = field:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
    end
    rows[#rows + 1] = row
  end
  return rows
end

local TEXTS <const> = { "plain", "a,b", 'quo"te', "", "two\nlines", "cr\rlf", "ünï", " blanks ", "NA", '"' }

describe("to_csv", function()
  local folder = helper.tmpdir()
  local path = folder .. "/out.csv"

  teardown(helper.clean)

  local function sample(n)
    local text, int, float, bool = {}, {}, {}, {}
    for i = 1, n do
      text[i] = i % 7 == 0 and mb.null or TEXTS[i % #TEXTS + 1]
      int[i] = i % 5 == 0 and mb.null or (i * 2654435761 % 1000003) - 500000
      float[i] = i % 3 == 0 and i / 8 or (i * 0.1) ^ 7
      bool[i] = i % 2 == 0
    end
    return { { "text", text }, { "int, of", int }, { "float", float }, { "bool", bool } }
  end

  local function frame_of(lists)
    local pairs_in_order = {}
    for i, pair in ipairs(lists) do pairs_in_order[i] = { pair[1], mb.column(pair[2]) } end
    return mb.frame(pairs_in_order)
  end

  it("writes what Python's csv module reads", function()
    for _, options in ipairs { {}, { sep = ";", na = "NA" }, { quote = "all" }, { quote = "text", sep = "\t" } } do
      local lists = sample(50)
      frame_of(lists):to_csv(path, options)
      local rows = fields_of(path, options.sep)
      assert.equal(51, #rows)
      for c, pair in ipairs(lists) do
        assert.equal(pair[1], rows[1][c])
        for i, value in ipairs(pair[2]) do
          local got = rows[i + 1][c]
          if value == mb.null then
            assert.equal(options.na or "", got)
          elseif math.type(value) == "float" then
            assert.equal(value, tonumber(got))
          else
            assert.equal(tostring(value), got)
          end
        end
      end
    end
  end)

  it("writes what read_csv reads back", function()
    for _, n in ipairs { 0, 1, 2, 300 } do
      local frame = frame_of(sample(math.max(n, 2))):where(mb.range(1, math.max(n, 2)):le(n))
      for _, options in ipairs { {}, { gzip = true }, { gzip = 1, quote = "all" } } do
        local name = path .. (options.gzip and ".gz" or "")
        frame:to_csv(name, options)
        local types = { text = "text", ["int, of"] = "int", float = "float", bool = "bool" }
        local read = mb.read_csv(name, { types = types, header = true })
        assert.equal(n, #read)
        for column_name, column in frame:each() do
          assert.same(helper.rows_of(column), helper.rows_of(read:column(column_name)))
        end
      end
    end
  end)

  it("keeps missing text and empty strings apart", function()
    local text = { "a", mb.null, "", "NA", mb.null, "" }
    local column = mb.column(text)
    for _, options in ipairs { {}, { quote = "text" }, { na = "NA" }, { na = "-", gzip = true } } do
      mb.frame({ { "t", column }, { "n", mb.range(1, 6) } }):to_csv(path, options)
      assert.same(text, mb.read_csv(path, { na = options.na }).t:to_table())
    end
    -- Of one column, where a blank line is no row, with a mark for missing rows.
    mb.frame({ { "t", column } }):to_csv(path, { na = "NULL" })
    assert.same(text, mb.read_csv(path, { na = "NULL" }).t:to_table())
    mb.frame({ { "t", column } }):to_csv(path)
    assert.same({ "a", "", "", "NA", "", "" }, mb.read_csv(path).t:to_table())
  end)

  it("refuses text with zero bytes, and leaves an older file", function()
    local n <const>, texts = 700, {}
    mb.frame({ { "t", mb.column { "old" } } }):to_csv(path)
    for i = 1, n do texts[i] = "text" .. i .. (i == 433 and "\0" or "") end
    local frame = mb.frame { { "n", mb.range(1, n) }, { "t", mb.column(texts) } }
    for _, options in ipairs { {}, { quote = "all" }, { gzip = true } } do
      helper.assert_raises("column 't' has text with a zero byte in row 433, which CSV cannot have",
        function() frame:to_csv(path, options) end)
      helper.assert_raises("'t' has text with a zero byte in row 333", function()
        frame:where "n > 100":to_csv(path, options)
      end)
    end
    assert.same({ "old" }, mb.read_csv(path).t:to_table())
    mb.frame({ { "t", mb.column { "a\0", "a\0", "b" } } }):where('t == "b"'):to_csv(path)
    assert.same({ "b" }, mb.read_csv(path).t:to_table())
  end)

  it("writes times, addresses, uints, and text that other ranks have", function()
    local frame = mb.frame {
      { "at", mb.column({ "2024-02-29T12:00:00.25Z", mb.null, "1969-12-31" }, "time") },
      { "from", mb.column({ "10.0.0.1", "2001:db8::1", mb.null }, "ip") },
      { "took", mb.column({ "1h", "250ms", "2d" }, "duration") },
      { "u", mb.column { mb.uint "18446744073709551615", 1, 2 } },
    }
    frame:to_csv(path)
    assert.same({ { "at", "from", "took", "u" },
      { "2024-02-29T12:00:00.250Z", "10.0.0.1", "1h", "18446744073709551615" },
      { "", "2001:db8::1", "0.25s", "1" }, { "1969-12-31T00:00:00.000Z", "", "2d", "2" } }, fields_of(path))
    local words = mb.range(1, 1000):as("text", { dictionary = false })
    mb.frame { { "w", words:reverse() } }:to_csv(path, { header = false })
    local rows = fields_of(path)
    assert.equal(1000, #rows)
    for i, row in ipairs(rows) do assert.equal(tostring(1001 - i), row[1]) end
  end)

  it("writes integers of any size, and floats by the fewest digits", function()
    local ints, uints, floats = {}, {}, {}
    for digits = 1, 18 do
      for _, near in ipairs { -1, 0, 1 } do
        local int = math.tointeger(10 ^ digits) + near
        for _, value in ipairs { int, -int } do ints[#ints + 1] = value end
        uints[#uints + 1] = mb.uint(tostring(int))
        floats[#floats + 1] = near == 0 and -(10.0 ^ -digits) or int / 7
      end
    end
    for _, value in ipairs { 0, math.mininteger, math.maxinteger } do ints[#ints + 1] = value end
    uints[#uints + 1] = mb.uint "18446744073709551615"
    floats[#floats + 1] = 69.54 -- times 100 it is no whole number
    for name, values in pairs { int = ints, uint = uints, float = floats } do
      for _, part in ipairs { #values, 20, 8 } do -- those of fewer digits have loops of their own
        local some = table.move(values, 1, part, 1, {})
        mb.frame { { name, mb.column(some) } }:to_csv(path)
        local rows = fields_of(path)
        assert.equal(part + 1, #rows)
        for i, value in ipairs(some) do
          local text = rows[i + 1][1]
          if name == "float" then assert.equal(value, tonumber(text)) else assert.equal(tostring(value), text) end
        end
      end
    end
    assert.equal("69.54", mb.column { 69.54 }:as "text"[1])
  end)

  it("writes rows twice where their text takes more memory than there is", function()
    local core, n = mb.core, 40000 * mb.size()
    local numbers = mb.range(1, n)
    local frame = mb.frame { { "number", numbers:eval() }, { "hash", (numbers * 7919 % 1000003):eval() } }
    for _, options in ipairs { {}, { gzip = 1 } } do
      local name = path .. (options.gzip and ".gz" or "")
      local unpack = options.gzip and "zcat " or "cat "
      frame:to_csv(name, options)
      local expected = helper.shell(unpack .. name .. " | md5sum")
      for _, room in ipairs { 3000000, 2500000 } do
        collectgarbage()
        core.trim()
        local live, _, _, budget = core.memory(true)
        core.limit_memory(live + room)
        local ok, problem = pcall(frame.to_csv, frame, name, options)
        core.limit_memory(budget)
        assert.is_true(ok, problem)
        assert.equal(expected, helper.shell(unpack .. name .. " | md5sum"))
      end
    end
  end)

  it("puts numbers into quotes that would be read as something else", function()
    local frame = mb.frame { { "a", mb.column { -1, mb.null, 15 } }, { "b", mb.column { true, false, mb.null } } }
    local all = { { na = "-1" }, { na = "true" }, { sep = "5" }, { sep = "-", na = "15" }, { sep = "r" } }
    for _, options in ipairs(all) do
      frame:to_csv(path, options)
      local read = mb.read_csv(path, { sep = options.sep, na = options.na or "" })
      for name, column in frame:each() do assert.same(helper.rows_of(column), helper.rows_of(read:column(name))) end
    end
  end)

  it("writes scans piece by piece into the same file", function()
    local streams = require "spec.streams"
    local frame = frame_of(sample(300))
    for _, options in ipairs { {}, { header = false, quote = "all" }, { gzip = 1 } } do
      local name = path .. (options.gzip and ".gz" or "")
      local unpack = options.gzip and "zcat " or "cat "
      for _, wanted in ipairs { frame, frame:head(0) } do
        wanted:to_csv(name, options)
        local expected = helper.shell(unpack .. name)
        for _, rows in ipairs { 7, 100, 1000 } do
          helper.write_file(name, "older")
          local scan = streams.counted(frame, rows)
          if #wanted == 0 then scan = scan:where(scan.float:isnan() & ~scan.float:isnan()) end
          scan:to_csv(name, options)
          assert.equal(expected, helper.shell(unpack .. name))
        end
      end
    end
  end)

  it("leaves an older file where a scan fails", function()
    local streams = require "spec.streams"
    local frame, fail = frame_of(sample(100)), false
    local scan = streams.counted(frame, 30):map(function(rows)
      if fail and #rows == 10 then error "the last piece fails" end
      return rows
    end)
    frame:to_csv(path)
    local before = helper.read_file(path)
    fail = true
    assert.matches("the last piece fails", helper.message_of(scan.to_csv, scan, path))
    assert.matches("cannot write", helper.message_of(scan.to_csv, scan, folder .. "/nowhere/x.csv"))
    assert.matches("no option 'seperator'", helper.message_of(scan.to_csv, scan, path, { seperator = 1 }))
    assert.equal(before, helper.read_file(path))
    assert.equal("", helper.shell("ls " .. folder .. " | grep part || true"))
  end)

  it("keeps a file where it cannot write another", function()
    local frame = mb.frame { { "a", mb.range(1, 10) } }
    frame:to_csv(path)
    local before = helper.read_file(path)
    assert.matches("cannot write", helper.message_of(frame.to_csv, frame, folder .. "/nowhere/x.csv"))
    assert.matches("no option 'seperator'", helper.message_of(frame.to_csv, frame, path, { seperator = 1 }))
    assert.matches("'needed', 'text' or 'all' expected", helper.message_of(frame.to_csv, frame, path, { quote = "no" }))
    assert.matches("a level from 1 to 12", helper.message_of(frame.to_csv, frame, path, { gzip = 13 }))
    assert.matches("a string of one byte", helper.message_of(frame.to_csv, frame, path, { sep = "" }))
    assert.matches("without separators", helper.message_of(frame.to_csv, frame, path, { na = "," }))
    assert.matches("has no columns", helper.message_of(frame.to_csv, mb.frame {}, path))
    assert.equal(before, helper.read_file(path))
    assert.equal("out.csv\nout.csv.gz\n", helper.shell("ls " .. folder))
  end)
end)
