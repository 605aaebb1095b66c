// Times by patterns, as strftime and strptime know them, with English names.
#pragma once

#include "types/time.h"

// What a pattern shows of a time besides the time: the offset of its zone, and its name.
typedef struct mb_local {
    int32_t offset; // seconds
    const char *name;
} mb_local;

// Whether all directives of a pattern are known, for reading or for writing; else `*wrong` is the
// one that is not.
bool mb_pattern_check(const char *pattern, bool reads, char wrong[3]);

// Writes a time, in local time, by a pattern, cut to `size` bytes; returns its length.
size_t mb_pattern_format(const char *pattern, const mb_type *type, mb_value value, mb_local local,
                         char *text, size_t size);

// Reads a text by a pattern: the time in UTC, in the coarsest unit that holds it exactly. What the
// pattern does not tell is as in 1970-01-01T00:00:00Z. Blanks of the pattern stand for any.
bool mb_pattern_read(const char *pattern, const char *text, size_t length, const mb_type **type,
                     mb_value *value);
