#include "ops/reduce/bivariate.h"

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/reduce/block_sums.h"
#include "ops/reduce/reduce_kernels.h"

// Sums of the low and the high 64 bits of products, which do not overflow.
typedef struct exact_sum {
    mb_uint128 low;
    mb_int128 high;
} exact_sum;

typedef struct pass {
    mb_isa isa;
    mb_kind types[2], kind; // of the columns; of a dot product
    bool skipna;
    const mb_kernels *kernels;
    const mb_reduce_kernels *ops;
    mb_block_sums *sums; // of floats; NULL for the exact sum of integers
    exact_sum exact;
    uint64_t valid[MB_BLOCK_ROWS / 64];
    uint8_t there[MB_BLOCK_ROWS];
    uint64_t wide[2][MB_BLOCK_ROWS], dense[2][MB_BLOCK_VALUES];
} pass;

const char *mb_bivariate_name(mb_bivariate_statistic statistic)
{
    static const char *const names[] = {"dot", "cov", "corr"};
    return names[statistic];
}

// Which rows of both blocks have a value; NULL when all do.
static uint8_t *rows_there(pass *pass, const mb_block *blocks, const uint64_t *const *values,
                           int64_t n)
{
    const uint64_t *a = blocks[0].validity, *b = blocks[1].validity;
    bool skipna = pass->skipna && pass->sums;
    if (!a && !b && !skipna) return NULL;
    for (int64_t i = 0; i < (n + 63) / 64; i++)
        pass->valid[i] = (a ? a[i] : UINT64_MAX) & (b ? b[i] : UINT64_MAX);
    mb_validity_bytes(pass->valid, n, pass->there);
    for (int s = 0; s < 2 && skipna; s++)
        pass->ops->leave_out_nan((const double *)(const void *)values[s], n, pass->there);
    return pass->there;
}

static void add_exact(pass *pass, const uint64_t *const *values, int64_t n)
{
    exact_sum sum;
    if (pass->kind == MB_UINT)
        pass->ops->dot_unsigned(values[0], values[1], n, &sum.low, &sum.high);
    else
        pass->ops->dot_signed(values[0], values[1], n, &sum.low, &sum.high);
    pass->exact.low += sum.low;
    pass->exact.high += sum.high;
}

// Takes `rows` rows, or those of them that are there.
static void take_piece(pass *pass, const uint64_t *const *values, const uint8_t *there,
                       int64_t rows)
{
    const uint64_t *dense[2] = {values[0], values[1]};
    int64_t n = rows;
    for (int s = 0; s < 2 && there; s++) {
        n = pass->kernels->compress[3](values[s], there, rows, pass->dense[s]);
        dense[s] = pass->dense[s];
    }
    if (!pass->sums) {
        add_exact(pass, dense, n);
        return;
    }
    const double *x = (const double *)(const void *)dense[0];
    const double *y = (const double *)(const void *)dense[1];
    mb_block_sums_add(pass->sums, x, y, n, rows, NULL);
}

// Values of a block as doubles, or as integers for an exact sum.
static const uint64_t *widen(pass *pass, int series, const mb_block *block, int64_t n)
{
    uint64_t *wide = pass->wide[series];
    if (!pass->sums) return mb_block_widen(pass->kernels, block, n, wide);
    return (const uint64_t *)(const void *)mb_block_doubles(pass->isa, pass->types[series], block,
                                                            n, (double *)(void *)wide);
}

static mb_status take_blocks(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    pass *pass = state;
    const uint64_t *values[2];
    (void)first;
    for (int s = 0; s < 2; s++)
        values[s] = widen(pass, s, &blocks[s], n);
    const uint8_t *there = rows_there(pass, blocks, values, n);
    while (n > 0) {
        int64_t room = pass->sums ? mb_block_sums_room(pass->sums) : MB_BLOCK_VALUES;
        int64_t rows = n < room ? n : room;
        take_piece(pass, values, there, rows);
        values[0] += rows;
        values[1] += rows;
        if (there) there += rows;
        n -= rows;
    }
    return MB_OK;
}

