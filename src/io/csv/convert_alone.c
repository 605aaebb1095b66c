// Files that are converted by one rank alone.

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/exchange.h"
#include "comm/lockstep.h"
#include "io/csv/convert_internal.h"

enum {
    TEXT_SIZE = 1 << 20,
    IDLE = -1,
};

// What ranks tell each other after a batch.
typedef struct news {
    int64_t position; // in the file of this rank
    int64_t rows, bad, first_bad;
    bool done;
    char reason[MB_CSV_REASON_SIZE];
} news;

struct mb_convert_alone {
    mb_conversion *conversion;
    // Replicated.
    int next;           // in the conversion's order: the file to be dealt next
    int *assigned;      // the file of each rank, or IDLE
    int64_t *positions; // of each rank in its file
    news *all;
    // This rank's.
    mb_text_source *source;
    mb_hdf_output *output;
    mb_csv_parser *parser;
    mb_convert_rows rows;
    mb_buffer *text;
    size_t filled;    // bytes of text that wait: the beginning of a line
    bool begun;       // what may stand before the first line is gone
    bool dropping;    // they belong to a line that was too long
    int64_t n_rows;   // in memory
    int64_t n_chunks; // written
    bool done;
};

mb_status mb_convert_alone_open(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    size_t nranks = (size_t)mb_nranks(cx);
    mb_status status = MB_OK;
    if (conversion->alone) return MB_OK;
    mb_convert_alone *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->conversion = conversion;
    made->assigned = mb_allocate(cx, nranks, sizeof *made->assigned);
    made->positions = mb_allocate(cx, nranks, sizeof *made->positions);
    made->all = mb_allocate(cx, nranks, sizeof *made->all);
    made->parser = mb_allocate(cx, 1, sizeof *made->parser);
    if (!made->assigned || !made->positions || !made->all || !made->parser) {
        status = MB_EMEMORY;
        goto done;
    }
    for (size_t r = 0; r < nranks; r++)
        made->assigned[r] = IDLE;
    MB_TRY(mb_csv_parser_open(cx, made->parser, &conversion->format, conversion->skip_bad,
                              conversion->skip_header));
    MB_TRY(mb_buffer_new(cx, TEXT_SIZE + MB_CSV_LINE_SIZE, &made->text));
    int64_t most = mb_csv_most_rows(&conversion->format, TEXT_SIZE + MB_CSV_LINE_SIZE);
    MB_TRY(mb_convert_rows_open(conversion, most + MB_CHUNK_ROWS, &made->rows));
done:
    if (status)
        mb_convert_alone_close(made);
    else
        conversion->alone = made;
    return status;
}

void mb_convert_alone_close(mb_convert_alone *alone)
{
    if (!alone) return;
    mb_text_close(alone->source);
    mb_hdf_output_abandon(alone->output);
    mb_convert_rows_close(&alone->rows);
    mb_buffer_release(alone->text);
    if (alone->parser) mb_csv_parser_close(alone->parser);
    free(alone->parser);
    free(alone->assigned);
    free(alone->positions);
    free(alone->all);
    free(alone);
}

bool mb_convert_alone_over(const mb_conversion *conversion)
{
    const mb_convert_alone *alone = conversion->alone;
    if (!alone) return true;
    for (int r = 0; r < mb_nranks(conversion->cx); r++)
        if (alone->assigned[r] != IDLE) return false;
    return alone->next == conversion->n_order;
}

static mb_status start_file(mb_convert_alone *alone, mb_convert_file *file)
{
    mb_conversion *conversion = alone->conversion;
    mb_status status = mb_text_open(conversion->cx, file->input, file->kind, &alone->source);
    if (status) return status;
    status = mb_convert_create(conversion, file, &alone->output);
    if (status) {
        mb_text_close(alone->source);
        alone->source = NULL;
        return status;
    }
    mb_device_open(&alone->parser->devices);
    mb_csv_parser_restart(alone->parser, true);
    alone->filled = 0;
    alone->begun = alone->dropping = alone->done = false;
    alone->n_rows = alone->n_chunks = 0;
    return MB_OK;
}

static mb_status check_bad(mb_convert_alone *alone, const mb_convert_file *file)
{
    mb_csv_parser *parser = alone->parser;
    if (parser->bad == 0 || parser->skip_bad) return MB_OK;
    return mb_convert_fail(alone->conversion, file, parser->first_bad + 1, parser->reason);
}

// Drops the mark that may stand before the first line, once enough has been read to see it.
static void begin_text(mb_convert_alone *alone, bool at_end)
{
    if (alone->begun || (alone->filled < 3 && !at_end)) return;
    char *text = alone->text->data;
    size_t mark = mb_csv_mark(text, alone->filled);
    alone->filled -= mark;
    memmove(text, text + mark, alone->filled);
    alone->begun = true;
}

// Parses the whole lines of the text and keeps the rest for later.
static void parse_text(mb_convert_alone *alone)
{
    char *text = alone->text->data;
    char *last = memrchr(text, '\n', alone->filled);
    char *begin = text;
    if (last && alone->dropping) {
        begin = (char *)memchr(text, '\n', alone->filled) + 1;
        alone->dropping = false;
    }
    if (last && last >= begin)
        alone->n_rows += mb_csv_parse(alone->parser, begin, (size_t)(last + 1 - begin),
                                      alone->rows.columns, alone->n_rows);
    size_t used = last ? (size_t)(last + 1 - text) : 0;
    memmove(text, text + used, alone->filled - used);
    alone->filled -= used;
    if (alone->filled < MB_CSV_LINE_SIZE) return;
    if (!alone->dropping) mb_csv_parser_reject(alone->parser, mb_csv_long_line);
    alone->dropping = true;
    alone->filled = 0;
}

