// Numberings: the groups of rows that have the same keys, numbered 0, 1, ... in ascending order of
// the keys.
//
// Each rank numbers the keys of its own rows, in their order, so that whatever is computed of
// groups begins in tables of the rank's own groups. What the ranks found of a group then goes to
// the rank that owns it: groups are evenly split by number, and since a rank's groups ascend, what
// it sends is cut, not rearranged. No rank holds more than a few words for each of its rows,
// however many groups there are and however rows crowd in one of them.
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
    mb_layout *rows;    // how the grouped rows are laid out
    mb_layout *groups;  // how the groups are: evenly
    mb_factors local;   // the local group of each row; without words
    mb_buffer *numbers; // uint64_t: the number of each local group, ascending
    mb_shuffle shuffle; // of local groups to the ranks that own them
    mb_buffer *places;  // uint32_t: which of this rank's groups each received one is
} mb_numbering;

// Groups rows by their keys, lexicographically. Gives the keys of each group, unless `columns` is
// NULL: a column for each of the keys, of its type. Keys that do not fit a word are factorised word
// by word, each with those before it. Memory: 4 bytes a row to keep, or the column where its keys
// have places (see places.h); meanwhile what mb_factorise takes, and 40 bytes a local group and
// word. Inside a body, collective.
mb_status mb_number_groups(const mb_group_keys *keys, mb_numbering **numbering,
                           mb_column **columns) MB_MUST_CHECK;

// Frees a numbering. NULL is fine.
void mb_numbering_close(mb_numbering *numbering);

// This rank's groups.
int64_t mb_numbering_share(const mb_numbering *numbering);

typedef struct mb_word_list {
    mb_buffer *words; // uint64_t
    int64_t n;
} mb_word_list;

// Numbers words that ascend on each rank: those of all ranks, each once, in order. Gives their
// number in all. `list`, unless it is NULL, gets those that this rank has numbered: all of them
// over the ranks, in order. Memory: 40 bytes a word, and 8 for the list. Inside a body, collective.
mb_status mb_number_words(mb_context *cx, const uint64_t *words, int64_t n, uint64_t *numbers,
                          int64_t *n_global, mb_word_list *list) MB_MUST_CHECK;
