#include "host/arrow_column.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "types/time.h"

typedef struct format {
    const char *name;
    mb_array_type type;
    mb_arrow_text text;
} format;

static const format formats[] = {
    {"c", MB_INT8_ARRAY, 0},
    {"C", MB_UINT8_ARRAY, 0},
    {"s", MB_INT16_ARRAY, 0},
    {"S", MB_UINT16_ARRAY, 0},
    {"i", MB_INT32_ARRAY, 0},
    {"I", MB_UINT32_ARRAY, 0},
    {"l", MB_INT64_ARRAY, 0},
    {"L", MB_UINT64_ARRAY, 0},
    {"f", MB_FLOAT_ARRAY, 0},
    {"g", MB_DOUBLE_ARRAY, 0},
    {"b", MB_BOOL_ARRAY, 0},
    {"u", MB_TEXT_ARRAY, MB_ARROW_TEXT},
    {"z", MB_TEXT_ARRAY, MB_ARROW_TEXT},
    {"U", MB_TEXT_ARRAY, MB_ARROW_LARGE_TEXT},
    {"Z", MB_TEXT_ARRAY, MB_ARROW_LARGE_TEXT},
    {"vu", MB_TEXT_ARRAY, MB_ARROW_VIEWS},
    {"vz", MB_TEXT_ARRAY, MB_ARROW_VIEWS},
};

static const format *find_format(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0) return &formats[i];
    return NULL;
}

// The type of "tss:...", "tDu" and their like; NULL for other formats.
static const mb_type *moment_of(const char *name)
{
    static const char letters[] = MB_ARROW_UNITS;
    const size_t length = strlen(name);
    const bool is_time = length > 3 && strncmp(name, "ts", 2) == 0 && name[3] == ':';
    const bool is_duration = length == 3 && strncmp(name, "tD", 2) == 0;
    const char *unit = is_time || is_duration ? strchr(letters, name[2]) : NULL;
    if (!unit) return NULL;
    const int i = (int)(unit - letters);
    return is_time ? mb_time_in(i) : mb_duration_in(i);
}

// Fills in the column of a format by itself; false for one that there is not.
static bool read_format(const char *name, mb_arrow_column *column)
{
    const mb_type *moment = moment_of(name);
    const format *found = find_format(name);
    mb_array array = {.type = moment ? MB_INT64_ARRAY : MB_TEXT_ARRAY};
    *column = (mb_arrow_column){0};
    if (found) {
        array.type = found->type;
        column->strings.form = found->text;
    } else if (name[0] == 'w' && name[1] == ':' && isdigit((unsigned char)name[2])) {
        char *end = NULL;
        const long width = strtol(name + 2, &end, 10);
        if (*end || width > INT32_MAX) return false;
        column->strings.form = MB_ARROW_FIXED_TEXT;
        column->strings.width = (int)width;
    } else if (!moment) {
        return false;
    }
    column->rows = mb_host_array_of(&array);
    column->rows.bits = array.type == MB_BOOL_ARRAY;
    if (moment) column->rows.type = moment;
    return true;
}

static int64_t integer_at(mb_array_type type, const void *values, int64_t i)
{
    switch (type) {
    case MB_INT8_ARRAY: return ((const int8_t *)values)[i];
    case MB_UINT8_ARRAY: return ((const uint8_t *)values)[i];
    case MB_INT16_ARRAY: return ((const int16_t *)values)[i];
    case MB_UINT16_ARRAY: return ((const uint16_t *)values)[i];
    case MB_INT32_ARRAY: return ((const int32_t *)values)[i];
    case MB_UINT32_ARRAY: return ((const uint32_t *)values)[i];
    default: return ((const int64_t *)values)[i];
    }
}

// --- Strings -------------------------------------------------------------------------------------

// A row of an array of views. The data of a short string are in it.
typedef struct view {
    int32_t length;
    char prefix[4];
    int32_t buffer, offset;
} view;

enum { SHORT_VIEW = 12, FIXED_BUFFERS = 2 }; // before those of views come validity and views

static bool bit_at(const void *bits, int64_t i)
{
    return !bits || ((const uint8_t *)bits)[i / 8] >> (i % 8) & 1;
}

static mb_string view_at(const struct ArrowArray *array, int64_t at)
{
    const view *seen = (const view *)array->buffers[1] + at;
    const char *bytes = seen->prefix;
    if (seen->length > SHORT_VIEW)
        bytes = (const char *)array->buffers[FIXED_BUFFERS + seen->buffer] + seen->offset;
    return (mb_string){bytes, (size_t)seen->length};
}

