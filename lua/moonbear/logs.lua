-- Reading logs that programs write as delimited text: Zeek's, and what nfdump prints.

local check = require "moonbear.check"
local core = require "moonbear.core"
local csv = require "moonbear.csv"
local elementwise = require "moonbear.elementwise"
local options = require "moonbear.options"

local logs = {}

-- What Zeek's types are here; others are text, and counts whatever integers they are.
local ZEEK <const> = {
  bool = "letter", int = "int", double = "float", port = "int", addr = "ip",
  time = { "time", unit = "s" }, interval = { "duration", unit = "s" },
}

-- The header of a log, from the comments at its beginning: {separator =, fields =, types =, ...}.
local function zeek_header(path, text)
  local header = {}
  local separator = text:match "#separator[ \t]+([^\r\n]+)"
  header.separator = separator and separator:gsub("\\x(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end)
  if not header.separator or #header.separator ~= 1 then
    check.blame("%s: this is no log of Zeek: it does not begin with #separator and one byte "
      .. "(mb.read_jsonl reads Zeek's logs in JSON)", path)
  end
  for line in text:gmatch "[^\r\n]+" do
    local words = {}
    for word in (line:sub(2) .. header.separator):gmatch("(.-)%" .. header.separator) do
      words[#words + 1] = word
    end
    local name = table.remove(words, 1)
    local list = name == "fields" or name == "types"
    if name ~= "separator" then header[name] = list and words or words[1] end
  end
  if not header.fields or not header.types or #header.fields ~= #header.types then
    check.blame("%s: the header of the log has no #fields and #types that go together", path)
  end
  return header
end

-- Zeek's types of columns by their names.
local function types_of(header)
  local of = {}
  for i, name in ipairs(header.fields) do of[name] = header.types[i] end
  return of
end

-- Columns of counts, and texts that may be Zeek's for empty ones.
local function finish_zeek(frame_read, header)
  local of = types_of(header)
  local empty = header.empty_field or "(empty)"
  for name, column in frame_read:each() do
    if column:type() == "float" and of[name] == "count" then
      frame_read[name] = column:as "int" -- no row has a value
    elseif column:type() == "text" and column:eq(empty):any() then
      frame_read[name] = elementwise.where(column:eq(empty), "", column)
    end
  end
  return frame_read
end

local known <const> = {
  columns = { "any" }, types = { "any", {} }, rows = { "any" }, on_bad = { "string", "error" },
}

-- Columns of counts that have other values are to be read as uints, which tells where these are.
local function mark_counts(found, header, told, usual)
  local of, marked = types_of(header), false
  for name, column in found:each() do
    local kind = column:type()
    if of[name] == "count" and not told[name] and kind ~= "int" and kind ~= "uint"
      and not column:is_missing():all() then
      usual[name], marked = "uint", true
    end
  end
  return marked
end

---What to read of logs: see mb.read_csv.
---@class moonbear.LogOptions
---@field columns? string[]
---@field types? table<string, string|table> by the name of a column
---@field rows? integer[] the first and the last
---@field on_bad? "error"|"skip"|"missing"

---Reads logs of Zeek in its own form, also those that gzip has compressed. Names and types are
---those of their headers: `time` and `interval` become times and durations, `addr` `ip`, `bool`
---bools, `count`, `int` and `port` integers, `double` floats, all else text, sets and vectors as
---they stand there. What is unset is missing; what is empty is the empty string. Logs with other
---fields than the first raise.
---
---    local conn = mb.read_zeek("logs/*/conn.*.log.gz")
---    print(conn:group_by "id.resp_p":sum "resp_bytes")
---
---Collective.
---@param paths string|string[] files and patterns
---@param opts? moonbear.LogOptions
---@return moonbear.Frame
function logs.read_zeek(paths, opts)
  local o = options.check("read_zeek", opts, known)
  local comments = core.csv_comments(check.strings(paths, 1, "read_zeek"),
    { comment = "#", sep = "\t", decimal = "." })
  local header
  for i = 1, #comments, 2 do
    local other = zeek_header(comments[i], comments[i + 1])
    header = header or other
    if table.concat(other.fields, "\t") ~= table.concat(header.fields, "\t") then
      check.blame("%s: its fields are not those of %s: read logs with the same fields together",
        comments[i], comments[1])
    end
  end
  local usual = {}
  for i, name in ipairs(header.fields) do
    usual[name] = ZEEK[header.types[i]] or header.types[i] ~= "count" and "text" or nil
  end
  local files = {}
  for i = 1, #comments, 2 do files[#files + 1] = comments[i] end
  local form = {
    sep = header.separator, quote = false, comment = "#", na = { header.unset_field or "-" },
    names = header.fields, columns = o.columns, types = o.types, rows = o.rows, on_bad = o.on_bad,
  }
  local found = csv.read(files, form, usual)
  if mark_counts(found, header, o.types or {}, usual) then found = csv.read(files, form, usual) end
  return finish_zeek(found, header)
end

-- What the columns of nfdump's CSV are.
local NFDUMP <const> = {
  sa = "ip", da = "ip", nh = "ip", nhb = "ip", ra = "ip", sp = "port", dp = "port", pr = "text",
  flg = "text", ipkt = "size", ibyt = "size", opkt = "size", obyt = "size", td = "float",
  srcAddr = "ip", dstAddr = "ip", srcPort = "port", dstPort = "port", packets = "size",
  bytes = "size", proto = "text", flags = "text", duration = "float",
}

-- Raises unless the header of a file has some of the names that nfdump writes. Of `nfdump -o
-- csv-fast`, which begins with other names, times are milliseconds since 1970.
local function check_nfdump(names, path, usual)
  if names[1] == "cnt" and names[2] == "af" then
    usual.firstSeen, usual.lastSeen = { "time", unit = "ms" }, { "time", unit = "ms" }
  end
  for _, name in ipairs(names) do
    if NFDUMP[name] then return end
  end
  check.blame("%s: this is no CSV of nfdump: its first line has none of the names of nfdump -o csv "
    .. "(mb.read_jsonl reads nfdump -o ndjson)", path)
end

---Reads what `nfdump -o csv` prints, of any version, or `csv-fast`, without the summary at its end.
---Ports become integers, those of ICMP (`8.0`) 256 times the type and the code; numbers of packets
---and bytes may be scaled (`1.2 M`).
---
---    local flows = mb.read_nfdump("flows/*.csv.gz")
---
---Collective.
---@param paths string|string[] files and patterns
---@param opts? moonbear.LogOptions
---@return moonbear.Frame
function logs.read_nfdump(paths, opts)
  local o = options.check("read_nfdump", opts, known)
  local usual = setmetatable({}, { __index = NFDUMP })
  return csv.read(check.strings(paths, 1, "read_nfdump"), {
    header = true, comment = "N", -- "No matching flows"
    trailer = "Summary", columns = o.columns, types = o.types, rows = o.rows, on_bad = o.on_bad,
  }, usual, function(names, path) check_nfdump(names, path, usual) end)
end

return logs
