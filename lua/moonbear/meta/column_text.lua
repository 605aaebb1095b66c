---@meta

-- Methods of text columns: what strings have in them. They compute once for each different string,
-- and rows take what their strings have; missing rows stay missing. All are collective and give
-- pending columns.

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
