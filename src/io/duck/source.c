#include "io/duck/source.h"

#include <string.h>
#include <unistr.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "expr/evaluate.h"
#include "ops/move/rows.h"
#include "ops/text/row_strings.h"
#include "ops/text/rows.h"
#include "types/time.h"

enum { PIECE_ROWS = 1 << 20 };

// --- Rows at hand.

static void release(mb_duck_writing *writing)
{
    for (int64_t i = 0; writing->given && i < writing->n; i++) {
        mb_duck_given *given = &writing->given[i];
        mb_column_release(given->column);
        mb_buffer_release(given->strings);
        mb_buffer_release(given->bytes);
        *given = (mb_duck_given){0};
    }
}

// Gives a column values in a layout, and has its strings here.
static mb_status take(mb_duck_writing *writing, int64_t i, mb_column *column, mb_layout *layout)
{
    mb_text_rows rows;
    mb_context *cx = writing->cx;
    mb_duck_given *given = &writing->given[i];
    mb_status status;
    MB_TRY(mb_settle(cx, column, layout, &given->column));
    given->dictionary = mb_dictionary_of(given->column->type);
    if (!given->dictionary || !given->dictionary->spread) return MB_OK;
    MB_TRY(mb_text_rows_open(cx, given->column, &rows));
    bool local = rows.local;
    mb_text_rows_close(&rows);
    if (!local) status = mb_text_row_strings(cx, given->column, &given->strings, &given->bytes);
done:
    return status;
}

mb_status mb_duck_take_own(mb_duck_writing *writing)
{
    mb_status status = MB_OK;
    mb_layout *layout = writing->columns[0]->layout;
    for (int64_t i = 0; i < writing->n && !status; i++)
        status = take(writing, i, writing->columns[i], layout);
    writing->rows = mb_layout_rows(layout, mb_rank(writing->cx));
    writing->before = layout->start[mb_rank(writing->cx)];
    writing->done = 0;
    return status;
}

// So many rows, all on rank 0.
static mb_status layout_of(mb_context *cx, int64_t n, mb_layout **layout)
{
    mb_buffer *counts = NULL;
    mb_status status = mb_buffer_new_zeroed(cx, mb_nranks(cx), sizeof(int64_t), &counts);
    if (!status) *(int64_t *)counts->data = n;
    if (!status) status = mb_layout_counts(cx, counts->data, layout);
    mb_buffer_release(counts);
    return mb_step(cx, status, NULL);
}

mb_status mb_duck_take_piece(mb_duck_writing *writing, bool *more)
{
    mb_context *cx = writing->cx;
    mb_layout *layout = NULL;
    mb_column *slice = NULL;
    int64_t n = writing->columns[0]->layout->n_global - writing->next;
    mb_status status;
    *more = n > 0;
    if (n > PIECE_ROWS) n = PIECE_ROWS;
    release(writing);
    if (!*more) return MB_OK;
    MB_TRY(layout_of(cx, n, &layout));
    for (int64_t i = 0; i < writing->n; i++) {
        MB_TRY(mb_slice(cx, writing->columns[i], writing->next, 1, n, &slice));
        status = take(writing, i, slice, layout);
        mb_column_release(slice);
        slice = NULL;
        if (status) goto done;
    }
    writing->before = writing->next;
    writing->next += n;
    writing->rows = mb_rank(cx) == 0 ? n : 0;
    writing->done = 0;
done:
    mb_layout_release(layout);
    return status;
}

// --- Vectors.

static duck_type_id type_of(const mb_column *column)
{
    static const duck_type_id times[] = {DUCK_TIMESTAMP_S, DUCK_TIMESTAMP_MS, DUCK_TIMESTAMP,
                                         DUCK_TIMESTAMP_NS};
    const mb_type *type = column->type;
    if (type->script == MB_SCRIPT_STRING) return DUCK_VARCHAR;
    if (type->units == &mb_times) return times[type->unit];
    switch (type->kind) {
    case MB_BOOL: return DUCK_BOOLEAN;
    case MB_UINT: return DUCK_UBIGINT;
    case MB_FLOAT: return column->values.width == 4 ? DUCK_FLOAT : DUCK_DOUBLE;
    default: return DUCK_BIGINT;
    }
}

static void put_validity(const mb_duck_writing *writing, const mb_block *block, int64_t n,
                         duck_vector vector)
{
    const mb_duck_api *api = &writing->duck->api;
    if (!block->validity) return;
    api->vector_ensure_validity_writable(vector);
    memcpy(api->vector_get_validity(vector), block->validity,
           (size_t)mb_validity_words(n) * sizeof(uint64_t));
}

static mb_status fail_text(const mb_duck_writing *writing, int64_t i, int64_t row)
{
    return mb_fail(writing->cx, MB_EINVALID,
                   "row %lld of column '%s' is not UTF-8, which text in Parquet files is: select "
                   "other columns",
                   (long long)writing->before + row + 1, writing->names[i]);
}

static mb_status put_strings(const mb_duck_writing *writing, int64_t i, const mb_block *block,
                             const uint64_t *codes, int64_t n, duck_vector vector)
{
    const mb_duck_given *given = &writing->given[i];
    const mb_string *strings = given->strings ? given->strings->data : NULL;
    for (int64_t row = 0; row < n; row++) {
        if (!mb_block_valid(block, row)) continue;
        mb_string string = strings ? strings[writing->done + row]
                                   : mb_dictionary_entry(given->dictionary, (int64_t)codes[row]);
        if (u8_check((const uint8_t *)string.bytes, string.length))
            return fail_text(writing, i, writing->done + row);
        writing->duck->api.vector_assign_string_element_len(vector, (uint64_t)row, string.bytes,
                                                            string.length);
    }
    return MB_OK;
}

