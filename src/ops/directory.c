#include "ops/directory.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "ops/counted.h"

const uint64_t *mb_match_words(const mb_kernels *kernels, mb_type type, const mb_block *block,
                               int64_t n, uint64_t *out)
{
    const char *wide = mb_block_widen(kernels, block, n, out);
    double value;
    if (type != MB_FLOAT) return (const uint64_t *)(const void *)wide;
    for (int64_t i = 0; i < n; i++) {
        memcpy(&value, wide + i * (int64_t)sizeof value, sizeof value);
        out[i] = mb_float_word(value);
    }
    return out;
}

void mb_entries_release(mb_entries *entries)
{
    mb_buffer_release(entries->words);
    mb_buffer_release(entries->values);
    mb_buffer_release(entries->there);
    *entries = (mb_entries){0};
}

void mb_directory_close(mb_directory *directory)
{
    mb_entries_release(&directory->entries);
    mb_hash_index_close(&directory->index);
}

int64_t mb_directory_enough(const mb_column *column)
{
    enum { FEW = 1 << 16 };
    int64_t share = column->layout->n_global / column->layout->nranks;
    return share > FEW ? share : FEW;
}

int mb_directory_owner(uint64_t word, int nranks)
{
    return (int)((mb_uint128)mb_mix(word) * (mb_uint128)nranks >> 64);
}

static mb_status make_room(mb_context *cx, const mb_entries *like, int64_t n, mb_entries *entries)
{
    mb_status status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &entries->words);
    entries->n = n;
    if (!status && like->values)
        status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &entries->values);
    if (!status && like->there) status = mb_buffer_new_array(cx, n, 1, &entries->there);
    return status;
}

// --- To every rank.

// Elements of `width` bytes of all ranks, counts[r] of each, to all.
static void gather(mb_context *cx, const mb_buffer *mine, const int64_t *counts, int64_t width,
                   int64_t *sizes, mb_buffer *all)
{
    if (!mine) return;
    for (int r = 0; r < mb_nranks(cx); r++)
        sizes[r] = counts[r] * width;
    mb_gather_all_varying(cx, mine->data, sizes, all->data);
}

mb_status mb_entries_replicate(mb_context *cx, const mb_entries *mine, int64_t total,
                               mb_entries *all)
{
    int nranks = mb_nranks(cx);
    mb_buffer *counts = NULL;
    mb_status status = mb_buffer_new_array(cx, 2 * (int64_t)nranks, sizeof(int64_t), &counts);
    if (!status) status = make_room(cx, mine, total, all);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t *of_rank = counts->data, *sizes = of_rank + nranks;
    mb_gather_all(cx, &mine->n, sizeof mine->n, of_rank);
    gather(cx, mine->words, of_rank, sizeof(uint64_t), sizes, all->words);
    gather(cx, mine->values, of_rank, sizeof(uint64_t), sizes, all->values);
    gather(cx, mine->there, of_rank, 1, sizes, all->there);
done:
    mb_buffer_release(counts);
    return status;
}

// --- To the rank that a key's hash says.

// Orders entries by the rank that takes them, and counts these.
static void arrange(const mb_entries *mine, int nranks, int64_t *counts, int64_t *at,
                    mb_entries *arranged)
{
    const uint64_t *words = mine->words->data, *values = NULL;
    if (mine->values) values = mine->values->data;
    memset(counts, 0, (size_t)nranks * sizeof *counts);
    for (int64_t i = 0; i < mine->n; i++)
        counts[mb_directory_owner(words[i], nranks)]++;
    at[0] = 0;
    for (int r = 1; r < nranks; r++)
        at[r] = at[r - 1] + counts[r - 1];
    for (int64_t i = 0; i < mine->n; i++) {
        int64_t to = at[mb_directory_owner(words[i], nranks)]++;
        ((uint64_t *)arranged->words->data)[to] = words[i];
        if (!values) continue;
        ((uint64_t *)arranged->values->data)[to] = values[i];
        if (!mine->there) continue;
        ((uint8_t *)arranged->there->data)[to] = ((uint8_t *)mine->there->data)[i];
    }
}

