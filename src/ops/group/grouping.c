#include "ops/group/grouping.h"

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"

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

static void keep_keys(mb_grouping *grouping, mb_layout *groups, mb_column **keys)
{
    if (grouping->groups) return;
    grouping->groups = mb_layout_retain(groups);
    memcpy(grouping->keys, keys, (size_t)grouping->nkeys * sizeof *keys);
}

mb_status mb_grouping_number(mb_grouping *grouping)
{
    mb_column *keys[MB_MOST_ROOTS] = {NULL};
    mb_numbering *made;
    mb_status status;
    if (grouping->numbering) return MB_OK;
    MB_TRY(decide(grouping));
    MB_TRY(mb_number_groups(&grouping->packed, &made, grouping->groups ? NULL : keys));
    grouping->numbering = made;
    grouping->way = MB_GROUPS_NUMBERED;
    mb_group_keys_close(&grouping->packed);
    keep_keys(grouping, made->groups, keys);
done:
    return status;
}

static void keep_sizes(mb_grouping *grouping, mb_column *sizes)
{
    if (grouping->sizes)
        mb_column_release(sizes);
    else
        grouping->sizes = sizes;
}

// A partition finds keys and sizes besides.
static mb_status aggregate_buckets(mb_grouping *grouping, const mb_aggregation *asked, int n,
                                   mb_column **results)
{
    mb_aggregation others[MB_MOST_AGGREGATIONS];
    mb_group_results found = {0};
    int nothers = 0, taken = 0;
    mb_status status = MB_OK;
    for (int i = 0; i < n; i++)
        if (asked[i].kind != MB_FOLD_SIZE) others[nothers++] = asked[i];
    if (nothers > 0 || !grouping->sizes) {
        status = mb_aggregate_buckets(grouping->cx, &grouping->packed, others, nothers, &found);
        if (status) return status;
        if (grouping->groups)
            release_columns(found.keys, grouping->nkeys);
        else
            keep_keys(grouping, found.groups, found.keys);
        keep_sizes(grouping, found.sizes);
        mb_layout_release(found.groups);
    }
    for (int i = 0; i < n; i++)
        results[i] = asked[i].kind == MB_FOLD_SIZE ? mb_column_retain(grouping->sizes)
                                                   : found.results[taken++];
    return MB_OK;
}

mb_status mb_grouping_aggregate(mb_grouping *grouping, const mb_aggregation *aggregations, int n,
                                mb_column **results)
{
    mb_status status;
    MB_TRY(decide(grouping));
    if (grouping->way == MB_GROUPS_PARTITIONED)
        return aggregate_buckets(grouping, aggregations, n, results);
    MB_TRY(mb_grouping_number(grouping));
    MB_TRY(mb_aggregate_tables(grouping->numbering, aggregations, n, results));
done:
    return status;
}

mb_status mb_grouping_find(mb_grouping *grouping)
{
    mb_status status;
    if (grouping->groups) return MB_OK;
    MB_TRY(decide(grouping));
    if (grouping->way == MB_GROUPS_PARTITIONED) return aggregate_buckets(grouping, NULL, 0, NULL);
    MB_TRY(mb_grouping_number(grouping));
done:
    return status;
}
