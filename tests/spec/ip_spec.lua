-- Columns of ip addresses, beside Python's ipaddress.
local helper = require "spec.helper"
local mb = require "moonbear"

local assert_raises, rows_of = helper.assert_raises, helper.rows_of

-- A table of what Python says, of a seed.
local python = assert(load(helper.data_output("ip_answers.py", 7), "=answers", "t", {}))()

-- Entry i of each row; false is a missing one.
local function field(rows, i)
  local list = {}
  for r, row in ipairs(rows) do list[r] = row[i] == false and mb.null or row[i] end
  return list
end

local function check(expected, column, what)
  for i, value in ipairs(expected) do expected[i] = value == mb.null and "null" or value end
  local got = rows_of(column)
  assert.equal(#expected, #got, what)
  for i, value in ipairs(expected) do
    if value ~= got[i] then
      error(("%s, row %d: %s, not %s"):format(what, i, tostring(got[i]), tostring(value)), 2)
    end
  end
end

local function ips(list) return mb.column(list, "ip") end

-- The same addresses of version 4 by a dictionary, as where others were among them.
local function widened(column)
  local both = mb.concat { ips { "::9" }, column }
  return both[mb.range(2, #both)]
end

-- The same by a dictionary that is spread over the ranks, as where different ones are many: they are
-- of text that is so.
local function spread(column)
  local texts = mb.concat { mb.column { "::9" }, column:as "text" }:as("text", { dictionary = false })
  local both = texts:as "ip"
  return both[mb.range(2, #both)]
end

-- Those of version 4 in either storage, and all: {name, column, the rows of Python's answers}.
local function storages()
  local all, fours = python.addresses, {}
  for _, row in ipairs(all) do if row[2] == 4 then fours[#fours + 1] = row end end
  local narrow = ips(field(fours, 1))
  local both = ips(field(all, 1))
  return { { "version 4", narrow, fours }, { "version 4, widened", widened(narrow), fours },
    { "version 4, spread", spread(narrow), fours }, { "both versions", both, all },
    { "both versions, spread", spread(both), all } }
end

describe("addresses", function()
  it("are read from every form, and printed in one", function()
    local texts = mb.column(field(python.texts, 1), "text")
    local expected = field(python.texts, 2)
    local read = texts:as("ip", { errors = "missing" })
    assert.equal("ip", read:type())
    check(expected, read, "elements")
    check(field(python.texts, 2), read:as "text", "texts")
    check(field(python.texts, 2), read:as "text":as "ip", "again")
    local filled = field(python.texts, 2)
    for i, value in ipairs(filled) do if value == mb.null then filled[i] = "2001:db8::7" end end
    check(filled, texts:as("ip", { errors = "2001:DB8::7" }), "filled")
  end)

  it("may have blanks around them, and no zone", function()
    check({ "10.0.0.1", "::1" }, ips { " 10.0.0.1\n", "\t::1" }, "blanks")
    assert_raises([[row 2 is "fe80::1%eth0", no ip address]], ips, { "::1", "fe80::1%eth0" })
  end)

  it("name the row that is none", function()
    local texts = mb.column({ "10.0.0.1", mb.null, "10.0.0.256", "x" }, "text")
    assert_raises([[row 3 is "10.0.0.256", no ip address]], texts.as, texts, "ip")
    assert_raises("errors", texts.as, texts, "ip", { errors = "10.0.0" })
    local narrow = texts:as("ip", { errors = "1.1.1.1" })
    check({ "10.0.0.1", mb.null, "1.1.1.1", "1.1.1.1" }, narrow, "filled")
    assert_raises("row 2 is a number in a column of type ip", ips, { "::1", 5 })
  end)

  it("have the same results in either storage", function()
    for _, storage in ipairs(storages()) do
      local name, column, rows = table.unpack(storage)
      check(field(rows, 2), column:version(), name .. ", version")
      for i, use in pairs { [4] = "is_private", [5] = "is_global", [6] = "is_multicast",
        [7] = "is_loopback", [8] = "is_link_local" } do
        local list = {}
        for r, row in ipairs(rows) do list[r] = row[i] end
        check(list, column[use](column), name .. ", " .. use)
      end
    end
  end)

  it("tell how they are stored", function()
    for i, storage in ipairs { false, "dictionary", "plain", "dictionary", "plain" } do
      local info = storages()[i][2]:info()
      assert.equal(storage or nil, info.storage)
      assert.equal(i == 1, info.addresses == nil)
    end
  end)

  it("are ordered by number, version 4 before 6", function()
    local expected = field(python.sorted, 1)
    for _, storage in ipairs(storages()) do
      local name, column = table.unpack(storage)
      local here, list, last = {}, {}, nil
      for _, value in ipairs(column:to_table()) do here[value] = (here[value] or 0) + 1 end
      local unique, counts = {}, {}
      for _, value in ipairs(expected) do
        if here[value] then
          list[#list + 1] = value
          if value ~= last then
            unique[#unique + 1], counts[#counts + 1] = value, here[value]
          end
          last = value
        end
      end
      check(table.move(list, 1, #list, 1, {}), column:sort(), name)
      check(table.move(list, 1, #list, 1, {}), column[column:argsort()], name .. ", argsort")
      local keys, found = column:value_counts()
      check(unique, keys, name .. ", keys")
      check(counts, found, name .. ", counts")
      assert.equal(list[1], column:min())
      assert.equal(list[#list], column:max())
    end
  end)

  it("become integers, and these addresses", function()
    for _, storage in ipairs(storages()) do
      local name, column, rows = table.unpack(storage)
      for _, kind in ipairs { "int", "uint" } do
        local numbers = column:as(kind, { errors = "missing" })
        assert.equal(kind, numbers:type())
        check(field(rows, 3), numbers, name)
        local back, expected = numbers:as "ip", {}
        for i, row in ipairs(rows) do expected[i] = row[2] == 4 and row[1] or mb.null end
        check(expected, back, name .. ", back")
      end
    end
    local all = ips { "10.0.0.1", "::7" }
    assert_raises("row 2 is ::7, no number of 64 bits", all.as, all, "int")
    for _, number in ipairs { -1, 1 << 32, math.mininteger } do
      local numbers = mb.column { 5, number, mb.null }
      assert_raises(("row 2 is %d, no ip address of version 4"):format(number),
        numbers.as, numbers, "ip")
      check({ "0.0.0.5", mb.null, mb.null }, numbers:as("ip", { errors = "missing" }), "missing")
      check({ "0.0.0.5", "9.9.9.9", mb.null }, numbers:as("ip", { errors = "9.9.9.9" }), "filled")
    end
    local huge = mb.column({ 5, -1 }, "uint")
    assert_raises("row 2 is 18446744073709551615, no ip", huge.as, huge, "ip")
    assert_raises("version 4, not of version 6", huge.as, huge, "ip", { errors = "::" })
    assert_raises("float columns do not become ip", mb.column { 1.5 }.as, mb.column { 1.5 }, "ip")
    assert_raises("ip columns do not become float", all.as, all, "float")
  end)

  it("have addresses after and before them", function()
    for _, storage in ipairs(storages()) do
      local name, column, rows = table.unpack(storage)
      for i, by in pairs { [9] = 1, [10] = -300 } do
        local list, ok = {}, {}
        for r, row in ipairs(rows) do
          if row[i] then list[#list + 1] = row[i] end
          ok[r] = row[i] and true or false
        end
        assert_raises("no ip address", function() return column + by end)
        local some = column[mb.column(ok)]
        check(table.move(list, 1, #list, 1, {}), some + by, name)
        check(table.move(list, 1, #list, 1, {}), by + some, name)
        check(table.move(list, 1, #list, 1, {}), some - (-by), name)
      end
    end
    local c = ips { "10.0.0.255", mb.null, "0.0.0.0" }
    check({ "10.0.1.0", mb.null, "0.0.0.3" }, c + mb.column { 1, 2, 3 }, "by a column")
    check({ "10.0.0.0", mb.null, "0.0.0.0" }, c - mb.column({ 255, 2, 0 }, "uint"), "less a column")
    assert_raises("row 3 is -1, no ip address", function() return c - 1 end)
    assert_raises("takes no ip columns", function() return c - c end)
    assert_raises("takes no ip columns", function() return 1 - c end)
    assert_raises("integer or column of them expected", function() return c + 1.5 end)
    assert_raises("takes no ip columns", function() return c * 2 end)
    local both = ips { "::1", "10.0.0.1", mb.null, "ffff::ffff", "0.0.0.9" }
    for name, wide in pairs { replicated = both, spread = spread(both) } do
      local by = mb.column { -1, 256, 3, 1, mb.null }
      check({ "::", "10.0.1.1", mb.null, "ffff::1:0", mb.null }, wide + by, name)
      check({ "::", "10.0.1.1", mb.null, "ffff::1:0", mb.null }, by + wide, name)
      local most = mb.column({ 1, 2, 3, -1, 9 }, "uint")
      check({ "::", "9.255.255.255", mb.null, "fffe:ffff:ffff:ffff::1:0", "0.0.0.0" }, wide - most, name)
      assert_raises("row 5 is 0.0.0.9, no ip address with so many others before it", function()
        return wide - mb.column { 1, 1, 1, 1, 10 }
      end)
      assert_raises("row 1 is ::1, no ip address with so many others after it", function()
        return wide + mb.column { -2, 1, 1, 1, 10 }
      end)
      assert_raises("+: the lengths differ", function() return wide + mb.column { 1 } end)
    end
  end)

  it("are masked to networks", function()
    local all, rows = ips(field(python.addresses, 1)), python.addresses
    local fours = all:version():eq(4)
    local narrow = all:as("int", { errors = "missing" })[fours]:as "ip"
    for _, mask in ipairs(python.masks) do
      local four, six = mask[1], mask[2]
      local expected = table.move(mask, 3, #mask, 1, {})
      check(table.move(expected, 1, #rows, 1, {}), all:network(four, { v6 = six }), "both")
      local list = {}
      for i, row in ipairs(rows) do if row[2] == 4 then list[#list + 1] = expected[i] end end
      check(list, narrow:network(four), "/" .. four)
    end
    check({ "2001:db8:0:7::" }, ips { "2001:db8:0:7:8::9" }:network(24), "64 bits unless told")
    assert_raises("at most 32 bits, not 33", all.network, all, 33)
    assert_raises("at most 128 bits, not 129", all.network, all, 8, { v6 = 129 })
    assert_raises("below 0", all.network, all, -1)
  end)

  it("are in networks", function()
    local texts = field(python.some, 1)
    for _, storage in ipairs(storages()) do
      local name, column, rows = table.unpack(storage)
      local is_four = #rows < #python.addresses
      for n = 0, #texts do
        local expected = {}
        for i, within in ipairs(python.within[n + 1]) do
          if not is_four or python.addresses[i][2] == 4 then expected[#expected + 1] = within end
        end
        check(expected, column:in_network(table.move(texts, 1, n, 1, {})), name .. ", " .. n)
      end
    end
    local c = ips { "10.1.2.3", mb.null, "11.0.0.0" }
    check({ true, mb.null, false }, c:in_network "10.0.0.0/8", "one")
    check({ true, mb.null, false }, c:in_network "10.1.2.3", "an address")
    check({ true, mb.null, true }, c:in_network "0.0.0.0/0", "all")
    check({ false, mb.null, false }, c:in_network "::/0", "the other version")
    check({ false, mb.null, false }, c:in_network {}, "none")
    assert_raises("the block is '10.0.0.0/8'", c.in_network, c, "10.1.2.3/8")
    for _, text in ipairs { "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "10.0.0.0/08", "/8",
      "10.0.0.0/8/8", "10.0.0.0 /8", "10.0.0.0/-1", "" } do
      assert_raises("is no block of addresses", c.in_network, c, text)
    end
    assert_raises("block of addresses, or list of them", c.in_network, c, 10)
  end)

  it("find the longest block that has them", function()
    local blocks = mb.column(field(python.blocks, 1), "text")
    local positions = mb.range(1, #blocks)
    for _, storage in ipairs(storages()) do
      local name, column, rows = table.unpack(storage)
      local is_four, expected = #rows < #python.addresses, {}
      for i, row in ipairs(python.longest) do
        if not is_four or python.addresses[i][2] == 4 then
          expected[#expected + 1] = row[1] or mb.null
        end
      end
      check(expected, blocks:lookup_network(positions, column), name)
    end
    local sites = mb.column { "a", mb.null, "c", "d" }
    local nets = mb.column { "10.0.0.0/8", "10.1.0.0/16", mb.null, "10.1.2.0/24" }
    local c = ips { "10.9.9.9", "10.1.9.9", "10.1.2.3", mb.null, "9.9.9.9" }
    check({ "a", mb.null, "d", mb.null, mb.null }, nets:lookup_network(sites, c), "missing ones")
    check({ mb.null, mb.null }, nets:slice(1, 0):lookup_network(sites:slice(1, 0), c:slice(1, 2)),
      "no blocks")
    for text, why in pairs { ["10.1.0.1/16"] = "bits past its prefix", ["10.1"] = "no block of" } do
      local bad = nets:fill(text)
      assert_raises(("row 3 is \"%s\", "):format(text), bad.lookup_network, bad, sites, c)
      assert_raises(why, bad.lookup_network, bad, sites, c)
    end
    assert_raises("lengths differ", nets.lookup_network, nets, mb.column { 1 }, c)
  end)

  it("of both versions meet", function()
    local narrow = ips { "10.0.0.1", mb.null, "10.0.0.3", "10.0.0.1" }
    local texts = mb.column { "::1", "10.0.0.1", "10.0.0.3", mb.null }
    for _, dictionary in ipairs { true, false } do
      local wide = texts:as("text", { dictionary = dictionary }):as "ip"
      check({ false, mb.null, true, mb.null }, narrow:eq(wide), "eq")
      check({ true, mb.null, false, mb.null }, narrow:lt(wide), "lt")
      check({ "10.0.0.1", mb.null, "10.0.0.3", mb.null }, narrow:minimum(wide), "minimum")
      check({ false, mb.null, false, false }, narrow:eq "::1", "a scalar")
      check({ true, mb.null, true, true }, narrow:ne "::1", "ne")
      check({ true, mb.null, true, true }, narrow:lt "::", "lt")
      check({ false, mb.null, false, false }, narrow:ge "::", "ge")
      check({ "10.0.0.1", mb.null, "10.0.0.3", "10.0.0.1" }, narrow:minimum "::", "minimum")
      check({ "::", mb.null, "::", "::" }, narrow:maximum "::", "maximum")
      check({ true, false, false, mb.null }, wide:eq "0::1", "in another form")
      check({ false, true, false, mb.null }, wide:eq "10.0.0.1", "of version 4")
      check({ "10.0.0.1", "::5", "10.0.0.3", "10.0.0.1" }, narrow:fill "::5", "fill")
      check({ "::2", mb.null, "10.0.0.3", "::2" }, narrow:put(narrow:eq "10.0.0.1", "::2"), "put")
      check({ "10.0.0.1", "::1", "10.0.0.3", "10.0.0.1" },
        narrow:put(mb.column { 2 }, wide:slice(1, 1)), "put of a column")
      check({ "10.0.0.1", "::2", "10.0.0.3", "10.0.0.1" },
        mb.where(narrow:is_missing(), "::2", narrow), "where")
      check({ "10.0.0.1", mb.null, "10.0.0.3", "10.0.0.1", "::1", "10.0.0.1", "10.0.0.3", mb.null },
        mb.concat { narrow, wide }, "concat")
      check({ true, mb.null, true, true }, narrow:isin(wide), "isin")
      check({ false, true, true, mb.null }, wide:isin(narrow), "isin of version 4")
      check({ false, mb.null, true, false }, narrow:isin { "10.0.0.3", "::9" }, "isin of a list")
      check({ 2, mb.null, 3, 2 }, wide:find(narrow), "find")
      check({ "10.0.0.1", "10.0.0.3", "::1" }, mb.union(narrow, wide), "union")
      local left = mb.frame { src = narrow, n = mb.range(1, 4) }
      local right = mb.frame { src = wide, site = mb.column { "x", "y", "z", "w" } }
      local joined = left:join(right, { on = "src" })
      check({ "10.0.0.1", "10.0.0.3", "10.0.0.1" }, joined.src, "join")
      check({ "y", "z", "y" }, joined.site, "join's values")
    end
  end)

  it("of version 6 may be any number, as Python has them", function()
    -- More than a dictionary on every rank has, once.
    local many <const> = mb.size() == 2 and not helper.sanitized
    local n <const>, folder = many and 1100000 or 20000, helper.tmpdir()
    helper.data_output("make_many_ips.py", folder .. "/ips.h5", n, 3)
    local python_has <const> = mb.read_hdf(folder .. "/ips.h5")
    local function is(name, column, what)
      assert.is_true(column:as "text":eq(python_has[name]):all(), what or name)
    end
    local texts = python_has.text
    local six = (many and texts or texts:as("text", { dictionary = false })):as "ip"
    assert.equal("plain", six:info().storage)
    assert.equal(n, six:info().addresses)
    is("text", six)
    is("after", six + 77)
    is("after", six + mb.full(n, 77), "by a column")
    is("network", six:network(24, { v6 = 60 }))
    assert.is_true(six:is_link_local():eq(python_has["local"]):all())
    assert.is_true(six:is_multicast():eq(python_has.multicast):all())
    assert.is_true(six:in_network "fe80::/10":eq(python_has["local"]):all())
    assert.is_true(six:version():eq(6):all())
    assert.equal(1, six:eq(six[7]):sum())
    is("sorted", six:sort())
    is("sorted", six[six:argsort()], "argsort")
    is("sorted", six:unique(), "unique")
    assert.equal(n, six:nunique())
    local keys, counts = six:network(24, { v6 = 60 }):value_counts()
    local networks, expected = python_has.network:value_counts()
    assert.equal(#networks, #keys)
    assert.equal(n, counts:sum())
    assert.equal(expected:max(), counts:max())
    local some = six[mb.range(n, 1, -3)]
    assert.is_true(six:find(some):eq(mb.range(n, 1, -3)):all())
    assert.equal(#some, six:isin(some):sum())
    local both = mb.concat { mb.range(0, n - 1):as "ip", six }
    assert.equal(n, both:lt "::":sum())
    is("text", both[mb.range(n + 1, 2 * n)], "concat")
    assert.equal(tostring(mb.column { n - 1 }:as "ip"[1]), both[n])
    helper.clean()
  end)

  it("are columns of frames", function()
    local src, dst = ips { "10.0.0.2", "10.0.0.1", "10.0.0.2" }, ips { "::1", "10.0.0.2", "::1" }
    local bytes = mb.column { 1, 2, 4 }
    for _, storage in ipairs { { src, dst }, { spread(src), spread(dst) } } do
      local frame = mb.frame { { "src", storage[1] }, { "dst", storage[2] }, { "bytes", bytes } }
      local groups = frame:group_by("dst", "src")
      local outer, inner = groups:keys()
      check({ "10.0.0.2", "::1" }, outer, "keys")
      check({ "10.0.0.1", "10.0.0.2" }, inner, "more keys")
      check({ 2, 5 }, groups:sum "bytes", "sums")
      check({ "10.0.0.2", "::1" }, groups:max "dst", "max")
      check({ "::1", "::1" }, frame:where("src == '10.0.0.2'").dst, "where")
      check({ 1, 4 }, frame:where("dst:in_network('::/64')").bytes, "where of a method")
      local text = tostring(frame)
      assert.truthy(text:find("1  10.0.0.2       ::1      1", 1, true), text)
    end
  end)

  it("hash alike in either storage, and gather, shift and fill", function()
    local narrow = ips { "10.0.0.1", "10.0.0.2", mb.null }
    local wide, plain = widened(narrow), spread(narrow)
    check(rows_of(narrow:hash()), wide:hash(), "hash")
    check(rows_of(narrow:hash()), plain:hash(), "hash")
    for name, c in pairs { narrow = narrow, wide = wide, plain = plain } do
      check({ mb.null, "10.0.0.1" }, c[mb.column { 3, 1 }], name)
      check({ mb.null, "10.0.0.1", "10.0.0.2" }, c:shift(1), name)
      check({ "10.0.0.9", "10.0.0.1", "10.0.0.2" }, c:shift(1, "10.0.0.9"), name)
      check({ "10.0.0.2" }, c:topk(1), name)
      assert.equal("10.0.0.2", c[2])
      assert.equal("array([10.0.0.1, 10.0.0.2, null])", tostring(c))
      assert_raises("sum", c.sum, c)
      assert_raises("mean", c.mean, c)
      assert_raises("'10.0.0' is no ip", c.eq, c, "10.0.0")
      assert_raises("ip", c.eq, c, 5)
      assert_raises("median", c.median, c)
      assert_raises("takes no ip columns", c.fill, c, 5)
      assert_raises("5 does not go into an ip column", c.shift, c, 1, 5)
      assert_raises("does not go into an ip", c.put, c, mb.column { 1 }, mb.column({ 5 }, "uint"))
      assert_raises("where takes no ip columns", mb.where, c:is_missing(), 5, c)
      assert_raises("ip", c.isin, c, { 5 })
    end
  end)

  it("are none, of none", function()
    local none = ips {}
    assert.equal(0, #none)
    check({}, none:as "text", "text")
    check({}, none:in_network "::/0", "in_network")
    check({}, none:is_private(), "is_private")
    check({ mb.null, mb.null }, ips { mb.null, mb.null }, "missing")
    check({ mb.null }, mb.column({ mb.null }, "text"):as "ip":version(), "version")
  end)
end)
