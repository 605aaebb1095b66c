#include "text/encode.h"

#include <stdlib.h>
#include <string.h>

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "text/sort.h"
#include "text/string_key.h"

enum {
    FEWEST_BITS = 6,
    SPARSE_BITS = 18,
    MANY = 1 << 16, // strings that have shown whether they come again
    AT_ONCE = 64,   // strings, whose slots are fetched while others are looked up
    ROWS_AT_ONCE = 1 << 10
};
_Static_assert(MB_TEXT_READABLE == (int)MB_KEY_LONGEST, "keys are made of what is readable");

#define MISSING UINT32_MAX // instead of the number of a string

struct mb_text_encoder {
    mb_context *cx;
    const mb_type *model;       // of the column's type
    int64_t n, n_local;         // rows
    mb_buffer *numbers;         // of the string of each row, in the order in which strings came
    mb_buffer *offsets, *bytes; // of entries, the strings that came: see mb_dictionary_adopt
    int64_t nentries, nbytes;
    // 2^bits slots with keys of entries. Linear probes begin at the first slot of a pair, which a
    // cache line has. NULL: strings are no longer looked for, and each row adds one.
    mb_buffer *table;
    int bits;
};

void mb_text_encoder_close(mb_text_encoder *encoder)
{
    if (!encoder) return;
    mb_buffer_release(encoder->numbers);
    mb_buffer_release(encoder->offsets);
    mb_buffer_release(encoder->bytes);
    mb_buffer_release(encoder->table);
    free(encoder);
}

static mb_string string_of(const mb_text_encoder *encoder, int64_t number)
{
    const uint64_t *at = (const uint64_t *)encoder->offsets->data + number;
    return (mb_string){(const char *)encoder->bytes->data + at[0], (size_t)(at[1] - at[0])};
}

static inline uint64_t first_slot(int bits, uint64_t hash)
{
    return hash >> (64 - bits) & ~UINT64_C(1);
}

// The slot of a string, or the free one where it would be.
static mb_string_key *find_slot(const mb_text_encoder *encoder, mb_string string,
                                const mb_string_key *key, uint64_t hash)
{
    mb_string_key *slots = encoder->table->data;
    const uint64_t last = (UINT64_C(1) << encoder->bits) - 1;
    uint64_t at = first_slot(encoder->bits, hash);
    for (; slots[at].number; at = (at + 1) & last) {
        if (!mb_string_key_equal(&slots[at], key)) continue;
        if (string.length <= MB_KEY_LONGEST) break;
        const mb_string other = string_of(encoder, (int64_t)slots[at].number - 1);
        if (other.length == string.length && memcmp(other.bytes, string.bytes, other.length) == 0)
            break;
    }
    return &slots[at];
}

// How many entries a table has room for: few pairs of a small one have to hold more than two.
static int64_t most_entries(int bits)
{
    return INT64_C(1) << (bits - (bits <= SPARSE_BITS ? 2 : 1));
}

static mb_status grow_table(mb_text_encoder *encoder)
{
    mb_buffer *larger;
    const int bits = encoder->bits + 1;
    const uint64_t seed = encoder->cx->hash_multiplier, last = (UINT64_C(1) << bits) - 1;
    mb_status status =
        mb_buffer_new_zeroed(encoder->cx, INT64_C(1) << bits, sizeof(mb_string_key), &larger);
    if (status) return status;
    const mb_string_key *old = encoder->table->data;
    mb_string_key *slots = larger->data;
    for (int64_t i = 0; i < INT64_C(1) << encoder->bits; i++) {
        if (!old[i].number) continue;
        uint64_t at = first_slot(bits, mb_string_key_hash(seed, &old[i]));
        while (slots[at].number)
            at = (at + 1) & last;
        slots[at] = old[i];
    }
    mb_buffer_release(encoder->table);
    encoder->table = larger;
    encoder->bits = bits;
    return MB_OK;
}

// Whether the strings are too many, or too rarely come again, to look for those that came before.
static bool outgrows(const mb_text_encoder *encoder, size_t length)
{
    bool room = encoder->nentries < MB_DICTIONARY_ENTRIES &&
                encoder->nbytes + (int64_t)length <= MB_DICTIONARY_BYTES;
    bool rarely = encoder->nentries >= MANY && encoder->nentries > encoder->n / 4 * 3;
    return !room || rarely;
}

