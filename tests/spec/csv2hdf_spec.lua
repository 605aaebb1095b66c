-- The program csv2hdf as a user meets it: options, outputs, bad input, exit statuses. It starts its
-- own ranks, so these tests run once.
local helper = require "spec.helper"
local mb = require "moonbear"

local program = helper.program:gsub("[^/]*$", "csv2hdf")
local LINE = "118781,5580,Comp364445,Comp547245,17,Port05507,Port46272,0,755065,0,1042329018"
local path <const> = helper.path

local function write(name, text) return helper.write_file(path(name), text) end

local function exists(name)
  local file = io.open(path(name), "rb")
  return file and file:close()
end

local function listing() return helper.shell("ls -A " .. helper.folder()) end

-- Runs csv2hdf with arguments in the folder; `before` are shell commands to run first.
local function run(arguments, before)
  local line = ("cd '%s' && %s exec '%s' %s"):format(helper.folder(), before or "", program, arguments)
  return helper.execute("sh -c " .. helper.quote(line))
end

local function convert(arguments)
  local status, out, err = run("--format=lanl " .. arguments)
  assert.equal(0, status, err)
  return out, err
end

-- The values of some datasets, as h5py reads them: one line for each.
local function values(name, ...)
  local lines = {}
  local text = helper.data_output("dump_hdf.py", path(name), ...)
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line:match "[^\t]*$" end
  return table.concat(lines, "\n")
end

-- Asserts that a run fails with a status and one line that has these parts, and leaves no output.
local function assert_fails(code, arguments, parts, before)
  local status, out, err = run(arguments, before)
  assert.equal(code, status, err)
  assert.equal("", out)
  assert.truthy(err:find "^csv2hdf: [^\n]*\n$", "not one line: " .. err)
  for _, part in ipairs(parts) do
    assert.truthy(err:find(part, 1, true), ("'%s' is not in: %s"):format(part, err))
  end
  assert.falsy(listing():find "hdf", listing())
end

