// Folds: aggregate functions, which accumulate the rows of each group in its state.
//
// A state depends on the order of the rows only where the function does (FIRST and LAST), so
// results have the same bits however rows are spread.
#pragma once

#include "column/column.h"
#include "expr/evaluate.h"

typedef enum mb_fold_kind {
    MB_FOLD_SIZE,
    MB_FOLD_COUNT,
    MB_FOLD_SUM,
    MB_FOLD_MEAN,
    MB_FOLD_PROD,
    MB_FOLD_MIN,
    MB_FOLD_MAX,
    MB_FOLD_ARGMIN,
    MB_FOLD_ARGMAX,
    MB_FOLD_FIRST,
    MB_FOLD_LAST,
    MB_FOLD_ANY,
    MB_FOLD_ALL,
    MB_FOLD_BIT_AND,
    MB_FOLD_BIT_OR,
    MB_FOLD_BIT_XOR,
    MB_FOLD_QUANTILE,
    MB_FOLDS
} mb_fold_kind;

enum {
    MB_MOST_AGGREGATIONS = MB_MOST_ROOTS,
    MB_FOLD_WORDS = 4, // of 64 bits: the widest state
};

typedef struct mb_aggregation {
    mb_fold_kind kind;
    mb_column *column; // as long as the grouped rows; NULL for MB_FOLD_SIZE
    double q;          // of MB_FOLD_QUANTILE
} mb_aggregation;

// Whether an aggregation selects among all values of a group: it is no fold of rows one by one, and
// computed where the values of a group are brought together (see bucket_select.h). Its state is the
// result.
static inline bool mb_fold_selects(mb_fold_kind kind)
{
    return kind == MB_FOLD_QUANTILE;
}

// What scripts call a fold: "size", "count", ... Not collective.
const char *mb_fold_name(mb_fold_kind kind);

// Valid rows: their groups and values in 64 bits (bools 0 or 1, floats doubles).
typedef struct mb_fold_rows {
    int64_t n;
    const uint32_t *groups;
    const uint64_t *values;
    const uint32_t *offsets; // row i is number first + offsets[i], counted over all ranks from 1
    uint64_t first;
} mb_fold_rows;

// The group of a row some rows ahead, so that its state can be asked for before it is needed.
static inline uint32_t mb_group_ahead(const mb_fold_rows *rows, int64_t i)
{
    enum { AHEAD = 16 };
    return rows->groups[i + AHEAD < rows->n ? i + AHEAD : i];
}

typedef struct mb_fold mb_fold;
struct mb_fold {
    mb_fold_kind kind;
    const mb_type *type;   // of the values
    const mb_type *result; // of the column of results
    size_t width;          // bytes of a state
    uint64_t initial;      // each word of a fresh state
    bool whole;            // no result is missing
    double q;              // of MB_FOLD_QUANTILE
    void (*add)(const mb_fold_rows *rows, void *states);
    // Merges state i into states[groups[i]]; NULL: by `add`, of states as values.
    void (*merge)(const void *from, int64_t n, const uint32_t *groups, void *states);
    // The results of n states, in 64 bits, and, unless all are, which are valid; returns the first
    // state whose result does not fit, or -1.
    int64_t (*finish)(const mb_fold *fold, const void *states, int64_t n, uint64_t *results,
                      uint8_t *valid);
    // Adds rows one by one: results[i] is that of the group's state after row i, which is passed
    // over where its byte of `there` is 0, none where that is NULL. Returns the first row whose
    // result does not fit, or -1. NULL: the fold has none.
    int64_t (*scan)(const mb_fold_rows *rows, const uint8_t *there, void *states,
                    uint64_t *results);
};

// The fold of a kind for the values of a column, which is NULL for MB_FOLD_SIZE. MB_EINVALID for
// types that it does not take. The range of the column, as far as it is known, chooses the width of
// sums, so that the column must be stored on all ranks or pending on all. Not collective.
mb_status mb_fold_of(mb_context *cx, mb_fold_kind kind, const mb_column *column,
                     mb_fold *fold) MB_MUST_CHECK;

// The fold of an aggregation.
typedef struct mb_fold_column {
    mb_fold fold;
    mb_column *column; // owned; laid out as the grouped rows; NULL for MB_FOLD_SIZE
    mb_buffer *states; // owned; of the groups that rows are added to
} mb_fold_column;

// Finds the folds of n aggregations; their columns get the layout of the grouped rows and, if
// `stored`, values: without it, those that have the layout stay pending. `folds` are zeroed, and
// the caller's to close whatever the status, which is this rank's own: agree on it next. Inside a
// body, collective.
mb_status mb_fold_columns_open(mb_context *cx, const mb_aggregation *aggregations, int n,
                               mb_layout *rows, bool stored, mb_fold_column *folds) MB_MUST_CHECK;
void mb_fold_columns_close(mb_fold_column *folds, int n);

// Makes n states fresh ones. Not collective.
void mb_fold_clear(const mb_fold *fold, int64_t n, void *states);

// Scratch of mb_fold_add.
typedef struct mb_fold_room {
    uint32_t groups[MB_BLOCK_ROWS], offsets[MB_BLOCK_ROWS];
    uint64_t values[MB_BLOCK_ROWS];
} mb_fold_room;

// Adds rows.n <= MB_BLOCK_ROWS rows to the states of their groups. `values` is as stored, NULL
// where the fold needs none; rows whose byte of `valid` is 0 are passed over, none where that is
// NULL. Not collective.
void mb_fold_add(const mb_fold *fold, mb_isa isa, mb_fold_rows rows, const mb_block *values,
                 const uint8_t *valid, mb_fold_room *room, void *states);

// Merges state i into states[groups[i]], for n states in the order of their rows. Not collective.
void mb_fold_merge(const mb_fold *fold, const void *from, int64_t n, const uint32_t *groups,
                   void *states);

// Adds n rows by direct addressing, with keys and values as they are stored: row i is added to
// states[keys[i] - shift].
typedef void mb_add_stored(const void *keys, uint32_t shift, const void *values, int64_t n,
                           void *states);

// The loop that adds keys of 1, 2 or 4 bytes and values of a form, with base 0, as they are stored;
// NULL where the fold has none. Not collective.
mb_add_stored *mb_fold_stored(const mb_fold *fold, int key_width, mb_form form);

// Bytes of a float in the results: those of a chosen value are the column's. Not collective.
int mb_fold_float_width(const mb_fold *fold, const mb_column *column);

// Returns MB_EOVERFLOW, with a message that names the group, counted from 0 over all ranks, whose
// result does not fit. Not collective.
mb_status mb_fold_refuse(mb_context *cx, const mb_fold *fold, int64_t group);

// The parts of mb_fold_of. Not collective.
void mb_fold_integer_sum(const mb_column *column, mb_fold *fold);
void mb_fold_float_sum(mb_isa isa, mb_fold *fold);
void mb_fold_float_product(mb_fold *fold);
void mb_fold_chosen_row(mb_fold *fold);

// mb_fold.merge of states that are counts. Not collective.
void mb_fold_merge_sums(const void *from, int64_t n, const uint32_t *groups, void *states);

// mb_fold.finish of states that are results already, a word each. Not collective.
int64_t mb_fold_finish_words(const mb_fold *fold, const void *states, int64_t n, uint64_t *results,
                             uint8_t *valid);
