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

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "io/csv/convert_internal.h"
#include "io/hdf/realign.h"

// What ranks tell each other of their ranges.
typedef struct news {
    int64_t rows, lines, bad, first_bad;
    int64_t prefixes; // in the device table if it has changed, otherwise 0
    char reason[MB_CSV_REASON_SIZE];
} news;

struct mb_convert_shared {
    mb_conversion *conversion;
    // Replicated.
    int file;          // being converted, or the next one to be
    int64_t start;     // where its first line begins: behind a mark
    int64_t position;  // bytes read
    int64_t lines;     // lines and
    int64_t n_chunks;  // chunks before the batch
    int64_t left_over; // rows on rank 0
    mb_device_table devices, merged, previous;
    news *all;
    int64_t *sizes; // of what each rank sends
    mb_realign realign;
    // This rank's.
    int fd;
    mb_hdf_output *output;
    mb_csv_parser *parser;
    mb_convert_rows rows;
    mb_buffer *text, *encoded;
    const char *begin; // of the lines in the text
    size_t length;
    const char *tail; // why what follows them is no line, or NULL
    int64_t n_rows;   // parsed
};

static int64_t most_rows(const mb_convert_shared *shared)
{
    return mb_csv_most_rows(&shared->conversion->format,
                            shared->conversion->range + MB_CSV_LINE_SIZE);
}

// The most bytes that the encoded chunks of a batch take, and their sizes before them.
static int64_t most_encoded(const mb_convert_shared *shared)
{
    int64_t chunks = (most_rows(shared) + MB_CHUNK_ROWS) / MB_CHUNK_ROWS + 1;
    int64_t bound = (int64_t)(mb_encoder_bound(shared->rows.encoder) + sizeof(int64_t));
    return chunks * shared->conversion->format.n_columns * bound;
}

static mb_status take_memory(mb_convert_shared *shared)
{
    mb_conversion *conversion = shared->conversion;
    mb_context *cx = conversion->cx;
    mb_status status;
    MB_TRY(mb_csv_parser_open(cx, shared->parser, &conversion->format, conversion->skip_bad,
                              conversion->skip_header));
    MB_TRY(
        mb_buffer_new(cx, (size_t)shared->conversion->range + MB_CSV_LINE_SIZE + 1, &shared->text));
    // The rows left over, those of the range, and those that complete its last chunk.
    MB_TRY(mb_convert_rows_open(conversion, most_rows(shared) + 2 * MB_CHUNK_ROWS, &shared->rows));
    MB_TRY(mb_realign_open(cx, conversion->format.n_columns, &shared->realign));
    MB_TRY(mb_buffer_new(cx, (size_t)most_encoded(shared), &shared->encoded));
done:
    return status;
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
    size_t nranks = (size_t)mb_nranks(cx);
    mb_status status = MB_OK;
    if (conversion->shared) return MB_OK;
    mb_convert_shared *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->conversion = conversion;
    made->fd = -1;
    made->file = next_file(conversion, 0);
    mb_device_open(&made->devices);
    made->parser = mb_allocate(cx, 1, sizeof *made->parser);
    made->all = mb_allocate(cx, nranks, sizeof *made->all);
    made->sizes = mb_allocate(cx, nranks, sizeof *made->sizes);
    if (!made->parser || !made->all || !made->sizes) {
        status = MB_EMEMORY;
        goto done;
    }
    MB_TRY(take_memory(made));
done:
    if (status)
        mb_convert_shared_close(made);
    else
        conversion->shared = made;
    return status;
}

void mb_convert_shared_close(mb_convert_shared *shared)
{
    if (!shared) return;
    if (shared->fd >= 0) close(shared->fd);
    mb_hdf_output_abandon(shared->output);
    mb_convert_rows_close(&shared->rows);
    mb_buffer_release(shared->text);
    mb_realign_close(&shared->realign);
    mb_buffer_release(shared->encoded);
    if (shared->parser) mb_csv_parser_close(shared->parser);
    free(shared->parser);
    free(shared->all);
    free(shared->sizes);
    free(shared);
}

bool mb_convert_shared_over(const mb_conversion *conversion)
{
    return !conversion->shared || conversion->shared->file == conversion->n;
}

