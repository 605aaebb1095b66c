#include "io/duck/rows.h"

#include <string.h>

#include "column/realign.h"
#include "comm/comm.h"
#include "comm/layout_gather.h"
#include "comm/lockstep.h"
#include "core/progress.h"

enum { FEWEST = 1 << 11, VECTOR_BYTES = DUCK_VECTOR_ROWS * (1 + (int)sizeof(mb_string)) };

static bool is_text(const mb_duck_rows *rows, int64_t i)
{
    return rows->forms[i] == MB_DUCK_TEXT;
}

static mb_status open_column(mb_duck_rows *rows, int64_t i)
{
    int float_width;
    const mb_type *type = mb_duck_form_type(rows->forms[i], &float_width);
    if (is_text(rows, i))
        return mb_text_encoder_open(rows->cx, rows->room, MB_TEXT_CHOOSE, &rows->encoders[i]);
    return mb_builder_open(rows->cx, type, rows->room, NULL, float_width, &rows->builders[i]);
}

mb_status mb_duck_rows_open(mb_context *cx, mb_duck *duck, int64_t n, const mb_duck_form *forms,
                            const char *const *names, int64_t room, bool grows, mb_duck_rows *rows)
{
    const size_t row = sizeof(mb_builder *) + sizeof(mb_text_encoder *) + sizeof(mb_duck_column);
    const size_t bytes = VECTOR_BYTES + (size_t)DUCK_VECTOR_ROWS * MB_DUCK_ROOM;
    *rows = (mb_duck_rows){.cx = cx,
                           .duck = duck,
                           .n = n,
                           .forms = forms,
                           .names = names,
                           .room = grows && room < FEWEST ? FEWEST : room,
                           .grows = grows};
    mb_status status = mb_buffer_new_zeroed(cx, n, row, &rows->memory);
    if (!status) status = mb_buffer_new(cx, bytes, &rows->scratch);
    if (status) return status;
    rows->builders = rows->memory->data;
    rows->encoders = (mb_text_encoder **)(rows->builders + n);
    rows->columns = (mb_duck_column *)(rows->encoders + n);
    for (int64_t i = 0; i < n && !status; i++)
        status = open_column(rows, i);
    return status;
}

static void close_result(mb_duck_rows *rows)
{
    for (int64_t i = 0; i < rows->n; i++)
        mb_duck_column_close(&rows->columns[i]);
}

void mb_duck_rows_close(mb_duck_rows *rows)
{
    for (int64_t i = 0; rows->builders && i < rows->n; i++) {
        mb_builder_close(rows->builders[i]);
        mb_text_encoder_close(rows->encoders[i]);
    }
    if (rows->columns) close_result(rows);
    mb_buffer_release(rows->memory);
    mb_buffer_release(rows->scratch);
    *rows = (mb_duck_rows){0};
}

// --- Appending.

static mb_status resize(mb_duck_rows *rows, int64_t room)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < rows->n && !status; i++)
        status = is_text(rows, i) ? mb_text_encoder_resize(rows->encoders[i], room)
                                  : mb_builder_resize(rows->builders[i], room);
    if (!status) rows->room = room;
    return status;
}

static mb_status make_room(mb_duck_rows *rows, int64_t n)
{
    if (rows->filled + n <= rows->room) return MB_OK;
    if (rows->grows) return resize(rows, 2 * rows->room + n);
    return mb_fail(rows->cx, MB_EIO,
                   "%s: was changed while it was read, or is damaged: it has "
                   "more rows than it says",
                   rows->source);
}

static mb_status fail_row(const mb_duck_rows *rows, int64_t i, int64_t row, const char *bad)
{
    return mb_fail(rows->cx, MB_EOVERFLOW, "%s%srow %lld of column '%s' %s",
                   rows->source ? rows->source : "", rows->source ? ": " : "",
                   (long long)rows->first_row + row + 1, rows->names[i], bad);
}

static mb_status append_numbers(mb_duck_rows *rows, int64_t i, const void *data,
                                const uint8_t *valid, int64_t n, uint64_t *room)
{
    mb_duck_converted made;
    mb_status status =
        mb_duck_numbers(&rows->columns[i], data, valid, n, rows->forms[i], room, &made);
    if (status) return fail_row(rows, i, made.bad_row, made.bad);
    return made.words ? mb_builder_append_words(rows->builders[i], made.words, valid, n)
                      : mb_builder_append(rows->builders[i], made.values, valid, n);
}

