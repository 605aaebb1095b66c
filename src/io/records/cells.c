#include "io/records/cells.h"

#include <string.h>

#include "column/storage.h"
#include "types/address.h"
#include "types/digits.h"

_Static_assert((int)MB_CELL_ROWS <= (int)MB_FLOATS, "kernels write a block at once");

enum {
    INTEGER_SLOT = 32, // three times eight digits, and a sign before them
    TIMES_USED = 4     // by rows, of entries that are worth being written before
};

static const char nothing[MB_SLACK];

// --- Quotes.

// The bytes of a word that are `mark` have their highest bit set; those behind one may have, too.
static uint64_t find_mark(uint64_t word, char mark)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t differs = word ^ ones * (unsigned char)mark;
    return (differs - ones) & ~differs & ones << 7;
}

// Reads up to seven bytes behind the string.
static bool has_marks(mb_string string, char separator)
{
    for (size_t i = 0; i < string.length; i += 8) {
        const size_t left = string.length - i;
        uint64_t word;
        memcpy(&word, string.bytes + i, sizeof word);
        const uint64_t marks = find_mark(word, separator) | find_mark(word, '"') |
                               find_mark(word, '\n') | find_mark(word, '\r');
        if (left < 8 ? marks << 8 * (8 - left) : marks) return true;
    }
    return false;
}

// Whether a text in the file would be read as something else without quotes.
static bool needs_quotes(const mb_record_output *output, mb_string string, bool empty)
{
    if (string.length == strlen(output->na) && memcmp(string.bytes, output->na, string.length) == 0)
        return true;
    return string.length == 0 ? empty : has_marks(string, output->separator);
}

static size_t quoted_room(mb_string string)
{
    return 2 * string.length + 2;
}

static char *write_quoted(char *to, mb_string string)
{
    const char *from = string.bytes, *end = from + string.length;
    *to++ = '"';
    for (const char *quote; from < end; from = quote) {
        quote = memchr(from, '"', (size_t)(end - from));
        if (!quote) quote = end;
        memcpy(to, from, (size_t)(quote - from));
        to += quote - from;
        if (quote == end) break;
        *to++ = '"';
        *to++ = '"';
        quote++;
    }
    *to++ = '"';
    return to;
}

// Replaces cells by quoted ones, which are in a buffer.
static mb_status quote_cells(const mb_cells *of, mb_string *cells, int64_t n, mb_buffer **buffer)
{
    const mb_record_output *output = of->output;
    const bool text = of->source->column->type->script == MB_SCRIPT_STRING;
    const bool all = output->quoting == MB_QUOTE_ALL || (text && output->quoting == MB_QUOTE_TEXT);
    size_t room = 0;
    for (int64_t i = 0; i < n; i++)
        room += quoted_room(cells[i]);
    mb_status status = mb_buffer_scratch(of->cx, room, buffer);
    if (status) return status;
    char *to = (*buffer)->data;
    for (int64_t i = 0; i < n; i++) {
        if (!all && !needs_quotes(output, cells[i], of->empty)) continue;
        char *end = write_quoted(to, cells[i]);
        cells[i] = (mb_string){to, (size_t)(end - to)};
        to = end;
    }
    return MB_OK;
}

size_t mb_name_cell_room(const char *name)
{
    return quoted_room((mb_string){name, strlen(name)}) + 8;
}

size_t mb_name_cell(const mb_record_output *output, const char *name, char *to)
{
    const mb_string string = {to, strlen(name)};
    memcpy(to, name, string.length + 1);
    if (output->quoting == MB_QUOTE_NEEDED && !needs_quotes(output, string, true))
        return string.length;
    return (size_t)(write_quoted(to, (mb_string){name, string.length}) - to);
}

// --- Values.

static void load(mb_cells *of, int64_t first, int n)
{
    const mb_column *column = of->source->column;
    const mb_plane *plane = &column->values;
    const char *from = (const char *)plane->data + first * plane->width;
    if (column->type->kind == MB_FLOAT && plane->width == sizeof(float)) {
        for (int i = 0; i < n; i++) {
            const mb_value value = {.f = (double)((const float *)(const void *)from)[i]};
            of->values[i] = value.bits;
        }
    } else {
        const mb_storage_kernels *kernels = mb_storage_kernels_of(of->cx->isa);
        const uint64_t base = plane->width < 8 ? plane->base : 0;
        kernels->convert[mb_width_index(plane->width)][mb_width_index(8)](from, n, base,
                                                                          of->values);
    }
    for (int i = 0; i < n && column->validity.data; i++)
        if (!mb_column_valid(column, first + i)) of->values[i] = 0;
}

// --- Ways to write them, each with a loop of its own.

