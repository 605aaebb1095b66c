-- Iterating over lines, and when that closes the file.
local name = arg[1] .. "/lines"
local file = io.open(name, "w")
file:write("first\nsecond\n\nlast")
file:close()

for line in io.lines(name) do print("[" .. line .. "]") end
for line in io.lines(name, "L") do io.write("[", line, "]") end
print()
for a, b in io.lines(name, 1, 2) do print(a, b) end
for all in io.lines(name, "a") do
  print(#all)
  break
end

local next_line = io.lines(name)
for _ = 1, 4 do print(next_line()) end
print(next_line())
print(pcall(next_line))
print(pcall(function() next_line() end))

file = io.open(name)
next_line = file:lines "n"
print(next_line())
print(io.type(file))
file:close()
print(pcall(next_line))
print(pcall(function() return next_line() end))

local iterator, state, control, closing = io.lines(name)
print(type(iterator), state, control, io.type(closing))
for _ in iterator, state, control, closing do break end
print(io.type(closing))
file = io.open(name)
print(select("#", file:lines()))
for _ in file:lines() do break end
print(io.type(file), file:read())

print(pcall(io.lines, "/nonexistent/file"))
print(pcall(function() for _ in io.lines "/nonexistent/file" do break end end))
print(pcall(function() io.lines(name, "x") end))
print(pcall(function() for _ in io.lines(name, "x") do break end end))
print(pcall(function() file:lines "x" end))
print(pcall(function() io.lines(name, table.unpack({}, 1, 251)) end))
print(pcall(function() for _ in io.lines(arg[1]) do break end end))
