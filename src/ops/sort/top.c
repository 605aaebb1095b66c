#include "ops/sort/top.h"

#include <stdlib.h>
#include <string.h>

#include "column/builder.h"
#include "column/ranges.h"
#include "column/realign.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/move/gather.h"
#include "ops/move/rows.h"
#include "ops/sort/sort.h"
#include "order/keys.h"

// A row, by its code: the lowest ones are wanted.
typedef struct candidate {
    uint64_t code;
    int64_t position;
} candidate;

typedef struct search {
    mb_context *cx;
    mb_column *column;
    bool largest;
    mb_keys keys;
    int64_t k;
    int64_t start;   // position of this rank's first row
    uint64_t last;   // codes above it are not wanted
    bool full;       // and no others either
    int64_t numbers; // rows with a code up to it, where they are only counted
    mb_buffer *memory;
    candidate *found; // in row order; `room` of them
    uint64_t *codes;  // scratch of 2 * room
    int64_t n, room;
} search;

enum {
    SPARE = 4096,            // candidates before the first cut
    MOST_GATHERED = 1 << 20, // of all ranks
    FEWEST_OF = 8,           // one row in so many at most is searched for; else sorted
};

// Keeps the best k: of those with the last code the first ones.
static void keep_best(search *search)
{
    if (search->n <= search->k) return;
    for (int64_t i = 0; i < search->n; i++)
        search->codes[i] = search->found[i].code;
    const uint64_t *sorted = mb_order_kernels_of(search->cx->isa)
                                 ->sort(search->codes, search->codes + search->room, search->n, 0);
    search->last = sorted[search->k - 1];
    int64_t ties = search->k, kept = 0;
    while (ties > 0 && sorted[ties - 1] == search->last)
        ties--;
    ties = search->k - ties; // to be kept
    for (int64_t i = 0; i < search->n; i++) {
        candidate candidate = search->found[i];
        if (candidate.code > search->last || (candidate.code == search->last && ties-- <= 0))
            continue;
        search->found[kept++] = candidate;
    }
    search->n = kept;
    search->full = search->last == 0;
    if (!search->full) search->last--; // of equal rows the first ones are found
}

static mb_status search_block(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    search *search = state;
    const uint64_t *codes = words[0], last = search->last;
    bool any = false;
    for (int64_t i = 0; i < n; i++)
        any |= codes[i] <= last;
    for (int64_t i = 0; any && i < n; i++) {
        if (codes[i] > search->last || search->full) continue;
        search->found[search->n++] = (candidate){codes[i], search->start + first + i};
        if (search->n == search->room) keep_best(search);
    }
    return MB_OK;
}

// The code of the best value of a block of rows.
static uint64_t best_code(const search *search, const mb_range *range)
{
    const mb_key_bounds *bounds = &search->keys.bounds[0];
    if (search->largest) return bounds->high - mb_order_bits(bounds->kind, range->maximum);
    return mb_order_bits(bounds->kind, range->minimum) - bounds->low;
}

// At least k rows are as good as the k-th best block's best row.
static void bound_by_ranges(search *search, const mb_range *ranges, int64_t nblocks)
{
    if (nblocks < search->k || nblocks > search->room) return;
    for (int64_t b = 0; b < nblocks; b++)
        search->codes[b] = best_code(search, &ranges[b]);
    const uint64_t *sorted = mb_order_kernels_of(search->cx->isa)
                                 ->sort(search->codes, search->codes + search->room, nblocks, 0);
    if (sorted[search->k - 1] < search->last) search->last = sorted[search->k - 1];
}

static mb_status search_ranges(search *search)
{
    mb_column *column = search->column;
    const mb_range *ranges = column->facts.ranges->data;
    int64_t rows = mb_column_rows(column);
    mb_status status = MB_OK;
    bound_by_ranges(search, ranges, (rows + MB_STATISTICS_ROWS - 1) / MB_STATISTICS_ROWS);
    for (int64_t first = 0; first < rows && !status; first += MB_STATISTICS_ROWS) {
        int64_t n = rows - first < MB_STATISTICS_ROWS ? rows - first : MB_STATISTICS_ROWS;
        if (best_code(search, &ranges[first / MB_STATISTICS_ROWS]) > search->last) continue;
        if (search->full) break;
        status = mb_keys_some(search->cx, &search->keys, &column, first, n, search_block, search);
    }
    return status;
}

// This rank's best k rows, in row order. Blocks without valid rows have no true bounds.
static mb_status search_rows(search *search)
{
    mb_column *column = search->column;
    const mb_key_field *field = search->keys.fields;
    search->last = field->span;
    search->room = 2 * search->k + SPARE;
    int64_t words = search->room * (int64_t)(sizeof(candidate) / sizeof(uint64_t) + 2);
    mb_status status = mb_memory_need(search->cx, words * (int64_t)sizeof(uint64_t));
    if (!status) status = mb_buffer_new_array(search->cx, words, sizeof(uint64_t), &search->memory);
    if (status) return status;
    search->found = search->memory->data;
    search->codes = (uint64_t *)(search->found + search->room);
    if (!search->keys.bounds[0].any || search->k == 0) return MB_OK;
    if (!mb_column_pending(column) && column->facts.ranges && !column->facts.missing)
        status = search_ranges(search);
    else
        status = mb_keys_each(search->cx, &search->keys, &column, search_block, search);
    keep_best(search);
    return status;
}

static int compare_candidates(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->code != y->code) return x->code < y->code ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

