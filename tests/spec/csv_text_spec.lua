-- Text in CSV, converted on the ranks of this run in small batches, against Python's csv and h5py.
local core = require "moonbear.core"
local lanl = require "moonbear.lanl"
local mb = require "moonbear"
local helper = require "spec.helper"

local path <const> = helper.path

teardown(helper.clean)

local function convert(format, text, options)
  local input, output = helper.write_file(path "in.csv", text), path "out.hdf"
  return output, helper.convert_csv(format, input, output, options)
end

-- What Python reads from a CSV file in a column, and h5py from the dataset of the output, as bytes.
local script = [=[
import csv, sys, h5py
name, at = sys.argv[3], int(sys.argv[4])
rows = [row[at].encode() for row in csv.reader(open(sys.argv[1], newline="", encoding="utf-8"))]
with h5py.File(sys.argv[2]) as file:
    got, kind = [bytes(x) for x in file[name][:]], file[name].dtype
print(kind, len(rows), "same" if rows == got else "other")
]=]

local function python_says(name, at)
  return (helper.python_output(script, path "in.csv", path "out.hdf", name, tostring(at))
    :gsub("%s+$", ""))
end

local format = { { "host", "text:12" }, { "n", "int" }, { "user", "text" }, { "note", "text:100" } }

-- Lines of a seeded generator, with empty, quoted and full fields.
local function lines(count)
  local list, random = {}, helper.random(7)
  local users = { "", "root", "svc-backup", '"a,b"', '"say ""hi"""', "grün", ("u"):rep(32), " x " }
  for i = 1, count do
    list[i] = ("%s,%d,%s,%s"):format(("h"):rep(random(0, 12)), i, users[random(1, #users)],
      ("n"):rep(random(0, 100)))
  end
  return table.concat(list, "\n") .. "\n"
end

describe("csv2hdf's text", function()
  it("is what Python reads, for any number of ranks, levels and batches", function()
    local text = lines(40000)
    for _, options in ipairs { { level = 1, range = 65536 }, { level = 0 },
      { level = 6, range = 300000 } } do
      local output = convert(format, text, options)
      assert.equal("|S16 40000 same", python_says("host", 0))
      assert.equal("|S32 40000 same", python_says("user", 2))
      assert.equal("|S104 40000 same", python_says("note", 3))
      local frame = mb.read_hdf(output, { "host", "n", "user" })
      assert.equal(40000 * 40001 // 2, frame.n:sum())
      assert.equal("text", frame.user:type())
      assert.equal(8, #frame.user:unique())
    end
  end)

  it("is bytes that need not be UTF-8", function()
    local output = convert({ { "t", "text" } }, "\xff\xfe\nplain\n\n'x'\n")
    assert.same({ "\xff\xfe", "plain", "", "'x'" }, mb.read_hdf(output, "t"):to_table())
  end)

  it("is refused where it is longer than the format says", function()
    local line = ("a"):rep(17)
    helper.assert_raises("line 2: field 1 (host) has more text than the format has room for "
      .. "(see 'text:N'): '" .. line, convert, { { "host", "text:12" } }, "b\n" .. line .. "\n")
    local output, report = convert({ { "host", "text:12" } }, "b\n" .. line .. "\nc\n",
      { skip_bad = true })
    assert.same({ "b", "c" }, mb.read_hdf(output, "host"):to_table())
    assert.same({ 2, 1, 2 }, { report[1], report[2], report[3] })
    helper.assert_raises("has a NUL byte", convert, { { "t", "text" } }, "a\0b\n")
  end)

  it("has a room that formats tell", function()
    for _, converter in ipairs { "text:0", "text:4097", "text:", "text:-1", "text:x", "text:1e3" } do
      helper.assert_raises("column 't': converter '" .. converter .. "': text has 1 to 4096 bytes",
        core.csv_check, { { "t", converter } })
    end
    local wide = {}
    for i = 1, 9 do wide[i] = { "c" .. i, "text:4096" } end
    helper.assert_raises("column 'c9': a row has more than 32768 bytes", core.csv_check, wide)
    helper.assert_raises("bool, port, device, text and skip", core.csv_check, { { "t", "string" } })
  end)

  it("takes the longest fields", function()
    local long = ("z"):rep(4096)
    local output = convert({ { "t", "text:4096" }, { "u", "text:1" } },
      (long .. ",b\n"):rep(200) .. ",\n")
    local column = mb.read_hdf(output, "t")
    assert.equal(201, #column)
    assert.equal(long, column[200])
    assert.equal("", column[201])
    assert.equal("12345678", mb.read_hdf((convert({ { "u", "text:1" } }, "12345678\n")), "u")[1])
  end)

  it("is read as mb.read_csv reads it", function()
    local fields = { { "n", "int" }, { "u", "uint" }, { "p", "port" }, { "d", "device" },
      { "b", "bool" }, { "t", "text" } }
    local text = (' 7,+7,8.0,"a""1",1,"x"\n+1,-0,Port00080,"Comp000001",0,"a,""b"""\n'):rep(300)
    local frame = mb.read_hdf((convert(fields, text)))
    local types, names = {}, {}
    for i, field in ipairs(fields) do names[i], types[field[1]] = field[1], field[2] end
    local plain = helper.write_file(helper.path "plain.csv", text)
    local expected = mb.read_csv(plain, { header = false, names = names, types = types })
    for _, name in ipairs(names) do
      assert.same(expected:column(name):to_table(), frame:column(name):to_table())
    end
    assert.same({ 7, 0 }, { frame.u[1], frame.u[2] })
    assert.same({ 7, 2048, 'a"1', true, 'a,"b"' }, { frame.n[1], frame.p[1],
      lanl.device_name(frame.d[1]), frame.b[1], frame.t[2] })
  end)

  it("stands beside whole numbers with a sign, where that leaves them what they are", function()
    for text, value in pairs { ["+18446744073709551615"] = -1, ["-0"] = 0, ["+0"] = 0 } do
      assert.equal(value, mb.read_hdf((convert({ { "u", "uint" } }, text .. "\n")), "u")[1])
    end
    for _, text in ipairs { "-1", "+", "-", "++1", "+-0", "+18446744073709551616" } do
      helper.assert_raises("line 1: field 1 (u)", convert, { { "u", "uint" } }, text .. "\n")
    end
  end)

  it("may be the names of LANL's devices", function()
    local names, rows = { "Comp364445", "EnterpriseAppServer", "IP564116", "VPN" }, {}
    for i = 1, 5000 do
      rows[i] = ("118781,5580,%s,%s,17,Port05507,Port46272,0,755065,0,%d")
        :format(names[i % 4 + 1], names[i % 3 + 1], i)
    end
    local output = convert(lanl.text_format, table.concat(rows, "\n") .. "\n", { range = 50000 })
    local flows = mb.read_hdf(output)
    assert.equal(5000, #flows)
    assert.equal("VPN", flows.srcIP[3])
    local values, counts = flows.srcIP:value_counts()
    assert.same({ "Comp364445", "EnterpriseAppServer", "IP564116", "VPN" }, values:to_table())
    assert.same({ 1250, 1250, 1250, 1250 }, counts:to_table())
    assert.equal("int", flows.dstPort:type())
  end)
end)
