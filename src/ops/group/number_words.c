// Numbering the words of all ranks: each word is sent to the rank that splitters assign, which
// merges what it receives, numbers the distinct words, and replies with the numbers.

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "comm/splitters.h"
#include "ops/group/numbering.h"

typedef struct numbering {
    mb_context *cx;
    int nranks;
    const uint64_t *words;
    int64_t n;
    mb_splitters splitters;
    mb_shuffle shuffle;
    mb_buffer *memory, *received, *answers;
    int64_t *heads; // of the words from each rank, and a heap of those that have words
    int *heap;
} numbering;

static mb_status allocate(numbering *to)
{
    const int64_t ranks = to->nranks;
    mb_status status = mb_buffer_new_array(to->cx, 2 * ranks, sizeof(int64_t), &to->memory);
    if (!status) status = mb_splitters_open(to->cx, &to->splitters);
    if (!status) status = mb_shuffle_open(to->cx, 0, &to->shuffle);
    if (status) return status;
    to->heads = to->memory->data;
    to->heap = (int *)(to->heads + ranks);
    return MB_OK;
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

static void route(numbering *to)
{
    int64_t start = 0;
    mb_splitters_choose(&to->splitters, to->words, to->n, sizeof *to->words);
    for (int r = 0; r < to->nranks; r++) {
        int64_t end = to->n;
        if (r + 1 < to->nranks) end = lower_bound(to->words, to->n, to->splitters.words[r]);
        to->shuffle.sent.counts[r] = end - start;
        start = end;
    }
    mb_shuffle_route(&to->shuffle);
    mb_shuffle_count(&to->shuffle);
}

// --- A k-way merge of the words from each rank: a heap of their heads.

static inline uint64_t head_word(const numbering *to, int rank)
{
    return ((const uint64_t *)to->received->data)[to->heads[rank]];
}

static inline bool has_more(const numbering *to, int rank)
{
    const mb_partition received = to->shuffle.received;
    return to->heads[rank] < received.starts[rank] + received.counts[rank];
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

// Writes the number of each received word, counted on this rank, to `answers`, and the distinct
// words to `list`, if any; returns how many these are.
static int64_t merge(numbering *to, uint64_t *list)
{
    uint64_t *answers = to->answers->data, last = 0;
    int64_t distinct = 0;
    int size = 0;
    for (int r = 0; r < to->nranks; r++) {
        to->heads[r] = to->shuffle.received.starts[r];
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

// Adds the number of distinct words on the ranks before.
static void answer(numbering *to, int64_t distinct, uint64_t *numbers, int64_t *n_global)
{
    int rank = mb_rank(to->cx);
    uint64_t *answers = to->answers->data, start = 0;
    int64_t *counts = to->heads;
    mb_gather_all(to->cx, &distinct, sizeof distinct, counts);
    *n_global = 0;
    for (int r = 0; r < to->nranks; r++) {
        if (r == rank) start = (uint64_t)*n_global;
        *n_global += counts[r];
    }
    for (int64_t i = 0; i < to->shuffle.n_received; i++)
        answers[i] += start;
    mb_shuffle_reply(&to->shuffle, answers, sizeof *answers, numbers);
}

static mb_status number_alone(mb_context *cx, const uint64_t *words, int64_t n, uint64_t *numbers,
                              int64_t *n_global, mb_word_list *list)
{
    for (int64_t i = 0; i < n; i++)
        numbers[i] = (uint64_t)i;
    *n_global = n;
    if (!list) return MB_OK;
    list->n = n;
    mb_status status = mb_buffer_new_array(cx, list->n, sizeof *words, &list->words);
    if (!status) memcpy(list->words->data, words, (size_t)list->n * sizeof *words);
    return status;
}

mb_status mb_number_words(mb_context *cx, const uint64_t *words, int64_t n, uint64_t *numbers,
                          int64_t *n_global, mb_word_list *list)
{
    numbering to = {.cx = cx, .nranks = mb_nranks(cx), .words = words, .n = n};
    mb_word_list mine = {NULL, 0};
    int64_t received = 0;
    mb_status status;
    if (to.nranks == 1) return number_alone(cx, words, n, numbers, n_global, list);
    MB_TRY(mb_step(cx, allocate(&to), NULL));
    route(&to);
    received = to.shuffle.n_received;
    status = mb_buffer_new_array(cx, received, sizeof *words, &to.received);
    if (!status) status = mb_buffer_new_array(cx, received, sizeof *words, &to.answers);
    if (!status && list) status = mb_buffer_new_array(cx, received, sizeof *words, &mine.words);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_send(&to.shuffle, words, sizeof *words, to.received->data);
    mine.n = merge(&to, mine.words ? mine.words->data : NULL);
    answer(&to, mine.n, numbers, n_global);
    if (list) *list = mine;
    mine.words = NULL;
done:
    mb_splitters_close(&to.splitters);
    mb_shuffle_close(&to.shuffle);
    mb_buffer_release(to.memory);
    mb_buffer_release(to.received);
    mb_buffer_release(to.answers);
    mb_buffer_release(mine.words);
    return status;
}
