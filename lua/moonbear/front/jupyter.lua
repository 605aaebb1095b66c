-- The kernel of Jupyter: tells Jupyter of it, by a kernelspec, and takes that back.

local json = require "cjson"
local places = require "moonbear.front.places"
local uv = require "luv"

local jupyter = {}

local PYTHON <const> = "/usr/bin/python3" -- the one that has Debian's packages

-- Where the kernel may be, from the folder of the program: of a build, or installed.
local KERNELS <const> = {
  "../../python/moonbear_kernel.py", "../../../python/moonbear_kernel.py",
  "../share/moonbear/moonbear_kernel.py",
}

---Describes the options of a command of argparse's.
function jupyter.describe(parse)
  parse:require_command(true):command_target "action"
  local install = parse:command("install", "Tell Jupyter of moonbear.")
  install:option("-n", "How many ranks notebooks have (default: one a core, at most 8).")
    :convert(tonumber):argname "<ranks>"
  install:option("--session", "A running session, as NAME or HOST:NAME, for all notebooks.")
  for _, command in ipairs { install, parse:command("uninstall", "Let Jupyter forget it.") } do
    command:option("--name", "What Jupyter calls it."):default "moonbear"
    command:mutex(
      command:flag("--user", "For this user (default, unless you are root)."),
      command:option("--prefix", "For the Jupyter under this folder."))
  end
end

-- The folder of a kernelspec, as Jupyter looks for it.
local function folder_of(arguments)
  local name = arguments.name
  if not name:find "^[%w._-]+$" then
    error(("'%s' is not a name for a kernel: letters, digits, _ . -"):format(name), 0)
  end
  local base = "/usr/local/share/jupyter"
  if arguments.prefix then
    local prefix = arguments.prefix
    base = (prefix:find "^/" and prefix or uv.cwd() .. "/" .. prefix) .. "/share/jupyter"
  elseif arguments.user or uv.getuid() ~= 0 then
    local data = os.getenv "XDG_DATA_HOME" or (os.getenv "HOME" or "") .. "/.local/share"
    base = os.getenv "JUPYTER_DATA_DIR" or data .. "/jupyter"
  end
  return base .. "/kernels/" .. name
end

local function find_kernel(program)
  for _, place in ipairs(KERNELS) do
    local path = uv.fs_realpath(program:match "^(.*)/" .. "/" .. place)
    if path then return path end
  end
  error("the kernel, moonbear_kernel.py, is not where the program expects it", 0)
end

local function check_python()
  local found = os.execute(PYTHON .. " -c 'import ipykernel' 2>/dev/null")
  if found then return end
  error("Debian's ipykernel is missing: apt-get install python3-ipykernel jupyter-notebook", 0)
end

local function make_folder(path)
  local made = ""
  for part in path:gmatch "[^/]+" do
    made = made .. "/" .. part
    local ok, problem, code = uv.fs_mkdir(made, tonumber("755", 8))
    if not ok and code ~= "EEXIST" and not uv.fs_stat(made) then
      error("cannot make a folder: " .. problem, 0)
    end
  end
end

local SPEC <const> = [[
{
  "argv": %s,
  "display_name": %s,
  "language": "lua",
  "interrupt_mode": "signal"
}
]]

local actions = {}

function actions.install(arguments, program)
  local folder = folder_of(arguments)
  local words = { PYTHON, "-Xfrozen_modules=off", find_kernel(program), "--program", program }
  if arguments.n then table.move({ "-n", tostring(arguments.n) }, 1, 2, #words + 1, words) end
  if arguments.session then
    table.move({ "--session", arguments.session }, 1, 2, #words + 1, words)
  end
  table.move({ "-f", "{connection_file}" }, 1, 2, #words + 1, words)
  check_python()
  make_folder(folder)
  local spec = SPEC:format(json.encode(words), json.encode(arguments.name)):gsub("\\/", "/")
  local problem = places.write(folder .. "/kernel.json", spec)
  if problem then error("cannot write " .. problem, 0) end
  print(("kernel %s is in %s"):format(arguments.name, folder))
end

function actions.uninstall(arguments)
  local folder = folder_of(arguments)
  local ok, problem = os.remove(folder .. "/kernel.json")
  if not ok then error("no kernel was removed: " .. problem, 0) end
  os.remove(folder)
end

---Does what the arguments say; the exit status.
---@param arguments table as argparse parses them
---@param program string its path
---@return integer
function jupyter.run(arguments, program)
  actions[arguments.action](arguments, program)
  return 0
end

return jupyter
