#include "ops/text/search.h"

#include <string.h>

#include "core/hash.h"
#include "ops/text/entries.h"

static const char *find(mb_string in, mb_string string)
{
    return string.length ? memmem(in.bytes, in.length, string.bytes, string.length) : in.bytes;
}

// Marks the entries that have the string, which has bytes. It is looked for in all of them at once,
// as they lie one after another: an entry may end within what is found.
static void mark_entries(const void *argument, const mb_dictionary *dictionary, void *values)
{
    const mb_string *string = argument;
    const uint64_t *offsets = dictionary->offsets;
    const char *bytes = dictionary->bytes, *at = bytes, *end = bytes + offsets[dictionary->count];
    uint8_t *has = values;
    int64_t entry = 0;
    while ((at = memmem(at, (size_t)(end - at), string->bytes, string->length)) != NULL) {
        int64_t past = dictionary->count;
        while (past - entry > 1) {
            int64_t middle = entry + (past - entry) / 2;
            if (bytes + offsets[middle] <= at)
                entry = middle;
            else
                past = middle;
        }
        has[entry] = at + string->length <= bytes + offsets[entry + 1];
        at = has[entry] ? bytes + offsets[entry + 1] : at + 1;
    }
}

static void mark_all(const void *argument, const mb_dictionary *dictionary, void *values)
{
    (void)argument;
    memset(values, 1, (size_t)dictionary->count);
}

static bool equals_at(mb_string in, size_t at, mb_string string)
{
    return memcmp(in.bytes + at, string.bytes, string.length) == 0;
}

static mb_status startswith(mb_context *cx, const void *argument, mb_string in, mb_value *value,
                            bool *valid)
{
    const mb_string *string = argument;
    (void)cx;
    (void)valid;
    value->b = in.length >= string->length && equals_at(in, 0, *string);
    return MB_OK;
}

static mb_status endswith(mb_context *cx, const void *argument, mb_string in, mb_value *value,
                          bool *valid)
{
    const mb_string *string = argument;
    (void)cx;
    (void)valid;
    value->b = in.length >= string->length && equals_at(in, in.length - string->length, *string);
    return MB_OK;
}

static mb_status count(mb_context *cx, const void *argument, mb_string in, mb_value *value,
                       bool *valid)
{
    const mb_string *string = argument;
    (void)cx;
    (void)valid;
    value->i = string->length ? 0 : (int64_t)in.length + 1;
    if (!string->length) return MB_OK;
    for (const char *at; (at = find(in, *string)) != NULL; value->i++) {
        size_t past = (size_t)(at - in.bytes) + string->length;
        in = (mb_string){in.bytes + past, in.length - past};
    }
    return MB_OK;
}

static mb_status find_first(mb_context *cx, const void *argument, mb_string in, mb_value *value,
                            bool *valid)
{
    const char *at = find(in, *(const mb_string *)argument);
    (void)cx;
    *valid = at != NULL;
    value->i = at ? at - in.bytes + 1 : 0;
    return MB_OK;
}

static void measure_entries(const void *argument, const mb_dictionary *dictionary, void *values)
{
    int64_t *lengths = values;
    (void)argument;
    for (int64_t i = 0; i < dictionary->count; i++)
        lengths[i] = (int64_t)(dictionary->offsets[i + 1] - dictionary->offsets[i]);
}

static mb_status hash(mb_context *cx, const void *argument, mb_string in, mb_value *value,
                      bool *valid)
{
    (void)cx;
    (void)argument;
    (void)valid;
    value->u = mb_hash_bytes(0, in.bytes, in.length);
    return MB_OK;
}

mb_status mb_text_search_for(mb_context *cx, mb_column *column, mb_text_search search,
                             mb_string string, mb_column **result)
{
    static mb_text_measure *const measures[MB_TEXT_SEARCHES] = {NULL, startswith, endswith, count,
                                                                find_first};
    const mb_type *type = search < MB_TEXT_COUNT ? &mb_type_bool : &mb_type_int;
    if (search == MB_TEXT_CONTAINS)
        return mb_text_scan_values(cx, column, type, string.length ? mark_entries : mark_all,
                                   &string, result);
    return mb_text_values(cx, column, type, measures[search], &string, result);
}

mb_status mb_text_length(mb_context *cx, mb_column *column, mb_column **result)
{
    return mb_text_scan_values(cx, column, &mb_type_int, measure_entries, NULL, result);
}

mb_status mb_text_hash(mb_context *cx, mb_column *column, mb_column **result)
{
    return mb_text_values(cx, column, &mb_type_uint, hash, NULL, result);
}

typedef struct comparison {
    mb_operator op;
    mb_string string;
} comparison;

static bool equals(mb_string a, mb_string b)
{
    return a.length == b.length && (!a.length || memcmp(a.bytes, b.bytes, a.length) == 0);
}

static void compare_entries(const void *argument, const mb_dictionary *dictionary, void *values)
{
    const comparison *with = argument;
    const mb_string string = with->string;
    const bool less = with->op == MB_LT || with->op == MB_LE;
    bool *result = values;
    for (int64_t i = 0; i < dictionary->count; i++) {
        mb_string entry = mb_dictionary_entry(dictionary, dictionary->first + i);
        if (with->op == MB_EQ || with->op == MB_NE) {
            result[i] = equals(entry, string) == (with->op == MB_EQ);
            continue;
        }
        int order = mb_string_compare(entry, string);
        result[i] = order == 0 ? with->op == MB_LE || with->op == MB_GE : (order < 0) == less;
    }
}

mb_status mb_text_compare(mb_context *cx, mb_column *column, mb_operator op, mb_string string,
                          mb_column **result)
{
    const comparison with = {op, string};
    return mb_text_scan_values(cx, column, &mb_type_bool, compare_entries, &with, result);
}