static mb_status start_file(mb_convert_shared *shared, const mb_convert_file *file)
{
    mb_conversion *conversion = shared->conversion;
    mb_status status = MB_OK;
    if (shared->fd < 0) {
        char mark[3];
        status = mb_text_open_file(conversion->cx, file->input, &shared->fd);
        ssize_t n = status ? 0 : pread(shared->fd, mark, sizeof mark, 0);
        shared->start = shared->position = n > 0 ? (int64_t)mb_csv_mark(mark, (size_t)n) : 0;
    }
    if (!status && mb_rank(conversion->cx) == 0 && !shared->output)
        status = mb_convert_create(conversion, file, &shared->output);
    return status;
}

// Reads bytes from..end of the file, or fails: the file has become shorter.
static mb_status read_range(mb_convert_shared *shared, const mb_convert_file *file, int64_t from,
                            int64_t end, char *to)
{
    while (from < end) {
        ssize_t got = pread(shared->fd, to, (size_t)(end - from), from);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return mb_fail(shared->conversion->cx, MB_EIO, "%s: cannot read: %s", file->input,
                           strerror(errno));
        if (got == 0)
            return mb_fail(shared->conversion->cx, MB_EIO,
                           "%s: the file became shorter while it was read", file->input);
        from += got;
        to += got;
    }
    return MB_OK;
}

// Reads on from the end of a range to the end of the line there. `text` ends with the range.
static mb_status read_last_line(mb_convert_shared *shared, const mb_convert_file *file, int64_t end,
                                char *text, char **line_end)
{
    enum { STEP = 4096 };
    _Static_assert(MB_CSV_LINE_SIZE % STEP == 0, "what is read on has room behind a range");
    for (int64_t read = 0; read < MB_CSV_LINE_SIZE; read += STEP) {
        int64_t from = end + read, to = from + STEP < file->size ? from + STEP : file->size;
        if (from >= file->size) { // the last line may lack its newline
            *line_end = text + (file->size - end);
            *(*line_end)++ = '\n';
            return MB_OK;
        }
        mb_status status = read_range(shared, file, from, to, text + read);
        if (status) return status;
        char *newline = memchr(text + read, '\n', (size_t)(to - from));
        if (newline) {
            *line_end = newline + 1;
            return MB_OK;
        }
    }
    shared->tail = mb_csv_long_line;
    return MB_OK;
}

// Finds the lines that begin in this rank's range.
static mb_status read_text(mb_convert_shared *shared, const mb_convert_file *file)
{
    mb_context *cx = shared->conversion->cx;
    int64_t batch = file->size - shared->position, most = shared->conversion->range * mb_nranks(cx);
    if (batch > most) batch = most;
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
    char *text = shared->text->data, *text_end = text + (end - from), *line = text;
    mb_status status = read_range(shared, file, from, end, text);
    if (status) return status;
    if (first > shared->start) {
        char *newline = memchr(text, '\n', (size_t)(end - from));
        line = newline ? newline + 1 : text_end;
    }
    char *lines_end =
        line < text_end ? (char *)memrchr(line, '\n', (size_t)(text_end - line)) : NULL;
    lines_end = lines_end ? lines_end + 1 : line;
    if (lines_end < text_end) status = read_last_line(shared, file, end, text_end, &lines_end);
    shared->begin = line;
    shared->length = (size_t)(lines_end - line);
    return status;
}

static void parse_text(mb_convert_shared *shared)
{
    mb_csv_parser *parser = shared->parser;
    int64_t before = mb_rank(shared->conversion->cx) == 0 ? shared->left_over : 0;
    mb_csv_parser_restart(parser, shared->position == shared->start &&
                                      mb_rank(shared->conversion->cx) == 0);
    shared->n_rows = 0;
    if (shared->length)
        shared->n_rows =
            mb_csv_parse(parser, shared->begin, shared->length, shared->rows.columns, before);
    if (shared->tail && (parser->bad == 0 || parser->skip_bad))
        mb_csv_parser_reject(parser, shared->tail);
}

static void share_news(mb_convert_shared *shared)
{
    const mb_csv_parser *parser = shared->parser;
    bool changed = !mb_device_equal(&parser->devices, &shared->devices);
    news mine = {.rows = shared->n_rows,
                 .lines = parser->lines,
                 .bad = parser->bad,
                 .first_bad = parser->first_bad,
                 .prefixes = changed ? parser->devices.count : 0};
    memcpy(mine.reason, parser->reason, sizeof mine.reason);
    mb_gather_all(shared->conversion->cx, &mine, sizeof mine, shared->all);
}

