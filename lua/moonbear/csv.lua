-- Reading and writing delimited text: CSV and its kin.

local check = require "moonbear.check"
local core = require "moonbear.core"
local fields = require "moonbear.fields"
local frame = require "moonbear.frame"
local lanl = require "moonbear.lanl"
local options = require "moonbear.options"
local pieces = require "moonbear.pieces"

local csv = {}

local HEADERS <const> = { [false] = 0, [true] = 1 } -- as src/io/records/records.h has them,
local FOUND <const> = 2
local BAD <const> = { error = 0, skip = 1, missing = 2 }
local known = {
  sep = { "string", "," }, header = { "any" }, names = { "any" }, types = { "any", {} },
  skip = { "integer", 0 }, comment = { "any" }, quote = { "any", '"' }, escape = { "any" },
  na = { "any", { "" } }, columns = { "any" }, rows = { "any" }, decimal = { "string", "." },
  thousands = { "any" }, on_bad = { "string", "error" }, encoding = { "string", "utf-8" },
  trailer = { "any" }, block = { "integer", 0 },
}

-- An option of one byte; `optional`: or false, for none.
local function byte(o, name, optional)
  local value = o[name]
  if optional and not value then return nil end
  local plain = type(value) == "string" and #value == 1 and not value:find "[\n\r%z]"
  if not plain then
    options.blame("read_csv", name, optional and "a string of one byte, or false"
      or "a string of one byte", value)
  end
  return value
end

-- How the files are written, for core.
local function form_of(o)
  local form = {
    sep = byte(o, "sep"), quote = byte(o, "quote", true), escape = byte(o, "escape", true),
    comment = byte(o, "comment", true), decimal = byte(o, "decimal"),
    thousands = byte(o, "thousands", true), skip = o.skip, block = o.block, trailer = o.trailer,
    na = options.strings("read_csv", "na", o.na), bad = BAD[o.on_bad],
  }
  if not form.bad then
    options.blame("read_csv", "on_bad", "'error', 'skip' or 'missing'", o.on_bad)
  end
  if o.skip < 0 then options.blame("read_csv", "skip", "an integer from 0", o.skip) end
  if o.trailer ~= nil and (type(o.trailer) ~= "string" or o.trailer == "") then
    options.blame("read_csv", "trailer", "what a line begins with", o.trailer)
  end
  local header = o.header
  if header ~= nil and type(header) ~= "boolean" then
    options.blame("read_csv", "header", "true or false", header)
  end
  if header == nil then header = not o.names and FOUND else header = HEADERS[header] end
  form.header = header or 0
  local plain = o.encoding:lower():gsub("[-_]", "")
  if plain ~= "utf8" and plain ~= "ascii" then form.encoding = o.encoding end
  local seen = {}
  for _, name in ipairs { "sep", "quote", "escape", "comment" } do
    local is = form[name]
    if is and seen[is] and not (name == "escape" and seen[is] == "quote") then
      check.blame("read_csv: '%s' and '%s' are the same byte", seen[is], name)
    end
    if is then seen[is] = name end
  end
  if form.escape == form.quote then form.escape = nil end -- doubled quotes are always read
  if form.decimal == form.sep or form.decimal == form.thousands then
    check.blame("read_csv: 'decimal' is the same byte as '%s'",
      form.decimal == form.sep and "sep" or "thousands")
  end
  return form
end

