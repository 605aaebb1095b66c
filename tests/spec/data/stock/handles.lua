-- Opening, closing, the default files, and what is said of mistakes.
local name = arg[1] .. "/handles"
local function try(f, ...) print(pcall(f, ...)) end

print(io.open "/nonexistent/file")
print(io.open("/nonexistent/file", "w"))
print(io.open("/", "w"))
for _, mode in ipairs { "rz", "", "r+b", "rb+", "wb", "a+b", "+r", "rw" } do
  print(mode, (select(2, pcall(function() return io.type(io.open(name, mode)) end))))
end
try(io.open, name, "bad")
try(function() io.open(name, "bad") end)
try(function() io.open() end)
try(function() io.open {} end)

local file = io.open(name, "w")
print(io.type(file), io.type(io.stdout), io.type(42), file:close())
print(io.type(file), tostring(file), tostring(io.stdout):match "^file %(0x")
try(file.write, file, "x")
try(function() file:write "x" end)
try(function() file:lines() end)
try(function() file:close() end)
try(function() file:flush() end)
try(function() return file:read() end)
try(io.read, "x")
try(function() io.stdin:read "x" end)
try(function() io.read {} end)
try(io.close, 5)
try(io.close, io.stdout)
try(function() file.read() end)
try(function() io.stdout.write() end)
try(function() io.stdout.write(5) end)
try(function() file.close {} end)
try(function() io.write {} end)
try(function() io.stdout:write("a", nil) end)
try(function() io.write("x", print) end)
print(io.stdout:close())
print(io.stdout:read "a")
print(getmetatable(io.stdout).__name, rawget(getmetatable(io.stdout), "nofield"), type(io.stdout))

print(io.output() == io.stdout, io.input() == io.stdin)
io.output(name)
print(io.write("one\n", "two\n") == io.output(), io.output() ~= io.stdout)
print(io.flush())
print(io.close())
try(io.write, "x")
try(function() io.write "x" end)
try(io.flush)
try(io.close)
io.output(io.stdout)
io.input(name)
print(io.read(), io.read "L", io.read "a", io.read "n")
for line in io.lines() do print(line) end
print(io.close(io.input()))
try(io.read)
try(io.lines)
try(function() for _ in io.lines() do break end end)
io.input(io.stdin)
try(io.input, "/nonexistent")
try(function() io.input "/nonexistent" end)
try(io.output, "/nonexistent/x")

do
  local scoped <close> = io.open(name, "w")
  scoped:write "closed by its scope"
  file = scoped
end
print(io.type(file), io.open(name):read "a")

print(io.read "l")
print(io.read("n", "n", "l"))
print(io.stdin:read(2))
for line in io.stdin:lines() do print(line) end
print(io.read(0), io.read "a", io.read "l")
