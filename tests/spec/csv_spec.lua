-- The conversion of CSV on the ranks of this run, in small batches, against a plain parse in Lua.
local mb = require "moonbear"
local core = require "moonbear.core"
local lanl = require "moonbear.lanl"
local helper = require "spec.helper"
local packing = require "spec.packing"

local path <const> = helper.path

teardown(helper.clean)

-- A file as h5py reads it: of each dataset a line of its name, type, filters and values.
local function dump(file) return helper.data_output("dump_hdf.py", file) end

-- The datasets of such lines by name: {type =, filters =, values = "1 2 3"}.
local function datasets_of(dumped)
  local datasets = {}
  for line in dumped:gmatch "[^\n]+" do
    local name, kind, filters, values = line:match "^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$"
    if name then datasets[name] = { type = kind, filters = filters, values = values } end
  end
  return datasets
end

-- Converts a text; returns the path of the file, what the job reports, and how many batches it took.
local function write_hdf(text, options)
  local input, output = helper.write_file(path "in.csv", text), path "out.hdf"
  local job <close> = core.csv_open(options.format or lanl.format, { input }, { output }, {
    range = options.range, skip_bad = options.skip_bad, level = options.level,
    skip_header = options.skip_header,
  })
  local batches, done, total, over = 0
  repeat
    done, total, over = job:batch()
    batches = batches + 1
    assert(done <= total)
  until over
  assert.equal(#text, done)
  return output, { job:report(1) }, batches
end

local function convert(text, options)
  local output, report = write_hdf(text, options)
  return datasets_of(dump(output)), report
end

local function integer(text)
  if not text:find "^[+-]?%d+$" then return nil end
  local digits = text:gsub("^%+", "")
  return math.tointeger(digits) -- nil past 64 bits
end

local function port(text)
  return integer((text:gsub("^Port(%d)", "%1")))
end

-- A file's device names: which widths print all numbers of a prefix, whose an id and a code are.
-- What a line adds is undone when it turns out bad.
local function new_names() return { widths = {}, ids = {}, codes = {}, log = {} } end

local function note(names, kind, key, value)
  table.insert(names.log, { kind, key, names[kind][key] })
  names[kind][key] = value
end

local function undo(names)
  for i = #names.log, 1, -1 do
    local kind, key, value = table.unpack(names.log[i], 1, 3)
    names[kind][key] = value
  end
end

local function add_name(names, name)
  local prefix, digits = name:match "^(.-)(%d*)$"
  if name == "" or #prefix > 63 or tonumber("0" .. digits) >= 1 << 20 then return nil end
  local id = lanl.device_id(name)
  local code = id >> 20
  if (names.codes[code] or prefix) ~= prefix or (names.ids[id] or name) ~= name then return nil end
  note(names, "codes", code, prefix)
  note(names, "ids", id, name)
  if digits == "" then return id end
  local left = {}
  for _, width in ipairs(names.widths[prefix] or { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }) do
    if ("%0" .. width .. "d"):format(tonumber(digits)) == digits then left[#left + 1] = width end
  end
  note(names, "widths", prefix, left)
  return #left > 0 and id or nil
end

-- The values of a line of LANL's, or nil.
local function parse_line(line, names)
  local fields, values = {}, {}
  for field in (line .. ","):gmatch "([^,]*)," do fields[#fields + 1] = field end
  if #fields ~= #lanl.format then return nil end
  names.log = {}
  for i, field in ipairs(fields) do
    local kind = lanl.format[i][2]
    if kind == "int" then values[i] = integer(field)
    elseif kind == "port" then values[i] = port(field)
    else values[i] = add_name(names, field) end
    if not values[i] then
      undo(names)
      return nil
    end
  end
  return values
end

-- What a conversion should give: columns as texts, the number of bad lines, the first one's number.
local function parse(text)
  local names = new_names()
  local columns, rows, bad, first_bad, number = {}, 0, 0, 0, 0
  for i in ipairs(lanl.format) do columns[i] = {} end
  for line, ending in text:gmatch "([^\n]*)(\n?)" do
    if line == "" and ending == "" then break end
    number = number + 1
    local values
    if not line:find "[\r\0\"]" then values = parse_line(line, names) end
    if values then
      rows = rows + 1
      for i, value in ipairs(values) do columns[i][rows] = value end
    else
      bad = bad + 1
      if bad == 1 then first_bad = number end
    end
  end
  return columns, rows, bad, first_bad
end

-- What is not as a plain parse has it, or nil.
local function difference(text, got, report)
  local columns, rows, bad, first_bad = parse(text)
  if report[1] ~= rows or report[2] ~= bad or bad > 0 and report[3] ~= first_bad then
    return ("rows, bad lines, the first: %s, and not %d, %d, %d")
      :format(table.concat(report, ", "), rows, bad, first_bad)
  end
  for i, field in ipairs(lanl.format) do
    local dataset = got[field[1]]
    if dataset.type ~= "int64" or dataset.filters ~= "1 shuffle"
      or dataset.values ~= table.concat(columns[i], " ") then
      return "column " .. field[1] .. " differs"
    end
  end
end

-- The plain parse takes most of the time, and would be the same on all ranks.
local function assert_same(text, options)
  local output, report = write_hdf(text, options)
  local dumped = dump(output)
  helper.check_once(function() return difference(text, datasets_of(dumped), report) end)
end

local function random_device(random)
  local kind = random(1, 40)
  if kind == 1 then return "Mail" end
  if kind == 2 then return "EnterpriseAppServer" .. random(1, 9) end
  return (random(0, 1) == 0 and "Comp%06d" or "IP%06d"):format(random(1, 999999))
end

local function random_port(random)
  return (random(0, 1) == 0 and "Port%05d" or "%d"):format(random(0, 65535))
end

local function random_line(random)
  return ("%d,%d,%s,%s,%d,%s,%s,%d,%d,%d,%d"):format(random(0, 9999999), random(-9, 99), random_device(random),
    random_device(random), random(0, 255), random_port(random), random_port(random), random(0, 9),
    random(0, 1 << 40), random(0, math.maxinteger), random(math.mininteger // 2, 0))
end

-- A line with something wrong, or a name that may contradict others.
local function strange_line(random)
  local line = random_line(random)
  local kinds = {
    function() return "" end,
    function() return "x" end,
    function() return line .. ",1" end,
    function() return (line:gsub(",[^,]*$", "")) end,
    function() return (line:gsub(",", ",,", 1)) end,
    function() return line .. "\r" end,
    function() return (line:gsub(",", ",\0", 1)) end,
    function() return (line:gsub(",", ',"', 1)) end,
    function() return line .. "9999999999999999999" end,
    function() return (line:gsub("%d+$", "1.5")) end,
    function() return (line:gsub("Comp%d+", "Comp" .. random(1, 2000000))) end,
    function() return (line:gsub("IP%d+", "Zed" .. ("0"):rep(random(0, 2)) .. random(0, 12))) end,
    function() return (line:gsub("IP%d+", "Mail" .. random(0, 3))) end,
    function() return (line:gsub("IP%d+", "")) end,
    function() return ("9"):rep(random(1, 300)) .. line end,
    function() return ("y"):rep(600000) end,
  }
  return kinds[random(1, #kinds)]()
end

-- Rank 0 makes the text, for all; the generator goes on there alone.
local function make_text(random, n, strange, ending)
  return (mb.on_rank(0, function()
    local lines = {}
    for i = 1, n do
      lines[i] = random(1, 1000) <= strange and strange_line(random) or random_line(random)
    end
    return table.concat(lines, "\n") .. (n > 0 and ending or "")
  end))
end

describe("the conversion of CSV", function()
  it("gives every row, whatever the ranges", function()
    local random = helper.random(1)
    for _, range in ipairs { 64, 1000, 4097, 65536, 1 << 23 } do
      assert_same(make_text(random, range < 100 and 500 or 2000, 0, "\n"), { range = range })
    end
  end)

  it("cuts rows of many ranges into chunks", function()
    assert_same(make_text(helper.random(2), 70000, 0, "\n"), { range = 300000 })
  end)

  it("shares some files among the ranks and deals the others", function()
    local random = helper.random(6)
    local inputs, outputs, expected, total = {}, {}, {}, 0
    for i, n in ipairs { 3000, 10, 0, 900, 1000, 1100, 40, 5000 } do
      local numbers = {}
      for row = 1, n do numbers[row] = random(0, 1 << 40) end
      local text = table.concat(numbers, "\n") .. (n > 0 and "\n" or "")
      inputs[i] = helper.write_file(path("many" .. i), text)
      if i == 5 then
        helper.shell(("gzip -f '%s'"):format(inputs[i]))
        inputs[i] = inputs[i] .. ".gz"
      end
      outputs[i], expected[i] = path("many" .. i .. ".hdf"), table.concat(numbers, " ")
      total = total + n
    end
    local job <close> = core.csv_open({ { "n", "int" } }, inputs, outputs, { range = 2000 })
    assert.is_nil(job:report(1))
    repeat until select(3, job:batch())
    for i in ipairs(inputs) do
      total = total - job:report(i)
      assert(datasets_of(dump(outputs[i])).n.values == expected[i], inputs[i])
    end
    assert.equal(0, total)
    helper.shell(("rm '%s'/many*"):format(helper.folder()))
  end)

  it("gives the same file of compressed text, whose stretches are longer than ranges or shorter", function()
    local text = make_text(helper.random(8), 2500, 20, "")
    local options = { range = 15000, skip_bad = true }
    assert_same(text, options)
    local expected = helper.read_file(path "out.hdf")
    local bad, first_bad = mb.on_rank(0, function() return select(3, parse(text)) end)
    for _, name in ipairs { "bzip2", "bzip2_streams", "gzip", "bgzf", "zstd_frames", "xz_blocks" } do
      local plain, packed = packing.pack(text, packing.commands[name])
      local outputs = { path "a.hdf", path "b.hdf" }
      local job <close> = core.csv_open(lanl.format, { packed, plain }, outputs, options)
      repeat until select(3, job:batch())
      for i, output in ipairs(outputs) do
        local _, skipped, line = job:report(i)
        assert.same({ bad, first_bad }, { skipped, line })
        assert(helper.read_file(output) == expected, name)
        os.remove(output)
      end
    end
  end)

  it("leaves out bad lines and names that contradict others", function()
    local random = helper.random(3)
    for _, range in ipairs { 500, 20000, 1 << 23 } do
      for _, ending in ipairs { "\n", "" } do
        assert_same(make_text(random, 600, 100, ending), { range = range, skip_bad = true })
      end
    end
  end)

  it("takes a mark before the first line, and a last line without its newline", function()
    local format, mark = { { "n", "int" } }, "\xef\xbb\xbf"
    for _, text in ipairs { "", "7", "81\n9", "1\n2\n3\n4\n5\n6\n7\n8\n9" } do
      for _, range in ipairs { 1, 3, 1000 } do
        local ending = range == 3 and text ~= "" and "\n" or ""
        local got, report = convert(mark .. text .. ending, { format = format, range = range })
        assert.equal(0, report[2])
        assert.equal((text:gsub("\n", " ")), got.n.values)
      end
    end
    for _, bad in ipairs { "1\n" .. mark .. "2", mark .. mark .. "1", "\xef\xbb1", mark .. "\n" } do
      local ok = pcall(convert, bad, { format = format })
      assert.is_false(ok, bad)
    end
    -- The rows of a last chunk that is full.
    local rows = {}
    for i = 1, 65536 do rows[i] = i end
    local got = convert(table.concat(rows, "\n"), { format = format })
    assert(got.n.values == table.concat(rows, " "))
  end)

  it("leaves a header out when told to, and tells of one", function()
    local format = { { "n", "int" }, { "name", "device" }, { "x", "float" } }
    for _, head in ipairs { "n,name,x", "", "\xef\xbb\xbfn,name,x" } do
      for _, range in ipairs { 1, 1000 } do
        local got, report = convert(head .. "\n1,A,2\n3,B,nan",
          { format = format, range = range, skip_header = true })
        assert.same({ 2, 0 }, { report[1], report[2] })
        assert.equal("1 3", got.n.values)
      end
    end
    assert.equal(0, select(2, convert("n,name,x", { format = format, skip_header = true }))[1])
    local function message_of(text)
      return select(2, pcall(convert, text, { format = format }))
    end
    for _, head in ipairs { "n,name,x", '"n","name","x"', "_n,name,x y", "#n,A1,x" } do
      local message = message_of(head .. "\n1,A,2\n")
      assert.truthy(message:find "line 1: field 1 %(n%).*: the line looks like a header$", message)
    end
    assert.truthy(message_of("n,name,x\n"):find "'n': the line looks like a header$")
    for _, text in ipairs { "n,name\n", "1,name,x\n", "n,A,2\n", ",A,x\n", "1,A,2\nn,name,x\n",
      "n,name,x\r\n", 'n,name,"x\n' } do
      assert.falsy(message_of(text):find "header", text)
    end
  end)

  it("names the first bad line, and leaves no file", function()
    local random = helper.random(4)
    for _, range in ipairs { 300, 5000, 1 << 23 } do
      local lines = {}
      for i = 1, 400 do lines[i] = random_line(random) end
      local first = random(1, 300)
      lines[first], lines[first + 50] = "1,2,x", "3,4"
      os.remove(path "out.hdf")
      local ok, message = pcall(convert, table.concat(lines, "\n") .. "\n", { range = range })
      assert.is_false(ok)
      assert.truthy(message:find("in.csv: line " .. first .. ":", 1, true), message)
      assert.equal("in.csv\n", helper.shell("ls " .. helper.folder()))
    end
  end)

  it("takes empty files and single fields", function()
    local got, report = convert("", {})
    assert.equal(0, report[1])
    assert.equal("", got.srcIP.values)
    local numbers = {}
    for i = 1, 100000 do numbers[i] = i * i end
    got = convert(table.concat(numbers, "\n") .. "\n",
      { format = { { "n", "uint" } }, range = 7000 })
    assert(table.concat(numbers, " ") == got.n.values)
  end)

  it("reads every type, quoted or not", function()
    local format = {
      { "i", "int" }, { "u", "uint" }, { "f", "float" }, { "b", "bool" }, { "-", "skip" },
      { "p", "port" }, { "d", "device" },
    }
    local got = convert("-9223372036854775808,18446744073709551615,1e3,true,any no,Port7,IP5\n"
      .. '"+7","0","-.5","0","a,""b""","8","Comp000001"\n'
      .. "00012,007,inf,False,,Port00009,Comp364445\n", { format = format })
    assert.same({ type = "int64", filters = "1 shuffle", values = "-9223372036854775808 7 12" },
      got.i)
    assert.same({ type = "uint64", filters = "1 shuffle", values = "18446744073709551615 0 7" },
      got.u)
    assert.same({ type = "float64", filters = "1 shuffle",
      values = "0x1.f400000000000p+9 -0x1.0000000000000p-1 inf" }, got.f)
    assert.same({ type = "bool", filters = "1 shuffle", values = "1 0 0" }, got.b)
    assert.equal("7 8 9", got.p.values)
    assert.equal(("%d %d %d"):format(lanl.device_id "IP5", lanl.device_id "Comp000001",
      22058209181), got.d.values)
    assert.is_nil(got["-"])
  end)

  it("compresses as it is told", function()
    local text = make_text(helper.random(5), 50, 0, "\n")
    local columns = parse(text)
    for level, filters in pairs { [0] = "None plain", [9] = "9 shuffle" } do
      local got = convert(text, { level = level })
      assert.equal(filters, got.start.filters)
      assert.equal(table.concat(columns[1], " "), got.start.values)
    end
  end)
end)
