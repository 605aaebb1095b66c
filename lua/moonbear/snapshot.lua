-- Snapshots: values of a script in an HDF5 file, and back.
--
-- Columns are datasets at readable paths (`flows/src`), text as codes beside its dictionary. Which
-- values there are, and in what order, a text tells (`_moonbear/values`), of this grammar:
--
--   value = nil | true | false | null | integer | float | uint | time | duration | string
--         | column | frame | table
--   integer = -?[0-9]+        float = f and what C's printf("%a") writes, finf, f-inf, fnan
--   uint = u[0-9]+            time = t"ISO 8601"      duration = d"text"
--   string = "bytes", with \ddd for a quote, a backslash and what is no printable UTF-8
--   column = c"path"          frame = F{"name" "path" ...}       table = T{key value ...}

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local hdf = require "moonbear.hdf"
local store = require "moonbear.store"

local snapshot = {}

local DEEPEST <const> = 100

-- --- Writing.

local function escape(byte) return ("\\%03d"):format(byte:byte()) end

local function quote(text)
  text = text:gsub('[%c"\\]', escape)
  if not utf8.len(text) then text = text:gsub("[\x80-\xff]", escape) end
  return '"' .. text .. '"'
end

local function number_text(x)
  if math.type(x) == "integer" then return ("%d"):format(x) end
  if x ~= x then return "fnan" end
  if x == math.huge or x == -math.huge then return x > 0 and "finf" or "f-inf" end
  return ("f%a"):format(x)
end

-- The text of a value that is neither a column, a frame nor a table; nil where there is none.
local function scalar_text(x)
  local moment = core.moment_kind(x)
  if check.is_null(x) then return "null" end
  if core.is_uint(x) then return "u" .. tostring(x) end
  if moment then return (moment == "time" and "t" or "d") .. quote(tostring(x)) end
  if type(x) == "number" then return number_text(x) end
  if type(x) == "string" then return quote(x) end
  return (x == nil or type(x) == "boolean") and tostring(x) or nil
end

local function refusal_of_frame(x)
  for name, column in frame.methods.each(x) do
    if check.is_closed(column) then return ("a frame whose column '%s' is closed"):format(name) end
  end
  return nil
end

---Why a value cannot be in a snapshot, in words; nil when it can. Tables are looked into. Not
---collective.
---@param x any
---@param within? table<table, boolean> the tables that it is in
---@return string?
function snapshot.refusal(x, within)
  if check.is_column(x) then return check.is_closed(x) and "a closed column" or nil end
  if frame.is_frame(x) then return refusal_of_frame(x) end
  if scalar_text(x) then return nil end
  if type(x) ~= "table" or getmetatable(x) then return check.describe(x) end
  within = within or {}
  if within[x] then return "a table that holds itself" end
  within[x] = true
  for key, value in pairs(x) do
    local is_key = type(key) ~= "table" and type(key) ~= "userdata" and scalar_text(key)
    local why = not is_key and "a table with " .. check.describe(key) .. " for a key"
      or snapshot.refusal(value, within)
    if why then return why end
  end
  within[x] = nil
  return nil
end

-- A writer knows the columns so far, and the paths that they take.
local function new_writer()
  return { paths = {}, columns = {}, of = {}, taken = {} }
end

-- Whether a path can be that of one more dataset.
local function is_free(writer, path)
  if not store.is_name(path) or not utf8.len(path) or path:find "%c" then return false end
  if writer.taken[path] then return false end
  for at in path:gmatch "()/" do
    if writer.taken[path:sub(1, at - 1)] == "dataset" then return false end
  end
  return true
end

