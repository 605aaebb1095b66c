// The entries of an index from this rank's rows: keys with their values.

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/match/key_index.h"

typedef struct collecting {
    mb_isa isa;
    mb_kind kind;         // of the keys
    bool ordered;         // whether their words are
    bool values, numbers; // whether values are collected, or the keys' positions
    int64_t start;        // of this rank's keys
    mb_entries *entries;
} collecting;

static void collect_values(collecting *to, const mb_block *block, int64_t first, int64_t n,
                           const uint8_t *known)
{
    uint64_t wide[MB_BLOCK_ROWS];
    uint8_t valid[MB_BLOCK_ROWS];
    const uint64_t *values = wide;
    uint64_t *kept = to->entries->values->data;
    int64_t at = to->entries->n;
    memset(valid, 1, (size_t)n);
    if (to->numbers) {
        for (int64_t i = 0; i < n; i++)
            wide[i] = (uint64_t)(to->start + first + i + 1);
    } else {
        values = mb_block_widen(mb_kernels_of(to->isa), block, n, wide);
        if (block->validity) mb_validity_bytes(block->validity, n, valid);
    }
    for (int64_t i = 0; i < n; i++) {
        kept[at] = values[i];
        at += known[i];
    }
    if (!to->entries->valid) return;
    uint8_t *kept_valid = to->entries->valid->data;
    at = to->entries->n;
    for (int64_t i = 0; i < n; i++) {
        kept_valid[at] = valid[i];
        at += known[i];
    }
}

// Valid keys with their values.
static mb_status collect(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    collecting *to = state;
    uint64_t wide[MB_BLOCK_ROWS];
    uint8_t known[MB_BLOCK_ROWS];
    int64_t kept = to->entries->n;
    const uint64_t *words = mb_match_words(to->isa, to->kind, to->ordered, blocks, n, wide);
    memset(known, 1, (size_t)n);
    if (blocks[0].validity) mb_validity_bytes(blocks[0].validity, n, known);
    if (to->values || to->numbers) collect_values(to, &blocks[1], first, n, known);
    for (int64_t i = 0; i < n; i++) {
        ((uint64_t *)to->entries->words->data)[kept] = words[i];
        kept += known[i];
    }
    to->entries->n = kept;
    return MB_OK;
}

mb_status mb_entries_collect(mb_context *cx, mb_column *keys, bool ordered, mb_column *values,
                             bool numbers, mb_entries *entries)
{
    collecting to = {cx->isa, keys->type->kind, ordered, values != NULL, numbers, 0, entries};
    mb_column *columns[] = {keys, values};
    int64_t room = mb_column_rows(keys) + 1; // a row that is left out is written too
    to.start = keys->layout->start[mb_rank(cx)];
    mb_status status = mb_memory_need(cx, room * (values || numbers ? 16 : 8));
    if (!status) status = mb_buffer_new_array(cx, room, sizeof(uint64_t), &entries->words);
    if (!status && (values || numbers))
        status = mb_buffer_new_array(cx, room, sizeof(uint64_t), &entries->values);
    if (!status && values && values->facts.missing)
        status = mb_buffer_new_array(cx, room, 1, &entries->valid);
    if (!status) status = mb_evaluate(cx, columns, values ? 2 : 1, collect, &to);
    return status;
}
