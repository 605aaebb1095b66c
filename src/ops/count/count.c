#include "ops/count/count.h"

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/count/counted.h"
#include "ops/count/tables.h"
#include "ops/count/tally.h"

// --- Direct addressing: each rank adds up its slice of the tables of all ranks.

// Adds up the slices of all ranks, and lists the entries that occur.
static int64_t add_slices(const uint64_t *slices, int64_t length, int nranks, int64_t start,
                          mb_key_count *pairs)
{
    int64_t n = 0;
    for (int64_t k = 0; k < length; k++) {
        uint64_t count = 0;
        for (int r = 0; r < nranks; r++)
            count += slices[r * length + k];
        if (count) pairs[n++] = (mb_key_count){(uint64_t)(start + k), count};
    }
    return n;
}

static mb_status count_by_table(mb_context *cx, const mb_column *column, int64_t entries,
                                mb_counted *result)
{
    int nranks = mb_nranks(cx);
    int64_t start = mb_even_start(entries, nranks, mb_rank(cx));
    int64_t length = mb_even_start(entries, nranks, mb_rank(cx) + 1) - start;
    mb_buffer *table = NULL, *slices = NULL;
    mb_shuffle shuffle = {0};
    const int64_t width = sizeof(uint64_t);
    mb_status status = mb_memory_need(cx, width * (entries + length * (nranks + 2)));
    if (!status) status = mb_buffer_new_zeroed(cx, entries, (size_t)width, &table);
    if (!status) status = mb_buffer_new_array(cx, length * nranks, (size_t)width, &slices);
    if (!status) status = mb_shuffle_open(cx, 0, &shuffle);
    if (!status) status = mb_buffer_new_array(cx, length, sizeof(mb_key_count), &result->pairs);
    if (!status) status = mb_tally_table(cx, column, entries, table->data);
    MB_TRY(mb_step(cx, status, NULL));
    mb_tables_scatter(&shuffle, table->data, entries, slices->data);
    result->n = add_slices(slices->data, length, nranks, start, result->pairs->data);
done:
    mb_buffer_release(table);
    mb_buffer_release(slices);
    mb_shuffle_close(&shuffle);
    return status;
}

static mb_status count_by_hash(mb_context *cx, const mb_column *column, mb_counted *result)
{
    mb_counted local = {0};
    mb_status status = mb_tally_hash(cx, column, &local.pairs, &local.n);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_counted_merge(cx, &local, result));
done:
    mb_counted_release(&local);
    return status;
}

// The distinct keys of a source with their counts over all ranks. The status may be this rank's
// own.
static mb_status count_keys(mb_context *cx, const mb_column *source, mb_counted *counted)
{
    int64_t entries;
    if (mb_tally_direct(source, &entries)) return count_by_table(cx, source, entries, counted);
    return count_by_hash(cx, source, counted);
}

mb_status mb_value_counts(mb_context *cx, mb_column *column, mb_column **keys, mb_column **counts)
{
    mb_counted counted = {0};
    mb_column *source = NULL, *columns[2] = {NULL, NULL};
    mb_status status;
    MB_TRY(mb_counted_source(cx, column, &source));
    MB_TRY(count_keys(cx, source, &counted));
    MB_TRY(mb_counted_build(cx, &counted, column->type, mb_tally_origin(source),
                            &source->facts.range, 2, columns));
    *keys = columns[0];
    *counts = columns[1];
done:
    mb_column_release(source);
    mb_counted_release(&counted);
    return status;
}

mb_status mb_count_distinct(mb_context *cx, mb_column *column, int64_t *n)
{
    mb_counted counted = {0};
    mb_column *source = NULL;
    mb_status status;
    MB_TRY(mb_counted_source(cx, column, &source));
    status = count_keys(cx, source, &counted);
    mb_payload payload = {.count = (uint64_t)counted.n};
    MB_TRY(mb_conclude(cx, status, &payload));
    *n = (int64_t)payload.count;
done:
    mb_column_release(source);
    mb_counted_release(&counted);
    return status;
}
