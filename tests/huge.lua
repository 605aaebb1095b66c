-- Text beyond what 32 bits count: a string of more than a gigabyte, and more than 4 GB on a rank.
-- By hand, where 16 GB are free: mpiexec.hydra -n 1 build/bin/moonbear tests/huge.lua, and on more
-- ranks `tests/huge.lua string`, the first part alone. Ends with the line `N passed, N failed`.
local mb = require "moonbear"

local passed, failed = 0, 0

local function check(what, expected, got)
  local good = expected == got
  if good then passed = passed + 1 else failed = failed + 1 end
  local function shown(x) return type(x) == "string" and #x > 60 and #x .. " bytes" or tostring(x) end
  print(good and "ok" or "FAILED", what, good and "" or shown(got) .. " instead of " .. shown(expected))
end

local function one_string()
  local n <const> = 1050 << 20
  local text = ("x"):rep(n - 4) .. "éab"
  local c = mb.column({ "short", text, mb.null, "" }, "text")
  check("a string's bytes", n, c:len()[2])
  check("its characters", n - 1, c:ulen()[2])
  check("its end", true, c:endswith("xéab")[2])
  check("what is in it", true, c:contains("éa")[2])
  check("where it is", n - 3, c:find_in("é")[2])
  check("its order", 2, c:argmax())
  check("a match", true, c:search("éab$")[2])
  check("a row that is equal", 1, c:eq(text):sum())
  check("its end in other letters", "ÉAB", c:slice_text(-3):upper()[2])
  check("as it is shown", true, #tostring(c) < 200)
  check("itself", text, c[2])
end

-- On each rank, so that offsets of its strings are beyond 32 bits.
local function many_strings()
  local width <const> = 900
  local n <const> = 5000000 * mb.size()
  local c = mb.range(1, n):as "text":pad(width, { fill = "x" })
  check("more than 4 GB a rank", true, width * n / mb.size() > 1 << 32)
  check("bytes of all rows", width * n, c:len():sum())
  check("the last row", ("x"):rep(width - #tostring(n)) .. n, c[-1])
  check("rows that end so", 50 * mb.size(), c:endswith("00000"):sum())
  check("a row that is equal", 1, c:eq(c[-3]):sum())
  local kept = c[c:endswith "99999"]
  check("filtered", 50 * mb.size(), #kept)
  check("a filtered row", "x99999", kept[1]:sub(-6))
  check("their digits", n - 1, kept:strip("x"):as("int"):max())
  check("rows at positions", c[-1], c[{ 1, -1 }][2])
end

for _, part in ipairs { { "string", one_string }, { "strings", many_strings } } do
  if not arg[1] or arg[1] == part[1] then
    local start = os.clock()
    part[2]()
    collectgarbage()
    print(("-- %s: %.0f s"):format(part[1], os.clock() - start))
  end
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