// The string of a row of the array, from its first one; bytes NULL: it is missing.
static mb_string string_at(const mb_arrow_strings *strings, int64_t at)
{
    const struct ArrowArray *array = strings->values;
    const char *bytes = array->n_buffers > FIXED_BUFFERS ? array->buffers[2] : NULL;
    int64_t from = 0, to = 0;
    if (!bit_at(array->buffers[0], at)) return (mb_string){NULL, 0};
    switch (strings->form) {
    case MB_ARROW_VIEWS: return view_at(array, at);
    case MB_ARROW_FIXED_TEXT:
        bytes = array->buffers[1];
        from = at * strings->width;
        to = from + strings->width;
        break;
    case MB_ARROW_TEXT:
        from = ((const int32_t *)array->buffers[1])[at];
        to = ((const int32_t *)array->buffers[1])[at + 1];
        break;
    default:
        from = ((const int64_t *)array->buffers[1])[at];
        to = ((const int64_t *)array->buffers[1])[at + 1];
    }
    return (mb_string){to > from ? bytes + from : "", (size_t)(to - from)};
}

static mb_string string_of_row(const mb_host_array *rows, int64_t i)
{
    const mb_arrow_strings *strings = rows->strings;
    if (strings->numbers) i = integer_at(strings->index, strings->numbers, i);
    return string_at(strings, strings->first + i);
}

static bool offsets_fit(const mb_arrow_strings *strings, int64_t n)
{
    const struct ArrowArray *array = strings->values;
    const mb_array_type type = strings->form == MB_ARROW_TEXT ? MB_INT32_ARRAY : MB_INT64_ARRAY;
    int64_t before = integer_at(type, array->buffers[1], strings->first);
    if (before < 0) return false;
    for (int64_t i = 1; i <= n; i++) {
        const int64_t next = integer_at(type, array->buffers[1], strings->first + i);
        if (next < before) return false;
        before = next;
    }
    return before == 0 || array->buffers[2];
}

static bool views_fit(const mb_arrow_strings *strings, int64_t n)
{
    const struct ArrowArray *array = strings->values;
    const int64_t *sizes = array->buffers[array->n_buffers - 1];
    const int64_t others = sizes ? array->n_buffers - FIXED_BUFFERS - 1 : 0;
    for (int64_t i = strings->first; i < strings->first + n; i++) {
        const view *seen = (const view *)array->buffers[1] + i;
        if (!bit_at(array->buffers[0], i) || (seen->length >= 0 && seen->length <= SHORT_VIEW))
            continue;
        if (seen->length < 0 || seen->buffer < 0 || seen->buffer >= others || seen->offset < 0)
            return false;
        if (!array->buffers[FIXED_BUFFERS + seen->buffer] ||
            (int64_t)seen->offset + seen->length > sizes[seen->buffer])
            return false;
    }
    return true;
}

static bool strings_fit(const mb_arrow_strings *strings, int64_t n)
{
    if (n == 0 || strings->form == MB_ARROW_FIXED_TEXT) return true;
    return strings->form == MB_ARROW_VIEWS ? views_fit(strings, n) : offsets_fit(strings, n);
}

static bool numbers_fit(const mb_host_array *rows, const mb_arrow_strings *strings)
{
    const int64_t n = strings->values->length;
    for (int64_t i = 0; i < rows->array.rows; i++) {
        if (!mb_array_valid(rows, i)) continue;
        const int64_t number = integer_at(strings->index, strings->numbers, i);
        if (number < 0 || number >= n) return false;
    }
    return true;
}

// --- Columns -------------------------------------------------------------------------------------

typedef struct field {
    mb_context *cx;
    const char *caller, *name, *format;
} field;

static mb_status refuse(const field *of, const char *why)
{
    return mb_fail(of->cx, MB_EINVALID, "%s: column '%.200s', of Arrow's format '%.80s', %s",
                   of->caller, of->name, of->format, why);
}

// Whether an array has the buffers of its format, where it has rows, and those of strings and
// numbers lie at multiples of their size.
static bool has_buffers(const struct ArrowArray *array, mb_arrow_text text, size_t size)
{
    const int64_t needed = text == MB_ARROW_TEXT || text == MB_ARROW_LARGE_TEXT ? 3 : 2;
    if (array->length < 0 || array->offset < 0 || array->offset > MB_ARROW_MOST_ROWS ||
        array->n_buffers < needed || !array->buffers)
        return false;
    return array->length == 0 || (array->buffers[1] && (uintptr_t)array->buffers[1] % size == 0);
}

