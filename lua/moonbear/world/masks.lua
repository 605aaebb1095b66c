-- A look at a script's text before it runs. `a:eq(1) and b:eq(2)` silently gives the second mask,
-- since Lua has no overloading of `and`, `or` and `not`; where one of them meets the call of a
-- comparison method, rank 0 warns and names the operator that was meant. So it does of True, False
-- and None, which are nil in Lua without an error.

local core = ...
local lexer = core.load "lexer" ()

local comparisons = { eq = true, ne = true, lt = true, le = true, gt = true, ge = true }
local meant = { ["and"] = "&", ["or"] = "|", ["not"] = "~" }
local closing = { ["("] = ")", ["["] = "]", ["{"] = "}" }
local prefixes = { ["not"] = true, ["-"] = true, ["#"] = true, ["~"] = true }
local opening = { [")"] = "(", ["]"] = "[", ["}"] = "{" }

-- The tokens of a text and their lines. A string is "'".
local function tokenize(text)
  local tokens, lines, at, line = {}, {}, 1, 1
  for _, token in ipairs(lexer.tokens(text)) do
    if token.kind ~= "comment" then
      for _ in text:sub(at, token.at - 1):gmatch "\n" do line = line + 1 end
      at = token.at
      tokens[#tokens + 1], lines[#lines + 1] = token.kind == "string" and "'" or token.text, line
    end
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

local function is_name(token) return token and token:find "^[%a_]" and not lexer.keywords[token] end

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

local python = { True = "true", False = "false", None = "nil" }

-- Whether a token is one of Python's constants: a name that is neither a field nor given a value.
local function is_python(tokens, i)
  local before, after = tokens[i - 1], tokens[i + 1]
  return python[tokens[i]] and before ~= "." and before ~= ":" and before ~= "local"
    and after ~= "=" and rawget(_G, tokens[i]) == nil
end

local function warn_of_python(text, name)
  if not (text:find "True" or text:find "False" or text:find "None") then return end
  local tokens, lines = tokenize(text)
  for i, token in ipairs(tokens) do
    if is_python(tokens, i) then
      io.stderr:write(("moonbear: %s:%d: warning: `%s` is a global without a value, thus nil; " ..
        "Lua writes %s\n"):format(name:gsub("^[@=]", "", 1), lines[i], token, python[token]))
    end
  end
end

-- Warns of masks in the text of a chunk, on rank 0. Not collective.
return function(text, name)
  if core.rank() ~= 0 then return end
  warn_of_python(text, name)
  if not text:find("%f[%a][aon][nro][dt]?%f[%A]") then return end
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
