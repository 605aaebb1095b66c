-- What reaches gnuplot of columns, beside plain loops over their rows; and the pictures that come of it.
local axes = require "moonbear.plot.axes"
local helper = require "spec.helper"
local mb = require "moonbear"
local picture = require "moonbear.plot.picture"

local plot, data = mb.plot, picture.data
local raises, path = helper.assert_raises, helper.path

teardown(helper.clean)

-- What the only picture of a plot has: the rows of each of its marks.
local function rows_of(it, panel)
  local lists = {}
  for i, mark in ipairs(data(it).panels[panel or 1].marks) do lists[i] = mark.rows end
  return table.unpack(lists)
end

local function notes_of(it) return table.concat(data(it).notes, "; ") end

-- Integers of a simple generator, the same in each run.
local function numbers(n, most)
  local list, x = {}, 12345
  for i = 1, n do
    x = (x * 1103515245 + 12345) % (1 << 31)
    list[i] = (x >> 8) % most
  end
  return list
end

-- Values with gaps, NaN and infinities between them.
local function holey(list)
  local rows = {}
  for i, x in ipairs(list) do
    local odd = ({ [3] = mb.null, [5] = 0 / 0, [8] = 1 / 0, [9] = -1 / 0 })[i % 11]
    rows[i] = odd == nil and x / 4 or odd
  end
  return rows
end

