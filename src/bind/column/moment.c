// Times and durations as objects of Lua: what elements of such columns are, and what a script
// writes beside them.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "expr/evaluate.h"
#include "expr/expression.h"
#include "types/time.h"

typedef struct moment {
    const mb_type *type;
    mb_value value;
} moment;

static const char *const class_names[MB_MOMENT_CLASSES] = {"moonbear.time", "moonbear.duration"};

static const char *class_of(const mb_units *units)
{
    return class_names[units == &mb_durations];
}

static const moment *to_moment(lua_State *L, int index)
{
    const moment *box = luaL_testudata(L, index, class_names[0]);
    return box ? box : luaL_testudata(L, index, class_names[1]);
}

void mb_bind_push_moment(lua_State *L, const mb_type *type, mb_value value)
{
    moment *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = (moment){type, value};
    luaL_setmetatable(L, class_of(type->units));
}

const mb_type *mb_bind_read_moment(lua_State *L, int index, const mb_units *units, mb_value *value)
{
    size_t length;
    const mb_type *type;
    const moment *box = to_moment(L, index);
    if (box) {
        *value = box->value;
        return box->type;
    }
    if (lua_type(L, index) != LUA_TSTRING || !units) return NULL;
    const char *text = lua_tolstring(L, index, &length);
    return units->read(text, length, &type, value) ? type : NULL;
}

bool mb_bind_moment_fits(lua_State *L, const char *name, const mb_type *into, const mb_type *type,
                         mb_value *value)
{
    bool fits = false;
    char text[MB_TEXT_SIZE];
    const mb_value given = *value;
    if (mb_units_shared(into, type) && mb_unit_convert(type->unit, into->unit, &value->i, &fits))
        return true;
    if (mb_units_shared(into, type) && fits) {
        *value = given; // the column takes the finer unit
        return false;
    }
    type->format(type, given, text, sizeof text);
    const char *whole = into->units ? into->mend : type->mend;
    return mb_bind_error(L, "%s: %s does not go into %s %s column%s%s (%s)", name, text,
                         mb_type_article(into), into->name, into->units ? " in " : "",
                         into->units ? mb_unit_names[into->unit] : "", whole) != 0;
}

// --- What scripts see of them.

// Without the zeros at the end of a fraction, three at a time.
static void trim(char *text)
{
    char *point = strchr(text, '.');
    if (!point) return;
    char *end = point + strspn(point + 1, "0123456789") + 1, *behind = end;
    while (end - point > 3 && memcmp(end - 3, "000", 3) == 0)
        end -= 3;
    if (end == point + 1) end = point;
    memmove(end, behind, strlen(behind) + 1);
}

void mb_bind_show(const mb_type *type, mb_value value, char *text, size_t size)
{
    type->format(type, value, text, size);
    if (type->units == &mb_times) trim(text);
}

static int to_string(lua_State *L)
{
    char text[MB_TEXT_SIZE];
    const moment *box = to_moment(L, 1);
    mb_bind_show(box->type, box->value, text, sizeof text);
    lua_pushstring(L, text);
    return 1;
}

// Both operands of a comparison; raises unless both are times, or both durations.
static int compare(lua_State *L)
{
    mb_value values[2];
    const mb_type *types[2];
    const moment *first = to_moment(L, 1), *known = first ? first : to_moment(L, 2);
    for (int i = 0; i < 2; i++)
        types[i] = mb_bind_read_moment(L, i + 1, known->type->units, &values[i]);
    if (!types[0] || !types[1] || !mb_units_shared(types[0], types[1]))
        return mb_bind_error(L, "%s is not compared with %s (%s)", luaL_tolstring(L, 1, NULL),
                             luaL_tolstring(L, 2, NULL), known->type->mend);
    mb_int128 ticks[2];
    for (int i = 0; i < 2; i++)
        ticks[i] = (mb_int128)values[i].i * mb_unit_ticks(MB_NANOSECONDS - types[i]->unit);
    return (ticks[0] > ticks[1]) - (ticks[0] < ticks[1]);
}

static int is_equal(lua_State *L)
{
    const moment *a = to_moment(L, 1), *b = to_moment(L, 2);
    lua_pushboolean(L, a && b && mb_units_shared(a->type, b->type) && compare(L) == 0);
    return 1;
}

static int is_less(lua_State *L)
{
    lua_pushboolean(L, compare(L) < 0);
    return 1;
}

static int is_at_most(lua_State *L)
{
    lua_pushboolean(L, compare(L) <= 0);
    return 1;
}

