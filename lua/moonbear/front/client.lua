-- A front's end of a session: what it asks, and what it is told.

local connection = require "moonbear.front.connection"
local places = require "moonbear.front.places"
local uv = require "luv"

local client = {}
client.__index = client

---The stream to a session of this machine.
function client.open(name)
  local stream, problem = connection.open(places.socket(name))
  if not stream then error(("no session '%s' runs here (%s)"):format(name, problem), 0) end
  return stream
end

-- The streams to a session: of this machine by its socket, of "host:name" through ssh, which brings
-- authentication and encryption with it.
local function open_streams(name)
  local machine, session = name:match "^([^:]+):(.*)$"
  if not machine then return client.open(name) end
  if not machine:find "^[^%s%c-][^%s%c]*$" then -- ssh would take -oProxyCommand=... as an option
    error(("'%s' is not the name of a machine"):format(machine), 0)
  end
  if session ~= "" then places.check_name(session) end -- a shell there reads it
  local input, output = uv.new_pipe(), uv.new_pipe()
  local command = os.getenv "MOONBEAR_SSH" or "ssh"
  -- Ctrl-C is for what runs in the session. It keeps the terminal, where it may ask for a password.
  local process, problem = uv.spawn("/bin/sh", {
    args = { "-c", 'trap "" INT; exec "$0" "$@"', command, machine, "moonbear", "relay",
      session ~= "" and session or nil },
    stdio = { output, input, 2 },
  }, function() end)
  if not process then error(("cannot start %s: %s"):format(command, problem), 0) end
  return input, output
end

local function on_message(self, message)
  local reply = message.id and self.replies[message.id]
  if message.event == "reply" and reply then
    self.replies[message.id] = nil
    reply(message)
  elseif message.event == "ended" then
    self.ended = message
  elseif message.event == "ready" then
    self.ready = true
  elseif self.handlers[message.event] then
    self.handlers[message.event](message)
  end
end

---Says hello over streams and waits for the welcome; raises when there is none.
---@param settings table front, watch, version, patience (milliseconds; for ever unless told)
---@param handlers table functions by the name of an event
function client.new(settings, handlers, input, output)
  local self = setmetatable({ replies = {}, handlers = handlers, number = 0 }, client)
  local welcome, refused
  self.handlers.welcome = function(message) welcome = message end
  self.handlers.refused = self.handlers.refused or function(message) refused = message.message end
  self.connection = connection.new(input, {
    on_message = function(message) on_message(self, message) end,
    on_end = function(reason)
      local message = reason or "the session's host has gone"
      self.ended = self.ended or { message = message, status = 1, lost = true }
    end,
  }, output)
  self.connection:send {
    op = "hello", front = settings.front, watch = settings.watch, version = settings.version,
  }
  self:wait(function() return welcome or refused end, settings.patience)
  if not welcome then
    error(refused or self.ended and self.ended.message or "the session does not answer", 0)
  end
  self.welcome, self.ready = welcome, self.ready or welcome.ready
  return self
end

---Connects to a session by its name.
function client.attach(name, settings, handlers)
  return client.new(settings, handlers, open_streams(name))
end

---Serves events until a condition holds or the session has ended; whether the condition holds.
---Gives up after some milliseconds where told.
function client:wait(condition, milliseconds)
  local timer, late = milliseconds and uv.new_timer(), false
  if timer then timer:start(milliseconds, 0, function() late = true end) end
  while not condition() and not self.ended and not late do
    if not uv.run "once" then break end -- nothing can come any more
  end
  if timer then timer:close() end
  return condition()
end

---Sends a request without an answer.
function client:tell(request) self.connection:send(request) end

---Asks; the reply, or nil after some milliseconds.
function client:ask(request, milliseconds)
  self.number = self.number + 1
  request.id = ("q%d"):format(self.number)
  local reply
  self.replies[request.id] = function(message) reply = message end
  self.connection:send(request)
  self:wait(function() return reply end, milliseconds)
  self.replies[request.id] = nil
  return reply
end

---Runs a chunk; serves events until it is done: the `done` event, or nil when the session ended.
---`screen` has its width, height and the kind of images that it shows.
function client:run(code, screen)
  self.number = self.number + 1
  local id, done = ("r%d"):format(self.number), nil
  local before = { done = self.handlers.done, refused = self.handlers.refused }
  local function mine(message) if message.id == id then done = message end end
  self.handlers.done = mine
  self.handlers.refused = mine
  self.connection:send { op = "run", id = id, code = code, width = screen.width,
    height = screen.height, image = screen.image }
  self:wait(function() return done end)
  self.handlers.done, self.handlers.refused = before.done, before.refused
  return done
end

function client:close() self.connection:close() end

return client
