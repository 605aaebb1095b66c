-- Paths as they are typed at a prompt, where `~` is the user's folder, as in a shell.

---A path without `~`. Not collective.
---@param path string
---@param home string? the user's folder; nil where there is none
---@return string
local function expand(path, home)
  if home and (path == "~" or path:find "^~/") then return home .. path:sub(2) end
  return path
end

return expand
