// Direct addressing: where keys span a small range, the offset of a key indexes a table of numbers,
// with an entry for each key of the range, so that no number is kept for a row.
#pragma once

#include "column/column.h"

typedef struct mb_direct {
    mb_column *keys;    // owned; NULL: keys are not addressed directly
    uint32_t shift;     // the entry of a key is its stored offset less this
    int64_t n;          // entries; where keys are missing, the last is theirs
    mb_buffer *numbers; // uint32_t: 0, 1, ... for the entries that occur
    mb_buffer *used;    // uint32_t: the entries that occur, ascending
} mb_direct;

// Whether the keys of a stored column are addressed directly: whether their range is small, and
// small beside the number of this rank's rows. Not collective.
bool mb_direct_fits(const mb_column *column);

// Finds the entries that occur on this rank, `nused` of them. Memory: 10 bytes for each of up
// to 2^18 entries. Not collective.
mb_status mb_direct_open(mb_column *column, mb_direct *direct, int64_t *nused) MB_MUST_CHECK;
void mb_direct_close(mb_direct *direct);

// The entries of n rows from row `first` on, into `out`. Not collective.
void mb_direct_take(const mb_direct *direct, int64_t first, int64_t n, uint32_t *out);
