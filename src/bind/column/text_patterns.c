// Functions of text by patterns and separators, and strings put together.

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "expr/evaluate.h"
#include "ops/text/join.h"
#include "ops/text/match.h"
#include "ops/text/split.h"

// Rows of mb_text_pattern_operations that `..` runs.
enum { JOIN, SURROUND };

enum { MOST_COLUMNS = 1000 }; // that a row is split into

static mb_string string_of(const mb_given *given)
{
    return (mb_string){given->text, (size_t)given->n};
}

// Puts the columns of the list on top of the stack there, as so many results.
static int push_list(lua_State *L, const mb_call *call)
{
    int list = lua_gettop(L);
    int64_t n = call->out[0].n;
    luaL_checkstack(L, (int)n, call->name);
    for (int64_t i = 1; i <= n; i++)
        lua_rawgeti(L, list, i);
    return (int)n;
}

// --- Regular expressions.

#define MB_MATCHES(text, place)                                                                    \
    MB_OPERATION(text, NULL, run_matches,                                                          \
                 MB_TAKES(MB_TEXT_COLUMN, MB_ARGUMENT(BYTES, "pattern"), MB_FIXED(place)),         \
                 MB_GIVES(MB_A_COLUMN))

static mb_status run_matches(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_matches(cx, in[0].column, string_of(&in[1]), (mb_regex_place)in[2].value.i,
                           &out->column);
}

static mb_status run_replace(mb_context *cx, const mb_given *in, mb_made *out)
{
    int64_t n = in[4].given ? in[4].value.i : MB_TEXT_ALL;
    return mb_text_replace(cx, in[0].column, string_of(&in[1]), in[3].value.b, string_of(&in[2]), n,
                           &out->column);
}

// As many results as the pattern has groups.
static void prepare_extract(lua_State *L, mb_call *call)
{
    mb_context *cx = mb_bind_context(L);
    mb_regex *regex;
    mb_status status = mb_regex_open(cx, string_of(&call->in[1]), MB_REGEX_SEARCH, &regex);
    if (status) mb_bind_error(L, "%s: %s", call->name, cx->message);
    call->in[2].n = mb_regex_groups(regex);
    mb_regex_close(regex);
    if (!call->in[2].n)
        mb_bind_error(L, "extract: the pattern has no groups; put ( ) around what it shall give");
}

static mb_status run_extract(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_extract(cx, in[0].column, string_of(&in[1]), in[2].n, out->columns);
}

static mb_status run_find_all(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_find_all(cx, in[0].column, string_of(&in[1]), &out[0].column, &out[1].column);
}

// --- Separators.

static void refuse_empty(lua_State *L, const mb_call *call)
{
    if (call->in[1].given && !call->in[1].n)
        mb_bind_error(L, "%s: the separator is empty", call->name);
}

static void prepare_split(lua_State *L, mb_call *call)
{
    const mb_given *columns = &call->in[3];
    if (!call->in[4].value.b) refuse_empty(L, call);
    if (call->in[4].value.b && !call->in[1].given)
        mb_bind_error(L, "split: {regex = true} needs a pattern");
    if (columns->given && columns->value.i > MOST_COLUMNS)
        mb_bind_error(L, "bad option 'columns' of 'split' (%d is the most, got %I)", MOST_COLUMNS,
                      (lua_Integer)columns->value.i);
    call->in[5].n = columns->given ? columns->value.i : 2;
}

static mb_status run_split(mb_context *cx, const mb_given *in, mb_made *out)
{
    int64_t ncolumns = in[3].given ? in[3].value.i : 0;
    mb_text_splitting how = {.is_regex = in[4].value.b, .n = ncolumns ? ncolumns - 1 : MB_TEXT_ALL};
    if (in[1].given) how.separator = string_of(&in[1]);
    if (in[2].given) how.n = in[2].value.i;
    return mb_text_split(cx, in[0].column, &how, ncolumns, out->columns);
}

static void prepare_partition(lua_State *L, mb_call *call)
{
    refuse_empty(L, call);
}

static mb_status run_partition(mb_context *cx, const mb_given *in, mb_made *out)
{
    int64_t n = in[2].given ? in[2].value.i : 1;
    return mb_text_partition(cx, in[0].column, string_of(&in[1]), n, in[3].value.b, &out[0].column,
                             &out[1].column);
}

// --- Strings put together.

static void prepare_join(lua_State *L, mb_call *call)
{
    for (int64_t i = 0; i < call->in[0].n; i++) {
        const mb_type *type = call->in[0].columns[i]->type;
        if (type->script != MB_SCRIPT_STRING)
            mb_bind_error(L, "%s: column %I is %s %s column; cast it by :as(\"text\")", call->name,
                          (lua_Integer)i + 1, mb_type_article(type), type->name);
    }
}

static mb_status run_join(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_join(cx, in[0].columns, (int)in[0].n, string_of(&in[1]), &out->column);
}

