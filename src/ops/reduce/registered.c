#include "ops/reduce/registered.h"

#include <string.h>

#include "column/storage.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "expr/evaluate.h"
#include "ops/reduce/block_tree.h"

enum {
    BLOCK = MB_TREE_ROWS,
    INPUTS = MB_KERNEL_INPUTS,
    SLACK = 64,     // words behind a plane, which loops may write to
    MARGIN = 64,    // bytes before and behind what a kernel writes, of
    PATTERN = 0xa5, // this value, to see that it leaves them alone
    AREA = MARGIN + MB_KERNEL_STATE + MARGIN,
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
    int64_t number;        // of the open block,
    int64_t first;         // and of the first one
    uint64_t *wide;        // scratch: a plane
    uint8_t *areas;        // of states: see open_state
    mb_kernel_block block; // that is folded
    mb_status status;      // of folds after the exchange, and of merges
} folding;

static int width_of(const folding *folding, int input)
{
    return mb_kind_width(folding->kernel->inputs[input].kind);
}

static void keep(folding *folding, mb_status status)
{
    if (!folding->status) folding->status = status;
}

// --- States, with margins that tell when a kernel writes out of them.

// Those that a kernel is at work on.
enum { OPEN_STATE, MERGED_STATE, WHOLE_STATE, STATES };

static uint8_t *state_in(const folding *folding, int which)
{
    return folding->areas + which * AREA + MARGIN;
}

// A state of zeros.
static void *open_state(const folding *folding, int which)
{
    const size_t size = folding->kernel->is.state_size;
    uint8_t *state = state_in(folding, which);
    memset(state - MARGIN, PATTERN, MARGIN);
    memset(state, 0, size);
    memset(state + size, PATTERN, MARGIN);
    return state;
}

static bool stand(const uint8_t *at, size_t size)
{
    for (int i = 1; i <= MARGIN; i++)
        if (at[-i] != PATTERN || at[size + (size_t)i - 1] != PATTERN) return false;
    return true;
}

static mb_status check_state(const folding *folding, int which, const char *function)
{
    const size_t size = folding->kernel->is.state_size;
    if (stand(state_in(folding, which), size)) return MB_OK;
    return mb_fail(folding->cx, MB_EINVALID, "%s wrote out of its state of %zu bytes, in %s",
                   folding->kernel->is.name, size, function);
}

static void *begin_state(folding *folding, int which)
{
    const mb_kernel_definition *is = &folding->kernel->is;
    void *state = open_state(folding, which);
    is->init(state, is->data);
    return state;
}

static void join(void *state, const void *next, void *owner)
{
    folding *folding = owner;
    const mb_kernel_definition *is = &folding->kernel->is;
    void *merged = open_state(folding, MERGED_STATE);
    memcpy(merged, state, is->state_size);
    is->merge(merged, next, is->data);
    memcpy(state, merged, is->state_size);
    if (!folding->status) keep(folding, check_state(folding, MERGED_STATE, "merge"));
}

// --- Blocks.

// As guarded blocks of element-wise kernels: the first one of a rank, and short ones.
static bool is_guarded(const folding *folding, int64_t count)
{
#ifdef MB_CHECKED
    (void)folding;
    (void)count;
    return true;
#else
    return folding->number == folding->first || count < BLOCK;
#endif
}

static uint64_t hash_inputs(const folding *folding)
{
    const mb_kernel_block *block = &folding->block;
    uint64_t hash = 0;
    for (int i = 0; i < folding->kernel->ninputs; i++)
        hash = mb_hash_bytes(hash, block->in[i], (size_t)(block->n * width_of(folding, i)));
    return hash;
}

