-- Scans: frames whose columns stay in their files.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local column = require "moonbear.stream.column"
local csv = require "moonbear.csv"
local expression = require "moonbear.expression"
local fold = require "moonbear.stream.fold"
local frame = require "moonbear.frame"
local move = require "moonbear.move"
local names = require "moonbear.names"
local outer = require "moonbear.stream.outer"
local parquet = require "moonbear.parquet"
local pass = require "moonbear.stream.pass"
local recipe = require "moonbear.stream.recipe"
local store = require "moonbear.store"
local blame, listed = check.blame, arguments.listed

---A frame whose columns stay in their files: `scan.name` is a column, `scan "a + b"` one of an
---expression. Filters, joins with frames in memory and what works row by row are noted. A result,
---as of `scan.bytes:sum()` or `scan:group_by("port"):agg{...}`, is computed by a pass over the
---files, in pieces that fit memory; `mb.collect` computes several in one pass. `scan:collect()`
---brings the rows that are left into memory. `#scan` is the number of rows, and takes a pass after
---a filter.
---@class moonbear.Scan
local Scan = {}
local meta = { __name = "moonbear.scan" }

local scan = { methods = Scan }

local INSIDE = {} -- a key that no script has

---@class moonbear.ScanInside
---@field source moonbear.Source
---@field rows any the same for columns of the same rows
---@field names string[]
---@field columns table<string, moonbear.ScanColumn>

---What a scan consists of. Not collective.
---@param x moonbear.Scan
---@return moonbear.ScanInside
function scan.inside(x) return rawget(x, INSIDE) end

local inside = scan.inside

---Whether it is a scan. Not collective.
---@param x any
---@return boolean
function scan.is_scan(x) return getmetatable(x) == meta end

local function new(source, rows, list, columns)
  return setmetatable({
    [INSIDE] = { source = source, rows = rows, names = list, columns = columns },
  }, meta)
end

