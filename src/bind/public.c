// What surrounds each function and method that a script may call. Surplus arguments raise, a method
// that is called without its object says so, and what a function of moonbear's own Lua files raises
// names the script's line and the user's argument, never a line of these files.

#include <stdio.h>
#include <string.h>

#include "bind/bind.h"

typedef struct entry {
    const char *name;
    const char *self;   // "column", "frame", "grouping": whose method it is; NULL for functions
    lua_CFunction call; // NULL when the function is Lua's
    int most;           // arguments, with the object of a method
    int before;         // arguments that a Lua function counts and its caller does not
} entry;

// Upvalues of the closures: what a C function has for its own, the entry, the Lua function; then
// the strings that the entry of a Lua function points to.
enum { OWN = 1, ENTRY, FUNCTION, NAME, SELF };

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

// A column is told by being a userdata: the function itself looks closer.
static bool is_self(lua_State *L, const char *self)
{
    if (strcmp(self, "column") == 0) return lua_type(L, 1) == LUA_TUSERDATA;
    if (lua_type(L, 1) != LUA_TTABLE || luaL_getmetafield(L, 1, "__name") == LUA_TNIL) return false;
    const char *name = lua_tostring(L, -1), prefix[] = "moonbear.";
    bool is = name && starts_with(name, prefix) && strcmp(name + strlen(prefix), self) == 0;
    lua_pop(L, 1);
    return is;
}

static int raise_surplus(lua_State *L, const entry *called, int given)
{
    int hidden = called->self ? 1 : 0, most = called->most - hidden;
    bool names = most > 0 && lua_type(L, called->most) == LUA_TSTRING &&
                 lua_type(L, called->most + 1) == LUA_TSTRING;
    const char *list =
        names ? lua_pushfstring(L, "; write several names as a list, {\"%s\", \"%s\"}",
                                lua_tostring(L, called->most), lua_tostring(L, called->most + 1))
              : "";
    if (most == 0)
        return mb_bind_error(L, "'%s' takes no arguments, got %d", called->name, given - hidden);
    return mb_bind_error(L, "'%s' takes at most %d argument%s, got %d%s", called->name, most,
                         mb_plural(most), given - hidden, list);
}

// Surplus arguments that are nil are dropped.
static void check_call(lua_State *L, const entry *called)
{
    int given = lua_gettop(L);
    if (called->self && !is_self(L, called->self))
        mb_bind_error(L, "'%s' is a method: call it with a colon, %s:%s(%s)", called->name,
                      called->self, called->name, called->most > 1 ? "..." : "");
    if (given <= called->most) return;
    while (given > called->most && lua_isnil(L, given))
        given--;
    if (given > called->most) raise_surplus(L, called, given);
    lua_settop(L, given);
}

static int call_c(lua_State *L)
{
    const entry *called = lua_touserdata(L, lua_upvalueindex(ENTRY));
    check_call(L, called);
    return called->call(L);
}

// The words of a message behind a place in one of moonbear's own files, or of one of Lua's that has
// no place, from a C function of the libraries; NULL for others, which have the script's line.
static const char *words_of_own(const char *message)
{
    int line, length = 0;
    if (starts_with(message, "attempt to ") || starts_with(message, "bad argument #"))
        return message;
    if (!starts_with(message, "[moonbear")) return NULL;
    const char *end = strstr(message, "]:");
    if (!end || sscanf(end, "]:%d: %n", &line, &length) != 1 || length == 0) return NULL;
    return end + length;
}

static bool mentions(const char *words, const char *name)
{
    return starts_with(words, name) || (*words == '\'' && mentions(words + 1, name)) ||
           strcmp(words, "interrupted") == 0;
}

// "name: reason", of a reason in parentheses.
static void push_reason(lua_State *L, const char *name, const char *reason)
{
    size_t length = strlen(reason);
    bool enclosed = length > 1 && *reason == '(' && reason[length - 1] == ')';
    lua_pushfstring(L, "%s: ", name);
    lua_pushlstring(L, reason + enclosed, length - 2 * enclosed);
    lua_concat(L, 2);
}

