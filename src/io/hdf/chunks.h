// Encoded chunks of datasets on their way into a file.
//
// Every rank has encoded some. The rank that has the file open finds places for all of them, since
// HDF5 is called there alone, and each rank writes its own.
#pragma once

#include <hdf5.h>

#include "io/hdf/sink.h"
#include "io/shared.h"

// The file; ids and sink are those of ranks that find places.
typedef struct mb_hdf_chunked {
    mb_context *cx;
    const char *path;
    const mb_shared_part *shared;
    mb_hdf_sink *sink;
    const hid_t *datasets;
    int64_t n; // chunk i of a rank is of dataset i % n
    int64_t chunk_rows;
    int first, end; // this rank finds places for the chunks of these ranks; none: first == end
} mb_hdf_chunked;

// Chunks of a round. Starts as all zeros.
typedef struct mb_hdf_round {
    int64_t most;               // chunks of a rank
    int64_t *rows;              // of each rank: the first row of its first chunk
    int64_t *mine;              // bytes of this rank's chunks; 0: there are no more
    int64_t *sizes, *addresses; // of all ranks' chunks
    mb_buffer *table;
} mb_hdf_round;

// Takes memory for rounds of at most so many chunks a rank. Not collective.
mb_status mb_hdf_round_open(mb_context *cx, int64_t most, mb_hdf_round *round) MB_MUST_CHECK;
void mb_hdf_round_close(mb_hdf_round *round);

// Writes the chunks of a round: this rank's are at `bytes`, `stride` bytes from each other, or,
// where that is 0, one behind another. The status of the writing is this rank's. Inside a body,
// collective.
mb_status mb_hdf_round_write(const mb_hdf_chunked *file, const mb_hdf_round *round,
                             const char *bytes, int64_t stride) MB_MUST_CHECK;
