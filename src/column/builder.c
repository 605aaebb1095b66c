#include "column/builder.h"

#include <stdlib.h>
#include <string.h>

#include "column/storage.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"

// Rows are taken in pieces that stay in the first-level cache between the passes over them.
enum { PIECE = 2048 };
_Static_assert(MB_STATISTICS_ROWS % PIECE == 0, "a piece is in one of the ranges");

struct mb_builder {
    mb_context *cx;
    const mb_type *type;
    int64_t rows, filled, missing;
    mb_storage storage;
    uint64_t window_low, window_high; // what the storage holds, in mb_order_bits' order
    mb_buffer *values, *validity, *ranges;
    bool empty;                      // no row that is there so far; else:
    uint64_t low, high, first, last; // of the rows that are there, in the same order
    bool ascending;
    uint64_t scratch[PIECE]; // a piece without its missing rows' values
};

static bool is_integer(const mb_builder *builder)
{
    return mb_kind_is_integer(builder->type->kind);
}

static void set_storage(mb_builder *builder, mb_storage storage)
{
    builder->storage = storage;
    mb_storage_window(builder->type->kind, storage, &builder->window_low, &builder->window_high);
}

static mb_storage first_storage(mb_kind kind, const mb_range *guess, int float_width)
{
    if (kind == MB_FLOAT) return (mb_storage){.width = float_width};
    if (kind == MB_BOOL || !guess) return (mb_storage){.width = 1};
    uint64_t low = mb_order_bits(kind, guess->minimum), high = mb_order_bits(kind, guess->maximum);
    return low <= high ? mb_storage_choose(kind, low, high) : (mb_storage){.width = 1};
}

mb_status mb_builder_open(mb_context *cx, const mb_type *type, int64_t n_local,
                          const mb_range *guess, int float_width, mb_builder **builder)
{
    mb_status status;
    mb_builder *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->type = type;
    made->rows = n_local;
    made->empty = made->ascending = true;
    set_storage(made, first_storage(type->kind, guess, float_width));
    MB_TRY(mb_buffer_new_array(cx, n_local, (size_t)made->storage.width, &made->values));
    int64_t nranges = (n_local + MB_STATISTICS_ROWS - 1) / MB_STATISTICS_ROWS;
    if (is_integer(made)) MB_TRY(mb_buffer_new_array(cx, nranges, sizeof(mb_range), &made->ranges));
    *builder = made;
    made = NULL;
done:
    mb_builder_close(made);
    return status;
}

void mb_builder_close(mb_builder *builder)
{
    if (!builder) return;
    mb_buffer_release(builder->values);
    mb_buffer_release(builder->validity);
    mb_buffer_release(builder->ranges);
    free(builder);
}

// Replaces a buffer by one of `size` bytes with the same contents; nothing when it is as large.
static mb_status enlarge(mb_context *cx, mb_buffer **buffer, size_t size)
{
    mb_buffer *larger;
    if (!*buffer || (*buffer)->size >= size) return MB_OK;
    mb_status status = mb_buffer_new(cx, size, &larger);
    if (status) return status;
    memcpy(larger->data, (*buffer)->data, (*buffer)->size);
    mb_buffer_release(*buffer);
    *buffer = larger;
    return MB_OK;
}

mb_status mb_builder_resize(mb_builder *builder, int64_t n_local)
{
    mb_context *cx = builder->cx;
    mb_status status;
    size_t rows = (size_t)n_local, known = builder->validity ? builder->validity->size : 0;
    size_t ranges = (rows + MB_STATISTICS_ROWS - 1) / MB_STATISTICS_ROWS;
    MB_TRY(enlarge(cx, &builder->values, rows * (size_t)builder->storage.width));
    MB_TRY(enlarge(cx, &builder->validity, (rows + 63) / 64 * 8));
    if (known && builder->validity->size > known)
        memset((char *)builder->validity->data + known, 0xff, builder->validity->size - known);
    MB_TRY(enlarge(cx, &builder->ranges, ranges * sizeof(mb_range)));
    builder->rows = n_local;
done:
    return status;
}

