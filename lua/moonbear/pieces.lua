-- Rows of many files, piece by piece.

local check = require "moonbear.check"
local core = require "moonbear.core"

local pieces = {
  fewest = 1 << 16, most = 1 << 24, -- rows of a piece; tests take fewer
}

-- A piece takes at most this share of the memory that is free, as its columns and what is made of
-- them are there at once.
local SHARE <const> = 32

---The bytes that a piece of files may take, on all ranks. Ranks may have different budgets: the
---first one's counts. Collective.
---@return integer
function pieces.bytes()
  local used, _, _, budget = core.memory()
  local function free() return (budget - used) * core.size() end
  return math.max(1, core.ask("the size of pieces", free) // SHARE)
end

-- A whole number, made a power of two: passes of a like kind then have pieces of the same size, and
-- take their memory out of what the last one has left.
local function power(n)
  local result = 1
  while 2 * result <= n do result = 2 * result end
  return result
end

---Rows of a piece of so many columns of 8 bytes, a power of two. Collective.
---@param columns integer
---@return integer
function pieces.rows(columns)
  local rows = pieces.bytes() // (8 * math.max(columns, 1))
  return power(math.max(pieces.fewest, math.min(pieces.most, rows)))
end

-- Pieces get so many times their rows that they take one part in WORTH of the memory that is left,
-- at most TIMES, and half of them where they take more than one in TOO_MUCH. With ENOUGH bytes of a
-- rank what each piece costs beside its rows does not matter.
local WORTH <const>, TOO_MUCH <const>, TIMES <const>, ENOUGH <const> = 6, 3, 16, 1 << 26

---How many rows the pieces of a pass have, which follows what memory they take.
---@class moonbear.PieceRows
---@field rows integer
---@field enough integer
local Rows = {}
Rows.__index = Rows

---Of so many columns. Collective.
---@param columns integer
---@return moonbear.PieceRows
function pieces.adaptive(columns)
  core.memory_taken()
  return setmetatable({ rows = pieces.rows(columns),
    enough = math.min(pieces.most, ENOUGH * core.size() // (8 * columns)) }, Rows)
end

---Suits them to the memory that a piece of so many rows took, which is free again. Collective.
---@param rows integer
function Rows:suit(rows)
  local taken, left = core.memory_taken()
  if taken > left // TOO_MUCH then
    self.rows = math.max(pieces.fewest, self.rows // 2)
  elseif rows >= self.rows then
    local times = math.min(TIMES, left // WORTH // math.max(taken, 1), self.enough // self.rows)
    self.rows = self.rows * power(math.max(1, times))
  end
end

-- Text has about so many times the bytes of a compressed file.
local PACKED <const> = 8

---How text files are read piece by piece: windows of `size` bytes, of compressed ones with at most
---`most` bytes of text a rank, about.
---@class moonbear.Windows
---@field size integer
---@field most integer 0: any number
---@field text integer bytes of text that a window should have
local Windows = {}
Windows.__index = Windows

---Windows of files of which some are compressed or not, with no more text than told. Collective.
---@param text integer
---@param packed boolean
---@return moonbear.Windows
function pieces.windows(text, packed)
  text = math.min(text, math.max(1 << 20, pieces.bytes()))
  if not packed then return setmetatable({ text = text, size = text, most = 0 }, Windows) end
  local size, most = math.max(1, text // PACKED), math.max(1, 2 * text // core.size())
  return setmetatable({ text = text, size = size, most = most }, Windows)
end

---Suits the size to what a window had, as core.csv_read tells it. Not collective.
---@param window table
function Windows:suit(window)
  if window.stopped then
    self.size = math.max(1, self.size // 2)
  elseif window.packed and window.text < self.text // 2 then
    self.size = math.min(2 * self.size, self.text)
  end
end

---A file of a scan, and how its source knows it again, if it does.
---@class moonbear.PieceFile
---@field path string
---@field rows integer
---@field seen string?

---Files as functions of the core tell them: so many strings for each, its path, the number of its
---rows, and how it is. Not collective.
---@param told string[]
---@param strings integer
---@return moonbear.PieceFile[]
function pieces.files(told, strings)
  local files = {}
  for i = 1, #told, strings do
    files[#files + 1] = { path = told[i], rows = math.tointeger(told[i + 1]),
      seen = strings > 2 and told[i + 2] or nil }
  end
  return files
end

---One field of each file. Not collective.
---@param files moonbear.PieceFile[]
---@param name string
---@return any[]
function pieces.each(files, name)
  local list = {}
  for i, file in ipairs(files) do list[i] = file[name] end
  return list
end

-- Those with some rows of all, and which rows of these files they are.
local function files_of(files, first, last)
  local some, before, skipped = {}, 0, 0
  for _, file in ipairs(files) do
    if before + file.rows < first then
      skipped = skipped + file.rows
    elseif before < last then
      some[#some + 1] = file
    end
    before = before + file.rows
  end
  return some, first - skipped, last - skipped
end

-- A function that raises for files that are no longer what they are now. Collective, both.
local function watch(files)
  local before = {} -- on rank 0
  core.ask("the state of files", function()
    for _, file in ipairs(files) do before[file.path] = core.file_state(file.path) end
  end)
  return function(some)
    local changed = core.ask("the state of files", function()
      for _, file in ipairs(some) do
        if core.file_state(file.path) ~= before[file.path] then return file.path end
      end
    end)
    if changed then
      check.blame("%s: the file was changed since it was first looked at: make the scan anew",
        changed)
    end
  end
end

---The source of a scan of files (stream/scan.lua), which looks itself whether they have changed
---where they are not known by how they were seen. Collective, as are its functions.
---@param empty moonbear.Frame what is read, without rows
---@param files moonbear.PieceFile[]
---@param read fun(files: table[], first: integer, last: integer, names: string[]): moonbear.Frame
---some rows of these files, counted over them
---@return moonbear.Source
function pieces.source(empty, files, read)
  local rows, unchanged = 0, not (files[1] and files[1].seen) and watch(files)
  for _, file in ipairs(files) do rows = rows + file.rows end
  return {
    names = empty:columns(), rows = rows, empty = empty,
    title = check.plural(rows, "row") .. " in " .. check.plural(#files, "file"),
    read = function(first, last, names)
      local some, from, to = files_of(files, first, last)
      if #some == 0 then return empty:select(names) end
      local piece = read(some, from, to, names)
      if unchanged then unchanged(some) end
      return piece
    end,
  }
end

return pieces
