// The conversion of CSV files to HDF5 for Lua: an object that does its work in batches, so that the
// script can tell the progress between them.

#include <string.h>

#include "bind/bind.h"
#include "bind/column/operation.h"
#include "bind/io/table.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "io/csv/convert.h"
#include "io/outputs.h"
#include "io/packed/source.h"

static const char type_name[] = "moonbear.Conversion";

// Rows of mb_csv_operations.
enum { CHECK, OPEN, BATCH };

// Entry i of a field of a format, which is at an index.
static const char *check_text(lua_State *L, int field, int i)
{
    if (!lua_istable(L, field) || lua_rawgeti(L, field, i) != LUA_TSTRING)
        mb_bind_error(L, "a field of a format must be {name, converter}, both strings");
    const char *text = lua_tostring(L, -1);
    lua_pop(L, 1); // the table has it
    return text;
}

// The list at an index as a format, in memory that the stack holds.
static mb_csv_format *check_format(lua_State *L, int index)
{
    mb_csv_format *format = mb_bind_scratch(L, sizeof *format);
    *format = (mb_csv_format){0};
    for (lua_Integer i = 1; i <= luaL_len(L, index); i++) {
        lua_rawgeti(L, index, i);
        int field = lua_gettop(L);
        mb_status status = mb_csv_format_add(mb_bind_context(L), format, check_text(L, field, 1),
                                             check_text(L, field, 2));
        if (status) mb_bind_raise(L, status);
        lua_pop(L, 1);
    }
    return format;
}

// csv_check(format): raises for a format that csv_open would not take. Not collective.
static int csv_check(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    check_format(L, 1);
    return 0;
}

static void read_format(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "list of fields", index);
    const mb_csv_format *format = given->data = check_format(L, index);
    for (int i = 0; i < format->n_fields; i++) {
        const mb_csv_field *field = &format->fields[i];
        const int64_t numbers[] = {field->what.kind, field->what.counted, field->words};
        given->value.u =
            mb_table_hash(mb_hash_bytes(given->value.u, numbers, sizeof numbers), field->name);
    }
}

static void check_lengths(lua_State *L, const mb_given *inputs, const mb_given *outputs)
{
    if (inputs->n != outputs->n)
        mb_bind_error(L, "%I inputs and %I outputs", (lua_Integer)inputs->n,
                      (lua_Integer)outputs->n);
}

static void prepare_check(lua_State *L, mb_call *call)
{
    check_lengths(L, &call->in[0], &call->in[1]);
}

static mb_status run_check(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_status status = MB_OK;
    mb_text_kind kind;
    int64_t size;
    (void)out;
    for (int64_t i = 0; mb_rank(cx) == 0 && i < in[0].n && !status; i++)
        status = mb_text_recognise(cx, in[0].texts[i], &kind, &size);
    if (!status && mb_rank(cx) == 0)
        status = mb_outputs_check(cx, in[0].texts, in[1].texts, in[0].n);
    return mb_conclude(cx, status, NULL);
}

static void prepare_open(lua_State *L, mb_call *call)
{
    check_lengths(L, &call->in[1], &call->in[2]);
    mb_conversion **box = call->out->data = lua_newuserdatauv(L, sizeof *box, 0);
    *box = NULL;
    luaL_setmetatable(L, type_name);
}

static mb_status make(mb_context *cx, const mb_given *in, mb_conversion **box)
{
    mb_conversion_options options = {.format = in[0].data,
                                     .level = (int)in[3].value.i,
                                     .skip_bad = in[4].value.b,
                                     .skip_header = in[5].value.b,
                                     .range = in[6].value.i};
    mb_status status = mb_conversion_new(cx, &options, box);
    for (int64_t i = 0; i < in[1].n && !status; i++)
        status = mb_conversion_add(*box, in[1].texts[i], in[2].texts[i]);
    return status;
}

static mb_status run_open(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_conversion **box = out->data;
    mb_status status;
    MB_TRY(mb_step(cx, make(cx, in, box), NULL));
    status = mb_conversion_begin(cx, *box);
done:
    if (status) {
        mb_conversion_close(*box); // of a rank that made it where another could not
        *box = NULL;
    }
    return status;
}

static mb_conversion **check_box(lua_State *L)
{
    return luaL_checkudata(L, 1, type_name);
}

static mb_conversion *check_conversion(lua_State *L)
{
    mb_conversion *conversion = *check_box(L);
    if (!conversion) mb_bind_error(L, "the conversion is closed");
    return conversion;
}

