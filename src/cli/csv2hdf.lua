#!/bin/sh
--[[ 2>/dev/null
# For the shell: start the ranks that --jobs asks for. Each runs this file again, as Lua.
jobs=$(nproc) previous=''
[ "$jobs" -le 8 ] || jobs=8
for word; do
  case $word in --jobs=*) jobs=${word#--jobs=} ;; -h | --help) jobs=1 ;; esac
  case $previous in --jobs | -j) jobs=$word ;; esac
  previous=$word
done
case $jobs in '' | 0* | *[!0-9]*) jobs=1 ;; esac # Lua will say what is wrong with it
self=$(readlink -f "$0")
moonbear=${self%/*}/moonbear
[ -z "$PMI_RANK$OMPI_COMM_WORLD_RANK" ] || jobs=1 # this is a rank
[ "$jobs" = 1 ] || exec "$moonbear" -n "$jobs" "$self" "$@"
exec "$moonbear" "$self" "$@"
]]

local argparse = require "argparse"
local check = require "moonbear.check"
local core = require "moonbear.core"
local jsonl = require "moonbear.jsonl"
local lanl = require "moonbear.lanl"
local store = require "moonbear.store"
require "moonbear"

local function fail(code, message, ...)
  io.stderr:write("csv2hdf: ", message:format(...), "\n")
  os.exit(code)
end

local function read_options()
  local parser = argparse("csv2hdf",
      "Converts CSV files, and lines of JSON, to HDF5 files, one for one.")
    :epilog("FILES may be plain, .gz, .bz2, .zst or .xz. A file's output is named after it without "
      .. "these and .csv or .json, plus the extension; it is complete, or not there.")
  parser:argument("files", "CSV files, or lines of JSON"):args "+"
  parser:option("--format", "what the lines are: lanl, lanl_text (with the names of\n"
    .. "devices as strings), lanl_host (host events), or a name\n"
    .. "from the formats file")
    :count(1)
  parser:option("--formats-file", "a Lua file with more formats:\n"
    .. "name = { {column, converter}, ... }\n"
    .. "with converters int, uint, float, bool, port, device,\n"
    .. "text (up to 32 bytes), text:N (up to N bytes), ip, time\n"
    .. "(ISO 8601), time:s (seconds since 1970; ms, us, ns), skip;\n"
    .. "name = { json = true, {path, converter}, ... } of JSON,\n"
    .. "with int, uint, float, bool, port, text, ip, time, time:s")
  parser:option("--outdir", "the folder for the outputs (default: each beside its input)")
  parser:option("--extension", "of the outputs", ".hdf")
  parser:option("-j --jobs", "number of ranks (default: one a core, at most 8)")
    :convert(function(text)
      local n = text:match "^[1-9]%d*$"
      return math.tointeger(tonumber(n)), "--jobs takes a number of ranks, not '" .. text .. "'"
    end)
  parser:option("--gzip", "compression, 0 to 9", "1")
    :convert(function(text)
      local level = text:match "^%d$"
      return math.tointeger(tonumber(level)), "--gzip takes 0 to 9, not '" .. text .. "'"
    end)
  parser:flag("--skip-bad", "leave bad lines out and count them, instead of stopping")
  parser:flag("--skip-header", "leave the first line of each file out")
  parser:flag("--progress", "tell the progress also where standard error is no terminal")
  local ok, options = parser:pparse(arg)
  if not ok then fail(2, "%s (csv2hdf --help tells the options)", options) end
  return options
end

-- The tables that a formats file returns, or sets as globals.
local function load_formats(path)
  local globals = setmetatable({}, { __index = _G })
  local chunk, message = loadfile(path, "t", globals)
  if not chunk then fail(2, "%s", message) end
  local ok, result = pcall(chunk)
  if not ok then fail(2, "%s", tostring(result)) end
  return type(result) == "table" and result or globals
end

-- Errors of operations begin with the place in this script, which is not news to the user.
local here = debug.getinfo(1, "S").short_src
local function without_place(message)
  message = tostring(message)
  if message:sub(1, #here) ~= here then return message end
  return (message:sub(#here + 1):gsub("^:%d+: ", ""))
end

-- What mb.read_jsonl is to read by a format: paths of fields, and their types.
local function json_fields(format)
  local known, paths, types = " int uint float bool port text ip time ", {}, {}
  for i, field in ipairs(format) do
    local path, converter = table.unpack(field)
    local unit = converter:match "^time:([mun]?s)$"
    if not unit and not known:find(" " .. converter .. " ", 1, true) then
      error(("column '%s': there is no converter '%s' of JSON; there are int, uint, float, bool, "
        .. "port, text, ip, time, and time:s, time:ms, time:us and time:ns of numbers")
        :format(path, converter), 0)
    end
    paths[i], types[path] = path, unit and { "time", unit = unit } or converter
  end
  return paths, types
end

local function check_format(name, format)
  if type(format) ~= "table" or #format == 0 then
    fail(2, "format '%s' must be a list { {column, converter}, ... }", name)
  end
  for i, field in ipairs(format) do
    if type(field) ~= "table" or type(field[1]) ~= "string" or type(field[2]) ~= "string" then
      fail(2, "format '%s': field %d must be {column, converter}, both strings", name, i)
    end
  end
  local ok, message = pcall(format.json and json_fields or core.csv_check, format)
  if not ok then fail(2, "format '%s': %s", name, without_place(message)) end
  return format
end

local function find_format(options)
  local formats = { lanl = lanl.format, lanl_text = lanl.text_format, lanl_host = lanl.host_format }
  if options.formats_file then
    for name, format in pairs(load_formats(options.formats_file)) do formats[name] = format end
  end
  local format = formats[options.format]
  if format then return check_format(options.format, format) end
  local known = {}
  for name in pairs(formats) do known[#known + 1] = tostring(name) end
  fail(2, "there is no format '%s'; there is %s", options.format, table.concat(known, ", "))
end

local function output_of(input, options, ending)
  local folder, name = input:match "^(.*/)([^/]*)$"
  if not folder then folder, name = "", input end
  if options.outdir then folder = options.outdir:gsub("([^/])$", "%1/") end
  local extension = options.extension
  if not extension:find "^%." then extension = "." .. extension end
  local stem = name
  for _, left in ipairs { "gz", "bz2", "zst", "xz", ending } do
    stem = stem:gsub("%." .. left .. "$", "")
  end
  return folder .. stem .. extension
