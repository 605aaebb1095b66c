// The usual form of ISO 8601, which nearly all texts of times have, read by words of 8 bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads "yyyy-mm-ddThh:mm:ss", also with a blank as "T", then perhaps "." and one to nine digits,
// then perhaps "Z" or "+hh:mm": the second since 1970-01-01T00:00:00 UTC, and nanoseconds from 0
// up. False for all else, among it second 60; what is read is what other readers of the form read.
bool mb_iso_read(const char *text, size_t length, int64_t *second, int64_t *nanosecond);

// The same of n <= MB_ISO_BATCH strings, of which the i-th are bytes offsets[i] .. offsets[i + 1] -
// 1: read[i] is 0 for those that are none, whose times are any.
enum { MB_ISO_BATCH = 256 };
void mb_iso_read_all(const char *bytes, const uint64_t *offsets, int64_t n, int64_t *seconds,
                     int64_t *nanoseconds, uint8_t *read);
