// `pairs` in one order on all ranks: Lua's own order depends on a seed of each process. Numbers,
// then strings, each ascending, then false and true, then columns by identity; other keys come
// last, in Lua's order.

#include <lualib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/world/world.h"

typedef enum key_class { NUMBERS, STRINGS, BOOLEANS, COLUMNS, OTHERS } key_class;

typedef struct key {
    key_class class;
    bool fractional; // a float that no integer equals: Lua makes integers of the others
    union {
        lua_Integer integer; // also: the position in Lua's order
        lua_Number number;
        const char *text; // alive: the key is kept
        uint64_t identity;
    } as;
    size_t length;
    int place; // where the key itself is kept
} key;

enum { MOST_USER_VALUES = 255, SHORT = 16 };

// Upvalue 1 of the iterator; upvalue 2 is the table traversed. The keys themselves are kept as user
// values, or when they are many in a table that is the only one.
typedef struct traversal {
    int count, at;
    bool many;
    key keys[];
} traversal;

// Keeps the value on top of the stack.
static void keep_key(lua_State *L, int all, bool many, int place)
{
    if (!many) {
        lua_setiuservalue(L, all, place);
        return;
    }
    lua_getiuservalue(L, all, 1);
    lua_insert(L, -2);
    lua_rawseti(L, -2, place);
    lua_pop(L, 1);
}

static void push_key(lua_State *L, int all, bool many, int place)
{
    lua_getiuservalue(L, all, many ? 1 : place);
    if (!many) return;
    lua_rawgeti(L, -1, place);
    lua_remove(L, -2);
}

static int order(bool below, bool above)
{
    return above - below;
}

static int compare_mixed(lua_Integer integer, lua_Number number)
{
    if (number >= 0x1p63) return -1;
    if (number < -0x1p63) return 1;
    return integer <= (lua_Integer)floor(number) ? -1 : 1;
}

static int compare_numbers(const key *a, const key *b)
{
    if (a->fractional && b->fractional)
        return order(a->as.number<b->as.number, a->as.number> b->as.number);
    if (a->fractional) return -compare_mixed(b->as.integer, a->as.number);
    if (b->fractional) return compare_mixed(a->as.integer, b->as.number);
    return order(a->as.integer<b->as.integer, a->as.integer> b->as.integer);
}

static int compare_strings(const key *a, const key *b)
{
    size_t common = a->length < b->length ? a->length : b->length;
    int sign = memcmp(a->as.text, b->as.text, common);
    return sign ? sign : order(a->length<b->length, a->length> b->length);
}

static int compare(const void *left, const void *right)
{
    const key *a = left, *b = right;
    if (a->class != b->class) return order(a->class<b->class, a->class> b->class);
    if (a->class == NUMBERS) return compare_numbers(a, b);
    if (a->class == STRINGS) return compare_strings(a, b);
    return order(a->as.identity<b->as.identity, a->as.identity> b->as.identity);
}

static void describe(lua_State *L, int index, key *k)
{
    mb_column *const *box;
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        k->class = NUMBERS;
        k->fractional = !lua_isinteger(L, index);
        if (k->fractional)
            k->as.number = lua_tonumber(L, index);
        else
            k->as.integer = lua_tointeger(L, index);
        return;
    case LUA_TSTRING:
        k->class = STRINGS;
        k->as.text = lua_tolstring(L, index, &k->length);
        return;
    case LUA_TBOOLEAN:
        k->class = BOOLEANS;
        k->as.identity = (uint64_t)lua_toboolean(L, index);
        return;
    default:
        box = mb_bind_is_column(L, index) ? lua_touserdata(L, index) : NULL;
        k->class = box && *box ? COLUMNS : OTHERS;
        k->as.identity = box && *box ? (*box)->identity : (uint64_t)k->place;
    }
}

// The number of keys, and whether they come as 1, 2, 3... in Lua's own order.
static lua_Integer count_keys(lua_State *L, bool *sequence)
{
    lua_Integer n = 0;
    *sequence = true;
    for (lua_pushnil(L); lua_next(L, 1); n++) {
        lua_pop(L, 1);
        if (*sequence) *sequence = lua_isinteger(L, -1) && lua_tointeger(L, -1) == n + 1;
    }
    return n;
}

// Keeps and describes the keys of table 1. A finaliser may have added some since they were counted:
// those are left out, as new keys may be.
static void collect_keys(lua_State *L, traversal *all, int room)
{
    int top = lua_gettop(L), n = 0;
    lua_pushnil(L);
    while (n < room && lua_next(L, 1)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        keep_key(L, top, all->many, n + 1);
        all->keys[n] = (key){.place = n + 1};
        describe(L, -1, &all->keys[n++]);
    }
    lua_settop(L, top);
    all->count = n;
}

