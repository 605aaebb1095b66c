-- Lines of JSON as columns, beside what Python's json module means by them.
local helper = require "spec.helper"
local mb = require "moonbear"

local corpus = os.getenv "MOONBEAR_CORPUS"

-- A file with this text.
local function file(text)
  return helper.write_file(helper.tmpdir() .. "/data.json", text)
end

local function read(text, options) return mb.read_jsonl(file(text), options) end

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
  local message = helper.message_of(mb.read_jsonl, path, options)
  assert.matches(pattern, message)
end

-- What a program says that a file means, beside what is read of it.
local function check_case(case, block)
  local frame = mb.read_jsonl(case.path, { fields = case.fields, block = block })
  local what = ("%s, block %s"):format(case.path, block)
  assert.same(case.names, frame:columns(), what)
  assert.equal(#case.rows, #frame, what)
  for i, name in ipairs(case.names) do
    local column = frame:column(name)
    assert.equal(case.types[i], column:type(), what .. ", column " .. name)
    local got, is = helper.rows_of(column), column:type()
    for row, values in ipairs(case.rows) do
      local value, expected = got[row], values[i]
      if is == "uint" and value ~= "null" then value = mb.uint(value) end
      if is == "uint" or is == "time" or is == "ip" then
        value, expected = tostring(value), tostring(expected)
      end
      if value ~= expected or math.type(value) ~= math.type(expected) then
        assert.equal(expected, value, ("%s, column %s, row %d"):format(what, name, row))
      end
    end
  end
end

local function cases_of(...)
  return load(helper.data_output("jsonl_cases.py", ...), "cases", "t",
    { mb = mb, null = "null", math = math })()
end

describe("read_jsonl", function()
  teardown(helper.clean)

  it("finds names and types", function()
    local frame = read('{"i":-1,"u":18446744073709551615,"f":1,"b":true,"t":"x","none":null}\n'
      .. '{"i":22,"u":3,"f":2.5,"b":false,"t":"a \\"b\\", \\u00e9","ip":"10.0.0.1"}\n\n'
      .. '{"when":"2024-02-29T10:00:01.5Z","mixed":1,"l":[1, {"x":2}],"n":1.50}\n'
      .. '{"when":"2024-02-29","mixed":"1","l":{},"n":"1"}')
    assert.same({
      { "i", "int", -1, 22, "null", "null" }, { "u", "uint", -1, 3, "null", "null" },
      { "f", "float", 1.0, 2.5, "null", "null" }, { "b", "bool", true, false, "null", "null" },
      { "t", "text", "x", 'a "b", é', "null", "null" },
      { "none", "float", "null", "null", "null", "null" },
      { "ip", "ip", "null", "10.0.0.1", "null", "null" },
      { "when", "time", "null", "null", "2024-02-29T10:00:01.500Z", "2024-02-29T00:00:00Z" },
      { "mixed", "text", "null", "null", "1", "1" },
      { "l", "text", "null", "null", '[1, {"x":2}]', "{}" },
      { "n", "text", "null", "null", "1.50", "1" },
    }, show(frame))
  end)

  it("takes strings for no numbers, and loses no digits", function()
    local frame = read('{"a":"7","b":18446744073709551616,"c":-1,"d":"","e":"true"}\n'
      .. '{"a":"8","b":1,"c":18446744073709551615,"d":1,"e":"false"}\n')
    assert.same({ { "a", "text", "7", "8" }, { "b", "text", "18446744073709551616", "1" },
      { "c", "text", "-1", "18446744073709551615" }, { "d", "text", "", "1" },
      { "e", "text", "true", "false" } }, show(frame))
  end)

  it("goes into objects, and finds names with dots first", function()
    local text = '{"id":{"p":1,"h":{"x":"y"}},"id.p":2}\n{"id":{"p":3}}\n{"id.p":null}\n'
      .. '{"id":{"h.x":"z","h":{"x":"w"}}}\n{"id":4}\n{"id":[{"p":5}]}\n{"id.h":{"x":"v"}}\n'
    local n = "null"
    assert.same({
      { "id.p", "int", 2, 3, n, n, n, n, n }, { "id.h.x", "text", "y", n, n, "z", n, n, "v" },
      { "id", "text", '{"p":1,"h":{"x":"y"}}', '{"p":3}', n, '{"h.x":"z","h":{"x":"w"}}', "4",
        '[{"p":5}]', n },
      { "id.h", "text", '{"x":"y"}', n, n, '{"x":"w"}', n, n, '{"x":"v"}' },
      { "no", "float", n, n, n, n, n, n, n },
    }, show(read(text, { fields = { "id.p", "id.h.x", "id", "id.h", "no" } })))
    assert.same({ { "port", "int", 2, 3, n, n, n, n, n } },
      show(read(text, { fields = "id.p", names = "port" })))
    assert.same({ { "a.x", "int", 3 }, { "a.y", "int", 2 }, { "b", "text", "u" } },
      show(read('{"a":{"x":1,"y":2},"b":"t","a":{"x":3},"b":"u"}', { fields = { "a.x", "a.y", "b" } })))
    local deep = ('{"a":'):rep(40) .. "1" .. ("}"):rep(40)
    assert.same({ { "a" .. (".a"):rep(29), "text", ('{"a":'):rep(10) .. "1" .. ("}"):rep(10) } },
      show(read(deep, { fields = "a" .. (".a"):rep(29) })))
  end)

  it("reads lines of Python's json module, cut anywhere", function()
    for seed = 1, 2 do
      for _, case in ipairs(cases_of(helper.tmpdir(), seed, 40)) do
        for _, block in ipairs { 1, 97 } do check_case(case, block) end
      end
    end
  end)

  it("sees what comes late", function()
    local lines = {}
    for i = 1, 20000 do lines[i] = ('{"n":%d,"s":{"t":"v%d"}}'):format(i, i % 7) end
    lines[20000] = '{"n":0.5,"s":{"t":[]},"late":"x"}'
    local text = table.concat(lines, "\n")
    local frame = read(text)
    assert.same({ "n", "s", "late" }, frame:columns())
    assert.same({ "float", 19999 * 20000 / 2 + 0.5, "x" }, { frame.n:type(), frame.n:sum(), frame.late[-1] })
    frame = read(text, { fields = { "s.t", "n" } })
    assert.same({ "float", 19999 * 20000 / 2 + 0.5, "[]", "v1" },
      { frame.n:type(), frame.n:sum(), frame:column "s.t"[-1], frame:column "s.t"[1] })
  end)

  it("has the names of all lines, as they come", function()
    local lines, n = {}, "null"
    for i = 1, 3000 do lines[i] = ('{"a":%d}'):format(i) end
    lines[1500] = '{"c":{"a":1},"a":2,"b":3}'
    lines[2999] = '{"zz":1'
    lines[3000] = '{"b":1,"":2,"c.a":true}'
    local text = table.concat(lines, "\n")
    for _, block in ipairs { 1, 100, 1 << 18 } do
      local frame = read(text, { on_bad = "skip", block = block })
      assert.same({ "a", "c", "b", "", "c.a" }, frame:columns())
      assert.same({ 2, n, true, 1 }, { frame.a[1500], helper.rows_of(frame.c)[2999],
        frame:column "c.a"[2999], frame.b[-1] })
      assert.equal('{"a":1}', frame.c[1500])
      assert.same({ { "b", "text", "3" }, { "c.a", "bool", n } },
        show(read(text, { on_bad = "skip", block = block, columns = { "b", "c.a" },
          types = { b = "text" } })[{ 1500 }]))
      assert.same({ "v", "w", "x", "y", "z" }, read(text, { on_bad = "skip", block = block,
        names = { "v", "w", "x", "y", "z" } }):columns())
      assert.equal("float", read(text, { on_bad = "skip", block = block, types = { b = "float" } }).b:type())
      assert.matches("there is no column 'zz'", helper.message_of(read, text,
        { on_bad = "skip", block = block, columns = "zz" }))
    end
    assert.same({ { "a.b", "int", 1, n }, { "a", "text", n, '{"b":2}' } },
      show(read '{"a.b":1}\n{"a":{"b":2}}'))
  end)

  it("reads the types that are asked for", function()
    local frame = read('{"ts":1575413096.052279,"d":0.25,"p":"80","n":7,"i":null,"w":"2001:db8::1"}\n'
      .. '{"ts":1575413097,"d":2,"p":81,"n":"x","i":"","w":"10.0.0.1"}\n', {
      types = { ts = { "time", unit = "s" }, d = { "duration", unit = "s" }, p = "port", n = "text",
        i = "int", w = "ip" },
      columns = { "w", "ts", "d", "p", "n", "i" },
    })
    assert.same({
      { "w", "ip", "2001:db8::1", "10.0.0.1" },
      { "ts", "time", "2019-12-03T22:44:56.052279Z", "2019-12-03T22:44:57Z" },
      { "d", "duration", "0.25s", "2s" }, { "p", "int", 80, 81 }, { "n", "text", "7", "x" },
      { "i", "int", "null", "null" },
    }, show(frame))
  end)

  it("does with bad lines what it is told", function()
    local text = '{"a":1,"b":"x"}\n{"a":2\n{"a":"three","b":"y"}\n[4]\n\n{"a":5,"b":"z"}\n'
    assert.same({ { "a", "int", 1, 5 }, { "b", "text", "x", "z" } },
      show(read(text, { on_bad = "skip", types = { a = "int" } })))
    assert.same({ { "a", "text", "1", "three", "5" }, { "b", "text", "x", "y", "z" } },
      show(read(text, { on_bad = "skip" })))
    fails("data.json:2: the line is no JSON: it ends too early", text)
    fails("data.json:2: column 'a' has 'x', which is not an int %(on_bad = 'skip' leaves such",
      '{"a":1}\n{"a":"x"}\n', { types = { a = "int" } })
  end)

  it("says what is wrong with a line", function()
    local lines = {
      { '{"a":tru}', "no null, true or false.* at byte 6: tru}" }, { "[1,2]", "an array, and no object" },
      { "5", "a value, and no object" }, { '"x"', "a value, and no object" },
      { '{"a":1}{"b":2}', "a second object" }, { '{"a":1} x', "goes on behind its end" },
      { '{"a":NaN}', "at byte 6: NaN" }, { '{"a":01}', "no JSON" }, { '{"a":1,}', "at byte 8: }" },
      { '{"a" 1}', "a colon, .* at byte 6: 1}" }, { '{"a":"x', "never closed" }, { "}", "no JSON" },
      { '{"a":[1,2}}', "no JSON" }, { '{"a":"\xff"}', "no UTF%-8" },
      { '{"\xc0\x80":1}', "no UTF%-8" }, { '{"a":"\xed\xa0\x80"}', "no UTF%-8" }, { '{"a":"\\x"}', "no JSON" },
      { '{"a":"\\ud83d"}', "surrogate" }, { '{"a":"\\ude00\\ud83d"}', "surrogate" },
      { '{"a":"\\ud83d\\u0041"}', "surrogate" }, { "{'a':1}", "no JSON" }, { '{"a":1.}', "no JSON" },
      { '{"a":-}', "no JSON" }, { '{"a":1e}', "no JSON" }, { '{"a":"\1"}', "control character" },
      { '{"a":1 "b":2}', "a comma, .* at byte 8: \"b\":2}" }, { '{"\\q":1}', "a wrong escape" },
      { '{"a":"\\u12"}', "a wrong escape" }, { '{"a":1}}', "at byte 8: }" }, { "null", "no object" },
      { ('{"a":'):rep(1100) .. "1" .. ("}"):rep(1100), "more than 1000 levels" },
      { '{"a":\n1}', "ends too early" },
    }
    for _, case in ipairs(lines) do
      for _, fields in ipairs { false, "b" } do
        fails("data.json:2: .*" .. case[2], '{"a":1}\n' .. case[1] .. "\n", { fields = fields or nil })
      end
    end
    assert.same({ { "a", "text", "😀", "\\ud83d" } },
      show(read '{"a":"\\ud83d\\ude00"}\n{"a":"\\\\ud83d"}'))
  end)

  it("refuses what it cannot read", function()
    fails("data.json: there is no object with a name in it", "")
    fails("data.json: there is no object with a name in it", "{}\n")
    fails("UTF%-16", "\xff\xfe{\0}\0")
    fails("a zero byte", '{"a":1}\n{"a":2}\0\n')
    fails("tell by 'fields' what to read", '{"a\\u0000b":1}')
    local many = {}
    for i = 1, 5000 do many[i] = ('{"x%d":%d}'):format(i, i) end
    fails("more than 4096 different names: tell by 'fields'", table.concat(many, "\n"))
    assert.equal(4000, read(table.concat(many, "\n"), { fields = "x4000" }).x4000:max())
    assert.matches("No such file", helper.message_of(mb.read_jsonl, "/nowhere/x.json"))
    fails("no option 'sep'", "{}", { sep = ";" })
    fails("there is no column 'x'", '{"a":1}', { columns = "x" })
    fails("'fields' has 'a' twice", '{"a":1}', { fields = { "a", "a" } })
    fails("'fields' is empty", '{"a":1}', { fields = {} })
    fails("'names' has 'x' twice", '{"a":1,"b":2}', { names = { "x", "x" } })
    fails("2 names are given for 1 fields", '{"a":1}', { fields = "a", names = { "x", "y" } })
    fails("there is no type 'number'", '{"a":1}', { types = { a = "number" } })
    fails("'error' or 'skip' expected", '{"a":1}', { on_bad = "missing" })
    assert.equal(0, #read("", { fields = "a" }))
  end)

  it("reads many files as one, compressed ones too", function()
    local folder = helper.tmpdir()
    for i = 1, 5 do
      helper.write_file(("%s/%d.json"):format(folder, i), ('{"n":%d,"t%d":"x"}\n'):format(i, i % 2))
    end
    os.execute(("cd %s; gzip 2.json; bzip2 4.json; zstd -q --rm 1.json; xz 5.json"):format(folder))
    local n = "null"
    assert.same({ { "n", "int", 1, 2, 3, 4, 5 }, { "t1", "text", "x", n, "x", n, "x" },
      { "t0", "text", n, "x", n, "x", n } }, show(mb.read_jsonl(folder .. "/*.json*")))
    helper.write_file(folder .. "/6.json", "{\n")
    assert.matches("6.json:1: the line is no JSON", helper.message_of(mb.read_jsonl, folder .. "/*.json*"))
  end)

  it("reads LANL's host logs", function()
    local path = helper.write_file(helper.tmpdir() .. "/wls_day-01", table.concat({
      '{"UserName": "Comp1$", "EventID": 4624, "LogHost": "Comp2", "LogonID": "0x1a", "Time": 1}',
      '{"UserName": "User3", "EventID": 4688, "LogHost": "Comp4", "ProcessName": "a.exe", "Time": 2}',
    }, "\n") .. "\n")
    os.execute("bzip2 " .. path)
    local log = mb.read_jsonl(path .. ".bz2", { types = { Time = { "time", unit = "s" } } })
    assert.same({ 4624, 4688 }, log.EventID:to_table())
    assert.equal("1970-01-01T00:00:02Z", tostring(log.Time[2]))
    assert.same({ "null", "a.exe" }, helper.rows_of(log.ProcessName))
  end)

  it("reads logs of others", function()
    if not corpus then return print "MOONBEAR_CORPUS is not set: logs of Zeek in JSON are skipped" end
    for path in helper.shell(("ls %s/zeek-json/*.log"):format(corpus)):gmatch "%S+" do
      check_case(cases_of(path)[1], 1000)
    end
    local conn = corpus .. "/zeek-json/conn.log"
    check_case(cases_of(conn, "id.resp_p", "ts", "no")[1])
  end)
end)
