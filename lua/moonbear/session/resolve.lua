-- What an expression stands for, as far as that can be told without running any of it: by looking
-- names up, by the kinds of the engine's objects, and by what documented functions return.
-- Nothing here is collective.

local core = require "moonbear.core"
local check = require "moonbear.check"
local docs = require "moonbear.session.docs"
local frame = require "moonbear.frame"
local geo = require "moonbear.geo"
local group = require "moonbear.group"
local lexer = require "moonbear.lexer"
local picture = require "moonbear.plot.picture"
local stream = require "moonbear.stream"

local getmetatable = debug.getmetatable -- a script's own is not asked

local resolve = {}

---What an expression stands for: a value, or only the class of it.
---@class moonbear.Thing
---@field value any nil when it is not known
---@field class? string "Column", "Frame", "Grouping", "Picture", "Geo", "string", or one of scans
---@field like? moonbear.Frame what has the same columns, with other rows
---@field name? string of the documentation, when it is a method
---@field owner? moonbear.Thing whose method it is

local methods = {
  Column = core.column_methods, Frame = frame.methods, Grouping = group.methods, string = string,
  Picture = picture.methods, Geo = geo.methods,
  Scan = stream.methods.Scan, ScanGrouping = stream.methods.ScanGrouping,
  ScanColumn = {}, -- its own, and those of columns in memory that stream
}
for name, method in pairs(core.column_methods) do
  if stream.has(name) then methods.ScanColumn[name] = method end
end
for name, method in pairs(stream.methods.ScanColumn) do methods.ScanColumn[name] = method end

-- The methods of a class; kernels may have been registered since.
local function methods_of(class)
  for _, kernel in ipairs(class == "ScanColumn" and core.kernels() or {}) do
    local streams = not kernel.reduces
    if streams then methods.ScanColumn[kernel.name] = core.column_methods[kernel.name] end
  end
  return methods[class]
end

local has_columns = { Frame = true, Scan = true }

-- Indices followed from a table to its metatable's.
local MOST_INDICES <const> = 20

---A value as a thing. Not collective.
---@param value any
---@return moonbear.Thing
function resolve.thing(value)
  local class
  if check.is_column(value) then
    class = "Column"
  elseif frame.is_frame(value) then
    class = "Frame"
  elseif type(value) == "table" and rawequal(getmetatable(value), group.methods) then
    class = "Grouping"
  elseif picture.is_picture(value) then
    class = "Picture"
  elseif check.class(value) == "database" then
    class = "Geo"
  elseif type(value) == "string" then
    class = "string"
  else
    class = stream.class(value)
  end
  return { value = value, class = class }
end

---The columns of a frame that is known, by name; else an empty table. Not collective.
---@param thing moonbear.Thing?
---@return table<string, moonbear.Column>
function resolve.columns(thing)
  local columns = {}
  local of = thing and (thing.value or thing.like)
  if thing and thing.class == "Grouping" and of then of = rawget(of, "_frame") end
  if frame.is_frame(of) then
    for name, column in frame.methods.each(of) do columns[name] = column end
  end
  for name, column in next, stream.columns(of) do columns[name] = column end
  return columns
end

