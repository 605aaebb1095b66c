-- The functions of moonbear's Lua files as scripts call them. Each is sealed once: surplus
-- arguments raise, and what goes wrong inside names the script's line and the user's argument (see
-- src/bind/public.c).

local core = require "moonbear.core"

local getinfo = debug.getinfo -- a script may take `debug` away

local public = {}

local originals = setmetatable({}, { __mode = "k" })

local MANY <const> = 1 << 30 -- arguments of a function with `...`

---A function as scripts call it. Not collective.
---@param name string
---@param f function
---@param self? string whose method it is: "column", "frame", "grouping"
---@param before? integer arguments that its own messages count and its caller does not
---@return function
function public.wrap(name, f, self, before)
  local info = getinfo(f, "Su")
  if info.what == "C" then return f end
  local sealed = core.public(f, name, info.isvararg and MANY or info.nparams, self, before)
  originals[sealed] = f
  return sealed
end

---Seals the functions of a table, but for metamethods and those that call a script's functions,
---whose errors are their own. Not collective.
---@param functions table<string, any>
---@param self? string whose methods they are
---@param open? table<string, boolean> the names of what stays as it is
function public.seal(functions, self, open)
  for name, f in pairs(functions) do
    local stays = name:find "^_" or open and open[name]
    if type(f) == "function" and not stays then functions[name] = public.wrap(name, f, self) end
  end
end

---The function that was sealed, which knows its definition and parameters. Not collective.
---@param f any
---@return any
function public.original(f)
  return originals[f] or f
end

return public
