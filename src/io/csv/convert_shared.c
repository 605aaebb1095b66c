// Plain files that are converted by all ranks together.
//
// A batch is a range of bytes for each rank; a line belongs to the rank in whose range it begins.
// The rows of a batch, those left over from the last one before them, are cut into chunks
// (realign.h), which each rank encodes and rank 0 writes.
//
// What a device name may be depends on the names before it, so each rank parses with what was known
// at the start of the batch, and the tables are merged in rank order afterwards. A rank whose names
// contradict those of ranks before it parses its range once more, with their table.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/csv/convert_internal.h"
#include "io/csv/realign.h"

// The most bytes that the encoded chunks of a batch take, and their sizes before them.
static int64_t most_encoded(const mb_conversion *conversion)
{
    int64_t rows = mb_csv_most_rows(&conversion->format, conversion->range) + 1;
    int64_t chunks = (rows + MB_CHUNK_ROWS) / MB_CHUNK_ROWS + 1;
    size_t bound = 0;
    for (int i = 0; i < conversion->format.n_fields; i++) {
        int words = conversion->format.fields[i].words;
        if (words) bound += mb_encoder_bound(conversion->encoder, words) + sizeof(int64_t);
    }
    return chunks * (int64_t)bound;
}

// The next file from `file` on that is converted this way.
static int next_file(const mb_conversion *conversion, int file)
{
    while (file < conversion->n && !conversion->files[file].shared)
        file++;
    return file;
}

mb_status mb_convert_shared_open(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_convert_shared *shared = &conversion->shared;
    mb_status status;
    mb_convert_shared_close(conversion);
    shared->file = next_file(conversion, 0);
    mb_device_open(&shared->devices);
    shared->sizes = mb_allocate(cx, (size_t)mb_nranks(cx), sizeof *shared->sizes);
    if (!shared->sizes) return MB_EMEMORY;
    MB_TRY(mb_realign_open(cx, conversion->format.n_words, &shared->realign));
    MB_TRY(mb_buffer_new(cx, (size_t)most_encoded(conversion), &shared->encoded));
done:
    return status;
}

void mb_convert_shared_close(mb_conversion *conversion)
{
    mb_convert_shared *shared = &conversion->shared;
    if (shared->fd >= 0) close(shared->fd);
    mb_realign_close(&shared->realign);
    mb_buffer_release(shared->encoded);
    free(shared->sizes);
    *shared = (mb_convert_shared){.fd = -1};
}

bool mb_convert_shared_over(const mb_conversion *conversion)
{
    return conversion->n_order == conversion->n || conversion->shared.file == conversion->n;
}

static mb_status start_file(mb_conversion *conversion, const mb_convert_file *file)
{
    mb_convert_shared *shared = &conversion->shared;
    mb_status status = MB_OK;
    if (shared->fd < 0) {
        char mark[3];
        status = mb_text_open_file(conversion->cx, file->input, &shared->fd);
        ssize_t n = status ? 0 : pread(shared->fd, mark, sizeof mark, 0);
        shared->start = shared->position = n > 0 ? (int64_t)mb_csv_mark(mark, (size_t)n) : 0;
    }
    if (!status && mb_rank(conversion->cx) == 0 && !conversion->output)
        status = mb_convert_create(conversion, file);
    return status;
}

// Reads bytes from..end of the file, or fails: the file has become shorter.
static mb_status read_range(mb_conversion *conversion, const mb_convert_file *file, int64_t from,
                            int64_t end, char *to)
{
    while (from < end) {
        ssize_t got = pread(conversion->shared.fd, to, (size_t)(end - from), from);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return mb_fail(conversion->cx, MB_EIO, "%s: cannot read: %s", file->input,
                           strerror(errno));
        if (got == 0)
            return mb_fail(conversion->cx, MB_EIO, "%s: the file became shorter while it was read",
                           file->input);
        from += got;
        to += got;
    }
    return MB_OK;
}

