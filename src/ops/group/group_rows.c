// Columns for the grouped rows, made from groups.

#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/group/aggregate.h"

enum { PIECE = 4096 }; // rows of a block

typedef struct broadcast {
    mb_context *cx;
    const mb_numbering *numbering;
    mb_column *column;                 // owned; laid out as the groups are
    mb_buffer *values, *valid;         // of the received groups
    mb_buffer *of_local, *valid_local; // of the local groups
    mb_builder *builder;
} broadcast;

static mb_status prepare(broadcast *work)
{
    const mb_numbering *numbering = work->numbering;
    const mb_column *column = work->column;
    const mb_range *guess = column->facts.bounded ? &column->facts.range : NULL;
    int64_t rows = mb_layout_rows(numbering->rows, mb_rank(work->cx));
    mb_status status;
    MB_TRY(mb_memory_need(work->cx, 8 * (numbering->shuffle.n_received + numbering->local.n) +
                                        rows * column->values.width));
    MB_TRY(mb_buffer_new_array(work->cx, numbering->shuffle.n_received, sizeof(uint64_t),
                               &work->values));
    MB_TRY(mb_buffer_new_array(work->cx, numbering->local.n, sizeof(uint64_t), &work->of_local));
    if (column->facts.missing) {
        MB_TRY(mb_buffer_new_array(work->cx, numbering->shuffle.n_received, 1, &work->valid));
        MB_TRY(mb_buffer_new_array(work->cx, numbering->local.n, 1, &work->valid_local));
    }
    MB_TRY(
        mb_builder_open(work->cx, column->type, rows, guess, column->values.width, &work->builder));
done:
    return status;
}

static void bring_values(broadcast *work)
{
    const mb_numbering *numbering = work->numbering;
    const uint32_t *group_ids = numbering->group_ids->data;
    uint64_t *values = work->values->data;
    for (int64_t i = 0; i < numbering->shuffle.n_received; i++) {
        mb_value value = {.u = 0};
        bool valid = mb_column_get(work->column, group_ids[i], &value);
        values[i] = value.bits;
        if (work->valid) ((uint8_t *)work->valid->data)[i] = valid;
    }
    mb_shuffle_reply(&numbering->shuffle, values, sizeof *values, work->of_local->data);
    if (work->valid)
        mb_shuffle_reply(&numbering->shuffle, work->valid->data, 1, work->valid_local->data);
}

// Appends what each row's local group has; `valid_of_local` NULL: all are valid.
static mb_status append_rows(const mb_numbering *numbering, const uint64_t *of_local,
                             const uint8_t *valid_of_local, mb_builder *builder)
{
    uint64_t values[PIECE];
    uint32_t room[PIECE];
    uint8_t valid[PIECE];
    mb_status status = MB_OK;
    int64_t rows = mb_layout_rows(numbering->rows, mb_rank(numbering->cx));
    for (int64_t first = 0; first < rows && !status; first += PIECE) {
        int64_t n = rows - first < PIECE ? rows - first : PIECE;
        const uint32_t *groups = mb_factors_take(&numbering->local, first, n, room);
        for (int64_t i = 0; i < n; i++)
            values[i] = of_local[groups[i]];
        for (int64_t i = 0; valid_of_local && i < n; i++)
            valid[i] = valid_of_local[groups[i]];
        status = mb_builder_append_words(builder, values, valid_of_local ? valid : NULL, n);
    }
    return status;
}

mb_status mb_group_broadcast(mb_numbering *numbering, mb_column *column, mb_column **result)
{
    broadcast work = {.cx = numbering->cx, .numbering = numbering};
    mb_layout *rows = numbering->rows;
    mb_status status = mb_settle(work.cx, column, numbering->groups, &work.column);
    if (!status) status = prepare(&work);
    MB_TRY(mb_step(work.cx, status, NULL));
    bring_values(&work);
    status = append_rows(numbering, work.of_local->data,
                         work.valid_local ? work.valid_local->data : NULL, work.builder);
    MB_TRY(mb_step(work.cx, status, NULL));
    MB_TRY(mb_builder_finish(work.cx, &work.builder, 1, &rows, MB_GROUP_RESULTS, result));
done:
    mb_column_release(work.column);
    mb_buffer_release(work.values);
    mb_buffer_release(work.valid);
    mb_buffer_release(work.of_local);
    mb_buffer_release(work.valid_local);
    mb_builder_close(work.builder);
    return status;
}

