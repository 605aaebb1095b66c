#include "ops/group/numbering.h"

#include <stdlib.h>
#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"

void mb_numbering_close(mb_numbering *numbering)
{
    if (!numbering) return;
    mb_layout_release(numbering->rows);
    mb_layout_release(numbering->groups);
    mb_factors_release(&numbering->local);
    mb_buffer_release(numbering->numbers);
    mb_shuffle_close(&numbering->shuffle);
    mb_buffer_release(numbering->group_ids);
    free(numbering);
}

int64_t mb_numbering_share(const mb_numbering *numbering)
{
    return mb_layout_rows(numbering->groups, mb_rank(numbering->cx));
}

// Opens the shuffle of local groups to their owners, and sends the numbers of the groups.
static mb_status connect(mb_numbering *numbering, int64_t n_global)
{
    mb_context *cx = numbering->cx;
    mb_shuffle *shuffle = &numbering->shuffle;
    const uint64_t *numbers = numbering->numbers->data;
    mb_buffer *received = NULL;
    mb_status status = mb_layout_even(cx, n_global, &numbering->groups);
    if (!status) status = mb_shuffle_open(cx, 0, shuffle);
    MB_TRY(mb_step(cx, status, NULL));
    int owner = 0;
    for (int64_t i = 0; i < numbering->local.n; i++) {
        while ((int64_t)numbers[i] >= numbering->groups->start[owner + 1])
            owner++;
        shuffle->sent.counts[owner]++;
    }
    mb_shuffle_route(shuffle);
    mb_shuffle_count(shuffle);
    int64_t n = shuffle->n_received;
    status = mb_buffer_new_array(cx, n, sizeof *numbers, &received);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint32_t), &numbering->group_ids);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_send(shuffle, numbers, sizeof *numbers, received->data);
    uint64_t first = (uint64_t)numbering->groups->start[mb_rank(cx)];
    for (int64_t i = 0; i < n; i++)
        ((uint32_t *)numbering->group_ids->data)[i] =
            (uint32_t)(((const uint64_t *)received->data)[i] - first);
done:
    mb_buffer_release(received);
    return status;
}

// --- The local groups: those of the first word of the keys, split by one word after another.

typedef struct word {
    mb_factors factors; // of this word alone; numbers are dropped when they are combined
    mb_buffer *global;  // uint64_t: the number over all ranks of each of its local ones
    int64_t n_global;
    mb_buffer *of_group; // uint32_t: its number in each local group
} word;

typedef struct numbering_work {
    mb_context *cx;
    const mb_group_keys *keys;
    mb_layout *rows;
    mb_key_reader reader;
    word words[MB_MOST_FIELDS];
    mb_factors all; // of the words so far together; words are pairs of numbers
    mb_buffer *numbers;
    int64_t n_global;
} numbering_work;

static void release_word(word *word)
{
    mb_factors_release(&word->factors);
    mb_buffer_release(word->global);
    mb_buffer_release(word->of_group);
}

// Numbers words over all ranks; `status` is that of factorising them on this one.
static mb_status number(mb_context *cx, mb_status status, const mb_buffer *words, int64_t n,
                        mb_buffer **numbers, int64_t *n_global)
{
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), numbers);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_number_words(cx, words->data, n, (*numbers)->data, n_global, NULL));
done:
    return status;
}

static mb_status factorise_word(numbering_work *work, int w)
{
    const mb_group_keys *keys = work->keys;
    word *to = &work->words[w];
    mb_key_words words = mb_key_words_of(work->cx, &keys->packed, &work->reader, w,
                                         mb_layout_rows(work->rows, mb_rank(work->cx)));
    bool direct = keys->n == 1 && mb_direct_fits(keys->codes[0]);
    mb_status status = direct ? mb_factorise_direct(keys->codes[0], &to->factors)
                              : mb_factorise(&words, &to->factors);
    return number(work->cx, status, to->factors.words, to->factors.n, &to->global, &to->n_global);
}

// Splits each pair that occurs into its two local numbers, and packs their numbers over all ranks.
static void split_pairs(const mb_factors *pairs, const uint64_t *global_a, const word *b,
                        uint32_t *of_a, uint32_t *of_b, uint64_t *global)
{
    const uint64_t *words = pairs->words->data, count = (uint64_t)b->factors.n;
    const uint64_t *global_b = b->global->data;
    for (int64_t i = 0; i < pairs->n; i++) {
        uint64_t left = words[i] / count, right = words[i] % count;
        of_a[i] = (uint32_t)left;
        of_b[i] = (uint32_t)right;
        global[i] = global_a[left] * (uint64_t)b->n_global + global_b[right];
    }
}

