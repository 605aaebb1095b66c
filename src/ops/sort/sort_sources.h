// The key columns that a sort reads.
#pragma once

#include <stdbool.h>

#include "column/column.h"
#include "order/keys.h"

// Columns with values and in one layout, what is known of each, and its direction.
typedef struct mb_sources {
    int n;
    mb_column *columns[MB_MOST_KEYS];
    bool descending[MB_MOST_KEYS];
    mb_key_bounds bounds[MB_MOST_KEYS];
} mb_sources;

// Opens n <= MB_MOST_KEYS / 2 key columns of one length. Those after which rows are in order
// already are left out: none may be left. Every key fits a word: where the code of a column would
// need 65 bits, whether its rows are missing is a key of its own. The sources are the caller's to
// close whatever the status. Inside a body, collective.
mb_status mb_sources_open(mb_context *cx, mb_column *const *columns, int n, const bool *descending,
                          mb_sources *sources) MB_MUST_CHECK;

// The last keys, up to number `end`, that fit a word: the number of the first of them.
int mb_sources_word(const mb_sources *sources, int end);

void mb_sources_close(mb_sources *sources);
