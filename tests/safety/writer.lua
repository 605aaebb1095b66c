-- Writes a file over and over, or checks what is there: see tests/safety/kills and tests/safety/fills.
--   writer.lua write WRITER PATH FIRST     generations from the first on, each told before and after
--   writer.lua once WRITER PATH GENERATION
--   writer.lua check WRITER PATH           prints the generation that is there, which must be whole
--   writer.lua fill WRITER PATH POINTS     in a small file system of its own
local mb = require "moonbear"

local ROWS <const> = 60000

-- A frame whose every row tells of its generation.
local function frame_of(generation)
  local key = mb.range(1, ROWS + generation % 7)
  return mb.frame { { "generation", mb.full(#key, generation) }, { "key", key * (generation + 1) },
    { "text", "t" .. (key % 1000 + generation):as "text" },
    { "varied", key:as("text", { dictionary = false }) .. "v" } }
end

local function check_frame(f)
  local generation = f.generation[1]
  local wanted = frame_of(generation)
  assert(#f == #wanted, "rows are lost")
  for name, column in wanted:each() do
    assert(f:column(name):eq(column):all(), name .. " is of several generations")
  end
  return generation
end

local names <const> = { "generation", "key", "text", "varied" }
local function read_hdf(path) return mb.read_hdf(path, names) end

local function hdf(opts)
  return { suffix = ".h5", write = function(f, path) f:to_hdf(path, opts) end, read = read_hdf }
end

-- Each: how a frame is written and read.
local writers <const> = {
  hdf = hdf {}, gzip = hdf { gzip = 1 }, arkouda = hdf { layout = "arkouda" },
  replace = { suffix = ".h5", read = read_hdf, write = function(f, path)
    f:to_hdf(path, { mode = io.open(path) and "r+" or "w" })
  end },
  ranks = hdf { files = "rank" },
  csv = { suffix = ".csv", write = function(f, path) f:to_csv(path) end, read = function(path)
    return mb.read_csv(path)
  end },
  packed = { suffix = ".csv.gz", write = function(f, path) f:to_csv(path, { gzip = 1 }) end, read = function(path)
    return mb.read_csv(path)
  end },
  parquet = { suffix = ".parquet", write = function(f, path) f:to_parquet(path) end, read = function(path)
    return mb.read_parquet(path)
  end },
  folder = { suffix = "", write = function(f, path)
    os.execute(("rm -rf '%s'"):format(path))
    f:to_parquet(path)
  end, read = mb.read_parquet },
  save = { suffix = ".h5", write = function(f, path) mb.save(path, { f = f }) end, read = function(path)
    return mb.load(path).f
  end },
}

local command, name, path, number = table.unpack(arg)
local writer = assert(writers[name], name)
path = path .. writer.suffix

local function say(...)
  print(...)
  io.stdout:flush()
end

-- The generation that is there; -1 where files of ranks are of several, and reading tells.
local function check()
  local ok, f = pcall(writer.read, path)
  if not ok and name == "ranks" and f:find "was not written together with" then return -1 end
  return check_frame(assert(ok and f, f))
end

local function shell(line)
  local pipe <close> = assert(io.popen(line))
  return pipe:read "a"
end

-- Fills the file system so that ever more room is left, up to what a file takes.
local function fill(points)
  local folder = path:match "^(.*)/"
  local function free() return tonumber(shell(("df --output=avail -B1 '%s' | tail -n 1"):format(folder))) end
  local function clear() os.execute(("rm -rf '%s'/filler"):format(folder)) end
  local room = free()
  writer.write(frame_of(0), path)
  local size, failed, old = room - free(), 0, 0
  for i = 0, points - 1 do
    local left = (size + 65536) * i // points
    if name == "folder" then os.execute(("rm -rf '%s'"):format(path)) end -- or its room would do
    os.execute(("head -c %d /dev/zero >'%s'/filler 2>/dev/null; sync '%s'/filler"):format(math.max(free() - left, 0),
      folder, folder))
    local ok, message = pcall(writer.write, frame_of(i + 1), path)
    clear()
    if not ok then
      failed = failed + 1
      assert(message:find "No space left on device", message)
    end
    if ok then old = i + 1 end
    if ok or name ~= "folder" then
      local found = check()
      assert(found == old, ("generation %s instead of %s"):format(found, old))
    end
    local parts = shell(("ls -A '%s' | grep part$"):format(folder))
    assert(parts == "", parts)
  end
  writer.write(frame_of(points + 1), path)
  assert(check() == points + 1)
  say(("%d of %d writes found no room"):format(failed, points))
end

if command == "write" then
  for generation = tonumber(number), math.maxinteger do
    say("begin", generation)
    writer.write(frame_of(generation), path)
    say("end", generation)
  end
elseif command == "once" then
  writer.write(frame_of(tonumber(number)), path)
  say(number)
elseif command == "check" then
  say(check())
else
  fill(tonumber(number))
end
