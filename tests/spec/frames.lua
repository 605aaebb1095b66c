-- Frames that specs write and read.
local mb = require "moonbear"
local helper = require "spec.helper"

local frames = {}

-- A frame of n rows with a column of every type and way of storing it.
function frames.of_all_types(n)
  local random = helper.random(n + 5)
  local lists = {}
  for i = 1, n do
    local gap, word = random(0, 6) == 0, random(0, 1 << 40)
    local function add(name, value, gaps)
      lists[name] = lists[name] or {}
      lists[name][i] = gaps and gap and mb.null or value
    end
    add("tiny", word % 200)
    add("small", word % 400 - 200, true)
    add("wide", (word << 20) * (i % 2 == 0 and 1 or -1), true)
    add("based", 5000000000 + word % 100, true)
    add("uint", word % 50, true)
    add("single", word % 1000 / 4, true)
    add("double", word % 5 == 0 and 0 / 0 or word / 7, true)
    add("flag", word % 2 == 0, true)
    add("few", ({ "", "tcp", "ünïcode", ("long"):rep(20) })[word % 4 + 1], true)
    add("many", ("host-%d"):format(word))
    add("varying", word % 50 == 0 and ("x"):rep(word % 9000) or tostring(word % 100), true)
    add("v4", ("10.%d.2.%d"):format(word % 256, word % 7), true)
    add("v6", word % 3 == 0 and ("2001:db8::%x"):format(word % 1000) or "192.0.2.1", true)
    add("start", ("2024-02-%02dT10:00:%02d"):format(word % 28 + 1, word % 60), true)
    add("exact", ("2024-02-29T10:00:00.%09d"):format(word % 1000000000))
    add("lasted", ("%dms"):format(word % 100000), true)
  end
  local types = { uint = "uint", single = "float", double = "float", flag = "bool", few = "text", many = "text",
    varying = "text", v4 = "ip", v6 = "ip", start = "time", exact = "time", lasted = "duration" }
  local pairs_in_order = {}
  for _, name in ipairs { "tiny", "small", "wide", "based", "uint", "single", "double", "flag", "few", "many",
    "varying", "v4", "v6", "start", "exact", "lasted" } do
    pairs_in_order[#pairs_in_order + 1] = { name, mb.column(lists[name] or {}, types[name] or "int") }
  end
  local f = mb.frame(pairs_in_order)
  f.flags = mb.flags(f.tiny)
  f.words = mb.flags(f.tiny, { "one", "two", "four" })
  f.spread = f.many:as("text", { dictionary = false })
  f["group/deep/er"] = f.tiny + 1
  return f
end

return frames
