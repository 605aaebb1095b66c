-- Whether a terminal shows images as sixels: it is asked for its attributes (DA1), of which 4 says
-- so. One that does not answer within some tenths of a second does not.

local uv = require "luv"

local sixel = {}

local ASK <const>, MOST <const> = "\27[c", 200 -- bytes of an answer
local PATIENCE <const> = 3 -- tenths of a second

-- What a terminal in raw mode answers, as far as it comes in time.
local function answer()
  local said, tty = "", assert(uv.fs_open("/dev/tty", "r", 0)) -- one whose reads wait
  io.stdout:write(ASK)
  io.stdout:flush()
  while #said < MOST and not said:find "\27%[%?[%d;]*c" do
    local piece = uv.fs_read(tty, MOST)
    if not piece or piece == "" then break end
    said = said .. piece
  end
  uv.fs_close(tty)
  return said
end

---Whether the terminal of this process shows sixels.
---@return boolean
function sixel.is_known()
  local kind = os.getenv "TERM" or "dumb"
  if kind == "dumb" or uv.guess_handle(0) ~= "tty" or uv.guess_handle(1) ~= "tty" then
    return false
  end
  local pipe = io.popen "stty -g </dev/tty 2>/dev/null"
  local state = pipe and pipe:read "l"
  if pipe then pipe:close() end
  if not state or not state:find "^[%x:]+$" then return false end
  os.execute(("stty raw -echo min 0 time %d </dev/tty 2>/dev/null"):format(PATIENCE))
  local ok, said = pcall(answer)
  os.execute(("stty %s </dev/tty 2>/dev/null"):format(state))
  local attributes = ok and said:match "\27%[%?([%d;]*)c" or ""
  return (";" .. attributes .. ";"):find(";4;", 1, true) ~= nil
end

return sixel
