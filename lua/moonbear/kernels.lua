-- Kernels that shared objects bring: functions in C, which scripts call as methods of columns.

local check = require "moonbear.check"
local core = require "moonbear.core"
local frame = require "moonbear.frame"
local functions = require "moonbear.expression.functions"
local lexer = require "moonbear.lexer"

local kernels = {}

-- Words of expression strings that are no names.
local words = { col = true, ["in"] = true, null = true }

---Raises for the name of a kernel that is a name of something else. Not collective.
---@param name string
function core.check_kernel(name)
  local taken = core.column_methods[name] and "columns have a method of that name"
    or functions.has(name) and "expressions have a function of that name"
    or (lexer.keywords[name] or words[name]) and "it is a word of the language"
    or frame.methods[name] and "frames have a method of that name"
  if taken then
    check.blame("kernel '%s' needs another name: %s", name, taken)
  end
end

---Loads kernels, functions in C, from a shared object, which every rank opens; gives their names.
---Columns then have them as methods, `a:hypotenuse(b)`; those that work row by row are functions of
---`mb.math` and of expression strings too, `frame "hypotenuse(a, b) > 3"`, and run fused with what
---uses them. At a prompt `?hypotenuse` shows what a kernel takes. How to write them is told in
---`moonbear_kernel.h`. A path without a slash is of the working folder. The object stays loaded
---until the runtime ends; loaded once more, it gives the names alone. Collective. Raises where a
---rank cannot load it, for definitions that are wrong, and for names of other methods.
---
---    mb.load_kernels "build/examples/kernels.so"
---    print(places.lat:haversine(places.lon, 48.86, 2.35):min())
---@param path string
---@return string[]
function kernels.load_kernels(path) return core.load_kernels(path) end

return kernels
