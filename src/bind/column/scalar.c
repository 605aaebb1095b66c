// Scalars: the numbers and booleans that a script writes beside columns, and mb.uint.

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "expr/expression.h"
#include "expr/scalar.h"
#include "types/ip.h"
#include "types/time.h"

static const char uint_name[] = "moonbear.uint";

bool mb_bind_read_number(lua_State *L, int index, mb_kind *type, mb_value *value)
{
    value->bits = 0;
    if (lua_isinteger(L, index)) {
        value->i = lua_tointeger(L, index);
        *type = MB_INT;
        return true;
    }
    if (lua_type(L, index) == LUA_TNUMBER) {
        value->f = lua_tonumber(L, index);
        *type = MB_FLOAT;
        return true;
    }
    const uint64_t *box = luaL_testudata(L, index, uint_name);
    if (box) value->u = *box;
    *type = MB_UINT;
    return box != NULL;
}

// The type of columns of one entry, like `model`, by a dictionary. A column that has it stays on
// the stack.
static const mb_type *push_dictionary(lua_State *L, const mb_type *model, mb_string entry)
{
    const mb_value zeros[2] = {{0}, {0}};
    mb_context *cx = mb_bind_context(L);
    mb_dictionary *dictionary = NULL;
    mb_column **box = mb_bind_new_column(L);
    mb_status status = mb_dictionary_new(cx, model, &entry, 1, &dictionary);
    if (!status) status = mb_expression_leaf(cx, MB_CONSTANT, &dictionary->type, 1, zeros, 0, box);
    mb_dictionary_release(dictionary);
    if (status) mb_bind_raise(L, status);
    return (*box)->type;
}

// A string as text: by the dictionary of `like`, or one of its own, whose holder stays on the
// stack.
static const mb_type *read_string(lua_State *L, int index, const mb_type *like, mb_value *value)
{
    bool found;
    mb_string string;
    const mb_dictionary *dictionary = mb_dictionary_of(like);
    string.bytes = lua_tolstring(L, index, &string.length);
    if (dictionary && !dictionary->spread) {
        value->i = mb_dictionary_find(dictionary, string, &found);
        if (found) return like;
    }
    value->i = 0;
    return push_dictionary(L, &mb_type_text, string);
}

// The same of an address; NULL for strings that are none.
static const mb_type *read_address(lua_State *L, int index, const mb_type *like, mb_value *value)
{
    mb_string string;
    mb_address address;
    string.bytes = lua_tolstring(L, index, &string.length);
    if (!mb_address_parse(string, &address)) return NULL;
    if (mb_ip_value(like, &address, value)) return like;
    value->i = 0;
    return push_dictionary(L, &mb_type_ip, mb_address_string(&address));
}

const mb_type *mb_bind_read_value(lua_State *L, int index, const mb_type *like, mb_value *value)
{
    mb_kind kind;
    if (mb_bind_read_number(L, index, &kind, value)) return mb_type_of(kind);
    if (lua_isboolean(L, index)) {
        value->b = lua_toboolean(L, index);
        return &mb_type_bool;
    }
    const mb_type *moment = mb_bind_read_moment(L, index, like ? like->units : NULL, value);
    if (moment) return moment;
    if (lua_type(L, index) != LUA_TSTRING || !like) return NULL;
    if (like->script == MB_SCRIPT_STRING) return read_string(L, index, like, value);
    if (mb_type_is_ip(like)) return read_address(L, index, like, value);
    return !mb_type_is_plain(like) && !like->units && like->parse &&
                   like->parse(like, lua_tostring(L, index), value)
               ? like
               : NULL;
}

// A text that is no value of a type; a duration beside times may be meant to be one, or a time
// beside durations.
static void refuse_text(lua_State *L, int index, const mb_type *type)
{
    const mb_units *other = type->units == &mb_times ? &mb_durations : &mb_times;
    const char *text = lua_tostring(L, index);
    mb_value value;
    if (type->units && mb_bind_read_moment(L, index, other, &value)) {
        const char *name = other->types[0]->name;
        lua_pushfstring(L, "'%s' is no %s, but a %s: write mb.%s\"%s\", or %s('%s') in a string",
                        text, type->name, name, name, text, name, text);
    } else {
        lua_pushfstring(L, "'%s' is no %s", text, type->name);
    }
    luaL_argerror(L, index, lua_tostring(L, -1));
}

