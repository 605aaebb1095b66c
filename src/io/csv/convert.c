#include "io/csv/convert.h"

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/csv/convert_internal.h"

// Bytes of text that a rank alone takes at a time, and the least.
enum { PIECE = 1 << 20, LARGE_PIECE = 1 << 22, LEAST = 4 };

// No more than this for all ranks together.
static int64_t default_range(const mb_context *cx)
{
    enum { MOST = 8 << 20, MOST_OF_ALL = 512 << 20 };
    int64_t range = MOST_OF_ALL / mb_nranks(cx);
    return range < MOST ? range : MOST;
}

// Where rows are much longer than their text may be, less text is taken at once.
static void limit_rows(mb_conversion *conversion)
{
    enum { MOST = 64 << 20, SMALL = 1 << 12 };
    const mb_csv_format *format = &conversion->format;
    int64_t rows = MOST / (8 * (int64_t)format->n_words);
    int64_t text = SMALL;
    while (text < MOST && mb_csv_most_rows(format, 2 * text) <= rows)
        text *= 2;
    if (conversion->range > text) conversion->range = text;
    if (conversion->piece > text) conversion->piece = text;
}

mb_status mb_conversion_new(mb_context *cx, const mb_conversion_options *options,
                            mb_conversion **conversion)
{
    if (options->format->n_columns == 0)
        return mb_fail(cx, MB_EINVALID, "the format makes no columns: all its fields are skipped");
    if (options->level < 0 || options->level > 9)
        return mb_fail(cx, MB_EINVALID, "gzip level %d: it must be 0 to 9", options->level);
    mb_conversion *made = mb_allocate(cx, 1, sizeof *made);
    if (!made) return MB_EMEMORY;
    made->cx = cx;
    made->format = *options->format;
    made->level = options->level;
    made->skip_bad = options->skip_bad;
    made->skip_header = options->skip_header;
    made->range = options->range > 0 ? options->range : default_range(cx);
    if (made->range < LEAST) made->range = LEAST;
    made->piece = mb_nranks(cx) > 1 ? LARGE_PIECE : PIECE; // others wait
    if (made->piece > made->range) made->piece = made->range;
    limit_rows(made);
    *conversion = made;
    return MB_OK;
}

mb_status mb_conversion_add(mb_conversion *conversion, const char *input, const char *output)
{
    mb_context *cx = conversion->cx;
    size_t n = (size_t)conversion->n;
    mb_convert_file *files = mb_reallocate(cx, conversion->files, n + 1, sizeof *files);
    if (!files) return MB_EMEMORY;
    conversion->files = files;
    files[n] =
        (mb_convert_file){.input = mb_copy_string(cx, input), .output = mb_copy_string(cx, output)};
    conversion->n++;
    return files[n].input && files[n].output ? MB_OK : MB_EMEMORY;
}

int mb_conversion_count(const mb_conversion *conversion)
{
    return conversion->n;
}

// What all ranks must know of a file.
typedef struct facts {
    int64_t size;
    mb_text_kind kind;
} facts;

// Rank 0 looks at the files and tells the others.
static mb_status recognise(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    mb_buffer *buffer = NULL;
    mb_status status =
        mb_buffer_new_zeroed(cx, conversion->n ? conversion->n : 1, sizeof(facts), &buffer);
    facts *known = status ? NULL : buffer->data;
    for (int i = 0; !status && mb_rank(cx) == 0 && i < conversion->n; i++)
        status = mb_text_recognise(cx, conversion->files[i].input, &known[i].kind, &known[i].size);
    MB_TRY(mb_step(cx, status, NULL));
    mb_broadcast(cx, 0, known, (size_t)conversion->n * sizeof *known);
    conversion->total = 0;
    for (int i = 0; i < conversion->n; i++) {
        conversion->files[i].kind = known[i].kind;
        conversion->files[i].size = known[i].size;
        conversion->total += known[i].size;
    }
done:
    mb_buffer_release(buffer);
    return status;
}

// The words of the widest column.
static int widest_column(const mb_csv_format *format)
{
    int widest = 1;
    for (int i = 0; i < format->n_fields; i++)
        if (format->fields[i].words > widest) widest = format->fields[i].words;
    return widest;
}

// The most bytes that so many encoded chunks of each column take.
static size_t most_encoded(const mb_conversion *conversion, int64_t chunks)
{
    size_t bound = 0;
    for (int i = 0; i < conversion->format.n_fields; i++) {
        const int words = conversion->format.fields[i].words;
        if (words) bound += mb_encoder_bound(conversion->encoder, words);
    }
    return (size_t)chunks * bound;
}

static void release_buffer(mb_buffer **buffer)
{
    mb_buffer_release(*buffer);
    *buffer = NULL;
}

