#include "ops/distribute/histogram.h"

#include <math.h>
#include <string.h>

#include "column/ranges.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/count/tables.h"
#include "ops/distribute/histogram_edges.h"
#include "ops/distribute/histogram_kernels.h"
#include "ops/distribute/histogram_offsets.h"

enum {
    PIECE = 1024,
    LANES = 4,           // counters of a bin: equal neighbours would wait for each other's count
    MOST_LANED = 1 << 11 // bins that have them all
};
MB_WHOLE_WORDS(PIECE);

MB_ISA_CHOICE(mb_histogram_kernels, mb_histogram_kernels, mb_histogram_kernels_of);

// How the bins of values are found.
typedef enum way {
    BY_DOUBLES, // by the width of bins
    BY_SEARCH,  // among the edges
    BY_WORDS,   // of integers, by their order words
    BY_OFFSETS, // the same, by what is stored
} way;

typedef struct dimension {
    mb_axis *axis;
    uint64_t least, most; // order words of what is found in its column; of bools as floats
    double scale;
    way way;
    mb_offset_bins offsets;
    mb_word_bins words;
    mb_buffer *starts; // order words, edges as doubles, offsets: room for each of bins + 1
    double *edges;
} dimension;

typedef struct counting {
    mb_context *cx;
    const mb_histogram_kernels *kernels;
    int n;
    dimension dimensions[MB_MOST_AXES];
    mb_column *columns[MB_MOST_AXES];
    int64_t entries; // bins in all
    int lanes;
    mb_buffer *table; // of `lanes` counters for each, and one entry more for rows that are in none
} counting;

// Rows of a block from one on.
static mb_block rows_from(const mb_block *block, int64_t first)
{
    mb_block rows = *block;
    rows.values = (const char *)block->values + first * mb_form_width(block->form);
    if (block->validity) rows.validity += first / 64;
    return rows;
}

static const double *doubles_of(const counting *counting, int a, const mb_block *block, int64_t n,
                                double *scratch)
{
    return mb_block_doubles(counting->cx->isa, counting->columns[a]->type->kind, block, n, scratch);
}

static const uint64_t *words_of(const counting *counting, const mb_block *block, int64_t n,
                                uint64_t *scratch)
{
    return mb_block_widen(mb_kernels_of(counting->cx->isa), block, n, scratch);
}

// --- The range.

// Adds the numbers of a piece to the bounds of a dimension.
static void bound_piece(counting *counting, int a, const mb_block *piece, int64_t n)
{
    uint64_t wide[PIECE];
    double scratch[PIECE], least = (double)INFINITY, most = -(double)INFINITY;
    dimension *dimension = &counting->dimensions[a];
    mb_kind kind = counting->columns[a]->type->kind;
    if (mb_kind_is_integer(kind)) {
        counting->kernels->word_bounds(words_of(counting, piece, n, wide), n,
                                       mb_order_bits(kind, 0), &dimension->least, &dimension->most);
        return;
    }
    counting->kernels->bounds(doubles_of(counting, a, piece, n, scratch), n, &least, &most);
    if (least > most) return;
    uint64_t low = mb_order_number(least), high = mb_order_number(most);
    if (low < dimension->least) dimension->least = low;
    if (high > dimension->most) dimension->most = high;
}

static mb_status bound_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    counting *counting = state;
    double kept[PIECE];
    (void)first;
    for (int64_t at = 0; at < n; at += PIECE) {
        for (int a = 0; a < counting->n; a++) {
            mb_block piece = rows_from(&blocks[a], at);
            int64_t count = n - at < PIECE ? n - at : PIECE;
            count = mb_block_compact(mb_kernels_of(counting->cx->isa), &piece, count, kept);
            bound_piece(counting, a, &piece, count);
        }
    }
    return MB_OK;
}

static void set_integer_range(mb_axis *axis, uint64_t least, uint64_t most)
{
    mb_kind kind = axis->column->type->kind;
    axis->least = mb_integer(kind, mb_order_bits(kind, least));
    axis->most = mb_integer(kind, mb_order_bits(kind, most));
    axis->low = (double)axis->least;
    axis->high = (double)axis->most;
    axis->whole = least < most;
}

