-- Every reader beside files that it cannot read: an error of one line that names the file, and the
-- session goes on.
local helper = require "spec.helper"
local mb = require "moonbear"

local path <const> = helper.path

teardown(helper.clean)

local READERS <const> = {
  read_hdf = mb.read_hdf, scan_hdf = mb.scan_hdf, ls_hdf = mb.ls_hdf, attrs = mb.attrs, load = mb.load,
  read_csv = mb.read_csv, scan_csv = mb.scan_csv, read_jsonl = mb.read_jsonl, read_zeek = mb.read_zeek,
  read_nfdump = mb.read_nfdump, read_parquet = mb.read_parquet, scan_parquet = mb.scan_parquet,
  ls_parquet = mb.ls_parquet,
}

-- Readers in order, those of text and those of HDF5 alone where told.
local function readers(kind)
  local list = {}
  for name in pairs(READERS) do
    local is = name:find "parquet" and "parquet"
      or (name:find "hdf" or name == "attrs" or name == "load") and "hdf" or "text"
    if (not kind or kind == is) and (is ~= "parquet" or helper.has_duckdb()) then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

local function refused(name, file, part)
  local what = name .. " of " .. file
  local ok, message = pcall(READERS[name], file)
  assert.is_false(ok, what)
  message = tostring(message)
  assert.is_nil(message:find("\n", 1, true), what .. ": " .. message)
  assert.truthy(message:find((file:match("[^/]*$"):gsub("%c", "?")), 1, true), what .. ": " .. message)
  if part then assert.truthy(message:find(part), what .. ": " .. message) end
  assert.equal(55, mb.range(1, 10):sum())
end