// --- The numbers of groups.

mb_status mb_group_numbers(const mb_numbering *numbering, int index, mb_column **result)
{
    mb_context *cx = numbering->cx;
    mb_layout *rows = numbering->rows;
    const int64_t groups = numbering->groups->n_global;
    const mb_range guess = {0, groups > 0 ? (uint64_t)groups - 1 : 0};
    mb_builder *builder = NULL;
    mb_status status =
        mb_builder_open(cx, &mb_type_int, mb_layout_rows(rows, mb_rank(cx)), &guess, 8, &builder);
    if (!status) status = append_rows(numbering, numbering->numbers->data, NULL, builder);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_builder_finish(cx, &builder, 1, &rows, index, result));
done:
    mb_builder_close(builder);
    return status;
}

// --- The first rows of each group.

// Counts the rows of the local groups; their owners replace each count by the number of rows of the
// group on the ranks before: an exclusive scan.
static void count_before(const mb_numbering *numbering, int64_t *counts, int64_t *received,
                         int64_t *own)
{
    const uint32_t *group_ids = numbering->group_ids->data;
    int64_t rows = mb_layout_rows(numbering->rows, mb_rank(numbering->cx));
    mb_factors_count(&numbering->local, rows, counts);
    mb_shuffle_send(&numbering->shuffle, counts, sizeof *counts, received);
    for (int64_t i = 0; i < numbering->shuffle.n_received; i++) {
        int64_t here = received[i];
        received[i] = own[group_ids[i]];
        own[group_ids[i]] += here;
    }
    mb_shuffle_reply(&numbering->shuffle, received, sizeof *counts, counts);
}

static mb_status append_heads(const mb_numbering *numbering, int64_t most, int64_t *counts,
                              mb_builder *builder)
{
    uint8_t first_ones[PIECE];
    uint32_t room[PIECE];
    mb_status status = MB_OK;
    int64_t rows = mb_layout_rows(numbering->rows, mb_rank(numbering->cx));
    for (int64_t first = 0; first < rows && !status; first += PIECE) {
        int64_t n = rows - first < PIECE ? rows - first : PIECE;
        const uint32_t *groups = mb_factors_take(&numbering->local, first, n, room);
        for (int64_t i = 0; i < n; i++)
            first_ones[i] = counts[groups[i]]++ < most;
        status = mb_builder_append(builder, first_ones, NULL, n);
    }
    return status;
}

mb_status mb_group_head(mb_numbering *numbering, int64_t n, mb_column **result)
{
    mb_context *cx = numbering->cx;
    mb_layout *layout = numbering->rows;
    mb_buffer *counts = NULL, *received = NULL, *own = NULL;
    mb_builder *builder = NULL;
    mb_status status;
    status = mb_memory_need(cx, 16 * (numbering->local.n + numbering->shuffle.n_received) +
                                    mb_layout_rows(layout, mb_rank(cx)));
    if (!status) status = mb_buffer_new_zeroed(cx, numbering->local.n, sizeof(int64_t), &counts);
    if (!status)
        status = mb_buffer_new_array(cx, numbering->shuffle.n_received, sizeof(int64_t), &received);
    if (!status)
        status = mb_buffer_new_zeroed(cx, mb_numbering_share(numbering), sizeof(int64_t), &own);
    if (!status)
        status = mb_builder_open(cx, &mb_type_bool, mb_layout_rows(layout, mb_rank(cx)), NULL, 8,
                                 &builder);
    MB_TRY(mb_step(cx, status, NULL));
    count_before(numbering, counts->data, received->data, own->data);
    MB_TRY(mb_step(cx, append_heads(numbering, n, counts->data, builder), NULL));
    MB_TRY(mb_builder_finish(cx, &builder, 1, &layout, MB_GROUP_RESULTS, result));
done:
    mb_buffer_release(counts);
    mb_buffer_release(received);
    mb_buffer_release(own);
    mb_builder_close(builder);
    return status;
}
