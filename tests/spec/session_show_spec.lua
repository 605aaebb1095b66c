-- How values are shown: as text that fits a width, and as HTML.
local helper = require "spec.helper"
local mb = require "moonbear"
local show = require "moonbear.session.show"

local text, html = show.text, show.html

-- A frame of so many columns c1, c2, ... of so many rows, each 1, 2, 3, ...
local function wide(columns, rows)
  local list = {}
  for i = 1, columns do list[i] = { "c" .. i, mb.range(1, rows) } end
  return mb.frame(list)
end

local function lines_of(shown)
  local list = {}
  for line in (shown .. "\n"):gmatch "(.-)\n" do list[#list + 1] = line end
  return list
end

describe("values are shown as text", function()
  it("as print has them", function()
    assert.is_nil(text(80))
    assert.equal("nil", text(80, nil))
    assert.equal("1\tnil\tx\t2.5\ttrue", text(80, 1, nil, "x", 2.5, true))
    assert.equal("array([1, 2])", text(80, mb.column { 1, 2 }))
    assert.equal("named", text(80, setmetatable({}, { __tostring = function() return "named" end })))
    assert.equal("a\nb\n1", text(80, "a\nb", 1))
    helper.assert_raises("in tostring", text, 80,
      setmetatable({}, { __tostring = function() error "in tostring" end }))
  end)

  it("tables by what is in them", function()
    local c = mb.column { 1, 2 }
    assert.equal("{}", text(80, {}))
    assert.equal("{1, 2.5, true, null}", text(80, { 1, 2.5, true, mb.null }))
    assert.equal('{"a", "b c", "d\\"e"}', text(80, { "a", "b c", 'd"e' }))
    assert.equal("{[0] = 2, max = 3, sum = 6, [\"to be\"] = 1}",
      text(80, { sum = 6, max = 3, ["to be"] = 1, [0] = 2 }))
    assert.equal('{array([1, 2]), {x = "y"}, frame(2 rows, 1 column)}',
      text(80, { c, { x = "y" }, mb.frame { c = c } }))
    assert.equal("{1, 2, 3, 4, 5, ..., 196, 197, 198, 199, 200}", text(20, mb.range(1, 200):to_table()))
    assert.equal('{\n  long = "xxxxxxxxxx",\n  name = 1\n}', text(20, { long = ("x"):rep(10), name = 1 }))
    local loop = {}
    loop.own = loop
    assert.equal("{own = {own = {own = {own = {...}}}}}", text(80, loop))
    assert.equal("{0.25, 0.5}", text(80, mb.column { 0, 1 }:quantile { 0.25, 0.5 }))
    assert.equal("{max = 2, sum = 3}", text(80, c:stats { "sum", "max" }))
  end)

  it("frames whole where they fit", function()
    assert.equal("    c1   c2\n   int  int\n1    1    1\n2    2    2\n2 rows, 2 columns",
      text(11, wide(2, 2)))
    assert.equal(tostring(wide(30, 3)), text(nil, wide(30, 3)))
    assert.equal("\n\n0 rows, 0 columns", text(80, mb.frame {}))
    assert.equal("1 row, 1 column", lines_of(text(80, wide(1, 1)))[4])
  end)

  it("frames without their middle columns where they do not", function()
    for _, width in ipairs { 1, 13, 14, 18, 19, 22, 43, 80, 101, 102, 103, 104, 130 } do
      local shown = lines_of(text(width, wide(20, 12)))
      local names, count = {}, 0
      for name in shown[1]:gmatch "%S+" do names[#names + 1] = name end
      for i, line in ipairs(shown) do
        if i < #shown and width >= 14 then assert.truthy(#line <= width, width .. ": " .. line) end
      end
      local all = #shown[1] == 3 + 9 * 5 + 11 * 5
      local left, dropped = 0, false
      for i, name in ipairs(names) do
        if name == "..." then
          left, dropped = i - 1, true
        else
          count = count + 1
          local expected = dropped and 20 - (#names - i) or i
          assert.equal("c" .. expected, name, width)
        end
      end
      assert.equal(not all, dropped, width)
      if dropped then
        local right = count - left
        assert.truthy(left == right or left == right + 1, width)
        assert.equal(("12 rows, 20 columns (%d shown)"):format(count), shown[#shown])
        -- One column more would not have had room.
        assert.truthy(#shown[1] + 5 > width or width < 14, width)
      else
        assert.equal("12 rows, 20 columns", shown[#shown])
      end
    end
  end)

  it("names with characters of control, and of several bytes", function()
    local frame = mb.frame { { "a\nb\27[1m", mb.column { 1 } }, { "größe", mb.column { 2 } } }
    local shown = lines_of(text(80, frame))
    assert.equal("   a\\10b\\27[1m  größe", shown[1])
    assert.equal("1            1      2", shown[3])
  end)

  it("reading rows of no other columns than those", function()
    local broken = mb.column { 1, 0 }
    local frame = wide(20, 2)
    frame.c10 = mb.column { 1, 1 } // broken -- raises when its rows are read
    assert.truthy(text(40, frame):find("20 columns", 1, true))
    helper.assert_raises("zero", text, 400, frame)
  end)
end)

describe("values are shown as HTML", function()
  it("frames and columns as tables", function()
    local shown = html(mb.frame { { "a<b>", mb.column { 1, mb.null } } })
    assert.equal("<table>\n<thead>\n<tr><th></th><th>a&lt;b&gt;</th></tr>\n" ..
      "<tr><th></th><th>int</th></tr>\n</thead>\n<tbody>\n<tr><th>1</th><td>1</td></tr>\n" ..
      "<tr><th>2</th><td>null</td></tr>\n</tbody>\n</table>\n<p>2 rows, 1 column</p>", shown)
    local column = html(mb.range(1, 1000))
    assert.equal(13, select(2, column:gsub("<tr>", "")))
    assert.truthy(column:find("<td>1000</td>", 1, true))
    assert.truthy(column:find("1000 rows, 1 column", 1, true))
  end)

  it("wide frames without their middle", function()
    local shown = html(wide(50, 1))
    for i = 1, 50 do
      assert.equal(i <= 20 or i > 30, shown:find(("<th>c%d</th>"):format(i), 1, true) ~= nil, i)
    end
    assert.truthy(shown:find("1 row, 50 columns (40 shown)", 1, true))
    assert.truthy(html(wide(40, 1)):find("<p>1 row, 40 columns</p>", 1, true))
  end)

  it("small tables of plain values, and nothing else", function()
    local shown = html { "x", a = '"&"' }
    assert.truthy(shown:find("<tr><th>1</th><td>x</td></tr>\n<tr><th>a</th><td>&quot;&amp;&quot;</td>",
      1, true))
    assert.truthy(shown:find("<p>2 entries</p>", 1, true))
    local large, hostile = {}, setmetatable({ 1 }, { __pairs = function() error "asked" end })
    for i = 1, 21 do large[i] = i end
    for _, value in ipairs { 5, "text", true, {}, { {} }, large, hostile, print } do
      assert.is_nil(html(value))
    end
    assert.is_nil(html())
    assert.is_nil(html(nil))
    assert.is_nil(html(mb.column { 1 }, 2))
    local closed = mb.column { 1 }
    closed:close()
    assert.is_nil(html(closed))
    assert.equal("closed column", text(80, closed))
  end)
end)
