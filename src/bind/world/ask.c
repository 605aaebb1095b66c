// One rank answers for all: it calls a function, and all get its results, or its error.

#include <string.h>

#include "bind/bind.h"
#include "bind/world/world.h"
#include "comm/collectives.h"
#include "comm/lockstep.h"
#include "core/hash.h"

enum { SMALL = sizeof((mb_payload *)NULL)->max }; // an answer that travels with the step

typedef struct asking {
    lua_State *L;
    mb_world *world;
    const mb_question *question;
    int arguments;
    int top;
    bool asked; // the function runs once, also when the sharing of its results is repeated
    mb_status status;
    mb_buffer **answer; // whether it went well, then the results or the error
    size_t size;
} asking;

// Error values that cannot travel become text.
static void simplify_error(lua_State *L)
{
    int type = lua_type(L, -1);
    if (type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TNIL || type == LUA_TBOOLEAN ||
        (type == LUA_TTABLE && !luaL_getmetafield(L, -1, "__tostring")))
        return;
    if (type == LUA_TTABLE) lua_pop(L, 1); // the metafield
    luaL_tolstring(L, -1, NULL);
    lua_replace(L, -2);
}

// Writes the values below the question, and gives them back.
static int write_answer(lua_State *L)
{
    asking *ask = lua_touserdata(L, -1);
    lua_pop(L, 1);
    ask->status = mb_world_serialize(L, 1, ask->answer, &ask->size);
    return lua_gettop(L);
}

// Calls the function at the bottom with the arguments above it; writes how that went: whether well,
// and the results or the error.
static int answer(lua_State *L)
{
    asking *ask = lua_touserdata(L, -1);
    lua_pop(L, 1);
    bool well = lua_pcall(L, ask->arguments, LUA_MULTRET, 0) == LUA_OK;
    if (!well) simplify_error(L);
    lua_pushboolean(L, well);
    lua_insert(L, 1);
    lua_pushlightuserdata(L, ask);
    return write_answer(L);
}

// The error on top of the stack.
static mb_status fail_with(mb_context *cx, const asking *ask)
{
    const char *message = lua_tostring(ask->L, -1);
    mb_status status = mb_fail(cx, MB_EINVALID, "%s", message ? message : "error without a text");
    lua_settop(ask->L, ask->top);
    return status;
}

// Rank 0 alone waits for the outside world here, inside the operation. How it went stays on the
// stack.
static mb_status run_here(mb_context *cx, asking *ask)
{
    enum { ROOM = 10 }; // above the results
    lua_State *L = ask->L;
    lua_pushcfunction(L, answer);
    for (int i = ask->top - ask->arguments - 1; i < ask->top; i++)
        lua_pushvalue(L, i);
    lua_pushlightuserdata(L, ask);
    if (ask->question->alone) mb_world_enter_alone(ask->world);
    int failed = lua_pcall(L, ask->arguments + 2, LUA_MULTRET, 0);
    if (ask->question->alone) mb_world_leave_alone(ask->world);
    if (failed) return fail_with(cx, ask);
    if (lua_checkstack(L, ROOM)) return ask->status;
    lua_settop(L, ask->top);
    return mb_fail(cx, MB_EINVALID, "too many results");
}

// Once more, when memory had run out.
static mb_status write_here(mb_context *cx, asking *ask)
{
    lua_State *L = ask->L;
    lua_pushcfunction(L, write_answer);
    lua_insert(L, ask->top + 1);
    lua_pushlightuserdata(L, ask);
    int failed = lua_pcall(L, lua_gettop(L) - ask->top - 1, LUA_MULTRET, 0);
    return failed ? fail_with(cx, ask) : ask->status;
}

static mb_status share(mb_context *cx, void *argument)
{
    asking *ask = argument;
    int root = ask->question->rank;
    bool here = mb_rank(cx) == root;
    mb_payload news = {0};
    if (here && !ask->asked) {
        ask->asked = true;
        ask->status = run_here(cx, ask);
    } else if (here && ask->status == MB_EMEMORY) {
        ask->status = write_here(cx, ask);
    }
    mb_status status = ask->status;
    if (here && !status) {
        news.count = ask->size;
        if (ask->size <= SMALL) memcpy(news.max, (*ask->answer)->data, ask->size);
    }
    MB_TRY(mb_step_patient(cx, root, status, &news));
    ask->size = news.count;
    // The answer may have its buffer from a first attempt, which failed for want of memory
    // elsewhere.
    if (!here && !*ask->answer) status = mb_buffer_new(cx, ask->size, ask->answer);
    if (ask->size <= SMALL && !here && !status) memcpy((*ask->answer)->data, news.max, ask->size);
    MB_TRY(mb_conclude(cx, status, NULL));
    if (ask->size > SMALL) mb_broadcast(cx, root, (*ask->answer)->data, ask->size);
done:
    return status;
}

