---@meta

-- Methods of columns about rows as such: where they are, their order, and those of other columns.

---@class moonbear.Column
local Column = {}

---Whether values are among a list, compared exactly, or among the rows of a column of this type: a
---bool column, missing where a value is (pandas says false there: `c:isin(list):fill(false)`).
---Missing rows of the other column are passed over, all NaN are one value. A short list of numbers
---is compared with one by one: lazy, not collective. The distinct values of a column or longer list are put on
---every rank, in a table or hashed behind a bitmap that turns most others away; above 65,536 and a
---rank's share of the rows they are dealt out to the ranks, and rows are asked for in rounds.
---Peak memory: that of `unique` of the list, 20 to 32 bytes a distinct value (on every rank unless
---they are dealt out), 4 MB, and the result. Collective then; raises when the types differ.
---@param list (number|boolean|string)[]|moonbear.Column
---@return moonbear.Column
function Column:isin(list) end

---A dictionary: for each row of a column the value at the key (a row of this column) that it equals.
---Laid out as the column; missing where the row is, or the value, or where no key equals the row
---unless there is a default. Missing keys are passed over; all NaN are one key. Keys are hashed and
---put on every rank, or dealt out, as for `isin`. Peak memory: 17 bytes a key of the rank, 35 to 145
---a key on every rank (on one, where they are dealt out), and the result. Raises when a key is there
---more than once, naming one, and when types or lengths do not go together. Collective.
---@param values moonbear.Column as long as this column
---@param column moonbear.Column of this column's type
---@param options? {default: number|boolean|userdata} of the values' type
---@return moonbear.Column
function Column:lookup(values, column, options) end

---For each row of a column the position of the first row of this column that equals it: an int
---column, missing where none does. As `lookup` otherwise. With `{all = true}` the positions of all
---rows that equal it, in order, and the row of the column that each is of: two int columns, with the
---peak memory of `frame:join`. Collective.
---
---    local positions, rows = keys:find(wanted, { all = true })
---@param column moonbear.Column of this column's type
---@param options? {all: boolean?} false
---@return moonbear.Column positions int
---@return moonbear.Column? rows int
function Column:find(column, options) end

---For each row of a column the position of the interval that holds it, where this column has the
---starts of intervals and another their ends, both included: an int column, missing where no
---interval does. Intervals are in any order; those with a missing end are passed over. They are
---sorted by their starts, on every rank while they are few, as for `isin`, else dealt out by their
---order; the first bits of a value say between which it is searched, by halves. Peak memory: 24
---bytes an interval of the rank, 72 an interval on every rank (on one, where they are dealt out), and
---the result. Raises for intervals that overlap or end before they start, naming their rows, for
---bools, and when types or lengths differ. Collective.
---@param ends moonbear.Column as this column
---@param column moonbear.Column of this column's type
---@return moonbear.Column
function Column:find_interval(ends, column) end

---The rows that are not missing. Collective.
---@return moonbear.Column
function Column:drop_missing() end

---Gives a pending column its values now; returns the column itself. Collective.
---@return moonbear.Column
function Column:eval() end

---The column itself, which is in memory: columns of scans are brought there. Not collective.
---@return moonbear.Column
function Column:collect() end

---Row i is row i - n; n may be negative, and beyond the length. Rows without a source are `fill`, a
---scalar of the column's type, or missing. Collective.
---@param n integer
---@param fill? number|boolean|userdata
---@return moonbear.Column
function Column:shift(n, fill) end

---Each row less the row n before it (1 unless told); missing where there is none. Integers wrap, as
---`-` does and numpy's: `u:as("int", {wrap = true}):diff()` has steps down as negative numbers.
---Collective.
---@param n? integer
---@return moonbear.Column
function Column:diff(n) end

---By which share each row is more than the row n before it (1 unless told): 0.5 is half as much
---again. Missing where there is none. Collective.
---@param n? integer
---@return moonbear.Column # float
function Column:pct_change(n) end

---The numbers of the rows' values among the distinct ones, from 1 on and missing where rows are, and
---the distinct values in ascending order: `values[numbers]` is the column. `unique` tells also how
---often values occur, and where they are first. Collective.
---@return moonbear.Column numbers int
---@return moonbear.Column values
function Column:factorize() end

