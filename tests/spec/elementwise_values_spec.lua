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
