-- Right and outer joins of a scan with a frame in memory: a source whose pieces are joined, and
-- after which the rows of the frame come that no piece has matched.

local check = require "moonbear.check"
local column = require "moonbear.stream.column"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local recipe = require "moonbear.stream.recipe"

local outer = {}

-- How a piece is joined, so that rows of the frame without partners wait for the end.
local HOW <const> = { right = "inner", outer = "left" }

-- What the joins of pieces have in common.
local Join = {}
Join.__index = Join

-- A name that no column has.
local function free_name(taken)
  local name = "row"
  while taken[name] do name = name .. "_" end
  return name
end

-- The frame with the names that its columns have in the result.
local function renamed(self, other, result)
  local list, at = {}, #self.names
  for name, of in other:each() do
    if not self.is_key[name] then
      at = at + 1
      name = result[at]
    end
    list[#list + 1] = { name, of }
  end
  return frame.new(list)
end

local function new_join(names, columns, other, opts, result)
  if opts.on == nil then
    check.blame("right and outer joins of scans take 'on', and not 'left_on' and 'right_on': "
      .. "frame:rename gives keys one name")
  end
  local on = type(opts.on) == "string" and { opts.on } or opts.on
  local self = setmetatable({ names = names, columns = columns, on = on, how = HOW[opts.how],
    is_key = {} }, Join)
  for _, name in ipairs(on) do self.is_key[name] = true end
  self.other = renamed(self, other, result)
  local taken = {}
  for _, name in ipairs(result) do taken[name] = true end
  self.number = free_name(taken)
  return self
end

-- The columns of the scan that are wanted, or are keys, in a piece.
function Join:left(piece, wanted)
  local list = {}
  for i, name in ipairs(self.names) do
    if wanted[name] or self.is_key[name] then
      list[#list + 1] = { name, column.value(self.columns[i], piece) }
    end
  end
  return frame.new(list)
end

-- The columns of the frame that are wanted, and keys.
function Join:right(wanted)
  local list = {}
  for name, of in self.other:each() do
    if wanted[name] or self.is_key[name] then list[#list + 1] = { name, of } end
  end
  return frame.new(list)
end

-- Joins a piece, and notes which rows of the frame have partners in it.
function Join:rows(piece, wanted)
  local right = self:right(wanted)
  right[self.number] = core.range(1, #right)
  local joined = self:left(piece, wanted):join(right, { on = self.on, how = self.how })
  local numbers = joined:column(self.number)
  self.matched = self.matched:put(numbers[~numbers:is_missing()], true)
  return joined
end

-- The rows of the frame that had none.
function Join:rest(nothing, wanted)
  local alone = self:right(wanted):where(~self.matched)
  return self:left(nothing, wanted):join(alone, { on = self.on, how = "right" })
end

---The source of a join, whose last piece are the rows of the frame that nothing has matched. Not
---collective, but for a look at no rows; raises for wrong options.
---@param source moonbear.Source
---@param names string[] of the scan
---@param columns moonbear.ScanColumn[]
---@param other moonbear.Frame
---@param opts moonbear.JoinOptions
---@return moonbear.Source
function outer.source(source, names, columns, other, opts)
  local sample = {}
  for i, name in ipairs(names) do sample[i] = { name, column.value(columns[i], source.nothing) } end
  local empty = frame.new(sample):join(other, opts):head(0)
  local join = new_join(names, columns, other, opts, empty:columns())
  local open -- the piece that the last one was made of
  local function close()
    if open then recipe.close(open) end
    open = nil
  end
  local function needs(wanted)
    local used, list, some = {}, {}, {}
    for i, name in ipairs(names) do
      if wanted[name] or join.is_key[name] then used[#used + 1] = columns[i] end
    end
    for name in pairs(column.needs_of(used)) do some[name] = true end
    for _, name in ipairs(source.names) do
      if some[name] then list[#list + 1] = name end
    end
    return list
  end
  return {
    names = empty:columns(), rows = source.rows + 1, empty = empty, title = source.title,
    piece_rows = source.piece_rows,
    last = function(first, most)
      if first > source.rows then return first end
      local last = source.last and source.last(first, most) or first + most - 1
      return math.min(last, source.rows)
    end,
    read = function(first, last, some)
      local wanted = {}
      for _, name in ipairs(some) do wanted[name] = true end
      close()
      if first == 1 then join.matched = core.full(#other, false) end
      if first > source.rows then return join:rest(source.nothing, wanted):select(some) end
      open = recipe.piece(source.read(first, last, needs(wanted)))
      return join:rows(open, wanted):select(some)
    end,
  }
end

return outer
