// Frames as record batches of Arrow: copies of this rank's rows, of memory that the runtime knows
// nothing of, so that others may free them whenever they like.

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "bind/bind.h"
#include "bind/session/chunk.h"
#include "comm/comm.h"
#include "expr/evaluate.h"
#include "host/arrow_column.h"
#include "host/reference.h"
#include "ops/text/stream.h"
#include "types/time.h"

static const char caller[] = "mb_frame_export_arrow";

enum { BUFFERS = 3 };

// What an array of ours owns: what its buffers point to, and its children. And what a schema does.
typedef struct array_memory {
    const void *buffers[BUFFERS];
    struct ArrowArray **children;
} array_memory;

typedef struct schema_memory {
    char format[8];
    struct ArrowSchema **children;
    char name[];
} schema_memory;

static void release_array(struct ArrowArray *array)
{
    array_memory *memory = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++) {
        struct ArrowArray *child = array->children[i];
        if (child && child->release) child->release(child);
        free(child);
    }
    for (int i = 0; i < BUFFERS; i++)
        free((void *)(uintptr_t)memory->buffers[i]);
    free(memory->children);
    free(memory);
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    schema_memory *memory = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child && child->release) child->release(child);
        free(child);
    }
    free(memory->children);
    free(memory);
    schema->release = NULL;
}

// Both without children, or with room for n, which are none yet.
static mb_status open_array(mb_context *cx, int n, struct ArrowArray *array)
{
    array_memory *memory = mb_allocate(cx, 1, sizeof *memory);
    if (!memory) return MB_EMEMORY;
    *array = (struct ArrowArray){
        .buffers = memory->buffers, .release = release_array, .private_data = memory};
    if (n == 0) return MB_OK;
    memory->children = mb_allocate(cx, (size_t)n, sizeof *memory->children);
    if (!memory->children) return MB_EMEMORY;
    array->children = memory->children;
    array->n_children = n;
    return MB_OK;
}

static mb_status open_schema(mb_context *cx, const char *name, int n, struct ArrowSchema *schema)
{
    const size_t size = strlen(name) + 1;
    schema_memory *memory = mb_allocate(cx, 1, sizeof *memory + size);
    if (!memory) return MB_EMEMORY;
    memcpy(memory->name, name, size);
    *schema = (struct ArrowSchema){.format = memory->format,
                                   .name = memory->name,
                                   .flags = ARROW_FLAG_NULLABLE,
                                   .release = release_schema,
                                   .private_data = memory};
    if (n == 0) return MB_OK;
    memory->children = mb_allocate(cx, (size_t)n, sizeof *memory->children);
    if (!memory->children) return MB_EMEMORY;
    schema->children = memory->children;
    schema->n_children = n;
    return MB_OK;
}

// --- Columns -------------------------------------------------------------------------------------

typedef struct writing {
    const mb_column *column;
    const mb_kernels *kernels;
    char *values;
    uint8_t *bits, *validity; // of bools; NULL: no row of any rank is missing
    int64_t *offsets;         // of text
    char *bytes;
    int64_t rows, room, missing;
    bool binary; // a string is not UTF-8
    struct ArrowArray *array;
} writing;

static void set_format(const mb_column *column, bool binary, char format[8])
{
    static const char units[] = MB_ARROW_UNITS;
    const mb_type *type = column->type;
    const char *plain = "l";
    if (type->units == &mb_times) {
        snprintf(format, 8, "ts%c:", units[type->unit]);
        return;
    }
    if (type->units == &mb_durations) {
        snprintf(format, 8, "tD%c", units[type->unit]);
        return;
    }
    if (mb_dictionary_of(type))
        plain = binary ? "Z" : "U";
    else if (type->kind == MB_BOOL)
        plain = "b";
    else if (type->kind == MB_UINT)
        plain = "L";
    else if (type->kind == MB_FLOAT)
        plain = column->values.width == 4 ? "f" : "g";
    snprintf(format, 8, "%s", plain);
}

static void note_validity(writing *to, const mb_block *block, int64_t first, int64_t n)
{
    if (!to->validity) return;
    for (int64_t i = 0; i < n; i += 8) {
        const int64_t left = n - i < 8 ? n - i : 8;
        uint64_t byte = UINT64_C(0xff);
        if (block->validity) byte = block->validity[i / 64] >> (i % 64) & 0xff;
        byte &= (UINT64_C(1) << left) - 1;
        to->validity[(first + i) / 8] = (uint8_t)byte;
        to->missing += left - __builtin_popcountll(byte);
    }
}

