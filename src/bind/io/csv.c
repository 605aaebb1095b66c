// The conversion of CSV files to HDF5 for Lua: an object that does its work in batches, so that the
// script can tell the progress between them.

#include <string.h>

#include "bind/bind.h"
#include "core/hash.h"
#include "io/csv/convert.h"

static const char type_name[] = "moonbear.Conversion";

// What is asked for, and the place for the conversion.
typedef struct request {
    mb_conversion_options options;
    const char **inputs, **outputs;
    int n;
    mb_conversion **box;
} request;

static const char *check_text(lua_State *L, int table, lua_Integer i, const char *what)
{
    if (lua_rawgeti(L, table, i) != LUA_TSTRING)
        luaL_error(L, "number %d of the %s must be a string, and is a %s", (int)i, what,
                   luaL_typename(L, -1));
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text;
}

// The strings of a list that is a field of the table at index 1, in memory that the stack holds.
static const char **check_list(lua_State *L, const char *what, int *n)
{
    if (lua_getfield(L, 1, what) != LUA_TTABLE) luaL_error(L, "%s must be a list", what);
    int list = lua_gettop(L);
    *n = (int)luaL_len(L, list);
    const char **texts = mb_bind_scratch(L, ((size_t)*n + 1) * sizeof *texts);
    for (int i = 0; i < *n; i++)
        texts[i] = check_text(L, list, i + 1, what);
    return texts;
}

// The list on top of the stack as a format, in memory that the stack holds.
static mb_csv_format *check_format(lua_State *L)
{
    int list = lua_gettop(L);
    if (!lua_istable(L, list)) luaL_error(L, "format must be a list");
    mb_csv_format *format = mb_bind_scratch(L, sizeof *format);
    *format = (mb_csv_format){0};
    for (lua_Integer i = 1; i <= luaL_len(L, list); i++) {
        if (lua_rawgeti(L, list, i) != LUA_TTABLE)
            luaL_error(L, "field %d of the format must be {name, converter}", (int)i);
        int field = lua_gettop(L);
        const char *name = check_text(L, field, 1, "field's name and converter");
        const char *converter = check_text(L, field, 2, "field's name and converter");
        mb_status status = mb_csv_format_add(mb_bind_context(L), format, name, converter);
        if (status) mb_bind_raise(L, status);
        lua_pop(L, 1);
    }
    return format;
}

// csv_check(format): raises for a format that csv_open would not take. Not collective.
static int csv_check(lua_State *L)
{
    lua_settop(L, 1);
    check_format(L);
    return 0;
}

static void sign_format(mb_signature *signature, const mb_csv_format *format)
{
    for (int i = 0; i < format->n_fields; i++)
        mb_signature_add(signature,
                         mb_hash_bytes(format->fields[i].kind, format->fields[i].name,
                                       strlen(format->fields[i].name)),
                         "%s", format->fields[i].name);
}

static mb_status make(mb_context *cx, const request *call)
{
    mb_conversion *made = NULL;
    mb_status status = mb_conversion_new(cx, &call->options, &made);
    for (int i = 0; i < call->n && !status; i++)
        status = mb_conversion_add(made, call->inputs[i], call->outputs[i]);
    if (status)
        mb_conversion_close(made);
    else
        *call->box = made;
    return status;
}

static mb_status begin_body(mb_context *cx, void *argument)
{
    const request *call = argument;
    mb_status status;
    MB_TRY(mb_step(cx, make(cx, call), NULL));
    status = mb_conversion_begin(cx, *call->box);
done:
    if (status) {
        mb_conversion_close(*call->box); // of a rank that made it where another could not
        *call->box = NULL;
    }
    return status;
}

