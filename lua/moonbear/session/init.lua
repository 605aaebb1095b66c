-- The ranks' side of a session: requests of a host are lines of JSON (see front/host.lua). `run` is
-- for all ranks; rank 0 answers the others by itself, while all wait for the next `run`.
--
-- Called by all ranks with two functions of rank 0's, to read and to write a line; returns next(),
-- the function of the next chunk or nil at the end; show(...), for what it returned; and
-- answer(code, parted, failure), which ends the request on rank 0.

local core = require "moonbear.core"
local json = require "cjson"
local chunk = require "moonbear.session.chunk"
local commands = require "moonbear.session.commands"
local complete = require "moonbear.session.complete"
local help = require "moonbear.session.help"
local show = require "moonbear.session.show"

local read, write = ...
local DEFAULT_WIDTH <const> = 80

local function send(event) write(json.encode(event)) end

-- What rank 0 answers alone, by the name of the request.
local answers = {}

function answers.complete(request)
  return complete(request.code, request.cursor, _G)
end

function answers.inspect(request)
  local text = help.at(request.code, request.cursor, _G,
    math.tointeger(request.width) or DEFAULT_WIDTH, request.words)
  return { found = text ~= nil, text = text }
end

function answers.is_complete(request)
  local status, indent = chunk.status(request.code)
  return { status = status, indent = indent }
end

local function reply(request)
  local ok, answer = pcall(answers[request.op], request)
  if not ok then answer = { error = tostring(answer) } end
  answer.event, answer.id = "reply", request.id
  send(answer)
end

-- Rank 0: the next chunk to run.
local function wait_for_run()
  for line in read do
    local request = json.decode(line)
    if request.op == "run" then
      return request.id, request.code, math.tointeger(request.number),
        math.tointeger(request.width) or DEFAULT_WIDTH
    end
    if answers[request.op] then reply(request) end
  end
end

local session = {}
local running, width, started, value -- of the request that is being served

function session.next()
  local code, number
  running, code, number, width = core.ask("the prompt", wait_for_run)
  value, started = nil, core.now()
  if not running then return nil end
  if chunk.is_command(code) then return function() return commands.run(code, _G, width) end end
  local f, problem = chunk.compile(code, "=[" .. number .. "]")
  return f or error(problem, 0)
end

function session.show(...)
  local values = table.pack(...)
  if values.n > 0 then value = { text = show.text(values, width), html = show.html(values) } end
end

function session.answer(code, parted, failure)
  local status = code == 0 and "ok" or code == 130 and "interrupted" or "error"
  local message, traceback
  if failure then
    message, traceback = failure:match "^(.-)\n(stack traceback:.*)$"
    message = message or failure
  end
  send {
    event = "done", id = running, status = status, seconds = core.now() - started,
    value = value, parted = parted or nil,
    error = failure and { message = message, traceback = traceback },
  }
end

if core.rank() == 0 then send { event = "ready" } end
return session
