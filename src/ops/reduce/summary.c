#include "ops/reduce/summary.h"

#include <math.h>
#include <string.h>

#include "column/storage.h"
#include "comm/comm.h"
#include "expr/evaluate.h"
#include "ops/reduce/reduce_kernels.h"

typedef struct pass {
    mb_kind kind;
    unsigned needs;
    bool skipna; // there may be NaN, to be left out
    mb_isa isa;
    int64_t first_row; // of this rank
    const mb_kernels *kernels;
    const mb_reduce_kernels *ops;
    const mb_moment_kernels *moment_kernels;
    mb_summary summary;
    mb_block_sums *sums; // of doubles, where their order counts; or NULL
    uint8_t there[MB_BLOCK_ROWS];
    uint64_t dense[MB_BLOCK_ROWS], wide[MB_BLOCK_ROWS];
} pass;

// The values of some rows, one after the other.
typedef struct piece {
    mb_block values;
    int64_t n;
    int64_t first;        // row of this rank's that it begins with
    const uint8_t *there; // which of the rows from there on have a value; NULL: all
} piece;

mb_summary mb_summary_none(void)
{
    return (mb_summary){.product = 1, .low = UINT64_MAX, .least = {0, -1}, .most = {0, -1}};
}

static bool improves(const mb_place *known, uint64_t key)
{
    return known->row < 0 || key < known->key;
}

void mb_summary_add(mb_summary *into, const mb_summary *from)
{
    into->sum += from->sum;
    into->product *= from->product;
    into->count += from->count;
    into->nonzero += from->nonzero;
    into->nans += from->nans;
    if (from->low < into->low) into->low = from->low;
    if (from->high > into->high) into->high = from->high;
    if (from->least.row >= 0 && improves(&into->least, from->least.key)) into->least = from->least;
    if (from->most.row >= 0 && improves(&into->most, from->most.key)) into->most = from->most;
}

// Value number `index` of a piece as a row of all ranks.
static int64_t row_of(const pass *pass, const piece *piece, int64_t index)
{
    int64_t row = index;
    if (piece->there)
        for (row = 0, index -= piece->there[0]; index >= 0; index -= piece->there[row])
            row++;
    return pass->first_row + piece->first + row;
}

static void note_place(pass *pass, const piece *piece, mb_place *known, uint64_t key,
                       mb_value value)
{
    if (!improves(known, key)) return;
    const void *values = mb_block_widen(pass->kernels, &piece->values, piece->n, pass->wide);
    int64_t index = pass->kind == MB_FLOAT ? pass->ops->find_float(values, piece->n, value.f)
                                           : pass->ops->find_word(values, piece->n, value.u);
    *known = (mb_place){key, row_of(pass, piece, index)};
}

static void note_bounds(mb_summary *summary, uint64_t low, uint64_t high)
{
    if (low < summary->low) summary->low = low;
    if (high > summary->high) summary->high = high;
}

static void bound_integers(pass *pass, const piece *piece)
{
    uint64_t low, high;
    pass->kernels->bounds[piece->values.form](piece->values.values, piece->n, &low, &high);
    mb_value least = {.u = low + piece->values.base}, most = {.u = high + piece->values.base};
    low = mb_order_bits(pass->kind, least.u);
    high = mb_order_bits(pass->kind, most.u);
    note_bounds(&pass->summary, low, high);
    if (!(pass->needs & MB_PLACES)) return;
    note_place(pass, piece, &pass->summary.least, low, least);
    note_place(pass, piece, &pass->summary.most, ~high, most);
}

// The key of a least value, or the complement of that of a largest one: a NaN comes before all
// others, and zeros of both signs are equal.
static uint64_t key_of(double value, bool is_least)
{
    if (isnan(value)) return 0;
    uint64_t order = mb_order_number(value + 0.0);
    return is_least ? order : ~order;
}

static void bound_floats(pass *pass, const piece *piece, mb_float_bounds bounds)
{
    pass->summary.nans += bounds.nans;
    if (bounds.nans < piece->n)
        note_bounds(&pass->summary, mb_order_number(bounds.low), mb_order_number(bounds.high));
    if (!(pass->needs & MB_PLACES)) return;
    if (bounds.nans) bounds.low = bounds.high = NAN;
    note_place(pass, piece, &pass->summary.least, key_of(bounds.low, true),
               (mb_value){.f = bounds.low});
    note_place(pass, piece, &pass->summary.most, key_of(bounds.high, false),
               (mb_value){.f = bounds.high});
}

static void add_integers(pass *pass, const piece *piece)
{
    uint64_t low;
    int64_t high;
    const mb_block *values = &piece->values;
    mb_int128 base = mb_integer(pass->kind, values->base);
    pass->ops->sum[values->form](values->values, piece->n, &low, &high);
    pass->summary.sum += (mb_int128)low + (mb_int128)high * ((mb_int128)1 << 32) + base * piece->n;
}

