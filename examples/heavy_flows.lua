-- Which flows move much data for their packets: moonbear -n 2 heavy_flows.lua FILES...

local mb = require "moonbear"
local files = #arg > 0 and { table.unpack(arg) } or "flows*.hdf"

local flows = mb.read_hdf(files,
  { "srcIP", "dstIP", "dstPort", "srcPkts", "dstPkts", "srcBytes", "dstBytes" })

-- Columns made of columns. Nothing is computed before something needs it, and then in one pass.
flows = flows:with {
  { "bytes", "srcBytes + dstBytes" },
  { "packets", "srcPkts + dstPkts" },
  { "density", "bytes / maximum(packets, 1)" },
}
local usual = flows.density:stats { "mean", "std", "max" }
print(("bytes a packet: %.1f on average, deviating by %.1f, at most %.1f")
  :format(usual.mean, usual.std, usual.max))

-- Heavy flows are far from the mean; one mask chooses their rows in every column.
local heavy = flows:where("density > $limit and bytes > 100e3", {
  limit = usual.mean + usual.std,
})
print(("%d of %d flows are heavy; the first of them"):format(#heavy, #flows))
print(heavy:select("srcIP", "dstIP", "dstPort", "bytes", "density"):head(3))

for _, kind in ipairs {
  { "web", "dstPort in {80, 443, 8080}" },
  { "names", "dstPort == 53" },
  { "other", "not (dstPort in {53, 80, 443, 8080})" },
} do
  local name, condition = kind[1], kind[2]
  print(name, heavy:where(condition).bytes:sum())
end
