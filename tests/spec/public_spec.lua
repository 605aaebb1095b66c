-- What a script may call: surplus arguments raise, a method without its object says so, and no
-- message names moonbear's own files.
local geo = require "moonbear.geo"
local graph = require "moonbear.graph"
local helper = require "spec.helper"
local lanl = require "moonbear.lanl"
local mb = require "moonbear"
local netflow = require "moonbear.netflow"

local message_of = helper.message_of

-- A function of a script whose only line is known.
local function line(text, ...)
  return assert(load("local mb, lanl, netflow, graph, geo, c, f, g, x = ...\nreturn " .. text, "=walked"))(
    mb, lanl, netflow, graph, geo, ...)
end

-- New objects, as some calls close them.
local function objects()
  local frame = mb.frame { a = mb.column { 3, 1, 2, 1 }, b = mb.column { 0.5, mb.null, 1.5, -2 } }
  return frame.a, frame, frame:group_by "a"
end

-- Calls of everything that is public, with `%s` for the arguments.
local function calls()
  local all, own = {}, { core = true, math = true, null = true }
  -- What prints; and what calls a function of the script, whose own errors tell their lines.
  local left = { time = true, explain = true, show = true, map = true }
  local function add(prefix, names)
    for name, it in pairs(names) do
      local is_private = own[name] or left[name] or name:find "^_"
      if type(it) == "function" and not is_private then all[#all + 1] = prefix .. name .. "(%s)" end
    end
  end
  add("mb.", mb)
  add("mb.math.", mb.math)
  add("lanl.", lanl)
  add("netflow.", netflow)
  add("graph.", graph)
  add("geo.", geo)
  add("mb.plot.", mb.plot)
  add("c:", mb.core.column_methods)
  add("f:", require("moonbear.frame").methods)
  add("g:", require("moonbear.group").methods)
  table.sort(all)
  return all
end

local wrong = { "", "nil", "'x'", "{}", "true", "-1", "0.5", "mb.null", "c", "f", "g", "print", "{1, 2}",
  "{ {} }", "{a = 1}", "1, 'x'", "1, 2, {zz = 1}", "c, {zz = 1}", "c, 'x'", "c, c, 'x'", "c, 5", "c, true",
  "f, {}", "f, {on = 'a', how = 1}", "f, 5", "{c, 1}", "'a', 'x'", "'a == '", "'nope', 2", "1, 2, 3, 4",
  "c, c, c, c, c", "math.huge", "'a', {}, f", "1 << 62" }

describe("public functions", function()
  it("blame the script's line, whatever they are given", helper.once(function()
    local raised = 0
    for _, call in ipairs(calls()) do
      for _, arguments in ipairs(wrong) do
        local c, f, g = objects()
        local text = call:format(arguments)
        local ok, message = pcall(line, text, c, f, g)
        if not ok then
          raised = raised + 1
          assert.equal("string", type(message), text)
          assert.is_nil(message:find("[moonbear", 1, true), text .. ": " .. message)
          assert.truthy(message:find("walked:2: ", 1, true), text .. ": " .. message)
          assert.is_nil(message:find "attempt to" or message:find "%(local '" or message:find "'%?'",
            text .. ": " .. message)
        end
      end
    end
    helper.shell "rm -rf a x 'a == '" -- some of the calls write files and folders
    assert.truthy(raised > 1000, raised)
  end))

  it("take no surplus arguments", function()
    local c, f, g = objects()
    local module, math, methods = mb, mb.math, mb.core.column_methods
    for call, said in pairs {
      ["c:topk(2, 9)"] = "'topk' takes at most 1 argument, got 2",
      ["c:sum({}, 1)"] = "'sum' takes at most 1 argument, got 2",
      ["c:type(1)"] = "'type' takes no arguments, got 1",
      ["c:eq(1, 2)"] = "'eq' takes at most 1 argument, got 2",
      ["c:round(1, {}, 3)"] = "'round' takes at most 2 arguments, got 3",
      ["c:stats({'sum'}, 2)"] = "'stats' takes at most 1 argument, got 2",
      ["f:head(1, 2)"] = "'head' takes at most 1 argument, got 2",
      ["f:columns(1)"] = "'columns' takes no arguments, got 1",
      ["f('a', {}, 3)"] = "takes a string and a table of values, and no more",
      ["g:size(1)"] = "'size' takes no arguments, got 1",
      ["g:sum(c, {})"] = "'sum' takes at most 1 argument, got 2",
      ["mb.size(1)"] = "'size' takes no arguments, got 1",
      ["mb.range(1, 2, 3, 4)"] = "'range' takes at most 3 arguments, got 4",
      ["mb.union(c, c, c)"] = "'union' takes at most 2 arguments, got 3",
      ["mb.math.sqrt(4, 2)"] = "'sqrt' takes at most 1 argument, got 2",
      ["mb.read_hdf('x', 'a', 'b')"] = "'read_hdf' takes paths, names and options",
      ["mb.ls_hdf('x', 'y')"] = "'ls_hdf' takes at most 1 argument, got 2; "
        .. "write several names as a list, {\"x\", \"y\"}",
      ["mb.expr('sqrt(4, 2)')"] = "'sqrt' takes at most 1 argument, got 2",
    } do
      helper.assert_raises(said, line, call, c, f, g)
    end
    assert.equal(7, line("c:sum(nil, nil)", c)) -- nil is none
    -- Each that takes some number of arguments at most, with one more, and with twenty.
    for _, fixed in ipairs {
      { module.range, 3 }, { module.full, 2 }, { math.sqrt, 1 }, { math.where, 3 }, { methods.slice, 4, c },
      { methods.sort, 2, c }, { methods.digitize, 2, c }, { methods.lookup, 4, c }, { methods.diff, 2, c },
    } do
      local arguments = { fixed[3] or 1 }
      for _, n in ipairs { fixed[2] + 1, 20 } do
        for i = 2, n do arguments[i] = 1 end
        assert.truthy(message_of(fixed[1], table.unpack(arguments)):find "takes at most %d arg")
      end
    end
  end)

  it("that are methods are called with a colon", function()
    local c, f, g = objects()
    for call, said in pairs {
      ["c.sum()"] = "'sum' is a method: call it with a colon, column:sum(...)",
      ["c.topk(2)"] = "'topk' is a method: call it with a colon, column:topk(...)",
      ["c.type()"] = "'type' is a method: call it with a colon, column:type()",
      ["c.round(1)"] = "'round' is a method: call it with a colon, column:round(...)",
      ["f.head(3)"] = "'head' is a method: call it with a colon, frame:head(...)",
      ["f.columns()"] = "'columns' is a method: call it with a colon, frame:columns()",
      ["f.where('a == 1')"] = "'where' is a method: call it with a colon",
      ["g.size()"] = "'size' is a method: call it with a colon, grouping:size()",
      ["g.sum(c)"] = "'sum' is a method: call it with a colon, grouping:sum(...)",
    } do
      helper.assert_raises(said, line, call, c, f, g)
    end
    assert.equal(7, line("c.sum(c)", c))
  end)

  it("count arguments as their callers do", function()
    local c, f, g = objects()
    for call, said in pairs {
      ["c:topk('x')"] = "bad argument #1 to 'topk'",
      ["c:as(1)"] = "bad argument #1 to 'as'",
      ["c:isin(5)"] = "bad argument #1 to 'isin'",
      ["c:round('x')"] = "bad argument #1 to 'round'",
      ["mb.math.round(c, 'x')"] = "bad argument #2 to 'round'",
      ["c:lookup(c, 5)"] = "bad argument #2 to 'lookup'",
      ["f:head('5')"] = "bad argument #1 to 'head' (a number of rows expected, got the string '5')",
      ["g:quantile(c, 7)"] = "bad argument #2 to 'quantile'",
      ["c:shift('x')"] = "bad argument #1 to 'shift'",
      ["mb.column(5)"] = "bad argument #1 to 'column'",
      ["mb.column({1}, 'integer')"] = "bad argument #2 to 'column' (there is no type 'integer'; write 'int')",
      ["c:as('integer')"] = "bad argument #1 to 'as' (there is no type 'integer'; write 'int')",
      ["c:as('flaot')"] = "there is no type 'flaot'; did you mean 'float'?",
    } do
      helper.assert_raises(said, line, call, c, f, g)
    end
  end)

  it("raise errors of the functions that they call as they are", function()
    local function fail() error({ code = 7 }, 0) end
    for _, call in ipairs { "mb.time('x', x)", "mb.on_rank(0, x)" } do
      local ok, message = pcall(line, call, nil, nil, nil, fail)
      assert.is_false(ok)
      assert.equal(7, message.code)
    end
    helper.assert_raises("time: a text as \"2024-02-29T12:00:00Z\" or a number expected, got x", mb.time, "x")
    local f = select(2, objects()) -- a coroutine may yield in what a method calls
    local names = {}
    for name in coroutine.wrap(function() for name in f:each() do coroutine.yield(name) end end) do
      names[#names + 1] = name
    end
    assert.same({ "a", "b" }, names)
  end)
end)
