-- Where sessions and their fronts keep files.

local uv = require "luv"

local places = {}

local MOST_SOCKET_PATH <const> = 107 -- bytes; libuv cuts a longer one

local function make_private(path)
  uv.fs_mkdir(path, tonumber("700", 8))
  local state = uv.fs_lstat(path)
  if not state or state.type ~= "directory" then error("no folder " .. path, 0) end
  if state.uid ~= uv.getuid() then error(path .. " belongs to somebody else", 0) end
  if state.mode & tonumber("077", 8) ~= 0 then uv.fs_chmod(path, tonumber("700", 8)) end
  return path
end

---The folder of the sockets, which only this user can open.
function places.sessions()
  local runtime = os.getenv "XDG_RUNTIME_DIR"
  if runtime and runtime ~= "" and uv.fs_stat(runtime) then
    return make_private(runtime .. "/moonbear")
  end
  return make_private(("%s/moonbear-%d"):format(os.getenv "TMPDIR" or "/tmp", uv.getuid()))
end

---Raises for what is not a name of a session.
function places.check_name(name)
  if not name:find "^[%w_][%w_.-]*$" or #name > 40 then
    error(("'%s' is not a name for a session: letters, digits, _ . -"):format(name), 0)
  end
end

---The socket of a session; raises for what is not a name, and where a socket cannot be.
function places.socket(name)
  places.check_name(name)
  local path = places.sessions() .. "/" .. name .. ".sock"
  if #path > MOST_SOCKET_PATH then
    error(("the path of the session's socket has %d bytes and may have %d: %s (a shorter name, or "
      .. "a shorter XDG_RUNTIME_DIR, mends it)"):format(#path, MOST_SOCKET_PATH, path), 0)
  end
  return path
end

---The names of sessions that have a socket, in order.
function places.names()
  local names = {}
  for entry in uv.fs_scandir_next, (uv.fs_scandir(places.sessions())) do
    names[#names + 1] = entry:match "^(.+)%.sock$"
  end
  table.sort(names)
  return names
end

---The file of the lines typed; nil where it cannot be.
function places.history()
  local home = os.getenv "HOME"
  local state = os.getenv "XDG_STATE_HOME"
  if not state and not home then return nil end
  state = state or home .. "/.local/state"
  local path = ""
  for part in (state .. "/moonbear"):gmatch "[^/]+" do
    path = path .. "/" .. part
    uv.fs_mkdir(path, tonumber("700", 8))
  end
  return path .. "/history"
end

---Writes a file, which is there as a whole or as it was; what is wrong if it cannot be.
function places.write(path, text)
  local beside = path .. ".new"
  local file, problem = io.open(beside, "w")
  if not file then return problem end
  local written, why = file:write(text)
  local closed, other = file:close()
  local renamed, reason = os.rename(beside, path)
  if written and closed and renamed then return nil end
  os.remove(beside)
  return why or other or reason
end

return places
