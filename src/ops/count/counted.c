#include "ops/count/counted.h"

#include <string.h>

#include "column/builder.h"
#include "column/realign.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "comm/splitters.h"
#include "expr/evaluate.h"
#include "ops/count/tally.h"
#include "order/order.h"

enum { PIECE = 2048 }; // rows that are converted at once

void mb_counted_release(mb_counted *counted)
{
    mb_buffer_release(counted->pairs);
    *counted = (mb_counted){0};
}

// --- What is counted.

static mb_status append_orders(void *state, const uint64_t *orders, const uint8_t *valid,
                               int64_t first, int64_t n)
{
    (void)first;
    return mb_builder_append(state, orders, valid, n);
}

mb_status mb_counted_source(mb_context *cx, mb_column *column, mb_column **source)
{
    const mb_range any = {0, UINT64_MAX};
    mb_builder *builder = NULL;
    mb_column *made = NULL;
    mb_status status = mb_materialise(cx, column);
    if (status || !mb_kind_has_nan(column->type->kind)) {
        if (!status) *source = mb_column_retain(column);
        return status;
    }
    status = mb_builder_open(cx, &mb_type_uint, mb_column_rows(column), &any, 8, &builder);
    if (!status) status = mb_order_each(cx, column, append_orders, NULL, builder);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &builder, 1, &column->layout, 0, &made));
    *source = made;
done:
    mb_builder_close(builder);
    return status;
}

// The entries of this rank's table that occur.
static mb_status local_by_table(mb_context *cx, const mb_column *source, int64_t entries,
                                mb_counted *counted)
{
    mb_buffer *table = NULL;
    mb_status status;
    MB_TRY(mb_buffer_new_zeroed(cx, entries, sizeof(uint64_t), &table));
    MB_TRY(mb_tally_table(cx, source, entries, table->data));
    const uint64_t *counts = table->data;
    int64_t n = 0;
    for (int64_t k = 0; k < entries; k++)
        n += counts[k] != 0;
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(mb_key_count), &counted->pairs));
    mb_key_count *pairs = counted->pairs->data;
    for (int64_t k = 0; k < entries; k++)
        if (counts[k]) pairs[counted->n++] = (mb_key_count){(uint64_t)k, counts[k]};
done:
    mb_buffer_release(table);
    return status;
}

mb_status mb_counted_local(mb_context *cx, const mb_column *source, mb_counted *counted)
{
    int64_t entries;
    if (mb_tally_direct(source, &entries)) return local_by_table(cx, source, entries, counted);
    return mb_tally_hash(cx, source, &counted->pairs, &counted->n);
}

// --- A shuffle of keys by splitters.

// Sorts pairs by key, and adds up the counts of equal keys.
static mb_status merge(mb_context *cx, mb_buffer *pairs, int64_t n, mb_counted *result)
{
    mb_buffer *scratch;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_key_count), &scratch);
    if (status) return status;
    mb_key_count *from = pairs->data;
    uint64_t largest = 0;
    for (int64_t i = 0; i < n; i++)
        if (from[i].key > largest) largest = from[i].key;
    mb_key_count *sorted = mb_radix_sort_pairs(from, scratch->data, n, largest);
    int64_t last = -1;
    for (int64_t i = 0; i < n; i++) {
        if (last >= 0 && sorted[last].key == sorted[i].key)
            sorted[last].count += sorted[i].count;
        else
            sorted[++last] = sorted[i];
    }
    result->n = last + 1;
    result->pairs = mb_buffer_retain(sorted == scratch->data ? scratch : pairs);
    mb_buffer_release(scratch);
    return MB_OK;
}

// Sends each pair to the rank that owns its key.
static mb_status exchange_pairs(mb_context *cx, mb_counted *local, mb_buffer **received, int64_t *n)
{
    mb_splitters splitters = {0};
    mb_shuffle shuffle = {0};
    mb_shuffle_plane plane = {local->pairs, sizeof(mb_key_count)};
    const mb_key_count *pairs = local->pairs->data;
    int64_t rows = local->n;
    *local = (mb_counted){0};
    mb_status status = mb_splitters_open(cx, &splitters);
    if (!status) status = mb_shuffle_open(cx, rows, &shuffle);
    MB_TRY(mb_step(cx, status, NULL));
    mb_splitters_choose(&splitters, pairs, rows, sizeof *pairs);
    for (int64_t i = 0; i < rows; i++)
        shuffle.owners[i] = (uint32_t)mb_splitters_owner(&splitters, pairs[i].key);
    mb_shuffle_route(&shuffle);
    MB_TRY(mb_shuffle_deliver(&shuffle, MB_OK, &plane, 1));
    *received = plane.rows;
    *n = shuffle.n_received;
    plane.rows = NULL;
done:
    mb_buffer_release(plane.rows);
    mb_shuffle_close(&shuffle);
    mb_splitters_close(&splitters);
    return status;
}

