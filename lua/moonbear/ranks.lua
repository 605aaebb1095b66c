-- The places of rows in the order of a column's values, of all rows or within groups.

local core = require "moonbear.core"
local options = require "moonbear.options"

local where <const> = core.math.where

local ranks = {}

-- Runs of equal values within segments: the number of each row's run, where runs begin, and how
-- many rows they have.
local function runs_of(numbers, values)
  local n = #numbers
  local same = numbers:eq(numbers:shift(1)) & (values:eq(values:shift(1))
    | (values:is_missing() & values:shift(1):is_missing()))
  local begins = (~same:fill(false)):eval()
  local starts = core.range(1, n, 1)[begins]
  return begins:cumsum(), starts, (starts:shift(-1):fill(n + 1) - starts):eval()
end

-- The ranks of rows that are in order, by what equal ones have: of the number of a row's run, how
-- many rows runs have, and how many of the segment are before them.
local methods = {
  min = function(_, run, _, first) return first[run] + 1 end,
  max = function(_, run, sizes, first) return (first + sizes)[run] end,
  average = function(_, run, sizes, first) return (first + (sizes + 1) / 2)[run] end,
  dense = function(segments, run)
    return run - run[segments.starts + 1][segments.numbers] + 1
  end,
}

---What `rank` takes. Raises for other options. Not collective.
---@param opts? table
---@return {method: string, ascending: boolean, pct: boolean}
function ranks.options(opts)
  local o = options.check("rank", opts, { method = { "any", "average" },
    ascending = { "boolean", true }, pct = { "boolean", false } })
  if not methods[o.method] and o.method ~= "first" then
    options.blame("rank", "method", "'average', 'min', 'max', 'first' or 'dense'", o.method)
  end
  return o
end

---The values that have places: neither missing nor NaN; others are missing. Not collective.
---@param column moonbear.Column
---@return moonbear.Column
function ranks.ranked(column)
  return column:type() == "float" and where(column:isnan(), core.null, column) or column
end

---The ranks of values that are in the order of segments, and within these in their own. Missing
---values have none. Collective.
---@param segments {numbers: moonbear.Column, starts: moonbear.Column, before: moonbear.Column} of
---each row the segment and the rows of it before, and of each segment the rows before it
---@param values moonbear.Column
---@param method string
---@return moonbear.Column
function ranks.of_ordered(segments, values, method)
  local rank = segments.before + 1
  if method ~= "first" then
    local run, starts, sizes = runs_of(segments.numbers, values)
    rank = methods[method](segments, run, sizes, segments.before[starts])
  end
  return where(values:is_missing(), core.null, rank):eval()
end

function core.column_methods:rank(opts)
  local o, n, values = ranks.options(opts), #self, ranks.ranked(self)
  local rows = values:argsort { descending = not o.ascending }
  local segments = { numbers = core.full(n, 1), starts = core.full(math.min(n, 1), 0),
    before = core.range(0, n - 1, 1) }
  local rank = ranks.of_ordered(segments, values[rows], o.method)
  if o.pct then
    local count = (~values:is_missing()):sum()
    rank = rank / (o.method == "dense" and count > 0 and rank:max() or count)
  end
  return rank:put(rows, rank)
end

return ranks
