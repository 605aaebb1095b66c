// Sorted words of one rank: ties of shortened keys, and values from keys.

#include <string.h>

#include "column/storage.h"
#include "comm/comm.h"
#include "ops/sort/sort_internal.h"
#include "order/order.h"

// Sorts runs of words that are equal but for dropped bits, by their keys.
static void break_ties(mb_isa isa, uint64_t *words, uint64_t *scratch, int64_t n, int index_bits,
                       int drop, mb_key_of *key_of, const void *state)
{
    uint64_t index_mask = (UINT64_C(1) << index_bits) - 1, mask = (UINT64_C(1) << drop) - 1;
    for (int64_t i = 0; i < n; i++) {
        uint64_t index = words[i] & index_mask;
        words[i] = (key_of(state, (int64_t)index) & mask) << index_bits | index;
    }
    const uint64_t *sorted = mb_order_kernels_of(isa)->sort(words, scratch, n, index_bits);
    if (sorted != words) memcpy(words, sorted, (size_t)n * sizeof *words);
}

uint64_t *mb_sort_words(mb_isa isa, uint64_t *words, uint64_t *scratch, int64_t n, int index_bits,
                        int drop, mb_key_of *key_of, const void *state)
{
    uint64_t *sorted = mb_order_kernels_of(isa)->sort(words, scratch, n, index_bits);
    uint64_t *other = sorted == words ? scratch : words;
    int64_t end;
    for (int64_t i = 0; drop && i < n; i = end) {
        uint64_t key = sorted[i] >> index_bits;
        for (end = i + 1; end < n && sorted[end] >> index_bits == key;)
            end++;
        if (end - i > 1)
            break_ties(isa, sorted + i, other, end - i, index_bits, drop, key_of, state);
    }
    return sorted;
}

// Missing rows come last.
static void mark_missing(const mb_column *result, int64_t first, int64_t n, int64_t at)
{
    uint64_t *validity = result->validity.buffer->data;
    int64_t there = result->layout->n_global - result->facts.missing - first;
    for (int64_t i = at; i < at + n; i++)
        if (i >= there)
            validity[i / 64] &= ~(UINT64_C(1) << (i % 64));
        else
            validity[i / 64] |= UINT64_C(1) << (i % 64);
}

void mb_sort_stream(const mb_sorting *sorting, const uint64_t *words, int64_t n, int width,
                    mb_make_rows *make, const void *state, void *out)
{
    const mb_storage_kernels *storage = mb_storage_kernels_of(sorting->cx->isa);
    _Alignas(MB_ALIGNMENT) uint64_t room[MB_KEY_ROWS];
    char *to = out;
    int64_t head = (int64_t)(-(uintptr_t)to % MB_ALIGNMENT) / width;
    if (head > n) head = n;
    if (head) make(state, words, head, to);
    for (int64_t at = head, rows; at < n; at += rows) {
        rows = n - at < MB_KEY_ROWS ? n - at : MB_KEY_ROWS;
        make(state, words + at, rows, room);
        storage->stream(room, (size_t)(rows * width), to + at * width);
    }
}

typedef struct decoding {
    const mb_sorting *sorting;
    mb_coding coding;
    mb_form form;
} decoding;

static void decode(const void *state, const uint64_t *words, int64_t n, void *out)
{
    const decoding *decoding = state;
    const mb_order_kernels *kernels = mb_order_kernels_of(decoding->sorting->cx->isa);
    if (decoding->sorting->keys.bounds[0].single)
        kernels->decode_single(words, n, decoding->coding, out);
    else
        kernels->decode[decoding->form](words, n, decoding->coding, out);
}

void mb_sort_emit_values(const mb_sorting *sorting, const uint64_t *words, int64_t n,
                         uint64_t above, mb_column *result, int64_t at)
{
    const mb_keys *keys = &sorting->keys;
    decoding state = {.sorting = sorting,
                      .coding = mb_key_coding(keys, keys->fields, result->values.base),
                      .form = mb_form_of(result->type->kind, result->values.width)};
    state.coding.delta -= above;
    state.coding.nan -= above;
    mb_sort_stream(sorting, words, n, result->values.width, decode, &state,
                   (char *)result->values.buffer->data + at * result->values.width);
    if (result->validity.data)
        mark_missing(result, sorting->to->start[mb_rank(sorting->cx)], n, at);
}
