-- What to try each operation of the engine with: its arguments, as functions of the operands of a
-- session. An operation without a row here is an error.
local callables = require "spec.callables"
local check = require "moonbear.check"
local helper = require "spec.helper"
local mb = require "moonbear"
local mmdb = require "spec.mmdb"
local session = require "spec.session"

local core = mb.core

local operations = {}

-- CSV files of as many rows, and where they are converted to datasets; made when they are first asked
-- for.
local ROW <const> = { { "d", "int" }, { "s", "text" } }
local FORM <const> = { sep = ",", quote = '"', decimal = ".", na = { "" }, header = 1, bad = 0, block = 64 }
local files = {}
local function csv_of(n)
  if not files[n] then
    local path = helper.path("rows" .. n)
    files[n] = { helper.write_file(path .. ".csv", ("7,seven\n"):rep(n + 1)), path .. ".hdf" }
  end
  return table.unpack(files[n])
end

local json_files = {}
local function json_of(n)
  json_files[n] = json_files[n] or helper.write_file(helper.tmpdir() .. "/rows.json",
    ('{"a":7,"b":{"c":"seven"}}\n'):rep(n))
  return json_files[n]
end

local function file_of(n)
  local input, output = csv_of(n)
  if files[n].converted then return output end
  files[n].converted = true
  helper.convert_csv(ROW, input, output)
  return output
end

-- A snapshot of nothing.
local snapshot
local function snapshot_file()
  if not snapshot then
    local path = helper.path "snapshot.h5"
    core.write_hdf(path, { "x" }, { core.range(1, 3) }, 0, 0, 1, { "nil" })
    snapshot = path
  end
  return snapshot
end

operations.file_of = file_of

-- A path where nothing is.
local paths = 0
local function new_path()
  paths = paths + 1
  return helper.path("begun" .. paths)
end

