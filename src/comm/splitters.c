#include "comm/splitters.h"

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"

enum { SAMPLES = 64 }; // of each rank

mb_status mb_splitters_open(mb_context *cx, mb_splitters *splitters)
{
    int64_t nranks = mb_nranks(cx);
    mb_buffer *memory;
    mb_status status = mb_buffer_new_array(cx, (SAMPLES + 1) * nranks, sizeof(uint64_t), &memory);
    if (!status) *splitters = (mb_splitters){cx, memory, (int)nranks, memory->data};
    return status;
}

void mb_splitters_close(mb_splitters *splitters)
{
    mb_buffer_release(splitters->memory);
    *splitters = (mb_splitters){0};
}

static int compare_words(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// The highest word fills the samples of a rank with few words.
void mb_splitters_choose(mb_splitters *splitters, const void *words, int64_t n, size_t stride)
{
    int nranks = splitters->nranks;
    uint64_t mine[SAMPLES], *samples = splitters->words + nranks;
    for (int64_t i = 0; i < SAMPLES; i++) {
        int64_t row = n > SAMPLES ? n * i / SAMPLES : i;
        mine[i] = UINT64_MAX;
        if (row < n) memcpy(&mine[i], (const char *)words + (size_t)row * stride, sizeof *mine);
    }
    mb_gather_all(splitters->cx, mine, sizeof mine, samples);
    int64_t total = (int64_t)nranks * SAMPLES;
    qsort(samples, (size_t)total, sizeof *samples, compare_words);
    while (total > 0 && samples[total - 1] == UINT64_MAX)
        total--;
    for (int r = 1; r < nranks; r++)
        splitters->words[r - 1] = total ? samples[total * r / nranks] : UINT64_MAX;
}
