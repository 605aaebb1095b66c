-- What the sources say of functions and classes, in the comments right above their definitions.
-- All of it is read on rank 0 alone, when it is first asked for.

local core = require "moonbear.core"
local frame = require "moonbear.frame"
local geo = require "moonbear.geo"
local group = require "moonbear.group"
local mb = require "moonbear"
local original = require("moonbear.public").original
local picture = require "moonbear.plot.picture"
local stream = require "moonbear.stream"

local path, searchpath, getinfo, getlocal = package.path, package.searchpath, debug.getinfo,
  debug.getlocal

local docs = {}

---@class moonbear.Doc
---@field name? string as it is asked for: "mb.read_hdf", "Column:sum", "Frame"
---@field arguments? string "(paths, names)"; none for what is no function
---@field options? string[] their names, of an operation of the engine
---@field text string[] lines of the description
---@field params {name: string, type: string, text: string, optional: boolean}[]
---@field fields {name: string, type: string, text: string, optional: boolean}[]
---@field returns {type: string, text: string}[]
---@field class? string whose description it is
---@field parent? string the class whose fields it has too

-- The end of a type, which may have blanks in brackets, in quotes and after a colon or a comma.
local function end_of_type(text)
  local i = 1
  while i <= #text do
    local _, last = text:find("^%b()", i)
    if not last then _, last = text:find("^%b{}", i) end
    if not last then _, last = text:find("^%b<>", i) end
    if not last then _, last = text:find('^"[^"]*"', i) end
    last = last or i
    if text:find("^[:,|]%s", last + 1) then last = text:match("^[:,|]%s+()", last + 1) - 1 end
    i = last + 1
    if text:find("^%s", i) then return i - 1 end
  end
  return #text
end

-- A type and the words after it.
local function split_type(text)
  local last = end_of_type(text)
  return text:sub(1, last), (text:sub(last + 1):gsub("^%s*#?%s*", ""))
end

local function named(text)
  local name, optional, rest = text:match "^([^%s?]+)(%??)%s*(.*)$"
  local kind, words = split_type(rest or "")
  return { name = name or text, type = kind, text = words, optional = optional == "?" }
end

