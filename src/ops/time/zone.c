#include "ops/time/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "types/time.h"

// Before 1800 no database tells of a change; what the years 2100 to 2499 have is repeated: what is
// told of single years, as those of Ramadan, ends before.
static const int64_t FIRST = -5364662400, LAST = 16725225600, REPEATS = INT64_C(400) * 31556952;

enum { STRIDE = 3 * 86400 }; // of the search for changes: all that there are last longer

// --- Reading, on rank 0.

static bool has_zone(const char *name)
{
    char path[512];
    const char *folder = getenv("TZDIR");
    const bool strange = !*name || *name == '/' || *name == '.' || strstr(name, "..");
    struct stat file;
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "/usr/share/zoneinfo", name);
    return !strange && strlen(name) < 128 && stat(path, &file) == 0 && S_ISREG(file.st_mode);
}

static mb_zone_span span_at(int64_t second)
{
    struct tm local;
    const time_t at = second;
    mb_zone_span span = {.from = second};
    if (!localtime_r(&at, &local)) return span;
    span.offset = (int32_t)local.tm_gmtoff;
    snprintf(span.name, sizeof span.name, "%s", local.tm_zone ? local.tm_zone : "");
    return span;
}

static bool alike(const mb_zone_span *a, const mb_zone_span *b)
{
    return a->offset == b->offset && strcmp(a->name, b->name) == 0;
}

// The first second after `low`, up to `high`, that differs from it.
static int64_t find_change(const mb_zone_span *before, int64_t low, int64_t high)
{
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        const mb_zone_span span = span_at(middle);
        if (alike(before, &span))
            low = middle;
        else
            high = middle;
    }
    return high;
}

static mb_status add_span(mb_context *cx, mb_zone *zone, mb_zone_span span)
{
    mb_status status = mb_buffer_reserve(cx, &zone->memory, zone->n, 1, sizeof span);
    if (!status) ((mb_zone_span *)zone->memory->data)[zone->n++] = span;
    return status;
}

static mb_status list_spans(mb_context *cx, int64_t low, int64_t high, mb_zone *zone)
{
    if (high > LAST) high = LAST;
    if (low < FIRST || high == LAST) low = FIRST;
    mb_zone_span before = span_at(low < high ? low : high);
    mb_status status = add_span(cx, zone, before);
    for (int64_t at = low; at < high && !status;) {
        const int64_t next = high - at > STRIDE ? at + STRIDE : high;
        mb_zone_span span = span_at(next);
        if (alike(&before, &span)) {
            at = next;
            continue;
        }
        at = find_change(&before, at, next);
        before = span_at(at);
        status = add_span(cx, zone, before);
    }
    return status;
}

// The database is read through the TZ of the process, which is put back.
static mb_status read_zone(mb_context *cx, const char *name, int64_t low, int64_t high,
                           mb_zone *zone)
{
    int64_t offset;
    const char *end = name + strlen(name), *old = getenv("TZ");
    if ((*name == '+' || *name == '-') && mb_read_offset(name, end, &offset) == end) {
        mb_zone_span fixed = {.offset = (int32_t)offset};
        snprintf(fixed.name, sizeof fixed.name, "%.*s", MB_ZONE_NAME - 1, name);
        return add_span(cx, zone, fixed);
    }
    if (!has_zone(name))
        return mb_fail(cx, MB_EINVALID,
                       "the tz database has no zone '%.80s' (as \"Europe/Berlin\", \"UTC\" or "
                       "\"+02:00\")",
                       name);
    char *kept = old ? mb_copy_string(cx, old) : NULL;
    if (old && !kept) return MB_EMEMORY;
    setenv("TZ", name, 1); // NOLINT(concurrency-mt-unsafe): as the header says
    tzset();
    mb_status status = list_spans(cx, low, high, zone);
    if (kept)
        setenv("TZ", kept, 1); // NOLINT(concurrency-mt-unsafe)
    else
        unsetenv("TZ"); // NOLINT(concurrency-mt-unsafe)
    tzset();
    free(kept);
    return status;
}

mb_status mb_zone_open(mb_context *cx, const char *name, int64_t low, int64_t high, mb_zone *zone)
{
    const bool reads = mb_rank(cx) == 0;
    *zone = (mb_zone){0};
    mb_status status = reads ? read_zone(cx, name, low, high, zone) : MB_OK;
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_broadcast(cx, 0, &zone->n, sizeof zone->n);
    if (!reads) status = mb_buffer_new_array(cx, zone->n, sizeof(mb_zone_span), &zone->memory);
    status = mb_step(cx, status, NULL);
    if (status) return status;
    mb_broadcast(cx, 0, zone->memory->data, (size_t)zone->n * sizeof(mb_zone_span));
    zone->spans = zone->memory->data;
    return MB_OK;
}

void mb_zone_close(mb_zone *zone)
{
    mb_buffer_release(zone->memory);
    zone->memory = NULL;
}

// --- Looking up.

const mb_zone_span *mb_zone_at(const mb_zone *zone, int64_t second, int64_t *hint)
{
    const mb_zone_span *spans = zone->spans;
    if (second >= LAST) second = LAST - REPEATS + (second - LAST) % REPEATS;
    const int64_t near = *hint;
    if (second >= spans[near].from && (near + 1 == zone->n || second < spans[near + 1].from))
        return &spans[near];
    int64_t low = 0, high = zone->n; // the span is low, or before high
    while (high - low > 1) {
        const int64_t middle = (low + high) / 2;
        if (spans[middle].from <= second)
            low = middle;
        else
            high = middle;
    }
    *hint = low;
    return &spans[low];
}

// The second after `low`, up to `high`, from which on the offset is no longer `offset`.
static int64_t find_offset_end(const mb_zone *zone, int32_t offset, int64_t low, int64_t high,
                               int64_t *hint)
{
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (mb_zone_at(zone, middle, hint)->offset == offset)
            low = middle;
        else
            high = middle;
    }
    return high;
}

int64_t mb_zone_instant_before(const mb_zone *zone, int64_t second, int64_t local, int64_t *hint)
{
    const int32_t offset = mb_zone_at(zone, second, hint)->offset;
    const int64_t instant = local - offset;
    const int32_t earlier = mb_zone_at(zone, instant, hint)->offset;
    if (earlier == offset) return instant;
    const int64_t other = local - earlier;
    if (other <= second && mb_zone_at(zone, other, hint)->offset == earlier) return other;
    const int64_t low = instant < other ? instant : other;
    return find_offset_end(zone, earlier, low, second, hint); // the clocks skipped it
}

int64_t mb_zone_instant_after(const mb_zone *zone, int64_t second, int64_t local, int64_t *hint)
{
    const int32_t offset = mb_zone_at(zone, second, hint)->offset;
    const int64_t instant = local - offset;
    const int32_t later = mb_zone_at(zone, instant, hint)->offset;
    if (later == offset) return instant;
    const int64_t other = local - later;
    if (other >= second && mb_zone_at(zone, other, hint)->offset == later) return other;
    return find_offset_end(zone, offset, second, instant, hint);
}
