// Rows of a text column take what the entries of its dictionary have.
#pragma once

#include "column/column.h"
#include "expr/expression.h"
#include "types/dictionary.h"

// A text column whose entries are gone through: on each rank those that it has.
typedef struct mb_text_rows {
    mb_column *column;
    const mb_dictionary *dictionary;
    bool local;      // the rows of each rank have entries that it has
    bool whole;      // these, each once and in order
    mb_buffer *used; // a byte for each of these, 0 where no row has it; NULL: rows may have all
} mb_text_rows;

// Opens the rows; gives a column values whose dictionary is spread. Memory then: a byte an entry.
// Inside a body, collective.
mb_status mb_text_rows_open(mb_context *cx, mb_column *column, mb_text_rows *rows) MB_MUST_CHECK;

// Frees what was opened; may be all zeros.
void mb_text_rows_close(mb_text_rows *rows);

// Whether any row may have the i-th entry of this rank, from 0.
static inline bool mb_text_row_uses(const mb_text_rows *rows, int64_t i)
{
    return !rows->used || ((const uint8_t *)rows->used->data)[i];
}

// The i-th entry of this rank.
static inline mb_string mb_text_row_entry(const mb_text_rows *rows, int64_t i)
{
    return mb_dictionary_entry(rows->dictionary, rows->dictionary->first + i);
}

// A column of what a table has for the entries, of which this rank's are in it: pending where the
// dictionary is replicated. Missing rows stay so. `status` is this rank's so far. References to the
// table's buffers are taken. Memory: of a spread dictionary the result, and where rows have entries
// of other ranks what mb_gather takes. Inside a body, collective.
mb_status mb_text_rows_map(mb_context *cx, mb_status status, const mb_text_rows *rows,
                           const mb_map *table, const mb_type *type,
                           mb_column **result) MB_MUST_CHECK;

// The same of rows that are `whole`, where no entry on any rank is missing in the table: its values
// become the column's, of which the type stores such.
mb_status mb_text_rows_adopt(mb_context *cx, mb_status status, const mb_text_rows *rows,
                             const mb_map *table, const mb_type *type,
                             mb_column **result) MB_MUST_CHECK;

// Gives n entries of this rank, from the i-th on, a word each, and sets valid[k] = false for those
// that have none.
typedef mb_status mb_text_rows_fill(mb_context *cx, void *state, const mb_text_rows *rows,
                                    int64_t i, int64_t n, uint64_t *words, uint8_t *valid);

// The same of rows that are `whole`, in one pass and without a table: the values of all entries, as
// `fill` makes them, become a column. Inside a body, collective.
mb_status mb_text_rows_make(mb_context *cx, const mb_text_rows *rows, mb_text_rows_fill *fill,
                            void *state, const mb_type *type, mb_column **result) MB_MUST_CHECK;
