-- Every operation works on columns of addresses, of flags and of times, or refuses them by name: what works is
-- listed here, so that none does by chance. What it gives is told by other specs.
local callables = require "spec.callables"
local helper = require "spec.helper"
local mb = require "moonbear"
local operations = require "spec.operations"
local retyped = require "spec.retyped"
local session = require "spec.session"

teardown(helper.clean)

local t = session.operands(60, 7, 40)

local set <const> = retyped.set
local COMMON <const> = retyped.OPERATIONS .. retyped.FUNCTIONS

-- That take times and durations.
local QUANTITIES <const> = [[ mean std median quantile digitize diff floor ceil round core.time_floor
  core.time_ceil core.time_round core.times_of_numbers core.zones ]]

local function numbers(column) return column:as("int", { wrap = true }):abs() % (1 << 32) end

-- A column of a type, of any other: the name, the column, what takes it besides.
local types = {
  { "ip", function(c) return numbers(c):as "ip" end, set(COMMON .. " core.ip_numbers core.zones") },
  { "ip", function(c)
    local both = mb.concat { mb.column({ "::1" }, "ip"), numbers(c):as "ip" }
    return both[mb.range(2, #both)]
  end, set(COMMON) },
  { "ip", function(c)
    local texts = mb.concat { mb.column { "::1" }, numbers(c):as "ip":as "text" }
    local both = texts:as("text", { dictionary = false }):as "ip"
    return both[mb.range(2, #both)]
  end, set(COMMON) },
  { "flags", function(c) return mb.flags(numbers(c)) end,
    set(COMMON .. " core.flags core.ip_of_numbers any all count_nonzero popcount parity has any_of all_of "
      .. "core.zones") },
  { "time", function(c) return mb.time_of(numbers(c)) end,
    set(COMMON .. QUANTITIES .. " year") },
  { "duration", function(c) return numbers(c):as "duration" end,
    set(COMMON .. QUANTITIES .. " sum cumsum abs sign floordiv mod") },
}

local plain = set "int uint float"

local function is_plain(column) return plain[column:type()] end

-- A message is a sentence that names the type, or says what is expected.
local function is_refusal(message, name)
  return retyped.is_refusal(message, { name, "expected" }, { ":as", "expected", "not by one of type",
    "is no " .. name, "takes a step", "in a column of type", "numbers are an int", "write it in quotes" })
end

describe("addresses, flags, times and durations", function()
  it("are taken by every operation and function, or refused by name", function()
    local list = {}
    for _, operation in ipairs(operations.list) do
      list[#list + 1] = { operation.key, operation, (operation.arguments[1] or {}).type }
    end
    for _, callable in ipairs(callables.list) do
      local name = callable.key:match "^Column:(.*)"
      if callables.elementwise[callable.key] and name then list[#list + 1] = { name, callable } end
    end
    for _, kind in ipairs(types) do
      local name, make, works = table.unpack(kind)
      for _, entry in ipairs(list) do
        local key, operation, of_type = table.unpack(entry)
        for which, others in retyped.each(table.pack(operation.of(t)), is_plain, make) do
          local ok, message = pcall(operation.call, table.unpack(others, 1, others.n))
          if key == "as" and not ok then message = message:gsub("has no option 'wrap'", name .. " :as") end
          local told = ("%s, %s of %s: %s"):format(key, which, name, tostring(message))
          if ok then
            assert.truthy(works[key] or of_type, told .. ": is it right?")
          else
            assert.truthy(is_refusal(message, name) or works[key] and which == "all" and retyped.is_other(message)
              or message:find("int column", 1, true), told)
          end
        end
      end
    end
  end)
end)
