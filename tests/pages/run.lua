-- Runs the Lua blocks of pages, each page as one program, in an empty folder:
--   moonbear tests/pages/run.lua ROOT [--write] PAGE...
-- A block without a language right below a block of Lua shows what that one prints. Tables whose
-- last column is called moonbear have expressions there, which are tried, too. What does not run,
-- or prints something else, is told, and the status is 1; with --write pages are mended instead.
local mb = require "moonbear"

local root, write, first = arg[1], arg[2] == "--write", arg[2] == "--write" and 3 or 2
package.path = root .. "/tests/pages/?.lua;" .. root .. "/tests/?.lua;" .. package.path
local preludes = require "preludes"

local wrong = 0

local function complain(...)
  wrong = wrong + 1
  print(("%s:%s: %s"):format(...))
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

-- The fenced blocks of a page: their language, and the first and last line within the fence.
local function blocks_of(lines)
  local blocks, open = {}, nil
  for i, line in ipairs(lines) do
    local language = line:match "^```(%w*)"
    if language and open then
      open.last, open = i - 1, nil
    elseif language then
      open = { language = language, first = i + 1 }
      blocks[#blocks + 1] = open
    end
  end
  return blocks
end

-- Whether only empty lines are between two blocks.
local function adjacent(lines, above, below)
  for i = above.last + 2, below.first - 2 do
    if lines[i] ~= "" then return false end
  end
  return true
end

-- The page as Lua: its blocks on their lines, all else left out. What a block prints is ended by a
-- call of `shown`. A block that is no statement has an expression on each line.
local function program_of(lines, blocks)
  local program = {}
  for i = 1, #lines do program[i] = "" end
  for number, block in ipairs(blocks) do
    if block.language == "lua" then
      local statements = load(table.concat(lines, "\n", block.first, block.last))
      for i = block.first, block.last do
        program[i] = statements and lines[i] or "_ = " .. lines[i]
      end
      program[block.last + 1] = ("shown(%d)"):format(number)
    end
  end
  return table.concat(program, "\n")
end

-- Runs the blocks, and returns what each has printed, by its number.
local function run(page, lines, blocks)
  local printed, texts = {}, {}
  local environment = setmetatable({ mb = mb }, { __index = _G })
  function environment.print(...)
    local words = table.pack(...)
    for i = 1, words.n do words[i] = tostring(words[i]) end
    printed[#printed + 1] = table.concat(words, "\t")
  end
  function environment.shown(number)
    texts[number] = table.concat(printed, "\n"):gsub("[ \t]+\n", "\n"):gsub("^[\n\f]+", "")
      :gsub("%s+$", "")
    printed = {}
  end
  local prelude = preludes[page]
  if prelude and prelude(environment) == false then return nil end
  local program, message = load(program_of(lines, blocks), "=" .. page, "t", environment)
  local write_out = io.write
  rawset(io, "write", function(text) printed[#printed + 1] = text:gsub("\n$", "") end) -- mb.explain does
  local ok = program and true
  if program then ok, message = pcall(program) end
  rawset(io, "write", write_out)
  if not ok then complain(page, "", message) end
  return texts
end

-- The page with the outputs that its blocks have.
local function rendered(lines, blocks, texts)
  local text, from = {}, 1
  for number, block in ipairs(blocks) do
    local below = blocks[number + 1]
    if texts[number] and below and below.language == "" and adjacent(lines, block, below) then
      table.move(lines, from, below.first - 1, #text + 1, text)
      for line in (texts[number] .. "\n"):gmatch "([^\n]*)\n" do text[#text + 1] = line end
      from = below.last + 1
    end
  end
  return table.move(lines, from, #lines, #text + 1, text)
end

local function compare(page, lines, text)
  for i = 1, math.max(#lines, #text) do
    if lines[i] ~= text[i] then
      return complain(page, i, ("shown is\n%s\nprinted is\n%s"):format(lines[i], text[i]))
    end
  end
end

-- Tries an expression, or the beginning of a loop, with each of several columns as `c`.
local function try(code, environments)
  local message
  for _, environment in ipairs(environments) do
    local chunk, why = load("return " .. code, "=" .. code, "t", environment)
    if not chunk then chunk, why = load(code, "=" .. code, "t", environment) end
    if not chunk then chunk = load(code .. " end", "=" .. code, "t", environment) end
    local ok, wrong_with = pcall(chunk or error, why)
    if ok then return nil end
    message = message or wrong_with
  end
  return message
end

-- Commands of the prompt and the shell, and, where DuckDB is not, what needs it.
local function cannot_try(code)
  return code:find "^:" or code:find "^moonbear " or
    not preludes.duckdb and (code:find "parquet" or code:find "mb%.sql")
end

local function try_tables(page, lines)
  local in_table, tried = false, 0
  for i, line in ipairs(lines) do
    if line:find "^|" then
      local cell = line:gsub("\\|", "\1"):match "|([^|]*)|%s*$":gsub("\1", "|")
      if cell:find "^ moonbear $" then in_table = true end
      for code in (in_table and cell or ""):gmatch "`([^`]+)`" do
        local message = not cannot_try(code) and try(code, preludes.columns())
        if message then complain(page, i, code .. ": " .. message) end
        tried = tried + 1
      end
    else
      in_table = false
    end
  end
  return tried
end

local ran = 0
for i = first, #arg do
  local page = arg[i]
  local file <close> = assert(io.open(root .. "/" .. page))
  local lines = lines_of(file:read "a")
  local blocks = blocks_of(lines)
  local texts = run(page, lines, blocks)
  if texts then
    for _ in pairs(texts) do ran = ran + 1 end
    local text = rendered(lines, blocks, texts)
    if write then
      mb.on_rank(0, function()
        assert(assert(io.open(root .. "/" .. page, "w")):write(table.concat(text, "\n"), "\n")):close()
      end)
    else
      compare(page, lines, text)
    end
  end
  ran = ran + try_tables(page, lines)
end
print(("%d examples ran"):format(ran))
os.exit(wrong == 0, true)
