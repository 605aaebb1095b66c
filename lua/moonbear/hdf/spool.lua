-- One HDF5 file of rows that come piece by piece. How wide its cells are, and how many rows it has,
-- is known when the last piece has come: until then pieces lie in files beside it. Then these are
-- read again, by as many rows as suit the file. A single piece is written at once.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local hdf = require "moonbear.hdf"
local move = require "moonbear.move"
local pieces = require "moonbear.pieces"
local time = require "moonbear.time"
local zones = require "moonbear.hdf.zones"

local spool = {}

-- What is added to the mode of core.write_hdf for a file that need not come to the disk.
local TRANSIENT <const> = 32

---How a file is written, by the options of to_hdf.
---@class moonbear.HdfPlan
---@field path string
---@field names string[] of datasets
---@field how integer the mode of core.write_hdf
---@field level integer
---@field chunk_rows integer
---@field notes string[]
---@field replaced? string the file in which datasets replace others

-- A copy of columns, whose piece is freed.
local function copied(columns)
  local copies = {}
  for i, column in ipairs(columns) do copies[i] = core.concat { column } end
  return copies
end

-- A column in the unit of another one.
local function in_unit_of(sample, column)
  local unit = core.unit_of(sample)
  return core.unit_of(column) == unit and column or column:as(column:type(), { unit = unit })
end

-- The rows of each piece of the file: as many as chunks have, or some times as many.
local function rows_at_once(plan)
  local rows = pieces.rows(#plan.names)
  if plan.level == 0 then return rows end
  return math.max(plan.chunk_rows, rows // plan.chunk_rows * plan.chunk_rows)
end

local Spool = {}
Spool.__index = Spool

-- The files that follow have other types.
function Spool:begin_part() self.parts[#self.parts + 1] = { paths = {}, rows = 0 } end

-- A column in the finest unit so far.
function Spool:in_unit(i, column)
  local sample = self.samples[i]
  local unit, finest = core.unit_of(column), core.unit_of(sample)
  if unit == finest or time.finer(unit, finest) == finest then return in_unit_of(sample, column) end
  self.samples[i], self.refined[i] = in_unit_of(column, sample), true
  self:begin_part()
  return column
end

-- A column as files have it: addresses are numbers while all are of version 4, then text.
function Spool:stored(i, column)
  local type = self.samples[i]:type()
  if column:type() ~= type then
    check.blame("to_hdf: column '%s' is %s in some pieces, and %s in others", self.names[i], type,
      column:type())
  end
  if type ~= "ip" then return self:in_unit(i, column) end
  if not self.as_text[i] and column:version():eq(6):any() then
    self.as_text[i] = true
    self:begin_part()
  end
  return self.as_text[i] and column:as "text" or column:as("uint"):as "ip"
end

function Spool:write(columns)
  local list = {}
  for i, column in ipairs(columns) do list[i] = self:stored(i, column) end
  local part = self.parts[#self.parts]
  local path = ("%s/part-%05d.h5"):format(self.folder:path(), self.files)
  self.measures = core.hdf_measure(self.names, list, self.measures)
  core.write_hdf(path, self.short, list, TRANSIENT, 0, 1, { "" })
  part.paths[#part.paths + 1], part.rows = path, part.rows + #list[1]
  self.files, self.rows = self.files + 1, self.rows + #list[1]
end

-- Rows that the file has already.
function Spool:write_old(path)
  local source = hdf.source({ path }, self.names)
  local first, step = 1, pieces.rows(#self.names)
  while first <= source.rows do
    local last = math.min(first + step - 1, source.rows)
    local rows <close> = source.read(first, last, self.names)
    local columns = {}
    for i, name in ipairs(self.names) do columns[i] = rows:column(name) end
    self:write(columns)
    first = last + 1
  end
end

---Adds the rows of a piece. Collective.
---@param names string[]
---@param columns moonbear.Column[]
function Spool:add(names, columns)
  if not self.names then
    self.names, self.held = names, copied(columns)
    return
  end
  if self.held then self:begin() end
  self:write(columns)
end

-- Goes from a piece in memory to pieces in files.
function Spool:begin()
  self.files, self.rows, self.samples, self.short = 0, 0, {}, {}
  self.as_text, self.refined, self.parts = {}, {}, {}
  self:begin_part()
  for i, column in ipairs(self.held) do
    self.samples[i], self.short[i] = column:slice(1, 0), "c" .. i
  end
  self.folder = core.folder_begin(self.target .. ".rows")
  if self.appended then self:write_old(self.target) end
  local held = self.held
  self.held = nil
  self:write(held)
  for _, column in ipairs(held) do column:close() end
end

-- Some rows of the files, which differ in units and in the types of addresses from one part to the
-- next.
function Spool:read(first, last)
  local list, before = {}, 0
  for _, part in ipairs(self.parts) do
    local from, to = math.max(first - before, 1), math.min(last - before, part.rows)
    if from <= to then
      local rows = part.source.read(from, to, self.short)
      for i in pairs(self.as_text) do
        local name = self.short[i]
        rows[name] = rows:column(name):as "text"
      end
      for i in pairs(self.refined) do
        local name = self.short[i]
        rows[name] = in_unit_of(self.samples[i], rows:column(name))
      end
      list[#list + 1] = rows
    end
    before = before + part.rows
  end
  return #list == 1 and list[1] or move.concat(list)
end

-- Reads the pieces again, and writes them to the file.
function Spool:copy(file, plan)
  local ranges = zones.gatherer(plan.names, self.rows)
  local first, step = 1, rows_at_once(plan)
  while first <= self.rows do
    local last = math.min(first + step - 1, self.rows)
    local rows <close> = self:read(first, last)
    local columns = {}
    for i, name in ipairs(self.short) do
      columns[i] = rows:column(name)
      ranges.add(i, columns[i])
    end
    core.hdf_add(file, columns, first - 1)
    core.progress_add(last - first + 1, (last - first + 1) * 8 * #columns)
    first = last + 1
  end
  local names, columns = ranges.result(plan.replaced)
  if #names > 0 then core.hdf_whole(file, names, columns) end
end

function Spool:finish_files(plan)
  for _, part in ipairs(self.parts) do
    part.source = #part.paths > 0 and hdf.source(part.paths, self.short) or nil
  end
  local rows = ("%d"):format(self.rows)
  local file <close> = core.hdf_begin(plan.path, plan.names, self.samples, plan.how, plan.level,
    plan.chunk_rows, { rows, table.unpack(self.measures) }, plan.notes)
  core.progress_begin("writing", self.rows)
  local ok, problem = pcall(self.copy, self, file, plan)
  core.progress_end()
  if not ok then error(problem, 0) end
  core.hdf_end(file)
end

---Writes the file. Collective.
function Spool:finish()
  if self.held then
    core.folder_begin(self.target .. ".rows"):close() -- removes what dead writers left
    local list = {}
    for i, name in ipairs(self.names) do list[i] = { name, self.held[i] } end
    self.whole(frame.new(list))
  else
    self:finish_files(self.plan(self.names))
  end
end

---Removes what is beside the file. Collective.
function Spool:close()
  if self.folder then self.folder:close() end
end

---Begins a file that gets rows piece by piece: `whole` writes it where there is one piece, `plan`
---tells how for datasets of some names; `appended`: rows are added to those that the file has. Not
---collective.
---@param target string
---@param appended boolean
---@param whole fun(rows: moonbear.Frame)
---@param plan fun(names: string[]): moonbear.HdfPlan
function spool.new(target, appended, whole, plan)
  return setmetatable({ target = target, appended = appended, whole = whole, plan = plan }, Spool)
end

return spool
