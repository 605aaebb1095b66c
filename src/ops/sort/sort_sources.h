// The key columns that a sort reads.
#pragma once

#include <stdbool.h>

#include "column/column.h"
#include "order/keys.h"

// Stored columns of one layout, the bounds of their keys, and their directions.
typedef struct mb_sources {
    int n;
    mb_column *columns[MB_MOST_KEYS];
    bool descending[MB_MOST_KEYS];
    mb_key_bounds bounds[MB_MOST_KEYS];
} mb_sources;

// Opens n <= MB_MOST_KEYS / 2 key columns of one length. Trailing keys in whose order the
// rows are already are left out, since sorts are stable: perhaps all. Every key fits a word: where
// the code of a column would need 65 bits, its validity is a key of its own. The sources are the
// caller's to close whatever the status. Inside a body, collective.
mb_status mb_sources_open(mb_context *cx, mb_column *const *columns, int n, const bool *descending,
                          mb_sources *sources) MB_MUST_CHECK;

// The number of the first key of the longest run of keys before number `end` that fits a word. Not
// collective.
int mb_sources_word(const mb_sources *sources, int end);

void mb_sources_close(mb_sources *sources);
