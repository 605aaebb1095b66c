// The keys of grouped rows, packed into words in the order of the keys (see order/keys.h).
#pragma once

#include "expr/evaluate.h"
#include "order/keys.h"

// The columns of keys, with values and in one layout. A column of few values that are far apart is
// packed as their numbers in a dictionary.
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

// Opens n keys of rows of a layout. A sample (with MB_SAMPLE_WIDE: of keys whose range allows many
// groups) says which columns are worth a dictionary, and whether there are more groups than tables
// that stay in the caches hold: `many`. The keys are the caller's to close whatever the status.
// Inside a body, collective.
mb_status mb_group_keys_open(mb_context *cx, mb_column *const *columns, int n, mb_layout *rows,
                             mb_group_sampling how, mb_group_keys *keys, bool *many) MB_MUST_CHECK;

void mb_group_keys_close(mb_group_keys *keys);

// The values of key k of n groups from their packed words, as mb_builder_append_words takes
// them. valid[i] is 0 for missing ones. Not collective.
void mb_group_keys_values(const mb_group_keys *keys, int k, uint64_t *const *words, int64_t n,
                          uint64_t *values, uint8_t *valid);
