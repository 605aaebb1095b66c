-- Aggregations of groups, piece by piece: of each piece the parts that they are made of, and of all
-- pieces' parts those of all rows.

local check = require "moonbear.check"
local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"
local fold = require "moonbear.stream.fold"
local frame = require "moonbear.frame"
local move = require "moonbear.move"
local recipe = require "moonbear.stream.recipe"

local groups = {}

-- Aggregations whose results of pieces are aggregated by the same aggregation, or another.
local merged_by = {
  size = "sum", count = "sum", sum = "sum", prod = "prod", min = "min", max = "max",
  first = "first", last = "last", any = "any", all = "all", bit_and = "bit_and", bit_or = "bit_or",
  bit_xor = "bit_xor",
}

local function key_names(n)
  local names = {}
  for i = 1, n do names[i] = "key" .. i end
  return names
end

-- What is asked of every group as parts: how each is made of the rows of a piece, and how parts of
-- the same group become one.
local Plan = {}
Plan.__index = Plan

function Plan:part(aggregation, of, merged)
  self.parts[#self.parts + 1] = { aggregation = aggregation, of = of, merged = merged }
  return #self.parts
end

-- The mean, and the squares of the differences to it, of n values of each group, from those of the
-- pieces: Chan, Golub, LeVeque, Updating formulae and a pairwise algorithm for computing sample
-- variances (1979).
local function merge_moments(grouping, n, mean, square)
  local has_values = n:gt(0)
  local known = core.math.where(has_values, mean, 0.0)
  local total = grouping:sum(n)
  local all = grouping:sum(known * n) / total
  local off = core.math.where(has_values, known - grouping:broadcast(all), 0.0)
  local squares = square and grouping:sum(core.math.where(has_values, square, 0.0) + off * off * n)
  return total, all, squares
end

-- Each aggregation adds its parts to a plan, and returns what makes its result of them.
local planned = {}

for name, merged in pairs(merged_by) do
  planned[name] = function(plan, of)
    local part = plan:part(name, of, merged)
    return function(parts) return parts[part] end
  end
end

local function moments(plan, of, with_squares)
  local n, mean = plan:part("count", of, false), plan:part("mean", of, false)
  local square = with_squares and plan:part("var", of, false)
  plan.moments[#plan.moments + 1] = { n = n, mean = mean, square = square }
  return n, mean, square
end

function planned.mean(plan, of)
  local _, mean = moments(plan, of, false)
  return function(parts) return parts[mean] end
end

function planned.var(plan, of, opts)
  local n, _, square = moments(plan, of, true)
  local ddof = opts and opts.ddof or 0
  return function(parts)
    local count = parts[n]
    return elementwise.where(count:gt(ddof), parts[square] / (count - ddof), 0 / 0)
  end
end

function planned.std(plan, of, opts)
  local variance = planned.var(plan, of, opts)
  return function(parts) return variance(parts):sqrt() end
end

-- Of the first row of the least or greatest value: which row it is, and the value.
for name, extreme in pairs { argmin = "min", argmax = "max" } do
  planned[name] = function(plan, of)
    local at, value = plan:part(name, of, false), plan:part(extreme, of, false)
    plan.positions[#plan.positions + 1] = { name = name, at = at, value = value }
    return function(parts) return parts[at] end
  end
end

-- Chooses of the parts of each group the one with its least or greatest value.
local function merge_positions(grouping, name, at, value)
  local chosen = grouping[name](grouping, value)
  local none = chosen:is_missing()
  local row = chosen:fill(1)
  return core.math.where(none, core.null, at[row]), core.math.where(none, core.null, value[row])
end

-- The parts of a piece, which has so many rows before it: its groups, and of each what the plan
-- asks for.
local function parts_of(plan, keys, piece, before)
  local names, columns = key_names(#keys), {}
  for i, key in ipairs(keys) do columns[i] = { names[i], recipe.make(key, piece) } end
  local grouping <close> = frame.new(columns):group_by(names)
  local asked = { { "size", "size" } }
  for i, part in ipairs(plan.parts) do
    local of = part.of and recipe.make(part.of, piece)
    asked[i] = of and { "part" .. i, of, part.aggregation } or { "part" .. i, "size" }
  end
  local parts = grouping:agg(asked)
  for _, it in ipairs(plan.moments) do
    if it.square then -- the variance of a piece as the sum of squares
      local name = "part" .. it.square
      parts[name] = (parts[name] * parts["part" .. it.n]):eval()
    end
  end
  for _, it in ipairs(plan.positions) do
    parts["part" .. it.at] = (parts["part" .. it.at] + before):eval()
  end
  return parts, #columns[1][2]
end

-- Parts of several pieces as one.
local function merge(plan, n_keys, list)
  local all = #list == 1 and list[1] or move.concat(list)
  local grouping <close> = all:group_by(key_names(n_keys))
  local asked = {}
  for i, part in ipairs(plan.parts) do
    if part.merged then asked[#asked + 1] = { "part" .. i, "part" .. i, part.merged } end
  end
  if #asked == 0 then asked[1] = { "any", "size" } end
  local merged = grouping:agg(asked)
  for _, it in ipairs(plan.moments) do
    local square = it.square and all["part" .. it.square]
    local n, mean, squares = merge_moments(grouping, all["part" .. it.n], all["part" .. it.mean],
      square)
    merged["part" .. it.n], merged["part" .. it.mean] = n:eval(), mean:eval()
    if squares then merged["part" .. it.square] = squares:eval() end
  end
  for _, it in ipairs(plan.positions) do
    local at, value = merge_positions(grouping, it.name, all["part" .. it.at],
      all["part" .. it.value])
    merged["part" .. it.at], merged["part" .. it.value] = at:eval(), value:eval()
  end
  return merged
end

-- Parts that wait are merged when they are as many as those merged before, so that each is looked
-- at a few times; below this many rows they are worth no work.
local FEW_ROWS <const> = 1 << 16

-- A fold of what is asked of groups as parts: its results are those of groups.fold.
local function aggregated(keys, asked)
  local plan = setmetatable({ parts = {}, moments = {}, positions = {} }, Plan)
  local finish, recipes = {}, table.move(keys, 1, #keys, 1, {})
  for i, it in ipairs(asked) do
    if not planned[it.aggregation] then
      check.blame("%s of groups does not stream; `scan:collect()` brings the rows into memory",
        it.aggregation)
    end
    finish[i] = planned[it.aggregation](plan, it.of, it.argument)
    recipes[#recipes + 1] = it.of or nil
  end
  local done, waiting, rows, before = nil, {}, 0, 0
  local function merge_all()
    if done then table.insert(waiting, 1, done) end
    if #waiting > 0 then done = merge(plan, #keys, waiting) end
    for _, it in ipairs(waiting) do
      if it ~= done then it:close() end
    end
    waiting, rows = {}, 0
  end
  return {
    recipes = recipes,
    add = function(piece)
      local parts, looked_at = parts_of(plan, keys, piece, before)
      waiting[#waiting + 1], rows, before = parts, rows + #parts, before + looked_at
      if rows > math.max(FEW_ROWS, done and #done or 0) then merge_all() end
    end,
    result = function()
      merge_all()
      local parts, columns, results = {}, {}, {}
      for i = 1, #plan.parts do parts[i] = done:column("part" .. i) end
      for i = 1, #keys do columns[i] = done:column("key" .. i) end
      for i, make in ipairs(finish) do results[i] = make(parts) end
      return columns, results
    end,
  }
end

-- A fold of the values of each group, and how often each comes: f makes the result of a grouping by
-- the keys, of the values, and of their counts. Takes memory for the different values.
local function counted_values(keys, of, f)
  local both = table.move(keys, 1, #keys, 1, {})
  both[#both + 1] = of
  return fold.with(aggregated(both, { { aggregation = "size" } }), function(columns, results)
    local names, list = key_names(#keys), {}
    for i, name in ipairs(names) do list[i] = { name, columns[i] } end
    local grouping <close> = frame.new(list):group_by(names)
    return f(grouping, columns[#both], results[1])
  end)
end

-- What is made of the values of each group and their counts.
local of_counts = {}

function of_counts.nunique(grouping, values) return grouping:nunique(values) end

-- The first of the values that come most often, which are in order.
function of_counts.mode(grouping, values, counts)
  local there = core.math.where(values:is_missing(), core.null, counts)
  local most = there:eq(grouping:broadcast(grouping:max(there)))
  return grouping:first(core.math.where(most, values, core.null))
end

-- What takes all values of a group: their keys and values are kept, and grouped at the end.
local of_all_rows <const> = { median = true, quantile = true }

local function collected(keys, asked)
  local recipes, number, parts = table.move(keys, 1, #keys, 1, {}), {}, {}
  for _, it in ipairs(asked) do
    if not number[it.of] then
      recipes[#recipes + 1] = it.of
      number[it.of] = #recipes
    end
  end
  for i, it in ipairs(recipes) do parts[i] = fold.rows(it) end
  return fold.with(fold.all(parts), function(columns)
    local names, list, wanted, results = key_names(#keys), {}, {}, {}
    for i, name in ipairs(names) do list[i] = { name, columns[i] } end
    for i, it in ipairs(asked) do
      wanted[i] = { "result" .. i, columns[number[it.of]], it.aggregation, it.argument }
    end
    local grouping <close> = frame.new(list):group_by(names)
    local made = grouping:agg(wanted)
    for i in ipairs(asked) do results[i] = made:column("result" .. i) end
    return results
  end)
end

---A fold of the groups of some keys: its results are lists of the columns of keys, and of what is
---asked. Not collective.
---@param keys moonbear.Recipe[]
---@param asked {aggregation: string, of: moonbear.Recipe?, argument: any}[]
---@return moonbear.Fold
function groups.fold(keys, asked)
  local some, all, folds, where_from = {}, {}, {}, {}
  for i, it in ipairs(asked) do
    local make = of_counts[it.aggregation]
    if make then
      folds[i] = counted_values(keys, it.of, make)
    else
      local list = of_all_rows[it.aggregation] and all or some
      list[#list + 1] = it
      where_from[i] = { list = list, at = #list }
    end
  end
  local parts = aggregated(keys, some)
  if not next(folds) and #all == 0 then return parts end
  folds.some, folds.all = parts, #all > 0 and collected(keys, all) or nil
  return fold.with(fold.all(folds), function(made)
    local columns, results = made.some[1], {}
    for i in ipairs(asked) do
      local from = where_from[i]
      if not from then
        results[i] = made[i]
      else
        results[i] = (from.list == all and made.all or made.some[2])[from.at]
      end
    end
    return columns, results
  end)
end

local function sizes_by(of) return groups.fold({ of }, { { aggregation = "size" } }) end

-- The valid values, and how often each comes: a group of missing rows is the last.
local function counted(columns, results)
  local keys, counts = columns[1], results[1]
  local valid = fold.valid(keys)
  return keys[valid], counts[valid]
end

function fold.of_method.value_counts(of) return fold.with(sizes_by(of), counted) end

function fold.of_method.unique(of)
  return fold.with(sizes_by(of), function(columns, results)
    return (counted(columns, results))
  end)
end

function fold.of_method.nunique(of)
  return fold.with(fold.of_method.unique(of), function(keys) return #keys end)
end

return groups