static mb_status check(mb_context *cx, const mb_column *a, const mb_column *b,
                       mb_bivariate_statistic statistic)
{
    char left[64], right[64];
    const char *what = NULL, *mend = "";
    if (a->layout->n_global != b->layout->n_global) {
        what = "the lengths differ";
    } else if (statistic == MB_DOT && mb_kind_mixes_signs(a->type->kind, b->type->kind)) {
        what = "an int and a uint do not go together";
        mend = "; cast one with :as(\"int\") or :as(\"uint\")";
    }
    if (!what) return MB_OK;
    mb_column_describe(a, left, sizeof left);
    mb_column_describe(b, right, sizeof right);
    return mb_fail(cx, MB_EINVALID, "%s: %s: %s and %s%s", mb_bivariate_name(statistic), what, left,
                   right, mend);
}

static mb_status open_pass(mb_context *cx, pass *pass, mb_column *const *columns,
                           mb_bivariate_statistic statistic)
{
    static const unsigned wanted[] = {
        [MB_DOT] = MB_DOTS,
        [MB_COV] = MB_SUMS | MB_SQUARES | MB_CROSSES,
        [MB_CORR] = MB_SUMS | MB_SQUARES | MB_CROSSES,
    };
    for (int s = 0; s < 2; s++)
        pass->types[s] = columns[s]->type->kind;
    pass->kind = mb_kind_of_number(mb_kind_join(pass->types[0], pass->types[1]));
    pass->isa = cx->isa;
    pass->kernels = mb_kernels_of(cx->isa);
    pass->ops = mb_reduce_kernels_of(cx->isa);
    pass->exact = (exact_sum){0, 0};
    pass->sums = NULL;
    if (statistic == MB_DOT && pass->kind != MB_FLOAT) return MB_OK;
    return mb_block_sums_open(cx, columns[0]->layout, 2, wanted[statistic], &pass->sums);
}

// The exact sum of all ranks, as a value of its type.
static mb_status finish_exact(mb_context *cx, mb_buffer *memory, const pass *pass,
                              mb_scalar *result)
{
    const exact_sum *of_ranks = memory->data;
    exact_sum all = {0, 0};
    mb_gather_all(cx, &pass->exact, sizeof all, memory->data);
    for (int r = 0; r < mb_nranks(cx); r++) {
        all.low += of_ranks[r].low;
        all.high += of_ranks[r].high;
    }
    all.high += (mb_int128)(all.low >> 64);
    result->type = mb_type_of(pass->kind);
    return mb_exact_sum(cx, "dot", all.high, (uint64_t)all.low, result);
}

static double finish_moments(pass *pass, mb_bivariate_statistic statistic, double ddof)
{
    mb_moments moments;
    mb_block_sums_finish(pass->sums, &moments);
    switch (statistic) {
    case MB_DOT: return moments.dot;
    case MB_COV: return mb_moments_covariance(&moments, ddof);
    default: return mb_moments_correlation(&moments);
    }
}

mb_status mb_bivariate(mb_context *cx, mb_column *a, mb_column *b, mb_bivariate_statistic statistic,
                       mb_reduce_options options, mb_scalar *result)
{
    mb_column *columns[2] = {a, b};
    mb_buffer *memory = NULL;
    pass pass;
    mb_status status = check(cx, a, b, statistic);
    if (status) return status; // alike on all ranks
    status = open_pass(cx, &pass, columns, statistic);
    if (!status && !pass.sums)
        status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(exact_sum), &memory);
    pass.skipna = options.skipna;
    if (!status) status = mb_evaluate(cx, columns, 2, take_blocks, &pass);
    MB_TRY(mb_conclude(cx, status, NULL));
    if (pass.sums)
        *result = mb_float_scalar(finish_moments(&pass, statistic, options.ddof));
    else
        status = finish_exact(cx, memory, &pass, result);
done:
    mb_block_sums_close(pass.sums);
    mb_buffer_release(memory);
    return status;
}
