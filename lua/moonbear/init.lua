local core = require "moonbear.core"
local frame = require "moonbear.frame"
local hdf = require "moonbear.hdf"

local mb = { core = core }
mb.rank, mb.size = core.rank, core.size
mb.frame, mb.read_hdf, mb.ls_hdf = frame.new, hdf.read_hdf, hdf.ls_hdf

---Runs a function on one rank, where `io` and `print` act and `math.random` has a generator of its
---own; operations, `os.exit`, `require` of an unloaded module and handles opened outside raise.
---Collective.
---@param rank integer from 0 to `mb.size() - 1`
---@param f function
---@param ... any arguments of `f`, as that rank has them
---@return any ... its results on all ranks: nil, booleans, numbers, strings and tables of these;
---its error is raised on all ranks
---@type fun(rank: integer, f: function, ...: any): any
mb.on_rank = core.on_rank

return mb
