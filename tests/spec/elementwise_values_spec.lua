-- Element-wise functions on many values: how accurate they are, that a scalar gives what a row does,
-- and what hash and drop_missing promise.
local edges = require "spec.edges"
local helper = require "spec.helper"
local mb = require "moonbear"
local oracle = require "spec.oracle"
local reference = require "spec.reference"
local walk = require "spec.walk"

local null = mb.null

-- Floats of all sizes, most of them where functions change.
local function draw_floats(n, seed)
  local random, rows = helper.random(seed), {}
  for i = 1, n do
    local fraction = random(-(1 << 53), 1 << 53) * 2.0 ^ -53
    local exponent = i % 4 == 0 and random(-1070, 1023) or i % 4 == 1 and 0 or random(-30, 10)
    rows[i] = fraction * 2.0 ^ exponent
  end
  return rows
end

describe("functions of floats", function()
  local many, few = draw_floats(1500, 1), draw_floats(20, 2)
  setup(function() reference.prepare(many, few) end)

  for _, operation in ipairs(walk.operations) do
    if operation.way == "method" and oracle.operations[operation.name].approximate then
      it(operation.name .. " is accurate to 2 ulp", function()
        if operation.arity == 1 then
          walk.check(operation, { "float" }, { mb.column(many) }, { many }, "random rows")
          return
        end
        local rows = edges.product { many, few }
        local operands = { mb.column(rows[1]), mb.column(rows[2]) }
        walk.check(operation, { "float", "float" }, operands, rows, "random rows")
      end)
    end
  end
end)

