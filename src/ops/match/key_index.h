// A distributed index: the keys of all ranks, with a value for each, in which rows are looked up.
//
// Few keys are replicated on every rank, so that rows need not move. Many are partitioned by hash
// or by order, and the words of rows are sent to the ranks that own them.
#pragma once

#include "column/column.h"
#include "comm/splitters.h"
#include "expr/evaluate.h"
#include "hash/index.h"
#include "ops/match/ordered.h"

// The n values of a block as 64-bit words that are equal where the values match: the bits of
// integers, 0 and 1 for bools, mb_order_float of floats; if `ordered`, ints by mb_order_bits, so
// that words are in the order of the values. In `out`, which has room for n, or where they are
// stored. Not collective.
const uint64_t *mb_match_words(mb_isa isa, mb_kind kind, bool ordered, const mb_block *block,
                               int64_t n, uint64_t *out);

// Keys of one rank, and their values.
typedef struct mb_entries {
    int64_t n;
    mb_buffer *words;  // the keys
    mb_buffer *values; // 64 bits for each; NULL: the keys are a set
    mb_buffer *valid;  // a byte for each, 0 where the value is missing; NULL: all are valid
    mb_buffer *ends;   // a word for each, the largest that finds it by order; or NULL
} mb_entries;

// Not collective.
void mb_entries_release(mb_entries *entries);

// The valid rows of `keys`, in order, each with its row of `values`, a stored column, or where that
// is NULL and `numbers` is true with its position, counted from 1. The status is this rank's own.
// Inside a body, collective. Memory: 8 to 17 bytes a row.
mb_status mb_entries_collect(mb_context *cx, mb_column *keys, bool ordered, mb_column *values,
                             bool numbers, mb_entries *entries) MB_MUST_CHECK;

// Brings the entries of all ranks, `total` together, to every rank, in the order of ranks. Inside a
// body, collective.
mb_status mb_entries_replicate(mb_context *cx, const mb_entries *mine, int64_t total,
                               mb_entries *all) MB_MUST_CHECK;

// How many keys may be replicated to look up the rows of a column: 65,536, or as many as a rank has
// rows. The same on all ranks. Not collective.
int64_t mb_key_index_limit(const mb_column *column);

// The last key of a rank, in order.
typedef struct mb_last_entry {
    uint64_t any, word, value, end; // any: 0 when the rank has no keys, else 1
} mb_last_entry;

typedef struct mb_key_index {
    bool partitioned;       // entries are partitioned; else replicated
    bool ordered;           // a row finds the last key that is not above it, else the equal one
    mb_entries entries;     // of this rank
    mb_hash_index hash;     // of their words, unless ordered
    bool inlined;           // the index finds values, not entries
    mb_ordered sorted;      // their words, where ordered
    mb_splitters splitters; // of a partition by order
    mb_last_entry before;   // the last key of the ranks before this one
} mb_key_index;

// Whether a row matches a key, and with a valid value: MB_ABSENT and MB_FOUND are also the bytes of
// false and true.
typedef enum mb_match { MB_ABSENT, MB_FOUND, MB_FOUND_MISSING } mb_match;

// Builds an index of the entries of all ranks, whose ownership it takes. Of equal keys the first
// counts, in the order of ranks and of their entries. Entries are replicated where they are at most
// `limit` on all ranks together. `status` is that of collecting the entries on this rank; the
// status returned is this rank's own. Inside a body, collective. Memory: the entries of all ranks,
// or twice this rank's; and the index.
mb_status mb_key_index_open(mb_context *cx, mb_status status, mb_entries *entries, mb_hash_use use,
                            int64_t limit, mb_key_index *index) MB_MUST_CHECK;
void mb_key_index_close(mb_key_index *index);

// Builds an index that is looked up by order. Entries have valid values, and may have ends. A
// row finds the last key that is not above it, of equal ones the last, unless the key's end is
// below the row. Memory: 40 bytes more a key.
mb_status mb_key_index_open_ordered(mb_context *cx, mb_status status, mb_entries *entries,
                                    int64_t limit, mb_key_index *index) MB_MUST_CHECK;

// Sends entries, whose ownership it takes, to the ranks that own their keys. Inside a body,
// collective.
mb_status mb_entries_partition(mb_context *cx, mb_entries *mine, mb_key_index *index) MB_MUST_CHECK;

// The rank that owns a word where keys are partitioned. Not collective.
int mb_key_index_owner(const mb_context *cx, const mb_key_index *index, uint64_t word);

// Looks n <= MB_HASH_ROWS words up among the entries of this rank: an mb_match for each, and where
// the index has values those of the keys found. Not collective.
void mb_key_index_find(mb_context *cx, const mb_key_index *index, const uint64_t *words, int64_t n,
                       uint64_t *values, uint8_t *matches);

// The same of any number of words; where the index is on the disk, one part of it after another.
void mb_key_index_find_all(mb_context *cx, const mb_key_index *index, const uint64_t *words,
                           int64_t n, uint64_t *values, uint8_t *matches);

// Receives the next n <= MB_HASH_ROWS rows: an mb_match for each, the values of the keys found,
// where the index has values, and the rows' validity as bytes, or NULL where all are valid.
typedef mb_status mb_take_matches(void *state, const uint64_t *values, const uint8_t *matches,
                                  const uint8_t *valid, int64_t n);

// Looks each row of a column up, and passes the matches to `take` in the order of the rows, a block
// at a time; those of missing rows are undefined. Where keys are partitioned, rows are sent to
// their owners in rounds, each distinct word of a rank once in a round, so that a key which most
// rows have overloads no rank. The status is this rank's own. Inside a body, collective. Memory: 2
// MB, and where keys are partitioned 6 MB and as much again for each rank that sends at once.
mb_status mb_key_index_probe(mb_context *cx, const mb_key_index *index, mb_column *column,
                             mb_take_matches *take, void *state) MB_MUST_CHECK;
