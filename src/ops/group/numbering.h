// Numberings: the groups of rows that have the same keys, numbered 0, 1, ... in ascending order of
// the keys.
//
// Each rank numbers the distinct keys of its own rows, its local groups, in ascending order, so
// that an aggregation begins in tables of local groups. Then it sends the states of local groups to
// the ranks that own the groups: these are evenly split by number, and since local groups ascend,
// the states for one owner are contiguous. No rank holds more than a few words for each of its
// rows, however many groups there are and however many rows one of them has.
#pragma once

#include "column/column.h"
#include "comm/shuffle.h"
#include "expr/evaluate.h"
#include "ops/group/factorise.h"
#include "ops/group/group_keys.h"

// The first identity of what an operation makes of groups: those before it are the keys'.
enum { MB_GROUP_RESULTS = MB_MOST_ROOTS };

typedef struct mb_numbering {
    mb_context *cx;
    mb_layout *rows;      // of the grouped rows
    mb_layout *groups;    // of the groups: even
    mb_factors local;     // the local group of each row; without words
    mb_buffer *numbers;   // uint64_t: the number of each local group, ascending
    mb_shuffle shuffle;   // of local groups to the ranks that own them
    mb_buffer *group_ids; // uint32_t: for each received group, which of this rank's groups it is
} mb_numbering;

// Numbers the groups of rows, in the lexicographic order of their keys. `columns`, unless it is
// NULL, gets a column for each key, of its type, with a row for each group. Keys that do not fit a
// word are factorised word by word, each with those before it. Memory: 4 bytes a row to keep, or
// the column where its keys are addressed directly (see direct.h); meanwhile that of mb_factorise,
// and 40 bytes a local group and word. Inside a body, collective.
mb_status mb_number_groups(const mb_group_keys *keys, mb_numbering **numbering,
                           mb_column **columns) MB_MUST_CHECK;

// Frees a numbering. NULL is fine.
void mb_numbering_close(mb_numbering *numbering);

// How many groups this rank owns. Not collective.
int64_t mb_numbering_share(const mb_numbering *numbering);

typedef struct mb_word_list {
    mb_buffer *words; // uint64_t
    int64_t n;
} mb_word_list;

// Numbers the distinct words of all ranks in ascending order, by a shuffle to ranks that splitters
// assign. `words` are this rank's, n of them, distinct and ascending; numbers[i] is the number of
// words[i]; n_global counts all distinct words. `list`, unless it is NULL, gets the words that this
// rank has numbered: over the ranks, all of them in order. Memory: 40 bytes a word, and 8 for the
// list. Inside a body, collective.
mb_status mb_number_words(mb_context *cx, const uint64_t *words, int64_t n, uint64_t *numbers,
                          int64_t *n_global, mb_word_list *list) MB_MUST_CHECK;
