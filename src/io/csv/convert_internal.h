// What the ways of converting a file share.
#pragma once

#include "io/csv/convert.h"
#include "io/csv/text_source.h"
#include "io/hdf/encode.h"
#include "io/hdf/write.h"

typedef struct mb_convert_file {
    char *input, *output;
    mb_text_kind kind;
    int64_t size;
    bool shared; // all ranks work on it together
    mb_conversion_report report;
    char reason[MB_CSV_REASON_SIZE];
} mb_convert_file;

// Rows in memory, 8 bytes a value, and the means to encode them.
typedef struct mb_convert_rows {
    mb_buffer *buffer, *chunk, *texts;
    int64_t *columns[MB_CSV_FIELDS];
    mb_encoder *encoder;
} mb_convert_rows;

typedef struct mb_convert_shared mb_convert_shared;
typedef struct mb_convert_alone mb_convert_alone;

struct mb_conversion {
    mb_context *cx;
    mb_csv_format format;
    int level;
    bool skip_bad, skip_header, begun;
    int64_t range; // bytes of text that a rank takes in one batch
    int n;
    mb_convert_file *files;
    int *order, n_order; // files for one rank each, those with most work first
    int64_t total, done; // bytes of input
    mb_convert_shared *shared;
    mb_convert_alone *alone;
};

// Fails if an output would overwrite an input or another output, whatever their paths; removes what
// killed conversions to these outputs left behind. For rank 0 alone.
mb_status mb_convert_check_paths(mb_conversion *conversion) MB_MUST_CHECK;

// Decides which files are shared, and puts the others in order. Replicated, but for the status.
mb_status mb_convert_deal(mb_conversion *conversion) MB_MUST_CHECK;

// Room for `most` rows of every column. Not collective.
mb_status mb_convert_rows_open(mb_conversion *conversion, int64_t most,
                               mb_convert_rows *rows) MB_MUST_CHECK;
void mb_convert_rows_close(mb_convert_rows *rows);

// Begins the output of a file. Not collective, like the next two.
mb_status mb_convert_create(mb_conversion *conversion, const mb_convert_file *file,
                            mb_hdf_output **output) MB_MUST_CHECK;

// Encodes and writes the full chunks that `n` rows make, as chunks `first`, first + 1, ...
mb_status mb_convert_write(mb_conversion *conversion, mb_convert_rows *rows, int64_t n,
                           int64_t first, mb_hdf_output *output) MB_MUST_CHECK;

// Writes the last n < MB_CHUNK_ROWS rows and the names of the devices, and finishes the output,
// which is gone afterwards.
mb_status mb_convert_finish(mb_conversion *conversion, mb_convert_rows *rows, int64_t n,
                            int64_t first, const mb_device_table *devices,
                            mb_hdf_output *output) MB_MUST_CHECK;

// Bytes of a value of column k in the file.
int mb_convert_width(const mb_conversion *conversion, int column);

// Fails for the bad line number `line` (from 1) of a file.
mb_status mb_convert_fail(mb_conversion *conversion, const mb_convert_file *file, int64_t line,
                          const char *reason) MB_MUST_CHECK;

// The two ways. Opening is not collective and may be repeated; a batch is part of an operation's
// body. `over` tells whether there is nothing left to do this way.
mb_status mb_convert_shared_open(mb_conversion *conversion) MB_MUST_CHECK;
mb_status mb_convert_shared_batch(mb_conversion *conversion) MB_MUST_CHECK;
bool mb_convert_shared_over(const mb_conversion *conversion);
void mb_convert_shared_close(mb_convert_shared *shared);

mb_status mb_convert_alone_open(mb_conversion *conversion) MB_MUST_CHECK;
mb_status mb_convert_alone_batch(mb_conversion *conversion) MB_MUST_CHECK;
bool mb_convert_alone_over(const mb_conversion *conversion);
void mb_convert_alone_close(mb_convert_alone *alone);
