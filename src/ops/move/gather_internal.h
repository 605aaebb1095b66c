// What the files of mb_gather share: the arrays that are gathered, by windows or by requests.
#pragma once

#include "column/column.h"
#include "ops/move/positions.h"

// An array with an entry for each row: a column's values, or a byte that is 1 where a row is valid.
typedef struct mb_gathered {
    const char *from; // entries of the source on this rank
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
    mb_buffer *words; // memory of the windows: four words a rank
} mb_gathering;

// Copies entries of `width` bytes that are a stride of bytes apart: to[i] = from[rows[i]]. Rows are
// int64_t if `wide`, else uint32_t. Not collective.
void mb_gather_pick(const char *from, int64_t from_stride, const void *rows, bool wide, int64_t n,
                    int width, char *to, int64_t to_stride);

// For each rank a range of source rows that holds all that it gathers, and that it receives whole.
typedef struct mb_window {
    int64_t *first, *end; // of each rank
    int64_t *scratch;     // two words a rank
    bool alike;           // all ranks have one range
} mb_window;

// Whether the rows that positions may name, by the bounds of these, are so few beside the positions
// that every rank receives them all: rows `first` to `end` - 1. The same on all ranks. Not
// collective.
bool mb_window_alike(const mb_gathering *gathering, int64_t *first, int64_t *end);

// Whether windows are worth it: one for all ranks (mb_window_alike), or one for each rank where
// positions ascend and leave few rows out. After a step; collective.
bool mb_window_worth(const mb_gathering *gathering, mb_window *window);

// Gathers the rows by windows. Inside a body, collective.
mb_status mb_gather_window(mb_gathering *gathering, const mb_window *window) MB_MUST_CHECK;

enum { MB_GATHER_ROUND = 1 << 25 }; // most positions of a rank in a round of requests

// Gathers the rows by requests to the ranks that own them. Inside a body, collective.
mb_status mb_gather_request(mb_gathering *gathering) MB_MUST_CHECK;
