-- What the fields of text files become: names, types and columns of what mb.read_csv and
-- mb.read_jsonl read.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local names_of = require "moonbear.names"
local options = require "moonbear.options"

local fields = {}

local UNITS <const> = { s = 0, ms = 1, us = 2, ns = 3 }

-- What a script may write for the type of a column: the kind of field that is read, and what it is
-- cast to then; an "address" is of either version.
local KINDS <const> = {
  bool = { "bool" }, int = { "int" }, uint = { "uint" }, float = { "float" }, text = { "text" },
  ip = { "address" }, time = { "time" }, duration = { "duration" }, port = { "port" },
  size = { "size" }, flags = { "text", "flags" }, letter = { "letter" }, device = { "device" },
}

-- What a type is as a kind of field: {kind, cast, unit, pattern}.
local function read_type(who, column, value)
  local is = type(value) == "table" and value or { value }
  local row = KINDS[is[1]]
  if not row then
    check.blame("%s: there is no type '%s' for column '%s'%s", who, check.name(is[1]), column,
      names_of.mend("type", check.name(is[1]), names_of.of(KINDS)))
  end
  if is[1] == "device" and who == "read_jsonl" then
    check.blame("%s: column '%s' cannot be of devices, which only delimited text has", who, column)
  end
  local moment = is[1] == "time" or is[1] == "duration"
  if is.unit ~= nil and not (moment and UNITS[is.unit]) then
    check.blame("%s: column '%s' cannot have the unit %s: times and durations that are "
      .. "numbers have 's', 'ms', 'us' or 'ns'", who, column, check.show(is.unit))
  end
  if is.pattern ~= nil and (is[1] ~= "time" or type(is.pattern) ~= "string" or is.unit) then
    check.blame("%s: column '%s' cannot have the pattern %s: times have patterns, as "
      .. "{'time', pattern = '%%d/%%m/%%Y'}", who, column, check.show(is.pattern))
  end
  return { kind = row[1], cast = row[2], unit = is.unit and UNITS[is.unit], pattern = is.pattern }
end

---The columns to read, for core, and what each is cast to. Raises for names and types that there
---are not. Not collective.
---@param who string the function that is called
---@param o table its options, of which `columns` and `types` tell
---@param found table[] what is known of each field: {kind, unit}
---@param names string[] of the fields
---@param usual? table types of columns that there may be
---@return string[] wanted names of the columns
---@return table[] list
---@return table casts
function fields.choose(who, o, found, names, usual)
  local places = {}
  for i, name in ipairs(names) do places[name] = i end
  local wanted = o.columns and options.strings(who, "columns", o.columns) or names
  local list, casts, seen = {}, {}, {}
  if type(o.types) ~= "table" or check.class(o.types) then
    options.blame(who, "types", "a table of types by name", o.types)
  end
  local unknown = {}
  for name in pairs(o.types) do
    if not places[name] then unknown[#unknown + 1] = check.name(name) end
  end
  if #unknown > 0 then
    table.sort(unknown)
    check.blame("%s: there is no column '%s', which 'types' names%s", who, unknown[1],
      names_of.mend("named", unknown[1], names))
  end
  for i, name in ipairs(wanted) do
    local place = places[name]
    if not place then
      check.blame("%s: there is no column '%s'%s", who, name,
        names_of.mend("named", name, names))
    end
    if seen[name] then check.blame("%s: 'columns' has '%s' twice", who, name) end
    seen[name] = true
    local field, told = found[place], o.types[name] or usual and usual[name]
    local asked = told and read_type(who, name, told)
    list[i] = {
      field = place, guessed = not asked, kind = asked and asked.kind or field.kind,
      unit = asked and asked.unit or field.unit, counted = asked and asked.unit,
      pattern = asked and asked.pattern,
    }
    casts[i] = asked and asked.cast
  end
  return wanted, list, casts
end

---Notes what was found of columns, for what is read of them next. Not collective.
---@param list table[] as fields.choose gives it
---@param found table[] as core.csv_read does
function fields.keep_found(list, found)
  for i, it in ipairs(list) do
    it.kind, it.unit, it.looks = found[i].kind, found[i].unit, found[i].looks
  end
end

---Where the next window begins, a byte and bytes of text behind it, after one that was read up to
---the byte `last`. Not collective.
---@param at integer[]
---@param last integer
---@param window table as core.csv_read tells it
---@return integer[]
function fields.next_place(at, last, window)
  local moved = window.stop > at[1] or window.stop == at[1] and window.behind > at[2]
  return moved and { window.stop, window.behind } or { last, 0 } -- there are blank lines alone
end

---Says which lines were skipped: how many of each file, and what is wrong with the first. Not
---collective.
---@param who string the function that is called
---@param skipped {path: string, lines: integer, line: integer, reason: string}[]
function fields.warn_skipped(who, skipped)
  for _, it in ipairs(skipped) do
    io.stderr:write(("moonbear: %s skipped %s of %s, the first at line %d: %s\n")
      :format(who, check.plural(it.lines, "line"), it.path, it.line, it.reason))
  end
end

---The frame of columns that were read. Not collective.
---@param wanted string[]
---@param columns moonbear.Column[]
---@param casts table
---@param rows? integer[] the first and the last to keep
---@return moonbear.Frame
function fields.frame(wanted, columns, casts, rows)
  local result = {}
  for i, column in ipairs(columns) do
    if casts[i] == "flags" then column = core.flags(column) end
    if rows then column = column:slice(rows[1], math.min(rows[2], #column)) end
    result[i] = { wanted[i], column }
  end
  return frame.new(result)
end

return fields
