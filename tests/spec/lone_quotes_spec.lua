-- Lines with quotes that are never closed, or that close within a field, against a walk byte by byte.
local mb = require "moonbear"
local helper = require "spec.helper"

teardown(helper.clean)

local function file(text) return helper.write_file(helper.path "quotes.csv", text) end

-- The record at a place: its fields, false for those that cannot be read, the place behind it, and where the last
-- field begins if it does not end.
local function record_at(text, at)
  local fields, from, state, good = {}, at, "begin", true
  for i = at, #text do
    local byte = text:sub(i, i)
    if state == "quoted" then
      if byte == '"' then state = "closed" end
    elseif byte == "," or byte == "\n" then
      local raw = text:sub(from, i - 1)
      if raw:sub(1, 1) == '"' then
        fields[#fields + 1] = good and raw:sub(2, -2):gsub('""', '"') or false
      else
        fields[#fields + 1] = raw
      end
      from, state, good = i + 1, "begin", true
      if byte == "\n" then return fields, i + 1 end
    elseif byte == '"' and (state == "begin" or state == "closed") then
      state = "quoted"
    else
      good = good and state ~= "closed"
      state = "plain"
    end
  end
  return fields, nil, from
end

-- The rows that are read of three columns.
local function expected(text, bad)
  local rows, at = { {}, {}, {} }, text:find "\n" + 1
  while at <= #text do
    local fields, behind, open = record_at(text, at)
    if open then
      behind = text:find("\n", open, true) + 1
      for raw in text:sub(open, behind - 2):gmatch "[^,]*" do
        fields[#fields + 1] = not raw:find '^"' and raw
      end
    end
    local good = not open and #fields == 3
    for i = 1, 3 do good = good and fields[i] end
    if good or bad == "missing" then
      for i = 1, 3 do
        local raw = fields[i] or ""
        table.insert(rows[i], raw ~= "" and fields[i] or mb.null)
      end
    end
    at = behind
  end
  return rows
end

local function read(text, bad, block)
  local types = { a = "text", b = "text", c = "text" }
  local frame = mb.read_csv(file(text), { on_bad = bad, block = block, types = types })
  return { frame.a:to_table(), frame.b:to_table(), frame.c:to_table() }
end

describe("a quote that is never closed", function()
  it("costs its line, or its value", function()
    local text = 'a,b,c\n1,x,2\n\n3,"y",z\n"4","v,q\n5,u,w'
    local skipped = mb.read_csv(file(text), { on_bad = "skip" })
    assert.same({ { 1, 3, 5 }, { "x", "y", "u" }, { "2", "z", "w" } },
      { skipped.a:to_table(), skipped.b:to_table(), skipped.c:to_table() })
    local missing = mb.read_csv(file(text), { on_bad = "missing" })
    assert.same({ { 1, 3, 4, 5 }, { "x", "y", mb.null, "u" }, { "2", "z", "q", "w" } },
      { missing.a:to_table(), missing.b:to_table(), missing.c:to_table() })
    assert.same({ 1, 2 }, mb.read_csv(file 'a\r\n1\r\n2\r\n"', { on_bad = "skip" }).a:to_table())
    assert.same({ "x", mb.null }, mb.read_csv(file 'a\nx\n"', { on_bad = "missing" }).a:to_table())
    assert.matches("quotes.csv:5: a quote in this line is never closed .*on_bad = 'skip'",
      helper.message_of(mb.read_csv, file(text)))
  end)

  it("is dealt with alike in all blocks and ranges", function()
    local cells = { "1", "x", "", '"y"', '"p,q"', '"two\nlines"', '"he ""says"""', '"', '"open', '"a"b', 'in"ner' }
    for round = 1, 12 do
      local lines = { "a,b,c" }
      local odd <const> = round % 3 == 0 and 400 or 40
      for i = 2, math.random(2, 400) do
        local line = {}
        for field = 1, math.random(1, 60) == 1 and 2 or 3 do
          line[field] = cells[math.random(1, math.random(1, odd) == 1 and #cells or 7)]
        end
        lines[i] = table.concat(line, ",")
      end
      if round % 4 == 0 then lines[#lines + 1] = cells[math.random(1, 7)] .. ',"two\nlines","open,"p",x\n1,2,' end
      local text = table.concat(lines, "\n") .. "\n"
      for _, bad in ipairs { "skip", "missing" } do
        local rows = expected(text, bad)
        assert.same(rows, read(text, bad, 64))
        assert.same(rows, read(text, bad))
      end
    end
  end)
end)