static mb_status take_values(void *state, const mb_block *block, int64_t first, int64_t n)
{
    writing *to = state;
    const int width = to->column->values.width;
    note_validity(to, block, first, n);
    if (to->bits) {
        for (int64_t i = 0; i < n; i++)
            to->bits[(first + i) / 8] |=
                (uint8_t)((((const uint8_t *)block->values)[i] & 1) << ((first + i) % 8));
    } else if (to->column->type->kind == MB_FLOAT && width == 4) {
        memcpy(to->values + first * width, block->values, (size_t)(n * width));
    } else {
        char *out = to->values + first * 8;
        const void *from = mb_block_widen(to->kernels, block, n, out);
        if (from != out) memcpy(out, from, (size_t)n * 8);
    }
    return MB_OK;
}

static mb_status take_strings(void *state, mb_string *const *strings, int64_t n)
{
    writing *to = state;
    for (int64_t i = 0; i < n; i++) {
        const mb_string string = strings[0][i];
        const int64_t used = to->offsets[to->rows];
        const int64_t more = string.bytes ? (int64_t)string.length : 0;
        if (used + more > to->room) {
            const int64_t room = 2 * to->room + more;
            char *bytes = mb_reallocate(to->column->cx, to->bytes, (size_t)room, 1);
            if (!bytes) return MB_EMEMORY;
            to->array->buffers[2] = to->bytes = bytes;
            to->room = room;
        }
        if (more) memcpy(to->bytes + used, string.bytes, (size_t)more);
        if (more && u8_check((const uint8_t *)string.bytes, (size_t)more)) to->binary = true;
        if (string.bytes && to->validity)
            to->validity[to->rows / 8] |= (uint8_t)(1 << to->rows % 8);
        to->missing += !string.bytes;
        to->offsets[++to->rows] = used + more;
    }
    return MB_OK;
}

// A buffer of an array, zeroed.
static mb_status add_buffer(writing *to, int i, int64_t size, void *made)
{
    void *buffer = mb_allocate(to->column->cx, (size_t)size + 8, 1);
    if (!buffer) return MB_EMEMORY;
    to->array->buffers[i] = buffer;
    memcpy(made, &buffer, sizeof buffer);
    return MB_OK;
}

static mb_status open_buffers(writing *to, int64_t rows)
{
    const mb_column *column = to->column;
    const bool text = mb_dictionary_of(column->type) != NULL;
    mb_status status = MB_OK;
    to->array->length = rows;
    to->array->n_buffers = text ? 3 : 2;
    if (column->facts.missing) status = add_buffer(to, 0, (rows + 7) / 8, &to->validity);
    if (status) return status;
    if (column->type->kind == MB_BOOL) return add_buffer(to, 1, (rows + 7) / 8, &to->bits);
    if (!text) return add_buffer(to, 1, rows * 8, &to->values);
    status = add_buffer(to, 1, (rows + 1) * 8, &to->offsets);
    return status ? status : add_buffer(to, 2, 0, &to->bytes);
}

// Writes a column, laid out as others, to a new array. Collective.
static mb_status write_column(mb_context *cx, mb_column *column, struct ArrowArray *array,
                              char format[8])
{
    writing to = {.column = column, .kernels = mb_kernels_of(cx->isa), .array = array};
    mb_status status = mb_step(cx, open_buffers(&to, mb_column_rows(column)), NULL);
    if (status) return status;
    if (mb_dictionary_of(column->type))
        status = mb_text_stream(cx, &column, 1, take_strings, &to);
    else
        status = mb_evaluate(cx, &column, 1, take_values, &to);
    mb_payload payload = {.count = to.binary};
    status = mb_step(cx, status, &payload);
    if (status) return status;
    array->null_count = to.missing;
    set_format(column, payload.count > 0, format);
    return MB_OK;
}

// --- Frames --------------------------------------------------------------------------------------

typedef struct exporting {
    mb_reference frame;
    int n;
    const char **names;
    mb_column **columns;
    struct ArrowSchema schema;
    struct ArrowArray array;
    bool nowhere; // the host has no place for them
} exporting;

