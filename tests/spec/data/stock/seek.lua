-- Positions, and reading and writing in turns.
local name = arg[1] .. "/seek"

local file = io.open(name, "w+")
file:write "0123456789"
print(file:seek(), file:seek("set", 2), file:read(3))
file:seek "cur"
file:write "XY"
file:seek "cur"
print(file:read "a")
print(file:seek "set", file:read "a")
print(file:seek("end", -3), file:read(2), file:seek("cur", -5), file:read(1))
print(file:seek("set", -1))
print(pcall(file.seek, file, "bad"))
print(pcall(function() file:seek("cur", 1.5) end))
print(file:setvbuf "no", file:setvbuf("full", 1024), file:setvbuf "line")
print(pcall(function() file:setvbuf "zork" end))
print(file:close())

file = io.open(name, "a")
print(file:seek())
file:write "tail"
print(file:seek())
print(file:seek("set", 1))
file:write "!"
print(file:seek())
file:close()

file = io.open(name, "a+")
print(file:read(4))
file:seek "cur"
file:write "more"
print(file:seek())
print(file:seek("set", 1), file:read "a")
file:close()

file = io.open(name, "r+")
file:write "ab"
file:seek "cur"
print(file:read "l")
file:close()

file = io.open(name, "rb")
print(file:setvbuf "no", file:read(3), file:seek())
print(file:write "x")
print(file:close())

file = io.tmpfile()
file:write "abc"
print(file:seek "set", file:read "a", file:close())

-- More than a block, in both directions.
file = io.open(name, "w+")
for i = 1, 20000 do file:write(("%08d"):format(i)) end
for _, at in ipairs { 0, 1, 19999, 8192, 8191, 10000 } do
  print(file:seek("set", 8 * at), file:read(8))
  if at % 2 == 1 then
    file:seek("cur", -8)
    file:write "replaced"
  end
end
print(file:seek("set", 8), file:read(16), file:seek "end")
file:close()
print(io.popen("true"):seek())
