-- Scans whose files are frames in memory.
local mb = require "moonbear"
local scan = require "moonbear.stream.scan"

local streams = {}

---A scan of a frame in memory, in pieces of so many rows, all unless told; and what counts the reads.
function streams.counted(frame, rows)
  local empty, reads = {}, { n = 0 }
  for name, column in frame:each() do empty[#empty + 1] = { name, column:slice(1, 0) } end
  return scan.new {
    names = frame:columns(), rows = #frame, piece_rows = rows, title = "a frame",
    empty = mb.frame(empty),
    read = function(first, last, names)
      reads.n = reads.n + 1
      local piece = {}
      for i, name in ipairs(names) do
        piece[i] = { name, mb.concat { frame:column(name):slice(first, last) } }
      end
      return mb.frame(piece)
    end,
  }, reads
end

---The scan alone.
function streams.of(frame, rows) return (streams.counted(frame, rows)) end

return streams