-- How many of some rows are in each bin of {from, to, count}, the last of which has its end.
local function check_bins(rows, list, log)
  assert.truthy(#rows >= 1)
  for i, bin in ipairs(rows) do
    local expected = 0
    for _, x in ipairs(list) do
      if type(x) == "number" and x >= bin[1] and (x < bin[2] or i == #rows and x == bin[2]) then
        expected = expected + 1
      end
    end
    assert.equal(expected, bin[3], ("bin %d: %s to %s"):format(i, bin[1], bin[2]))
    if i > 1 then assert.equal(rows[i - 1][2], bin[1]) end
  end
  for _, x in ipairs(list) do
    local counts = type(x) == "number" and x - x == 0 and not (log and x <= 0)
    if counts then assert.truthy(x >= rows[1][1] and x <= rows[#rows][2], x) end
  end
end

describe("histograms", function()
  it("have every value in its bin", function()
    for _, n in ipairs { 1, 2, 500 } do
      for _, most in ipairs { 1, 30, 1 << 22 } do
        local list = numbers(n, most)
        for log, options in pairs { [false] = { {}, { bins = 7 } }, [true] = { {}, { bins = 7 } } } do
          for _, o in ipairs(options) do
            o.log = log and "x" or ""
            local ints = {}
            for i, x in ipairs(list) do ints[i] = x + 1 end
            check_bins(rows_of(plot.hist(mb.column(ints), o)), ints, log)
            local floats = holey(list)
            floats[#floats + 1] = 2.5
            check_bins(rows_of(plot.hist(mb.column(floats, "float"), o)), floats, log)
          end
        end
      end
    end
  end)

  it("have round edges, those given, or as numpy has them", function()
    local list = numbers(1000, 1000)
    local c = mb.column(list)
    local low, high = c:min(), c:max()
    local rows = rows_of(plot.hist(c))
    assert.same({ 0, 50 }, { rows[1][1], rows[1][2] })
    assert.equal("integer", math.type(rows[1][2]))
    rows = rows_of(plot.hist(c, { bins = 8 }))
    assert.equal(8, #rows)
    assert.near(low + (high - low) / 8, rows[1][2], 1e-9)
    assert.same({ low, high }, { rows[1][1], rows[8][2] })
    rows = rows_of(plot.hist(c, { bins = { 10, 20, 500 } }))
    assert.equal(2, #rows)
    for i, bin in ipairs { { 10, 20 }, { 20, 500 } } do
      local expected = 0
      for _, x in ipairs(list) do
        if x >= bin[1] and (x < bin[2] or i == 2 and x == 500) then expected = expected + 1 end
      end
      assert.same({ bin[1], bin[2], expected }, rows[i])
    end
    rows = rows_of(plot.hist(c, { bins = 3, range = { 100, 400 } }))
    assert.same({ 100, 200, 300, 400 }, { rows[1][1], rows[2][1], rows[3][1], rows[3][2] })
    rows = rows_of(plot.hist(mb.column { 3, 4, 5, 90 }, { log = "x" }))
    assert.same({ 3, 5, 2 }, rows[1])
  end)

  it("of rows that lie anywhere are the same", function()
    local list = numbers(900, 50)
    local c = mb.column(list)
    for _, keep in ipairs { c:lt(10), mb.range(1, 900):le(20), mb.range(1, 900):gt(880) } do
      local kept = c[keep]
      for _, make in ipairs {
        function(x) return plot.hist(x, { log = "x" }) end, function(x) return plot.hist(x * 0.5) end,
        function(x) return plot.ecdf(x) end, function(x) return plot.box(x) end,
        function(x) return plot.line(x, x * 2) end, function(x) return plot.scatter(x, x, { most = 10 }) end,
        function(x) return plot.bar(x) end, function(x) return plot.hist2d(x, x + 1) end,
        function(x) return plot.heatmap(x % 3, x % 5) end, function(x) return plot.graph_degrees(x, x % 7) end,
        function(x) return plot.time_series(mb.time_of(x * 60), x) end,
      } do
        assert.same({ rows_of(make(mb.column(kept:to_table()))) }, { rows_of(make(kept)) })
      end
    end
  end)

  it("say what they leave out, and take all types that count", function()
    local it = plot.hist(mb.column { -1, 0, 1, 10 }, { log = "x" })
    assert.equal("2 values at 0 or below are not shown", notes_of(it))
    it = plot.hist({ a = mb.column { 0, 10 }, b = mb.column { 1, 10 } }, { log = "x" })
    assert.equal("1 value of a at 0 or below is not shown", notes_of(it))
    for _, c in ipairs { mb.column { true, false }, mb.column({ 1, -1 }, "uint"), mb.column { 1, 2 } * 0.5,
      mb.column({ "1s", "1min" }, "duration"), mb.time_of(mb.column { 0, 86400 }), mb.flags(mb.column { 1, 2 }),
      mb.column { math.mininteger, math.maxinteger }, mb.column { 5, 5 }, mb.column { 1e-320, 0 },
      mb.full(3, 1e17) } do
      local rows, total = rows_of(plot.hist(c)), 0
      for _, bin in ipairs(rows) do total = total + bin[3] end
      assert.equal(#c, total, tostring(c))
      assert.truthy(#rows < 200, tostring(c))
    end
    local x = data(plot.hist(mb.time_of(mb.column { 0, 86400 }))).x
    assert.same({ "time", "time (UTC)" }, { x.kind, x.label })
  end)

  it("of several columns and of groups have the same edges", function()
    local c, by = mb.column(numbers(600, 90)), mb.column(numbers(600, 3))
    local first, second = rows_of(plot.hist { a = c, b = c * 2 })
    assert.same({ first[1][1], first[#first][1] }, { second[1][1], second[#second][1] })
    local it = plot.hist(mb.frame { { "v", c }, { "g", by } }, { by = "g", title = "groups" })
    assert.equal(3, #data(it).panels)
    for i, panel in ipairs(data(it).panels) do
      local mask = by:eq(math.tointeger(panel.title))
      check_bins(rows_of(it, i), c[mask]:to_table())
    end
    it = plot.hist(c, { by = mb.range(1, 600) % 20 })
    assert.equal("the 9 largest of 20 groups", notes_of(it))
    assert.equal(9, #data(it).panels)
  end)

  it("of two columns count pairs", function()
    local a, b = numbers(800, 100), numbers(900, 40)
    table.move(b, 101, 900, 1)
    for i = 801, 900 do b[i] = nil end
    for _, log in ipairs { "", "xy" } do
      local ones, others = {}, {}
      for i = 1, 800 do ones[i], others[i] = a[i] + 1.5, b[i] + 2.25 end
      local cells = rows_of(plot.hist2d(mb.column(ones), mb.column(others), { bins = { 9, 7 }, log = log }))
      local total, x_last, y_last = 0, math.max(table.unpack(ones)), math.max(table.unpack(others))
      for _, cell in ipairs(cells) do
        local expected = 0
        for i = 1, 800 do
          local in_x = ones[i] >= cell[1] and (ones[i] < cell[2] or cell[2] == x_last)
          local in_y = others[i] >= cell[3] and (others[i] < cell[4] or cell[4] == y_last)
          if in_x and in_y then expected = expected + 1 end
        end
        total = total + cell[5]
        if log == "" then assert.equal(expected, cell[5]) end
      end
      assert.equal(800, total)
    end
    local gaps = plot.hist2d(mb.column { 1, mb.null, 3 }, mb.column { 0 / 0, 2, 3.0 })
    assert.equal(1, #rows_of(gaps))
  end)
end)

describe("shares and boxes", function()
  it("of few rows are those of each row", function()
    local rows = rows_of(plot.ecdf(mb.column { 3, 1, mb.null, 2, 2 }))
    assert.same({ { 1, 0 }, { 1, 0 }, { 1, 0.25 }, { 2, 0.25 }, { 2, 0.5 }, { 2, 0.5 }, { 2, 0.75 }, { 3, 0.75 },
      { 3, 1 } }, rows)
  end)

  it("of many rows go through exact quantiles", function()
    local list = numbers(2501, 1 << 20)
    local rows = rows_of(plot.ecdf(mb.column(list)))
    table.sort(list)
    assert.equal(195, #rows)
    for _, row in ipairs(rows) do
      local at = 2500 * row[2]
      local below = math.floor(at)
      local expected = list[below + 1] + (at - below) * ((list[below + 2] or 0) - list[below + 1])
      assert.near(expected, row[1], 1e-6 * (1 << 20))
    end
  end)

  it("have quartiles, and whiskers within one and a half of their distance", function()
    local list = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 100 }
    local it = plot.box(mb.column(list))
    assert.same({ { 1, 1, 3.25, 5.5, 7.75, 9 } }, rows_of(it))
    assert.equal("1 value beyond the whiskers", notes_of(it))
    local by = mb.column { "a", "b", "b", "a", "b", "b", "a", "b", "b", "b" }
    it = plot.box(mb.column(list), { by = by })
    assert.same({ "b", "a" }, data(it).x.words)
    assert.same({ 2, 1, 2.5, 4, 5.5, 7 }, (rows_of(it))[2])
  end)
end)

describe("lines and points", function()
  it("have each row of few", function()
    local it = plot.line(mb.column { 1, 2, 3 }, { a = mb.column { 5, mb.null, 7 }, b = mb.column { 0.5, 1, 2 } })
    local a, b = rows_of(it)
    assert.same({ 1, 5 }, a[1])
    assert.truthy(a[2][2] ~= a[2][2])
    assert.same({ { 1, 0.5 }, { 2, 1.0 }, { 3, 2.0 } }, b)
    assert.same({ "a", "b" }, { data(it).panels[1].marks[1].label, data(it).panels[1].marks[2].label })
    assert.same({ { 5, 7 } }, rows_of(plot.scatter(mb.column { 5 }, mb.column { 7 })))
  end)

  it("of many rows show all that a line covers", function()
    local list = numbers(6000, 1000)
    local it = plot.line(mb.range(1, 6000), mb.column(list))
    assert.truthy(notes_of(it):find("6,000 points", 1, true))
    local rows, at = rows_of(it), 0
    assert.equal(4000, #rows)
    for i = 1, #rows, 4 do
      local width = 5999 / 1000
      local first, low, high, last = nil, math.huge, -math.huge, nil
      local stretch = (rows[i][1] - 1) / width // 1
      while at < 6000 and math.min(at / width // 1, 999) == stretch do
        at = at + 1
        first, last = first or list[at], list[at]
        low, high = math.min(low, list[at]), math.max(high, list[at])
      end
      if first then
        assert.same({ first, low, high, last }, { rows[i][2], rows[i + 1][2], rows[i + 2][2], rows[i + 3][2] })
      end
    end
    assert.equal(6000, at)
  end)

  it("of too many points are a sample, the same in each run", function()
    local c = mb.range(1, 3000)
    local it = plot.scatter(c, c * 2, { most = 500 })
    assert.equal("500 of 3,000 points, drawn at random", notes_of(it))
    local rows, seen = rows_of(it), {}
    assert.equal(500, #rows)
    for _, row in ipairs(rows) do
      assert.equal(row[1] * 2, row[2])
      assert.falsy(seen[row[1]])
      seen[row[1]] = true
    end
    assert.same(rows, (rows_of(plot.scatter(c, c * 2, { most = 500 }))))
  end)

  it("over time are counts, sums and means of steps", function()
    local seconds, values = numbers(700, 50000), numbers(700, 90)
    for i in ipairs(seconds) do if seconds[i] // 3600 == 4 then seconds[i] = 0 end end
    local t, v = mb.time_of(mb.column(seconds)), mb.column(values)
    local sums, sizes = {}, {}
    for i, s in ipairs(seconds) do
      local step = s // 3600 * 3600
      sums[step], sizes[step] = (sums[step] or 0) + values[i], (sizes[step] or 0) + 1
    end
    local counted = rows_of(plot.time_series(t, nil, { every = "1h" }))
    local summed = rows_of(plot.time_series(t, { v = v }, { every = "1h" }))
    local means = rows_of(plot.time_series(t, v, { every = "1h", agg = "mean" }))
    assert.equal(14, #counted)
    for i, row in ipairs(counted) do
      assert.equal((i - 1) * 3600, row[1])
      assert.equal(sizes[row[1]] or 0, row[2])
      assert.equal(sums[row[1]] or 0, summed[i][2])
      local mean = (sums[row[1]] or 0) / (sizes[row[1]] or 0)
      assert.truthy(means[i][2] == mean or mean ~= mean and means[i][2] ~= means[i][2])
    end
    local steps = #rows_of(plot.time_series(t))
    assert.truthy(steps > 100 and steps <= 201, steps)
    assert.equal(2, #rows_of(plot.time_series(mb.time_of(mb.column { 0, 2700000 }), nil, { every = "1mo" })))
  end)
end)

describe("bars and tables", function()
  it("have the largest values, largest first", function()
    local labels, values = mb.column { "b", "a", "b", "c", mb.null, "b", "c" }, mb.column { 1, 20, 3, 4, 90, 5, 6 }
    local it = plot.bar(labels, nil, { top = 2 })
    assert.same({ "c", "b" }, data(it).y.words) -- from the lowest
    local rows = rows_of(it)
    assert.same({ 3, 2 }, { rows[1][1], rows[2][1] })
    assert.equal("the 2 largest of 3", notes_of(it))
    rows = rows_of(plot.bar(labels, { v = values }))
    assert.same({ 20, 10, 9 }, { rows[1][1], rows[2][1], rows[3][1] })
    rows = rows_of(plot.bar(labels, values, { agg = "max" }))
    assert.same({ 20, 6, 5 }, { rows[1][1], rows[2][1], rows[3][1] })
    it = plot.bar(mb.column({ -1, -1, 2 }, "uint"))
    assert.same({ "2", "18446744073709551615" }, data(it).y.words)
  end)

  it("have a cell for each pair of values", function()
    local x, y = mb.column { "a", "b", "a", mb.null }, mb.column { 1, 2, 1, 1 }
    local it = plot.heatmap(x, y, mb.column { 1, 2, 4, 8 })
    assert.same({ { "a", "b" }, { "1", "2" } }, { data(it).x.words, data(it).y.words })
    assert.same({ { 0.5, 1.5, 0.5, 1.5, 5 }, { 1.5, 2.5, 1.5, 2.5, 2 } }, rows_of(it))
    assert.equal(2, (rows_of(plot.heatmap(x, y)))[1][5])
  end)

  it("of graphs count the nodes of each degree", function()
    local from, to = mb.column { "a", "a", "a", "b" }, mb.column { "b", "b", "c", "c" }
    local out, into = rows_of(plot.graph_degrees(from, to))
    assert.same({ { { 1, 1 }, { 2, 1 } }, { { 1, 1 }, { 2, 1 } } }, { out, into })
    out, into = rows_of(plot.graph_degrees(from, to, { distinct = false }))
    assert.same({ { { 1, 1 }, { 3, 1 } }, { { 2, 2 } } }, { out, into })
  end)
end)

describe("axes", function()
  local function labels(axis, low, high, wanted)
    axis.low, axis.high = low, high
    local _, words = axes.ticks(axis, wanted)
    return table.concat(words, " ")
  end

  it("have round ticks that say little", function()
    assert.equal("0 20 40 60 80 100", labels({}, 0, 100, 5))
    assert.equal("0 500k 1M 1.5M", labels({}, 0, 1600000, 4))
    assert.equal("-0.5 0 0.5", labels({}, -0.6, 0.6, 4))
    assert.equal("22000000001 22000000002", labels({}, 22000000000.5, 22000000002.5, 3))
    assert.equal("1 10 100 1000 10k", labels({ log = true }, 1, 20000, 8))
    assert.equal("1 100 10k", labels({ log = true }, 1, 20000, 4))
    assert.equal("2 5 10", labels({ log = true }, 2, 12, 8))
    assert.equal("0.001 0.01", labels({ log = true }, 0.0005, 0.02, 4))
    assert.equal("1,234,567 -12 -123,456", ("%s %s %s"):format(axes.grouped(1234567), axes.grouped(-12),
      axes.grouped(-123456)))
  end)

  it("of times have ticks of the clock and the calendar", function()
    local function times(low, high, wanted) return labels({ kind = "time" }, low, high, wanted) end
    assert.equal("00:00:00 00:00:30 00:01:00", times(0, 60, 3):gsub("1 Jan", "00:00:00"))
    assert.equal("06:00 12:00 18:00", times(3600, 80000, 4))
    assert.equal("29 Feb 12:00 1 Mar 12:00", times(1709164800, 1709300000, 4))
    assert.equal("28 Feb 29 Feb 1 Mar", times(1709078400, 1709251200, 3))
    assert.equal("Jan 2024 Apr 2024 Jul 2024 Oct 2024", times(1704067200, 1735603200, 5))
    assert.equal("1970 1980 1990 2000", times(0, 1000000000, 4))
    assert.truthy(#times(-6e10, 3e11, 6) < 80)
  end)
end)

describe("ten million points", function()
  local n = 10000000
  local x = mb.range(1, n)

  it("are drawn of few that leave the ranks", function()
    for _, it in ipairs { plot.scatter(x, x % 1000), plot.line(x, x % 1000), plot.ecdf(x), plot.hist(x) } do
      local drawn = picture.data(it)
      local rows = drawn.panels[1].marks[1].rows
      assert.truthy(#rows > 10 and #rows <= 20000, drawn.plot)
      assert.truthy(not drawn.notes[1] or drawn.notes[1]:find("10,000,000", 1, true), drawn.plot)
    end
  end)
end)

describe("plots refuse", function()
  local c = mb.column { 1, 2, 3 }

  it("what has nothing to draw", function()
    raises("hist: there is nothing to draw: the column has no rows", plot.hist, mb.column({}, "int"))
    raises("all 2 rows are missing or NaN", plot.ecdf, mb.column { 0 / 0, mb.null })
    raises("the only row is missing or NaN", plot.box, mb.column { 0 / 0 })
    raises("a logarithmic axis shows values above 0", plot.hist, mb.column { 0, -1 }, { log = "x" })
    raises("the columns have no rows", plot.scatter, mb.column({}, "int"), mb.column({}, "int"))
    raises("no row has a value that is not missing", plot.line, mb.column { 0 / 0 }, mb.column { 1 })
    raises("no row has a value in both", plot.hist2d, mb.column { 1, mb.null }, mb.column { mb.null, 1 })
    raises("the only row is missing", plot.bar, mb.column({ mb.null }, "text"))
    raises("there is nothing to draw", plot.time_series, mb.column({ mb.null }, "time"))
    raises("no row has both ends", plot.graph_degrees, mb.column { "a", mb.null }, mb.column { mb.null, "a" })
    local nan = mb.column { 0 / 0, 0 / 0 }
    raises("no row has a value that is not missing", plot.scatter, mb.column { 1, 2 }, nan)
    raises("there is nothing to draw", plot.hist2d, nan, nan)
    raises("there is nothing to draw", plot.time_series, mb.time_of(mb.column { 1, 2 }), nan, { agg = "mean" })
    raises("values from -1e+308 to 1e+308 have no bins", plot.hist, mb.column { 1e308, -1e308 })
  end)

  it("what has no place in them, and name the mend", function()
    for said, call in pairs {
      ["'host' is a column of type text, which has no place on an axis of numbers; mb.plot.bar draws"] =
        function() plot.hist { host = mb.column { "a" } } end,
      ["has no option 'bin'; did you mean 'bins'?"] = function() plot.hist(c, { bin = 3 }) end,
      ["letters of 'xy'"] = function() plot.hist(c, { log = "q" }) end,
      ["a number of bins or ascending edges"] = function() plot.hist(c, { bins = { 2, 1 } }) end,
      ["bad option 'range'"] = function() plot.hist(c, { range = { 2, 1 } }) end,
      ["pixels from 100"] = function() plot.hist(c, { width = 5 }) end,
      ["bad argument #1 to 'hist' (column, table of columns by name or frame expected, got 5)"] =
        function() plot.hist(5) end,
      ["the lengths differ: 3 rows, and a column of 2"] = function() plot.scatter(c, mb.column { 1, 2 }) end,
      ["mb.time_of makes times of numbers"] = function() plot.time_series(c) end,
      ["bad option 'every'"] = function() plot.time_series(mb.time_of(c), nil, { every = 5 }) end,
      ["bad option 'agg' of 'bar' (one of count"] = function() plot.bar(c, c, { agg = "most" }) end,
      ["a longer 'every' makes fewer"] =
        function() plot.time_series(mb.time_of(mb.range(1, 20001)), nil, { every = "1s" }) end,
      ["has 101 different values, and may have 100"] =
        function() plot.heatmap(mb.range(1, 101), mb.range(1, 101)) end,
      ["mb.plot has no function 'histogram'; there is bar"] = function() plot.histogram() end,
      ["does not end with .png, .svg, .pdf, .txt or .six"] = function() plot.hist(c):save "x.jpg" end,
      ["a picture has no method 'draw'"] = function() plot.hist(c):draw() end,
      ["9 columns in one picture, which may have 8"] = function()
        local list = {}
        for i = 1, 9 do list[i] = { "c" .. i, c } end
        plot.hist(list)
      end,
      ["they have no axis in common"] = function() plot.hist { a = c, b = mb.time_of(c) } end,
      ["is not logarithmic"] = function() plot.hist(mb.time_of(c), { log = "x" }) end,
    } do
      raises(said, call)
    end
  end)
end)

describe("pictures", function()
  local c = mb.column(numbers(400, 1000))

  it("are characters as wide and high as told", function()
    local text = plot.hist(c, { title = "a title", xlabel = "what" }):text(60, 15)
    local lines, widest = 0, 0
    for line in (text .. "\n"):gmatch "(.-)\n" do
      lines, widest = lines + 1, math.max(widest, #line)
    end
    assert.truthy(lines >= 12 and lines <= 16 and widest <= 60, text)
    for _, part in ipairs { "a title", "what", "****", "rows" } do assert.truthy(text:find(part, 1, true), text) end
    raises("a number of characters", function() plot.hist(c):text(5) end)
    text = plot.hist(mb.range(1, 90000), { ylabel = "how many there are", bins = 3 }):text(60, 15)
    assert.truthy(text:find "\n how many there are +|" or text:find "\n how many there are +%d+k %+%-|", text)
    local _, bars = plot.bar(mb.column { "a", "b" }, { x = mb.column { 3, 4 }, y = mb.column { 5, 6 } }):text(60, 10)
      :gsub("|[*#][*#]+", "")
    assert.equal(4, bars) -- none is under another
  end)

  it("are files of the kind that their names say", function()
    if mb.size() > 2 then return end -- rank 0 writes them
    local it = plot.scatter(c, c * 2, { title = "it's `touch " .. path "shell" .. "`, \"$x\" \\n é", by = c % 2 })
    for ending, start in pairs { png = "^\137PNG\r\n\26\n", svg = "^<%?xml", pdf = "^%%PDF", six = "^\27P",
      txt = "%[?%d" } do
      assert.equal(it, it:save(path("picture." .. ending)))
      local bytes = helper.read_file(path("picture." .. ending))
      assert.truthy(bytes:find(start) and #bytes > 500, ending)
      assert.is_nil(io.open(path("picture." .. ending .. ".part")))
    end
    assert.is_nil(io.open(path "shell"))
    raises("/none/x.png.part: No such file", function() it:save "/none/x.png" end)
    plot.hist(c, { file = path "saved.png" })
    assert.truthy(helper.read_file(path "saved.png"):find "^\137PNG")
  end)

  it("of all kinds are drawn without a complaint", helper.once(function()
    local t = mb.time_of(c * 3600)
    local word = mb.column { "a", "b'", "c\\" }[c % 3 + 1]
    local script = require "moonbear.plot.script"
    local drawn = 0
    for _, it in ipairs {
      plot.hist({ a = c, b = c * 2 }, { log = "xy" }), plot.hist2d(c, c * c, { log = "yz" }), plot.ecdf(c),
      plot.box(c, { by = word }), plot.line(c, c, { log = "y" }), plot.time_series(t, c, { by = word }),
      plot.bar(word, { a = c, b = -c }), plot.heatmap(word, c % 3), plot.graph_degrees(c, c % 9),
    } do
      for _, kind in ipairs { "svg", "text" } do
        local target = { kind = kind, width = kind == "svg" and 800 or 79, height = kind == "svg" and 500 or 24 }
        local file = helper.write_file(path "script", script.of(data(it), target))
        local said = helper.shell(("gnuplot -d '%s' 2>&1 >'%s'"):format(file, path "out.svg"))
        assert.equal("", said)
        if kind == "svg" then
          helper.python_output("import sys, xml.dom.minidom as m; m.parse(sys.argv[1])", path "out.svg")
        end
        drawn = drawn + 1
      end
    end
    assert.equal(18, drawn)
  end))

  it("name the package of gnuplot where it is missing, and tell when it fails", helper.once(function()
    local script = "local mb = require 'moonbear'\n"
      .. "print(pcall(function() return mb.plot.hist(mb.range(1, 9)):text() end))"
    local status, out = helper.run(nil, script, { env = { PATH = "/none" } })
    assert.equal(0, status)
    assert.truthy(out:find("not installed here (apt-get install gnuplot-nox)", 1, true), out)
    local folder = helper.tmpdir()
    helper.write_file(folder .. "/gnuplot", "#!/bin/sh\necho 'x line 3: out of paint' >&2\nkill -9 $$\n")
    os.execute(("chmod +x '%s/gnuplot'"):format(folder))
    status, out = helper.run(2, script, { env = { PATH = folder .. ":" .. os.getenv "PATH" } })
    assert.equal(0, status)
    assert.truthy(out:find "gnuplot has failed with status %d+: out of paint", out)
  end))

  it("that differ between ranks are an error on all", helper.once(function()
    local status, _, err = helper.run(2, "local mb = require 'moonbear'\nlocal title = mb.rank() == 0 and 'a' or 'b'\n"
      .. "mb.plot.hist(mb.range(1, 9), {title = title}):text()")
    assert.equal(1, status)
    assert.truthy(err:find("the ranks diverged", 1, true), err)
  end))
end)
