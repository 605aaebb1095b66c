-- Zones: stretches of the rows of a dataset, of which a file tells the least and the greatest
-- value.
--
-- `_moonbear/zones/NAME` has two values for each 65,536 rows of the dataset NAME, or for as many
-- times two as leave at most 2,048 zones: its least and its greatest one, without missing rows and
-- NaN; where there are no others, the first is above the second, or both are NaN. Only numbers that
-- are in order have zones: ints, uints, floats, times, durations, addresses of version 4.
--
-- Zones hold as long as nobody else has written to the file: to_hdf marks it by a time that says so
-- (MB_HDF_MOMENT in src/io/hdf/mark.h). A copy that does not keep the time has lost its zones.

local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"

local zones = {
  fewest = 1 << 16, -- rows of a zone; tests take fewer
}

local GROUP <const>, MOST <const> = "_moonbear/zones/", 2048
local SKIP <const>, TELL <const> = 2, 4 -- mb_hdf_how

local ordered <const> = { int = true, uint = true, float = true, time = true, duration = true,
  ip = true }

-- Rows of each zone of a dataset of so many rows; nil of one that has none.
local function rows_of_zone(rows)
  if rows < zones.fewest then return nil end
  local each = zones.fewest
  while rows > each * MOST do each = each * 2 end
  return each
end

-- The zones of a column; nil where it has none.
local function zones_of(column)
  local each = ordered[column:type()] and rows_of_zone(#column)
  if not each then return nil end
  if column:type() ~= "ip" then return core.zones(column, each) end
  local ok, bounds = pcall(core.zones, column, each) -- there may be addresses of version 6
  return ok and bounds or nil
end

-- Adds empty datasets for zones that a file has of columns that have none any more.
local function empty_old(without, replaced, names, columns)
  if not replaced or #without == 0 then return end
  for _, it in ipairs(core.ls_hdf({ replaced }, without)) do
    names[#names + 1], columns[#columns + 1] = it.name, core.range(1, 0)
  end
end

---Adds zones to what is written. Collective.
---@param names string[]
---@param columns moonbear.Column[]
---@param replaced? string the file in which these datasets replace others, which may have zones
---@return string[]
---@return moonbear.Column[]
function zones.add(names, columns, replaced)
  local all, list = table.move(names, 1, #names, 1, {}), table.move(columns, 1, #columns, 1, {})
  local without = {}
  for i, column in ipairs(columns) do
    local name, bounds = GROUP .. names[i], zones_of(column)
    if bounds then
      all[#all + 1], list[#list + 1] = name, bounds
    else
      without[#without + 1] = name
    end
  end
  empty_old(without, replaced, all, list)
  return all, list
end

-- Zones of one column that comes piece by piece: rows that make no whole zone wait for more.
local function gatherer_of(each)
  local rest, done = nil, {}
  return function(column)
    local rows = rest and core.concat { rest, column } or column
    local whole = #rows // each * each
    if whole > 0 then done[#done + 1] = core.zones(rows:slice(1, whole), each) end
    if rest then rest:close() end
    rest = whole < #rows and core.concat { rows:slice(whole + 1, -1) } or nil
  end, function()
    if rest then done[#done + 1] = core.zones(rest, each) end
    return core.concat(done)
  end
end

---What gathers the zones of columns that come piece by piece, of so many rows in all:
---`add(i, column)` for the next rows of the i-th, and `result(replaced)`, which gives names and
---columns, as zones.add. Collective, both.
---@param names string[]
---@param rows integer
---@return {add: fun(i: integer, column: moonbear.Column), result: fun(replaced: string?)}
function zones.gatherer(names, rows)
  local each, adds, results = rows_of_zone(rows), {}, {}
  local function add(i, column)
    if adds[i] == nil then
      adds[i] = each and ordered[column:type()] or false
      if adds[i] then adds[i], results[i] = gatherer_of(each) end
    end
    if adds[i] and not pcall(adds[i], column) then -- there may be addresses of version 6
      adds[i], results[i] = false, nil
    end
  end
  return { add = add, result = function(replaced)
    local all, list, without = {}, {}, {}
    for i, name in ipairs(names) do
      if results[i] then
        all[#all + 1], list[#list + 1] = GROUP .. name, results[i]()
      else
        without[#without + 1] = GROUP .. name
      end
    end
    empty_old(without, replaced, all, list)
    return all, list
  end }
end

-- Rows of each zone that a file has; nil where it has none that hold.
local function zoned(file)
  return file.seen:find "marked" and rows_of_zone(file.rows)
end

---The last rows of the zones of all files, counted over them; a file without is one. Not
---collective.
---@param files moonbear.PieceFile[]
---@return integer[]
function zones.ends(files)
  local ends, before = {}, 0
  for _, file in ipairs(files) do
    local each = zoned(file) or math.max(file.rows, 1)
    for last = each, file.rows + each - 1, each do
      ends[#ends + 1] = before + math.min(last, file.rows)
    end
    before = before + file.rows
  end
  return ends
end

-- The values that the files with zones have of a dataset, and the first of each file by its path;
-- nil where there are none.
local function read(files, source, how)
  local paths, seen = {}, {}
  for _, file in ipairs(files) do
    if zoned(file) then paths[#paths + 1], seen[#seen + 1] = file.path, file.seen end
  end
  if #paths == 0 or #core.ls_hdf({ paths[1] }, { GROUP .. source }) == 0 then return nil end
  local ok, columns, _, _, starts = pcall(core.read_hdf, paths, { GROUP .. source }, "",
    how | SKIP | TELL, 1, -1, seen)
  if not ok or #columns[1] == 0 then return nil end
  starts[#starts + 2] = ("%d"):format(#columns[1] + 1)
  local first = {}
  for i = 1, #starts - 2, 2 do
    local at = math.tointeger(starts[i + 1])
    first[starts[i]] = { at = at, n = math.tointeger(starts[i + 3]) - at }
  end
  return columns[1], first
end

-- For each zone whether its bounds are known, and where the lower one is.
local function places(files, first)
  local known, at = {}, {}
  for _, file in ipairs(files) do
    local each, own = zoned(file), first[file.path]
    local n = each and (file.rows + each - 1) // each or math.min(file.rows, 1)
    local right = each and own and own.n == 2 * n
    for i = 1, n do
      known[#known + 1], at[#at + 1] = right or false, right and own.at + 2 * (i - 1) or 1
    end
  end
  return core.column(known, "bool"), core.column(at, "int")
end

---The bounds of a dataset's values in each of these zones, missing where nothing is known; nil
---where nothing is of any. Collective.
---@param files moonbear.PieceFile[]
---@param source string the dataset
---@param kind string the type of the column that it becomes
---@param how integer mb_hdf_how
---@return moonbear.Column? low
---@return moonbear.Column? high
function zones.bounds(files, source, kind, how)
  local values, first = nil, nil
  if ordered[kind] then values, first = read(files, source, how) end
  if not values then return nil end
  if values:type() ~= kind then values = values:as(kind) end
  local known, at = places(files, first)
  local low, high = values[at], values[at + 1]
  known = known & low:le(high)
  return elementwise.where(known, low, core.null), elementwise.where(known, high, core.null)
end

return zones
