// Lists of strings, made on one rank and shared with all.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

// NUL-terminated strings, back to back. Starts as all zeros.
typedef struct mb_strings {
    mb_buffer *buffer;
    size_t length; // bytes in use
    int64_t count;
} mb_strings;

// Adds a copy of a string. Not collective.
mb_status mb_strings_add(mb_context *cx, mb_strings *strings, const char *text) MB_MUST_CHECK;

// The same unless it is there already. Meant for short lists.
mb_status mb_strings_add_once(mb_context *cx, mb_strings *strings, const char *text) MB_MUST_CHECK;

// Adds a copy, formatted; text longer than 4 KiB is cut.
mb_status mb_strings_addf(mb_context *cx, mb_strings *strings, const char *format, ...)
    MB_PRINTF(3, 4) MB_MUST_CHECK;

// Gives every rank the strings of rank 0, inside an operation's body. `status` is this rank's so
// far; a failure is one on all ranks. Collective.
mb_status mb_strings_share(mb_context *cx, mb_status status, mb_strings *strings) MB_MUST_CHECK;

// Gives every rank the strings of all ranks, each once, in rank order, inside an operation's body.
// `status` is this rank's so far. Afterwards another exchange may follow without a step.
// Collective.
mb_status mb_strings_unite(mb_context *cx, mb_status status, mb_strings *strings) MB_MUST_CHECK;

// The first string, and the one behind another. Stop after `count` of them.
const char *mb_strings_first(const mb_strings *strings);
const char *mb_strings_next(const char *text);

// An array of pointers to the strings, in a new buffer. Not collective.
mb_status mb_strings_index(mb_context *cx, const mb_strings *strings,
                           mb_buffer **index) MB_MUST_CHECK;

void mb_strings_release(mb_strings *strings);
