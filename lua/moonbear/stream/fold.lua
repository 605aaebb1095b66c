-- Folds: results of all rows that are computed piece by piece. A fold looks at each piece, in the
-- order of the rows, and keeps what it needs; after the last it has its result, or another fold
-- goes over all pieces once more.

local check = require "moonbear.check"
local core = require "moonbear.core"
local recipe = require "moonbear.stream.recipe"
local time = require "moonbear.time"

---@class moonbear.Fold
---@field recipes moonbear.Recipe[] what it looks at
---@field add fun(piece: moonbear.Piece) looks at a piece
---@field full? fun(): boolean whether it needs no more pieces
---@field after? fun(): moonbear.Fold? after the last piece: what has to look at all once more in
---its place; nil when the result is there
---@field result fun(): any

local fold = {}

---A fold of one column: `add` takes the column and how many of its rows were before this piece. Not
---collective.
---@param of moonbear.Recipe
---@param add fun(column: moonbear.Column, before: integer)
---@param result fun(): any
---@param after? fun(): moonbear.Fold?
---@return moonbear.Fold
function fold.of_column(of, add, result, after)
  local before = 0
  return {
    recipes = { of },
    add = function(piece)
      local column = recipe.make(of, piece)
      add(column, before)
      before = before + #column
    end,
    after = after,
    result = result,
  }
end

