// Reading delimited text, CSV and its kin, and lines of JSON.

#include "io/records/input.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "bind/io/found.h"
#include "bind/io/kept.h"
#include "bind/io/table.h"
#include "core/hash.h"
#include "ops/address/convert.h"
#include "types/time_pattern.h"

enum { HIGH = 128, MOST_BYTES = 4 };

// --- How a text is written, from a table of Lua.

// What the bytes from 0x80 on are in UTF-8, by iconv, of encodings that have a byte for each
// character and ASCII below; raises for others. Not used bytes are U+FFFD.
static void read_encoding(lua_State *L, const char *name, char (*table)[MOST_BYTES + 1])
{
    iconv_t converter = iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1) mb_bind_error(L, "read_csv: there is no encoding '%s'", name);
    bool fits = true;
    for (int byte = 1; byte < 2 * HIGH; byte++) {
        char from = (char)byte, to[MOST_BYTES], *in = &from, *out = to;
        size_t n_in = 1, n_out = sizeof to;
        iconv(converter, NULL, NULL, NULL, NULL);
        const bool read = iconv(converter, &in, &n_in, &out, &n_out) != (size_t)-1 && n_in == 0;
        const size_t n = sizeof to - n_out;
        if (byte < HIGH) {
            fits = fits && read && n == 1 && *to == from;
            continue;
        }
        const bool partial = !read && n_in == 1 && errno == EINVAL;
        fits = fits && !partial;
        table[byte - HIGH][0] = (char)(read ? n : 3);
        memcpy(table[byte - HIGH] + 1, read ? to : "\xef\xbf\xbd", read ? n : 3);
    }
    iconv_close(converter);
    if (!fits)
        mb_bind_error(L,
                      "read_csv: '%s' has characters of several bytes; write the file as UTF-8 "
                      "first (iconv -f %s -t utf-8)",
                      name, name);
}

// Whether a text could be a number, as those are that fields are quickly read as.
static bool is_plain_number(const char *text)
{
    text += *text == '-';
    return *text && !text[strspn(text, "0123456789.")];
}

// The strings of the table on top, which has them.
static const char *const *read_strings(lua_State *L, int64_t n, uint64_t *hash)
{
    const int table = lua_gettop(L);
    const char **list = mb_bind_scratch(L, (size_t)(n + 1) * sizeof *list);
    for (int64_t i = 0; i < n; i++) {
        lua_rawgeti(L, table, i + 1);
        list[i] = lua_tostring(L, -1);
        *hash = mb_table_hash(*hash, list[i]);
        lua_pop(L, 1);
    }
    return list;
}

// Which records are read: {bad, block, first, behind, last, most, kept, unnumbered}.
static uint64_t read_stretch(lua_State *L, int index, mb_records *records)
{
    records->bad = (mb_bad_records)mb_table_integer(L, index, "bad");
    records->block = mb_table_integer(L, index, "block");
    if (records->block < 1) records->block = MB_RECORD_BLOCK;
    if (records->block > MB_LINES_MOST) records->block = MB_LINES_MOST;
    records->first = mb_table_integer(L, index, "first");
    records->behind = mb_table_integer(L, index, "behind");
    records->last = lua_getfield(L, index, "last") == LUA_TNIL ? -1 : lua_tointeger(L, -1);
    lua_pop(L, 1);
    records->most = mb_table_integer(L, index, "most");
    records->kept = mb_kept_text(L, index, "kept");
    records->unnumbered = mb_table_flag(L, index, "unnumbered");
    const int64_t numbers[] = {records->bad,          records->block,     records->first,
                               records->behind,       records->last,      records->most,
                               records->kept != NULL, records->unnumbered};
    return mb_hash_bytes(0, numbers, sizeof numbers);
}

static void read_na(lua_State *L, int index, mb_record_form *form, uint64_t *hash)
{
    lua_getfield(L, index, "na");
    form->n_na = lua_istable(L, -1) ? luaL_len(L, -1) : 0;
    form->na = read_strings(L, form->n_na, hash);
    for (int64_t i = 0; i < form->n_na; i++) {
        const size_t length = strlen(form->na[i]);
        if (length > form->longest_na) form->longest_na = length;
        form->quick = form->quick && !is_plain_number(form->na[i]);
    }
}

