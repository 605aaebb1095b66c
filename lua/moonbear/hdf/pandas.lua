-- pandas' stores: the columns of a group that pandas wrote, in the formats `fixed` and `table`.

local check = require "moonbear.check"
local convert = require "moonbear.hdf.convert"
local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"

local pandas = {}

-- A string of a pickle of protocol 0, which has characters below 256 as bytes and others as \uXXXX
-- or \UXXXXXXXX.
local function unescape(text)
  local function character(code) return utf8.char(tonumber(code, 16)) end
  text = text:gsub("[\x80-\xff]", function(byte) return utf8.char(byte:byte()) end)
  text = text:gsub("\\U(%x%x%x%x%x%x%x%x)", character)
  return (text:gsub("\\u(%x%x%x%x)", character)) -- a backslash among them
end

-- The strings and integers in a pickle of protocol 0, in order, as text.
local function unpickle(text)
  local list = {}
  for line in (text or ""):gmatch "[^\n]+" do
    local word = line:match "^[as]*V(.*)$" or line:match "^a?I(%-?%d+)$"
    if word then list[#list + 1] = unescape(word) end
  end
  return list
end

-- Of the types that pandas notes what they are for us.
local function conversion(dtype)
  local word = tostring(dtype):match "^%a+"
  return word == "datetime" and convert.time or word == "timedelta" and convert.duration
    or word == "date" and convert.date or nil
end

-- Text without what stands for missing rows.
local function without(mark)
  return function(column)
    if column:type() ~= "text" then return column end
    return elementwise.where(column:eq(mark), core.null, column)
  end
end

-- A column of codes, whose labels are in the file, too.
local function category(source)
  return function(codes, reading)
    return convert.labels(codes, reading.all(source))
  end
end

-- --- Tables: one dataset of a compound type, whose members are blocks of columns.

local function column_of_table(it, name, attributes, marks)
  local member, number = it.name:sub(it.stem + 2), 1
  local block, entry = member:match "^(.*)%[(%d+)%]$"
  if block then member, number = block, math.tointeger(entry) end
  if it.kind == "refused" then return { name = member, refused = it.mark } end
  local kinds = unpickle(attributes[member .. "_kind"])
  local dtype, change, labels = attributes[member .. "_dtype"], nil, nil
  if member == "index" then
    dtype = attributes.index_kind
  elseif attributes[member .. "_meta"] == "category" then
    labels = ("%s/meta/%s/meta/table.values"):format(name, member)
    change = category(labels)
  elseif tostring(dtype):find "^bytes" then
    change = without(marks)
  end
  return { name = member == "index" and "index" or kinds[number] or member, source = it.name,
    convert = change or conversion(dtype), labels = labels }
end

-- Puts columns into the order of names; others stay before them.
local function sort_by(list, names)
  local place = {}
  for i, name in ipairs(names) do place[name] = i end
  for i, it in ipairs(list) do it.place = place[it.name] or i - #list - 1 end
  table.sort(list, function(a, b) return a.place < b.place end)
  return list
end

local function expand_table(files, name)
  local group = core.attrs_hdf(files, name)
  local attributes, list = core.attrs_hdf(files, name .. "/table"), {}
  for i, it in ipairs(core.ls_hdf(files, { name .. "/table" })) do
    list[i] = column_of_table(it, name, attributes, group.nan_rep or "nan")
  end
  local axes = unpickle(group.non_index_axes)
  if axes[1] == "1" then table.remove(axes, 1) end
  sort_by(list, axes)
  local title = tostring(group.info):match "Vindex_name\np%d+\ns?V([^\n]*)\n"
  for _, it in ipairs(list) do
    if it.name == "index" and title then it.name = unescape(title) end
  end
  return list
end

-- --- Fixed: a dataset for the columns of each type, and one for the index.

---Raises for columns that only pandas can read. Not collective.
---@param name string of the group
---@param labels string[]
function pandas.refuse(name, labels)
  check.blame("'%s' has Python objects, which only pandas can read, in %s; read other columns by "
    .. "name, as '%s/column', or write the store with format='table'", name,
    "'" .. table.concat(labels, "', '") .. "'", name)
end

local function index_of(files, name, index, attributes)
  if attributes[index .. "_variety"] == "regular" then
    local its = core.attrs_hdf(files, name .. "/" .. index)
    if its.CLASS == "VLARRAY" then return {} end
    local title = its.name ~= "N." and its.name or "index"
    return { { name = title, source = name .. "/" .. index, convert = conversion(its.kind) } }
  end
  local list = {}
  for i = 0, (attributes[index .. "_nlevels"] or 0) - 1 do
    local level = ("%s/%s_level%d"):format(name, index, i)
    local its = core.attrs_hdf(files, level)
    local title = attributes[("%s_name%d"):format(index, i)] or its.name
    local labels, after = category(level), conversion(its.kind)
    list[#list + 1] = { name = type(title) == "string" and title ~= "N." and title
      or ("level%d"):format(i), source = ("%s/%s_label%d"):format(name, index, i), labels = level,
      convert = function(codes, reading)
        local column = labels(codes, reading)
        return after and after(column) or column
      end }
  end
  return list
end

local function expand_frame(files, name)
  local attributes, pickled = core.attrs_hdf(files, name), {}
  if attributes.axis0_variety ~= "regular" then
    check.blame("'%s' has names of columns in several levels (a MultiIndex), which are not read: "
      .. "write it with plain names", name)
  end
  local list = index_of(files, name, "axis1", attributes)
  if attributes.nblocks == 0 then
    if #list == 0 then check.blame("'%s' is a frame of pandas without rows and columns", name) end
    return list
  end
  local function small(source)
    local values = core.read_hdf(files, { source }, "", 1)[1]:to_table()
    for i, value in ipairs(values) do values[i] = tostring(value) end
    return values
  end
  for k = 0, attributes.nblocks - 1 do
    local block = ("%s/block%d_"):format(name, k)
    local its, items = core.attrs_hdf(files, block .. "values"), small(block .. "items")
    for i, label in ipairs(items) do
      if its.CLASS == "VLARRAY" then
        pickled[#pickled + 1] = label
      else
        list[#list + 1] = { name = label, source = ("%svalues[%d]"):format(block, i),
          convert = conversion(its.value_type) }
      end
    end
  end
  return sort_by(list, small(name .. "/axis0")), pickled
end

local function expand_series(files, name)
  local attributes = core.attrs_hdf(files, name)
  local its = core.attrs_hdf(files, name .. "/values")
  local title = type(attributes.name) == "string" and attributes.name ~= "N." and attributes.name
  if its.CLASS == "VLARRAY" then return {}, { title or "values" } end
  local list = index_of(files, name, "index", attributes)
  list[#list + 1] = { name = title or "values", source = name .. "/values",
    convert = conversion(its.value_type) }
  return list
end

local expansions <const> = { frame = expand_frame, frame_table = expand_table,
  series = expand_series, series_table = expand_table, appendable_multiframe = expand_table }

---The columns of a group that pandas wrote: {name =, source = (in the file), convert = (or nil)},
---or, of one that is not read, {name =, refused = (why)}.
---Collective.
---@param files string[]
---@param name string
---@param kind string what pandas calls it
---@param whole boolean raise if there is a column that only pandas can read
---@return table[]
---@return string[]? pickled the others
function pandas.expand(files, name, kind, whole)
  local expand = expansions[kind]
  if not expand then
    check.blame("'%s' is a '%s' of pandas, which is not read; frames and series are", name, kind)
  end
  local list, pickled = expand(files, name)
  if whole and pickled and #pickled > 0 then pandas.refuse(name, pickled) end
  return list, pickled
end

return pandas
