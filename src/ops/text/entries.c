#include "ops/text/entries.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/text/rows.h"
#include "text/string_sort.h"

mb_status mb_text_append(mb_text_output *output, mb_string string)
{
    int64_t more = (int64_t)string.length;
    mb_status status = mb_buffer_reserve(output->cx, &output->bytes, output->length, more, 1);
    if (status) return status;
    if (more) memcpy((char *)output->bytes->data + output->length, string.bytes, string.length);
    output->length += more;
    return MB_OK;
}

// A table for this rank's entries, all missing. A replicated one has room for an entry even where
// there is none: rows that are missing have codes, too.
static mb_status open_table(mb_context *cx, const mb_dictionary *dictionary, int width,
                            mb_map *table)
{
    *table = (mb_map){.n = dictionary->count, .width = width};
    if (!dictionary->spread && table->n == 0) table->n = 1;
    mb_status status = mb_buffer_new_zeroed(cx, table->n, (size_t)width, &table->values);
    return status ? status : mb_buffer_new_zeroed(cx, table->n, 1, &table->valid);
}

static void close_table(mb_map *table)
{
    mb_buffer_release(table->values);
    mb_buffer_release(table->valid);
}

// The column of a table; where all entries are there it has no validity. What no row has is not
// asked, and is as if it were there.
static mb_status give_column(mb_context *cx, mb_status status, const mb_text_rows *rows,
                             const mb_map *table, const mb_type *type, mb_column **result)
{
    mb_map given = *table;
    int64_t n = rows->dictionary ? rows->dictionary->count : 0, missing = 0;
    const uint8_t *valid = status ? NULL : table->valid->data;
    for (int64_t i = 0; i < n && !status; i++)
        missing += !valid[i] && mb_text_row_uses(rows, i);
    if (!missing) given.valid = NULL;
    return mb_text_rows_map(cx, status, rows, &given, type, result);
}

typedef struct measuring {
    mb_text_measure *measure;
    const void *argument;
} measuring;

static mb_status fill_measured(mb_context *cx, void *state, const mb_text_rows *rows, int64_t i,
                               int64_t n, uint64_t *words, uint8_t *valid)
{
    const measuring *by = state;
    mb_status status = MB_OK;
    for (int64_t k = 0; k < n && !status; k++) {
        mb_value value = {0};
        bool there = true;
        status = by->measure(cx, by->argument, mb_text_row_entry(rows, i + k), &value, &there);
        words[k] = value.bits;
        valid[k] = there;
    }
    return status;
}

static mb_status measure_table(mb_context *cx, const mb_text_rows *rows, const mb_type *type,
                               const measuring *by, mb_column **result)
{
    int width = mb_kind_width(type->kind);
    mb_map table = {0};
    mb_status status = open_table(cx, rows->dictionary, width, &table);
    for (int64_t i = 0; i < rows->dictionary->count && !status; i++) {
        mb_value value = {0};
        bool valid = true;
        if (!mb_text_row_uses(rows, i)) continue;
        status = by->measure(cx, by->argument, mb_text_row_entry(rows, i), &value, &valid);
        memcpy((char *)table.values->data + i * width, &value, (size_t)width);
        ((uint8_t *)table.valid->data)[i] = valid;
    }
    status = give_column(cx, status, rows, &table, type, result);
    close_table(&table);
    return status;
}

mb_status mb_text_values(mb_context *cx, mb_column *column, const mb_type *type,
                         mb_text_measure *measure, const void *argument, mb_column **result)
{
    measuring by = {measure, argument};
    mb_text_rows rows;
    mb_status status = mb_text_rows_open(cx, column, &rows);
    if (status) return status;
    status = rows.whole ? mb_text_rows_make(cx, &rows, fill_measured, &by, type, result)
                        : measure_table(cx, &rows, type, &by, result);
    mb_text_rows_close(&rows);
    return status;
}

mb_status mb_text_scan_values(mb_context *cx, mb_column *column, const mb_type *type,
                              mb_text_scan *scan, const void *argument, mb_column **result)
{
    mb_map table = {0};
    mb_text_rows rows;
    mb_status status = mb_text_rows_open(cx, column, &rows);
    if (status) return status;
    status = open_table(cx, rows.dictionary, mb_kind_width(type->kind), &table);
    if (!status) {
        scan(argument, rows.dictionary, table.values->data);
        mb_buffer_release(table.valid);
        table.valid = NULL;
    }
    if (rows.whole)
        status = mb_text_rows_adopt(cx, status, &rows, &table, type, result);
    else
        status = mb_text_rows_map(cx, status, &rows, &table, type, result);
    close_table(&table);
    mb_text_rows_close(&rows);
    return status;
}

// --- Strings.

// What a function makes of the entries of this rank.
typedef struct rewriting {
    const mb_type *model; // of the result's type
    mb_text_rows rows;
    mb_text_output output;
    mb_buffer *offsets; // of the entries' strings in the output: see mb_dictionary_adopt
    mb_map table;       // their codes
    mb_dictionary *made;
} rewriting;

static void set_code(rewriting *all, int64_t i, uint64_t code)
{
    size_t width = (size_t)all->table.width;
    memcpy((char *)all->table.values->data + (size_t)i * width, &code, width); // little-endian
}

