#include "ops/reduce.h"

#include <math.h>
#include <string.h>

#include "column/storage.h"
#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/block_sums.h"
#include "ops/kernels.h"

// What a pass looks for, besides the number of values.
enum {
    SUM = 1, // of integers, as PRODUCT
    PRODUCT = 2,
    NONZERO = 4,
    BOUNDS = 8,
    PLACES = 16, // of the bounds, which are found with them
};

// The first row of a value, by a key that is smaller for a better one.
typedef struct place {
    uint64_t key;
    int64_t row; // of all ranks; -1: none
} place;

// What does not depend on the order of rows.
typedef struct tally {
    mb_int128 sum;
    uint64_t product;
    int64_t count, nonzero, nans;
    uint64_t low, high; // in mb_order_bits' order, or mb_order_float's; nothing when low is above
    place least, most;
} tally;

typedef struct pass {
    mb_type type;
    unsigned needs;
    bool skipna;
    mb_isa isa;
    int64_t first_row; // of this rank
    const mb_kernels *kernels;
    const mb_ops_kernels *ops;
    const mb_moment_kernels *moment_kernels;
    tally tally;
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

const char *mb_statistic_name(mb_statistic statistic)
{
    static const char *const names[MB_STATISTICS] = {
        "sum", "prod",          "min",  "max", "argmin", "argmax", "any",
        "all", "count_nonzero", "mean", "var", "std",    "skew"};
    return names[statistic];
}

static tally empty_tally(void)
{
    return (tally){.product = 1, .low = UINT64_MAX, .least = {0, -1}, .most = {0, -1}};
}

static bool improves(const place *known, uint64_t key)
{
    return known->row < 0 || key < known->key;
}

// Puts the tally of the rows that follow to one.
static void add_tally(tally *into, const tally *from)
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

static void note_place(pass *pass, const piece *piece, place *known, uint64_t key, mb_value value)
{
    if (!improves(known, key)) return;
    const void *values = mb_block_widen(pass->kernels, &piece->values, piece->n, pass->wide);
    int64_t index = pass->type == MB_FLOAT ? pass->ops->find_float(values, piece->n, value.f)
                                           : pass->ops->find_word(values, piece->n, value.u);
    *known = (place){key, row_of(pass, piece, index)};
}

static void note_bounds(tally *tally, uint64_t low, uint64_t high)
{
    if (low < tally->low) tally->low = low;
    if (high > tally->high) tally->high = high;
}

static void bound_integers(pass *pass, const piece *piece)
{
    uint64_t low, high;
    pass->ops->bounds[piece->values.form](piece->values.values, piece->n, &low, &high);
    mb_value least = {.u = low + piece->values.base}, most = {.u = high + piece->values.base};
    low = mb_order_bits(pass->type, least.u);
    high = mb_order_bits(pass->type, most.u);
    note_bounds(&pass->tally, low, high);
    if (!(pass->needs & PLACES)) return;
    note_place(pass, piece, &pass->tally.least, low, least);
    note_place(pass, piece, &pass->tally.most, ~high, most);
}

// The key of a least value, or the complement of that of a largest one: a NaN comes before all
// others, and zeros of both signs are equal.
static uint64_t key_of(double value, bool is_least)
{
    if (isnan(value)) return 0;
    uint64_t order = mb_order_float(value + 0.0);
    return is_least ? order : ~order;
}

static void bound_floats(pass *pass, const piece *piece, mb_float_bounds bounds)
{
    pass->tally.nans += bounds.nans;
    if (bounds.nans < piece->n)
        note_bounds(&pass->tally, mb_order_float(bounds.low), mb_order_float(bounds.high));
    if (!(pass->needs & PLACES)) return;
    if (bounds.nans) bounds.low = bounds.high = NAN;
    note_place(pass, piece, &pass->tally.least, key_of(bounds.low, true),
               (mb_value){.f = bounds.low});
    note_place(pass, piece, &pass->tally.most, key_of(bounds.high, false),
               (mb_value){.f = bounds.high});
}

static void add_integers(pass *pass, const piece *piece)
{
    uint64_t low;
    int64_t high;
    const mb_block *values = &piece->values;
    mb_int128 base =
        pass->type == MB_INT ? (mb_int128)(int64_t)values->base : (mb_int128)values->base;
    pass->ops->sum[values->form](values->values, piece->n, &low, &high);
    pass->tally.sum += (mb_int128)low + (mb_int128)high * ((mb_int128)1 << 32) + base * piece->n;
}

static int64_t nonzero_integers(const pass *pass, const piece *piece)
{
    const mb_block *values = &piece->values;
    uint64_t zero = 0 - values->base; // as it is stored
    int width = mb_form_width(values->form);
    if (width < 8 && zero >> (8 * width)) return piece->n; // none of this width
    return pass->ops->unequal[values->form](values->values, piece->n, zero);
}

static void tally_integers(pass *pass, const piece *piece, int64_t rows)
{
    const mb_block *values = &piece->values;
    if (pass->sums) {
        double *wide = (double *)(void *)pass->wide;
        const double *doubles = mb_block_doubles(pass->isa, pass->type, values, piece->n, wide);
        mb_block_sums_add(pass->sums, &doubles, piece->n, rows, NULL);
    }
    if (piece->n == 0) return;
    if (pass->needs & SUM) add_integers(pass, piece);
    if (pass->needs & PRODUCT)
        pass->tally.product *=
            pass->ops->product[values->form](values->values, piece->n, values->base);
    if (pass->needs & NONZERO) pass->tally.nonzero += nonzero_integers(pass, piece);
    if (pass->needs & BOUNDS) bound_integers(pass, piece);
}

// Moves the values that are there, and not NaN where those are left out, to the front.
static void leave_out(pass *pass, piece *piece, uint8_t *there)
{
    mb_block *values = &piece->values;
    int width = mb_form_width(values->form);
    piece->there = there;
    if (!there) return;
    if (pass->skipna && pass->type == MB_FLOAT &&
        pass->ops->leave_out_nan(values->values, piece->n, there) == piece->n) {
        piece->there = NULL;
        return;
    }
    piece->n = pass->kernels->compress[mb_width_index(width)](values->values, there, piece->n,
                                                              pass->dense);
    values->values = pass->dense;
}

static void tally_floats(pass *pass, const piece *piece, int64_t rows)
{
    mb_float_bounds bounds;
    const double *values = piece->values.values;
    bool bounded = pass->needs & BOUNDS;
    if (pass->sums)
        mb_block_sums_add(pass->sums, &values, piece->n, rows, bounded ? &bounds : NULL);
    else if (bounded)
        bounds = mb_bounds_of(pass->moment_kernels, values, piece->n);
    if (piece->n == 0) return;
    if (bounded) bound_floats(pass, piece, bounds);
    if (pass->needs & NONZERO) pass->tally.nonzero += pass->ops->float_nonzero(values, piece->n);
}

static void take_piece(pass *pass, const mb_block *block, uint8_t *there, int64_t first, int64_t n)
{
    piece piece = {.values = *block, .n = n, .first = first};
    if (block->form == MB_F32) {
        piece.values.values = mb_block_widen(pass->kernels, block, n, pass->wide);
        piece.values.form = MB_F64;
    }
    leave_out(pass, &piece, there);
    pass->tally.count += piece.n;
    if (pass->type == MB_FLOAT)
        tally_floats(pass, &piece, n);
    else
        tally_integers(pass, &piece, n);
}

// Which rows of a block are there; NULL when all are, and none can turn out to be left out.
static uint8_t *rows_there(pass *pass, const mb_block *block, int64_t n)
{
    if (block->validity)
        mb_validity_bytes(block->validity, n, pass->there);
    else if (pass->skipna && pass->type == MB_FLOAT)
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

// What a statistic needs of the pass, and of ops/block_sums.h.
typedef struct need {
    unsigned pass, blocks;
} need;

static need need_of(mb_type type, mb_statistic statistic)
{
    enum { VARIANCE = MB_SUMS | MB_SQUARES };
    static const need needs[MB_STATISTICS][2] = {
        // of integers, of floats
        [MB_SUM] = {{SUM, 0}, {0, MB_SUMS}},
        [MB_PROD] = {{PRODUCT, 0}, {0, MB_PRODUCTS}},
        [MB_MIN] = {{BOUNDS, 0}, {BOUNDS, 0}},
        [MB_MAX] = {{BOUNDS, 0}, {BOUNDS, 0}},
        [MB_ARGMIN] = {{BOUNDS | PLACES, 0}, {BOUNDS | PLACES, 0}},
        [MB_ARGMAX] = {{BOUNDS | PLACES, 0}, {BOUNDS | PLACES, 0}},
        [MB_ANY] = {{NONZERO, 0}, {NONZERO, 0}},
        [MB_ALL] = {{NONZERO, 0}, {NONZERO, 0}},
        [MB_COUNT_NONZERO] = {{NONZERO, 0}, {NONZERO, 0}},
        [MB_MEAN] = {{SUM, 0}, {0, MB_SUMS}},
        [MB_VAR] = {{0, VARIANCE}, {0, VARIANCE}},
        [MB_STD] = {{0, VARIANCE}, {0, VARIANCE}},
        [MB_SKEW] = {{0, VARIANCE | MB_CUBES}, {0, VARIANCE | MB_CUBES}},
    };
    return needs[statistic][type == MB_FLOAT];
}

static need all_needs(mb_type type, unsigned wanted)
{
    need all = {0, 0};
    for (int s = 0; s < MB_STATISTICS; s++) {
        if (!(wanted >> s & 1)) continue;
        need one = need_of(type, (mb_statistic)s);
        all.pass |= one.pass;
        all.blocks |= one.blocks;
    }
    return all;
}

// Whether a tally fits the words that travel with an agreement, which have room for one sum.
static bool fits_payload(unsigned needs)
{
    return !(needs & (PRODUCT | PLACES)) && (needs & (SUM | NONZERO)) != (SUM | NONZERO);
}

static mb_payload to_payload(const tally *tally)
{
    return (mb_payload){.sum = tally->sum + tally->nonzero,
                        .count = (uint64_t)tally->count,
                        .max = {~tally->low, tally->high, tally->nans > 0}};
}

static void from_payload(const mb_payload *payload, tally *tally)
{
    tally->sum = payload->sum;
    tally->nonzero = (int64_t)payload->sum;
    tally->count = (int64_t)payload->count;
    tally->low = ~payload->max[0];
    tally->high = payload->max[1];
    tally->nans = (int64_t)payload->max[2];
}

static void gather_tallies(mb_context *cx, mb_buffer *memory, tally *all)
{
    const tally *tallies = memory->data;
    mb_gather_all(cx, all, sizeof *all, memory->data);
    *all = tallies[0];
    for (int r = 1; r < mb_nranks(cx); r++)
        add_tally(all, &tallies[r]);
}

static mb_status nothing_to_take(mb_context *cx, const mb_column *column, mb_statistic statistic)
{
    char text[64];
    mb_column_describe(column, text, sizeof text);
    return mb_fail(cx, MB_EINVALID, "%s of no values (%s)", mb_statistic_name(statistic), text);
}

mb_status mb_exact_sum(mb_context *cx, const char *operation, mb_type type, mb_int128 high,
                       uint64_t low, mb_value *value)
{
    mb_int128 carry = type == MB_UINT ? 0 : -(mb_int128)(low >> 63); // of a low half that fits
    value->u = low;
    if (high == carry) return MB_OK;
    return mb_fail(cx, MB_EOVERFLOW, "%s: about %.6g does not fit %s", operation,
                   (double)high * 0x1p64 + (double)low, type == MB_UINT ? "a uint" : "an int");
}

static mb_type type_of(mb_type type, mb_statistic statistic)
{
    switch (statistic) {
    case MB_SUM:
    case MB_PROD: return type == MB_BOOL ? MB_INT : type;
    case MB_MIN:
    case MB_MAX: return type;
    case MB_ARGMIN:
    case MB_ARGMAX:
    case MB_COUNT_NONZERO: return MB_INT;
    case MB_ANY:
    case MB_ALL: return MB_BOOL;
    default: return MB_FLOAT;
    }
}

static double mean_of(mb_type type, const tally *all, const mb_moments *moments)
{
    if (type == MB_FLOAT) return mb_moments_mean(moments, 0);
    return all->count ? (double)all->sum / (double)all->count : (double)NAN;
}

static mb_value bound_of(mb_type type, const tally *all, uint64_t order)
{
    if (type != MB_FLOAT) return (mb_value){.u = mb_order_bits(type, order)};
    return (mb_value){.f = all->nans ? (double)NAN : mb_unorder_float(order)};
}

// A statistic of all rows, from what the pass has found.
static mb_status find(mb_context *cx, const mb_column *column, double ddof, const tally *all,
                      const mb_moments *moments, mb_statistic statistic, mb_scalar *result)
{
    mb_type type = column->type;
    mb_value *value = &result->value;
    bool is_float = type == MB_FLOAT;
    result->type = type_of(type, statistic);
    value->bits = 0;
    if (all->count == 0 && statistic >= MB_MIN && statistic <= MB_ARGMAX)
        return nothing_to_take(cx, column, statistic);
    switch (statistic) {
    case MB_SUM:
        if (!is_float)
            return mb_exact_sum(cx, "sum", type, all->sum >> 64, (uint64_t)all->sum, value);
        value->f = moments->sum[0];
        break;
    case MB_PROD:
        if (is_float)
            value->f = moments->product;
        else
            value->u = all->product;
        break;
    case MB_MIN: *value = bound_of(type, all, all->low); break;
    case MB_MAX: *value = bound_of(type, all, all->high); break;
    case MB_ARGMIN: value->i = all->least.row + 1; break;
    case MB_ARGMAX: value->i = all->most.row + 1; break;
    case MB_ANY: value->b = all->nonzero > 0; break;
    case MB_ALL: value->b = all->nonzero == all->count; break;
    case MB_COUNT_NONZERO: value->i = all->nonzero; break;
    case MB_MEAN: value->f = mean_of(type, all, moments); break;
    case MB_VAR: value->f = mb_moments_variance(moments, ddof); break;
    case MB_STD: value->f = sqrt(mb_moments_variance(moments, ddof)); break;
    default: value->f = mb_moments_skewness(moments);
    }
    if (result->type == MB_FLOAT) *result = mb_float_scalar(value->f);
    return MB_OK;
}

static mb_status open_pass(mb_context *cx, pass *pass, const mb_column *column, bool skipna,
                           need needs)
{
    pass->type = column->type;
    pass->needs = needs.pass;
    pass->skipna = skipna;
    pass->isa = cx->isa;
    pass->first_row = column->layout->start[mb_rank(cx)];
    pass->kernels = mb_kernels_of(cx->isa);
    pass->ops = mb_ops_kernels_of(cx->isa);
    pass->moment_kernels = mb_moment_kernels_of(cx->isa);
    pass->tally = empty_tally();
    pass->sums = NULL;
    if (!needs.blocks) return MB_OK;
    return mb_block_sums_open(cx, column->layout, 1, needs.blocks, &pass->sums);
}

mb_status mb_reduce(mb_context *cx, mb_column *column, unsigned wanted, mb_reduce_options options,
                    mb_scalar *results)
{
    pass pass;
    mb_buffer *tallies = NULL;
    mb_moments moments;
    need needs = all_needs(column->type, wanted);
    bool fits = fits_payload(needs.pass);
    mb_status status = open_pass(cx, &pass, column, options.skipna, needs);
    if (!status && !fits) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(tally), &tallies);
    if (!status) status = mb_evaluate(cx, &column, 1, take_block, &pass);
    mb_payload payload = to_payload(&pass.tally);
    MB_TRY(mb_conclude(cx, status, &payload));
    if (fits)
        from_payload(&payload, &pass.tally);
    else
        gather_tallies(cx, tallies, &pass.tally);
    if (pass.sums) mb_block_sums_finish(pass.sums, &moments);
    for (int s = 0; s < MB_STATISTICS && !status; s++)
        if (wanted >> s & 1)
            status =
                find(cx, column, options.ddof, &pass.tally, &moments, (mb_statistic)s, &results[s]);
done:
    mb_block_sums_close(pass.sums);
    mb_buffer_release(tallies);
    return status;
}
