-- What an operation costs where there is next to no data: the price of lockstep, dispatch and Lua.
-- Prints lines of a name and the seconds of one operation, with a tab between: of ten rows, and of
-- a thousand for those that order, match and move rows.

local mb = require "moonbear"
local core = mb.core

local OPERATIONS = 2000

local ints = mb.range(1, 10):eval()
local floats = (ints / 4):eval()

local measured = {
  { "small.ints", function() return ints:sum() end },
  { "small.floats", function() return floats:sum() end },
  { "small.fused", function() return ((floats + ints) * floats):sum() end },
}

local THOUSAND = 1000
local rows = mb.range(1, THOUSAND):eval()
local keys, others = core.random(THOUSAND, 1, THOUSAND, 7):eval(), rows:shuffle(3):eval()
local values = (rows / 4):eval()
local left = mb.frame { { "key", keys }, { "value", values } }
local right = mb.frame { { "key", others }, { "other", values } }

local function matched(name, operation)
  measured[#measured + 1] = { "small." .. name, function() operation():eval() end, 200 }
end

matched("sort", function() return keys:sort() end)
matched("argsort", function() return keys:argsort() end)
matched("sort_by", function() return left:sort_by("key", "-value").value end)
matched("rank", function() return keys:rank() end)
matched("topk", function() return (keys:topk(10)) end)
matched("searchsorted", function() return rows:searchsorted(keys) end)
matched("join", function() return left:join(right, { on = "key" }).other end)
matched("group_by", function() return mb.group_by(keys):sum(values) end)
matched("lookup", function() return others:lookup(values, keys) end)
matched("find", function() return others:find(keys) end)
matched("isin", function() return keys:isin(others) end)
matched("unique", function() return keys:unique() end)
matched("intersect", function() return mb.intersect(keys, others) end)
matched("find_interval", function() return (rows * 10):find_interval(rows * 10 + 5, keys) end)
matched("gather", function() return values[keys] end)
matched("put", function() return keys:put(others, values:as "int") end)
matched("concat", function() return mb.concat { keys, others } end)
matched("repeat_by", function() return keys:repeat_by(2) end)
matched("reverse", function() return keys:reverse() end)
matched("shuffle", function() return keys:shuffle(3) end)
matched("sample", function() return keys:sample(100, { seed = 3 }) end)

for _, entry in ipairs(measured) do
  local name, operation, times = table.unpack(entry)
  times = times or OPERATIONS
  operation()
  core.barrier()
  local start = core.now()
  for _ = 1, times do operation() end
  local seconds = (core.now() - start) / times
  print(("%s\t%.4g"):format(name, mb.on_rank(0, function() return seconds end)))
end
