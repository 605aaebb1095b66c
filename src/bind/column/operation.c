// The runner of operations.

#include "bind/column/operation.h"

#include <string.h>

#include "bind/column/box.h"
#include "core/hash.h"
#include "expr/expression.h"

// Words that tell an argument from others, other than a column.
static void sign_word(mb_signature *signature, int argument, const mb_argument *row,
                      const mb_given *given)
{
    uint64_t word = mb_hash_word((uint64_t)argument + 1, given->value.bits);
    switch (row->kind) {
    case MB_TAKES_FLAG: mb_signature_add(signature, word, "%s", row->name); break;
    case MB_TAKES_NUMBER:
        mb_signature_add(signature, word, "%s: %g", row->name, given->value.f);
        break;
    case MB_TAKES_INTEGER:
        mb_signature_add(signature, word, "%s: %lld", row->name, (long long)given->value.i);
        break;
    default:
        if (given->text)
            mb_signature_add(signature, word, "%s: %.80s", row->name, given->text);
        else
            mb_signature_add(signature, word, "%s: #%04x", row->name,
                             (unsigned)(mb_mix(given->value.bits) & 0xffff));
    }
}

// Columns by their identity, all else by value; what is as it is unless given is left out.
static void sign_argument(mb_signature *signature, int argument, const mb_argument *row,
                          const mb_given *given)
{
    const char *name = row->item ? row->item : row->name;
    switch (row->kind) {
    case MB_TAKES_COLUMN:
    case MB_TAKES_POSITIONS:
        if (given->column) mb_bind_sign_column(signature, name, given->column);
        break;
    case MB_TAKES_COLUMNS:
        for (int64_t i = 0; i < given->n; i++)
            mb_bind_sign_column(signature, name, given->columns[i]);
        break;
    case MB_TAKES_FLAGS:
        for (int64_t i = 0; i < given->n; i++)
            if (given->flags[i])
                mb_signature_add(signature, mb_hash_word((uint64_t)argument + 1, (uint64_t)i),
                                 "%s: %lld", row->name, (long long)i + 1);
        break;
    case MB_TAKES_STRING:
        if (given->text) mb_bind_sign_string(signature, name, given->text);
        break;
    case MB_TAKES_STRINGS:
        for (int64_t i = 0; i < given->n; i++)
            mb_bind_sign_string(signature, name, given->texts[i]);
        break;
    case MB_TAKES_OTHER:
        if (given->column) mb_bind_sign_column(signature, name, given->column);
        if (given->given && !given->column) sign_word(signature, argument, row, given);
        break;
    case MB_TAKES_VALUE:
        if (given->given) sign_word(signature, argument, row, given);
        break;
    default:
        if (given->value.bits != row->unless_given.bits) sign_word(signature, argument, row, given);
    }
}

static void release_results(mb_call *call)
{
    for (int r = 0; call->operation->results[r].kind; r++) {
        mb_made *made = &call->out[r];
        mb_column_release(made->column);
        made->column = NULL;
        for (int64_t i = 0; i < made->n; i++) {
            mb_column_release(made->columns[i]);
            made->columns[i] = NULL;
        }
    }
}

// What an attempt has made that failed on other ranks is released before the next one.
static mb_status run(mb_context *cx, void *argument)
{
    mb_call *call = argument;
    release_results(call);
    return call->operation->run(cx, call->in, call->out);
}

static bool gives_list(const mb_call *call, int r)
{
    const mb_result *result = &call->operation->results[r];
    return result->kind == MB_GIVES_COLUMNS && !call->in[result->of - 1].single;
}

// Pushes a box for each result, still empty: for a list a table of them.
static void push_boxes(lua_State *L, mb_call *call)
{
    const mb_result *results = call->operation->results;
    for (int r = 0; results[r].kind; r++) {
        mb_made *made = &call->out[r];
        made->value.type = results[r].type;
        if (results[r].kind != MB_GIVES_COLUMNS) continue;
        made->n = call->in[results[r].of - 1].n * (results[r].times ? results[r].times : 1);
        made->columns = mb_bind_scratch(L, (size_t)made->n * sizeof(mb_column *));
        memset(made->columns, 0, (size_t)made->n * sizeof(mb_column *));
    }
    call->boxes = lua_gettop(L) + 1;
    for (int r = 0; results[r].kind; r++) {
        bool list = gives_list(call, r);
        if (results[r].kind == MB_GIVES_VALUE)
            lua_pushnil(L);
        else if (!list)
            mb_bind_new_column(L);
        else
            lua_createtable(L, (int)call->out[r].n, 0);
        for (int64_t i = 0; i < call->out[r].n && list; i++) {
            mb_bind_new_column(L);
            lua_rawseti(L, -2, i + 1);
        }
    }
}

