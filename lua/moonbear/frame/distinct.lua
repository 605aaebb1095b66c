-- Distinct rows of frames, by some of their columns, and how often they occur.

local arguments = require "moonbear.frame.arguments"
local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local options = require "moonbear.options"
local blame = check.blame

local Frame <const> = frame.methods

-- The names and the options that `unique` is called with.
local function names_and_options(...)
  local list = { ... }
  local last = list[#list]
  if type(last) == "table" and last[1] == nil and next(last) ~= nil then
    list[#list] = nil
    return arguments.listed(table.unpack(list)), last
  end
  return arguments.listed(...), nil
end

---The distinct rows of some columns, or of all, in ascending order: a new frame of these columns.
---NaN and missing values count as one value each, and come last. With options also the positions
---where each is first, the numbers of the frame's rows among them, and how often each occurs: int
---columns, of which those that are asked for are given, in this order. By up to 16 columns. Groups
---the rows. Collective. Raises when there is no such column.
---
---    local rows, first, numbers, counts = flows:unique("srcIP", "dstIP",
---      { first = true, inverse = true, counts = true })
---@param ... string|string[]|{first: boolean?, inverse: boolean?, counts: boolean?} all columns
---unless told; options last
---@return moonbear.Frame
---@return moonbear.Column ... int
function Frame:unique(...)
  local subset, opts = names_and_options(...)
  local o = options.check("unique", opts, { first = { "boolean" }, inverse = { "boolean" },
    counts = { "boolean" } })
  local names = arguments.chosen(self, "unique", subset)
  if #names == 0 then blame("unique: the frame has no columns") end
  local g <close> = self:group_by(names)
  local keys, list = { g:keys() }, {}
  for i, name in ipairs(names) do list[i] = { name, keys[i] } end
  local results = { frame.new(list) }
  if o.first then results[2] = g:first(core.range(1, #self, 1)) end
  if o.inverse then results[#results + 1] = g:broadcast(core.range(1, #g, 1)) end
  if o.counts then results[#results + 1] = g:size() end
  return table.unpack(results)
end

-- What stays of equal rows.
local KEEPS <const> = { first = true, last = true, [false] = true }

-- Which rows stay: a bool column.
local function kept(self, names, keep)
  local g <close> = self:group_by(names)
  if keep == false then return g:broadcast(g:size()):eq(1) end
  local rows = core.range(1, #self, 1)
  return g:broadcast(keep == "first" and g:first(rows) or g:last(rows)):eq(rows)
end

-- The names and the option that duplicates are told by.
local function asked(self, name, subset, opts)
  local o = options.check(name, opts, { keep = { "any", "first" } })
  if not KEEPS[o.keep] then options.blame(name, "keep", "'first', 'last' or false", o.keep) end
  return arguments.chosen(self, name, subset), o.keep
end

---The rows without those that equal another one in some columns, or in all, in row order: a new
---frame. Of equal rows the first one stays; `{keep = "last"}` keeps the last, `{keep = false}`
---none. Missing values equal each other, as do NaN. By up to 16 columns. Groups the rows.
---Collective. Raises when there is no such column.
---@param subset? string|string[] all columns unless told
---@param opts? {keep: "first"|"last"|false|nil} "first" unless told
---@return moonbear.Frame
function Frame:drop_duplicates(subset, opts)
  local names, keep = asked(self, "drop_duplicates", subset, opts)
  if #names == 0 then return self end
  return self:where(kept(self, names, keep))
end

---Which rows equal an earlier one in some columns, or in all: a bool column. With `{keep = "last"}`
---those that equal a later one, with `{keep = false}` all that equal another. As `drop_duplicates`
---otherwise. Collective.
---@param subset? string|string[] all columns unless told
---@param opts? {keep: "first"|"last"|false|nil} "first" unless told
---@return moonbear.Column
function Frame:duplicated(subset, opts)
  local names, keep = asked(self, "duplicated", subset, opts)
  if #names == 0 then blame("duplicated: the frame has no columns") end
  return ~kept(self, names, keep)
end

---How often each value of a column occurs, or each row of values of several: a frame of these
---columns, `count`, and `share`, of all that are counted. The most frequent come first, equal
---counts by ascending values. Rows with a missing value are left out unless `{dropna = false}`;
---with `{sort = false}` values ascend. Groups the rows. Collective. Raises when there is no such
---column, and when one of them is called `count` or `share`.
---
---    print(flows:value_counts "dstPort":head(10))
---    print(flows:value_counts({ "srcIP", "dstPort" }, { dropna = false }))
---@param names string|string[]
---@param opts? {sort: boolean?, ascending: boolean?, dropna: boolean?} true, false, true
---@return moonbear.Frame
function Frame:value_counts(names, opts)
  local o = options.check("value_counts", opts, { sort = { "boolean", true },
    ascending = { "boolean", false }, dropna = { "boolean", true } })
  names = arguments.chosen(self, "value_counts", names)
  if #names == 0 then blame("value_counts: the frame has no columns") end
  local rows = self:select(names)
  if o.dropna then rows = rows:dropna(names) end
  local g <close> = rows:group_by(names)
  local counts, keys, list = g:size(), { g:keys() }, {}
  for i, name in ipairs(names) do list[i] = { name, keys[i] } end
  list[#list + 1] = { "count", counts }
  list[#list + 1] = { "share", counts / math.max(#rows, 1) }
  local result = frame.new(list)
  return o.sort and result:sort_by(o.ascending and "count" or "-count") or result
end
