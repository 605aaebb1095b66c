#include "ops/reduce/zones.h"

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "order/order.h"
#include "types/dictionary.h"

// Bounds by order keys; of no values the low one is above.
typedef struct bounds {
    uint64_t low, high;
} bounds;

typedef struct zoning {
    int64_t rows;      // of a zone
    int64_t first_row; // of this rank
    bool has_nan;      // the last order key is none of a number
    bounds *zones;
} zoning;

static void join(bounds *into, bounds other)
{
    if (other.low < into->low) into->low = other.low;
    if (other.high > into->high) into->high = other.high;
}

static bounds bounds_of(const uint64_t *orders, int64_t n)
{
    bounds found = {UINT64_MAX, 0};
    for (int64_t i = 0; i < n; i++) {
        found.low = orders[i] < found.low ? orders[i] : found.low;
        found.high = orders[i] > found.high ? orders[i] : found.high;
    }
    return found;
}

// The same of those that are there, and no NaN.
static bounds bounds_of_some(const uint64_t *orders, const uint8_t *valid, bool has_nan, int64_t n)
{
    bounds found = {UINT64_MAX, 0};
    for (int64_t i = 0; i < n; i++)
        if ((!valid || valid[i]) && !(has_nan && orders[i] == MB_ORDER_NAN))
            join(&found, (bounds){orders[i], orders[i]});
    return found;
}

static mb_status take(void *state, const uint64_t *orders, const uint8_t *valid, int64_t first,
                      int64_t n)
{
    zoning *z = state;
    for (int64_t done = 0, count; done < n; done += count) {
        int64_t row = z->first_row + first + done, zone = row / z->rows;
        count = (zone + 1) * z->rows - row;
        if (count > n - done) count = n - done;
        bounds found = bounds_of(orders + done, count);
        if (valid || (z->has_nan && found.high == MB_ORDER_NAN))
            found = bounds_of_some(orders + done, valid ? valid + done : NULL, z->has_nan, count);
        join(&z->zones[zone], found);
    }
    return MB_OK;
}

// Joins the bounds that all ranks have found of n zones.
static mb_status join_ranks(mb_context *cx, bounds *zones, int64_t n)
{
    mb_buffer *table = NULL;
    int nranks = mb_nranks(cx);
    size_t size = (size_t)n * sizeof(bounds);
    mb_status status;
    MB_TRY(mb_step(cx, mb_buffer_new_array(cx, nranks, size, &table), NULL));
    const bounds *all = table->data;
    mb_gather_all(cx, zones, size, table->data);
    for (int rank = 0; rank < nranks; rank++)
        for (int64_t i = 0; i < n; i++)
            join(&zones[i], *all++);
done:
    mb_buffer_release(table);
    return status;
}

static uint64_t value_of(mb_kind kind, uint64_t order)
{
    if (kind != MB_FLOAT) return mb_order_bits(kind, order);
    return ((mb_value){.f = mb_unorder_float(order)}).u;
}

// This rank's rows of the result.
static mb_status append(mb_builder *builder, const mb_layout *layout, int rank, mb_kind kind,
                        const bounds *zones)
{
    for (int64_t row = layout->start[rank]; row < layout->start[rank + 1]; row++) {
        bounds zone = zones[row / 2];
        if (kind == MB_FLOAT && zone.low > zone.high) zone = (bounds){MB_ORDER_NAN, MB_ORDER_NAN};
        uint64_t word = value_of(kind, row % 2 ? zone.high : zone.low);
        mb_status status = mb_builder_append_words(builder, &word, NULL, 1);
        if (status) return status;
    }
    return MB_OK;
}

mb_status mb_zones(mb_context *cx, mb_column *column, int64_t rows, mb_column **zones)
{
    mb_status status;
    mb_buffer *table = NULL;
    mb_layout *layout = NULL;
    mb_builder *builder = NULL;
    int rank = mb_rank(cx);
    int64_t all = column->layout->n_global, n = all / rows + (all % rows != 0);
    mb_kind kind = column->type->kind;
    if (mb_dictionary_of(column->type)) return mb_type_refuse(cx, "zones", column->type);
    zoning z = {
        .rows = rows, .first_row = column->layout->start[rank], .has_nan = mb_kind_has_nan(kind)};
    MB_TRY(mb_materialise(cx, column)); // whose values are written next
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(bounds), &table));
    z.zones = table->data;
    for (int64_t i = 0; i < n; i++)
        z.zones[i] = bounds_of(NULL, 0);
    MB_TRY(mb_order_each(cx, column, take, NULL, &z));
    MB_TRY(join_ranks(cx, z.zones, n));
    MB_TRY(mb_layout_even(cx, 2 * n, &layout));
    MB_TRY(mb_builder_open(cx, column->type, mb_layout_rows(layout, rank), NULL, 8, &builder));
    MB_TRY(mb_step(cx, append(builder, layout, rank, kind, z.zones), NULL));
    MB_TRY(mb_builder_finish(cx, &builder, 1, &layout, 0, zones));
done:
    mb_builder_close(builder);
    mb_layout_release(layout);
    mb_buffer_release(table);
    return status;
}
