-- Orders of rows by plain Lua, and columns to be ordered.
local mb = require "moonbear"

local ordering = {}

local null = mb.null

-- Numbers before NaN before missing rows; within numbers their order.
local function class_of(value)
  if value == null then return 3 end
  return value ~= value and 2 or 1
end

-- Whether a comes before b: nil when they are equal.
local function before(a, b, type, descending)
  local x, y = class_of(a), class_of(b)
  if x ~= y then return x < y end
  if x > 1 or a == b then return nil end
  if type == "bool" then a, b = a and 1 or 0, b and 1 or 0 end
  local less = a < b
  if type == "uint" then less = math.ult(a, b) end
  return less ~= descending
end

-- The positions of rows in order of keys, each {rows, type, descending}.
function ordering.expected(keys)
  local order = {}
  for i = 1, #keys[1][1] do order[i] = i end
  table.sort(order, function(i, j)
    for _, key in ipairs(keys) do
      local first = before(key[1][i], key[1][j], key[2], key[3])
      if first ~= nil then return first end
    end
    return i < j
  end)
  return order
end

-- The first row that differs.
function ordering.difference(a, b)
  if #a ~= #b then return ("%d rows and %d"):format(#a, #b) end
  for i = 1, #a do
    if a[i] ~= b[i] and (a[i] == a[i] or b[i] == b[i]) then
      return ("row %d: %s and %s"):format(i, a[i], b[i])
    end
  end
end

function ordering.picked(rows, order)
  local result = {}
  for i, row in ipairs(order) do result[i] = rows[row] end
  return result
end

-- Columns of n rows of each kind; few of them beyond what ranks sort for themselves.
local KINDS = {
  bool = function(n) return mb.random(n, { high = 1, seed = 1 }):eq(0) end,
  few = function(n) return mb.random(n, { high = 9, seed = 2 }) - 4 end,
  ports = function(n) return mb.random(n, { high = 65535, seed = 3 }) end,
  wide = function(n) return mb.random(n, { low = math.mininteger, seed = 4 }) end,
  ["wide uint"] = function(n)
    return mb.random(n, { low = math.mininteger, seed = 5 }):as("uint", { wrap = true })
  end,
  ["few wide"] = function(n) return mb.random(n, { high = 9, seed = 6 }) * 1234567890123 end,
  float = function(n) return (mb.random(n, { high = 1 << 40, seed = 7 }) - (1 << 39)) / 3 end,
  ["float with NaN"] = function(n)
    local x = mb.random(n, { high = 1000, seed = 8 }) - 500
    return mb.where(x:lt(-300), 0 / 0, mb.where(x:eq(0), -0.0, mb.where(x:eq(1), 0.0, 1 / x)))
  end,
  infinite = function(n) return 1.0 / (mb.random(n, { high = 2, seed = 9 }) - 1) end,
  ["half of one key"] = function(n)
    local x = mb.random(n, { low = math.mininteger, seed = 10 })
    return mb.where(mb.random(n, { high = 9, seed = 11 }):lt(5), 80, x)
  end,
  ["an outlier"] = function(n)
    return mb.where(mb.range(1, n):eq(n // 3), math.mininteger, mb.random(n, { high = 3 * n, seed = 12 }))
  end,
  ["powers"] = function(n) return 1 << mb.random(n, { high = 63, seed = 13 }) end,
  missing = function(n)
    local x = mb.random(n, { high = 1 << 50, seed = 14 })
    return mb.where(x:mod(7):eq(0), null, x)
  end,
  ["missing, all bits"] = function(n)
    local x = mb.random(n, { low = math.mininteger, seed = 15 })
    local ends = mb.where(mb.range(1, n):eq(2), math.mininteger, x)
    return mb.where(x:mod(3):eq(0), null, mb.where(mb.range(1, n):eq(3), math.maxinteger, ends))
  end,
  ["missing floats"] = function(n)
    local x = mb.random(n, { high = 99, seed = 16 })
    return mb.where(x:lt(10), null, mb.where(x:lt(20), 0 / 0, x * 0.5))
  end,
  ["missing bools"] = function(n)
    local x = mb.random(n, { high = 2, seed = 17 })
    return mb.where(x:eq(2), null, x:eq(1))
  end,
  ["nothing but missing"] = function(n) return mb.where(mb.full(n, true), null, mb.range(1, n)) end,
  ascending = function(n) return mb.range(1, n) end,
  falling = function(n) return mb.range(n, 1, -1) * 1000000007 end,
  ["falling, with ties"] = function(n) return mb.range(n, 1, -1) // 700 end,
  ["falling, one tie"] = function(n) return mb.range(n, 1, -1):maximum(n // 2) end,
  ["falling floats"] = function(n) return mb.range(n, 1, -1) * 0.25 end,
  ["falling with missing"] = function(n)
    local x = mb.range(n, 1, -1)
    return mb.where(x:gt(n - 9), null, x)
  end,
  constant = function(n) return mb.full(n, 17) end,
}

function ordering.each_kind(f)
  local names = {}
  for name in pairs(KINDS) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do f(name, KINDS[name]) end
end

ordering.kinds = KINDS

return ordering
