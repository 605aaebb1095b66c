// HDF5 files.

#include "io/hdf/hdf.h"

#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "io/csv/device.h"

// Strings that an operation finds; their memory is a userdata's.
typedef struct found {
    mb_buffer **box;
    int64_t count;
} found;

static void prepare_found(lua_State *L, mb_call *call)
{
    found *strings = call->out->data = mb_bind_scratch(L, sizeof *strings);
    *strings = (found){.box = mb_bind_new_buffer(L)};
}

static void keep(found *strings, mb_strings made)
{
    mb_buffer_release(*strings->box);
    *strings->box = made.buffer;
    strings->count = made.count;
}

static const char *first_of(const found *strings)
{
    return strings->count ? (*strings->box)->data : NULL;
}

static bool is_prefix(const char *text)
{
    mb_device_prefix prefix;
    return mb_device_parse(text, &prefix);
}

static mb_status run_read(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_strings notes = {0};
    bool prefixes = strcmp(in[2].text, "device_prefixes") == 0; // what csv2hdf writes
    mb_hdf_request request = {.paths = in[0].texts,
                              .npaths = in[0].n,
                              .names = in[1].texts,
                              .nnames = in[1].n,
                              .attribute = in[2].text,
                              .is_note = prefixes ? is_prefix : NULL,
                              .widen = in[3].value.b};
    mb_status status = mb_hdf_read(cx, &request, out->columns, &notes);
    if (!status) keep(out->data, notes);
    return status;
}

static int push_columns(lua_State *L, const mb_call *call)
{
    const found *notes = call->out->data;
    const char *text = first_of(notes);
    lua_createtable(L, (int)notes->count, 0);
    for (int64_t i = 0; i < notes->count; i++, text = mb_strings_next(text)) {
        lua_pushstring(L, text);
        lua_rawseti(L, -2, i + 1);
    }
    return 2;
}

static mb_status run_list(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_strings entries = {0};
    mb_status status = mb_hdf_list(cx, in[0].texts, in[0].n, &entries);
    if (!status) keep(out->data, entries);
    return status;
}

static int push_list(lua_State *L, const mb_call *call)
{
    static const char *const fields[] = {"name", "type", "rows"};
    const found *entries = call->out->data;
    const char *text = first_of(entries);
    lua_createtable(L, (int)(entries->count / 3), 0);
    for (int64_t i = 0; i < entries->count; i++, text = mb_strings_next(text)) {
        if (i % 3 == 0) lua_createtable(L, 0, 3);
        if (i % 3 < 2)
            lua_pushstring(L, text);
        else
            lua_stringtonumber(L, text);
        lua_setfield(L, -2, fields[i % 3]);
        if (i % 3 == 2) lua_rawseti(L, -2, i / 3 + 1);
    }
    return 1;
}

// core.read_hdf(paths, names, attribute, widen): a list of columns, one for each name, and a list
// of the strings that the datasets have in the attribute, each once. core.ls_hdf(paths): {name =,
// type =, rows =} for each dataset of the first file.
const mb_operation mb_hdf_operations[] = {
    MB_OPERATION("read_hdf", "read_hdf", run_read,
                 MB_TAKES(MB_TEXTS("paths"), MB_TEXTS("names"), MB_ARGUMENT(STRING, "attribute"),
                          MB_FLAG("widen", .optional = true)),
                 MB_GIVES(MB_SOME_COLUMNS(2)), .prepare = prepare_found, .push = push_columns),
    MB_OPERATION("ls_hdf", "ls_hdf", run_list, MB_TAKES(MB_TEXTS("paths")),
                 .prepare = prepare_found, .push = push_list),
    {0}};
