-- Passes over the pieces of files: folds look at one piece after another, which is freed before the
-- next one is read.

local core = require "moonbear.core"
local pieces = require "moonbear.pieces"
local recipe = require "moonbear.stream.recipe"

local pass = {}

local FEWEST <const>, MOST <const> = 1 << 16, 1 << 24 -- rows of a piece

-- Rows of a piece of columns of 8 bytes.
local function rows_of_piece(columns)
  local rows = pieces.bytes() // (8 * math.max(columns, 1))
  return math.max(FEWEST, math.min(MOST, rows))
end

-- An error inside a piece, with the rows that it has.
local function within(first, last, problem)
  if type(problem) ~= "string" or not problem:find "row %d" then return problem end
  return ("%s (of rows %d to %d of the files)"):format(problem, first, last)
end

local function look_at(fold, source, first, last, names)
  local piece = recipe.piece(source.read(first, last, names))
  local ok, problem = pcall(fold.add, piece)
  recipe.close(piece)
  if not ok then error(within(first, last, problem), 0) end
end

local function one_pass(fold, source)
  local names, needs = {}, recipe.needs_of(fold.recipes)
  for _, name in ipairs(source.names) do
    if needs[name] then names[#names + 1] = name end
  end
  if #names == 0 then names[1] = source.names[1] end -- it is about the number of rows
  local step = source.piece_rows or rows_of_piece(#names)
  local first = 1
  repeat
    local last = source.last and source.last(first, step) or math.min(first + step - 1, source.rows)
    look_at(fold, source, first, last, names)
    core.progress_add(last - first + 1, (last - first + 1) * 8 * #names)
    first = last + 1
  until first > source.rows or fold.full and fold.full()
end

---Runs a fold over the files of a source, and gives its results. Collective.
---@param fold moonbear.Fold
---@param source moonbear.Source
---@return any ...
function pass.run(fold, source)
  local current = fold
  repeat
    core.progress_begin("scanning", source.rows)
    local ok, problem = pcall(one_pass, current, source)
    core.progress_end()
    if not ok then error(problem, 0) end
    local more = current.after and current.after()
    current = more or current
  until not more
  return current.result()
end

return pass
