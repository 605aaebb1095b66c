#include "ops/match/join.h"

#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/exchange.h"
#include "ops/count/counted.h"
#include "ops/match/answers.h"
#include "ops/move/gather.h"

// Where the right rows of a key are listed, and how many they are, in one word.
enum { COUNT_BITS = 32 };

static inline int64_t run_start(uint64_t run)
{
    return (int64_t)(run >> COUNT_BITS);
}

static inline int64_t run_count(uint64_t run)
{
    return (int64_t)(run & UINT32_MAX);
}

typedef struct joining {
    mb_context *cx;
    const mb_join *join;
    mb_directory directory;
    mb_buffer *list;  // right positions of this rank's keys, key by key
    mb_buffer *runs;  // of each left row of this rank: its run, 0 for none
    int64_t filled;   // left rows so far
    int64_t n, total; // rows of the result, on this rank and on all
} joining;

// --- Listing the rows of each key.

// The first entry with the same key, for each.
static void find_firsts(joining *j, int64_t *firsts)
{
    const mb_entries *entries = &j->directory.entries;
    const uint64_t *words = entries->words->data;
    for (int64_t at = 0; at < entries->n; at += MB_HASH_ROWS)
        mb_hash_index_find(j->cx, &j->directory.index, words + at,
                           entries->n - at < MB_HASH_ROWS ? entries->n - at : MB_HASH_ROWS,
                           firsts + at);
}

// Lists the positions that are the entries' values, and makes runs of the list their values; the
// list begins at `base` among those of all ranks.
static void list_rows(joining *j, int64_t base, int64_t *firsts, int64_t *next)
{
    const mb_entries *entries = &j->directory.entries;
    uint64_t *values = entries->values->data, *list = j->list->data;
    int64_t n = entries->n, start = 0;
    memset(next, 0, (size_t)n * sizeof *next);
    for (int64_t i = 0; i < n; i++)
        next[firsts[i]]++;
    for (int64_t i = 0; i < n; i++) {
        int64_t count = next[i];
        list[i] = values[i]; // not yet in order
        values[i] = (uint64_t)(base + start) << COUNT_BITS | (uint64_t)count;
        next[i] = start;
        start += count;
    }
    // Where each position belongs: the next place of its key's run.
    for (int64_t i = 0; i < n; i++)
        firsts[i] = next[firsts[i]]++;
}

// Puts list[i] at places[i]; `scratch` has room for the list.
static void reorder(uint64_t *list, const int64_t *places, int64_t n, uint64_t *scratch)
{
    memcpy(scratch, list, (size_t)n * sizeof *list);
    for (int64_t i = 0; i < n; i++)
        list[places[i]] = scratch[i];
}

static mb_status make_lists(joining *j)
{
    mb_context *cx = j->cx;
    int64_t n = j->directory.entries.n, base = 0;
    mb_buffer *firsts = NULL, *next = NULL, *ns = NULL;
    mb_status status = mb_memory_need(cx, 24 * n + 8 * mb_column_rows(j->join->left));
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(int64_t), &firsts);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(int64_t), &next);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(int64_t), &j->list);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(int64_t), &ns);
    if (!status) status = mb_directory_index_entries(cx, &j->directory);
    MB_TRY(mb_step(cx, status, NULL));
    mb_gather_all(cx, &n, sizeof n, ns->data);
    for (int r = 0; j->directory.dealt && r < mb_rank(cx); r++)
        base += ((int64_t *)ns->data)[r];
    find_firsts(j, firsts->data);
    list_rows(j, base, firsts->data, next->data);
    reorder(j->list->data, firsts->data, n, next->data);
done:
    mb_buffer_release(firsts);
    mb_buffer_release(next);
    mb_buffer_release(ns);
    return status;
}

// --- Pairing.

static mb_status take_runs(void *state, const uint64_t *values, const uint8_t *answers,
                           const uint8_t *valid, int64_t n)
{
    joining *j = state;
    uint64_t *runs = (uint64_t *)j->runs->data + j->filled;
    for (int64_t i = 0; i < n; i++) {
        runs[i] = answers[i] == MB_THERE && (!valid || valid[i]) ? values[i] : 0;
        j->n += j->join->keep && !runs[i] ? 1 : run_count(runs[i]);
    }
    j->filled += n;
    return MB_OK;
}

// Fails where this rank's rows of the result would not fit what is left of the budget.
static mb_status check_size(const joining *j)
{
    const double giga = 1e9;
    const mb_memory *memory = &j->cx->memory;
    double bytes = (double)j->n * (double)j->join->row_bytes;
    double left = (double)memory->budget - (double)memory->live;
    if (bytes <= left) return MB_OK;
    return mb_fail(
        j->cx, MB_EMEMORY,
        "out of memory: the result would have %lld rows, %.3g GB in all; this rank would "
        "hold %.3g GB and has %.3g GB left",
        (long long)j->total, (double)j->total * (double)j->join->row_bytes / giga, bytes / giga,
        left / giga);
}

enum { PIECE = 2048 }; // rows of the result that are made at once

typedef struct pairs {
    mb_builder *builders[2];
    uint64_t left[PIECE], right[PIECE];
    uint8_t there[PIECE];
    int64_t n;
} pairs;

static mb_status flush(pairs *to)
{
    mb_status status = mb_builder_append(to->builders[0], to->left, NULL, to->n);
    if (!status) status = mb_builder_append(to->builders[1], to->right, to->there, to->n);
    to->n = 0;
    return status;
}