// From here on each row adds a string: there is room for as many as there may be, if they are as
// long as those so far.
static mb_status stop_looking(mb_text_encoder *encoder)
{
    mb_context *cx = encoder->cx;
    int64_t left = encoder->n_local - encoder->n;
    int64_t mean = encoder->nbytes / (encoder->nentries + 1) + 1;
    mb_buffer_release(encoder->table);
    encoder->table = NULL;
    mb_status status =
        mb_buffer_reserve(cx, &encoder->offsets, encoder->nentries + 1, left + 1, sizeof(uint64_t));
    if (status) return status;
    return mb_buffer_reserve(cx, &encoder->bytes, encoder->nbytes, mean * left, 1);
}

mb_status mb_text_encoder_open(mb_context *cx, int64_t n_local, mb_text_storage storage,
                               mb_text_encoder **encoder)
{
    mb_text_encoder *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->model = &mb_type_text;
    made->n_local = n_local;
    made->bits = FEWEST_BITS;
    mb_status status = mb_buffer_new_array(cx, n_local, sizeof(uint32_t), &made->numbers);
    if (!status)
        status = mb_buffer_new_zeroed(cx, 1 << FEWEST_BITS, sizeof(mb_string_key), &made->table);
    if (!status)
        status = mb_buffer_new_zeroed(cx, 1 << FEWEST_BITS, sizeof(uint64_t), &made->offsets);
    if (!status) status = mb_buffer_reserve(cx, &made->bytes, 0, 1 << FEWEST_BITS, 1);
    if (!status && storage == MB_TEXT_SPREAD) status = stop_looking(made);
    if (status)
        mb_text_encoder_close(made);
    else
        *encoder = made;
    return status;
}

void mb_text_encoder_as(mb_text_encoder *encoder, const mb_type *model)
{
    encoder->model = model;
}

mb_status mb_text_encoder_resize(mb_text_encoder *encoder, int64_t n_local)
{
    const int64_t more = n_local - encoder->n;
    mb_status status =
        mb_buffer_reserve(encoder->cx, &encoder->numbers, encoder->n, more, sizeof(uint32_t));
    if (!status) encoder->n_local = n_local;
    return status;
}

// Makes room for n more strings with so many bytes.
static mb_status reserve(mb_text_encoder *encoder, int64_t n, size_t bytes)
{
    mb_context *cx = encoder->cx;
    mb_status status = mb_buffer_reserve(cx, &encoder->offsets, encoder->nentries + 1, n, 8);
    if (status) return status;
    return mb_buffer_reserve(cx, &encoder->bytes, encoder->nbytes, (int64_t)bytes, 1);
}

// Appends a string to those that came; there is room.
static inline void copy_string(mb_text_encoder *encoder, mb_string string, bool readable)
{
    char *to = (char *)encoder->bytes->data + encoder->nbytes;
    if (readable && string.length <= MB_TEXT_READABLE)
        memcpy(to, string.bytes, MB_TEXT_READABLE); // into the slack, where it is the last
    else if (string.length)
        memcpy(to, string.bytes, string.length);
    encoder->nbytes += (int64_t)string.length;
    encoder->nentries++;
    ((uint64_t *)encoder->offsets->data)[encoder->nentries] = (uint64_t)encoder->nbytes;
}

// Adds a string that no slot has.
static mb_status add_entry(mb_text_encoder *encoder, mb_string string, const mb_string_key *key,
                           uint64_t hash)
{
    mb_status status = MB_OK;
    if (encoder->table && outgrows(encoder, string.length)) status = stop_looking(encoder);
    if (!status && encoder->table && encoder->nentries >= most_entries(encoder->bits))
        status = grow_table(encoder);
    if (!status) status = reserve(encoder, 1, string.length);
    if (status) return status;
    if (encoder->table) {
        mb_string_key *slot = find_slot(encoder, string, key, hash);
        *slot = *key;
        slot->number = (uint32_t)encoder->nentries + 1;
    }
    copy_string(encoder, string, false);
    return MB_OK;
}

// Appends a row; the key and hash of its string where strings are looked for.
static mb_status append(mb_text_encoder *encoder, mb_string string, const mb_string_key *key,
                        uint64_t hash)
{
    uint32_t number = 0, *numbers = encoder->numbers->data;
    if (encoder->table) number = find_slot(encoder, string, key, hash)->number;
    if (!number) {
        mb_status status = add_entry(encoder, string, key, hash);
        if (status) return status;
        number = (uint32_t)encoder->nentries;
    }
    numbers[encoder->n++] = number - 1;
    return MB_OK;
}

