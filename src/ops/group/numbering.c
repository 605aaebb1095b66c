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
    mb_buffer_release(numbering->places);
    free(numbering);
}

int64_t mb_numbering_share(const mb_numbering *numbering)
{
    return mb_layout_rows(numbering->groups, mb_rank(numbering->cx));
}

// Finds how many local groups each rank owns, and which of its own groups others have.
static mb_status connect(mb_numbering *numbering, int64_t n_global)
{
    mb_context *cx = numbering->cx;
    mb_shuffle *shuffle = &numbering->shuffle;
    const uint64_t *numbers = numbering->numbers->data;
    mb_buffer *came = NULL;
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
    status = mb_buffer_new_array(cx, n, sizeof *numbers, &came);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint32_t), &numbering->places);
    MB_TRY(mb_step(cx, status, NULL));
    mb_shuffle_send(shuffle, numbers, sizeof *numbers, came->data);
    uint64_t first = (uint64_t)numbering->groups->start[mb_rank(cx)];
    for (int64_t i = 0; i < n; i++)
        ((uint32_t *)numbering->places->data)[i] =
            (uint32_t)(((const uint64_t *)came->data)[i] - first);
done:
    mb_buffer_release(came);
    return status;
}

// --- Keys of the local groups: for each column its words, and which of them a group has.

typedef struct key {
    mb_column *column;  // owned; with values, in the layout of the rows
    mb_factors factors; // by itself; numbers are dropped when they are combined
    uint64_t *global;   // of each of its numbers, in `memory`
    mb_buffer *memory;
    int64_t n_global;
    mb_buffer *of_group; // uint32_t: its number in each local group
    bool missing;        // in any rank
} key;

typedef struct numbering_work {
    mb_context *cx;
    int nkeys;
    key keys[MB_MOST_ROOTS];
    mb_factors all; // of the keys so far together; words are pairs of numbers
    mb_buffer *numbers;
    int64_t n_global;
} numbering_work;

static void release_key(key *key)
{
    mb_column_release(key->column);
    mb_factors_release(&key->factors);
    mb_buffer_release(key->memory);
    mb_buffer_release(key->of_group);
}

mb_status mb_settle(mb_context *cx, mb_column *column, mb_layout *layout, mb_column **settled)
{
    mb_status status = mb_materialise(cx, column);
    if (status) return status;
    if (!mb_layout_equal(column->layout, layout)) return mb_realign(cx, column, layout, settled);
    *settled = mb_column_retain(column);
    return MB_OK;
}

static mb_status number(mb_context *cx, const mb_factors *factors, const uint64_t *words,
                        mb_status status, mb_buffer **memory, int64_t *n_global)
{
    if (!status) status = mb_buffer_new_array(cx, factors->n, sizeof(uint64_t), memory);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(
        mb_number_words(cx, words, factors->n, factors->missing, (*memory)->data, n_global, NULL));
done:
    return status;
}

// Factorises a column, and numbers its values over all ranks.
static mb_status factorise_key(mb_context *cx, mb_column *column, mb_layout *layout, bool alone,
                               key *key)
{
    mb_status status = mb_settle(cx, column, layout, &key->column);
    MB_TRY(mb_step(cx, status, NULL));
    mb_words words = mb_words_of(cx, key->column);
    status = alone ? mb_factorise_column(key->column, &key->factors)
                   : mb_factorise(&words, &key->factors);
    key->missing = key->column->facts.missing > 0;
    MB_TRY(number(cx, &key->factors, key->factors.words ? key->factors.words->data : NULL, status,
                  &key->memory, &key->n_global));
    key->global = key->memory->data;
done:
    return status;
}

// --- Several keys: the groups so far, each with the values that the next column has there.

// Splits the pairs that occur into what they are of, and makes them numbers that mean the same on
// all ranks.
static void split_pairs(const mb_factors *pairs, const uint64_t *global_a, const key *b,
                        uint32_t *of_a, uint32_t *of_b, uint64_t *global)
{
    const uint64_t *words = pairs->words->data, count = (uint64_t)b->factors.n;
    for (int64_t i = 0; i < pairs->n; i++) {
        uint64_t left = words[i] / count, right = words[i] % count;
        of_a[i] = (uint32_t)left;
        of_b[i] = (uint32_t)right;
        global[i] = global_a[left] * (uint64_t)b->n_global + b->global[right];
    }
}

