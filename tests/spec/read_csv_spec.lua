-- Delimited text as columns, beside what Python's csv module means by it.
local helper = require "spec.helper"
local mb = require "moonbear"

-- A file with this text.
local function file(text)
  return helper.write_file(helper.tmpdir() .. "/data.csv", text)
end

local function read(text, options) return mb.read_csv(file(text), options) end

-- {name, type, values...} of each column.
local function show(frame)
  local result = {}
  for name, column in frame:each() do
    local list = helper.rows_of(column)
    for i, value in ipairs(list) do
      if type(value) == "userdata" then list[i] = tostring(value) end
    end
    result[#result + 1] = { name, column:type(), table.unpack(list) }
  end
  return result
end

local function fails(pattern, text, options)
  local path = file(text)
  local message = helper.message_of(mb.read_csv, path, options)
  assert.matches(pattern, message)
end

teardown(helper.clean)

describe("read_csv", function()
  it("finds types", function()
    local frame = read('i,u,f,b,t,when,from,none\n'
      .. '-1,18446744073709551615,1,true,x,2024-02-29,10.0.0.1,\n'
      .. '22,3,2.5,false,"a ""b"", c",2024-02-29T10:00:01.5Z,10.0.0.2,\n')
    assert.same({
      { "i", "int", -1, 22 }, { "u", "uint", -1, 3 }, { "f", "float", 1.0, 2.5 },
      { "b", "bool", true, false }, { "t", "text", "x", 'a "b", c' },
      { "when", "time", "2024-02-29T00:00:00Z", "2024-02-29T10:00:01.500Z" },
      { "from", "ip", "10.0.0.1", "10.0.0.2" }, { "none", "float", "null", "null" },
    }, show(frame))
  end)

  it("keeps what would lose digits as text", function()
    local frame = read "a,b,c\n007,18446744073709551616,-1\n8,1,18446744073709551615\n"
    assert.same({ { "a", "text", "007", "8" }, { "b", "text", "18446744073709551616", "1" },
      { "c", "text", "-1", "18446744073709551615" } }, show(frame))
  end)

  it("reads files of Python's csv module, cut anywhere", function()
    for seed = 1, 2 do
      local folder = helper.tmpdir()
      local cases = load(helper.data_output("csv_cases.py", folder, seed, 40), "cases", "t",
        { mb = mb, null = "null", math = math })()
      for _, case in ipairs(cases) do
        for _, block in ipairs { 1, 97 } do
          local frame = mb.read_csv(case.path, { sep = case.sep, quote = case.quote, header = true,
            block = block })
          local what = ("%s of seed %d, block %d"):format(case.path, seed, block)
          assert.equal(#case.rows, #frame, what)
          for i, name in ipairs(case.names) do
            local column = frame:column(name)
            assert.equal(case.types[i], column:type(), what .. ", column " .. name)
            local got = helper.rows_of(column)
            for row, fields in ipairs(case.rows) do
              local value, expected = got[row], fields[i]
              if column:type() == "uint" or column:type() == "time" or column:type() == "ip" then
                value, expected = tostring(value), tostring(expected)
                if column:type() == "uint" then value = tostring(mb.uint(got[row])) end
              end
              if value ~= expected then
                assert.equal(expected, value, ("%s, column %s, row %d"):format(what, name, row))
              end
            end
          end
        end
      end
    end
  end)

  it("begins in the right record wherever shares are cut", function()
    -- What is in quotes looks like records.
    for width = 1, 60, 4 do
      local lines = { "a,b" }
      for i = 1, 12 do
        lines[#lines + 1] = ('%d,"x%s\n7,""y""\n8,z\n"'):format(i, ("w"):rep(width))
      end
      local frame = read(table.concat(lines, "\n") .. "\n", { block = 16 })
      assert.equal(12, #frame)
      assert.equal(78, frame.a:sum())
    end
  end)

  it("reads every ending of lines", function()
    for _, ending in ipairs { "\n", "\r\n", "\r" } do
      for _, last in ipairs { "", ending } do
        local frame = read(table.concat({ "a,b", "1,x", "", '2,"y"' }, ending) .. last)
        assert.same({ { "a", "int", 1, 2 }, { "b", "text", "x", "y" } }, show(frame))
      end
    end
    assert.same({ { "a", "int", 1, 2, 3 } }, show(read "a\n1\r\n2\r3"))
    assert.same({ { "a", "int", 1 } }, show(read "\xef\xbb\xbfa\n1"))
  end)

  it("finds a header, or makes names up", function()
    assert.same({ { "c1", "int", 1, 3 }, { "c2", "text", "x", "y" } }, show(read "1,x\n3,y\n"))
    assert.same({ { "x", "text", "y" }, { "z", "text", "w" } }, show(read "x,z\ny,w\n"))
    assert.same({ { "c1", "text", "x", "y" } }, show(read("x\ny\n", { header = false })))
    assert.same({ { "p", "int", 1 }, { "q", "int", 2 } }, show(read("1,2\n", { names = { "p", "q" } })))
    assert.same({ { "p", "int", 1 } }, show(read("a\n1\n", { names = "p", header = true })))
    assert.same({ { "a", "int", 1 }, { "a_2", "int", 2 }, { "c3", "int", 3 } },
      show(read("a,a,\n1,2,3\n", { header = true })))
    assert.same({ { "a", "float" } }, show(read "a\n"))
    -- A name that is not there, or twice, is one of a header where values follow.
    assert.same({ { "c1", "int", 0, 1 }, { "a", "int", 7, 8 } }, show(read ",a\n0,7\n1,8\n"))
    assert.same({ { "c1", "int", 0 }, { "a", "text", "x" } }, show(read "\"\",a\n0,x\n"))
    assert.same({ { "a", "int", 1 }, { "a_2", "text", "x" }, { "c3", "float", "null" } }, show(read "a,a,\n1,x,\n"))
    assert.same({ { "c1", "float", "null", "null" }, { "c2", "text", "a", "b" } }, show(read ",a\n,b\n"))
    assert.same({ { "c1", "text", "a", "x" }, { "c2", "text", "a", "y" } }, show(read "a,a\nx,y\n"))
    assert.same({ { "c1", "text", "a", "x" }, { "c2", "int", "null", 5 } }, show(read "a,\nx,5\n"))
    assert.same({ { "c1", "text", "a", "x" }, { "c2", "int", 4, 5 }, { "c3", "float", "null", "null" } },
      show(read "a,4,\nx,5,\n"))
    local long = ("é"):rep(300)
    assert.same({ { long .. "x", "int", 1 }, { long .. 'y"', "int", 2 } },
      show(read(('%sx,"%sy"""\n1,2\n'):format(long, long))))
  end)

  it("takes its options", function()
    assert.same({ { "a", "float", 1.5, -2000.25 }, { "b", "text", "x", "y" } },
      show(read("a;b\n1,5;x\n-2.000,25;y\n", { sep = ";", decimal = ",", thousands = "." })))
    assert.same({ { "a", "int", 1 } }, show(read("junk,\"\nmore\na\n1\n", { skip = 2 })))
    assert.same({ { "a", "int", 1, 2 } }, show(read("# x,y\na\n1\n# a \"quote\n2\n", { comment = "#" })))
    assert.same({ { "a", "int", 1, "null", "null" }, { "b", "text", "NA", "null", "-" } },
      show(read('a,b\n1,"NA"\nNA,NA\n-,-\n', { na = { "NA" }, types = { a = "int" }, on_bad = "missing" })))
    assert.same({ { "b", "text", 'x"y', "a,b" } },
      show(read('a,b\n1,"x\\"y"\n2,a\\,b\n', { escape = "\\", columns = { "b" } })))
    assert.same({ { "a", "text", '"x', 'y"' } }, show(read('a\n"x\ny"\n', { quote = false })))
    assert.same({ { "a", "text", "é€", "plain" } },
      show(read("a\n\xe9\x80\nplain\n", { encoding = "windows-1252" })))
    assert.same({ { "a", "int", 2, 3 } }, show(read("a\n1\n2\n3\n4\n", { rows = { 2, 3 } })))
  end)

  it("reads the types that are asked for", function()
    local frame = read("t,e,d,p,s,n,w,z,fl,o\n"
      .. '24/12/2024 18:00,1258531221.486539,1h,Port80,1.2 M,7,1,10.0.0.1,.A..S.,1\n'
      .. '25/12/2024 18:00,1258531222,2min,8.0,17,,2,2001:db8::1,......,0\n', {
      types = { t = { "time", pattern = "%d/%m/%Y %H:%M" }, e = { "time", unit = "s" }, d = "duration",
        p = "port", s = "size", n = "text", w = "float", z = "ip", o = "bool" },
    })
    assert.same({
      { "t", "time", "2024-12-24T18:00:00Z", "2024-12-25T18:00:00Z" },
      { "e", "time", "2009-11-18T08:00:21.486539Z", "2009-11-18T08:00:22Z" },
      { "d", "duration", "1h", "2min" }, { "p", "int", 80, 2048 }, { "s", "int", 1200000, 17 },
      { "n", "text", "7", "null" }, { "w", "float", 1.0, 2.0 },
      { "z", "ip", "10.0.0.1", "2001:db8::1" }, { "fl", "text", ".A..S.", "......" },
      { "o", "bool", true, false },
    }, show(frame))
  end)

  it("takes times that no unit has together for text, unless they are asked for", function()
    local text = "t\n1000-01-01\n2020-01-01T00:00:00.123456789\n1500-01-01\n"
    assert.same({ { "t", "text", "1000-01-01", "2020-01-01T00:00:00.123456789", "1500-01-01" } }, show(read(text)))
    assert.same({ { "t", "time", "1000-01-01T00:00:00.123456Z", "2020-01-01T00:00:00Z" } },
      show(read "t\n1000-01-01T00:00:00.123456\n2020-01-01\n"))
    local asked = { types = { t = "time" } }
    fails(":2: column 't' has '1000%-01%-01', which is not a time, or too far off for the column's "
      .. "unit, ns", text, asked)
    asked.on_bad = "missing"
    assert.same({ { "t", "time", "null", "2020-01-01T00:00:00.123456789Z", "null" } }, show(read(text, asked)))
    asked.on_bad = "skip"
    assert.same({ { "t", "time", "2020-01-01T00:00:00.123456789Z" } }, show(read(text, asked)))
  end)

  it("takes numbers for missing that are told to be", function()
    local text = "x,y\n-1.5,-7\n" .. ("2.5,1\n-1.5,-7\n"):rep(3)
    assert.same({ { "x", "float", "null", 2.5, "null", 2.5, "null", 2.5, "null" },
      { "y", "int", "null", 1, "null", 1, "null", 1, "null" } }, show(read(text, { na = { "-1.5", "-7" } })))
  end)

  it("does with bad lines what it is told", function()
    local text = "a,b\n1,x\n2\n3,y,z\nfour,v\n5,w\n"
    local types = { a = "int" }
    assert.same({ { "a", "int", 1, 5 }, { "b", "text", "x", "w" } },
      show(read(text, { on_bad = "skip", types = types })))
    assert.same({ { "a", "int", 1, 2, 3, "null", 5 }, { "b", "text", "x", "null", "y", "v", "w" } },
      show(read(text, { on_bad = "missing", types = types })))
    -- A row that one column leaves out, where another is read again.
    assert.same({ { "a", "text", "x", "z" }, { "b", "float", 1.0, 2.5 } },
      show(read('a,b\nx,1\n"y"y,2\nz,2.5\n', { on_bad = "skip" })))
    local late = {}
    for i = 1, 4000 do late[i] = ('"x"%s,%d\n'):format(i % 3 == 0 and "y" or "", i) end
    local frame = read("a,b\n" .. table.concat(late) .. "x,late\n", { on_bad = "skip", block = 512 })
    assert.same({ 2668, "text" }, { #frame, frame.b:type() })
    fails("data.csv:3: the line has 1 field, not 2", text)
    fails("data.csv:2: column 'b' has 'x', which is not an int", text, { types = { b = "int" } })
    fails("data.csv:3: column 'a' has text behind a closing quote", 'a,b\n1,2\n"x"y,3\n')
  end)

  it("refuses what is no such text", function()
    fails("data.csv:2: a quote in this line is never closed", 'a,b\n1,"x\n2,y\n')
    fails("data.csv:3: there is a zero byte", "a\n1\n\0002\n")
    fails("data.csv: there is a zero byte in its first line", "PAR1\0\0PAR1")
    fails("data.csv: there is a zero byte in its first line", "a\0,b\n1,2\n")
    fails("UTF%-16", "\xff\xfea\0\n\0")
    fails("nothing in it", "")
    helper.assert_raises("an empty path: it names no file", mb.read_csv, { "" })
    assert.matches("not a regular file", helper.message_of(mb.read_csv, "/tmp"))
    assert.matches("No such file", helper.message_of(mb.read_csv, "/nowhere/x.csv"))
    fails("no option 'seperator'", "a\n", { seperator = ";" })
    fails("there is no column 'x'", "a\n1\n", { columns = "x" })
    fails("there is no type 'number'", "a\n1\n", { types = { a = "number" } })
    for _, name in ipairs { "b", "_b", 2 } do
      fails("there is no column '" .. name .. "', which 'types' names", "a\n1\n",
        { types = { [name] = "int" } })
    end
    fails("'sep' and 'quote' are the same byte", "a\n1\n", { sep = '"' })
    fails("what a line begins with expected, got the string ''", "a\n1\n", { trailer = "" })
    fails("2 names are given, and the lines of", "a\n1\n", { names = { "a", "b" } })
    fails("there is no encoding 'klingon'", "a\n1\n", { encoding = "klingon" })
    fails("characters of several bytes", "a\n1\n", { encoding = "shift_jis" })
    fails("bad option 'rows'", "a\n1\n", { rows = { 0, 1 } })
    fails("'error', 'skip' or 'missing' expected", "a\n1\n", { on_bad = "ignore" })
    fails("bad option 'na' of 'read_csv' %(number 2 of the list must be a string, got a number%)",
      "a\n1\n", { na = { "-", 0 } })
    fails("bad option 'names' of 'read_csv' %(a string or a list of strings expected, got 3%)",
      "a\n1\n", { names = 3 })
  end)

  it("names the function whose paths are none", function()
    for _, name in ipairs { "read_csv", "scan_csv", "read_zeek", "read_nfdump", "read_jsonl" } do
      local argument = "bad argument #1 to '" .. name .. "' "
      assert.matches(argument .. "%(the list is empty%)", helper.message_of(mb[name], {}))
      assert.matches(argument .. "%(string or list of strings expected, got 3%)",
        helper.message_of(mb[name], 3))
    end
  end)

  it("reads many files as one, compressed ones too", function()
    local folder = helper.tmpdir()
    for i = 1, 5 do
      helper.write_file(("%s/%d.csv"):format(folder, i), ("n,t\n%d,x%d\n"):format(i, i))
    end
    os.execute(("cd %s; gzip 2.csv; bzip2 4.csv; zstd -q --rm 1.csv; xz 5.csv"):format(folder))
    helper.write_file(folder .. "/0.csv", "")
    local frame = mb.read_csv(folder .. "/*.csv*")
    assert.same({ { "n", "int", 1, 2, 3, 4, 5 }, { "t", "text", "x1", "x2", "x3", "x4", "x5" } },
      show(frame))
    helper.write_file(folder .. "/6.csv", "t,n\n6,x\n")
    assert.matches("6.csv: its header is not that of .*/1.csv", helper.message_of(mb.read_csv, folder .. "/*.csv*"))
  end)

  it("tells of compressed files that are damaged", function()
    local text = "n,t\n" .. ("1234,some text\n"):rep(20000)
    for command, ending in pairs { gzip = "gz", bzip2 = "bz2", ["zstd -q --rm"] = "zst", xz = "xz" } do
      local folder = helper.tmpdir()
      helper.write_file(folder .. "/x.csv", text)
      os.execute(("cd %s; %s x.csv"):format(folder, command))
      local path = ("%s/x.csv.%s"):format(folder, ending)
      local whole = helper.read_file(path)
      assert.equal(20000, #mb.read_csv(path))
      helper.write_file(path, whole:sub(1, #whole - 20))
      assert.matches("x.csv." .. ending .. ": the compressed data end too early",
        helper.message_of(mb.read_csv, path))
      local at = #whole // 2
      helper.write_file(path, whole:sub(1, at) .. ("\xff"):rep(16) .. whole:sub(at + 17))
      assert.matches("x.csv." .. ending .. ": the %w+ data are corrupt",
        helper.message_of(mb.read_csv, path))
    end
  end)

  it("agrees with csv-spectrum", function()
    local corpus = helper.corpus "csv"
    if not corpus then return end
    local list = helper.shell(("ls %s/*.csv"):format(corpus))
    for path in list:gmatch "%S+" do
      local frame = mb.read_csv(path, { header = true })
      local got = {}
      for name, column in frame:each() do
        local values = {}
        for i, value in ipairs(helper.rows_of(column)) do
          values[i] = value == "null" and "" or column:type() == "ip" and tostring(value) or tostring(value)
        end
        got[name] = values
      end
      local expected = helper.python_output([[
import json, sys
rows = json.load(open(sys.argv[1]))
for name in sorted(rows[0]):
    for row in rows: print(name + "=" + row[name].encode().hex())
]], (path:gsub("csv$", "json")))
      local lines = {}
      for _, name in ipairs((function()
        local names = {}
        for name in pairs(got) do names[#names + 1] = name end
        table.sort(names)
        return names
      end)()) do
        for _, value in ipairs(got[name]) do
          lines[#lines + 1] = name .. "=" .. value:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
        end
      end
      assert.equal(expected, table.concat(lines, "\n") .. "\n", path)
    end
  end)
end)

describe("mb.scan_csv:", function()
  local csv = require "moonbear.csv"
  local most = csv.piece_bytes
  teardown(function()
    csv.piece_bytes = most
    helper.clean()
  end)

  it("scans have the rows and types of all, whatever the pieces", function()
    local lines = { "i,when,late,text,none" }
    for i = 1, 900 do
      lines[#lines + 1] = ('%d,2024-01-0%dT00:00:0%s,%s,"a\n""%d,",'):format(i, i % 9 + 1,
        i == 800 and "1.25" or "1", i < 850 and i or i .. ".5", i % 50)
      if i % 100 == 0 then lines[#lines + 1] = "# comments, and what is blank\n\n" end
    end
    local path = file(table.concat(lines, "\r\n"))
    local paths, o = { path, file "i,when,late,text,none\n", path }, { comment = "#" }
    local whole = mb.read_csv(paths, o)
    for _, size in ipairs { 3000, 20000, most } do
      csv.piece_bytes = size
      local s = mb.scan_csv(paths, o)
      assert.equal(#whole, #s)
      assert.same(show(whole), show(s:collect()))
      assert.same(show(whole:select("text", "late")), show(s:select("text", "late"):collect()))
      assert.same(show(whole:head(7)), show(s:head(7)))
      assert.equal(whole.late:sum(), s.late:sum())
    end
  end)

  it("scans read files of Python's csv module, cut anywhere", function()
    local folder = helper.tmpdir()
    local cases = load(helper.data_output("csv_cases.py", folder, 3, 8), "cases", "t",
      { mb = mb, null = "null", math = math })()
    for _, case in ipairs(cases) do
      for _, size in ipairs { 60, 777 } do
        csv.piece_bytes = size
        local o = { sep = case.sep, quote = case.quote, header = true }
        assert.same(show(mb.read_csv(case.path, o)), show(mb.scan_csv(case.path, o):collect()))
      end
    end
  end)

  it("scans take options", function()
    csv.piece_bytes = 10
    local path = file "a;b;c\n1;x;2\n2;bad;3\n;7;1\n"
    local o = { sep = ";", on_bad = "missing", types = { b = "int", c = "text" }, columns = { "c", "b" } }
    assert.same(show(mb.read_csv(path, o)), show(mb.scan_csv(path, o):collect()))
    assert.equal("scan of 3 rows of delimited text: c text, b int", tostring(mb.scan_csv(path, o)))
    assert.equal(0, #mb.scan_csv(file "a,b\n"):collect())
    assert.equal(0, mb.scan_csv(file "a,b\n").a:count_nonzero())
  end)

  it("scans say what they cannot, and what has changed", function()
    local path = file "a,b\n1,2\n"
    helper.assert_raises("'rows' is not for scans", mb.scan_csv, path, { rows = { 1, 2 } })
    helper.assert_raises("on_bad = 'skip' is not for scans", mb.scan_csv, path, { on_bad = "skip" })
    helper.assert_raises("which is not an int", mb.scan_csv, file "a\n1\nx\n", { types = { a = "int" } })
    helper.shell("gzip -k " .. path)
    helper.assert_raises("a compressed file with a trailer cannot be read in pieces", mb.scan_csv,
      path .. ".gz", { trailer = "x" })
    local s = mb.scan_csv(path)
    helper.write_file(path, "a,b\n1,2\n3,4\n")
    helper.assert_raises("was changed while it was scanned", function() return s.a:sum() end)
  end)
end)