static mb_status add_child(mb_context *cx, exporting *call, int i)
{
    struct ArrowArray *array = mb_allocate(cx, 1, sizeof *array);
    call->array.children[i] = array;
    struct ArrowSchema *schema = mb_allocate(cx, 1, sizeof *schema);
    call->schema.children[i] = schema;
    if (!array || !schema) return MB_EMEMORY;
    mb_status status = open_array(cx, 0, array);
    return status ? status : open_schema(cx, call->names[i], 0, schema);
}

static mb_status write_child(mb_context *cx, exporting *call, int i)
{
    mb_column *settled = NULL;
    mb_column *first = call->columns[0];
    mb_status status = mb_step(cx, add_child(cx, call, i), NULL);
    if (!status) status = mb_settle(cx, call->columns[i], first->layout, &settled);
    if (!status) {
        const struct ArrowSchema *schema = call->schema.children[i];
        char *format = ((schema_memory *)schema->private_data)->format;
        status = write_column(cx, settled, call->array.children[i], format);
    }
    mb_column_release(settled);
    return status;
}

static mb_status run_export(mb_context *cx, void *argument)
{
    exporting *call = argument;
    mb_status status = open_array(cx, call->n, &call->array);
    if (!status) status = open_schema(cx, "", call->n, &call->schema);
    status = mb_step(cx, status, NULL);
    if (!status && call->n) status = mb_materialise(cx, call->columns[0]);
    for (int i = 0; i < call->n && !status; i++)
        status = write_child(cx, call, i);
    status = mb_conclude(cx, status, NULL);
    if (status) {
        if (call->array.release) release_array(&call->array);
        if (call->schema.release) release_schema(&call->schema);
        return status;
    }
    snprintf(((schema_memory *)call->schema.private_data)->format, 8, "+s");
    call->schema.flags = 0;
    call->array.n_buffers = 1;
    if (call->n) call->array.length = mb_column_rows(call->columns[0]);
    return MB_OK;
}

// Replaces a column on top of the stack of a type that Arrow has not, by its text. May be an
// operation.
static void as_text(lua_State *L)
{
    const mb_type *type = mb_bind_check_column(L, -1)->type;
    if (mb_type_is_plain(type) || type->units || type->script == MB_SCRIPT_STRING) return;
    lua_getfield(L, -1, "as");
    lua_rotate(L, -2, 1);
    lua_pushliteral(L, "text");
    lua_call(L, 2, 1);
}

// Pushes a list of the frame's columns; their names stay below it.
static void collect(lua_State *L, exporting *call)
{
    mb_reference_push(L, call->frame);
    if (!mb_bind_is_frame(L, -1)) mb_bind_error(L, "%s: the reference is of no frame", caller);
    lua_getfield(L, -1, "columns");
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    const int frame = lua_gettop(L) - 1, names = frame + 1;
    call->n = (int)lua_rawlen(L, names);
    call->names = mb_bind_scratch(L, ((size_t)call->n + 1) * sizeof *call->names);
    call->columns = mb_bind_scratch(L, ((size_t)call->n + 1) * sizeof *call->columns);
    lua_createtable(L, call->n, 0);
    for (int i = 0; i < call->n; i++) {
        lua_getfield(L, frame, "column");
        lua_pushvalue(L, frame);
        lua_rawgeti(L, names, i + 1);
        call->names[i] = lua_tostring(L, -1);
        lua_call(L, 2, 1);
        as_text(L);
        call->columns[i] = mb_bind_check_column(L, -1);
        lua_rawseti(L, -2, i + 1);
    }
}

static int export_frame(lua_State *L)
{
    exporting *call = lua_touserdata(L, 1);
    mb_signature signature;
    if (call->nowhere) return mb_bind_error(L, "%s: the schema or the array is NULL", caller);
    collect(L, call);
    mb_bind_signature(L, &signature, caller);
    for (int i = 0; i < call->n; i++)
        mb_bind_sign_column(&signature, call->names[i], call->columns[i]);
    mb_bind_operate(L, &signature, run_export, call);
    return 0;
}

int mb_frame_export_arrow(mb_runtime *runtime, mb_reference frame, struct ArrowSchema *schema,
                          struct ArrowArray *array)
{
    exporting call = {.frame = frame, .nowhere = !schema || !array};
    int status = mb_bind_run_call(runtime, caller, export_frame, &call);
    if (status) {
        if (call.array.release) release_array(&call.array);
        if (call.schema.release) release_schema(&call.schema);
        return status;
    }
    *schema = call.schema;
    *array = call.array;
    return 0;
}
