// Groupings: a handle, and the operations that moonbear.group makes methods of.

#include <stdio.h>
#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
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

// The open grouping at an index, told by the columns that it is of.
static void read_grouping(lua_State *L, const mb_call *call, int argument, int index,
                          mb_given *given)
{
    (void)call;
    (void)argument;
    mb_grouping *grouping = given->data = check_grouping(L, index);
    char text[64], hash[8];
    for (int k = 0; k < grouping->nkeys; k++)
        given->value.u = mb_hash_word(given->value.u, grouping->by[k]->identity);
    mb_column_describe(grouping->by[0], text, sizeof text);
    snprintf(hash, sizeof hash, "#%04x", (unsigned)(given->value.u & 0xffff));
    given->text = lua_pushfstring(L, "%s of %d keys %s", text, grouping->nkeys, hash);
}

static mb_fold_kind check_fold(lua_State *L, const char *name)
{
    for (int kind = 0; kind < MB_FOLDS; kind++)
        if (strcmp(name, mb_fold_name((mb_fold_kind)kind)) == 0) return (mb_fold_kind)kind;
    return (mb_fold_kind)mb_bind_error(L, "there is no aggregation '%s'", name);
}

// A list of names of aggregations.
static void read_folds(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "list of aggregations", index);
    given->n = luaL_len(L, index);
    if (given->n > MB_MOST_AGGREGATIONS) mb_bind_error(L, "too many aggregations at once");
    mb_aggregation *of = given->data = mb_bind_scratch(L, (size_t)given->n * sizeof *of);
    for (int64_t i = 0; i < given->n; i++) {
        lua_rawgeti(L, index, i + 1);
        given->text = luaL_checkstring(L, -1);
        of[i] = (mb_aggregation){.kind = check_fold(L, given->text)};
        given->value.u = mb_hash_word(given->value.u, of[i].kind);
        lua_pop(L, 1);
    }
}

// The columns of these aggregations, or false.
static void read_columns(lua_State *L, const mb_call *call, int argument, int index,
                         mb_given *given)
{
    const mb_given *folds = &call->in[argument - 1];
    const mb_grouping *grouping = call->in[argument - 2].data;
    mb_aggregation *of = folds->data;
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "list of columns", index);
    for (int64_t i = 0; i < folds->n; i++) {
        if (of[i].kind == MB_FOLD_SIZE) continue;
        lua_rawgeti(L, index, i + 1);
        of[i].column = mb_bind_check_column(L, -1);
        given->value.u = mb_hash_word(given->value.u + (uint64_t)i, of[i].column->identity);
        if (of[i].column->layout->n_global != grouping->rows->n_global)
            mb_bind_error(
                L, "%s of groups: the lengths differ: the grouping has %I rows, the column %I",
                mb_fold_name(of[i].kind), (lua_Integer)grouping->rows->n_global,
                (lua_Integer)of[i].column->layout->n_global);
        lua_pop(L, 1);
    }
}

static void prepare_aggregate(lua_State *L, mb_call *call)
{
    (void)L;
    const mb_aggregation *of = call->in[1].data;
    if (call->in[1].n == 1) call->name = mb_fold_name(of->kind);
}

static mb_status run_aggregate(mb_context *cx, const mb_given *in, mb_made *out)
{
    (void)cx;
    return mb_grouping_aggregate(in[0].data, in[1].data, (int)in[1].n, out->columns);
}

static void prepare_broadcast(lua_State *L, mb_call *call)
{
    mb_grouping *grouping = call->in[0].data;
    need(L, grouping, true, call->name);
    int64_t groups = grouping->groups->n_global, rows = call->in[1].column->layout->n_global;
    if (groups != rows)
        mb_bind_error(L, "broadcast: the lengths differ: there are %I groups, and %I rows",
                      (lua_Integer)groups, (lua_Integer)rows);
}

static mb_status run_broadcast(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_grouping *grouping = in[0].data;
    (void)cx;
    return mb_group_broadcast(grouping->numbering, in[1].column, &out->column);
}

static void prepare_head(lua_State *L, mb_call *call)
{
    int64_t n = call->in[1].value.i;
    if (n < 0) mb_bind_error(L, "head: %I rows of each group; 0 is the least", (lua_Integer)n);
    need(L, call->in[0].data, true, call->name);
}

static mb_status run_head(mb_context *cx, const mb_given *in, mb_made *out)
{
    const mb_grouping *grouping = in[0].data;
    (void)cx;
    return mb_group_head(grouping->numbering, in[1].value.i, &out->column);
}

#define GROUPING MB_OTHER("grouping", read_grouping)

// core.group_aggregate(grouping, names, columns): a list of columns with a row for each group.
// core.group_broadcast(grouping, column): the value of each row's group; raises unless the column
// has a row for each group. core.group_head(grouping, n): true for the first n rows of each group.
const mb_operation mb_group_operations[] = {
    MB_OPERATION(
        "agg", "group_aggregate", run_aggregate,
        MB_TAKES(GROUPING, MB_OTHER("names", read_folds), MB_OTHER("columns", read_columns)),
        MB_GIVES(MB_SOME_COLUMNS(2)), .prepare = prepare_aggregate),
    MB_OPERATION("broadcast", "group_broadcast", run_broadcast,
                 MB_TAKES(GROUPING, MB_COLUMN("column")), MB_GIVES(MB_A_COLUMN),
                 .prepare = prepare_broadcast),
    MB_OPERATION("head", "group_head", run_head, MB_TAKES(GROUPING, MB_INTEGER("n")),
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_head),
    {0}};

// core.group_close(grouping): frees its memory; closing twice does no harm. Not collective.
static int group_close(lua_State *L)
{
    mb_grouping **box = luaL_checkudata(L, 1, type_name);
    mb_grouping_close(*box);
    *box = NULL;
    return 0;
}

static const luaL_Reg functions[] = {
    {"group_by", group_by},       {"group_way", group_way},     {"group_keys", group_keys},
    {"group_count", group_count}, {"group_close", group_close}, {NULL, NULL},
};

void mb_bind_open_group(lua_State *L)
{
    luaL_newmetatable(L, type_name);
    lua_pushcfunction(L, group_close);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
