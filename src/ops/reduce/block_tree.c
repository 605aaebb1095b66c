#include "ops/reduce/block_tree.h"

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"

enum {
    BLOCK = MB_TREE_ROWS,
    MOST_NODES = 80, // a range of fewer than 2^40 blocks leaves at most two subtrees of each size
    ALIGNED = 16,    // states
};

// The blocks index << level .. ((index + 1) << level) - 1; the state is behind.
typedef struct subtree {
    _Alignas(ALIGNED) int64_t level;
    int64_t index;
} subtree;

// Subtrees in order, none the sibling of the next.
typedef struct forest {
    _Alignas(ALIGNED) int64_t count;
} forest;

// --- Heads.

int64_t mb_tree_head(const mb_layout *layout, int rank)
{
    int64_t rows = mb_layout_rows(layout, rank);
    int64_t to_boundary = (BLOCK - layout->start[rank] % BLOCK) % BLOCK;
    return rows < to_boundary ? rows : to_boundary;
}

bool mb_tree_any_heads(const mb_layout *layout)
{
    for (int r = 0; r < layout->nranks; r++)
        if (mb_tree_head(layout, r)) return true;
    return false;
}

void mb_tree_send_heads(mb_shuffle *shuffle, const mb_layout *layout, int nplanes,
                        const void *message, void *received)
{
    const mb_partition from = shuffle->received;
    int me = mb_rank(shuffle->cx);
    int64_t place = 0;
    for (int r = 0; r < layout->nranks; r++) {
        int64_t heads = mb_tree_head(layout, r);
        if (!heads) continue;
        int owner = mb_layout_owner(layout, layout->start[r] - layout->start[r] % BLOCK);
        int64_t n = mb_tree_place(nplanes, heads);
        if (r == me) shuffle->sent.counts[owner] = n;
        if (owner != me) continue;
        from.counts[r] = n;
        from.starts[r] = place;
        place += n;
    }
    mb_shuffle_send(shuffle, message, sizeof(uint64_t), received);
}

// --- The tree.

// Bytes of a subtree with its state.
static size_t stride(const mb_block_tree *tree)
{
    return sizeof(subtree) + (tree->size + ALIGNED - 1) / ALIGNED * ALIGNED;
}

static subtree *tree_at(const mb_block_tree *tree, const forest *forest, int64_t i)
{
    return (subtree *)(uintptr_t)((const char *)(forest + 1) + (size_t)i * stride(tree));
}

static void *state_of(subtree *at)
{
    return at + 1;
}

// Adds a subtree, whose state may be changed.
static void plant(const mb_block_tree *tree, int64_t level, int64_t index, const void *state)
{
    forest *forest = tree->memory->data;
    subtree *last = tree_at(tree, forest, forest->count++);
    last->level = level;
    last->index = index;
    memcpy(state_of(last), state, tree->size);
    while (forest->count > 1) {
        subtree *left = tree_at(tree, forest, forest->count - 2);
        last = tree_at(tree, forest, forest->count - 1);
        if (left->level != last->level || last->index % 2 == 0 || left->index != last->index - 1)
            break;
        tree->join(state_of(left), state_of(last), tree->owner);
        left->index /= 2;
        left->level++;
        forest->count--;
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

mb_status mb_block_tree_open(mb_context *cx, const mb_layout *layout, mb_block_tree *tree)
{
    tree->cx = cx;
    tree->part = sizeof(forest) + (size_t)most_trees(layout) * stride(tree);
    mb_status status = mb_buffer_new_zeroed(cx, 1, sizeof(forest) + (MOST_NODES + 1) * stride(tree),
                                            &tree->memory);
    return status ? status : mb_buffer_new_array(cx, layout->nranks, tree->part, &tree->gathered);
}

void mb_block_tree_add(mb_block_tree *tree, int64_t number, const void *state)
{
    plant(tree, 0, number, state);
}

static void gather(mb_block_tree *tree)
{
    forest *own = tree->memory->data;
    mb_gather_all(tree->cx, own, tree->part, tree->gathered->data);
    own->count = 0;
    for (int r = 0; r < mb_nranks(tree->cx); r++) {
        const forest *part =
            (forest *)(void *)((char *)tree->gathered->data + (size_t)r * tree->part);
        for (int64_t i = 0; i < part->count; i++) {
            subtree *at = tree_at(tree, part, i);
            plant(tree, at->level, at->index, state_of(at));
        }
    }
}

// Subtrees that are left over join from the right, as in a tree whose last blocks have no rows.
void mb_block_tree_finish(mb_block_tree *tree, void *all)
{
    forest *forest = tree->memory->data;
    gather(tree);
    for (int64_t i = forest->count - 1; i >= 0; i--) {
        void *state = state_of(tree_at(tree, forest, i));
        tree->join(state, all, tree->owner);
        memcpy(all, state, tree->size);
    }
}

void mb_block_tree_close(mb_block_tree *tree)
{
    mb_buffer_release(tree->memory);
    mb_buffer_release(tree->gathered);
}
