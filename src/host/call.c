// Functions of scripts, called by a host.

#include <lauxlib.h>
#include <stdio.h>

#include "bind/session/chunk.h"
#include "host/reference.h"
#include "host/variant.h"

typedef struct function_call {
    const char *name;
    const mb_variant *arguments;
    int narguments;
    mb_variant *results;
    int nresults;
} function_call;

static void push_arguments(lua_State *L, const function_call *call)
{
    char name[32];
    mb_signature signature;
    int first = lua_gettop(L) + 1;
    for (int i = 0; i < call->narguments; i++)
        mb_variant_push(L, &call->arguments[i]);
    mb_bind_signature(L, &signature, "mb_call_function");
    mb_bind_sign_string(&signature, "name", call->name);
    for (int i = 0; i < call->narguments; i++) {
        snprintf(name, sizeof name, "argument %d", i + 1);
        mb_variant_sign(L, &signature, first + i, name);
    }
    mb_variant_agree(L, &signature);
}

// Strings stay in a list, which is held.
static void take_results(lua_State *L, const function_call *call)
{
    int first = lua_gettop(L) - call->nresults + 1;
    lua_createtable(L, call->nresults, 0);
    for (int i = 0; i < call->nresults; i++) {
        if (lua_type(L, first + i) == LUA_TSTRING) {
            lua_pushvalue(L, first + i);
            lua_rawseti(L, -2, i + 1);
        }
    }
    mb_reference_hold(L);
    for (int i = call->nresults - 1; i >= 0; i--)
        call->results[i] = mb_variant_take(L);
}

// Columns can be called, which only says that they are not iterated.
static void check_function(lua_State *L, const char *name)
{
    if (lua_isfunction(L, -1)) return;
    if (lua_isnil(L, -1)) mb_bind_error(L, "mb_call_function: there is no '%s'", name);
    const bool is_column = mb_bind_to_column(L, -1) != NULL;
    if (is_column || luaL_getmetafield(L, -1, "__call") == LUA_TNIL)
        mb_bind_error(L, "mb_call_function: '%s' is not a function, but a %s", name,
                      is_column ? "column" : luaL_typename(L, -1));
    lua_pop(L, 1);
}

static int call_function(lua_State *L)
{
    const function_call *call = lua_touserdata(L, 1);
    if (!call->name) return mb_bind_error(L, "mb_call_function: a function without a name");
    if (call->narguments < 0 || call->nresults < 0)
        return mb_bind_error(L, "mb_call_function: a number of values below 0");
    if ((call->narguments > 0 && !call->arguments) || (call->nresults > 0 && !call->results))
        return mb_bind_error(L, "mb_call_function: the values are NULL");
    mb_bind_provide_module(L);
    luaL_checkstack(L, call->narguments + call->nresults + 8, "values of a host");
    mb_variable_push(L, call->name);
    check_function(L, call->name);
    push_arguments(L, call);
    lua_call(L, call->narguments, call->nresults);
    take_results(L, call);
    return 0;
}

int mb_call_function(mb_runtime *runtime, const char *name, const mb_variant *arguments,
                     int narguments, mb_variant *results, int nresults)
{
    function_call call = {name, arguments, narguments, results, nresults};
    for (int i = 0; i < nresults && results; i++)
        results[i] = (mb_variant){.kind = MB_IS_NIL};
    int status = mb_bind_run_call(runtime, "mb_call_function", call_function, &call);
    for (int i = 0; i < nresults && status && results; i++) {
        if (results[i].kind >= MB_IS_COLUMN) (void)mb_release(runtime, results[i].as.reference);
        results[i] = (mb_variant){.kind = MB_IS_NIL};
    }
    return status;
}