const mb_type *mb_bind_check_scalar(lua_State *L, int index, const mb_column *column,
                                    mb_value *value)
{
    const mb_type *type = mb_bind_read_value(L, index, column ? column->type : NULL, value);
    bool boolean = type == &mb_type_bool;
    if (!type && column && !mb_type_is_plain(column->type) && lua_type(L, index) == LUA_TSTRING)
        refuse_text(L, index, column->type);
    if (!type || (boolean && column && column->type->script != MB_SCRIPT_BOOLEAN))
        luaL_argerror(L, index,
                      lua_pushfstring(L, "column or number expected, got %s",
                                      boolean ? mb_bind_boolean_mend : mb_bind_class(L, index)));
    return type;
}

static void push_boolean(lua_State *L, const mb_type *type, mb_value value)
{
    (void)type;
    lua_pushboolean(L, value.b);
}

static void push_integer(lua_State *L, const mb_type *type, mb_value value)
{
    (void)type;
    lua_pushinteger(L, value.i);
}

static void push_number(lua_State *L, const mb_type *type, mb_value value)
{
    (void)type;
    lua_pushnumber(L, isnan(value.f) ? (double)NAN : value.f); // that of 0 / 0 prints as -nan
}

static void push_string(lua_State *L, const mb_type *type, mb_value value)
{
    mb_string string = mb_dictionary_entry(mb_dictionary_of(type), value.i);
    lua_pushlstring(L, string.bytes, string.length);
}

static void push_address(lua_State *L, const mb_type *type, mb_value value)
{
    char text[MB_ADDRESS_SIZE];
    type->format(type, value, text, sizeof text);
    lua_pushstring(L, text);
}

static mb_value check_moment(lua_State *L, int index)
{
    mb_value value = {0};
    if (!mb_bind_read_moment(L, index, NULL, &value))
        luaL_argerror(L, index, "time or duration expected");
    return value;
}

static mb_value check_boolean(lua_State *L, int index)
{
    return (mb_value){.bits = lua_toboolean(L, index) != 0};
}

static mb_value check_integer(lua_State *L, int index)
{
    return (mb_value){.i = luaL_checkinteger(L, index)};
}

static mb_value check_number(lua_State *L, int index)
{
    return (mb_value){.f = luaL_checknumber(L, index)};
}

static const struct {
    void (*push)(lua_State *L, const mb_type *type, mb_value value);
    mb_value (*check)(lua_State *L, int index);
} forms[MB_SCRIPT_FORMS] = {
    [MB_SCRIPT_BOOLEAN] = {push_boolean, check_boolean},
    [MB_SCRIPT_INTEGER] = {push_integer, check_integer},
    [MB_SCRIPT_NUMBER] = {push_number, check_number},
    [MB_SCRIPT_STRING] = {push_string, check_integer},
    [MB_SCRIPT_ADDRESS] = {push_address, check_integer},
    [MB_SCRIPT_MOMENT] = {mb_bind_push_moment, check_moment},
};

void mb_bind_push_value(lua_State *L, const mb_type *type, const mb_value *value)
{
    if (value)
        forms[type->script].push(L, type, *value);
    else
        lua_pushnil(L);
}

mb_value mb_bind_check_element(lua_State *L, int index, const mb_type *type)
{
    return forms[type->script].check(L, index);
}

static int push_uint(lua_State *L, uint64_t value)
{
    uint64_t *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = value;
    luaL_setmetatable(L, uint_name);
    return 1;
}

// Digits, decimal or after 0x, as a whole.
static bool parse_uint(const char *text, uint64_t *value)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    if (n == 0 || digits[n] != '\0') return false;
    errno = 0;
    *value = strtoull(digits, NULL, hex ? 16 : 10);
    return errno == 0;
}

