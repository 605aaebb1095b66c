-- Values at the edges of each type, and columns of them in every form that an operand may have.
local mb = require "moonbear"

local edges = {}

local mini, maxi, inf, nan, null = math.mininteger, math.maxinteger, 1 / 0, 0 / 0, mb.null

edges.all = {
  bool = { false, true },
  int = { 0, 1, -1, 2, -7, 10, 63, 64, -64, 1 << 31, (1 << 53) + 1, -(1 << 53) + 1, maxi, maxi - 1,
    mini, mini + 1 },
  uint = { 0, 1, 3, 10, 63, 64, 1 << 32, (1 << 53) + 1, maxi, mini, mini + 1025, -1, -2, -1025 },
  float = { 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, 10.0, -7.0, 0.1, nan, inf, -inf,
    2.0 ^ 52 + 1, 2.0 ^ 53, -2.0 ^ 63, 2.0 ^ 63, 2.0 ^ 64, 1e300, -1e300, 5e-324, -5e-324,
    2.0 ^ -1022, 1.7976931348623157e308 },
}

-- Fewer of them, where there are many combinations.
edges.some = {
  bool = { false, true },
  int = { 0, -1, 7, mini, maxi },
  uint = { 0, 7, -1, mini },
  float = { -0.0, 0.0, 2.5, -1.5, nan, inf },
}

-- Lists of equal length with every combination of the values of several lists.
function edges.product(lists)
  local columns, n = {}, 1
  for i = #lists, 1, -1 do
    columns[i] = {}
    n = n * #lists[i]
  end
  local run = n
  for i, list in ipairs(lists) do
    run = run // #list
    for row = 0, n - 1 do columns[i][row + 1] = list[row // run % #list + 1] end
  end
  return columns
end

-- All lists of n values from a list.
function edges.combinations(list, n)
  local lists, all = {}, {}
  for i = 1, n do lists[i] = list end
  local columns = edges.product(lists)
  for row = 1, #columns[1] do
    all[row] = {}
    for i = 1, n do all[row][i] = columns[i][row] end
  end
  return all
end

-- The list with a missing value at its end.
function edges.with_null(list)
  local longer = { table.unpack(list) }
  longer[#longer + 1] = null
  return longer
end

-- The rows repeated, n of them at least.
function edges.repeated(rows, n)
  local longer = {}
  for i = 1, #rows == 0 and 0 or math.max(n, #rows) do longer[i] = rows[(i - 1) % #rows + 1] end
  return longer
end

-- The rows with others around them, and where they are.
local function padded(rows, before, after)
  local all, mask = {}, {}
  local function add(value, kept) all[#all + 1], mask[#mask + 1] = value, kept end
  for i = 1, before do add(rows[i] or null, false) end
  for _, value in ipairs(rows) do add(value, true) end
  for i = 1, after do add(rows[i] or null, false) end
  return all, mask
end

-- Columns of rows of a type, by the form's name.
edges.forms = {}

function edges.forms.stored(rows, type) return mb.column(rows, type) end

function edges.forms.pending(rows, type)
  local column = mb.column(rows, type)
  if type == "bool" then return ~~column end
  return -(-column)
end

-- Values that only the computation hides are under its missing rows.
function edges.forms.masked(rows, type)
  local under, mask = {}, {}
  for i, value in ipairs(rows) do
    mask[i] = value ~= null
    under[i] = value
    if value == null then under[i] = edges.all[type][i % 2 + 1] end
  end
  return mb.where(mb.column(mask, "bool"), mb.column(under, type), null)
end

-- Two layouts that differ from an even one and from each other.
function edges.forms.late(rows, type)
  local all, mask = padded(rows, #rows // 3 + 1, 0)
  return mb.column(all, type)[mb.column(mask, "bool")]
end

function edges.forms.early(rows, type)
  local all, mask = padded(rows, 0, #rows // 4 + 1)
  return mb.column(all, type)[mb.column(mask, "bool")]
end

return edges
