-- Reading lines of JSON.

local check = require "moonbear.check"
local core = require "moonbear.core"
local fields = require "moonbear.fields"
local options = require "moonbear.options"
local pieces = require "moonbear.pieces"

local jsonl = {}

local BAD <const> = { error = 0, skip = 1 } -- as src/io/records/records.h has them

local known = {
  fields = { "any" }, names = { "any" }, columns = { "any" }, types = { "any", {} },
  on_bad = { "string", "error" }, block = { "integer", 0 },
}

-- A list of strings of which none comes twice.
local function distinct(value, option)
  local list, seen = options.strings("read_jsonl", option, value), {}
  for _, text in ipairs(list) do
    if seen[text] then check.blame("read_jsonl: '%s' has '%s' twice", option, text) end
    if text:find "\0" then check.blame("read_jsonl: '%s' has a name with a zero byte", option) end
    seen[text] = true
  end
  return list
end

-- Names of columns: those given, or of the fields.
local function name_columns(found, given)
  local names = {}
  for i, field in ipairs(found) do names[i] = field.name end
  if not given then return names end
  names = distinct(given, "names")
  if #names ~= #found then
    check.blame("read_jsonl: %d names are given for %d fields", #names, #found)
  end
  return names
end

-- The columns that are wanted of the fields that were found, as fields.choose gives them.
local function choose(form, o, found)
  local names = name_columns(found, o.names)
  local wanted, list, casts = fields.choose("read_jsonl", o, found, names)
  form.fields = {}
  for i, column in ipairs(list) do
    form.fields[i], column.field = found[column.field].name, i
  end
  return wanted, list, casts
end

-- Reads the fields that were found into the columns that are wanted: a frame, and what is found of
-- the names that lines have, where these are learned.
local function read(files, form, o, found)
  local wanted, list, casts = choose(form, o, found)
  local columns, seen, skipped = core.jsonl_read(files, wanted, form, false, #list, list)
  fields.warn_skipped("read_jsonl", skipped)
  return fields.frame(wanted, columns, casts), seen
end

-- What is found of the fields that are told.
local function survey_told(files, form, o)
  form.fields = distinct(o.fields, "fields")
  if #form.fields == 0 then check.blame "read_jsonl: 'fields' is empty" end
  return core.jsonl_survey(files, form)
end

-- Reads the fields that are told.
local function read_told(files, form, o)
  return (read(files, form, o, survey_told(files, form, o)))
end

-- Whether fields were found, and the names that a script tells are among theirs.
local function has_all(found, o)
  if #found == 0 or o.names then return false end -- `names` are those of all fields
  local left = {}
  for _, name in ipairs(o.columns or {}) do left[name] = true end
  for name in pairs(type(o.types) == "table" and o.types or {}) do left[name] = true end
  for _, field in ipairs(found) do left[field.name] = nil end
  return next(left) == nil
end

-- Reads the names that the lines have: those of a sample first, and all once more where others came
-- or what is told does not go with the sample.
local function read_all(files, form, o)
  if o.columns then o.columns = options.strings("read_jsonl", "columns", o.columns) end
  form.literal, form.learns = true, true
  local found = core.jsonl_survey(files, form)
  if not has_all(found, o) then
    form.whole = true
    found = core.jsonl_survey(files, form)
  end
  if #found == 0 then check.blame("%s: there is no object with a name in it", files[1]) end
  form.learns = not form.whole and not o.columns
  local result, seen = read(files, form, o, found)
  if not form.learns then return result end
  if #seen > #found then
    form.learns = false
    return (read(files, form, o, seen))
  end
  return result:select(name_columns(seen))
end

-- The options, and how core is to read by them.
local function form_of(opts)
  local o = options.check("read_jsonl", opts, known)
  local form = { bad = BAD[o.on_bad], block = o.block }
  if not form.bad then options.blame("read_jsonl", "on_bad", "'error' or 'skip'", o.on_bad) end
  return o, form
end

-- Adds the lines that were skipped in a piece; the first of all has its number.
local function add_skipped(skipped, more)
  if #more == 0 then return skipped end
  if not skipped then return more[1] end
  skipped.lines = skipped.lines + more[1].lines
  return skipped
end

---The most bytes of text in a piece.
jsonl.piece_bytes = 1 << 28

---Reads the fields of a file that are told, of types that are told, piece by piece: a function gets
---the rows of each, and the bytes of the file that were read and those in all. At least one piece
---comes, and units of times may differ. Gives what is known of lines that were skipped, or nil.
---Collective. Memory: of a piece, which is a small part of what is free.
---@param path string
---@param opts moonbear.JsonOptions with fields and types
---@param take fun(rows: moonbear.Frame, done: integer, total: integer)
---@return {lines: integer, line: integer, reason: string}?
function jsonl.each_piece(path, opts, take)
  local o, form = form_of(opts)
  local wanted, list, casts = choose(form, o, survey_told({ path }, form, o))
  local kept <close> = core.kept_text()
  local at, windows, skipped = { 0, 0 }, nil, nil
  local function read_window(last)
    form.first, form.behind, form.last, form.kept = at[1], at[2], last, kept
    form.most, form.unnumbered = windows and windows.most, skipped ~= nil
    local columns, _, more, _, found, window =
      core.jsonl_read({ path }, wanted, form, false, #list, list)
    fields.keep_found(list, found)
    skipped = add_skipped(skipped, more)
    return fields.frame(wanted, columns, casts), window
  end
  local function state()
    return core.ask("the state of a file", function() return core.file_state(path) end)
  end
  local before = state()
  local empty <close>, whole = read_window(0)
  if whole.total == 0 then take(empty, 0, 0) end
  local size = whole.total
  windows = pieces.windows(jsonl.piece_bytes, whole.packed)
  core.progress_begin("converting", -1, size)
  while at[1] < size do
    local last = math.min(at[1] + windows.size, size)
    local rows <close>, window = read_window(last)
    if state() ~= before then check.blame("%s: was changed while it was read", path) end
    windows:suit(window)
    local from = at[1]
    at = fields.next_place(at, last, window)
    take(rows, at[1], size)
    core.progress_add(at[1] - from, at[1] - from)
  end
  core.progress_end()
  return skipped
end

---How lines of JSON become columns: see mb.read_jsonl.
---@class moonbear.JsonOptions
---@field fields? string|string[] paths of what is read; all names that the lines have unless told
---@field names? string[] of the columns; those of the fields unless told
---@field columns? string|string[] of these, those that are kept
---@field types? table<string, string|table> by the name of a column
---@field on_bad? "error"|"skip"
---@field block? integer bytes that are read at a time

---Reads lines of JSON, each an object: logs of Zeek and Suricata in JSON, LANL's host logs, and
---the like. A pattern stands for the files that match it, sorted by name; a list keeps its order;
---the rows of all files follow each other. Each rank reads a part of the bytes, also of compressed
---files (gzip, bzip2, zstd, xz), as mb.read_csv does. Blank lines and a byte order mark are passed
---over.
---
---A field goes into objects by a path, as `alert.signature`; a name that has the dots itself, as
---Zeek's `id.resp_p`, is found first. Without `fields` there is a column for each name that any
---line has, in the order in which they come first; where a sample of the lines has not all of
---them, the files are read twice. What a line lacks, and null, is missing; of a name that comes
---twice in an object the last value counts, but objects that a path goes into are taken together.
---
---Types are found from all values of a column: `bool`, `int`, `uint`, `float` of numbers, `time`
---(ISO 8601) and `ip` of strings that all are such, else `text`. Strings are never taken for
---numbers. A column of values of several types is text, numbers and booleans as they are written,
---and so are arrays and objects, as JSON. `types` says otherwise, as for mb.read_csv: what is no
---value of such a type is an error, with its file and line, unless `on_bad` is "skip", which
---leaves the line out, as it does lines that are no objects, and says on standard error how many
---they are and what is wrong with the first. NaN and Infinity are no JSON.
---
---    local alerts = mb.read_jsonl("eve/*.json.gz", {
---      fields = {"timestamp", "src_ip", "dest_port", "alert.signature"},
---    })
---    local conn = mb.read_jsonl("conn.*.log", {types = {ts = {"time", unit = "s"}}})
---
---Collective. Memory: the columns, of text up to three times, and three times the longest line.
---@param paths string|string[] files and patterns
---@param opts? moonbear.JsonOptions
---@return moonbear.Frame
function jsonl.read_jsonl(paths, opts)
  local files = check.strings(paths, 1, "read_jsonl")
  local o, form = form_of(opts)
  if o.fields then return read_told(files, form, o) end
  return read_all(files, form, o)
end

return jsonl
