-- Columns as the objects that Arkouda has for them (its file version 2.0).

local check = require "moonbear.check"
local core = require "moonbear.core"
local group = require "moonbear.group"

local layout = {}

-- Types of Arkouda's objects: their attribute ObjType.
local PDARRAY <const>, STRINGS <const>, CATEGORICAL <const> = 1, 2, 4
local DATETIME <const>, TIMEDELTA <const>, IPV4 <const> = 7, 8, 9

-- The Arkouda whose layout this is; it reads files whatever version they have.
local VERSION <const> = "v2026.07.15"

local NOT_A_TIME <const>, MISSING <const> = math.mininteger, "N/A"

local function note(to, ...) table.move({ ... }, 1, 4, #to.notes + 1, to.notes) end

-- Marks an object, in Arkouda's order.
local function mark(to, holder, kind, is_bool)
  note(to, holder, "ObjType", "i", ("%d"):format(kind))
  if is_bool then note(to, holder, "isBool", "i", "1") end
  note(to, holder, "file_version", "r", "2")
  note(to, holder, "arkouda_version", "c", VERSION)
end

local function add(to, name, column)
  to.names[#to.names + 1], to.columns[#to.columns + 1] = name, column
end

local function add_array(to, name, column, kind)
  add(to, name, column)
  mark(to, name, kind or PDARRAY, column:type() == "bool")
end

local function add_strings(to, name, column, unmarked)
  add(to, name, column)
  mark(to, name .. "/segments", PDARRAY)
  mark(to, name .. "/values", PDARRAY)
  if not unmarked then mark(to, name, STRINGS) end
end

-- Categories, one of which stands for missing rows. In one file, Arkouda marks few of the parts.
local function add_categorical(to, name, column)
  if column:eq(MISSING):any() then
    check.blame("column '%s' has missing rows, and strings '%s', by which Arkouda tells these: "
      .. "give the rows another value, as c:fill('') does", name, MISSING)
  end
  local categories = group.group_by(column:fill(MISSING))
  local labels, numbers = categories:keys(), core.range(0, #categories - 1)
  local codes, missing = name .. "/codes", name .. "/NA_Codes"
  add(to, codes, categories:broadcast(numbers))
  add_strings(to, name .. "/categories", labels, not to.each)
  add(to, missing, numbers[labels:eq(MISSING)])
  if to.each then
    mark(to, codes, PDARRAY)
    mark(to, missing, PDARRAY)
  end
  mark(to, name, CATEGORICAL)
end

local function add_moments(kind)
  return function(to, name, column)
    add_array(to, name, column:as("int", { unit = "ns" }):fill(NOT_A_TIME), kind)
  end
end

-- What becomes of columns of each type.
local adders <const> = {
  bool = add_array, int = add_array, uint = add_array, float = add_array,
  text = function(to, name, column)
    local adder = column:is_missing():any() and add_categorical or add_strings
    adder(to, name, column)
  end,
  time = add_moments(DATETIME), duration = add_moments(TIMEDELTA),
  ip = function(to, name, column)
    local ok, number = pcall(column.as, column, "uint")
    if not ok then
      check.blame("column '%s' has addresses of version 6, which Arkouda has not: write them as "
        .. "text, with c:as 'text'", name)
    end
    add_array(to, name, number, IPV4)
  end,
  flags = function(_, name)
    check.blame("column '%s' is flags, whose names Arkouda's files have not: write them as "
      .. "numbers, with c:as 'int'", name)
  end,
}

---Attributes that Arkouda gives files and objects.
layout.reserved = { File_Format = true, ObjType = true, isBool = true, file_version = true,
  arkouda_version = true }

---What is written for columns: names of datasets and their columns. Collective.
---@param names string[]
---@param columns moonbear.Column[]
---@param each boolean to a file of each rank
---@param notes string[] gets the attributes, as core.write_hdf takes them
---@return string[]
---@return moonbear.Column[]
function layout.objects(names, columns, each, notes)
  local to = { names = {}, columns = {}, each = each, notes = notes }
  note(to, "", "File_Format", "i", each and "1" or "0")
  for i, name in ipairs(names) do
    if name:find("/", 1, true) then
      check.blame("'%s' cannot be the name of an object of Arkouda: '/' makes groups, which it "
        .. "does not look into", name)
    end
    adders[columns[i]:type()](to, name, columns[i])
  end
  return to.names, to.columns
end

return layout
