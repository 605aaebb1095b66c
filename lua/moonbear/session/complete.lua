-- What may be typed next: names, fields, methods, columns, options, files and commands.
--
-- Rank 0 answers alone, while a line is edited: nothing here runs code of the session, asks an
-- object's metamethods or communicates.

local chunk = require "moonbear.session.chunk"
local commands = require "moonbear.session.commands"
local core = require "moonbear.core"
local docs = require "moonbear.session.docs"
local functions = require "moonbear.expression.functions"
local home = require "moonbear.session.home"
local lexer = require "moonbear.lexer"
local mb = require "moonbear"
local resolve = require "moonbear.session.resolve"

-- As they are without a script.
local popen, getenv, getmetatable = io.popen, os.getenv, debug.getmetatable

-- Matches given, and entries of a folder or table looked at; bytes of a name that is one to type.
local MOST_MATCHES <const>, MOST_ENTRIES <const>, LONGEST <const> = 500, 20000, 1000

---@class moonbear.Completion
---@field matches string[] in order
---@field start integer the bytes of the code before what a match replaces
---@field finish integer those before what follows it

-- Collects names that begin with a prefix, each once; with an underscore only when one is typed.
local Matches = {}
Matches.__index = Matches

local function new_matches(prefix)
  return setmetatable({ prefix = prefix, seen = {}, looked_at = 0 }, Matches)
end

