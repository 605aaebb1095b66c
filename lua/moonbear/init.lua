local core = require "moonbear.core"
local mb = { core = core }
mb.rank, mb.size = core.rank, core.size
return mb
