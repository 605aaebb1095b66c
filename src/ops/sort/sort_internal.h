// What the files of sorting share.
//
// A sample sort: a sample of the keys tells whether they are in order already; the keys are counted
// by their highest bits (cells), and cut into buckets where the sample says so, so that each rank
// gets its even share of the sorted rows; rows are partitioned into buckets, sent by one shuffle,
// and each bucket is sorted in cache. A rank sorts the buckets that its rows of the result lie in:
// one that two ranks share is small, and both sort it, or has one key, and then its rows are split
// between them in row order.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "column/column.h"
#include "ops/sort/sort_kernels.h"
#include "order/keys.h"

// A column that moves with the keys: stored values, or the validity of rows, as bytes, or, without
// a column, the local numbers of rows in 4 bytes.
typedef struct mb_payload_column {
    const mb_column *column; // with values, laid out as the keys
    bool validity;
    int width;
} mb_payload_column;

typedef struct mb_sorting {
    mb_context *cx;
    const mb_sort_kernels *kernels;
    mb_keys keys; // of one word
    mb_column *const *columns;
    const mb_layout *from, *to; // of the columns; of the result, even
    bool values;                // true: the result is the sorted keys; false: the row positions
    bool whole; // each bucket of several keys goes to one rank, and keys in order move as others do
    const mb_payload_column *payload; // columns that move with the keys
    int npayload;
    int shift; // bits of a key below its cell's
    int64_t ncells;

    int64_t stride; // the sample: of every so many rows one
    mb_buffer *sample;
    int64_t nsample;     // of all ranks, in order
    bool up, down, same; // whether keys rise, fall or stay anywhere from one row to the next
    uint64_t ends[2];    // this rank's first and last key

    mb_buffer *bucket_memory; // of the arrays below
    int64_t nbuckets;
    uint32_t *first;     // bucket that each cell begins with; ncells + 1
    uint64_t *low;       // least key of each bucket
    uint64_t *upto;      // largest key of each bucket, and as many more that no key is above
    int steps;           // 2^steps - 1 buckets at most begin within a cell
    mb_buffer *kept;     // buckets of this rank's rows in 2 bytes each, or NULL
    int64_t *mine, *all; // rows of each on this rank, on all
    int64_t *before;     // rows of the result before each; nbuckets + 1
    int64_t *prior;      // rows of each on the ranks before this one
} mb_sorting;

// Frees what the functions below have allocated. Not collective.
void mb_sorting_close(mb_sorting *sorting);

// Takes a sample, and finds whether all keys are in order: whether they go up and down; where they
// do not do both, also whether some stay. Inside a body, collective.
mb_status mb_sort_survey(mb_sorting *sorting) MB_MUST_CHECK;

// Counts the keys in buckets that suit the sample. Inside a body, collective.
mb_status mb_sort_cut(mb_sorting *sorting) MB_MUST_CHECK;

// The buckets of n <= MB_KEY_ROWS keys, of local rows from `first` on.
void mb_sort_buckets(const mb_sorting *sorting, const uint64_t *words, int64_t first, int64_t n,
                     uint32_t *buckets);

// Whether all rows of a bucket have one key; and whether that is so in every bucket. Not
// collective.
bool mb_sort_single(const mb_sorting *sorting, int64_t bucket);
bool mb_sort_all_single(const mb_sorting *sorting);

// Takes a sample: the same on all ranks, and in order; notes how its keys go from row to row.
// Inside a body, collective.
mb_status mb_sample_take(mb_sorting *sorting) MB_MUST_CHECK;

// The number of keys in the sample with the same bits from `shift` on as `word`. Not collective.
int64_t mb_sample_count(const mb_sorting *sorting, uint64_t word, int shift);

// The largest number of keys in the sample with the same bits from `shift` on. Not collective.
int64_t mb_sample_crowd(const mb_sorting *sorting, int shift);

// Splitters, the first keys of buckets, into `keys`, which has room for MB_SAMPLE_KEYS and for
// MB_SAMPLE_CUT_KEYS for each rank: those that split cells of many rows, and keys near each rank's
// first row of the result where many rows of the sample are in its cell. Returns their number, in
// no order. Not collective.
enum { MB_SAMPLE_KEYS = 2048, MB_SAMPLE_CUT_KEYS = 4 };
int64_t mb_sample_keys(const mb_sorting *sorting, uint64_t *keys);

// The most rows of a bucket of several keys that two ranks share and both sort. Not collective.
int64_t mb_sort_shared_rows(const mb_sorting *sorting);

// MB_EMEMORY where there is no memory to move the rows, once they are surveyed, and for a result of
// `width` bytes a row. Not collective.
mb_status mb_sort_need(mb_sorting *sorting, int width) MB_MUST_CHECK;

// Moves the rows and sorts the buckets: the result into a column without values that is laid out
// evenly. Inside a body, collective.
mb_status mb_sort_move(mb_sorting *sorting, mb_column *result) MB_MUST_CHECK;

// The result from keys that fall or stay from row to row. Inside a body, collective.
mb_status mb_sort_mirror(mb_sorting *sorting, mb_column *result) MB_MUST_CHECK;

// The result for few rows: all ranks get all keys. Inside a body, collective.
mb_status mb_sort_small(mb_sorting *sorting, mb_column *result) MB_MUST_CHECK;

// Converts n sorted words into results of `width` bytes by `make`, and writes them past the caches.
// Not collective.
typedef void mb_make_rows(const void *state, const uint64_t *words, int64_t n, void *out);
void mb_sort_stream(const mb_sorting *sorting, const uint64_t *words, int64_t n, int width,
                    mb_make_rows *make, const void *state, void *out);

// Writes the values of sorted keys into the result, from local row `at` on; `above` is the high
// bits that the words lack. Not collective.
void mb_sort_emit_values(const mb_sorting *sorting, const uint64_t *words, int64_t n,
                         uint64_t above, mb_column *result, int64_t at);

// Sorts the words of one bucket, which lack the lowest `drop` bits of their keys; `key_of` gives
// the key of an index, the low `index_bits` bits of a word. Returns the sorted words, in `words` or
// `scratch`. Not collective.
typedef uint64_t mb_key_of(const void *state, int64_t index);
uint64_t *mb_sort_words(mb_isa isa, uint64_t *words, uint64_t *scratch, int64_t n, int index_bits,
                        int drop, mb_key_of *key_of, const void *state);
