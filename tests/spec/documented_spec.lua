-- Every function that a script can call is documented where an editor finds it.
local helper = require "spec.helper"
local mb = require "moonbear"

local function source(path) return helper.read_file(helper.root .. "/lua/moonbear/" .. path) end

-- The names that a file documents: `---` lines right above `function Class:name` or `M.name`.
local function documented(text, class)
  local names, commented = {}, false
  for line in text:gmatch "[^\n]+" do
    local name = line:match("^function " .. class .. "[.:]([%w_]+)") or
      line:match("^local function ([%w_]+)") or line:match("^" .. class .. "%.([%w_]+)")
    if commented and name then
      for each in (line:match "^(.-)=" or name):gmatch "[%w_]+" do names[each] = true end
      names[name] = true
    end
    commented = line:find "^%-%-%-" ~= nil
  end
  return names
end

describe("documentation", helper.once(function()
  it("has every method of a column, and none that is not there", function()
    local stub = {}
    for _, part in ipairs { "column", "column_rows", "column_statistics" } do
      for name in pairs(documented(source("meta/" .. part .. ".lua"), "Column")) do
        assert.falsy(stub[name] and name ~= "Column", name)
        stub[name] = true
      end
    end
    for name in pairs(mb.core.column_methods) do assert.truthy(stub[name], name) end
    for name in pairs(stub) do
      assert.truthy(mb.core.column_methods[name] or name == "Column", name)
    end
  end)

  it("has every function of the module", function()
    local stub = documented(source "init.lua", "mb")
    for _, file in ipairs { "hdf", "move", "distribute", "random", "order", "group" } do
      for name in pairs(documented(source(file .. ".lua"), file)) do stub[name] = true end
    end
    for name in pairs(documented(source "frame.lua", "frame")) do
      stub[name == "new" and "frame" or name] = true
    end
    for name in pairs(mb) do assert.truthy(stub[name] or name == "core", name) end
  end)
end))
