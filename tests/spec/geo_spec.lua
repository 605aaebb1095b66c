-- moonbear.geo on databases that are written here, beside Python's maxminddb and the networks
-- themselves.
local geo = require "moonbear.geo"
local helper = require "spec.helper"
local mb = require "moonbear"
local mmdb = require "spec.mmdb"

local assert_raises, typed = helper.assert_raises, mmdb.typed

teardown(helper.clean)

local V4 <const> = ("\0"):rep(12) -- before the bytes of an address in a tree of version 6

local function place(code, n)
  return { country = { iso_code = code, names = { en = "Land " .. code:rep(n * 40) } },
    location = { latitude = n + 0.25, accuracy = typed("uint16", n) }, height = typed("int32", -n),
    subdivisions = { { iso_code = code .. "1" }, { iso_code = code .. "2" } },
    autonomous_system_number = typed("uint32", 4200000000 + n), is_anycast = n % 2 == 0,
    autonomous_system_organization = "Org " .. n, big = typed("uint64", (1 << 63) + n),
    small = typed("float", n / 4), wide = typed("uint128", "\1"), raw = typed("bytes", "ab") }
end

-- Networks of both versions, the wider ones first: as bytes, prefix and record; and as text.
local function networks(version)
  local list, texts, records, random = {}, {}, {}, helper.random(7)
  for i = 1, 12 do records[i] = place(("%c%c"):format(64 + i, 90 - i), i) end
  for i = 1, 120 do
    local prefix = 6 + i // 5
    local bits = random(0, (1 << 32) - 1) & (0xffffffff << (32 - prefix) & 0xffffffff)
    list[i] = { (version == 6 and V4 or "") .. (">I4"):pack(bits), prefix + (version == 6 and 96 or 0),
      records[random(1, #records)] }
    texts[i] = { ("%d.%d.%d.%d"):format(bits >> 24, bits >> 16 & 255, bits >> 8 & 255, bits & 255), prefix }
  end
  for i = 1, version == 6 and 30 or 0 do
    local bits = random(0, 0xffff)
    list[#list + 1] = { (">I2I2I4I8"):pack(0x2001, bits, 0, 0), 32 + i // 30, records[random(1, #records)] }
    texts[#texts + 1] = { ("2001:%x::"):format(bits), 32 }
  end
  return list, texts
end

local function write(name, bytes)
  local path = helper.path(name)
  helper.write_file(path, bytes)
  return path
end

-- Addresses within networks, beside them, and anywhere.
local function addresses(texts, version)
  local list, random = {}, helper.random(11)
  for _, text in ipairs(texts) do
    list[#list + 1] = text[1]
    local a, b, c = text[1]:match "^(%d+)%.(%d+)%.(%d+)"
    if a then
      list[#list + 1] = ("%d.%d.%d.%d"):format(a, b, c, random(0, 255))
      list[#list + 1] = ("%d.%d.%d.%d"):format(a, random(0, 255), c, random(0, 255))
    else
      list[#list + 1] = text[1] .. ("%x"):format(random(0, 0xffff))
    end
  end
  for _ = 1, 60 do
    list[#list + 1] = ("%d.%d.%d.%d"):format(random(0, 255), random(0, 255), random(0, 255), random(0, 255))
  end
  if version == 6 then list[#list + 1] = "::1" list[#list + 1] = "ffff::" end
  return list
end

local READ <const> = [[
import maxminddb, sys
for path, names in zip(sys.argv[1::2], sys.argv[2::2]):
    reader = maxminddb.open_database(path, maxminddb.MODE_FILE)
    for line in open(names):
        try: it = reader.get(line.strip())
        except ValueError: it = None # of another version
        print(it and it["country"]["iso_code"], it and it["autonomous_system_number"], sep="\t")
]]

local function rows_of(column) return column:to_table() end

-- Each size of nodes and each version of the tree: { path, addresses as a list }
local function databases()
  local made = {}
  for _, shape in ipairs { { 24, 6 }, { 28, 6 }, { 32, 6 }, { 28, 4 } } do
    local size, version = table.unpack(shape)
    local list, texts = networks(version)
    made[#made + 1] = { path = write(size .. "-" .. version, mmdb.bytes(list, { size = size, version = version })),
      addresses = addresses(texts, version), version = version }
  end
  return made
end

describe("countries and AS of addresses", function()
  it("are those that Python's reader finds", function()
    local made, words = databases(), {}
    for i, one in ipairs(made) do
      words[#words + 1] = one.path
      words[#words + 1] = write("names" .. i, table.concat(one.addresses, "\n") .. "\n")
    end
    local lines = helper.python_output(READ, table.unpack(words)):gmatch "([^\t\n]+)\t([^\n]+)\n"
    local found = 0
    for _, one in ipairs(made) do
      local countries, numbers = {}, {}
      for i = 1, #one.addresses do
        local country, asn = lines()
        countries[i] = country ~= "None" and country or mb.null
        numbers[i] = asn ~= "None" and math.tointeger(asn) or mb.null
        found = found + (country ~= "None" and 1 or 0)
      end
      local db <close> = geo.open(one.path)
      local column = mb.column(one.addresses, "text"):as "ip"
      assert.same(countries, rows_of(db:country(column)), one.path)
      assert.same(numbers, rows_of(db:asn(column)), one.path)
      assert.equal("uint", db:asn(column):type())
      local ragged = mb.column(one.addresses, "text"):as("ip")[mb.range(1, #one.addresses):gt(#one.addresses // 2)]
      assert.same(table.move(countries, #one.addresses // 2 + 1, #countries, 1, {}), rows_of(db:country(ragged)))
    end
    assert.truthy(found > 300, found)
  end)

  it("are also what the networks say, of every type", function()
    local record = place("XY", 3)
    local db = geo.open(write("types", mmdb.bytes({ { "\10\0\0\0", 8, record } }, { version = 4, type = "All" })))
    local c = mb.column({ "10.0.0.1", "11.0.0.1", mb.null, "10.255.255.255", "::a00:1" }, "text"):as "ip"
    for _, case in ipairs {
      { { "country", "names", "en" }, "text", record.country.names.en }, { { "height" }, "int", -3 },
      { { "location", "latitude" }, "float", 3.25 }, { { "location", "accuracy" }, "uint", 3 },
      { { "subdivisions", 1, "iso_code" }, "text", "XY1" }, { { "subdivisions", -1, "iso_code" }, "text", "XY2" },
      { { "subdivisions", 3, "iso_code" }, "text", mb.null }, { { "is_anycast" }, "bool", false },
      { { "small" }, "float", 0.75 }, { { "nope" }, "text", mb.null }, { { "height", "of" }, "text", mb.null },
    } do
      local got = db:lookup(c, case[1])
      assert.equal(case[2], got:type(), case[1][1])
      assert.same({ case[3], mb.null, mb.null, case[3], mb.null }, rows_of(got), case[1][1])
    end
    assert.equal((1 << 63) + 3, db:lookup(c, { "big" })[1])
    assert.same({ "Org 3" }, rows_of(db:organization(c:head(1))))
    assert.equal("All", db:type())
    assert.equal("geo(All)", tostring(db))
    for n = 0, 1 do
      local few = c:head(n)
      assert.equal("text", db:country(few):type())
      assert.equal(n, #db:country(few))
    end
    assert_raises("a map: name one of its fields", db.lookup, db, c, { "country" })
    assert_raises("a list: give the number of one of its entries", db.lookup, db, c, { "subdivisions" })
    assert_raises("bytes, which no column holds", db.lookup, db, c, { "raw" })
    assert_raises("128 bits, which no column holds", db.lookup, db, c, { "wide" })
  end)

  it("meet records with numbers of several types, and refuse text beside numbers", function()
    local list = {}
    for i, value in ipairs { typed("uint16", 7), typed("int32", -2), 0.5, "seven" } do
      list[i] = { ("%c\0\0\0"):format(i), 8, { n = value } }
    end
    local db = geo.open(write("mixed", mmdb.bytes(list, { version = 4 })))
    local c = mb.column({ "1.0.0.0", "2.0.0.0", "3.0.0.0", "4.0.0.0" }, "text"):as "ip"
    assert.same({ 7, -2 }, rows_of(db:lookup(c:head(2), { "n" })))
    assert.same({ 7.0, -2.0, 0.5 }, rows_of(db:lookup(c:head(3), { "n" })))
    assert_raises("records have different types there", db.lookup, db, c, { "n" })
  end)

  it("need a database, a path and addresses", function()
    local db = geo.open(write("one", mmdb.bytes({ { "\10\0\0\0", 8, place("AA", 1) } }, { version = 4 })))
    local c = mb.column({ "10.0.0.1" }, "text"):as "ip"
    assert_raises({ "/nowhere.mmdb", "No such file" }, geo.open, "/nowhere.mmdb")
    assert_raises("not a regular file", geo.open, helper.folder())
    assert_raises("bad argument #1 to 'open'", geo.open, 5)
    assert_raises("column of type ip", db.country, db, mb.range(1, 3))
    assert_raises("list of names", db.lookup, db, c, "country")
    assert_raises("list of names", db.lookup, db, c, {})
    assert_raises("entry 2 of the path", db.lookup, db, c, { "country", 0 })
    assert_raises("did you mean 'country'?", function() return db:contry(c) end)
    db:close()
    db:close()
    assert_raises("this database was closed", db.country, db, c)
  end)
end)

describe("damaged databases", function()
  local list, texts = networks(6)
  local bytes = mmdb.bytes(list)
  local column = mb.column(addresses(texts, 6), "text"):as "ip"

  -- Opens and reads all that is asked for; an error has one line, and is the same on all ranks.
  local function try(damaged)
    local path = write("damaged", damaged)
    local ok, message = pcall(function()
      local db <close> = geo.open(path)
      return { db:country(column), db:asn(column), db:lookup(column, { "location", "latitude" }) }
    end)
    if not ok then assert.truthy(message:find(path, 1, true) and not message:find "\n", message) end
    return ok
  end

  it("that are cut raise", function()
    assert.is_true(try(bytes))
    for i = 0, 19 do assert.is_false(try(bytes:sub(1, #bytes * i // 20)), i) end
  end)

  it("with flipped bits raise, or give what they say", function()
    local random, raised = helper.random(3), 0
    for _ = 1, 60 do
      local at = random(1, #bytes)
      local flipped = bytes:sub(1, at - 1) .. string.char(bytes:byte(at) ~ 1 << random(0, 7)) .. bytes:sub(at + 1)
      if not try(flipped) then raised = raised + 1 end
    end
    assert.truthy(raised > 5, raised)
  end)

  it("that a network leads back to its beginning raise", function()
    local node = bytes:sub(1, 7)
    local root = node:gsub(".", "\0")
    assert.is_false(try(root .. bytes:sub(8)))
  end)
end)

describe("ranks", function()
  local path = write("ranks", mmdb.bytes({ { "\10\0\0\0", 8, place("AA", 1) } }, { version = 4 }))
  local c = mb.column({ "10.0.0.1", "11.0.0.1", "10.9.9.9" }, "text"):as "ip"

  it("that ask for other things are told, and go on", function()
    if mb.size() == 1 then return end
    local db = geo.open(path)
    local ok, message = pcall(mb.rank() == mb.size() - 1 and db.asn or db.country, db, c)
    mb.core.forget_divergence()
    assert.is_false(ok)
    assert.truthy(message:find("the ranks diverged", 1, true), message)
    assert.same({ "AA", mb.null, "AA" }, rows_of(db:country(c)))
  end)

  it("fail together when a step fails on one, and go on", function()
    local failed = 0
    for n = 1, 60, 3 do
      local rank = n % mb.size()
      mb.core.inject_fault(rank, n, "step")
      local ok, result = pcall(function() return rows_of(geo.open(path):country(c)) end)
      mb.on_rank(rank, function() mb.core.inject_fault(rank, 0) end)
      if ok then
        assert.same({ "AA", mb.null, "AA" }, result)
      else
        failed = failed + 1
        assert.truthy(result:find("makes this step fail on rank " .. rank, 1, true), result)
      end
    end
    assert.is_true(failed > 0)
  end)
end)
