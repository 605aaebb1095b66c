// What is told of how far an operation is, by a clock that the test sets back.
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "core/progress.h"

typedef struct heard {
    int lines, ends;
    char last[200];
} heard;

static void listen_to(void *to, const char *line)
{
    heard *h = to;
    if (!line) {
        h->ends++;
        return;
    }
    h->lines++;
    snprintf(h->last, sizeof h->last, "%s", line);
}

// As if it had begun so many seconds ago, and nothing was told since.
static void long_ago(mb_context *cx, double seconds)
{
    cx->progress.began -= seconds;
    cx->progress.told -= seconds;
}

static void lines(mb_context *cx)
{
    heard h = {0};
    cx->progress.show = listen_to;
    cx->progress.to = &h;
    cx->progress.ranks = 4;
    mb_progress_begin(cx, "reading", 50000000, 1000);
    mb_progress_add(cx, 100, 1000000);
    CHECK_INT(h.lines, 0); // not for what is short
    long_ago(cx, 10);
    mb_progress_add(cx, 150, 24000000);
    CHECK_INT(h.lines, 1);
    const char *expected = "reading: 25 %, 12,500,000 of 50,000,000 rows, 10 MB/s, 30 s left";
    CHECK_INT(strcmp(h.last, expected), 0);
    mb_progress_add(cx, 250, 0);
    CHECK_INT(h.lines, 1); // not so often
    mb_progress_end(cx);
    CHECK_INT(h.ends, 1);
    mb_progress_begin(cx, "reading", -1, 1000); // of so many bytes
    long_ago(cx, 10);
    mb_progress_add(cx, 500, 500);
    CHECK_INT(strcmp(h.last, "reading: 50 %, 200 B/s, 10 s left"), 0);
    long_ago(cx, 20);
    mb_progress_add(cx, 1000, 1000); // much more than this rank's share
    CHECK_INT(strcmp(h.last, "reading: 1.5 kB, 50 B/s"), 0);
    mb_progress_end(cx);
    cx->progress.show = NULL;
}

static void one_in_another(mb_context *cx)
{
    heard h = {0};
    cx->progress.show = listen_to;
    cx->progress.to = &h;
    mb_progress_begin(cx, "scanning", 10, 10);
    long_ago(cx, 5000);
    mb_progress_begin(cx, "reading", 5, 5);
    mb_progress_add(cx, 5, 5);
    mb_progress_end(cx);
    CHECK_INT(h.lines, 0);
    mb_progress_add(cx, 5, 5);
    CHECK_INT(h.lines, 1);
    CHECK(strstr(h.last, "scanning: 50 %, 5 of 10 rows") && strstr(h.last, "83 min left"));
    mb_progress_begin(cx, "reading", 5, 5);
    mb_progress_reset(cx); // as after an error inside
    CHECK_INT(h.ends, 1);
    mb_progress_end(cx);
    mb_progress_add(cx, 5, 5);
    CHECK_INT(h.lines, 1);
    CHECK_INT(h.ends, 1);
    cx->progress.show = NULL;
}

static void silence(mb_context *cx)
{
    heard h = {0};
    mb_progress_begin(cx, "reading", 10, 10); // nobody looks
    long_ago(cx, 100);
    mb_progress_add(cx, 5, 5);
    mb_progress_end(cx);
    cx->progress.show = listen_to;
    cx->progress.to = &h;
    cx->progress.off = true;
    mb_progress_begin(cx, "reading", 10, 10);
    long_ago(cx, 100);
    mb_progress_add(cx, 5, 5);
    mb_progress_end(cx);
    CHECK_INT(h.lines + h.ends, 0);
    cx->progress.off = false;
    mb_progress_begin(cx, "reading", 0, 0); // of nothing
    long_ago(cx, 100);
    mb_progress_add(cx, 0, 0);
    mb_progress_end(cx);
    CHECK_INT(h.lines, 1);
    cx->progress.show = NULL;
}

// What has its memory on the disk is told of, and the same in memory is not.
static void on_the_disk(mb_context *cx)
{
    heard h = {0};
    const char *tmpdir = cx->settings.tmpdir;
    cx->progress.show = listen_to;
    cx->progress.to = &h;
    for (int spills = 0; spills <= 1; spills++) {
        cx->settings.tmpdir = spills ? "/" : NULL;
        cx->frugal = true;
        mb_progress_spill_begin(cx, "sorting", 10, 20);
        long_ago(cx, 10);
        cx->frugal = false; // it began on the disk
        mb_progress_spill_add(cx, 5, 40);
        mb_progress_spill_end(cx);
        CHECK_INT(h.lines, spills);
        CHECK_INT(h.ends, spills);
    }
    CHECK(strstr(h.last, "sorting: 25 %, 2 of 10 rows"));
    mb_progress_begin(cx, "scanning", 10, 10);
    long_ago(cx, 10);
    mb_progress_spill_begin(cx, "sorting", 10, 10);
    mb_progress_spill_add(cx, 5, 40); // no part of what is told
    mb_progress_spill_end(cx);
    CHECK_INT(cx->progress.done, 0);
    mb_progress_end(cx);
    cx->settings.tmpdir = tmpdir;
    cx->progress.show = NULL;
}

const check_test check_tests[] = {
    {"progress: on the disk", on_the_disk},
    {"progress: lines", lines},
    {"progress: one operation in another", one_in_another},
    {"progress: silence", silence},
    {0},
};
