-- What names stand for: columns of datasets, and of the groups that pandas and Arkouda write.

local arkouda = require "moonbear.hdf.arkouda"
local check = require "moonbear.check"
local convert = require "moonbear.hdf.convert"
local core = require "moonbear.core"
local pandas = require "moonbear.hdf.pandas"

local structure = {}

-- Types of what conversions give.
local types <const> = { [convert.time] = "time", [convert.duration] = "duration",
  [convert.ip] = "ip" }

-- Who wrote an object, and what it is: "pandas", "frame_table"; "arkouda", 6.
local function read_mark(it)
  local who, what = (it.mark or ""):match "^(%l+) (.*)$"
  return who, who == "arkouda" and math.tointeger(what) or what
end

local function expand(files, group, whole)
  local who, what = read_mark(group)
  if who == "pandas" then return pandas.expand(files, group.name, what, whole) end
  if who == "arkouda" then return arkouda.expand(files, group.name, what) end
end

local function conversion_of(it)
  local who, what = read_mark(it)
  return who == "arkouda" and arkouda.conversion(what) or nil
end

-- The columns of what was found under a name.
local function columns_of(files, found, name, bare)
  local list = {}
  for _, it in ipairs(found) do
    if it.kind == "group" then
      for _, column in ipairs(expand(files, it, true) or {}) do
        if not bare and column.name ~= name then column.name = name .. "/" .. column.name end
        list[#list + 1] = column
      end
    elseif it.kind == "refused" then
      list[#list + 1] = { name = it.name, refused = it.mark }
    else
      local part = it.name:sub(it.stem + 1)
      local short = bare and it.name ~= name and part:match "^%.(.*)" or it.name
      list[#list + 1] = { name = short, source = it.name, convert = conversion_of(it) }
    end
  end
  return list
end

-- The column of a group whose name comes before its own; nil when there is none.
local function column_within(files, name, skip)
  local wholes = {}
  for at in name:gmatch "()[/.]" do table.insert(wholes, 1, name:sub(1, at - 1)) end
  if wholes[#wholes] == "" then wholes[#wholes] = nil end
  if #wholes == 0 then return end
  -- What is no column either fails.
  local ok, described = pcall(core.ls_hdf, files, wholes, skip)
  for _, group in ipairs(ok and described or {}) do
    local rest = name:sub(#group.name + 2)
    local who, what = read_mark(group)
    if group.kind == "group" and who == "pandas" then
      local columns, pickled = pandas.expand(files, group.name, what, false)
      for _, column in ipairs(columns) do
        if column.name == rest then
          if column.refused then check.blame("%s", column.refused) end
          column.name = name
          return column
        end
      end
      for _, label in ipairs(pickled or {}) do
        if label == rest then pandas.refuse(group.name, { label }) end
      end
    elseif group.kind == "group" and who == "arkouda" then
      local column = arkouda.part(group.name, rest)
      if column then column.name = name end
      return column
    end
  end
end

-- Takes what is not read out of a list of columns; returns the reasons.
local function part_refused(list)
  local read, refused = {}, {}
  for _, it in ipairs(list) do
    if it.refused then refused[#refused + 1] = it.refused else read[#read + 1] = it end
  end
  return read, refused
end

---For each name a list of the columns that it stands for: {name =, source = (its name in files),
---convert = (a function of the column and a reading, or nil), tell = (the reading is to have
---starts)}. What is not there is its own source, and reading tells why not. `refused` lists why
---parts of datasets are not among the columns. Collective.
---@param files string[]
---@param names string[]
---@param skip boolean look at the first file that can be read
---@param bare boolean call the columns of a dataset or group by their own names
---@return table[][]
function structure.resolve(files, names, skip, bare)
  local found, result = {}, { refused = {} }
  for i = 1, #names do found[i] = {} end
  for _, it in ipairs(core.ls_hdf(files, names, skip)) do table.insert(found[it.asked], it) end
  for i, name in ipairs(names) do
    local list, refused = part_refused(columns_of(files, found[i], name, bare))
    table.move(refused, 1, #refused, #result.refused + 1, result.refused)
    if #list == 0 then
      list[1] = #found[i] == 0 and column_within(files, name, skip)
        or { name = name, source = name }
    end
    result[i] = list
  end
  return result
end

-- The innermost group of those that a name is in.
local function owner_of(name, groups)
  for at = #name, 1, -1 do
    if name:sub(at, at) == "/" and groups[name:sub(1, at - 1)] then return name:sub(1, at - 1) end
  end
end

-- The columns of a group; none where it cannot be read as a whole.
local function columns_within(files, group)
  local who, what = read_mark(group)
  if who == "arkouda" and what == arkouda.SEGMENTS then
    return { { name = ".segments", source = group.name .. "/segments" },
      { name = ".values", source = group.name .. "/values" } }
  end
  local ok, columns = pcall(expand, files, group, false)
  return (part_refused(ok and columns or {}))
end

local function describe_column(group, column, it)
  local own = column.name == group.name
  local joint = column.name:sub(1, 1) == "." and "" or "/"
  local of = not own and group.name or nil
  return { name = own and column.name or group.name .. joint .. column.name, of = of,
    type = types[column.convert] or column.type or it.type, rows = it.rows, shape = it.shape,
    kind = own and "column" or "part", compression = it.compression, source = column.source,
    convert = column.convert, tell = column.tell, structure = of }
end

-- Describes the columns of a group by those of their sources, and types by those of labels.
local function list_group(files, group, list)
  local columns, sources, is = columns_within(files, group), {}, {}
  local n = #columns
  if n == 0 then return end
  for i, column in ipairs(columns) do
    sources[i], sources[n + i] = column.source, column.labels or column.source
  end
  for _, it in ipairs(core.ls_hdf(files, sources)) do
    if it.asked <= n then is[it.asked] = it else columns[it.asked - n].type = it.type end
  end
  for i, column in ipairs(columns) do
    if is[i] then list[#list + 1] = describe_column(group, column, is[i]) end
  end
end

---Everything that can be read of the first file, by name: what mb.ls_hdf gives, and `structure`,
---the group that a column is of, where this is not a dataset. `refused` lists why parts of datasets
---are not among it. Collective.
---@param files string[]
---@param skip? boolean
---@return table[]
function structure.list(files, skip)
  local described, groups, list = core.ls_hdf(files, nil, skip), {}, { refused = {} }
  for _, it in ipairs(described) do
    if it.kind == "group" then groups[it.name] = it end
  end
  for _, it in ipairs(described) do
    local owner = owner_of(it.name, groups)
    local inside = owner and (read_mark(groups[owner]) == "arkouda" or it.name:find "/meta/"
      or it.kind ~= "group")
    if not inside and it.kind == "group" then
      list_group(files, it, list)
    elseif not inside and it.kind == "refused" then
      table.insert(list.refused, it.mark)
    elseif not inside then
      local change = conversion_of(it)
      list[#list + 1] = { name = it.name, source = it.name, type = types[change] or it.type,
        rows = it.rows, shape = it.shape, kind = it.kind, convert = change,
        of = it.kind == "part" and it.name:sub(1, it.stem) or nil, compression = it.compression }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

return structure
