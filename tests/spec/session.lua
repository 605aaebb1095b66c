-- The operations of a session on whole columns, by name, and operands to run them on: what is
-- walked to see how they meet odd inputs and faults, and what they send and hold.
local mb = require "moonbear"

local session = {}

-- Rows that are alike on any number of ranks; few keys have most of them.
local function columns_of(n, distinct, seed)
  local key = mb.random(n, { low = 0, high = distinct - 1, seed = seed })
  return {
    key = (key * key // math.max(distinct, 1)):eval(),
    other = (key % 7):eval(),
    wide = mb.random(n, { low = math.mininteger, high = math.maxinteger, seed = seed + 1 }):eval(),
    value = (mb.random(n, { high = 1 << 20, seed = seed + 2 }) / 8):eval(),
    flag = mb.random(n, { high = 3, seed = seed + 3 }):eq(0):eval(),
    time = mb.random(n, { high = 8 * n, seed = seed + 4 }):eval(),
  }
end

---Operands of n rows, with keys below `distinct`, and a right side of m rows.
---@param n integer
---@param distinct integer
---@param m integer
---@return table
function session.operands(n, distinct, m)
  local t = columns_of(n, distinct, 7)
  t.many = mb.random(n, { high = 16 * n, seed = 3 }):eval()
  t.times = mb.random(n, { high = 2, seed = 4 }):eval()
  t.at = n == 0 and mb.column({}, "int") or mb.random(n, { low = 1, high = n, seed = 5 }):eval()
  t.sorted = t.wide:sort():eval()
  t.right = columns_of(m, distinct, 77)
  t.right.id = mb.range(1, m):eval()
  t.right.start = (mb.range(1, m) * 16):eval()
  t.right.stop = (t.right.start + 9):eval()
  return session.frames(t)
end

---Adds the frames of the columns of a table of operands.
---@param t table
---@return table
function session.frames(t)
  local right = t.right
  t.frame = mb.frame { { "key", t.key }, { "other", t.other }, { "time", t.time },
    { "value", t.value } }
  t.right_frame = mb.frame { { "key", right.id }, { "wide", right.wide }, { "flag", right.flag } }
  t.right_many = mb.frame { { "key", right.key }, { "other", right.other }, { "time", right.time },
    { "wide", right.wide } }
  return t
end

-- What tells a column from others: its type and length, and a sum of hashes of row and value.
local function of_column(column)
  local rows = column:is_missing():hash(column, mb.range(1, #column))
  return ("%s %d %d"):format(column:type(), #column, (rows:fill(1) >> 20):sum())
end

local function of_value(value)
  local columns = {}
  if type(value) == "userdata" and (getmetatable(value) or {}).__name ~= "moonbear.column" then
    return tostring(value)
  end
  if type(value) ~= "userdata" and not (type(value) == "table" and value.each) then
    if type(value) ~= "table" then return tostring(value) end
    for i, inner in ipairs(value) do columns[i] = tostring(inner) end
  elseif type(value) == "userdata" then
    return of_column(value)
  else
    for name, column in value:each() do columns[#columns + 1] = name .. " " .. of_column(column) end
  end
  return table.concat(columns, ", ")
end

---What tells the results of an operation from others, as text.
---@param ... any
---@return string
function session.fingerprint(...)
  local parts = {}
  for i, value in ipairs { ... } do parts[i] = of_value(value) end
  return table.concat(parts, "; ")
end

-- {name, function of the operands that returns columns, frames, numbers or tables}
session.operations = {
  { "sort", function(t) return t.wide:sort() end },
  { "sort of few values", function(t) return t.key:sort { descending = true } end },
  { "sort of floats", function(t) return t.value:sort() end },
  { "sort of bools", function(t) return t.flag:sort() end },
  { "argsort", function(t) return t.wide:argsort() end },
  { "argsort of few values", function(t) return t.key:argsort { descending = true } end },
  { "argsort by two", function(t)
    return mb.argsort({ t.key, t.wide }, { descending = { false, true } })
  end },
  { "sort_by", function(t) return t.frame:sort_by("key", "-time") end },
  { "topk", function(t) return t.wide:topk(10) end },
  { "bottomk", function(t) return t.value:bottomk(10) end },
  { "topk of many", function(t) return t.wide:topk(#t.wide // 2) end },
  { "rank", function(t) return t.value:rank() end },
  { "is_sorted", function(t) return t.wide:is_sorted() end },
  { "searchsorted", function(t) return t.sorted:searchsorted(t.right.wide, "right") end },
  { "searchsorted of many", function(t) return t.sorted:searchsorted(t.wide) end },

  { "value_counts", function(t) return t.key:value_counts() end },
  { "value_counts of many", function(t) return t.wide:value_counts() end },
  { "unique", function(t) return t.wide:unique() end },
  { "nunique", function(t) return t.value:nunique() end },
  { "intersect", function(t) return mb.intersect(t.many, t.right.start) end },
  { "union", function(t) return mb.union(t.many, t.right.wide) end },
  { "difference", function(t) return mb.difference(t.many, t.right.start) end },
  { "symmetric_difference", function(t) return mb.symmetric_difference(t.many, t.right.start) end },

  { "isin", function(t) return t.many:isin(t.right.start) end },
  { "isin of many", function(t) return t.many:isin(t.wide) end },
  { "lookup", function(t)
    return t.right.id:lookup(t.right.wide, t.key, { default = -1 })
  end },
  { "find", function(t) return t.wide:find(t.many) end },
  { "find_interval", function(t) return t.right.start:find_interval(t.right.stop, t.time) end },
  { "join inner", function(t) return t.frame:join(t.right_frame, { on = "key" }) end },
  { "join left", function(t) return t.frame:join(t.right_frame, { on = "key", how = "left" }) end },
  { "join right", function(t)
    return t.frame:join(t.right_frame, { on = "key", how = "right" })
  end },
  { "join outer", function(t)
    return t.frame:join(t.right_frame, { on = "key", how = "outer" })
  end },
  { "join semi", function(t) return t.frame:join(t.right_frame, { on = "key", how = "semi" }) end },
  { "join anti", function(t) return t.frame:join(t.right_frame, { on = "key", how = "anti" }) end },
  { "join of many", function(t)
    return t.frame:join(t.right_many, { on = { "key", "other", "time" } })
  end },
  { "join_asof", function(t) return t.frame:join_asof(t.right_many, { on = "time" }) end },
  { "join_asof by key", function(t)
    return t.frame:join_asof(t.right_many, { on = "time", by = "key" })
  end },

  { "gather", function(t) return t.value[t.at] end },
  { "gather of a frame", function(t) return t.frame[t.at] end },
  { "gather of few rows", function(t) return t.right.wide[t.at:minimum(#t.right.wide)] end },
  { "put", function(t) return t.value:put(t.at, t.value) end },
  { "put of a scalar", function(t) return t.wide:put(t.at, mb.null) end },
  { "put where", function(t) return t.wide:put(t.flag, t.wide[t.flag]) end },
  { "concat", function(t) return mb.concat { t.wide, t.right.wide } end },
  { "concat of frames", function(t) return mb.concat { t.frame, t.frame } end },
  { "repeat_by", function(t) return t.wide:repeat_by(t.times) end },
  { "reverse", function(t) return t.wide:reverse() end },
  { "shuffle", function(t) return t.value:shuffle(7) end },
  { "sample", function(t) return t.value:sample(#t.value // 2, { seed = 7 }) end },
  { "slice with a step", function(t) return t.wide:slice(-1, 1, -3) end },
  { "shift", function(t) return t.wide:shift(3, 0) end },

  { "quantile", function(t) return t.wide:quantile { 0.5, 0.99 } end },
  { "median", function(t) return t.value:median() end },
  { "histogram", function(t) return t.value:histogram { bins = 100 } end },
  { "histogram of ints", function(t) return t.wide:histogram { bins = 100, range = { 0, 1e18 } } end },
  { "histogram2d", function(t) return mb.histogram2d(t.value, t.key, { bins = { 10, 5 } }) end },
  { "digitize", function(t) return t.value:digitize { 0, 10.5, 1e5 } end },
  { "random", function(t)
    return mb.normal(#t.key, { seed = 1 }):eval(), mb.poisson(#t.key, { lam = 3, seed = 1 })
  end },
  { "choice", function(t)
    return mb.choice({ 1, 2, 3 }, #t.key, { weights = { 1, 0, 2 }, seed = 1 })
  end },

  { "group_by", function(t)
    local g = mb.group_by(t.key)
    return g:keys(), g:size()
  end },
  { "group_by of many", function(t)
    local g = mb.group_by(t.wide)
    return g:keys(), g:sum(t.value)
  end },
  { "group_by two", function(t)
    return t.frame:group_by("key", "other"):agg { { "sum", "time", "sum" }, { "n", "size" } }
  end },
}

-- Each aggregation, of a grouping of the keys.
for name, column in pairs {
  count = "wide", sum = "value", mean = "value", prod = "time", min = "wide", max = "value",
  argmin = "value", argmax = "wide", first = "wide", last = "flag", any = "flag", all = "flag",
  bit_and = "wide", bit_or = "time", bit_xor = "wide", var = "value", std = "time",
  median = "value", nunique = "value", mode = "other",
} do
  table.insert(session.operations, { "groups: " .. name, function(t)
    local g <close> = mb.group_by(t.key)
    return g[name](g, t[column])
  end })
end

for name, f in pairs {
  quantile = function(t, g) return g:quantile(t.value, 0.9) end,
  broadcast = function(t, g) return g:broadcast(g:sum(t.time)) end,
  head = function(_, g) return g:head(2) end,
  topk = function(t, g) return g:topk(t.value, 2) end,
  ["bottomk of many"] = function(t, g) return g:bottomk(t.value, #t.value // 2) end,
} do
  table.insert(session.operations, { "groups: " .. name, function(t)
    local g <close> = mb.group_by(t.key)
    return f(t, g)
  end })
end

-- What an operation gives, or the error that it raises.
function session.outcome(run, t)
  local results = table.pack(pcall(run, t))
  if not results[1] then return "error: " .. results[2]:gsub("^.-:%d+: ", "") end
  return session.fingerprint(table.unpack(results, 2, results.n))
end

-- The operands with other columns in their places: f's of those here, g's of the right side.
function session.with_columns(t, f, g)
  local other = { right = {} }
  for name, it in pairs(t) do
    if type(it) == "userdata" then other[name] = f(it) end
  end
  for name, it in pairs(t.right) do other.right[name] = g(it) end
  return session.frames(other)
end

return session