// The table at an index: {sep, quote, escape, comment, decimal, thousands, na, encoding, skip,
// header, trailer} and what read_stretch has, checked before.
static void read_form(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "table", index);
    mb_records *records = given->data = mb_bind_scratch(L, sizeof *records);
    *records = (mb_records){.paths = call->in[0].texts, .npaths = call->in[0].n};
    mb_record_form *form = &records->form;
    form->dialect = (mb_dialect){.separator = mb_table_byte(L, index, "sep"),
                                 .quote = mb_table_byte(L, index, "quote"),
                                 .escape = mb_table_byte(L, index, "escape"),
                                 .comment = mb_table_byte(L, index, "comment")};
    form->marks.decimal = mb_table_byte(L, index, "decimal");
    form->marks.thousands = mb_table_byte(L, index, "thousands");
    records->encoding = mb_table_text(L, index, "encoding");
    records->trailer = mb_table_text(L, index, "trailer");
    records->skip = mb_table_integer(L, index, "skip");
    records->header = (mb_header)mb_table_integer(L, index, "header");
    uint64_t hash = read_stretch(L, index, records);
    form->quick = form->marks.decimal == '.' && !form->marks.thousands && !form->dialect.escape &&
                  !records->encoding;
    hash = mb_hash_bytes(hash, &form->dialect, sizeof form->dialect);
    hash = mb_hash_bytes(hash, &form->marks, sizeof form->marks);
    hash = mb_table_hash(mb_table_hash(hash, records->encoding), records->trailer);
    const int64_t numbers[] = {records->skip, records->header};
    hash = mb_hash_bytes(hash, numbers, sizeof numbers);
    if (records->encoding) {
        char(*table)[MOST_BYTES + 1] = mb_bind_scratch(L, HIGH * sizeof *table);
        read_encoding(L, records->encoding, table);
        form->encoding = (const char(*)[MOST_BYTES + 1]) table;
    }
    read_na(L, index, form, &hash);
    given->value.u = hash;
}

// The table at an index: {fields, literal, learns, whole} and what read_stretch has, checked
// before.
static void read_json_form(lua_State *L, const mb_call *call, int argument, int index,
                           mb_given *given)
{
    if (!lua_istable(L, index)) mb_bind_refuse(L, call, argument, "table", index);
    mb_records *records = given->data = mb_bind_scratch(L, sizeof *records);
    mb_json_fields *fields = mb_bind_scratch(L, sizeof *fields);
    *records = (mb_records){.paths = call->in[0].texts, .npaths = call->in[0].n, .json = fields};
    *fields = (mb_json_fields){.literal = mb_table_flag(L, index, "literal"),
                               .learns = mb_table_flag(L, index, "learns"),
                               .whole = mb_table_flag(L, index, "whole")};
    const int64_t numbers[] = {fields->literal, fields->learns, fields->whole};
    uint64_t hash = mb_hash_bytes(read_stretch(L, index, records), numbers, sizeof numbers);
    lua_getfield(L, index, "fields");
    if (lua_istable(L, -1)) {
        fields->n = luaL_len(L, -1);
        fields->names = read_strings(L, fields->n, &hash);
    }
    given->value.u = hash;
}

// --- Survey.

// What a survey finds; its memory is a userdata's.
typedef struct found {
    mb_survey survey;
    mb_found names;
    mb_buffer **columns;
} found;

static void prepare_survey(lua_State *L, mb_call *call)
{
    found *result = call->out->data = mb_bind_scratch(L, sizeof *result);
    *result = (found){.names = mb_found_new(L)};
    result->columns = mb_bind_new_buffer(L);
}

// The memory of what was found is the userdata's from now on.
static void keep_found(found *result)
{
    mb_found_keep(&result->names, result->survey.names);
    mb_buffer_release(*result->columns);
    *result->columns = result->survey.column_table;
}

static mb_status run_survey(mb_context *cx, const mb_given *in, mb_made *out)
{
    found *result = out->data;
    result->survey = (mb_survey){0};
    const mb_records *records = in[1].data;
    mb_status status = records->json ? mb_records_survey_json(cx, records, &result->survey)
                                     : mb_records_survey(cx, records, &result->survey);
    if (!status) keep_found(result);
    return status;
}

