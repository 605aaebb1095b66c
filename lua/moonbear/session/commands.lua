-- The commands of a prompt: chunks that begin with `:`, in notebooks `%`, or `?`. Every rank runs
-- them, rank 0 prints.

local check = require "moonbear.check"
local chunk = require "moonbear.session.chunk"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local help = require "moonbear.session.help"
local home = require "moonbear.session.home"
local lines = require "moonbear.frame.lines"
local mb = require "moonbear"
local names = require "moonbear.names"
local snapshot = require "moonbear.snapshot"

local commands = {}

-- What each does, by its name; `:` stands for the mark that it is written with. The terminal does
-- some by itself, and notebooks say of one more than a terminal.
local descriptions = {
  help = ":help  this list; `?name` tells of a function or value, `??word` searches",
  load = ":load FILE  runs a file of Lua, whose globals stay",
  mem = ":mem  memory on each rank: of columns that live, kept for new ones, the most; and Lua's",
  detach = ":detach  leaves a session, which goes on",
  quit = ":quit  leaves; a session that was started by name goes on",
  ranks = ":ranks  where each rank runs",
  ["load-data"] = ":load-data FILE  makes the values of a snapshot globals",
  ["save-data"] = ":save-data FILE  saves the globals that a snapshot holds, to be loaded later",
  save = ":save FILE  writes what has run as a script; what failed becomes a comment",
  time = ":time EXPRESSION  shows its value, and the seconds that it takes",
  who = ":who  columns and frames among the globals",
}
local of_terminals = { detach = true, quit = true, save = true }
local of_notebooks = {
  ranks = ":ranks  where each rank runs; with a number, starts the session again on so many",
}

---What each command does, by its name, of a terminal (":") or a notebook ("%").
---@param mark ":"|"%"
---@return table<string, string>
function commands.described(mark)
  local texts = {}
  for name, text in pairs(descriptions) do
    if mark == ":" or not of_terminals[name] then
      if mark == "%" then text = (of_notebooks[name] or text):gsub("^:", "%%") end
      texts[name] = text
    end
  end
  return texts
end

local function fail(message, ...)
  error(message:format(...), 0)
end

-- Rows of values below their headings.
local function print_table(rows)
  local columns = {}
  for c in ipairs(rows[1]) do
    columns[c] = {}
    for r, row in ipairs(rows) do columns[c][r] = tostring(row[c]) end
  end
  for _, line in ipairs(lines.beside(columns)) do print(line) end
end

-- What f() gives on each rank.
local function from_ranks(f)
  local all = {}
  for rank = 0, mb.size() - 1 do all[rank + 1] = mb.on_rank(rank, f) end
  return all
end

local MEGABYTE <const> = 1 << 20

local function megabytes(bytes)
  return ("%.1f"):format(bytes / MEGABYTE)
end

local run = {}

function run.mem()
  local rows = { { "rank", "live MB", "pooled", "most", "budget", "on disk", "of Lua" } }
  for rank, found in ipairs(from_ranks(function()
    return { collectgarbage "count" * 1024, core.memory() }
  end)) do
    rows[rank + 1] = { rank - 1, megabytes(found[2]), megabytes(found[3]), megabytes(found[4]),
      megabytes(found[5]), megabytes(found[6]), megabytes(found[1]) }
  end
  print_table(rows)
end

local function read_line(path, pattern)
  local file <close> = io.open(path)
  local text = file and file:read "a" or ""
  return text:match(pattern) or "?"
end

function run.ranks()
  local rows = { { "rank", "host", "process", "MB" } }
  for rank, found in ipairs(from_ranks(function()
    return { read_line("/proc/sys/kernel/hostname", "[^\n]+"), read_line("/proc/self/stat", "^%d+"),
      (tonumber(read_line("/proc/self/status", "VmRSS:%s*(%d+)")) or 0) * 1024 }
  end)) do
    rows[rank + 1] = { rank - 1, found[1], found[2], megabytes(found[3]) }
  end
  print_table(rows)
end

