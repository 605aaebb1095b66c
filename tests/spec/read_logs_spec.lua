-- Logs of Zeek and nfdump's CSV as columns, beside what a plain reader makes of their lines.
local helper = require "spec.helper"
local mb = require "moonbear"

local function split(line)
  local fields = {}
  for field in (line .. "\t"):gmatch "([^\t]*)\t" do fields[#fields + 1] = field end
  return fields
end

-- What a field is as a value of a column of this type, in words.
local function expected(field, is)
  if field == "-" then return "null" end
  if is == "time" or is == "interval" then
    local seconds, fraction = field:match "^(%-?%d+)%.?(%d*)$"
    if not seconds then return tostring(math.tointeger(tonumber(field)) * 1000000) end
    return tostring(tonumber(seconds) * 1000000 + tonumber((fraction .. "000000"):sub(1, 6)))
  end
  if is == "bool" then return tostring(field == "T") end
  if is == "double" then return tostring(tonumber(field) + 0.0) end
  return field == "(empty)" and "" or field
end

local function shown(column, is)
  local list = helper.rows_of(column)
  for i, value in ipairs(list) do
    if value ~= "null" and is == "time" then
      value = value:epoch "us"
    elseif value ~= "null" and is == "interval" then
      value = value // mb.duration "1us"
    end
    list[i] = tostring(value)
  end
  return list
end

local function check_log(path)
  local names, types, rows = nil, nil, {}
  for line in helper.shell((path:find "gz$" and "zcat " or "cat ") .. path):gmatch "[^\r\n]+" do
    local fields = split(line)
    if fields[1] == "#fields" then names = table.move(fields, 2, #fields, 1, {}) end
    if fields[1] == "#types" then types = table.move(fields, 2, #fields, 1, {}) end
    if line:sub(1, 1) ~= "#" then rows[#rows + 1] = fields end
  end
  local frame = mb.read_zeek(path)
  assert.equal(#rows, #frame, path)
  for c, name in ipairs(names) do
    local got = shown(frame:column(name), types[c])
    for r, fields in ipairs(rows) do
      local is = expected(fields[c], types[c])
      if got[r] ~= is then assert.equal(is, got[r], ("%s, %s, row %d"):format(path, name, r)) end
    end
  end
end

teardown(helper.clean)

describe("read_zeek", function()
  it("reads names and types of the header", function()
    local path = helper.write_file(helper.tmpdir() .. "/x.log", table.concat({
      "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tx",
      "#fields\tts\tid.orig_h\tn\tok\tfor\tnote\ttags\tratio",
      "#types\ttime\taddr\tcount\tbool\tinterval\tstring\tset[string]\tdouble",
      "1.5\t10.0.0.1\t7\tT\t0.25\t\"a\t(empty)\t1.5", "2.000001\t2001:db8::1\t-\tF\t-\t-\ta,b\t1e3", "#close",
    }, "\n") .. "\n")
    local f = mb.read_zeek(path)
    assert.same({ "ts", "id.orig_h", "n", "ok", "for", "note", "tags", "ratio" }, f:columns())
    local types = {}
    for _, column in f:each() do types[#types + 1] = column:type() end
    assert.same({ "time", "ip", "int", "bool", "duration", "text", "text", "float" }, types)
    assert.equal("1970-01-01T00:00:02.000001Z", tostring(f.ts[2]))
    assert.equal("2001:db8::1", f:column "id.orig_h"[2])
    assert.same({ 7, "null" }, helper.rows_of(f.n))
    assert.same({ true, false }, helper.rows_of(f.ok))
    assert.same({ '"a', "null" }, helper.rows_of(f.note))
    assert.same({ "", "a,b" }, helper.rows_of(f.tags))
    assert.same({ 1.5, 1000.0 }, helper.rows_of(f.ratio))
    assert.same({ "n" }, mb.read_zeek(path, { columns = { "n" } }):columns())
  end)

  it("reads logs of others", function()
    local corpus = helper.corpus "zeek"
    if not corpus then return end
    for path in helper.shell(("ls %s/*.log %s/*.log.gz"):format(corpus, corpus)):gmatch "%S+" do
      if path:find "corrupt" then
        assert.matches("corrupt.gz: the ", helper.message_of(mb.read_zeek, path))
      else
        check_log(path)
      end
    end
  end)

  it("refuses what is no log", function()
    local folder = helper.tmpdir()
    local function file(name, text) return helper.write_file(folder .. "/" .. name, text) end
    assert.matches("no log of Zeek", helper.message_of(mb.read_zeek, file("a", "a,b\n")))
    assert.matches("no #fields and #types", helper.message_of(mb.read_zeek,
      file("b", "#separator \\x09\n#fields\ta\n")))
    file("1.log", "#separator \\x09\n#fields\ta\n#types\tint\n1\n")
    file("2.log", "#separator \\x09\n#fields\tb\n#types\tint\n1\n")
    assert.matches("2.log: its fields are not those of", helper.message_of(mb.read_zeek, folder .. "/*.log"))
    assert.matches("no option 'sep'", helper.message_of(mb.read_zeek, "x", { sep = "," }))
    local count = file("c", "#separator \\x09\n#fields\tt\tn\n#types\ttime\tcount\n1\t7\n2\tx\n3\t-\n")
    assert.matches("c:5: column 'n' has 'x', which is not a uint", helper.message_of(mb.read_zeek, count))
    assert.same({ 7, "null", "null" }, helper.rows_of(mb.read_zeek(count, { on_bad = "missing" }).n))
    assert.same({ "7", "x", "null" }, helper.rows_of(mb.read_zeek(count, { types = { n = "text" } }).n))
  end)
end)

describe("read_nfdump", function()
  it("reads ports, scaled numbers, and no summary", function()
    local text = "ts,sa,sp,dp,ibyt\n2023-11-14 22:13:20,10.0.0.1,443,80,1.2 M\n"
      .. "2023-11-14 22:13:21,10.0.0.2,0,8.0,78\nSummary\nflows,bytes\n2,1200078\n"
    local f = mb.read_nfdump(helper.write_file(helper.tmpdir() .. "/x.csv", text))
    assert.same({ 80, 2048 }, f.dp:to_table())
    assert.same({ 1200000, 78 }, f.ibyt:to_table())
    assert.equal("10.0.0.2", f.sa[2])
    assert.equal("2023-11-14T22:13:21Z", tostring(f.ts[2]))
    local packed = helper.write_file(helper.tmpdir() .. "/y.csv", text)
    os.execute("gzip " .. packed)
    assert.same({ 80, 2048 }, mb.read_nfdump(packed .. ".gz").dp:to_table())
    assert.same({ "dp" }, mb.read_nfdump(helper.write_file(helper.tmpdir() .. "/x.csv", text),
      { columns = "dp" }):columns())
  end)

  it("reads what newer versions of nfdump print", function()
    local fast = mb.read_nfdump(helper.write_file(helper.tmpdir() .. "/fast.csv", "cnt,af,firstSeen,lastSeen,proto,"
      .. "srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,output,flags,srcTos,packets,bytes\n"
      .. "1,2,1700000000123,1700000001000,6,10.0.0.1,80,10.0.0.2,1234,0,0,1,2,...AP.SF,0,5,400\n"
      .. "2,10,1700000000124,1700000001000,17,::1,80,::2,1234,0,0,1,2,........,0,5,400\n"))
    assert.equal("2023-11-14T22:13:20.123Z 2023-11-14T22:13:21Z 10.0.0.1 6",
      ("%s %s %s %s"):format(fast.firstSeen[1], fast.lastSeen[2], fast.srcAddr[1], fast.proto[1]))
    local new = mb.read_nfdump(helper.write_file(helper.tmpdir() .. "/new.csv",
      "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows\n"
      .. "2024-01-01 00:00:00.123,1.5,ICMP,10.0.0.1,0,10.0.0.2,8.0,5,1.2 M,1\n"))
    assert.equal("2024-01-01T00:00:00.123Z 1.5 2048 1200000",
      ("%s %s %d %d"):format(new.firstSeen[1], new.duration[1], new.dstPort[1], new.bytes[1]))
    helper.assert_raises("mb.read_jsonl reads nfdump -o ndjson", mb.read_nfdump,
      helper.write_file(helper.tmpdir() .. "/new.json", '[\n{"type":"FLOW"}\n]\n'))
  end)

  it("refuses what is no CSV of nfdump", function()
    local path = helper.write_file(helper.tmpdir() .. "/x.csv", "2023-11-14 22:13:20,10.0.0.1,443\n")
    assert.matches("x.csv: this is no CSV of nfdump", helper.message_of(mb.read_nfdump, path))
    helper.write_file(path, "No matched flows\n")
    assert.matches("x.csv: there is nothing in it", helper.message_of(mb.read_nfdump, path))
    assert.equal(0, #mb.read_nfdump(helper.write_file(path, "ts,sa,sp\nNo matching flows\nSummary\nflows\n0\n")))
  end)
end)
