// Columns of flags in scripts.

#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "expr/expression.h"
#include "ops/text/convert.h"
#include "types/flags.h"

// --- Types by their names: the same list gives the same type.

static const char types_key; // of the table in the registry: types by their names

// What keeps a type.
static int release_type(lua_State *L)
{
    const mb_type **kept = lua_touserdata(L, 1);
    mb_type_release(*kept);
    *kept = NULL;
    return 0;
}

static void push_types(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &types_key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &types_key);
}

static const mb_type *make_type(lua_State *L, const char *const *names, int n)
{
    const mb_type *type = NULL, **kept = lua_newuserdatauv(L, sizeof *kept, 0);
    *kept = NULL;
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, release_type);
    lua_setfield(L, -2, "__gc");
    mb_status status = mb_flags_type_of(mb_bind_context(L), names, n, &type);
    if (status) mb_bind_raise(L, status);
    *kept = type;
    lua_setmetatable(L, -2);
    return type;
}

static const mb_type *type_of(lua_State *L, const char *const *names, int n)
{
    luaL_Buffer key;
    luaL_buffinit(L, &key);
    for (int i = 0; i < n; i++) {
        luaL_addstring(&key, names[i]);
        luaL_addchar(&key, '|');
    }
    luaL_pushresult(&key);
    int at = lua_gettop(L);
    push_types(L);
    lua_pushvalue(L, at);
    if (lua_rawget(L, -2) == LUA_TUSERDATA) return *(const mb_type **)lua_touserdata(L, -1);
    lua_pop(L, 1);
    const mb_type *type = make_type(L, names, n);
    lua_pushvalue(L, at);
    lua_insert(L, -2);
    lua_rawset(L, -3);
    return type;
}

static bool is_standard(const char *const *names, int n)
{
    const char *const *standard;
    bool same = mb_flags_names(&mb_type_flags, &standard) == n;
    for (int i = 0; i < n && same; i++)
        same = strcmp(names[i], standard[i]) == 0;
    return same;
}

// A string of letters, or a list of names.
static void read_names(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    size_t length = 0;
    bool list = lua_istable(L, index);
    if (!list && lua_type(L, index) != LUA_TSTRING)
        mb_bind_refuse(L, call, argument, "string of letters, or list of names", index);
    const char *letters = list ? NULL : lua_tolstring(L, index, &length);
    lua_Integer n = list ? luaL_len(L, index) : (lua_Integer)length;
    if (n < 1 || n > MB_MOST_FLAGS)
        mb_bind_error(L, "flags have 1 to %d names, not %I", MB_MOST_FLAGS, n);
    const char **names = mb_bind_scratch(L, (size_t)n * sizeof *names);
    luaL_checkstack(L, MB_MOST_FLAGS + LUA_MINSTACK, "flags");
    for (lua_Integer i = 0; i < n; i++) {
        if (list)
            lua_geti(L, index, i + 1);
        else
            lua_pushlstring(L, letters + i, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            mb_bind_error(L, "flags: name %I is a %s, not a string", i + 1, luaL_typename(L, -1));
        names[i] = lua_tostring(L, -1);
        given->value.u = mb_hash_bytes(given->value.u, names[i], strlen(names[i]) + 1);
    }
    given->type = is_standard(names, (int)n) ? &mb_type_flags : type_of(L, names, (int)n);
}

static mb_status run_flags(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_column *column = in[0].column, *words = NULL;
    const mb_type *type = in[1].given ? in[1].type : &mb_type_flags;
    mb_status status;
    if (column->type->script == MB_SCRIPT_STRING)
        return mb_text_parse(cx, column, type, MB_UNREAD_FAILS, (mb_value){0}, &out->column);
    status = mb_expression_cast(cx, column, &mb_type_uint, false, NULL, &words);
    if (!status) status = mb_expression_cast(cx, words, type, false, NULL, &out->column);
    mb_column_release(words);
    return mb_step(cx, status, NULL);
}

static void check_column(lua_State *L, mb_call *call)
{
    const mb_type *type = call->in[0].column->type;
    if (mb_type_is_flags(type) || type->script == MB_SCRIPT_STRING) return;
    if (!mb_type_is_plain(type) || !mb_kind_is_integer(type->kind))
        mb_bind_refuse(L, call, 0, "int, uint or text column", 1);
}

// --- Tests.

// Names as the column's type reads them, or a number.
static void read_mask(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    mb_kind kind;
    const mb_type *type = call->in[0].column->type;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
    if (text && !type->parse(type, text, &given->value)) {
        char all[MB_TEXT_SIZE];
        type->format(type, (mb_value){.u = UINT64_MAX}, all, sizeof all);
        all[strcspn(all, "+")] = '\0';
        mb_bind_error(L, "%s: '%s' names no flags of the column, which has %s", call->name, text,
                      all);
    }
    if (text) return;
    if (!mb_bind_read_number(L, index, &kind, &given->value) || kind == MB_FLOAT)
        mb_bind_refuse(L, call, argument, "names of flags, or an integer", index);
}

static mb_status run_test(mb_context *cx, const mb_given *in, mb_made *out)
{
    const bool any = in[2].value.b;
    const mb_value mask = in[1].value, with = {.u = any ? 0 : mask.u};
    mb_column *words = NULL, *common = NULL;
    mb_status status;
    MB_TRY(mb_expression_cast(cx, in[0].column, &mb_type_uint, false, NULL, &words));
    MB_TRY(mb_expression_apply_scalar(cx, MB_AND, words, &mb_type_uint, mask, &common));
    status = mb_expression_apply_scalar(cx, any ? MB_NE : MB_EQ, common, &mb_type_uint, with,
                                        &out->column);
done:
    mb_column_release(words);
    mb_column_release(common);
    return status;
}

#define TEST(text, any)                                                                            \
    MB_OPERATION(text, NULL, run_test,                                                             \
                 MB_TAKES(MB_COLUMN("column", .type = &mb_type_flags),                             \
                          MB_OTHER("flags", read_mask), MB_FIXED(any)),                            \
                 MB_GIVES(MB_A_COLUMN), .local = true)

// core.flags(column [, names]): words, or texts of flags, as flags. The tests are pending.
const mb_operation mb_flags_operations[] = {
    MB_OPERATION(
        "flags", "flags", run_flags,
        MB_TAKES(MB_COLUMN("column"),
                 {.kind = MB_TAKES_OTHER, .read = read_names, .name = "names", .optional = true}),
        MB_GIVES(MB_A_COLUMN), .prepare = check_column, .moves = true),
    TEST("has", 0),
    TEST("all_of", 0),
    TEST("any_of", 1),
    {0}};
