// The rows of files as chunks of HDF5 files.
//
// Rows are counted over all ranks, those that are left over from the batch before first. Each team
// cuts its own into chunks, which its ranks encode, as many on each; the rows behind the last full
// chunk go to the first rank, until the file ends.

#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "io/csv/convert_internal.h"

// --- Which rows go where.

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Chunks of the rows of a rank's team.
static int64_t chunks_of(const mb_conversion *conversion, int rank)
{
    const mb_convert_team *team = &conversion->teams[rank];
    const int64_t *start = conversion->spans.start;
    const int64_t rows = start[team->end] - start[team->first];
    const int64_t more = mb_convert_ends(conversion, rank) ? MB_CHUNK_ROWS - 1 : 0;
    return (rows + more) / MB_CHUNK_ROWS;
}

// Rows that a rank does not have, of those that it needs.
static bool lacks(const mb_convert_spans *spans, int rank, int64_t first, int64_t end)
{
    return first < end && (first < spans->start[rank] || end > spans->start[rank + 1]);
}

// Decides who gets what. Replicated.
static void plan(mb_conversion *conversion)
{
    mb_convert_spans *spans = &conversion->spans;
    const int nranks = mb_nranks(conversion->cx);
    spans->start[0] = 0;
    spans->moves = false;
    for (int r = 0; r < nranks; r++)
        spans->start[r + 1] = spans->start[r] + conversion->news[r].rows;
    for (int r = 0; r < nranks; r++) {
        const mb_convert_team *team = &conversion->teams[r];
        const int64_t begin = spans->start[team->first], end = spans->start[team->end];
        const int64_t chunks = chunks_of(conversion, r);
        const int ranks = team->end - team->first, number = r - team->first;
        const int64_t from = mb_even_start(chunks, ranks, number);
        const int64_t to = mb_even_start(chunks, ranks, number + 1);
        spans->chunked[r] = begin + from * MB_CHUNK_ROWS;
        spans->chunked_end[r] = least(begin + to * MB_CHUNK_ROWS, end);
        spans->rest[r] = number == 0 ? least(begin + chunks * MB_CHUNK_ROWS, end) : end;
        spans->rest_end[r] = end;
        spans->moves = spans->moves || lacks(spans, r, spans->chunked[r], spans->chunked_end[r]) ||
                       lacks(spans, r, spans->rest[r], spans->rest_end[r]);
    }
}

// Sends rows to those who need them, into `moved`. Collective.
static void move(mb_conversion *conversion, int64_t *first, int64_t *end)
{
    const mb_spans held = {conversion->spans.start, conversion->spans.start + 1};
    for (int k = 0; k < conversion->format.n_words; k++)
        mb_shuffle_spans(conversion->cx, conversion->words[k], held, conversion->moved[k],
                         (mb_spans){first, end}, sizeof(int64_t));
}

// Puts the rows that are left over first.
static void put_aside(mb_conversion *conversion)
{
    const mb_convert_team *team = mb_convert_mine(conversion);
    const mb_convert_spans *spans = &conversion->spans;
    const int rank = mb_rank(conversion->cx);
    const int64_t n = spans->rest_end[team->first] - spans->rest[team->first];
    if (spans->moves) move(conversion, spans->rest, spans->rest_end);
    for (int k = 0; k < conversion->format.n_words && n > 0 && rank == team->first; k++) {
        const int64_t *from = conversion->words[k] + spans->rest[rank] - spans->start[rank];
        memmove(conversion->words[k], spans->moves ? conversion->moved[k] : from,
                (size_t)n * sizeof *from);
    }
    conversion->work.left_over = n;
    conversion->work.chunks += chunks_of(conversion, rank);
}

// --- Chunks.

static mb_status create(mb_conversion *conversion)
{
    const mb_csv_format *format = &conversion->format;
    const mb_convert_file *file = mb_convert_file_of(conversion);
    mb_hdf_field fields[MB_CSV_FIELDS];
    for (int i = 0; i < format->n_fields; i++) {
        const mb_csv_field *field = &format->fields[i];
        if (field->column < 0) continue;
        size_t size = field->what.kind == MB_FIELD_TEXT ? 8 * (size_t)field->words : 0;
        fields[field->column] = (mb_hdf_field){field->name, mb_record_type(&field->what), size};
    }
    return mb_hdf_output_open(conversion->cx, file->output, fields, format->n_columns,
                              conversion->level, !file->shared, &conversion->output);
}

// Encodes n rows of a column from row `first` on as one chunk; returns its size.
static int64_t encode(const mb_conversion *conversion, int64_t *const *rows, int column,
                      int64_t first, int64_t n, char *chunk)
{
    const mb_csv_field *field = mb_csv_format_field(&conversion->format, column);
    int64_t *const *words = rows + field->word;
    if (field->what.kind == MB_FIELD_TEXT)
        return (int64_t)mb_encode_words(conversion->encoder, words, field->words, first, n, chunk);
    const int width = mb_kind_width(mb_record_type(&field->what)->kind);
    return (int64_t)mb_encode(conversion->encoder, words[0] + first, n, width, chunk);
}

