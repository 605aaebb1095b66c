// The strings of all ranks, on every rank.
#pragma once

#include "types/dictionary.h"

typedef struct mb_string_list {
    int64_t n, before; // strings of all ranks, and of those before this one
    mb_buffer *strings, *bytes;
} mb_string_list;

// Brings n strings of each rank to every rank, in the order of ranks. `status` is this rank's so
// far. On one rank bytes stay where they are. Memory: all of the strings and 24 bytes for each,
// and this rank's own as much. Inside a body, collective.
mb_status mb_text_gather(mb_context *cx, mb_status status, const mb_string *strings, int64_t n,
                         mb_string_list *all) MB_MUST_CHECK;

// Frees the list, which may be all zeros.
void mb_string_list_release(mb_string_list *list);
