// Record batches of Arrow become frames. All of a batch becomes columns in one operation; they
// share the batch, which is given back with the last of them.

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/session/chunk.h"
#include "comm/comm.h"
#include "core/hash.h"
#include "host/arrow_column.h"
#include "host/reference.h"
#include "host/share.h"
#include "host/variant.h"

typedef struct batch {
    struct ArrowArray array;
    int64_t users;        // columns that read it
    int n;                // columns of it,
    mb_column *columns[]; // until the structures have moved
} batch;

typedef struct importing {
    mb_runtime *runtime;
    const char *name;
    struct ArrowSchema *schema;
    struct ArrowArray *array;
    bool wanted; // the host gets a reference
    mb_reference reference;
    int n;               // columns
    mb_arrow_column *of; // each
    mb_column ***boxes;  // of userdata, for each
    batch *owner;
} importing;

static const char caller[] = "mb_frame_import_arrow";

static void leave_batch(void *data)
{
    batch *owner = data;
    if (--owner->users > 0) return;
    owner->array.release(&owner->array);
    free(owner);
}

static void leave_columns(batch *owner)
{
    for (int i = 0; i < owner->n; i++)
        mb_column_release(owner->columns[i]);
    owner->n = 0;
}

// Forgets a batch that stays the host's.
static void drop_batch(importing *call)
{
    if (call->owner) leave_columns(call->owner);
    free(call->owner);
    call->owner = NULL;
}

// --- The operation -------------------------------------------------------------------------------

static mb_status describe(mb_context *cx, importing *call)
{
    mb_status status = MB_OK;
    const struct ArrowArray *array = call->array;
    if (array->length < 0 || array->offset < 0 || array->length > MB_ARROW_MOST_ROWS ||
        array->offset > MB_ARROW_MOST_ROWS)
        return mb_fail(cx, MB_EINVALID, "%s: a batch of %lld row%s from %lld on", caller,
                       (long long)array->length, mb_plural(array->length),
                       (long long)array->offset);
    if (array->null_count != 0 && array->n_buffers > 0 && array->buffers && array->buffers[0])
        return mb_fail(cx, MB_EINVALID,
                       "%s: whole rows of the batch are missing, or may be: frames have rows whose "
                       "values are missing",
                       caller);
    call->owner = mb_allocate(cx, 1, sizeof(batch) + (size_t)call->n * sizeof(mb_column *));
    if (!call->owner) return MB_EMEMORY;
    call->owner->n = call->n;
    for (int i = 0; i < call->n && !status; i++) {
        mb_arrow_column *column = &call->of[i];
        status = mb_arrow_describe(cx, caller, call->schema, array, i, column);
        column->rows.array.release = leave_batch;
        column->rows.array.data = call->owner;
    }
    return status;
}

static mb_status run_import(mb_context *cx, void *argument)
{
    importing *call = argument;
    mb_layout *layout = NULL;
    mb_status status = mb_step(cx, mb_array_blame(cx, describe(cx, call)), NULL);
    for (int i = 0; i < call->n && !status; i++) {
        char about[256];
        snprintf(about, sizeof about, "%s: column '%.200s'", caller,
                 call->schema->children[i]->name);
        status = mb_share_make(call->runtime, about, &call->of[i].rows, &layout, i,
                               &call->owner->columns[i]);
    }
    status = mb_conclude(cx, status, NULL);
    for (int i = 0; i < call->n && !status; i++)
        *call->boxes[i] = mb_column_retain(call->owner->columns[i]);
    if (status) drop_batch(call);
    mb_layout_release(layout);
    return status;
}

// --- Around it -----------------------------------------------------------------------------------

