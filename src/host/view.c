// Columns and frames, read by a host.

#include <lauxlib.h>
#include <string.h>

#include "bind/column/box.h"
#include "bind/session/chunk.h"
#include "comm/comm.h"
#include "expr/evaluate.h"
#include "host/array.h"
#include "host/reference.h"
#include "host/variant.h"
#include "ops/text/stream.h"

typedef struct reading {
    const char *caller;
    mb_reference reference;
    mb_column *column;
    mb_view *view;
    char *values;
    uint8_t *valid;
    int64_t rows;
    const mb_kernels *kernels;
    mb_buffer **offsets, **bytes; // of text
    bool nowhere;                 // the host has no place for it
    int64_t done;
} reading;

// Pushes the column of a reference, and runs an operation on it.
static void operate(lua_State *L, reading *of, mb_body body)
{
    mb_signature signature;
    mb_reference_push(L, of->reference);
    of->column = mb_bind_to_column(L, -1);
    if (!of->column)
        mb_bind_error(L, "%s: the reference is of no column, or of a closed one", of->caller);
    mb_bind_signature(L, &signature, of->caller);
    mb_bind_sign_column(&signature, "column", of->column);
    mb_bind_operate(L, &signature, body, of);
}

static bool is_text(const mb_column *column)
{
    return column->type->script == MB_SCRIPT_STRING;
}

static mb_status run_view(mb_context *cx, void *argument)
{
    const reading *of = argument;
    return mb_conclude(cx, mb_materialise(cx, of->column), NULL);
}

static int view_column(lua_State *L)
{
    reading *of = lua_touserdata(L, 1);
    if (!of->view) return mb_bind_error(L, "%s: the place for the view is NULL", of->caller);
    operate(L, of, run_view);
    const mb_column *column = of->column;
    const mb_context *cx = column->cx;
    const bool plain = mb_dictionary_of(column->type) == NULL;
    *of->view = (mb_view){.type = column->type->name,
                          .rows = mb_column_rows(column),
                          .first = column->layout->start[mb_rank(cx)],
                          .total = column->layout->n_global,
                          .values = plain ? column->values.data : NULL,
                          .width = plain ? column->values.width : 0,
                          .is_signed = column->type->kind == MB_INT,
                          .base = plain ? column->values.base : 0,
                          .validity = column->validity.data,
                          .missing = column->facts.missing};
    return 0;
}

int mb_column_view(mb_runtime *runtime, mb_reference column, mb_view *view)
{
    mb_view seen = {0};
    reading of = {.caller = "mb_column_view", .reference = column, .view = view ? &seen : NULL};
    int status = mb_bind_run_call(runtime, of.caller, view_column, &of);
    if (!status) *view = seen;
    return status;
}

// --- Values --------------------------------------------------------------------------------------

static mb_status take_rows(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    reading *of = state;
    const int width = mb_kind_width(of->column->type->kind);
    char *out = of->values + first * width;
    const void *from = width == 1 ? blocks->values : mb_block_widen(of->kernels, blocks, n, out);
    if (from != out) memcpy(out, from, (size_t)(n * width));
    if (!blocks->validity) {
        if (of->valid) memset(of->valid + first, 1, (size_t)n);
        return MB_OK;
    }
    for (int64_t i = 0; i < n; i++) {
        const bool valid = mb_block_valid(blocks, i);
        if (of->valid) of->valid[first + i] = valid;
        if (!valid) memset(out + i * width, 0, (size_t)width);
    }
    return MB_OK;
}

static mb_status run_read(mb_context *cx, void *argument)
{
    reading *of = argument;
    mb_status status = MB_OK;
    if (of->rows != mb_column_rows(of->column))
        status = mb_fail(cx, MB_EINVALID, "%s: there is room for %lld of this rank's %lld row%s",
                         of->caller, (long long)of->rows, (long long)mb_column_rows(of->column),
                         mb_plural(mb_column_rows(of->column)));
    else if (of->rows > 0 && !of->values)
        status = mb_fail(cx, MB_EINVALID, "%s: the values are NULL", of->caller);
    status = mb_step(cx, mb_array_blame(cx, status), NULL);
    of->kernels = mb_kernels_of(cx->isa);
    if (!status) status = mb_evaluate(cx, &of->column, 1, take_rows, of);
    return mb_conclude(cx, status, NULL);
}

static int read_column(lua_State *L)
{
    reading *of = lua_touserdata(L, 1);
    mb_reference_push(L, of->reference);
    const mb_column *column = mb_bind_to_column(L, -1);
    if (column && mb_dictionary_of(column->type))
        return mb_bind_error(L, "%s: a column of type %s has no numbers; mb_column_text reads text",
                             of->caller, column->type->name);
    operate(L, of, run_read);
    return 0;
}

