#include "ops/reduce/registered.h"

#include <string.h>

#include "column/storage.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/reduce/block_tree.h"

enum {
    BLOCK = MB_TREE_ROWS,
    INPUTS = MB_KERNEL_INPUTS,
    SLACK = 64, // words behind a plane, which loops may write to
};
_Static_assert((int)BLOCK == (int)MB_KERNEL_ROWS, "a block of the tree is one of the kernel");

// Rows that are collected: of the layout, and of these the ones without a missing value, whose
// values are in planes of 64-bit words, of bools of bytes.
typedef struct collection {
    int64_t rows, count;
    uint64_t *planes[INPUTS];
} collection;

typedef struct folding {
    mb_context *cx;
    const mb_registered *kernel;
    const mb_layout *layout;
    const mb_kernels *kernels;
    mb_buffer *memory, *received;
    mb_block_tree tree;
    mb_shuffle shuffle;
    uint64_t *message; // the head, with its count before it
    int64_t head, left;
    collection heads, open;
    int64_t number; // of the open block
    uint64_t *wide; // scratch: a plane
    void *state, *all;
    mb_kernel_block block; // that is folded
    mb_status status;      // of folds after the exchange
} folding;

static int width_of(const folding *folding, int input)
{
    return mb_kind_width(folding->kernel->inputs[input].kind);
}

static void join(void *state, const void *next, void *owner)
{
    const mb_registered *kernel = owner;
    kernel->is.merge(state, next, kernel->is.data);
}

// Folds a block, of `count` rows with the values that `in` points to, into the tree.
static mb_status fold(folding *folding, const void *const *in, int64_t count, int64_t rows)
{
    const mb_kernel_definition *is = &folding->kernel->is;
    mb_kernel_block *block = &folding->block;
    int code = 0;
    block->n = count;
    block->row = folding->number * BLOCK;
    block->failed = -1;
    *block->message = '\0';
    for (int i = 0; i < folding->kernel->ninputs; i++)
        block->in[i] = in[i];
    memset(folding->state, 0, is->state_size);
    is->init(folding->state, is->data);
    if (count) code = is->fold(folding->state, block, is->data);
    if (count < rows) block->failed = -1; // its rows are not those of the column
    if (code) return mb_registered_fail(folding->cx, folding->kernel, block, code, NULL);
    mb_block_tree_add(&folding->tree, folding->number, folding->state);
    folding->number++;
    return MB_OK;
}

static mb_status fold_open(folding *folding)
{
    collection *open = &folding->open;
    const void *in[INPUTS] = {NULL};
    for (int i = 0; i < folding->kernel->ninputs; i++)
        in[i] = open->planes[i];
    mb_status status = fold(folding, in, open->count, open->rows);
    open->rows = open->count = 0;
    return status;
}

// --- Rows of this rank.

// A byte for each row in which no value is missing, 1; false where none is missing at all.
static bool find_present(const folding *folding, const mb_block *blocks, int64_t first, int64_t n,
                         uint8_t *present)
{
    bool missing = false;
    for (int i = 0; i < folding->kernel->ninputs; i++)
        missing = missing || blocks[i].validity;
    if (!missing) return false;
    memset(present, 1, (size_t)n);
    for (int i = 0; i < folding->kernel->ninputs; i++)
        for (int64_t row = 0; blocks[i].validity && row < n; row++)
            present[row] &= (uint8_t)mb_block_valid(&blocks[i], first + row);
    return true;
}

// Rows of a block from one on, as its first ones; the validity is the caller's business.
static mb_block rows_from(const mb_block *block, int64_t first)
{
    mb_block rest = *block;
    rest.values = (const char *)block->values + first * mb_form_width(block->form);
    return rest;
}

// Adds n rows of blocks to a collection.
static void collect(folding *folding, collection *into, const mb_block *blocks, int64_t first,
                    int64_t n)
{
    uint8_t present[BLOCK];
    int64_t count = n;
    const bool missing = find_present(folding, blocks, first, n, present);
    for (int i = 0; i < folding->kernel->ninputs; i++) {
        const int width = width_of(folding, i);
        const mb_block rows = rows_from(&blocks[i], first);
        const void *values = rows.values;
        char *end = (char *)into->planes[i] + into->count * width;
        uint64_t *packed = folding->wide + BLOCK + SLACK;
        if (width == 8) values = mb_block_widen(folding->kernels, &rows, n, folding->wide);
        if (missing) {
            count = folding->kernels->compress[mb_width_index(width)](values, present, n, packed);
            values = packed;
        }
        memcpy(end, values, (size_t)(count * width));
    }
    into->rows += n;
    into->count += count;
}