// The local numbers of the earlier words in each of the new groups.
static mb_status regroup_words(numbering_work *work, int nwords, const uint32_t *of_a, int64_t n)
{
    for (int w = 0; w < nwords; w++) {
        mb_buffer *of_group;
        mb_status status = mb_buffer_new_array(work->cx, n, sizeof(uint32_t), &of_group);
        if (status) return status;
        const uint32_t *old = work->words[w].of_group->data;
        for (int64_t i = 0; i < n; i++)
            ((uint32_t *)of_group->data)[i] = old[of_a[i]];
        mb_buffer_release(work->words[w].of_group);
        work->words[w].of_group = of_group;
    }
    return MB_OK;
}

static mb_status factorise_pairs(numbering_work *work, word *next, mb_factors *pairs)
{
    mb_factors *all = &work->all, *factors = &next->factors;
    mb_key_words words = {.cx = work->cx,
                          .n = mb_layout_rows(work->rows, mb_rank(work->cx)),
                          .numbers = {all->numbers->data, factors->numbers->data},
                          .widths = {all->width, factors->width},
                          .count = (uint64_t)factors->n};
    if (all->n && factors->n) words.largest = (uint64_t)all->n * words.count - 1;
    mb_status status = mb_factorise(&words, pairs);
    mb_buffer_release(factors->numbers);
    factors->numbers = NULL;
    return status;
}

static mb_status check_pairs(numbering_work *work, const word *next)
{
    mb_uint128 pairs = (mb_uint128)(uint64_t)work->n_global * (uint64_t)next->n_global;
    if (pairs <= UINT64_MAX) return MB_OK;
    return mb_fail(work->cx, MB_EINVALID,
                   "group_by: %lld keys of the first columns and %lld of the next ones are more "
                   "pairs than 64 bits can number; group by fewer columns",
                   (long long)work->n_global, (long long)next->n_global);
}

// Splits the groups by one more word.
static mb_status combine(numbering_work *work, int w)
{
    mb_context *cx = work->cx;
    word *next = &work->words[w];
    mb_factors pairs = {0};
    mb_buffer *of_a = NULL, *global = NULL, *numbers = NULL;
    mb_status status = check_pairs(work, next);
    if (!status) status = factorise_pairs(work, next, &pairs);
    if (!status) status = mb_buffer_new_array(cx, pairs.n, sizeof(uint32_t), &of_a);
    if (!status) status = mb_buffer_new_array(cx, pairs.n, sizeof(uint32_t), &next->of_group);
    if (!status) status = mb_buffer_new_array(cx, pairs.n, sizeof(uint64_t), &global);
    if (!status) {
        split_pairs(&pairs, work->numbers->data, next, of_a->data, next->of_group->data,
                    global->data);
        status = regroup_words(work, w, of_a->data, pairs.n);
    }
    MB_TRY(number(cx, status, global, pairs.n, &numbers, &work->n_global));
    mb_factors_release(&work->all);
    mb_buffer_release(work->numbers);
    work->all = pairs;
    work->numbers = numbers;
    pairs = (mb_factors){0};
    numbers = NULL;
done:
    mb_factors_release(&pairs);
    mb_buffer_release(of_a);
    mb_buffer_release(global);
    mb_buffer_release(numbers);
    return status;
}

// The groups of the first word.
static mb_status begin(numbering_work *work)
{
    word *first = &work->words[0];
    mb_status status =
        mb_buffer_new_array(work->cx, first->factors.n, sizeof(uint32_t), &first->of_group);
    if (status) return status;
    for (int64_t i = 0; i < first->factors.n; i++)
        ((uint32_t *)first->of_group->data)[i] = (uint32_t)i;
    work->all = first->factors;
    work->all.words = NULL;
    first->factors.numbers = NULL;
    first->factors.direct = (mb_direct){0};
    work->numbers = mb_buffer_retain(first->global);
    work->n_global = first->n_global;
    return MB_OK;
}

static mb_status group_rows(numbering_work *work)
{
    const mb_group_keys *keys = work->keys;
    mb_status status;
    MB_TRY(mb_step(work->cx,
                   mb_key_reader_open(work->cx, &keys->packed, keys->codes, &work->reader), NULL));
    for (int w = 0; w < keys->packed.nwords; w++) {
        MB_TRY(factorise_word(work, w));
        MB_TRY(w == 0 ? begin(work) : combine(work, w));
    }
done:
    return status;
}

// --- The keys of the groups as columns.

typedef struct key_columns {
    mb_buffer *local, *received;         // a word of the groups
    mb_buffer *owned[MB_MOST_FIELDS];    // each word of this rank's groups
    mb_builder *builders[MB_MOST_ROOTS]; // of each key
} key_columns;

