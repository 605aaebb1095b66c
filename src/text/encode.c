#include "text/encode.h"

#include <stdlib.h>
#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/collectives.h"
#include "comm/lockstep.h"
#include "core/hash.h"

enum { FEWEST_SLOTS = 1 << 8, ROWS_AT_ONCE = 1 << 10 };

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
    mb_buffer *table; // slots, 2^bits: the number of an entry and 1, or 0; linear probes
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

static mb_status add_entry(mb_text_encoder *encoder, mb_string string, uint64_t hash)
{
    mb_context *cx = encoder->cx;
    mb_status status =
        mb_dictionary_room(cx, encoder->nentries + 1, (uint64_t)encoder->nbytes + string.length);
    if (status) return status;
    if (4 * (encoder->nentries + 1) > 3 << encoder->bits) status = grow_table(encoder);
    if (!status)
        status = mb_buffer_reserve(cx, &encoder->entries, encoder->nentries, 1, sizeof(entry));
    if (!status)
        status = mb_buffer_reserve(cx, &encoder->bytes, encoder->nbytes, (int64_t)string.length, 1);
    if (status) return status;
    entry *made = (entry *)encoder->entries->data + encoder->nentries;
    *made = (entry){(uint64_t)encoder->nbytes, string.length, hash};
    memcpy((char *)encoder->bytes->data + encoder->nbytes, string.bytes, string.length);
    encoder->nbytes += (int64_t)string.length;
    *find_slot(encoder, string, hash) = (uint32_t)++encoder->nentries;
    return MB_OK;
}

mb_status mb_text_encoder_append(mb_text_encoder *encoder, mb_string string)
{
    if (encoder->n == encoder->n_local)
        return mb_fail(encoder->cx, MB_EINVALID, "more rows than the column has");
    uint32_t *numbers = encoder->numbers->data;
    if (!string.bytes) {
        numbers[encoder->n++] = MISSING;
        return MB_OK;
    }
    uint64_t hash = mb_hash_bytes(encoder->cx->hash_multiplier, string.bytes, string.length);
    uint32_t slot = *find_slot(encoder, string, hash);
    if (!slot) {
        mb_status status = add_entry(encoder, string, hash);
        if (status) return status;
        slot = (uint32_t)encoder->nentries;
    }
    numbers[encoder->n++] = slot - 1;
    return MB_OK;
}

// --- One dictionary of all ranks.

// What ranks tell each other: the lengths of their strings, in order, and all bytes.
typedef struct strings {
    mb_dictionary *own;     // of this rank's strings
    mb_buffer *codes;       // in it, of each number; then in that of all ranks
    mb_buffer *whole_codes; // in that of all ranks, of the codes in this one
    mb_buffer *sizes;       // of each rank: bytes of its lengths, and of its strings
    mb_buffer *own_lengths, *lengths, *bytes;
    mb_buffer *lists;  // mb_string of all ranks, twice
    int64_t n, nbytes; // in all
} strings;

// This rank's strings in order.
static mb_status sort_strings(const mb_text_encoder *encoder, strings *all)
{
    mb_context *cx = encoder->cx;
    int64_t n = encoder->nentries;
    mb_buffer *list = NULL;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_string), &list);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint32_t), &all->codes);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint32_t), &all->whole_codes);
    if (!status) status = mb_buffer_new_array(cx, n, sizeof(uint64_t), &all->own_lengths);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), 2 * sizeof(int64_t), &all->sizes);
    if (!status) {
        mb_string *string = list->data;
        for (int64_t i = 0; i < n; i++)
            string[i] = string_of(encoder, i);
        status = mb_dictionary_encode(cx, string, n, all->codes->data, &all->own);
    }
    for (int64_t i = 0; i < n && !status; i++)
        ((uint64_t *)all->own_lengths->data)[i] = mb_dictionary_entry(all->own, i).length;
    mb_buffer_release(list);
    return status;
}