function Matches:add(name)
  local prefix, seen = self.prefix, self.seen
  if #name > LONGEST or name:sub(1, #prefix) ~= prefix or seen[name] then return end
  if name:sub(1, 1) == "_" and prefix == "" then return end
  seen[name] = true
  self[#self + 1] = name
end

function Matches:add_identifier(name)
  if name:find "^[%a_][%w_]*$" and not lexer.keywords[name] then self:add(name) end
end

function Matches:add_keys(set)
  for name in next, set do self:add(name) end
end

-- The answer: the matches stand in for the last bytes before the cursor.
function Matches:answer(cursor)
  local list = table.move(self, 1, #self, 1, {})
  table.sort(list)
  for i = #list, MOST_MATCHES + 1, -1 do list[i] = nil end
  return { matches = list, start = cursor - #self.prefix, finish = cursor }
end

local function is_callable(value)
  if type(value) ~= "table" then return type(value) == "function" end
  local metatable = getmetatable(value)
  return type(metatable) == "table" and rawget(metatable, "__call") ~= nil
end

-- Fields after `.`, methods after `:`.
local function add_members(matches, thing, separator)
  if not thing then return end
  resolve.each_member(thing, function(name, value)
    matches.looked_at = matches.looked_at + 1
    if matches.looked_at > MOST_ENTRIES or rawequal(value, core) then return end
    if separator == "." or is_callable(value) then matches:add_identifier(name) end
  end)
end

-- Names that the code declares itself: after `local` and `for`, and a function's.
local function add_declared(matches, tokens, last)
  local declares = false
  for i = 1, last do
    local token = tokens[i]
    local word = token.text
    if token.kind == "name" and not lexer.keywords[word] then
      if declares then matches:add(word) end
    elseif word == "local" or word == "for" or word == "function" then
      declares = true
    elseif word ~= "," and word ~= "(" then
      declares = false
    end
  end
end

-- Names of options, where a table of them may begin with one.
local function add_options(matches, tokens, i, env)
  local before = tokens[i - 1]
  if not before or (before.text ~= "{" and before.text ~= ",") then return end
  local open = resolve.open_bracket(tokens, i - 1)
  if not open or tokens[open].text ~= "{" then return end
  local thing = resolve.called_at(tokens, i, env)
  local doc = thing and resolve.doc(thing)
  for _, name in ipairs(doc and docs.options(doc) or {}) do matches:add(name .. " = ") end
end

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- Files, and folders with a slash behind them; what is typed of a command may begin with `~`.
local function add_files(matches, of_command)
  local folder = matches.prefix:match "^.*/" or ""
  local hidden = matches.prefix:find "^%.[^/]*$" or matches.prefix:find "/%.[^/]*$"
  local listing = popen(("ls -1Ap -- %s 2>/dev/null | head -n %d"):format(
    quote(folder == "" and "." or of_command and home(folder, getenv "HOME") or folder),
    MOST_ENTRIES))
  if not listing then return end
  for name in listing:lines() do
    if hidden or name:sub(1, 1) ~= "." then matches:add(folder .. name) end
  end
  listing:close()
end

local takes_file = {
  [mb.read_hdf] = true, [mb.scan_hdf] = true, [mb.ls_hdf] = true, [mb.read_csv] = true,
  [mb.read_zeek] = true, [mb.read_nfdump] = true, [mb.read_jsonl] = true,
  [dofile] = true, [loadfile] = true,
  [io.open] = true, [io.lines] = true, [mb.read_parquet] = true, [mb.ls_parquet] = true,
  [mb.scan_parquet] = true, [mb.scan_csv] = true, [mb.load] = true, [mb.save] = true,
  [mb.file_kind] = true,
}
local takes_expression = { where = true, with = true }
local takes_column = { select = true, drop = true, column = true, sort_by = true, group_by = true,
  join = true, join_asof = true }

-- Words of an expression string: columns and functions.
local function expression_matches(thing, text)
  local matches = new_matches(text:match "[%a_][%w_]*$" or "")
  if text:sub(1, #text - #matches.prefix):find "%$$" then return matches end
  matches:add_keys(resolve.columns(thing))
  for _, name in ipairs(functions.names()) do matches:add(name) end
  for word in ("and or not in true false null"):gmatch "%a+" do matches:add(word) end
  return matches
end

local function column_matches(thing, text)
  local columns = resolve.columns(thing)
  local matches = new_matches(columns[text] == nil and text:match "^%-?(.*)$" or text)
  matches:add_keys(columns)
  return matches
end

-- Keys in brackets.
local function index_matches(thing, text)
  if not thing or thing.class then return column_matches(thing, text) end
  local matches = new_matches(text)
  resolve.each_member(thing, function(name) matches:add(name) end)
  return matches
end

-- What may stand in the string, the argument of a function of moonbear.
local function argument_matches(thing, text)
  local class, name = (thing.name or ""):match "^(%a+):(.*)$"
  local of_columns = class == "Frame" or class == "Scan"
  local called = thing.class == "Frame" or thing.class == "Scan"
  if called or of_columns and takes_expression[name] then
    return expression_matches(thing.owner or thing, text)
  elseif class == "Grouping" or of_columns and takes_column[name] then
    return column_matches(thing.owner, text)
  elseif rawequal(thing.value, mb.expr) then
    return expression_matches(nil, text)
  end
end

-- Inside the string that is the last token.
local function string_matches(tokens, env)
  local token, before = tokens[#tokens], tokens[#tokens - 1]
  local text = token.text:gsub("^%[=*%[", "", 1):gsub("^[\"']", "", 1)
  if before and before.text == "[" then
    return index_matches(resolve.ending_at(tokens, #tokens - 2, env), text)
  end
  local thing = resolve.ending_at(tokens, #tokens - 1, env)
    or resolve.called_at(tokens, #tokens, env)
  local matches = thing and argument_matches(thing, text)
  if matches then return matches end
  matches = new_matches(text)
  if text:find "/" or thing and takes_file[thing.value] then add_files(matches) end
  return matches
end

-- Where a name is typed, or may be.
local function name_matches(tokens, before, env)
  local last = tokens[#tokens]
  local typing = last and last.kind == "name" and last.at + #last.text - 1 == #before
  if last and last.kind == "number" and last.at + #last.text - 1 == #before then
    return new_matches ""
  end
  local matches, at = new_matches(typing and last.text or ""), typing and #tokens or #tokens + 1
  local separator = tokens[at - 1] and tokens[at - 1].text
  if separator == "." or separator == ":" then
    add_members(matches, resolve.ending_at(tokens, at - 2, env), separator)
    return matches
  end
  add_options(matches, tokens, at, env)
  if not typing then return matches end
  add_declared(matches, tokens, at - 1)
  add_members(matches, { value = env }, ".")
  matches:add_keys(lexer.keywords)
  return matches
end

local function lua_matches(before, env)
  local tokens = lexer.tokens(before)
  local last = tokens[#tokens]
  if last and last.open then
    return last.kind == "string" and string_matches(tokens, env) or new_matches ""
  end
  return name_matches(tokens, before, env)
end

-- A command's name, the file that it takes, or Lua behind it.
local function command_matches(before, env)
  local mark, name = before:match "^%s*([:%%])%%?([%w_%-]*)$"
  if mark then
    local matches = new_matches(name)
    matches:add_keys(commands.described(mark))
    return matches
  end
  local word, rest = before:match "^%s*[:%%]%%?([%a-]+)%s+(.*)$"
  if word and word:find "^load" or word and word:find "^save" then
    local matches = new_matches(rest)
    add_files(matches, true)
    return matches
  end
  return lua_matches(rest or before:match "^%s*%?+%s*(.*)$" or "", env)
end

---What may stand at the cursor, as in Jupyter. Rank 0 alone.
---@param code string
---@param cursor integer the bytes of the code before it
---@param env table the globals
---@return moonbear.Completion
local function complete(code, cursor, env)
  local before = code:sub(1, cursor)
  local is_command = chunk.is_command(code) or code:find "^%s*%%%%?$"
  local find = is_command and command_matches or lua_matches
  return find(before, env):answer(#before)
end

return complete
