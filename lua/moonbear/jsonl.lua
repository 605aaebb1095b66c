-- Reading lines of JSON.

local check = require "moonbear.check"
local core = require "moonbear.core"
local fields = require "moonbear.fields"
local options = require "moonbear.options"

local jsonl = {}

local BAD <const> = { error = 0, skip = 1 } -- as src/io/records/records.h has them

local known = {
  fields = { "any" }, names = { "any" }, columns = { "any" }, types = { "any", {} },
  on_bad = { "string", "error" }, block = { "integer", 0 },
}

-- A list of strings of which none comes twice.
local function distinct(value, what)
  local list, seen = fields.strings("read_jsonl", value, what), {}
  for _, text in ipairs(list) do
    if seen[text] then check.blame("read_jsonl: %s has '%s' twice", what, text) end
    if text:find "\0" then check.blame("read_jsonl: %s has a name with a zero byte", what) end
    seen[text] = true
  end
  return list
end

-- Names of columns: those given, or of the fields.
local function name_columns(found, given)
  local names = given and distinct(given, "'names'") or {}
  if given and #names ~= #found then
    check.blame("read_jsonl: %d names are given for %d fields", #names, #found)
  end
  for i = 1, given and 0 or #found do names[i] = found[i].name end
  return names
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
---the rows of all files follow each other. Each rank reads a part of the bytes; a compressed file
---(gzip, bzip2, zstd, xz) is read by one. Blank lines and a byte order mark are passed over.
---
---A field goes into objects by a path, as `alert.signature`; a name that has the dots itself, as
---Zeek's `id.resp_p`, is found first. Without `fields` there is a column for each name that any
---line has, in the order in which they come first, and the files are read twice: tell the fields
---of large ones. What a line lacks, and null, is missing; of a name that comes twice in an object
---the last value counts.
---
---Types are found from all values of a column: `bool`, `int`, `uint`, `float` of numbers, `time`
---(ISO 8601) and `ip` of strings that all are such, else `text`. Strings are never taken for
---numbers. A column of values of several types is text, numbers and booleans as they are written,
---and so are arrays and objects, as JSON. `types` says otherwise, as for mb.read_csv: what is no
---value of such a type is an error, with its file and line, unless `on_bad` is "skip", which
---leaves the line out, as it does lines that are no objects. NaN and Infinity are no JSON.
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
  local o = options.check("read_jsonl", opts, known)
  local files = fields.strings("read_jsonl", paths, "the paths")
  if #files == 0 then check.blame "read_jsonl: the list of paths is empty" end
  local form = { bad = BAD[o.on_bad], block = o.block }
  if not form.bad then options.blame("read_jsonl", "on_bad", "'error' or 'skip'", o.on_bad) end
  form.fields = o.fields and distinct(o.fields, "'fields'")
  if form.fields and #form.fields == 0 then check.blame "read_jsonl: 'fields' is empty" end
  local found = core.jsonl_survey(files, form)
  if #found == 0 then check.blame("%s: there is no object with a name in it", files[1]) end
  local names = name_columns(found, o.names)
  local wanted, list, casts = fields.choose("read_jsonl", o, found, names)
  -- Only what is wanted is looked for.
  local all = {}
  for i, field in ipairs(found) do all[i] = field.name end
  form.fields = {}
  for i, column in ipairs(list) do
    form.fields[i], column.field = all[column.field], i + 1
  end
  local columns = core.jsonl_read(files, wanted, form, false, #list + 1, list)
  return fields.frame(wanted, columns, casts)
end

return jsonl
