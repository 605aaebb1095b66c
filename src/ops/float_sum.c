// Rows are cut into blocks of 4,096 by their global number. A block is summed by the rank that
// holds its first row; ranks that hold more of its rows send them there. Block sums are then added
// in a binary tree over the block numbers: each rank adds what it can of the tree, and all ranks
// finish it from the subtrees of all.

#include "ops/float_sum.h"

#include <math.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/kernels.h"

// A range of fewer than 2^40 blocks leaves at most two subtrees of each size.
enum { MOST_NODES = 80 };

typedef struct sum_node {
    int64_t level, index; // the blocks index << level .. ((index + 1) << level) - 1
    double sum;
} sum_node;

// Subtrees in order, none the sibling of the next.
typedef struct sum_forest {
    int64_t count, nnodes; // rows that are there; nodes in use
    sum_node nodes[MOST_NODES];
} sum_forest;

typedef struct accumulator {
    const mb_kernels *kernels;
    const mb_ops_kernels *ops;
    sum_forest forest;
    int64_t block;  // number of the block that is being filled
    int64_t filled; // rows of it
    int64_t heads;  // rows taken of the block that an earlier rank sums
    int64_t given;  // rows that it gets
    double head[MB_SUM_BLOCK], rows[MB_SUM_BLOCK];
    double wide[MB_BLOCK_ROWS];
} accumulator;

static void plant(sum_forest *forest, int64_t level, int64_t index, double sum)
{
    while (forest->nnodes) {
        const sum_node *left = &forest->nodes[forest->nnodes - 1];
        if (left->level != level || index % 2 == 0 || left->index != index - 1) break;
        sum = left->sum + sum;
        index /= 2;
        level++;
        forest->nnodes--;
    }
    forest->nodes[forest->nnodes++] = (sum_node){level, index, sum};
}

static double total(const sum_forest *forest)
{
    double sum = 0;
    for (int64_t i = forest->nnodes - 1; i >= 0; i--)
        sum = i == forest->nnodes - 1 ? forest->nodes[i].sum : forest->nodes[i].sum + sum;
    return sum;
}

static void close_block(accumulator *state)
{
    if (state->filled)
        plant(&state->forest, 0, state->block, state->ops->block_sum(state->rows, state->filled));
    state->filled = 0;
    state->block++;
}

// Takes rows in order: first those that complete an earlier rank's block, then our own blocks.
static void feed(accumulator *state, const double *values, int64_t n)
{
    while (n > 0) {
        int64_t taken;
        if (state->given > state->heads) {
            taken = state->given - state->heads < n ? state->given - state->heads : n;
            memcpy(state->head + state->heads, values, (size_t)taken * sizeof *values);
            state->heads += taken;
        } else if (state->filled == 0 && n >= MB_SUM_BLOCK) {
            taken = MB_SUM_BLOCK;
            plant(&state->forest, 0, state->block++, state->ops->block_sum(values, taken));
        } else {
            taken = MB_SUM_BLOCK - state->filled < n ? MB_SUM_BLOCK - state->filled : n;
            memcpy(state->rows + state->filled, values, (size_t)taken * sizeof *values);
            state->filled += taken;
            if (state->filled == MB_SUM_BLOCK) close_block(state);
        }
        values += taken;
        n -= taken;
    }
}

// The rows of a block as doubles, with -0.0, which changes no sum, where one is missing.
static const double *plain_rows(accumulator *state, const mb_block *block, int64_t n)
{
    const double *values = mb_block_widen(state->kernels, block, n, state->wide);
    state->forest.count += n;
    if (!block->validity) return values;
    for (int64_t i = 0; i < n; i++) {
        bool there = block->validity[i / 64] >> (i % 64) & 1;
        state->wide[i] = there ? values[i] : -0.0;
        state->forest.count -= !there;
    }
    return state->wide;
}

