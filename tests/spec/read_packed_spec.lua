-- Compressed files that all ranks read together, beside the same files as they were.
local helper = require "spec.helper"
local mb = require "moonbear"
local packing = require "spec.packing"

teardown(helper.clean)

local function rows(n)
  local random, list = helper.random(n), {}
  local notes = { "", "plain", '"in, quotes"', '"two\nlines"', '"a ""b"""', ("abcdefghij"):rep(40) }
  for i = 1, n do
    list[i] = ("%d,%s,n%d,%.3f\n"):format(i, notes[random(1, #notes)], random(1, 999),
      random(0, 1 << 20) / 7)
  end
  return list
end

describe("compressed files", function()
  local csv = "id,note,name,x\n" .. table.concat(rows(3000))

  for name, command in pairs(packing.commands) do
    it("are read alike by any ranks: " .. name, function()
      local plain, packed = packing.pack(csv, command)
      local expected = mb.read_csv(plain)
      assert.equal(3000, #expected)
      helper.assert_same_frame(expected, mb.read_csv(packed), packed)
      helper.assert_same_frame(expected, mb.read_csv(packed, { block = 1000 }), packed)
      helper.assert_same_frame(mb.read_csv { plain, plain, plain }, mb.read_csv { packed, plain, packed }, packed)
    end)
  end

  it("are scanned in pieces", function()
    local source = require "moonbear.csv"
    local most = source.piece_bytes
    finally(function() source.piece_bytes = most end)
    for _, name in ipairs { "bzip2", "gzip", "gzip_members", "bgzf", "zstd", "zstd_frames" } do
      local plain, packed = packing.pack(csv, packing.commands[name])
      local expected = mb.read_csv { plain, packed, packed }
      for _, size in ipairs { 80000, 400000 } do
        source.piece_bytes = size
        local scan = mb.scan_csv { plain, packed, packed }
        assert.equal(9000, #scan)
        helper.assert_same_frame(expected, scan:collect(), name)
        helper.assert_same_frame(expected:select("note"), scan:select("note"):collect(), name)
      end
    end
  end)

  it("are read alike: lines of JSON", function()
    local lines = {}
    for i = 1, 3000 do
      lines[i] = ('{"a": %d, "b": {"c": "t%d", "d": [%d]}}\n'):format(i, i % 77, i * 7919 % 1000)
    end
    for _, name in ipairs { "bzip2", "bgzf", "zstd_frames", "xz_blocks" } do
      local plain, packed = packing.pack(table.concat(lines), packing.commands[name])
      helper.assert_same_frame(mb.read_jsonl(plain), mb.read_jsonl(packed), packed)
    end
  end)

  it("may have one column, and lines that are longer than what is compressed as one", function()
    local lines = { "name\n", ("y"):rep(40000) .. "\n" }
    for i = 1, 3000 do lines[#lines + 1] = ("word%d\n"):format(i * 7919 % 3000) end
    lines[#lines + 1] = ("z"):rep(50000)
    local plain, packed = packing.pack(table.concat(lines), packing.commands.bgzf)
    helper.assert_same_frame(mb.read_csv(plain), mb.read_csv(packed), packed)
    plain, packed = packing.pack("a,b\n1,2\n", packing.commands.bzip2)
    helper.assert_same_frame(mb.read_csv(plain), mb.read_csv(packed), packed)
  end)

  it("may have what looks like the beginning of a block within one", function()
    for seed = 1, 2 do
      local path = helper.tmpdir() .. "/marks"
      helper.data_output("false_marks.py", path, seed, seed + 2)
      local expected = mb.read_csv(path, { header = false, types = { c1 = "text" } })
      helper.assert_same_frame(expected, mb.read_csv(path .. ".bz2", { header = false, types = { c1 = "text" } }), path)
    end
  end)

  it("have lines that are counted from their beginning", function()
    local list = rows(3000)
    list[2500] = "2500,,n,none\n"
    local text = "id,note,name,x\n" .. table.concat(list)
    local _, line = table.concat(list, "", 1, 2499):gsub("\n", "")
    for _, name in ipairs { "bzip2", "bgzf", "zstd_frames", "xz_blocks", "gzip_members" } do
      local _, packed = packing.pack(text, packing.commands[name])
      helper.assert_raises(("%s:%d: column 'x' has 'none'"):format(packed, line + 2), mb.read_csv,
        packed, { types = { x = "float" } })
      assert.equal(2999, #mb.read_csv(packed, { types = { x = "float" }, on_bad = "skip" }))
    end
  end)

  it("are what to_csv writes", function()
    local plain, packed = packing.pack(csv, packing.commands.bzip2)
    local frame, path = mb.read_csv(packed), helper.tmpdir() .. "/y.csv.gz"
    for _, level in ipairs { true, 1, 12 } do
      frame:to_csv(path, { gzip = level })
      helper.assert_same_frame(frame, mb.read_csv(path), path)
      local members = helper.python_output([=[
import sys
data, at, sizes = open(sys.argv[1], "rb").read(), 0, []
while at < len(data):
    assert data[at:at + 4] == b"\x1f\x8b\x08\x04" and data[at + 12:at + 16] == b"BC\x02\x00"
    sizes.append(int.from_bytes(data[at + 16:at + 18], "little") + 1)
    at += sizes[-1]
print(len(sizes))]=], path)
      assert.truthy(tonumber(members) >= 5, members)
    end
    helper.shell(("cd '%s' && gzip -dc y.csv.gz >y.csv"):format(path:match "^(.*)/"))
    helper.assert_same_frame(mb.read_csv(plain), mb.read_csv((path:gsub("%.gz$", ""))), path)
    local noise, random = {}, helper.random(1) -- which no compression makes smaller
    for i = 1, 3000 do
      local bytes = {}
      for k = 1, 60 do bytes[k] = string.char(random(35, 255)) end
      noise[i] = table.concat(bytes)
    end
    frame = mb.frame { n = mb.column(noise) }
    frame:to_csv(path, { gzip = 1 })
    helper.assert_same_frame(frame, mb.read_csv(path, { types = { n = "text" } }), path)
  end)

  it("end with a trailer", function()
    local list = rows(3000)
    for i = #list, 2501, -1 do list[i] = "ignored\n" end
    list[2501] = "Summary\n"
    local _, packed = packing.pack("id,note,name,x\n" .. table.concat(list), packing.commands.bgzf)
    assert.equal(2500, #mb.read_csv(packed, { trailer = "Summary" }))
  end)

  it("of bzip2 have the blocks that were written, as the checksum of each stream tells", function()
    local lines = {}
    for i = 1, 60000 do lines[i] = ("word%05d\n"):format(i * 7919 % 60000) end
    local text = table.concat(lines)
    local folder = helper.tmpdir()
    local plain = helper.write_file(folder .. "/x", text)
    helper.python_output([=[
import bz2, re, sys
folder, text = sys.argv[1], open(sys.argv[1] + "/x", "rb").read()
MARK, END = format(0x314159265359, "048b"), format(0x177245385090, "048b")

def blocks(text):
    bits = "".join(format(b, "08b") for b in bz2.compress(text, 1))
    begins = [m.start() for m in re.finditer(MARK, bits)] + [bits.rindex(END)]
    checksum = bits[begins[-1] + 48:begins[-1] + 80]
    return [bits[a:b] for a, b in zip(begins, begins[1:])], checksum

def stream(blocks, checksum):
    bits = "".join(blocks) + END + checksum
    bits += "0" * (-len(bits) % 8)
    return b"BZh1" + int(bits, 2).to_bytes(len(bits) // 8, "big")

b, told = blocks(text)
other, other_told = blocks(text[:len(text) // 2])
n = len(b)
assert n >= 5 and bz2.decompress(stream(b, told)) == text
bad = [b[:k] + b[k + 1:] for k in range(n)]                  # cut out
bad += [[b[1], b[0]] + b[2:], b[:2] + b[1:], b + other[:1]]  # swapped, twice, of another file
files = [stream(list, told) for list in bad]
files += [stream(b, told) + stream(other[1:], other_told), stream(b[1:], told) + stream(other, other_told)]
for i, data in enumerate(files):
    open("%s/bad%02d.bz2" % (folder, i), "wb").write(data)
open(folder + "/good.bz2", "wb").write(stream(b, told) + stream(other, other_told) + bz2.compress(b"a\n"))
]=], folder)
    local given = { header = false, types = { c1 = "text" } }
    local good = folder .. "/good.bz2"
    assert.same((text .. text:sub(1, #text // 2) .. "a\n"):gsub("\n$", ""),
      table.concat(mb.read_csv(good, given).c1:to_table(), "\n"))
    for path in helper.shell(("ls '%s'/bad*"):format(folder)):gmatch "%S+" do
      for _, paths in ipairs { { path }, { plain, good, path, good } } do
        helper.assert_raises({ path .. ": the bzip2 data are corrupt near byte ",
          "blocks of a stream are not those that were written" }, mb.read_csv, paths, given)
      end
    end
  end)

  it("of xz have the blocks that their index lists", function()
    local _, packed = packing.pack(csv, packing.commands.xz_blocks)
    local whole = helper.read_file(packed)
    local sizes = {}
    for line in helper.shell(("xz --robot -lvv '%s'"):format(packed)):gmatch "[^\n]+" do
      if line:find "^block" then
        local at, size = line:match "^block\t%d+\t%d+\t%d+\t(%d+)\t%d+\t(%d+)"
        sizes[#sizes + 1] = { at = tonumber(at), size = tonumber(size) }
      end
    end
    assert.truthy(#sizes >= 5, #sizes)
    for _, block in ipairs(sizes) do
      helper.write_file(packed, whole:sub(1, block.at) .. whole:sub(block.at + block.size + 1))
      helper.assert_raises(packed .. ": the xz data are corrupt near byte ", mb.read_csv, packed)
    end
  end)

  it("of xz have as much text as their index tells", function()
    local folder = helper.tmpdir()
    helper.python_output([=[
import lzma, sys, zlib
data = lzma.compress(b"a\n" + b"7\n" * 999, check=lzma.CHECK_CRC32)
size = (int.from_bytes(data[-8:-4], "little") + 1) * 4
at = len(data) - 12 - size
assert data[at + size - 4:at + size] == zlib.crc32(data[at:at + size - 4]).to_bytes(4, "little")
told = bytes([2000 & 127 | 128, 2000 >> 7])
for i, n in enumerate((2000, 1990, 2010)):
    index = data[at:at + size - 4].replace(told, bytes([n & 127 | 128, n >> 7]))
    data_n = data[:at] + index + zlib.crc32(index).to_bytes(4, "little") + data[at + size:]
    open("%s/x%d.xz" % (sys.argv[1], i), "wb").write(data_n)
]=], folder)
    assert.equal(6993, mb.read_csv(folder .. "/x0.xz").a:sum())
    for i = 1, 2 do
      local path = ("%s/x%d.xz"):format(folder, i)
      helper.assert_raises(path .. ": the ", mb.read_csv, path)
    end
  end)

  it("of BGZF may lack the empty member at the end, as gzip allows", function()
    local plain, packed = packing.pack(csv, packing.commands.bgzf)
    local whole = helper.read_file(packed)
    helper.write_file(packed, whole:sub(1, -29))
    helper.shell(("gzip -t '%s'"):format(packed))
    helper.assert_same_frame(mb.read_csv(plain), mb.read_csv(packed), packed)
    helper.write_file(packed, whole .. whole)
    helper.assert_same_frame(mb.read_csv { plain, plain },
      mb.read_csv(packed, { on_bad = "skip", types = { id = "int", x = "float" } }), packed)
  end)

  -- What is damaged is refused with the file's name, or was not needed.
  for _, name in ipairs { "bzip2", "bzip2_streams", "bgzf", "zstd_frames", "xz_blocks" } do
    it("are refused when they are damaged: " .. name, function()
      local plain, packed = packing.pack("id,note,name,x\n" .. table.concat(rows(2000)), packing.commands[name])
      local expected, whole, random = mb.read_csv(plain), helper.read_file(packed), helper.random(5)
      local refused = 0
      for i = 1, 12 do
        local at = random(1, #whole)
        local damaged = whole:sub(1, at - 1)
        if i > 3 then
          damaged = damaged .. string.char(whole:byte(at) ~ 1 << random(0, 7)) .. whole:sub(at + 1)
        end
        helper.write_file(packed, damaged)
        local ok, result = pcall(mb.read_csv, packed)
        if ok then
          helper.assert_same_frame(expected, result, packed)
        else
          refused = refused + 1
          assert.truthy(result:find(packed, 1, true), result)
          assert.truthy(result:find "corrupt near byte %d" or result:find "is truncated", result)
        end
      end
      assert.truthy(refused >= 9, refused)
    end)
  end
end)
