-- What scripts may call that is no operation of the engine: Lua over such operations, element-wise
-- operators, and what touches no column. With what each of them is tried; operations_spec fails for
-- a public name that is neither here nor an operation.
local mb = require "moonbear"
local walk = require "spec.walk"

local callables = {}

-- Numbers and names that go with operands of any number of rows.
local function half(t) return #t.key // 2 end
local function groups(t) return mb.group_by(t.key) end

-- {name in the documentation: function of the operands that gives its arguments}
local collective = {
  ["Column:diff"] = function(t) return t.wide, 2 end,
  ["Column:histogram"] = function(t) return t.value, { bins = 10, range = { 0, 1e5 } } end,
  ["Column:repeat_by"] = function(t) return t.wide, t.times end,
  ["Column:sample"] = function(t) return t.value, half(t), { seed = 7 } end,
  ["Column:searchsorted"] = function(t) return t.sorted, t.right.wide, "right" end,
  ["Column:shuffle"] = function(t) return t.value, 7 end,
  ["Column:to_table"] = function(t) return t.key:slice(1, 300), 300 end,
  ["mb.choice"] = function(t) return t.right.id, #t.key, { seed = 1 } end,
  ["mb.histogram2d"] = function(t) return t.value, t.key, { bins = { 10, 5 } } end,
  ["Frame:join"] = function(t) return t.frame, t.right_frame, { on = "key", how = "left" } end,
  ["Frame:join_asof"] = function(t) return t.frame, t.right_many, { on = "time" } end,
  ["Frame:row"] = function(t) return t.frame, 1 end,
  ["Frame:sort_by"] = function(t) return t.frame, "key", "-time" end,
  ["Grouping:agg"] = function(t) return groups(t), { { "sum", t.time, "sum" }, { "n", "size" } } end,
  ["Grouping:keys"] = function(t) return groups(t) end,
  ["Grouping:size"] = function(t) return groups(t) end,
  ["Grouping:quantile"] = function(t) return groups(t), t.value, 0.9 end,
  ["Grouping:broadcast"] = function(t)
    local g = groups(t)
    return g, mb.range(1, #g)
  end,
  ["Grouping:head"] = function(t) return groups(t), 2 end,
}

for name in ([[count sum mean prod min max argmin argmax first last bit_and bit_or bit_xor var std median
  nunique mode any all]]):gmatch "%S+" do
  local bools = name == "any" or name == "all"
  collective["Grouping:" .. name] = function(t) return groups(t), bools and t.flag or t.time end
end

-- What makes pending columns, or others of what is known already: without other ranks.
local alone = {
  ["Column:reverse"] = function(t) return t.wide end,
  ["Column:drop_missing"] = function(t) return t.wide end,
  ["Column:type"] = function(t) return t.wide end,
  ["Column:hash"] = function(t) return t.wide, t.key end,
  ["mb.uniform"] = function(t) return #t.key, { low = 1, high = 2, seed = 1 } end,
  ["mb.normal"] = function(t) return #t.key, { mean = 1, seed = 1 } end,
  ["mb.lognormal"] = function(t) return #t.key, { seed = 1 } end,
  ["mb.exponential"] = function(t) return #t.key, { seed = 1 } end,
  ["mb.poisson"] = function(t) return #t.key, { lam = 3, seed = 1 } end,
  ["mb.frame"] = function(t) return { { "key", t.key }, { "other", t.other } } end,
  ["mb.expr"] = function(t) return "key * 2 + other", { key = t.key, other = t.other } end,
  ["mb.uint"] = function() return "18446744073709551615" end,
  ["Frame:column"] = function(t) return t.frame, "key" end,
  ["Frame:columns"] = function(t) return t.frame end,
  ["Frame:drop"] = function(t) return t.frame, "key" end,
  ["Frame:head"] = function(t) return t.frame, 5 end,
  ["Frame:tail"] = function(t) return t.frame, 5 end,
  ["Frame:select"] = function(t) return t.frame, "key", "time" end,
  ["Frame:where"] = function(t) return t.frame, "key > $k", { k = 3 } end,
  ["Frame:with"] = function(t) return t.frame, { twice = "key * 2" } end,
  ["Frame:group_by"] = function(t) return t.frame, "key" end,
}

-- What is documented, and tried elsewhere: what frees, prints, iterates, times, or tells of ranks.
local untried = [[
  Column:close Frame:close Grouping:close Column:show Frame:show mb.explain Frame:each Frame:rows
  Column:info mb.time mb.rank mb.size mb.on_rank]]

---{documented name: true} of element-wise functions, which elementwise specs walk (see walk.lua).
---@type table<string, true>
callables.elementwise = { ["mb.where"] = true, ["Column:where"] = true }
for _, operation in ipairs(walk.operations) do
  if operation.way == "method" then callables.elementwise["Column:" .. operation.name] = true end
  if operation.way == "math" then callables.elementwise["Column:" .. operation.name] = true end
end

---@type table<string, true>
callables.untried = {}
for name in untried:gmatch "%S+" do callables.untried[name] = true end

---{name, function} of all that scripts may call, by its documented name.
---@return table<string, function>
function callables.public()
  local all = {}
  for prefix, functions in pairs {
    ["mb."] = mb, ["Column:"] = mb.core.column_methods,
    ["Frame:"] = require("moonbear.frame").methods, ["Grouping:"] = require("moonbear.group").methods,
  } do
    for name, f in pairs(functions) do
      if type(f) == "function" and not name:find "^__" then all[prefix .. name] = f end
    end
  end
  return all
end

---Those that are tried, in the form of spec.operations: {name =, key =, method =, call =, of =,
---["local"] =}.
---@type table[]
callables.list = {}

local public = callables.public()
for name, of in pairs(collective) do
  callables.list[#callables.list + 1] = { key = name, of = of, call = public[name], ["local"] = false }
end
for name, of in pairs(alone) do
  callables.list[#callables.list + 1] = { key = name, of = of, call = public[name], ["local"] = true }
end
for _, callable in ipairs(callables.list) do
  callable.name = callable.key:match "[%w_]+$"
  callable.method = callable.key:sub(1, 3) ~= "mb."
  assert(callable.call, callable.key .. ": there is none")
end
table.sort(callables.list, function(a, b) return a.key < b.key end)

return callables
