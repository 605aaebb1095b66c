#include "text/encode.h"

#include <stdlib.h>
#include <string.h>

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/hash.h"
#include "text/sort.h"

enum {
    FEWEST_SLOTS = 1 << 8,
    MANY = 1 << 16, // strings that have shown whether they come again
    ROWS_AT_ONCE = 1 << 10
};

#define MISSING UINT32_MAX // instead of the number of a string

// A string that came: its bytes lie in the list of bytes from `first` on.
typedef struct entry {
    uint64_t first, length, hash;
} entry;

struct mb_text_encoder {
    mb_context *cx;
    int64_t n, n_local; // rows
    mb_buffer *numbers; // of the string of each row, in the order in which strings came
    mb_buffer *entries, *bytes;
    int64_t nentries, nbytes;
    // Slots, 2^bits: the number of an entry and 1, or 0; linear probes. NULL: strings are no longer
    // looked for, and each row adds one.
    mb_buffer *table;
    int bits;
};

mb_status mb_text_encoder_open(mb_context *cx, int64_t n_local, mb_text_encoder **encoder)
{
    mb_text_encoder *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->n_local = n_local;
    made->bits = mb_bit_length(FEWEST_SLOTS) - 1;
    mb_status status = mb_buffer_new_array(cx, n_local, sizeof(uint32_t), &made->numbers);
    if (!status) status = mb_buffer_new_zeroed(cx, FEWEST_SLOTS, sizeof(uint32_t), &made->table);
    if (status)
        mb_text_encoder_close(made);
    else
        *encoder = made;
    return status;
}

void mb_text_encoder_close(mb_text_encoder *encoder)
{
    if (!encoder) return;
    mb_buffer_release(encoder->numbers);
    mb_buffer_release(encoder->entries);
    mb_buffer_release(encoder->bytes);
    mb_buffer_release(encoder->table);
    free(encoder);
}

static mb_string string_of(const mb_text_encoder *encoder, int64_t number)
{
    const entry *at = (const entry *)encoder->entries->data + number;
    return (mb_string){(const char *)encoder->bytes->data + at->first, at->length};
}

// The slot of a string, or the free one where it would be.
static uint32_t *find_slot(const mb_text_encoder *encoder, mb_string string, uint64_t hash)
{
    uint32_t *slots = encoder->table->data;
    uint64_t last = (UINT64_C(1) << encoder->bits) - 1, at = hash & last;
    for (; slots[at]; at = (at + 1) & last) {
        const entry *other = (const entry *)encoder->entries->data + (slots[at] - 1);
        if (other->hash == hash && other->length == string.length &&
            memcmp((const char *)encoder->bytes->data + other->first, string.bytes,
                   string.length) == 0)
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
    const entry *entries = encoder->entries->data;
    uint64_t last = (UINT64_C(1) << bits) - 1;
    for (int64_t i = 0; i < encoder->nentries; i++) {
        uint64_t at = entries[i].hash & last;
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

static mb_status add_entry(mb_text_encoder *encoder, mb_string string, uint64_t hash)
{
    mb_context *cx = encoder->cx;
    mb_status status = MB_OK;
    if (encoder->table && outgrows(encoder, string.length)) {
        mb_buffer_release(encoder->table);
        encoder->table = NULL;
    }
    if (encoder->table && 4 * (encoder->nentries + 1) > INT64_C(3) << encoder->bits)
        status = grow_table(encoder);
    if (!status)
        status = mb_buffer_reserve(cx, &encoder->entries, encoder->nentries, 1, sizeof(entry));
    if (!status)
        status = mb_buffer_reserve(cx, &encoder->bytes, encoder->nbytes, (int64_t)string.length, 1);
    if (status) return status;
    entry *made = (entry *)encoder->entries->data + encoder->nentries;
    *made = (entry){(uint64_t)encoder->nbytes, string.length, hash};
    if (string.length)
        memcpy((char *)encoder->bytes->data + encoder->nbytes, string.bytes, string.length);
    encoder->nbytes += (int64_t)string.length;
    encoder->nentries++;
    if (encoder->table) *find_slot(encoder, string, hash) = (uint32_t)encoder->nentries;
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

// --- The dictionary of all ranks' strings.

// That of strings in the order in which they came, which may be there several times.
static mb_status spread_entries(const mb_text_encoder *encoder, const mb_string *strings,
                                uint64_t *codes, mb_dictionary **dictionary)
{
    mb_context *cx = encoder->cx;
    int64_t n = encoder->nentries, before, all;
    mb_sum_before(cx, &n, 1, &before);
    mb_sum_all(cx, &n, 1, &all);
    for (int64_t i = 0; i < n; i++)
        codes[i] = (uint64_t)(before + i);
    return mb_dictionary_new_spread(cx, strings, n, before, all, false, dictionary);
}

static mb_status append_codes(const mb_text_encoder *encoder, const uint64_t *codes,
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
            words[i] = valid[i] ? codes[numbers[first + i]] : 0;
        }
        status = mb_builder_append_words(builder, words, valid, n);
    }
    return status;
}

mb_status mb_text_encoder_finish(mb_context *cx, mb_status status, mb_text_encoder *encoder,
                                 mb_layout *layout, int index, mb_column **column)
{
    mb_buffer *codes = NULL, *list = NULL;
    mb_dictionary *dictionary = NULL;
    mb_builder *builder = NULL;
    mb_payload ranks = {.count = !status && !encoder->table}; // those that have outgrown theirs
    int64_t n = status ? 0 : encoder->nentries;
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &codes);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(mb_string), &list);
    MB_TRY(mb_step(cx, status, &ranks));
    mb_string *strings = list->data;
    for (int64_t i = 0; i < n; i++)
        strings[i] = string_of(encoder, i);
    if (ranks.count > 0)
        status = spread_entries(encoder, strings, codes->data, &dictionary);
    else
        MB_TRY(mb_text_sort(cx, status, strings, n, layout->n_global, MB_TEXT_CHOOSE, codes->data,
                            &dictionary));
    if (!status) {
        mb_range guess = {0, dictionary->n ? (uint64_t)dictionary->n - 1 : 0};
        status = mb_builder_open(cx, &dictionary->type, encoder->n_local, &guess, 8, &builder);
    }
    if (!status) status = append_codes(encoder, codes->data, builder);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_builder_finish(cx, &builder, 1, &layout, index, column);
done:
    mb_buffer_release(codes);
    mb_buffer_release(list);
    mb_builder_close(builder);
    mb_dictionary_release(dictionary);
    return status;
}
