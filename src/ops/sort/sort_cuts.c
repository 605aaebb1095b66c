// The survey and the buckets of a sort: counts of keys by their highest bits, and splitters.

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/sort/sort_internal.h"

enum {
    CELL_BITS = 10,        // of the highest bits of a key, on few ranks
    CELL_ROWS = 12,        // fewer bits where a cell would have fewer than 2^12 rows on a rank
    SINGLE_BITS = 11,      // so few bits of key are all taken,
    MOST_SINGLE_BITS = 16, // and as many as leave
    SINGLE_ROWS = 4,       // 2^4 rows of a rank to a cell, where that saves sorting buckets
    CROWD = 32,            // many keys begin alike where this part of the sample does
    RANK_CELLS = 16,       // at least so many cells for each rank
    REFINE_BITS = 8,       // a bucket of many rows with a cut is cut into so many
};

// --- Survey.

// The bits of a key that are its cell. All bits of short keys; of somewhat longer ones, too, where
// nothing else has to move, or where many keys have the same highest bits.
static int cell_bits(const mb_sorting *sorting)
{
    int nranks = mb_nranks(sorting->cx), bits = sorting->keys.bits[0];
    int rows = mb_bits_below(sorting->to->n_global / nranks), single = rows - SINGLE_ROWS;
    if (single > MOST_SINGLE_BITS) single = MOST_SINGLE_BITS;
    if (bits <= SINGLE_BITS) return bits;
    if (bits <= single && ((sorting->values && !sorting->npayload) ||
                           mb_sample_crowd(sorting, bits - CELL_BITS) > sorting->nsample / CROWD))
        return bits;
    int wanted = rows - CELL_ROWS;
    if (wanted > CELL_BITS) wanted = CELL_BITS;
    int least = mb_bits_below((int64_t)RANK_CELLS * nranks);
    if (wanted < least) wanted = least;
    if (wanted < 1) wanted = 1;
    return wanted < bits ? wanted : bits;
}

static mb_status check_block(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    mb_sorting *sorting = state;
    const uint64_t *keys = words[0];
    if (first == 0) sorting->ends[0] = sorting->ends[1] = keys[0];
    mb_steps steps = sorting->kernels->steps(keys, n);
    sorting->up |= steps.up || keys[0] > sorting->ends[1];
    sorting->down |= steps.down || keys[0] < sorting->ends[1];
    sorting->same |= steps.same || (first > 0 && keys[0] == sorting->ends[1]);
    sorting->ends[1] = keys[n - 1];
    return MB_OK;
}

// Compares each rank's first key with the last one before it.
static void compare_ends(mb_sorting *sorting, const uint64_t *ends)
{
    const uint64_t *last = NULL;
    for (int r = 0; r < mb_nranks(sorting->cx); r++) {
        if (mb_layout_rows(sorting->from, r) == 0) continue;
        if (last) {
            sorting->up |= ends[2 * r] > *last;
            sorting->down |= ends[2 * r] < *last;
            sorting->same |= ends[2 * r] == *last;
        }
        last = ends + 2 * r + 1;
    }
}

// Finds how keys change from row to row, where the sample has not decided it.
static mb_status check_order(mb_sorting *sorting)
{
    mb_context *cx = sorting->cx;
    mb_buffer *ends = NULL;
    mb_status status = mb_buffer_new_array(cx, 2 * mb_nranks(cx), sizeof(uint64_t), &ends);
    if (!status) status = mb_keys_each(cx, &sorting->keys, sorting->columns, check_block, sorting);
    mb_payload any = {.sum = sorting->up, .count = sorting->down, .max = {sorting->same}};
    MB_TRY(mb_step(cx, status, &any));
    sorting->up = any.sum > 0;
    sorting->down = any.count > 0;
    sorting->same = any.max[0] > 0;
    mb_gather_all(cx, sorting->ends, sizeof sorting->ends, ends->data);
    compare_ends(sorting, ends->data);
done:
    mb_buffer_release(ends);
    return status;
}

mb_status mb_sort_survey(mb_sorting *sorting)
{
    mb_status status = mb_sample_take(sorting);
    if (status) return status;
    int bits = cell_bits(sorting);
    sorting->shift = sorting->keys.bits[0] - bits;
    sorting->ncells = INT64_C(1) << bits;
    return sorting->up && sorting->down ? MB_OK : check_order(sorting);
}

