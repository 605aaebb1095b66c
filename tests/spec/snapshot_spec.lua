-- Snapshots: what a session saves, another one has on any number of ranks.
local commands = require "moonbear.session.commands"
local mb = require "moonbear"
local helper = require "spec.helper"

local path <const> = helper.path

teardown(helper.clean)

-- The values of a snapshot, alike on any number of ranks. Given as a text, since other jobs make them,
-- too.
local MAKE <const> = [[
  local mb = require "moonbear"
  local function values()
    local n = 1000
    local key = mb.range(1, n)
    local some = key:put((key % 7):eq(0), mb.null)
    local flows = mb.frame { { "src", ("10.0.0." .. (key % 250):as "text"):as "ip" }, { "port", some },
      { "host", "h" .. (key % 9):as "text" }, { "user", key:as("text", { dictionary = false }) },
      { "a/b", key:as "float" / 3 }, { "a", key:eq(3) }, { "", key + 7 }, { "../x", key * 5000000000 } }
    flows.again = flows.host
    flows.start = mb.time_of(key, { epoch = "2024-01-01" })
    flows.lasted = flows.start - mb.time "2023-12-31"
    flows.flags = mb.flags(key % 256)
    flows.words = mb.flags(key % 8, { "one", "two", "four" })
    flows.gone = flows.host:put((key % 3):eq(0), mb.null)
    return {
      flows = flows, few = flows[flows.port:lt(100)], key = flows.port, none = flows[key:lt(0)],
      v6 = mb.column({ "::1", mb.null, "192.0.2.1" }, "ip"), odd = mb.column { "a\0", "\xff", "" },
      unsigned = mb.column({ 1, mb.uint "18446744073709551615" }, "uint"), singles = mb.column { 0.5, mb.null, 0 / 0 },
      limit = 5, lowest = math.mininteger, tenth = 0.1, infinite = -math.huge, yes = true, no = false,
      name = 'a"\\\n\0\xff',
      nothing = mb.null, big = mb.uint "18446744073709551615", at = mb.time "2024-02-29T12:00:00.123456789",
      ago = mb.duration "-1h30min", list = { 1, { 2, deep = { key } }, "three" }, [7] = "seven", empty = {},
      [true] = 1, [0.5] = "half",
    }
  end
]]
local values = load(MAKE .. "return values()")

local function assert_same(want, have, where)
  local class = getmetatable(want) and getmetatable(want).__name
  assert.equal(class, getmetatable(have) and getmetatable(have).__name, where)
  if class == "moonbear.column" then
    helper.assert_same_column(want, have, where)
  elseif class == "moonbear.frame" then
    helper.assert_same_frame(want, have, where)
  elseif type(want) == "table" and not class then
    for key, value in pairs(want) do assert_same(value, have[key], where .. "." .. tostring(key)) end
    for key in pairs(have) do assert.truthy(want[key] ~= nil, tostring(key)) end
  else
    helper.assert_exact(want, have, where)
  end
end

