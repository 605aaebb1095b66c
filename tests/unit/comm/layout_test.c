// Layouts, against the definition of an even split.
#include <string.h>

#include "check.h"
#include "comm/comm.h"
#include "comm/layout.h"

enum { MOST_RANKS = 64 };

static void even(mb_context *cx)
{
    int n = mb_nranks(cx);
    const int64_t lengths[] = {0, 1, n - 1, n, n + 1, 7 * n + 3, INT64_C(1) << 40};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        mb_layout *layout = NULL;
        int64_t total = 0;
        CHECK_OK(cx, mb_layout_even(cx, lengths[i], &layout));
        CHECK_INT(layout->n_global, lengths[i]);
        CHECK_INT(layout->start[0], 0);
        for (int r = 0; r < n; r++) {
            int64_t rows = mb_layout_rows(layout, r);
            CHECK(rows == lengths[i] / n || rows == lengths[i] / n + 1);
            CHECK(r == 0 || rows <= mb_layout_rows(layout, r - 1));
            total += rows;
        }
        CHECK_INT(total, lengths[i]);
        CHECK(!mb_layout_skewed(layout));
        mb_layout_release(layout);
    }
}

static void counts(mb_context *cx)
{
    int n = mb_nranks(cx);
    int64_t rows[MOST_RANKS];
    for (int r = 0; r < n; r++)
        rows[r] = (r * 7) % 3; // some have none
    mb_layout *layout = NULL, *same = NULL, *other = NULL;
    CHECK_OK(cx, mb_layout_counts(cx, rows, &layout));
    CHECK_OK(cx, mb_layout_counts(cx, rows, &same));
    rows[n - 1]++;
    CHECK_OK(cx, mb_layout_counts(cx, rows, &other));
    CHECK(mb_layout_equal(layout, layout));
    CHECK(mb_layout_equal(layout, same));
    CHECK(!mb_layout_equal(layout, other));
    CHECK_INT(other->n_global, layout->n_global + 1);
    mb_layout_release(layout);
    mb_layout_release(same);
    mb_layout_release(other);
}

static void owners(mb_context *cx)
{
    int n = mb_nranks(cx);
    uint64_t state = 1;
    for (int round = 0; round < 50; round++) {
        int64_t rows[MOST_RANKS], row = 0;
        mb_layout *layout = NULL;
        for (int r = 0; r < n; r++)
            rows[r] = check_random(&state, 2) ? 0 : check_random(&state, 20);
        CHECK_OK(cx, mb_layout_counts(cx, rows, &layout));
        for (int r = 0; r < n; r++)
            for (int64_t i = 0; i < rows[r]; i++)
                CHECK_INT(mb_layout_owner(layout, row++), r);
        mb_layout_release(layout);
    }
}

static void skew(mb_context *cx)
{
    int n = mb_nranks(cx);
    int64_t rows[MOST_RANKS] = {0};
    mb_layout *layout = NULL;
    rows[n - 1] = 1000; // all on one rank, but little
    CHECK_OK(cx, mb_layout_counts(cx, rows, &layout));
    CHECK(!mb_layout_skewed(layout));
    mb_layout_release(layout);
    rows[n - 1] = 1000 * 1000 * 1000;
    CHECK_OK(cx, mb_layout_counts(cx, rows, &layout));
    CHECK_INT(mb_layout_skewed(layout), n > 1);
    mb_layout_release(layout);
}

static void references(mb_context *cx)
{
    mb_layout *layout = NULL;
    CHECK_OK(cx, mb_layout_even(cx, 10, &layout));
    CHECK(mb_layout_retain(layout) == layout);
    mb_layout_release(layout);
    CHECK_INT(layout->n_global, 10);
    mb_layout_release(layout);
    CHECK(mb_layout_retain(NULL) == NULL);
    mb_layout_release(NULL);
}

const check_test check_tests[] = {
    {"layout: even", even}, {"layout: counts", counts},         {"layout: owners", owners},
    {"layout: skew", skew}, {"layout: references", references}, {0},
};
