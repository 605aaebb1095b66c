#include "text/encode.h"

#include <stdlib.h>
#include <string.h>

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "text/recent.h"
#include "text/sort.h"

enum {
    FEWEST_SLOTS = 1 << 8,
    MANY = 1 << 16, // strings that have shown whether they come again
    ROWS_AT_ONCE = 1 << 10
};

#define MISSING UINT32_MAX // instead of the number of a string

struct mb_text_encoder {
    mb_context *cx;
    const mb_type *model;       // of the column's type
    int64_t n, n_local;         // rows
    mb_buffer *numbers;         // of the string of each row, in the order in which strings came
    mb_buffer *offsets, *bytes; // of entries, the strings that came: see mb_dictionary_adopt
    int64_t nentries, nbytes;
    // Slots, 2^bits: the number of an entry and 1, or 0; linear probes. NULL: strings are no longer
    // looked for, and each row adds one.
    mb_buffer *table, *hashes; // of the entries
    int bits;
    mb_recent recent; // of what is in the table
};

void mb_text_encoder_close(mb_text_encoder *encoder)
{
    if (!encoder) return;
    mb_buffer_release(encoder->numbers);
    mb_buffer_release(encoder->offsets);
    mb_buffer_release(encoder->hashes);
    mb_buffer_release(encoder->bytes);
    mb_buffer_release(encoder->table);
    mb_recent_close(&encoder->recent);
    free(encoder);
}

static mb_string string_of(const mb_text_encoder *encoder, int64_t number)
{
    const uint64_t *at = (const uint64_t *)encoder->offsets->data + number;
    return (mb_string){(const char *)encoder->bytes->data + at[0], (size_t)(at[1] - at[0])};
}

// The slot of a string, or the free one where it would be.
static uint32_t *find_slot(const mb_text_encoder *encoder, mb_string string, uint64_t hash)
{
    uint32_t *slots = encoder->table->data;
    uint64_t last = (UINT64_C(1) << encoder->bits) - 1, at = hash & last;
    for (; slots[at]; at = (at + 1) & last) {
        int64_t number = (int64_t)slots[at] - 1;
        if (((const uint64_t *)encoder->hashes->data)[number] != hash) continue;
        mb_string other = string_of(encoder, number);
        if (other.length == string.length && memcmp(other.bytes, string.bytes, other.length) == 0)
            break;
    }
    return &slots[at];
}

