-- Help at the prompt: what something is, and what the sources say of it. Rank 0 answers alone.

local describe = require "moonbear.session.describe"
local docs = require "moonbear.session.docs"
local foreign_names = require "moonbear.names"
local layout = require "moonbear.session.layout"
local lexer = require "moonbear.lexer"
local original = require("moonbear.public").original
local resolve = require "moonbear.session.resolve"

local getinfo = debug.getinfo

local help = {}

local WIDTH <const>, MOST_FOUND <const> = 80, 40

-- Lua's own functions by value, with their names in its manual.
local manual = {}
for _, library in ipairs { "coroutine", "debug", "io", "math", "os", "string", "table", "utf8" } do
  for name, f in next, _G[library] do manual[f] = library .. "." .. name end
end
for name in ([[assert collectgarbage dofile error getmetatable ipairs load loadfile next pairs pcall
  print rawequal rawget rawlen rawset require select setmetatable tonumber tostring type warn
  xpcall]]):gmatch "%a+" do
  manual[_G[name]] = name
end

-- "mb.range(first, last, [step])".
local function signature(doc)
  local optional = {}
  for _, param in ipairs(doc.params) do optional[param.name] = param.optional end
  local arguments = (doc.arguments or ""):gsub("[%a_][%w_]*", function(name)
    return optional[name] and "[" .. name .. "]" or nil
  end)
  return (doc.name or "") .. arguments
end

local function described(kind, text, optional)
  local words = optional and kind .. ", optional" or kind
  return text == "" and words or words .. ": " .. text
end