// Sets a range that is not given from the least and largest of all ranks' numbers.
static mb_status set_range(mb_context *cx, mb_axis *axis, uint64_t least, uint64_t most)
{
    if (axis->ranged) return MB_OK;
    axis->low = 0;
    axis->high = 1;
    axis->whole = false;
    if (least > most) return MB_OK;
    if (mb_kind_is_integer(axis->column->type->kind)) {
        set_integer_range(axis, least, most);
    } else {
        axis->low = mb_unorder_number(least);
        axis->high = mb_unorder_number(most);
    }
    if (least == most || axis->low == axis->high) axis->low -= 0.5, axis->high += 0.5;
    if (isfinite(axis->low) && isfinite(axis->high)) return MB_OK;
    return mb_fail(cx, MB_EINVALID,
                   "histogram: the values have infinities; give a range = {low, high}");
}

// Agrees on the least and largest numbers of all ranks.
static mb_status agree_bounds(counting *counting, mb_status status)
{
    mb_payload payload = {0};
    for (int a = 0; a < counting->n; a++) {
        payload.max[2 * a] = ~counting->dimensions[a].least;
        payload.max[2 * a + 1] = counting->dimensions[a].most;
    }
    status = mb_step(counting->cx, status, &payload);
    for (int a = 0; a < counting->n; a++) {
        counting->dimensions[a].least = ~payload.max[2 * a];
        counting->dimensions[a].most = payload.max[2 * a + 1];
    }
    return status;
}

// The least and largest number where they need no pass that all axes share: integers know theirs,
// or find them once. False: they do.
static mb_status find_bounds(mb_context *cx, dimension *dimension, bool *bounded)
{
    mb_column *column = dimension->axis->column;
    const mb_kind kind = column->type->kind;
    dimension->least = UINT64_MAX;
    dimension->most = 0;
    *bounded = dimension->axis->ranged;
    if (*bounded || mb_column_pending(column) || !mb_kind_is_integer(kind)) return MB_OK;
    mb_status status = mb_column_find_ranges(cx, column);
    if (status || mb_range_empty(kind, column->facts.range)) return status;
    dimension->least = mb_order_bits(kind, column->facts.range.minimum);
    dimension->most = mb_order_bits(kind, column->facts.range.maximum);
    *bounded = true;
    return MB_OK;
}

// Finds the ranges that are not given.
static mb_status find_ranges(counting *counting)
{
    bool known = true;
    mb_status status = MB_OK;
    for (int a = 0; a < counting->n && !status; a++) {
        bool bounded;
        status = find_bounds(counting->cx, &counting->dimensions[a], &bounded);
        known = known && bounded;
    }
    if (!status && !known) {
        status = mb_evaluate(counting->cx, counting->columns, counting->n, bound_block, counting);
        status = agree_bounds(counting, status);
    }
    for (int a = 0; a < counting->n && !status; a++) {
        const dimension *of = &counting->dimensions[a];
        status = set_range(counting->cx, of->axis, of->least, of->most);
    }
    return status;
}

// Prepares bins of integers of 64 bits; false where no value is in one.
static bool set_word_bins(dimension *dimension, uint64_t *words, int64_t nwords)
{
    const mb_axis *axis = dimension->axis;
    mb_word_bins *by = &dimension->words;
    bool ends = nwords > axis->bins;
    uint64_t last = ends ? words[axis->bins] - 1 : UINT64_MAX;
    *by = (mb_word_bins){.flip = mb_order_bits(axis->column->type->kind, 0),
                         .scale = dimension->scale,
                         .bins = (uint32_t)axis->bins,
                         .reached = (uint32_t)(ends ? axis->bins : nwords),
                         .starts = words};
    if (nwords == 0 || (ends && words[axis->bins] <= words[0])) return false;
    by->first = words[0];
    by->span = last - words[0];
    by->nudge = mb_axis_offset(axis, words[0]) * by->scale;
    for (uint32_t i = 0; i < by->reached; i++)
        words[i] -= by->first;
    return true;
}