// The pairs of a left row. The right of a directory that is dealt out is a place in the list.
static mb_status pair_row(const joining *j, uint64_t left, uint64_t run, pairs *to)
{
    const uint64_t *list = j->list->data;
    int64_t count = run_count(run), start = run_start(run);
    mb_status status = MB_OK;
    bool alone = count == 0 && j->join->keep;
    for (int64_t k = 0; k < count + alone && !status; k++) {
        to->left[to->n] = left;
        to->there[to->n] = !alone;
        to->right[to->n] = alone                ? 0
                           : j->directory.dealt ? (uint64_t)(start + k + 1)
                                                : list[start + k];
        if (++to->n == PIECE) status = flush(to);
    }
    return status;
}

static mb_status make_pairs(joining *j, mb_layout *layout, mb_column *made[2])
{
    mb_context *cx = j->cx;
    const mb_layout *left = j->join->left->layout;
    const uint64_t *runs = j->runs->data;
    mb_range guess = {1, (uint64_t)left->n_global};
    mb_layout *layouts[2] = {layout, layout};
    pairs to = {.n = 0};
    int64_t start = left->start[mb_rank(cx)];
    mb_status status = check_size(j);
    if (!status) status = mb_builder_open(cx, MB_INT, j->n, &guess, 8, &to.builders[0]);
    guess.maximum = (uint64_t)j->join->right->layout->n_global;
    if (!status) status = mb_builder_open(cx, MB_INT, j->n, &guess, 8, &to.builders[1]);
    for (int64_t i = 0; i < j->filled && !status; i++)
        status = pair_row(j, (uint64_t)(start + i + 1), runs[i], &to);
    if (!status) status = flush(&to);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, to.builders, 2, layouts, 0, made));
done:
    mb_builder_close(to.builders[0]);
    mb_builder_close(to.builders[1]);
    return status;
}

// Right positions for places in the list of all ranks.
static mb_status places_to_rows(joining *j, mb_column **places)
{
    mb_context *cx = j->cx;
    mb_range guess = {1, (uint64_t)j->join->right->layout->n_global};
    mb_builder *builder = NULL;
    mb_layout *layout = NULL;
    mb_column *list = NULL, *rows = NULL;
    mb_status status;
    int64_t n = j->directory.entries.n;
    MB_TRY(mb_layout_gather(cx, n, NULL, &layout));
    status = mb_builder_open(cx, MB_INT, n, &guess, 8, &builder);
    if (!status) status = mb_builder_append(builder, j->list->data, NULL, n);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &builder, 1, &layout, 2, &list));
    MB_TRY(mb_gather(cx, &list, 1, *places, &rows));
    mb_column_release(*places);
    *places = rows;
done:
    mb_builder_close(builder);
    mb_layout_release(layout);
    mb_column_release(list);
    return status;
}

static mb_status pair_all(joining *j, mb_column *positions[2])
{
    mb_context *cx = j->cx;
    mb_column *made[2] = {NULL, NULL};
    mb_layout *layout = NULL;
    mb_status status;
    MB_TRY(make_lists(j));
    status = mb_buffer_new_array(cx, mb_column_rows(j->join->left), sizeof(uint64_t), &j->runs);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_directory_ask(cx, &j->directory, j->join->left, take_runs, j);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_layout_gather(cx, j->n, NULL, &layout));
    j->total = layout->n_global;
    MB_TRY(make_pairs(j, layout, made));
    if (j->directory.dealt) MB_TRY(places_to_rows(j, &made[1]));
    MB_TRY(mb_column_level(cx, &made[0]));
    MB_TRY(mb_column_level(cx, &made[1]));
    mb_column_identify(made[1], 1);
    positions[0] = made[0];
    positions[1] = made[1];
    made[0] = made[1] = NULL;
done:
    mb_layout_release(layout);
    mb_column_release(made[0]);
    mb_column_release(made[1]);
    return status;
}

static mb_status pair_once(joining *j, mb_column *positions[2])
{
    const mb_column *values = j->join->values;
    const mb_answers what = {.type = values ? values->type : MB_INT};
    mb_range range = {1, (uint64_t)j->join->right->layout->n_global};
    if (values) range = values->range;
    const mb_range *guess = !values || values->bounded ? &range : NULL;
    return mb_answers_build(j->cx, &j->directory, j->join->left, &what, guess, &positions[1]);
}

// The right keys in a directory, with rows of `values` or their positions; whether one repeats.
static mb_status open_directory(joining *j, mb_column *values, bool *repeats)
{
    mb_context *cx = j->cx;
    mb_entries entries = {0};
    mb_status status = mb_entries_collect(cx, j->join->right, false, values, !values, &entries);
    status = mb_directory_open(cx, status, &entries, MB_HASH_FIND,
                               mb_directory_enough(j->join->left), &j->directory);
    mb_payload payload = {.count = !status && j->directory.index.duplicate >= 0};
    MB_TRY(mb_step(cx, status, &payload));
    *repeats = payload.count > 0;
done:
    mb_entries_release(&entries);
    return status;
}

mb_status mb_join_positions(mb_context *cx, const mb_join *join, mb_column *positions[2])
{
    joining j = {.cx = cx, .join = join};
    bool repeats;
    mb_status status;
    int64_t rows = join->right->layout->n_global;
    if (rows > UINT32_MAX)
        return mb_fail(cx, MB_EINVALID, "join: a right table of %lld rows; the most are 2^32 - 1",
                       (long long)rows);
    positions[0] = positions[1] = NULL;
    MB_TRY(open_directory(&j, join->values, &repeats));
    if (repeats && join->values) {
        mb_directory_close(&j.directory);
        MB_TRY(open_directory(&j, NULL, &repeats));
    }
    MB_TRY(repeats ? pair_all(&j, positions) : pair_once(&j, positions));
done:
    mb_directory_close(&j.directory);
    mb_buffer_release(j.list);
    mb_buffer_release(j.runs);
    return status;
}
