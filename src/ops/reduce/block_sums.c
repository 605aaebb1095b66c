#include "ops/reduce/block_sums.h"

#include <string.h>

#include "comm/comm.h"
#include "ops/reduce/block_tree.h"

enum {
    BLOCK = MB_TREE_ROWS,
    SERIES = MB_MOST_SERIES,
};
_Static_assert((int)BLOCK == (int)MB_BLOCK_VALUES, "a block of the tree is one of values");

// Rows of a block that begins on an earlier rank, as they are sent there: how many are there, then
// the values of x, then those of y.
typedef struct head {
    int64_t rows, left; // of the layout; of those, still to come
    double message[1 + SERIES * BLOCK];
} head;

// The block that is being filled: values of those rows that are there.
typedef struct open_block {
    int64_t number, rows;
    mb_value_block values;
} open_block;

struct mb_block_sums {
    mb_context *cx;
    const mb_layout *layout;
    mb_buffer *memory, *received; // of this, and for what comes from the other ranks
    mb_shuffle shuffle;
    int nseries;
    mb_block_tree tree;
    head head;
    open_block open;
};

static void join(void *state, const void *next, void *unused)
{
    mb_moments *moments = state;
    (void)unused;
    *moments = mb_moments_join(moments, next);
}

static void add_block(mb_block_sums *sums, mb_moments moments)
{
    mb_block_tree_add(&sums->tree, sums->open.number, &moments);
}

static void begin_block(open_block *open, int64_t number)
{
    open->number = number;
    open->rows = 0;
    mb_value_block_begin(&open->values);
}

// Adds rows to the open block, those that are there with the values of a part.
static void fill_block(mb_block_sums *sums, const mb_value_rows *part, int64_t rows,
                       mb_float_bounds *bounds)
{
    open_block *open = &sums->open;
    open->rows += rows;
    if (open->rows < BLOCK) {
        mb_value_block_add(&open->values, part, bounds);
        return;
    }
    add_block(sums, mb_value_block_end(&open->values, part, bounds));
    begin_block(open, open->number + 1);
}

// Ends the last block, which need not be full.
static void end_block(mb_block_sums *sums)
{
    open_block *open = &sums->open;
    mb_value_block *values = &open->values;
    mb_value_rows none = {{values->kept[0], sums->nseries == SERIES ? values->kept[1] : NULL}, 0};
    if (open->rows) add_block(sums, mb_value_block_end(values, &none, NULL));
}

static void fill_head(head *head, const mb_value_rows *part, int64_t rows)
{
    int64_t have = (int64_t)head->message[0];
    for (int s = 0; s < SERIES && part->values[s]; s++)
        memcpy(head->message + mb_tree_place(s, head->rows) + have, part->values[s],
               (size_t)part->n * sizeof(double));
    head->message[0] = (double)(have + part->n);
    head->left -= rows;
}

int64_t mb_block_sums_room(const mb_block_sums *sums)
{
    return sums->head.left ? sums->head.left : BLOCK - sums->open.rows;
}

void mb_block_sums_add(mb_block_sums *sums, const double *x, const double *y, int64_t count,
                       int64_t rows, mb_float_bounds *bounds)
{
    mb_value_rows part = {{x, y}, count};
    if (!sums->head.left) {
        fill_block(sums, &part, rows, bounds);
        return;
    }
    fill_head(&sums->head, &part, rows);
    if (bounds) *bounds = mb_bounds_of(sums->open.values.kernels, x, count);
}

// Adds the rows that other ranks have sent for the open block.
static void take_heads(mb_block_sums *sums)
{
    const mb_layout *layout = sums->layout;
    const double *message = sums->received->data;
    for (int r = 0; r < layout->nranks; r++) {
        if (!sums->shuffle.received.counts[r]) continue;
        int64_t rows = mb_tree_head(layout, r);
        mb_value_rows part = {{message + mb_tree_place(0, rows)}, (int64_t)message[0]};
        if (sums->nseries == SERIES) part.values[1] = message + mb_tree_place(1, rows);
        fill_block(sums, &part, rows, NULL);
        message += mb_tree_place(sums->nseries, rows);
    }
}

void mb_block_sums_finish(mb_block_sums *sums, mb_moments *all)
{
    if (mb_tree_any_heads(sums->layout)) {
        mb_tree_send_heads(&sums->shuffle, sums->layout, sums->nseries, sums->head.message,
                           sums->received->data);
        take_heads(sums);
    }
    end_block(sums);
    *all = (mb_moments){.product = 1};
    mb_block_tree_finish(&sums->tree, all);
}

static mb_status take_memory(mb_block_sums *sums)
{
    mb_context *cx = sums->cx;
    const mb_layout *layout = sums->layout;
    mb_status status = mb_block_tree_open(cx, layout, &sums->tree);
    if (status || !mb_tree_any_heads(layout)) return status;
    status = mb_shuffle_open(cx, 0, &sums->shuffle);
    if (status) return status;
    return mb_buffer_new_array(cx, mb_tree_words(layout->nranks, sums->nseries), sizeof(double),
                               &sums->received);
}

mb_status mb_block_sums_open(mb_context *cx, const mb_layout *layout, int nseries, unsigned wanted,
                             mb_block_sums **sums)
{
    mb_buffer *memory;
    int me = mb_rank(cx);
    mb_status status = mb_buffer_new(cx, sizeof(mb_block_sums), &memory);
    if (status) return status;
    mb_block_sums *made = memory->data;
    made->cx = cx;
    made->layout = layout;
    made->memory = memory;
    made->received = NULL;
    made->shuffle = (mb_shuffle){0};
    made->nseries = nseries;
    made->tree = (mb_block_tree){.join = join, .size = sizeof(mb_moments)};
    made->head.rows = made->head.left = mb_tree_head(layout, me);
    made->head.message[0] = 0;
    made->open.values.kernels = mb_moment_kernels_of(cx->isa);
    made->open.values.nseries = nseries;
    made->open.values.wanted = wanted;
    begin_block(&made->open, (layout->start[me] + BLOCK - 1) / BLOCK);
    status = take_memory(made);
    if (status)
        mb_block_sums_close(made);
    else
        *sums = made;
    return status;
}

void mb_block_sums_close(mb_block_sums *sums)
{
    if (!sums) return;
    mb_block_tree_close(&sums->tree);
    mb_buffer_release(sums->received);
    mb_shuffle_close(&sums->shuffle);
    mb_buffer_release(sums->memory);
}
