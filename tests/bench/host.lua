-- Work on columns that host.c shares, its global variables, beside columns of the same rows and width
-- that are moonbear's own: prints lines of a name and seconds, with a tab between, "shared.NAME" and
-- "loaded.NAME".

local mb = require "moonbear"
local core = mb.core

local ROUNDS <const> = tonumber(os.getenv "ROUNDS") or 5

-- What is timed. Each gives a column, which is computed, or a number.
local function of_numbers(c)
  local middle = c:quantile(0.5)
  local some = mb.concat { c:slice(1, 1000) }
  return {
    { "sum", function() return c:sum() end },
    { "max", function() return c:max() end },
    { "count", function() return c:gt(middle):sum() end },
    { "filter", function() return c[c:gt(middle)] end },
    { "fused", function() return ((c + c) * 2.5):sum() end },
    { "stored", function() return c + 1 end },
    { "histogram", function() return c:histogram { bins = 1000 } end },
    { "value_counts", function() return (c:value_counts()) end },
    { "unique", function() return c:unique() end },
    { "isin", function() return c:isin(some) end },
    { "sort", function() return c:sort() end },
    { "argsort", function() return c:argsort() end },
    { "topk", function() return (c:topk(10)) end },
    { "median", function() return c:quantile(0.5) end },
    { "group_by", function() return mb.group_by(c):sum(c) end },
    { "cumsum", function() return c:cumsum() end },
    { "gather", function() return c[mb.range(#c, 1, -1)] end },
  }
end

local function of_bools(c)
  return {
    { "sum", function() return c:sum() end },
    { "not", function() return ~c end },
    { "filter", function() return c[c] end },
    { "where", function() return c:where(1, 2) end },
  }
end

local function seconds_of(f)
  core.barrier()
  local start = core.now()
  local result = f()
  if type(result) == "userdata" then result:eval():close() end
  return core.now() - start
end

-- In turns, so that both meet what else the machine does; the least of the rounds.
local function measure(kind, shared, loaded)
  for i, entry in ipairs(shared) do
    local of_shared, of_loaded = math.huge, math.huge
    for _ = 0, ROUNDS do
      of_shared = math.min(of_shared, seconds_of(entry[2]))
      of_loaded = math.min(of_loaded, seconds_of(loaded[i][2]))
    end
    print(("shared.%s.%s\t%.4g"):format(kind, entry[1], of_shared))
    print(("loaded.%s.%s\t%.4g"):format(kind, entry[1], of_loaded))
  end
end

for _, kind in ipairs { "uint16", "uint32", "int64", "float", "double", "bool" } do
  local shared = _ENV[kind]
  local loaded <close> = mb.concat { shared }
  assert(loaded:info().width == shared:info().width)
  local rows_of = kind == "bool" and of_bools or of_numbers
  measure(kind, rows_of(shared), rows_of(loaded))
end
