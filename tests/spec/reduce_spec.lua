-- Reductions of one column and of two, against plain loops and numpy on the same values.
local helper = require "spec.helper"
local mb = require "moonbear"
local core = mb.core

local mini, maxi = math.mininteger, math.maxinteger
local inf, nan = 1 / 0, 0 / 0
local null = mb.null

local NAMES = { "sum", "prod", "min", "max", "argmin", "argmax", "any", "all", "count_nonzero",
  "mean", "var", "std", "skew" }

local function is_nan(x) return x ~= x end

-- Values are equal: of one kind of number, NaN like NaN, floats but for rounding.
local function alike(a, b)
  if math.type(a) ~= "float" or math.type(b) ~= "float" then
    return math.type(a) == math.type(b) and a == b
  end
  if is_nan(a) or is_nan(b) then return is_nan(a) and is_nan(b) end
  return a == b or math.abs(a - b) <= 1e-9 * math.max(math.abs(a), math.abs(b))
end

local function check(expected, got, what)
  if not alike(expected, got) then
    error(("%s: expected %s, got %s"):format(what, tostring(expected), tostring(got)), 2)
  end
end

local function number(v)
  if type(v) == "boolean" then return v and 1 or 0 end
  return v
end

-- Neumaier's compensated sum of f(x) over a list: right to the last bit or so.
local function sum_of(list, f)
  local sum, lost = 0.0, 0.0
  for _, x in ipairs(list) do
    local term = f(x)
    local next = sum + term
    lost = lost + (math.abs(sum) >= math.abs(term) and sum - next + term or term - next + sum)
    sum = next
  end
  return is_nan(lost) and sum or sum + lost
end

-- Whether x comes before y: of uints by their bits.
local function below(x, y, unsigned)
  if unsigned then return math.ult(x, y) end
  return number(x) < number(y)
end

-- The statistics of a list of values, as plain loops have them. Sums of integers must fit.
local function loops(rows, kind, options)
  local s = { sum = 0, prod = 1, any = false, all = true, count_nonzero = 0 }
  local floats, n = {}, 0
  if kind == "float" then s.prod = 1.0 end
  for i, v in ipairs(rows) do
    if v ~= null and not (options.skipna and is_nan(v)) then
      local x = number(v)
      n = n + 1
      floats[n] = kind == "uint" and x < 0 and x + 2.0 ^ 64 or x + 0.0
      s.prod = s.prod * x
      if kind ~= "float" then s.sum = s.sum + x end
      if x ~= 0 then s.any, s.count_nonzero = true, s.count_nonzero + 1 else s.all = false end
      if s.argmin == nil or is_nan(v) and not is_nan(s.min) or below(v, s.min, kind == "uint") then
        s.min, s.argmin = v, i
      end
      if s.argmax == nil or is_nan(v) and not is_nan(s.max) or below(s.max, v, kind == "uint") then
        s.max, s.argmax = v, i
      end
    end
  end
  local total = sum_of(floats, function(x) return x end)
  if kind == "float" then s.sum = total end
  s.mean = total / n
  -- The mean is rounded: what it is off by is taken out again.
  local off = sum_of(floats, function(x) return x - s.mean end) / n
  local square = sum_of(floats, function(x) return (x - s.mean) ^ 2 end) - n * off ^ 2
  local cube = sum_of(floats, function(x) return (x - s.mean - off) ^ 3 end)
  local degrees = n - (options.ddof or 0)
  s.var = n > 0 and degrees > 0 and square / degrees or nan
  s.std = s.var ^ 0.5
  s.skew = cube / n / (square / n) ^ 1.5
  return s
end

local function check_all(c, rows, kind, options, what)
  local expected = loops(rows, kind, options)
  local names = { skipna = options.skipna, ddof = options.ddof }
  for _, name in ipairs(NAMES) do
    local own = { skipna = options.skipna, ddof = (name == "var" or name == "std") and options.ddof or nil }
    if expected[name] == nil then
      assert.error_matches(function() c[name](c, own) end, name .. " of no values %(" .. kind)
    else
      names[#names + 1] = name
      check(expected[name], c[name](c, own), what .. " " .. name)
    end
  end
  local together = c:stats(names)
  for _, name in ipairs(names) do check(expected[name], together[name], what .. " stats " .. name) end
  return together
end

-- Lists of values of each type and storage width, with rows that a mask will take out again.
local random = helper.random(5)
local draws = {
  { "bool", "bools", function() return random(0, 2) == 0 end },
  { "int", "bytes", function() return random(0, 255) end },
  { "int", "bytes below zero", function() return random(-100, 100) end },
  { "int", "shorts", function() return random(0, 65535) end },
  { "int", "shorts from a base", function() return (1 << 40) + random(0, 65535) end },
  { "int", "words", function() return random(0, (1 << 32) - 1) end },
  { "int", "longs", function() return random(0, 1 << 50) - (1 << 49) end },
  { "int", "equal", function() return -7 end },
  { "uint", "small uints", function() return random(0, 9) end },
  { "uint", "uints from a base", function() return (1 << 50) + random(0, 99) end },
  { "float", "floats", function() return random(-1000, 1000) / 16 end },
  { "float", "floats with NaN", function() return random(0, 99) == 0 and nan or random(-50, 50) / 4 end },
  { "float", "zeros", function() return random(0, 1) == 0 and 0.0 or -0.0 end },
}
local SIZES = { 0, 1, 2, 3, 100, 5000 }

local function list(draw, n, sparse)
  local rows = {}
  for i = 1, n do rows[i] = sparse and random(0, 3) == 0 and null or draw() end
  return rows
end

describe("reductions", function()
  for _, entry in ipairs(draws) do
    local kind, name, draw = table.unpack(entry)
    it("match loops: " .. name, function()
      for _, n in ipairs(SIZES) do
        for _, sparse in ipairs { false, true } do
          local rows = list(draw, n, sparse)
          local c, what = mb.column(rows, kind), ("%s %d %s"):format(name, n, sparse)
          check_all(c, rows, kind, {}, what)
          check_all(c, rows, kind, { skipna = true, ddof = 1 }, what .. " skipna")
        end
      end
    end)
  end
end)