// core.uint(x): a number of 64 bits without a sign, for a script to write beside columns: from
// digits, decimal or after 0x, from a float that is one, or the uint of the bits of an integer, as
// elements of uint columns reach Lua. Not collective.
static int new_uint(lua_State *L)
{
    mb_kind type;
    mb_value value = {0};
    size_t length = 0;
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &length) : NULL;
    bool fits = text ? strlen(text) == length && parse_uint(text, &value.u)
                     : mb_bind_read_number(L, 1, &type, &value) &&
                           (type != MB_FLOAT || mb_scalar_convert(MB_UINT, type, &value));
    if (fits) return push_uint(L, value.u);
    const char *shown = luaL_tolstring(L, 1, NULL);
    return mb_bind_error(L, "uint: a whole number from 0 to 18446744073709551615 expected, got %s",
                         shown);
}

// core.is_uint(x): whether it is a result of core.uint.
static int is_uint(lua_State *L)
{
    lua_pushboolean(L, luaL_testudata(L, 1, uint_name) != NULL);
    return 1;
}

const mb_type *mb_bind_check_type(lua_State *L, int index)
{
    const char *name = luaL_checkstring(L, index);
    const mb_type *type = mb_type_find(name);
    if (!type)
        luaL_argerror(L, index,
                      lua_pushfstring(L, "there is no type '%s'%s", name,
                                      mb_bind_push_mend(L, "type", name, mb_type_names())));
    return type;
}

// core.convert(x, type): the number x as Lua has values of a column of this type; nil when the type
// does not hold it exactly, or is one of strings.
static int convert(lua_State *L)
{
    mb_kind kind;
    mb_value value;
    const mb_type *to = mb_bind_check_type(L, 2);
    bool fits = mb_type_counts(to) && mb_bind_read_number(L, 1, &kind, &value) &&
                mb_scalar_convert(to->kind, kind, &value);
    mb_bind_push_value(L, to, fits ? &value : NULL);
    return 1;
}

static int uint_text(lua_State *L)
{
    char text[32];
    mb_value value = {.u = *(const uint64_t *)luaL_checkudata(L, 1, uint_name)};
    mb_scalar_describe(MB_UINT, value, text, sizeof text);
    lua_pushstring(L, text);
    return 1;
}

static int uint_equals(lua_State *L)
{
    const uint64_t *a = luaL_testudata(L, 1, uint_name), *b = luaL_testudata(L, 2, uint_name);
    lua_pushboolean(L, a && b && *a == *b);
    return 1;
}

static const luaL_Reg functions[] = {
    {"uint", new_uint}, {"is_uint", is_uint}, {"convert", convert}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__tostring", uint_text}, {"__eq", uint_equals}, {NULL, NULL}};

void mb_bind_open_scalars(lua_State *L)
{
    luaL_newmetatable(L, uint_name);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}

// Raises for a scalar that cannot stand in a column, and says what to cast.
static void refuse_value(lua_State *L, const char *name, const mb_type *into, const mb_type *type,
                         mb_value value)
{
    char text[MB_TEXT_SIZE];
    mb_scalar_describe(type->kind, value, text, sizeof text);
    if (into->mend)
        mb_bind_error(L, "%s: %s does not go into %s %s column (%s)", name, text,
                      mb_type_article(into), into->name, into->mend);
    mb_bind_error(L, "%s: %s does not go into %s %s column; cast the column by :as(\"%s\")", name,
                  text, mb_type_article(into), into->name, type->name);
}

bool mb_bind_check_value(lua_State *L, int index, const char *name, const mb_column *column,
                         mb_value *value)
{
    value->bits = 0;
    if (mb_bind_is_null(L, index)) return false;
    const mb_type *type = mb_bind_check_scalar(L, index, column, value);
    mb_value given = *value;
    if (type->units) return mb_bind_moment_fits(L, name, column->type, type, value), true;
    if (column->type->units) refuse_value(L, name, column->type, type, given);
    if (!mb_type_counts(column->type) && mb_type_counts(type))
        mb_bind_error(L, "%s: %s does not go into %s %s column; write it in quotes", name,
                      luaL_tolstring(L, index, NULL), mb_type_article(column->type),
                      column->type->name);
    bool fits = mb_scalar_convert(column->type->kind, type->kind, value);
    if (!fits && !mb_kind_takes(column->type->kind, type->kind))
        refuse_value(L, name, column->type, type, given);
    return true;
}