// Whether a whole block can be folded where it stands.
static bool stands_whole(const folding *folding, const mb_block *blocks, int64_t rows)
{
    if (folding->left || folding->open.rows || rows < BLOCK) return false;
    for (int i = 0; i < folding->kernel->ninputs; i++)
        if (blocks[i].validity || mb_form_width(blocks[i].form) != width_of(folding, i))
            return false;
    return true;
}

static mb_status fold_whole(folding *folding, const mb_block *blocks, int64_t first)
{
    const void *in[INPUTS] = {NULL};
    for (int i = 0; i < folding->kernel->ninputs; i++)
        in[i] = rows_from(&blocks[i], first).values;
    return fold(folding, in, BLOCK, BLOCK);
}

static mb_status take_blocks(void *state, const mb_block *blocks, int64_t unused, int64_t n)
{
    folding *folding = state;
    mb_status status = MB_OK;
    (void)unused;
    for (int64_t at = 0, rows; at < n && !status; at += rows) {
        const bool head = folding->left > 0;
        const int64_t room = head ? folding->left : BLOCK - folding->open.rows;
        rows = n - at < room ? n - at : room;
        if (stands_whole(folding, blocks, rows)) {
            status = fold_whole(folding, blocks, at);
            continue;
        }
        collect(folding, head ? &folding->heads : &folding->open, blocks, at, rows);
        if (head) folding->left -= rows;
        if (folding->open.rows == BLOCK) status = fold_open(folding);
    }
    return status;
}

// --- Rows of other ranks.

static void keep(folding *folding, mb_status status)
{
    if (!folding->status) folding->status = status;
}

// Adds the rows that a rank has sent.
static void take_head(folding *folding, const uint64_t *message, int64_t rows)
{
    collection *open = &folding->open;
    const int64_t count = (int64_t)message[0];
    for (int i = 0; i < folding->kernel->ninputs; i++) {
        const int width = width_of(folding, i);
        memcpy((char *)open->planes[i] + open->count * width, message + mb_tree_place(i, rows),
               (size_t)(count * width));
    }
    open->rows += rows;
    open->count += count;
    if (open->rows == BLOCK) keep(folding, fold_open(folding));
}

static void exchange_heads(folding *folding)
{
    const mb_layout *layout = folding->layout;
    const int nplanes = folding->kernel->ninputs;
    if (!mb_tree_any_heads(layout)) return;
    folding->message[0] = (uint64_t)folding->heads.count;
    mb_tree_send_heads(&folding->shuffle, layout, nplanes, folding->message,
                       folding->received->data);
    const uint64_t *message = folding->received->data;
    for (int r = 0; r < layout->nranks; r++) {
        if (!folding->shuffle.received.counts[r]) continue;
        const int64_t rows = mb_tree_head(layout, r);
        take_head(folding, message, rows);
        message += mb_tree_place(nplanes, rows);
    }
}

// --- The whole.

static mb_status take_memory(folding *folding)
{
    mb_context *cx = folding->cx;
    const mb_registered *kernel = folding->kernel;
    const mb_layout *layout = folding->layout;
    const int n = kernel->ninputs;
    const int64_t plane = BLOCK + SLACK, state = (MB_KERNEL_STATE + 64) / 8;
    const int64_t words = (n + 2) * plane + mb_tree_place(n, BLOCK) + SLACK + 2 * state;
    mb_status status = mb_buffer_new_array(cx, words, sizeof(uint64_t), &folding->memory);
    if (!status) status = mb_block_tree_open(cx, layout, &folding->tree);
    if (status) return status;
    uint64_t *at = folding->memory->data;
    folding->state = at;
    folding->all = at + state;
    folding->wide = at + 2 * state;
    for (int i = 0; i < n; i++)
        folding->open.planes[i] = folding->wide + (2 + i) * plane;
    folding->message = folding->wide + (2 + n) * plane;
    for (int i = 0; i < n; i++)
        folding->heads.planes[i] = folding->message + mb_tree_place(i, folding->head);
    if (!mb_tree_any_heads(layout)) return MB_OK;
    status = mb_shuffle_open(cx, 0, &folding->shuffle);
    if (status) return status;
    return mb_buffer_new_array(cx, mb_tree_words(layout->nranks, n), sizeof(uint64_t),
                               &folding->received);
}

