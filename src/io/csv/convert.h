// The conversion of CSV files to HDF5 files, one for one.
//
// A large file is read and written by all ranks together, also a compressed one that is of several
// stretches (io/packed/source.h); others are dealt to the ranks, each converted by one rank alone.
// The result does not depend on the number of ranks, and memory not on the size of the files.
//
// The work is done in batches, each an operation, so that the caller can tell the progress, and an
// interrupt is heard, between them.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/csv/csv.h"

typedef struct mb_conversion mb_conversion;

// How the conversion of a file went, once it is done; the same on all ranks.
typedef struct mb_conversion_report {
    bool done;
    int64_t rows, bad;  // `bad` lines were skipped,
    int64_t first_line; // the first of them at this line, counted from 1
    const char *reason;
} mb_conversion_report;

typedef struct mb_conversion_options {
    const mb_csv_format *format;
    int level;        // of the compression, 0 to 9
    bool skip_bad;    // leave bad lines out and count them, instead of failing
    bool skip_header; // leave the first line of each file out
    int64_t range;    // bytes of text that a rank takes in one batch; 0: a good number
} mb_conversion_options;

// A conversion without files yet, whose outputs may not be inputs (io/outputs.h). The options must
// be the same on all ranks, but nothing is communicated.
mb_status mb_conversion_new(mb_context *cx, const mb_conversion_options *options,
                            mb_conversion **conversion) MB_MUST_CHECK;

// Adds a file, by the paths of input and output. Not collective.
mb_status mb_conversion_add(mb_conversion *conversion, const char *input,
                            const char *output) MB_MUST_CHECK;

// How many there are.
int mb_conversion_count(const mb_conversion *conversion);

// Bodies of operations (lockstep.h); the argument is the conversion. The first looks at the files
// and takes memory; it may be repeated when that fails. The second does a part of the work; after a
// failure the conversion can only be closed.
mb_status mb_conversion_begin(mb_context *cx, void *conversion) MB_MUST_CHECK;
mb_status mb_conversion_batch(mb_context *cx, void *conversion) MB_MUST_CHECK;

// Bytes of input, read so far and in all. The work is over when every file is done.
int64_t mb_conversion_progress(const mb_conversion *conversion, int64_t *total, bool *over);

mb_conversion_report mb_conversion_report_of(const mb_conversion *conversion, int file);

// Throws unfinished outputs away and frees everything. Not collective. NULL is fine.
void mb_conversion_close(mb_conversion *conversion);
