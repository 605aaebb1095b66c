-- Reading HDF5 files.

local check = require "moonbear.check"
local conversions = require "moonbear.hdf.convert"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local lanl = require "moonbear.lanl"
local options = require "moonbear.options"
local pieces = require "moonbear.pieces"
local structure = require "moonbear.hdf.structure"
local zones = require "moonbear.hdf.zones"

local hdf = {}

-- What core.read_hdf is to do, as a sum (mb_hdf_how).
local WIDEN <const>, SKIP <const>, TELL <const>, NAMES <const>, COUNT <const> = 1, 2, 4, 8, 16

local known_options <const> = {
  types = { "any", "widen" }, rows = { "any" }, columns = { "any" }, tag = { "string" },
  on_error = { "any", "raise" }, as = { "any" }, enums = { "any", "int" },
}

local scan_options <const> = { types = known_options.types, on_error = known_options.on_error,
  as = known_options.as, enums = known_options.enums }

-- An option that is one of two words: whether it is the second one.
local function is_second(reader, opts, name, first, second)
  if opts[name] == second then return true end
  if opts[name] ~= first then
    options.blame(reader, name, ("'%s' or '%s'"):format(first, second), opts[name])
  end
  return false
end

-- The first and the last row that the options want.
local function wanted_rows(reader, rows)
  if rows == nil then return 1, -1 end
  local first, last
  if type(rows) == "table" and not check.class(rows) then
    first, last = rows[1] == nil and rows.first or rows[1], rows[2] == nil and rows.last or rows[2]
  end
  if math.type(first) ~= "integer" or math.type(last) ~= "integer" or first == 0 or last == 0 then
    options.blame(reader, "rows", "{first, last}, counted from 1, or from the end below 0,", rows)
  end
  return first, last
end

-- Names and types, or {type, option = ...}, of columns to convert.
local function check_conversions(reader, as)
  if as == nil then return {} end
  if type(as) ~= "table" or check.class(as) then
    options.blame(reader, "as", "a table of types by column, as {start = \"time\"},", as)
  end
  for name, wanted in pairs(as) do
    local word = type(wanted) == "table" and wanted[1] or wanted
    if type(name) ~= "string" or type(word) ~= "string" then
      options.blame(reader, "as", "types by column, as {start = {\"time\", unit = \"ms\"}},",
        wanted)
    end
  end
  return as
end

-- A column as a type, with the options of mb.time_of or of c:as.
local function convert(column, wanted)
  local word, opts = wanted, nil
  if type(wanted) == "table" then
    word = wanted[1]
    for key, value in pairs(wanted) do
      if key ~= 1 then opts = opts or {}; opts[key] = value end
    end
  end
  if word == "time" and (column:type() == "float" or opts and opts.epoch) then
    return core.time_of(column, opts)
  end
  return column:as(word, opts)
end

-- What a reading is to do, from the options of the function that reads.
local function plan_of(reader, opts, known)
  opts = options.check(reader, opts, known)
  local how = is_second(reader, opts, "types", "same", "widen") and WIDEN or 0
  if is_second(reader, opts, "on_error", "raise", "skip") then how = how | SKIP end
  if is_second(reader, opts, "enums", "int", "text") then how = how | NAMES end
  local first, last = wanted_rows(reader, opts.rows)
  return { how = how, first = first, last = last, tag = opts.tag,
    as = check_conversions(reader, opts.as), columns = opts.columns }
end

-- A line on standard error for each message of what was not read.
local function warn(what, messages)
  for _, message in ipairs(messages) do
    io.stderr:write("moonbear: read_hdf ", what, ": ", message, "\n")
  end
end

-- Reads columns by the names that they have in files; what csv2hdf noted of the names of devices is
-- learnt with them. Files and their first rows come with them if the plan asks.
local function read_columns(files, names, plan, how)
  local columns, prefixes, skipped, starts = core.read_hdf(files, names, "device_prefixes",
    plan.how | (how or 0), plan.first, plan.last, plan.seen, plan.places)
  lanl.learn_prefixes(prefixes)
  warn("skipped a file", skipped)
  return columns, starts
end

