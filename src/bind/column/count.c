// Counting values.

#include "ops/count/count.h"
#include "bind/column/box.h"
#include "bind/column/operation.h"

MB_BODY(run_value_counts, mb_value_counts(cx, in[0].column, &out[0].column, &out[1].column))

MB_BODY(run_unique, mb_unique(cx, in[0].column, &out->column))

MB_BODY(run_nunique, mb_count_distinct(cx, in[0].column, &out->value.value.i))

typedef struct ranking {
    int64_t n;
    mb_ranked rows[];
} ranking;

static void prepare_most_common(lua_State *L, mb_call *call)
{
    int64_t rows = call->in[0].column->layout->n_global, *k = &call->in[2].value.i;
    if (*k > rows) *k = rows;
    call->out->data = mb_bind_scratch(L, sizeof(ranking) + (size_t)*k * sizeof(mb_ranked));
}

static mb_status run_most_common(mb_context *cx, const mb_given *in, mb_made *out)
{
    ranking *found = out->data;
    return mb_most_common(cx, in[0].column, in[1].column, in[2].value.i, found->rows, &found->n);
}

static int push_most_common(lua_State *L, const mb_call *call)
{
    const ranking *found = call->out->data;
    lua_createtable(L, (int)found->n, 0);
    lua_createtable(L, (int)found->n, 0);
    for (int64_t i = 0; i < found->n; i++) {
        mb_bind_push_result(L, call->in[0].column->type, found->rows[i].key);
        lua_rawseti(L, -3, i + 1);
        lua_pushinteger(L, found->rows[i].count);
        lua_rawseti(L, -2, i + 1);
    }
    return 2;
}

// core.unique(c): the distinct values in ascending order. core.most_common(keys, counts, k): two
// tables, of the k keys with the largest counts and of these, largest first, equal ones by key.
const mb_operation mb_count_operations[] = {
    MB_OPERATION("value_counts", NULL, run_value_counts, MB_TAKES(MB_COLUMN("column")),
                 MB_GIVES(MB_A_COLUMN, MB_A_COLUMN)),
    MB_OPERATION("unique", "unique", run_unique, MB_TAKES(MB_COLUMN("column")),
                 MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("nunique", NULL, run_nunique, MB_TAKES(MB_COLUMN("column")),
                 MB_GIVES(MB_A_SCALAR(int))),
    MB_OPERATION("most_common", "most_common", run_most_common,
                 MB_TAKES(MB_COLUMN("keys"),
                          MB_COLUMN("counts", .type = &mb_type_int, .as_long = 1), MB_COUNT("k")),
                 .prepare = prepare_most_common, .push = push_most_common),
    {0}};
