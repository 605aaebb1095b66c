---@meta

-- What the C userdata offers, for language servers.
--
-- Operators and element-wise functions are lazy: they give a pending column, which is computed
-- block by block when an operation needs its rows. A row is missing where one of an operand is,
-- unless told otherwise. They raise when lengths differ or types do not go together (an int and a
-- uint column never do: cast one by `as`), and are not collective. The scalar beside a column takes
-- its type. `mb.math` has the same functions for scalars too.

---An immutable column, spread over the ranks. Rows count from 1; negative positions from the end.
---`c[i]` reads a row (nil when it is missing), `c[mask]` gives the rows where a bool column is true,
---`c[positions]` those at positions, an int column or a table of integers, laid out as these and
---missing where one of them is; it raises for the first position that is out of range. `#c` is the
---number of rows.
---@class moonbear.Column
---@field [integer] boolean|integer|number|nil
---@operator len: integer
---@operator add(moonbear.Column|number): moonbear.Column
---@operator sub(moonbear.Column|number): moonbear.Column
---@operator mul(moonbear.Column|number): moonbear.Column
---@operator div(moonbear.Column|number): moonbear.Column
---@operator idiv(moonbear.Column|number): moonbear.Column
---@operator mod(moonbear.Column|number): moonbear.Column
---@operator pow(moonbear.Column|number): moonbear.Column
---@operator unm: moonbear.Column
---@operator band(moonbear.Column|integer): moonbear.Column
---@operator bor(moonbear.Column|integer): moonbear.Column
---@operator bxor(moonbear.Column|integer): moonbear.Column
---@operator shl(moonbear.Column|integer): moonbear.Column
---@operator shr(moonbear.Column|integer): moonbear.Column
---@operator bnot: moonbear.Column
local Column = {}

---The rows that equal x: a bool column, exact between int, uint and float; missing where a value
---is. Lazy. Raises when the lengths differ. Not collective.
---@param x moonbear.Column|number|boolean a boolean for bool columns only
---@return moonbear.Column
function Column:eq(x) end

---As `eq`: not equal. NaN is unequal to everything.
---@param x moonbear.Column|number|boolean
---@return moonbear.Column
function Column:ne(x) end

---As `eq`: less than x.
---@param x moonbear.Column|number|boolean
---@return moonbear.Column
function Column:lt(x) end

---As `eq`: less than x, or equal.
---@param x moonbear.Column|number|boolean
---@return moonbear.Column
function Column:le(x) end

---As `eq`: greater than x.
---@param x moonbear.Column|number|boolean
---@return moonbear.Column
function Column:gt(x) end

---As `eq`: greater than x, or equal.
---@param x moonbear.Column|number|boolean
---@return moonbear.Column
function Column:ge(x) end

---The absolute value, of the column's type; an int for bool. That of the smallest int wraps to itself.
---@return moonbear.Column
function Column:abs() end

----1, 0 or 1, of the column's type; NaN of NaN.
---@return moonbear.Column
function Column:sign() end

---The largest whole number that is not above; a float. Integers stay as they are.
---@return moonbear.Column
function Column:floor() end

---The smallest whole number that is not below; a float. Integers stay as they are.
---@return moonbear.Column
function Column:ceil() end

---The whole number towards zero; a float. Integers stay as they are.
---@return moonbear.Column
function Column:trunc() end

---Rounded to so many decimals, half to even. Integers stay as they are.
---@param decimals? integer 0 unless told; below 0 for floats only
---@return moonbear.Column
function Column:round(decimals) end

---The square root; NaN below 0. A float.
---@return moonbear.Column
function Column:sqrt() end

---The cube root. A float.
---@return moonbear.Column
function Column:cbrt() end

---e to the power of each value. A float. Functions of floats are within 1 unit in the last place, with the
---same bits on any instruction set.
---@return moonbear.Column
function Column:exp() end

---e^x - 1, exact near 0. A float.
---@return moonbear.Column
function Column:expm1() end

