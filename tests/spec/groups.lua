-- Groups as plain Lua finds them, for the specs of groupings.
local mb = require "moonbear"

local groups = {}

local null, nan = mb.null, 0 / 0

-- A value as a word that is alike for equal keys.
local function word(v)
  if rawequal(v, null) then return "null" end
  if v ~= v then return "nan" end
  if math.type(v) == "float" then return ("%a"):format(v == 0 and 0.0 or v) end
  return tostring(v)
end
groups.word = word

local function rank(v)
  if rawequal(v, null) then return 2 end
  return v ~= v and 1 or 0
end

local function number(v)
  if type(v) == "boolean" then return v and 1 or 0 end
  return v
end

-- Whether one value comes before another: -1, 0, 1.
local function compare(a, b, type)
  local x, y = rank(a), rank(b)
  if x ~= y then return x < y and -1 or 1 end
  if x > 0 or a == b then return 0 end
  if type == "uint" then return math.ult(a, b) and -1 or 1 end
  return number(a) < number(b) and -1 or 1
end

-- The groups of rows by lists of keys of these types, in order: {keys = , rows = row numbers}.
function groups.of(keys, types)
  local found, list = {}, {}
  for row = 1, #keys[1] do
    local words, values = {}, {}
    for k, rows in ipairs(keys) do
      local v = rows[row]
      words[k], values[k] = word(v), v == 0 and types[k] == "float" and 0.0 or v
    end
    local name = table.concat(words, " ")
    if not found[name] then
      found[name] = { keys = values, rows = {} }
      list[#list + 1] = found[name]
    end
    table.insert(found[name].rows, row)
  end
  table.sort(list, function(a, b)
    for k, type in ipairs(types) do
      local order = compare(a.keys[k], b.keys[k], type)
      if order ~= 0 then return order < 0 end
    end
    return false
  end)
  return list
end

local function sum_of(values)
  local sum = 0
  for _, v in ipairs(values) do sum = sum + number(v) end
  return sum
end

-- The place of the least (sign 1) or the largest (-1) value in a list, the first NaN before all.
local function best(values, type, sign)
  local at
  for i, v in ipairs(values) do
    if v ~= v then return i end
    if not at or compare(v, values[at], type) * sign < 0 then at = i end
  end
  return at
end

local function sorted(values, type)
  local list = table.move(values, 1, #values, 1, {})
  table.sort(list, function(a, b) return compare(a, b, type) < 0 end)
  return list
end

local function fold(values, start, f)
  for _, v in ipairs(values) do start = f(start, v) end
  return start
end

local function truth(v) return v ~= false and v ~= 0 end

local function occurrences(values, type)
  local list, last = {}, nil
  for _, v in ipairs(sorted(values, type)) do
    if last and word(v) == word(last.value) then
      last.n = last.n + 1
    else
      last = { value = v == 0 and type == "float" and 0.0 or v, n = 1 }
      list[#list + 1] = last
    end
  end
  return list
end

-- Each aggregation of a list of values that are there, of a type, and of their rows.
groups.aggregations = {
  count = function(values) return #values end,
  sum = function(values, _, type) return type == "float" and sum_of(values) + 0.0 or sum_of(values) end,
  mean = function(values) return #values == 0 and nan or sum_of(values) / #values end,
  prod = function(values, _, type)
    return fold(values, type == "float" and 1.0 or 1, function(a, v) return a * number(v) end)
  end,
  min = function(values, _, type)
    local v = values[best(values, type, 1)]
    return v == nil and null or v == 0 and type == "float" and 0.0 or v
  end,
  max = function(values, _, type)
    local v = values[best(values, type, -1)]
    return v == nil and null or v == 0 and type == "float" and 0.0 or v
  end,
  argmin = function(values, rows, type) return rows[best(values, type, 1)] or null end,
  argmax = function(values, rows, type) return rows[best(values, type, -1)] or null end,
  first = function(values) if #values == 0 then return null end return values[1] end,
  last = function(values) if #values == 0 then return null end return values[#values] end,
  any = function(values) return fold(values, false, function(a, v) return a or truth(v) end) end,
  all = function(values) return fold(values, true, function(a, v) return a and truth(v) end) end,
  bit_and = function(values) return fold(values, -1, function(a, v) return a & v end) end,
  bit_or = function(values) return fold(values, 0, function(a, v) return a | v end) end,
  bit_xor = function(values) return fold(values, 0, function(a, v) return a ~ v end) end,
  nunique = function(values, _, type) return #occurrences(values, type) end,
  mode = function(values, _, type)
    local most
    for _, it in ipairs(occurrences(values, type)) do
      if not most or it.n > most.n then most = it end
    end
    if not most then return null end
    return most.value
  end,
  median = function(values, _, type)
    local list = sorted(values, type)
    local n = #list
    if n == 0 or list[n] ~= list[n] then return nan end
    return (number(list[(n + 1) // 2]) + number(list[n // 2 + 1])) / 2
  end,
  var = function(values)
    if #values == 0 then return nan end
    local mean = sum_of(values) / #values
    return fold(values, 0.0, function(a, v) return a + (number(v) - mean) ^ 2 end) / #values
  end,
}

-- Those that columns of a type have, in order.
function groups.names(type)
  local names = {}
  for name in pairs(groups.aggregations) do
    local bits = name:find "^bit" and (type == "float" or type == "bool")
    local unsigned = type == "uint" and name:find "^[smv][ueoa][mdra]"
    if not bits and not unsigned then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- The aggregation of a column's rows in each group.
function groups.aggregate(list, name, rows, type)
  local results = {}
  for i, group in ipairs(list) do
    local values, places = {}, {}
    for _, row in ipairs(group.rows) do
      if not rawequal(rows[row], null) then
        values[#values + 1], places[#places + 1] = rows[row], row
      end
    end
    results[i] = groups.aggregations[name](values, places, type)
  end
  return results
end

return groups
