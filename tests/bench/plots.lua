-- What pictures of so many rows take to prepare and to draw as PNG, in seconds, best of the rounds:
--   moonbear -n 2 plots.lua [ROWS [ROUNDS]]
local mb = require "moonbear"

local plot, now = mb.plot, mb.core.now
local n, rounds = tonumber(arg[1] or 5e7) // 1 | 0, tonumber(arg[2] or 3)

local x, y = mb.normal(n, { seed = 1 }):eval(), mb.normal(n, { seed = 2 }):eval()
local few, row = mb.random(n, { high = 20, seed = 3 }):eval(), mb.range(1, n):eval()
local host = mb.random(n, { high = 60000, seed = 4 }):eval()
local time = mb.time_of(row // 100 + 1700000000):eval()

local cases = {
  { "line", function() return plot.line(row, x) end }, { "bar", function() return plot.bar(few) end },
  { "hist", function() return plot.hist(x) end }, { "hist2d", function() return plot.hist2d(x, y) end },
  { "scatter", function() return plot.scatter(x, y) end }, { "box", function() return plot.box(x) end },
  { "heatmap", function() return plot.heatmap(few, few) end }, { "ecdf", function() return plot.ecdf(x) end },
  { "time_series", function() return plot.time_series(time, x) end },
  { "graph_degrees", function() return plot.graph_degrees(few, host) end },
}

local path = os.tmpname() .. ".png"
for _, case in ipairs(cases) do
  local name, make = table.unpack(case)
  local best = math.huge
  for _ = 1, rounds do
    local began = now()
    make():save(path)
    best = math.min(best, now() - began)
  end
  print(("plot.%s\t%.3f"):format(name, best))
end
os.remove(path)
