-- What gnuplot has drawn: shapes in SVG, mapped back to numbers by the ticks of the axes, beside
-- numbers that plain Lua computes of the rows.
local helper = require "spec.helper"
local mb = require "moonbear"

local plot = mb.plot

teardown(helper.clean)

-- A tenth of a pixel is as near as gnuplot writes.
local PIXELS <const> = 0.06

local function numbers_of(text)
  local list = {}
  for x in text:gmatch "%-?%d+%.?%d*" do list[#list + 1] = tonumber(x) end
  return list
end

local function pairs_of(text)
  local list, flat = {}, numbers_of(text)
  for i = 1, #flat - 1, 2 do list[#list + 1] = { flat[i], flat[i + 1] } end
  return list
end

-- What a tick says: a number, minutes of a time, or a word.
local function said(word)
  local hours, minutes = word:match "^(%d+):(%d+)$"
  if hours then return hours * 60 + minutes end
  return tonumber((word:gsub("−", "-"))) or word
end

-- The ticks of an axis, {pixel, number}: gridlines, each before the word of its tick.
local function ticks_of(svg, letter)
  local ticks = {}
  for path, word in svg:gmatch 'class="gridline"%s+d=\'([^\']*)\'.-<text>([^<]*)</text>' do
    local ends = pairs_of(path)
    local upright = ends[1][1] == ends[2][1]
    if upright == (letter == "x") then
      ticks[#ticks + 1] = { ends[1][upright and 1 or 2], said(word) }
    end
  end
  return ticks
end

-- A function from pixels to numbers, by the first and the last tick, and how much a pixel is.
local function scale(svg, letter, log)
  local ticks = ticks_of(svg, letter)
  local a, b = ticks[1], ticks[#ticks]
  local from, to = a[2], b[2]
  if log then from, to = math.log(from, 10), math.log(to, 10) end
  local each = (to - from) / (b[1] - a[1])
  return function(pixel)
    local x = from + (pixel - a[1]) * each
    return log and 10 ^ x or x
  end, math.abs(each)
end

-- A picture's SVG, drawn once, and its parts with colours of the first mark.
local function drawn(picture)
  local path = helper.path "picture.svg"
  picture:save(path)
  local svg = helper.read_file(path)
  os.remove(path)
  return svg, svg:match '<g id="moonbear_plot_1a".-\n\t</g>'
end

-- What is drawn of a mark, from its beginning to that of the next one or the end.
local function mark_of(svg, n)
  local at = svg:find(('<g id="moonbear_plot_%da"'):format(n), 1, true)
  return svg:sub(at, svg:find(('<g id="moonbear_plot_%da"'):format(n + 1), at, true))
end

-- Shapes of polygons as {left, right, low, high} in numbers.
local function boxes_of(svg, part, log)
  local x, y = scale(svg, "x", log), scale(svg, "y")
  local list = {}
  for points in part:gmatch "<polygon[^>]*points = '([^']*)'" do
    local corners = pairs_of(points)
    local box = { math.huge, -math.huge, math.huge, -math.huge }
    for _, corner in ipairs(corners) do
      local at, high = x(corner[1]), y(corner[2])
      box = { math.min(box[1], at), math.max(box[2], at), math.min(box[3], high), math.max(box[4], high) }
    end
    list[#list + 1] = box
  end
  return list
end

local function near(wanted, got, tolerance, what)
  assert.truthy(math.abs(wanted - got) <= tolerance, ("%s: %s, drawn at %s"):format(what, wanted, got))
end

local function check_boxes(wanted, svg, part, what)
  local got = boxes_of(svg, part)
  local _, x = scale(svg, "x")
  local _, y = scale(svg, "y")
  assert.equal(#wanted, #got, what)
  for i, box in ipairs(wanted) do
    for k = 1, 4 do near(box[k], got[i][k], PIXELS * (k < 3 and x or y), what .. " " .. i .. "." .. k) end
  end
end

local function near_on(log, wanted, got, tolerance, what)
  if log then wanted, got = math.log(wanted, 10), math.log(got, 10) end
  near(wanted, got, tolerance, what)
end

-- Points of a path, or of marks, in numbers; of logarithmic axes by their letters.
local function check_points(wanted, points, svg, what, log)
  local log_x, log_y = log and log:find "x", log and log:find "y"
  local x, dx = scale(svg, "x", log_x)
  local y, dy = scale(svg, "y", log_y)
  assert.equal(#wanted, #points, what)
  for i, point in ipairs(wanted) do
    near_on(log_x, point[1], x(points[i][1]), PIXELS * dx, what .. ", x " .. i)
    near_on(log_y, point[2], y(points[i][2]), PIXELS * dy, what .. ", y " .. i)
  end
end

local function marks_of(part)
  local list = {}
  for x, y in part:gmatch "<use [^>]*transform='translate%(([%d.]+),([%d.]+)%)" do
    list[#list + 1] = { tonumber(x), tonumber(y) }
  end
  return list
end

local function line_of(part)
  local list = {}
  for path in part:gmatch "<path[^>]*d='([^']*)'" do
    for _, point in ipairs(pairs_of(path)) do list[#list + 1] = point end
  end
  return list
end

local values = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3 }

describe("pictures drawn show", function()
  it("points where they are", function()
    local wanted, xs = {}, {}
    for i, y in ipairs(values) do wanted[i], xs[i] = { i * 1.5, y * 10 - 40 }, i * 1.5 end
    local svg, part = drawn(plot.scatter(mb.column(xs), mb.column(values) * 10 - 40))
    check_points(wanted, marks_of(part), svg, "scatter")
    svg, part = drawn(plot.scatter(mb.column { 3.5 }, mb.column { -2 }))
    check_points({ { 3.5, -2 } }, marks_of(part), svg, "one point")
  end)

  it("lines through their points, and points that have no neighbours", function()
    local wanted, xs = {}, {}
    for i, y in ipairs(values) do wanted[i], xs[i] = { i, 10.0 ^ (y / 4) }, i end
    local svg, part
    for _, log in ipairs { false, true } do
      local ys = {}
      for i, point in ipairs(wanted) do ys[i] = point[2] end
      svg, part = drawn(plot.line(mb.column(xs), mb.column(ys), log and { log = "y" } or nil))
      check_points(wanted, line_of(part), svg, log and "log" or "line", log and "y" or nil)
    end
    svg = drawn(plot.line(mb.column { 3.5 }, mb.column { 7.5 }))
    check_points({ { 3.5, 7.5 } }, marks_of(svg), svg, "a line of one point")
    svg = drawn(plot.line(mb.column { 1, 2, 3, 4, 5 }, mb.column { 3.5, mb.null, 2, 1, mb.null }))
    check_points({ { 1, 3.5 } }, marks_of(svg), svg, "a point between gaps")
  end)

  it("bins as high as they have rows", function()
    local wanted = {}
    for bin = 1, 4 do
      local low, n = 1 + (bin - 1) * 2, 0
      for _, x in ipairs(values) do
        if x >= low and (x < low + 2 or bin == 4 and x == 9) then n = n + 1 end
      end
      wanted[bin] = { low, low + 2, 0, n }
    end
    local svg, part = drawn(plot.hist(mb.column(values), { bins = 4 }))
    check_boxes(wanted, svg, part, "hist")
  end)

  it("bars as long as they have rows", function()
    local svg, part = drawn(plot.bar(mb.column { "b", "a", "b", "c", "b", "a" }))
    local x, dx = scale(svg, "x")
    local lengths = {}
    for points in part:gmatch "<polygon[^>]*points = '([^']*)'" do
      local right = -math.huge
      for _, corner in ipairs(pairs_of(points)) do right = math.max(right, x(corner[1])) end
      lengths[#lengths + 1] = right
    end
    assert.equal(3, #lengths)
    for i, n in ipairs { 3, 2, 1 } do near(n, lengths[i], PIXELS * dx, "bar " .. i) end
  end)

  it("shares of rows up to each value", function()
    local svg, part = drawn(plot.ecdf(mb.column(values)))
    local x, dx = scale(svg, "x")
    local y, dy = scale(svg, "y")
    local highest = {}
    for _, point in ipairs(line_of(part)) do
      local at = x(point[1])
      for value = 1, 9 do
        if math.abs(at - value) <= PIXELS * dx then
          highest[value] = math.max(highest[value] or 0, y(point[2]))
        end
      end
    end
    for value, share in pairs(highest) do
      local n = 0
      for _, v in ipairs(values) do n = n + (v <= value and 1 or 0) end
      near(n / #values, share, PIXELS * dy, "ecdf " .. value)
    end
    assert.truthy(highest[1] and highest[9])
  end)

  it("cells where pairs of values are", function()
    local xs, ys = {}, {}
    for i, x in ipairs(values) do xs[i], ys[i] = x, (x * x) % 7 end
    local svg, part = drawn(plot.hist2d(mb.column(xs), mb.column(ys), { bins = 4 }))
    local boxes = boxes_of(svg, part)
    local span = 0
    for _, y in ipairs(ys) do span = math.max(span, y) end
    local high, seen, wanted = span / 4, {}, 0
    for i = 1, #xs do
      local cell = math.min((xs[i] - 1) // 2, 3) * 10 + math.min(ys[i] // high, 3) // 1
      if not seen[cell] then seen[cell], wanted = true, wanted + 1 end
    end
    local _, dx = scale(svg, "x")
    assert.equal(wanted, #boxes)
    for i, box in ipairs(boxes) do
      local column, row = math.floor((box[1] + box[2] - 2) / 4), math.floor((box[3] + box[4]) / 2 / high)
      assert.truthy(seen[column * 10 + row], i)
      local seam = box[1] < 6.9 and 0.08 or 0 -- a bit of the next cell, which is drawn over it
      near(2 + seam, box[2] - box[1], 2 * PIXELS * dx, "width " .. i)
    end
  end)

  it("quartiles, medians and whiskers", function()
    local rows = { 40 }
    for i, x in ipairs(values) do rows[i + 1] = x end
    local svg = drawn(plot.box { a = mb.column(rows) })
    local part = mark_of(svg, 1)
    table.sort(rows)
    local y, dy = scale(svg, "y")
    local low, middle, high = rows[5], rows[9], rows[13] -- of 17
    local function is_at(wanted, pixel, what) near(wanted, y(pixel), PIXELS * dy, what) end
    local corners = pairs_of(part:match "<polygon[^>]*points = '([^']*)'")
    is_at(low, corners[1][2], "the lower quartile")
    is_at(high, corners[3][2], "the upper quartile")
    local last, first = nil, nil -- within 1.5 times the height of the box
    for _, x in ipairs(rows) do
      if x >= low - 1.5 * (high - low) and not first then first = x end
      if x <= high + 1.5 * (high - low) then last = x end
    end
    local highest, lowest = math.huge, -math.huge
    for _, point in ipairs(line_of(part)) do
      highest, lowest = math.min(highest, point[2]), math.max(lowest, point[2])
    end
    is_at(first, lowest, "the lower whisker")
    is_at(last, highest, "the upper whisker")
    local line = pairs_of(mark_of(svg, 2):match "<polygon[^>]*points = '([^']*)'")
    is_at(middle, line[1][2], "the median")
    assert.truthy(svg:find("<text>1 value beyond the whiskers<", 1, true))
  end)

  it("cells of a table, the larger the brighter", function()
    local sums = { a = { x = 1, y = 4 }, b = { y = 2 }, c = { x = 3 } }
    local xs, ys, zs = {}, {}, {}
    for x, row in pairs(sums) do
      for y, z in pairs(row) do
        for _ = 1, z do xs[#xs + 1], ys[#ys + 1], zs[#zs + 1] = x, y, 1 end
      end
    end
    local svg, part = drawn(plot.heatmap(mb.column(xs), mb.column(ys), mb.column(zs)))
    local function nearest(letter, pixel)
      local best, least = nil, math.huge
      for _, tick in ipairs(ticks_of(svg, letter)) do
        if math.abs(tick[1] - pixel) < least then best, least = tick[2], math.abs(tick[1] - pixel) end
      end
      return best
    end
    local bright = {}
    for colour, points in part:gmatch "<polygon fill = 'rgb%(([^)]*)%)' points = '([^']*)'" do
      local corners, parts = pairs_of(points), numbers_of(colour)
      local x = nearest("x", (corners[1][1] + corners[2][1]) / 2)
      local y = nearest("y", (corners[1][2] + corners[3][2]) / 2)
      local z = assert(sums[x] and sums[x][y], "a cell without rows")
      assert.is_nil(bright[z])
      bright[z] = parts[1] + parts[2] + parts[3]
    end
    assert.equal(4, #bright)
    for z = 2, 4 do assert.truthy(bright[z - 1] < bright[z], z) end
    assert.same({ 68 + 1 + 84, 253 + 231 + 37 }, { bright[1], bright[4] }) -- viridis' ends
  end)

  it("steps of time with their rows, and sums of their values", function()
    local seconds, counts, sums = { 0, 10, 3600, 7200, 7201, 7202, 14399 }, { 2, 1, 3, 1 }, { 3, 3, 15, 7 }
    local times = mb.column(seconds):as("time", { unit = "s" })
    local function steps_of(list)
      local points = {}
      for hour, y in ipairs(list) do points[hour] = { (hour - 1) * 60, y } end
      return points
    end
    local svg, part = drawn(plot.time_series(times, nil, { every = "1h" }))
    check_points(steps_of(counts), line_of(part), svg, "rows")
    svg, part = drawn(plot.time_series(times, mb.column { 1, 2, 3, 4, 5, 6, 7 }, { every = "1h" }))
    check_points(steps_of(sums), line_of(part), svg, "sums")
    svg, part = drawn(plot.time_series(times[mb.column { 1, 2, 4, 7 }], nil, { every = "1h" }))
    check_points(steps_of { 2, 0, 1, 1 }, line_of(part), svg, "an hour without rows")
  end)

  it("how many nodes have each degree", function()
    local from, to = {}, {}
    for a = 1, 30 do
      for b = 1, 30 do
        if a ~= b and (a * b) % 7 == 3 then from[#from + 1], to[#to + 1] = a, a + b end
      end
    end
    local svg = drawn(plot.graph_degrees(mb.column(from), mb.column(to)))
    for mark, nodes in ipairs { from, to } do
      local degrees, counts, wanted = {}, {}, {}
      for _, node in ipairs(nodes) do degrees[node] = (degrees[node] or 0) + 1 end
      for _, degree in pairs(degrees) do counts[degree] = (counts[degree] or 0) + 1 end
      for degree, n in pairs(counts) do wanted[#wanted + 1] = { degree, n } end
      table.sort(wanted, function(a, b) return a[1] < b[1] end)
      local points = marks_of(mark_of(svg, mark))
      table.remove(points) -- that of the key
      check_points(wanted, points, svg, mark == 1 and "out" or "in", "xy")
    end
  end)
end)