// Reads on from the end of a range to the end of the line there. `text` ends with the range.
static mb_status read_last_line(mb_conversion *conversion, const mb_convert_file *file, int64_t end,
                                char *text, char **line_end)
{
    int64_t size = file->size - end;
    if (size > MB_CSV_LINE_SIZE) size = MB_CSV_LINE_SIZE;
    mb_status status = read_range(conversion, file, end, end + size, text);
    char *newline = status ? NULL : memchr(text, '\n', (size_t)size);
    if (newline) {
        *line_end = newline + 1;
    } else if (size < MB_CSV_LINE_SIZE) { // the last line may lack its newline
        text[size] = '\n';
        *line_end = text + size + 1;
    } else {
        conversion->shared.tail = mb_csv_long_line;
    }
    return status;
}

// The bytes of the batch at hand.
static int64_t batch_size(const mb_conversion *conversion, const mb_convert_file *file)
{
    int64_t most = conversion->range * mb_nranks(conversion->cx);
    int64_t left = file->size - conversion->shared.position;
    return left < most ? left : most;
}

// Finds the lines that begin in this rank's range.
static mb_status read_text(mb_conversion *conversion, const mb_convert_file *file)
{
    mb_context *cx = conversion->cx;
    mb_convert_shared *shared = &conversion->shared;
    int64_t batch = batch_size(conversion, file);
    int64_t share = (batch + mb_nranks(cx) - 1) / mb_nranks(cx);
    int64_t first = shared->position + share * mb_rank(cx), end = first + share;
    int64_t limit = shared->position + batch;
    if (first > limit) first = limit;
    if (end > limit) end = limit;
    shared->length = 0;
    shared->tail = NULL;
    if (first == end) return MB_OK;
    // The byte before tells whether a line begins with the range.
    int64_t from = first > shared->start ? first - 1 : first;
    char *text = conversion->text->data, *text_end = text + (end - from), *line = text;
    mb_status status = read_range(conversion, file, from, end, text);
    if (status) return status;
    if (first > shared->start) {
        char *newline = memchr(text, '\n', (size_t)(end - from));
        line = newline ? newline + 1 : text_end;
    }
    char *lines_end =
        line < text_end ? (char *)memrchr(line, '\n', (size_t)(text_end - line)) : NULL;
    lines_end = lines_end ? lines_end + 1 : line;
    if (lines_end < text_end) status = read_last_line(conversion, file, end, text_end, &lines_end);
    shared->begin = line;
    shared->length = (size_t)(lines_end - line);
    return status;
}

static void parse_text(mb_conversion *conversion)
{
    const mb_convert_shared *shared = &conversion->shared;
    mb_csv_parser *parser = conversion->parser;
    bool first = mb_rank(conversion->cx) == 0;
    mb_csv_parser_restart(parser, first && shared->position == shared->start);
    conversion->n_rows = 0;
    if (shared->length)
        conversion->n_rows = mb_csv_parse(parser, shared->begin, shared->length, conversion->words,
                                          first ? shared->left_over : 0);
    if (shared->tail && (parser->bad == 0 || parser->skip_bad))
        mb_csv_parser_reject(parser, shared->tail);
}

static void share_news(mb_conversion *conversion)
{
    const mb_device_table *devices = &conversion->parser->devices.table;
    mb_convert_news mine = mb_convert_tell(conversion);
    if (!mb_device_equal(devices, &conversion->shared.devices)) mine.prefixes = devices->count;
    mb_gather_all(conversion->cx, &mine, sizeof mine, conversion->all);
}

// Merges the tables of all ranks that have news, in rank order; returns the first rank whose names
// contradict those before it, whose table is then `merged`, or -1.
static int merge_tables(mb_conversion *conversion, const mb_device_prefix *prefixes)
{
    mb_convert_shared *shared = &conversion->shared;
    char reason[MB_DEVICE_REASON_SIZE];
    shared->merged = shared->devices;
    for (int r = 0; r < mb_nranks(conversion->cx); r++) {
        int count = (int)conversion->all[r].prefixes;
        shared->previous = shared->merged;
        if (mb_device_merge(&shared->merged, prefixes, count, reason)) {
            shared->merged = shared->previous;
            return r;
        }
        prefixes += count;
    }
    return -1;
}

