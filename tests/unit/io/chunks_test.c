// Chunks that HDF5 finds no place for: all ranks are told the file, the dataset and the rows.
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/hdf/chunks.h"

enum { CHUNK_ROWS = 10 };

// A file in memory with a dataset that has no chunks.
static hid_t make_file(hid_t *dataset)
{
    const hsize_t rows = 100;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), links = H5Pcreate(H5P_LINK_CREATE);
    CHECK(H5Pset_fapl_core(access, 1 << 16, false) >= 0);
    CHECK(H5Pset_create_intermediate_group(links, 1) >= 0);
    hid_t file = H5Fcreate("nowhere.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    hid_t space = H5Screate_simple(1, &rows, NULL);
    *dataset =
        H5Dcreate2(file, "flows/bytes", H5T_NATIVE_INT64, space, links, H5P_DEFAULT, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(links);
    H5Pclose(access);
    return file;
}

static mb_status write_chunks(mb_context *cx, void *argument)
{
    const char bytes[] = "chunks";
    const int rank = mb_rank(cx), nranks = mb_nranks(cx);
    const mb_shared_part shared = MB_SHARED_CLOSED;
    mb_hdf_sink sink = {0};
    mb_hdf_round round = {0};
    mb_hdf_chunked file = {.cx = cx,
                           .path = "nowhere.h5",
                           .shared = &shared,
                           .sink = &sink,
                           .datasets = argument,
                           .n = 1,
                           .chunk_rows = CHUNK_ROWS,
                           .end = rank == 0 ? nranks : 0};
    mb_status status = mb_hdf_round_open(cx, 1, &round);
    if (status) return status;
    for (int r = 0; r < nranks; r++)
        round.rows[r] = (int64_t)(r + 2) * CHUNK_ROWS;
    round.mine[0] = rank == nranks - 1 ? sizeof bytes : 0; // the last rank's alone
    status = mb_hdf_round_write(&file, &round, bytes, sizeof bytes);
    mb_hdf_round_close(&round);
    return status;
}

static void names(mb_context *cx)
{
    hid_t dataset = H5I_INVALID_HID, file = H5I_INVALID_HID;
    const int first = (mb_nranks(cx) + 1) * CHUNK_ROWS;
    char rows[64];
    mb_signature signature;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (mb_rank(cx) == 0) file = make_file(&dataset);
    mb_signature_begin(&signature, "chunks", "");
    CHECK_STATUS(cx, mb_operate(cx, &signature, write_chunks, &dataset), MB_EIO);
    snprintf(rows, sizeof rows, "rows %d to %d: ", first + 1, first + CHUNK_ROWS);
    CHECK_TEXT(cx->message, "nowhere.h5: dataset 'flows/bytes' has a chunk that cannot be written");
    CHECK_TEXT(cx->message, rows);
    CHECK(!strstr(cx->message, "no reason"));
    if (mb_rank(cx) > 0) return;
    H5Dclose(dataset);
    H5Fclose(file);
}

const check_test check_tests[] = {
    {"a chunk without a place is told with dataset and rows", names},
    {NULL, NULL},
};
