---@meta

-- What the C userdata offers, for language servers.
--
-- Operators and element-wise functions are lazy: they give a pending column, which is computed
-- block by block when an operation needs its rows. A row is missing where one of an operand is,
-- unless told otherwise: of bool columns `&` and `|` are Kleene's, as in SQL and pandas, so that
-- false & missing is false, and true | missing is true. They raise when lengths differ or types do
-- not go together (an int and a uint column never do: cast one by `as`), and are not collective.
-- `mb.math` has the same functions for scalars too.
--
-- A scalar is the number that the script wrote, whatever type the column beside it has: comparisons
-- are exact (-1 is below every uint). A float makes floats, an integer takes the column's type. Where
-- a uint column does not hold the integer, +, -, * and operators of bits take it modulo 2^64, / and
-- functions of floats as a float, and others raise. Uints from 2^63 on are written as `mb.uint`.

---An immutable column, spread over the ranks. Rows count from 1; negative positions from the end.
---`c[i]` reads a row (nil when it is missing), `c[mask]` gives the rows where a bool column is true,
---`c[positions]` those at positions, an int column or a table of integers, laid out as these and
---missing where one of them is; it raises for the first position that is out of range. `#c` is the
---number of rows.
---@class moonbear.Column
---@field [integer] boolean|integer|number|string|nil
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
---@operator concat(moonbear.Column|string|number): moonbear.Column
local Column = {}

---Of casts: `wrap` of numbers, `errors` of text and addresses, `dictionary` as text, `format` and
---`epoch` as times, `unit` of times and durations.
---@class moonbear.Cast
---@field wrap? boolean
---@field errors? any
---@field dictionary? boolean
---@field format? string|string[]
---@field unit? "s"|"ms"|"us"|"ns"
---@field epoch? moonbear.time|string

---The rows that equal x: a bool column, exact between int, uint and float, byte by byte of text;
---missing where a value is. Lazy. Raises when the lengths differ, and for text beside anything else.
---Not collective, but where texts meet that have different strings.
---@param x moonbear.Column|number|boolean|string a boolean for bool columns only, a string for text
---@return moonbear.Column
function Column:eq(x) end

---As `eq`: not equal. NaN is unequal to everything.
---@param x moonbear.Column|number|boolean
---@return moonbear.Column
function Column:ne(x) end

---As `eq`: less than x; text by its bytes, which is the order of code points, too.
---@param x moonbear.Column|number|boolean|string
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

---Writes the column to an HDF5 file, as a dataset of that name: see `frame:to_hdf`, which has the same
---options but `columns`; `attrs` are attributes of the dataset. Collective.
---@param path string
---@param name string `group/name` makes a group
---@param opts? moonbear.ToHdf
function Column:to_hdf(path, name, opts) end

---The absolute value, of the column's type; an int for bool. That of the smallest int wraps to itself.
---@return moonbear.Column
function Column:abs() end

---The sign: -1, 0 or 1, of the column's type; NaN of NaN.
---@return moonbear.Column
function Column:sign() end

---The largest whole number that is not above; a float. Integers stay as they are. Of times and
---durations the largest multiple of a step that is not above: of `"5min"`, `"1h"`, `"1d"`, of `"1w"`
---the Monday, of times also of `"1mo"`, `"1q"` and `"1y"`; with a zone in local time: of times that
---clocks show twice the later one that is not above, and the instant of the change where they skip
---it. Raises for times and durations without a step. Collective with a zone, and for months.
---@param step? moonbear.duration|string of times and durations
---@param options? moonbear.Zone of times
---@return moonbear.Column
function Column:floor(step, options) end

---The smallest whole number that is not below; a float. Integers stay as they are. Of times and
---durations the smallest multiple of a step that is not below, as `floor`.
---@param step? moonbear.duration|string of times and durations
---@param options? moonbear.Zone of times
---@return moonbear.Column
function Column:ceil(step, options) end

---The whole number towards zero; a float. Integers stay as they are.
---@return moonbear.Column
function Column:trunc() end

---Rounded to so many decimals: the floats nearest to the decimal numbers that are nearest to the
---values, half to even, as Python's `round` gives; below 0 to tens, hundreds and so on. Values whose
---digits end before stay. Integers stay integers.
---Of times and durations the nearest multiple of a step, as `floor`; half to the even multiple, with a
---zone and of months to the later.
---@param decimals? integer|moonbear.duration|string 0 unless told
---@param options? moonbear.Zone of times
---@return moonbear.Column
function Column:round(decimals, options) end

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
---@param x moonbear.Column|number|string
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

---Whether values are in lo .. hi, both included; a bool column. False too where one bound is missing
---and the value is beyond the other.
---@param lo moonbear.Column|number
---@param hi moonbear.Column|number
---@return moonbear.Column
function Column:between(lo, hi) end

---self // x, rounded down. Of floats as in Lua, floor(self / x): where the division rounds up to a whole
---number that is one more than numpy and Python have, so that 1.0 // 0.1 is 10 here and 9 there.
---Raises when it is evaluated, for integers, where x is 0, unless `zero` gives such rows a
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
---not 0. As text: what a value prints as. Text becomes what it says, with blanks around it. Integers
---become addresses of version 4 by "ip", and these "int" or "uint". A row that is no value of the
---type raises, is missing with {errors = "missing"}, or with {errors = v} is v. As text,
---{dictionary = true} keeps each different string once, on every rank (up to 1,048,576 of them, and
---32 MiB; raises for more), and {dictionary = false} a string a row; without it strings are kept
---once while they are few or come again. Collective to and from text and addresses. Times are read
---from text as ISO 8601, with or without an offset from UTC, or by `format`, a pattern of strptime, as
---`"%d/%b/%Y:%H:%M:%S %z"` (its letters are those of `YmdHMSfzyjbBaAIpesFTRD`), or a list of patterns
---that are tried in order; of numbers they count a `unit`, "s" unless told, from `epoch` on; as an int
---they count their unit or the one told, rounded down.
---@param type "bool"|"int"|"uint"|"float"|"text"|"ip"|"flags"|"time"|"duration"
---@param options? moonbear.Cast
---@return moonbear.Column
function Column:as(type, options) end

---a where this bool column is true, else b; missing where this column is, or the chosen side.
---`mask:fill(false):where(a, b)` takes b where the mask is missing.
---@param a moonbear.Column|number|boolean|string
---@param b moonbear.Column|number|boolean|string
---@return moonbear.Column
function Column:where(a, b) end

---Which rows are missing; a bool column.
---@return moonbear.Column
function Column:is_missing() end

---The values, and v where a row is missing.
---@param v moonbear.Column|number|boolean|string
---@return moonbear.Column
function Column:fill(v) end

return Column
