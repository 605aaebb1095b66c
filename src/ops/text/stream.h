// The strings of rows, for what looks at several columns, or makes several rows of one.
#pragma once

#include "column/column.h"
#include "expr/evaluate.h"
#include "types/dictionary.h"

// Takes n rows: strings[c][i] is that of row i in column c, or the 8 bytes of its value where this
// is an integer; bytes NULL where it is missing. They are valid until the call returns.
typedef mb_status mb_text_take(void *state, mb_string *const *strings, int64_t n);

// Streams this rank's rows of up to MB_MOST_ROOTS columns of one length, of which those without a
// dictionary are integers, through `take`, in order, laid out as the first one is. The status is
// this rank's own: agree on it next. Memory: a block a column; where rows have strings of other
// ranks, all of the rows' strings and 40 bytes a row. Inside a body, collective.
mb_status mb_text_stream(mb_context *cx, mb_column *const *columns, int n, mb_text_take *take,
                         void *state) MB_MUST_CHECK;
