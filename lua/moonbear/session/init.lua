-- The ranks' side of a session: requests of a host are lines of JSON (see front/host.lua). `run` is
-- for all ranks; rank 0 answers the others by itself, while all wait for the next `run`.
--
-- The source of the chunks (src/bind/session/prompt.h), made by all ranks of rank 0's read(), which
-- gives the next line, and write(line); and of listen(signals), which says that interrupts are for
-- the chunk that comes, but for those that the host has sent before.

-- Nobody can type what a chunk reads: standard input is empty, which says so, before others take
-- these functions up.
for _, name in ipairs { "read", "lines" } do
  local f = io[name]
  rawset(io, name, function(...)
    if io.input() == io.stdin and (name == "read" or ... == nil) then
      error(("io.%s: there is no input to read in a session"):format(name), 2)
    end
    return f(...)
  end)
end

local core = require "moonbear.core"
local json = require "cjson"
local chunk = require "moonbear.session.chunk"
local commands = require "moonbear.session.commands"
local warn_of_compared = require "moonbear.session.compared"
local complete = require "moonbear.session.complete"
local help = require "moonbear.session.help"
local lexer = require "moonbear.lexer"
local mend_of = require "moonbear.mends"
local picture = require "moonbear.plot.picture"
local show = require "moonbear.session.show"

local read, write, listen = ...
local DEFAULT_WIDTH <const> = 80

local MOST_TEXT <const> = 4 << 20 -- bytes of a text, which JSON may make six times as long

local function send(event) write(json.encode(event)) end

-- A text that a line can hold; nil for nil.
local function cut(text)
  if not text or #text <= MOST_TEXT then return text end
  return ("%s\n... (%d bytes in all)"):format(text:sub(1, MOST_TEXT), #text)
end

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
  if not ok then answer = { error = cut(tostring(answer)) } end
  answer.event, answer.id = "reply", request.id
  send(answer)
end

local session = {}
local width, started, value, image -- of the request that is being served

-- What the next request to run says, after how many signals of the host; nothing at the end.
local function wait()
  for line in read do
    local request, whole = json.decode(line), math.tointeger
    if request.op == "run" then
      return whole(request.signals), request.code, whole(request.number), whole(request.width),
        whole(request.height), request.image
    elseif answers[request.op] then
      reply(request)
    end
  end
end

-- For a name alone that no global has, but something near it: a function that says so.
local function missing_global(code)
  local name = code:match "^%s*=?%s*([%a_][%w_]*)%s*$"
  local mend = name and rawget(_G, name) == nil and not lexer.keywords[name] and mend_of(name)
  return mend and function() error(("there is no global '%s'; %s"):format(name, mend), 0) end
end

function session.next()
  local signals, code, number, given_width, height, form = core.ask("the prompt", wait)
  if not code then return nil end
  listen(signals)
  width, value, started = given_width or DEFAULT_WIDTH, nil, core.now()
  core.width, core.height = width, height
  image = (form == "png" or form == "sixel") and form or nil -- how the front shows pictures
  core.barrier() -- all ranks hear an interrupt by now: the host may send one
  if core.rank() == 0 then send { event = "started" } end
  local command, name = commands.parse(code, width), ("=[%d]"):format(number)
  if command then return command end
  local f = chunk.compile(code, name)
  core.sources[name] = code
  core.warn_of_masks(code, name)
  warn_of_compared(code, name, _G)
  return missing_global(code) or f
end

-- What a front shows of a picture: an image of the kind that it has asked for.
local function shown(of)
  local bytes = picture.image(of, image)
  if core.rank() ~= 0 then return nil end
  return {
    text = cut(picture.describe(of)), png = image == "png" and show.base64(bytes) or nil,
    sixel = image == "sixel" and bytes or nil, -- plain ASCII
  }
end

-- Shows a picture before its chunk has ended.
function core.display(of)
  if not image then return print(tostring(of)) end
  local event = shown(of)
  if not event then return end
  event.event = "display"
  send(event)
end

function session.show(...)
  if select("#", ...) == 0 then return end
  if image and select("#", ...) == 1 and picture.is_picture((...)) then
    value = shown((...))
    return
  end
  local html = show.html(...)
  value = { text = cut(show.text(width, ...)), html = html and #html <= MOST_TEXT and html or nil }
end

-- A message and its traceback without our own frames; none where it tells no more than the message.
local function split_failure(failure)
  local message, frames = failure:match "^(.-)\nstack traceback:(.*)$"
  if not message then return { message = cut(failure) } end
  local lines, tells = { "stack traceback:" }, false
  for frame in frames:gmatch "\n([^\n]+)" do
    if not frame:find "^%s+%[moonbear[/.]" and not frame:find "^%s+%(%.%.%.tail calls" then
      lines[#lines + 1] = frame
      tells = tells or not (frame:find "^%s+%[C%]" or frame:find "in main chunk$")
    end
  end
  return { message = cut(message), traceback = tells and cut(table.concat(lines, "\n")) or nil }
end

function session.answer(code, parted, failure)
  send {
    event = "done", seconds = core.now() - started, value = value,
    status = code == 0 and "ok" or code == 130 and "interrupted" or "error",
    parted = parted or nil, error = failure and split_failure(failure),
  }
end

local function process()
  local file <close> = io.open "/proc/self/stat"
  return file and math.tointeger(file:read "n") or 0
end

if core.rank() == 0 then send { event = "ready" } end
-- While the front greets:
local moonbear, processes = require "moonbear", {}
_G.mb = _G.mb or moonbear
for rank = 1, core.size() do processes[rank] = moonbear.on_rank(rank - 1, process) end
if core.rank() == 0 then send { event = "processes", processes = processes } end
return session
