// A directory: the keys of all ranks and what each stands for, to look rows up in.
//
// Few keys are on every rank, so that rows need not move. Many are dealt out: each is on the rank
// that its hash says, and so are the questions.
#pragma once

#include "column/column.h"
#include "comm/splitters.h"
#include "expr/evaluate.h"
#include "hash/index.h"
#include "ops/match/ordered.h"

// Keys as 64-bit words: the bits of integers, 0 and 1 for bools, mb_order_float of floats; when
// they are to be ordered, ints by mb_order_bits. In `out`, which has room for n, or where they are.
// Not collective.
const uint64_t *mb_match_words(mb_isa isa, mb_kind kind, bool ordered, const mb_block *block,
                               int64_t n, uint64_t *out);

// Keys of one rank, and what they stand for.
typedef struct mb_entries {
    int64_t n;
    mb_buffer *words;  // the keys
    mb_buffer *values; // 64 bits for each; NULL: only whether a key is there counts
    mb_buffer *there;  // a byte for each, 0 where the value is missing; NULL: all are there
    mb_buffer *ends;   // a word for each, up to which it is found in order; or NULL
} mb_entries;

void mb_entries_release(mb_entries *entries);

// The rows of `keys` that are there, in order, with their rows of `values`, or without these their
// positions, counted from 1, when `numbers` says so. `values` must have its values. The status is
// this rank's own. Inside a body, collective. Memory: 8 to 17 bytes a row.
mb_status mb_entries_collect(mb_context *cx, mb_column *keys, bool ordered, mb_column *values,
                             bool numbers, mb_entries *entries) MB_MUST_CHECK;

// The entries of all ranks, `total` together, to every rank, in the order of ranks. Inside a body,
// collective.
mb_status mb_entries_replicate(mb_context *cx, const mb_entries *mine, int64_t total,
                               mb_entries *all) MB_MUST_CHECK;

// How many keys may be on every rank for the rows of a column: a small number, or as many as a rank
// has rows.
int64_t mb_directory_enough(const mb_column *column);

// The last key of a rank.
typedef struct mb_last_entry {
    uint64_t any, word, value, end; // any: 1, or 0 when there is none
} mb_last_entry;

typedef struct mb_directory {
    bool dealt;
    bool ordered; // a row finds the last key that is not above it, else the key that it equals
    mb_entries entries;
    mb_hash_index index;
    bool inlined;           // the index finds values, not entries
    mb_ordered sorted;      // where ordered: of the entries' words
    mb_splitters splitters; // where dealt by order
    mb_last_entry before;   // the last key of the ranks before this one
} mb_directory;

// Whether a row was found: MB_ABSENT and MB_THERE are also the bytes of false and true.
typedef enum mb_answer { MB_ABSENT, MB_THERE, MB_THERE_MISSING } mb_answer;

// A directory of the entries of all ranks, which it takes. Of equal keys the first counts, in the
// order of ranks and of their entries. They are on every rank when they are no more than `enough`.
// `status` is what became of the entries on this rank; the result is this rank's own. Inside a
// body, collective. Memory: the entries of all ranks, or twice this rank's; and the index.
mb_status mb_directory_open(mb_context *cx, mb_status status, mb_entries *entries, mb_hash_use use,
                            int64_t enough, mb_directory *directory) MB_MUST_CHECK;

void mb_directory_close(mb_directory *directory);

// The same of entries that are ordered: with values, which are all there, and perhaps with ends.
// Rows find the last key that is not above them, of equal ones the last, where its end is not below
// them. Memory: 40 bytes more a key.
mb_status mb_directory_open_ordered(mb_context *cx, mb_status status, mb_entries *entries,
                                    int64_t enough, mb_directory *directory) MB_MUST_CHECK;

// Entries, which it takes, to the ranks that own their keys. Inside a body, collective.
mb_status mb_entries_deal(mb_context *cx, mb_entries *mine, mb_directory *directory) MB_MUST_CHECK;

// The rank that owns a key which is dealt out.
int mb_directory_owner(const mb_context *cx, const mb_directory *directory, uint64_t word);

// Looks n <= MB_HASH_ROWS words up among the entries of this rank. `values`
// is written where the directory has any. Not collective.
void mb_directory_answer(mb_context *cx, const mb_directory *directory, const uint64_t *words,
                         int64_t n, uint64_t *values, uint8_t *answers);

// Takes what became of the next n <= MB_HASH_ROWS rows: an mb_answer for each, the values of those
// that are there, where the directory has any, and the rows' validity as bytes, or NULL.
typedef mb_status mb_take_answers(void *state, const uint64_t *values, const uint8_t *answers,
                                  const uint8_t *valid, int64_t n);

// Looks each row of a column up, and gives the answers to `take` in the order of the rows, a block
// at a time; those of missing rows mean nothing. Rows of a directory that is dealt out are asked
// for in rounds: each rank sends a word once in a round, so that a key which most rows have loads
// nobody. The status is this rank's own. Inside a body, collective. Memory: 2 MB, and where keys
// are dealt out 6 MB and as much again for each rank that asks at once.
mb_status mb_directory_ask(mb_context *cx, const mb_directory *directory, mb_column *column,
                           mb_take_answers *take, void *state) MB_MUST_CHECK;
