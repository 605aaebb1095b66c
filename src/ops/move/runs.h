// Runs: rows that a result repeats, sent to the ranks that own the rows of the result.
#pragma once

#include "column/column.h"
#include "comm/shuffle.h"

// A row that is repeated `times` times, paired with start, start + 1, ...
typedef struct mb_run {
    int64_t row, start, times;
} mb_run;

// A shuffle of runs to the owners of the result's rows, cut where the rows of the next rank begin.
typedef struct mb_runs {
    mb_context *cx;
    const mb_layout *layout; // of the result
    int64_t next;            // the row of the result that comes next
    int rank;                // its owner, or a rank before
    int64_t n;
    mb_buffer *memory;
    mb_shuffle shuffle;
} mb_runs;

// Allocates memory for `most` runs of this rank. Not collective.
mb_status mb_runs_open(mb_context *cx, int64_t most, mb_runs *runs) MB_MUST_CHECK;
void mb_runs_close(mb_runs *runs);

// mb_runs_begin starts this rank's runs, whose repeated rows are row `first` of the layout and
// those after it; mb_runs_add appends one. Not collective.
void mb_runs_begin(mb_runs *runs, const mb_layout *layout, int64_t first);
void mb_runs_add(mb_runs *runs, mb_run run);

// Sends the runs, and gives the n runs, in order, of the rows that this rank owns. After a step;
// inside a body, collective. Memory: 24 bytes for each run sent and each received.
mb_status mb_runs_send(mb_runs *runs, mb_buffer **received, int64_t *n) MB_MUST_CHECK;