// Every rank's strings, to all.
static mb_status gather_strings(mb_context *cx, strings *all)
{
    int nranks = mb_nranks(cx);
    int64_t mine[2] = {8 * all->own->n, (int64_t)all->own->offsets[all->own->n]};
    int64_t *sizes = all->sizes->data, *byte_sizes = sizes + nranks;
    for (int part = 0; part < 2; part++)
        mb_gather_all(cx, &mine[part], sizeof mine[part], part ? byte_sizes : sizes);
    for (int rank = 0; rank < nranks; rank++) {
        all->n += sizes[rank] / 8;
        all->nbytes += byte_sizes[rank];
    }
    mb_status status = mb_buffer_new_array(cx, all->n, 8, &all->lengths);
    if (!status) status = mb_buffer_new(cx, (size_t)all->nbytes, &all->bytes);
    if (!status) status = mb_buffer_new_array(cx, all->n, 2 * sizeof(mb_string), &all->lists);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_gather_all_varying(cx, all->own_lengths->data, sizes, all->lengths->data);
    mb_gather_all_varying(cx, all->own->bytes, byte_sizes, all->bytes->data);
    return MB_OK;
}

// Merges the lists of all ranks, two and two, until there is one; returns where it is.
static const mb_string *merge_lists(mb_context *cx, strings *all)
{
    int nlists = mb_nranks(cx);
    int64_t *counts = all->sizes->data;
    mb_string *from = all->lists->data, *to = from + all->n;
    const uint64_t *lengths = all->lengths->data;
    const char *bytes = all->bytes->data;
    for (int64_t i = 0; i < all->n; bytes += lengths[i++])
        from[i] = (mb_string){bytes, lengths[i]};
    for (int rank = 0; rank < nlists; rank++)
        counts[rank] /= 8;
    for (; nlists > 1; nlists = (nlists + 1) / 2) {
        const mb_string *a = from;
        mb_string *out = to;
        for (int list = 0; list < nlists; list += 2) {
            int64_t n_a = counts[list], n_b = list + 1 < nlists ? counts[list + 1] : 0;
            counts[list / 2] = mb_string_merge(a, n_a, a + n_a, n_b, out);
            a += n_a + n_b;
            out += counts[list / 2];
        }
        mb_string *other = from;
        from = to;
        to = other;
    }
    all->n = counts[0];
    return from;
}

// Codes of all ranks' dictionary for the numbers of this rank's strings.
static void translate_codes(const strings *all, const mb_dictionary *whole)
{
    uint32_t *codes = all->codes->data, *whole_codes = all->whole_codes->data;
    int64_t n = all->own->n;
    mb_dictionary_codes(all->own, whole, whole_codes);
    for (int64_t i = 0; i < n; i++)
        codes[i] = whole_codes[codes[i]];
}

static mb_status append_codes(const mb_text_encoder *encoder, const uint32_t *codes,
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

static void release_strings(strings *all)
{
    mb_dictionary_release(all->own);
    mb_buffer_release(all->codes);
    mb_buffer_release(all->whole_codes);
    mb_buffer_release(all->sizes);
    mb_buffer_release(all->own_lengths);
    mb_buffer_release(all->lengths);
    mb_buffer_release(all->bytes);
    mb_buffer_release(all->lists);
}

mb_status mb_text_encoder_finish(mb_context *cx, mb_status status, mb_text_encoder *encoder,
                                 mb_layout *layout, int index, mb_column **column)
{
    strings all = {0};
    mb_dictionary *whole = NULL;
    mb_builder *builder = NULL;
    if (!status) status = sort_strings(encoder, &all);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(gather_strings(cx, &all));
    const mb_string *merged = merge_lists(cx, &all);
    status = mb_dictionary_new(cx, merged, all.n, &whole);
    if (!status) {
        mb_range guess = {0, whole->n ? (uint64_t)whole->n - 1 : 0};
        translate_codes(&all, whole);
        status = mb_builder_open(cx, &whole->type, encoder->n_local, &guess, 8, &builder);
    }
    if (!status) status = append_codes(encoder, all.codes->data, builder);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_builder_finish(cx, &builder, 1, &layout, index, column);
done:
    release_strings(&all);
    mb_builder_close(builder);
    mb_dictionary_release(whole);
    return status;
}