static void sort_keys(key *keys, int n)
{
    if (n > SHORT) {
        qsort(keys, (size_t)n, sizeof(key), compare);
        return;
    }
    for (int i = 1; i < n; i++) {
        key k = keys[i];
        int at = i;
        for (; at > 0 && compare(&keys[at - 1], &k) > 0; at--)
            keys[at] = keys[at - 1];
        keys[at] = k;
    }
}

static bool is_key(lua_State *L, const traversal *all, int at)
{
    push_key(L, lua_upvalueindex(1), all->many, all->keys[at].place);
    bool same = lua_rawequal(L, 2, -1);
    lua_pop(L, 1);
    return same;
}

// Sets the place that follows a key: in a loop that is the last one given.
static void resume_after(lua_State *L, traversal *all)
{
    if (lua_isnil(L, 2)) {
        all->at = 0;
        return;
    }
    if (all->at > 0 && is_key(L, all, all->at - 1)) return;
    for (int i = 0; i < all->count; i++) {
        if (!is_key(L, all, i)) continue;
        all->at = i + 1;
        return;
    }
    mb_bind_error(L, "invalid key to 'next'");
}

static int visit_next(lua_State *L)
{
    traversal *all = lua_touserdata(L, lua_upvalueindex(1));
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (!lua_rawequal(L, 1, lua_upvalueindex(2)))
        return luaL_argerror(L, 1, "not the table that was given to 'pairs'");
    resume_after(L, all);
    while (all->at < all->count) {
        push_key(L, lua_upvalueindex(1), all->many, all->keys[all->at++].place);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) return 2;
        lua_pop(L, 2); // removed since
    }
    lua_pushnil(L);
    return 1;
}

// Upvalue 2 is Lua's `next`.
static void push_iterator(lua_State *L)
{
    bool sequence;
    lua_Integer n = count_keys(L, &sequence);
    if (sequence) {
        lua_pushvalue(L, lua_upvalueindex(2));
        return;
    }
    luaL_argcheck(L, n < INT32_MAX, 1, "too many keys");
    bool many = n > MOST_USER_VALUES;
    size_t size = sizeof(traversal) + (size_t)n * sizeof(key);
    traversal *all = lua_newuserdatauv(L, size, many ? 1 : (int)n);
    *all = (traversal){.many = many};
    if (many) {
        lua_createtable(L, (int)n, 0);
        lua_setiuservalue(L, -2, 1);
    }
    collect_keys(L, all, (int)n);
    sort_keys(all->keys, all->count);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, visit_next, 2);
}

static int after_metamethod(lua_State *L, int status, lua_KContext context)
{
    (void)L, (void)status, (void)context;
    return 3;
}

static int ordered_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, after_metamethod);
        return 3;
    }
    if (lua_type(L, 1) == LUA_TTABLE)
        push_iterator(L);
    else
        lua_pushvalue(L, lua_upvalueindex(2)); // raises at the first step
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

// What Lua's own functions would do with a column without a word: ipairs would run past its end,
// and math.max of one argument is that argument. Upvalue 1 is Lua's function, 2 what to write
// instead.
static int refuse_columns(lua_State *L)
{
    for (int i = 1; i <= lua_gettop(L); i++)
        if (mb_bind_is_column(L, i))
            return luaL_error(L, "%s", lua_tostring(L, lua_upvalueindex(2)));
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int list_pairs(lua_State *L)
{
    if (mb_bind_is_frame(L, 1))
        return luaL_error(L, "for row in frame:rows() do visits the rows of a frame, and "
                             "for name, column in pairs(frame) do its columns");
    return refuse_columns(L);
}

// The function of a name in the table on top, as a closure that refuses columns.
static void push_refusing(lua_State *L, const char *name, lua_CFunction f, const char *mend)
{
    lua_getfield(L, -1, name);
    lua_pushstring(L, mend);
    lua_pushcclosure(L, f, 2);
}

void mb_world_open_pairs(lua_State *L)
{
    mb_world_push(L);
    lua_getglobal(L, "next");
    lua_pushcclosure(L, ordered_pairs, 2);
    lua_setfield(L, -2, "pairs");
    lua_pushglobaltable(L);
    push_refusing(L, "ipairs", list_pairs,
                  "a column cannot be iterated; c:to_table() gives its rows as a table");
    lua_setfield(L, -3, "ipairs");
    lua_getfield(L, -1, LUA_MATHLIBNAME);
    push_refusing(L, "max", refuse_columns,
                  "math.max takes numbers; of a column it is c:max(), of two a:maximum(b)");
    lua_setfield(L, -2, "max");
    push_refusing(L, "min", refuse_columns,
                  "math.min takes numbers; of a column it is c:min(), of two a:minimum(b)");
    lua_setfield(L, -2, "min");
    lua_pop(L, 2);
}