static mb_status restore(mb_builder *builder, mb_storage storage)
{
    mb_buffer *values;
    mb_status status =
        mb_buffer_new_array(builder->cx, builder->rows, (size_t)storage.width, &values);
    if (status) return status;
    mb_storage_kernels_of(builder->cx->isa)
        ->convert[mb_width_index(builder->storage.width)][mb_width_index(storage.width)](
            builder->values->data, builder->filled, builder->storage.base - storage.base,
            values->data);
    mb_buffer_release(builder->values);
    builder->values = values;
    set_storage(builder, storage);
    return MB_OK;
}

// Makes room for values between low and high besides those that are there.
static mb_status widen(mb_builder *builder, uint64_t low, uint64_t high)
{
    if (low >= builder->window_low && high <= builder->window_high) return MB_OK;
    if (!builder->empty && builder->low < low) low = builder->low;
    if (!builder->empty && builder->high > high) high = builder->high;
    mb_storage storage = mb_storage_choose(builder->type->kind, low, high);
    return restore(builder, storage);
}

static void note_range(mb_builder *builder, uint64_t low, uint64_t high)
{
    mb_range *range = (mb_range *)builder->ranges->data + builder->filled / MB_STATISTICS_ROWS;
    low = mb_order_bits(builder->type->kind, low);
    high = mb_order_bits(builder->type->kind, high);
    uint64_t flip = mb_order_bits(builder->type->kind, 0);
    bool fresh = builder->filled % MB_STATISTICS_ROWS == 0;
    if (fresh || (low ^ flip) < (range->minimum ^ flip)) range->minimum = low;
    if (fresh || (high ^ flip) > (range->maximum ^ flip)) range->maximum = high;
}

static void note_order(mb_builder *builder, const uint64_t *values, int64_t n, uint64_t flip)
{
    uint64_t first = mb_order_bits(builder->type->kind, values[0]);
    if (builder->empty)
        builder->first = first;
    else if (first < builder->last)
        builder->ascending = false;
    if (builder->ascending)
        builder->ascending =
            mb_storage_kernels_of(builder->cx->isa)->descents(values, n, flip) == 0;
    builder->last = mb_order_bits(builder->type->kind, values[n - 1]);
}

static void *end_of_values(const mb_builder *builder)
{
    return (char *)builder->values->data + builder->filled * builder->storage.width;
}

static mb_status append_integers(mb_builder *builder, const uint64_t *values, int64_t n)
{
    const mb_storage_kernels *kernels = mb_storage_kernels_of(builder->cx->isa);
    uint64_t low, high, flip = mb_order_bits(builder->type->kind, UINT64_C(1) << 63);
    kernels->bounds(values, n, flip, &low, &high);
    mb_status status = widen(builder, low, high);
    if (status) return status;
    note_range(builder, low, high);
    note_order(builder, values, n, flip);
    if (builder->empty || low < builder->low) builder->low = low;
    if (builder->empty || high > builder->high) builder->high = high;
    builder->empty = false;
    kernels->convert[3][mb_width_index(builder->storage.width)](
        values, n, 0 - builder->storage.base, end_of_values(builder));
    return MB_OK;
}

static mb_status add_validity(mb_builder *builder)
{
    mb_status status =
        mb_buffer_new_array(builder->cx, mb_validity_words(builder->rows), 8, &builder->validity);
    if (!status) memset(builder->validity->data, 0xff, builder->validity->size);
    return status;
}

// Bits behind the last row are 0.
static void clear_tail(const mb_builder *builder)
{
    int64_t rows = builder->rows;
    if (!builder->validity || rows % 64 == 0) return;
    ((uint64_t *)builder->validity->data)[rows / 64] &= (UINT64_C(1) << (rows % 64)) - 1;
}

static mb_status note_missing(mb_builder *builder, const uint8_t *valid, int64_t n)
{
    if (!builder->validity) {
        mb_status status = add_validity(builder);
        if (status) return status;
    }
    uint64_t *words = builder->validity->data;
    for (int64_t i = 0; i < n; i++) {
        int64_t row = builder->filled + i;
        if (valid[i]) continue;
        words[row / 64] &= ~(UINT64_C(1) << (row % 64));
        builder->missing++;
    }
    builder->ascending = false;
    return MB_OK;
}