static mb_status set_edges(mb_context *cx, dimension *dimension)
{
    mb_axis *axis = dimension->axis;
    uint64_t *words = dimension->starts->data;
    void *edges = words + axis->bins + 1, *starts = words + 2 * (axis->bins + 1);
    mb_status status = mb_axis_set_edges(cx, axis);
    if (status) return status;
    dimension->edges = edges;
    dimension->offsets.starts = starts;
    dimension->scale = (double)axis->bins / (axis->high - axis->low);
    for (int64_t i = 0; i <= axis->bins; i++)
        dimension->edges[i] = axis->edges[i].f;
    dimension->way = mb_axis_is_coarse(axis) ? BY_SEARCH : BY_DOUBLES;
    if (axis->column->type->kind == MB_FLOAT) return MB_OK;
    int64_t nwords = mb_axis_words(axis, words);
    if (mb_offset_bins_of(axis, words, nwords, &dimension->offsets)) dimension->way = BY_OFFSETS;
    bool needs_words = axis->column->type->kind != MB_BOOL && !mb_axis_fits_doubles(axis);
    if (needs_words && !set_word_bins(dimension, words, nwords)) dimension->words.reached = 0;
    if (needs_words && dimension->way != BY_OFFSETS) dimension->way = BY_WORDS;
    return MB_OK;
}

// --- The pass over the rows.

// The bins of integers by their order words; where none is in a bin, none.
static void find_word_bins(const counting *counting, const dimension *dimension,
                           const mb_block *rows, int64_t n, uint32_t *bins)
{
    uint64_t wide[PIECE];
    if (dimension->words.reached)
        counting->kernels->word_bins(words_of(counting, rows, n, wide), n, &dimension->words, bins);
    for (int64_t i = 0; !dimension->words.reached && i < n; i++)
        bins[i] = (uint32_t)dimension->axis->bins;
}

// The bins of `n` rows of an axis, from one of the block on.
static void find_bins(const counting *counting, int a, const mb_block *block, int64_t first,
                      int64_t n, uint32_t *bins)
{
    double scratch[PIECE];
    const dimension *dimension = &counting->dimensions[a];
    const mb_histogram_kernels *kernels = counting->kernels;
    const mb_axis *axis = dimension->axis;
    mb_block rows = rows_from(block, first);
    int32_t nbins = (int32_t)axis->bins;
    way way = dimension->way;
    if (way == BY_OFFSETS && (rows.form > MB_U32 || rows.base != axis->column->values.base))
        way = dimension->words.starts ? BY_WORDS : BY_DOUBLES;
    if (way == BY_OFFSETS)
        kernels->offset_bins[rows.form](rows.values, n, &dimension->offsets, bins);
    else if (way == BY_WORDS)
        find_word_bins(counting, dimension, &rows, n, bins);
    else if (way == BY_SEARCH)
        kernels->search(doubles_of(counting, a, &rows, n, scratch), n, dimension->edges, nbins,
                        bins);
    else
        kernels->bins(doubles_of(counting, a, &rows, n, scratch), n, dimension->edges, nbins,
                      dimension->scale, bins);
    for (int64_t i = 0; rows.validity && i < n; i++)
        if (!(rows.validity[i / 64] >> (i % 64) & 1)) bins[i] = (uint32_t)axis->bins;
}

// Asks for rows before they are needed: pieces are too short for the processor to foresee the next.
static inline void prefetch_rows(const counting *counting, const mb_block *blocks, int64_t first,
                                 int64_t n)
{
    for (int a = 0; a < counting->n; a++) {
        int width = mb_form_width(blocks[a].form);
        const char *rows = (const char *)blocks[a].values + first * width;
        for (int64_t byte = 0; byte < n * width; byte += MB_ALIGNMENT)
            __builtin_prefetch(rows + byte);
    }
}