---The bins that values are in: a text column of labels, as "(0, 10]". Bins are between a list of
---ascending edges, or so many of equal width that hold all values. A bin has its upper edge; with
---`{right = false}` its lower one, and `include_lowest` gives the first, or then the last, the other
---edge too. What is in no bin is missing, as are NaN and missing values. `labels` are other ones, a
---list of strings; `{labels = false}` gives the numbers of bins, from 1 on. Times and durations take
---edges of their type. Collective. Raises for edges that do not ascend.
---
---    print(flows:with{size = flows.bytes:cut({0, 1e3, 1e6, math.huge}, {labels = {"S", "M", "L"}})})
---@param bins integer|table a number of bins, or edges
---@param options? {labels: string[]|false|nil, right: boolean?, include_lowest: boolean?}
---@return moonbear.Column # text, or int without labels
function Column:cut(bins, options) end

---The bins that values are in, of about as many values each: as `cut`, with the quantiles of the
---values as edges, of so many equal parts or a list from 0 to 1, and the first bin with its lower edge
---too. Raises where edges are alike, unless `{duplicates = "drop"}` leaves one of them. Collective.
---@param q integer|number[] a number of bins, or quantiles
---@param options? {labels: string[]|false|nil, duplicates: "raise"|"drop"|nil} "raise"
---@return moonbear.Column # text, or int without labels
function Column:qcut(q, options) end

---The column with the last value before it in the place of each missing one; before the first value
---they stay missing. With a limit values go no further than so many rows. NaN is a value. Collective.
---@param limit? integer
---@return moonbear.Column
function Column:ffill(limit) end

---As `ffill`: with the next value behind it in the place of each missing one. Collective.
---@param limit? integer
---@return moonbear.Column
function Column:bfill(limit) end

---What is computed of each row and those before it, together so many: `c:rolling(7, "mean")`; or of
---those that are less than a duration older, where `on` is a time column by which rows ascend:
---`c:rolling("1h", "sum", {on = times})`. Missing values are left out. A window that has fewer of
---them than `min_periods` is missing, as are the variance and deviation of no more than `ddof`. A
---NaN is in no window but those of its row. Sums of integers wrap; those of floats have the same
---bits on any number of ranks. A row takes the same time however long windows are, up to a million
---rows; longer ones are combined by doubling, in twice log2 n passes. Peak memory: 17 bytes for each
---row of other ranks that windows of this rank have, 65 for each row of a window; of the long ones
---four columns. Collective. Raises when the window is larger than the data and there is no
---`min_periods`, and for times that do not ascend.
---@param window integer|string|moonbear.duration
---@param name "sum"|"mean"|"min"|"max"|"std"|"var"|"count"
---@param options? {min_periods: integer?, ddof: number?, on: moonbear.Column?} the window's rows (1 for
---durations, 0 for counts), 0
---@return moonbear.Column
function Column:rolling(window, name, options) end

---The column with other values in some rows, which stays as it is itself: where `where`, a bool
---column, is true (a missing row counts as false), or at the positions in an int column or a table,
---from 1, or from -1 at the end. `value` is a scalar of the column's type, `mb.null`, or a column
---with one for each true row, or position, in order; of several for a row the last stays. Raises
---when values do not fit the type, or a position is missing or out of range. Lazy for a mask and a
---scalar, else collective.
---@param where moonbear.Column|integer[]
---@param value moonbear.Column|number|boolean|userdata
---@return moonbear.Column
function Column:put(where, value) end

---The rows in order, NaN and then missing ones last in both directions. A column in order already is
---given back. Few rows are sorted by every rank; others are partitioned by the highest bits of their
---codes, exchanged once and sorted in cache. Peak memory: 8 or 16 bytes a row, and the result.
---Collective.
---@param options? {descending: boolean?} false
---@return moonbear.Column
function Column:sort(options) end

---The positions that put the rows in order, as `sort` does it: an int column, stored in 4 bytes below
---2^32 rows. Equal rows stay in row order. `mb.argsort` takes several columns. Peak memory: 8 to 24
---bytes a row, by how many bits vary, and the result. Collective.
---@param options? {descending: boolean?} false
---@return moonbear.Column # int
function Column:argsort(options) end

