-- Pictures of columns, drawn by gnuplot: `mb.plot`. Columns of any length become counts in bins,
-- quantiles or samples on the ranks, so that little leaves them; rank 0 draws.

local build = require "moonbear.plot.build"
local counts = require "moonbear.plot.counts"
local lines = require "moonbear.plot.lines"
local names = require "moonbear.names"
local picture = require "moonbear.plot.picture"
local public = require "moonbear.public"
local tables = require "moonbear.plot.tables"

local plot = {}

---Options that all pictures have.
---@class moonbear.PlotOptions
---@field file? string the picture is saved there, as `picture:save` does
---@field title? string
---@field xlabel? string
---@field ylabel? string
---@field log? string letters of the axes that are logarithmic, as "xy"
---@field by? moonbear.Column|string a column, or the name of one of the frame: a picture for each
---of its most frequent values, at most 9, on the same axes
---@field width? integer pixels, 800 unless told
---@field height? integer pixels, 500 unless told

---@class moonbear.HistOptions: moonbear.PlotOptions
---@field bins? integer|number[] so many bins of equal width, or of equal ratio on a logarithmic
---axis; or their edges. About 60 with round edges unless told
---@field range? number[] {low, high}: the first and the last edge

---Draws how many rows of columns of numbers or times have values in bins. Several columns, a table
---by name or the columns of a frame, are lines on the same axes. Rows are counted on the ranks.
---Values are in a bin from its lower edge on and below its upper one, which belongs to the last bin
---alone. Missing rows, NaN and infinities are left out; on a logarithmic axis values at 0 and below
---as well, and the picture says how many. Collective. Raises where there is nothing to draw.
---
---    mb.plot.hist(flows.srcBytes, { log = "xy", file = "bytes.png" })
---@param columns moonbear.Column|table<string, moonbear.Column>|moonbear.Frame
---@param opts? moonbear.HistOptions
---@return moonbear.Picture
function plot.hist(columns, opts)
  return counts.hist(build.options("hist", opts, { bins = { "any" }, range = { "any" } }), columns)
end

---@class moonbear.Hist2dOptions
---@field bins? integer|integer[] of both axes, or {20, 30} of each; about 50 unless told
---@field log? string letters of "xyz": z is the colour
---@field file? string
---@field title? string
---@field xlabel? string
---@field ylabel? string
---@field width? integer
---@field height? integer

---Draws how many rows of two columns of numbers or times have values in rectangles, by colour; as
---characters in a terminal. Rows where one has no value are left out. Collective. Raises where
---there is nothing to draw, and when lengths differ.
---@param x moonbear.Column
---@param y moonbear.Column
---@param opts? moonbear.Hist2dOptions
---@return moonbear.Picture
function plot.hist2d(x, y, opts)
  local o = build.options("hist2d", opts, { bins = { "any" }, by = false }, "xyz")
  return counts.hist2d(o, x, y)
end

---Draws which share of the rows has at most each value. Of more than 2,000 rows the line goes
---through 195 exact quantiles. Several columns are lines on the same axes. Collective. Raises where
---there is nothing to draw.
---@param columns moonbear.Column|table<string, moonbear.Column>|moonbear.Frame
---@param opts? moonbear.PlotOptions
---@return moonbear.Picture
function plot.ecdf(columns, opts)
  return counts.ecdf(build.options("ecdf", opts), columns)
end

---Draws the quartiles of columns as boxes, with the median inside; whiskers reach to the last
---values within 1.5 times the height of the box, and the picture says how many are beyond. With
---`by`, a box for each of its 20 most frequent values. Exact. Collective. Raises where there is
---nothing to draw.
---@param columns moonbear.Column|table<string, moonbear.Column>|moonbear.Frame
---@param opts? moonbear.PlotOptions
---@return moonbear.Picture
function plot.box(columns, opts)
  return counts.box(build.options("box", opts, nil, "y"), columns)
end

---Draws columns over another one as lines, in the order of the rows. Missing values and NaN are
---gaps. Of more than 5,000 rows the line shows the first, least, greatest and last value in each of
---1,000 stretches of x, and the picture says so. Collective. Raises where there is nothing to draw,
---and when lengths differ.
---@param x moonbear.Column of numbers or times
---@param y moonbear.Column|table<string, moonbear.Column>|moonbear.Frame
---@param opts? moonbear.PlotOptions
---@return moonbear.Picture
function plot.line(x, y, opts)
  return lines.line(build.options("line", opts), x, y)
end

---@class moonbear.ScatterOptions: moonbear.PlotOptions
---@field most? integer points of a series, 20,000 unless told

