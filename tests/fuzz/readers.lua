-- What tests/fuzz/readers does with a file: a function that reads it in several ways. Whatever is
-- read must be the same each way, and whatever is refused be told in one line.
local csv = require "moonbear.csv"
local jsonl = require "moonbear.jsonl"
local mb = require "moonbear"

csv.piece_bytes, jsonl.piece_bytes = 60, 60

-- A word for a value that is read, or the message that refuses it.
local function outcome(read, ...)
  local ok, result = pcall(read, ...)
  if not ok then
    result = tostring(result)
    assert(#result > 0 and not result:find "\n", result)
    return "refused", result
  end
  local sums = {}
  if (getmetatable(result) or {}).__name == "moonbear.frame" then
    for name, column in pairs(result) do
      local missing = column:is_missing():sum()
      sums[#sums + 1] = ("%s %s %d %d %d"):format(name, column:type(), #column, missing,
        missing == #column and 0 or column:hash():as("int", { wrap = true }):min())
      column:close()
    end
  end
  return table.concat(sums, "; "), ok
end

local function same(what, first, second)
  assert(first == second, ("%s: %s or %s"):format(what, first, second))
end

local kinds = {}

function kinds.csv(path)
  local first = outcome(mb.read_csv, path)
  same("blocks", first, (outcome(mb.read_csv, path, { block = 7 })))
  outcome(mb.read_csv, path, { on_bad = "missing", sep = ";", decimal = ",", comment = "#", escape = "\\" })
  outcome(mb.read_csv, path, { on_bad = "skip", quote = false, na = { "NA", "-" }, header = false })
  local pieces = outcome(function() return mb.scan_csv(path):collect() end)
  if first ~= "refused" then same("pieces", first, pieces) end
end

local told <const> = { fields = { "a", "id.orig_h" }, types = { a = "text", ["id.orig_h"] = "ip" } }

local function whole_rows(path) return #mb.read_jsonl(path, told) end

local function piece_rows(path)
  local rows = 0
  jsonl.each_piece(path, told, function(piece) rows = rows + #piece end)
  return rows
end

function kinds.json(path)
  local first = outcome(mb.read_jsonl, path)
  same("blocks", first, (outcome(mb.read_jsonl, path, { block = 7 })))
  outcome(mb.read_jsonl, path, { on_bad = "skip" })
  outcome(mb.read_jsonl, path, { fields = { "a", "a.b", "id.orig_h", "" } })
  local good, whole = pcall(whole_rows, path)
  local alike, pieces = pcall(piece_rows, path)
  same("pieces", good and whole or "refused", alike and pieces or "refused")
end

function kinds.zeek(path)
  local first = outcome(mb.read_zeek, path)
  same("again", first, (outcome(mb.read_zeek, path)))
  outcome(mb.read_zeek, path, { on_bad = "missing" })
end

function kinds.nfdump(path)
  outcome(mb.read_nfdump, path)
  outcome(mb.read_nfdump, path, { on_bad = "missing" })
end

function kinds.hdf(path)
  local ok, list = pcall(mb.ls_hdf, path)
  pcall(mb.attrs, path)
  for i = 1, ok and math.min(#list, 40) or 0 do
    local name = list[i].name
    same(name, (outcome(function() return mb.frame { { "x", mb.read_hdf(path, name) } } end)),
      (outcome(function() return mb.frame { { "x", mb.read_hdf(path, name) } } end)))
  end
  outcome(mb.read_hdf, path)
  outcome(mb.load, path)
end

function kinds.parquet(path)
  pcall(mb.ls_parquet, path)
  outcome(mb.read_parquet, path)
end

return function(kind, path)
  local try = kinds[kind]
  return function() try(path) end
end
