-- Parquet files, and SQL, through DuckDB.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local options = require "moonbear.options"
local pieces = require "moonbear.pieces"

local parquet = {}

-- The first and last of the rows that are to be read, and the condition.
local function check_options(opts)
  local known = options.check("read_parquet", opts, { rows = { "any" }, where = { "string" } })
  local rows = known.rows or { 1, -1 }
  local function whole(x) return math.type(x) == "integer" and x ~= 0 end
  if type(rows) ~= "table" or #rows ~= 2 or not (whole(rows[1]) and whole(rows[2])) then
    options.blame("read_parquet", "rows", "{first, last}, counted from 1 or, as -1, from the end",
      rows)
  end
  return rows[1], rows[2], known.where
end

-- What a file notes of the types of its columns, which Parquet has not: "name=ip", "name=time:s",
-- "name=duration:ns" beside each other, with names as in addresses of the web.
local function escape(name)
  return (name:gsub("[^%w_]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

-- A column as it is written, and what is noted of it.
local function to_written(name, column)
  local kind, unit = column:type(), core.unit_of(column)
  if kind == "ip" then return column:as "text", escape(name) .. "=ip" end
  if kind == "duration" then
    return column:as("int", { unit = unit }), ("%s=duration:%s"):format(escape(name), unit)
  end
  if kind == "time" and (unit == "s" or unit == "ms") then -- read back as microseconds
    return column, ("%s=time:%s"):format(escape(name), unit)
  end
  return column
end

-- The column that was written so, from the one that was read.
local function from_written(column, noted)
  local kind, unit = noted:match "^(%a+):?(%a*)$"
  local type = column:type()
  if kind == "ip" and type == "text" then return column:as "ip" end
  if kind == "duration" and type == "int" then return column:as("duration", { unit = unit }) end
  if kind == "time" and type == "time" then
    return column:as("int", { unit = unit }):as("time", { unit = unit })
  end
  return column
end

-- Gives columns the types that all files note of them.
local function restore(columns, names, notes)
  if #notes ~= 1 then return end
  local noted = {}
  for name, what in notes[1]:gmatch "(%S+)=(%S+)" do noted[name] = what end
  for i, name in ipairs(names) do
    local what = noted[escape(name)]
    if what then columns[i] = from_written(columns[i], what) end
  end
end

---A column of a Parquet file.
---@class moonbear.ParquetColumn
---@field name string
---@field type string that it is read as, or what DuckDB calls it where it is not read, as "struct"
---@field rows integer

---Lists the columns of a Parquet file, in its order. Of a pattern, a list or a folder, the first
---file is listed.
---
---Collective; rank 0 looks. Needs DuckDB's library: see `mb.read_parquet`. Raises when there is no
---such file, or it is not Parquet or damaged.
---@param paths string|string[]
---@return moonbear.ParquetColumn[]
function parquet.ls_parquet(paths)
  local names, types, rows = core.ls_parquet(check.strings(paths, 1, "ls_parquet"))
  local list = {}
  for i, name in ipairs(names) do
    list[i] = { name = name, type = types[i], rows = math.tointeger(rows[i]) }
  end
  return list
end

-- The columns as a frame.
local function frame_of(names, columns)
  local list = {}
  for i, column in ipairs(columns) do list[i] = { names[i], column } end
  return frame.new(list)
end

-- The names that are asked for: unless told, those of all columns.
local function wanted_of(files, names, who)
  if names ~= nil then return check.distinct(names, 2, who) end
  local all = {}
  for i, column in ipairs(parquet.ls_parquet(files)) do all[i] = column.name end
  return all
end

---Reads columns of Parquet files through DuckDB, which each rank runs for the row groups that hold
---its rows. The rows of all files form one column for each name, evenly split over the ranks. A
---pattern stands for the files that match it, sorted by name, a folder for the `*.parquet` in it;
---a list keeps its order. One name gives a column, a list of names a frame with these columns;
---without names, all columns of the first file are read into a frame.
---
---Integers of up to 32 bits and signed ones of 64 become `int`, unsigned ones of 64 `uint`;
---decimals without a fraction of up to 18 digits `int`, other decimals `float`, rounded; strings,
---bytes, names of enumerations and UUIDs `text`; dates and timestamps `time`, in their unit and in
---UTC; times of a day `duration`. Nulls are missing rows. Nested columns are refused: `mb.sql`
---takes them apart. Columns that `Frame:to_parquet` has written get the types that they had.
---
---With {rows = {first, last}} these rows are read, counted over all files, -1 being the last one;
---with {where = "bytes > 1e6 and proto = 6"} those where DuckDB finds this true, which skips row
---groups by what the file says of their values: they stay on the rank that has read them.
---
---Collective. Needs DuckDB's library, libduckdb.so, 1.4 or newer, which is opened when it is first
---asked for: that of `MOONBEAR_DUCKDB`, or of the loader's path. Raises, on all ranks and naming
---the file, when there is no library, no file or no column, when a file is damaged, a column is
---nested, or files disagree in the type of one.
---@param paths string|string[] files, patterns and folders
---@param names? string|string[] columns
---@param opts? {rows: integer[], where: string}
---@return moonbear.Column|moonbear.Frame
---@overload fun(paths: string|string[], name: string, opts?: table): moonbear.Column
---@overload fun(paths: string|string[], names?: string[], opts?: table): moonbear.Frame
function parquet.read_parquet(paths, names, opts)
  if type(opts) == "string" then
    check.blame("'read_parquet' takes paths, names and options: several paths or names are lists, "
      .. "as in mb.read_parquet(path, {'a', 'b'})")
  end
  local files = check.strings(paths, 1, "read_parquet")
  local first, last, where = check_options(opts)
  local wanted = wanted_of(files, names, "read_parquet")
  local columns, notes = core.read_parquet(files, wanted, first, last, where)
  restore(columns, wanted, notes)
  return type(names) == "string" and columns[1] or frame_of(wanted, columns)
end

---The source of a scan of Parquet files (stream/scan.lua). Collective.
---@param paths string|string[]
---@param names? string|string[]
---@return moonbear.Source
function parquet.source(paths, names)
  local files = check.strings(paths, 1, "scan_parquet")
  local wanted = wanted_of(files, names, "scan_parquet")
  local empty, notes, counts = core.read_parquet(files, wanted, 1, 0)
  restore(empty, wanted, notes)
  local told = pieces.files(counts, 2)
  return pieces.source(frame_of(wanted, empty), told, function(of, first, last, some)
    local columns = core.read_parquet(pieces.each(of, "path"), some, first, last)
    restore(columns, some, notes)
    return frame_of(some, columns)
  end)
end

-- How DuckDB compresses Parquet.
local COMPRESSIONS <const> = { zstd = true, snappy = true, gzip = true, lz4 = true, none = true }

-- How DuckDB compresses what is written to a path, and the path without "/" at its end.
local function output_of(path, opts)
  check.path("to_parquet", path)
  local compression = options.check("to_parquet", opts, { compression = { "string", "zstd" } })
    .compression
  if not COMPRESSIONS[compression] then
    options.blame("to_parquet", "compression", "'zstd', 'snappy', 'gzip', 'lz4' or 'none'",
      compression)
  end
  return compression == "none" and "uncompressed" or compression, (path:gsub("(.)/+$", "%1"))
end

local function write(rows, path, compression, folder)
  local names, columns, notes = rows:columns(), {}, {}
  if #names == 0 then check.blame "to_parquet: the frame has no columns" end
  for i, name in ipairs(names) do
    columns[i], notes[#notes + 1] = to_written(name, rows:column(name))
  end
  core.write_parquet(path, names, columns, compression, table.concat(notes, " "), folder)
end

-- Whether a path is that of a file, not of a folder.
local function is_file(path) return path:find "%.parquet$" ~= nil end

---Begins a folder of Parquet files: a function that adds the rows of a frame, one that gives the
---folder its name, and one that removes what has none. Collective.
---@param path string
---@param opts? {compression: string}
---@return fun(rows: moonbear.Frame) add
---@return fun() finish
---@return fun() close
function parquet.writer(path, opts)
  local compression, target = output_of(path, opts)
  if is_file(target) then
    check.blame("to_parquet of a scan writes a folder with files of its pieces, and '%s' would be "
      .. "a file: leave '.parquet' out, or bring the rows into memory first, by scan:collect()",
      path)
  end
  local folder = core.folder_begin(target)
  return function(rows) write(rows, target, compression, folder) end,
    function() core.folder_end(folder) end, function() folder:close() end
end

---Writes the frame as Parquet, through DuckDB: one file where the path ends with `.parquet`, else a
---folder with a file of each rank, `part-00000.parquet` and so on, which is quicker, and is read as
---one by `mb.read_parquet`, as by pandas, Polars and DuckDB with `folder/*.parquet`. File or folder
---get their name when they are complete and on the disk; until then an older file stays as it is. A
---folder must not be there yet, or be empty.
---
---Integers are written with 64 bits, floats with 32 or 64 as they are stored, text as UTF-8, times
---as timestamps, addresses as text, durations as integers in their unit, flags as numbers, missing
---rows as nulls. What addresses, durations and times' units were is noted in the file's
---metadata, under the key `moonbear`. `compression` is "zstd", unless told, "snappy", "gzip", "lz4"
---or "none".
---
---    flows:where("dstPort == 443"):to_parquet("web.parquet")
---
---Collective. One file is written by rank 0, which gets the rows of the others a million at a time;
---memory: those, and what DuckDB takes for a row group. Needs DuckDB's library: see
---`mb.read_parquet`. Raises when the file cannot be written, or text is not UTF-8.
---@param path string
---@param opts? {compression: "zstd"|"snappy"|"gzip"|"lz4"|"none"}
function frame.methods:to_parquet(path, opts)
  local compression, target = output_of(path, opts)
  if is_file(target) then return write(self, target, compression) end
  local folder <close> = core.folder_begin(target)
  write(self, target, compression, folder)
  core.folder_end(folder)
end

---Runs a statement of SQL in DuckDB, on rank 0, and gives its rows as a frame: over Parquet, CSV
---and JSON files, `select dstPort, sum(bytes) as bytes from 'flows/*.parquet' group by all`, or
---over tables that were made by statements before, which live as long as moonbear does. Values for
---`?` or `$1`, `$2` are a list, those for `$port` fields: booleans, numbers, strings, times,
---durations and `mb.null`. Types are those of `mb.read_parquet`; sums of integers, which DuckDB
---makes 128 bits wide, become `int` and raise where they do not fit; intervals without months
---become `duration`.
---
---A statement that has no rows gives nothing, or the number of rows that it has changed.
---
---Collective; only rank 0 works, with all of its machine's cores that it may use, and the rows
---go through its memory, before they are split over the ranks where they are many: read large
---files as they are with `mb.read_parquet`. DuckDB takes up to a quarter of rank 0's part of the
---memory beside that, and puts what is more into files in `TMPDIR`. It loads no extensions. Raises
---with DuckDB's message, or when its library is not there.
---@param statement string
---@param values? table
---@return moonbear.Frame|integer|nil
function parquet.sql(statement, values)
  if type(statement) ~= "string" then check.argument(1, "sql", "string", statement) end
  if values == nil then values = {} end
  if type(values) ~= "table" or check.class(values) then
    check.argument(2, "sql", "table of values", values)
  end
  local names, forms = core.sql_begin(statement, values)
  if not names then return forms end
  local seen = {}
  for _, name in ipairs(names) do
    if seen[name] then
      check.blame("two columns of the result are called '%s': give one another name, as in "
        .. "\"select x as y\"", name)
    end
    seen[name] = true
  end
  return frame_of(names, core.sql_fetch(names, forms))
end

return parquet
