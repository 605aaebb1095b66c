// Groupings: a handle, and the operations that moonbear.group makes methods of.

#include <stdio.h>
#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "core/hash.h"
#include "ops/group/group_scan.h"
#include "ops/group/group_shift.h"
#include "ops/group/group_top.h"
#include "ops/group/grouping.h"

static const char type_name[] = "moonbear.grouping";

// The open grouping at an index.
static mb_grouping *check_grouping(lua_State *L, int index)
{
    mb_grouping **box = luaL_checkudata(L, index, type_name);
    if (!*box) luaL_argerror(L, index, "the grouping is closed");
    return *box;
}

// A handle for the grouping, which is the result.
static void prepare_group_by(lua_State *L, mb_call *call)
{
    mb_grouping **box = call->out->data = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, type_name);
}

MB_BODY(run_group_by, mb_grouping_new(cx, in[0].columns, (int)in[0].n, out->data))

// core.group_way(handle, way): "numbered" or "partitioned", for tests: how groups will be found.
// Not collective, but the same on all ranks.
static int group_way(lua_State *L)
{
    static const char *const ways[] = {"undecided", "numbered", "partitioned", NULL};
    check_grouping(L, 1)->wanted = (mb_group_way)luaL_checkoption(L, 2, NULL, ways);
    return 0;
}

// The open grouping at an index, told by the columns that it is of.
static void read_grouping(lua_State *L, const mb_call *call, int argument, int index,
                          mb_given *given)
{
    (void)call;
    (void)argument;
    mb_grouping *grouping = given->data = check_grouping(L, index);
    given->n = grouping->nkeys;
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

static void check_length(lua_State *L, const char *what, const mb_grouping *grouping,
                         const mb_column *column)
{
    if (column->layout->n_global == grouping->rows->n_global) return;
    mb_bind_error(L, "%s of groups: the lengths differ: the grouping has %I row%s, the column %I",
                  what, (lua_Integer)grouping->rows->n_global, mb_plural(grouping->rows->n_global),
                  (lua_Integer)column->layout->n_global);
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
        int box = lua_gettop(L);
        of[i].column = mb_bind_check_column(L, box);
        if (of[i].kind >= MB_FOLD_MIN && of[i].kind <= MB_FOLD_ARGMAX)
            mb_bind_order(L, box, &of[i].column);
        given->value.u = mb_hash_word(given->value.u + (uint64_t)i, of[i].column->identity);
        check_length(L, mb_fold_name(of[i].kind), grouping, of[i].column);
        lua_remove(L, box);
    }
}

// The arguments of these aggregations, or false.
static void read_fold_arguments(lua_State *L, const mb_call *call, int argument, int index,
                                mb_given *given)
{
    const mb_given *folds = &call->in[argument - 2];
    mb_aggregation *of = folds->data;
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "list of arguments", index);
    for (int64_t i = 0; i < folds->n; i++) {
        mb_value value;
        lua_rawgeti(L, index, i + 1);
        value.f = of[i].q = luaL_optnumber(L, -1, 0.5);
        given->value.u = mb_hash_word(given->value.u, value.bits);
        lua_pop(L, 1);
    }
}

static void prepare_aggregate(lua_State *L, mb_call *call)
{
    (void)L;
    const mb_aggregation *of = call->in[1].data;
    if (call->in[1].n == 1) call->name = mb_fold_name(of->kind);
}

MB_BODY(run_aggregate, mb_grouping_aggregate(in[0].data, in[1].data, (int)in[1].n, out->columns))

// Groups that are known are asked for without other ranks.
static void prepare_known(lua_State *L, mb_call *call)
{
    const mb_grouping *grouping = call->in[0].data;
    (void)L;
    call->local = grouping->groups != NULL;
}

static mb_status run_keys(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_grouping *grouping = in[0].data;
    (void)cx;
    mb_status status = mb_grouping_find(grouping);
    for (int k = 0; k < grouping->nkeys && !status; k++)
        out->columns[k] = mb_column_retain(grouping->keys[k]);
    return status;
}

static mb_status run_count(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_grouping *grouping = in[0].data;
    (void)cx;
    mb_status status = mb_grouping_find(grouping);
    if (!status) out->value.value.i = grouping->groups->n_global;
    return status;
}

static mb_status run_broadcast(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_grouping *grouping = in[0].data;
    int64_t rows = in[1].column->layout->n_global;
    mb_status status = mb_grouping_number(grouping);
    if (!status && grouping->groups->n_global != rows)
        status = mb_fail(cx, MB_EINVALID,
                         "broadcast: the lengths differ: there are %lld group%s, and %lld row%s",
                         (long long)grouping->groups->n_global,
                         mb_plural(grouping->groups->n_global), (long long)rows, mb_plural(rows));
    return status ? status : mb_group_broadcast(grouping->numbering, in[1].column, &out->column);
}

static void prepare_head(lua_State *L, mb_call *call)
{
    int64_t n = call->in[1].value.i;
    if (n < 0)
        mb_bind_error(L, "head: %I row%s of each group; 0 is the least", (lua_Integer)n,
                      mb_plural(n));
}

static mb_status run_head(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_grouping *grouping = in[0].data;
    (void)cx;
    mb_status status = mb_grouping_number(grouping);
    return status ? status : mb_group_head(grouping->numbering, in[1].value.i, &out->column);
}