// The conversion at index 1, told by how far it is; what is over is known without other ranks.
static void read_conversion(lua_State *L, const mb_call *call, int argument, int index,
                            mb_given *given)
{
    int64_t total;
    (void)call;
    (void)argument;
    (void)index;
    given->data = check_conversion(L);
    given->value.i = mb_conversion_progress(given->data, &total, &given->single);
    given->text =
        lua_pushfstring(L, "%I of %I bytes done", (lua_Integer)given->value.i, (lua_Integer)total);
}

static void prepare_batch(lua_State *L, mb_call *call)
{
    (void)L;
    call->local = call->in->single;
}

static mb_status run_batch(mb_context *cx, const mb_given *in, mb_made *out)
{
    (void)out;
    return in->single ? MB_OK : mb_conversion_batch(cx, in->data);
}

static int push_progress(lua_State *L, const mb_call *call)
{
    int64_t total;
    bool over;
    lua_pushinteger(L, mb_conversion_progress(call->in->data, &total, &over));
    lua_pushinteger(L, total);
    lua_pushboolean(L, over);
    return 3;
}

// core.check_outputs(inputs, outputs): fails if an input cannot be read, or if an output would take
// the place of an input or of another output, whatever their paths; removes what dead writers of
// these outputs left behind.
// core.csv_open(format, inputs, outputs, {level = 1, skip_bad = false, skip_header = false, range =
// bytes}): a conversion of files by a format, a list of {name, converter}.
// core.csv_batch(conversion), conversion:batch(): does a part of the work; returns the bytes of
// input done, those in all, and whether it is over. After an error it can only be closed.
const mb_operation mb_csv_operations[] = {
    [CHECK] =
        MB_OPERATION("check_outputs", "check_outputs", run_check,
                     MB_TAKES(MB_TEXTS("inputs"), MB_TEXTS("outputs")), .prepare = prepare_check),
    [OPEN] = MB_OPERATION(
        "csv_open", "csv_open", run_open,
        MB_TAKES(MB_OTHER("format", read_format), MB_TEXTS("inputs"), MB_TEXTS("outputs"),
                 MB_OPTION(INTEGER, "level", .unless_given = {.i = 1}), MB_OPTION(FLAG, "skip_bad"),
                 MB_OPTION(FLAG, "skip_header"), MB_OPTION(INTEGER, "range")),
        .prepare = prepare_open, .push = mb_bind_push_top),
    [BATCH] = MB_OPERATION("conversion:batch", "csv_batch", run_batch,
                           MB_TAKES(MB_OTHER("conversion", read_conversion)),
                           .prepare = prepare_batch, .push = push_progress),
    {0}};

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

// conversion:size(): the bytes of input. Not collective.
static int size(lua_State *L)
{
    int64_t total;
    bool over;
    (void)mb_conversion_progress(check_conversion(L), &total, &over);
    lua_pushinteger(L, total);
    return 1;
}

// conversion:close(): throws away what is not finished. Not collective.
static int close_conversion(lua_State *L)
{
    mb_conversion **box = check_box(L);
    mb_conversion_close(*box);
    *box = NULL;
    return 0;
}

// device_texts(state): what names of devices have taught, as csv_read tells it, as texts of the
// attribute `device_prefixes`. Not collective.
static int device_texts(lua_State *L)
{
    size_t size;
    char reason[MB_DEVICE_REASON_SIZE];
    const char *state = luaL_checklstring(L, 1, &size);
    lua_newtable(L);
    if (size == 0) return 1;
    mb_device_table *table = mb_bind_scratch(L, sizeof *table);
    char *texts = mb_bind_scratch(L, MB_DEVICE_TEXTS_SIZE);
    mb_device_prefix *prefixes = mb_bind_scratch(L, size);
    memcpy(prefixes, state, size);
    mb_device_open(table);
    const char *wrong = mb_device_merge(table, prefixes, (int)(size / sizeof *prefixes), reason);
    if (wrong) mb_bind_error(L, "device_texts: %s", wrong);
    const int n = mb_device_describe(table, texts);
    lua_newtable(L);
    for (int i = 0; i < n; i++) {
        lua_pushstring(L, texts + (size_t)i * MB_DEVICE_TEXT_SIZE);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
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

static const luaL_Reg functions[] = {{"csv_check", csv_check},
                                     {"device_prefix", device_prefix},
                                     {"device_texts", device_texts},
                                     {NULL, NULL}};

static const luaL_Reg methods[] = {
    {"report", report},
    {"size", size},
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
    mb_bind_push_operation(L, &mb_csv_operations[BATCH], NULL);
    lua_setfield(L, -2, "batch");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
