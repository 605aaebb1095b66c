-- The `moonbear` program where it runs no ranks itself: prompts and sessions.

local argparse = require "argparse"
local client = require "moonbear.front.client"
local connection = require "moonbear.front.connection"
local host = require "moonbear.front.host"
local jupyter = require "moonbear.front.jupyter"
local peer = require "moonbear.peer"
local places = require "moonbear.front.places"
local uv = require "luv"

local program, version -- of this program: where it is
local MOST_RANKS <const> = 8

local function default_ranks() return math.min(uv.available_parallelism(), MOST_RANKS) end

local function plural(n, word) return ("%d %s%s"):format(n, word, n == 1 and "" or "s") end

local function parser()
  local parse = argparse("moonbear", "Sessions of moonbear, to come back to.")
  parse:command_target "command"
  local serve = parse:command("serve", "Keep a session running in the background.")
  serve:option("-n", "How many ranks."):convert(tonumber):argname "<ranks>"
  serve:option("--name", "What it is called."):default "main"
  serve:flag("--foreground", "Stay, instead of going to the background.")
  serve:flag("--log"):hidden(true)
  local attach = parse:command("attach", "A prompt on a session; host:name goes through ssh.")
  attach:argument("name", "Which one."):default "main"
  attach:flag("--watch", "See what others run.")
  parse:command("list", "The sessions of this machine.")
  parse:command("stop", "End a session."):argument("name", "Which one."):default "main"
  jupyter.describe(parse:command("jupyter", "Notebooks whose cells all ranks run."))
  local relay = parse:command("relay", "Speak for a session on standard input and output.")
  relay:hidden(true):argument("name", "Which one."):default "main"
  local prompt = parse:command("prompt", "A prompt."):hidden(true)
  prompt:option("-n", "How many ranks."):convert(tonumber)
  prompt:argument("words", "What to run first."):args "*"
  return parse
end

local commands = {}

-- A session of this process's own, which ends with it: the host speaks to the front over a pair of
-- sockets.
local function private_host(ranks, arguments)
  local ours = uv.new_pipe()
  -- libuv makes pairs of sockets, for both directions, from the fourth descriptor on.
  local words = { "private-host", tostring(ranks), table.unpack(arguments) }
  local process, problem = uv.spawn(program, {
    args = words, stdio = { nil, nil, 2, ours }, detached = true,
  }, function() end)
  if not process then error("cannot start the session: " .. problem, 0) end
  return ours
end

local function speak(session, welcome)
  local terminal = require "moonbear.front.terminal"
  welcome(session.welcome)
  session:wait(function() return session.ready end)
  local front = terminal.new(session)
  front:loop()
  local ended = session.ended
  if ended and not front.over then
    io.stderr:write("moonbear: ", ended.message, "\n")
    return ended.status ~= 0 and ended.status or 1
  end
  session:close()
  return 0
end

function commands.prompt(arguments)
  local terminal = require "moonbear.front.terminal"
  local stream = private_host(arguments.n or default_ranks(), arguments.words)
  local settings = { front = "terminal", version = version }
  local session = client.new(settings, terminal.handlers(), stream)
  return speak(session, function(welcome)
    print(("moonbear %s, %s. Type ?name for help on a name, :help for the commands, "
      .. "Ctrl-D to leave."):format(welcome.version, plural(welcome.ranks, "rank")))
  end)
end

function commands.attach(arguments)
  local terminal = require "moonbear.front.terminal"
  local settings = { front = "terminal", version = version, watch = arguments.watch }
  local session = client.attach(arguments.name, settings, terminal.handlers(arguments.watch))
  return speak(session, function(welcome)
    io.write(welcome.output)
    print(("session %s, %s%s. Ctrl-D leaves it running."):format(welcome.session,
      plural(welcome.ranks, "rank"), welcome.writer and "" or "; another front runs code in it"))
  end)
end

-- Whether a session's host lives, however busy it is: its socket is not a dead one's.
local function alive(name)
  local stream, problem = connection.open(places.socket(name))
  if stream then stream:close() end
  return stream ~= nil or problem ~= "ECONNREFUSED" and problem ~= "ENOENT"
end

local PATIENCE <const> = 5000 -- milliseconds for a host to answer

-- What a session says of itself in a line; nil when there is none.
local function listed(name)
  if not alive(name) then return nil end
  local settings = { front = "list", watch = true, patience = PATIENCE }
  local ok, session = pcall(client.attach, name, settings, {})
  if not ok then return ("%-20s %s"):format(name, session) end
  local welcome = session.welcome
  session:close()
  return ("%-20s %s, %s, %d chunks run"):format(name, plural(welcome.ranks, "rank"),
    welcome.busy and "busy" or "idle", welcome.number)
end

function commands.list()
  for _, name in ipairs(places.names()) do
    local line = listed(name)
    if line then print(line) end
  end
  return 0
end

function commands.stop(arguments)
  local session = client.attach(arguments.name, { front = "stop", watch = true }, {})
  session:tell { op = "stop" }
  session:wait(function() return session.ended end)
  return 0
end

function commands.jupyter(arguments) return jupyter.run(arguments, program) end

