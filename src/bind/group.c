// Groupings, for Lua: a handle, and the operations that moonbear.group makes methods of.

#include <string.h>

#include "bind/bind.h"
#include "bind/column.h"
#include "core/hash.h"
#include "ops/group/aggregate.h"

static const char type_name[] = "moonbear.grouping";

// The open grouping at an index.
static mb_grouping *check_grouping(lua_State *L, int index)
{
    mb_grouping **box = luaL_checkudata(L, index, type_name);
    if (!*box) luaL_argerror(L, index, "the grouping is closed");
    return *box;
}

static void sign_grouping(mb_signature *signature, const mb_grouping *grouping)
{
    mb_signature_add(signature, mb_hash_word(1, grouping->identity),
                     "grouping: %lld rows in %lld groups #%04x",
                     (long long)grouping->rows->n_global, (long long)grouping->groups->n_global,
                     (unsigned)(mb_mix(grouping->identity) & 0xffff));
}

typedef struct grouping_call {
    mb_column *columns[MB_MOST_ROOTS], **boxes[MB_MOST_ROOTS];
    int n;
    mb_grouping **box;
} grouping_call;

static mb_status group_body(mb_context *cx, void *argument)
{
    grouping_call *call = argument;
    mb_column *keys[MB_MOST_ROOTS];
    mb_status status = mb_group(cx, call->columns, call->n, call->box, keys);
    for (int i = 0; i < call->n && !status; i++)
        *call->boxes[i] = keys[i];
    return status;
}

// The columns of the list at index 1, of one length.
static void check_keys(lua_State *L, grouping_call *call)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 1);
    if (n < 1 || n > MB_MOST_ROOTS)
        luaL_error(L, "group_by takes 1 to %d columns, not %d", MB_MOST_ROOTS, (int)n);
    for (call->n = 0; call->n < n; call->n++) {
        lua_rawgeti(L, 1, call->n + 1);
        call->columns[call->n] = mb_bind_check_column(L, -1);
        lua_pop(L, 1);
        int64_t rows = call->columns[call->n]->layout->n_global;
        int64_t first = call->columns[0]->layout->n_global;
        if (rows != first)
            luaL_error(L, "group_by: the lengths differ: key 1 has %I rows and key %d has %I",
                       (lua_Integer)first, call->n + 1, (lua_Integer)rows);
    }
}

static mb_grouping **new_handle(lua_State *L)
{
    mb_grouping **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, type_name);
    return box;
}

// core.group_by(columns): a handle, then a list of the keys of each group. Raises when lengths
// differ. Collective.
static int group_by(lua_State *L)
{
    mb_signature signature;
    grouping_call call;
    lua_settop(L, 1);
    check_keys(L, &call);
    call.box = new_handle(L);
    lua_createtable(L, call.n, 0);
    for (int i = 0; i < call.n; i++) {
        call.boxes[i] = mb_bind_new_column(L);
        lua_rawseti(L, -2, i + 1);
    }
    mb_bind_signature(L, &signature, "group_by");
    for (int i = 0; i < call.n; i++)
        mb_bind_sign_column(&signature, "key", call.columns[i]);
    mb_bind_operate(L, &signature, group_body, &call);
    mb_bind_account(L);
    return 2;
}

typedef struct aggregate_call {
    mb_grouping *grouping;
    mb_aggregation of[MB_MOST_AGGREGATIONS];
    mb_column **boxes[MB_MOST_AGGREGATIONS];
    int n;
} aggregate_call;

static mb_status aggregate_body(mb_context *cx, void *argument)
{
    aggregate_call *call = argument;
    mb_column *results[MB_MOST_AGGREGATIONS];
    (void)cx;
    mb_status status = mb_aggregate(call->grouping, call->of, call->n, results);
    for (int i = 0; i < call->n && !status; i++)
        *call->boxes[i] = results[i];
    return status;
}

static mb_fold_kind check_fold(lua_State *L, const char *name)
{
    for (int kind = 0; kind < MB_FOLDS; kind++)
        if (strcmp(name, mb_fold_name((mb_fold_kind)kind)) == 0) return (mb_fold_kind)kind;
    return (mb_fold_kind)luaL_error(L, "there is no aggregation '%s'", name);
}

