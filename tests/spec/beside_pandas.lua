-- Verbs of frames beside what pandas makes of the same rows: each case has the expression of both.
local helper = require "spec.helper"
local mb = require "moonbear"

local beside = {}

-- A frame with keys of few values, gaps, ties and text; the same on any number of ranks.
function beside.frame(n)
  local random = helper.random(n + 11)
  local rows = { key = {}, word = {}, v = {}, x = {}, y = {}, at = {} }
  local clock = 0
  for i = 1, n do
    local words = { "web", "db", "mail", "dns" }
    rows.key[i] = random(1, 5) * random(1, 3)
    rows.word[i] = random(0, 9) == 0 and mb.null or words[random(1, 4)]
    rows.v[i] = random(-40, 40)
    rows.x[i] = random(0, 6) == 0 and mb.null or random(-20, 20) / 8
    rows.y[i] = random(0, 1000) / 16
    clock = clock + random(0, 4)
    rows.at[i] = ("2024-01-01T%02d:%02d:%02d"):format(clock // 3600 % 24, clock // 60 % 60, clock % 60)
  end
  local types = { key = "int", word = "text", v = "int", x = "float", y = "float", at = "time" }
  local list = {}
  for i, name in ipairs { "key", "word", "v", "x", "y", "at" } do
    list[i] = { name, mb.column(rows[name], types[name]) }
  end
  return mb.frame(list)
end

local function near(a, b)
  if type(a) ~= "number" or type(b) ~= "number" then return a == b end
  return a == b or math.abs(a - b) <= 1e-9 * math.max(math.abs(a), math.abs(b), 1e-3)
end

-- A value as the answers have it.
local function plain(value)
  if value == mb.null or value ~= value then return "missing" end
  if type(value) == "userdata" then return (tostring(value):gsub("T", " "):gsub("Z$", "")) end
  return value
end

local function check_column(what, wanted, column)
  local rows = column:to_table()
  if #wanted ~= #rows then error(("%s: %d rows, and %d by pandas"):format(what, #rows, #wanted)) end
  for i = 1, #wanted do
    local got = plain(rows[i])
    if not near(wanted[i], got) then
      error(("%s, row %d: %s, and %s by pandas"):format(what, i, tostring(got), tostring(wanted[i])))
    end
  end
end

-- Checks what is made of a frame: a list of {name, expression of pandas, function}.
function beside.check(frame, cases)
  local csv, list, lines = helper.path "rows.csv", helper.path "cases", {}
  frame:to_csv(csv)
  for i, case in ipairs(cases) do lines[i] = case[1] .. "\t" .. case[2] .. "\n" end
  helper.write_file(list, table.concat(lines))
  local answers = assert(load(helper.data_output("pandas_eval.py", csv, list)))()
  for _, case in ipairs(cases) do
    local wanted, got = answers[case[1]], case[3](frame)
    if getmetatable(got).__name == "moonbear.column" then
      check_column(case[1], wanted[1][2], got)
    else
      local names = got:columns()
      if #wanted ~= #names then error(("%s: %d columns, and %d by pandas"):format(case[1], #names, #wanted)) end
      for i, it in ipairs(wanted) do
        if it[1] ~= names[i] then error(("%s: '%s', and '%s' by pandas"):format(case[1], names[i], it[1])) end
        check_column(case[1] .. ", " .. it[1], it[2], got:column(it[1]))
      end
    end
  end
end

return beside
