-- What does not fit the memory budget is done on a disk, where MOONBEAR_TMPDIR names a folder.
local mb = require "moonbear"
local helper = require "spec.helper"
local session = require "spec.session"

local core = mb.core

-- Beside the program there is a disk: /tmp may be memory.
local function folder()
  return (helper.shell("mktemp -d -p " .. helper.quote(helper.program:match "^(.*)/")):gsub("\n", ""))
end

local function of_all(f)
  local all = {}
  for rank = 0, mb.size() - 1 do all[rank + 1] = mb.on_rank(rank, f) end
  return all
end

-- Calls f with so many bytes for each rank, beside what is in use, and a folder for the rest.
local function with_room(bytes, path, f, ...)
  collectgarbage()
  core.trim()
  local live, _, _, budget = core.memory(true)
  core.limit_memory(live + bytes, path)
  local results = table.pack(pcall(f, ...))
  core.limit_memory(budget)
  return table.unpack(results, 1, results.n)
end

local function spilled()
  return math.max(table.unpack(of_all(function() return (select(5, core.memory())) end)))
end

describe("memory on a disk", function()
  local path = folder()

  local t = session.operands(2000, 200, 200)
  for _, operation in ipairs(session.operations) do
    local name, run = table.unpack(operation)
    it("has the same results for " .. name, function()
      local expected = session.fingerprint(run(t))
      local ok, result = with_room(0, path, function() return session.fingerprint(run(t)) end)
      assert.is_true(ok, result)
      assert.equal(expected, result)
    end)
  end

  -- Columns of 10 MB in all.
  local n <const> = 500000
  local function table_of()
    return mb.frame { { "k", mb.random(n, { high = 1 << 60, seed = 1 }):eval() },
      { "g", mb.random(n, { high = n // 2, seed = 2 }):eval() },
      { "v", (mb.random(n, { high = 1 << 20, seed = 3 }) / 8):eval() } }
  end
  local large = table_of()
  for name, run in pairs {
    sort = function(f) return f.k:sort() end,
    argsort = function(f) return f.k:argsort() end,
    sort_by = function(f) return f:sort_by "k" end,
    group_by = function(f) return f:group_by("g"):agg { s = { "v", "sum" }, n = "size" } end,
    distinct = function(f) return f:group_by("k"):agg { s = { "v", "sum" } } end,
    unique = function(f) return f.k:unique() end,
    value_counts = function(f) return f.g:value_counts() end,
    join = function(f)
      return f:join(mb.frame { { "g", f.g:unique() }, { "w", f.g:unique() * 3 } }, { on = "g" })
    end,
    concat = function(f) return mb.concat { f, f } end,
    where = function(f) return f.k[f.v:gt(1000)]:eval() end,
  } do
    it("does a large " .. name, function()
      local expected = session.fingerprint(run(large))
      local used
      local ok, result = with_room((1 << 20) // mb.size(), path, function()
        local made = table.pack(run(large))
        used = spilled()
        assert.equal("", helper.shell("ls -A " .. helper.quote(path))) -- no file has a name
        return session.fingerprint(table.unpack(made))
      end)
      assert.is_true(ok, result)
      assert.equal(expected, result)
      assert.is_true(used > 0, name .. " has stayed in memory")
    end)
  end

  it("is not written where it cannot be, and the columns are still there", function()
    local c = mb.random(n, { high = 1 << 60, seed = 1 }):eval()
    local most = c:max()
    local ok, message = with_room(1000, "/nowhere", function() return c:sort() end)
    assert.is_false(ok)
    assert.truthy(message:find("MOONBEAR_TMPDIR, /nowhere", 1, true) or message:find("and the disk are left", 1, true),
      message)
    assert.equal(most, c:max())
  end)

  it("leaves nothing", function() os.execute("rmdir " .. helper.quote(path)) end)
end)

describe("the folder of memory on a disk", helper.once(function()
  local path = folder()

  it("is used until columns are closed", function()
    local code, out, err = helper.run(2, [[
      local mb = require "moonbear"
      local function spilled() return (select(5, mb.core.memory())) end
      local k = mb.random(2000000, { high = 1 << 60, seed = 1 }):eval()
      local sorted = k:sort()
      local most = spilled()
      k:close()
      sorted:close()
      print(most > 0, spilled())]], { env = { MOONBEAR_TMPDIR = path, MOONBEAR_MEMORY = "16M" } })
    assert.same({ 0, "true\t0\n", "" }, { code, out, err })
  end)

  it("is checked at the start", function()
    for _, wrong in ipairs { "/dev/shm", "/nowhere", helper.program } do
      local code, _, err = helper.run(2, "print(1)", { env = { MOONBEAR_TMPDIR = wrong } })
      assert.truthy(code ~= 0)
      assert.truthy(err:find("MOONBEAR_TMPDIR is '" .. wrong .. "'; it is written as the path of a folder on a disk",
        1, true), err)
    end
  end)

  local script = [[
    local mb = require "moonbear"
    local c = mb.random(2000000, { high = 1 << 60, seed = 1 }):eval()
    local most = c:max()
    local ok, sorted = pcall(c.sort, c)
    print(ok, ok or sorted:match "on the disk %(MOONBEAR_TMPDIR, .-%): (.-);", c:max() == most)
    print(#c:slice(1, 10))]]

  it("has what does not fit, on any number of ranks", function()
    for ranks = 1, 2 do
      local code, out, err = helper.run(ranks, script, { env = { MOONBEAR_MEMORY = "18M", MOONBEAR_TMPDIR = path } })
      assert.same({ 0, "true\ttrue\ttrue\n10\n" }, { code, out }, err)
    end
  end)

  it("may be full: an error, after which the data is still there", function()
    local file = helper.write_file(helper.tmpdir() .. "/x.lua", script)
    local code, out, err = helper.execute(("sh -c 'ulimit -f 10000; exec %s %s'")
      :format(helper.program, file), { env = { MOONBEAR_MEMORY = "24M", MOONBEAR_TMPDIR = path } })
    assert.same({ 0, "false\tFile too large\ttrue\n10\n" }, { code, out }, err)
  end)

  it("has no files afterwards, however a run ends", function()
    local code = helper.run(2, [[
      local mb = require "moonbear"
      local c = mb.random(3000000, { high = 1 << 60, seed = 1 }):eval()
      print(c:sort()[1])
      mb.on_rank(0, function() os.execute "kill -9 $PPID" end)
      print(c:max())]], { env = { MOONBEAR_MEMORY = "18M", MOONBEAR_TMPDIR = path } })
    assert.truthy(code ~= 0)
    assert.equal("", helper.shell("ls -A " .. helper.quote(path)))
    os.execute("rmdir " .. helper.quote(path))
  end)
end))