static int64_t nonzero_integers(const pass *pass, const piece *piece)
{
    const mb_block *values = &piece->values;
    uint64_t zero = 0 - values->base; // as it is stored
    int width = mb_form_width(values->form);
    if (width < 8 && zero >> (8 * width)) return piece->n; // none of this width
    return pass->ops->unequal[values->form](values->values, piece->n, zero);
}

static void take_integers(pass *pass, const piece *piece, int64_t rows)
{
    const mb_block *values = &piece->values;
    if (pass->sums) {
        double *wide = (double *)(void *)pass->wide;
        const double *doubles = mb_block_doubles(pass->isa, pass->kind, values, piece->n, wide);
        mb_block_sums_add(pass->sums, doubles, NULL, piece->n, rows, NULL);
    }
    if (piece->n == 0) return;
    if (pass->needs & MB_INTEGER_SUM) add_integers(pass, piece);
    if (pass->needs & MB_INTEGER_PRODUCT)
        pass->summary.product *=
            pass->ops->product[values->form](values->values, piece->n, values->base);
    if (pass->needs & MB_NONZERO) pass->summary.nonzero += nonzero_integers(pass, piece);
    if (pass->needs & MB_BOUNDS) bound_integers(pass, piece);
}

// Moves the values that are there, and not NaN where those are left out, to the front.
static void leave_out(pass *pass, piece *piece, uint8_t *there)
{
    mb_block *values = &piece->values;
    int width = mb_form_width(values->form);
    piece->there = there;
    if (!there) return;
    if (pass->skipna && pass->ops->leave_out_nan(values->values, piece->n, there) == piece->n) {
        piece->there = NULL;
        return;
    }
    piece->n = pass->kernels->compress[mb_width_index(width)](values->values, there, piece->n,
                                                              pass->dense);
    values->values = pass->dense;
}

static void take_floats(pass *pass, const piece *piece, int64_t rows)
{
    mb_float_bounds bounds;
    const double *values = piece->values.values;
    bool bounded = pass->needs & MB_BOUNDS;
    if (pass->sums)
        mb_block_sums_add(pass->sums, values, NULL, piece->n, rows, bounded ? &bounds : NULL);
    else if (bounded)
        bounds = mb_bounds_of(pass->moment_kernels, values, piece->n);
    if (piece->n == 0) return;
    if (bounded) bound_floats(pass, piece, bounds);
    if (pass->needs & MB_NONZERO)
        pass->summary.nonzero += pass->ops->float_nonzero(values, piece->n);
}

static void take_piece(pass *pass, const mb_block *block, uint8_t *there, int64_t first, int64_t n)
{
    piece piece = {.values = *block, .n = n, .first = first};
    if (block->form == MB_F32) {
        piece.values.values = mb_block_widen(pass->kernels, block, n, pass->wide);
        piece.values.form = MB_F64;
    }
    leave_out(pass, &piece, there);
    pass->summary.count += piece.n;
    if (pass->kind == MB_FLOAT)
        take_floats(pass, &piece, n);
    else
        take_integers(pass, &piece, n);
}

// Which rows of a block are there; NULL when all are, and none can turn out to be left out.
static uint8_t *rows_there(pass *pass, const mb_block *block, int64_t n)
{
    if (block->validity)
        mb_validity_bytes(block->validity, n, pass->there);
    else if (pass->skipna)
        memset(pass->there, 1, (size_t)n);
    else
        return NULL;
    return pass->there;
}

// Goes through a block in pieces that end where blocks of the sums do, so that they stay in cache
// for all that is done with them.
static mb_status take_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    pass *pass = state;
    mb_block rest = *block;
    uint8_t *there = rows_there(pass, block, n);
    int64_t width = mb_form_width(block->form);
    while (n > 0) {
        int64_t room = pass->sums ? mb_block_sums_room(pass->sums) : n, rows = n < room ? n : room;
        take_piece(pass, &rest, there, first, rows);
        rest.values = (const char *)rest.values + rows * width;
        if (there) there += rows;
        first += rows;
        n -= rows;
    }
    return MB_OK;
}

mb_status mb_summarise(mb_context *cx, mb_column *column, unsigned needs, bool skipna,
                       mb_block_sums *sums, mb_summary *summary)
{
    pass pass;
    pass.kind = column->type->kind;
    pass.needs = needs;
    pass.skipna = skipna && mb_kind_has_nan(pass.kind);
    pass.first_row = column->layout->start[mb_rank(cx)];
    pass.isa = cx->isa;
    pass.kernels = mb_kernels_of(cx->isa);
    pass.ops = mb_reduce_kernels_of(cx->isa);
    pass.moment_kernels = mb_moment_kernels_of(cx->isa);
    pass.sums = sums;
    pass.summary = mb_summary_none();
    mb_status status = mb_evaluate(cx, &column, 1, take_block, &pass);
    *summary = pass.summary;
    return status;
}