// --- Buckets.

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Fills the tables that find the bucket of a key within its cell.
static void list_ends(mb_sorting *sorting)
{
    int64_t n = sorting->nbuckets;
    uint32_t most = 1;
    for (int64_t c = 0; c < sorting->ncells; c++)
        if (sorting->first[c + 1] - sorting->first[c] > most)
            most = sorting->first[c + 1] - sorting->first[c];
    sorting->steps = mb_bits_below(most);
    for (int64_t b = 0; b + 1 < n; b++)
        sorting->upto[b] = sorting->low[b + 1] - 1;
    for (int64_t b = n - 1; b < n + (INT64_C(1) << sorting->steps); b++)
        sorting->upto[b] = UINT64_MAX;
}

// The least keys of buckets: those of the cells, and the last `more` ones of `low`.
static void list_buckets(mb_sorting *sorting, int64_t more)
{
    uint64_t *low = sorting->low;
    int64_t n = 0;
    for (int64_t c = 0; c < sorting->ncells; c++)
        low[c] = (uint64_t)c << sorting->shift;
    if (more) qsort(low, (size_t)(sorting->ncells + more), sizeof *low, compare_keys);
    for (int64_t i = 0; i < sorting->ncells + more; i++)
        if (i == 0 || low[i] != low[n - 1]) low[n++] = low[i];
    while (low[n - 1] >> sorting->shift >= (uint64_t)sorting->ncells)
        n--; // the key after the largest
    sorting->nbuckets = n;
    uint32_t bucket = 0;
    for (int64_t c = 0; c < sorting->ncells; c++) {
        while (low[bucket] >> sorting->shift < (uint64_t)c)
            bucket++;
        sorting->first[c] = bucket;
    }
    sorting->first[sorting->ncells] = (uint32_t)n;
    list_ends(sorting);
}

void mb_sort_buckets(const mb_sorting *sorting, const uint64_t *words, int64_t first, int64_t n,
                     uint32_t *buckets)
{
    if (sorting->nbuckets == sorting->ncells) {
        sorting->kernels->cells(words, n, sorting->shift, buckets);
    } else if (sorting->kept) {
        const uint16_t *kept = (const uint16_t *)sorting->kept->data + first;
        for (int64_t i = 0; i < n; i++)
            buckets[i] = kept[i];
    } else {
        sorting->kernels->buckets(words, n, sorting->shift, sorting->first, sorting->upto,
                                  sorting->steps, buckets);
    }
}

// Keys of a bucket, less one.
static uint64_t width_of(const mb_sorting *sorting, int64_t bucket)
{
    bool last = bucket + 1 == sorting->nbuckets;
    uint64_t end = last ? (uint64_t)sorting->ncells << sorting->shift : sorting->low[bucket + 1];
    return end - sorting->low[bucket] - 1;
}

bool mb_sort_single(const mb_sorting *sorting, int64_t bucket)
{
    return sorting->shift == 0 || width_of(sorting, bucket) == 0;
}

bool mb_sort_all_single(const mb_sorting *sorting)
{
    for (int64_t b = 0; b < sorting->nbuckets; b++)
        if (sorting->all[b] && !mb_sort_single(sorting, b)) return false;
    return true;
}

static mb_status count_block(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    mb_sorting *sorting = state;
    uint32_t buckets[MB_KEY_ROWS];
    if (sorting->nbuckets == sorting->ncells) {
        sorting->kernels->count(words[0], n, sorting->shift, sorting->mine);
        return MB_OK;
    }
    sorting->kernels->buckets(words[0], n, sorting->shift, sorting->first, sorting->upto,
                              sorting->steps, buckets);
    for (int64_t i = 0; i < n; i++)
        sorting->mine[buckets[i]]++;
    uint16_t *kept = sorting->kept ? (uint16_t *)sorting->kept->data + first : NULL;
    for (int64_t i = 0; kept && i < n; i++)
        kept[i] = (uint16_t)buckets[i];
    return MB_OK;
}

static mb_status open_buckets(mb_sorting *sorting, int64_t most)
{
    mb_buffer_release(sorting->bucket_memory);
    sorting->bucket_memory = NULL;
    mb_status status =
        mb_buffer_new_array(sorting->cx, 9 * (most + 1), sizeof(int64_t), &sorting->bucket_memory);
    if (status) return status;
    int64_t *words = sorting->bucket_memory->data;
    int64_t **arrays[] = {&sorting->mine, &sorting->all, &sorting->before, &sorting->prior};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        *arrays[i] = words + (int64_t)i * (most + 1);
    sorting->low = (uint64_t *)(words + 4 * (most + 1));
    sorting->first = (uint32_t *)(words + 5 * (most + 1));
    sorting->upto = (uint64_t *)(words + 6 * (most + 1));
    return MB_OK;
}

