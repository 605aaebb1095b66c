#include "ops/reduce/block_sums.h"

#include <stddef.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/shuffle.h"

enum {
    BLOCK = MB_BLOCK_VALUES,
    SERIES = MB_MOST_SERIES,
    MOST_NODES = 80, // a range of fewer than 2^40 blocks leaves at most two subtrees of each size
};

// The blocks index << level .. ((index + 1) << level) - 1.
typedef struct subtree {
    int64_t level, index;
    mb_moments moments;
} subtree;

// Subtrees in order, none the sibling of the next.
typedef struct forest {
    int64_t count;
    subtree trees[MOST_NODES];
} forest;

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
    mb_buffer *memory; // of this; and for what comes from the other ranks:
    mb_buffer *gathered, *received;
    mb_shuffle shuffle;
    int nseries;
    forest forest;
    head head;
    open_block open;
};

static void plant(forest *forest, int64_t level, int64_t index, mb_moments moments)
{
    while (forest->count) {
        const subtree *left = &forest->trees[forest->count - 1];
        if (left->level != level || index % 2 == 0 || left->index != index - 1) break;
        moments = mb_moments_join(&left->moments, &moments);
        index /= 2;
        level++;
        forest->count--;
    }
    forest->trees[forest->count++] = (subtree){level, index, moments};
}

// Subtrees that are left over join from the right, as in a tree whose last blocks have no rows.
static mb_moments whole(const forest *forest)
{
    mb_moments all = {.product = 1};
    for (int64_t i = forest->count - 1; i >= 0; i--)
        all = mb_moments_join(&forest->trees[i].moments, &all);
    return all;
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
    plant(&sums->forest, 0, open->number, mb_value_block_end(&open->values, part, bounds));
    begin_block(open, open->number + 1);
}

// Ends the last block, which need not be full.
static void end_block(mb_block_sums *sums)
{
    open_block *open = &sums->open;
    mb_value_block *values = &open->values;
    mb_value_rows none = {{values->kept[0], sums->nseries == SERIES ? values->kept[1] : NULL}, 0};
    if (open->rows) plant(&sums->forest, 0, open->number, mb_value_block_end(values, &none, NULL));
}

// Where the values of a series begin in the message of `rows` rows.
static int64_t message_place(int series, int64_t rows)
{
    return 1 + series * rows;
}

static void fill_head(head *head, const mb_value_rows *part, int64_t rows)
{
    int64_t have = (int64_t)head->message[0];
    for (int s = 0; s < SERIES && part->values[s]; s++)
        memcpy(head->message + message_place(s, head->rows) + have, part->values[s],
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

// Rows of a rank that belong to a block which begins on an earlier one.
static int64_t head_rows(const mb_layout *layout, int rank)
{
    int64_t rows = mb_layout_rows(layout, rank);
    int64_t to_boundary = (BLOCK - layout->start[rank] % BLOCK) % BLOCK;
    return rows < to_boundary ? rows : to_boundary;
}

static bool any_heads(const mb_layout *layout)
{
    for (int r = 0; r < layout->nranks; r++)
        if (head_rows(layout, r)) return true;
    return false;
}

// Brings the rest of each block to the rank that began it.
static void collect_heads(mb_block_sums *sums)
{
    const mb_layout *layout = sums->layout;
    const mb_partition sent = sums->shuffle.sent, received = sums->shuffle.received;
    int me = mb_rank(sums->cx);
    int64_t place = 0;
    for (int r = 0; r < layout->nranks; r++) {
        int64_t heads = head_rows(layout, r);
        if (!heads) continue;
        int owner = mb_layout_owner(layout, layout->start[r] - layout->start[r] % BLOCK);
        int64_t n = message_place(sums->nseries, heads);
        if (r == me) sent.counts[owner] = n;
        if (owner != me) continue;
        received.counts[r] = n;
        received.starts[r] = place;
        place += n;
    }
    mb_shuffle_send(&sums->shuffle, sums->head.message, sizeof *sums->head.message,
                    sums->received->data);
}

// Adds the rows that other ranks have sent for the open block.
static void take_heads(mb_block_sums *sums)
{
    const mb_layout *layout = sums->layout;
    const double *message = sums->received->data;
    for (int r = 0; r < layout->nranks; r++) {
        if (!sums->shuffle.received.counts[r]) continue;
        int64_t rows = head_rows(layout, r);
        mb_value_rows part = {{message + message_place(0, rows)}, (int64_t)message[0]};
        if (sums->nseries == SERIES) part.values[1] = message + message_place(1, rows);
        fill_block(sums, &part, rows, NULL);
        message += message_place(sums->nseries, rows);
    }
}

// The most subtrees that a rank's blocks leave: two of each size.
static int64_t most_trees(const mb_layout *layout)
{
    int64_t trees = 0;
    for (int64_t blocks = mb_layout_most(layout) / BLOCK + 1; blocks; blocks /= 2)
        trees += 2;
    return trees;
}

static size_t forest_size(const mb_layout *layout)
{
    return offsetof(forest, trees) + (size_t)most_trees(layout) * sizeof(subtree);
}

static void gather_forests(mb_block_sums *sums, forest *all)
{
    size_t size = forest_size(sums->layout);
    mb_gather_all(sums->cx, &sums->forest, size, sums->gathered->data);
    all->count = 0;
    for (int r = 0; r < sums->layout->nranks; r++) {
        const forest *part = (forest *)(void *)((char *)sums->gathered->data + (size_t)r * size);
        for (int64_t i = 0; i < part->count; i++)
            plant(all, part->trees[i].level, part->trees[i].index, part->trees[i].moments);
    }
}

void mb_block_sums_finish(mb_block_sums *sums, mb_moments *all)
{
    if (any_heads(sums->layout)) {
        collect_heads(sums);
        take_heads(sums);
    }
    end_block(sums);
    gather_forests(sums, &sums->forest);
    *all = whole(&sums->forest);
}

static mb_status take_memory(mb_block_sums *sums)
{
    mb_context *cx = sums->cx;
    int64_t nranks = sums->layout->nranks;
    mb_status status = mb_buffer_new_array(cx, nranks, forest_size(sums->layout), &sums->gathered);
    if (status || !any_heads(sums->layout)) return status;
    status = mb_shuffle_open(cx, 0, &sums->shuffle);
    if (status) return status;
    return mb_buffer_new_array(cx, nranks + sums->nseries * (int64_t)BLOCK, sizeof(double),
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
    made->gathered = made->received = NULL;
    made->shuffle = (mb_shuffle){0};
    made->nseries = nseries;
    made->forest.count = 0;
    made->head.rows = made->head.left = head_rows(layout, me);
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
    mb_buffer_release(sums->gathered);
    mb_buffer_release(sums->received);
    mb_shuffle_close(&sums->shuffle);
    mb_buffer_release(sums->memory);
}
