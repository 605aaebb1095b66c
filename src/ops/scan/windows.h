// Windows that move along rows: what is computed of each row and some rows before it.
//
// Rows are cut into blocks, of as many rows as a window has, or of a span of time, and blocks begin
// anew where a segment of rows does. Then the window of a row is some last rows of one block and
// the rows so far of the next: of the former each row has what it and all behind it make, folded
// backwards when the block is over, and of the latter rows are folded as they come (van Herk, 1992;
// Gil and Werman, 1993). So a row costs three combinations, however long windows are. Nothing is
// subtracted: a NaN or a large value leaves a window without a trace. What is combined depends on
// the rows of a segment alone, not on where they lie.
#pragma once

#include "core/context.h"
#include "core/kind.h"

typedef enum mb_window_fold {
    MB_WINDOW_SUM,
    MB_WINDOW_MEAN,
    MB_WINDOW_MIN,
    MB_WINDOW_MAX,
    MB_WINDOW_VAR,
    MB_WINDOW_STD,
    MB_WINDOW_COUNT,
} mb_window_fold;

typedef struct mb_windowing {
    mb_window_fold fold;
    int64_t rows;  // of a window; 0: it has those of less than `span` before its last one
    int64_t span;  // in ticks
    int64_t least; // values that a window needs, else it has no result
    double ddof;   // of variances
} mb_windowing;

enum { MB_WINDOW_ROWS = 4096 }; // most that are taken at once
MB_WHOLE_WORDS(MB_WINDOW_ROWS);

// Rows as they come: 64-bit values; whether each is there, NULL for all; how many rows of its
// segment are before each; and times in ticks, where windows are of a span.
typedef struct mb_window_rows {
    const mb_value *values;
    const uint8_t *there;
    const int64_t *before, *times;
    int64_t n;
} mb_window_rows;

typedef struct mb_windows mb_windows;

// Of values of a kind. Memory: up to 65 bytes for each row of two blocks. Not collective.
mb_status mb_windows_open(mb_context *cx, const mb_windowing *asked, mb_kind kind,
                          mb_windows **windows) MB_MUST_CHECK;
void mb_windows_close(mb_windows *windows);

// Takes n <= MB_WINDOW_ROWS rows. `values` and `there` get the results: 64-bit values, and whether
// there is one. The first rows of all must begin a block, or what would be the block before it.
// Fails (MB_EINVALID) where times of a segment descend; `*descent` is that row then, else -1. Not
// collective.
mb_status mb_windows_take(mb_windows *windows, const mb_window_rows *rows, mb_value *values,
                          uint8_t *there, int64_t *descent) MB_MUST_CHECK;

// The block of a time: they count spans since the time 0.
static inline int64_t mb_window_block(const mb_windowing *asked, int64_t time)
{
    const int64_t span = asked->span > 0 ? asked->span : 1;
    return time / span - (time % span < 0);
}