static mb_status rewrite_entries(rewriting *all, mb_text_rewrite *rewrite, const void *argument)
{
    mb_status status = MB_OK;
    int64_t n = all->rows.dictionary->count;
    uint64_t *offsets = all->offsets->data;
    uint8_t *valid = all->table.valid->data;
    for (int64_t i = 0; i < n && !status; i++) {
        bool there = true;
        offsets[i + 1] = offsets[i];
        if (!mb_text_row_uses(&all->rows, i)) continue;
        status = rewrite(argument, mb_text_row_entry(&all->rows, i), &all->output, &there);
        offsets[i + 1] = (uint64_t)all->output.length;
        valid[i] = there;
    }
    return status;
}

static mb_string string_at(const rewriting *all, int64_t i)
{
    const uint64_t *at = (const uint64_t *)all->offsets->data + i;
    return (mb_string){(const char *)all->output.bytes->data + at[0], (size_t)(at[1] - at[0])};
}

// Of strings that every rank has made of all entries: a dictionary of the different ones.
static mb_status encode_replicated(mb_context *cx, rewriting *all)
{
    const uint8_t *valid = all->table.valid->data;
    int64_t n = all->rows.dictionary->count, there = 0;
    mb_buffer *strings = NULL, *codes = NULL;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_string), &strings);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &codes);
    if (!status) {
        mb_string *list = strings->data;
        for (int64_t i = 0; i < n; i++)
            if (valid[i]) list[there++] = string_at(all, i);
        status = mb_string_encode(cx, all->model, list, there, codes->data, &all->made);
    }
    const uint64_t *next = status ? NULL : codes->data;
    for (int64_t i = 0; i < n && !status; i++)
        set_code(all, i, valid[i] ? *next++ : 0);
    mb_buffer_release(strings);
    mb_buffer_release(codes);
    return status;
}

// Strings that are too much for every rank: each keeps an even part.
static mb_status encode_parts(mb_context *cx, rewriting *all)
{
    int64_t n = all->rows.dictionary->count;
    int64_t first = mb_even_start(n, mb_nranks(cx), mb_rank(cx));
    int64_t end = mb_even_start(n, mb_nranks(cx), mb_rank(cx) + 1);
    mb_buffer *strings = NULL;
    mb_status status = mb_buffer_new_array(cx, end - first, sizeof(mb_string), &strings);
    for (int64_t i = first; i < end && !status; i++)
        ((mb_string *)strings->data)[i - first] = string_at(all, i);
    for (int64_t i = 0; i < n && !status; i++)
        set_code(all, i, (uint64_t)i);
    if (!status)
        status = mb_dictionary_new_spread(cx, all->model, strings->data, end - first, first, n,
                                          false, &all->made);
    mb_buffer_release(strings);
    return status;
}

// Each entry's string has the entry's place.
static mb_status encode_spread(mb_context *cx, rewriting *all)
{
    const mb_dictionary *from = all->rows.dictionary;
    for (int64_t i = 0; i < from->count; i++)
        set_code(all, i, (uint64_t)(from->first + i));
    const mb_dictionary part = {.model = all->model,
                                .n = from->n,
                                .first = from->first,
                                .count = from->count,
                                .offset_buffer = all->offsets,
                                .byte_buffer = all->output.bytes};
    return mb_dictionary_adopt(cx, part, &all->made);
}

static mb_status encode(mb_context *cx, rewriting *all)
{
    if (all->rows.dictionary->spread) return encode_spread(cx, all);
    return all->output.length > MB_DICTIONARY_BYTES ? encode_parts(cx, all)
                                                    : encode_replicated(cx, all);
}

// Bytes of this rank's entries: most functions make about as many.
static int64_t bytes_of(const mb_dictionary *dictionary)
{
    return (int64_t)(dictionary->offsets[dictionary->count] - dictionary->offsets[0]);
}

mb_status mb_text_entries(mb_context *cx, mb_column *column, const mb_type *model,
                          mb_text_rewrite *rewrite, const void *argument, mb_column **result)
{
    rewriting all = {.model = model, .output = {.cx = cx}};
    mb_status status = mb_text_rows_open(cx, column, &all.rows);
    if (status) return status;
    const mb_dictionary *from = all.rows.dictionary;
    status = open_table(cx, from, from->spread ? 8 : 4, &all.table);
    if (!status) status = mb_buffer_new_zeroed(cx, from->count + 1, 8, &all.offsets);
    if (!status) status = mb_buffer_reserve(cx, &all.output.bytes, 0, bytes_of(from), 1);
    if (!status) status = rewrite_entries(&all, rewrite, argument);
    if (!status) status = encode(cx, &all);
    status =
        give_column(cx, status, &all.rows, &all.table, all.made ? &all.made->type : NULL, result);
    mb_dictionary_release(all.made);
    mb_buffer_release(all.offsets);
    mb_buffer_release(all.output.bytes);
    close_table(&all.table);
    mb_text_rows_close(&all.rows);
    return status;
}

mb_status mb_text_strings(mb_context *cx, mb_column *column, mb_text_rewrite *rewrite,
                          const void *argument, mb_column **result)
{
    return mb_text_entries(cx, column, &mb_type_text, rewrite, argument, result);
}
