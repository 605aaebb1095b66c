-- Rows of many files, piece by piece.

local core = require "moonbear.core"

local pieces = {}

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

-- The files with some rows of all, and which rows of these files they are.
local function files_of(counts, first, last)
  local files, before, skipped = {}, 0, 0
  for i = 1, #counts, 2 do
    local rows = math.tointeger(counts[i + 1])
    if before + rows < first then
      skipped = skipped + rows
    elseif before < last then
      files[#files + 1] = counts[i]
    end
    before = before + rows
  end
  return files, first - skipped, last - skipped
end

---The source of a scan of files (stream/scan.lua). Not collective.
---@param empty moonbear.Frame what is read, without rows
---@param counts string[] the path of each file and the number of its rows
---@param read fun(files: string[], first: integer, last: integer, names: string[]): moonbear.Frame
---some rows of these files, counted over them
---@return moonbear.Source
function pieces.source(empty, counts, read)
  local rows = 0
  for i = 2, #counts, 2 do rows = rows + math.tointeger(counts[i]) end
  return {
    names = empty:columns(), rows = rows, empty = empty,
    title = ("%d rows in %d file%s"):format(rows, #counts // 2, #counts == 2 and "" or "s"),
    read = function(first, last, names)
      local files, from, to = files_of(counts, first, last)
      return #files == 0 and empty:select(names) or read(files, from, to, names)
    end,
  }
end

return pieces