-- Names for all fields: those given, of the header, or made up; each once.
local function name_fields(found, header, given, path)
  local result, seen = {}, {}
  if given and #given ~= #found then
    check.blame("read_csv: %d names are given, and the lines of %s have %d fields", #given, path,
      #found)
  end
  for i, field in ipairs(found) do
    local name = given and given[i] or header and field.name or ""
    if name == "" then name = "c" .. i end
    local base, number = name, 1
    while seen[name] do
      number = number + 1
      name = base .. "_" .. number
    end
    seen[name], result[i] = true, name
  end
  return result
end

-- The first and last row to keep; nil: all.
local function rows_of(rows)
  if rows == nil then return nil end
  local good = type(rows) == "table" and #rows == 2
  for i = 1, good and 2 or 0 do good = good and math.type(rows[i]) == "integer" and rows[i] >= 1 end
  if not good then options.blame("read_csv", "rows", "{first, last}, from 1", rows) end
  return rows
end

-- What is read, and how: files, and columns with their names and casts; `usual` and `check_names`
-- are those of csv.read.
local function plan_of(files, o, usual, check_names)
  local form = form_of(o)
  local found, header = core.csv_survey(files, form)
  local given = o.names and options.strings("read_csv", "names", o.names)
  if #found == 0 and not given then
    check.blame("%s: there is nothing in it, not even a header", files[1])
  end
  for i = 1, #found == 0 and #given or 0 do found[i] = { kind = "float", unit = 0 } end
  local names = name_fields(found, header, given, files[1])
  if check_names then check_names(names, files[1]) end
  local wanted, list, casts = fields.choose("read_csv", o, found, names, usual)
  return { files = files, form = form, header = header, fields = #found, names = wanted,
    list = list, casts = casts }
end

-- Reads the columns of a plan, of the records that begin from a place of the files up to a byte, or
-- with `most` bytes of text a rank; gives what core.csv_read does. A place is a byte, and bytes of
-- text behind it, in compressed files.
local function read_columns(plan, first, last, most)
  local form = setmetatable({ first = first[1], behind = first[2], last = last, most = most },
    { __index = plan.form })
  return core.csv_read(plan.files, plan.names, form, plan.header, plan.fields, plan.list)
end

---Reads files of delimited text. Collective.
---@param files string[]
---@param opts? moonbear.CsvOptions
---@param usual? table<string, string|table> types of columns that there may be
---@param check_names? fun(names: string[], path: string) raises for names that are wrong
---@return moonbear.Frame
function csv.read(files, opts, usual, check_names)
  local o = options.check("read_csv", opts, known)
  local rows = rows_of(o.rows)
  local plan = plan_of(files, o, usual, check_names)
  local columns, _, _, skipped, devices = read_columns(plan, { 0, 0 }, -1)
  fields.warn_skipped("read_csv", skipped)
  lanl.learn_prefixes(core.device_texts(devices))
  return fields.frame(plan.names, columns, plan.casts, rows)
end

---The most bytes of a piece of a scan.
csv.piece_bytes = 1 << 28

-- Reads the files in pieces, to find their types, and where pieces with rows begin: lists of the
-- places at which they and the end are, and of the rows before each. A place that has `last` and
-- `most` is that of a piece that was cut short by these. Memory: one piece.
local function find_pieces(plan, total, packed)
  local at, starts, rows = { 0, 0 }, {}, { 0 }
  local windows = pieces.windows(csv.piece_bytes, packed)
  while at[1] < total do
    local last = math.min(at[1] + windows.size, total)
    local columns, found, window = read_columns(plan, at, last, windows.most)
    fields.keep_found(plan.list, found)
    if window.stopped then at.last, at.most = last, windows.most end
    if #columns[1] > 0 then
      starts[#starts + 1] = at
      rows[#rows + 1] = rows[#rows] + #columns[1]
    end
    for _, column in ipairs(columns) do column:close() end
    windows:suit(window)
    local next = fields.next_place(at, last, window)
    core.progress_add(next[1] - at[1], next[1] - at[1])
    at = next
  end
  starts[#starts + 1] = { total, 0 }
  return starts, rows
end

-- The plan of some of the columns.
local function plan_of_some(plan, names)
  local some = { names = names, list = {}, casts = {} }
  for i, name in ipairs(plan.names) do some[name] = i end
  for i, name in ipairs(names) do
    some.list[i], some.casts[i] = plan.list[some[name]], plan.casts[some[name]]
  end
  return setmetatable(some, { __index = plan })
end

---The source of a scan of delimited text (stream/scan.lua). Collective.
---@param paths string|string[]
---@param opts? moonbear.CsvOptions
---@return moonbear.Source
function csv.source(paths, opts)
  local o = options.check("scan_csv", opts, known)
  if o.rows ~= nil then check.blame "scan_csv: 'rows' is not for scans: scan:head(n) has some" end
  if o.on_bad == "skip" then
    check.blame("scan_csv: on_bad = 'skip' is not for scans, as which lines are left out depends "
      .. "on the columns that are read: 'missing' makes values missing")
  end
  local plan = plan_of(check.strings(paths, 1, "scan_csv"), o)
  local _, _, whole = read_columns(plan, { 0, 0 }, 0)
  local total = whole.total
  plan.form.kept = core.kept_text()
  core.progress_begin("looking", -1, total)
  local ok, starts, rows = pcall(find_pieces, plan, total, whole.packed)
  core.progress_end()
  if not ok then error(starts, 0) end
  local piece_at = {}
  for i, before in ipairs(rows) do piece_at[before] = i end
  local none = read_columns(plan, { 0, 0 }, 0)
  local empty = fields.frame(plan.names, none, plan.casts)
  return {
    names = plan.names, rows = rows[#rows], empty = empty,
    title = check.plural(rows[#rows], "row") .. " of delimited text",
    last = function(first, most)
      local piece = piece_at[first - 1] + 1
      while rows[piece + 1] and rows[piece + 1] < first + most and not starts[piece - 1].last
        and not starts[piece].last do
        piece = piece + 1
      end
      return rows[piece] or 0
    end,
    read = function(first, last, names)
      if last < first then return empty:select(names) end
      local from, upto = starts[piece_at[first - 1]], starts[piece_at[last]]
      local some = plan_of_some(plan, names)
      local columns, _, now, _, devices = read_columns(some, from, from.last or upto[1], from.most)
      lanl.learn_prefixes(core.device_texts(devices))
      if now.total ~= total or #columns[1] ~= last - first + 1 then
        check.blame("%s: was changed while it was scanned", plan.files[1])
      end
      return fields.frame(names, columns, some.casts)
    end,
  }
end

---How delimited text is written, and what its columns become: see mb.read_csv.
---@class moonbear.CsvOptions
---@field sep? string "," unless told
---@field header? boolean whether the first line has names; found unless told
---@field names? string[] of the columns; the first line is no header then, unless told
---@field types? table<string, string|table> by the name of a column
---@field skip? integer lines at the beginning of each file
---@field comment? string
---@field quote? string|false '"' unless told
---@field escape? string
---@field na? string|string[] {""} unless told
---@field columns? string[]
---@field rows? integer[] the first and the last
---@field decimal? string "." unless told
---@field thousands? string
---@field on_bad? "error"|"skip"|"missing"
---@field encoding? string "utf-8" unless told
---@field trailer? string
---@field block? integer bytes that are read at a time

---Reads delimited text: CSV, TSV and their kin, into a frame of the columns that it has, or of
---those that `columns` names. A pattern stands for the files that match it, sorted by name; a list
---keeps its order; the rows of all files follow each other, and files whose headers differ raise.
---Each rank reads a part of the bytes, also of compressed files (gzip, bzip2, zstd, xz), by blocks
---of bzip2, BGZF and xz and frames of zstd: a file that is a single one is read by one rank.
---
---Lines end in LF, CR LF or CR; fields in quotes may span lines, and a quote in them is written
---twice. Blank lines and a byte order mark are passed over. Without `header` the first line is one
---when its fields are distinct texts, and none of them a number, a time or an address; where a
---name is there twice or not at all, values that are no text must follow it. Columns without a name
---are called `c1`, `c2`, ...; a name that comes again becomes `name_2`.
---
---Types are found from all values of a column: `bool` (true, false), `int`, `uint`, `float`,
---`time` (ISO 8601) in the coarsest unit that holds all, `ip`; else `text`, byte for byte.
---Integers with zeros before them are text, as `00123`, and so are columns with integers beyond 64
---bits. A column without any value is of floats. `types` says otherwise: also `duration`, `flags`,
---`port` (`80`, `Port80`, and `8.0` for ICMP's type and code), `size` (`1.2 M`), `{"time", unit =
---"s"}` for numbers since 1970, `{"time", pattern = "%d/%m/%Y"}`, and `device`, LANL's names as
---integers (`moonbear.lanl`); `bool` takes 0 and 1, too. What is no value of such a type is an
---error, with its file, line and column, unless `on_bad` says "skip" (the line) or "missing" (the
---value); lines with too few fields or too many are treated so, too, and a line with a quote that
---is never closed. Where a later quote closes it, all lines up to there are one bad record. How
---many lines of a file are skipped, and what is wrong with the first, is told on standard error.
---
---    local log = mb.read_csv("proxy/*.csv", {types = {at = {"time", unit = "ms"}}})
---
---Missing are fields without quotes that are in `na`: empty ones, unless told. `rows` keeps rows
---from the first to the last of the two. `skip` leaves so many lines of each file out before the
---header, `comment` lines that begin with a byte, `trailer` a line that begins with a text and all
---behind it. `encoding` is that of text with one byte for each character, as "latin1"; it becomes
---UTF-8. Collective. Memory: the columns, of text up to three times, and twice the longest line.
---@param paths string|string[] files and patterns
---@param opts? moonbear.CsvOptions
---@return moonbear.Frame
function csv.read_csv(paths, opts)
  return csv.read(check.strings(paths, 1, "read_csv"), opts)
end

-- How text is written, for core, from a path and options that are checked.
local QUOTES <const> = { needed = 0, text = 1, all = 2 }

---How delimited text is written: see Frame:to_csv.
---@class moonbear.CsvOutput
---@field sep? string "," unless told
---@field header? boolean true unless told
---@field na? string for missing rows; "" unless told
---@field quote? "needed"|"text"|"all" "needed" unless told
---@field gzip? boolean|integer a level from 1 to 12, true for 6

local function output_of(path, opts)
  check.path("to_csv", path)
  local o = options.check("to_csv", opts, {
    sep = { "string", "," }, header = { "boolean", true }, na = { "string", "" },
    quote = { "string", "needed" }, gzip = { "any", false },
  })
  local level = o.gzip == true and 6 or o.gzip or 0
  if #o.sep ~= 1 or o.sep:find '[\n\r"%z]' then
    options.blame("to_csv", "sep", "a string of one byte", o.sep)
  elseif not QUOTES[o.quote] then
    options.blame("to_csv", "quote", "'needed', 'text' or 'all'", o.quote)
  elseif math.type(level) ~= "integer" or level < 0 or level > 12 or o.gzip == 0 then
    options.blame("to_csv", "gzip", "true or a level from 1 to 12", o.gzip)
  elseif o.na:find('[\n\r"%z]') or o.na:find(o.sep, 1, true) then
    options.blame("to_csv", "na", "a string without separators, quotes and line ends", o.na)
  end
  return { sep = o.sep, header = o.header, na = o.na, quote = QUOTES[o.quote], gzip = level }
end

-- The columns of a frame.
local function columns_of(frame_of_them)
  local names, columns = frame_of_them:columns(), {}
  if #names == 0 then check.blame "to_csv: the frame has no columns" end
  for i, name in ipairs(names) do columns[i] = frame_of_them:column(name) end
  return names, columns
end

---Writes delimited text piece by piece: a function that adds the rows of a frame, one that gives
---the file its name, and one that throws away what has none. Collective.
---@param path string
---@param opts? moonbear.CsvOutput
---@return fun(rows: moonbear.Frame) add
---@return fun() finish
---@return fun() close
function csv.writer(path, opts)
  local output = output_of(path, opts)
  local file = core.csv_begin(path)
  local function add(rows)
    local names, columns = columns_of(rows)
    core.csv_append(file, names, columns, output)
    output.header = false
  end
  return add, function() core.csv_end(file) end, function() file:close() end
end

---Writes the frame as delimited text, in one file that all ranks write together. It gets its name
---when it is complete and on the disk; until then an older file stays as it is.
---
---Numbers are written by the fewest digits that read back as the same, times as ISO 8601 in UTC,
---addresses, durations and text as they are. In quotes are fields that would be read as something
---else: with a separator, a quote or a line end, the empty string, and text that is `na`; `quote`
---says otherwise. `mb.read_csv` reads the same columns from the file if its `types` name durations,
---flags, uints, and text that looks like numbers, times or addresses. Flags of other names than
---TCP's become text, and missing rows of a single column of text empty strings, since blank lines
---are no rows (give another `na` to both). With `gzip` the file is compressed, by the level or 6
---where it is true, a rank's rows by that rank, in blocks as `bgzip` has them, which all ranks
---read.
---
---    flows:where("dstPort == 443"):to_csv("web.csv.gz", {gzip = true})
---
---Collective. Memory: the text of a rank's rows, and at most a quarter of what is free; rows beyond
---are formatted twice. Raises when the file cannot be written, and for text with zero bytes.
---@param path string
---@param opts? moonbear.CsvOutput
function frame.methods:to_csv(path, opts)
  local output = output_of(path, opts)
  local names, columns = columns_of(self)
  core.csv_write(path, names, columns, output)
end

return csv
