#include "io/hdf/chunks.h"

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/hdf/internal.h"

mb_status mb_hdf_round_open(mb_context *cx, int64_t most, mb_hdf_round *round)
{
    const int64_t nranks = mb_nranks(cx);
    mb_status status =
        mb_buffer_new_zeroed(cx, most + (2 * most + 1) * nranks, sizeof(int64_t), &round->table);
    if (status) return status;
    round->most = most;
    round->rows = round->table->data;
    round->mine = round->rows + nranks;
    round->sizes = round->mine + most;
    round->addresses = round->sizes + most * nranks;
    return MB_OK;
}

void mb_hdf_round_close(mb_hdf_round *round)
{
    mb_buffer_release(round->table);
    *round = (mb_hdf_round){0};
}

// That a chunk cannot be written, with its dataset, which knows its name, and its rows.
static mb_status fail_chunk(const mb_hdf_chunked *file, hid_t dataset, int64_t first)
{
    char name[256];
    const mb_hdf_span rows = {first, file->chunk_rows};
    // What the library says of the failure is put aside while it is asked for the name.
    const hid_t errors = H5Eget_current_stack();
    const ssize_t length = H5Iget_name(dataset, name, sizeof name);
    H5Eset_current_stack(errors);
    return mb_hdf_fail_rows(file->cx, file->path, length > 1 ? name + 1 : "?", rows,
                            "has a chunk that cannot be written");
}

// Has HDF5 note the chunk number i of a rank, and puts where it would write it in the place of its
// size.
static mb_status place_chunk(const mb_hdf_chunked *file, const mb_hdf_round *round, int rank,
                             int64_t i, const void *bytes)
{
    int64_t *size = &round->sizes[rank * round->most + i];
    const int64_t first = round->rows[rank] + i / file->n * file->chunk_rows;
    const hsize_t row = (hsize_t)first;
    const hid_t dataset = file->datasets[i % file->n];
    const herr_t code = H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, &row, (size_t)*size, bytes);
    if (file->sink->error) return mb_part_fail(file->cx, file->path, file->sink->error);
    if (code < 0) return fail_chunk(file, dataset, first);
    *size = (int64_t)file->sink->planned;
    return MB_OK;
}

// Finds places for the chunks of some ranks; those of the others are 0.
static mb_status place(const mb_hdf_chunked *file, const mb_hdf_round *round, const void *bytes)
{
    mb_status status = MB_OK;
    if (file->first < file->end) file->sink->planning = true;
    for (int rank = 0; rank < mb_nranks(file->cx); rank++)
        for (int64_t i = 0; i < round->most && !status; i++) {
            int64_t *size = &round->sizes[rank * round->most + i];
            if (rank < file->first || rank >= file->end)
                *size = 0;
            else if (*size)
                status = place_chunk(file, round, rank, i, bytes);
        }
    if (file->first < file->end) file->sink->planning = false;
    return status;
}

mb_status mb_hdf_round_write(const mb_hdf_chunked *file, const mb_hdf_round *round,
                             const char *bytes, int64_t stride)
{
    mb_context *cx = file->cx;
    const int64_t n = round->most * mb_nranks(cx);
    const int64_t *address = round->addresses + mb_rank(cx) * round->most;
    mb_status status;
    mb_gather_all(cx, round->mine, (size_t)round->most * sizeof(int64_t), round->sizes);
    MB_TRY(mb_step(cx, place(file, round, bytes), NULL));
    mb_sum_all(cx, round->sizes, n, round->addresses);
    for (int64_t i = 0; i < round->most && round->mine[i]; i++) {
        MB_TRY(mb_shared_write(cx, file->shared, file->path, bytes, (size_t)round->mine[i],
                               address[i]));
        bytes += stride ? stride : round->mine[i];
    }
done:
    return status;
}