static void pack_offsets(mb_pieces pieces, int nranks)
{
    int64_t offset = 0;
    for (int r = 0; r < nranks; r++) {
        pieces.offsets[r] = offset;
        offset += pieces.counts[r];
    }
}

static void scale(mb_pieces pieces, int nranks, int64_t width)
{
    for (int r = 0; r < nranks; r++) {
        pieces.counts[r] *= width;
        pieces.offsets[r] *= width;
    }
}

static mb_status deal(mb_context *cx, const mb_entries *mine, mb_entries *dealt)
{
    int nranks = mb_nranks(cx);
    mb_buffer *memory = NULL;
    mb_entries arranged = {0};
    mb_status status = mb_buffer_new_array(cx, 4 * (int64_t)nranks, sizeof(int64_t), &memory);
    if (!status) status = make_room(cx, mine, mine->n, &arranged);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t *at = memory->data;
    mb_pieces sent = {at, at + nranks}, taken = {at + 2 * (size_t)nranks, at + 3 * (size_t)nranks};
    arrange(mine, nranks, sent.counts, sent.offsets, &arranged);
    pack_offsets(sent, nranks);
    mb_exchange_counts(cx, sent, taken);
    status = make_room(cx, mine, taken.offsets[nranks - 1] + taken.counts[nranks - 1], dealt);
    MB_TRY(mb_step(cx, status, NULL));
    if (mine->there) mb_exchange(cx, arranged.there->data, sent, dealt->there->data, taken);
    scale(sent, nranks, sizeof(uint64_t));
    scale(taken, nranks, sizeof(uint64_t));
    mb_exchange(cx, arranged.words->data, sent, dealt->words->data, taken);
    if (mine->values) mb_exchange(cx, arranged.values->data, sent, dealt->values->data, taken);
done:
    mb_entries_release(&arranged);
    mb_buffer_release(memory);
    return status;
}

static void forget_if_all_there(mb_entries *entries)
{
    if (!entries->there || memchr(entries->there->data, 0, (size_t)entries->n)) return;
    mb_buffer_release(entries->there);
    entries->there = NULL;
}

mb_status mb_directory_open(mb_context *cx, mb_status status, mb_entries *entries, mb_hash_use use,
                            int64_t enough, mb_directory *directory)
{
    mb_directory made = {0};
    mb_payload payload = {.count = (uint64_t)entries->n};
    if (mb_nranks(cx) == 1) {
        MB_TRY(status);
        made.entries = *entries;
        *entries = (mb_entries){0};
    } else {
        MB_TRY(mb_step(cx, status, &payload));
        made.dealt = payload.count > (uint64_t)enough;
        MB_TRY(made.dealt
                   ? deal(cx, entries, &made.entries)
                   : mb_entries_replicate(cx, entries, (int64_t)payload.count, &made.entries));
        mb_entries_release(entries);
    }
    forget_if_all_there(&made.entries);
    MB_TRY(mb_hash_index_open(cx, made.entries.words->data, made.entries.n, use, &made.index));
    *directory = made;
    made = (mb_directory){0};
done:
    mb_directory_close(&made);
    return status;
}

// --- Asking.

void mb_directory_answer(mb_context *cx, const mb_directory *directory, const uint64_t *words,
                         int64_t n, uint64_t *values, uint8_t *answers)
{
    int64_t ids[MB_HASH_ROWS];
    if (!directory->entries.values) {
        mb_hash_index_test(cx, &directory->index, words, n, answers);
        return;
    }
    if (directory->entries.n == 0) {
        memset(answers, MB_ABSENT, (size_t)n);
        memset(values, 0, (size_t)n * sizeof *values);
        return;
    }
    const uint64_t *of_key = directory->entries.values->data;
    mb_hash_index_find(cx, &directory->index, words, n, ids);
    for (int64_t i = 0; i < n; i++)
        answers[i] = ids[i] >= 0 ? MB_THERE : MB_ABSENT;
    for (int64_t i = 0; i < n; i++)
        values[i] = of_key[ids[i] >= 0 ? ids[i] : 0];
    if (!directory->entries.there) return;
    const uint8_t *there = directory->entries.there->data;
    for (int64_t i = 0; i < n; i++)
        if (ids[i] >= 0 && !there[ids[i]]) answers[i] = MB_THERE_MISSING;
}