static void push_fields(lua_State *L, const mb_survey *survey)
{
    const char *name = survey->names.count ? mb_strings_first(&survey->names) : NULL;
    lua_createtable(L, (int)survey->fields, 0);
    for (int64_t i = 0; i < survey->fields; i++) {
        const mb_record_column *column = &survey->columns[i];
        lua_createtable(L, 0, 4);
        lua_pushstring(L, name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, mb_field_kind_names[column->kind]);
        lua_setfield(L, -2, "kind");
        lua_pushinteger(L, column->unit);
        lua_setfield(L, -2, "unit");
        lua_rawseti(L, -2, i + 1);
        name = mb_strings_next(name);
    }
}

static int push_survey(lua_State *L, const mb_call *call)
{
    const mb_survey *survey = &((const found *)call->out->data)->survey;
    push_fields(L, survey);
    lua_pushboolean(L, survey->header);
    return 2;
}

// --- Comments.

static mb_status run_comments(mb_context *cx, const mb_given *in, mb_made *out)
{
    mb_strings found = {0};
    const mb_status status = mb_record_comments(cx, in[1].data, &found);
    return mb_found_give(out, status, found);
}

// --- Reading.

static mb_field_kind kind_of(lua_State *L, const char *name)
{
    for (int i = 0; mb_field_kind_names[i]; i++)
        if (name && strcmp(mb_field_kind_names[i], name) == 0) return (mb_field_kind)i;
    mb_bind_error(L, "read_csv: there is no kind of field '%s'", name ? name : "?");
    return MB_FIELD_SKIPPED;
}

// A list of {field, kind, unit, guessed, counted, pattern}, as many as there are names.
static void read_list(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    const int64_t n = call->in[1].n;
    if (!lua_istable(L, index) || luaL_len(L, index) != n)
        mb_bind_refuse(L, call, argument, "list of columns", index);
    mb_record_column *columns = given->data = mb_bind_scratch(L, 2 * (size_t)n * sizeof *columns);
    uint64_t hash = 0;
    for (int64_t i = 0; i < n; i++) {
        lua_rawgeti(L, index, i + 1);
        const int at = lua_gettop(L);
        const uint64_t number = (uint64_t)mb_table_integer(L, at, "field");
        columns[i] = (mb_record_column){.field = (int64_t)(number - 1),
                                        .kind = kind_of(L, mb_table_text(L, at, "kind")),
                                        .unit = (int)mb_table_integer(L, at, "unit"),
                                        .looks = (uint32_t)mb_table_integer(L, at, "looks"),
                                        .counted = (int)mb_table_integer(L, at, "counted"),
                                        .pattern = mb_table_text(L, at, "pattern")};
        char wrong[3];
        if (columns[i].pattern && !mb_pattern_check(columns[i].pattern, true, wrong))
            mb_bind_error(L, "%s: the pattern '%s' has '%s', which reads nothing",
                          call->operation->name, columns[i].pattern, wrong);
        lua_getfield(L, at, "guessed");
        columns[i].guessed = lua_toboolean(L, -1);
        columns[i].counts = lua_getfield(L, at, "counted") == LUA_TNUMBER;
        const int64_t numbers[] = {columns[i].field,   columns[i].kind,   columns[i].unit,
                                   columns[i].counted, columns[i].counts, columns[i].guessed,
                                   columns[i].looks};
        hash = mb_table_hash(mb_hash_bytes(hash, numbers, sizeof numbers), columns[i].pattern);
        lua_settop(L, at - 1);
    }
    given->value.u = hash;
}

// Addresses come as text.
static mb_status convert_addresses(mb_context *cx, const mb_record_column *columns, int64_t n,
                                   mb_column **results)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++) {
        mb_column *text = results[i];
        if (columns[i].kind != MB_FIELD_ADDRESS) continue;
        results[i] = NULL;
        status = mb_ip_of_text(cx, text, (mb_ip_unread){.what = MB_UNREAD_FAILS}, &results[i]);
        mb_column_release(text);
    }
    return status;
}

// What was read, and of JSON what was found; its memory is userdata's.
typedef struct read_found {
    mb_record_window window;
    found *seen;
    mb_buffer **skipped, **devices;
    int64_t n_skipped, n_devices;
    mb_found paths;
} read_found;

