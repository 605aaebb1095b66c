-- Bytes that the busiest rank sends, by n rows on p ranks, k groups or distinct keys, m rows of
-- another table; 1 K is 1,024 bytes. Of the operations of tests/spec/session.lua, by name.
--
-- What belongs to a row goes once, to one rank (0-8: none of it where rows lie evenly already); what
-- all ranks tell each other goes as p; what is counted in tables, sampled, or brought to all ranks
-- while it is little, is within the term in K.

local formulas = {}

formulas.of = {
  ["sort"] = "8 n/p + 512 p + 256 K",
  ["sort of few values"] = "512 p + 256 K",
  ["sort of floats"] = "8 n/p + 512 p + 512 K",
  ["sort of bools"] = "512 p + 256 K",
  ["argsort"] = "12 n/p + 512 p + 256 K",
  ["argsort of few values"] = "4 n/p + 512 p + 256 K",
  ["argsort by two"] = "34 n/p + 1024 p + 768 K",
  ["sort_by"] = "31 n/p + 1024 p + 512 K",
  ["topk"] = "320 p",
  ["bottomk"] = "320 p",
  ["topk of many"] = "25 n/p + 1024 p + 512 K",
  ["rank"] = "16 n/p + 1024 p + 768 K",
  ["is_sorted"] = "32 p",
  ["searchsorted"] = "16 m + 80 p + 512 K",
  ["searchsorted of many"] = "16 n/p + 80 p + 512 K",

  ["value_counts"] = "16 k + 256 p",
  ["value_counts of many"] = "16 n/p + 512 p + 128 K",
  ["unique"] = "16 n/p + 512 p + 128 K",
  ["nunique"] = "15 n/p + 512 p + 128 K",
  ["intersect"] = "16 n/p + 512 p + 160 K",
  ["union"] = "16 n/p + 512 p + 160 K",
  ["difference"] = "16 n/p + 512 p + 160 K",
  ["symmetric_difference"] = "16 n/p + 512 p + 160 K",

  ["isin"] = "8 m + 128 p",
  ["isin of many"] = "17 n/p + 128 p + 512 K",
  ["lookup"] = "16 m + 128 p",
  ["find"] = "33 n/p + 128 p + 1024 K",
  ["find_interval"] = "24 m + 128 p",
  ["join inner"] = "25 m + 192 p",
  ["join left"] = "25 m + 128 p",
  ["join right"] = "8 n/p + 25 m + 1024 p + 512 K",
  ["join outer"] = "8 n/p + 25 m + 1024 p + 512 K",
  ["join semi"] = "8 m + 128 p",
  ["join anti"] = "8 m + 192 p",
  ["join of many"] = "16 m + 256 p",
  ["join_asof"] = "29 m + 128 p",
  ["join_asof by key"] = "29 m + 448 p",

  ["gather"] = "12 n/p + 32 p",
  ["gather of a frame"] = "19 n/p + 32 p",
  ["gather of few rows"] = "8 m + 64 p",
  ["put"] = "12 n/p + 32 p",
  ["put of a scalar"] = "4 n/p + 32 p",
  ["put where"] = "16 p",
  ["concat"] = "0-8 n/p + 8 m + 128 p",
  ["concat of frames"] = "30 n/p + 128 p",
  ["repeat_by"] = "0-8 n/p + 512 p",
  ["reverse"] = "12 n/p + 64 p",
  ["shuffle"] = "12 n/p + 64 p",
  ["sample"] = "6 n/p + 64 p",
  ["slice with a step"] = "4 n/p + 64 p",
  ["shift"] = "24 p",

  ["quantile"] = "64 p + 2048 K",
  ["median"] = "64 p + 2048 K",
  ["histogram"] = "128 p + 2 K",
  ["histogram of ints"] = "128 p + 2 K",
  ["histogram2d"] = "192 p + 2 K",
  ["digitize"] = "64 p",
  ["random"] = "128 p",
  ["choice"] = "192 p",

  ["group_by"] = "32 k + 768 p + 256 K",
  ["group_by of many"] = "32 n/p + 1024 p + 256 K",
  ["group_by two"] = "70 k + 2048 p + 512 K",
}

-- Groupings by one key, and what is computed of the groups.
local function of_groups(names, formula)
  for name in names:gmatch "%S+" do formulas.of["groups: " .. name] = formula end
end

of_groups("all any bit_and bit_or bit_xor count prod", "32 k + 768 p + 256 K")
of_groups("argmax argmin first last max min broadcast head", "38 k + 768 p + 256 K")
of_groups("mean sum", "50 k + 768 p + 256 K")
of_groups("std var", "116 k + 1024 p + 256 K")
of_groups("mode", "124 k + 3072 p + 768 K")
of_groups("nunique", "63 n/p + 124 k + 4096 p + 1024 K")
of_groups("median quantile", "16 n/p + 40 k + 8192 p + 1024 K")
formulas.of["groups: topk"] = "72 k + 1024 p + 256 K" -- 16 bytes for each of 2 rows of a group
formulas.of["groups: bottomk of many"] = "70 n/p + 2048 p + 256 K"

---What a formula comes to, and how much of it is rows that have to travel, for
---{ranks =, rows = of a rank, keys = of k and of m}.
---@param formula string
---@param at {ranks: integer, rows: number, keys: integer}
---@return number bytes
---@return number
function formulas.value(formula, at)
  local units = { ["n/p"] = at.rows, k = at.keys, m = at.keys, p = at.ranks, K = 1024 }
  local all, rows = 0, 0
  for perhaps, number, unit in formula:gmatch "(0?%-?)(%d+) (%S+)" do
    all = all + tonumber(number) * units[unit]
    if unit == "n/p" and perhaps == "" then rows = tonumber(number) * units[unit] end
  end
  return all, rows * (1 - 1 / at.ranks)
end

return formulas
