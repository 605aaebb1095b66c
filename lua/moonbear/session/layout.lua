-- Text for a terminal: lines of a width. Nothing here is collective.

local layout = {}

---Adds the words of a text as lines of a width, with so many blanks before all but the first.
---@param lines string[]
---@param text string
---@param width integer
---@param indent? integer none unless told
function layout.wrap(lines, text, width, indent)
  local line
  for word in text:gmatch "%S+" do
    if not line then
      line = word
    elseif #line + 1 + #word > width then
      lines[#lines + 1] = line
      line = (" "):rep(indent or 0) .. word
    else
      line = line .. " " .. word
    end
  end
  lines[#lines + 1] = line
end

---Adds the lines of a description: paragraphs are wrapped, lines that are indented stay as they
---are.
---@param lines string[]
---@param text string[]
---@param width integer
function layout.text(lines, text, width)
  local paragraph = {}
  local function finish()
    if #paragraph > 0 then layout.wrap(lines, table.concat(paragraph, " "), width) end
    paragraph = {}
  end
  for _, line in ipairs(text) do
    local apart = line == "" or line:find "^%s%s"
    if apart then
      finish()
      lines[#lines + 1] = line
    else
      paragraph[#paragraph + 1] = line
    end
  end
  finish()
end

---Adds names below each other, and beside each what it is: `{name, text}`.
---@param lines string[]
---@param items string[][]
---@param width integer
function layout.items(lines, items, width)
  local longest = 0
  for _, item in ipairs(items) do longest = math.max(longest, #item[1]) end
  for _, item in ipairs(items) do
    local name, beside = ("  %s%s  "):format(item[1], (" "):rep(longest - #item[1])), {}
    layout.wrap(beside, item[2], math.max(width - #name, 20))
    for i, line in ipairs(beside) do
      lines[#lines + 1] = (i == 1 and name or (" "):rep(#name)) .. line
    end
  end
end

return layout