static const struct field_name {
    const char *name;
    mb_field field;
} field_names[] = {
#define NAMED(text, field) {text, field},
    MB_NAMED_FIELDS(NAMED)
#undef NAMED
};

// What an operator makes of one time or duration, by the same loops as of columns.
static int push_of_time(lua_State *L, mb_operator op, const moment *box, const mb_value values[2],
                        uint64_t seed)
{
    const mb_value constant[2] = {box->value, {0}};
    mb_context *cx = mb_bind_context(L);
    mb_column *scalar = NULL;
    mb_value value;
    bool there;
    mb_column **made = mb_bind_new_column(L);
    mb_status status = mb_expression_leaf(cx, MB_CONSTANT, box->type, 1, constant, 0, &scalar);
    if (!status) status = mb_expression_of_time(cx, op, scalar, values, seed, NULL, made);
    mb_column_release(scalar);
    if (!status) status = mb_evaluate_scalar(*made, &value, &there);
    if (status) return mb_bind_raise(L, status);
    if ((*made)->type->units)
        mb_bind_push_moment(L, (*made)->type, value);
    else
        lua_pushinteger(L, value.i);
    return 1;
}

// The parts of a time, then the methods in the upvalue.
static int index_moment(lua_State *L)
{
    const moment *box = to_moment(L, 1);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    for (size_t i = 0; i < sizeof field_names / sizeof *field_names; i++) {
        if (box->type->units != &mb_times || strcmp(name, field_names[i].name) != 0) continue;
        const mb_value values[2] = {{.i = field_names[i].field},
                                    {.i = mb_unit_ticks(box->type->unit)}};
        return push_of_time(L, MB_FIELD, box, values, 0);
    }
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
}

// The unit that an argument names; `unless` where it is left out.
static int check_unit(lua_State *L, int index, int unless)
{
    if (lua_isnoneornil(L, index)) return unless;
    const char *name = luaL_tolstring(L, index, NULL);
    const int unit = mb_unit_find(name);
    if (unit >= 0) return unit;
    return mb_bind_error(L, "there is no unit '%s'%s", name,
                         mb_bind_push_mend(L, "unit", name, mb_unit_names));
}

static const moment *check_moment(lua_State *L, int index)
{
    const moment *box = to_moment(L, index);
    if (!box) luaL_argerror(L, index, "time or duration expected");
    return box;
}

// core.moment_count(x, unit): the ticks of a unit, "s" unless told, rounded down.
static int count_ticks(lua_State *L)
{
    const moment *box = check_moment(L, 1);
    int64_t count = box->value.i;
    bool fits;
    const int unit = check_unit(L, 2, MB_SECONDS);
    mb_unit_convert(box->type->unit, unit, &count, &fits);
    if (!fits)
        return mb_bind_error(L, "%s does not fit an integer of %s", luaL_tolstring(L, 1, NULL),
                             mb_unit_names[unit]);
    lua_pushinteger(L, count);
    return 1;
}

// A number of ticks; floats are read to the microsecond, or to the unit where that is finer.
static int push_number(lua_State *L, const mb_units *units, int unit)
{
    mb_value value = {.i = lua_tointeger(L, 1)};
    if (!lua_isinteger(L, 1)) {
        const int finer = mb_unit_rounded(unit);
        const double ticks = rint(lua_tonumber(L, 1) * (double)mb_unit_ticks(finer - unit));
        if (!(fabs(ticks) < 0x1p63))
            return mb_bind_error(L, "%s is no number of %s", luaL_tolstring(L, 1, NULL),
                                 mb_unit_names[unit]);
        value.i = (int64_t)ticks;
        unit = finer;
        bool fits;
        int64_t coarser = value.i;
        while (unit > 0 && mb_unit_convert(unit, unit - 1, &coarser, &fits)) {
            value.i = coarser;
            unit--;
        }
    }
    mb_bind_push_moment(L, units->types[unit], value);
    return 1;
}

static int new_moment(lua_State *L, const mb_units *units, const char *name, const char *example)
{
    mb_value value;
    const mb_type *type = mb_bind_read_moment(L, 1, units, &value);
    if (lua_type(L, 1) == LUA_TNUMBER) return push_number(L, units, check_unit(L, 2, MB_SECONDS));
    if (!type || type->units != units)
        return mb_bind_error(L, "%s: a text as \"%s\" or a number expected, got %s", name, example,
                             luaL_tolstring(L, 1, NULL));
    mb_bind_push_moment(L, type, value);
    return 1;
}

