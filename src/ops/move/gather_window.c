// Gathering by windows: each rank receives one range of rows, and picks from it.

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "comm/shuffle.h"
#include "ops/move/gather_internal.h"

enum { BLOCK = MB_POSITION_ROWS, SMALL = 4096 };

// The rows that positions may name, by their range.
static void find_bounds(const mb_positions *positions, int64_t *first, int64_t *end)
{
    const mb_column *column = positions->column;
    *first = 0;
    *end = positions->n;
    if (!positions->forward) return;
    int64_t low = (int64_t)column->facts.range.minimum, high = (int64_t)column->facts.range.maximum;
    *first = low <= high ? low - 1 : 0;
    *end = low <= high ? high : 0;
}

// The rows of this rank's positions, which ascend.
static void find_own_bounds(const mb_gathering *gathering, int64_t *first, int64_t *end)
{
    *first = *end = 0;
    if (gathering->rows == 0) return;
    mb_positions_rows(&gathering->positions, 0, 1, 0, first);
    mb_positions_rows(&gathering->positions, gathering->rows - 1, 1, 0, end);
    ++*end;
}

// Whether no rank's window is much longer than its list of positions.
static bool dense(const mb_gathering *gathering, const mb_window *window)
{
    const mb_layout *positions = gathering->positions.column->layout;
    for (int r = 0; r < positions->nranks; r++)
        if (window->end[r] - window->first[r] > 2 * mb_layout_rows(positions, r) + SMALL)
            return false;
    return true;
}

bool mb_window_alike(const mb_gathering *gathering, int64_t *first, int64_t *end)
{
    const mb_layout *positions = gathering->positions.column->layout;
    find_bounds(&gathering->positions, first, end);
    return *end - *first <= SMALL || *end - *first <= positions->n_global / positions->nranks / 2;
}

bool mb_window_worth(const mb_gathering *gathering, mb_window *window)
{
    const mb_positions *positions = &gathering->positions;
    int nranks = gathering->layout->nranks;
    int64_t first, end, own[2];
    window->first = gathering->words->data;
    window->end = window->first + nranks;
    window->scratch = window->end + nranks;
    window->alike = mb_window_alike(gathering, &first, &end);
    for (int r = 0; r < nranks; r++) {
        window->first[r] = first;
        window->end[r] = end;
    }
    if (window->alike || !positions->column->facts.ascending || !positions->forward)
        return window->alike;
    find_own_bounds(gathering, &own[0], &own[1]);
    mb_gather_all(gathering->cx, own, sizeof own, window->scratch);
    for (int r = 0; r < nranks; r++) {
        window->first[r] = window->scratch[2 * r];
        window->end[r] = window->scratch[2 * r + 1];
    }
    return dense(gathering, window);
}

// Brings the entries of a plane to `whole`, which begins with the window's first.
static void bring(const mb_gathering *gathering, const mb_window *window, const mb_gathered *plane,
                  void *whole)
{
    const mb_layout *layout = gathering->layout;
    const int64_t *start = layout->start;
    int64_t width = plane->width, skipped = window->first[0] - start[mb_rank(gathering->cx)];
    if (!window->alike) {
        mb_shuffle_spans(gathering->cx, plane->from, (mb_spans){start, start + 1}, whole,
                         (mb_spans){window->first, window->end}, (size_t)width);
        return;
    }
    mb_gather_rows(gathering->cx, plane->from + (skipped > 0 ? skipped * width : 0), layout,
                   window->first[0], window->end[0] - window->first[0], (size_t)width, whole);
}

static void pick_rows(const mb_gathering *gathering, const mb_gathered *plane, const char *whole,
                      int64_t first_row)
{
    int64_t rows[BLOCK];
    for (int64_t first = 0; first < gathering->rows; first += BLOCK) {
        int64_t n = gathering->rows - first < BLOCK ? gathering->rows - first : BLOCK;
        mb_positions_rows(&gathering->positions, first, n, first_row, rows);
        for (int64_t i = 0; i < n; i++)
            rows[i] -= first_row;
        mb_gather_pick(whole, plane->width, rows, true, n, plane->width,
                       plane->to + first * plane->width, plane->width);
    }
}

// Whether every rank has all rows of its window.
static bool at_home(const mb_layout *layout, const mb_window *window)
{
    for (int r = 0; r < layout->nranks; r++)
        if (window->first[r] < window->end[r] &&
            (window->first[r] < layout->start[r] || window->end[r] > layout->start[r + 1]))
            return false;
    return true;
}

mb_status mb_gather_window(mb_gathering *gathering, const mb_window *window)
{
    mb_context *cx = gathering->cx;
    int rank = mb_rank(cx);
    int64_t first = window->first[rank], n = window->end[rank] - first;
    bool home = at_home(gathering->layout, window);
    int widest = 1;
    mb_buffer *whole = NULL;
    mb_status status = MB_OK;
    for (int i = 0; i < gathering->nplanes && home; i++)
        pick_rows(gathering, &gathering->planes[i], gathering->planes[i].from,
                  gathering->layout->start[rank]);
    if (home) goto done;
    for (int i = 0; i < gathering->nplanes; i++)
        if (gathering->planes[i].width > widest) widest = gathering->planes[i].width;
    MB_TRY(mb_step(cx, mb_buffer_new_array(cx, n, (size_t)widest, &whole), NULL));
    for (int i = 0; i < gathering->nplanes; i++) {
        bring(gathering, window, &gathering->planes[i], whole->data);
        pick_rows(gathering, &gathering->planes[i], whole->data, first);
    }
done:
    mb_buffer_release(whole);
    return status;
}