-- Copies bytes from one stream to another until its end, and reads no more than the other takes.
local function copy(from, to, over)
  local MOST_WAITING <const> = 1 << 20
  local function read()
    from:read_start(function(_, piece)
      if not piece then return over() end
      to:write(piece, function(problem)
        if problem then over() elseif not from:is_active() then read() end
      end)
      if to:get_write_queue_size() > MOST_WAITING then from:read_stop() end
    end)
  end
  read()
end

function commands.relay(arguments)
  local stream = client.open(arguments.name)
  local input, output, over = uv.new_pipe(), uv.new_pipe(), false
  input:open(0)
  output:open(1)
  copy(input, stream, function() over = true end)
  copy(stream, output, function() over = true end)
  while not over do uv.run "once" end
  return 0
end

-- Starts a session, and gives the function that serves it until it ends.
local function run_host(settings)
  local ended
  settings.program, settings.version = program, version
  settings.on_end = function(event) ended = event end
  local session = host.start(settings)
  session.listeners = {}
  for _, name in ipairs { "sigterm", "sighup", "sigint" } do
    local signal = uv.new_signal()
    signal:start(name, function()
      session:stop("the session's host was told to end by " .. name)
    end)
    table.insert(session.listeners, signal)
  end
  return session, function()
    while not ended do uv.run "once" end
    for _ = 1, 20 do uv.run "nowait" end -- the last words
    return ended.status
  end
end

commands["private-host"] = function(words)
  local stream = uv.new_pipe()
  local session, wait
  session, wait = run_host {
    ranks = tonumber(words[1]), arguments = table.move(words, 2, #words, 1, {}), name = "prompt",
    on_leave = function() session:stop "its front has gone" end,
  }
  stream:open(3)
  session:accept(stream)
  return wait()
end

local LISTENING <const> = "listening\n" -- what a session says that has got its name
local BACKLOG <const> = 128 -- fronts that may connect at a time

-- The server of a session's socket; raises when a session of this name runs. Of several processes
-- that want the name one gets it, as each has the folder to itself for as long as this takes.
-- `accept` is called for streams of this user's.
local function listen(name, accept)
  local path, folder = places.socket(name), assert(uv.fs_open(places.sessions(), "r", 0))
  peer.lock(folder)
  if alive(name) then error(("session '%s' runs already"):format(name), 0) end
  uv.fs_unlink(path)
  local server = uv.new_pipe()
  assert(server:bind(path))
  uv.fs_chmod(path, tonumber("600", 8))
  assert(server:listen(BACKLOG, function()
    local stream = uv.new_pipe()
    server:accept(stream)
    if peer.uid(stream:fileno()) == uv.getuid() then accept(stream) else stream:close() end
  end))
  uv.fs_close(folder)
  return server, path
end

-- What is said from now on goes to a new file; one that must be new follows no link (O_EXCL).
local function write_log(socket)
  local path = socket:gsub("sock$", "log")
  uv.fs_unlink(path)
  local file = assert(uv.fs_open(path, "ax", tonumber("600", 8)))
  io.write(LISTENING)
  io.flush()
  peer.redirect(file)
  uv.fs_close(file)
end

local function serve_here(arguments)
  local session, wait
  local _, path = listen(arguments.name, function(stream) session:accept(stream) end)
  session, wait = run_host { ranks = arguments.n or default_ranks(), name = arguments.name }
  if arguments.log then write_log(path) end
  local status = wait()
  uv.fs_unlink(path)
  return status
end

-- The session's process says whether it has got the name, to this one before it writes its log.
local function serve_in_background(arguments)
  local words = { "serve", "--foreground", "--log", "--name", arguments.name, "-n",
    tostring(arguments.n or default_ranks()) }
  local pipe = assert(uv.pipe())
  local process = assert(uv.spawn(program, {
    args = words, stdio = { nil, pipe.write, pipe.write }, detached = true,
  }, function() end))
  uv.fs_close(pipe.write)
  local said, input, over = "", uv.new_pipe(), false
  input:open(pipe.read)
  input:read_start(function(_, piece)
    if piece then said = said .. piece else over = true end
  end)
  while not over do uv.run "once" end
  process:unref()
  if said ~= LISTENING then
    error("the session did not start: " .. said:gsub("^moonbear: ", ""):gsub("\n$", ""), 0)
  end
  print(("session %s: moonbear attach %s"):format(arguments.name, arguments.name))
  return 0
end

function commands.serve(arguments)
  return (arguments.foreground and serve_here or serve_in_background)(arguments)
end

---Runs a command; returns the exit status.
---@param path string of the program
---@param its_version string
---@param words string[] the command and its arguments
return function(path, its_version, words)
  program, version = path, its_version
  local command = table.remove(words, 1)
  local ok, status
  if command == "private-host" then
    ok, status = pcall(commands[command], words)
  else
    local arguments = parser():parse { command, table.unpack(words) }
    ok, status = pcall(commands[arguments.command], arguments)
  end
  -- What is left open would be closed with the Lua state, when its callbacks are gone.
  uv.walk(function(handle) if not handle:is_closing() then handle:close() end end)
  uv.run()
  if ok then return status end
  io.stderr:write("moonbear: ", tostring(status), "\n")
  return 1
end