// Merges the tables of all ranks that have news, in rank order; returns the first rank whose names
// contradict those before it, whose table is then `merged`, or -1.
static int merge_tables(mb_convert_shared *shared, const mb_device_prefix *prefixes)
{
    char reason[MB_DEVICE_REASON_SIZE];
    shared->merged = shared->devices;
    for (int r = 0; r < mb_nranks(shared->conversion->cx); r++) {
        int count = (int)shared->all[r].prefixes;
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
static mb_status settle(mb_convert_shared *shared)
{
    mb_context *cx = shared->conversion->cx;
    mb_status status;
    for (int contradicts = 0; contradicts >= 0;) {
        mb_buffer *buffer = NULL;
        int64_t total = 0;
        share_news(shared);
        for (int r = 0; r < mb_nranks(cx); r++) {
            shared->sizes[r] = shared->all[r].prefixes * (int64_t)sizeof(mb_device_prefix);
            total += shared->sizes[r];
        }
        shared->merged = shared->devices;
        if (total == 0) return MB_OK;
        status = mb_step(cx, mb_buffer_new(cx, (size_t)total, &buffer), NULL);
        if (!status) {
            mb_gather_all_varying(cx, shared->parser->devices.prefixes, shared->sizes,
                                  buffer->data);
            contradicts = merge_tables(shared, buffer->data);
        }
        mb_buffer_release(buffer);
        if (status) return status;
        if (contradicts != mb_rank(cx)) continue;
        shared->parser->devices = shared->merged;
        parse_text(shared);
    }
    return MB_OK;
}

// The first bad line ends the conversion, unless they may be skipped. Replicated.
static mb_status check_bad(mb_convert_shared *shared, mb_convert_file *file)
{
    int64_t line = shared->lines + 1;
    for (int r = 0; r < mb_nranks(shared->conversion->cx); r++) {
        const news *of = &shared->all[r];
        if (of->bad && !shared->conversion->skip_bad)
            return mb_convert_fail(shared->conversion, file, line + of->first_bad, of->reason);
        line += of->lines;
    }
    return MB_OK;
}

static void report_bad(mb_convert_shared *shared, mb_convert_file *file)
{
    for (int r = 0; r < mb_nranks(shared->conversion->cx); r++) {
        const news *of = &shared->all[r];
        if (of->bad && file->report.bad == 0) {
            file->report.first_line = shared->lines + of->first_bad + 1;
            memcpy(file->reason, of->reason, sizeof file->reason);
        }
        file->report.bad += of->bad;
        shared->lines += of->lines;
    }
}

// Encodes this rank's chunks: their sizes, then their bytes. Returns the bytes of it all.
static int64_t encode_chunks(mb_convert_shared *shared)
{
    mb_conversion *conversion = shared->conversion;
    int me = mb_rank(conversion->cx), n_columns = conversion->format.n_columns;
    int64_t chunks = mb_realign_chunks(&shared->realign, me);
    int64_t first = shared->realign.chunk[me] - shared->realign.start[me];
    int64_t *size = shared->encoded->data;
    char *begin = (char *)(size + chunks * n_columns), *at = begin;
    for (int64_t i = 0; i < chunks; i++) {
        for (int k = 0; k < n_columns; k++) {
            *size = (int64_t)mb_encode(shared->rows.encoder,
                                       shared->rows.columns[k] + first + i * MB_CHUNK_ROWS,
                                       MB_CHUNK_ROWS, mb_convert_width(conversion, k), at);
            at += *size++;
        }
    }
    return at - (char *)shared->encoded->data;
}

// On rank 0: writes the chunks that a rank has encoded.
static mb_status write_chunks(mb_convert_shared *shared, int rank, const char *encoded)
{
    int n_columns = shared->conversion->format.n_columns;
    int64_t chunks = mb_realign_chunks(&shared->realign, rank);
    int64_t first = shared->n_chunks + shared->realign.chunk[rank] / MB_CHUNK_ROWS;
    const char *at = encoded + chunks * n_columns * (int64_t)sizeof(int64_t);
    mb_status status = MB_OK;
    for (int64_t i = 0; i < chunks && !status; i++) {
        for (int k = 0; k < n_columns && !status; k++) {
            int64_t size;
            memcpy(&size, encoded + (i * n_columns + k) * (int64_t)sizeof size, sizeof size);
            status = mb_hdf_output_write(shared->output, k, first + i, at, (size_t)size);
            at += size;
        }
    }
    return status;
}

static mb_status write_all(mb_convert_shared *shared, const char *received)
{
    int nranks = mb_nranks(shared->conversion->cx);
    int64_t chunks = shared->n_chunks + shared->realign.chunk[nranks] / MB_CHUNK_ROWS;
    mb_status status = mb_hdf_output_extend(shared->output, chunks * MB_CHUNK_ROWS);
    if (!status) status = write_chunks(shared, 0, shared->encoded->data);
    for (int r = 1; r < nranks && !status; r++) {
        status = write_chunks(shared, r, received);
        received += shared->sizes[r];
    }
    return status;
}

// Encodes the chunks of this batch on all ranks and writes them on rank 0. The status is this
// rank's; before that, failures are agreed.
static mb_status encode_and_write(mb_convert_shared *shared)
{
    mb_context *cx = shared->conversion->cx;
    mb_buffer *buffer = NULL;
    int64_t total = 0, mine = encode_chunks(shared);
    mb_status status = MB_OK;
    mb_gather_all(cx, &mine, sizeof mine, shared->sizes);
    shared->sizes[0] = 0; // rank 0 writes its own from where they are
    for (int r = 0; r < mb_nranks(cx); r++)
        total += shared->sizes[r];
    if (mb_rank(cx) == 0) status = mb_buffer_new(cx, (size_t)total, &buffer);
    MB_TRY(mb_step(cx, status, NULL));
    mb_gather_varying(cx, 0, shared->encoded->data, shared->sizes, buffer ? buffer->data : NULL);
    if (mb_rank(cx) == 0) status = write_all(shared, buffer->data);
done:
    mb_buffer_release(buffer);
    return status;
}

// What the batch has changed, once it is written.
static void commit(mb_convert_shared *shared, mb_convert_file *file)
{
    mb_conversion *conversion = shared->conversion;
    int nranks = mb_nranks(conversion->cx);
    int64_t most = shared->conversion->range * nranks, batch = file->size - shared->position;
    if (batch > most) batch = most;
    if (mb_rank(conversion->cx) == 0) mb_realign_keep(&shared->realign, shared->rows.columns);
    conversion->done += batch + (shared->position == shared->start ? shared->start : 0);
    shared->position += batch;
    shared->n_chunks += shared->realign.chunk[nranks] / MB_CHUNK_ROWS;
    shared->left_over = shared->realign.start[nranks] - shared->realign.chunk[nranks];
    shared->devices = shared->parser->devices = shared->merged;
    report_bad(shared, file);
}

static mb_status finish_file(mb_convert_shared *shared, mb_convert_file *file)
{
    mb_conversion *conversion = shared->conversion;
    mb_status status = MB_OK;
    close(shared->fd);
    shared->fd = -1;
    if (mb_rank(conversion->cx) == 0) {
        mb_hdf_output *output = shared->output;
        shared->output = NULL;
        status = mb_convert_finish(conversion, &shared->rows, shared->left_over, shared->n_chunks,
                                   &shared->devices, output);
    }
    file->report.rows = shared->n_chunks * MB_CHUNK_ROWS + shared->left_over;
    file->report.done = true;
    shared->position = shared->lines = shared->n_chunks = shared->left_over = 0;
    mb_device_open(&shared->devices);
    shared->file = next_file(conversion, shared->file + 1);
    return status;
}

mb_status mb_convert_shared_batch(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_convert_shared *shared = conversion->shared;
    mb_convert_file *file = &conversion->files[shared->file];
    shared->parser->devices = shared->devices;
    mb_status status = start_file(shared, file);
    if (!status) status = read_text(shared, file);
    if (!status) parse_text(shared);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(settle(shared));
    MB_TRY(check_bad(shared, file));
    for (int r = 0; r < mb_nranks(cx); r++)
        shared->sizes[r] = shared->all[r].rows + (r == 0 ? shared->left_over : 0);
    mb_realign_plan(&shared->realign, shared->sizes);
    mb_realign_move(&shared->realign, shared->rows.columns);
    MB_TRY(mb_step(cx, encode_and_write(shared), NULL));
    commit(shared, file);
    if (shared->position == file->size) MB_TRY(mb_conclude(cx, finish_file(shared, file), NULL));
done:
    return status;
}