-- The file of each row, as text.
local function file_of_rows(starts, rows)
  if rows == 0 then return core.column({}, "text") end
  local number, paths = conversions.file_numbers(starts, rows)
  return core.column(paths, "text")[number]
end

-- What conversions may ask of the files besides: whole columns, and whether there are any.
local function reading_of(files, plan, starts)
  return { starts = starts, all = function(source)
    local columns, _, _, own = core.read_hdf(files, { source }, "", plan.how | TELL)
    return columns[1], own
  end, has = function(source) return #core.ls_hdf(files, { source }, plan.how & SKIP ~= 0) > 0 end }
end

-- Reads a list of columns: pairs of names and columns, and the files with their first rows where
-- something asks for them.
local function read_list(files, list, plan)
  local sources, pairs_in_order, tell = {}, {}, plan.tag ~= nil
  for i, it in ipairs(list) do sources[i], tell = it.source, tell or it.tell end
  local columns, starts = read_columns(files, sources, plan, tell and TELL)
  local reading = reading_of(files, plan, starts)
  for i, it in ipairs(list) do
    local column = columns[i]
    if it.convert then column = it.convert(column, reading) end
    if plan.as[it.name] then column = convert(column, plan.as[it.name]) end
    pairs_in_order[i] = { it.name, column }
  end
  return pairs_in_order, starts
end

-- Raises where two columns have one name, and for options that name other columns.
local function check_names(reader, list, plan)
  local by_name = {}
  for _, it in ipairs(list) do
    if by_name[it.name] then check.blame("two columns are called '%s': name others", it.name) end
    by_name[it.name] = it
  end
  for name in pairs(plan.as) do
    if not by_name[name] then
      options.blame(reader, "as", "names of columns that are read", name)
    end
  end
  if plan.tag and by_name[plan.tag] then
    options.blame(reader, "tag", "a name that no column has", plan.tag)
  end
  return by_name
end

-- Reads a list of columns into a frame, or gives the only one.
local function build(files, list, plan, single)
  check_names("read_hdf", list, plan)
  local pairs_in_order, starts = read_list(files, list, plan)
  if single and not plan.tag then return pairs_in_order[1][2] end
  if plan.tag then
    pairs_in_order[#list + 1] = { plan.tag, file_of_rows(starts, #pairs_in_order[1][2]) }
  end
  return frame.new(pairs_in_order)
end

-- The columns that a list of names stands for, and whether each of the names is one column.
local function resolve(files, names, plan, bare)
  local list, plain = {}, true
  local resolved = structure.resolve(files, names, plan.how & SKIP ~= 0, bare)
  warn("left out a column", resolved.refused)
  for i, found in ipairs(resolved) do
    plain = plain and #found == 1 and found[1].name == names[i]
    table.move(found, 1, #found, #list + 1, list)
  end
  return list, plain
end

-- All columns of the first file: whole datasets, or, where there are none, the only structure, the
-- parts of datasets, or scalars.
local function all_columns(files, plan)
  local whole, parts, scalars, structures, several = {}, {}, {}, {}, false
  local all = structure.list(files, plan.how & SKIP ~= 0)
  for _, it in ipairs(all) do
    local of = it.structure
    local list = it.kind == "scalar" and scalars or of and structures or it.of and parts or whole
    list[#list + 1] = it
    several = several or of ~= nil and of ~= structures[1].structure
  end
  local first = structures[1] and structures[1].structure
  if #whole == 0 and first and not several then
    return (resolve(files, { first }, plan, true))
  end
  if #whole == 0 and #structures == 0 and #parts > 0 then warn("left out a column", all.refused) end
  local list = #whole > 0 and whole or #structures == 0 and (#parts > 0 and parts or scalars) or {}
  if #list == 0 and #structures > 0 then
    check.blame("%s: there are several frames; name one, as '%s'", files[1], first)
  elseif #list == 0 then
    check.blame("%s: there is no dataset of integers, floats, bools or strings to read", files[1])
  end
  return list
end

---What there is to read in a file.
---@class moonbear.Dataset
---@field name string for mb.read_hdf
---@field type string "bool", "int", "uint", "float" or "text"
---@field rows integer
---@field shape integer[] of the dataset: {} of a scalar, {rows, columns} of a matrix
---@field kind string "column"; "scalar" of one value; "part" of a dataset with several columns
---@field of? string the dataset that a part is of
---@field compression? string its filters, as "gzip shuffle"

---Lists what can be read of an HDF5 file, by name: the columns of pandas' stores and Arkouda's
---objects, and datasets of integers, floats, bools and strings in one dimension, scalars, and the
---parts of others: members of compound types as `name.member`, columns of matrices and entries of
---arrays as `name[1]` (not where there are more than 1,024). Those in groups have their paths, as
---`group/name`, for names. Links to groups are not followed. Of a pattern, a folder or a list, the
---first file is listed.
---
---Collective; rank 0 looks. Raises when there is no such file, or it is not HDF5 or damaged.
---@param paths string|string[]
---@return moonbear.Dataset[]
function hdf.ls_hdf(paths)
  local datasets = {}
  for i, it in ipairs(structure.list(check.strings(paths, 1, "ls_hdf"))) do
    datasets[i] = { name = it.name, type = it.type, rows = it.rows, shape = it.shape,
      kind = it.kind, of = it.of, compression = it.compression }
  end
  return datasets
end

---The attributes of a file, or of a group or dataset in it, by name: numbers, booleans, strings,
---and lists of these where an attribute is no scalar (one of several dimensions is a list of its
---values, row by row). Strings end at a zero byte. Attributes of other types are left out. Of a
---pattern, a folder or a list, the first file is looked at.
---
---Collective; rank 0 looks. Raises when there is no such file or object, or it is damaged.
---@param paths string|string[]
---@param name? string of a group or dataset; the file itself unless told
---@return table<string, any>
function hdf.attrs(paths, name)
  return core.attrs_hdf(check.strings(paths, 1, "attrs"), name == nil and "/" or name)
end

---@class moonbear.ReadHdfOptions
---@field rows? integer[] {first, last}
---@field columns? string|string[]
---@field tag? string
---@field as? table<string, string|table>
---@field on_error? "raise"|"skip"
---@field types? "widen"|"same"
---@field enums? "int"|"text"

---Reads datasets of HDF5 files. The rows of all files form one column for each name, evenly split
---over the ranks. A pattern stands for the files that match it, a folder for those in it whose
---names end in `.h5`, `.hdf5`, `.hdf` or `.he5`, sorted by name; a list keeps its order. One name
---gives a column, a list of names a frame with these columns; without names, every dataset of one
---dimension in the first file is read into a frame (in a file without any, all parts of datasets,
---else all scalars). A dataset in a group has its path for a name: `group/name`.
---
---A dataset with several columns gives a frame of them, and a list of names may name one: a member
---of a compound type as `name.member`, a column of a matrix or an entry of an array as `name[1]`.
---Standard error has a line for each member that is not read.
---Of MATLAB's matrices (version 7.3) these are the columns that MATLAB has; its vectors are columns
---both ways. A scalar is one row.
---
---What pandas stores under a key is a frame of its index and columns, and each a column
---`key/name`; NaT and the text for NaN are missing. Of Arkouda's objects, categories are text,
---times, durations and addresses columns of these types, frames and indices frames; a SegArray has
---`name.segments`, counted from 0 over all files, and `name.values`. `x.h5`, where there is no such
---file, stands for `x_LOCALE0000.h5` and its like.
---
---Integers of 1, 2 and 4 bytes and signed ones of 8 become `int`, unsigned ones of 8 bytes `uint`,
---enumerations the integers that they are, or with `enums = "text"` text of their names; floats
---keep 4 or 8 bytes; h5py's bool, bytes that Arkouda or MATLAB mark as bool and 8-bit bit fields
---become `bool`. Strings of fixed or variable length, and those that Arkouda writes, become `text`,
---byte for byte, without what pads them: zeros or, as the dataset's type says, spaces. Any byte
---order, layout and filter of HDF5 will do; what was never written reads as the dataset's fill
---value. MATLAB's empty matrix has no rows.
---
---Options: `rows = {first, last}` reads only these, counted over all files, from the end below 0.
---`columns` are names, as the second argument. `tag = "file"` adds a text column of that name: the
---file that each row is from. `as = {start = {"time", unit = "ms"}}` converts columns by name, as
---`c:as` and `mb.time_of` do. `on_error = "skip"` leaves out files that cannot be read, and warns
---of each on standard error. Where files differ in the type of a dataset, the column gets one that
---has every value of each: bools become 0 and 1; unsigned integers of 1, 2 and 4 bytes join `uint`;
---bools, and integers of at most 53 binary digits, join `float`; `types = "same"` refuses such
---files.
---
---Collective. Raises, on all ranks and naming file and dataset, when a file or dataset is missing
---or damaged, a source of a virtual dataset is missing, a dataset has more than two dimensions or
---is of another class, no type has the values that files have in a dataset, or the columns of a
---file differ in length.
---@param paths string|string[] files, folders and patterns
---@param names? string|string[] datasets
---@param opts? moonbear.ReadHdfOptions
---@return moonbear.Column|moonbear.Frame
---@overload fun(paths: string|string[], name: string, opts?: table): moonbear.Column
---@overload fun(paths: string|string[], names?: string[], opts?: table): moonbear.Frame
function hdf.read_hdf(paths, names, opts)
  if type(opts) == "string" then
    check.blame("'read_hdf' takes paths, names and options: several paths or names are lists, "
      .. "as in mb.read_hdf(path, {'a', 'b'})")
  end
  local files, plan = check.strings(paths, 1, "read_hdf"), plan_of("read_hdf", opts, known_options)
  if plan.columns ~= nil then
    if names ~= nil then
      check.blame("'read_hdf' takes names as its second argument or as the option 'columns', not "
        .. "both")
    end
    names = plan.columns
  end
  if names == nil then return build(files, all_columns(files, plan), plan, false) end
  local single, wanted = type(names) == "string", check.distinct(names, 2, "read_hdf")
  local list, plain = resolve(files, wanted, plan, single)
  return build(files, list, plan, single and plain)
end

-- Columns of some files in the types that a scan has.
local function as_empty(pairs_in_order, empty)
  for _, pair in ipairs(pairs_in_order) do
    local kind = empty:column(pair[1]):type()
    if pair[2]:type() ~= kind then pair[2] = pair[2]:as(kind) end -- files differ in it
  end
  return frame.new(pairs_in_order)
end

-- Each file, the number of its rows, and how it is now.
local function count_rows(files, list, plan, places)
  local sources = {}
  for i, it in ipairs(list) do sources[i] = it.source end
  local none = { how = plan.how, first = 1, last = 0, places = places }
  local _, counts = read_columns(files, sources, none, COUNT)
  return pieces.files(counts, 3)
end

---The source of a scan of HDF5 files (stream/scan.lua). Collective.
---@param paths string|string[]
---@param names? string|string[]
---@param opts? moonbear.ReadHdfOptions
---@return moonbear.Source
function hdf.source(paths, names, opts)
  local files = check.strings(paths, 1, "scan_hdf")
  local plan = plan_of("scan_hdf", opts, scan_options)
  local wanted = names ~= nil and check.distinct(names, 2, "scan_hdf")
  local list = wanted and resolve(files, wanted, plan, type(names) == "string")
    or all_columns(files, plan)
  local by_name = check_names("scan_hdf", list, plan)
  local places = core.hdf_places()
  local counts = count_rows(files, list, plan, places)
  -- Some rows of files that were counted, of which none is left out.
  local function read(of, columns, first, last)
    return read_list(pieces.each(of, "path"), columns, { how = plan.how & ~SKIP, first = first,
      last = last, as = plan.as, seen = pieces.each(of, "seen"), places = places })
  end
  local empty = frame.new((read(counts, list, 1, 0)))
  local source = pieces.source(empty, counts, function(of, first, last, some)
    local columns = {}
    for i, name in ipairs(some) do columns[i] = by_name[name] end
    return as_empty(read(of, columns, first, last), empty)
  end)
  source.zones = { ends = zones.ends(counts), bounds = function(name, kind)
    local it = by_name[name]
    if it.convert or plan.as[name] then return nil end -- in another order
    local low, high = zones.bounds(counts, it.source, kind, plan.how)
    return low and { low = low, high = high }
  end }
  return source
end

return hdf
