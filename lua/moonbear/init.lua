-- moonbear: columns spread over MPI ranks. `local mb = require "moonbear"`.
--
-- Every rank runs the same script; operations marked collective must be called by all ranks in the
-- same order, and raise one error on all of them when they are not.

local core = require "moonbear.core"
local distribute = require "moonbear.distribute"
local elementwise = require "moonbear.elementwise"
local expression = require "moonbear.expression"
local frame = require "moonbear.frame"
require "moonbear.frame.shape"
require "moonbear.frame.rows"
require "moonbear.frame.distinct"
require "moonbear.frame.missing"
require "moonbear.frame.compare"
require "moonbear.frame.summary"
require "moonbear.frame.across"
local group = require "moonbear.group"
require "moonbear.frame.reshape"
require "moonbear.frame.markup"
require "moonbear.frame.intervals"
require "moonbear.cut"
require "moonbear.group.scans"
require "moonbear.group.filter"
local csv = require "moonbear.csv"
local hdf = require "moonbear.hdf"
local jsonl = require "moonbear.jsonl"
local kernels = require "moonbear.kernels"
local logs = require "moonbear.logs"
local move = require "moonbear.move"
local options = require "moonbear.options"
local name_list = require "moonbear.names"
local order = require "moonbear.order"
local parquet = require "moonbear.parquet"
local plot = require "moonbear.plot"
local public = require "moonbear.public"
local random = require "moonbear.random"
local reductions = require "moonbear.expression.reductions"
require "moonbear.ranks"
require "moonbear.rows"
local sets = require "moonbear.sets"
local snapshot = require "moonbear.snapshot"
local stream = require "moonbear.stream"
local stream_column = require "moonbear.stream.column"
local time = require "moonbear.time"
require "moonbear.mends"
local check = require "moonbear.check"

local mb = { core = core }

---A missing value in tables: `mb.column{1, mb.null, 3}`.
mb.null = core.null

---A whole number from 0 to 2^64 - 1, to write beside columns, as Lua's integers end at 2^63 - 1:
---`u:gt(mb.uint"18446744073709551615")`. Made of a string of digits, decimal or after `0x`; of a
---float that is such a number; of an integer, whose bits it takes: `mb.uint(u[1])` is the first
---element of a uint column, which reaches Lua as the integer of the same bits. Raises for anything
---else. Not collective.
---@param x string|number|moonbear.uint
---@return moonbear.uint
function mb.uint(x) return core.uint(x) end

---The element-wise functions, for columns and scalars: `mb.math.sqrt(2)`. Not collective.
mb.math = elementwise