---The place of each row among the rows in ascending order, from 1 on, as pandas has it. Of equal
---rows `method` says what they get: the "average" of their places, the least ("min") or largest
---("max"), places in row order ("first"), or places that count distinct values ("dense"). With
---`{ascending = false}` the largest is first; with `{pct = true}` places are shares of the values.
---Missing values and NaN have none. One sort, as `argsort`. Collective.
---@param options? {method: string?, ascending: boolean?, pct: boolean?} "average", true, false
---@return moonbear.Column # float for "average" and shares, else int
function Column:rank(options) end

---Whether the rows are in the order of `sort`. Collective.
---@param options? {descending: boolean?} false
---@return boolean
function Column:is_sorted(options) end

---The k largest values, largest first, and their positions; equal ones by position. NaN and missing
---rows are left out; there are fewer when there are fewer rows. One pass, which skips blocks of rows
---by their stored bounds; a large k sorts. Peak memory: 32 bytes for each of k rows. Collective.
---@param k integer
---@return moonbear.Column values
---@return moonbear.Column positions int
function Column:topk(k) end

---As `topk`: the k smallest values, smallest first.
---@param k integer
---@return moonbear.Column values
---@return moonbear.Column positions int
function Column:bottomk(k) end

---The position, from 1 on, where each of some values belongs in a column in ascending order: before
---the rows that equal it ("left"), or after them ("right"). An int column, missing where a value
---is; of a scalar an integer. Few rows are brought to all ranks; of many each rank searches its
---own. Peak memory: 8 bytes a row, and 25 a value. Collective. Raises when the column is not in
---order, and when a column of values is of another type; scalars of any type are compared exactly.
---@param values moonbear.Column|table|number|boolean
---@param side? "left"|"right" "left" unless told
---@return moonbear.Column|integer
function Column:searchsorted(values, side) end

---Rows first, first + step, ... up to last, or down to it when the step is below 0, both included;
---as string.sub, what lies outside is left off. Collective.
---@param first integer
---@param last? integer the last row unless told, or backwards the first
---@param step? integer not 0; 1 unless told
---@return moonbear.Column
function Column:slice(first, last, step) end

---The first rows, 5 unless told. Collective.
---@param n? integer
---@return moonbear.Column
function Column:head(n) end

---The last rows, 5 unless told. Collective.
---@param n? integer
---@return moonbear.Column
function Column:tail(n) end

---The rows from last to first, evenly laid out. Collective.
---@return moonbear.Column
function Column:reverse() end

---Each row n times in a row, or as often as an int column says (a missing number: not at all).
---Evenly laid out. Raises for numbers below 0. Collective. Memory: positions beside the result, and
---16 bytes for each row.
---@param n integer|moonbear.Column
---@return moonbear.Column
function Column:repeat_by(n) end

---n rows drawn at random, or the share `frac` of all, in random order; none twice unless `replace`.
---A function of the seed, and the same on any number of ranks; without a seed one is drawn from
---`math.random`. Collective.
---@param n? integer at most the number of rows, unless `replace`
---@param options? {seed: integer?, replace: boolean?, frac: number?}
---@return moonbear.Column
function Column:sample(n, options) end

---All rows in random order, a function of the seed alone: columns of one length are shuffled alike,
---on any number of ranks. Without a seed one is drawn from `math.random`. Collective.
---@param seed? integer
---@return moonbear.Column
function Column:shuffle(seed) end

---All rows as a table, on every rank; `mb.null` where one is missing. Raises when there are more
---than the limit. Collective.
---@param limit? integer a million unless told
---@return table
function Column:to_table(limit) end

---Prints rows below each other, beside their numbers: all, or of more than n the first and the last
---ones. `{thousands = true}` sets commas between thousands, `{decimals = 2}` rounds floats. Collective.
---@param n? integer 50 unless told
---@param opts? {thousands: boolean?, decimals: integer?}
function Column:show(n, opts) end

---"bool", "int", "uint", "float", "text", "time", "duration", "ip" or "flags". Not collective.
---@return string
function Column:type() end

---type; pending (no values yet); width (bytes a stored value); rows (on each rank); bytes (on this
---rank); missing (rows); of times and durations unit ("s", "ms", "us" or "ns"); of text, and of addresses
---that are not of version 4 alone, storage ("dictionary" or "plain"), and strings or addresses (kept,
---on all ranks). Not collective; `bytes` differs between ranks.
---@return table
function Column:info() end

---Frees its memory on this rank, now; calling it again is fine. Not collective.
function Column:close() end

return Column