-- A file that gets its rows piece by piece.
local function hdf_begun(t)
  local columns = { t.key, (t.key % 100):as "text" }
  local plan = { tostring(#t.key), table.unpack(core.hdf_measure({ "k", "text" }, columns)) }
  return new_path() .. ".h5", { "k", "text" }, columns, 0, 1, 100, plan, { "", "", "rows", "i", "3" }
end

local function grouping(t) return core.group_by { t.key, t.other } end

-- {name of a method, or "core." and a name: arguments}
local rows = {
  sum = function(t) return t.value, { skipna = true } end,
  to_table = function(t) return t.key:slice(1, 300), 300 end,
  ["core.tostring"] = function(t) return t.wide end,
  ["core.texts"] = function(t) return t.wide:slice(1, 300) end,
  ["core.element"] = function(t) return mb.concat { t.wide, mb.full(2048, 7) }, 1024 end,
  stats = function(t) return t.value, { "sum", "min", "std", ddof = 1, skipna = true } end,
  dot = function(t) return t.value, t.time, { skipna = true } end,
  cov = function(t) return t.value, t.time, { skipna = true, ddof = 0 } end,
  cumsum = function(t) return t.time, { exclusive = true } end,
  value_counts = function(t) return t.key end,
  ["core.most_common"] = function(t) return t.key, t.time, 5 end,
  sort = function(t) return t.wide, { descending = true } end,
  topk = function(t) return t.wide, 3 end,
  ["core.searchsorted"] = function(t) return t.sorted, t.wide, true end,
  ["core.argsort"] = function(t) return { t.key, t.wide }, { descending = { false, true } } end,
  quantile = function(t) return t.value, { 0.5, 0.9 }, { skipna = true } end,
  median = function(t) return t.value, { skipna = true } end,
  digitize = function(t) return t.value, { 0, 10.5, 1e5 } end,
  ["core.histogram"] = function(t) return { t.value, 10, 0, 1e5 } end,
  ["core.histogram2d"] = function(t) return { t.value, 10 }, { t.key, 5 } end,
  ["core.time_floor"] = "core.time_ceil core.time_round",
  year = "month day hour minute second microsecond nanosecond weekday yearday isoweek",
  ["core.union"] = function(t) return t.many, t.right.start end,
  ["core.find_last"] = function(t) return t.right.start, t.many end,
  ["core.find"] = function(t) return t.wide, t.many end,
  lookup = function(t) return t.right.id, t.right.wide, t.key, { default = -1 } end,
  find_interval = function(t) return t.right.start, t.right.stop, t.time end,
  ["core.join"] = function(t) return t.right.id, t.key, true, 24, 8, t.wide end,
  ["core.join_words"] = function(t)
    return { t.key, t.value }, { t.right.key, t.right.value }
  end,
  ["core.gather"] = function(t) return { t.key, t.value }, t.at end,
  ["core.filter"] = function(t) return t.wide, t.flag end,
  slice = function(t) return t.wide, -1, 1, -2 end,
  ["core.concat"] = function(t) return { t.wide, t.right.wide } end,
  ["core.repeat_positions"] = function(t) return t.times end,
  ["core.permutation"] = function(t) return #t.key, #t.key // 2, 7 end,
  shift = function(t) return t.wide, 3, 0 end,
  put = function(t) return t.wide, t.flag, t.wide[t.flag] end,
  eval = function(t) return t.wide + 1 end,
  ["core.range"] = function(t) return 1, #t.key, 3 end,
  ["core.full"] = function(t) return #t.key, 7 end,
  ["core.random"] = function(t) return #t.key, 1, 100, 7 end,
  ["core.column"] = function() return { 1, 2, 30, mb.null, -4 }, "int" end,
  ["core.group_by"] = function(t) return { t.key, t.other } end,
  ["core.group_keys"] = function(t) return grouping(t) end,
  ["core.group_count"] = function(t) return grouping(t) end,
  ["core.group_aggregate"] = function(t)
    return grouping(t), { "max", "quantile" }, { t.value, t.wide }, { 0.5, 0.9 }
  end,
  ["core.group_broadcast"] = function(t)
    local handle = grouping(t)
    return handle, core.range(1, core.group_count(handle))
  end,
  ["core.group_head"] = function(t) return grouping(t), 2 end,
  ["core.group_top"] = function(t) return grouping(t), t.value, 3, true end,
  ["core.group_scan"] = function(t) return grouping(t), 4, t.value end,
  ["core.group_shift"] = function(t) return grouping(t), t.wide, -2, 7 end,
  ["core.rolling"] = function(t)
    local before = core.range(0, #t.value - 1, 1)
    return t.value, before, mb.time_of(before), 2, 5, 7, 1, 0.5
  end,
  ["core.read_hdf"] = function(t) return { file_of(#t.key) }, { "d", "s" }, "device_prefixes", 7, 1, -1 end,
  ["core.ls_hdf"] = function(t) return { file_of(#t.key) }, { "d" }, true end,
  ["core.attrs_hdf"] = function(t) return { file_of(#t.key) }, "d" end,
  ["core.csv_write"] = function(t)
    local _, output = csv_of(#t.key)
    return output .. ".csv", { "a", "b" }, { t.key, t.value }, { sep = ",", na = "", header = true, gzip = 1 }
  end,
  ["core.csv_begin"] = function(t) return (select(2, csv_of(#t.key))) .. ".begun" end,
  ["core.csv_append"] = function(t)
    local file = core.csv_begin((select(2, csv_of(#t.key))) .. ".added")
    return file, { "a", "b" }, { t.key, t.value }, { sep = ",", na = "", header = true, gzip = 1 }
  end,
  ["core.csv_end"] = function(t) return core.csv_begin((select(2, csv_of(#t.key))) .. ".ended") end,
  ["core.folder_begin"] = function() return new_path() end,
  ["core.folder_end"] = function() return core.folder_begin(new_path()) end,
  ["core.file_kind"] = function(t) return (csv_of(#t.key)) end,
  ["core.csv_comments"] = function(t) return { (csv_of(#t.key)) }, { sep = ",", comment = "7" } end,
  ["core.csv_survey"] = function(t) return { (csv_of(#t.key)) }, FORM end,
  ["core.csv_read"] = function(t)
    return { (csv_of(#t.key)) }, { "a", "b" }, FORM, true, 2, {
      { field = 1, kind = "int", guessed = true, unit = 0 }, { field = 2, kind = "text", unit = 0 },
    }
  end,
  ["core.jsonl_survey"] = function(t) return { json_of(#t.key) }, { bad = 0, block = 64, learns = true } end,
  ["core.jsonl_read"] = function(t)
    return { json_of(#t.key) }, { "a", "c" }, { bad = 0, block = 64, fields = { "a", "b.c" }, learns = true }, false,
      2, { { field = 1, kind = "int", guessed = true, unit = 0 }, { field = 2, kind = "text", unit = 0 } }
  end,
  ["core.write_hdf"] = function(t)
    local text = (t.key % 100):as "text"
    return (snapshot_file():gsub("[^/]*$", "written.h5")), { "k", "g/v", "text" },
      { t.key, t.value, text }, 0, 1, 100, { "", "", "rows", "i", "3" }
  end,
  ["core.hdf_measure"] = function(t) return { "k", "text" }, { t.key, (t.key % 100):as "text" } end,
  ["core.hdf_begin"] = function(t) return hdf_begun(t) end,
  ["core.hdf_add"] = function(t)
    return core.hdf_begin(hdf_begun(t)), { t.key, (t.key % 100):as "text" }, 0
  end,
  ["core.hdf_whole"] = function(t) return core.hdf_begin(hdf_begun(t)), { "_moonbear/v" }, { t.value } end,
  ["core.hdf_end"] = function(t) return core.hdf_begin(hdf_begun(t)) end,
  ["core.zones"] = function(t) return t.value, 100 end,
  ["core.load_kernels"] = function() return helper.kernels "empty.so" end,
  ["core.hdf_values"] = function() return snapshot_file() end,
  ["core.check_outputs"] = function(t)
    local input, output = csv_of(#t.key)
    return { input }, { output .. ".checked" }
  end,
  ["core.csv_open"] = function(t)
    local input, output = csv_of(#t.key)
    return ROW, { input }, { output .. ".other" }, { level = 2, skip_bad = true, skip_header = true,
      range = 1000 }
  end,
  ["core.csv_batch"] = function(t)
    local input, output = csv_of(#t.key)
    return core.csv_open(ROW, { input }, { output .. ".third" })
  end,
}

-- Text.
local function text_of(column) return (column % 100):as "text" end
rows["core.text_of"] = function(t) return t.other, "text", { dictionary = true } end
rows["core.text_values"] = function(t) return text_of(t.key), "int", { errors = -1 } end
rows.contains = function(t) return text_of(t.key), "1" end
rows.len = function(t) return text_of(t.key) end
rows["core.text_hash"] = rows.len
rows["core.text_compare"] = function(t) return text_of(t.key), 4, "3" end
rows["core.join_text"] = function(t) return { text_of(t.key), text_of(t.other) }, "-" end
rows["core.surround_text"] = function(t) return text_of(t.key), "<", ">" end
rows.search = function(t) return text_of(t.key), "[12]+" end
rows.replace = function(t) return text_of(t.key), "1", "one", { regex = true, n = 2 } end
rows.extract = function(t) return text_of(t.key), "([max]|.)(.)?" end
rows.find_all = function(t) return text_of(t.key), "[1-3]" end
rows.split = function(t) return text_of(t.key), "1", { n = 3, columns = 2, regex = true } end
rows.partition = function(t) return text_of(t.key), "1", { n = 2, right = true } end
rows.strip = function(t) return text_of(t.key), "1" end
rows.encode = function(t) return text_of(t.key), nil, {} end
rows.pad = function(t) return text_of(t.key), 5, {} end
rows.repeat_text = function(t) return text_of(t.key), 2 end
rows.slice_text = function(t) return text_of(t.key), -1, 1, -2 end

-- Addresses and flags.
local function ip_of(column) return (column % 100 + 167772160):as "ip" end
rows["core.ip_of_text"] = function(t) return ip_of(t.key):as "text", "ip", { errors = "::1" } end
rows["core.ip_of_numbers"] = function(t) return t.other, "ip", { errors = "missing" } end
rows["core.ip_numbers"] = function(t) return ip_of(t.key), "int", { errors = "missing" } end
rows["core.ip_after"] = function(t) return ip_of(t.key), 3 end
rows["core.ip_before"] = rows["core.ip_after"]
rows.in_network = function(t) return ip_of(t.key), { "10.0.0.0/28", "10.0.0.64/30" } end
rows.network = function(t) return ip_of(t.key), 28, { v6 = 32 } end
rows["core.ip_words"] = function(t) return ip_of(t.key) end
rows.version = function(t) return ip_of(t.key) end
rows.lookup_network = function(t)
  local blocks = ip_of(t.right.id):as "text"
  return blocks, t.right.wide, ip_of(t.key)
end
local database, database_path
rows["core.geo_open"] = function()
  if not database_path then
    database_path = helper.path "rows.mmdb"
    helper.write_file(database_path, mmdb.bytes { { ("\0"):rep(12) .. "\10\0\0\0", 122, { name = "lower" } },
      { ("\0"):rep(12) .. "\10\0\0\64", 122, { name = "upper" } } })
  end
  return database_path
end
local function database_of(t)
  database = database or core.geo_open(rows["core.geo_open"](t))
  return database
end
rows["core.geo_find"] = function(t) return database_of(t), ip_of(t.key) end
rows["core.geo_values"] = function(t)
  return database_of(t), core.geo_find(database_of(t), ip_of(t.key)), { "name" }, "text"
end
rows["core.triangles"] = function()
  return mb.column { 1, 1, 1, 2, 2, 3, 5, 6, 6 }, mb.column { 2, 3, 4, 3, 4, 4, 6, 7, 8 }, 9
end
rows["core.cores"] = function()
  return mb.column { 1, 1, 1, 2, 2, 3, 3, 4, 5, 6 }, mb.column { 2, 3, 4, 1, 3, 1, 2, 1, 6, 5 }, 7
end
rows["core.flags"] = function(t) return t.key, "FSRPAUEC" end
rows.has = function(t) return mb.flags(t.key), "SA" end

-- Times.
local function times_of(column) return mb.time_of(column) end
local function time_text(column) return times_of(column % 100):as "text" end
rows["core.times_of_text"] = function(t) return time_text(t.key), "time", { errors = "missing" } end
rows["core.times_of_numbers"] = function(t) return t.key, "time", { unit = "ms" } end
rows["core.time_of"] = function(t) return t.key, { unit = "ms", epoch = "2017-01-01" } end
rows["core.time_range"] = function(t)
  return "2024-01-01", mb.time(1704067200 + #t.key), mb.duration "1s"
end
rows["core.time_floor"] = function(t) return times_of(t.time), "1h", { zone = "Europe/Berlin" } end
rows.utc_offset = function(t) return times_of(t.time), "America/New_York" end
rows.format = function(t) return times_of(t.key % 100), "%H:%M", { zone = "Asia/Tokyo" } end
rows.year = function(t) return times_of(t.time), { zone = "Asia/Kolkata" } end

-- Parquet and SQL.
local parquet
local function parquet_of(n)
  if not parquet then
    parquet = helper.path "rows.parquet"
    mb.sql(("copy (select 7 as d, 'seven' as s from range(%d)) to '%s' (format parquet)")
      :format(n + 1, parquet))
  end
  return { parquet }
end
operations.parquet_of = parquet_of
rows["core.ls_parquet"] = function(t) return parquet_of(#t.key) end
rows["core.read_parquet"] = function(t) return parquet_of(#t.key), { "d", "s" }, 1, -1, "d = 7" end
rows["core.write_parquet"] = function(t)
  return parquet_of(#t.key)[1] .. ".written", { "key", "value" }, { t.key, t.value }, "snappy", ""
end
rows["core.sql_begin"] = function(t) return "select ? as d from range(?)", { 7, #t.key } end
rows["core.sql_fetch"] = function(t)
  return core.sql_begin("select range as d, 'seven' as s from range(?)", { #t.key })
end

-- Operations that take what others do.
for name, others in pairs {
  sum = "prod mean skew min max argmin argmax any all count_nonzero",
  stats = "", cov = "", dot = "corr", cumsum = "cumprod cummin cummax",
  value_counts = "core.unique nunique", sort = "argsort is_sorted", topk = "bottomk",
  contains = "startswith endswith count_of find_in", strip = "lstrip rstrip", encode = "decode",
  search = "match fullmatch",
  len = "ulen lower upper title reverse_text isalpha isalnum isdigit isspace islower isupper istitle isascii isempty",
  version = "is_private is_global is_multicast is_loopback is_link_local", has = "any_of all_of",
  ["core.time_floor"] = "core.time_ceil core.time_round",
  year = "month day hour minute second microsecond nanosecond weekday yearday isoweek",
  ["core.union"] = "core.intersect core.difference core.symmetric_difference core.isin",
} do
  for other in others:gmatch "%S+" do rows[other] = rows[name] end
end
for _, name in ipairs { "var", "std" } do
  rows[name] = function(t) return t.value, { skipna = true, ddof = 1 } end
end

---Every operation: what core.operations says of it, with `key`, its name here; `call`, the function
---that a script or moonbear's own Lua files call; `method`, whether it is a column's; `of`, its
---arguments for operands.
---@type table[]
operations.list = {}
local used = {}
for _, operation in ipairs(core.operations()) do
  local method = operation.core == nil
  local key = method and operation.name or "core." .. operation.core
  operation.key, operation.method = key, method
  operation.of = assert(rows[key], key .. ": what shall it be tried with?")
  operation.call = method and core.column_methods[operation.name] or core[operation.core]
  operations.list[#operations.list + 1] = helper.can_try(key) and operation or nil
  used[key] = true
end
for key in pairs(rows) do assert(used[key], key .. ": there is no such operation") end

-- All that is in some values, one after another: what has a fingerprint, of columns their values.
local function flat(list, ...)
  for _, value in ipairs { ... } do
    local class = check.class(value)
    if class == "column" then
      list[#list + 1] = value:eval()
    elseif class == "grouping" then
      list[#list + 1] = value:size()
    elseif class == "scan" or class == "scancolumn" then
      flat(list, value:collect())
    elseif class == "scangrouping" then
      flat(list, value:size())
    elseif type(value) == "table" and class ~= "frame" then
      for _, inner in pairs(value) do flat(list, inner) end
    elseif type(value) ~= "userdata" or check.is_null(value) then -- no handle
      list[#list + 1] = value
    end
  end
  return list
end

-- The values that element-wise functions give, and a name for them.
local together = { "element-wise functions", function(t)
  local list = {}
  for _, callable in ipairs(callables.list) do
    if callables.elementwise[callable.key] and callable.method then
      flat(list, callable.call(callable.of(t)))
    end
  end
  return table.unpack(list)
end }

-- What the operations of a session have not tried, as these are: {name, function of the operands}.
local function rest()
  local list, tried = { together }, {}
  for _, operation in ipairs(session.operations) do
    local name = operation[1]
    tried[name:match "^groups: (.*)" and name:gsub("groups: ", "Grouping:") or name:match "^[%w_]+"] = true
  end
  for _, tries in ipairs { operations.list, callables.list } do
    for _, operation in ipairs(tries) do
      local leaves = tried[operation.name] or tried[operation.key] or callables.elementwise[operation.key]
      if not leaves then
        list[#list + 1] = { operation.key, function(t)
          return table.unpack(flat({}, operation.call(operation.of(t))))
        end }
      end
    end
  end
  return list
end

---All that is walked: the operations of a session, and those that it does not try.
operations.all = table.move(session.operations, 1, #session.operations, 1, {})
local untried = rest()
table.move(untried, 1, #untried, #operations.all + 1, operations.all)

return operations
