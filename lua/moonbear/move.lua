-- Rows that are moved: columns and frames one after another, and what gathers rows at positions.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local options = require "moonbear.options"
local blame, describe, is_column = check.blame, check.describe, check.is_column

local move, methods = {}, core.column_methods

-- Frames of the same columns, one after another.
local function concat_frames(frames)
  local joined = {}
  for i, name in ipairs(frames[1]:columns()) do
    local parts = {}
    for k, part in ipairs(frames) do parts[k] = part:column(name) end
    joined[i] = { name, core.concat(parts) }
  end
  return frame.new(joined)
end

local function check_frame(i, it, first)
  if not frame.is_frame(it) then
    blame("concat: number 1 is a frame, number %d is %s", i, describe(it))
  end
  local names, others = first:columns(), it:columns()
  table.sort(names)
  table.sort(others)
  if table.concat(names, "\n") ~= table.concat(others, "\n") then
    blame("concat: the frames have different columns: %s, and %s in number %d",
      table.concat(names, ", "), table.concat(others, ", "), i)
  end
end

---The rows of columns of one type, one after another, or of frames with the same columns, in the
---first one's order: `mb.concat{a, b}`. Evenly laid out. Collective. Raises when types differ, and
---when frames have other columns.
---@generic T: moonbear.Column|moonbear.Frame
---@param list T[] at least one
---@return T
function move.concat(list)
  if type(list) ~= "table" or frame.is_frame(list) or #list == 0 then
    check.argument(1, "concat", "list of columns or of frames", list)
  end
  if frame.is_frame(list[1]) then
    for i, it in ipairs(list) do check_frame(i, it, list[1]) end
    return concat_frames(list)
  end
  for i, it in ipairs(list) do
    if not is_column(it) then
      blame("concat: number %d must be a column, got %s", i, describe(it))
    end
  end
  return core.concat(list)
end

---A text column of the strings of each row of several text columns, with a separator between them;
---missing where one is. `a .. b` is that of two without a separator. Collective. Raises for other
---columns, and when lengths differ.
---@param columns moonbear.Column[] at most 16
---@param separator? string "" unless given
---@return moonbear.Column
function move.join_text(columns, separator) return core.join_text(columns, separator or "") end

-- The positions that repeat rows of a column: by a number, or by an int column of as many rows.
local function repeated(rows, n)
  if is_column(n) then
    if n:type() ~= "int" then
      blame("repeat_by: the numbers are an int column, got one of type %s", n:type())
    elseif #n ~= rows then
      blame("repeat_by: the lengths differ: %d rows, and %d numbers", rows, #n)
    end
    return core.repeat_positions(n)
  elseif math.type(n) ~= "integer" or n < 0 then
    check.argument(1, "repeat_by", "a number of at least 0 or an int column", n)
  elseif n > 0 and rows > math.maxinteger // 16 // n then
    blame("repeat_by: too many rows")
  end
  return core.range(0, rows * n - 1, 1) // math.max(n, 1) + 1
end

function methods.repeat_by(column, n) return column[repeated(#column, n)] end

function methods.reverse(column) return column:slice(-1, 1, -1) end

function methods.shuffle(column, seed)
  if seed ~= nil and math.type(seed) ~= "integer" then
    check.argument(1, "shuffle", "an integer, the seed,", seed)
  end
  return column[core.permutation(#column, #column, seed or math.random(0))]
end

function methods.sample(column, n, opts)
  local o = options.check("sample", opts, { seed = { "integer" }, replace = { "boolean", false } })
  local rows, seed = #column, o.seed or math.random(0)
  if math.type(n) ~= "integer" or n < 0 then
    check.argument(1, "sample", "a number of rows", n)
  elseif n > 0 and rows == 0 then
    blame("sample: %d rows of a column that has none", n)
  elseif o.replace then
    return column[n > 0 and core.random(n, 1, rows, seed) or {}]
  elseif n > rows then
    blame("sample: %d rows of a column of %d rows ({replace = true} takes rows again)", n, rows)
  end
  return column[core.permutation(rows, n, seed)]
end

return move