---Draws a point for each row of two columns. Of many rows a random sample is drawn, the same in
---each run, and the picture says so; mb.plot.hist2d counts all. Collective. Raises where there is
---nothing to draw, and when lengths differ.
---@param x moonbear.Column of numbers or times
---@param y moonbear.Column|table<string, moonbear.Column>|moonbear.Frame
---@param opts? moonbear.ScatterOptions
---@return moonbear.Picture
function plot.scatter(x, y, opts)
  local o = build.options("scatter", opts, { most = { "integer", lines.MOST_POINTS } })
  return lines.scatter(o, x, y)
end

---@class moonbear.TimeSeriesOptions: moonbear.PlotOptions
---@field every? string a step of time, as "5min", "1d" or "1mo"; about 200 steps unless told
---@field agg? string what becomes of the values in a step: "sum" unless told, "mean", "min", "max",
---"median", "std", "count" or "nunique"

---Draws how many rows there are in each step of time, or what becomes of the values of columns in
---it. Steps without rows are 0 in counts and sums, and else gaps. Times are in UTC. Collective.
---Raises where there is nothing to draw, and when lengths differ.
---
---    mb.plot.time_series(flows.start, { bytes = flows.srcBytes }, { every = "1h" })
---@param times moonbear.Column
---@param values? moonbear.Column|table<string, moonbear.Column>|moonbear.Frame
---@param opts? moonbear.TimeSeriesOptions
---@return moonbear.Picture
function plot.time_series(times, values, opts)
  local own = { every = { "any" }, agg = { "string", "sum" } }
  local o = build.options("time_series", opts, own, "y")
  return lines.time_series(o, times, values)
end

---@class moonbear.BarOptions
---@field top? integer bars that are shown, 20 unless told
---@field agg? string what becomes of values with the same label: "sum" unless told, "mean", "min",
---"max", "median", "std", "count", "nunique", "first" or "last"
---@field log? string "x": a logarithmic axis
---@field file? string
---@field title? string
---@field xlabel? string
---@field ylabel? string
---@field width? integer
---@field height? integer

---Draws a bar for each value of a column of any type: how many rows have it, or what becomes of
---their values in other columns. The largest are shown, by the first column, and the picture says
---of how many. Collective. Raises where there is nothing to draw, and when lengths differ.
---
---    mb.plot.bar(flows.dstPort)
---    mb.plot.bar(flows.dstPort, { sent = flows.srcBytes, received = flows.dstBytes }, { top = 8 })
---@param labels moonbear.Column
---@param values? moonbear.Column|table<string, moonbear.Column>|moonbear.Frame
---@param opts? moonbear.BarOptions
---@return moonbear.Picture
function plot.bar(labels, values, opts)
  local o = build.options("bar", opts, { top = { "integer", 20 }, agg = { "string", "sum" },
    by = false }, "x")
  return tables.bar(o, labels, values)
end

---@class moonbear.HeatmapOptions
---@field agg? string as that of mb.plot.bar
---@field log? string "z": a logarithmic scale of colours
---@field file? string
---@field title? string
---@field xlabel? string
---@field ylabel? string
---@field width? integer
---@field height? integer

---Draws a table of the values of two columns of any type, each with 100 different ones at most: how
---many rows have both, or what becomes of their values in a third column, by colour; as characters
---in a terminal. Collective. Raises where there is nothing to draw, for more values, and when
---lengths differ.
---@param x moonbear.Column
---@param y moonbear.Column
---@param values? moonbear.Column|table<string, moonbear.Column>
---@param opts? moonbear.HeatmapOptions
---@return moonbear.Picture
function plot.heatmap(x, y, values, opts)
  local o = build.options("heatmap", opts, { agg = { "string", "sum" }, by = false }, "z")
  return tables.heatmap(o, x, y, values)
end

---@class moonbear.DegreesOptions
---@field distinct? boolean whether edges that come several times count once; they do unless told
---@field log? string letters of the logarithmic axes, "xy" unless told
---@field file? string
---@field title? string
---@field xlabel? string
---@field ylabel? string
---@field width? integer
---@field height? integer

---Draws how many nodes of a graph have each degree, of edges that go out and that come in. An edge
---is a row of two columns of one type. Collective. Raises where there is nothing to draw, and when
---lengths differ.
---@param from moonbear.Column
---@param to moonbear.Column
---@param opts? moonbear.DegreesOptions
---@return moonbear.Picture
function plot.graph_degrees(from, to, opts)
  local o = build.options("graph_degrees", opts, { distinct = { "boolean", true },
    log = { "string", "xy" }, by = false })
  return tables.graph_degrees(o, from, to)
end

public.seal(plot)
public.seal(picture.methods, "picture")

return names.told_by(plot, "mb.plot")
