// Formats: which fields a line has, and what becomes of each.

#include <stdio.h>
#include <string.h>

#include "io/csv/csv.h"
#include "types/time.h"

// The kinds of fields that no converter makes.
static bool is_other(mb_field_kind kind)
{
    return kind == MB_FIELD_ADDRESS || kind == MB_FIELD_DURATION || kind == MB_FIELD_SIZE ||
           kind == MB_FIELD_LETTER;
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
    mb_record_column what = {.field = format->n_fields, .unit = MB_NANOSECONDS};
    int kind = 0, words = 1;
    while (kind < MB_FIELD_KINDS && strcmp(mb_field_kind_names[kind], converter) != 0)
        kind++;
    bool known = kind < MB_FIELD_KINDS && !is_other((mb_field_kind)kind);
    if (known) what.kind = (mb_field_kind)kind;
    if (known && what.kind == MB_FIELD_TEXT) words = words_of(MB_CSV_TEXT_SIZE);
    if (strncmp(converter, "text:", 5) == 0) {
        known = true;
        what.kind = MB_FIELD_TEXT;
        words = read_words(converter + 5);
        if (words == 0)
            return mb_fail(cx, MB_EINVALID,
                           "column '%s': converter '%.80s': text has 1 to %d bytes, as in "
                           "'text:64'",
                           name, converter, MB_CSV_LONGEST_TEXT);
    }
    if (strncmp(converter, "time:", 5) == 0) {
        what.kind = MB_FIELD_TIME;
        what.counted = mb_unit_find(converter + 5);
        known = what.counts = what.counted >= 0;
    }
    if (!known)
        return mb_fail(
            cx, MB_EINVALID,
            "column '%s': there is no converter '%.80s'; there are int, uint, float, "
            "ip, time, time:s, time:ms, time:us, time:ns, bool, port, device, text and skip",
            name, converter);
    if (format->n_fields == MB_CSV_FIELDS)
        return mb_fail(cx, MB_EINVALID, "a format may have %d fields, not more", MB_CSV_FIELDS);
    mb_csv_field *field = &format->fields[format->n_fields];
    *field = (mb_csv_field){.what = what, .column = -1};
    if (what.kind != MB_FIELD_SKIPPED) {
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
    if (what.kind == MB_FIELD_DEVICE) format->n_devices++;
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
        shortest += format->fields[i].column >= 0 && format->fields[i].what.kind != MB_FIELD_TEXT;
    return size / shortest + 1;
}
