// Which files all ranks convert together, and which are dealt to one rank each.
//
// Sharing a file balances the ranks, but they wait for each other in every batch, and of a file
// that is one stretch (io/packed/source.h) one rank reads all text. So as few files are shared as
// will let all ranks end at about the same time: the largest ones. The estimate that decides is the
// same on all ranks.

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "io/csv/convert_internal.h"

// What a file costs one rank, in bytes of plain text.
static double work_of(const mb_convert_file *file)
{
    static const double ratios[MB_TEXT_KINDS] = {// the usual ones, and the time to decompress
                                                 [MB_TEXT_PLAIN] = 1,
                                                 [MB_TEXT_GZIP] = 7,
                                                 [MB_TEXT_BZIP2] = 30,
                                                 [MB_TEXT_ZSTD] = 8,
                                                 [MB_TEXT_XZ] = 14};
    return ratios[file->kind] * (double)file->size;
}

// The time of all ranks for a file that they share.
static double shared_time(const mb_convert_file *file, int nranks)
{
    const double waiting = 1.15; // what sharing costs
    const double alone = .5;     // of the work on a file that is one stretch: reading it
    const bool whole = file->kind == MB_TEXT_GZIP || file->kind == MB_TEXT_ZSTD;
    const double serial = whole ? alone : 0;
    return waiting * work_of(file) * (serial + (1 - serial) / nranks);
}

static int compare_work(const void *a, const void *b)
{
    const mb_convert_file *x = *(const mb_convert_file *const *)a;
    const mb_convert_file *y = *(const mb_convert_file *const *)b;
    if (work_of(x) > work_of(y)) return -1;
    if (work_of(x) < work_of(y)) return 1;
    return x < y ? -1 : 1;
}

// The time until all files are done, when those that are not shared go, most work first, to the
// rank that has the least so far.
static double estimate(mb_convert_file **list, int n, double *loads, int nranks)
{
    double shared = 0, last = 0;
    memset(loads, 0, (size_t)nranks * sizeof *loads);
    for (int i = 0; i < n; i++) {
        if (list[i]->shared) {
            shared += shared_time(list[i], nranks);
            continue;
        }
        int least = 0;
        for (int r = 1; r < nranks; r++)
            if (loads[r] < loads[least]) least = r;
        loads[least] += work_of(list[i]);
        if (loads[least] > last) last = loads[least];
    }
    return last + shared;
}

// Shares the largest files, as many as make the estimate best.
static void choose(const mb_conversion *conversion, mb_convert_file **list, double *loads,
                   int nranks)
{
    enum { MOST = 64 }; // past these no file is large among the others
    mb_convert_file *candidates[MOST];
    int n = 0, n_best = 0;
    for (int i = 0; i < conversion->n && n < MOST; i++)
        if (work_of(list[i]) > (double)conversion->range) candidates[n++] = list[i];
    double best = estimate(list, conversion->n, loads, nranks);
    for (int i = 0; i < n; i++) {
        candidates[i]->shared = true;
        double time = estimate(list, conversion->n, loads, nranks);
        if (time >= best) continue;
        best = time;
        n_best = i + 1;
    }
    for (int i = n_best; i < n; i++)
        candidates[i]->shared = false;
}

mb_status mb_convert_deal(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    size_t n = (size_t)conversion->n, nranks = (size_t)mb_nranks(cx);
    mb_convert_file **list = mb_allocate(cx, n + 1, sizeof *list);
    double *loads = mb_allocate(cx, nranks, sizeof *loads);
    int *order = mb_reallocate(cx, conversion->order, n + 1, sizeof *order);
    if (order) conversion->order = order;
    int placed = 0;
    conversion->next = 0;
    if (list && loads && order) {
        for (size_t i = 0; i < n; i++) {
            conversion->files[i].shared = false;
            list[i] = &conversion->files[i];
        }
        qsort(list, n, sizeof *list, compare_work);
        choose(conversion, list, loads, (int)nranks);
        for (int shared = 1; shared >= 0; shared--)
            for (size_t i = 0; i < n; i++)
                if (list[i]->shared == (shared > 0))
                    order[placed++] = (int)(list[i] - conversion->files);
    }
    bool good = list && loads && order;
    free(list);
    free(loads);
    return good ? MB_OK : MB_EMEMORY;
}

bool mb_convert_start(mb_conversion *conversion)
{
    mb_convert_team *teams = conversion->teams;
    const int nranks = mb_nranks(conversion->cx);
    bool idle = true;
    for (int r = 0; r < nranks; r++)
        idle = idle && teams[r].file < 0;
    for (int r = 0; r < nranks && conversion->next < conversion->n; r++) {
        const int file = conversion->order[conversion->next];
        if (teams[r].file >= 0 || (conversion->files[file].shared && !idle)) continue;
        conversion->next++;
        conversion->alone = true;
        if (!conversion->files[file].shared) {
            teams[r] = (mb_convert_team){file, r, r + 1};
            idle = false;
            continue;
        }
        for (int other = 0; other < nranks; other++)
            teams[other] = (mb_convert_team){file, 0, nranks};
        conversion->alone = nranks == 1;
        return true;
    }
    return !idle;
}
