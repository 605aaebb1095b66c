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

-- The ticks of an axis, {pixel, number}: gridlines, each before the word of its tick.
local function ticks_of(svg, letter)
  local ticks = {}
  for path, word in svg:gmatch 'class="gridline"%s+d=\'([^\']*)\'.-<text>([^<]*)</text>' do
    local ends = pairs_of(path)
    local upright = ends[1][1] == ends[2][1]
    if upright == (letter == "x") then
      ticks[#ticks + 1] = { ends[1][upright and 1 or 2], tonumber((word:gsub("−", "-"))) or word }
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

-- Points of a path, or of marks, in numbers.
local function check_points(wanted, points, svg, what, log)
  local x, dx = scale(svg, "x")
  local y, dy = scale(svg, "y", log)
  assert.equal(#wanted, #points, what)
  for i, point in ipairs(wanted) do
    near(point[1], x(points[i][1]), PIXELS * dx, what .. ", x " .. i)
    local got = y(points[i][2])
    if log then near(math.log(point[2], 10), math.log(got, 10), PIXELS * dy, what .. ", y " .. i)
    else near(point[2], got, PIXELS * dy, what .. ", y " .. i) end
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
      check_points(wanted, line_of(part), svg, log and "log" or "line", log)
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
end)
