-- One end of a conversation in lines of JSON over a libuv stream: see host.lua for what is said.

local json = require "cjson.safe"
local uv = require "luv"

local connection = {}
connection.__index = connection

local MOST_LINE <const> = 64 << 20 -- bytes

-- Hands whole lines in a piece of input to self.on_message; raises nothing.
local function take(self, piece)
  local from = 1
  while not self.closed do
    local stop = piece:find("\n", from, true)
    if not stop then break end
    self.parts[#self.parts + 1] = piece:sub(from, stop - 1)
    local line = table.concat(self.parts)
    self.parts, self.waiting, from = {}, 0, stop + 1
    local message = json.decode(line)
    if type(message) == "table" then
      self.on_message(message)
    else
      self:fail "this is not a line of JSON"
    end
  end
  self.parts[#self.parts + 1] = piece:sub(from)
  self.waiting = self.waiting + #piece - from + 1
  if self.waiting > MOST_LINE then self:fail "a line is too long" end
end

---@param input userdata a stream to read from, and to write to unless there is an output
---@param handlers table on_message(message), on_end(reason)
---@param output userdata?
function connection.new(input, handlers, output)
  local self = setmetatable({
    input = input, output = output or input, parts = {}, waiting = 0,
    on_message = handlers.on_message, on_end = handlers.on_end,
  }, connection)
  input:read_start(function(problem, piece)
    if piece then take(self, piece) else self:close(problem) end
  end)
  return self
end

---Sends a message; `sent` is called when it has left.
function connection:send(message, sent)
  if self.closed then return end
  self.output:write(json.encode(message) .. "\n", function(problem)
    if problem then self:close(problem) elseif sent then sent() end
  end)
end

---Bytes that wait to be sent.
function connection:backlog()
  return self.closed and 0 or self.output:get_write_queue_size()
end

---Says what is wrong with the other side, and closes.
function connection:fail(message)
  self:send({ event = "refused", message = message }, function() self:close(message) end)
  if not self.closed then self.input:read_stop() end
end

function connection:close(reason)
  if self.closed then return end
  self.closed = true
  for _, stream in ipairs { self.input, self.output ~= self.input and self.output or nil } do
    if not stream:is_closing() then stream:close() end
  end
  if self.on_end then self.on_end(reason) end
end

---A stream connected to a Unix socket; nil and why not.
function connection.open(path)
  local pipe, answer = uv.new_pipe(), nil
  pipe:connect(path, function(problem) answer = problem or true end)
  while not answer do uv.run "once" end
  if answer == true then return pipe end
  pipe:close()
  return nil, answer
end

return connection
