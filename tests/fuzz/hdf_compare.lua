-- Reads whole HDF5 files that tests/fuzz/hdf has written, and compares all with what h5py read.
--   moonbear tests/fuzz/hdf_compare.lua FOLDER FIRST LAST
local mb = require "moonbear"

local formats = { bool = "<i8", int = "<i8", uint = "<i8", float = "<d" }

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

-- What is wrong with a dataset, or nil.
local function fault(path, name, kind, rows, bytes, at)
  local ok, column = pcall(mb.read_hdf, path, name)
  if not ok then return tostring(column) end
  if column:type() ~= kind then return "type " .. column:type() .. " instead of " .. kind end
  if #column ~= rows then return ("%d rows instead of %d"):format(#column, rows) end
  for i, have in ipairs(column:to_table()) do
    local want = formats[kind]:unpack(bytes, at + 8 * (i - 1))
    if kind == "bool" then want = want ~= 0 end
    if not same(want, have) then return ("row %d is %s instead of %s"):format(i, have, want) end
  end
end

local folder, first, last = ...
local count, faults = 0, 0
for i = tonumber(first), tonumber(last) do
  local path = ("%s/%d.h5"):format(folder, i)
  local bytes, at = read_file(path .. ".bin"), 1
  for name, kind, rows in read_file(path .. ".txt"):gmatch "(%S+) (%S+) (%d+)" do
    rows = tonumber(rows)
    local wrong = fault(path, name, kind, rows, bytes, at)
    if wrong then
      faults = faults + 1
      print(("%s %s: %s"):format(path, name, wrong))
    end
    count, at = count + 1, at + 8 * rows
  end
end
print(("%d datasets, %d wrong"):format(count, faults))
os.exit(faults == 0)