static mb_status run_surround(mb_context *cx, const mb_given *in, mb_made *out)
{
    return mb_text_surround(cx, in[0].column, string_of(&in[1]), string_of(&in[2]), &out->column);
}

// An operand of `..`: text, or a string or number beside it.
static void check_operand(lua_State *L, int index)
{
    if (mb_bind_is_column(L, index)) {
        const mb_type *type = mb_bind_check_column(L, index)->type;
        if (type->script != MB_SCRIPT_STRING)
            mb_bind_error(L, ".. joins text, not %s %s column; cast it by :as(\"text\")",
                          mb_type_article(type), type->name);
    } else if (lua_type(L, index) != LUA_TSTRING && lua_type(L, index) != LUA_TNUMBER) {
        const char *what = mb_bind_is_null(L, index) ? "mb.null" : luaL_typename(L, index);
        mb_bind_error(L, ".. joins text columns, strings and numbers, not %s%s%s",
                      mb_bind_is_null(L, index) ? "" : "a ", what,
                      mb_bind_is_null(L, index) ? "; c:fill(s) gives missing rows a string" : "");
    }
}

int mb_bind_concat(lua_State *L)
{
    bool first = mb_bind_is_column(L, 1), second = mb_bind_is_column(L, 2);
    lua_settop(L, 2);
    check_operand(L, 1);
    check_operand(L, 2);
    if (first && second) {
        lua_createtable(L, 2, 0);
        lua_insert(L, 1);
        lua_rawseti(L, 1, 2);
        lua_rawseti(L, 1, 1);
        lua_pushliteral(L, "");
        return mb_bind_run(L, &mb_text_pattern_operations[JOIN]);
    }
    if (second) lua_insert(L, 1);
    lua_tostring(L, 2); // a number becomes a string
    lua_pushliteral(L, "");
    if (first) lua_insert(L, 2);
    return mb_bind_run(L, &mb_text_pattern_operations[SURROUND]);
}

// core.join_text(columns, separator): the strings of each row, with a separator between them; a
// separator of none is `..`. core.surround_text(text, before, after): each string between two.
const mb_operation mb_text_pattern_operations[] = {
    [JOIN] = MB_OPERATION(
        "join_text", "join_text", run_join,
        MB_TAKES(MB_COLUMNS("columns", .item = "column", .as_long = 1, .most = MB_MOST_ROOTS),
                 MB_ARGUMENT(BYTES, "separator")),
        MB_GIVES(MB_A_COLUMN), .prepare = prepare_join, .moves = true),
    [SURROUND] = MB_OPERATION(
        "..", "surround_text", run_surround,
        MB_TAKES(MB_TEXT_COLUMN, MB_ARGUMENT(BYTES, "before"), MB_ARGUMENT(BYTES, "after")),
        MB_GIVES(MB_A_COLUMN)),
    MB_MATCHES("search", MB_REGEX_SEARCH),
    MB_MATCHES("match", MB_REGEX_MATCH),
    MB_MATCHES("fullmatch", MB_REGEX_FULLMATCH),
    MB_OPERATION("replace", NULL, run_replace,
                 MB_TAKES(MB_TEXT_COLUMN, MB_ARGUMENT(BYTES, "pattern"),
                          MB_ARGUMENT(BYTES, "replacement"), MB_OPTION(FLAG, "regex"),
                          MB_OPTION(INTEGER, "n")),
                 MB_GIVES(MB_A_COLUMN)),
    MB_OPERATION("extract", NULL, run_extract,
                 MB_TAKES(MB_TEXT_COLUMN, MB_ARGUMENT(BYTES, "pattern"), MB_FIXED(0)),
                 MB_GIVES(MB_SOME_COLUMNS(3)), .prepare = prepare_extract, .push = push_list),
    MB_OPERATION("find_all", NULL, run_find_all,
                 MB_TAKES(MB_TEXT_COLUMN, MB_ARGUMENT(BYTES, "pattern")),
                 MB_GIVES(MB_A_COLUMN, MB_A_COLUMN)),
    MB_OPERATION("split", NULL, run_split,
                 MB_TAKES(MB_TEXT_COLUMN, MB_ARGUMENT(BYTES, "separator", .optional = true),
                          MB_OPTION(INTEGER, "n"), MB_OPTION(INTEGER, "columns", .least = 1),
                          MB_OPTION(FLAG, "regex"), MB_FIXED(0)),
                 MB_GIVES(MB_SOME_COLUMNS(6)), .prepare = prepare_split, .push = push_list),
    MB_OPERATION("partition", NULL, run_partition,
                 MB_TAKES(MB_TEXT_COLUMN, MB_ARGUMENT(BYTES, "separator"),
                          MB_OPTION(INTEGER, "n", .least = 1), MB_OPTION(FLAG, "right")),
                 MB_GIVES(MB_A_COLUMN, MB_A_COLUMN), .prepare = prepare_partition),
    {0}};