// Integers below 10^(8 * groups): digits end their slot.
static inline void write_groups(mb_cells *of, int n, int groups)
{
    const bool has_sign = of->source->column->type->kind == MB_INT;
    for (int i = 0; i < n; i++) {
        char *end = of->slots + (i + 1) * INTEGER_SLOT, *begin;
        uint64_t rest = of->values[i];
        const bool negative = has_sign && (int64_t)rest < 0;
        if (negative) rest = 0 - rest;
        begin = end;
        for (int group = groups; group > 0; group--) {
            const uint64_t above = group > 1 ? rest / MB_EIGHT_DIGITS : 0;
            const uint64_t digits = mb_eight_digits((uint32_t)(rest - above * MB_EIGHT_DIGITS));
            char *to = end - 8 * (groups - group + 1);
            mb_put_eight(to, digits);
            if (group == groups || rest) begin = to + mb_zeros_before(digits);
            rest = above;
        }
        if (negative) *--begin = '-';
        of->cells[i] = (mb_string){begin, (size_t)(end - begin)};
    }
}

static void write_short_integers(mb_cells *of, int64_t first, int n)
{
    load(of, first, n);
    write_groups(of, n, 1);
}

static void write_middle_integers(mb_cells *of, int64_t first, int n)
{
    load(of, first, n);
    write_groups(of, n, 2);
}

static void write_integers(mb_cells *of, int64_t first, int n)
{
    load(of, first, n);
    write_groups(of, n, 3);
}

static void write_bools(mb_cells *of, int64_t first, int n)
{
    static const char words[2][MB_SLACK] = {"false", "true"};
    load(of, first, n);
    for (int i = 0; i < n; i++)
        of->cells[i] = (mb_string){words[of->values[i]], 5 - of->values[i]};
}

static void write_floats(mb_cells *of, int64_t first, int n)
{
    double values[MB_CELL_ROWS];
    int lengths[MB_CELL_ROWS];
    load(of, first, n);
    memcpy(values, of->values, sizeof *values * (size_t)n);
    mb_digit_kernels_of(of->cx->isa)->write_floats(values, n, of->slots, lengths);
    for (int i = 0; i < n; i++)
        of->cells[i] = (mb_string){of->slots + i * (ptrdiff_t)of->slot, (size_t)lengths[i]};
}

static void write_times(mb_cells *of, int64_t first, int n)
{
    const int unit = of->source->column->type->unit;
    load(of, first, n);
    for (int i = 0; i < n; i++) {
        char *slot = of->slots + i * (ptrdiff_t)of->slot;
        const int length = mb_time_write(unit, (int64_t)of->values[i], &of->day, slot);
        of->cells[i] = (mb_string){slot, (size_t)length};
    }
}

static void write_addresses(mb_cells *of, int64_t first, int n)
{
    load(of, first, n);
    for (int i = 0; i < n; i++) {
        const mb_address address = mb_address_of_number((uint32_t)of->values[i]);
        char *slot = of->slots + i * (ptrdiff_t)of->slot;
        of->cells[i] = (mb_string){slot, (size_t)mb_address_format(&address, slot)};
    }
}

static void write_any(mb_cells *of, int64_t first, int n)
{
    const mb_type *type = of->source->column->type;
    load(of, first, n);
    for (int i = 0; i < n; i++) {
        char *slot = of->slots + i * (ptrdiff_t)of->slot;
        type->format(type, (mb_value){.bits = of->values[i]}, slot, MB_TEXT_SIZE);
        of->cells[i] = (mb_string){slot, strlen(slot)};
    }
}

// A string of a dictionary as a cell, in a slot where it is an address.
static mb_string cell_of_string(const mb_type *type, mb_string string, char *slot)
{
    mb_address address;
    if (type->script != MB_SCRIPT_STRING && mb_address_of_string(string, &address))
        return (mb_string){slot, (size_t)mb_address_format(&address, slot)};
    return string.length ? string : (mb_string){nothing, 0};
}

static void write_strings(mb_cells *of, int64_t first, int n)
{
    const mb_column *column = of->source->column;
    const mb_dictionary *dictionary = mb_dictionary_of(column->type);
    load(of, first, n);
    for (int i = 0; i < n; i++) {
        mb_string string = {nothing, 0};
        if (of->source->strings)
            string = of->source->strings[first + i];
        else if (mb_column_valid(column, first + i))
            string = mb_dictionary_entry(dictionary, (int64_t)of->values[i]);
        of->cells[i] = cell_of_string(column->type, string, of->slots + i * (ptrdiff_t)of->slot);
    }
}

static void write_entries(mb_cells *of, int64_t first, int n)
{
    const mb_string *entries = of->entries->data;
    load(of, first, n);
    for (int i = 0; i < n; i++)
        of->cells[i] = entries[of->values[i]];
}

// --- Opening.

