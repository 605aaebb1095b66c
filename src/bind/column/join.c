// Joins of columns.

#include "ops/match/join.h"

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "ops/match/join_keys.h"

static mb_status run_join(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_column *positions[2];
    mb_join what = {.left = in[0].column,
                    .right = in[1].column,
                    .keep = in[2].value.b,
                    .row_bytes = in[3].value.i,
                    .once_bytes = in[4].value.i,
                    .values = in[5].column};
    mb_status status = mb_join_positions(cx, &what, positions);
    for (int i = 0; i < 2 && !status; i++)
        out[i].column = positions[i];
    return status;
}

// The words of a join, in lists that have room for as many as there may be.
typedef struct coding {
    mb_join_word words[MB_MOST_FIELDS];
    int nwords;
} coding;

static void prepare_words(lua_State *L, mb_call *call)
{
    mb_given *lefts = &call->in[0], *rights = &call->in[1];
    if (lefts->n != rights->n)
        mb_bind_error(L, "join: %I keys on the left and %I on the right", (lua_Integer)lefts->n,
                      (lua_Integer)rights->n);
    for (int64_t i = 0; i < lefts->n; i++) {
        mb_column **left = &lefts->columns[i], **right = &rights->columns[i];
        if (!call->in[2].value.b && mb_bind_match(L, left, right, false)) continue;
        mb_bind_meet_two(L, "join", left, right, true);
        mb_bind_order_entry(L, lefts->at, i, left);
        mb_bind_order_entry(L, rights->at, i, right);
    }
    call->out->data = mb_bind_scratch(L, sizeof(coding));
}

static mb_status run_words(mb_context *cx, const mb_given *in, mb_made *out)
{
    coding *found = out->data;
    mb_join_keys keys = {.ncolumns = (int)in[0].n};
    for (int i = 0; i < keys.ncolumns; i++)
        for (int side = 0; side < 2; side++)
            keys.columns[side][i] = in[side].columns[i];
    mb_status status = mb_join_words(cx, &keys, found->words, &found->nwords);
    for (int w = 0; w < found->nwords && !status; w++)
        for (int side = 0; side < 2; side++)
            out[side].columns[w] = found->words[w].of[side];
    return status;
}

static int push_words(lua_State *L, const mb_call *call)
{
    const coding *found = call->out->data;
    lua_createtable(L, found->nwords, 0);
    for (int w = 1; w <= found->nwords; w++) {
        lua_createtable(L, 2, 1);
        for (int side = 0; side < 2; side++) {
            lua_rawgeti(L, call->boxes + side, w);
            lua_rawseti(L, -2, side + 1);
        }
        lua_pushinteger(L, found->words[w - 1].bits);
        lua_setfield(L, -2, "bits");
        lua_rawseti(L, -2, w);
    }
    return 1;
}

#define KEYS(name) MB_COLUMNS(name, .item = "key", .most = MB_MOST_KEYS)

// core.join(left, right, keep, bytes, once [, values]): positions of the left and the right rows
// with equal keys, in the order of the left rows; with keep left rows without partner too, beside a
// missing position. Where no key of the right is there twice the first is nil, and the second has a
// row for each row of the left, missing where there is no partner: its position, or its row of
// `values`, a column of the right that has no missing rows. `bytes` are those of a row of the table
// that will be made, `once` those of it beside the left's columns.
//
// core.join_words(lefts, rights [, ordered]): the rows of two lists of columns as words: a list of
// {left, right, bits = n}, uint columns below 2^n that are equal on both sides where all columns
// are, the first word first; missing where one of their columns is, and on the right also where no
// row of the left is equal. With `ordered` they are in the order of the columns, and never missing
// but where these are.
const mb_operation mb_join_operations[] = {
    MB_OPERATION("join", "join", run_join,
                 MB_TAKES(MB_COLUMN("left"), MB_COLUMN("right", .like = 1), MB_FLAG("keep"),
                          MB_INTEGER("bytes"), MB_INTEGER("once"),
                          MB_COLUMN("values", .optional = true)),
                 MB_GIVES(MB_A_COLUMN, MB_A_COLUMN), .among = 2),
    MB_OPERATION("join", "join_words", run_words,
                 MB_TAKES(KEYS("left"), KEYS("right"), MB_FLAG("ordered", .optional = true)),
                 MB_GIVES(MB_SOME_COLUMNS(1, .times = 2), MB_SOME_COLUMNS(1, .times = 2)),
                 .moves = true, .prepare = prepare_words, .push = push_words),
    {0}};
