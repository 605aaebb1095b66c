---@meta

-- Methods of columns that look at all rows: reductions, scans, counts and distributions.

---@class moonbear.Column
local Column = {}

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

---Whether any value is true, or not zero (NaN is true, as in numpy); false of nothing. Collective.
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

---Statistics of the column, as `frame:describe` has them: a frame of `statistic` and `value`, with a
---row for each of `count`, `mean`, `std`, `min`, `25%`, `50%`, `75%` and `max`; of other values than
---numbers `count`, `unique`, `top` and `freq`. Collective.
---@return moonbear.Frame
function Column:describe() end

---Several of the statistics of a column, as in `c:stats{"sum", "max"}`: a table of values by name.
---All but `median` and `nunique` come from one pass over it. Raises as each of them does. Collective.
---@param statistics string[]|moonbear.Degrees the names, and options beside them
---@return table<string, boolean|integer|number>
function Column:stats(statistics) end

---The sum of the products of two columns, of the rows where no value is missing: of the type of a
---sum, a float when either column is one. Raises when the lengths differ, when integers do not fit
---64 bits, and for an int column with a uint column. Collective.
---@param column moonbear.Column
---@param options? moonbear.Skip
---@return integer|number
function Column:dot(column, options) end

---The covariance of two columns, of the rows where no value is missing, as a float; ddof is 1 unless
---told, as numpy has it. NaN when there are no more rows than ddof. Raises when the lengths differ.
---Collective.
---@param column moonbear.Column
---@param options? moonbear.Degrees
---@return number
function Column:cov(column, options) end

---The correlation of two columns (Pearson's), of the rows where no value is missing; NaN when a
---column's values are all equal, there is none, or their squares are beyond floats. Raises
---when the lengths differ. Collective.
---@param column moonbear.Column
---@param options? moonbear.Skip
---@return number
function Column:corr(column, options) end

---The sum of each row and those before it, or with `exclusive` of those before it alone, from 0 on:
---of bools and ints an int, of uints a uint, both modulo 2^64; of floats a float, with the same bits
---on any number of ranks, and never stepping down where no value is negative. Missing rows stay
---missing and add nothing; NaN stays from its row on. Collective.
---@param options? {exclusive: boolean?}
---@return moonbear.Column
function Column:cumsum(options) end

---The product of each row and those before it, as `cumsum`; an exclusive one begins with 1. Of floats
---eight rows, and eight such parts, are multiplied on their own first: where these products leave the
---range of floats, so does the result, though a loop from the first row might not. Collective.
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

---The distinct values in ascending order, and how often each occurs. Missing rows are passed over;
---all NaN are one value, the last, and -0.0 equals 0.0. Each rank counts its own rows in a table or
---by hashing, then each key's count goes to one rank. Peak memory: the table, or 16 bytes a distinct
---value and 4 or 8 a row when these are many; 8 more a row for floats. Collective.
---@return moonbear.Column keys
---@return moonbear.Column counts int
function Column:value_counts() end

---The value that occurs most often, the least of such ones; nil when there is none. Missing rows are
---passed over. Collective.
---@return boolean|number|string|userdata|nil
function Column:mode() end

---The distinct values in ascending order, as `value_counts` has them; then those of these columns
---that are asked for, in this order: the positions where they are first, the numbers of the rows'
---values among them (missing where rows are), and how often they occur. Collective.
---
---    local values, first, numbers, counts = c:unique { first = true, inverse = true, counts = true }
---@param options? {first: boolean?, inverse: boolean?, counts: boolean?} false
---@return moonbear.Column values
---@return moonbear.Column ... int
function Column:unique(options) end

---How many distinct values there are, as `value_counts` has them: NaN is one of them. Collective.
---@return integer
function Column:nunique() end

---The middle value, or the mean of the two, as a float: exact, without sorting. Missing values are
---left out; NaN when one is, unless `skipna`; NaN of nothing. Collective.
---@param options? {skipna: boolean?}
---@return number
function Column:median(options) end

---The exact quantile q, or those of a list, as floats: interpolated linearly between the two values
---next to q, as numpy does. Missing values are left out; NaN when one is, unless `skipna`; NaN of
---nothing. One pass over many values, where a sample has shown what is looked for; up to three for
---more than 16 quantiles at once, or when the sample misleads. Collective. Memory: at most 4 bytes
---for each row.
---@param q number|number[] from 0 to 1
---@param options? {skipna: boolean?}
---@return number|number[]
function Column:quantile(q, options) end

---Counts the values in bins of equal width, or between the edges of a list, which have their lower edge,
---and the last its upper one too; values are compared with the edges exactly. Missing values, NaN and
---what is out of range are left out. The range is that of the values unless told; half a unit to either
---side of a single value, and 0 to 1, with counts of 0, of no value at all. Edges are floats; where bins
---of integers are whole and floats do not hold their edges, such as those of nanoseconds, they are of the
---column's type. Raises when the range is not finite, and where floats cannot tell the edges apart.
---Collective. Memory: up to 64 bytes a bin on each rank.
---@param options? {bins: integer|table|nil, range: number[]?} 10, or edges; {low, high}
---@return moonbear.Column counts int
---@return moonbear.Column edges one more
function Column:histogram(options) end

---How many of ascending edges are not above each value: the number of its bin, from 1 on, 0 below
---the first edge; all of them for NaN. An int column; missing where a value is. Exact between numbers
---of all types. Collective.
---@param edges number[]
---@return moonbear.Column
function Column:digitize(edges) end

return Column