// Makes a cell of each entry.
static mb_status open_entries(mb_cells *of, const mb_dictionary *dictionary)
{
    const mb_type *type = of->source->column->type;
    const bool text = type->script == MB_SCRIPT_STRING;
    mb_status status;
    MB_TRY(mb_buffer_new_array(of->cx, dictionary->n, sizeof(mb_string), &of->entries));
    if (!text) MB_TRY(mb_buffer_new_array(of->cx, dictionary->n, MB_ADDRESS_SIZE, &of->bytes));
    char *slots = text ? NULL : of->bytes->data;
    mb_string *entries = of->entries->data;
    for (int64_t i = 0; i < dictionary->n; i++)
        entries[i] = cell_of_string(type, mb_dictionary_entry(dictionary, i),
                                    text ? NULL : slots + i * MB_ADDRESS_SIZE);
    if (of->quotes) MB_TRY(quote_cells(of, entries, dictionary->n, &of->quoted));
    of->quotes = false;
done:
    return status;
}

// Loops for integers, by the most digits that one has.
static void choose_integers(mb_cells *of)
{
    const mb_column *column = of->source->column;
    mb_range range;
    uint64_t most = UINT64_MAX;
    if (mb_column_range(column, &range) && !mb_range_empty(column->type->kind, range)) {
        const bool has_sign = column->type->kind == MB_INT;
        most = range.maximum;
        if (has_sign && (int64_t)most < 0) most = 0 - most;
        uint64_t least = range.minimum;
        if (has_sign && (int64_t)least < 0) least = 0 - least;
        if (least > most) most = least;
    }
    const uint64_t eight = MB_EIGHT_DIGITS;
    of->slot = INTEGER_SLOT;
    of->write = most < eight           ? write_short_integers
                : most < eight * eight ? write_middle_integers
                                       : write_integers;
}

static void choose(mb_cells *of)
{
    const mb_type *type = of->source->column->type;
    of->slot = MB_ADDRESS_SIZE;
    if (mb_dictionary_of(type))
        of->write = write_strings;
    else if (type == &mb_type_int || type == &mb_type_uint)
        choose_integers(of);
    else if (type == &mb_type_bool)
        of->write = write_bools;
    else if (type == &mb_type_float) {
        of->write = write_floats;
        of->slot = MB_FLOAT_TEXT;
    } else if (type == &mb_type_ip)
        of->write = write_addresses;
    else if (type->units == &mb_times)
        of->write = write_times;
    else {
        of->write = write_any;
        of->slot = MB_TEXT_SIZE;
    }
}

// What is neither text nor has names that a script gave has letters, digits and signs alone.
static bool may_need_quotes(const mb_record_output *output, const mb_type *type)
{
    const bool names = type->owner && !mb_dictionary_of(type);
    if (output->quoting == MB_QUOTE_ALL || type->script == MB_SCRIPT_STRING || names) return true;
    return *output->na || !strchr(",;|\t ", output->separator);
}

mb_status mb_cells_open(mb_context *cx, const mb_record_output *output,
                        const mb_record_source *source, bool alone, mb_cells *of)
{
    const mb_type *type = source->column->type;
    const mb_dictionary *dictionary = mb_dictionary_of(type);
    mb_status status;
    *of = (mb_cells){.cx = cx, .source = source, .output = output};
    of->quotes = may_need_quotes(output, type);
    of->empty = alone || type->script == MB_SCRIPT_STRING;
    choose(of);
    const size_t row = sizeof(mb_string) + sizeof(uint64_t) + of->slot;
    MB_TRY(mb_buffer_new_array(cx, MB_CELL_ROWS, row, &of->room));
    of->cells = of->room->data;
    of->values = (uint64_t *)(void *)(of->cells + MB_CELL_ROWS);
    of->slots = (char *)(of->values + MB_CELL_ROWS);
    of->missing.length = strlen(output->na);
    MB_TRY(mb_buffer_new(cx, of->missing.length + 2, &of->words));
    of->missing.bytes = memcpy(of->words->data, output->na, of->missing.length + 1);
    if (alone && of->missing.length == 0) {
        memcpy(of->words->data, "\"\"", 2);
        of->missing.length = 2;
    }
    if (!dictionary || dictionary->spread) return MB_OK;
    if (!dictionary->n || dictionary->n > mb_column_rows(source->column) / TIMES_USED) return MB_OK;
    MB_TRY(open_entries(of, dictionary));
    of->write = write_entries;
done:
    return status;
}

mb_status mb_cells_make(mb_cells *of, int64_t first, int n)
{
    const mb_column *column = of->source->column;
    mb_status status = MB_OK;
    of->write(of, first, n);
    if (of->quotes) status = quote_cells(of, of->cells, n, &of->quoted);
    for (int i = 0; i < n && column->validity.data; i++)
        if (!mb_column_valid(column, first + i)) of->cells[i] = of->missing;
    return status;
}

void mb_cells_close(mb_cells *of)
{
    mb_buffer *const buffers[] = {of->room, of->entries, of->bytes, of->quoted, of->words};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
}