static mb_status put_vector(const mb_duck_writing *writing, int64_t i, int64_t n,
                            duck_vector vector)
{
    uint64_t wide[DUCK_VECTOR_ROWS];
    mb_column *column = writing->given[i].column;
    void *data = writing->duck->api.vector_get_data(vector);
    mb_block block = mb_block_of(column, writing->done);
    const size_t width = (size_t)column->values.width;
    put_validity(writing, &block, n, vector);
    if (column->type->kind == MB_BOOL || type_of(column) == DUCK_FLOAT) {
        memcpy(data, block.values, (size_t)n * width);
        return MB_OK;
    }
    const void *words = mb_block_widen(mb_kernels_of(writing->cx->isa), &block, n, wide);
    if (column->type->script == MB_SCRIPT_STRING)
        return put_strings(writing, i, &block, words, n, vector);
    memcpy(data, words, (size_t)n * sizeof *wide);
    return MB_OK;
}

// --- The table function.

// What runs in this thread: DuckDB tells its functions nothing but handles of its own.
static _Thread_local mb_duck_writing *current;

static void on_bind(duck_bind bind)
{
    if (!current) return;
    const mb_duck_api *api = &current->duck->api;
    for (int64_t i = 0; i < current->n; i++) {
        duck_type type = api->create_logical_type((int)type_of(current->columns[i]));
        api->bind_add_result_column(bind, current->names[i], type);
        api->destroy_logical_type(&type);
    }
}

static void on_start(duck_start start)
{
    (void)start;
}

// Fills a chunk with the next rows; without one it is the end.
static mb_status put_rows(mb_duck_writing *writing, duck_chunk chunk)
{
    const mb_duck_api *api = &writing->duck->api;
    bool more = true;
    mb_status status = MB_OK;
    if (writing->done == writing->rows && writing->gathers)
        status = mb_duck_take_piece(writing, &more);
    int64_t n = writing->rows - writing->done;
    if (n > DUCK_VECTOR_ROWS) n = DUCK_VECTOR_ROWS;
    if (status || !more) n = 0;
    for (int64_t i = 0; i < writing->n && n > 0 && !status; i++)
        status = put_vector(writing, i, n, api->data_chunk_get_vector(chunk, (uint64_t)i));
    if (status) return status;
    api->data_chunk_set_size(chunk, (uint64_t)n);
    writing->done += n;
    writing->out += n;
    mb_progress_add(writing->cx, n, 0);
    return MB_OK;
}

static void on_call(duck_call call, duck_chunk chunk)
{
    if (!current) return;
    current->status = put_rows(current, chunk);
    if (!current->status) return;
    memcpy(current->message, current->cx->message, sizeof current->message);
    current->duck->api.data_chunk_set_size(chunk, 0);
    current->duck->api.function_set_error(call, "the rows could not be had");
}

static mb_status make_known(mb_context *cx, mb_duck *duck)
{
    const mb_duck_api *api = &duck->api;
    if (duck->registered) return MB_OK;
    // A result that was not read to its end is still a transaction, which would take the function
    // with it: another statement ends that.
    mb_status status = mb_duck_do(cx, duck, "select 1");
    if (status) return status;
    duck_function function = api->create_table_function();
    api->table_function_set_name(function, "moonbear_rows");
    api->table_function_set_bind(function, on_bind);
    api->table_function_set_init(function, on_start);
    api->table_function_set_function(function, on_call);
    duck->registered = !api->register_table_function(duck->connection, function);
    api->destroy_table_function(&function);
    if (duck->registered) return MB_OK;
    return mb_fail(cx, MB_EIO, "DuckDB does not take the function that gives it rows");
}

mb_status mb_duck_writing_open(mb_context *cx, mb_duck *duck, const char *const *names,
                               mb_column *const *columns, int64_t n, mb_duck_writing *writing)
{
    *writing =
        (mb_duck_writing){.cx = cx, .duck = duck, .names = names, .columns = columns, .n = n};
    mb_status status = mb_buffer_new_zeroed(cx, n, sizeof(mb_duck_given), &writing->memory);
    if (status) return status;
    writing->given = writing->memory->data;
    return duck ? make_known(cx, duck) : MB_OK;
}

void mb_duck_writing_close(mb_duck_writing *writing)
{
    release(writing);
    mb_buffer_release(writing->memory);
    *writing = (mb_duck_writing){0};
}

mb_status mb_duck_write_rows(mb_duck_writing *writing, const char *sql)
{
    mb_context *cx = writing->cx;
    mb_duck *duck = writing->duck;
    duck_statement statement = NULL;
    duck_result result;
    duck_chunk chunk = NULL;
    current = writing;
    mb_status status = mb_duck_prepare(cx, duck, sql, &statement);
    if (!status) {
        status = mb_duck_run(cx, duck, statement, &result);
        if (!status) {
            status = mb_duck_fetch(cx, duck, &result, &chunk);
            if (chunk) duck->api.destroy_data_chunk(&chunk);
            duck->api.destroy_result(&result);
        }
        duck->api.destroy_prepare(&statement);
    }
    current = NULL;
    if (writing->status) return mb_fail(cx, writing->status, "%s", writing->message);
    return status;
}
