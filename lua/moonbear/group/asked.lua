-- What aggregations a script asks for, as `agg` takes them.

local check = require "moonbear.check"
local blame = check.blame

-- Whether it is a list that a script has written.
local function is_list(x) return type(x) == "table" and not check.class(x) and #x > 0 end

-- An aggregation that `agg` is asked for: what its column is called, the column that it is of, its
-- name, and an argument.
local function asked_as(name, it, first)
  if it[first] == "size" and it[first + 1] == nil then
    return { as = name, aggregation = "size" }
  end
  return { as = name, of = it[first], aggregation = it[first + 1], argument = it[first + 2] }
end

-- What a quantile is called behind the name of its column: "q50" is the median.
local function quantile_name(q)
  return type(q) == "number" and ("q%.10g"):format(q * 100):gsub("%.", "_") or "q"
end

-- Adds what is asked for once, or each of what lists ask for.
local function add(list, it)
  local names, of_list = it.aggregation, it.aggregation == "quantile" and is_list(it.argument)
  if of_list then
    for _, q in ipairs(it.argument) do
      list[#list + 1] = { as = check.name(it.as) .. "_" .. quantile_name(q), of = it.of,
        aggregation = "quantile", argument = q }
    end
  elseif is_list(names) then
    for _, name in ipairs(names) do
      list[#list + 1] = { as = check.name(it.as) .. "_" .. check.name(name), of = it.of,
        aggregation = name }
    end
  else
    list[#list + 1] = it
  end
end

local asked = {}

---What `agg` is asked for, in order: a list of {as, of, aggregation, argument}. Raises for what is
---no table, and for members of a list that are none. Not collective.
---@param given table
---@return table[]
function asked.ordered(given)
  if type(given) ~= "table" or check.class(given) then
    check.argument(1, "agg", "table of aggregations by name", given)
  end
  local list = {}
  if #given > 0 then
    for i, it in ipairs(given) do
      if type(it) ~= "table" then
        blame("agg: number %d of the list must be {name, column, aggregation} or {name, \"size\"}, "
          .. "got %s", i, check.show(it))
      end
      local pair = is_list(it[2]) and #it == 2 -- {name, {column, aggregation}}, as frames take them
      add(list, pair and asked_as(it[1], it[2], 1) or asked_as(it[1], it, 2))
    end
    return list
  end
  local names = {}
  for name in pairs(given) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local it = given[name]
    add(list, asked_as(name, type(it) == "table" and it or { it }, 1))
  end
  return list
end

return asked