-- The columns that a value holds, and what it is called; nothing for other values.
local function columns_of(value)
  if check.is_column(value) then return { value }, "column" end
  if not frame.is_frame(value) then return nil end
  local list = {}
  for _, column in frame.methods.each(value) do list[#list + 1] = column end
  return list, "frame"
end

-- What a column is; nil when it is closed.
local function info_of(column)
  local ok, info = pcall(core.column_methods.info, column)
  return ok and info or nil
end

local function bytes_here(columns)
  local bytes = 0
  for _, column in ipairs(columns) do bytes = bytes + (info_of(column) or { bytes = 0 }).bytes end
  return bytes
end

local function described(columns, kind)
  if kind == "frame" then return ("frame of %d"):format(#columns) end
  local info = info_of(columns[1])
  if not info then return "closed" end
  return info.pending and info.type .. ", pending" or info.type
end

-- The globals that hold columns, in order of their names.
local function held(env)
  local globals, found = {}, {}
  for name, value in next, env do
    local columns, kind = columns_of(value)
    if columns and type(name) == "string" then
      globals[#globals + 1] = name
      found[name] = { columns = columns, kind = kind }
    end
  end
  table.sort(globals)
  return globals, found
end

local function rows_of(columns)
  return columns[1] and info_of(columns[1]) and #columns[1] or 0
end

function run.who(_, env)
  local globals, found = held(env)
  if #globals == 0 then return print "no global holds a column or a frame" end
  local sizes = from_ranks(function()
    local bytes = {}
    for i, name in ipairs(globals) do bytes[i] = bytes_here(found[name].columns) end
    return bytes
  end)
  local rows = { { "name", "type", "rows", "MB" } }
  for i, name in ipairs(globals) do
    local bytes, it = 0, found[name]
    for _, of_rank in ipairs(sizes) do bytes = bytes + of_rank[i] end
    rows[i + 1] = { name, described(it.columns, it.kind), rows_of(it.columns), megabytes(bytes) }
  end
  print_table(rows)
end

function run.help(_, _, mark)
  print "A line of Lua runs on all ranks; the value of an expression is shown. Commands:"
  local rows, longest = {}, 0
  for _, text in pairs(commands.described(mark)) do rows[#rows + 1] = text end
  table.sort(rows)
  for _, row in ipairs(rows) do longest = math.max(longest, #row:match "^(.-)  ") end
  for _, row in ipairs(rows) do
    local usage, text = row:match "^(.-)  (.*)$"
    print(("  %s%s  %s"):format(usage, (" "):rep(longest - #usage), text))
  end
end

-- The path that a command takes. Ranks on other machines may know another HOME.
local function path_of(text, command, mark)
  if text == "" then fail("%s%s takes the name of a file", mark, command) end
  return home(text, core.ask("the user's folder", function() return os.getenv "HOME" end))
end

function run.load(text, env, mark)
  local path = path_of(text, "load", mark)
  local f, message = loadfile(path, "t", env)
  if not f then fail("%s", message) end
  return f()
end

function run.time(text, env, mark)
  if text == "" then fail("%stime takes an expression, or statements", mark) end
  local f = chunk.compile(text, "=time", env)
  local start = core.now()
  local results = table.pack(f())
  local seconds = core.now() - start
  print(("%.3f s"):format(seconds))
  return table.unpack(results, 1, results.n)
end

-- What is global before a script runs.
local initial = {}
for name, value in next, _G do initial[name] = value end

-- Globals of the script's own, in order of their names.
local function own_globals(env)
  local found = {}
  for name in next, env do
    local is_own = not rawequal(env[name], initial[name]) and not rawequal(env[name], mb)
    if type(name) == "string" and is_own then found[#found + 1] = name end
  end
  table.sort(found)
  return found
end

run["save-data"] = function(text, env, mark)
  local path = path_of(text, "save-data", mark)
  local values, saved, skipped = {}, {}, {}
  for _, name in ipairs(own_globals(env)) do
    local why = snapshot.refusal(env[name])
    if why then
      skipped[#skipped + 1] = ("%s (%s)"):format(name, why)
    else
      values[name] = env[name]
      saved[#saved + 1] = name
    end
  end
  if #saved == 0 then fail "there is no global that a snapshot holds" end
  mb.save(path, values)
  print("saved: " .. table.concat(saved, ", "))
  if #skipped > 0 then print("skipped: " .. table.concat(skipped, ", ")) end
end

run["load-data"] = function(text, env, mark)
  local path, loaded = path_of(text, "load-data", mark), {}
  for name, value in pairs(mb.load(path)) do
    env[name] = value
    loaded[#loaded + 1] = tostring(name)
  end
  table.sort(loaded)
  print("loaded: " .. table.concat(loaded, ", "))
end

local function nearest(name, mark)
  local best, least
  for other in pairs(commands.described(mark)) do
    local d = other:sub(1, #name) == name and 0 or names.distance(name, other)
    if not least or d < least then best, least = other, d end
  end
  return best
end

local function run_named(mark, name, rest, env)
  if run[name] then return run[name](rest, env, mark) end
  if commands.described(mark)[name] then
    fail(":%s is up to the program that lines are typed in, and this one does not have it", name)
  end
  fail("there is no command '%s%s'; the nearest is '%s%s', and '%shelp' lists all", mark, name,
    mark, nearest(name, mark), mark)
end

-- `?x` and `??word`: rank 0 looks.
local function ask_help(marks, rest, env, width)
  local search = #marks > 1
  if rest == "" then return run.help(nil, nil, ":") end
  local text = core.ask("help", function()
    if search then return help.search(rest, width) end
    return help.text(rest, env, width)
  end)
  print(text or ("nothing is known of '%s'%s"):format(rest,
    search and "" or (", try '??%s'"):format(rest)))
end

---The function of a chunk that is a command; nil for other chunks. The function gives values to be
---shown, is collective, and raises for a command that there is not, naming the nearest, and what
---the command raises.
---@param code string
---@param width? integer of the terminal
---@param env? table the globals
---@return (fun(): any)?
function commands.parse(code, width, env)
  if not chunk.is_command(code) then return nil end
  local marks, about = code:match "^%s*(%?+)%s*(.-)%s*$"
  if not marks then about, marks = code:match "^%s*([^:%s].-)%s*(%?+)%s*$" end
  local mark, name, rest = code:match "^%s*(:)%s*([%w_%-]*)%s*(.-)%s*$"
  if not mark then mark, name, rest = code:match "^%s*(%%)%%?([%w_%-]*)%s*(.-)%s*$" end
  return function()
    if marks then return ask_help(marks, about, env or _G, width) end
    return run_named(mark, name, rest, env or _G)
  end
end

return commands
