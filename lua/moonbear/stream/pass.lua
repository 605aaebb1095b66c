-- Passes over the pieces of files: folds look at one piece after another, which is freed before the
-- next one is read.

local bounds = require "moonbear.stream.bounds"
local core = require "moonbear.core"
local pieces = require "moonbear.pieces"
local recipe = require "moonbear.stream.recipe"

local pass = {}

local NEAR <const> = 1 << 16 -- fewer rows between stretches are read, too

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

-- Stretches of rows that may matter to a fold: {first =, last =}. Where others between are few,
-- they are read, too.
local function stretches(fold, source)
  if source.rows == 0 then return {} end
  local possible = bounds.possible(fold.recipes, source)
  if not possible then return { { first = 1, last = source.rows } } end
  local list, first = {}, 1
  for i, last in ipairs(source.zones.ends) do
    local before = list[#list]
    if possible[i] and before and first - before.last <= NEAR then
      before.last = last
    elseif possible[i] then
      list[#list + 1] = { first = first, last = last }
    end
    first = last + 1
  end
  return list
end

local function one_pass(fold, source)
  local names, needs = {}, recipe.needs_of(fold.recipes)
  for _, name in ipairs(source.names) do
    if needs[name] then names[#names + 1] = name end
  end
  if #names == 0 then names[1] = source.names[1] end -- it is about the number of rows
  local step = source.piece_rows and { rows = source.piece_rows } or pieces.adaptive(#names)
  local list, read = stretches(fold, source), 0
  if #list == 0 then fold.add(source.nothing) end
  for _, stretch in ipairs(list) do
    local first = stretch.first
    repeat
      local last = source.last and source.last(first, step.rows)
        or math.min(first + step.rows - 1, stretch.last)
      look_at(fold, source, first, last, names)
      if step.suit then step:suit(last - first + 1) end
      core.progress_add(last - read, (last - first + 1) * 8 * #names)
      first, read = last + 1, last
    until first > stretch.last or fold.full and fold.full()
    if fold.full and fold.full() then break end
  end
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
