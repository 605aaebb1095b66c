// HDF5 files.

#include "io/hdf/hdf.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "bind/io/found.h"
#include "bind/io/store.h"
#include "io/hdf/store.h"
#include "io/records/device.h"

static bool is_prefix(const char *text)
{
    mb_device_prefix prefix;
    return mb_device_parse(text, &prefix);
}

// What reading finds, in the order of the lists that are pushed.
enum { FOUND_NOTES, FOUND_SKIPPED, FOUND_FILES, FOUND_LISTS };

static void prepare_read(lua_State *L, mb_call *call)
{
    mb_found *found = call->out->data = mb_bind_scratch(L, FOUND_LISTS * sizeof *found);
    for (int i = 0; i < FOUND_LISTS; i++)
        found[i] = mb_found_new(L);
}

static const char places_name[] = "moonbear.HdfPlaces";

static int close_places(lua_State *L)
{
    mb_hdf_places_release(luaL_checkudata(L, 1, places_name));
    return 0;
}

// core.hdf_places(): what readings of the same files find there, as the last argument of
// core.read_hdf. Not collective.
static int new_places(lua_State *L)
{
    static const luaL_Reg methods[] = {{"__gc", close_places}, {NULL, NULL}};
    mb_hdf_places *places = lua_newuserdatauv(L, sizeof *places, 0);
    *places = (mb_hdf_places){0};
    mb_bind_set_class(L, places_name, methods);
    return 1;
}

void mb_bind_open_places(lua_State *L)
{
    lua_pushcfunction(L, new_places);
    lua_setfield(L, -2, "hdf_places");
}

static void read_places(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    given->data = luaL_testudata(L, index, places_name);
    if (!given->data) mb_bind_refuse(L, call, argument, "core.hdf_places()", index);
}

static mb_status run_read(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_hdf_report report = {0};
    mb_found *found = out->data;
    bool prefixes = strcmp(in[2].text, "device_prefixes") == 0; // what csv2hdf writes
    mb_hdf_request request = {.paths = in[0].texts,
                              .npaths = in[0].n,
                              .names = in[1].texts,
                              .nnames = in[1].n,
                              .attribute = in[2].text,
                              .is_note = prefixes ? is_prefix : NULL,
                              .how = in[3].given ? (unsigned)in[3].value.i : 0,
                              .first = in[4].given ? in[4].value.i : 1,
                              .last = in[5].given ? in[5].value.i : -1,
                              .seen = in[6].given ? in[6].texts : NULL,
                              .nseen = in[6].given ? in[6].n : 0,
                              .places = in[7].given ? in[7].data : NULL};
    mb_status status = mb_hdf_read(cx, &request, out->columns, &report);
    if (status) return status;
    mb_found_keep(&found[FOUND_NOTES], report.notes);
    mb_found_keep(&found[FOUND_SKIPPED], report.skipped);
    mb_found_keep(&found[FOUND_FILES], report.files);
    return MB_OK;
}

// Pushes the columns, and lists of notes, of messages about files that were skipped, and of files
// and their first rows in turn.
static int push_columns(lua_State *L, const mb_call *call)
{
    const mb_found *found = call->out->data;
    for (int i = 0; i < FOUND_LISTS; i++)
        mb_found_push(L, &found[i], 0, 1);
    return 1 + FOUND_LISTS;
}

static mb_status run_list(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_strings entries = {0};
    mb_status status = mb_hdf_list(cx, in[0].texts, in[0].n, in[1].given ? in[1].texts : NULL,
                                   in[1].given ? in[1].n : 0, in[2].value.b, &entries);
    return mb_found_give(out, status, entries);
}

// Sets a list of the numbers in a text as a field of the table on top.
static void set_numbers(lua_State *L, const char *field, const char *text)
{
    lua_newtable(L);
    for (lua_Integer i = 1; *text; i++) {
        char *end;
        lua_pushinteger(L, strtoll(text, &end, 10));
        lua_rawseti(L, -2, i);
        if (end == text) break;
        text = end;
    }
    lua_setfield(L, -2, field);
}

// Sets a field of the table on top to a text, a number or a list of numbers; none for "".
static void set_field(lua_State *L, const char *field, char form, const char *text)
{
    if (form == 'l') {
        set_numbers(L, field, text);
    } else if (*text) {
        if (form != 'n' || lua_stringtonumber(L, text) == 0) lua_pushstring(L, text);
        lua_setfield(L, -2, field);
    }
}