static void fill_box(lua_State *L, int index, mb_column *column)
{
    mb_column_box *box = lua_touserdata(L, index);
    box->column = column;
}

static int give_results(lua_State *L, mb_call *call)
{
    const mb_result *results = call->operation->results;
    int r = 0;
    for (; results[r].kind; r++) {
        mb_made *made = &call->out[r];
        int box = call->boxes + r;
        if (results[r].kind == MB_GIVES_VALUE) {
            mb_bind_push_result(L, made->value.type, made->value.value);
            lua_replace(L, box);
            continue;
        }
        if (results[r].kind == MB_GIVES_COLUMN) fill_box(L, box, made->column);
        if (results[r].kind == MB_GIVES_COLUMN && !made->column) { // none
            lua_pushnil(L);
            lua_replace(L, box);
        }
        for (int64_t i = 0; i < made->n; i++) {
            if (gives_list(call, r)) lua_rawgeti(L, box, i + 1);
            fill_box(L, gives_list(call, r) ? -1 : box, made->columns[i]);
            if (gives_list(call, r)) lua_pop(L, 1);
        }
    }
    lua_settop(L, call->boxes + r - 1);
    if (!call->local && results->kind != MB_GIVES_VALUE) mb_bind_account(L);
    return call->operation->push ? call->operation->push(L, call) : r;
}

int mb_bind_push_top(lua_State *L, const mb_call *call)
{
    (void)L;
    (void)call;
    return 1;
}

int mb_bind_positions(const mb_operation *operation)
{
    int n = 0;
    bool options = false;
    for (const mb_argument *row = operation->arguments; row->kind; row++) {
        options = options || row->option;
        n += row->kind != MB_FIXED_ARGUMENT && !row->option;
    }
    return n + (options && !operation->options_within);
}

int mb_bind_run(lua_State *L, const mb_operation *operation)
{
    enum { ROOM = 4 * MB_MOST_ARGUMENTS + MB_MOST_RESULTS };
    mb_call call = {.operation = operation, .name = operation->name, .local = operation->local};
    mb_signature signature;
    int results;
    luaL_checkstack(L, ROOM, operation->name);
    lua_settop(L, mb_bind_positions(operation));
    mb_bind_read_arguments(L, &call);
    if (operation->prepare) operation->prepare(L, &call);
    push_boxes(L, &call);
    if (!call.local) {
        mb_bind_signature(L, &signature, call.name);
        for (int i = 0; operation->arguments[i].kind; i++)
            sign_argument(&signature, i, &operation->arguments[i], &call.in[i]);
    }
    do {
        mb_status status = call.local ? operation->run(mb_bind_context(L), call.in, call.out)
                                      : mb_bind_attempt(L, &signature, run, &call);
        if (status) {
            release_results(&call);
            return mb_bind_raise(L, status);
        }
        results = give_results(L, &call);
    } while (results == MB_AGAIN);
    return results;
}

static int call_operation(lua_State *L)
{
    return mb_bind_run(L, lua_touserdata(L, lua_upvalueindex(1)));
}

void mb_bind_push_operation(lua_State *L, const mb_operation *operation, const char *self)
{
    const mb_public entry = {operation->name, call_operation, mb_bind_positions(operation)};
    lua_pushlightuserdata(L, (void *)(uintptr_t)operation);
    if (self)
        mb_bind_push_public(L, &entry, self);
    else
        lua_pushcclosure(L, call_operation, 1);
}

void mb_bind_keep_shallow(lua_State *L, const mb_column *column, int index)
{
    enum { DEEPEST = 48 };
    if (!mb_column_pending(column) || column->expression->depth < DEEPEST) return;
    mb_bind_push_operation(L, mb_operator_operations, NULL);
    lua_pushvalue(L, index);
    lua_call(L, 1, 0);
}
