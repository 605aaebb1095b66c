#include "ops/move/gather.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/move/gather_internal.h"

// A column that is taken, and its result.
typedef struct taken {
    mb_column *source, *made;
    mb_buffer *valid, *taken_valid; // validity of the rows of both, as bytes
} taken;

static void add_plane(mb_gathering *gathering, const void *from, void *to, int width)
{
    gathering->planes[gathering->nplanes++] =
        (mb_gathered){.from = from, .to = to, .width = width, .offset = gathering->row_bytes};
    gathering->row_bytes += width;
}

static mb_status add_validity(mb_gathering *gathering, taken *column)
{
    const mb_column *source = column->source;
    mb_context *cx = gathering->cx;
    if (source->facts.missing) {
        mb_status status = mb_buffer_new_array(cx, mb_column_rows(source), 1, &column->valid);
        if (!status) status = mb_buffer_new_array(cx, gathering->rows, 1, &column->taken_valid);
        if (status) return status;
        mb_validity_bytes(source->validity.data, mb_column_rows(source), column->valid->data);
        add_plane(gathering, column->valid->data, column->taken_valid->data, 1);
    }
    return MB_OK;
}

static mb_status add_column(mb_gathering *gathering, taken *column, int index)
{
    const mb_column *source = column->source, *positions = gathering->positions.column;
    mb_context *cx = gathering->cx;
    mb_column model = {.type = source->type,
                       .layout = positions->layout,
                       .identity = mb_result_identity(cx, index),
                       .values = {.width = source->values.width, .base = source->values.base},
                       .facts = mb_facts_of_rows(source)};
    model.facts.ascending &= positions->facts.ascending && gathering->positions.forward;
    if (positions->facts.missing) model.facts.missing = MB_UNCOUNTED;
    mb_status status = mb_column_new(cx, &model, &column->made);
    if (status) return status;
    add_plane(gathering, source->values.data, column->made->values.buffer->data,
              source->values.width);
    return add_validity(gathering, column);
}

// A row is missing where its position is, or the source's row.
static void set_validity(const mb_gathering *gathering, const taken *column)
{
    const mb_column *positions = gathering->positions.column;
    const uint8_t *valid = column->taken_valid ? column->taken_valid->data : NULL;
    uint64_t *words = column->made->validity.buffer->data;
    for (int64_t i = 0; i < gathering->rows; i++)
        words[i / 64] |= (uint64_t)(mb_column_valid(positions, i) && (!valid || valid[i]))
                         << (i % 64);
}

static mb_status end_column(mb_gathering *gathering, taken *column)
{
    if (!column->made->facts.missing) return MB_OK;
    set_validity(gathering, column);
    return mb_column_settle(gathering->cx, MB_OK, column->made);
}

// Materialised, and laid out alike.
static mb_status open_sources(mb_gathering *gathering, mb_column *const *columns, int ncolumns,
                              taken *taken)
{
    mb_status status = MB_OK;
    for (int i = 0; i < ncolumns && !status; i++)
        status = mb_settle(gathering->cx, columns[i], columns[0]->layout, &taken[i].source);
    gathering->layout = columns[0]->layout;
    return status;
}

static void close(mb_gathering *gathering, taken *taken, int ncolumns)
{
    for (int i = 0; taken && i < ncolumns; i++) {
        mb_column_release(taken[i].source);
        mb_column_release(taken[i].made);
        mb_buffer_release(taken[i].valid);
        mb_buffer_release(taken[i].taken_valid);
    }
    mb_buffer_release(gathering->words);
}

// Bytes that are received beside the results: a window, or rounds of requests.
static int64_t bytes_received(const mb_gathering *gathering, int64_t row_bytes)
{
    enum { NUMBER = sizeof(uint32_t), WIDEST = sizeof(uint64_t) };
    int64_t first, end, rows = gathering->rows;
    bool alone = gathering->layout->nranks == 1;
    if (mb_window_alike(gathering, &first, &end)) return alone ? 0 : WIDEST * (end - first);
    if (gathering->positions.column->facts.ascending) return alone ? 0 : WIDEST * rows;
    if (rows > MB_GATHER_ROUND) rows = MB_GATHER_ROUND;
    return (alone ? 1 : 2) * rows * (NUMBER + row_bytes);
}

static mb_status check_need(const mb_gathering *gathering, const taken *taken, int ncolumns)
{
    int64_t row = 0, validity = 0;
    for (int i = 0; i < ncolumns; i++) {
        const mb_column *source = taken[i].source;
        row += source->values.width + (source->facts.missing != 0);
        if (source->facts.missing) validity += mb_column_rows(source);
    }
    return mb_memory_need(gathering->cx,
                          gathering->rows * row + validity + bytes_received(gathering, row));
}

// Allocates the results.
static mb_status prepare(mb_gathering *gathering, taken *taken, int ncolumns, mb_column *positions)
{
    mb_status status = mb_positions_open(gathering->cx, "gather", positions,
                                         gathering->layout->n_global, &gathering->positions);
    gathering->rows = mb_column_rows(positions);
    if (!status) status = check_need(gathering, taken, ncolumns);
    for (int i = 0; i < ncolumns && !status; i++)
        status = add_column(gathering, &taken[i], i);
    return status;
}

static mb_status take_rows(mb_gathering *gathering)
{
    mb_window window;
    return mb_window_worth(gathering, &window) ? mb_gather_window(gathering, &window)
                                               : mb_gather_request(gathering);
}

mb_status mb_gather(mb_context *cx, mb_column *const *columns, int ncolumns, mb_column *positions,
                    mb_column **results)
{
    mb_gathering gathering = {.cx = cx};
    mb_buffer *memory = NULL, *planes = NULL;
    taken *taken = NULL;
    mb_status status = mb_buffer_new_zeroed(cx, ncolumns, sizeof *taken, &memory);
    if (!status)
        status = mb_buffer_new_zeroed(cx, 2 * (int64_t)ncolumns, sizeof(mb_gathered), &planes);
    if (!status) status = mb_buffer_new_array(cx, 4 * (int64_t)mb_nranks(cx), 8, &gathering.words);
    MB_TRY(mb_step(cx, status, NULL));
    taken = memory->data;
    gathering.planes = planes->data;
    MB_TRY(open_sources(&gathering, columns, ncolumns, taken));
    MB_TRY(mb_materialise(cx, positions));
    status = prepare(&gathering, taken, ncolumns, positions);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(take_rows(&gathering));
    for (int i = 0; i < ncolumns; i++)
        MB_TRY(end_column(&gathering, &taken[i]));
    for (int i = 0; i < ncolumns; i++)
        results[i] = mb_column_retain(taken[i].made);
done:
    close(&gathering, taken, ncolumns);
    mb_buffer_release(planes);
    mb_buffer_release(memory);
    return status;
}
