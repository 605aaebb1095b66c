-- The plain prompt: the source of chunks (src/bind/session/prompt.h) that are lines of standard
-- input, as every rank reads them. Called with read(prompt), which gives the next line, and show.

local read, show = ...
local find, gsub, load, rawget, rawset = string.find, string.gsub, load, rawget, rawset
local require, tostring = require, tostring

-- The first chunk makes the module a global, unless there is one.
local function begin()
  if rawget(_G, "mb") == nil then rawset(_G, "mb", require "moonbear") end
end

-- The next line, after what a script may have set to be shown before it.
local function ask(global, otherwise)
  local prompt = _G[global]
  return read(prompt == nil and otherwise or tostring(prompt))
end

local function compile(text)
  return load(text, "=stdin", "t")
end

-- The function of a chunk that begins with a line, which is read on while it is not complete.
local function complete(text)
  local f, problem = (compile("return " .. text))
  if f then return f end
  repeat
    f, problem = compile(text)
    local line = not f and find(problem, "<eof>$") and ask("_PROMPT2", ">> ")
    text = line and text .. "\n" .. line
  until not line
  return f, problem
end

local lines = { show = show }

function lines.next()
  if begin then
    local first = begin
    begin = nil
    return first
  end
  local line = ask("_PROMPT", "> ")
  if line then return complete((gsub(line, "^=", "return ", 1))) end
end

return lines