// Folds the rows of the block, of `rows` with those that are left out, into a new state.
static mb_status fold_rows(folding *folding, int64_t rows)
{
    const mb_kernel_definition *is = &folding->kernel->is;
    mb_kernel_block *block = &folding->block;
    const long long first = block->row + 1, last = block->row + rows;
    const bool guarded = is_guarded(folding, block->n);
    void *state = begin_state(folding, OPEN_STATE);
    if (block->n == 0) return check_state(folding, OPEN_STATE, "init");
    const uint64_t hash = guarded ? hash_inputs(folding) : 0;
    int code = is->fold(state, block, is->data);
    mb_status status = check_state(folding, OPEN_STATE, "fold");
    if (!status && guarded && hash_inputs(folding) != hash)
        status = mb_fail(folding->cx, MB_EINVALID, "%s wrote to its inputs at rows %lld to %lld",
                         is->name, first, last);
    if (status || !code) return status;
    if (block->n < rows) block->failed = -1; // its rows are not those of the column
    return mb_registered_fail(folding->cx, folding->kernel, block, code, NULL);
}

// Folds a block, of `count` rows with the values that `in` points to, into the tree.
static mb_status fold(folding *folding, const void *const *in, int64_t count, int64_t rows)
{
    mb_kernel_block *block = &folding->block;
    block->n = count;
    block->row = folding->number * BLOCK;
    block->failed = -1;
    *block->message = '\0';
    for (int i = 0; i < folding->kernel->ninputs; i++)
        block->in[i] = in[i];
    mb_status status = fold_rows(folding, rows);
    if (status) return status;
    mb_block_tree_add(&folding->tree, folding->number, state_in(folding, OPEN_STATE));
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
    const int64_t plane = BLOCK + SLACK, states = STATES * AREA / 8;
    const int64_t words = (n + 2) * plane + mb_tree_place(n, BLOCK) + SLACK + states;
    mb_status status = mb_buffer_new_array(cx, words, sizeof(uint64_t), &folding->memory);
    if (!status) status = mb_block_tree_open(cx, layout, &folding->tree);
    if (status) return status;
    uint64_t *at = folding->memory->data;
    folding->areas = (uint8_t *)at;
    folding->wide = at + states;
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
    folding->number = folding->first = (start + BLOCK - 1) / BLOCK;
    folding->tree =
        (mb_block_tree){.join = join, .owner = folding, .size = folding->kernel->is.state_size};
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
    const size_t width = (size_t)mb_kind_width(kernel->result);
    uint64_t valid = 1;
    _Alignas(64) uint8_t area[3 * MARGIN], *out = area + MARGIN;
    mb_kernel_block block = {.n = 1, .out = out, .failed = -1};
    memset(area, PATTERN, sizeof area);
    memset(out, 0, width);
    if (kernel->gives_missing) block.out_valid = &valid;
    int code = kernel->is.finish(state_in(folding, WHOLE_STATE), &block, kernel->is.data);
    block.failed = -1;
    if (!stand(out, width))
        return mb_fail(folding->cx, MB_EINVALID,
                       "%s wrote out of its result, which is one value of %s", kernel->is.name,
                       mb_registered_type(kernel->result));
    if (code) return mb_registered_fail(folding->cx, kernel, &block, code, NULL);
    *there = valid & 1;
    value->bits = 0;
    if (*there) memcpy(&value->bits, out, width);
    if (kernel->result == MB_BOOL) value->bits = value->bits != 0;
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
    mb_value value = {0};
    bool is_there = false;
    mb_status status = open_folding(folding, columns[0]->layout);
    if (!status) status = mb_evaluate(cx, columns, folding->kernel->ninputs, take_blocks, folding);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    exchange_heads(folding);
    if (folding->open.rows) keep(folding, fold_open(folding));
    mb_block_tree_finish(&folding->tree, begin_state(folding, WHOLE_STATE));
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
            return mb_fail(cx, MB_EINVALID, "%s: the lengths differ: %lld and %lld row%s",
                           kernel->is.name, (long long)rows,
                           (long long)columns[i]->layout->n_global,
                           mb_plural(columns[i]->layout->n_global));
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
