-- Distances and entropy by kernels in C: moonbear examples/embed/kernels.lua kernels.so
local mb = require "moonbear"

local path = assert(arg[1], "usage: moonbear examples/embed/kernels.lua kernels.so")
print(table.concat(mb.load_kernels(path), ", "))

local cities = mb.frame {
  { "name", mb.column { "Athens", "Berlin", "Lisbon", "Oslo", "Rome", "Vienna" } },
  { "lat", mb.column { 37.98, 52.52, 38.72, 59.91, 41.90, 48.21 } },
  { "lon", mb.column { 23.73, 13.40, -9.14, 10.75, 12.50, 16.37 } },
}

-- As a method of columns, and in an expression.
local distance = cities.lat:haversine(cities.lon, 48.86, 2.35):round(1)
print(cities:with { paris = distance }:sort_by "paris")
print("within 1,000 km of Paris:", cities "haversine(lat, lon, 48.86, 2.35) < 1000":sum())

-- How evenly spread ports are: 3 bits where eight are equally frequent.
local _, counts = (mb.range(1, 4000) % 8):value_counts()
print(("entropy: %.3f bits"):format(counts:entropy()))
