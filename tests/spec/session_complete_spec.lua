-- Completion: what may be typed next, found without running anything.
local complete = require "moonbear.session.complete"
local helper = require "spec.helper"
local mb = require "moonbear"

local ran = 0 -- code of the session that was run
local hostile = setmetatable({ own = 1 }, {
  __index = function() ran = ran + 1 error "asked" end,
  __pairs = function() ran = ran + 1 error "asked" end,
  __len = function() ran = ran + 1 error "asked" end,
  __metatable = "locked",
})

local flows = mb.frame {
  { "srcPort", mb.column { 80, 443, 80 } }, { "srcBytes", mb.column { 1.5, 2, 3 } },
  { "dst IP", mb.column { 1, 2, 3 } }, { "sum", mb.column { 1, 2, 3 } },
}
local env = {
  mb = mb, flows = flows, column = flows.srcPort, words = { alpha = "x", beta = { gamma = 1 } },
  string = string, dofile = dofile, io = io, hostile = hostile, text = "abc", _hidden = 1,
  grouped = flows:group_by "srcPort", derived = setmetatable({}, { __index = { inherited = print } }),
  call = setmetatable({}, { __call = print }), [1] = 2,
  noon = mb.time "2024-02-29T12:00", hour = mb.duration "1h",
}

-- What rank 0 finds, as the code with each match in its place.
local function results(code, cursor)
  return mb.on_rank(0, function()
    local found = complete(code, cursor or #code, env)
    local list = {}
    for i, match in ipairs(found.matches) do
      list[i] = code:sub(1, found.start) .. match .. code:sub(found.finish + 1)
    end
    return list
  end)
end

local function gives(code, ...) assert.same({ ... }, results(code), code) end

-- Checks that the matches have these among them.
local function has(code, ...)
  local found = {}
  local list = results(code)
  for _, text in ipairs(list) do found[text] = true end
  for _, text in ipairs { ... } do
    assert.truthy(found[text], text .. " is not in " .. table.concat(list, " "))
  end
  return found
end

describe("completion", function()
  it("knows globals and words of Lua", function()
    gives("flo", "flows")
    gives("x = wo", "x = words")
    gives("print(he + hos", "print(he + hostile")
    gives("_h", "_hidden")
    gives("re", "repeat", "return")
    gives("wo", "words")
    gives("local wonder = 1\nfor wombat in", "local wonder = 1\nfor wombat in")
    gives("local wonder, wombat = 1\nwo", "local wonder, wombat = 1\nwombat",
      "local wonder, wombat = 1\nwonder", "local wonder, wombat = 1\nwords")
  end)

  it("has nothing to say where nothing fits", function()
    for _, code in ipairs { "", "  ", "1", "zzz", "flows.zzz", "unknown.x", "-- flo", "'flo", "1.5e",
      "nil.", "f().x", "--[[ flo", "words.alpha.zz", "(", ")", "]]", "a[", "}}.x", "..", "\0", "é" } do
      gives(code)
    end
  end)

  it("knows methods of times and durations", function()
    gives("noon:f", "noon:floor", "noon:format")
    gives("noon:e", "noon:epoch")
    gives("hour:", "hour:ceil", "hour:count", "hour:floor", "hour:round", "hour:total_seconds")
    has("noon.", "noon.floor")
  end)

  it("knows fields of tables", function()
    gives("words.", "words.alpha", "words.beta")
    gives("words.be", "words.beta")
    gives("words . beta.", "words . beta.gamma")
    gives("words['beta'].", "words['beta'].gamma")
    gives("words['", "words['alpha", "words['beta")
    gives("string.form", "string.format")
    gives("derived.", "derived.inherited")
    gives("derived:", "derived:inherited")
    gives("words:")
    has("mb.", "mb.read_hdf", "mb.null", "mb.math")
    gives("mb.read_h", "mb.read_hdf")
    gives("io.o", "io.open", "io.output")
  end)

  it("knows methods of columns, frames, groupings and strings", function()
    gives("column:value", "column:value_counts")
    gives("column.value", "column.value_counts")
    gives("flows:whe", "flows:where")
    gives("grouped:nuni", "grouped:nunique")
    gives("text:for", "text:format")
    gives("('x'):for", "('x'):format")
    assert.is_nil(has "grouped:"["grouped:__len"])
  end)

  it("knows columns of a frame", function()
    gives("flows.src", "flows.srcBytes", "flows.srcPort")
    gives("flows:src")
    gives("flows.srcPort:value", "flows.srcPort:value_counts")
    gives("flows.zzz:value")
    gives("flows['", "flows['dst IP", "flows['srcBytes", "flows['srcPort", "flows['sum")
    gives("flows[\"dst IP\"]:value", "flows[\"dst IP\"]:value_counts")
    gives("flows:column('srcP", "flows:column('srcPort")
    gives("flows:select('sum', 'srcP", "flows:select('sum', 'srcPort")
    gives("flows:select { 'sum', 'srcP", "flows:select { 'sum', 'srcPort")
    gives("flows:sort_by('-srcP", "flows:sort_by('-srcPort")
    gives("grouped:sum('srcB", "grouped:sum('srcBytes")
    gives("flows:join(flows, { on = 'su", "flows:join(flows, { on = 'sum")
  end)

  it("knows names inside expressions of a frame", function()
    gives("flows:where 'srcP", "flows:where 'srcPort")
    gives("flows:where('srcPort > 1 and srcB", "flows:where('srcPort > 1 and srcBytes")
    gives("print(flows 'srcB", "print(flows 'srcBytes")
    gives("flows [[srcB", "flows [[srcBytes")
    gives("flows:with { x = 'sq", "flows:with { x = 'sqrt")
    gives("mb.expr('popc", "mb.expr('popcount")
    gives("flows:where 'srcPort > $srcB")
    gives("flows:where 'srcPort:starts", "flows:where 'srcPort:startswith")
    gives("flows:where [[srcPort:in_ne", "flows:where [[srcPort:in_network")
    gives("flows 'at - dura", "flows 'at - duration")
  end)

  it("follows what functions are said to return", function()
    gives("flows:where('x'):whe", "flows:where('x'):where")
    gives("mb.range(1, 2):cums", "mb.range(1, 2):cumsum")
    gives("column:cumsum():nuni", "column:cumsum():nunique")
    gives("flows:group_by('sum'):nuni", "flows:group_by('sum'):nunique")
    gives("flows 'sum + 1':cums", "flows 'sum + 1':cumsum")
    gives("column[column:gt(1)]:cums", "column[column:gt(1)]:cumsum")
    gives("flows[flows.sum]:whe", "flows[flows.sum]:where")
    gives("flows:where('x').srcP", "flows:where('x').srcPort")
    gives("flows:head(2)[flows.sum].srcPort:cums", "flows:head(2)[flows.sum].srcPort:cumsum")
    gives("(flows.srcPort):cums", "(flows.srcPort):cumsum")
    gives("column[1]:cums")
    gives("(1 + column):cums")
    gives("column:type():rev", "column:type():reverse")
  end)

  it("knows options", function()
    gives("column:sort { desc", "column:sort { descending = ")
    gives("column:sort{", "column:sort{descending = ")
    gives("mb.random(5, { low = 1, se", "mb.random(5, { low = 1, seed = ")
    gives("flows:join(flows, { suf", "flows:join(flows, { suffix = ")
    gives("column:sum{ski", "column:sum{skipna = ")
  end)

  it("knows commands, and what is behind them", function()
    gives(":ti", ":time")
    gives(" :m", " :mem")
    gives(":load-", ":load-data")
    gives(":time flows.srcP", ":time flows.srcPort")
    gives("?column.value", "?column.value_counts")
    gives("??flo", "??flows")
  end)

  it("knows commands of notebooks", function()
    assert.same({ "%time" }, results "%ti")
    assert.same({ "%%time" }, results "%%ti")
    assert.same({ "%help", "%load", "%load-data", "%mem", "%ranks", "%save-data", "%time",
      "%who" }, results "%")
    assert.same({ "%time flows.srcPort" }, results "%time flows.srcP")
    assert.same({}, results "x %")
  end)

  it("does not offer what is the engine's own", function()
    assert.same({}, results "mb.core")
    for _, name in ipairs(results "mb.") do assert.not_equal("mb.core", name) end
  end)

  it("knows files", function()
    local folder = helper.tmpdir()
    for _, name in ipairs { "a1.hdf", "a2.hdf", "b'c.hdf", ".hidden" } do
      helper.write_file(folder .. "/" .. name, "")
    end
    os.execute("mkdir '" .. folder .. "/sub'")
    local function files(before, ...)
      local list = {}
      for i, name in ipairs { ... } do list[i] = before .. folder .. "/" .. name end
      return table.unpack(list)
    end
    local code = "mb.read_hdf('" .. folder .. "/"
    gives(code .. "a", files("mb.read_hdf('", "a1.hdf", "a2.hdf"))
    gives(code, files("mb.read_hdf('", "a1.hdf", "a2.hdf", "b'c.hdf", "sub/"))
    gives(code .. ".", files("mb.read_hdf('", ".hidden"))
    gives("mb.read_hdf{'" .. folder .. "/su", files("mb.read_hdf{'", "sub/"))
    gives("dofile '" .. folder .. "/b", files("dofile '", "b'c.hdf"))
    gives(":load " .. folder .. "/su", files(":load ", "sub/"))
    gives("mb.ls_hdf('/nonexistent/")
    helper.clean()
  end)

  it("looks at what is before the cursor", function()
    assert.same({ "words + x" }, results("wor + x", 3))
    assert.same({ "words.alpha.y" }, results("words.al.y", 8))
    assert.same({}, results("flows", 0))
    assert.same({ start = 3, finish = 5, matches = { "flows" } },
      mb.on_rank(0, function() return complete("x =fl", 5, env) end))
  end)

  it("asks nothing of the session's own objects", function()
    gives("hostile.", "hostile.own")
    gives("hostile:")
    gives("hostile.zzz.")
    gives("hostile['", "hostile['own")
    gives("call.")
    assert.equal(0, ran)
  end)

  it("stays quick in a large table", function()
    env.large = {}
    for i = 1, 100000 do env.large["key" .. i] = i end
    local found = mb.on_rank(0, function()
      local start = mb.core.now()
      return { #complete("large.", 6, env).matches, mb.core.now() - start }
    end)
    assert.equal(500, found[1])
    assert.truthy(found[2] < 1, found[2])
    env.large = nil
  end)
end)
