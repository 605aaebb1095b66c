-- Help at the prompt: what something is, and what the sources say of it. Rank 0 answers alone.

local docs = require "moonbear.session.docs"
local lexer = require "moonbear.lexer"
local resolve = require "moonbear.session.resolve"

local getinfo = debug.getinfo

local help = {}

local WIDTH <const>, MOST_FOUND <const>, MOST_NAMES <const> = 80, 40, 100

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

-- Adds words to lines of a width, with so many blanks before all but the first.
local function wrap(lines, text, width, indent)
  local line
  for word in text:gmatch "%S+" do
    if not line then
      line = word
    elseif #line + 1 + #word > width then
      lines[#lines + 1] = line
      line = (" "):rep(indent or 0) .. word
    else
      line = line .. " " .. word
    end
  end
  lines[#lines + 1] = line
end

-- Paragraphs are wrapped; lines that are indented stay as they are.
local function add_text(lines, text, width)
  local paragraph = {}
  local function finish()
    if #paragraph > 0 then wrap(lines, table.concat(paragraph, " "), width) end
    paragraph = {}
  end
  for _, line in ipairs(text) do
    local apart = line == "" or line:find "^%s%s"
    if apart then
      finish()
      lines[#lines + 1] = line
    else
      paragraph[#paragraph + 1] = line
    end
  end
  finish()
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

-- Names below each other, and beside each what it is.
local function add_items(lines, items, width)
  local longest = 0
  for _, item in ipairs(items) do longest = math.max(longest, #item[1]) end
  for _, item in ipairs(items) do
    local name, beside = ("  %s%s  "):format(item[1], (" "):rep(longest - #item[1])), {}
    wrap(beside, item[2], math.max(width - #name, 20))
    for i, line in ipairs(beside) do
      lines[#lines + 1] = (i == 1 and name or (" "):rep(#name)) .. line
    end
  end
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
  if doc.arguments then wrap(lines, signature(doc), width, 4) end
  if doc.arguments and #doc.text > 0 then lines[#lines + 1] = "" end
  add_text(lines, doc.text, width)
  local items = parameters(doc)
  if #items > 0 and #lines > 0 then lines[#lines + 1] = "" end
  add_items(lines, items, width)
end

local function plural(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

-- The methods of a class, in order.
local function add_methods(lines, class, width)
  local names = {}
  for _, doc in ipairs(docs.list()) do
    local name = doc.name:match("^" .. class .. ":(.*)$")
    if name then names[#names + 1] = name end
  end
  table.sort(names)
  lines[#lines + 1] = ""
  wrap(lines, "Methods: " .. table.concat(names, ", "), width, 2)
end

-- In a few words what a column is.
local function describe_column(column)
  local ok, info = pcall(column.info, column)
  if not ok then return "a closed column" end
  local kind = (info.type == "int" and "an " or "a ") .. info.type
  local text = ("%s column of %s"):format(kind, plural(#column, "row"))
  if info.pending then return text .. ", pending" end
  text = ("%s, %s each"):format(text, plural(info.width, "byte"))
  return info.missing > 0 and ("%s, %d missing"):format(text, info.missing) or text
end

local describe = {}

function describe.Column(lines, name, column, width)
  wrap(lines, ("%s: %s"):format(name, describe_column(column)), width, 2)
end

function describe.Frame(lines, name, frame, width)
  local items, columns = {}, resolve.columns(resolve.thing(frame))
  local names = frame:columns()
  wrap(lines, ("%s: a frame of %s and %s"):format(name, plural(#frame, "row"),
    plural(#names, "column")), width, 2)
  for i = 1, math.min(#names, MOST_NAMES) do
    items[i] = { names[i], describe_column(columns[names[i]]) }
  end
  add_items(lines, items, width)
end

function describe.Grouping(lines, name, grouping, width)
  wrap(lines, ("%s: a grouping by %s, of %s"):format(name,
    table.concat(rawget(grouping, "_names"), ", "), plural(#grouping, "group")), width, 2)
end

-- What a value of Lua is, without asking it.
local function describe_value(lines, name, value, width)
  local kind = type(value)
  if kind == "table" then
    local names, n = {}, 0
    for key in next, value do
      n = n + 1
      if type(key) == "string" and #names < MOST_NAMES then names[#names + 1] = key end
    end
    table.sort(names)
    wrap(lines, ("%s: a table of %s%s"):format(name, plural(n, "entry"):gsub("ys$", "ies"),
      #names > 0 and ": " .. table.concat(names, ", ") or ""), width, 2)
  elseif kind == "string" then
    lines[#lines + 1] = ("%s: a string of %s"):format(name, plural(#value, "byte"))
  elseif kind == "number" or kind == "boolean" then
    lines[#lines + 1] = ("%s: a %s, %s"):format(name, kind, value)
  else
    lines[#lines + 1] = ("%s: a %s"):format(name, kind)
  end
end

local function add_manual(lines, name, width)
  wrap(lines, ("%s is Lua's own: https://www.lua.org/manual/5.4/manual.html#pdf-%s"):format(name,
    name), width)
end

-- A function of which nothing is said.
local function add_function(lines, name, f, arguments)
  local info = getinfo(f, "S")
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
  if value ~= nil and describe[class] then describe[class](lines, name, value, width) end
  if describe[class] then
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
    describe_value(lines, name, value, width)
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
    if describe[found[1].name] then add_methods(lines, found[1].name, width) end
  elseif lexer.keywords[name] then
    wrap(lines, name .. " is a word of Lua: https://www.lua.org/manual/5.4/manual.html#9", width)
  else
    add_list(lines, found, width)
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
