-- Every element-wise operator and function over every pair of storage widths, and scalars beside
-- each, against the oracle.
local edges = require "spec.edges"
local helper = require "spec.helper"
local mb = require "moonbear"
local oracle = require "spec.oracle"
local reference = require "spec.reference"
local walk = require "spec.walk"

local mini, maxi, inf, nan = math.mininteger, math.maxinteger, 1 / 0, 0 / 0
local far = 1 << 40

-- Four values each that are stored in so many bytes, as they are or as offsets from a base.
local storages = {
  { type = "bool", width = 1, values = { true, false, false, true } },
  { type = "int", width = 1, values = { 0, 255, 7, 128 } },
  { type = "int", width = 1, values = { -100, -1, 100, 0 } },
  { type = "int", width = 2, values = { 0, 65535, 256, 7 } },
  { type = "int", width = 2, values = { far, far + 65535, far + 7, far + 256 } },
  { type = "int", width = 4, values = { 0, (1 << 32) - 1, 1 << 31, 63 } },
  { type = "int", width = 4, values = { mini, mini + (1 << 32) - 1, mini + 7, mini + 1 } },
  { type = "int", width = 8, values = { mini, maxi, -1, 63 } },
  { type = "uint", width = 1, values = { 0, 255, 7, 64 } },
  { type = "uint", width = 1, values = { -1, -200, -100, -2 } },
  { type = "uint", width = 2, values = { 0, 65535, 300, 1 } },
  { type = "uint", width = 4, values = { maxi, mini, mini + 70000, maxi - 1 } },
  { type = "uint", width = 8, values = { 0, -1, mini, 1 } },
  { type = "float", width = 4, values = { 1.5, -0.0, nan, -inf } },
  { type = "float", width = 4, values = { 2.0 ^ 127, -2.0 ^ -149, 16777215.0, 0.0 } },
  { type = "float", width = 8, values = { 0.1, -2.5, inf, 2.0 ^ 53 } },
}

local scalars = { true, 0, 1, -1, 3, 255, 256, far, mini, maxi, 0.0, -0.5, 2.5, 300.0, inf, nan }

-- Columns of floats of 4 bytes come from a file.
local function short_floats(lists, folder)
  local path = folder .. "/floats.h5"
  local words = {}
  for i, rows in ipairs(lists) do
    words[i] = {}
    for j, x in ipairs(rows) do words[i][j] = x ~= x and "nan" or ("%a"):format(x) end
    words[i] = table.concat(words[i], " ")
  end
  helper.python_output([[
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], "w") as f:
    for i, text in enumerate(sys.argv[2:]):
        f["x%d" % i] = np.array([float.fromhex(word) for word in text.split()], dtype="f4")]],
    path, table.unpack(words))
  local columns = {}
  for i = 1, #lists do columns[i] = mb.read_hdf(path, "x" .. i - 1) end
  return columns
end

-- For each storage, its values as rows of a first and of a second operand, which together are all
-- combinations of two storages' values, and columns of these rows: more than a vector's.
local function prepare(folder)
  local short, lists = {}, {}
  for _, storage in ipairs(storages) do
    storage.rows = edges.product { storage.values, storage.values }
    for i = 1, 2 do
      storage.rows[i] = edges.repeated(storage.rows[i], 48)
      if storage.type == "float" and storage.width == 4 then
        lists[#lists + 1] = storage.rows[i]
        short[#short + 1] = function(column) storage.columns[i] = column end
      end
    end
    storage.columns = { mb.column(storage.rows[1], storage.type), mb.column(storage.rows[2], storage.type) }
  end
  for i, column in ipairs(short_floats(lists, folder)) do short[i](column) end
end

local turn = walk.turns(11)

describe("element-wise", function()
  setup(function()
    prepare(helper.tmpdir())
    local floats = walk.floats()
    for _, storage in ipairs(storages) do floats:add(storage.values, storage.type) end
    for _, storage in ipairs(storages) do
      for _, scalar in ipairs(scalars) do
        floats:add({ scalar }, (oracle.scalar("pow", scalar, storage.type)))
      end
    end
    reference.prepare(floats, floats)
  end)
  teardown(helper.clean)

  it("operands are stored as they should be", function()
    for _, storage in ipairs(storages) do
      for i = 1, 2 do assert.equal(storage.width, storage.columns[i]:info().width) end
    end
  end)

  it("arithmetic takes columns of no rows, which have no bounds", function()
    for _, kind in ipairs { "int", "uint", "float" } do
      local c = mb.column({}, kind)
      local pending = c[c:eq(1)]
      assert.same({}, (c * c - c):to_table())
      assert.same({}, (c * pending + pending * c):to_table())
    end
  end)

  for _, operation in ipairs(walk.operations) do
    if operation.arity == 1 and operation.way ~= "math" then
      it(walk.describe(operation) .. " takes columns of all widths", function()
        for _, a in ipairs(storages) do
          walk.check(operation, { a.type }, { a.columns[1] }, { a.rows[1] },
            a.width .. " bytes")
        end
      end)
    elseif operation.arity == 2 and operation.way ~= "math" then
      it(walk.describe(operation) .. " takes columns of all widths", function()
        for _, a in ipairs(storages) do
          for _, b in ipairs(storages) do
            if turn() then
              walk.check(operation, { a.type, b.type }, { a.columns[1], b.columns[2] },
                { a.rows[1], b.rows[2] }, ("%d and %d bytes"):format(a.width, b.width))
            end
          end
        end
      end)

      it(walk.describe(operation) .. " takes scalars beside columns of all widths", function()
        for _, a in ipairs(storages) do
          for _, scalar in ipairs(scalars) do
            for place = operation.way == "method" and 2 or 1, 2 do
              if turn() then
                walk.check_scalar(operation, a.type, a.columns[1], a.rows[1], scalar, place)
              end
            end
          end
        end
      end)
    end
  end
end)