static mb_status append_vector(mb_duck_rows *rows, int64_t i, duck_vector vector, int64_t n)
{
    const mb_duck_api *api = &rows->duck->api;
    char *room = rows->scratch->data;
    mb_string *strings = (mb_string *)(void *)room;
    uint8_t *valid = (uint8_t *)(strings + DUCK_VECTOR_ROWS);
    const uint64_t *validity = api->vector_get_validity(vector);
    const void *data = api->vector_get_data(vector);
    if (validity) mb_validity_bytes(validity, n, valid);
    if (rows->columns[i].id == DUCK_NULL) memset(valid, 0, (size_t)n);
    if (!validity && rows->columns[i].id != DUCK_NULL) valid = NULL;
    if (!is_text(rows, i)) return append_numbers(rows, i, data, valid, n, (uint64_t *)(void *)room);
    mb_duck_strings(&rows->columns[i], data, valid, n, room + VECTOR_BYTES, strings);
    mb_status status = mb_text_encoder_append_all(rows->encoders[i], strings, n, false);
    if (status != MB_EMEMORY) return status;
    return mb_fail_within(rows->cx, status, "column '%s'", rows->names[i]);
}

static mb_status append_chunk(mb_duck_rows *rows, duck_chunk chunk)
{
    const mb_duck_api *api = &rows->duck->api;
    int64_t n = (int64_t)api->data_chunk_get_size(chunk);
    mb_status status = make_room(rows, n);
    for (int64_t i = 0; i < rows->n && !status; i++)
        status = append_vector(rows, i, api->data_chunk_get_vector(chunk, (uint64_t)i), n);
    rows->filled += n;
    if (!rows->grows) mb_progress_add(rows->cx, n, 0);
    rows->first_row += n;
    return status;
}

// The columns of a result, whose types must be those that are told of.
static mb_status open_result(mb_duck_rows *rows, duck_result *result)
{
    const mb_duck_api *api = &rows->duck->api;
    mb_status status = MB_OK;
    for (int64_t i = 0; i < rows->n && !status; i++) {
        duck_type type = api->column_logical_type(result, (uint64_t)i);
        mb_duck_column_close(&rows->columns[i]);
        status = mb_duck_column_open(rows->cx, api, type, &rows->columns[i]);
        api->destroy_logical_type(&type);
        mb_duck_form form = rows->columns[i].form;
        bool fits =
            form == rows->forms[i] || (form == MB_DUCK_FLOAT4 && rows->forms[i] == MB_DUCK_FLOAT);
        if (!status && !fits)
            status = mb_fail(rows->cx, MB_EIO, "%s: column '%s' was changed while it was read",
                             rows->source ? rows->source : "DuckDB", rows->names[i]);
    }
    return status;
}

mb_status mb_duck_rows_append(mb_duck_rows *rows, duck_result *result)
{
    duck_chunk chunk = NULL;
    mb_status status = open_result(rows, result);
    while (!status) {
        status = mb_duck_fetch(rows->cx, rows->duck, result, &chunk);
        if (!chunk) break;
        status = append_chunk(rows, chunk);
        rows->duck->api.destroy_data_chunk(&chunk);
    }
    return status;
}

// --- Finishing.

// The rows that each rank has, and how many that is; they need no more room.
static mb_status find_layout(mb_duck_rows *rows, mb_status status, mb_layout **layout)
{
    if (!status && rows->filled < rows->room) status = resize(rows, rows->filled);
    return mb_gather_layout(rows->cx, status, rows->filled, layout);
}

// Makes columns first..last - 1, which are of numbers.
static mb_status finish_numbers(mb_duck_rows *rows, mb_layout *layout, int64_t first, int64_t last,
                                mb_column **columns)
{
    mb_status status;
    mb_buffer *layouts = NULL;
    status = mb_buffer_new_array(rows->cx, last - first, sizeof(mb_layout *), &layouts);
    for (int64_t i = 0; i < last - first && !status; i++)
        ((mb_layout **)layouts->data)[i] = layout;
    MB_TRY(mb_step(rows->cx, status, NULL));
    status = mb_builder_finish(rows->cx, rows->builders + first, (int)(last - first), layouts->data,
                               (int)first, columns + first);
done:
    mb_buffer_release(layouts);
    return status;
}

mb_status mb_duck_rows_finish(mb_duck_rows *rows, mb_status status, mb_column **columns)
{
    mb_layout *layout = NULL;
    MB_TRY(find_layout(rows, status, &layout));
    for (int64_t i = 0, first; i < rows->n; i++) {
        first = i;
        while (i < rows->n && !is_text(rows, i))
            i++;
        if (i > first) MB_TRY(finish_numbers(rows, layout, first, i, columns));
        if (i < rows->n)
            MB_TRY(mb_text_encoder_finish(rows->cx, MB_OK, rows->encoders[i], layout, (int)i,
                                          &columns[i]));
    }
    for (int64_t i = 0; i < rows->n; i++)
        MB_TRY(mb_column_level(rows->cx, &columns[i]));
done:
    mb_layout_release(layout);
    return status;
}