describe("files that are", function()
  it("no files are refused by every reader", function()
    helper.shell(("cd %s; mkdir empty; ln -s loop loop; ln -s nowhere dangling; mkfifo pipe")
      :format(helper.folder()))
    for _, name in ipairs(readers()) do
      for _, file in ipairs { "missing", "missing/x", "dangling", "loop", "empty", "pipe" } do
        refused(name, path(file))
      end
      refused(name, "/dev/null")
    end
  end)

  it("of other kinds are refused by every reader", function()
    local random, junk = helper.random(3), {}
    for i = 1, 5000 do junk[i] = string.char(random(0, 255)) end
    local text = "a,b\n1,2\n"
    local utf16 = "\xff\xfe" .. text:gsub(".", "%0\0")
    helper.write_file(path "junk", table.concat(junk))
    helper.write_file(path "zeros", ("\0"):rep(5000))
    helper.write_file(path "nothing", "")
    helper.write_file(path "utf16", utf16)
    helper.write_file(path "text", text)
    mb.column { 1, 2 }:to_hdf(path "columns.h5", "x")
    for _, name in ipairs(readers()) do
      for _, file in ipairs { "junk", "zeros", "nothing", "utf16" } do refused(name, path(file)) end
    end
    for _, name in ipairs(readers "text") do refused(name, path "columns.h5") end
    for _, name in ipairs(readers "parquet") do refused(name, path "columns.h5", "No magic bytes") end
    for _, name in ipairs(readers "hdf") do refused(name, path "text", "mb.read_csv reads CSV") end
    refused("read_zeek", path "text", "no log of Zeek")
    refused("read_jsonl", path "text", "text:1: the line is no JSON")
    refused("load", path "columns.h5", "not a snapshot")
  end)

  it("named, and have columns named, in several lines are told of in one", function()
    helper.write_file(path "a\nb", '"a\n"x"y\n1\n')
    refused("read_csv", path "a\nb", "a%?b:1: there is text behind the closing quote of '\"a%?\"x\"y'")
    helper.write_file(path "a\nb", '"a\nb",c\n1,2\nx,2\n')
    local message = helper.message_of(mb.read_csv, path "a\nb", { types = { ["a\nb"] = "int" } })
    assert.truthy(message:find("a?b:4: column 'a?b' has 'x', which is not an int", 1, true), message)
    message = helper.message_of(mb.read_csv, path "a\nb", { columns = { "a\nd" } })
    assert.truthy(message:find("there is no column 'a?d'", 1, true), message)
  end)

  it("not ours to read are refused", function()
    local folder = helper.tmpdir()
    helper.write_file(folder .. "/secret", "a,b\n1,2\n")
    helper.shell(("cd %s; mkdir secrets; chmod 755 .; chmod 0 secret secrets"):format(helper.quote(folder)))
    local function told(file)
      local messages = {}
      for _, name in ipairs(readers()) do
        for _, it in ipairs { file, file .. "s/*", file .. "s/x" } do
          local ok, message = pcall(READERS[name], it)
          messages[#messages + 1] = name .. ": " .. tostring(not ok and message)
        end
      end
      return table.concat(messages, "\n")
    end
    local file, messages = folder .. "/secret", nil
    if helper.shell "id -u":match "%d+" ~= "0" then
      messages = told(file)
    elseif mb.size() == 1 then
      local script = helper.write_file(folder .. "/try.lua", ([[local mb = require "moonbear"
        for _, name in ipairs { "%s" } do
          for _, it in ipairs { "%s", "%ss/*", "%ss/x" } do
            print(name .. ": " .. tostring(select(2, pcall(mb[name], it))))
          end
        end
        print(mb.range(1, 10):sum())]]):format(table.concat(readers(), '", "'), file, file, file))
      local status, out, err = helper.execute(
        ("setpriv --reuid=65534 --regid=65534 --clear-groups %s %s"):format(helper.quote(helper.program), script),
        { env = { MOONBEAR_DUCKDB = os.getenv "MOONBEAR_DUCKDB" } })
      if status ~= 0 then -- others may not run the program here
        io.stderr:write("moonbear: files without permission are not tested: ", err)
        return
      end
      assert.truthy(out:find "\n55\n$", out)
      messages = out:gsub("55\n$", "")
    end
    for line in (messages or ""):gmatch "[^\n]+" do
      assert.truthy(line:find "secret.*Permission denied", line)
    end
  end)
end)

describe("lines that are", function()
  it("longer than any record are refused", function()
    for name, head in pairs { ["bare.csv"] = "a,b\\n1,2\\n", ["quote.csv"] = 'a,b\\n1,"', ["quotes.csv"] = 'a,b\\n1,"',
      ["bare.jsonl"] = '{"a":1}\\n{"a":"' } do
      local file, fill = path(name), name == "quotes.csv" and 'x""y,"z\\n' or "x"
      helper.shell(("{ printf '%s'; yes '%s' | tr -d '\\n' | head -c 90000000; } > %s"):format(head, fill, file))
      refused(name:find "csv" and "read_csv" or "read_jsonl", file, ":%d: the line is longer than 64 MiB")
      os.remove(file)
    end
  end)

  it("long, in quotes, are read as they are", function()
    local lines, rows = { "a,b\n" }, {}
    for i = 1, 12 do
      local piece = ("%d,\n;\"x"):format(i)
      rows[i] = piece:rep(i % 3 == 0 and 3 or 400000)
      lines[i + 1] = ('%d,"%s"\n'):format(i, (rows[i]:gsub('"', '""')))
    end
    local frame = mb.read_csv(helper.write_file(path "long.csv", table.concat(lines)))
    assert.equal(78, frame.a:sum())
    for i = 1, 12 do assert.is_true(frame.b[i] == rows[i], i) end
  end)
end)

describe("a file that is replaced", function()
  local function write(name, n)
    local x = mb.range(1, n)
    local f = mb.frame { { "x", x }, { "y", x * 2 } }
    if name:find "parquet$" then f:to_parquet(path(name)) else f:to_hdf(path(name)) end
  end

  it("after a scan of it was made is told of", function()
    for kind, scan in pairs { h5 = mb.scan_hdf, parquet = helper.has_duckdb() and mb.scan_parquet or nil } do
      for i = 1, 3 do write(i .. "." .. kind, 1000 * i) end
      local files = { path("1." .. kind), path("2." .. kind), path("3." .. kind) }
      local s = scan(files)
      assert.equal(6000, #s:collect())
      for _, n in ipairs { 2000, 1500, 2500 } do -- as many rows, fewer, more
        write("2." .. kind, n)
        helper.assert_raises("/2." .. kind .. ": the file was changed since", function() return s.x:sum() end)
        assert.equal(4000 + n, #scan(files):collect())
      end
    end
  end)

  it("while it is read is read as one of both, or told of", function()
    for i = 1, 2 do mb.frame { { "x", mb.range(1, 40000) + 100000 * i } }:to_csv(path(i .. ".csv")) end
    helper.shell(("cp %s %s"):format(path "1.csv", path "live"))
    local writer = assert(io.popen(([[cd %s; n=1; while [ ! -e stop ]; do
      n=$((3 - n)); cp $n.csv new && mv new live; done]]):format(helper.folder())))
    local sums, problem = { [4800020000] = true, [8800020000] = true }, nil
    for _ = 1, 15 do
      local ok, result = pcall(mb.read_csv, path "live")
      local sum = ok and result.x:sum()
      if ok and not sums[sum] then problem = "a sum of " .. sum end
      if not ok and not tostring(result):find("live: was changed while it was read", 1, true) then problem = result end
    end
    helper.write_file(path "stop", "")
    writer:close()
    assert.is_nil(problem)
  end)
end)