// The error on top in the words of the function that the script called.
static void retell(lua_State *L, const entry *called)
{
    char site[MB_WHERE_SIZE], wrong[64];
    int number, reason = 0;
    const char *words = lua_type(L, -1) == LUA_TSTRING ? words_of_own(lua_tostring(L, -1)) : NULL;
    if (!words) return;
    mb_bind_site(L, site, sizeof site);
    lua_pushfstring(L, "%s%s", site, *site ? ": " : "");
    bool argument =
        sscanf(words, "bad argument #%d to '%63[^']' %n", &number, wrong, &reason) == 2 &&
        reason > 0;
    bool own = argument && (strcmp(wrong, called->name) == 0) && number > called->before;
    if (own)
        lua_pushfstring(L, "bad argument #%d to '%s' %s", number - called->before, called->name,
                        words + reason);
    else if (argument)
        push_reason(L, called->name, words + reason);
    else if (mentions(words, called->name))
        lua_pushstring(L, words);
    else
        lua_pushfstring(L, "%s: %s", called->name, words);
    lua_concat(L, 2);
}

static int finish(lua_State *L, int status, lua_KContext unused)
{
    (void)unused;
    if (status == LUA_OK || status == LUA_YIELD) return lua_gettop(L);
    retell(L, lua_touserdata(L, lua_upvalueindex(ENTRY)));
    return lua_error(L);
}

static int call_lua(lua_State *L)
{
    check_call(L, lua_touserdata(L, lua_upvalueindex(ENTRY)));
    lua_pushvalue(L, lua_upvalueindex(FUNCTION));
    lua_insert(L, 1);
    return finish(L, lua_pcallk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, 0, finish), 0);
}

void mb_bind_push_public(lua_State *L, const mb_public *function, const char *self)
{
    entry *made = lua_newuserdatauv(L, sizeof *made, 0);
    *made = (entry){
        .name = function->name, .self = self, .call = function->call, .most = function->most};
    lua_pushcclosure(L, call_c, ENTRY);
}

void mb_bind_set_methods(lua_State *L, const mb_public *methods)
{
    for (; methods->name; methods++) {
        lua_pushnil(L);
        mb_bind_push_public(L, methods, "column");
        lua_setfield(L, -2, methods->name);
    }
}

// Pushes a function of moonbear.core, of those that moonbear.names sets.
static void push_core(lua_State *L, const char *name)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (lua_getfield(L, -1, "moonbear.core") == LUA_TTABLE)
        lua_getfield(L, -1, name);
    else
        lua_pushnil(L); // it is not open yet
    lua_replace(L, -3);
    lua_pop(L, 1);
}

const char *mb_bind_push_mend(lua_State *L, const char *kind, const char *name,
                              const char *const *known)
{
    push_core(L, "mend");
    lua_pushstring(L, kind);
    lua_pushstring(L, name);
    lua_newtable(L);
    for (int i = 0; known[i]; i++) {
        lua_pushstring(L, known[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_call(L, 3, 1);
    return lua_tostring(L, -1);
}

// Without moonbear's Lua files, and where these fail, the message stays.
void mb_bind_mend_message(lua_State *L, int index)
{
    int top = lua_gettop(L);
    push_core(L, "mended");
    lua_pushvalue(L, index);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING) lua_replace(L, index);
    lua_settop(L, top);
}

int mb_bind_no_method(lua_State *L, const char *name)
{
    push_core(L, "no_method");
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
    return 0;
}

// core.public(f, name, most [, self [, before]]): the function of moonbear's own Lua files as a
// script may call it: with at most so many arguments. `self` says whose method it is; `before` is
// how many arguments its messages count that the caller does not: its object. Not collective.
static int make_public(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 5);
    entry made = {.name = luaL_checkstring(L, 2),
                  .most = (int)luaL_checkinteger(L, 3),
                  .self = luaL_optstring(L, 4, NULL),
                  .before = (int)luaL_optinteger(L, 5, 0)};
    lua_pushnil(L);
    entry *kept = lua_newuserdatauv(L, sizeof *kept, 0);
    *kept = made;
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 4);
    lua_pushcclosure(L, call_lua, SELF);
    return 1;
}

void mb_bind_open_public(lua_State *L)
{
    lua_pushcfunction(L, make_public);
    lua_setfield(L, -2, "public");
}
