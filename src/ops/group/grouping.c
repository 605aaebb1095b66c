#include "ops/group/grouping.h"

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "ops/group/dictionary.h"
#include "ops/sort/sort_internal.h"

enum {
    LEAST_ROWS = 1 << 18, // fewer are numbered
    LEAST_A_RANK = 16,    // also where a partition is wanted
    MANY_BITS = 16,       // more than 2^16 groups are partitioned
    SAMPLES = 1 << 14,    // keys that are looked at
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

static void release_keys(mb_group_keys *keys)
{
    release_columns(keys->columns, keys->n);
    release_columns(keys->codes, keys->n);
    for (int k = 0; k < keys->n; k++) {
        mb_buffer_release(keys->dictionaries[k]);
        keys->dictionaries[k] = NULL;
    }
    keys->n = 0;
}

void mb_grouping_close(mb_grouping *grouping)
{
    if (!grouping) return;
    release_columns(grouping->by, grouping->nkeys);
    release_keys(&grouping->packed);
    release_columns(grouping->keys, grouping->nkeys);
    mb_column_release(grouping->sizes);
    mb_layout_release(grouping->rows);
    mb_layout_release(grouping->groups);
    mb_numbering_close(grouping->numbering);
    free(grouping);
}

// --- The way.

// Words of a row that are alike for equal keys: of all together, and, where there are several, of
// each.
static void hash_keys(const mb_group_keys *keys, int64_t row, uint64_t *words)
{
    uint64_t all = 0;
    for (int k = 0; k < keys->n; k++) {
        mb_value value = {.u = 0};
        bool there = mb_column_get(keys->columns[k], row, &value);
        uint64_t bits = keys->columns[k]->type->kind == MB_BOOL ? value.b : value.bits;
        uint64_t word = there ? bits : UINT64_MAX - 1;
        all = mb_hash_word(all, word);
        if (keys->n > 1) words[k + 1] = word;
    }
    words[0] = all;
}

// About how many different words there are where a sample has n (in order), by how many it has once
// and twice (Chao: Nonparametric Estimation of the Number of Classes in a Population, Scandinavian
// Journal of Statistics 1984).
static double estimate_distinct(const uint64_t *sample, int64_t n)
{
    int64_t distinct = 0, once = 0, twice = 0, end;
    for (int64_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && sample[end] == sample[i];)
            end++;
        distinct++;
        once += end - i == 1;
        twice += end - i == 2;
    }
    return (double)distinct + (double)once * (double)once / (2.0 * (double)(twice + 1));
}

typedef struct sampling {
    mb_buffer *memory, *sizes;
    uint64_t *mine, *all, *words, *scratch;
    double about[MB_MOST_ROOTS + 1]; // values of all keys together, and of each
} sampling;

static int sample_width(const mb_group_keys *keys)
{
    return keys->n > 1 ? keys->n + 1 : 1;
}

static mb_status open_sampling(mb_context *cx, int64_t width, sampling *sample)
{
    mb_status status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(int64_t), &sample->sizes);
    if (status) return status;
    status = mb_buffer_new_array(cx, SAMPLES * (2 * width + 2), sizeof(uint64_t), &sample->memory);
    if (status) return status;
    sample->mine = sample->memory->data;
    sample->all = sample->mine + SAMPLES * width;
    sample->words = sample->all + SAMPLES * width;
    sample->scratch = sample->words + SAMPLES;
    return MB_OK;
}

// Takes this rank's part of the sample; returns how many rows it has in all.
static int64_t pick_rows(const mb_grouping *grouping, const mb_group_keys *keys, sampling *sample)
{
    const int rank = mb_rank(grouping->cx);
    const int64_t width = sample_width(keys), n_global = grouping->rows->n_global;
    int64_t wanted = n_global < SAMPLES ? n_global : SAMPLES, total = 0,
            *bytes = sample->sizes->data;
    int64_t rows = mb_layout_rows(grouping->rows, rank);
    for (int r = 0; r < mb_nranks(grouping->cx); r++) {
        mb_int128 share = (mb_int128)wanted * mb_layout_rows(grouping->rows, r);
        bytes[r] = (int64_t)(share / n_global) * width * (int64_t)sizeof(uint64_t);
        total += (int64_t)(share / n_global);
    }
    int64_t n = bytes[rank] / width / (int64_t)sizeof(uint64_t);
    for (int64_t i = 0; i < n; i++) {
        uint64_t spread = mb_mix((uint64_t)i) % (uint64_t)(rows / n);
        hash_keys(keys, i * (rows / n) + (int64_t)spread, sample->mine + i * width);
    }
    return total;
}

