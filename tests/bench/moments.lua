-- What is asked of times and addresses: see make_moments.py.

local mb = require "moonbear"

-- How a column of moments.h5 is read.
local function as_is(column) return column end
local function as_time(column) return mb.time_of(column, { unit = "us" }):eval() end
local function as_ip(column) return column:as("ip"):eval() end

local LOOKED_UP = 1000000

local moments = {
  ---The columns of moments.h5, and what they are in memory.
  names = {
    moment = as_time,
    stamp = as_is,
    second = as_is,
    address = as_ip,
    dotted = as_is,
    device = as_is,
    block = as_is,
  },
  ---Operations, by name.
  known = {},
}

---The column of a name, as it is needed in memory.
function moments.read(dir, name)
  local column = mb.read_hdf(dir .. "/moments.h5", name)
  return moments.names[name](column)
end

local function add(name, needs, run) moments.known[name] = { needs = needs, run = run } end

local function last_second(texts)
  local read <close> = texts:as("time"):eval()
  return math.floor(read:max():epoch())
end

add("TM1", { "stamp" }, function(t) return last_second(t.stamp) end)
add("TM2", { "second" }, function(t) return last_second(t.second) end)
add("TM3", { "moment" }, function(t)
  local floored <close> = t.moment:floor("5min"):eval()
  return floored[1]:epoch()
end)
add("TM4", { "moment" }, function(t)
  local hour <close> = t.moment:hour():eval()
  local weekday <close> = t.moment:weekday():eval()
  return hour[1] * 10 + weekday[1]
end)
add("TM5", { "moment" }, function(t)
  local g <close> = mb.group_by(t.moment:floor "1h")
  return #g:keys() + g:size():max()
end)
add("TM6", { "moment" }, function(t)
  local text <close> = t.moment:slice(1, 1000000):format("%Y-%m-%d %H:%M:%S"):eval()
  return text[1]
end)

local function largest(texts)
  local read <close> = texts:as("ip"):eval()
  return read:as("int"):max()
end

add("A1", { "dotted" }, function(t) return largest(t.dotted) end)
add("A1b", { "device" }, function(t) return largest(t.device) end)
add("A2", { "address" }, function(t)
  local text <close> = t.address:as("text"):eval()
  return text[1]
end)
add("A3", { "address" }, function(t) return t.address:in_network("10.0.0.0/8"):sum() end)

-- How many addresses are in none of a hundred thousand blocks, and the sum of the blocks' numbers.
add("A4", { "address", "block" }, function(t)
  local some <close> = t.address:slice(1, LOOKED_UP):eval()
  local numbers <close> = mb.range(1, #t.block)
  local found <close> = t.block:lookup_network(numbers, some)
  return found:sum() + found:is_missing():sum()
end)

return moments