// Aggregation i of the lists at indices 2 (names) and 3 (columns, or false).
static void check_aggregation(lua_State *L, const mb_grouping *grouping, int i, mb_aggregation *to)
{
    lua_rawgeti(L, 2, i + 1);
    to->kind = check_fold(L, luaL_checkstring(L, -1));
    lua_rawgeti(L, 3, i + 1);
    to->column = to->kind == MB_FOLD_SIZE ? NULL : mb_bind_check_column(L, -1);
    lua_pop(L, 2);
    if (to->column && to->column->layout->n_global != grouping->rows->n_global)
        luaL_error(L, "%s of groups: the lengths differ: the grouping has %I rows, the column %I",
                   mb_fold_name(to->kind), (lua_Integer)grouping->rows->n_global,
                   (lua_Integer)to->column->layout->n_global);
}

// core.group_aggregate(grouping, names, columns): a list of columns with a row for each group.
// Collective.
static int group_aggregate(lua_State *L)
{
    mb_signature signature;
    aggregate_call call = {.grouping = check_grouping(L, 1)};
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 2);
    luaL_argcheck(L, n <= MB_MOST_AGGREGATIONS, 2, "too many aggregations at once");
    for (call.n = 0; call.n < n; call.n++)
        check_aggregation(L, call.grouping, call.n, &call.of[call.n]);
    lua_createtable(L, call.n, 0);
    for (int i = 0; i < call.n; i++) {
        call.boxes[i] = mb_bind_new_column(L);
        lua_rawseti(L, -2, i + 1);
    }
    mb_bind_signature(L, &signature, call.n == 1 ? mb_fold_name(call.of[0].kind) : "agg");
    sign_grouping(&signature, call.grouping);
    for (int i = 0; i < call.n; i++) {
        mb_bind_sign_string(&signature, "aggregation", mb_fold_name(call.of[i].kind));
        if (call.of[i].column) mb_bind_sign_column(&signature, "column", call.of[i].column);
    }
    mb_bind_operate(L, &signature, aggregate_body, &call);
    mb_bind_account(L);
    return 1;
}

typedef struct rows_call {
    mb_grouping *grouping;
    mb_column *column, **box;
    int64_t n;
} rows_call;

static mb_status broadcast_body(mb_context *cx, void *argument)
{
    rows_call *call = argument;
    (void)cx;
    return mb_group_broadcast(call->grouping, call->column, call->box);
}

// core.group_broadcast(grouping, column): the value of each row's group. Raises unless the column
// has a row for each group. Collective.
static int group_broadcast(lua_State *L)
{
    mb_signature signature;
    rows_call call = {.grouping = check_grouping(L, 1), .column = mb_bind_check_column(L, 2)};
    int64_t groups = call.grouping->groups->n_global, rows = call.column->layout->n_global;
    if (groups != rows)
        return luaL_error(L, "broadcast: the lengths differ: there are %I groups, and %I rows",
                          (lua_Integer)groups, (lua_Integer)rows);
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "broadcast");
    sign_grouping(&signature, call.grouping);
    mb_bind_sign_column(&signature, "column", call.column);
    mb_bind_operate(L, &signature, broadcast_body, &call);
    mb_bind_account(L);
    return 1;
}

static mb_status head_body(mb_context *cx, void *argument)
{
    rows_call *call = argument;
    (void)cx;
    return mb_group_head(call->grouping, call->n, call->box);
}

// core.group_head(grouping, n): a bool column that is true for the first n rows of each group.
// Collective.
static int group_head(lua_State *L)
{
    mb_signature signature;
    rows_call call = {.grouping = check_grouping(L, 1), .n = luaL_checkinteger(L, 2)};
    luaL_argcheck(L, call.n >= 0, 2, "n is below 0");
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "head");
    sign_grouping(&signature, call.grouping);
    mb_signature_add(&signature, (uint64_t)call.n, "n: %lld", (long long)call.n);
    mb_bind_operate(L, &signature, head_body, &call);
    mb_bind_account(L);
    return 1;
}

// core.group_close(grouping): frees its memory; closing twice does no harm. Not collective.
static int group_close(lua_State *L)
{
    mb_grouping **box = luaL_checkudata(L, 1, type_name);
    mb_grouping_close(*box);
    *box = NULL;
    return 0;
}

static const luaL_Reg functions[] = {
    {"group_by", group_by},
    {"group_aggregate", group_aggregate},
    {"group_broadcast", group_broadcast},
    {"group_head", group_head},
    {"group_close", group_close},
    {NULL, NULL},
};

void mb_bind_open_group(lua_State *L)
{
    luaL_newmetatable(L, type_name);
    lua_pushcfunction(L, group_close);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
