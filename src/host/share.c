#include "host/share.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bind/column/box.h"
#include "bind/session/chunk.h"
#include "column/storage.h"
#include "comm/comm.h"
#include "comm/layout_gather.h"
#include "core/hash.h"
#include "host/reference.h"
#include "host/variant.h"
#include "text/encode.h"

typedef struct share {
    mb_runtime *runtime;
    mb_host_array rows;
    bool given;      // the host hears of the release
    mb_buffer *copy; // of the values; NULL: they are read where they lie
} share;

typedef struct sharing {
    const char *caller, *name;
    const mb_array *array;
    bool wanted; // the host gets a reference
    mb_reference reference;
    const int64_t *range;
    mb_column *column; // that is made, or touched
} sharing;

// What all ranks know of their arrays.
typedef struct facts {
    int64_t missing, rows;
    bool bounded;
    uint64_t low, high; // in mb_order_bits' order
    mb_storage storage;
    bool copied;
} facts;

void mb_share_give_back(mb_runtime *runtime, const mb_array *array)
{
    const char *calling = runtime->calling;
    if (!array->release) return;
    runtime->calling = "the release of an array";
    array->release(array->data);
    runtime->calling = calling;
}

static void release_share(void *state)
{
    share *owner = state;
    mb_buffer_release(owner->copy);
    if (owner->given) mb_share_give_back(owner->runtime, &owner->rows.array);
    free(owner);
}

static share *share_of(const mb_column *column)
{
    const mb_buffer *buffer = column->values.buffer;
    return buffer && buffer->release == release_share ? buffer->state : NULL;
}

bool mb_share_give(mb_column *column)
{
    share *owner = share_of(column);
    if (owner) owner->given = true;
    return owner != NULL;
}

static int64_t missing_here(const mb_host_array *rows)
{
    int64_t missing = 0;
    for (int64_t i = 0; i < rows->array.rows && rows->array.validity; i++)
        missing += !mb_array_valid(rows, i);
    return missing;
}

// How values between these bounds are stored: as they lie in the array where that is possible.
static void choose_storage(const mb_host_array *rows, facts *known)
{
    const mb_array *array = &rows->array;
    const mb_kind kind = rows->type->kind;
    const int width = mb_array_width(array->type);
    const uint64_t zero = mb_order_bits(kind, 0);
    known->storage = (mb_storage){.width = width};
    known->copied = rows->bits || (array->stride && array->stride != width);
    if (!mb_array_is_narrow_signed(array->type) || known->low > known->high) return;
    if (known->low >= zero) return;
    if (known->high < zero) {
        known->storage.base = 0 - (UINT64_C(1) << 8 * width);
        return;
    }
    known->storage = mb_storage_choose(kind, known->low, known->high);
    known->copied = true;
}

// Looks at this rank's array, and agrees with the others. Collective.
static mb_status look(mb_context *cx, const char *name, const mb_host_array *rows,
                      const int64_t *range, facts *known)
{
    const mb_kind kind = rows->type->kind;
    bool copied;
    mb_status status = mb_array_blame(cx, mb_array_check(cx, name, rows, &copied));
    uint64_t low = UINT64_MAX, high = 0;
    if (!status && !range) mb_array_bounds(cx, rows, &low, &high);
    if (range && mb_kind_is_integer(kind)) {
        low = mb_order_bits(kind, (uint64_t)range[0]);
        high = mb_order_bits(kind, (uint64_t)range[1]);
        if (!status && low > high)
            status = mb_fail(cx, MB_EINVALID, "%s: the range ends before it begins", name);
    }
    mb_payload payload = {.max = {~low, high}};
    if (!status) payload.count = (uint64_t)missing_here(rows);
    if (!status) payload.sum = rows->array.rows;
    status = mb_step(cx, status, &payload);
    if (status) return status;
    *known = (facts){.missing = (int64_t)payload.count,
                     .rows = (int64_t)payload.sum,
                     .bounded = mb_kind_is_integer(kind),
                     .low = ~payload.max[0],
                     .high = payload.max[1]};
    choose_storage(rows, known);
    known->copied = known->copied || copied;
    return MB_OK;
}

// Takes the memory for copies, where that is not there yet. Not collective.
static mb_status reserve(mb_context *cx, share *owner, const facts *known, mb_buffer **validity)
{
    const int64_t rows = owner->rows.array.rows;
    mb_status status = MB_OK;
    if (known->copied)
        status = mb_buffer_scratch(cx, (size_t)(rows * known->storage.width), &owner->copy);
    if (!status && known->missing)
        status = mb_buffer_scratch(cx, (size_t)mb_validity_words(rows) * 8, validity);
    return status;
}