describe("a snapshot", function()
  it("gives back every value", function()
    mb.save(path "all.h5", values())
    local got = mb.load(path "all.h5")
    assert_same(values(), got, "")
    -- Text is stored as it was, and columns that were one are one.
    assert.is_true(rawequal(got.flows.again, got.flows.host))
    assert.is_true(rawequal(got.key, got.flows.port))
    assert.equal(got.flows.host:nunique(), 9)
    assert.is_true(got.flows.user:eq(values().flows.user):all())
    assert.equal(1000, got.flows.user:sort():nunique())
    mb.save(path "again.h5", got)
    assert_same(values(), mb.load(path "again.h5"), "again")
  end)

  it("is an HDF5 file with readable datasets", function()
    mb.save(path "plain.h5", { flows = mb.frame { { "port", mb.column { 80, 443 } }, { "x", mb.column { 0.5, 1 } } } })
    assert.same({ 80, 443 }, mb.read_hdf(path "plain.h5", "flows/port"):to_table())
    assert.same({ 0.5, 1.0 }, mb.read_hdf(path "plain.h5", "flows/x"):to_table())
    mb.save(path "text.h5", { t = mb.column { "b", "a", "b" } })
    assert.same({ "b", "a", "b" }, mb.read_hdf(path "text.h5", "t"):to_table())
    assert.equal("text", mb.ls_hdf(path "text.h5")[1].type)
    assert.equal("b'b' b'a' b'b'\n", helper.python_output([=[
import sys, h5py
f = h5py.File(sys.argv[1], "r")
g = f[f["t"].attrs["moonbear_entries"]]
o, b = g["offsets"][:], g["bytes"][:].tobytes()
print(*[b[o[c]:o[c + 1]] for c in f["t"][:]])]=], path "text.h5"))
  end)

  it("refuses what it does not hold, by name", function()
    local function refuses(part, ...) helper.assert_raises(part, mb.save, ...) end
    local cycle = {}
    cycle.cycle = cycle
    refuses("'f' is or holds a function", path "x.h5", { f = print })
    refuses("'t' is or holds a function", path "x.h5", { t = { 1, { f = print } } })
    refuses("a table that holds itself", path "x.h5", { c = cycle })
    refuses("'m' is or holds a table", path "x.h5", { m = setmetatable({}, {}) })
    refuses("a table for a key", path "x.h5", { [{}] = 1 })
    refuses("bad argument #2 to 'save' (table of values expected, got an int column)", path "x.h5", mb.column { 1 })
    refuses("bad argument #1 to 'save'", { 1 }, "x.h5")
    refuses("No such file", path "none/x.h5", { x = 1 })
    helper.assert_raises("No such file", mb.load, path "x.h5")
    helper.assert_raises("bad argument #1 to 'load'", mb.load)
    mb.column { 1 }:to_hdf(path "other.h5", "x")
    helper.assert_raises("not a snapshot of mb.save", mb.load, path "other.h5")
    mb.save(path "none.h5", { x = 1 })
    assert.same({ x = 1 }, mb.load(path "none.h5"))
  end)

  it("that is damaged is refused", function()
    mb.save(path "good.h5", { f = mb.frame { { "t", mb.column { "a", "b" } } }, s = "text", n = 12 })
    local good = helper.read_file(path "good.h5")
    local at, last = good:find("T{.-}", (good:find("T{", 1, true)))
    assert.truthy(at)
    local random = helper.random(4)
    for _ = 1, 60 do
      local place = random(at, last)
      local bad = good:sub(1, place - 1) .. string.char(random(1, 127)) .. good:sub(place + 1)
      helper.write_file(path "bad.h5", bad)
      local ok, message = pcall(mb.load, path "bad.h5")
      assert.truthy(ok or tostring(message):find("bad.h5", 1, true) or tostring(message):find("time", 1, true),
        tostring(message))
    end
  end)

  it("whose dictionary is no lists is refused", function()
    for _, shape in ipairs { "()", "(2, 1)" } do
      for _, name in ipairs { "offsets", "bytes" } do
        mb.save(path "bad.h5", { t = mb.column { "a", "b" } })
        helper.python_output([=[
import sys, h5py
f = h5py.File(sys.argv[1], "r+")
g = f[f["t"].attrs["moonbear_entries"]]
del g[sys.argv[2]]
g.create_dataset(sys.argv[2], eval(sys.argv[3]), "u1")]=], path "bad.h5", name, shape)
        helper.assert_raises("the dictionary '_moonbear/entries/1' is damaged", mb.load, path "bad.h5")
      end
    end
  end)

  it("is made and loaded at the prompt", function()
    local closed, of_closed = mb.column { 1 }, mb.frame { { "b", mb.column { 1 } } }
    closed:close()
    of_closed.b:close()
    local env = { x = 3, t = { 1 }, c = mb.column { 1, 2 }, f = print, g = closed, h = of_closed }
    local printed = {}
    local real = print
    rawset(_G, "print", function(text) printed[#printed + 1] = text end)
    local ok, message = pcall(commands.parse(":save-data " .. path "session.h5", 80, env))
    local other = {}
    local loaded, problem = pcall(commands.parse(":load-data " .. path "session.h5", 80, other))
    rawset(_G, "print", real)
    assert.is_true(ok, message)
    assert.is_true(loaded, problem)
    assert.same({ "saved: c, t, x", "skipped: f (a function), g (a closed column), "
      .. "h (a frame whose column 'b' is closed)", "loaded: c, t, x" }, printed)
    assert.equal(3, other.x)
    assert.same({ 1, 2 }, other.c:to_table())
    helper.assert_raises("'t' is or holds a closed column", mb.save, path "session.h5", { t = { closed } })
    local getenv = os.getenv
    rawset(os, "getenv", function(name) return name == "HOME" and path(""):sub(1, -2) or getenv(name) end)
    rawset(_G, "print", function() end)
    ok, message = pcall(function()
      commands.parse(":save-data ~/home.h5", 80, env)()
      commands.parse(":load-data ~/home.h5", 80, other)()
      local files = commands.parse(":load ~/none.lua", 80, other)
      helper.assert_raises(path "none.lua", files)
    end)
    rawset(_G, "print", real)
    rawset(os, "getenv", getenv)
    assert.is_true(ok, message)
    assert.equal(3, mb.load(path "home.h5").x)
    helper.assert_raises(":load-data takes the name of a file", commands.parse(":load-data", 80, {}))
    helper.assert_raises("no global that a snapshot holds", commands.parse(":save-data x", 80, {}))
  end)
end)

describe("snapshots of other numbers of ranks", helper.once(function()
  it("are the same", function()
    local save = MAKE .. "mb.save(arg[1], values())"
    for ranks = 1, 3 do
      local file = path(ranks .. ".h5")
      local status, _, err = helper.run(ranks, save, { args = { file } })
      assert.equal(0, status, err)
      assert_same(values(), mb.load(file), ranks .. " ranks")
    end
    local status, out, err = helper.run(3, [[
      local mb = require "moonbear"
      local v = mb.load(arg[1])
      print(#v.flows, v.flows.user[1000], v.flows.user:nunique(), v.flows.gone[3], v.v6[1], v.list[2].deep[1]:sum())
    ]], { args = { path "2.h5" } })
    assert.equal(0, status, err)
    assert.equal("1000\t1000\t1000\tnil\t::1\t500500\n", out)
  end)
end))
