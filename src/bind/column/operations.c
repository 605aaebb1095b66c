// The table of what is opened of columns: their operations, methods and functions.

#include "bind/column/box.h"
#include "bind/column/operation.h"

static const mb_operation *const tables[] = {
    mb_new_operations,          mb_operator_operations, mb_reduce_operations,
    mb_scan_operations,         mb_count_operations,    mb_distribute_operations,
    mb_sort_operations,         mb_match_operations,    mb_join_operations,
    mb_move_operations,         mb_put_operations,      mb_group_operations,
    mb_table_operations,        mb_read_operations,     mb_hdf_operations,
    mb_csv_operations,          mb_text_operations,     mb_text_function_operations,
    mb_text_pattern_operations, mb_ip_operations,       mb_flags_operations,
    mb_time_operations,         mb_records_operations,  mb_delimited_operations,
    mb_duck_operations,         mb_folder_operations,   mb_hdf_pieces_operations,
    mb_kernel_operations,       mb_geo_operations,      mb_graph_operations,
    mb_file_operations};

enum { TABLES = sizeof tables / sizeof *tables };

static void set_text(lua_State *L, const char *field, const char *text)
{
    if (!text) return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, field);
}

static void set_flag(lua_State *L, const char *field, bool flag)
{
    lua_pushboolean(L, flag);
    lua_setfield(L, -2, field);
}

static void push_arguments(lua_State *L, const mb_operation *operation)
{
    static const char *const kinds[] = {
        [MB_TAKES_COLUMN] = "column",       [MB_TAKES_COLUMNS] = "columns",
        [MB_TAKES_POSITIONS] = "positions", [MB_TAKES_VALUE] = "value",
        [MB_TAKES_TYPE] = "type",           [MB_TAKES_SCALAR] = "scalar",
        [MB_TAKES_INTEGER] = "integer",     [MB_TAKES_NUMBER] = "number",
        [MB_TAKES_FLAG] = "flag",           [MB_TAKES_FLAGS] = "flags",
        [MB_TAKES_STRING] = "string",       [MB_TAKES_STRINGS] = "strings",
        [MB_TAKES_BYTES] = "bytes",         [MB_TAKES_OTHER] = "other"};
    lua_newtable(L);
    for (const mb_argument *row = operation->arguments; row->kind; row++) {
        if (row->kind == MB_FIXED_ARGUMENT) continue;
        lua_newtable(L);
        set_text(L, "name", row->name);
        set_text(L, "kind", kinds[row->kind]);
        set_text(L, "type", row->type ? row->type->name : NULL);
        set_flag(L, "optional", row->optional);
        set_flag(L, "option", row->option);
        set_flag(L, "single", row->single);
        set_flag(L, "like", row->like != 0);
        set_flag(L, "as_long", row->as_long != 0);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
}

// Whether a method gives a row for each row: those of columns of one type over a kind do that give
// one column and take scalars beside it.
static bool works_by_row(const mb_operation *operation)
{
    const mb_argument *of = operation->arguments;
    if (operation->core || of->kind != MB_TAKES_COLUMN) return false;
    if (!of->type || mb_type_is_plain(of->type)) return false;
    for (const mb_argument *row = of + 1; row->kind; row++)
        if (row->kind == MB_TAKES_COLUMN || row->kind == MB_TAKES_COLUMNS ||
            row->kind == MB_TAKES_POSITIONS)
            return false;
    return operation->results[0].kind == MB_GIVES_COLUMN && !operation->results[1].kind;
}

// core.operations(): what there is: a list of {name, core = its name there, or a method of columns;
// arguments = {{name, kind, type, optional, option, single, like, as_long}}, local = whether it
// builds an expression, options_within = whether options are fields of the last argument, by_row =
// whether it gives a row for each row of a column of one type}. Not collective.
static int list_operations(lua_State *L)
{
    lua_newtable(L);
    for (int t = 0; t < TABLES; t++) {
        for (const mb_operation *operation = tables[t]; operation->name; operation++) {
            lua_newtable(L);
            set_text(L, "name", operation->name);
            set_text(L, "core", operation->core);
            set_flag(L, "local", operation->local);
            set_flag(L, "options_within", operation->options_within);
            set_flag(L, "by_row", works_by_row(operation));
            push_arguments(L, operation);
            lua_setfield(L, -2, "arguments");
            lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        }
    }
    return 1;
}

void mb_bind_open_column(lua_State *L)
{
    int core = lua_gettop(L), metatable = core + 1, methods = core + 2;
    luaL_setfuncs(L, mb_bind_sort_functions, 0);
    luaL_setfuncs(L, mb_bind_read_functions, 0);
    luaL_setfuncs(L, mb_bind_operator_functions, 0);
    mb_bind_open_scalars(L);
    for (int i = 0; i < MB_MOMENT_CLASSES; i++) {
        mb_bind_push_class(L, i);
        mb_bind_set_metamethods(L);
        lua_pop(L, 1);
    }
    mb_bind_open_moments(L);
    lua_newtable(L);
    mb_bind_set_functions(L, NULL);
    lua_setfield(L, core, "math");
    lua_pushcfunction(L, list_operations);
    lua_setfield(L, core, "operations");
    mb_bind_open_box(L);
    mb_bind_set_functions(L, "column");
    for (int t = 0; t < TABLES; t++)
        for (const mb_operation *operation = tables[t]; operation->name; operation++) {
            mb_bind_push_operation(L, operation, operation->core ? NULL : "column");
            lua_setfield(L, operation->core ? core : methods,
                         operation->core ? operation->core : operation->name);
        }
    lua_pushvalue(L, methods);
    lua_setfield(L, core, "column_methods");
    luaL_setfuncs(L, mb_bind_read_metamethods, 1); // they look methods up
    mb_bind_set_metamethods(L);
    lua_pushcfunction(L, mb_bind_concat);
    lua_setfield(L, -2, "__concat");
    lua_settop(L, metatable - 1);
}
