-- Runs gnuplot, on rank 0 alone: text of a script in, a picture out. gnuplot reads a file and
-- writes to a pipe, so that neither waits for the other; one that hangs is ended.

local check = require "moonbear.check"
local core = require "moonbear.core"

local popen, open, execute = io.popen, io.open, os.execute -- as they are without a script
local tmpname, remove, rename = os.tmpname, os.remove, os.rename

local gnuplot = {}

local PATIENCE <const> = 60 -- seconds
local MISSING <const>, LATE <const> = 69, 124 -- exit statuses

-- Exits with MISSING where there is no gnuplot; else with what it gives, or LATE.
local COMMAND <const> = "command -v gnuplot >/dev/null || exit %d; "
  .. "exec timeout -k 2 %d gnuplot -d '%s' 2>'%s' </dev/null"

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

local function write(path, text)
  local file, problem = open(path, "wb")
  if not file then return problem end
  local written, why = file:write(text)
  local closed, other = file:close()
  if not (written and closed) then return path .. ": " .. (why or other) end
end

local function first_line_of(path)
  local file <close> = open(path, "rb")
  for line in (file and file:read "a" or ""):gmatch "[^\n]+" do
    -- It repeats the line and points at a place before it says what is wrong.
    local said = line:match "line %d+: (.*)$"
    if said then return said end
  end
  return "no message"
end

-- The picture of a script; or nil and what is wrong.
local function draw(script)
  local path, errors = tmpname(), tmpname()
  local problem, picture, status = write(path, script), nil, nil
  if not problem then
    local pipe, why = popen(COMMAND:format(MISSING, PATIENCE, path, errors))
    if pipe then
      picture = pipe:read "a"
      status = select(3, pipe:close())
    end
    problem = why
  end
  if status == MISSING then
    problem = "pictures are drawn by gnuplot, which is not installed here (apt-get install "
      .. "gnuplot-nox)"
  elseif status == LATE then
    problem = ("gnuplot took longer than %d seconds"):format(PATIENCE)
  elseif status and (status ~= 0 or not picture or picture == "") then
    problem = ("gnuplot has failed with status %d: %s"):format(status, first_line_of(errors))
  end
  remove(path)
  remove(errors)
  if problem then return nil, problem end
  return picture
end

-- Writes a file beside its path, brings it to the disk and gives it its name; what is wrong.
local function publish(path, text)
  local part = path .. ".part"
  local problem = write(part, text)
  if not problem then
    execute(("sync %s 2>/dev/null"):format(quote(part)))
    local ok, why = rename(part, path)
    problem = not ok and why or nil
  end
  if problem then remove(part) end
  return problem
end

---What gnuplot writes for a script. Collective; the script is the same on all ranks. Raises where
---there is no gnuplot, naming Debian's package, and what it complains of.
---@param script string
---@return string
function gnuplot.draw(script)
  local picture, problem = core.ask("mb.plot", draw, script)
  if problem then check.blame("mb.plot: %s", problem) end
  return picture
end

---Writes what gnuplot writes for a script, or text as it is, to a file, which is there as a whole
---or not at all. Collective. Raises as gnuplot.draw does, and where the file cannot be written.
---@param path string
---@param script? string
---@param text? string
function gnuplot.save(path, script, text)
  local problem = core.ask("mb.plot", function(name, given)
    local picture, problem = text, nil
    if not text then picture, problem = draw(given) end
    return problem or publish(name, picture)
  end, path, script or text)
  if problem then check.blame("mb.plot: %s", problem) end
end

return gnuplot
