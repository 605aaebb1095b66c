-- What to write instead, where Lua's parser refuses what users of other languages write. Called
-- once with moonbear.core.

local core = ...

-- What is wrong with a text, by what Lua's parser says of it, and what is meant.
local syntax = {
  { "near '!'$", "Lua writes ~= for != and not for !" },
  { "near '&'$", "Lua writes and for &&; & is for columns and bits" },
  { "near '|'$", "Lua writes or for ||; | is for columns and bits" },
  { "'%]' expected near ':'$", "rows from first to last are column:slice(first, last)" },
  { "'then' expected near ':'$", "Lua writes if ... then ... end" },
  { "'do' expected near ':'$", "Lua writes for ... do ... end and while ... do ... end" },
  { "syntax error near '[-+*/]'$", "Lua has no += or ++: write x = x + 1" },
  { "near '[#/]/?'$", "comments begin with --" },
  { "unexpected symbol near '%['$", "lists are in braces: {1, 2, 3}" },
  { "'%]' expected near ','$", "lists are in braces: c[{1, 2, 3}]" },
  { "'then' expected near 'else'$", "Lua writes x and a or b, or if x then ... else ... end" },
  { "near 'in'$", 'rows that are among some are column:isin{1, 2}, or frame "x in {1, 2}"' },
}

---The message of a text that does not compile with what to write instead, where that is known;
---other messages as they are. Not collective.
---@param message string
---@return string
function core.mended(message)
  for _, it in ipairs(syntax) do
    if message:find(it[1]) then return message .. "; " .. it[2] end
  end
  return message
end
