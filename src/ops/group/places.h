// Direct addressing: where keys span a small range, the offset of a key indexes a table of numbers,
// with an entry for each key of the range, so that no number is kept for a row.
#pragma once

#include "column/column.h"

typedef struct mb_places {
    mb_column *keys;     // owned; NULL: keys are not addressed directly
    uint32_t shift;      // the entry of a key is its stored offset less this
    int64_t n;           // entries; where keys are missing, the last is theirs
    mb_buffer *numbers;  // uint32_t: 0, 1, ... for the entries that occur
    mb_buffer *occupied; // uint32_t: the entries that occur, ascending
} mb_places;

// Whether the keys of a stored column are addressed directly: whether their range is small, and
// small beside the number of this rank's rows. Not collective.
bool mb_places_fit(const mb_column *column);

// Finds the entries that occur on this rank, `noccupied` of them. Memory: 10 bytes for each of up
// to 2^18 entries. Not collective.
mb_status mb_places_open(mb_column *column, mb_places *places, int64_t *noccupied) MB_MUST_CHECK;
void mb_places_close(mb_places *places);

// The entries of n rows from row `first` on, into `out`. Not collective.
void mb_places_take(const mb_places *places, int64_t first, int64_t n, uint32_t *out);
