// What ranks tell each other beside the rows of their shares: what names of devices have taught,
// and the lines that were skipped.

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/records/shares.h"

mb_status mb_shares_open_devices(mb_record_shares *r)
{
    r->devices = mb_allocate(r->cx, 3, sizeof *r->devices);
    if (!r->devices) return MB_EMEMORY;
    r->merged = r->devices + 1;
    mb_device_open(r->devices);
    return MB_OK;
}

// Merges what all ranks have learned, in their order; gives the first rank whose names contradict
// those before it, whose table is `merged` then, or -1.
static int merge_devices(mb_record_shares *r, const int64_t *counts,
                         const mb_device_prefix *prefixes)
{
    char reason[MB_DEVICE_REASON_SIZE];
    mb_device_table *previous = r->devices + 2;
    *r->merged = *r->devices;
    for (int rank = 0; rank < mb_nranks(r->cx); rank++) {
        *previous = *r->merged;
        if (mb_device_merge(r->merged, prefixes, (int)counts[rank], reason)) {
            *r->merged = *previous;
            return rank;
        }
        prefixes += counts[rank];
    }
    return -1;
}

// Gathers what all ranks have learned, if one has, and merges it: as merge_devices does.
mb_status mb_shares_merge_devices(mb_record_shares *r, int *wrong)
{
    mb_status status;
    mb_buffer *counts = NULL, *all = NULL;
    const mb_device_table *mine = &r->reader.devices->table;
    const int64_t count = mb_device_equal(mine, r->devices) ? 0 : mine->count;
    int64_t total = 0;
    *wrong = -1;
    status = mb_buffer_new_array(r->cx, mb_nranks(r->cx), sizeof(int64_t), &counts);
    MB_TRY(mb_step(r->cx, status, NULL));
    mb_gather_all(r->cx, &count, sizeof count, counts->data);
    for (int rank = 0; rank < mb_nranks(r->cx); rank++)
        total += ((const int64_t *)counts->data)[rank];
    *r->merged = *r->devices;
    if (total == 0) goto done;
    status = mb_buffer_new_array(r->cx, total, sizeof(mb_device_prefix), &all);
    MB_TRY(mb_step(r->cx, status, NULL));
    mb_gather_lists(r->cx, mine->prefixes, count, sizeof(mb_device_prefix), all->data);
    *wrong = merge_devices(r, counts->data, all->data);
done:
    mb_buffer_release(counts);
    mb_buffer_release(all);
    return status;
}

// --- Lines that were skipped.

// Lists those of all ranks, of each file once, on all ranks.
mb_status mb_shares_tell_skipped(mb_record_shares *r, mb_record_reading *what)
{
    mb_status status;
    mb_buffer *counts = NULL, *lines = NULL;
    mb_record_skipped *mine = r->reader.n_skipped ? r->reader.skipped_table->data : NULL;
    int64_t total = 0, n = 0;
    for (int64_t i = 0; i < r->reader.n_skipped; i++)
        mine[i].rank = mb_rank(r->cx);
    mb_payload payload = {.sum = r->reader.n_skipped};
    MB_TRY(mb_step(r->cx, MB_OK, &payload));
    total = (int64_t)payload.sum;
    if (total == 0) goto done;
    status = mb_buffer_new_array(r->cx, total, sizeof *mine, &what->skipped_table);
    if (!status) status = mb_buffer_new_zeroed(r->cx, total, sizeof(int64_t), &lines);
    if (!status) status = mb_buffer_new_array(r->cx, total, sizeof(int64_t), &counts);
    MB_TRY(mb_step(r->cx, status, NULL));
    mb_record_skipped *all = what->skipped_table->data;
    mb_gather_lists(r->cx, mine, r->reader.n_skipped, sizeof *mine, all);
    for (int64_t i = 0; i < total; i++) {
        if (n > 0 && all[n - 1].file == all[i].file)
            all[n - 1].lines += all[i].lines;
        else
            all[n++] = all[i];
    }
    for (int64_t i = 0; i < n && !status; i++) {
        if (all[i].rank != mb_rank(r->cx) || r->records->unnumbered) continue;
        status = mb_record_number(&r->reader, r->files.names[all[i].file], &all[i]);
        ((int64_t *)lines->data)[i] = all[i].line;
    }
    MB_TRY(mb_step(r->cx, status, NULL));
    mb_sum_all(r->cx, lines->data, n, counts->data);
    for (int64_t i = 0; i < n; i++)
        all[i].line = ((const int64_t *)counts->data)[i];
    for (int64_t i = 0; i < n && !status; i++)
        status = mb_strings_add(r->cx, &what->skipped_paths, r->files.names[all[i].file]);
    MB_TRY(mb_step(r->cx, status, NULL));
    what->n_skipped = n;
done:
    mb_buffer_release(counts);
    mb_buffer_release(lines);
    return status;
}

mb_status mb_shares_tell_devices(mb_record_shares *r, mb_record_reading *what)
{
    mb_status status = mb_buffer_new_array(r->cx, r->merged->count, sizeof(mb_device_prefix),
                                           &what->devices_table);
    if (!status) {
        what->n_devices = r->merged->count;
        memcpy(what->devices_table->data, r->merged->prefixes,
               (size_t)what->n_devices * sizeof(mb_device_prefix));
    }
    return mb_step(r->cx, status, NULL);
}
