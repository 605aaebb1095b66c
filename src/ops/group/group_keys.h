// The keys of grouped rows, packed into words in the order of the keys (see order/keys.h).
#pragma once

#include "column/builder.h"
#include "expr/evaluate.h"
#include "order/keys.h"

// The columns of keys, with values and in one layout. A column of few values that are far apart is
// packed as codes of a dictionary.
typedef struct mb_group_keys {
    mb_context *cx;
    int n;
    mb_column *columns[MB_MOST_ROOTS], *codes[MB_MOST_ROOTS]; // owned; codes are what is packed
    mb_buffer *dictionaries[MB_MOST_ROOTS]; // values of codes; NULL: the codes are the column
    mb_keys packed;
} mb_group_keys;

typedef enum mb_group_sampling {
    MB_SAMPLE_NEVER,
    MB_SAMPLE_WIDE,
    MB_SAMPLE_ALWAYS
} mb_group_sampling;

// Opens n columns as keys of the rows of a layout. A sample of the rows (with MB_SAMPLE_WIDE only
// where the range of the keys allows many groups) estimates which columns are worth a dictionary,
// and whether tables of all groups would leave the caches: `many`. The keys are the caller's to
// close whatever the status. Inside a body, collective.
mb_status mb_group_keys_open(mb_context *cx, mb_column *const *columns, int n, mb_layout *rows,
                             mb_group_sampling how, mb_group_keys *keys, bool *many) MB_MUST_CHECK;

void mb_group_keys_close(mb_group_keys *keys);

// Opens a builder for each key, of `groups` rows. Not collective.
mb_status mb_group_keys_builders(const mb_group_keys *keys, int64_t groups,
                                 mb_builder **builders) MB_MUST_CHECK;

// Appends the keys of n <= MB_KEY_ROWS groups from their packed words. Not collective.
mb_status mb_group_keys_append(const mb_group_keys *keys, uint64_t *const *words, int64_t n,
                               mb_builder **builders) MB_MUST_CHECK;
