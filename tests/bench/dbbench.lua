-- The ten group-by and five join questions of the database-like ops benchmark (h2oai, DuckDB Labs),
-- asked of moonbear (see protocol.lua):
--   moonbear dbbench.lua DIR QUESTION,... REPEATS SECONDS | moonbear dbbench.lua version
--
-- DIR has the tables g, x, small, medium and big as NAME.h5. A result is a frame with values; the
-- one before it is freed in the time of the next. Check values are the number of rows, then the
-- sums of the value columns without missing values and NaN.

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path

local mb = require "moonbear"
local protocol = require "protocol"

local questions = {}

local function read(dir, names)
  local tables = {}
  for _, name in ipairs(names) do tables[name] = mb.read_hdf(("%s/%s.h5"):format(dir, name)) end
  return tables
end

-- Frees a result, but for columns of the tables: a left join passes those on.
local function close(frame, tables)
  local kept = {}
  for _, of in pairs(tables) do
    for _, column in of:each() do kept[column] = true end
  end
  for _, column in frame:each() do
    if not kept[column] then column:close() end
  end
end

-- A question whose result is a frame, of which the values of some columns are added.
local function ask(name, needs, answer, values)
  questions[name] = {
    needs = needs,
    run = function(tables, _, last)
      if last then close(last, tables) end
      local frame = answer(tables)
      for _, column in frame:each() do column:eval() end
      return frame
    end,
    check = function(frame)
      local parts = { ("%d"):format(#frame) }
      for _, value in ipairs(values) do
        local column = frame:column(value)
        if column:type() == "float" then column = mb.where(column:isnan(), mb.null, column) end
        parts[#parts + 1] = ("%.15g"):format(column:sum())
      end
      return table.concat(parts, "/")
    end,
  }
end

local function group(name, keys, asked)
  local values = {}
  for i, it in ipairs(asked) do values[i] = it[1] end
  ask(name, { "g" }, function(tables)
    local grouping <close> = tables.g:group_by(keys)
    return grouping:agg(asked)
  end, values)
end

group("D1", { "id1" }, { { "v1", "v1", "sum" } })
group("D2", { "id1", "id2" }, { { "v1", "v1", "sum" } })
group("D3", { "id3" }, { { "v1", "v1", "sum" }, { "v3", "v3", "mean" } })
group("D4", { "id4" }, { { "v1", "v1", "mean" }, { "v2", "v2", "mean" }, { "v3", "v3", "mean" } })
group("D5", { "id6" }, { { "v1", "v1", "sum" }, { "v2", "v2", "sum" }, { "v3", "v3", "sum" } })
group("D6", { "id4", "id5" }, { { "m", "v3", "median" }, { "s", "v3", "std", { ddof = 1 } } })

ask("D7", { "g" }, function(tables)
  local by_id3 <close> = tables.g:group_by "id3"
  local ends = by_id3:agg { { "most", "v1", "max" }, { "least", "v2", "min" } }
  return ends:with({ r = "most - least" }):select("id3", "r")
end, { "r" })

ask("D8", { "g" }, function(tables)
  local by_id6 <close> = tables.g:group_by "id6"
  local values, positions, groups = by_id6:topk("v3", 2)
  positions:close()
  return mb.frame { { "id6", by_id6:keys()[groups] }, { "v3", values } }
end, { "v3" })

-- From sums, which are exact for integers.
ask("D9", { "g" }, function(tables)
  local keys <close> = tables.g:group_by("id2", "id4")
  local sums = keys:agg {
    { "n", "size" }, { "x", "v1", "sum" }, { "y", "v2", "sum" }, { "xx", "v1 * v1", "sum" },
    { "yy", "v2 * v2", "sum" }, { "xy", "v1 * v2", "sum" },
  }
  local r2 = "(n * xy - x * y) ^ 2 / ((n * xx - x * x) * (n * yy - y * y))"
  return sums:with({ r2 = r2 }):select("id2", "id4", "r2")
end, { "r2" })

group("D10", { "id1", "id2", "id3", "id4", "id5", "id6" }, { { "v3", "v3", "sum" }, { "n", "size" } })

local function join(name, with, on, how)
  ask(name, { "x", with }, function(tables)
    return tables.x:join(tables[with], { on = on, how = how })
  end, { "v1", "v2" })
end

join("DJ1", "small", "id1", "inner")
join("DJ2", "medium", "id2", "inner")
join("DJ3", "medium", "id2", "left")
join("DJ4", "medium", "id5", "inner")
join("DJ5", "big", "id3", "inner")

protocol.serve(questions, read)