-- The path of a column, which is like the one that is wanted if that may be.
local function add_column(writer, column, wanted)
  local path = writer.of[column]
  if path then return path end
  path = wanted
  local number = #writer.paths
  while not is_free(writer, path) do
    number = number + 1
    path = "columns/" .. number
  end
  for at in path:gmatch "()/" do writer.taken[path:sub(1, at - 1)] = "group" end
  writer.taken[path], writer.of[column] = "dataset", path
  writer.paths[#writer.paths + 1] = path
  writer.columns[#writer.columns + 1] = column
  return path
end

local write_value

local function write_frame(writer, x, path)
  local parts = {}
  for name, column in frame.methods.each(x) do
    parts[#parts + 1] = quote(name) .. " " .. quote(add_column(writer, column, path .. "/" .. name))
  end
  return "F{" .. table.concat(parts, " ") .. "}"
end

local function write_table(writer, x, path, depth)
  local parts = {}
  if depth > DEEPEST then
    check.blame("save: tables lie more than %d deep in each other", DEEPEST)
  end
  for key, value in pairs(x) do
    local below = (path and path .. "/" or "") .. tostring(key)
    parts[#parts + 1] = scalar_text(key) .. " " .. write_value(writer, value, below, depth + 1)
  end
  return "T{" .. table.concat(parts, " ") .. "}"
end

function write_value(writer, x, path, depth)
  if check.is_column(x) then return "c" .. quote(add_column(writer, x, path)) end
  if frame.is_frame(x) then return write_frame(writer, x, path) end
  return scalar_text(x) or write_table(writer, x, path, depth)
end

---Saves values in a file, to go on from in another session, on any number of ranks: columns and
---frames of every type, stored as they are, numbers, strings, booleans, `mb.null`, times,
---durations, `mb.uint`, and tables of such. A column that is there twice is stored once. The file
---is HDF5, and `mb.read_hdf` and other programs read its datasets, which have the names of what
---they are in: `flows/src`. Text is stored as codes, with its strings in `_moonbear/entries`. A
---failure leaves the file that was there.
---
---Collective; the values must be alike on all ranks. Raises for what a snapshot does not hold:
---functions, files, tables with a metatable or within themselves.
---@param path string
---@param values table
function snapshot.save(path, values)
  check.path("save", path)
  if type(values) ~= "table" or check.class(values) then
    check.argument(2, "save", "table of values", values, "; write mb.save(path, {name = value})")
  end
  for key, value in pairs(values) do
    local why = snapshot.refusal(value)
    if why then
      check.blame("save: '%s' is or holds %s, which a snapshot cannot hold%s", tostring(key), why,
        why:find "scan$" and "; collect() brings it into memory" or "")
    end
  end
  local why = snapshot.refusal(values)
  if why then check.blame("save: the values are %s, which a snapshot does not hold", why) end
  local writer = new_writer()
  store.snapshot(path, writer, write_table(writer, values, nil, 1))
end

-- --- Reading.

local reader = {}
reader.__index = reader

function reader:fail()
  check.blame("%s: the snapshot is damaged: byte %d of its values makes no sense", self.path,
    self.at)
end

-- What a pattern captures at the place, which moves behind it; nil where it does not match.
function reader:take(pattern)
  local from, to, found = self.text:find("^%s*" .. pattern, self.at)
  if not from then return nil end
  self.at = to + 1
  return found or true
end

function reader:string()
  local text = self:take '"([^"]*)"'
  if not text then self:fail() end
  return (text:gsub("\\(%d%d%d)", function(code)
    local byte = tonumber(code)
    if byte > 255 then self:fail() end
    return string.char(byte)
  end))
end

-- Columns of a frame, or a single one, that were not read before, together.
function reader:columns(paths)
  local list, seen = {}, {}
  for _, path in ipairs(paths) do
    if not self.of[path] and not seen[path] then
      seen[path] = true
      list[#list + 1] = path
    end
  end
  if #list > 0 then
    for path, column in hdf.read_hdf({ self.path }, list):each() do self.of[path] = column end
  end
end

function reader:frame()
  local names, paths = {}, {}
  while not self:take "}" do names[#names + 1], paths[#paths + 1] = self:string(), self:string() end
  self:columns(paths)
  local list = {}
  for i, name in ipairs(names) do list[i] = { name, self.of[paths[i]] } end
  return frame.new(list)
end

function reader:table(depth)
  local result = {}
  while not self:take "}" do
    local key = self:value(depth + 1)
    if key == nil or key ~= key then self:fail() end
    result[key] = self:value(depth + 1)
  end
  return result
end

local words <const> = { ["true"] = true, ["false"] = false, ["null"] = core.null }

local function float_of(text)
  if text == "nan" then return 0 / 0 end
  if text == "inf" or text == "-inf" then return text == "inf" and math.huge or -math.huge end
  return tonumber(text)
end

function reader:value(depth)
  if depth > DEEPEST + 2 then self:fail() end
  local word = self:take "(%l%l%l%l?%l?)%f[^%l]"
  if word == "nil" then return nil end
  if word and words[word] ~= nil then return words[word] end
  if word then self.at = self.at - #word end
  local kind = self:take '([cdtFT])%f[{"]'
  if kind == "T" and self:take "{" then return self:table(depth) end
  if kind == "F" and self:take "{" then return self:frame() end
  if kind == "t" then return core.time(self:string()) end
  if kind == "d" then return core.duration(self:string()) end
  if kind == "c" then
    local path = self:string()
    self:columns { path }
    return self.of[path]
  end
  if not kind and self:take '%f["]' then return self:string() end
  local float = self:take "f([%w.+-]+)"
  local number = float and float_of(float) or not float and math.tointeger(self:take "(-?%d+)")
  if number then return number end
  local uint = not float and self:take "u(%d+)"
  if not uint then self:fail() end
  return core.uint(uint)
end

---The values of a snapshot that `mb.save` has written, on any number of ranks: a table as was given
---to it. Columns are evenly split. Collective. Raises when there is no such file, or when it is
---none of `mb.save` or damaged.
---@param path string
---@return table
function snapshot.load(path)
  check.path("load", path)
  local from = setmetatable({ path = path, text = core.hdf_values(path), at = 1, of = {} }, reader)
  local values = from:value(1)
  if type(values) ~= "table" or from.text:find("%S", from.at) then from:fail() end
  return values
end

return snapshot