// Counts the rows of a piece, `places` from row `first` of the blocks on.
static inline void count_places(const counting *counting, int lanes, const uint32_t *places,
                                const mb_block *blocks, int64_t first, int64_t n)
{
    enum { STEP = 16 };
    uint64_t *table = counting->table->data;
    int64_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        prefetch_rows(counting, blocks, first + PIECE + i, STEP);
        for (int k = 0; k < STEP; k++)
            table[lanes * (int64_t)places[i + k] + k % lanes]++;
    }
    for (; i < n; i++)
        table[lanes * (int64_t)places[i]]++;
}

static mb_status count_block(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    const counting *counting = state;
    uint32_t places[PIECE], others[PIECE];
    uint32_t rows = (uint32_t)counting->dimensions[0].axis->bins;
    uint32_t columns = (uint32_t)(counting->entries / rows);
    (void)first;
    for (int64_t at = 0; at < n; at += PIECE) {
        int64_t count = n - at < PIECE ? n - at : PIECE;
        find_bins(counting, 0, &blocks[0], at, count, places);
        if (counting->n == 2) {
            find_bins(counting, 1, &blocks[1], at, count, others);
            for (int64_t i = 0; i < count; i++)
                places[i] = places[i] < rows && others[i] < columns
                                ? places[i] * columns + others[i]
                                : rows * columns;
        }
        if (counting->lanes == LANES)
            count_places(counting, LANES, places, blocks, at, count);
        else
            count_places(counting, 1, places, blocks, at, count);
    }
    return MB_OK;
}

// Adds up the counters of each bin, at the front of the table.
static void join_lanes(const counting *counting)
{
    uint64_t *table = counting->table->data;
    for (int64_t k = 0; counting->lanes == LANES && k < counting->entries; k++) {
        uint64_t sum = 0;
        for (int lane = 0; lane < LANES; lane++)
            sum += table[LANES * k + lane];
        table[k] = sum;
    }
}

static mb_status count_rows(counting *counting)
{
    const dimension *first = &counting->dimensions[0];
    const mb_column *column = counting->columns[0];
    if (counting->n == 1 && first->way == BY_OFFSETS && column->facts.ascending) {
        counting->lanes = 1;
        mb_offset_bins_search(column, &first->offsets, counting->table->data);
        return MB_OK;
    }
    mb_status status =
        mb_evaluate(counting->cx, counting->columns, counting->n, count_block, counting);
    if (!status) join_lanes(counting);
    return status;
}

static mb_status allocate(counting *counting)
{
    mb_status status = mb_memory_need(counting->cx, (counting->lanes + 1) * counting->entries *
                                                        (int64_t)sizeof(uint64_t));
    for (int a = 0; a < counting->n && !status; a++)
        status = mb_buffer_new_array(counting->cx, counting->dimensions[a].axis->bins + 1,
                                     2 * sizeof(uint64_t) + sizeof(uint32_t),
                                     &counting->dimensions[a].starts);
    if (status) return status;
    return mb_buffer_new_zeroed(counting->cx, (counting->entries + 1) * counting->lanes,
                                sizeof(uint64_t), &counting->table);
}

mb_status mb_histogram(mb_context *cx, mb_axis *axes, int naxes, uint64_t *counts)
{
    counting counting = {
        .cx = cx, .kernels = mb_histogram_kernels_of(cx->isa), .n = naxes, .entries = 1};
    for (int a = 0; a < naxes; a++) {
        counting.dimensions[a].axis = &axes[a];
        counting.columns[a] = axes[a].column;
        counting.entries *= axes[a].bins;
    }
    counting.lanes = counting.entries <= MOST_LANED ? LANES : 1;
    mb_status status;
    MB_TRY(mb_step(cx, allocate(&counting), NULL));
    MB_TRY(find_ranges(&counting));
    for (int a = 0; a < naxes; a++)
        MB_TRY(set_edges(cx, &counting.dimensions[a]));
    status = count_rows(&counting);
    MB_TRY(mb_tables_add(cx, status, counting.table->data, counting.entries));
    memcpy(counts, counting.table->data, (size_t)counting.entries * sizeof *counts);
done:
    for (int a = 0; a < naxes; a++)
        mb_buffer_release(counting.dimensions[a].starts);
    mb_buffer_release(counting.table);
    return status;
}
