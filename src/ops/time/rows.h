// Functions of times that no kernel has: row by row, with a zone where they need one.
#pragma once

#include "column/column.h"
#include "types/operator.h"

// A stored duration column, in seconds: how far local time in a zone is from UTC at each time.
// MB_EINVALID for a zone that there is not. Inside a body, collective.
mb_status mb_time_offsets(mb_context *cx, mb_column *column, const char *zone,
                          mb_column **result) MB_MUST_CHECK;

// A multiple of a calendar's unit, or of ticks in local time.
typedef struct mb_time_step {
    int64_t months; // whole months, of year 0 on; 0: ticks
    int64_t ticks, phase;
    mb_rounding rounding;
    const char *zone; // NULL: UTC
} mb_time_step;

// A stored time column of the column's type, each row rounded to a multiple of a step in local
// time: the multiple at or before the row, or at or after it, or the nearer one, half to the later.
// What local time shows twice is the instant nearer to the row, and what it skips the instant of
// the change. MB_EOVERFLOW for a row whose multiple does not fit. Inside a body, collective.
mb_status mb_time_round(mb_context *cx, mb_column *column, const mb_time_step *step,
                        mb_column **result) MB_MUST_CHECK;

// A text column of times by a pattern of strftime, in a zone, or in UTC where that is NULL.
// MB_EINVALID where there are more different ones than a dictionary holds. Inside a body,
// collective.
mb_status mb_time_format(mb_context *cx, mb_column *column, const char *pattern, const char *zone,
                         mb_column **result) MB_MUST_CHECK;
