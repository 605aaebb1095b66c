-- The host of a session: starts the ranks, and stands between them and the fronts that people use.
--
-- Everybody speaks in lines of JSON. A front sends {op = "hello"}, then run, complete, inspect,
-- is_complete and history, each with an id, interrupt and stop. It gets {event = "welcome"}; what
-- the ranks print as "stream"; pictures as "display"; how far an operation is as "progress",
-- without a text when it has ended; "running" and "done" for each run; "reply" to the other
-- requests; "refused"; "ready" when the ranks have started; and "ended" at the end. The ranks get
-- run, complete, inspect and is_complete, and send "ready", "started", "display", "done" and
-- "reply" (session/init.lua). With a run a front says how wide and high it is, and whether it
-- shows pictures as "png" (which is base64 in the answer) or "sixel".

local connection = require "moonbear.front.connection"
local uv = require "luv"

local RECENT <const> = 64 << 10 -- bytes of output kept for fronts that come
-- Bytes of code: in a request, which a line of JSON may write six times as long; in all requests
-- that wait; in the history.
local MOST_CODE <const>, MOST_QUEUED <const>, MOST_HISTORY <const> = 8 << 20, 64 << 20, 8 << 20
local LEAST_QUEUED <const> = 1 << 10 -- what a request that waits counts at least
local GRACE <const> = 2000 -- milliseconds that the ranks have to end when they are told to

local host = {}
host.__index = host

-- Sends an event to all fronts; one about a request has its id for the front that made it.
local function tell(self, event, request)
  for front in pairs(self.fronts) do
    event.id = request and request.front == front and request.id or nil
    front:send(event)
  end
end

local function remember(self, text)
  local recent = self.recent .. text
  self.recent = #recent > 2 * RECENT and recent:sub(-RECENT) or recent
end

-- Reads no more from the ranks while a front is behind, so that they wait as they would for a pipe.
local function hold_back(self)
  local behind = false
  for front in pairs(self.fronts) do behind = behind or front:is_behind() end
  if behind == self.held then return end
  self.held = behind
  for _, stream in ipairs(self.streams) do
    if behind then stream.pipe:read_stop() else stream.read() end
  end
  if behind then self.timer:start(5, 5, function() hold_back(self) end) else self.timer:stop() end
end