mb_status mb_counted_merge(mb_context *cx, mb_counted *local, mb_counted *merged)
{
    mb_buffer *received = NULL;
    int64_t n = 0, copies = mb_nranks(cx) == 1 ? 1 : 2;
    mb_status status;
    MB_TRY(mb_memory_need(cx, copies * local->n * (int64_t)sizeof(mb_key_count)));
    if (mb_nranks(cx) == 1) {
        status = merge(cx, local->pairs, local->n, merged);
        mb_counted_release(local);
        return status;
    }
    MB_TRY(exchange_pairs(cx, local, &received, &n));
    status = merge(cx, received, n, merged);
done:
    mb_buffer_release(received);
    return status;
}

// --- The result as columns.

typedef struct building {
    mb_builder *builders[2];
    int ncolumns;
    const mb_type *type;
    uint64_t origin;
} building;

static mb_status append_keys(const building *to, uint64_t *words, int64_t n)
{
    for (int64_t i = 0; to->type->kind == MB_FLOAT && i < n; i++)
        words[i] = mb_unorder_value(MB_FLOAT, words[i]).bits;
    return mb_builder_append_words(to->builders[0], words, NULL, n);
}

static mb_status append_pairs(const building *to, const mb_counted *counted)
{
    const mb_key_count *pairs = counted->pairs->data;
    uint64_t words[PIECE], numbers[PIECE];
    mb_status status = MB_OK;
    for (int64_t first = 0; first < counted->n && !status; first += PIECE) {
        int64_t n = counted->n - first < PIECE ? counted->n - first : PIECE;
        for (int64_t i = 0; i < n; i++) {
            words[i] = pairs[first + i].key + to->origin;
            numbers[i] = pairs[first + i].count;
        }
        status = append_keys(to, words, n);
        if (!status && to->ncolumns == 2)
            status = mb_builder_append(to->builders[1], numbers, NULL, n);
    }
    return status;
}

static uint64_t largest_count(const mb_counted *counted)
{
    const mb_key_count *pairs = counted->pairs->data;
    uint64_t largest = 0;
    for (int64_t i = 0; i < counted->n; i++)
        if (pairs[i].count > largest) largest = pairs[i].count;
    return largest;
}

mb_status mb_counted_build(mb_context *cx, const mb_counted *counted, const mb_type *type,
                           uint64_t origin, const mb_range *guess, int ncolumns,
                           mb_column **columns)
{
    mb_layout *layout = NULL, *layouts[2];
    mb_column *made[2] = {NULL, NULL};
    building to = {.ncolumns = ncolumns, .type = type, .origin = origin};
    mb_payload payload = {.max = {largest_count(counted)}};
    mb_status status;
    MB_TRY(mb_layout_gather(cx, MB_OK, counted->n, &payload, &layout));
    mb_range range = {0, payload.max[0]};
    status = mb_builder_open(cx, type, counted->n, guess, 8, &to.builders[0]);
    if (!status && ncolumns == 2)
        status = mb_builder_open(cx, &mb_type_int, counted->n, &range, 8, &to.builders[1]);
    if (!status) status = append_pairs(&to, counted);
    MB_TRY(mb_step(cx, status, NULL));
    layouts[0] = layouts[1] = layout;
    MB_TRY(mb_builder_finish(cx, to.builders, ncolumns, layouts, 0, made));
    for (int i = 0; i < ncolumns; i++)
        MB_TRY(mb_column_level(cx, &made[i]));
    memcpy(columns, made, (size_t)ncolumns * sizeof *columns);
    made[0] = made[1] = NULL;
done:
    mb_column_release(made[0]);
    mb_column_release(made[1]);
    mb_layout_release(layout);
    mb_builder_close(to.builders[0]);
    mb_builder_close(to.builders[1]);
    return status;
}