// Makes `merged` what all ranks know after the batch, and `all` what they have told. Collective.
static mb_status settle(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_convert_shared *shared = &conversion->shared;
    mb_status status;
    for (int contradicts = 0; contradicts >= 0;) {
        mb_buffer *buffer = NULL;
        int64_t total = 0;
        share_news(conversion);
        for (int r = 0; r < mb_nranks(cx); r++) {
            shared->sizes[r] = conversion->all[r].prefixes * (int64_t)sizeof(mb_device_prefix);
            total += shared->sizes[r];
        }
        shared->merged = shared->devices;
        if (total == 0) return MB_OK;
        status = mb_step(cx, mb_buffer_new(cx, (size_t)total, &buffer), NULL);
        if (!status) {
            mb_gather_all_varying(cx, conversion->parser->devices.table.prefixes, shared->sizes,
                                  buffer->data);
            contradicts = merge_tables(conversion, buffer->data);
        }
        mb_buffer_release(buffer);
        if (status) return status;
        if (contradicts != mb_rank(cx)) continue;
        conversion->parser->devices.table = shared->merged;
        parse_text(conversion);
    }
    return MB_OK;
}

// The first bad line ends the conversion, unless they may be skipped. Replicated.
static mb_status check_bad(mb_conversion *conversion, mb_convert_file *file)
{
    int64_t line = conversion->shared.lines + 1;
    for (int r = 0; r < mb_nranks(conversion->cx); r++) {
        const mb_convert_news *of = &conversion->all[r];
        if (of->bad && !conversion->skip_bad)
            return mb_convert_fail(conversion, file, line + of->first_bad, of->reason);
        line += of->lines;
    }
    return MB_OK;
}

static void report_bad(mb_conversion *conversion, mb_convert_file *file)
{
    for (int r = 0; r < mb_nranks(conversion->cx); r++) {
        const mb_convert_news *of = &conversion->all[r];
        if (of->bad && file->report.bad == 0) {
            file->report.first_line = conversion->shared.lines + of->first_bad + 1;
            memcpy(file->reason, of->reason, sizeof file->reason);
        }
        file->report.bad += of->bad;
        conversion->shared.lines += of->lines;
    }
}

// Encodes this rank's chunks: their sizes, then their bytes. Returns the bytes of it all.
static int64_t encode_chunks(mb_conversion *conversion)
{
    const mb_realign *realign = &conversion->shared.realign;
    int me = mb_rank(conversion->cx), n_columns = conversion->format.n_columns;
    int64_t pieces = mb_realign_chunks(realign, me) * n_columns;
    int64_t first = realign->chunk[me] - realign->start[me];
    int64_t *sizes = conversion->shared.encoded->data;
    char *begin = (char *)(sizes + pieces), *at = begin;
    for (int64_t i = 0; i < pieces; i++) {
        int64_t row = first + i / n_columns * MB_CHUNK_ROWS;
        sizes[i] =
            (int64_t)mb_convert_encode(conversion, (int)(i % n_columns), row, MB_CHUNK_ROWS, at);
        at += sizes[i];
    }
    return at - (char *)sizes;
}

// On rank 0: writes the chunks that a rank has encoded.
static mb_status write_chunks(mb_conversion *conversion, int rank, const char *encoded)
{
    const mb_realign *realign = &conversion->shared.realign;
    int n_columns = conversion->format.n_columns;
    int64_t pieces = mb_realign_chunks(realign, rank) * n_columns;
    int64_t first = conversion->n_chunks + realign->chunk[rank] / MB_CHUNK_ROWS;
    const char *at = encoded + pieces * (int64_t)sizeof(int64_t);
    mb_status status = MB_OK;
    for (int64_t i = 0; i < pieces && !status; i++) {
        int64_t size;
        memcpy(&size, encoded + i * (int64_t)sizeof size, sizeof size);
        status = mb_hdf_output_write(conversion->output, (int)(i % n_columns),
                                     first + i / n_columns, at, (size_t)size);
        at += size;
    }
    return status;
}

