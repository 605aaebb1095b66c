-- The program itself: its options, what it does to the descriptors it is started with, and what
-- gets into a script's output.
local helper = require "spec.helper"

local program = helper.quote(helper.program)

-- Runs the program with words and redirections as the shell has them.
local function run(words, options)
  return helper.execute(("sh -c %s"):format(helper.quote(program .. " " .. words)), options)
end

local function version()
  local text = helper.read_file(helper.root .. "/src/moonbear.h")
  return text:match 'MOONBEAR_VERSION%s+"([^"]+)"'
end

describe("options", helper.once(function()
  it("have long names", function()
    for _, word in ipairs { "-v", "--version" } do
      assert.same({ 0, "moonbear " .. version() .. "\n", "" }, { run(word) })
    end
    local _, short = run "-h"
    assert.same({ 0, short, "" }, { run "--help" })
    assert.truthy(short:find("--version", 1, true), short)
  end)

  it("are named when they are wrong", function()
    for words, said in pairs {
      ["-x"] = "unknown option -x", ["--nosuch"] = "unknown option --nosuch", ["-n"] = "-n lacks",
      ["-iq"] = "unknown option -q", ["-e"] = "-e lacks", ["-n two"] = "not 'two'",
      ["-n 0"] = "not '0'", ["-n 99999999999"] = "not '99999999999'", ["-n ''"] = "not ''",
    } do
      local code, out, err = run(words)
      assert.same({ 2, "" }, { code, out })
      assert.truthy(err:find(said, 1, true), err)
    end
  end)

  it("reach the ranks in any order and spelling", function()
    local folder = helper.tmpdir()
    helper.write_file(folder .. "/-x.lua", "print(y, arg[0], ...)")
    for _, words in ipairs { "-n2 -e 'y = 1'", "-e 'y = 1' -n 2", "-e'y = 1' -n2", "-n 2 -ey=1" } do
      local code, out, err = helper.execute(("sh -c %s"):format(helper.quote(
        ("cd %s && %s %s -- -x.lua -n 3"):format(folder, program, words))))
      assert.same({ 0, "1\t-x.lua\t-n\t3\n", "" }, { code, out, err })
    end
    helper.clean()
  end)
end))

describe("the module", helper.once(function()
  it("is mb in chunks of the command line and at a prompt", function()
    for _, n in ipairs { "", "-n 2" } do
      assert.same({ 0, "6\n", "" }, { run(n .. " -e 'print(mb.range(1, 3):sum())'") })
      assert.same({ 0, "6\n", "" }, { run(n, { stdin = "mb.range(1, 3):sum()\n" }) })
      assert.same({ 0, "5\n", "" }, { run(n .. " -e 'mb = 5' -i", { stdin = "mb\n" }) })
    end
    assert.same({ 0, "nil\n", "" }, { run("-", { stdin = "print(mb)" }) })
  end)
end))

describe("closed descriptors", helper.once(function()
  it("are empty and take anything, on any number of ranks", function()
    for _, n in ipairs { "", "-n 1", "-n 2" } do
      assert.same({ 0, "nil\n", "" },
        { run(n .. " -e 'print(io.read())' <&-") })
    end
    local path = helper.tmpdir() .. "/out"
    for _, n in ipairs { "", "-n 2" } do
      local chunk = ("'print(5) io.stdout:flush() local f = io.open(%q, %q) f:write(6) f:close()'")
        :format(path, "w"):gsub("\n", "")
      assert.same({ 0, "", "" }, { run(("%s -e %s >&- 2>&-"):format(n, chunk)) })
      assert.equal("6", helper.read_file(path))
    end
    helper.clean()
  end)
end))

describe("standard output", helper.once(function()
  it("may end early without noise", function()
    for _, n in ipairs { "", "-n 2" } do
      local code, out, err = run(n .. " -e 'for i = 1, 1e6 do print(i) end' | head -n 3")
      assert.same({ 0, "1\n2\n3\n", "" }, { code, out, err })
    end
  end)

  it("has only what the script prints where MPI finds no network", function()
    if helper.execute "unshare -m umount -l /sys" ~= 0 then return end -- as in some containers
    for _, launcher in ipairs { "", helper.launch(2) } do
      local path = helper.write_file(helper.tmpdir() .. "/run",
        ("umount -l /sys; exec %s %s -e 'print(7)'"):format(launcher, program))
      local code, out = helper.execute("unshare -m sh " .. path)
      assert.same({ 0, "7\n" }, { code, out })
    end
    helper.clean()
  end)
end))

-- As ssh starts a program on another machine: without the descriptors of this one.
local ssh = [=[#!/bin/bash
while [[ $1 == -* ]]; do shift; done
shift
for fd in $(ls /proc/self/fd); do [ "$fd" -gt 2 ] && eval "exec $fd>&-"; done
exec sh -c "$*"
]=]

describe("ranks that MPICH's launcher starts elsewhere", helper.once(function()
  it("take no files for descriptors that were not handed to them", function()
    local folder = helper.tmpdir()
    helper.write_file(folder .. "/ssh", ssh)
    helper.write_file(folder .. "/hosts", "127.0.0.2:2\n") -- an address that is no interface's
    assert(os.execute("chmod +x " .. folder .. "/ssh"))
    local env = { HYDRA_LAUNCHER = "ssh", HYDRA_LAUNCHER_EXEC = folder .. "/ssh",
      HYDRA_HOST_FILE = folder .. "/hosts" }
    local code, out, err = run("-n 2 -e 'print(mb.size(), io.read())'",
      { env = env, stdin = "a line\n" })
    assert.same({ 0, "2\ta line\n", "" }, { code, out, err })
    code, out, err = run("-n 2 -e 'os.exit(3)'", { env = env })
    assert.same({ 3, "", "" }, { code, out, err })
    helper.clean()
  end)

  it("do not wait for the Slurm step whose shell starts them", function()
    local print_it = [[-n 2 -e 'print(os.getenv "SLURM_OVERLAP")']]
    assert.equal("0\n", select(2, run(print_it, { env = { SLURM_OVERLAP = "0" } })))
    assert.equal("1\n", select(2, run(print_it)))
  end)
end))

describe("stock Lua", helper.once(function()
  it("is ended by SIGHUP after require 'moonbear', unless it ignores it", function()
    local build = helper.program:match "^(.*)/bin/[^/]*$"
    local env = { LUA_PATH = ("%s/lua/?.lua;%s/lua/?/init.lua"):format(helper.root, helper.root),
      LUA_CPATH = build .. "/lib/lua/5.4/?.so" }
    local script = helper.write_file(helper.tmpdir() .. "/x.lua",
      'require "moonbear" os.execute "kill -HUP $PPID" print "goes on"')
    local stock = "lua5.4 " .. script
    local code, out = helper.execute(("sh -c '%s; echo $?'"):format(stock), { env = env })
    assert.same({ 0, "129\n" }, { code, out })
    code, out = helper.execute(("sh -c 'trap \"\" HUP; %s'"):format(stock), { env = env })
    assert.same({ 0, "goes on\n" }, { code, out })
    helper.clean()
  end)
end))
