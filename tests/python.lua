-- Python programs, run by one process for all specs of a run: see python_server.py.
local python = {}

local here = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"
local folder, server

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function read(name)
  local file = assert(io.open(folder .. "/" .. name, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

---Runs Python with arguments, a path or "-c" and a text, and what follows. The time is for what hangs.
---@return integer? status nil when it took too long
---@return string out
---@return string err
function python.run(words)
  if not server then
    folder = output "mktemp -d":gsub("%s+$", "")
    os.execute(("mkfifo '%s/end'"):format(folder))
    server = assert(io.popen(("exec '%s/apart' 100000 /usr/bin/python3 '%s/python_server.py' '%s'"):format(here, here,
      folder), "w"))
  end
  local file = assert(io.open(folder .. "/words", "wb"))
  assert(file:write(table.concat(words, "\0")))
  assert(file:close())
  server:write "\n"
  server:flush()
  local status = math.tointeger(tonumber(output(("timeout 600 cat '%s/end'"):format(folder))))
  return status, read "out", read "err"
end

return python
