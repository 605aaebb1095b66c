-- Lines of JSON that become an HDF5 file piece by piece, as csv2hdf converts them.
local helper = require "spec.helper"
local jsonl = require "moonbear.jsonl"
local mb = require "moonbear"
local packing = require "spec.packing"
local store = require "moonbear.store"

local path <const> = helper.path
local most <const> = jsonl.piece_bytes

after_each(function() jsonl.piece_bytes = most end)
teardown(helper.clean)

local OPTIONS <const> = {
  fields = { "i", "at", "from", "b.name", "b.list", "rare", "none" },
  types = { i = "int", at = "time", from = "ip", ["b.name"] = "text", ["b.list"] = "text", rare = "uint",
    none = "float" },
}

-- Times get finer, and addresses of version 6 come, when most lines have passed.
local function lines(n)
  local random, list = helper.random(n), {}
  for i = 1, n do
    local address = i > n // 2 and i % 3 == 0 and "2001:db8::" .. i % 9999 or "10.0.0." .. i % 256
    list[i] = ('{"i": %d, "at": "2024-01-01T00:00:0%d%s", "b": {"name": "%s", "list": [%d, "x\\n"]}, '
      .. '"from": "%s"%s}\n'):format(i * 7919 % 65536, i % 10, i > n * 3 // 4 and ".25" or "",
      ("ab\\u00e9"):rep(random(0, 30)), i, address, i % 17 == 0 and ', "rare": 18446744073709551615' or "")
  end
  return table.concat(list)
end

-- Converts piece by piece: the file, the number of pieces, and what was skipped.
local function convert(input, opts, size)
  jsonl.piece_bytes = size
  local output, pieces, rows = path "pieces.h5", 0, 0
  local add, finish, close = store.file_writer(output, { gzip = 1 })
  local skipped = jsonl.each_piece(input, opts, function(piece)
    pieces, rows = pieces + 1, rows + #piece
    add(piece)
  end)
  finish()
  close()
  return output, pieces, skipped, rows
end

local function assert_alike(expected, got, what)
  assert.equal("", helper.shell(("h5diff '%s' '%s' 2>&1"):format(expected, got)), what)
end

describe("lines of JSON that are converted piece by piece", function()
  local text = lines(600)
  local expected

  setup(function()
    expected = path "whole.h5"
    mb.read_jsonl(helper.write_file(path "x.json", text), OPTIONS):to_hdf(expected, { gzip = 1 })
  end)

  it("become the file of the frame, cut anywhere", function()
    for _, size in ipairs { 40001, most } do
      local output, pieces = convert(path "x.json", OPTIONS, size)
      assert.equal(size == most and 1 or (#text - 1) // size + 1, pieces)
      assert_alike(expected, output, size)
    end
  end)

  for _, name in ipairs { "bzip2", "gzip", "bgzf", "zstd_frames" } do
    it("become the file of the frame, also compressed: " .. name, function()
      local _, packed = packing.pack(text, packing.commands[name])
      local output, pieces = convert(packed, OPTIONS, 50000)
      assert.truthy(pieces > 1, pieces)
      assert_alike(expected, output, name)
    end)
  end

  it("have lines that are longer than a piece", function()
    local long = ('{"i": 1, "b": {"name": "%s"}}\n{"i": 2}\n'):format(("y"):rep(70000))
    local plain, packed = packing.pack(long:rep(3), packing.commands.gzip)
    for _, input in ipairs { plain, packed } do
      mb.read_jsonl(input, OPTIONS):to_hdf(path "long.h5", { gzip = 1 })
      local output, pieces = convert(input, OPTIONS, 5000)
      assert.truthy(pieces > 3)
      assert_alike(path "long.h5", output, input)
    end
  end)

  it("remove what a dead conversion has left", function()
    local left = path "pieces.h5.rows.99999999.part"
    helper.shell(("mkdir '%s' && touch '%s/part-00000.h5'"):format(left, left))
    convert(path "x.json", OPTIONS, most)
    assert.equal("", helper.shell(("ls -A '%s' | grep 'rows.*part$'"):format(helper.folder())))
  end)

  it("may have no rows", function()
    for _, none in ipairs { "", "\n \n\n  \n" } do
      local output, _, skipped, rows = convert(helper.write_file(path "none.json", none), OPTIONS, 2)
      assert.equal(0, rows)
      assert.is_nil(skipped)
      helper.assert_same_frame(mb.read_jsonl(path "none.json", OPTIONS), mb.read_hdf(output, OPTIONS.fields), "none")
    end
  end)

  it("are counted where they are skipped, and the first has its number", function()
    local list = {}
    for i = 1, 300 do list[i] = i % 50 == 40 and "{]" or ('{"i": %d}'):format(i) end
    local plain, packed = packing.pack(table.concat(list, "\n"), packing.commands.gzip)
    local opts = { fields = { "i" }, types = { i = "int" }, on_bad = "skip" }
    for _, input in ipairs { plain, packed } do
      local output, _, skipped = convert(input, opts, 200)
      assert.same({ 6, 40, 294 }, { skipped.lines, skipped.line, #mb.read_hdf(output, "i") })
      assert.truthy(skipped.reason:find "no JSON", skipped.reason)
      opts.on_bad = "error"
      helper.assert_raises(input .. ":40: the line is no JSON", convert, input, opts, 200)
      opts.on_bad = "skip"
    end
  end)

  it("are refused when their file changes meanwhile", function()
    local input = helper.write_file(path "changed.json", ('{"i": 1}\n'):rep(100))
    jsonl.piece_bytes = 300
    helper.assert_raises("changed.json: was changed while it was read", jsonl.each_piece, input,
      { fields = { "i" }, types = { i = "int" } }, function()
        helper.write_file(input, ('{"i": 2}\n'):rep(100))
      end)
  end)
end)

-- The program with less memory than the file has bytes. It starts its own ranks.
describe("csv2hdf in little memory", helper.once(function()
  it("converts lines of JSON that do not fit into it", function()
    local line, n = {}, 60000 -- most of their bytes are of no column
    for i = 1, n do
      line[i] = ('{"UserName": "User%06d", "EventID": %d, "LogHost": "Comp%06d", "Time": %d, "Other": "%s"}\n')
        :format(i * 7919 % 9999, 4624 + i % 5, i % 700, i, ("0x0"):rep(90))
    end
    local input = helper.write_file(path "wls_day-01", table.concat(line))
    assert.truthy(#table.concat(line) > 20e6)
    helper.shell(("gzip -1 -k '%s'"):format(input))
    local lanl = require "moonbear.lanl"
    local fields, types = {}, {}
    for i, field in ipairs(lanl.host_format) do fields[i], types[field[1]] = field[1], field[2] end
    mb.read_jsonl(input, { fields = fields, types = types }):to_hdf(path "whole.h5", { gzip = 1 })
    local program = helper.program:gsub("[^/]*$", "csv2hdf")
    for ending, jobs in pairs { [""] = 1, [".gz"] = 2 } do
      local status, out, err = helper.execute(("'%s' --format=lanl_host -j %d '%s'"):format(program, jobs,
        input .. ending), { env = { MOONBEAR_MEMORY = "18M" } })
      assert.equal(0, status, err)
      assert.equal(input .. (".hdf: %d rows\n"):format(n), out)
      assert_alike(path "whole.h5", input .. ".hdf", ending)
    end
  end)
end))
