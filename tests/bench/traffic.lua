-- What each operation of a session sends, beside a formula of it:
--   moonbear traffic.lua count ROWS  prints a line for each operation: its name, the number of
--                                    ranks, the rows of a rank, how many keys; bytes and messages
--                                    that the busiest rank sends, agreements; with tabs between
--   moonbear traffic.lua table FILE  makes of such lines a table, and ends with status 1 when
--                                    an operation has sent more than its formula says, or much less

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. here .. "/../?.lua;" .. package.path

local formulas = require "traffic_formulas"

local KEYS <const> = 1000 -- distinct keys at most, and rows of the other table

-- The largest of what the ranks say.
local function most(mb, x)
  local largest = 0
  for rank = 0, mb.size() - 1 do
    largest = math.max(largest, mb.on_rank(rank, function() return x end))
  end
  return largest
end

local function count(rows)
  local mb = require "moonbear"
  local session = require "spec.session"
  local t = session.operands(rows * mb.size(), KEYS, KEYS)
  for _, operation in ipairs(session.operations) do
    local name, run = table.unpack(operation)
    local bytes, messages, agreements = mb.core.traffic()
    run(t)
    local bytes_then, messages_then, agreements_then = mb.core.traffic()
    print(("%s\t%d\t%d\t%d\t%d\t%d\t%d"):format(name, mb.size(), rows, KEYS,
      most(mb, bytes_then - bytes), most(mb, messages_then - messages),
      agreements_then - agreements))
  end
end

local function size(bytes)
  if bytes < 1e4 then return ("%d"):format(bytes) end
  if bytes < 1e6 then return ("%.0fk"):format(bytes / 1e3) end
  return ("%.1fM"):format(bytes / 1e6)
end

-- The lines of a file: names in order, and by name the counts of each number of ranks.
local function read_counts(path)
  local names, counts, numbers = {}, {}, {}
  for line in io.lines(path) do
    local name, ranks, rows, keys, bytes, messages, agreements =
      line:match "^(.-)\t(%d+)\t(%d+)\t(%d+)\t(%d+)\t(%d+)\t(%d+)$"
    local at = { ranks = tonumber(ranks), rows = tonumber(rows), keys = tonumber(keys),
      bytes = tonumber(bytes), messages = tonumber(messages), agreements = tonumber(agreements) }
    if not counts[name] then names[#names + 1], counts[name] = name, {} end
    counts[name][at.ranks] = at
    if name == names[1] then numbers[#numbers + 1] = at.ranks end
  end
  return names, counts, numbers
end

-- Whether as much was sent as a formula says, within 2 % above and 10 % below for chance.
local function is_right(name, at)
  if at.ranks == 1 then return at.bytes == 0 end
  local bound, rows = formulas.value(formulas.of[name], at)
  return at.bytes <= 1.02 * bound and at.bytes >= 0.9 * rows
end

local function print_table(path)
  local names, counts, numbers = read_counts(path)
  local first = counts[names[1]][numbers[1]]
  print(("bytes that the busiest rank sends; %d rows a rank, up to %d keys; then of 1000 ranks with\n"
    .. "a million rows each, by the formula; messages of it for each rank, and agreements"):format(
    first.rows, first.keys))
  local heading = { ("%-22s"):format "ranks" }
  for i, p in ipairs(numbers) do heading[i + 1] = ("%6d"):format(p) end
  print(("%s  %-34s %7s %8s %10s"):format(table.concat(heading, " "), "at most", "1000", "messages",
    "agreements"))
  local wrong = {}
  for _, name in ipairs(names) do
    local cells, last = { ("%-22s"):format(name) }, nil
    for i, p in ipairs(numbers) do
      last = counts[name][p]
      cells[i + 1] = ("%6s"):format(size(last.bytes))
      if not is_right(name, last) then
        wrong[#wrong + 1] = ("%s on %d ranks: %d bytes do not match %s"):format(name, p, last.bytes,
          formulas.of[name])
      end
    end
    local large = formulas.value(formulas.of[name], { ranks = 1000, rows = 1e6, keys = first.keys })
    print(("%s  %-34s %7s %8.1f %10d"):format(table.concat(cells, " "), formulas.of[name],
      size(large), last.messages / last.ranks, last.agreements))
  end
  for _, line in ipairs(wrong) do print(line) end
  return #wrong == 0
end

if arg[1] == "count" and arg[2] then
  count(tonumber(arg[2]))
elseif arg[1] == "table" and arg[2] then
  os.exit(print_table(arg[2]))
else
  io.stderr:write "usage: moonbear traffic.lua count ROWS | moonbear traffic.lua table FILE\n"
  os.exit(2)
end
