// Numbering what several ranks have: each word goes to one rank, cut where samples of all ranks
// say, which answers with its number.

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "ops/group/numbering.h"

enum { SAMPLES = 64 }; // of each rank

typedef struct numbering {
    mb_context *cx;
    int nranks;
    const uint64_t *words;
    int64_t n;
    mb_buffer *memory, *received, *answers;
    mb_pieces sent, taken;
    uint64_t *samples, *splitters; // rank r takes words from splitters[r - 1] on
    int64_t *heads;                // of the ranks' pieces, and a heap of those that have words
    int *heap;
} numbering;

static int compare_words(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static mb_status allocate(numbering *to)
{
    const int64_t ranks = to->nranks;
    int64_t words = (7 + SAMPLES) * ranks;
    mb_status status = mb_buffer_new_array(to->cx, words, sizeof(int64_t), &to->memory);
    if (status) return status;
    int64_t *at = to->memory->data;
    to->sent = (mb_pieces){at, at + ranks};
    to->taken = (mb_pieces){at + 2 * ranks, at + 3 * ranks};
    to->heads = at + 4 * ranks;
    to->heap = (int *)(at + 5 * ranks);
    to->splitters = (uint64_t *)(at + 6 * ranks);
    to->samples = (uint64_t *)(at + 7 * ranks);
    return MB_OK;
}

// Words that divide those of all ranks about evenly.
static void choose_splitters(numbering *to)
{
    uint64_t mine[SAMPLES];
    for (int64_t i = 0; i < SAMPLES; i++)
        mine[i] = to->n ? to->words[(int64_t)((mb_int128)to->n * i / SAMPLES)] : UINT64_MAX;
    mb_gather_all(to->cx, mine, sizeof mine, to->samples);
    int64_t total = (int64_t)to->nranks * SAMPLES;
    qsort(to->samples, (size_t)total, sizeof *to->samples, compare_words);
    while (total > 0 && to->samples[total - 1] == UINT64_MAX)
        total--;
    for (int r = 1; r < to->nranks; r++)
        to->splitters[r - 1] = total ? to->samples[total * r / to->nranks] : UINT64_MAX;
}

// The first word that is not below `bound`.
static int64_t lower_bound(const uint64_t *words, int64_t n, uint64_t bound)
{
    int64_t low = 0;
    while (n > 0) {
        int64_t half = n / 2;
        if (words[low + half] < bound) {
            low += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return low;
}

static void cut(numbering *to)
{
    const int64_t width = sizeof *to->words;
    int64_t start = 0;
    for (int r = 0; r < to->nranks; r++) {
        int64_t end = r + 1 < to->nranks ? lower_bound(to->words, to->n, to->splitters[r]) : to->n;
        to->sent.offsets[r] = start * width;
        to->sent.counts[r] = (end - start) * width;
        start = end;
    }
}

// --- Merging the ranks' pieces: a heap of their heads.

static inline uint64_t head_word(const numbering *to, int rank)
{
    return ((const uint64_t *)to->received->data)[to->heads[rank]];
}

static inline bool has_more(const numbering *to, int rank)
{
    return to->heads[rank] * 8 < to->taken.offsets[rank] + to->taken.counts[rank];
}

static void sift(const numbering *to, int size, int at)
{
    int rank = to->heap[at];
    uint64_t word = head_word(to, rank);
    for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
        if (child + 1 < size && head_word(to, to->heap[child + 1]) < head_word(to, to->heap[child]))
            child++;
        if (head_word(to, to->heap[child]) >= word) break;
        to->heap[at] = to->heap[child];
        at = child;
    }
    to->heap[at] = rank;
}

// Puts the number of each received word, counted on this rank, to `answers`, and the different ones
// to `list`, if any; returns how many there are.
static int64_t merge(numbering *to, uint64_t *list)
{
    uint64_t *answers = to->answers->data, last = 0;
    int64_t distinct = 0;
    int size = 0;
    for (int r = 0; r < to->nranks; r++) {
        to->heads[r] = to->taken.offsets[r] / 8;
        if (has_more(to, r)) to->heap[size++] = r;
    }
    for (int at = size / 2 - 1; at >= 0; at--)
        sift(to, size, at);
    while (size > 0) {
        int rank = to->heap[0];
        uint64_t word = head_word(to, rank);
        distinct += distinct == 0 || word != last;
        last = word;
        if (list) list[distinct - 1] = word;
        answers[to->heads[rank]++] = (uint64_t)(distinct - 1);
        if (!has_more(to, rank)) to->heap[0] = to->heap[--size];
        if (size > 0) sift(to, size, 0);
    }
    return distinct;
}

// The numbers count from those of the ranks before.
static void answer(numbering *to, int64_t distinct, uint64_t *numbers, int64_t *n_global)
{
    int rank = mb_rank(to->cx);
    uint64_t *answers = to->answers->data, start = 0;
    int64_t *counts = to->heads, received = (int64_t)(to->answers->size / sizeof *answers);
    mb_gather_all(to->cx, &distinct, sizeof distinct, counts);
    *n_global = 0;
    for (int r = 0; r < to->nranks; r++) {
        if (r == rank) start = (uint64_t)*n_global;
        *n_global += counts[r];
    }
    for (int64_t i = 0; i < received; i++)
        answers[i] += start;
    mb_exchange(to->cx, answers, to->taken, numbers, to->sent);
}

static mb_status number_alone(mb_context *cx, const uint64_t *words, int64_t n, bool missing,
                              uint64_t *numbers, int64_t *n_global, mb_word_list *list)
{
    for (int64_t i = 0; i < n; i++)
        numbers[i] = (uint64_t)i;
    *n_global = n;
    if (!list) return MB_OK;
    list->n = n - missing;
    mb_status status = mb_buffer_new_array(cx, list->n, sizeof *words, &list->words);
    if (!status) memcpy(list->words->data, words, (size_t)list->n * sizeof *words);
    return status;
}

mb_status mb_number_words(mb_context *cx, const uint64_t *words, int64_t n, bool missing,
                          uint64_t *numbers, int64_t *n_global, mb_word_list *list)
{
    numbering to = {.cx = cx, .nranks = mb_nranks(cx), .words = words, .n = n - missing};
    mb_payload payload = {.max = {missing}};
    mb_word_list mine = {NULL, 0};
    int64_t received = 0;
    mb_status status;
    if (to.nranks == 1) return number_alone(cx, words, n, missing, numbers, n_global, list);
    MB_TRY(mb_step(cx, allocate(&to), &payload));
    choose_splitters(&to);
    cut(&to);
    mb_exchange_counts(cx, to.sent, to.taken);
    for (int r = 0; r < to.nranks; r++)
        received += to.taken.counts[r] / (int64_t)sizeof *words;
    status = mb_buffer_new_array(cx, received, sizeof *words, &to.received);
    if (!status) status = mb_buffer_new_array(cx, received, sizeof *words, &to.answers);
    if (!status && list) status = mb_buffer_new_array(cx, received, sizeof *words, &mine.words);
    MB_TRY(mb_step(cx, status, NULL));
    mb_exchange(cx, words, to.sent, to.received->data, to.taken);
    mine.n = merge(&to, mine.words ? mine.words->data : NULL);
    answer(&to, mine.n, numbers, n_global);
    if (payload.max[0]) *n_global += 1;
    if (missing) numbers[n - 1] = (uint64_t)*n_global - 1;
    if (list) *list = mine;
    mine.words = NULL;
done:
    mb_buffer_release(to.memory);
    mb_buffer_release(to.received);
    mb_buffer_release(to.answers);
    mb_buffer_release(mine.words);
    return status;
}
