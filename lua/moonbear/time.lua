-- Times and durations: what scripts write, and methods that are not of the engine.

local check = require "moonbear.check"
local core = require "moonbear.core"
local elementwise = require "moonbear.elementwise"
local public = require "moonbear.public"

local is_column <const>, moment_kind <const>, methods <const> = check.is_column, check.moment_kind,
  core.column_methods

local time = {}

---A time, to write beside columns: of a text in ISO 8601 (`"2024-02-29"`,
---`"2024-02-29T12:00:00.5Z"`, `"2024-02-29 12:00+01:00"`; without an offset it is UTC), or of a
---number of a unit since 1970, in UTC. Times compare with `==` and `<`, a text beside one is read
---as one; `t - u` is a duration, `t + d` a time. `t.year`, `month`, `day`, `hour`, `minute`,
---`second`, `microsecond`, `nanosecond`, `weekday` (0 is Monday), `yearday`, `isoweek` are its
---parts; `t:epoch("ms")` counts from 1970; `t:floor("5min")`, `ceil` and `round` give multiples;
---`t:format("%H:%M", {zone = "Asia/Tokyo"})` writes it, and is collective as nothing else here is.
---With a function instead of a unit, runs `f(...)`, prints the label and the seconds it took, and
---returns what f returned. Raises for what is no time.
---@param x string|number|moonbear.time
---@param unit? "s"|"ms"|"us"|"ns"|function of a number, "s" unless told; or a function to measure
---@param ... any arguments of the function
---@return moonbear.time|any
function time.time(x, unit, ...)
  if type(unit) ~= "function" then return core.time(x, unit) end
  local start = core.now()
  local results = table.pack(unit(...))
  print(("%s: %.3f s"):format(tostring(x), core.now() - start))
  return table.unpack(results, 1, results.n)
end

---A duration, to write beside columns: of a text (`"5min"`, `"1h30min"`, `"1.5s"`, `"-2d"`; the
---units are w, d, h, min, s, ms, us and ns), or of a number of a unit. `d * 2`, `d / 2`, `d + e`,
---`d / e`, `d // e` and `d % e` are what they are for numbers; `d:count("ms")` is a whole number,
---rounded down, `d:total_seconds()` a float. Not collective. Raises for what is no duration.
---@param x string|number|moonbear.duration
---@param unit? "s"|"ms"|"us"|"ns" of a number; "s" unless told
---@return moonbear.duration
function time.duration(x, unit) return core.duration(x, unit) end

---Times of numbers of a unit since `epoch`: whole seconds take 4 bytes a row. Floats are rounded to
---the microsecond, or to the unit where that is finer. Lazy; not collective. Raises for a column
---that is not of numbers; rows that do not fit are errors when they are computed.
---@param column moonbear.Column int, uint or float
---@param opts? {unit: "s"|"ms"|"us"|"ns"|nil, epoch: moonbear.time|string|nil} "s"; 1970-01-01
---@return moonbear.Column
function time.time_of(column, opts) return core.time_of(column, opts) end

---The times first, first + step, ... up to last, which is included when it is hit. Takes no memory
---until an operation needs it as a whole. Not collective.
---@param first moonbear.time|string
---@param last moonbear.time|string
---@param step moonbear.duration|string not 0; below 0 from a later time to an earlier one
---@return moonbear.Column # time
function time.time_range(first, last, step) return core.time_range(first, last, step) end

-- --- Methods of columns.

-- A rounding of numbers that takes a step where it is of times.
local function with_step(name, rounding)
  local of_numbers <const> = public.original(elementwise[name])
  local of_times <const> = core["time_" .. name]
  return function(x, step, opts)
    local kind = moment_kind(x)
    if not kind then
      if opts ~= nil then error(("'%s' takes options of times and durations only"):format(name)) end
      if step ~= nil then return of_numbers(x, step) end
      return of_numbers(x)
    elseif step == nil then
      error(("'%s' of a %s takes a step, as \"5min\""):format(name, kind))
    elseif is_column(x) then
      return of_times(x, step, opts)
    end
    return core.moment_round(x, core.duration(step), rounding)
  end
end

for rounding, name in pairs { [0] = "floor", "ceil", "round" } do -- mb_rounding
  local f = with_step(name, rounding)
  methods[name] = public.wrap(name, f, "column", 1)
  elementwise[name] = public.wrap(name, f)
  local of_moment = public.wrap(name, function(x, step) return f(x, step) end)
  core.time_methods[name], core.duration_methods[name] = of_moment, of_moment
end

function methods.total_seconds(column)
  if column:type() ~= "duration" then
    check.blame("calling 'total_seconds' on bad self (duration column expected, got %s)",
      check.describe(column))
  end
  return column / core.duration "1s"
end

-- --- Parts of times that are made of others.

---The quarter of the year, 1 to 4.
function methods.quarter(column, opts) return (column:month(opts) + 2) // 3 end

-- Which years have 366 days.
local function leaps(year)
  return elementwise.eq(year % 4, 0) & elementwise.ne(year % 100, 0) | elementwise.eq(year % 400, 0)
end

---Whether the year has 366 days.
function methods.is_leap_year(column, opts) return leaps(column:year(opts)) end

---The number of days of the month.
function methods.days_in_month(column, opts)
  local month = column:month(opts)
  local february = 28 + leaps(column:year(opts)):as "int"
  return elementwise.where(month:eq(2), february, 30 + (month + month // 8) % 2)
end

---The year that the week of ISO 8601 is of.
function methods.isoyear(column, opts)
  local year, month, week = column:year(opts), column:month(opts), column:isoweek(opts)
  local before, after = month:eq(1) & week:gt(51), month:eq(12) & week:eq(1)
  return year - before:as "int" + after:as "int"
end

-- --- Statistics of times are those of numbers, counted from a base.

---Whether it is a column of times or durations. Not collective.
---@param x any
---@return boolean
function time.is_counted(x) return is_column(x) and moment_kind(x) ~= nil end

local fineness <const> = { s = 1, ms = 2, us = 3, ns = 4 }

---The finer of two units. Not collective.
---@param a string
---@param b string
---@return string
function time.finer(a, b) return fineness[a] > fineness[b] and a or b end

---The ticks since a base, as floats, exact below 2^53 of them, and their unit. Not collective.
---@param column moonbear.Column time or duration
---@param base moonbear.time|moonbear.duration
---@return moonbear.Column # float
---@return string unit
function time.ticks_since(column, base)
  local since = column - base
  return since:as("int"):as "float", core.unit_of(since)
end

---Durations of ticks as floats, missing where there is NaN. Not collective.
---@param ticks moonbear.Column float
---@param unit string
---@return moonbear.Column
function time.durations_of(ticks, unit)
  return elementwise.where(ticks:isnan(), core.null, ticks):as("duration", { unit = unit })
end

-- --- Methods of scalars.

function core.time_methods.epoch(t, unit) return core.moment_count(t, unit) end

function core.time_methods.format(t, pattern, opts)
  return core.full(1, t):format(pattern, opts)[1]
end

function core.duration_methods.count(d, unit) return core.moment_count(d, unit) end

function core.duration_methods.total_seconds(d) return d / core.duration "1s" end

return time