static void append_missing(mb_text_encoder *encoder)
{
    ((uint32_t *)encoder->numbers->data)[encoder->n++] = MISSING;
}

mb_status mb_text_encoder_append(mb_text_encoder *encoder, mb_string string)
{
    const uint64_t seed = encoder->cx->hash_multiplier;
    mb_string_key key = {0};
    if (encoder->n == encoder->n_local)
        return mb_fail(encoder->cx, MB_EINVALID, "more rows than the column has");
    if (!string.bytes) {
        append_missing(encoder);
        return MB_OK;
    }
    if (encoder->table) key = mb_string_key_of(seed, string, false);
    return append(encoder, string, &key, mb_string_key_hash(seed, &key));
}

int64_t mb_text_encoder_number(const mb_text_encoder *encoder)
{
    return encoder->table ? (int64_t)((const uint32_t *)encoder->numbers->data)[encoder->n - 1]
                          : -1;
}

void mb_text_encoder_again(mb_text_encoder *encoder, int64_t number)
{
    ((uint32_t *)encoder->numbers->data)[encoder->n++] = (uint32_t)number;
}

// By eight bytes at once, where they are many.
mb_string mb_text_trim(mb_string string, char pad)
{
    uint64_t word, pads = UINT64_C(0x0101010101010101) * (unsigned char)pad;
    for (; string.length >= sizeof word; string.length -= sizeof word) {
        memcpy(&word, string.bytes + string.length - sizeof word, sizeof word);
        if (word == pads) continue;
        if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) break;
        string.length -= (size_t)__builtin_clzll(word ^ pads) / 8;
        return string;
    }
    while (string.length > 0 && string.bytes[string.length - 1] == pad)
        string.length--;
    return string;
}

// What the first two slots have of a short string: one more than its number, or 0.
static inline uint32_t peek(const mb_text_encoder *encoder, const mb_string_key *key, uint64_t hash)
{
    const mb_string_key *pair =
        (mb_string_key *)encoder->table->data + first_slot(encoder->bits, hash);
    const uint32_t first = 0 - (uint32_t)mb_string_key_equal(&pair[0], key);
    const uint32_t second = 0 - (uint32_t)mb_string_key_equal(&pair[1], key);
    return key->length > MB_KEY_LONGEST ? 0 : (first & pair[0].number) | (second & pair[1].number);
}

// Appends up to AT_ONCE rows, as long as strings are looked for; `*done` of them.
static mb_status look_up(mb_text_encoder *encoder, const mb_string *strings, int64_t n,
                         int64_t *done)
{
    mb_string_key keys[AT_ONCE];
    uint64_t hashes[AT_ONCE];
    const uint64_t seed = encoder->cx->hash_multiplier;
    uint32_t *numbers = encoder->numbers->data;
    mb_status status = MB_OK;
    int64_t i = 0;
    for (int64_t k = 0; k < n; k++) {
        if (!strings[k].bytes) continue;
        keys[k] = mb_string_key_of(seed, strings[k], true);
        hashes[k] = mb_string_key_hash(seed, &keys[k]);
        __builtin_prefetch((mb_string_key *)encoder->table->data +
                           first_slot(encoder->bits, hashes[k]));
    }
    for (; i < n && encoder->table && !status; i++) {
        const uint32_t number = strings[i].bytes ? peek(encoder, &keys[i], hashes[i]) : 0;
        if (number)
            numbers[encoder->n++] = number - 1;
        else if (strings[i].bytes)
            status = append(encoder, strings[i], &keys[i], hashes[i]);
        else
            append_missing(encoder);
    }
    *done = i;
    return status;
}

// Appends rows, each with a string of its own.
static mb_status copy(mb_text_encoder *encoder, const mb_string *strings, int64_t n)
{
    uint32_t *numbers = encoder->numbers->data;
    size_t bytes = 0;
    for (int64_t i = 0; i < n; i++)
        bytes += strings[i].length;
    mb_status status = reserve(encoder, n, bytes);
    for (int64_t i = 0; i < n && !status; i++) {
        numbers[encoder->n++] = strings[i].bytes ? (uint32_t)encoder->nentries : MISSING;
        if (strings[i].bytes) copy_string(encoder, strings[i], true);
    }
    return status;
}