-- What each annotation adds; one that is unknown adds nothing.
local annotations = {
  param = function(doc, text) doc.params[#doc.params + 1] = named(text) return doc.params end,
  field = function(doc, text) doc.fields[#doc.fields + 1] = named(text) return doc.fields end,
  class = function(doc, text)
    doc.class, doc.parent = text:match "^[%w_.]+", text:match "^[%w_.]+%s*:%s*([%w_.]+)"
  end,
  type = function(doc, text)
    doc.arguments = text:match "^fun(%b())" or doc.arguments
    if doc.arguments then doc.arguments = doc.arguments:gsub(": [^,)]+", "") end
  end,
  ["return"] = function(doc, text)
    local kind, words = split_type(text)
    doc.returns[#doc.returns + 1] = { type = kind, text = words }
    return doc.returns
  end,
}

-- The meaning of the lines of a comment, without their dashes.
local function read_comment(lines)
  local doc = { text = {}, params = {}, fields = {}, returns = {} }
  local items -- what the last annotation has added to: its text may go on
  for _, line in ipairs(lines) do
    local word, rest = line:match "^@(%a+)%s*(.*)$"
    if word then
      items = annotations[word] and annotations[word](doc, rest)
    elseif items then
      items[#items].text = items[#items].text .. " " .. line:gsub("^%s+", "")
    else
      doc.text[#doc.text + 1] = line
    end
  end
  return doc
end

-- The comments of a file that are right above a line of code, by the numbers and by the names of
-- what these lines define. `dashes` is a pattern of how the comments begin.
local function read_source(text, dashes)
  local at, by_name, lines, number = {}, {}, {}, 0
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    number = number + 1
    local comment = line:match("^%s*" .. dashes .. "(.*)$")
    if comment then
      lines[#lines + 1] = comment
    elseif #lines > 0 then
      local doc = read_comment(lines)
      doc.arguments = line:match "function[^(]*(%b())" or doc.arguments
      at[number] = doc
      local names = line:match "^local function ([%w_]+)" or line:match "^function ([%w_.:]+)" or
        line:match "^([%w_., ]+)=" or ""
      for name in names:gmatch "[%w_.:]+" do by_name[name] = doc end
      if doc.class then by_name[doc.class] = doc end
      lines = {}
    end
  end
  return { at = at, by_name = by_name }
end

local function read_file(name)
  local file = io.open(name, "rb")
  local text = file and file:read "a" or ""
  if file then file:close() end
  return text
end

local sources = {} -- by their chunk names

-- The documentation in a source, which a function names by `debug.getinfo`.
local function source_of(chunk_name)
  local known = sources[chunk_name]
  if known then return known end
  local own = chunk_name:match "^=%[(moonbear[^%]]*)%.lua%]$"
  local file = own and searchpath(own:gsub("/init$", ""), path, "/") or chunk_name:match "^@(.*)$"
  local source = read_source(file and read_file(file) or "", own and "%-%-%-" or "%-%-%-?%s?")
  if own or file then sources[chunk_name] = source end
  return source
end

-- "(a, b, ...)" of a function that is written in Lua.
local function arguments_of(f, info)
  local names = {}
  for i = 1, info.nparams do names[i] = getlocal(f, i) end
  if info.isvararg then names[#names + 1] = "..." end
  return ("(%s)"):format(table.concat(names, ", "))
end

-- What is said of a function where it is defined; for what says nothing nil, and its arguments.
local function at_definition(f)
  f = original(f)
  local info = getinfo(f, "Su")
  if info.what == "C" then return nil end
  local doc = source_of(info.source).at[info.linedefined]
  if doc then return doc end
  return nil, arguments_of(f, info)
end

local everything -- documentation by name, and all in order
local by_value = {} -- that of what the module has

local function add(name, doc, arguments)
  if not doc or everything[name] then return end
  local copy = { name = name, arguments = arguments }
  for key, value in pairs(doc) do copy[key] = copy[key] or value end
  everything[name] = copy
  everything[#everything + 1] = copy
end

local function add_module()
  local own = source_of "=[moonbear/init.lua]".by_name
  for name, value in pairs(mb) do
    local doc = type(value) == "function" and at_definition(value) or nil
    add("mb." .. name, own["mb." .. name] or doc)
    by_value[value] = everything["mb." .. name]
  end
end

-- What the engine itself says of an operation: its arguments, and the names of its options.
local function add_operation(operation)
  local doc, names = everything["Column:" .. operation.name], {}
  doc.options = {}
  for i, argument in ipairs(operation.arguments) do
    local list = argument.option and doc.options or i > 1 and names
    if list then list[#list + 1] = argument.name end
  end
  if #doc.options > 0 and not operation.options_within then names[#names + 1] = "options" end
  doc.arguments = ("(%s)"):format(table.concat(names, ", "))
end

local function add_methods(class, methods, by_name)
  for name, f in pairs(methods) do
    if type(f) == "function" and not name:find "^_" then
      add(class .. ":" .. name, by_name and by_name["Column:" .. name] or at_definition(f))
    end
  end
end

-- The files of the libraries that scripts require, which have a function of the library for each
-- that they document.
local libraries = {
  geo = { "geo" },
  graph = { "graph", "graph/communities", "graph/components", "graph/dense", "graph/levels",
    "graph/ranks" },
  netflow = { "netflow/beacons", "netflow/flows", "netflow/peers", "netflow/profiles",
    "netflow/scans", "netflow/sessions", "netflow/sides", "netflow/talkers", "netflow/traffic" },
}

local function add_libraries()
  for library, files in pairs(libraries) do
    for _, file in ipairs(files) do
      for name, doc in pairs(source_of(("=[moonbear/%s.lua]"):format(file)).by_name) do
        local short = name:match "^%l+%.([%w_]+)$"
        if short and doc.class ~= name then add(library .. "." .. short, doc) end
      end
    end
  end
end

-- Kernels, which may have been registered since: what they take, and what was said of them.
local function add_kernels()
  for _, kernel in ipairs(core.kernels()) do
    local letters, result = ("abcd"):gmatch ".", kernel.signature:match "^[^(]*"
    local doc = { text = { kernel.help, "", "A kernel in C: " .. kernel.signature }, params = {},
      fields = {}, returns = { { type = kernel.reduces and result or "moonbear.Column",
        text = kernel.reduces and "" or result } } }
    if kernel.help == "" then table.remove(doc.text, 1) table.remove(doc.text, 1) end
    local names = {}
    for kind in kernel.signature:match("%((.*)%)"):gmatch "[%w?]+" do
      names[#names + 1] = letters()
      doc.params[#names] = { name = names[#names], type = kind, text = "" }
    end
    if not kernel.reduces then
      add("mb.math." .. kernel.name, doc, ("(%s)"):format(table.concat(names, ", ")))
      local f = mb.math[kernel.name]
      if f then by_value[f] = everything["mb.math." .. kernel.name] end
    end
    doc.params = table.move(doc.params, 2, #names, 1, {})
    add("Column:" .. kernel.name, doc, ("(%s)"):format(table.concat(names, ", ", 2)))
  end
end

-- Everything that a script can call, read when it is first needed.
local function all()
  if everything then
    add_kernels()
    return everything
  end
  everything = {}
  local columns = {}
  for _, part in ipairs { "column_rows", "column_statistics", "column_text", "column_ip",
    "column_time", "column" } do
    local source = source_of("=[moonbear/meta/" .. part .. ".lua]")
    for name, doc in pairs(source.by_name) do columns[name] = doc end
  end
  add_module()
  add("Column", columns["moonbear.Column"])
  add_methods("Column", core.column_methods, columns)
  for _, operation in ipairs(core.operations()) do
    if not operation.core then add_operation(operation) end
  end
  add("Frame", source_of "=[moonbear/frame.lua]".by_name["moonbear.Frame"])
  add_methods("Frame", frame.methods)
  add("Grouping", source_of "=[moonbear/group.lua]".by_name["moonbear.Grouping"])
  add_methods("Grouping", group.methods)
  for _, class in ipairs { "Scan", "ScanColumn", "ScanGrouping" } do
    add_methods(class, stream.methods[class])
  end
  add_methods("Picture", picture.methods)
  add_methods("Geo", geo.methods)
  for name, f in pairs(mb.plot) do add("mb.plot." .. name, at_definition(f)) end
  for name, f in pairs(mb.math) do
    local doc = columns["Column:" .. name]
    local rest = doc and doc.arguments or "()"
    add("mb.math." .. name, doc, (rest:gsub("^%((.)", "(x, %1"):gsub("^%(x, %)", "(x)")))
    by_value[f] = everything["mb.math." .. name]
  end
  add_libraries()
  for _, source in pairs(sources) do
    for name, doc in pairs(source.by_name) do
      if doc.class == name then add(name:gsub("^moonbear%.", ""), doc) end
    end
  end
  add_kernels()
  return everything
end

---What is said of a function, where it is defined, or of what the module has. Rank 0 alone.
---@param value any
---@return moonbear.Doc? # nil where nothing is said
---@return string? arguments "(a, b)" of a function in Lua of which nothing is said
function docs.of(value)
  local doc = all() and value ~= nil and by_value[value]
  if doc then return doc end
  if type(value) == "function" then return at_definition(value) end
end

---What is said of something by its name: "mb.range", "Column:sum", "Frame", "JoinOptions". Rank 0
---alone.
---@param name string
---@return moonbear.Doc?
function docs.named(name)
  return all()[name:gsub("^moonbear%.", "")]
end

---The names of the options that a function takes: as the engine says, or as the types of its
---parameters are documented. Rank 0 alone.
---@param doc moonbear.Doc
---@return string[]
function docs.options(doc)
  if doc.options then return doc.options end
  local names = {}
  for _, param in ipairs(doc.params) do
    for name in (param.type:match "^{(.*)}" or ""):gmatch "([%a_][%w_]*)%??:" do
      names[#names + 1] = name
    end
    local class = docs.named(param.type)
    while class do
      for _, field in ipairs(class.fields) do names[#names + 1] = field.name:match "^[%a_].*" end
      class = class.parent and docs.named(class.parent)
    end
  end
  return names
end

---Everything that is documented, for searches. Rank 0 alone.
---@return moonbear.Doc[]
function docs.list()
  return all()
end

return docs