static void prepare_top(lua_State *L, mb_call *call)
{
    call->name = call->in[3].value.b ? "topk" : "bottomk";
    check_length(L, call->name, call->in[0].data, call->in[1].column);
}

static mb_status run_top(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_grouping *grouping = in[0].data;
    mb_group_best best;
    (void)cx;
    mb_status status = mb_grouping_number(grouping);
    if (!status)
        status =
            mb_group_top(grouping->numbering, in[1].column, in[2].value.i, in[3].value.b, &best);
    if (status) return status;
    out[0].column = best.values;
    out[1].column = best.positions;
    out[2].column = best.counts;
    return MB_OK;
}

static void prepare_scan(lua_State *L, mb_call *call)
{
    const mb_column *column = call->in[2].column;
    luaL_argcheck(L, call->in[1].value.i < MB_GROUP_SCANS, 2, "not a scan");
    luaL_argcheck(L, column || call->in[1].value.i == MB_GROUP_CUMCOUNT, 3, "no column");
    if (column) check_length(L, "scans", call->in[0].data, column);
}

static mb_status run_scan(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_grouping *grouping = in[0].data;
    (void)cx;
    mb_status status = mb_grouping_number(grouping);
    if (status) return status;
    return mb_group_scan(grouping->numbering, in[2].column, (mb_group_scan_kind)in[1].value.i,
                         &out->column);
}

static void prepare_shift(lua_State *L, mb_call *call)
{
    luaL_argcheck(L, call->in[2].value.i != 0, 3, "no row is 0 before itself");
    check_length(L, "shift", call->in[0].data, call->in[1].column);
}

static mb_status run_shift(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_grouping *grouping = in[0].data;
    (void)cx;
    mb_status status = mb_grouping_number(grouping);
    if (status) return status;
    return mb_group_shift(grouping->numbering, in[1].column, in[2].value.i,
                          in[3].given ? &in[3].value : NULL, &out->column);
}

#define GROUPING MB_OTHER("grouping", read_grouping)

// core.group_by(columns): a grouping, still unknown. core.group_keys(grouping): a list of the keys
// of each group. core.group_count(grouping): how many groups there are.
// core.group_aggregate(grouping, names, columns, arguments): a list of columns with a row for each
// group; an argument is the q of a quantile, 0.5 for nil.
// core.group_broadcast(grouping, column): the value of each row's group; raises unless the column
// has a row for each group. core.group_head(grouping, n): true for the first n rows of each group.
// core.group_top(grouping, column, k, largest): the k best values of each group, their positions,
// and a column of how many each group has. core.group_scan(grouping, kind, column): each row
// combined with those of its group before it, as ops/group/group_scan.h has it; of counts without a
// column. core.group_shift(grouping, column, n, fill): the row n before in the same group, else the
// fill, or a missing row.
const mb_operation mb_group_operations[] = {
    MB_OPERATION(
        "group_by", "group_by", run_group_by,
        MB_TAKES(MB_COLUMNS("columns", .item = "key", .as_long = 1, .most = MB_MOST_ROOTS)),
        .prepare = prepare_group_by, .push = mb_bind_push_top, .local = true),
    MB_OPERATION("keys", "group_keys", run_keys, MB_TAKES(GROUPING), MB_GIVES(MB_SOME_COLUMNS(1)),
                 .prepare = prepare_known),
    MB_OPERATION("number of groups", "group_count", run_count, MB_TAKES(GROUPING),
                 MB_GIVES(MB_A_SCALAR(int)), .prepare = prepare_known),
    MB_OPERATION("agg", "group_aggregate", run_aggregate,
                 MB_TAKES(GROUPING, MB_OTHER("names", read_folds),
                          MB_OTHER("columns", read_columns),
                          {.kind = MB_TAKES_OTHER,
                           .name = "arguments",
                           .optional = true,
                           .read = read_fold_arguments}),
                 MB_GIVES(MB_SOME_COLUMNS(2)), .prepare = prepare_aggregate),
    MB_OPERATION("broadcast", "group_broadcast", run_broadcast,
                 MB_TAKES(GROUPING, MB_COLUMN("column")), MB_GIVES(MB_A_COLUMN), .moves = true),
    MB_OPERATION("head", "group_head", run_head, MB_TAKES(GROUPING, MB_INTEGER("n")),
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_head),
    MB_OPERATION("topk", "group_top", run_top,
                 MB_TAKES(GROUPING, MB_COLUMN("column"), MB_COUNT("k"), MB_FLAG("largest")),
                 MB_GIVES(MB_A_COLUMN, MB_A_COLUMN, MB_A_COLUMN), .prepare = prepare_top),
    MB_OPERATION("scan of groups", "group_scan", run_scan,
                 MB_TAKES(GROUPING, MB_COUNT("kind"), MB_COLUMN("column", .optional = true)),
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_scan),
    MB_OPERATION("shift of groups", "group_shift", run_shift,
                 MB_TAKES(GROUPING, MB_COLUMN("column"), MB_INTEGER("n"),
                          MB_ARGUMENT(VALUE, "fill", .optional = true, .of = 2)),
                 .moves = true, MB_GIVES(MB_A_COLUMN), .prepare = prepare_shift),
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
    {"group_way", group_way}, {"group_close", group_close}, {NULL, NULL}};

void mb_bind_open_group(lua_State *L)
{
    luaL_newmetatable(L, type_name);
    lua_pushcfunction(L, group_close);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