static void prepare_read(lua_State *L, mb_call *call)
{
    read_found *made = call->out->data = mb_bind_scratch(L, sizeof *made);
    *made = (read_found){.paths = mb_found_new(L)};
    made->skipped = mb_bind_new_buffer(L);
    made->devices = mb_bind_new_buffer(L);
}

static void prepare_read_json(lua_State *L, mb_call *call)
{
    prepare_survey(L, call);
    found *seen = call->out->data;
    prepare_read(L, call);
    ((read_found *)call->out->data)->seen = seen;
}

// Refuses columns of fields that there are not: of lines of JSON, a column is one of each field. In
// the body, as ranks that are given other numbers have diverged.
static mb_status check_fields(mb_context *cx, const mb_given *in)
{
    const mb_json_fields *json = ((const mb_records *)in[2].data)->json;
    const mb_record_column *columns = in[5].data;
    const int64_t fields = in[4].value.i, n = in[1].n;
    if (json && (json->n != n || fields != n))
        return mb_fail(cx, MB_EINVALID,
                       "the form has %lld fields, of %lld, and there are %lld columns",
                       (long long)json->n, (long long)fields, (long long)n);
    for (int64_t i = 0; i < n; i++) {
        const mb_record_column *column = &columns[i];
        const uint64_t number = (uint64_t)column->field + 1;
        if (column->field < 0 || column->field >= fields || (json && column->field != i))
            return mb_fail(cx, MB_EINVALID, "column %lld is of field %lld of %lld",
                           (long long)i + 1, (long long)number, (long long)fields);
        if (column->unit < 0 || column->unit >= MB_UNIT_COUNT || column->counted < 0 ||
            column->counted >= MB_UNIT_COUNT)
            return mb_fail(cx, MB_EINVALID, "column %lld has no such unit", (long long)i + 1);
    }
    return MB_OK;
}

static void keep_told(read_found *made, const mb_record_reading *what)
{
    mb_buffer_release(*made->skipped);
    mb_buffer_release(*made->devices);
    *made->skipped = what->skipped_table;
    *made->devices = what->devices_table;
    made->n_skipped = what->n_skipped;
    made->n_devices = what->n_devices;
    mb_found_keep(&made->paths, what->skipped_paths);
}

// A body may run twice: what is found of the columns goes into a copy.
static mb_status run_read(mb_context *cx, const mb_given *in, mb_made *out)
{
    const int64_t n = in[1].n;
    mb_record_column *columns = (mb_record_column *)in[5].data + n;
    mb_status status = check_fields(cx, in);
    if (status) return status;
    memcpy(columns, in[5].data, (size_t)n * sizeof *columns);
    read_found *made = out->data;
    mb_record_reading what = {.header = in[3].value.b,
                              .fields = in[4].value.i,
                              .columns = columns,
                              .n = n,
                              .names = in[1].texts,
                              .seen = made->seen ? &made->seen->survey : NULL};
    if (what.seen) *what.seen = (mb_survey){0};
    status = mb_records_read(cx, in[2].data, &what, out->columns);
    made->window = what.window;
    keep_told(made, &what);
    if (what.seen && !status) keep_found(made->seen);
    if (!status) status = convert_addresses(cx, columns, n, out->columns);
    for (int64_t i = 0; status && i < n; i++) {
        mb_column_release(out->columns[i]);
        out->columns[i] = NULL;
    }
    return status;
}

// Pushes a list of {path, lines, line, reason} of each file with lines that were skipped, and what
// names of devices have taught.
static void push_told(lua_State *L, const read_found *made)
{
    const mb_record_skipped *skipped = made->n_skipped ? (*made->skipped)->data : NULL;
    const char *path = made->n_skipped ? mb_found_first(&made->paths) : NULL;
    lua_createtable(L, (int)made->n_skipped, 0);
    for (int64_t i = 0; i < made->n_skipped; i++, path = mb_strings_next(path)) {
        lua_createtable(L, 0, 4);
        lua_pushstring(L, path);
        lua_setfield(L, -2, "path");
        lua_pushinteger(L, skipped[i].lines);
        lua_setfield(L, -2, "lines");
        lua_pushinteger(L, skipped[i].line);
        lua_setfield(L, -2, "line");
        lua_pushstring(L, skipped[i].reason);
        lua_setfield(L, -2, "reason");
        lua_rawseti(L, -2, i + 1);
    }
    const char *devices = made->n_devices ? (*made->devices)->data : "";
    lua_pushlstring(L, devices, (size_t)made->n_devices * sizeof(mb_device_prefix));
}