---The natural logarithm; -inf of 0, NaN below. A float.
---@return moonbear.Column
function Column:log() end

---The logarithm to base 2. A float.
---@return moonbear.Column
function Column:log2() end

---The logarithm to base 10. A float.
---@return moonbear.Column
function Column:log10() end

---log(1 + x), exact near 0. A float.
---@return moonbear.Column
function Column:log1p() end

---The sine of radians. A float.
---@return moonbear.Column
function Column:sin() end

---The cosine of radians. A float.
---@return moonbear.Column
function Column:cos() end

---The tangent of radians. A float.
---@return moonbear.Column
function Column:tan() end

---The arc sine, in radians. A float.
---@return moonbear.Column
function Column:asin() end

---The arc cosine, in radians. A float.
---@return moonbear.Column
function Column:acos() end

---The arc tangent, in radians. A float.
---@return moonbear.Column
function Column:atan() end

---The hyperbolic sine. A float.
---@return moonbear.Column
function Column:sinh() end

---The hyperbolic cosine. A float.
---@return moonbear.Column
function Column:cosh() end

---The hyperbolic tangent. A float.
---@return moonbear.Column
function Column:tanh() end

---Radians to degrees. A float.
---@return moonbear.Column
function Column:degrees() end

---Degrees to radians. A float.
---@return moonbear.Column
function Column:radians() end

---The angle of the point (x, self), in radians from -pi to pi. A float.
---@param x moonbear.Column|number
---@return moonbear.Column
function Column:atan2(x) end

---self ^ x, as floats.
---@param x moonbear.Column|number
---@return moonbear.Column
function Column:pow(x) end

---Whether values are NaN; false for integers.
---@return moonbear.Column
function Column:isnan() end

---Whether values are infinite; false for integers.
---@return moonbear.Column
function Column:isinf() end

---Whether values are neither NaN nor infinite.
---@return moonbear.Column
function Column:isfinite() end

---The smaller of two values, row by row; NaN where one is.
---@param x moonbear.Column|number
---@return moonbear.Column
function Column:minimum(x) end

---The larger of two values, row by row; NaN where one is.
---@param x moonbear.Column|number
---@return moonbear.Column
function Column:maximum(x) end

---Limited to lo .. hi.
---@param lo? moonbear.Column|number
---@param hi? moonbear.Column|number
---@return moonbear.Column
function Column:clip(lo, hi) end

---Whether values are in lo .. hi, both included; a bool column.
---@param lo moonbear.Column|number
---@param hi moonbear.Column|number
---@return moonbear.Column
function Column:between(lo, hi) end

---Whether values are among a list, or among the rows of a column of this type; a bool column.
---Missing rows of the other column are passed over, all NaN are one value. A short list is compared
---with one by one: lazy, not collective. The distinct values of a column or longer list are put on
---every rank, in a table or hashed behind a bitmap that turns most others away; above 65,536 and a
---rank's share of the rows they are dealt out to the ranks, and rows are asked for in rounds.
---Peak memory: that of `unique` of the list, 20 to 32 bytes a distinct value (on every rank unless
---they are dealt out), 4 MB, and the result. Collective then; raises when the types differ.
---@param list (number|boolean)[]|moonbear.Column
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
---column, missing where none does. As `lookup` otherwise. Collective.
---@param column moonbear.Column of this column's type
---@return moonbear.Column
function Column:find(column) end

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

---self // x. Raises when it is evaluated, for integers, where x is 0, unless `zero` gives such rows a
---value (`mb.null`: none).
---@param x moonbear.Column|number
---@param options? {zero: any}
---@return moonbear.Column
function Column:floordiv(x, options) end

---self % x, with the sign of x. Raises for 0 as `floordiv` does, unless `zero` is given.
---@param x moonbear.Column|number
---@param options? {zero: any}
---@return moonbear.Column
function Column:mod(x, options) end