static mb_status write_all(mb_conversion *conversion, const char *received)
{
    const mb_convert_shared *shared = &conversion->shared;
    int nranks = mb_nranks(conversion->cx);
    int64_t rows = conversion->n_chunks * MB_CHUNK_ROWS + shared->realign.chunk[nranks];
    mb_status status = mb_hdf_output_extend(conversion->output, rows);
    if (!status) status = write_chunks(conversion, 0, shared->encoded->data);
    for (int r = 1; r < nranks && !status; r++) {
        status = write_chunks(conversion, r, received);
        received += shared->sizes[r];
    }
    return status;
}

// Encodes the chunks of this batch on all ranks and writes them on rank 0. The status is this
// rank's; before that, failures are agreed.
static mb_status encode_and_write(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_convert_shared *shared = &conversion->shared;
    mb_buffer *buffer = NULL;
    int64_t total = 0, mine = encode_chunks(conversion);
    mb_status status = MB_OK;
    mb_gather_all(cx, &mine, sizeof mine, shared->sizes);
    shared->sizes[0] = 0; // rank 0 writes its own from where they are
    for (int r = 0; r < mb_nranks(cx); r++)
        total += shared->sizes[r];
    if (mb_rank(cx) == 0) status = mb_buffer_new(cx, (size_t)total, &buffer);
    MB_TRY(mb_step(cx, status, NULL));
    mb_gather_varying(cx, 0, shared->encoded->data, shared->sizes, buffer ? buffer->data : NULL);
    if (mb_rank(cx) == 0) status = write_all(conversion, buffer->data);
done:
    mb_buffer_release(buffer);
    return status;
}

// What the batch has changed, once it is written.
static void commit(mb_conversion *conversion, mb_convert_file *file)
{
    mb_convert_shared *shared = &conversion->shared;
    int nranks = mb_nranks(conversion->cx);
    int64_t batch = batch_size(conversion, file), chunked = shared->realign.chunk[nranks];
    if (mb_rank(conversion->cx) == 0) mb_realign_keep(&shared->realign, conversion->words);
    conversion->done += batch + (shared->position == shared->start ? shared->start : 0);
    shared->position += batch;
    conversion->n_chunks += chunked / MB_CHUNK_ROWS;
    shared->left_over = shared->realign.start[nranks] - chunked;
    shared->devices = conversion->parser->devices.table = shared->merged;
    report_bad(conversion, file);
}

static mb_status finish_file(mb_conversion *conversion, mb_convert_file *file)
{
    mb_convert_shared *shared = &conversion->shared;
    mb_status status = MB_OK;
    close(shared->fd);
    shared->fd = -1;
    conversion->n_rows = shared->left_over;
    file->report.rows = conversion->n_chunks * MB_CHUNK_ROWS + shared->left_over;
    file->report.done = true;
    if (mb_rank(conversion->cx) == 0) status = mb_convert_finish(conversion, &shared->devices);
    conversion->n_chunks = shared->position = shared->lines = shared->left_over = 0;
    mb_device_open(&shared->devices);
    shared->file = next_file(conversion, shared->file + 1);
    return status;
}

mb_status mb_convert_shared_batch(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_convert_shared *shared = &conversion->shared;
    mb_convert_file *file = &conversion->files[shared->file];
    conversion->parser->devices.table = shared->devices;
    mb_status status = start_file(conversion, file);
    if (!status) status = read_text(conversion, file);
    if (!status) parse_text(conversion);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(settle(conversion));
    MB_TRY(check_bad(conversion, file));
    for (int r = 0; r < mb_nranks(cx); r++)
        shared->sizes[r] = conversion->all[r].rows + (r == 0 ? shared->left_over : 0);
    mb_realign_plan(&shared->realign, shared->sizes);
    mb_realign_move(&shared->realign, conversion->words);
    MB_TRY(mb_step(cx, encode_and_write(conversion), NULL));
    commit(conversion, file);
    if (shared->position == file->size)
        MB_TRY(mb_conclude(cx, finish_file(conversion, file), NULL));
done:
    return status;
}
