-- Times and durations against Python's datetime, zoneinfo and pandas, and plain Lua.
local helper = require "spec.helper"
local mb = require "moonbear"

local raises = helper.assert_raises

-- The lines that a Python program prints, as a table.
local function python_lines(program, ...)
  local list = {}
  for line in helper.python_output(program, ...):gmatch "([^\n]*)\n" do list[#list + 1] = line end
  return list
end

local function numbers_of(text)
  local list = {}
  for word in text:gmatch "%S+" do list[#list + 1] = math.tointeger(word) end
  return list
end

local function same_rows(expected, column, what)
  assert.same(expected, column:to_table(), what)
end

-- Integers, from a seed of their own, that Python gets by argument.
local function numbers(n, low, high, seed)
  return mb.random(n, { low = low, high = high, seed = seed }):eval()
end

local function words(column) return table.concat(column:to_table(), " ") end

local FIELDS <const> = { "year", "month", "day", "hour", "minute", "second", "microsecond",
  "nanosecond", "weekday", "yearday", "isoweek" }

describe("parts of times", function()
  it("are those of Python's datetime in years 1 to 9999", function()
    for unit, per in pairs { s = 1, ms = 1000, us = 1000000 } do
      local ticks = numbers(1500, -62135596800 * per, 253402300799 * per, 5)
      local times = mb.time_of(ticks, { unit = unit })
      local expected = python_lines([[
import sys, datetime
per, ticks = int(sys.argv[1]), [int(word) for word in sys.argv[2].split()]
start = datetime.datetime(1970, 1, 1)
times = [start + datetime.timedelta(seconds=t // per, microseconds=t % per * (10**6 // per)) for t in ticks]
of = {"weekday": lambda t: t.weekday(), "yearday": lambda t: t.timetuple().tm_yday,
      "isoweek": lambda t: t.isocalendar()[1], "nanosecond": lambda t: 0}
for field in sys.argv[3:]:
    print(*(of[field](t) if field in of else getattr(t, field) for t in times))]],
        tostring(per), words(ticks), table.unpack(FIELDS))
      for i, field in ipairs(FIELDS) do
        same_rows(numbers_of(expected[i]), times[field](times), unit .. " " .. field)
      end
    end
  end)

  it("are those of pandas in nanoseconds", function()
    local ticks = mb.concat { numbers(1500, -9223372036854775807, 9223372036854775807, 9),
      mb.column { -1, 0, 1, 86399999999999, -86400000000000 } }
    local times = mb.time_of(ticks, { unit = "ns" })
    local expected = python_lines([[
import sys, pandas
t = pandas.DatetimeIndex(pandas.array([int(x) for x in sys.argv[1].split()], dtype="int64"))
of = {"isoweek": lambda: t.isocalendar().week, "yearday": lambda: t.dayofyear}
for field in sys.argv[2:]:
    print(*(of[field]() if field in of else getattr(t, field)))]], words(ticks), table.unpack(FIELDS))
    for i, field in ipairs(FIELDS) do
      same_rows(numbers_of(expected[i]), times[field](times), field)
    end
  end)

  it("go on before year 1 and after 9999, and end where days do not fit", function()
    local era = 146097 * 86400 -- 400 years have the same dates
    local near = mb.time_of(mb.range(0, 49) * 7654321)
    for _, eras in ipairs { -1800, -25, -6, 26, 1700 } do
      local far = mb.time_of(mb.range(0, 49) * 7654321 + eras * era)
      same_rows((near:year() + 400 * eras):to_table(), far:year())
      for _, field in ipairs { "month", "day", "weekday", "yearday", "isoweek", "hour" } do
        same_rows(near[field](near):to_table(), far[field](far))
      end
      for row = 1, 50, 7 do assert.equal(mb.time(tostring(far[row])), far[row]) end
    end
    local beyond = mb.time_of(mb.column { 0, mb.null, 1 << 46 })
    raises("at row 3 is beyond what a field counts in the calendar's years",
      function() return beyond:year():sum() end)
    assert.equal(1970, beyond:put(mb.column { 3 }, mb.null):year():max())
  end)

  it("of single times are the same", function()
    local t = mb.time "2024-02-29T23:59:59.123456789Z"
    assert.same({ 2024, 2, 29, 23, 59, 59, 123456, 789, 3, 60, 9 }, { t.year, t.month, t.day, t.hour,
      t.minute, t.second, t.microsecond, t.nanosecond, t.weekday, t.yearday, t.isoweek })
    assert.is_nil(t.century)
  end)
end)

describe("texts of times", function()
  it("are read as Python reads them", function()
    local texts = { "2024-02-29", "2024-02-29T12:30:45", "2024-02-29 12:30:45.123",
      "2024-02-29T12:30:45.123456+05:30", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999",
      "1969-12-31T23:59:59.999999-00:30", "2000-02-29T23:59", "1676-01-01", "2262-04-11T23:47:16.854775" }
    local expected = numbers_of(helper.python_output([[
import sys, datetime
start = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
for text in sys.argv[1:]:
    t = datetime.datetime.fromisoformat(text)
    t = t if t.tzinfo else t.replace(tzinfo=datetime.timezone.utc)
    print((t - start) // datetime.timedelta(microseconds=1))]], table.unpack(texts)))
    local column = mb.column(texts):as "time"
    assert.equal("us", column:info().unit)
    same_rows(expected, column:as "int")
    for i, text in ipairs(texts) do
      assert.equal(expected[i], mb.time(text):epoch "us")
      assert.equal(column[i], mb.time(text))
    end
    same_rows(expected, mb.column(texts, "time"):as "int")
  end)

  it("may be in the other forms of ISO 8601", function()
    for text, seconds in pairs { ["20240229T123045Z"] = 1709209845, ["2024-02-29T12:30:45z"] = 1709209845,
      ["2024-02"] = 1706745600, ["2024-02-29T12"] = 1709208000, [" 2024-02-29\n"] = 1709164800,
      ["2024-02-29T12:30:45,000"] = 1709209845, ["20240229T1230+0100"] = 1709206200,
      ["+002024-02-29"] = 1709164800, ["-0001-12-31T23:59:59"] = -62167219201,
      ["2016-12-31T23:59:60Z"] = 1483228800, ["2017-01-01T00:59:60+01:00"] = 1483228800,
      ["2024-02-29T12:30:45.0000000000000Z"] = 1709209845 } do
      assert.equal(seconds, mb.time(text):epoch(), text)
    end
  end)

  it("that are none are refused by row and value, or filled", function()
    local wrong = { "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-01-32", "2024-01-00",
      "2024-01-01T24:00", "2024-01-01T12:60", "2024-01-01T12:30:61", "2024-01-01T12:30:60Z", "",
      "2024-01-01T", "2024-01-01T12:3", "2024-1-1", "24-01-01", "2024-01-01T12:30:45.", "now",
      "2024-01-01T12:30:45.1234567891", "2024-01-01T12:30+24:00", "2024-01-01Tx", "2024-01-01\0",
      "99999999999999999999-01-01", "2263-01-01T00:00:00.000000001", "2024-01-01T12.5", "2024" }
    local column = mb.column(wrong)
    raises('row 1 is no time: "2023-02-29"', column.as, column, "time")
    raises('row 2 is no time: "1900-02-29"', function()
      return column:put(mb.column { 1 }, "2024-02-29"):as "time"
    end)
    assert.equal(#wrong, column:as("time", { errors = "missing" }):is_missing():count_nonzero())
    local filled = column:as("time", { errors = "2000-01-01T00:00:00.5" })
    assert.equal("ms", filled:info().unit)
    assert.is_true(filled:eq("2000-01-01T00:00:00.5"):all())
    for _, text in ipairs(wrong) do raises("time: a text as", mb.time, text) end
    raises("row 2 is no time: 'never'", mb.column, { "2024-01-01", "never" }, "time")
    assert.equal(0, #mb.column({}, "text"):as "time")
    assert.is_true(mb.column({ mb.null, mb.null }, "text"):as("time"):is_missing():all())
  end)

  it("are read alike row by row, by a dictionary and where some are missing", function()
    local random, list = helper.random(7), {}
    for digits = 0, 9 do
      for i = 1, 400 do
        list[i] = ("%04d-%02d-%02d%s%02d:%02d:%02d"):format(random(1700, 2250), random(1, 12), random(1, 28),
          i % 3 == 0 and " " or "T", random(0, 23), random(0, 59), random(0, 59))
        if digits > 0 then
          list[i] = list[i] .. "." .. ("%0" .. digits .. "d"):format(random(0, 10 ^ digits // 1 - 1))
        end
        list[i] = list[i] .. ({ "", "Z", "+05:30", "-11:00", "+0100" })[random(1, 5)]
      end
      local column = mb.column(list)
      local plain = column:as("text", { dictionary = false }):as "time"
      local expected = column:as("text", { dictionary = true }):as "time"
      assert.equal(expected:info().unit, plain:info().unit)
      same_rows(expected:as("int"):to_table(), plain:as "int")
      for i = 1, 400, 57 do assert.equal(mb.time(list[i]), plain[i], list[i]) end
      local holes = mb.concat { column, mb.column { mb.null, "2024-02-30", "2024-02-29t12:00" } }
      local some = holes:as("text", { dictionary = false }):as("time", { errors = "missing" })
      assert.equal(2, some:is_missing():count_nonzero())
      assert.is_true(some:slice(1, 400):eq(plain):all())
      local rounded = column:as("text", { dictionary = false }):as("time", { unit = "s" })
      assert.is_true(rounded:eq(plain:floor "1s"):all())
    end
  end)

  it("that do not fit a unit are refused by row and value", function()
    local column = mb.column { "2024-01-01T00:00:00.123456789", "9999-01-01T00:00:00" }
    for _, dictionary in ipairs { true, false } do
      local text = column:as("text", { dictionary = dictionary })
      for _, unit in ipairs { "ns", false } do
        raises('row 2 is beyond what a time in ns holds: "9999-01-01T00:00:00"',
          function() return text:as("time", { unit = unit or nil }) end)
      end
      same_rows({ false, true }, text:as("time", { errors = "missing" }):is_missing())
      assert.equal("9999-01-01T00:00:00Z", tostring(text:as("time", { unit = "us" })[2]))
    end
  end)

  it("are what they are read from", function()
    for unit, per in pairs { s = 1, ms = 1000, us = 1000000, ns = 1000000000 } do
      local high = unit == "ns" and math.maxinteger or 253402300799 * per
      local times = mb.time_of(numbers(300, unit == "ns" and -high or -62135596800 * per, high, 2), { unit = unit })
      local back = times:as("text"):as("time", { unit = unit })
      same_rows(times:as("int"):to_table(), back:as "int")
      local sorted = times[times:ge "0001-01-01"]:sort():as "text"
      assert.is_true(sorted:is_sorted())
    end
  end)

  it("go to the ends of their units", function()
    -- By Python's datetime, which eras of 400 years were taken off before.
    local ends = {
      s = { "-292277022657-01-27T08:29:52", "+292277026596-12-04T15:30:07" },
      ms = { "-292275055-05-16T16:47:04.192", "+292278994-08-17T07:12:55.807" },
      us = { "-290308-12-21T19:59:05.224192", "+294247-01-10T04:00:54.775807" },
      ns = { "1677-09-21T00:12:43.145224192", "2262-04-11T23:47:16.854775807" },
    }
    for unit, texts in pairs(ends) do
      local times = mb.time_of(mb.column { math.mininteger, math.maxinteger }, { unit = unit })
      same_rows({ texts[1] .. "Z", texts[2] .. "Z" }, times:as "text")
      same_rows({ texts[1]:match "T([%d:]+)", texts[2]:match "T([%d:]+)" }, times:format "%H:%M:%S")
    end
  end)

  it("by patterns are those of strftime and strptime", function()
    local patterns = { "%Y-%m-%d %H:%M:%S.%f", "%d/%b/%Y:%H:%M:%S %z", "%A %d %B %y %I:%M %p", "%j %a %u %w %V %G",
      "%%%F %T %R %D %e", "%s" }
    local ticks = numbers(120, -2000000000, 9000000000, 12)
    local times = mb.time_of(ticks)
    local expected = python_lines([[
import sys, datetime
for pattern in sys.argv[2:]:
    for word in sys.argv[1].split():
        t = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=int(word))
        print(t.strftime(pattern) if pattern != "%s" else word)]], words(ticks), table.unpack(patterns))
    for i, pattern in ipairs(patterns) do
      same_rows(table.move(expected, (i - 1) * 120 + 1, i * 120, 1, {}), times:format(pattern), pattern)
    end
    local mixed = mb.column { "29/Feb/2024:13:00:00 +0100", "2024-02-29 12:00:00.5", "Feb 29 2024 12:00 PM", "024-060" }
    local formats = { "%d/%b/%Y:%H:%M:%S %z", "%Y-%m-%d %H:%M:%S.%f", "%b %d %Y %I:%M %p", "%y-%j" }
    raises('row 4 is no time by its formats: "024-060"', function() return mixed:as("time", { format = formats }) end)
    local read = mixed:as("time", { format = formats, errors = "missing" })
    same_rows({ 1709208000000, 1709208000500, 1709208000000, mb.null }, read:as("int", { unit = "ms" }))
    raises("has '%Q'", function() return mixed:as("time", { format = "%Q" }) end)
    raises("has '%Q'", times.format, times, "%Y %Q")
    assert.equal("12:00", mb.time("2024-02-29T12:00"):format "%H:%M")
  end)

  it("whatever they are do no harm", function()
    local random, list = helper.random(3), {}
    local letters = "0123456789-:TZ.+ WYmd\xff"
    for i = 1, 4000 do
      local text = "2024-02-29T12:30:45.123+01:00"
      for _ = 1, random(1, 4) do
        local at, byte = random(1, #text), letters:sub(random(1, #letters), -1):sub(1, 1)
        text = text:sub(1, at - random(0, 1)) .. byte .. text:sub(at + random(0, 2))
      end
      list[i] = text
    end
    local column = mb.column(list)
    local times = column:as("time", { errors = "missing" })
    local read = times[~times:is_missing()]
    assert.truthy(#read > 20 and #read < 3900)
    same_rows(read:as("int"):to_table(), read:as("text"):as("time", { unit = read:info().unit }):as "int")
    local durations = column:as("duration", { errors = "missing" })
    assert.truthy(durations:is_missing():any())
    column:as("time", { format = "%Y-%m-%dT%H:%M:%S.%f%z", errors = "missing" })
  end)
end)

describe("zones", function()
  local ZONES <const> = { "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
    "Africa/Casablanca", "Pacific/Apia", "America/Sao_Paulo", "UTC", "Europe/Dublin" }

  it("are those of Python's zoneinfo, from 1850 on and beyond 2037", function()
    local ticks = mb.concat { numbers(400, -3786825600, 16725225600, 4), numbers(400, 1600000000, 1700000000, 4) }
    local times, n = mb.time_of(ticks), #ticks
    local expected = python_lines([[
import sys, datetime, zoneinfo
for zone in map(zoneinfo.ZoneInfo, sys.argv[2:]):
    for word in sys.argv[1].split():
        t = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=int(word))
        t = t.astimezone(zone)
        print(int(t.utcoffset().total_seconds()), t.strftime("%Y-%m-%d %H:%M:%S %Z"))]],
      words(ticks), table.unpack(ZONES))
    for z, zone in ipairs(ZONES) do
      local texts = times:format("%Y-%m-%d %H:%M:%S %Z", { zone = zone }):to_table()
      local offsets = times:utc_offset(zone):as("int"):to_table()
      for i = 1, n do texts[i] = offsets[i] .. " " .. texts[i] end
      assert.same(table.move(expected, (z - 1) * n + 1, z * n, 1, {}), texts, zone)
      same_rows((times + times:utc_offset(zone)):hour():to_table(), times:hour { zone = zone })
    end
  end)

  it("have days and hours of their own", function()
    local zones = { "Europe/Berlin", "Asia/Kolkata", "America/New_York" }
    local ticks = mb.concat { numbers(300, 1600000000, 1700000000, 8),
      mb.range(1698530000, 1698640000, 733), mb.range(1679790000, 1679900000, 733) }
    local expected = python_lines([[
import sys, datetime, zoneinfo
def midnight(word, zone):
    t = datetime.datetime.fromtimestamp(int(word), zone)
    return int(datetime.datetime(t.year, t.month, t.day, tzinfo=zone).timestamp())
for zone in map(zoneinfo.ZoneInfo, sys.argv[2:]):
    print(*(midnight(word, zone) for word in sys.argv[1].split()))]], words(ticks), table.unpack(zones))
    local times = mb.time_of(ticks)
    for i, zone in ipairs(zones) do
      same_rows(numbers_of(expected[i]), times:floor("1d", { zone = zone }):as "int")
      -- Of hours: the fold keeps them apart.
      local hours = times:floor("1h", { zone = zone })
      assert.is_true((times - hours):lt("1h"):all())
      assert.equal(0, (hours:minute { zone = zone }):max())
    end
    local skipped = mb.column({ "2024-03-31T01:30:00Z" }, "time")
    assert.equal(mb.time "2024-03-31T01:00Z", skipped:floor("1h", { zone = "Europe/Berlin" })[1])
    assert.equal(mb.time "2024-03-30T23:00Z", skipped:floor("1d", { zone = "Europe/Berlin" })[1])
    assert.equal(mb.time "2024-03-31T22:00Z", skipped:ceil("1d", { zone = "Europe/Berlin" })[1])
  end)

  it("that there are not are refused", function()
    local times = mb.time_of(mb.range(1, 3))
    for _, zone in ipairs { "Europe/Atlantis", "../etc/passwd", "/etc/passwd", "", "Europe", "+25:00" } do
      raises("zone", times.utc_offset, times, zone)
    end
    assert.equal("+0530", times:format("%z", { zone = "+05:30" })[1])
    assert.equal(0, #times:slice(1, 0):utc_offset "Europe/Berlin")
  end)
end)

describe("multiples", function()
  it("are those of integers, down, up and to the nearest", function()
    for unit, per in pairs { s = 1, ms = 1000, us = 1000000, ns = 1000000000 } do
      for step, seconds in pairs { ["1h"] = 3600, ["5min"] = 300, ["7s"] = 7, ["1d"] = 86400 } do
        local ticks = numbers(400, -9000000000 * per, 9000000000 * per, 6)
        local list, n = ticks:to_table(), seconds * per
        local down, up, near = {}, {}, {}
        for i, x in ipairs(list) do
          down[i], up[i] = x // n * n, -(-x // n) * n
          local less, more = x - down[i], up[i] - x
          local even = down[i] // n % 2 == 0 and down[i] or up[i]
          near[i] = less < more and down[i] or more < less and up[i] or even
        end
        local times = mb.time_of(ticks, { unit = unit })
        same_rows(down, times:floor(step):as "int")
        same_rows(up, times:ceil(step):as "int")
        same_rows(near, times:round(step):as "int")
        same_rows(down, (times - mb.time(0)):floor(step):as "int")
        assert.equal(times:floor(step)[5], times[5]:floor(step))
      end
    end
  end)

  it("may be weeks, from Monday, months, quarters and years", function()
    local times = mb.time_of(numbers(400, -9000000000, 9000000000, 7))
    local weeks, months = times:floor "1w", times:floor "1mo"
    assert.is_true(weeks:weekday():eq(0):all())
    assert.is_true((times - weeks):lt("7d"):all())
    assert.is_true(months:day():eq(1):all() and months:month():eq(times:month()):all())
    assert.is_true(times:floor("1q"):month():eq((times:month() - 1) // 3 * 3 + 1):all())
    assert.is_true(times:floor("1y"):yearday():eq(1):all())
    assert.is_true(times:ceil("1y"):year():ge(times:year()):all())
  end)

  it("need a step", function()
    local times = mb.time_of(mb.range(1, 3))
    raises("takes a step", times.floor, times)
    for _, step in ipairs { "0s", "-1h", "5", "hour", 3600 } do raises("duration above 0", times.floor, times, step) end
    raises("is beyond what time counts", function()
      return mb.time_of(mb.column { math.mininteger + 1 }, { unit = "ns" }):floor("1d"):min()
    end)
  end)
end)

describe("units", function()
  it("that meet become the finest", function()
    local s, ms = mb.time_of(mb.column { 1, 2 }), mb.time_of(mb.column { 1500, 2000 }, { unit = "ms" })
    same_rows({ false, true }, s:eq(ms))
    same_rows({ true, false }, s:lt(ms))
    local joined = mb.concat { s, ms }
    assert.equal("ms", joined:info().unit)
    same_rows({ 1000, 2000, 1500, 2000 }, joined:as "int")
    same_rows({ 1500, 2000 }, s:maximum(ms):as "int")
    same_rows({ 500, 0 }, (ms - s):as "int")
    assert.equal("us", (s + mb.duration "1us"):info().unit)
    assert.equal("s", (s + mb.duration "1000ms"):info().unit)
    assert.equal("ns", mb.where(s:gt "1970-01-01T00:00:01", s, mb.time "2024-01-01T00:00:00.000000001"):info().unit)
    assert.equal("ms", s:put(mb.column { 1 }, "1970-01-01T00:00:00.5"):info().unit)
    assert.equal("ms", s:put(mb.column { 1, 2 }, ms):info().unit)
    assert.equal(1, s:find(mb.column({ mb.time(1.0) }))[1])
    same_rows({ 1 }, mb.time_of(mb.column { 1999 }, { unit = "ms" }):as("int", { unit = "s" }))
    same_rows({ -2 }, mb.time_of(mb.column { -1001 }, { unit = "ms" }):as("time", { unit = "s" }):as "int")
  end)

  it("compare with scalars between two ticks and beyond them", function()
    local s = mb.time_of(mb.column { 1, 2, 3, mb.null })
    local half = "1970-01-01T00:00:02.5Z"
    for op, expected in pairs { eq = { false, false, false }, ne = { true, true, true },
      lt = { true, true, false }, le = { true, true, false }, gt = { false, false, true },
      ge = { false, false, true } } do
      expected[4] = mb.null
      same_rows(expected, s[op](s, half), op)
    end
    local ns = mb.time_of(mb.column { 1, 2 }, { unit = "ns" })
    assert.is_true(ns:lt("9999-01-01"):all() and ns:gt("0001-01-01"):all() and ns:ne("9999-01-01"):all())
    assert.is_false(ns:ge("9999-01-01"):any() or ns:le("0001-01-01"):any() or ns:eq("9999-01-01"):any())
    assert.is_true(mb.expr("t < $u", { t = s }, { u = mb.time(half) }):any())
    assert.equal(2, s:isin({ "1970-01-01T00:00:01", mb.time(3) }):count_nonzero())
    assert.equal(2, s:between("1970-01-01T00:00:02", mb.time(3)):count_nonzero())
  end)

  it("are exact: what does not fit is an error of its row", function()
    local far = mb.time_of(mb.column { 0, mb.null, 1 << 40 })
    raises("at row 3 is beyond what time counts in ns", function() return (far + mb.duration "1ns"):max() end)
    raises("at row 3 is beyond", function() return far:as("time", { unit = "ns" }):max() end)
    local top = mb.time_of(mb.column { math.maxinteger - 1, 5 })
    assert.equal(math.maxinteger, (top + mb.duration "1s"):as("int"):max())
    raises("at row 1 is beyond what time counts in s", function() return (top + mb.duration "2s"):max() end)
    raises("is beyond what duration counts", function() return (top - (mb.time(0) - mb.duration "2s")):max() end)
    raises("is beyond what duration counts", function() return ((top - mb.time(0)) * 2):max() end)
    local long = mb.column { 1 << 62, 1 << 62 }:as "duration"
    raises("does not fit", long.sum, long)
    raises("does not fit", long.cumsum, long)
    raises("does not fit", function() return mb.time "9999-01-01" + mb.duration "1ns" end)
  end)

  it("take the bytes that they need", function()
    local seconds = mb.time_of(mb.range(0, 86399), { epoch = "2017-01-01" }):eval()
    assert.equal(4, seconds:info().width)
    assert.equal("2017-01-01T00:00:00Z", tostring(seconds[1]))
    assert.equal("s", seconds:info().unit)
    local floats = mb.time_of(mb.column { 1331901000.123456, 0.5 })
    assert.equal("us", floats:info().unit)
    assert.equal("2012-03-16T12:30:00.123456Z", tostring(floats[1]))
  end)
end)

describe("arithmetic", function()
  local t, d = mb.time_of(mb.column { 100, 50, mb.null }), mb.column({ "1min", "2s", "3h" }, "duration")

  it("is what the types suggest", function()
    assert.equal("duration", (t - t):type())
    assert.equal("time", (t + d):type())
    assert.equal("time", (d + t):type())
    same_rows({ 160, 52, mb.null }, (d + t):as "int")
    same_rows({ 40, 48, mb.null }, (t - d):as "int")
    same_rows({ 120, 4, 21600 }, (d * 2):as "int")
    same_rows({ 120, 4, 21600 }, (mb.column { 2, 2, 2 } * d):as "int")
    same_rows({ 90, 3, 16200 }, (d * 1.5):as "int")
    same_rows({ 30, 1, 5400 }, (d / 2):as "int")
    same_rows({ 60, 2, 10800 }, d:total_seconds())
    same_rows({ 30.0, 1.0, 5400.0 }, d / mb.duration "2s")
    same_rows({ 8, 0, 1542 }, d // mb.duration "7s")
    same_rows({ 4, 2, 6 }, (d % mb.duration "7s"):as "int")
    same_rows({ 60, 2, 10800 }, (-d):abs():as "int")
    same_rows({ -1, -1, -1 }, (-d):sign())
    assert.equal(mb.duration "1h", mb.duration "30min" * 2)
    assert.equal(2.0, mb.duration "1h" / mb.duration "30min")
    assert.equal("1d2h3min4.005s", tostring(mb.duration "26h 3min 4s 5ms"))
    for text, ns in pairs { ["1.5h"] = 5400000000000, ["-2d"] = -172800000000000, ["7ns"] = 7, ["1w"] = 604800000000000,
      ["1 day 2 hours"] = 93600000000000, ["0s"] = 0, ["2µs"] = 2000 } do
      assert.equal(ns, mb.duration(text):count "ns")
      assert.equal(mb.duration(text), mb.duration(tostring(mb.duration(text))))
    end
    for _, text in ipairs { "", "5", "h", "1m", "1.5ns", "1h-5min", "--1s", "99999999999999999999s", "1e3s" } do
      raises("duration: a text as", mb.duration, text)
    end
  end)

  it("refuses what has no meaning, and says what to write", function()
    local day = mb.time_range("2024-02-29", "2024-02-29T06:00:00", "1h")
    raises([['5min' is no time, but a duration: write mb.duration"5min", or duration('5min') in a string]],
      function() return day + "5min" end)
    raises([['2024-02-29' is no duration, but a time: write mb.time]], function() return day:diff() + "2024-02-29" end)
    assert.equal("2024-02-29T00:05:00Z", tostring(mb.frame { t = day } "t + duration('5min')"[1]))
    raises([[write c:floor("1d")]], function() return day:date() end)
    raises("write c:format", function() return day:day_name() end)
    raises("write c:isoweek()", function() return day:week() end)
    raises("write mb.time(os.time())", function() return mb.now() end)
    raises([[write frame:group_by(frame.time:floor("1h"))]], function() return mb.frame { t = day }:resample "1h" end)
    local unlike = { function() return t + t end, function() return t * 2 end, function() return t + 5 end,
      function() return t / t end, function() return d - t end, function() return -t end, function() return t:abs() end,
      function() return t:gt(5) end, function() return t:eq(d) end, function() return t & 1 end,
      function() return t:sqrt() end, function() return t:isnan() end, function() return d * d end,
      function() return 1 / d end, function() return d + 1 end, function() return d // 0.5 * t end,
      function() return mb.where(t:gt "2000-01-01", t, d) end, function() return t:maximum(d) end,
      function() return t:fill(5) end, function() return t:prod() end, function() return t:sum() end,
      function() return t:var() end, function() return t:cumsum() end, function() return t:any() end,
      function() return t:corr(t) end, function() return t:minimum(3) end, function() return t ^ 2 end }
    for i, f in ipairs(unlike) do
      local message = helper.message_of(f)
      assert.truthy(message:find "mb%.time" or message:find "mb%.duration", i .. ": " .. message)
    end
    raises("does not go into a time column", t.put, t, mb.column { 1 }, 5)
    raises("put", t.put, t, mb.column { 1 }, d)
    raises("a time is no duration", t.as, t, "duration")
    raises("do not go together", mb.union, t, mb.column { 1, 2 })
    raises("does not go into", function() return mb.column { 1, 2 }:put(mb.column { 1 }, mb.time(0)) end)
    raises("row 2 is a duration", mb.column, { mb.time(0), mb.duration "1s" })
    raises("there is no unit 'm'", mb.time_of, mb.column { 1 }, { unit = "m" })
    raises("is not compared", function() return mb.time(0) < mb.duration "1s" end)
    raises("is not compared", function() return mb.time(0) < 5 end)
    assert.is_false(mb.time(0) == mb.duration "0s")
  end)
end)

describe("operations", function()
  local ticks = numbers(997, 0, 500, 21) * 1800 + 1483228800
  local times = mb.time_of(ticks)

  local function check_same(expected, column)
    assert.equal("time", column:type())
    same_rows(expected:to_table(), column:as "int")
  end

  it("keep the type", function()
    check_same(ticks:sort(), times:sort())
    check_same(ticks:unique(), times:unique())
    check_same(ticks:topk(5), times:topk(5))
    check_same(ticks[mb.range(10, 20)], times[mb.range(10, 20)])
    check_same(ticks[ticks:gt(1483500000)], times[times:gt "2017-01-04T03:20"])
    check_same(ticks:shift(1, 0), times:shift(1, "1970-01-01"))
    check_same(ticks:cummax(), times:cummax())
    check_same((ticks:value_counts()), (times:value_counts()))
    check_same(mb.concat { ticks, ticks }, mb.concat { times, times })
    check_same(mb.union(ticks, ticks + 7), mb.union(times, times + mb.duration "7s"))
    same_rows(ticks:argsort():to_table(), times:argsort())
    same_rows(ticks:rank():to_table(), times:rank())
    assert.equal(ticks:unique():searchsorted(1483500001), times:unique():searchsorted "2017-01-04T03:20:01")
    check_same(ticks, mb.column(times:to_table()))
    local keys = times:unique()
    local left = mb.frame { { "at", times } }
    local joined = left:join(mb.frame { { "at", keys }, { "n", mb.range(1, #keys) } }, { on = "at" })
    assert.equal(#times, #joined)
    assert.equal("time", joined:column("at"):type())
  end)

  it("of statistics give times and durations", function()
    local list = ticks:sort():to_table()
    local sum = 0
    for _, x in ipairs(list) do sum = sum + x - list[1] end
    assert.equal(mb.time(list[1]), times:min())
    assert.equal(mb.time(list[#list]), times:max())
    assert.equal(mb.time(list[499]), times:median())
    assert.equal(list[1] * 1000000 + (sum * 2000000 + #list) // (2 * #list), times:mean():epoch "us")
    local quarter = times:quantile { 0.25, 0.5 }
    assert.equal(mb.time(ticks:quantile(0.25)), quarter[1])
    assert.truthy(math.abs(times:std():total_seconds() - ticks:std()) < 1e-6)
    assert.equal("duration", (times - times:min()):sum() and mb.core.moment_kind((times - times:min()):sum()))
    local ns = mb.time_of(mb.column { 1700000000000000001, 1700000000000000003 }, { unit = "ns" })
    assert.equal(1700000000000000002, ns:median():epoch "ns")
    assert.equal(1700000000000000002, ns:mean():epoch "ns")
    for _, name in ipairs { "mean", "median", "min", "std" } do
      raises("no values", function() local none = times:slice(1, 0) return none[name](none) end)
    end
  end)

  it("group by the hour", function()
    local frame = mb.frame { { "at", times }, { "n", mb.range(1, #times) } }
    local by_hour = frame:group_by(times:floor "6h")
    local sizes = {}
    for _, x in ipairs(ticks:to_table()) do sizes[x // 21600] = (sizes[x // 21600] or 0) + 1 end
    local keys, counts = by_hour:keys(), by_hour:size()
    for i = 1, #by_hour do assert.equal(sizes[keys[i]:epoch() // 21600], counts[i]) end
    local of_ticks = mb.group_by(ticks // 21600)
    same_rows(of_ticks:max(ticks):to_table(), by_hour:max("at"):as "int")
    local since = ticks - 1483228800
    for _, name in ipairs { "mean", "median" } do
      same_rows((of_ticks[name](of_ticks, since) * 1e6):round():as("int"):to_table(),
        (by_hour[name](by_hour, "at") - mb.time(1483228800)):as("int", { unit = "us" }))
    end
    assert.equal("duration", by_hour:std("at"):type())
    frame.took = times - times:min()
    for _, name in ipairs { "at", "took" } do
      local at_once = by_hour:agg { { "median", name, "median" }, { "last", name, "last" },
        { "p90", name, "quantile", 0.9 }, { "n", "n", "median" } }
      same_rows(by_hour:median(name):to_table(), at_once.median)
      same_rows(by_hour:last(name):to_table(), at_once.last)
      same_rows(by_hour:quantile(name, 0.9):to_table(), at_once.p90)
      same_rows(by_hour:median("n"):to_table(), at_once.n)
      assert.equal(frame[name]:type(), at_once.median:type())
    end
    raises("std gives a duration", by_hour.var, by_hour, "at")
  end)

  it("count in bins of time", function()
    local counts, edges = times:histogram { bins = "1d" }
    assert.equal("time", edges:type())
    assert.equal(#times, counts:sum())
    local days = mb.group_by(ticks // 86400)
    same_rows(days:size():to_table(), counts[counts:gt(0)])
    assert.is_true(edges:eq(edges:floor "1d"):all())
    local tens = times:histogram { bins = 10 }
    same_rows((ticks:histogram { bins = 10 }):to_table(), tens)
    local two = times:histogram { bins = 2, range = { "2017-01-01", "2017-01-03" } }
    same_rows((ticks:histogram { bins = 2, range = { 1483228800, 1483401600 } }):to_table(), two)
    same_rows(ticks:digitize({ 1483228801, 1483401600 }):to_table(),
      times:digitize { "2017-01-01T00:00:01", mb.time(1483401600) })
  end)

  it("print times with the digits that they need", function()
    local text = tostring(mb.column({ "2024-01-01", "2024-01-01T00:00:00.5" }, "time"))
    assert.equal("array([2024-01-01T00:00:00Z, 2024-01-01T00:00:00.500Z])", text)
    local frame = mb.frame { { "at", mb.column({ "2024-01-01", "2024-01-01T00:00:00.5", mb.null }, "time") } }
    local lines = tostring(frame)
    assert.truthy(lines:find("2024-01-01T00:00:00.000Z", 1, true))
    assert.truthy(lines:find("\n *time\n"))
    assert.equal("-0001-03-01T00:00:00Z", tostring(mb.time "-0001-03-01"):gsub("^%-00", "-"), nil)
  end)

  it("make ranges", function()
    same_rows({ 0, 1200, 2400, 3600 }, mb.time_range("1970-01-01", "1970-01-01T01:00", "20min"):as "int")
    same_rows({ 3600, 1800, 0 }, mb.time_range("1970-01-01T01:00", "1970-01-01", "-30min"):as "int")
    assert.equal(0, #mb.time_range("1970-01-02", "1970-01-01", "1s"))
    raises("the step is 0", mb.time_range, "1970-01-02", "1970-01-01", "0s")
  end)
end)
