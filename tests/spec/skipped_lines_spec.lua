-- Lines that are skipped, and names of devices, which tell which names may follow: against a plain
-- loop over the lines.
local core = require "moonbear.core"
local lanl = require "moonbear.lanl"
local mb = require "moonbear"
local helper = require "spec.helper"

teardown(helper.clean)

local function file(name, text) return helper.write_file(helper.path(name), text) end

-- Reads columns of kinds, skipping what is bad: the columns, what was skipped, what was learned.
local function read(paths, kinds, form)
  local names, list = {}, {}
  for i, kind in ipairs(kinds) do
    names[i], list[i] = "c" .. i, { field = i, kind = kind, unit = 0 }
  end
  local full = setmetatable(form or {}, { __index = { sep = ",", quote = '"', decimal = ".", na = {},
    bad = 1, header = 0, block = 500, first = 0, behind = 0 } })
  local columns, _, _, skipped, state = core.csv_read(paths, names, full, false, #kinds, list)
  return columns, skipped, state
end

-- Lines of a number and two names, of which some contradict those before them.
local function lines_of(random, count)
  local lines = {}
  local function name()
    local kind = random(1, 30)
    if kind == 1 then return "Odd" .. random(1, 3) .. ("x"):rep(random(0, 1)) .. random(0, 120) end
    if kind == 2 then return ({ "Mail", "Mail0", "Comp7", "Comp1048576", "" })[random(1, 5)] end
    return (random(0, 1) == 0 and "Comp%06d" or "IP%06d"):format(random(1, 999999))
  end
  for i = 1, count do
    lines[i] = ("%s,%s,%s"):format(random(1, 40) == 1 and "x" or i, name(), name())
    if random(1, 60) == 1 then lines[i] = lines[i] .. ",more" end
  end
  return lines
end

-- The names that a file may have, in order: what a line adds is undone when it turns out bad.
local function new_names()
  local ids, widths = {}, {}
  return function(...)
    local undo = {}
    local function set(t, key, value)
      table.insert(undo, { t, key, t[key] })
      t[key] = value
    end
    local function add(name)
      local prefix, digits = name:match "^(.-)(%d*)$"
      if name == "" or tonumber("0" .. digits) >= 1 << 20 then return false end
      local id = lanl.device_id(name)
      if ids[id] and ids[id] ~= name then return false end
      set(ids, id, name)
      if digits == "" then return true end
      local left = {}
      for _, width in ipairs(widths[prefix] or { 1, 2, 3, 4, 5, 6, 7 }) do
        if ("%0" .. width .. "d"):format(tonumber(digits)) == digits then left[#left + 1] = width end
      end
      set(widths, prefix, left)
      return #left > 0
    end
    for _, name in ipairs { ... } do
      if not add(name) then
        for i = #undo, 1, -1 do undo[i][1][undo[i][2]] = undo[i][3] end
        return false
      end
    end
    return true
  end
end

describe("lines that are skipped", function()
  it("are those that a plain loop finds, also by what names before them tell", function()
    local random = helper.random(11)
    for _, count in ipairs { 0, 1, 3, 900 } do
      local lines, may = lines_of(random, count), new_names()
      local numbers, sources, bad, first = {}, {}, 0, nil
      for i, line in ipairs(lines) do
        local number, source, target = line:match "^(%d+),([^,]*),([^,]*)$"
        if number and may(source, target) then
          numbers[#numbers + 1] = math.tointeger(tonumber(number))
          sources[#sources + 1] = lanl.device_id(source)
        else
          bad, first = bad + 1, first or i
        end
      end
      local path = file("lines" .. count, table.concat(lines, "\n") .. "\n")
      local columns, skipped = read({ path }, { "int", "device", "device" })
      assert.same(numbers, columns[1]:to_table())
      assert.same(sources, columns[2]:to_table())
      assert.equal(bad > 0 and 1 or 0, #skipped)
      if bad > 0 then assert.same({ path, bad, first }, { skipped[1].path, skipped[1].lines, skipped[1].line }) end
    end
  end)

  it("are counted for each file, with the reason of the first", function()
    local paths = { file("one", "1\nx\n2\ny\n"), file("two", "3\n4\n"), file("three", "5\n6,7\n8\0\n9\n"),
      file("four", "0") }
    helper.shell(("gzip -k %s; head -c -9 %s.gz > %s"):format(paths[1], paths[1], helper.path "cut"))
    paths[5] = helper.path "cut"
    local columns, skipped = read(paths, { "int" })
    assert.same({ 1, 2, 3, 4, 5, 9, 0, 1, 2 }, columns[1]:to_table())
    local reasons = {}
    for i, it in ipairs(skipped) do
      reasons[i] = ("%s %d %d %s"):format(it.path:match "[^/]*$", it.lines, it.line, it.reason)
    end
    assert.same({ "one 2 2 column 'c1' has 'x', which is not an int",
      "three 2 2 the line has 2 fields, not 1",
      "cut 3 2 column 'c1' has 'x', which is not an int" }, reasons)
    local _, quoted = read({ file("quoted", '1,x\n"2\n3",y,z\n4,"a\r\nb"c\n5,"\n6,d\n') }, { "int", "text" })
    assert.same({ 5, 2 }, { quoted[1].lines, quoted[1].line }) -- all lines of records that are skipped
    local json = file("json", '{"a": 1}\n[]\n{"a": "x"}\n{"a": 2}\n{\n')
    assert.same({ 1, 2 }, mb.read_jsonl(json, { on_bad = "skip", types = { a = "int" } }).a:to_table())
  end)
end)

describe("names of devices", function()
  it("become integers, and lanl knows them", function()
    local path = file("named", "from,n\nNew01,1\nMail,2\nComp000001,3\n")
    local flows = mb.read_csv(path, { types = { from = "device" } })
    assert.equal(lanl.device_id "New01", flows.from[1])
    assert.equal("New01", lanl.device_name(flows.from[1]))
    assert.same({ lanl.device_id "Mail", 2 }, { flows.from[2], flows.n[2] })
    assert.same({ lanl.device_id "New01" }, mb.scan_csv(path, { types = { from = "device" } }):head(1).from:to_table())
    local message = helper.message_of(mb.read_csv, file("odd", "from\nNew01\nNew1\n"),
      { types = { from = "device" } })
    assert.truthy(message:find("odd:3: column 'from' has 'New1', which contradicts the names before", 1, true),
      message)
    helper.assert_raises("cannot be of devices", mb.read_jsonl, file("j", '{"a": "x"}\n'),
      { types = { a = "device" } })
  end)
end)
