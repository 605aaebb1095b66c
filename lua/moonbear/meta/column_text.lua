---@meta

-- Methods of text columns: what strings have in them. They compute once for each different string,
-- and rows take what their strings have; missing rows stay missing. All are collective and give
-- pending columns.
--
-- Strings are UTF-8, but any byte is kept. Functions of characters take code points; a byte that is
-- none as UTF-8 says counts as one character, stays as it is, and has no class and no case. Classes
-- and cases are those of Python's str, by the Unicode of libunistring (14 in Debian 12).

---@class moonbear.Column
local Column = {}

---Whether each row has a string in it, byte by byte; every row has the empty string: a bool column.
---Raises for columns of other types. Collective.
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
---where there is none. Raises for columns of other types. Collective.
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

---Whether all characters are letters, digits or other numbers, and there is one: a bool column. Raises for columns of other
---types. Collective.
---@return moonbear.Column
function Column:isalnum() end

---Whether all characters are digits, of any script, or such as ², and there is one: a bool column. Raises for columns of other
---types. Collective.
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
