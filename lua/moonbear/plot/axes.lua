-- Axes of pictures: their ranges, where their ticks are, and what these say. Nothing here is
-- collective.

local axes = {}

---@class moonbear.Axis
---@field kind? "number"|"time"|"words" of what its values are; numbers unless told
---@field label? string
---@field log? boolean
---@field low? number the range
---@field high? number
---@field from_zero? boolean whether its range begins at 0
---@field words? string[] of a "words" axis, at 1, 2, ...

local DAY <const> = 86400

local function trimmed(text)
  return (text:gsub("%.0+$", ""):gsub("(%.%d-)0+$", "%1"))
end

local SUFFIXES <const> = { "k", "M", "G", "T", "P" }

---A number in few characters: 0.25, 950, 12k, 1.5M. Not collective.
---@param x number
---@return string
function axes.number(x)
  local size, power = math.abs(x), 0
  while size >= 999.5 and power < #SUFFIXES do
    size, power = size / 1000, power + 1
  end
  if math.abs(x) < 10000 then return ("%.5g"):format(x) end
  if size >= 1000 then return ("%.4g"):format(x) end
  return trimmed(("%.2f"):format(x < 0 and -size or size)) .. SUFFIXES[power]
end

---A whole number with commas between thousands. Not collective.
---@param n integer
---@return string
function axes.grouped(n)
  local digits = ("%d"):format(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (digits:gsub("^(%-?),", "%1"))
end

---The least of 1, 2, 5, 10, 20, ... that is not below a number above 0. Not collective.
---@param x number
---@return number
function axes.nice(x)
  local power = 10.0 ^ math.floor(math.log(x, 10))
  for _, factor in ipairs { 1, 2, 5 } do
    if factor * power >= x * (1 - 1e-9) then return factor * power end
  end
  return 10 * power
end

local TIME_STEPS <const> = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800,
  21600, 43200, DAY, 2 * DAY, 7 * DAY, 14 * DAY }

---The least step of a clock or a calendar, in seconds, that is not below a number. Not collective.
---@param x number
---@return number
function axes.nice_time(x)
  if x <= 0.5 then return axes.nice(x) end
  for _, step in ipairs(TIME_STEPS) do
    if step >= x * (1 - 1e-9) then return step end
  end
  return axes.nice(x / DAY) * DAY
end

