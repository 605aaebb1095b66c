-- Scripts and modules: rank 0 finds and reads the files, every rank compiles what it is sent.

local core = ...
local warn_of_masks = core.load("world/masks")(core)
core.warn_of_masks = warn_of_masks
core.sources = {} -- the texts of scripts, by their chunk names
local searchpath, c_searcher, root_searcher = package.searchpath, table.unpack(package.searchers, 3)
local loaded = package.loaded

-- The text of a file, with Lua's own words for what went wrong.
local function read_file(path)
  local file, message, code = io.open(path, "rb")
  if not file then return nil, "cannot open " .. message, code end
  local text, reason = file:read("a")
  file:close()
  if not text then return nil, ("cannot read %s: %s"):format(path, reason) end
  return text
end

-- Without a byte order mark and a first line that begins with `#`, whose line end stays to count,
-- but before a precompiled chunk.
local function strip_first_line(text)
  if text:sub(1, 3) == "\xEF\xBB\xBF" then text = text:sub(4) end
  if text:byte() ~= 35 then return text end
  local rest = text:match "\n.*" or ""
  return rest:byte(2) == 27 and rest:sub(2) or rest
end

local function check_string(value, argument, name, optional)
  local kind = type(value)
  if kind == "string" or kind == "number" or optional and value == nil then return end
  error(("bad argument #%d to '%s' (string expected, got %s)"):format(argument, name,
    value == nil and "no value" or kind), 3)
end

-- Compiles a script's text, after a look for masks that are combined as booleans: not in our own
-- modules, which would take longer to look through than to load.
local function compile(text, name, ...)
  text = strip_first_line(text)
  local chunk, message = load(text, name, ...)
  if chunk and not name:find "^=%[moonbear" then
    core.sources[name] = text
    warn_of_masks(text, name)
  end
  return chunk, message
end

-- As loadfile; `...` is the environment, if one is given.
local function load_source(path, mode, ...)
  local text, message
  if path == nil then
    text, message = io.stdin:read("a")
  else
    text, message = core.ask("load a file", read_file, path)
  end
  if not text then return nil, message end
  return compile(text, path and "@" .. path or "=stdin", mode, ...)
end
core.load_script = load_source

function loadfile(path, mode, ...)
  check_string(path, 1, "loadfile", true)
  check_string(mode, 2, "loadfile", true)
  return load_source(path, mode, ...)
end

function dofile(path)
  check_string(path, 1, "dofile", true)
  local chunk, message = load_source(path)
  if not chunk then error(message, 0) end
  return chunk()
end

package.searchpath = core.answered("package.searchpath", searchpath)

-- Rank 0: the file of a module and its text; or nil and where it was sought.
local function find_module(name, path)
  local file, message = searchpath(name, path)
  if not file then return nil, message end
  local text, reason = read_file(file)
  return file, text, reason
end

local function package_path(field)
  local path = package[field]
  if type(path) ~= "string" and type(path) ~= "number" then
    error(("'package.%s' must be a string"):format(field), 0)
  end
  return path
end

local no_memory = "not enough memory"

local function failed_to_load(name, file, message)
  if message == no_memory then error(message, 0) end
  error(("error loading module '%s' from file '%s':\n\t%s"):format(name, file, message), 0)
end

local function is_own(name) return (name .. "."):find "^moonbear%." ~= nil end

-- Our own modules are called as `core.load` calls them: a script's line is never one of theirs.
local function chunk_name(name, file)
  if not is_own(name) then return "@" .. file end
  return ("=[%s.lua]"):format(name:gsub("%.", "/"))
end

local function search_lua(name)
  local path = package_path "path"
  local file, text, reason = core.ask("require", find_module, name, path)
  if not file then return text end
  if not text then failed_to_load(name, file, reason) end
  local loader, message = compile(text, chunk_name(name, file))
  if not loader then failed_to_load(name, file, message) end
  return loader, file
end

-- Lua's own searcher for C modules, with one place to look: where rank 0 found the file.
local function search_at(file, searcher, name)
  local path = package.cpath
  package.cpath = file
  local ok, loader, data = pcall(searcher, name)
  package.cpath = path
  if not ok then error(loader, 0) end
  return loader, data
end

local function search_c(searcher, name, file_name)
  local file, message = core.ask("require", searchpath, file_name, package_path "cpath")
  if not file then return message end
  return search_at(file, searcher, name)
end

package.searchers[2] = search_lua
package.searchers[3] = function(name) return search_c(c_searcher, name, name) end
package.searchers[4] = function(name)
  local root = name:match("^([^.]*)%.")
  if root then return search_c(root_searcher, name, root) end
end

local function find_loader(name)
  local searchers, messages = package.searchers, {}
  if type(searchers) ~= "table" then error("'package.searchers' must be a table", 3) end
  local i = 1
  while rawget(searchers, i) ~= nil do
    local loader, data = searchers[i](name)
    if type(loader) == "function" then return loader, data end
    if type(loader) == "string" then messages[#messages + 1] = "\n\t" .. loader end
    i = i + 1
  end
  error(("module '%s' not found:%s"):format(name, table.concat(messages)), 3)
end

-- Own modules in the order in which they were loaded. Those that a module has loaded go with it
-- when it fails: that may be on one rank alone, for want of memory, and other ranks have more.
local own, forget = {}, {}

function forget:__close(problem)
  if problem == nil then return end
  for i = #own, self.count + 1, -1 do
    loaded[own[i]] = nil
    own[i] = nil
  end
end

local function load_module(name, loader, data)
  local value = loader(name, data)
  if value ~= nil then loaded[name] = value end
  if loaded[name] == nil then loaded[name] = true end
end

local function load_own(name, loader, data)
  local _ <close> = setmetatable({ count = #own }, forget)
  own[#own + 1] = name
  load_module(name, loader, data)
end

-- An operation also for a module that is loaded: otherwise a rank on its own would go unnoticed.
function require(name)
  check_string(name, 1, "require")
  name = tostring(name)
  if core.alone() then
    if loaded[name] then return loaded[name] end
    error(("module '%s' is not loaded: require it outside mb.on_rank"):format(name), 2)
  end
  core.meet("require", name, loaded[name] and "loaded" or "not loaded yet")
  if loaded[name] then return loaded[name] end
  local loader, data = find_loader(name)
  local load_it = is_own(name) and load_own or load_module
  load_it(name, loader, data)
  return loaded[name], data
end
