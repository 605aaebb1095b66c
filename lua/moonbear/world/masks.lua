-- A look at a script's text before it runs. `a:eq(1) and b:eq(2)` silently gives the second mask,
-- since Lua has no overloading of `and`, `or` and `not`; where one of them meets the call of a
-- comparison method, rank 0 warns and names the operator that was meant.

local core = ...

local comparisons = { eq = true, ne = true, lt = true, le = true, gt = true, ge = true }
local meant = { ["and"] = "&", ["or"] = "|", ["not"] = "~" }
local closing = { ["("] = ")", ["["] = "]", ["{"] = "}" }
local prefixes = { ["not"] = true, ["-"] = true, ["#"] = true, ["~"] = true }
local opening = { [")"] = "(", ["]"] = "[", ["}"] = "{" }

-- What may stand at a place of the text, longest first; "" for what is passed over.
local function token_at(text, at)
  local word, after = text:match("^([%a_][%w_]*)()", at)
  if word then return word, after end
  after = text:match("^%s+()", at)
  local level = text:match("^%-%-%[(=*)%[", at)
  if level then
    local _, last = text:find("]" .. level .. "]", at, true)
    after = (last or #text) + 1
  end
  after = after or text:match("^%-%-[^\n]*()", at)
  if after then return "", after end
  level = text:match("^%[(=*)%[", at)
  if level then
    local _, last = text:find("]" .. level .. "]", at, true)
    return "'", (last or #text) + 1
  end
  local quote = text:match("^[\"']", at)
  if quote then
    local i = at + 1
    while i <= #text and text:sub(i, i) ~= quote do
      i = i + (text:sub(i, i) == "\\" and 2 or 1)
    end
    return "'", i + 1
  end
  return text:sub(at, at), text:match("^%.?%d[%w.]*()", at) or at + 1
end

-- The tokens of a text and their lines. A string is "'".
local function tokenize(text)
  local tokens, lines, at, line = {}, {}, 1, 1
  while at <= #text do
    local token, after = token_at(text, at)
    if token ~= "" then
      tokens[#tokens + 1], lines[#lines + 1] = token, line
    end
    for _ in text:sub(at, after - 1):gmatch "\n" do line = line + 1 end
    at = after
  end
  return tokens, lines
end

-- The other bracket of a pair, `step` to the right or left.
local function other_bracket(tokens, i, step)
  local same, other, depth = tokens[i], (step > 0 and closing or opening)[tokens[i]], 0
  while tokens[i] do
    if tokens[i] == same then depth = depth + 1 end
    if tokens[i] == other then depth = depth - 1 end
    if depth == 0 then return i end
    i = i + step
  end
end

-- Words that may stand before a parenthesis that groups.
local keywords = { ["return"] = true, ["if"] = true, ["elseif"] = true, ["while"] = true,
  ["until"] = true, ["in"] = true, ["do"] = true, ["then"] = true, ["else"] = true,
  ["and"] = true, ["or"] = true, ["not"] = true, ["end"] = true }

local function is_name(token) return token and token:find "^[%a_]" and not keywords[token] end

-- Whether what ends at token i is the call of a comparison method, or that in parentheses.
local function ends_in_comparison(tokens, i)
  while tokens[i] == ")" do
    local first = other_bracket(tokens, i, -1)
    if not first then return false end
    if comparisons[tokens[first - 1]] and tokens[first - 2] == ":" then return true end
    if is_name(tokens[first - 1]) or opening[tokens[first - 1]] then return false end
    i = i - 1
  end
  return false
end

-- The last token of the operand that begins at token i.
local function end_of_operand(tokens, i)
  while prefixes[tokens[i]] do i = i + 1 end
  if tokens[i] == "(" then i = other_bracket(tokens, i, 1) end
  while i and tokens[i + 1] do
    local next_token = tokens[i + 1]
    if (next_token == "." or next_token == ":") and is_name(tokens[i + 2]) then
      i = i + 2
    elseif closing[next_token] then
      i = other_bracket(tokens, i + 1, 1)
    elseif next_token == "'" then
      i = i + 1
    else
      break
    end
  end
  return i
end

-- Warns of masks in the text of a chunk, on rank 0. Not collective.
return function(text, name)
  if core.rank() ~= 0 or not text:find("%f[%a][aon][nro][dt]?%f[%A]") then return end
  local tokens, lines = tokenize(text)
  for i, token in ipairs(tokens) do
    local last = meant[token] and end_of_operand(tokens, i + 1)
    if meant[token] and (token ~= "not" and ends_in_comparison(tokens, i - 1) or
        last and ends_in_comparison(tokens, last)) then
      local warning = "moonbear: %s:%d: warning: `%s` cannot combine masks: it gives one of its " ..
        "operands; use `%s`\n"
      local file = name:gsub("^[@=]", "", 1)
      io.stderr:write(warning:format(file, lines[i], token, meant[token]))
    end
  end
end
