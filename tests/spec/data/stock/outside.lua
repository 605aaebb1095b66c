-- Other programs, files and the clock.
local name, other = arg[1] .. "/outside", arg[1] .. "/other"
local function try(f, ...) print(pcall(f, ...)) end

local pipe = io.popen "echo a; echo b; exit 4"
print(pipe:read "l", pipe:read "a", pipe:close())
pipe = io.popen "kill -9 $$"
print(pipe:read "a", pipe:close())
pipe = io.popen("cat >" .. name, "w")
pipe:write "through cat"
print(pipe:close())
print(io.open(name):read "a")
print(io.popen("true"):close())
print(io.popen("nonexistent_program 2>/dev/null"):close())
for line in io.popen("seq 5"):lines() do print(line) end
try(io.popen, "true", "rw")
try(function() io.popen("true", "x") end)
try(function() io.popen() end)

print(os.execute "exit 3")
print(os.execute "true")
print(os.execute())
print(os.execute "kill -15 $$")
print(os.getenv "NO_SUCH_VARIABLE", os.getenv "HOME")
try(function() os.getenv() end)
print(os.rename(name, other))
print(os.rename(name, other))
print(os.remove(other))
print(os.remove(other))
print(os.remove(arg[1] .. "/no/such"))
try(function() os.remove {} end)
local temporary = os.tmpname()
print(io.type(io.open(temporary)), os.remove(temporary))

print(os.date("!%Y-%m-%d", 86400))
print(os.date("!*t", 1e9).year, os.date("*t", 0).isdst)
try(os.date, "%Ez")
try(function() os.date "%Q" end)
local date = { year = 2020, month = 14, day = 35, hour = 12 }
print(os.time(date), date.month, date.day, date.year, date.yday)
try(os.time, {})
try(function() os.time { year = 2020 } end)
try(function() os.time(5) end)
print(math.type(os.time()), math.type(os.time(nil)), math.type(os.clock()))
print(os.difftime(5, 3), type(os.date()), os.setlocale(), os.setlocale "nonexistent")
