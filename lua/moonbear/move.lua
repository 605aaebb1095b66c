-- Rows that are moved: columns and frames one after another, and what gathers rows at positions.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local options = require "moonbear.options"
local blame, describe, is_column = check.blame, check.describe, check.is_column

local move, methods = {}, core.column_methods

-- The names of the columns that the result of some frames has: those of any, or of all of them.
local function names_of(frames, inner)
  local names, count = {}, {}
  for _, part in ipairs(frames) do
    for _, name in ipairs(part:columns()) do
      if not count[name] then names[#names + 1] = name end
      count[name] = (count[name] or 0) + 1
    end
  end
  local common = {}
  for _, name in ipairs(names) do
    if count[name] == #frames then common[#common + 1] = name end
  end
  return inner and common or names
end

-- The column of that name; nil where there is none.
local function column_of(part, name)
  for other, column in part:each() do
    if other == name then return column end
  end
end

-- The type that integers and floats get which meet in a column; nil where all are of one.
local function common_type(parts)
  local seen = {}
  for _, part in ipairs(parts) do seen[part:type()] = true end
  return seen.int and seen.float and not seen.uint and "float" or nil
end

-- The columns of a name in all frames, with missing rows of a frame that lacks it.
local function parts_of(frames, name)
  local parts, model = {}, nil
  for _, part in ipairs(frames) do model = model or column_of(part, name) end
  for i, part in ipairs(frames) do
    local none = core.math.where(core.full(#part, false), 1, core.null)
    parts[i] = column_of(part, name) or model[none]
  end
  local kind = common_type(parts)
  for i, part in ipairs(kind and parts or {}) do
    if part:type() == "int" then parts[i] = part:as(kind) end
  end
  for i, part in ipairs(parts) do
    if part:type() ~= parts[1]:type() then
      blame("concat: column '%s' is %s in number 1 and %s in number %d; cast one of them, by :as",
        name, parts[1]:type(), part:type(), i)
    end
  end
  return parts
end

-- Frames one after another.
local function concat_frames(frames, inner)
  local joined = {}
  for i, name in ipairs(names_of(frames, inner)) do
    joined[i] = { name, core.concat(parts_of(frames, name)) }
  end
  return frame.new(joined)
end

-- Raises for what does not go with a frame.
local function check_frame(i, it)
  if not frame.is_frame(it) then
    blame("concat: number 1 is a frame, number %d is %s", i, describe(it))
  end
end

---The rows of columns of one type, one after another, or of frames: `mb.concat{a, b}`. Columns of
---frames meet by name, in the order in which they are first there; what a frame lacks is missing in
---its rows, or left out of the result with `{join = "inner"}`. Where ints meet floats the column is
---float. Evenly laid out. Collective. Raises when types differ.
---@generic T: moonbear.Column|moonbear.Frame
---@param list T[] at least one
---@param opts? {join: "outer"|"inner"|nil} "outer"; of frames
---@return T
function move.concat(list, opts)
  if type(list) ~= "table" or frame.is_frame(list) or #list == 0 then
    check.argument(1, "concat", "list of columns or of frames", list)
  end
  local o = options.check("concat", opts, { join = { "any", "outer" } })
  if o.join ~= "outer" and o.join ~= "inner" then
    options.blame("concat", "join", "'outer' or 'inner'", o.join)
  end
  if frame.is_frame(list[1]) then
    for i, it in ipairs(list) do check_frame(i, it) end
    return concat_frames(list, o.join == "inner")
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
      blame("repeat_by: the lengths differ: %s, and %s", check.plural(rows, "row"),
        check.plural(#n, "number"))
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

function methods.head(column, n) return column:slice(1, arguments.count("head", n)) end

function methods.tail(column, n)
  return column:slice(math.max(#column - arguments.count("tail", n), 0) + 1)
end

function methods.reverse(column) return column:slice(-1, 1, -1) end

function methods.shuffle(column, seed)
  if seed ~= nil and math.type(seed) ~= "integer" then
    check.argument(1, "shuffle", "an integer, the seed,", seed)
  end
  return column[core.permutation(#column, #column, seed or math.random(0))]
end

---The options of `sample`, and how many of so many rows are asked for. Not collective.
---@param n any
---@param opts any
---@param rows integer
---@return integer n
---@return table options
function move.sampled(n, opts, rows)
  local o = options.check("sample", opts, { seed = { "integer" }, replace = { "boolean", false },
    frac = { "number" } })
  if n == nil and o.frac then
    if not (o.frac >= 0 and o.frac * rows < 2.0 ^ 53) then
      options.blame("sample", "frac", "a share of at least 0", o.frac)
    end
    return math.floor(o.frac * rows + 0.5), o
  elseif math.type(n) ~= "integer" or n < 0 then
    check.argument(1, "sample", "a number of rows", n)
  elseif o.frac then
    blame("sample: give a number of rows or 'frac', not both")
  end
  return n, o
end

function methods.sample(column, n, opts)
  local o
  n, o = move.sampled(n, opts, #column)
  local rows, seed = #column, o.seed or math.random(0)
  if n > 0 and rows == 0 then
    blame("sample: %s of a column that has none", check.plural(n, "row"))
  elseif o.replace then
    return column[n > 0 and core.random(n, 1, rows, seed) or {}]
  elseif n > rows then
    blame("sample: %s of a column of %s ({replace = true} takes rows again)",
      check.plural(n, "row"), check.plural(rows, "row"))
  end
  return column[core.permutation(rows, n, seed)]
end

return move
