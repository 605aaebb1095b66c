-- Tables of options, as the last argument of functions.

local options = {}

---The options with their defaults; raises for a name that the function does not know. Not
---collective.
---@param name string of the function
---@param given? table
---@param defaults table every option that there is; false: none
---@return table
function options.check(name, given, defaults)
  local result = {}
  for key, value in pairs(defaults) do result[key] = value end
  if given == nil then return result end
  if type(given) ~= "table" then
    error(("bad options to '%s' (table expected, got %s)"):format(name, type(given)), 3)
  end
  for key, value in pairs(given) do
    if defaults[key] == nil then
      local known = {}
      for k in pairs(defaults) do known[#known + 1] = k end
      error(("'%s' has no option '%s'; it has %s"):format(name, tostring(key),
        table.concat(known, ", ")), 3)
    end
    result[key] = value
  end
  return result
end

return options