// Arrays of what ranks tell each other.
static mb_status take_arrays(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    const size_t n = (size_t)mb_nranks(cx);
    conversion->teams = mb_allocate(cx, n, sizeof *conversion->teams);
    conversion->texts = mb_allocate(cx, n, sizeof *conversion->texts);
    conversion->news = mb_allocate(cx, n, sizeof *conversion->news);
    conversion->outcomes = mb_allocate(cx, n, sizeof *conversion->outcomes);
    conversion->takes_part = mb_allocate(cx, n, sizeof *conversion->takes_part);
    conversion->sizes = mb_allocate(cx, 7 * n + 1, sizeof *conversion->sizes);
    if (!conversion->teams || !conversion->texts || !conversion->news || !conversion->outcomes ||
        !conversion->takes_part || !conversion->sizes)
        return MB_EMEMORY;
    int64_t *at = conversion->sizes + 2 * n;
    conversion->tail_sizes = conversion->sizes + n;
    conversion->spans = (mb_convert_spans){.start = at,
                                           .chunked = at + n + 1,
                                           .chunked_end = at + 2 * n + 1,
                                           .rest = at + 3 * n + 1,
                                           .rest_end = at + 4 * n + 1};
    for (size_t r = 0; r < n; r++)
        conversion->teams[r] = (mb_convert_team){-1, (int)r, (int)r + 1};
    return MB_OK;
}

// Rows of the text of a batch, of lines that began before it and at the end of the file, and two
// chunks: those left over, and what a chunk has behind its rows.
static mb_status take_rows(mb_conversion *conversion, int64_t text, bool moves)
{
    mb_context *cx = conversion->cx;
    mb_status status;
    const int n = conversion->format.n_words;
    const int64_t most = mb_csv_most_rows(&conversion->format, text) + 2 + 2 * MB_CHUNK_ROWS;
    const int64_t chunks = most / MB_CHUNK_ROWS + 1;
    MB_TRY(mb_buffer_new_array(cx, most * n, sizeof(int64_t), &conversion->rows));
    if (moves) MB_TRY(mb_buffer_new_array(cx, most * n, sizeof(int64_t), &conversion->moved_rows));
    for (int k = 0; k < n; k++)
        conversion->words[k] = (int64_t *)conversion->rows->data + k * most;
    for (int k = 0; k < n && moves; k++)
        conversion->moved[k] = (int64_t *)conversion->moved_rows->data + k * most;
    MB_TRY(mb_buffer_new(cx, most_encoded(conversion, chunks), &conversion->encoded));
    status = mb_hdf_round_open(cx, chunks * conversion->format.n_columns, &conversion->round);
done:
    return status;
}

static void release(mb_conversion *conversion)
{
    mb_hdf_output_abandon(conversion->output);
    mb_text_close(conversion->work.source);
    mb_encoder_close(conversion->encoder);
    if (conversion->parser) mb_csv_parser_close(conversion->parser);
    free(conversion->parser);
    free(conversion->teams);
    free(conversion->texts);
    free(conversion->news);
    free(conversion->outcomes);
    free(conversion->takes_part);
    free(conversion->sizes);
    conversion->output = NULL;
    conversion->encoder = NULL;
    conversion->parser = NULL;
    conversion->teams = NULL;
    conversion->texts = NULL;
    conversion->news = NULL;
    conversion->outcomes = NULL;
    conversion->takes_part = NULL;
    conversion->sizes = NULL;
    conversion->work = (mb_convert_work){0};
    mb_hdf_round_close(&conversion->round);
    release_buffer(&conversion->text);
    release_buffer(&conversion->carried);
    release_buffer(&conversion->line);
    release_buffer(&conversion->tails);
    release_buffer(&conversion->devices);
    release_buffer(&conversion->encoded);
    release_buffer(&conversion->rows);
    release_buffer(&conversion->moved_rows);
}

// A range may be shorter than what a rank alone takes.
static mb_status take_memory(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    bool shared = false;
    int64_t text = conversion->piece;
    mb_status status;
    release(conversion);
    for (int i = 0; i < conversion->n; i++)
        shared = shared || conversion->files[i].shared;
    if (shared && conversion->range > text) text = conversion->range;
    MB_TRY(take_arrays(conversion));
    conversion->parser = mb_allocate(cx, 1, sizeof *conversion->parser);
    if (!conversion->parser) return MB_EMEMORY;
    MB_TRY(mb_csv_parser_open(cx, conversion->parser, &conversion->format, conversion->skip_bad,
                              conversion->skip_header));
    MB_TRY(mb_encoder_open(cx, conversion->level, widest_column(&conversion->format),
                           &conversion->encoder));
    MB_TRY(mb_buffer_new(cx, MB_CSV_LINE_SIZE + (size_t)text, &conversion->text));
    MB_TRY(mb_buffer_new(cx, MB_CSV_LINE_SIZE, &conversion->carried));
    MB_TRY(mb_buffer_new(cx, MB_CSV_LINE_SIZE + 1, &conversion->line));
    MB_TRY(mb_buffer_new(cx, MB_DEVICE_TEXTS_SIZE, &conversion->devices));
    status = take_rows(conversion, text, shared);
done:
    return status;
}