local function with_field(i, text)
  local fields = {}
  for field in LINE:gmatch "[^,]+" do fields[#fields + 1] = field end
  fields[i] = text
  return table.concat(fields, ",")
end

-- Bad inputs: lines from the second on, and what the message tells after the file's name.
local bad = {
  { "too few fields", { "1,2,Comp1" }, { "line 2:", "3 fields", "field 4 (dstIP) is missing" } },
  { "too many fields", { LINE .. ",7" }, { "line 2:", "12 fields", "field 11 (dstBytes)" } },
  { "an empty line", { LINE, "" }, { "line 3:", "empty" } },
  { "an empty field", { with_field(5, "") }, { "line 2:", "field 5 (proto)", "empty" } },
  { "a letter in a number", { with_field(9, "7x5") }, { "line 2:", "field 9 (dstPkts)", "'7x5'" } },
  { "a letter in a port", { with_field(6, "Port0x1") }, { "line 2:", "field 6 (srcPort)" } },
  { "an overflow", { with_field(11, "9223372036854775808") },
    { "line 2:", "field 11 (dstBytes)", "too large", "'9223372036854775808'" } },
  { "a lone quote", { with_field(2, '"5580') }, { "line 2:", "field 2 (duration)", "quote" } },
  { "a quote inside a field", { with_field(2, '55"80') }, { "field 2 (duration)", "quote" } },
  { "a NUL", { with_field(8, "0\0") }, { "line 2:", "field 8 (srcPkts)", "NUL" } },
  { "a number of 2^20", { with_field(4, "Comp1048576") },
    { "line 2:", "field 4 (dstIP)", "2^20", "'Comp1048576'" } },
  { "a number of other digits", { with_field(3, "Comp000001"), with_field(3, "Comp1") },
    { "line 3:", "field 3 (srcIP)", "'Comp1'" } },
  { "two names with one id", { with_field(3, "Mail"), with_field(3, "Mail0") },
    { "line 3:", "field 3 (srcIP)", "'Mail0'" } },
  -- The FNV-1a hashes of these two prefixes, folded to 16 bits, are the same.
  { "two prefixes with one code", { with_field(3, "adl1"), with_field(4, "art1") },
    { "line 3:", "field 4 (dstIP)", "'art1'" } },
}

describe("csv2hdf", helper.once(function()
  after_each(helper.clean)

  it("converts the line of the notebook", function()
    write("flows.csv", LINE .. "\n")
    assert.equal("flows.hdf: 1 row\n", (convert "flows.csv"))
    assert.equal("22058209181\n22058391981\n5507\n46272",
      values("flows.hdf", "srcIP", "dstIP", "srcPort", "dstPort"))
    assert.equal("118781\n5580\n17\n0\n755065\n0\n1042329018", values("flows.hdf", "start",
      "duration", "proto", "srcPkts", "dstPkts", "srcBytes", "dstBytes"))
    local text = helper.shell("h5dump -H " .. path "flows.hdf" .. " | grep -c 'DATASET '")
    assert.equal("11\n", text)
  end)

  it("gives the same bytes on any number of ranks", function()
    local lines = {}
    for i = 1, 160000 do
      lines[i] = ("%d,%d,Comp%06d,IP%d,6,Port%05d,%d,1,2,%d,4\n"):format(i, i % 9,
        i * 7919 % 1000000, i % 999 + 1, i % 65536, i % 1024, i * i)
    end
    local text = table.concat(lines)
    write("flows.csv", text)
    for jobs = 1, 4 do convert(("--jobs %d --extension .hdf%d flows.csv"):format(jobs, jobs)) end
    for jobs = 2, 4 do
      local status = helper.execute(("cmp %s %s%d"):format(path "flows.hdf1", path "flows.hdf", jobs))
      assert.equal(0, status)
    end
    local squares = {}
    for i = 1, #lines do squares[i] = i * i end
    assert(values("flows.hdf1", "srcBytes") == table.concat(squares, " "))
  end)

  it("reads gzip and bzip2, also of several members", function()
    local one, two = ("%s\n"):format(LINE):rep(3000), with_field(1, "7") .. "\n"
    write("one.csv", one)
    write("two.csv", two)
    local status, _, err = helper.execute("sh -c " .. helper.quote(("cd '%s' && "
      .. "for f in one two; do gzip -c $f.csv >>a.csv.gz; bzip2 -c $f.csv >>b.csv.bz2; done; "
      .. "cp a.csv.gz plainly"):format(helper.folder())))
    assert.equal(0, status, err)
    convert "--jobs 2 a.csv.gz b.csv.bz2 plainly"
    local expected = ("118781 "):rep(3000) .. "7"
    for _, name in ipairs { "a.hdf", "b.hdf", "plainly.hdf" } do
      assert(values(name, "start") == expected, name)
    end
  end)

  it("names outputs after inputs", function()
    helper.shell(("mkdir '%s/out' '%s/sub'"):format(helper.folder(), helper.folder()))
    for _, name in ipairs { "sub/a.csv", "sub/b.1.txt", "c" } do write(name, LINE .. "\n") end
    convert "sub/a.csv sub/b.1.txt c"
    convert "--outdir out --extension h5 sub/a.csv c"
    for _, name in ipairs { "sub/a.hdf", "sub/b.1.txt.hdf", "c.hdf", "out/a.h5", "out/c.h5" } do
      assert.truthy(exists(name), name)
    end
  end)

  it("takes formats from a Lua file", function()
    write("formats.lua", [[
return { people = { { "id", "uint" }, { "name", "skip" }, { "size", "float" }, { "well", "bool" } } }
]])
    write("more.lua", 'pairs_of = { { "a", "int" }, { "b", "int" } }\n')
    write("p.csv", '18446744073709551615,"Ann, or ""Anna""",1.75,true\n1,Bob,-2,0\n')
    write("q.csv", "-1,+2\n")
    local status, _, err = run "--format=people --formats-file formats.lua p.csv"
    assert.equal(0, status, err)
    assert.equal("18446744073709551615 1\n0x1.c000000000000p+0 -0x1.0000000000000p+1\n1 0",
      values("p.hdf", "id", "size", "well"))
    status, _, err = run "--format=pairs_of --formats-file=more.lua q.csv"
    assert.equal(0, status, err)
    assert.equal("-1\n2", values("q.hdf", "a", "b"))
  end)

  it("reads addresses and times", function()
    write("f.lua", 'f = { { "ip", "ip" }, { "at", "time" }, { "s", "time:s" }, { "us", "time:us" } }')
    write("x.csv", '10.0.0.1,2024-01-01T00:00:00.25Z,1.5,-7\n"255.255.255.255","1969-12-31",9,8\n')
    assert.equal(0, (run "--format=f --formats-file=f.lua x.csv"))
    assert.equal("167772161 4294967295\n1704067200250000000 -86400000000000\n"
      .. "1500000000 9000000000\n-7000 8000", values("x.hdf", "ip", "at", "s", "us"))
    local frame = mb.read_hdf(path "x.hdf")
    assert.same({ "ip", "time", "1969-12-31T23:59:59.999993Z" },
      { frame.ip:type(), frame.s:type(), tostring(frame.us[1]) })
    os.remove(path "x.hdf")
    for text, reason in pairs {
      ["10.0.0.256,2024-01-01,1,1"] = "field 1 (ip) is not an address of version 4: '10.0.0.256'",
      ["1.1.1.1,2024-13-01,1,1"] = "field 2 (at) is not a time",
      ["1.1.1.1,1600-01-01,1,1"] = "field 2 (at) is not a time, or none that nanoseconds reach",
      ["1.1.1.1,2024-01-01,,1"] = "field 3 (s) is empty",
      ["1.1.1.1,2024-01-01,1,1x"] = "field 4 (us) is not a time",
    } do
      write("x.csv", text .. "\n")
      assert_fails(1, "--format=f --formats-file=f.lua x.csv", { "x.csv: line 1: " .. reason })
    end
  end)

  it("reads LANL's host events", function()
    write("wls_day-01", '{"UserName": "Comp1$", "EventID": 4624, "LogHost": "Comp2", "LogonID": '
      .. '"0x1a", "LogonType": 3, "Time": 1}\n{"EventID": 4688, "LogHost": "Comp4", "ProcessName": '
      .. '"a.exe", "Status": "0x0", "Time": 2, "Unknown": 1}\n')
    helper.shell(("bzip2 '%s'"):format(path "wls_day-01"))
    for jobs = 1, 2 do
      local status, out, err = run(("--format=lanl_host --jobs %d wls_day-01.bz2"):format(jobs))
      assert.equal(0, status, err)
      assert.equal("wls_day-01.hdf: 2 rows\n", out)
      assert.equal("4624 4688\n1 2", values("wls_day-01.hdf", "EventID", "Time"))
      local log = mb.read_hdf(path "wls_day-01.hdf")
      assert.equal(21, #log:columns())
      assert.same({ "Comp2", "Comp4" }, log.LogHost:to_table())
      assert.same({ "null", "a.exe" }, helper.rows_of(log.ProcessName))
      assert.same({ 3, "null" }, helper.rows_of(log.LogonType))
    end
  end)

  it("reads lines of JSON by formats of a Lua file", function()
    write("f.lua", 'f = { json = true, { "ts", "time:s" }, { "id.orig_h", "ip" }, { "a.b", "float" } } '
      .. 'g = { json = true, { "a", "device" } }')
    local line = '{"ts": 1.5, "id.orig_h": "10.0.0.1", "a": {"b": 1}}\n'
    write("x.json", line .. "{]\n" .. line)
    assert_fails(1, "--format=f --formats-file=f.lua x.json", { "x.json:2: the line is no JSON" })
    assert_fails(2, "--format=f --formats-file=f.lua --skip-header x.json", { "no header" })
    assert_fails(2, "--format=g --formats-file=f.lua x.json", { "'a'", "'device' of JSON" })
    assert_fails(1, "--format=f --formats-file=f.lua --extension .json x.json", { "is an input" })
    assert_fails(1, "--format=f --formats-file=f.lua none.json", { "none.json: cannot read" })
    local status, out, err = run "--format=f --formats-file=f.lua --skip-bad --gzip 0 x.json"
    assert.equal(0, status, err)
    assert.equal("x.hdf: 2 rows\n", out)
    local frame = mb.read_hdf(path "x.hdf")
    assert.equal("1970-01-01T00:00:01.500Z", tostring(frame.ts[2]))
    assert.same({ "ip", 1.0 }, { frame:column "id.orig_h":type(), frame:column "a.b"[1] })
  end)

  it("takes booleans of JSON as values, as 0 and 1, and as strings of these", function()
    write("f.lua", 'f = { json = true, { "b", "bool" } }')
    write("x.json", '{"b": true}\n{"b": 0}\n{"b": "1"}\n{"b": "false"}\n{}\n')
    assert.equal(0, (run "--format=f --formats-file=f.lua x.json"))
    assert.same({ true, false, true, false, "null" }, helper.rows_of(mb.read_hdf(path "x.hdf", "b")))
    write("x.json", '{"b": "yes"}\n')
    os.remove(path "x.hdf")
    assert_fails(1, "--format=f --formats-file=f.lua x.json", { "x.json:1: column 'b' has 'yes'" })
  end)

  it("runs under a launcher, too", function()
    write("a.csv", LINE .. "\n")
    local status, out, err = helper.execute(("%s '%s' '%s' --format lanl '%s'")
      :format(helper.launch(2), helper.program, program, path "a.csv"))
    assert.equal(0, status, err)
    assert.equal(path "a.hdf" .. ": 1 row\n", out)
    status = helper.execute(("%s '%s' --format lanl '%s'"):format(helper.launch(2), program,
      path "a.csv"))
    assert.equal(0, status)
  end)

  it("makes empty columns of an empty file", function()
    write("none.csv", "")
    assert.equal("none.hdf: 0 rows\n", (convert "none.csv"))
    assert.equal("\n", values("none.hdf", "srcIP", "dstBytes"))
  end)

  for _, case in ipairs(bad) do
    local name, lines, parts = table.unpack(case)

    it("refuses " .. name, function()
      write("x.csv", LINE .. "\n" .. table.concat(lines, "\n") .. "\n" .. LINE .. "\n")
      assert_fails(1, "--format=lanl --jobs 2 x.csv", { "x.csv: line", table.unpack(parts) })
    end)

    it("leaves out " .. name .. " when told to", function()
      write("x.csv", LINE .. "\n" .. table.concat(lines, "\n") .. "\n" .. LINE .. "\n")
      local out, err = convert "--jobs 2 --skip-bad x.csv"
      assert.equal(("x.hdf: %d rows\n"):format(#lines + 1), out)
      assert.truthy(err:find("x.csv: 1 bad line skipped, the first at line", 1, true), err)
      for _, part in ipairs(parts) do assert.truthy(err:find(part, 1, true), err) end
    end)
  end

  it("refuses CR LF, also when it may skip lines", function()
    write("x.csv", (LINE .. "\r\n"):rep(3))
    assert_fails(1, "--format=lanl x.csv", { "x.csv: line 1:", "field 11 (dstBytes)", "CR LF" })
    local out, err = convert "--skip-bad x.csv"
    assert.equal("x.hdf: 0 rows\n", out)
    assert.truthy(err:find("3 bad lines skipped", 1, true), err)
  end)

  it("takes a last line without its newline, plain or compressed", function()
    write("x.csv", LINE .. "\n" .. LINE)
    helper.shell(("cd '%s' && gzip -k x.csv && bzip2 -c x.csv >y.csv.bz2"):format(helper.folder()))
    for _, name in ipairs { "x.csv", "x.csv.gz", "y.csv.bz2" } do
      local out, err = convert(name)
      assert.equal(name:sub(1, 1) .. ".hdf: 2 rows\n", out)
      assert.equal("", err)
    end
  end)

  it("tells of a header, and leaves it out when told to", function()
    local names = "start,duration,srcIP,dstIP,proto,srcPort,dstPort,srcPkts,dstPkts,srcBytes,dstBytes"
    write("x.csv", names .. "\n" .. LINE .. "\n")
    assert_fails(1, "--format=lanl x.csv", { "x.csv: line 1: field 1 (start) is not a whole number: "
      .. "'start': the line looks like a header (--skip-header leaves it out)" })
    assert.equal("x.hdf: 1 row\n", (convert "--skip-header x.csv"))
    local _, err = convert "--skip-bad x.csv"
    assert.truthy(err:find("1 bad line skipped", 1, true), err)
  end)

  it("refuses compressed files that are cut off or corrupt", function()
    local random, lines = helper.random(9), {}
    for i = 1, 4000 do lines[i] = with_field(9, tostring(random(0, 1 << 60))) end
    write("x.csv", table.concat(lines, "\n") .. "\n")
    helper.shell(("cd '%s' && gzip -k x.csv && bzip2 -k x.csv"):format(helper.folder()))
    for _, name in ipairs { "x.csv.gz", "x.csv.bz2" } do
      local data = helper.read_file(path(name))
      write("y" .. name:sub(2), data:sub(1, -20))
      write("z" .. name:sub(2), data:sub(1, #data // 2) .. "?!" .. data:sub(#data // 2 + 3))
      write("e" .. name:sub(2), "")
    end
    for _, ending in ipairs { "gz", "bz2" } do
      local kind = ending == "gz" and "gzip" or "bzip2"
      assert_fails(1, "--format=lanl y.csv." .. ending, { "y.csv." .. ending .. ": line", "cut off" })
      assert_fails(1, "--format=lanl e.csv." .. ending, { "e.csv." .. ending .. ": line 1", "cut off" })
      assert_fails(1, "--format=lanl z.csv." .. ending,
        { "z.csv." .. ending, kind .. " data are corrupt" })
      local out, err = convert("--skip-bad y.csv." .. ending)
      assert.truthy(tonumber(out:match ": (%d+) rows") < 4000)
      assert.truthy(err:find("1 bad line skipped", 1, true), err)
      os.remove(path "y.hdf")
    end
    write("n.csv.gz", LINE .. "\n")
    assert_fails(1, "--format=lanl n.csv.gz", { "n.csv.gz", "gzip data are corrupt" })
  end)

  it("keeps outputs made before an error, and the old output of a bad input", function()
    write("a.csv", (LINE .. "\n"):rep(2))
    write("b.csv", LINE .. "\n")
    convert "b.csv"
    write("b.csv", "x\n")
    local status = run "--format=lanl --jobs 1 a.csv b.csv"
    assert.equal(1, status)
    assert.equal("a.csv\na.hdf\nb.csv\nb.hdf\n", listing())
    assert.equal("118781", values("b.hdf", "start"))
  end)

  it("says what cannot be read or written", function()
    write("a.csv", LINE .. "\n")
    assert_fails(1, "--format=lanl none.csv", { "none.csv: cannot read: No such file" })
    assert_fails(1, "--format=lanl .", { ".: cannot read: it is a directory, not a regular file" })
    assert_fails(1, "--format=lanl --outdir none a.csv", { "none/a.hdf: cannot write: No such" })
    helper.shell(("mkdir '%s/a.out'"):format(helper.folder()))
    assert_fails(1, "--format=lanl --extension .out a.csv", { "a.out: cannot write" })
  end)

  it("overwrites no input, whatever its path", function()
    helper.shell(("cd '%s' && mkdir sub && ln -s sub linked"):format(helper.folder()))
    write("sub/a.csv", LINE .. "\n")
    helper.shell(("cd '%s' && ln -s sub/a.csv b.csv && ln sub/a.csv c.csv"):format(helper.folder()))
    for _, arguments in ipairs { "--outdir sub sub/a.csv", "--outdir linked sub/a.csv",
      "--outdir sub/../sub linked/a.csv", "--outdir " .. path "linked" .. " sub/a.csv",
      "b.csv", "c.csv sub/a.csv", "--outdir sub/ ./sub//a.csv" } do
      assert_fails(1, "--format=lanl --extension .csv " .. arguments, { "is an input" })
      assert.equal(LINE .. "\n", helper.read_file(path "sub/a.csv"))
    end
    convert "--outdir '' sub/a.csv"
    assert.truthy(exists "a.hdf")
  end)

  it("refuses two inputs for one output, whatever their paths", function()
    helper.shell(("cd '%s' && mkdir sub && ln -s sub linked"):format(helper.folder()))
    for _, name in ipairs { "a.csv", "sub/a.csv" } do write(name, LINE .. "\n") end
    for _, arguments in ipairs { "a.csv ./a.csv", "a.csv sub/../a.csv", "linked/a.csv sub/a.csv",
      "--outdir sub a.csv sub/a.csv", "--outdir . a.csv linked/a.csv" } do
      assert_fails(1, "--format=lanl " .. arguments, { "would both be converted to" })
    end
  end)

  it("removes what killed conversions left, and nothing else", function()
    write("a.csv", LINE .. "\n")
    for _, name in ipairs { "a.hdf.1.part", "a.hdf.99999999.part", "a.hdf.2.part", "b.hdf.1.part",
      "a.hdf.part", "a.hdf.x.part" } do write(name, "") end
    local status, _, err = run("--format=lanl a.csv", "exec 9<a.hdf.2.part && flock 9 &&")
    assert.equal(0, status, err)
    assert.equal("a.csv\na.hdf\na.hdf.2.part\na.hdf.part\na.hdf.x.part\nb.hdf.1.part\n", listing())
  end)

  it("tells the progress in lines where there is no terminal", function()
    local size = #helper.read_file(write("p.csv", (LINE .. "\n"):rep(1 << 17)))
    write("j.lua", 'j = { json = true, { "a", "int" } }')
    write("p.json", '{"a": 1}\n')
    local _, err = convert "--progress p.csv"
    assert.truthy(size > 1 << 20 and err:find "^converting: %d+ %%, %d+ [kM]B/s, [%w ]+ left\n", err)
    assert.falsy(err:find "[\r\27]", err)
    local _, out, told = run "--format=j --formats-file=j.lua --progress p.json"
    assert.equal("p.hdf: 1 row\n", out)
    assert.truthy(told:find "converting: 100 %%", told)
    assert.equal("", select(2, convert "p.csv"))
    helper.shell(("cd '%s' && rm p.csv p.json p.hdf j.lua"):format(helper.folder()))
  end)

  -- A conversion that takes much longer than it takes to stop it, of what compresses well.
  for signal, status in pairs { INT = 130, TERM = 143, KILL = 137 } do
    it("leaves nothing when it is ended by SIG" .. signal, function()
      write("one.csv", (LINE .. "\n"):rep(1 << 16))
      helper.shell(([[cd '%s' && gzip -1 one.csv &&
        for i in $(seq 400); do cat one.csv.gz; done >all.csv.gz && rm one.csv.gz]]):format(helper.folder()))
      local code, out, err = run("--format=lanl --jobs 1 --progress all.csv.gz 2>err & conversion=$!"
        .. "; until [ -s err ]; do sleep 0.01; done; kill -" .. signal
        .. " $conversion; wait $conversion; status=$?; cat err >&2; exit $status", "set -m;")
      assert.equal(status, code, err)
      assert.equal("", out)
      assert.falsy(err:find "traceback" or err:find "moonbear:", err)
      assert.equal("all.csv.gz\nerr\n", listing())
    end)
  end

  it("leaves the old output when one of the ranks that share it is killed, and the next run is right", function()
    local one = write("one.csv", (LINE .. "\n"):rep(1 << 16))
    write("all.hdf", "old")
    helper.shell(([[cd '%s'; for i in $(seq 100); do cat one.csv; done >all.csv; for kill in 1 2; do rm -f err
      '%s' --format=lanl --jobs 2 --progress '%s' >out 2>err & conversion=$!
      until [ -s err ]; do sleep 0.01; done
      kill -9 $(pgrep -f '^%s [^ ]*/csv2hdf .*%s' | sed -n ${kill}p)
      wait $conversion && echo whole >>ends
    done; rm out err]]):format(helper.folder(), program, path "all.csv", helper.program, path "all.csv"))
    assert.equal("old", helper.read_file(path "all.hdf"))
    assert.falsy(exists "ends")
    helper.shell(("mv '%s' '%s'"):format(one, path "all.csv"))
    assert.equal("all.hdf: 65536 rows\n", (convert "--jobs 2 all.csv"))
    assert.equal("all.csv\nall.hdf\n", listing())
  end)

  it("leaves nothing when the disk is full", function()
    -- A limit on the size of files, which MPI's own shared memory must stay below.
    write("big.csv", ("00000000000000000000000000000000000,1,2,3\n"):rep(400000))
    write("f.lua", 'four = { { "a", "int" }, { "b", "int" }, { "c", "int" }, { "d", "int" } }')
    helper.shell(("cd '%s' && gzip -1 -c big.csv >zip.csv.gz"):format(helper.folder()))
    local limit = "ulimit -f $((9 * 1024 * 1024 / 512));"
    for _, name in ipairs { "big.csv", "zip.csv.gz" } do
      for _, jobs in ipairs { 1, 2 } do
        assert_fails(1, ("--format=four --formats-file f.lua --gzip 0 --jobs %d %s")
          :format(jobs, name), { ".hdf: cannot write: File too large" }, limit)
      end
    end
  end)

  it("explains wrong usage in one line, with status 2", function()
    write("a.csv", LINE .. "\n")
    write("broken.lua", "return {")
    write("odd.lua", "odd = { { 'a' } } none = { { 'a', 'nothing' } }")
    assert_fails(2, "a.csv", { "--format" })
    assert_fails(2, "--format=lanl", { "files" })
    assert_fails(2, "--format=other a.csv", { "no format 'other'", "lanl" })
    assert_fails(2, "--format=lanl --surprise a.csv", { "--surprise" })
    assert_fails(2, "--format=lanl --gzip 10 a.csv", { "--gzip" })
    assert_fails(2, "--format=lanl --jobs none a.csv", { "--jobs" })
    assert_fails(2, "--format=x --formats-file broken.lua a.csv", { "broken.lua" })
    assert_fails(2, "--format=x --formats-file absent.lua a.csv", { "absent.lua" })
    assert_fails(2, "--format=odd --formats-file odd.lua a.csv", { "'odd'", "field 1" })
    assert_fails(2, "--format=none --formats-file odd.lua a.csv", { "'a'", "'nothing'" })
  end)

  it("tells its options", function()
    local status, out = run "--help"
    assert.equal(0, status)
    for _, option in ipairs { "format", "formats-file", "outdir", "extension", "jobs", "gzip",
      "skip-bad", "skip-header" } do
      assert.truthy(out:find("--" .. option, 1, true), option)
    end
  end)
end))
