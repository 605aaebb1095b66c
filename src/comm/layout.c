#include "comm/layout.h"

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "core/invariant.h"

static mb_layout *allocate(mb_context *cx)
{
    int nranks = mb_nranks(cx);
    mb_layout *layout =
        mb_allocate(cx, 1, sizeof *layout + (size_t)(nranks + 1) * sizeof layout->start[0]);
    if (!layout) return NULL;
    layout->references = 1;
    layout->nranks = nranks;
    return layout;
}

mb_status mb_layout_even(mb_context *cx, int64_t n_global, mb_layout **layout)
{
    mb_layout *made = allocate(cx);
    if (!made) return MB_EMEMORY;
    for (int r = 0; r <= made->nranks; r++)
        made->start[r] = mb_even_start(n_global, made->nranks, r);
    made->n_global = n_global;
    *layout = made;
    return MB_OK;
}

mb_status mb_layout_counts(mb_context *cx, const int64_t *counts, mb_layout **layout)
{
    mb_layout *made = allocate(cx);
    if (!made) return MB_EMEMORY;
    made->start[0] = 0;
    for (int r = 0; r < made->nranks; r++) {
        MB_ASSERT(counts[r] >= 0);
        made->start[r + 1] = made->start[r] + counts[r];
    }
    made->n_global = made->start[made->nranks];
    *layout = made;
    return MB_OK;
}

mb_layout *mb_layout_retain(mb_layout *layout)
{
    if (layout) layout->references++;
    return layout;
}

void mb_layout_release(mb_layout *layout)
{
    if (layout && --layout->references == 0) free(layout);
}

bool mb_layout_equal(const mb_layout *a, const mb_layout *b)
{
    return a == b || memcmp(a->start, b->start, (size_t)(a->nranks + 1) * sizeof a->start[0]) == 0;
}

int mb_layout_owner(const mb_layout *layout, int64_t row)
{
    MB_ASSERT(row >= 0 && row <= layout->n_global);
    int low = 0, high = layout->nranks; // start[low] <= row < start[high]
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (layout->start[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int64_t mb_layout_most(const mb_layout *layout)
{
    int64_t most = 0;
    for (int r = 0; r < layout->nranks; r++)
        if (mb_layout_rows(layout, r) > most) most = mb_layout_rows(layout, r);
    return most;
}

bool mb_layout_skewed(const mb_layout *layout)
{
    enum { NEGLIGIBLE = 1 << 16 };
    int64_t largest = mb_layout_most(layout), mean = layout->n_global / layout->nranks;
    return largest > NEGLIGIBLE && largest - mean > mean / 2;
}
