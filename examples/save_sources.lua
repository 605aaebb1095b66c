-- Which devices send much, kept for later: moonbear -n 4 save_sources.lua SNAPSHOT FILES...
-- load_sources.lua goes on from the snapshot, on any number of ranks.

local mb = require "moonbear"
local snapshot, files = arg[1], { table.unpack(arg, 2) }
if #files == 0 then
  io.stderr:write "usage: moonbear save_sources.lua SNAPSHOT FILES...\n"
  os.exit(2)
end

local flows = mb.read_hdf(files, { "srcIP", "dstPort", "srcBytes", "start" })
local sources = flows:group_by("srcIP"):agg {
  { "flows", "size" },
  { "bytes", "srcBytes", "sum" },
  { "ports", "dstPort", "nunique" },
}
local usual = sources.bytes:stats { "mean", "std" }
local limit = usual.mean + 3 * usual.std
print(("%d flows of %d sources; much is more than %.1f bytes"):format(#flows, #sources, limit))

-- Frames, numbers and tables of such: all of it is one HDF5 file, written by all ranks, which gets
-- its name when it is complete.
mb.save(snapshot, { flows = flows, sources = sources, limit = limit })
