-- Files that are larger than memory: moonbear -n 2 larger_than_memory.lua FOLDER [FLOWS [SEED]]
-- A week of flows is written day by day, then asked in one pass. With MOONBEAR_MEMORY=16M it still
-- works: only a piece of the files is in memory at a time.

local mb = require "moonbear"
local office = dofile((arg[0]:match "^.*/" or "") .. "office.lua")

local folder, n, seed = arg[1], tonumber(arg[2] or 300000), tonumber(arg[3] or 7)
if not folder then
  io.stderr:write "usage: moonbear larger_than_memory.lua FOLDER [FLOWS [SEED]]\n"
  os.exit(2)
end

for day = 1, 7 do
  local flows <const> = office.flows(n // 7, seed + 1000 * day)
  flows:to_hdf(("%s/day%d.h5"):format(folder, day), { gzip = true })
end

-- Nothing is read yet.
local flows = mb.scan_hdf(folder .. "/day*.h5",
  { "start", "src", "dst", "dst_port", "src_bytes", "dst_bytes" })
  :with { bytes = "src_bytes + dst_bytes" }
local web = flows:where "dst_port in {80, 443}"

-- Several results of one pass over the files.
local r = mb.collect {
  ports = { flows:group_by "dst_port", "agg", { flows = "size", bytes = { "bytes", "sum" } } },
  web = { web.bytes, "stats", { "sum", "mean", "max" } },
  days = { flows:group_by(flows.start:floor "1d"), "agg", { flows = "size" } },
}
print(#flows .. " flows in 7 files")
print(r.ports:sort_by "-bytes")
print(("the web: %d bytes, %.0f a flow"):format(r.web.sum, r.web.mean))
print(r.days)
