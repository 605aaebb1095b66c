// Between the files of mb_quantiles: where values are looked for, and passes over the words.
#pragma once

#include "ops/sort/order_words.h"

// Words low .. low + span: `count` values of all ranks, with `below` values under them.
typedef struct mb_word_range {
    uint64_t low, span;
    int64_t below, count;
} mb_word_range;

// A value that is looked for: number `rank` in ascending order, from 0. Known when the span is 0.
typedef struct mb_target {
    int64_t rank;
    mb_word_range in;
    int index; // of the result
} mb_target;

typedef struct mb_search {
    mb_context *cx;
    mb_column *column;
    int ntargets, nranges;
    mb_target *targets;    // by rank
    mb_word_range *ranges; // where targets are that are not known yet: apart, ascending
    int bits;              // of the bins' number
    mb_buffer *memory, *table;
    mb_buffer *collected; // words of this rank in the ranges, once they are few
    int64_t ncollected;
    bool has_collected;
    bool whole; // the only range has all numbers; NaN would be counted behind its bins
} mb_search;

// A range's bins are 2^shift words wide.
int mb_search_shift(const mb_search *search, const mb_word_range *range);

// Range k's part of the table.
uint64_t *mb_search_table(const mb_search *search, int k);

// Counts this rank's words in the bins of each range, adding to the table. Its own status.
mb_status mb_search_count(mb_search *search) MB_MUST_CHECK;

// Brings words in the ranges, at most `total`, to a buffer of this rank, which later passes read
// instead of the column. Its own status.
mb_status mb_search_collect(mb_search *search, int64_t total) MB_MUST_CHECK;
