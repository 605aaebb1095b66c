-- Prints what tests/bench/run has measured: lua5.4 report.lua FOLDER

local folder = arg[1]

-- Iterates over the lines of a file, split at tabs.
local function each_line(name)
  local lines = io.lines(folder .. "/" .. name)
  return function()
    local line = lines()
    if not line then return nil end
    local fields = {}
    for field in (line .. "\t"):gmatch "([^\t]*)\t" do fields[#fields + 1] = field end
    return table.unpack(fields)
  end
end

local function median(values)
  if not values or #values == 0 then return nil end
  table.sort(values)
  local middle = #values // 2
  if #values % 2 == 1 then return values[middle + 1] end
  return (values[middle] + values[middle + 1]) / 2
end

local function append(lists, key, value)
  lists[key] = lists[key] or {}
  table.insert(lists[key], value)
end

-- The medians of figures.tsv by name.
local function read_figures()
  local lists, medians = {}, {}
  for name, value in each_line "figures.tsv" do append(lists, name, tonumber(value)) end
  for name, values in pairs(lists) do medians[name] = median(values) end
  return medians
end

-- By "peer operation": the medians of seconds and peak MB, and the check value.
local function read_operations()
  local times, peaks, checks, measured = {}, {}, {}, {}
  for peer, operation, check, peak, seconds in each_line "operations.tsv" do
    local key = peer .. " " .. operation
    for second in seconds:gmatch "[^,]+" do append(times, key, tonumber(second)) end
    append(peaks, key, tonumber(peak))
    checks[key] = check
  end
  for key, check in pairs(checks) do
    measured[key] = { seconds = median(times[key]), peak = median(peaks[key]), check = check }
  end
  return measured
end

local figures, measured = read_figures(), read_operations()
local column = 8 * figures.flows -- bytes, as int64

-- Operation, what it is, and the bytes that it has to go through with the rate of the machine.
local OPERATIONS = {
  { "L1", "load 5 columns", 5 * column, "load" },
  { "L2", "load 5 columns, gzip", figures["gzip.bytes"], "inflate" },
  { "L4", "CSV of a tenth to gzip HDF5", figures["csv.bytes"], "file" },
  { "W1", "write 5 columns; h5py's", figures["written.bytes"], "write" },
  { "W2", "write 5 columns, gzip; h5py's", figures["written.bytes"], "write" },
  { "K1", "save 5 columns, a snapshot", figures["snapshot.bytes"], "write" },
  { "K2", "load the snapshot", figures["snapshot.bytes"], "load" },
  { "C1", "read CSV of a tenth", figures["csv.bytes"], "file" },
  { "C1b", "the same by DuckDB alone", figures["csv.bytes"], "file", optional = true },
  { "C2", "write 5 columns of a tenth as CSV", column / 2, "write" },
  { "C3", "read JSON of a tenth", figures["json.bytes"], "file" },
  { "C3b", "the same by DuckDB alone", figures["json.bytes"], "file", optional = true },
  { "C4", "read quoted text of a tenth", figures["quoted.bytes"], "file" },
  { "C4b", "the same by DuckDB alone", figures["quoted.bytes"], "file", optional = true },
  { "C5", "write 3 floats of a tenth as CSV", 3 / 10 * column, "write" },
  { "C5b", "the same by DuckDB alone", 3 / 10 * column, "write", optional = true },
  { "Z1", "read CSV.gz (BGZF); one rank", figures["gz.bytes"], "file" },
  { "Z2", "read CSV.bz2; one rank", figures["bz2.bytes"] or 0, "file", optional = true },
  { "Z3", "read CSV.zst, 4 frames; one rank", figures["zst.bytes"] or 0, "file", optional = true },
  { "P1", "load 5 columns of Parquet", 5 * column, "file", optional = true },
  { "P1b", "the same by DuckDB alone", 5 * column, "file", optional = true },
  { "M1", "read 10,000 files; HDF5's library", 8e7, "file" },
  { "N1", "sums of 5 columns that are loaded", 5 * column, "file" },
  { "N1b", "the same by a scan", 5 * column, "file" },
  { "N1c", "the same, memory for a quarter", 5 * column, "file" },
  { "S1", "sum(dstPort == 80)", column, "read" },
  { "S2", "value_counts(srcPort)", column, "read" },
  { "S2b", "the same; numpy's bincount", column, "read" },
  { "S3", "value_counts(dstPort), top 10", column, "read" },
  { "S4", "unique(srcIP)", column, "read" },
  { "S5", "value_counts, 1M keys of 34 bits", column, "read" },
  { "X2a", "isin against 10k values", column, "read" },
  { "X2b", "isin against 1M values", column, "read" },
  { "ST1", "value_counts of names", column, "read" },
  { "ST2", "names that contain '1234'", column, "read" },
  { "ST3", "names that start with 'IP'", column, "read" },
  { "PT1", "sort of names, all different", column, "read" },
  { "PT2", "group by these: sum", column, "read" },
  { "PT3", "unique of these", column, "read" },
  { "PT4", "join with a fifth of these", column, "read" },
  { "PT5", "contain '1234'", column, "read" },
  { "PT6", "match a regular expression", column, "read" },
  { "PT7", "upper case, in memory", column, "copy" },
  { "PT8", "split in two, in memory", column, "copy" },
  { "PT9", "equal to a string", column, "read" },
  { "TM1", "times from text, all different", column / 2, "read" },
  { "TM2", "the same of a day's seconds", column / 2, "read" },
  { "TM3", "floor of times to 5 minutes", column, "copy" },
  { "TM4", "hours and weekdays, in memory", column, "copy" },
  { "TM5", "count by hour", column / 2, "read" },
  { "TM6", "text of a million times", 8e6, "copy" },
  { "A1", "addresses from text", column / 2, "read" },
  { "A1b", "the same of 50k addresses", column / 2, "read" },
  { "A2", "addresses to text", column / 2, "read" },
  { "A3", "addresses in a block", column / 2, "read" },
  { "A4", "a million in 100k blocks", 8e6, "read" },
  { "J1", "join with 60k rows, count by group", column, "read" },
  { "O1", "argsort of any int64", 6 * column, "copy" },
  { "O1b", "argsort of 32 bits", 6 * column, "copy" },
  { "O2", "sort of any int64", 4 * column, "copy" },
  { "O3", "argsort by port and start", 3 * column, "copy" },
  { "T1", "top 10 of dstBytes", column, "read" },
  { "F1", "5 columns where dstPort == 443", 5 * column, "read" },
  { "F2", "sum of a product and a quotient", 5 * column, "read" },
  { "G1", "group by dstPort: sum(dstBytes)", 2 * column, "read" },
  { "G2", "group by srcIP, dstIP: count, sum", 3 * column, "read" },
  { "G3", "group by 1M keys: mean of floats", 2 * column, "read" },
  { "X1", "a at random positions", 3 * column, "copy" },
  { "Q1", "median and 99th percentile", 2 * column, "read" },
  { "H1", "histogram, 1000 bins", 2 * column, "read" },
  { "E0", "sum((a + b) * a)", 2 * column, "read" },
  { "E1", "a + b * 2.5, in memory", 3 * column, "copy" },
  { "E2", "sum, min, max, mean and std at once", column, "read" },
  { "E3", "cumsum, in memory; numpy's", 2 * column, "copy" },
  { "R1", "sum", column, "read" },
  { "R2", "min", column, "read" },
  { "R3", "max", column, "read" },
}

local function number(value)
  if not value then return "-" end
  return (value >= 100 and "%.0f" or "%.3g"):format(value)
end

local function milliseconds(seconds)
  return number(seconds and seconds * 1000)
end

local function row(...)
  print(("%-4s %-34s %9s %9s %7s %9s %9s %7s %9s"):format(...))
end

local disagreements = 0

-- Sums of floats differ in their last digits.
local function alike(a, b)
  local x, y = tonumber(a), tonumber(b)
  return a == b or (x and y and math.abs(x - y) <= 1e-9 * math.abs(x)) or false
end

local function compare(operation, ours, theirs)
  if not ours.seconds or theirs and theirs.seconds and not alike(theirs.check, ours.check) then
    disagreements = disagreements + 1
    print(("%s: moonbear found %s, pandas %s"):format(operation, ours.check,
      theirs and theirs.check or "is not here"))
  end
end

local function print_operations()
  row("", "milliseconds; peak MB of all", "moonbear", "pandas", "times", "limit", "of limit",
    "MB", "pandas MB")
  for _, entry in ipairs(OPERATIONS) do
    local operation, what, bytes, rate = table.unpack(entry)
    local ours = measured["moonbear " .. operation] or {}
    local theirs = measured["pandas " .. operation]
    local limit = bytes / figures[rate]
    if entry.optional and not ours.seconds then goto next end
    row(operation, what, milliseconds(ours.seconds), milliseconds(theirs and theirs.seconds),
      number(theirs and theirs.seconds and ours.seconds and theirs.seconds / ours.seconds),
      milliseconds(limit), number(ours.seconds and ours.seconds / limit), number(ours.peak),
      number(theirs and theirs.peak))
    compare(operation, ours, theirs)
    ::next::
  end
end

-- How far operations' peaks are above their inputs.
local function print_memory()
  print(("\n%-4s %9s %9s %9s"):format("", "MB read", "MB made", "MB extra"))
  for operation, read, made, extra in each_line "memory.tsv" do
    print(("%-4s %9s %9s %9s"):format(operation, read, made, extra))
  end
end

print(("\n%d flows, 2 ranks. Limits of 2 processes: memory read %.1f GB/s, copied %.1f GB/s, "
  .. "page cache read %.1f GB/s, into new memory %.1f GB/s, new files written %.2f GB/s, inflated to "
  .. "%.2f GB/s of what is compressed\n"):format(figures.flows, figures.read / 1e9, figures.copy / 1e9,
  figures.file / 1e9, figures.load / 1e9, figures.write / 1e9, figures.inflate / 1e9))
print_operations()
print_memory()
print(("\nstart to end on 2 ranks: %.4f s; of MPI alone %.4f s: %.2f times"):format(
  figures["start.moonbear"], figures["start.mpi"], figures["start.moonbear"] / figures["start.mpi"]))
print(("one agreement: %.2f us on 2 ranks, %.1f us on 8"):format(figures["agreement.2"] * 1e6,
  figures["agreement.8"] * 1e6))
print(("an operation on 10 rows, 2 ranks: %.1f us for a sum of ints, %.1f of floats, %.1f of (a + b) * a"):format(
  figures["small.ints"] * 1e6, figures["small.floats"] * 1e6, figures["small.fused"] * 1e6))

-- Operations on a thousand rows, in microseconds.
local function print_small(names)
  local parts = {}
  for _, name in ipairs(names) do
    parts[#parts + 1] = ("%s %.0f"):format(name, figures["small." .. name] * 1e6)
  end
  print("of a thousand rows, us: " .. table.concat(parts, ", "))
end

print_small { "sort", "argsort", "sort_by", "rank", "topk", "searchsorted", "group_by", "join", "lookup",
  "find", "isin", "unique", "intersect", "find_interval", "gather", "put", "concat", "repeat_by",
  "reverse", "shuffle", "sample" }

-- Registered kernels beside what is built in.
local function print_kernels(names)
  local parts = {}
  for _, name in ipairs(names) do
    parts[#parts + 1] = ("%s %.2f"):format(name, figures["kernels." .. name] / figures["builtin." .. name])
  end
  print("registered kernels, times the built-in ones: " .. table.concat(parts, ", "))
end

print_kernels { "muladd", "muladd_stored", "add_integers", "sqrt_stored", "sum" }

-- Programs that moonbear is a part of: a call's price, then how many times slower work is on a shared
-- column than on a loaded one.
print(("a host, 2 ranks, us: import of 1,000 rows a rank %.1f, of 10M %.1f, touch %.1f, call %.1f"):format(
  figures["host.import.1000"] * 1e6, figures["host.import.10000000"] * 1e6, figures["host.touch"] * 1e6,
  figures["host.call"] * 1e6))
print(("import of 10M rows whose range is looked for, ms: %.1f; a pass in C: %.1f"):format(
  figures["host.import.looked"] * 1e3, figures["host.pass"] * 1e3))
print(("a step of examples/embed/heat.c, us: %.0f; with its analysis in C: %.0f"):format(
  figures["heat.script"] * 1e6, figures["heat.plain"] * 1e6))

local function print_shared()
  local slower = {}
  for name, seconds in pairs(figures) do
    local rest = name:match "^shared%.(.*)"
    if rest then slower[#slower + 1] = { rest, seconds / figures["loaded." .. rest] } end
  end
  table.sort(slower, function(a, b) return a[2] > b[2] end)
  local parts = {}
  for i = 1, math.min(5, #slower) do parts[i] = ("%s %.2f"):format(table.unpack(slower[i])) end
  print(("shared columns, times loaded ones: median of %d %.2f, most %s"):format(#slower,
    slower[(#slower + 1) // 2][2], table.concat(parts, ", ")))
end

print_shared()

-- DuckDB's time is -1 where it had not memory enough.
local function print_spill(what, title)
  local ours, theirs = figures[what .. ".moonbear"], figures[what .. ".duckdb"]
  if ours then
    print(("%s of twice as many rows, in a quarter of the bytes of one side, s: %.2f; DuckDB %s"):format(title,
      ours, theirs >= 0 and ("%.2f"):format(theirs) or "has not memory enough"))
  end
end

print_spill("join", "a join")
print_spill("group", "a group-by of distinct keys")
print_spill("sort", "a sort")

-- Sorts of as many rows whose keys are spread in other ways.
local function print_sorts(operation, spreads)
  local parts = {}
  for _, spread in ipairs(spreads) do
    parts[#parts + 1] = ("%s %s"):format(spread, milliseconds(figures[operation .. "." .. spread]))
  end
  print(("%s of 20M rows, ms: %s"):format(operation, table.concat(parts, ", ")))
end

for _, operation in ipairs { "sort", "argsort" } do
  print_sorts(operation,
    { "random", "sorted", "reversed", "constant", "few", "wide", "ports", "skewed" })
end

print(("conversion of CSV, peak of both ranks: %.0f MB for %.0f MB, %.0f MB for %.0f MB"):format(
  figures["peak.once"], figures["csv.once"] / 1e6, figures["peak.four"],
  figures["csv.four"] / 1e6))
-- Seconds of what has no other place, beside those of a peer where it has any.
local function print_seconds(title, prefix, names)
  local parts = {}
  for _, name in ipairs(names) do
    local ours = figures[prefix .. name]
    if ours then parts[#parts + 1] = ("%s %.2f"):format(name, ours) end
  end
  if #parts > 0 then print(title .. table.concat(parts, ", ")) end
end

print_seconds("pictures of so many rows, seconds: ", "plot.",
  { "line", "bar", "hist", "hist2d", "scatter", "heatmap", "time_series", "ecdf", "box" })

-- Seconds of questions, beside those of every peer that was there.
local function print_beside(systems, questions)
  for _, question in ipairs(questions) do
    local parts = {}
    for i, system in ipairs(systems) do
      local seconds = figures[system .. "." .. question]
      if seconds then parts[#parts + 1] = ("%s %.2f"):format(i == 1 and "moonbear" or system, seconds) end
    end
    if #parts > 0 then print(("%s, seconds: %s"):format(question, table.concat(parts, ", "))) end
  end
end

print_beside({ "delimited", "duckdb", "polars", "pandas", "datatable" }, { "read flows", "read quoted", "write flows",
  "write quoted" })
print_beside({ "along", "duckdb", "polars", "pandas", "datatable" }, { "lag few", "rolling few", "cumsum few",
  "rank few", "lag many", "rolling many", "cumsum many", "rank many", "mean of 1000", "max of 1000", "std of 1000" })
print_beside({ "graph", "igraph", "duckdb" }, { "components", "kcore", "triangles", "pagerank", "levels",
  "communities", "build", "simplify", "prepare" })
os.exit(disagreements == 0)