// Points a column's values at the array, or at a copy that is up to date; the share owns that. Not
// collective.
static void attach(share *owner, const facts *known, mb_plane *values, mb_buffer *validity)
{
    static uint64_t nothing[1]; // rows of an array that may be NULL
    const mb_array *array = &owner->rows.array;
    const size_t size = (size_t)(array->rows * known->storage.width);
    if (known->copied)
        mb_array_copy(&owner->rows, known->storage.width, known->storage.base, owner->copy->data);
    if (known->missing) mb_array_copy_validity(&owner->rows, validity->data);
    const void *at = known->copied ? owner->copy->data : array->values;
    values->width = known->storage.width;
    values->base = known->storage.base;
    values->buffer->data = at && array->rows ? (void *)(uintptr_t)at : nothing;
    values->buffer->size = size;
    values->data = values->buffer->data;
}

static mb_facts facts_of(mb_kind kind, const facts *known)
{
    return (mb_facts){.missing = known->missing,
                      .bounded = known->bounded,
                      .range = {mb_order_bits(kind, known->low), mb_order_bits(kind, known->high)}};
}

static mb_status make_shared(mb_runtime *runtime, const mb_host_array *rows, mb_layout *layout,
                             const facts *known, int index, mb_column **made)
{
    mb_context *cx = &runtime->cx;
    share *owner = mb_allocate(cx, 1, sizeof *owner);
    if (!owner) return MB_EMEMORY;
    *owner = (share){.runtime = runtime, .rows = *rows};
    owner->rows.array.range = NULL;
    mb_column model = {.type = rows->type,
                       .layout = layout,
                       .identity = mb_result_identity(cx, index),
                       .live = true};
    model.facts = facts_of(model.type->kind, known);
    mb_status status = mb_buffer_borrow(cx, owner, 0, release_share, owner, &model.values.buffer);
    if (status) {
        free(owner);
        return status;
    }
    model.values.buffer->shared = 1;
    status = reserve(cx, owner, known, &model.validity.buffer);
    if (!status) attach(owner, known, &model.values, model.validity.buffer);
    if (!status) status = mb_column_new(cx, &model, made);
    mb_buffer_release(model.validity.buffer);
    mb_buffer_release(model.values.buffer);
    return status;
}

static mb_status append_strings(mb_text_encoder *encoder, const mb_host_array *rows)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < rows->array.rows && !status; i++) {
        const bool valid = mb_array_valid(rows, i);
        const mb_string string = valid ? rows->string(rows, i) : (mb_string){NULL, 0};
        status = mb_text_encoder_append(encoder, string);
    }
    return status;
}

static mb_status make_text(mb_context *cx, const mb_host_array *rows, mb_layout *layout, int index,
                           mb_column **made)
{
    mb_text_encoder *encoder = NULL;
    mb_status status = mb_text_encoder_open(cx, rows->array.rows, MB_TEXT_CHOOSE, &encoder);
    if (!status) status = append_strings(encoder, rows);
    status = mb_step(cx, status, NULL);
    if (!status) status = mb_text_encoder_finish(cx, status, encoder, layout, index, made);
    mb_text_encoder_close(encoder);
    return status;
}

mb_status mb_share_make(mb_runtime *runtime, const char *caller, const mb_host_array *rows,
                        mb_layout **layout, int index, mb_column **made)
{
    mb_context *cx = &runtime->cx;
    facts known;
    mb_status status = look(cx, caller, rows, rows->array.range, &known);
    if (!status && !*layout) status = mb_gather_layout(cx, MB_OK, rows->array.rows, layout);
    if (status) return status;
    if (mb_array_is_text(rows->array.type)) return make_text(cx, rows, *layout, index, made);
    return make_shared(runtime, rows, *layout, &known, index, made);
}

typedef struct import_call {
    mb_runtime *runtime;
    sharing *given;
} import_call;

static mb_status run_import(mb_context *cx, void *argument)
{
    const import_call *call = argument;
    sharing *given = call->given;
    const mb_host_array rows = mb_host_array_of(given->array);
    mb_layout *layout = NULL;
    mb_column *made = NULL;
    mb_status status = mb_share_make(call->runtime, given->caller, &rows, &layout, 0, &made);
    status = mb_conclude(cx, status, NULL);
    if (!status) given->column = mb_column_retain(made);
    mb_column_release(made);
    mb_layout_release(layout);
    return status;
}