// Encodes this rank's chunks.
static void encode_chunks(mb_conversion *conversion)
{
    const mb_convert_spans *spans = &conversion->spans;
    mb_hdf_round *round = &conversion->round;
    const int rank = mb_rank(conversion->cx), n_columns = conversion->format.n_columns;
    int64_t *const *rows = spans->moves ? conversion->moved : conversion->words;
    const int64_t n = spans->chunked_end[rank] - spans->chunked[rank];
    const int64_t first = spans->moves ? 0 : spans->chunked[rank] - spans->start[rank];
    char *chunk = conversion->encoded->data;
    memset(round->mine, 0, (size_t)round->most * sizeof *round->mine);
    for (int64_t row = 0, i = 0; row < n; row += MB_CHUNK_ROWS)
        for (int k = 0; k < n_columns; k++, i++) {
            round->mine[i] =
                encode(conversion, rows, k, first + row, least(n - row, MB_CHUNK_ROWS), chunk);
            chunk += round->mine[i];
        }
}

// Makes the round one of as many chunks as a rank has at most, and tells where they begin.
static void begin_round(mb_conversion *conversion)
{
    const mb_convert_spans *spans = &conversion->spans;
    mb_hdf_round *round = &conversion->round;
    const mb_convert_team *team = mb_convert_mine(conversion);
    int64_t most = 0;
    for (int r = 0; r < mb_nranks(conversion->cx); r++) {
        const int64_t n = spans->chunked_end[r] - spans->chunked[r];
        const int64_t chunks = (n + MB_CHUNK_ROWS - 1) / MB_CHUNK_ROWS;
        if (chunks > most) most = chunks;
        round->rows[r] =
            conversion->work.chunks * MB_CHUNK_ROWS + spans->chunked[r] - spans->start[team->first];
    }
    round->most = most * conversion->format.n_columns;
}

static mb_status make_room(const mb_conversion *conversion)
{
    const mb_convert_spans *spans = &conversion->spans;
    const int rank = mb_rank(conversion->cx);
    const mb_convert_team *team = mb_convert_mine(conversion);
    const int64_t n = spans->rest[team->first] - spans->start[team->first];
    if (team->file < 0 || rank != team->first || n == 0) return MB_OK;
    return mb_hdf_output_extend(conversion->output, conversion->work.chunks * MB_CHUNK_ROWS + n);
}

mb_status mb_convert_write(mb_conversion *conversion, mb_status status)
{
    mb_context *cx = conversion->cx;
    const mb_convert_team *team = mb_convert_mine(conversion);
    const bool keeps = team->file >= 0 && mb_rank(cx) == team->first;
    if (team->file >= 0 && !conversion->output) {
        if (!conversion->alone) MB_TRY(mb_step(cx, status, NULL));
        if (!status) status = create(conversion);
    }
    plan(conversion);
    if (!status) status = make_room(conversion);
    MB_TRY(mb_step(cx, status, NULL));
    begin_round(conversion);
    if (conversion->spans.moves)
        move(conversion, conversion->spans.chunked, conversion->spans.chunked_end);
    if (conversion->round.most > 0) {
        encode_chunks(conversion);
        status = mb_hdf_output_write(cx, conversion->output, keeps ? team->first : 0,
                                     keeps ? team->end : 0, &conversion->round,
                                     conversion->encoded->data);
    }
    MB_TRY(mb_step(cx, status, NULL));
    put_aside(conversion);
done:
    return status;
}

// --- The end.

static mb_status describe_devices(const mb_conversion *conversion)
{
    const mb_csv_format *format = &conversion->format;
    char *texts = conversion->devices->data;
    mb_status status = MB_OK;
    int n = mb_device_describe(&conversion->work.devices, texts);
    for (int i = 0; i < format->n_fields && !status; i++)
        if (format->fields[i].what.kind == MB_FIELD_DEVICE)
            status = mb_hdf_output_describe(conversion->output, format->fields[i].column,
                                            "device_prefixes", texts, n, MB_DEVICE_TEXT_SIZE);
    return status;
}

mb_status mb_convert_finish(mb_conversion *conversion)
{
    mb_context *cx = conversion->cx;
    const mb_convert_team *team = mb_convert_mine(conversion);
    const bool over = team->file >= 0 && conversion->work.over;
    const bool shared = team->file >= 0 && mb_convert_file_of(conversion)->shared;
    mb_status status = MB_OK;
    if (over && mb_rank(cx) == team->first) status = describe_devices(conversion);
    if (over && (shared || !status))
        status = mb_hdf_output_finish(conversion->output, status, !shared);
    if (!shared) status = mb_conclude(cx, status, NULL);
    if (status || !over) return status;
    mb_hdf_output_abandon(conversion->output);
    mb_text_close(conversion->work.source);
    conversion->output = NULL;
    conversion->work = (mb_convert_work){0};
    return MB_OK;
}
