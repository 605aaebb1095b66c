-- What heat.c does with its field after each step: `field` is the column of all ranks' cells.

-- Called by heat.c. Prints how many cells are how warm each hundred steps; true ends the run: no
-- cell is far from the mean any more, or the front is flat.
function step(field, i) -- luacheck: ignore 111
  local coldest, hottest = field:min(), field:max()
  if i % 100 == 0 then
    print(("step %d: %.2f to %.2f degrees, %.3f on average"):format(
      i, coldest, hottest, field:mean()))
    local counts = field:histogram{ bins = 10, range = { 0, 100 } }:to_table()
    for bin, n in ipairs(counts) do
      if n > 0 then print(("  %3d to %3d: %d"):format(10 * bin - 10, 10 * bin, n)) end
    end
  end
  if hottest - coldest > 40 then return false end
  print(("flat after %d steps: %d of %d cells above the mean"):format(
    i, field:gt(field:mean()):sum(), #field))
  return true
end