// Pushes what was found of the columns, and of the window that was read: the bytes of all records,
// whether some are compressed, where it ends, its bytes of text, and whether a rank had enough.
static void push_window(lua_State *L, const mb_call *call)
{
    const int64_t n = call->in[1].n;
    const mb_record_column *columns = (const mb_record_column *)call->in[5].data + n;
    const mb_record_window *window = &((const read_found *)call->out->data)->window;
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        lua_createtable(L, 0, 3);
        lua_pushstring(L, mb_field_kind_names[columns[i].kind]);
        lua_setfield(L, -2, "kind");
        lua_pushinteger(L, columns[i].unit);
        lua_setfield(L, -2, "unit");
        lua_pushinteger(L, columns[i].looks);
        lua_setfield(L, -2, "looks");
        lua_rawseti(L, -2, i + 1);
    }
    lua_createtable(L, 0, 6);
    lua_pushinteger(L, window->total);
    lua_setfield(L, -2, "total");
    lua_pushboolean(L, window->packed);
    lua_setfield(L, -2, "packed");
    lua_pushinteger(L, window->end);
    lua_setfield(L, -2, "stop");
    lua_pushinteger(L, window->behind);
    lua_setfield(L, -2, "behind");
    lua_pushinteger(L, window->text);
    lua_setfield(L, -2, "text");
    lua_pushboolean(L, window->stopped);
    lua_setfield(L, -2, "stopped");
}

static int push_read(lua_State *L, const mb_call *call)
{
    push_window(L, call);
    push_told(L, call->out->data);
    return 5;
}

// Pushes what a survey does of the names that were learned.
static int push_seen(lua_State *L, const mb_call *call)
{
    push_fields(L, &((const read_found *)call->out->data)->seen->survey);
    push_told(L, call->out->data);
    push_window(L, call);
    return 6;
}

// core.csv_comments(paths, form): for each file its path and the comments that it begins with.
// core.csv_survey(paths, form): a list of {name, kind, unit} for each field of the first record,
// and whether it is a header. core.csv_read(paths, names, form, header, fields, columns): a
// list of columns, one of {kind, unit, looks} that were found of them, the window that was read
// (see push_window), lines that were skipped, and what names of devices have taught.
// form: how the files are written, and which records are read; columns: what they become (see
// above). core.jsonl_survey and core.jsonl_read: the same of JSON, with another form; the latter
// gives the columns, what a survey gives of names that were learned, then as csv_read, columns and
// window last.
const mb_operation mb_records_operations[] = {
    MB_OPERATION("read_csv", "csv_survey", run_survey,
                 MB_TAKES(MB_TEXTS("paths"), MB_OTHER("form", read_form)),
                 .prepare = prepare_survey, .push = push_survey),
    MB_OPERATION("read_csv", "csv_comments", run_comments,
                 MB_TAKES(MB_TEXTS("paths"), MB_OTHER("form", read_form)),
                 .prepare = mb_found_prepare, .push = mb_found_push_all),
    MB_OPERATION("read_csv", "csv_read", run_read,
                 MB_TAKES(MB_TEXTS("paths"), MB_TEXTS("names"), MB_OTHER("form", read_form),
                          MB_FLAG("header"), MB_COUNT("fields"), MB_OTHER("columns", read_list)),
                 MB_GIVES(MB_SOME_COLUMNS(2)), .prepare = prepare_read, .push = push_read),
    MB_OPERATION("read_jsonl", "jsonl_survey", run_survey,
                 MB_TAKES(MB_TEXTS("paths"), MB_OTHER("form", read_json_form)),
                 .prepare = prepare_survey, .push = push_survey),
    MB_OPERATION("read_jsonl", "jsonl_read", run_read,
                 MB_TAKES(MB_TEXTS("paths"), MB_TEXTS("names"), MB_OTHER("form", read_json_form),
                          MB_FLAG("header"), MB_COUNT("fields"), MB_OTHER("columns", read_list)),
                 MB_GIVES(MB_SOME_COLUMNS(2)), .prepare = prepare_read_json, .push = push_seen),
    {0}};
