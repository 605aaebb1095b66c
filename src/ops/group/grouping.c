#include "ops/group/grouping.h"

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "ops/group/group_output.h"

enum {
    LEAST_ROWS = 1 << 18, // fewer are numbered
    LEAST_A_RANK = 16,    // also where a partition is wanted
};

mb_status mb_grouping_new(mb_context *cx, mb_column *const *columns, int ncolumns,
                          mb_grouping **grouping)
{
    mb_grouping *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->nkeys = ncolumns;
    for (int k = 0; k < ncolumns; k++)
        made->by[k] = mb_column_retain(columns[k]);
    made->rows = mb_layout_retain(columns[0]->layout);
    *grouping = made;
    return MB_OK;
}

static void release_columns(mb_column **columns, int n)
{
    for (int i = 0; i < n; i++) {
        mb_column_release(columns[i]);
        columns[i] = NULL;
    }
}

void mb_grouping_close(mb_grouping *grouping)
{
    if (!grouping) return;
    release_columns(grouping->by, grouping->nkeys);
    mb_group_keys_close(&grouping->packed);
    release_columns(grouping->keys, grouping->nkeys);
    mb_column_release(grouping->sizes);
    mb_layout_release(grouping->rows);
    mb_layout_release(grouping->groups);
    mb_numbering_close(grouping->numbering);
    free(grouping);
}

// --- The way.

// Packs the keys, and decides how groups are found. Keys get values.
static mb_status decide(mb_grouping *grouping)
{
    const int64_t n = grouping->rows->n_global;
    bool wanted = grouping->wanted == MB_GROUPS_PARTITIONED, many;
    bool possible = wanted || (n >= LEAST_ROWS && grouping->wanted != MB_GROUPS_NUMBERED);
    mb_group_sampling how = wanted ? MB_SAMPLE_ALWAYS : MB_SAMPLE_WIDE;
    mb_group_keys keys = {.n = 0};
    mb_status status = MB_OK;
    if (grouping->way) return MB_OK;
    if (!possible || n / LEAST_A_RANK < mb_nranks(grouping->cx)) how = MB_SAMPLE_NEVER;
    MB_TRY(mb_group_keys_open(grouping->cx, grouping->by, grouping->nkeys, grouping->rows, how,
                              &keys, &many));
    many = (many || wanted) && how && keys.packed.nwords == 1;
    grouping->way = many ? MB_GROUPS_PARTITIONED : MB_GROUPS_NUMBERED;
    grouping->packed = keys;
    keys.n = 0;
done:
    mb_group_keys_close(&keys);
    return status;
}

// --- What is found.

// Takes over what was found of the groups.
static void keep_groups(mb_grouping *grouping, const mb_group_columns *found)
{
    grouping->groups = found->layout;
    grouping->sizes = found->sizes;
    memcpy(grouping->keys, found->keys, sizeof found->keys);
}

mb_status mb_grouping_number(mb_grouping *grouping)
{
    mb_group_columns found = {NULL};
    mb_numbering *made;
    mb_status status;
    if (grouping->numbering) return MB_OK;
    MB_TRY(decide(grouping));
    MB_TRY(mb_number_groups(&grouping->packed, &made, grouping->groups ? NULL : found.keys));
    grouping->numbering = made;
    grouping->way = MB_GROUPS_NUMBERED;
    mb_group_keys_close(&grouping->packed);
    if (grouping->groups) return MB_OK;
    found.layout = mb_layout_retain(made->groups);
    keep_groups(grouping, &found);
done:
    return status;
}

// Sizes are found with the groups.
static mb_status aggregate_buckets(mb_grouping *grouping, const mb_aggregation *asked, int n,
                                   mb_column **results)
{
    mb_aggregation others[MB_MOST_AGGREGATIONS];
    mb_column *computed[MB_MOST_AGGREGATIONS] = {NULL};
    mb_group_columns found = {NULL};
    int nothers = 0, taken = 0;
    bool known = grouping->groups != NULL;
    for (int i = 0; i < n; i++)
        if (asked[i].kind != MB_FOLD_SIZE) others[nothers++] = asked[i];
    if (nothers > 0 || !known) {
        const int first = MB_GROUP_RESULTS;
        mb_status status = mb_aggregate_buckets(grouping->cx, &grouping->packed, others, nothers,
                                                first, computed, known ? NULL : &found);
        if (status) return status;
        if (!known) keep_groups(grouping, &found);
    }
    for (int i = 0; i < n; i++)
        results[i] =
            asked[i].kind == MB_FOLD_SIZE ? mb_column_retain(grouping->sizes) : computed[taken++];
    return MB_OK;
}

// Partitions the rows by the numbers of their groups.
static mb_status select_numbered(mb_grouping *grouping, const mb_aggregation *asked, int n,
                                 mb_column **results)
{
    const int first = MB_GROUP_RESULTS + MB_MOST_AGGREGATIONS, numbers_of = first + MB_MOST_OUTPUTS;
    mb_context *cx = grouping->cx;
    mb_column *numbers = NULL;
    mb_group_keys keys = {.n = 0};
    mb_status status;
    bool many;
    MB_TRY(mb_group_numbers(grouping->numbering, numbers_of, &numbers));
    MB_TRY(mb_group_keys_open(cx, &numbers, 1, grouping->rows, MB_SAMPLE_NEVER, &keys, &many));
    MB_TRY(mb_aggregate_buckets(cx, &keys, asked, n, first, results, NULL));
done:
    mb_group_keys_close(&keys);
    mb_column_release(numbers);
    return status;
}

// Folds in tables what can be folded, and partitions the rows for what selects.
static mb_status aggregate_numbered(mb_grouping *grouping, const mb_aggregation *asked, int n,
                                    mb_column **results)
{
    mb_aggregation parts[2][MB_MOST_AGGREGATIONS];
    mb_column *computed[2][MB_MOST_AGGREGATIONS] = {{NULL}};
    int counts[2] = {0}, taken[2] = {0};
    mb_status status = MB_OK;
    for (int i = 0; i < n; i++) {
        int part = mb_fold_selects(asked[i].kind);
        parts[part][counts[part]++] = asked[i];
    }
    if (counts[0])
        MB_TRY(mb_aggregate_tables(grouping->numbering, parts[0], counts[0], MB_GROUP_RESULTS,
                                   computed[0]));
    if (counts[1]) MB_TRY(select_numbered(grouping, parts[1], counts[1], computed[1]));
    for (int i = 0; i < n; i++) {
        int part = mb_fold_selects(asked[i].kind);
        results[i] = computed[part][taken[part]++];
    }
    return MB_OK;
done:
    release_columns(computed[0], counts[0]);
    return status;
}

mb_status mb_grouping_aggregate(mb_grouping *grouping, const mb_aggregation *aggregations, int n,
                                mb_column **results)
{
    mb_status status;
    MB_TRY(decide(grouping));
    if (grouping->way == MB_GROUPS_PARTITIONED)
        return aggregate_buckets(grouping, aggregations, n, results);
    MB_TRY(mb_grouping_number(grouping));
    MB_TRY(aggregate_numbered(grouping, aggregations, n, results));
done:
    return status;
}

mb_status mb_grouping_find(mb_grouping *grouping)
{
    return grouping->groups ? MB_OK : mb_grouping_aggregate(grouping, NULL, 0, NULL);
}
