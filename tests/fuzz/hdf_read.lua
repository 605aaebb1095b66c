-- Reads HDF5 files that tests/fuzz/hdf has damaged: every dataset that a file lists, and every one
-- that a whole file of its kind has.
--   moonbear tests/fuzz/hdf_read.lua FOLDER FIRST LAST LOG
-- The log gets a line a file: its number when it is begun, and what came of it.
local mb = require "moonbear"

local names = {}
for name in ("contiguous big half flags gzip checked plain one grown scaled scaled_float lzf never "
  .. "nbit szip compact a/b/deep soft outer virtual device words bytes empty many group "
  .. "crowd/member_7 text fixed fixed_gzip variable variable_gzip variable_lzf filled compound "
  .. "compound_gzip compound_lzf.v compound_gzip.in.y.z matrix matrix_gzip[2] matlab[3] row column "
  .. "scalar word colours strings old_strings kinds lists.segments lists.values df big table"):gmatch "%S+" do
  names[#names + 1] = name
end

-- What a column holds, in a few words.
local function digest(column)
  local sum = column:type() == "bool" and column:sum()
    or column:hash():as("int", { wrap = true }):min()
  return ("%s %d %s"):format(column:type(), #column, sum)
end

local function read(path, name)
  local ok, column = pcall(mb.read_hdf, path, name)
  if not ok then return "refused" end
  if getmetatable(column).__name == "moonbear.frame" then
    local list = {}
    for part, it in column:each() do
      list[#list + 1] = ("%q"):format(part):gsub("%c", "?") .. " " .. (#it == 0 and "none" or digest(it))
    end
    column:close()
    return "{" .. table.concat(list, "; ") .. "}"
  end
  local text = #column == 0 and column:type() .. " 0" or digest(column)
  column:close()
  return text
end

-- What comes of a file.
local function try(path)
  local ok, listed = pcall(mb.ls_hdf, path)
  local results, seen = { ok and "listed " .. #listed or "refused" }, {}
  if pcall(mb.attrs, path) then results[1] = results[1] .. " with attributes" end
  local function add(name)
    if seen[name] then return end
    seen[name] = true
    local text = read(path, name)
    if text ~= "refused" then
      results[#results + 1] = ("%q"):format(name):gsub("%c", "?") .. " " .. text
    end
  end
  for _, dataset in ipairs(ok and listed or {}) do add(dataset.name) end
  for _, name in ipairs(names) do add(name) end
  return table.concat(results, ", ")
end

local folder, first, last, log = ...
log = assert(io.open(log, "w"))
for i = tonumber(first), tonumber(last) do
  local path = ("%s/%d.h5"):format(folder, i)
  log:write(i, "\n"):flush()
  local result = try(path)
  if try(path) ~= result then result = "differs at the second time: " .. result end
  log:write(i, " ", result, "\n"):flush()
end
