#include "ops/match/ordered.h"

#include "core/kind.h"

enum { MOST_BUCKET_BITS = 20 };

mb_status mb_ordered_open(mb_context *cx, const uint64_t *words, int64_t n, mb_ordered *ordered)
{
    mb_ordered made = {.words = words, .n = n};
    uint64_t span = n ? words[n - 1] - words[0] : 0;
    int bits = mb_bit_length((uint64_t)n);
    if (bits > MOST_BUCKET_BITS) bits = MOST_BUCKET_BITS;
    made.shift = mb_bit_length(span) > bits ? mb_bit_length(span) - bits : 0;
    made.nbuckets = (int64_t)(span >> made.shift) + 1;
    mb_status status = mb_buffer_new_zeroed(cx, made.nbuckets + 1, sizeof(int64_t), &made.buckets);
    if (status) return status;
    int64_t *before = made.buckets->data;
    for (int64_t i = 0; i < n; i++)
        before[((words[i] - words[0]) >> made.shift) + 1]++;
    for (int64_t b = 0; b < made.nbuckets; b++)
        before[b + 1] += before[b];
    *ordered = made;
    return MB_OK;
}

void mb_ordered_close(mb_ordered *ordered)
{
    mb_buffer_release(ordered->buckets);
    ordered->buckets = NULL;
}