// Allocates the rows' buckets, where cells do not imply them and 2 bytes hold them.
static mb_status open_kept(mb_sorting *sorting)
{
    mb_buffer_release(sorting->kept);
    sorting->kept = NULL;
    if (sorting->nbuckets == sorting->ncells || sorting->nbuckets > UINT16_MAX) return MB_OK;
    return mb_buffer_new_array(sorting->cx, mb_layout_rows(sorting->from, mb_rank(sorting->cx)),
                               sizeof(uint16_t), &sorting->kept);
}

// Makes buckets of the cells, cut before `more` keys, and counts the rows of each.
static mb_status make_buckets(mb_sorting *sorting, const uint64_t *keys, int64_t more)
{
    mb_context *cx = sorting->cx;
    mb_status status = open_buckets(sorting, sorting->ncells + more);
    if (status) return status;
    if (more) memcpy(sorting->low + sorting->ncells, keys, (size_t)more * sizeof *keys);
    list_buckets(sorting, more);
    memset(sorting->mine, 0, (size_t)sorting->nbuckets * sizeof *sorting->mine);
    status = open_kept(sorting);
    if (!status) status = mb_keys_each(cx, &sorting->keys, sorting->columns, count_block, sorting);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_sum_all(cx, sorting->mine, sorting->nbuckets, sorting->all);
    mb_sum_before(cx, sorting->mine, sorting->nbuckets, sorting->prior);
    sorting->before[0] = 0;
    for (int64_t b = 0; b < sorting->nbuckets; b++)
        sorting->before[b + 1] = sorting->before[b] + sorting->all[b];
    return MB_OK;
}

// --- Splitters.

// Splitters within cells.
typedef struct boundaries {
    mb_buffer *memory;
    uint64_t *keys;
    int64_t n;
    int64_t *cuts, ncuts; // rows of the result that ranks begin with and that need boundaries
} boundaries;

// Lists the cuts that lie in a bucket of many rows and several keys.
static void list_cuts(const mb_sorting *sorting, boundaries *boundaries)
{
    int nranks = mb_nranks(sorting->cx);
    int64_t most = mb_sort_shared_rows(sorting), bucket = 0;
    boundaries->ncuts = 0;
    for (int r = 1; r < nranks; r++) {
        int64_t row = sorting->to->start[r];
        while (sorting->before[bucket + 1] <= row)
            bucket++;
        if (sorting->all[bucket] > most && !mb_sort_single(sorting, bucket))
            boundaries->cuts[boundaries->ncuts++] = row;
    }
}

// Cuts buckets that the sample has not split into equal ranges of keys.
static void halve_buckets(const mb_sorting *sorting, boundaries *boundaries)
{
    enum { PARTS = 1 << REFINE_BITS };
    int64_t bucket = 0, done = -1;
    for (int64_t c = 0; c < boundaries->ncuts; c++) {
        while (sorting->before[bucket + 1] <= boundaries->cuts[c])
            bucket++;
        if (bucket == done) continue;
        done = bucket;
        uint64_t width = width_of(sorting, bucket), part = width / PARTS + 1;
        for (uint64_t at = 0; at <= width && width - at >= part; at += part)
            boundaries->keys[boundaries->n++] = sorting->low[bucket] + at + part;
    }
}

static mb_status open_boundaries(const mb_sorting *sorting, boundaries *boundaries)
{
    int64_t nranks = mb_nranks(sorting->cx), levels = (64 + REFINE_BITS - 1) / REFINE_BITS;
    int64_t most = MB_SAMPLE_KEYS + nranks * MB_SAMPLE_CUT_KEYS;
    most += nranks * levels << REFINE_BITS;
    mb_status status =
        mb_buffer_new_array(sorting->cx, nranks + most, sizeof(uint64_t), &boundaries->memory);
    if (status) return status;
    boundaries->cuts = boundaries->memory->data;
    boundaries->keys = (uint64_t *)boundaries->cuts + nranks;
    return MB_OK;
}

mb_status mb_sort_cut(mb_sorting *sorting)
{
    boundaries boundaries = {0};
    mb_status status;
    MB_TRY(open_boundaries(sorting, &boundaries));
    if (sorting->shift > 0) boundaries.n = mb_sample_keys(sorting, boundaries.keys);
    for (;;) {
        MB_TRY(make_buckets(sorting, boundaries.keys, boundaries.n));
        list_cuts(sorting, &boundaries);
        if (boundaries.ncuts == 0) break;
        halve_buckets(sorting, &boundaries);
    }
done:
    mb_buffer_release(boundaries.memory);
    return status;
}
