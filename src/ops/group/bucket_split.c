#include <string.h>

#include "column/storage.h"
#include "comm/comm.h"
#include "ops/group/bucket.h"

enum { PART_BITS = 15, MOST_BITS = 10 };

const void *mb_bucket_keys(const mb_bucket *bucket, int rank, int64_t first)
{
    return bucket->parts[rank] + first * bucket->move->width;
}

const void *mb_bucket_payload(const mb_bucket *bucket, int c, int rank, int64_t first)
{
    const mb_sorting *sorting = bucket->move->sorting;
    return bucket->parts[(c + 1) * mb_nranks(sorting->cx) + rank] +
           first * sorting->payload[c].width;
}

// What is moved of each row: its key and its payload, in an array each.
typedef struct moving {
    mb_scatter scatter;
    int width;
    mb_buffer *out, *stages;
} moving;

typedef struct split {
    const mb_bucket *bucket;
    int nranks, narrays;
    uint64_t known, varying; // one of the words, and the bits in which others differ from it
    int shift;               // of a word, to its part
    uint32_t nparts;
    mb_buffer *memory;
    int64_t *counts, *starts; // of each rank in each part; of the parts
    const char **parts;
    moving moving[1 + MB_MOST_PAYLOAD];
} split;

static void take_words(const mb_bucket *bucket, int rank, int64_t first, int64_t n, uint64_t *words)
{
    const void *keys = mb_bucket_keys(bucket, rank, first);
    const bool narrow = bucket->move->width == 4;
    for (int64_t i = 0; i < n; i++)
        words[i] = narrow ? ((const uint32_t *)keys)[i] : ((const uint64_t *)keys)[i];
}

typedef void take_block(split *split, const uint64_t *words, int rank, int64_t first, int64_t n);

static void each_block(split *split, take_block *take)
{
    uint64_t words[MB_KEY_ROWS];
    for (int r = 0; r < split->nranks; r++) {
        int64_t rows = split->bucket->rows[r];
        for (int64_t first = 0; first < rows; first += MB_KEY_ROWS) {
            int64_t n = rows - first < MB_KEY_ROWS ? rows - first : MB_KEY_ROWS;
            take_words(split->bucket, r, first, n, words);
            take(split, words, r, first, n);
        }
    }
}

static void note_varying(split *split, const uint64_t *words, int rank, int64_t first, int64_t n)
{
    (void)rank;
    (void)first;
    for (int64_t i = 0; i < n; i++)
        split->varying |= words[i] ^ split->known;
}

// The parts of n <= MB_KEY_ROWS words.
static void find_parts(const split *split, const uint64_t *words, int64_t n, uint32_t *parts)
{
    for (int64_t i = 0; i < n; i++)
        parts[i] = (uint32_t)(words[i] >> split->shift) & (split->nparts - 1);
}

static void count_parts(split *split, const uint64_t *words, int rank, int64_t first, int64_t n)
{
    uint32_t parts[MB_KEY_ROWS];
    (void)first;
    find_parts(split, words, n, parts);
    for (int64_t i = 0; i < n; i++)
        split->counts[(int64_t)parts[i] * split->nranks + rank]++;
}

static void scatter_rows(split *split, const uint64_t *words, int rank, int64_t first, int64_t n)
{
    const mb_bucket *bucket = split->bucket;
    const mb_sort_kernels *kernels = bucket->move->sorting->kernels;
    uint32_t parts[MB_KEY_ROWS];
    find_parts(split, words, n, parts);
    for (int a = 0; a < split->narrays; a++) {
        const moving *moving = &split->moving[a];
        const void *rows =
            a ? mb_bucket_payload(bucket, a - 1, rank, first) : mb_bucket_keys(bucket, rank, first);
        kernels->carry[mb_width_index(moving->width)](&moving->scatter, rows, parts, n);
    }
}

