// Time zones: how far local time is from UTC, by the C library and the system's tz database.
#pragma once

#include "core/context.h"

enum { MB_ZONE_NAME = 12 }; // room for "CEST"

// From a second since 1970 on, up to that of the next one.
typedef struct mb_zone_span {
    int64_t from;
    int32_t offset; // of local time from UTC, in seconds
    char name[MB_ZONE_NAME];
} mb_zone_span;

typedef struct mb_zone {
    mb_buffer *memory;
    int64_t n; // >= 1; the first is for all time before the second
    const mb_zone_span *spans;
} mb_zone;

// A zone, "Europe/Berlin" or "+02:00", as far as seconds low .. high need it. Rank 0 reads it, all
// get what it has read. MB_EINVALID for a name that the database does not have. Changes the TZ of
// the process for a moment: other threads must not ask for local time then. Memory: 32 bytes a
// change of the offset. Inside a body, collective.
mb_status mb_zone_open(mb_context *cx, const char *name, int64_t low, int64_t high,
                       mb_zone *zone) MB_MUST_CHECK;
void mb_zone_close(mb_zone *zone);

// The span that has a second. Spans repeat every 400 years from 2100 on, as the calendar and so the
// rules do. `*hint` is 0 at first, and speeds up what follows.
const mb_zone_span *mb_zone_at(const mb_zone *zone, int64_t second, int64_t *hint);

// The last instant, not after `second`, at which the clocks show `local`, or skip it.
int64_t mb_zone_instant_before(const mb_zone *zone, int64_t second, int64_t local, int64_t *hint);

// The first instant from `second` on at which the clocks show `local` or skip it.
int64_t mb_zone_instant_after(const mb_zone *zone, int64_t second, int64_t local, int64_t *hint);
