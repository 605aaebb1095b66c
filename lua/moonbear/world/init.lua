-- The per-rank script environment, called once with moonbear.core: from here on a script's effects
-- happen once, on rank 0, and the outside world is answered by rank 0 for all ranks. The io library
-- and math.randomseed are already in place: they are C alone.

local core = ...

-- What rank 0 answers; os.time of a table, os.difftime and os.setlocale ask nothing of it.
for _, name in ipairs { "clock", "date", "execute", "getenv", "remove", "rename", "tmpname" } do
  os[name] = core.answered("os." .. name, os[name])
end

os.time = core.answered("os.time", os.time, true)
-- They have one name each, so that messages and tracebacks name them as ever.
print, pairs, os.exit = core.print, core.pairs, core.exit
ipairs = core.ipairs
core.print, core.pairs, core.ipairs, core.exit = nil, nil, nil, nil

-- An interrupt reaches what runs in these.
for name, f in pairs(core.coroutines) do coroutine[name] = f end
core.coroutines = nil

core.load("world/syntax")(core)
core.load("world/modules")(core)

local function read_command()
  io.stderr:write("lua_debug> ")
  return io.stdin:read("L")
end

-- Reads commands as everything else is read from standard input.
function debug.debug()
  for command in read_command do
    if command == "cont\n" then return end
    local chunk, message = load(command, "=(debug command)")
    local ok = chunk ~= nil
    if ok then ok, message = pcall(chunk) end
    if not ok then io.stderr:write(tostring(message), "\n") end
  end
end
