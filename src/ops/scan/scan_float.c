// Rows are cut into blocks of 4,096 by their global number, and blocks into superblocks of 4,096 by
// theirs. A rank that begins inside a block gets the block's rows before its own from the ranks
// that have them, so it can scan them all in the block's one order. What comes before a block in
// its superblock is the sum of the blocks' totals in turn, carried in two doubles; a rank begins
// this sum where its first superblock does, with the totals of the ranks before it. The sums of
// superblocks are few: all ranks have them all, and add them in turn. So each rank first makes the
// totals of the blocks that end there, where a rank after it needs them, and then scans its rows.
//
// A row is the sum up to it within its block, added to what comes before the block, added to what
// comes before the superblock. As in a block, what comes before is on each level the last value of
// what ends there: so no scan steps down that should not.

#include "ops/scan/scan_float.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "expr/evaluate.h"

enum { SPAN_ARRAYS = 4, LINE = MB_ALIGNMENT / sizeof(double) };

typedef struct float_scan {
    const mb_column *column;
    const mb_kernels *kernels;
    double (*total)(const double *rows);
    double (*block)(const double *rows, int64_t n, const mb_scan_before *before, double *out);
    bool product;
    double identity;
    int64_t rows, start;   // of this rank, and the number of the first
    int64_t first;         // the block of that row
    int64_t rows_before;   // of this block, on other ranks
    int64_t blocks_before; // of its superblock
    int64_t nblocks;       // that end here, where others need their totals
    double *totals;        // of blocks, from the beginning of the first one's superblock
    double *own, *supers;  // sums of the superblocks that end here, and of all
    int64_t *spans;        // SPAN_ARRAYS times nranks
    mb_scan_before before; // the first block
    double *result;        // this rank's rows
    double head[MB_SCAN_BLOCK], wide[MB_SCAN_BLOCK];
    _Alignas(MB_ALIGNMENT) double scanned[MB_SCAN_BLOCK];
} float_scan;

// Rows of a superblock.
static const int64_t SUPER = (int64_t)MB_SCAN_BLOCK * MB_SCAN_BLOCK;

static double combine(const float_scan *scan, double a, double b)
{
    return scan->product ? a * b : a + b;
}

// Rows of this rank as doubles, the identity where one is missing: as they lie, or in `wide`.
static const double *plain_rows(float_scan *scan, int64_t first, int64_t n)
{
    const mb_column *column = scan->column;
    mb_block block = mb_block_of(column, first);
    const double *values = mb_block_widen(scan->kernels, &block, n, scan->wide);
    if (!column->validity.data) return values;
    for (int64_t i = 0; i < n; i++)
        scan->wide[i] = mb_column_valid(column, first + i) ? values[i] : scan->identity;
    return scan->wide;
}

// Brings to each rank what its first block, or superblock, has before its own part; `unit` rows are
// one of the things that are sent.
static void bring_before(mb_context *cx, float_scan *scan, int64_t unit, const double *own,
                         double *before)
{
    const mb_layout *layout = scan->column->layout;
    int64_t *arrays[SPAN_ARRAYS];
    for (int i = 0; i < SPAN_ARRAYS; i++)
        arrays[i] = scan->spans + (int64_t)i * layout->nranks;
    for (int r = 0; r < layout->nranks; r++) {
        int64_t begin = layout->start[r] / unit, end = layout->start[r + 1] / unit;
        int64_t last = end - end % MB_SCAN_BLOCK;
        bool wants = mb_layout_rows(layout, r) > 0;
        arrays[0][r] = last > begin ? last : begin;
        arrays[1][r] = end;
        arrays[2][r] = wants ? begin - begin % MB_SCAN_BLOCK : begin;
        arrays[3][r] = begin;
    }
    mb_shuffle_spans(cx, own, (mb_spans){arrays[0], arrays[1]}, before,
                     (mb_spans){arrays[2], arrays[3]}, sizeof(double));
}

// The last `n` of `count` that may be wanted by others: those of a block that goes on elsewhere.
static int64_t open_end(int64_t end, int64_t count)
{
    int64_t n = end % MB_SCAN_BLOCK;
    return n < count ? n : count;
}

// Rows of the first block that are here.
static int64_t head_rows(const float_scan *scan)
{
    int64_t most = MB_SCAN_BLOCK - scan->rows_before;
    return scan->rows < most ? scan->rows : most;
}

// The first block from its first row on.
static void complete_head(mb_context *cx, float_scan *scan)
{
    int64_t tail = open_end(scan->start + scan->rows, scan->rows);
    bring_before(cx, scan, 1, plain_rows(scan, scan->rows - tail, tail), scan->head);
    if (!scan->rows_before) return;
    int64_t own = head_rows(scan);
    memcpy(scan->head + scan->rows_before, plain_rows(scan, 0, own), (size_t)own * sizeof(double));
}

