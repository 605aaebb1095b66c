-- Pages of documentation: what they link to and what they name is there.
local helper = require "spec.helper"
local mb = require "moonbear"

-- The pages' paths in the repository.
local function pages()
  local list = { "README.md" }
  local found = helper.shell(("cd %s && find docs -name '*.md' | LC_ALL=C sort"):format(helper.quote(helper.root)))
  for path in found:gmatch "[^\n]+" do list[#list + 1] = path end
  return list
end

describe("documentation", helper.once(function()
  it("links to files that there are", function()
    local links = 0
    for _, page in ipairs(pages()) do
      local folder = page:match "^(.*/)[^/]*$" or ""
      for link in helper.read_file(helper.root .. "/" .. page):gmatch "%]%(([^)#]+)" do
        if not link:find "://" then
          links = links + 1
          local file = io.open(helper.root .. "/" .. folder .. link)
          assert.truthy(file, page .. ": " .. link)
          file:close()
        end
      end
    end
    assert.truthy(links > 20)
  end)

  it("is reached from the README", function()
    local text = helper.read_file(helper.root .. "/README.md")
    for _, page in ipairs(pages()) do
      assert.truthy(page == "README.md" or text:find("(" .. page .. ")", 1, true), page)
    end
  end)

  it("names functions of the module that there are", function()
    local names = 0
    for _, page in ipairs(pages()) do
      for name in helper.read_file(helper.root .. "/" .. page):gmatch "%f[%w_.]mb%.([%a][%w_]*)" do
        names = names + 1
        assert.truthy(rawget(mb, name) ~= nil or pcall(function() return mb[name] end), page .. ": mb." .. name)
      end
    end
    assert.truthy(names > 100)
  end)
end))

-- The sources, as one text in which strings that are joined over lines are one.
local function sources()
  local files = "$(find lua src python -type f | LC_ALL=C sort) tools/man Makefile tests/spec/helper.lua"
  local text = helper.shell(("cd %s && cat %s"):format(helper.quote(helper.root), files))
  return (text:gsub('"%s*%.%.%s*"', ""):gsub('"%s*\n%s*"', ""))
end

-- What pages have in code, between ` and in blocks that are no Lua, C or Python.
local function code_of(text)
  local list = {}
  text = text:gsub("\n```%a+\n.-\n```", "\n"):gsub("\n```\n(.-)\n```", function(block)
    list[#list + 1] = block
    return ""
  end)
  for block in text:gmatch "\n    ([^\n]+)" do list[#list + 1] = block end
  for span in text:gmatch "`([^`]+)`" do list[#list + 1] = span end
  return list
end

describe("examples of the documentation", helper.once(function()
  it("run, and print what is shown", function()
    local list = {}
    for i, page in ipairs(pages()) do list[i] = helper.quote(page) end
    local folder = helper.tmpdir()
    local status, out, err = helper.execute(("sh -c %s"):format(helper.quote(
      ("cd %s && %s %s %s/tests/pages/run.lua %s %s"):format(folder, helper.launch(2),
        helper.quote(helper.program), helper.root, helper.root, table.concat(list, " ")))),
      { env = { MOONBEAR_DUCKDB = os.getenv "MOONBEAR_DUCKDB" } })
    helper.clean()
    assert.equal("0", status .. err, out)
    assert.truthy(tonumber(out:match "(%d+) examples ran") > 150, out)
  end)

  it("name options, targets, variables and files that there are", function()
    local text, named = sources(), 0
    local function check(page, code, what)
      named = named + 1
      assert.truthy(text:find(what, 1, true), ("%s: %s is nowhere (%s)"):format(page, what, code))
    end
    for _, page in ipairs(pages()) do
      for _, code in ipairs(code_of(helper.read_file(helper.root .. "/" .. page))) do
        local own = code:match "%f[%w]moonbear%f[%W].*" or code:match "%f[%w]csv2hdf%f[%W].*" or ""
        for option in own:gmatch "%f[%S]%-%-[%a][%w-]+" do check(page, code, option) end
        for variable in code:gmatch "MOONBEAR_[%u_]+" do check(page, code, variable) end
        for target in code:gmatch "%f[%w]make ([%l-]+)" do check(page, code, "\n" .. target .. ":") end
        for path in code:gmatch "%f[^%s'`]%a+/[%w_./-]*[%w]" do
          if path:find "^examples/" or path:find "^tests/" or path:find "^tools/" or path:find "^src/" then
            named = named + 1
            local file = io.open(helper.root .. "/" .. path)
            assert.truthy(file, page .. ": " .. path)
            file:close()
          end
        end
      end
    end
    assert.truthy(named > 60)
  end)
end))

describe("troubleshooting", helper.once(function()
  it("quotes messages that there are", function()
    local text, quoted = sources(), 0
    for message in helper.read_file(helper.root .. "/docs/troubleshooting.md"):gmatch "\n### `([^\n]+)`\n" do
      for part in (message .. "…"):gmatch "(.-)…" do
        part = part:match "^%s*(.-)%s*$"
        quoted = quoted + 1
        assert.truthy(text:find(part, 1, true), part .. " is nowhere in the sources")
      end
    end
    assert.truthy(quoted > 30)
  end)
end))

describe("the reference", helper.once(function()
  -- The public names, as the reference has them.
  local function public_names()
    local names = {}
    local function add(prefix, set)
      for name, value in pairs(set) do
        if type(value) == "function" and not name:find "^_" then names[#names + 1] = prefix .. name end
      end
    end
    add("mb.", mb)
    add("Column:", require "moonbear.core".column_methods)
    add("Frame:", require "moonbear.frame".methods)
    add("Grouping:", require "moonbear.group".methods)
    for class, methods in pairs(require "moonbear.stream".methods) do add(class .. ":", methods) end
    add("mb.plot.", mb.plot)
    add("netflow.", require "moonbear.netflow")
    add("graph.", require "moonbear.graph")
    add("geo.", require "moonbear.geo")
    add("Geo:", require "moonbear.geo".methods)
    return names
  end

  it("has every public name, with what it does", function()
    local folder = helper.tmpdir()
    local status, _, err = helper.run(1, nil, { script = helper.root .. "/tools/reference.lua", args = { folder } })
    assert.equal("0", status .. err)
    local text = helper.shell(("cat %s/*.md"):format(folder))
    for _, name in ipairs(public_names()) do
      local heading = ("\n## `%s"):format(name)
      local at = text:find(heading .. "(", 1, true) or text:find(heading .. "`", 1, true)
      assert.truthy(at, name .. " is not there")
      assert.truthy(text:match("^[^\n]*\n\n[^-#\n]", at + 1), name .. " has no words")
    end
    assert.truthy(#public_names() > 300)
    helper.clean()
  end)
end))
