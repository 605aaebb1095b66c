// Formats: which fields a line has, and what becomes of each.

#include <stdio.h>
#include <string.h>

#include "io/csv/csv.h"
#include "types/ip.h"
#include "types/time.h"

static const char *const kind_names[MB_CSV_KINDS] = {
    [MB_CSV_INT] = "int",   [MB_CSV_UINT] = "uint", [MB_CSV_FLOAT] = "float",
    [MB_CSV_BOOL] = "bool", [MB_CSV_PORT] = "port", [MB_CSV_DEVICE] = "device",
    [MB_CSV_TEXT] = "text", [MB_CSV_IP] = "ip",     [MB_CSV_TIME] = "time",
    [MB_CSV_SKIP] = "skip",
};

static const mb_type *type_of(mb_csv_kind kind)
{
    switch (kind) {
    case MB_CSV_UINT: return &mb_type_uint;
    case MB_CSV_FLOAT: return &mb_type_float;
    case MB_CSV_BOOL: return &mb_type_bool;
    case MB_CSV_TEXT: return &mb_type_text;
    case MB_CSV_IP: return &mb_type_ip;
    case MB_CSV_TIME: return mb_time_in(MB_NANOSECONDS);
    default: return &mb_type_int;
    }
}

static int words_of(int bytes)
{
    return (bytes + 7) / 8;
}

// The words that the number of bytes in a converter stands for, or 0.
static int read_words(const char *text)
{
    int bytes = 0;
    for (; *text >= '0' && *text <= '9' && bytes <= MB_CSV_LONGEST_TEXT; text++)
        bytes = 10 * bytes + *text - '0';
    return *text || bytes > MB_CSV_LONGEST_TEXT ? 0 : words_of(bytes);
}

static mb_status check_name(mb_context *cx, const mb_csv_format *format, const char *name)
{
    if (!*name || strlen(name) >= MB_CSV_NAME_SIZE || strchr(name, '/') || strcmp(name, ".") == 0)
        return mb_fail(cx, MB_EINVALID,
                       "'%.80s' cannot be the name of a dataset: it needs 1 to %d bytes and no '/'",
                       name, MB_CSV_NAME_SIZE - 1);
    for (int i = 0; i < format->n_fields; i++)
        if (format->fields[i].column >= 0 && strcmp(format->fields[i].name, name) == 0)
            return mb_fail(cx, MB_EINVALID, "column '%s' is there twice", name);
    return MB_OK;
}

mb_status mb_csv_format_add(mb_context *cx, mb_csv_format *format, const char *name,
                            const char *converter)
{
    int kind = 0, words = 1, unit = -1;
    while (kind < MB_CSV_KINDS && strcmp(kind_names[kind], converter) != 0)
        kind++;
    if (kind == MB_CSV_TEXT) words = words_of(MB_CSV_TEXT_SIZE);
    if (kind == MB_CSV_KINDS && strncmp(converter, "text:", 5) == 0) {
        kind = MB_CSV_TEXT;
        words = read_words(converter + 5);
        if (words == 0)
            return mb_fail(cx, MB_EINVALID,
                           "column '%s': converter '%.80s': text has 1 to %d bytes, as in "
                           "'text:64'",
                           name, converter, MB_CSV_LONGEST_TEXT);
    }
    if (kind == MB_CSV_KINDS && strncmp(converter, "time:", 5) == 0) {
        unit = mb_unit_find(converter + 5);
        if (unit >= 0) kind = MB_CSV_TIME;
    }
    if (kind == MB_CSV_KINDS)
        return mb_fail(
            cx, MB_EINVALID,
            "column '%s': there is no converter '%.80s'; there are int, uint, float, "
            "ip, time, time:s, time:ms, time:us, time:ns, bool, port, device, text and skip",
            name, converter);
    if (format->n_fields == MB_CSV_FIELDS)
        return mb_fail(cx, MB_EINVALID, "a format may have %d fields, not more", MB_CSV_FIELDS);
    mb_csv_field *field = &format->fields[format->n_fields];
    *field = (mb_csv_field){
        .kind = (mb_csv_kind)kind, .column = -1, .unit = unit, .type = type_of((mb_csv_kind)kind)};
    if (kind != MB_CSV_SKIP) {
        mb_status status = check_name(cx, format, name);
        if (status) return status;
        field->column = format->n_columns++;
        field->word = format->n_words;
        field->words = words;
        format->n_words += words;
    }
    if (format->n_words > MB_CSV_WORDS)
        return mb_fail(cx, MB_EINVALID,
                       "column '%s': a row has more than %d bytes: give columns of text less room",
                       name, 8 * MB_CSV_WORDS);
    snprintf(field->name, sizeof field->name, "%s", name);
    if (kind == MB_CSV_DEVICE) format->n_devices++;
    format->n_fields++;
    return MB_OK;
}

const mb_csv_field *mb_csv_format_field(const mb_csv_format *format, int column)
{
    const mb_csv_field *field = format->fields;
    while (field->column != column)
        field++;
    return field;
}

int64_t mb_csv_most_rows(const mb_csv_format *format, int64_t size)
{
    int shortest = format->n_fields; // bytes of a line: what ends its fields, and no empty number
    for (int i = 0; i < format->n_fields; i++)
        shortest += format->fields[i].column >= 0 && format->fields[i].kind != MB_CSV_TEXT;
    return size / shortest + 1;
}
