-- Reading HDF5 files.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local lanl = require "moonbear.lanl"
local options = require "moonbear.options"

local hdf = {}

-- A list of strings from an argument that may be one string.
local function strings(value, argument, name)
  if type(value) == "string" then return { value } end
  if type(value) ~= "table" or frame.is_frame(value) then
    check.argument(argument, name, "string or list of strings", value)
  end
  for i = 1, #value do
    if type(value[i]) ~= "string" then
      check.blame("bad argument #%d to '%s' (number %d of the list must be a string, got %s)",
        argument, name, i, check.describe(value[i]))
    end
  end
  if #value == 0 then
    check.blame("bad argument #%d to '%s' (the list is empty)", argument, name)
  end
  return value
end

local function check_distinct(names)
  local seen = {}
  for _, name in ipairs(names) do
    if seen[name] then
      check.blame("bad argument #2 to 'read_hdf' ('%s' is there twice)", name)
    end
    seen[name] = true
  end
end

-- Reads columns; what csv2hdf noted of the names of devices is learnt with them.
local function read_columns(files, names, widen)
  local columns, prefixes = core.read_hdf(files, names, "device_prefixes", widen)
  lanl.learn_prefixes(prefixes)
  return columns
end

-- Whether the types of files may differ, as the options say.
local function check_widen(opts)
  local types = options.check("read_hdf", opts, { types = { "any", "same" } }).types
  if types ~= "same" and types ~= "widen" then
    options.blame("read_hdf", "types", "'same' or 'widen'", types)
  end
  return types == "widen"
end

-- The names of all datasets of the first file.
local function all_names(files)
  local names = {}
  for i, dataset in ipairs(hdf.ls_hdf(files)) do names[i] = dataset.name end
  if #names == 0 then
    check.blame("%s: there is no one-dimensional dataset of integers, floats, bools or strings to "
      .. "read", files[1])
  end
  return names
end

---What there is to read in a file.
---@class moonbear.Dataset
---@field name string
---@field type string "bool", "int", "uint", "float" or "text"
---@field rows integer

---Lists the one-dimensional datasets of integers, floats, bools and strings in an HDF5 file, by
---name; those in groups have their paths, as `group/name`, for names. Links to groups are not
---followed. Of a pattern or a list, the first file is listed.
---
---Collective; rank 0 looks. Raises when there is no such file, or it is not HDF5 or damaged.
---@param paths string|string[]
---@return moonbear.Dataset[]
function hdf.ls_hdf(paths)
  local datasets = core.ls_hdf(strings(paths, 1, "ls_hdf"))
  table.sort(datasets, function(a, b) return a.name < b.name end)
  return datasets
end

---Reads datasets of HDF5 files. The rows of all files form one column for each name, evenly split
---over the ranks. A pattern stands for the files that match it, sorted by name; a list keeps its
---order. One name gives a column, a list of names a frame with these columns; without names, every
---dataset that `mb.ls_hdf` lists of the first file is read into a frame. A dataset in a group has
---its path for a name: `group/name`.
---
---Integers of 1, 2 and 4 bytes and signed ones of 8 become `int`, unsigned ones of 8 bytes `uint`;
---floats keep 4 or 8 bytes; h5py's bool, bytes that Arkouda or MATLAB mark as bool and 8-bit bit
---fields become `bool`. Strings of fixed or variable length become `text`, byte for byte, without
---what pads them: zeros or, as the dataset's type says, spaces. Any byte order, layout and filter
---of HDF5 will do; what was never written reads as the dataset's fill value. MATLAB's empty matrix
---has no rows.
---
---With {types = "widen"} files may differ in the type of a dataset, and the column gets one that
---has every value of each: bools become 0 and 1; unsigned integers of 1, 2 and 4 bytes join `uint`;
---bools, and integers of at most 53 binary digits, join `float`.
---
---Collective. Raises, on all ranks and naming file and dataset, when a file or dataset is missing
---or damaged, a source of a virtual dataset is missing, a dataset is not one-dimensional or of
---another class, files disagree in the type of a dataset, or the datasets of a file in their
---length.
---@param paths string|string[] files and patterns
---@param names? string|string[] datasets
---@param opts? {types: "same"|"widen"}
---@return moonbear.Column|moonbear.Frame
---@overload fun(paths: string|string[], name: string, opts?: table): moonbear.Column
---@overload fun(paths: string|string[], names?: string[], opts?: table): moonbear.Frame
function hdf.read_hdf(paths, names, opts)
  if type(opts) == "string" then
    check.blame("'read_hdf' takes paths, names and options: several paths or names are lists, "
      .. "as in mb.read_hdf(path, {'a', 'b'})")
  end
  local files = strings(paths, 1, "read_hdf")
  local widen = check_widen(opts)
  if type(names) == "string" then return read_columns(files, { names }, widen)[1] end
  local wanted = names == nil and all_names(files) or strings(names, 2, "read_hdf")
  check_distinct(wanted)
  local pairs_in_order = {}
  for i, column in ipairs(read_columns(files, wanted, widen)) do
    pairs_in_order[i] = { wanted[i], column }
  end
  return frame.new(pairs_in_order)
end

return hdf