// The totals of the blocks that end here, and those before them in the first one's superblock.
static void total_blocks(mb_context *cx, float_scan *scan)
{
    double *own = scan->totals + scan->blocks_before;
    for (int64_t b = 0; b < scan->nblocks; b++) {
        bool head = b == 0 && scan->rows_before;
        int64_t row = b * MB_SCAN_BLOCK - scan->rows_before;
        own[b] = scan->total(head ? scan->head : plain_rows(scan, row, MB_SCAN_BLOCK));
    }
    int64_t tail = open_end(scan->first + scan->nblocks, scan->nblocks);
    bring_before(cx, scan, MB_SCAN_BLOCK, own + scan->nblocks - tail, scan->totals);
}

// a + b without its rounding is their sum and this (Knuth, The Art of Computer Programming, 4.2.2).
static double rounded_off(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (a - (sum - part)) + (b - part);
}

// What is before the next block of a superblock. `high` is what the last row of this one gets;
// `low`, which would be lost by rounding, never changes it.
static mb_scan_before after_block(const float_scan *scan, mb_scan_before before, double total)
{
    mb_scan_before after = before;
    if (scan->product) {
        after.high = before.high * total;
        return after;
    }
    double sum = before.low + total;
    double first = rounded_off(before.high, sum), second = rounded_off(before.low, total);
    after.high = before.high + sum;
    after.low = first + second;
    if (after.high + after.low != after.high) after.low = first;
    if (after.low == 0 || !isfinite(after.high)) after.low = -0.0;
    return after;
}

// What is before the first block of a superblock.
static mb_scan_before begin_super(const float_scan *scan, double outer)
{
    return (mb_scan_before){.outer = outer, .high = scan->identity, .low = scan->identity};
}

// What is before this rank's first block in its superblock, and the sums of the superblocks that
// end here.
static void add_blocks(float_scan *scan)
{
    int64_t count = scan->blocks_before + scan->nblocks;
    mb_scan_before at = begin_super(scan, scan->identity);
    for (int64_t b = 0; b < scan->blocks_before; b++)
        at = after_block(scan, at, scan->totals[b]);
    scan->before = at;
    for (int64_t b = scan->blocks_before; b < count; b++) {
        at = after_block(scan, at, scan->totals[b]);
        if ((b + 1) % MB_SCAN_BLOCK) continue;
        scan->own[b / MB_SCAN_BLOCK] = at.high;
        at = begin_super(scan, scan->identity);
    }
}

// How many superblocks end on a rank that others come after.
static int64_t ended_supers(const mb_layout *layout, int rank)
{
    int64_t end = layout->start[rank + 1];
    return end == layout->n_global ? 0 : end / SUPER - layout->start[rank] / SUPER;
}

// What is before the superblock of this rank's first block: `sofar` and all the sums before it.
static double add_supers(mb_context *cx, float_scan *scan, double sofar)
{
    const mb_layout *layout = scan->column->layout;
    int64_t all = 0;
    for (int r = 0; r < layout->nranks; r++) {
        scan->spans[r] = ended_supers(layout, r) * (int64_t)sizeof(double);
        all += scan->spans[r];
    }
    if (all) mb_gather_all_varying(cx, scan->own, scan->spans, scan->supers);
    for (int64_t s = 0; s < scan->start / SUPER; s++)
        sofar = combine(scan, sofar, scan->supers[s]);
    return sofar;
}

// What is before this rank's first block, from what ranks tell each other.
static void find_before(mb_context *cx, float_scan *scan, double sofar)
{
    if (scan->column->layout->n_global >= MB_SCAN_BLOCK) total_blocks(cx, scan);
    add_blocks(scan);
    scan->before.outer = add_supers(cx, scan, sofar);
}

static double scan_head(float_scan *scan, const mb_scan_before *at, bool exclusive, double *out)
{
    int64_t own = head_rows(scan), before = scan->rows_before;
    double total = scan->block(scan->head, before + own, at, scan->scanned);
    memcpy(out, scan->scanned + before, (size_t)own * sizeof *out);
    if (exclusive) out[-1] = scan->scanned[before - 1];
    return total;
}