static mb_status open_columns(const mb_numbering *numbering, const mb_group_keys *keys,
                              key_columns *to)
{
    mb_context *cx = numbering->cx;
    int64_t share = mb_numbering_share(numbering);
    mb_status status;
    MB_TRY(mb_buffer_new_array(cx, numbering->local.n, sizeof(uint64_t), &to->local));
    MB_TRY(mb_buffer_new_array(cx, numbering->shuffle.n_received, sizeof(uint64_t), &to->received));
    for (int w = 0; w < keys->packed.nwords; w++)
        MB_TRY(mb_buffer_new_array(cx, share, sizeof(uint64_t), &to->owned[w]));
    MB_TRY(mb_group_keys_builders(keys, share, to->builders));
done:
    return status;
}

// Sends the words of the local groups to the groups' owners.
static void bring_words(const mb_numbering *numbering, const word *word, key_columns *to,
                        uint64_t *owned)
{
    const uint64_t *words = word->factors.words->data, *received = to->received->data;
    const uint32_t *of_group = word->of_group->data, *group_ids = numbering->group_ids->data;
    uint64_t *local = to->local->data;
    for (int64_t i = 0; i < numbering->local.n; i++)
        local[i] = words[of_group[i]];
    mb_shuffle_send(&numbering->shuffle, local, sizeof *local, to->received->data);
    for (int64_t i = 0; i < numbering->shuffle.n_received; i++)
        owned[group_ids[i]] = received[i];
}

static mb_status append_keys(const mb_numbering *numbering, const mb_group_keys *keys,
                             key_columns *to)
{
    uint64_t *words[MB_MOST_FIELDS];
    int64_t share = mb_numbering_share(numbering);
    mb_status status = MB_OK;
    for (int64_t first = 0; first < share && !status; first += MB_KEY_ROWS) {
        int64_t n = share - first < MB_KEY_ROWS ? share - first : MB_KEY_ROWS;
        for (int w = 0; w < keys->packed.nwords; w++)
            words[w] = (uint64_t *)to->owned[w]->data + first;
        status = mb_group_keys_append(keys, words, n, to->builders);
    }
    return status;
}

static mb_status build_keys(const numbering_work *work, const mb_numbering *numbering,
                            mb_column **columns)
{
    mb_context *cx = numbering->cx;
    const mb_group_keys *keys = work->keys;
    mb_layout *layouts[MB_MOST_ROOTS];
    key_columns to = {0};
    mb_status status;
    MB_TRY(mb_step(cx, open_columns(numbering, keys, &to), NULL));
    for (int w = 0; w < keys->packed.nwords; w++)
        bring_words(numbering, &work->words[w], &to, to.owned[w]->data);
    for (int k = 0; k < keys->n; k++)
        layouts[k] = numbering->groups;
    MB_TRY(mb_step(cx, append_keys(numbering, keys, &to), NULL));
    MB_TRY(mb_builder_finish(cx, to.builders, keys->n, layouts, 0, columns));
done:
    mb_buffer_release(to.local);
    mb_buffer_release(to.received);
    for (int w = 0; w < keys->packed.nwords; w++)
        mb_buffer_release(to.owned[w]);
    for (int k = 0; k < keys->n; k++)
        mb_builder_close(to.builders[k]);
    return status;
}

static mb_status new_numbering(numbering_work *work, mb_numbering **made)
{
    mb_numbering *numbering = mb_allocate(work->cx, 1, sizeof *numbering);
    if (!numbering) return MB_EMEMORY;
    numbering->cx = work->cx;
    numbering->rows = mb_layout_retain(work->rows);
    numbering->local = work->all;
    numbering->numbers = mb_buffer_retain(work->numbers);
    mb_buffer_release(numbering->local.words);
    numbering->local.words = NULL;
    work->all = (mb_factors){0};
    *made = numbering;
    return MB_OK;
}

mb_status mb_number_groups(const mb_group_keys *keys, mb_numbering **numbering, mb_column **columns)
{
    mb_context *cx = keys->cx;
    numbering_work work = {.cx = cx, .keys = keys, .rows = keys->columns[0]->layout};
    mb_numbering *groups = NULL;
    mb_status status;
    MB_TRY(group_rows(&work));
    MB_TRY(mb_step(cx, new_numbering(&work, &groups), NULL));
    MB_TRY(connect(groups, work.n_global));
    if (columns) MB_TRY(build_keys(&work, groups, columns));
    *numbering = groups;
    groups = NULL;
done:
    mb_key_reader_close(&work.reader);
    for (int w = 0; w < keys->packed.nwords; w++)
        release_word(&work.words[w]);
    mb_factors_release(&work.all);
    mb_buffer_release(work.numbers);
    mb_numbering_close(groups);
    return status;
}