mb_status mb_text_encoder_append_all(mb_text_encoder *encoder, const mb_string *strings, int64_t n,
                                     bool padded)
{
    mb_string trimmed[AT_ONCE];
    mb_status status = MB_OK;
    int64_t i = 0, done;
    if (n > encoder->n_local - encoder->n)
        return mb_fail(encoder->cx, MB_EINVALID, "more rows than the column has");
    for (; i < n && !status; i += done) {
        const mb_string *some = strings + i;
        done = n - i < AT_ONCE ? n - i : AT_ONCE;
        for (int64_t k = 0; padded && k < done; k++)
            trimmed[k] = mb_text_trim(some[k], '\0');
        if (padded) some = trimmed;
        status = encoder->table ? look_up(encoder, some, done, &done) : copy(encoder, some, done);
    }
    return status;
}

// --- The dictionary of all ranks' strings.

// That of strings in the order in which they came, which may be there several times; `*before` of
// them are on lower ranks.
static mb_status spread_entries(const mb_text_encoder *encoder, int64_t *before,
                                mb_dictionary **dictionary)
{
    mb_context *cx = encoder->cx;
    int64_t n = encoder->nentries, all;
    mb_sum_before(cx, &n, 1, before);
    mb_sum_all(cx, &n, 1, &all);
    const mb_dictionary part = {.model = encoder->model,
                                .n = all,
                                .first = *before,
                                .count = n,
                                .offset_buffer = encoder->offsets,
                                .byte_buffer = encoder->bytes};
    return mb_dictionary_adopt(cx, part, dictionary);
}

// That of the different strings, sorted; codes[i] is that of the i-th that came.
static mb_status sort_entries(const mb_text_encoder *encoder, const mb_layout *layout,
                              mb_buffer **codes, mb_dictionary **dictionary)
{
    mb_context *cx = encoder->cx;
    int64_t n = encoder->nentries;
    mb_buffer *list = NULL;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(uint64_t), codes);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &list);
    for (int64_t i = 0; i < n && !status; i++)
        ((mb_string *)list->data)[i] = string_of(encoder, i);
    const mb_text_wanted wanted = {encoder->model, MB_TEXT_CHOOSE, layout->n_global};
    status = mb_text_sort(cx, status, wanted, status ? NULL : list->data, n,
                          status ? NULL : (*codes)->data, dictionary);
    mb_buffer_release(list);
    return status;
}

// Rows' codes: those of a list, or, where there is none, the numbers of their strings from
// `before`.
static mb_status append_codes(const mb_text_encoder *encoder, const uint64_t *codes, int64_t before,
                              mb_builder *builder)
{
    mb_status status = MB_OK;
    uint64_t words[ROWS_AT_ONCE];
    uint8_t valid[ROWS_AT_ONCE];
    const uint32_t *numbers = encoder->numbers->data;
    for (int64_t first = 0; first < encoder->n && !status; first += ROWS_AT_ONCE) {
        int64_t n = encoder->n - first < ROWS_AT_ONCE ? encoder->n - first : ROWS_AT_ONCE;
        for (int64_t i = 0; i < n; i++) {
            valid[i] = numbers[first + i] != MISSING;
            uint64_t number = valid[i] ? numbers[first + i] : 0;
            words[i] = !valid[i] ? 0 : codes ? codes[number] : number + (uint64_t)before;
        }
        status = mb_builder_append_words(builder, words, valid, n);
    }
    return status;
}

mb_status mb_text_encoder_finish(mb_context *cx, mb_status status, mb_text_encoder *encoder,
                                 mb_layout *layout, int index, mb_column **column)
{
    mb_buffer *codes = NULL;
    mb_dictionary *dictionary = NULL;
    mb_builder *builder = NULL;
    int64_t before = 0;
    mb_payload ranks = {.count = !status && !encoder->table}; // those that have outgrown theirs
    MB_TRY(mb_step(cx, status, &ranks));
    if (ranks.count > 0)
        status = spread_entries(encoder, &before, &dictionary);
    else
        MB_TRY(sort_entries(encoder, layout, &codes, &dictionary));
    if (!status) {
        mb_range guess = {0, dictionary->n ? (uint64_t)dictionary->n - 1 : 0};
        status = mb_builder_open(cx, &dictionary->type, encoder->n_local, &guess, 8, &builder);
    }
    if (!status) status = append_codes(encoder, codes ? codes->data : NULL, before, builder);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_builder_finish(cx, &builder, 1, &layout, index, column);
done:
    mb_buffer_release(codes);
    mb_builder_close(builder);
    mb_dictionary_release(dictionary);
    return status;
}