// The last line may lack its newline, but not in compressed data that stop before their end.
static void end_text(mb_convert_alone *alone, const mb_convert_file *file)
{
    if (mb_text_cut_off(alone->source) && !alone->dropping)
        mb_csv_parser_reject(alone->parser, file->kind == MB_TEXT_GZIP
                                                ? "the gzip data stop here: the file is cut off"
                                                : "the bzip2 data stop here: the file is cut off");
    else if (alone->filled && !alone->dropping) {
        ((char *)alone->text->data)[alone->filled++] = '\n';
        parse_text(alone);
    }
}

// Writes the full chunks in memory.
static mb_status flush_rows(mb_convert_alone *alone)
{
    int64_t chunks = alone->n_rows / MB_CHUNK_ROWS, used = chunks * MB_CHUNK_ROWS;
    if (chunks == 0) return MB_OK;
    mb_status status = mb_convert_write(alone->conversion, &alone->rows, alone->n_rows,
                                        alone->n_chunks, alone->output);
    alone->n_chunks += chunks;
    alone->n_rows -= used;
    for (int k = 0; k < alone->conversion->format.n_columns; k++)
        memmove(alone->rows.columns[k], alone->rows.columns[k] + used,
                (size_t)alone->n_rows * sizeof(int64_t));
    return status;
}

static mb_status finish_file(mb_convert_alone *alone, const mb_convert_file *file)
{
    mb_status status;
    begin_text(alone, true);
    parse_text(alone);
    end_text(alone, file);
    MB_TRY(check_bad(alone, file));
    MB_TRY(flush_rows(alone));
    mb_hdf_output *output = alone->output;
    alone->output = NULL;
    MB_TRY(mb_convert_finish(alone->conversion, &alone->rows, alone->n_rows, alone->n_chunks,
                             &alone->parser->devices, output));
    alone->done = true;
done:
    return status;
}

// Converts some of this rank's file: about as much text as a range of a shared file.
static mb_status work(mb_convert_alone *alone, mb_convert_file *file)
{
    mb_status status = MB_OK;
    if (!alone->source) MB_TRY(start_file(alone, file));
    for (size_t read = 0, size = 1; read < (size_t)alone->conversion->range; read += size) {
        MB_TRY(mb_text_read(alone->source, (char *)alone->text->data + alone->filled,
                            TEXT_SIZE + MB_CSV_LINE_SIZE - alone->filled, &size));
        if (size == 0) return finish_file(alone, file);
        alone->filled += size;
        begin_text(alone, false);
        if (alone->begun) parse_text(alone);
        MB_TRY(check_bad(alone, file));
        MB_TRY(flush_rows(alone));
    }
done:
    return status;
}

static void deal(mb_convert_alone *alone, int nranks)
{
    for (int r = 0; r < nranks && alone->next < alone->conversion->n_order; r++) {
        if (alone->assigned[r] != IDLE) continue;
        alone->assigned[r] = alone->conversion->order[alone->next++];
        alone->positions[r] = 0;
    }
}

static void tell(const mb_convert_alone *alone, news *mine)
{
    const mb_csv_parser *parser = alone->parser;
    memset(mine, 0, sizeof *mine);
    if (!alone->source) return;
    mine->position = mb_text_position(alone->source);
    mine->rows = alone->n_chunks * MB_CHUNK_ROWS + alone->n_rows;
    mine->bad = parser->bad;
    mine->first_bad = parser->first_bad;
    mine->done = alone->done;
    memcpy(mine->reason, parser->reason, sizeof mine->reason);
}

// Takes the news of one rank into the replicated state.
static void hear(mb_convert_alone *alone, int rank, const news *of)
{
    if (alone->assigned[rank] == IDLE) return;
    mb_convert_file *file = &alone->conversion->files[alone->assigned[rank]];
    int64_t position = of->done ? file->size : of->position;
    alone->conversion->done += position - alone->positions[rank];
    alone->positions[rank] = position;
    if (!of->done) return;
    file->report = (mb_conversion_report){
        .done = true, .rows = of->rows, .bad = of->bad, .first_line = of->first_bad + 1};
    memcpy(file->reason, of->reason, sizeof file->reason);
    alone->assigned[rank] = IDLE;
}

mb_status mb_convert_alone_batch(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_convert_alone *alone = conversion->alone;
    news mine;
    mb_status status = MB_OK;
    deal(alone, mb_nranks(cx));
    int own = alone->assigned[mb_rank(cx)];
    if (own != IDLE && !alone->done) status = work(alone, &conversion->files[own]);
    MB_TRY(mb_conclude(cx, status, NULL));
    tell(alone, &mine);
    mb_gather_all(cx, &mine, sizeof mine, alone->all);
    for (int r = 0; r < mb_nranks(cx); r++)
        hear(alone, r, &alone->all[r]);
    if (alone->done) {
        mb_text_close(alone->source);
        alone->source = NULL;
        alone->done = false;
    }
done:
    return status;
}