mb_status mb_conversion_begin(mb_context *cx, void *argument)
{
    mb_conversion *conversion = argument;
    mb_status status;
    MB_TRY(recognise(conversion));
    status = mb_convert_deal(conversion);
    if (!status) status = take_memory(conversion);
    MB_TRY(mb_conclude(cx, status, NULL));
    conversion->begun = true;
done:
    return status;
}

// What this rank has made of its text, before that is committed.
static mb_convert_outcome tell_outcome(const mb_conversion *conversion)
{
    const mb_csv_parser *parser = conversion->parser;
    const mb_convert_work *work = &conversion->work;
    mb_convert_outcome mine = {.rows = work->rows, .bad = parser->bad};
    if (mb_rank(conversion->cx) == mb_convert_mine(conversion)->first) mine.rows -= work->left_over;
    if (parser->bad > 0) mine.first_line = mb_convert_first_bad(conversion);
    memcpy(mine.reason, parser->reason, sizeof mine.reason);
    return mine;
}

// How far this rank has read its file.
static int64_t find_position(const mb_conversion *conversion)
{
    const mb_convert_work *work = &conversion->work;
    if (mb_convert_mine(conversion)->file < 0) return 0;
    const mb_convert_file *file = mb_convert_file_of(conversion);
    const bool within = file->kind != MB_TEXT_PLAIN && mb_rank(conversion->cx) == work->turn;
    const int64_t at = within ? mb_text_position(work->source) : work->position;
    return work->over || at > file->size ? file->size : at;
}

// Takes what a rank has done into the replicated state.
static void hear(mb_conversion *conversion, const mb_convert_team *team,
                 const mb_convert_outcome *of)
{
    if (team->file < 0) return;
    mb_convert_file *file = &conversion->files[team->file];
    file->report.rows += of->rows;
    if (file->report.bad == 0 && of->bad > 0) {
        file->report.first_line = of->first_line;
        memcpy(file->reason, of->reason, sizeof file->reason);
    }
    file->report.bad += of->bad;
    if (of->position <= file->position) return;
    conversion->done += of->position - file->position;
    file->position = of->position;
}

// Makes ranks idle whose files are done.
static void end_files(mb_conversion *conversion)
{
    for (int r = 0; r < mb_nranks(conversion->cx); r++) {
        if (!conversion->outcomes[r].over) continue;
        conversion->files[conversion->teams[r].file].report.done = true;
        conversion->teams[r] = (mb_convert_team){-1, r, r + 1};
    }
}

mb_status mb_conversion_batch(mb_context *cx, void *argument)
{
    mb_conversion *conversion = argument;
    mb_convert_outcome mine;
    mb_status status, good = MB_OK;
    bool over = false;
    if (!conversion->begun) return mb_fail(cx, MB_EINVALID, "the conversion has not begun");
    if (!mb_convert_start(conversion)) return MB_OK;
    MB_TRY(mb_convert_read(conversion, &good));
    mine = tell_outcome(conversion);
    MB_TRY(mb_convert_write(conversion, good));
    mb_convert_commit_text(conversion);
    mine.over = conversion->work.over;
    mine.position = find_position(conversion);
    mb_gather_all(cx, &mine, sizeof mine, conversion->outcomes);
    for (int r = 0; r < mb_nranks(cx); r++) {
        hear(conversion, &conversion->teams[r], &conversion->outcomes[r]);
        over = over || conversion->outcomes[r].over;
    }
    if (over) MB_TRY(mb_convert_finish(conversion));
    if (over) end_files(conversion);
done:
    return status;
}

int64_t mb_conversion_progress(const mb_conversion *conversion, int64_t *total, bool *over)
{
    *total = conversion->total;
    *over = conversion->begun;
    for (int i = 0; i < conversion->n; i++)
        *over = *over && conversion->files[i].report.done;
    return conversion->done;
}

mb_conversion_report mb_conversion_report_of(const mb_conversion *conversion, int file)
{
    mb_conversion_report report = conversion->files[file].report;
    report.reason = conversion->files[file].reason;
    return report;
}

void mb_conversion_close(mb_conversion *conversion)
{
    if (!conversion) return;
    release(conversion);
    for (int i = 0; i < conversion->n; i++) {
        free(conversion->files[i].input);
        free(conversion->files[i].output);
    }
    free(conversion->files);
    free(conversion->order);
    free(conversion);
}
