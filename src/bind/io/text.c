// Writing delimited text.

#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "bind/io/table.h"
#include "core/hash.h"
#include "expr/evaluate.h"
#include "io/records/write.h"
#include "ops/text/row_strings.h"
#include "ops/text/rows.h"

// The table at an index: {sep, quote = 0, 1 or 2, header, na, gzip}, checked before.
static void read_output(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "table", index);
    mb_record_output *output = given->data = mb_bind_scratch(L, sizeof *output);
    *output = (mb_record_output){.path = call->in[0].text,
                                 .separator = mb_table_byte(L, index, "sep"),
                                 .quoting = (mb_record_quoting)mb_table_integer(L, index, "quote"),
                                 .na = mb_table_text(L, index, "na"),
                                 .level = (int)mb_table_integer(L, index, "gzip")};
    lua_getfield(L, index, "header");
    output->header = lua_toboolean(L, -1);
    lua_pop(L, 1);
    const int64_t numbers[] = {output->separator, output->quoting, output->level, output->header};
    given->value.u = mb_table_hash(mb_hash_bytes(0, numbers, sizeof numbers), output->na);
}

// The strings of rows that other ranks have; a column whose own ranks have them needs none.
static mb_status fetch_strings(mb_context *cx, mb_record_source *source, mb_buffer **buffers)
{
    mb_text_rows rows;
    const mb_dictionary *dictionary = mb_dictionary_of(source->column->type);
    if (!dictionary || !dictionary->spread) return MB_OK;
    mb_status status = mb_text_rows_open(cx, source->column, &rows);
    if (status) return status;
    const bool local = rows.local;
    mb_text_rows_close(&rows);
    if (local) return MB_OK;
    status = mb_text_row_strings(cx, source->column, &buffers[0], &buffers[1]);
    if (!status) source->strings = buffers[0]->data;
    return status;
}

// Writes columns into a file of their own, or adds them to one that was begun.
static mb_status write_columns(mb_context *cx, const mb_given *in, mb_record_text *text)
{
    const int64_t n = in[2].n;
    mb_status status;
    mb_buffer *table = NULL, *strings = NULL;
    status = mb_buffer_new_zeroed(cx, n, sizeof(mb_record_source), &table);
    if (!status) status = mb_buffer_new_zeroed(cx, 2 * n, sizeof(mb_buffer *), &strings);
    MB_TRY(mb_step(cx, status, NULL));
    mb_record_source *sources = table->data;
    for (int64_t i = 0; i < n; i++) {
        sources[i].name = in[1].texts[i];
        MB_TRY(mb_settle(cx, in[2].columns[i], in[2].columns[0]->layout, &sources[i].column));
        MB_TRY(fetch_strings(cx, &sources[i], (mb_buffer **)strings->data + 2 * i));
    }
    status = text ? mb_records_append(cx, in[3].data, sources, n, text)
                  : mb_records_write(cx, in[3].data, sources, n);
done:
    for (int64_t i = 0; table && i < n; i++)
        mb_column_release(((mb_record_source *)table->data)[i].column);
    for (int64_t i = 0; strings && i < 2 * n; i++)
        mb_buffer_release(((mb_buffer **)strings->data)[i]);
    mb_buffer_release(table);
    mb_buffer_release(strings);
    return status;
}

static mb_status run_write(mb_context *cx, const mb_given *in, mb_made *out)
{
    (void)out;
    return write_columns(cx, in, NULL);
}

// --- Writing piece by piece.

static const char text_name[] = "moonbear.Text";

// A file that was begun; without a path once it is over.
typedef struct text_box {
    mb_record_text text;
    char *path;
} text_box;

static int close_text(lua_State *L)
{
    text_box *box = luaL_checkudata(L, 1, text_name);
    mb_shared_abandon(&box->text.shared);
    free(box->path);
    box->path = NULL;
    return 0;
}

static void prepare_begin(lua_State *L, mb_call *call)
{
    static const luaL_Reg methods[] = {
        {"close", close_text}, {"__gc", close_text}, {"__close", close_text}, {NULL, NULL}};
    text_box *box = call->out->data = lua_newuserdatauv(L, sizeof *box, 0);
    *box = (text_box){.text.shared = MB_SHARED_CLOSED};
    mb_bind_set_class(L, text_name, methods);
}

static mb_status run_begin(mb_context *cx, const mb_given *in, mb_made *out)
{
    text_box *box = out->data;
    mb_status status = MB_OK;
    if (!box->path) box->path = mb_copy_string(cx, in[0].text);
    MB_TRY(mb_step(cx, box->path ? MB_OK : MB_EMEMORY, NULL));
    status = mb_records_begin(cx, box->path, &box->text);
done:
    return status;
}

static void read_text_box(lua_State *L, const mb_call *call, int argument, int index,
                          mb_given *given)
{
    text_box *box = luaL_testudata(L, index, text_name);
    const char *path = box ? box->path : NULL;
    if (!path) mb_bind_refuse(L, call, argument, "file that was begun", index);
    given->data = box;
    given->text = path;
    given->value.u = mb_table_hash(0, path);
}

static mb_status run_append(mb_context *cx, const mb_given *in, mb_made *out)
{
    (void)out;
    return write_columns(cx, in, &((text_box *)in[0].data)->text);
}

static mb_status run_end(mb_context *cx, const mb_given *in, mb_made *out)
{
    text_box *box = in[0].data;
    (void)out;
    mb_status status = mb_records_publish(cx, box->path, &box->text);
    if (status) return status;
    free(box->path);
    box->path = NULL;
    return MB_OK;
}

// core.csv_write(path, names, columns, output): output says how (see above). core.csv_begin(path):
// a file without a name, core.csv_append(file, names, columns, output): adds rows,
// core.csv_end(file): gives it its name; file:close() throws away what was not ended.
const mb_operation mb_delimited_operations[] = {
    MB_OPERATION("to_csv", "csv_write", run_write,
                 MB_TAKES(MB_ARGUMENT(STRING, "path"), MB_TEXTS("names"),
                          MB_COLUMNS("columns", .item = "column", .as_long = 1),
                          MB_OTHER("output", read_output)),
                 .moves = true),
    MB_OPERATION("to_csv", "csv_begin", run_begin, MB_TAKES(MB_ARGUMENT(STRING, "path")),
                 .prepare = prepare_begin, .push = mb_bind_push_top),
    MB_OPERATION("to_csv", "csv_append", run_append,
                 MB_TAKES(MB_OTHER("file", read_text_box), MB_TEXTS("names"),
                          MB_COLUMNS("columns", .item = "column", .as_long = 1),
                          MB_OTHER("output", read_output)),
                 .moves = true),
    MB_OPERATION("to_csv", "csv_end", run_end, MB_TAKES(MB_OTHER("file", read_text_box)),
                 .moves = false),
    {0}};
