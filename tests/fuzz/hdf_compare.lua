-- Reads whole HDF5 files that tests/fuzz/hdf has written, and compares all with what h5py read.
--   moonbear tests/fuzz/hdf_compare.lua FOLDER FIRST LAST
local mb = require "moonbear"

local formats = { bool = "<i8", int = "<i8", uint = "<i8", float = "<d", text = "<s8" }

local function read_file(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

-- Whether two values have the same bits, NaNs aside.
local function same(want, have)
  if math.type(want) == "float" and want == 0 then return have == 0 and 1 / want == 1 / have end
  return want == have or want ~= want and have ~= have
end

-- What is wrong with a dataset, or nil; `wanted` has its values.
local function fault(path, name, kind, wanted)
  local ok, column = pcall(mb.read_hdf, path, name)
  if not ok then return tostring(column) end
  if column:type() ~= kind then return "type " .. column:type() .. " instead of " .. kind end
  if #column ~= #wanted then return ("%d rows instead of %d"):format(#column, #wanted) end
  for i, have in ipairs(column:to_table()) do
    local want = wanted[i]
    if not same(want, have) then return ("row %d is %s instead of %s"):format(i, have, want) end
  end
end

-- The values of a dataset from a place in the file of all, and where those of the next begin.
local function values_of(kind, rows, bytes, at)
  local values = {}
  for i = 1, rows do
    local value
    value, at = formats[kind]:unpack(bytes, at)
    if kind == "bool" then value = value ~= 0 end
    values[i] = value
  end
  return values, at
end

local folder, first, last = ...
local count, faults = 0, 0
for i = tonumber(first), tonumber(last) do
  local path = ("%s/%d.h5"):format(folder, i)
  local bytes, at = read_file(path .. ".bin"), 1
  for name, kind, rows in read_file(path .. ".txt"):gmatch "(%S+) (%S+) (%d+)" do
    local wanted
    wanted, at = values_of(kind, tonumber(rows), bytes, at)
    local wrong = fault(path, name, kind, wanted)
    if wrong then
      faults = faults + 1
      print(("%s %s: %s"):format(path, name, wrong))
    end
    count = count + 1
  end
end
print(("%d datasets, %d wrong"):format(count, faults))
os.exit(faults == 0)
