-- Text that says numbers and truths, and numbers as text: against Python, whichever way the strings
-- are held.
local helper = require "spec.helper"
local mb = require "moonbear"
local text_tables = require "spec.text_tables"

local NULL <const> = mb.null

local storages = {
  ["by a dictionary"] = function(rows) return mb.column(rows, "text") end,
  spread = function(rows) return mb.column(rows, "text"):as("text", { dictionary = false }) end,
}

local function read_table(text)
  local made = {}
  for line in text:gmatch "[^\n]+" do
    local name, rest = line:match "^([^\t]*)\t?(.*)$"
    made[name] = {}
    for word in rest:gmatch "[^\t]+" do table.insert(made[name], text_tables.value_of(word)) end
  end
  return made
end

-- Floats by their bits, all NaN alike.
local function bits_of(x)
  if x == NULL then return x end
  return x ~= x and "nan" or (string.unpack("i8", string.pack("d", x)))
end

local function float_of(bits) return (string.unpack("d", string.pack("i8", bits))) end

local function same(expected, got, rows, name)
  assert.equal(#expected, #got, name)
  for i, value in ipairs(expected) do
    if value ~= got[i] then
      error(("%s of %q: %s expected, got %s"):format(name, tostring(rows[i]), value, got[i]))
    end
  end
end

describe("text", function()
  for storage, column_of in pairs(storages) do
    it("is read as Python reads numbers, " .. storage, function()
      for seed = 1, 2 do
        local tables = read_table(text_tables.output("numbers", seed))
        local c = column_of(tables.rows)
        for _, kind in ipairs { "int", "uint", "float" } do
          local expected, got = tables[kind], c:as(kind, { errors = "missing" }):to_table()
          if kind == "float" then
            for i, value in ipairs(expected) do
              if value ~= NULL then expected[i] = bits_of(float_of(value)) end
              got[i] = bits_of(got[i])
            end
          end
          same(expected, got, tables.rows, kind)
        end
      end
    end)

    it("is read as truths, " .. storage, function()
      local rows = { "true", "FALSE", "1", "0", " True\n", "yes", "", NULL, "2", "true\0", "truex", "t" }
      local c = column_of(rows)
      same({ true, false, true, false, true, NULL, NULL, NULL, NULL, NULL, NULL, NULL },
        c:as("bool", { errors = "missing" }):to_table(), rows, "bool")
      same({ true, false, true, false, true, false, false, NULL, false, false, false, false },
        c:as("bool", { errors = false }):to_table(), rows, "bool")
      helper.assert_raises('row 6 is "yes", no bool', c.as, c, "bool")
    end)

    it("that says no value is refused with row and value, missing, or a value, " .. storage, function()
      local good = { bool = "true", int = "-5", uint = "5", float = "1.5", time = "2024-02-29", duration = "5min",
        ip = "::1", flags = "S" }
      local others = { bool = false, int = -7, uint = 7, float = -0.25, time = mb.time "2000-01-01",
        duration = mb.duration "1h", ip = "10.0.0.1", flags = 4 }
      for kind, word in pairs(good) do
        local c = column_of { word, NULL, word, "q\xffq", "", word }
        local message = helper.message_of(c.as, c, kind)
        assert(message:find("row 4", 1, true) and message:find([["q\xFFq"]], 1, true), message)
        assert(message:find('{errors = "missing"}', 1, true), message)
        assert.equal(message, helper.message_of(c.as, c, kind, { errors = "raise" }))
        local value = c:slice(1, 1):as(kind)[1]
        local missing = c:as(kind, { errors = "missing" })
        assert.equal(kind, missing:type())
        assert.same({ false, true, false, true, true, false }, missing:is_missing():to_table(), kind)
        local filled = c:as(kind, { errors = others[kind] })
        assert.same({ false, true, false, false, false, false }, filled:is_missing():to_table(), kind)
        assert.same({ true, NULL, true, false, false, true }, filled:eq(value):to_table(), kind)
        assert.same({ false, NULL, false, true, true, false }, filled:eq(others[kind]):to_table(), kind)
        -- Strings that no row has do not matter.
        assert.same({ false, true, false }, c:slice(1, 3):as(kind):is_missing():to_table(), kind)
      end
    end)
  end
end)

describe("numbers", function()
  it("come back from their text, of each type and width", function()
    local random = helper.random(12)
    local function draw() return random(0, (1 << 32) - 1) << 32 | random(0, (1 << 32) - 1) end
    local columns = { mb.column { true, false, NULL } }
    for bits = 1, 64 do
      local ints, floats = { NULL }, { NULL }
      for i = 2, 60 do
        ints[i], floats[i] = draw() >> (64 - bits), float_of(draw())
        if floats[i] ~= floats[i] then floats[i] = bits / 8 end
      end
      columns[#columns + 1] = mb.column(ints, "uint")
      if bits < 64 then columns[#columns + 1] = mb.column(ints, "int") * -1 end
      columns[#columns + 1] = mb.column(floats, "float")
    end
    columns[#columns + 1] = mb.column({ 1 / 0, -1 / 0, 0.0, -0.0, 5e-324, NULL }, "float")
    for _, c in ipairs(columns) do
      local text = c:as "text"
      assert.equal("text", text:type())
      local back = text:as(c:type())
      assert.same(c:is_missing():to_table(), back:is_missing():to_table())
      assert.same(c:hash():to_table(), back:hash():to_table(), c:type())
    end
    assert.same({ "nan", "-0.0", "0.1", "1e+16", "123456789.0", NULL },
      mb.column({ 0 / 0, -0.0, 0.1, 1e16, 123456789.0, NULL }, "float"):as "text":to_table())
  end)
end)