// The highest bits that vary, so many that parts have about 2^PART_BITS rows.
static mb_status plan(split *split)
{
    mb_context *cx = split->bucket->move->sorting->cx;
    int bits = mb_bits_below(split->bucket->n) - PART_BITS, rank = 0;
    while (split->bucket->rows[rank] == 0)
        rank++;
    take_words(split->bucket, rank, 0, 1, &split->known);
    each_block(split, note_varying);
    int top = mb_bit_length(split->varying);
    if (bits < 1) bits = 1;
    if (bits > MOST_BITS) bits = MOST_BITS;
    if (bits > top) bits = top;
    split->shift = top - bits;
    split->nparts = UINT32_C(1) << bits;
    int64_t cells = (int64_t)split->nparts * split->nranks;
    int64_t pointers = (int64_t)split->narrays * split->nranks;
    int64_t bounds = (1 + split->narrays) * ((int64_t)split->nparts + 1);
    mb_status status =
        mb_buffer_new_zeroed(cx, cells + pointers + bounds, sizeof(int64_t), &split->memory);
    if (status) return status;
    split->counts = split->memory->data;
    split->starts = split->counts + cells;
    split->parts = (const char **)(split->starts + bounds);
    each_block(split, count_parts);
    for (uint32_t p = 0; p < split->nparts; p++) {
        split->starts[p + 1] = split->starts[p];
        for (int r = 0; r < split->nranks; r++)
            split->starts[p + 1] += split->counts[(int64_t)p * split->nranks + r];
    }
    return MB_OK;
}

static mb_status open_moving(split *split)
{
    const mb_bucket *bucket = split->bucket;
    const mb_sorting *sorting = bucket->move->sorting;
    mb_context *cx = sorting->cx;
    const int64_t n = split->nparts;
    mb_status status = MB_OK;
    for (int a = 0; a < split->narrays; a++) {
        moving *moving = &split->moving[a];
        moving->width = a ? sorting->payload[a - 1].width : bucket->move->width;
        MB_TRY(mb_buffer_new_array(cx, bucket->n, (size_t)moving->width, &moving->out));
        MB_TRY(mb_buffer_new_array(cx, n, MB_STAGE_BYTES, &moving->stages));
        int64_t *cursors = split->starts + (1 + a) * (n + 1);
        memcpy(cursors, split->starts, (size_t)n * sizeof *cursors);
        moving->scatter = (mb_scatter){.nbuckets = n,
                                       .starts = split->starts,
                                       .cursors = cursors,
                                       .out = moving->out->data,
                                       .stages = moving->stages->data};
    }
done:
    return status;
}

static mb_status give_part(split *split, uint32_t p, mb_take_bucket *take, void *state)
{
    mb_bucket part = *split->bucket;
    int64_t at = split->starts[p];
    part.n = split->starts[p + 1] - at;
    part.rows = split->counts + (int64_t)p * split->nranks;
    part.parts = split->parts;
    if (part.n == 0) return MB_OK;
    for (int r = 0; r < split->nranks; r++) {
        for (int a = 0; a < split->narrays; a++)
            split->parts[a * split->nranks + r] =
                (const char *)split->moving[a].out->data + at * split->moving[a].width;
        at += part.rows[r];
    }
    return take(state, &part);
}

mb_status mb_bucket_split(const mb_bucket *bucket, mb_take_bucket *take, void *state)
{
    const mb_sorting *sorting = bucket->move->sorting;
    split split = {
        .bucket = bucket, .nranks = mb_nranks(sorting->cx), .narrays = 1 + sorting->npayload};
    mb_status status;
    MB_TRY(plan(&split));
    MB_TRY(open_moving(&split));
    each_block(&split, scatter_rows);
    for (int a = 0; a < split.narrays; a++)
        sorting->kernels->finish_carrying[mb_width_index(split.moving[a].width)](
            &split.moving[a].scatter);
    for (uint32_t p = 0; p < split.nparts; p++)
        MB_TRY(give_part(&split, p, take, state));
done:
    mb_buffer_release(split.memory);
    for (int a = 0; a < split.narrays; a++) {
        mb_buffer_release(split.moving[a].out);
        mb_buffer_release(split.moving[a].stages);
    }
    return status;
}