// core.time(x [, unit]), core.duration(x [, unit]): one of a text, or of a number of a unit, "s"
// unless told. Not collective.
static int new_time(lua_State *L)
{
    return new_moment(L, &mb_times, "time", "2024-02-29T12:00:00Z");
}

static int new_duration(lua_State *L)
{
    return new_moment(L, &mb_durations, "duration", "1h30min");
}

// core.moment_round(x, step, rounding): x as a multiple of a duration.
static int round_moment(lua_State *L)
{
    const moment *box = check_moment(L, 1), *step = check_moment(L, 2);
    mb_value values[2];
    moment finer = *box;
    bool fits;
    const int unit = step->type->unit > box->type->unit ? step->type->unit : box->type->unit;
    finer.type = box->type->units->types[unit];
    mb_unit_convert(box->type->unit, unit, &finer.value.i, &fits);
    if (!fits) return mb_bind_error(L, "a step of %s is too fine", luaL_tolstring(L, 2, NULL));
    mb_bind_read_step(L, step->type, step->value, finer.type, values);
    return push_of_time(L, MB_MULTIPLE, &finer, values, (uint64_t)luaL_checkinteger(L, 3));
}

// core.moment_kind(x): "time" or "duration"; nil for anything else.
static int kind_of(lua_State *L)
{
    const moment *box = to_moment(L, 1);
    if (box)
        lua_pushstring(L, box->type->name);
    else
        lua_pushnil(L);
    return 1;
}

// core.unit_of(column): "s", "ms", "us" or "ns"; nil of a column that counts in none.
static int unit_of(lua_State *L)
{
    const mb_type *type = mb_bind_check_column(L, 1)->type;
    if (type->units)
        lua_pushstring(L, mb_unit_names[type->unit]);
    else
        lua_pushnil(L);
    return 1;
}

void mb_bind_read_step(lua_State *L, const mb_type *type, mb_value step, const mb_type *of,
                       mb_value values[2])
{
    const int64_t week = 7 * INT64_C(86400) * mb_unit_ticks(of->unit);
    const int64_t monday = 4 * INT64_C(86400) * mb_unit_ticks(of->unit);
    bool fits;
    mb_unit_convert(type->unit, of->unit, &step.i, &fits);
    if (type->units != &mb_durations || step.i <= 0 || !fits || step.i > INT64_MAX / 4)
        mb_bind_error(L, "a step is a duration above 0, as \"5min\"");
    values[0] = step;
    values[1].i = of->units == &mb_times && step.i % week == 0 ? monday : 0;
}

static const luaL_Reg functions[] = {{"time", new_time},
                                     {"duration", new_duration},
                                     {"unit_of", unit_of},
                                     {"moment_kind", kind_of},
                                     {"moment_count", count_ticks},
                                     {"moment_round", round_moment},
                                     {NULL, NULL}};

static const luaL_Reg metamethods[] = {{"__tostring", to_string},
                                       {"__eq", is_equal},
                                       {"__lt", is_less},
                                       {"__le", is_at_most},
                                       {NULL, NULL}};

void mb_bind_push_class(lua_State *L, int i)
{
    luaL_newmetatable(L, class_names[i]);
}

void mb_bind_open_moments(lua_State *L)
{
    for (int i = 0; i < MB_MOMENT_CLASSES; i++) {
        mb_bind_push_class(L, i);
        luaL_setfuncs(L, metamethods, 0);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_pushcclosure(L, index_moment, 1);
        lua_setfield(L, -3, "__index");
        lua_setfield(L, -3, i ? "duration_methods" : "time_methods");
        lua_pop(L, 1);
    }
    luaL_setfuncs(L, functions, 0);
}

const char *mb_bind_scan(lua_State *L, int index)
{
    static const char *const classes[][2] = {
        {"moonbear.scan", "a scan, which :collect() brings into memory"},
        {"moonbear.scancolumn", "a column of a scan, which :collect() brings into memory"},
        {"moonbear.scangrouping", "groups of a scan"}};
    const char *found = NULL;
    if (!lua_istable(L, index) || luaL_getmetafield(L, index, "__name") == LUA_TNIL) return NULL;
    for (size_t i = 0; i < sizeof classes / sizeof *classes && lua_isstring(L, -1); i++)
        if (strcmp(lua_tostring(L, -1), classes[i][0]) == 0) found = classes[i][1];
    lua_pop(L, 1);
    return found;
}

const char *mb_bind_class(lua_State *L, int index)
{
    const moment *box = to_moment(L, index);
    const char *scan = mb_bind_scan(L, index);
    return box ? box->type->name : scan ? scan : luaL_typename(L, index);
}