static int push_list(lua_State *L, const mb_call *call)
{
    static const struct {
        const char *name;
        char form; // of text, a number, or a list of numbers
    } fields[MB_HDF_DESCRIPTION] = {{"asked", 'n'}, {"name", 't'},        {"stem", 'n'},
                                    {"kind", 't'},  {"type", 't'},        {"rows", 'n'},
                                    {"shape", 'l'}, {"compression", 't'}, {"mark", 't'}};
    const mb_found *entries = call->out->data;
    const char *text = mb_found_first(entries);
    int64_t n = entries->count / MB_HDF_DESCRIPTION;
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        lua_createtable(L, 0, MB_HDF_DESCRIPTION);
        for (int k = 0; k < MB_HDF_DESCRIPTION; k++, text = mb_strings_next(text))
            set_field(L, fields[k].name, fields[k].form, text);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static mb_status run_attributes(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_strings entries = {0};
    mb_status status = mb_hdf_attributes(cx, in[0].texts, in[0].n, in[1].text, &entries);
    return mb_found_give(out, status, entries);
}

static void push_value(lua_State *L, char letter, const char *text)
{
    switch (letter) {
    case 'b': lua_pushboolean(L, strcmp(text, "0") != 0); break;
    case 'i': lua_pushinteger(L, strtoll(text, NULL, 10)); break;
    case 'u': lua_pushinteger(L, (lua_Integer)strtoull(text, NULL, 10)); break;
    case 'f': lua_pushnumber(L, strtod(text, NULL)); break;
    default: lua_pushstring(L, text);
    }
}

static int push_attributes(lua_State *L, const mb_call *call)
{
    const mb_found *entries = call->out->data;
    const char *text = mb_found_first(entries);
    lua_newtable(L);
    for (int64_t left = entries->count; left >= 3;) {
        const char *name = text, *letter = mb_strings_next(name), *count = mb_strings_next(letter);
        int64_t n = *count == '-' ? 1 : strtoll(count, NULL, 10);
        text = mb_strings_next(count);
        left -= 3 + n;
        lua_pushstring(L, name);
        if (*count != '-') lua_createtable(L, (int)n, 0);
        for (int64_t i = 0; i < n; i++, text = mb_strings_next(text)) {
            push_value(L, *letter, text);
            if (*count != '-') lua_rawseti(L, -2, i + 1);
        }
        lua_rawset(L, -3);
    }
    return 1;
}

// Arguments of core.write_hdf.
enum { PATH, NAMES, COLUMNS, MODE, LEVEL, CHUNK_ROWS, NOTES };

static void prepare_write(lua_State *L, mb_call *call)
{
    call->out->data = mb_hdf_attributes_of(L, &call->in[NOTES]);
}

static mb_status run_write(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_hdf_store store = mb_hdf_store_of(&in[PATH], &in[NOTES], out->data);
    return mb_hdf_store_columns(cx, &store);
}

static mb_status run_values(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_strings values = {0};
    mb_status status = mb_hdf_read_values(cx, in[0].text, &values);
    return mb_found_give(out, status, values);
}

static int push_values(lua_State *L, const mb_call *call)
{
    lua_pushstring(L, mb_found_first(call->out->data));
    return 1;
}

// core.read_hdf(paths, names, attribute, how, first, last, seen, places): a list of columns, one
// for each name, and lists of the strings that the datasets have in the attribute, each once, of
// messages about files that were skipped, and, if asked for, of files and their first rows in turn,
// or their numbers of rows and what `seen` is to have for each; `how` is a sum of mb_hdf_how, rows
// count from 1, and from the end below 0. core.ls_hdf(paths, names, skip): what is in the first
// file, or what the names stand for there: {name =, stem = (bytes of the name that are its
// dataset's), kind
// =, type =, rows =, shape =, compression =, mark =, asked =} (see mb_hdf_list).
// core.attrs_hdf(paths, name): the attributes of an object by name.
// core.write_hdf(path, names, columns, mode, level, chunk_rows, notes): see io/hdf/store.h; to the
// mode 4 is added for files of ranks, 8 for Arkouda's layout, 16 for a file that is marked, 32 for
// one that need not come to the disk, 64 to keep the attributes of datasets that are replaced; the
// notes are the text of a snapshot or "", and a holder, a
// name, a kind and a value of each attribute. core.hdf_values(path): the text of a snapshot.
const mb_operation mb_hdf_operations[] = {
    MB_OPERATION(
        "read_hdf", "read_hdf", run_read,
        MB_TAKES(MB_TEXTS("paths"), MB_TEXTS("names"), MB_ARGUMENT(STRING, "attribute"),
                 MB_INTEGER("how", .optional = true), MB_INTEGER("first", .optional = true),
                 MB_INTEGER("last", .optional = true),
                 MB_ARGUMENT(STRINGS, "seen", .optional = true),
                 {.kind = MB_TAKES_OTHER, .read = read_places, .name = "places", .optional = true}),
        MB_GIVES(MB_SOME_COLUMNS(2)), .prepare = prepare_read, .push = push_columns),
    MB_OPERATION("ls_hdf", "ls_hdf", run_list,
                 MB_TAKES(MB_TEXTS("paths"), MB_ARGUMENT(STRINGS, "names", .optional = true),
                          MB_FLAG("skip", .optional = true)),
                 .prepare = mb_found_prepare, .push = push_list),
    MB_OPERATION("attrs", "attrs_hdf", run_attributes,
                 MB_TAKES(MB_TEXTS("paths"), MB_ARGUMENT(STRING, "name")),
                 .prepare = mb_found_prepare, .push = push_attributes),
    MB_OPERATION("to_hdf", "write_hdf", run_write,
                 MB_TAKES(MB_ARGUMENT(STRING, "path"), MB_TEXTS("names"),
                          MB_COLUMNS("columns", .item = "column"), MB_COUNT("mode"),
                          MB_COUNT("level"), MB_COUNT("chunk_rows", .least = 1), MB_TEXTS("notes")),
                 .prepare = prepare_write, .moves = true),
    MB_OPERATION("load", "hdf_values", run_values, MB_TAKES(MB_ARGUMENT(STRING, "path")),
                 .prepare = mb_found_prepare, .push = push_values),
    {0}};
