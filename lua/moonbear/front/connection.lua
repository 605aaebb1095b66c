-- One end of a conversation in lines of JSON over a libuv stream: see host.lua for what is said.

local json = require "cjson.safe".new()
local uv = require "luv"

json.decode_invalid_numbers(false)

local connection = {}
connection.__index = connection

local MOST_LINE <const> = 64 << 20 -- bytes: a longer line is refused, and not sent either
local MOST_BACKLOG <const> = 4 << 20 -- bytes that the other side may be behind
local TRIES <const>, PAUSE <const> = 100, 20 -- to connect, where others do; milliseconds between

-- Hands a line to self.on_message. What fails there is told to the other side, and ends this
-- connection, not the program that has others.
local function hand_over(self, line)
  local message = json.decode(line)
  if type(message) ~= "table" then return self:fail "this is not a line of JSON" end
  local ok, problem = pcall(self.on_message, message)
  if not ok then self:fail("the request failed: " .. tostring(problem)) end
end

-- Takes whole lines from a piece of input.
local function take(self, piece)
  local from = 1
  while not self.closed and not self.failed and not self.paused do
    local stop = piece:find("\n", from, true)
    if not stop then break end
    self.parts[#self.parts + 1] = piece:sub(from, stop - 1)
    local line = table.concat(self.parts)
    self.parts, self.waiting, from = {}, 0, stop + 1
    hand_over(self, line)
  end
  if self.paused then
    self.untaken = piece:sub(from)
    return
  end
  self.parts[#self.parts + 1] = piece:sub(from)
  self.waiting = self.waiting + #piece - from + 1
  if self.waiting > MOST_LINE then self:fail "a line is too long: more than 64 MB" end
end

local function start_reading(self)
  self.input:read_start(function(problem, piece)
    if piece then take(self, piece) else self:close(problem) end
  end)
end

-- A front that asks without reading the answers waits until it has read them. (Two sides that both
-- wait so would wait for ever.)
local function pause(self)
  local behind = self:is_behind()
  if not self.pauses or self.closed or self.failed or behind == self.paused then return end
  self.paused = behind
  if behind then return self.input:read_stop() end
  local untaken = self.untaken or ""
  self.untaken = nil
  start_reading(self)
  take(self, untaken)
end

---@param input userdata a stream to read from, and to write to unless there is an output
---@param handlers table on_message(message), on_end(reason); pauses: reads no more while the other
---side does not read either
---@param output userdata?
function connection.new(input, handlers, output)
  local self = setmetatable({
    input = input, output = output or input, parts = {}, waiting = 0, paused = false,
    on_message = handlers.on_message, on_end = handlers.on_end, pauses = handlers.pauses,
  }, connection)
  start_reading(self)
  return self
end

---Sends a message; `sent` is called when it has left. Nil and why, for a message that cannot be
---sent: JSON cannot say it, or it is too long.
function connection:send(message, sent)
  if self.closed or self.failed then return true end
  local line, problem = json.encode(message)
  if not line then return nil, problem end
  if #line > MOST_LINE then return nil, "a line is too long: more than 64 MB" end
  self.output:write(line .. "\n", function(failure)
    if failure then return self:close(failure) end
    if sent then sent() end
    pause(self)
  end)
  pause(self)
  return true
end

---Whether the other side is far behind in reading.
function connection:is_behind()
  if self.closed or self.failed then return false end
  return self.output:get_write_queue_size() > MOST_BACKLOG
end

---Says what is wrong with the other side, and closes.
function connection:fail(message)
  if self.closed or self.failed then return end
  self.input:read_stop()
  self:send({ event = "refused", message = message }, function() self:close(message) end)
  self.failed = true
end

function connection:close(reason)
  if self.closed then return end
  self.closed = true
  for _, stream in ipairs { self.input, self.output ~= self.input and self.output or nil } do
    if not stream:is_closing() then stream:close() end
  end
  if self.on_end then self.on_end(reason) end
end

local function try_to_open(path)
  local pipe, answer = uv.new_pipe(), nil
  pipe:connect(path, function(problem) answer = problem or true end)
  while not answer do uv.run "once" end
  if answer == true then return pipe end
  pipe:close()
  return nil, answer
end

---A stream connected to a Unix socket; nil and why not.
function connection.open(path)
  local pipe, problem = try_to_open(path)
  for _ = 1, TRIES do
    if problem ~= "EAGAIN" then break end
    uv.sleep(PAUSE) -- more want to connect than it can take at a time
    pipe, problem = try_to_open(path)
  end
  return pipe, problem
end

return connection