-- The tables that a value's fields are found in, in order.
local function tables_of(value)
  local tables = {}
  for _ = 1, MOST_INDICES do
    if type(value) == "table" then tables[#tables + 1] = value end
    local metatable = getmetatable(value)
    value = type(metatable) == "table" and rawget(metatable, "__index") or nil
    if type(value) ~= "table" then break end
  end
  return tables
end

---Visits what may follow a `.` or `:`: `visit(name, value)`. Not collective.
---@param thing moonbear.Thing
---@param visit fun(name: string, value: any)
function resolve.each_member(thing, visit)
  local moment = core.moment_kind(thing.value)
  local known = methods_of(thing.class) or moment and core[moment .. "_methods"]
  for name, value in next, known or {} do visit(name, value) end
  for name, column in next, resolve.columns(has_columns[thing.class] and thing or nil) do
    if not known[name] then visit(name, column) end
  end
  if known then return end
  for _, fields in ipairs(tables_of(thing.value)) do
    for name, value in next, fields do
      if type(name) == "string" then visit(name, value) end
    end
  end
end

---What follows a `.` or `:` by this name; nil when it is not known. Not collective.
---@param thing moonbear.Thing
---@param name string
---@return moonbear.Thing?
function resolve.member(thing, name)
  local known = methods_of(thing.class)
  if known then
    if known[name] ~= nil then
      local streams = thing.class == "ScanColumn" and not stream.methods.ScanColumn[name]
      local class = streams and "Column" or thing.class
      return { value = known[name], name = class .. ":" .. name, owner = thing }
    end
    local column = resolve.columns(has_columns[thing.class] and thing or nil)[name]
    return column and (thing.value and resolve.thing(column) or { class = "Column" })
  end
  for _, fields in ipairs(tables_of(thing.value)) do
    local value = rawget(fields, name)
    if value ~= nil then return resolve.thing(value) end
  end
end

---What is documented of a thing: what is said of itself, or of its class. Rank 0 alone.
---@param thing moonbear.Thing
---@return moonbear.Doc?
---@return string? arguments as docs.of
function resolve.doc(thing)
  if thing.name then return docs.named(thing.name) end
  if thing.class then return docs.named(thing.class) end
  return docs.of(thing.value)
end

local function with_other_rows(thing)
  return { class = thing.class, like = thing.value or thing.like }
end

-- Methods of frames that choose rows.
local chooses_rows = {}
for name in ("where head tail sort_by"):gmatch "%S+" do chooses_rows["Frame:" .. name] = true end

-- What a call gives: as it is documented.
local function result(thing)
  if thing.class == "Frame" then return { class = "Column" } end -- frame "a + b"
  if chooses_rows[thing.name] then return with_other_rows(thing.owner) end
  local doc = resolve.doc(thing)
  local returned = doc and doc.returns[1] and doc.returns[1].type
  local class = returned and (returned:match "^moonbear%.(%w+)%f[^%w]" or returned:match "^string$")
  return methods[class] and { class = class } or nil
end

-- What an index in brackets gives.
local function indexed(thing, tokens, first, last)
  local only = last == first and tokens[first]
  local name = only and only.kind == "string" and only.text:match "^[\"'](.*)[\"']$"
  if name and thing.class ~= "Column" then return resolve.member(thing, name) end
  if thing.class == "Frame" or thing.class == "Column" then
    return not (only and only.kind == "number") and with_other_rows(thing) or nil
  end
  local number = only and tonumber(only.text)
  local value = type(thing.value) == "table" and number and rawget(thing.value, number)
  return value and resolve.thing(value)
end

local opening = { [")"] = "(", ["]"] = "[", ["}"] = "{" }

-- The bracket that opens what one closes.
local function matching(tokens, i)
  local depth = 0
  for k = i, 1, -1 do
    local text = tokens[k].kind == "symbol" and tokens[k].text
    if opening[text] then depth = depth + 1 end
    if text == "(" or text == "[" or text == "{" then depth = depth - 1 end
    if depth == 0 then return k end
  end
end

local function is_name(token)
  return token and token.kind == "name" and not lexer.keywords[token.text]
end

-- Whether a call or an index may follow.
local function ends_prefix(token)
  return is_name(token) or token and (token.text == ")" or token.text == "]" or token.text == "}"
    or token.kind == "string")
end

local step -- as below

-- The thing that ends at token i, with everything in a chain before it.
local function chain(tokens, i, env)
  local token = tokens[i]
  if not token then return nil, i end
  if is_name(token) then return step.name(tokens, i, env) end
  if token.kind == "string" then return step.string(tokens, i, env) end
  if opening[token.text] then return step.bracket(tokens, i, env) end
  return nil, i
end

step = {}

function step.name(tokens, i, env)
  local before = tokens[i - 1]
  if before and (before.text == "." or before.text == ":") then
    local thing, first = chain(tokens, i - 2, env)
    return thing and resolve.member(thing, tokens[i].text), first
  end
  return resolve.member({ value = env }, tokens[i].text), i
end

function step.string(tokens, i, env)
  if not ends_prefix(tokens[i - 1]) then return resolve.thing(tokens[i].text), i end
  local thing, first = chain(tokens, i - 1, env)
  return thing and result(thing), first
end

function step.bracket(tokens, i, env)
  local open = matching(tokens, i)
  if not open then return nil, i end
  if ends_prefix(tokens[open - 1]) then
    local thing, first = chain(tokens, open - 1, env)
    if not thing then return nil, first end
    if tokens[i].text == "]" then return indexed(thing, tokens, open + 1, i - 1), first end
    return result(thing), first
  end
  local thing, first = chain(tokens, i - 1, env)
  return tokens[i].text == ")" and first == open + 1 and thing or nil, open
end

---The bracket that is open at a token; nil when there is none. Not collective.
---@param tokens moonbear.LuaToken[]
---@param i integer
---@return integer?
function resolve.open_bracket(tokens, i)
  local depth = 0
  for k = i, 1, -1 do
    local text = tokens[k].kind == "symbol" and tokens[k].text
    if opening[text] then depth = depth + 1 end
    if text == "(" or text == "[" or text == "{" then
      if depth == 0 then return k end
      depth = depth - 1
    end
  end
end

---What is called with the argument that begins at token i, or with a list or a table of options in
---which it does; nil when that cannot be told. Rank 0 alone.
---@param tokens moonbear.LuaToken[]
---@param i integer
---@param env table
---@return moonbear.Thing?
function resolve.called_at(tokens, i, env)
  local open = resolve.open_bracket(tokens, i - 1)
  local before = open and tokens[open].text == "{" and tokens[open - 1]
  if before and (before.text == "(" or before.text == ",") then
    open = resolve.open_bracket(tokens, open - 1)
  end
  if open and tokens[open].text ~= "[" then return resolve.ending_at(tokens, open - 1, env) end
end

---What the expression stands for whose last token is this one, with all that is chained to it by
---`.`, `:`, calls and indices; nil when that cannot be told. Rank 0 alone.
---@param tokens moonbear.LuaToken[]
---@param last integer
---@param env table the globals
---@return moonbear.Thing?
---@return integer first token of the expression
function resolve.ending_at(tokens, last, env)
  return chain(tokens, last, env)
end

---What a whole expression stands for. Rank 0 alone.
---@param text string
---@param env table
---@return moonbear.Thing?
function resolve.expression(text, env)
  local tokens = lexer.tokens(text)
  local thing, first = chain(tokens, #tokens, env)
  return first == 1 and thing or nil
end

return resolve
