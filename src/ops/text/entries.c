#include "ops/text/entries.h"

#include <string.h>

#include "comm/lockstep.h"
#include "expr/expression.h"

mb_status mb_text_append(mb_text_output *output, mb_string string)
{
    int64_t more = (int64_t)string.length;
    mb_status status = mb_buffer_reserve(output->cx, &output->bytes, output->length, more, 1);
    if (status) return status;
    if (more) memcpy((char *)output->bytes->data + output->length, string.bytes, string.length);
    output->length += more;
    return MB_OK;
}

// A table with room for an entry even where there is none: rows that are missing have codes, too.
static mb_status open_map(mb_context *cx, const mb_dictionary *dictionary, int width, mb_map *map)
{
    *map = (mb_map){.n = dictionary->n ? dictionary->n : 1, .width = width};
    mb_status status = mb_buffer_new_zeroed(cx, map->n, (size_t)width, &map->values);
    return status ? status : mb_buffer_new_zeroed(cx, map->n, 1, &map->valid);
}

static void close_map(mb_map *map)
{
    mb_buffer_release(map->values);
    mb_buffer_release(map->valid);
}

// The column, once all ranks have their tables; that of the valid entries goes where all are.
static mb_status give_column(mb_context *cx, mb_status status, mb_column *column, mb_map *map,
                             int64_t ninvalid, const mb_type *type, mb_column **result)
{
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_map given = *map;
    if (!ninvalid) given.valid = NULL;
    return mb_expression_map(cx, column, &given, type, result);
}

mb_status mb_text_values(mb_context *cx, mb_column *column, const mb_type *type,
                         mb_text_measure *measure, const void *argument, mb_column **result)
{
    const mb_dictionary *dictionary = mb_dictionary_of(column->type);
    int width = mb_kind_width(type->kind);
    int64_t ninvalid = 0;
    mb_map map = {0};
    mb_status status = open_map(cx, dictionary, width, &map);
    for (int64_t i = 0; i < dictionary->n && !status; i++) {
        mb_value value = {0};
        bool valid = true;
        status = measure(cx, argument, mb_dictionary_entry(dictionary, i), &value, &valid);
        memcpy((char *)map.values->data + i * width, &value, (size_t)width);
        ((uint8_t *)map.valid->data)[i] = valid;
        ninvalid += !valid;
    }
    status = give_column(cx, status, column, &map, ninvalid, type, result);
    close_map(&map);
    return status;
}

// --- Strings.

// What a function makes of the entries: where each string begins in the bytes, and the next one.
static mb_status rewrite_entries(const mb_dictionary *dictionary, mb_text_rewrite *rewrite,
                                 const void *argument, mb_text_output *output, int64_t *starts,
                                 uint8_t *valid, int64_t *ninvalid)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < dictionary->n && !status; i++) {
        bool there = true;
        starts[i] = output->length;
        status = rewrite(argument, mb_dictionary_entry(dictionary, i), output, &there);
        // Before equal ones have become one there may be several times as much as will stay.
        if (!status) status = mb_dictionary_room(output->cx, 0, (uint64_t)output->length / 8);
        valid[i] = there;
        *ninvalid += !there;
    }
    starts[dictionary->n] = output->length;
    return status;
}

// The dictionary of the strings that were made, and their codes for the valid entries.
static mb_status encode_strings(mb_context *cx, const mb_dictionary *from,
                                const mb_text_output *output, const int64_t *starts,
                                const mb_map *map, mb_dictionary **made)
{
    const uint8_t *valid = map->valid->data;
    uint32_t *codes = map->values->data;
    mb_buffer *memory = NULL, *made_codes = NULL;
    int64_t n = 0;
    mb_status status = mb_buffer_new_array(cx, from->n, sizeof(mb_string), &memory);
    if (!status) status = mb_buffer_new_array(cx, from->n, sizeof(uint32_t), &made_codes);
    if (!status) {
        mb_string *strings = memory->data;
        for (int64_t i = 0; i < from->n; i++)
            if (valid[i])
                strings[n++] = (mb_string){(const char *)output->bytes->data + starts[i],
                                           (size_t)(starts[i + 1] - starts[i])};
        status = mb_dictionary_encode(cx, strings, n, made_codes->data, made);
    }
    const uint32_t *next = status ? NULL : made_codes->data;
    for (int64_t i = 0; i < from->n && !status; i++)
        codes[i] = valid[i] ? *next++ : 0;
    mb_buffer_release(memory);
    mb_buffer_release(made_codes);
    return status;
}

mb_status mb_text_strings(mb_context *cx, mb_column *column, mb_text_rewrite *rewrite,
                          const void *argument, mb_column **result)
{
    const mb_dictionary *from = mb_dictionary_of(column->type);
    mb_text_output output = {.cx = cx};
    mb_buffer *starts = NULL;
    mb_dictionary *made = NULL;
    mb_map map = {0};
    int64_t ninvalid = 0;
    mb_status status = open_map(cx, from, sizeof(uint32_t), &map);
    if (!status) status = mb_buffer_new_array(cx, from->n + 1, sizeof(int64_t), &starts);
    if (!status) status = mb_buffer_reserve(cx, &output.bytes, 0, 1, 1);
    if (!status)
        status = rewrite_entries(from, rewrite, argument, &output, starts->data, map.valid->data,
                                 &ninvalid);
    if (!status) status = encode_strings(cx, from, &output, starts->data, &map, &made);
    status = give_column(cx, status, column, &map, ninvalid, made ? &made->type : NULL, result);
    mb_dictionary_release(made);
    mb_buffer_release(starts);
    mb_buffer_release(output.bytes);
    close_map(&map);
    return status;
}