int mb_column_read(mb_runtime *runtime, mb_reference column, void *values, uint8_t *valid,
                   int64_t rows)
{
    reading of = {.caller = "mb_column_read",
                  .reference = column,
                  .values = values,
                  .valid = valid,
                  .rows = rows};
    return mb_bind_run_call(runtime, of.caller, read_column, &of);
}

// --- Text ----------------------------------------------------------------------------------------

static mb_status take_strings(void *state, mb_string *const *strings, int64_t n)
{
    reading *of = state;
    int64_t *offsets = (*of->offsets)->data;
    for (int64_t i = 0; i < n; i++) {
        const mb_string string = strings[0][i];
        const int64_t used = offsets[of->done], more = string.bytes ? (int64_t)string.length : 0;
        mb_status status = mb_buffer_reserve(of->column->cx, of->bytes, used, more + 1, 1);
        if (status) return status;
        if (more) memcpy((char *)(*of->bytes)->data + used, string.bytes, (size_t)more);
        offsets[++of->done] = used + more;
    }
    return MB_OK;
}

static mb_status run_text(mb_context *cx, void *argument)
{
    reading *of = argument;
    const int64_t rows = mb_column_rows(of->column);
    of->done = 0;
    mb_status status = mb_buffer_scratch(cx, (size_t)(rows + 1) * sizeof(int64_t), of->offsets);
    if (!status) status = mb_buffer_reserve(cx, of->bytes, 0, 1, 1);
    if (!status) *(int64_t *)(*of->offsets)->data = 0;
    status = mb_step(cx, status, NULL);
    if (!status) status = mb_text_stream(cx, &of->column, 1, take_strings, of);
    return mb_conclude(cx, status, NULL);
}

// The buffers belong to userdata, of which a list is held.
static int read_text(lua_State *L)
{
    reading *of = lua_touserdata(L, 1);
    mb_reference_push(L, of->reference);
    const mb_column *column = mb_bind_to_column(L, -1);
    if (column && !is_text(column))
        return mb_bind_error(L, "%s: a column of type %s is no text", of->caller,
                             column->type->name);
    if (of->nowhere) return mb_bind_error(L, "%s: the place for text is NULL", of->caller);
    lua_createtable(L, 2, 0);
    of->offsets = mb_bind_new_buffer(L);
    lua_rawseti(L, -2, 1);
    of->bytes = mb_bind_new_buffer(L);
    lua_rawseti(L, -2, 2);
    mb_reference_hold(L);
    operate(L, of, run_text);
    return 0;
}

int mb_column_text(mb_runtime *runtime, mb_reference column, const int64_t **offsets,
                   const char **bytes)
{
    reading of = {.caller = "mb_column_text", .reference = column, .nowhere = !offsets || !bytes};
    int status = mb_bind_run_call(runtime, of.caller, read_text, &of);
    if (status) return status;
    *offsets = (*of.offsets)->data;
    *bytes = (*of.bytes)->data;
    return 0;
}

// --- Frames --------------------------------------------------------------------------------------

typedef struct frame_reading {
    mb_reference frame, column;
    int i, ncolumns;
    const char *name;
    bool wants_name, wants_column;
} frame_reading;

static int view_frame(lua_State *L)
{
    frame_reading *of = lua_touserdata(L, 1);
    mb_reference_push(L, of->frame);
    if (!mb_bind_is_frame(L, -1))
        return mb_bind_error(L, "mb_frame_view: the reference is of no frame");
    lua_getfield(L, -1, "columns");
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    of->ncolumns = (int)lua_rawlen(L, -1);
    if (!of->wants_name && !of->wants_column) return 0;
    if (of->i < 0 || of->i >= of->ncolumns)
        return mb_bind_error(L, "mb_frame_view: column %d of a frame of %d columns", of->i,
                             of->ncolumns);
    lua_rawgeti(L, -1, of->i + 1);
    of->name = lua_tostring(L, -1);
    lua_getfield(L, -3, "column");
    lua_pushvalue(L, -4);
    lua_pushvalue(L, -3);
    lua_call(L, 2, 1);
    if (of->wants_column)
        of->column = mb_reference_new(L);
    else
        lua_pop(L, 1);
    mb_reference_hold(L); // the name
    return 0;
}

int mb_frame_view(mb_runtime *runtime, mb_reference frame, int i, int *ncolumns, const char **name,
                  mb_reference *column)
{
    frame_reading of = {
        .frame = frame, .i = i, .wants_name = name != NULL, .wants_column = column != NULL};
    int status = mb_bind_run_call(runtime, "mb_frame_view", view_frame, &of);
    if (status) {
        (void)mb_release(runtime, of.column);
        return status;
    }
    if (ncolumns) *ncolumns = of.ncolumns;
    if (name) *name = of.name;
    if (column) *column = of.column;
    return 0;
}
