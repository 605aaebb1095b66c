-- Coroutines that are resumed, wrapped and closed, in all the ways that go well and wrong.
local function try(f, ...) print(pcall(f, ...)) end

local co
co = coroutine.create(function(...)
  local x = coroutine.yield(select("#", ...), ...)
  print(coroutine.running() == co, coroutine.isyieldable())
  return x * 2, nil
end)
print(coroutine.status(co), coroutine.resume(co, 5, nil))
print(coroutine.status(co), coroutine.resume(co, 21))
print(coroutine.status(co), coroutine.resume(co))
print(coroutine.resume(coroutine.running()))
try(coroutine.resume)
try(coroutine.resume, 5)
try(coroutine.wrap, 5)
try(coroutine.close)
try(coroutine.close, (coroutine.running()))
try(function() coroutine.resume(nil) end)
try(function() coroutine.wrap() end)

local outer
outer = coroutine.create(function()
  local inner = coroutine.create(function()
    print(coroutine.status(outer), coroutine.resume(outer))
    try(coroutine.close, outer)
  end)
  print(coroutine.resume(inner))
end)
print(coroutine.resume(outer))

print(coroutine.wrap(function(...) return ... end)(1, nil, 3))
local failing = coroutine.wrap(function() error "text" end)
try(failing)
try(failing)
failing = coroutine.wrap(function() error({ code = 7 }) end)
print(select("#", pcall(failing)), select(2, pcall(coroutine.wrap(function() error() end))))
try(coroutine.wrap(function() return nil .. "x" end))
try(coroutine.wrap(function() coroutine.wrap(function() error("deep", 0) end)() end))
try(coroutine.wrap(string.rep), "x", -1)
try(coroutine.wrap(string.rep))

-- What is pending when a coroutine is closed.
local function pending(problem)
  return function()
    local _ <close> = setmetatable({}, { __close = function(_, message)
      print("closing", message)
      if problem then error(problem, 0) end
    end })
    coroutine.yield(1)
    error("own", 0)
  end
end
co = coroutine.create(pending())
print(coroutine.close(co), coroutine.status(co))
for _, problem in ipairs { false, "bad" } do
  co = coroutine.create(pending(problem))
  print(coroutine.resume(co))
  print(coroutine.close(co))
  print(coroutine.status(co), coroutine.close(co))
  co = coroutine.create(pending(problem))
  print(coroutine.resume(co))
  print(coroutine.resume(co))
  print(coroutine.close(co))
  local f = coroutine.wrap(pending(problem))
  print(f())
  try(f)
  try(f)
end

-- Much is passed on, and coroutines nest deep.
print(select("#", coroutine.wrap(function(...) return ... end)(table.unpack({}, 1, 5000))))
print(coroutine.resume(coroutine.create(function() return table.unpack({}, 1, 1e6) end)))
local depth = 0
local function nest(n)
  depth = n
  return coroutine.wrap(nest)(n + 1)
end
print(select(2, pcall(nest, 1)):match "C stack overflow", depth > 180)

local steps = {}
debug.sethook(function() steps[#steps + 1] = 1 end, "", 1000)
coroutine.wrap(function() for _ = 1, 10000 do end end)()
print(#steps > 5, debug.gethook() ~= nil)
debug.sethook()
print(debug.gethook())
print(debug.traceback(co), (debug.traceback("here", 1):gsub("\n.*", "")))
