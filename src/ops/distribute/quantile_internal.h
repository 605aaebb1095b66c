// Between the files of mb_quantiles: where values are looked for, and passes over the order keys.
#pragma once

#include "order/order.h"

typedef struct mb_quantile_kernels {
    // Counts words at table[(word - low) >> shift]; the table has room for all of them.
    void (*count)(const uint64_t *words, int64_t n, uint64_t low, int shift, uint64_t *table);
    void (*count_offsets)(const uint32_t *offsets, int64_t n, uint32_t low, int shift,
                          uint64_t *table);
    // How many words are below one.
    int64_t (*below)(const uint64_t *words, int64_t n, uint64_t bound);
    int64_t (*below_offsets)(const uint32_t *offsets, int64_t n, uint32_t bound);
    // The words from low to low + span, to the front of `out` (room for n); returns how many.
    int64_t (*select)(const uint64_t *words, int64_t n, uint64_t low, uint64_t span, uint64_t *out);
    int64_t (*select_offsets)(const uint32_t *offsets, int64_t n, uint32_t low, uint32_t span,
                              uint32_t *out);
} mb_quantile_kernels;

extern const mb_quantile_kernels mb_quantile_kernels_base, mb_quantile_kernels_avx2,
    mb_quantile_kernels_avx512;

const mb_quantile_kernels *mb_quantile_kernels_of(mb_isa isa);

// Words low .. low + span: `count` values of all ranks, with `below` values under them.
typedef struct mb_key_range {
    uint64_t low, span;
    int64_t below, count;
} mb_key_range;

// A value that is looked for: number `rank` in ascending order, from 0. Known when the span is 0.
typedef struct mb_target {
    int64_t rank;
    mb_key_range in;
    int index; // of the result
} mb_target;

enum { MB_MOST_SAMPLED = 6, MB_MOST_BOUNDS = 4 * MB_MOST_SAMPLED + 1 };

// Words that part all numbers, chosen from a sample so that what is looked for is likely in few
// parts of few values; part k is from bounds[k - 1] on and below bounds[k].
typedef struct mb_brackets {
    mb_key_range whole;
    int n;
    uint64_t bounds[MB_MOST_BOUNDS];   // ascending
    bool collects[MB_MOST_BOUNDS + 1]; // parts that are worth being collected
    int64_t below[MB_MOST_BOUNDS];     // words of all ranks below each bound
    bool collected;                    // these parts have been
} mb_brackets;

typedef struct mb_route mb_route; // see quantile_route.c

typedef struct mb_search {
    mb_context *cx;
    mb_column *column;
    int ntargets, nranges;
    mb_target *targets;   // by rank
    mb_key_range *ranges; // where targets are that are not known yet: apart, ascending
    int bits;             // of the bins' number
    mb_buffer *memory, *table;
    mb_buffer *collected; // words of this rank in the ranges, once they are few
    int64_t ncollected;
    bool has_collected;
    bool whole; // the only range has all numbers; NaN would be counted behind its bins
    mb_buffer *route_memory;
    mb_route *route;
    bool routed; // the ranges are so many that words are routed to them
} mb_search;

// Words that are in ranges, and in which.
typedef struct mb_routed {
    uint64_t words[MB_ORDER_ROWS];
    uint32_t ranges[MB_ORDER_ROWS];
} mb_routed;

// Makes room for the routes to so many ranges. Its own status.
mb_status mb_search_room_for_route(mb_search *search, int64_t ranges) MB_MUST_CHECK;

// Prepares passes over the words by the present ranges.
void mb_search_route(mb_search *search);

// The words that are in one of the ranges, of n <= MB_ORDER_ROWS; returns how many.
int64_t mb_search_routes(const mb_search *search, const uint64_t *words, int64_t n,
                         mb_routed *found);

// A range's bins are 2^shift words wide.
int mb_search_shift(const mb_search *search, const mb_key_range *range);

// Range k's part of the table.
uint64_t *mb_search_table(const mb_search *search, int k);

// Calls `take` or, where rows are stored so, `take_offsets` with all words: the column's, or what
// was collected of it. Its own status.
mb_status mb_search_each(mb_search *search, mb_take_orders *take, mb_take_offsets *take_offsets,
                         void *state) MB_MUST_CHECK;

// The part of a range that offsets from a base reach; false when there is none.
bool mb_search_reach(const mb_key_range *range, uint64_t base, uint32_t *low, uint32_t *span);

// Counts this rank's words in the bins of each range, adding to the table. Its own status.
mb_status mb_search_count(mb_search *search) MB_MUST_CHECK;

// Chooses brackets for nq <= MB_MOST_SAMPLED quantiles from a sample of all ranks' words, counts
// what is in their parts, and collects the words of those that are worth it, at most a byte for
// each row of this rank. No brackets when there are too few numbers. Collective.
mb_status mb_search_brackets(mb_search *search, const double *q, int nq,
                             mb_brackets *brackets) MB_MUST_CHECK;

// The part of a value; says whether its words were collected, or are all the same.
bool mb_bracket_of(const mb_brackets *brackets, int64_t rank, mb_key_range *part);

// The collected words of all ranks, at most `room`, in ascending order. Agrees on the status.
mb_status mb_search_gather(mb_search *search, mb_status status, int64_t room, mb_buffer **all,
                           int64_t *n) MB_MUST_CHECK;

// Brings words in the ranges, at most `total`, to a buffer of this rank, which later passes read
// instead of the column. Its own status.
mb_status mb_search_collect(mb_search *search, int64_t total) MB_MUST_CHECK;