local function copy(list) return table.move(list, 1, #list, 1, {}) end

-- The columns of a scan in order.
local function columns_of(self)
  local list, it = {}, inside(self)
  for i, name in ipairs(it.names) do list[i] = it.columns[name] end
  return list
end

-- The columns as variables of an expression, as `make` has them, which notes those that it uses.
local function variables_of(columns, make, used)
  return setmetatable({}, {
    __index = function(_, name)
      local found = columns[name]
      if found and used then used[#used + 1] = found end
      return found and make(found)
    end,
    __pairs = function() return pairs(columns) end,
  })
end

---The column of an expression, or a scalar when it is made of scalars alone. Not collective.
---@param self moonbear.Scan
---@param code string
---@param params? table
---@return moonbear.ScanColumn|any
function scan.expression(self, code, params)
  local it, used = inside(self), {}
  local function evaluate(piece, noted)
    local function make(found) return column.value(found, piece) end
    return (expression.evaluate(code, variables_of(it.columns, make, noted), params, it.names))
  end
  local sample = evaluate(it.source.nothing, used)
  if not check.is_column(sample) then return sample end
  return column.new(it.source, it.rows, recipe.new(column.needs_of(used), evaluate))
end

---The column of that name. Not collective. Raises when there is none.
---@param name string
---@return moonbear.ScanColumn
function Scan:column(name)
  local it = inside(self)
  if it.columns[name] then return it.columns[name] end
  blame("there is no column '%s'%s", check.name(name),
    names.mend("named", check.name(name), it.names))
end

---The names of the columns, in order. Not collective.
---@return string[]
function Scan:columns() return copy(inside(self).names) end

---The rows where a condition is true: a bool column of the scan, or an expression. Not collective.
---@param condition string|moonbear.ScanColumn
---@param params? table what `$name` stands for
---@return moonbear.Scan
function Scan:where(condition, params)
  local it, mask = inside(self), condition
  if type(mask) == "string" then mask = scan.expression(self, mask, params) end
  if not column.is_column(mask) or mask:type() ~= "bool" then
    blame("'where' takes a bool column of the scan or an expression that gives one, got %s",
      check.describe(mask))
  end
  local columns = {}
  for name, old in pairs(it.columns) do columns[name] = old[mask] end
  return new(it.source, mask, copy(it.names), columns)
end

---The scan with columns added or replaced, as `frame:with` does. Not collective.
---@param columns table<string, string|moonbear.ScanColumn>
---@param params? table
---@return moonbear.Scan
function Scan:with(columns, params)
  local result = self:select(inside(self).names)
  local list, is_list = arguments.ordered_pairs(columns, "with")
  local it = inside(result)
  for _, pair in ipairs(list) do
    local name, new_one = pair[1], pair[2]
    arguments.check_name(name)
    if type(new_one) == "string" then
      new_one = scan.expression(is_list and result or self, new_one, params)
    end
    if not column.is_column(new_one) or new_one._rows ~= it.rows then
      blame("with: '%s' must be a column of the scan's rows or an expression of them, got %s", name,
        check.describe(new_one))
    end
    if not it.columns[name] then table.insert(it.names, name) end
    it.columns[name] = new_one
  end
  return result
end

---The scan of some columns, in the order of the names. Not collective.
---@param ... string|string[]
---@return moonbear.Scan
function Scan:select(...)
  local it, list, columns = inside(self), {}, {}
  for i, name in ipairs(listed(...)) do list[i], columns[name] = name, self:column(name) end
  return new(it.source, it.rows, list, columns)
end

---The scan without some columns. Not collective.
---@param ... string|string[]
---@return moonbear.Scan
function Scan:drop(...)
  local without, list = {}, {}
  for _, name in ipairs(listed(...)) do without[name] = self:column(name) end
  for _, name in ipairs(inside(self).names) do
    if not without[name] then list[#list + 1] = name end
  end
  return self:select(list)
end

-- Names and columns of a piece.
local function pairs_of(list, columns, piece)
  local result = {}
  for i, name in ipairs(list) do result[i] = { name, column.value(columns[i], piece) } end
  return result
end

-- The recipe of frames of the scan's columns, and of what f makes of them where it is told.
local function frames_of(self, filters, f)
  local list, columns = inside(self).names, columns_of(self)
  return recipe.new(column.needs_of(columns), function(piece)
    local rows = frame.new(pairs_of(list, columns, piece))
    if f then return f(rows) end
    return rows
  end, filters)
end

-- A scan of what f makes of frames of the scan's columns: of no rows nothing, if filters are told
-- that these have passed.
local function of_frames(self, f, filters)
  local it, whole = inside(self), frames_of(self, nil, f)
  whole.opaque = true
  local list = recipe.make(whole, it.source.nothing):columns()
  local rows, made = { filters = filters }, {}
  for _, name in ipairs(list) do
    made[name] = column.new(it.source, rows, recipe.new(whole.needs, function(piece)
      return recipe.make(whole, piece):column(name)
    end))
  end
  return new(it.source, rows, list, made)
end

---Joins the rows with a frame in memory, as `frame:join` does: also in its order, where the rows of
---a "right" or "outer" join that only the frame has come last. These joins are a scan of their own
---for `mb.collect`. Not collective, but for a look at no rows.
---@param other moonbear.Frame
---@param opts moonbear.JoinOptions
---@return moonbear.Scan
function Scan:join(other, opts)
  if not frame.is_frame(other) then
    check.argument(1, "join", "frame in memory", other,
      scan.is_scan(other) and ": its rows are brought there by :collect()" or nil)
  end
  local how, it = type(opts) == "table" and opts.how, inside(self)
  if how == "right" or how == "outer" then
    return scan.new(outer.source(it.source, it.names, columns_of(self), other, opts), {})
  end
  return of_frames(self, function(rows) return rows:join(other, opts) end,
    column.filters_of(it.rows))
end

---The rows as a function changes them: it takes frames of some of the rows, in memory, and gives
---frames. Where it does not work row by row, results depend on the pieces. It is tried with no rows
---first. Not collective, but for that.
---@param f fun(rows: moonbear.Frame): moonbear.Frame
---@return moonbear.Scan
function Scan:map(f)
  if not scan.is_scan(self) then blame("'map' is a method: call it with a colon, scan:map(...)") end
  if type(f) ~= "function" then check.argument(1, "map", "function", f) end
  return of_frames(self, function(rows)
    local result = f(rows)
    if not frame.is_frame(result) then
      blame("map: the function must give a frame, got %s", check.describe(result))
    end
    return result
  end)
end

-- All columns as one fold, whose result is a frame; of the first n rows where n is told.
local function rows_fold(self, n)
  local it, parts = inside(self), {}
  for _, name in ipairs(it.names) do parts[name] = fold.rows(it.columns[name]._make, n) end
  return fold.with(fold.all(parts), function(results)
    local list = {}
    for i, name in ipairs(it.names) do list[i] = { name, results[name] } end
    return frame.new(list)
  end)
end

-- The rows with the best values of a column: of those that each piece has, and those kept before.
local function best_fold(self, method, ...)
  local it, wanted = inside(self), table.pack(...)
  local whole = frames_of(self, column.filters_of(it.rows))
  local function best(rows) return rows[method](rows, table.unpack(wanted, 1, wanted.n)) end
  local kept = best(recipe.make(whole, it.source.nothing)) -- checks the arguments, too
  return {
    recipes = { whole },
    add = function(piece) kept = best(move.concat { kept, best(recipe.make(whole, piece)) }) end,
    result = function() return kept end,
  }
end

-- Writes the rows piece by piece, by what a writer begins: `add` takes those of a piece, `finish`
-- gives what was written its name, and `close` throws away what has none. Pieces without rows are
-- left out.
local function write_pieces(self, name, writer, path, opts)
  local it, written = inside(self), false
  if #it.names == 0 then blame("%s: the scan has no columns", name) end
  local add, finish, close = writer(path, opts)
  local whole = frames_of(self, column.filters_of(it.rows))
  local function add_piece(piece)
    local rows = recipe.make(whole, piece)
    if #rows == 0 then return end
    add(rows)
    written = true
  end
  local ok, problem = pcall(pass.run, {
    recipes = { whole }, add = add_piece, result = function()
      if not written then add(recipe.make(whole, it.source.nothing)) end
      finish()
    end,
  }, it.source)
  close()
  if not ok then error(problem, 0) end
end

---Writes the rows as delimited text, as `frame:to_csv` does, piece by piece into one file, which
---gets its name when it is complete and on the disk. Collective.
---@param path string
---@param opts? moonbear.CsvOutput
function Scan:to_csv(path, opts)
  write_pieces(self, "to_csv", csv.writer, path, opts)
end

---Writes the rows as Parquet, as `frame:to_parquet` does, into a folder that gets a file of each
---rank for each piece, and its name when it is complete and on the disk. `mb.scan_parquet` and
---`mb.read_parquet` read it as one. Collective. Raises for a path that ends in `.parquet`.
---@param path string of a folder that is not there, or empty
---@param opts? {compression: "zstd"|"snappy"|"gzip"|"lz4"|"none"}
function Scan:to_parquet(path, opts)
  write_pieces(self, "to_parquet", parquet.writer, path, opts)
end

---Writes the rows to an HDF5 file, as `frame:to_hdf` does, in one pass: it has what that of a frame
---would have, and gets its name when it is complete and on the disk. Until all rows are known, they
---are in files beside it, `PATH.rows.NUMBER.part`, which takes the room of the file once more, not
---compressed; what is left of a run that was killed, the next one removes. The path ends in `.h5`,
---`.hdf`, `.hdf5` or `.he5`; other ones are folders, which must not be there or be empty: each
---piece gets a file in it, `part-00000.h5` and so on, at once, and `mb.scan_hdf` and `mb.read_hdf`
---read it as one. Options are those of a frame, but for `files` and `layout`; of folders also but
---for `mode` and `append`. Collective. Raises as `frame:to_hdf` does.
---@param path string
---@param opts? moonbear.ToHdf
function Scan:to_hdf(path, opts)
  write_pieces(self, "to_hdf", store.writer, path, opts)
end

---The fold of a method that gives a result, and its source; nil for others. Not collective.
---@param self moonbear.Scan
---@param method string
---@param n any
---@param ... any
---@return moonbear.Fold?, moonbear.Source?
function scan.fold(self, method, n, ...)
  local it = inside(self)
  if method == "collect" then return rows_fold(self), it.source end
  if method == "head" then return rows_fold(self, arguments.count("head", n)), it.source end
  if method == "topk" or method == "bottomk" then
    return best_fold(self, method, n, ...), it.source
  end
end

---The rows in memory, as a frame. Collective.
---@return moonbear.Frame
function Scan:collect() return pass.run(scan.fold(self, "collect")) end

---The first rows, 5 unless told, as a frame in memory; reads no more than it needs. Collective.
---@param n? integer
---@return moonbear.Frame
function Scan:head(n) return pass.run(scan.fold(self, "head", n)) end

---The rows with the k largest values of a column, as `frame:topk` gives them: a frame in memory.
---Collective.
---@param name string
---@param k integer
---@param opts? {by: string|string[]|nil}
---@return moonbear.Frame
function Scan:topk(name, k, opts) return pass.run(scan.fold(self, "topk", name, k, opts)) end

---The rows with the k smallest values of a column, smallest first; as `topk` otherwise. Collective.
---@param name string
---@param k integer
---@param opts? {by: string|string[]|nil}
---@return moonbear.Frame
function Scan:bottomk(name, k, opts) return pass.run(scan.fold(self, "bottomk", name, k, opts)) end

function meta.__index(self, key)
  local it = inside(self)
  if Scan[key] then return Scan[key] end
  if column.is_column(key) then return Scan.where(self, key) end
  if it.columns[key] then return it.columns[key] end
  if type(key) == "string" and frame.methods[key] then blame(column.no_stream, key) end
  blame("this scan has no column or method '%s'%s", check.name(key),
    names.mend("named", check.name(key), it.names))
end

function meta.__newindex()
  blame("a scan does not change; scan:with{name = ...} makes one with a column more")
end

function meta.__call(self, code, params) return scan.expression(self, code, params) end

function meta.__len(self)
  local it = inside(self)
  if it.rows == it.source then return it.source.rows end
  return #columns_of(self)[1]
end

function meta.__tostring(self)
  local it, list = inside(self), {}
  for i, name in ipairs(it.names) do list[i] = name .. " " .. it.columns[name]:type() end
  return ("scan of %s: %s"):format(it.source.title, table.concat(list, ", "))
end

---A scan of all columns of a source; `rows` stands for its rows where the source does not know how
---many there are. Not collective.
---@param source moonbear.Source
---@param rows? table
---@return moonbear.Scan
function scan.new(source, rows)
  source.nothing = recipe.piece(source.empty)
  local columns = {}
  for _, name in ipairs(source.names) do
    columns[name] = column.new(source, rows or source, recipe.of_file(name))
  end
  return new(source, rows or source, copy(source.names), columns)
end

return scan
