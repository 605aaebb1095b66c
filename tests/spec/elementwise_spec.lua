-- Every element-wise operator and function over every combination of value types, at edge values
-- and in every form that operands may have, against the oracle.
local edges = require "spec.edges"
local mb = require "moonbear"
local oracle = require "spec.oracle"
local reference = require "spec.reference"
local walk = require "spec.walk"

local null = mb.null

-- How operands come together: which values, the form of each operand, whether some or all of its
-- rows are missing, and how many rows there are at least (more than a block, or as many as there
-- are combinations of values).
local arrangements = {
  { values = "all", forms = { "stored", "stored", "stored" }, missing = {}, rows = 0 },
  { values = "all", forms = { "pending", "pending", "pending" }, missing = { "some", "some", "some" },
    rows = 0 },
  { values = "some", forms = { "late", "stored", "early" }, missing = { "some" }, rows = 0 },
  { values = "some", forms = { "masked", "early", "late" }, missing = { nil, "some" }, rows = 1600 },
  { values = "some", forms = { "late", "masked", "stored" }, missing = { "some", "some", "some" },
    rows = 600 },
  { values = "some", forms = { "masked", "stored", "pending" }, missing = { "all" }, rows = 0 },
  { values = "some", forms = { "stored", "late", "stored" }, missing = { nil, "all", "all" }, rows = 0 },
}

-- Rows for the operands in an arrangement: every combination of values.
local function rows_of(types, arrangement)
  local lists, values = {}, #types > 2 and edges.some or edges[arrangement.values]
  for i, type in ipairs(types) do
    local missing = arrangement.missing[i]
    lists[i] = missing == "all" and { null } or missing and edges.with_null(values[type])
      or values[type]
  end
  return edges.product(lists)
end

local function make(rows, types, arrangement)
  local columns = {}
  for i, type in ipairs(types) do
    local form = edges.forms[arrangement.forms[i]]
    columns[i] = form(edges.repeated(rows[i], arrangement.rows), type)
  end
  return columns
end

local made = {} -- rows and columns, by arrangement and types

local function operands_of(types, arrangement)
  made[arrangement] = made[arrangement] or {}
  local at = table.concat(types, " ")
  local operands = made[arrangement][at]
  if not operands then
    local rows = rows_of(types, arrangement)
    operands = { rows = rows, columns = make(rows, types, arrangement) }
    made[arrangement][at] = operands
  end
  return operands.rows, operands.columns
end

-- Rows but those of a list.
local function without(operands, faulty)
  local kept, next_fault = {}, 1
  for i = 1, #operands do kept[i] = {} end
  for row = 1, #operands[1] do
    if row == faulty[next_fault] then
      next_fault = next_fault + 1
    else
      for i, rows in ipairs(operands) do table.insert(kept[i], rows[row]) end
    end
  end
  return kept
end

local arranged, scaled = walk.turns(3), walk.turns(11)

-- An operation in an arrangement; where rows fail, also without them.
local function check_arrangement(operation, types, arrangement, label)
  local rows, columns = operands_of(types, arrangement)
  local faulty = walk.check(operation, types, columns, rows, label)
  if #faulty == 0 then return end
  rows = without(rows, faulty)
  assert.same({}, walk.check(operation, types, make(rows, types, arrangement), rows, label))
end

local function check_arrangements(operation, types)
  for number, arrangement in ipairs(arrangements) do
    if arranged() then check_arrangement(operation, types, arrangement, "arrangement " .. number) end
  end
end

-- Scalars as a script writes them, by Lua's types.
local scalars = { true, false }
for _, type in ipairs { "int", "float" } do
  for _, value in ipairs(edges.all[type]) do scalars[#scalars + 1] = value end
end

describe("element-wise", function()
  setup(function()
    local floats = walk.floats()
    for _, type in ipairs(oracle.types) do
      floats:add(edges.all[type], type)
      floats:add(edges.some[type], type)
    end
    reference.prepare(floats, floats)
  end)

  for _, operation in ipairs(walk.operations) do
    it(walk.describe(operation) .. " takes columns of all types", function()
      for _, types in ipairs(edges.combinations(oracle.types, operation.arity)) do
        check_arrangements(operation, types)
      end
    end)

    if operation.arity == 2 then
      it(walk.describe(operation) .. " takes scalars", function()
        for _, type in ipairs(oracle.types) do
          local rows, columns = operands_of({ type }, arrangements[5])
          for _, scalar in ipairs(scalars) do
            for place = operation.way == "method" and 2 or 1, 2 do
              if scaled() then
                walk.check_scalar(operation, type, columns[1], rows[1], scalar, place)
              end
            end
          end
        end
      end)
    end
  end
end)