---The number of bits that are set; an int. For integers, as all functions of bits.
---@return moonbear.Column
function Column:popcount() end

---The number of leading zero bits, 64 of 0; an int.
---@return moonbear.Column
function Column:clz() end

---The number of trailing zero bits, 64 of 0; an int.
---@return moonbear.Column
function Column:ctz() end

---1 where an odd number of bits is set, else 0; an int.
---@return moonbear.Column
function Column:parity() end

---The 64 bits rotated to the left by n.
---@param n moonbear.Column|integer
---@return moonbear.Column
function Column:rotl(n) end

---The 64 bits rotated to the right by n.
---@param n moonbear.Column|integer
---@return moonbear.Column
function Column:rotr(n) end

---A 64-bit hash, a uint; of the values of several columns in a row, when more are given. Equal values
---of a type have equal hashes.
---@param ... moonbear.Column
---@return moonbear.Column
function Column:hash(...) end

---The values as another type. Floats are truncated; a value that the type does not hold raises when
---it is evaluated, or with `wrap` is taken modulo 2^64 (NaN and infinities 0). As bools: whether
---not 0.
---@param type "bool"|"int"|"uint"|"float"
---@param options? {wrap: boolean?}
---@return moonbear.Column
function Column:as(type, options) end

---a where this bool column is true, else b; looks at missing rows of the chosen side only.
---@param a moonbear.Column|number|boolean
---@param b moonbear.Column|number|boolean
---@return moonbear.Column
function Column:where(a, b) end

---Which rows are missing; a bool column.
---@return moonbear.Column
function Column:is_missing() end

---The values, and v where a row is missing.
---@param v moonbear.Column|number|boolean
---@return moonbear.Column
function Column:fill(v) end

---The rows that are not missing. Collective.
---@return moonbear.Column
function Column:drop_missing() end

---Gives a pending column its values now; returns the column itself. Collective.
---@return moonbear.Column
function Column:eval() end

---Of reductions: leave NaN out, as missing values are.
---@class moonbear.Skip
---@field skipna? boolean

---Of variances: the sum of squares is divided by the number of values less ddof, 0 unless told.
---@class moonbear.Degrees: moonbear.Skip
---@field ddof? number

---The sum of the values that are there: an int for bool and int, a uint (its bits) for uint, a float
---for float; 0 of nothing. Raises when an integer sum does not fit 64 bits. Float sums, products and
---moments have the same bits on any number of ranks. Collective.
---@param options? moonbear.Skip
---@return integer|number
function Column:sum(options) end

---The product, of the type of a sum; that of integers wraps. 1 of nothing. Collective.
---@param options? moonbear.Skip
---@return integer|number
function Column:prod(options) end

---The mean as a float; NaN of nothing. Collective.
---@param options? moonbear.Skip
---@return number
function Column:mean(options) end

---The variance as a float; NaN when there are no more values than ddof. Collective.
---@param options? moonbear.Degrees
---@return number
function Column:var(options) end

---The standard deviation: the square root of the variance. Collective.
---@param options? moonbear.Degrees
---@return number
function Column:std(options) end

---The skewness: the third moment about the mean, by the third power of the standard deviation (with
---ddof 0); NaN of nothing, and of values that are all equal. Collective.
---@param options? moonbear.Skip
---@return number
function Column:skew(options) end

---The smallest value; NaN when there is one. Raises when there is no value. Collective.
---@param options? moonbear.Skip
---@return boolean|integer|number
function Column:min(options) end

---The largest value; NaN when there is one. Raises when there is no value. Collective.
---@param options? moonbear.Skip
---@return boolean|integer|number
function Column:max(options) end

---The first position of the smallest value, or of the first NaN. Raises when there is no value.
---Collective.
---@param options? moonbear.Skip
---@return integer
function Column:argmin(options) end

---The first position of the largest value, or of the first NaN. Raises when there is no value.
---Collective.
---@param options? moonbear.Skip
---@return integer
function Column:argmax(options) end