end

local function name_outputs(options, format)
  local outputs = {}
  for i, input in ipairs(options.files) do
    outputs[i] = output_of(input, options, format.json and "json" or "csv")
  end
  return outputs
end

local function report(options, outputs, i, rows, bad, line, reason)
  print(("%s: %s"):format(outputs[i], check.plural(rows, "row")))
  if bad == 0 then return end
  io.stderr:write(("%s: %s skipped, the first at line %d: %s\n")
    :format(options.files[i], check.plural(bad, "bad line"), line, reason))
end

-- Converts a file of lines of JSON; gives its rows, and what is known of lines that were skipped.
local function convert_lines(input, output, opts, level)
  local rows = 0
  local add, finish, close = store.file_writer(output, { gzip = level > 0 and level })
  local function take(piece, done, total)
    rows = rows + #piece
    if #piece > 0 or rows == 0 and done == total then add(piece) end
  end
  local ok, result = pcall(function()
    local bad = jsonl.each_piece(input, opts, take)
    finish()
    return bad
  end)
  close()
  if not ok then error(result, 0) end
  return rows, result
end

-- Lines of JSON are read piece by piece.
local function convert_json(options, format, outputs)
  if options.skip_header then fail(2, "lines of JSON have no header to skip") end
  local paths, types = json_fields(format)
  local opts = { fields = paths, types = types, on_bad = options.skip_bad and "skip" or "error" }
  for i, input in ipairs(options.files) do
    local rows, bad = convert_lines(input, outputs[i], opts, options.gzip)
    bad = bad or { lines = 0 }
    report(options, outputs, i, rows, bad.lines, bad.line, bad.reason)
  end
end

local function convert_csv(options, format, outputs)
  local job <close> = core.csv_open(format, options.files, outputs, {
    level = options.gzip,
    skip_bad = options.skip_bad,
    skip_header = options.skip_header,
  })
  core.progress_begin("converting", -1, job:size())
  local before = 0
  local function convert_batch()
    local done, _, over = job:batch()
    core.progress_add(done - before, done - before)
    before = done
    return over
  end
  repeat until convert_batch()
  core.progress_end()
  for i = 1, #outputs do report(options, outputs, i, job:report(i)) end
end

core.catch_interrupts()
local options = read_options()
local format = find_format(options)
if options.progress then core.progress_lines() end
local convert = format.json and convert_json or convert_csv
local ok, message = pcall(function()
  local outputs = name_outputs(options, format)
  core.check_outputs(options.files, outputs)
  convert(options, format, outputs)
end)
if not ok then
  core.progress(false) -- the error takes its place
  message = without_place(message)
  if message:find "looks like a header$" then
    message = message .. " (--skip-header leaves it out)"
  end
  fail(message == "interrupted" and 130 or 1, "%s", message)
end
