-- Writing columns to HDF5 files.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local hdf = require "moonbear.hdf"
local layout = require "moonbear.hdf.layout"
local move = require "moonbear.move"
local options = require "moonbear.options"
local spool = require "moonbear.hdf.spool"
local zones = require "moonbear.hdf.zones"

local store = {}

local Frame <const> = frame.methods

-- Modes, as the engine numbers them.
local modes <const> = { w = 0, a = 1, ["r+"] = 2 }
local EACH <const>, SEGMENTED <const>, MARKED <const>, KEEPS <const> = 4, 8, 16, 64

-- What {gzip = true} means, and rows of a chunk unless told.
local DEFAULT_LEVEL <const>, DEFAULT_ROWS <const> = 4, 1 << 15

-- What belongs to datasets and is none, and the bytes of a name.
local RESERVED <const>, LONGEST <const> = "_moonbear", 4000

local known = {
  mode = { "string", "w" }, gzip = { "any" }, chunk_rows = { "integer" },
  attrs = { "any" }, columns = { "any" }, append = { "boolean", false },
  layout = { "string", "moonbear" }, files = { "string", "one" },
}

-- What is wrong with the name of a dataset; nil for a good one.
local function wrong_with(name)
  if name == "" then return "it is empty" end
  if #name > LONGEST then return ("it has more than %d bytes"):format(LONGEST) end
  if name:find("\0", 1, true) then return "it has a zero byte" end
  if name:sub(1, 1) == "/" or name:sub(-1) == "/" or name:find("//", 1, true) then
    return "'/' stands between the names of groups and the dataset's"
  end
  if ("/" .. name .. "/"):find "/%.%.?/" then return "'.' and '..' name no group" end
  if name == RESERVED or name:sub(1, #RESERVED + 1) == RESERVED .. "/" then
    return "'" .. RESERVED .. "' is kept for what belongs to datasets"
  end
end

---Whether a dataset can have this name. Not collective.
---@param name string
---@return boolean
function store.is_name(name)
  return not wrong_with(name)
end

local function check_name(name)
  local what = wrong_with(name)
  local shown = #name > LONGEST and name:sub(1, 60) .. "..." or name
  if what then check.blame("'%s' cannot be the name of a dataset: %s", shown, what) end
end

-- Checks names, none of which may be a group of another.
local function check_names(names)
  local datasets = {}
  for _, name in ipairs(names) do
    check_name(name)
    datasets[name] = true
  end
  for _, name in ipairs(names) do
    for at in name:gmatch "()/" do
      if datasets[name:sub(1, at - 1)] then
        check.blame("'%s' cannot be a dataset and the group of '%s'", name:sub(1, at - 1), name)
      end
    end
  end
end

-- The level of compression; 0 for none.
local function check_gzip(gzip)
  if not gzip then return 0 end
  if gzip == true then return DEFAULT_LEVEL end
  if math.type(gzip) ~= "integer" or gzip < 1 or gzip > 9 then
    options.blame("to_hdf", "gzip", "true or a level from 1 to 9", gzip)
  end
  return gzip
end

-- What goes with the layout, and with files of ranks.
local function check_layout(o)
  o.arkouda, o.each = o.layout == "arkouda", o.files == "rank"
  if not o.arkouda and o.layout ~= "moonbear" then
    options.blame("to_hdf", "layout", "'moonbear' or 'arkouda'", o.layout)
  end
  if not o.each and o.files ~= "one" then
    options.blame("to_hdf", "files", "'one' or 'rank'", o.files)
  end
  if o.each and o.mode ~= "w" then
    check.blame("to_hdf writes files of ranks anew, with {mode = 'w'}: to add to them, read them "
      .. "and write all")
  end
  if o.arkouda and o.mode == "r+" then
    check.blame("to_hdf replaces no object of Arkouda's: {mode = 'a'} adds others, 'w' writes the "
      .. "file anew")
  end
  if o.arkouda and o.level > 0 then
    check.blame("to_hdf has no 'gzip' in Arkouda's layout, which is not compressed")
  end
end

local function check_options(given)
  local o = options.check("to_hdf", given, known)
  if not modes[o.mode] then options.blame("to_hdf", "mode", "'w', 'a' or 'r+'", o.mode) end
  if o.append and o.mode ~= "r+" then
    check.blame("to_hdf appends rows with {mode = 'r+', append = true}: the file must be there")
  end
  o.level = check_gzip(o.gzip)
  if o.chunk_rows and o.level == 0 then
    check.blame("to_hdf writes chunks with {gzip = true} only, so chunk_rows says nothing")
  end
  if o.chunk_rows and (o.chunk_rows < 1 or o.chunk_rows > 1 << 24) then
    options.blame("to_hdf", "chunk_rows", "a number from 1 to 2^24", o.chunk_rows)
  end
  check_layout(o)
  return o
end

-- The kind of an attribute, and its value as a string.
local function attribute(name, value)
  local kind = math.type(value)
  if kind == "integer" then return "i", ("%d"):format(value) end
  if kind == "float" then return "f", ("%.17g"):format(value) end
  if type(value) == "boolean" then return "b", tostring(value) end
  if type(value) ~= "string" or value:find("\0", 1, true) or #value > 4000 then
    check.blame("attribute '%s' must be a number, a boolean or a string of at most 4000 bytes, "
      .. "none of them zero, got %s", name, check.describe(value))
  end
  return "s", value
end

-- Adds the attributes of a dataset, or the file, to what the engine is told.
local function note_attributes(notes, attrs, holder, o)
  if attrs == nil then return notes end
  if type(attrs) ~= "table" or check.class(attrs) then
    options.blame("to_hdf", "attrs", "a table", attrs)
  end
  local names = {}
  for name in pairs(attrs) do
    if type(name) ~= "string" or name == "" or name:find("\0", 1, true) then
      check.blame("the name of an attribute must be a string, got %s", check.show(name))
    elseif name:sub(1, 9) == "moonbear_" then
      check.blame("attribute '%s': names that begin with 'moonbear_' are moonbear's own", name)
    elseif o.arkouda and layout.reserved[name] then
      check.blame("attribute '%s' is Arkouda's own", name)
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local kind, value = attribute(name, attrs[name])
    table.move({ holder, name, kind, value }, 1, 4, #notes + 1, notes)
  end
  return notes
end

-- What the file has, with the rows of the columns behind.
local function append(path, names, columns)
  local all = {}
  for i, name in ipairs(names) do
    all[i] = move.concat { hdf.read_hdf({ path }, name), columns[i] }
  end
  return all
end

-- The level of datasets that get more rows: compressed ones stay so, unless told.
local function level_of(path, names, o)
  if o.append and o.gzip == nil then
    for _, it in ipairs(core.ls_hdf({ path }, names)) do
      if it.compression then return DEFAULT_LEVEL end
    end
  end
  return o.level
end

-- The mode, as the engine has it.
local function mode_of(o)
  return modes[o.mode] + (o.append and KEEPS or 0)
end

local function write(path, names, columns, o, holder)
  check.path("to_hdf", path)
  check_names(names)
  local notes = note_attributes({ "" }, o.attrs, holder, o)
  if o.append then columns = append(path, names, columns) end
  local how, level = mode_of(o) + (o.each and EACH or 0), level_of(path, names, o)
  if o.arkouda then
    how = how + SEGMENTED
    names, columns = layout.objects(names, columns, o.each, notes)
  elseif not o.each then
    how = how + MARKED
    names, columns = zones.add(names, columns, o.mode == "r+" and path or nil)
  end
  core.write_hdf(path, names, columns, how, level, o.chunk_rows or DEFAULT_ROWS, notes)
end

---Writes columns of any lengths, and the text of a snapshot. Collective.
---@param path string
---@param columns {paths: string[], columns: moonbear.Column[]}
---@param values string
function store.snapshot(path, columns, values)
  local names, list = columns.paths, columns.columns
  if #names == 0 then names, list = { RESERVED .. "/none" }, { core.range(1, 0) } end
  names, list = zones.add(names, list)
  core.write_hdf(path, names, list, modes.w + MARKED, 0, DEFAULT_ROWS, { values })
end

local function chosen(self, names)
  if names == nil then return self:columns() end
  if type(names) ~= "table" or check.class(names) or #names == 0 then
    options.blame("to_hdf", "columns", "a list of names", names)
  end
  local seen = {}
  for _, name in ipairs(names) do
    if seen[name] then check.blame("to_hdf: '%s' is there twice", check.name(name)) end
    seen[name] = true
  end
  return names
end

---Options of `to_hdf`.
---@class moonbear.ToHdf
---@field mode? "w"|"a"|"r+" "w", the default, makes the file anew; "a" adds datasets to a file, if
---there is one; "r+" changes a file that must be there: datasets replace those of their names
---@field append? boolean with "r+": rows are added to those of the datasets, which keep their
---attributes
---@field gzip? boolean|integer compressed in chunks, at a level from 1 to 9; true is 4. Datasets
---that get more rows stay compressed unless told
---@field chunk_rows? integer rows of a chunk; 32768 unless told, fewer of strings of over 512 bytes
---@field attrs? table<string, string|number|boolean> of the file, or of a column's dataset
---@field columns? string[] of a frame: these alone
---@field layout? "moonbear"|"arkouda" how columns are stored: as below, or as Arkouda's objects
---@field files? "one"|"rank" one file, or one of each rank's rows, `x_LOCALE0000.h5` and so on
---of `x.h5`, which `mb.read_hdf "x.h5"` reads as one

---Writes the columns to an HDF5 file, each as a dataset of its name; `group/name` makes a group.
---The file gets its name when it is whole and on the disk: whatever happens before leaves the file
---that was there. All ranks write their rows at once; with {gzip = true} each compresses its own.
---
---Integers are stored in the fewest bytes that have all values, without a sign where none is
---negative; floats in 4 or 8 bytes as in memory; bools as h5py's; text as UTF-8 of fixed length,
---padded with zeros, or, where that took twice the room and more than 64 bytes a row, of variable
---length, which is not compressed; times and durations as integers; addresses as numbers where all
---are of version 4, else as text. Attributes tell the rest, so that `mb.read_hdf` gives the same
---columns: `moonbear_type`, `moonbear_unit`, `moonbear_flags`, and `moonbear_missing`, a dataset of
---bools. In rows that are missing other readers see 0, NaN, false or "".
---
---Of numbers, times, durations and addresses of version 4, `_moonbear/zones/NAME` has the least and
---the greatest value of each 65,536 rows, or of as many times two as leave at most 2,048 stretches:
---scans leave out those that a filter cannot match.
---
---With "a" and "r+" the file is copied first (shared where the file system can), so this takes the
---time and the room of the copy; the room of a dataset that is replaced stays in the file.
---Appending reads the rows that are there. Who writes last wins: nothing keeps two programs apart.
---
---{files = "rank"} has each rank make and write a file of its own rows: `x_LOCALE0000.h5` and so on
---for `x.h5`. They get their names once all are on the disk, so that what fails on one rank leaves
---all old files; after a kill between the names reading tells that they do not belong together,
---and the others are beside them, `x_LOCALE0001.h5.PID.part`, complete. Those of a run on more
---ranks are removed.
---
---{layout = "arkouda"} writes what Arkouda reads (its file version 2.0): bools, ints, uints and
---floats as its arrays, of 8 bytes; text as Strings, or, where rows are missing, as a Categorical
---whose label "N/A" stands for them; times and durations as Datetime and Timedelta in nanoseconds,
---where the smallest integer, NaT, is a missing one; addresses as IPv4. A file is as its own of
---file type "single", files of ranks are as those of its locales. They are not compressed, and "r+"
---replaces none. Refused are other missing rows, addresses of version 6, flags, strings with zero
---bytes, and names with '/'.
---
---Collective. Raises when the file cannot be written, the disk is full, a name is none of a dataset
---or is there already, or strings end in a zero byte, which HDF5 takes for padding.
---@param path string
---@param opts? moonbear.ToHdf
function Frame:to_hdf(path, opts)
  local o = check_options(opts)
  local names, columns = chosen(self, o.columns), {}
  if #names == 0 then check.blame("to_hdf: the frame has no column") end
  for i, name in ipairs(names) do columns[i] = self:column(name) end
  write(path, names, columns, o, "")
end

-- Whether a path is that of one file, not of a folder of files.
local function is_file(path)
  return path:find "%.h5$" or path:find "%.hdf5?$" or path:find "%.he5$"
end

---Begins one file, as store.writer does, whatever its name ends in. Not collective.
---@param path string
---@param opts? moonbear.ToHdf
---@return fun(rows: moonbear.Frame) add
---@return fun() finish
---@return fun() close
function store.file_writer(path, opts)
  local o = check_options(opts)
  local file = spool.new(path, o.append, function(rows) rows:to_hdf(path, opts) end,
    function(names)
      check_names(names)
      return { path = path, names = names, how = mode_of(o) + MARKED,
        level = level_of(path, names, o), chunk_rows = o.chunk_rows or DEFAULT_ROWS,
        notes = note_attributes({ "" }, o.attrs, "", o),
        replaced = o.mode == "r+" and path or nil }
    end)
  return function(rows)
    local names, columns = chosen(rows, o.columns), {}
    for i, name in ipairs(names) do columns[i] = rows:column(name) end
    check_names(names)
    file:add(names, columns)
  end, function() file:finish() end, function() file:close() end
end

-- Begins a folder of files, as store.writer does.
local function folder_writer(path, opts)
  local files = 0
  local folder = core.folder_begin((path:gsub("(.)/+$", "%1")))
  return function(rows)
    rows:to_hdf(("%s/part-%05d.h5"):format(folder:path(), files), opts)
    files = files + 1
  end, function() core.folder_end(folder) end, function() folder:close() end
end

---Begins an HDF5 file, or a folder of such: a function that adds the rows of a frame, in a folder
---in a file of their own, one that gives the file or folder its name, and one that removes what has
---none. Collective.
---@param path string
---@param opts? moonbear.ToHdf
---@return fun(rows: moonbear.Frame) add
---@return fun() finish
---@return fun() close
function store.writer(path, opts)
  local o = check_options(opts)
  check.path("to_hdf", path)
  if o.each then
    check.blame("to_hdf of a scan writes no files of ranks: it takes no 'files'")
  elseif o.arkouda then
    check.blame("to_hdf of a scan has no layout 'arkouda', whose files each tell of all rows: "
      .. "bring them into memory first, by scan:collect()")
  elseif is_file(path) then
    return store.file_writer(path, opts)
  elseif o.mode ~= "w" then
    check.blame("to_hdf of a scan takes {mode = '%s'} for a file, whose name ends in '.h5', '.hdf' "
      .. "or '.hdf5': '%s' would be a folder with a file of each piece", o.mode, path)
  end
  return folder_writer(path, opts)
end

-- One dataset.
function core.column_methods:to_hdf(path, name, opts)
  if type(name) ~= "string" then check.argument(2, "to_hdf", "string", name) end
  local o = check_options(opts)
  if o.columns ~= nil then check.blame("'to_hdf' of a column has no option 'columns'") end
  write(path, { name }, { self }, o, name)
end

return store
