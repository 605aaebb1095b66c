-- Writes the reference, a page for each part of the module, from the comments of the sources:
--   moonbear tools/reference.lua FOLDER
local docs = require "moonbear.session.docs"
local mb = require "moonbear"

-- The pages: their names, titles, and patterns of what they have. What has no page is of "Types".
local PAGES <const> = {
  { "mb", "The module", "^mb%.[%w_]+$" },
  { "column", "Columns", "^Column:", class = "Column" },
  { "frame", "Frames", "^Frame:", class = "Frame" },
  { "grouping", "Groups", "^Grouping:", class = "Grouping" },
  { "scan", "Scans", "^Scan%a*:", class = "Scan" },
  { "plot", "Pictures", "^mb%.plot%.", "^Picture:" },
  { "math", "Functions of numbers", "^mb%.math%." },
  { "netflow", "moonbear.netflow", "^netflow%." },
  { "graph", "moonbear.graph", "^graph%." },
  { "geo", "moonbear.geo", "^geo%.", "^Geo:", class = "Geo" },
}

-- Types as readers know them.
local function plain(kind)
  return (kind:gsub("moonbear%.", ""):gsub("%s+", " "))
end

local function described(name, kind, optional, text)
  local after = optional and ", optional" or ""
  text = text:gsub("^%s+", "")
  if text ~= "" then text = ": " .. text end
  return ("`%s` (%s%s)%s"):format(name, plain(kind):gsub("|", " or "), after, text)
end

-- The options of a parameter whose type is a class.
local function write_fields(out, kind)
  local class = docs.named((kind:gsub("%?$", "")))
  while class do
    for _, field in ipairs(class.fields) do
      out[#out + 1] = "  - " .. described(field.name, field.type, field.optional, field.text)
    end
    class = class.parent and docs.named(class.parent)
  end
end

local function write_doc(out, doc)
  out[#out + 1] = ("## `%s%s`\n"):format(doc.name, doc.arguments or "")
  for _, line in ipairs(doc.text) do out[#out + 1] = line end
  out[#out + 1] = ""
  for _, param in ipairs(doc.params) do
    if param.name ~= "self" then
      out[#out + 1] = "- " .. described(param.name, param.type, param.optional, param.text)
      if param.type:find "Options" then write_fields(out, param.type) end
    end
  end
  for _, result in ipairs(doc.returns) do
    local text = result.text ~= "" and ": " .. result.text or ""
    out[#out + 1] = "- returns " .. plain(result.type):gsub("|", " or ") .. text
  end
  out[#out + 1] = ""
end

local function is_of(page, name)
  for i = 3, #page do
    if name:find(page[i]) then return true end
  end
  return false
end

local function page_text(page)
  local out, list = { ("# %s\n"):format(page[2]) }, {}
  for _, doc in ipairs(docs.list()) do
    if is_of(page, doc.name) then list[#list + 1] = doc end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  local class = page.class and docs.named(page.class)
  if class then
    table.move(class.text, 1, #class.text, #out + 1, out)
    out[#out + 1] = ""
  end
  for _, doc in ipairs(list) do write_doc(out, doc) end
  return table.concat(out, "\n"), #list
end

local function write_file(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

local function write_pages(folder)
  local index = { "# Reference\n",
    "Made from the comments of the sources. `?name` at the prompt shows the same.\n" }
  for _, page in ipairs(PAGES) do
    local text, functions = page_text(page)
    write_file(("%s/%s.md"):format(folder, page[1]), text)
    index[#index + 1] = ("- [%s](%s.md): %d functions"):format(page[2], page[1], functions)
  end
  write_file(folder .. "/README.md", table.concat(index, "\n") .. "\n")
end

mb.on_rank(0, write_pages, arg[1])