// What the earlier keys are in each of the new groups.
static mb_status regroup_keys(numbering_work *work, int nkeys, const uint32_t *of_a, int64_t n)
{
    for (int k = 0; k < nkeys; k++) {
        mb_buffer *of_group;
        mb_status status = mb_buffer_new_array(work->cx, n, sizeof(uint32_t), &of_group);
        if (status) return status;
        const uint32_t *old = work->keys[k].of_group->data;
        for (int64_t i = 0; i < n; i++)
            ((uint32_t *)of_group->data)[i] = old[of_a[i]];
        mb_buffer_release(work->keys[k].of_group);
        work->keys[k].of_group = of_group;
    }
    return MB_OK;
}

static mb_status factorise_pairs(numbering_work *work, key *next, mb_factors *pairs)
{
    mb_factors *all = &work->all;
    mb_words words =
        mb_words_pair(work->cx, mb_column_rows(next->column), all->numbers->data, all->width,
                      next->factors.numbers->data, next->factors.width, (uint64_t)next->factors.n);
    mb_status status = mb_factorise(&words, pairs);
    mb_buffer_release(next->factors.numbers);
    next->factors.numbers = NULL;
    return status;
}

static mb_status check_pairs(numbering_work *work, const key *next)
{
    mb_uint128 pairs = (mb_uint128)(uint64_t)work->n_global * (uint64_t)next->n_global;
    if (pairs <= UINT64_MAX) return MB_OK;
    return mb_fail(work->cx, MB_EINVALID,
                   "group_by: %lld keys of the first columns and %lld of the next one are more "
                   "pairs than 64 bits can number; group by fewer columns",
                   (long long)work->n_global, (long long)next->n_global);
}

// Groups by one column more.
static mb_status combine(numbering_work *work, int k)
{
    mb_context *cx = work->cx;
    key *next = &work->keys[k];
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
        status = regroup_keys(work, k, of_a->data, pairs.n);
    }
    MB_TRY(number(cx, &pairs, global ? global->data : NULL, status, &numbers, &work->n_global));
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

// The groups of the first column: its values.
static mb_status begin(numbering_work *work)
{
    key *first = &work->keys[0];
    mb_status status =
        mb_buffer_new_array(work->cx, first->factors.n, sizeof(uint32_t), &first->of_group);
    if (status) return status;
    for (int64_t i = 0; i < first->factors.n; i++)
        ((uint32_t *)first->of_group->data)[i] = (uint32_t)i;
    work->all = first->factors;
    work->all.words = NULL;
    first->factors.numbers = NULL;
    first->factors.places = (mb_places){0};
    work->numbers = mb_buffer_retain(first->memory);
    work->n_global = first->n_global;
    return MB_OK;
}

static mb_status group_rows(numbering_work *work, mb_column *const *columns)
{
    mb_status status = MB_OK;
    for (int k = 0; k < work->nkeys; k++) {
        MB_TRY(factorise_key(work->cx, columns[k], columns[0]->layout, work->nkeys == 1,
                             &work->keys[k]));
        MB_TRY(k == 0 ? begin(work) : combine(work, k));
    }
done:
    return status;
}

// --- The keys of the groups as columns.

typedef struct key_column {
    mb_buffer *words, *there;           // of the local groups
    mb_buffer *came_words, *came_there; // of the received ones
    mb_buffer *values, *valid;          // of this rank's groups
    mb_builder *builder;
} key_column;

