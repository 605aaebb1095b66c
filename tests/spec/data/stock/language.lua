-- What stays as it was: coroutines, metamethods, errors, load, debug, and the rest.
local function try(f, ...) print(pcall(f, ...)) end

local name = arg[1] .. "/language.lua"
local file = io.open(name, "w")
file:write "return coroutine.yield('from a file'), 'end'"
file:close()
local resume = coroutine.wrap(function()
  for line in io.lines(name) do coroutine.yield(line) end
  for key, value in pairs { b = 2 } do coroutine.yield(key, value) end
  return dofile(name)
end)
print(resume())
print(resume())
print(resume())
print(resume "back")
print(coroutine.isyieldable(), (select(2, coroutine.running())))

local triple = setmetatable({}, {
  __pairs = function(t)
    return function(_, i)
      i = (i or 0) + 1
      if i < 4 then return i, i * 10 end
    end, t, nil
  end,
})
for key, value in pairs(triple) do print(key, value) end
local yielding = setmetatable({}, {
  __pairs = function()
    coroutine.yield "in __pairs"
    return next, { 1 }, nil
  end,
})
resume = coroutine.wrap(function()
  for key in pairs(yielding) do print(key) end
  return "done"
end)
print(resume())
print(resume())
try(pairs)
try(function() pairs() end)
try(function() for _ in pairs(nil) do break end end)
try(function() for _ in pairs(5) do break end end)
try(function() for _ in pairs "x" do break end end)
print(pairs {} == next, pairs { 1, 2, 3 } == next, select("#", pairs {}))
local t = {}
for i = 1, 10 do
  t[i], t[-i], t["k" .. i] = i, i, i
end
for key in pairs(t) do t[key] = nil end
print(next(t))
local sum = 0
for key, value in pairs { 10, 20, x = 30, [2.5] = 40, [true] = 50 } do
  if key ~= 1 then sum = sum + value end
end
print(sum)
for key in pairs { 1, 2, a = 3 } do
  print(key)
  break
end

print(load "return 1 +")
print(load("x =", "=name"))
print(load("return ...", "c", "t", {})(5))
print(load(function() return nil end)())
print(xpcall(function()
  return arg.none.y
end, function(message) return "handled " .. message end))
local trace = select(2, xpcall(error, debug.traceback, "message"))
print(trace)
print(debug.traceback("here", 1))
print(debug.getinfo(1, "l").currentline, debug.getinfo(print).what, debug.getinfo(pairs).what)
print(("%5.2f|%q"):format(3.14159, "a\nb"))
local custom = setmetatable({}, { __tostring = function() return "custom" end })
print(custom, nil, true, 1.0, 10 // 3, 2 ^ 53, -0.0, 1e15, 1e100, 1 / 0)
try(print, setmetatable({}, { __tostring = function() return 1 end }))
try(function()
  print("before", setmetatable({}, { __tostring = function() error "in __tostring" end }))
end)
print((tostring(setmetatable({}, { __name = "My.Type" })):gsub("0x%x+", "")))
print "a\0b"

math.randomseed(42)
local a, b = math.random(), math.random(1000)
math.randomseed(42)
print(a == math.random(), b == math.random(1000), a, b)
print(math.randomseed(7))
print(math.randomseed(7, 8))
print(select("#", math.randomseed()))
try(math.randomseed, {})
try(function() math.randomseed "x" end)
try(function() math.random(0, -1) end)

do
  local log = {}
  do
    local _ <close> = setmetatable({}, { __close = function() log[1] = "closed" end })
  end
  print(log[1])
end
setmetatable({}, { __gc = function() print "collected" end })
collectgarbage()
collectgarbage()
print(collectgarbage "count" > 0, _VERSION, math.maxinteger // -1, 7 // 0.0, -7 % 3, "10" + 5)
print(#arg, arg[0]:match "[^/]*$", ...)
print(pcall(error))
print(pcall(error, nil))
print(utf8.char(228, 8364), select(-1, 1, 2, 3), rawlen { 1, 2 })
warn "unseen"
warn "@on"
warn("a ", "warning")
warn "@off"
warn "unseen"
try(warn)
try(warn, {})
io.stderr:write("an error message\n")
error({ code = 2 }, 0)
