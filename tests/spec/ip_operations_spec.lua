-- Every operation works on columns of addresses, of flags and of times, or refuses them by name: what works is
-- listed here, so that none does by chance. What it gives is told by other specs.
local callables = require "spec.callables"
local check = require "moonbear.check"
local mb = require "moonbear"
local operations = require "spec.operations"
local session = require "spec.session"

local t = session.operands(60, 7, 40)

local function set(words)
  local names = {}
  for word in words:gmatch "%S+" do names[word] = true end
  return names
end

-- That take values of any type, and have none of their own.
local COMMON <const> = [[
  min max argmin argmax stats value_counts unique nunique rank sort argsort is_sorted topk bottomk
  cummin cummax core.most_common core.argsort core.searchsorted core.union core.intersect
  core.difference core.symmetric_difference core.isin core.find_last find lookup find_interval core.join
  core.join_words core.gather core.filter slice core.concat shift put eval to_table core.tostring core.texts
  core.element core.group_by core.group_aggregate core.group_top core.group_broadcast core.text_of
  eq ne lt le gt ge minimum maximum hash where is_missing fill between clip as
]]

-- That take times and durations.
local QUANTITIES <const> = [[ mean std median quantile digitize diff floor ceil round core.time_floor
  core.time_ceil core.time_round core.times_of_numbers ]]

local function numbers(column) return column:as("int", { wrap = true }):abs() % (1 << 32) end

-- A column of a type, of any other: the name, the column, what takes it besides.
local types = {
  { "ip", function(c) return numbers(c):as "ip" end, set(COMMON .. " core.ip_numbers") },
  { "ip", function(c)
    local both = mb.concat { mb.column({ "::1" }, "ip"), numbers(c):as "ip" }
    return both[mb.range(2, #both)]
  end, set(COMMON) },
  { "flags", function(c) return mb.flags(numbers(c)) end,
    set(COMMON .. " core.flags core.ip_of_numbers any all count_nonzero popcount parity has any_of all_of") },
  { "time", function(c) return mb.time_of(numbers(c)) end,
    set(COMMON .. QUANTITIES .. " year") },
  { "duration", function(c) return numbers(c):as "duration" end,
    set(COMMON .. QUANTITIES .. " sum cumsum abs sign floordiv mod") },
}

local plain = set "int uint float"

-- The arguments with the columns of numbers at some places as another type, each counted by a number
-- that goes up; nil when there are fewer than `which`. 0 means all.
local function with_type(arguments, which, make)
  local seen, made = 0, nil
  local function replaced(value)
    if check.is_column(value) and plain[value:type()] then
      seen = seen + 1
      if which == 0 or seen == which then
        made = true
        return make(value)
      end
    elseif type(value) == "table" and check.class(value) == nil then
      local copy = {}
      for key, inner in pairs(value) do copy[key] = replaced(inner) end
      return copy
    end
    return value
  end
  local list = { n = arguments.n }
  for i = 1, arguments.n do list[i] = replaced(arguments[i]) end
  return made and list
end

-- A message is a sentence that names the type, or says what is expected.
local function is_refusal(message, name)
  return type(message) == "string" and not message:find("\n", 1, true) and #message < 400
    and not message:find("[moonbear", 1, true)
    and (message:find(name, 1, true) or message:find("expected", 1, true))
    and (message:find(":as", 1, true) or message:find("expected", 1, true)
      or message:find("not by one of type", 1, true) or message:find("is no " .. name, 1, true)
      or message:find("takes a step", 1, true) or message:find("in a column of type", 1, true)
      or message:find("numbers are an int", 1, true) or message:find("write it in quotes", 1, true))
end

-- Of operations that work: what else is wrong where positions and counts became something else.
local function is_other(message)
  for _, part in ipairs { "not in ascending order", "more than once", "overlap", "int column", "ends before" } do
    if message:find(part, 1, true) then return true end
  end
  return false
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
        local which, arguments = 0, table.pack(operation.of(t))
        local others = with_type(arguments, 0, make)
        while others do
          local ok, message = pcall(operation.call, table.unpack(others, 1, others.n))
          if key == "as" and not ok then message = message:gsub("has no option 'wrap'", name .. " :as") end
          local told = ("%s, %s of %s: %s"):format(key, which == 0 and "all" or which, name, tostring(message))
          if ok then
            assert.truthy(works[key] or of_type, told .. ": is it right?")
          else
            assert.truthy(is_refusal(message, name) or works[key] and which == 0 and is_other(message)
              or message:find("int column", 1, true), told)
          end
          which = which + 1
          others = with_type(arguments, which, make)
        end
      end
    end
  end)
end)