static void sign_range(mb_signature *signature, const int64_t *range)
{
    if (range)
        mb_signature_add(signature, mb_hash_word((uint64_t)range[0], (uint64_t)range[1]),
                         "range: %lld to %lld", (long long)range[0], (long long)range[1]);
}

static int import_array(lua_State *L)
{
    sharing *given = lua_touserdata(L, 1);
    mb_runtime *runtime = mb_bind_runtime(L);
    const mb_array *array = given->array;
    mb_signature signature;
    if (!array || array->type < MB_INT8_ARRAY || array->type > MB_TEXT_ARRAY)
        return mb_bind_error(L, "%s: %s", given->caller,
                             array ? "a type of arrays that there is not" : "the array is NULL");
    if (!given->name && !given->wanted)
        return mb_bind_error(L, "%s: neither a name nor a reference is wanted", given->caller);
    mb_bind_provide_module(L); // its methods of columns are in Lua
    if (given->name) {
        mb_variable_push(L, given->name);
        lua_pop(L, 1);
    }
    mb_column **box = mb_bind_new_column(L), **other = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, given->caller);
    mb_signature_add(&signature, (uint64_t)array->type, "type: %s",
                     mb_array_type_name(array->type));
    if (given->name) mb_bind_sign_string(&signature, "name", given->name);
    sign_range(&signature, given->range);
    import_call call = {runtime, given};
    mb_bind_operate(L, &signature, run_import, &call);
    *box = given->column;
    // From here on only Lua's memory may be missing.
    if (given->wanted) {
        *other = mb_column_retain(*box);
        given->reference = mb_reference_new(L);
    } else {
        lua_pop(L, 1);
    }
    if (given->name) mb_variable_set(L, given->name);
    return 0;
}

int mb_column_import(mb_runtime *runtime, const char *name, const mb_array *array,
                     mb_reference *column)
{
    sharing given = {.caller = "mb_column_import",
                     .name = name,
                     .array = array,
                     .wanted = column != NULL,
                     .range = array ? array->range : NULL};
    int status = mb_bind_run_call(runtime, given.caller, import_array, &given);
    if (status) {
        (void)mb_release(runtime, given.reference);
        return status;
    }
    if (!mb_share_give(given.column)) mb_share_give_back(runtime, array);
    if (column) *column = given.reference;
    return 0;
}

// --- Arrays that have changed --------------------------------------------------------------------

static mb_status run_touch(mb_context *cx, void *argument)
{
    const sharing *given = argument;
    mb_column *column = given->column;
    share *owner = share_of(column);
    facts known;
    mb_buffer *validity = NULL;
    mb_column_thaw(column);
    mb_status status = look(cx, given->caller, &owner->rows, given->range, &known);
    if (status) return status;
    // Others may hold the validity that was; where none do, it is written again.
    if (column->validity.buffer && column->validity.buffer->references == 1)
        validity = mb_buffer_retain(column->validity.buffer);
    status = mb_conclude(cx, reserve(cx, owner, &known, &validity), NULL);
    if (status) {
        mb_buffer_release(validity);
        return status;
    }
    attach(owner, &known, &column->values, validity);
    mb_buffer_release(column->validity.buffer);
    if (!known.missing) {
        mb_buffer_release(validity);
        validity = NULL;
    }
    column->validity = (mb_plane){.buffer = validity, .data = validity ? validity->data : NULL};
    mb_buffer_release(column->facts.ranges);
    column->facts = facts_of(column->type->kind, &known);
    column->identity = mb_result_identity(cx, 0);
    return MB_OK;
}

static int touch_column(lua_State *L)
{
    sharing *given = lua_touserdata(L, 1);
    mb_runtime *runtime = mb_bind_runtime(L);
    mb_signature signature;
    mb_reference_push(L, given->reference);
    given->column = mb_bind_to_column(L, -1);
    if (!given->column || !share_of(given->column))
        return mb_bind_error(L, "%s: not a column of an array that is shared", given->caller);
    mb_bind_signature(L, &signature, given->caller);
    mb_bind_sign_column(&signature, "column", given->column);
    sign_range(&signature, given->range);
    mb_columns_renew(&runtime->cx);
    runtime->touches++;
    mb_bind_operate(L, &signature, run_touch, given);
    return 0;
}

int mb_column_touch(mb_runtime *runtime, mb_reference column, const int64_t *range)
{
    sharing given = {.caller = "mb_column_touch", .reference = column, .range = range};
    return mb_bind_run_call(runtime, given.caller, touch_column, &given);
}
