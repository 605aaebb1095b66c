#include "types/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

int mb_string_compare(mb_string a, mb_string b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared ? memcmp(a.bytes, b.bytes, shared) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

int64_t mb_string_bytes(const mb_string *strings, int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (int64_t)strings[i].length;
    return sum;
}

void mb_string_pack(const mb_string *strings, int64_t n, int64_t *lengths, char *bytes)
{
    for (int64_t i = 0; i < n; bytes += lengths[i++]) {
        lengths[i] = (int64_t)strings[i].length;
        if (lengths[i]) memcpy(bytes, strings[i].bytes, strings[i].length);
    }
}

void mb_string_unpack(const int64_t *lengths, const char *bytes, int64_t n, mb_string *strings)
{
    for (int64_t i = 0; i < n; bytes += lengths[i++])
        strings[i] = (mb_string){bytes, (size_t)lengths[i]};
}

mb_string mb_string_strip(mb_string string)
{
    while (string.length && mb_is_blank(string.bytes[0]))
        string = (mb_string){string.bytes + 1, string.length - 1};
    while (string.length && mb_is_blank(string.bytes[string.length - 1]))
        string.length--;
    return string;
}

static uint64_t hash_entries(const mb_dictionary *dictionary)
{
    uint64_t hash = mb_hash_word(mb_type_hash(&dictionary->type), (uint64_t)dictionary->n);
    hash = mb_hash_bytes(hash, dictionary->offsets, (size_t)(dictionary->n + 1) * 8);
    return mb_hash_bytes(hash, dictionary->bytes, (size_t)dictionary->offsets[dictionary->n]);
}

mb_status mb_dictionary_room(mb_context *cx, int64_t n, uint64_t nbytes)
{
    if (n <= 1) return MB_OK;
    if (n <= MB_DICTIONARY_ENTRIES && nbytes <= MB_DICTIONARY_BYTES) return MB_OK;
    return mb_fail(cx, MB_EINVALID,
                   "a dictionary of text has at most %d different strings, of %d bytes in all; "
                   "without {dictionary = true} a column has any number",
                   (int)MB_DICTIONARY_ENTRIES, (int)MB_DICTIONARY_BYTES);
}

// A dictionary as `like`, whose buffers are retained.
static mb_status make(mb_context *cx, const mb_dictionary *like, mb_dictionary **dictionary)
{
    mb_dictionary *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    *made = *like;
    made->type = *made->model;
    made->type.hold = mb_dictionary_hold;
    made->type.owner = made;
    made->references = 1;
    made->offsets = mb_buffer_retain(made->offset_buffer)->data;
    made->bytes = mb_buffer_retain(made->byte_buffer)->data;
    made->hash = made->spread ? mb_hash_word(mb_type_hash(&made->type), (uint64_t)made->n)
                              : hash_entries(made);
    *dictionary = made;
    return MB_OK;
}

// A buffer in small memory, which the ranks are sure to have outside of operations.
static mb_status new_small(mb_context *cx, size_t size, mb_buffer **buffer)
{
    void *data = mb_allocate_aligned(cx, size + MB_SLACK);
    if (!data) return MB_EMEMORY;
    mb_status status = mb_buffer_borrow(cx, data, size, free, data, buffer);
    if (status) free(data);
    return status;
}

// Memory for n entries of so many bytes in all; that of a string beside a column is small.
static mb_status new_buffers(mb_context *cx, int64_t n, size_t size, mb_dictionary *made)
{
    size_t table = (size_t)(n + 1) * sizeof(uint64_t);
    bool small = n == 1 && !made->spread;
    mb_status status = small ? new_small(cx, table, &made->offset_buffer)
                             : mb_buffer_new(cx, table, &made->offset_buffer);
    if (status) return status;
    return small ? new_small(cx, size, &made->byte_buffer)
                 : mb_buffer_new(cx, size, &made->byte_buffer);
}

// A dictionary as `like`, whose entries are copied.
static mb_status copy(mb_context *cx, const mb_string *strings, mb_dictionary like,
                      mb_dictionary **dictionary)
{
    int64_t n = like.count;
    mb_status status = new_buffers(cx, n, (size_t)mb_string_bytes(strings, n), &like);
    if (!status) {
        uint64_t *offsets = like.offset_buffer->data;
        char *bytes = like.byte_buffer->data;
        offsets[0] = 0;
        for (int64_t i = 0; i < n; i++) {
            if (strings[i].length) memcpy(bytes + offsets[i], strings[i].bytes, strings[i].length);
            offsets[i + 1] = offsets[i] + strings[i].length;
        }
        status = make(cx, &like, dictionary);
    }
    mb_buffer_release(like.offset_buffer);
    mb_buffer_release(like.byte_buffer);
    return status;
}

mb_status mb_dictionary_new(mb_context *cx, const mb_type *model, const mb_string *strings,
                            int64_t n, mb_dictionary **dictionary)
{
    mb_status status = mb_dictionary_room(cx, n, (uint64_t)mb_string_bytes(strings, n));
    if (status) return status;
    const mb_dictionary all = {.model = model, .n = n, .count = n, .sorted = true};
    return copy(cx, strings, all, dictionary);
}

mb_status mb_dictionary_new_spread(mb_context *cx, const mb_type *model, const mb_string *strings,
                                   int64_t count, int64_t first, int64_t n, bool sorted,
                                   mb_dictionary **dictionary)
{
    const mb_dictionary part = {
        .model = model, .n = n, .first = first, .count = count, .spread = true, .sorted = sorted};
    return copy(cx, strings, part, dictionary);
}

mb_status mb_dictionary_adopt(mb_context *cx, mb_dictionary part, mb_dictionary **dictionary)
{
    part.spread = true;
    return make(cx, &part, dictionary);
}

void mb_dictionary_hold(void *dictionary, int change)
{
    if (change > 0)
        mb_dictionary_retain(dictionary);
    else
        mb_dictionary_release(dictionary);
}

mb_dictionary *mb_dictionary_of(const mb_type *type)
{
    return type->hold == mb_dictionary_hold ? type->owner : NULL;
}

uint64_t mb_type_identity(const mb_type *type)
{
    const mb_dictionary *dictionary = mb_dictionary_of(type);
    if (type->identity) return type->identity;
    return dictionary ? dictionary->hash : mb_type_hash(type);
}

mb_dictionary *mb_dictionary_retain(mb_dictionary *dictionary)
{
    if (dictionary) dictionary->references++;
    return dictionary;
}

void mb_dictionary_release(mb_dictionary *dictionary)
{
    if (!dictionary || --dictionary->references > 0) return;
    mb_buffer_release(dictionary->offset_buffer);
    mb_buffer_release(dictionary->byte_buffer);
    free(dictionary);
}

int64_t mb_dictionary_find(const mb_dictionary *dictionary, mb_string string, bool *found)
{
    int64_t low = 0, high = dictionary->n;
    *found = false;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int order = mb_string_compare(mb_dictionary_entry(dictionary, middle), string);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// --- Uniting.

int64_t mb_string_merge(const mb_string *a, int64_t n_a, const mb_string *b, int64_t n_b,
                        mb_string *merged)
{
    int64_t i = 0, j = 0, n = 0;
    while (i < n_a && j < n_b) {
        int order = mb_string_compare(a[i], b[j]);
        merged[n++] = order <= 0 ? a[i] : b[j];
        i += order <= 0;
        j += order >= 0;
    }
    while (i < n_a)
        merged[n++] = a[i++];
    while (j < n_b)
        merged[n++] = b[j++];
    return n;
}

static mb_string *list_entries(const mb_dictionary *dictionary, mb_string *list)
{
    for (int64_t i = 0; i < dictionary->n; i++)
        list[i] = mb_dictionary_entry(dictionary, i);
    return list;
}

static mb_status unite_two(mb_context *cx, mb_dictionary *a, const mb_dictionary *b,
                           mb_dictionary **united)
{
    mb_buffer *list;
    mb_status status = mb_buffer_new_array(cx, 2 * (a->n + b->n), sizeof(mb_string), &list);
    if (status) return status;
    mb_string *merged = list->data, *entries = merged + a->n + b->n;
    int64_t n = mb_string_merge(list_entries(a, entries), a->n, list_entries(b, entries + a->n),
                                b->n, merged);
    if (n == a->n)
        *united = mb_dictionary_retain(a);
    else
        status = mb_dictionary_new(cx, a->model, merged, n, united);
    mb_buffer_release(list);
    return status;
}

void mb_dictionary_codes(const mb_dictionary *part, const mb_dictionary *whole, uint32_t *codes)
{
    int64_t at = 0;
    for (int64_t i = 0; i < part->n; i++) {
        mb_string entry = mb_dictionary_entry(part, i);
        while (mb_string_compare(mb_dictionary_entry(whole, at), entry) != 0)
            at++;
        codes[i] = (uint32_t)at++;
    }
}

mb_status mb_dictionary_unite(mb_context *cx, mb_dictionary *const *dictionaries, int64_t n,
                              uint32_t *const *codes, mb_dictionary **united)
{
    mb_dictionary *all = mb_dictionary_retain(dictionaries[0]), *more = NULL;
    // NOLINTBEGIN(clang-analyzer-unix.Malloc): the caller has a reference to each of those given
    for (int64_t i = 1; i < n; i++) {
        if (dictionaries[i] == all) continue;
        mb_status status = unite_two(cx, all, dictionaries[i], &more);
        mb_dictionary_release(all);
        if (status) return status;
        all = more;
    }
    for (int64_t i = 0; i < n; i++)
        mb_dictionary_codes(dictionaries[i], all, codes[i]);
    // NOLINTEND(clang-analyzer-unix.Malloc)
    *united = all;
    return MB_OK;
}
