---@meta

-- Methods of text columns: what strings have in them. They compute once for each different string,
-- and rows take what their strings have; missing rows stay missing. All are collective and give
-- pending columns.
--
-- Strings are UTF-8, but any byte is kept. Functions of characters take code points; a byte that is
-- none as UTF-8 says counts as one character, stays as it is, and has no class and no case. Classes
-- and cases are those of Python's str, by the Unicode of libunistring (14 in Debian 12).
--
-- Patterns are Perl's, by PCRE2: \w, \d, \s, \b and [[:alpha:]] know all of Unicode, (?i) ignores
-- case. Lua's long strings spare their backslashes: c:search [[\d+\.\d+]]. Bytes that are no UTF-8
-- match nothing, and matches do not go across them. A pattern that needs more than ten million steps
-- for a string raises, with the row.

---@class moonbear.Column
local Column = {}

---Whether each row has a string in it, byte by byte; every row has the empty string: a bool column.
---The string is no pattern, here and in the four that follow: `search` takes one. Raises for columns
---of other types. Collective.
---@param string string
---@return moonbear.Column
function Column:contains(string) end

---Whether each row begins with a string: a bool column. Raises for columns of other types.
---Collective.
---@param string string
---@return moonbear.Column
function Column:startswith(string) end

---Whether each row ends with a string: a bool column. Raises for columns of other types. Collective.
---@param string string
---@return moonbear.Column
function Column:endswith(string) end

---How often a string is in each row, without overlap; the empty one is in a row once more than this
---has bytes: an int column. Raises for columns of other types. Collective.
---@param string string
---@return moonbear.Column
function Column:count_of(string) end

---The first byte, from 1, of the first place where a string is in each row: an int column, missing
---where there is none. The string is no pattern: `search` and `match` tell whether one is there,
---`extract` what it has matched. Raises for columns of other types. Collective.
---@param string string
---@return moonbear.Column
function Column:find_in(string) end

---The length of each row in bytes: an int column. Raises for columns of other types. Collective.
---@return moonbear.Column
function Column:len() end

---The number of characters of each row, an int column; `len` counts bytes. Raises for columns of
---other types. Collective.
---@return moonbear.Column
function Column:ulen() end

---Whether all characters are letters, and there is one: a bool column. Raises for columns of other
---types. Collective.
---@return moonbear.Column
function Column:isalpha() end

---Whether all characters are letters, digits or other numbers, and there is one: a bool column.
---Raises for columns of other types. Collective.
---@return moonbear.Column
function Column:isalnum() end

---Whether all characters are digits, of any script, or such as ², and there is one: a bool column.
---Raises for columns of other types. Collective.
---@return moonbear.Column
function Column:isdigit() end

---Whether all characters are white space, and there is one: a bool column. Raises for columns of other
---types. Collective.
---@return moonbear.Column
function Column:isspace() end

---Whether all characters that have case are in lower case, and there is one: a bool column. Raises
---for columns of other types. Collective.
---@return moonbear.Column
function Column:islower() end

---Whether all characters that have case are in upper case, and there is one: a bool column. Raises
---for columns of other types. Collective.
---@return moonbear.Column
function Column:isupper() end

---Whether all words begin with upper or title case and go on in lower case, and there is one: a bool
---column. Words are runs of characters with case. Raises for columns of other types. Collective.
---@return moonbear.Column
function Column:istitle() end

---Whether all bytes are ASCII, below 128, also of none: a bool column. Raises for columns of other
---types. Collective.
---@return moonbear.Column
function Column:isascii() end

---Whether there are no bytes: a bool column. A missing row stays missing, and is not empty. Raises for
---columns of other types. Collective.
---@return moonbear.Column
function Column:isempty() end

---In lower case, by the full mappings of Unicode: the last Σ of a word becomes ς. Raises for columns
---of other types. Collective.
---@return moonbear.Column
function Column:lower() end

---In upper case, by the full mappings of Unicode: ß becomes SS. Raises for columns of other types.
---Collective.
---@return moonbear.Column
function Column:upper() end

---The first character of each word in title case, the others in lower case; words are runs of
---characters with case, so that "they're" becomes "They'Re", as in Python. Raises for columns of other
---types. Collective.
---@return moonbear.Column
function Column:title() end

---Without the white space at both sides, or without the characters that a string has, in any
---order. Raises for columns of other types. Collective.
---@param characters? string white space unless given
---@return moonbear.Column
function Column:strip(characters) end

---Without the white space at the left side, or without the characters that a string has, in any
---order. Raises for columns of other types. Collective.
---@param characters? string white space unless given
---@return moonbear.Column
function Column:lstrip(characters) end

---Without the white space at the right side, or without the characters that a string has, in any
---order. Raises for columns of other types. Collective.
---@param characters? string white space unless given
---@return moonbear.Column
function Column:rstrip(characters) end