// Bytes of what tells where a string lies.
static size_t size_of(mb_arrow_text text)
{
    return text == MB_ARROW_LARGE_TEXT ? 8 : text == MB_ARROW_FIXED_TEXT ? 1 : 4;
}

// Points rows at values from `first` on. Their alignment is checked later, as that of any array.
static void place(const struct ArrowArray *array, int64_t first, mb_host_array *rows)
{
    const int width = mb_array_width(rows->array.type);
    const char *values = array->buffers[1];
    rows->array.values = rows->bits || !values ? values : values + first * width;
    rows->array.validity = array->null_count ? array->buffers[0] : NULL;
    rows->first_bit = first;
}

static mb_status describe_dictionary(const field *of, const struct ArrowSchema *schema,
                                     const struct ArrowArray *array, int64_t first,
                                     mb_arrow_column *column)
{
    const struct ArrowArray *values = array->dictionary;
    mb_arrow_column entries;
    if (column->rows.type->kind != MB_INT && column->rows.type->kind != MB_UINT)
        return refuse(of, "has a dictionary, and no integers for its entries");
    if (!values || !schema->dictionary->format) return refuse(of, "lacks its dictionary");
    if (!read_format(schema->dictionary->format, &entries) || !entries.strings.form)
        return refuse(of, "has a dictionary of other values than strings: decode it first");
    if (!has_buffers(values, entries.strings.form, size_of(entries.strings.form)))
        return refuse(of, "has a dictionary that lacks a buffer, or with one that is not aligned");
    mb_host_array numbers = column->rows;
    place(array, first, &numbers);
    column->strings = entries.strings;
    column->strings.values = values;
    column->strings.first = values->offset;
    column->strings.index = numbers.array.type;
    column->strings.numbers = numbers.array.values;
    if (!strings_fit(&column->strings, values->length))
        return refuse(of, "has a dictionary with an offset that is out of place");
    if (!numbers_fit(&numbers, &column->strings))
        return refuse(of, "has a number that is none of an entry of its dictionary");
    column->rows = entries.rows;
    column->rows.array.rows = numbers.array.rows;
    column->rows.array.validity = numbers.array.validity;
    column->rows.first_bit = first;
    return MB_OK;
}

static mb_status describe_plain(const field *of, const struct ArrowArray *array, int64_t first,
                                mb_arrow_column *column)
{
    place(array, first, &column->rows);
    if (!column->strings.form) return MB_OK;
    column->strings.values = array;
    column->strings.first = first;
    if (!strings_fit(&column->strings, column->rows.array.rows))
        return refuse(of, "has an offset that is out of place");
    return MB_OK;
}

mb_status mb_arrow_describe(mb_context *cx, const char *caller, const struct ArrowSchema *schema,
                            const struct ArrowArray *batch, int64_t i, mb_arrow_column *column)
{
    const struct ArrowSchema *child = schema->children[i];
    const struct ArrowArray *array = batch->children[i];
    const field of = {cx, caller, child->name, child->format};
    mb_status status = MB_OK;
    if (!read_format(child->format, column))
        return refuse(&of, "does not become a column: these have integers, floats, bools, strings, "
                           "binary, timestamps and durations");
    column->rows.array.rows = batch->length;
    if (!array || array->length < batch->offset + batch->length)
        return refuse(&of, "has fewer rows than its batch");
    if (!array->release) return refuse(&of, "was released");
    const size_t size = column->strings.form ? size_of(column->strings.form)
                        : child->dictionary  ? (size_t)mb_array_width(column->rows.array.type)
                                             : 1;
    if (!has_buffers(array, column->strings.form, size))
        return refuse(&of, "lacks a buffer, or has one that is not aligned");
    if (array->null_count > 0 && !array->buffers[0])
        return refuse(&of, "has missing values, and no validity to tell which");
    const int64_t first = array->offset + batch->offset;
    status = child->dictionary ? describe_dictionary(&of, child, array, first, column)
                               : describe_plain(&of, array, first, column);
    column->rows.checked = mb_array_is_text(column->rows.array.type);
    column->rows.strings = &column->strings;
    if (column->rows.checked) column->rows.string = string_of_row;
    return status;
}
