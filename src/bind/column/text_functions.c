// Functions of text by its characters: classes, case, parts, and names of hosts.

#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "ops/text/case.h"
#include "ops/text/characters.h"
#include "ops/text/classes.h"
#include "ops/text/idna.h"
#include "ops/text/shape.h"

// A function of a column and a constant that says which it is.
#define MB_ONE_OF(text, run, which)                                                                \
    MB_OPERATION(text, NULL, run, MB_TAKES(MB_TEXT_COLUMN, MB_FIXED(which)), MB_GIVES(MB_A_COLUMN))

static mb_status run_is(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_is(cx, in[0].column, (mb_text_class)in[1].value.i, &out->column);
}

static mb_status run_case(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_to_case(cx, in[0].column, (mb_text_case)in[1].value.i, &out->column);
}

MB_BODY(run_ulen, mb_text_characters(cx, in[0].column, &out->column))
MB_BODY(run_reverse, mb_text_reverse(cx, in[0].column, &out->column))
MB_BODY(run_repeat, mb_text_repeat(cx, in[0].column, in[1].value.i, &out->column))

#define MB_STRIP(text, sides)                                                                      \
    MB_OPERATION(text, NULL, run_strip,                                                            \
                 MB_TAKES(MB_TEXT_COLUMN, MB_ARGUMENT(BYTES, "characters", .optional = true),      \
                          MB_FIXED(sides)),                                                        \
                 MB_GIVES(MB_A_COLUMN))

static mb_status run_strip(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_string of = {in[1].text, (size_t)in[1].n};
    return mb_text_strip(cx, in[0].column, (int)in[2].value.i, of, &out->column);
}

static void read_side(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    static const char *const sides[] = {"left", "right", "both"};
    const char *word = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";
    for (int i = 0; i < 3; i++)
        if (strcmp(word, sides[i]) == 0) given->value.u = (uint64_t)i + 1;
    if (!given->value.u) mb_bind_refuse(L, call, argument, "'left', 'right' or 'both'", index);
}

static void prepare_pad(lua_State *L, mb_call *call)
{
    ucs4_t code;
    const mb_given *fill = &call->in[3];
    mb_string string = {fill->text, (size_t)fill->n};
    if (fill->given && (!fill->n || mb_character_first(string, &code) != string.length))
        mb_bind_error(L, "bad option 'fill' of 'pad' (one character expected, got '%s')",
                      fill->text);
}

static mb_status run_pad(mb_context *cx, const mb_given *in, mb_made *out)
{
    int sides = in[2].given ? (int)in[2].value.u : MB_TEXT_LEFT;
    mb_string fill = {" ", 1};
    if (in[3].given) fill = (mb_string){in[3].text, (size_t)in[3].n};
    return mb_text_pad(cx, in[0].column, sides, in[1].value.i, fill, &out->column);
}

static void prepare_slice(lua_State *L, mb_call *call)
{
    luaL_argcheck(L, call->in[3].value.i != 0, 4, "the step is 0");
    if (!call->in[2].given) call->in[2].value.i = call->in[3].value.i < 0 ? 1 : -1;
}

static mb_status run_slice(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_slice(cx, in[0].column, in[1].value.i, in[2].value.i, in[3].value.i,
                         &out->column);
}

// --- Names of hosts.

#define MB_CODING(text, decode)                                                                    \
    MB_OPERATION(text, NULL, run_idna,                                                             \
                 MB_TAKES(MB_TEXT_COLUMN,                                                          \
                          MB_ARGUMENT(OTHER, "encoding", .optional = true, .read = read_encoding), \
                          MB_OPTION(OTHER, "errors", .read = mb_bind_read_missing),                \
                          MB_FIXED(decode)),                                                       \
                 MB_GIVES(MB_A_COLUMN))

// The only one that there is.
static void read_encoding(lua_State *L, const mb_call *call, int argument, int index,
                          mb_given *given)
{
    (void)given;
    if (lua_type(L, index) != LUA_TSTRING || strcmp(lua_tostring(L, index), "idna") != 0)
        mb_bind_refuse(L, call, argument, "'idna', the only encoding,", index);
}

static mb_status run_idna(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_idna(cx, in[0].column, in[3].value.i != 0, in[2].value.u == MB_UNREAD_MISSING,
                        &out->column);
}

const mb_operation mb_text_function_operations[] = {
    MB_ONE_OF("isalpha", run_is, MB_TEXT_ALPHA),
    MB_ONE_OF("isalnum", run_is, MB_TEXT_ALNUM),
    MB_ONE_OF("isdigit", run_is, MB_TEXT_DIGIT),
    MB_ONE_OF("isspace", run_is, MB_TEXT_SPACE),
    MB_ONE_OF("islower", run_is, MB_TEXT_LOWER),
    MB_ONE_OF("isupper", run_is, MB_TEXT_UPPER),
    MB_ONE_OF("istitle", run_is, MB_TEXT_TITLE),
    MB_ONE_OF("isascii", run_is, MB_TEXT_ASCII),
    MB_ONE_OF("isempty", run_is, MB_TEXT_EMPTY),
    MB_ONE_OF("lower", run_case, MB_TEXT_TO_LOWER),
    MB_ONE_OF("upper", run_case, MB_TEXT_TO_UPPER),
    MB_ONE_OF("title", run_case, MB_TEXT_TO_TITLE),
    MB_OPERATION("ulen", NULL, run_ulen, MB_TAKES(MB_TEXT_COLUMN), MB_GIVES(MB_A_COLUMN)),
    MB_STRIP("strip", MB_TEXT_BOTH),
    MB_STRIP("lstrip", MB_TEXT_LEFT),
    MB_STRIP("rstrip", MB_TEXT_RIGHT),
    MB_OPERATION("pad", NULL, run_pad,
                 MB_TAKES(MB_TEXT_COLUMN, MB_COUNT("width"),
                          MB_OPTION(OTHER, "side", .read = read_side), MB_OPTION(BYTES, "fill")),
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_pad),
    MB_OPERATION("repeat_text", NULL, run_repeat, MB_TAKES(MB_TEXT_COLUMN, MB_COUNT("n")),
                 MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("reverse_text", NULL, run_reverse, MB_TAKES(MB_TEXT_COLUMN),
                 MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("slice_text", NULL, run_slice,
                 MB_TAKES(MB_TEXT_COLUMN, MB_INTEGER("first"), MB_INTEGER("last", .optional = true),
                          MB_INTEGER("step", .optional = true, .unless_given = {.i = 1})),
                 MB_GIVES(MB_A_COLUMN), .prepare = prepare_slice),
    MB_CODING("encode", false),
    MB_CODING("decode", true),
    {0}};