// Estimates how many values there are. Collective.
static mb_status sample_keys(const mb_grouping *grouping, const mb_group_keys *keys,
                             sampling *sample)
{
    mb_context *cx = grouping->cx;
    const int width = sample_width(keys);
    mb_status status;
    MB_TRY(mb_step(cx, open_sampling(cx, width, sample), NULL));
    int64_t total = pick_rows(grouping, keys, sample);
    mb_gather_all_varying(cx, sample->mine, sample->sizes->data, sample->all);
    for (int k = 0; k < width; k++) {
        for (int64_t i = 0; i < total; i++)
            sample->words[i] = sample->all[i * width + k];
        const uint64_t *sorted =
            mb_order_kernels_of(cx->isa)->sort(sample->words, sample->scratch, total, 0);
        sample->about[k] = estimate_distinct(sorted, total);
    }
done:
    mb_buffer_release(sample->memory);
    mb_buffer_release(sample->sizes);
    return status;
}

// Whether keys have so few bits that there cannot be many groups.
static bool are_narrow(const mb_group_keys *keys)
{
    int bits = 0;
    for (int k = 0; k < keys->n; k++) {
        const mb_column *column = keys->columns[k];
        uint64_t span = column->facts.range.maximum - column->facts.range.minimum;
        if (column->type->kind == MB_BOOL) span = 1;
        if (column->type->kind != MB_BOOL && !column->facts.bounded) return false;
        bits += span + 1 ? 64 - __builtin_clzll(span + 1) : 64;
    }
    return bits <= MANY_BITS + 1;
}

// Whether numbers of a key's values are so much shorter than codes that they are worth a
// dictionary: beside other keys, for whose bits they make room.
static bool wants_dictionary(const mb_group_keys *keys, const mb_key_bounds *bounds, double about)
{
    enum { SAVED_BITS = 6, MOST_BITS = 17 };
    mb_keys alone;
    mb_keys_pack(bounds, NULL, 1, &alone);
    int bits = alone.nwords > 1 ? 65 : alone.bits[0];
    return keys->n > 1 && about < 1 << MOST_BITS &&
           bits >= mb_bits_below((int64_t)about) + SAVED_BITS;
}

// Packs the keys, and says whether they fit a word. Collective.
static mb_status pack(mb_grouping *grouping, const sampling *sample, mb_group_keys *keys,
                      bool *fits)
{
    mb_key_bounds bounds[MB_MOST_ROOTS];
    mb_context *cx = grouping->cx;
    mb_status status = MB_OK;
    for (int k = 0; k < keys->n; k++) {
        mb_column *column = keys->columns[k];
        MB_TRY(mb_key_bounds_of(cx, column, &bounds[k]));
        if (wants_dictionary(keys, &bounds[k], sample->about[k + 1]))
            MB_TRY(mb_dictionary_of(cx, column, &keys->codes[k], &keys->dictionaries[k]));
        if (keys->codes[k])
            MB_TRY(mb_key_bounds_of(cx, keys->codes[k], &bounds[k]));
        else
            keys->codes[k] = mb_column_retain(column);
    }
    mb_keys_pack(bounds, NULL, keys->n, &keys->packed);
    *fits = keys->packed.nwords == 1;
done:
    return status;
}

// Decides how groups are found. Keys get values where that takes a look at them.
static mb_status decide(mb_grouping *grouping)
{
    mb_group_keys keys = {.n = 0};
    sampling sample = {NULL};
    const int64_t n = grouping->rows->n_global;
    bool fits = false, wanted = grouping->wanted == MB_GROUPS_PARTITIONED;
    bool possible = wanted || (n >= LEAST_ROWS && grouping->wanted != MB_GROUPS_NUMBERED);
    mb_status status = MB_OK;
    if (grouping->way) return MB_OK;
    if (possible && n / LEAST_A_RANK >= mb_nranks(grouping->cx)) {
        for (; keys.n < grouping->nkeys; keys.n++)
            MB_TRY(mb_settle(grouping->cx, grouping->by[keys.n], grouping->rows,
                             &keys.columns[keys.n]));
        if (wanted || !are_narrow(&keys)) MB_TRY(sample_keys(grouping, &keys, &sample));
        if (wanted || sample.about[0] > 1 << MANY_BITS)
            MB_TRY(pack(grouping, &sample, &keys, &fits));
    }
    grouping->way = fits ? MB_GROUPS_PARTITIONED : MB_GROUPS_NUMBERED;
    if (fits) {
        grouping->packed = keys;
        keys.n = 0;
    }
done:
    release_keys(&keys);
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
    if (grouping->numbering) return MB_OK;
    mb_status status = mb_number_groups(grouping->cx, grouping->by, grouping->nkeys, &made,
                                        grouping->groups ? NULL : keys);
    if (status) return status;
    grouping->numbering = made;
    grouping->way = MB_GROUPS_NUMBERED;
    release_keys(&grouping->packed);
    keep_keys(grouping, made->groups, keys);
    return MB_OK;
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