// Raises unless the structures are a record batch, as far as can be told before they are read.
static void check_batch(lua_State *L, const importing *call)
{
    const struct ArrowSchema *schema = call->schema;
    const struct ArrowArray *array = call->array;
    if (!call->name && !call->wanted)
        mb_bind_error(L, "%s: neither a name nor a reference is wanted", caller);
    if (!schema || !array || !schema->release || !array->release) {
        mb_bind_error(L, "%s: the %s is NULL, or was released", caller,
                      schema && schema->release ? "array" : "schema");
        return;
    }
    if (!schema->format || strcmp(schema->format, "+s") != 0)
        mb_bind_error(L, "%s: a record batch is an array of structs, '+s', not '%s'", caller,
                      schema->format ? schema->format : "");
    if (schema->n_children != array->n_children || schema->n_children < 0 ||
        schema->n_children > INT16_MAX ||
        (schema->n_children && !(schema->children && array->children)))
        mb_bind_error(L, "%s: a schema of %I columns%s and an array of %I%s", caller,
                      (lua_Integer)schema->n_children, schema->children ? "" : " that are NULL",
                      (lua_Integer)array->n_children, array->children ? "" : " that are NULL");
}

static void sign_columns(lua_State *L, const importing *call, mb_signature *signature)
{
    for (int i = 0; i < call->n; i++) {
        const struct ArrowSchema *child = call->schema->children[i];
        if (!child || !child->format || !child->name || !*child->name) {
            mb_bind_error(L, "%s: column %d has no %s", caller, i + 1,
                          child && child->format ? "name" : "format");
            return;
        }
        mb_signature_add(signature,
                         mb_hash_word(mb_hash_bytes(1, child->name, strlen(child->name)),
                                      mb_hash_bytes(2, child->format, strlen(child->format))),
                         "'%s': '%s'", child->name, child->format);
    }
}

// Pushes the frame of columns that are in the list on top of the stack, by moonbear's own function.
static void push_frame(lua_State *L, const importing *call)
{
    const int columns = lua_gettop(L);
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, "moonbear");
    lua_getfield(L, -1, "frame");
    lua_createtable(L, call->n, 0);
    for (int i = 0; i < call->n; i++) {
        lua_createtable(L, 2, 0);
        lua_pushstring(L, call->schema->children[i]->name);
        lua_rawseti(L, -2, 1);
        lua_rawgeti(L, columns, i + 1);
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, i + 1);
    }
    lua_call(L, 1, 1);
}

static int import_batch(lua_State *L)
{
    importing *call = lua_touserdata(L, 1);
    mb_signature signature;
    check_batch(L, call);
    mb_bind_provide_module(L);
    if (call->name) {
        mb_variable_push(L, call->name);
        lua_pop(L, 1);
    }
    call->n = (int)call->schema->n_children;
    call->of = mb_bind_scratch(L, ((size_t)call->n + 1) * sizeof *call->of);
    call->boxes = mb_bind_scratch(L, ((size_t)call->n + 1) * sizeof *call->boxes);
    lua_createtable(L, call->n, 0);
    for (int i = 0; i < call->n; i++) {
        call->boxes[i] = mb_bind_new_column(L);
        lua_rawseti(L, -2, i + 1);
    }
    mb_bind_signature(L, &signature, caller);
    if (call->name) mb_bind_sign_string(&signature, "name", call->name);
    sign_columns(L, call, &signature);
    mb_bind_operate(L, &signature, run_import, call);
    // From here on only Lua's memory may be missing, and names may come twice.
    push_frame(L, call);
    if (call->wanted) {
        lua_pushvalue(L, -1);
        call->reference = mb_reference_new(L);
    }
    if (call->name) mb_variable_set(L, call->name);
    return 0;
}

// The structures move: the batch stays as long as columns read it.
static void take(importing *call)
{
    batch *owner = call->owner;
    owner->array = *call->array;
    owner->users = 1;
    for (int i = 0; i < owner->n; i++)
        owner->users += mb_share_give(owner->columns[i]);
    leave_columns(owner);
    call->array->release = NULL;
    call->schema->release(call->schema);
    const mb_array mine = {.release = leave_batch, .data = owner};
    mb_share_give_back(call->runtime, &mine);
}

int mb_frame_import_arrow(mb_runtime *runtime, const char *name, struct ArrowSchema *schema,
                          struct ArrowArray *array, mb_reference *frame)
{
    importing call = {.runtime = runtime,
                      .name = name,
                      .schema = schema,
                      .array = array,
                      .wanted = frame != NULL};
    int status = mb_bind_run_call(runtime, caller, import_batch, &call);
    if (status) {
        (void)mb_release(runtime, call.reference);
        drop_batch(&call);
        return status;
    }
    take(&call);
    if (frame) *frame = call.reference;
    return 0;
}