describe("mb.math", function()
  -- Scalars of a type, as far as scalars have it.
  local values = { int = edges.all.int, float = edges.all.float }
  for _, x in ipairs(draw_floats(50, 3)) do values.float[#values.float + 1] = x end

  it("gives of scalars the bits that a column has", function()
    for _, operation in ipairs(walk.operations) do
      if operation.way == "math" and operation.arity <= 2 then
        for type, list in pairs(values) do
          local types = { type, operation.arity == 2 and type or nil }
          if oracle.type(operation.name, types, operation.option) then
            local other = operation.arity == 2 and list[5] or nil
            local rows = walk.ask(operation, { mb.column(list, type), other }):to_table()
            for i, value in ipairs(list) do
              local got = walk.ask(operation, { value, other })
              assert.truthy(oracle.agree(rows[i], got), ("%s of %s: %s, not %s"):format(operation.name,
                oracle.show(value), oracle.show(got), oracle.show(rows[i])))
            end
          end
        end
      end
    end
  end)

  it("overflows where values do, as in Python", function()
    local rows = { 709.0, 709.5, 709.78, 709.7827128, 709.782712893384, 709.7827128934, 710.0, 710.4758,
      710.475860073943, 710.4758600739441, 711.0, 1e300, math.huge, -709.9, -710.0, -710.47586, -711.0,
      -math.huge }
    local out = helper.python_output([[
import math, sys
def value(name, x):
    try:
        return getattr(math, name)(x)
    except OverflowError:
        return -math.inf if name == "sinh" and x < 0 else math.inf
for name in "exp expm1 sinh cosh".split():
    print(name, *(value(name, float(x)).hex() for x in sys.argv[1].split()))]],
      (("%.17g "):rep(#rows):format(table.unpack(rows))))
    local n = 0
    for name, list in out:gmatch "(%w+) ([^\n]*)" do
      local got, i = mb.math[name](mb.column(rows)), 0
      for text in list:gmatch "%S+" do
        i = i + 1
        local expected = text == "inf" and math.huge or text == "-inf" and -math.huge or tonumber(text)
        local near = got[i] == expected or math.abs(got[i] / expected - 1) < 1e-15
        assert.is_true(near, ("%s(%.17g): %.17g, not %.17g"):format(name, rows[i], got[i], expected))
        n = n + 1
      end
    end
    assert.equal(4 * #rows, n)
    assert.is_true(math.abs(mb.column({ 710 }, "uint"):sinh()[1] / 1.1169973830808557e308 - 1) < 1e-15)
    assert.truthy(mb.math.sinh(0 / 0) ~= mb.math.sinh(0 / 0))
  end)

  it("chooses among scalars, and casts them", function()
    assert.equal(2, mb.math.where(false, 1, 2))
    assert.equal(3, mb.math.as(3.9, "int"))
    assert.equal(1.0, mb.math.as(true, "float"))
    assert.equal(7, mb.math.floordiv(5, 0, { zero = 7 }))
    assert.error_matches(function() mb.math.as(1e300, "int") end, "does not fit")
  end)
end)

describe("hash", function()
  it("is a uint, the same for equal values of a type", function()
    for type, list in pairs(edges.all) do
      local column = mb.column(list, type)
      local hashes = column:hash()
      assert.equal("uint", hashes:type())
      local seen = {}
      for i, hash in ipairs(hashes:to_table()) do
        local value = list[i] == 0 and 0 or list[i] ~= list[i] and "nan" or list[i]
        assert.is_nil(seen[hash] ~= value and seen[hash] or nil)
        seen[hash] = value
      end
      assert.same(hashes:to_table(), edges.forms.late(list, type):hash():to_table())
      assert.same(hashes:to_table(), edges.forms.pending(list, type):hash():to_table())
    end
    local zeros = mb.column { 0.0, -0.0, 0 / 0, -(0 / 0) }:hash():to_table()
    assert.equal(zeros[1], zeros[2])
    assert.equal(zeros[3], zeros[4])
  end)

  it("does not depend on how values are stored", function()
    local narrow, wide = mb.column { 1, 2, 3 }, mb.column { 1, 2, 3, math.mininteger }
    assert.same({ table.unpack(wide:hash():to_table(), 1, 3) }, narrow:hash():to_table())
  end)

  it("takes a row of several columns, in order", function()
    local a, b = mb.column { 1, 1, 2, 1 }, mb.column { 2, 3, 1, 2 }
    local rows = mb.math.hash(a, b):to_table()
    assert.equal(rows[1], rows[4])
    assert.not_equal(rows[1], rows[2])
    assert.not_equal(rows[1], rows[3])
    assert.same(rows, a:hash(b):to_table())
  end)

  it("spreads", function()
    local buckets = (mb.range(1, 20000):hash() >> 60):as("int")
    local keys, counts = buckets:value_counts()
    assert.equal(16, #keys)
    for _, n in ipairs(counts:to_table()) do assert.truthy(math.abs(n - 1250) < 200) end
  end)

  it("is missing where a value is", function()
    local rows = mb.column { 1, null, 3 }:hash():to_table()
    assert.equal(null, rows[2])
    assert.not_equal(null, rows[3])
  end)
end)

-- Values for decimals, and what Python's round makes of them: near halves of decimals, at the ends of
-- exact products, of any size, and decimals that nobody would ask for. Python's own overflow is inf.
local rounding = [[
import random, struct
random.seed(7)
def bits(): return struct.unpack("<d", struct.pack("<Q", random.getrandbits(64)))[0]
def sign(): return random.choice((-1, 1))
def near(decimals):
    kind, power = random.randrange(5), 10.0 ** min(max(decimals, -300), 300)
    if kind == 0: return bits()
    if kind == 1: return sign() * (random.randrange(10 ** random.randrange(1, 16)) + 0.5) / power
    if kind == 2: return sign() * random.randrange(2 ** 51, 2 ** 55) / power
    if kind == 3: return sign() * random.random() * 10.0 ** random.randrange(-5, 20)
    return sign() * random.randrange(10 ** 6) / 8
def rounded(x, decimals):
    try: return round(x, decimals)
    except OverflowError: return x * float("inf")
for decimals in [*range(-25, 30), -400, -323, -310, -308, -307, 100, 290, 307, 308, 322, 323, 324, 400]:
    for _ in range(60):
        x = near(decimals)
        if x != x or abs(x) == float("inf"): x = 1.5
        print(decimals, x.hex(), rounded(x, decimals).hex())
for x in (1.6711454174837166e16, -1e17, 2.675, 0.5, -0.0, 5e-324, 1.7976931348623157e308):
    for decimals in (-308, -2, -1, 1, 2, 6, 12): print(decimals, x.hex(), rounded(x, decimals).hex())
]]

describe("round to decimals", function()
  it("gives what Python's round gives, of columns and of scalars", function()
    local by_decimals, n = {}, 0
    local function parse(word) return tonumber((word:gsub("inf", "1e999"))) end
    for decimals, x, y in helper.python_output(rounding):gmatch "(%S+) (%S+) (%S+)\n" do
      local at = by_decimals[decimals] or { x = {}, y = {} }
      at.x[#at.x + 1], at.y[#at.y + 1], by_decimals[decimals] = parse(x), parse(y), at
      n = n + 1
    end
    assert.truthy(n > 4000)
    for decimals, at in pairs(by_decimals) do
      local column = mb.column(at.x, "float"):round(math.tointeger(decimals))
      walk.check_column(column, "float", at.y, { at.x }, "round to " .. decimals)
      local scalar = mb.math.round(at.x[1], math.tointeger(decimals))
      assert.is_true(oracle.agree(at.y[1], scalar))
    end
  end)

  it("leaves alone what is missing, not a number, or whole", function()
    local c = mb.column { null, 0 / 0, 1 / 0, -1 / 0, 1.25 }:round(1)
    assert.equal(4, #c:drop_missing())
    assert.truthy(c[2] ~= c[2])
    assert.same({ 1 / 0, -1 / 0, 1.2 }, { c[3], c[4], c[5] })
    assert.same({ 5, 7 }, mb.column { 5, 7 }:round(3):to_table())
  end)
end)

describe("drop_missing", function()
  it("keeps the rows that are there", function()
    for type, list in pairs(edges.some) do
      local rows = {}
      for i = 1, 300 do rows[i] = i % 3 == 0 and null or list[i % #list + 1] end
      for _, form in ipairs { "stored", "masked", "early" } do
        local kept = edges.forms[form](rows, type):drop_missing()
        local expected = {}
        for _, value in ipairs(rows) do
          if value ~= null then expected[#expected + 1] = value end
        end
        walk.check_column(kept, type, expected, { expected }, form)
        assert.equal(#expected, #kept)
        assert.equal(0, kept:is_missing():sum())
      end
      assert.equal(#list, #mb.column(list, type):drop_missing())
      assert.equal(0, #mb.column({ null, null }, type):drop_missing())
    end
  end)
end)
