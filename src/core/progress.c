#include "core/progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/clock.h"

// Seconds until an operation is told of, and between lines.
static const double PATIENCE = 1, PAUSE = 0.2;

void mb_progress_begin(mb_context *cx, const char *what, int64_t rows, int64_t steps)
{
    mb_progress_meter *p = &cx->progress;
    if (!p->show || p->off || p->depth++ > 0) return;
    snprintf(p->what, sizeof p->what, "%s", what);
    p->rows = rows;
    p->steps = steps;
    p->done = p->bytes = 0;
    p->began = mb_now();
    p->told = p->eager ? 0 : p->began;
    p->visible = false;
}

// A number with commas between thousands.
static const char *grouped(int64_t n, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRId64, n), used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = 0;
    return text;
}

static const char *in_bytes(double bytes, char text[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1000;
        unit++;
    }
    snprintf(text, 32, bytes < 9.95 && unit > 0 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return text;
}

static const char *in_time(double seconds, char text[32])
{
    int64_t s = (int64_t)(seconds + 0.5);
    if (s < 100)
        snprintf(text, 32, "%" PRId64 " s", s);
    else if (s < 100 * 60)
        snprintf(text, 32, "%" PRId64 " min", (s + 30) / 60);
    else
        snprintf(text, 32, "%.1f h", seconds / 3600);
    return text;
}

// Where this rank does much more than its share, as with a compressed file that only one can read,
// nobody knows how much there is.
static bool is_unknown(const mb_progress_meter *p)
{
    return p->done > p->steps + p->steps / 8;
}

static void tell(mb_progress_meter *p, double now)
{
    char line[200], rows[80] = "", first[32], second[32], third[32], fourth[32];
    double part = p->done < p->steps ? (double)p->done / (double)p->steps : 1;
    double seconds = now - p->began;
    if (p->rows >= 0)
        snprintf(rows, sizeof rows, "%s of %s row%s, ",
                 grouped((int64_t)(part * (double)p->rows), first), grouped(p->rows, second),
                 mb_plural(p->rows));
    if (is_unknown(p))
        snprintf(line, sizeof line, "%s: %s, %s/s", p->what, in_bytes((double)p->bytes, first),
                 in_bytes((double)p->bytes / seconds, third));
    else
        snprintf(line, sizeof line, "%s: %.0f %%, %s%s/s, %s left", p->what, 100 * part, rows,
                 in_bytes((double)p->bytes * p->ranks / seconds, third),
                 part > 0 ? in_time(seconds / part - seconds, fourth) : "unknown");
    p->visible = true;
    p->told = now;
    p->show(p->to, line);
}

void mb_progress_add(mb_context *cx, int64_t steps, int64_t bytes)
{
    mb_progress_meter *p = &cx->progress;
    if (p->depth != 1) return;
    p->done += steps;
    p->bytes += bytes;
    double now = mb_now();
    if ((p->eager || now - p->began >= PATIENCE) && now - p->told >= PAUSE) tell(p, now);
}

void mb_progress_end(mb_context *cx)
{
    mb_progress_meter *p = &cx->progress;
    if (p->depth == 0 || --p->depth > 0) return;
    if (p->visible) p->show(p->to, NULL);
    p->visible = false;
}

void mb_progress_spill_begin(mb_context *cx, const char *what, int64_t rows, int64_t steps)
{
    cx->progress.spills = mb_memory_spills(cx);
    if (cx->progress.spills) mb_progress_begin(cx, what, rows, steps);
}

void mb_progress_spill_add(mb_context *cx, int64_t steps, int64_t bytes)
{
    if (cx->progress.spills) mb_progress_add(cx, steps, bytes);
}

void mb_progress_spill_end(mb_context *cx)
{
    if (cx->progress.spills) mb_progress_end(cx);
    cx->progress.spills = false;
}

void mb_progress_reset(mb_context *cx)
{
    cx->progress.spills = false;
    if (cx->progress.depth == 0) return;
    cx->progress.depth = 1;
    mb_progress_end(cx);
}
