---@meta

-- Methods of columns of times and durations. A time is an instant in UTC, a duration what is between
-- two of them; both count whole seconds, milliseconds, microseconds or nanoseconds exactly (`c:info()`
-- tells which), so that seconds of this century take 4 bytes a row. Where units meet, the finest
-- wins; a row that does not fit it is an error. Days have 86,400 seconds: leap seconds are not
-- counted, and 23:59:60 is read as the second after it.
--
-- `t - u` is a duration, `t + d` and `t - d` are times; durations are added, compared, multiplied and
-- divided by numbers, `d / e` is a float, `d // e` an int and `d % e` a duration. Beside a time or a
-- duration a script writes `mb.time"..."` and `mb.duration"..."`, or their text in comparisons, `fill`,
-- `put`, `isin` and the like: `c:ge "2024-02-29"`.

---@class moonbear.Column
local Column = {}

---Of parts of times: the zone whose local time they are of, `"Europe/Berlin"` or `"+02:00"`, by the
---system's tz database; UTC unless told.
---@class moonbear.Zone
---@field zone? string

---The year of each time, an int column, in the Gregorian calendar, which has a year 0. Lazy, and not
---collective, as all parts of times are in UTC; with a zone collective. Raises for columns of other
---types, and for zones that there are not.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:year(options) end

---The month of each time, 1 to 12, as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:month(options) end

---The day of the month of each time, 1 to 31, as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:day(options) end

---The hour of each time, 0 to 23, as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:hour(options) end

---The minute of each time, 0 to 59, as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:minute(options) end

---The second of each time, 0 to 59, as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:second(options) end

---The microsecond of each time's second, 0 to 999999, as pandas has it; as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:microsecond(options) end

---The nanosecond of each time's microsecond, 0 to 999, as pandas has it; as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:nanosecond(options) end

---The day of the week, 0 for Monday to 6 for Sunday, as pandas has it; as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:weekday(options) end

---The day of the year, 1 to 366, pandas' `dayofyear`; as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:yearday(options) end

---The week of ISO 8601, 1 to 53: that of its Thursday; as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:isoweek(options) end

---The year that the week of ISO 8601 is of: that of its Thursday; as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:isoyear(options) end

---The quarter of the year, 1 to 4; as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:quarter(options) end

---The number of days of the month, 28 to 31; as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:days_in_month(options) end

---Whether the year has 366 days: a bool column; as `year`.
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:is_leap_year(options) end

---How far local time in a zone is from UTC at each time: a duration column, missing where the time
---is; `c + c:utc_offset(zone)` has the parts of local time. The rules of 2037 go on for ever. Collective.
---Raises for columns of other types, and for zones that there are not.
---@param zone string `"Europe/Berlin"`, `"+02:00"`
---@return moonbear.Column
function Column:utc_offset(zone) end

---Times as text by a pattern of strftime, as `"%Y-%m-%d %H:%M:%S"`, with English names; the letters are
---those of `YmdHMS`, f (microseconds), and `zZyjbBaAIpesuwVGFTRD`. `as("text")` gives ISO 8601, with as
---many digits as the unit has. Collective. Raises for other directives.
---@param pattern string
---@param options? moonbear.Zone
---@return moonbear.Column
function Column:format(pattern, options) end

---Durations in seconds, as floats; `as("int", {unit = "ms"})` gives whole numbers. Lazy. Raises for
---columns of other types. Not collective.
---@return moonbear.Column
function Column:total_seconds() end

return Column