// Integers of a piece with missing rows: those get a value that is there, so that they fit.
static mb_status append_sparse(mb_builder *builder, const uint64_t *values, const uint8_t *valid,
                               int64_t n)
{
    const uint8_t *there = memchr(valid, 1, (size_t)n);
    if (!there) {
        memset(end_of_values(builder), 0, (size_t)(n * builder->storage.width));
        if (builder->filled % MB_STATISTICS_ROWS == 0)
            note_range(builder, builder->window_low, builder->window_low);
        return MB_OK;
    }
    uint64_t present = values[there - valid];
    for (int64_t i = 0; i < n; i++)
        builder->scratch[i] = valid[i] ? values[i] : present;
    return append_integers(builder, builder->scratch, n);
}

int mb_builder_width(const mb_builder *builder)
{
    return is_integer(builder) ? 8 : builder->storage.width;
}

// A column beyond the caches is written past them.
static void append_floats(const mb_builder *builder, const void *values, int64_t n)
{
    enum { LARGE = 1 << 22 };
    char *end = end_of_values(builder);
    size_t bytes = (size_t)(n * builder->storage.width);
    if (builder->values->size > LARGE && (uintptr_t)end % MB_ALIGNMENT == 0)
        mb_storage_kernels_of(builder->cx->isa)->stream(values, bytes, end);
    else
        memcpy(end, values, bytes);
}

static mb_status append_piece(mb_builder *builder, const char *values, const uint8_t *valid,
                              int64_t n)
{
    mb_status status = MB_OK;
    if (valid && memchr(valid, 0, (size_t)n)) {
        status = note_missing(builder, valid, n);
        if (status) return status;
    } else {
        valid = NULL;
    }
    const void *at = values;
    if (is_integer(builder))
        status = valid ? append_sparse(builder, at, valid, n) : append_integers(builder, at, n);
    else
        append_floats(builder, values, n);
    if (!status) builder->filled += n;
    return status;
}

mb_status mb_builder_append(mb_builder *builder, const void *values, const uint8_t *valid,
                            int64_t n)
{
    const char *at = values;
    if (n > builder->rows - builder->filled)
        return mb_fail(builder->cx, MB_EINTERNAL, "more rows than the column has");
    while (n > 0) {
        int64_t piece = PIECE - builder->filled % PIECE;
        if (piece > n) piece = n;
        mb_status status = append_piece(builder, at, valid, piece);
        if (status) return status;
        at += piece * mb_builder_width(builder);
        if (valid) valid += piece;
        n -= piece;
    }
    return MB_OK;
}

// Words become, in their place, what is stored of bools, and of floats of 4 bytes.
static void narrow(const mb_builder *builder, void *words, int64_t n)
{
    const int width = mb_builder_width(builder);
    for (int64_t i = 0; width == 1 && i < n; i++)
        ((uint8_t *)words)[i] = ((const uint64_t *)words)[i] & 1;
    for (int64_t i = 0; width == 4 && i < n; i++) {
        double value;
        memcpy(&value, (const char *)words + i * 8, sizeof value);
        ((float *)words)[i] = (float)value;
    }
}

mb_status mb_builder_append_words(mb_builder *builder, uint64_t *words, const uint8_t *valid,
                                  int64_t n)
{
    narrow(builder, words, n);
    return mb_builder_append(builder, words, valid, n);
}

// What each rank tells of its part.
typedef struct part {
    uint64_t low, high, first, last;
    int64_t missing;
    mb_storage storage;
    bool empty, ascending;
} part;

static part part_of(const mb_builder *builder)
{
    part mine;
    memset(&mine, 0, sizeof mine);
    mine.low = builder->low;
    mine.high = builder->high;
    mine.first = builder->first;
    mine.last = builder->last;
    mine.missing = builder->missing;
    mine.storage = builder->storage;
    mine.empty = builder->empty;
    mine.ascending = builder->ascending;
    return mine;
}