// Scans this rank's rows. An exclusive scan is shifted by a row: its last value goes behind the
// result's end, where buffers have room.
static void scan_blocks(float_scan *scan, bool exclusive)
{
    double *out = scan->result + exclusive, total;
    mb_scan_before at = scan->before;
    for (int64_t row = -scan->rows_before; row < scan->rows; row += MB_SCAN_BLOCK) {
        int64_t left = scan->rows - row, n = left < MB_SCAN_BLOCK ? left : MB_SCAN_BLOCK;
        if (row == 0 && exclusive) out[-1] = combine(scan, at.outer, at.high);
        if (row < 0)
            total = scan_head(scan, &at, exclusive, out);
        else
            total = scan->block(plain_rows(scan, row, n), n, &at, out + row);
        at = after_block(scan, at, total);
        if ((scan->start + row + MB_SCAN_BLOCK) % SUPER == 0)
            at = begin_super(scan, combine(scan, at.outer, at.high));
    }
    atomic_thread_fence(memory_order_seq_cst); // ends the writes past the caches
}

// The result, still without values: these begin where they let the first row of every block begin a
// line of the cache.
static mb_status make_result(mb_context *cx, float_scan *scan, bool exclusive, mb_column **result)
{
    const mb_column *column = scan->column;
    int64_t offset = (scan->start + (exclusive ? LINE - 1 : 0)) % LINE;
    mb_column model = {.type = &mb_type_float,
                       .layout = column->layout,
                       .identity = mb_result_identity(cx, 0),
                       .values = {.width = sizeof(double)},
                       .validity = column->validity,
                       .facts = {.missing = column->facts.missing}};
    mb_status status =
        mb_buffer_new_array(cx, LINE + scan->rows, sizeof(double), &model.values.buffer);
    if (status) return status;
    model.values.data = scan->result = (double *)model.values.buffer->data + offset;
    status = mb_column_new(cx, &model, result);
    mb_buffer_release(model.values.buffer);
    return status;
}

static void set_up(mb_context *cx, float_scan *scan, const mb_column *column, mb_scan_kind kind)
{
    const mb_scan_kernels *kernels = mb_scan_kernels_of(cx->isa);
    const mb_layout *layout = column->layout;
    scan->column = column;
    scan->kernels = mb_kernels_of(cx->isa);
    scan->product = kind == MB_CUMPROD;
    scan->total = kernels->total[scan->product];
    scan->block = kernels->block[scan->product];
    scan->identity = scan->product ? 1.0 : -0.0;
    scan->start = layout->start[mb_rank(cx)];
    scan->rows = mb_column_rows(column);
    scan->first = scan->start / MB_SCAN_BLOCK;
    scan->rows_before = scan->start % MB_SCAN_BLOCK;
    scan->blocks_before = scan->first % MB_SCAN_BLOCK;
    int64_t end = scan->start + scan->rows;
    scan->nblocks = end == layout->n_global ? 0 : end / MB_SCAN_BLOCK - scan->first;
}

// Memory besides the scan itself: sums, and spans.
static mb_status place(mb_context *cx, float_scan *scan, mb_buffer *buffers[2])
{
    const mb_layout *layout = scan->column->layout;
    int64_t blocks = scan->blocks_before + scan->nblocks;
    int64_t own = ended_supers(layout, mb_rank(cx)), supers = layout->n_global / SUPER;
    mb_status status = mb_buffer_new_array(cx, blocks + own + supers, sizeof(double), &buffers[0]);
    if (!status)
        status = mb_buffer_new_array(cx, SPAN_ARRAYS * mb_nranks(cx), sizeof(int64_t), &buffers[1]);
    if (status) return status;
    scan->totals = buffers[0]->data;
    scan->own = scan->totals + blocks;
    scan->supers = scan->own + own;
    scan->spans = buffers[1]->data;
    return MB_OK;
}

mb_status mb_scan_float(mb_context *cx, mb_column *column, mb_scan_kind kind, bool exclusive,
                        mb_column **result)
{
    mb_buffer *memory = NULL, *buffers[2] = {NULL, NULL};
    mb_column *made = NULL;
    float_scan *scan = NULL;
    mb_status status = mb_buffer_new(cx, sizeof(float_scan), &memory);
    if (!status) {
        scan = memory->data;
        set_up(cx, scan, column, kind);
        status = place(cx, scan, buffers);
    }
    if (!status) status = make_result(cx, scan, exclusive, &made);
    MB_TRY(mb_conclude(cx, status, NULL));
    complete_head(cx, scan);
    find_before(cx, scan, exclusive && !scan->product ? 0.0 : scan->identity);
    scan_blocks(scan, exclusive);
    *result = mb_column_retain(made);
done:
    mb_column_release(made);
    mb_buffer_release(memory);
    mb_buffer_release(buffers[0]);
    mb_buffer_release(buffers[1]);
    return status;
}