local function parameters(doc)
  local items = {}
  for _, list in ipairs { doc.params, doc.fields } do
    for _, it in ipairs(list) do
      items[#items + 1] = { it.name, described(it.type, it.text, it.optional) }
    end
  end
  for _, it in ipairs(doc.returns) do items[#items + 1] = { "->", described(it.type, it.text) } end
  return items
end

-- What the sources say: a signature, the description, parameters and results.
local function add_doc(lines, doc, width)
  if doc.arguments then layout.wrap(lines, signature(doc), width, 4) end
  if doc.arguments and #doc.text > 0 then lines[#lines + 1] = "" end
  layout.text(lines, doc.text, width)
  local items = parameters(doc)
  if #items > 0 and #lines > 0 then lines[#lines + 1] = "" end
  layout.items(lines, items, width)
end

-- The methods of a class, in order.
local function add_methods(lines, class, width)
  local names = {}
  for _, doc in ipairs(docs.list()) do
    local name = doc.name:match("^" .. class .. ":(.*)$")
    if name then names[#names + 1] = name end
  end
  if #names == 0 then return end
  table.sort(names)
  lines[#lines + 1] = ""
  layout.wrap(lines, "Methods: " .. table.concat(names, ", "), width, 2)
end

local function add_manual(lines, name, width)
  local place = "https://www.lua.org/manual/5.4/manual.html#pdf-" .. name
  layout.wrap(lines, ("%s is Lua's own: %s"):format(name, place), width)
end

-- A function of which nothing is said.
local function add_function(lines, name, f, arguments)
  local info = getinfo(original(f), "S")
  lines[#lines + 1] = name .. (arguments or "(...)")
  if info.what ~= "C" then
    lines[#lines + 1] = ("a function at %s:%d"):format(info.short_src, info.linedefined)
  end
end

local function with_name(doc, name)
  if doc.name then return doc end
  local copy = { name = name }
  for key, value in pairs(doc) do copy[key] = value end
  return copy
end

-- What is told of a thing that an expression stands for.
local function add_thing(lines, name, thing, width)
  local value, class = thing.value, thing.class
  if class and class ~= "string" then
    if value ~= nil then describe(lines, name, thing, width) end
    if value ~= nil then lines[#lines + 1] = "" end
    add_doc(lines, docs.named(class), width)
    return add_methods(lines, class, width)
  end
  local doc, arguments = resolve.doc(thing)
  if manual[value] then
    add_manual(lines, manual[value], width)
  elseif doc then
    add_doc(lines, with_name(doc, name), width)
  elseif type(value) == "function" then
    add_function(lines, name, value, arguments)
  else
    describe(lines, name, thing, width)
  end
end

-- The first sentence of a description.
local function summary(doc)
  local text = table.concat(doc.text, " ")
  return text:match "^(.-%.)%s" or text
end

-- What has this name, as a method or in a module: "sum", "mb.range", "Column.sum".
local function named(name)
  local exact = docs.named(name) or docs.named((name:gsub("%.([%w_]+)$", ":%1")))
  if exact then return { exact } end
  local found = {}
  for _, doc in ipairs(docs.list()) do
    if doc.name:match "[%w_]+$" == name and not doc.name:find "^mb%.math" then
      found[#found + 1] = doc
    end
  end
  return found
end

-- A line for each: what it is called, and its first sentence as far as it fits.
local function add_list(lines, list, width)
  for i, doc in ipairs(list) do
    if i > MOST_FOUND then
      lines[#lines + 1] = ("... and %d more"):format(#list - MOST_FOUND)
      return
    end
    local line = ("%s  %s"):format(signature(doc), summary(doc))
    lines[#lines + 1] = #line > width and line:sub(1, width - 3) .. "..." or line
  end
end

local function finish(lines)
  return #lines > 0 and table.concat(lines, "\n") or nil
end

-- What a name is called here that others have for something.
local function add_foreign(lines, name)
  for _, kind in ipairs { "frame", "column", "grouping", "mb" } do
    if foreign_names.is_foreign(kind, name) then
      local mend = foreign_names.mend(kind, name, {}):sub(3)
      lines[#lines + 1] = ("%s has no '%s'; %s"):format(kind == "mb" and kind or "a " .. kind, name,
        mend)
    end
  end
end

---What there is to say of an expression, as `c:value_counts`, `mb.read_hdf`, `flows`, or of a name
---of a method or class; nil when there is nothing. The expression is not run. Rank 0 alone.
---@param text string
---@param env table the globals
---@param width? integer of the terminal; 80 unless told
---@return string?
function help.text(text, env, width)
  local lines, name = {}, text:match "^%s*(.-)[%s()]*$"
  width = width or WIDTH
  local thing = resolve.expression(name, env)
  if thing then
    add_thing(lines, name, thing, width)
    return finish(lines)
  end
  local found = named(name)
  if #found == 0 then found = named(name:match "[%w_]*$") end
  if #found == 1 then
    add_doc(lines, found[1], width)
    if found[1].class then add_methods(lines, found[1].name, width) end
  elseif lexer.keywords[name] then
    local place = "https://www.lua.org/manual/5.4/manual.html#9"
    layout.wrap(lines, ("%s is a word of Lua: %s"):format(name, place), width)
  else
    add_list(lines, found, width)
    if #found == 0 then add_foreign(lines, name:match "[%w_]*$") end
  end
  return finish(lines)
end

-- All that is said of it.
local function words_of(doc)
  local words = { table.concat(doc.text, " ") }
  for _, list in ipairs { doc.params, doc.fields, doc.returns } do
    for _, it in ipairs(list) do
      words[#words + 1] = ("%s %s %s"):format(it.name or "", it.type, it.text)
    end
  end
  return table.concat(words, " ")
end

-- How well it matches: by its name before by its text; nil when it does not.
local function relevance(doc, word)
  if doc.name:lower():find(word, 1, true) then return 1 end
  if words_of(doc):lower():find(word, 1, true) then return 2 end
end

---What has a word in its name or its description, a line each; nil when nothing has. Rank 0 alone.
---@param word string
---@param width? integer 80 unless told
---@return string?
function help.search(word, width)
  local found, lines, order = {}, {}, {}
  word = word:match "^%s*(.-)%s*$":lower()
  if word == "" then return nil end
  for i, doc in ipairs(docs.list()) do
    order[doc] = i + #docs.list() * (relevance(doc, word) or 0)
    if relevance(doc, word) then found[#found + 1] = doc end
  end
  table.sort(found, function(a, b) return order[a] < order[b] end)
  add_list(lines, found, width or WIDTH)
  return finish(lines)
end

-- The token that a cursor is in or behind.
local function token_at(tokens, cursor)
  for i = #tokens, 1, -1 do
    local token = tokens[i]
    if token.at - 1 <= cursor then return i, cursor < token.at + #token.text end
  end
  return 0, false
end

---What there is to say of what stands at a cursor, or of the function whose arguments are typed
---there, as Jupyter inspects; nil when there is nothing. Rank 0 alone.
---@param code string
---@param cursor integer the bytes of the code before it
---@param env table the globals
---@param width? integer 80 unless told
---@param words? boolean search for the word there, in all names and descriptions
---@return string?
function help.at(code, cursor, env, width, words)
  local tokens = lexer.tokens(code)
  local i, inside = token_at(tokens, cursor)
  if tokens[i] and tokens[i].kind ~= "name" and cursor == tokens[i].at - 1 then i = i - 1 end
  local token = tokens[i]
  if inside and token and token.kind == "name" then
    if words then return help.search(token.text, width) end
    local _, first = resolve.ending_at(tokens, i, env)
    return help.text(code:sub(tokens[first].at, token.at + #token.text - 1), env, width)
  end
  local open = resolve.open_bracket(tokens, i)
  if not open or not tokens[open - 1] then return nil end
  local last = tokens[open - 1]
  return help.at(code, last.at + #last.text - 1, env, width, words)
end

return help
