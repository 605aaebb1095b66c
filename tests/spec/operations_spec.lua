-- What holds for every operation of the engine, by what core.operations says of it: it is
-- documented, refuses what it does not take, and signs all that it takes. Faults of memory, loose
-- bounds and odd layouts are walked by the specs of these names, through the same list.
local callables = require "spec.callables"
local docs = require "moonbear.session.docs"
local helper = require "spec.helper"
local mb = require "moonbear"
local operations = require "spec.operations"
local session = require "spec.session"

teardown(helper.clean)

local core = mb.core
local t = session.operands(60, 7, 40)

-- The arguments of an operation, as a list with their number.
local function arguments_of(operation) return table.pack(operation.of(t)) end

-- A copy with another value at a place.
local function with(arguments, place, value)
  local copy = table.move(arguments, 1, arguments.n, 1, { n = math.max(arguments.n, place) })
  copy[place] = value
  return copy
end

local function call(operation, arguments)
  return pcall(operation.call, table.unpack(arguments, 1, arguments.n))
end

-- Calls the function for each argument of each operation: the operation, what is said of the
-- argument, the arguments that are tried, and its place among them (of an option, the table's).
local function each_argument(f)
  for _, operation in ipairs(operations.list) do
    local place, arguments = 0, arguments_of(operation)
    for _, argument in ipairs(operation.arguments) do
      if not argument.option then place = place + 1 end
      f(operation, argument, arguments, argument.option and arguments.n or place)
    end
  end
end

-- Raises, in one sentence that begins with the script's line and names no file of moonbear's.
local function refused(operation, arguments, what, ...)
  local ok, message = call(operation, arguments)
  local told = ("%s, %s: %s"):format(operation.key, what, message)
  assert.is_false(ok, told)
  assert.equal("string", type(message), told)
  assert.is_nil(message:find("\n", 1, true) or message:find("%[moonbear"), told)
  assert.truthy(message:find "spec/[%w_]+%.lua:%d+: " or message:find "^bad argument", told)
  for _, part in ipairs { ... } do assert.truthy(message:find(part, 1, true), told) end
end

-- What csv2hdf alone calls.
local own = { check_outputs = true, csv_open = true, ["conversion:batch"] = true }

-- By what name help knows of operations that are none of their own.
local inside = {
  element = "Column", gather = "Column", filter = "Column", tostring = "Column",
  permutation = "Column:shuffle", find_last = "Frame:join_asof",
  ["number of groups"] = "Grouping", unite = "Column", [".."] = "Column", compare = "Column:eq",
  ["+"] = "Column", ["-"] = "Column", zones = "mb.scan_hdf", geo = "Geo",
  triangles = "graph.triangles", cores = "graph.kcore", folder = "Frame:to_parquet",
  ["scan of groups"] = "Grouping:cumsum", ["shift of groups"] = "Grouping:shift",
}

describe("every operation", function()
  it("is documented, and has a help text", helper.once(function()
    for _, operation in ipairs(operations.list) do
      local name, found = operation.name, nil
      for _, start in ipairs { "Column:", "mb.", "Frame:", "Grouping:" } do
        found = found or docs.named(start .. name)
      end
      found = found or docs.named(inside[name] or "")
      assert.truthy(own[name] or found and #found.text > 0, operation.key)
    end
  end))

  it("is documented with the arguments and options of its row", helper.once(function()
    for _, operation in ipairs(operations.list) do
      local rows, params = {}, {}
      local doc = operation.method and docs.named("Column:" .. operation.name)
      local options = {}
      for i, argument in ipairs(operation.arguments) do
        if argument.option then
          options[argument.name] = true
        elseif i > 1 then
          rows[#rows + 1] = argument.name .. (argument.optional and "?" or "")
        end
      end
      if next(options) and not operation.options_within then rows[#rows + 1] = "options?" end
      for i, param in ipairs(doc and doc.params or {}) do
        params[i] = param.name .. (param.optional and "?" or "")
      end
      if doc then assert.same(rows, params, operation.key) end
      for _, name in ipairs(doc and docs.options { params = doc.params } or {}) do
        assert.is_true(options[name], operation.key .. ": " .. name)
      end
    end
  end))

  it("refuses values of other types", function()
    each_argument(function(operation, argument, arguments, place)
      if operation.method and place == 1 then
        refused(operation, with(arguments, 1, print), "no column", "is a method: call it with a colon")
        return
      end
      local name = operation.name
      if argument.option then
        local options = arguments[place] or {}
        local copy = setmetatable({ [argument.name] = print }, nil)
        for key, value in pairs(options) do copy[key] = copy[key] or value end
        refused(operation, with(arguments, place, copy), argument.name, name)
        return
      end
      refused(operation, with(arguments, place, print), argument.name)
      if not argument.optional then
        refused(operation, with(arguments, place, nil), "none for " .. argument.name)
      end
      if argument.kind == "column" then
        local number = place - (operation.method and 1 or 0)
        refused(operation, with(arguments, place, 5), argument.name,
          ("bad argument #%d to '%s'"):format(number, name), "column expected, got number")
        refused(operation, with(arguments, place, true), argument.name, "a:eq(b)")
        local closed = mb.column { 1 }
        closed:close()
        refused(operation, with(arguments, place, closed), argument.name, "a closed column")
      end
    end)
  end)

  it("refuses columns of other types and lengths", function()
    each_argument(function(operation, argument, arguments, place)
      if argument.kind ~= "column" then return end
      local column = arguments[place]
      local other = column:type() == "bool" and mb.full(#column, 7) or mb.full(#column, true)
      if argument.type then
        refused(operation, with(arguments, place, other), argument.name, argument.type .. " column")
      end
      if argument.like then
        refused(operation, with(arguments, place, other), argument.name, "do not go together")
      end
      if argument.as_long then
        refused(operation, with(arguments, place, mb.concat { column, column }), argument.name,
          "the lengths differ")
      end
    end)
  end)

  it("refuses options that it does not have", function()
    for _, operation in ipairs(operations.list) do
      local last, arguments = operation.arguments[#operation.arguments], arguments_of(operation)
      if last.option and operation.key ~= "stats" then
        local place = arguments.n
        refused(operation, with(arguments, place, { nope = 1 }), "an option",
          ("'%s' has no option 'nope'"):format(operation.name))
        refused(operation, with(arguments, place, { 1 }), "an option", "has no option '1'")
        refused(operation, with(arguments, place, 5), "an option", "bad options to")
      end
    end
  end)

  it("refuses surplus arguments, when scripts call it", function()
    for _, operation in ipairs(operations.list) do
      local arguments = arguments_of(operation)
      if operation.method then
        refused(operation, with(arguments, arguments.n + 1, 1), "one more", "takes")
      end
    end
  end)
end)

describe("every function", function()
  it("that is public is an operation, or listed beside them, once", helper.once(function()
    local known = {}
    for _, operation in ipairs(operations.list) do
      known[operation.method and "Column:" .. operation.name or "mb." .. operation.core] = "operation"
    end
    for _, callable in ipairs(callables.list) do
      assert.is_true(not known[callable.key] or callable.key == "mb.histogram2d", callable.key)
      known[callable.key] = "tried"
    end
    local public = callables.public()
    for name in pairs(public) do
      assert.truthy(known[name] or not helper.can_try(name), name .. ": what shall it be tried with?")
    end
    for name, what in pairs(known) do
      assert.truthy(public[name] or what == "operation", name .. ": there is none")
    end
  end))

  it("is documented, and has a help text", helper.once(function()
    for name, f in pairs(callables.public()) do
      local found = docs.named(name) or docs.of(f)
      assert.truthy(found and #found.text > 0, name)
    end
  end))

  it("refuses values of other types", function()
    for _, callable in ipairs(callables.list) do
      local arguments = arguments_of(callable)
      for place = 1, arguments.n do
        local wrong = type(arguments[place]) == "function" and {} or print
        if place == 1 and callable.method then
          refused(callable, with(arguments, 1, print), "self", "is a method: call it with a colon")
        elseif callable.key ~= "mb.time" or place > 1 then -- any label will do
          refused(callable, with(arguments, place, wrong), "argument " .. place)
        end
      end
    end
  end)
end)

-- Another value of the kind, which goes through all checks.
local function altered(value)
  if type(value) == "boolean" then return not value end
  if value == mb.null then return 5 end
  if value == "int" then return "float" end
  if value == "text" or value == "ip" then return "int" end
  if type(value) == "string" and value:find("(", 1, true) then return value .. "?" end
  if value == "::1" then return "::2" end
  if value == "missing" then return "raise" end
  if type(value) == "string" and value:find "/%d+$" then return (value:gsub("/.*", "/32")) end
  local others = { time = "duration", ["1h"] = "2h" }
  if others[value] then return others[value] end
  if type(value) == "string" then return value == "max" and "min" or "max" end
  if math.type(value) == "integer" then return value + 1 end
  if type(value) == "number" then return value / 2 end
  local is_grouping = getmetatable(value).__name == "moonbear.grouping"
  return is_grouping and core.group_by { t.other, t.key } or nil
end

local function altered_column(column)
  return mb.concat { column:slice(2), column:slice(1, 1) }
end

-- All lists and values that differ from one in a single place.
local function variants(value)
  local list = {}
  if type(value) == "table" then
    for key, inner in pairs(value) do
      for _, other in ipairs(variants(inner)) do
        local copy = {}
        for k, v in pairs(value) do copy[k] = v end
        copy[key] = other
        list[#list + 1] = copy
      end
    end
  elseif type(value) == "userdata" and getmetatable(value).__name == "moonbear.column" then
    list[1] = altered_column(value)
  elseif value ~= nil then
    list[1] = altered(value)
  end
  return list
end

-- The last rank calls another thing: all raise the same error, and go on.
local function diverges(call_here, call_there, what)
  local ok, message
  if mb.rank() == mb.size() - 1 then ok, message = call_there() else ok, message = call_here() end
  core.forget_divergence()
  assert.is_false(ok, what)
  assert.truthy(tostring(message):find("the ranks diverged", 1, true), what .. ": " .. tostring(message))
  assert.truthy(message:find "operations_spec.lua:%d", message)
  for rank = 0, mb.size() - 1 do
    assert.equal(message, mb.on_rank(rank, function() return message end), what)
  end
end

describe("every operation", function()
  if mb.size() == 1 then return end

  it("and function tells a rank that calls another one", function()
    for _, list in ipairs { operations.list, callables.list } do
      for _, operation in ipairs(list) do
        local arguments = arguments_of(operation)
        if not operation["local"] then
          diverges(function() return call(operation, arguments) end,
            function() return pcall(core.barrier) end, operation.key)
        end
      end
    end
  end)

  it("signs each of its arguments", function()
    each_argument(function(operation, argument, arguments, place)
      if operation["local"] or argument.option then return end
      for i, other in ipairs(variants(arguments[place])) do
        local changed = with(arguments, place, other)
        diverges(function() return call(operation, arguments) end,
          function() return call(operation, changed) end,
          ("%s, %s, %d"):format(operation.key, argument.name, i))
      end
    end)
  end)

  it("signs each of its options", function()
    for _, operation in ipairs(operations.list) do
      local last, arguments = operation.arguments[#operation.arguments], arguments_of(operation)
      if last.option and not operation["local"] then
        for i, other in ipairs(variants(arguments[arguments.n])) do
          local changed = with(arguments, arguments.n, other)
          diverges(function() return call(operation, arguments) end,
            function() return call(operation, changed) end,
            ("%s, options, %d"):format(operation.key, i))
        end
      end
    end
  end)
end)

-- The names that a file documents: `---` lines right above `function Class:name` or `M.name`.
local function documented(path, class)
  local names, commented = {}, false
  for line in helper.read_file(helper.root .. "/lua/moonbear/" .. path):gmatch "[^\n]+" do
    local name = line:match("^function " .. class .. "[.:]([%w_]+)") or
      line:match("^local function ([%w_]+)") or line:match("^" .. class .. "%.([%w_]+)")
    if commented and name then
      for each in (line:match "^(.-)=" or name):gmatch "[%w_]+" do names[each] = true end
      names[name] = true
    end
    commented = line:find "^%-%-%-" ~= nil
  end
  return names
end

describe("documentation", helper.once(function()
  it("has every method of a column, and none that is not there", function()
    local stub = {}
    for _, part in ipairs { "column", "column_rows", "column_statistics", "column_text",
      "column_ip", "column_time" } do
      for name in pairs(documented("meta/" .. part .. ".lua", "Column")) do
        assert.falsy(stub[name] and name ~= "Column", name)
        stub[name] = true
      end
    end
    for name in pairs(core.column_methods) do assert.truthy(stub[name], name) end
    for name in pairs(stub) do
      assert.truthy(core.column_methods[name] or name == "Column", name)
    end
  end)

  it("has every function of the module", function()
    local stub = documented("init.lua", "mb")
    for _, file in ipairs { "hdf", "parquet", "move", "distribute", "random", "order", "group", "sets", "time",
      "snapshot", "csv", "logs", "jsonl", "kernels", "stream/init" } do
      local table_name = file:match "^[^/]+"
      for name in pairs(documented(file .. ".lua", table_name)) do stub[name] = true end
    end
    for name in pairs(documented("frame.lua", "frame")) do
      stub[name == "new" and "frame" or name] = true
    end
    for name in pairs(mb) do assert.truthy(stub[name] or name == "core", name) end
  end)
end))
