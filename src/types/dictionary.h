// Dictionaries: the strings of a column of text, or the bytes of addresses (types/ip.h). The column
// holds codes: the numbers of its rows' entries, from 0.
//
// Where they are few, a dictionary is *replicated*: its entries are distinct, sorted by their
// bytes, and all of them are on all ranks. Else it is *spread*: each rank has a part of the
// entries; and while it is not `sorted` these are in any order and may be there several times, so
// that codes tell nothing but where a string lies. In a sorted one codes compare as strings do.
//
// A dictionary is immutable, and brings the type of its columns with it: columns with one
// dictionary have one type. Columns that meet with two are given a dictionary that has both.
#pragma once

#include "core/context.h"
#include "types/type.h"

// Bytes of any value, also none, also zero.
typedef struct mb_string {
    const char *bytes;
    size_t length;
} mb_string;

// Below zero, zero or above, as `a` comes before, equals or comes after `b`, by unsigned bytes.
int mb_string_compare(mb_string a, mb_string b);

// The bytes of n strings in all.
int64_t mb_string_bytes(const mb_string *strings, int64_t n);

// The lengths of n strings, and their bytes one after another; and the strings of such.
void mb_string_pack(const mb_string *strings, int64_t n, int64_t *lengths, char *bytes);
void mb_string_unpack(const int64_t *lengths, const char *bytes, int64_t n, mb_string *strings);

// A string without the blanks around it.
mb_string mb_string_strip(mb_string string);

// Merges two sorted lists of distinct strings into one, with room for both; returns its length.
int64_t mb_string_merge(const mb_string *a, int64_t n_a, const mb_string *b, int64_t n_b,
                        mb_string *merged);

typedef struct mb_dictionary {
    mb_type type;         // of its columns:
    const mb_type *model; // like this one
    int64_t references;
    uint64_t hash;        // of the entries; spread: none
    int64_t n;            // entries, on all ranks together
    int64_t first, count; // those that this rank has: all, or its part
    bool spread, sorted;
    mb_buffer *offset_buffer, *byte_buffer;
    const uint64_t *offsets; // count + 1: where entries begin in `bytes`
    const char *bytes;
} mb_dictionary;

enum {
    MB_DICTIONARY_ENTRIES = 1 << 20, // most entries,
    MB_DICTIONARY_BYTES = 1 << 25,   // and bytes of all: every rank has a copy
};

// A dictionary of n strings, sorted and distinct, with one reference, for columns of a type like
// `model`. MB_EINVALID where these are more than a dictionary holds. Memory: the strings and 8
// bytes for each. Not collective.
mb_status mb_dictionary_new(mb_context *cx, const mb_type *model, const mb_string *strings,
                            int64_t n, mb_dictionary **dictionary) MB_MUST_CHECK;

// A spread dictionary, of which this rank's strings are entries first .. first + count - 1 of n.
// Memory: the strings and 8 bytes for each. Not collective.
mb_status mb_dictionary_new_spread(mb_context *cx, const mb_type *model, const mb_string *strings,
                                   int64_t count, int64_t first, int64_t n, bool sorted,
                                   mb_dictionary **dictionary) MB_MUST_CHECK;

// The same of strings that lie one after another in the buffers of `part`, the i-th in bytes
// offsets[i] .. offsets[i + 1] - 1, to which references are taken. `part` has the model, the
// buffers, n, first, count, and whether they are sorted.
mb_status mb_dictionary_adopt(mb_context *cx, mb_dictionary part,
                              mb_dictionary **dictionary) MB_MUST_CHECK;

// MB_EINVALID where so many strings of so many bytes are more than a dictionary holds.
mb_status mb_dictionary_room(mb_context *cx, int64_t n, uint64_t nbytes) MB_MUST_CHECK;

mb_dictionary *mb_dictionary_retain(mb_dictionary *dictionary);
void mb_dictionary_release(mb_dictionary *dictionary);

// Counts who holds a type that a dictionary brings: see mb_type.
void mb_dictionary_hold(void *dictionary, int change);

// The dictionary of a type; NULL when the type has none.
mb_dictionary *mb_dictionary_of(const mb_type *type);

// The same, but different for types of one name whose values stand for other things: those of text
// have the hash of their strings.
uint64_t mb_type_identity(const mb_type *type);

// The dictionary of a type where it is spread, else NULL.
static inline const mb_dictionary *mb_dictionary_spread(const mb_type *type)
{
    const mb_dictionary *dictionary = mb_dictionary_of(type);
    return dictionary && dictionary->spread ? dictionary : NULL;
}

// The string of a code that this rank has.
static inline mb_string mb_dictionary_entry(const mb_dictionary *dictionary, int64_t code)
{
    const uint64_t *offset = dictionary->offsets + (code - dictionary->first);
    return (mb_string){dictionary->bytes + offset[0], (size_t)(offset[1] - offset[0])};
}

// Of a replicated dictionary: how many entries come before a string, and whether the next one is
// the string: then that is its code. Takes about log2(n) comparisons.
int64_t mb_dictionary_find(const mb_dictionary *dictionary, mb_string string, bool *found);

// The codes of a dictionary's entries in one that has them all; both are replicated.
void mb_dictionary_codes(const mb_dictionary *part, const mb_dictionary *whole, uint32_t *codes);

// Of replicated ones: a dictionary with the entries of all n >= 1, and their codes in it:
// codes[i][c] is that of entry c of the i-th. The first dictionary itself, retained, when it has
// all. Not collective.
mb_status mb_dictionary_unite(mb_context *cx, mb_dictionary *const *dictionaries, int64_t n,
                              uint32_t *const *codes, mb_dictionary **united) MB_MUST_CHECK;