// Builds this rank's share of the sorted candidates, as two columns.
static mb_status build(search *search, const candidate *sorted, int64_t n, mb_column *columns[2])
{
    mb_context *cx = search->cx;
    mb_layout *even = NULL;
    mb_builder *builders[2] = {NULL, NULL};
    mb_range guess = {1, (uint64_t)search->column->layout->n_global};
    mb_status status = mb_layout_even(cx, n, &even);
    if (status) return status;
    mb_layout *layouts[] = {even, even};
    int64_t first = even->start[mb_rank(cx)], rows = mb_layout_rows(even, mb_rank(cx));
    int width = search->keys.bounds[0].single ? 4 : 8;
    MB_TRY(mb_builder_open(cx, search->column->type, rows, NULL, width, &builders[0]));
    MB_TRY(mb_builder_open(cx, &mb_type_int, rows, &guess, 8, &builders[1]));
    for (int64_t i = first; i < first + rows; i++) {
        uint64_t code = sorted[i].code, *words = &code;
        uint8_t valid;
        mb_keys_values(&search->keys, 0, &words, 1, &code, &valid);
        MB_TRY(mb_builder_append_words(builders[0], &code, NULL, 1));
        MB_TRY(mb_builder_append(builders[1], &sorted[i].position, NULL, 1));
    }
done:
    status = mb_step(cx, status, NULL);
    if (!status) status = mb_builder_finish(cx, builders, 2, layouts, 0, columns);
    mb_builder_close(builders[0]);
    mb_builder_close(builders[1]);
    mb_layout_release(even);
    return status;
}

static mb_status top_by_search(search *search, mb_column *columns[2])
{
    mb_context *cx = search->cx;
    mb_buffer *all = NULL;
    mb_status status = search_rows(search);
    if (!status)
        status = mb_buffer_new_array(cx, mb_nranks(cx) * search->k, sizeof(candidate), &all);
    MB_TRY(mb_step(cx, status, NULL));
    int64_t total = mb_gather_lists(cx, search->found, search->n, sizeof(candidate), all->data);
    qsort(all->data, (size_t)total, sizeof(candidate), compare_candidates);
    status = build(search, all->data, total < search->k ? total : search->k, columns);
done:
    mb_buffer_release(all);
    return status;
}

static mb_status count_block(void *state, uint64_t *const *words, int64_t first, int64_t n)
{
    search *search = state;
    const mb_key_field *field = &search->keys.fields[search->keys.nfields - 1];
    const uint64_t *codes = words[search->keys.nwords - 1];
    (void)first;
    for (int64_t i = 0; i < n; i++)
        search->numbers += codes[i] <= field->span;
    return MB_OK;
}

// Rows that are neither NaN nor missing. NaN have codes of one word.
static mb_status count_numbers(search *search)
{
    const mb_key_bounds *bounds = &search->keys.bounds[0];
    search->numbers = search->column->layout->n_global;
    if (!bounds->nan) {
        search->numbers -= search->column->facts.missing;
        return MB_OK;
    }
    search->numbers = 0;
    mb_status status =
        mb_keys_each(search->cx, &search->keys, &search->column, count_block, search);
    mb_payload all = {.count = bounds->any ? (uint64_t)search->numbers : 0};
    status = mb_step(search->cx, status, &all);
    search->numbers = (int64_t)all.count;
    return status;
}

static mb_status top_by_sort(search *search, mb_column *columns[2])
{
    mb_context *cx = search->cx;
    mb_column *order = NULL, *part = NULL;
    mb_layout *even = NULL;
    mb_status status;
    MB_TRY(mb_materialise(cx, search->column));
    MB_TRY(count_numbers(search));
    MB_TRY(mb_argsort(cx, &search->column, 1, &search->largest, &order));
    int64_t n = search->k < search->numbers ? search->k : search->numbers;
    MB_TRY(mb_slice(cx, order, 0, 1, n, &part));
    MB_TRY(mb_layout_even(cx, n, &even));
    MB_TRY(mb_column_realign(cx, part, even, &columns[1]));
    status = mb_gather(cx, &search->column, 1, columns[1], &columns[0]);
done:
    mb_column_release(order);
    mb_column_release(part);
    mb_layout_release(even);
    return status;
}

mb_status mb_top(mb_context *cx, mb_column *column, int64_t k, bool largest, mb_column **values,
                 mb_column **positions)
{
    mb_key_bounds bounds;
    mb_column *columns[2] = {NULL, NULL};
    int64_t n = column->layout->n_global;
    search search = {.cx = cx, .column = column, .k = k < n ? k : n, .largest = largest};
    mb_status status;
    search.start = column->layout->start[mb_rank(cx)] + 1;
    if (!mb_column_pending(column) && mb_kind_is_integer(column->type->kind))
        MB_TRY(mb_column_find_ranges(cx, column));
    MB_TRY(mb_key_bounds_of(cx, column, &bounds));
    mb_keys_pack(&bounds, &largest, 1, &search.keys);
    bool few = search.k <= SPARE || search.k <= n / FEWEST_OF;
    if (few && search.keys.nwords == 1 && search.k <= MOST_GATHERED / mb_nranks(cx))
        status = top_by_search(&search, columns);
    else
        status = top_by_sort(&search, columns);
    if (status) goto done;
    *values = columns[0];
    *positions = columns[1];
    columns[0] = columns[1] = NULL;
done:
    mb_column_release(columns[0]);
    mb_column_release(columns[1]);
    mb_buffer_release(search.memory);
    return status;
}