static mb_status prepare_key(const mb_numbering *numbering, const key *key, key_column *to)
{
    mb_context *cx = numbering->cx;
    int64_t local = numbering->local.n, came = numbering->shuffle.n_received;
    int64_t share = mb_numbering_share(numbering);
    mb_status status;
    MB_TRY(mb_buffer_new_array(cx, local, sizeof(uint64_t), &to->words));
    MB_TRY(mb_buffer_new_array(cx, came, sizeof(uint64_t), &to->came_words));
    MB_TRY(mb_buffer_new_array(cx, share, sizeof(uint64_t), &to->values));
    if (key->missing) {
        MB_TRY(mb_buffer_new_array(cx, local, 1, &to->there));
        MB_TRY(mb_buffer_new_array(cx, came, 1, &to->came_there));
        MB_TRY(mb_buffer_new_array(cx, share, 1, &to->valid));
    }
    const uint64_t *words = key->factors.words->data;
    const uint32_t *of_group = key->of_group->data;
    int64_t missing = key->factors.missing ? key->factors.n - 1 : -1;
    for (int64_t i = 0; i < local; i++) {
        ((uint64_t *)to->words->data)[i] = mb_words_value(key->column, words[of_group[i]]);
        if (key->missing) ((uint8_t *)to->there->data)[i] = of_group[i] != missing;
    }
    const mb_column *column = key->column;
    const mb_range *guess = column->facts.bounded ? &column->facts.range : NULL;
    MB_TRY(mb_builder_open(cx, column->type, share, guess, column->values.width, &to->builder));
done:
    return status;
}

static void place_key(const mb_numbering *numbering, const key *key, key_column *to)
{
    const uint32_t *places = numbering->places->data;
    mb_shuffle_send(&numbering->shuffle, to->words->data, sizeof(uint64_t), to->came_words->data);
    for (int64_t i = 0; i < numbering->shuffle.n_received; i++)
        ((uint64_t *)to->values->data)[places[i]] = ((const uint64_t *)to->came_words->data)[i];
    if (!key->missing) return;
    mb_shuffle_send(&numbering->shuffle, to->there->data, 1, to->came_there->data);
    for (int64_t i = 0; i < numbering->shuffle.n_received; i++)
        ((uint8_t *)to->valid->data)[places[i]] = ((const uint8_t *)to->came_there->data)[i];
}

static mb_status build_key(const mb_numbering *numbering, const key *key, int index,
                           mb_column **column)
{
    mb_context *cx = numbering->cx;
    key_column to = {0};
    mb_layout *layout = numbering->groups;
    int64_t share = mb_numbering_share(numbering);
    mb_status status;
    MB_TRY(mb_step(cx, prepare_key(numbering, key, &to), NULL));
    place_key(numbering, key, &to);
    mb_words_narrow(key->column->type->kind, key->column->values.width, to.values->data, share);
    status =
        mb_builder_append(to.builder, to.values->data, to.valid ? to.valid->data : NULL, share);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &to.builder, 1, &layout, index, column));
done:
    mb_buffer_release(to.words);
    mb_buffer_release(to.there);
    mb_buffer_release(to.came_words);
    mb_buffer_release(to.came_there);
    mb_buffer_release(to.values);
    mb_buffer_release(to.valid);
    mb_builder_close(to.builder);
    return status;
}

static mb_status new_numbering(numbering_work *work, mb_numbering **made)
{
    mb_numbering *numbering = mb_allocate(work->cx, 1, sizeof *numbering);
    if (!numbering) return MB_EMEMORY;
    numbering->cx = work->cx;
    numbering->rows = mb_layout_retain(work->keys[0].column->layout);
    numbering->local = work->all;
    numbering->numbers = mb_buffer_retain(work->numbers);
    mb_buffer_release(numbering->local.words);
    numbering->local.words = NULL;
    work->all = (mb_factors){0};
    *made = numbering;
    return MB_OK;
}

mb_status mb_number_groups(mb_context *cx, mb_column *const *columns, int ncolumns,
                           mb_numbering **numbering, mb_column **keys)
{
    numbering_work work = {.cx = cx, .nkeys = ncolumns};
    mb_column *made[MB_MOST_ROOTS] = {NULL};
    mb_numbering *groups = NULL;
    mb_status status;
    MB_TRY(group_rows(&work, columns));
    MB_TRY(mb_step(cx, new_numbering(&work, &groups), NULL));
    MB_TRY(connect(groups, work.n_global));
    for (int k = 0; keys && k < ncolumns; k++)
        MB_TRY(build_key(groups, &work.keys[k], k, &made[k]));
    if (keys) memcpy(keys, made, (size_t)ncolumns * sizeof *keys);
    memset(made, 0, sizeof made);
    *numbering = groups;
    groups = NULL;
done:
    for (int k = 0; k < ncolumns; k++) {
        release_key(&work.keys[k]);
        mb_column_release(made[k]);
    }
    mb_factors_release(&work.all);
    mb_buffer_release(work.numbers);
    mb_numbering_close(groups);
    return status;
}
