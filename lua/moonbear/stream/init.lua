-- Frames larger than memory: scans of files, and several results in one pass over them.

local check = require "moonbear.check"
local column = require "moonbear.stream.column"
local core = require "moonbear.core"
local csv = require "moonbear.csv"
local fold = require "moonbear.stream.fold"
local frame = require "moonbear.frame"
local group = require "moonbear.group"
local hdf = require "moonbear.hdf"
local grouping = require "moonbear.stream.grouping"
local parquet = require "moonbear.parquet"
local pass = require "moonbear.stream.pass"
local public = require "moonbear.public"
local scan = require "moonbear.stream.scan"
local blame = check.blame

local stream = {
  ---The methods of each class.
  ---@type table<string, table<string, function>>
  methods = { Scan = scan.methods, ScanColumn = column.methods,
    ScanGrouping = grouping.methods },
}

---The class of something of a scan: "Scan", "ScanColumn" or "ScanGrouping"; nil for others. Not
---collective.
---@param x any
---@return string?
function stream.class(x)
  return scan.is_scan(x) and "Scan" or column.is_column(x) and "ScanColumn"
    or grouping.is_grouping(x) and "ScanGrouping" or nil
end

---Whether columns of scans have a method of columns. Not collective.
---@param name string
---@return boolean
stream.has = column.has

---The columns of a scan by name; none of others. Not collective.
---@param x any
---@return table<string, moonbear.ScanColumn>
function stream.columns(x) return scan.is_scan(x) and scan.inside(x).columns or {} end

---A frame whose columns stay in HDF5 files, to compute with data that are larger than memory: paths
---and names are those of `mb.read_hdf`, and the options `types`, `on_error` and `as`. It is used as
---a frame is, as far as results can be computed piece by piece (see Scan).
---
---    local flows = mb.scan_hdf("flows/*.hdf", { "srcIP", "dstPort", "srcBytes" })
---    print(flows:where("srcBytes > 1e6"):group_by("srcIP"):agg { bytes = { "srcBytes", "sum" } })
---
---Rows that a filter cannot match are not read, by the zones that `to_hdf` writes.
---
---The files are looked at now, and read by each result. Collective. Raises as `mb.read_hdf` does,
---and where a file was changed since.
---@param paths string|string[]
---@param names? string|string[]
---@param opts? moonbear.ReadHdfOptions
---@return moonbear.Scan
function stream.scan_hdf(paths, names, opts) return scan.new(hdf.source(paths, names, opts)) end

---A frame whose columns stay in Parquet files: paths and names are those of `mb.read_parquet`. It
---is used as that of `mb.scan_hdf` is.
---
---    local flows = mb.scan_parquet("flows/*.parquet", { "srcIP", "srcBytes" })
---    print(flows.srcBytes:sum())
---
---The files are looked at now, and read by each result. Collective. Raises as `mb.read_parquet`
---does.
---@param paths string|string[]
---@param names? string|string[]
---@return moonbear.Scan
function stream.scan_parquet(paths, names) return scan.new(parquet.source(paths, names)) end

---A frame whose columns stay in files of delimited text: paths and options are those of
---`mb.read_csv`, but for `rows`, and `on_bad` cannot be "skip". It is used as that of `mb.scan_hdf`
---is.
---
---    local log = mb.scan_csv("proxy/*.csv", { types = { at = { "time", unit = "ms" } } })
---    print(log.user:value_counts())
---
---The files are read once now, in pieces, to find the types of columns and where pieces begin, and
---by each result. Pieces of compressed files are blocks of bzip2, BGZF and xz, and frames of zstd;
---a file that is a single one is a piece. Collective. Raises as `mb.read_csv` does, and for
---compressed files with a trailer.
---@param paths string|string[]
---@param opts? moonbear.CsvOptions
---@return moonbear.Scan
function stream.scan_csv(paths, opts) return scan.new(csv.source(paths, opts)) end

-- What has a function that gives the fold of one of its methods.
local function fold_of(object, method, ...)
  if column.is_column(object) then return column.fold(object, method, ...) end
  if scan.is_scan(object) then return scan.fold(object, method, ...) end
  if grouping.is_grouping(object) then return grouping.fold(object, method, ...) end
end

-- The method of what is in memory, a frame, a column or groups; nil for others.
local function method_of(object, name)
  local class = check.class(object)
  local methods = class == "frame" and frame.methods or class == "column" and core.column_methods
    or class == "grouping" and group.methods
  return methods and methods[name] or nil
end

-- What a method gives: one value, or of several a list.
local function value_of(...)
  if select("#", ...) > 1 then return { ... } end
  return (...)
end

-- The fold of what is asked for by a list, and its source.
local function asked(name, it)
  local part, source
  if type(it) == "table" and not check.class(it) then
    part, source = fold_of(it[1], it[2], table.unpack(it, 3))
  end
  if part then return part, source end
  blame("collect: '%s' must be {column, \"sum\"}: a column, a scan or its groups, the name of a "
    .. "method that gives a result, and its arguments; got %s", check.name(name),
    type(it) == "table" and check.describe(it[1]) .. " and " .. check.show(it[2])
    or check.describe(it))
end

---Several results in one pass over the files of a scan: a table of results by name. Each is asked
---for by a list of a column, a scan or its groups, the name of a method, and its arguments; of a
---method that gives several results the result is a list. What is in memory may be asked, too.
---
---    local r = mb.collect {
---      bytes = { flows.srcBytes, "sum" },
---      ports = { flows:group_by "dstPort", "agg", { flows = "size" } },
---    }
---
---Collective. Raises as the methods do, and for parts of different scans.
---@param parts table<string, table>
---@return table<string, any>
function stream.collect(parts)
  if type(parts) ~= "table" or check.class(parts) then
    check.argument(1, "collect", "table of results by name", parts)
  end
  local folds, source, results = {}, nil, {}
  for name, it in pairs(parts) do
    local method = type(it) == "table" and not check.class(it) and method_of(it[1], it[2])
    if method then
      results[name] = value_of(method(it[1], table.unpack(it, 3)))
    else
      local part, of = asked(name, it)
      if source and of ~= source then blame("collect: these are parts of different scans") end
      folds[name], source = part, of
    end
  end
  for name, result in pairs(source and pass.run(fold.all(folds), source) or {}) do
    results[name] = result
  end
  return results
end

---Seals the methods of scans as scripts call them. Not collective.
function stream.seal()
  for class, methods in pairs(stream.methods) do
    public.seal(methods, class:lower(), { map = true }) -- which calls a function of the script
  end
end

return stream
