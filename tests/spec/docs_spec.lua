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
