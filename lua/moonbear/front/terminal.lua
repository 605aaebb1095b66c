-- The front in a terminal: a prompt with editing, history and completion.

local edit = require "moonbear.edit"
local home = require "moonbear.session.home"
local layout = require "moonbear.session.layout"
local places = require "moonbear.front.places"
local script = require "moonbear.session.script"
local sixel = require "moonbear.front.sixel"
local uv = require "luv"

local terminal = {}
terminal.__index = terminal

local COMPLETION_WAIT <const> = 500 -- milliseconds

local function print_stream(event)
  local file = event.name == "stderr" and io.stderr or io.stdout
  file:write(event.text)
  file:flush()
end

-- A line that the next one takes the place of; no text wipes it. What the terminal is too narrow
-- for is cut off, since a line that it breaks could not be wiped.
local function print_progress(event)
  if uv.guess_handle(2) ~= "tty" then return end
  io.stderr:write("\r\27[K", (event.text or ""):sub(1, edit.width(2) - 1))
  io.stderr:flush()
end

-- An image where the terminal has them, else text.
local function print_picture(value)
  io.stdout:write(value.sixel or value.text, "\n")
  io.stdout:flush()
end

---The handlers of events that a terminal shows.
function terminal.handlers(watches)
  return {
    stream = print_stream,
    display = not watches and print_picture or nil,
    progress = print_progress,
    running = watches and function(event) print(("[%d]> %s"):format(event.number, event.code)) end,
    done = watches and function(event) terminal.show(event, true) end,
  }
end

-- A message, broken between words where a terminal is narrower; lines that begin with blanks are
-- pictures of code.
local function print_message(message, width)
  local lines = {}
  for line in (message .. "\n"):gmatch "(.-)\n" do
    if #line <= width or line:find "^%s" then
      lines[#lines + 1] = line
    else
      layout.wrap(lines, line, width)
    end
  end
  io.stderr:write(table.concat(lines, "\n"), "\n")
end

---Shows how a run has ended. What another front has asked for may be images that this one has not.
---Messages are broken into lines of a width, if one is given.
function terminal.show(event, of_another, width)
  if event.event == "refused" then return io.stderr:write("moonbear: ", event.message, "\n") end
  local value = event.value
  if value and value.sixel and not of_another then
    print_picture(value)
  elseif value and value.text then
    print(value.text)
  end
  local failure = event.error
  if failure then
    print_message(failure.message, width or math.huge)
    if failure.traceback then io.stderr:write(failure.traceback, "\n") end
  elseif event.status == "interrupted" then
    io.stderr:write "interrupted\n"
  end
  if event.parted then io.stderr:write "moonbear: variables may now differ between ranks\n" end
end

-- The candidates for what stands before the cursor, and how many bytes of it they replace.
local function complete(self, line, cursor)
  local before = table.concat(self.lines, "\n") .. (self.lines[1] and "\n" or "")
  local at = #before + cursor
  local request = { op = "complete", code = before .. line, cursor = at }
  local reply = self.client:ask(request, COMPLETION_WAIT)
  if not reply or not reply.matches then return {}, 0 end
  return reply.matches, at - (reply.start or at)
end

-- Serves events until a key has been pressed: "key", "interrupt", "resize", "resume" or "ended".
local function wait_for_key(self)
  self.event = nil
  self.keys:start("r", function() self.event = self.event or "key" end)
  while not self.event and not self.client.ended do uv.run "once" end
  self.keys:stop()
  return self.event or "ended"
end

---A terminal for a client.
function terminal.new(client)
  local self = setmetatable({ client = client, lines = {}, typed = {} }, terminal)
  -- libuv makes what it polls non-blocking, which standard output would share: it is opened anew.
  self.tty = assert(uv.fs_open("/proc/self/fd/0", "r", 0))
  self.keys = uv.new_poll(self.tty)
  self.interrupts, self.resizes = uv.new_signal(), uv.new_signal()
  self.interrupts:start("sigint", function()
    self.event = "interrupt"
    if self.busy then client:tell { op = "interrupt" } end
  end)
  self.resizes:start("sigwinch", function() self.event = self.event or "resize" end)
  self.resumes = uv.new_signal()
  self.resumes:start("sigcont", function() self.event = self.event or "resume" end)
  self.editor = edit.open {
    history = places.history(),
    input = self.tty,
    complete = function(line, cursor) return complete(self, line, cursor) end,
    wait = function() return wait_for_key(self) end,
  }
  return self
end

-- The next chunk: nil at the end of input, false when it was given up.
local function read_chunk(self)
  self.lines = {}
  repeat
    local line = self.editor:line(self.lines[1] and ">> " or "> ")
    if not line then return line end
    table.insert(self.lines, line)
    local code = table.concat(self.lines, "\n")
    if line:find "%S" then self.editor:remember(line) end
    local reply = self.client:ask { op = "is_complete", code = code }
  until not reply or reply.status ~= "incomplete"
  return table.concat(self.lines, "\n")
end

-- Commands that are the front's own; whether the chunk was one.
local commands = {}

function commands.quit(self) self.over = true end

function commands.save(self, path)
  local reply = path ~= "" and self.client:ask { op = "history" }
  if not reply then return io.stderr:write "usage: :save FILE\n" end
  local text = script(reply.chunks)
  if reply.forgotten > 0 then
    text = ("-- Without the first %d chunks of the session.\n%s"):format(reply.forgotten, text)
  end
  local problem = places.write(home(path, os.getenv "HOME"), text)
  if problem then return io.stderr:write("moonbear: cannot write ", problem, "\n") end
  print("saved: " .. path)
end

function commands.detach(self) self.over, self.detached = true, true end

local function run(self, code)
  local name, argument = code:match "^%s*:([%a-]+)%s*(.-)%s*$"
  local command = name and commands[name]
  if command then return command(self, argument) end
  -- It is asked when pictures are first spoken of: not all terminals answer at once.
  if self.image == nil and code:find "plot" then
    self.image = sixel.is_known() and "sixel"
  end
  self.busy = true
  local done = self.client:run(code, {
    width = self.editor:width(), height = self.editor:height(), image = self.image or nil,
  })
  self.busy = false
  local narrow = uv.guess_handle(2) == "tty"
  if done then terminal.show(done, false, narrow and self.editor:width() or nil) end
end

---Reads and runs chunks until the end of input, :quit or the end of the session.
function terminal:loop()
  while not self.over and not self.client.ended do
    local code = read_chunk(self)
    if code == nil then
      if not self.client.ended then print() end
      break
    elseif code and code:find "%S" then
      run(self, code)
    end
  end
  self:close()
end

function terminal:close()
  self.editor:close()
  for _, handle in ipairs { self.keys, self.interrupts, self.resizes, self.resumes } do
    handle:close()
  end
  uv.fs_close(self.tty)
end

return terminal
