-- Help: what the sources say, laid out for a width; nothing of the session is run for it.
local help = require "moonbear.session.help"
local helper = require "spec.helper"
local mb = require "moonbear"

local column = mb.column { 1, 2, mb.null }
column:sum()
local env = {
  mb = mb, string = string, print = print, column = column, pending = column + 1,
  flows = mb.frame { { "port", column }, { "bytes", mb.full(3, 1.5) } }, list = { "x", key = 1 }, five = 5,
  hostile = setmetatable({}, { __index = error, __tostring = error, __pairs = error, __len = error }),
}
env.grouped = env.flows:group_by "port"

local function told(text, width)
  return mb.on_rank(0, function() return help.text(text, env, width) end)
end

local function contains(text, ...)
  for _, part in ipairs { ... } do
    assert.truthy(text:find(part, 1, true), ("%q is not in %s"):format(part, text))
  end
end

describe("help", function()
  it("has the signature, the description, parameters and results of a function", function()
    local text = told "mb.read_hdf"
    assert.equal("mb.read_hdf(paths, [names], [opts])", text:match "^[^\n]*")
    contains(text, "Reads datasets of HDF5 files.", "\n\nCollective. Raises",
      "\n  paths  string|string[]: files, folders and patterns\n", "\n  names  string|string[], optional: datasets\n",
      "\n  ->     moonbear.Column|moonbear.Frame")
    contains(told "mb.on_rank", "mb.on_rank(rank, f, ...)", "its error is raised on all ranks")
    contains(told "mb.union", "mb.union(a, b)", "The distinct values of two columns together")
    contains(told "mb.math.sqrt", "mb.math.sqrt(x)", "The square root")
  end)

  it("finds methods of a column, a frame and a grouping", function()
    for _, name in ipairs { "column:value_counts", "column.value_counts", "flows.port:value_counts",
      "Column:value_counts", "Column.value_counts",
      "column:value_counts()", " column:value_counts ", "moonbear.Column:value_counts" } do
      contains(told(name), "Column:value_counts()\n", "counts int")
    end
    for _, name in ipairs { "value_counts", "unknown.value_counts" } do
      contains(told(name), "Column:value_counts()  The distinct", "Frame:value_counts(names, [opts])  How often")
    end
    contains(told "flows:where", "Frame:where(condition, [params])")
    contains(told "flows:group_by", "Frame:group_by(...)", "moonbear.Grouping")
    contains(told "grouped:sum", "Grouping:sum(column)")
    contains(told "flows:where('x'):head", "Frame:head([n])")
    contains(told "sum", "\n", "Column:sum([options])  The sum", "Grouping:sum(column)  The sums")
  end)

  it("tells what a column, a frame and a grouping is, and of its class", function()
    contains(told "column", "column: an int column of 3 rows, 1 byte each, 1 missing\n",
      "An immutable column", "Methods: abs, ")
    contains(told "pending", "pending: an int column of 3 rows, pending\n")
    contains(told "flows", "flows: a frame of 3 rows and 2 columns\n",
      "  port   an int column of 3 rows", "  bytes  a float column of 3 rows", "Methods: across, bfill, bottomk,")
    contains(told "grouped", "grouped: a grouping by port\n", "Methods: agg, ")
    contains(told "Frame", "A table of named columns.", "Methods: across, ")
    contains(told "JoinOptions", "how", '"inner"|"left"', "inner unless")
    assert.falsy((told "JoinOptions"):find("Methods", 1, true))
    local closed = mb.column { 1 }
    closed:close()
    env.closed = closed
    contains(told "closed", "closed: a closed column\n")
  end)

  it("tells what other values are, without asking them", function()
    contains(told "list", "list: a table of 2 entries: key")
    assert.equal("five: a number, 5", told "five")
    assert.equal("list.key: a number, 1", told "list.key")
    assert.equal("hostile: a table of 0 entries", told "hostile")
    contains(told "string.format", "https://www.lua.org/manual/5.4/manual.html#pdf-string.format")
    contains(told "print", "manual.html#pdf-print")
    contains(told "while", "while is a word of Lua")
    contains(told "mb.null", "A missing value") -- what init.lua says of it
    for _, name in ipairs { "", "zzz", "mb.zzz", "flows.zzz", "1 +", ")", "column:zzz", "\0" } do
      assert.is_nil(told(name), name)
    end
  end)

  it("tells of functions of the user's, by the comment above", function()
    local folder = helper.tmpdir()
    local path = helper.write_file(folder .. "/mine.lua",
      "-- Doubles it.\n-- Twice.\nfunction doubled(x, ...) return x * 2 end\n\nfunction bare(y) return y end\n" ..
      "---Halves.\n---@param z integer what to halve\n---@return integer\nhalf = function(z) return z // 2 end\n")
    local own = setmetatable({}, { __index = _G })
    loadfile(path, "t", own)()
    env.doubled, env.bare, env.half = own.doubled, own.bare, own.half
    assert.equal("doubled(x, ...)\n\nDoubles it. Twice.", told "doubled")
    assert.equal("bare(y)\na function at " .. path .. ":5", told("bare", 200))
    assert.equal("half(z)\n\nHalves.\n\n  z   integer: what to halve\n  ->  integer", told "half")
    env.typed = load "local function f(a, b) return a end return f" ()
    contains(told "typed", "typed(a, b)\na function at [string")
    helper.clean()
  end)

  it("stands by itself: it does not tell of what is above in a source", function()
    local docs = require "moonbear.session.docs"
    for _, text in ipairs(mb.on_rank(0, function()
      local texts = {}
      for i, doc in ipairs(docs.list()) do texts[i] = doc.name .. ": " .. table.concat(doc.text, " ") end
      return texts
    end)) do
      assert.falsy(text:find "[Tt]he %a+ above" or text:find "%a+s above%f[^%w]", text)
    end
  end)

  it("fits the width", function()
    for _, name in ipairs { "mb.read_hdf", "column", "flows", "flows:join", "column:isin", "sum" } do
      for _, width in ipairs { 50, 80, 120 } do
        for line in told(name, width):gmatch "[^\n]+" do
          assert.truthy(#line <= width or not line:find "%S%s+%S", name .. ": " .. line)
        end
      end
    end
  end)

  it("searches names, then descriptions", function()
    local found = mb.on_rank(0, function() return help.search("Histogram", 80) end)
    local lines = {}
    for line in found:gmatch "[^\n]+" do
      lines[#lines + 1] = line:match "^[%w_.:]+"
      assert.truthy(#line <= 80, line)
    end
    assert.same({ "mb.histogram2d", "mb.histogramdd", "Column:histogram" }, { lines[1], lines[2], lines[3] })
    found = mb.on_rank(0, function() return help.search("lexicographically", 80) end)
    contains(found, "Grouping")
    assert.truthy(mb.on_rank(0, function() return help.search("the", 80) end):find("... and %d+ more$"))
    for _, word in ipairs { "", "  ", "zzzz", "%a" } do
      assert.is_nil(mb.on_rank(0, function() return help.search(word, 80) end), word)
    end
  end)

  it("tells what a name of pandas is called here", function()
    assert.equal('a frame has no \'groupby\'; write frame:group_by("name")\na column has no \'groupby\'; ' ..
      'write mb.group_by(c)\nmb has no \'groupby\'; write mb.group_by(column), or frame:group_by("name")',
      told "flows.groupby")
    assert.is_nil(told "flows.nothing_at_all")
  end)

  it("tells of what is at a cursor", function()
    local function at(code, words)
      local cursor = code:find("|", 1, true) - 1
      code = code:gsub("|", "", 1)
      return mb.on_rank(0, function() return help.at(code, cursor, env, 80, words) end)
    end
    for _, code in ipairs { "x = mb.read|_hdf('a')", "mb.read_hdf|", "mb.|read_hdf", "mb.read_hdf('a', |)",
      "mb.read_hdf(|", "mb.read_hdf('a|", "mb.read_hdf({ 'a', '|" } do
      contains(at(code), "mb.read_hdf(paths, [names], [opts])")
    end
    contains(at "flows:where('x'):he|ad(5)", "Frame:head([n])")
    contains(at "fl|ows:where('x')", "flows: a frame of")
    contains(at("quan|tile", true), "Column:quantile", "Grouping:quantile")
    for _, code in ipairs { "|", "zzz|", "1 + |", "(|", "-- mb|", ")|" } do assert.is_nil(at(code), code) end
  end)
end)
