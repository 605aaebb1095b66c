-- What scripts may call that is no operation of the engine: Lua over such operations, element-wise
-- functions, and what touches no column. With what each of them is tried; operations_spec fails for
-- a public name that is neither here nor an operation.
local helper = require "spec.helper"
local lanl = require "moonbear.lanl"
local mb = require "moonbear"
local stream = require "moonbear.stream"
local streams = require "spec.streams"
local walk = require "spec.walk"

local callables = {}

-- Numbers and names that go with operands of any number of rows.
local function half(t) return #t.key // 2 end
local function groups(t) return mb.group_by(t.key) end

-- Files of text, each made when it is asked for.
local made = {}
local function text_file(name, text)
  made[name] = made[name] or helper.write_file(helper.path(name), text)
  return made[name]
end

-- A path where nothing is.
local paths = 0
local function new_path()
  paths = paths + 1
  return helper.path("new" .. paths)
end

local CSV <const> = "key,word\n" .. ("7,seven\n"):rep(50)
local ZEEK <const> = "#separator \\x09\n#fields\tn\tword\n#types\tcount\tstring\n"
  .. ("7\tseven\n"):rep(50) .. "#close\n"
local JSON <const> = ('{"key":7,"in":{"word":"seven"}}\n'):rep(50)
local NFDUMP <const> = "sp,dp,ibyt\n" .. ("80,8.0,1.2 M\n"):rep(50) .. "Summary\nflows\n50\n"

