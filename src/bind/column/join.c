// Joins of columns, for Lua.

#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "ops/match/join.h"
#include "ops/match/join_keys.h"

typedef struct joining {
    mb_join what;
    mb_column **boxes[2];
} joining;

static mb_status join_body(mb_context *cx, void *argument)
{
    joining *call = argument;
    mb_column *positions[2];
    mb_status status = mb_join_positions(cx, &call->what, positions);
    if (status) return status;
    for (int i = 0; i < 2; i++)
        *call->boxes[i] = positions[i];
    return MB_OK;
}

// core.join(left, right, keep, bytes, once [, values]): positions of the left and the right rows
// with equal keys, in the order of the left rows; with keep left rows without partner too, beside a
// missing position. Where no key of the right is there twice the first is nil, and the second has a
// row for each row of the left, missing where there is no partner: its position, or its row of
// `values`, a column of the right that has no missing rows. `bytes` are those of a row of the table
// that will be made, `once` those of it beside the left's columns. Collective.
static int join(lua_State *L)
{
    mb_signature signature;
    joining call = {.what = {.left = mb_bind_check_column(L, 1),
                             .right = mb_bind_check_column(L, 2),
                             .keep = lua_toboolean(L, 3),
                             .row_bytes = luaL_checkinteger(L, 4),
                             .once_bytes = luaL_checkinteger(L, 5)}};
    if (!lua_isnoneornil(L, 6)) call.what.values = mb_bind_check_column(L, 6);
    mb_bind_check_same_type(L, "join", call.what.left, call.what.right);
    call.boxes[0] = mb_bind_new_column(L);
    call.boxes[1] = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "join");
    mb_bind_sign_column(&signature, "left", call.what.left);
    mb_bind_sign_column(&signature, "right", call.what.right);
    if (call.what.values) mb_bind_sign_column(&signature, "values", call.what.values);
    mb_signature_add(&signature, call.what.keep, "keep: %d", call.what.keep);
    mb_signature_add(&signature, (uint64_t)call.what.row_bytes, "bytes: %lld",
                     (long long)call.what.row_bytes);
    mb_bind_operate(L, &signature, join_body, &call);
    mb_bind_account(L);
    if (*call.boxes[0]) return 2;
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

typedef struct coding {
    mb_join_keys keys;
    mb_join_word words[MB_MOST_FIELDS];
    mb_column **boxes[2][MB_MOST_FIELDS];
    int nwords;
} coding;

static mb_status code_body(mb_context *cx, void *argument)
{
    coding *call = argument;
    mb_status status = mb_join_words(cx, &call->keys, call->words, &call->nwords);
    for (int w = 0; w < call->nwords && !status; w++)
        for (int side = 0; side < 2; side++)
            *call->boxes[side][w] = call->words[w].of[side];
    return status;
}

// The columns of two lists, in pairs of one type.
static void check_keys(lua_State *L, mb_join_keys *keys)
{
    lua_Integer n = luaL_len(L, 1);
    if (n < 1 || n > MB_MOST_KEYS)
        mb_bind_error(L, "a join takes 1 to %d keys, not %I", MB_MOST_KEYS, n);
    keys->ncolumns = (int)n;
    for (int i = 0; i < n; i++) {
        for (int side = 0; side < 2; side++) {
            lua_geti(L, side + 1, i + 1);
            keys->columns[side][i] = mb_bind_check_column(L, -1);
            lua_pop(L, 1);
        }
        mb_bind_check_same_type(L, "join", keys->columns[0][i], keys->columns[1][i]);
    }
}

// core.join_words(lefts, rights): the rows of two lists of columns as words: a list of {left,
// right, bits = n}, uint columns below 2^n that are equal on both sides where all columns are, and
// in their order, the first word first; missing where one of their columns is. Collective.
static int join_words(lua_State *L)
{
    mb_signature signature;
    coding *call = mb_bind_scratch(L, sizeof *call);
    memset(call, 0, sizeof *call);
    check_keys(L, &call->keys);
    mb_bind_signature(L, &signature, "join");
    lua_newtable(L);
    for (int w = 0; w < 2 * call->keys.ncolumns; w++) { // as many as there may be
        lua_createtable(L, 2, 1);
        for (int side = 0; side < 2; side++) {
            call->boxes[side][w] = mb_bind_new_column(L);
            lua_rawseti(L, -2, side + 1);
        }
        lua_rawseti(L, -2, w + 1);
    }
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < call->keys.ncolumns; i++)
            mb_bind_sign_column(&signature, side ? "right" : "left", call->keys.columns[side][i]);
    mb_bind_operate(L, &signature, code_body, call);
    for (int w = 0; w < 2 * call->keys.ncolumns; w++) {
        if (w < call->nwords) {
            lua_geti(L, -1, w + 1);
            lua_pushinteger(L, call->words[w].bits);
            lua_setfield(L, -2, "bits");
            lua_pop(L, 1);
        } else {
            lua_pushnil(L);
            lua_seti(L, -2, w + 1);
        }
    }
    mb_bind_account(L);
    return 1;
}

const luaL_Reg mb_bind_join_functions[] = {
    {"join", join}, {"join_words", join_words}, {NULL, NULL}};
