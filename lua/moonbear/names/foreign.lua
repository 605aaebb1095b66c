-- What users of pandas and numpy call things, and what these are called here: what to write, as the
-- end of a message. By the kind of the name.

local foreign = {}

-- Adds several names for one thing.
local function add(kind, words, advice)
  local list = foreign[kind] or {}
  foreign[kind] = list
  for word in words:gmatch "%S+" do list[word] = advice end
end

local none_written = "moonbear does not write files yet; csv2hdf converts CSV files, and io.open "
  .. "writes what c:to_table() gives"
local pending = "expressions of columns do this, as (a + b) * 2 or mb.where(mask, a, b)"

add("column", "astype cast view", 'write c:as("float"), "int", "uint", "bool" or "text"')
add("column", "dtype", "write c:type()")
add("column", "describe",
  'write c:stats{"min", "max", "mean", "std"} and c:quantile{0.25, 0.5, 0.75}')
add("column", "size length shape ndim", "the number of rows is #c")
add("column", "count", "the number of rows is #c, that of missing ones c:is_missing():sum()")
add("column", "head", "write c:slice(1, 5), or c:show()")
add("column", "tail", "write c:slice(-5)")
add("column", "tolist to_list values to_numpy array list items", "write c:to_table()")
add("column", "sort_values", "write c:sort(), or c:sort{descending = true}")
add("column", "nlargest top", "write c:topk(k)")
add("column", "nsmallest", "write c:bottomk(k)")
add("column", "isna isnull is_na is_null is_nan missing", "write c:is_missing(), or c:isnan()")
add("column", "notna notnull", "write ~c:is_missing()")
add("column", "fillna fill_null", "write c:fill(value)")
add("column", "dropna drop_nulls drop", "write c:drop_missing()")
add("column", "drop_duplicates distinct", "write c:unique()")
add("column", "rename name", "a column has no name; a frame names it: frame.name = column")
add("column", "apply map transform pipe agg aggregate", pending)
add("column", "filter loc iloc query take", "write c[mask], c[positions] or c:slice(first, last)")
add("column", "mode", "write keys, counts = c:value_counts(), and mb.most_common(keys, counts, 1)")
add("column", "percentile percentiles", "write c:quantile(0.95), of a number from 0 to 1")
add("column", "append extend concat", "write mb.concat{a, b}")
add("column", "groupby group_by", "write mb.group_by(c)")
add("column", "hist", "write counts, edges = c:histogram{bins = 10}")
add("column", "product", "write c:prod()")
add("column", "copy", "a column never changes, so that b = c is as good as a copy")
add("column", "equals", "write c:eq(x), or c:eq(x):all()")
add("column", "str dt", "what a type has is a method of the column, as c:contains(\"a\")")
add("column", "get_lengths lengths len_bytes str_len", "the bytes of each row are c:len()")
add("column", "codes categories cat",
  "text that repeats is stored by codes by itself; write c:unique()")
add("column", "plot to_csv to_hdf to_file to_parquet save", none_written)

add("frame", "groupby", 'write frame:group_by("name")')
add("frame", "merge", 'write frame:join(other, {on = "name", how = "left"})')
add("frame", "append concat union", "write mb.concat{a, b}")
add("frame", "sort_values sort order_by", 'write frame:sort_by("name", "-other")')
add("frame", "query filter loc iloc", 'write frame:where "port == 80", or frame[positions]')
add("frame", "assign insert add_column", 'write frame:with{name = "a + b"}, or frame.name = column')
add("frame", "rename", "write frame.new, frame.old = frame.old, nil")
add("frame", "describe", "statistics are those of a column: "
  .. 'frame.name:stats{"min", "max", "mean", "std"}, and :quantile{0.25, 0.5, 0.75}')
add("frame", "dtypes types", "the type of a column is frame.name:type()")
add("frame", "info", "at a prompt ?frame tells of its columns; print(frame) shows some rows")
add("frame", "shape size len length count",
  "the number of rows is #frame, of columns #frame:columns()")
add("frame", "iterrows itertuples iter_rows", "write for row in frame:rows() do")
add("frame", "items", "write for name, column in pairs(frame) do")
add("frame", "names keys", "write frame:columns()")
add("frame", "isin between", "this is a method of columns, as frame.name:NAME(...)")
add("frame", "sum mean min max std var median quantile nunique unique value_counts any all",
  "this is a method of columns, as frame.name:NAME()")
add("frame", "nlargest", 'write frame:sort_by("-name"):head(n)')
add("frame", "nsmallest", 'write frame:sort_by("name"):head(n)')
add("frame", "drop_duplicates distinct", "write frame:group_by(...):head(1)")
add("frame", "dropna drop_missing", 'write frame:where "not is_missing(name)"')
add("frame", "fillna fill", "write frame.name = frame.name:fill(value)")
add("frame", "astype as cast", 'write frame.name = frame.name:as("float")')
add("frame", "apply map transform pipe agg aggregate",
  pending .. "; of groups: frame:group_by(...)")
add("frame", "sample", "write frame[mb.range(1, #frame):sample(n)]")
add("frame", "slice", "write frame[mb.range(first, last)]")
add("frame", "copy", "write frame:with{}; columns themselves never change")
add("frame", "pivot pivot_table melt stack unstack crosstab", "there is none; frame:group_by(...)")
add("frame", "set_index reset_index index", "frames have no index; rows have numbers, from 1 on")
add("frame", "plot to_csv to_hdf to_file to_parquet to_excel to_json save", none_written)