// csv_open{format = {{name, converter}, ...}, inputs = {...}, outputs = {...}, level = 1,
// skip_bad = false, skip_header = false, range = bytes}: a conversion. Collective.
static int csv_open(lua_State *L)
{
    mb_signature signature;
    request call = {0};
    int n_outputs;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    mb_bind_signature(L, &signature, "csv_open");
    call.inputs = check_list(L, "inputs", &call.n);
    call.outputs = check_list(L, "outputs", &n_outputs);
    if (call.n != n_outputs) luaL_error(L, "%d inputs and %d outputs", call.n, n_outputs);
    lua_getfield(L, 1, "format");
    call.options.format = check_format(L);
    sign_format(&signature, call.options.format);
    lua_getfield(L, 1, "skip_bad");
    call.options.skip_bad = lua_toboolean(L, -1);
    lua_getfield(L, 1, "skip_header");
    call.options.skip_header = lua_toboolean(L, -1);
    lua_getfield(L, 1, "level");
    call.options.level = (int)luaL_optinteger(L, -1, 1);
    lua_getfield(L, 1, "range");
    call.options.range = luaL_optinteger(L, -1, 0);
    for (int i = 0; i < call.n; i++) {
        mb_bind_sign_string(&signature, "input", call.inputs[i]);
        mb_bind_sign_string(&signature, "output", call.outputs[i]);
    }
    mb_signature_add(&signature, (uint64_t)call.options.level, "level %d", call.options.level);
    mb_signature_add(&signature, call.options.skip_bad, "skip_bad %d", call.options.skip_bad);
    mb_signature_add(&signature, call.options.skip_header, "skip_header %d",
                     call.options.skip_header);
    mb_signature_add(&signature, (uint64_t)call.options.range, "range %lld",
                     (long long)call.options.range);
    call.box = lua_newuserdatauv(L, sizeof *call.box, 0);
    *call.box = NULL;
    luaL_setmetatable(L, type_name);
    mb_bind_operate(L, &signature, begin_body, &call);
    return 1;
}

static mb_conversion **check_box(lua_State *L)
{
    return luaL_checkudata(L, 1, type_name);
}

static mb_conversion *check_conversion(lua_State *L)
{
    mb_conversion *conversion = *check_box(L);
    if (!conversion) luaL_error(L, "the conversion is closed");
    return conversion;
}

// conversion:batch(): does a part of the work; returns the bytes of input done, those in all, and
// whether it is over. After an error it can only be closed. Collective.
static int batch(lua_State *L)
{
    mb_signature signature;
    mb_conversion *conversion = check_conversion(L);
    int64_t total;
    bool over;
    int64_t done = mb_conversion_progress(conversion, &total, &over);
    mb_bind_signature(L, &signature, "conversion:batch");
    mb_signature_add(&signature, (uint64_t)done, "%lld of %lld bytes done", (long long)done,
                     (long long)total);
    if (!over) mb_bind_operate(L, &signature, mb_conversion_batch, conversion);
    done = mb_conversion_progress(conversion, &total, &over);
    lua_pushinteger(L, done);
    lua_pushinteger(L, total);
    lua_pushboolean(L, over);
    return 3;
}

// conversion:report(i): nil, or of a file that is done: rows, bad lines skipped, the number of the
// first of them and what is wrong with it. Not collective.
static int report(lua_State *L)
{
    mb_conversion *conversion = check_conversion(L);
    lua_Integer i = luaL_checkinteger(L, 2);
    luaL_argcheck(L, i >= 1 && i <= mb_conversion_count(conversion), 2, "no such file");
    mb_conversion_report report_of = mb_conversion_report_of(conversion, (int)i - 1);
    if (!report_of.done) return 0;
    lua_pushinteger(L, report_of.rows);
    lua_pushinteger(L, report_of.bad);
    lua_pushinteger(L, report_of.first_line);
    lua_pushstring(L, report_of.reason);
    return 4;
}

// conversion:close(): throws away what is not finished. Not collective.
static int close_conversion(lua_State *L)
{
    mb_conversion **box = check_box(L);
    mb_conversion_close(*box);
    *box = NULL;
    return 0;
}

// device_prefix(text): what a text of the attribute `device_prefixes` says: the prefix, its code
// and the least and the most digits of its numbers; without these a name alone. Nothing for other
// texts. Not collective.
static int device_prefix(lua_State *L)
{
    mb_device_prefix prefix;
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : "";
    if (strlen(text) != lua_rawlen(L, 1) || !mb_device_parse(text, &prefix)) return 0;
    lua_pushlstring(L, prefix.name, prefix.length);
    lua_pushinteger(L, prefix.code);
    if (prefix.bare) return 2;
    lua_pushinteger(L, prefix.lowest);
    lua_pushinteger(L, prefix.highest);
    return 4;
}

static const luaL_Reg functions[] = {
    {"csv_open", csv_open},
    {"csv_check", csv_check},
    {"device_prefix", device_prefix},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"batch", batch},
    {"report", report},
    {"close", close_conversion},
    {NULL, NULL},
};

static const luaL_Reg metamethods[] = {
    {"__gc", close_conversion},
    {"__close", close_conversion},
    {NULL, NULL},
};

void mb_bind_open_csv(lua_State *L)
{
    luaL_newmetatable(L, type_name);
    luaL_setfuncs(L, metamethods, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
