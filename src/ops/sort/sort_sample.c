// Samples of keys: which keys many rows have, and which are near the ranks' shares of the result.

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "ops/sort/sort_internal.h"

enum { SAMPLES = 1 << 14, SAMPLED_ROWS = 16, SAMPLES_A_RANK = 64 };

// Samples of the ranks before one: number j is of the rank that has row j * stride.
static int64_t samples_before(const mb_sorting *sorting, int rank)
{
    return (sorting->from->start[rank] + sorting->stride - 1) / sorting->stride;
}

// The local rows of n of this rank's samples, from number `from` on.
static void choose_rows(const mb_sorting *sorting, int64_t from, int64_t n, int64_t *rows)
{
    const mb_layout *layout = sorting->from;
    int rank = mb_rank(sorting->cx);
    int64_t last = mb_layout_rows(layout, rank) - 1, stride = sorting->stride;
    for (int64_t i = 0; i < n; i++) {
        int64_t spread = (int64_t)(mb_mix((uint64_t)(from + i)) % (uint64_t)stride);
        int64_t row = (from + i) * stride + spread - layout->start[rank];
        rows[i] = row < last ? row : last;
    }
}

static mb_status keep_sample(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    uint64_t *to = state;
    memcpy(to + first, words[0], (size_t)n * sizeof *to);
    return MB_OK;
}

// This rank's samples, in row order.
static mb_status pick(const mb_sorting *sorting, uint64_t *to)
{
    int64_t rows[MB_KEY_ROWS];
    int rank = mb_rank(sorting->cx);
    int64_t at = samples_before(sorting, rank), end = samples_before(sorting, rank + 1);
    mb_status status = MB_OK;
    for (int64_t n; at < end && !status; at += n, to += n) {
        n = end - at < MB_KEY_ROWS ? end - at : MB_KEY_ROWS;
        choose_rows(sorting, at, n, rows);
        status =
            mb_keys_picked(sorting->cx, &sorting->keys, sorting->columns, rows, n, keep_sample, to);
    }
    return status;
}

mb_status mb_sample_take(mb_sorting *sorting)
{
    mb_context *cx = sorting->cx;
    int nranks = mb_nranks(cx);
    int64_t least = (int64_t)SAMPLES_A_RANK * nranks, n = sorting->from->n_global;
    int64_t wanted = n / SAMPLED_ROWS < SAMPLES ? n / SAMPLED_ROWS : SAMPLES;
    if (wanted < least) wanted = least;
    sorting->stride = n / wanted + 1;
    sorting->nsample = samples_before(sorting, nranks);
    mb_status status =
        mb_buffer_new_array(cx, 2 * sorting->nsample + nranks, sizeof(uint64_t), &sorting->sample);
    uint64_t *all = NULL, *mine = NULL;
    if (!status) {
        all = sorting->sample->data;
        mine = all + sorting->nsample;
        status = pick(sorting, mine);
    }
    status = mb_step(cx, status, NULL);
    if (status) return status;
    int64_t *sizes = (int64_t *)(mine + sorting->nsample);
    for (int r = 0; r < nranks; r++)
        sizes[r] =
            (samples_before(sorting, r + 1) - samples_before(sorting, r)) * (int64_t)sizeof *mine;
    mb_gather_all_varying(cx, mine, sizes, all);
    mb_steps steps = sorting->kernels->steps(all, sorting->nsample);
    sorting->up = steps.up;
    sorting->down = steps.down;
    sorting->same = steps.same;
    const uint64_t *sorted = mb_order_kernels_of(cx->isa)->sort(all, mine, sorting->nsample, 0);
    if (sorted != all) memcpy(all, sorted, (size_t)sorting->nsample * sizeof *all);
    return MB_OK;
}

// The first key of the sample that is not below `word`.
static int64_t lower_bound(const mb_sorting *sorting, uint64_t word)
{
    const uint64_t *sample = sorting->sample->data;
    int64_t low = 0, high = sorting->nsample;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (sample[middle] < word)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t mb_sample_count(const mb_sorting *sorting, uint64_t word, int shift)
{
    uint64_t first = word >> shift << shift, last = first + ((UINT64_C(1) << shift) - 1);
    int64_t end = last == UINT64_MAX ? sorting->nsample : lower_bound(sorting, last + 1);
    return end - lower_bound(sorting, first);
}

int64_t mb_sample_crowd(const mb_sorting *sorting, int shift)
{
    const uint64_t *sample = sorting->sample->data;
    int64_t most = 0, n;
    for (int64_t i = 0; i < sorting->nsample; i += n) {
        n = mb_sample_count(sorting, sample[i], shift);
        if (n > most) most = n;
    }
    return most;
}

// Splitters that cut crowded cells into buckets of similar size, and the keys after those of many
// rows, so that these have a bucket of their own.
static int64_t parting_keys(const mb_sorting *sorting, uint64_t *keys)
{
    enum { PARTS = MB_SAMPLE_KEYS / 2, LEAST = 8, CROWD = 4 };
    const uint64_t *sample = sorting->sample->data;
    int64_t size = sorting->nsample / PARTS + 1, n = 0;
    if (size < LEAST) size = LEAST;
    for (int64_t i = size; i < sorting->nsample; i += size) {
        if (mb_sample_count(sorting, sample[i], sorting->shift) <= CROWD * size) continue;
        keys[n++] = sample[i];
        if (sample[i] == sample[i - size] && sample[i] != UINT64_MAX) keys[n++] = sample[i] + 1;
    }
    return n;
}

// Keys below and above a cut, so that few rows lie between, and the ones after them, so that it
// does not matter how many rows have these.
static int64_t keys_about(const mb_sorting *sorting, int64_t cut, uint64_t *keys)
{
    enum { ERRORS = 3 }; // standard errors of the sample
    const uint64_t *sample = sorting->sample->data;
    double part = (double)cut / (double)sorting->from->n_global;
    int64_t at = (int64_t)(part * (double)sorting->nsample), error = 1, n = 0;
    while (4 * error * error < sorting->nsample)
        error++;
    int64_t ends[] = {at - ERRORS * error, at + ERRORS * error};
    for (int i = 0; i < 2; i++) {
        if (ends[i] < 0 || ends[i] >= sorting->nsample) continue;
        keys[n++] = sample[ends[i]];
        if (sample[ends[i]] != UINT64_MAX) keys[n++] = sample[ends[i]] + 1;
    }
    return n;
}

// Groups are cut again where their buckets leave the cache: parts cost them more than they save.
int64_t mb_sort_shared_rows(const mb_sorting *sorting)
{
    enum {
        SMALL = 4096, // a bucket of so many rows may be sorted by two ranks
        SHARED = 8,   // and so may one with this part of a rank's rows
    };
    int64_t part = sorting->to->n_global / mb_nranks(sorting->cx) / SHARED;
    return part < SMALL ? SMALL : part;
}

int64_t mb_sample_keys(const mb_sorting *sorting, uint64_t *keys)
{
    const uint64_t *sample = sorting->sample->data;
    int64_t n = sorting->whole ? 0 : parting_keys(sorting, keys),
            shared = mb_sort_shared_rows(sorting);
    for (int r = 1; r < mb_nranks(sorting->cx); r++) {
        int64_t row = sorting->to->start[r], at = row / sorting->stride;
        if (row >= sorting->to->n_global || at >= sorting->nsample) continue;
        int64_t near = mb_sample_count(sorting, sample[at], sorting->shift);
        if (2 * near * sorting->stride > shared) n += keys_about(sorting, row, keys + n);
    }
    return n;
}