static mb_status grow_table(mb_text_encoder *encoder)
{
    mb_buffer *larger;
    int bits = encoder->bits + 1;
    mb_status status =
        mb_buffer_new_zeroed(encoder->cx, INT64_C(1) << bits, sizeof(uint32_t), &larger);
    if (status) return status;
    mb_buffer_release(encoder->table);
    encoder->table = larger;
    encoder->bits = bits;
    uint32_t *slots = larger->data;
    const uint64_t *hashes = encoder->hashes->data;
    uint64_t last = (UINT64_C(1) << bits) - 1;
    for (int64_t i = 0; i < encoder->nentries; i++) {
        uint64_t at = hashes[i] & last;
        while (slots[at])
            at = (at + 1) & last;
        slots[at] = (uint32_t)i + 1;
    }
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
    mb_buffer_release(encoder->hashes);
    encoder->table = encoder->hashes = NULL;
    mb_recent_close(&encoder->recent);
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
    made->bits = mb_bit_length(FEWEST_SLOTS) - 1;
    mb_status status = mb_buffer_new_array(cx, n_local, sizeof(uint32_t), &made->numbers);
    if (!status) status = mb_buffer_new_zeroed(cx, FEWEST_SLOTS, sizeof(uint32_t), &made->table);
    if (!status) status = mb_buffer_new_zeroed(cx, FEWEST_SLOTS, sizeof(uint64_t), &made->offsets);
    if (!status) status = mb_buffer_reserve(cx, &made->bytes, 0, FEWEST_SLOTS, 1);
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

// Appends a string to those that came.
static mb_status copy_string(mb_text_encoder *encoder, mb_string string)
{
    mb_context *cx = encoder->cx;
    mb_status status = mb_buffer_reserve(cx, &encoder->offsets, encoder->nentries + 1, 1, 8);
    if (!status)
        status = mb_buffer_reserve(cx, &encoder->bytes, encoder->nbytes, (int64_t)string.length, 1);
    if (status) return status;
    if (string.length)
        memcpy((char *)encoder->bytes->data + encoder->nbytes, string.bytes, string.length);
    encoder->nbytes += (int64_t)string.length;
    encoder->nentries++;
    ((uint64_t *)encoder->offsets->data)[encoder->nentries] = (uint64_t)encoder->nbytes;
    return MB_OK;
}

static mb_status add_entry(mb_text_encoder *encoder, mb_string string, uint64_t hash)
{
    mb_context *cx = encoder->cx;
    mb_status status = MB_OK;
    if (encoder->table && outgrows(encoder, string.length)) status = stop_looking(encoder);
    if (!status && encoder->table && 4 * (encoder->nentries + 1) > INT64_C(3) << encoder->bits)
        status = grow_table(encoder);
    if (!status && encoder->table)
        status = mb_buffer_reserve(cx, &encoder->hashes, encoder->nentries, 1, sizeof hash);
    if (!status) status = copy_string(encoder, string);
    if (status || !encoder->table) return status;
    ((uint64_t *)encoder->hashes->data)[encoder->nentries - 1] = hash;
    *find_slot(encoder, string, hash) = (uint32_t)encoder->nentries;
    return MB_OK;
}

mb_status mb_text_encoder_append(mb_text_encoder *encoder, mb_string string)
{
    if (encoder->n == encoder->n_local)
        return mb_fail(encoder->cx, MB_EINVALID, "more rows than the column has");
    uint32_t *numbers = encoder->numbers->data, slot = 0;
    if (!string.bytes) {
        numbers[encoder->n++] = MISSING;
        return MB_OK;
    }
    uint64_t hash = 0;
    if (encoder->table) {
        hash = mb_hash_bytes(encoder->cx->hash_multiplier, string.bytes, string.length);
        slot = *find_slot(encoder, string, hash);
    }
    if (!slot) {
        mb_status status = add_entry(encoder, string, hash);
        if (status) return status;
        slot = (uint32_t)encoder->nentries;
    }
    numbers[encoder->n++] = slot - 1;
    return MB_OK;
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

static mb_status append(mb_text_encoder *encoder, mb_string string, bool padded)
{
    return mb_text_encoder_append(encoder, padded ? mb_text_trim(string, '\0') : string);
}

// Appends up to MB_RECENT_BATCH rows, as long as strings are looked for; `*done` of them.
static mb_status append_batch(mb_text_encoder *encoder, const mb_string *strings, int64_t n,
                              bool padded, int64_t *done)
{
    mb_recent_string keys[MB_RECENT_BATCH], *pairs[MB_RECENT_BATCH];
    uint32_t *numbers = encoder->numbers->data;
    mb_status status = MB_OK;
    int64_t i = 0;
    mb_recent_find(&encoder->recent, strings, n, keys, pairs);
    for (; i < n && encoder->table && !status; i++) {
        uint32_t number = pairs[i] ? mb_recent_number(pairs[i], &keys[i]) : 0;
        if (number > 0) {
            numbers[encoder->n++] = number - 1;
            continue;
        }
        status = append(encoder, strings[i], padded);
        if (!status && pairs[i] && encoder->table)
            mb_recent_note(pairs[i], &keys[i], numbers[encoder->n - 1]);
    }
    *done = i;
    return status;
}

mb_status mb_text_encoder_append_all(mb_text_encoder *encoder, const mb_string *strings, int64_t n,
                                     bool padded)
{
    mb_status status = MB_OK;
    int64_t i = 0, done;
    if (n > encoder->n_local - encoder->n)
        return mb_fail(encoder->cx, MB_EINVALID, "more rows than the column has");
    if (encoder->table && !encoder->recent.slots)
        status = mb_recent_open(encoder->cx, encoder->n_local, &encoder->recent);
    for (; encoder->table && i < n && !status; i += done)
        status = append_batch(encoder, strings + i,
                              n - i < MB_RECENT_BATCH ? n - i : MB_RECENT_BATCH, padded, &done);
    for (; i < n && !status; i++)
        status = append(encoder, strings[i], padded);
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
