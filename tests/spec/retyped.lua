-- Arguments of operations with columns of another type in the places of some, for specs that hold
-- that an operation takes a type or refuses it by name.
local check = require "moonbear.check"

local retyped = {}

---A set of the words of a text.
function retyped.set(words)
  local names = {}
  for word in words:gmatch "%S+" do names[word] = true end
  return names
end

---Operations that take values of any type, and have none of their own, by what they are called.
retyped.OPERATIONS = [[
  min max argmin argmax stats value_counts core.unique nunique sort argsort is_sorted topk bottomk
  cummin cummax core.most_common core.argsort core.searchsorted core.union core.intersect
  core.difference core.symmetric_difference core.isin core.find_last core.find lookup find_interval core.join
  core.join_words core.gather core.filter slice core.concat shift put eval to_table core.tostring core.texts
  core.write_hdf core.csv_write core.csv_append core.write_parquet core.element core.group_by core.group_aggregate
  core.hdf_measure core.hdf_begin core.hdf_add core.hdf_whole
  core.group_top core.group_broadcast core.group_scan core.group_shift core.rolling core.text_of
]]

---Element-wise functions of which this is so.
retyped.FUNCTIONS = " eq ne lt le gt ge minimum maximum hash where is_missing fill between clip as "

-- The arguments with make(column) for the columns that `applies` is true of: for the one of that
-- number, or for all of them when it is 0; nil when there are fewer.
local function replace(arguments, which, applies, make)
  local seen, made = 0, nil
  local function replaced(value)
    if check.is_column(value) and applies(value) then
      seen = seen + 1
      if which == 0 or seen == which then
        made = true
        return make(value)
      end
    elseif type(value) == "table" and check.class(value) == nil then
      local copy = {}
      for key, inner in pairs(value) do copy[key] = replaced(inner) end
      return copy
    end
    return value
  end
  local list = { n = arguments.n }
  for i = 1, arguments.n do list[i] = replaced(arguments[i]) end
  return made and list
end

---Iterates over packed arguments with other columns in the places of those that `applies` is true
---of: first of all of them, as "all", then of one after another, by numbers.
function retyped.each(arguments, applies, make)
  local which = -1
  return function()
    which = which + 1
    local list = replace(arguments, which, applies, make)
    if list then return which == 0 and "all" or which, list end
  end
end

---Whether a text has one of several in it.
function retyped.has_one_of(text, parts)
  for _, part in ipairs(parts) do
    if text:find(part, 1, true) then return true end
  end
  return false
end

---Whether a message is a sentence for a user that has one of some names in it, and one of some
---mends.
function retyped.is_refusal(message, names, mends)
  return type(message) == "string" and not message:find("\n", 1, true) and #message < 400
    and not message:find("[moonbear", 1, true)
    and retyped.has_one_of(message, names) and retyped.has_one_of(message, mends)
end

---Of operations that work: what else is wrong where positions and counts among the arguments became
---something else, and where what was sorted is so no more.
function retyped.is_other(message)
  return retyped.has_one_of(message, { "not in ascending order", "more than once", "overlap",
    "int column", "ends before" })
end

return retyped
