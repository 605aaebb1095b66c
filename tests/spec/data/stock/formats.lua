-- Formats of read, on lines, numbers and blocks.
local name = arg[1] .. "/formats"

local function write(...)
  local file = assert(io.open(name, "w"))
  print(file:write(...) == file)
  print(file:close())
end

write("line one\n", 2, " ", 3.5, "\n\n", "last without end")
local formats = { "l", "L", "a", "n", "*l", "*L", "*a", "*n", "*line", "lines", 0, 5, 1000 }
for _, format in ipairs(formats) do
  local file = io.open(name)
  print(format, file:read(format, format, format, format, format, format))
  print(file:seek())
  file:close()
end

local numbers = {
  " 12 -7 0x1F 1e3 1e 0x 0x.8p1 .5 5. +3 nan inf - 1e+ 99999999999999999999", "0x7fffffffffffffff",
  "1.5e300 1..2 12abc\n\n\t8", "0xep1 0Xa 00012 1e5e5", ("1"):rep(250) .. " 7",
}
for _, text in ipairs(numbers) do
  write(text)
  local file = io.open(name)
  for _ = 1, 40 do
    local number = file:read "n"
    io.write(tostring(number), " ", tostring(math.type(number)), "; ")
    if number == nil then
      io.write("at ", file:seek(), " ")
      if not file:read(1) then break end
    end
  end
  print()
  file:close()
end

local file = io.open(name, "w")
for i = 1, 30000 do file:write("line number ", i, "\n") end
file:close()
file = io.open(name)
print(#file:read(100000), file:seek(), file:read "l", #file:read "a")
print(file:read "a", file:read "l", file:read(0))
print(file:seek("set", 70000), file:read("l", "l"))
print(file:seek("cur", -100), file:read "L")
print(file:seek("cur", 65536), file:read "l")
file:close()

print(io.open(arg[1]):read "a")
print(io.open(arg[1]):read(1))
print(io.open(name, "w"):read "a")
print(io.open(name, "w"):read())
