#include "ops/match/interval.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/match/match_column.h"

typedef struct collecting {
    mb_context *cx;
    mb_kind kind;
    int64_t start;       // of this rank's rows
    mb_entries *entries; // words are starts, values positions
} collecting;

static mb_status add_interval(collecting *to, uint64_t start, uint64_t end, int64_t position)
{
    bool nan = mb_kind_has_nan(to->kind) && end == MB_ORDER_NAN;
    if (end < start || nan)
        return mb_fail(to->cx, MB_EINVALID, "find_interval: the interval at row %lld ends %s",
                       (long long)position, nan ? "at NaN" : "before it starts");
    int64_t at = to->entries->n++;
    ((uint64_t *)to->entries->words->data)[at] = start;
    ((uint64_t *)to->entries->ends->data)[at] = end;
    ((uint64_t *)to->entries->values->data)[at] = (uint64_t)position;
    return MB_OK;
}

static mb_status collect(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    collecting *to = state;
    uint64_t wide[2][MB_BLOCK_ROWS];
    uint8_t valid[2][MB_BLOCK_ROWS];
    const uint64_t *words[2];
    mb_status status = MB_OK;
    for (int side = 0; side < 2; side++) {
        words[side] = mb_match_words(to->cx->isa, to->kind, true, &blocks[side], n, wide[side]);
        memset(valid[side], 1, (size_t)n);
        if (blocks[side].validity) mb_validity_bytes(blocks[side].validity, n, valid[side]);
    }
    for (int64_t i = 0; i < n && !status; i++)
        if (valid[0][i] && valid[1][i])
            status = add_interval(to, words[0][i], words[1][i], to->start + first + i + 1);
    return status;
}

static mb_status collect_intervals(mb_context *cx, const mb_intervals *intervals,
                                   mb_entries *entries)
{
    mb_column *columns[] = {intervals->starts, intervals->ends};
    int64_t rows = mb_column_rows(intervals->starts);
    collecting to = {cx, intervals->starts->type->kind, 0, entries};
    to.start = intervals->starts->layout->start[mb_rank(cx)];
    mb_status status = mb_memory_need(cx, 24 * rows);
    if (!status) status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), &entries->words);
    if (!status) status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), &entries->values);
    if (!status) status = mb_buffer_new_array(cx, rows, sizeof(uint64_t), &entries->ends);
    if (!status) status = mb_evaluate(cx, columns, 2, collect, &to);
    return status;
}

static mb_status refuse_pair(mb_context *cx, uint64_t a, uint64_t b)
{
    return mb_fail(cx, MB_EINVALID, "find_interval: the intervals at rows %lld and %lld overlap",
                   (long long)(a < b ? a : b), (long long)(a < b ? b : a));
}

// Intervals in order overlap when one begins before the last one has ended, which may be the last
// of another rank.
static mb_status refuse_overlaps(mb_context *cx, const mb_key_index *index)
{
    const mb_entries *entries = &index->entries;
    const mb_last_entry *before = &index->before;
    const uint64_t *starts = entries->words->data, *ends = entries->ends->data;
    const uint64_t *positions = entries->values->data;
    if (entries->n && before->any && starts[0] <= before->end)
        return refuse_pair(cx, before->value, positions[0]);
    for (int64_t i = 1; i < entries->n; i++)
        if (starts[i] <= ends[i - 1]) return refuse_pair(cx, positions[i - 1], positions[i]);
    return MB_OK;
}

static mb_status look_up(mb_context *cx, const mb_key_index *index, int64_t nkeys,
                         mb_column *column, mb_column **result)
{
    const mb_match_column what = {.type = &mb_type_int};
    const mb_range guess = {1, (uint64_t)nkeys};
    return mb_match_build(cx, index, column, &what, &guess, result);
}

mb_status mb_find_intervals(mb_context *cx, const mb_intervals *intervals, mb_column **result)
{
    mb_entries entries = {0};
    mb_key_index index = {0};
    mb_status status = collect_intervals(cx, intervals, &entries);
    MB_TRY(mb_key_index_open_ordered(cx, status, &entries, mb_key_index_limit(intervals->column),
                                     &index));
    MB_TRY(refuse_overlaps(cx, &index));
    MB_TRY(look_up(cx, &index, intervals->starts->layout->n_global, intervals->column, result));
done:
    mb_entries_release(&entries);
    mb_key_index_close(&index);
    return status;
}

mb_status mb_find_last(mb_context *cx, mb_column *keys, mb_column *column, mb_column **result)
{
    mb_entries entries = {0};
    mb_key_index index = {0};
    mb_status status = mb_entries_collect(cx, keys, true, NULL, true, &entries);
    MB_TRY(mb_key_index_open_ordered(cx, status, &entries, mb_key_index_limit(column), &index));
    MB_TRY(look_up(cx, &index, keys->layout->n_global, column, result));
done:
    mb_entries_release(&entries);
    mb_key_index_close(&index);
    return status;
}