// Rows of a rank that belong to a block which begins on an earlier one.
static int64_t head_rows(const mb_layout *layout, int rank)
{
    int64_t start = layout->start[rank], rows = mb_layout_rows(layout, rank);
    int64_t to_boundary = (MB_SUM_BLOCK - start % MB_SUM_BLOCK) % MB_SUM_BLOCK;
    return rows < to_boundary ? rows : to_boundary;
}

static bool any_heads(const mb_layout *layout)
{
    for (int r = 0; r < layout->nranks; r++)
        if (head_rows(layout, r)) return true;
    return false;
}

static mb_status take_block(void *argument, const mb_block *block, int64_t first, int64_t n)
{
    accumulator *state = argument;
    (void)first;
    feed(state, plain_rows(state, block, n), n);
    return MB_OK;
}

// Brings the rest of each block to the rank that began it. `words` has room for four a rank.
static void collect_heads(mb_context *cx, const mb_layout *layout, accumulator *state,
                          int64_t *words)
{
    int nranks = layout->nranks, me = mb_rank(cx);
    mb_pieces sent = {words, words + nranks};
    mb_pieces received = {words + 2 * (size_t)nranks, words + 3 * (size_t)nranks};
    int64_t width = sizeof(double), offset = 0;
    memset(words, 0, 4 * (size_t)nranks * sizeof *words);
    for (int r = 0; r < nranks; r++) {
        int64_t heads = head_rows(layout, r);
        if (!heads) continue;
        int64_t block_start = layout->start[r] - layout->start[r] % MB_SUM_BLOCK;
        int owner = mb_layout_owner(layout, block_start);
        if (r == me) sent.counts[owner] = heads * width;
        if (owner != me) continue;
        received.counts[r] = heads * width;
        received.offsets[r] = offset;
        offset += heads * width;
    }
    mb_exchange(cx, state->head, sent, state->rows + state->filled, received);
    state->filled += offset / width;
}

static void combine(const sum_forest *forests, int nranks, sum_forest *whole)
{
    memset(whole, 0, sizeof *whole);
    for (int r = 0; r < nranks; r++) {
        whole->count += forests[r].count;
        for (int64_t i = 0; i < forests[r].nnodes; i++) {
            const sum_node *next = &forests[r].nodes[i];
            plant(whole, next->level, next->index, next->sum);
        }
    }
}

mb_status mb_float_sum(mb_context *cx, mb_column *column, bool mean, mb_scalar *result)
{
    int nranks = mb_nranks(cx);
    mb_buffer *memory = NULL, *forests = NULL, *words = NULL;
    accumulator *state = NULL;
    mb_status status = mb_buffer_new_zeroed(cx, 1, sizeof(accumulator), &memory);
    if (!status) status = mb_buffer_new_array(cx, nranks, sizeof(sum_forest), &forests);
    if (!status) status = mb_buffer_new_array(cx, 4 * (int64_t)nranks, sizeof(int64_t), &words);
    MB_TRY(mb_step(cx, status, NULL));
    state = memory->data;
    state->kernels = mb_kernels_of(cx->isa);
    state->ops = mb_ops_kernels_of(cx->isa);
    state->given = head_rows(column->layout, mb_rank(cx));
    state->block = (column->layout->start[mb_rank(cx)] + MB_SUM_BLOCK - 1) / MB_SUM_BLOCK;
    MB_TRY(mb_conclude(cx, mb_evaluate(cx, &column, 1, take_block, state), NULL));
    if (any_heads(column->layout)) collect_heads(cx, column->layout, state, words->data);
    close_block(state);
    mb_gather_all(cx, &state->forest, sizeof state->forest, forests->data);
    combine(forests->data, nranks, &state->forest);
    double sum = total(&state->forest);
    result->type = MB_FLOAT;
    result->value.f = sum;
    if (mean)
        result->value.f = state->forest.count ? sum / (double)state->forest.count : (double)NAN;
done:
    mb_buffer_release(memory);
    mb_buffer_release(forests);
    mb_buffer_release(words);
    return status;
}
