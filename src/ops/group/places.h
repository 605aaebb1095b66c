// Places: keys of a small range number their groups by what is stored of them, in tables with an
// entry for each key of the range, so that nothing is kept for a row.
#pragma once

#include "column/column.h"

typedef struct mb_places {
    mb_column *keys;     // a reference; NULL: there are no places
    uint32_t shift;      // the place of a key is what is stored of it, less this
    int64_t n;           // one for each key of the range; and that of missing keys, the last
    mb_buffer *numbers;  // uint32_t: 0, 1, ... for the places that occur
    mb_buffer *occupied; // uint32_t: the places that occur, ascending
} mb_places;

// Whether the keys of a column with values have places: whether their range is small, also beside
// the number of this rank's rows. Not collective.
bool mb_places_fit(const mb_column *column);

// Finds the places that occur on this rank, `noccupied` of them. Memory: 10 bytes for each of up to
// 2^18 places. Not collective.
mb_status mb_places_open(mb_column *column, mb_places *places, int64_t *noccupied) MB_MUST_CHECK;

void mb_places_close(mb_places *places);

// The places of n rows from one on, to `out`.
void mb_places_take(const mb_places *places, int64_t first, int64_t n, uint32_t *out);
