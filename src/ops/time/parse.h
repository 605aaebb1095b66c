// Times and durations of texts.
#pragma once

#include "column/column.h"
#include "ops/reduce/reduce.h"
#include "ops/text/convert.h"

enum { MB_MOST_PATTERNS = 16 };

typedef struct mb_time_reading {
    const mb_units *units; // of times or of durations
    int unit;              // of the result; -1: the coarsest that holds all values exactly
    int npatterns;         // of times, tried in this order; 0: as the type's own texts are
    const char *patterns[MB_MOST_PATTERNS];
    mb_text_unread unread;
    mb_scalar otherwise; // of MB_UNREAD_VALUE
} mb_time_reading;

// A pending column of the times or durations that a text column's strings stand for, each string
// read once. In a unit that was asked for they are rounded down; where they do not fit it they are
// unread. MB_EINVALID for the first row that is unread, where that is to fail. Inside a body,
// collective.
mb_status mb_time_parse(mb_context *cx, mb_column *column, const mb_time_reading *how,
                        mb_column **result) MB_MUST_CHECK;