---With blanks at the left until there are `width` characters, or with another character, on another
---side; longer rows stay as they are. Raises for columns of other types. Collective.
---@param width integer
---@param options? {side: "left"|"right"|"both"|nil, fill: string?} "left" and " " unless told
---@return moonbear.Column
function Column:pad(width, options) end

---Each row n times over. Raises for columns of other types, and for n below 0. Collective.
---@param n integer
---@return moonbear.Column
function Column:repeat_text(n) end

---The characters of each row from last to first. Raises for columns of other types. Collective.
---@return moonbear.Column
function Column:reverse_text() end

---Characters first, first + step, ... up to last, or down to it when the step is below 0, both
---included; they count from 1, below 0 from the end, and as in string.sub what lies outside is left
---off. (`slice` is of rows.) Raises for columns of other types. Collective.
---@param first integer
---@param last? integer the last character unless told, or backwards the first
---@param step? integer not 0; 1 unless told
---@return moonbear.Column
function Column:slice_text(first, last, step) end

---Names of hosts as the DNS has them: `bücher.example` becomes `xn--bcher-kva.example`, by IDNA 2008
---and the mappings of UTS 46 (capitals become small). Raises for columns of other types, and for the
---first row that is no name of hosts. Collective.
---@param encoding? "idna" the only one
---@param options? {errors: "raise"|"missing"|nil} "missing": such rows are missing
---@return moonbear.Column
function Column:encode(encoding, options) end

---Names of hosts as people read them, the inverse of `encode`. Raises for columns of other types, and
---for the first row that is no name of hosts. Collective.
---@param encoding? "idna" the only one
---@param options? {errors: "raise"|"missing"|nil} "missing": such rows are missing
---@return moonbear.Column
function Column:decode(encoding, options) end

---Whether a regular expression matches somewhere in each row: a bool column; `contains` looks for
---plain text. Raises for columns of other types, for patterns that do not compile, and for the first
---row that takes too many steps. Collective.
---@param pattern string
---@return moonbear.Column
function Column:search(pattern) end

---As `search`, of matches that begin where the row begins, as Python's `re.match`.
---@param pattern string
---@return moonbear.Column
function Column:match(pattern) end

---As `search`, of matches of the whole row.
---@param pattern string
---@return moonbear.Column
function Column:fullmatch(pattern) end

---With another text in the place of a plain one, or with {regex = true} of the matches of a regular
---expression; of the first n alone with {n = n}. In the replacement of a regular expression \1 to \99
---and \g<name> stand for its groups, \0 for the match, \\ for a backslash; `$` stands for itself. The
---plain empty text is at each character and at the end. Raises for columns of other types, for
---patterns that do not compile, for groups that they have not, and for the first row that takes too
---many steps. Collective.
---@param pattern string
---@param replacement string
---@param options? {regex: boolean?, n: integer?} plain, and all of them, unless told
---@return moonbear.Column
function Column:replace(pattern, replacement, options) end

---The groups of the first match of a regular expression in each row, a text column for each group:
---`local user, host = c:extract [[(\w+)@(\w+)]]`. Missing where there is no match, or the group took no
---part in it. Raises for columns of other types, for patterns that do not compile or have no group,
---and for the first row that takes too many steps. Collective.
---@param pattern string
---@return moonbear.Column ...
function Column:extract(pattern) end

---All matches of a regular expression, one after another, as a text column, and the rows that they are
---of, an int column from 1 on: `mb.group_by(rows):size()` counts them. Raises for columns of other
---types, for patterns that do not compile, and for the first row that takes too many steps.
---Collective.
---@param pattern string
---@return moonbear.Column matches
---@return moonbear.Column rows
function Column:find_all(pattern) end

---The pieces between separators, of all rows one after another, as a text column, and the rows that
---they are of, an int column from 1 on. With {columns = k} as k columns instead, missing where a row has
---fewer pieces; the last has all that is left. Each row is cut at {n = n} separators at most. Without a
---separator it is cut at white space, which is at no end; {regex = true} takes a regular expression.
---Missing rows have no pieces. Raises for columns of other types, an empty separator, patterns that do
---not compile, and the first row that takes too many steps. Collective.
---@param separator? string white space unless given
---@param options? {n: integer?, columns: integer?, regex: boolean?}
---@return moonbear.Column ... pieces and rows, or the columns
function Column:split(separator, options) end

---What is before and behind the first separator in each row, or the n-th; with {right = true} the
---separators count from the right. Where there are not so many the first column has the whole row and
---the second is missing, from the right the other way round. Raises for columns of other types and for
---an empty separator. Collective.
---@param separator string
---@param options? {n: integer?, right: boolean?} the first, from the left, unless told
---@return moonbear.Column before
---@return moonbear.Column behind
function Column:partition(separator, options) end

return Column
