---@meta

-- What the C userdata offers, for language servers.

---An immutable column, spread over the ranks. Rows count from 1; negative positions from the end.
---`c[i]` reads a row (nil when it is missing), `c[mask]` gives the rows where a bool column is true,
---`#c` is the number of rows.
---@class moonbear.Column
---@field [integer] boolean|integer|number|nil
---@operator len: integer
---@operator band(moonbear.Column): moonbear.Column
---@operator bor(moonbear.Column): moonbear.Column
---@operator bxor(moonbear.Column): moonbear.Column
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

---The sum of the values that are there: an int for bool and int, a uint's bits for uint, a float for
---float; 0 of nothing. Raises when an integer sum does not fit 64 bits. Float sums have the same
---bits on any number of ranks. Collective.
---@return integer|number
function Column:sum() end

---The mean as a float; NaN of nothing. Collective.
---@return number
function Column:mean() end

---The smallest value; NaN when there is one. Raises when there is no value. Collective.
---@return boolean|integer|number
function Column:min() end

---The largest value; NaN when there is one. Raises when there is no value. Collective.
---@return boolean|integer|number
function Column:max() end

---Whether any value is true, or not zero; false of nothing. Collective.
---@return boolean
function Column:any() end

---Whether every value is true, or not zero; true of nothing. Collective.
---@return boolean
function Column:all() end

---The distinct values in ascending order, and how often each occurs. Missing rows are passed over.
---For bool, int and uint; raises for float. Collective.
---@return moonbear.Column keys
---@return moonbear.Column counts int
function Column:value_counts() end

---The distinct values in ascending order. Raises for float. Collective.
---@return moonbear.Column
function Column:unique() end

---Rows first to last, both included, every step-th; as string.sub, what lies outside is left off.
---Collective.
---@param first integer
---@param last? integer -1 unless told
---@param step? integer at least 1
---@return moonbear.Column
function Column:slice(first, last, step) end

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