static void sign_argument(lua_State *L, mb_signature *signature, int index)
{
    size_t size;
    const char *text = luaL_typename(L, index);
    uint64_t word = 0;
    if (lua_type(L, index) == LUA_TSTRING || lua_isnumber(L, index)) {
        lua_pushvalue(L, index); // lua_tolstring changes a number in place
        text = lua_tolstring(L, -1, &size);
        word = mb_hash_bytes(1, text, size);
        mb_signature_add(signature, word, "'%.80s'", text);
        lua_pop(L, 1);
        return;
    }
    if (lua_isboolean(L, index)) text = lua_toboolean(L, index) ? "true" : "false";
    mb_signature_add(signature, mb_hash_bytes(2, text, strlen(text)), "%s", text);
}

int mb_world_ask(lua_State *L, mb_world *world, const mb_question *question, int arguments)
{
    int top = lua_gettop(L), bottom = top - arguments;
    mb_signature signature;
    luaL_checkstack(L, arguments + 10, "too many arguments");
    mb_bind_signature(L, &signature, question->name);
    for (int i = bottom + 1; i <= top; i++)
        sign_argument(L, &signature, i);
    asking ask = {.L = L, .world = world, .question = question, .arguments = arguments};
    ask.answer = mb_bind_new_buffer(L);
    ask.top = top + 1;
    mb_bind_operate(L, &signature, share, &ask);
    lua_settop(L, ask.top);
    int n = mb_world_deserialize(L, (*ask.answer)->data, ask.size) - 1;
    bool well = lua_toboolean(L, top + 2);
    lua_rotate(L, bottom, n);
    lua_settop(L, bottom + n - 1);
    if (well) return n;
    return question->own ? mb_world_raise_as_own(L) : lua_error(L);
}

int mb_world_answer(lua_State *L, mb_world *world, const char *name)
{
    if (world->alone) return mb_world_relay(L, world);
    mb_question question = {.name = name, .own = true};
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_insert(L, 1);
    return mb_world_ask(L, world, &question, lua_gettop(L) - 1);
}

static int answered(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    bool asks = lua_isnoneornil(L, 1) || !lua_toboolean(L, lua_upvalueindex(4));
    if (!asks) return mb_world_relay(L, world);
    return mb_world_answer(L, world, lua_tostring(L, lua_upvalueindex(3)));
}

// core.answered(name, f [, bare]): f, a function of Lua's libraries, answered by rank 0 for all;
// with `bare` only when it is called without an argument.
static int make_answered(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 3);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 1);
    lua_pushboolean(L, lua_toboolean(L, 3));
    lua_pushcclosure(L, answered, 4);
    return 1;
}

// core.ask(name, f, ...): f(...) called by rank 0, its results or its error on all. While one rank
// is alone, it is answered there. Collective.
static int ask_rank_0(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    mb_question question = {.name = luaL_checkstring(L, 1), .alone = true};
    luaL_checkany(L, 2);
    if (world->alone) {
        lua_call(L, lua_gettop(L) - 2, LUA_MULTRET);
        return lua_gettop(L) - 1;
    }
    return mb_world_ask(L, world, &question, lua_gettop(L) - 2);
}

// core.on_rank(r, f, ...). Collective.
static int on_rank(lua_State *L)
{
    mb_world *world = mb_world_here(L);
    lua_Integer rank = luaL_checkinteger(L, 1);
    int nranks = mb_nranks(world->cx), top = lua_gettop(L);
    if (rank < 0 || rank >= nranks)
        luaL_argerror(L, 1, lua_pushfstring(L, "no rank %I: ranks are 0 to %d", rank, nranks - 1));
    if (!lua_isfunction(L, 2) && luaL_getmetafield(L, 2, "__call") == LUA_TNIL)
        return luaL_typeerror(L, 2, "function");
    lua_settop(L, top);
    if (world->alone) return luaL_error(L, "mb.on_rank cannot begin inside mb.on_rank");
    char name[48];
    snprintf(name, sizeof name, "mb.on_rank(%d)", (int)rank);
    mb_question question = {.name = name, .rank = (int)rank, .alone = true};
    fflush(stdout);
    return mb_world_ask(L, world, &question, lua_gettop(L) - 2);
}

static mb_status nothing(mb_context *cx, void *unused)
{
    (void)unused;
    return mb_conclude(cx, MB_OK, NULL);
}

// core.meet(name, ...): an operation without work, whose arguments must be alike. Collective.
static int meet(lua_State *L)
{
    mb_signature signature;
    mb_bind_signature(L, &signature, luaL_checkstring(L, 1));
    for (int i = 2; i <= lua_gettop(L); i++)
        sign_argument(L, &signature, i);
    mb_bind_operate(L, &signature, nothing, NULL);
    return 0;
}

static int is_alone(lua_State *L)
{
    lua_pushboolean(L, mb_world_here(L)->alone);
    return 1;
}

static const luaL_Reg functions[] = {
    {"answered", make_answered}, {"ask", ask_rank_0}, {"on_rank", on_rank}, {"meet", meet},
    {"alone", is_alone},         {NULL, NULL},
};

void mb_world_open_ask(lua_State *L)
{
    mb_world_push(L);
    luaL_setfuncs(L, functions, 1);
}
