-- What specs share. Everything here is called by all ranks alike.
local core = require "moonbear.core"
local mb = require "moonbear"
local python = require "python"

local helper = {}

local here = arg[0]:match("^(.*)/[^/]*$") or "."

local function trim(text) return (text:gsub("%s+$", "")) end

-- The output of a shell command.
function helper.shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

helper.root = trim(helper.shell(("cd '%s/..' && pwd"):format(here)))
helper.program = trim(helper.shell(("realpath '%s'"):format(arg[-1])))
helper.python = "/usr/bin/python3"
local launcher = os.getenv "MPIEXEC" or ""

-- The path of a shared object of kernels, as the Makefile builds them.
function helper.kernels(name) return (helper.program:gsub("bin/moonbear$", "kernels/" .. name)) end

-- Declares tests that need not be repeated for every number of ranks, because they start
-- their own: describe("...", helper.once(function() it(...) end)).
function helper.once(body)
  return mb.size() == 1 and body or function() end
end

local folders, own = {}, nil

-- A new empty folder, removed by helper.clean().
function helper.tmpdir()
  local path = trim(helper.shell "mktemp -d")
  folders[#folders + 1] = path
  return path
end

-- The folder of a spec file, made when it is first asked for; removed by helper.clean(), too.
function helper.folder()
  own = own or helper.tmpdir()
  return own
end

-- The path of a file in this folder.
function helper.path(name) return helper.folder() .. "/" .. name end

function helper.clean()
  for _, path in ipairs(folders) do
    os.execute(("rm -rf '%s'"):format(path))
  end
  folders, own = {}, nil
end

function helper.write_file(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
  return path
end

function helper.read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function quote(word) return "'" .. tostring(word):gsub("'", "'\\''") .. "'" end
helper.quote = quote

local function environment(variables)
  if not next(variables or {}) then return "" end
  local words = { "env" }
  for name, value in pairs(variables) do
    words[#words + 1] = quote(name .. "=" .. tostring(value))
  end
  return table.concat(words, " ")
end

-- Runs a command line apart from this job, with options env = {NAME = value}, stdin = text,
-- timeout = seconds. Returns its exit status (124: it took too long), standard output and error.
-- The time is for what hangs: no program should need it, on the busiest of machines.
function helper.execute(command, options)
  options = options or {}
  local input, output, errors = os.tmpname(), os.tmpname(), os.tmpname()
  if options.stdin then helper.write_file(input, options.stdin) end
  local line = ("exec %s/tests/apart %s %s %s <%s >%s 2>%s"):format(quote(helper.root), options.timeout or 600,
    environment(options.env), command, input, output, errors)
  local _, how, status = os.execute(line)
  local out, err = helper.read_file(output), helper.read_file(errors)
  for _, path in ipairs { input, output, errors } do os.remove(path) end
  return how == "exit" and status or 128 + status, out, err
end

-- The words that start a program on so many ranks: by the launcher that MPIEXEC names.
function helper.launch(nranks)
  return ("%s -n %d"):format(launcher ~= "" and launcher or "mpiexec.hydra", nranks)
end

-- Runs a script, given as text, in a moonbear of its own on `nranks` ranks (nil: without a launcher).
-- Options as helper.execute, and args = {...} for the script, flags = {...} before it, or
-- script = path instead of the text. Returns as helper.execute does.
function helper.run(nranks, text, options)
  options = options or {}
  local words = nranks and { helper.launch(nranks) } or {}
  words[#words + 1] = quote(helper.program)
  for _, flag in ipairs(options.flags or {}) do words[#words + 1] = quote(flag) end
  local path, made = options.script, nil
  if text then
    made = os.tmpname()
    path = helper.write_file(made .. ".lua", text)
  end
  if path then words[#words + 1] = quote(path) end
  for _, word in ipairs(options.args or {}) do words[#words + 1] = quote(word) end
  local status, out, err = helper.execute(table.concat(words, " "), options)
  if made then
    os.remove(path)
    os.remove(made)
  end
  return status, out, err
end

-- What Python prints, with h5py and numpy at hand, on rank 0. Raises what it complains of.
local function run_python(words)
  local status, out, err = python.run(words)
  if status ~= 0 then error(("python: status %s: %s"):format(status, err), 3) end
  return out
end

-- Runs a Python program, given as text, with arguments; returns what it prints.
function helper.python_output(text, ...)
  local out = run_python { "-c", text, ... }
  return out
end

-- Runs one of the Python programs of tests/spec/data, likewise.
function helper.data_output(name, ...)
  local out = run_python { helper.root .. "/tests/spec/data/" .. name, ... }
  return out
end

-- The rows of a column, missing ones as "null", which assert.same can show.
function helper.rows_of(column)
  local list = column:to_table()
  for i, value in ipairs(list) do if value == mb.null then list[i] = "null" end end
  return list
end

-- What tells a value apart from every other, NaNs aside.
local function exact(value)
  if math.type(value) ~= "float" then return type(value) .. " " .. tostring(value) end
  return value ~= value and "nan" or ("%a"):format(value)
end

-- Whether two numbers, strings or booleans are alike in type and every bit, NaNs aside; false for others.
-- Unlike `exact` it makes no texts, which many rows would wait for.
local function identical(a, b)
  if not rawequal(a, b) then return a ~= a and b ~= b end
  return math.type(a) == math.type(b) and (a ~= 0 or 1 / a == 1 / b)
end
helper.identical = identical

-- Checks that two values are alike in type and every bit, NaNs aside.
function helper.assert_exact(wanted, got, what)
  local want, have = exact(wanted), exact(got)
  if want ~= have then
    error(("%s: %s instead of %s"):format(what, have, want), 2)
  end
end

-- Checks that a column, or a list, has the values of a list, likewise.
function helper.assert_values(wanted, got, what)
  local list = type(got) == "table" and got or got:to_table()
  if #got ~= #wanted or #list ~= #wanted then
    error(("%s: %d rows instead of %d"):format(what, #got, #wanted), 2)
  end
  for i = 1, #wanted do
    if not identical(wanted[i], list[i]) then
      local want, have = exact(wanted[i]), exact(list[i])
      if want ~= have then
        error(("%s: row %d is %s instead of %s"):format(what, i, have:sub(1, 60), want:sub(1, 60)), 2)
      end
    end
  end
end

-- Checks that two columns have the same type, unit and values.
function helper.assert_same_column(wanted, got, what)
  helper.assert_exact(wanted:type(), got:type(), what .. ", type")
  helper.assert_exact(core.unit_of(wanted), core.unit_of(got), what .. ", unit")
  helper.assert_values(wanted:to_table(), got, what)
end

-- Checks that two frames have the same columns.
function helper.assert_same_frame(wanted, got, what)
  helper.assert_values(wanted:columns(), got:columns(), what)
  for name, column in wanted:each() do
    helper.assert_same_column(column, got:column(name), what .. ", " .. name)
  end
end

-- Checks what read_hdf gives against a list of {file = in helper.folder(), name =, type =, values =}.
function helper.assert_datasets(cases)
  for _, case in ipairs(cases) do
    local what = case.file .. " " .. case.name
    local column = mb.read_hdf(helper.path(case.file), case.name)
    helper.assert_exact(case.type, column:type(), what)
    helper.assert_values(case.values, column, what)
  end
end

-- Converts a CSV file on the ranks of this run; returns what the job reports of it.
function helper.convert_csv(format, input, output, options)
  local job <close> = core.csv_open(format, { input }, { output }, options or {})
  repeat until select(3, job:batch())
  return { job:report(1) }
end

local has_duckdb

-- Whether DuckDB's library is there, which Parquet and SQL need; said aloud where it is not.
function helper.has_duckdb()
  if has_duckdb == nil then
    has_duckdb = pcall(mb.sql, "select 1")
    if not has_duckdb then
      io.stderr:write("moonbear: no DuckDB here (set MOONBEAR_DUCKDB, or run make deps-test): ",
        "what needs it is not tested\n")
    end
  end
  return has_duckdb
end

-- Whether what has a name, of an operation or a function, can be tried here.
function helper.can_try(name)
  return not (name:find "parquet" or name:find "sql") or helper.has_duckdb()
end

-- A folder of public sample files, or nil, said aloud.
function helper.corpus(name)
  local root = os.getenv "MOONBEAR_CORPUS"
  if root and root ~= "" then return root .. "/" .. name end
  io.stderr:write("moonbear: no MOONBEAR_CORPUS here: files of ", name, " are not tested\n")
end

-- The message that f(...) raises.
function helper.message_of(f, ...)
  local ok, message = pcall(f, ...)
  if ok then error("nothing was raised", 2) end
  return tostring(message)
end

-- Checks that f(...) raises a message with a part in it, or with each of a list.
function helper.assert_raises(parts, f, ...)
  local message = helper.message_of(f, ...)
  for _, part in ipairs(type(parts) == "table" and parts or { parts }) do
    if not message:find(part, 1, true) then
      error(("'%s' is not in: %s"):format(part, message), 2)
    end
  end
end

-- Fails with what f finds wrong, a text. On rank 0 alone: of long loops in plain Lua, which would be the
-- same on all ranks.
function helper.check_once(f, what)
  local wrong = mb.on_rank(0, f)
  if wrong then error((what and what .. ": " or "") .. wrong, 2) end
end

-- Allocations to let fail: for rank, n in helper.failures(most, step), of which n goes up to `most`. Each
-- n comes once, on one rank after another: all of them on each rank is what faults.lua has.
function helper.failures(most, step)
  step = step or 1
  local n = 1 - step
  return function()
    n = n + step
    if n <= most then return n // step % mb.size(), n end
  end
end

-- A generator of test data, alike on all ranks: random(m, n) gives m..n.
function helper.random(seed)
  local state = seed
  return function(low, high)
    state = state * 6364136223846793005 + 1442695040888963407
    local bits = (state ~ (state >> 33)) * 0x7fb5d329728ea185
    bits = (bits ~ (bits >> 29)) & math.maxinteger
    return low + bits % (high - low + 1)
  end
end

-- n values of a type as a table, alike on all ranks; `gaps`: some are missing.
function helper.values_of(type, n, gaps)
  local random, rows = helper.random(n + #type), {}
  for i = 1, n do
    local word = random(0, 1 << 40)
    if gaps and word % 5 == 0 then
      rows[i] = mb.null
    elseif type == "bool" then
      rows[i] = word % 3 == 0
    elseif type == "float" then
      rows[i] = word / 7
    else
      rows[i] = type == "uint" and word << 20 or word % 300 - 100
    end
  end
  return rows
end

---Whether sanitizers check each access to memory, which takes several times as long: fewer rows do there.
helper.sanitized = os.getenv "HDF5_PLUGIN_PRELOAD" == "::" -- tests/run-all

---Whether HDF5 may load its plugins: with sanitizers it may not.
helper.plugins = not helper.sanitized

return helper