---Pictures of columns: `mb.plot.hist(c)`, `line`, `bar`, `hist2d`, `scatter`, `heatmap`,
---`time_series`, `graph_degrees`, `ecdf` and `box`. What each gives shows itself at a prompt, and
---`:save(path)` writes it to a file. gnuplot draws them (Debian's gnuplot-nox). Not collective.
mb.plot = plot

---Row by row a where a bool column is true, else b: columns, scalars or `mb.null`. Missing where
---the condition is (`condition:fill(false)` takes b there), or the chosen side. Not collective.
---@param condition moonbear.Column bool
---@param a moonbear.Column|number|boolean|string|userdata
---@param b moonbear.Column|number|boolean|string|userdata
---@return moonbear.Column
function mb.where(condition, a, b)
  if type(condition) == "boolean" then
    check.blame("bad argument #1 to 'where' (bool column expected, got %s)", core.boolean_mend)
  end
  if stream_column.is_column(condition) then return stream_column.where(condition, a, b) end
  return elementwise.where(condition, a, b)
end

---The number of this rank, from 0. What a script does should not depend on it; `mb.on_rank` is for
---work of one rank alone. Not collective.
---@return integer
function mb.rank() return core.rank() end

---How many ranks there are. Not collective.
---@return integer
function mb.size() return core.size() end

mb.save, mb.load = snapshot.save, snapshot.load
mb.frame, mb.read_hdf, mb.ls_hdf, mb.attrs = frame.new, hdf.read_hdf, hdf.ls_hdf, hdf.attrs
mb.read_csv, mb.read_zeek, mb.read_nfdump = csv.read_csv, logs.read_zeek, logs.read_nfdump
mb.read_jsonl = jsonl.read_jsonl
mb.load_kernels = kernels.load_kernels
mb.concat, mb.histogram2d = move.concat, distribute.histogram2d
mb.histogramdd = distribute.histogramdd
mb.join_text = move.join_text
mb.intersect, mb.union, mb.difference = sets.intersect, sets.union, sets.difference
mb.symmetric_difference = sets.symmetric_difference
mb.read_parquet, mb.ls_parquet, mb.sql = parquet.read_parquet, parquet.ls_parquet, parquet.sql
mb.uniform, mb.normal, mb.lognormal = random.uniform, random.normal, random.lognormal
mb.exponential, mb.poisson, mb.choice = random.exponential, random.poisson, random.choice

mb.time, mb.duration, mb.time_of, mb.time_range = time.time, time.duration, time.time_of,
  time.time_range
mb.argsort = order.argsort
mb.group_by = group.group_by
mb.scan_hdf, mb.scan_parquet, mb.scan_csv = stream.scan_hdf, stream.scan_parquet, stream.scan_csv
mb.collect = stream.collect

---Whether reads, writes and scans that take longer than a second show how far they are: on a
---terminal and in notebooks they do, unless it is called with false. Returns whether they did. Not
---collective.
---@param on boolean
---@return boolean
function mb.progress(on)
  if type(on) ~= "boolean" then check.argument(1, "progress", "true or false", on) end
  return core.progress(on)
end

---Runs a function on one rank, where `io` and `print` act and `math.random` has a generator of its
---own; operations, `os.exit`, `require` of an unloaded module and handles opened outside raise.
---Collective.
---@param rank integer from 0 to `mb.size() - 1`
---@param f function
---@param ... any arguments of `f`, as that rank has them
---@return any ... its results on all ranks: nil, booleans, numbers, strings and tables of these;
---its error is raised on all ranks
---@type fun(rank: integer, f: function, ...: any): any
mb.on_rank, core.on_rank = core.on_rank, nil -- messages name it by one name

---What a file is, by its first bytes: "hdf5", "parquet", "arrow", "netcdf" (of the classic
---format), "matlab" (of a format before 7.3), "json", "zeek", or "csv" for other text; nil for what
---is none of these. Of compressed text, what it is and how it is compressed: "gzip", "bzip2",
---"zstd" or "xz". Collective. Raises when there is no such file.
---
---    print(mb.file_kind "netflow_day-02.bz2")    --> csv     bzip2
---@param path string
---@return string|nil kind
---@return string|nil compression
function mb.file_kind(path)
  local found = core.file_kind(path)
  return found[1], found[2]
end

---Prints how a column will get its values, step by step. Not collective.
---@param column moonbear.Column
function mb.explain(column)
  io.write(core.explain(column))
end

---A column of the rows `1 .. #rows` of a table: booleans, numbers, strings, times or durations;
---`mb.null` is a missing one. Without a type it is that of the rows, of strings text, uint when a
---row is a `mb.uint`, float when a row is a float; float too when no row has a value: name a type
---for such tables. Of a uint column integers are taken by their bits, as `to_table` gives them.
---Raises for rows of other types, naming the row. Collective; the table must be the same on all
---ranks.
---@param rows table
---@param type? "bool"|"int"|"uint"|"float"|"text"|"ip"|"flags"|"time"|"duration"
---@return moonbear.Column
function mb.column(rows, type)
  return core.column(rows, type)
end

---The integers first, first + step, ... up to last, which is included when it is hit. Takes no
---memory until an operation needs it as a whole. Not collective.
---@param first integer
---@param last integer
---@param step? integer not 0; 1 unless told
---@return moonbear.Column # int
function mb.range(first, last, step)
  return core.range(first, last, step)
end

---n times one boolean, number, string, time or duration. Takes no memory until an operation needs
---it as a whole. Not collective.
---@param n integer
---@param value boolean|number|string|moonbear.uint|moonbear.time|moonbear.duration
---@return moonbear.Column
function mb.full(n, value)
  return core.full(n, value)
end

---A column of flags, integers whose bits have names: of an int or uint column, or of text as flags
---are shown. Without names they are TCP's, `"FSRPAUEC"`. Letters name bits from the lowest on, and
---flags are shown as one letter for each bit, from the highest down, with "." where it is not set:
---`...AP.SF`. A list names bits by words, and flags are shown as `SYN|ACK`, "-" where none is set.
---Bits without a name are shown as a number. Flags are compared, sorted and grouped as numbers, and
---`&`, `|` and `~` of two keep them. The same names give columns that go together. Raises for
---columns of other types, for texts that are no flags, and for names that are none. Collective.
---
---    local flags = mb.flags(flows.tcp_flags)
---    print(flags:has("S"):sum(), flags:eq("......S."):sum())
---@param column moonbear.Column
---@param names? string|string[] at most 64
---@return moonbear.Column
function mb.flags(column, names)
  return core.flags(column, names)
end

---n integers from `low` to `high`, both included, evenly distributed. Each is a function of the
---seed and its row, so the column is the same on any number of ranks. Without a seed one is drawn
---from `math.random`. Not collective.
---@param n integer
---@param opts? {low: integer?, high: integer?, seed: integer?} 0, 2^63 - 1 and a drawn one
---@return moonbear.Column # int, or uint where `low` or `high` is a `mb.uint`
function mb.random(n, opts)
  local o = options.check("random", opts, {
    low = { "integer", 0 }, high = { "integer", math.maxinteger }, seed = { "integer" },
  })
  return core.random(n, o.low, o.high, o.seed or math.random(0))
end

---The value of an expression string: `mb.expr("a * b + $c", {a = x, b = y}, {c = 2})`. Its grammar
---is Lua's, with `x in {80, 443}` and the functions of `mb.math`; `==`, `<`, `and`, `not` and their
---kin work element by element, by Kleene's logic where rows are missing. Strings stand beside text,
---`host == 'a'`, and methods of columns that work row by row are called as such,
---`host:startswith('svc-')`, with scalars and tables of options; `time '2024-02-29'` and
---`duration '5min'` stand beside times. Whole numbers may be up to 2^64 - 1. Of scalars alone it is
---a scalar; `host:partition('.')` and its like, alone, give all their columns. Not collective, but
---where it looks into text. Raises for faults of the text, unknown names and operands that do not
---go together, and points at the place.
---@param text string
---@param variables? table<string, moonbear.Column|number|boolean|string>|moonbear.Frame
---@param params? table<string, any> what `$name` stands for
---@return moonbear.Column|number|boolean|string ...
function mb.expr(text, variables, params)
  if frame.is_frame(variables) then return variables(text, params) end
  if variables ~= nil and type(variables) ~= "table" then
    check.blame("bad argument #2 to 'expr' (table or frame expected, got %s)",
      check.describe(variables))
  end
  return expression.evaluate(text, variables or {}, params, nil, reductions.of_column)
end

---Iterates over the k keys with the largest counts, largest first, equal counts by ascending key:
---`for port, n in mb.most_common(ports, counts, 10) do`. Collective.
---@param keys moonbear.Column
---@param counts moonbear.Column int, of the same length
---@param k? integer 10 unless told; fewer when there are fewer keys
---@return fun(): any, integer
function mb.most_common(keys, counts, k)
  local ranked, numbers = core.most_common(keys, counts, k or 10)
  local i = 0
  return function()
    i = i + 1
    return ranked[i], numbers[i]
  end
end

public.seal(mb, nil, { time = true, on_rank = true }) -- these call functions of scripts
public.seal(core.column_methods, "column")
public.seal(frame.methods, "frame", { map = true }) -- which calls a function of the script
public.seal(group.methods, "grouping")
stream.seal()

-- Tells of names that there are not.
return setmetatable(mb, {
  __index = function(_, name)
    if type(name) ~= "string" then return nil end
    check.blame("moonbear has no function '%s'%s", name,
      name_list.mend("mb", name, name_list.of(mb)))
  end,
})