---Whether any value is true, or not zero; false of nothing. Collective.
---@param options? moonbear.Skip
---@return boolean
function Column:any(options) end

---Whether every value is true, or not zero; true of nothing. Collective.
---@param options? moonbear.Skip
---@return boolean
function Column:all(options) end

---How many values are true, or not zero. Collective.
---@param options? moonbear.Skip
---@return integer
function Column:count_nonzero(options) end

---Several of the statistics above in one pass over the column, as in `c:stats{"sum", "max"}`: a
---table of values by name. Raises as each of them does. Collective.
---@param names string[]|moonbear.Degrees the names, and options beside them
---@return table<string, boolean|integer|number>
function Column:stats(names) end

---The sum of the products of two columns, of the rows where no value is missing: of the type of a
---sum, a float when either column is one. Raises when the lengths differ, when integers do not fit
---64 bits, and for an int column with a uint column. Collective.
---@param other moonbear.Column
---@param options? moonbear.Skip
---@return integer|number
function Column:dot(other, options) end

---The covariance of two columns, of the rows where no value is missing, as a float; ddof is 1 unless
---told, as numpy has it. NaN when there are no more rows than ddof. Raises when the lengths differ.
---Collective.
---@param other moonbear.Column
---@param options? moonbear.Degrees
---@return number
function Column:cov(other, options) end