add("grouping", "aggregate apply", 'write g:agg{bytes = {"srcBytes", "sum"}, flows = "size"}')
add("grouping", "transform", "write g:broadcast(g:sum(c))")
add("grouping", "ngroups len count_groups", "the number of groups is #g")
add("grouping", "groups indices", "write g:keys()")
add("grouping", "sizes value_counts", "write g:size()")
add("grouping", "filter", "write c[g:broadcast(g:size()):gt(10)]")
add("grouping", "average avg", "write g:mean(c)")
add("grouping", "product", "write g:prod(c)")
add("grouping", "unique", "write g:nunique(c), or group by both columns")
add("grouping", "nlargest top largest", "write g:topk(c, k)")
add("grouping", "nsmallest smallest", "write g:bottomk(c, k)")
add("grouping", "cumsum rank shift diff", "there is none of groups")

add("mb", "DataFrame dataframe", "write mb.frame{a = x, b = y}")
add("mb", "Series array Array asarray Column from_table", "write mb.column{1, 2, 3}")
add("mb", "arange linspace", "write mb.range(first, last, step), both included")
add("mb", "zeros empty", "write mb.full(n, 0)")
add("mb", "ones", "write mb.full(n, 1)")
add("mb", "read_csv open_csv load_csv", "csv2hdf converts CSV files, and mb.read_hdf reads those")
add("mb", "read open load read_h5 read_hdf5 h5py read_parquet", "write mb.read_hdf(path, names)")
add("mb", "ls list", "write mb.ls_hdf(path)")
add("mb", "write_hdf to_hdf to_csv save write", none_written)
add("mb", "groupby GroupBy", 'write mb.group_by(column), or frame:group_by("name")')
add("mb", "merge join", 'write frame:join(other, {on = "name"})')
add("mb", "concatenate append hstack vstack", "write mb.concat{a, b}")
add("mb", "sort", "write column:sort()")
add("mb", "select if_else iif", "write mb.where(mask, a, b)")
add("mb", "in1d isin", "write column:isin(other)")
add("mb", "intersect1d", "write mb.intersect(a, b)")
add("mb", "union1d", "write mb.union(a, b)")
add("mb", "setdiff1d", "write mb.difference(a, b)")
add("mb", "setxor1d", "write mb.symmetric_difference(a, b)")
add("mb", "randint", "write mb.random(n, {low = 0, high = 9})")
add("mb", "rand", "write mb.uniform(n)")
add("mb", "randn", "write mb.normal(n)")
add("mb", "nan NaN", "write 0/0; a missing value is mb.null")
add("mb", "concat_str", "write a .. b")
add("mb", "NA NaT none None", "write mb.null")
add("mb", "inf", "write math.huge")
add("mb", "print show display", "write print(x), or x:show(n)")
add("mb", "nranks", "write mb.size()")
add("mb", "sum mean min max std var median unique value_counts argmax argmin cumsum",
  "this is a method of columns, as column:NAME()")
add("mb", "sqrt exp log abs floor ceil sin cos tan round clip",
  "this is a method of columns, as column:NAME(), and in mb.math")

add("type", "integer int8 int16 int32 int64 long i8 i16 i32 i64", "write 'int'")
add("type", "unsigned uint8 uint16 uint32 uint64 u8 u16 u32 u64",
  "write 'uint'; int holds up to 2^63")
add("type", "float32 float64 double number f32 f64 real", "write 'float'")
add("type", "boolean", "write 'bool'")
add("type", "string str object category categorical utf8 varchar char", "write 'text'")

add("statistic", "average avg", "write 'mean'")
add("statistic", "product", "write 'prod'")
add("statistic", "stddev stdev", "write 'std'")
add("statistic", "variance", "write 'var'")
add("statistic", "size", "the number of rows is #c")
add("statistic", "quantile", "write c:quantile{0.25, 0.75}")

add("aggregation", "average avg", "write 'mean'")
add("aggregation", "len length", "write 'size'")
add("aggregation", "unique", "write 'nunique'")
add("aggregation", "skew", "there is none of groups")

add("global", "True", "Lua writes true")
add("global", "False", "Lua writes false")
add("global", "None null NULL", "Lua writes nil; a missing value is mb.null")
add("global", "nan NaN", "Lua writes 0/0")
add("global", "inf", "Lua writes math.huge")
add("global", "len", "Lua writes #x")
add("global", "str", "Lua writes tostring(x)")
add("global", "int", "Lua writes math.tointeger(x) or x // 1; for columns c:as(\"int\")")
add("global", "float", "Lua writes x + 0.0; for columns c:as(\"float\")")
add("global", "dir", "at a prompt ?x lists what x has")
add("global", "help", "at a prompt ?name tells of a name, and :help lists the commands")
add("global", "exit quit", "Ctrl-D or :quit leaves the prompt; a script calls os.exit()")
add("global", "sum min max sorted list", "this is a method of columns, as column:NAME()")
add("global", "np numpy pd pandas ak arkouda", "moonbear's functions are in mb")
add("global", "moonbear", "write mb, or local mb = require 'moonbear'")

return foreign
