"""Lua text: values as literals, and the script that runs cases and writes what they give."""

import math

from values import WORDS, Word

MIN, MAX = -2**63, 2**63 - 1


def literal(value, kind):
    """A Lua expression for a value of a type; a uint by its bits."""
    if value is None:
        return "null"
    if kind == "bool":
        return "true" if value else "false"
    if kind == "float":
        return number(float(value))
    value = int(value)
    if kind == "text":
        return string(WORDS[value])
    if value > MAX:
        value -= 2**64
    return "math.mininteger" if value == MIN else str(value)


def number(x):
    if math.isnan(x):
        return "(0/0)"
    if math.isinf(x):
        return "(1/0)" if x > 0 else "(-1/0)"
    text = repr(x)
    if "e" not in text and "." not in text:
        text += ".0"
    return f"({text})" if text.startswith("-") else text


def scalar(value, kind):
    """A scalar argument."""
    if kind == "uint" and value is not None and value > MAX:
        return f'mb.uint"{value}"'
    text = literal(value, kind)
    return f"({text})" if text.startswith("-") else text


def string(characters):
    return '"' + "".join(chr(b) if chr(b).isalnum() and b < 128 else f"\\x{b:02x}" for b in characters) + '"'


def kind_of(value):
    if isinstance(value, Word):
        return "text"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if value <= MAX else "uint"
    return "float"


def plain(value):
    """A scalar argument by its own type."""
    return "null" if value is None else scalar(value, kind_of(value))


def text(string):
    return '"' + string.replace("\\", "\\\\").replace('"', '\\"') + '"'


# Random bits as a function of seed and row, which the model computes alike (sources.py).
NAMES = """\
local mb = require "moonbear"
local null = mb.null
"""
DEFINITIONS = NAMES + """\
local function bits(n, seed)
  local x = (mb.range(1, n) + seed) * -7046029254386353131
  x = (x ~ (x >> 30)) * -4658895280553007687
  x = (x ~ (x >> 27)) * -7723592293110705685
  return x ~ (x >> 31)
end
"""

# Strings by their places, and places by the strings.
VOCABULARY = f"""\
local words = mb.column {{ {", ".join(map(string, WORDS))} }}
local places = {{}}
for i, word in ipairs(words:to_table()) do places[word] = i - 1 end
"""

# Of a script that stands alone: what should be an error.
FAILS = """\
local function fails(name, f) print(name, pcall(function() return tostring(f()) end)) end
"""

# Results go to a file, a record each: name, kind and value.
RECORDER = """\
local out = assert(io.open(OUT, "wb"))
local here = mb.rank() == 0
local codes = { bool = "B", int = "i8", uint = "i8", float = "d", text = "i8" }
local function record(name, kind, ...) out:write(string.pack("<s4s4", name, kind), ...) end
local function packed(rows, code)
  local parts, format = {}, nil
  for i = 1, #rows, 200 do
    local last = math.min(i + 199, #rows)
    if not format or last - i ~= 199 then format = "<" .. code:rep(last - i + 1) end
    parts[#parts + 1] = format:pack(table.unpack(rows, i, last))
  end
  return table.concat(parts)
end
local function dump_column(name, column)
  local kind, rows, missing = column:type(), column:to_table(1 << 40), {}
  local sparse, zero = false, column:type() == "float" and 0.0 or 0
  if not here then return end
  for i = 1, #rows do
    local x = rows[i]
    local lacks = x == null
    missing[i] = lacks and 1 or 0
    if lacks then sparse, rows[i] = true, zero elseif kind == "bool" then rows[i] = x and 1 or 0
    elseif kind == "text" then rows[i] = places[x] or -1 end
  end
  record(name, kind, string.pack("<i8B", #rows, sparse and 1 or 0), packed(rows, codes[kind]),
    sparse and packed(missing, "B") or "")
end
local function dump(name, value)
  if value == nil then record(name, "none")
  elseif type(value) == "boolean" then record(name, "truth", value and "\\1" or "\\0")
  elseif math.type(value) == "integer" then record(name, "integer", string.pack("<i8", value))
  elseif math.type(value) == "float" then record(name, "number", string.pack("<d", value))
  elseif places[value] then record(name, "word", string.pack("<i8", places[value]))
  elseif type(value) == "string" then record(name, "string", string.pack("<s4", value))
  elseif type(value) == "table" then
    record(name, "string", string.pack("<s4", table.concat(value:columns(), ",")))
    for i, column in ipairs(value:columns()) do dump_column(name .. "." .. i, value:column(column)) end
  else dump_column(name, value) end
end
local function fails(name, f)
  local ok, message = pcall(function()
    local value = f()
    if type(value) == "userdata" and value.eval then value:eval() end
  end)
  record(name, "error", string.pack("<s4", ok and "" or tostring(message)))
end
local function case(name, f)
  record(name, "begin")
  out:flush()
  local ok, message = pcall(f)
  record(name, "end", string.pack("<s4", ok and "" or tostring(message)))
end
"""