---The correlation of two columns (Pearson's), of the rows where no value is missing; NaN when a
---column's values are all equal, or there is none. Raises when the lengths differ. Collective.
---@param other moonbear.Column
---@param options? moonbear.Skip
---@return number
function Column:corr(other, options) end

---The sum of each row and those before it, or with `exclusive` of those before it alone, from 0 on:
---of bools and ints an int, of uints a uint, both modulo 2^64; of floats a float, with the same bits
---on any number of ranks, and never stepping down where no value is negative. Missing rows stay
---missing and add nothing; NaN stays from its row on. Collective.
---@param options? {exclusive: boolean?}
---@return moonbear.Column
function Column:cumsum(options) end

---The product of each row and those before it, as `cumsum`; an exclusive one begins with 1.
---Collective.
---@param options? {exclusive: boolean?}
---@return moonbear.Column
function Column:cumprod(options) end

---The smallest of each row and those before it, of the column's type; NaN from a NaN on. Missing
---rows stay missing; with `exclusive` so does the first value, which has none before it. Collective.
---@param options? {exclusive: boolean?}
---@return moonbear.Column
function Column:cummin(options) end

---The largest of each row and those before it, as `cummin`. Collective.
---@param options? {exclusive: boolean?}
---@return moonbear.Column
function Column:cummax(options) end

---Row i is row i - n; n may be negative, and beyond the length. Rows without a source are `fill`, a
---scalar of the column's type, or missing. Collective.
---@param n integer
---@param fill? number|boolean|userdata
---@return moonbear.Column
function Column:shift(n, fill) end

---Each row less the row n before it (1 unless told); missing where there is none. Collective.
---@param n? integer
---@return moonbear.Column
function Column:diff(n) end

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
---@param opts? {descending: boolean?} false
---@return moonbear.Column
function Column:sort(opts) end

---The positions that put the rows in order, as `sort` does it: an int column, stored in 4 bytes below
---2^32 rows. Equal rows stay in row order. `mb.argsort` takes several columns. Peak memory: 8 to 24
---bytes a row, by how many bits vary, and the result. Collective.
---@param opts? {descending: boolean?} false
---@return moonbear.Column # int
function Column:argsort(opts) end

---The place of each row among the rows in ascending order, from 1 on: equal rows by row order, NaN
---last, missing ones missing. Two sorts. Collective.
---@return moonbear.Column # int
function Column:rank() end

---Whether the rows are in the order of `sort`. Collective.
---@param opts? {descending: boolean?} false
---@return boolean
function Column:is_sorted(opts) end

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
---order, and when the types differ.
---@param values moonbear.Column|table|number|boolean
---@param side? "left"|"right" "left" unless told
---@return moonbear.Column|integer
function Column:searchsorted(values, side) end

---The distinct values in ascending order, and how often each occurs. Missing rows are passed over;
---all NaN are one value, the last, and -0.0 equals 0.0. Each rank counts its own rows in a table or
---by hashing, then each key's count goes to one rank. Peak memory: the table, or 16 bytes a distinct
---value and 4 or 8 a row when these are many; 8 more a row for floats. Collective.
---@return moonbear.Column keys
---@return moonbear.Column counts int
function Column:value_counts() end

---The distinct values in ascending order, as `value_counts` has them. Collective.
---@return moonbear.Column
function Column:unique() end

---How many distinct values there are, as `value_counts` has them. Collective.
---@return integer
function Column:nunique() end

---The middle value, or the mean of the two, as a float: exact, without sorting. Missing values are
---left out; NaN when one is, unless `skipna`; NaN of nothing. Collective.
---@param opts? {skipna: boolean?}
---@return number
function Column:median(opts) end

---The exact quantile q, or those of a list, as floats: interpolated linearly between the two values
---next to q, as numpy does. Missing values are left out; NaN when one is, unless `skipna`; NaN of
---nothing. One pass over many values, where a sample has shown what is looked for; up to three for
---more than 16 quantiles at once, or when the sample misleads. Collective. Memory: at most 4 bytes
---for each row.
---@param q number|number[] from 0 to 1
---@param opts? {skipna: boolean?}
---@return number|number[]
function Column:quantile(q, opts) end

---Counts the values in bins of equal width, which have their lower edge, and the last its upper one
---too. Missing values, NaN and what is out of range are left out; the range is that of the values
---unless told, and raises when it is not finite. Collective. Memory: up to 48 bytes a bin on each
---rank.
---@param opts? {bins: integer?, range: number[]?} 10; {low, high}
---@return moonbear.Column counts int
---@return moonbear.Column edges float, one more
function Column:histogram(opts) end

---How many of ascending edges are not above each value: the number of its bin, from 1 on, 0 below
---the first edge; all of them for NaN. An int column; missing where a value is. Exact between ints
---and floats. Collective.
---@param edges number[]
---@return moonbear.Column
function Column:digitize(edges) end

---Rows first, first + step, ... up to last, or down to it when the step is below 0, both included;
---as string.sub, what lies outside is left off. Collective.
---@param first integer
---@param last? integer the last row unless told, or backwards the first
---@param step? integer not 0; 1 unless told
---@return moonbear.Column
function Column:slice(first, last, step) end

---The rows from last to first, evenly laid out. Collective.
---@return moonbear.Column
function Column:reverse() end

---Each row n times in a row, or as often as an int column says (a missing number: not at all).
---Evenly laid out. Raises for numbers below 0. Collective. Memory: positions beside the result, and
---16 bytes for each row.
---@param n integer|moonbear.Column
---@return moonbear.Column
function Column:repeat_by(n) end

---n rows drawn at random, in random order; none twice unless `replace`. A function of the seed, and
---the same on any number of ranks; without a seed one is drawn from `math.random`. Collective.
---@param n integer at most the number of rows, unless `replace`
---@param opts? {seed: integer?, replace: boolean?}
---@return moonbear.Column
function Column:sample(n, opts) end

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

---"bool", "int", "uint" or "float". Not collective.
---@return string
function Column:type() end

---type; pending (no values yet); width (bytes a stored value); rows (on each rank); bytes (on this
---rank); missing (rows). Not collective; `bytes` differs between ranks.
---@return {type: string, pending: boolean, width: integer?, rows: integer[], bytes: integer, missing: integer?}
function Column:info() end

---Frees its memory on this rank, now; calling it again is fine. Not collective.
function Column:close() end

return Column