// Adds the part of the next rank.
static void join_part(part *whole, const part *next)
{
    whole->missing += next->missing;
    whole->ascending = whole->ascending && next->ascending;
    if (next->empty) return;
    if (whole->empty) {
        int64_t missing = whole->missing;
        bool ascending = whole->ascending;
        *whole = *next;
        whole->missing = missing;
        whole->ascending = ascending;
        return;
    }
    if (next->first < whole->last) whole->ascending = false;
    if (next->low < whole->low) whole->low = next->low;
    if (next->high > whole->high) whole->high = next->high;
    whole->last = next->last;
}

// The storage that all ranks settle on: the one they have, when it is the same and no wider than
// needed.
static mb_storage common_storage(mb_kind kind, const part *all, int nranks, int stride,
                                 const part *whole)
{
    if (whole->empty) return (mb_storage){.width = 1};
    mb_storage best = mb_storage_choose(kind, whole->low, whole->high);
    for (int r = 0; r < nranks; r++) {
        mb_storage storage = all[(int64_t)r * stride].storage;
        if (storage.width != best.width || storage.base != all->storage.base) return best;
    }
    if (best.base == 0 && all->storage.base != 0) return best;
    return all->storage;
}

static mb_status make_column(mb_builder *builder, mb_layout *layout, const part *whole,
                             mb_storage storage, uint64_t identity, mb_column **column)
{
    bool integers = is_integer(builder);
    mb_status status = MB_OK;
    if (integers &&
        (storage.width != builder->storage.width || storage.base != builder->storage.base))
        status = restore(builder, storage);
    if (!status && whole->missing && !builder->validity) status = add_validity(builder);
    if (status) return status;
    clear_tail(builder);
    mb_column model = {
        .type = builder->type,
        .layout = layout,
        .identity = identity,
        .values = {.width = builder->storage.width,
                   .base = builder->storage.base,
                   .buffer = builder->values},
        .validity = {.buffer = builder->validity},
        .facts = {.missing = whole->missing,
                  .bounded = integers,
                  .range = {mb_order_bits(builder->type->kind,
                                          whole->empty ? UINT64_MAX : whole->low),
                            mb_order_bits(builder->type->kind, whole->empty ? 0 : whole->high)},
                  .ascending = integers && whole->ascending && !whole->missing,
                  .ranges = builder->ranges},
    };
    return mb_column_new(builder->cx, &model, column);
}

static mb_status check_filled(mb_builder **builders, int n)
{
    for (int i = 0; i < n; i++)
        if (builders[i]->filled != builders[i]->rows)
            return mb_fail(builders[i]->cx, MB_EINTERNAL, "fewer rows than the column has");
    return MB_OK;
}

mb_status mb_builder_finish(mb_context *cx, mb_builder **builders, int n, mb_layout *const *layouts,
                            int first, mb_column **columns)
{
    int nranks = mb_nranks(cx);
    mb_buffer *mine = NULL, *all = NULL, *made = NULL;
    mb_status status = check_filled(builders, n);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(part), &mine);
    if (!status) status = mb_buffer_new_array(cx, (int64_t)n * nranks, sizeof(part), &all);
    if (!status) status = mb_buffer_new_zeroed(cx, n, sizeof(mb_column *), &made);
    MB_TRY(mb_step(cx, status, NULL));
    part *parts = mine->data, *others = all->data;
    mb_column **results = made->data;
    for (int i = 0; i < n; i++)
        parts[i] = part_of(builders[i]);
    mb_gather_all(cx, parts, (size_t)n * sizeof(part), others);
    for (int i = 0; i < n && !status; i++) {
        part whole = others[i];
        for (int r = 1; r < nranks; r++)
            join_part(&whole, &others[(int64_t)r * n + i]);
        mb_storage storage = common_storage(builders[i]->type->kind, others + i, nranks, n, &whole);
        status = make_column(builders[i], layouts[i], &whole, storage,
                             mb_result_identity(cx, first + i), &results[i]);
    }
    MB_TRY(mb_step(cx, status, NULL));
    memcpy(columns, results, (size_t)n * sizeof *columns);
    memset(results, 0, (size_t)n * sizeof *results);
done:
    for (int i = 0; made && i < n; i++)
        mb_column_release(((mb_column **)made->data)[i]);
    mb_buffer_release(mine);
    mb_buffer_release(all);
    mb_buffer_release(made);
    return status;
}