-- {name in the documentation: function of the operands that gives its arguments}
local collective = {
  ["Column:isin"] = function(t) return t.many, t.right.start end,
  ["Column:show"] = function(t) return t.wide, 5 end,
  ["Column:diff"] = function(t) return t.wide, 2 end,
  ["Column:histogram"] = function(t) return t.value, { bins = 10, range = { 0, 1e5 } } end,
  ["Column:repeat_by"] = function(t) return t.wide, t.times end,
  ["Column:sample"] = function(t) return t.value, half(t), { seed = 7 } end,
  ["Column:searchsorted"] = function(t) return t.sorted, t.right.wide, "right" end,
  ["Column:shuffle"] = function(t) return t.value, 7 end,
  ["mb.choice"] = function(t) return t.right.id, #t.key, { seed = 1 } end,
  ["mb.histogramdd"] = function(t) return { t.value, t.key, t.time }, { bins = { 10, 5, 3 } } end,
  ["mb.histogram2d"] = function(t) return t.value, t.key, { bins = { 10, 5 } } end,
  ["Column:to_hdf"] = function(t) return t.wide, helper.path "column.h5", "wide", { gzip = 1 } end,
  ["Frame:to_hdf"] = function(t) return t.right_frame, helper.path "frame.h5" end,
  ["mb.save"] = function(t) return helper.path "saved.h5", { f = t.right_frame, n = 3 } end,
  ["mb.load"] = function(t)
    local path = helper.path "loaded.h5"
    mb.save(path, { f = t.right_frame, n = 3 })
    return path
  end,
  ["Frame:join"] = function(t) return t.frame, t.right_frame, { on = "key", how = "left" } end,
  ["Frame:join_asof"] = function(t) return t.frame, t.right_many, { on = "time" } end,
  ["Frame:to_csv"] = function(t) return t.frame:head(50), text_file("out", ""), { quote = "text" } end,
  ["mb.attrs"] = function(t) return require("spec.operations").file_of(#t.key), "d" end,
  ["mb.scan_hdf"] = function(t) return require("spec.operations").file_of(#t.key), { "d", "s" } end,
  ["Scan:to_csv"] = function(t) return streams.of(t.frame:head(50), 20), text_file("piecewise", "") end,
  ["mb.scan_csv"] = function() return text_file("scanned", "a,b\n1,x\n2.5,y\n"), { columns = { "a" } } end,
  ["mb.scan_parquet"] = function(t)
    return require("spec.operations").parquet_of(#t.key), { "d", "s" }
  end,
  ["mb.collect"] = function(t) return { sum = { streams.of(t.frame).key, "sum" } } end,
  ["Scan:collect"] = function(t) return streams.of(t.frame) end,
  ["Scan:head"] = function(t) return streams.of(t.frame), 5 end,
  ["Scan:topk"] = function(t) return streams.of(t.frame), "key", 3 end,
  ["Scan:bottomk"] = function(t) return streams.of(t.frame), "key", 3 end,
  ["Scan:join"] = function(t) return streams.of(t.frame), t.right_frame, { on = "key" } end,
  ["ScanColumn:collect"] = function(t) return streams.of(t.frame).key end,
  ["ScanColumn:head"] = function(t) return streams.of(t.frame).key, 5 end,
  ["ScanGrouping:agg"] = function(t) return streams.of(t.frame):group_by "key", { n = "size" } end,
  ["ScanGrouping:keys"] = function(t) return streams.of(t.frame):group_by "key" end,
  ["ScanGrouping:size"] = function(t) return streams.of(t.frame):group_by "key" end,
  ["Frame:row"] = function(t) return t.frame, 1 end,
  ["Frame:rows"] = function(t) return t.frame:head(20) end,
  ["Frame:show"] = function(t) return t.frame, 5 end,
  ["mb.read_zeek"] = function() return text_file("zeek", ZEEK), { columns = { "n" } } end,
  ["mb.read_nfdump"] = function() return text_file("nfdump", NFDUMP), { rows = { 2, 20 } } end,
  ["mb.read_jsonl"] = function()
    return text_file("json", JSON), { columns = { "in", "key" }, types = { key = "int" }, block = 50 }
  end,
  ["mb.read_csv"] = function() return text_file("csv", CSV), { block = 50 } end,
  ["mb.on_rank"] = function() return 0, function() return 7 end end,
  ["Frame:to_parquet"] = function(t) return t.frame, os.tmpname() .. ".parquet" end,
  ["Scan:to_parquet"] = function(t) return streams.of(t.frame:head(50), 20), new_path() end,
  ["Scan:to_hdf"] = function(t) return streams.of(t.frame:head(50), 20), new_path(), { gzip = true } end,
  ["mb.sql"] = function() return "select 1 as x" end,
  ["Frame:sort_by"] = function(t) return t.frame, "key", "-time" end,
  ["Column:pct_change"] = function(t) return t.value, 2 end,
  ["Column:factorize"] = function(t) return t.other end,
  ["Column:mode"] = function(t) return t.other end,
  ["Column:describe"] = function(t) return t.value end,
  ["Column:find"] = function(t) return t.other, t.other:slice(1, 9), { all = true } end,
  ["Column:rank"] = function(t) return t.value, { method = "dense", pct = true } end,
  ["Column:unique"] = function(t) return t.other, { first = true, inverse = true, counts = true } end,
  ["Column:cut"] = function(t) return t.value, { 0, 1000, 100000 }, { labels = false } end,
  ["Column:qcut"] = function(t) return t.key, 4, { duplicates = "drop" } end,
  ["Frame:pivot"] = function(t)
    return t.frame:head(50), { index = "key", columns = "other", values = "time", agg = "sum" }
  end,
  ["Frame:melt"] = function(t) return t.frame, { id_vars = "key", value_vars = { "other", "value" } } end,
  ["Frame:to_markdown"] = function(t) return t.frame, 5 end,
  ["Frame:to_html"] = function(t) return t.frame, 5 end,
  ["Column:ffill"] = function(t) return t.wide, 3 end,
  ["Column:bfill"] = function(t) return t.wide end,
  ["Column:rolling"] = function(t) return t.value, 5, "mean", { min_periods = 1 } end,
  ["Frame:to_lua"] = function(t) return t.frame, 5 end,
  ["Frame:map"] = function(t) return t.frame:head(5), function(row) return row.key end end,
  ["Frame:sample"] = function(t) return t.frame, half(t), { seed = 7 } end,
  ["Frame:unique"] = function(t) return t.frame, "key", "other" end,
  ["Frame:drop_duplicates"] = function(t) return t.frame, { "key", "other" }, { keep = "last" } end,
  ["Frame:duplicated"] = function(t) return t.frame, "key" end,
  ["Frame:value_counts"] = function(t) return t.frame, { "key", "other" } end,
  ["Frame:ffill"] = function(t) return t.frame end,
  ["Frame:bfill"] = function(t) return t.frame, "key" end,
  ["Frame:find_interval"] = function(t)
    local starts = t.right_many:select "time":unique()
    return starts, starts, t.frame:select "time"
  end,
  ["Frame:isin"] = function(t) return t.frame, t.right_many, { on = { "key", "other" } } end,
  ["Frame:equals"] = function(t) return t.frame, t.frame:with {} end,
  ["Frame:compare"] = function(t) return t.frame, t.frame:with { key = "key + 1" }, { limit = 3 } end,
  ["Frame:describe"] = function(t) return t.frame end,
  ["Frame:memory"] = function(t) return t.frame end,
  ["Frame:topk"] = function(t) return t.frame, "time", 3, { by = "key" } end,
  ["Frame:bottomk"] = function(t) return t.frame, "time", 3 end,
  ["Frame:corr"] = function(t) return t.frame, { "time", "value" } end,
  ["Grouping:cumcount"] = function(t) return groups(t) end,
  ["Grouping:rank"] = function(t) return groups(t), t.time, { method = "dense" } end,
  ["Grouping:rolling"] = function(t) return groups(t), t.value, 3, "sum", { min_periods = 1 } end,
  ["Grouping:tail"] = function(t) return groups(t), 2 end,
  ["Grouping:filter"] = function(t) return t.frame:group_by "key", "size > 1" end,
  ["Grouping:transform"] = function(t) return t.frame:group_by "key", "time - min(time)" end,
  ["Grouping:agg"] = function(t) return groups(t), { { "sum", t.time, "sum" }, { "n", "size" } } end,
  ["Grouping:keys"] = function(t) return groups(t) end,
  ["Grouping:size"] = function(t) return groups(t) end,
  ["Grouping:quantile"] = function(t) return groups(t), t.value, 0.9 end,
  ["Grouping:broadcast"] = function(t)
    local g = groups(t)
    return g, mb.range(1, #g)
  end,
  ["Grouping:head"] = function(t) return groups(t), 2 end,
  ["Grouping:topk"] = function(t) return groups(t), t.value, 3 end,
  ["Grouping:bottomk"] = function(t) return groups(t), t.wide, half(t) end,
}

for name in ([[count sum mean prod min max argmin argmax first last bit_and bit_or bit_xor var std median
  nunique mode any all]]):gmatch "%S+" do
  local bools = name == "any" or name == "all"
  collective["Grouping:" .. name] = function(t) return groups(t), bools and t.flag or t.time end
end

for name in ("cumsum cumprod cummin cummax shift diff pct_change ffill unique"):gmatch "%S+" do
  collective["Grouping:" .. name] = function(t) return groups(t), t.time end
end

-- What makes pending columns, or others of what is known already: without other ranks.
local alone = {
  ["Column:head"] = function(t) return t.wide, 3 end,
  ["Column:tail"] = function(t) return t.wide, 3 end,
  ["Column:reverse"] = function(t) return t.wide end,
  ["Column:drop_missing"] = function(t) return t.wide end,
  ["Column:quarter"] = function(t) return mb.time_of(t.time), { zone = "UTC" } end,
  ["Column:isoyear"] = function(t) return mb.time_of(t.time) end,
  ["Column:days_in_month"] = function(t) return mb.time_of(t.time) end,
  ["Column:is_leap_year"] = function(t) return mb.time_of(t.time) end,
  ["Column:collect"] = function(t) return t.wide end,
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
  ["mb.explain"] = function(t) return t.wide + 1 end,
  ["mb.progress"] = function() return true end,
  ["Scan:column"] = function(t) return streams.of(t.frame), "key" end,
  ["Scan:columns"] = function(t) return streams.of(t.frame) end,
  ["Scan:where"] = function(t) return streams.of(t.frame), "key > $k", { k = 3 } end,
  ["Scan:with"] = function(t) return streams.of(t.frame), { twice = "key * 2" } end,
  ["Scan:select"] = function(t) return streams.of(t.frame), "key", "time" end,
  ["Scan:drop"] = function(t) return streams.of(t.frame), "key" end,
  ["Scan:map"] = function(t) return streams.of(t.frame), function(rows) return rows end end,
  ["Scan:group_by"] = function(t) return streams.of(t.frame), "key" end,
  ["ScanColumn:type"] = function(t) return streams.of(t.frame).key end,
  ["mb.rank"] = function() end,
  ["mb.size"] = function() end,
  ["mb.time"] = function(t) return "sum", function() return #t.wide end end,
  ["mb.duration"] = function() return "1h30min" end,
  ["Column:total_seconds"] = function(t) return mb.time_of(t.time) - mb.time(0) end,
  ["lanl.device_id"] = function() return "Comp364445" end,
  ["lanl.device_name"] = function() return 22058209181 end,
  ["lanl.learn_prefixes"] = function() return { "Comp:21036:6" } end,
  ["Column:close"] = function(t) return t.wide + 1 end,
  ["Column:info"] = function(t) return t.wide end,
  ["Frame:close"] = function(t) return mb.frame { { "wide", t.wide + 1 } } end,
  ["Grouping:close"] = function(t) return groups(t) end,
  ["Frame:each"] = function(t) return t.frame end,
  ["Frame:column"] = function(t) return t.frame, "key" end,
  ["Frame:across"] = function(t) return t.frame, "sum", { "key", "other" } end,
  ["Frame:collect"] = function(t) return t.frame end,
  ["Frame:columns"] = function(t) return t.frame end,
  ["Frame:drop"] = function(t) return t.frame, "key" end,
  ["Frame:head"] = function(t) return t.frame, 5 end,
  ["Frame:tail"] = function(t) return t.frame, 5 end,
  ["Frame:slice"] = function(t) return t.frame, 2, -2 end,
  ["Frame:rename"] = function(t) return t.frame, { key = "id" } end,
  ["Frame:reorder"] = function(t) return t.frame, "time" end,
  ["Frame:dropna"] = function(t) return t.frame end,
  ["Frame:fillna"] = function(t) return t.frame, 0 end,
  ["Frame:select"] = function(t) return t.frame, "key", "time" end,
  ["Frame:where"] = function(t) return t.frame, "key > $k", { k = 3 } end,
  ["Frame:with"] = function(t) return t.frame, { twice = "key * 2" } end,
  ["Frame:group_by"] = function(t) return t.frame, "key" end,
}

---{key: true} of element-wise functions, which may be tried together.
---@type table<string, true>
callables.elementwise = { ["mb.math.hash"] = true }

-- Element-wise functions, as methods and in mb.math, of columns alone where they take several.
for _, operation in ipairs(walk.operations) do
  local name = operation.name
  local function of(t)
    local operands = name == "where" and { t.flag, t.time, t.key } or { t.time, t.key, t.other }
    return walk.arguments(name, operation.option, table.move(operands, 1, operation.arity, 1, {}))
  end
  if operation.way ~= "operator" then
    for _, prefix in ipairs { "Column:", "mb.math.", name == "where" and "mb." or nil } do
      if not collective[prefix .. name] then
        alone[prefix .. name] = of
        callables.elementwise[prefix .. name] = true
      end
    end
  end
end
alone["mb.math.hash"] = alone["Column:hash"]

-- Without what they print.
local function quietly(f)
  return function(...)
    local print, write = _G.print, io.write
    _G.print = function() end
    rawset(io, "write", _G.print)
    local results = table.pack(pcall(f, ...))
    _G.print = print
    rawset(io, "write", write)
    if not results[1] then error(results[2], 0) end
    return table.unpack(results, 2, results.n)
  end
end

-- How many rounds a loop over what they give takes.
local function counted(f)
  return function(...)
    local rounds = 0
    for _ in f(...) do rounds = rounds + 1 end
    return rounds
  end
end

-- How some are tried, as their results are not to be compared.
local ways = {
  ["Column:show"] = quietly, ["Frame:show"] = quietly, ["mb.explain"] = quietly, ["mb.time"] = quietly,
  ["Frame:each"] = counted, ["Frame:rows"] = counted,
  ["Column:info"] = function(f) return function(...) return f(...).type end end,
  ["Frame:memory"] = function(f) return function(...) return f(...):drop "bytes" end end,
}

---{name, function} of all that scripts may call, by its documented name.
---@return table<string, function>
function callables.public()
  local all = {}
  for prefix, functions in pairs {
    ["mb."] = mb, ["mb.math."] = mb.math, ["lanl."] = lanl, ["Column:"] = mb.core.column_methods,
    ["Frame:"] = require("moonbear.frame").methods, ["Grouping:"] = require("moonbear.group").methods,
    ["Scan:"] = stream.methods.Scan, ["ScanColumn:"] = stream.methods.ScanColumn,
    ["ScanGrouping:"] = stream.methods.ScanGrouping,
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
for is_alone, functions in pairs { [false] = collective, [true] = alone } do
  for key, of in pairs(functions) do
    local f = assert(public[key], key .. ": there is none")
    callables.list[#callables.list + 1] = helper.can_try(key) and {
      key = key, of = of, call = ways[key] and ways[key](f) or f, ["local"] = is_alone,
      name = key:match "[%w_]+$", method = key:find ":" ~= nil,
    } or nil
  end
end
table.sort(callables.list, function(a, b) return a.key < b.key end)

return callables