-- The number of a day since 1970 of a date, and back, by Hinnant's algorithms.
local function days_of(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local of_era = year - era * 400
  local of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
end

local function date_of(days)
  days = days + 719468
  local era = days // 146097
  local of_era = days - era * 146097
  local year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
  local of_year = of_era - (365 * year + year // 4 - year // 100)
  local month = (5 * of_year + 2) // 153
  local day = of_year - (153 * month + 2) // 5 + 1
  month = month < 10 and month + 3 or month - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, day
end

local MONTHS <const> = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
  "Nov", "Dec" }

-- What a tick of times says, where the next one is so many seconds away.
local function time_label(at, step, dated)
  local seconds = math.floor(at)
  local days, of_day = seconds // DAY, seconds % DAY
  local year, month, day = date_of(days)
  if step >= 300 * DAY then return ("%d"):format(year) end
  if step >= 28 * DAY then return ("%s %d"):format(MONTHS[month], year) end
  local date = ("%d %s"):format(day, MONTHS[month])
  if step >= DAY then return date end
  local clock = ("%02d:%02d"):format(of_day // 3600, of_day // 60 % 60)
  if step < 60 then clock = ("%s:%02d"):format(clock, of_day % 60) end
  if step < 1 then clock = clock .. ("%.3f"):format(at - seconds):sub(2) end
  return dated and of_day == 0 and date or clock
end

-- The first days of every so many months, or years.
local function calendar_ticks(low, high, span, wanted)
  local months = 1
  while span / (months * 30.4 * DAY) > wanted do
    months = months < 12 and ({ 3, [3] = 6, [6] = 12 })[months] or 12 * axes.nice(months / 12 + 0.1)
  end
  months = math.tointeger(months // 1)
  local year, month = date_of(math.floor(low) // DAY)
  local at, ticks = (year * 12 + month - 1) // months * months, {}
  repeat
    local tick = days_of(at // 12, at % 12 + 1, 1) * DAY
    if tick >= low and tick <= high then ticks[#ticks + 1] = tick end
    at = at + months
  until tick > high
  return ticks, months * 30 * DAY
end

local MOST_TICKS <const> = 50 -- whatever a range is: floats may be too coarse for its ticks

local function linear_ticks(low, high, step)
  local ticks, first = {}, math.ceil(low / step - 1e-9)
  for i = 0, MOST_TICKS do
    local at = (first + i) * step
    if at > high + step * 1e-9 then break end
    ticks[i + 1] = at
  end
  return ticks
end

local function time_ticks(low, high, wanted)
  local span = high - low
  local ticks, step
  if span / wanted > 14 * DAY then
    ticks, step = calendar_ticks(low, high, span, wanted)
  else
    step = axes.nice_time(span / wanted)
    ticks = linear_ticks(low, high, step)
  end
  local dated, labels = math.floor(low) // DAY ~= math.floor(high) // DAY, {}
  for i, at in ipairs(ticks) do labels[i] = time_label(at, step, dated) end
  return ticks, labels
end

local function log_ticks(low, high, wanted)
  local decades = math.log(high / low, 10)
  local factors = decades < 1.5 and { 1, 2, 5 } or { 1 }
  local every = math.max(1, math.ceil(decades / wanted))
  local ticks = {}
  for power = math.floor(math.log(low, 10)), math.ceil(math.log(high, 10)) do
    for _, factor in ipairs(factors) do
      local at = factor * 10.0 ^ power
      local inside = at >= low * (1 - 1e-9) and at <= high * (1 + 1e-9)
      if inside and power % every == 0 then ticks[#ticks + 1] = at end
    end
  end
  return ticks
end

-- What ticks of numbers say: in few characters, unless these are the same for two.
local function number_labels(ticks)
  local labels, seen = {}, {}
  for i, at in ipairs(ticks) do
    labels[i] = axes.number(at)
    if seen[labels[i]] then
      for k, tick in ipairs(ticks) do labels[k] = ("%.15g"):format(tick) end
      return labels
    end
    seen[labels[i]] = true
  end
  return labels
end

---Where an axis has ticks, and what they say.
---@param axis moonbear.Axis whose range is known
---@param wanted integer about how many
---@return number[]
---@return string[]
function axes.ticks(axis, wanted)
  if axis.kind == "words" then
    local ticks, labels = {}, {}
    for i, word in ipairs(axis.words) do ticks[i], labels[i] = i, word end
    return ticks, labels
  end
  if axis.kind == "time" then return time_ticks(axis.low, axis.high, wanted) end
  local ticks = axis.log and log_ticks(axis.low, axis.high, wanted)
  if not ticks or #ticks < 2 then
    ticks = linear_ticks(axis.low, axis.high, axes.nice((axis.high - axis.low) / wanted))
  end
  return ticks, number_labels(ticks)
end

local PAD <const> = 0.03 -- of the range, at either end

---Sets the range of an axis, around values that it shows; ends that are set already stay.
---@param axis moonbear.Axis
---@param least number
---@param most number
---@param tight? boolean no room at the ends
function axes.fit(axis, least, most, tight)
  if axis.kind == "words" then
    axis.low, axis.high = 0.4, #axis.words + 0.6
  elseif axis.log then
    if least == most then least, most = least / 2, most * 2 end
    local pad = tight and 1 or (most / least) ^ PAD
    axis.low, axis.high = axis.low or least / pad, axis.high or most * pad
  else
    if axis.from_zero then least, most = math.min(least, 0), math.max(most, 0) end
    if least == most then
      local half = axis.kind == "time" and 30 or math.max(math.abs(least) * 0.05, 0.5)
      least, most = least - half, most + half
    end
    local pad = tight and 0 or (most - least) * PAD
    axis.low = axis.low or (axis.from_zero and least == 0 and 0 or least - pad)
    axis.high = axis.high or (axis.from_zero and most == 0 and 0 or most + pad)
  end
end

return axes