static mb_status open_folding(folding *folding, mb_layout *layout)
{
    mb_context *cx = folding->cx;
    const int64_t start = layout->start[mb_rank(cx)];
    folding->layout = layout;
    folding->kernels = mb_kernels_of(cx->isa);
    folding->head = folding->left = mb_tree_head(layout, mb_rank(cx));
    folding->number = (start + BLOCK - 1) / BLOCK;
    folding->tree = (mb_block_tree){.join = join,
                                    .owner = (void *)(uintptr_t)folding->kernel,
                                    .size = folding->kernel->is.state_size};
    return take_memory(folding);
}

static void close_folding(folding *folding)
{
    mb_block_tree_close(&folding->tree);
    mb_shuffle_close(&folding->shuffle);
    mb_buffer_release(folding->memory);
    mb_buffer_release(folding->received);
}

// The value of the state of all rows.
static mb_status finish(folding *folding, mb_value *value, bool *there)
{
    const mb_registered *kernel = folding->kernel;
    uint64_t out[8] = {0}, valid[1] = {1};
    mb_kernel_block block = {.n = 1, .out = out, .failed = -1};
    if (kernel->gives_missing) block.out_valid = valid;
    int code = kernel->is.finish(folding->all, &block, kernel->is.data);
    block.failed = -1;
    if (code) return mb_registered_fail(folding->cx, kernel, &block, code, NULL);
    *there = valid[0] & 1;
    if (kernel->result == MB_BOOL) *out = *(uint8_t *)out != 0;
    value->bits = *there ? *out : 0;
    if (kernel->result == MB_FLOAT) value->f = mb_float_scalar(value->f).value.f;
    return MB_OK;
}

// Whether all ranks have the same result.
static mb_status compare(folding *folding, mb_status status, mb_value value, bool there)
{
    mb_payload payload = {.max = {value.bits, ~value.bits, there, !there}};
    status = mb_step(folding->cx, status, &payload);
    if (status) return status;
    if (payload.max[0] == ~payload.max[1] && payload.max[2] != payload.max[3]) return MB_OK;
    return mb_fail(
        folding->cx, MB_EINVALID,
        "%s: ranks have got different results of the same rows: a kernel must not depend "
        "on anything else",
        folding->kernel->is.name);
}

// Evaluates columns of the kernel's types, and folds them.
static mb_status reduce(folding *folding, mb_column *const *columns, mb_scalar *result, bool *there)
{
    mb_context *cx = folding->cx;
    const mb_kernel_definition *is = &folding->kernel->is;
    mb_value value = {0};
    bool is_there = false;
    mb_status status = open_folding(folding, columns[0]->layout);
    if (!status) status = mb_evaluate(cx, columns, folding->kernel->ninputs, take_blocks, folding);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    exchange_heads(folding);
    if (folding->open.rows) keep(folding, fold_open(folding));
    memset(folding->all, 0, is->state_size);
    is->init(folding->all, is->data);
    mb_block_tree_finish(&folding->tree, folding->all);
    status = folding->status ? folding->status : finish(folding, &value, &is_there);
    status = compare(folding, status, value, is_there);
    if (status) return status;
    *result = (mb_scalar){mb_type_of(folding->kernel->result), value};
    *there = is_there;
    return MB_OK;
}

static mb_status check(mb_context *cx, const mb_registered *kernel, mb_column *const *columns)
{
    const int64_t rows = columns[0]->layout->n_global;
    for (int i = 0; i < kernel->ninputs; i++) {
        mb_status status = mb_registered_check(cx, kernel, i, columns[i]->type);
        if (status) return status;
        if (columns[i]->layout->n_global != rows)
            return mb_fail(cx, MB_EINVALID, "%s: the lengths differ: %lld and %lld rows",
                           kernel->is.name, (long long)rows,
                           (long long)columns[i]->layout->n_global);
    }
    return MB_OK;
}

mb_status mb_registered_reduce(mb_context *cx, const mb_registered *kernel,
                               mb_column *const *columns, mb_scalar *result, bool *there)
{
    mb_column *inputs[INPUTS] = {NULL};
    folding folding = {.cx = cx, .kernel = kernel};
    mb_status status = check(cx, kernel, columns);
    for (int i = 0; i < kernel->ninputs && !status; i++)
        status = mb_expression_cast(cx, columns[i], mb_type_of(kernel->inputs[i].kind), false, NULL,
                                    &inputs[i]);
    if (!status) status = reduce(&folding, inputs, result, there);
    close_folding(&folding);
    for (int i = 0; i < kernel->ninputs; i++)
        mb_column_release(inputs[i]);
    return status;
}
