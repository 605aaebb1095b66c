-- Arkouda's objects: groups whose attribute ObjType tells what they are.

local check = require "moonbear.check"
local convert = require "moonbear.hdf.convert"
local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"

local arkouda = {}

local PDARRAY <const>, SEGMENTS <const>, CATEGORICAL <const>, GROUPBY <const> = 1, 3, 4, 5
local FRAME <const>, SERIES <const>, INDEX <const>, INDICES <const> = 6, 11, 12, 13

arkouda.SEGMENTS = SEGMENTS

-- What becomes of datasets of these types.
local conversions <const> = { [7] = convert.time, [8] = convert.duration, [9] = convert.ip }

---What becomes of a dataset of that type. Not collective.
---@param kind integer?
---@return function?
function arkouda.conversion(kind) return conversions[kind] end

-- Adds to each row what the files before its own have of another column, where each file counts
-- from its own beginning.
local function rebased(column, reading, other)
  local _, starts = reading.all(other)
  if #starts <= 2 then return column end
  local number, before = convert.file_numbers(reading.starts, #column), {}
  for i = 2, #starts, 2 do before[#before + 1] = math.tointeger(starts[i]) - 1 end
  return column + core.column(before, "int")[number]
end

-- Files of one run on several locales count codes over all of them.
local function is_one_run(reading)
  for i = 1, #reading.starts, 2 do
    if not reading.starts[i]:find "_LOCALE%d+" then return false end
  end
  return true
end

local function expand_categorical(_, name)
  local categories <const> = name .. "/categories"
  local function change(codes, reading)
    local labels = reading.all(categories)
    local marks = reading.has(name .. "/NA_Codes") and reading.all(name .. "/NA_Codes")
    local known = codes
    if not is_one_run(reading) then known = rebased(codes, reading, categories) end
    if marks and #marks > 0 then -- the label of missing values, the same in all files of a run
      known = elementwise.where(codes:eq(marks[1]), -1, known)
    end
    return convert.labels(known, labels)
  end
  return { { name = name, source = name .. "/codes", labels = categories, tell = true,
    convert = change } }
end

local function expand_segments(_, name)
  check.blame("'%s' is a SegArray of Arkouda: read '%s.segments', where its lists begin, counted "
    .. "from 0, and '%s.values'", name, name, name)
end

local function expand_grouping(_, name)
  check.blame("'%s' is a GroupBy of Arkouda, which is not read; read its keys as '%s/KEY_0', and "
    .. "group by them", name, name)
end

local function expand_number(files, name)
  local limbs = core.attrs_hdf(files, name).NumLimbs
  if not limbs then check.blame("'%s' is a group of Arkouda's that is not known", name) end
  return { { name = name, source = name .. "/Limb_0", convert = function(column, reading)
    for i = 1, limbs - 1 do
      local high = reading.all(("%s/Limb_%d"):format(name, i))
      if #high > 0 and high:ne(0):any() then
        check.blame("'%s' is a bigint column of Arkouda with values of more than 64 bits, which no "
          .. "type here has; read its parts as '%s/Limb_0' (the lowest) to '%s/Limb_%d'", name,
          name, name, limbs - 1)
      end
    end
    return column
  end } }
end

local expand_members

-- The columns of a group, of which each object in it is one.
local function expand_frame(files, name)
  local prefix = name .. "/"
  local list = expand_members(files, prefix)
  for _, it in ipairs(list) do it.name = it.name:sub(#prefix + 1) end
  local function key(it) -- the index first; IDX_10 behind IDX_2
    return (it.name == "Index" and "" or it.name):gsub("%d+", function(n)
      return ("%020d"):format(n)
    end)
  end
  table.sort(list, function(a, b) return key(a) < key(b) end)
  return list
end

local expansions <const> = { [PDARRAY] = expand_number, [SEGMENTS] = expand_segments,
  [CATEGORICAL] = expand_categorical, [GROUPBY] = expand_grouping, [FRAME] = expand_frame,
  [SERIES] = expand_frame, [INDEX] = expand_frame, [INDICES] = expand_frame }

function expand_members(files, prefix)
  local list = {}
  for _, it in ipairs(core.ls_hdf(files)) do
    if it.name:sub(1, #prefix) == prefix and not it.name:find("/", #prefix + 1, true) then
      local kind = math.tointeger(tostring(it.mark):match "^arkouda (%d+)")
      if it.kind ~= "group" and it.kind ~= "refused" then
        list[#list + 1] = { name = it.name, source = it.name, convert = arkouda.conversion(kind) }
      elseif kind == SEGMENTS then
        check.blame("'%s' is a SegArray of Arkouda, which is no column: name the other columns",
          it.name)
      elseif expansions[kind] then
        table.move(expansions[kind](files, it.name), 1, 1, #list + 1, list)
      end
    end
  end
  return list
end

---The columns of a group that Arkouda wrote, as those of pandas.expand. Collective.
---@param files string[]
---@param name string
---@param kind integer its ObjType
---@return table[]
function arkouda.expand(files, name, kind)
  local expand = expansions[kind]
  if not expand then
    check.blame("'%s' is an object of Arkouda of type %d, which is not read", name, kind)
  end
  return expand(files, name)
end

---A part of a SegArray; nil for what is none.
---@param name string of the group
---@param part string
---@return table?
function arkouda.part(name, part)
  if part == "values" then return { source = name .. "/values" } end
  if part ~= "segments" then return nil end
  return { source = name .. "/segments", tell = true, convert = function(column, reading)
    return rebased(column, reading, name .. "/values")
  end }
end

return arkouda
