// Groupings, for Lua: a handle, and the operations that moonbear.group makes methods of.

#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "core/hash.h"
#include "ops/group/grouping.h"

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
    for (int k = 0; k < grouping->nkeys; k++)
        mb_bind_sign_column(signature, "grouped by", grouping->by[k]);
}

static mb_grouping **new_handle(lua_State *L)
{
    mb_grouping **box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, type_name);
    return box;
}

// core.group_by(columns): a handle. Raises when lengths differ. Not collective, but the same on all
// ranks.
static int group_by(lua_State *L)
{
    mb_column *columns[MB_MOST_ROOTS];
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer n = luaL_len(L, 1);
    if (n < 1 || n > MB_MOST_ROOTS)
        return mb_bind_error(L, "group_by takes 1 to %d columns, not %d", MB_MOST_ROOTS, (int)n);
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, 1, i + 1);
        columns[i] = mb_bind_check_column(L, -1);
        lua_pop(L, 1);
        int64_t rows = columns[i]->layout->n_global, first = columns[0]->layout->n_global;
        if (rows != first)
            return mb_bind_error(
                L, "group_by: the lengths differ: key 1 has %I rows and key %d has %I",
                (lua_Integer)first, i + 1, (lua_Integer)rows);
    }
    mb_grouping **box = new_handle(L);
    mb_status status = mb_grouping_new(mb_bind_context(L), columns, (int)n, box);
    return status ? mb_bind_raise(L, status) : 1;
}

// core.group_way(handle, way): "numbered" or "partitioned", for tests: how groups will be found.
// Not collective, but the same on all ranks.
static int group_way(lua_State *L)
{
    static const char *const ways[] = {"undecided", "numbered", "partitioned", NULL};
    check_grouping(L, 1)->wanted = (mb_group_way)luaL_checkoption(L, 2, NULL, ways);
    return 0;
}

static mb_status find_body(mb_context *cx, void *argument)
{
    (void)cx;
    return mb_grouping_find(argument);
}

static mb_status number_body(mb_context *cx, void *argument)
{
    (void)cx;
    return mb_grouping_number(argument);
}

// Finds the groups, or numbers the rows, for an operation of a name; nothing when that is done.
static void need(lua_State *L, mb_grouping *grouping, bool numbers, const char *name)
{
    mb_signature signature;
    if (numbers ? grouping->numbering != NULL : grouping->groups != NULL) return;
    mb_bind_signature(L, &signature, name);
    sign_grouping(&signature, grouping);
    mb_bind_operate(L, &signature, numbers ? number_body : find_body, grouping);
}

// core.group_keys(handle): a list of the keys of each group. Collective.
static int group_keys(lua_State *L)
{
    mb_grouping *grouping = check_grouping(L, 1);
    need(L, grouping, false, "keys");
    lua_createtable(L, grouping->nkeys, 0);
    for (int k = 0; k < grouping->nkeys; k++) {
        *mb_bind_new_column(L) = mb_column_retain(grouping->keys[k]);
        lua_rawseti(L, -2, k + 1);
    }
    mb_bind_account(L);
    return 1;
}

// core.group_count(handle): how many groups there are. Collective.
static int group_count(lua_State *L)
{
    mb_grouping *grouping = check_grouping(L, 1);
    need(L, grouping, false, "number of groups");
    lua_pushinteger(L, grouping->groups->n_global);
    return 1;
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
    mb_status status = mb_grouping_aggregate(call->grouping, call->of, call->n, results);
    for (int i = 0; i < call->n && !status; i++)
        *call->boxes[i] = results[i];
    return status;
}

static mb_fold_kind check_fold(lua_State *L, const char *name)
{
    for (int kind = 0; kind < MB_FOLDS; kind++)
        if (strcmp(name, mb_fold_name((mb_fold_kind)kind)) == 0) return (mb_fold_kind)kind;
    return (mb_fold_kind)mb_bind_error(L, "there is no aggregation '%s'", name);
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
        mb_bind_error(L,
                      "%s of groups: the lengths differ: the grouping has %I rows, the column %I",
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
    return mb_group_broadcast(call->grouping->numbering, call->column, call->box);
}

// core.group_broadcast(grouping, column): the value of each row's group. Raises unless the column
// has a row for each group. Collective.
static int group_broadcast(lua_State *L)
{
    mb_signature signature;
    rows_call call = {.grouping = check_grouping(L, 1), .column = mb_bind_check_column(L, 2)};
    need(L, call.grouping, true, "broadcast");
    int64_t groups = call.grouping->groups->n_global, rows = call.column->layout->n_global;
    if (groups != rows)
        return mb_bind_error(L, "broadcast: the lengths differ: there are %I groups, and %I rows",
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
    return mb_group_head(call->grouping->numbering, call->n, call->box);
}

// core.group_head(grouping, n): a bool column that is true for the first n rows of each group.
// Collective.
static int group_head(lua_State *L)
{
    mb_signature signature;
    rows_call call = {.grouping = check_grouping(L, 1), .n = luaL_checkinteger(L, 2)};
    if (call.n < 0) return mb_bind_error(L, "head: %I rows of each group; 0 is the least", call.n);
    need(L, call.grouping, true, "head");
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
    {"group_way", group_way},
    {"group_keys", group_keys},
    {"group_count", group_count},
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