---All rows of a column in memory, or the first n. Not collective.
---@param of moonbear.Recipe
---@param n? integer
---@return moonbear.Fold
function fold.rows(of, n)
  local parts, rows = {}, 0
  local all = fold.of_column(of, function(column)
    local part = n and column:slice(1, n - rows) or column
    if #part == 0 and #parts > 0 then return end
    parts[#parts + 1], rows = core.concat { part }, rows + #part -- a copy: the piece is freed
  end, function() return #parts == 1 and parts[1] or core.concat(parts) end)
  if n then all.full = function() return rows >= n end end
  return all
end

---The number of rows. Not collective.
---@param of moonbear.Recipe
---@return moonbear.Fold
function fold.count(of)
  local rows = 0
  return fold.of_column(of, function(column) rows = rows + #column end, function() return rows end)
end

---The mask of the valid rows: those that are not missing and, with `skipna`, not NaN. Collective.
---@param column moonbear.Column
---@param skipna? boolean
---@return moonbear.Column
function fold.valid(column, skipna)
  local valid = ~column:is_missing()
  return skipna and column:type() == "float" and valid & ~column:isnan() or valid
end

-- The type of the values of a reduction that gives sums.
local function type_of_sums(kind) return kind == "bool" and "int" or kind end

-- Reductions whose results of pieces are reduced by the same reduction, or another.
local reduced_by = { sum = "sum", prod = "prod", min = "min", max = "max", any = "any", all = "all",
  count_nonzero = "sum" }

local function kind_of_result(name, kind)
  if name == "any" or name == "all" then return "bool" end
  if name == "count_nonzero" then return "int" end
  return (name == "sum" or name == "prod") and type_of_sums(kind) or kind
end

-- What a reduction of no values gives, or raises. The pieces are closed by then.
local function of_no_values(name, kind, options)
  local none = core.column({}, kind)
  return none[name](none, options)
end

local function reduction(name, of, options)
  local skipna = options and options.skipna
  local needs_value = name == "min" or name == "max"
  local values, kind = {}, nil
  return fold.of_column(of, function(column)
    kind = column:type()
    if needs_value and not fold.valid(column, skipna):any() then return end
    local value = column[name](column, options)
    values[#values + 1] = value
  end, function()
    if #values == 0 then return of_no_values(name, kind, options) end
    local all = core.column(values, kind_of_result(name, kind))
    return all[reduced_by[name]](all)
  end)
end

-- The first position of the least or largest value.
local function position(name, of, options)
  local extreme = name == "argmin" and "min" or "max"
  local values, positions, kind = {}, {}, nil
  return fold.of_column(of, function(column, before)
    kind = column:type()
    if not fold.valid(column, options and options.skipna):any() then return end
    positions[#positions + 1] = before + column[name](column, options)
    values[#values + 1] = column[extreme](column, options)
  end, function()
    if #values == 0 then return of_no_values(name, kind, options) end
    local all = core.column(values, kind)
    return positions[all[name](all)]
  end)
end

-- Sums of powers of the differences to the mean, of n values, joined with those of more values:
-- Pebay, Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
-- statistical moments (2008), equations 2.1 and following.
local function join_moments(a, b)
  if a.n == 0 then return b elseif b.n == 0 then return a end
  local n, off = a.n + b.n, b.mean - a.mean
  local part = off / n
  return {
    n = n,
    mean = a.mean + part * b.n,
    m2 = a.m2 + b.m2 + off * part * a.n * b.n,
    m3 = a.m3 + b.m3 + off * part * part * a.n * b.n * (a.n - b.n)
      + 3 * part * (a.n * b.m2 - b.n * a.m2),
  }
end

local function moments_of(column, skipna)
  local n = fold.valid(column, skipna):sum()
  if n == 0 then return { n = 0 } end
  local s = column:stats { "mean", "var", "skew", skipna = skipna }
  local m2 = s.var * n
  local skew = m2 == 0 and 0.0 or s.skew
  return { n = n, mean = s.mean, m2 = m2, m3 = skew * n * s.var ^ 1.5 }
end

local function variance(m, ddof)
  return m.n > ddof and m.m2 / (m.n - ddof) or 0 / 0
end

-- Results of moments by name.
local of_moments = {
  mean = function(m) return m.n > 0 and m.mean or 0 / 0 end,
  var = variance,
  std = function(m, ddof) return math.sqrt(variance(m, ddof)) end,
  skew = function(m)
    if m.n == 0 or m.m2 == 0 then return 0 / 0 end
    return m.m3 / m.n / (m.m2 / m.n) ^ 1.5
  end,
}

---A number as it is printed: NaN without the sign that processors give 0 / 0. Not collective.
---@param number number
---@return number
function fold.unsigned(number) return number ~= number and math.abs(number) or number end

-- Times and durations as ticks since the least of the first piece that has one.
local function ticks(of)
  local base, unit
  local counted = recipe.derived(of, function(column)
    if not time.is_counted(column) then return column end
    if not base and not column:is_missing():all() then base = column:min() end
    local floats
    floats, unit = time.ticks_since(column, base or core[column:type()](0))
    return floats
  end)
  return counted, function(number, is_difference)
    if not base or number ~= number then return not unit and fold.unsigned(number) or nil end
    local d = time.durations_of(core.column({ number }, "float"), unit)
    return is_difference and d[1] or (d + base)[1]
  end
end

local function moments(name, of, options)
  local ddof = options and options.ddof or 0
  local skipna = options and options.skipna
  local counted, as_moment = ticks(of)
  local all = { n = 0 }
  return fold.of_column(counted, function(column)
    all = join_moments(all, moments_of(column, skipna))
  end, function()
    return as_moment(of_moments[name](all, ddof), name == "std")
  end)
end

-- The k largest or smallest values, and their positions.
local function best(name, of, k)
  local values, positions
  return fold.of_column(of, function(column, before)
    local more, at = column[name](column, k)
    at = (at + before):eval()
    if values then more, at = core.concat { values, more }, core.concat { positions, at } end
    local chosen
    values, chosen = more[name](more, k)
    positions = at[chosen]
  end, function() return values, positions end)
end

---The folds of a column by the name of the method that they stand for: a function of the recipe and
---the arguments of the method. Not collective.
---@type table<string, fun(of: moonbear.Recipe, ...: any): moonbear.Fold>
fold.of_method = {}

for name in pairs(reduced_by) do
  fold.of_method[name] = function(of, options) return reduction(name, of, options) end
end
for name in pairs(of_moments) do
  fold.of_method[name] = function(of, options) return moments(name, of, options) end
end
for _, name in ipairs { "argmin", "argmax" } do
  fold.of_method[name] = function(of, options) return position(name, of, options) end
end
for _, name in ipairs { "topk", "bottomk" } do
  fold.of_method[name] = function(of, k) return best(name, of, k) end
end

-- What a fold gives: one value, or of several a list.
local function value_of(part)
  local values = table.pack(part.result())
  if values.n > 1 then return { table.unpack(values, 1, values.n) } end
  return values[1]
end

---Several folds in one pass, whose result is a table of theirs: of one that gives several values a
---list. Not collective.
---@param parts table<any, moonbear.Fold>
---@return moonbear.Fold
function fold.all(parts)
  local all, running = {}, {}
  for key, part in pairs(parts) do running[key] = part end

  local function look_at(current)
    running, all.recipes = current, {}
    for _, part in pairs(running) do
      for _, it in ipairs(part.recipes) do all.recipes[#all.recipes + 1] = it end
    end
  end

  function all.add(piece)
    for _, part in pairs(running) do
      if not (part.full and part.full()) then part.add(piece) end
    end
  end

  function all.full()
    for _, part in pairs(running) do
      if not (part.full and part.full()) then return false end
    end
    return true
  end

  function all.after()
    local again = {}
    for key, part in pairs(running) do
      again[key] = part.after and part.after()
      parts[key] = again[key] or part
    end
    look_at(again)
    return next(again) ~= nil and all or nil
  end

  function all.result()
    local results = {}
    for key, part in pairs(parts) do results[key] = value_of(part) end
    return results
  end

  look_at(running)
  return all
end

---A fold with something done with its results. Not collective.
---@param first moonbear.Fold
---@param f fun(...: any): any
---@return moonbear.Fold
function fold.with(first, f)
  return {
    recipes = first.recipes,
    add = first.add,
    full = first.full,
    after = function()
      local more = first.after and first.after()
      return more and fold.with(more, f)
    end,
    result = function() return f(first.result()) end,
  }
end

function fold.of_method.stats(of, wanted)
  if type(wanted) ~= "table" or check.class(wanted) then
    check.argument(1, "stats", 'list of names, as {"sum", "max"},', wanted)
  end
  local options, parts = { skipna = wanted.skipna, ddof = wanted.ddof }, {}
  for _, name in ipairs(wanted) do
    local part = fold.of_method[name]
    if not part then check.blame("stats: '%s' does not stream", check.name(name)) end
    local has_degrees = name == "var" or name == "std"
    parts[name] = part(of, has_degrees and options or { skipna = wanted.skipna })
  end
  return fold.all(parts)
end

return fold
