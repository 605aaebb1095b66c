// Samples of keys: where many rows have one key, and about where a cut lies.

#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "core/hash.h"
#include "ops/sort/sort_internal.h"

enum { SAMPLES = 1 << 14, SAMPLED_ROWS = 16, SAMPLES_A_RANK = 64 };

// Samples of the ranks before one: number j is of the rank that has row j * stride.
static int64_t samples_before(const mb_sorting *sorting, int rank)
{
    return (sorting->from->start[rank] + sorting->stride - 1) / sorting->stride;
}

mb_status mb_sample_open(mb_sorting *sorting)
{
    int nranks = mb_nranks(sorting->cx);
    int64_t least = (int64_t)SAMPLES_A_RANK * nranks, n = sorting->from->n_global;
    int64_t wanted = n / SAMPLED_ROWS < SAMPLES ? n / SAMPLED_ROWS : SAMPLES;
    if (wanted < least) wanted = least;
    sorting->stride = n / wanted + 1;
    sorting->nsample = samples_before(sorting, nranks);
    return mb_buffer_new_array(sorting->cx, 2 * sorting->nsample + nranks, sizeof(uint64_t),
                               &sorting->sample);
}

static uint64_t *own_sample(const mb_sorting *sorting)
{
    return (uint64_t *)sorting->sample->data + sorting->nsample;
}

void mb_sample_pick(mb_sorting *sorting, const uint64_t *words, int64_t first, int64_t n)
{
    int rank = mb_rank(sorting->cx);
    int64_t start = sorting->from->start[rank], rows = mb_layout_rows(sorting->from, rank);
    int64_t before = samples_before(sorting, rank), all = samples_before(sorting, rank + 1);
    for (; before + sorting->sampled < all; sorting->sampled++) {
        int64_t number = before + sorting->sampled;
        uint64_t spread = mb_mix((uint64_t)number) % (uint64_t)sorting->stride;
        int64_t row = number * sorting->stride + (int64_t)spread - start;
        if (row >= rows) row = rows - 1;
        if (row >= first + n) return;
        own_sample(sorting)[sorting->sampled] = words[row - first];
    }
}

void mb_sample_gather(mb_sorting *sorting)
{
    uint64_t *mine = own_sample(sorting), *all = sorting->sample->data;
    int64_t *sizes = (int64_t *)(mine + sorting->nsample);
    for (int r = 0; r < mb_nranks(sorting->cx); r++)
        sizes[r] =
            (samples_before(sorting, r + 1) - samples_before(sorting, r)) * (int64_t)sizeof *mine;
    mb_gather_all_varying(sorting->cx, mine, sizes, all);
    const uint64_t *sorted = sorting->kernels->sort(all, mine, sorting->nsample, 0);
    if (sorted != all) memcpy(all, sorted, (size_t)sorting->nsample * sizeof *all);
}

// Keys that have at least so many of the sample, and the ones after them; how many samples those
// are in *covered.
static int64_t keys_of(const mb_sorting *sorting, int64_t least, uint64_t *keys, int64_t *covered)
{
    const uint64_t *sample = sorting->sample->data;
    int64_t n = 0, end;
    *covered = 0;
    for (int64_t i = 0; i < sorting->nsample; i = end) {
        for (end = i + 1; end < sorting->nsample && sample[end] == sample[i];)
            end++;
        if (end - i < least) continue;
        *covered += end - i;
        keys[n++] = sample[i];
        if (sample[i] != UINT64_MAX) keys[n++] = sample[i] + 1;
    }
    return n;
}

// Unless keys are short: those of very many rows; where nearly all rows have one of few keys,
// these.
static int64_t frequent_keys(const mb_sorting *sorting, uint64_t *keys)
{
    enum { PARTS = MB_SAMPLE_KEYS / 2, LEAST = 8, REST = 64, SHORT = 16, MANY = 8 };
    int64_t least = sorting->nsample / PARTS + 1, covered;
    if (sorting->shift <= SHORT) return 0;
    int64_t n = keys_of(sorting, least > LEAST ? least : LEAST, keys, &covered);
    if (sorting->nsample - covered <= sorting->nsample / REST) return n;
    return keys_of(sorting, sorting->nsample / MANY + 1, keys, &covered);
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

int64_t mb_sample_keys(const mb_sorting *sorting, const int64_t *cuts, int64_t ncuts,
                       uint64_t *keys)
{
    int64_t n = frequent_keys(sorting, keys);
    for (int64_t c = 0; c < ncuts; c++)
        n += keys_about(sorting, cuts[c], keys + n);
    return n;
}
