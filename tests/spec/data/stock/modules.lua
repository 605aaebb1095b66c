-- require, dofile and loadfile.
local folder = arg[1] .. "/modules/"
local modules = {
  alpha = 'print("loading alpha", ...)\nreturn { name = "alpha" }\n',
  bom = '\xEF\xBB\xBF#x\nreturn "bom"',
  broken = "x = = 1\n",
  cycle1 = 'return require "cycle2"\n',
  cycle2 = "return { package.loaded.cycle1 }\n",
  falsy = "return false\n",
  hash = '#!/usr/bin/env lua\nreturn "hash", debug.getinfo(1).currentline, ...\n',
  only = "# only",
  raisetable = "error({ code = 7 })\n",
  raising = 'error "raised inside"\n',
  selfset = 'package.loaded[...] = "set by itself"\n',
  silent = "loadedcount = (loadedcount or 0) + 1\n",
  ["sub/inner"] = 'return select("#", ...), ...\n',
}
os.execute("mkdir -p " .. folder .. "sub")
for name, text in pairs(modules) do
  local file = assert(io.open(folder .. name .. ".lua", "w"))
  file:write(text)
  file:close()
end
package.path = folder .. "?.lua;" .. folder .. "?/init.lua"
package.cpath = folder .. "?.so"
local function try(f, ...) print(pcall(f, ...)) end

print(require "alpha" == require "alpha", select(2, require "alpha"))
package.loaded.alpha = nil
print(select("#", require "alpha"))
local names = { "broken", "raising", "nothing", "sub.inner", "falsy", "silent", "selfset", "hash",
  "sub.none", "bom", "only" }
for _, name in ipairs(names) do try(require, name) end
try(function() require "nothing" end)
print(select(2, pcall(require, "raisetable")).code)
print(_G.loadedcount, require "silent", require "falsy", package.loaded.falsy, _G.loadedcount)
print(require "cycle1"[1])
try(require)
try(require, {})
try(function() require() end)
try(require, 5)

package.preload.pre = function(...)
  print("preload", ...)
  return "value"
end
print(require "pre")
print(require "pre")
table.insert(package.searchers, 2, function(name)
  if name == "magic" then return function(...) return { ... } end, "extra" end
  return "\n\tno magic"
end)
print(table.unpack((require "magic")))
try(require, "nomagic")
table.insert(package.searchers, 2, function() return nil end)
try(require, "nomagic")
table.remove(package.searchers, 2)
table.remove(package.searchers, 2)
print(package.searchpath("sub.inner", package.path))
print(package.searchpath("sub.x", package.path))
print(package.searchpath("sub-inner", package.path, "-"))
try(package.searchpath, 1)
try(function() package.searchpath {} end)
local path, searchers = package.path, package.searchers
package.path = 5
try(require, "zork")
package.path = nil
try(require, "zork")
package.path = path
package.searchers = nil
try(require, "zork")
package.searchers = searchers
package.cpath = nil
try(require, "zork")
package.cpath = folder .. "?.so"
local file = io.open(arg[1] .. "/fake.so", "w")
file:write "not a library"
file:close()
package.cpath = arg[1] .. "/?.so"
print((select(2, pcall(require, "fake")):gsub(":.*", "")))
print((select(2, pcall(require, "fake.inner")):gsub(":.*", "")))

print(type(loadfile(folder .. "hash.lua")))
print(loadfile(folder .. "hash.lua")(1, 2))
print(dofile(folder .. "bom.lua"))
print(dofile(folder .. "sub/inner.lua"))
print(loadfile(folder .. "only.lua")())
print(loadfile "/nonexistent.lua")
print(loadfile(arg[1]))
print(loadfile(folder .. "broken.lua"))
print(loadfile(folder .. "only.lua", "b"))
local environment = {}
loadfile(folder .. "silent.lua", "t", environment)()
print(environment.loadedcount)
try(loadfile(folder .. "silent.lua", "t", nil))
file = io.open(arg[1] .. "/binary", "wb")
file:write(string.dump(function() return "binary" end))
file:close()
print(loadfile(arg[1] .. "/binary")())
print(loadfile(arg[1] .. "/binary", "t"))
try(dofile, "/nonexistent.lua")
try(function() dofile "/nonexistent.lua" end)
try(dofile, folder .. "broken.lua")
try(dofile, folder .. "raising.lua")
try(loadfile, {})
try(dofile, {})
print(loadfile()())
