-- Functions of floats that have no exact answer: numpy's results in long double, as pairs of the
-- nearest double and what it leaves out. The engine's may differ from them by 2 ulp.
local helper = require "spec.helper"

local reference = {
  of_one = { "cbrt", "exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "tanh", "degrees", "radians" },
  of_two = { "pow", "atan2" },
}

local program = [[
import sys, numpy as np
np.seterr(all="ignore")
names = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "pow": "power", "atan2": "arctan2"}
x, y = (np.array([float.fromhex(word) for word in sys.argv[i].split()], dtype=np.longdouble)
        for i in (1, 2))
def tell(name, *operands):
    function = getattr(np, names.get(name, name))
    special = np.any([~np.isfinite(x) | (x == 0) for x in np.broadcast_arrays(*operands)], axis=0)
    result = function(*operands)
    near = result.astype(np.float64)
    rest = np.where(np.isfinite(near), result - near, 0).astype(np.float64)
    # Long double functions of the C library err there.
    near = np.where(special, function(*[x.astype(np.float64) for x in operands]), near)
    rest = np.where(special, 0, rest)
    print(name, *[word.hex() for pair in zip(near.ravel(), rest.ravel()) for word in map(float, pair)])
for name in sys.argv[3].split(): tell(name, x)
for name in sys.argv[4].split(): tell(name, x[:, None], y[None, :])
]]

local function key(x) return x ~= x and "nan" or ("%a"):format(x) end

local known = {} -- [function][arguments]

local function parse(word)
  return tonumber(word) or tonumber((word:gsub("inf", "1e999"))) or 0 / 0
end

local function keys(floats)
  local words = {}
  for i, x in ipairs(floats) do words[i] = key(x) end
  return words
end

-- Makes the functions known: those of one operand at `floats`, those of two at all pairs of one of
-- `floats` and one of `seconds`.
function reference.prepare(floats, seconds)
  local ones, pairs_of = keys(floats), {}
  local others = keys(seconds)
  for _, one in ipairs(ones) do
    for _, other in ipairs(others) do pairs_of[#pairs_of + 1] = one .. " " .. other end
  end
  local text = helper.python_output(program, table.concat(ones, " "), table.concat(others, " "),
    table.concat(reference.of_one, " "), table.concat(reference.of_two, " "))
  for name, line in text:gmatch "(%S+) ([^\n]+)" do
    known[name] = known[name] or {}
    local places, next_word = known[name], line:gmatch "%S+"
    for _, at in ipairs((name == "pow" or name == "atan2") and pairs_of or ones) do
      places[at] = { near = parse(next_word()), rest = parse(next_word()) }
    end
  end
end

-- The result of a function at floats it was prepared for.
function reference.value(name, a, b)
  local at = b and key(a) .. " " .. key(b) or key(a)
  return known[name] and known[name][at] or error(("%s of %s is not prepared"):format(name, at))
end

local function ulp(x)
  x = math.max(math.abs(x), 2.0 ^ -1022)
  local bits = string.unpack("<i8", string.pack("<d", x))
  return string.unpack("<d", string.pack("<i8", bits + 1)) - x
end

-- Whether a result is near enough; zeros, infinities and NaN are exact.
function reference.close(expected, got)
  local near, rest = expected.near, expected.rest
  if math.type(got) ~= "float" then return false end
  if near ~= near then return got ~= got end
  if math.abs(near) == math.huge or near == 0 and rest == 0 then
    return got == near and 1 / got == 1 / near
  end
  return math.abs(got - near - rest) <= 2 * ulp(near)
end

return reference