-- Cuts text before a UTF-8 character that is not complete; returns it and the rest.
local function whole_characters(text)
  local tail = text:match "[\xC2-\xF4][\x80-\xBF]*$"
  if not tail or utf8.len(tail) or #tail > 3 then return text, "" end
  return text:sub(1, -#tail - 1), tail
end

-- Keeps what the launcher says of a rank that died, which `ended` tells better.
local function without_banner(self, text)
  if not self.banner then
    local at = text:find "\n?=====+\n" or text:find "=%s+BAD TERMINATION"
    if not at then return text end
    self.banner = text:sub(at)
    return text:sub(1, at - 1)
  end
  self.banner = self.banner .. text
  return ""
end

local function forward(self, name, pipe, clean)
  local rest = ""
  local stream = { pipe = pipe }
  function stream.read()
    pipe:read_start(function(_, piece)
      if not piece then return pipe:read_stop() end
      local text
      text, rest = whole_characters(rest .. piece)
      if clean then text = clean(self, text) end
      if text == "" then return end
      remember(self, text)
      tell(self, { event = "stream", name = name, text = text })
      hold_back(self)
    end)
  end
  stream.read()
  self.streams[#self.streams + 1] = stream
end

-- What the ranks wrote before they sent `done` is in the pipes already: fronts get it first.
local function drain(self, after)
  local turns = 0
  local idle = uv.new_idle()
  idle:start(function()
    turns = turns + 1
    if turns < 3 or self.held then return end
    idle:close()
    after()
  end)
end

local start_next

local function finish(self, event)
  local request, chunk = self.running, self.history[self.number]
  self.running = nil
  if chunk then chunk.status, chunk.shown = event.status, event.value ~= nil end
  tell(self, event, request)
  start_next(self)
end

-- The launcher passes this signal on to all ranks. They count how many come.
local function signal_ranks(self)
  self.signals = self.signals + 1
  uv.process_kill(self.process, "sigusr1")
end

local function from_ranks(self, message)
  if message.event == "ready" then
    drain(self, function()
      self.ready = true
      tell(self, { event = "ready" })
      start_next(self)
    end)
  elseif message.event == "processes" then
    self.processes = message.processes
  elseif message.event == "started" then
    self.started = true
    if self.interrupted then signal_ranks(self) end
  elseif message.event == "progress" then
    tell(self, message)
  elseif message.event == "display" then
    drain(self, function() tell(self, message) end)
  elseif message.event == "done" then
    drain(self, function() finish(self, message) end)
  elseif message.event == "reply" then
    local asked = self.asked[message.id]
    self.asked[message.id] = nil
    if asked then
      message.id = asked.id
      asked.front:send(message)
    end
  end
end

-- The chunks that have run: their code, and how each has ended, up to the history's length.
local function note_chunk(self, code)
  self.number = self.number + 1
  self.history[self.number] = { code = code, status = "running", shown = false }
  self.history_size = self.history_size + #code
  while self.history_size > MOST_HISTORY do
    self.history_size = self.history_size - #self.history[self.forgotten + 1].code
    self.forgotten = self.forgotten + 1
    self.history[self.forgotten] = nil
  end
end

function start_next(self)
  if not self.ready or self.running or self.ended then return end
  local request = table.remove(self.queue, 1)
  if not request then return end
  self.queued = self.queued - request.weight
  self.running, self.started, self.interrupted = request, false, false
  note_chunk(self, request.code)
  local number = request.number or self.number -- which errors name
  tell(self, { event = "running", code = request.code, number = number }, request)
  self.ranks:send {
    op = "run", code = request.code, number = number, width = request.width,
    height = request.height, image = request.image, signals = self.signals,
  }
end

local function refuse(front, id, message)
  front:send { event = "refused", id = id, message = message }
end

-- What is of use of a field that should be a whole number.
local function whole(value) return type(value) == "number" and math.tointeger(value) or nil end

-- What fronts may ask.
local operations = {}
local TAKES_CODE <const> = { run = true, complete = true, inspect = true, is_complete = true }

-- How a front shows pictures: in characters unless it says so.
local images = { png = "png", sixel = "sixel" }

function operations.run(self, front, request)
  local id, code = request.id, request.code
  if self.writer and self.writer ~= front then
    return refuse(front, id, "another front runs code in this session: " .. self.writer.name)
  end
  if front.watches then return refuse(front, id, "this front only watches") end
  local weight = math.max(#code, LEAST_QUEUED)
  if self.queued + weight > MOST_QUEUED then
    return refuse(front, id, "too many chunks wait to be run")
  end
  self.writer, self.queued = front, self.queued + weight
  table.insert(self.queue, {
    front = front, id = id, code = code, number = whole(request.number),
    width = whole(request.width), height = whole(request.height), image = images[request.image],
    weight = weight,
  })
  start_next(self)
end

local NOTHING <const> = {
  complete = { matches = {} }, inspect = { found = false }, is_complete = { status = "unknown" },
}

local function ask_ranks(self, front, request)
  if self.running or not self.ready or self.ranks:is_behind() then
    local reply = { event = "reply", id = request.id, busy = true }
    for key, value in pairs(NOTHING[request.op]) do reply[key] = value end
    return front:send(reply)
  end
  self.question = self.question + 1
  self.asked[tostring(self.question)] = { front = front, id = request.id }
  self.ranks:send {
    op = request.op, id = tostring(self.question), code = request.code,
    cursor = whole(request.cursor) or #request.code, width = whole(request.width),
    words = request.words == true,
  }
end

operations.complete, operations.inspect, operations.is_complete = ask_ranks, ask_ranks, ask_ranks

function operations.history(self, front, request)
  local chunks = table.move(self.history, self.forgotten + 1, self.number, 1, {})
  front:send { event = "reply", id = request.id, forgotten = self.forgotten, chunks = chunks }
end

function operations.interrupt(self)
  -- The ranks pass over what comes before they have begun.
  self.interrupted = true
  if self.running and self.started then signal_ranks(self) end
  for i = #self.queue, 1, -1 do
    local request = table.remove(self.queue, i)
    self.queued = self.queued - request.weight
    tell(self, { event = "done", status = "interrupted", seconds = 0 }, request)
  end
end

function operations.stop(self)
  self:stop "the session was stopped"
end

local function greet(self, front, hello)
  front.name = type(hello.front) == "string" and hello.front:sub(1, 100) or "a front"
  front.watches = hello.watch == true
  front.greeted = true
  if not self.writer and not front.watches then self.writer = front end
  self.fronts[front] = true
  front:send {
    event = "welcome", session = self.name, ranks = self.nranks, version = self.version,
    writer = self.writer == front, busy = self.running ~= nil, output = self.recent,
    number = self.number, ready = self.ready,
  }
end

-- What is wrong with an id, which goes back as it came; nil for one that is fine.
local function fault_of_id(id)
  if type(id) == "string" then return #id > 100 and "an id is too long" or nil end
  if id ~= nil and whole(id) == nil then return "an id is a string or a whole number" end
end

local function from_front(self, front, request)
  local op = request.op
  if not front.greeted then
    if op ~= "hello" then return front:fail "a front says hello first" end
    return greet(self, front, request)
  end
  local operation, fault = operations[op], fault_of_id(request.id)
  if not operation then return front:fail(("no request '%s'"):format(tostring(op):sub(1, 100))) end
  if fault then return front:fail(fault) end
  if TAKES_CODE[op] then
    if type(request.code) ~= "string" then return front:fail(op .. " without code") end
    if #request.code > MOST_CODE then
      return refuse(front, request.id, "the code is longer than 8 MB: load it from a file")
    end
  end
  operation(self, front, request)
end

---Takes a front that has connected over a stream, or two.
function host:accept(input, output)
  local front
  front = connection.new(input, {
    pauses = true,
    on_message = function(request) from_front(self, front, request) end,
    on_end = function()
      self.fronts[front] = nil
      if self.writer == front then self.writer = nil end
      if self.on_leave then self.on_leave() end
    end,
  }, output)
end

-- The rank that the launcher told of; it may be one that it ended itself because another had died.
local function named_rank(self)
  local dead = math.tointeger(self.banner:match "PID%s+(%d+)")
  for rank, process in ipairs(self.processes or {}) do
    if process == dead then
      return ("; the launcher names rank %d (process %d)"):format(rank - 1, process)
    end
  end
  return ""
end

-- "SIGKILL"; or the number.
local function signal_name(number)
  for name, value in pairs(uv.constants) do
    if value == number and name:find "^SIG%u" then return name end
  end
  return "signal " .. number
end

-- How the launcher's end reads to a person.
local function told_end(self, code, signal)
  if self.why then return self.why end
  if signal ~= 0 then return "the launcher of the ranks was ended by " .. signal_name(signal) end
  if code == 0 then return "the ranks have ended" end
  if code >= 32 or not self.banner then return "the ranks have ended with status " .. code end
  return ("a rank was killed by %s, which ended the session%s"):format(signal_name(code),
    named_rank(self))
end

local function ranks_ended(self, code, signal)
  drain(self, function()
    self.ended = true
    local event = { event = "ended", message = told_end(self, code, signal), status = code }
    tell(self, event)
    self.recent = self.recent .. event.message .. "\n"
    if self.on_end then self.on_end(event) end
  end)
end

-- The ranks have at their descriptors 3, 4 and 5 the requests, and what rank 0 prints: its output
-- and its errors.
local function start_ranks(self, settings)
  local pipes = {}
  for i = 1, 5 do pipes[i] = uv.new_pipe() end
  local arguments = { "-n", tostring(settings.ranks), "--session" }
  for _, word in ipairs(settings.arguments or {}) do arguments[#arguments + 1] = word end
  local problem
  -- It becomes MPICH's launcher, and ends with this process.
  self.process, problem = uv.spawn(settings.program, {
    args = arguments, stdio = { nil, table.unpack(pipes) }, detached = true,
  }, function(code, signal) ranks_ended(self, code, signal) end)
  if not self.process then error("cannot start the ranks: " .. problem, 0) end
  forward(self, "stdout", pipes[1], without_banner)
  forward(self, "stderr", pipes[2])
  self.ranks = connection.new(pipes[3], {
    on_message = function(message) from_ranks(self, message) end,
  })
  forward(self, "stdout", pipes[4])
  forward(self, "stderr", pipes[5])
end

---Starts a session.
---@param settings table ranks, program (of a rank), arguments, name, version, on_end(event),
---on_leave() when a front has gone
function host.start(settings)
  local self = setmetatable({
    name = settings.name, nranks = settings.ranks, version = settings.version,
    fronts = {}, streams = {}, recent = "", number = 0, queue = {}, queued = 0,
    history = {}, history_size = 0, forgotten = 0, asked = {}, question = 0, held = false,
    ready = false, signals = 0, timer = uv.new_timer(), on_end = settings.on_end,
    on_leave = settings.on_leave,
  }, host)
  start_ranks(self, settings)
  return self
end

---Ends the ranks: politely, and after two seconds by force.
function host:stop(why)
  if self.ended or self.why then return end
  self.why = why
  if self.running then signal_ranks(self) end
  self.ranks:close()
  self.timer:stop()
  self.timer:start(GRACE, GRACE, function()
    if not self.ended then uv.process_kill(self.process, "sigterm") end
  end)
end

return host
