-- Files that writers replace: what a link leads to, permissions, and what dead writers have left.
local mb = require "moonbear"
local helper = require "spec.helper"

local path <const> = helper.path

teardown(helper.clean)

local function sh(line)
  return (helper.shell(("cd '%s' && %s"):format(helper.folder(), line)):gsub("%s+$", ""))
end

-- Each: writes rows 1 .. n of a column `a`, and counts those that are there.
local writers = {
  { "to_hdf", function(f, file, opts) f:to_hdf(file, opts) end, function(file) return #mb.read_hdf(file, "a") end },
  { "to_csv", function(f, file) f:to_csv(file) end, function(file) return #mb.read_csv(file) end },
  { "save", function(f, file) mb.save(file, { f = f }) end, function(file) return #mb.load(file).f end },
}
if helper.has_duckdb() then
  writers[4] = { "to_parquet", function(f, file) f:to_parquet(file .. ".parquet") end,
    function(file) return #mb.read_parquet(file .. ".parquet") end, suffix = ".parquet" }
end

for _, writer in ipairs(writers) do
  local name, write, count = table.unpack(writer)
  local suffix = writer.suffix or ""
  local function rows(n) return mb.frame { { "a", mb.range(1, n) } } end

  describe("a file that " .. name .. " replaces", function()
    it("is what a link leads to", function()
      sh(("mkdir -p %s/deep && cd %s && ln -s deep/../deep/second first%s && ln -s third deep/second && "
        .. "ln -s nowhere new%s"):format(name, name, suffix, suffix))
      write(rows(3), path(name .. "/first"))
      assert.equal("third", sh(("ls %s/deep | grep -v second"):format(name)))
      write(rows(4), path(name .. "/first"))
      write(rows(5), path(name .. "/new"))
      assert.equal(4, count(path(name .. "/first")))
      assert.equal(5, count(path(name .. "/new")))
      assert.equal("deep/../deep/second third nowhere", sh(("readlink %s/first%s %s/deep/second %s/new%s | xargs")
        :format(name, suffix, name, name, suffix)))
      assert.equal("second third", sh(("ls -A %s/deep | xargs"):format(name)))
      sh(("ln -s round%s %s/round%s"):format(suffix, name, suffix))
      helper.assert_raises("Too many levels of symbolic links", write, rows(3), path(name .. "/round"))
      sh(("ln -s %slong %s/long%s"):format(("./"):rep(2040), name, suffix))
      helper.assert_raises("File name too long", write, rows(3), path(name .. "/long"))
    end)

    it("keeps its permissions", function()
      write(rows(3), path(name .. "-kept"))
      sh(("chmod 4640 %s-kept%s"):format(name, suffix))
      write(rows(4), path(name .. "-kept"))
      assert.equal("4640", sh(("stat -c %%a %s-kept%s"):format(name, suffix)))
      if name == "to_hdf" then
        write(rows(4), path(name .. "-kept"), { mode = "r+" })
        assert.equal("4640", sh(("stat -c %%a %s-kept"):format(name)))
      end
      assert.equal(4, count(path(name .. "-kept")))
    end)

    it("stays where it may not be written", function()
      if sh "id -u" == "0" then return end
      write(rows(3), path(name .. "-fixed"))
      sh(("chmod 444 %s-fixed%s"):format(name, suffix))
      helper.assert_raises("Permission denied", write, rows(4), path(name .. "-fixed"))
      assert.equal(3, count(path(name .. "-fixed")))
    end)

    it("has nothing beside it of writers that are dead", function()
      local part = name .. "-alone" .. suffix
      sh(("touch %s.4000001.part && touch %s.x.part other.%s.4000001.part"):format(part, part, part))
      write(rows(3), path(name .. "-alone"))
      assert.equal(part .. " " .. part .. ".x.part", sh(("ls -A | grep ^%s | xargs"):format(part)))
    end)
  end)
end

describe("a folder that to_parquet writes", function()
  if not helper.has_duckdb() then return end

  it("cannot be within a file", function()
    helper.write_file(path "file", "")
    helper.assert_raises("file/x: cannot write: Not a directory", function()
      mb.frame { { "a", mb.range(1, 3) } }:to_parquet(path "file/x")
    end)
  end)

  it("has nothing beside it of writers that are dead", function()
    sh "mkdir -p parts.4000001.part parts.4000002.part && touch parts.4000001.part/part-00000.parquet"
    sh "touch parts.4000001.part/part-00001.parquet.77.part parts.4000002.part/other"
    mb.frame { { "a", mb.range(1, 9) } }:to_parquet(path "parts")
    assert.equal("parts parts.4000002.part", sh "ls -A | grep ^parts | xargs")
    assert.equal(9, #mb.read_parquet(path "parts", "a"))
    helper.assert_raises("and no empty folder", function()
      mb.frame { { "a", mb.range(1, 3) } }:to_parquet(path "parts")
    end)
    sh "rm parts/*"
    mb.frame { { "a", mb.range(1, 3) } }:to_parquet(path "parts")
    assert.equal(3, #mb.read_parquet(path "parts", "a"))
  end)
end)
