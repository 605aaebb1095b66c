-- Runs the specs with busted, inside moonbear, on every rank in step:
--   mpiexec.hydra -n N build/bin/moonbear tests/run.lua [PATTERN...]
-- A pattern selects files by a part of their name, -f LETTERS by its first letter (a-m); -t PATTERN selects
-- tests by theirs.
local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path

-- Loaded before busted, which unloads what a spec file has loaded after that file.
require "moonbear"
require "python"

local patterns, letters, wanted = {}, "", nil
local i = 1
while arg[i] do
  if arg[i] == "-t" then
    i = i + 1
    wanted = arg[i]
  elseif arg[i] == "-f" then
    i = i + 1
    letters = "/[" .. arg[i] .. "][^/]*$"
  else
    patterns[#patterns + 1] = arg[i]
  end
  i = i + 1
end

local function selected(path)
  if not path:find(letters) then return false end
  for _, pattern in ipairs(patterns) do
    if path:find(pattern, 1, true) then return true end
  end
  return #patterns == 0
end

local files = {}
local listing = assert(io.popen(("find '%s/spec' -name '*_spec.lua' | LC_ALL=C sort"):format(here)))
for path in listing:lines() do
  if selected(path) then files[#files + 1] = path end
end
listing:close()
if #files == 0 then error("no spec file has in its name: " .. table.concat(patterns, ", "), 0) end

local busted = require "busted.core"()
require "busted" (busted)
local outcome = require "outcome" (busted, wanted)
local load_files = require "busted.modules.test_file_loader" (busted, { "lua" })
load_files(files, {}, { excludes = {}, recursive = true })
require "busted.execute" (busted) (1, {})

os.exit(outcome.report(), true)
