#include "ops/match/sets.h"

#include <string.h>

#include "comm/lockstep.h"
#include "ops/count/counted.h"
#include "ops/count/tally.h"

// Values are counted by their column: one of the first adds 1, one of the second 2^32, which no
// number of ranks reaches.
static const uint64_t weight[2] = {1, UINT64_C(1) << 32};

static bool keeps(mb_set_operation operation, uint64_t count)
{
    bool first = count % weight[1] != 0, second = count >= weight[1];
    switch (operation) {
    case MB_INTERSECT: return first && second;
    case MB_UNION: return true;
    case MB_DIFFERENCE: return !second;
    default: return first != second;
    }
}

// The range in which common values lie; false when there can be none.
static bool common_range(mb_column *const *sources, mb_range *range)
{
    const mb_kind kind = sources[0]->type->kind;
    mb_range other;
    (void)mb_column_range(sources[0], range);
    (void)mb_column_range(sources[1], &other);
    mb_range_join(kind, range, other);
    bool any = !mb_range_empty(kind, *range);
    if (!any) *range = (mb_range){0, 1};
    return any;
}

// The distinct values of this rank's rows of both, as keys that count from one origin.
static mb_status join_local(mb_context *cx, mb_column *const *sources, uint64_t origin,
                            mb_counted *joined)
{
    mb_counted parts[2] = {{0}, {0}};
    mb_status status;
    for (int i = 0; i < 2; i++)
        MB_TRY(mb_counted_local(cx, sources[i], &parts[i]));
    MB_TRY(mb_buffer_new_array(cx, parts[0].n + parts[1].n, sizeof(mb_key_count), &joined->pairs));
    mb_key_count *pairs = joined->pairs->data;
    for (int i = 0; i < 2; i++) {
        const mb_key_count *from = parts[i].pairs->data;
        uint64_t shift = mb_tally_origin(sources[i]) - origin;
        for (int64_t k = 0; k < parts[i].n; k++)
            pairs[joined->n++] = (mb_key_count){from[k].key + shift, weight[i]};
    }
done:
    mb_counted_release(&parts[0]);
    mb_counted_release(&parts[1]);
    return status;
}

static void select_kept(mb_set_operation operation, mb_counted *merged)
{
    mb_key_count *pairs = merged->pairs->data;
    int64_t kept = 0;
    for (int64_t i = 0; i < merged->n; i++)
        if (keeps(operation, pairs[i].count)) pairs[kept++] = pairs[i];
    merged->n = kept;
}

mb_status mb_set_operate(mb_context *cx, mb_set_operation operation, mb_column *a, mb_column *b,
                         mb_column **result)
{
    mb_column *sources[2] = {NULL, NULL}, *made = NULL;
    mb_counted local = {0}, merged = {0};
    mb_range range;
    mb_status status;
    MB_TRY(mb_counted_source(cx, a, &sources[0]));
    MB_TRY(mb_counted_source(cx, b, &sources[1]));
    bool any = common_range(sources, &range);
    MB_TRY(mb_step(cx, join_local(cx, sources, range.minimum, &local), NULL));
    MB_TRY(mb_counted_merge(cx, &local, &merged));
    select_kept(operation, &merged);
    MB_TRY(mb_counted_build(cx, &merged, a->type, range.minimum, any ? &range : NULL, 1, &made));
    *result = made;
done:
    mb_column_release(sources[0]);
    mb_column_release(sources[1]);
    mb_counted_release(&local);
    mb_counted_release(&merged);
    return status;
}
