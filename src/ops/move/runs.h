// Runs: rows that come several times over, one after another, dealt out evenly.
#pragma once

#include "column/column.h"
#include "comm/shuffle.h"

// A row that comes `times` times, beside start, start + 1, ...
typedef struct mb_run {
    int64_t row, start, times;
} mb_run;

// Runs on their way to the ranks that have what they become, cut where these begin.
typedef struct mb_runs {
    mb_context *cx;
    const mb_layout *layout; // of what the runs become
    int64_t next;            // the row of it that comes next
    int rank;                // that has it, or one before
    int64_t n;
    mb_buffer *memory;
    mb_shuffle shuffle;
} mb_runs;

// Room for `most` runs of this rank. Not collective.
mb_status mb_runs_open(mb_context *cx, int64_t most, mb_runs *runs) MB_MUST_CHECK;

void mb_runs_close(mb_runs *runs);

// This rank's runs become rows of the layout from `first` on. Not collective.
void mb_runs_begin(mb_runs *runs, const mb_layout *layout, int64_t first);
void mb_runs_add(mb_runs *runs, mb_run run);

// Sends the runs: n of them are for this rank, in order. After a step; inside a body, collective.
// Memory: 24 bytes for each run of this rank, and of its rows.
mb_status mb_runs_deal(mb_runs *runs, mb_buffer **dealt, int64_t *n) MB_MUST_CHECK;
