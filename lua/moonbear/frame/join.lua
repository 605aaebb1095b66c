-- Joining frames: their keys as one column each, pairs of rows by the engine, columns gathered.

local check = require "moonbear.check"
local core = require "moonbear.core"
local mend = require("moonbear.names").mend
local options = require "moonbear.options"
local blame = check.blame

-- 64 minus the leading zeros of an unsigned number.
local function bit_length(n)
  local bits = 0
  while n ~= 0 do n, bits = n >> 1, bits + 1 end
  return bits
end

-- A word in other numbers: those of the values that the right has. In no order: others are missing,
-- since they have no partner; in order: others have the number of the last value before them.
local function number(word, in_order)
  local values = word[2]:unique()
  local function code(c)
    local at = in_order and core.find_last(values, c) or values:find(c)
    return at:as "uint"
  end
  return { code(word[1]), code(word[2]), bits = bit_length(#values) }
end

-- One word for two, on both sides; where their bits do not fit together they are numbered first.
-- The right has less than 2^32 rows, so that two numbers fit.
local function combine(first, second, in_order)
  if first.bits + second.bits > 64 then first = number(first) end
  if first.bits + second.bits > 64 then second = number(second, in_order) end
  local function code(side)
    return (first[side] << second.bits) | second[side]
  end
  return { code(1), code(2), bits = first.bits + second.bits }
end

-- Lists of columns as one word that is equal on both sides where all columns are.
local function one_word(lefts, rights)
  local words = core.join_words(lefts, rights)
  local joined = words[1]
  for i = 2, #words do joined = combine(joined, words[i]) end
  return joined
end

-- The column of a name in one of the frames.
local function side_column(join, side, frame, name)
  for other, column in frame:each() do
    if other == name then return column end
  end
  blame("%s: the %s frame has no column '%s'%s", join, side, check.name(name),
    mend("named", check.name(name), frame:columns()))
end

-- The columns of a name on the left and one on the right, which are of one type.
local function pair_of(join, left, right, name, right_name)
  right_name = right_name or name
  local a, b = side_column(join, "left", left, name), side_column(join, "right", right, right_name)
  if a:type() ~= b:type() then
    local other = right_name ~= name and (", '%s',"):format(right_name) or ""
    blame("%s: '%s' is %s on the left and %s on the right%s; cast one of them, by :as", join, name,
      check.describe(a), check.describe(b), other)
  end
  return a, b
end

-- The columns of several names, of both; on the right they may be called something else.
local function pairs_of(join, left, right, names, others)
  local lefts, rights = {}, {}
  for i, name in ipairs(names) do
    lefts[i], rights[i] = pair_of(join, left, right, name, others and others[i])
  end
  return lefts, rights
end

-- The keys of both frames as one column each.
local function key_columns(join, left, right, names, others)
  local lefts, rights = pairs_of(join, left, right, names, others)
  if #names == 1 then return lefts[1], rights[1] end
  local word = one_word(lefts, rights)
  return word[1], word[2]
end

-- What the columns of the right are called in the result, by their names.
local function right_names(join, left, right, on, suffix)
  local taken, names = {}, {}
  for name in left:each() do taken[name] = true end
  for _, name in ipairs(on) do names[name] = false end
  for name in right:each() do
    if names[name] == nil then
      local given = taken[name] and name .. suffix or name
      if taken[given] then
        blame("%s: both frames have a column '%s', and '%s' is taken too; choose another suffix",
          join, name, given)
      end
      names[name], taken[given] = given, true
    end
  end
  return names
end

-- Bytes of a row of the result, with two positions, and those of the right's columns in it.
local function row_bytes(left, right, names)
  local bytes, once = 16, 0
  for _, column in left:each() do bytes = bytes + (column:info().width or 8) end
  for name, column in right:each() do
    if names[name] then once = once + (column:info().width or 8) end
  end
  return bytes + once, once
end

-- Columns at positions, or where a bool column is true, or of all rows: these are columns of their
-- own, too, as who closes the result is not to close what it was made of.
local function gather(columns, rows)
  if #columns == 0 then return columns end
  if rows and rows:type() == "int" then return core.gather(columns, rows) end
  local chosen = {}
  for i, column in ipairs(columns) do chosen[i] = rows and column[rows] or column:slice(1, -1) end
  return chosen
end

-- The columns of a frame, or those that are wanted: two lists, of names and columns.
local function listed(frame, wanted)
  local names, columns = {}, {}
  for name, column in frame:each() do
    if not wanted or wanted(name) then names[#names + 1], columns[#columns + 1] = name, column end
  end
  return names, columns
end

local function missing_rows(n)
  return core.math.where(core.full(n, false), 1, core.null)
end

-- Adds the rows of the right that no left row is equal to, after the pairs.
local function add_unmatched(pairs_left, pairs_right, left_key, right_key)
  local matched = right_key:isin(left_key):fill(false)
  local alone = core.range(1, #right_key, 1)[~matched]
  return core.concat { pairs_left, missing_rows(#alone) }, core.concat { pairs_right, alone }
end

-- The columns of the left, at positions that may be missing: then keys are those of the right.
local function left_columns(left, right, keys, at_left, at_right, outer)
  local names, columns = listed(left)
  columns = gather(columns, at_left)
  if not outer then return names, columns end
  local lacks, index = at_left:is_missing(), {}
  for i, name in ipairs(names) do index[name] = i end
  for i, name in ipairs(keys.on) do
    local others = gather({ right:column(keys.right_on[i]) }, at_right)[1]
    columns[index[name]] = core.math.where(lacks, others, columns[index[name]])
  end
  return names, columns
end

-- The only column that is taken from the right, when it has no missing rows: then it can be looked
-- up without positions.
local function only_column(right, names)
  local only
  for name, column in right:each() do
    if names[name] then
      if only then return nil end
      only = column
    end
  end
  return only and only:info().missing == 0 and only or nil
end

-- The positions on both sides of the rows of the result; on the left it may be a mask instead, or
-- nil: all rows; on the right it may be the only column, as the third result says.
local function positions(left_key, right_key, how, only, bytes, once)
  local keep, outer = how == "left" or how == "outer", how == "right" or how == "outer"
  if outer then only = nil end
  local at_left, at_right = core.join(left_key, right_key, keep, bytes, only and 0 or once, only)
  local looked_up = only and not at_left
  local lone = not at_left and not keep and at_right:info().missing > 0
  if lone then
    local paired = ~at_right:is_missing()
    at_left, at_right = paired, at_right[paired]
  end
  if not outer then return at_left, at_right, looked_up end
  local all = core.range(1, #left_key, 1)
  if not at_left then at_left = all elseif lone then at_left = all[at_left] end
  return add_unmatched(at_left, at_right, left_key, right_key)
end

local KINDS <const> = { inner = true, left = true, right = true, outer = true, semi = true,
  anti = true }

-- Names that are one, or a list that is not empty.
local function check_names(join, option, given)
  local names = type(given) == "string" and { given } or given
  if type(names) ~= "table" or #names == 0 then
    options.blame(join, option, "a column's name or a list of names", given)
  end
  return names
end

local KEYS <const> = { on = { "any" }, left_on = { "any" }, right_on = { "any" } }

-- The names of the keys: `on`, those of the left, and `right_on`. Where both have one name it is
-- given as `on`.
local function keys_of(name, o)
  if o.left_on == nil and o.right_on == nil then
    local on = check_names(name, "on", o.on)
    return { on = on, right_on = on }
  elseif o.on ~= nil then
    blame("%s: give 'on', or 'left_on' and 'right_on', and not all of them", name)
  end
  local keys = { on = check_names(name, "left_on", o.left_on),
    right_on = check_names(name, "right_on", o.right_on) }
  if #keys.on ~= #keys.right_on then
    blame("%s: 'left_on' has %d names and 'right_on' has %d", name, #keys.on, #keys.right_on)
  end
  return keys
end

local function check_options(given)
  local o = options.check("join", given, { on = KEYS.on, left_on = KEYS.left_on,
    right_on = KEYS.right_on, how = { "any", "inner" }, suffix = { "string", "_right" } })
  local keys = keys_of("join", o)
  if not KINDS[o.how] then
    local expected = "'inner', 'left', 'right', 'outer', 'semi' or 'anti'"
    if o.how == "full" then expected = "'outer' for a full join, or " .. expected end
    options.blame("join", "how", expected, o.how)
  end
  return keys, o.how, o.suffix
end

local join = {}

---Joins two frames, as `frame:join` says. Collective.
---@param new fun(columns: table): moonbear.Frame
---@param left moonbear.Frame
---@param right moonbear.Frame
---@param given table
---@return moonbear.Frame
function join.equal(new, left, right, given)
  local keys, how, suffix = check_options(given)
  local left_key, right_key = key_columns("join", left, right, keys.on, keys.right_on)
  if how == "semi" then return left:where(left_key:isin(right_key)) end
  if how == "anti" then return left:where(~left_key:isin(right_key):fill(false)) end
  local given_names = right_names("join", left, right, keys.right_on, suffix)
  local at_left, at_right, looked_up = positions(left_key, right_key, how,
    only_column(right, given_names), row_bytes(left, right, given_names))
  local result = {}
  local names, columns = left_columns(left, right, keys, at_left, at_right,
    how == "right" or how == "outer")
  for i, column in ipairs(columns) do result[i] = { names[i], column } end
  names, columns = listed(right, function(name) return given_names[name] end)
  columns = looked_up and { at_right } or gather(columns, at_right)
  for i, column in ipairs(columns) do
    result[#result + 1] = { given_names[names[i]], column }
  end
  return new(result)
end

---Which rows of a frame have keys that another has, as `frame:isin` says. Collective.
---@param left moonbear.Frame
---@param right moonbear.Frame
---@param given? table
---@return moonbear.Column
function join.isin(left, right, given)
  local o = options.check("isin", given, KEYS)
  if given == nil or next(given) == nil then o.on = right:columns() end
  local keys = keys_of("isin", o)
  local left_key, right_key = key_columns("isin", left, right, keys.on, keys.right_on)
  return left_key:isin(right_key):fill(false)
end

-- Keys and times as one column each, in order; NaN, a time before or after none, is missing.
local function ordered_columns(left, right, by, on)
  local a, b = pair_of("join_asof", left, right, on)
  if a:type() == "float" then a = core.math.where(a:isnan(), core.null, a) end
  if b:type() == "float" then b = core.math.where(b:isnan(), core.null, b) end
  if not by then return a, b end
  local keys = one_word(pairs_of("join_asof", left, right, by))
  local times = core.join_words({ a }, { b }, true)
  local time = times[2] and number({ a, b }, true) or times[1] -- more than 64 bits
  local all = combine(keys, time, true)
  return all[1], all[2], keys
end

---Joins each row with the last of the other frame that is not later, as `frame:join_asof` says.
---Collective.
---@param new fun(columns: table): moonbear.Frame
---@param left moonbear.Frame
---@param right moonbear.Frame
---@param given table
---@return moonbear.Frame
function join.asof(new, left, right, given)
  local o = options.check("join_asof", given,
    { on = { "any" }, by = { "any" }, suffix = { "string", "_right" } })
  local by = o.by and check_names("join_asof", "by", o.by)
  if type(o.on) ~= "string" then
    options.blame("join_asof", "on", "a column's name", o.on)
  end
  local names = right_names("join_asof", left, right, by or {}, o.suffix)
  local times, others, keys = ordered_columns(left, right, by, o.on)
  local at = core.find_last(others, times)
  if keys then -- what comes before may be of another key
    at = core.math.where(core.gather({ keys[2] }, at)[1]:eq(keys[1]), at, core.null)
  end
  local result = {}
  local wanted, columns = listed(left)
  for i, column in ipairs(gather(columns)) do result[i] = { wanted[i], column } end
  wanted, columns = listed(right, function(name) return names[name] end)
  for i, column in ipairs(gather(columns, at)) do
    result[#result + 1] = { names[wanted[i]], column }
  end
  return new(result)
end

return join
