// Between the files of mb_gather: what is gathered, and the ways that rows come.
#pragma once

#include "column/column.h"
#include "ops/move/positions.h"

// An array with an entry for each row: a column's values, or bytes that say which rows are there.
typedef struct mb_gathered {
    const char *from; // rows of the source on this rank
    char *to;
    int width, offset; // offset: in a packed row
} mb_gathered;

typedef struct mb_gathering {
    mb_context *cx;
    const mb_layout *layout; // of the source
    mb_positions positions;
    int64_t rows; // positions of this rank
    int nplanes, row_bytes;
    mb_gathered *planes;
    mb_buffer *words; // of the windows: four for each rank
} mb_gathering;

// to[i] = from[rows[i]], of `width` bytes, where entries are a stride apart. Rows are int64_t when
// `wide`, else uint32_t.
void mb_gather_pick(const char *from, int64_t from_stride, const void *rows, bool wide, int64_t n,
                    int width, char *to, int64_t to_stride);

// Source rows that every rank brings to itself, one after another, before it picks among them.
typedef struct mb_window {
    int64_t *first, *end, *scratch; // of each rank's; two words a rank
    bool alike;                     // all of them are one
} mb_window;

// Whether the rows that positions may name are so few that every rank brings all of them: which.
// The same on all ranks. Not collective.
bool mb_window_alike(const mb_gathering *gathering, int64_t *first, int64_t *end);

// Whether windows are worth it: of all rows that may be asked for, when these are few beside the
// positions; and of each rank's, when positions ascend and leave few rows out. After a step;
// collective.
bool mb_window_worth(const mb_gathering *gathering, mb_window *window);

// Takes the rows by windows. Inside a body, collective.
mb_status mb_gather_window(mb_gathering *gathering, const mb_window *window) MB_MUST_CHECK;

enum { MB_GATHER_ROUND = 1 << 25 }; // most positions of a rank that are asked for at once

// Takes the rows by asking their ranks for them. Inside a body, collective.
mb_status mb_gather_ask(mb_gathering *gathering) MB_MUST_CHECK;
