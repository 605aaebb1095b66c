-- Recipes: how a column, or a frame, of a piece of files is made. A piece is some rows of them; a
-- recipe makes it once.

local recipe = {}

---Where pieces of rows come from.
---@class moonbear.Source
---@field names string[] of its columns, in order
---@field rows integer
---@field empty moonbear.Frame its columns, without rows
---@field nothing? moonbear.Piece of no rows: what is asked is tried on it first
---@field read fun(first: integer, last: integer, names: string[]): moonbear.Frame
---@field last? fun(first: integer, most: integer): integer the last row of the piece from there on,
---of about so many rows, where not any piece can be read
---@field zones? moonbear.Zones what is known of rows before they are read
---@field piece_rows integer? rows of a piece, for tests
---@field title string

---@class moonbear.Zones
---@field ends integer[] the last row of each stretch
---@field bounds fun(name: string, kind: string): table? the least and the greatest values of a
---column in each, {low =, high =}

---@class moonbear.Piece
---@field bounds? boolean it has bounds instead of columns: see stream/bounds.lua
---@field frame moonbear.Frame the columns that are needed, of these rows
---@field made table<moonbear.Recipe, any> what recipes made of it

---@class moonbear.Recipe
---@field needs table<string, boolean> names of the columns of files that it is made of
---@field make fun(piece: moonbear.Piece): any
---@field filters? moonbear.Recipe[] masks that all of its rows have passed
---@field opaque? boolean it makes nothing of bounds

---A recipe. Not collective.
---@param needs table<string, boolean>
---@param make fun(piece: moonbear.Piece): any
---@param filters? moonbear.Recipe[]
---@return moonbear.Recipe
function recipe.new(needs, make, filters)
  return { needs = needs, make = make, filters = filters }
end

---A recipe of what f makes of what another one has made. Not collective.
---@param of moonbear.Recipe
---@param f fun(made: any): any
---@return moonbear.Recipe
function recipe.derived(of, f)
  return recipe.new(of.needs, function(piece) return f(recipe.make(of, piece)) end, of.filters)
end

---The recipe of a column of the files. Not collective.
---@param name string
---@return moonbear.Recipe
function recipe.of_file(name)
  return recipe.new({ [name] = true }, function(piece) return piece.frame:column(name) end)
end

---What any of some recipes needs. Not collective.
---@param recipes moonbear.Recipe[]
---@return table<string, boolean>
function recipe.needs_of(recipes)
  local needs = {}
  for _, it in ipairs(recipes) do
    for name in pairs(it.needs) do needs[name] = true end
  end
  return needs
end

---A piece. Not collective.
---@param frame moonbear.Frame
---@return moonbear.Piece
function recipe.piece(frame) return { frame = frame, made = {} } end

---What a recipe makes of a piece. Collective where the operations of the recipe are.
---@param it moonbear.Recipe
---@param piece moonbear.Piece
---@return any
function recipe.make(it, piece)
  local made = piece.made[it]
  if made == nil then
    if piece.bounds and it.opaque then error("what this makes has no bounds", 0) end
    made = it.make(piece)
    piece.made[it] = made
  end
  return made
end

---Frees the memory of a piece and of all that was made of it. Not collective.
---@param piece moonbear.Piece
function recipe.close(piece)
  for _, made in pairs(piece.made) do made:close() end
  piece.frame:close()
end

return recipe
